package e2e

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// built is the program, built once for all tests of the package.
var built = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "tf-e2e-bin-")
	if err != nil {
		return "", err
	}
	bin := filepath.Join(dir, "truckflow")
	if out, err := exec.Command("go", "build", "-trimpath", "-o", bin, "truckflow/cmd/truckflow").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return bin, nil
})

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "engine" {
		os.Exit(engineMain(os.Args[2:]))
	}
	code := m.Run()
	if bin, err := built(); err == nil {
		_ = os.RemoveAll(filepath.Dir(bin))
	}
	os.Exit(code)
}

// program is a truckflow serving on a port of its own, with its own PostgreSQL.
type program struct {
	url, dir string
	port     int
	cmd      *exec.Cmd
	log      *bytes.Buffer
}

// snapFolder is where Ubuntu's Chromium, a snap, keeps what is its own: of other
// folders it sees neither /tmp nor hidden ones.
const snapFolder = "snap/chromium/common"

// forBrowser returns a folder from which the browser can upload.
func forBrowser(t *testing.T) string {
	t.Helper()
	home, err := os.UserHomeDir()
	if _, noSnap := os.Stat("/snap/bin/chromium"); noSnap != nil || err != nil {
		return t.TempDir()
	}
	at := filepath.Join(home, snapFolder)
	if err := os.MkdirAll(at, 0o700); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(at, "tf-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// serve runs the built program on an empty data folder until the test ends.
func serve(t *testing.T) *program {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &program{port: ln.Addr().(*net.TCPAddr).Port, log: &bytes.Buffer{}}
	ln.Close()
	p.url = fmt.Sprintf("http://127.0.0.1:%d", p.port)
	if p.dir, err = os.MkdirTemp("/tmp", "tf-e2e-"); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(p.dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		_ = p.cmd.Wait()
		os.RemoveAll(p.dir)
		if t.Failed() {
			t.Log("the program's log:\n" + p.log.String())
		}
	})
	p.start(t)
	return p
}

// start runs the program on its data folder and waits until it is ready.
func (p *program) start(t *testing.T) {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd = exec.Command(bin, "serve")
	p.cmd.Env = append(os.Environ(), "TRUCKFLOW_DATA="+p.dir, fmt.Sprint("PORT=", p.port))
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if r, err := http.Get(p.url + "/readyz"); err == nil {
			r.Body.Close()
			if r.StatusCode == 200 {
				return
			}
		}
	}
	t.Fatal("the program did not become ready")
}

// kill ends the program as a power cut does.
func (p *program) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
}
