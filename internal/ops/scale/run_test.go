package scale_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/ops/pgmanager/pgtest"
	"truckflow/internal/ops/scale"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/pg/schematest"
)

// prom is a Prometheus that says what the test wants: query → JSON result.
type prom struct {
	mu   sync.Mutex
	says map[string]string
	gone bool
}

func (p *prom) say(metric, result string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.says[metric] = result
}

func (p *prom) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := r.FormValue("query")
	for _, m := range []string{"node_cpu", "node_memory", "truckflow_http", "truckflow_queue", "count(up"} {
		if strings.Contains(q, m) && !p.gone {
			fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[%s]}}`, p.says[m])
			return
		}
	}
	http.Error(w, `{"status":"error","error":"it is away"}`, 503)
}

func one(v string) string { return `{"metric":{},"value":[1,"` + v + `"]}` }

// fleet is an engine in memory.
type fleet struct {
	n, sets int
	err     error
}

func (f *fleet) Count(context.Context) (scale.Count, error) {
	return scale.Count{Wanted: f.n, Ready: f.n}, f.err
}

func (f *fleet) Set(_ context.Context, n int) error {
	f.sets++
	f.n = n
	return nil
}

// runner looks at p and scales f, with a database, a leader's lock and a clock.
func runner(t *testing.T, d pgtest.Database, p *prom, f *fleet, clk clock.Clock) *scale.Runner {
	t.Helper()
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	db, err := pg.Open(t.Context(), pg.Settings{DSN: d.AppDSN, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	lead := scale.NewLeader(d.AppDSN)
	t.Cleanup(func() { lead.Resign(context.Background()) })
	web := rules(t)
	web.Roles = web.Roles[:1]
	return &scale.Runner{Rules: web, Prometheus: scale.NewPrometheus(srv.URL), Drivers: map[string]scale.Driver{"web": f}, History: scale.NewHistory(db), Leader: lead,
		Clock: clk, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), By: "test"}
}

func TestRunner(t *testing.T) {
	t.Parallel()
	d := schematest.New(t)
	clk := clock.At(time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC))
	p := &prom{says: map[string]string{"node_cpu": one("90"), "node_memory": one("50"), "truckflow_http": one("0.1"), "count(up": one("2")}}
	f := &fleet{n: 2}
	r := runner(t, d, p, f, clk)
	other := &fleet{n: 2}
	second := runner(t, d, p, other, clk)
	looks := func(r *scale.Runner, n int) {
		t.Helper()
		for range n {
			if err := r.Look(t.Context()); err != nil {
				t.Fatal(err)
			}
			clk.Advance(30 * time.Second)
		}
	}
	looks(r, 1)
	for range 6 { // the second looks as often, and is not the leader
		looks(second, 1)
		looks(r, 1)
	}
	if f.n != 3 || f.sets != 1 || other.sets != 0 {
		t.Fatalf("%d instances after %d orders; the other gave %d", f.n, f.sets, other.sets)
	}
	// Prometheus goes away: nothing moves, and it is written down once.
	p.say("node_cpu", one("5"))
	p.say("node_memory", one("5"))
	p.gone = true
	looks(r, 60)
	if f.sets != 1 {
		t.Errorf("%d orders without a figure", f.sets)
	}
	p.gone = false
	p.say("node_memory", one("5")+","+one("6")) // two answers are none
	looks(r, 60)
	p.say("node_memory", one("NaN"))
	looks(r, 60)
	if f.sets != 1 {
		t.Errorf("%d orders on two values or none", f.sets)
	}
	// A new leader waits as long as the old one would have, and goes on.
	p.say("node_memory", one("5"))
	p.say("count(up", one("3"))
	looks(r, 31)
	if f.n != 2 {
		t.Errorf("%d instances after a quarter of an hour of idling", f.n)
	}
	r.Leader.Resign(t.Context())
	for leads := false; !leads; time.Sleep(5 * time.Millisecond) { // the server ends a session when it gets to it
		var err error
		if leads, err = second.Leader.Leads(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	p.say("node_cpu", one("99"))
	other.n = 2
	looks(second, 10)
	if other.sets != 0 {
		t.Error("the new leader did not wait for the old one's pause")
	}
	looks(second, 10)
	if other.n != 3 {
		t.Errorf("the new leader has %d instances", other.n)
	}
	all, err := second.History.List(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range slices.Backward(all) {
		got = append(got, fmt.Sprint(e.Action, " ", e.To, " ", e.Kind))
	}
	if want := []string{"add 3 trigger", "hold 3 unknown", "remove 2 trigger", "add 3 trigger"}; !slices.Equal(got, want) {
		t.Errorf("history %q, want %q", got, want)
	}
	if e := all[0]; e.Trigger != "CpuHigh" || e.Values["cpu"] != 99 || e.By != "test" || e.DryRun || e.Outcome != "" || !strings.Contains(e.Reason, "cpu > 80 % for 5m (now 99 %)") {
		t.Errorf("%+v", e)
	}
}

// TestTwoRoles: both ask for more at the same look; one is served, the other at the next.
func TestTwoRoles(t *testing.T) {
	t.Parallel()
	clk := clock.At(time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC))
	p := &prom{says: map[string]string{"node_cpu": one("90"), "node_memory": one("50"), "truckflow_http": one("0.1"), "truckflow_queue": one("0.1"), "count(up": one("2")}}
	web, worker := &fleet{n: 2}, &fleet{n: 2}
	r := runner(t, schematest.New(t), p, web, clk)
	r.Rules.Roles, r.Drivers["worker"] = rules(t).Roles, worker
	var orders []string
	r.Told = func(e scale.Entry) { orders = append(orders, e.At.Format("15:04:05 ")+e.Role) }
	for range 12 {
		if err := r.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		clk.Advance(30 * time.Second)
	}
	if want := []string{"08:05:00 web", "08:05:30 worker"}; !slices.Equal(orders, want) || web.n != 3 || worker.n != 3 {
		t.Errorf("%q, want %q", orders, want)
	}
}

func TestDryRunAndFailures(t *testing.T) {
	t.Parallel()
	clk := clock.At(time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC))
	p := &prom{says: map[string]string{"node_cpu": one("90"), "node_memory": one("50"), "truckflow_http": one("0.1"), "count(up": one("2")}}
	f := &fleet{n: 2}
	r := runner(t, schematest.New(t), p, f, clk)
	r.DryRun = true
	var told []scale.Entry
	r.Told = func(e scale.Entry) { told = append(told, e) }
	for range 11 {
		if err := r.Look(t.Context()); err != nil {
			t.Fatal(err)
		}
		clk.Advance(30 * time.Second)
	}
	if f.sets != 0 || len(told) != 1 || told[0].Action != scale.Add || !told[0].DryRun {
		t.Errorf("%d orders, told %+v", f.sets, told)
	}
	f.err = errors.New("the engine sleeps")
	if err := r.Look(t.Context()); err == nil {
		t.Error("an engine that does not answer is no news")
	}
	// Where the database is away nobody knows who leads, and so nobody acts.
	r.Leader = scale.NewLeader("postgres://u@127.0.0.1:1/x")
	if err := r.Look(t.Context()); err == nil || f.sets != 0 {
		t.Errorf("without a database: %v, %d orders", err, f.sets)
	}
}
