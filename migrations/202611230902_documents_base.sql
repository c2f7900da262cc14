CREATE TABLE documents (
  org_id       uuid NOT NULL DEFAULT app_org(),
  id           uuid NOT NULL,
  kind         text NOT NULL DEFAULT 'unknown' CHECK (kind IN
    ('unknown','rate_confirmation','bill_of_lading','proof_of_delivery','invoice','lumper_receipt','scale_ticket','receipt','other')),
  kind_set_by  text NOT NULL DEFAULT '',   -- '' when the reader said it, else who did
  source       text NOT NULL CHECK (source IN ('upload','api','email','system')),
  filename     text NOT NULL,
  content_type text NOT NULL,              -- sniffed, never as claimed
  size_bytes   bigint NOT NULL,
  sha256       bytea NOT NULL,
  blob_key     text NOT NULL,
  page_count   int NOT NULL DEFAULT 0,
  state        text NOT NULL DEFAULT 'received' CHECK (state IN ('received','reading','read','failed','rejected')),
  error        text NOT NULL DEFAULT '',   -- in words for a person
  load_id      uuid,                       -- set by loads through documents.Attach
  supersedes_id uuid,                      -- the version before this one
  version_no   int NOT NULL DEFAULT 1,     -- 1, 2 … along supersedes_id
  received_by  text NOT NULL DEFAULT '',
  received_at  timestamptz NOT NULL,
  read_at      timestamptz,
  read_ms      int,
  retain_until date NOT NULL,
  deleted_at   timestamptz,
  version      int NOT NULL DEFAULT 1,     -- optimistic lock
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('documents');
CREATE UNIQUE INDEX documents_sha ON documents (org_id, sha256) WHERE deleted_at IS NULL;
CREATE INDEX ON documents (org_id, load_id) WHERE load_id IS NOT NULL;
CREATE INDEX ON documents (org_id, state, id);

CREATE TABLE document_pages (
  org_id      uuid NOT NULL DEFAULT app_org(),
  document_id uuid NOT NULL,
  page_no     int NOT NULL,               -- from 1
  width_pt    real NOT NULL,
  height_pt   real NOT NULL,
  rotation    int NOT NULL DEFAULT 0,     -- degrees applied to make it upright
  ocr         boolean NOT NULL DEFAULT false,
  image_key   text NOT NULL DEFAULT '',   -- blob of the page image; '' until made
  text        text NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, document_id, page_no),
  FOREIGN KEY (org_id, document_id) REFERENCES documents (org_id, id) ON DELETE CASCADE
);
CALL tenant_table('document_pages');

CREATE TABLE readings (
  org_id      uuid NOT NULL DEFAULT app_org(),
  id          uuid NOT NULL,
  document_id uuid NOT NULL,
  reader      text NOT NULL,              -- 'layout/1'
  reading     jsonb NOT NULL,             -- extract.Reading
  fields      int NOT NULL,
  flags       int NOT NULL,               -- of severity check
  ms          int NOT NULL,
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, document_id) REFERENCES documents (org_id, id) ON DELETE CASCADE
);
CALL tenant_table('readings');
CREATE INDEX ON readings (org_id, document_id, id);
