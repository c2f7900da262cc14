package backup

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup/pgbackrest"
	"truckflow/internal/ops/backup/pgrepl"
	"truckflow/internal/ops/pgmanager"
)

// backrest is the engine that leaves copies and log to the program pgBackRest.
// It keeps them within each store under CopiesPrefix, in its own layout; our
// manifest names its labels. The server archives its own log through it, whole
// files at a time, so the recovery point is as old as the last switch of files.
type backrest struct{ s *Service }

// Its schedule: everything once a week, a day's changes daily, six hours' in between.
const (
	fullEvery = 7 * day
	diffEvery = day
	incrEvery = 6 * time.Hour
)

// BackRestDir is pgBackRest's own folder within one that the server's account can enter.
func BackRestDir(home string) string { return filepath.Join(home, "pgbackrest") }

// CopiesIn is where in a bucket pgBackRest keeps its part; x lacks what endpoint says.
func CopiesIn(endpoint string, x pgbackrest.S3) pgbackrest.Repo {
	u, err := url.Parse(endpoint)
	if err != nil {
		return pgbackrest.Repo{} // refused where it was read
	}
	x.Host, x.Port, x.Region = u.Hostname(), u.Port(), "us-east-1"
	return pgbackrest.Repo{Path: "/" + strings.TrimSuffix(CopiesPrefix, "/"), S3: &x}
}

func (backrest) takes(kind string) error {
	switch kind {
	case "", pgbackrest.Full, pgbackrest.Diff, pgbackrest.Incr:
		return nil
	}
	return errs.Invalid("%.20q is no kind of copy", kind).Hint("full, diff (since the last full one) or incr (since the last)")
}

func (backrest) every() time.Duration { return incrEvery }

// due is the kind of copy to take when nobody asks for one.
func dueKind(sets []pgbackrest.Set, now time.Time) string {
	var full, diff time.Time
	for _, x := range sets {
		switch {
		case x.Bad:
		case x.Kind == pgbackrest.Full:
			full, diff = x.Began, x.Began
		case x.Kind == pgbackrest.Diff:
			diff = x.Began
		}
	}
	const slack = incrEvery / 2 // a day's copy is taken with the one nearest to it
	switch {
	case now.Sub(full) >= fullEvery-slack:
		return pgbackrest.Full
	case now.Sub(diff) >= diffEvery-slack:
		return pgbackrest.Diff
	}
	return pgbackrest.Incr
}

func (b backrest) settings() pgbackrest.Settings {
	set := pgbackrest.Settings{QueueMax: strings.ReplaceAll(b.s.cfg.KeepWAL, " ", ""), Processes: min(runtime.GOMAXPROCS(0), 4)}
	for _, st := range b.s.repo.stores {
		set.Repos = append(set.Repos, st.Copies)
	}
	return set
}

// live is pgBackRest beside the running database, with the settings that the
// server's archive_command finds too.
func (b backrest) live(ctx context.Context) (*pgbackrest.Program, error) {
	set := b.settings()
	set.Cipher = b.s.repo.keys.cipher
	acct, err := b.server(ctx, &set)
	if err != nil {
		return nil, err
	}
	set.Credential, set.Own = acct.Credential(), acct.Own
	if err := acct.PrivateDir(set.Dir); err != nil {
		return nil, err
	}
	for _, st := range b.s.repo.stores {
		if st.Copies.S3 != nil {
			continue
		}
		if err := passable(filepath.Dir(st.Copies.Path)); err != nil {
			return nil, err
		}
		if err := acct.PrivateDir(st.Copies.Path); err != nil {
			return nil, err
		}
	}
	return pgbackrest.Open(set)
}

// passable lets others through a folder of ours, without showing what is in it.
func passable(dir string) error {
	st, err := os.Stat(dir)
	if err != nil || os.Geteuid() != 0 {
		return err
	}
	return os.Chmod(dir, st.Mode().Perm()|0o011)
}

// server notes where the database is, and refuses one that is on another machine.
func (b backrest) server(ctx context.Context, set *pgbackrest.Settings) (acct pgmanager.Account, err error) {
	c, err := b.s.sql(ctx, "")
	if err != nil {
		return acct, err
	}
	defer c.Close(context.WithoutCancel(ctx))
	var sockets string
	err = c.QueryRow(ctx, "select current_setting('data_directory'), current_setting('unix_socket_directories'), current_setting('port')").
		Scan(&set.Server.Cluster, &sockets, &set.Server.Port)
	if err != nil {
		return acct, errs.Forbidden("the role %s may not see where the database is", c.Config().User).Hint("GRANT pg_read_all_settings TO %q;", c.Config().User).Wrap(err)
	}
	first, _, _ := strings.Cut(sockets, ",")
	set.Server.Socket = strings.TrimSpace(first)
	set.Server.User, set.Server.Password, set.Server.Name = c.Config().User, c.Config().Password, c.Config().Database
	if acct, err = pgmanager.AccountOf(set.Server.Cluster); err != nil {
		return acct, err
	}
	if _, err := os.Stat(filepath.Join(set.Server.Cluster, "PG_VERSION")); err != nil {
		return acct, errs.Unsupported("pgBackRest works on the database's own machine, and %s is not on this one", set.Server.Cluster).
			Hint("run truckflow there, as the database's user or as root; or TRUCKFLOW_BACKUP_ENGINE=builtin, which needs no more than a connection").Wrap(err)
	}
	set.Dir = BackRestDir(filepath.Dir(b.s.cfg.Home))
	if b.s.cfg.Managed {
		set.Dir = BackRestDir(filepath.Dir(set.Server.Cluster))
	}
	return acct, nil
}

// handsOver refuses a server that does not give its log to pgBackRest, and says
// what makes it.
func (b backrest) handsOver(ctx context.Context) error {
	c, err := b.s.sql(ctx, "")
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	var set pgbackrest.Settings
	if _, err := b.server(ctx, &set); err != nil {
		return err
	}
	program, err := pgbackrest.Find()
	if err != nil {
		return err
	}
	want := pgbackrest.ArchiveCommand(program, set.Dir)
	var mode, command string
	if err := c.QueryRow(ctx, "select current_setting('archive_mode'), current_setting('archive_command')").Scan(&mode, &command); err != nil {
		return err
	}
	if mode != "off" && command == want {
		return nil
	}
	refused := errs.Invalid("the database does not give its log to pgBackRest (archive_mode is %s)", mode)
	if b.s.cfg.Managed {
		return refused.Hint("start truckflow serve again: the database takes that over when it starts; local.conf must not set archive_command")
	}
	return refused.Hint("as a superuser: ALTER SYSTEM SET archive_mode = on; ALTER SYSTEM SET archive_command = '%s'; ALTER SYSTEM SET archive_timeout = '%ds'; then start PostgreSQL again",
		strings.ReplaceAll(want, "'", "''"), int(b.s.cfg.Archives.Seconds()))
}

// reading is pgBackRest without a database: for lists and restores, also where
// there is nothing but the store. m is a backup whose settings hold the
// passphrase, nil where our own keys do; acct nil is whoever owns the copies.
func (b backrest) reading(ctx context.Context, m *Manifest, acct *pgmanager.Account, cluster string) (p *pgbackrest.Program, done func(), err error) {
	set := b.settings()
	if set.Cipher, err = b.cipher(ctx, m); err != nil {
		return nil, nil, err
	}
	if acct == nil {
		owner := "" // there is none: whoever a new cluster would run as
		for _, r := range set.Repos {
			if r.S3 == nil {
				owner = r.Path
			}
		}
		a, err := pgmanager.AccountOf(owner)
		if err != nil {
			return nil, nil, err
		}
		acct = &a
	}
	if set.Dir, err = os.MkdirTemp("", "tf-pgbackrest-"); err != nil {
		return nil, nil, err
	}
	done = func() { _ = os.RemoveAll(set.Dir) }
	set.Credential, set.Own = acct.Credential(), acct.Own
	set.Server.Cluster = cmp.Or(cluster, filepath.Join(set.Dir, "none"))
	if err = acct.Own(set.Dir); err == nil {
		p, err = pgbackrest.Open(set)
	}
	if err != nil {
		done()
	}
	return p, done, err
}

// cipher is pgBackRest's passphrase.
func (b backrest) cipher(ctx context.Context, m *Manifest) (string, error) {
	k := b.s.repo.keys
	k.mu.RLock()
	known := k.cipher
	k.mu.RUnlock()
	if known != "" || m == nil {
		return known, nil
	}
	for _, ch := range m.Settings {
		text, err := b.s.repo.getChunk(ctx, ch)
		if err != nil {
			return "", err
		}
		f, err := keysWithin(text)
		if err != nil {
			return "", damaged(ch.Key, err)
		}
		k.mu.Lock()
		k.cipher = f.Cipher
		k.mu.Unlock()
		return f.Cipher, nil
	}
	return "", errs.Conflict("backup %s has no settings, and so no passphrase", m.ID)
}

// keysWithin finds keys.json among a backup's settings.
func keysWithin(text []byte) (f keyFile, err error) {
	tr := tar.NewReader(bytes.NewReader(text))
	for {
		h, err := tr.Next()
		if err != nil {
			return f, err
		}
		if h.Name == keptKeys {
			b, err := io.ReadAll(tr)
			if err != nil {
				return f, err
			}
			return f, json.Unmarshal(b, &f)
		}
	}
}

// stray says that pgBackRest has it and we have no manifest.
func (l Listed) stray() bool { return l.Engine == EnginePgBackRest && len(l.Sets) == 0 }

// held holds the manifests against what pgBackRest says it has: of each the copy
// to use is noted, and what is only on one side is said.
func (b backrest) held(ctx context.Context, all []Listed) ([]Listed, error) {
	var newest *Manifest
	for i := range all {
		if all[i].Engine == EnginePgBackRest && all[i].Problem == "" {
			newest = &all[i].Manifest
		}
	}
	if newest == nil && b.s.cfg.Engine != EnginePgBackRest {
		return all, nil
	}
	if newest == nil && b.s.repo.keys.cipher == "" {
		return all, nil // a key alone, and nothing to open
	}
	p, done, err := b.reading(ctx, newest, nil, "")
	if err != nil {
		return nil, err
	}
	defer done()
	claimed := map[string]bool{}
	var failed error
	away := 0
	var strays []Listed
	for i, st := range b.s.repo.stores {
		sets, err := p.Info(ctx, i+1)
		if err != nil {
			failed, away = errors.Join(failed, err), away+1
			continue
		}
		for _, x := range sets {
			at := slices.IndexFunc(all, func(l Listed) bool { return slices.Contains(l.Sets, x.Label) })
			if at < 0 && !claimed[x.Label] {
				strays = append(strays, Listed{Manifest: Manifest{ID: x.Label, Engine: EnginePgBackRest, Kind: x.Kind, Started: x.Began, Finished: x.Ended, Bytes: x.Bytes, Stored: x.Stored}, Stores: []string{st.Name},
					Problem: "pgBackRest has it, and nothing else of the backup: it did not end, or somebody ran pgbackrest by hand"})
				claimed[x.Label] = true
			}
			if at >= 0 && all[at].set == "" {
				all[at].uses(x, i+1)
			}
		}
	}
	if away == len(b.s.repo.stores) {
		return nil, failed
	}
	for i := range all {
		if l := &all[i]; l.Engine == EnginePgBackRest && l.Problem == "" && l.set == "" {
			l.Problem = "pgBackRest does not have it any more"
		}
	}
	all = append(all, strays...)
	at := func(l Listed) string {
		if l.stray() {
			return newID(l.Started)
		}
		return l.ID
	}
	slices.SortStableFunc(all, func(a, b Listed) int { return strings.Compare(at(a), at(b)) })
	return all, nil
}

// uses notes that copy x in pgBackRest's repository n is what the backup is restored from.
func (l *Listed) uses(x pgbackrest.Set, n int) {
	l.Manifest.uses(x, n)
	if x.Bad && l.Problem == "" {
		l.Problem = "pgBackRest met damaged pages in the database when it took it"
	}
	if x.SystemID != l.SystemID && l.Problem == "" {
		l.Problem = "pgBackRest's copy is of another database"
	}
}

func (m *Manifest) uses(x pgbackrest.Set, n int) {
	m.set, m.from = x.Label, n
	m.Kind, m.Start, m.Stop, m.Timeline = x.Kind, x.Start, x.Stop, x.Timeline
}

// bytes is what pgBackRest takes in the first store, where it is the engine.
func (b backrest) bytes(ctx context.Context) (int64, error) {
	if b.s.cfg.Engine != EnginePgBackRest {
		return 0, nil
	}
	p, done, err := b.reading(ctx, nil, nil, "")
	if err != nil {
		return 0, err
	}
	defer done()
	return p.Size(ctx, 1)
}

// copy implements engine: one copy for each store.
func (b backrest) copy(ctx context.Context, _ *pgrepl.Conn, m *Manifest, kind string, size int64, progress Progress) error {
	p, err := b.live(ctx)
	if err != nil {
		return err
	}
	m.Engine = EnginePgBackRest
	for i := range b.s.repo.stores {
		n := i + 1
		sets, err := p.Info(ctx, n)
		if err != nil {
			return err
		}
		tell := progress.step("database", size)
		label, err := p.Backup(ctx, n, cmp.Or(kind, dueKind(sets, m.Started)), func(percent float64) {
			if tell != nil {
				tell(int64(percent / 100 * float64(size)))
			}
		})
		if err != nil {
			return err
		}
		if sets, err = p.Info(ctx, n); err != nil {
			return err
		}
		at := slices.IndexFunc(sets, func(x pgbackrest.Set) bool { return x.Label == label })
		if at < 0 {
			return errs.Internal(nil, "pgBackRest does not list the copy %s it has just taken", label)
		}
		m.Sets = append(m.Sets, label)
		if i == 0 {
			m.uses(sets[at], n)
			m.Bytes, m.Stored = sets[at].Bytes, sets[at].Stored
		}
	}
	return nil
}

// nudge implements engine: the server archives a file of the log when it is done with it.
func (b backrest) nudge(ctx context.Context) error {
	c, err := b.s.sql(ctx, "")
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	return switchLog(ctx, c)
}

func switchLog(ctx context.Context, c *pgx.Conn) error {
	if _, err := c.Exec(ctx, "select pg_switch_wal()"); err != nil {
		user := strconv.Quote(c.Config().User)
		return errs.Forbidden("the role %s may not switch the log", user).Hint("as a superuser: GRANT EXECUTE ON FUNCTION pg_switch_wal() TO %s;", user).Wrap(err)
	}
	return nil
}

// prove implements engine. pgBackRest verifies a repository as a whole, so stores
// after the first, which may charge for reading, are read with full copies only.
func (b backrest) prove(ctx context.Context, m *Manifest, thorough bool, progress Progress) error {
	p, done, err := b.reading(ctx, m, nil, "")
	if err != nil {
		return err
	}
	defer done()
	for i := range b.s.repo.stores {
		if i > 0 && !thorough && m.Kind != pgbackrest.Full {
			continue
		}
		sets, err := p.Info(ctx, i+1)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(sets, func(x pgbackrest.Set) bool { return slices.Contains(m.Sets, x.Label) })
		if at < 0 {
			continue // another store has it, or it would not have been picked
		}
		if progress != nil {
			progress("verify", 0, 0)
		}
		r, err := p.Verify(ctx, i+1)
		if err != nil {
			return err
		}
		if err := found(r, m, sets[at]); err != nil {
			return err
		}
	}
	return nil
}

// found reads a report for one copy: what is wrong with others, or with log from
// before it, does not make it useless.
func found(r pgbackrest.Report, m *Manifest, x pgbackrest.Set) error {
	sound, looked := r.Checked[x.Label]
	switch {
	case !looked:
		return errs.Conflict("pgBackRest did not verify %s, the copy of backup %s", x.Label, m.ID)
	case !sound:
		what := "one of its files"
		for _, f := range r.Files {
			if dir, _, _ := strings.Cut(f, "/"); dir == x.Label || slices.Contains(x.Needs, dir) {
				what = f
				break
			}
		}
		return damaged(what, nil)
	}
	for _, name := range r.Log {
		if _, n, ok := pgrepl.ParseSegment(name, m.SegmentSize); ok && n >= uint64(x.Start)/uint64(m.SegmentSize) {
			return damaged(name, nil)
		}
	}
	return nil
}

// unpack implements engine.
func (b backrest) unpack(ctx context.Context, m *Manifest, rec *pgmanager.Recovery, progress Progress) error {
	acct := rec.Account()
	p, done, err := b.reading(ctx, m, &acct, rec.Cluster())
	if err != nil {
		return err
	}
	defer done()
	if err := acct.PrivateDir(spacesOf(rec)); err != nil {
		return err
	}
	tell := progress.step("database", m.Bytes)
	err = p.Restore(ctx, m.from, m.set, spacesOf(rec), func(percent float64) {
		if tell != nil {
			tell(int64(percent / 100 * float64(m.Bytes)))
		}
	})
	if what, ok := pgbackrest.Damage(err); ok {
		return errs.Conflict("backup %s is damaged: %s", m.ID, what).Hint("restore an earlier backup (truckflow backup list)").Wrap(err)
	}
	_ = os.Remove(spacesOf(rec)) // stays when something is in it
	return err
}

// segments implements engine.
func (b backrest) segments(ctx context.Context, size int64) (map[string][]piece, []uint32, error) {
	p, done, err := b.reading(ctx, nil, nil, "") // who asks has listed the backups, so the passphrase is known
	if err != nil {
		return nil, nil, err
	}
	defer done()
	have := map[string][]piece{}
	var timelines []uint32
	var failed error
	away := 0
	for i := range b.s.repo.stores {
		names, err := p.Log(ctx, i+1)
		if err != nil {
			failed, away = errors.Join(failed, err), away+1
			continue
		}
		for name, at := range names {
			if tl, ok := parseHistoryName(name); ok && !slices.Contains(timelines, tl) {
				timelines = append(timelines, tl)
			} else if !ok {
				have[name] = []piece{{Key: at, Segment: name, To: size, Whole: true}}
			}
		}
	}
	if away == len(b.s.repo.stores) {
		return nil, nil, failed
	}
	return have, timelines, nil
}

// history implements engine.
func (b backrest) history(ctx context.Context, timeline uint32) (text []byte, err error) {
	p, done, err := b.reading(ctx, nil, nil, "")
	if err != nil {
		return nil, err
	}
	defer done()
	for i := range b.s.repo.stores {
		names, e := p.Log(ctx, i+1)
		if err = e; err != nil {
			continue
		}
		if text, err = p.Get(ctx, i+1, names[historyName(timeline)]); err == nil {
			return text, nil
		}
	}
	return nil, logDamaged(historyName(timeline), err)
}

// segment implements engine: from the first store that has it whole.
func (b backrest) segment(ctx context.Context, m *Manifest, l link, to string) error {
	p, done, err := b.reading(ctx, nil, nil, "")
	if err != nil {
		return err
	}
	defer done()
	for i := range b.s.repo.stores {
		var text []byte
		if text, err = p.Get(ctx, i+1, l.pieces[0].Key); err != nil {
			continue
		}
		if int64(len(text)) != m.SegmentSize {
			err = damaged(l.name, nil)
			continue
		}
		return os.WriteFile(to, text, 0o600)
	}
	return logDamaged(l.name, err)
}

// logDamaged names a file of the log that is not what it was.
func logDamaged(name string, err error) error {
	if what, ok := pgbackrest.Damage(err); ok {
		return errs.Conflict("the log %s is damaged: %s", name, what).Hint("--to restores to a moment before it").Wrap(err)
	}
	return err
}

// until implements engine: a file of the log does not say up to when it reaches.
func (backrest) until(context.Context, *Manifest, link) (time.Time, error) { return time.Time{}, nil }
