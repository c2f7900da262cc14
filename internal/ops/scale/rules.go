// Package scale decides when instances of the program are added and removed, by
// the specification's literal words (a threshold that held for a time adds or
// removes a fixed number), and has an existing engine carry it out.
//
// Rules and Decide are pure: what was seen goes in, a decision with its reason
// comes out. Simulate plays curves against them, Render says the same to
// Prometheus, KEDA, the plain HPA and Nomad (and what those cannot say), and a
// Runner reads a real Prometheus and drives a real engine.
package scale

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"truckflow/internal/kit/errs"
)

// Default is the scaling.yaml of the specification, with what it leaves open filled in.
//
//go:embed scaling.yaml
var Default []byte

// Duration is a time.Duration that reads and prints as "5m0s".
type Duration time.Duration

// UnmarshalYAML reads "5m", "90s", "1h30m".
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %q is not a duration such as 5m or 90s", n.Line, n.Value)
	}
	*d = Duration(v)
	return nil
}

// String is short: "5m" and not "5m0s".
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText prints as String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Rules are a whole scaling.yaml.
type Rules struct {
	Interval   Duration `yaml:"interval"`   // between two looks
	Prometheus string   `yaml:"prometheus"` // http(s)://host:port
	Database   Budget   `yaml:"database"`
	Roles      []Role   `yaml:"roles"`
}

// Budget is what the database can bear: an instance that finds no connection
// makes everybody slower instead of faster.
type Budget struct {
	Connections int `yaml:"connections"` // max_connections, or the pooler's
	Reserved    int `yaml:"reserved"`    // for backup, exporter, people
}

// Role is one kind of instance, scaled by itself.
type Role struct {
	Name        string            `yaml:"name"` // web, worker, ai
	Min         int               `yaml:"min"`
	Max         int               `yaml:"max"`
	Step        int               `yaml:"step"`        // instances a decision adds or removes
	Cooldown    Duration          `yaml:"cooldown"`    // after an action, nothing for so long
	Drain       Duration          `yaml:"drain"`       // an instance that is removed may finish its requests for so long
	Connections int               `yaml:"connections"` // database connections of one instance
	Metrics     map[string]Metric `yaml:"metrics"`
	Instances   string            `yaml:"instances"` // query: how many instances report; fewer than run: nothing is removed
	Up          []Trigger         `yaml:"up"`        // any one adds
	Down        []Trigger         `yaml:"down"`      // any one removes, when nothing adds
	Engine      Engine            `yaml:"engine"`
}

// Metric is one figure of a role.
type Metric struct {
	Query string `yaml:"query"` // PromQL that yields one value
	Unit  string `yaml:"unit"`  // percent (0 to 100) or seconds (0 and more); a value outside is no value
}

// plausible tells a value from what a broken exporter says.
func (m Metric) plausible(v float64) bool {
	return !math.IsNaN(v) && !math.IsInf(v, 0) && v >= 0 && (m.Unit != "percent" || v <= 100)
}

// Trigger holds while every one of its metrics is above, or below, its threshold.
type Trigger struct {
	Name    string   `yaml:"name"`
	Metrics []string `yaml:"metrics"`
	Above   *float64 `yaml:"above"`
	Below   *float64 `yaml:"below"`
	For     Duration `yaml:"for"` // it must have held all the time
}

// words say what the trigger asks: "cpu > 80 % for 5m".
func (t Trigger) words(r *Role) string {
	var parts []string
	for _, m := range t.Metrics {
		sign, v := ">", t.Above
		if v == nil {
			sign, v = "<", t.Below
		}
		parts = append(parts, fmt.Sprintf("%s %s %s", m, sign, r.amount(m, *v)))
	}
	return strings.Join(parts, " and ") + " for " + t.For.String()
}

// amount prints a value with its metric's unit.
func (r *Role) amount(metric string, v float64) string {
	if r.Metrics[metric].Unit == "seconds" {
		return fmt.Sprintf("%.3g s", v)
	}
	return fmt.Sprintf("%.0f %%", v)
}

// Engine says who starts and stops the instances; which fields are used depends on Kind.
type Engine struct {
	Kind    string `yaml:"kind"`    // swarm, compose, nomad, systemd or command
	Service string `yaml:"service"` // swarm: service; compose: service; nomad: task group; systemd: the template before @, truckflow
	File    string `yaml:"file"`    // compose: the file
	Project string `yaml:"project"` // compose: project; nomad: job
	Address string `yaml:"address"` // nomad: http(s)://host:4646
	Base    int    `yaml:"base"`    // systemd: the first instance's name, a port: truckflow@5001
	// command: arguments of programs of one's own. Count prints "WANTED READY DRAINING"; Set gets the number as its last argument.
	Count []string `yaml:"count"`
	Set   []string `yaml:"set"`
}

// Parse reads rules and refuses what is incomplete or contradicts itself, all
// findings in one message.
func Parse(b []byte) (*Rules, error) {
	var r Rules
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&r); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("it is empty")
		}
		return nil, errs.Invalid("the scaling rules cannot be read: %s", strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " ")).Hint("truckflow scale check --print shows a complete example")
	}
	if bad := r.check(); len(bad) > 0 {
		return nil, errs.Invalid("the scaling rules are wrong: %s", strings.Join(bad, "; ")).Hint("truckflow scale check --print shows a complete example")
	}
	return &r, nil
}

// Role returns the role of that name.
func (r *Rules) Role(name string) (*Role, error) {
	for i := range r.Roles {
		if r.Roles[i].Name == name {
			return &r.Roles[i], nil
		}
	}
	return nil, errs.NotFound("the scaling rules have no role %q", name)
}

func (r *Rules) check() (bad []string) {
	fail := func(format string, a ...any) { bad = append(bad, fmt.Sprintf(format, a...)) }
	if r.Interval < Duration(time.Second) {
		fail("interval must be 1s or more")
	}
	if u, err := url.Parse(r.Prometheus); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		fail("prometheus must be its address, http://host:9090")
	}
	if len(r.Roles) == 0 {
		fail("there is no role to scale")
	}
	names, least := map[string]bool{}, 0
	for i := range r.Roles {
		x := &r.Roles[i]
		if names[x.Name] {
			fail("role %s is there twice", x.Name)
		}
		names[x.Name] = true
		least += x.Min * x.Connections
		for _, b := range x.check(r.Interval) {
			fail("role %s: %s", x.Name, b)
		}
	}
	if room := r.Database.Connections - r.Database.Reserved; room <= 0 {
		fail("database: connections must exceed reserved")
	} else if least > room {
		fail("database: the least number of instances needs %d connections, %d are there", least, room)
	}
	return bad
}

var roleName = regexp.MustCompile(`^[a-z][a-z0-9]{0,19}$`)

func (r *Role) check(interval Duration) (bad []string) {
	fail := func(format string, a ...any) { bad = append(bad, fmt.Sprintf(format, a...)) }
	if !roleName.MatchString(r.Name) {
		fail("a name is small letters and digits, %q is not", r.Name)
	}
	switch {
	case r.Min < 1:
		fail("min must be 1 or more")
	case r.Max < r.Min:
		fail("max (%d) is below min (%d)", r.Max, r.Min)
	}
	if r.Step < 1 {
		fail("step must be 1 or more")
	}
	if r.Connections < 0 || r.Drain < 0 {
		fail("connections and drain cannot be negative")
	}
	if r.Cooldown < interval {
		fail("cooldown must be at least the interval (%s)", interval)
	}
	if strings.TrimSpace(r.Instances) == "" {
		fail("instances, the query for how many report, is missing")
	}
	if len(r.Up) == 0 || len(r.Down) == 0 {
		fail("it needs a trigger up and one down: without one it only grows or only shrinks")
	}
	for name, m := range r.Metrics {
		if strings.TrimSpace(m.Query) == "" || m.Unit != "percent" && m.Unit != "seconds" {
			fail("metric %s needs a query and a unit, percent or seconds", name)
		}
	}
	seen := map[string]bool{}
	for _, t := range slices.Concat(r.Up, r.Down) {
		if seen[t.Name] || t.Name == "" {
			fail("each trigger needs a name of its own (%q)", t.Name)
		}
		seen[t.Name] = true
		bad = append(bad, r.checkTrigger(t)...)
	}
	for _, t := range r.Up {
		if t.Above == nil || t.Below != nil {
			fail("trigger %s adds, so it needs above and no below", t.Name)
		}
	}
	for _, t := range r.Down {
		if t.Below == nil || t.Above != nil {
			fail("trigger %s removes, so it needs below and no above", t.Name)
		}
	}
	if len(bad) == 0 {
		bad = r.contradictions()
	}
	return append(bad, r.Engine.check()...)
}

func (r *Role) checkTrigger(t Trigger) (bad []string) {
	if len(t.Metrics) == 0 {
		bad = append(bad, fmt.Sprintf("trigger %s names no metric", t.Name))
	}
	for _, m := range t.Metrics {
		x, ok := r.Metrics[m]
		if !ok {
			bad = append(bad, fmt.Sprintf("trigger %s: there is no metric %s", t.Name, m))
			continue
		}
		for _, v := range []*float64{t.Above, t.Below} {
			if v != nil && !x.plausible(*v) {
				bad = append(bad, fmt.Sprintf("trigger %s: %g is no value of %s in %s", t.Name, *v, m, x.Unit))
			}
		}
	}
	if t.For < 0 {
		bad = append(bad, fmt.Sprintf("trigger %s: for cannot be negative", t.Name))
	}
	return bad
}

// contradictions are rules that fight each other: one adds where another removes,
// or what is left after a removal carries so much more that one is added again.
func (r *Role) contradictions() (bad []string) {
	for _, up := range r.Up {
		for _, down := range r.Down {
			for _, m := range up.Metrics {
				if !slices.Contains(down.Metrics, m) {
					continue
				}
				after := *down.Below * float64(r.Min+r.Step) / float64(r.Min)
				switch {
				case *down.Below >= *up.Above:
					bad = append(bad, fmt.Sprintf("%s removes below %s where %s adds above %s", down.Name, r.amount(m, *down.Below), up.Name, r.amount(m, *up.Above)))
				case r.Metrics[m].Unit == "percent" && r.Max > r.Min && after > *up.Above:
					bad = append(bad, fmt.Sprintf("it would flap: %s at %s on %d instances is %s on %d, where %s adds again", m, r.amount(m, *down.Below), r.Min+r.Step, r.amount(m, after), r.Min, up.Name))
				}
			}
		}
	}
	return bad
}

// Notes are what is allowed and surprises: printed by scale check.
func (r *Rules) Notes() (notes []string) {
	most, room := 0, r.Database.Connections-r.Database.Reserved
	for _, x := range r.Roles {
		most += x.Max * x.Connections
		if x.Min == x.Max {
			notes = append(notes, fmt.Sprintf("role %s: min is max, so it is kept at %d and never scaled", x.Name, x.Min))
		}
		if x.Min == 1 {
			notes = append(notes, fmt.Sprintf("role %s: with a minimum of 1 the loss of that one is an outage", x.Name))
		}
		for _, t := range slices.Concat(x.Up, x.Down) {
			if t.For < r.Interval {
				notes = append(notes, fmt.Sprintf("role %s: %s acts on a single look, one slow scrape is enough", x.Name, t.Name))
			}
		}
	}
	if most > room {
		notes = append(notes, fmt.Sprintf("the database has %d connections to give and all roles at their max want %d: growing stops before max; put PgBouncer between or raise max_connections", room, most))
	}
	return notes
}
