-- What a company's confirmed rate confirmations have taught about the layouts they
-- had, and what each said: those that the reader had wrong are its test cases.

CREATE TABLE layouts (
  org_id     uuid PRIMARY KEY DEFAULT app_org(),
  memory     jsonb NOT NULL DEFAULT '[]', -- extract.Memory
  updated_at timestamptz NOT NULL
);
CALL tenant_table('layouts');

CREATE TABLE confirmations (
  org_id       uuid NOT NULL DEFAULT app_org(),
  document_id  uuid NOT NULL,
  label        jsonb NOT NULL,           -- value by path, as the paper says it
  corrected    int NOT NULL,             -- fields that the reader had missed or wrong
  confirmed_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, document_id),
  FOREIGN KEY (org_id, document_id) REFERENCES documents (org_id, id) ON DELETE CASCADE
);
CALL tenant_table('confirmations');
