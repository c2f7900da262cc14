package deploy_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"truckflow/internal/ops/deploy"
)

// issue returns a certificate for domain that a CA signed, or that signed itself.
func issue(t *testing.T, domain string, from, until time.Time, self bool) (chain, key string) {
	t.Helper()
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: domain}, DNSNames: []string{domain}, NotBefore: from, NotAfter: until}
	ca, caKey := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "CA"}, IsCA: true, BasicConstraintsValid: true, NotBefore: from, NotAfter: until}, own
	if self {
		ca = leaf
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, &own.PublicKey, caKey)
	must(err)
	pkcs, err := x509.MarshalPKCS8PrivateKey(own)
	must(err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs}))
}

// TestCertificate: expired, soon to be, for another name, with another's key, and good.
func TestCertificate(t *testing.T) {
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	day := 24 * time.Hour
	p := plan(t, "domain: tms.example.com")
	chain, key := issue(t, "tms.example.com", now.Add(-30*day), now.Add(34*day), false)
	other, otherKey := issue(t, "other.example.com", now.Add(-day), now.Add(30*day), false)
	old, oldKey := issue(t, "tms.example.com", now.Add(-64*day), now.Add(-day), false)
	soon, soonKey := issue(t, "tms.example.com", now.Add(-60*day), now.Add(4*day+time.Hour), false)
	early, earlyKey := issue(t, "tms.example.com", now.Add(day), now.Add(64*day), false)
	own, ownKey := issue(t, "tms.example.com", now.Add(-day), now.Add(6*day), true)
	dir := t.TempDir()
	if f := deploy.CheckCertificate(dir, p, now); f.Status != deploy.Unchecked || !strings.Contains(f.Detail, "certificate.sh first") {
		t.Errorf("none: %+v", f)
	}
	if err := os.Mkdir(filepath.Join(dir, "tls"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ chain, key, want string }{
		{chain, key, "ok: until 2027-04-04"},
		{own, ownKey, "ok: our own"},
		{old, oldKey, "bad: it expired on 2027-02-28"},
		{soon, soonKey, "bad: it ends in 4 days"},
		{early, earlyKey, "bad: it is valid from 2027-03-02 only"},
		{other, otherKey, "bad: it is for [other.example.com], not for tms.example.com"},
		{chain, otherKey, "bad: tls: private key does not match public key"},
		{"rubbish", key, "bad: tls: failed to find any PEM data"},
	} {
		write(t, dir, "tls/fullchain.pem", c.chain)
		write(t, dir, "tls/privkey.pem", c.key)
		if f := deploy.CheckCertificate(dir, p, now); !strings.HasPrefix(f.Status+": "+f.Detail, c.want) {
			t.Errorf("%s: %s, want %q", f.Status, f.Detail, c.want)
		}
	}
}
