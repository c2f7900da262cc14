// Package setuptest runs setup.sh on machines that are not this one: a root
// folder with nothing in it, and programs that only write down how they were called.
package setuptest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// machine is a make-believe computer: what it lacks, setup.sh wants to install.
type machine struct {
	*testing.T
	root, bin string
}

// real are the programs that setup.sh works with; all else on the machine is pretended.
var real = []string{"bash", "awk", "sort", "head", "tail", "grep", "id", "mktemp", "rm", "env", "tee", "chmod", "mkdir", "cat", "dirname", "printf", "sleep", "touch", "ln"}

func newMachine(t *testing.T, osRelease string) machine {
	t.Helper()
	m := machine{t, t.TempDir(), t.TempDir()}
	for _, p := range real {
		at, err := exec.LookPath(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(at, filepath.Join(m.bin, p)); err != nil {
			t.Fatal(err)
		}
	}
	m.write("etc/os-release", osRelease, 0o644)
	m.write("etc/ssl/certs/ca-certificates.crt", "", 0o644)
	m.write("usr/sbin/policy-rc.d", "", 0o755)
	m.program("id", "echo 0") // root
	m.program("curl", "exit 0")
	m.program("unzip", "exit 0")
	m.program("systemctl", `echo "systemctl $*" >>"$SETUP_ROOT/log"`)
	m.program("go", `echo go99.0`)
	// A package's programs and files are there once it is installed.
	m.program("apt-get", `echo "apt-get $*" >>"$SETUP_ROOT/log"
case " $* " in
*" update "*) [ ! -e "$SETUP_ROOT/busy" ] || { rm "$SETUP_ROOT/busy"; echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 812 (apt-get)"; exit 100; } ;;
*" install "*)
	args="$*"
	for p in ${args##*recommends}; do
		[ ! -e "$SETUP_ROOT/no-$p" ] || { echo "E: Unable to locate package $p"; exit 100; }
		case "$p" in
		postgresql) mkdir -p "$SETUP_ROOT/usr/lib/postgresql/14/bin"; touch "$SETUP_ROOT/usr/lib/postgresql/14/bin/postgres" ;;
		tesseract-ocr) ln -s /bin/true "$STUBS/tesseract" ;;
		tesseract-ocr-*) mkdir -p "$SETUP_ROOT/usr/share/tesseract-ocr/4.00/tessdata"; touch "$SETUP_ROOT/usr/share/tesseract-ocr/4.00/tessdata/${p#tesseract-ocr-}.traineddata" ;;
		poppler-utils) ln -s /bin/true "$STUBS/pdftoppm" ;;
		nftables) ln -s /bin/true "$STUBS/nft" ;;
		openssh-server) ln -s /bin/true "$STUBS/sshd" ;;
		fail2ban) ln -s /bin/true "$STUBS/fail2ban-regex" ;;
		wireguard-tools) ln -s /bin/true "$STUBS/wg" ;;
		nginx-light) ln -s /bin/true "$STUBS/nginx" ;;
		ansible-core) ln -s /bin/true "$STUBS/ansible-playbook" ;;
		etcd-server) ln -s /bin/true "$STUBS/etcd" ;;
		prometheus) ln -s /bin/true "$STUBS/prometheus"; ln -s /bin/true "$STUBS/promtool" ;;
		fonts-liberation) mkdir -p "$SETUP_ROOT/usr/share/fonts/truetype/liberation" ;;
		fonts-dejavu-core) mkdir -p "$SETUP_ROOT/usr/share/fonts/truetype/dejavu" ;;
		[a-z]*) ln -s /bin/true "$STUBS/$p" ;; # its program has its name
		esac
	done ;;
esac`)
	return m
}

func (m machine) write(name, text string, mode os.FileMode) {
	m.Helper()
	at := filepath.Join(m.root, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		m.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), mode); err != nil {
		m.Fatal(err)
	}
}

// program puts a program on the machine's path.
func (m machine) program(name, script string) {
	m.Helper()
	at := filepath.Join(m.bin, name)
	_ = os.Remove(at) // a link to the real one
	if err := os.WriteFile(at, []byte("#!/bin/bash\n"+script+"\n"), 0o755); err != nil {
		m.Fatal(err)
	}
}

// setup runs setup.sh and returns its exit status, what it said, and which
// programs it called since the last time.
func (m machine) setup(set string) (code int, said, called string) {
	m.Helper()
	cmd := exec.Command("/bin/bash", "../setup.sh", set)
	cmd.Env = []string{"PATH=" + m.bin, "SETUP_ROOT=" + m.root, "STUBS=" + m.bin, "SETUP_PAUSE=0"}
	out, err := cmd.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		m.Fatal(err)
	}
	b, _ := os.ReadFile(filepath.Join(m.root, "log")) // nothing was called
	_ = os.Remove(filepath.Join(m.root, "log"))
	return cmd.ProcessState.ExitCode(), string(out), string(b)
}

const (
	debian = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\n"
	ubuntu = "PRETTY_NAME=\"Ubuntu 22.04.5 LTS\"\nID=ubuntu\nID_LIKE=debian\n"
)

// snapStub is what Ubuntu calls chromium-browser: a note that there is a snap.
const snapStub = "echo 'Command requires the chromium snap to be installed.' >&2; exit 1"

// TestSetupOnDebian installs all from packages, once.
func TestSetupOnDebian(t *testing.T) {
	t.Parallel()
	m := newMachine(t, debian)
	if code, said, called := m.setup("test"); code != 0 || !strings.Contains(called, " chromium") || !strings.Contains(called, "systemctl disable redis-server") || !strings.Contains(called, "systemctl disable prometheus") {
		t.Fatalf("%d %s\n%s", code, said, called)
	}
	if code, said, called := m.setup("test"); code != 0 || said != "" || called != "" {
		t.Errorf("a second time: %d %q %q", code, said, called)
	}
}

// TestSetupOnUbuntu: to run needs no browser; to test takes the snap, never the
// package that is only a note about it.
func TestSetupOnUbuntu(t *testing.T) {
	t.Parallel()
	m := newMachine(t, ubuntu)
	m.program("chromium-browser", snapStub)
	if code, said, called := m.setup("run"); code != 0 || strings.Contains(called, "chromium") || !strings.Contains(called, "install -y --no-install-recommends postgresql tesseract-ocr") {
		t.Fatalf("run: %d %s\n%s", code, said, called)
	}
	if code, said, _ := m.setup("test"); code != 2 || !strings.Contains(said, "Ubuntu has only as a snap") {
		t.Errorf("without snapd: %d %s", code, said)
	}
	m.program("snap", `echo "snap $*" >>"$SETUP_ROOT/log"; [ "$1" = version ] || ln -s /bin/true "$STUBS/chromium"`)
	code, said, called := m.setup("test")
	if code != 0 || !strings.Contains(called, "snap install chromium") || strings.Contains(called, "apt-get") {
		t.Fatalf("test: %d %s\n%s", code, said, called)
	}
	if code, said, called := m.setup("test"); code != 0 || said != "" || called != "" {
		t.Errorf("a second time: %d %q %q", code, said, called)
	}
}

// TestSetupOnUbuntuWithChrome takes the browser that is there.
func TestSetupOnUbuntuWithChrome(t *testing.T) {
	t.Parallel()
	m := newMachine(t, ubuntu)
	m.program("google-chrome-stable", "exit 0")
	if code, said, called := m.setup("test"); code != 0 || strings.Contains(called, "snap") {
		t.Errorf("%d %s\n%s", code, said, called)
	} else if !strings.Contains(called, "systemctl disable ssh.socket") {
		t.Errorf("an SSH server that nobody had asked for waits at its socket: %s", called)
	}
}

// TestSetupWaits for the lock of a machine that looks for updates, and says what
// to do about a package that is not there.
func TestSetupWaits(t *testing.T) {
	t.Parallel()
	m := newMachine(t, ubuntu)
	m.write("busy", "", 0o644)
	m.write("no-tesseract-ocr", "", 0o644)
	code, said, called := m.setup("run")
	if strings.Count(called, "update") != 2 || code != 2 || !strings.Contains(said, "Unable to locate package tesseract-ocr") || !strings.Contains(said, "add-apt-repository universe") {
		t.Errorf("%d %s\n%s", code, said, called)
	}
	if err := os.Remove(filepath.Join(m.root, "no-tesseract-ocr")); err != nil {
		t.Fatal(err)
	}
	if code, said, _ := m.setup("run"); code != 0 {
		t.Errorf("afterwards: %d %s", code, said)
	}
	if b, err := os.ReadFile(filepath.Join(m.root, "etc/postgresql-common/createcluster.conf")); err != nil || !strings.Contains(string(b), "create_main_cluster = false") {
		t.Errorf("a cluster that nobody asked for would be made: %s %v", b, err)
	}
}
