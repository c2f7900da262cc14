package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup/pgrepl"
)

// DrillReport is what a rehearsal of a restore found. It is only good when OK.
type DrillReport struct {
	At        time.Time     `json:"at"`
	OK        bool          `json:"ok"`
	Problem   string        `json:"problem,omitempty"`
	Backup    string        `json:"backup"`
	RTO       time.Duration `json:"rto_ns"` // from nothing to a database that takes writes
	Copied    time.Duration `json:"copied_ns"`
	Replayed  time.Duration `json:"replayed_ns"`
	RPO       time.Duration `json:"rpo_ns"` // what losing the machine at the drill's start would have cost
	Bytes     int64         `json:"bytes"`
	Tables    int           `json:"tables"`
	Rows      int64         `json:"rows"`
	Exact     bool          `json:"exact"` // compared with the primary at the very same position in the log
	Different []string      `json:"different,omitempty"`
	Indexes   int           `json:"indexes"` // checked with amcheck
	Files     int           `json:"files"`   // uploads opened
	Target    pgrepl.LSN    `json:"target"`
}

// drillsKept is a year of weekly ones, and some that people asked for.
const drillsKept = 80

// Drill restores the newest backup and the log beside the running database,
// compares the two, and removes the copy. scratch is where ("": the system's
// temporary folder); files is how many uploads are opened.
func (s *Service) Drill(ctx context.Context, scratch string, files int, progress Progress) (*DrillReport, error) {
	release, err := s.exclusively("a drill")
	if err != nil {
		return nil, err
	}
	defer release()
	r := &DrillReport{At: s.cfg.Clock.Now()}
	err = s.drill(ctx, r, scratch, files, progress)
	r.OK = err == nil && len(r.Different) == 0
	if err != nil {
		r.Problem = errs.Public(err).Message
	} else if len(r.Different) > 0 {
		r.Problem = "these tables are not what they are in the database: " + strings.Join(r.Different, ", ")
	}
	if ctx.Err() == nil {
		s.note(func(st *State) {
			st.LastDrill = r
			st.Drills = append(st.Drills, *r)
			st.Drills = st.Drills[max(0, len(st.Drills)-drillsKept):]
		})
	}
	return r, err
}

func (s *Service) drill(ctx context.Context, r *DrillReport, scratch string, files int, progress Progress) error {
	if rpo, ok := s.State().RPO(r.At); ok {
		r.RPO = rpo
	}
	was, err := s.fingerprint(ctx)
	if err != nil {
		return err
	}
	r.Target, r.Exact = was.at, was.quiet
	if err := s.awaitStored(ctx, was.at); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(scratch, "truckflow-drill-*")
	if err != nil {
		return errs.Unavailable("there is no place for a drill").Wrap(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o711); err != nil {
		return err
	}
	got, err := s.restore(ctx, Target{Into: filepath.Join(dir, "data"), LSN: was.at, NoFile: true}, progress)
	if err != nil {
		return err
	}
	r.Backup, r.RTO, r.Copied, r.Replayed, r.Bytes = got.Backup, got.Took, got.Copied, got.Replayed, got.Bytes
	err = s.compare(ctx, r, was, got)
	if err == nil {
		err = s.openSome(ctx, r, got.Backup, files)
	}
	err = errors.Join(err, got.close(context.WithoutCancel(ctx)), got.discard())
	if err == nil && len(r.Different) == 0 && s.repo.keys.sign != nil {
		err = s.mark(ctx, r.Backup, "restored")
	}
	return err
}

// awaitStored waits until the log up to at is in the repository.
func (s *Service) awaitStored(ctx context.Context, at pgrepl.LSN) error {
	m, err := s.repo.pick(ctx, "", time.Time{})
	if err != nil {
		return err
	}
	for deadline := s.cfg.Clock.Now().Add(2 * time.Minute); ; {
		c, err := s.chain(ctx, m, at)
		if err == nil && c.reaches(at) {
			return nil
		}
		if err == nil {
			err = s.engineOf(m).nudge(ctx)
		}
		if s.cfg.Clock.Now().After(deadline) {
			return errs.Unavailable("the log up to %s was not stored within two minutes", at).Hint("truckflow backup status says how the archiver is").Wrap(err)
		}
		if sleep(ctx, 250*time.Millisecond); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// prints is the content of a database at one position of its log.
type prints struct {
	at    pgrepl.LSN
	quiet bool // no transaction was running at it, so a restore to at must be the same to the byte
	table map[string]print
}

type print struct {
	rows int64
	sum  string
}

// fingerprint counts and sums every table of the program's database as of one
// position in the log, without holding anybody up. The position is exact when
// no transaction with an effect was under way between two looks around it; it
// waits a little for such a moment.
func (s *Service) fingerprint(ctx context.Context) (p prints, err error) {
	c, err := s.sql(ctx, s.cfg.Database)
	if err != nil {
		return p, err
	}
	defer c.Close(context.WithoutCancel(ctx))
	watch, err := s.sql(ctx, s.cfg.Database)
	if err != nil {
		return p, err
	}
	defer watch.Close(context.WithoutCancel(ctx))
	for try := 0; ; try++ {
		if _, err := c.Exec(ctx, "begin isolation level repeatable read read only"); err != nil {
			return p, err
		}
		var before, after, at string
		if err := c.QueryRow(ctx, "select pg_current_snapshot()::text").Scan(&before); err != nil {
			return p, err
		}
		if err := watch.QueryRow(ctx, "select pg_current_wal_insert_lsn()::text").Scan(&at); err != nil {
			return p, err
		}
		if err := watch.QueryRow(ctx, "select pg_current_snapshot()::text").Scan(&after); err != nil {
			return p, err
		}
		if p.at, err = pgrepl.ParseLSN(at); err != nil {
			return p, err
		}
		// xmin:xmax: — nothing in progress, and nothing begun since.
		f := strings.Split(before, ":")
		p.quiet = before == after && len(f) == 3 && f[0] == f[1]
		if p.quiet || try >= 200 {
			break
		}
		if _, err := c.Exec(ctx, "rollback"); err != nil {
			return p, err
		}
		sleep(ctx, time.Duration(7+try*13%41)*time.Millisecond) // out of step with whatever writes regularly
	}
	p.table, err = sums(ctx, c)
	if err != nil {
		return p, err
	}
	_, err = c.Exec(ctx, "commit")
	if err == nil { // so that the log surely goes on past the position
		_, err = watch.Exec(ctx, "select pg_logical_emit_message(true, 'truckflow.drill', '')")
	}
	return p, err
}

// sums reads every ordinary table; the order of rows does not matter. It needs
// a role that sees past row security, as a superuser does.
func sums(ctx context.Context, c *pgx.Conn) (map[string]print, error) {
	rows, err := c.Query(ctx, `select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where c.relkind = 'r' and c.relpersistence = 'p' and n.nspname not in ('pg_catalog', 'information_schema') order by 1`)
	if err != nil {
		return nil, err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	if _, err := c.Exec(ctx, "set row_security = off; set timezone = 'UTC'; set statement_timeout = 0; set bytea_output = 'hex'; set extra_float_digits = 1"); err != nil {
		return nil, err
	}
	out := make(map[string]print, len(names))
	for _, name := range names {
		var p print
		err := c.QueryRow(ctx, `select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text from `+name+` t`).Scan(&p.rows, &p.sum)
		if err != nil {
			return nil, errs.Forbidden("the table %s cannot be read for the comparison", name).Hint("drills need a superuser or a role with BYPASSRLS and pg_read_all_data").Wrap(err)
		}
		out[name] = p
	}
	return out, nil
}

// compare looks at the restored database: indexes, then content.
func (s *Service) compare(ctx context.Context, r *DrillReport, was prints, got *Restored) error {
	c, err := got.connect(ctx, got.database)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	if r.Indexes, err = checkIndexes(ctx, c); err != nil {
		return err
	}
	now, err := sums(ctx, c)
	if err != nil {
		return err
	}
	for name, a := range was.table {
		b, ok := now[name]
		r.Tables++
		r.Rows += b.rows
		if !ok || was.quiet && a != b {
			r.Different = append(r.Different, name)
		}
	}
	for name := range now {
		if _, ok := was.table[name]; !ok && was.quiet {
			r.Different = append(r.Different, name)
		}
	}
	slices.Sort(r.Different)
	return nil
}

// checkIndexes proves every B-tree's order, and that the table's rows are in it.
func checkIndexes(ctx context.Context, c *pgx.Conn) (n int, err error) {
	if _, err := c.Exec(ctx, "create extension if not exists amcheck"); err != nil {
		return 0, errs.Unavailable("the restored indexes cannot be checked").Hint("amcheck comes with PostgreSQL's contrib modules").Wrap(err)
	}
	if _, err := c.Exec(ctx, "set statement_timeout = 0"); err != nil {
		return 0, err
	}
	err = c.QueryRow(ctx, `select count(*) from (select bt_index_check(c.oid, i.indisunique) from pg_index i
		join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
		where a.amname = 'btree' and c.relkind = 'i' and c.relpersistence = 'p' and i.indisready and i.indisvalid) x`).Scan(&n)
	if err != nil {
		return 0, errs.Conflict("an index of the restored database is damaged").Wrap(err)
	}
	_, err = c.Exec(ctx, "drop extension amcheck")
	return n, err
}

// openSome opens uploads at random, whole.
func (s *Service) openSome(ctx context.Context, r *DrillReport, id string, n int) error {
	m, err := s.repo.pick(ctx, id, time.Time{})
	if err != nil {
		return err
	}
	index, err := s.repo.index(ctx, m, time.Time{})
	if err != nil {
		return err
	}
	for _, u := range index { // a map's order is random enough
		if r.Files >= n {
			break
		}
		if err := s.fetchUpload(ctx, discard{}, u); err != nil {
			return err
		}
		r.Files++
	}
	return nil
}

// String is the report as a person reads it.
func (r DrillReport) String() string {
	how := "the same to the last row"
	if !r.Exact {
		how = "present (the database was too busy for a comparison row by row)"
	}
	if !r.OK {
		how = "NOT in order: " + r.Problem
	}
	return fmt.Sprintf("backup %s restored to %s in %s (copy %s, log %s): %d tables, %d rows, %d indexes, %d uploads %s; losing the machine then would have cost %s",
		r.Backup, r.Target, r.RTO.Round(time.Millisecond), r.Copied.Round(time.Millisecond), r.Replayed.Round(time.Millisecond), r.Tables, r.Rows, r.Indexes, r.Files, how, r.RPO.Round(time.Millisecond))
}
