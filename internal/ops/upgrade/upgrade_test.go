package upgrade_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/clock"
	"truckflow/internal/ops/backup"
	"truckflow/internal/ops/pgmanager"
	"truckflow/internal/ops/upgrade"
	"truckflow/internal/platform/blob/fileblob"
	"truckflow/internal/platform/pg"
)

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// states are a report's items by their id.
func states(r *upgrade.Report) map[string]upgrade.State {
	out := map[string]upgrade.State{}
	for _, i := range r.Items {
		out[i.ID] = i.State
	}
	return out
}

// TestUpgradeCheck tries good and bad upgrades on a real backup of a real database,
// which none of them changes.
func TestUpgradeCheck(t *testing.T) {
	t.Parallel()
	root := must(os.MkdirTemp("", "tf-upgrade-*"))(t)
	t.Cleanup(func() { os.RemoveAll(root) })
	if err := os.Chmod(root, 0o755); err != nil { // PostgreSQL's account passes through
		t.Fatal(err)
	}
	srv := must(pgmanager.Start(t.Context(), pgmanager.Config{Dir: filepath.Join(root, "postgres"), MemoryMB: 1024}))(t)
	t.Cleanup(func() { _ = srv.Stop(context.Background()) })
	first := []byte("create table loads (id int, old text); insert into loads select n, 'x' from generate_series(1, 50000) n; insert into loads values (1, 'twice')")
	base := fstest.MapFS{"202601010000_loads_a.sql": {Data: first}}
	must(pg.Migrate(t.Context(), srv.OwnerDSN(), base, slog.New(slog.DiscardHandler)))(t)
	svc := must(backup.Open(backup.Config{Home: filepath.Join(root, "backup"), Stores: []backup.Store{{Name: "folder", Blob: must(fileblob.Open(filepath.Join(root, "store")))(t)}},
		DSN: srv.SuperDSN(), Database: "truckflow", Schema: "202601010000", Program: "test", Files: must(fileblob.Open(filepath.Join(root, "files")))(t), Every: 100 * time.Millisecond}))(t)
	check := func(b *backup.Service, data, sql string) *upgrade.Report {
		t.Helper()
		fsys := fstest.MapFS{"202601010000_loads_a.sql": {Data: first}}
		if sql != "" {
			fsys["202601020000_loads_b.sql"] = &fstest.MapFile{Data: []byte(sql)}
		}
		return must(upgrade.Check(t.Context(), upgrade.Config{DSN: srv.OwnerDSN(), Data: data, Scratch: root, Backup: b, Migrations: fsys, Program: "next", Clock: clock.System,
			Apply: func(ctx context.Context, dsn string) ([]pg.Step, error) { return pg.Rehearse(ctx, dsn, fsys) }}))(t)
	}
	if r := check(svc, root, ""); r.OK || states(r)["backup"] != upgrade.Bad || states(r)["rehearsal"] != upgrade.Bad {
		t.Errorf("without any backup: %+v", r.Items)
	}
	if r := check(nil, "", "select 1"); r.OK || states(r)["backup"] != upgrade.Bad || states(r)["room"] != upgrade.Warn {
		t.Errorf("a database this program does not back up: %+v", r.Items)
	}
	ctx, stop := context.WithCancel(t.Context())
	archived := svc.ArchiveMeanwhile(ctx)
	t.Cleanup(func() { stop(); <-archived })
	must(svc.Run(t.Context(), nil))(t)
	for _, x := range []struct {
		what, sql string
		ok        bool
		want      map[string]upgrade.State
	}{
		{"nothing new", "", true, map[string]upgrade.State{"schema": upgrade.OK, "rehearsal": upgrade.OK, "locks": upgrade.OK, "room": upgrade.OK, "together": upgrade.OK, "back": upgrade.OK}},
		{"only adds", "alter table loads add column new text", true, map[string]upgrade.State{"rehearsal": upgrade.OK, "together": upgrade.OK, "back": upgrade.OK}},
		{"fails on what is there", "create unique index on loads (id)", false, map[string]upgrade.State{"rehearsal": upgrade.Bad}},
		{"breaks the old program", "alter table loads rename column old to new", false, map[string]upgrade.State{"rehearsal": upgrade.OK, "together": upgrade.Bad, "back": upgrade.Warn}},
		{"takes away in step", "-- contract: after 202601010000_loads_a.sql\nalter table loads drop column old", true, map[string]upgrade.State{"together": upgrade.Warn, "back": upgrade.Warn}},
		{"slow under a lock", "select pg_sleep(2.1); alter table loads add column new text", true, map[string]upgrade.State{"locks": upgrade.Warn}},
	} {
		r := check(svc, root, x.sql)
		got := states(r)
		for id, want := range x.want {
			if got[id] != want {
				t.Errorf("%s: %s is %q, want %q: %+v", x.what, id, got[id], want, r.Items)
			}
		}
		if r.OK != x.ok || r.Backup == "" || r.Restored <= 0 {
			t.Errorf("%s: ok %v, backup %q restored in %s", x.what, r.OK, r.Backup, r.Restored)
		}
	}
	c := must(pgx.Connect(t.Context(), srv.OwnerDSN()))(t)
	defer c.Close(context.Background())
	var columns string
	if err := c.QueryRow(t.Context(), "select string_agg(attname, ' ' order by attnum) from pg_attribute where attrelid = 'loads'::regclass and attnum > 0").Scan(&columns); err != nil || columns != "id old" {
		t.Errorf("the running database has %q, %v", columns, err)
	}
	left, err := filepath.Glob(filepath.Join(root, "truckflow-copy-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %s", strings.Join(left, " "))
	}
}
