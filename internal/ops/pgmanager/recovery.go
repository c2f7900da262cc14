package pgmanager

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/lines"
)

// include makes PostgreSQL read what we write at every start, and after it
// what a person has written.
const include = "\ninclude = 'truckflow.conf'          # written by TruckFlow at every start\ninclude_if_exists = 'local.conf'    # yours; wins\n"

// Recovery is a copied cluster on its way to being a database again: its files
// come first, then it replays the log under settings that touch none of its own.
type Recovery struct {
	s       *Server
	scratch string // sockets, settings and log of the recovery
	p       *process
}

// NewRecovery prepares dir, laid out as Start's, for a cluster of the given
// major. It refuses a dir that has one, and a machine without that major.
func NewRecovery(dir, bin string, major int, log *slog.Logger) (*Recovery, error) {
	s, err := open(Config{Dir: dir, Bin: bin, Log: log})
	if err != nil {
		return nil, err
	}
	if s.bin, err = findMajor(bin, major); err != nil {
		return nil, errs.Unsupported("the backup is of PostgreSQL %d, which this machine does not have", major).
			Hint("apt install postgresql-%d, or set PG_BIN to its programs", major).Wrap(err)
	}
	if s.lay, err = place(s.lay, s.log); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(s.lay.cluster); !errors.Is(err, fs.ErrNotExist) {
		return nil, errs.Conflict("%s holds a database already", s.lay.cluster).Hint("restore into an empty folder; nothing was changed")
	}
	if s.who, err = whoRuns(s.lay.cluster); err != nil {
		return nil, err
	}
	if err := s.lay.prepare(s.who); err != nil {
		return nil, err
	}
	if err := privateDir(s.lay.cluster, s.who); err != nil {
		return nil, err
	}
	scratch, err := os.MkdirTemp("", "tf-restore-") // a short path: sockets
	if err != nil {
		return nil, err
	}
	return &Recovery{s: s, scratch: scratch}, s.who.own(scratch)
}

// Cluster is where the copied files go.
func (r *Recovery) Cluster() string { return r.s.lay.cluster }

// Own gives a file that the server must read to the account it runs as.
func (r *Recovery) Own(path string) error { return r.s.who.own(path) }

// Account is that account.
func (r *Recovery) Account() Account { return Account{r.s.who} }

// Recover starts the server with the given lines of settings, lets it replay
// the log, and returns once it is a database that takes writes. wait is told
// every second that it goes on. The server is reachable by DSN until Stop.
func (r *Recovery) Recover(ctx context.Context, lines []string, wait func()) error {
	conf := append([]string{
		"listen_addresses = ''", "unix_socket_directories = '" + strings.ReplaceAll(r.scratch, "'", "''") + "'", "hot_standby = off", "archive_mode = off",
		"logging_collector = off", "log_destination = 'stderr'", "max_wal_size = '4GB'", "shared_buffers = '128MB'",
		"restart_after_crash = off", "wal_level = replica", "max_connections = 20", "autovacuum = off",
		"timezone = 'UTC'", "log_timezone = 'UTC'", "lc_messages = 'C'", // its words are read
	}, lines...)
	files := map[string]string{"recovery.conf": strings.Join(conf, "\n") + "\n", "hba.conf": "local all all trust\n", "ident.conf": ""}
	for name, text := range files {
		f := filepath.Join(r.scratch, name)
		if err := errors.Join(os.WriteFile(f, []byte(text), 0o600), r.s.who.own(f)); err != nil {
			return err
		}
	}
	out, err := os.OpenFile(r.log(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	at := func(name string) string { return filepath.Join(r.scratch, name) }
	cmd := exec.CommandContext(context.Background(), r.s.bin.path("postgres"), "-D", r.s.lay.cluster, "-c", "config_file="+at("recovery.conf"),
		"-c", "hba_file="+at("hba.conf"), "-c", "ident_file="+at("ident.conf"))
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = childEnv(), "/", out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: r.s.who.credential(), Setpgid: true, Pdeathsig: syscall.SIGINT}
	if r.p, err = spawn(cmd); err != nil {
		return errs.Unavailable("cannot run %s", r.s.bin.path("postgres")).Wrap(err)
	}
	return r.await(ctx, wait)
}

func (r *Recovery) await(ctx context.Context, wait func()) error {
	told := time.Now()
	for {
		c, err := pgconn.Connect(ctx, r.DSN(superRole, superRole))
		pe := (*pgconn.PgError)(nil)
		if err == nil {
			return c.Close(ctx)
		}
		if errors.As(err, &pe) && pe.Code != "57P03" {
			return nil // it answers; that superuser is not its name
		}
		if r.p.dead() {
			return errs.Unavailable("the database did not come up from the backup").Hint("%s", r.tail()).Wrap(r.p.err)
		}
		if wait != nil && time.Since(told) > time.Second {
			told = time.Now()
			wait()
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

func (r *Recovery) log() string { return filepath.Join(r.scratch, "server.log") }

// tail is what the server said last.
func (r *Recovery) tail() string {
	b, err := os.ReadFile(r.log())
	if err != nil {
		return ""
	}
	return lines.Last(string(b), 12)
}

// Log is everything the server said while it recovered.
func (r *Recovery) Log() string {
	b, _ := os.ReadFile(r.log()) // absent before Recover
	return string(b)
}

// DSN connects to the recovered server; anybody who can reach its private
// socket may be anyone.
func (r *Recovery) DSN(role, db string) string {
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + db,
		RawQuery: url.Values{"host": {r.scratch}, "port": {"5432"}, "sslmode": {"disable"}}.Encode()}
	return u.String()
}

// Stop ends the server in order and removes what only the recovery needed. The
// cluster stays, ready for Start.
func (r *Recovery) Stop(ctx context.Context) error {
	var err error
	if r.p != nil && !r.p.dead() {
		err = r.s.end(ctx, r.p)
	}
	return errors.Join(err, os.RemoveAll(r.scratch))
}

// Adopt makes a cluster that another installation configured startable by
// Start: one whose settings lay elsewhere (as Debian does it) has none.
func (r *Recovery) Adopt() error {
	conf := filepath.Join(r.s.lay.cluster, "postgresql.conf")
	b, err := os.ReadFile(conf)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if !strings.Contains(string(b), "truckflow.conf") {
		if err := errors.Join(appendFile(conf, include), r.s.who.own(conf)); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{"pg_hba.conf": "local all all scram-sha-256\nlocal replication all scram-sha-256\n", "pg_ident.conf": ""} {
		f := filepath.Join(r.s.lay.cluster, name)
		if _, err := os.Stat(f); errors.Is(err, fs.ErrNotExist) {
			if err := errors.Join(os.WriteFile(f, []byte(text), 0o600), r.s.who.own(f)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}
