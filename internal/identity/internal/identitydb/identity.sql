-- name: LockFounding :exec
SELECT pg_advisory_xact_lock(hashtext('identity.found'));

-- name: CountOrgs :one
SELECT count(*) FROM orgs;

-- name: ListOrgs :many
SELECT id FROM orgs ORDER BY created_at;

-- name: InsertOrg :exec
INSERT INTO orgs (id, created_at) VALUES (@id, @created_at);

-- name: InsertCompany :exec
INSERT INTO companies (name, usdot, mc, phone, email, address, city, state, zip, time_zone, remit_to, updated_at, updated_by)
VALUES (@name, @usdot, @mc, @phone, @email, @address, @city, @state, @zip, @time_zone, @remit_to, @updated_at, @updated_by);

-- name: Company :one
SELECT * FROM companies;

-- name: UpdateCompany :execrows
UPDATE companies SET name = @name, usdot = @usdot, mc = @mc, scac = @scac, phone = @phone, email = @email, address = @address, city = @city,
  state = @state, zip = @zip, time_zone = @time_zone, remit_to = @remit_to, terms_days = @terms_days, invoice_prefix = @invoice_prefix,
  load_prefix = @load_prefix, retention_days = @retention_days, version = version + 1, updated_at = @updated_at, updated_by = @updated_by
WHERE version = @version;

-- name: InsertUser :exec
INSERT INTO users (id, email, name, role, password_hash, created_at) VALUES (@id, @email, @name, @role, @password_hash, @created_at);

-- name: UserByEmail :one
SELECT * FROM users WHERE email = @email;

-- name: User :one
SELECT * FROM users WHERE id = @id;

-- name: Users :many
SELECT * FROM users ORDER BY name;

-- name: ActiveOwners :one
SELECT count(*) FROM (SELECT FROM users WHERE role = 'owner' AND disabled_at IS NULL FOR UPDATE) o;

-- name: SetUser :execrows
UPDATE users SET name = @name, role = @role, disabled_at = @disabled_at, token_version = token_version + @revoke::int, version = version + 1
WHERE id = @id AND version = @version;

-- name: SetPassword :exec
UPDATE users SET password_hash = @password_hash, token_version = token_version + 1, version = version + 1 WHERE id = @id;

-- name: TouchLogin :exec
UPDATE users SET last_login_at = @at::timestamptz WHERE id = @id;

-- name: InsertSession :exec
INSERT INTO sessions (id, user_id, token_hash, created_at, seen_at, expires_at, ip, user_agent)
VALUES (@id, @user_id, @token_hash, @created_at, @created_at, @expires_at, @ip, @user_agent);

-- OpenSession also makes the rest of its transaction the session's organisation's.
-- name: OpenSession :one
SELECT org_id, id, user_id, created_at, seen_at, expires_at, revoked_at, set_config('app.org_id', org_id::text, true)::text AS organisation
FROM sessions WHERE token_hash = @token_hash;

-- name: Visitor :one
SELECT u.name, u.role, u.disabled_at, c.name AS company, c.time_zone FROM sessions s
JOIN users u ON u.org_id = s.org_id AND u.id = s.user_id JOIN companies c ON c.org_id = s.org_id WHERE s.token_hash = @token_hash;

-- TouchSession leaves a row alone that another request of the session is touching: a page never waits for that.
-- name: TouchSession :exec
UPDATE sessions SET seen_at = @seen_at, expires_at = @expires_at WHERE id = (SELECT s.id FROM sessions s WHERE s.id = @id FOR UPDATE SKIP LOCKED);

-- name: UserSessions :many
SELECT * FROM sessions WHERE user_id = @user_id AND revoked_at IS NULL AND expires_at > @now::timestamptz ORDER BY seen_at DESC;

-- name: RevokeSession :execrows
UPDATE sessions SET revoked_at = @at::timestamptz WHERE id = @id AND user_id = @user_id AND revoked_at IS NULL;

-- name: RevokeSessions :exec
UPDATE sessions SET revoked_at = @at::timestamptz WHERE user_id = @user_id AND revoked_at IS NULL;

-- name: InsertInvitation :exec
INSERT INTO invitations (id, email, name, role, token_hash, invited_by, created_at, expires_at)
VALUES (@id, @email, @name, @role, @token_hash, @invited_by, @created_at, @expires_at);

-- name: InvitationByToken :one
SELECT * FROM invitations WHERE token_hash = @token_hash;

-- name: OpenInvitations :many
SELECT * FROM invitations WHERE accepted_at IS NULL AND revoked_at IS NULL AND expires_at > @now::timestamptz ORDER BY created_at DESC;

-- name: AcceptInvitation :execrows
UPDATE invitations SET accepted_at = @at::timestamptz WHERE id = @id AND accepted_at IS NULL AND revoked_at IS NULL;

-- name: RevokeInvitation :one
UPDATE invitations SET revoked_at = @at::timestamptz WHERE id = @id AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > @at RETURNING email;

-- name: InsertAudit :exec
INSERT INTO audit_log (id, at, actor_id, actor_name, actor_role, action, subject_kind, subject_id, subject_label, detail, request_id, ip)
VALUES (@id, @at, @actor_id, @actor_name, @actor_role, @action, @subject_kind, @subject_id, @subject_label, @detail, @request_id, @ip);

-- name: AuditPage :many
SELECT * FROM audit_log WHERE id < @before::uuid ORDER BY id DESC LIMIT @rows;

-- name: InsertKey :exec
INSERT INTO api_keys (id, user_id, name, token_hash, read_only, created_at) VALUES (@id, @user_id, @name, @token_hash, @read_only, @created_at);

-- name: Keys :many
SELECT * FROM api_keys WHERE user_id = @user_id AND revoked_at IS NULL ORDER BY id;

-- name: KeyByToken :one
SELECT org_id, id, user_id, read_only, used_at FROM api_keys WHERE token_hash = @token_hash AND revoked_at IS NULL;

-- name: TouchKey :exec
UPDATE api_keys SET used_at = @at::timestamptz WHERE id = @id;

-- name: RevokeKey :one
UPDATE api_keys SET revoked_at = @at::timestamptz WHERE id = @id AND user_id = @user_id AND revoked_at IS NULL RETURNING name;

-- name: RevokeKeys :exec
UPDATE api_keys SET revoked_at = @at::timestamptz WHERE user_id = @user_id AND revoked_at IS NULL;

-- name: InsertReset :exec
INSERT INTO password_resets (id, user_id, token_hash, made_by, created_at, expires_at) VALUES (@id, @user_id, @token_hash, @made_by, @created_at, @expires_at);

-- name: ResetByToken :one
SELECT * FROM password_resets WHERE token_hash = @token_hash;

-- CloseReset ends one link; of two who use it at once the second finds it closed.
-- name: CloseReset :execrows
UPDATE password_resets SET closed_at = @at::timestamptz WHERE id = @id AND closed_at IS NULL;

-- name: CloseResets :exec
UPDATE password_resets SET closed_at = @at::timestamptz WHERE user_id = @user_id AND closed_at IS NULL;
