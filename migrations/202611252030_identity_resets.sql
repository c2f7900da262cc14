-- Links with which a person who lost the password chooses a new one, once.
CREATE TABLE password_resets (
  org_id     uuid NOT NULL DEFAULT app_org() REFERENCES orgs (id),
  id         uuid NOT NULL,
  user_id    uuid NOT NULL,
  token_hash text COLLATE "C" NOT NULL,   -- hex SHA-256 of the link's secret
  made_by    text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  closed_at  timestamptz,                 -- used, or a newer one was made
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);
CREATE UNIQUE INDEX password_resets_token ON password_resets (token_hash);
CREATE INDEX ON password_resets (org_id, user_id) WHERE closed_at IS NULL;
ALTER TABLE password_resets ENABLE ROW LEVEL SECURITY;
ALTER TABLE password_resets FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON password_resets USING (org_id = app_org_or_null()) WITH CHECK (org_id = app_org_or_null());
CREATE POLICY by_token ON password_resets FOR SELECT USING (token_hash = app_key());
