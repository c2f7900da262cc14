package deploy

import (
	"net/netip"
	"slices"
	"strings"
	"text/template"

	"truckflow/internal/ops/harden"
	"truckflow/internal/ops/tune"
)

// node is what a template of one of a cluster's servers sees beside the rest; the zero value for the cluster as a whole.
type node struct {
	Server           Server
	Others           []Server // further servers with the role that the file is about: balancers
	Priority         int      // in the balancers' order; the highest has the address first
	AcmeListen       int
	FloatingBits     int
	RedisPrimary     string // whom this Redis follows at first; "" for the first
	PostgresSettings []tune.Setting
}

// acmePort is where a balancer answers the others for Let's Encrypt.
const acmePort = 8082

// sameOnEvery are PostgreSQL's settings that a standby must share with its primary; Patroni takes them from etcd.
func sameOnEvery(name string) bool {
	return slices.Contains([]string{"max_connections", "max_worker_processes", "wal_level"}, name)
}

// byRole are a server's files below its /etc, by what it does.
var byRole = map[string][]output{
	Balancer: slices.Concat(below(etcDir, edge), []output{
		{"ha/keepalived.conf", "etc/keepalived/keepalived.conf", 0o644, nil},
		{"systemd/nginx.conf", units + "nginx.service.d/truckflow.conf", 0o644, nil},
		{"systemd/certificate.service", units + "truckflow-certificate.service", 0o644, nil},
		{"systemd/certificate.timer", units + "truckflow-certificate.timer", 0o644, nil},
		{"systemd/prometheus-nginx-exporter.conf", units + "prometheus-nginx-exporter.service.d/truckflow.conf", 0o644, nil},
	}),
	App: {
		{"systemd/sysusers.conf", "etc/sysusers.d/truckflow.conf", 0o644, nil},
		{"systemd/truckflow.service", units + "truckflow.service", 0o644, nil},
		{"systemd/deploy.conf", units + "truckflow.service.d/deploy.conf", 0o644, nil},
		{"ha/haproxy.cfg", etcDir + "haproxy/haproxy.cfg", 0o644, nil},
		{"ha/haproxy.conf", units + "haproxy.service.d/truckflow.conf", 0o644, nil},
	},
	Database: {
		{"ha/patroni.yml", etcDir + "patroni/patroni.yml", 0o644, nil},
		{"common/roles.sh", etcDir + "postgres/roles.sh", 0o755, nil},
		{"ha/patroni.conf", units + "patroni.service.d/truckflow.conf", 0o644, nil},
		{"ha/watchdog.conf", "etc/modules-load.d/truckflow-watchdog.conf", 0o644, nil},
		{"ha/watchdog.rules", "etc/udev/rules.d/61-truckflow-watchdog.rules", 0o644, nil},
		{"systemd/prometheus-postgres-exporter.conf", units + "prometheus-postgres-exporter.service.d/truckflow.conf", 0o644, nil},
	},
	Etcd: {
		{"ha/etcd.yml", etcDir + "etcd/etcd.yml", 0o644, nil},
		{"ha/etcd.conf", units + "etcd.service.d/truckflow.conf", 0o644, nil},
	},
	CacheNode: {
		{"common/redis.conf", etcDir + "redis/redis.conf", 0o644, nil},
		{"ha/prepare.sh", etcDir + "redis/prepare.sh", 0o755, nil},
		{"ha/redis.service.conf", units + "redis-server.service.d/truckflow.conf", 0o644, nil},
		{"systemd/prometheus-redis-exporter.conf", units + "prometheus-redis-exporter.service.d/truckflow.conf", 0o644, nil},
	},
	Sentinel: {
		{"ha/sentinel.conf", etcDir + "redis/sentinel.conf", 0o644, nil},
		{"ha/prepare.sh", etcDir + "redis/prepare.sh", 0o755, nil},
		{"ha/sentinel.service.conf", units + "redis-sentinel.service.d/truckflow.conf", 0o644, nil},
	},
	GPU: {
		{"systemd/ollama.service", units + "ollama.service", 0o644, nil},
	},
	Monitor: slices.Concat(below(etcDir, watch), []output{
		{"ha/cluster.yml", etcDir + "prometheus/cluster.yml", 0o644, nil},
		{"ha/cluster_test.yml", etcDir + "prometheus/cluster_test.yml", 0o644, nil},
		{"systemd/prometheus.conf", units + "prometheus.service.d/truckflow.conf", 0o644, nil},
		{"systemd/prometheus-alertmanager.conf", units + "prometheus-alertmanager.service.d/truckflow.conf", 0o644, nil},
		{"systemd/prometheus-blackbox-exporter.conf", units + "prometheus-blackbox-exporter.service.d/truckflow.conf", 0o644, nil},
		{"systemd/grafana-server.conf", units + "grafana-server.service.d/truckflow.conf", 0o644, nil},
	}),
}

// playbook is what carries them there.
var playbook = []output{
	{"ha/README.md", "README.md", 0o644, nil},
	{"ha/inventory.yml", "ansible/inventory.yml", 0o644, nil},
	{"ha/site.yml", "ansible/site.yml", 0o644, nil},
	{"ha/common.tasks", "ansible/roles/common/tasks/main.yml", 0o644, nil},
	{"ha/files.tasks", "ansible/roles/common/tasks/files.yml", 0o644, nil},
	{"ha/balancer.tasks", "ansible/roles/balancer/tasks/main.yml", 0o644, nil},
	{"ha/app.tasks", "ansible/roles/app/tasks/main.yml", 0o644, nil},
	{"ha/database.tasks", "ansible/roles/database/tasks/main.yml", 0o644, nil},
	{"ha/etcd.tasks", "ansible/roles/etcd/tasks/main.yml", 0o644, nil},
	{"ha/cache.tasks", "ansible/roles/cache/tasks/main.yml", 0o644, nil},
	{"ha/sentinel.tasks", "ansible/roles/sentinel/tasks/main.yml", 0o644, nil},
	{"ha/gpu.tasks", "ansible/roles/gpu/tasks/main.yml", 0o644, func(p Plan) bool { return len(p.Cluster.With(GPU)) > 0 }},
	{"ha/monitor.tasks", "ansible/roles/monitor/tasks/main.yml", 0o644, nil},
}

// hostsDir holds a folder for each server, which mirrors its /.
const hostsDir = "hosts/"

// renderCluster is Render for several servers.
func renderCluster(t *template.Template, p Plan, f Facts) (files []File, err error) {
	for _, s := range p.Cluster.Servers {
		pg, err := serverPage(p, f, s)
		if err != nil {
			return nil, err
		}
		outs := []output{{"systemd/prometheus-node-exporter.conf", units + "prometheus-node-exporter.service.d/truckflow.conf", 0o644, nil}}
		for _, role := range s.Roles {
			for _, o := range byRole[role] {
				if !slices.ContainsFunc(outs, func(x output) bool { return x.path == o.path }) { // Redis' and Sentinel's script is one
					outs = append(outs, o)
				}
			}
		}
		own, err := fill(t, outs, pg)
		if err != nil {
			return nil, err
		}
		own = append(own, File{"etc/nftables.conf", 0o644, []byte(strings.Replace(firewall(p, s).NFTables(), "\n", "\n# "+pg.Head+"\n", 1))})
		if s.Has(Monitor) {
			boards, err := dashboards(boards())
			if err != nil {
				return nil, err
			}
			for _, b := range boards {
				b.Path = etcDir + b.Path
				own = append(own, b)
			}
		}
		for _, o := range own {
			o.Path = hostsDir + s.Name + "/" + o.Path
			files = append(files, o)
		}
	}
	pg, err := serverPage(p, f, p.Cluster.Servers[0])
	if err != nil {
		return nil, err
	}
	whole, err := fill(t, playbook, pg)
	if err != nil {
		return nil, err
	}
	files = append(files, whole...)
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files, nil
}

// serverPage is what a server's templates see.
func serverPage(p Plan, f Facts, s Server) (*page, error) {
	where := onServer
	monitor := p.Cluster.With(Monitor)[0].Address // as checked, one
	where.Grafana = at(monitor, 3000)
	where.RedisBind = s.Address + " 127.0.0.1"
	where.Upstreams = nil
	for _, a := range p.Cluster.Addresses(App, 5000) {
		where.Upstreams = append(where.Upstreams, a+" max_fails=1 fail_timeout=5s") // one failure, and the others are asked for so long
	}
	machine, memory := s.share()
	pg, err := newPageOn(machine, memory, p, f, where)
	if err != nil {
		return nil, err
	}
	floating, err := netip.ParsePrefix(p.Cluster.Floating.Network)
	if err != nil {
		return nil, err // checked
	}
	pg.Server, pg.AcmeListen, pg.FloatingBits = s, acmePort, floating.Bits()
	for i, b := range p.Cluster.With(Balancer) {
		if b.Name == s.Name {
			pg.Priority = 100 - i
		} else {
			pg.Others = append(pg.Others, b)
		}
	}
	if first := p.Cluster.With(CacheNode)[0]; first.Name != s.Name {
		pg.RedisPrimary = first.Address
	}
	for name, port := range ports { // the monitor asks; what only it needs stays on it
		pg.At[name] = at(s.Address, port)
	}
	for _, name := range []string{"prometheus", "alertmanager", "blackbox"} {
		pg.At[name] = at("127.0.0.1", ports[name])
	}
	var rest []string
	for _, x := range p.Cluster.Servers {
		if !x.Has(App) {
			rest = append(rest, at(x.Address, ports["node-exporter"]))
		}
	}
	c := p.Cluster
	watched := func(name string, targets ...string) {
		pg.Jobs = append(pg.Jobs, job{name, []group{{Targets: targets}}})
	}
	pg.Jobs = nil
	watched("app", c.Addresses(App, 5000)...)
	pg.Jobs = append(pg.Jobs, job{"node", []group{{"app", c.Addresses(App, ports["node-exporter"])}, {"", rest}}})
	watched("postgres", c.Addresses(Database, ports["postgres-exporter"])...)
	watched("patroni", c.Addresses(Database, 8008)...)
	watched("etcd", c.Addresses(Etcd, 2381)...)
	watched("haproxy", c.Addresses(App, 8404)...)
	watched("redis", c.Addresses(CacheNode, ports["redis-exporter"])...)
	watched("nginx", c.Addresses(Balancer, ports["nginx-exporter"])...)
	watched("prometheus", pg.At["prometheus"])
	watched("alertmanager", pg.At["alertmanager"])
	return pg, nil
}

// share is a server as its services see it: one that has a single heavy task gives it most of
// its memory, on a shared one they divide it as on the single server.
func (s Server) share() (tune.Machine, Memory) {
	heavy := 0
	for _, r := range []string{App, Database, CacheNode, GPU} {
		if s.Has(r) {
			heavy++
		}
	}
	mb := s.RAMGB * 1024
	machine := tune.Machine{RAMMB: mb, Cores: s.Cores, Disk: tune.SSD, Role: tune.Dedicated}
	small := max(64, min(192, mb/96))
	if heavy > 1 {
		machine.Role = tune.Shared
		return machine, Memory{Postgres: mb / 2, App: mb / 6, Redis: mb / 12, Prometheus: mb / 24, Ollama: mb / 8, Small: small}
	}
	return machine, Memory{Postgres: mb, App: mb * 3 / 4, Redis: mb * 3 / 4, Prometheus: mb / 3, Ollama: mb * 7 / 8, Small: small}
}

// firewall lets each server in where its role has business, and nobody else.
func firewall(p Plan, s Server) harden.Plan {
	c := p.Cluster
	all := func(role string) []netip.Prefix { return prefixes(c.With(role)) }
	watched := []int{ports["node-exporter"]}
	var open []harden.Opening
	add := func(role, what string, from []netip.Prefix, tcp ...int) {
		if s.Has(role) {
			open = append(open, harden.Opening{What: what, From: from, TCP: tcp})
		}
	}
	add(App, "the program, from the balancers; its figures, from Prometheus", slices.Concat(all(Balancer), all(Monitor)), 5000)
	add(Database, "PostgreSQL and Patroni: the other databases, and the program by way of its HAProxy", slices.Concat(all(Database), all(App)), 5432, 8008)
	add(Etcd, "etcd: Patroni", all(Database), 2379)
	add(Etcd, "etcd: its other members", all(Etcd), 2380)
	add(CacheNode, "Redis: the program, the other Redis, Sentinel", slices.Concat(all(App), all(CacheNode), all(Sentinel)), 6379)
	add(Sentinel, "Sentinel: the program, the other Sentinels", slices.Concat(all(App), all(Sentinel)), 26379)
	add(GPU, "Ollama: the program by way of its HAProxy", all(App), 11434)
	add(Monitor, "Grafana, from the balancers", all(Balancer), 3000)
	if s.Has(Balancer) {
		open = append(open, harden.Opening{What: "the other balancers: who has the floating address (VRRP), and Let's Encrypt's questions", From: all(Balancer), TCP: []int{acmePort}, VRRP: true})
		watched = append(watched, ports["nginx-exporter"])
	}
	for role, more := range map[string][]int{Database: {8008, ports["postgres-exporter"]}, Etcd: {2381}, App: {8404}, CacheNode: {ports["redis-exporter"]}} {
		if s.Has(role) {
			watched = append(watched, more...)
		}
	}
	slices.Sort(watched)
	open = append(open, harden.Opening{What: "figures, for Prometheus", From: all(Monitor), TCP: watched})
	for i := range open { // a server may have several roles; nftables refuses an address twice
		slices.SortFunc(open[i].From, netip.Prefix.Compare)
		open[i].From = slices.Compact(open[i].From)
	}
	plan := harden.Plan{Openings: open, Inner: !s.Has(Balancer)}
	if len(p.Admin.From) > 0 { // none named: everybody, slowed down, or nobody could come in before the VPN is there
		for _, a := range append(slices.Clone(p.Admin.From), p.Admin.VPN) {
			plan.SSHFrom = append(plan.SSHFrom, netip.MustParsePrefix(a)) // as checked
		}
	}
	return plan
}
