package pgmanager

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"truckflow/internal/kit/errs"
)

// pidFile returns the pid that the cluster's last server noted, or 0, and
// whether that server says it accepts connections.
func (l layout) pidFile() (pid int, ready bool) {
	b, err := os.ReadFile(filepath.Join(l.cluster, "postmaster.pid"))
	if err != nil {
		return 0, false
	}
	lines := strings.Split(string(b), "\n")
	pid, err = strconv.Atoi(strings.TrimSpace(lines[0]))
	if err != nil || pid <= 1 {
		return 0, false
	}
	return pid, len(lines) > 7 && strings.TrimSpace(lines[7]) == "ready" // line 8: see pg_ctl
}

// serves reports whether pid is the main server process of this very cluster.
// A pid alone proves nothing after a reboot; a server's working directory is
// its cluster, and its command line is never rewritten (its children's are).
func serves(pid int, cluster string) bool {
	cmd, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return false
	}
	args := strings.Split(strings.TrimRight(string(cmd), "\x00"), "\x00")
	if base := filepath.Base(args[0]); base != "postgres" && base != "postmaster" {
		return false
	}
	if cwd, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/cwd"); err == nil {
		return cwd == cluster
	}
	for i, a := range args[:len(args)-1] {
		if a == "-D" {
			return filepath.Clean(args[i+1]) == cluster
		}
	}
	return false
}

// leftovers lists every PostgreSQL process still working in the cluster: the
// children of a server that was killed may outlive it for a moment.
func leftovers(cluster string) []int {
	var pids []int
	procs, _ := filepath.Glob("/proc/[0-9]*/cwd") // constant, well-formed pattern
	for _, p := range procs {
		if cwd, err := os.Readlink(p); err != nil || cwd != cluster {
			continue
		}
		dir := filepath.Dir(p)
		comm, err := os.ReadFile(filepath.Join(dir, "comm"))
		if err != nil || !strings.HasPrefix(string(comm), "postgres") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// settle leaves the cluster with no server and nothing that keeps a new one
// from starting. We hold the folder's lock, so whatever runs there is an orphan.
func (s *Server) settle(ctx context.Context) error {
	pid, _ := s.lay.pidFile()
	if pid != 0 && serves(pid, s.lay.cluster) {
		s.log.Warn("stopping the database server that an earlier program left behind", "pid", pid)
		if err := s.stopPid(ctx, pid); err != nil {
			return err
		}
	}
	if err := s.reap(ctx); err != nil {
		return err
	}
	if pid, _ := s.lay.pidFile(); pid != 0 {
		// Nothing runs in the cluster, so the file is stale. PostgreSQL removes it
		// itself unless the number now belongs to another process of its account.
		s.log.Info("removing a stale pid file", "pid", pid)
		if err := remove(filepath.Join(s.lay.cluster, "postmaster.pid")); err != nil {
			return err
		}
	}
	sock := filepath.Join(s.socket, ".s.PGSQL."+s.port())
	return errors.Join(remove(sock), remove(sock+".lock"))
}

// stopPid ends a server that is not our child: fast shutdown, then immediate
// (which recovers at the next start); both leave every commit in place.
func (s *Server) stopPid(ctx context.Context, pid int) error {
	gone := func() bool { return !serves(pid, s.lay.cluster) }
	for _, step := range []struct {
		sig  syscall.Signal
		wait time.Duration
	}{{syscall.SIGINT, 60 * time.Second}, {syscall.SIGQUIT, 20 * time.Second}} {
		if err := syscall.Kill(pid, step.sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			return errs.Forbidden("a database server (pid %d) runs in %s and may not be stopped by us", pid, s.lay.cluster).
				Hint("stop it as its owner: kill -INT %d", pid).Wrap(err)
		}
		if err := until(ctx, step.wait, gone); err == nil {
			return nil
		} else if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return errs.Unavailable("the database server left behind (pid %d) does not stop", pid).
		Hint("look at %s, then stop it by hand: kill -QUIT %d", s.lay.log, pid)
}

// reap ends children of a killed server. They notice by themselves within
// milliseconds, save those deep in a computation.
func (s *Server) reap(ctx context.Context) error {
	none := func() bool { return len(leftovers(s.lay.cluster)) == 0 }
	if until(ctx, 2*time.Second, none) == nil {
		return nil
	}
	for _, sig := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGKILL} {
		for _, pid := range leftovers(s.lay.cluster) {
			syscall.Kill(pid, sig) // already gone is as good
		}
		if until(ctx, 5*time.Second, none) == nil {
			return nil
		}
	}
	return errs.Unavailable("processes of a dead database server still hold %s: %v", s.lay.cluster, leftovers(s.lay.cluster)).
		Hint("end them, then start again")
}

// until polls done every 10 ms for at most d.
func until(ctx context.Context, d time.Duration, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	for !done() {
		if err := pause(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
