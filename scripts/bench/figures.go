package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// paper is a rate confirmation of the repository's own.
const paper = "testdata/reading/tune/001-boxes.pdf"

// memory is what the program itself holds when nobody works, after sign-ins, the
// first page, a paper that was read and what it does by itself after a start (it
// learns the lanes of all these loads); PostgreSQL's processes are not its own.
func memory(ctx context.Context, s *server) ([]result, error) {
	if _, err := s.get(ctx, "/"); err != nil {
		return nil, err
	}
	if err := s.readPaper(ctx, paper); err != nil {
		return nil, err
	}
	if err := s.rest(ctx); err != nil {
		return nil, err
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return nil, err
	}
	mb := map[string]float64{}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 3 && f[2] == "kB" {
			kb, err := strconv.ParseFloat(f[1], 64)
			if err != nil {
				return nil, err
			}
			mb[f[0]] = kb / 1024
		}
	}
	if mb["VmRSS:"] == 0 || mb["VmHWM:"] == 0 {
		return nil, fmt.Errorf("no VmRSS and VmHWM in /proc")
	}
	return []result{{figure: "memory, idle", unit: "MB", measured: mb["VmRSS:"], goal: 150, note: fmt.Sprintf("at most %.0f since the start", mb["VmHWM:"])}}, nil
}

// rest waits until the program has used less than a twentieth of a core for 15 seconds.
func (s *server) rest(ctx context.Context) error {
	const every, calm = 5 * time.Second, 3
	ticks := func() (float64, error) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
		if err != nil {
			return 0, err
		}
		// After the name in brackets: the 12th and 13th are user and system time in hundredths of a second.
		f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
		user, err := strconv.ParseFloat(f[11], 64)
		if err != nil {
			return 0, err
		}
		system, err := strconv.ParseFloat(f[12], 64)
		return user + system, err
	}
	was, err := ticks()
	for n := 0; n < calm && err == nil; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(every):
		}
		now := was
		if now, err = ticks(); now-was < every.Seconds()*100/20 {
			n++
		} else {
			n = 0
		}
		was = now
	}
	return err
}

const activeQuery = `select * from loads where state in
  ('tendered','booked','dispatched','at_pickup','loaded','in_transit','at_delivery','delivered','pod_received','ready_to_bill','on_hold','claim') order by pickup_from;`

// board opens it ten times a second: thirty dispatchers whose boards refresh.
func board(ctx context.Context, s *server) ([]result, error) {
	var out []result
	ms, _, err := s.pgbench(ctx, activeQuery, 5, 2, 8)
	if err != nil {
		return nil, err
	}
	floor := percentile(ms, 0.95)
	for _, v := range []struct{ name, path string }{{"board", "/board"}, {"timeline", "/board?view=timeline"}} {
		one := func(int) (int, int, error) { n, err := s.get(ctx, v.path); return 0, n, err }
		if _, err := open(ctx, 5, 2*time.Second, one); err != nil { // warm
			return nil, err
		}
		ss, err := open(ctx, 5, 10*time.Second, one)
		if err != nil {
			return nil, err
		}
		out = append(out, result{figure: v.name + ", p95 at 5/s", unit: "ms", measured: percentile(times(ss, 0), 0.95), goal: 60, floor: floor},
			result{figure: v.name + ", compressed", unit: "kB", measured: float64(ss[0].size) / 1000, goal: 250})
	}
	return out, nil
}

// pages are list, search and load page in turn, 200 a second together.
func pages(ctx context.Context, s *server) ([]result, error) {
	list, err := s.ask(ctx, "select id from loads order by md5(id::text) limit 3000")
	if err != nil {
		return nil, err
	}
	ids := strings.Fields(list)
	words := []string{"dallas+steel", "l-1" + "0500", "br712345", "prairie+memphis", "1502", "keystone+freight", "laredo+produce", "summit+log", "br80"}
	lists := []string{"/loads", "/loads?state=closed", "/loads?state=in_transit", "/loads", "/loads?state=invoiced"}
	kinds := []string{"list", "search", "load page"}
	send := func(i int) (int, int, error) {
		path := []string{lists[i/3%len(lists)], "/loads?q=" + words[i/3%len(words)], "/loads/" + ids[i%len(ids)]}[i%3]
		n, err := s.get(ctx, path)
		return i % 3, n, err
	}
	floors := []string{
		"select * from loads where id < 'ffffffff-ffff-ffff-ffff-ffffffffffff' order by id desc limit 51;",
		`select l.* from loads l where l.id in (select load_id from load_words where word = 'dallas' order by load_id desc limit 2000)
		  and l.id in (select load_id from load_words where word = 'steel' order by load_id desc limit 2000) order by l.id desc limit 51;`,
		fmt.Sprintf("\\set n random(0, %d)\n", 190_000) +
			"select * from loads where number = 'L-' || (10001 + :n)::text \\gset l_\nselect * from stops where load_id = :l_id;\nselect * from charges where load_id = :l_id;\nselect * from load_events where load_id = :l_id;",
	}
	var out []result
	if _, err := open(ctx, 50, 2*time.Second, send); err != nil { // warm
		return nil, err
	}
	// What each kind costs, alone; then all together.
	costs := make([]string, len(kinds))
	for k := range kinds {
		before, err := s.spent(ctx)
		if err != nil {
			return nil, err
		}
		ss, err := open(ctx, 100, 4*time.Second, func(i int) (int, int, error) { return send(3*i + k) })
		if err != nil {
			return nil, err
		}
		after, err := s.spent(ctx)
		if err != nil {
			return nil, err
		}
		costs[k] = after.since(before, len(ss))
	}
	ss, err := open(ctx, 200, 20*time.Second, send)
	if err != nil {
		return nil, err
	}
	for k, name := range kinds {
		ms, _, err := s.pgbench(ctx, floors[k], 200, 8, 5)
		if err != nil {
			return nil, err
		}
		out = append(out, result{figure: name + ", p99 at 200/s", unit: "ms", measured: percentile(times(ss, k), 0.99), goal: 30, floor: percentile(ms, 0.99),
			note: fmt.Sprintf("p50 %.1f; %s", percentile(times(ss, k), 0.5), costs[k])})
	}
	return out, nil
}

// booking keeps 32 clients busy; its floor writes the same rows in one transaction.
func booking(ctx context.Context, s *server) ([]result, error) {
	customer, err := s.ask(ctx, "select id from customers limit 1")
	if err != nil {
		return nil, err
	}
	run := time.Now().UnixNano() // keys of an earlier run on the same data would only be answered again
	var n, done atomic.Int64
	var failed atomic.Pointer[error]
	measure := func(length time.Duration) float64 {
		began := time.Now()
		was := done.Load()
		var wg sync.WaitGroup
		for range clients {
			wg.Go(func() {
				for time.Since(began) < length && ctx.Err() == nil && failed.Load() == nil {
					i := n.Add(1)
					body := fmt.Sprintf(bookingBody, customer, i)
					if err := s.post(ctx, body, fmt.Sprintf("bench-%d-%d", run, i)); err != nil {
						failed.CompareAndSwap(nil, &err)
						return
					}
					done.Add(1)
				}
			})
		}
		wg.Wait()
		return float64(done.Load()-was) / time.Since(began).Seconds()
	}
	measure(2 * time.Second) // warm
	before, err := s.spent(ctx)
	if err != nil {
		return nil, err
	}
	was := done.Load()
	rate := measure(8 * time.Second)
	after, err := s.spent(ctx)
	if err != nil {
		return nil, err
	}
	note := after.since(before, max(1, int(done.Load()-was)))
	if p := failed.Load(); p != nil {
		return nil, *p
	}
	_, floor, err := s.pgbench(ctx, strings.ReplaceAll(bookingRows, "CUSTOMER", customer), 0, clients, 6)
	return []result{{figure: "booking, 32 clients", unit: "/s", measured: rate, goal: 800, floor: floor, more: true, note: note}}, err
}

const clients = 32

// bookingBody takes the customer and a number of the load's own.
const bookingBody = `{"customer_id":%q,"customer_load_number":"BK%d","equipment":"van","commodity":"Paper","weight_lb":42000,"pieces":22,
	"stops":[{"type":"pickup","name":"North Dock","address":"1 Dock Rd","city":"Dallas","state":"TX","zip":"75201","window_start":"2031-03-01T08:00"},
	{"type":"delivery","name":"South Dock","address":"9 Dock Rd","city":"Memphis","state":"TN","zip":"38103","window_start":"2031-03-03T08:00"}],
	"charges":[{"kind":"linehaul","amount":"1800.00"},{"kind":"fuel","amount":"210.00"}]}`

// bookingRows are the rows that one booking writes.
const bookingRows = `select gen_random_uuid() as id, gen_random_uuid() as other \gset
insert into idempotency_keys (key, route, request_hash, status, response) values ((:id)::text, 'POST /v1/loads', '\x00', 201, convert_to(repeat('x', 1500), 'UTF8'));
insert into loads (id, number, customer_id, customer_ref, state, equipment, commodity, weight_lb, pieces, miles, total_cents, origin_city, origin_state, dest_city, dest_state,
 pickup_from, pickup_zone, deliver_by, deliver_zone, stop_count, next_stop, booked_at, source, created_at, updated_at)
 values ((:id)::uuid, 'F-' || (:id)::text, 'CUSTOMER', (:id)::text, 'booked', 'van', 'Paper', 42000, 22, 450, 201000, 'Dallas', 'TX', 'Memphis', 'TN', now(), 'America/Chicago', now(), 'America/Chicago', 2, 1, now(), 'api', now(), now());
insert into stops (load_id, seq, kind, name, address, city, state, zip, lat, lon, time_zone, window_start) select (:id)::uuid, s, 'pickup', 'North Dock', '1 Dock Rd', 'Dallas', 'TX', '75201', 32, -96, 'America/Chicago', now() from generate_series(1, 2) s;
insert into charges (load_id, seq, kind, amount_cents) select (:id)::uuid, s, 'linehaul', 100 from generate_series(1, 2) s;
insert into load_words (word, load_id) select w, (:id)::uuid from unnest(array[(:id)::text, 'paper', 'dallas', 'memphis', 'north', 'south', 'dock', '75201', '38103', 'l', 'prairie', 'freight', '1', 'bk1']) w;
insert into load_events (id, load_id, at, recorded_at, verb, to_state, actor_name) values ((:other)::uuid, (:id)::uuid, now(), now(), 'book', 'booked', 'Dana');
insert into audit_log (id, at, actor_name, actor_role, action, subject_kind, subject_id) values ((:other)::uuid, now(), 'Dana', 'owner', 'load.book', 'load', (:id)::uuid);`
