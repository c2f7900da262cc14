package harden

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// opening is a rule that lets new connections in.
type opening struct {
	proto    string // tcp or udp
	from, to int    // ports
	near     bool   // only from named addresses or interfaces
	sources  []netip.Prefix
	what     string // the rule, for the evidence
}

// Firewall is what the kernel's rules let in.
type Firewall struct {
	Deny4, Deny6 bool // what no rule allows is refused
	open         []opening
	published    []string // ports that Docker forwards to containers
	docker       bool     // Docker manages rules here
	guarded      bool     // DOCKER-USER drops something
}

// ReadFirewall asks nft, which also shows what UFW and iptables-nft made, and
// iptables for what nft cannot say. The error tells why nothing can be said.
func ReadFirewall(ctx context.Context, s System) (Firewall, error) {
	var f Firewall
	out, err := s.Run(ctx, "nft", "-j", "list", "ruleset")
	nft := err == nil
	if nft {
		if err := f.readNFT(out); err != nil {
			return f, err
		}
	}
	v4, err4 := s.Run(ctx, "iptables-save")
	v6, err6 := s.Run(ctx, "ip6tables-save")
	if err4 == nil {
		f.readIPTables(v4, &f.Deny4)
	}
	if err6 == nil {
		f.readIPTables(v6, &f.Deny6)
	}
	switch {
	case nft || err4 == nil:
		return f, nil
	case missing(err) && missing(err4):
		return f, fmt.Errorf("neither nft nor iptables is installed")
	case missing(err):
		return f, err4
	}
	return f, err
}

type nftExpr map[string]json.RawMessage

// readNFT reads nft's JSON. Tables of iptables-nft are left to iptables-save,
// because nft shows their matches only as "xt".
func (f *Firewall) readNFT(text string) error {
	var doc struct {
		Nftables []struct {
			Chain *struct {
				Family, Table, Name, Hook, Policy string
			}
			Rule *struct {
				Family, Table, Chain string
				Expr                 []nftExpr
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return fmt.Errorf("nft's answer cannot be read: %w", err)
	}
	base := map[string]bool{} // family/table/chain of the hook input
	mark := func(family string) {
		f.Deny4 = f.Deny4 || family == "ip" || family == "inet"
		f.Deny6 = f.Deny6 || family == "ip6" || family == "inet"
	}
	for _, x := range doc.Nftables {
		if c := x.Chain; c != nil && c.Hook == "input" {
			base[c.Family+"/"+c.Table+"/"+c.Name] = true
			if c.Policy == "drop" {
				mark(c.Family)
			}
		}
	}
	for _, x := range doc.Nftables {
		r := x.Rule
		if r == nil {
			continue
		}
		verdict := ""
		var conditions []nftExpr
		for _, e := range r.Expr {
			for _, v := range []string{"accept", "drop", "reject"} {
				if _, ok := e[v]; ok {
					verdict = v
				}
			}
			if _, ok := e["match"]; ok {
				conditions = append(conditions, e)
			}
			if _, ok := e["xt"]; ok {
				conditions = append(conditions, e)
			}
		}
		if len(conditions) == 0 && verdict != "" && verdict != "accept" && base[r.Family+"/"+r.Table+"/"+r.Chain] {
			mark(r.Family) // "drop" as the last rule
		}
		if verdict == "accept" {
			f.open = append(f.open, openings(conditions)...)
		}
	}
	return nil
}

// openings are the ports that a rule's conditions allow. Rules without a port
// (established connections, ICMP, the loopback) open none.
func openings(conditions []nftExpr) (out []opening) {
	near := false
	var sources []netip.Prefix
	for _, c := range conditions {
		var m struct {
			Op    string
			Left  map[string]json.RawMessage
			Right json.RawMessage
		}
		if json.Unmarshal(c["match"], &m) != nil {
			continue
		}
		var p struct{ Protocol, Field, Key string }
		if raw, ok := m.Left["payload"]; ok && json.Unmarshal(raw, &p) == nil {
			switch {
			case p.Field == "saddr" && m.Op != "!=":
				near, sources = true, prefixes(m.Right)
			case p.Field == "dport" && (p.Protocol == "tcp" || p.Protocol == "udp" || p.Protocol == "th"):
				for _, r := range ranges(m.Right) {
					out = append(out, opening{proto: p.Protocol, from: r[0], to: r[1]})
				}
			}
		}
		if raw, ok := m.Left["meta"]; ok && json.Unmarshal(raw, &p) == nil && (p.Key == "iifname" || p.Key == "iif") {
			near = true
		}
	}
	for i := range out {
		out[i].near, out[i].sources, out[i].what = near, sources, fmt.Sprintf("%s dport %s", out[i].proto, span(out[i].from, out[i].to))
	}
	return out
}

func span(from, to int) string {
	if from == to {
		return strconv.Itoa(from)
	}
	return fmt.Sprintf("%d-%d", from, to)
}

// ranges reads a port, a range or a set of them.
func ranges(raw json.RawMessage) (out [][2]int) {
	var n int
	if json.Unmarshal(raw, &n) == nil {
		return [][2]int{{n, n}}
	}
	var x struct {
		Set   []json.RawMessage
		Range []int
	}
	if json.Unmarshal(raw, &x) != nil {
		return [][2]int{{0, 65535}} // a named set: it may hold anything
	}
	if len(x.Range) == 2 {
		return [][2]int{{x.Range[0], x.Range[1]}}
	}
	for _, e := range x.Set {
		out = append(out, ranges(e)...)
	}
	return out
}

// readIPTables reads iptables-save: the policy of INPUT, and every rule that
// accepts a port, in whichever chain (UFW's are its own).
func (f *Firewall) readIPTables(text string, deny *bool) {
	table := ""
	for line := range strings.Lines(text) {
		w := strings.Fields(line)
		if len(w) == 0 {
			continue
		}
		switch {
		case strings.HasPrefix(w[0], "*"):
			table = w[0][1:]
		case table == "filter" && w[0] == ":INPUT" && len(w) > 1:
			*deny = *deny || w[1] == "DROP" || w[1] == "REJECT"
		case w[0] == ":DOCKER" || w[0] == ":DOCKER-USER":
			f.docker = true
		case w[0] == "-A" && len(w) > 2:
			f.readRule(table, w)
		}
	}
}

func (f *Firewall) readRule(table string, w []string) {
	arg := func(names ...string) string {
		for i := range len(w) - 1 {
			if slices.Contains(names, w[i]) && (i == 0 || w[i-1] != "!") {
				return w[i+1]
			}
		}
		return ""
	}
	target, proto := arg("-j"), arg("-p")
	switch {
	case table == "nat" && w[1] == "DOCKER" && target == "DNAT":
		f.published = append(f.published, arg("--dport")+"/"+proto)
	case w[1] == "DOCKER-USER" && (target == "DROP" || target == "REJECT"):
		f.guarded = true
	case table == "filter" && target == "ACCEPT" && (proto == "tcp" || proto == "udp") && !strings.HasPrefix(w[1], "DOCKER"):
		for _, p := range strings.Split(arg("--dport", "--dports"), ",") {
			lo, hi, isRange := strings.Cut(p, ":")
			from, err := strconv.Atoi(lo)
			to := from
			if isRange && err == nil {
				to, err = strconv.Atoi(hi)
			}
			if err == nil {
				f.open = append(f.open, opening{proto: proto, from: from, to: to, near: arg("-s") != "" || arg("-i") != "", what: strings.Join(w, " ")})
			}
		}
	}
}

// admits says whether a new connection from anywhere (or, with near, from a
// named address) may reach a port.
func (f Firewall) admits(proto string, port int) (world, near bool) {
	if !f.Deny4 || !f.Deny6 {
		return true, true
	}
	for _, o := range f.open {
		if (o.proto == proto || o.proto == "th") && o.from <= port && port <= o.to {
			world, near = world || !o.near, true
		}
	}
	return world, near
}

// prefixes reads an address, a range of them ({"prefix": …}) or a set.
func prefixes(raw json.RawMessage) (out []netip.Prefix) {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		if a, err := netip.ParseAddr(text); err == nil {
			return []netip.Prefix{netip.PrefixFrom(a, a.BitLen())}
		}
		return nil
	}
	var x struct {
		Prefix *struct {
			Addr string
			Len  int
		}
		Set []json.RawMessage
	}
	if json.Unmarshal(raw, &x) != nil {
		return nil
	}
	if x.Prefix != nil {
		if a, err := netip.ParseAddr(x.Prefix.Addr); err == nil {
			return []netip.Prefix{netip.PrefixFrom(a, x.Prefix.Len)}
		}
	}
	for _, e := range x.Set {
		out = append(out, prefixes(e)...)
	}
	return out
}

// admitsFrom says whether a new connection from a may reach a TCP port.
func (f Firewall) admitsFrom(a netip.Addr, port int) bool {
	if a.Is4() && !f.Deny4 || a.Is6() && !f.Deny6 {
		return true
	}
	return slices.ContainsFunc(f.open, func(o opening) bool {
		hit := (o.proto == "tcp" || o.proto == "th") && o.from <= port && port <= o.to
		return hit && (!o.near || slices.ContainsFunc(o.sources, func(p netip.Prefix) bool { return p.Contains(a) }))
	})
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
	if !f.Deny4 {
		wrong = append(wrong, "IPv4: the input chain accepts by default")
	}
	if !f.Deny6 {
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
