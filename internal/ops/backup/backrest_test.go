package backup

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup/pgbackrest"
	"truckflow/internal/ops/pgmanager"
	"truckflow/internal/platform/blob/versitygwtest"
)

// flip turns one byte over in the first file below the store's folder that matches.
func (x *site) flip(pattern string) (mend func()) {
	x.t.Helper()
	files, err := filepath.Glob(filepath.Join(x.storeAt, CopiesPrefix, pattern))
	if err != nil || len(files) == 0 {
		x.t.Fatalf("no %s: %v", pattern, err)
	}
	was, err := os.ReadFile(files[0])
	if err != nil {
		x.t.Fatal(err)
	}
	b := slices.Clone(was)
	b[len(b)/2] ^= 0x40
	if err := os.WriteFile(files[0], b, 0o600); err != nil {
		x.t.Fatal(err)
	}
	return func() {
		if err := os.WriteFile(files[0], was, 0o600); err != nil {
			x.t.Fatal(err)
		}
	}
}

// pgBackRest's own verify ends with 0 on a damaged copy: we do not.
func TestADamagedCopyOfPgBackRestIsRefusedByName(t *testing.T) {
	t.Parallel()
	x := newSiteWith(t, EnginePgBackRest)
	x.exec(`insert into load select n, repeat(md5(n::text), 10) from generate_series(1, 20000) n`) // a file of its own
	svc := x.archive(nil)
	key, err := NewRecoveryKey(svc.cfg.Home, false)
	if err != nil {
		t.Fatal(err)
	}
	m, err := svc.Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	x.exec(`insert into load values (-1, 'after the backup')`)
	x.covered()
	x.exec(`insert into load values (-2, 'and another file of the log')`)
	x.covered()
	x.stop()
	x.stop = nil
	t.Run("a file of the copy", func(t *testing.T) {
		defer x.flip("backup/truckflow/*F/pg_data/base/*/*.zst")()
		_, err := svc.Verify(t.Context(), "", nil)
		refusedAs(t, err, "", m.Sets[0]+"/pg_data/base/", "is damaged")
		into, err := restoreOf(t, svc, nil)
		refusedAs(t, err, into, m.ID, "is damaged", "/base/")
		_, err = svc.Drill(t.Context(), "", 0, nil)
		refusedAs(t, err, "", m.ID, "is damaged")
	})
	t.Run("a file of the log", func(t *testing.T) {
		c, err := svc.chain(t.Context(), m, 0)
		if err != nil || len(c.links) < 2 {
			t.Fatalf("%d files of the log, %v", len(c.links), err)
		}
		name := c.links[len(c.links)-1].name
		defer x.flip("archive/truckflow/*/*/" + name + "-*")()
		_, err = svc.Verify(t.Context(), "", nil)
		refusedAs(t, err, "", name, "is damaged")
		into, err := restoreOf(t, svc, nil)
		refusedAs(t, err, into, name, "is damaged")
	})
	t.Run("a file of the log that is gone", func(t *testing.T) {
		c, err := svc.chain(t.Context(), m, 0)
		if err != nil || len(c.links) < 2 {
			t.Fatalf("%d files of the log, %v", len(c.links), err)
		}
		name := c.links[0].name
		files, _ := filepath.Glob(filepath.Join(x.storeAt, CopiesPrefix, "archive/truckflow/*/*/"+name+"-*"))
		if len(files) != 1 || os.Rename(files[0], filepath.Join(x.storeAt, "away")) != nil {
			t.Fatal(files)
		}
		defer os.Rename(filepath.Join(x.storeAt, "away"), files[0])
		into, err := restoreOf(t, svc, nil)
		refusedAs(t, err, into, name, "is missing")
	})
	t.Run("another's passphrase", func(t *testing.T) {
		svc.repo.keys.cipher = "guessed"
		defer func() { svc.repo.keys.cipher = "" }() // and is read from the backup's settings then
		_, err := svc.List(t.Context())
		refusedAs(t, err, "", "cannot read its repository")
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
		if got := loads(t, into); len(got) != 20002 {
			t.Errorf("%d loads came back, want 20002", len(got))
		}
	})
}

// Full copies, and those that hold only what changed since; a list with what
// pgBackRest has and we do not know of.
func TestKindsOfCopies(t *testing.T) {
	t.Parallel()
	x := newSiteWith(t, EnginePgBackRest)
	svc := x.archive(nil)
	var kinds []string
	for _, ask := range []string{"", "diff", ""} {
		x.exec(`insert into load select coalesce(max(id), 0) + 1, 'before ` + ask + `' from load`)
		time.Sleep(1100 * time.Millisecond) // ids are by the second
		m, err := svc.RunKind(t.Context(), ask, nil)
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, m.Kind)
	}
	if want := []string{"full", "diff", "incr"}; !slices.Equal(kinds, want) {
		t.Errorf("copies of kinds %v, want %v", kinds, want)
	}
	_, err := svc.RunKind(t.Context(), "half", nil)
	refusedAs(t, err, "", "no kind of copy", "full, diff")
	_, err = builtinOf(t).RunKind(t.Context(), "incr", nil)
	refusedAs(t, err, "", "TRUCKFLOW_BACKUP_ENGINE=pgbackrest")
	p, err := backrest{svc}.live(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	stray, err := p.Backup(t.Context(), 1, pgbackrest.Incr, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Expire(t.Context(), 1, mustSet(t, svc, 1), 10); err != nil { // behind our back
		t.Fatal(err)
	}
	all, err := svc.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	for _, l := range all {
		said[l.Kind] += l.Problem
	}
	if len(all) != 3 || said["full"] != "" || said["diff"] != "pgBackRest does not have it any more" {
		t.Errorf("the list says %v of %d, the stray being %s", said, len(all), stray)
	}
	into, err := restoreOf(t, svc, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := loads(t, into); !slices.Equal(got, []int64{1, 2, 3}) {
		t.Errorf("%v came back", got)
	}
}

// builtinOf is a service of our own engine that never comes to take anything.
func builtinOf(t *testing.T) *Service {
	t.Helper()
	s, err := Open(Config{Home: scratch(t), Stores: []Store{{Blob: folder(t, scratch(t))}}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustSet(t *testing.T, s *Service, i int) string {
	t.Helper()
	all, err := s.List(t.Context())
	if err != nil || len(all) <= i || len(all[i].Sets) == 0 {
		t.Fatalf("%d backups, %v", len(all), err)
	}
	return all[i].Sets[0]
}

// A copy that another leans on stays with it, though its own time is over.
func TestPruneKeepsWhatACopyLeansOn(t *testing.T) {
	t.Parallel()
	x := newSiteWith(t, EnginePgBackRest)
	svc := x.archive(nil)
	for range 3 { // full, incr, incr
		time.Sleep(1100 * time.Millisecond)
		if _, err := svc.Run(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	cfg := x.config()
	cfg.Stores[0].Keep = LocalKeep
	cfg.Clock = clock.At(time.Now().Add(40 * day))
	later, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	got, err := later.Prune(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	all, err := later.List(t.Context())
	if err != nil || len(got[0].Backups)+len(all) != 3 || all[0].Kind != "full" || got[0].Kept != len(all) {
		t.Fatalf("pruned %+v; %d stay, %v", got, len(all), err)
	}
	if into, err := restoreOf(t, later, nil); err != nil {
		t.Errorf("after the prune %s: %v", into, err)
	}
}

// The whole way over a real S3 store and nothing else, with the key alone.
func TestPgBackRestOverS3(t *testing.T) {
	t.Parallel()
	gw := versitygwtest.StartTLS(t)
	x := newSiteWith(t, EnginePgBackRest)
	x.exec(`insert into load select n, 'far away' from generate_series(1, 500) n`)
	if _, err := x.files.Put(t.Context(), "acme/1", strings.NewReader("a paper"), -1, "text/plain"); err != nil {
		t.Fatal(err)
	}
	remote := Store{Name: "S3", Blob: bucket(t, gw, nil), Keep: RemoteKeep, Copies: CopiesIn(gw.Endpoint, pgbackrest.S3{Bucket: "backup", AccessKey: gw.AccessKey, Secret: gw.SecretKey, CertificateOfStore: gw.CA})}
	svc := x.archive(func(c *Config) { c.Stores = append(c.Stores, remote) })
	text, err := NewRecoveryKey(svc.cfg.Home, false)
	if err != nil {
		t.Fatal(err)
	}
	m, err := svc.Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Sets) != 2 {
		t.Errorf("copies %v, want one in each store", m.Sets)
	}
	x.exec(`insert into load values (501, 'after the backup')`)
	now := time.Now()
	await(t, "both stores to have it", func() bool { return svc.State().CoveredAll.After(now) })
	if _, err := svc.Prune(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	x.halt()
	if err := os.RemoveAll(x.storeAt); err != nil { // the site burns down
		t.Fatal(err)
	}
	k, err := ReadRecoveryKey([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	into, err := restoreOf(t, Reader(Config{Stores: []Store{remote}, Home: scratch(t)}, k), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := loads(t, into); len(got) != 501 {
		t.Errorf("%d loads came back, want 501", len(got))
	}
	if b, err := os.ReadFile(filepath.Join(into, "files/acme/1")); err != nil || !strings.Contains(string(b), "a paper") {
		t.Errorf("the upload: %v", err)
	}
}

// A server of the customer's own is told what it lacks, and with exactly that
// its log is archived.
func TestAServerOfOnesOwnIsToldTheSettings(t *testing.T) {
	t.Parallel()
	x := newSite(t) // archives nothing
	x.engine = EnginePgBackRest
	if err := os.Mkdir(filepath.Join(x.dir, "truckflow"), 0o711); err != nil { // as a data folder is made
		t.Fatal(err)
	}
	open := func() *Service {
		cfg := x.config()
		cfg.Managed, cfg.Home = false, filepath.Join(x.dir, "truckflow", "backup")
		svc, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return svc
	}
	_, err := open().Run(t.Context(), nil)
	refusedAs(t, err, "", "archive_mode is off", "ALTER SYSTEM SET archive_mode = on;", "archive-push", "archive_timeout = '0s'")
	hint := errs.Public(err).HintMsg
	c, err := pgx.Connect(t.Context(), x.pg.SuperDSN())
	if err != nil {
		t.Fatal(err)
	}
	for sql := range strings.SplitSeq(strings.TrimPrefix(hint, "as a superuser: "), "; ") {
		if strings.HasPrefix(sql, "ALTER") {
			if _, err := c.Exec(t.Context(), sql); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
		}
	}
	_ = c.Close(context.Background())
	if err := x.pg.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if x.pg, err = pgmanager.Start(t.Context(), pgmanager.Config{Dir: filepath.Join(x.dir, "postgres"), MemoryMB: 1024}); err != nil {
		t.Fatal(err)
	}
	if _, err := open().Run(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

func TestWhichKindIsDue(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	set := func(kind string, age time.Duration) pgbackrest.Set {
		return pgbackrest.Set{Kind: kind, Began: now.Add(-age)}
	}
	for name, c := range map[string]struct {
		sets []pgbackrest.Set
		want string
	}{
		"nothing yet":               {nil, "full"},
		"a week is over":            {[]pgbackrest.Set{set("full", 7*day), set("diff", 6*time.Hour)}, "full"},
		"a day is over":             {[]pgbackrest.Set{set("full", 3*day), set("diff", 24*time.Hour), set("incr", 6*time.Hour)}, "diff"},
		"six hours are":             {[]pgbackrest.Set{set("full", 3*day), set("diff", 12*time.Hour), set("incr", 6*time.Hour)}, "incr"},
		"the first day":             {[]pgbackrest.Set{set("full", 6*time.Hour)}, "incr"},
		"the full one is not sound": {[]pgbackrest.Set{{Kind: "full", Began: now.Add(-day), Bad: true}}, "full"},
	} {
		if got := dueKind(c.sets, now); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
