package harden

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/tune"
)

// table is the one nftables table that is ours.
const table = "inet truckflow"

// nftFile holds the firewall. It is put below etc only when it was confirmed: a
// machine that restarts meanwhile comes back with its old rules.
const nftFile = "etc/nftables.conf"

// Switch puts a rendered folder into force on System, and takes it back unless
// it is confirmed in time. State is where the previous state waits.
type Switch struct {
	System System
	Folder string
	State  string // /var/lib/truckflow-harden
}

// Step is one thing that Apply does, or with a dry run would do.
type Step struct {
	What string `json:"what"`
	Path string `json:"path,omitempty"`
	Diff string `json:"diff,omitempty"` // lines that go (-) and come (+)
}

// saved is the previous state.
type saved struct {
	Table   string                `json:"table"` // our table as it was, "" when there was none
	Files   map[string]*savedFile `json:"files"` // nil: there was no such file
	Sysctl  map[string]string     `json:"sysctl"`
	Reload  []string              `json:"reload"`
	Confirm string                `json:"confirm"` // the new firewall, to be kept
}

type savedFile struct {
	Text string      `json:"text"`
	Mode fs.FileMode `json:"mode"`
}

func (w Switch) statePath(name string) string { return filepath.Join(w.State, name) }

// reloads are the commands that make services read their files again, by what
// reloadOf calls them; back when the file is gone again. A service that does not
// run is left alone.
var reloads = []struct{ name, command, back string }{
	{"sshd", "systemctl try-reload-or-restart ssh || systemctl try-reload-or-restart sshd", ""},
	{"fail2ban", "systemctl try-reload-or-restart fail2ban", ""},
	{"wireguard", "systemctl restart wg-quick@" + wgInterface, "systemctl stop wg-quick@" + wgInterface},
}

// hostFiles lists what the folder has for the host, sorted.
func (w Switch) hostFiles() (paths []string, err error) {
	root := filepath.Join(w.Folder, "etc")
	err = filepath.WalkDir(root, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(p, ".new") {
			return err
		}
		rel, err := filepath.Rel(w.Folder, p)
		paths = append(paths, rel)
		return err
	})
	if err != nil || !slices.Contains(paths, nftFile) {
		return nil, errs.NotFound("%s is not a folder of truckflow harden render", w.Folder).Hint("truckflow harden render --out %s", w.Folder).Wrap(err)
	}
	return paths, nil
}

// Plan checks everything that can be checked and says what would change: the
// rules by nft itself, sshd's file by sshd, and that whoever is connected over
// SSH could come back. It changes nothing.
func (w Switch) Plan(ctx context.Context) ([]Step, error) {
	paths, err := w.hostFiles()
	if err != nil {
		return nil, err
	}
	rules := filepath.Join(w.Folder, nftFile)
	if _, err := w.System.Run(ctx, "nft", "-c", "-f", rules); missing(err) {
		return nil, errs.Unavailable("nft is not installed").Hint("sudo apt-get install nftables")
	} else if err != nil {
		return nil, errs.Invalid("the firewall's file is refused").Hint("%s; rules need root to be checked", why(err)).Wrap(err)
	}
	steps := []Step{{What: "load the firewall's table " + table, Path: rules}}
	for _, p := range paths {
		d, err := w.diff(p)
		if err != nil {
			return nil, err
		}
		if d != "" {
			steps = append(steps, Step{What: "write", Path: filepath.Join(w.System.Root, p), Diff: d})
		}
	}
	if err := w.keepsOperator(ctx, rules); err != nil {
		return nil, err
	}
	if err := w.keepsKeys(); err != nil {
		return nil, err
	}
	return steps, w.keepsJails()
}

// keepsJails wants every log that a jail of ours reads: Fail2Ban does not start without, and
// then guards nothing at all.
func (w Switch) keepsJails() error {
	b, err := os.ReadFile(filepath.Join(w.Folder, jailFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for line := range strings.Lines(string(b)) {
		key, file, _ := strings.Cut(strings.TrimSpace(line), " = ")
		if _, serr := os.Stat(filepath.Join(w.System.Root, file)); key == "logpath" && errors.Is(serr, fs.ErrNotExist) {
			return errs.Invalid("%s is not there, and without it Fail2Ban would not start and guard nothing", file).Hint("start truckflow serve once, or name its log: truckflow harden render --log FILE")
		}
	}
	return err
}

// jailFile has our jails.
const jailFile = "etc/fail2ban/jail.d/truckflow.conf"

// diff is what would change in a file: a plain list of lines, secrets left out.
func (w Switch) diff(p string) (string, error) {
	want, err := os.ReadFile(filepath.Join(w.Folder, p))
	if err != nil {
		return "", err
	}
	have, err := os.ReadFile(filepath.Join(w.System.Root, p))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Sprintf("+ %d lines, new\n", strings.Count(string(want), "\n")), nil
	}
	if err != nil {
		return "", errs.Forbidden("%s may not be read", p).Hint("run as root").Wrap(err)
	}
	if strings.HasPrefix(p, "etc/wireguard") {
		if string(have) == string(want) {
			return "", nil
		}
		return "~ keys are not shown\n", nil
	}
	a, b := strings.Split(string(have), "\n"), strings.Split(string(want), "\n")
	var out strings.Builder
	for _, l := range a {
		if !slices.Contains(b, l) {
			out.WriteString("- " + l + "\n")
		}
	}
	for _, l := range b {
		if !slices.Contains(a, l) {
			out.WriteString("+ " + l + "\n")
		}
	}
	return out.String(), nil
}

// keepsOperator loads the rules into a network of their own and asks whether
// every address that is connected over SSH now could connect again.
func (w Switch) keepsOperator(ctx context.Context, rules string) error {
	peers, err := Connected(w.System.Root, 22)
	if err != nil {
		return errs.Unavailable("the connections of SSH cannot be read").Wrap(err)
	}
	if len(peers) == 0 {
		return nil
	}
	out, err := w.System.Run(ctx, "unshare", "-n", "sh", "-c", `nft -f "$1" && nft -j list ruleset`, "sh", rules)
	if err != nil {
		return errs.Unavailable("the rules cannot be tried in a network of their own").Hint("%s; run as root", why(err)).Wrap(err)
	}
	var f Firewall
	if err := f.readNFT(out, func(string) bool { return false }); err != nil {
		return err
	}
	for _, a := range peers {
		if !f.admitsFrom(a, 22) {
			return errs.Conflict("you are connected from %s, which the new rules would not let in again", a).
				Hint("render again with --ssh-from %s, or connect through WireGuard", a)
		}
	}
	return nil
}

// keepsKeys refuses to end passwords over SSH where nobody who may sign in has a key.
func (w Switch) keepsKeys() error {
	b, err := os.ReadFile(filepath.Join(w.Folder, "etc/ssh/sshd_config.d/10-truckflow.conf"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(w.System.Root, "etc/ssh/sshd_config")); err != nil {
		return nil // no SSH server to be locked out of
	}
	only := []string{}
	for line := range strings.Lines(string(b)) {
		if w := strings.Fields(line); len(w) > 1 && w[0] == "AllowUsers" {
			only = append(only, w[1:]...)
		}
	}
	f, err := os.Open(filepath.Join(w.System.Root, "etc/passwd"))
	if err != nil {
		return err
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		p := strings.Split(sc.Text(), ":") // name:x:uid:gid:comment:home:shell
		if len(p) < 7 || p[2] == "0" || len(only) > 0 && !slices.Contains(only, p[0]) {
			continue // root may not sign in at all
		}
		if st, err := os.Stat(filepath.Join(w.System.Root, p[5], ".ssh/authorized_keys")); err == nil && st.Size() > 0 {
			return nil
		}
	}
	return errs.Conflict("nobody who may sign in over SSH has a key in ~/.ssh/authorized_keys, and passwords would end").
		Hint("ssh-copy-id NAME@this-host first, for a user other than root")
}

// Apply puts the folder into force. The previous state is kept in State and guard
// is called (StartWatch, as a rule) before anything changes. Rollback brings the
// previous state back, Confirm lets it go. While a change waits, there is no
// other (errs.KindConflict).
func (w Switch) Apply(ctx context.Context, guard func() error) ([]Step, error) {
	steps, err := w.Plan(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(w.statePath("previous.json")); err == nil {
		return nil, errs.Conflict("a change waits to be confirmed").Hint("truckflow harden confirm, or truckflow harden rollback")
	}
	paths, err := w.hostFiles()
	if err != nil {
		return nil, err
	}
	prev, err := w.save(ctx, paths)
	if err != nil {
		return nil, err
	}
	if err := guard(); err != nil {
		return nil, errors.Join(err, os.Remove(w.statePath("previous.json")))
	}
	if err := w.install(ctx, paths, prev); err != nil {
		return nil, errors.Join(err, w.Rollback(ctx))
	}
	return steps, nil
}

func (w Switch) save(ctx context.Context, paths []string) (saved, error) {
	prev := saved{Files: map[string]*savedFile{}, Sysctl: map[string]string{}}
	if out, err := w.System.Run(ctx, "nft", "-s", "list", "table", "inet", "truckflow"); err == nil {
		prev.Table = out
		// nft cannot always read what it lists (ports within conntrack), so what was
		// confirmed is taken from its file.
		if b, err := os.ReadFile(w.statePath("confirmed.nft")); err == nil {
			prev.Table = string(b)
		}
	}
	for _, p := range paths {
		full := filepath.Join(w.System.Root, p)
		b, err := os.ReadFile(full)
		if errors.Is(err, fs.ErrNotExist) {
			prev.Files[p] = nil
		} else if err != nil {
			return prev, err
		} else if st, err := os.Stat(full); err != nil {
			return prev, err
		} else {
			prev.Files[p] = &savedFile{string(b), st.Mode().Perm()}
		}
		for _, r := range reloads {
			if !slices.Contains(prev.Reload, r.name) && reloadOf(p) == r.name {
				prev.Reload = append(prev.Reload, r.name)
			}
		}
		for _, k := range sysctlNames(filepath.Join(w.Folder, p)) {
			if name, v, ok := (tune.LocalHost{Root: w.System.Root}).Previous(k); ok {
				prev.Sysctl[name] = v
			}
		}
	}
	rules, err := os.ReadFile(filepath.Join(w.Folder, nftFile))
	if err != nil {
		return prev, err
	}
	prev.Confirm = string(rules)
	b, err := json.MarshalIndent(prev, "", "  ")
	if err == nil {
		err = os.MkdirAll(w.State, 0o700)
	}
	if err == nil {
		err = put(w.statePath("previous.json"), b, 0o600)
	}
	if err != nil {
		return prev, errs.Forbidden("the previous state cannot be kept in %s, so nothing was changed", w.State).Hint("run as root").Wrap(err)
	}
	return prev, nil
}

// reloadOf is the service that reads a host's file.
func reloadOf(p string) string {
	for dir, service := range map[string]string{"etc/ssh": "sshd", "etc/fail2ban": "fail2ban", "etc/wireguard": "wireguard", "etc/sysctl.d": "sysctl"} {
		if strings.HasPrefix(p, dir+"/") {
			return service
		}
	}
	return ""
}

func sysctlFile(name string) string { return "proc/sys/" + strings.ReplaceAll(name, ".", "/") }

// sysctlNames are the settings in a file of sysctl.d; none for other files.
func sysctlNames(path string) (names []string) {
	b, err := os.ReadFile(path)
	if err != nil || filepath.Base(filepath.Dir(path)) != "sysctl.d" {
		return nil
	}
	for line := range strings.Lines(string(b)) {
		if k, _, ok := strings.Cut(line, " = "); ok && !strings.HasPrefix(line, "#") {
			names = append(names, k)
		}
	}
	return names
}

func (w Switch) install(ctx context.Context, paths []string, prev saved) error {
	for _, p := range paths {
		if p == nftFile {
			continue
		}
		b, err := os.ReadFile(filepath.Join(w.Folder, p))
		if err != nil {
			return err
		}
		st, err := os.Stat(filepath.Join(w.Folder, p))
		if err != nil {
			return err
		}
		if err := put(filepath.Join(w.System.Root, p), b, st.Mode().Perm()); err != nil {
			return err
		}
	}
	if slices.Contains(prev.Reload, "sshd") && w.System.Root == "/" {
		if _, err := w.System.Run(ctx, "sshd", "-t"); err != nil && !missing(err) {
			return errs.Invalid("sshd refuses its file").Hint("%s", why(err)).Wrap(err)
		}
	}
	for _, p := range paths {
		for _, line := range settingsOf(filepath.Join(w.Folder, p)) {
			// What a kernel or a container does not have stays as it is; the audit says so.
			_ = os.WriteFile(filepath.Join(w.System.Root, sysctlFile(line[0])), []byte(line[1]), 0o644)
		}
	}
	if _, err := w.System.Run(ctx, "nft", "-f", filepath.Join(w.Folder, nftFile)); err != nil {
		return errs.Unavailable("the firewall was not loaded").Hint("%s", why(err)).Wrap(err)
	}
	return w.reload(ctx, prev.Reload, nil)
}

func settingsOf(path string) (out [][2]string) {
	b, err := os.ReadFile(path)
	for _, k := range sysctlNames(path) {
		for line := range strings.Lines(string(b)) {
			if v, ok := strings.CutPrefix(line, k+" = "); ok && err == nil {
				out = append(out, [2]string{k, strings.TrimSpace(v)})
			}
		}
	}
	return out
}

// booted says that systemd runs the services below Root; an image's do not run.
func (w Switch) booted() bool {
	_, err := os.Stat(filepath.Join(w.System.Root, "run/systemd/system"))
	return err == nil
}

// reload makes services read their files again. gone are those whose file is not
// there any more.
func (w Switch) reload(ctx context.Context, services, gone []string) error {
	if !w.booted() {
		return nil
	}
	var all error
	for _, r := range reloads {
		command := r.command
		if slices.Contains(gone, r.name) && r.back != "" {
			command = r.back
		}
		if slices.Contains(services, r.name) {
			if _, err := w.System.Run(ctx, "sh", "-c", command); err != nil {
				all = errors.Join(all, errs.Unavailable("%s did not read its files again", r.name).Hint("%s", why(err)).Wrap(err))
			}
		}
	}
	return all
}

// Rollback brings the previous state back. It goes on after errors, so that as
// much as can be is back.
func (w Switch) Rollback(ctx context.Context) error {
	prev, err := w.waiting()
	if err != nil {
		return err
	}
	var all error
	restore := "table " + table + "\ndelete table " + table + "\n" + prev.Table
	file := w.statePath("previous.nft")
	if err := put(file, []byte(restore), 0o600); err != nil {
		all = err
	} else if _, err := w.System.Run(ctx, "nft", "-f", file); err != nil {
		all = errs.Unavailable("the previous firewall was not loaded").Hint("%s", why(err)).Wrap(err)
	}
	var gone []string
	for p, f := range prev.Files {
		if f == nil {
			gone = append(gone, reloadOf(p))
		}
		full := filepath.Join(w.System.Root, p)
		if f != nil {
			all = errors.Join(all, put(full, []byte(f.Text), f.Mode))
		} else if err := os.Remove(full); err != nil && !errors.Is(err, fs.ErrNotExist) {
			all = errors.Join(all, err)
		}
	}
	for k, v := range prev.Sysctl {
		_ = os.WriteFile(filepath.Join(w.System.Root, sysctlFile(k)), []byte(v), 0o644) // as in install
	}
	return errors.Join(all, w.reload(ctx, prev.Reload, gone), os.Remove(w.statePath("previous.json")))
}

func (w Switch) waiting() (prev saved, err error) {
	b, err := os.ReadFile(w.statePath("previous.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return prev, errs.NotFound("no change waits in %s", w.State)
	}
	if err == nil {
		err = json.Unmarshal(b, &prev)
	}
	return prev, err
}

// Confirm keeps what Apply did, across restarts too.
func (w Switch) Confirm(ctx context.Context) error {
	prev, err := w.waiting()
	if err != nil {
		return err
	}
	if err := put(filepath.Join(w.System.Root, nftFile), []byte(prev.Confirm), 0o644); err != nil {
		return err
	}
	if err := put(w.statePath("confirmed.nft"), []byte(prev.Confirm), 0o600); err != nil {
		return err
	}
	if err := os.Remove(w.statePath("previous.json")); err != nil || !w.booted() {
		return err
	}
	units := []string{"enable", "nftables"}
	if slices.Contains(prev.Reload, "wireguard") {
		units = append(units, "wg-quick@"+wgInterface)
	}
	if _, err := w.System.Run(ctx, "systemctl", units...); err != nil {
		return errs.Unavailable("it stays until the next start, but not beyond").Hint("%s", why(err)).Wrap(err)
	}
	return nil
}

// StartWatch starts program (this one) as a watcher that outlives us and our
// terminal: the operator's line may be the very thing that is cut.
func (w Switch) StartWatch(program string, wait time.Duration) error {
	cmd := exec.CommandContext(context.Background(), program)
	cmd.Args = []string{"truckflow", "harden", "watch", "--after", wait.String(), "--state", w.State, "--root", w.System.Root}
	cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return errs.Unavailable("the watcher that takes the change back does not start, so nothing was changed").Wrap(err)
	}
	return cmd.Process.Release()
}

// Watch is the dead man's switch: it rolls back after wait unless the change was
// confirmed (or rolled back) meanwhile, and says which it was.
func (w Switch) Watch(ctx context.Context, wait time.Duration) (rolledBack bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(w.statePath("previous.json")); errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return true, w.Rollback(context.WithoutCancel(ctx))
		case <-tick.C:
		}
	}
}

// Connected lists who is connected to a local port over TCP, without the
// machine itself.
func Connected(root string, port int) (out []netip.Addr, err error) {
	for _, file := range []string{"tcp", "tcp6"} {
		b, err := os.ReadFile(filepath.Join(root, "proc/net", file))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			return nil, err
		}
		for n, line := range strings.Split(string(b), "\n") {
			w := strings.Fields(line)
			if n == 0 || len(w) < 4 || w[3] != "01" { // ESTABLISHED
				continue
			}
			mine, err1 := parseSocket("tcp", w[1])
			theirs, err2 := parseSocket("tcp", w[2])
			if err := errors.Join(err1, err2); err != nil {
				return nil, err
			}
			if mine.Port == port && !theirs.Loopback() && !slices.Contains(out, theirs.Addr) {
				out = append(out, theirs.Addr)
			}
		}
	}
	return out, nil
}
