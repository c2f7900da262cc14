-- name: ReserveNumbers :one
INSERT INTO load_counters (next) VALUES (10001 + @n::bigint)
ON CONFLICT (org_id) DO UPDATE SET next = load_counters.next + @n::bigint RETURNING (next - @n::bigint)::bigint AS first;

-- name: InsertLoad :exec
INSERT INTO loads (id, number, customer_id, customer_ref, state, equipment, trailer_length_ft, temperature_min_f, temperature_max_f, commodity,
  weight_lb, pieces, miles, miles_estimated, currency, total_cents, terms, flags, document_id, truck_id, trailer_id, driver_id, origin_city, origin_state,
  dest_city, dest_state, pickup_from, pickup_zone, deliver_by, deliver_zone, stop_count, next_stop, booked_at, dispatched_at, delivered_at, source,
  created_at, updated_at)
VALUES (@id, @number, @customer_id, @customer_ref, @state, @equipment, @trailer_length_ft, @temperature_min_f, @temperature_max_f, @commodity,
  @weight_lb, @pieces, @miles, @miles_estimated, @currency, @total_cents, @terms, @flags, @document_id, @truck_id, @trailer_id, @driver_id, @origin_city, @origin_state,
  @dest_city, @dest_state, @pickup_from, @pickup_zone, @deliver_by, @deliver_zone, @stop_count, @next_stop, @booked_at, @dispatched_at, @delivered_at, @source,
  @created_at, @created_at);

-- name: UpdateLoad :execrows
UPDATE loads SET customer_id = @customer_id, customer_ref = @customer_ref, state = @state, resume_state = @resume_state, equipment = @equipment,
  trailer_length_ft = @trailer_length_ft, temperature_min_f = @temperature_min_f, temperature_max_f = @temperature_max_f, commodity = @commodity,
  weight_lb = @weight_lb, pieces = @pieces, miles = @miles, miles_estimated = @miles_estimated, total_cents = @total_cents, terms = @terms, flags = @flags,
  truck_id = @truck_id, trailer_id = @trailer_id, driver_id = @driver_id, co_driver_id = @co_driver_id,
  origin_city = @origin_city, origin_state = @origin_state, dest_city = @dest_city, dest_state = @dest_state, pickup_from = @pickup_from,
  pickup_zone = @pickup_zone, deliver_by = @deliver_by, deliver_zone = @deliver_zone, stop_count = @stop_count, next_stop = @next_stop,
  booked_at = @booked_at, dispatched_at = @dispatched_at, delivered_at = @delivered_at, version = version + 1, updated_at = @updated_at
WHERE id = @id AND version = @version;

-- name: Load :one
SELECT * FROM loads WHERE id = @id;

-- name: LockLoad :one
SELECT * FROM loads WHERE id = @id FOR UPDATE;

-- name: LoadByNumber :one
SELECT * FROM loads WHERE number = @number;

-- name: LoadByDocument :one
SELECT * FROM loads WHERE document_id = @document_id::uuid ORDER BY id LIMIT 1;

-- name: SameRef :many
SELECT id, number, customer_id, state FROM loads WHERE customer_ref = @customer_ref AND state <> 'cancelled' AND id <> @id;

-- name: Active :many
SELECT * FROM loads WHERE state IN
  ('tendered','booked','dispatched','at_pickup','loaded','in_transit','at_delivery','delivered','pod_received','ready_to_bill','on_hold','claim')
ORDER BY pickup_from;

-- name: ByState :many
SELECT * FROM loads WHERE state = @state AND id < @before ORDER BY id DESC LIMIT @rows;

-- name: ByCustomer :many
SELECT * FROM loads WHERE customer_id = @customer_id::uuid AND id < @before ORDER BY id DESC LIMIT @rows;

-- name: Newest :many
SELECT * FROM loads WHERE id < @before ORDER BY id DESC LIMIT @rows;

-- name: OfTruck :many
SELECT * FROM loads WHERE truck_id = @truck_id::uuid ORDER BY pickup_from DESC LIMIT @rows;

-- name: OfDriver :many
SELECT * FROM loads WHERE driver_id = @driver_id::uuid ORDER BY pickup_from DESC LIMIT @rows;

-- name: WithIDs :many
SELECT * FROM loads WHERE id = ANY(@ids::uuid[]);

-- name: StatesOfPaper :many
SELECT state FROM loads WHERE id = @load_id OR document_id = @document_id::uuid
  OR id IN (SELECT load_id FROM pod_checks WHERE pod_checks.document_id = @document_id::uuid) FOR SHARE;

-- name: CountStates :many
SELECT state, count(*)::int AS n FROM loads WHERE state = ANY(@states::text[]) GROUP BY state;

-- name: InsertStop :exec
INSERT INTO stops (load_id, seq, kind, facility_id, name, address, city, state, zip, lat, lon, time_zone, appointment, window_start, window_end, date_only,
  refs, contact, phone, notes, pieces, weight_lb, arrived_at, completed_at, departed_at)
VALUES (@load_id, @seq, @kind, @facility_id, @name, @address, @city, @state, @zip, @lat, @lon, @time_zone, @appointment, @window_start, @window_end, @date_only,
  @refs, @contact, @phone, @notes, @pieces, @weight_lb, @arrived_at, @completed_at, @departed_at);

-- name: MarkStop :exec
UPDATE stops SET arrived_at = @arrived_at, completed_at = @completed_at, departed_at = @departed_at WHERE load_id = @load_id AND seq = @seq;

-- name: DeleteStops :exec
DELETE FROM stops WHERE load_id = @load_id;

-- name: Stops :many
SELECT * FROM stops WHERE load_id = @load_id ORDER BY seq;

-- name: StopsOf :many
SELECT * FROM stops WHERE load_id = ANY(@ids::uuid[]) ORDER BY load_id, seq;

-- name: InsertCharge :exec
INSERT INTO charges (load_id, seq, kind, description, amount_cents) VALUES (@load_id, @seq, @kind, @description, @amount_cents);

-- name: DeleteCharges :exec
DELETE FROM charges WHERE load_id = @load_id;

-- name: Charges :many
SELECT * FROM charges WHERE load_id = @load_id ORDER BY seq;

-- name: InsertEvent :exec
INSERT INTO load_events (id, load_id, at, recorded_at, verb, from_state, to_state, stop_seq, actor_id, actor_name, text, detail)
VALUES (@id, @load_id, @at, @recorded_at, @verb, @from_state, @to_state, @stop_seq, @actor_id, @actor_name, @text, @detail);

-- name: Events :many
SELECT * FROM load_events WHERE load_id = @load_id ORDER BY id;

-- name: DeleteWords :exec
DELETE FROM load_words WHERE load_id = @load_id;

-- InsertWords takes each word once, of a load that has none.
-- name: InsertWords :exec
INSERT INTO load_words (word, load_id) SELECT w, @load_id::uuid FROM unnest(@words::text[]) w;

-- name: SearchWord :many
SELECT load_id FROM load_words WHERE word = @word AND load_id < @before ORDER BY load_id DESC LIMIT @rows;

-- SearchPrefix begins with the highest words, for numbers the newest: a short beginning matches thousands.
-- name: SearchPrefix :many
SELECT load_id FROM load_words WHERE word >= @lo AND word < @hi AND load_id < @before ORDER BY word DESC LIMIT @rows;

-- name: UpsertPODCheck :exec
INSERT INTO pod_checks (load_id, document_id, result, clean, created_at) VALUES (@load_id, @document_id, @result, @clean, @created_at)
ON CONFLICT (org_id, load_id, document_id) DO UPDATE SET result = excluded.result, clean = excluded.clean;

-- name: PODChecks :many
SELECT * FROM pod_checks WHERE load_id = @load_id ORDER BY created_at DESC;

-- name: AcceptPOD :exec
UPDATE pod_checks SET accepted_by = @by, accepted_at = @at::timestamptz WHERE load_id = @load_id AND document_id = @document_id;

-- Known finds loads that have one of the numbers, with what an import kept of them.
-- name: Known :many
SELECT l.number, l.source, coalesce(e.detail, '{}')::jsonb AS detail FROM loads l
LEFT JOIN load_events e ON e.load_id = l.id AND e.verb = 'import' WHERE l.number = ANY(@numbers::text[]);

-- name: PricedSince :one
-- PricedSince is the day from which the newest priced loads number about newest; no row when there are fewer.
SELECT date_trunc('day', coalesce(booked_at, created_at))::timestamptz AS since FROM loads WHERE miles > 0 AND state NOT IN ('draft', 'tendered', 'cancelled', 'tonu')
ORDER BY coalesce(booked_at, created_at) DESC OFFSET @newest LIMIT 1;

-- name: Priced :many
WITH few AS MATERIALIZED (SELECT x.org_id, x.id FROM loads x WHERE x.id > @after AND coalesce(x.booked_at, x.created_at) >= @since::timestamptz AND x.miles > 0 AND x.state NOT IN ('draft', 'tendered', 'cancelled', 'tonu') ORDER BY x.id LIMIT @most)
SELECT l.id, l.number, coalesce(l.booked_at, l.created_at)::timestamptz AS priced_at, l.equipment, l.miles::int AS miles, l.weight_lb, l.stop_count, l.customer_id, l.pickup_from, l.pickup_zone,
  f.city AS from_city, f.state AS from_state, f.zip AS from_zip, f.lat AS from_lat, f.lon AS from_lon,
  t.city AS to_city, t.state AS to_state, t.zip AS to_zip, t.lat AS to_lat, t.lon AS to_lon,
  (SELECT coalesce(sum(c.amount_cents), 0) FROM charges c WHERE c.org_id = l.org_id AND c.load_id = l.id AND c.kind IN ('linehaul', 'fuel'))::bigint AS total_cents
FROM few JOIN loads l ON l.org_id = few.org_id AND l.id = few.id
-- LIMIT keeps each a look at one key: right after an import the planner knows nothing of the tables yet.
CROSS JOIN LATERAL (SELECT * FROM stops x WHERE x.org_id = few.org_id AND x.load_id = few.id AND x.seq = 1 LIMIT 1) f
CROSS JOIN LATERAL (SELECT * FROM stops x WHERE x.org_id = few.org_id AND x.load_id = few.id AND x.seq = l.stop_count LIMIT 1) t
ORDER BY l.id;
