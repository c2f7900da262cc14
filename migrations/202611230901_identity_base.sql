-- An organisation is a tenant. This table is global: it holds no business data.
CREATE TABLE orgs (
  id         uuid PRIMARY KEY,
  created_at timestamptz NOT NULL
);

CREATE TABLE companies (
  org_id        uuid PRIMARY KEY DEFAULT app_org() REFERENCES orgs (id),
  name          text NOT NULL CHECK (name <> ''),
  usdot         text NOT NULL DEFAULT '',
  mc            text NOT NULL DEFAULT '',
  scac          text NOT NULL DEFAULT '',
  phone         text NOT NULL DEFAULT '',
  email         text NOT NULL DEFAULT '',
  address       text NOT NULL DEFAULT '',
  city          text NOT NULL DEFAULT '',
  state         text NOT NULL DEFAULT '',
  zip           text NOT NULL DEFAULT '',
  time_zone     text NOT NULL DEFAULT 'America/Chicago',  -- home terminal, IANA
  remit_to      text NOT NULL DEFAULT '',                 -- printed on invoices; several lines
  terms_days    int  NOT NULL DEFAULT 30 CHECK (terms_days BETWEEN 0 AND 180),
  invoice_prefix text NOT NULL DEFAULT 'INV-',
  load_prefix   text NOT NULL DEFAULT 'L-',
  retention_days int NOT NULL DEFAULT 1461 CHECK (retention_days >= 1096), -- 49 CFR 379 App. A: freight bills 3 years at least
  version       int  NOT NULL DEFAULT 1,
  updated_at    timestamptz NOT NULL,
  updated_by    text NOT NULL DEFAULT ''
);
CALL tenant_table('companies');

CREATE TABLE users (
  org_id        uuid NOT NULL DEFAULT app_org() REFERENCES orgs (id),
  id            uuid NOT NULL,
  email         text COLLATE "C" NOT NULL CHECK (email = lower(email) AND email <> ''),
  name          text NOT NULL CHECK (name <> ''),
  role          text NOT NULL CHECK (role IN ('owner','dispatcher','accountant','safety','driver','viewer')),
  password_hash text NOT NULL,
  token_version int  NOT NULL DEFAULT 1,   -- raised to revoke every bearer token at once
  version       int  NOT NULL DEFAULT 1,
  disabled_at   timestamptz,
  last_login_at timestamptz,
  created_at    timestamptz NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX users_email ON users (email);
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON users USING (org_id = app_org_or_null()) WITH CHECK (org_id = app_org_or_null());
CREATE POLICY sign_in ON users FOR SELECT USING (email = app_key());

CREATE TABLE sessions (
  org_id     uuid NOT NULL DEFAULT app_org() REFERENCES orgs (id),
  id         uuid NOT NULL,
  user_id    uuid NOT NULL,
  token_hash text COLLATE "C" NOT NULL,   -- hex SHA-256 of the cookie's value
  created_at timestamptz NOT NULL,
  seen_at    timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz,
  ip         text NOT NULL DEFAULT '',
  user_agent text NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, user_id) REFERENCES users (org_id, id)
);
CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON sessions USING (org_id = app_org_or_null()) WITH CHECK (org_id = app_org_or_null());
CREATE POLICY by_token ON sessions FOR SELECT USING (token_hash = app_key());

CREATE TABLE invitations (
  org_id      uuid NOT NULL DEFAULT app_org() REFERENCES orgs (id),
  id          uuid NOT NULL,
  email       text NOT NULL CHECK (email = lower(email)),
  name        text NOT NULL DEFAULT '',
  role        text NOT NULL CHECK (role IN ('owner','dispatcher','accountant','safety','driver','viewer')),
  token_hash  text COLLATE "C" NOT NULL,
  invited_by  text NOT NULL,
  created_at  timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL,
  accepted_at timestamptz,
  revoked_at  timestamptz,
  PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX invitations_token ON invitations (token_hash);
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON invitations USING (org_id = app_org_or_null()) WITH CHECK (org_id = app_org_or_null());
CREATE POLICY by_token ON invitations FOR SELECT USING (token_hash = app_key());

CREATE TABLE audit_log (
  org_id        uuid NOT NULL DEFAULT app_org(),
  id            uuid NOT NULL,
  at            timestamptz NOT NULL,
  actor_id      uuid,
  actor_name    text NOT NULL,
  actor_role    text NOT NULL,
  action        text NOT NULL,          -- room.verb: load.book, invoice.send
  subject_kind  text NOT NULL,
  subject_id    uuid,
  subject_label text NOT NULL DEFAULT '',
  detail        jsonb NOT NULL DEFAULT '{}',
  request_id    text NOT NULL DEFAULT '',
  ip            text NOT NULL DEFAULT '',
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('audit_log');
CREATE INDEX ON audit_log (org_id, subject_id, id) WHERE subject_id IS NOT NULL;
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION append_only();
