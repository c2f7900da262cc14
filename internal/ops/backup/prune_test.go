package backup

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/ops/backup/pgbackrest"
	"truckflow/internal/platform/blob/versitygwtest"
)

// daily is a backup a day, the newest today, verified but for those named by
// their age in days.
func daily(now time.Time, days int, unverified ...int) (all []Listed) {
	for age := days - 1; age >= 0; age-- {
		at := now.Add(-time.Duration(age) * day)
		l := Listed{Manifest: Manifest{ID: newID(at), Started: at, Finished: at}}
		if !slices.Contains(unverified, age) {
			l.Verified = &Verified{At: at, How: "read"}
		}
		all = append(all, l)
	}
	return all
}

func TestWhichBackupsStay(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	keptAges := func(all []Listed, r Retention) (ages []int) {
		keep := retained(all, r, now)
		for i, l := range all {
			if keep[l.ID] {
				ages = append(ages, len(all)-1-i)
			}
		}
		return ages
	}
	short := Retention{All: 3 * day, Weekly: 3 * day, Total: 3 * day}
	for name, c := range map[string]struct {
		all  []Listed
		keep Retention
		want []int
	}{
		"a window of three days, and the one it begins from":   {daily(now, 10), short, []int{4, 3, 2, 1, 0}},
		"nothing is verified: nothing goes":                    {daily(now, 6, 0, 1, 2, 3, 4, 5), short, nil},
		"the newest verified stays, and what is newer":         {daily(now, 10, 0, 1, 2, 3, 4, 5), short, []int{6, 5, 4, 3, 2, 1, 0}},
		"one a week, then one a month, a verified one of each": {daily(now, 70), Retention{All: 2 * day, Weekly: 14 * day, Total: 60 * day}, []int{60, 55, 24, 14, 9, 3, 2, 1, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := keptAges(c.all, c.keep); !slices.Equal(got, c.want) {
				t.Errorf("ages %v stay, want %v", got, c.want)
			}
		})
	}
}

// A store that locks objects refuses: prune says so, goes on, and what it could
// not remove is as good as before.
func TestPruneOfAStoreThatLocks(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.s3 = bucket(t, versitygwtest.Start(t), LockFor(1, time.Now))
	svc := x.archive(nil)
	x.exec(`insert into load values (1, 'locked away')`)
	first, err := svc.Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	x.exec(`select pg_logical_emit_message(false, 'fill', repeat(md5(random()::text), 1200000))`) // more than two segments
	time.Sleep(1100 * time.Millisecond)                                                           // ids are by the second
	if _, err := svc.Run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	x.covered()
	x.stop()
	x.stop = nil
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
	if p := got[0]; p.Locked < 3 || len(p.Backups) != 0 || p.Kept != 2 {
		t.Errorf("pruned %+v", p)
	}
	all, err := later.List(t.Context())
	if err != nil || len(all) != 2 || all[0].Verified == nil {
		t.Errorf("the list has %+v, %v", all, err)
	}
	into, err := restoreOf(t, later, func(g *Target) { g.ID, g.LSN = first.ID, first.Stop })
	if err != nil {
		t.Fatal(err)
	}
	if ids := loads(t, into); !slices.Equal(ids, []int64{1}) {
		t.Errorf("%v came back", ids)
	}
}

func TestWhatIsLocked(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	lock := LockFor(30, func() time.Time { return now })
	for key, want := range map[string]bool{
		"repo.json": true, "base/20261125T120000Z/data/000001": true, "base/20261125T120000Z/manifest.sig": true, "base/20261125T120000Z/verified.json": false,
		"wal/00000001/000000010000000000000003": true, "wal/00000001/000000010000000000000003.00000000-00001000": false, "wal/00000002.history": true,
		"wal/covered.json": false, "files/ab/abcd": true, "journal/20261125T121436.000001Z": true, "dump/20261125T120000Z/data/000001": true,
	} {
		if until := lock(key); until.IsZero() == want || want && !until.Equal(now.Add(30*day)) {
			t.Errorf("%s is locked until %v", key, until)
		}
	}
}

func TestWhichDumpsStay(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	objects := map[string]int64{}
	for n := range 4 * 40 { // four a day for 40 days
		objects[fmt.Sprintf("dump/%s/manifest.sig", newID(now.Add(-time.Duration(n)*6*time.Hour)))] = 1
	}
	kept := map[bool]int{}
	for _, ok := range dumpsKept(objects, LocalKeep, now) {
		kept[ok]++
	}
	// 29 of the last week (both ends), one for each of the 24 days from 26 October to 18 November.
	if kept[true] != 29+24 {
		t.Errorf("%d of %d dumps stay, want 53", kept[true], len(objects))
	}
}

func TestAJournalOfTheBackupsOwnSecondCounts(t *testing.T) {
	for key, want := range map[string]bool{
		"journal/20261125T121435.999999Z": true,
		"journal/20261125T121436.000001Z": false,
		"journal/20261125T121437.000000Z": false,
	} {
		if got := journalBefore(key, "20261125T121436Z"); got != want {
			t.Errorf("%s before the backup: %v", key, got)
		}
	}
}

// What a later backup has replaced goes, with its log; what stays can be
// restored, uploads included.
func TestPruneLeavesWhatIsNeeded(t *testing.T) { engines(t, pruneLeavesWhatIsNeeded) }

func pruneLeavesWhatIsNeeded(t *testing.T, x *site) {
	put := func(key, text string) {
		if _, err := x.files.Put(t.Context(), key, strings.NewReader(text), -1, "text/plain"); err != nil {
			t.Fatal(err)
		}
	}
	put("acme/old", "deleted before the second backup")
	put("acme/kept", "in both")
	svc := x.archive(nil)
	first, err := svc.Run(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	x.exec(`select pg_logical_emit_message(false, 'fill', repeat(md5(random()::text), 1200000))`) // more than two segments
	if err := x.files.Delete(t.Context(), "acme/old"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1100 * time.Millisecond) // ids are by the second
	whole := ""
	if x.engine == EnginePgBackRest { // one that leans on the first would keep it
		whole = pgbackrest.Full
	}
	second, err := svc.RunKind(t.Context(), whole, nil)
	if err != nil {
		t.Fatal(err)
	}
	x.exec(`insert into load values (1, 'after both')`)
	x.covered()
	x.stop()
	x.stop = nil
	count := func(prefix string) (n int) {
		m, err := listStore(t.Context(), svc.cfg.Stores[0], prefix)
		if err != nil {
			t.Fatal(err)
		}
		return len(m)
	}
	log := func() int {
		have, _, err := svc.engine.segments(t.Context(), second.SegmentSize)
		if err != nil {
			t.Fatal(err)
		}
		return len(have)
	}
	cfg := x.config()
	cfg.Stores[0].Keep = LocalKeep
	cfg.Clock = clock.At(time.Now().Add(40 * day))
	later, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	wal := log()
	dry, err := later.Prune(t.Context(), true)
	if err != nil || log() != wal || count("base/"+first.ID) == 0 || dry[0].Objects == 0 {
		t.Errorf("a dry run: %+v, %v", dry, err)
	}
	got, err := later.Prune(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got[0].Backups, []string{first.ID}) || count("base/"+first.ID) != 0 || count("base/"+second.ID) == 0 {
		t.Errorf("pruned %+v", got)
	}
	if n := log(); n >= wal {
		t.Errorf("%d segments of the log before, %d after", wal, n)
	}
	if n := count("files/"); n != 1 {
		t.Errorf("%d uploads stay, want the one of the second backup", n)
	}
	into := filepath.Join(scratch(t), "into")
	r, err := later.Restore(t.Context(), Target{Into: into}, nil)
	if err != nil || r.Files != 1 {
		t.Fatalf("after the prune: %+v, %v", r, err)
	}
	if ids := loads(t, into); !slices.Equal(ids, []int64{1}) {
		t.Errorf("%v came back", ids)
	}
}
