//go:build acme

package e2e

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestCertificate has the rendered nginx and certificate.sh get a certificate from a real ACME
// server (Pebble, Let's Encrypt's own for tests) by Debian's certbot, over HTTP on loopback, and
// renew it, without a restart. What cannot be got leaves the one that is there.
func TestCertificate(t *testing.T) {
	s := newStack(t)
	ca := s.pebble()
	s.certbot(ca)
	was := s.file("etc/truckflow/tls/fullchain.pem")
	if out, err := s.certificate("get"); err == nil || s.file("etc/truckflow/tls/fullchain.pem") != was {
		t.Errorf("with nothing that answers: %v, %s", err, tail(out, 3))
	}
	s.row("refused while nginx is away", "the old certificate stays")
	s.start("nginx")
	s.waitFor("nginx", "443")
	if got := s.shown(); got.Issuer.CommonName != stackDomain {
		t.Errorf("before: by %s", got.Issuer)
	}
	if out, err := s.certificate("get"); err != nil {
		t.Fatalf("%v: %s", err, tail(out, 12))
	}
	first := s.issued(ca)
	s.row("a certificate through nginx on port 80", "by "+first.Issuer.CommonName+", for "+strings.Join(first.DNSNames, ", "))
	if st, err := os.Stat(filepath.Join(s.root, "etc/truckflow/tls/privkey.pem")); err != nil || st.Mode().Perm() != 0o400 {
		t.Errorf("the key: %v, %v", st.Mode(), err)
	}
	if out, err := s.certificate("renew"); err != nil {
		t.Fatalf("%v: %s", err, tail(out, 12))
	}
	if again := s.issued(ca); again.SerialNumber.Cmp(first.SerialNumber) != 0 {
		t.Error("renewed although it was not due")
	}
	s.row("not due", "kept")
	s.write("letsencrypt/cli.ini", s.file("letsencrypt/cli.ini")+"force-renewal = true\n", 0o600)
	if out, err := s.certificate("renew"); err != nil {
		t.Fatalf("%v: %s", err, tail(out, 12))
	}
	s.until("another certificate served by the same nginx", func() bool { return s.issued(ca).SerialNumber.Cmp(first.SerialNumber) != 0 })
	if got := s.file("reloads"); got != "reload nginx\nreload nginx\n" {
		t.Errorf("nginx was told %q", got)
	}
	s.table.Flush()
	t.Log("\n" + s.lines.String())
}

// acme is a running Pebble.
type acme struct{ directory, roots string }

// pebble starts one, whose every name leads to this machine and whose visits come to nginx's port 80.
func (s *stack) pebble() acme {
	s.t.Helper()
	port := func() string { return fmt.Sprint(freePort(s.t)) }
	listen, manage, dns, control := port(), port(), port(), port()
	key, crt := filepath.Join(s.root, "pebble.key"), filepath.Join(s.root, "pebble.pem")
	if out, err := exec.Command("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=pebble",
		"-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", crt).CombinedOutput(); err != nil {
		s.t.Fatalf("%v: %s", err, out)
	}
	conf, err := json.Marshal(map[string]any{"pebble": map[string]any{"listenAddress": "127.0.0.1:" + listen, "managementListenAddress": "127.0.0.1:" + manage, "certificate": crt, "privateKey": key,
		"httpPort": json.Number(s.ports["80"]), "tlsPort": json.Number(s.ports["443"]), "profiles": map[string]any{"default": map[string]any{"description": "as today's", "validityPeriod": 90 * 24 * 3600}}}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("pebble.json", string(conf), 0o600)
	s.run("names", exec.Command(tool(s.t, "pebble-challtestsrv"), "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dnsserver", "127.0.0.1:"+dns, "-management", "127.0.0.1:"+control,
		"-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", ""))
	cmd := exec.Command(tool(s.t, "pebble"), "-config", filepath.Join(s.root, "pebble.json"), "-dnsserver", "127.0.0.1:"+dns)
	// What it refuses for practice, Debian 12's certbot 2.1 does not always survive.
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	s.run("pebble", cmd)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(s.file("pebble.pem")))
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	a := acme{directory: "https://127.0.0.1:" + listen + "/dir"}
	s.until("Pebble answers", func() bool {
		r, err := client.Get("https://127.0.0.1:" + manage + "/roots/0")
		if err != nil {
			return false
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		a.roots = string(b)
		return err == nil && r.StatusCode == http.StatusOK
	})
	return a
}

// certbot leads Debian's to Pebble and into root, and stands in for systemctl.
func (s *stack) certbot(a acme) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Join(s.root, "var/www/truckflow-acme"), 0o755); err != nil { // as the README says
		s.t.Fatal(err)
	}
	dir := filepath.Join(s.root, "letsencrypt")
	s.write("letsencrypt/cli.ini", fmt.Sprintf("server = %s\nconfig-dir = %s\nwork-dir = %s/work\nlogs-dir = %s/logs\nno-random-sleep-on-renew = true\n", a.directory, dir, dir, dir), 0o600)
	s.write("bin/certbot", fmt.Sprintf("#!/bin/bash\nexport REQUESTS_CA_BUNDLE=%s/pebble.pem\nexec /usr/bin/certbot \"$@\" --config %s/cli.ini\n", s.root, dir), 0o755)
	conf := filepath.Join(s.root, "etc/truckflow/nginx/nginx.conf")
	s.write("bin/systemctl", fmt.Sprintf("#!/bin/bash\necho \"$*\" >>%s/reloads\nexec /usr/sbin/nginx -c %s -s reload\n", s.root, conf), 0o755)
	script := "etc/truckflow/certificate.sh"
	s.write(script, strings.Replace(s.file(script), "/etc/letsencrypt/live", dir+"/live", 1), 0o755)
}

// certificate runs the rendered script.
func (s *stack) certificate(what string) (string, error) {
	var out bytes.Buffer
	cmd := exec.Command("bash", filepath.Join(s.root, "etc/truckflow/certificate.sh"), what)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(s.root, "bin")+":"+os.Getenv("PATH"))
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// shown is the certificate that nginx shows.
func (s *stack) shown() *x509.Certificate {
	s.t.Helper()
	c, err := tls.DialWithDialer(&net.Dialer{Timeout: 5 * time.Second}, "tcp", "127.0.0.1:"+s.ports["443"], &tls.Config{ServerName: stackDomain, InsecureSkipVerify: true})
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0]
}

// issued is the certificate that a visitor who trusts the ACME server's root accepts.
func (s *stack) issued(a acme) *x509.Certificate {
	s.t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(a.roots))
	var c *tls.Conn
	waitFor(s.t, "nginx shows a certificate of the ACME server's", func() (ok bool) {
		var err error
		c, err = tls.Dial("tcp", "127.0.0.1:"+s.ports["443"], &tls.Config{ServerName: stackDomain, RootCAs: roots, MinVersion: tls.VersionTLS12})
		return err == nil
	})
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0]
}

// tool is a program that make acme builds into .tools/bin.
func tool(t testing.TB, name string) string {
	t.Helper()
	p, err := filepath.Abs("../.tools/bin/" + name)
	if err == nil {
		_, err = os.Stat(p)
	}
	if err != nil {
		t.Fatalf("%v; make acme builds it", err)
	}
	return p
}

func (s *stack) file(path string) string {
	s.t.Helper()
	b, err := os.ReadFile(filepath.Join(s.root, path))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

func (s *stack) write(path, text string, mode os.FileMode) {
	s.t.Helper()
	full := filepath.Join(s.root, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		s.t.Fatal(err)
	}
	_ = os.Remove(full)
	if err := os.WriteFile(full, []byte(text), mode); err != nil {
		s.t.Fatal(err)
	}
}
