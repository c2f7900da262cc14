CREATE TABLE customers (
  org_id        uuid NOT NULL DEFAULT app_org(),
  id            uuid NOT NULL,
  name          text NOT NULL CHECK (name <> ''),
  name_key      text COLLATE "C" NOT NULL,  -- customers.NameKey(name): finds "ACME Logistics, LLC" by "Acme Logistics"
  kind          text NOT NULL DEFAULT 'broker' CHECK (kind IN ('broker','shipper')),
  usdot         text COLLATE "C" NOT NULL DEFAULT '',   -- the key; MC numbers are optional
  mc            text COLLATE "C" NOT NULL DEFAULT '',
  phone         text NOT NULL DEFAULT '',
  email         text NOT NULL DEFAULT '',
  billing_email text NOT NULL DEFAULT '',
  address       text NOT NULL DEFAULT '',
  city          text NOT NULL DEFAULT '',
  state         text NOT NULL DEFAULT '',
  zip           text NOT NULL DEFAULT '',
  terms_days    int NOT NULL DEFAULT 30 CHECK (terms_days BETWEEN 0 AND 180),
  quick_pay_bps int NOT NULL DEFAULT 0 CHECK (quick_pay_bps BETWEEN 0 AND 2500),
  quick_pay_days int NOT NULL DEFAULT 0,
  credit_limit_cents bigint NOT NULL DEFAULT 0 CHECK (credit_limit_cents >= 0),  -- 0: none set
  factored      boolean NOT NULL DEFAULT false,
  blocked_at    timestamptz,
  blocked_reason text NOT NULL DEFAULT '',
  notes         text NOT NULL DEFAULT '',
  archived_at   timestamptz,
  version       int NOT NULL DEFAULT 1,
  created_at    timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL,
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('customers');
CREATE UNIQUE INDEX customers_usdot ON customers (org_id, usdot) WHERE usdot <> '' AND archived_at IS NULL;
CREATE INDEX ON customers (org_id, name_key);
CREATE INDEX ON customers (org_id, mc) WHERE mc <> '';

CREATE TABLE contacts (
  org_id      uuid NOT NULL DEFAULT app_org(),
  id          uuid NOT NULL,
  customer_id uuid NOT NULL,
  name        text NOT NULL CHECK (name <> ''),
  title       text NOT NULL DEFAULT '',
  phone       text NOT NULL DEFAULT '',
  email       text NOT NULL DEFAULT '',
  created_at  timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, customer_id) REFERENCES customers (org_id, id)
);
CALL tenant_table('contacts');
CREATE INDEX ON contacts (org_id, customer_id);

CREATE TABLE facilities (
  org_id      uuid NOT NULL DEFAULT app_org(),
  id          uuid NOT NULL,
  name        text NOT NULL CHECK (name <> ''),
  name_key    text COLLATE "C" NOT NULL,
  address     text NOT NULL DEFAULT '',
  city        text NOT NULL,
  state       text NOT NULL,
  zip         text COLLATE "C" NOT NULL DEFAULT '',
  lat         double precision,
  lon         double precision,
  position_precision text NOT NULL DEFAULT '' CHECK (position_precision IN ('','exact','zip','city','state')),
  time_zone   text NOT NULL,              -- IANA
  hours       jsonb NOT NULL DEFAULT '{}', -- {"mon":["07:00","15:00"], …} local; a missing day is closed; {} unknown
  appointment_required boolean NOT NULL DEFAULT false,
  phone       text NOT NULL DEFAULT '',
  notes       text NOT NULL DEFAULT '',
  archived_at timestamptz,
  version     int NOT NULL DEFAULT 1,
  created_at  timestamptz NOT NULL,
  updated_at  timestamptz NOT NULL,
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('facilities');
CREATE INDEX ON facilities (org_id, zip, name_key);
CREATE INDEX ON facilities (org_id, name_key);
