-- name: Trucks :many
SELECT * FROM trucks ORDER BY unit_number, id;

-- name: KnownTrucks :many
SELECT id FROM trucks WHERE id = ANY(@ids::uuid[]);

-- name: Truck :one
SELECT * FROM trucks WHERE id = @id;

-- name: TruckForUpdate :one
SELECT * FROM trucks WHERE id = @id FOR UPDATE;

-- name: SaveTruck :execrows
INSERT INTO trucks (id, unit_number, vin, plate, plate_state, make, model, year, driver_id, home_city, home_state, home_zip, inspection_due, registration_due, insurance_due, out_of_service_from, out_of_service_until, out_of_service_reason, notes, archived_at, created_at, updated_at, version)
VALUES (@id, @unit_number, @vin, @plate, @plate_state, @make, @model, @year, @driver_id, @home_city, @home_state, @home_zip, @inspection_due, @registration_due, @insurance_due, @out_of_service_from, @out_of_service_until, @out_of_service_reason, @notes, @archived_at, @created_at, @updated_at, @version)
ON CONFLICT ON CONSTRAINT trucks_pkey DO UPDATE SET unit_number = excluded.unit_number, vin = excluded.vin, plate = excluded.plate, plate_state = excluded.plate_state, make = excluded.make, model = excluded.model, year = excluded.year, driver_id = excluded.driver_id, home_city = excluded.home_city, home_state = excluded.home_state, home_zip = excluded.home_zip, inspection_due = excluded.inspection_due, registration_due = excluded.registration_due, insurance_due = excluded.insurance_due, out_of_service_from = excluded.out_of_service_from, out_of_service_until = excluded.out_of_service_until, out_of_service_reason = excluded.out_of_service_reason, notes = excluded.notes, archived_at = excluded.archived_at, updated_at = excluded.updated_at, version = trucks.version + 1
WHERE trucks.version = excluded.version;

-- name: Trailers :many
SELECT * FROM trailers ORDER BY unit_number, id;

-- name: Trailer :one
SELECT * FROM trailers WHERE id = @id;

-- name: TrailerForUpdate :one
SELECT * FROM trailers WHERE id = @id FOR UPDATE;

-- name: SaveTrailer :execrows
INSERT INTO trailers (id, unit_number, equipment, length_ft, vin, plate, plate_state, year, inspection_due, registration_due, city, state, zip, out_of_service_from, out_of_service_until, out_of_service_reason, notes, archived_at, created_at, updated_at, version)
VALUES (@id, @unit_number, @equipment, @length_ft, @vin, @plate, @plate_state, @year, @inspection_due, @registration_due, @city, @state, @zip, @out_of_service_from, @out_of_service_until, @out_of_service_reason, @notes, @archived_at, @created_at, @updated_at, @version)
ON CONFLICT ON CONSTRAINT trailers_pkey DO UPDATE SET unit_number = excluded.unit_number, equipment = excluded.equipment, length_ft = excluded.length_ft, vin = excluded.vin, plate = excluded.plate, plate_state = excluded.plate_state, year = excluded.year, inspection_due = excluded.inspection_due, registration_due = excluded.registration_due, city = excluded.city, state = excluded.state, zip = excluded.zip, out_of_service_from = excluded.out_of_service_from, out_of_service_until = excluded.out_of_service_until, out_of_service_reason = excluded.out_of_service_reason, notes = excluded.notes, archived_at = excluded.archived_at, updated_at = excluded.updated_at, version = trailers.version + 1
WHERE trailers.version = excluded.version;

-- name: Drivers :many
SELECT * FROM drivers ORDER BY name, id;

-- name: Driver :one
SELECT * FROM drivers WHERE id = @id;

-- name: DriverForUpdate :one
SELECT * FROM drivers WHERE id = @id FOR UPDATE;

-- name: SaveDriver :execrows
INSERT INTO drivers (id, name, phone, email, user_id, cdl_number, cdl_state, cdl_class, cdl_expires, medical_expires, mvr_reviewed, clearinghouse_queried, endorsements, hazmat_expires, hired_on, home_city, home_state, home_zip, out_of_service_from, out_of_service_until, out_of_service_reason, notes, archived_at, created_at, updated_at, version)
VALUES (@id, @name, @phone, @email, @user_id, @cdl_number, @cdl_state, @cdl_class, @cdl_expires, @medical_expires, @mvr_reviewed, @clearinghouse_queried, @endorsements, @hazmat_expires, @hired_on, @home_city, @home_state, @home_zip, @out_of_service_from, @out_of_service_until, @out_of_service_reason, @notes, @archived_at, @created_at, @updated_at, @version)
ON CONFLICT ON CONSTRAINT drivers_pkey DO UPDATE SET name = excluded.name, phone = excluded.phone, email = excluded.email, user_id = excluded.user_id, cdl_number = excluded.cdl_number, cdl_state = excluded.cdl_state, cdl_class = excluded.cdl_class, cdl_expires = excluded.cdl_expires, medical_expires = excluded.medical_expires, mvr_reviewed = excluded.mvr_reviewed, clearinghouse_queried = excluded.clearinghouse_queried, endorsements = excluded.endorsements, hazmat_expires = excluded.hazmat_expires, hired_on = excluded.hired_on, home_city = excluded.home_city, home_state = excluded.home_state, home_zip = excluded.home_zip, out_of_service_from = excluded.out_of_service_from, out_of_service_until = excluded.out_of_service_until, out_of_service_reason = excluded.out_of_service_reason, notes = excluded.notes, archived_at = excluded.archived_at, updated_at = excluded.updated_at, version = drivers.version + 1
WHERE drivers.version = excluded.version;
