package backup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/ops/backup/pgbackrest"
	"truckflow/internal/ops/pgmanager"
	"truckflow/internal/platform/blob"
	"truckflow/internal/platform/blob/fileblob"
	"truckflow/internal/platform/blob/s3blob"
	"truckflow/internal/platform/blob/versitygwtest"
)

// site is one carrier's machine: its own PostgreSQL, uploads, and a folder of
// backups elsewhere.
type site struct {
	t       *testing.T
	engine  string     // Config.Engine
	s3      blob.Store // where backups go; nil: store
	dir     string     // data folder
	pg      *pgmanager.Server
	files   *fileblob.Store
	store   *fileblob.Store
	storeAt string
	svc     *Service
	stop    func()
}

func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tf-backup-*")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil { // PostgreSQL's account passes through
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func folder(t *testing.T, dir string) *fileblob.Store {
	t.Helper()
	s, err := fileblob.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// engines runs a test with our own engine into a folder and into a real S3 store,
// and with pgBackRest: what is promised of backups depends neither on who takes
// them nor on where they are.
func engines(t *testing.T, test func(t *testing.T, x *site)) {
	t.Helper()
	t.Run("builtin", func(t *testing.T) { t.Parallel(); test(t, newSite(t)) })
	t.Run("builtin to S3", func(t *testing.T) {
		t.Parallel()
		x := newSite(t)
		x.s3 = bucket(t, versitygwtest.Start(t), nil)
		test(t, x)
	})
	t.Run(EnginePgBackRest, func(t *testing.T) { t.Parallel(); test(t, newSiteWith(t, EnginePgBackRest)) })
}

// bucket is one on a real S3 server.
func bucket(t *testing.T, gw *versitygwtest.Server, lock func(string) time.Time) *s3blob.Store {
	t.Helper()
	b, err := s3blob.Open(t.Context(), s3blob.Settings{Endpoint: gw.Endpoint, Bucket: "backup", AccessKey: gw.AccessKey, SecretKey: gw.SecretKey, PathStyle: true, CreateBucket: true, CA: gw.CA, Lock: lock})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// newSite is a site with our own engine.
func newSite(t *testing.T) *site { return newSiteWith(t, "") }

// newSiteWith starts a database with one table that belongs to the program.
func newSiteWith(t *testing.T, engine string) *site {
	t.Helper()
	root := scratch(t)
	x := &site{t: t, engine: engine, dir: filepath.Join(root, "data"), storeAt: filepath.Join(root, "store")}
	x.start()
	t.Cleanup(func() { x.halt() })
	x.files, x.store = folder(t, filepath.Join(x.dir, "files")), folder(t, x.storeAt)
	x.exec(`create table load (id bigint primary key, note text not null)`)
	return x
}

func (x *site) start() {
	x.t.Helper()
	if err := os.MkdirAll(x.dir, 0o711); err != nil {
		x.t.Fatal(err)
	}
	cfg := pgmanager.Config{Dir: filepath.Join(x.dir, "postgres"), MemoryMB: 1024}
	if x.engine == EnginePgBackRest {
		program, err := pgbackrest.Find()
		if err != nil {
			x.t.Fatalf("%v: scripts/setup.sh test installs it", err)
		}
		cfg.Archive = func(home string) string { return pgbackrest.ArchiveCommand(program, BackRestDir(home)) }
	}
	srv, err := pgmanager.Start(x.t.Context(), cfg)
	if err != nil {
		x.t.Fatal(err)
	}
	x.pg = srv
}

func (x *site) halt() {
	if x.stop != nil {
		x.stop()
		x.stop = nil
	}
	if x.pg != nil {
		if err := x.pg.Stop(context.Background()); err != nil {
			x.t.Error(err)
		}
		x.pg = nil
	}
}

func (x *site) config() Config {
	var to blob.Store = x.store
	if x.s3 != nil {
		to = x.s3
	}
	return Config{Home: filepath.Join(x.dir, "backup"), Stores: []Store{{Name: "the test's folder", Blob: to, Copies: pgbackrest.Repo{Path: filepath.Join(x.storeAt, CopiesPrefix)}}},
		Engine: x.engine, Managed: true, Archives: 200 * time.Millisecond, DSN: x.pg.SuperDSN(), Database: "truckflow",
		Schema: "202601010000", Program: "test", Files: x.files, Every: 100 * time.Millisecond,
		Settings: func() (map[string][]byte, error) {
			b, err := os.ReadFile(filepath.Join(x.dir, "postgres", "passwords.json"))
			return map[string][]byte{"postgres/passwords.json": b}, err
		}}
}

// archive opens the service and lets it archive until halt.
func (x *site) archive(change func(*Config)) *Service {
	x.t.Helper()
	cfg := x.config()
	if change != nil {
		change(&cfg)
	}
	svc, err := Open(cfg)
	if err != nil {
		x.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); svc.Archive(ctx) }()
	x.svc, x.stop = svc, func() { cancel(); <-done }
	await(x.t, "the archiver to be at work", func() bool { return svc.State().Archiver == "at work" })
	return svc
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited a minute for %s", what)
		}
	}
}

func (x *site) exec(sql string, args ...any) {
	x.t.Helper()
	c, err := pgx.Connect(x.t.Context(), x.pg.OwnerDSN())
	if err != nil {
		x.t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(x.t.Context(), sql, args...); err != nil {
		x.t.Fatal(err)
	}
}

// covered waits until everything committed by now is stored.
func (x *site) covered() time.Time {
	x.t.Helper()
	now := time.Now().UTC()
	await(x.t, "the log to be stored", func() bool { return x.svc.State().Covered.After(now) })
	return now
}

// loads are the ids in the database that runs in dir.
func loads(t *testing.T, dir string) []int64 {
	t.Helper()
	srv, err := pgmanager.Start(t.Context(), pgmanager.Config{Dir: filepath.Join(dir, "postgres"), MemoryMB: 1024})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Stop(context.Background())
	c, err := pgx.Connect(t.Context(), srv.OwnerDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	rows, err := c.Query(t.Context(), "select id from load order by id")
	if err != nil {
		t.Fatal(err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestEverythingComesBackAfterTheMachineIsLost(t *testing.T) {
	engines(t, everythingComesBack)
}

func everythingComesBack(t *testing.T, x *site) {
	x.exec(`insert into load select n, 'before the backup' from generate_series(1, 1000) n`)
	if _, err := x.files.Put(t.Context(), "acme/documents/1", strings.NewReader("a rate confirmation"), -1, "text/plain"); err != nil {
		t.Fatal(err)
	}
	svc := x.archive(nil)
	m, err := svc.Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	x.exec(`insert into load select n, 'after it' from generate_series(1001, 1500) n`)
	if _, err := svc.Watched(x.files).Put(t.Context(), "acme/documents/2", strings.NewReader("a proof of delivery"), -1, "text/plain"); err != nil {
		t.Fatal(err)
	}
	x.covered()
	if err := syscall.Kill(x.pg.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	x.halt()

	into := filepath.Join(scratch(t), "again")
	r, err := svc.Restore(t.Context(), Target{Into: into}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Backup != m.ID || r.Files != 2 || r.Point.IsZero() {
		t.Errorf("restored %+v", r)
	}
	if got := loads(t, into); len(got) != 1500 || got[1499] != 1500 {
		t.Errorf("%d loads came back, want 1500", len(got))
	}
	for n, want := range map[int]string{1: "a rate confirmation", 2: "a proof of delivery"} {
		b, err := os.ReadFile(filepath.Join(into, "files", fmt.Sprintf("acme/documents/%d", n)))
		if err != nil || !strings.Contains(string(b), want) {
			t.Errorf("upload %d: %q, %v", n, b, err)
		}
	}
}
