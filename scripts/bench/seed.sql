-- A carrier of ten years: :loads loads, a thousand of them alive, over 300 trucks,
-- 500 brokers and 40 cities, busy ones often. Run by the administrator with triggers
-- off: it is a heap of rows to measure with, not a way to put data in.
\set QUIET on
\set ON_ERROR_STOP on
SET session_replication_role = replica;
SET synchronous_commit = off;
SET client_min_messages = warning;
SELECT set_config('app.org_id', id::text, false) AS org FROM orgs LIMIT 1 \gset

-- seed_id is a UUIDv7 of that moment that can be computed again.
CREATE FUNCTION pg_temp.seed_id(kind text, n bigint, at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(h, 1, 3) || '8' || substr(h, 4, 15))::uuid
  FROM md5(kind || n) h $$;

CREATE TEMP TABLE city AS SELECT row_number() OVER () - 1 AS n, c.* FROM (VALUES
  ('Dallas','TX','75201',32.78,-96.80,'America/Chicago'), ('Chicago','IL','60601',41.88,-87.62,'America/Chicago'),
  ('Atlanta','GA','30303',33.75,-84.39,'America/New_York'), ('Los Angeles','CA','90001',33.97,-118.25,'America/Los_Angeles'),
  ('Houston','TX','77002',29.76,-95.36,'America/Chicago'), ('Memphis','TN','38103',35.15,-90.05,'America/Chicago'),
  ('Columbus','OH','43215',39.96,-83.00,'America/New_York'), ('Indianapolis','IN','46204',39.77,-86.16,'America/New_York'),
  ('Joliet','IL','60431',41.53,-88.18,'America/Chicago'), ('Laredo','TX','78040',27.51,-99.51,'America/Chicago'),
  ('Kansas City','MO','64106',39.10,-94.57,'America/Chicago'), ('Phoenix','AZ','85004',33.45,-112.07,'America/Phoenix'),
  ('Denver','CO','80202',39.75,-105.00,'America/Denver'), ('Charlotte','NC','28202',35.23,-80.84,'America/New_York'),
  ('Nashville','TN','37203',36.15,-86.79,'America/Chicago'), ('Savannah','GA','31401',32.08,-81.09,'America/New_York'),
  ('Jacksonville','FL','32202',30.33,-81.66,'America/New_York'), ('Newark','NJ','07102',40.74,-74.17,'America/New_York'),
  ('Harrisburg','PA','17101',40.26,-76.88,'America/New_York'), ('Louisville','KY','40202',38.25,-85.75,'America/New_York'),
  ('Stockton','CA','95202',37.96,-121.29,'America/Los_Angeles'), ('Seattle','WA','98101',47.61,-122.33,'America/Los_Angeles'),
  ('Portland','OR','97204',45.52,-122.68,'America/Los_Angeles'), ('Salt Lake City','UT','84101',40.76,-111.90,'America/Denver'),
  ('Omaha','NE','68102',41.26,-95.93,'America/Chicago'), ('Minneapolis','MN','55401',44.98,-93.27,'America/Chicago'),
  ('Detroit','MI','48226',42.33,-83.05,'America/New_York'), ('Saint Louis','MO','63101',38.63,-90.19,'America/Chicago'),
  ('Little Rock','AR','72201',34.75,-92.28,'America/Chicago'), ('Oklahoma City','OK','73102',35.47,-97.52,'America/Chicago'),
  ('Albuquerque','NM','87102',35.08,-106.65,'America/Denver'), ('El Paso','TX','79901',31.76,-106.48,'America/Denver'),
  ('Birmingham','AL','35203',33.52,-86.81,'America/Chicago'), ('New Orleans','LA','70112',29.96,-90.08,'America/Chicago'),
  ('Richmond','VA','23219',37.54,-77.43,'America/New_York'), ('Buffalo','NY','14202',42.89,-78.88,'America/New_York'),
  ('Green Bay','WI','54301',44.51,-88.01,'America/Chicago'), ('Des Moines','IA','50309',41.59,-93.62,'America/Chicago'),
  ('Boise','ID','83702',43.62,-116.20,'America/Boise'), ('Fargo','ND','58102',46.88,-96.79,'America/Chicago')) c (city, state, zip, lat, lon, zone);

INSERT INTO customers (org_id, id, name, name_key, usdot, created_at, updated_at)
SELECT :'org', pg_temp.seed_id('customer', n, '2020-01-01'), name, lower(name), (2000000 + n)::text, now(), now() FROM (
  SELECT n, (ARRAY['Prairie','Summit','Harbor','Granite','Cedar','Pioneer','Liberty','Redwood','Keystone','Delta'])[1 + n % 10] || ' ' ||
    (ARRAY['Freight','Logistics','Brokerage','Transport','Supply'])[1 + n / 10 % 5] || ' ' || (n / 50 + 1) AS name FROM generate_series(0, 499) n) x;
INSERT INTO drivers (org_id, id, name, created_at, updated_at)
SELECT :'org', pg_temp.seed_id('driver', n, '2020-01-01'), 'Driver ' || n, now(), now() FROM generate_series(0, 319) n;
INSERT INTO trucks (org_id, id, unit_number, driver_id, home_city, home_state, home_zip, created_at, updated_at)
SELECT :'org', pg_temp.seed_id('truck', t, '2020-01-01'), (1000 + t)::text, pg_temp.seed_id('driver', t, '2020-01-01'), c.city, c.state, c.zip, now(), now()
FROM generate_series(0, 299) t JOIN city c ON c.n = t % 40;
INSERT INTO trailers (org_id, id, unit_number, equipment, created_at, updated_at)
SELECT :'org', pg_temp.seed_id('trailer', n, '2020-01-01'), 'V' || (5000 + n), (ARRAY['van','reefer','flatbed'])[1 + n % 3], now(), now() FROM generate_series(0, 399) n;
INSERT INTO last_positions (org_id, truck_id, at, lat, lon)
SELECT :'org', pg_temp.seed_id('truck', t, '2020-01-01'), now(), c.lat, c.lon FROM generate_series(0, 299) t JOIN city c ON c.n = t % 40;

-- The newest thousand are alive, their pickups around today; the rest is history.
CREATE TEMP TABLE plan AS SELECT i, at, pg_temp.seed_id('load', i, at) AS id, 'L-' || (10000 + i) AS number, alive,
  CASE WHEN alive < 0 THEN CASE WHEN i % 50 = 0 THEN 'cancelled' WHEN i % 20 = 0 THEN 'invoiced' ELSE 'closed' END
    ELSE (ARRAY['booked','booked','booked','dispatched','at_pickup','loaded','in_transit','in_transit','in_transit','at_delivery','delivered','pod_received','ready_to_bill'])[1 + alive % 13] END AS state,
  CASE WHEN alive < 0 THEN at + interval '2 days' ELSE date_trunc('hour', now()) + (alive - 500) * interval '10 minutes' END AS pickup,
  (power(r1, 2) * 40)::int % 40 AS o, ((power(r2, 2) * 40)::int + 7) % 40 AS d, (power(r3, 2) * 500)::int % 500 AS customer, (i * 7 % 300)::int AS truck, 80000 + (r1 * 400000)::int AS cents
FROM (SELECT i, now() - (:loads - i) * interval '26 minutes' AS at, i - (:loads - 1000) - 1 AS alive,
    ('x' || substr(md5('a' || i), 1, 8))::bit(32)::bigint / 4294967296.0 AS r1, ('x' || substr(md5('b' || i), 1, 8))::bit(32)::bigint / 4294967296.0 AS r2,
    ('x' || substr(md5('c' || i), 1, 8))::bit(32)::bigint / 4294967296.0 AS r3
  FROM generate_series(1, :loads) i) x;

INSERT INTO loads (org_id, id, number, customer_id, customer_ref, state, equipment, commodity, weight_lb, pieces, miles, total_cents, truck_id, driver_id,
  origin_city, origin_state, dest_city, dest_state, pickup_from, pickup_zone, deliver_by, deliver_zone, stop_count, next_stop, booked_at, created_at, updated_at)
SELECT :'org', p.id, p.number, pg_temp.seed_id('customer', p.customer, '2020-01-01'), 'BR' || (700000 + i), p.state, (ARRAY['van','reefer','flatbed'])[1 + i % 3],
  (ARRAY['Paper','Beverages','Steel coils','Auto parts','Produce'])[1 + i % 5], 20000 + i % 24000, 20, 300 + i % 1500, p.cents,
  CASE WHEN p.state <> 'booked' THEN pg_temp.seed_id('truck', p.truck, '2020-01-01') END, CASE WHEN p.state <> 'booked' THEN pg_temp.seed_id('driver', p.truck, '2020-01-01') END,
  o.city, o.state, d.city, d.state, p.pickup, o.zone, p.pickup + interval '2 days', d.zone, 2, 1, p.at, p.at, p.at
FROM plan p JOIN city o ON o.n = p.o JOIN city d ON d.n = p.d ORDER BY p.i;
INSERT INTO stops (org_id, load_id, seq, kind, name, address, city, state, zip, lat, lon, time_zone, appointment, window_start, window_end)
SELECT :'org', p.id, s, CASE s WHEN 1 THEN 'pickup' ELSE 'delivery' END, c.city || ' Warehouse ' || p.i % 30, p.i % 900 || ' Dock Rd', c.city, c.state, c.zip, c.lat, c.lon, c.zone,
  'appointment', p.pickup + (s - 1) * interval '2 days', p.pickup + (s - 1) * interval '2 days'
FROM plan p CROSS JOIN generate_series(1, 2) s JOIN city c ON c.n = CASE s WHEN 1 THEN p.o ELSE p.d END ORDER BY p.i, s;
INSERT INTO charges (org_id, load_id, seq, kind, amount_cents)
SELECT :'org', id, s, CASE s WHEN 1 THEN 'linehaul' ELSE 'fuel' END, CASE s WHEN 1 THEN cents - 10000 ELSE 10000 END FROM plan CROSS JOIN generate_series(1, 2) s ORDER BY i, s;
INSERT INTO load_events (org_id, id, load_id, at, recorded_at, verb, to_state, actor_name)
SELECT :'org', pg_temp.seed_id('event' || v, p.i, p.at + v * interval '6 hours'), p.id, p.at + v * interval '6 hours', p.at, (ARRAY['book','assign','dispatch','arrive','deliver'])[v], 'booked', 'Dana'
FROM plan p CROSS JOIN generate_series(1, 5) v ORDER BY p.i, v;
INSERT INTO documents (org_id, id, kind, source, filename, content_type, size_bytes, sha256, blob_key, page_count, state, load_id, received_at, retain_until)
SELECT :'org', pg_temp.seed_id('document', i, at), 'rate_confirmation', 'upload', number || '.pdf', 'application/pdf', 80000, decode(md5('sha' || i), 'hex'), 'bench/' || i, 1, 'read', id, at, '2040-01-01' FROM plan ORDER BY i;
INSERT INTO load_words (org_id, word, load_id)
SELECT DISTINCT :'org'::uuid, w, l.id FROM loads l JOIN plan p ON p.id = l.id JOIN customers c ON c.org_id = l.org_id AND c.id = l.customer_id
  CROSS JOIN LATERAL unnest(ARRAY[lower(l.number), substr(l.number, 3), lower(l.customer_ref), 'l', 'warehouse', (p.i % 30)::text]
    || string_to_array(lower(c.name || ' ' || l.commodity || ' ' || l.origin_city || ' ' || l.dest_city), ' ')) w ORDER BY w, l.id;
INSERT INTO load_counters (org_id, next) VALUES (:'org', 10000 + :loads + 1) ON CONFLICT (org_id) DO UPDATE SET next = excluded.next;
RESET session_replication_role;
VACUUM ANALYZE;
CHECKPOINT;
