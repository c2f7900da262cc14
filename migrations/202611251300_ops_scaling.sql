-- What the scaling did, and what kept it from acting. It is about the server, not
-- about a company: no row names one.
CREATE TABLE scale_decisions (
  role       text NOT NULL,             -- web, worker, ai
  at         timestamptz NOT NULL,
  action     text NOT NULL CHECK (action IN ('add','remove','hold')),
  from_count int NOT NULL,
  to_count   int NOT NULL,
  kind       text NOT NULL,             -- scale.Kind: what sort of reason
  trigger    text NOT NULL DEFAULT '',  -- the rule that held
  reason     text NOT NULL,             -- in words, with the figures
  seen       jsonb NOT NULL,            -- metric → value
  dry_run    boolean NOT NULL,
  outcome    text NOT NULL DEFAULT '',  -- why the engine could not; '' where it did
  decided_by text NOT NULL,             -- host and process that led
  PRIMARY KEY (role, at)
);
