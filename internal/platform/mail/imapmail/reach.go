package imapmail

import (
	"net/netip"
	"strings"
	"syscall"

	"truckflow/internal/kit/errs"
)

// Reach is where mailboxes may be read from. A company names its server itself,
// and could name a machine behind this one's firewall: without a word of whoever
// runs this machine only public addresses and the two ports of IMAP are reached.
type Reach struct {
	Hosts []string       // names that may resolve to any address, lower case
	Nets  []netip.Prefix // addresses that are no secret
}

// ParseReach reads hosts, addresses and networks, separated by commas.
func ParseReach(s string) (r Reach, err error) {
	for _, x := range strings.Split(s, ",") {
		x = strings.ToLower(strings.TrimSpace(x))
		if x == "" {
			continue
		}
		if a, err := netip.ParseAddr(x); err == nil {
			r.Nets = append(r.Nets, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
		} else if p, err := netip.ParsePrefix(x); err == nil {
			r.Nets = append(r.Nets, p.Masked())
		} else if strings.ContainsAny(x, "/: ") {
			return r, errs.Invalid("%q is no host, address or network", x)
		} else {
			r.Hosts = append(r.Hosts, x)
		}
	}
	return r, nil
}

// own reports a host that whoever runs this machine has named.
func (r Reach) own(host string) bool {
	for _, h := range r.Hosts {
		if h == strings.ToLower(host) {
			return true
		}
	}
	a, err := netip.ParseAddr(host)
	return err == nil && r.named(a)
}

func (r Reach) named(a netip.Addr) bool {
	for _, p := range r.Nets {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// special are the networks that IANA's registries of special-purpose addresses
// (RFC 6890 and its successors) say are not on the public internet, and those
// through which one of them can be reached in other clothes.
var special = prefixes("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
	"192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
	"2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/9", "ff00::/8")

func prefixes(ss ...string) (out []netip.Prefix) {
	for _, s := range ss {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	return a.IsValid()
}

// check is asked for the very address that is being connected to, so that a name
// that means one thing now and another a moment later gains nothing.
func (r Reach) check(own bool) func(network, address string, _ syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if own || r.named(ap.Addr()) || public(ap.Addr()) {
			return nil
		}
		return errs.Forbidden("%s is not on the public internet", ap.Addr()).
			Hint("whoever runs this server can allow it: TRUCKFLOW_MAILBOX_HOSTS")
	}
}
