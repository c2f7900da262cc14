//go:build containers

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"truckflow/internal/app"
	"truckflow/internal/ops/deploy"
	"truckflow/internal/ops/scale"
)

// containers is the single topology as Docker runs it, from its rendered files; only the
// published ports are others, and on loopback.
type containers struct {
	t     *testing.T
	dir   string
	table *tabwriter.Writer
	lines *bytes.Buffer
	began time.Time
}

const project = "truckflow-e2e"

// TestContainers brings the rendered compose file up with its read-only roots, accounts, secrets
// and networks, sends a rate confirmation through nginx to a paid invoice, asks Prometheus what
// the dashboards ask, has a second instance added and removed by `truckflow scale`'s own engine
// while visitors ask, and takes all of it down. Images that are not here are pulled; a service
// whose image cannot be had is left out, and that is printed.
func TestContainers(t *testing.T) {
	c := newContainers(t)
	services := c.services()
	c.compose("up", append([]string{"--detach", "--wait", "--wait-timeout", "240"}, services...)...)
	c.row("up, every service healthy", fmt.Sprint(len(services), " services"))
	p := &program{url: "https://" + stackDomain + ":" + c.port("nginx", "8443"), log: &bytes.Buffer{}}
	trust(t, filepath.Join(c.dir, "tls/fullchain.pem"))
	cl := p.found(t)
	c.row("rate confirmation to paid invoice", cl.errand(t))
	c.proto(p.url)
	c.backup()
	c.queries()
	c.scaled(p.url)
	c.compose("restart", "app")
	waitUntil(t, "nginx finds the restarted instance", func() bool { return answers(p.url+"/sign-in") < 400 })
	c.row("the program restarted", "found again")
	c.table.Flush()
	t.Log("\n" + c.lines.String())
}

func newContainers(t *testing.T) *containers {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("the secrets are given to the containers' accounts: run it as root")
	}
	dir, err := os.MkdirTemp("/tmp", "tf-containers-")
	if err != nil {
		t.Fatal(err)
	}
	c := &containers{t: t, dir: dir, began: time.Now(), lines: &bytes.Buffer{}}
	c.table = tabwriter.NewWriter(c.lines, 0, 4, 2, ' ', 0)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(c.output("logs", "--tail", "15"))
		}
		c.compose("down", "--volumes", "--timeout", "45")
		os.RemoveAll(dir)
	})
	backups := filepath.Join(dir, "backups")
	text := fmt.Sprintf("domain: %s\nhost: {ram_gb: 8, cores: 2, disk_gb: 60}\nbackup: {folder: %s}\n", stackDomain, backups)
	p, err := deploy.ParsePlan([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	files, err := deploy.Render(p, app.DeployFacts("1.0.0"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := deploy.Write(dir, files, "1.0.0", false); err != nil {
		t.Fatal(err)
	}
	if _, err := deploy.MakeSecrets(dir, p); err != nil {
		t.Fatal(err)
	}
	// On a host whose root is no shared mount the exporter's own way to see it is refused.
	over := "services:\n  nginx:\n    ports: !override [\"127.0.0.1::8080\", \"127.0.0.1::8443\"]\n  node-exporter:\n    volumes: !override [\"/:/host:ro\"]\n"
	for _, err := range []error{os.Mkdir(backups, 0o700), os.Chown(backups, 10001, 10001), os.WriteFile(filepath.Join(dir, "override.yaml"), []byte(over), 0o600)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c.must("bash", filepath.Join(dir, "certificate.sh"), "first")
	if exec.Command("docker", "image", "inspect", "truckflow:1.0.0").Run() != nil {
		c.must("docker", "build", "-t", "truckflow:1.0.0", "-f", filepath.Join(dir, "Dockerfile"), "..")
	}
	c.row("rendered", fmt.Sprint(len(files), " files"))
	return c
}

func (c *containers) row(what, state string) {
	fmt.Fprintf(c.table, "%s\t%s\t%.1f s\n", what, state, time.Since(c.began).Seconds())
}

func (c *containers) must(args ...string) string {
	c.t.Helper()
	out, err := exec.Command(args[0], args[1:]...).CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, tail(string(out), 15))
	}
	return string(out)
}

func (c *containers) args(verb string, more ...string) []string {
	file := func(name string) string { return filepath.Join(c.dir, name) }
	return append([]string{"docker", "compose", "--project-name", project, "--file", file("compose.yaml"), "--file", file("override.yaml"), verb}, more...)
}

func (c *containers) compose(verb string, more ...string) string {
	c.t.Helper()
	return c.must(c.args(verb, more...)...)
}

func (c *containers) output(verb string, more ...string) string {
	a := c.args(verb, more...)
	out, _ := exec.Command(a[0], a[1:]...).CombinedOutput() // what it says of a failure is the output
	return string(out)
}

// services are all whose images are here or can be pulled.
func (c *containers) services() (have []string) {
	c.t.Helper()
	var config struct {
		Services map[string]struct{ Image string }
	}
	if err := json.Unmarshal([]byte(c.compose("config", "--format", "json")), &config); err != nil {
		c.t.Fatal(err)
	}
	for name, s := range config.Services {
		if exec.Command("docker", "image", "inspect", s.Image).Run() == nil || exec.Command("docker", "pull", "--quiet", s.Image).Run() == nil {
			have = append(have, name)
			continue
		}
		if name != "grafana" {
			c.t.Fatalf("%s cannot be had", s.Image)
		}
		c.row(name+" left out", s.Image+" cannot be had here")
	}
	slices.Sort(have)
	return have
}

// port is where a container's port is published.
func (c *containers) port(service, inside string) string {
	c.t.Helper()
	_, port, _ := strings.Cut(strings.TrimSpace(c.compose("port", service, inside)), ":")
	return port
}

func answers(url string) int {
	r, err := http.Get(url)
	if err != nil {
		return 599
	}
	r.Body.Close()
	return r.StatusCode
}

// proto wants HTTP/2, the headers, and no figures for visitors.
func (c *containers) proto(url string) {
	c.t.Helper()
	r, err := http.Get(url + "/sign-in")
	if err != nil {
		c.t.Fatal(err)
	}
	r.Body.Close()
	if r.ProtoMajor != 2 || r.Header.Get("Strict-Transport-Security") == "" || r.Header.Get("Alt-Svc") == "" || r.Header.Get("Content-Security-Policy") == "" {
		c.t.Errorf("%s %v", r.Proto, r.Header)
	}
	if got := answers(url + "/metrics"); got != http.StatusNotFound {
		c.t.Errorf("/metrics from outside: %d", got)
	}
	c.row("HTTP/2, headers, no figures outside", "ok")
}

// backup wants one taken, verified and rehearsed by the program in its read-only container.
func (c *containers) backup() {
	c.t.Helper()
	var st struct {
		Backups   int
		Verified  *time.Time         `json:"last_verified"`
		LastDrill *struct{ OK bool } `json:"last_drill"`
	}
	waitUntil(c.t, "a backup that was verified and restored", func() bool {
		out := c.output("exec", "-T", "app", "truckflow", "backup", "status", "--json")
		return json.Unmarshal([]byte(out), &st) == nil && st.Verified != nil && st.LastDrill != nil && st.LastDrill.OK
	})
	c.row("backup verified, restore rehearsed", "ok")
}

// queries asks Prometheus what the dashboards ask. What needs the domain to lead here has no series.
func (c *containers) queries() {
	c.t.Helper()
	waiting := deploy.Queries()
	for q := range waiting {
		if strings.Contains(q, "probe_") {
			delete(waiting, q)
		}
	}
	all := len(waiting)
	for end := time.Now().Add(150 * time.Second); time.Now().Before(end) && len(waiting) > 0; time.Sleep(3 * time.Second) {
		for q := range waiting {
			var a struct{ Data struct{ Result []any } }
			out := c.output("exec", "-T", "prometheus", "wget", "-q", "-O", "-", "http://127.0.0.1:9090/api/v1/query?query="+url.QueryEscape(q))
			if json.Unmarshal([]byte(out), &a) == nil && len(a.Data.Result) > 0 {
				delete(waiting, q)
			}
		}
	}
	for q, panel := range waiting {
		c.t.Errorf("%s: no series: %s", panel, q)
	}
	c.row("queries of the dashboards with series", fmt.Sprintf("%d of %d", all-len(waiting), all))
}

// scaled has the engine that scaling.yaml calls compose add an instance and take it away while a
// visitor asks all the time.
func (c *containers) scaled(url string) {
	c.t.Helper()
	d := scale.Engine{Kind: "compose", Service: "app", Project: project, File: filepath.Join(c.dir, "compose.yaml")}.Driver()
	stop, asked := make(chan struct{}), make(chan [2]int)
	go func() {
		var n [2]int // asked, failed
		for {
			select {
			case <-stop:
				asked <- n
				return
			default:
			}
			if n[0]++; answers(url+"/sign-in") >= 400 {
				n[1]++
			}
			time.Sleep(15 * time.Millisecond) // within what nginx lets an address ask
		}
	}()
	for _, n := range []int{2, 1} {
		if err := d.Set(c.t.Context(), n); err != nil {
			c.t.Error(err)
		}
		waitUntil(c.t, fmt.Sprint(n, " instances"), func() bool {
			got, err := d.Count(c.t.Context())
			return err == nil && got.Wanted == n && got.Ready == n
		})
	}
	close(stop)
	n := <-asked
	if n[1] > 0 {
		c.t.Errorf("%d of %d requests failed", n[1], n[0])
	}
	c.row("a second instance by compose scale, and back", fmt.Sprintf("%d requests, %d failed", n[0], n[1]))
}
