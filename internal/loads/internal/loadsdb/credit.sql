-- Unbilled is what is booked or hauled for a customer and stands on no invoice yet.
-- name: Unbilled :one
SELECT coalesce(sum(total_cents), 0)::bigint AS cents FROM loads WHERE customer_id = @customer_id::uuid AND id <> @self AND state IN
  ('booked','dispatched','at_pickup','loaded','in_transit','at_delivery','delivered','pod_received','ready_to_bill','on_hold','claim');

-- name: UnbilledOfAll :many
SELECT customer_id::uuid AS customer_id, sum(total_cents)::bigint AS cents FROM loads WHERE customer_id IS NOT NULL AND state IN
  ('booked','dispatched','at_pickup','loaded','in_transit','at_delivery','delivered','pod_received','ready_to_bill','on_hold','claim') GROUP BY customer_id;
