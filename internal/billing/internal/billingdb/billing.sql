-- name: TakeNumber :one
INSERT INTO invoice_counters (series, next) VALUES (@series, 2)
ON CONFLICT (org_id, series) DO UPDATE SET next = invoice_counters.next + 1 RETURNING (next - 1)::bigint AS n;

-- name: InsertInvoice :exec
INSERT INTO invoices (id, kind, series_no, number, load_id, load_number, customer_ref, customer_id, reverses_id, issued_on, due_on, currency, total_cents,
  settled_cents, bill_to, remit_to, from_company, service, terms_text, sent_at, issued_by, created_at)
VALUES (@id, @kind, @series_no, @number, @load_id, @load_number, @customer_ref, @customer_id, @reverses_id, @issued_on, @due_on, @currency, @total_cents,
  @settled_cents, @bill_to, @remit_to, @from_company, @service, @terms_text, @sent_at, @issued_by, @created_at);

-- name: InsertLine :exec
INSERT INTO invoice_lines (invoice_id, seq, kind, description, amount_cents) VALUES (@invoice_id, @seq, @kind, @description, @amount_cents);

-- name: Invoice :one
SELECT * FROM invoices WHERE id = @id;

-- name: LockInvoice :one
SELECT * FROM invoices WHERE id = @id FOR UPDATE;

-- name: Lines :many
SELECT * FROM invoice_lines WHERE invoice_id = @invoice_id ORDER BY seq;

-- name: OfLoad :many
SELECT * FROM invoices WHERE load_id = @load_id ORDER BY created_at;

-- name: Open :many
SELECT * FROM invoices WHERE kind = 'invoice' AND settled_cents < total_cents ORDER BY due_on, id;

-- name: List :many
SELECT * FROM invoices WHERE id < @before ORDER BY id DESC LIMIT @n;

-- name: OfCustomer :many
SELECT * FROM invoices WHERE customer_id = @customer_id AND id < @before ORDER BY id DESC LIMIT @n;

-- name: MarkSent :exec
UPDATE invoices SET sent_at = @sent_at::timestamptz, sent_to = @sent_to, pdf_key = @pdf_key, packet_key = @packet_key, packet_docs = @packet_docs WHERE id = @id;

-- name: SetPDF :exec
UPDATE invoices SET pdf_key = @pdf_key WHERE id = @id;

-- name: Settle :exec
UPDATE invoices SET settled_cents = settled_cents + @amount_cents WHERE id = @id;

-- name: InsertPayment :exec
INSERT INTO payments (id, customer_id, received_on, amount_cents, currency, method, reference, note, reverses_id, form_token, recorded_by, created_at)
VALUES (@id, @customer_id, @received_on, @amount_cents, @currency, @method, @reference, @note, @reverses_id, @form_token, @recorded_by, @created_at);

-- name: PaymentByForm :one
SELECT * FROM payments WHERE form_token = @form_token::text;

-- name: Payment :one
SELECT * FROM payments WHERE id = @id;

-- name: Payments :many
SELECT * FROM payments WHERE id < @before AND received_on BETWEEN @since AND @until ORDER BY id DESC LIMIT @n;

-- name: PaymentsOfCustomer :many
SELECT * FROM payments WHERE customer_id = @customer_id AND id < @before AND received_on BETWEEN @since AND @until ORDER BY id DESC LIMIT @n;

-- name: ReversalOf :one
SELECT id FROM payments WHERE reverses_id = @reverses_id::uuid;

-- name: InsertApplication :exec
INSERT INTO applications (id, invoice_id, payment_id, credit_note_id, kind, amount_cents, reason, created_at)
VALUES (@id, @invoice_id, @payment_id, @credit_note_id, @kind, @amount_cents, @reason, @created_at);

-- name: ApplicationsOfPayment :many
SELECT * FROM applications WHERE payment_id = @payment_id::uuid ORDER BY id;

-- name: ApplicationsOfInvoice :many
SELECT * FROM applications WHERE invoice_id = @invoice_id ORDER BY id;

-- name: Totals :one
SELECT coalesce(sum(total_cents), 0)::bigint AS billed, coalesce(sum(settled_cents), 0)::bigint AS settled FROM invoices WHERE kind = 'invoice';

-- name: CashTotal :one
SELECT coalesce(sum(amount_cents), 0)::bigint AS cash FROM payments WHERE received_on >= @since;

-- name: Standing :one
-- A reversed payment does not count as the day the money came; the one that replaced it does.
WITH paid AS (
  SELECT i.id, max(p.received_on) - i.issued_on AS days
  FROM invoices i
  JOIN applications a ON a.org_id = i.org_id AND a.invoice_id = i.id AND a.kind = 'cash'
  JOIN payments p ON p.org_id = a.org_id AND p.id = a.payment_id AND p.reverses_id IS NULL
  WHERE i.customer_id = @customer_id AND i.kind = 'invoice' AND i.settled_cents >= i.total_cents
  GROUP BY i.id, i.issued_on
), open AS (
  SELECT total_cents - settled_cents AS cents FROM invoices
  WHERE customer_id = @customer_id AND kind = 'invoice' AND settled_cents < total_cents
)
SELECT (SELECT count(*) FROM paid)::int AS paid,
       (SELECT coalesce(round(avg(days)), 0) FROM paid)::int AS average_days,
       (SELECT coalesce(max(days), 0) FROM paid)::int AS worst_days,
       (SELECT count(*) FROM open)::int AS open,
       (SELECT coalesce(sum(cents), 0) FROM open)::bigint AS open_cents;

-- ImportedInvoices are of the system before this one; they have no number in our series.
-- name: ImportedInvoices :many
SELECT number, load_number FROM invoices WHERE series_no IS NULL AND number = ANY(@numbers::text[]);
