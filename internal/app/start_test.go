package app

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"truckflow/internal/config"
	"truckflow/internal/ops/pgmanager/pgtest"
	"truckflow/internal/platform/pg"
)

// pairConfig is a program's configuration on a pair of servers.
func pairConfig(t *testing.T, p *pgtest.Pair) *config.Config {
	t.Helper()
	env := map[string]string{"DATABASE_URL": p.DSN(), "TRUCKFLOW_DATA": t.TempDir(), "JWT_SECRET": strings.Repeat("k7", 20), "TRUCKFLOW_BACKUP_WAL": "off"}
	return must(config.Load(func(k string) (string, bool) { v, ok := env[k]; return v, ok }))(t)
}

// TestStartsWithoutPrimary starts an instance while there is only a standby: it shows pages, says why nothing can be
// saved, and when the standby was promoted it saves and works on jobs, as if it had been there all the time.
func TestStartsWithoutPrimary(t *testing.T) {
	t.Parallel()
	p := pgtest.NewPair(t)
	before := onPair(t, p)
	ctx := found(t, before, "Prairie")
	must(before.Loads.Book(ctx, dallasToMemphis(customer(t, before, ctx, "Acme", 0), "REF-77", 1_500_00)))(t)
	b := browse(t, before, "Prairie")
	p.Kill(0)

	cfg := pairConfig(t, p)
	ln := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	cfg.Port = ln.Addr().(*net.TCPAddr).Port
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	if err := Await(t.Context(), cfg, log); err != nil {
		t.Fatalf("with a standby there is nothing to wait for: %v", err)
	}
	a := must(New(t.Context(), cfg, log, "test"))(t)
	t.Cleanup(a.Close)
	serve, end := context.WithCancel(t.Context())
	defer end()
	started, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- a.Serve(serve, func(string) { close(started) }) }()
	select {
	case <-started:
	case err := <-ended:
		t.Fatalf("it ended: %v", err)
	}

	b.a = a
	has(t, b.get("/loads"), "REF-77", "Read only: the database has had no primary since")
	if w := answer(a, "GET", "/readyz", nil, ""); w.Code != 200 || !strings.HasPrefix(w.Body.String(), "ready, read only since") {
		t.Errorf("/readyz: %d %s", w.Code, w.Body)
	}
	save := func() int {
		return b.do(http.MethodPost, "/customers", url.Values{"name": {"Ann Lee"}, "kind": {"shipper"}}).Code
	}
	if code := save(); code != http.StatusServiceUnavailable {
		t.Errorf("saving without a primary: %d", code)
	}

	p.Promote(1)
	until(t, "the primary is found", func() bool { _, away := a.d.db.Away(); return !away })
	if code := save(); code != http.StatusNoContent {
		t.Errorf("saving afterwards: %d", code)
	}
	until(t, "jobs are worked on", func() (done bool) {
		err := a.d.db.WithoutTenant(t.Context(), func(ctx context.Context, tx *pg.Tx) error {
			return tx.QueryRow(ctx, "select exists (select from river_job where state = 'completed')").Scan(&done)
		})
		if err != nil {
			t.Fatal(err)
		}
		return done
	})
	end()
	if err := <-ended; err != nil {
		t.Errorf("it did not end in order: %v", err)
	}
}

// TestStartWithoutPrimaryEnds: an instance that never saw a primary can be stopped.
func TestStartWithoutPrimaryEnds(t *testing.T) {
	t.Parallel()
	p := pgtest.NewPair(t)
	onPair(t, p)
	p.Kill(0)
	a := must(New(t.Context(), pairConfig(t, p), slog.New(slog.DiscardHandler), "test"))(t)
	t.Cleanup(a.Close)
	stop := must(a.startJobs(t.Context()))(t)
	if err := stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// lines is a log of which a test waits for a line.
type lines chan string

func (l lines) Write(b []byte) (int, error) { l <- string(b); return len(b), nil }

// TestAwaitsADatabase: no server at all, then only a standby without the program's schema, is waited for with one plain
// line; the primary ends it, and so does who stops the program.
func TestAwaitsADatabase(t *testing.T) {
	t.Parallel()
	p := pgtest.NewPair(t)
	cfg := pairConfig(t, p)
	await := func(ctx context.Context, want string) <-chan error {
		t.Helper()
		said, done := make(lines, 10), make(chan error, 1)
		go func() { done <- Await(ctx, cfg, slog.New(slog.NewTextHandler(said, nil))) }()
		select {
		case line := <-said:
			has(t, line, "waiting for the database", want)
		case err := <-done:
			t.Fatalf("it does not wait: %v", err)
		}
		return done
	}
	p.Kill(0)
	standby := await(t.Context(), "its standby has not yet the schema of this program")
	p.Kill(1)
	ctx, stop := context.WithCancel(t.Context())
	nothing := await(ctx, "the database does not answer")
	stop()
	if err := <-nothing; err != nil {
		t.Errorf("stopped while it waited: %v", err)
	}
	select {
	case err := <-standby:
		t.Fatalf("it waits no more, with nothing there: %v", err)
	default:
	}
	p.Start(0)
	if err := <-standby; err != nil {
		t.Errorf("the primary is there: %v", err)
	}
	cfg.DatabaseURL = strings.Replace(cfg.DatabaseURL, "/app?", "/nosuch?", 1)
	if err := Await(t.Context(), cfg, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a database that is not on the server is waited for")
	}
}
