-- name: PutLast :execrows
INSERT INTO last_positions (truck_id, at, lat, lon, heading, speed_mph, source) VALUES (@truck_id, @at, @lat, @lon, @heading, @speed_mph, @source)
ON CONFLICT (org_id, truck_id) DO UPDATE SET at = excluded.at, lat = excluded.lat, lon = excluded.lon, heading = excluded.heading,
  speed_mph = excluded.speed_mph, source = excluded.source WHERE excluded.at > last_positions.at;

-- name: Put :exec
INSERT INTO positions (truck_id, at, lat, lon, heading, speed_mph) VALUES (@truck_id, @at, @lat, @lon, @heading, @speed_mph) ON CONFLICT DO NOTHING;

-- name: Last :many
SELECT * FROM last_positions;

-- name: Prune :execrows
DELETE FROM positions WHERE at < @before;
