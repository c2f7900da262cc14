package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"truckflow/internal/config"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup"
	"truckflow/internal/ops/pgmanager"
	"truckflow/internal/platform/blob"
	"truckflow/internal/platform/blob/fileblob"
	"truckflow/internal/platform/blob/s3blob"
	"truckflow/internal/platform/cache"
	"truckflow/internal/platform/cache/memcache"
	"truckflow/internal/platform/cache/rediscache"
	"truckflow/internal/platform/cache/standin"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/mail"
	"truckflow/internal/platform/mail/keptmail"
	"truckflow/internal/platform/mail/smtpmail"
	"truckflow/internal/platform/ocr"
	"truckflow/internal/platform/outbox"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/pubsub"
	"truckflow/internal/platform/pubsub/mempubsub"
	"truckflow/internal/platform/pubsub/pgpubsub"
	"truckflow/internal/platform/pubsub/redispubsub"
	"truckflow/migrations"
)

// Choice is a driver that was chosen, and why: what `truckflow doctor` prints.
type Choice struct {
	Port   string `json:"port"`
	Driver string `json:"driver"`
	Why    string `json:"why"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
	Hint   string `json:"hint,omitempty"`
}

// drivers are the outside services, real or embedded.
type drivers struct {
	server  *pgmanager.Server // nil with DATABASE_URL
	backup  *backup.Service   // nil where none are taken
	db      *pg.DB
	late    bool // there was no primary at the start: what needs one begins when there is
	cache   cache.Cache
	standin func() (since time.Time, ok bool) // whether the process stands in for the cache server
	news    pubsub.PubSub
	blobs   blob.Store
	mail    mail.Sender
	ocr     *ocr.Reader
	ai      []llm.EngineSettings
	chosen  []Choice
	closes  []func()
}

func (d *drivers) close() {
	for i := len(d.closes) - 1; i >= 0; i-- {
		d.closes[i]()
	}
}

func (d *drivers) choose(port, driver, why string) {
	d.chosen = append(d.chosen, Choice{Port: port, Driver: driver, Why: why, OK: true})
}

// openDrivers opens everything cfg asks for, database first and migrated.
func openDrivers(ctx context.Context, cfg *config.Config, log *slog.Logger, version string) (d *drivers, err error) {
	d = &drivers{standin: func() (time.Time, bool) { return time.Time{}, false }}
	defer func() {
		if err != nil {
			d.close()
		}
	}()
	dsn, err := d.database(ctx, cfg, log)
	if err != nil {
		return d, err
	}
	if err := d.redis(ctx, cfg, dsn, log); err != nil {
		return d, err
	}
	if err := d.files(ctx, cfg, log); err != nil {
		return d, err
	}
	if err := d.openBackup(ctx, cfg, log, version); err != nil {
		return d, err
	}
	if err := d.post(cfg, log); err != nil {
		return d, err
	}
	d.ocr, err = ocr.New(ocr.Settings{CacheDir: filepath.Join(cfg.DataDir, "cache", "pdfium"), Tesseract: cfg.Tesseract, Second: cfg.SecondReader, Workers: cfg.ReadWorkers + 1, Log: log})
	if err != nil {
		return d, err
	}
	d.closes = append(d.closes, func() { _ = d.ocr.Close() })
	if t := d.ocr.Tesseract(); t != "" {
		d.choose("scans", "tesseract", "found at "+t)
	} else {
		d.chosen = append(d.chosen, Choice{Port: "scans", Driver: "none", Why: "tesseract is not installed", Hint: "apt-get install tesseract-ocr; text PDFs are read without it"})
	}
	if dir, why := d.ocr.Second(); dir != "" {
		d.choose("second reader", "PP-OCR", "found in "+dir)
	} else {
		d.choose("second reader", "none", why)
	}
	d.ai = AIEngines(cfg)
	d.chooseAI(d.ai)
	return d, nil
}

// database runs or reaches PostgreSQL, migrates it, and returns the program's DSN.
func (d *drivers) database(ctx context.Context, cfg *config.Config, log *slog.Logger) (dsn string, err error) {
	owner := cfg.DatabaseURL
	dsn = owner
	if owner == "" {
		pc, err := serverConfig(cfg, log)
		if err != nil {
			return "", err
		}
		if d.server, err = pgmanager.Start(ctx, pc); err != nil {
			return "", err
		}
		srv := d.server
		d.closes = append(d.closes, func() {
			if err := srv.Stop(context.Background()); err != nil {
				log.Error("database did not stop cleanly", "error", err)
			}
		})
		if err := backup.Unblock(ctx, srv.SuperDSN()); err != nil {
			return "", err
		}
		owner, dsn = srv.OwnerDSN(), srv.AppDSN()
		d.choose("database", "own PostgreSQL "+srv.Version(), "DATABASE_URL is not set")
	} else {
		d.choose("database", "PostgreSQL", "DATABASE_URL is set")
		primary, err := reachable(ctx, cfg)
		if err != nil {
			return "", err
		}
		d.late = !primary
	}
	if !d.late {
		if err := migrate(ctx, owner, log); err != nil {
			return "", err
		}
	}
	d.db, err = pg.Open(ctx, pg.Settings{DSN: dsn, ReadDSN: cfg.ReadURL, Absent: d.late, Log: log})
	if err == nil {
		d.closes = append(d.closes, d.db.Close)
	}
	return dsn, err
}

func reachable(ctx context.Context, cfg *config.Config) (primary bool, err error) {
	return pg.Reachable(ctx, pg.Settings{DSN: cfg.DatabaseURL, ReadDSN: cfg.ReadURL}, migrations.Files)
}

// Await returns when there is a database to start with, a standby to read from or the primary, and with the error that
// waiting does not mend. It also returns when ctx ends. Nothing listens meanwhile: a balancer asks the other instances.
func Await(ctx context.Context, cfg *config.Config, log *slog.Logger) error {
	if cfg.DatabaseURL == "" {
		return nil
	}
	for said := (time.Time{}); ctx.Err() == nil; {
		_, err := reachable(ctx, cfg)
		if err == nil || !pg.Gone(err) {
			return err
		}
		if now := clock.System.Now(); now.Sub(said) >= time.Minute && ctx.Err() == nil {
			said = now
			log.WarnContext(ctx, "waiting for the database", "error", err)
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
		}
	}
	return nil
}

// migrate brings the schema up to date, the queue's included.
func migrate(ctx context.Context, owner string, log *slog.Logger) error {
	if _, err := pg.Migrate(ctx, owner, migrations.Files, log); err != nil {
		return err
	}
	if err := jobs.Migrate(ctx, owner); err != nil {
		return err
	}
	return pg.Grant(ctx, owner)
}

// RehearseUpgrade does to a copy what a start does to the database.
func RehearseUpgrade(ctx context.Context, dsn string) ([]pg.Step, error) {
	steps, err := pg.Rehearse(ctx, dsn, migrations.Files)
	if err == nil {
		err = migrate(ctx, dsn, slog.New(slog.DiscardHandler))
	}
	return steps, err
}

// Database reaches the program's database for a command, starting it where nobody
// runs it; dsn is the owner's, stop ends what had to be started.
func Database(ctx context.Context, cfg *config.Config, log *slog.Logger, migrated bool) (dsn string, stop func(), err error) {
	dsn, stop = cfg.DatabaseURL, func() {}
	if dsn == "" {
		pc, err := serverConfig(cfg, log)
		if err != nil {
			return "", nil, err
		}
		if _, err := os.Stat(pc.Dir); err != nil && !migrated {
			return "", nil, errs.NotFound("there is no database in %s", cfg.DataDir).Hint("set TRUCKFLOW_DATA to the folder that truckflow serve uses")
		}
		srv, end, err := running(ctx, pc)
		if err != nil {
			return "", nil, err
		}
		dsn, stop = srv.OwnerDSN(), end
	}
	if migrated {
		if err := migrate(ctx, dsn, log); err != nil {
			stop()
			return "", nil, err
		}
	}
	return dsn, stop, nil
}

func (d *drivers) redis(ctx context.Context, cfg *config.Config, dsn string, log *slog.Logger) error {
	if cfg.RedisURL != "" {
		c, err := standin.Open(ctx, standin.Settings{Own: memcache.New(memcache.Settings{}, clock.System), Clock: clock.System, Log: log,
			Open: func(ctx context.Context) (cache.Cache, error) {
				return rediscache.Open(ctx, rediscache.Settings{URL: cfg.RedisURL})
			}})
		if err != nil {
			return err
		}
		d.standin = c.StandIn
		d.cache = c
		d.closes = append(d.closes, c.Close)
		n, err := redispubsub.Open(ctx, redispubsub.Settings{URL: cfg.RedisURL, Log: log})
		if err != nil {
			return err
		}
		d.news = n
		d.closes = append(d.closes, n.Close)
		d.choose("cache", "Redis", "REDIS_URL is set")
		d.choose("live news", "Redis", "REDIS_URL is set")
		return nil
	}
	c := memcache.New(memcache.Settings{}, clock.System)
	d.cache = c
	d.closes = append(d.closes, c.Close)
	d.choose("cache", "in the process", "REDIS_URL is not set")
	if cfg.DatabaseURL == "" {
		d.news = mempubsub.New()
		d.choose("live news", "in the process", "REDIS_URL and DATABASE_URL are not set, so this is the only instance")
	} else {
		n, err := pgpubsub.Open(ctx, pgpubsub.Settings{DSN: dsn, Absent: d.late, Log: log})
		if err != nil {
			return err
		}
		d.news = n
		d.choose("live news", "PostgreSQL", "DATABASE_URL is set, so there may be other instances; REDIS_URL is not set")
	}
	d.closes = append(d.closes, d.news.Close)
	return nil
}

func (d *drivers) files(ctx context.Context, cfg *config.Config, log *slog.Logger) (err error) {
	d.blobs, err = OpenFiles(ctx, cfg)
	if errs.Is(err, errs.KindUnavailable) && errors.As(err, new(net.Error)) {
		// An instance that ends while the store is away must come back: papers wait, the rest works.
		log.WarnContext(ctx, "started without the file storage", "error", err)
		err = nil
	}
	if cfg.S3Endpoint != "" {
		d.choose("files", "S3", "S3_ENDPOINT is set")
	} else {
		d.choose("files", "folder "+filepath.Join(cfg.DataDir, "files"), "S3_ENDPOINT is not set")
	}
	return err
}

// OpenFiles is the store of uploads that cfg names.
func OpenFiles(ctx context.Context, cfg *config.Config) (blob.Store, error) {
	if cfg.S3Endpoint != "" {
		return s3blob.Open(ctx, s3blob.Settings{Endpoint: cfg.S3Endpoint, Bucket: cfg.S3Bucket, AccessKey: cfg.S3AccessKey, SecretKey: cfg.S3SecretKey, PathStyle: true, CreateBucket: true})
	}
	return fileblob.Open(filepath.Join(cfg.DataDir, "files"))
}

func (d *drivers) post(cfg *config.Config, log *slog.Logger) (err error) {
	if cfg.SMTPURL == "" {
		d.mail = keptmail.New(log)
		d.choose("mail", "kept and shown in the app", "SMTP_URL is not set")
		return nil
	}
	d.mail, err = smtpmail.New(smtpmail.Settings{URL: cfg.SMTPURL})
	d.choose("mail", "SMTP", "SMTP_URL is set")
	return err
}

// sendMail is how the outbox hands a mail over.
func sendMail(s mail.Sender, from string) outbox.Send {
	return func(ctx context.Context, m outbox.Mail, open func(outbox.File) (io.ReadCloser, error)) (bool, error) {
		msg := mail.Message{ID: m.ID.String() + "@truckflow", Date: m.CreatedAt, From: mail.Address{Name: "TruckFlow", Email: from}, To: []mail.Address{{Email: m.To}},
			Subject: m.Subject, Text: m.Body}
		if m.ReplyTo != "" {
			msg.ReplyTo = mail.Address{Email: m.ReplyTo}
		}
		for _, f := range m.Files {
			msg.Attachments = append(msg.Attachments, mail.Attachment{Name: f.Name, ContentType: f.ContentType, Data: func() (io.ReadCloser, error) { return open(f) }})
		}
		return !s.Delivers(), s.Send(ctx, msg)
	}
}

// health asks every driver whether it would work now.
func (d *drivers) health(ctx context.Context) []Choice {
	out := append([]Choice{}, d.chosen...)
	for i := range out {
		var err error
		switch out[i].Port {
		case "database":
			err = d.db.Ping(ctx)
		case "cache":
			err = d.cache.Ping(ctx)
		case "live news":
			err = d.news.Ping(ctx)
		case "files":
			err = d.blobs.Ping(ctx)
		case "mail":
			err = d.mail.Ping(ctx)
		case "backup":
			err = d.backupHealth(ctx)
		}
		if err != nil {
			p := errs.Public(err)
			out[i].OK, out[i].Detail, out[i].Hint = false, p.Message, p.HintMsg
		}
	}
	return out
}
