package harden

import (
	"archive/zip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"truckflow/internal/config"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/tune"
)

// certificate is self-signed for dispatch.example.com.
func certificate(t *testing.T, from, until time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "dispatch.example.com"}, DNSNames: []string{"dispatch.example.com"},
		NotBefore: from, NotAfter: until, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// serve is a real TLS server; h answers whole, well-formed requests.
func serve(t *testing.T, cfg *tls.Config, h http.Handler) string {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = cfg
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func target(t *testing.T, addr string, roots *x509.CertPool) Target {
	t.Helper()
	x, err := ParseTarget("https://dispatch.example.com", at)
	if err != nil {
		t.Fatal(err)
	}
	x.Addr, x.Roots = addr, roots
	return x
}

func TestTLSGrades(t *testing.T) {
	t.Parallel()
	cert, pool := certificate(t, at.AddDate(0, 0, -10), at.AddDate(0, 0, 80))
	good := target(t, serve(t, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12, CipherSuites: strong}, http.NotFoundHandler()), pool)
	old := target(t, serve(t, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12, CipherSuites: allSuites()}, http.NotFoundHandler()), nil)
	for _, x := range []struct {
		got  Item
		want Status
		says string
	}{
		{TLSVersions(t.Context(), good), Pass, "1.3"},
		{TLSCiphers(t.Context(), good), Pass, "3 suites"}, // the ECDSA ones
		{TLSChain(t.Context(), good), Pass, "dispatch.example.com"},
		{TLSExpiry(t.Context(), good), Pass, "80 of 90 days left"},
		{TLSVersions(t.Context(), old), Fail, "TLS 1.0 is spoken; TLS 1.1 is spoken; TLS 1.3 is not"},
		{TLSCiphers(t.Context(), old), Fail, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"},
		{TLSChain(t.Context(), old), Fail, "unknown authority"},
		{TLSVersions(t.Context(), target(t, closed(t), nil)), CannotTell, "no answer"},
		{TLSCiphers(t.Context(), target(t, closed(t), nil)), CannotTell, "no answer"},
		{TLSChain(t.Context(), target(t, closed(t), nil)), CannotTell, "no answer"},
		{TLSExpiry(t.Context(), target(t, closed(t), nil)), CannotTell, "no answer"},
	} {
		if x.got.Status != x.want || !strings.Contains(x.got.Evidence, x.says) || !strings.HasSuffix(x.got.ID, "@dispatch.example.com") {
			t.Errorf("%s is %q: %s; want %q: %s", x.got.ID, x.got.Status, x.got.Evidence, x.want, x.says)
		}
	}
	for name, life := range map[string][2]int{"expired": {-90, -1}, "two thirds gone": {-61, 29}, "hardly any left": {-42, 3}} {
		c, _ := certificate(t, at.AddDate(0, 0, life[0]), at.AddDate(0, 0, life[1]))
		x := target(t, serve(t, &tls.Config{Certificates: []tls.Certificate{c}}, http.NotFoundHandler()), nil)
		if got := TLSExpiry(t.Context(), x); got.Status != Fail {
			t.Errorf("%s: %q: %s", name, got.Status, got.Evidence)
		}
	}
	wrongName := good
	u := *good.URL
	u.Host = "other.example.com"
	wrongName.URL = &u
	if got := TLSChain(t.Context(), wrongName); got.Status != Fail || !strings.Contains(got.Evidence, "other.example.com") {
		t.Errorf("another name: %q: %s", got.Status, got.Evidence)
	}
}

// closed is an address where nothing listens.
func closed(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

// raw answers every request with its own text, as nginx does with HTTP/9.9.
func raw(t *testing.T, cert tls.Certificate, page, missing, broken string) string {
	t.Helper()
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{cert}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			n, _ := c.Read(buf)
			text, status := page, "200 OK"
			switch q := string(buf[:n]); {
			case strings.Contains(q, "HTTP/9.9"):
				text, status = broken, "505 HTTP Version Not Supported"
			case strings.Contains(q, "no-such-page"):
				text, status = missing, "404 Not Found"
			}
			fmt.Fprintf(c, "HTTP/1.1 %s\r\n%sContent-Length: 0\r\nConnection: close\r\n\r\n", status, text)
			c.Close()
		}
	}()
	return ln.Addr().String()
}

func TestHeadersOnEveryAnswer(t *testing.T) {
	t.Parallel()
	cert, _ := certificate(t, at.AddDate(0, 0, -10), at.AddDate(0, 0, 80))
	hsts := "Strict-Transport-Security: max-age=63072000; includeSubDomains\r\n"
	all := hsts + "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'self'; frame-ancestors 'none'\r\nReferrer-Policy: same-origin\r\nServer: nginx\r\n"
	good := target(t, raw(t, cert, all, all, all), nil)
	// The specification's: HSTS with always and without subdomains, the others without always.
	spec := target(t, raw(t, cert, "Strict-Transport-Security: max-age=63072000\r\nX-Frame-Options: DENY\r\nX-Content-Type-Options: nosniff\r\nServer: nginx/1.22.1\r\n",
		"Strict-Transport-Security: max-age=63072000\r\n", ""), nil)
	for _, x := range []struct {
		got  Item
		want Status
		says string
	}{
		{HSTS(t.Context(), good), Pass, "includeSubDomains"}, {SecurityHeaders(t.Context(), good), Pass, "200, 404, 505"}, {Banner(t.Context(), good), Pass, "nginx"},
		{HSTS(t.Context(), spec), Fail, "missing on 505"}, {HSTS(t.Context(), spec), Fail, "on 404 leaves subdomains out"},
		{SecurityHeaders(t.Context(), spec), Fail, "X-Content-Type-Options missing on 404"}, {SecurityHeaders(t.Context(), spec), Fail, "Content-Security-Policy missing on 200"},
		{Banner(t.Context(), spec), Fail, "nginx/1.22.1"},
		{HSTS(t.Context(), target(t, raw(t, cert, "Strict-Transport-Security: max-age=300\r\n", hsts, hsts), nil)), Fail, "under half a year"},
		{HSTS(t.Context(), target(t, closed(t), nil)), CannotTell, "no answer"},
	} {
		if x.got.Status != x.want || !strings.Contains(x.got.Evidence, x.says) {
			t.Errorf("%s is %q: %s; want %q: %s", x.got.ID, x.got.Status, x.got.Evidence, x.want, x.says)
		}
	}
	if strings.Contains(SecurityHeaders(t.Context(), spec).Evidence, "X-Frame-Options missing on 200") {
		t.Error("X-Frame-Options is there on 200")
	}
	to := httptest.NewServer(http.RedirectHandler("https://dispatch.example.com/", http.StatusMovedPermanently))
	defer to.Close()
	open := httptest.NewServer(http.NotFoundHandler())
	defer open.Close()
	for addr, want := range map[string]Status{to.Listener.Addr().String(): Pass, open.Listener.Addr().String(): Fail, closed(t): NotApplicable} {
		if got := Redirect(t.Context(), good, addr); got.Status != want {
			t.Errorf("plain HTTP: %q: %s, want %q", got.Status, got.Evidence, want)
		}
	}
	for _, bad := range []string{"http://x.example", "https://", "https://u:p@x.example", "ftp://x", "https://x y"} {
		if _, err := ParseTarget(bad, at); !errs.Is(err, errs.KindInvalid) {
			t.Errorf("%q is taken for a site", bad)
		}
	}
}

// TestTheSpecificationsFilesFail: each known mistake is found, by name.
func TestTheSpecificationsFilesFail(t *testing.T) {
	t.Parallel()
	items := FolderItems("testdata/specification", 65536)
	for id, says := range map[string][]string{
		"compose.loads":    {"postgres refers to undefined volume postgres_data", "redis_data", "grafana_data", "version: is obsolete"},
		"compose.ports":    {"app publishes 5000", "ai-service publishes 11434", "prometheus publishes 9090", "grafana publishes 3000"},
		"compose.images":   {"app is truckflow-ai:latest", "ollama/ollama:latest", "prom/prometheus:latest", "postgres is postgres:16", "nginx is nginx:alpine"},
		"compose.user":     {"app has no user"},
		"compose.rights":   {"app keeps capabilities and may gain rights"},
		"compose.readonly": {"postgres can change itself"},
		"compose.limits":   {"redis has no limit of memory and processes"},
		"compose.health":   {"app has no health check and logs without end"},
		"compose.secrets":  {"app DATABASE_URL holds a password", "POSTGRES_PASSWORD turns blank", "GF_SECURITY_ADMIN_PASSWORD turns blank"},
		"compose.networks": {"postgres is on the default network", "ai-service is on the default network"},
		"nginx.file":       {"no such suite: ECDHE-RSA-AES256-GCM-SHA512", "DHE suites without ssl_dhparam", "no suite for an ECDSA certificate", "X-Frame-Options is missing on errors", "http2 is deprecated", "leaves subdomains out", "server_tokens is not off"},
		"postgres.file":    {"line 1 is a syntax error: -- postgresql.conf optimizations", "323584 MB of 65536"}, // on the very server it is meant for
	} {
		i := find(t, items, id)
		if i.Status != Fail {
			t.Errorf("%s is %q: %s", id, i.Status, i.Evidence)
		}
		for _, s := range says {
			if !strings.Contains(i.Evidence, s) {
				t.Errorf("%s does not say %q: %s", id, s, i.Evidence)
			}
		}
	}
	if i := find(t, items, "compose.socket"); i.Status != Pass {
		t.Errorf("%s: %s", i.ID, i.Evidence)
	}
}

func TestGoodFilesPass(t *testing.T) {
	t.Parallel()
	for _, i := range append(ComposeItems("testdata/good/compose.yaml"), NginxFile("testdata/good/nginx.conf")) {
		if i.Status != Pass {
			t.Errorf("%s is %q: %s", i.ID, i.Status, i.Evidence)
		}
	}
	for _, gb := range []int{1, 64, 1024} {
		all, err := tune.Postgres(tune.Machine{RAMMB: gb << 10, Cores: 16, Disk: tune.SSD, Role: tune.Shared})
		if err != nil {
			t.Fatal(err)
		}
		f := filepath.Join(t.TempDir(), "postgresql.conf")
		touch(t, f, tune.PostgresConf(all))
		if i := PostgresFile(f, gb<<10); i.Status != Pass {
			t.Errorf("our own file for %d GB: %s", gb, i.Evidence)
		}
	}
	bad := filepath.Join(t.TempDir(), "compose.yaml")
	touch(t, bad, "services:\n  app:\n    image: app:1.2\n    privileged: true\n    network_mode: host\n    pid: host\n    volumes: [/var/run/docker.sock:/var/run/docker.sock]\n    networks: [nowhere]\n    environment: {API_TOKEN: abc}\n")
	items := ComposeItems(bad)
	wants(t, items, "compose.socket", Fail, "compose.loads", Fail, "compose.secrets", Fail, "compose.networks", NotApplicable)
	lean := "services:\n  pull:\n    image: ollama/ollama:0.17.4\n    restart: \"no\"\n    user: \"0:0\"\n    networks: [edge]\n    logging: {driver: local}\n" +
		"  node:\n    image: prom/node-exporter:v1.9.1\n    user: nobody\n    pid: host\n    cap_drop: [ALL]\n    healthcheck: {test: [CMD, a]}\n    logging: {driver: local}\nnetworks: {edge: {}}\n"
	touch(t, bad, lean)
	wants(t, ComposeItems(bad), "compose.user", Fail, "compose.health", Pass, "compose.networks", NotApplicable, "compose.socket", Pass)
	touch(t, bad, strings.Replace(lean, "user: nobody", "user: root", 1))
	wants(t, ComposeItems(bad), "compose.socket", Fail)
	touch(t, bad, "services: [")
	wants(t, ComposeItems(bad), "compose.loads", Fail)
	touch(t, bad, "fsync = off\nwork_mem = '64MB' # remark\nfull_page_writes off\n")
	if i := PostgresFile(bad, 0); i.Status != Fail || !strings.Contains(i.Evidence, "fsync is off") || !strings.Contains(i.Evidence, "full_page_writes is off") {
		t.Errorf("%s", i.Evidence)
	}
}

func TestFilesAndSecrets(t *testing.T) {
	t.Parallel()
	s := System{Root: "/", Clock: clock.At(time.Now())}
	dir := filepath.Join(t.TempDir(), "data")
	wants(t, FileItems(s, dir, nil), "files.data", NotApplicable, "files.secrets", NotApplicable, "secrets.age", NotApplicable)
	if err := os.Mkdir(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	wants(t, FileItems(s, dir, nil), "files.data", Pass, "files.secrets", NotApplicable)
	secret := filepath.Join(dir, "jwt.secret")
	touch(t, secret, strings.Repeat("ab", 32))
	wants(t, FileItems(s, dir, nil), "files.data", Pass, "files.secrets", Pass, "secrets.age", Pass)
	if err := os.Chmod(secret, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "logs"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.Clock = clock.At(time.Now().AddDate(1, 1, 0))
	wants(t, FileItems(s, dir, nil), "files.data", Fail, "files.secrets", Fail, "secrets.age", Fail)
	if got := secretFiles([]string{"JWT_SECRET_FILE=/a", "PATH=/bin", "PORT_FILE=/b", "SMTP_URL_FILE=/c"}); strings.Join(got, " ") != "/a /c" {
		t.Errorf("files with secrets: %v", got)
	}
	for value, want := range map[string]Status{
		"": NotApplicable, "your-super-secure-jwt-secret": Fail, "secure_password": Fail, "changeme-changeme-changeme-changeme": Fail, strings.Repeat("a", 64): Fail,
		"truckflow": Fail, "hunter2": Fail, "3f8a1c0d9b7e6f524130a9c8b7d6e5f43f8a1c0d9b7e6f524130a9c8b7d6e5f4": Pass, "kJ8#mQ2$vX9@pL4!wZ7%": Pass,
	} {
		if got := SecretItem([]Secret{{"X", value, 60}}); got.Status != want || value != "" && strings.Contains(got.Evidence, value) {
			t.Errorf("%q is %q: %s", value, got.Status, got.Evidence)
		}
	}
}

func TestExposed(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		listen, url string
		want        Status
	}{{"127.0.0.1", "http://localhost:5000", Pass}, {"127.0.0.1", "https://dispatch.example.com", Pass}, {"0.0.0.0", "https://dispatch.example.com", Fail}, {"::1", "http://dispatch.example.com", Fail}} {
		if got := Exposed(&config.Config{Listen: x.listen, PublicURL: x.url}); got.Status != x.want {
			t.Errorf("%v: %q: %s", x, got.Status, got.Evidence)
		}
	}
}

// TestVulnerabilities reads a database of the published form, as folder and as zip.
func TestVulnerabilities(t *testing.T) {
	t.Parallel()
	build := &debug.BuildInfo{GoVersion: "go1.26.3", Deps: []*debug.Module{{Path: "golang.org/x/text", Version: "v0.3.5"}, {Path: "example.com/safe", Version: "v1.0.0"}}}
	files := map[string]string{
		"index/db.json":      `{"modified":"2026-11-20T00:00:00Z"}`,
		"index/modules.json": `[{"path":"golang.org/x/text","vulns":[{"id":"GO-2021-0113","fixed":"0.3.7"}]},{"path":"stdlib","vulns":[{"id":"GO-2026-0001","fixed":"1.25.9"}]},{"path":"example.com/other","vulns":[{"id":"GO-0"}]}]`,
		"ID/GO-2021-0113.json": `{"id":"GO-2021-0113","summary":"Out-of-bounds read","affected":[{"package":{"name":"golang.org/x/text","ecosystem":"Go"},
			"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"0.3.7"}]}]}]}`,
		"ID/GO-2026-0001.json": `{"id":"GO-2026-0001","summary":"x","affected":[{"package":{"name":"stdlib"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.25.9"},{"introduced":"1.26.0"},{"fixed":"1.26.3"}]}]}]}`,
	}
	dir := t.TempDir()
	archive := filepath.Join(t.TempDir(), "vulndb.zip")
	zf, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(zf)
	for name, text := range files {
		touch(t, filepath.Join(dir, name), text)
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zf.Close(); err != nil {
		t.Fatal(err)
	}
	for _, db := range []string{dir, archive} {
		got := VulnerabilityItem(db, build, at)
		if got.Status != Fail || !strings.Contains(got.Evidence, "GO-2021-0113 in golang.org/x/text 0.3.5") || strings.Contains(got.Evidence, "GO-2026-0001") {
			t.Errorf("%s: %q: %s", db, got.Status, got.Evidence)
		}
	}
	build.GoVersion = "go1.26.2 X:nodwarf5"
	if got := VulnerabilityItem(dir, build, at); !strings.Contains(got.Evidence, "GO-2026-0001 in stdlib 1.26.2") {
		t.Errorf("the standard library: %s", got.Evidence)
	}
	build.GoVersion, build.Deps[0].Version = "go1.26.3", "v0.3.7"
	for _, x := range []struct {
		db   string
		info *debug.BuildInfo
		now  time.Time
		want Status
	}{{dir, build, at, Pass}, {dir, build, at.AddDate(0, 2, 0), CannotTell}, {"", build, at, CannotTell}, {dir, nil, at, CannotTell}, {"/nowhere", build, at, CannotTell}, {t.TempDir(), build, at, CannotTell}} {
		if got := VulnerabilityItem(x.db, x.info, x.now); got.Status != x.want || got.Evidence == "" {
			t.Errorf("%v: %q: %s, want %q", x, got.Status, got.Evidence, x.want)
		}
	}
}
