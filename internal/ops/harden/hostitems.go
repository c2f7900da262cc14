package harden

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// SSHConfig asks sshd for what is in force, includes and defaults worked out:
// lower-case names to their values (several for AllowUsers and its like).
func SSHConfig(ctx context.Context, s System) (map[string][]string, error) {
	out, err := s.Run(ctx, "sshd", "-T")
	if err != nil {
		return nil, err
	}
	conf := map[string][]string{}
	for line := range strings.Lines(out) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			conf[strings.ToLower(k)] = append(conf[strings.ToLower(k)], v)
		}
	}
	return conf, nil
}

// weakSSH are parts of the names of what should not be offered any more.
var weakSSH = []string{"cbc", "3des", "arcfour", "blowfish", "hmac-md5", "hmac-sha1", "umac-64", "group1-", "group14-sha1", "group-exchange-sha1", "ssh-dss"}

// SSHItems judges what sshd -T says; err is why it says nothing.
func SSHItems(conf map[string][]string, err error) []Item {
	items := []Item{item("ssh.passwords"), item("ssh.root"), item("ssh.empty"), item("ssh.who"), item("ssh.tries"), item("ssh.forwarding"), item("ssh.crypto")}
	if err != nil {
		for n, i := range items {
			if missing(err) {
				items[n] = i.absent("no SSH server is installed")
			} else {
				i.Fix = "run the audit as root, where sshd can run: sudo mkdir -p /run/sshd && sudo truckflow harden audit"
				items[n] = i.unknown("sshd -T does not answer: %s", why(err))
			}
		}
		return items
	}
	get := func(name string) string {
		if v := conf[name]; len(v) > 0 {
			return strings.ToLower(v[0])
		}
		return ""
	}
	want := func(i Item, pairs ...string) Item {
		var wrong, right []string
		for n := 0; n < len(pairs); n += 2 {
			if got := get(pairs[n]); got != pairs[n+1] {
				wrong = append(wrong, pairs[n]+" "+got)
			} else {
				right = append(right, pairs[n]+" "+got)
			}
		}
		return i.judge(wrong, strings.Join(right, ", "))
	}
	var who, tries, weak []string
	if len(conf["allowusers"])+len(conf["allowgroups"]) == 0 {
		who = []string{"neither AllowUsers nor AllowGroups is set"}
	}
	if n, err := strconv.Atoi(get("maxauthtries")); err != nil || n > 4 {
		tries = append(tries, "maxauthtries "+get("maxauthtries"))
	}
	if n, err := strconv.Atoi(get("logingracetime")); err != nil || n == 0 || n > 60 {
		tries = append(tries, "logingracetime "+get("logingracetime"))
	}
	for _, list := range []string{"ciphers", "macs", "kexalgorithms", "hostkeyalgorithms"} {
		for _, name := range strings.Split(get(list), ",") {
			if slices.ContainsFunc(weakSSH, func(w string) bool { return strings.Contains(name, w) }) {
				weak = append(weak, name)
			}
		}
	}
	return []Item{
		want(items[0], "passwordauthentication", "no", "kbdinteractiveauthentication", "no", "pubkeyauthentication", "yes"),
		want(items[1], "permitrootlogin", "no"),
		want(items[2], "permitemptypasswords", "no"),
		items[3].judge(who, "AllowUsers "+strings.Join(conf["allowusers"], " ")+" AllowGroups "+strings.Join(conf["allowgroups"], " ")),
		items[4].judge(tries, "maxauthtries "+get("maxauthtries")+", logingracetime "+get("logingracetime")),
		want(items[5], "x11forwarding", "no", "allowtcpforwarding", "no"),
		items[6].judge(weak, "nothing weak is offered"),
	}
}

// Fail2BanItems asks the running Fail2Ban for its jails.
func Fail2BanItems(ctx context.Context, s System) []Item {
	items := []Item{item("fail2ban.ssh"), item("fail2ban.nginx"), item("fail2ban.login")}
	out, err := s.Run(ctx, "fail2ban-client", "status")
	if err != nil {
		for n, i := range items {
			switch {
			case missing(err):
				items[n] = i.fail("Fail2Ban is not installed")
			case strings.Contains(err.Error(), "Is fail2ban running"):
				items[n] = i.fail("Fail2Ban does not run")
			default:
				items[n] = i.unknown("Fail2Ban does not answer (it needs root): %s", why(err))
			}
		}
		return items
	}
	_, list, _ := strings.Cut(out, "Jail list:")
	jails := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
	for n, prefix := range []string{"sshd", "nginx", "truckflow"} {
		if k := slices.IndexFunc(jails, func(j string) bool { return strings.HasPrefix(j, prefix) }); k >= 0 {
			items[n] = items[n].pass("jail %s is on", jails[k])
		} else {
			items[n] = items[n].fail("no jail named %s…; there are: %s", prefix, strings.Join(jails, ", "))
		}
	}
	return items
}

// WireGuardItems looks for a running interface and for who can read its keys.
func WireGuardItems(ctx context.Context, s System) []Item {
	up, keys := item("wireguard.up"), item("wireguard.keys")
	switch out, err := s.Run(ctx, "wg", "show", "interfaces"); {
	case missing(err):
		up = up.fail("WireGuard is not installed")
	case err != nil:
		up = up.unknown("wg does not answer (it needs root): %s", why(err))
	case strings.TrimSpace(out) == "":
		up = up.fail("no interface is up")
	default:
		up = up.pass("up: %s", strings.TrimSpace(out))
	}
	dir := filepath.Join(s.Root, "etc/wireguard")
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		keys = keys.absent("%s is not there", dir)
	case err != nil:
		keys = keys.unknown("%s", why(err))
	case len(entries) == 0:
		keys = keys.absent("%s is empty", dir)
	default:
		var files []string
		for _, e := range entries {
			files = append(files, filepath.Join(dir, e.Name()))
		}
		wrong, err := readableByOthers(files)
		if err != nil {
			keys = keys.unknown("%s", why(err))
		} else {
			keys = keys.judge(wrong, fmt.Sprintf("%d files, none readable by others", len(files)))
		}
	}
	return []Item{up, keys}
}

// readableByOthers names the files that group or others may read or write.
func readableByOthers(files []string) (wrong []string, err error) {
	for _, f := range files {
		st, err := os.Stat(f)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		if st.Mode().Perm()&0o077 != 0 {
			wrong = append(wrong, fmt.Sprintf("%s is %04o", f, st.Mode().Perm()))
		}
	}
	return wrong, nil
}

// UpdateItems asks APT whether updates come by themselves and whether one waits.
func UpdateItems(ctx context.Context, s System) []Item {
	daily, reboot := item("updates.daily"), item("updates.reboot")
	out, err := s.Run(ctx, "apt-config", "dump", "--no-empty")
	switch {
	case missing(err):
		daily = daily.unknown("this is not Debian or Ubuntu; look at its own updates (dnf-automatic)")
	case err != nil:
		daily = daily.unknown("%s", why(err))
	default:
		conf := map[string]string{}
		for line := range strings.Lines(out) {
			if k, v, ok := strings.Cut(strings.TrimSuffix(strings.TrimSpace(line), ";"), " "); ok {
				conf[k] = strings.Trim(v, `"`)
			}
		}
		var wrong []string
		for _, k := range []string{"APT::Periodic::Update-Package-Lists", "APT::Periodic::Unattended-Upgrade"} {
			if conf[k] != "1" && conf[k] != "always" {
				wrong = append(wrong, k+" is "+orNone(conf[k]))
			}
		}
		if _, err := os.Stat(filepath.Join(s.Root, "usr/bin/unattended-upgrade")); err != nil {
			wrong = append(wrong, "unattended-upgrades is not installed")
		}
		daily = daily.judge(wrong, "lists and upgrades daily")
	}
	if _, err := os.Stat(filepath.Join(s.Root, "var/run/reboot-required")); err == nil {
		pkgs, _ := s.read("var/run/reboot-required.pkgs") // for the evidence only
		reboot = reboot.fail("a restart is due: %s", strings.Join(strings.Fields(pkgs), ", "))
	} else {
		reboot = reboot.pass("none waits")
	}
	return []Item{daily, reboot}
}

func orNone(s string) string {
	if s == "" {
		return "not set"
	}
	return s
}

// netSysctl is what a host on the internet wants of its kernel; Render writes it.
var netSysctl = []struct{ name, value, why string }{
	{"net.ipv4.conf.all.rp_filter", "1", "drop packets with a source that would not be answered that way"},
	{"net.ipv4.conf.default.rp_filter", "1", "the same for interfaces to come"},
	{"net.ipv4.conf.all.accept_redirects", "0", "nobody tells us another way"},
	{"net.ipv6.conf.all.accept_redirects", "0", "the same for IPv6"},
	{"net.ipv4.conf.all.send_redirects", "0", "we are no router"},
	{"net.ipv4.conf.all.accept_source_route", "0", "the sender does not choose the way"},
	{"net.ipv4.tcp_syncookies", "1", "a flood of half-open connections does not fill the queue"},
	{"net.ipv4.icmp_echo_ignore_broadcasts", "1", "we are no amplifier"},
	{"kernel.kptr_restrict", "2", "kernel addresses are no help to an exploit"},
	{"kernel.dmesg_restrict", "1", "nor is its log"},
	{"fs.protected_hardlinks", "1", "no traps in shared folders"},
	{"fs.protected_symlinks", "1", "nor these"},
}

// HostItems looks at the kernel, the clock and who runs the program.
func HostItems(ctx context.Context, s System) []Item {
	sys, clk, root := item("host.sysctl"), item("host.clock"), item("host.root")
	var wrong []string
	seen := 0
	for _, k := range netSysctl {
		v, err := s.read("proc/sys/" + strings.ReplaceAll(k.name, ".", "/"))
		v = strings.TrimSpace(v)
		if err != nil || v == "" {
			continue // this kernel has no such setting, or does not show it
		}
		seen++
		// rp_filter 2 (loose) is what several interfaces need; kptr_restrict 1 hides from all but root.
		if v != k.value && !(v == "2" && strings.HasSuffix(k.name, "rp_filter")) && !(v == "1" && k.name == "kernel.kptr_restrict") {
			wrong = append(wrong, k.name+" = "+v)
		}
	}
	if seen == 0 {
		sys = sys.unknown("no kernel settings are shown here")
	} else {
		sys = sys.judge(wrong, fmt.Sprintf("%d settings as they should be", seen))
	}
	daemon := ""
	pids, err := s.processes()
	for _, name := range pids {
		if slices.Contains([]string{"chronyd", "systemd-timesyn", "ntpd", "openntpd"}, name) {
			daemon = name
		}
	}
	switch {
	case err != nil:
		clk = clk.unknown("%s", why(err))
	case daemon != "":
		clk = clk.pass("%s runs", daemon)
	case slices.Contains(pids, "systemd"):
		clk = clk.fail("neither chronyd, systemd-timesyncd nor ntpd runs")
	default:
		clk = clk.unknown("no time service runs here; in a container the host keeps the clock")
	}
	running := s.owners("truckflow")
	switch {
	case len(running) == 0:
		root = root.unknown("truckflow serve does not run here")
	case slices.Contains(running, 0):
		root = root.fail("truckflow serve runs as root")
	default:
		root = root.pass("runs as uid %d", running[0])
	}
	return []Item{sys, clk, root}
}

// processes lists the names of what runs, as the kernel shortens them (15 bytes).
func (s System) processes() (names []string, err error) {
	all, err := filepath.Glob(filepath.Join(s.Root, "proc/[0-9]*/comm"))
	for _, f := range all {
		if b, err := os.ReadFile(f); err == nil { // it may have ended meanwhile
			names = append(names, strings.TrimSpace(string(b)))
		}
	}
	if err == nil && len(names) == 0 {
		err = fmt.Errorf("no processes are shown in %s", filepath.Join(s.Root, "proc"))
	}
	return names, err
}

// owners lists the effective users of the processes called name that serve.
func (s System) owners(name string) (uids []int) {
	all, _ := filepath.Glob(filepath.Join(s.Root, "proc/[0-9]*/cmdline")) // the pattern is well-formed
	for _, f := range all {
		b, err := os.ReadFile(f)
		args := strings.Split(string(b), "\x00")
		if err != nil || filepath.Base(args[0]) != name || !slices.Contains(args, "serve") {
			continue
		}
		st, err := os.ReadFile(filepath.Join(filepath.Dir(f), "status"))
		for line := range strings.Lines(string(st)) {
			if w := strings.Fields(line); err == nil && len(w) > 2 && w[0] == "Uid:" {
				if uid, err := strconv.Atoi(w[2]); err == nil {
					uids = append(uids, uid)
				}
			}
		}
	}
	return uids
}
