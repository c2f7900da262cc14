-- Tenancy: every tenant table has org_id leading its primary key, row-level
-- security enabled AND forced (the owner is bound too), and a policy on app_org().

-- app_org is the organisation of this transaction. Without one it raises an
-- error: a missing tenant must never look like an empty result.
CREATE FUNCTION app_org() RETURNS uuid LANGUAGE sql STABLE AS
$$ SELECT current_setting('app.org_id')::uuid $$;

-- app_org_or_null is for the few tables that are also read before the tenant
-- is known (a sign-in by e-mail, a session by its token).
CREATE FUNCTION app_org_or_null() RETURNS uuid LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('app.org_id', true), '')::uuid $$;

-- app_key is the one secret that a transaction without a tenant presents: it
-- may see the rows that carry exactly this key and no other.
CREATE FUNCTION app_key() RETURNS text LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('app.key', true), '') $$;

CREATE PROCEDURE tenant_table(t regclass) LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', t);
  EXECUTE format('CREATE POLICY tenant ON %s USING (org_id = app_org()) WITH CHECK (org_id = app_org())', t);
END $$;

-- append_only refuses changes to rows that are history.
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

-- Idempotency: the key is written in the same transaction as its effect.
CREATE TABLE idempotency_keys (
  org_id       uuid NOT NULL DEFAULT app_org(),
  key          text COLLATE "C" NOT NULL CHECK (length(key) BETWEEN 1 AND 200),
  route        text NOT NULL,
  request_hash bytea NOT NULL,
  created_at   timestamptz NOT NULL DEFAULT now(),
  status       int,               -- NULL until the answer is known
  response     bytea,
  PRIMARY KEY (org_id, key)
);
CALL tenant_table('idempotency_keys');
CREATE INDEX ON idempotency_keys (org_id, created_at);

-- Mail: everything that was sent, or is kept and shown in the app when no SMTP is set.
CREATE TABLE mails (
  org_id      uuid NOT NULL DEFAULT app_org(),
  id          uuid NOT NULL,
  to_addr     text NOT NULL,
  reply_to    text NOT NULL DEFAULT '',
  subject     text NOT NULL,
  body        text NOT NULL,
  attachments jsonb NOT NULL DEFAULT '[]',  -- [{name, content_type, blob_key, size}]
  subject_kind text NOT NULL DEFAULT '',    -- what it is about: invoice, invitation …
  subject_id  uuid,
  state       text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued','sent','kept','failed')),
  error       text NOT NULL DEFAULT '',
  attempts    int NOT NULL DEFAULT 0,
  created_at  timestamptz NOT NULL,
  sent_at     timestamptz,
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('mails');
CREATE INDEX ON mails (org_id, subject_kind, subject_id);
