package harden

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Firewall is what the kernel's rules let in. A new connection must pass every
// base chain of the hook input that drops by default: the walls.
type Firewall struct {
	walls     []wall
	published []string // ports that Docker forwards to containers
	docker    bool     // Docker manages rules here
	guarded   bool     // DOCKER-USER drops something
}

// wall is one base chain that refuses what it does not allow.
type wall struct {
	v4, v6 bool
	open   []opening
}

// opening is what a rule lets in: new connections to ports.
type opening struct {
	proto    string // tcp, udp or "" for both
	from, to int
	near     bool           // only from named addresses or inner interfaces
	sources  []netip.Prefix // the named addresses
}

// ReadFirewall asks iptables for its tables (UFW's and Docker's among them) and
// nft for all others. The error tells why nothing can be said.
func ReadFirewall(ctx context.Context, s System) (Firewall, error) {
	var f Firewall
	v4, err4 := s.Run(ctx, "iptables-save")
	v6, err6 := s.Run(ctx, "ip6tables-save")
	if err4 == nil {
		f.readIPTables(v4, false)
	}
	if err6 == nil {
		f.readIPTables(v6, true)
	}
	out, err := s.Run(ctx, "nft", "-j", "list", "ruleset")
	if err == nil {
		return f, f.readNFT(out, func(family string) bool {
			return family == "ip" && strings.Contains(v4, "*filter") || family == "ip6" && strings.Contains(v6, "*filter")
		})
	}
	switch {
	case err4 == nil && err6 == nil && missing(err):
		return f, nil
	case missing(err) && missing(err4):
		return f, fmt.Errorf("neither nft nor iptables is installed")
	case missing(err):
		return f, fmt.Errorf("iptables: %w", cmpErr(err4, err6))
	}
	return f, err // nft is there and says nothing: its tables may open what iptables closes
}

func cmpErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// denies says whether a family is refused by default.
func (f Firewall) denies(v6 bool) bool {
	return slices.ContainsFunc(f.walls, func(w wall) bool { return v6 && w.v6 || !v6 && w.v4 })
}

// admits says whether a new connection from anywhere (or, with near, from a
// named address) may reach a port, over either family.
func (f Firewall) admits(proto string, port int) (world, near bool) {
	for _, v6 := range []bool{false, true} {
		w, n := true, true
		for _, wall := range f.walls {
			if v6 && !wall.v6 || !v6 && !wall.v4 {
				continue
			}
			hit := func(near bool) bool {
				return slices.ContainsFunc(wall.open, func(o opening) bool { return o.has(proto, port) && (near || !o.near) })
			}
			w, n = w && hit(false), n && hit(true)
		}
		world, near = world || w, near || n
	}
	return world, near
}

// admitsFrom says whether a new connection from a may reach a TCP port.
func (f Firewall) admitsFrom(a netip.Addr, port int) bool {
	for _, wall := range f.walls {
		if a.Is6() && !wall.v6 || a.Is4() && !wall.v4 {
			continue
		}
		if !slices.ContainsFunc(wall.open, func(o opening) bool {
			return o.has("tcp", port) && (!o.near || slices.ContainsFunc(o.sources, func(p netip.Prefix) bool { return p.Contains(a) }))
		}) {
			return false
		}
	}
	return true
}

func (o opening) has(proto string, port int) bool {
	return (o.proto == "" || o.proto == proto) && o.from <= port && port <= o.to
}

// inside are the ports that nobody outside has any business with.
var inside = []struct {
	port int
	what string
}{
	{5432, "PostgreSQL"}, {6432, "PgBouncer"}, {6379, "Redis"}, {26379, "Sentinel"}, {11434, "Ollama"}, {9090, "Prometheus"}, {9093, "Alertmanager"},
	{3000, "Grafana"}, {5000, "the program, past TLS"}, {2379, "etcd"}, {2380, "etcd"}, {8008, "Patroni"}, {9100, "node exporter"}, {2375, "Docker"},
}

// FirewallItems judges the rules (readErr: why they could not be read) and the
// sockets that listen behind them.
func FirewallItems(f Firewall, readErr error, sockets []Socket, socketErr error) []Item {
	deny, ssh, in, docker := item("firewall.deny"), item("firewall.ssh"), item("firewall.inside"), item("firewall.docker")
	if readErr != nil {
		text := "the rules cannot be read: " + why(readErr)
		return []Item{deny.unknown("%s", text), ssh.unknown("%s", text), in.unknown("%s", text), item("firewall.sockets").unknown("%s", text), docker.unknown("%s", text)}
	}
	var wrong []string
	if !f.denies(false) {
		wrong = append(wrong, "IPv4: the input chain accepts by default")
	}
	if !f.denies(true) {
		wrong = append(wrong, "IPv6: the input chain accepts by default")
	}
	out := []Item{deny.judge(wrong, "input is dropped by default for IPv4 and IPv6")}
	switch world, near := f.admits("tcp", 22); {
	case world:
		out = append(out, ssh.fail("port 22 is open to every address"))
	case near:
		out = append(out, ssh.pass("port 22 is open to named addresses only"))
	default:
		out = append(out, ssh.pass("port 22 is closed"))
	}
	wrong = nil
	for _, p := range inside {
		if world, _ := f.admits("tcp", p.port); world {
			wrong = append(wrong, fmt.Sprintf("%d (%s)", p.port, p.what))
		}
	}
	if len(wrong) > 0 {
		out = append(out, in.fail("open to every address: %s", strings.Join(wrong, ", ")))
	} else {
		out = append(out, in.pass("none of the inner ports is open to every address"))
	}
	return append(out, f.socketItem(sockets, socketErr), f.dockerItem(docker))
}

func (f Firewall) dockerItem(i Item) Item {
	var wrong []string
	for _, p := range f.published {
		if p != "80/tcp" && p != "443/tcp" && p != "443/udp" {
			wrong = append(wrong, p)
		}
	}
	switch {
	case !f.docker:
		return i.absent("Docker manages no rules here")
	case len(wrong) > 0 && !f.guarded:
		return i.fail("forwarded to containers before the firewall is asked, and DOCKER-USER drops nothing: %s", strings.Join(wrong, ", "))
	case len(wrong) > 0:
		return i.pass("DOCKER-USER drops; published: %s", strings.Join(wrong, ", "))
	}
	return i.pass("only 80 and 443 are published")
}

// Public are the ports that the specification opens, and WireGuard's.
var public = map[string]bool{"22/tcp": true, "80/tcp": true, "443/tcp": true, "443/udp": true, "51820/udp": true}

func (f Firewall) socketItem(sockets []Socket, err error) Item {
	i := item("firewall.sockets")
	if err != nil {
		return i.unknown("listening sockets cannot be read: %s", why(err))
	}
	var wrong []string
	outward := 0
	for _, s := range sockets {
		if s.Loopback() {
			continue
		}
		outward++
		if world, _ := f.admits(s.Proto, s.Port); world && !public[fmt.Sprintf("%d/%s", s.Port, s.Proto)] {
			wrong = append(wrong, s.String())
		}
	}
	return i.judge(wrong, fmt.Sprintf("%d sockets listen outward; each that is reachable is meant to be", outward))
}
