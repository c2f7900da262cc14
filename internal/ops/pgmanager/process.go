package pgmanager

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/lines"
)

// readyWithin bounds one start. Crash recovery replays at most max_wal_size,
// well inside it on any disk we know.
const readyWithin = 5 * time.Minute

// process is a running server that is our child.
type process struct {
	pid    int
	exited chan struct{} // closed when it has ended
	err    error         // how; set before exited is closed
}

func (p *process) dead() bool {
	select {
	case <-p.exited:
		return true
	default:
		return false
	}
}

// launch starts the server and returns at once. See the package comment for
// the process group and the parent-death signal.
func (s *Server) launch() (*process, error) {
	out, err := os.OpenFile(s.startLog(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd := exec.CommandContext(context.Background(), s.bin.path("postgres"), "-D", s.lay.cluster)
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = childEnv(), "/", out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.who.credential()}
	if s.cfg.outlive {
		cmd.SysProcAttr.Setsid = true
	} else {
		cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Pdeathsig = true, syscall.SIGINT
	}
	p, err := spawn(cmd)
	if err != nil {
		return nil, errs.Unavailable("cannot run %s", s.bin.path("postgres")).
			Hint("check that the user %s may run it", s.who.name).Wrap(err)
	}
	return p, nil
}

// spawn starts cmd from a thread that lives as long as it, because that is
// what its parent-death signal hangs on.
func spawn(cmd *exec.Cmd) (*process, error) {
	p, started := &process{exited: make(chan struct{})}, make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		if err == nil {
			p.pid = cmd.Process.Pid
		}
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.exited)
		}
	}()
	return p, <-started
}

// awaitReady returns when the server answers, or why it will not.
func (s *Server) awaitReady(ctx context.Context, p *process) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		if pid, ready := s.lay.pidFile(); ready && pid == p.pid && s.ping(ctx) == nil {
			return nil
		}
		if p.dead() {
			return errs.Unavailable("the database server did not start").
				Hint("%s", s.logTail()).Wrap(p.err)
		}
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return errs.Unavailable("the database server is not ready").
				Hint("%s", s.logTail()).Wrap(err)
		}
	}
}

// ping asks the socket. Any answer of the server's own counts, so a password
// problem is reported as one and not as a server that never came up; only
// "starting up" (57P03) does not.
func (s *Server) ping(ctx context.Context) error {
	c, err := pgconn.Connect(ctx, s.dsn(superRole, superRole))
	if err == nil {
		return c.Close(ctx)
	}
	if pe := (*pgconn.PgError)(nil); errors.As(err, &pe) && pe.Code != "57P03" {
		return nil
	}
	return err
}

// end stops a child in order: fast shutdown, and immediate when ctx ends first.
func (s *Server) end(ctx context.Context, p *process) error {
	signal := func(sig syscall.Signal) { syscall.Kill(p.pid, sig) } // not reaped before exited, so never another's pid
	signal(syscall.SIGINT)
	select {
	case <-p.exited:
		return nil
	case <-ctx.Done():
	}
	s.log.Warn("the database server is slow to stop; stopping it at once", "pid", p.pid)
	signal(syscall.SIGQUIT)
	select {
	case <-p.exited:
		return nil
	case <-time.After(20 * time.Second):
		return errs.Unavailable("the database server (pid %d) does not stop", p.pid).Hint("look at %s", s.lay.log)
	}
}

// supervise keeps the server running until Stop: one that dies is started
// again, with growing pauses while it keeps dying.
func (s *Server) supervise(ctx context.Context, p *process) {
	defer close(s.supervised)
	wait := time.Second / 4
	for {
		select {
		case <-ctx.Done():
			s.endErr = s.end(s.stopCtx, p)
			return
		case <-p.exited:
		}
		s.log.Error("the database server died; starting it again", "error", p.err, "log", s.logTail())
		next, err := s.relaunch(ctx)
		for err != nil && ctx.Err() == nil {
			s.log.Error("the database server does not come back", "error", err)
			if pause(ctx, wait) == nil {
				wait = min(2*wait, 30*time.Second)
				next, err = s.relaunch(ctx)
			}
		}
		if err != nil {
			return // Stop came meanwhile and nothing runs
		}
		p, wait = next, time.Second/4
	}
}

// relaunch is what every start after the first preparation does.
func (s *Server) relaunch(ctx context.Context) (*process, error) {
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	if err := s.writeConf(); err != nil {
		return nil, err
	}
	p, err := s.launch()
	if err != nil {
		return nil, err
	}
	if err := s.awaitReady(ctx, p); err != nil {
		if !p.dead() {
			quick, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			err = errors.Join(err, s.end(quick, p))
		}
		return nil, err
	}
	s.pid.Store(int64(p.pid))
	return p, nil
}

func (s *Server) startLog() string { return filepath.Join(s.lay.log, "start.log") }

// logTail returns the last lines of the server's words: what it said before its
// log was open, and the newest log file.
func (s *Server) logTail() string {
	files, _ := filepath.Glob(filepath.Join(s.lay.log, "postgres-*.log")) // constant pattern
	slices.SortFunc(files, func(a, b string) int { return modTime(a).Compare(modTime(b)) })
	var parts []string
	if b, err := os.ReadFile(s.startLog()); err == nil && len(b) > 0 {
		parts = append(parts, lines.Last(string(b), 8))
	}
	if len(files) > 0 {
		if b, err := os.ReadFile(files[len(files)-1]); err == nil && len(b) > 0 {
			parts = append(parts, lines.Last(string(b), 8))
		}
	}
	return fmt.Sprintf("the server's log (%s) ends:\n%s", s.lay.log, strings.Join(parts, "\n"))
}

func modTime(path string) time.Time {
	st, err := os.Stat(path)
	if err != nil {
		return time.Time{}
	}
	return st.ModTime()
}
