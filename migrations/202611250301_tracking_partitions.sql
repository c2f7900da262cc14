-- Positions come by the million and leave by the day: a table for each day, so
-- that forgetting one is a drop and not a million deletions.
ALTER TABLE positions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE positions DISABLE ROW LEVEL SECURITY;
CREATE TEMP TABLE positions_before ON COMMIT DROP AS SELECT * FROM positions;
DROP TABLE positions;

CREATE TABLE positions (
  org_id    uuid NOT NULL DEFAULT app_org(),
  truck_id  uuid NOT NULL,
  at        timestamptz NOT NULL,
  lat       double precision NOT NULL,
  lon       double precision NOT NULL,
  heading   real NOT NULL DEFAULT 0,
  speed_mph real NOT NULL DEFAULT 0,
  PRIMARY KEY (org_id, truck_id, at)
) PARTITION BY RANGE (at);

-- make_position_days makes the tables of days (UTC) that are missing. The
-- program's role owns nothing, so this acts as the owner; each day's table gets
-- row security of its own, since a table can be asked past its parent.
CREATE FUNCTION make_position_days(first date, last date) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  d date;
  made int := 0;
  name text;
BEGIN
  IF last - first > 4000 THEN
    RAISE EXCEPTION 'that is too many days' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('position days', 0));
  FOR d IN SELECT x::date FROM generate_series(first, last, interval '1 day') x LOOP
    name := 'positions_' || to_char(d, 'YYYYMMDD');
    IF to_regclass(name) IS NULL THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF positions FOR VALUES FROM (%L) TO (%L)', name, d || ' 00:00+00', (d + 1) || ' 00:00+00');
      EXECUTE format('CALL tenant_table(%L)', name);
      made := made + 1;
    END IF;
  END LOOP;
  RETURN made;
END $$;

-- drop_position_days drops the days before one, at most up to yesterday.
CREATE FUNCTION drop_position_days(before date) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  name text;
  dropped int := 0;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('position days', 0));
  FOR name IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'positions'::regclass
      AND c.relname < 'positions_' || to_char(least(before, (now() AT TIME ZONE 'UTC')::date - 1), 'YYYYMMDD') LOOP
    EXECUTE format('DROP TABLE %I', name);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$;

SELECT make_position_days(min((at AT TIME ZONE 'UTC')::date), max((at AT TIME ZONE 'UTC')::date)) FROM positions_before HAVING count(*) > 0;
INSERT INTO positions SELECT * FROM positions_before;
CALL tenant_table('positions');
