package deploy_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"truckflow/internal/app"
	"truckflow/internal/ops/deploy"
)

// rendered is a deployment with its secrets, in a folder of its own.
func rendered(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	p := plan(t, text)
	files, err := deploy.Render(p, app.DeployFacts("1.0.0"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := deploy.Write(dir, files, "1.0.0", false); err != nil {
		t.Fatal(err)
	}
	if _, err := deploy.MakeSecrets(dir, p); err != nil {
		t.Fatal(err)
	}
	write(t, dir, deploy.PlanFile, text)
	return dir
}

// bad returns what CheckDir finds wrong, as "file: detail".
func bad(t *testing.T, dir string, only ...string) (wrong []string, checked map[string]string) {
	t.Helper()
	found, err := deploy.CheckDir(t.Context(), dir, only...)
	if err != nil {
		t.Fatal(err)
	}
	checked = map[string]string{}
	for _, f := range found {
		checked[f.About+" by "+f.By] = f.Status
		if f.Status == deploy.Bad {
			wrong = append(wrong, f.About+": "+f.Detail)
		}
	}
	return wrong, checked
}

// TestEveryFileIsChecked: on a machine with the programs, each file is judged by its own.
func TestEveryFileIsChecked(t *testing.T) {
	t.Parallel()
	wrong, checked := bad(t, rendered(t, plans["systemd"]))
	for _, w := range wrong {
		t.Error(w)
	}
	for about, want := range map[string]string{
		"etc/truckflow/nginx/nginx.conf by nginx":                              deploy.OK,
		"etc/truckflow/prometheus/prometheus.yml by promtool":                  deploy.OK,
		"etc/truckflow/prometheus/alerts.yml by promtool":                      deploy.OK,
		"etc/truckflow/prometheus/alerts_test.yml by promtool":                 deploy.OK,
		"etc/truckflow/alertmanager/alertmanager.yml by amtool":                deploy.OK,
		"etc/truckflow/blackbox/blackbox.yml by prometheus-blackbox-exporter":  deploy.OK,
		"etc/systemd/system/nginx.service.d/truckflow.conf by systemd-analyze": deploy.OK,
		"etc/systemd/system/truckflow-certificate.timer by systemd-analyze":    deploy.OK,
		"etc/truckflow/certificate.sh by bash":                                 deploy.OK,
		"etc/truckflow/grafana/dashboards/trade.json by rules":                 deploy.OK,
		"etc/truckflow/postgres/pg_hba.conf by rules":                          deploy.Unchecked,
		"etc/postgresql/15/main/conf.d/truckflow.conf by postgres":             deploy.OK,
		"secrets by rules": deploy.OK,
	} {
		if checked[about] != want {
			t.Errorf("%s: %q, want %q", about, checked[about], want)
		}
	}
	wrong, checked = bad(t, rendered(t, "domain: tms.example.com\n"))
	for _, w := range wrong {
		t.Error(w)
	}
	if got := checked["postgres/postgresql.conf by postgres"]; got != deploy.OK {
		t.Errorf("postgresql.conf by postgres: %q", got)
	}
	if got := checked["nginx/nginx.conf by harden nginx.file@nginx.conf"]; got != deploy.OK {
		t.Errorf("nginx.conf by harden: %q", got)
	}
	for _, by := range []string{"compose-go", "harden compose.rights", "harden compose.ports", "harden compose.user", "harden compose.secrets"} {
		if got := checked["compose.yaml by "+by]; got != deploy.OK {
			t.Errorf("compose.yaml by %s: %q", by, got)
		}
	}
}

// TestWrongFilesAreFound breaks one thing at a time, first of all as the
// specification has it.
func TestWrongFilesAreFound(t *testing.T) {
	for _, c := range []struct{ run, file, old, new, want string }{
		{"systemd", "etc/truckflow/nginx/nginx.conf", "ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305;",
			"ssl_ciphers ECDHE-RSA-AES256-GCM-SHA512:DHE-RSA-AES256-GCM-SHA512;", "no cipher match"}, // the specification's
		{"systemd", "etc/truckflow/nginx/proxy.conf", "proxy_http_version", "proxy_http_versoin", "unknown directive"},
		{"systemd", "etc/truckflow/prometheus/prometheus.yml", "scrape_interval", "scrape_intervall", "scrape_intervall"},
		{"systemd", "etc/truckflow/prometheus/alerts.yml", "for: 2m", "for: 20m", "app at app:5000 does not answer"}, // the alerts' own tests notice
		{"systemd", "etc/truckflow/alertmanager/alertmanager.yml", "receiver: operator", "receiver: nobody", "nobody"},
		{"systemd", "etc/truckflow/blackbox/blackbox.yml", "timeout: 8s", "timeout: soon", "soon"},
		{"systemd", "etc/systemd/system/truckflow-certificate.service", "Type=oneshot", "Type=never", "never"},
		{"systemd", "etc/truckflow/certificate.sh", "esac", "", "syntax error"},
		{"systemd", "etc/truckflow/grafana/dashboards/trade.json", "{", "", "not JSON"},
		{"containers", "postgres/postgresql.conf", "data_directory = '/var/lib/postgresql/data'", "data_directory = /var/lib/postgresql/data", "syntax error"},
		{"containers", "postgres/postgresql.conf", "# Rendered", "-- Rendered", "syntax error"}, // the specification's
		{"containers", "postgres/postgresql.conf", "max_connections = 100", "max_connections = many", "max_connections"},
		{"containers", "compose.yaml", "read_only: true", "read_only: true\n  read_only: true", "already defined"},
		{"containers", "compose.yaml", "  postgres_data:\n", "", "refers to undefined volume postgres_data"}, // the specification's
		{"containers", "compose.yaml", "postgres: {condition: service_healthy}", "postgers: {condition: service_healthy}", "postgers"},
		{"containers", "compose.yaml", "pids_limit: 512", "pids_limt: 512", "pids_limt"},
		{"containers", "compose.yaml", "TRUCKFLOW_DATA: /data", "TRUCKFLOW_DATA: \"${DATA_DIR:?say where}\"", "say where"},
		{"containers", "compose.yaml", "cap_drop: [ALL]", "cap_drop: []", "app"},
		{"containers", "compose.yaml", "internal: true", "internal: false", "data"},
		{"containers", "compose.yaml", "DATABASE_URL_FILE: /run/secrets/database_url", "DATABASE_URL: postgres://u:p@postgres/x", "DATABASE_URL"},
		{"containers", "compose.yaml", "prom/prometheus:v3.16.0", "prom/prometheus:latest", "prom/prometheus:latest"},
		{"containers", "compose.yaml", "      - app_data:/data\n", "      - app_data:/data\n      - /var/run/docker.sock:/s\n", "holds Docker's socket"},
		{"containers", "compose.yaml", "    user: \"472:472\"", "    user: \"472:472\"\n    ports: [\"3000:3000\"]", "grafana publishes 3000"},
	} {
		dir := rendered(t, "domain: tms.example.com\nrun: "+c.run+"\nmail: {server: \"h.example.com:25\"}\n")
		text := read(t, dir, c.file)
		if !strings.Contains(text, c.old) {
			t.Fatalf("%s holds no %q to break", c.file, c.old)
		}
		write(t, dir, c.file, strings.Replace(text, c.old, c.new, 1))
		judge := c.file
		switch filepath.Base(c.file) {
		case "alerts.yml":
			judge = strings.Replace(c.file, "alerts", "alerts_test", 1)
		case "proxy.conf":
			judge = strings.Replace(c.file, "proxy", "nginx", 1)
		}
		wrong, _ := bad(t, dir, judge)
		if all := strings.Join(wrong, "\n"); !strings.Contains(all, c.want) {
			t.Errorf("%s, %q for %q: found %q, want %q", c.file, c.new, c.old, all, c.want)
		}
	}
}

// TestOpenSecretsAreFound: a secret others can read, one that is gone, one still to be written.
func TestOpenSecretsAreFound(t *testing.T) {
	dir := rendered(t, "domain: tms.example.com\nmail: {server: \"h.example.com:25\", user: u}\n")
	if err := os.Chmod(filepath.Join(dir, "secrets/jwt_secret"), 0o444); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "secrets/redis_url")); err != nil {
		t.Fatal(err)
	}
	wrong, _ := bad(t, dir)
	all := strings.Join(wrong, "\n")
	for _, want := range []string{"jwt_secret: mode 0444", "makes what is missing: redis_url", "smtp_password: write it there"} {
		if !strings.Contains(all, want) {
			t.Errorf("found %q, want %q", all, want)
		}
	}
}

// TestHost holds machines against what is planned.
func TestHost(t *testing.T) {
	p := plan(t, "domain: tms.example.com\nhost: {ram_gb: 16, cores: 4, disk_gb: 100}")
	free := func(int) bool { return false }
	known := func(string) ([]string, error) { return []string{"203.0.113.7"}, nil }
	for _, c := range []struct {
		m    deploy.Machine
		want string
	}{
		{deploy.Machine{RAMMB: 15800, Cores: 4, DiskGB: 95, PortInUse: free, Lookup: known}, ""},
		{deploy.Machine{RAMMB: 8000, Cores: 4, DiskGB: 95, PortInUse: free, Lookup: known}, "memory"},
		{deploy.Machine{RAMMB: 15800, Cores: 2, DiskGB: 95, PortInUse: free, Lookup: known}, "cores"},
		{deploy.Machine{RAMMB: 15800, Cores: 4, DiskGB: 40, PortInUse: free, Lookup: known}, "disk"},
		{deploy.Machine{RAMMB: 15800, Cores: 4, DiskGB: 95, PortInUse: func(p int) bool { return p == 443 }, Lookup: known}, "port 443"},
		{deploy.Machine{RAMMB: 15800, Cores: 4, DiskGB: 95, PortInUse: free, Lookup: func(string) ([]string, error) { return nil, errors.New("no such host") }}, "DNS"},
	} {
		var got []string
		for _, f := range deploy.CheckHost(p, c.m) {
			if f.Status == deploy.Bad {
				got = append(got, f.About)
			}
		}
		if strings.Join(got, ",") != c.want {
			t.Errorf("%+v: bad %v, want %q", c.m, got, c.want)
		}
	}
}
