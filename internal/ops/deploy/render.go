package deploy

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/tune"
)

// File is one rendered file: its path within the deployment, with slashes.
type File struct {
	Path string
	Mode fs.FileMode
	Body []byte
}

//go:embed templates
var templates embed.FS

// images are pinned by version. Nothing here was pulled where this was written:
// see to the digests when you first do.
var images = map[string]string{
	"golang":           "golang:1.26.8-bookworm",
	"postgres":         "postgres:16.14-bookworm",
	"redis":            "redis:7.2.11-bookworm",
	"nginx":            "nginx:1.30.4-alpine",
	"certbot":          "certbot/certbot:v5.1.0",
	"ollama":           "ollama/ollama:0.17.4",
	"prometheus":       "prom/prometheus:v3.16.0",
	"alertmanager":     "prom/alertmanager:v0.35.0",
	"grafana":          "grafana/grafana:12.2.0",
	"nodeexporter":     "prom/node-exporter:v1.12.1",
	"postgresexporter": "quay.io/prometheuscommunity/postgres-exporter:v0.17.1",
	"redisexporter":    "oliver006/redis_exporter:v1.74.0-alpine",
	"nginxexporter":    "nginx/nginx-prometheus-exporter:1.4.2",
	"blackbox":         "prom/blackbox-exporter:v0.27.0",
	"cnpg":             "ghcr.io/cloudnative-pg/postgresql:16.10-system-trixie",
	"vllm":             "vllm/vllm-openai:v0.17.1",
}

// cloudflare are the addresses that Cloudflare's visitors come from.
var cloudflare = []string{
	"173.245.48.0/20", "103.21.244.0/22", "103.22.200.0/22", "103.31.4.0/22", "141.101.64.0/18", "108.162.192.0/18", "190.93.240.0/20",
	"188.114.96.0/20", "197.234.240.0/22", "198.41.128.0/17", "162.158.0.0/15", "104.16.0.0/13", "104.24.0.0/14", "172.64.0.0/13", "131.0.72.0/22",
	"2400:cb00::/32", "2606:4700::/32", "2803:f800::/32", "2405:b500::/32", "2405:8100::/32", "2a06:98c0::/29", "2c0f:f248::/32",
}

// page is what a template sees.
type page struct {
	Plan
	Facts
	Memory      Memory
	Head        string
	Image       map[string]string
	Secrets     []secret
	Cloudflare  []string
	AppPort     int
	ReadWorkers int
	GoLimit     int // MiB
	RedisLimit  int // MB
	SignInRate  int // a minute
	UploadMB    int64
	BodyMB      int64
	Jobs        []job
	At          map[string]string // host:port by service

	PostgresConf, RedisConf string
	AppRole                 []tune.Setting

	place
	kubePage // k8s only
	node
}

// job is what Prometheus watches under one name.
type job struct {
	Name   string
	Groups []group
}

// group are targets with a label of their own: tier says whose servers these are, which the
// rules of package scale ask for.
type group struct {
	Tier    string
	Targets []string
}

// place is what differs between containers and a server's own services.
type place struct {
	Modern, IPv6                                   bool // nginx of 1.29 or newer with OpenSSL 3.5
	NginxUser, NginxPid, NginxErrors               string
	NginxAccess, NginxCache, NginxOwner, NginxTemp string
	MimeTypes, ConfDir, TLSDir, TLSHost            string
	AcmeRoot, HTTPPort, HTTPSPort                  string
	StatusListen, Resolver, Grafana                string
	Upstreams                                      []string
	HbaFrom, RedisBind, RedisACL                   string
	SecretsDir, GrafanaDir, Certbot                string
	NginxReload                                    string
}

var inContainers = place{
	Modern: true, NginxPid: "/tmp/nginx.pid", NginxErrors: "/dev/stderr", NginxAccess: "/dev/stdout", NginxCache: "/var/cache/nginx", NginxTemp: "/tmp", NginxOwner: "101 -g 101",
	MimeTypes: "/etc/nginx/mime.types", ConfDir: "/etc/truckflow", TLSDir: "/etc/nginx/tls", TLSHost: "./tls",
	AcmeRoot: "/var/www/acme", HTTPPort: "8080", HTTPSPort: "8443", StatusListen: "8081", Resolver: "127.0.0.11", Grafana: "grafana:3000 resolve",
	Upstreams: []string{"app:5000 resolve"}, HbaFrom: "samenet", RedisBind: "0.0.0.0", RedisACL: "/run/secrets/redis_acl",
	SecretsDir: "/run/secrets", GrafanaDir: "/etc/grafana", Certbot: "docker compose run --rm certbot", NginxReload: "docker compose exec nginx nginx -c /etc/truckflow/nginx.conf -s reload",
}

// onServer is for Debian's nginx 1.22 and Ubuntu's 1.24 and everything newer.
var onServer = place{
	IPv6: true, NginxUser: "www-data", NginxPid: "/run/nginx.pid", NginxErrors: "/var/log/nginx/error.log", NginxAccess: "/var/log/nginx/access.log", NginxCache: "/var/cache/truckflow-nginx", NginxTemp: "/var/lib/nginx",
	MimeTypes: "/etc/nginx/mime.types", ConfDir: "/etc/truckflow/nginx", TLSDir: "/etc/truckflow/tls", TLSHost: "/etc/truckflow/tls",
	AcmeRoot: "/var/www/truckflow-acme", HTTPPort: "80", HTTPSPort: "443", StatusListen: "127.0.0.1:8081", Grafana: "127.0.0.1:3000",
	Upstreams: []string{"127.0.0.1:5000"}, HbaFrom: "127.0.0.1/32", RedisBind: "127.0.0.1", RedisACL: "/run/credentials/redis-server.service/redis_acl",
	SecretsDir: "/run/credentials/prometheus-alertmanager.service", GrafanaDir: "/etc/truckflow/grafana", Certbot: "certbot", NginxReload: "systemctl reload nginx",
}

// output is a template and where its result goes.
type output struct {
	template, path string
	mode           fs.FileMode
	when           func(Plan) bool
}

// edge are the proxy's files, below its folder; a nil when is always.
var edge = []output{
	{"common/nginx.conf", "nginx/nginx.conf", 0o644, nil},
	{"common/headers.conf", "nginx/headers.conf", 0o644, nil},
	{"common/proxy.conf", "nginx/proxy.conf", 0o644, nil},
	{"common/cloudflare.conf", "nginx/cloudflare.conf", 0o644, func(p Plan) bool { return p.CDN == "cloudflare" }},
	{"common/certificate.sh", "certificate.sh", 0o755, nil},
}

// watch are monitoring's.
var watch = []output{
	{"common/prometheus.yml", "prometheus/prometheus.yml", 0o644, nil},
	{"common/alerts.yml", "prometheus/alerts.yml", 0o644, nil},
	{"common/alerts_test.yml", "prometheus/alerts_test.yml", 0o644, nil},
	{"common/alertmanager.yml", "alertmanager/alertmanager.yml", 0o644, nil},
	{"common/blackbox.yml", "blackbox/blackbox.yml", 0o644, nil},
	{"common/datasource.yml", "grafana/provisioning/datasources/prometheus.yml", 0o644, nil},
	{"common/dashboards.yml", "grafana/provisioning/dashboards/truckflow.yml", 0o644, nil},
}

// common are the files that containers and a server's own services share, below
// the folder of the service each is for.
var common = slices.Concat(edge, watch, []output{
	{"common/pg_hba.conf", "postgres/pg_hba.conf", 0o644, nil},
	{"common/roles.sh", "postgres/roles.sh", 0o755, nil},
	{"common/redis.conf", "redis/redis.conf", 0o644, nil},
})

// single is the single topology in containers, beside common.
var single = []output{
	{"single/compose.yaml", "compose.yaml", 0o644, nil},
	{"single/Dockerfile", "Dockerfile", 0o644, nil},
	{"single/dockerignore", "Dockerfile.dockerignore", 0o644, nil},
	{"single/README.md", "README.md", 0o644, nil},
	{"common/postgresql.conf", "postgres/postgresql.conf", 0o644, nil},
}

// systemd is the same without containers; etcDir mirrors the server's /etc.
func systemd(p Plan) []output {
	all := []output{
		{"systemd/README.md", "README.md", 0o644, nil},
		{"common/postgresql.conf", fmt.Sprintf("etc/postgresql/%d/main/conf.d/truckflow.conf", p.Postgres), 0o644, nil},
		{"systemd/sysusers.conf", "etc/sysusers.d/truckflow.conf", 0o644, nil},
		{"systemd/truckflow.service", units + "truckflow.service", 0o644, nil},
		{"systemd/deploy.conf", units + "truckflow.service.d/deploy.conf", 0o644, nil},
		{"systemd/certificate.service", units + "truckflow-certificate.service", 0o644, nil},
		{"systemd/certificate.timer", units + "truckflow-certificate.timer", 0o644, nil},
		{"systemd/ollama.service", units + "ollama.service", 0o644, func(p Plan) bool { return p.AI.Engine == "ollama" }},
	}
	for _, s := range []string{"nginx", "redis-server", "grafana-server", "prometheus", "prometheus-alertmanager", "prometheus-node-exporter",
		"prometheus-postgres-exporter", "prometheus-redis-exporter", "prometheus-nginx-exporter", "prometheus-blackbox-exporter"} {
		all = append(all, output{"systemd/" + s + ".conf", units + s + ".service.d/truckflow.conf", 0o644, nil})
	}
	return append(all, below(etcDir, common)...)
}

const (
	etcDir = "etc/truckflow/"
	units  = "etc/systemd/system/"
)

// below moves outputs into a folder.
func below(dir string, outs []output) []output {
	moved := slices.Clone(outs)
	for i := range moved {
		moved[i].path = dir + moved[i].path
	}
	return moved
}

// Render makes every file of p's deployment, sorted by path.
func Render(p Plan, f Facts) ([]File, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	t, err := template.New("").Funcs(template.FuncMap{"under": under, "esc": func(s string) string { return "{{ " + s + " }}" },
		"sub": func(a, b int) int { return a - b }, "same": sameOnEvery, "port": portOf}).Option("missingkey=error").ParseFS(templates, "templates/*/*")
	if err != nil {
		return nil, err
	}
	if p.Topology == HA {
		return renderCluster(t, p, f)
	}
	outs, where, root, err := shape(p)
	if err != nil {
		return nil, err
	}
	pg, err := newPage(p, f, where)
	if err != nil {
		return nil, err
	}
	if p.Topology == K8s {
		if err := p.kubePage(pg, func(name string) ([]byte, error) { return execute(t, name, pg) }); err != nil {
			return nil, err
		}
	}
	files, err := fill(t, outs, pg)
	if err != nil {
		return nil, err
	}
	all := boards()
	if p.Topology == K8s {
		chart, err := p.kubeChart()
		if err != nil {
			return nil, err
		}
		files, all, root = append(files, chart...), p.kubeBoards(), "chart/"
	}
	boards, err := dashboards(all)
	if err != nil {
		return nil, err
	}
	for _, b := range boards {
		b.Path = root + b.Path
		if p.Topology == K8s {
			b.Path = root + strings.TrimPrefix(b.Path, root+"grafana/")
		}
		files = append(files, b)
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

// fill renders outs.
func fill(t *template.Template, outs []output, pg *page) (files []File, err error) {
	for _, o := range outs {
		if o.when != nil && !o.when(pg.Plan) {
			continue
		}
		body, err := execute(t, o.template, pg)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", o.template, err)
		}
		files = append(files, File{o.path, o.mode, body})
	}
	return files, nil
}

// shape says which files a plan needs, where its services keep theirs, and the
// folder of those that are common.
func shape(p Plan) (outs []output, where place, root string, err error) {
	switch {
	case p.Topology == Single && p.Run == Containers:
		return slices.Concat(single, common), inContainers, "", nil
	case p.Topology == Single && p.Run == Systemd:
		return systemd(p), onServer, etcDir, nil
	case p.Topology == K8s:
		return kubeFiles, inContainers, "", nil
	}
	return nil, place{}, "", errs.Unsupported("topology %s is not rendered by this version yet; single and k8s are", p.Topology)
}

// portOf is the port of an address; that of its scheme where it names none.
func portOf(address string) string {
	u, err := url.Parse(address)
	switch {
	case err == nil && u.Port() != "":
		return u.Port()
	case err == nil && u.Scheme == "http":
		return "80"
	}
	return "443"
}

// under makes a header's name a variable's.
func under(s string) string { return strings.ReplaceAll(strings.ToLower(s), "-", "_") }

// execute runs the template of one file. Templates are named by their last
// element, which is unique but for what differs between topologies.
func execute(t *template.Template, name string, pg *page) ([]byte, error) {
	body, err := templates.ReadFile("templates/" + name)
	if err != nil {
		return nil, err
	}
	one, err := template.Must(t.Clone()).New(name).Parse(string(body))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := one.Execute(&b, pg); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// release is a version that says which one it is.
var release = regexp.MustCompile(`^v?\d+\.\d+`)

func newPage(p Plan, f Facts, where place) (*page, error) {
	return newPageOn(tune.Machine{RAMMB: p.Host.RAMGB * 1024, Cores: p.Host.Cores, Disk: tune.SSD, Role: tune.Shared}, p.Memory(), p, f, where)
}

// newPageOn is newPage for one of several machines.
func newPageOn(machine tune.Machine, m Memory, p Plan, f Facts, where place) (*page, error) {
	pgSettings, err := tune.Postgres(machine)
	if err != nil {
		return nil, err
	}
	redisSettings, err := tune.Redis(machine, tune.Cache)
	if err != nil {
		return nil, err
	}
	pg := &page{Plan: p, Facts: f, Memory: m, place: where, Image: maps.Clone(images), Secrets: secretsOf(p), Cloudflare: cloudflare,
		Head:    fmt.Sprintf("Rendered by truckflow deploy from %s: %s. Edited files are kept and shown by truckflow deploy diff.", PlanFile, p),
		AppPort: 5000, ReadWorkers: max(1, machine.Cores/4), GoLimit: m.App * 9 / 10, RedisLimit: m.Redis,
		SignInRate: (f.SignInTries + f.SignInMinutes - 1) / f.SignInMinutes,
		UploadMB:   (f.UploadBytes + 1<<20 - 1) >> 20, BodyMB: (f.BodyBytes + 1<<20 - 1) >> 20,
		PostgresConf: tune.PostgresConf(pgSettings), RedisConf: tune.RedisConf(redisSettings), AppRole: tune.AppRole(), node: node{PostgresSettings: pgSettings}, At: map[string]string{}}
	pg.Image["truckflow"] = "truckflow:" + f.Version
	if !release.MatchString(f.Version) {
		pg.Image["truckflow"] = "truckflow:0.0.0-" + f.Version // built between releases
	}
	for name, port := range ports {
		pg.At[name] = fmt.Sprintf("%s:%d", hostOf(p, name), port)
	}
	for _, j := range []string{"app", "node-exporter", "postgres-exporter", "redis-exporter", "nginx-exporter", "prometheus", "alertmanager"} {
		g := group{Targets: []string{pg.At[j]}}
		if j == "node-exporter" {
			g.Tier = "app"
		}
		pg.Jobs = append(pg.Jobs, job{strings.TrimSuffix(j, "-exporter"), []group{g}})
	}
	return pg, nil
}

// ports are where each service answers.
var ports = map[string]int{
	"app": 5000, "prometheus": 9090, "alertmanager": 9093, "grafana": 3000, "blackbox": 9115,
	"node-exporter": 9100, "postgres-exporter": 9187, "redis-exporter": 9121, "nginx-exporter": 9113,
}
