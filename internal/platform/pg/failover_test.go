package pg_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/pgmanager/pgtest"
	"truckflow/internal/platform/pg"
	"truckflow/migrations"
)

// things makes the schema and the table things on a pair's primary.
func things(t *testing.T, p *pgtest.Pair) {
	t.Helper()
	if _, err := pg.Migrate(t.Context(), p.DSN(), migrations.Files, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	p.Exec(0, "create table things (org_id uuid not null default app_org(), name text not null, primary key (org_id, name))")
	p.Exec(0, "call tenant_table('things')")
	if err := pg.Grant(t.Context(), p.DSN()); err != nil {
		t.Fatal(err)
	}
}

// watch returns what OnAway tells.
func watch(db *pg.DB) <-chan bool {
	moods := make(chan bool, 100)
	db.OnAway(func(away bool) { moods <- away })
	return moods
}

func until(t *testing.T, moods <-chan bool, want bool) {
	t.Helper()
	for end := time.After(time.Minute); ; {
		select {
		case got := <-moods:
			if got == want {
				return
			}
		case <-end:
			t.Fatalf("away %v was never told", want)
		}
	}
}

// once adds name under an idempotency key, as a request that is repeated does.
func once(ctx context.Context, db *pg.DB, name string) error {
	c := &pg.Claim{Key: name, Route: "POST /things", RequestHash: []byte("h")}
	ctx = pg.WithClaim(ctx, c)
	err := db.Repeat(ctx, func(ctx context.Context) error {
		return db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error { return add(ctx, tx.Later(), name) })
	})
	if errors.Is(err, pg.ErrReplayed) {
		return nil // its answer is lost, its effect is not
	}
	return err
}

// crowd writes and reads until it is stopped; any error fails its test.
type crowd struct {
	t    *testing.T
	db   *pg.DB
	org  context.Context
	stop chan struct{}
	wg   sync.WaitGroup

	mu    sync.Mutex
	acked []string
	seen  int
}

func (c *crowd) keep(what string, one func(n int) error) {
	c.wg.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-c.stop:
				return
			default:
			}
			if err := one(n); err != nil {
				c.t.Errorf("%s %d: %v", what, n, err)
				return
			}
		}
	})
}

func (c *crowd) write(who string) {
	c.keep(who, func(n int) error {
		name := fmt.Sprintf("%s %d", who, n)
		err := once(c.org, c.db, name)
		if err == nil {
			c.mu.Lock()
			c.acked = append(c.acked, name)
			c.mu.Unlock()
		}
		return err
	})
}

func (c *crowd) read() {
	c.keep("reading", func(int) error {
		err := c.db.Repeat(pg.WithReplica(c.org), func(ctx context.Context) error {
			return c.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
				var n int
				return tx.QueryRow(ctx, "select count(*) from things").Scan(&n)
			})
		})
		c.mu.Lock()
		c.seen++
		c.mu.Unlock()
		return err
	})
}

// grow waits until so much more was written and read.
func (c *crowd) grow(written, read int) {
	c.t.Helper()
	at := func() (int, int) { c.mu.Lock(); defer c.mu.Unlock(); return len(c.acked), c.seen }
	w, r := at()
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if w2, r2 := at(); w2 >= w+written && r2 >= r+read {
			return
		}
		if time.Now().After(end) || c.t.Failed() {
			w2, r2 := at()
			c.t.Fatalf("stuck: %d written and %d read since", w2-w, r2-r)
		}
	}
}

// TestFailover kills the primary of a pair under writers and readers and makes the
// standby the primary: nothing acknowledged is lost, nothing is done twice,
// reading never stops, and everything goes on by itself.
func TestFailover(t *testing.T) {
	t.Parallel()
	p := pgtest.NewPair(t)
	things(t, p)
	db, err := pg.Open(t.Context(), pg.Settings{DSN: p.DSN(), MaxConns: 8, WaitFor: 3 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	moods := watch(db)
	c := &crowd{t: t, db: db, org: org(t), stop: make(chan struct{})}
	for w := range 4 {
		c.write(fmt.Sprint("writer ", w))
	}
	c.read()
	c.read()
	c.grow(50, 50)
	killed := time.Now()
	p.Kill(0)
	until(t, moods, true)
	if since, away := db.Away(); !away || since.Before(killed) {
		t.Errorf("away %v since %v", away, since)
	}
	c.grow(0, 200)
	p.Promote(1)
	until(t, moods, false)
	if _, away := db.Away(); away {
		t.Error("still away")
	}
	c.grow(50, 50)
	close(c.stop)
	c.wg.Wait()
	got := map[string]int{}
	for _, n := range read(t, db, c.org) {
		got[n]++
	}
	for _, n := range c.acked {
		if got[n] != 1 {
			t.Errorf("%s is there %d times", n, got[n])
		}
	}
	t.Logf("%d acknowledged and there once, %d read, no error; %d ms from the kill to the promotion", len(c.acked), c.seen, time.Since(killed).Milliseconds())
}

// TestWithoutPrimary is about what is told while there is none: late comers at
// once, that nothing was saved; and a transaction that reads what it writes by is
// not given a replica.
func TestWithoutPrimary(t *testing.T) {
	t.Parallel()
	p := pgtest.NewPair(t)
	things(t, p)
	db, err := pg.Open(t.Context(), pg.Settings{DSN: p.DSN(), MaxConns: 4, WaitFor: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	moods := watch(db)
	a := org(t)
	if err := once(a, db, "kept"); err != nil {
		t.Fatal(err)
	}
	p.Kill(0)
	if err := once(a, db, "not kept"); !errors.Is(err, pg.ErrAway) && !strings.Contains(fmt.Sprint(err), "away") || !errs.Is(err, errs.KindUnavailable) {
		t.Errorf("writing without a primary: %v", err)
	}
	until(t, moods, true)
	err = once(a, db, "not kept")
	if !errs.Is(err, errs.KindUnavailable) || errs.Public(err).Message != pg.ErrAway.Message {
		t.Errorf("writing later: %v", err)
	}
	if err := db.WithRead(a, func(ctx context.Context, tx *pg.Tx) error { _, err := all(ctx, tx); return err }); !errs.Is(err, errs.KindUnavailable) {
		t.Errorf("reading for writing was given a replica: %v", err)
	}
	if err := db.PingReading(t.Context()); err != nil {
		t.Errorf("pages can be read, but: %v", err)
	}
	same(t, read(t, db, pg.WithReplica(a)), "kept")
	p.Kill(1)
	if err := db.PingReading(t.Context()); err == nil {
		t.Error("nobody answers, but reading is said to work")
	}
	p.Start(0)
	p.Exec(0, "alter system reset synchronous_standby_names")
	p.Exec(0, "select pg_reload_conf()")
	until(t, moods, false)
	if err := once(a, db, "after"); err != nil {
		t.Error(err)
	}
	same(t, read(t, db, a), "after", "kept")
}

// TestMadeReadOnly has the address lead to a standby, as a load balancer's does
// before a promotion has ended: it is not taken for the primary, and pages are read from it.
func TestMadeReadOnly(t *testing.T) {
	t.Parallel()
	p := pgtest.NewPair(t)
	things(t, p)
	w := newWire(t, p.Addr(0))
	db, err := pg.Open(t.Context(), pg.Settings{DSN: pgtest.At(w.addr()), MaxConns: 4, WaitFor: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	moods := watch(db)
	a := org(t)
	if err := once(a, db, "kept"); err != nil {
		t.Fatal(err)
	}
	w.lead(p.Addr(1))
	// The first refusal may be of the connection that was cut; a further one is the standby's.
	told := false
	for end := time.Now().Add(time.Minute); !told && time.Now().Before(end); {
		if err := once(a, db, "not kept"); !errs.Is(err, errs.KindUnavailable) {
			t.Errorf("writing to a standby: %v", err)
		}
		select {
		case told = <-moods:
		default:
		}
	}
	if !told {
		t.Fatal("that there is no primary was never told")
	}
	same(t, read(t, db, pg.WithReplica(a)), "kept")
	w.lead(p.Addr(0))
	until(t, moods, false)
	if err := once(a, db, "after"); err != nil {
		t.Error(err)
	}
	same(t, read(t, db, a), "after", "kept")
}

// TestCutAtCommit loses the connection around COMMIT: before the server got it,
// and after it was carried out and before the answer came.
func TestCutAtCommit(t *testing.T) {
	t.Parallel()
	d, dsn := onServer(t)
	for _, reached := range []bool{false, true} {
		for _, key := range []bool{false, true} {
			t.Run(fmt.Sprintf("reached %v key %v", reached, key), func(t *testing.T) {
				w := newWire(t, d)
				db, err := pg.Open(t.Context(), pg.Settings{DSN: dsn(w.addr()), MaxConns: 2})
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(db.Close)
				a := org(t)
				same(t, read(t, db, a))
				w.cutAt(reached)
				ran := 0
				ctx := a
				if key {
					ctx = pg.WithClaim(a, &pg.Claim{Key: "k", Route: "POST /things", RequestHash: []byte("h")})
				}
				err = db.Repeat(ctx, func(ctx context.Context) error {
					ran++
					return db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error { return add(ctx, tx, "x") })
				})
				switch {
				case !key:
					if !errs.Is(err, errs.KindUnavailable) || errs.Public(err).Message != pg.ErrUnknown.Message || ran != 1 {
						t.Errorf("an unknown outcome without a key: ran %d times, %v", ran, err)
					}
				case reached:
					if !errors.Is(err, pg.ErrReplayed) || ran != 2 {
						t.Errorf("the key should tell that it was done: ran %d times, %v", ran, err)
					}
				default:
					if err != nil || ran != 2 {
						t.Errorf("the key should tell that it was not done: ran %d times, %v", ran, err)
					}
				}
				var want []string
				if reached || key {
					want = []string{"x"}
				}
				same(t, read(t, db, a), want...)
			})
		}
	}
}

// TestRepeat is about what may be done again and what not.
func TestRepeat(t *testing.T) {
	db, admin := open(t, 4)
	a := org(t)
	kill := func() {
		t.Helper()
		if _, err := admin.Exec(t.Context(), "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and application_name = 'truckflow' and state <> 'idle'"); err != nil {
			t.Fatal(err)
		}
	}
	write := func(ctx context.Context, name string, then func()) error {
		return db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
			if err := add(ctx, tx, name); err != nil {
				return err
			}
			then()
			return add(ctx, tx, name+" again")
		})
	}
	ran := 0
	err := db.Repeat(a, func(ctx context.Context) error {
		ran++
		return write(ctx, "a", func() {
			if ran == 1 {
				kill()
			}
		})
	})
	if err != nil || ran != 2 {
		t.Errorf("broken off before its end: ran %d times, %v", ran, err)
	}
	ran = 0
	err = db.Repeat(a, func(ctx context.Context) error {
		ran++
		if err := write(ctx, fmt.Sprint("b", ran), func() {}); err != nil {
			return err
		}
		return write(ctx, "c", kill)
	})
	if !errs.Is(err, errs.KindUnavailable) || ran != 1 {
		t.Errorf("its first change stands, so it must not be done again: ran %d times, %v", ran, err)
	}
	ran = 0
	err = db.Repeat(a, func(ctx context.Context) error { ran++; return write(ctx, "d", kill) })
	if !errs.Is(err, errs.KindUnavailable) || ran != 3 {
		t.Errorf("it breaks every time: ran %d times, %v", ran, err)
	}
	ran = 0
	err = db.Repeat(a, func(ctx context.Context) error {
		ran++
		return db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error { return errs.Conflict("load L-1 is closed") })
	})
	if !errs.Is(err, errs.KindConflict) || ran != 1 {
		t.Errorf("a room's own no: ran %d times, %v", ran, err)
	}
	same(t, read(t, db, a), "a", "a again", "b1", "b1 again")
}

// TestDeadlockIsDoneAgain has two requests each wait for the other: the one that the
// database gives up is done again, and both stand.
func TestDeadlockIsDoneAgain(t *testing.T) {
	db, _ := open(t, 4)
	a := org(t)
	var first [2]sync.Once
	var both, wg sync.WaitGroup
	both.Add(2)
	var ran atomic.Int64
	for i, names := range [][2]string{{"x", "y"}, {"y", "x"}} {
		wg.Go(func() {
			err := db.Repeat(a, func(ctx context.Context) error {
				ran.Add(1)
				return db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
					for n, name := range names {
						if n == 1 {
							first[i].Do(func() { both.Done(); both.Wait() })
						}
						if _, err := tx.Exec(ctx, insert+" on conflict do nothing", name); err != nil {
							return err
						}
					}
					return nil
				})
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if ran.Load() < 3 {
		t.Errorf("ran %d times: there was no deadlock", ran.Load())
	}
	same(t, read(t, db, a), "x", "y")
}

// wire is a proxy that leads connections where it is told, and cuts them at COMMIT.
type wire struct {
	t  *testing.T
	ln net.Listener

	mu    sync.Mutex
	to    string
	conns map[net.Conn]bool
	cut   *bool // cut at the next COMMIT, which has reached the server or not
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{t: t, ln: ln, to: to, conns: map[net.Conn]bool{}}
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go w.carry(c)
		}
	}()
	t.Cleanup(func() { ln.Close(); w.lead("") })
	return w
}

func (w *wire) addr() string { return w.ln.Addr().String() }

// lead cuts what is connected and leads what comes to another server.
func (w *wire) lead(to string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.to = to
	for c := range w.conns {
		c.Close()
	}
	clear(w.conns)
}

// cutAt has the next COMMIT's connection die, before it reached the server or after.
func (w *wire) cutAt(reached bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = &reached
}

func (w *wire) carry(c net.Conn) {
	w.mu.Lock()
	network := "tcp"
	if strings.HasPrefix(w.to, "/") {
		network = "unix"
	}
	s, err := net.Dial(network, w.to)
	if err != nil {
		w.mu.Unlock()
		c.Close()
		return
	}
	w.conns[c], w.conns[s] = true, true
	w.mu.Unlock()
	go func() {
		defer c.Close()
		w.copy(c, s, "COMMIT\x00", true) // its answer goes nowhere
	}()
	defer s.Close()
	w.copy(s, c, "commit\x00", false)
}

// copy carries bytes until one side ends, or until it is time to cut and they hold mark.
func (w *wire) copy(to, from net.Conn, mark string, reached bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		if bytes.Contains(buf[:n], []byte(mark)) && w.cutNow(reached) {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// cutNow says whether this is the COMMIT to cut, once.
func (w *wire) cutNow(reached bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut == nil || *w.cut != reached {
		return false
	}
	w.cut = nil
	return true
}

// onServer makes a database with the table things on the shared server; dsn leads
// to it through a proxy, and addr is the server's socket.
func onServer(t *testing.T) (addr string, dsn func(proxy string) string) {
	t.Helper()
	_, admin := open(t, 1)
	cfg := admin.Config()
	return fmt.Sprintf("%s/.s.PGSQL.%d", cfg.Host, cfg.Port), func(proxy string) string {
		host, port, _ := net.SplitHostPort(proxy)
		return fmt.Sprintf("host=%s port=%s user=%s password='%s' dbname=%s sslmode=disable", host, port, cfg.User, cfg.Password, cfg.Database)
	}
}
