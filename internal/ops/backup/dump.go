package backup

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/lines"
	"truckflow/internal/ops/pgmanager"
)

// Dump is a portable archive of the program's database: what pg_dump writes in its
// custom format. Slower to come back from than a base backup and as old as it
// is, but any PostgreSQL of the same or a later version takes it.
type Dump struct {
	ID       string        `json:"id"`
	Started  time.Time     `json:"started"`
	Finished time.Time     `json:"finished"`
	Program  string        `json:"program"`
	Schema   string        `json:"schema"`
	Database string        `json:"database"`
	Chunks   []Chunk       `json:"chunks,omitempty"`
	Bytes    int64         `json:"bytes"`
	Stored   int64         `json:"stored"`
	Took     time.Duration `json:"took_ns"`
}

// DumpEvery is the specification's backup frequency.
const DumpEvery = 6 * time.Hour

// Dump takes a portable archive and proves it by having pg_restore read all of it.
func (s *Service) Dump(ctx context.Context, progress Progress) (*Dump, error) {
	release, err := s.exclusively("a dump")
	if err != nil {
		return nil, err
	}
	defer release()
	d, err := s.dump(ctx, progress)
	if ctx.Err() == nil {
		s.note(func(st *State) { st.DumpProblem = problem(err) })
	}
	return d, err
}

func (s *Service) dump(ctx context.Context, progress Progress) (*Dump, error) {
	if s.repo.keys.sign == nil {
		return nil, errs.Forbidden("a recovery key can restore, not back up")
	}
	if _, err := s.repo.keys.renew(s.cfg.Home, s.cfg.Recipient); err != nil {
		return nil, err
	}
	if err := s.roomy(s.State().DumpStored); err != nil {
		return nil, err
	}
	began := s.cfg.Clock.Now()
	stamp, err := s.nextStamp(ctx, time.Second)
	if err != nil {
		return nil, err
	}
	d := &Dump{ID: newID(stamp), Started: began, Program: s.cfg.Program, Schema: s.cfg.Schema, Database: s.cfg.Database}
	cmd, errOut, err := s.client(ctx, "pg_dump", s.cfg.DSN, s.cfg.Database, "--format=custom", "--compress=0")
	if err != nil {
		return nil, err
	}
	p := newPacker(ctx, s.repo, progress.step("dump", 0))
	w := p.writer("dump/"+d.ID+"/data", &d.Chunks)
	cmd.Stdout = w
	err = errors.Join(cmd.Run(), w.Close())
	if werr := p.crew.wait(); werr != nil {
		return nil, werr
	}
	if err != nil {
		return nil, errs.Unavailable("pg_dump failed: %s", lines.First(errOut.String())).Wrap(err)
	}
	d.Bytes, d.Stored = p.bytes, p.stored
	if err := s.checkDump(ctx, d); err != nil {
		return nil, err
	}
	d.Finished = s.cfg.Clock.Now()
	d.Took = d.Finished.Sub(began)
	if err := s.repo.sign(ctx, "dump/"+d.ID, d); err != nil {
		return nil, err
	}
	s.note(func(st *State) { st.LastDump, st.DumpStored = d.Finished, d.Stored })
	return d, s.repo.push(ctx)
}

// checkDump has pg_restore read the archive to its end.
func (s *Service) checkDump(ctx context.Context, d *Dump) error {
	cmd, errOut, err := s.client(ctx, "pg_restore", "", "", "--file=/dev/null")
	if err != nil {
		return err
	}
	in := s.repo.read(ctx, d.Chunks, nil)
	defer in.Close()
	cmd.Stdin = in
	if err := cmd.Run(); err != nil {
		return errs.Conflict("the dump %s cannot be read back: %s", d.ID, lines.First(errOut.String())).Wrap(err)
	}
	return nil
}

// client is one of PostgreSQL's client programs, its password in the environment
// and never among the arguments, which everybody on the machine can read.
func (s *Service) client(ctx context.Context, program, dsn, database string, args ...string) (*exec.Cmd, *bytes.Buffer, error) {
	path := ""
	if b, err := pgmanager.Find(s.cfg.PGBin); err == nil {
		path = filepath.Join(b.Dir, program)
	}
	if _, err := os.Stat(path); err != nil {
		if path, err = exec.LookPath(program); err != nil {
			return nil, nil, errs.Unavailable("%s is not installed", program).Hint("apt install postgresql-client").Wrap(err)
		}
	}
	cmd := exec.CommandContext(ctx, path, append([]string{"--no-password"}, args...)...)
	for _, e := range os.Environ() { // nothing of ours that is secret goes along
		if strings.HasPrefix(e, "PATH=") || strings.HasPrefix(e, "HOME=") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, "LC_ALL=C")
	if program == "pg_restore" && dsn == "" {
		cmd.Args = append(cmd.Args[:1], args...)
	}
	if dsn != "" {
		c, err := pgx.ParseConfig(dsn)
		if err != nil {
			return nil, nil, errs.Invalid("the database's address cannot be read").Wrap(err)
		}
		cmd.Env = append(cmd.Env, "PGHOST="+c.Host, "PGPORT="+strconv.Itoa(int(c.Port)), "PGUSER="+c.User, "PGPASSWORD="+c.Password, "PGDATABASE="+cmp.Or(database, c.Database))
		if u, err := url.Parse(dsn); err == nil {
			if mode := u.Query().Get("sslmode"); mode != "" {
				cmd.Env = append(cmd.Env, "PGSSLMODE="+mode)
			}
			if root := u.Query().Get("sslrootcert"); root != "" {
				cmd.Env = append(cmd.Env, "PGSSLROOTCERT="+root)
			}
		}
	}
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	return cmd, &errOut, nil
}

// Dumps lists the portable archives, oldest first.
func (s *Service) Dumps(ctx context.Context) ([]Dump, error) {
	keys, err := s.repo.list(ctx, "dump/")
	if err != nil {
		return nil, err
	}
	var out []Dump
	for k := range keys {
		id, ok := strings.CutSuffix(strings.TrimPrefix(k, "dump/"), "/manifest.sig")
		if !ok || !backupID.MatchString(id) {
			continue
		}
		var d Dump
		if err := s.repo.signed(ctx, "dump/"+id, &d); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b Dump) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}

// RestoreDump loads archive id ("": the newest) into the empty database at dsn,
// in one transaction: whole or not at all. Roles are not part of it; `truckflow
// serve` makes its own when it starts there.
func (s *Service) RestoreDump(ctx context.Context, id, dsn string, progress Progress) (*Dump, error) {
	all, err := s.Dumps(ctx)
	if err != nil {
		return nil, err
	}
	i := len(all) - 1
	if id != "" {
		i = slices.IndexFunc(all, func(d Dump) bool { return d.ID == id })
	}
	if i < 0 {
		return nil, errs.NotFound("there is no such dump").Hint("truckflow backup list --dumps shows them; truckflow backup dump takes one")
	}
	d := &all[i]
	if err := emptyDatabase(ctx, dsn); err != nil {
		return nil, err
	}
	cmd, errOut, err := s.client(ctx, "pg_restore", dsn, "", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")
	if err != nil {
		return nil, err
	}
	c, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	cmd.Args = append(cmd.Args, "--dbname="+c.Database)
	var done int64
	tell := progress.step("restore", d.Bytes)
	in := s.repo.read(ctx, d.Chunks, func(n int64) {
		if done += n; tell != nil {
			tell(done)
		}
	})
	defer in.Close()
	from := &source{Reader: in}
	cmd.Stdin = from
	if err := cmd.Run(); err != nil {
		if from.err != nil {
			return nil, from.err // the cause, not what pg_restore made of it
		}
		return nil, errs.Unavailable("pg_restore failed and left nothing: %s", lines.First(errOut.String())).Wrap(err)
	}
	return d, nil
}

// source remembers why reading failed; exec tells only how the program ended.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// emptyDatabase refuses one that has tables.
func emptyDatabase(ctx context.Context, dsn string) error {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return errs.Unavailable("the database to restore into does not answer").Wrap(err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	var n int
	err = c.QueryRow(ctx, `select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\_toast%'`).Scan(&n)
	if err == nil && n > 0 {
		err = errs.Conflict("that database has %d tables already", n).Hint("restore into a new one: createdb truckflow; nothing was changed")
	}
	return err
}

// dumpsKept thins the archives: all of a week, one a day while everything is
// kept, one a month to the end; the newest always.
func dumpsKept(objects map[string]int64, r Retention, now time.Time) map[string]bool {
	var ids []string
	for k := range objects {
		if id, ok := strings.CutSuffix(strings.TrimPrefix(k, "dump/"), "/manifest.sig"); ok && backupID.MatchString(id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	keep, first := map[string]bool{}, map[string]bool{}
	for i, id := range ids {
		at, err := time.Parse(idLayout, id)
		age := now.Sub(at)
		opens := func(period string, most time.Duration) bool {
			if first[period] || age > most {
				return false
			}
			first[period] = true
			return true
		}
		day1, month1 := opens(id[:8], r.All), opens(id[:6], r.Total)
		keep[id] = err != nil || i == len(ids)-1 || age <= 7*day || day1 || month1
	}
	return keep
}
