-- The reports that the checklist makes: the month's restores, the quarter's performance,
-- the year's audit. They are about the server, so no row is a company's, and hold no
-- figure of one; the next one is compared with the last.
CREATE TABLE checklist_reports (
  id    uuid PRIMARY KEY,
  kind  text NOT NULL CHECK (kind IN ('restore', 'performance', 'security')),
  at    timestamptz NOT NULL,
  facts jsonb NOT NULL                   -- names to values, as text
);
CREATE INDEX ON checklist_reports (kind, at DESC);
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON checklist_reports FOR EACH ROW EXECUTE FUNCTION append_only();
