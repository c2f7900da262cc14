-- What was learned of the company's own lanes, newest only: it is made again from
-- the loads every night and may be lost.
CREATE TABLE lane_models (
  org_id     uuid PRIMARY KEY DEFAULT app_org(),
  learned_at timestamptz NOT NULL,
  hauls      int NOT NULL,              -- usable priced loads it was learned from
  snapshot   bytea NOT NULL,            -- gzip of JSON: pricing.snapshot
  report     jsonb NOT NULL             -- lanerate.Report of the same loads
);
CALL tenant_table('lane_models');

-- What others say lanes paid: rows of files that somebody imported.
CREATE TABLE market_rates (
  org_id     uuid NOT NULL DEFAULT app_org(),
  id         uuid NOT NULL,
  source     text NOT NULL CHECK (length(source) BETWEEN 1 AND 60),   -- USDA, DAT export, a broker's list …
  day        date NOT NULL,
  from_city  text COLLATE "C" NOT NULL DEFAULT '',
  from_state text COLLATE "C" NOT NULL,
  to_city    text COLLATE "C" NOT NULL DEFAULT '',
  to_state   text COLLATE "C" NOT NULL,
  equipment  text COLLATE "C" NOT NULL,
  mile_cents int NOT NULL CHECK (mile_cents BETWEEN 25 AND 4000),     -- a loaded mile, line haul and fuel
  PRIMARY KEY (org_id, id),
  UNIQUE (org_id, source, day, from_city, from_state, to_city, to_state, equipment)
);
CALL tenant_table('market_rates');
CREATE INDEX ON market_rates (org_id, from_state, to_state, equipment, day);

-- Diesel by week, as the EIA publishes it or as the carrier paid.
CREATE TABLE diesel_prices (
  org_id       uuid NOT NULL DEFAULT app_org(),
  day          date NOT NULL,
  gallon_mills int NOT NULL CHECK (gallon_mills BETWEEN 500 AND 20000),  -- thousandths of a dollar
  PRIMARY KEY (org_id, day)
);
CALL tenant_table('diesel_prices');

-- What a mile costs this carrier, for the walk-away price.
CREATE TABLE lane_costs (
  org_id       uuid PRIMARY KEY DEFAULT app_org(),
  mile_cents   int NOT NULL CHECK (mile_cents BETWEEN 50 AND 1000),      -- loaded or empty, all in
  margin_bps   int NOT NULL CHECK (margin_bps BETWEEN 0 AND 9000),       -- wished, of revenue
  version      int NOT NULL DEFAULT 1,
  changed_at   timestamptz NOT NULL
);
CALL tenant_table('lane_costs');
