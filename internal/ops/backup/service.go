package backup

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/blob"
)

// Config says what is backed up and to where.
type Config struct {
	Home     string  // the program's own folder for keys, spool and state; data folder/backup
	Stores   []Store // where backups go; the first should be near and fast
	DSN      string  // a superuser, or a role with REPLICATION, pg_read_all_settings and pg_checkpoint
	Database string  // name of the program's database in that cluster
	Schema   string  // the newest migration
	Program  string  // TruckFlow's version

	Files     blob.Store                        // uploads; nil: none are backed up
	Settings  func() (map[string][]byte, error) // configuration, keys and secrets by file name; nil: none
	Recipient string                            // recovery key's public half; "": the one NewRecoveryKey made

	Engine   string        // "" is our own; EnginePgBackRest
	Archives time.Duration // pgBackRest: how often the log is switched to be archived; 0 is a minute
	Managed  bool          // the database is our own: its settings are ours to make

	Sync     bool          // a commit waits until the archiver has it: recovery point zero, slower
	Every    time.Duration // how often the log is shipped; 0 is 5 s
	PGBin    string
	Log      *slog.Logger
	Clock    clock.Clock
	KeepWAL  string // max_slot_wal_keep_size where the server has none: "8GB"
	SpoolMax int64  // bytes of log that may wait for a store; 0 is 2 GB
}

// Service takes, keeps and proves backups. Safe for concurrent use.
type Service struct {
	cfg    Config
	repo   *repo
	engine engine        // takes the backups; those there are may be of another
	wake   chan struct{} // asks the archiver to ship now

	fresh sync.Map // keys of uploads that are not in a journal yet

	mu        sync.Mutex
	archiving bool  // Archive runs in this process
	waiting   bool  // … and another has the slot
	receiving bool  // … and the log comes in
	refusal   error // … or why not, when that will not change by itself
	doing     Doing

	stamping  sync.Mutex
	lastStamp time.Time // the last that this process gave

	began  time.Time   // when the service was opened
	asked  chan string // for Schedule
	failed time.Time   // when Schedule's last backup did; its own
}

// slotName is our replication slot, and the name synchronous commits wait for.
const slotName = "truckflow_backup"

// Open reads the keys (making them the first time) and touches no store yet.
func Open(cfg Config) (*Service, error) {
	if len(cfg.Stores) == 0 {
		return nil, errs.Invalid("no place for backups is set").Hint("set TRUCKFLOW_BACKUP_DIR, TRUCKFLOW_BACKUP_S3_ENDPOINT, or both")
	}
	if cfg.Engine == EnginePgBackRest {
		if err := ensureCipher(cfg.Home); err != nil {
			return nil, err
		}
	}
	keys, err := openKeys(cfg.Home, cfg.Recipient)
	if err != nil {
		return nil, err
	}
	return open(cfg, keys), nil
}

// Reader is a Service that can list, verify and restore with a recovery key
// alone: a new machine has nothing else.
func Reader(cfg Config, keys *Keys) *Service { return open(cfg, keys) }

func open(cfg Config, keys *Keys) *Service {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System
	}
	if cfg.Every <= 0 {
		cfg.Every = 5 * time.Second
	}
	if cfg.KeepWAL == "" {
		cfg.KeepWAL = "8GB"
	}
	if cfg.SpoolMax <= 0 {
		cfg.SpoolMax = 2 << 30
	}
	if cfg.Archives <= 0 {
		cfg.Archives = time.Minute
	}
	s := &Service{cfg: cfg, repo: &repo{stores: cfg.Stores, keys: keys}, wake: make(chan struct{}, 1), asked: make(chan string, 1), began: cfg.Clock.Now()}
	s.engine = s.engineOf(&Manifest{Engine: cfg.Engine})
	s.repo.held = backrest{s}.held
	return s
}

// exclusively keeps two of the long works (a backup, a prune, a drill) of this
// machine from running at once.
func (s *Service) exclusively(what string) (release func(), err error) {
	if err := os.MkdirAll(s.cfg.Home, 0o700); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(s.cfg.Home, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		doing, _ := io.ReadAll(f)
		return nil, errors.Join(errs.Conflict("%s is running already", cmp.Or(string(doing), "a backup")).Hint("wait for it to end (truckflow backup status)"), f.Close())
	}
	_ = f.Truncate(0)
	_, _ = f.WriteAt([]byte(what), 0) // only for the message above
	return func() { _ = f.Close() }, nil
}

// Ping reports whether every store would take a backup now.
func (s *Service) Ping(ctx context.Context) error {
	for _, st := range s.repo.stores {
		if err := st.Blob.Ping(ctx); err != nil {
			return errs.Unavailable("%s does not take backups", st.Name).Wrap(err)
		}
	}
	return nil
}

// sql connects to the server as an ordinary client; database "" is the DSN's.
func (s *Service) sql(ctx context.Context, database string) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(s.cfg.DSN)
	if err != nil {
		return nil, errs.Invalid("the database's address for backups cannot be read").Wrap(err)
	}
	if database != "" {
		cfg.Database = database
	}
	cfg.RuntimeParams["application_name"] = "truckflow backup"
	cfg.RuntimeParams["synchronous_commit"] = "local" // we must not wait for ourselves
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, errs.Unavailable("the database does not answer a backup").Wrap(err)
	}
	return c, nil
}
