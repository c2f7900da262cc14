package harden

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// condition is what a rule asks of a new connection. What is not understood of
// a rule is left out, so that it opens rather more than less.
type condition struct {
	never    bool // not of new TCP or UDP connections from outside: established, loopback, ICMP
	proto    string
	ports    [][2]int // nil: any
	near     bool
	sources  []netip.Prefix
	anything bool // no condition at all
}

// and is a rule's condition within a chain that was entered under c.
func (c condition) and(r condition) condition {
	if r.ports == nil {
		r.ports = c.ports
	}
	if r.proto == "" {
		r.proto = c.proto
	}
	if r.sources == nil {
		r.sources = c.sources
	}
	r.never, r.near, r.anything = r.never || c.never, r.near || c.near, r.anything && c.anything
	return r
}

// rule is one line of a chain.
type rule struct {
	condition
	verdict string // accept, drop, jump, return or ""
	target  string // of a jump
}

type chain struct {
	input, drops, v4, v6 bool
	rules                []rule
}

// chains are a table's chains, or those of all tables under their full names.
type chains map[string]*chain

func (cs chains) get(name string) *chain {
	if cs[name] == nil {
		cs[name] = &chain{}
	}
	return cs[name]
}

// walls walks every input chain that drops by default, or at its end.
func (cs chains) walls() (out []wall) {
	for name, c := range cs {
		if !c.input {
			continue
		}
		w := wall{v4: c.v4, v6: c.v6}
		if denied := cs.walk(name, condition{anything: true}, &w, 0); c.drops || denied {
			out = append(out, w)
		}
	}
	return out
}

// walk collects what a chain opens and says whether it drops everything in the end.
func (cs chains) walk(name string, under condition, w *wall, depth int) (drops bool) {
	c := cs[name]
	if c == nil || depth > 16 { // the kernel allows no more
		return false
	}
	returns := false // somebody left before: not everything is dropped
	for _, r := range c.rules {
		now := under.and(r.condition)
		switch r.verdict {
		case "accept":
			if !now.never {
				w.open = append(w.open, now.openings()...)
			}
		case "drop":
			if now.anything && !returns {
				return true // what follows is never reached
			}
		case "return":
			returns = true
		case "jump":
			if cs.walk(r.target, now, w, depth+1) && now.anything && !returns {
				return true
			}
		}
	}
	return false
}

func (c condition) openings() (out []opening) {
	ports := c.ports
	if ports == nil {
		ports = [][2]int{{0, 65535}}
	}
	for _, p := range ports {
		out = append(out, opening{c.proto, p[0], p[1], c.near, c.sources})
	}
	return out
}

// outward are names of interfaces that lead out of the machine as a rule.
var outward = regexp.MustCompile(`^(eth|en|wl|ww|bond|ppp|venet)`)

// from takes an interface into account.
func (c *condition) from(iface string) {
	switch {
	case iface == "lo":
		c.never = true
	case !outward.MatchString(iface):
		c.near = true
	}
}

type nftExpr map[string]json.RawMessage

// readNFT reads nft's JSON, but for the tables that skip says iptables showed.
func (f *Firewall) readNFT(text string, skip func(family string) bool) error {
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
	cs := chains{}
	for _, x := range doc.Nftables {
		if c := x.Chain; c != nil && !(c.Table == "filter" && skip(c.Family)) {
			n := cs.get(c.Family + "/" + c.Table + "/" + c.Name)
			n.input, n.drops = c.Hook == "input", c.Policy == "drop"
			n.v4, n.v6 = c.Family == "ip" || c.Family == "inet", c.Family == "ip6" || c.Family == "inet"
		}
		if r := x.Rule; r != nil && !(r.Table == "filter" && skip(r.Family)) {
			n := cs.get(r.Family + "/" + r.Table + "/" + r.Chain)
			n.rules = append(n.rules, nftRules(r.Expr, r.Family+"/"+r.Table+"/")...)
		}
	}
	f.walls = append(f.walls, cs.walls()...)
	return nil
}

// nftRules is one rule; a verdict map makes several of it.
func nftRules(exprs []nftExpr, table string) (out []rule) {
	c := condition{anything: true}
	for _, e := range exprs {
		for key, raw := range e {
			switch key {
			case "match":
				c.anything = false
				c.match(raw)
			case "accept":
				out = append(out, rule{c, "accept", ""})
			case "drop", "reject":
				out = append(out, rule{c, "drop", ""})
			case "return":
				out = append(out, rule{c, "return", ""})
			case "jump", "goto":
				var t struct{ Target string }
				if json.Unmarshal(raw, &t) == nil {
					out = append(out, rule{c, "jump", table + t.Target})
				}
			case "vmap":
				c.anything = false
				out = append(out, c.vmap(raw, table)...)
			case "limit", "xt", "lookup":
				c.anything = false
			}
		}
	}
	return out
}

// match narrows c by one comparison.
func (c *condition) match(raw json.RawMessage) {
	var m struct {
		Op    string
		Left  map[string]json.RawMessage
		Right json.RawMessage
	}
	if json.Unmarshal(raw, &m) != nil || m.Op == "!=" {
		return
	}
	var p struct{ Protocol, Field, Key string }
	for kind, raw := range m.Left {
		if json.Unmarshal(raw, &p) != nil {
			continue
		}
		switch {
		case kind == "ct" && p.Key == "state":
			c.never = c.never || !slices.ContainsFunc(words(m.Right), func(w string) bool { return w == "new" || w == "untracked" })
		case kind == "meta" && (p.Key == "iifname" || p.Key == "iif"):
			for _, w := range words(m.Right) {
				c.from(w)
			}
		case kind == "meta" && p.Key == "l4proto", kind == "payload" && (p.Field == "protocol" || p.Field == "nexthdr"):
			c.protocol(words(m.Right))
		case kind == "payload" && p.Field == "saddr":
			c.near, c.sources = true, prefixes(m.Right)
		case kind == "payload" && p.Field == "daddr":
			c.near = true // to one address of ours, or to a multicast group
		case kind == "payload" && p.Field == "dport":
			c.ports = ranges(m.Right)
			c.protocol([]string{p.Protocol})
		case kind == "payload" && (p.Protocol == "icmp" || p.Protocol == "icmpv6"):
			c.never = true
		}
	}
}

// protocol narrows c to TCP or UDP; others are no connections.
func (c *condition) protocol(names []string) {
	tcp, udp := slices.Contains(names, "tcp") || slices.Contains(names, "th"), slices.Contains(names, "udp") || slices.Contains(names, "th")
	switch {
	case tcp && !udp:
		c.proto = "tcp"
	case udp && !tcp:
		c.proto = "udp"
	case !tcp && !udp:
		c.never = true
	}
}

// vmap is a map from ports or interfaces to verdicts.
func (c condition) vmap(raw json.RawMessage, table string) (out []rule) {
	var v struct {
		Key  json.RawMessage
		Data struct{ Set [][2]json.RawMessage }
	}
	if json.Unmarshal(raw, &v) != nil {
		return []rule{{c, "accept", ""}} // not understood, perhaps a named map: it may open anything
	}
	for _, pair := range v.Data.Set {
		m, err := json.Marshal(map[string]json.RawMessage{"op": json.RawMessage(`"=="`), "left": v.Key, "right": pair[0]})
		var verdict nftExpr
		if err != nil || json.Unmarshal(pair[1], &verdict) != nil {
			continue
		}
		for _, r := range nftRules([]nftExpr{{"match": m}, verdict}, table) {
			r.condition = c.and(r.condition)
			out = append(out, r)
		}
	}
	return out
}

// words reads a name or a list of them, in whichever form nft has it.
func words(raw json.RawMessage) (out []string) {
	var one string
	var list []json.RawMessage
	var set struct{ Set []json.RawMessage }
	switch {
	case json.Unmarshal(raw, &one) == nil:
		return []string{one}
	case json.Unmarshal(raw, &list) == nil:
	case json.Unmarshal(raw, &set) == nil:
		list = set.Set
	}
	for _, e := range list {
		out = append(out, words(e)...)
	}
	return out
}

// ranges reads a port, a range or a set of them; what is not understood is all.
func ranges(raw json.RawMessage) (out [][2]int) {
	var n int
	if json.Unmarshal(raw, &n) == nil {
		return [][2]int{{n, n}}
	}
	var x struct {
		Set   []json.RawMessage
		Range []int
	}
	if json.Unmarshal(raw, &x) != nil || x.Set == nil && len(x.Range) != 2 {
		return [][2]int{{0, 65535}} // a named set: it may hold anything
	}
	if x.Set == nil {
		return [][2]int{{x.Range[0], x.Range[1]}}
	}
	for _, e := range x.Set {
		out = append(out, ranges(e)...)
	}
	return out
}

// prefixes reads an address, a network ({"prefix": …}) or a set of them.
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

// readIPTables reads iptables-save (or ip6tables-save).
func (f *Firewall) readIPTables(text string, v6 bool) {
	table, cs := "", chains{}
	for line := range strings.Lines(text) {
		w := strings.Fields(line)
		switch {
		case len(w) == 0:
		case strings.HasPrefix(w[0], "*"):
			table = w[0][1:]
		case strings.HasPrefix(w[0], ":DOCKER"):
			f.docker = true
		case table == "filter" && w[0] == ":INPUT" && len(w) > 1:
			n := cs.get("INPUT")
			n.input, n.drops, n.v4, n.v6 = true, w[1] == "DROP", !v6, v6
		case w[0] == "-A" && len(w) > 2:
			target := option(w, "-j", "-g")
			switch {
			case table == "nat" && w[1] == "DOCKER" && target == "DNAT":
				f.published = append(f.published, option(w, "--dport")+"/"+option(w, "-p"))
			case w[1] == "DOCKER-USER" && (target == "DROP" || target == "REJECT"):
				f.guarded = true
			}
			if table == "filter" {
				n := cs.get(w[1])
				n.rules = append(n.rules, iptablesRule(w, target))
			}
		}
	}
	f.walls = append(f.walls, cs.walls()...)
}

// option is the word after one of names, unless it is negated.
func option(w []string, names ...string) string {
	for i := range len(w) - 1 {
		if slices.Contains(names, w[i]) && w[i-1] != "!" {
			return w[i+1]
		}
	}
	return ""
}

func iptablesRule(w []string, target string) rule {
	r := rule{condition: condition{anything: len(w) <= 4}, target: target}
	switch target {
	case "ACCEPT":
		r.verdict = "accept"
	case "DROP", "REJECT":
		r.verdict = "drop"
		r.anything = r.anything || target == "REJECT" && len(w) == 6 && w[4] == "--reject-with"
	case "RETURN":
		r.verdict = "return"
	case "LOG", "MARK":
	default:
		r.verdict = "jump"
	}
	if state := option(w, "--ctstate", "--state"); state != "" && !strings.Contains(state, "NEW") {
		r.never = true
	}
	if p := option(w, "-p"); p != "" && p != "all" {
		r.protocol([]string{p})
	}
	if i := option(w, "-i"); i != "" {
		r.from(i)
	}
	if s := option(w, "-s"); s != "" {
		r.near = true
		if p, err := netip.ParsePrefix(s); err == nil {
			r.sources = []netip.Prefix{p}
		}
	}
	if option(w, "-d") != "" {
		r.near = true
	}
	if list := option(w, "--dport", "--dports"); list != "" {
		for _, p := range strings.Split(list, ",") {
			lo, hi, isRange := strings.Cut(p, ":")
			from, err := strconv.Atoi(lo)
			to := from
			if isRange && err == nil {
				to, err = strconv.Atoi(hi)
			}
			if err == nil {
				r.ports = append(r.ports, [2]int{from, to})
			}
		}
	}
	return r
}
