package deploy

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"go.yaml.in/yaml/v3"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/tune"
)

// PlanFile is the description's name in a deployment's folder. It is the
// operator's file: read, never overwritten.
const PlanFile = "deploy.yaml"

// Topologies, and the ways to run the single one.
const (
	Single = "single"
	HA     = "ha"
	K8s    = "k8s"

	Containers = "containers"
	Systemd    = "systemd"
)

// Facts are what the program itself knows and everything around it must agree
// with: the same limits in nginx as in the code, the same headers.
type Facts struct {
	Version       string      // of the program, "1.4.0"
	UploadBytes   int64       // the largest request that carries a document
	BodyBytes     int64       // the largest request of the API
	RatePerMinute int         // API requests an organisation may make
	SignInTries   int         // sign-ins one address may try …
	SignInMinutes int         // … in so many minutes
	StopSeconds   int         // what running requests and jobs get when the program ends
	Headers       [][2]string // security headers: name and value
}

// Plan is deploy.yaml: all that differs from one carrier to the next. The zero
// value of a field means its default.
type Plan struct {
	Domain    string  `yaml:"domain"`            // what people type: tms.example.com
	Contact   string  `yaml:"contact"`           // e-mail: Let's Encrypt and the alerts write there
	Topology  string  `yaml:"topology"`          // single, ha or k8s
	Run       string  `yaml:"run"`               // containers or systemd; single only
	Host      Host    `yaml:"host"`              // the server
	Postgres  int     `yaml:"postgres"`          // major version
	Files     Files   `yaml:"files"`             // where papers lie
	Mail      Mail    `yaml:"mail"`              // how mail leaves
	AI        AI      `yaml:"ai"`                // the local model
	Admin     Admin   `yaml:"admin"`             // who may reach what is not for everybody
	CDN       string  `yaml:"cdn"`               // none or cloudflare
	Backup    Backup  `yaml:"backup"`            // of the database
	Retention Keep    `yaml:"retention"`         // how long figures and positions are kept
	Cluster   Cluster `yaml:"cluster,omitempty"` // the servers; ha only

	Kubernetes Kube `yaml:"kubernetes,omitempty"` // k8s only
}

// Host is one server's size.
type Host struct {
	RAMGB  int `yaml:"ram_gb"`
	Cores  int `yaml:"cores"`
	DiskGB int `yaml:"disk_gb"`
	GPUs   int `yaml:"gpus"`
}

// Files says where papers lie: a folder on the server, or an S3 store. Its
// secret key is not here but in secrets/s3_secret_key.
type Files struct {
	Store     string `yaml:"store"` // folder or s3
	Endpoint  string `yaml:"endpoint,omitempty"`
	Bucket    string `yaml:"bucket,omitempty"`
	AccessKey string `yaml:"access_key,omitempty"`
}

// Mail is the server that sends; without one mail is kept and shown in the app.
// The account's password is secrets/smtp_password.
type Mail struct {
	Server string `yaml:"server"` // host:port, "" for none
	User   string `yaml:"user"`   // the account there, "" for none
	From   string `yaml:"from"`
}

// AI is the engine for a local model.
type AI struct {
	Engine string `yaml:"engine"` // ollama or none; on Kubernetes also vllm
	Model  string `yaml:"model,omitempty"`
}

// Admin lists who may open the monitoring pages and, in the firewall, SSH.
type Admin struct {
	From []string `yaml:"from"` // address ranges
	VPN  string   `yaml:"vpn"`  // WireGuard's own range
}

// Backup is where the program's own backups go, beside a folder on another disk an
// S3 store away from here. Its secret key is secrets/backup_s3_secret_key. When and
// how long is not asked: a full copy a day and the log all the time, kept 30 days
// here and a year there, are the program's.
type Backup struct {
	Folder    string `yaml:"folder"`              // ha has none: it would be on one server
	Recipient string `yaml:"recipient,omitempty"` // ha: the recovery key's public half, the same for every instance
	Endpoint  string `yaml:"endpoint,omitempty"`
	Bucket    string `yaml:"bucket,omitempty"`
	AccessKey string `yaml:"access_key,omitempty"`
}

// Keep is how long figures and positions are kept, in days.
type Keep struct {
	Metrics   int `yaml:"metrics_days"`
	Positions int `yaml:"position_days"`
}

// smallest is the least each topology works on; below it something is killed
// for memory or fills the disk within weeks.
var smallest = map[string]Host{
	Single: {RAMGB: 8, Cores: 2, DiskGB: 60},
	K8s:    {RAMGB: 16, Cores: 4, DiskGB: 100},
}

// Filled returns p with the defaults in the fields that say nothing: the
// specification's single server.
func (p Plan) Filled() Plan {
	def(&p.Topology, Single)
	if p.Topology == Single {
		def(&p.Run, Containers)
	}
	if p.Topology == HA {
		p.Cluster = p.Cluster.filled()
	} else {
		def(&p.Host.RAMGB, 64)
		def(&p.Host.Cores, 16)
		def(&p.Host.DiskGB, 2000)
	}
	def(&p.Postgres, 16)
	def(&p.Files.Store, "folder")
	if p.Files.Store == "s3" {
		def(&p.Files.Bucket, "truckflow")
	}
	if p.Host.GPUs > 0 || len(p.Cluster.With(GPU)) > 0 {
		def(&p.AI.Engine, "ollama")
	}
	def(&p.AI.Engine, "none")
	switch p.AI.Engine {
	case "ollama":
		def(&p.AI.Model, "qwen2.5:14b-instruct")
	case "vllm":
		def(&p.AI.Model, "Qwen/Qwen2.5-14B-Instruct")
	}
	def(&p.Admin.VPN, "10.77.0.0/24")
	def(&p.CDN, "none")
	def(&p.Mail.From, "truckflow@"+p.Domain)
	def(&p.Contact, "admin@"+p.Domain)
	if p.Topology != HA {
		def(&p.Backup.Folder, "/srv/truckflow-backup")
	}
	if p.Backup.Endpoint != "" {
		def(&p.Backup.Bucket, "truckflow-backup")
	}
	def(&p.Retention.Metrics, 30)
	def(&p.Retention.Positions, 60)
	if p.Topology == K8s {
		p = p.filledKube()
	}
	return p
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// label is one part of a domain name (RFC 1123); a last part of digits would be an address.
var label = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// Check returns the first thing wrong with a filled plan, as one line.
func (p Plan) Check() error {
	for _, check := range []func(Plan) error{Plan.checkText, Plan.checkDomain, Plan.checkShape, Plan.checkHost, Plan.checkServices, Plan.checkAdmin, Plan.checkKube} {
		if err := check(p); err != nil {
			return err
		}
	}
	return nil
}

// harmless is what a value may consist of: it ends up in YAML, in nginx's, systemd's
// and PostgreSQL's files and in scripts, each of which gives other signs a meaning.
var harmless = regexp.MustCompile(`^[A-Za-z0-9._~:/@+=-]*$`)

func (p Plan) checkText() error {
	for _, x := range []struct{ field, v string }{{"domain", p.Domain}, {"contact", p.Contact}, {"files.endpoint", p.Files.Endpoint}, {"files.bucket", p.Files.Bucket}, {"files.access_key", p.Files.AccessKey},
		{"mail.server", p.Mail.Server}, {"mail.user", p.Mail.User}, {"mail.from", p.Mail.From}, {"ai.model", p.AI.Model}, {"backup.folder", p.Backup.Folder},
		{"backup.endpoint", p.Backup.Endpoint}, {"backup.recipient", p.Backup.Recipient}, {"backup.bucket", p.Backup.Bucket}, {"backup.access_key", p.Backup.AccessKey}} {
		if !harmless.MatchString(x.v) {
			return errs.Invalid("%s: %q holds a sign that does not belong there", x.field, x.v).Hint("letters, digits and . _ ~ : / @ + = -")
		}
	}
	return nil
}

func (p Plan) checkDomain() error {
	if p.Domain == "" {
		return errs.Invalid("domain is missing").Hint("the name people type, such as tms.example.com")
	}
	parts := strings.Split(p.Domain, ".")
	last := parts[len(parts)-1]
	if len(parts) < 2 || len(p.Domain) > 253 || strings.Trim(last, "0123456789") == "" ||
		slices.ContainsFunc(parts, func(s string) bool { return !label.MatchString(s) }) {
		return errs.Invalid("domain: %q is not a domain name", p.Domain).Hint("lower case, without https:// and without a port: tms.example.com")
	}
	for _, m := range []struct{ field, v string }{{"contact", p.Contact}, {"mail.from", p.Mail.From}} {
		if a, err := mail.ParseAddress(m.v); err != nil || a.Address != m.v {
			return errs.Invalid("%s: %q is not an e-mail address", m.field, m.v)
		}
	}
	return nil
}

// oneOf is an error unless v is among the choices.
func oneOf(field, v string, choices ...string) error {
	if !slices.Contains(choices, v) {
		return errs.Invalid("%s: %q is unknown; choose %s", field, v, strings.Join(choices, ", "))
	}
	return nil
}

func (p Plan) checkShape() error {
	if err := oneOf("topology", p.Topology, Single, HA, K8s); err != nil {
		return err
	}
	if p.Topology == Single {
		if err := oneOf("run", p.Run, Containers, Systemd); err != nil {
			return err
		}
	} else if p.Run != "" {
		return errs.Invalid("run: only the single topology chooses how it is run; leave it out")
	}
	if p.Topology != Single && p.Files.Store == "folder" {
		return errs.Invalid("files.store: a folder is seen by one application server only; topology %s needs s3", p.Topology)
	}
	if err := tune.CheckPostgres(p.Postgres); err != nil {
		return err
	}
	if !p.Native() && p.Postgres != 16 {
		return errs.Invalid("postgres: containers are pinned to version 16; another one is for run: systemd only")
	}
	return nil
}

func (p Plan) checkHost() error {
	if p.Topology == HA {
		return p.checkCluster()
	}
	if len(p.Cluster.Servers) > 0 {
		return errs.Invalid("cluster: only topology ha has several servers; leave it out")
	}
	least := smallest[p.Topology]
	for _, x := range []struct {
		field, unit string
		has, least  int
	}{{"ram_gb", " GB", p.Host.RAMGB, least.RAMGB}, {"cores", "", p.Host.Cores, least.Cores}, {"disk_gb", " GB", p.Host.DiskGB, least.DiskGB}} {
		if x.has < x.least {
			return errs.Invalid("host.%s: %d%s is too little for topology %s; it needs %d%s or more", x.field, x.has, x.unit, p.Topology, x.least, x.unit)
		}
	}
	if p.Host.GPUs < 0 || p.AI.Engine != "none" && p.Host.GPUs == 0 {
		return errs.Invalid("ai.engine: %s needs a GPU; host.gpus is %d", p.AI.Engine, p.Host.GPUs).Hint("without one a local model answers in minutes; set ai.engine to none")
	}
	return nil
}

func (p Plan) checkServices() error {
	if err := oneOf("files.store", p.Files.Store, "folder", "s3"); err != nil {
		return err
	}
	for _, x := range []struct {
		field, endpoint, key, secret string
		wanted                       bool
	}{{"files", p.Files.Endpoint, p.Files.AccessKey, "s3_secret_key", p.Files.Store == "s3"}, {"backup", p.Backup.Endpoint, p.Backup.AccessKey, "backup_s3_secret_key", p.Backup.Endpoint != ""}} {
		if !x.wanted {
			continue
		}
		if u, err := url.Parse(x.endpoint); err != nil || u.Scheme != "https" || u.Host == "" {
			return errs.Invalid("%s.endpoint: %q is not the https:// address of an S3 store", x.field, x.endpoint)
		}
		if x.key == "" {
			return errs.Invalid("%s.access_key is missing; its secret goes into secrets/%s", x.field, x.secret)
		}
	}
	if p.Mail.Server != "" {
		if h, port, err := net.SplitHostPort(p.Mail.Server); err != nil || h == "" || port == "" {
			return errs.Invalid("mail.server: %q is not host:port", p.Mail.Server)
		}
	}
	engines := []string{"ollama", "none"}
	if p.Topology == K8s {
		engines = append(engines, "vllm")
	}
	if err := oneOf("ai.engine", p.AI.Engine, engines...); err != nil {
		return err
	}
	if err := oneOf("cdn", p.CDN, "none", "cloudflare"); err != nil {
		return err
	}
	if p.Topology != HA && !filepath.IsAbs(p.Backup.Folder) || strings.Contains(p.Backup.Folder, ":") {
		return errs.Invalid("backup.folder: %q is not an absolute path without a colon", p.Backup.Folder)
	}
	for _, x := range []struct {
		field       string
		v, from, to int
	}{{"retention.metrics_days", p.Retention.Metrics, 1, 3650}, {"retention.position_days", p.Retention.Positions, 1, 3650}} {
		if x.v < x.from || x.v > x.to {
			return errs.Invalid("%s: %d is out of range; %d to %d", x.field, x.v, x.from, x.to)
		}
	}
	return nil
}

func (p Plan) checkAdmin() error {
	for _, a := range slices.Concat(p.Admin.From, []string{p.Admin.VPN}) {
		pre, err := netip.ParsePrefix(a)
		if err != nil {
			return errs.Invalid("admin: %q is not an address range such as 203.0.113.0/29", a)
		}
		if pre.Bits() == 0 {
			return errs.Invalid("admin: %s is everybody; name the office's addresses or use the VPN", a)
		}
	}
	return nil
}

// As is p for another topology or way to run: what only the old one has is left out.
// An empty argument changes nothing.
func (p Plan) As(topology, run string) Plan {
	def(&topology, cmp.Or(p.Topology, Single))
	if topology != cmp.Or(p.Topology, Single) {
		p.Run, p.Cluster, p.Kubernetes = "", Cluster{}, Kube{}
		if topology == HA {
			p.Host, p.Backup.Folder = Host{}, ""
		}
	}
	p.Topology = topology
	if run != "" {
		p.Run = run
	}
	return p
}

// ReadPlan reads the description in dir, changes it as the edits say, fills and checks it.
func ReadPlan(dir string, edits ...func(Plan) Plan) (Plan, error) {
	b, err := os.ReadFile(filepath.Join(dir, PlanFile))
	if errors.Is(err, os.ErrNotExist) {
		return Plan{}, errs.NotFound("there is no %s in %s", PlanFile, dir).Hint("truckflow deploy init --out %s --domain YOUR.DOMAIN writes one", dir)
	} else if err != nil {
		return Plan{}, errs.Unavailable("%s cannot be read", PlanFile).Wrap(err)
	}
	p, err := parse(b)
	if err != nil {
		return p, err
	}
	for _, edit := range edits {
		p = edit(p)
	}
	p = p.Filled()
	return p, p.Check()
}

// ParsePlan reads a description and fills it. A field it does not know is an
// error: a misspelled one would silently be its default.
func ParsePlan(b []byte) (Plan, error) {
	p, err := parse(b)
	if err != nil {
		return p, err
	}
	return p.Filled(), nil
}

func parse(b []byte) (p Plan, err error) {
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(&p); err != nil && !errors.Is(err, io.EOF) {
		return p, errs.Invalid("%s: %s", PlanFile, oneLine(err))
	}
	return p, nil
}

// PlanText is p as a deploy.yaml with a remark beside every field.
func PlanText(p Plan) ([]byte, error) {
	t, err := template.ParseFS(templates, "templates/common/deploy.yaml")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = t.Execute(&b, p)
	return b.Bytes(), err
}

func oneLine(err error) string {
	s := strings.TrimPrefix(err.Error(), "yaml: ")
	s = strings.TrimPrefix(s, "unmarshal errors:\n")
	s = strings.ReplaceAll(s, " in type deploy.Plan", "")
	return strings.Join(strings.Fields(s), " ")
}

// Memory is each container's limit in MB.
type Memory struct {
	Postgres, App, Redis, Ollama, Prometheus, Small int
}

// Memory shares the host's memory as package tune does: PostgreSQL's worst case is
// half of it. On one server the specification's 25 % and 75 % for PostgreSQL, with
// 8 GB for Redis and 64 GB for the program, would be twice what there is.
func (p Plan) Memory() Memory {
	mb := p.Host.RAMGB * 1024
	m := Memory{Postgres: mb / 2, App: mb / 6, Redis: mb / 12, Prometheus: mb / 24, Small: min(192, mb/96)}
	if p.AI.Engine == "ollama" {
		m.Ollama = mb / 8
	}
	return m
}

// String says the plan in one line, for the head of every file.
func (p Plan) String() string {
	if p.Topology == HA {
		return fmt.Sprintf("%s, %s on %d servers", p.Domain, p.Topology, len(p.Cluster.Servers))
	}
	s := fmt.Sprintf("%s, %s on %d GB and %d cores", p.Domain, p.Topology, p.Host.RAMGB, p.Host.Cores)
	if p.Run != "" {
		s += ", " + p.Run
	}
	return s
}
