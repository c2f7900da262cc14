-- A paper belongs to a load of its own company: row security hides others' rows
-- from queries, and this keeps a stranger's load id from being written down. Not
-- validated: looking through the rows there are needs a tenant.
ALTER TABLE documents ADD FOREIGN KEY (org_id, load_id) REFERENCES loads (org_id, id) NOT VALID;
