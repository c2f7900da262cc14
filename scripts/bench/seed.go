package main

import (
	"context"
	"fmt"
)

// seed stores n loads of two years straight into the tables (1,000 of them
// alive), with stops, charges, search words and history, for 300 trucks.
func (b *bench) seed(ctx context.Context, n int) error {
	c, err := b.super.Acquire(ctx) // one connection: temporary tables are its own
	if err != nil {
		return err
	}
	defer c.Release()
	for _, sql := range []string{
		`create temp table places (i int, city text, state text, zip text)`,
		`insert into places values (0,'Joliet','IL','60431'),(1,'Dayton','OH','45402'),(2,'Springfield','MO','65802'),(3,'Laredo','TX','78040'),(4,'Tulsa','OK','74103'),
		 (5,'Fontana','CA','92335'),(6,'Reno','NV','89502'),(7,'Memphis','TN','38118'),(8,'Atlanta','GA','30336'),(9,'Newark','NJ','07114'),(10,'Portland','OR','97201'),(11,'Omaha','NE','68102'),(12,'Ocala','FL','34471')`,
		fmt.Sprintf(`insert into trucks (org_id, id, unit_number, created_at, updated_at) select '%s', gen_random_uuid(), 'T' || i, now(), now() from generate_series(1, 300) i`, b.org),
		`create temp table fleet as select id, row_number() over () - 1 as i from trucks`,
		fmt.Sprintf(`insert into customers (org_id, id, name, kind, created_at, updated_at) select '%s', gen_random_uuid(), 'Broker ' || i || ' Logistics LLC', 'broker', now(), now() from generate_series(1, 200) i`, b.org),
		`create temp table payers as select id, row_number() over () - 1 as i from customers`,
		fmt.Sprintf(`create temp table made as select i, now() - (%[1]d - i) * interval '730 days' / %[1]d as at,
		 (lpad(to_hex((extract(epoch from now() - (%[1]d - i) * interval '730 days' / %[1]d) * 1000)::bigint), 12, '0') || '7' || substr(md5(i::text), 1, 3) || '8' || substr(md5(i::text), 4, 15))::uuid as id,
		 i %% 13 as o, (i * 7 + 3) %% 13 as d,
		 case when i <= %[1]d - 1000 then 'closed' else (array['booked','dispatched','at_pickup','in_transit','at_delivery','delivered','ready_to_bill'])[1 + i %% 7] end as state from generate_series(1, %[1]d) i`, n),
		fmt.Sprintf(`insert into loads (org_id, id, number, customer_id, customer_ref, state, equipment, commodity, weight_lb, miles, total_cents, truck_id, origin_city, origin_state, dest_city, dest_state,
		 pickup_from, pickup_zone, deliver_by, deliver_zone, stop_count, next_stop, booked_at, created_at, updated_at)
		 select '%s', m.id, 'B-' || m.i, p.id, 'REF' || m.i, m.state, 'van', 'Paper', 40000, 400 + m.i %% 900, 100000 + m.i %% 200000, case when m.state in ('booked') then null else f.id end,
		 a.city, a.state, z.city, z.state, m.at, 'America/Chicago', m.at + interval '1 day', 'America/Chicago', 2, 1, m.at, m.at, m.at
		 from made m join places a on a.i = m.o join places z on z.i = m.d join fleet f on f.i = m.i %% 300 join payers p on p.i = m.i %% 200`, b.org),
		fmt.Sprintf(`insert into stops (org_id, load_id, seq, kind, name, address, city, state, zip, time_zone, appointment, window_start, window_end)
		 select '%s', m.id, s, case s when 1 then 'pickup' else 'delivery' end, 'Dock ' || s, '1 Main St', pl.city, pl.state, pl.zip, 'America/Chicago', 'appointment', m.at + (s - 1) * interval '1 day', m.at + (s - 1) * interval '1 day' + interval '2 hours'
		 from made m cross join generate_series(1, 2) s join places pl on pl.i = case s when 1 then m.o else m.d end`, b.org),
		fmt.Sprintf(`insert into charges (org_id, load_id, seq, kind, amount_cents) select '%s', id, 1, 'linehaul', 100000 + i %% 200000 from made`, b.org),
		fmt.Sprintf(`insert into load_words (org_id, word, load_id) select distinct '%s'::uuid, w, m.id from made m join places a on a.i = m.o join places z on z.i = m.d
		 cross join unnest(array['b-' || m.i, m.i::text, 'ref' || m.i, lower(a.city), lower(z.city), a.zip, z.zip, 'paper', 'broker', 'logistics']) w`, b.org),
		fmt.Sprintf(`insert into load_events (org_id, id, load_id, at, recorded_at, verb, to_state, actor_name) select '%s', gen_random_uuid(), id, at, at, 'book', 'booked', 'Olive' from made`, b.org),
		`analyze`,
	} {
		if _, err := c.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%w in %.120s", err, sql)
		}
	}
	return nil
}
