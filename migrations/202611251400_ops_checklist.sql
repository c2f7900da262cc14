-- What a person confirmed of the go-live checklist, and until when it holds. It is
-- about the server, so no row is a company's; company says whose page it was signed on.
CREATE TABLE checklist_confirmations (
  id      uuid PRIMARY KEY,
  item    text NOT NULL,                 -- checklist's id: performance.tested
  at      timestamptz NOT NULL,
  until   timestamptz NOT NULL CHECK (until > at),
  by_name text NOT NULL CHECK (length(by_name) BETWEEN 1 AND 100),
  note    text NOT NULL CHECK (length(note) BETWEEN 1 AND 2000),
  company uuid,                          -- NULL: signed on the command line. Others see that, not who and why
  facts   jsonb                          -- the figures that were signed; the next report compares with them
);
CREATE INDEX ON checklist_confirmations (item, at DESC);
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON checklist_confirmations FOR EACH ROW EXECUTE FUNCTION append_only();
