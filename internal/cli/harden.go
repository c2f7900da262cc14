package cli

import (
	"cmp"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"truckflow/internal/config"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/harden"
	"truckflow/internal/ops/tune"
)

type hardenCmd struct {
	Audit    hardenAuditCmd    `cmd:"" help:"Look at host, services and program: what is safe, what is not, and what mends it.\n\nExample: truckflow harden audit --host https://dispatch.example.com --json"`
	Render   hardenRenderCmd   `cmd:"" help:"Write firewall, SSH, Fail2Ban, WireGuard, updates and kernel settings into a folder.\n\nExample: truckflow harden render --ssh-from 203.0.113.0/24 --ssh-user dispatch --out hardening"`
	Apply    hardenApplyCmd    `cmd:"" help:"Put a rendered folder into force; it goes back by itself unless confirmed.\n\nExample: truckflow harden apply hardening --dry-run"`
	Confirm  hardenConfirmCmd  `cmd:"" help:"Keep what apply did.\n\nExample: truckflow harden confirm"`
	Rollback hardenRollbackCmd `cmd:"" help:"Take back what apply did and nobody confirmed.\n\nExample: truckflow harden rollback"`
	Watch    hardenWatchCmd    `cmd:"" hidden:""`
}

type hardenAuditCmd struct {
	Host   []string `help:"Site whose TLS and headers are probed: https://name. May be given several times."`
	Dir    string   `type:"path" help:"A rendered deployment whose files are judged."`
	RAM    string   `name:"ram" help:"Memory of the machine the deployment is for: 64GB. Default: not judged."`
	VulnDB string   `name:"vulndb" type:"path" help:"The Go vulnerability database: a folder or vulndb.zip."`
	JSON   bool     `help:"For programs."`
}

// Run audits: exit 1 when something fails.
func (c hardenAuditCmd) Run(e *env) error {
	cfg, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	o := harden.Options{Config: cfg, Folder: c.Dir, VulnDB: cmp.Or(c.VulnDB, cfg.VulnDB)}
	for _, h := range c.Host {
		t, err := harden.ParseTarget(h, clock.System.Now())
		if err != nil {
			return err
		}
		o.Sites = append(o.Sites, t)
	}
	for _, p := range []string{c.Dir, c.VulnDB} {
		if _, err := os.Stat(p); p != "" && err != nil {
			return errs.NotFound("%s is not there", p)
		}
	}
	if c.RAM != "" {
		if o.RAMMB, err = tune.ParseRAM(c.RAM); err != nil {
			return err
		}
	}
	o.Build, _ = debug.ReadBuildInfo()
	r := harden.Audit(e.ctx, harden.ThisSystem(), o)
	if c.JSON {
		if err := e.json(r); err != nil {
			return err
		}
	} else {
		printAudit(e, r)
	}
	if r.Count[harden.Fail] > 0 {
		return errWrong
	}
	return nil
}

func printAudit(e *env, r harden.Report) {
	area := ""
	for _, i := range r.Items {
		if i.Area != area {
			area = i.Area
			fmt.Fprintf(e.out, "\n%s\n", area)
		}
		mark := map[harden.Status]string{harden.Pass: "ok  ", harden.Fail: "FAIL", harden.NotApplicable: "-   ", harden.CannotTell: "?   "}[i.Status]
		fmt.Fprintf(e.out, "%s  %-6s  %s  (%s)\n      %s\n", mark, i.Severity, i.Title, i.ID, i.Evidence)
		if i.Status == harden.Fail || i.Status == harden.CannotTell && i.Fix != "" {
			fmt.Fprintf(e.out, "      mend: %s\n      from: %s\n", strings.ReplaceAll(i.Fix, "\n", "\n            "), i.Source)
		}
	}
	fmt.Fprintf(e.out, "\nscore %d of 100: %d pass, %d fail, %d not applicable, %d cannot be told\n", r.Score,
		r.Count[harden.Pass], r.Count[harden.Fail], r.Count[harden.NotApplicable], r.Count[harden.CannotTell])
}

type hardenRenderCmd struct {
	Out      string   `type:"path" required:"" help:"Folder to write."`
	SSHFrom  []string `name:"ssh-from" help:"Network that may reach SSH: 203.0.113.0/24. Default: everybody, slowed down."`
	SSHUser  []string `name:"ssh-user" help:"Who may sign in over SSH. Default: everybody with a key."`
	Peer     []string `help:"Address or network of our other servers, which reach the inner ports."`
	Docker   bool     `help:"Containers publish ports here: guard them too."`
	Nginx    bool     `help:"nginx runs on the host: watch its logs too."`
	Log      string   `type:"path" help:"The program's combined.log, which Fail2Ban watches. Default: TRUCKFLOW_DATA's, or the package's in /var/lib/truckflow." placeholder:"FILE"`
	Network  string   `name:"wireguard-network" default:"10.77.0.0/24" help:"WireGuard's network."`
	Port     int      `name:"wireguard-port" default:"51820" help:"WireGuard's port."`
	Endpoint string   `name:"wireguard-endpoint" help:"Where peers find this server. Default: the host of TRUCKFLOW_URL."`
	Peers    []string `name:"wireguard-peer" help:"An administrator's device; its keys and QR code are made. None: no WireGuard."`
	RAM      string   `name:"ram" help:"Memory of the host: 64GB. Default: this machine's."`
	JSON     bool     `help:"For programs."`
}

// log is the file that Fail2Ban reads. An administrator's shell seldom has the service's settings.
func (c hardenRenderCmd) log(data string) string {
	if c.Log != "" {
		return c.Log
	}
	own, packaged := filepath.Join(data, "logs", "combined.log"), "/var/lib/truckflow/logs/combined.log"
	if _, err := os.Stat(own); err != nil {
		if _, err := os.Stat(packaged); err == nil {
			return packaged
		}
	}
	return own
}

// Run writes the folder.
func (c hardenRenderCmd) Run(e *env) error {
	cfg, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	p := harden.Plan{SSHUsers: c.SSHUser, Docker: c.Docker, Nginx: c.Nginx, Machine: tune.ThisMachine(), LogFile: c.log(cfg.DataDir)}
	if p.SSHFrom, err = networks(c.SSHFrom); err != nil {
		return err
	}
	if p.Peers, err = networks(c.Peer); err != nil {
		return err
	}
	if c.RAM != "" {
		if p.Machine.RAMMB, err = tune.ParseRAM(c.RAM); err != nil {
			return err
		}
	}
	keys, err := harden.LoadKeys(c.Out)
	if err != nil {
		return err
	}
	if len(c.Peers) > 0 {
		net, err := networks([]string{c.Network})
		if err != nil {
			return err
		}
		p.VPN = &harden.VPN{Network: net[0], Port: c.Port, Endpoint: c.Endpoint, Peers: c.Peers}
		if p.VPN.Endpoint == "" {
			p.VPN.Endpoint = harden.HostOf(cfg.PublicURL)
		}
		if err := p.Check(); err != nil {
			return err
		}
		if err := keys.Make(*p.VPN); err != nil {
			return err
		}
	}
	files, err := harden.Render(p, keys)
	if err != nil {
		return err
	}
	written, err := harden.WriteFolder(c.Out, files, keys)
	if err != nil {
		return err
	}
	if c.JSON {
		return e.json(written)
	}
	for _, w := range written {
		note := ""
		if w.Did == "kept" {
			note = " (changed by hand; ours is " + w.Path + ".new)"
		}
		fmt.Fprintf(e.out, "%-10s %s%s\n", w.Did, w.Path, note)
	}
	for _, peer := range c.Peers {
		fmt.Fprintf(e.out, "%s: photograph peers/%s.png, or: cat %s\n", peer, peer, filepath.Join(c.Out, "peers", peer+".txt"))
	}
	return nil
}

func networks(all []string) (out []netip.Prefix, err error) {
	for _, s := range all {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, err := netip.ParseAddr(s)
			if err != nil {
				return nil, errs.Invalid("%q is neither an address nor a network such as 203.0.113.0/24", s)
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		out = append(out, p)
	}
	return out, nil
}

// switchFlags say where a change is made and where its undoing waits.
type switchFlags struct {
	Root  string `default:"/" hidden:""`
	State string `default:"/var/lib/truckflow-harden" type:"path" help:"Where the previous state waits."`
}

func (f switchFlags) of(folder string) harden.Switch {
	s := harden.ThisSystem()
	s.Root = f.Root
	return harden.Switch{System: s, Folder: folder, State: f.State}
}

type hardenApplyCmd struct {
	Folder string        `arg:"" type:"path" help:"A folder of truckflow harden render."`
	DryRun bool          `help:"Check everything and say what would change; change nothing."`
	After  time.Duration `default:"60s" help:"Goes back after this long unless confirmed."`
	JSON   bool          `help:"For programs."`
	switchFlags
}

// Run applies, or with --dry-run says what would be done.
func (c hardenApplyCmd) Run(e *env) error {
	if c.After < time.Second || c.After > time.Hour {
		return errs.Invalid("--after %s: give from 1s to 1h", c.After)
	}
	w := c.of(c.Folder)
	if c.DryRun {
		steps, err := w.Plan(e.ctx)
		if err != nil {
			return err
		}
		return c.print(e, steps)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	steps, err := w.Apply(e.ctx, func() error { return w.StartWatch(self, c.After) })
	if err != nil {
		return err
	}
	if err := c.print(e, steps); err != nil || c.JSON {
		return err
	}
	_, err = fmt.Fprintf(e.out, "in force. Open a second connection now; if it works: truckflow harden confirm. Otherwise all of it goes back in %s.\n", c.After)
	return err
}

func (c hardenApplyCmd) print(e *env, steps []harden.Step) error {
	if c.JSON {
		return e.json(steps)
	}
	for _, s := range steps {
		fmt.Fprintf(e.out, "%s %s\n", s.What, s.Path)
		for line := range strings.Lines(s.Diff) {
			fmt.Fprint(e.out, "    ", line)
		}
	}
	return nil
}

type hardenConfirmCmd struct{ switchFlags }

// Run confirms.
func (c hardenConfirmCmd) Run(e *env) error {
	if err := c.of("").Confirm(e.ctx); err != nil {
		return err
	}
	_, err := fmt.Fprintln(e.out, "confirmed: it stays, also after a restart")
	return err
}

type hardenRollbackCmd struct{ switchFlags }

// Run rolls back.
func (c hardenRollbackCmd) Run(e *env) error {
	if err := c.of("").Rollback(e.ctx); err != nil {
		return err
	}
	_, err := fmt.Fprintln(e.out, "everything is as it was")
	return err
}

type hardenWatchCmd struct {
	After time.Duration `required:""`
	switchFlags
}

// Run is the dead man's switch; apply starts it.
func (c hardenWatchCmd) Run(e *env) error {
	_, err := c.of("").Watch(e.ctx, c.After)
	return err
}
