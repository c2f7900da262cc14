// Package upgrade says, before anything is touched, whether this program can take
// over the database that runs now: room, a backup that was proved good, the
// migrations tried and timed on a restored copy of it with what they lock, whether
// the old program can go on beside the new one, and what the way back is.
package upgrade

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup"
	"truckflow/internal/ops/usage"
	"truckflow/internal/platform/pg"
)

// State is how an item stands.
type State string

// The states. A warning is for a person to weigh; only Bad says no.
const (
	OK   State = "ok"
	Warn State = "warn"
	Bad  State = "bad"
)

// Thresholds.
const (
	freshBackup = 26 * time.Hour   // a day and the time that one takes
	freshProof  = 48 * time.Hour   // since a backup was last proved good
	freshLog    = 5 * time.Minute  // of the log not yet stored
	longLock    = 2 * time.Second  // people notice
	bigTable    = 64 << 20         // bytes: on a busy table that grows, a lock grows with it
	spareRoom   = 1 << 30          // bytes, beside what the migrations write
	copyTimeout = 60 * time.Minute // of the rehearsal
)

// Item is one thing looked at.
type Item struct {
	ID     string `json:"id"`
	State  State  `json:"state"`
	Found  string `json:"found"`
	Advice string `json:"advice,omitempty"`
}

// Report is the whole answer.
type Report struct {
	Program  string        `json:"program"`
	OK       bool          `json:"ok"` // nothing is Bad
	Items    []Item        `json:"items"`
	Pending  int           `json:"pending"`         // migrations this program brings
	Ahead    []string      `json:"ahead,omitempty"` // applied ones it does not know
	Steps    []pg.Step     `json:"steps,omitempty"` // as rehearsed
	Backup   string        `json:"backup,omitempty"`
	Restored time.Duration `json:"restored_ns,omitempty"` // how long the copy took
	Migrated time.Duration `json:"migrated_ns,omitempty"` // all steps together
}

func (r *Report) add(id string, s State, advice, format string, a ...any) {
	r.Items = append(r.Items, Item{id, s, fmt.Sprintf(format, a...), advice})
}

// Config says what is looked at.
type Config struct {
	DSN        string                                                   // the running database's, as its owner
	Data       string                                                   // the folder that grows with it; "" where the database lies elsewhere
	Scratch    string                                                   // for the copy
	Backup     *backup.Service                                          // nil where the program takes none
	Migrations fs.FS                                                    // what this program brings
	Apply      func(ctx context.Context, dsn string) ([]pg.Step, error) // brings a copy up to date, as the program's start does
	Program    string
	Clock      clock.Clock
	Progress   backup.Progress
}

// Check looks. An error means that it could not; what it found wrong is in the report.
func Check(ctx context.Context, c Config) (*Report, error) {
	r := &Report{Program: c.Program}
	var err error
	if r.Ahead, r.Pending, err = pg.Ahead(ctx, c.DSN, c.Migrations); err != nil {
		return nil, err
	}
	r.schema()
	grown := int64(0)
	if c.Backup == nil {
		r.add("backup", Bad, "set TRUCKFLOW_BACKUP_DATABASE_URL, or take one with your own tool and weigh this yourself", "this program takes no backups of this database: nothing can be rehearsed, and there is no way back but your own")
	} else {
		if err := r.backup(ctx, c); err != nil {
			return nil, err
		}
		if grown, err = r.rehearse(ctx, c); err != nil {
			return nil, err
		}
	}
	if err := r.room(c, grown); err != nil {
		return nil, err
	}
	r.beside()
	r.OK = !slices.ContainsFunc(r.Items, func(i Item) bool { return i.State == Bad })
	return r, nil
}

func (r *Report) schema() {
	switch {
	case len(r.Ahead) > 0 && r.Pending > 0:
		r.add("schema", Bad, "use a program built from one line of history", "the database has steps this program does not know (%s), and lacks %d that it brings", strings.Join(r.Ahead, ", "), r.Pending)
	case len(r.Ahead) > 0:
		r.add("schema", Warn, "this is the older program: it is a way back, not an upgrade", "the database is %d steps ahead of this program", len(r.Ahead))
	case r.Pending == 0:
		r.add("schema", OK, "", "nothing to migrate")
	default:
		r.add("schema", OK, "", "%d migrations to apply", r.Pending)
	}
}

func (r *Report) backup(ctx context.Context, c Config) error {
	st, err := c.Backup.Status(ctx)
	if err != nil {
		return err
	}
	age := func(at time.Time) time.Duration { return c.Clock.Now().Sub(at).Round(time.Second) }
	switch {
	case st.Newest == nil:
		r.add("backup", Bad, "truckflow backup run", "there is no backup")
	case age(st.Newest.Started) > freshBackup:
		r.add("backup", Bad, "truckflow backup run", "the newest backup is %s old", age(st.Newest.Started))
	case st.Verified == nil || age(*st.Verified) > freshProof:
		r.add("backup", Bad, "truckflow backup verify", "no backup was proved good in the last two days")
	case st.RPONow < 0 || st.RPONow > freshLog:
		r.add("backup", Warn, "truckflow backup status says how the archiver is", "a good backup of %s ago; the log since then is not all stored", age(st.Newest.Started))
	default:
		r.add("backup", OK, "", "a good backup of %s ago, the log stored up to %s ago", age(st.Newest.Started), st.RPONow.Round(time.Second))
	}
	return nil
}

// rehearse applies the migrations to a copy, and says by how much it grew.
func (r *Report) rehearse(ctx context.Context, c Config) (grown int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, copyTimeout)
	defer cancel()
	var failed error
	got, err := c.Backup.OnCopy(ctx, c.Scratch, c.Progress, func(ctx context.Context, dsn string) error {
		before, err := size(ctx, dsn)
		if err != nil {
			return err
		}
		began := c.Clock.Now()
		r.Steps, failed = c.Apply(ctx, dsn)
		r.Migrated = c.Clock.Now().Sub(began)
		after, err := size(ctx, dsn)
		grown = after - before
		return err
	})
	switch errs.KindOf(err) {
	case "":
	case errs.KindNotFound, errs.KindUnavailable, errs.KindConflict, errs.KindInvalid, errs.KindUnsupported:
		p := errs.Public(err)
		r.add("rehearsal", Bad, p.HintMsg, "the newest backup could not be restored to try on: %s", p.Message)
		return 0, nil
	default:
		return 0, err
	}
	r.Backup, r.Restored = got.Backup, got.Took
	if failed != nil {
		r.add("rehearsal", Bad, "do not upgrade: the running database would refuse it the same way, at the same step", "on a copy (backup %s) the migrations fail: %v", got.Backup, failed)
		return grown, nil
	}
	r.add("rehearsal", OK, "", "on a copy (backup %s, %s restored in %s) %d steps took %s", got.Backup, usage.Size(got.Bytes), got.Took.Round(time.Millisecond), len(r.Steps), r.Migrated.Round(time.Millisecond))
	r.locks()
	return grown, nil
}

// locks tells what people would notice.
func (r *Report) locks() {
	var bad []string
	for _, s := range r.Steps {
		for _, l := range s.Locks {
			what := "nobody can write"
			if l.Reads {
				what = "nobody can read"
			}
			if s.Took >= longLock || l.Bytes >= bigTable && s.Took >= longLock/10 {
				bad = append(bad, fmt.Sprintf("%s: %s %s (%s, about %d rows) for up to %s", s.Name, what, l.Table, usage.Size(l.Bytes), l.Rows, s.Took.Round(time.Millisecond)))
			}
		}
	}
	if len(bad) > 0 {
		r.add("locks", Warn, "upgrade at a quiet hour; requests wait meanwhile", "%s", strings.Join(bad, "; "))
		return
	}
	r.add("locks", OK, "", "no step keeps a table that people use for a time they notice")
}

// room wants place for what the migrations write: the tables twice, while old rows
// and new ones are there, and their log.
func (r *Report) room(c Config, grown int64) error {
	if c.Data == "" {
		r.add("room", Warn, "look at the database server's disk", "the database lies on another machine; it grows by about %s", usage.Size(3*max(0, grown)))
		return nil
	}
	disk, err := usage.DiskOf(c.Data)
	if err != nil {
		return err
	}
	free := disk.Free
	need := 3*max(0, grown) + spareRoom
	if free < need {
		r.add("room", Bad, "free space on the disk of "+c.Data, "%s free, %s are needed", usage.Size(free), usage.Size(need))
		return nil
	}
	r.add("room", OK, "", "%s free, %s are needed", usage.Size(free), usage.Size(need))
	return nil
}

// beside says whether old and new run together, and the way back.
func (r *Report) beside() {
	var contracts, broken []string
	for _, s := range r.Steps {
		switch {
		case s.Needs != "":
			contracts = append(contracts, fmt.Sprintf("%s (for programs that know %s)", s.Name, s.Needs))
		case len(s.Breaks) > 0:
			broken = append(broken, s.Name+": "+strings.Join(s.Breaks, ", "))
		}
	}
	const restore = "truckflow backup restore --to TIME brings the database of before back, and loses what came since"
	switch {
	case len(broken) > 0:
		r.add("together", Bad, "stop every old instance first", "the old program cannot go on while these steps stand: %s", strings.Join(broken, "; "))
		r.add("back", Warn, restore, "the old program cannot run on the new schema")
	case len(contracts) > 0:
		r.add("together", Warn, "upgrade every instance to the release before this one first", "only recent programs go on beside this one: %s", strings.Join(contracts, ", "))
		r.add("back", Warn, restore, "only recent programs run on the new schema; older ones refuse to start")
	default:
		r.add("together", OK, "", "every step only adds: old and new instances run side by side")
		r.add("back", OK, "", "start the old program again: it runs on the new schema")
	}
}

// size is how large a database is.
func size(ctx context.Context, dsn string) (n int64, err error) {
	c, err := pg.ConnectPrimary(ctx, dsn)
	if err != nil {
		return 0, err
	}
	defer c.Close(context.WithoutCancel(ctx))
	err = c.QueryRow(ctx, "select pg_database_size(current_database())").Scan(&n)
	return n, err
}
