-- Keys with which a person's programs ask in their name, with their permissions.
CREATE TABLE api_keys (
  org_id     uuid NOT NULL DEFAULT app_org() REFERENCES orgs (id),
  id         uuid NOT NULL,
  user_id    uuid NOT NULL,
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  token_hash text COLLATE "C" NOT NULL,   -- hex SHA-256 of the key
  read_only  boolean NOT NULL DEFAULT true,
  created_at timestamptz NOT NULL,
  used_at    timestamptz,                 -- to the hour
  revoked_at timestamptz,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);
CREATE UNIQUE INDEX api_keys_token ON api_keys (token_hash);
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON api_keys USING (org_id = app_org_or_null()) WITH CHECK (org_id = app_org_or_null());
CREATE POLICY by_token ON api_keys FOR SELECT USING (token_hash = app_key());
