package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
	"time"

	"truckflow/internal/app"
	"truckflow/internal/ops/deploy"
	"truckflow/internal/ops/harden"
	"truckflow/internal/ops/pgmanager"
	"truckflow/internal/ops/scale"
	"truckflow/internal/sim/paper"
)

const (
	stackDomain = "stack.example.com"
	unitFolder  = "etc/systemd/system"
)

// stack is the single topology as real processes, from its rendered files in which
// only addresses, paths, ports and the scrape's interval are other ones.
type stack struct {
	t     *testing.T
	root  string // stands for /
	ports map[string]string
	bin   pgmanager.Binaries
	began time.Time
	table *tabwriter.Writer
	lines *bytes.Buffer
}

// services in the order in which they start: name, port to wait for, and its unit
// where the unit is not named after it.
var services = []struct{ unit, port string }{
	{"redis-server", "6379"}, {"truckflow", "5000"}, {"nginx", "443"},
	{"prometheus-node-exporter", "9100"}, {"prometheus-postgres-exporter", "9187"}, {"prometheus-redis-exporter", "9121"},
	{"prometheus-nginx-exporter", "9113"}, {"prometheus-blackbox-exporter", "9115"}, {"prometheus-alertmanager", "9093"}, {"prometheus", "9090"},
}

// TestStack brings the stack up, sends a rate confirmation through nginx over TLS to
// a paid invoice, and asks a real Prometheus every query of every dashboard.
func TestStack(t *testing.T) {
	s := newStack(t)
	s.postgres()
	for _, x := range services {
		s.start(x.unit)
		s.waitFor(x.unit, x.port)
	}
	p := &program{url: "https://" + stackDomain + ":" + s.ports["443"], log: &bytes.Buffer{}}
	trust(t, s.root+"/etc/truckflow/tls/fullchain.pem")
	c := p.found(t)
	s.row("sign-in through nginx", "ok")
	invoice := c.errand(t)
	s.row("rate confirmation to paid invoice", invoice)
	s.until("backup verified, log archived", func() bool {
		return len(s.ask(`truckflow_backup_last_verified_timestamp_seconds`)) == 1 && len(s.ask(`truckflow_backup_rpo_seconds < 60`)) == 1
	})
	s.roles()
	s.targets()
	s.queries()
	s.scaling()
	s.row("firing alerts", strings.Join(s.firing(), ", "))
	if f := s.firing(); len(f) > 0 {
		t.Errorf("alerts fire on a stack that works: %v", f)
	}
	s.table.Flush()
	t.Log("\n" + s.lines.String())
}

func newStack(t *testing.T) *stack {
	t.Helper()
	bin, err := pgmanager.Find("")
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.MkdirTemp("/tmp", "tf-stack-") // short: it holds a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	s := &stack{t: t, root: root, bin: bin, ports: map[string]string{}, began: time.Now(), lines: &bytes.Buffer{}}
	s.table = tabwriter.NewWriter(s.lines, 0, 4, 2, ' ', 0)
	p, err := deploy.ParsePlan([]byte(fmt.Sprintf("domain: %s\nrun: systemd\nhost: {ram_gb: 8, cores: 2, disk_gb: 60}\npostgres: %d\nbackup: {folder: /srv/truckflow-backup}\n", stackDomain, bin.Major)))
	if err != nil {
		t.Fatal(err)
	}
	files, err := deploy.Render(p, app.DeployFacts("1.0.0"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := deploy.Write(root, files, "1.0.0", false); err != nil {
		t.Fatal(err)
	}
	if _, err := deploy.MakeSecrets(root, p); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(root, "secrets"), filepath.Join(root, "etc/truckflow/secrets")); err != nil { // as its README says
		t.Fatal(err)
	}
	s.row("rendered", fmt.Sprintf("%d files", len(files)))
	s.transplant()
	return s
}

// row adds a line to the table.
func (s *stack) row(what, state string) {
	fmt.Fprintf(s.table, "%s\t%s\t%.1f s\n", what, state, time.Since(s.began).Seconds())
}

func (s *stack) until(what string, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if ok() {
			s.row(what, "ok")
			return
		}
	}
	s.t.Fatalf("never: %s", what)
}

// transplant leads every path below / into root and every port to a free one, in the
// rendered files and the secrets.
func (s *stack) transplant() {
	s.t.Helper()
	must := func(err error) {
		if err != nil {
			s.t.Helper()
			s.t.Fatal(err)
		}
	}
	built, err := built()
	must(err)
	var held []net.Listener
	pairs := []string{"/usr/bin/truckflow", built, "scrape_interval: 15s", "scrape_interval: 1s", "scrape_timeout: 10s", "scrape_timeout: 1s", "user www-data;", "user root;",
		"https://" + stackDomain + "/healthz", "https://127.0.0.1:PORT443/healthz", "[::]:80", "127.0.0.1:PORT6", "[::]:443", "127.0.0.1:PORT7",
		"listen 80", "listen 127.0.0.1:PORT80", "listen 443", "listen 127.0.0.1:PORT443", "port 6379", "port PORT6379", "PORT=5000", "PORT=PORT5000", "PGPORT=5432", "PGPORT=PORT5432"}
	for _, port := range []string{"5000", "5432", "6379", "8081", "9090", "9093", "9100", "9113", "9115", "9121", "9187", "3000"} {
		pairs = append(pairs, "127.0.0.1:"+port, "127.0.0.1:PORT"+port)
	}
	for _, dir := range []string{"/etc/truckflow/", "/var/lib/", "/var/log/", "/var/cache/", "/var/www/", "/srv/", "/run/nginx"} {
		pairs = append(pairs, dir, s.root+dir)
	}
	for _, x := range services {
		pairs = append(pairs, "/run/credentials/"+x.unit+".service/", s.root+"/etc/truckflow/secrets/")
	}
	if os.Geteuid() != 0 { // the cluster is run by whoever tests, not by an account named postgres
		pairs = append(pairs, "postgres                   peer", "postgres                   trust")
	}
	places := strings.NewReplacer(pairs...)
	var numbers []string
	for _, port := range []string{"5000", "5432", "6379", "8081", "9090", "9093", "9100", "9113", "9115", "9121", "9187", "3000", "443", "80", "6", "7"} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		must(err)
		held = append(held, ln)
		s.ports[port] = fmt.Sprint(ln.Addr().(*net.TCPAddr).Port)
		numbers = append(numbers, "PORT"+port, s.ports[port])
	}
	for _, ln := range held {
		ln.Close()
	}
	ported := strings.NewReplacer(numbers...)
	must(filepath.WalkDir(s.root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".json") && !strings.Contains(path, "secrets") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if strings.Contains(path, "/secrets/") {
			mode = 0o600
		}
		_ = os.Remove(path)
		return os.WriteFile(path, []byte(ported.Replace(places.Replace(string(b)))), mode)
	}))
	for _, dir := range []string{"var/log/nginx", "var/lib/nginx", "var/cache", "var/lib/truckflow", "var/lib/prometheus", "var/lib/redis", "var/www", "run", "srv/truckflow-backup", "pg"} {
		must(os.MkdirAll(filepath.Join(s.root, dir), 0o755))
	}
	must(os.Chmod(s.root, 0o755))
	if out, err := exec.Command("bash", filepath.Join(s.root, "etc/truckflow/certificate.sh"), "first").CombinedOutput(); err != nil {
		s.t.Fatalf("certificate.sh: %v %s", err, out)
	}
}

// trust has this process reach the stack's domain and believe its certificate.
func trust(t *testing.T, file string) {
	t.Helper()
	pem, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	was := http.DefaultTransport
	t.Cleanup(func() { http.DefaultTransport = was })
	http.DefaultTransport = &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12},
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, strings.Replace(addr, stackDomain, "127.0.0.1", 1))
		}}
}

// run starts a process of the stack that ends with the test, its children too.
func (s *stack) run(name string, cmd *exec.Cmd) {
	s.t.Helper()
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	if err := cmd.Start(); err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	s.t.Cleanup(func() {
		stop := syscall.SIGTERM
		if name == "postgres" {
			stop = syscall.SIGINT // fast
		}
		_ = syscall.Kill(-cmd.Process.Pid, stop)
		done := make(chan struct{})
		go func() { _ = cmd.Wait(); close(done) }()
		select {
		case <-done:
		case <-time.After(40 * time.Second):
			s.t.Errorf("%s did not stop", name)
		}
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what the group left behind
		<-done
		if s.t.Failed() {
			s.t.Logf("%s said:\n%s", name, tail(log.String(), 30))
		}
	})
}

func tail(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// start runs what a rendered unit and its drop-ins say.
func (s *stack) start(unit string) {
	s.t.Helper()
	var env, argv []string
	base := filepath.Join(s.root, unitFolder, unit+".service")
	drops, _ := filepath.Glob(base + ".d/*.conf") // constant pattern
	for _, file := range append([]string{base}, drops...) {
		b, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue // the distribution's unit, whose ExecStart our drop-in replaces
		} else if err != nil {
			s.t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			switch value = strings.Trim(value, `"`); key {
			case "Environment":
				env = append(env, value)
			case "ExecStart":
				argv = strings.Fields(value)
			}
		}
	}
	if len(argv) == 0 {
		s.t.Fatalf("%s says nowhere what to start", unit)
	}
	if unit == "nginx" {
		argv = append(argv, "-g", "daemon off;")
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.root, "SSL_CERT_FILE=" + s.root + "/etc/truckflow/tls/fullchain.pem"}, env...)
	s.run(unit, cmd)
}

// waitFor waits until something listens on what was port.
func (s *stack) waitFor(what, port string) {
	s.t.Helper()
	s.until(what+" on what was port "+port, func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+s.ports[port])
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// postgres makes a cluster, runs it with the rendered settings and lets the rendered
// script make the roles.
func (s *stack) postgres() {
	s.t.Helper()
	data := filepath.Join(s.root, "pg", "data")
	var as *syscall.Credential
	if os.Geteuid() == 0 { // PostgreSQL refuses root
		u, err := user.Lookup("postgres")
		if err != nil {
			s.t.Fatal(err)
		}
		uid, _ := strconv.Atoi(u.Uid) // the system's own numbers
		gid, _ := strconv.Atoi(u.Gid)
		as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(filepath.Dir(data), uid, gid); err != nil {
			s.t.Fatal(err)
		}
	}
	initdb := exec.Command(filepath.Join(s.bin.Dir, "initdb"), "-D", data, "-U", "postgres", "-A", "peer", "--data-checksums", "--no-instructions", "--no-sync")
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	if out, err := initdb.CombinedOutput(); err != nil {
		s.t.Fatalf("initdb: %v %s", err, out)
	}
	conf := filepath.Join(s.root, fmt.Sprintf("etc/postgresql/%d/main/conf.d/truckflow.conf", s.bin.Major))
	socket := filepath.Dir(data)
	cmd := exec.Command(filepath.Join(s.bin.Dir, "postgres"), "-D", data, "-c", "config_file="+conf, "-c", "port="+s.ports["5432"], "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="+socket)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	s.run("postgres", cmd)
	s.waitFor("postgresql", "5432")
	roles := exec.Command("bash", filepath.Join(s.root, "etc/truckflow/postgres/roles.sh"))
	roles.Env = append(os.Environ(), "PGHOST="+socket, "PGPORT="+s.ports["5432"])
	if as == nil {
		roles.Env = append(roles.Env, "PSQL=psql -U postgres")
	}
	var out []byte
	s.until("roles made by roles.sh", func() (ok bool) {
		if ready := exec.Command(filepath.Join(s.bin.Dir, "pg_isready"), "-q", "-h", socket, "-p", s.ports["5432"]).Run(); ready != nil {
			return false
		}
		var err error
		if out, err = roles.CombinedOutput(); err != nil {
			s.t.Fatalf("roles.sh: %v %s", err, out)
		}
		return true
	})
}

// errand walks a rate confirmation to a paid invoice and returns its number.
func (c client) errand(t *testing.T) (invoice string) {
	t.Helper()
	rc := twoStops(t)
	file := filepath.Join(t.TempDir(), "ratecon.pdf")
	var b bytes.Buffer
	if err := paper.Layouts()[0].Print(&b, rc); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	c.upload(t, file)
	var drafts struct {
		Items []struct {
			ID  string
			Ref string `json:"customer_load_number"`
		}
	}
	waitUntil(t, "a draft of the rate confirmation", func() bool {
		c.get(t, "/v1/loads?state=draft", &drafts)
		return len(drafts.Items) == 1
	})
	if drafts.Items[0].Ref != rc.Load {
		t.Errorf("the draft is of load %q, the paper of %q", drafts.Items[0].Ref, rc.Load)
	}
	var cust, drop struct{ ID string }
	c.api(t, "/v1/customers", c.token, map[string]any{"name": "Acme Brokerage", "kind": "broker", "billing_email": "ap@example.com"}, &cust)
	load := c.correct(t, drafts.Items[0].ID, cust.ID)
	at := "/v1/loads/" + load
	c.api(t, at+"/book", c.token, map[string]any{}, &drop)
	driver, truck, trailer := c.fleet(t, c.token, "van", 53)
	c.api(t, at+"/assignment", c.token, map[string]any{"truck_id": truck, "trailer_id": trailer, "driver_id": driver, "dispatch": true}, &drop)
	for _, verb := range []string{"arrive", "load", "depart", "arrive", "deliver"} {
		c.api(t, at+"/"+verb, c.token, map[string]any{}, &drop)
	}
	pod := c.upload(t, c.photo(t), "kind", "proof_of_delivery", "load_id", load)
	waitUntil(t, "the POD's check", func() bool {
		var checks struct{ Items []struct{} }
		c.get(t, at+"/pod", &checks)
		return len(checks.Items) == 1
	})
	c.api(t, at+"/pod/"+pod+"/accept", c.token, map[string]any{"reason": "read by eye"}, &drop)
	var inv struct{ ID, Number, Open string }
	c.api(t, at+"/invoice", c.token, map[string]any{}, &inv)
	c.api(t, "/v1/payments", c.token, map[string]any{"customer_id": cust.ID, "received_on": time.Now().Format("2006-01-02"), "amount": inv.Open, "method": "ach",
		"shares": []any{map[string]any{"invoice_id": inv.ID, "amount": inv.Open}}}, &drop)
	var paid struct{ Open string }
	c.get(t, "/v1/invoices/"+inv.ID, &paid)
	if paid.Open != "0.00" {
		t.Errorf("still open: %s", paid.Open)
	}
	return inv.Number
}

// targets waits until Prometheus has reached everything it watches.
func (s *stack) targets() {
	s.t.Helper()
	s.until("every target of Prometheus up", func() bool {
		up, n := s.ask(`sum(up)`), s.ask(`count(up)`)
		return len(up) == 1 && len(n) == 1 && up[0] == n[0] && n[0] == "8"
	})
	s.until("what the exporters watch is up", func() bool {
		got := s.ask(`{__name__=~"pg_up|redis_up|nginx_up"}`)
		return len(got) == 3 && strings.Join(got, "") == "111"
	})
	if got := s.ask(`probe_success`); len(got) != 1 || got[0] != "1" {
		s.t.Errorf("the site as a visitor sees it: %v", got)
	}
}

// queries asks Prometheus every query of every dashboard; each must return series.
func (s *stack) queries() {
	s.t.Helper()
	waiting := deploy.Queries()
	all := len(waiting)
	for end := time.Now().Add(45 * time.Second); time.Now().Before(end) && len(waiting) > 0; time.Sleep(500 * time.Millisecond) {
		for q := range waiting {
			if len(s.ask(q)) > 0 {
				delete(waiting, q)
			}
		}
	}
	for q, panel := range waiting {
		s.t.Errorf("%s: no series: %s", panel, q)
	}
	s.row("queries of the dashboards with series", fmt.Sprintf("%d of %d", all-len(waiting), all))
}

// roles wants the audit content with what roles.sh made: the program turns into a role that
// owns nothing, and row security is forced.
func (s *stack) roles() {
	s.t.Helper()
	dsn, err := os.ReadFile(s.root + "/etc/truckflow/secrets/database_url")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, i := range harden.PostgresItems(s.t.Context(), strings.TrimSpace(string(dsn)), "") {
		if (i.ID == "postgres.role" || i.ID == "postgres.rows") && i.Status != harden.Pass {
			s.t.Errorf("%s: %s: %s", i.ID, i.Status, i.Evidence)
		} else if i.ID == "postgres.role" {
			s.row("roles", i.Evidence)
		}
	}
}

// scaling asks Prometheus what the built-in scaling rules ask of it: what is rendered and
// what decides must know the same names.
func (s *stack) scaling() {
	s.t.Helper()
	rules, err := scale.Parse(scale.Default)
	if err != nil {
		s.t.Fatal(err)
	}
	web, err := rules.Role("web")
	if err != nil {
		s.t.Fatal(err)
	}
	for name, m := range web.Metrics {
		s.until("scaling rules know "+name, func() bool { v := s.ask(m.Query); return len(v) == 1 && v[0] != "NaN" })
	}
	if got := s.ask(web.Instances); len(got) != 1 || got[0] != "1" {
		s.t.Errorf("instances, as the scaling rules count them: %v", got)
	}
}

// ask returns the values of an instant query, "name value" for alerts.
func (s *stack) ask(q string) (values []string) {
	s.t.Helper()
	r, err := http.Get("http://127.0.0.1:" + s.ports["9090"] + "/api/v1/query?query=" + url.QueryEscape(q))
	if err != nil {
		s.t.Fatal(err)
	}
	defer r.Body.Close()
	var a struct {
		Status, Error string
		Data          struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil || a.Status != "success" {
		s.t.Fatalf("%s: %v %s", q, err, a.Error)
	}
	for _, x := range a.Data.Result {
		v := fmt.Sprint(x.Value[1])
		if n := x.Metric["alertname"]; n != "" {
			v = n
		}
		values = append(values, v)
	}
	return values
}

func (s *stack) firing() []string { return s.ask(`ALERTS{alertstate="firing"}`) }

func waitUntil(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

// correct puts right what a person would in the review: payer, stops, rate.
func (c client) correct(t *testing.T, load, customer string) string {
	t.Helper()
	var f struct{ Version int }
	c.get(t, "/v1/loads/"+load, &f)
	day := func(n int) string { return time.Now().AddDate(0, 0, n).Format("2006-01-02T15:04") }
	body, err := json.Marshal(map[string]any{"version": f.Version, "customer_id": customer, "equipment": "van", "commodity": "Machinery parts, crated",
		"charges": []any{map[string]any{"kind": "linehaul", "amount": "1850.00"}},
		"stops": []any{map[string]any{"type": "pickup", "name": "Shipper", "city": "Dallas", "state": "TX", "zip": "75201", "window_start": day(0)},
			map[string]any{"type": "delivery", "name": "Receiver", "city": "Memphis", "state": "TN", "zip": "38118", "window_start": day(1)}}})
	if err != nil {
		t.Fatal(err)
	}
	if code, answer := c.ask("PUT", "/v1/loads/"+load, "application/json", "", body); code != 200 {
		t.Fatalf("edit: %d %s", code, answer)
	}
	return load
}
