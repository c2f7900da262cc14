package deploy

import (
	"net/netip"
	"regexp"
	"slices"

	"truckflow/internal/kit/errs"
)

// Roles of a cluster's servers. One server may have several.
const (
	Balancer  = "balancer" // nginx, keepalived: the floating address, TLS
	App       = "app"      // the program, HAProxy in front of PostgreSQL
	Database  = "database" // PostgreSQL under Patroni
	Etcd      = "etcd"     // who is primary is agreed upon here
	CacheNode = "cache"    // Redis
	Sentinel  = "sentinel" // who is Redis' primary is agreed upon here
	GPU       = "gpu"      // Ollama
	Monitor   = "monitor"  // Prometheus, Alertmanager, Grafana
)

// Server is one machine of a cluster.
type Server struct {
	Name    string   `yaml:"name"`
	Address string   `yaml:"address"` // in Cluster.Network
	Roles   []string `yaml:"roles"`
	Host    `yaml:",inline"`
}

// Has says whether the server has a role.
func (s Server) Has(role string) bool { return slices.Contains(s.Roles, role) }

// Cluster is what the topology ha has beside the single one.
type Cluster struct {
	Network  string   `yaml:"network"`  // the servers' own, private: what is not TLS is in clear there
	Floating Floating `yaml:"floating"` // the address that the domain leads to
	Servers  []Server `yaml:"servers"`  //
}

// Floating is the address that moves from one balancer to the other.
type Floating struct {
	Address   string `yaml:"address"`
	Network   string `yaml:"network,omitempty"` // "" for Cluster.Network
	Interface string `yaml:"interface"`         // of the balancers, which carries it
}

// sizes are the specification's servers; etcd, Sentinel and monitoring live on others.
var sizes = map[string]Host{
	Balancer:  {RAMGB: 16, Cores: 4, DiskGB: 100},
	App:       {RAMGB: 32, Cores: 8, DiskGB: 200},
	Database:  {RAMGB: 64, Cores: 8, DiskGB: 1000},
	CacheNode: {RAMGB: 16, Cores: 4, DiskGB: 100},
	GPU:       {RAMGB: 64, Cores: 16, DiskGB: 1000, GPUs: 1},
	Etcd:      {RAMGB: 4, Cores: 2, DiskGB: 50},
	Sentinel:  {RAMGB: 4, Cores: 2, DiskGB: 50},
	Monitor:   {RAMGB: 16, Cores: 4, DiskGB: 100},
}

// least is what a server of a role does with at the least.
var least = map[string]Host{
	Balancer: {2, 1, 20, 0}, App: {4, 2, 40, 0}, Database: {8, 2, 60, 0}, CacheNode: {2, 1, 20, 0},
	GPU: {16, 4, 100, 1}, Etcd: {2, 1, 20, 0}, Sentinel: {1, 1, 20, 0}, Monitor: {4, 1, 40, 0},
}

// Twelve are the specification's servers in 10.20.0.0/24. Three etcd members and the third Sentinel live on the
// application servers: their disks are quiet, and a database's crash is not also an etcd member's. The second
// balancer, which mostly waits, watches the others.
func Twelve() Cluster {
	c := Cluster{Network: "10.20.0.0/24", Floating: Floating{Address: "10.20.0.10", Interface: "eth0"}}
	for _, x := range []struct {
		name, address string
		roles         []string
	}{
		{"lb1", "10.20.0.11", []string{Balancer}}, {"lb2", "10.20.0.12", []string{Balancer, Monitor}},
		{"app1", "10.20.0.21", []string{App, Etcd, Sentinel}}, {"app2", "10.20.0.22", []string{App, Etcd}}, {"app3", "10.20.0.23", []string{App, Etcd}},
		{"db1", "10.20.0.31", []string{Database}}, {"db2", "10.20.0.32", []string{Database}}, {"db3", "10.20.0.33", []string{Database}},
		{"redis1", "10.20.0.41", []string{CacheNode, Sentinel}}, {"redis2", "10.20.0.42", []string{CacheNode, Sentinel}},
		{"gpu1", "10.20.0.51", []string{GPU}}, {"gpu2", "10.20.0.52", []string{GPU}},
	} {
		c.Servers = append(c.Servers, Server{Name: x.name, Address: x.address, Roles: x.roles})
	}
	return c
}

// filled gives each server the size of its roles where it says none.
func (c Cluster) filled() Cluster {
	c.Servers = slices.Clone(c.Servers)
	for i := range c.Servers {
		s := &c.Servers[i]
		var h Host
		for _, r := range s.Roles {
			x := sizes[r]
			h = Host{max(h.RAMGB, x.RAMGB), max(h.Cores, x.Cores), max(h.DiskGB, x.DiskGB), max(h.GPUs, x.GPUs)}
		}
		def(&s.RAMGB, h.RAMGB)
		def(&s.Cores, h.Cores)
		def(&s.DiskGB, h.DiskGB)
		def(&s.GPUs, h.GPUs)
	}
	def(&c.Floating.Network, c.Network)
	return c
}

// With are the servers that have a role, in the order in which they are listed.
func (c Cluster) With(role string) (out []Server) {
	for _, s := range c.Servers {
		if s.Has(role) {
			out = append(out, s)
		}
	}
	return out
}

// Roles are those that somebody has, in the order in which what others need is first.
func (c Cluster) Roles() (out []string) {
	for _, r := range []string{Etcd, Database, CacheNode, Sentinel, GPU, App, Balancer, Monitor} {
		if len(c.With(r)) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// Addresses are those of the servers that have a role, as address:port.
func (c Cluster) Addresses(role string, port int) (out []string) {
	for _, s := range c.With(role) {
		out = append(out, at(s.Address, port))
	}
	return out
}

// IsCluster says that there are several servers.
func (p Plan) IsCluster() bool { return p.Topology == HA }

// Native says that services are the system's own, not containers.
func (p Plan) Native() bool { return p.Run == Systemd || p.Topology == HA }

// checkCluster is checkHost for several.
func (p Plan) checkCluster() error {
	if p.Host != (Host{}) {
		return errs.Invalid("host: topology ha has its sizes with each of cluster.servers; leave it out")
	}
	if err := p.Cluster.check(); err != nil {
		return err
	}
	if p.AI.Engine == "ollama" && len(p.Cluster.With(GPU)) == 0 {
		return errs.Invalid("ai.engine: ollama needs a server with the role gpu")
	}
	if p.Backup.Folder != "" {
		return errs.Invalid("backup.folder: topology ha archives from whichever instance is at it, and a folder is on one server; give backup.endpoint")
	}
	if p.Backup.Endpoint == "" {
		return errs.Invalid("backup.endpoint is missing: topology ha keeps its backups in an S3 store away from its servers")
	}
	if p.Postgres < 15 {
		return errs.Invalid("postgres: topology ha needs 15 or newer, for its backups")
	}
	return nil
}

// networkInterface is what Linux allows and no file gives a meaning.
var networkInterface = regexp.MustCompile(`^[A-Za-z0-9._-]{1,15}$`)

// check returns the first thing wrong, as one line.
func (c Cluster) check() error {
	if len(c.Servers) == 0 {
		return errs.Invalid("cluster.servers is missing: topology ha needs them with name, address and roles").Hint("truckflow deploy init --topology ha writes the specification's twelve")
	}
	network, err := netip.ParsePrefix(c.Network)
	if err != nil || !network.Addr().Is4() || network != network.Masked() {
		return errs.Invalid("cluster.network: %q is not a range of IPv4 addresses such as 10.20.0.0/24", c.Network)
	}
	seen := map[string]string{}
	for _, s := range c.Servers {
		if err := s.check(network, seen); err != nil {
			return err
		}
	}
	if err := c.Floating.check(seen); err != nil {
		return err
	}
	return c.checkCounts()
}

// check refuses a server that a file could not name or that could not work; seen has names and addresses.
func (s Server) check(network netip.Prefix, seen map[string]string) error {
	if !label.MatchString(s.Name) {
		return errs.Invalid("cluster.servers: %q is not a server's name: lower case letters, digits and -", s.Name)
	}
	a, err := netip.ParseAddr(s.Address)
	switch {
	case err != nil:
		return errs.Invalid("cluster.servers: %s: %q is not an address", s.Name, s.Address)
	case !network.Contains(a):
		return errs.Invalid("cluster.servers: %s: %s is outside the network %s", s.Name, s.Address, network)
	case seen[s.Name] != "":
		return errs.Invalid("cluster.servers: the name %s comes twice", s.Name)
	case seen[s.Address] != "":
		return errs.Invalid("cluster.servers: %s and %s have the same address %s", seen[s.Address], s.Name, s.Address)
	case len(s.Roles) == 0:
		return errs.Invalid("cluster.servers: %s has no roles", s.Name).Hint("choose from balancer, app, database, etcd, cache, sentinel, gpu, monitor")
	}
	seen[s.Name], seen[s.Address] = s.Name, s.Name
	for i, r := range s.Roles {
		if err := oneOf("cluster.servers: "+s.Name, r, Balancer, App, Database, Etcd, CacheNode, Sentinel, GPU, Monitor); err != nil {
			return err
		}
		if slices.Contains(s.Roles[:i], r) {
			return errs.Invalid("cluster.servers: %s has the role %s twice", s.Name, r)
		}
		if l := least[r]; s.RAMGB < l.RAMGB || s.Cores < l.Cores || s.DiskGB < l.DiskGB || s.GPUs < l.GPUs {
			return errs.Invalid("cluster.servers: %s is too small for the role %s, which needs %d GB, %d cores, %d GB of disk and %d GPUs or more", s.Name, r, l.RAMGB, l.Cores, l.DiskGB, l.GPUs)
		}
	}
	return nil
}

func (f Floating) check(seen map[string]string) error {
	network, err := netip.ParsePrefix(f.Network)
	if err != nil {
		return errs.Invalid("cluster.floating.network: %q is not a range of addresses such as 203.0.113.8/29", f.Network)
	}
	a, err := netip.ParseAddr(f.Address)
	switch {
	case err != nil:
		return errs.Invalid("cluster.floating.address: %q is not an address", f.Address)
	case !network.Contains(a):
		return errs.Invalid("cluster.floating.address: %s is outside its network %s", f.Address, network)
	case seen[f.Address] != "":
		return errs.Invalid("cluster.floating.address: %s is the server %s's own", f.Address, seen[f.Address])
	case !networkInterface.MatchString(f.Interface):
		return errs.Invalid("cluster.floating.interface: %q is not a network interface such as eth0", f.Interface)
	}
	return nil
}

// checkCounts holds the numbers against what can agree and what can fail over.
func (c Cluster) checkCounts() error {
	for _, x := range []struct {
		role        string
		least, most int
		why         string
	}{
		{Balancer, 1, 8, "somebody must answer for the domain"}, {App, 1, 64, "nothing would run the program"},
		{Database, 2, 8, "a primary needs a standby"}, {CacheNode, 2, 8, "a primary needs a replica"},
		{Monitor, 1, 1, "figures belong in one place"}, {GPU, 0, 16, "a proxy asks each"},
	} {
		if n := len(c.With(x.role)); n < x.least || n > x.most {
			return errs.Invalid("cluster.servers: %d with the role %s; %d to %d are possible: %s", n, x.role, x.least, x.most, x.why)
		}
	}
	for _, role := range []string{Etcd, Sentinel} {
		switch n := len(c.With(role)); {
		case n < 3:
			return errs.Invalid("cluster.servers: %d with the role %s; it takes 3, so that two agree when one is gone", n, role)
		case n%2 == 0:
			return errs.Invalid("cluster.servers: %d with the role %s; an even number survives no more losses than %d do", n, role, n-1)
		case n > 7:
			return errs.Invalid("cluster.servers: %d with the role %s; more than 7 only slow each other down", n, role)
		}
	}
	return nil
}

// prefixes are the servers' addresses, for rules about who may come.
func prefixes(servers []Server) (out []netip.Prefix) {
	for _, s := range servers {
		a := netip.MustParseAddr(s.Address) // as checked
		out = append(out, netip.PrefixFrom(a, a.BitLen()))
	}
	return out
}

// Quorum is more than half.
func (c Cluster) Quorum(role string) int { return len(c.With(role))/2 + 1 }
