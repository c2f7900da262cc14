-- Invoice numbers have no gaps: the number is taken under this row's lock in
-- the transaction that issues the invoice.
CREATE TABLE invoice_counters (
  org_id uuid NOT NULL DEFAULT app_org(),
  series text NOT NULL CHECK (series IN ('invoice','credit_note')),
  next   bigint NOT NULL DEFAULT 1,
  PRIMARY KEY (org_id, series)
);
CALL tenant_table('invoice_counters');

CREATE TABLE invoices (
  org_id       uuid NOT NULL DEFAULT app_org(),
  id           uuid NOT NULL,
  kind         text NOT NULL DEFAULT 'invoice' CHECK (kind IN ('invoice','credit_note')),
  series_no    bigint NOT NULL,
  number       text COLLATE "C" NOT NULL,
  load_id      uuid NOT NULL,
  load_number  text NOT NULL,
  customer_ref text NOT NULL DEFAULT '',
  customer_id  uuid NOT NULL,
  reverses_id  uuid,                         -- credit note → the invoice it reverses
  issued_on    date NOT NULL,
  due_on       date NOT NULL,
  currency     char(3) NOT NULL DEFAULT 'USD',
  total_cents  bigint NOT NULL,              -- credit notes are negative
  settled_cents bigint NOT NULL DEFAULT 0,   -- paid + short-paid + credited; open = total − settled
  bill_to      jsonb NOT NULL,               -- frozen when issued
  remit_to     text NOT NULL,
  from_company jsonb NOT NULL,
  service      jsonb NOT NULL,               -- frozen: stops, dates, equipment, weight, references (49 CFR 373.103)
  terms_text   text NOT NULL,
  pdf_key      text NOT NULL DEFAULT '',
  packet_key   text NOT NULL DEFAULT '',
  packet_docs  jsonb NOT NULL DEFAULT '[]',
  sent_at      timestamptz,
  sent_to      text NOT NULL DEFAULT '',
  issued_by    text NOT NULL,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('invoices');
CREATE UNIQUE INDEX invoices_number ON invoices (org_id, kind, series_no);
CREATE INDEX invoices_load ON invoices (org_id, load_id);
CREATE INDEX invoices_open ON invoices (org_id, due_on) WHERE kind = 'invoice' AND settled_cents < total_cents;
CREATE INDEX invoices_customer ON invoices (org_id, customer_id, id);

CREATE TABLE invoice_lines (
  org_id       uuid NOT NULL DEFAULT app_org(),
  invoice_id   uuid NOT NULL,
  seq          int NOT NULL,
  kind         text NOT NULL,
  description  text NOT NULL,
  amount_cents bigint NOT NULL,
  PRIMARY KEY (org_id, invoice_id, seq),
  FOREIGN KEY (org_id, invoice_id) REFERENCES invoices (org_id, id)
);
CALL tenant_table('invoice_lines');
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON invoice_lines FOR EACH ROW EXECUTE FUNCTION append_only();

-- An issued invoice never changes what it says; only delivery and settlement move.
CREATE FUNCTION invoice_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'invoices are never deleted; issue a credit note' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.number, NEW.total_cents, NEW.load_id, NEW.customer_id, NEW.issued_on, NEW.due_on, NEW.bill_to, NEW.remit_to, NEW.service, NEW.currency, NEW.kind, NEW.reverses_id)
     IS DISTINCT FROM
     (OLD.number, OLD.total_cents, OLD.load_id, OLD.customer_id, OLD.issued_on, OLD.due_on, OLD.bill_to, OLD.remit_to, OLD.service, OLD.currency, OLD.kind, OLD.reverses_id) THEN
    RAISE EXCEPTION 'an issued invoice is never edited; issue a credit note' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON invoices FOR EACH ROW EXECUTE FUNCTION invoice_frozen();

-- Money received. A mistake is reversed by a payment of the opposite sign.
CREATE TABLE payments (
  org_id       uuid NOT NULL DEFAULT app_org(),
  id           uuid NOT NULL,
  customer_id  uuid NOT NULL,
  received_on  date NOT NULL,
  amount_cents bigint NOT NULL CHECK (amount_cents <> 0),
  currency     char(3) NOT NULL DEFAULT 'USD',
  method       text NOT NULL CHECK (method IN ('ach','check','wire','card','factor','quick_pay','other')),
  reference    text NOT NULL DEFAULT '',
  note         text NOT NULL DEFAULT '',
  reverses_id  uuid,
  form_token   text COLLATE "C",             -- a double click on Pay finds the first click's row
  recorded_by  text NOT NULL,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (org_id, id)
);
CALL tenant_table('payments');
CREATE UNIQUE INDEX payments_form ON payments (org_id, form_token) WHERE form_token IS NOT NULL;
CREATE UNIQUE INDEX payments_reversed_once ON payments (org_id, reverses_id) WHERE reverses_id IS NOT NULL;
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON payments FOR EACH ROW EXECUTE FUNCTION append_only();

-- How money, short-pays and credits settle invoices.
CREATE TABLE applications (
  org_id       uuid NOT NULL DEFAULT app_org(),
  id           uuid NOT NULL,
  invoice_id   uuid NOT NULL,
  payment_id   uuid,                         -- for cash
  credit_note_id uuid,                       -- for credits
  kind         text NOT NULL CHECK (kind IN ('cash','short_pay','credit')),
  amount_cents bigint NOT NULL,
  reason       text NOT NULL DEFAULT '',     -- required for short_pay
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (org_id, id),
  FOREIGN KEY (org_id, invoice_id) REFERENCES invoices (org_id, id),
  FOREIGN KEY (org_id, payment_id) REFERENCES payments (org_id, id),
  CHECK (kind <> 'short_pay' OR reason <> '')
);
CALL tenant_table('applications');
CREATE INDEX ON applications (org_id, invoice_id);
CREATE INDEX ON applications (org_id, payment_id);
CREATE TRIGGER history BEFORE UPDATE OR DELETE ON applications FOR EACH ROW EXECUTE FUNCTION append_only();
