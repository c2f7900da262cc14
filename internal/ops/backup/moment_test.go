package backup

import (
	"context"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/blob"
	"truckflow/internal/platform/blob/fileblob"
)

func TestAnyMomentCanBeRestored(t *testing.T) { engines(t, anyMomentCanBeRestored) }

func anyMomentCanBeRestored(t *testing.T, x *site) {
	svc := x.archive(nil)
	if _, err := svc.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	x.exec(`insert into load values (1, 'kept')`)
	time.Sleep(20 * time.Millisecond)
	moment := time.Now().UTC()
	time.Sleep(20 * time.Millisecond)
	x.exec(`delete from load`) // the mistake
	x.exec(`insert into load values (2, 'after the mistake')`)
	late := x.covered()
	for name, c := range map[string]struct {
		to   time.Time
		want []int64
	}{"before the mistake": {moment, []int64{1}}, "after the last change": {late, []int64{2}}} {
		t.Run(name, func(t *testing.T) {
			into := filepath.Join(scratch(t), "into")
			if _, err := svc.Restore(t.Context(), Target{Into: into, To: c.to}, nil); err != nil {
				t.Fatal(err)
			}
			if got := loads(t, into); !slices.Equal(got, c.want) {
				t.Errorf("%v came back, want %v", got, c.want)
			}
		})
	}
}

// A clock that is set on and back again neither hides the newest backup behind an
// older one nor an upload behind a backup that is called after a later time.
func TestAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	c := clock.At(time.Now())
	svc := x.archive(func(cfg *Config) { cfg.Clock = c })
	put := func(key string) {
		if _, err := svc.Watched(x.files).Put(t.Context(), key, strings.NewReader(key), -1, "text/plain"); err != nil {
			t.Fatal(err)
		}
	}
	kept := func() int {
		m, err := listStore(t.Context(), svc.cfg.Stores[0], "journal/")
		if err != nil {
			t.Fatal(err)
		}
		return len(m)
	}
	c.Advance(400 * day)
	if _, err := svc.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	c.Advance(-400 * day)
	put("acme/after")
	await(t, "the upload to be kept", func() bool { return kept() == 1 })
	if base, _, _, err := svc.Due(t.Context()); err != nil || !base {
		t.Errorf("a backup of next year keeps today's from being due: %v", err)
	}
	if rpo, ok := (State{Covered: c.Now().Add(time.Hour)}).RPO(c.Now()); ok {
		t.Errorf("a moment to come is said to be safe, %s lost", rpo)
	}
	into, err := restoreOf(t, svc, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(into, "files/acme/after")); err != nil {
		t.Errorf("the upload is lost: %v", err)
	}
	m, err := svc.Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if newest, err := svc.repo.pick(t.Context(), "", time.Time{}); err != nil || newest.ID != m.ID {
		t.Errorf("the newest is %+v, %v", newest, err)
	}
	if base, _, _, err := svc.Due(t.Context()); err != nil || base {
		t.Errorf("and another is due at once: %v", err)
	}
}

// A restored database goes on under a new timeline; its log joins the same
// repository and can be restored across the fork.
func TestARestoredDatabaseIsBackedUpFurther(t *testing.T) {
	engines(t, aRestoredDatabaseIsBackedUpFurther)
}

func aRestoredDatabaseIsBackedUpFurther(t *testing.T, x *site) {
	svc := x.archive(nil)
	if _, err := svc.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	x.exec(`insert into load values (1, 'first life')`)
	x.covered()
	x.halt()
	x.dir = filepath.Join(scratch(t), "second")
	if _, err := svc.Restore(t.Context(), Target{Into: x.dir}, nil); err != nil {
		t.Fatal(err)
	}
	x.start()
	x.files = folder(t, filepath.Join(x.dir, "files"))
	svc = x.archive(nil)
	x.exec(`insert into load values (2, 'second life')`)
	x.covered()
	into := filepath.Join(scratch(t), "third")
	if _, err := svc.Restore(t.Context(), Target{Into: into}, nil); err != nil { // from the first life's backup
		t.Fatal(err)
	}
	if got := loads(t, into); !slices.Equal(got, []int64{1, 2}) {
		t.Errorf("%v came back, want both lives", got)
	}
	x.halt() // before its folder, which is younger than the site, is removed
}

func TestTablespacesComeBack(t *testing.T) { engines(t, tablespacesComeBack) }

func tablespacesComeBack(t *testing.T, x *site) {
	space := filepath.Join(filepath.Dir(x.dir), "space")
	if err := os.Mkdir(space, 0o700); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(x.pg.Cluster())
	if err != nil {
		t.Fatal(err)
	}
	owner := st.Sys().(*syscall.Stat_t)
	if err := os.Chown(space, int(owner.Uid), int(owner.Gid)); err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), x.pg.SuperDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(t.Context(), "create tablespace fast location '"+space+"'"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(t.Context(), "grant create on tablespace fast to truckflow_owner"); err != nil {
		t.Fatal(err)
	}
	x.exec(`alter table load set tablespace fast`)
	x.exec(`insert into load select n, 'elsewhere' from generate_series(1, 500) n`)
	svc := x.archive(nil)
	if _, err := svc.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	into := filepath.Join(scratch(t), "into")
	if _, err := svc.Restore(t.Context(), Target{Into: into}, nil); err != nil {
		t.Fatal(err)
	}
	x.halt()
	if err := os.RemoveAll(space); err != nil { // the restored one must not lean on it
		t.Fatal(err)
	}
	if got := loads(t, into); len(got) != 500 {
		t.Errorf("%d loads came back, want 500", len(got))
	}
}

// Synchronous archiving loses nothing that was acknowledged, whenever the
// machine dies; and commits go on when the archiver ends in order.
func TestSynchronousArchivingLosesNothing(t *testing.T) {
	x := newSite(t)
	svc := x.archive(func(c *Config) { c.Sync, c.Every = true, 50*time.Millisecond })
	if _, err := svc.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	await(t, "commits to wait for the archiver", func() bool { return svc.State().Sync })
	var mu sync.Mutex
	var acked []int64
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for w := range 3 {
		writers.Go(func() {
			c, err := pgx.Connect(context.Background(), x.pg.OwnerDSN())
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close(context.Background())
			for n := int64(w); ; n += 3 {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := c.Exec(context.Background(), "insert into load values ($1, 'acknowledged')", n); err != nil {
					return // the machine died
				}
				mu.Lock()
				acked = append(acked, n)
				mu.Unlock()
			}
		})
	}
	await(t, "some writing", func() bool { mu.Lock(); defer mu.Unlock(); return len(acked) > 300 })
	if err := syscall.Kill(x.pg.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	close(stop)
	writers.Wait()
	x.halt() // what is in the spool is shipped; the machine's own disk is not needed after that
	into := filepath.Join(scratch(t), "into")
	if _, err := svc.Restore(t.Context(), Target{Into: into}, nil); err != nil {
		t.Fatal(err)
	}
	have := map[int64]bool{}
	for _, id := range loads(t, into) {
		have[id] = true
	}
	lost := 0
	for _, id := range acked {
		if !have[id] {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged loads are lost", lost, len(acked))
	}
	x.start()
	if err := Unblock(t.Context(), x.pg.SuperDSN()); err != nil { // what the program does before it writes
		t.Fatal(err)
	}
	x.exec(`insert into load values (-1, 'commits do not wait for an archiver that is gone')`)
}

// When the server could not keep the log for us, the chain is broken: that is
// said, a new base backup is asked for, and with it all is well again.
func TestABrokenChainIsSaidAndMended(t *testing.T) {
	x := newSite(t)
	svc := x.archive(nil)
	if _, err := svc.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	x.stop()
	x.stop = nil
	c, err := pgx.Connect(t.Context(), x.pg.SuperDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	for _, sql := range []string{"select pg_drop_replication_slot('" + slotName + "')", "alter system set max_wal_size = '32MB'", "alter system set min_wal_size = '32MB'",
		"alter system set wal_keep_size = 0", "select pg_reload_conf()"} {
		if _, err := c.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	for range 4 {
		x.exec(`select pg_logical_emit_message(false, 'fill', repeat(md5(random()::text), 600000))`)
		for _, sql := range []string{"select pg_switch_wal()", "checkpoint"} {
			if _, err := c.Exec(t.Context(), sql); err != nil {
				t.Fatal(err)
			}
		}
	}
	svc = x.archive(nil)
	await(t, "the break to be said", func() bool { return svc.State().NeedBase != "" })
	base, _, _, err := svc.Due(t.Context())
	if err != nil || !base {
		t.Errorf("a base backup is not due: %v", err)
	}
	await(t, "the archiver to begin anew", func() bool { return svc.State().Archiver == "at work" })
	x.exec(`insert into load values (7, 'after the break')`)
	if _, err := svc.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	x.covered()
	into := filepath.Join(scratch(t), "into")
	if _, err := svc.Restore(t.Context(), Target{Into: into}, nil); err != nil {
		t.Fatal(err)
	}
	if got := loads(t, into); !slices.Equal(got, []int64{7}) {
		t.Errorf("%v came back", got)
	}
}

func TestADrillFindsWhatIsDifferent(t *testing.T) { engines(t, aDrillFindsWhatIsDifferent) }

func aDrillFindsWhatIsDifferent(t *testing.T, x *site) {
	x.exec(`insert into load select n, 'as it was' from generate_series(1, 200) n`)
	if _, err := x.files.Put(t.Context(), "acme/1", strings.NewReader("a paper"), -1, "text/plain"); err != nil {
		t.Fatal(err)
	}
	svc := x.archive(nil)
	m, err := svc.Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := svc.Drill(t.Context(), "", 5, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK || !r.Exact || r.Backup != m.ID || r.Rows < 200 || r.Indexes == 0 || r.Files != 1 || r.RTO <= 0 {
		t.Errorf("the drill says %+v", r)
	}
	v, err := svc.repo.verified(t.Context(), m.ID)
	if err != nil || v.How != "restored" {
		t.Errorf("the backup is marked %+v, %v", v, err)
	}
	// The same comparison must see one changed row.
	was := prints{at: r.Target, quiet: true, table: map[string]print{"public.load": {rows: 200, sum: "1"}}}
	got, err := svc.restore(t.Context(), Target{Into: filepath.Join(scratch(t), "into"), LSN: r.Target, NoFile: true}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer got.close(context.Background())
	var seen DrillReport
	if err := svc.compare(t.Context(), &seen, was, got); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(seen.Different, "public.load") {
		t.Errorf("a table with another sum passed: %+v", seen)
	}
}

func TestASecondStoreCatchesUp(t *testing.T) {
	x := newSite(t)
	away := filepath.Join(scratch(t), "remote")
	remote := folder(t, away)
	down := &flaky{Store: remote, down: true}
	svc := x.archive(func(c *Config) { c.Stores = append(c.Stores, Store{Name: "remote", Blob: down}) })
	if _, err := svc.Run(t.Context(), nil); err == nil {
		t.Error("a backup that is in one store of two was called good")
	}
	x.exec(`insert into load values (1, 'while the store was away')`)
	await(t, "the first store to have it", func() bool { return svc.State().Covered.After(time.Now().Add(-time.Second)) })
	if st := svc.State(); !st.CoveredAll.IsZero() || st.StoreProblem == "" {
		t.Errorf("the state hides that a store is away: %+v", st)
	}
	down.set(false)
	now := time.Now()
	await(t, "the second store to catch up", func() bool { return svc.State().CoveredAll.After(now) })
	x.halt()
	if err := os.RemoveAll(x.storeAt); err != nil { // the site burns down
		t.Fatal(err)
	}
	other := open(Config{Home: scratch(t), Stores: []Store{{Name: "remote", Blob: remote}}}, svc.repo.keys)
	into := filepath.Join(scratch(t), "into")
	if _, err := other.Restore(t.Context(), Target{Into: into}, nil); err != nil {
		t.Fatal(err)
	}
	if got := loads(t, into); !slices.Equal(got, []int64{1}) {
		t.Errorf("%v came back from the second store", got)
	}
}

// flaky is a store that can be away.
type flaky struct {
	*fileblob.Store
	mu   sync.Mutex
	down bool
}

func (f *flaky) set(down bool) { f.mu.Lock(); defer f.mu.Unlock(); f.down = down }

func (f *flaky) gone() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down {
		return errs.Unavailable("the store is away")
	}
	return nil
}

// Put implements blob.Store.
func (f *flaky) Put(ctx context.Context, key string, r io.Reader, size int64, contentType string) (blob.Info, error) {
	if err := f.gone(); err != nil {
		return blob.Info{}, err
	}
	return f.Store.Put(ctx, key, r, size, contentType)
}

// List implements blob.Store.
func (f *flaky) List(ctx context.Context, prefix string) iter.Seq2[blob.Info, error] {
	if err := f.gone(); err != nil {
		return func(yield func(blob.Info, error) bool) { yield(blob.Info{}, err) }
	}
	return f.Store.List(ctx, prefix)
}

// Get implements blob.Store.
func (f *flaky) Get(ctx context.Context, key string) (io.ReadCloser, blob.Info, error) {
	if err := f.gone(); err != nil {
		return nil, blob.Info{}, err
	}
	return f.Store.Get(ctx, key)
}

// A dump goes into a database of any name on any server, whole, and only where
// nothing is.
func TestAPortableDumpComesBackElsewhere(t *testing.T) {
	x := newSite(t)
	x.exec(`insert into load select n, 'carried over' from generate_series(1, 300) n`)
	svc, err := Open(x.config())
	if err != nil {
		t.Fatal(err)
	}
	d, err := svc.Dump(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := pgx.Connect(t.Context(), x.pg.SuperDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(t.Context(), "create database elsewhere"); err != nil {
		t.Fatal(err)
	}
	dsn := strings.Replace(x.pg.SuperDSN(), "/postgres?", "/elsewhere?", 1)
	if _, err := svc.RestoreDump(t.Context(), d.ID, dsn, nil); err != nil {
		t.Fatal(err)
	}
	e, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(context.Background())
	var n int
	if err := e.QueryRow(t.Context(), "select count(*) from load").Scan(&n); err != nil || n != 300 {
		t.Errorf("%d loads came over, %v", n, err)
	}
	_, err = svc.RestoreDump(t.Context(), "", dsn, nil)
	refusedAs(t, err, "", "tables already")
	defer x.spoil(d.Chunks[0].Key)()
	if _, err := c.Exec(t.Context(), "create database third"); err != nil {
		t.Fatal(err)
	}
	third := strings.Replace(x.pg.SuperDSN(), "/postgres?", "/third?", 1)
	_, err = svc.RestoreDump(t.Context(), "", third, nil)
	refusedAs(t, err, "", d.Chunks[0].Key, "is damaged")
	if err := emptyDatabase(t.Context(), third); err != nil {
		t.Errorf("a dump that failed left something: %v", err)
	}
}
