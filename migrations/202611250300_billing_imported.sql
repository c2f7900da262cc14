-- An invoice of the system before this one keeps that system's number: it takes
-- none of ours (series_no NULL), so our own series stays without gaps.
ALTER TABLE invoices ALTER COLUMN series_no DROP NOT NULL;
CREATE UNIQUE INDEX invoices_imported ON invoices (org_id, number) WHERE series_no IS NULL;
