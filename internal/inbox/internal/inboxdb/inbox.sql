-- name: Box :one
SELECT * FROM mailboxes;

-- name: InsertBox :execrows
INSERT INTO mailboxes (host, port, security, username, password, folder, since, due_at, updated_by, updated_at)
VALUES (@host, @port, @security, @username, @password, @folder, @since, @now, @updated_by, @now) ON CONFLICT (org_id) DO NOTHING;

-- name: UpdateBox :execrows
-- Who was reading it stops: what is under way does not fit any more.
UPDATE mailboxes SET host = @host, port = @port, security = @security, username = @username, password = @password, folder = @folder, since = @since,
  uid_validity = CASE WHEN @anew::boolean THEN 0 ELSE uid_validity END, last_uid = CASE WHEN @anew::boolean THEN 0 ELSE last_uid END,
  error = '', failures = 0, due_at = @now, lease = NULL, lease_until = NULL, version = version + 1, updated_by = @updated_by, updated_at = @now
WHERE version = @version;

-- name: DeleteBox :execrows
DELETE FROM mailboxes;

-- name: Due :one
SELECT count(*) > 0 FROM mailboxes WHERE due_at <= @now AND (lease_until IS NULL OR lease_until <= @now);

-- name: Lease :one
UPDATE mailboxes SET lease = @lease::uuid, lease_until = @until::timestamptz
WHERE due_at <= @now AND (lease_until IS NULL OR lease_until <= @now) RETURNING *;

-- name: Advance :execrows
UPDATE mailboxes SET uid_validity = @uid_validity, last_uid = @last_uid, lease_until = @until::timestamptz WHERE lease = @lease::uuid;

-- name: Checked :execrows
UPDATE mailboxes SET lease = NULL, lease_until = NULL, checked_at = @now::timestamptz, error = '', failures = 0, due_at = @due_at WHERE lease = @lease::uuid;

-- name: Failed :execrows
UPDATE mailboxes SET lease = NULL, lease_until = NULL, error = @error, failures = failures + 1, due_at = @due_at WHERE lease = @lease::uuid;

-- name: ByDigest :one
SELECT * FROM mail_messages WHERE digest = @digest;

-- name: InsertMessage :exec
INSERT INTO mail_messages (id, digest, message_id, thread_id, from_name, from_address, to_line, subject, at, source, size_bytes, blob_key, body, quoted, state, why, received_by, received_at)
VALUES (@id, @digest, @message_id, @thread_id, @from_name, @from_address, @to_line, @subject, @at, @source, @size_bytes, @blob_key, @body, @quoted, @state, @why, @received_by, @received_at);

-- name: InsertRefs :exec
INSERT INTO mail_refs (ref, mail_id) SELECT DISTINCT unnest(@refs::text[]), @mail_id::uuid;

-- name: InsertFile :exec
INSERT INTO mail_files (mail_id, seq, filename, size_bytes, document_id, note) VALUES (@mail_id, @seq, @filename, @size_bytes, @document_id, @note);

-- name: Threads :many
SELECT DISTINCT m.thread_id FROM mail_refs r JOIN mail_messages m ON m.id = r.mail_id AND m.org_id = r.org_id WHERE r.ref = ANY(@refs::text[]) ORDER BY 1;

-- name: JoinThreads :exec
UPDATE mail_messages SET thread_id = @into_thread WHERE thread_id = ANY(@threads::uuid[]);

-- name: Message :one
SELECT * FROM mail_messages WHERE id = @id;

-- name: Messages :many
SELECT * FROM mail_messages WHERE id < @before ORDER BY id DESC LIMIT @n;

-- name: MessagesIn :many
SELECT * FROM mail_messages WHERE state = @state AND id < @before ORDER BY id DESC LIMIT @n;

-- name: Thread :many
SELECT * FROM mail_messages WHERE thread_id = @thread_id ORDER BY at, id LIMIT 200;

-- name: Files :many
SELECT * FROM mail_files WHERE mail_id = ANY(@mails::uuid[]) ORDER BY mail_id, seq;

-- name: OfDocuments :many
SELECT DISTINCT m.thread_id FROM mail_files f JOIN mail_messages m ON m.id = f.mail_id AND m.org_id = f.org_id WHERE f.document_id = ANY(@documents::uuid[]) ORDER BY 1;

-- name: FirstWith :one
SELECT m.* FROM mail_files f JOIN mail_messages m ON m.id = f.mail_id AND m.org_id = f.org_id WHERE f.document_id = @document::uuid ORDER BY m.at, m.id LIMIT 1;

-- name: Settle :exec
UPDATE mail_messages SET state = @state, why = @why WHERE id = @id;

-- name: Old :many
SELECT * FROM mail_messages WHERE received_at < @before AND id > @after ORDER BY id LIMIT 200;

-- name: DeleteMessage :exec
DELETE FROM mail_messages WHERE id = @id;
