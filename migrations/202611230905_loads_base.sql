-- Load numbers: instances reserve blocks of numbers, so that bookings do not
-- queue behind one row; gaps are fine here (they are not in invoices).
CREATE TABLE load_counters (
  org_id uuid PRIMARY KEY DEFAULT app_org(),
  next   bigint NOT NULL DEFAULT 10001
);
CALL tenant_table('load_counters');

CREATE TABLE loads (
  org_id        uuid NOT NULL DEFAULT app_org(),
  id            uuid NOT NULL,
  number        text COLLATE "C" NOT NULL,   -- L-10234
  customer_id   uuid,                        -- NULL only while a draft
  customer_ref  text COLLATE "C" NOT NULL DEFAULT '',  -- the broker's load number
  state         text COLLATE "C" NOT NULL CHECK (state IN ('draft','tendered','booked','dispatched','at_pickup','loaded','in_transit',
                'at_delivery','delivered','pod_received','ready_to_bill','invoiced','paid','closed','cancelled','tonu','on_hold','claim')),
  resume_state  text NOT NULL DEFAULT '',    -- where on_hold and claim go back to
  equipment     text NOT NULL DEFAULT '',
  trailer_length_ft int,
  temperature_min_f int,
  temperature_max_f int,
  commodity     text NOT NULL DEFAULT '',
  weight_lb     int,
  pieces        int,
  miles         int,                         -- loaded miles
  miles_estimated boolean NOT NULL DEFAULT true,
  currency      char(3) NOT NULL DEFAULT 'USD',
  total_cents   bigint NOT NULL DEFAULT 0,   -- always the sum of its charges
  terms         jsonb NOT NULL DEFAULT '{}', -- extract.Terms with bare values
  flags         jsonb NOT NULL DEFAULT '[]', -- [{field, reason, severity}] still open
  document_id   uuid,                        -- its rate confirmation
  truck_id      uuid,
  trailer_id    uuid,
  driver_id     uuid,
  co_driver_id  uuid,
  -- the lane, kept with the stops so that a list needs one table
  origin_city   text NOT NULL DEFAULT '',
  origin_state  text NOT NULL DEFAULT '',
  dest_city     text NOT NULL DEFAULT '',
  dest_state    text NOT NULL DEFAULT '',
  pickup_from   timestamptz,
  pickup_zone   text NOT NULL DEFAULT '',
  deliver_by    timestamptz,
  deliver_zone  text NOT NULL DEFAULT '',
  stop_count    int NOT NULL DEFAULT 0,
  next_stop     int NOT NULL DEFAULT 0,      -- seq of the stop that is next or at hand; 0 none
  booked_at     timestamptz,
  dispatched_at timestamptz,
  delivered_at  timestamptz,
  source        text NOT NULL DEFAULT 'hand' CHECK (source IN ('hand','document','api','import')),
  version       int NOT NULL DEFAULT 1,
  created_at    timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL,
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('loads');
CREATE UNIQUE INDEX loads_number ON loads (org_id, number);
CREATE INDEX loads_state ON loads (org_id, state, id);
CREATE INDEX loads_customer ON loads (org_id, customer_id, id);
CREATE INDEX loads_ref ON loads (org_id, customer_ref) WHERE customer_ref <> '';
CREATE INDEX loads_truck ON loads (org_id, truck_id, pickup_from) WHERE truck_id IS NOT NULL;
CREATE INDEX loads_driver ON loads (org_id, driver_id, pickup_from) WHERE driver_id IS NOT NULL;
-- what is alive on the board: a small index however long the history grows
CREATE INDEX loads_active ON loads (org_id, pickup_from) WHERE state IN
  ('tendered','booked','dispatched','at_pickup','loaded','in_transit','at_delivery','delivered','pod_received','ready_to_bill','on_hold','claim');
CREATE INDEX loads_document ON loads (org_id, document_id) WHERE document_id IS NOT NULL;
CREATE INDEX loads_pickup ON loads (org_id, pickup_from, id);

CREATE TABLE stops (
  org_id       uuid NOT NULL DEFAULT app_org(),
  load_id      uuid NOT NULL,
  seq          int NOT NULL CHECK (seq >= 1),
  kind         text NOT NULL CHECK (kind IN ('pickup','delivery')),
  facility_id  uuid,
  name         text NOT NULL DEFAULT '',
  address      text NOT NULL DEFAULT '',
  city         text NOT NULL DEFAULT '',
  state        text NOT NULL DEFAULT '',
  zip          text NOT NULL DEFAULT '',
  lat          double precision,
  lon          double precision,
  time_zone    text NOT NULL DEFAULT '',     -- IANA; the appointment's own
  appointment  text NOT NULL DEFAULT '' CHECK (appointment IN ('','appointment','fcfs')),
  window_start timestamptz,
  window_end   timestamptz,
  date_only    boolean NOT NULL DEFAULT false, -- the paper gave a day, no time
  refs         jsonb NOT NULL DEFAULT '[]',  -- [{kind, value}]
  contact      text NOT NULL DEFAULT '',
  phone        text NOT NULL DEFAULT '',
  notes        text NOT NULL DEFAULT '',
  pieces       int,
  weight_lb    int,
  arrived_at   timestamptz,
  completed_at timestamptz,                  -- loaded or unloaded
  departed_at  timestamptz,
  PRIMARY KEY (org_id, load_id, seq),
  FOREIGN KEY (org_id, load_id) REFERENCES loads (org_id, id) ON DELETE CASCADE
);
CALL tenant_table('stops');

CREATE TABLE charges (
  org_id       uuid NOT NULL DEFAULT app_org(),
  load_id      uuid NOT NULL,
  seq          int NOT NULL CHECK (seq >= 1),
  kind         text NOT NULL,                -- linehaul fuel stop_off detention …
  description  text NOT NULL DEFAULT '',
  amount_cents bigint NOT NULL,
  PRIMARY KEY (org_id, load_id, seq),
  FOREIGN KEY (org_id, load_id) REFERENCES loads (org_id, id) ON DELETE CASCADE
);
CALL tenant_table('charges');

-- A load's whole history, by whom; never edited.
CREATE TABLE load_events (
  org_id     uuid NOT NULL DEFAULT app_org(),
  id         uuid NOT NULL,
  load_id    uuid NOT NULL,
  at         timestamptz NOT NULL,           -- when it happened
  recorded_at timestamptz NOT NULL,          -- when it was written down
  verb       text NOT NULL,                  -- book, dispatch, arrive … note, edit, document
  from_state text NOT NULL DEFAULT '',
  to_state   text NOT NULL DEFAULT '',
  stop_seq   int,
  actor_id   uuid,
  actor_name text NOT NULL,
  text       text NOT NULL DEFAULT '',       -- in words
  detail     jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('load_events');
CREATE INDEX ON load_events (org_id, load_id, id);
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON load_events FOR EACH ROW EXECUTE FUNCTION append_only();

-- Search: LIKE is not leakproof, so under row-level security it cannot use an
-- index; equality and < on text can. One row a word of a load, newest first.
CREATE TABLE load_words (
  org_id  uuid NOT NULL DEFAULT app_org(),
  word    text COLLATE "C" NOT NULL,
  load_id uuid NOT NULL,
  PRIMARY KEY (org_id, word, load_id),
  FOREIGN KEY (org_id, load_id) REFERENCES loads (org_id, id) ON DELETE CASCADE
);
CALL tenant_table('load_words');
CREATE INDEX ON load_words (org_id, load_id);

-- What a proof of delivery was compared with, and who accepted it.
CREATE TABLE pod_checks (
  org_id      uuid NOT NULL DEFAULT app_org(),
  load_id     uuid NOT NULL,
  document_id uuid NOT NULL,
  result      jsonb NOT NULL,                -- [{what, expected, found, ok, words}]
  clean       boolean NOT NULL,
  accepted_by text NOT NULL DEFAULT '',
  accepted_at timestamptz,
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (org_id, load_id, document_id),
  FOREIGN KEY (org_id, load_id) REFERENCES loads (org_id, id) ON DELETE CASCADE
);
CALL tenant_table('pod_checks');
