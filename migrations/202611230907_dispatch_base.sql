CREATE TABLE saved_views (
  org_id     uuid NOT NULL DEFAULT app_org(),
  id         uuid NOT NULL,
  user_id    uuid NOT NULL,
  name       text NOT NULL CHECK (name <> ''),
  screen     text NOT NULL,                  -- board, timeline, loads
  query      text NOT NULL,                  -- the URL's query string
  shared     boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('saved_views');

CREATE TABLE snoozes (
  org_id     uuid NOT NULL DEFAULT app_org(),
  item       text COLLATE "C" NOT NULL,      -- kind:id of a thing that needs somebody
  until      timestamptz NOT NULL,
  reason     text NOT NULL CHECK (reason <> ''),
  snoozed_by text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, item)
);
CALL tenant_table('snoozes');

-- Every assignment with what was suggested at that moment, so that later
-- versions can learn from what dispatchers chose instead.
CREATE TABLE assignments (
  org_id      uuid NOT NULL DEFAULT app_org(),
  id          uuid NOT NULL,
  load_id     uuid NOT NULL,
  truck_id    uuid NOT NULL,
  trailer_id  uuid,
  driver_id   uuid NOT NULL,
  rank        int,                           -- of the chosen truck among the suggestions; NULL when not among them
  suggested   jsonb NOT NULL DEFAULT '[]',
  assigned_by text NOT NULL,
  assigned_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('assignments');
CREATE INDEX ON assignments (org_id, load_id);
