-- What a company lets language models have, what it spends on them, and what
-- became of each call. None of it holds a word of what was asked or answered.

CREATE TABLE ai_rules (
  org_id        uuid PRIMARY KEY DEFAULT app_org(),
  permits       jsonb NOT NULL DEFAULT '{}',   -- job → never, redacted, allowed; a job that is missing is never
  budget_micros bigint NOT NULL DEFAULT 0 CHECK (budget_micros >= 0), -- millionths of a dollar a month
  version       int NOT NULL DEFAULT 1,
  updated_by    text NOT NULL DEFAULT '',
  updated_at    timestamptz NOT NULL
);
CALL tenant_table('ai_rules');

CREATE TABLE ai_months (
  org_id       uuid NOT NULL DEFAULT app_org(),
  month        date NOT NULL,                  -- its first day, UTC
  spent_micros bigint NOT NULL DEFAULT 0,
  held_micros  bigint NOT NULL DEFAULT 0,      -- the most that calls under way can cost
  PRIMARY KEY (org_id, month)
);
CALL tenant_table('ai_months');

CREATE TABLE ai_holds (
  org_id      uuid NOT NULL DEFAULT app_org(),
  id          uuid NOT NULL,
  month       date NOT NULL,
  most_micros bigint NOT NULL,
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('ai_holds');

CREATE TABLE ai_calls (
  org_id      uuid NOT NULL DEFAULT app_org(),
  id          uuid NOT NULL,
  at          timestamptz NOT NULL,
  job         text NOT NULL,
  prompt      text NOT NULL,                   -- which prompt and version
  actor       text NOT NULL,
  answered_by text NOT NULL,                   -- built-in, local, overflow, cache; '' for nobody
  engine      text NOT NULL,
  model       text NOT NULL,
  outcome     text NOT NULL,                   -- answered, or why not
  why         text NOT NULL,                   -- why it was not the engine preferred
  decision_us bigint NOT NULL,                 -- microseconds from the call; 0: none
  queue_us    bigint NOT NULL,
  first_us    bigint NOT NULL,
  total_us    bigint NOT NULL,
  tokens_in   int NOT NULL,
  tokens_out  int NOT NULL,
  cost_micros bigint NOT NULL,
  trail       jsonb NOT NULL,                  -- every engine thought of: llm.Attempt
  PRIMARY KEY (org_id, id)                     -- ids sort by time
);
CALL tenant_table('ai_calls');
