-- Owed is what stands open on a customer's invoices, and of that what is past its due date.
-- name: Owed :one
SELECT coalesce(sum(n.total_cents - n.settled_cents), 0)::bigint AS cents,
  coalesce(sum(n.total_cents - n.settled_cents) FILTER (WHERE n.due_on < @today::date), 0)::bigint AS late_cents
FROM invoices n WHERE n.customer_id = @customer_id AND n.kind = 'invoice' AND n.settled_cents < n.total_cents;

-- Standings is how every customer pays: the days to pay over what was issued since
-- a day, so that ten years of invoices do not have to be read; what is open, all of it.
-- name: Standings :many
WITH paid AS (
  SELECT i.customer_id, max(p.received_on) - i.issued_on AS days
  FROM invoices i
  JOIN applications a ON a.org_id = i.org_id AND a.invoice_id = i.id AND a.kind = 'cash'
  JOIN payments p ON p.org_id = a.org_id AND p.id = a.payment_id AND p.reverses_id IS NULL
  WHERE i.kind = 'invoice' AND i.issued_on >= @since::date AND i.settled_cents >= i.total_cents
  GROUP BY i.customer_id, i.id, i.issued_on
), pace AS (
  SELECT customer_id, count(*)::int AS paid, round(avg(days))::int AS average_days FROM paid GROUP BY customer_id
), owing AS (
  SELECT n.customer_id, count(*)::int AS open, sum(n.total_cents - n.settled_cents)::bigint AS open_cents,
    coalesce(sum(n.total_cents - n.settled_cents) FILTER (WHERE n.due_on < @today::date), 0)::bigint AS late_cents
  FROM invoices n WHERE n.kind = 'invoice' AND n.settled_cents < n.total_cents GROUP BY n.customer_id
)
SELECT coalesce(pace.customer_id, owing.customer_id)::uuid AS customer_id, coalesce(paid, 0)::int AS paid, coalesce(average_days, 0)::int AS average_days,
  coalesce(open, 0)::int AS open, coalesce(open_cents, 0)::bigint AS open_cents, coalesce(late_cents, 0)::bigint AS late_cents
FROM pace FULL JOIN owing ON owing.customer_id = pace.customer_id;
