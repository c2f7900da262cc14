package pgmanager

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"truckflow/internal/kit/durable"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/lines"
)

// clusterMajor reads which PostgreSQL made the cluster: 0 when there is none.
func clusterMajor(cluster string) (int, error) {
	b, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if err == nil {
		major, err := strconv.Atoi(strings.TrimSpace(string(b)))
		if err != nil {
			return 0, errs.Conflict("the database folder %s has an unreadable PG_VERSION", cluster).
				Hint("restore the folder from a backup").Wrap(err)
		}
		return major, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	if _, err := os.Lstat(cluster); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	return 0, errs.Conflict("%s is there but is not a PostgreSQL database", cluster).
		Hint("move it away, or choose another data folder; nothing was changed")
}

// initCluster makes a new cluster. It is built under another name and renamed
// when whole, so a kill at any moment leaves nothing that looks like a cluster;
// remains of earlier attempts are cleared.
func (s *Server) initCluster(ctx context.Context) error {
	old, _ := filepath.Glob(filepath.Join(s.lay.home, "init-*.tmp")) // constant pattern after a clean path
	for _, o := range old {
		if err := os.RemoveAll(o); err != nil {
			return err
		}
	}
	tmp, err := os.MkdirTemp(s.lay.home, "init-*.tmp")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	pw := filepath.Join(tmp, "pw")
	if err := os.WriteFile(pw, []byte(s.secrets[superRole]+"\n"), 0o600); err != nil {
		return err
	}
	if err := errors.Join(s.who.own(tmp), s.who.own(pw)); err != nil {
		return err
	}
	fresh := filepath.Join(tmp, "cluster")
	if err := s.runInitdb(ctx, fresh, pw); err != nil {
		return err
	}
	if err := appendFile(filepath.Join(fresh, "postgresql.conf"), include); err != nil {
		return err
	}
	if err := os.Rename(fresh, s.lay.cluster); err != nil {
		return err
	}
	return durable.SyncDir(s.lay.home)
}

func (s *Server) runInitdb(ctx context.Context, dir, pwfile string) error {
	args := []string{
		"--pgdata", dir, "--username", superRole, "--pwfile", pwfile,
		"--auth-local", "scram-sha-256", "--auth-host", "scram-sha-256",
		"--data-checksums", "--encoding", "UTF8", "--no-instructions",
	}
	if s.cfg.throwaway {
		args = append(args, "--no-sync")
	}
	locale := []string{"--locale", "C.UTF-8"}
	if s.bin.Major >= 17 { // its own collation: no surprise at a libc upgrade
		locale = []string{"--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"}
	}
	out, err := s.tool(ctx, "initdb", append(args, locale...), "")
	if err != nil && strings.Contains(out, "invalid locale name") {
		out, err = s.tool(ctx, "initdb", append(args, "--locale", "C"), "")
	}
	if err != nil {
		return errs.Unavailable("could not make the database in %s", s.lay.home).
			Hint("%s", lines.Last(out, 5)).Wrap(err)
	}
	return nil
}

// tool runs one of PostgreSQL's programs to its end as the server's account and
// returns what it printed. It dies with us.
func (s *Server) tool(ctx context.Context, program string, args []string, stdin string) (string, error) {
	runtime.LockOSThread() // the parent-death signal is the forking thread's
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, s.bin.path(program), args...)
	cmd.Env, cmd.Dir, cmd.Stdin = childEnv(), "/", strings.NewReader(stdin)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.who.credential(), Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// childEnv is all a PostgreSQL program gets from us: a PGDATA or PGPORT in our
// own environment must not steer it, and our secrets are not its business.
func childEnv() []string {
	return []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}
}

func appendFile(path, text string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Sync(), f.Close())
}
