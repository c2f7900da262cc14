package backup

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup/pgrepl"
)

// Progress is told how far a long work is; total is 0 while unknown. It is
// called from several goroutines.
type Progress func(step string, done, total int64)

func (p Progress) step(name string, total int64) func(done int64) {
	if p == nil {
		return nil
	}
	return func(done int64) { p(name, done, total) }
}

// Run takes a base backup, waits until the log that makes it whole is stored,
// and proves it by reading everything back. The archiver must be at work, here
// or in another process; where none is, Run is one itself for as long.
func (s *Service) Run(ctx context.Context, progress Progress) (*Manifest, error) {
	return s.RunKind(ctx, "", progress)
}

// RunKind is Run for one of pgBackRest's kinds (full, diff, incr), "" for what
// is due; the program's own engine takes whole copies only.
func (s *Service) RunKind(ctx context.Context, kind string, progress Progress) (*Manifest, error) {
	if err := s.engine.takes(kind); err != nil {
		return nil, err
	}
	release, err := s.exclusively("a backup")
	if err != nil {
		return nil, err
	}
	defer release()
	m, err := s.run(ctx, kind, progress)
	if ctx.Err() == nil {
		s.note(func(st *State) { st.BaseProblem = problem(err) })
	}
	return m, err
}

func (s *Service) run(ctx context.Context, kind string, progress Progress) (*Manifest, error) {
	if s.repo.keys.sign == nil {
		return nil, errs.Forbidden("a recovery key can restore, not back up")
	}
	if _, err := s.repo.keys.renew(s.cfg.Home, s.cfg.Recipient); err != nil {
		return nil, err
	}
	if err := s.roomy(s.State().BaseStored); err != nil {
		return nil, err
	}
	archive, stop := context.WithCancel(ctx)
	ended := s.ArchiveMeanwhile(archive)
	defer func() { stop(); <-ended }()
	if err := s.awaitArchiver(ctx); err != nil {
		return nil, err
	}
	m, err := s.base(ctx, kind, progress)
	if err != nil {
		return nil, err
	}
	if err := s.repo.sign(ctx, "base/"+m.ID, m); err != nil {
		return nil, err
	}
	s.note(func(st *State) {
		st.NeedBase, st.LastBase, st.BaseBytes, st.BaseStored = "", m.Finished, m.Bytes, m.Stored
	})
	_ = os.Remove(s.cfg.Home + "/gap") // the chain is whole again from here
	if err := s.check(ctx, m, false, progress); err != nil {
		return m, err
	}
	if err := s.mark(ctx, m.ID, "read"); err != nil {
		return m, err
	}
	return m, s.repo.push(ctx)
}

// reserve is what a backup leaves free on a disk of this machine: the database
// may live there too, and would stop.
const reserve = 1 << 30

// roomy refuses to begin what would fill a disk: something about as large as
// the last of its kind.
func (s *Service) roomy(last int64) error {
	for _, st := range s.repo.stores {
		if st.Dir == "" {
			continue
		}
		if err := room(st.Dir, last+last/2+reserve); err != nil {
			return errs.Unavailable("%s has no room for another backup", st.Name).
				Hint("give backups a disk of their own (TRUCKFLOW_BACKUP_DIR), or truckflow backup prune").Wrap(err)
		}
	}
	return nil
}

// mark records that a backup was proved good.
func (s *Service) mark(ctx context.Context, id, how string) error {
	now := s.cfg.Clock.Now()
	err := s.repo.markVerified(ctx, id, how, now)
	if err == nil {
		s.note(func(st *State) { st.LastVerified = now })
	}
	return err
}

// awaitArchiver waits until the log is received, here or by another: what was
// written before that belongs to no backup.
func (s *Service) awaitArchiver(ctx context.Context) error {
	for deadline := s.cfg.Clock.Now().Add(time.Minute); ; {
		there, refusal := false, error(nil)
		s.locked(func() { there, refusal = s.receiving || s.waiting, s.refusal })
		if there || refusal != nil {
			return refusal
		}
		if s.cfg.Clock.Now().After(deadline) {
			return errs.Unavailable("the log is not archived: %s", cmp.Or(s.State().Problem, "the database does not send it"))
		}
		if sleep(ctx, 50*time.Millisecond); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// base copies the cluster, the uploads' index and the settings.
func (s *Service) base(ctx context.Context, kind string, progress Progress) (*Manifest, error) {
	c, err := pgrepl.Connect(ctx, s.cfg.DSN, "truckflow_base")
	if err != nil {
		return nil, err
	}
	defer c.Close(context.WithoutCancel(ctx))
	sys, err := c.Identify(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.repo.claim(ctx, sys.ID); err != nil {
		return nil, err
	}
	began := s.cfg.Clock.Now()
	stamp, err := s.nextStamp(ctx, time.Second)
	if err != nil {
		return nil, err
	}
	m := &Manifest{ID: newID(stamp), Started: began, Program: s.cfg.Program, Schema: s.cfg.Schema, Major: sys.Major(), SystemID: sys.ID,
		SegmentSize: sys.SegmentSize, Database: s.cfg.Database}
	size, err := s.describe(ctx, m)
	if err != nil {
		return nil, err
	}
	if err := s.engine.copy(ctx, c, m, kind, size, progress); err != nil {
		return nil, err
	}
	if err := s.settings(ctx, m); err != nil {
		return nil, err
	}
	if err := s.uploads(ctx, m, progress); err != nil {
		return nil, err
	}
	if err := s.awaitLog(ctx, m, progress); err != nil { // with pgBackRest it is there already
		return nil, err
	}
	m.Finished = s.cfg.Clock.Now()
	m.Took = m.Finished.Sub(began)
	return m, nil
}

// describe asks the server what only SQL tells.
func (s *Service) describe(ctx context.Context, m *Manifest) (size int64, err error) {
	c, err := s.sql(ctx, "")
	if err != nil {
		return 0, err
	}
	defer c.Close(context.WithoutCancel(ctx))
	var database string
	err = c.QueryRow(ctx, `select current_setting('server_version'), current_database(), (select rolname from pg_roles where oid = 10),
		(select coalesce(sum(pg_database_size(oid)), 0) from pg_database where has_database_privilege(oid, 'connect'))::bigint`).Scan(&m.Postgres, &database, &m.Superuser, &size)
	if err != nil {
		return 0, errs.Unavailable("the database does not describe itself").Wrap(err)
	}
	m.Database = cmp.Or(m.Database, database)
	return size, nil
}

// awaitLog waits until the log up to the backup's end is stored.
func (s *Service) awaitLog(ctx context.Context, m *Manifest, progress Progress) error {
	patience := s.cfg.Clock.Now().Add(2*time.Minute + 20*s.cfg.Every)
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		chain, err := s.chain(ctx, m, m.Stop)
		if err == nil && chain.reaches(m.Stop) {
			return nil
		}
		if s.cfg.Clock.Now().After(patience) {
			return errs.Unavailable("the log of backup %s was not stored in time; the backup is not used", m.ID).
				Hint("is the archiver at work? truckflow backup status").Wrap(err)
		}
		if progress != nil {
			progress("log", int64(chain.end), int64(m.Stop))
		}
		if err := s.engine.nudge(ctx); err != nil {
			return err
		}
		if sleep(ctx, wait); ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// settings keeps configuration, keys and secrets with the backup.
func (s *Service) settings(ctx context.Context, m *Manifest) error {
	files := map[string][]byte{}
	if s.cfg.Settings != nil {
		var err error
		if files, err = s.cfg.Settings(); err != nil {
			return err
		}
	}
	keys, err := os.ReadFile(keyPath(s.cfg.Home))
	if err != nil {
		return err
	}
	files[keptKeys] = keys
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(files[name])), ModTime: m.Started, Format: tar.FormatPAX}); err != nil {
			return err
		}
		if _, err := w.Write(files[name]); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	c, err := s.repo.putChunk(ctx, "base/"+m.ID+"/settings/000001", buf.Bytes())
	m.Settings = []Chunk{c}
	m.Stored += c.Stored
	return err
}

// chunked stores something small as chunks under dir.
func (s *Service) chunked(ctx context.Context, dir string, write func(io.Writer) error) ([]Chunk, int64, error) {
	var out []Chunk
	p := newPacker(ctx, s.repo, nil)
	w := p.writer(dir, &out)
	err := write(w)
	if err == nil {
		err = w.Close()
	}
	if werr := p.crew.wait(); werr != nil {
		err = werr
	}
	return out, p.stored, err
}
