package harden

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/tune"
)

// Plan is what a host is hardened for.
type Plan struct {
	SSHFrom  []netip.Prefix // who may reach SSH; none: everybody, slowed down
	SSHUsers []string       // who may sign in over SSH; none: everybody with a key
	Peers    []netip.Prefix // our other servers: they reach the inner ports
	Openings []Opening      // the same, where each server has its own part
	Inner    bool           // nothing is public here: 80 and 443 stay closed
	Docker   bool           // containers publish ports here
	LogFile  string         // the program's combined.log, for its sign-in jail
	Nginx    bool           // nginx runs on the host, not in a container
	Machine  tune.Machine   // for the kernel's settings
	VPN      *VPN           // nil: no WireGuard
}

// Opening is what some of our servers may reach on this one.
type Opening struct {
	What string // a remark
	From []netip.Prefix
	TCP  []int
	VRRP bool // protocol 112: who has the floating address
}

// File is one rendered file, below the root of the host.
type File struct {
	Path   string // etc/nftables.conf
	Mode   uint32
	Text   string
	Reload string // the service that must read it again: sshd, fail2ban, nftables, sysctl, wireguard or ""
}

// name is what an account, a peer or a path may look like in a rendered file.
var name = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,31}$`)

var logPath = regexp.MustCompile(`^/[A-Za-z0-9_./-]+$`)

// Check refuses what would break a rendered file.
func (p Plan) Check() error {
	for _, u := range p.SSHUsers {
		if !name.MatchString(u) {
			return errs.Invalid("%q is not a user's name", u)
		}
	}
	if !logPath.MatchString(p.LogFile) {
		return errs.Invalid("%q is not the full path of a log file", p.LogFile)
	}
	if p.VPN != nil {
		return p.VPN.check()
	}
	return nil
}

// Render writes every file of the plan, WireGuard's with keys.
func Render(p Plan, keys Keys) ([]File, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	host, err := tune.Host(p.Machine)
	if err != nil {
		return nil, err
	}
	files := []File{
		{"etc/nftables.conf", 0o644, p.nftables(), "nftables"},
		{"etc/ssh/sshd_config.d/10-truckflow.conf", 0o644, p.sshd(), "sshd"},
		{jailFile, 0o644, p.jails(), "fail2ban"},
		{"etc/fail2ban/filter.d/truckflow-login.conf", 0o644, loginFilter, "fail2ban"},
		{"etc/apt/apt.conf.d/52truckflow-upgrades", 0o644, upgrades, ""},
		{"etc/sysctl.d/60-truckflow.conf", 0o644, tune.SysctlConf(host), "sysctl"},
		{"etc/sysctl.d/61-truckflow-net.conf", 0o644, netConf(), "sysctl"},
		{"ufw.sh", 0o755, p.ufw(), ""},
	}
	if p.VPN != nil {
		vpn, err := p.VPN.files(keys)
		if err != nil {
			return nil, err
		}
		files = append(files, vpn...)
	}
	return files, nil
}

// set is an nftables set of address ranges of one family; "" when there is none.
func set(all []netip.Prefix, v6 bool) string {
	var out []string
	for _, p := range all {
		if p.Addr().Is6() == v6 {
			out = append(out, p.Masked().String())
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "{ " + strings.Join(out, ", ") + " }"
}

// fromEach renders a rule once for IPv4 and once for IPv6.
func fromEach(all []netip.Prefix, rule string) (out string) {
	for _, v6 := range []bool{false, true} {
		if s := set(all, v6); s != "" {
			out += "\t\t" + map[bool]string{false: "ip", true: "ip6"}[v6] + " saddr " + s + " " + rule + "\n"
		}
	}
	return out
}

// NFTables is the firewall alone, for a server of a cluster, which gets the rest from elsewhere.
func (p Plan) NFTables() string { return p.nftables() }

func (p Plan) openings() string {
	var b strings.Builder
	for _, o := range p.Openings {
		if len(o.From) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n\t\t# %s\n", o.What)
		if len(o.TCP) > 0 {
			b.WriteString(fromEach(o.From, "tcp dport { "+strings.Trim(strings.ReplaceAll(fmt.Sprint(o.TCP), " ", ", "), "[]")+" } accept"))
		}
		if o.VRRP {
			b.WriteString(fromEach(o.From, "meta l4proto 112 accept"))
		}
	}
	return b.String()
}

// nftables is a table of its own: Docker's, Fail2Ban's and other people's stay.
// A packet must pass every table, so its default holds whatever they allow.
func (p Plan) nftables() string {
	ssh := "\t\ttcp dport 22 ct state new limit rate over 15/minute burst 10 packets drop\n\t\ttcp dport 22 accept\n"
	if len(p.SSHFrom) > 0 {
		ssh = fromEach(p.SSHFrom, "tcp dport 22 accept")
	}
	var inner []string
	for _, i := range inside {
		if n := fmt.Sprint(i.port); len(inner) == 0 || inner[len(inner)-1] != n {
			inner = append(inner, n)
		}
	}
	peers := ""
	if len(p.Peers) > 0 {
		peers = "\n\t\t# our other servers, and VRRP (112) for the floating address\n" + fromEach(p.Peers, "tcp dport { "+strings.Join(inner, ", ")+" } accept") +
			fromEach(p.Peers, "meta l4proto 112 accept")
	}
	peers += p.openings()
	site := "\t\t# the site\n\t\ttcp dport { 80, 443 } accept\n\t\tudp dport 443 accept\n\n"
	if p.Inner {
		site = ""
	}
	vpn := ""
	if p.VPN != nil {
		vpn = fmt.Sprintf("\n\t\t# administration through WireGuard\n\t\tudp dport %d accept\n\t\tiifname \"%s\" ip saddr %s tcp dport 1-65535 accept\n", p.VPN.Port, wgInterface, p.VPN.Network.Masked())
	}
	forward := "\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n"
	if p.Docker {
		forward = `	# Docker forwards published ports past every input rule; only the proxy's may come in.
	chain forward {
		type filter hook forward priority filter - 5; policy accept;
		iifname "docker*" accept
		iifname "br-*" accept
		ct state established,related accept
		ct status dnat meta l4proto { tcp, udp } ct original proto-dst != { 80, 443 } drop
	}
`
	}
	return `#!/usr/sbin/nft -f
# Written by truckflow harden render. One table of our own: nothing else is flushed.
table inet truckflow
delete table inet truckflow

table inet truckflow {
	chain input {
		type filter hook input priority filter; policy drop;
		iif "lo" accept
		ct state established,related accept
		ct state invalid drop
		ip protocol icmp limit rate 20/second accept
		meta l4proto ipv6-icmp accept

` + site + "\t\t# SSH\n" + ssh + vpn + peers + "\t}\n\n" + forward + "}\n"
}

// ufw is the same for who keeps UFW: commands to read and run.
func (p Plan) ufw() string {
	var b strings.Builder
	b.WriteString("#!/bin/sh\n# Written by truckflow harden render: the rules of etc/nftables.conf for UFW. Use one of the two.\nset -eu\nufw default deny incoming\nufw default allow outgoing\nufw allow 80/tcp\nufw allow 443\n")
	if len(p.SSHFrom) == 0 {
		b.WriteString("ufw limit 22/tcp\n")
	}
	for _, a := range p.SSHFrom {
		fmt.Fprintf(&b, "ufw allow from %s to any port 22 proto tcp\n", a.Masked())
	}
	for _, a := range p.Peers {
		fmt.Fprintf(&b, "ufw allow from %s\n", a.Masked())
	}
	if p.VPN != nil {
		fmt.Fprintf(&b, "ufw allow %d/udp\nufw allow in on %s\n", p.VPN.Port, wgInterface)
	}
	if p.Docker {
		b.WriteString(`# Docker's published ports never reach UFW's input rules: guard them where Docker lets us.
grep -q 'truckflow: DOCKER-USER' /etc/ufw/after.rules || cat >> /etc/ufw/after.rules <<'RULES'
# truckflow: DOCKER-USER
*filter
:DOCKER-USER - [0:0]
-A DOCKER-USER -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN
-A DOCKER-USER -i docker+ -j RETURN
-A DOCKER-USER -i br-+ -j RETURN
-A DOCKER-USER -m conntrack --ctstate DNAT --ctorigdstport 80 -j RETURN
-A DOCKER-USER -m conntrack --ctstate DNAT --ctorigdstport 443 -j RETURN
-A DOCKER-USER -m conntrack --ctstate DNAT -j DROP
COMMIT
RULES
`)
	}
	b.WriteString("ufw --force enable\n")
	return b.String()
}

func (p Plan) sshd() string {
	who := ""
	if len(p.SSHUsers) > 0 {
		who = "AllowUsers " + strings.Join(p.SSHUsers, " ") + "\n"
	}
	return `# Written by truckflow harden render. The first value wins, so this file comes before others.
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
PermitEmptyPasswords no
PermitRootLogin no
MaxAuthTries 4
LoginGraceTime 60
X11Forwarding no
AllowTcpForwarding no
AllowAgentForwarding no
ClientAliveInterval 300
ClientAliveCountMax 2
LogLevel VERBOSE
Ciphers chacha20-poly1305@openssh.com,aes256-gcm@openssh.com,aes128-gcm@openssh.com,aes256-ctr,aes192-ctr,aes128-ctr
MACs hmac-sha2-512-etm@openssh.com,hmac-sha2-256-etm@openssh.com,umac-128-etm@openssh.com
KexAlgorithms sntrup761x25519-sha512@openssh.com,curve25519-sha256,curve25519-sha256@libssh.org,diffie-hellman-group18-sha512,diffie-hellman-group16-sha512
` + who
}

// loginFilter matches the line that the program writes into combined.log when a
// sign-in is refused. The line is JSON, so a quote in what a stranger sends (the
// request id) arrives as \" and cannot fake an address.
const loginFilter = `# Written by truckflow harden render.
[Definition]
failregex = ^\{,"level":"WARN","msg":"sign-in refused",(?:"request_id":"(?:[^"\\]|\\.)*",)?"ip":"<HOST>","why":"[^"\\]*"\}$
ignoreregex =
datepattern = "time":"%%Y-%%m-%%dT%%H:%%M:%%S(?:\.\d+)?%%z"
`

func (p Plan) jails() string {
	nginx := ""
	if p.Nginx {
		nginx = `
[nginx-http-auth]
enabled = true

[nginx-botsearch]
enabled = true

[nginx-limit-req]
enabled = true
`
	}
	return `# Written by truckflow harden render.
[DEFAULT]
banaction = nftables-multiport
banaction_allports = nftables-allports
bantime = 1h
bantime.increment = true
bantime.maxtime = 1w
findtime = 15m
maxretry = 5

[sshd]
enabled = true
backend = systemd
mode = aggressive
` + nginx + `
[truckflow-login]
enabled = true
filter = truckflow-login
logpath = ` + p.LogFile + `
backend = polling
port = http,https
maxretry = 20
`
}

const upgrades = `// Written by truckflow harden render: security updates every day.
APT::Periodic::Update-Package-Lists "1";
APT::Periodic::Unattended-Upgrade "1";
APT::Periodic::AutocleanInterval "7";
Unattended-Upgrade::Remove-Unused-Kernel-Packages "true";
Unattended-Upgrade::Automatic-Reboot "false"; // truckflow harden audit says when one is due
`

func netConf() string {
	var b strings.Builder
	b.WriteString("# Written by truckflow harden render.\n")
	for _, k := range netSysctl {
		fmt.Fprintf(&b, "# %s\n%s = %s\n", k.why, k.name, k.value)
	}
	return b.String()
}
