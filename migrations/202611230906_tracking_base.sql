-- The last known position of each truck, kept apart from the high-volume history.
CREATE TABLE last_positions (
  org_id    uuid NOT NULL DEFAULT app_org(),
  truck_id  uuid NOT NULL,
  at        timestamptz NOT NULL,
  lat       double precision NOT NULL CHECK (lat BETWEEN -90 AND 90),
  lon       double precision NOT NULL CHECK (lon BETWEEN -180 AND 180),
  heading   real NOT NULL DEFAULT 0,
  speed_mph real NOT NULL DEFAULT 0,
  source    text NOT NULL DEFAULT 'api',
  PRIMARY KEY (org_id, truck_id)
);
CALL tenant_table('last_positions');

CREATE TABLE positions (
  org_id    uuid NOT NULL DEFAULT app_org(),
  truck_id  uuid NOT NULL,
  at        timestamptz NOT NULL,
  lat       double precision NOT NULL,
  lon       double precision NOT NULL,
  heading   real NOT NULL DEFAULT 0,
  speed_mph real NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, truck_id, at)
);
CALL tenant_table('positions');
