package backup

import (
	"context"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup/pgrepl"
	"truckflow/internal/platform/blob"
)

// refusedAs fails t unless err says what it should and nothing was left in into.
func refusedAs(t *testing.T, err error, into string, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("not refused; want an error about %v", words)
	}
	p := errs.Public(err)
	for _, w := range words {
		if !strings.Contains(p.Message+" "+p.HintMsg, w) {
			t.Errorf("the error says %q (%s), want %q in it", p.Message, p.HintMsg, w)
		}
	}
	if into == "" {
		return
	}
	if es, _ := os.ReadDir(into); len(es) > 0 {
		t.Errorf("%d things were left in %s", len(es), into)
	}
}

// object is the first key in the store with all of these parts in its name.
func (x *site) object(parts ...string) string {
	x.t.Helper()
	for info, err := range x.store.List(x.t.Context(), "") {
		if err != nil {
			x.t.Fatal(err)
		}
		all := true
		for _, p := range parts {
			all = all && strings.Contains(info.Key, p)
		}
		if all {
			return info.Key
		}
	}
	x.t.Fatalf("nothing in the store is called %v", parts)
	return ""
}

// spoil turns one byte of a stored object over.
func (x *site) spoil(key string) (mend func()) {
	x.t.Helper()
	f := filepath.Join(x.storeAt, filepath.FromSlash(key))
	was, err := os.ReadFile(f)
	if err != nil {
		x.t.Fatal(err)
	}
	b := append([]byte{}, was...)
	b[len(b)/2] ^= 0x40
	if err := os.WriteFile(f, b, 0o600); err != nil {
		x.t.Fatal(err)
	}
	return func() {
		if err := os.WriteFile(f, was, 0o600); err != nil {
			x.t.Fatal(err)
		}
	}
}

// backedUp is a site with a backup, a recovery key, and log of more than one
// segment behind it; its archiver has ended.
func backedUp(t *testing.T) (x *site, svc *Service, m *Manifest, key string) {
	t.Helper()
	x = newSite(t)
	x.exec(`insert into load values (1, 'first')`)
	svc = x.archive(nil)
	key, err := NewRecoveryKey(svc.cfg.Home, false) // the archiver is at work already
	if err != nil {
		t.Fatal(err)
	}
	if m, err = svc.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	x.exec(`insert into load values (2, 'second')`)
	x.exec(`select pg_logical_emit_message(false, 'fill', repeat(md5(random()::text), 600000))`) // more than a segment
	x.covered()
	x.exec(`insert into load values (3, 'third')`)
	x.covered()
	x.stop()
	x.stop = nil
	return x, svc, m, key
}

// restoreOf restores into a folder of its own.
func restoreOf(t *testing.T, s *Service, change func(*Target)) (into string, err error) {
	t.Helper()
	tg := Target{Into: filepath.Join(scratch(t), "into")}
	if change != nil {
		change(&tg)
	}
	_, err = s.Restore(t.Context(), tg, nil)
	return tg.Into, err
}

// reader is a machine that has nothing but a key.
func (x *site) reader(k *Keys) *Service {
	return Reader(Config{Stores: x.config().Stores, Home: scratch(x.t)}, k)
}

func TestMomentsAndFoldersThatCannotBe(t *testing.T) {
	_, svc, m, _ := backedUp(t)
	for name, c := range map[string]struct {
		change func(*Target)
		says   string
	}{
		"before the first backup":   {func(g *Target) { g.To = m.Started.Add(-time.Hour) }, "nothing earlier can be restored"},
		"in the future":             {func(g *Target) { g.To = time.Now().Add(time.Hour) }, "in the future"},
		"after the end of the log":  {func(g *Target) { time.Sleep(1100 * time.Millisecond); g.To = time.Now() }, "the stored log ends at"},
		"a position beyond the log": {func(g *Target) { g.LSN = pgrepl.LSN(1) << 40 }, "the stored log ends at"},
		"before any position":       {func(g *Target) { g.LSN = 1 }, "no backup ended before"},
		"no such backup":            {func(g *Target) { g.ID = "20010101T000000Z" }, "there is no backup"},
		"two targets":               {func(g *Target) { g.LSN, g.To = 1, m.Finished }, "not to both"},
	} {
		t.Run(name, func(t *testing.T) {
			into, err := restoreOf(t, svc, c.change)
			refusedAs(t, err, into, c.says)
		})
	}
	t.Run("a folder that is in use", func(t *testing.T) {
		dir := scratch(t)
		if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := svc.Restore(t.Context(), Target{Into: dir}, nil)
		refusedAs(t, err, "", "is not empty")
		if _, err := os.Stat(filepath.Join(dir, "mine")); err != nil {
			t.Error("the stranger's file is gone")
		}
	})
	t.Run("a machine without that PostgreSQL", func(t *testing.T) {
		m.Major, m.ID = 99, "20990101T000000Z"
		if err := svc.repo.sign(t.Context(), "base/"+m.ID, m); err != nil {
			t.Fatal(err)
		}
		into, err := restoreOf(t, svc, func(g *Target) { g.ID = m.ID })
		refusedAs(t, err, into, "PostgreSQL 99", "apt install postgresql-99")
	})
}

func TestDamageIsRefusedByName(t *testing.T) {
	x, svc, m, key := backedUp(t)
	away := func(t *testing.T, k string) func() {
		f := filepath.Join(x.storeAt, filepath.FromSlash(k))
		if err := os.Rename(f, f+".away"); err != nil {
			t.Fatal(err)
		}
		return func() { _ = os.Rename(f+".away", f) }
	}
	cut := func(t *testing.T, k string) func() {
		f := filepath.Join(x.storeAt, filepath.FromSlash(k))
		was, err := os.ReadFile(f)
		if err != nil || os.Truncate(f, int64(len(was)/2)) != nil {
			t.Fatal("it could not be cut")
		}
		return func() { _ = os.WriteFile(f, was, 0o600) }
	}
	segment := func(n uint64) string {
		return pgrepl.SegmentName(m.Timeline, uint64(m.Start)/uint64(m.SegmentSize)+n, m.SegmentSize)
	}
	for name, c := range map[string]struct {
		object string
		gone   bool // or cut short, or a byte turned over
		says   []string
	}{
		"a block that came in part":    {x.object("base/"+m.ID, "/data/000001"), false, []string{"/data/000001", "is damaged", "cut short"}},
		"a manifest somebody changed":  {"base/" + m.ID + "/manifest.json", false, []string{m.ID, "not signed"}},
		"a damaged block":              {x.object("base/"+m.ID, "/data/000002"), false, []string{"/data/000002", "is damaged"}},
		"a missing block":              {x.object("base/"+m.ID, "/data/000001"), true, []string{"/data/000001", "missing from the backup"}},
		"a damaged piece of the log":   {x.object("wal/00000001/", segment(0)), false, []string{segment(0), "is damaged"}},
		"a missing file of the log":    {x.object("wal/00000001/", segment(1)), true, []string{segment(1), "is missing", "--to-lsn"}},
		"the log that makes it whole":  {x.object("wal/00000001/", segment(0)), true, []string{segment(0), "is missing"}},
		"settings that cannot be read": {x.object("base/"+m.ID, "/settings/"), false, []string{"/settings/", "is damaged"}},
	} {
		t.Run(name, func(t *testing.T) {
			switch {
			case c.gone:
				defer away(t, c.object)()
			case strings.Contains(name, "in part"):
				defer cut(t, c.object)()
			default:
				defer x.spoil(c.object)()
			}
			into, err := restoreOf(t, svc, nil)
			refusedAs(t, err, into, c.says...)
		})
	}
	t.Run("another's key", func(t *testing.T) {
		other, err := NewRecoveryKey(scratch(t), false)
		if err != nil {
			t.Fatal(err)
		}
		k, err := ReadRecoveryKey([]byte(other))
		if err != nil {
			t.Fatal(err)
		}
		into, err := restoreOf(t, x.reader(k), nil)
		refusedAs(t, err, into, "not signed by")
		k.signer = nil // somebody who knows only the secret half
		into, err = restoreOf(t, x.reader(k), nil)
		refusedAs(t, err, into, "this key does not open")
	})
	t.Run("and what is whole comes back with the recovery key alone", func(t *testing.T) {
		k, err := ReadRecoveryKey([]byte(key))
		if err != nil {
			t.Fatal(err)
		}
		into, err := restoreOf(t, x.reader(k), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := loads(t, into); len(got) != 3 {
			t.Errorf("%v came back, want three loads", got)
		}
	})
}

func TestAStoreOfAnotherDatabaseIsLeftAlone(t *testing.T) {
	x := newSite(t)
	if err := put(t.Context(), x.config().Stores[0], repoKey, []byte(`{"format":1,"system_id":"7","signer":""}`)); err != nil {
		t.Fatal(err)
	}
	svc, err := Open(x.config())
	if err != nil {
		t.Fatal(err)
	}
	err = svc.engine.archiveOnce(t.Context())
	refusedAs(t, err, "", "another database", "folder or bucket of its own")
}

// A store that takes nothing is said, in the words a person can act on, and
// nothing counts as a backup; when it takes again all goes on.
func TestAStoreThatIsFullOrReadOnly(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	to := &refusing{Store: x.store}
	svc := x.archive(func(c *Config) { c.Stores[0].Blob = to })
	for cause, says := range map[error]string{syscall.ENOSPC: "the disk is full", syscall.EROFS: "make /srv/backups writable"} {
		to.set(cause)
		_, err := svc.Run(t.Context(), nil)
		refusedAs(t, err, "", says)
		x.exec(`insert into load select coalesce(max(id), 0) + 1, 'while it takes nothing' from load`)
		await(t, "the state to say so", func() bool { return svc.State().StoreProblem != "" })
		if all, err := svc.List(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("%d backups, %v", len(all), err)
		}
	}
	to.set(nil)
	x.covered()
	if _, err := svc.Run(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// refusing is a folder whose disk takes nothing, for the cause that is set.
type refusing struct {
	blob.Store
	mu    sync.Mutex
	cause error
}

func (r *refusing) set(cause error) { r.mu.Lock(); defer r.mu.Unlock(); r.cause = cause }

// Put implements blob.Store.
func (r *refusing) Put(ctx context.Context, key string, b io.Reader, size int64, contentType string) (blob.Info, error) {
	r.mu.Lock()
	cause := r.cause
	r.mu.Unlock()
	if cause != nil {
		return blob.Info{}, blob.WriteFailed("/srv/backups", cause)
	}
	return r.Store.Put(ctx, key, b, size, contentType)
}

func TestOfTwoArchiversWithPgBackRestOneYields(t *testing.T) {
	t.Parallel()
	x := newSiteWith(t, EnginePgBackRest)
	first := x.archive(nil)
	x.yields(t, first, first.cfg.Home)
}

func TestARoleWithoutReplicationIsToldTheGrant(t *testing.T) {
	x := newSite(t)
	cfg := x.config()
	cfg.DSN = x.pg.OwnerDSN()
	svc, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, err = svc.Run(t.Context(), nil)
	refusedAs(t, err, "", "truckflow_owner", "REPLICATION")
}

func TestOfTwoArchiversOneYields(t *testing.T) {
	x := newSite(t)
	first := x.archive(nil)
	for _, c := range []struct{ name, home string }{{"on the same machine", first.cfg.Home}, {"on another", scratch(t)}} {
		t.Run(c.name, func(t *testing.T) { x.yields(t, first, c.home) })
	}
}

func (x *site) yields(t *testing.T, first *Service, home string) {
	cfg := x.config()
	cfg.Home = home
	second, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); second.Archive(ctx) }()
	await(t, "the second to yield", func() bool { return strings.Contains(second.State().Archiver, "waiting") })
	if first.State().Archiver != "at work" {
		t.Errorf("the first is %q", first.State().Archiver)
	}
	x.exec(`insert into load select coalesce(max(id), 0) + 1, 'while two are there' from load`)
	x.covered()
	x.stop()
	await(t, "the second to take over", func() bool { return second.State().Archiver == "at work" })
	cancel()
	<-done
	ctx, cancel = context.WithCancel(context.Background())
	done = make(chan struct{})
	go func() { defer close(done); first.Archive(ctx) }()
	x.stop = func() { cancel(); <-done }
	await(t, "the first to be back", func() bool { return first.State().Archiver == "at work" })
}

// The role that docs/backup.md asks for can take backups and rehearse restores.
func TestTheDocumentedRoleSuffices(t *testing.T) {
	x := newSite(t)
	page, err := os.ReadFile("../../../docs/backup.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "```sql\n")
	sql, _, ok2 := strings.Cut(rest, "```")
	if !ok || !ok2 {
		t.Fatal("docs/backup.md has no statements for the role")
	}
	c, err := pgx.Connect(t.Context(), x.pg.SuperDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if _, err := c.Exec(t.Context(), strings.ReplaceAll(sql, "'…'", "'secret enough'")); err != nil {
		t.Fatalf("the documented statements: %v", err)
	}
	u, err := url.Parse(x.pg.OwnerDSN())
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("truckflow_backup", "secret enough")
	x.exec(`insert into load values (1, 'seen by a drill')`)
	svc := x.archive(func(c *Config) { c.DSN = u.String() })
	if _, err := svc.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	r, err := svc.Drill(t.Context(), "", 0, nil)
	if err != nil || !r.OK || r.Rows == 0 {
		t.Errorf("the drill says %+v, %v", r, err)
	}
}

func TestABackupDoesNotFillTheDisk(t *testing.T) {
	x := newSite(t)
	svc := x.archive(func(c *Config) { c.Stores[0].Dir = x.storeAt })
	if _, err := svc.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	svc.note(func(st *State) { st.BaseStored, st.DumpStored = 1<<50, 1<<50 })
	_, err := svc.Run(t.Context(), nil)
	refusedAs(t, err, "", "no room for another backup", "TRUCKFLOW_BACKUP_DIR")
	_, err = svc.Dump(t.Context(), nil)
	refusedAs(t, err, "", "no room for another backup")
	if all, err := svc.List(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%d backups, %v", len(all), err)
	}
	if st := svc.State(); st.BaseProblem == "" || st.DumpProblem == "" {
		t.Error("the state does not say that the last backup and dump failed")
	}
}
