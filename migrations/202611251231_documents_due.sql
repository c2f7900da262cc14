-- The papers whose retention is over are few among many; they are looked for at every start.
CREATE INDEX documents_due ON documents (org_id, retain_until) WHERE deleted_at IS NULL;
