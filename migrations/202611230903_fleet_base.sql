CREATE TABLE drivers (
  org_id       uuid NOT NULL DEFAULT app_org(),
  id           uuid NOT NULL,
  name         text NOT NULL CHECK (name <> ''),
  phone        text NOT NULL DEFAULT '',
  email        text NOT NULL DEFAULT '',
  user_id      uuid,                       -- the account on the driver's phone
  cdl_number   text NOT NULL DEFAULT '',
  cdl_state    text NOT NULL DEFAULT '',
  cdl_class    text NOT NULL DEFAULT '' CHECK (cdl_class IN ('','A','B','C')),
  cdl_expires  date,
  medical_expires date,                    -- from the CDLIS MVR since 23 Jun 2025 (49 CFR 391.51)
  mvr_reviewed date,                       -- annual, 391.25
  clearinghouse_queried date,              -- every 12 months, 382.701
  endorsements text[] NOT NULL DEFAULT '{}', -- H N P S T X
  hazmat_expires date,
  hired_on     date,
  home_city    text NOT NULL DEFAULT '',
  home_state   text NOT NULL DEFAULT '',
  home_zip     text NOT NULL DEFAULT '',
  out_of_service_from date,
  out_of_service_until date,
  out_of_service_reason text NOT NULL DEFAULT '',
  notes        text NOT NULL DEFAULT '',
  archived_at  timestamptz,
  version      int NOT NULL DEFAULT 1,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('drivers');
CREATE UNIQUE INDEX drivers_cdl ON drivers (org_id, cdl_state, cdl_number) WHERE cdl_number <> '' AND archived_at IS NULL;

CREATE TABLE trucks (
  org_id       uuid NOT NULL DEFAULT app_org(),
  id           uuid NOT NULL,
  unit_number  text NOT NULL CHECK (unit_number <> ''),
  vin          text NOT NULL DEFAULT '',
  plate        text NOT NULL DEFAULT '',
  plate_state  text NOT NULL DEFAULT '',
  make         text NOT NULL DEFAULT '',
  model        text NOT NULL DEFAULT '',
  year         int,
  driver_id    uuid,                       -- who usually drives it
  home_city    text NOT NULL DEFAULT '',
  home_state   text NOT NULL DEFAULT '',
  home_zip     text NOT NULL DEFAULT '',
  inspection_due date,                     -- annual, 49 CFR 396.17
  registration_due date,
  insurance_due date,
  out_of_service_from date,
  out_of_service_until date,
  out_of_service_reason text NOT NULL DEFAULT '',
  notes        text NOT NULL DEFAULT '',
  archived_at  timestamptz,
  version      int NOT NULL DEFAULT 1,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, driver_id) REFERENCES drivers (org_id, id)
);
CALL tenant_table('trucks');
CREATE UNIQUE INDEX trucks_unit ON trucks (org_id, unit_number) WHERE archived_at IS NULL;

CREATE TABLE trailers (
  org_id       uuid NOT NULL DEFAULT app_org(),
  id           uuid NOT NULL,
  unit_number  text NOT NULL CHECK (unit_number <> ''),
  equipment    text NOT NULL,              -- van reefer flatbed … (kit/equipment codes)
  length_ft    int NOT NULL DEFAULT 53 CHECK (length_ft BETWEEN 10 AND 60),
  vin          text NOT NULL DEFAULT '',
  plate        text NOT NULL DEFAULT '',
  plate_state  text NOT NULL DEFAULT '',
  year         int,
  inspection_due date,
  registration_due date,
  city         text NOT NULL DEFAULT '',   -- where it stands when not hooked
  state        text NOT NULL DEFAULT '',
  zip          text NOT NULL DEFAULT '',
  out_of_service_from date,
  out_of_service_until date,
  out_of_service_reason text NOT NULL DEFAULT '',
  notes        text NOT NULL DEFAULT '',
  archived_at  timestamptz,
  version      int NOT NULL DEFAULT 1,
  created_at   timestamptz NOT NULL,
  updated_at   timestamptz NOT NULL,
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('trailers');
CREATE UNIQUE INDEX trailers_unit ON trailers (org_id, unit_number) WHERE archived_at IS NULL;
