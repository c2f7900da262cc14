package harden

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Compose is a Compose file, read as far as the rules need. Build it with ReadCompose.
type Compose struct {
	Services map[string]service
	Networks map[string]struct{ Internal bool }
	Volumes  map[string]yaml.Node
	Version  string
}

type service struct {
	Image, User, Restart  string
	Build                 yaml.Node
	Ports                 []yaml.Node
	Environment, Networks yaml.Node
	Volumes               []yaml.Node
	ReadOnly              bool     `yaml:"read_only"`
	CapDrop               []string `yaml:"cap_drop"`
	SecurityOpt           []string `yaml:"security_opt"`
	Privileged            bool
	NetworkMode           string `yaml:"network_mode"`
	Pid                   string
	MemLimit              string `yaml:"mem_limit"`
	PidsLimit             int    `yaml:"pids_limit"`
	Healthcheck, Logging  map[string]yaml.Node
	Deploy                struct {
		Resources struct {
			Limits struct {
				Memory string
				Pids   int
			}
		}
	}
}

// ReadCompose parses a Compose file.
func ReadCompose(file string) (Compose, error) {
	b, err := os.ReadFile(file)
	var c Compose
	if err == nil {
		err = yaml.Unmarshal(b, &c)
	}
	return c, err
}

// job says that a service runs once, when somebody asks for it: nobody waits for
// its health, and what it fetches comes from outside.
func (s service) job() bool { return s.Restart == "no" }

// root says that a service runs as root, named or by default.
func (s service) root() bool {
	u, _, _ := strings.Cut(s.User, ":")
	return u == "" || u == "0" || u == "root"
}

// powers says that a service keeps capabilities.
func (s service) powers() bool {
	return !slices.ContainsFunc(s.CapDrop, func(c string) bool { return strings.EqualFold(c, "all") })
}

// each collects what rule says of every service, in order of their names.
func (c Compose) each(rule func(name string, s service) string) (wrong []string) {
	for _, name := range slices.Sorted(maps.Keys(c.Services)) {
		if w := rule(name, c.Services[name]); w != "" {
			wrong = append(wrong, name+" "+w)
		}
	}
	return wrong
}

// list reads a sequence of texts, or a mapping as KEY=value.
func list(n yaml.Node) (out []string) {
	for k, e := range n.Content {
		switch {
		case n.Kind == yaml.SequenceNode:
			out = append(out, e.Value)
		case k%2 == 1:
			out = append(out, n.Content[k-1].Value+"="+e.Value)
		}
	}
	return out
}

// ComposeLoads finds what docker compose itself would refuse or warn about.
func ComposeLoads(c Compose) Item {
	i := item("compose.loads")
	var wrong []string
	if c.Version != "" {
		wrong = append(wrong, "version: is obsolete and ignored")
	}
	if len(c.Services) == 0 {
		wrong = append(wrong, "no services")
	}
	wrong = append(wrong, c.each(func(_ string, s service) string {
		var miss []string
		for _, v := range s.Volumes {
			name, _, _ := strings.Cut(v.Value, ":")
			if v.Kind == yaml.ScalarNode && name != "" && !strings.ContainsAny(name[:1], "./~$") {
				if _, ok := c.Volumes[name]; !ok {
					miss = append(miss, "refers to undefined volume "+name)
				}
			}
		}
		for _, n := range list(s.Networks) {
			n, _, _ = strings.Cut(n, "=")
			if _, ok := c.Networks[n]; !ok && n != "default" {
				miss = append(miss, "refers to undefined network "+n)
			}
		}
		if s.Image == "" && s.Build.IsZero() {
			miss = append(miss, "has neither image nor build")
		}
		return strings.Join(miss, ", ")
	})...)
	return i.judge(wrong, fmt.Sprintf("%d services, all they name is defined", len(c.Services)))
}

// ComposePorts allows 80 and 443 to the world; everything else on 127.0.0.1.
func ComposePorts(c Compose) Item {
	wrong := c.each(func(_ string, s service) string {
		var open []string
		for _, p := range s.Ports {
			host, port := "", p.Value
			if p.Kind == yaml.MappingNode {
				var long struct {
					Published string
					HostIP    string `yaml:"host_ip"`
				}
				if p.Decode(&long) == nil {
					host, port = long.HostIP, long.Published
				}
			} else {
				part := strings.Split(strings.TrimSuffix(strings.TrimSuffix(p.Value, "/udp"), "/tcp"), ":")
				port = part[max(0, len(part)-2)]
				host = strings.Join(part[:max(0, len(part)-2)], ":")
			}
			if host != "127.0.0.1" && host != "[::1]" && host != "::1" && port != "80" && port != "443" {
				open = append(open, "publishes "+port)
			}
		}
		return strings.Join(open, ", ")
	})
	return item("compose.ports").judge(wrong, "only 80 and 443 are published to the world")
}

// pinned is a tag with a version in it, or a digest.
var pinned = regexp.MustCompile(`@sha256:[0-9a-f]{64}$|:[^:/@]*\d+\.\d+[^:/]*$|\$\{[^}]+\}$`)

// ComposeImages wants a minor version or a digest; what is built here has none.
func ComposeImages(c Compose) Item {
	wrong := c.each(func(_ string, s service) string {
		if s.Image != "" && s.Build.IsZero() && !pinned.MatchString(s.Image) {
			return "is " + s.Image
		}
		return ""
	})
	return item("compose.images").judge(wrong, "every image has a version or a digest")
}

// ComposeUsers wants a user that is not root; what runs once and ends (a volume's
// owner, a certificate) may be root, without the capabilities that make it one.
func ComposeUsers(c Compose) Item {
	wrong := c.each(func(_ string, s service) string {
		switch {
		case s.User == "":
			return "has no user of its own"
		case s.root() && (!s.job() || s.powers()):
			return "runs as root"
		}
		return ""
	})
	return item("compose.user").judge(wrong, "every service names a user")
}

// ComposeRights wants all capabilities dropped and none to be gained.
func ComposeRights(c Compose) Item {
	wrong := c.each(func(_ string, s service) string {
		var w []string
		if s.powers() {
			w = append(w, "keeps capabilities")
		}
		if !slices.ContainsFunc(s.SecurityOpt, func(o string) bool {
			return strings.HasPrefix(o, "no-new-privileges") && !strings.HasSuffix(o, "false")
		}) {
			w = append(w, "may gain rights")
		}
		return strings.Join(w, " and ")
	})
	return item("compose.rights").judge(wrong, "all capabilities are dropped, none can be gained")
}

// ComposeReadOnly wants a root that cannot be written.
func ComposeReadOnly(c Compose) Item {
	wrong := c.each(func(_ string, s service) string {
		if !s.ReadOnly {
			return "can change itself"
		}
		return ""
	})
	return item("compose.readonly").judge(wrong, "every root is read-only")
}

// ComposeLimits wants a bound on memory and on processes.
func ComposeLimits(c Compose) Item {
	wrong := c.each(func(_ string, s service) string {
		var w []string
		if s.MemLimit == "" && s.Deploy.Resources.Limits.Memory == "" {
			w = append(w, "memory")
		}
		if s.PidsLimit == 0 && s.Deploy.Resources.Limits.Pids == 0 {
			w = append(w, "processes")
		}
		if len(w) > 0 {
			return "has no limit of " + strings.Join(w, " and ")
		}
		return ""
	})
	return item("compose.limits").judge(wrong, "memory and processes are bounded everywhere")
}

// ComposeHealth wants health checks and logs that end.
func ComposeHealth(c Compose) Item {
	wrong := c.each(func(_ string, s service) string {
		var w []string
		if len(s.Healthcheck) == 0 && !s.job() {
			w = append(w, "no health check")
		}
		var opt struct {
			Max string `yaml:"max-size"`
		}
		driver := s.Logging["driver"]
		if o, ok := s.Logging["options"]; (!ok || o.Decode(&opt) != nil || opt.Max == "") && driver.Value != "journald" && driver.Value != "local" {
			w = append(w, "logs without end")
		}
		if len(w) > 0 {
			return "has " + strings.Join(w, " and ")
		}
		return ""
	})
	return item("compose.health").judge(wrong, "every service is checked, every log is bounded")
}

// secretName are variables whose value is a secret, unless it is a file's name.
var secretName = regexp.MustCompile(`(?i)(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY)$`)

// urlPassword is a password within an address.
var urlPassword = regexp.MustCompile(`://[^/\s:@]+:[^/\s@]+@`)

// softVariable is ${NAME} or $NAME that becomes blank, with a warning, when it is not set.
var softVariable = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`)

// ComposeSecrets wants secrets as files and no variable that may turn blank.
func ComposeSecrets(c Compose) Item {
	wrong := c.each(func(_ string, s service) string {
		var w []string
		for _, kv := range list(s.Environment) {
			k, v, _ := strings.Cut(kv, "=")
			switch {
			case secretName.MatchString(k) && softVariable.MatchString(v):
				w = append(w, k+" turns blank when its variable is not set")
			case secretName.MatchString(k):
				w = append(w, k+" is a variable")
			case urlPassword.MatchString(v):
				w = append(w, k+" holds a password")
			}
		}
		return strings.Join(w, ", ")
	})
	return item("compose.secrets").judge(wrong, "secrets are files")
}

// stores are images that hold data and have no business on the internet.
var stores = regexp.MustCompile(`(?i)\b(postgres|redis|valkey|ollama|pgbouncer)\b`)

// ComposeNetworks wants stores on internal networks only.
func ComposeNetworks(c Compose) Item {
	n := 0
	wrong := c.each(func(name string, s service) string {
		if !stores.MatchString(s.Image) || strings.Contains(s.Image, "exporter") || s.job() {
			return ""
		}
		n++
		nets := list(s.Networks)
		if len(nets) == 0 {
			return "is on the default network, which leads out"
		}
		for _, net := range nets {
			net, _, _ = strings.Cut(net, "=")
			if !c.Networks[net].Internal {
				return "is on " + net + ", which leads out"
			}
		}
		return ""
	})
	if n == 0 {
		return item("compose.networks").absent("no store is among the services")
	}
	return item("compose.networks").judge(wrong, fmt.Sprintf("%d stores, on internal networks only", n))
}

// ComposeSocket wants no container that could take over the host.
func ComposeSocket(c Compose) Item {
	wrong := c.each(func(_ string, s service) string {
		var w []string
		if s.Privileged {
			w = append(w, "is privileged")
		}
		if s.NetworkMode == "host" {
			w = append(w, "uses the host's network")
		}
		if s.Pid == "host" && (s.root() || s.powers()) { // a monitor without rights may count them
			w = append(w, "sees the host's processes and has rights over them")
		}
		for _, v := range s.Volumes {
			if b, err := yaml.Marshal(&v); err == nil && strings.Contains(string(b), "docker.sock") {
				w = append(w, "holds Docker's socket")
			}
		}
		return strings.Join(w, ", ")
	})
	return item("compose.socket").judge(wrong, "none")
}

// ComposeItems runs every rule on one file.
func ComposeItems(file string) []Item {
	c, err := ReadCompose(file)
	if err != nil {
		return []Item{item("compose.loads").fail("%s: %s", filepath.Base(file), why(err))}
	}
	return []Item{ComposeLoads(c), ComposePorts(c), ComposeImages(c), ComposeUsers(c), ComposeRights(c), ComposeReadOnly(c),
		ComposeLimits(c), ComposeHealth(c), ComposeSecrets(c), ComposeNetworks(c), ComposeSocket(c)}
}
