package deploy_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"truckflow/internal/ops/deploy"
)

// three is the smallest cluster: servers that share the roles.
const three = `domain: tms.example.com
topology: ha
postgres: 15
files: {store: s3, endpoint: "https://s3.example.com", access_key: k}
backup: {endpoint: "https://s3.elsewhere.example", access_key: k, recipient: age1xyz}
ai: {engine: none}
cluster:
  network: 10.9.0.0/24
  floating: {address: 10.9.0.100, interface: eth0}
  servers:
    - {name: a, address: 10.9.0.1, roles: [balancer, app, database, etcd, cache, sentinel]}
    - {name: b, address: 10.9.0.2, roles: [balancer, app, database, etcd, cache, sentinel]}
    - {name: c, address: 10.9.0.3, roles: [app, database, etcd, sentinel, monitor]}
`

// TestClusterIsChecked: each file of twelve servers, and of three that share the roles, by its own program.
func TestClusterIsChecked(t *testing.T) {
	t.Parallel()
	for text, hosts := range map[string][]string{plans["ha"]: {"lb1", "lb2", "app1", "db3", "redis2"}, three: {"a", "c", "a", "b", "a"}} {
		dir := rendered(t, text)
		for _, name := range []string{"smtp_password", "s3_secret_key", "backup_s3_secret_key"} {
			if err := os.WriteFile(filepath.Join(dir, "secrets", name), []byte("given"), 0o400); err != nil {
				t.Fatal(err)
			}
		}
		wrong, checked := bad(t, dir)
		for _, w := range wrong {
			t.Error(w)
		}
		at := func(i int, path string) string { return "hosts/" + hosts[i] + "/etc/" + path }
		for _, about := range []string{
			at(0, "truckflow/nginx/nginx.conf") + " by nginx", at(0, "keepalived/keepalived.conf") + " by keepalived", at(0, "truckflow/certificate.sh") + " by bash",
			at(1, "truckflow/prometheus/prometheus.yml") + " by promtool", at(1, "truckflow/prometheus/alerts_test.yml") + " by promtool",
			at(1, "truckflow/prometheus/cluster.yml") + " by promtool", at(1, "truckflow/prometheus/cluster_test.yml") + " by promtool",
			at(1, "truckflow/alertmanager/alertmanager.yml") + " by amtool", at(1, "truckflow/blackbox/blackbox.yml") + " by prometheus-blackbox-exporter",
			at(2, "truckflow/haproxy/haproxy.cfg") + " by haproxy", at(2, "systemd/system/haproxy.service.d/truckflow.conf") + " by systemd-analyze",
			at(2, "systemd/system/etcd.service.d/truckflow.conf") + " by systemd-analyze", at(2, "truckflow/etcd/etcd.yml") + " by etcd",
			at(3, "truckflow/patroni/patroni.yml") + " by patroni", at(3, "truckflow/postgres/roles.sh") + " by bash", at(3, "systemd/system/patroni.service.d/truckflow.conf") + " by systemd-analyze",
			at(4, "truckflow/redis/redis.conf") + " by redis-server", at(4, "truckflow/redis/sentinel.conf") + " by redis-server",
			"ansible/site.yml by ansible-playbook", "ansible/roles/database/tasks/main.yml by rules", "secrets by rules", "secrets/tls by rules",
		} {
			if checked[about] != deploy.OK {
				t.Errorf("%s: %q", about, checked[about])
			}
		}
		if about := at(0, "nftables.conf") + " by nft"; checked[about] != deploy.OK && (os.Geteuid() == 0 || checked[about] != deploy.Unchecked) {
			t.Errorf("%s: %q", about, checked[about])
		}
	}
}

// TestWrongClusterFilesAreFound breaks one file of each kind; its own program must say so.
func TestWrongClusterFilesAreFound(t *testing.T) {
	t.Parallel()
	dir := rendered(t, plans["ha"])
	for _, c := range []struct{ file, old, new, want string }{
		{"hosts/lb1/etc/keepalived/keepalived.conf", "priority", "prority", "Unknown keyword"},
		{"hosts/lb1/etc/keepalived/keepalived.conf", "        10.20.0.12", "        10.20.0.x", "malformed unicast peer"},
		{"hosts/app1/etc/truckflow/haproxy/haproxy.cfg", "option httpchk OPTIONS", "option httpchkk OPTIONS", "httpchkk"},
		{"hosts/db1/etc/truckflow/patroni/patroni.yml", "scope: truckflow", "scop: truckflow", "scope"},
		{"hosts/db1/etc/truckflow/patroni/patroni.yml", "ttl: 20", "ttl: twenty", "ttl"},
		{"hosts/app1/etc/truckflow/etcd/etcd.yml", "election-timeout:", "election-timeot:", "does not know election-timeot"},
		{"hosts/app1/etc/truckflow/etcd/etcd.yml", "  client-cert-auth:", "  client-cert-auht:", "does not know client-transport-security.client-cert-auht"},
		{"hosts/app1/etc/truckflow/etcd/etcd.yml", "heartbeat-interval: 100", "heartbeat-interval: 900", "should be at least as 5 times"},
		{"hosts/app2/etc/truckflow/etcd/etcd.yml", "name: app2", "name: app4", "couldn't find local name"},
		{"hosts/app2/etc/truckflow/etcd/etcd.yml", "initial-advertise-peer-urls: https://10.20.0.22:2380", "initial-advertise-peer-urls: https://10.20.0.29:2380", "initial-cluster has"},
		{"hosts/app3/etc/truckflow/etcd/etcd.yml", "etcd.service/tls.key", "etcd.service/tls.kye", "tls.kye"},
		{"hosts/redis1/etc/truckflow/redis/redis.conf", "maxmemory-policy allkeys-lru", "maxmemory-policy all", "maxmemory-policy"},
		{"hosts/redis1/etc/truckflow/redis/sentinel.conf", "down-after-milliseconds", "down-after", "Unrecognized sentinel configuration"},
		{"hosts/gpu1/etc/nftables.conf", "tcp dport { 11434 } accept", "tcp dport { ollama } accept", "Could not resolve service"},
		{"ansible/site.yml", "roles: [etcd]", "roles: [etcdd]", "etcdd"},
		{"ansible/roles/app/tasks/main.yml", "ansible.builtin.include_role:", "ansible.builtin.include_rolle:", "include_rolle"},
		{"hosts/lb2/etc/truckflow/prometheus/cluster.yml", "patroni_sync_standby) < 1", "patroni_sync_standby) < 0", "NoSynchronousStandby"},
	} {
		text := read(t, dir, c.file)
		if !strings.Contains(text, c.old) {
			t.Fatalf("%s holds no %q to break", c.file, c.old)
		}
		write(t, dir, c.file, strings.Replace(text, c.old, c.new, 1))
		judge := c.file
		switch {
		case strings.HasSuffix(c.file, "cluster.yml"):
			judge = strings.Replace(c.file, "cluster.yml", "cluster_test.yml", 1)
		case strings.HasPrefix(c.file, "ansible/roles"):
			judge = "ansible/site.yml"
		case strings.HasSuffix(c.file, "nftables.conf") && os.Geteuid() != 0:
			continue // nft reads for root only
		}
		wrong, _ := bad(t, dir, judge)
		if all := strings.Join(wrong, "\n"); !strings.Contains(all, c.want) {
			t.Errorf("%s, %q for %q: found %q, want %q", c.file, c.new, c.old, all, c.want)
		}
		write(t, dir, c.file, text)
	}
}

// TestClusterSecrets: what one server's secrets say fits what another's say, and servers' certificates are their own.
func TestClusterSecrets(t *testing.T) {
	dir := rendered(t, plans["ha"])
	get := func(name string) string { return strings.TrimSpace(read(t, dir, "secrets/"+name)) }
	u, err := url.Parse(get("redis_url"))
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	if all := append([]string{u.Host}, u.Query()["addr"]...); !slices.Equal(all, []string{"10.20.0.21:26379", "10.20.0.41:26379", "10.20.0.42:26379"}) || u.Query().Get("sentinel_password") != password || password != get("redis_password") {
		t.Errorf("Sentinels %v, password of Redis %q", all, password)
	}
	for _, pair := range [][2]string{{"redis_login", "redis_replication"}, {"sentinel_login", "sentinel_password"}, {"patroni_env", "replication_password"}, {"patroni_env", "rewind_password"}, {"patroni_env", "postgres_password"}} {
		if !strings.Contains(get(pair[0]), get(pair[1])) {
			t.Errorf("%s does not hold %s", pair[0], pair[1])
		}
	}
	if !strings.Contains(get("database_url"), "@127.0.0.1:6432/truckflow?sslmode=verify-ca&") {
		t.Errorf("the database's address leads elsewhere than to HAProxy, or without TLS: %s", get("database_url"))
	}
	if !strings.Contains(get("database_read_url"), "@127.0.0.1:6433/truckflow?sslmode=verify-ca&") || strings.Contains(get("database_read_url"), "target_session_attrs") {
		t.Errorf("what is read while there is no primary comes from elsewhere than from a standby: %s", get("database_read_url"))
	}
	leaf := func(name string) *x509.Certificate {
		b, _ := pem.Decode([]byte(read(t, dir, "secrets/"+name+".pem")))
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	ca := leaf("ca")
	for name, address := range map[string]string{"db1": "10.20.0.31", "app3": "10.20.0.23"} {
		c := leaf("tls/" + name)
		if err := c.CheckSignatureFrom(ca); err != nil || c.VerifyHostname(address) != nil || c.VerifyHostname("10.20.0.99") == nil {
			t.Errorf("%s: %v, names %v %v", name, err, c.DNSNames, c.IPAddresses)
		}
	}
	// A server that moves gets a new one; the others and the authority stay.
	before, key := read(t, dir, "secrets/tls/app3.pem"), read(t, dir, "secrets/ca.key")
	p := plan(t, strings.Replace(plans["ha"], "10.20.0.31", "10.20.0.39", 1))
	if _, err := deploy.MakeSecrets(dir, p); err != nil {
		t.Fatal(err)
	}
	if leaf("tls/db1").VerifyHostname("10.20.0.39") != nil || read(t, dir, "secrets/tls/app3.pem") != before || read(t, dir, "secrets/ca.key") != key {
		t.Error("a moved server's certificate is not for its address, or another's was made anew")
	}
	if err := os.Remove(filepath.Join(dir, "secrets/tls/db2.key")); err != nil {
		t.Fatal(err)
	}
	if wrong, _ := bad(t, dir); !strings.Contains(strings.Join(wrong, "\n"), "db2 cannot be read") {
		t.Errorf("a missing key is not found: %v", wrong)
	}
}

// TestOneServer holds machines against one server of a cluster, and looks at its files alone.
func TestOneServer(t *testing.T) {
	t.Parallel()
	dir, p := rendered(t, three), plan(t, three)
	fits := deploy.Machine{RAMMB: 64_000, Cores: 16, DiskGB: 2000, Addresses: map[string]string{"10.9.0.3": "ens3"},
		PortInUse: func(int) bool { return false }, Lookup: func(string) ([]string, error) { return []string{"203.0.113.7"}, nil }}
	changed := func(change func(*deploy.Machine)) deploy.Machine { m := fits; change(&m); return m }
	for _, c := range []struct {
		name string
		m    deploy.Machine
		want string
	}{
		{"", fits, ""},
		{"c", changed(func(m *deploy.Machine) { m.PortInUse = func(int) bool { return true } }), ""}, // it is no balancer
		{"a", fits, "address,interface"},
		{"a", changed(func(m *deploy.Machine) { m.Addresses = map[string]string{"10.9.0.1": "eth0"} }), ""},
		{"b", changed(func(m *deploy.Machine) {
			m.Addresses, m.PortInUse = map[string]string{"10.9.0.2": "eth0"}, func(p int) bool { return p == 443 }
		}), "port 443"},
		{"c", changed(func(m *deploy.Machine) { m.RAMMB, m.DiskGB = 4_000, 10 }), "memory,disk"},
	} {
		s, err := p.ServerHere(c.name, c.m)
		if err != nil {
			t.Fatal(err)
		}
		found, err := deploy.CheckServer(t.Context(), dir, p, s, c.m)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		files := 0
		for _, f := range found {
			if f.Status == deploy.Bad {
				got = append(got, f.About)
			}
			if strings.Contains(f.About, "/") {
				files++
				if !strings.HasPrefix(f.About, "hosts/"+s.Name+"/") {
					t.Errorf("%s was looked at for %s", f.About, s.Name)
				}
			}
		}
		if strings.Join(got, ",") != c.want || files == 0 {
			t.Errorf("%s on %+v: bad %v, want %q; %d files", c.name, c.m, got, c.want, files)
		}
	}
	if s, err := p.ServerHere("", fits); err != nil || s.Name != "c" {
		t.Errorf("the machine with c's address is %q: %v", s.Name, err)
	}
}
