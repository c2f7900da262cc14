-- The orders a list of loads may have (loadsdb.Browse): each has an index, so
-- that 200,000 loads are paged as quickly as 200. By pickup there is one already.
CREATE INDEX loads_deliver ON loads (org_id, deliver_by, id);
CREATE INDEX loads_rate ON loads (org_id, total_cents, id);
