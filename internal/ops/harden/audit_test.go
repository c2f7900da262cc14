package harden

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"truckflow/internal/config"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
)

var update = flag.Bool("update", false, "write docs/harden.md again")

// TestAuditReportsEverythingOnce runs on this very machine, whatever it is.
func TestAuditReportsEverythingOnce(t *testing.T) {
	t.Parallel()
	cfg, err := config.Load(func(name string) (string, bool) {
		return map[string]string{"TRUCKFLOW_DATA": t.TempDir()}[name], name == "TRUCKFLOW_DATA"
	})
	if err != nil {
		t.Fatal(err)
	}
	r := Audit(t.Context(), ThisSystem(), Options{Config: cfg, Folder: "testdata/specification"})
	n := 0
	for _, d := range Catalogue() {
		found := slices.IndexFunc(r.Items, func(i Item) bool { id, _, _ := strings.Cut(i.ID, "@"); return id == d.ID })
		if found < n {
			t.Errorf("%s is missing or out of order", d.ID)
		}
		n = found
	}
	seen := map[string]bool{}
	for _, i := range r.Items {
		if seen[i.ID] || i.Status == "" || i.Evidence == "" || i.Fix == "" || i.Source == "" || weight[i.Severity] == 0 || strings.Contains(i.Evidence, "\n") || i.Evidence == "nothing was found" {
			t.Errorf("%+v", i)
		}
		seen[i.ID] = true
	}
	if find(t, r.Items, "compose.ports").Status != Fail || r.Count[Fail] == 0 || r.Score >= 100 {
		t.Errorf("the specification's files must fail: %v, score %d", r.Count, r.Score)
	}
	if b, err := json.Marshal(r); err != nil || !strings.Contains(string(b), `"severity":"high"`) {
		t.Errorf("JSON: %v", err)
	}
}

func TestScore(t *testing.T) {
	t.Parallel()
	items := []Item{{Severity: High, Status: Pass}, {Severity: Medium, Status: Fail}, {Severity: Low, Status: Pass}, {Severity: Low, Status: Fail}, {Severity: High, Status: CannotTell}, {Severity: High, Status: NotApplicable}}
	if r := NewReport(at, items); r.Score != 60 || r.Count[Pass] != 2 || r.Count[Fail] != 2 || r.Count[CannotTell] != 1 {
		t.Errorf("%+v", r)
	}
	if r := NewReport(at, items[4:]); r.Score != 0 {
		t.Errorf("nothing told is scored %d", r.Score)
	}
}

// answers is a System on which programs say what is given.
func answers(root string, said map[string]string, fail map[string]error) System {
	return System{Root: root, Clock: clock.At(at), Run: func(_ context.Context, name string, _ ...string) (string, error) {
		if err, ok := fail[name]; ok {
			return "", err
		}
		out, ok := said[name]
		if !ok {
			return "", exec.ErrNotFound
		}
		return out, nil
	}}
}

func TestWithoutRightsNothingPasses(t *testing.T) {
	t.Parallel()
	denied := errors.New("exit status 1: Operation not permitted (you must be root)")
	s := answers(t.TempDir(), nil, map[string]error{"nft": denied, "iptables-save": denied, "ip6tables-save": denied, "sshd": denied, "fail2ban-client": denied, "wg": denied, "apt-config": denied})
	f, err := ReadFirewall(t.Context(), s)
	items := FirewallItems(f, err, nil, denied)
	conf, err := SSHConfig(t.Context(), s)
	items = append(items, SSHItems(conf, err)...)
	items = append(items, Fail2BanItems(t.Context(), s)...)
	items = append(items, WireGuardItems(t.Context(), s)...)
	items = append(items, UpdateItems(t.Context(), s)...)
	items = append(items, HostItems(t.Context(), s)...)
	for _, i := range items {
		if i.Status == Pass && i.ID != "updates.reboot" || i.Status == Fail {
			t.Errorf("%s is %q without a right to look: %s", i.ID, i.Status, i.Evidence)
		}
	}
	if f, err := ReadFirewall(t.Context(), answers("/", nil, nil)); err == nil {
		t.Errorf("no firewall program, and %v", f)
	}
	if _, err := ReadFirewall(t.Context(), answers("/", map[string]string{"nft": "{"}, nil)); err == nil {
		t.Error("an answer that is none")
	}
}

func TestHostServices(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	s := answers(root, map[string]string{"fail2ban-client": "Status\n|- Number of jail:\t2\n`- Jail list:\tsshd, truckflow-login\n", "wg": "wg0\n"}, nil)
	wants(t, Fail2BanItems(t.Context(), s), "fail2ban.ssh", Pass, "fail2ban.nginx", Fail, "fail2ban.login", Pass)
	wants(t, Fail2BanItems(t.Context(), answers(root, nil, nil)), "fail2ban.ssh", Fail)
	wants(t, WireGuardItems(t.Context(), s), "wireguard.up", Pass, "wireguard.keys", NotApplicable)
	touch(t, filepath.Join(root, "etc/wireguard/wg0.conf"), "")
	wants(t, WireGuardItems(t.Context(), s), "wireguard.keys", Pass)
	if err := os.Chmod(filepath.Join(root, "etc/wireguard/wg0.conf"), 0o644); err != nil {
		t.Fatal(err)
	}
	wants(t, WireGuardItems(t.Context(), answers(root, map[string]string{"wg": ""}, nil)), "wireguard.up", Fail, "wireguard.keys", Fail)

	for _, k := range netSysctl {
		touch(t, filepath.Join(root, sysctlFile(k.name)), k.value+"\n")
	}
	touch(t, filepath.Join(root, "proc/1/comm"), "systemd\n")
	touch(t, filepath.Join(root, "proc/7/comm"), "truckflow\n")
	touch(t, filepath.Join(root, "proc/7/cmdline"), "/usr/bin/truckflow\x00serve\x00")
	touch(t, filepath.Join(root, "proc/7/status"), "Name:\ttruckflow\nUid:\t998\t998\t998\t998\n")
	wants(t, HostItems(t.Context(), s), "host.sysctl", Pass, "host.clock", Fail, "host.root", Pass)
	touch(t, filepath.Join(root, "proc/9/comm"), "chronyd\n")
	touch(t, filepath.Join(root, "proc/7/status"), "Name:\ttruckflow\nUid:\t0\t0\t0\t0\n")
	touch(t, filepath.Join(root, "proc/sys/net/ipv4/conf/all/rp_filter"), "2\n")
	touch(t, filepath.Join(root, "proc/sys/net/ipv4/tcp_syncookies"), "0\n")
	wants(t, HostItems(t.Context(), s), "host.sysctl", Fail, "host.clock", Pass, "host.root", Fail)
	if i := find(t, HostItems(t.Context(), s), "host.sysctl"); strings.Contains(i.Evidence, "rp_filter") {
		t.Errorf("loose reverse-path filtering is right with several interfaces: %s", i.Evidence)
	}
}

func TestPlansThatCannotBe(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Plan){
		`"root; rm" is not a user's name`: func(p *Plan) { p.SSHUsers = []string{"root; rm"} },
		"full path":                       func(p *Plan) { p.LogFile = "logs/combined.log" },
		"not a network":                   func(p *Plan) { p.VPN.Network = plan().SSHFrom[1] },
		"room for 1 peers":                func(p *Plan) { p.VPN.Network, _ = p.VPN.Network.Addr().Prefix(30) },
		"70000 is not a port":             func(p *Plan) { p.VPN.Port = 70000 },
		"where peers find the server":     func(p *Plan) { p.VPN.Endpoint = "https://x" },
		"comes twice":                     func(p *Plan) { p.VPN.Peers = []string{"a", "a"} },
		"too little":                      func(p *Plan) { p.Machine.RAMMB = 100 },
	} {
		p := plan()
		change(&p)
		if _, err := Render(p, Keys{}); !errs.Is(err, errs.KindInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

// TestFolderKeepsHands: a file changed by hand stays, ours lies beside it.
func TestFolderKeepsHands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(text string) string {
		t.Helper()
		out, err := WriteFolder(dir, []File{{"etc/a.conf", 0o644, text, ""}}, Keys{})
		if err != nil {
			t.Fatal(err)
		}
		return out[0].Did
	}
	file := filepath.Join(dir, "etc/a.conf")
	did := []string{write("one\n"), write("one\n"), write("two\n")}
	touch(t, file, "by hand\n")
	did = append(did, write("three\n"), write("three\n"))
	hand, err1 := os.ReadFile(file)
	beside, err2 := os.ReadFile(file + ".new")
	if fmt.Sprint(did) != "[written unchanged written kept kept]" || string(hand) != "by hand\n" || string(beside) != "three\n" || err1 != nil || err2 != nil {
		t.Errorf("%v, %q, %q (%v, %v)", did, hand, beside, err1, err2)
	}
	touch(t, filepath.Join(dir, renderedFile), "{")
	if _, err := WriteFolder(dir, nil, Keys{}); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("a damaged record: %v", err)
	}
	touch(t, filepath.Join(dir, keysFile), "{")
	if _, err := LoadKeys(dir); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("damaged keys: %v", err)
	}
}

// TestPageIsCurrent compares docs/harden.md with the catalogue.
func TestPageIsCurrent(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "..", "..", "docs", "harden.md")
	want := page()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("docs/harden.md is not what the catalogue says (%v); write it again: go test ./internal/ops/harden -run PageIsCurrent -update", err)
	}
}

func page() string {
	var b strings.Builder
	b.WriteString(`# Hardening

<!-- Made from internal/ops/harden: go test ./internal/ops/harden -run PageIsCurrent -update -->

` + "`truckflow harden audit`" + ` looks at the running host, its services and the program, and reports each item below as
pass, fail, not applicable or cannot tell, with what was seen and what mends it. It exits 1 when anything fails.
Cannot tell is never a pass: run it as root, name the sites (--host https://…), a rendered deployment (--dir) and
the vulnerability database (--vulndb) to be told more. The score is what passed of what could be told; a high item
counts five, a medium three, a low one.

` + "`truckflow harden render --out DIR`" + ` writes nftables (and the same for UFW), an sshd drop-in, Fail2Ban jails with a
filter for the program's own sign-in, WireGuard with a key and a QR code for each peer, unattended upgrades and
kernel settings. Rendering again keeps keys and what was changed by hand.

` + "`truckflow harden apply DIR --dry-run`" + ` has nft check the rules, shows what would change, and refuses when somebody who is
connected over SSH could not come back, or nobody who may sign in has a key. Without --dry-run it takes effect, and
goes back by itself after --after (60s) unless ` + "`truckflow harden confirm`" + ` follows: open a second connection first.
The firewall's file is put into /etc only then, so a machine that restarts meanwhile comes back as it was.

The vulnerability database is not part of the program: it would be old when it is needed. Fetch
https://vuln.go.dev/vulndb.zip on any machine and name it; one older than 30 days cannot say that nothing is known.

| item | asks | severity | source |
| --- | --- | --- | --- |
`)
	for _, i := range Catalogue() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", i.ID, i.Title, i.Severity, i.Source)
	}
	return b.String()
}

// TestEveryItemIsInTheCatalogue reads the ids that the probes ask for.
func TestEveryItemIsInTheCatalogue(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	asked := regexp.MustCompile(`\bitem\("([^"]+)"\)`)
	seen := 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range asked.FindAllStringSubmatch(string(b), -1) {
			seen++
			if item(m[1]).Title == "" {
				t.Errorf("%s asks for %q, which the catalogue lacks", f, m[1])
			}
		}
	}
	if wrong := "no such id"; seen == 0 || item(wrong).Title != "" {
		t.Errorf("%d ids were found; a wrong one has a title", seen)
	}
}
