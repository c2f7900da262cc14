package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"truckflow/internal/ops/pgmanager/pgtest"
)

// TestScaleOutAndIn puts instances of the program behind HAProxy, has Prometheus
// watch them and `truckflow scale run` decide, and works them until there are three,
// then takes one away in the midst of it, then lets them be until there is one again. No request may fail on the way: not
// while an instance comes, not while one goes. Run alone it prints the figures: make scale.
func TestScaleOutAndIn(t *testing.T) {
	s := supervise(t)
	s.found(t)
	s.prometheus(t)
	s.haproxy(t)
	watch := s.watch(t)
	w := &workers{t: t, s: s}
	w.signIn()

	w.busy(1, 300*time.Millisecond)
	w.rest("one instance, little work", func() bool { return w.answered() > 10 })
	began := time.Now()
	w.busy(24, 0)
	w.rest("growing to three", func() bool { wanted, ready, _ := s.count(); return wanted == 3 && ready == 3 })
	grown := time.Since(began)
	last := w.answered()
	w.rest("three instances, much work", func() bool { return w.answered() > last+500 })
	// One of them ends in the midst of the work; the watcher sees it and adds it again.
	if err := s.set(2); err != nil {
		t.Fatal(err)
	}
	w.rest("one of three ends", func() bool { _, _, draining := s.count(); return draining == 0 })
	w.rest("and is added again", func() bool { wanted, ready, _ := s.count(); return wanted == 3 && ready == 3 })
	began = time.Now()
	w.busy(1, 300*time.Millisecond)
	w.rest("shrinking to one", func() bool { wanted, _, draining := s.count(); return wanted == 1 && draining == 0 })
	shrunk := time.Since(began)
	last = w.answered()
	w.rest("one instance again", func() bool { return w.answered() > last+10 })
	w.busy(0, 0)
	if n := w.failed.Load(); n > 0 {
		t.Errorf("%d of %d requests failed, the first: %v", n, w.answered(), *w.first.Load())
	}
	var got []string
	for line := range strings.Lines(watch()) {
		var e struct {
			Action, Trigger, Reason string
			From, To                int
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		if e.Action != "hold" {
			got = append(got, fmt.Sprintf("%s %d→%d %s", e.Action, e.From, e.To, e.Trigger))
			t.Logf("%s %d → %d: %s", e.Action, e.From, e.To, e.Reason)
		}
	}
	if want := []string{"add 1→2 CpuHigh", "add 2→3 CpuHigh", "add 2→3 CpuHigh", "remove 3→2 CpuLow", "remove 2→1 CpuLow"}; !slices.Equal(got, want) {
		t.Errorf("decided %q, want %q", got, want)
	}
	t.Logf("%d requests (%d of them writes), %d failed; from 1 to 3 instances in %.0f s, back to 1 in %.0f s", w.answered(), w.wrote.Load(), w.failed.Load(), grown.Seconds(), shrunk.Seconds())
}

// supervisor starts and stops instances: the engine that `truckflow scale run` drives.
type supervisor struct {
	bin, dir, engine string
	front            string // HAProxy's address
	dsn              string
	ports            []int

	mu     sync.Mutex
	wanted int
	run    []*exec.Cmd // by instance; nil while it does not run
	going  []*exec.Cmd // told to end
	logs   bytes.Buffer
}

const most = 3

func supervise(t *testing.T) *supervisor {
	t.Helper()
	bin, err := built()
	if err != nil {
		t.Fatal(err)
	}
	s := &supervisor{bin: bin, dir: t.TempDir(), run: make([]*exec.Cmd, most), dsn: pgtest.New(t, "empty", func(context.Context, string) error { return nil }).OwnerDSN}
	for range most + 2 {
		s.ports = append(s.ports, freePort(t))
	}
	s.front = fmt.Sprintf("127.0.0.1:%d", s.ports[most])
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, first3(s.count())...) })
	mux.HandleFunc("POST /{n}", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.PathValue("n"))
		if err == nil {
			err = s.set(n)
		}
		if err != nil {
			http.Error(w, err.Error(), 500)
		}
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: mux}
	go func() { _ = srv.Serve(ln) }()
	s.engine = "http://" + ln.Addr().String()
	t.Cleanup(func() {
		_ = srv.Close()
		if err := s.set(0); err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		going := slices.Clone(s.going)
		s.mu.Unlock()
		for _, c := range going {
			<-ended(c)
		}
		if t.Failed() {
			t.Log(s.logs.String())
		}
	})
	if err := s.set(1); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the first instance", func() bool { _, ready, _ := s.count(); return ready == 1 })
	return s
}

func first3(a, b, c int) []any { return []any{a, b, c} }

func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(90 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never happened: %s", what)
}

// waits has the channel that is closed when a program has ended.
var waits sync.Map

func ended(c *exec.Cmd) chan struct{} {
	done, _ := waits.Load(c)
	return done.(chan struct{})
}

func launch(c *exec.Cmd) error {
	if err := c.Start(); err != nil {
		return err
	}
	done := make(chan struct{})
	waits.Store(c, done)
	go func() { _ = c.Wait(); close(done) }()
	return nil
}

// locked is a log that several programs write to.
type locked struct{ s *supervisor }

func (l locked) Write(b []byte) (int, error) {
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	return l.s.logs.Write(b)
}

// set starts the lowest and stops the highest instances.
func (s *supervisor) set(n int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > most {
		return fmt.Errorf("there is room for %d", most)
	}
	s.wanted = n
	for i := range s.run {
		switch {
		case i < n && s.run[i] == nil:
			c := exec.Command(s.bin, "serve")
			c.Env = append(os.Environ(), "DATABASE_URL="+s.dsn, "JWT_SECRET="+strings.Repeat("k7", 20), fmt.Sprint("PORT=", s.ports[i]), "TRUCKFLOW_DATA="+filepath.Join(s.dir, fmt.Sprint("app", i)),
				"TRUCKFLOW_DRAIN_SECONDS=2", "TRUCKFLOW_LOG_LEVEL=warn", "TRUCKFLOW_RATE_PER_MINUTE=10000000")
			c.Stdout, c.Stderr = locked{s}, locked{s}
			if err := launch(c); err != nil {
				return err
			}
			s.run[i] = c
		case i >= n && s.run[i] != nil:
			if err := s.run[i].Process.Signal(syscall.SIGTERM); err != nil {
				return err
			}
			s.going, s.run[i] = append(s.going, s.run[i]), nil
		}
	}
	return nil
}

func (s *supervisor) count() (wanted, ready, draining int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, c := range s.run {
		if c != nil && status(fmt.Sprintf("http://127.0.0.1:%d/readyz", s.ports[i])) == 200 {
			ready++
		}
	}
	s.going = slices.DeleteFunc(s.going, func(c *exec.Cmd) bool {
		select {
		case <-ended(c):
			return true
		default:
			return false
		}
	})
	return s.wanted, ready, len(s.going)
}

func status(url string) int {
	r, err := (&http.Client{Timeout: 2 * time.Second}).Get(url)
	if err != nil {
		return 0
	}
	r.Body.Close()
	return r.StatusCode
}

// engineMain is this test's own program when it is called as the engine's: it asks
// the supervisor, or tells it a number.
func engineMain(args []string) int {
	res, err := http.Get(args[0])
	if len(args) > 1 {
		res, err = http.Post(args[0]+"/"+args[1], "", nil)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer res.Body.Close()
	_, _ = io.Copy(os.Stdout, res.Body)
	if res.StatusCode != 200 {
		return 1
	}
	return 0
}

func (s *supervisor) found(t *testing.T) {
	t.Helper()
	res, err := http.PostForm(fmt.Sprintf("http://127.0.0.1:%d/setup", s.ports[0]), url.Values{"company": {"Prairie Line"}, "name": {"Dana"}, "email": {"dana@example.com"}, "password": {"prairie-line-42"}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 200 {
		t.Fatal(res.Status)
	}
}

// daemon runs a program until the test ends.
func (s *supervisor) daemon(t *testing.T, pkg, name string, args ...string) *exec.Cmd {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/" + name); err != nil { // not on an ordinary user's path
			t.Fatalf("%s is missing: apt-get install %s", name, pkg)
		}
	}
	c := exec.Command(path, args...)
	c.Stdout, c.Stderr = locked{s}, locked{s}
	if err := launch(c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended(c):
		case <-time.After(10 * time.Second):
			_ = c.Process.Kill()
		}
	})
	return c
}

func (s *supervisor) file(t *testing.T, name, text string) string {
	t.Helper()
	f := filepath.Join(s.dir, name)
	if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return f
}

func (s *supervisor) prometheus(t *testing.T) {
	t.Helper()
	var targets []string
	for _, p := range s.ports[:most] {
		targets = append(targets, fmt.Sprintf(`"127.0.0.1:%d"`, p))
	}
	f := s.file(t, "prometheus.yml", fmt.Sprintf("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n- job_name: truckflow\n  static_configs: [{targets: [%s]}]\n", strings.Join(targets, ", ")))
	at := fmt.Sprintf("127.0.0.1:%d", s.ports[most+1])
	s.daemon(t, "prometheus", "prometheus", "--config.file="+f, "--storage.tsdb.path="+filepath.Join(s.dir, "tsdb"), "--web.listen-address="+at, "--log.level=error")
	waitFor(t, "Prometheus", func() bool { return status("http://"+at+"/-/ready") == 200 })
}

// haproxy sends requests to whoever's /readyz answers.
func (s *supervisor) haproxy(t *testing.T) {
	t.Helper()
	stats := filepath.Join(s.dir, "haproxy.sock")
	conf := fmt.Sprintf(`global
  stats socket %s
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout queue 30s
  retries 3
  option redispatch
frontend front
  bind %s
  default_backend apps
backend apps
  balance leastconn
  option httpchk GET /readyz
  default-server check inter 300ms fall 1 rise 1
`, stats, s.front)
	for i, p := range s.ports[:most] {
		conf += fmt.Sprintf("  server app%d 127.0.0.1:%d\n", i, p)
	}
	s.daemon(t, "haproxy", "haproxy", "-f", s.file(t, "haproxy.cfg", conf), "-db")
	waitFor(t, "HAProxy knows one instance and misses two", func() bool {
		c, err := net.Dial("unix", stats)
		if err != nil {
			return false
		}
		defer c.Close()
		fmt.Fprintln(c, "show stat")
		b, _ := io.ReadAll(c)
		return strings.Count(string(b), ",DOWN,") == 2 && status("http://"+s.front+"/readyz") == 200
	})
}

// watch runs `truckflow scale run` with rules in seconds; what it returns ends it and
// gives what it printed.
func (s *supervisor) watch(t *testing.T) (printed func() string) {
	t.Helper()
	me, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f := s.file(t, "scaling.yaml", fmt.Sprintf(`interval: 1s
prometheus: http://127.0.0.1:%d
database: {connections: 100, reserved: 12}
roles:
  - name: web
    min: 1
    max: %d
    step: 1
    cooldown: 3s
    drain: 5s
    connections: 22
    metrics:
      cpu: {unit: percent, query: 'clamp_max(100 * avg(rate(process_cpu_seconds_total{job="truckflow"}[4s])), 100)'}
    instances: count(up{job="truckflow"} == 1)
    up: [{name: CpuHigh, metrics: [cpu], above: 12, for: 2s}]
    down: [{name: CpuLow, metrics: [cpu], below: 6, for: 4s}]
    engine: {kind: command, count: [%q, engine, %q], set: [%q, engine, %q]}
`, s.ports[most+1], most, me, s.engine, me, s.engine))
	var out, errOut bytes.Buffer
	c := exec.Command(s.bin, "scale", "run", "--file", f, "--json")
	c.Env = append(os.Environ(), "DATABASE_URL="+s.dsn, "TRUCKFLOW_LOG_LEVEL=warn", "TRUCKFLOW_DATA="+filepath.Join(s.dir, "scale"))
	c.Stdout, c.Stderr = &out, &errOut
	if err := launch(c); err != nil {
		t.Fatal(err)
	}
	end := sync.OnceFunc(func() {
		_ = c.Process.Signal(syscall.SIGTERM)
		<-ended(c)
		if !c.ProcessState.Success() {
			t.Errorf("truckflow scale run: %s: %s", c.ProcessState, errOut.String())
		}
	})
	t.Cleanup(end)
	return func() string { end(); return out.String() }
}

// workers are signed-in people who open pages and add customers through HAProxy.
type workers struct {
	t           *testing.T
	s           *supervisor
	client      *http.Client
	token       string
	stop        context.CancelFunc
	wg          sync.WaitGroup
	done, wrote atomic.Int64
	failed      atomic.Int64
	first       atomic.Pointer[error]
	mu          sync.Mutex
	took        []time.Duration
}

func (w *workers) signIn() {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.client = &http.Client{Jar: jar, Timeout: 60 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	res, err := w.client.PostForm("http://"+w.s.front+"/sign-in", url.Values{"email": {"dana@example.com"}, "password": {"prairie-line-42"}})
	if err != nil {
		w.t.Fatal(err)
	}
	res.Body.Close()
	res, err = w.client.Post("http://"+w.s.front+"/v1/auth/token", "application/json", strings.NewReader(`{"email":"dana@example.com","password":"prairie-line-42"}`))
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	var a struct{ Token string }
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil || a.Token == "" {
		w.t.Fatal(res.Status, err)
	}
	w.token = a.Token
}

func (w *workers) answered() int64 { return w.done.Load() }

// busy has n people work, each with a pause between two requests.
func (w *workers) busy(n int, pause time.Duration) {
	if w.stop != nil {
		w.stop()
		w.wg.Wait()
	}
	ctx, stop := context.WithCancel(context.Background())
	w.stop = stop
	for p := range n {
		w.wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				began := time.Now()
				if err := w.one(p + i); err != nil {
					w.failed.Add(1)
					w.first.CompareAndSwap(nil, &err)
				}
				w.done.Add(1)
				w.mu.Lock()
				w.took = append(w.took, time.Since(began))
				w.mu.Unlock()
				select {
				case <-ctx.Done():
				case <-time.After(pause):
				}
			}
		})
	}
}

// rest waits for ok and prints what the phase was like.
func (w *workers) rest(phase string, ok func() bool) {
	w.t.Helper()
	began := time.Now()
	waitFor(w.t, phase, ok)
	w.mu.Lock()
	took := w.took
	w.took = nil
	w.mu.Unlock()
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	w.t.Logf("%-28s %5.1f s, %5d requests, %6.0f a second, median %4d ms, 99 of 100 within %4d ms", phase, time.Since(began).Seconds(), len(took),
		float64(len(took))/time.Since(began).Seconds(), took[len(took)/2].Milliseconds(), took[len(took)*99/100].Milliseconds())
}

// one opens a page, or writes: every tenth request adds a customer.
func (w *workers) one(i int) error {
	paths := []string{"/board", "/loads", "/fleet", "/billing"}
	r, err := http.NewRequest(http.MethodGet, "http://"+w.s.front+paths[i%len(paths)], nil)
	want := 200
	if i%10 == 9 {
		n := w.wrote.Add(1)
		r, err = http.NewRequest(http.MethodPost, "http://"+w.s.front+"/v1/customers", strings.NewReader(fmt.Sprintf(`{"name":"Broker %d","kind":"broker"}`, n)))
		r.Header.Set("Authorization", "Bearer "+w.token)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", fmt.Sprint("scale-", n))
		want = 201
	}
	if err != nil {
		return err
	}
	res, err := w.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != want {
		err = fmt.Errorf("%s %s: %s %.200s", r.Method, r.URL.Path, res.Status, b)
	}
	return err
}
