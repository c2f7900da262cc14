// Package redistest runs the real redis-server for tests: on a Unix socket in
// a temporary directory, saving nothing, ended with the test.
package redistest

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// Server is a running redis-server of one test.
type Server struct {
	URL string // unix:///…/redis.sock

	t      testing.TB
	path   string // of the program
	socket string
	proc   *os.Process
	ended  chan struct{}
}

// Start runs a server until t ends. A missing redis-server fails the test.
func Start(t testing.TB) *Server {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("redis-server is missing: apt-get install redis-server")
	}
	dir, err := os.MkdirTemp("", "tfredis") // t.TempDir's path may exceed the 107 bytes a socket's name may have
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, path: path, socket: filepath.Join(dir, "redis.sock")}
	s.URL = "unix://" + s.socket
	t.Cleanup(func() {
		s.Kill()
		os.RemoveAll(dir)
	})
	s.Restart()
	return s
}

// Kill ends the server at once, as a power cut would. Nothing happens when it
// is not running.
func (s *Server) Kill() {
	if s.proc == nil {
		return
	}
	_ = s.proc.Kill()
	<-s.ended
	s.proc = nil
}

// Freeze stops the server without ending it: it answers nothing until Thaw, as
// one whose machine hangs.
func (s *Server) Freeze() { _ = s.proc.Signal(syscall.SIGSTOP) }

// Thaw lets it go on.
func (s *Server) Thaw() { _ = s.proc.Signal(syscall.SIGCONT) }

// Restart kills the server if it runs and starts an empty one at the same
// address. It returns once that answers.
func (s *Server) Restart() {
	s.t.Helper()
	s.Kill()
	var out bytes.Buffer
	cmd := exec.Command(s.path, "--port", "0", "--unixsocket", s.socket, "--save", "", "--appendonly", "no",
		"--dir", filepath.Dir(s.socket), "--daemonize", "no")
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error), make(chan struct{})
	go func() {
		// The death signal follows the thread that started the child, so it
		// must live as long as the server: no server outlives a crashed test.
		runtime.LockOSThread()
		defer close(ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		s.t.Fatalf("start %s: %v", s.path, err)
	}
	s.proc, s.ended = cmd.Process, ended
	for deadline := time.Now().Add(10 * time.Second); !s.answers(); {
		select {
		case <-ended:
			s.t.Fatalf("redis-server ended at once:\n%s", out.String())
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			s.t.Fatal("redis-server does not answer after 10 s")
		}
	}
}

func (s *Server) answers() bool {
	c, err := net.DialTimeout("unix", s.socket, time.Second)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	if _, err := c.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	buf := make([]byte, 7)
	n, _ := c.Read(buf)
	return string(buf[:n]) == "+PONG\r\n"
}
