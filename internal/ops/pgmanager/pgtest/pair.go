package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/ops/pgmanager"
)

// Pair is a primary and its streaming standby on loopback, of one test. Commits
// wait for the standby, so what was acknowledged survives the primary's death;
// durability against power cuts is off, as for all servers of tests.
type Pair struct {
	t    testing.TB
	bin  string
	dir  string
	cred *syscall.Credential
	one  [2]node
}

type node struct {
	port int
	cmd  *exec.Cmd
	done chan struct{}
}

// NewPair starts both and ends them with t.
func NewPair(t testing.TB) *Pair {
	t.Helper()
	bin, err := pgmanager.Find("")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "tfpair")
	if err != nil {
		t.Fatal(err)
	}
	p := &Pair{t: t, bin: bin.Dir, dir: dir, cred: runAs(t)}
	t.Cleanup(func() {
		p.Kill(0)
		p.Kill(1)
		os.RemoveAll(dir)
	})
	if p.cred != nil {
		if err := os.Chown(dir, int(p.cred.Uid), int(p.cred.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range p.one {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		p.one[i].port = l.Addr().(*net.TCPAddr).Port
		l.Close()
	}
	p.tool("initdb", "-D", p.data(0), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
	p.Start(0)
	p.Exec(0, "create database app")
	p.Follow(1)
	p.Exec(0, "alter system set synchronous_commit = 'remote_apply'") // what was acknowledged is read on the standby
	p.Exec(0, "alter system set synchronous_standby_names = '*'")
	p.Exec(0, "select pg_reload_conf()")
	p.await("the standby is in step", func() bool {
		return p.ask(0, "select exists (select from pg_stat_replication where sync_state = 'sync')") == "true"
	})
	return p
}

// runAs is the account PostgreSQL runs as, which is never root's.
func runAs(t testing.TB) *syscall.Credential {
	if os.Geteuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}

func (p *Pair) data(i int) string { return filepath.Join(p.dir, fmt.Sprint("data", i)) }

// Addr is where server i listens.
func (p *Pair) Addr(i int) string { return fmt.Sprintf("127.0.0.1:%d", p.one[i].port) }

// DSN leads to database app on both servers, as a superuser.
func (p *Pair) DSN() string { return At(p.Addr(0) + "," + p.Addr(1)) }

// At is DSN for other hosts, such as a proxy's.
func At(hosts string) string {
	return "postgres://postgres@" + hosts + "/app?sslmode=disable&connect_timeout=2"
}

func (p *Pair) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.bin, program), args...)
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.cred}
	return cmd
}

func (p *Pair) tool(program string, args ...string) {
	p.t.Helper()
	if out, err := p.command(program, args...).CombinedOutput(); err != nil {
		p.t.Fatalf("%s: %v\n%s", program, err, out)
	}
}

// Start starts server i and returns when it answers.
func (p *Pair) Start(i int) {
	p.t.Helper()
	n := &p.one[i]
	var out bytes.Buffer
	cmd := p.command("postgres", "-D", p.data(i), "-p", fmt.Sprint(n.port), "-h", "127.0.0.1", "-k", "", "-F", "-c", "max_connections=60",
		"-c", "shared_buffers=32MB", "-c", "wal_keep_size=64MB", "-c", "hot_standby=on", "-c", "wal_receiver_timeout=2s", "-c", "wal_retrieve_retry_interval=200ms")
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	started, done := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the death signal follows the thread that started the child
		defer close(done)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		p.t.Fatal(err)
	}
	n.cmd, n.done = cmd, done
	p.await("a server answers", func() bool {
		select {
		case <-done:
			p.t.Fatalf("postgres ended:\n%s", out.String())
		default:
		}
		return p.ask(i, "select true") == "true"
	})
}

// Follow makes server i anew as a standby of the other one.
func (p *Pair) Follow(i int) {
	p.t.Helper()
	p.Kill(i)
	if err := os.RemoveAll(p.data(i)); err != nil {
		p.t.Fatal(err)
	}
	p.tool("pg_basebackup", "-D", p.data(i), "-h", "127.0.0.1", "-p", fmt.Sprint(p.one[1-i].port), "-U", "postgres", "-R", "-c", "fast", "--no-sync")
	p.Start(i)
}

// Promote makes standby i the primary, which waits for no other.
func (p *Pair) Promote(i int) {
	p.t.Helper()
	p.Exec(i, "select pg_promote(true, 60)")
	p.Exec(i, "alter system reset synchronous_standby_names")
	p.Exec(i, "select pg_reload_conf()")
}

// Kill ends all of server i's processes at once, as a power cut would.
func (p *Pair) Kill(i int) {
	n := &p.one[i]
	if n.cmd == nil {
		return
	}
	pid := n.cmd.Process.Pid
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	_ = syscall.Kill(pid, syscall.SIGKILL)
	for _, f := range strings.Fields(string(children)) {
		if c, err := strconv.Atoi(f); err == nil {
			_ = syscall.Kill(c, syscall.SIGKILL)
		}
	}
	<-n.done
	n.cmd = nil
}

// Exec runs a statement on server i.
func (p *Pair) Exec(i int, sql string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgx.Connect(ctx, p.dsnOf(i, sql))
	if err == nil {
		defer c.Close(ctx)
		_, err = c.Exec(ctx, sql)
	}
	if err != nil {
		p.t.Fatalf("%s: %v", sql, err)
	}
}

// dsnOf leads to server i alone: to its first database where app is being made.
func (p *Pair) dsnOf(i int, sql string) string {
	if strings.HasPrefix(sql, "create database") || sql == "select true" {
		return strings.Replace(At(p.Addr(i)), "/app?", "/postgres?", 1)
	}
	return At(p.Addr(i))
}

func (p *Pair) ask(i int, sql string) (answer string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	c, err := pgx.Connect(ctx, p.dsnOf(i, sql))
	if err != nil {
		return ""
	}
	defer c.Close(ctx)
	if err := c.QueryRow(ctx, "select ("+sql+")::text").Scan(&answer); err != nil {
		return ""
	}
	return answer
}

func (p *Pair) await(what string, ok func() bool) {
	p.t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			p.t.Fatalf("%s: not within %s", what, patience)
		}
	}
}
