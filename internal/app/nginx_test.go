package app

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"truckflow/internal/documents"
	"truckflow/internal/identity"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/ops/deploy"
	"truckflow/internal/platform/llm"
	"truckflow/internal/web"
)

// proxied is the program behind a real nginx that runs the rendered files.
type proxied struct {
	http, https string // addresses
	roots       *x509.CertPool
	client      *http.Client
	cookie      string
}

const ourSite = "tms.example.com"

const at = "https://" + ourSite

// freePorts finds n ports of the loopback that nobody listens on.
func freePorts(t *testing.T, n int) (ports []string) {
	t.Helper()
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		ports = append(ports, fmt.Sprint(ln.Addr().(*net.TCPAddr).Port))
	}
	return ports
}

// behindNginx renders the single topology, changes nothing in its nginx files but
// addresses, paths and ports, and starts nginx with them in front of a.
func behindNginx(t *testing.T, a *App) *proxied {
	t.Helper()
	p, err := deploy.ParsePlan([]byte("domain: " + ourSite + "\nrun: systemd\n"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := deploy.Render(p, DeployFacts("1.0.0"))
	if err != nil {
		t.Fatal(err)
	}
	rendered, dir := t.TempDir(), t.TempDir()
	if _, err := deploy.Write(rendered, files, "1.0.0", false); err != nil {
		t.Fatal(err)
	}
	app := httptest.NewServer(a.Handler())
	ports := freePorts(t, 6)
	conf, err := deploy.LocalNginx(dir, filepath.Join(rendered, "etc/truckflow/nginx"), ourSite, strings.NewReplacer(
		"user www-data;", "user root;", "[::]:80", "127.0.0.1:"+ports[3], "[::]:443", "127.0.0.1:"+ports[4], "listen 80", "listen 127.0.0.1:"+ports[0],
		"listen 443", "listen 127.0.0.1:"+ports[1], "127.0.0.1:8081", "127.0.0.1:"+ports[2], "127.0.0.1:5000", strings.TrimPrefix(app.URL, "http://")))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd := exec.Command(nginxBin(t), "-p", dir, "-c", conf, "-g", "daemon off;")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		app.CloseClientConnections()
		app.Close()
		if t.Failed() {
			b, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Logf("nginx said: %s%s", out.String(), b)
		}
	})
	pem, err := os.ReadFile(filepath.Join(dir, "tls", "fullchain.pem"))
	if err != nil {
		t.Fatal(err)
	}
	x := &proxied{http: "127.0.0.1:" + ports[0], https: "127.0.0.1:" + ports[1], roots: x509.NewCertPool()}
	x.roots.AppendCertsFromPEM(pem)
	x.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Timeout: 30 * time.Second,
		Transport: &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: x.roots, ServerName: ourSite},
			DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
				to := x.https
				if strings.HasSuffix(addr, ":80") {
					to = x.http
				}
				return (&net.Dialer{}).DialContext(ctx, network, to)
			}}}
	until(t, "nginx listens", func() bool {
		c, err := net.Dial("tcp", x.https)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return x
}

func nginxBin(t *testing.T) string {
	t.Helper()
	for _, p := range []string{"nginx", "/usr/sbin/nginx"} {
		if bin, err := exec.LookPath(p); err == nil {
			return bin
		}
	}
	t.Fatal("nginx is not installed (scripts/setup.sh test)")
	return ""
}

func (x *proxied) do(t *testing.T, method, url string, body io.Reader, head ...string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(head); i += 2 {
		req.Header.Set(head[i], head[i+1])
	}
	if x.cookie != "" {
		req.AddCookie(&http.Cookie{Name: "truckflow_session", Value: x.cookie})
	}
	r, err := x.client.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, url, err)
	}
	t.Cleanup(func() { r.Body.Close() })
	return r
}

// TestBehindNginx holds the rendered proxy to what it promises, on a real nginx in
// front of the real program.
func TestBehindNginx(t *testing.T) {
	a := start(t)
	owner := found(t, a, "Proxied")
	x := behindNginx(t, a)
	t.Run("TLS", func(t *testing.T) { tlsAsPromised(t, x) })
	t.Run("headers on every answer", func(t *testing.T) { headersEverywhere(t, x) })

	x.cookie = must(a.Identity.SignIn(t.Context(), "proxied@example.com", "correct horse Proxied", "127.0.0.1", "test"))(t)
	who, _ := tenant.From(owner)

	t.Run("a paper's own policy stands", func(t *testing.T) {
		if r := sendPaper(t, x, a, 1<<20); r.StatusCode > 399 {
			t.Fatalf("upload: %d", r.StatusCode)
		}
		list := must(a.Documents.List(owner, page.Request{Limit: 1}))(t)
		r := x.do(t, "GET", at+"/documents/"+list.Items[0].ID.String()+"/file", nil)
		if csp := r.Header.Values("Content-Security-Policy"); len(csp) != 1 || !strings.Contains(csp[0], "sandbox") {
			t.Errorf("policies %q: a stranger's file must stay in the program's sandbox", csp)
		}
	})

	t.Run("the program says what is too large", func(t *testing.T) {
		r := sendPaper(t, x, a, documents.MaxBytes+16)
		if body, err := io.ReadAll(r.Body); err != nil || r.StatusCode != 413 || !strings.Contains(string(body), fmt.Sprintf("larger than %d MB", documents.MaxBytes>>20)) {
			t.Errorf("%d %v %.200s", r.StatusCode, err, body)
		}
	})

	t.Run("events pass at once", func(t *testing.T) {
		r := x.do(t, "GET", at+"/live", nil)
		lines := make(chan string)
		go func() {
			defer close(lines)
			for s := bufio.NewScanner(r.Body); s.Scan(); {
				lines <- s.Text()
			}
		}()
		next(t, lines, "retry: 2000")
		id := ids.New()
		a.changed("load", "loads")(who.Org, id)
		next(t, lines, id.String()) // while the stream stays open: nothing is held back for more
	})

	t.Run("an answer comes while it is made", func(t *testing.T) { answerPasses(t, x, a, owner) })

	t.Run("static files are kept", func(t *testing.T) {
		x.do(t, "GET", at+web.Asset("app.css"), nil)
		r := x.do(t, "GET", at+web.Asset("app.css"), nil)
		if r.Header.Get("X-Cache") != "HIT" || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("X-Cache %q, Cache-Control %q", r.Header.Get("X-Cache"), r.Header.Get("Cache-Control"))
		}
		if r := x.do(t, "GET", at+"/board", nil); r.Header.Get("X-Cache") != "" || !strings.Contains(r.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("a page: X-Cache %q, Cache-Control %q", r.Header.Get("X-Cache"), r.Header.Get("Cache-Control"))
		}
	})

	t.Run("guessing passwords ends", func(t *testing.T) {
		for n := 1; ; n++ {
			r := x.do(t, "POST", at+"/sign-in", strings.NewReader("email=nobody@example.com&password=wrong"), "Content-Type", "application/x-www-form-urlencoded",
				"X-Forwarded-For", fmt.Sprintf("198.51.100.%d", n)) // claimed, and not believed
			if r.StatusCode == 429 {
				break
			}
			if n > identity.TriesPerIP+1 {
				t.Fatalf("try %d is answered %d", n, r.StatusCode)
			}
		}
		if r := x.do(t, "GET", at+"/board", nil); r.StatusCode != 200 {
			t.Errorf("who is signed in already is answered %d", r.StatusCode)
		}
	})
}

// answerPasses has the copilot speak through nginx: the first sentence arrives while
// the model holds the second back, and hanging up stops it.
func answerPasses(t *testing.T, x *proxied, a *App, owner context.Context) {
	t.Helper()
	look := llm.Answer{Calls: []llm.ToolCall{{ID: "1", Name: "free_trucks"}}}
	was := a.Copilot.Models
	defer func() { a.Copilot.Models = was }()
	a.Copilot.Models = &aloud{[]llm.Answer{look, {Text: "First things first. Then the rest."}}, nil}
	session := must(a.Identity.Resume(t.Context(), x.cookie, "127.0.0.1"))(t).Session
	ctx, hangUp := context.WithCancel(t.Context())
	defer hangUp()
	req := must(http.NewRequestWithContext(ctx, http.MethodPost, at+"/copilot", strings.NewReader("q=would+you+say+things+go+well")))(t)
	for k, v := range map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/event-stream", "X-CSRF-Token": a.Identity.CSRF(session)} {
		req.Header.Set(k, v)
	}
	req.AddCookie(&http.Cookie{Name: "truckflow_session", Value: x.cookie})
	r := must(x.client.Do(req))(t)
	defer r.Body.Close()
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(r.Body); s.Scan(); {
			lines <- s.Text()
		}
	}()
	next(t, lines, "event: turn")
	next(t, lines, "Looking at free trucks")
	next(t, lines, "First things first.")
	hangUp()
	until(t, "the turn was stopped", func() bool {
		h := must(a.Copilot.History(owner, 1))(t)
		return len(h) == 1 && h[0].Answer.Stopped && h[0].Answer.Plain() == "First things first."
	})
}

// tlsAsPromised tries versions, suites and names.
func tlsAsPromised(t *testing.T, x *proxied) {
	t.Helper()
	for _, c := range []struct {
		what     string
		max      uint16
		name     string
		suites   []uint16
		accepted bool
	}{
		{"1.3", tls.VersionTLS13, ourSite, nil, true},
		{"1.2", tls.VersionTLS12, ourSite, nil, true},
		{"1.1", tls.VersionTLS11, ourSite, nil, false},
		{"without forward secrecy", tls.VersionTLS12, ourSite, []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}, false},
		{"CBC", tls.VersionTLS12, ourSite, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}, false},
		{"another name", tls.VersionTLS13, "other.example.com", nil, false},
	} {
		conn, err := tls.Dial("tcp", x.https, &tls.Config{RootCAs: x.roots, ServerName: c.name, MaxVersion: c.max, MinVersion: c.max, CipherSuites: c.suites})
		if err == nil {
			conn.Close()
		}
		if (err == nil) != c.accepted {
			t.Errorf("TLS %s: accepted %v (%v), want %v", c.what, err == nil, err, c.accepted)
		}
	}
	if r := x.do(t, "GET", "http://"+ourSite+"/board?x=1", nil); r.StatusCode != 301 || r.Header.Get("Location") != at+"/board?x=1" {
		t.Errorf("plain HTTP: %d to %q", r.StatusCode, r.Header.Get("Location"))
	}
	if r := x.do(t, "GET", at+"/sign-in", nil); r.ProtoMajor != 2 {
		t.Errorf("answered in %s, want HTTP/2", r.Proto)
	}
}

// headersEverywhere asks for what the program answers and for what nginx answers alone.
func headersEverywhere(t *testing.T, x *proxied) {
	t.Helper()
	big := bytes.NewReader(make([]byte, documents.MaxBytes+2<<20))
	for _, c := range []struct {
		what, method, path string
		body               io.Reader
		code               int
	}{
		{"page", "GET", "/sign-in", nil, 200},
		{"not found", "GET", "/nowhere", nil, 404},
		{"nginx's own 404", "GET", "/metrics", nil, 404},
		{"too large", "POST", "/documents", big, 413},
		{"static", "GET", web.Asset("app.css"), nil, 200},
		{"API, not signed in", "GET", "/v1/loads", nil, 401},
		{"operators only", "GET", "/grafana/", nil, 403},
	} {
		r := x.do(t, c.method, at+c.path, c.body)
		if r.StatusCode != c.code {
			t.Errorf("%s: %d, want %d", c.what, r.StatusCode, c.code)
		}
		for _, h := range append([][2]string{{"Strict-Transport-Security", "max-age=63072000; includeSubDomains"}}, web.SecurityHeaders...) {
			if got := r.Header.Values(h[0]); len(got) != 1 || got[0] != h[1] {
				t.Errorf("%s: %s is %q, want once %q", c.what, h[0], got, h[1])
			}
		}
		if s := r.Header.Get("Server"); s != "nginx" {
			t.Errorf("%s: Server: %q tells the version", c.what, s)
		}
	}
}

// next wants a line that contains s, soon.
func next(t *testing.T, lines <-chan string, s string) {
	t.Helper()
	timeout := time.After(10 * time.Second)
	for {
		select {
		case l, ok := <-lines:
			if !ok {
				t.Fatalf("the stream ended before %q", s)
			}
			if strings.Contains(l, s) {
				return
			}
		case <-timeout:
			t.Fatalf("%q was held back", s)
		}
	}
}

// sendPaper uploads a text of so many bytes as a browser does.
func sendPaper(t *testing.T, x *proxied, a *App, size int) *http.Response {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile("file", "note.txt")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(bytes.Repeat([]byte("nothing to read\n"), size/16)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	who := must(a.Identity.Resume(t.Context(), x.cookie, "127.0.0.1"))(t)
	return x.do(t, "POST", at+"/documents", &b, "Content-Type", w.FormDataContentType(), "X-CSRF-Token", a.Identity.CSRF(who.Session), "Origin", at)
}
