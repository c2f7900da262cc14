package archtest

// one is the id of every row below: with org_id before it, it is unique.
const one = "'00000000-0000-7000-8000-000000000001'"

// row fills one tenant table with the least it accepts; org_id comes from the
// transaction. ORG in a value becomes the organisation's id, where a value is
// unique across all tenants.
type row struct{ table, columns, values string }

// rows has one for every tenant table, in the order that foreign keys ask for.
// Founding a company fills companies, users and audit_log.
var rows = []row{
	{"idempotency_keys", "key, route, request_hash", "'k', 'POST /v1/loads', ''"},
	{"mails", "id, to_addr, subject, body, created_at", one + ", 'a@b.example', 's', 'b', now()"},
	{"sessions", "id, user_id, token_hash, created_at, seen_at, expires_at", one + ", (select id from users limit 1), 'session ORG', now(), now(), now() + interval '1 day'"},
	{"invitations", "id, email, role, token_hash, invited_by, created_at, expires_at", one + ", 'new@b.example', 'viewer', 'invitation ORG', 'me', now(), now() + interval '1 day'"},
	{"password_resets", "id, user_id, token_hash, made_by, created_at, expires_at", one + ", (select id from users limit 1), 'reset ORG', 'me', now(), now() + interval '1 day'"},
	{"api_keys", "id, user_id, name, token_hash, created_at", one + ", (select id from users limit 1), 'k', 'key ORG', now()"},
	{"ai_rules", "updated_at", "now()"},
	{"ai_months", "month", "'2026-11-01'"},
	{"ai_holds", "id, month, most_micros, created_at", one + ", '2026-11-01', 1, now()"},
	{"ai_calls", "id, at, job, prompt, actor, answered_by, engine, model, outcome, why, decision_us, queue_us, first_us, total_us, tokens_in, tokens_out, cost_micros, trail",
		one + ", now(), 'email', 'p/1', 'me', 'local', 'ollama', 'm', 'answered', '', 1, 0, 1, 1, 1, 1, 0, '[]'"},
	{"documents", "id, source, filename, content_type, size_bytes, sha256, blob_key, received_at, retain_until", one + ", 'upload', 'a.pdf', 'application/pdf', 1, 'x', 'k', now(), '2030-01-01'"},
	{"document_pages", "document_id, page_no, width_pt, height_pt", one + ", 1, 612, 792"},
	{"readings", "id, document_id, reader, reading, fields, flags, ms, created_at", one + ", " + one + ", 'layout/1', '{}', 0, 0, 1, now()"},
	{"layouts", "updated_at", "now()"},
	{"confirmations", "document_id, label, corrected, confirmed_at", one + ", '{}', 1, now()"},
	{"mailboxes", "host, port, security, username, password, folder, since, due_at, updated_by, updated_at", "'imap.example', 993, 'tls', 'u', '', 'INBOX', '2026-11-01', now(), 'me', now()"},
	{"mail_messages", "id, digest, thread_id, at, source, size_bytes, blob_key, state, received_at", one + ", 'x', " + one + ", now(), 'upload', 1, 'k', 'ignored', now()"},
	{"mail_refs", "ref, mail_id", "'a@b.example', " + one},
	{"mail_files", "mail_id, seq, filename, size_bytes", one + ", 1, 'a.pdf', 1"},
	{"drivers", "id, name, created_at, updated_at", one + ", 'Pat', now(), now()"},
	{"trucks", "id, unit_number, created_at, updated_at", one + ", '101', now(), now()"},
	{"trailers", "id, unit_number, equipment, created_at, updated_at", one + ", '501', 'van', now(), now()"},
	{"customers", "id, name, name_key, created_at, updated_at", one + ", 'Acme', 'acme', now(), now()"},
	{"contacts", "id, customer_id, name, created_at", one + ", " + one + ", 'Kim', now()"},
	{"facilities", "id, name, name_key, city, state, time_zone, created_at, updated_at", one + ", 'Dock', 'dock', 'Joliet', 'IL', 'America/Chicago', now(), now()"},
	{"load_counters", "next", "10001"},
	{"loads", "id, number, state, created_at, updated_at", one + ", 'L-1', 'booked', now(), now()"},
	{"stops", "load_id, seq, kind", one + ", 1, 'pickup'"},
	{"charges", "load_id, seq, kind, amount_cents", one + ", 1, 'linehaul', 100"},
	{"load_events", "id, load_id, at, recorded_at, verb, actor_name", one + ", " + one + ", now(), now(), 'book', 'me'"},
	{"load_words", "word, load_id", "'acme', " + one},
	{"pod_checks", "load_id, document_id, result, clean, created_at", one + ", " + one + ", '[]', true, now()"},
	{"lane_models", "learned_at, hauls, snapshot, report", "now(), 1, '', '{}'"},
	{"market_rates", "id, source, day, from_state, to_state, equipment, mile_cents", one + ", 'USDA', '2026-11-16', 'TX', 'TN', 'van', 231"},
	{"diesel_prices", "day, gallon_mills", "'2026-11-16', 3742"},
	{"lane_costs", "mile_cents, margin_bps, changed_at", "226, 800, now()"},
	{"last_positions", "truck_id, at, lat, lon", one + ", now(), 41.5, -88.1"},
	{"positions", "truck_id, at, lat, lon", one + ", now(), 41.5, -88.1"},
	{"saved_views", "id, user_id, name, screen, query, created_at", one + ", " + one + ", 'mine', 'board', '', now()"},
	{"snoozes", "item, until, reason, snoozed_by, created_at", "'load:1', now(), 'later', 'me', now()"},
	{"assignments", "id, load_id, truck_id, driver_id, assigned_by, assigned_at", one + ", " + one + ", " + one + ", " + one + ", 'me', now()"},
	{"copilot_turns", "id, user_id, asked_at, question, answer, engine, ms", one + ", " + one + ", now(), 'q', '{}', 'built-in', 1"},
	{"copilot_proposals", "id, user_id, action, args, summary, diff, created_at, expires_at", one + ", " + one + ", 'note', '{}', 's', '[]', now(), now()"},
	{"invoice_counters", "series", "'invoice'"},
	{"invoices", "id, series_no, number, load_id, load_number, customer_id, issued_on, due_on, total_cents, bill_to, remit_to, from_company, service, terms_text, issued_by, created_at",
		one + ", 1, 'INV-1', " + one + ", 'L-1', " + one + ", '2026-11-23', '2026-12-23', 100, '{}', '', '{}', '{}', '', 'me', now()"},
	{"invoice_lines", "invoice_id, seq, kind, description, amount_cents", one + ", 1, 'linehaul', 'Linehaul', 100"},
	{"payments", "id, customer_id, received_on, amount_cents, method, recorded_by, created_at", one + ", " + one + ", '2026-11-23', 100, 'ach', 'me', now()"},
	{"applications", "id, invoice_id, payment_id, kind, amount_cents, created_at", one + ", " + one + ", " + one + ", 'cash', 100, now()"},
}
