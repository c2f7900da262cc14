package harden

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
)

// Target is a site whose TLS and headers are probed.
type Target struct {
	URL   *url.URL       // https://name[:port]
	Addr  string         // host:port to connect to; "" is the URL's own
	Roots *x509.CertPool // whom to trust; nil is the system's
	Now   time.Time      // for the certificate's expiry
}

// handshakeWithin bounds each connection.
const handshakeWithin = 10 * time.Second

// ParseTarget reads https://name or a bare name.
func ParseTarget(s string, now time.Time) (Target, error) {
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
		return Target{}, errs.Invalid("%q is not a site: give https://name", s)
	}
	return Target{URL: u, Now: now}, nil
}

func (t Target) addr(port string) string {
	if t.Addr != "" {
		return t.Addr
	}
	if p := t.URL.Port(); p != "" && port == "443" {
		port = p
	}
	return net.JoinHostPort(t.URL.Hostname(), port)
}

// shake makes one handshake with cfg. No answer at all is errNoAnswer; a server
// that answers and refuses is another error.
func (t Target) shake(ctx context.Context, cfg *tls.Config) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeWithin)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", t.addr("443"))
	if err != nil {
		return nil, errors.Join(errNoAnswer, err)
	}
	cfg.ServerName = t.URL.Hostname()
	c := tls.Client(raw, cfg)
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, errors.Join(err, raw.Close())
	}
	return c, nil
}

var errNoAnswer = errors.New("no answer")

// offers says whether the server agrees to cfg, whatever its certificate.
func (t Target) offers(ctx context.Context, cfg *tls.Config) (bool, error) {
	cfg.InsecureSkipVerify = true // only the version or suite is asked for; TLSChain judges the certificate
	c, err := t.shake(ctx, cfg)
	if errors.Is(err, errNoAnswer) {
		return false, err
	}
	if err != nil {
		return false, nil
	}
	return true, c.Close()
}

// TLSVersions tries each version by itself.
func TLSVersions(ctx context.Context, t Target) Item {
	i := item("tls.versions").on(t.URL.Host)
	has := map[uint16]bool{}
	for _, v := range []uint16{tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13} {
		// Old versions have no suite in common with a client's defaults.
		ok, err := t.offers(ctx, &tls.Config{MinVersion: v, MaxVersion: v, CipherSuites: allSuites()})
		if err != nil {
			return i.unknown("%s", why(err))
		}
		has[v] = ok
	}
	var wrong []string
	for _, v := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		if has[v] {
			wrong = append(wrong, tls.VersionName(v)+" is spoken")
		}
	}
	if !has[tls.VersionTLS13] {
		wrong = append(wrong, "TLS 1.3 is not spoken")
	}
	if !has[tls.VersionTLS12] && !has[tls.VersionTLS13] {
		return i.unknown("no handshake succeeds")
	}
	return i.judge(wrong, "TLS 1.3 and nothing older than 1.2")
}

func allSuites() (ids []uint16) {
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		ids = append(ids, s.ID)
	}
	return ids
}

// strong are Mozilla's intermediate suites for TLS 1.2.
var strong = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// TLSCiphers tries every suite of TLS 1.2 that this program can speak by itself.
// DHE suites it cannot speak.
func TLSCiphers(ctx context.Context, t Target) Item {
	i := item("tls.ciphers").on(t.URL.Host)
	var weak []string
	good := 0
	for _, s := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
		if !slices.Contains(s.SupportedVersions, tls.VersionTLS12) {
			continue
		}
		ok, err := t.offers(ctx, &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{s.ID}})
		if err != nil {
			return i.unknown("%s", why(err))
		}
		switch {
		case ok && slices.Contains(strong, s.ID):
			good++
		case ok:
			weak = append(weak, s.Name)
		}
	}
	if good == 0 && len(weak) == 0 {
		if only13, err := t.offers(ctx, &tls.Config{MinVersion: tls.VersionTLS13}); err != nil || !only13 {
			return i.unknown("no handshake succeeds")
		}
		return i.pass("TLS 1.3 only")
	}
	return i.judge(weak, fmt.Sprintf("%d suites of TLS 1.2, all with forward secrecy and authenticated encryption (DHE is not tried)", good))
}

// TLSChain verifies the certificate as a browser does.
func TLSChain(ctx context.Context, t Target) Item {
	i := item("tls.chain").on(t.URL.Host)
	c, err := t.shake(ctx, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: t.Roots, Time: func() time.Time { return t.Now }})
	if errors.Is(err, errNoAnswer) {
		return i.unknown("%s", why(err))
	}
	var bad *tls.CertificateVerificationError
	if errors.As(err, &bad) {
		return i.fail("%s", why(bad.Err))
	}
	if err != nil {
		return i.unknown("%s", why(err))
	}
	defer c.Close()
	leaf := c.ConnectionState().PeerCertificates[0]
	return i.pass("%s by %s", leaf.Subject.CommonName+" "+strings.Join(leaf.DNSNames, " "), leaf.Issuer.CommonName)
}

// TLSExpiry wants a third of the certificate's life, or a week, left: lives get
// shorter, so a fixed number of days would soon be wrong.
func TLSExpiry(ctx context.Context, t Target) Item {
	i := item("tls.expiry").on(t.URL.Host)
	c, err := t.shake(ctx, &tls.Config{InsecureSkipVerify: true}) // TLSChain judges; this reads a date
	if err != nil {
		return i.unknown("%s", why(err))
	}
	defer c.Close()
	leaf := c.ConnectionState().PeerCertificates[0]
	left, life := leaf.NotAfter.Sub(t.Now), leaf.NotAfter.Sub(leaf.NotBefore)
	days := func(d time.Duration) int { return int(d.Hours() / 24) }
	switch text := fmt.Sprintf("until %s: %d of %d days left", leaf.NotAfter.UTC().Format("2006-01-02"), days(left), days(life)); {
	case left <= 0:
		return i.fail("expired on %s", leaf.NotAfter.UTC().Format("2006-01-02"))
	case left < min(life/3, 30*24*time.Hour) || left < 7*24*time.Hour && life > 21*24*time.Hour:
		return i.fail("%s, and it was not renewed", text)
	default:
		return i.pass("%s", text)
	}
}

// answer is what the header probes look at.
type answer struct {
	status int
	header http.Header
}

// ask sends one raw request. proto other than HTTP/1.1 provokes an error of the
// server itself (505), which its error page answers.
func (t Target) ask(ctx context.Context, proto, path string) (answer, error) {
	c, err := t.shake(ctx, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}) // TLSChain judges; this reads headers
	if err != nil {
		return answer{}, err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(handshakeWithin)); err != nil {
		return answer{}, err
	}
	if _, err := fmt.Fprintf(c, "GET %s %s\r\nHost: %s\r\nUser-Agent: truckflow-harden\r\nConnection: close\r\n\r\n", path, proto, t.URL.Host); err != nil {
		return answer{}, err
	}
	r, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return answer{}, err
	}
	return answer{r.StatusCode, r.Header}, r.Body.Close()
}

// probed is a page, one that is not there, and an error of the server itself.
func (t Target) probed(ctx context.Context) (all []answer, err error) {
	path := t.URL.EscapedPath()
	if path == "" {
		path = "/sign-in" // a page that answers 200 to anybody
	}
	for _, q := range [][2]string{{"HTTP/1.1", path}, {"HTTP/1.1", "/there-is-no-such-page"}, {"HTTP/9.9", path}} {
		a, err := t.ask(ctx, q[0], q[1])
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// HSTS wants half a year at least, on subdomains too.
func HSTS(ctx context.Context, t Target) Item {
	i := item("tls.hsts").on(t.URL.Host)
	all, err := t.probed(ctx)
	if err != nil {
		return i.unknown("%s", why(err))
	}
	var wrong []string
	for _, a := range all {
		v := strings.ToLower(a.header.Get("Strict-Transport-Security"))
		_, age, _ := strings.Cut(v, "max-age=")
		age, _, _ = strings.Cut(age, ";")
		seconds, err := strconv.Atoi(strings.Trim(age, `" `))
		const halfYear = 15552000
		switch {
		case v == "":
			wrong = append(wrong, fmt.Sprintf("missing on %d", a.status))
		case err != nil || seconds < halfYear:
			wrong = append(wrong, fmt.Sprintf("%q on %d is under half a year", v, a.status))
		case !strings.Contains(v, "includesubdomains"):
			wrong = append(wrong, fmt.Sprintf("%q on %d leaves subdomains out", v, a.status))
		}
	}
	return i.judge(wrong, all[0].header.Get("Strict-Transport-Security"))
}

// SecurityHeaders wants the headers on a page, on a 404 and on a 5xx: without
// "always" nginx leaves them off its errors.
func SecurityHeaders(ctx context.Context, t Target) Item {
	i := item("web.headers").on(t.URL.Host)
	all, err := t.probed(ctx)
	if err != nil {
		return i.unknown("%s", why(err))
	}
	var wrong, seen []string
	for _, a := range all {
		seen = append(seen, strconv.Itoa(a.status))
		csp := a.header.Get("Content-Security-Policy")
		for name, ok := range map[string]bool{
			"X-Content-Type-Options":  a.header.Get("X-Content-Type-Options") == "nosniff",
			"Content-Security-Policy": csp != "",
			"Referrer-Policy":         a.header.Get("Referrer-Policy") != "",
			"X-Frame-Options":         a.header.Get("X-Frame-Options") != "" || strings.Contains(csp, "frame-ancestors"),
		} {
			if !ok {
				wrong = append(wrong, fmt.Sprintf("%s missing on %d", name, a.status))
			}
		}
	}
	slices.Sort(wrong)
	return i.judge(wrong, "all there on "+strings.Join(seen, ", "))
}

// Banner looks for a version in what the server calls itself.
func Banner(ctx context.Context, t Target) Item {
	i := item("web.banner").on(t.URL.Host)
	all, err := t.probed(ctx)
	if err != nil {
		return i.unknown("%s", why(err))
	}
	for _, a := range all {
		for _, name := range []string{"Server", "X-Powered-By"} {
			if v := a.header.Get(name); strings.ContainsAny(v, "0123456789") || v != "" && name == "X-Powered-By" {
				return i.fail("%s: %s", name, v)
			}
		}
	}
	return i.pass("Server: %s", orNone(all[0].header.Get("Server")))
}

// Redirect asks the plain port. plainAddr "" is port 80 of the site.
func Redirect(ctx context.Context, t Target, plainAddr string) Item {
	i := item("tls.redirect").on(t.URL.Host)
	if plainAddr == "" {
		plainAddr = net.JoinHostPort(t.URL.Hostname(), "80")
	}
	client := &http.Client{Timeout: handshakeWithin, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+plainAddr+"/", nil)
	if err != nil {
		return i.unknown("%s", why(err))
	}
	req.Host = t.URL.Hostname()
	r, err := client.Do(req)
	if err != nil {
		return i.absent("nothing answers on plain HTTP")
	}
	defer r.Body.Close()
	if to := r.Header.Get("Location"); r.StatusCode >= 300 && r.StatusCode < 400 && strings.HasPrefix(to, "https://") {
		return i.pass("%d to %s", r.StatusCode, to)
	}
	return i.fail("plain HTTP answers %d", r.StatusCode)
}

// SiteItems runs every probe on one site.
func SiteItems(ctx context.Context, t Target) []Item {
	return []Item{TLSVersions(ctx, t), TLSCiphers(ctx, t), TLSChain(ctx, t), TLSExpiry(ctx, t), Redirect(ctx, t, ""), HSTS(ctx, t), SecurityHeaders(ctx, t), Banner(ctx, t)}
}
