-- What somebody asked and was answered; each person sees their own.
CREATE TABLE copilot_turns (
  org_id   uuid NOT NULL DEFAULT app_org(),
  id       uuid NOT NULL,
  user_id  uuid NOT NULL,
  asked_at timestamptz NOT NULL,
  question text NOT NULL CHECK (length(question) BETWEEN 1 AND 2000),
  answer   jsonb NOT NULL,                 -- copilot.Answer
  engine   text NOT NULL,                  -- built-in, or the model that answered
  ms       int NOT NULL,
  verdict  smallint NOT NULL DEFAULT 0 CHECK (verdict BETWEEN -1 AND 1),  -- what the person thought of it
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('copilot_turns');
CREATE INDEX ON copilot_turns (org_id, user_id, id DESC);

-- What the copilot would do. It is done when the person for whom it was proposed
-- confirms it, with that person's own permissions, once.
CREATE TABLE copilot_proposals (
  org_id     uuid NOT NULL DEFAULT app_org(),
  id         uuid NOT NULL,
  user_id    uuid NOT NULL,
  action     text NOT NULL,                -- copilot.actions names it
  args       jsonb NOT NULL,
  summary    text NOT NULL,
  diff       jsonb NOT NULL,               -- [{what, before, after}] as shown
  state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open','done','dropped')),
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  settled_at timestamptz,
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('copilot_proposals');
CREATE INDEX ON copilot_proposals (org_id, user_id, id DESC);
