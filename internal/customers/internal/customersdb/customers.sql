-- name: Customers :many
SELECT * FROM customers ORDER BY name_key, id;

-- name: Customer :one
SELECT * FROM customers WHERE id = @id;

-- name: CustomerForUpdate :one
SELECT * FROM customers WHERE id = @id FOR UPDATE;

-- name: SaveCustomer :execrows
INSERT INTO customers (id, name, name_key, kind, usdot, mc, phone, email, billing_email, address, city, state, zip, terms_days, quick_pay_bps, quick_pay_days, credit_limit_cents, factored, blocked_at, blocked_reason, notes, archived_at, created_at, updated_at, version)
VALUES (@id, @name, @name_key, @kind, @usdot, @mc, @phone, @email, @billing_email, @address, @city, @state, @zip, @terms_days, @quick_pay_bps, @quick_pay_days, @credit_limit_cents, @factored, @blocked_at, @blocked_reason, @notes, @archived_at, @created_at, @updated_at, @version)
ON CONFLICT ON CONSTRAINT customers_pkey DO UPDATE SET name = excluded.name, name_key = excluded.name_key, kind = excluded.kind, usdot = excluded.usdot, mc = excluded.mc, phone = excluded.phone, email = excluded.email, billing_email = excluded.billing_email, address = excluded.address, city = excluded.city, state = excluded.state, zip = excluded.zip, terms_days = excluded.terms_days, quick_pay_bps = excluded.quick_pay_bps, quick_pay_days = excluded.quick_pay_days, credit_limit_cents = excluded.credit_limit_cents, factored = excluded.factored, blocked_at = excluded.blocked_at, blocked_reason = excluded.blocked_reason, notes = excluded.notes, archived_at = excluded.archived_at, updated_at = excluded.updated_at, version = customers.version + 1
WHERE customers.version = excluded.version;

-- name: Facilities :many
SELECT * FROM facilities ORDER BY name_key, id;

-- name: Facility :one
SELECT * FROM facilities WHERE id = @id;

-- name: FacilityForUpdate :one
SELECT * FROM facilities WHERE id = @id FOR UPDATE;

-- name: SaveFacility :execrows
INSERT INTO facilities (id, name, name_key, address, city, state, zip, lat, lon, position_precision, time_zone, hours, appointment_required, phone, notes, archived_at, created_at, updated_at, version)
VALUES (@id, @name, @name_key, @address, @city, @state, @zip, @lat, @lon, @position_precision, @time_zone, @hours, @appointment_required, @phone, @notes, @archived_at, @created_at, @updated_at, @version)
ON CONFLICT ON CONSTRAINT facilities_pkey DO UPDATE SET name = excluded.name, name_key = excluded.name_key, address = excluded.address, city = excluded.city, state = excluded.state, zip = excluded.zip, lat = excluded.lat, lon = excluded.lon, position_precision = excluded.position_precision, time_zone = excluded.time_zone, hours = excluded.hours, appointment_required = excluded.appointment_required, phone = excluded.phone, notes = excluded.notes, archived_at = excluded.archived_at, updated_at = excluded.updated_at, version = facilities.version + 1
WHERE facilities.version = excluded.version;

-- name: MatchCustomers :many
SELECT * FROM customers WHERE archived_at IS NULL
  AND ((@usdot::text <> '' AND usdot = @usdot::text) OR (@mc::text <> '' AND mc = @mc::text) OR (@name_key::text <> '' AND name_key = @name_key::text))
ORDER BY created_at, id;

-- MatchFacilities compares by = and <, which PostgreSQL may use below the row policy; a longer ZIP begins with the short one.
-- name: MatchFacilities :many
SELECT * FROM facilities WHERE archived_at IS NULL AND ((@name_key::text <> '' AND name_key = @name_key::text) OR (@zip::text <> '' AND zip >= @zip::text AND zip < @zip::text || '~'))
ORDER BY created_at, id;

-- name: LockMatching :exec
SELECT pg_advisory_xact_lock(hashtextextended(@scope::text || ' ' || app_org()::text, 0));

-- name: Contacts :many
SELECT * FROM contacts WHERE customer_id = @customer_id ORDER BY name, id;

-- name: SaveContact :execrows
INSERT INTO contacts (id, customer_id, name, title, phone, email, created_at)
VALUES (@id, @customer_id, @name, @title, @phone, @email, @created_at)
ON CONFLICT ON CONSTRAINT contacts_pkey DO UPDATE SET name = excluded.name, title = excluded.title, phone = excluded.phone, email = excluded.email
WHERE contacts.customer_id = excluded.customer_id;

-- name: RemoveContact :one
DELETE FROM contacts WHERE id = @id AND customer_id = @customer_id RETURNING name;
