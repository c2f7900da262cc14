//go:build ha

package e2e

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"truckflow/internal/app"
	"truckflow/internal/ops/deploy"
	"truckflow/internal/ops/pgmanager"
	"truckflow/internal/platform/blob/versitygwtest"
)

var haOnly = flag.String("faults", "", "only those whose words match")

const haDomain = "ha.example.com"

// haPlan is the specification's cluster without its GPU servers, as small as the plan allows.
const haPlan = `domain: ha.example.com
topology: ha
postgres: %d
files: {store: s3, endpoint: "https://10.20.0.1:9000", access_key: testkey}
backup: {endpoint: "https://10.20.0.1:9000", access_key: testkey}
ai: {engine: none}
cluster:
  network: 10.20.0.0/24
  floating: {address: 10.20.0.10, interface: eth0}
  servers:
    - {name: lb1, address: 10.20.0.11, roles: [balancer]}
    - {name: lb2, address: 10.20.0.12, roles: [balancer, monitor]}
    - {name: app1, address: 10.20.0.21, roles: [app, etcd, sentinel]}
    - {name: app2, address: 10.20.0.22, roles: [app, etcd]}
    - {name: app3, address: 10.20.0.23, roles: [app, etcd]}
    - {name: db1, address: 10.20.0.31, roles: [database], ram_gb: 8}
    - {name: db2, address: 10.20.0.32, roles: [database], ram_gb: 8}
    - {name: db3, address: 10.20.0.33, roles: [database], ram_gb: 8}
    - {name: redis1, address: 10.20.0.41, roles: [cache, sentinel]}
    - {name: redis2, address: 10.20.0.42, roles: [cache, sentinel]}
`

// cluster is the topology ha, rendered and running.
type cluster struct {
	t             *testing.T
	nodes         map[string]*node
	order         []string
	began         time.Time
	table         *tabwriter.Writer
	lines         bytes.Buffer
	before, after string // the programs of an upgrade; it starts with the first
}

// TestHA starts the rendered cluster in network namespaces, books loads through its floating address without pause, and
// does to it what happens to clusters. After each fault every acknowledged booking must be there, once.
func TestHA(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Fatal("network namespaces need root")
	}
	only, err := regexp.Compile(*haOnly)
	if err != nil {
		t.Fatal(err)
	}
	c := rise(t, only.MatchString(upgraded))
	fmt.Fprintln(c.table, "what happened\tacknowledged\tlost\ttwice\tjobs twice\ts without\tread\trefused\tload\terrors clients saw")
	w := c.client()
	w.work(6, 2)
	for _, f := range c.faults() {
		if only.MatchString(f.what) {
			w.fault(f)
		}
	}
	w.rest()
	c.table.Flush()
	c.until("what the store has of the log is less than a minute old", func() bool { return c.prometheus(`min(truckflow_backup_rpo_seconds) < bool 60`) == "1" })
	c.until("a full copy was made and verified", func() bool {
		return c.prometheus(`max(truckflow_backup_last_verified_timestamp_seconds) > bool 0`) == "1"
	})
	t.Log("\n" + c.lines.String())
}

// rise renders the plan, makes the nodes and starts them in the order of the playbook; upgrade says that a program to
// upgrade to will be needed.
func rise(t *testing.T, upgrade bool) *cluster {
	t.Helper()
	bin, err := pgmanager.Find("")
	if err != nil {
		t.Fatal(err)
	}
	program, err := built()
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.MkdirTemp("/tmp", "tf-ha-")
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{t: t, nodes: map[string]*node{}, began: time.Now()}
	c.table = tabwriter.NewWriter(&c.lines, 0, 4, 2, ' ', 0)
	p, err := deploy.ParsePlan(fmt.Appendf(nil, haPlan, bin.Major))
	if err != nil {
		t.Fatal(err)
	}
	files, err := deploy.Render(p, app.DeployFacts("1.0.0"))
	if err != nil {
		t.Fatal(err)
	}
	rendered := filepath.Join(root, "rendered")
	if _, err := deploy.Write(rendered, files, "1.0.0", false); err != nil {
		t.Fatal(err)
	}
	if _, err := deploy.MakeSecrets(rendered, p); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"s3_secret_key", "backup_s3_secret_key"} {
		if err := os.WriteFile(filepath.Join(rendered, "secrets", name), []byte("testsecret\n"), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // after the nodes'
		if t.Failed() {
			t.Logf("logs of all services are in %s/*/*.log", root)
			return
		}
		os.RemoveAll(root)
	})
	plug(t)
	trusted := c.store(root)
	c.before, c.after = program, program
	if *haFrom != "" {
		c.before = *haFrom
	} else if upgrade {
		if c.after, err = tomorrow(root); err != nil {
			t.Fatal(err)
		}
	}
	for name, from := range map[string]*string{"truckflow": &c.before, "truckflow-new": &c.after} {
		to := filepath.Join(root, name)
		sh(t, fmt.Sprintf("install -m 755 %s %s", *from, to))
		*from = to
	}
	for _, s := range p.Cluster.Servers {
		// What a run that was cut off left behind.
		_ = exec.Command("bash", "-c", fmt.Sprintf("ip netns pids tfha-%[1]s | xargs -r kill -9; ip netns del tfha-%[1]s", s.Name)).Run()
		n := raise(t, root, rendered, s, []string{"SSL_CERT_FILE=" + trusted})
		c.nodes[s.Name] = n
		c.order = append(c.order, s.Name)
	}
	t.Cleanup(func() {
		if t.Failed() {
			c.logs()
		}
	})
	c.row("rendered, and laid over ten servers", fmt.Sprintf("%d files", len(files)))
	for _, x := range haServices[:4] {
		c.startRole(x.role, x.unit)
	}
	c.until("a primary and two standbys, one of them synchronous", c.healthy)
	for _, x := range haServices[4:6] {
		c.startRole(x.role, x.unit)
	}
	for _, n := range c.with(deploy.Balancer) {
		if out, err := n.inside("", "bash", "/etc/truckflow/certificate.sh", "first").CombinedOutput(); err != nil {
			t.Fatalf("certificate.sh: %v %s", err, out)
		}
	}
	for _, x := range haServices[6:] {
		c.startRole(x.role, x.unit)
	}
	for _, name := range c.order {
		c.nodes[name].start("prometheus-node-exporter")
	}
	c.until("three instances ready", func() bool {
		return !slices.ContainsFunc(c.with(deploy.App), func(n *node) bool { return !n.ready() })
	})
	c.until("Prometheus reaches all that it watches", func() bool {
		return c.prometheus(`count(up == 1)`) == "32" && c.prometheus(`count(up)`) == "32" && c.prometheus(`sum(pg_up) + sum(redis_up) + sum(nginx_up)`) == "7"
	})
	return c
}

// prometheus is the value of a query with one result.
func (c *cluster) prometheus(query string) string {
	out, err := c.with(deploy.Monitor)[0].inside("", "curl", "-fsS", "-m", "2", "--data-urlencode", "query="+query, "http://127.0.0.1:9090/api/v1/query").Output()
	var a struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	if err != nil || json.Unmarshal(out, &a) != nil || len(a.Data.Result) != 1 {
		return ""
	}
	return fmt.Sprint(a.Data.Result[0].Value[1])
}

func (c *cluster) with(role string) (out []*node) {
	for _, name := range c.order {
		if n := c.nodes[name]; n.server.Has(role) {
			out = append(out, n)
		}
	}
	return out
}

func (c *cluster) startRole(role, unit string) {
	c.t.Helper()
	for _, n := range c.with(role) {
		n.start(unit)
	}
}

func (c *cluster) row(what, state string) {
	c.t.Logf("%6.1f s  %s: %s", time.Since(c.began).Seconds(), what, state)
}

// patience is for what a cluster does by itself.
const patience = 90 * time.Second

func (c *cluster) until(what string, ok func() bool) {
	c.t.Helper()
	began := time.Now()
	for time.Since(began) < patience {
		if ok() {
			c.row(what, fmt.Sprintf("after %.1f s", time.Since(began).Seconds()))
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	c.t.Fatalf("never: %s", what)
}

// logs shows what the services last said.
func (c *cluster) logs() {
	for _, name := range c.order {
		files, _ := filepath.Glob(filepath.Join(c.nodes[name].dir, "*.log"))
		for _, f := range files {
			unit := strings.TrimSuffix(filepath.Base(f), ".log")
			c.t.Logf("--- %s, %s:\n%s", name, unit, c.nodes[name].said(unit, 12))
		}
	}
}

// store is an S3 store over TLS at the bridge's own address, and the file of certificates that services believe.
func (c *cluster) store(root string) (trusted string) {
	c.t.Helper()
	gw := versitygwtest.Start(c.t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "store"}, IPAddresses: []net.IP{net.IPv4(10, 20, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		c.t.Fatal(err)
	}
	trusted = filepath.Join(root, "store.pem")
	if err := os.WriteFile(trusted, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		c.t.Fatal(err)
	}
	to, err := url.Parse(gw.Endpoint)
	if err != nil {
		c.t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Transport: &http.Transport{MaxIdleConnsPerHost: 16}, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to); r.Out.Host = r.In.Host }} // what is signed stays
	ln, err := tls.Listen("tcp", "10.20.0.1:9000", &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		c.t.Fatal(err)
	}
	srv := &http.Server{Handler: proxy}
	go func() { _ = srv.Serve(ln) }()
	c.t.Cleanup(func() { _ = srv.Close() })
	return trusted
}

// memberState is one of Patroni's GET /cluster.
type memberState struct{ Name, Role, State string }

// members asks any database server that answers; nil when none does.
func (c *cluster) members() []memberState {
	for _, n := range c.with(deploy.Database) {
		out, err := n.inside("", "curl", "-fsS", "-m", "2", "http://"+n.server.Address+":8008/cluster").Output()
		var a struct{ Members []memberState }
		if err == nil && json.Unmarshal(out, &a) == nil && slices.ContainsFunc(a.Members, func(m memberState) bool { return m.Role == "leader" }) {
			return a.Members
		}
	}
	return nil
}

// healthy says that one leads, two follow, and one of them synchronously.
func (c *cluster) healthy() bool {
	count := map[string]int{}
	for _, m := range c.members() {
		if m.State == "running" || m.State == "streaming" {
			count[m.Role]++
		}
	}
	if count["leader"] != 1 || count["sync_standby"] != 1 || count["replica"] != 1 {
		return false
	}
	for _, n := range c.with(deploy.Database) { // etcd remembers a server that is gone until its lease ends
		if n.inside("", "curl", "-fsS", "-m", "2", "-o", "/dev/null", "http://"+n.server.Address+":8008/health").Run() != nil {
			return false
		}
	}
	out, err := c.member("leader").inside("postgres", "psql", "-XAtq", "-h", "/var/run/postgresql", "-c", "select count(*) from pg_stat_replication where state = 'streaming' and application_name like 'db_'").Output()
	return err == nil && strings.TrimSpace(string(out)) == "2"
}

// member is the node with a role in Patroni's cluster.
func (c *cluster) member(role string) *node {
	c.t.Helper()
	for range 100 {
		for _, m := range c.members() {
			if m.Role == role {
				return c.nodes[m.Name]
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	c.t.Fatalf("no member of PostgreSQL's cluster is its %s: %v", role, c.members())
	return nil
}

// redisPrimary asks the Redis servers themselves.
func (c *cluster) redisPrimary() *node {
	c.t.Helper()
	for _, n := range c.with(deploy.CacheNode) {
		if strings.Contains(c.redis(n), "role:master") {
			return n
		}
	}
	c.t.Fatal("no Redis is primary")
	return nil
}

// redis is its replication's state, as the exporter's account may ask for it.
func (c *cluster) redis(n *node) string {
	b, err := os.ReadFile(filepath.Join(n.dir, "etc/truckflow/secrets/redis_probe"))
	if err != nil {
		c.t.Fatal(err)
	}
	out, _ := n.inside("", "redis-cli", "--no-auth-warning", "--user", "exporter", "--pass", strings.TrimSpace(string(b)), "info", "replication").Output() // down: nothing
	return string(out)
}

// etcdLeader is the member that the others follow.
func (c *cluster) etcdLeader() *node {
	c.t.Helper()
	for _, n := range c.with(deploy.Etcd) {
		out, _ := n.inside("", "curl", "-fsS", "-m", "2", "http://"+n.server.Address+":2381/metrics").Output()
		if strings.Contains(string(out), "etcd_server_is_leader 1") {
			return n
		}
	}
	c.t.Fatal("no etcd member leads")
	return nil
}

// holder is the balancer with the floating address.
func (c *cluster) holder() *node {
	c.t.Helper()
	for _, n := range c.with(deploy.Balancer) {
		out, _ := exec.Command("ip", "-n", n.namespace(), "addr", "show", "dev", "eth0").Output()
		if strings.Contains(string(out), "10.20.0.10/") {
			return n
		}
	}
	c.t.Fatal("nobody has the floating address")
	return nil
}

// bookers book loads through the floating address and remember what was acknowledged.
type bookers struct {
	c        *cluster
	api      client
	customer string
	stop     context.CancelFunc
	wg       sync.WaitGroup

	mu     sync.Mutex
	next   int
	acked  map[string]string // reference → the load's number as acknowledged
	last   time.Time         // of an acknowledgement
	gap    time.Duration     // the longest without one since the fault began
	errors map[string]int    // what clients saw since then
	count  int
	read   int // pages of loads that were shown since then
	denied int // and those that were not
}

// client founds the company through the balancers.
func (c *cluster) client() *bookers {
	c.t.Helper()
	pool := x509.NewCertPool()
	for _, n := range c.with(deploy.Balancer) {
		b, err := os.ReadFile(filepath.Join(n.dir, "etc/truckflow/tls/fullchain.pem"))
		if err != nil {
			c.t.Fatal(err)
		}
		pool.AppendCertsFromPEM(b)
	}
	was := http.DefaultTransport
	c.t.Cleanup(func() { http.DefaultTransport = was })
	http.DefaultTransport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: 32, TLSHandshakeTimeout: 5 * time.Second,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, network, "10.20.0.10:443")
		}}
	p := &program{url: "https://" + haDomain, log: &bytes.Buffer{}}
	c.until("the site at the floating address", func() bool {
		r, err := http.Get(p.url + "/readyz")
		if err == nil {
			r.Body.Close()
		}
		return err == nil && r.StatusCode == 200
	})
	w := &bookers{c: c, api: p.found(c.t), acked: map[string]string{}, errors: map[string]int{}}
	var cust struct{ ID string }
	w.api.api(c.t, "/v1/customers", w.api.token, map[string]any{"name": "Acme Brokerage", "kind": "broker"}, &cust)
	w.customer = cust.ID
	return w
}

// work has some clients book and others read until rest.
func (w *bookers) work(book, read int) {
	ctx, stop := context.WithCancel(context.Background())
	w.stop, w.last = stop, time.Now()
	for range read {
		w.wg.Go(func() {
			for ctx.Err() == nil {
				code, answer := w.try(http.MethodGet, "/v1/loads?limit=20", "", nil)
				w.mu.Lock()
				if code == 200 {
					w.read++
				} else {
					w.denied++
					w.errors["reading: "+kind(code, answer)]++
				}
				w.mu.Unlock()
				time.Sleep(200 * time.Millisecond)
			}
		})
	}
	for range book {
		w.wg.Go(func() {
			for ctx.Err() == nil {
				w.book(ctx)
				time.Sleep(80 * time.Millisecond) // below the limits of the program and of nginx
			}
		})
	}
}

func (w *bookers) rest() { w.stop(); w.wg.Wait() }

// book books one load under one key until it is acknowledged, as a program with an idempotency key does.
func (w *bookers) book(ctx context.Context) {
	w.mu.Lock()
	w.next++
	ref := fmt.Sprintf("N-%d", w.next)
	w.mu.Unlock()
	body := fmt.Appendf(nil, `{"customer_id":%q,"customer_load_number":%q,"equipment":"van","charges":[{"kind":"linehaul","amount":"900.00"}],
		"stops":[{"type":"pickup","city":"Dallas","state":"TX","zip":"75201","window_start":"2026-12-01"},{"type":"delivery","city":"Memphis","state":"TN","zip":"38118","window_start":"2026-12-02"}]}`, w.customer, ref)
	for ctx.Err() == nil {
		code, answer := w.try(http.MethodPost, "/v1/loads", ref, body)
		var load struct{ Number string }
		if code == 201 && json.Unmarshal(answer, &load) == nil && load.Number != "" {
			w.mu.Lock()
			w.acked[ref] = load.Number
			now := time.Now()
			w.gap = max(w.gap, now.Sub(w.last))
			w.last = now
			w.count++
			w.mu.Unlock()
			return
		}
		w.mu.Lock()
		w.errors[kind(code, answer)]++
		w.mu.Unlock()
		time.Sleep(200 * time.Millisecond)
	}
}

// try is one request; a client waits ten seconds for an answer.
func (w *bookers) try(method, path, key string, body []byte) (int, []byte) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, w.api.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, []byte(err.Error())
	}
	r.Header.Set("Authorization", "Bearer "+w.api.token)
	if key != "" {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", key)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0, []byte(err.Error())
	}
	defer res.Body.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		return 0, []byte(err.Error())
	}
	return res.StatusCode, b.Bytes()
}

// kind is an answer in a few words.
func kind(code int, answer []byte) string {
	var p struct{ Detail string }
	switch {
	case code == 0 && strings.Contains(string(answer), "deadline exceeded"):
		return "no answer within 10 s"
	case code == 0:
		return "connection lost"
	case json.Unmarshal(answer, &p) == nil && p.Detail != "":
		return fmt.Sprintf("%d %s", code, p.Detail)
	}
	return fmt.Sprintf("%d by nginx", code)
}

// flows says that bookings are acknowledged again: for four seconds none took longer than one.
func (w *bookers) flows() bool {
	w.mu.Lock()
	from := w.count
	w.mu.Unlock()
	for range 20 {
		time.Sleep(200 * time.Millisecond)
		w.mu.Lock()
		late := time.Since(w.last) > time.Second
		w.mu.Unlock()
		if late {
			return false
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count > from+8
}

// fault does one, waits until bookings flow, heals it, waits until the cluster is whole, and counts.
func (w *bookers) fault(f fault) {
	w.c.t.Helper()
	w.c.row(f.what, "begins")
	w.mu.Lock()
	w.gap, w.errors, w.last, w.count, w.read, w.denied = 0, map[string]int{}, time.Now(), 0, 0, 0
	w.mu.Unlock()
	heal := f.do()
	time.Sleep(2 * time.Second) // what is still held up by the fault is not yet flowing again
	w.c.until("bookings flow", w.flows)
	heal()
	w.c.until("the cluster is whole", w.c.whole)
	w.c.until("bookings flow", w.flows)
	w.mu.Lock()
	gap, seen, count, read, denied := w.gap, w.errors, w.count, w.read, w.denied
	acked := maps.Clone(w.acked)
	w.errors = map[string]int{}
	w.mu.Unlock()
	lost, twice := w.c.audit(acked)
	repeated := w.c.repeated()
	var errs []string
	total := 0
	for k, n := range seen {
		total += n
		errs = append(errs, fmt.Sprintf("%d × %s", n, k))
	}
	slices.Sort(errs)
	if lost != 0 || twice != 0 || repeated != "0" {
		w.c.t.Errorf("%s: %d acknowledged bookings lost, %d there twice, %s regular jobs there twice", f.what, lost, twice, repeated)
	}
	if f.unharmed && total != 0 {
		w.c.t.Errorf("%s: clients saw %v", f.what, errs)
	}
	fmt.Fprintf(w.c.table, "%s\t%d\t%d\t%d\t%s\t%.1f\t%d\t%d\t%s\t%d %s\n", f.what, count, lost, twice, repeated, gap.Seconds(), read, denied, loadAverage(), total, strings.Join(errs, "; "))
	w.c.row(f.what, fmt.Sprintf("%d acknowledged, %d lost, %d twice, %s jobs twice, %.1f s without, %d read, errors %v, load %s", count, lost, twice, repeated, gap.Seconds(), read, errs, loadAverage()))
}

// loadAverage is this machine's over the last minute: times depend on it.
func loadAverage() string {
	b, _ := os.ReadFile("/proc/loadavg") // Linux has it
	now, _, _ := strings.Cut(string(b), " ")
	return now
}

// whole says that nothing of the fault is left.
func (c *cluster) whole() bool {
	if !c.healthy() {
		return false
	}
	replicas := 0
	for _, n := range c.with(deploy.CacheNode) {
		if strings.Contains(c.redis(n), "state=online") {
			replicas++
		}
	}
	if replicas != 1 {
		return false
	}
	for _, n := range c.with(deploy.App) {
		if !n.ready() {
			return false
		}
	}
	for _, n := range c.with(deploy.Etcd) {
		if n.inside("", "curl", "-fsS", "-m", "2", "-o", "/dev/null", "http://"+n.server.Address+":2381/health").Run() != nil {
			return false
		}
	}
	return true
}

// audit holds what was acknowledged against what the primary has.
func (c *cluster) audit(acked map[string]string) (lost, twice int) {
	c.t.Helper()
	n := c.member("leader")
	out, err := n.inside("postgres", "psql", "-XAtq", "-F", " ", "-h", "/var/run/postgresql", "-d", "truckflow", "-c", "select customer_ref, number from loads where customer_ref like 'N-%'").Output()
	if err != nil {
		c.t.Fatalf("psql on %s: %v %s", n.server.Name, err, out)
	}
	there := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		if ref, number, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			there[ref] = append(there[ref], number)
		}
	}
	for ref, number := range acked {
		if !slices.ContainsFunc(there[ref], func(n string) bool { return strings.HasSuffix(number, n) || strings.HasSuffix(n, number) }) {
			lost++
		}
	}
	for _, all := range there {
		if len(all) > 1 {
			twice++
		}
	}
	return lost, twice
}
