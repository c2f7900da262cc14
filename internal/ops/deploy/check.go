package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/lines"
	"truckflow/internal/ops/harden"
	"truckflow/internal/ops/pgmanager"
)

// Finding is what was found about one file or one property of the host.
type Finding struct {
	About  string `json:"about"`
	By     string `json:"by"` // the program, or "rules" for our own
	Status string `json:"status"`
	Detail string `json:"detail,omitempty"`
}

// Status of a Finding.
const (
	OK        = "ok"
	Bad       = "bad"
	Unchecked = "not checked" // its program is not on this machine; Detail says which
)

// CheckDir looks at every file of a rendered deployment, or at those named: each by
// the program it is for, where that is installed, and by rules of our own.
func CheckDir(ctx context.Context, dir string, only ...string) ([]Finding, error) {
	p, err := ReadPlan(dir)
	if err != nil {
		return nil, err
	}
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	if len(m.Files) == 0 {
		return nil, errs.NotFound("nothing was rendered into %s yet", dir).Hint("truckflow deploy render --out %s", dir)
	}
	var paths []string
	for path := range m.Files {
		if len(only) == 0 || slices.Contains(only, path) {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	// Programs wait more than they compute, and a cluster has a hundred files.
	found := make([][]Finding, len(paths))
	var wg sync.WaitGroup
	at := make(chan struct{}, 4)
	for i, path := range paths {
		at <- struct{}{}
		wg.Go(func() {
			defer func() { <-at }()
			full := filepath.Join(dir, filepath.FromSlash(path))
			body, err := os.ReadFile(full)
			if err != nil {
				found[i] = []Finding{{path, "rules", Bad, "it was rendered and is gone; truckflow deploy render writes it again"}}
				return
			}
			found[i] = checkFile(ctx, path, full, body, p.Postgres)
		})
	}
	wg.Wait()
	out := slices.Concat(found...)
	if len(only) == 0 {
		out = append(out, checkSecrets(dir, p)...)
		if p.Topology != K8s { // there cert-manager keeps it in the cluster
			out = append(out, checkCertificate(dir, p, clock.System.Now()))
		}
		if p.IsCluster() {
			out = append(out, checkCertificates(dir, p, clock.System.Now()))
		}
	}
	return out, nil
}

// checkFile asks the program a file is for; major is the plan's of PostgreSQL.
func checkFile(ctx context.Context, path, full string, body []byte, major int) []Finding {
	name := filepath.Base(path)
	var out []Finding
	if strings.HasPrefix(path, "chart/templates/") {
		return nil // Helm's templates, judged with the whole chart
	}
	if ext := filepath.Ext(name); ext == ".yml" || ext == ".yaml" {
		if err := wellFormed(body); err != nil {
			return []Finding{{path, "rules", Bad, oneLine(err)}}
		}
	}
	if found, ok := checkClusterFile(ctx, path, full, body); ok {
		return found
	}
	switch {
	case name == "compose.yaml":
		f := Finding{path, "compose-go", OK, ""}
		if err := loadCompose(ctx, full, body); err != nil {
			f.Status, f.Detail = Bad, oneLine(err)
		}
		out = append(append(out, f), judged(path, harden.ComposeItems(full))...)
	case name == "prometheus.yml" && strings.Contains(path, "provisioning"):
		out = append(out, Finding{path, "rules", OK, ""})
	case name == "prometheus.yml":
		out = append(out, ask(ctx, path, "promtool", "check", "config", full))
	case name == "Chart.yaml":
		out = append(out, checkChart(ctx, path, filepath.Dir(full)))
	case name == "alerts.yml", strings.HasSuffix(name, ".rules.yml"):
		out = append(out, ask(ctx, path, "promtool", "check", "rules", full))
	case name == "alerts_test.yml", strings.HasSuffix(name, ".test.yml"):
		out = append(out, ask(ctx, path, "promtool", "test", "rules", full))
	case name == "alertmanager.yml":
		out = append(out, ask(ctx, path, "amtool", "check-config", full))
	case name == "blackbox.yml":
		out = append(out, ask(ctx, path, "prometheus-blackbox-exporter", "--config.file="+full, "--config.check"))
	case name == "nginx.conf":
		out = append(out, checkNginx(ctx, path, full))
		if bytes.Contains(body, []byte("http2 on;")) { // harden's rules are those of today's nginx
			out = append(out, judged(path, []harden.Item{harden.NginxFile(full)})...)
		}
	case strings.HasSuffix(name, ".sh"):
		out = append(out, ask(ctx, path, "bash", "-n", full))
	case strings.HasSuffix(name, ".service"), strings.HasSuffix(name, ".timer"):
		out = append(out, checkUnit(ctx, path, name, filepath.Dir(full)))
	case strings.Contains(path, ".service.d/"):
		unit, folder := filepath.Base(filepath.Dir(full)), filepath.Dir(filepath.Dir(full))
		out = append(out, checkUnit(ctx, path, strings.TrimSuffix(unit, ".d"), folder))
	case strings.HasSuffix(name, ".yml"), strings.HasSuffix(name, ".yaml"):
		out = append(out, Finding{path, "rules", OK, ""})
	case strings.HasSuffix(name, ".json"):
		if json.Valid(body) {
			out = append(out, Finding{path, "rules", OK, ""})
		} else {
			out = append(out, Finding{path, "rules", Bad, "it is not JSON"})
		}
	case name == "postgresql.conf", strings.Contains(path, "/conf.d/"):
		out = append(out, checkPostgres(ctx, path, full, major))
	case name == "pg_hba.conf", name == "Dockerfile":
		out = append(out, Finding{path, "rules", Unchecked, "nothing checks it without starting what it is for"})
	}
	return out
}

// judged turns what harden found about a file into findings: its rules hold for a
// deployment before it runs as well as after.
func judged(path string, items []harden.Item) (out []Finding) {
	for _, i := range items {
		f := Finding{path, "harden " + i.ID, OK, i.Evidence}
		switch i.Status {
		case harden.Fail:
			f.Status = Bad
		case harden.CannotTell, harden.NotApplicable:
			f.Status = Unchecked
		}
		out = append(out, f)
	}
	return out
}

// checkUnit has systemd read a unit with its drop-ins, ours before the system's. It
// ends well on what it only ignores, so what it says of our files counts; that a
// program or a unit is not installed on this machine is no fault of the file.
func checkUnit(ctx context.Context, path, unit, folder string) Finding {
	f := Finding{path, "systemd-analyze", OK, ""}
	if _, err := exec.LookPath(f.By); err != nil {
		f.Status, f.Detail = Unchecked, f.By+" is not installed here"
		return f
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, f.By, "verify", "--man=no", unit)
	cmd.Env = append(cmd.Environ(), "SYSTEMD_UNIT_PATH="+folder+":")
	out, err := cmd.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		missing := strings.Contains(line, "is not executable: No such file") || strings.Contains(line, unit+" not found")
		switch ours := strings.Contains(line, folder) || strings.HasPrefix(line, unit); {
		case missing && f.Status == OK:
			f.Status, f.Detail = Unchecked, line
		case ours && !missing:
			f.Status, f.Detail = Bad, line
		}
	}
	if err != nil && f.Status == OK {
		f.Status, f.Detail = Bad, lines.Last(string(out), 6)
	}
	return f
}

// checkPostgres has PostgreSQL read its settings and say one of them, which needs neither a
// cluster nor another user than the one that asks. A setting that another version than the
// planned one does not know proves nothing.
func checkPostgres(ctx context.Context, path, full string, major int) Finding {
	bin, err := pgmanager.Find("")
	if err != nil {
		return Finding{path, "postgres", Unchecked, "PostgreSQL is not installed here"}
	}
	dir, err := os.MkdirTemp("", "truckflow-postgres-")
	if err != nil {
		return Finding{path, "postgres", Bad, err.Error()}
	}
	defer os.RemoveAll(dir)
	f := ask(ctx, path, filepath.Join(bin.Dir, "postgres"), "-C", "max_connections", "-D", dir, "-c", "config_file="+full)
	if f.By = "postgres"; bin.Major != major {
		if strings.Contains(f.Detail, "unrecognized configuration parameter") {
			f.Status = Unchecked
		}
		f.Detail = strings.TrimSpace(fmt.Sprintf("asked PostgreSQL %d, %d is planned\n%s", bin.Major, major, f.Detail))
	}
	return f
}

// wellFormed reads YAML as the programs do, whose parsers refuse a key given twice.
func wellFormed(body []byte) error {
	dec := yaml.NewDecoder(bytes.NewReader(body))
	for {
		var v any
		if err := dec.Decode(&v); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// ask runs a program's own check. Its last lines are the reason when it refuses.
func ask(ctx context.Context, about, program string, args ...string) Finding {
	if _, err := exec.LookPath(program); err != nil {
		return Finding{about, program, Unchecked, program + " is not installed here"}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).CombinedOutput()
	text := lines.Last(string(out), 6)
	if _, after, ok := strings.Cut(string(out), "ERROR! "); ok { // ansible says what is wrong first, and then a lot
		text = lines.First(after)
	}
	switch {
	case err == nil:
		return Finding{about, program, OK, ""}
	case text == "":
		return Finding{about, program, Bad, err.Error()}
	default:
		return Finding{about, program, Bad, text}
	}
}

// checkSecrets says which are missing, empty or open to others. It never shows one.
func checkSecrets(dir string, p Plan) (out []Finding) {
	var lacking []string
	for _, s := range secretsOf(p) {
		about := secretsDir + "/" + s.Name
		file := filepath.Join(dir, secretsDir, s.Name)
		b, err := os.ReadFile(file)
		st, serr := os.Stat(file)
		empty := errors.Is(err, fs.ErrNotExist) || err == nil && len(bytes.TrimSpace(b)) == 0
		switch {
		case empty && s.Given:
			out = append(out, Finding{about, "rules", Bad, "write it there: it is another service's password"})
		case empty:
			lacking = append(lacking, s.Name)
		case err != nil || serr != nil:
			out = append(out, Finding{about, "rules", Unchecked, "it cannot be read by this user"})
		case st.Mode().Perm()&0o077 != 0:
			out = append(out, Finding{about, "rules", Bad, fmt.Sprintf("mode %04o lets others read it; 0400 does not", st.Mode().Perm())})
		}
	}
	if len(lacking) > 0 {
		out = append(out, Finding{secretsDir, "rules", Bad, "truckflow deploy render makes what is missing: " + strings.Join(lacking, ", ")})
	}
	if len(out) == 0 {
		out = append(out, Finding{secretsDir, "rules", OK, ""})
	}
	return out
}

// hostFindings gathers what is found about a machine.
type hostFindings []Finding

func (h *hostFindings) add(about string, bad bool, format string, a ...any) {
	f := Finding{About: about, By: "rules", Status: OK, Detail: fmt.Sprintf(format, a...)}
	if bad {
		f.Status = Bad
	}
	*h = append(*h, f)
}

// size holds the machine against what is planned; one sold as 64 GB shows a little less.
func (h *hostFindings) size(planned Host, host Machine) {
	h.add("memory", host.RAMMB < planned.RAMGB*1024*9/10, "%d MB here, %d GB planned", host.RAMMB, planned.RAMGB)
	h.add("cores", host.Cores < planned.Cores, "%d here, %d planned", host.Cores, planned.Cores)
	h.add("disk", host.DiskGB < planned.DiskGB*8/10, "%d GB here, %d GB planned", host.DiskGB, planned.DiskGB)
}

// site looks at what the world reaches: the ports, and the domain's address.
func (h *hostFindings) site(domain string, host Machine) {
	for _, port := range []int{80, 443} {
		if about := fmt.Sprintf("port %d", port); host.PortInUse(port) {
			h.add(about, true, "another program listens there; stop it first")
		} else {
			h.add(about, false, "free")
		}
	}
	switch found, err := host.Lookup(domain); {
	case err != nil:
		h.add("DNS", true, "%s has no address: its record is missing, or this machine cannot ask", domain)
	default:
		h.add("DNS", false, "%s is %s", domain, strings.Join(found, ", "))
	}
}

// CheckHost says whether this machine carries p, which has one server: memory, cores, disk, ports, DNS.
func CheckHost(p Plan, host Machine) []Finding {
	if p.Topology == K8s {
		return []Finding{{About: "host", By: "rules", Status: Unchecked, Detail: "a cluster has no one host; its nodes should have what deploy.yaml says"}}
	}
	var h hostFindings
	h.size(p.Host, host)
	h.site(p.Domain, host)
	return h
}

// kubeTool judges a chart without a cluster; its source is tools/kube, a module of
// its own because Helm's library alone would double this program.
const kubeTool = "truckflow-kube"

// checkChart lints and renders a chart: with kubeTool, which also decodes every manifest
// into its API's types, else with helm.
func checkChart(ctx context.Context, path, dir string) Finding {
	if _, err := exec.LookPath(kubeTool); err == nil {
		return ask(ctx, path, kubeTool, "chart", dir)
	}
	if _, err := exec.LookPath("helm"); err != nil {
		return Finding{path, kubeTool, Unchecked, "neither " + kubeTool + " (tools/kube in the source) nor helm is installed here"}
	}
	if f := ask(ctx, path, "helm", "lint", "--strict", dir); f.Status != OK {
		return f
	}
	var values struct{ Namespace string }
	if b, err := os.ReadFile(filepath.Join(dir, "values.yaml")); err != nil || yaml.Unmarshal(b, &values) != nil {
		return Finding{path, "helm", Bad, "values.yaml cannot be read"}
	}
	f := ask(ctx, path, "helm", "template", "truckflow", dir, "--namespace", values.Namespace)
	if f.Detail = ""; f.Status == OK {
		f.Detail = "linted and rendered; its manifests were decoded by nobody, " + kubeTool + " does that"
	}
	return f
}

// Machine is what CheckHost needs to know of a host.
type Machine struct {
	RAMMB, Cores, DiskGB int
	Addresses            map[string]string // of its interfaces: address → name
	PortInUse            func(port int) bool
	Lookup               func(domain string) ([]string, error)
}

// PortInUse reports whether something listens on a TCP port of this machine.
func PortInUse(port int) bool {
	ln, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		return !errors.Is(err, os.ErrPermission) // not ours to try: left to the start
	}
	_ = ln.Close()
	return false
}
