package deploy

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/kit/clock"
)

var nginxVersion = regexp.MustCompile(`nginx/(\d+)\.(\d+)\.(\d+)`)

// checkNginx runs nginx -t on a copy in which only paths are other ones, with a
// certificate made for the purpose: a check needs neither the real key nor root.
func checkNginx(ctx context.Context, path, full string) Finding {
	bin, err := exec.LookPath("nginx")
	if err != nil {
		if bin = "/usr/sbin/nginx"; !exists(bin) { // not on an ordinary user's path
			return Finding{path, "nginx", Unchecked, "nginx is not installed here"}
		}
	}
	body, err := os.ReadFile(full)
	if err != nil {
		return Finding{path, "nginx", Bad, err.Error()}
	}
	version, _ := exec.CommandContext(ctx, bin, "-v").CombinedOutput()
	if m := nginxVersion.FindStringSubmatch(string(version)); m != nil && strings.Contains(string(body), "http2 on;") {
		major, _ := strconv.Atoi(m[1]) // digits, as matched
		minor, _ := strconv.Atoi(m[2])
		if major == 1 && minor < 29 {
			return Finding{path, "nginx", Unchecked, m[0] + " here is older than the image's, whose directives it does not know"}
		}
	}
	dir, err := os.MkdirTemp("", "truckflow-nginx-")
	if err != nil {
		return Finding{path, "nginx", Bad, err.Error()}
	}
	defer os.RemoveAll(dir)
	conf, err := LocalNginx(dir, filepath.Dir(full), "check", nil)
	if err != nil {
		return Finding{path, "nginx", Bad, err.Error()}
	}
	f := ask(ctx, path, bin, "-t", "-q", "-p", dir, "-c", conf)
	f.By, f.Detail = "nginx", strings.ReplaceAll(f.Detail, dir+"/", "")
	if strings.Contains(f.Detail, "group 'X25519MLKEM768' cannot be set") {
		f.Status, f.Detail = Unchecked, "OpenSSL here is older than the image's: it does not know the group X25519MLKEM768"
	}
	return f
}

func exists(file string) bool { _, err := os.Stat(file); return err == nil }

// LocalNginx copies the nginx files in from into dir with the paths that belong to
// a server or an image led into dir, and with the further replacements (ports,
// addresses), and returns the configuration's path. Where dir/tls holds no certificate
// one for domain is made.
func LocalNginx(dir, from, domain string, further *strings.Replacer) (conf string, err error) {
	tls := filepath.Join(dir, "tls")
	if err := os.MkdirAll(tls, 0o755); err != nil {
		return "", err
	}
	if !exists(filepath.Join(tls, "fullchain.pem")) {
		if err := selfSigned(tls, domain); err != nil {
			return "", err
		}
	}
	var pairs []string
	for _, p := range []place{onServer, inContainers} { // the longer paths first
		pairs = append(pairs, p.TLSDir, tls, p.ConfDir+"/", dir+"/", p.NginxPid, filepath.Join(dir, "nginx.pid"), p.NginxErrors, filepath.Join(dir, "error.log"),
			p.NginxAccess, filepath.Join(dir, "access.log"), p.NginxCache, filepath.Join(dir, "cache"), p.AcmeRoot, filepath.Join(dir, "acme"))
	}
	paths := strings.NewReplacer(append(pairs, inContainers.NginxTemp+"/", dir+"/", onServer.NginxTemp+"/", dir+"/")...)
	names, err := filepath.Glob(filepath.Join(from, "*.conf"))
	if err != nil {
		return "", err
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		text := string(b)
		if further != nil {
			text = further.Replace(text)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(name)), []byte(paths.Replace(text)), 0o644); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "nginx.conf"), nil
}

// selfSigned writes a certificate of a day, for a check alone.
func selfSigned(dir, domain string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := clock.System.Now()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: domain}, DNSNames: []string{domain}, NotBefore: now, NotAfter: now.Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		return err
	}
	pkcs, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "privkey.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "fullchain.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
}
