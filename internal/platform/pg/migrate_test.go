package pg_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/pgmanager/pgtest"
	"truckflow/internal/platform/pg"
)

// steps are files of migrations by name.
func steps(files ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		fsys[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return fsys
}

// TestOldProgramOnNewerSchema: it goes on where steps only added, and refuses where
// one took away what it needs.
func TestOldProgramOnNewerSchema(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t, "empty", func(context.Context, string) error { return nil })
	quiet := slog.New(slog.DiscardHandler)
	a := []string{"202601010000_loads_a.sql", "create table a (x int, old text)"}
	b := append(a, "202601020000_loads_b.sql", "alter table a add column new text")
	c := append(b, "202601030000_loads_c.sql", "-- contract: after 202601020000_loads_b.sql\nalter table a drop column old")
	run := func(files []string) (int, error) { return pg.Migrate(t.Context(), d.OwnerDSN, steps(files...), quiet) }
	for _, x := range []struct {
		what  string
		files []string
		n     int
		ok    bool
	}{
		{"first", a, 1, true}, {"expand", b, 1, true}, {"the program of before", a, 0, true}, {"again", b, 0, true},
		{"contract", c, 1, true}, {"one step back", b, 0, true}, {"two steps back", a, 0, false},
	} {
		n, err := run(x.files)
		if n != x.n || x.ok != (err == nil) || !x.ok && (!errs.Is(err, errs.KindConflict) || errs.Public(err).HintMsg == "") {
			t.Errorf("%s: %d applied, %v", x.what, n, err)
		}
	}
	ahead, pending, err := pg.Ahead(t.Context(), d.OwnerDSN, steps(append(a, "202601040000_loads_d.sql", "select 1")...))
	if err != nil || len(ahead) != 2 || pending != 1 {
		t.Errorf("ahead %q, %d pending, %v", ahead, pending, err)
	}
	b[3] += " -- edited"
	if _, err := run(b); !errs.Is(err, errs.KindConflict) {
		t.Errorf("an applied migration was edited: %v", err)
	}
}

// TestRehearsalTellsLocks: what a step keeps others from doing is told, of tables
// that were there before.
func TestRehearsalTellsLocks(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t, "empty", func(context.Context, string) error { return nil })
	a := []string{"202601010000_loads_a.sql", "create table a (x int); insert into a select generate_series(1, 1000)"}
	if _, err := pg.Migrate(t.Context(), d.OwnerDSN, steps(a...), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	got, err := pg.Rehearse(t.Context(), d.OwnerDSN, steps(append(a, "202601020000_loads_b.sql", "create index on a (x)",
		"202601030000_loads_c.sql", "alter table a alter x type bigint; create table z (y int)", "202601040000_loads_d.sql", "insert into a values (1)")...))
	if err != nil || len(got) != 3 {
		t.Fatal(got, err)
	}
	if l := got[0].Locks; len(l) != 1 || l[0].Table != "a" || !l[0].Writes || l[0].Reads || l[0].Bytes == 0 || len(got[0].Breaks) != 0 {
		t.Errorf("an index: %+v", got[0])
	}
	if l := got[1].Locks; len(l) != 1 || l[0].Table != "a" || !l[0].Reads || len(got[1].Breaks) != 1 {
		t.Errorf("another type: %+v", got[1])
	}
	if len(got[2].Locks) != 0 {
		t.Errorf("a row: %+v", got[2])
	}
}

// TestMigrationStandsInNobodysWay: while somebody uses a table that a step changes,
// others who come later are not held up behind the step, and it is done in the end.
func TestMigrationStandsInNobodysWay(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t, "empty", func(context.Context, string) error { return nil })
	a := []string{"202601010000_loads_a.sql", "create table a (x int)"}
	quiet := slog.New(slog.DiscardHandler)
	if _, err := pg.Migrate(t.Context(), d.OwnerDSN, steps(a...), quiet); err != nil {
		t.Fatal(err)
	}
	connect := func() *pgx.Conn {
		c, err := pgx.Connect(t.Context(), d.OwnerDSN)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close(context.Background()) })
		return c
	}
	user, later := connect(), connect()
	tx, err := user.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "select * from a"); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, err := pg.Migrate(t.Context(), d.OwnerDSN, steps(append(a, "202601020000_loads_b.sql", "alter table a add column y int")...), quiet)
		done <- err
	}()
	waits := func() (n int) {
		if err := later.QueryRow(t.Context(), "select count(*) from pg_locks where not granted and relation = 'a'::regclass").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for end := time.Now().Add(time.Minute); waits() == 0; {
		if time.Now().After(end) {
			t.Fatal("the step never waited")
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := later.Exec(ctx, "select * from a"); err != nil { // behind the step, which gives up
		t.Errorf("held up behind a migration: %v", err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}
