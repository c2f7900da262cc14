-- A stop knows the facility it is at, of its own company; a facility finds its
-- visits, newest first. Not validated: looking through the rows there are needs a
-- tenant, and none of them names a facility yet.
ALTER TABLE stops ADD FOREIGN KEY (org_id, facility_id) REFERENCES facilities (org_id, id) NOT VALID;
CREATE INDEX stops_facility ON stops (org_id, facility_id, load_id) WHERE facility_id IS NOT NULL;
