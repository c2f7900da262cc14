-- name: InsertView :exec
INSERT INTO saved_views (id, user_id, name, screen, query, shared, created_at) VALUES (@id, @user_id, @name, @screen, @query, @shared, @created_at);

-- name: Views :many
SELECT * FROM saved_views WHERE screen = @screen AND (user_id = @user_id OR shared) ORDER BY name;

-- name: DeleteView :execrows
DELETE FROM saved_views WHERE id = @id AND user_id = @user_id;

-- name: Snooze :exec
INSERT INTO snoozes (item, until, reason, snoozed_by, created_at) VALUES (@item, @until, @reason, @by, @created_at)
ON CONFLICT (org_id, item) DO UPDATE SET until = excluded.until, reason = excluded.reason, snoozed_by = excluded.snoozed_by, created_at = excluded.created_at;

-- name: Snoozed :many
SELECT * FROM snoozes WHERE until > @now::timestamptz;

-- name: InsertAssignment :exec
INSERT INTO assignments (id, load_id, truck_id, trailer_id, driver_id, rank, suggested, assigned_by, assigned_at)
VALUES (@id, @load_id, @truck_id, @trailer_id, @driver_id, @rank, @suggested, @assigned_by, @assigned_at);
