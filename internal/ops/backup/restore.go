package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/durable"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup/pgrepl"
	"truckflow/internal/ops/pgmanager"
	"truckflow/internal/ops/usage"
	"truckflow/internal/platform/blob"
	"truckflow/internal/platform/blob/fileblob"
)

// Target says what is restored and to which moment.
type Target struct {
	Into   string     // a new data folder: database, files, settings; must be absent or empty
	ID     string     // which backup to begin from; "" the newest that fits
	To     time.Time  // zero: as far as the log goes
	LSN    pgrepl.LSN // instead of To
	Files  blob.Store // where uploads go; nil: Into/files
	NoFile bool       // leave the uploads out (a drill looks at a few only)
}

// Restored is what came of it.
type Restored struct {
	Backup     string        `json:"backup"`
	Into       string        `json:"into"`
	Cluster    string        `json:"cluster"`
	Point      time.Time     `json:"point"` // commit time of the newest transaction that came back; zero when there was none
	End        pgrepl.LSN    `json:"end"`   // where the log ended
	Bytes      int64         `json:"bytes"`
	LogFiles   int           `json:"log_files"`
	Files      int           `json:"files"`
	FileBytes  int64         `json:"file_bytes"`
	Copied     time.Duration `json:"copied_ns"`   // fetching and unpacking
	Replayed   time.Duration `json:"replayed_ns"` // the log
	Took       time.Duration `json:"took_ns"`
	recovery   *pgmanager.Recovery
	superuser  string
	database   string
	walScratch string
}

// Restore brings a backup back into an empty folder that `truckflow serve` then
// starts from. Nothing is started from, or written to, until the key opens the
// backup and everything needed is known to be there.
func (s *Service) Restore(ctx context.Context, t Target, progress Progress) (*Restored, error) {
	r, err := s.restore(ctx, t, progress)
	if err != nil {
		return nil, err
	}
	err = r.close(ctx)
	return r, err
}

// restore is Restore with the recovered server still running.
func (s *Service) restore(ctx context.Context, t Target, progress Progress) (_ *Restored, err error) {
	began := s.cfg.Clock.Now()
	m, c, err := s.plan(ctx, t)
	if err != nil {
		return nil, err
	}
	if err := empty(t.Into); err != nil {
		return nil, err
	}
	made := false
	if _, err := os.Stat(t.Into); err != nil {
		made = true
	}
	r := &Restored{Backup: m.ID, Into: t.Into, Bytes: m.Bytes, LogFiles: len(c.links), superuser: m.Superuser, database: m.Database}
	defer func() {
		if err != nil { // leave the folder as it was found
			if r.recovery != nil {
				err = errors.Join(err, r.close(context.WithoutCancel(ctx)))
				err = errors.Join(err, r.discard())
			}
			err = errors.Join(err, clear(t.Into, made))
		}
	}()
	if err := os.MkdirAll(t.Into, 0o711); err != nil {
		return nil, errs.Unavailable("%s cannot be made", t.Into).Wrap(err)
	}
	if err := room(t.Into, m.Bytes+int64(len(c.links))*m.SegmentSize); err != nil {
		return nil, err
	}
	if err := s.unpackSettings(ctx, m, t.Into); err != nil {
		return nil, err
	}
	if r.recovery, err = pgmanager.NewRecovery(filepath.Join(t.Into, "postgres"), s.cfg.PGBin, m.Major, s.cfg.Log); err != nil {
		return nil, err
	}
	r.Cluster = r.recovery.Cluster()
	if err := s.fetch(ctx, m, c, t, r, progress); err != nil {
		return nil, err
	}
	r.Copied = s.cfg.Clock.Now().Sub(began)
	if err := s.replay(ctx, m, t, r, progress); err != nil {
		return nil, err
	}
	r.Took = s.cfg.Clock.Now().Sub(began)
	r.Replayed = r.Took - r.Copied
	return r, nil
}

// plan picks the backup and the log, and refuses what cannot be reached before
// anything is touched.
func (s *Service) plan(ctx context.Context, t Target) (*Manifest, chain, error) {
	now := s.cfg.Clock.Now()
	switch {
	case !t.To.IsZero() && t.LSN > 0:
		return nil, chain{}, errs.Invalid("a restore goes to a time or to a position, not to both")
	case t.To.After(now):
		return nil, chain{}, errs.Invalid("%s is in the future", t.To.Format(time.RFC3339))
	}
	m, err := s.repo.pickFor(ctx, t)
	if err != nil {
		return nil, chain{}, err
	}
	for _, ch := range m.Settings { // small: does the key fit?
		if _, err := s.repo.getChunk(ctx, ch); err != nil {
			return nil, chain{}, err
		}
	}
	if err := s.complete(ctx, m); err != nil {
		return nil, chain{}, err
	}
	c, err := s.chain(ctx, m, t.LSN)
	if err != nil {
		return nil, chain{}, err
	}
	if c.hole != "" {
		return nil, chain{}, errs.Conflict("the log %s is missing; after %s nothing can be restored from backup %s", c.hole, c.end, m.ID).
			Hint("--to-lsn %s restores up to there, --backup takes a later one (truckflow backup list)", c.end)
	}
	if t.LSN > 0 && !c.reaches(t.LSN) {
		return nil, chain{}, errs.Invalid("the stored log ends at %s, before %s", c.end, t.LSN)
	}
	if !t.To.IsZero() {
		err = s.reachesTime(ctx, m, c, t.To)
	}
	return m, c, err
}

// reachesTime refuses a moment that the stored log does not reach.
func (s *Service) reachesTime(ctx context.Context, m *Manifest, c chain, to time.Time) error {
	until := m.Finished
	if n := len(c.links); n > 0 {
		sent, err := s.engineOf(m).until(ctx, m, c.links[n-1])
		if err != nil {
			return err
		}
		if sent.After(until) {
			until = sent
		}
	}
	if b, err := s.repo.get(ctx, coveredKey, nil); err == nil {
		var k covered
		if json.Unmarshal(b, &k) == nil && k.LSN <= c.end && k.At.After(until) {
			until = k.At
		}
	}
	if to.After(until) {
		return errs.Invalid("the stored log ends at %s; %s cannot be reached", until.Format(time.RFC3339), to.Format(time.RFC3339)).
			Hint("leave --to out to restore everything there is")
	}
	return nil
}

func (r *repo) pickFor(ctx context.Context, t Target) (*Manifest, error) {
	if t.LSN == 0 || t.ID != "" {
		return r.pick(ctx, t.ID, t.To)
	}
	all, err := r.manifests(ctx)
	if err != nil {
		return nil, err
	}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Problem == "" && all[i].Stop <= t.LSN {
			return &all[i].Manifest, nil
		}
	}
	return nil, errs.Invalid("no backup ended before position %s", t.LSN).Hint("truckflow backup list shows what there is")
}

// empty refuses a folder with anything in it.
func empty(dir string) error {
	es, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		return errs.Invalid("%s cannot be restored into", dir).Wrap(err)
	}
	if len(es) > 0 {
		return errs.Conflict("%s is not empty", dir).Hint("restore into a new folder; nothing was changed")
	}
	return nil
}

// clear takes back what a restore that failed has put into dir.
func clear(dir string, whole bool) error {
	if whole {
		return os.RemoveAll(dir)
	}
	es, err := os.ReadDir(dir)
	for _, e := range es {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
	}
	return err
}

// room refuses to begin what the disk cannot take.
func room(dir string, need int64) error {
	d, err := usage.DiskOf(dir)
	if err != nil {
		return err
	}
	if d.Free < need {
		return errs.Unavailable("%s is needed, and %s has %s free", usage.Size(need), dir, usage.Size(d.Free))
	}
	return nil
}

// unpackSettings puts configuration and secrets where serve looks for them.
func (s *Service) unpackSettings(ctx context.Context, m *Manifest, into string) error {
	for _, ch := range m.Settings {
		b, err := s.repo.getChunk(ctx, ch)
		if err != nil {
			return err
		}
		tr := tar.NewReader(bytes.NewReader(b))
		for {
			h, err := tr.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return damaged(ch.Key, err)
			}
			if !filepath.IsLocal(h.Name) {
				return damaged(ch.Key, nil)
			}
			p := filepath.Join(into, h.Name)
			if err := os.MkdirAll(filepath.Dir(p), 0o711); err != nil {
				return err
			}
			data, err := io.ReadAll(tr)
			if err != nil {
				return damaged(ch.Key, err)
			}
			if err := durable.WriteFile(p, data, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

// fetch brings cluster, log and uploads, the uploads beside the others.
func (s *Service) fetch(ctx context.Context, m *Manifest, c chain, t Target, r *Restored, progress Progress) error {
	work := newCrew(ctx, 3)
	work.do(func(ctx context.Context) error { return s.engineOf(m).unpack(ctx, m, r.recovery, progress) })
	work.do(func(ctx context.Context) error { return s.fetchLog(ctx, m, c, r) })
	if !t.NoFile {
		work.do(func(ctx context.Context) error { return s.fetchUploads(ctx, m, t, r, progress) })
	}
	return work.wait()
}

// spacesOf is where the tablespaces of a copied cluster go.
func spacesOf(rec *pgmanager.Recovery) string {
	return filepath.Join(filepath.Dir(rec.Cluster()), "tablespaces")
}

// unpack implements engine: each file is checked against PostgreSQL's manifest.
func (b builtin) unpack(ctx context.Context, m *Manifest, rec *pgmanager.Recovery, progress Progress) error {
	var done int64
	tell := progress.step("database", m.Bytes)
	u := unpacker{root: rec.Cluster(), own: rec.Own, spaces: spacesOf(rec)}
	err := b.s.repo.entries(ctx, m, func(n int64) {
		if done += n; tell != nil {
			tell(done)
		}
	}, u.entry)
	if err != nil {
		return err
	}
	return u.link(m.Spaces)
}

// unpacker lays tar entries out as a cluster.
type unpacker struct {
	root, spaces string
	own          func(string) error
	buf          []byte // files come one after the other
}

func (u *unpacker) entry(sp Space, h *tar.Header, r io.Reader) error {
	name := filepath.Clean(strings.TrimPrefix(h.Name, "./"))
	root := u.root
	if sp.OID != "" {
		root = filepath.Join(u.spaces, sp.OID)
		if err := u.dir(u.spaces); err != nil {
			return err
		}
		if err := u.dir(root); err != nil {
			return err
		}
	}
	if !filepath.IsLocal(name) {
		return errs.Conflict("the backup has a file outside the database: %q", h.Name)
	}
	p := filepath.Join(root, name)
	switch h.Typeflag {
	case tar.TypeDir:
		return u.dir(p)
	case tar.TypeReg:
		if sp.OID == "" && name == "tablespace_map" {
			_, err := io.Copy(io.Discard, r) // link says where they lie now
			return err
		}
		f, err := os.OpenFile(p, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		if u.buf == nil {
			u.buf = make([]byte, 1<<20)
		}
		_, err = io.CopyBuffer(struct{ io.Writer }{f}, r, u.buf) // the file's own way of it copies 32 kB at a time
		return errors.Join(err, f.Close(), u.own(p))
	case tar.TypeSymlink: // tablespaces; link makes them
		return nil
	}
	return errs.Unsupported("the backup has %q, of kind %q", h.Name, h.Typeflag)
}

func (u *unpacker) dir(p string) error {
	if err := os.Mkdir(p, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return u.own(p)
}

// link points the cluster at its tablespaces' new places.
func (u *unpacker) link(spaces []Space) error {
	for _, sp := range spaces {
		if sp.OID == "" {
			continue
		}
		l := filepath.Join(u.root, "pg_tblspc", sp.OID)
		if err := os.Remove(l); err != nil && !os.IsNotExist(err) {
			return err
		}
		if err := os.Symlink(filepath.Join(u.spaces, sp.OID), l); err != nil {
			return err
		}
	}
	return nil
}

// fetchLog writes the segments to a folder that the server copies them from.
func (s *Service) fetchLog(ctx context.Context, m *Manifest, c chain, r *Restored) error {
	dir := filepath.Join(filepath.Dir(r.recovery.Cluster()), "log-to-replay")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	r.walScratch = dir
	if err := r.recovery.Own(dir); err != nil {
		return err
	}
	e := s.engineOf(m)
	work := newCrew(ctx, 4)
	for _, l := range c.links {
		work.do(func(ctx context.Context) error {
			f := filepath.Join(dir, l.name)
			return errors.Join(e.segment(ctx, m, l, f), r.recovery.Own(f))
		})
	}
	if err := work.wait(); err != nil {
		return err
	}
	_, timelines, err := e.segments(ctx, m.SegmentSize)
	if err != nil {
		return err
	}
	for _, tl := range timelines {
		b, err := e.history(ctx, tl)
		if err != nil {
			return err
		}
		f := filepath.Join(dir, historyName(tl))
		if err := errors.Join(os.WriteFile(f, b, 0o600), r.recovery.Own(f)); err != nil {
			return err
		}
	}
	return nil
}

// fetchUploads brings the files that had been stored by the target.
func (s *Service) fetchUploads(ctx context.Context, m *Manifest, t Target, r *Restored, progress Progress) error {
	index, err := s.repo.index(ctx, m, t.To)
	if err != nil || len(index) == 0 {
		return err
	}
	store := t.Files
	if store == nil {
		if store, err = fileblob.Open(filepath.Join(t.Into, "files")); err != nil {
			return err
		}
	}
	tell := progress.step("files", m.FileBytes)
	work := newCrew(ctx, 4)
	for _, u := range index {
		work.do(func(ctx context.Context) error { return s.fetchUpload(ctx, store, u) })
		r.Files++
		if r.FileBytes += u.Size; tell != nil {
			tell(r.FileBytes)
		}
	}
	return work.wait()
}

// fetchUpload copies one file, from whichever store has it whole.
func (s *Service) fetchUpload(ctx context.Context, to blob.Store, u upload) error {
	var failed error
	for _, st := range s.repo.stores {
		rc, _, err := st.Blob.Get(ctx, fileKey(u.SHA256))
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		plain, err := s.repo.keys.openStream(fileKey(u.SHA256), rc)
		if err == nil {
			var info blob.Info
			if info, err = to.Put(ctx, u.Key, plain, u.Size, u.ContentType); err == nil && info.SHA256 != u.SHA256 {
				err = damaged(fileKey(u.SHA256), nil)
			}
			err = errors.Join(err, plain.Close())
		}
		if err = errors.Join(err, rc.Close()); err == nil {
			return nil
		}
		failed = errors.Join(failed, asDamaged(fileKey(u.SHA256), err))
	}
	return errs.Conflict("the upload %s cannot be restored", u.Key).Wrap(failed)
}

// replay lets PostgreSQL make the copy whole and go on to the target.
func (s *Service) replay(ctx context.Context, m *Manifest, t Target, r *Restored, progress Progress) error {
	if strings.ContainsAny(r.walScratch, `'"%\`) {
		return errs.Invalid("the folder's name %q has characters that PostgreSQL's restore command cannot carry", r.walScratch)
	}
	for _, f := range []string{"recovery.signal"} {
		p := filepath.Join(r.Cluster, f)
		if err := errors.Join(os.WriteFile(p, nil, 0o600), r.recovery.Own(p)); err != nil {
			return err
		}
	}
	lines := []string{fmt.Sprintf(`restore_command = 'cp "%s/%%f" "%%p"'`, r.walScratch), "recovery_target_action = promote", "recovery_target_timeline = latest"}
	switch {
	case t.LSN > 0:
		lines = append(lines, "recovery_target_lsn = '"+t.LSN.String()+"'")
	case !t.To.IsZero():
		lines = append(lines, "recovery_target_time = '"+t.To.UTC().Format("2006-01-02 15:04:05.999999")+"+00'")
	}
	began := s.cfg.Clock.Now()
	err := r.recovery.Recover(ctx, lines, func() {
		if progress != nil {
			progress("replay", int64(s.cfg.Clock.Now().Sub(began)/time.Second), 0)
		}
	})
	if err != nil {
		if strings.Contains(r.recovery.Log(), "recovery ended before configured recovery target was reached") && (!t.To.IsZero() || t.LSN > 0) {
			return s.quiet(ctx, m, t, r, err)
		}
		return err
	}
	return r.point(ctx)
}

// quiet finishes a recovery whose target lies behind the last record that was
// fetched: PostgreSQL calls it unreached, although plan has made sure that
// everything up to it is there.
func (s *Service) quiet(ctx context.Context, m *Manifest, t Target, r *Restored, cause error) error {
	began := s.cfg.Clock.Now()
	lines := []string{fmt.Sprintf(`restore_command = 'cp "%s/%%f" "%%p"'`, r.walScratch), "recovery_target_timeline = latest"}
	if err := r.recovery.Recover(ctx, lines, nil); err != nil {
		return errors.Join(cause, err)
	}
	s.cfg.Log.InfoContext(ctx, "nothing was written after the moment asked for", "to", t.To, "position", t.LSN.String(), "backup", m.ID, "took", s.cfg.Clock.Now().Sub(began))
	return r.point(ctx)
}

// point reads how far the recovery came.
func (r *Restored) point(ctx context.Context) error {
	c, err := r.connect(ctx, "postgres")
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	log := r.recovery.Log()
	if _, after, ok := strings.Cut(log, "last completed transaction was at log time "); ok {
		line, _, _ := strings.Cut(after, "\n")
		if t, err := time.Parse("2006-01-02 15:04:05.999999-07", strings.TrimSpace(line)); err == nil {
			r.Point = t.UTC()
		}
	}
	var text string
	if err := c.QueryRow(ctx, "select pg_current_wal_lsn()::text").Scan(&text); err != nil {
		return err
	}
	r.End, err = pgrepl.ParseLSN(text)
	return err
}

// connect opens the recovered server.
func (r *Restored) connect(ctx context.Context, database string) (*pgx.Conn, error) {
	c, err := pgx.Connect(ctx, r.recovery.DSN(r.superuser, database))
	if err != nil {
		return nil, errs.Unavailable("the restored database does not answer").Wrap(err)
	}
	return c, nil
}

// close ends the recovery and leaves a cluster that Start takes over.
func (r *Restored) close(ctx context.Context) error {
	if r.recovery == nil {
		return nil
	}
	stop, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err := r.recovery.Stop(stop)
	if r.walScratch != "" {
		err = errors.Join(err, os.RemoveAll(r.walScratch))
	}
	return errors.Join(err, r.recovery.Adopt(), alone(filepath.Join(r.Cluster, "postgresql.auto.conf")))
}

// discard removes the copied cluster, also from where it had to be put elsewhere.
func (r *Restored) discard() error {
	home := filepath.Dir(r.recovery.Cluster())
	return os.RemoveAll(home)
}

// alone takes the wait for an archiver out of a copied cluster's settings: the
// copy has none yet, and its first commit would wait for ever.
func alone(conf string) error {
	b, err := os.ReadFile(conf)
	if os.IsNotExist(err) {
		return nil
	} else if err != nil {
		return err
	}
	var keep strings.Builder
	for line := range strings.Lines(string(b)) {
		if !strings.HasPrefix(line, "synchronous_standby_names = '"+slotName+"'") {
			keep.WriteString(line)
		}
	}
	return os.WriteFile(conf, []byte(keep.String()), 0o600) // it keeps its owner
}
