package pg_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/ops/pgmanager/pgtest"
	"truckflow/internal/platform/pg"
	"truckflow/migrations"
)

// open returns a database with a tenant table things (name), a pool of conns
// connections to it, and an administrator's connection.
func open(t *testing.T, conns int) (*pg.DB, *pgx.Conn) {
	t.Helper()
	names, err := migrations.Files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	key := "pg tx"
	for _, n := range names {
		key += n.Name()
	}
	d := pgtest.New(t, key, func(ctx context.Context, dsn string) error {
		if _, err := pg.Migrate(ctx, dsn, migrations.Files, slog.New(slog.DiscardHandler)); err != nil {
			return err
		}
		c, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return err
		}
		defer c.Close(ctx)
		if _, err := c.Exec(ctx, "create table things (org_id uuid not null default app_org(), name text not null, primary key (org_id, name)); call tenant_table('things')",
			pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
		return pg.Grant(ctx, dsn)
	})
	db, err := pg.Open(t.Context(), pg.Settings{DSN: d.AppDSN, MaxConns: conns})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	admin, err := pgx.Connect(t.Context(), d.AppDSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = admin.Close(context.Background()) })
	return db, admin
}

func org(t *testing.T) context.Context { return tenant.System(t.Context(), ids.New()) }

const insert = "insert into things (name) values ($1)"

func add(ctx context.Context, q interface {
	Exec(context.Context, string, ...any) (pgconn.CommandTag, error)
}, names ...string) error {
	for _, n := range names {
		if _, err := q.Exec(ctx, insert, n); err != nil {
			return err
		}
	}
	return nil
}

// read returns the names an organisation sees.
func read(t *testing.T, db *pg.DB, ctx context.Context) (names []string) {
	t.Helper()
	err := db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) (err error) {
		names, err = all(ctx, tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func all(ctx context.Context, tx *pg.Tx) ([]string, error) {
	rows, err := tx.Query(ctx, "select name from things order by name")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

func same(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("it holds %q, want %q", got, want)
	}
}

// TestOneConnectionServesManyTenants has two companies, a key and nobody use the
// same connection in turn: none finds what the one before it set.
func TestOneConnectionServesManyTenants(t *testing.T) {
	db, _ := open(t, 1)
	a, b := org(t), org(t)
	for ctx, name := range map[context.Context]string{a: "a's", b: "b's"} {
		if err := db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error { return add(ctx, tx, name) }); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		same(t, read(t, db, a), "a's")
		same(t, read(t, db, b), "b's")
		for who, with := range map[string]func(func(context.Context, *pg.Tx) error) error{
			"a key":  func(fn func(context.Context, *pg.Tx) error) error { return db.WithKey(t.Context(), "k", fn) },
			"nobody": func(fn func(context.Context, *pg.Tx) error) error { return db.WithoutTenant(t.Context(), fn) },
		} {
			var names []string
			err := with(func(ctx context.Context, tx *pg.Tx) (err error) { names, err = all(ctx, tx); return err })
			if err == nil || len(names) > 0 {
				t.Errorf("%s was shown %q, %v; without a tenant that must be an error", who, names, err)
			}
		}
	}
}

func TestReadingWritesNothing(t *testing.T) {
	db, _ := open(t, 1)
	a := org(t)
	for how, write := range map[string]func(context.Context, *pg.Tx) error{
		"now":   func(ctx context.Context, tx *pg.Tx) error { return add(ctx, tx, "x") },
		"later": func(ctx context.Context, tx *pg.Tx) error { return add(ctx, tx.Later(), "x") },
		"raw":   func(ctx context.Context, tx *pg.Tx) error { _, err := tx.Raw(ctx); return err },
		"inside": func(ctx context.Context, tx *pg.Tx) error {
			return db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error { return add(ctx, tx, "x") })
		},
	} {
		if err := db.WithRead(a, write); err == nil {
			t.Errorf("%s: writing while reading was not refused", how)
		}
	}
	same(t, read(t, db, a))
}

// TestLater is about what is queued: it happens before the next statement, with the rest or not at all.
func TestLater(t *testing.T) {
	db, _ := open(t, 1)
	a := org(t)
	told := 0
	err := db.WithTx(a, func(ctx context.Context, tx *pg.Tx) error {
		tx.AfterCommit(func() { told++ })
		if err := add(ctx, tx.Later(), "1", "2"); err != nil {
			return err
		}
		names, err := all(ctx, tx)
		same(t, names, "1", "2")
		if err != nil {
			return err
		}
		if err := add(ctx, tx, "3"); err != nil {
			return err
		}
		return add(ctx, tx.Later(), "4")
	})
	if err != nil || told != 1 {
		t.Errorf("%v, told %d times", err, told)
	}
	same(t, read(t, db, a), "1", "2", "3", "4")

	// A refusal of what is queued is the transaction's, even at its end.
	for how, fn := range map[string]func(ctx context.Context, tx *pg.Tx) error{
		"alone":           func(ctx context.Context, tx *pg.Tx) error { return add(ctx, tx.Later(), "5", "1", "6") },
		"after a read":    func(ctx context.Context, tx *pg.Tx) error { _, _ = all(ctx, tx); return add(ctx, tx.Later(), "5", "1") },
		"before a flush":  func(ctx context.Context, tx *pg.Tx) error { _ = add(ctx, tx.Later(), "5", "1"); return tx.Flush(ctx) },
		"the caller's no": func(ctx context.Context, tx *pg.Tx) error { _ = add(ctx, tx, "5"); return errs.Conflict("no") },
	} {
		err := db.WithTx(a, func(ctx context.Context, tx *pg.Tx) error {
			tx.AfterCommit(func() { told++ })
			return fn(ctx, tx)
		})
		if !errs.Is(err, errs.KindConflict) || told != 1 {
			t.Errorf("%s: %v, told %d times; want a conflict and nobody told", how, err, told)
		}
		same(t, read(t, db, a), "1", "2", "3", "4")
	}
}

// TestHalfReadRowsDoNoHarm leaves rows unread, as an early return does.
func TestHalfReadRowsDoNoHarm(t *testing.T) {
	db, _ := open(t, 1)
	a := org(t)
	for how, with := range map[string]func(context.Context, func(context.Context, *pg.Tx) error) error{"reading": db.WithRead, "writing": db.WithTx} {
		err := with(a, func(ctx context.Context, tx *pg.Tx) error {
			rows, err := tx.Query(ctx, "select generate_series(1, 100000)")
			if err != nil {
				return err
			}
			rows.Next()
			rows.Close()
			var n int
			if err := tx.QueryRow(ctx, "select 7").Scan(&n); err != nil || n != 7 {
				t.Errorf("%s, after rows half read: %d, %v", how, n, err)
			}
			if err := tx.QueryRow(ctx, "select 1 where false").Scan(&n); !pg.IsNoRows(err) {
				t.Errorf("%s, no row: %v", how, err)
			}
			if err := tx.QueryRow(ctx, "select 1/0").Scan(&n); err == nil {
				t.Errorf("%s, a failing statement did not say so", how)
			}
			return nil
		})
		// The failed statement spoils a writing transaction, not a reading one.
		if (err != nil) != (how == "writing") {
			t.Errorf("%s: %v", how, err)
		}
	}
	same(t, read(t, db, a))
}

// TestDeadConnectionsAreReplaced ends the server's side of every connection, as a restart does.
func TestDeadConnectionsAreReplaced(t *testing.T) {
	db, admin := open(t, 3)
	a := org(t)
	kill := func() {
		t.Helper()
		if _, err := admin.Exec(t.Context(), "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and application_name = 'truckflow'"); err != nil {
			t.Fatal(err)
		}
	}
	warm := func() {
		for range 3 {
			same(t, read(t, db, a), read(t, db, a)...)
		}
	}
	warm()
	kill()
	if got := read(t, db, a); len(got) != 0 {
		t.Errorf("read %q", got)
	}
	kill()
	var names []string
	err := db.WithRead(a, func(ctx context.Context, tx *pg.Tx) error {
		b := &pgx.Batch{}
		b.Queue("select $1::text", "asked of a dead one").Query(func(rows pgx.Rows) (err error) {
			names, err = pgx.CollectRows(rows, pgx.RowTo[string])
			return err
		})
		return tx.SendBatch(ctx, b).Close()
	})
	if same(t, names, "asked of a dead one"); err != nil {
		t.Error(err)
	}
	kill()
	err = db.WithTx(a, func(ctx context.Context, tx *pg.Tx) error { return add(ctx, tx.Later(), "once") })
	if err != nil {
		t.Error(err)
	}
	kill()
	err = db.WithTx(a, func(ctx context.Context, tx *pg.Tx) error { return add(ctx, tx, "twice") })
	if err != nil {
		t.Error(err)
	}
	// Under way it cannot be saved, and says so.
	err = db.WithTx(a, func(ctx context.Context, tx *pg.Tx) error {
		if err := add(ctx, tx, "lost"); err != nil {
			return err
		}
		kill()
		return add(ctx, tx.Later(), "lost too")
	})
	if !errs.Is(err, errs.KindUnavailable) {
		t.Errorf("a transaction whose connection died: %v", err)
	}
	same(t, read(t, db, a), "once", "twice")
}

// TestDetachedNeedsNoConnectionOfThePool has as many transactions as there are
// connections each do something outside themselves: none waits for another.
func TestDetachedNeedsNoConnectionOfThePool(t *testing.T) {
	const n = 3
	db, _ := open(t, n)
	a := org(t)
	var wg, inside sync.WaitGroup
	inside.Add(n)
	for i := range n {
		wg.Go(func() {
			name := strings.Repeat("x", i+1)
			err := db.WithTx(a, func(ctx context.Context, tx *pg.Tx) error {
				err := add(ctx, tx, name)
				inside.Done()
				inside.Wait() // all connections are taken now
				if err != nil {
					return err
				}
				err = db.WithTx(pg.Detach(ctx), func(ctx context.Context, tx *pg.Tx) error { return add(ctx, tx, "aside "+name) })
				return errors.Join(err, errs.Conflict("no"))
			})
			if !errs.Is(err, errs.KindConflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	same(t, read(t, db, a), "aside x", "aside xx", "aside xxx")
}

// TestKeyIsTakenWithItsEffect: a key is stored if and only if what it was for is.
func TestKeyIsTakenWithItsEffect(t *testing.T) {
	db, _ := open(t, 4)
	a := org(t)
	no := errors.New("no")
	claim := func() (context.Context, *pg.Claim) {
		c := &pg.Claim{Key: "k", Route: "POST /things", RequestHash: []byte("h")}
		return pg.WithClaim(a, c), c
	}
	ctx, _ := claim()
	if err := db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error { _ = add(ctx, tx, "x"); return no }); !errors.Is(err, no) {
		t.Error(err)
	}
	if r, err := db.Lookup(a, "k", "POST /things", []byte("h")); r != nil || err != nil {
		t.Errorf("a key without an effect was taken: %v, %v", r, err)
	}
	ctx, c := claim()
	if err := db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error { _, err := all(ctx, tx); return err }); err != nil {
		t.Error(err)
	}
	if err := db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error { return add(ctx, tx.Later(), "x") }); err != nil {
		t.Error(err)
	}
	if err := db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error { return add(ctx, tx, "second change of one request") }); err != nil {
		t.Error(err)
	}
	if _, err := db.Lookup(a, "k", "POST /things", []byte("h")); !errs.Is(err, errs.KindConflict) {
		t.Errorf("a key whose answer is not known: %v", err)
	}
	if err := db.Keep(ctx, c, 201, []byte("made")); err != nil {
		t.Error(err)
	}
	if r, err := db.Lookup(a, "k", "POST /things", []byte("h")); err != nil || r == nil || r.Status != 201 || string(r.Response) != "made" {
		t.Errorf("the kept answer: %v, %v", r, err)
	}
	if _, err := db.Lookup(a, "k", "POST /things", []byte("other")); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("the key of another request: %v", err)
	}
	ctx, c = claim()
	err := db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error { return add(ctx, tx, "again") })
	if !errors.Is(err, pg.ErrReplayed) || !c.Replayed {
		t.Errorf("a key taken twice: %v, %v", err, c.Replayed)
	}
	same(t, read(t, db, a), "second change of one request", "x")
}

// TestKeysAreForgotten: an old key makes room, a young one and another tenant's stay.
func TestKeysAreForgotten(t *testing.T) {
	db, _ := open(t, 4)
	a, b := org(t), org(t)
	take := func(who context.Context, key string) {
		t.Helper()
		ctx := pg.WithClaim(who, &pg.Claim{Key: key, Route: "POST /things", RequestHash: []byte("h")})
		if err := db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error { return add(ctx, tx, key) }); err != nil {
			t.Fatal(err)
		}
	}
	known := func(who context.Context, key string) bool {
		_, err := db.Lookup(who, key, "POST /things", []byte("h"))
		return errs.Is(err, errs.KindConflict) // it was taken; its answer was never kept
	}
	take(a, "old")
	take(b, "theirs")
	if n, err := db.ForgetKeys(a, time.Now().Add(-time.Hour)); n != 0 || err != nil || !known(a, "old") {
		t.Errorf("a young key was forgotten: %d, %v", n, err)
	}
	if n, err := db.ForgetKeys(a, time.Now().Add(time.Hour)); n != 1 || err != nil || known(a, "old") || !known(b, "theirs") {
		t.Errorf("forgot %d keys (%v); the old one known: %v, the other tenant's: %v", n, err, known(a, "old"), known(b, "theirs"))
	}
}

// TestAnswerIsKeptWithTheEffect has many send the same request at once: it is done
// once, and the answer of the one who did it is there for the others.
func TestAnswerIsKeptWithTheEffect(t *testing.T) {
	db, _ := open(t, 8)
	a := org(t)
	var mu sync.Mutex
	var done []string
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := strings.Repeat("x", i+1)
			c := &pg.Claim{Key: "k", Route: "POST /things", RequestHash: []byte("h")}
			err := db.WithAnswer(pg.WithClaim(a, c), func(ctx context.Context) (int, []byte, error) {
				return 201, []byte(name), db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error { return add(ctx, tx.Later(), name) })
			})
			switch {
			case err == nil && !c.Replayed:
				mu.Lock()
				defer mu.Unlock()
				done = append(done, name)
			case errors.Is(err, pg.ErrReplayed) && c.Replayed:
			default:
				t.Errorf("%v, replayed %v", err, c.Replayed)
			}
		})
	}
	wg.Wait()
	if len(done) != 1 {
		t.Fatalf("it was done by %q, want one", done)
	}
	same(t, read(t, db, a), done...)
	if r, err := db.Lookup(a, "k", "POST /things", []byte("h")); err != nil || r == nil || string(r.Response) != done[0] || r.Status != 201 {
		t.Errorf("the answer for the others: %v, %v", r, err)
	}
	// Without a key it is a transaction like any other.
	err := db.WithAnswer(a, func(ctx context.Context) (int, []byte, error) {
		return 201, nil, db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error { return add(ctx, tx.Later(), "y") })
	})
	if err != nil {
		t.Error(err)
	}
	same(t, read(t, db, a), done[0], "y")
}
