package scale

import (
	"bytes"
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/template"
	"time"

	"truckflow/internal/kit/errs"
)

//go:embed templates
var templateFiles embed.FS

// File is one rendered file, with what it cannot express of the rules.
type File struct {
	Name    string   `json:"name"`
	Content string   `json:"content"`
	Lost    []string `json:"lost"`
}

// Where the rules are put to work, for what the rules themselves do not name.
type Where struct {
	Namespace string   // Kubernetes'
	App       string   // of the deployments, job, ServiceMonitor: APP-ROLE
	Ingress   string   // Kubernetes: whose p95 the plain HPA reads
	Sets      []string // Kubernetes: roles that are StatefulSets, not Deployments
}

// Kind is what a role's instances are in Kubernetes.
func (w Where) Kind(role string) string {
	if slices.Contains(w.Sets, role) {
		return "StatefulSet"
	}
	return "Deployment"
}

// Render says the rules to other programs: Prometheus (with its own tests), KEDA, the
// plain HPA and Nomad. Each file begins with what it cannot express.
func Render(r *Rules, w Where) ([]File, error) {
	if time.Duration(r.Interval)%time.Second != 0 {
		return nil, errs.Invalid("KEDA and Nomad count whole seconds; the interval is %s", r.Interval)
	}
	t, err := template.New("").Funcs(words).ParseFS(templateFiles, "templates/*")
	if err != nil {
		return nil, err
	}
	var out []File
	add := func(name, tmpl string, lost []string, data any) error {
		var b bytes.Buffer
		if err := t.ExecuteTemplate(&b, tmpl, data); err != nil {
			return err
		}
		out = append(out, File{name, b.String(), lost})
		return nil
	}
	type page struct {
		*Rules
		Where
		Role  *Role
		Lost  []string
		Tests []promTest
	}
	lost := lostInPrometheus()
	if err := add("truckflow-scaling.rules.yml", "rules.yml", lost, page{r, w, nil, lost, nil}); err != nil {
		return nil, err
	}
	if err := add("truckflow-scaling.test.yml", "test.yml", nil, page{r, w, nil, nil, promTests(r)}); err != nil {
		return nil, err
	}
	for i := range r.Roles {
		role := &r.Roles[i]
		for _, f := range []struct {
			name, tmpl string
			lost       []string
		}{{"keda.yaml", "keda.yaml", lostInKEDA(role)}, {"hpa.yaml", "hpa.yaml", lostInHPA(role)}, {"nomad.hcl", "nomad.hcl", lostInNomad(role)}} {
			if err := add(role.Name+"-"+f.name, f.tmpl, f.lost, page{r, w, role, f.lost, nil}); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// words are what templates can say besides the rules themselves.
var words = template.FuncMap{
	"seconds": func(d Duration) int { return int(time.Duration(d).Seconds()) },
	"lower":   strings.ToLower,
	"title":   func(s string) string { return strings.ToUpper(s[:1]) + s[1:] },
	"note": func(lost []string) string {
		return "# What this cannot express:\n#   - " + strings.Join(lost, "\n#   - ")
	},
	"yaml":  func(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" },
	"words": func(r Role, t Trigger) string { return t.words(&r) },
	// condition is a trigger in PromQL over the recorded metrics, each within what its unit allows.
	"condition": func(r Role, t Trigger) string {
		var parts []string
		for _, m := range t.Metrics {
			name := "tf:" + r.Name + ":" + m
			switch {
			case t.Below != nil:
				parts = append(parts, fmt.Sprintf("%s < %g", name, *t.Below))
			case r.Metrics[m].Unit == "percent":
				parts = append(parts, fmt.Sprintf("%s > %g and %s <= 100", name, *t.Above, name))
			default:
				parts = append(parts, fmt.Sprintf("%s > %g and %s < Inf", name, *t.Above, name))
			}
		}
		return strings.Join(parts, " and ")
	},
	"longest": func(ts []Trigger) (d Duration) {
		for _, t := range ts {
			d = max(d, t.For)
		}
		return d
	},
	"targets": hpaTargets,
	"max":     func(a, b int) int { return max(a, b) },
	"nomadQuery": func(r *Role, t Trigger) string {
		var qs []string
		for _, m := range t.Metrics {
			qs = append(qs, r.Metrics[m].Query)
		}
		if len(qs) == 1 {
			return qs[0]
		}
		for i, q := range qs { // without a label of its own one would hide the other
			qs[i] = fmt.Sprintf(`label_replace(%s, "metric", %q, "", "")`, q, t.Metrics[i])
		}
		return "max(" + strings.Join(qs, " or ") + ")"
	},
}

// target is one metric of an HPA.
type target struct {
	Resource, Metric, Value string
	Percent                 int
}

// hpaTargets are the triggers that add, as what an HPA tracks.
func hpaTargets(r *Role) (out []target) {
	for _, t := range r.Up {
		for _, m := range t.Metrics {
			if r.Metrics[m].Unit == "percent" && (m == "cpu" || m == "memory") {
				out = append(out, target{Resource: m, Percent: int(*t.Above)})
			} else {
				out = append(out, target{Metric: m, Value: fmt.Sprintf("%g", *t.Above)})
			}
		}
	}
	return out
}

func lostInPrometheus() []string {
	return []string{
		"cool-down, draining and \"never two actions at once\": a recording rule has no memory; whoever acts on tf:desired:replicas keeps them",
		"the database's connection budget",
		"that a value outside its unit is no value, beyond what the rules guard: a broken exporter is believed within 0 to 100 %",
	}
}

func lostInKEDA(r *Role) []string {
	out := []string{
		"the step of adding and the step of removing share one HPA behavior: an action in one direction does not start the pause of the other",
		"draining beyond terminationGracePeriodSeconds of the pod, which must be above the drain time",
		"the database's connection budget: keep maxReplicaCount within it",
	}
	if r.Max >= 10 {
		out = append(out, fmt.Sprintf("from 10 replicas on a change by one is within the HPA's tolerance of 10 %% and is ignored; the maximum here is %d", r.Max))
	}
	return out
}

func lostInHPA(r *Role) []string {
	return []string{
		"thresholds with a dead band: an HPA tracks a target. At 80 % with its tolerance of 10 % it adds above 88 % and removes again as soon as fewer pods would fit; the 30 % of the rules do not exist for it",
		"a duration for each trigger: the window is per direction, so a slow response waits as long as a busy processor",
		"the number of triggers: latency counts in proportion (twice the target asks for twice the pods), and a fast response votes for fewer",
		"the server: percent are of the pods' requests, and nodes are added by somebody else",
		"a missing metric: the HPA then goes by the others, and may remove",
		fmt.Sprintf("the step of %d only as a policy per window, and no pause after an action in the other direction", r.Step),
	}
}

func lostInNomad(r *Role) []string {
	out := []string{
		"a threshold that is itself left out: lower_bound counts from the very value on, 80 % where the rules ask for more than 80 %",
		"the database's connection budget: keep max within it",
		"draining beyond kill_timeout of the task, which must be above the drain time",
		"that figures of fewer instances than run block a removal: the low check asks Prometheus, which averages who is left",
	}
	for _, t := range r.Down {
		if len(t.Metrics) > 1 {
			out = append(out, fmt.Sprintf("%s asks several metrics at once; it is rendered as one check of their highest", t.Name))
		}
	}
	return out
}

// promTest is one case for promtool: rules are fed what is recorded of the metrics.
type promTest struct {
	Name     string
	Interval string
	Series   []promSeries
	Checks   []promCheck
}

type promSeries struct{ Series, Values string }

type promCheck struct {
	At, Expr, Value string
}

// promTests holds the rendered rules against every trigger: not a look before its
// time, then at its time; a dip begins anew; what is missing never fires; several at
// once are one step, and adding wins over removing.
func promTests(r *Rules) (out []promTest) {
	for i := range r.Roles {
		out = append(out, roleTests(r, &r.Roles[i])...)
	}
	return out
}

func roleTests(r *Rules, role *Role) (out []promTest) {
	step := time.Duration(r.Interval)
	looks := func(d Duration) int { return int(time.Duration(d)/step) + 1 }
	here := role.Min + role.Step // instances, in every case
	more := min(role.Max, here+role.Step)
	desired := "tf:" + role.Name + ":desired"
	// add feeds each metric its values of than, calm ones where it has none, nothing where they are "".
	add := func(name string, n int, than map[string]string, reporting, replicas int, checks ...promCheck) {
		x := promTest{Name: role.Name + ": " + name, Interval: r.Interval.String(), Checks: checks}
		for _, m := range slices.Sorted(maps.Keys(role.Metrics)) {
			v, given := than[m]
			if !given {
				v = fmt.Sprintf("%gx%d", role.calm(m), n+4)
			}
			if v != "" {
				x.Series = append(x.Series, promSeries{"tf:" + role.Name + ":" + m, v})
			}
		}
		for what, v := range map[string]int{"instances": reporting, "replicas": replicas} {
			x.Series = append(x.Series, promSeries{"tf:" + role.Name + ":" + what, fmt.Sprintf("%dx%d", v, n+4)})
		}
		slices.SortFunc(x.Series, func(a, b promSeries) int { return strings.Compare(a.Series, b.Series) })
		out = append(out, x)
	}
	wants := func(look, v int) promCheck {
		return promCheck{(time.Duration(look) * step).String(), desired, fmt.Sprint(v)}
	}
	fire, longest := map[string]string{}, 0
	for _, t := range slices.Concat(role.Up, role.Down) {
		n, to := looks(t.For), more
		if t.Below != nil {
			to = role.Min
		}
		held, dip, gap := map[string]string{}, map[string]string{}, map[string]string{}
		for _, m := range t.Metrics {
			v := role.beyond(t, m)
			held[m] = fmt.Sprintf("%gx%d", v, n+4)
			dip[m] = fmt.Sprintf("%gx%d %g %gx%d", v, max(0, n-3), role.calm(m), v, n-2)
			gap[m] = ""
		}
		if n > 2 {
			add(t.Name+" not before its time, then at it", n, held, here, here, wants(n-2, here), wants(n-1, to))
		} else {
			add(t.Name+" at its time", n, held, here, here, wants(n-1, to))
		}
		add(t.Name+" without its figure", n, gap, here, here, wants(n+2, here))
		if n >= 6 {
			add(t.Name+" after a dip", n, dip, here, here, wants(n, here))
		}
		for _, m := range t.Metrics[:len(t.Metrics)-1] { // all of its metrics must hold; the last stands for the others
			part := maps.Clone(held)
			delete(part, t.Metrics[len(t.Metrics)-1])
			add(t.Name+" with "+m+" alone", n, part, here, here, wants(n+2, here))
		}
		if t.Above != nil {
			maps.Copy(fire, held)
			longest = max(longest, n)
			continue
		}
		add(t.Name+" while an instance does not report", n, held, here-1, here, wants(n+2, here))
		for _, m := range slices.Sorted(maps.Keys(role.Metrics)) {
			if !slices.Contains(t.Metrics, m) {
				without := maps.Clone(held)
				without[m] = ""
				add(t.Name+" while "+m+" is not known", n, without, here, here, wants(n+2, here))
			}
		}
		for _, up := range role.Up {
			if !slices.ContainsFunc(up.Metrics, func(m string) bool { return slices.Contains(t.Metrics, m) }) {
				both := maps.Clone(held)
				for _, m := range up.Metrics {
					both[m] = fmt.Sprintf("%gx%d", role.beyond(up, m), n+4)
				}
				add(up.Name+" wins over "+t.Name, n, both, here, here, wants(n+2, more))
			}
		}
	}
	for m, v := range fire {
		value, _, _ := strings.Cut(v, "x")
		fire[m] = fmt.Sprintf("%sx%d", value, longest+4)
	}
	add("all that add are one step", longest, fire, role.Min, role.Min, wants(longest+2, min(role.Max, role.Min+role.Step)))
	return out
}

// calm is a value of a metric that no trigger asks for.
func (r *Role) calm(metric string) float64 {
	low, high := 0.0, 100.0
	for _, t := range r.Down {
		for _, m := range t.Metrics {
			if m == metric {
				low = max(low, *t.Below)
			}
		}
	}
	for _, t := range r.Up {
		for _, m := range t.Metrics {
			if m == metric {
				high = min(high, *t.Above)
			}
		}
	}
	return (low + high) / 2
}

// beyond is a value that fulfils a trigger.
func (r *Role) beyond(t Trigger, metric string) float64 {
	if t.Below != nil {
		return *t.Below / 2
	}
	if r.Metrics[metric].Unit == "percent" {
		return (*t.Above + 100) / 2
	}
	return 2 * *t.Above
}
