package harden

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"image/png"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/tune"
)

var at = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// network is a network namespace of a test's own: rules loaded there touch
// nothing of the machine's. Run runs programs within it.
func network(t *testing.T) func(ctx context.Context, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("unshare", "--net", "--map-root-user", "sh", "-c", "echo ready; exec sleep 600")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	if _, err := out.Read(make([]byte, 8)); err != nil {
		t.Fatalf("no network namespace of our own: %v", err)
	}
	enter := []string{"--target", strconv.Itoa(cmd.Process.Pid), "--user", "--net", "--preserve-credentials", "--"}
	return func(ctx context.Context, name string, args ...string) (string, error) {
		for _, d := range []string{"/usr/sbin", "/sbin"} {
			if _, err := os.Stat(filepath.Join(d, name)); err == nil {
				name = filepath.Join(d, name)
			}
		}
		return runProgram(ctx, "nsenter", append(slices.Clone(enter), append([]string{name}, args...)...)...)
	}
}

func plan() Plan {
	return Plan{
		SSHFrom: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("2001:db8::/32")}, SSHUsers: []string{"dispatch"},
		Peers: []netip.Prefix{netip.MustParsePrefix("10.1.2.3/32"), netip.MustParsePrefix("fd00::3/128")}, Docker: true, Nginx: true, LogFile: "/var/lib/truckflow/logs/combined.log",
		Machine: tune.Machine{RAMMB: 65536, Cores: 16, Disk: tune.SSD, Role: tune.Shared},
		VPN:     &VPN{Network: netip.MustParsePrefix("10.77.0.0/24"), Port: 51820, Endpoint: "vpn.example.com", Peers: []string{"laptop", "phone"}},
	}
}

// rendered writes a plan into a folder.
func rendered(t *testing.T, p Plan) string {
	t.Helper()
	dir, keys := t.TempDir(), Keys{}
	if p.VPN != nil {
		if err := keys.Make(*p.VPN); err != nil {
			t.Fatal(err)
		}
	}
	files, err := Render(p, keys)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := WriteFolder(dir, files, keys); err != nil {
		t.Fatal(err)
	}
	return dir
}

func find(t *testing.T, items []Item, id string) Item {
	t.Helper()
	for _, i := range items {
		if base, _, _ := strings.Cut(i.ID, "@"); base == id {
			return i
		}
	}
	t.Fatalf("no item %s", id)
	return Item{}
}

// wants checks findings: id and status in turn.
func wants(t *testing.T, items []Item, pairs ...any) {
	t.Helper()
	for n := 0; n < len(pairs); n += 2 {
		id, want := pairs[n].(string), pairs[n+1].(Status)
		if got := find(t, items, id); got.Status != want || got.Evidence == "" || got.Fix == "" || got.Source == "" {
			t.Errorf("%s is %q, want %q: %s", id, got.Status, want, got.Evidence)
		}
	}
}

// TestRealFirewalls loads rules into a namespace with the real nft and iptables,
// reads them back and judges them.
func TestRealFirewalls(t *testing.T) {
	t.Parallel()
	outward := []Socket{{"tcp", netip.MustParseAddr("0.0.0.0"), 443}, {"tcp", netip.MustParseAddr("::"), 6379}, {"tcp", netip.MustParseAddr("127.0.0.1"), 5432}}
	for name, x := range map[string]struct {
		load []string // shell
		want []any
	}{
		"nothing": {[]string{":"}, []any{"firewall.deny", Fail, "firewall.ssh", Fail, "firewall.inside", Fail, "firewall.sockets", Fail, "firewall.docker", NotApplicable}},
		"ours":    {[]string{"nft -f " + filepath.Join(rendered(t, plan()), nftFile)}, []any{"firewall.deny", Pass, "firewall.ssh", Pass, "firewall.inside", Pass, "firewall.sockets", Pass, "firewall.docker", NotApplicable}},
		"only IPv4": {[]string{"iptables -P INPUT DROP", "iptables -A INPUT -p tcp --dport 443 -j ACCEPT"},
			[]any{"firewall.deny", Fail}},
		"UFW's way, the database left open": {[]string{"iptables -P INPUT DROP", "ip6tables -P INPUT DROP", "iptables -N ufw-user-input", "iptables -A INPUT -j ufw-user-input",
			"iptables -A ufw-user-input -p tcp -s 203.0.113.0/24 --dport 22 -j ACCEPT", "iptables -A ufw-user-input -p tcp -m multiport --dports 80,443,5430:5440 -j ACCEPT"},
			[]any{"firewall.deny", Pass, "firewall.ssh", Pass, "firewall.inside", Fail, "firewall.sockets", Pass}},
		"a rule for everything that listens": {[]string{"nft add table inet f", "nft add chain inet f in '{ type filter hook input priority 0; policy drop; }'", "nft add rule inet f in tcp dport 1-65535 accept"},
			[]any{"firewall.deny", Pass, "firewall.ssh", Fail, "firewall.inside", Fail, "firewall.sockets", Fail}},
		"drop as the last rule": {[]string{"nft add table inet f", "nft add chain inet f in '{ type filter hook input priority 0; }'", "nft add rule inet f in tcp dport '{ 22, 443 }' accept", "nft add rule inet f in drop"},
			[]any{"firewall.deny", Pass, "firewall.ssh", Fail, "firewall.inside", Pass}},
		"every port, by interface": {[]string{"nft add table inet f", "nft add chain inet f in '{ type filter hook input priority 0; policy drop; }'", "nft add rule inet f in iifname eth0 accept"},
			[]any{"firewall.deny", Pass, "firewall.inside", Fail}},
		"every port to the VPN, and a chain of its own": {[]string{"nft add table inet f", "nft add chain inet f in '{ type filter hook input priority 0; policy drop; }'", "nft add chain inet f web",
			"nft add rule inet f in ct state established,related accept", "nft add rule inet f in iifname lo accept", "nft add rule inet f in iifname wg0 accept", "nft add rule inet f in meta l4proto icmp accept",
			"nft add rule inet f in tcp dport '{ 80, 443 }' jump web", "nft add rule inet f web accept",
			"nft add chain inet f out '{ type filter hook output priority 0; policy accept; }'", "nft add rule inet f out tcp dport 6379 accept"},
			[]any{"firewall.deny", Pass, "firewall.ssh", Pass, "firewall.inside", Pass, "firewall.sockets", Pass}},
		"a verdict map": {[]string{"nft add table inet f", "nft add chain inet f in '{ type filter hook input priority 0; policy drop; }'", "nft add rule inet f in tcp dport vmap '{ 443 : accept, 6379 : accept, 5432 : drop }'"},
			[]any{"firewall.deny", Pass, "firewall.inside", Fail, "firewall.sockets", Fail}},
		"two walls, one of them closed": {[]string{"nft -f " + filepath.Join(rendered(t, plan()), nftFile), "iptables -P INPUT DROP", "ip6tables -P INPUT DROP", "iptables -A INPUT -p tcp --dport 6379 -j ACCEPT", "ip6tables -A INPUT -j ACCEPT"},
			[]any{"firewall.deny", Pass, "firewall.inside", Pass, "firewall.sockets", Pass}},
		"all accepted at last": {[]string{"iptables -P INPUT DROP", "ip6tables -P INPUT DROP", "iptables -A INPUT -j ACCEPT"},
			[]any{"firewall.deny", Pass, "firewall.inside", Fail}},
		"rejected at last": {[]string{"iptables -A INPUT -i lo -j ACCEPT", "iptables -A INPUT -p icmp -j ACCEPT", "iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT", "iptables -A INPUT -p tcp --dport 443 -j ACCEPT", "iptables -A INPUT -j REJECT", "ip6tables -A INPUT -j DROP"},
			[]any{"firewall.deny", Pass, "firewall.ssh", Pass, "firewall.inside", Pass}},
		"UFW's limit: a chain that accepts all, entered for one port": {[]string{"iptables -P INPUT DROP", "ip6tables -P INPUT DROP", "iptables -N limit", "iptables -A INPUT -p tcp --dport 22 -j limit", "iptables -A limit -j ACCEPT"},
			[]any{"firewall.deny", Pass, "firewall.ssh", Fail, "firewall.inside", Pass, "firewall.sockets", Pass}},
		"a chain that drops all but what left it before": {[]string{"iptables -P INPUT DROP", "ip6tables -P INPUT DROP", "iptables -N guard", "iptables -A INPUT -j guard", "iptables -A guard -p tcp -j RETURN", "iptables -A guard -j DROP",
			"iptables -A INPUT -p tcp --dport 5432 -j ACCEPT"},
			[]any{"firewall.deny", Pass, "firewall.inside", Fail}},
		"Docker past UFW": {[]string{"iptables -P INPUT DROP", "ip6tables -P INPUT DROP", "iptables -t nat -N DOCKER", "iptables -N DOCKER-USER",
			"iptables -t nat -A DOCKER -p tcp --dport 11434 -j DNAT --to-destination 172.18.0.2:11434"},
			[]any{"firewall.deny", Pass, "firewall.docker", Fail}},
		"Docker, guarded": {[]string{"iptables -P INPUT DROP", "ip6tables -P INPUT DROP", "iptables -t nat -N DOCKER", "iptables -N DOCKER-USER",
			"iptables -t nat -A DOCKER -p tcp --dport 3000 -j DNAT --to-destination 172.18.0.2:3000", "iptables -A DOCKER-USER -m conntrack --ctstate NEW -j DROP"},
			[]any{"firewall.docker", Pass}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := network(t)
			for _, l := range x.load {
				if _, err := run(t.Context(), "sh", "-c", "PATH=$PATH:/usr/sbin:/sbin; "+l); err != nil {
					t.Fatal(err)
				}
			}
			f, err := ReadFirewall(t.Context(), System{Run: run})
			wants(t, FirewallItems(f, err, outward, nil), x.want...)
		})
	}
}

// TestTheKernelTakesEveryShape has nft check what every kind of plan renders.
func TestTheKernelTakesEveryShape(t *testing.T) {
	t.Parallel()
	run := network(t)
	for _, change := range []func(*Plan){
		func(*Plan) {}, func(p *Plan) { p.Docker = false }, func(p *Plan) { p.VPN = nil }, func(p *Plan) { p.SSHFrom = nil },
		func(p *Plan) { p.Peers = p.Peers[1:]; p.SSHFrom = p.SSHFrom[1:] }, func(p *Plan) { p.Peers = nil },
	} {
		p := plan()
		change(&p)
		if _, err := run(t.Context(), "nft", "-c", "-f", filepath.Join(rendered(t, p), nftFile)); err != nil {
			t.Error(err)
		}
	}
}

// sshd is a System whose sshd -T reads conf in a private /run.
func sshd(t *testing.T, conf string) System {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "sshd_config"), []byte("HostKey "+dir+"/key\n"+conf), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, "key")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return System{Run: func(ctx context.Context, name string, args ...string) (string, error) {
		return runProgram(ctx, "unshare", "--mount", "--map-root-user", "sh", "-c", `mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec /usr/sbin/sshd "$@"`, "sh", args[0], "-f", filepath.Join(dir, "sshd_config"))
	}}
}

func TestRealSSHD(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(filepath.Join(rendered(t, plan()), "etc/ssh/sshd_config.d/10-truckflow.conf"))
	if err != nil {
		t.Fatal(err)
	}
	conf, err := SSHConfig(t.Context(), sshd(t, string(b)))
	for _, i := range SSHItems(conf, err) {
		if i.Status != Pass {
			t.Errorf("with our own file %s is %q: %s", i.ID, i.Status, i.Evidence)
		}
	}
	conf, err = SSHConfig(t.Context(), sshd(t, "PermitRootLogin yes\nPasswordAuthentication yes\nPermitEmptyPasswords yes\nX11Forwarding yes\nMaxAuthTries 6\nCiphers aes128-cbc,aes128-ctr\n"))
	wants(t, SSHItems(conf, err), "ssh.passwords", Fail, "ssh.root", Fail, "ssh.empty", Fail, "ssh.who", Fail, "ssh.tries", Fail, "ssh.forwarding", Fail, "ssh.crypto", Fail)
	conf, err = SSHConfig(t.Context(), sshd(t, "NoSuchDirective yes\n"))
	wants(t, SSHItems(conf, err), "ssh.passwords", CannotTell, "ssh.crypto", CannotTell)
	wants(t, SSHItems(nil, exec.ErrNotFound), "ssh.passwords", NotApplicable)
}

// TestRealFail2Ban has Fail2Ban itself read our jails and filter.
func TestRealFail2Ban(t *testing.T) {
	t.Parallel()
	dir := rendered(t, plan())
	conf := filepath.Join(t.TempDir(), "fail2ban")
	if out, err := exec.Command("cp", "-rL", "/etc/fail2ban", conf).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := exec.Command("cp", "-r", filepath.Join(dir, "etc/fail2ban")+"/.", conf).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	log := filepath.Join(t.TempDir(), "combined.log")
	jail := filepath.Join(conf, "jail.d/truckflow.conf")
	b, err := os.ReadFile(jail)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(b), "/var/lib/truckflow/logs/combined.log", log)
	for _, n := range []string{"nginx-http-auth", "nginx-botsearch", "nginx-limit-req"} { // nginx's logs need not be on this machine
		text = strings.Replace(text, "["+n+"]\n", "["+n+"]\nlogpath = "+log+"\n", 1)
	}
	if err := os.WriteFile(jail, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	lines := []string{ // the last is a stranger who sends what looks like our line within his request id
		`{"time":"2026-11-25T12:00:01.123456789Z","level":"WARN","msg":"sign-in refused","request_id":"0197-abc","ip":"198.51.100.7","why":"unauthenticated"}`,
		`{"time":"2026-11-25T13:00:02+01:00","level":"WARN","msg":"sign-in refused","request_id":"0197-abd","ip":"2001:db8::7","why":"rate_limited"}`,
		`{"time":"2026-11-25T12:00:03Z","level":"INFO","msg":"sign-in refused by somebody","ip":"198.51.100.8","why":"unauthenticated"}`,
		`{"time":"2026-11-25T12:00:04Z","level":"WARN","msg":"menu counts","request_id":"x\",\"ip\":\"198.51.100.9\",\"why\":\"unauthenticated\"}","error":"gone"}`,
		`{"time":"2026-11-25T12:00:05Z","level":"WARN","msg":"sign-in refused","request_id":"x\",\"ip\":\"198.51.100.9\",\"why\":\"y\"}","ip":"198.51.100.10","why":"unauthenticated"}`,
	}
	if err := os.WriteFile(log, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("fail2ban-client", "-c", conf, "-t").CombinedOutput(); err != nil {
		t.Errorf("Fail2Ban refuses our jails: %v\n%s", err, out)
	}
	out, err := exec.Command("fail2ban-regex", "--out", "ip", log, filepath.Join(conf, "filter.d/truckflow-login.conf")).CombinedOutput()
	if err != nil || strings.Join(strings.Fields(string(out)), " ") != "198.51.100.7 2001:db8::7 198.51.100.10" {
		t.Errorf("%v: the filter finds %s", err, out)
	}
}

// TestRealWireGuard compares our keys with wg's and has wg-quick read our files.
// A kernel with WireGuard is not needed.
func TestRealWireGuard(t *testing.T) {
	t.Parallel()
	p := plan()
	dir := rendered(t, p)
	keys, err := LoadKeys(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, peer := range append([]string{""}, p.VPN.Peers...) {
		cmd := exec.Command("wg", "pubkey")
		cmd.Stdin = strings.NewReader(keys[peer])
		out, err := cmd.Output()
		if pub, err2 := keys.public(peer); err != nil || err2 != nil || strings.TrimSpace(string(out)) != pub {
			t.Errorf("%q: wg makes %s of the private key, we %s (%v, %v)", peer, out, pub, err, err2)
		}
	}
	server, err1 := os.ReadFile(filepath.Join(dir, "etc/wireguard/wg0.conf"))
	phone, err2 := os.ReadFile(filepath.Join(dir, "peers/phone.conf"))
	if err1 != nil || err2 != nil || !strings.Contains(string(server), "AllowedIPs = 10.77.0.3/32") || !strings.Contains(string(phone), "Address = 10.77.0.3/32") || !strings.Contains(string(phone), "Endpoint = vpn.example.com:51820") {
		t.Errorf("server and phone do not fit: %v %v", err1, err2)
	}
	for _, f := range []string{"etc/wireguard/wg0.conf", "peers/phone.conf", keysFile} {
		if st, err := os.Stat(filepath.Join(dir, f)); err != nil || st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f, st.Mode(), err)
		}
	}
	img, err := os.Open(filepath.Join(dir, "peers/phone.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	if m, err := png.Decode(img); err != nil || m.Bounds().Dx() < 100 {
		t.Errorf("the QR code is no picture: %v", err)
	}
	// A second rendering keeps every key; a new peer gets his own.
	p.VPN.Peers = append(p.VPN.Peers, "tablet")
	before := keys["phone"]
	if err := keys.Make(*p.VPN); err != nil || keys["phone"] != before || keys["tablet"] == "" || keys["tablet"] == before {
		t.Errorf("keys: %v", err)
	}
	if _, err := (Keys{"": "!"}).public(""); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("a damaged key: %v", err)
	}
	short := make([]byte, 5)
	_, _ = rand.Read(short)
	if _, err := ecdh.X25519().NewPrivateKey(short); err == nil {
		t.Fatal("the curve takes any key")
	}
	if _, err := (Keys{"": base64.StdEncoding.EncodeToString(short)}).public(""); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("a short key: %v", err)
	}
}

// TestRealAPT reads our file with APT's own reader.
func TestRealAPT(t *testing.T) {
	t.Parallel()
	dir := rendered(t, plan())
	root := t.TempDir()
	s := System{Root: root, Run: func(ctx context.Context, name string, args ...string) (string, error) {
		return runProgram(ctx, name, append([]string{"-c", filepath.Join(dir, "etc/apt/apt.conf.d/52truckflow-upgrades"), "-o", "Dir::Etc::parts=/nowhere"}, args...)...)
	}}
	wants(t, UpdateItems(t.Context(), s), "updates.daily", Fail, "updates.reboot", Pass) // unattended-upgrades is not in this root
	touch(t, filepath.Join(root, "usr/bin/unattended-upgrade"), "")
	touch(t, filepath.Join(root, "var/run/reboot-required"), "")
	touch(t, filepath.Join(root, "var/run/reboot-required.pkgs"), "linux-image\n")
	wants(t, UpdateItems(t.Context(), s), "updates.daily", Pass, "updates.reboot", Fail)
	s.Run = func(context.Context, string, ...string) (string, error) {
		return "APT::Periodic::Unattended-Upgrade \"0\";\n", nil
	}
	wants(t, UpdateItems(t.Context(), s), "updates.daily", Fail)
	s.Run = func(context.Context, string, ...string) (string, error) { return "", exec.ErrNotFound }
	wants(t, UpdateItems(t.Context(), s), "updates.daily", CannotTell)
}

func touch(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestSocketsOfThisMachine finds a socket that is really there.
func TestSocketsOfThisMachine(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	ln6, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln6.Close()
	all, err := ListeningSockets("/")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []net.Listener{ln, ln6} {
		want := Socket{"tcp", l.Addr().(*net.TCPAddr).AddrPort().Addr(), l.Addr().(*net.TCPAddr).Port}
		if !slices.Contains(all, want) {
			t.Errorf("%v is not among %v", want, all)
		}
	}
	if _, err := ListeningSockets(t.TempDir()); err == nil {
		t.Error("no table, and nobody says so")
	}
	c, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	root := t.TempDir() // 203.0.113.9 is connected to port 22
	touch(t, filepath.Join(root, "proc/net/tcp"), "  sl  local_address rem_address   st\n   0: 0A01010A:0016 097100CB:C001 01 0\n   1: 00000000:0016 00000000:0000 0A 0\n   2: 0100007F:0016 0100007F:D001 01 0\n")
	got, err := Connected(root, 22)
	if err != nil || fmt.Sprint(got) != "[203.0.113.9]" {
		t.Errorf("connected: %v, %v", got, err)
	}
}

// TestSwitch applies a folder within a network namespace, sees it in force,
// and sees it taken back, confirmed, and refused.
func TestSwitch(t *testing.T) {
	t.Parallel()
	run, root := network(t), t.TempDir()
	touch(t, filepath.Join(root, "proc/net/tcp"), "  sl\n")
	touch(t, filepath.Join(root, plan().LogFile), "")
	touch(t, filepath.Join(root, "etc/fail2ban/jail.d/truckflow.conf"), "# by hand\n")
	touch(t, filepath.Join(root, "proc/sys/net/ipv4/conf/all/rp_filter"), "0\n")
	touch(t, filepath.Join(root, "proc/sys/vm/dirty_bytes"), "0\n")
	touch(t, filepath.Join(root, "proc/sys/vm/dirty_ratio"), "20\n")
	w := Switch{System{root, clock.At(at), run}, rendered(t, plan()), filepath.Join(root, "state")}
	rules := func() string {
		out, err := run(t.Context(), "nft", "list", "ruleset")
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	text := func(path string) string {
		b, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return "absent"
		}
		return strings.TrimSpace(string(b))
	}
	guard := func() error { return nil }
	if _, err := run(t.Context(), "nft", "add", "table", "inet", "others"); err != nil {
		t.Fatal(err)
	}
	steps, err := w.Plan(t.Context())
	if err != nil || len(steps) < 6 || rules() != "table inet others {\n}\n" || text("etc/sysctl.d/60-truckflow.conf") != "absent" {
		t.Fatalf("a dry run: %v, %d steps, rules %q", err, len(steps), rules())
	}

	// Applied, and nobody confirms.
	if _, err := w.Apply(t.Context(), guard); err != nil {
		t.Fatal(err)
	}
	touch(t, filepath.Join(root, "proc/sys/vm/dirty_ratio"), "0\n") // what the kernel does when bytes are set
	if !strings.Contains(rules(), "policy drop") || text("proc/sys/vm/dirty_bytes") != "536870912" || text("etc/fail2ban/jail.d/truckflow.conf") == "# by hand" || text("proc/sys/net/ipv4/conf/all/rp_filter") != "1" || text(nftFile) != "absent" {
		t.Errorf("not everything is in force: %s", rules())
	}
	if _, err := w.Apply(t.Context(), guard); !errs.Is(err, errs.KindConflict) {
		t.Errorf("a second change while one waits: %v", err)
	}
	if back, err := w.Watch(t.Context(), 0); err != nil || !back {
		t.Fatalf("the watcher: %v, %v", back, err)
	}
	if rules() != "table inet others {\n}\n" || text("etc/fail2ban/jail.d/truckflow.conf") != "# by hand" || text("proc/sys/net/ipv4/conf/all/rp_filter") != "0" || text("proc/sys/vm/dirty_ratio") != "20" || text("etc/sysctl.d/60-truckflow.conf") != "absent" {
		t.Errorf("not everything is as it was: %s", rules())
	}

	// Applied and confirmed: the watcher lets it be. Then changed, and taken back to the confirmed.
	if _, err := w.Apply(t.Context(), guard); err != nil {
		t.Fatal(err)
	}
	confirmed := rules()
	if err := w.Confirm(t.Context()); err != nil {
		t.Fatal(err)
	}
	if back, err := w.Watch(t.Context(), time.Hour); err != nil || back || rules() != confirmed || !strings.Contains(text(nftFile), "table inet truckflow") {
		t.Errorf("after confirming: %v, %v", back, err)
	}
	p := plan()
	p.Docker, p.Peers = false, nil
	w.Folder = rendered(t, p)
	if _, err := w.Apply(t.Context(), guard); err != nil {
		t.Fatal(err)
	}
	if rules() == confirmed {
		t.Error("the second plan changes nothing")
	}
	if err := w.Rollback(t.Context()); err != nil || rules() != confirmed {
		t.Errorf("back to the confirmed rules: %v\n%s", err, rules())
	}
	if err := w.Rollback(t.Context()); !errs.Is(err, errs.KindNotFound) {
		t.Errorf("nothing waits: %v", err)
	}
	if err := w.Confirm(t.Context()); !errs.Is(err, errs.KindNotFound) {
		t.Errorf("nothing waits: %v", err)
	}

	// No watcher, no change.
	if _, err := w.Apply(t.Context(), func() error { return errs.Unavailable("no watcher") }); !errs.Is(err, errs.KindUnavailable) || rules() != confirmed {
		t.Errorf("without a watcher: %v", err)
	}
}

// TestSwitchTellsTheServices: which commands systemd gets, and that one that
// fails takes everything back.
func TestSwitchTellsTheServices(t *testing.T) {
	t.Parallel()
	run, root := network(t), t.TempDir()
	touch(t, filepath.Join(root, "proc/net/tcp"), "  sl\n")
	touch(t, filepath.Join(root, plan().LogFile), "")
	touch(t, filepath.Join(root, "run/systemd/system/x"), "")
	var said []string
	fail := ""
	w := Switch{System{root, clock.At(at), func(ctx context.Context, name string, args ...string) (string, error) {
		if line := name + " " + strings.Join(args, " "); strings.Contains(line, "systemctl") {
			said = append(said, strings.TrimPrefix(line, "sh -c "))
			if fail != "" && strings.Contains(line, fail) {
				return "", fmt.Errorf("job failed")
			}
			return "", nil
		}
		return run(ctx, name, args...)
	}}, rendered(t, plan()), filepath.Join(root, "state")}
	heard := func(want ...string) {
		t.Helper()
		if !slices.Equal(said, want) {
			t.Errorf("systemd heard %q, want %q", said, want)
		}
		said = nil
	}
	guard := func() error { return nil }
	ssh := "systemctl try-reload-or-restart ssh || systemctl try-reload-or-restart sshd"
	if _, err := w.Apply(t.Context(), guard); err != nil {
		t.Fatal(err)
	}
	heard(ssh, "systemctl try-reload-or-restart fail2ban", "systemctl restart wg-quick@wg0")
	if err := w.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	heard(ssh, "systemctl try-reload-or-restart fail2ban", "systemctl stop wg-quick@wg0")
	if _, err := w.Apply(t.Context(), guard); err != nil {
		t.Fatal(err)
	}
	said = nil
	if err := w.Confirm(t.Context()); err != nil {
		t.Fatal(err)
	}
	heard("systemctl enable nftables wg-quick@wg0")
	fail = "fail2ban"
	if _, err := w.Apply(t.Context(), guard); !errs.Is(err, errs.KindUnavailable) || !strings.Contains(err.Error(), "fail2ban did not read") {
		t.Errorf("a service that fails: %v", err)
	}
	if err := w.Confirm(t.Context()); !errs.Is(err, errs.KindNotFound) {
		t.Errorf("a failed change waits to be confirmed: %v", err)
	}
}

// TestSwitchRefuses what would lock the operator out, and what is no folder.
func TestSwitchRefuses(t *testing.T) {
	t.Parallel()
	run, root := network(t), t.TempDir()
	w := Switch{System{root, clock.At(at), run}, rendered(t, plan()), filepath.Join(root, "state")}
	touch(t, filepath.Join(root, "proc/net/tcp"), "  sl\n   0: 0A01010A:0016 096433C6:C001 01 0\n") // from 198.51.100.9
	_, err := w.Apply(t.Context(), func() error { t.Error("the watcher was started"); return nil })
	if p := errs.Public(err); p.Kind != errs.KindConflict || !strings.Contains(p.Message, "198.51.100.9") || !strings.Contains(p.HintMsg, "--ssh-from 198.51.100.9") {
		t.Errorf("the operator's address: %v", err)
	}
	touch(t, filepath.Join(root, "proc/net/tcp"), "  sl\n   0: 0A01010A:0016 097100CB:C001 01 0\n   1: 0A01010A:0016 05004D0A:C001 01 0\n") // from 203.0.113.9 and by WireGuard
	if _, err := w.Plan(t.Context()); !errs.Is(err, errs.KindInvalid) || !strings.Contains(err.Error(), "combined.log is not there, and without it Fail2Ban would not start") {
		t.Errorf("a jail without its log: %v", err)
	}
	touch(t, filepath.Join(root, plan().LogFile), "")
	if _, err := w.Plan(t.Context()); err != nil {
		t.Errorf("an address that may come back: %v", err)
	}
	touch(t, filepath.Join(root, "etc/ssh/sshd_config"), "")
	touch(t, filepath.Join(root, "etc/passwd"), "root:x:0:0::/root:/bin/bash\ndispatch:x:1000:1000::/home/dispatch:/bin/bash\nother:x:1001:1001::/home/other:/bin/bash\n")
	touch(t, filepath.Join(root, "root/.ssh/authorized_keys"), "ssh-ed25519 AAAA\n")
	touch(t, filepath.Join(root, "home/other/.ssh/authorized_keys"), "ssh-ed25519 AAAA\n")
	if _, err := w.Plan(t.Context()); !errs.Is(err, errs.KindConflict) || !strings.Contains(err.Error(), "nobody who may sign in") {
		t.Errorf("no key for who may sign in: %v", err)
	}
	touch(t, filepath.Join(root, "home/dispatch/.ssh/authorized_keys"), "ssh-ed25519 AAAA\n")
	if _, err := w.Plan(t.Context()); err != nil {
		t.Errorf("with a key: %v", err)
	}
	touch(t, filepath.Join(w.Folder, nftFile), "table inet truckflow { chain input { bogus } }\n")
	if _, err := w.Plan(t.Context()); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("rules that nft refuses: %v", err)
	}
	w.Folder = t.TempDir()
	if _, err := w.Plan(t.Context()); !errs.Is(err, errs.KindNotFound) {
		t.Errorf("an empty folder: %v", err)
	}
}
