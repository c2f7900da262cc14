package pgmanager

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
)

// Config says where and how the embedded database runs.
type Config struct {
	Dir      string       // its folder, made when missing: data folder/postgres
	Bin      string       // folder with the server programs (PG_BIN); "" looks for them
	Log      *slog.Logger // nil discards
	Clock    clock.Clock  // measures what is logged; nil is the system's
	TCPPort  int          // also listen on 127.0.0.1:TCPPort; 0 is the socket only
	MemoryMB int          // memory to share out; 0 asks the machine

	// Archive is PostgreSQL's archive_command, given the folder beside the cluster
	// that the server's account can reach; nil archives nothing.
	Archive func(home string) string

	throwaway bool // test data: nothing waits for the disk
	outlive   bool // not our child: it goes on when we end
}

// Server is a running embedded database.
type Server struct {
	cfg     Config
	log     *slog.Logger
	bin     Binaries
	lay     layout
	who     account
	secrets secrets
	socket  string
	pid     atomic.Int64

	lock       *os.File
	stopOnce   sync.Once
	stopErr    error
	halt       context.CancelFunc // tells supervise to end the server
	stopCtx    context.Context    // how long it may take; set before halt
	supervised chan struct{}      // closed when supervise has returned
	endErr     error              // set before supervised is closed
}

// Start makes the cluster when the folder is empty, starts the server and
// returns when it answers and its roles and database are there. It refuses
// (errs.KindConflict, with a hint) a folder that a live process uses or that
// another PostgreSQL major made. ctx bounds the start only.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	s, err := open(cfg)
	if err != nil {
		return nil, err
	}
	began := s.cfg.Clock.Now()
	if s.lock, err = lockFolder(s.lay); err != nil {
		return nil, err
	}
	fresh, p, err := s.bringUp(ctx)
	if err != nil {
		return nil, errors.Join(err, s.lock.Close())
	}
	run, halt := context.WithCancel(context.Background())
	s.halt, s.supervised = halt, make(chan struct{})
	go s.supervise(run, p)
	s.log.Info("database ready", "postgres", s.bin.Version, "folder", s.lay.home, "pid", p.pid,
		"fresh", fresh, "took", s.cfg.Clock.Now().Sub(began).Round(time.Millisecond))
	return s, nil
}

// Share joins the server of the folder, starting it when it does not run, and
// leaves it running when the process ends: many test processes use one server.
// Its data are throwaway (fsync off). started says whether this call started
// it; Stop on a shared server does nothing, see pgtest for who stops it.
func Share(ctx context.Context, cfg Config) (s *Server, started bool, err error) {
	cfg.throwaway, cfg.outlive = true, true
	if s, err = open(cfg); err != nil {
		return nil, false, err
	}
	lock, err := waitLock(ctx, s.lay.lock)
	if err != nil {
		return nil, false, err
	}
	defer lock.Close()
	if joined, err := s.join(ctx); err != nil || joined {
		return s, false, err
	}
	_, _, err = s.bringUp(ctx)
	return s, err == nil, err
}

// Running joins the server that another process runs in the folder, to look at
// it; errs.KindNotFound when none runs there. It starts and makes nothing, and
// Stop on it does nothing.
func Running(ctx context.Context, cfg Config) (*Server, error) {
	none := errs.NotFound("no database runs in %s", cfg.Dir)
	if _, err := os.Stat(filepath.Join(cfg.Dir, "passwords.json")); err != nil {
		return nil, none.Wrap(err)
	}
	s, err := open(cfg)
	if err != nil {
		return nil, err
	}
	if joined, err := s.join(ctx); err != nil || !joined {
		return nil, none.Wrap(err)
	}
	return s, nil
}

// open finds programs and paths; it changes nothing but making the folder.
func open(cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System
	}
	if cfg.TCPPort < 0 || cfg.TCPPort > 65535 {
		return nil, errs.Invalid("%d is not a TCP port", cfg.TCPPort)
	}
	dir, err := openDir(cfg.Dir)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, log: cfg.Log, lay: newLayout(dir)}
	return s, nil
}

// locate settles everything that depends on what is in the folder already. The
// folder's lock must be held: it may write the location.
func (s *Server) locate() (major int, err error) {
	if s.lay, err = place(s.lay, s.log); err != nil {
		return 0, err
	}
	if s.who, err = whoRuns(s.lay.cluster); err != nil {
		return 0, err
	}
	if major, err = clusterMajor(s.lay.cluster); err != nil {
		return 0, err
	}
	if major == 0 {
		s.bin, err = Find(s.cfg.Bin)
	} else {
		s.bin, err = findMajor(s.cfg.Bin, major)
	}
	if err != nil {
		return 0, err
	}
	if err := s.lay.prepare(s.who); err != nil {
		return 0, err
	}
	if s.socket, err = s.lay.socketDir(s.who, s.port()); err != nil {
		return 0, err
	}
	s.secrets, err = loadSecrets(s.lay.passwords)
	return major, err
}

// bringUp runs the whole way from whatever is in the folder to a ready server.
func (s *Server) bringUp(ctx context.Context) (fresh bool, p *process, err error) {
	major, err := s.locate()
	if err != nil {
		return false, nil, err
	}
	lost := s.secrets == nil
	if lost {
		if s.secrets, err = newSecrets(s.lay.passwords); err != nil {
			return false, nil, err
		}
	}
	switch {
	case major == 0:
		fresh = true
		err = s.initCluster(ctx)
	case lost:
		if err = s.settle(ctx); err == nil {
			if err = s.writeConf(); err == nil {
				err = s.resetSuper(ctx)
			}
		}
		if err != nil { // as if never made: the next start must try again
			err = errors.Join(err, remove(s.lay.passwords))
		}
	}
	if err != nil {
		return false, nil, err
	}
	if p, err = s.relaunch(ctx); err != nil {
		return false, nil, err
	}
	if err := s.ensure(ctx); err != nil {
		quick, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return false, nil, errors.Join(err, s.end(quick, p))
	}
	return fresh, p, nil
}

// join connects to a server that already runs in the folder.
func (s *Server) join(ctx context.Context) (bool, error) {
	if _, err := s.locate(); err != nil || s.secrets == nil {
		return false, err
	}
	pid, ready := s.lay.pidFile()
	if !ready || !serves(pid, s.lay.cluster) {
		return false, nil
	}
	if err := s.ensure(ctx); err != nil {
		return false, nil // unusable: bringUp stops it and starts over
	}
	s.pid.Store(int64(pid))
	return true, nil
}

// Stop shuts the server down in order: open transactions are rolled back,
// everything committed is on disk. When ctx ends first the server is stopped at
// once, which costs a recovery at the next start and still loses nothing. It
// may be called more than once; later calls return the first's result.
func (s *Server) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() {
		if s.halt == nil {
			return // shared: others use it
		}
		s.stopCtx = ctx
		if s.cfg.Archive != nil { // a store that is away would keep the server from ending, for all it still has to archive
			patient, cancel := context.WithTimeout(ctx, archivePatience)
			defer cancel()
			s.stopCtx = patient
		}
		s.halt()
		<-s.supervised
		s.stopErr = errors.Join(s.endErr, s.lock.Close())
		s.log.Info("database stopped")
	})
	return s.stopErr
}

// archivePatience is how long a server that archives may take to end; what it had
// not archived by then it archives after its next start.
const archivePatience = 20 * time.Second

// SuperDSN connects as the superuser: backups and administration only.
func (s *Server) SuperDSN() string { return s.dsn(superRole, superRole) }

// OwnerDSN connects as truckflow_owner, which owns the database truckflow:
// migrations only.
func (s *Server) OwnerDSN() string { return s.OwnerDSNOf(database) }

// AppDSN connects as truckflow_app, which owns nothing and obeys row security:
// what the program runs as.
func (s *Server) AppDSN() string { return s.AppDSNOf(database) }

// OwnerDSNOf is OwnerDSN for a database made by CreateDatabase.
func (s *Server) OwnerDSNOf(name string) string { return s.dsn(ownerRole, name) }

// AppDSNOf is AppDSN for a database made by CreateDatabase.
func (s *Server) AppDSNOf(name string) string { return s.dsn(appRole, name) }

// Version is the server's, such as "15.20".
func (s *Server) Version() string { return s.bin.Version }

// Cluster is PostgreSQL's own data folder; for backups and the doctor.
func (s *Server) Cluster() string { return s.lay.cluster }

// Bin is the folder of the PostgreSQL programs in use.
func (s *Server) Bin() string { return s.bin.Dir }

// PID is the main server process's.
func (s *Server) PID() int { return int(s.pid.Load()) }

func (s *Server) port() string {
	if s.cfg.TCPPort != 0 {
		return strconv.Itoa(s.cfg.TCPPort)
	}
	return "5432" // only a part of the socket's name
}

func (s *Server) dsn(role, db string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, s.secrets[role]), Path: "/" + db,
		RawQuery: url.Values{"host": {s.socket}, "port": {s.port()}, "sslmode": {"disable"}}.Encode(),
	}
	return u.String()
}
