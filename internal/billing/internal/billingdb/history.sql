-- Invoices and payments of the system before this one, many in one round trip.

-- name: ImportedInvoices :many
SELECT number, load_number FROM invoices WHERE series_no IS NULL AND number = ANY(@numbers::text[]);

-- name: InsertImported :batchexec
INSERT INTO invoices (id, number, load_id, load_number, customer_ref, customer_id, issued_on, due_on, currency, total_cents, settled_cents,
  bill_to, remit_to, from_company, service, terms_text, sent_at, issued_by, created_at)
VALUES (@id, @number, @load_id, @load_number, @customer_ref, @customer_id, @issued_on, @due_on, @currency, @total_cents, @settled_cents,
  @bill_to, @remit_to, @from_company, @service, @terms_text, @sent_at, @issued_by, @created_at);

-- name: InsertImportedLine :batchexec
INSERT INTO invoice_lines (invoice_id, seq, kind, description, amount_cents) VALUES (@invoice_id, @seq, @kind, @description, @amount_cents);

-- name: InsertImportedPayment :batchexec
INSERT INTO payments (id, customer_id, received_on, amount_cents, currency, method, reference, note, recorded_by, created_at)
VALUES (@id, @customer_id, @received_on, @amount_cents, @currency, @method, @reference, @note, @recorded_by, @created_at);

-- name: InsertImportedApplication :batchexec
INSERT INTO applications (id, invoice_id, payment_id, kind, amount_cents, reason, created_at)
VALUES (@id, @invoice_id, @payment_id, @kind, @amount_cents, @reason, @created_at);
