package deploy

import (
	"bytes"
	"context"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
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
		return []Finding{checkEtcd(ctx, path, body)}, true
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
	free, err := freeAddress()
	if err != nil {
		return Finding{path, "patroni", Bad, err.Error()}
	}
	text := patroniListen.ReplaceAllString(string(body), "${1}"+free)
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
	here, err := freeAddress()
	if err != nil {
		return Finding{path, "redis-server", Bad, err.Error()}
	}
	_, port, _ := net.SplitHostPort(here) // our own
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
		return Finding{path, "redis-server", Bad, err.Error()}
	}
	defer os.RemoveAll(dir)
	return startUntil(ctx, path, dir, "+monitor", "redis-server", file, "--sentinel", "--daemonize", "no", "--logfile", "")
}

// startUntil starts a server on a copy of its file, in dir, and ends it when it has said what it says once it has taken
// the file.
func startUntil(ctx context.Context, path, dir, want, program string, args ...string) Finding {
	f := Finding{path, program, OK, ""}
	if _, err := exec.LookPath(program); err != nil {
		f.Status, f.Detail = Unchecked, program+" is not installed here"
		return f
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	seen := &until{want: want, found: cancel}
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, seen, seen
	if err := cmd.Run(); !seen.was {
		f.Status, f.Detail = Bad, lines.Last(seen.text.String(), 4)
		if f.Detail == "" && err != nil {
			f.Detail = err.Error()
		}
	}
	return f
}

// freeAddress is one of this machine's on which nobody listens.
func freeAddress() (string, error) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return free.Addr().String(), free.Close()
}

var (
	etcdURL   = regexp.MustCompile(`(https?://)([^\s,"\]/]+)`)
	etcdData  = regexp.MustCompile(`(?m)^(data-dir: ).*$`)
	etcdFirst = regexp.MustCompile(`(?m)^initial-cluster: .*$`)
	etcdFile  = regexp.MustCompile(`/run/credentials/etcd\.service/`)
)

// checkEtcd starts a member on a copy until it serves: with certificates made for the purpose, with addresses of this
// machine on which nobody else listens, and of the first members with itself alone, so that it reaches no other.
// etcd passes over a setting that it does not know, so those are looked up in its own help first.
func checkEtcd(ctx context.Context, path string, body []byte) Finding {
	bad := func(err error) Finding { return Finding{path, "etcd", Bad, oneLine(err)} }
	var settings map[string]any
	if err := yaml.Unmarshal(body, &settings); err != nil {
		return bad(err)
	}
	if unknown, err := unknownToEtcd(ctx, settings); err != nil {
		return bad(err)
	} else if len(unknown) > 0 {
		return Finding{path, "etcd", Bad, "etcd here does not know " + strings.Join(unknown, ", ")}
	}
	text := etcdFirst.ReplaceAllStringFunc(string(body), func(line string) string {
		for _, member := range strings.Split(strings.TrimPrefix(line, "initial-cluster: "), ",") {
			if name, _, _ := strings.Cut(member, "="); name == settings["name"] {
				return "initial-cluster: " + member
			}
		}
		return line
	})
	moved := map[string]string{}
	var wrong error
	text = etcdURL.ReplaceAllStringFunc(text, func(u string) string {
		scheme, host, _ := strings.Cut(u, "://")
		if moved[host] == "" {
			if moved[host], wrong = freeAddress(); wrong != nil {
				return u
			}
		}
		return scheme + "://" + moved[host]
	})
	if wrong != nil {
		return bad(wrong)
	}
	dir, file, err := scratch("etcd.yml", "")
	if err != nil {
		return bad(err)
	}
	defer os.RemoveAll(dir)
	now := clock.System.Now()
	ca, err := issue(nil, x509.Certificate{Subject: pkix.Name{CommonName: "check"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}, filepath.Join(dir, "ca"))
	if err == nil {
		_, err = issue(&ca, memberCertificate("check", net.IPv4(127, 0, 0, 1), now, now.Add(time.Hour)), filepath.Join(dir, "tls"))
	}
	if err == nil {
		text = etcdData.ReplaceAllString(etcdFile.ReplaceAllLiteralString(text, dir+"/"), "${1}"+filepath.Join(dir, "data")) + "\nlogger: zap\n" // 3.4 has another by default
		err = os.WriteFile(file, []byte(text), 0o600)
	}
	if err != nil {
		return bad(err)
	}
	f := startUntil(ctx, path, dir, "serving client traffic", "etcd", "--config-file", file)
	f.Detail = strings.ReplaceAll(f.Detail, dir+"/", "")
	return f
}

// unknownToEtcd are the settings of a file that etcd here, if there is one, has no flag for.
func unknownToEtcd(ctx context.Context, settings map[string]any) (names []string, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	help, err := exec.CommandContext(ctx, "etcd", "--help").CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	known := func(name string) bool {
		return regexp.MustCompile(`(?m)^\s*--` + regexp.QuoteMeta(name) + `\b`).Match(help)
	}
	for name, value := range settings {
		inner, _ := value.(map[string]any)
		prefix, group := map[string]string{"client-transport-security": "", "peer-transport-security": "peer-"}[name]
		switch {
		case !group && !known(name):
			names = append(names, name)
		case group:
			for part := range inner {
				if !known(prefix + part) {
					names = append(names, name+"."+part)
				}
			}
		}
	}
	slices.Sort(names)
	return names, nil
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

// ServerHere is the one of p's servers whose address this machine has, or the one named.
func (p Plan) ServerHere(name string, host Machine) (Server, error) {
	var names []string
	for _, s := range p.Cluster.Servers {
		if _, here := host.Addresses[s.Address]; s.Name == name || name == "" && here {
			return s, nil
		}
		names = append(names, s.Name)
	}
	if name != "" {
		return Server{}, errs.NotFound("deploy.yaml names no server %s", name).Hint("it has %s", strings.Join(names, ", "))
	}
	return Server{}, errs.NotFound("this machine has none of the addresses in deploy.yaml").Hint("say which server it is to be: --host=NAME, one of %s", strings.Join(names, ", "))
}

// CheckServer looks at the files of one server of the cluster rendered into dir, and whether this machine carries it.
// Secrets are left out: they stay where the deployment is rendered.
func CheckServer(ctx context.Context, dir string, p Plan, s Server, host Machine) ([]Finding, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	var paths []string
	for path := range m.Files {
		if strings.HasPrefix(path, hostsDir+s.Name+"/") {
			paths = append(paths, path)
		}
	}
	if len(paths) == 0 {
		return nil, errs.NotFound("nothing was rendered into %s for %s yet", dir, s.Name).Hint("truckflow deploy render --out %s", dir)
	}
	found, err := CheckDir(ctx, dir, paths...)
	if err != nil {
		return nil, err
	}
	var h hostFindings
	h.size(s.Host, host)
	on, here := host.Addresses[s.Address]
	if here {
		h.add("address", false, "%s is on %s", s.Address, on)
	} else {
		h.add("address", true, "%s, by which the others know %s, is on no interface here", s.Address, s.Name)
	}
	if s.Has(Balancer) {
		h.site(p.Domain, host)
		name := p.Cluster.Floating.Interface
		there := slices.Contains(slices.Collect(maps.Values(host.Addresses)), name)
		h.add("interface", !there, "%s carries %s: %s", name, p.Cluster.Floating.Address, map[bool]string{true: "it is there", false: "there is none, or it has no address"}[there])
	}
	return append(found, h...), nil
}
