-- Loads that another system carried to their end, many in one round trip. COPY
-- would be quicker still, but PostgreSQL refuses it on tables with row security.

-- name: Known :many
SELECT l.number, l.source, coalesce(e.detail, '{}')::jsonb AS detail FROM loads l
LEFT JOIN load_events e ON e.load_id = l.id AND e.verb = 'import' WHERE l.number = ANY(@numbers::text[]);

-- name: InsertPast :batchexec
INSERT INTO loads (id, number, customer_id, customer_ref, state, equipment, commodity, weight_lb, pieces, miles, miles_estimated, currency, total_cents,
  truck_id, trailer_id, driver_id, origin_city, origin_state, dest_city, dest_state, pickup_from, pickup_zone, deliver_by, deliver_zone, stop_count,
  next_stop, booked_at, dispatched_at, delivered_at, source, created_at, updated_at)
VALUES (@id, @number, @customer_id, @customer_ref, @state, @equipment, @commodity, @weight_lb, @pieces, @miles, @miles_estimated, @currency, @total_cents,
  @truck_id, @trailer_id, @driver_id, @origin_city, @origin_state, @dest_city, @dest_state, @pickup_from, @pickup_zone, @deliver_by, @deliver_zone, @stop_count,
  @next_stop, @booked_at, @dispatched_at, @delivered_at, 'import', @created_at, @created_at);

-- name: InsertPastStop :batchexec
INSERT INTO stops (load_id, seq, kind, facility_id, name, address, city, state, zip, lat, lon, time_zone, window_start, date_only, completed_at, departed_at)
VALUES (@load_id, @seq, @kind, @facility_id, @name, @address, @city, @state, @zip, @lat, @lon, @time_zone, @window_start, @date_only, @completed_at, @departed_at);

-- name: InsertPastCharge :batchexec
INSERT INTO charges (load_id, seq, kind, description, amount_cents) VALUES (@load_id, @seq, @kind, @description, @amount_cents);

-- name: InsertPastEvent :batchexec
INSERT INTO load_events (id, load_id, at, recorded_at, verb, from_state, to_state, stop_seq, actor_id, actor_name, text, detail)
VALUES (@id, @load_id, @at, @recorded_at, @verb, @from_state, @to_state, @stop_seq, @actor_id, @actor_name, @text, @detail);

-- name: InsertPastWords :batchexec
INSERT INTO load_words (word, load_id) SELECT DISTINCT w, @load_id::uuid FROM unnest(@words::text[]) w;
