package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// board asks for the whole board, one at a time.
func (b *bench) board(ctx context.Context, t *table, d time.Duration) error {
	var took []float64
	var size int64
	for end := time.Now().Add(d); time.Now().Before(end) || len(took) < 20; {
		began := time.Now()
		n, err := b.get(ctx, "/board")
		if err != nil {
			return err
		}
		took, size = append(took, msSince(began)), n
	}
	floor, err := b.pgbench(ctx, "select * from loads where state in ('tendered','booked','dispatched','at_pickup','loaded','in_transit','at_delivery','delivered','pod_received','ready_to_bill','on_hold','claim') order by pickup_from", 1)
	if err != nil {
		return err
	}
	t.ms("board, 1,000 active loads, 300 trucks: p95", quantile(took, 0.95), 60, floor)
	t.most("board, compressed", "kB", float64(size)/1000, 250)
	return nil
}

// reads keeps up 200 requests a second of one kind after the other.
func (b *bench) reads(ctx context.Context, t *table, d time.Duration) error {
	var ids []string
	rows, err := b.super.Query(ctx, "select id::text from loads where number like 'B-%' order by random() limit 2000")
	if err != nil {
		return err
	}
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, id)
	}
	if rows.Err() != nil || len(ids) == 0 {
		return errors.Join(rows.Err(), errors.New("no loads"))
	}
	towns := []string{"springfield", "dayton", "joliet", "laredo", "tulsa"}
	for _, x := range []struct {
		name, sql string
		path      func(i int) string
	}{
		{"loads list page", "select * from loads where id < 'ffffffff-ffff-ffff-ffff-ffffffffffff' order by id desc limit 51", func(int) string { return "/loads" }},
		{"search by number", "select * from loads where id = any(array(select load_id from load_words where word = 'b-150000' order by load_id desc limit 51))", func(i int) string { return fmt.Sprintf("/loads?q=B-%d", 100_000+i*7919%100_000) }},
		{"search by town and reference", "select * from loads where id = any(array(select load_id from load_words where word = 'dayton' order by load_id desc limit 51))", func(i int) string { return "/loads?q=" + towns[i%len(towns)] }},
		{"load page", "select l.*, (select json_agg(s) from stops s where s.load_id = l.id) from loads l where id = '" + ids[0] + "'", func(i int) string { return "/loads/" + ids[i%len(ids)] }},
		{"/v1 list", "select * from loads where id < 'ffffffff-ffff-ffff-ffff-ffffffffffff' order by id desc limit 51", func(int) string { return "/v1/loads" }},
	} {
		took, err := openLoop(ctx, 200, d, func(i int) error { _, err := b.get(ctx, x.path(i)); return err })
		if err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
		floor, err := b.pgbench(ctx, x.sql, 4)
		if err != nil {
			return err
		}
		t.ms(x.name+", at 200 a second: p99", quantile(took, 0.99), 30, floor)
	}
	return nil
}

// bookings posts loads from as many clients as keep both sides busy.
func (b *bench) bookings(ctx context.Context, t *table, d time.Duration) error {
	body, err := json.Marshal(map[string]any{"customer_id": b.payer, "customer_load_number": "TQ-1", "equipment": "van", "commodity": "Paper", "weight_lb": 42000, "miles": 620,
		"stops": []map[string]any{{"kind": "pickup", "name": "Mill", "address": "1 Main St", "city": "Joliet", "state": "IL", "zip": "60431", "from": "2026-12-01T08:00"},
			{"kind": "delivery", "name": "Store", "address": "2 Oak Ave", "city": "Dayton", "state": "OH", "zip": "45402", "from": "2026-12-02T08:00"}},
		"charges": []map[string]any{{"kind": "linehaul", "amount": "1850.00"}}})
	if err != nil {
		return err
	}
	var n atomic.Int64
	var first error
	var once sync.Once
	var wg sync.WaitGroup
	began := time.Now()
	for range 24 {
		wg.Go(func() {
			for time.Since(began) < d && ctx.Err() == nil {
				if err := b.send(ctx, "/v1/loads", fmt.Sprintf("book-%d-%d", began.UnixNano(), n.Add(1)), body, nil); err != nil {
					once.Do(func() { first = err })
					return
				}
			}
		})
	}
	wg.Wait()
	if first != nil {
		return first
	}
	rate := float64(n.Load()) / time.Since(began).Seconds()
	tps, err := b.pgbenchTPS(ctx, bookingSQL(b.payer), 24)
	if err != nil {
		return err
	}
	*t = append(*t, figure{"bookings (POST /v1/loads), durable", fmt.Sprintf("%.0f /s", rate), "≥ 800 /s", fmt.Sprintf("%.0f /s", tps), fmt.Sprintf("%.1f×", tps/rate), rate >= 800})
	return nil
}

// openLoop starts a request every 1/rate second whether or not earlier ones
// have come back; each is timed from when it should have begun.
func openLoop(ctx context.Context, rate int, d time.Duration, do func(i int) error) ([]float64, error) {
	n := int(float64(rate) * d.Seconds())
	took := make([]float64, n)
	errs := make([]error, n)
	var wg sync.WaitGroup
	began := time.Now()
	for i := range n {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		if wait := time.Until(due); wait > 0 {
			time.Sleep(wait)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		wg.Go(func() {
			errs[i] = do(i)
			took[i] = msSince(due)
		})
	}
	wg.Wait()
	return took, errors.Join(errs...)
}

func msSince(t time.Time) float64 { return float64(time.Since(t).Microseconds()) / 1000 }

func quantile(vs []float64, q float64) float64 {
	sort.Float64s(vs)
	return vs[min(len(vs)-1, int(math.Ceil(q*float64(len(vs))))-1)]
}

var (
	latencyRE = regexp.MustCompile(`latency average = ([\d.]+) ms`)
	tpsRE     = regexp.MustCompile(`tps = ([\d.]+)`)
)

// pgbench is the mean latency in ms of one statement as the app's role, under
// the tenant's row security, in a transaction of its own as the program runs it.
func (b *bench) pgbench(ctx context.Context, sql string, clients int) (float64, error) {
	return b.runPgbench(ctx, "begin read only \\; set local app.org_id = '"+b.org+"';\n"+sql+";\ncommit;\n", clients, latencyRE)
}

// pgbenchTPS is how many transactions a second the statements allow.
func (b *bench) pgbenchTPS(ctx context.Context, sql string, clients int) (float64, error) {
	return b.runPgbench(ctx, "begin \\; set local app.org_id = '"+b.org+"';\n"+sql+"\ncommit;\n", clients, tpsRE)
}

func (b *bench) runPgbench(ctx context.Context, script string, clients int, re *regexp.Regexp) (float64, error) {
	f := filepath.Join(os.TempDir(), fmt.Sprintf("truckflow-bench-%d.sql", os.Getpid()))
	if err := os.WriteFile(f, []byte(script), 0o600); err != nil {
		return 0, err
	}
	defer os.Remove(f)
	out, err := exec.CommandContext(ctx, filepath.Join(b.pg.Bin(), "pgbench"), "-n", "-M", "simple", "-T", "3", "-c", strconv.Itoa(clients), "-j", "1", "-f", f, b.pg.AppDSN()).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("pgbench: %w: %s", err, out)
	}
	m := re.FindSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("pgbench said: %s", out)
	}
	return strconv.ParseFloat(string(m[1]), 64)
}

// bookingSQL is what a booking must store, in as few statements as SQL allows.
func bookingSQL(payer string) string {
	return strings.ReplaceAll(`with l as (insert into loads (id, number, customer_id, customer_ref, state, equipment, commodity, miles, total_cents, origin_city, origin_state, dest_city, dest_state, stop_count, next_stop, created_at, updated_at)
 values (gen_random_uuid(), 'P-' || gen_random_uuid(), 'PAYER', 'TQ-1', 'booked', 'van', 'Paper', 620, 185000, 'Joliet', 'IL', 'Dayton', 'OH', 2, 1, now(), now()) returning id),
 s as (insert into stops (load_id, seq, kind, name, city, state, zip) select id, n, case n when 1 then 'pickup' else 'delivery' end, 'Mill', 'Joliet', 'IL', '60431' from l, generate_series(1, 2) n),
 c as (insert into charges (load_id, seq, kind, amount_cents) select id, 1, 'linehaul', 185000 from l),
 w as (insert into load_words (word, load_id) select w, id from l, unnest(array['p-1','tq','1','tq-1','bench','logistics','llc','paper','joliet','mill','60431','dayton','store','45402']) w),
 e as (insert into load_events (id, load_id, at, recorded_at, verb, to_state, actor_name) select gen_random_uuid(), id, now(), now(), 'book', 'booked', 'Olive' from l)
 insert into audit_log (id, at, actor_name, actor_role, action, subject_kind, subject_id) select gen_random_uuid(), now(), 'Olive', 'owner', 'load.book', 'load', id from l;`, "PAYER", payer)
}
