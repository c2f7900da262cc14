package deploy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"truckflow/internal/kit/durable"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup"
)

// clusterSecrets are what several servers need beside the single one's.
var clusterSecrets = []secret{
	{Name: "replication_password", Made: true},
	{Name: "rewind_password", Made: true},
	{Name: "restapi_password", Made: true},
	{Name: "patroni_env", from: func(_ Plan, get func(string) string) string {
		return fmt.Sprintf("PATRONI_SUPERUSER_PASSWORD=%s\nPATRONI_REPLICATION_PASSWORD=%s\nPATRONI_REWIND_PASSWORD=%s\nPATRONI_RESTAPI_USERNAME=patroni\nPATRONI_RESTAPI_PASSWORD=%s",
			get("postgres_password"), get("replication_password"), get("rewind_password"), get("restapi_password"))
	}},
	{Name: "database_read_url", from: func(p Plan, get func(string) string) string {
		return fmt.Sprintf("postgres://truckflow:%s@%s", get("owner_password"), databaseAt(haproxyStandby))
	}},
	{Name: "backup_keys", Made: true, as: backup.NewKeys},
}

// redisSecrets come before Redis' list, which holds their hashes.
var redisSecrets = []secret{
	{Name: "redis_replication", Made: true},
	{Name: "sentinel_password", Made: true},
	{Name: "redis_login", from: func(_ Plan, get func(string) string) string {
		return "masteruser replica\nmasterauth " + get("redis_replication")
	}},
	{Name: "sentinel_login", from: func(_ Plan, get func(string) string) string {
		return fmt.Sprintf("sentinel auth-user truckflow sentinel\nsentinel auth-pass truckflow %s\nsentinel sentinel-user sentinel\nsentinel sentinel-pass %[1]s", get("sentinel_password"))
	}},
	{Name: "sentinel_acl", from: func(_ Plan, get func(string) string) string {
		return fmt.Sprintf("user default off\nuser sentinel on #%s allkeys allchannels +@all\n"+
			"user truckflow on #%s resetkeys allchannels -@all +auth +hello +ping +client|setname +client|id +subscribe +psubscribe +unsubscribe +sentinel|get-master-addr-by-name +sentinel|sentinels +sentinel|replicas",
			hash([]byte(get("sentinel_password"))), hash([]byte(get("redis_password"))))
	}},
}

// Where the HAProxy beside each instance leads to the primary, and to a standby.
const (
	haproxyPrimary = 6432
	haproxyStandby = 6433
)

// databaseAt is a database behind HAProxy, after the @ of its address; verify-ca, because the name asked for is never
// the server's.
func databaseAt(port int) string {
	return at("127.0.0.1", port) + "/truckflow?sslmode=verify-ca&sslrootcert=/etc/truckflow/ca.pem&connect_timeout=5"
}

// databaseOf is where the program finds its database, after the @ of its address. In a cluster that is the HAProxy
// beside it, which knows the primary.
func databaseOf(p Plan) string {
	if p.IsCluster() {
		return databaseAt(haproxyPrimary)
	}
	return hostOf(p, "postgres") + ":5432/truckflow?sslmode=disable"
}

// sentinelURL names every Sentinel; they know the primary.
func sentinelURL(p Plan, password string) string {
	all := p.Cluster.Addresses(Sentinel, 26379)
	q := url.Values{"addr": all[1:], "master_set": {"truckflow"}, "sentinel_username": {"truckflow"}, "sentinel_password": {password}}
	u := url.URL{Scheme: "redis", User: url.UserPassword("truckflow", password), Host: all[0], Path: "/0", RawQuery: q.Encode()}
	return u.String()
}

// at is host:port.
func at(host string, port int) string { return net.JoinHostPort(host, fmt.Sprint(port)) }

const (
	authorityYears = 10
	nodeYears      = 2
	// reissue is when a server's certificate is made anew by the next render.
	reissue = 120 * 24 * time.Hour
)

// tlsServers are those that need a certificate of ours: etcd and PostgreSQL speak TLS.
func tlsServers(p Plan) (out []Server) {
	for _, s := range p.Cluster.Servers {
		if s.Has(Etcd) || s.Has(Database) {
			out = append(out, s)
		}
	}
	return out
}

// makeCertificates makes the cluster's own authority once, and below folder/tls/NAME.* a certificate for each
// server that lacks one, has another address, or one that ends soon.
func makeCertificates(folder string, p Plan, now time.Time) error {
	dir := filepath.Join(folder, "tls")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return errs.Unavailable("%s cannot be made", dir).Wrap(err)
	}
	ca, err := readPair(filepath.Join(folder, "ca"))
	if os.IsNotExist(err) {
		ca, err = issue(nil, x509.Certificate{Subject: pkix.Name{CommonName: "TruckFlow cluster " + p.Domain}, IsCA: true, BasicConstraintsValid: true,
			KeyUsage: x509.KeyUsageCertSign, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(authorityYears, 0, 0)}, filepath.Join(folder, "ca"))
	}
	if err != nil {
		return errs.Unavailable("the cluster's certificate authority (%s/ca.pem, ca.key) cannot be read or made", secretsDir).Wrap(err)
	}
	for _, s := range tlsServers(p) {
		file := filepath.Join(dir, s.Name)
		if c, err := readPair(file); err == nil && c.Leaf.VerifyHostname(s.Address) == nil && c.Leaf.CheckSignatureFrom(ca.Leaf) == nil && c.Leaf.NotAfter.Sub(now) > reissue {
			continue
		}
		if _, err := issue(&ca, memberCertificate(s.Name, net.ParseIP(s.Address), now, now.AddDate(nodeYears, 0, 0)), file); err != nil {
			return errs.Unavailable("%s's certificate cannot be made", s.Name).Wrap(err)
		}
	}
	return nil
}

// memberCertificate is for a server that also asks the others, by its address and from the machine itself.
func memberCertificate(name string, address net.IP, now, end time.Time) x509.Certificate {
	return x509.Certificate{Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, IPAddresses: []net.IP{address, net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		NotBefore: now.Add(-time.Hour), NotAfter: end}
}

// readPair reads FILE.pem and FILE.key.
func readPair(file string) (tls.Certificate, error) {
	return tls.LoadX509KeyPair(file+".pem", file+".key")
}

// issue makes c with a key of its own, signed by the authority or, without one, by itself, and writes both.
func issue(ca *tls.Certificate, c x509.Certificate, file string) (tls.Certificate, error) {
	var none tls.Certificate
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return none, err
	}
	if c.SerialNumber, err = rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)); err != nil {
		return none, err
	}
	parent, signer := &c, any(key)
	if ca != nil {
		parent, signer = ca.Leaf, ca.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, &c, parent, &key.PublicKey, signer)
	if err != nil {
		return none, err
	}
	pkcs, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return none, err
	}
	for ext, block := range map[string]*pem.Block{".pem": {Type: "CERTIFICATE", Bytes: der}, ".key": {Type: "PRIVATE KEY", Bytes: pkcs}} {
		if err := durable.WriteFile(file+ext, pem.EncodeToMemory(block), 0o400); err != nil {
			return none, err
		}
	}
	return readPair(file)
}

// checkCertificates says which of the cluster's own are missing or end soon.
func checkCertificates(dir string, p Plan, now time.Time) Finding {
	f := Finding{secretsDir + "/tls", "rules", OK, ""}
	var wrong []string
	folder := filepath.Join(dir, secretsDir)
	files := []string{filepath.Join(folder, "ca")}
	for _, s := range tlsServers(p) {
		files = append(files, filepath.Join(folder, "tls", s.Name))
	}
	for _, file := range files {
		name := filepath.Base(file)
		switch c, err := readPair(file); {
		case os.IsPermission(err):
			f.Status, f.Detail = Unchecked, "they cannot be read by this user"
			return f
		case err != nil:
			wrong = append(wrong, name+" cannot be read")
		case c.Leaf.NotAfter.Sub(now) < reissue/2:
			wrong = append(wrong, name+" ends on "+c.Leaf.NotAfter.UTC().Format(time.DateOnly))
		}
	}
	if len(wrong) > 0 {
		f.Status, f.Detail = Bad, strings.Join(wrong, "; ")+": truckflow deploy render makes servers' anew"
	}
	return f
}
