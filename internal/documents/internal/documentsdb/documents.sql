-- name: Insert :exec
INSERT INTO documents (id, kind, kind_set_by, source, filename, content_type, size_bytes, sha256, blob_key, page_count, load_id, supersedes_id, version_no, received_by, received_at, retain_until, cover_text)
VALUES (@id, @kind, @kind_set_by, @source, @filename, @content_type, @size_bytes, @sha256, @blob_key, @page_count, @load_id, @supersedes_id, @version_no, @received_by, @received_at, @retain_until, @cover_text);

-- name: Get :one
SELECT * FROM documents WHERE id = @id AND deleted_at IS NULL;

-- name: BySHA :one
SELECT * FROM documents WHERE sha256 = @sha256 AND deleted_at IS NULL;

-- name: OfLoad :many
SELECT * FROM documents WHERE load_id = @load_id::uuid AND deleted_at IS NULL ORDER BY id;

-- name: List :many
SELECT * FROM documents WHERE id < @before AND deleted_at IS NULL ORDER BY id DESC LIMIT @n;

-- name: Waiting :many
SELECT * FROM documents WHERE state IN ('received','reading','failed') AND deleted_at IS NULL ORDER BY id DESC LIMIT @n;

-- name: SetState :exec
UPDATE documents SET state = @state, error = @error, version = version + 1 WHERE id = @id;

-- name: SetRead :exec
UPDATE documents SET state = 'read', error = '', kind = CASE WHEN kind_set_by = '' THEN @kind ELSE kind END, page_count = @page_count,
  read_at = @read_at::timestamptz, read_ms = @read_ms::int, version = version + 1 WHERE id = @id;

-- name: SetKind :exec
UPDATE documents SET kind = @kind, kind_set_by = @by, version = version + 1 WHERE id = @id;

-- name: Attach :exec
UPDATE documents SET load_id = @load_id::uuid, version = version + 1 WHERE id = @id;

-- name: Delete :execrows
UPDATE documents SET deleted_at = @at::timestamptz, cover_text = '', version = version + 1 WHERE id = @id AND deleted_at IS NULL;

-- name: DeletePages :exec
DELETE FROM document_pages WHERE document_id = @document_id;

-- name: InsertPage :exec
INSERT INTO document_pages (document_id, page_no, width_pt, height_pt, rotation, ocr, text) VALUES (@document_id, @page_no, @width_pt, @height_pt, @rotation, @ocr, @text);

-- name: Pages :many
SELECT * FROM document_pages WHERE document_id = @document_id ORDER BY page_no;

-- name: SetImage :exec
UPDATE document_pages SET image_key = @image_key WHERE document_id = @document_id AND page_no = @page_no;

-- name: InsertReading :exec
INSERT INTO readings (id, document_id, reader, reading, fields, flags, ms, created_at) VALUES (@id, @document_id, @reader, @reading, @fields, @flags, @ms, @created_at);

-- name: LastReading :one
SELECT * FROM readings WHERE document_id = @document_id ORDER BY id DESC LIMIT 1;

-- name: Due :many
SELECT * FROM documents WHERE retain_until < @today AND deleted_at IS NULL AND id > @after ORDER BY id LIMIT 200;

-- name: DeleteReadings :exec
DELETE FROM readings WHERE document_id = @document_id;

-- name: Layouts :one
SELECT memory FROM layouts;

-- name: LockLayouts :one
INSERT INTO layouts (updated_at) VALUES (@now) ON CONFLICT (org_id) DO UPDATE SET updated_at = excluded.updated_at RETURNING memory;

-- name: SetLayouts :exec
UPDATE layouts SET memory = @memory;

-- name: Confirm :execrows
INSERT INTO confirmations (document_id, label, corrected, confirmed_at) VALUES (@document_id, @label, @corrected, @confirmed_at) ON CONFLICT DO NOTHING;

-- name: Corrected :many
SELECT d.*, c.label FROM confirmations c JOIN documents d ON d.id = c.document_id AND d.org_id = c.org_id
WHERE c.corrected > 0 AND d.deleted_at IS NULL AND c.document_id > @after ORDER BY c.document_id LIMIT 100;

-- name: CountCorrected :one
SELECT count(*) FROM confirmations WHERE corrected > 0;

-- name: DeleteConfirmation :exec
DELETE FROM confirmations WHERE document_id = @document_id;
