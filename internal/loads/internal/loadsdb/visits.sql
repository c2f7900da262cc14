-- name: SetFacility :exec
UPDATE stops SET facility_id = @facility_id::uuid WHERE load_id = @load_id AND seq = @seq;

-- Visits are a facility's stops with their loads, newest first.
-- name: Visits :many
SELECT l.id, l.number, l.state, l.customer_id, s.seq, s.kind, s.time_zone, s.window_start, s.window_end, s.date_only, s.arrived_at, s.departed_at
FROM stops s JOIN loads l ON l.org_id = s.org_id AND l.id = s.load_id
WHERE s.facility_id = @facility_id::uuid AND l.state NOT IN ('draft', 'cancelled')
ORDER BY s.load_id DESC, s.seq DESC LIMIT @rows;
