package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/sys/unix"

	"truckflow/internal/app"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/deploy"
	"truckflow/internal/ops/tune"
)

type deployCmd struct {
	Init   deployInitCmd   `cmd:"" help:"Write deploy.yaml, the description everything is rendered from. Asks when on a terminal.\n\nExample: truckflow deploy init --domain tms.example.com --out production"`
	Render deployRenderCmd `cmd:"" help:"Render the deployment described by deploy.yaml. What somebody edited is kept.\n\nExample: truckflow deploy render --out production"`
	Check  deployCheckCmd  `cmd:"" help:"Check every rendered file with its own program, and with --host this machine.\n\nExample: truckflow deploy check production"`
	Diff   deployDiffCmd   `cmd:"" help:"Show what rendering now would change.\n\nExample: truckflow deploy diff production"`
}

// planFlags are deploy.yaml's fields as flags; the zero value leaves a field to its default.
type planFlags struct {
	Domain    string   `help:"What people will type: tms.example.com."`
	Contact   string   `help:"E-mail for Let's Encrypt and the alerts."`
	Topology  string   `help:"single, ha (several servers: their names, addresses and roles are in deploy.yaml) or k8s."`
	How       string   `name:"run" help:"How the single topology runs: containers or systemd."`
	RAMGB     int      `name:"ram-gb" help:"The server's memory."`
	Cores     int      `help:"Its cores."`
	DiskGB    int      `name:"disk-gb" help:"Its disk."`
	GPUs      int      `name:"gpus" help:"Its GPUs; with one a local model runs."`
	Store     string   `help:"Where papers lie: folder or s3."`
	S3        string   `name:"s3-endpoint" help:"The store's https:// address."`
	AccessKey string   `name:"s3-access-key" help:"The store's access key."`
	BackupS3  string   `name:"backup-s3-endpoint" help:"The https:// address of an S3 store for backups, away from here."`
	BackupKey string   `name:"backup-s3-access-key" help:"That store's access key."`
	Mail      string   `help:"Mail server, host:port."`
	MailUser  string   `help:"The account there."`
	Registry  string   `help:"k8s: where the image is pushed, registry.example.com/dispatch."`
	AI        string   `name:"ai" help:"ollama, none, or on k8s vllm."`
	Admin     []string `help:"Address ranges that may open monitoring."`
	CDN       string   `name:"cdn" help:"none or cloudflare."`
	Postgres  int      `help:"PostgreSQL's major version."`
}

func (f planFlags) onto(p deploy.Plan) deploy.Plan {
	put(&p.Domain, f.Domain)
	put(&p.Contact, f.Contact)
	put(&p.Topology, f.Topology)
	put(&p.Run, f.How)
	put(&p.Host.RAMGB, f.RAMGB)
	put(&p.Host.Cores, f.Cores)
	put(&p.Host.DiskGB, f.DiskGB)
	put(&p.Host.GPUs, f.GPUs)
	put(&p.Files.Store, f.Store)
	put(&p.Files.Endpoint, f.S3)
	put(&p.Files.AccessKey, f.AccessKey)
	put(&p.Backup.Endpoint, f.BackupS3)
	put(&p.Backup.AccessKey, f.BackupKey)
	put(&p.Mail.Server, f.Mail)
	put(&p.Mail.User, f.MailUser)
	put(&p.Kubernetes.Registry, f.Registry)
	put(&p.AI.Engine, f.AI)
	put(&p.CDN, f.CDN)
	put(&p.Postgres, f.Postgres)
	if len(f.Admin) > 0 {
		p.Admin.From = f.Admin
	}
	return p
}

func put[T comparable](to *T, v T) {
	var zero T
	if v != zero {
		*to = v
	}
}

type deployInitCmd struct {
	planFlags
	Out string `help:"The deployment's folder." default:"." type:"path"`
}

// Run writes a new deploy.yaml; an existing one is the operator's and stays.
func (c deployInitCmd) Run(e *env) error {
	file := filepath.Join(c.Out, deploy.PlanFile)
	if _, err := os.Stat(file); err == nil {
		return errs.Conflict("%s is there already", file).Hint("edit it, or choose another --out")
	}
	p := c.onto(deploy.Plan{})
	if p.Topology == deploy.HA {
		p.Cluster = deploy.Twelve()
	}
	if terminal(os.Stdin) && c.Domain == "" {
		if err := interview(bufio.NewReader(os.Stdin), e.errOut, &p); err != nil {
			return err
		}
	}
	p = p.Filled()
	if err := p.Check(); err != nil {
		return err
	}
	if _, err := deploy.Render(p, app.DeployFacts(Version)); err != nil { // no description that cannot be rendered
		return err
	}
	b, err := deploy.PlanText(p)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Out, 0o755); err != nil {
		return errs.Unavailable("%s cannot be made", c.Out).Wrap(err)
	}
	if err := os.WriteFile(file, b, 0o644); err != nil {
		return errs.Unavailable("%s cannot be written", file).Wrap(err)
	}
	_, err = fmt.Fprintf(e.out, "wrote %s\nnext: truckflow deploy render --out %s\n", file, c.Out)
	return err
}

// terminal reports whether a person can answer.
func terminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// question is one of an interview; its answer goes into text or number.
type question struct {
	asks   string
	def    func(deploy.Plan) string // shown; "" has none. It sees what was answered so far
	text   *string
	number *int
	when   func() bool // nil: always
}

// questions are what differs from one carrier to the next.
func questions(p *deploy.Plan) []question {
	k8s := func() bool { return p.Topology == deploy.K8s }
	single := func() bool { return p.Topology == "" || p.Topology == deploy.Single }
	sized := func() bool { return !p.IsCluster() } // a cluster's servers are edited in the file
	s3 := func() bool { return p.Files.Store == "s3" }
	says := func(s string) func(deploy.Plan) string { return func(deploy.Plan) string { return s } }
	count := func(n func(deploy.Plan) int) func(deploy.Plan) string {
		return func(d deploy.Plan) string { return strconv.Itoa(n(d)) }
	}
	return []question{
		{"Domain, what people will type", says("tms.example.com"), &p.Domain, nil, nil},
		{"E-mail for Let's Encrypt and alerts", says("admin@ that domain"), &p.Contact, nil, nil},
		{"Topology: single, ha or k8s", func(d deploy.Plan) string { return d.Topology }, &p.Topology, nil, nil},
		{"Run it in containers or by systemd", func(d deploy.Plan) string { return d.Run }, &p.Run, nil, single},
		{"Memory, GB", count(func(d deploy.Plan) int { return d.Host.RAMGB }), nil, &p.Host.RAMGB, sized},
		{"Cores", count(func(d deploy.Plan) int { return d.Host.Cores }), nil, &p.Host.Cores, sized},
		{"Disk, GB", count(func(d deploy.Plan) int { return d.Host.DiskGB }), nil, &p.Host.DiskGB, sized},
		{"GPUs", says("0"), nil, &p.Host.GPUs, sized},
		{"Papers lie in: folder or s3 (more than one server needs s3)", func(d deploy.Plan) string { return d.Files.Store }, &p.Files.Store, nil, nil},
		{"The S3 store's https:// address", says(""), &p.Files.Endpoint, nil, s3},
		{"Its access key", says(""), &p.Files.AccessKey, nil, s3},
		{"Mail server, host:port; none: mail is shown in the app", says(""), &p.Mail.Server, nil, nil},
		{"AI engine: ollama, none, or on k8s vllm", func(d deploy.Plan) string { return d.AI.Engine }, &p.AI.Engine, nil, func() bool { return p.Host.GPUs > 0 }},
		{"CDN: none or cloudflare", func(d deploy.Plan) string { return d.CDN }, &p.CDN, nil, func() bool { return p.Topology != deploy.K8s }},
		{"Backups' S3 store, https:// address", says(""), &p.Backup.Endpoint, nil, func() bool { return !single() }},
		{"Its access key", says(""), &p.Backup.AccessKey, nil, func() bool { return p.Backup.Endpoint != "" }},
		{"Where the image is pushed, such as registry.example.com/dispatch", says(""), &p.Kubernetes.Registry, nil, k8s},
	}
}

// interview asks; an empty answer takes the default shown.
func interview(in *bufio.Reader, out io.Writer, p *deploy.Plan) error {
	for _, q := range questions(p) {
		if q.when != nil && !q.when() {
			continue
		}
		fmt.Fprintf(out, "%s [%s]: ", q.asks, q.def(p.Filled()))
		a, err := in.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) { // at the end the rest takes its defaults
			return err
		}
		switch a = strings.TrimSpace(a); {
		case a == "":
		case q.text != nil:
			*q.text = a
		default:
			if *q.number, err = strconv.Atoi(a); err != nil {
				return errs.Invalid("%q is not a number", a)
			}
		}
	}
	return nil
}

type deployRenderCmd struct {
	Out       string `help:"The deployment's folder, with its deploy.yaml." default:"." type:"path"`
	Topology  string `help:"Render this topology instead of deploy.yaml's."`
	How       string `name:"run" help:"Run the single topology this way instead of deploy.yaml's."`
	Overwrite bool   `help:"Replace what somebody edited, too; their version stays beside as NAME.edited."`
	JSON      bool   `help:"For programs."`
}

// Run renders. Exit 1: something was edited by hand and so was not brought up to date.
func (c deployRenderCmd) Run(e *env) error {
	p, err := deploy.ReadPlan(c.Out, func(p deploy.Plan) deploy.Plan { return p.As(c.Topology, c.How) })
	if err != nil {
		return err
	}
	files, err := deploy.Render(p, app.DeployFacts(Version))
	if err != nil {
		return err
	}
	changes, err := deploy.Write(c.Out, files, Version, c.Overwrite)
	if err != nil {
		return err
	}
	missing, err := deploy.MakeSecrets(c.Out, p)
	if err != nil {
		return err
	}
	kept := 0
	for _, x := range changes {
		if x.Edited && !c.Overwrite {
			kept++
		}
	}
	if c.JSON {
		err = e.json(map[string]any{"files": changes, "missing": missing})
	} else {
		for _, x := range changes {
			if x.What != deploy.Same {
				fmt.Fprintf(e.out, "%-9s %s\n", x.What, x.Path)
			}
		}
		fmt.Fprintf(e.out, "%d files in %s\n", len(files), c.Out)
		for _, m := range missing {
			fmt.Fprintf(e.out, "to be written by you: %s\n", m)
		}
		if kept > 0 {
			fmt.Fprintf(e.out, "%d edited by hand and kept as they are: truckflow deploy diff %s shows them, --overwrite replaces them\n", kept, c.Out)
		}
	}
	if err == nil && kept > 0 {
		err = errWrong
	}
	return err
}

type deployDiffCmd struct {
	Dir  string `arg:"" help:"The deployment's folder." type:"path" default:"."`
	JSON bool   `help:"For programs."`
}

// Run shows the changes. Exit 1: there are some.
func (c deployDiffCmd) Run(e *env) error {
	p, err := deploy.ReadPlan(c.Dir)
	if err != nil {
		return err
	}
	files, err := deploy.Render(p, app.DeployFacts(Version))
	if err != nil {
		return err
	}
	changes, err := deploy.Compare(c.Dir, files)
	if err != nil {
		return err
	}
	var differ []deploy.Change
	for _, x := range changes {
		if x.What != deploy.Same {
			differ = append(differ, x)
		}
	}
	if c.JSON {
		err = e.json(map[string]any{"changes": differ})
	} else {
		for _, x := range differ {
			fmt.Fprintf(e.out, "%-9s %s\n%s", x.What, x.Path, x.Diff)
		}
		if len(differ) == 0 {
			fmt.Fprintf(e.out, "%s is what this version renders\n", c.Dir)
		}
	}
	if err == nil && len(differ) > 0 {
		err = errWrong
	}
	return err
}

type deployCheckCmd struct {
	Dir  string   `arg:"" help:"The deployment's folder." type:"path" default:"."`
	Host thisHost `help:"Ask this machine, too: memory, cores, disk, ports, DNS. Of a cluster look at one server's files alone: the one whose address this machine has, or --host=NAME." placeholder:"NAME"`
	JSON bool     `help:"For programs."`
}

// Run checks. Exit 1: something is bad; what could not be checked is said and is no failure.
func (c deployCheckCmd) Run(e *env) error {
	found, err := c.look(e.ctx)
	if err != nil {
		return err
	}
	bad := false
	for _, f := range found {
		bad = bad || f.Status == deploy.Bad
	}
	if c.JSON {
		err = e.json(map[string]any{"findings": found})
	} else {
		for _, f := range found {
			fmt.Fprintf(e.out, "%-11s  %s (%s)\n", f.Status, f.About, f.By)
			for line := range strings.Lines(f.Detail) {
				fmt.Fprintf(e.out, "             %s\n", strings.TrimRight(line, "\n"))
			}
		}
	}
	if err == nil && bad {
		err = errWrong
	}
	return err
}

// thisHost is a flag that may be given a name, after "=" alone: the folder may follow it.
type thisHost struct {
	asked bool
	name  string // of a cluster's server
}

// IsBool tells kong that no value need follow.
func (thisHost) IsBool() bool { return true }

// Decode implements kong.MapperValue.
func (h *thisHost) Decode(ctx *kong.DecodeContext) error {
	h.asked = true
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		return nil
	}
	return ctx.Scan.PopValueInto("name", &h.name)
}

func (c deployCheckCmd) look(ctx context.Context) ([]deploy.Finding, error) {
	if !c.Host.asked {
		return deploy.CheckDir(ctx, c.Dir)
	}
	p, err := deploy.ReadPlan(c.Dir)
	if err != nil {
		return nil, err
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(c.Dir, &fs); err != nil {
		return nil, errs.Unavailable("the disk of %s cannot be asked", c.Dir).Wrap(err)
	}
	m := tune.ThisMachine()
	host := deploy.Machine{RAMMB: m.RAMMB, Cores: m.Cores, DiskGB: int(fs.Blocks * uint64(fs.Bsize) >> 30), Addresses: addresses(), PortInUse: deploy.PortInUse, Lookup: net.LookupHost}
	if p.IsCluster() {
		s, err := p.ServerHere(c.Host.name, host)
		if err != nil {
			return nil, err
		}
		return deploy.CheckServer(ctx, c.Dir, p, s, host)
	}
	if c.Host.name != "" {
		return nil, errs.Invalid("--host=%s: this deployment's servers have no names", c.Host.name).Hint("--host alone")
	}
	found, err := deploy.CheckDir(ctx, c.Dir)
	return append(found, deploy.CheckHost(p, host)...), err
}

// addresses are this machine's, each with its interface.
func addresses() map[string]string {
	out := map[string]string{}
	links, _ := net.Interfaces() // none: nothing is found here
	for _, l := range links {
		all, _ := l.Addrs()
		for _, a := range all {
			if n, ok := a.(*net.IPNet); ok {
				out[n.IP.String()] = l.Name
			}
		}
	}
	return out
}
