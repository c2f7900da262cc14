package app

import (
	"context"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"truckflow/internal/config"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup"
	"truckflow/internal/ops/backup/pgbackrest"
	"truckflow/internal/ops/pgmanager"
	"truckflow/internal/platform/blob/fileblob"
	"truckflow/internal/platform/blob/s3blob"
	"truckflow/migrations"
)

// embeddedDatabase is the program's database in its own PostgreSQL.
const embeddedDatabase = "truckflow"

// BackupConfig says what is backed up to where. dsn is the role for it; ""
// suffices for listing, verifying and restoring.
func BackupConfig(ctx context.Context, cfg *config.Config, dsn string, log *slog.Logger, version string) (backup.Config, error) {
	c := backup.Config{Home: filepath.Join(cfg.DataDir, "backup"), DSN: dsn, Schema: newestMigration(), Program: version, PGBin: cfg.PGBin,
		Log: log, Clock: clock.System, Recipient: cfg.Backup.Recipient, Sync: cfg.Backup.WAL == "sync", Settings: func() (map[string][]byte, error) { return settingsToKeep(cfg) }}
	if cfg.DatabaseURL == "" {
		c.Database, c.Managed = embeddedDatabase, true
	}
	if cfg.Backup.Engine == backup.EnginePgBackRest {
		c.Engine = backup.EnginePgBackRest
	}
	if cfg.Backup.Dir != "off" {
		b, err := fileblob.Open(cfg.Backup.Dir)
		if err != nil {
			return c, err
		}
		c.Stores = append(c.Stores, backup.Store{Name: "folder " + cfg.Backup.Dir, Blob: b, Dir: cfg.Backup.Dir, Keep: backup.LocalKeep,
			Copies: pgbackrest.Repo{Path: filepath.Join(cfg.Backup.Dir, backup.CopiesPrefix)}})
	}
	if b := cfg.Backup; b.S3Endpoint != "" {
		set := s3blob.Settings{Endpoint: b.S3Endpoint, Bucket: b.S3Bucket, AccessKey: b.S3AccessKey, SecretKey: b.S3SecretKey, PathStyle: true, CreateBucket: true, CA: b.S3CA}
		if b.S3LockDays > 0 {
			set.Lock = backup.LockFor(b.S3LockDays, clock.System.Now)
		}
		s, err := s3blob.Open(ctx, set)
		if err != nil {
			return c, err
		}
		c.Stores = append(c.Stores, backup.Store{Name: "S3 bucket " + b.S3Bucket, Blob: s, Keep: backup.RemoteKeep, Copies: backup.CopiesIn(b.S3Endpoint, pgbackrest.S3{
			Bucket: b.S3Bucket, AccessKey: b.S3AccessKey, Secret: b.S3SecretKey, CertificateOfStore: b.S3CA})})
	}
	return c, nil
}

// BackupDSN is the role backups use, "" where the program takes none; stop ends
// what had to be started for it.
func BackupDSN(ctx context.Context, cfg *config.Config, log *slog.Logger) (dsn string, stop func(), err error) {
	if cfg.DatabaseURL != "" {
		return cfg.Backup.DatabaseURL, func() {}, nil
	}
	pc, err := serverConfig(cfg, log)
	if err != nil {
		return "", nil, err
	}
	if _, err := os.Stat(pc.Dir); err != nil {
		return "", nil, errs.NotFound("there is no database in %s", cfg.DataDir).Hint("set TRUCKFLOW_DATA to the folder that truckflow serve uses")
	}
	srv, stop, err := running(ctx, pc)
	if err != nil {
		return "", nil, err
	}
	return srv.SuperDSN(), stop, nil
}

// serverConfig is how the program's own server runs: with pgBackRest it archives its log.
func serverConfig(cfg *config.Config, log *slog.Logger) (pgmanager.Config, error) {
	pc := pgmanager.Config{Dir: filepath.Join(cfg.DataDir, "postgres"), Bin: cfg.PGBin, Log: log, Clock: clock.System}
	if cfg.Backup.Engine != backup.EnginePgBackRest || cfg.Backup.WAL == "off" {
		return pc, nil
	}
	program, err := pgbackrest.Find()
	pc.Archive = func(home string) string { return pgbackrest.ArchiveCommand(program, backup.BackRestDir(home)) }
	return pc, err
}

// running joins the program's own server, or starts it; stop ends what was started.
func running(ctx context.Context, pc pgmanager.Config) (srv *pgmanager.Server, stop func(), err error) {
	if srv, err = pgmanager.Running(ctx, pc); err == nil {
		return srv, func() {}, nil
	}
	if srv, err = pgmanager.Start(ctx, pc); err != nil {
		return nil, nil, err
	}
	return srv, func() {
		if err := srv.Stop(context.WithoutCancel(ctx)); err != nil {
			pc.Log.Error("database did not stop cleanly", "error", err)
		}
	}, nil
}

// Migrations are the schema that this program brings.
func Migrations() fs.FS { return migrations.Files }

// newestMigration names the schema this program brings.
func newestMigration() string {
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil || len(names) == 0 {
		return ""
	}
	newest, _, _ := strings.Cut(slices.Max(names), "_")
	return newest
}

// settingsToKeep are the files without which a restored database is of no use:
// the keys in the data folder, and the environment the program was given.
func settingsToKeep(cfg *config.Config) (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, name := range []string{"jwt.secret", "postgres/passwords.json"} {
		b, err := os.ReadFile(filepath.Join(cfg.DataDir, name))
		if os.IsNotExist(err) {
			continue // given by the environment
		} else if err != nil {
			return nil, err
		}
		out[name] = b
	}
	var env strings.Builder
	e := cfg.Environment()
	for _, k := range slices.Sorted(maps.Keys(e)) {
		env.WriteString(k + "=" + e[k] + "\n")
	}
	out["environment.env"] = []byte(env.String())
	return out, nil
}

// openBackup makes the backup service where there is something to back up with.
func (d *drivers) openBackup(ctx context.Context, cfg *config.Config, log *slog.Logger, version string) error {
	dsn := cfg.Backup.DatabaseURL
	if d.server != nil {
		dsn = d.server.SuperDSN()
	}
	switch {
	case cfg.Backup.WAL == "off":
		d.choose("backup", "none", "TRUCKFLOW_BACKUP_WAL is off")
		return nil
	case cfg.Backup.Dir == "off" && cfg.Backup.S3Endpoint == "":
		d.choose("backup", "none", "TRUCKFLOW_BACKUP_DIR is off and TRUCKFLOW_BACKUP_S3_ENDPOINT is not set")
		return nil
	case dsn == "":
		d.choose("backup", "none", "DATABASE_URL is set and TRUCKFLOW_BACKUP_DATABASE_URL is not: whoever runs that server backs it up")
		return nil
	}
	c, err := BackupConfig(ctx, cfg, dsn, log, version)
	if err != nil {
		return err
	}
	c.Files = d.blobs
	if d.backup, err = backup.Open(c); err != nil {
		return err
	}
	d.blobs = d.backup.Watched(d.blobs)
	who := "own, " + cfg.Backup.WAL
	if c.Engine == backup.EnginePgBackRest {
		who = "pgBackRest"
	}
	d.choose("backup", who, "kept in "+storeNames(c.Stores))
	return nil
}

// backupHealth asks every store of backups whether it would take one now.
func (d *drivers) backupHealth(ctx context.Context) error {
	if d.backup == nil {
		return nil
	}
	return d.backup.Ping(ctx)
}

// drilledFiles is how many uploads a drill opens.
const drilledFiles = 25

// startBackup keeps the backups going until stop.
func (a *App) startBackup() (stop func()) {
	if a.d.backup == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); a.d.backup.Schedule(ctx, drilledFiles) }()
	return func() { cancel(); <-done }
}

func storeNames(stores []backup.Store) string {
	var names []string
	for _, s := range stores {
		names = append(names, s.Name)
	}
	return strings.Join(names, " and ")
}
