-- Many positions in one statement. COPY is a little quicker, but PostgreSQL
-- refuses it on tables with row security.

-- name: PutLast :many
INSERT INTO last_positions (truck_id, at, lat, lon, heading, speed_mph, source)
SELECT unnest(@trucks::uuid[]), unnest(@ats::timestamptz[]), unnest(@lats::float8[]), unnest(@lons::float8[]), unnest(@headings::real[]), unnest(@speeds::real[]),
  unnest(@sources::text[])
ON CONFLICT (org_id, truck_id) DO UPDATE SET at = excluded.at, lat = excluded.lat, lon = excluded.lon, heading = excluded.heading,
  speed_mph = excluded.speed_mph, source = excluded.source WHERE excluded.at > last_positions.at
RETURNING truck_id;

-- name: Put :exec
INSERT INTO positions (truck_id, at, lat, lon, heading, speed_mph)
SELECT unnest(@trucks::uuid[]), unnest(@ats::timestamptz[]), unnest(@lats::float8[]), unnest(@lons::float8[]), unnest(@headings::real[]), unnest(@speeds::real[])
ON CONFLICT DO NOTHING;

-- name: Last :many
SELECT * FROM last_positions;

-- name: MakeDays :one
SELECT make_position_days(@first::date, @last::date)::int AS made;

-- name: DropDays :one
SELECT drop_position_days(@before::date)::int AS dropped;
