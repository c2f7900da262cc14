package cli

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"truckflow/internal/app"
	"truckflow/internal/config"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup"
	"truckflow/internal/ops/backup/pgrepl"
	"truckflow/internal/ops/usage"
)

type backupCmd struct {
	Init    backupInitCmd    `cmd:"" help:"Make the recovery key: shown once, kept off this server.\n\nExample: truckflow backup init > recovery.key"`
	Run     backupRunCmd     `cmd:"" help:"Take a base backup now and prove it by reading it back.\n\nExample: truckflow backup run"`
	List    backupListCmd    `cmd:"" help:"List the backups.\n\nExample: truckflow backup list --json"`
	Verify  backupVerifyCmd  `cmd:"" help:"Prove a backup good: every block, every file, the log.\n\nExample: truckflow backup verify"`
	Restore backupRestoreCmd `cmd:"" help:"Restore into an empty folder, to now or to any moment since the first backup.\n\nExample: truckflow backup restore --into /srv/truckflow --key recovery.key --to 2026-11-25T14:05:00Z"`
	Dump    backupDumpCmd    `cmd:"" help:"Take a portable archive (pg_dump) and prove it by reading it back; the server does it every six hours.\n\nExample: truckflow backup dump"`
	Drill   backupDrillCmd   `cmd:"" help:"Rehearse a restore beside the running database and compare the two.\n\nExample: truckflow backup drill"`
	Prune   backupPruneCmd   `cmd:"" help:"Remove what retention no longer keeps.\n\nExample: truckflow backup prune --dry-run"`
	Status  backupStatusCmd  `cmd:"" help:"Say how much would be lost now, how long a restore takes, and what is wrong: exit 1 when something is.\n\nExample: truckflow backup status --json"`
}

// asJSON is what every command here has.
type asJSON struct {
	JSON bool `help:"For programs."`
}

// open makes the service; live also reaches the database (starting it where
// nobody runs it).
func (e *env) openBackup(live bool) (s *backup.Service, cfg *config.Config, stop func(), err error) {
	stop = func() {}
	if cfg, err = config.FromEnvironment(); err != nil {
		return
	}
	log, closeLog, err := e.logger(cfg, false)
	if err != nil {
		return nil, nil, stop, err
	}
	stop = func() { _ = closeLog() }
	dsn := ""
	if live {
		var end func()
		if dsn, end, err = app.BackupDSN(e.ctx, cfg, log); err != nil {
			return nil, nil, stop, err
		}
		stop = func() { end(); _ = closeLog() }
		if dsn == "" {
			return nil, nil, stop, errs.Invalid("DATABASE_URL is set and TRUCKFLOW_BACKUP_DATABASE_URL is not").Hint("set it to a role with REPLICATION, best a superuser, of the same server")
		}
	} else if _, err := os.Stat(filepath.Join(cfg.DataDir, "backup", "keys.json")); err != nil {
		return nil, nil, stop, errs.NotFound("this machine's %s has never been backed up", cfg.DataDir).Hint("set TRUCKFLOW_DATA to the folder that truckflow serve uses")
	}
	c, err := app.BackupConfig(e.ctx, cfg, dsn, log, Version)
	if err != nil {
		return nil, nil, stop, err
	}
	if live {
		if c.Files, err = app.OpenFiles(e.ctx, cfg); err != nil {
			return nil, nil, stop, err
		}
	}
	s, err = backup.Open(c)
	return s, cfg, stop, err
}

// bar shows progress on a terminal, and nothing elsewhere.
func (e *env) bar(quiet bool) backup.Progress {
	f, ok := e.errOut.(*os.File)
	if !ok || quiet {
		return nil
	}
	if st, err := f.Stat(); err != nil || st.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	var mu sync.Mutex
	var last time.Time
	return func(step string, done, total int64) {
		mu.Lock()
		defer mu.Unlock()
		now := clock.System.Now()
		if now.Sub(last) < 100*time.Millisecond {
			return
		}
		last = now
		if total <= 0 || done > total {
			fmt.Fprintf(f, "\r\033[K%-9s %s", step, usage.Size(done))
			return
		}
		const width = 30
		n := int(done * width / total)
		fmt.Fprintf(f, "\r\033[K%-9s [%s%s] %3d %%  %s of %s", step, strings.Repeat("=", n), strings.Repeat(" ", width-n), done*100/total, usage.Size(done), usage.Size(total))
	}
}

// clearBar ends a progress line.
func (e *env) clearBar(p backup.Progress) {
	if p != nil {
		fmt.Fprint(e.errOut, "\r\033[K")
	}
}

type backupInitCmd struct {
	Replace bool `help:"Make another one although there is one already."`
}

// Run prints the key to stdout and the warning beside it.
func (c backupInitCmd) Run(e *env) error {
	cfg, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	if cfg.Backup.Recipient != "" {
		return errs.Conflict("TRUCKFLOW_BACKUP_RECIPIENT names the recovery key already")
	}
	if err := cfg.EnsureSecrets(); err != nil {
		return err
	}
	text, err := backup.NewRecoveryKey(filepath.Join(cfg.DataDir, "backup"), c.Replace)
	if err != nil {
		return err
	}
	fmt.Fprint(e.out, text)
	fmt.Fprint(e.errOut, "\nKeep this key away from this server: on paper, in a password manager, with somebody you trust.\nIt is stored nowhere else. Without it a lost server cannot be restored.\nA running truckflow serve locks its backups for it from its next start on.\n")
	return nil
}

type backupRunCmd struct {
	asJSON
	Kind string `help:"With pgBackRest: full, diff or incr; unset: what is due." placeholder:"KIND"`
}

// Run takes a base backup.
func (c backupRunCmd) Run(e *env) error {
	s, _, stop, err := e.openBackup(true)
	defer stop()
	if err != nil {
		return err
	}
	bar := e.bar(c.JSON)
	m, err := s.RunKind(e.ctx, c.Kind, bar)
	e.clearBar(bar)
	if err != nil {
		return err
	}
	if c.JSON {
		m.Spaces, m.Contents, m.Settings, m.Files = nil, nil, nil, nil // thousands of lines that say nothing
		return e.json(m)
	}
	fmt.Fprintf(e.out, "%s %s: database %s and %d uploads (%s) in %s, %s stored; read back and good\n", kindOf(*m), m.ID, usage.Size(m.Bytes), m.FileCount,
		usage.Size(m.FileBytes), m.Took.Round(10*time.Millisecond), usage.Size(m.Stored))
	return nil
}

// kindOf is what a backup is called: pgBackRest has several.
func kindOf(m backup.Manifest) string {
	if m.Kind == "" {
		return "backup"
	}
	return m.Kind + " backup"
}

type backupListCmd struct {
	asJSON
	from
	Dumps bool `help:"The portable archives instead."`
}

// Run lists.
func (c backupListCmd) Run(e *env) error {
	s, stop, err := e.reader(c.from)
	defer stop()
	if err != nil {
		return err
	}
	if c.Dumps {
		return c.dumps(e, s)
	}
	all, err := s.List(e.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return e.json(all)
	}
	if len(all) == 0 {
		fmt.Fprintln(e.out, "no backups yet; truckflow backup run takes one")
		return nil
	}
	fmt.Fprintf(e.out, "%-18s %-5s %-20s %10s %10s  %-14s %-10s %s\n", "backup", "kind", "ended (UTC)", "database", "stored", "PostgreSQL", "verified", "kept in")
	for _, l := range all {
		if l.Problem != "" {
			fmt.Fprintf(e.out, "%-18s cannot be used: %s\n", l.ID, l.Problem)
			continue
		}
		v := "no"
		if l.Verified != nil {
			v = l.Verified.How
		}
		pg, _, _ := strings.Cut(l.Postgres, " ")
		fmt.Fprintf(e.out, "%-18s %-5s %-20s %10s %10s  %-14s %-10s %s\n", l.ID, cmp.Or(l.Kind, "full"), l.Finished.UTC().Format("2006-01-02 15:04:05"), usage.Size(l.Bytes), usage.Size(l.Stored), pg, v, strings.Join(l.Stores, ", "))
	}
	return nil
}

func (c backupListCmd) dumps(e *env, s *backup.Service) error {
	all, err := s.Dumps(e.ctx)
	if err != nil {
		return err
	}
	for i := range all {
		all[i].Chunks = nil
	}
	if c.JSON {
		return e.json(all)
	}
	for _, d := range all {
		fmt.Fprintf(e.out, "%-18s %-20s %10s %10s  schema %s\n", d.ID, d.Finished.UTC().Format("2006-01-02 15:04:05"), usage.Size(d.Bytes), usage.Size(d.Stored), d.Schema)
	}
	return nil
}

type backupDumpCmd struct{ asJSON }

// Run takes a portable archive.
func (c backupDumpCmd) Run(e *env) error {
	s, _, stop, err := e.openBackup(true)
	defer stop()
	if err != nil {
		return err
	}
	bar := e.bar(c.JSON)
	d, err := s.Dump(e.ctx, bar)
	e.clearBar(bar)
	if err != nil {
		return err
	}
	if c.JSON {
		d.Chunks = nil
		return e.json(d)
	}
	fmt.Fprintf(e.out, "dump %s: %s in %s, %s stored; pg_restore reads it\n", d.ID, usage.Size(d.Bytes), d.Took.Round(10*time.Millisecond), usage.Size(d.Stored))
	return nil
}

// from is where a machine that has nothing else finds its backups.
type from struct {
	Key string `help:"File with the recovery key; unset: this server's own keys." type:"path" placeholder:"FILE"`
}

// reader opens the repository for reading: with the recovery key when given,
// else with this server's keys.
func (e *env) reader(f from) (*backup.Service, func(), error) {
	if f.Key == "" {
		s, _, stop, err := e.openBackup(false)
		return s, stop, err
	}
	none := func() {}
	text, err := os.ReadFile(f.Key)
	if err != nil {
		return nil, none, errs.Invalid("the recovery key %s cannot be read", f.Key).Wrap(err)
	}
	keys, err := backup.ReadRecoveryKey(text)
	if err != nil {
		return nil, none, err
	}
	cfg, err := config.FromEnvironment()
	if err != nil {
		return nil, none, err
	}
	if cfg.Backup.Dir != "off" {
		if _, err := os.Stat(cfg.Backup.Dir); err != nil { // opening would make it
			if cfg.Backup.S3Endpoint == "" {
				return nil, none, errs.NotFound("there are no backups in %s", cfg.Backup.Dir).Hint("set TRUCKFLOW_BACKUP_DIR to the folder that holds them, or TRUCKFLOW_BACKUP_S3_ENDPOINT to the store")
			}
			cfg.Backup.Dir = "off"
		}
	}
	c, err := app.BackupConfig(e.ctx, cfg, "", slog.New(slog.DiscardHandler), Version)
	if err != nil {
		return nil, none, err
	}
	return backup.Reader(c, keys), none, nil
}

type backupVerifyCmd struct {
	asJSON
	from
	ID string `arg:"" optional:"" help:"Which backup; the newest when left out."`
}

// Run verifies.
func (c backupVerifyCmd) Run(e *env) error {
	s, stop, err := e.reader(c.from)
	defer stop()
	if err != nil {
		return err
	}
	bar := e.bar(c.JSON)
	m, err := s.Verify(e.ctx, c.ID, bar)
	e.clearBar(bar)
	found := errs.Is(err, errs.KindConflict) // damaged: found wrong, as opposed to not looked at
	if err != nil && !found {
		return err
	}
	out := struct {
		ID      string `json:"id"`
		OK      bool   `json:"ok"`
		Problem string `json:"problem,omitempty"`
	}{ID: c.ID, OK: err == nil}
	if m != nil {
		out.ID = m.ID
	}
	if found {
		out.Problem = errs.Public(err).Message
	}
	switch {
	case c.JSON:
		if err := e.json(out); err != nil {
			return err
		}
	case out.OK:
		fmt.Fprintf(e.out, "backup %s is good\n", out.ID)
	default:
		fmt.Fprintf(e.out, "backup %s is NOT good: %s\n", out.ID, out.Problem)
	}
	if found {
		return errWrong
	}
	return nil
}

type backupRestoreCmd struct {
	asJSON
	from
	Into   string `required:"" help:"A new or empty folder; truckflow serve starts from it (TRUCKFLOW_DATA). Or the address of an empty database, postgres://…: the newest portable archive goes in, or that of --backup."`
	To     string `help:"The moment, such as 2026-11-25T14:05:00Z; unset: as far as the backups go." placeholder:"TIME"`
	ToLSN  string `name:"to-lsn" help:"A position in the log instead, such as 0/5000148." placeholder:"LSN"`
	Backup string `help:"The backup to begin from; unset: the newest that fits." placeholder:"ID"`
}

// Run restores.
func (c backupRestoreCmd) Run(e *env) error {
	if strings.HasPrefix(c.Into, "postgres://") || strings.HasPrefix(c.Into, "postgresql://") {
		return c.dump(e)
	}
	into, err := filepath.Abs(c.Into)
	if err != nil {
		return err
	}
	t := backup.Target{Into: into, ID: c.Backup}
	if c.To != "" {
		if t.To, err = time.Parse(time.RFC3339, c.To); err != nil {
			return errs.Invalid("%.40q is not a time", c.To).Hint("write it with its zone: 2026-11-25T14:05:00Z, or 2026-11-25T08:05:00-06:00")
		}
	}
	if c.ToLSN != "" {
		if t.LSN, err = pgrepl.ParseLSN(c.ToLSN); err != nil {
			return err
		}
	}
	s, stop, err := e.reader(c.from)
	defer stop()
	if err != nil {
		return err
	}
	bar := e.bar(c.JSON)
	r, err := s.Restore(e.ctx, t, bar)
	e.clearBar(bar)
	if err != nil {
		return err
	}
	if c.JSON {
		return e.json(r)
	}
	point := "no transaction had been committed"
	if !r.Point.IsZero() {
		point = "its last transaction is of " + r.Point.Format(time.RFC3339Nano)
	}
	fmt.Fprintf(e.out, "restored from backup %s: database %s, %d files of the log, %d uploads (%s) in %s (copied in %s, log replayed in %s)\n%s\nstart it with: TRUCKFLOW_DATA=%s truckflow serve\nthe former settings are in %s\n",
		r.Backup, usage.Size(r.Bytes), r.LogFiles, r.Files, usage.Size(r.FileBytes), r.Took.Round(10*time.Millisecond), r.Copied.Round(10*time.Millisecond),
		r.Replayed.Round(10*time.Millisecond), point, r.Into, filepath.Join(r.Into, "environment.env"))
	return nil
}

// dump loads a portable archive into a running server.
func (c backupRestoreCmd) dump(e *env) error {
	if c.To != "" || c.ToLSN != "" {
		return errs.Invalid("a portable archive is of one moment; --to and --to-lsn go with a folder")
	}
	s, stop, err := e.reader(c.from)
	defer stop()
	if err != nil {
		return err
	}
	bar := e.bar(c.JSON)
	d, err := s.RestoreDump(e.ctx, c.Backup, c.Into, bar)
	e.clearBar(bar)
	if err != nil {
		return err
	}
	if c.JSON {
		d.Chunks = nil
		return e.json(d)
	}
	fmt.Fprintf(e.out, "loaded dump %s of %s (%s); uploads are not part of it\nstart with DATABASE_URL set to that address\n", d.ID, d.Finished.Format(time.RFC3339), usage.Size(d.Bytes))
	return nil
}

type backupDrillCmd struct {
	asJSON
	Scratch string `type:"path" help:"Where the copy is made; unset: the system's temporary folder." placeholder:"DIR"`
	Files   int    `help:"Uploads to open." default:"25"`
}

// Run rehearses a restore: exit 1 when it finds a difference.
func (c backupDrillCmd) Run(e *env) error {
	s, _, stop, err := e.openBackup(true)
	defer stop()
	if err != nil {
		return err
	}
	bar := e.bar(c.JSON)
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	ended := s.ArchiveMeanwhile(ctx)
	r, err := s.Drill(ctx, c.Scratch, c.Files, bar)
	cancel()
	<-ended
	e.clearBar(bar)
	if r == nil || r.Backup == "" && err != nil {
		return err
	}
	if c.JSON {
		if err := e.json(r); err != nil {
			return err
		}
	} else {
		fmt.Fprintln(e.out, r)
	}
	if !r.OK {
		return errWrong
	}
	return nil
}

type backupPruneCmd struct {
	asJSON
	DryRun bool `help:"Only say what would go."`
}

// Run prunes.
func (c backupPruneCmd) Run(e *env) error {
	s, _, stop, err := e.openBackup(false)
	defer stop()
	if err != nil {
		return err
	}
	all, err := s.Prune(e.ctx, c.DryRun)
	if err != nil {
		return err
	}
	if c.JSON {
		return e.json(all)
	}
	verb := "removed"
	if c.DryRun {
		verb = "would go"
	}
	for _, p := range all {
		fmt.Fprintf(e.out, "%s: %d backups and %d objects (%s) %s, %d backups stay\n", p.Store, len(p.Backups), p.Objects, usage.Size(p.Bytes), verb, p.Kept)
		if p.Locked > 0 {
			fmt.Fprintf(e.out, "  %d objects are locked by the store\n", p.Locked)
		}
	}
	return nil
}

type backupStatusCmd struct{ asJSON }

// Run prints the status: exit 1 when something needs a person.
func (c backupStatusCmd) Run(e *env) error {
	s, _, stop, err := e.openBackup(false)
	defer stop()
	if err != nil {
		return err
	}
	st, err := s.Status(e.ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		if err := e.json(st); err != nil {
			return err
		}
	} else {
		printStatus(e, st)
	}
	if !st.OK {
		return errWrong
	}
	return nil
}

func printStatus(e *env, st backup.Status) {
	span := func(d time.Duration) string {
		if d < 0 {
			return "unknown"
		}
		return d.Round(time.Millisecond).String()
	}
	fmt.Fprintf(e.out, "archiver       %s\n", cmp.Or(st.Archiver, "has never run"))
	fmt.Fprintf(e.out, "lost if now    %s (worst in 30 days %s; objective %s)\n", span(st.RPONow), span(st.Worst), backup.ObjectiveRPO)
	if st.Newest != nil {
		fmt.Fprintf(e.out, "newest backup  %s, %s, %s stored\n", st.Newest.ID, usage.Size(st.Newest.Bytes), usage.Size(st.Newest.Stored))
	}
	fmt.Fprintf(e.out, "backups        %d, %s in the first store\n", st.Backups, usage.Size(st.Bytes))
	if d := st.LastDrill; d != nil {
		fmt.Fprintf(e.out, "last drill     %s\n", d)
		fmt.Fprintf(e.out, "restore today  about %s (objective %s)\n", span(st.Projected), backup.ObjectiveRTO)
	}
	for _, w := range st.Warnings {
		fmt.Fprintf(e.out, "!  %s\n", w)
	}
}
