// Package versitygwtest runs the real Versity S3 gateway for tests. The
// program is built from the Go module proxy at the version tools/go.mod names,
// once per user and version (about a minute), and runs on a loopback port over
// a temporary directory.
package versitygwtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Server is a running gateway of one test.
type Server struct {
	Endpoint             string // http://127.0.0.1:port
	AccessKey, SecretKey string
	CA                   string // file with its certificate, of StartTLS

	t       testing.TB
	program string
	addr    string
	dir     string
	proc    *os.Process
	ended   chan struct{}
}

// Start runs a gateway until t ends.
func Start(t testing.TB) *Server {
	t.Helper()
	return run(t, false)
}

// StartTLS is Start for a gateway with a certificate that only CA vouches for.
func StartTLS(t testing.TB) *Server {
	t.Helper()
	return run(t, true)
}

func run(t testing.TB, tls bool) *Server {
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatalf("build versitygw from tools/go.mod: %v", err)
	}
	s := &Server{AccessKey: "testkey", SecretKey: "testsecret", t: t, program: program, dir: t.TempDir()}
	for _, d := range []string{"objects", "about", "versions"} {
		if err := os.Mkdir(filepath.Join(s.dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(s.Stop)
	scheme := "http://"
	if tls {
		scheme = "https://"
		if err := s.certify(); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 { // the free port may be taken before the gateway gets it
		if s.addr, err = freePort(); err != nil {
			t.Fatal(err)
		}
		s.Endpoint = scheme + s.addr
		if tls { // not every client looks for addresses in a certificate
			s.Endpoint = strings.Replace(s.Endpoint, "127.0.0.1", "localhost", 1)
		}
		if err = s.start(); err == nil {
			return s
		}
	}
	t.Fatal(err)
	return nil
}

// Stop kills the gateway. Nothing happens when it is not running.
func (s *Server) Stop() {
	if s.proc == nil {
		return
	}
	_ = s.proc.Kill()
	<-s.ended
	s.proc = nil
}

// Restart starts a stopped gateway again, with its files and address.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) start() error {
	var out bytes.Buffer
	args := []string{"--quiet", "--access", s.AccessKey, "--secret", s.SecretKey, "--port", s.addr}
	if s.CA != "" {
		args = append(args, "--cert", s.CA, "--key", filepath.Join(s.dir, "key.pem"))
	}
	// Metadata beside the objects, because not every test directory's file system has extended attributes.
	cmd := exec.Command(s.program, append(args, "posix", "--sidecar", filepath.Join(s.dir, "about"), "--versioning-dir", filepath.Join(s.dir, "versions"), filepath.Join(s.dir, "objects"))...)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread() // the death signal follows the thread that started the child
		defer close(ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	s.proc, s.ended = cmd.Process, ended
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // only whether it answers
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if r, err := client.Get(s.Endpoint + "/"); err == nil {
			r.Body.Close()
			return nil
		}
		select {
		case <-ended:
			s.proc = nil
			return fmt.Errorf("versitygw ended at once:\n%s", out.String())
		case <-time.After(10 * time.Millisecond):
		}
	}
	return fmt.Errorf("versitygw does not answer after 30 s")
}

// certify makes the gateway's key and certificate.
func (s *Server) certify() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := time.Now()
	about := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "versitygw of a test"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, DNSNames: []string{"localhost"}}
	cert, err := x509.CreateCertificate(rand.Reader, about, about, key.Public(), key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	// Other accounts read it too: pgBackRest runs as the database's.
	dir, err := os.MkdirTemp("", "versitygw-ca-")
	if err != nil {
		return err
	}
	s.t.Cleanup(func() { _ = os.RemoveAll(dir) })
	s.CA = filepath.Join(dir, "ca.pem")
	return errors.Join(os.Chmod(dir, 0o755),
		os.WriteFile(s.CA, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o644),
		os.WriteFile(filepath.Join(s.dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

var version = regexp.MustCompile(`github\.com/versity/versitygw (v\S+)`)

// build returns the program, making it if this user has not got this version.
// Test programs of several packages may come here at the same time.
var build = sync.OnceValues(func() (string, error) {
	tools, err := toolsDir()
	if err != nil {
		return "", err
	}
	mod, err := os.ReadFile(filepath.Join(tools, "go.mod"))
	if err != nil {
		return "", err
	}
	v := version.FindSubmatch(mod)
	if v == nil {
		return "", fmt.Errorf("%s/go.mod does not require versitygw", tools)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "truckflow-tools")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return "", err
	}
	program := filepath.Join(dir, "versitygw-"+string(v[1]))
	if _, err := os.Stat(program); err == nil {
		return program, nil
	}
	cmd := exec.Command("go", "build", "-o", program+".new", "github.com/versity/versitygw/cmd/versitygw")
	cmd.Dir = tools
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-buildvcs=false")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return program, os.Rename(program+".new", program)
})

// toolsDir finds the repository's tools folder from a test's working directory.
func toolsDir() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		tools := filepath.Join(dir, "tools")
		if _, err := os.Stat(filepath.Join(tools, "go.mod")); err == nil {
			return tools, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no tools/go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
}
