package deploy

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"truckflow/internal/kit/lines"
)

// checkClusterFile asks the program of a file that only a cluster has; ok says that it is one.
func checkClusterFile(ctx context.Context, path, full string, body []byte) (out []Finding, ok bool) {
	switch name := filepath.Base(path); {
	case name == "keepalived.conf":
		return []Finding{checkKeepalived(ctx, path, body)}, true
	case name == "haproxy.cfg":
		return []Finding{ask(ctx, path, sbin("haproxy"), "-c", "-f", full)}, true
	case name == "patroni.yml":
		return []Finding{checkPatroni(ctx, path, body)}, true
	case name == "sentinel.conf":
		return []Finding{checkSentinel(ctx, path, body)}, true
	case name == "redis.conf":
		return []Finding{checkRedis(ctx, path, body)}, true
	case name == "nftables.conf":
		f := ask(ctx, path, sbin("nft"), "-c", "-f", full)
		if f.Status == Bad && os.Geteuid() != 0 {
			f.Status, f.Detail = Unchecked, "nft reads rules for root only"
		}
		return []Finding{f}, true
	case path == "ansible/site.yml":
		return []Finding{ask(ctx, path, "ansible-playbook", "--syntax-check", "-i", filepath.Join(filepath.Dir(full), "inventory.yml"), full)}, true
	case name == "etcd.yml":
		return []Finding{{path, "rules", Unchecked, "nothing checks it without starting what it is for"}}, true
	case name == "cluster.yml":
		return []Finding{ask(ctx, path, "promtool", "check", "rules", full)}, true
	case name == "cluster_test.yml":
		return []Finding{ask(ctx, path, "promtool", "test", "rules", full)}, true
	}
	return nil, false
}

// sbin is a program that is not on an ordinary user's path.
func sbin(name string) string {
	if _, err := exec.LookPath(name); err != nil && exists("/usr/sbin/"+name) {
		return "/usr/sbin/" + name
	}
	return name
}

// scratch writes text to a file for a check that needs other paths or addresses than the deployment's.
func scratch(name, text string) (dir, file string, err error) {
	if dir, err = os.MkdirTemp("", "truckflow-check-"); err != nil {
		return "", "", err
	}
	file = filepath.Join(dir, name)
	return dir, file, os.WriteFile(file, []byte(text), 0o600)
}

var keepalivedInterface = regexp.MustCompile(`(?m)^(\s*interface |.* dev )\S+`)

// checkKeepalived runs keepalived -t on a copy that names an interface of this machine. Debian's ends itself with a
// signal after a check, well or not, so what it says of the file counts.
func checkKeepalived(ctx context.Context, path string, body []byte) Finding {
	f := Finding{path, "keepalived", OK, ""}
	program := sbin("keepalived")
	if _, err := exec.LookPath(program); err != nil {
		f.Status, f.Detail = Unchecked, "keepalived is not installed here"
		return f
	}
	here := ""
	links, _ := net.Interfaces() // none: said below
	for _, l := range links {
		if l.Flags&net.FlagLoopback == 0 && l.Flags&net.FlagUp != 0 {
			here = l.Name
			break
		}
	}
	if here == "" {
		f.Status, f.Detail = Unchecked, "this machine has no network interface to check it with"
		return f
	}
	dir, file, err := scratch("keepalived.conf", keepalivedInterface.ReplaceAllString(string(body), "${1}"+here))
	if err != nil {
		return Finding{path, f.By, Bad, err.Error()}
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, "-t", "-f", file).CombinedOutput()
	var ended *exec.ExitError
	switch text := strings.ReplaceAll(lines.Last(string(out), 6), file, path); {
	case strings.Contains(text, "Line"):
		f.Status, f.Detail = Bad, text
	case err != nil && (!errors.As(err, &ended) || ended.Exited()):
		f.Status, f.Detail = Bad, err.Error()+" "+text
	}
	return f
}

var (
	patroniListen = regexp.MustCompile(`(?m)^(\s+listen: ).*$`)
	patroniHosts  = regexp.MustCompile(`(?m)^(\s+hosts: ).*$`)
	patroniData   = regexp.MustCompile(`(?m)^(\s+data_dir: ).*$`)
	patroniBin    = regexp.MustCompile(`(?m)^(\s+bin_dir: )(\S+)$`)
)

// checkPatroni runs patroni --validate-config on a copy in which only addresses and paths are other ones: it wants to
// reach etcd, to find its own ports free, and a bin_dir with PostgreSQL in it.
func checkPatroni(ctx context.Context, path string, body []byte) Finding {
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // constant pattern
	if len(bins) == 0 {
		return Finding{path, "patroni", Unchecked, "PostgreSQL is not installed here, which patroni looks for"}
	}
	etcd, err := net.Listen("tcp", "127.0.0.1:0") // stands for etcd
	if err != nil {
		return Finding{path, "patroni", Bad, err.Error()}
	}
	defer etcd.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return Finding{path, "patroni", Bad, err.Error()}
	}
	free.Close()
	text := patroniListen.ReplaceAllString(string(body), "${1}"+free.Addr().String())
	text = patroniHosts.ReplaceAllString(text, `${1}["`+etcd.Addr().String()+`"]`)
	text = patroniData.ReplaceAllString(text, "${1}/nonexistent/data")
	if m := patroniBin.FindStringSubmatch(text); m != nil && !exists(m[2]) {
		text = patroniBin.ReplaceAllString(text, "${1}"+bins[0])
	}
	dir, file, err := scratch("patroni.yml", text)
	if err != nil {
		return Finding{path, "patroni", Bad, err.Error()}
	}
	defer os.RemoveAll(dir)
	return ask(ctx, path, "patroni", "--validate-config", file)
}

// redisDir is a folder that need not be here.
var redisDir = regexp.MustCompile(`(?m)^dir .*$`)

// checkRedis has redis-server read the file with one more line, which it refuses: if that is
// all it refuses, the rest is good, and nothing was started.
func checkRedis(ctx context.Context, path string, body []byte) Finding {
	const end = "truckflow-end-of-check"
	dir, file, err := scratch("redis.conf", redisDir.ReplaceAllString(string(body), "dir .")+"\n"+end+" yes\n")
	if err != nil {
		return Finding{path, "redis-server", Bad, err.Error()}
	}
	defer os.RemoveAll(dir)
	f := ask(ctx, path, "redis-server", file)
	switch {
	case f.Status == Bad && strings.Contains(f.Detail, "'"+end+" yes'"):
		f.Status, f.Detail = OK, ""
	case f.Status == OK:
		f.Status, f.Detail = Bad, "redis-server ended well on a line that does not exist"
	}
	return f
}

// checkSentinel starts a Sentinel on a copy, on a free port of this machine, until it says that it watches.
func checkSentinel(ctx context.Context, path string, body []byte) Finding {
	f := Finding{path, "redis-server", OK, ""}
	if _, err := exec.LookPath(f.By); err != nil {
		f.Status, f.Detail = Unchecked, f.By+" is not installed here"
		return f
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return Finding{path, f.By, Bad, err.Error()}
	}
	_, port, _ := net.SplitHostPort(free.Addr().String()) // our own
	free.Close()
	var kept []string
	for line := range strings.Lines(string(body)) {
		switch word, _, _ := strings.Cut(line, " "); word {
		case "bind", "port", "dir", "aclfile":
		default:
			kept = append(kept, line)
		}
	}
	dir, file, err := scratch("sentinel.conf", strings.Join(kept, "")+"\nbind 127.0.0.1\nport "+port+"\n")
	if err != nil {
		return Finding{path, f.By, Bad, err.Error()}
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	seen := &until{want: "+monitor", found: cancel}
	cmd := exec.CommandContext(ctx, f.By, file, "--sentinel", "--daemonize", "no", "--logfile", "")
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, seen, seen
	if err := cmd.Run(); !seen.was {
		f.Status, f.Detail = Bad, lines.Last(seen.text.String(), 4)
		if f.Detail == "" && err != nil {
			f.Detail = err.Error()
		}
	}
	return f
}

// until calls found when want was written.
type until struct {
	want  string
	found func()
	was   bool
	text  bytes.Buffer
}

func (u *until) Write(b []byte) (int, error) {
	u.text.Write(b)
	if !u.was && strings.Contains(u.text.String(), u.want) {
		u.was = true
		u.found()
	}
	return len(b), nil
}
