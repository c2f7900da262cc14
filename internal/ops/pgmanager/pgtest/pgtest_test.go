package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/ops/pgmanager"
)

// TestMain lets this test binary also be another package's test process:
// "clone KEY" makes a database of key and prints how often it built the template.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "clone" {
		os.Exit(cloneOnce(os.Args[2]))
	}
	os.Exit(m.Run())
}

func cloneOnce(key string) int {
	ctx := context.Background()
	s, err := shared()
	if err == nil {
		built, name := 0, "t_other_"+strconv.Itoa(os.Getpid())
		err = s.clone(ctx, name, key, func(ctx context.Context, dsn string) error { built++; return schema(ctx, dsn) })
		if err == nil {
			fmt.Println("built", built)
			err = s.drop(ctx, name)
		}
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func schema(ctx context.Context, dsn string) error {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, "create table words (w text); insert into words values ('template'); grant select, insert on words to truckflow_app")
	return err
}

func words(t *testing.T, dsn string) string {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	var w string
	if err := c.QueryRow(t.Context(), "select string_agg(w, ',' order by w) from words").Scan(&w); err != nil {
		t.Fatal(err)
	}
	return w
}

func insert(t *testing.T, dsn, w string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if _, err := c.Exec(t.Context(), "insert into words values ($1)", w); err != nil {
		t.Fatal(err)
	}
}

// fresh is a key no earlier run has used.
func fresh() string { return fmt.Sprint("pgtest's own ", os.Getpid(), " ", keys.Add(1)) }

var keys atomic.Int64

func TestEachTestHasItsOwn(t *testing.T) {
	t.Parallel()
	key, built := fresh(), atomic.Int64{}
	build := func(ctx context.Context, dsn string) error { built.Add(1); return schema(ctx, dsn) }
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			d := New(t, key, build)
			insert(t, d.AppDSN, fmt.Sprint("mine", i))
			if got, want := words(t, d.OwnerDSN), fmt.Sprint("mine", i, ",template"); got != want {
				t.Errorf("words %q, want %q", got, want)
			}
		})
	}
	wg.Wait()
	if built.Load() != 1 {
		t.Errorf("the template was built %d times", built.Load())
	}
}

func TestDatabaseIsDroppedWithItsTest(t *testing.T) {
	t.Parallel()
	var d Database
	t.Run("inner", func(t *testing.T) {
		d = New(t, "", nil)
		if c, err := pgx.Connect(t.Context(), d.AppDSN); err != nil {
			t.Error(err)
		} else {
			t.Cleanup(func() { c.Close(context.Background()) }) // still open when the database goes
		}
	})
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := s.pool.QueryRow(t.Context(), "select count(*) from pg_database where datname = $1", d.Name).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d databases named %s, %v", n, d.Name, err)
	}
}

func TestProcessesShareServerAndTemplate(t *testing.T) {
	t.Parallel()
	key := fresh()
	var wg sync.WaitGroup
	var built atomic.Int64
	for range 4 {
		wg.Go(func() {
			out, err := exec.Command(os.Args[0], "clone", key).CombinedOutput()
			if err != nil {
				t.Errorf("%v: %s", err, out)
				return
			}
			n, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(string(out), "built ")))
			if err != nil {
				t.Errorf("said %q", out)
			}
			built.Add(int64(n))
		})
	}
	wg.Wait()
	if built.Load() != 1 {
		t.Errorf("the template was built %d times", built.Load())
	}
}

func TestFailedBuildIsNotKept(t *testing.T) {
	t.Parallel()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	key, boom := fresh(), errors.New("boom")
	if err := s.clone(t.Context(), "t_never", key, func(context.Context, string) error { return boom }); !errors.Is(err, boom) {
		t.Fatalf("got %v", err)
	}
	if got := words(t, New(t, key, schema).OwnerDSN); got != "template" {
		t.Errorf("words %q", got)
	}
}

func TestSweepDropsOnlyTheOld(t *testing.T) {
	t.Parallel()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	young, old := New(t, "", nil), New(t, "", nil)
	var oid string
	if err := s.pool.QueryRow(t.Context(), "select oid::text from pg_database where datname = $1", old.Name).Scan(&oid); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(filepath.Join(s.pg.Cluster(), "base", oid, "PG_VERSION"), long, long); err != nil {
		t.Fatal(err)
	}
	if err := s.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left string
	err = s.pool.QueryRow(t.Context(), "select string_agg(datname, ',') from pg_database where datname in ($1, $2)", young.Name, old.Name).Scan(&left)
	if err != nil || left != young.Name {
		t.Errorf("left %q, %v", left, err)
	}
}

// The watchdog, on a server of its own: it lets users be, and ends an idle one.
func TestWatchdogEndsAnIdleServer(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "pgtest-watch-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	pg, started, err := pgmanager.Share(t.Context(), pgmanager.Config{Dir: dir})
	if err != nil || !started {
		t.Fatalf("started %v, %v", started, err)
	}
	t.Cleanup(func() { syscall.Kill(pg.PID(), syscall.SIGQUIT) })
	users := filepath.Join(dir, "users")
	use, err := os.Create(users)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(use.Fd()), syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	dog := exec.Command("sh", "-c", watchScript, "watch", users, strconv.Itoa(pg.PID()), pg.Cluster(), "0.1")
	if err := dog.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- dog.Wait() }()
	select {
	case err := <-ended:
		t.Fatalf("the watchdog ended while the server is used: %v", err)
	case <-time.After(500 * time.Millisecond):
	}
	if c, err := pgx.Connect(t.Context(), pg.SuperDSN()); err != nil {
		t.Fatalf("the server is gone while it is used: %v", err)
	} else {
		c.Close(t.Context())
	}
	use.Close()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		dog.Process.Kill()
		t.Fatal("the watchdog does not end")
	}
	if c, err := pgx.Connect(t.Context(), pg.SuperDSN()); err == nil {
		c.Close(t.Context())
		t.Error("the idle server still runs")
	}
}

func BenchmarkNew(b *testing.B) {
	key := fresh()
	for b.Loop() {
		New(b, key, schema)
	}
}
