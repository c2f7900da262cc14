package scale

import (
	"maps"
	"math"
	"time"

	"truckflow/internal/kit/errs"
)

// Curve is an invented day: how much work there is, in instances' worth of
// processor, and what the metrics make of it.
type Curve struct {
	Name, About string
	Length      time.Duration
	full        bool // begins with the most instances, else with the fewest
	work        func(t time.Duration) float64
	// twist changes what is reported; nil reports the truth.
	twist func(t time.Duration, s *Seen)
}

// Curves are the days that are played.
var Curves = []Curve{
	{Name: "step", About: "twice the work from 10 minutes on, back after 60", Length: 150 * time.Minute, work: func(t time.Duration) float64 {
		if t >= 10*time.Minute && t < 60*time.Minute {
			return 2.6
		}
		return 0.5
	}},
	{Name: "spike", About: "three bursts, each a minute shorter than the rule asks for", Length: 60 * time.Minute, work: func(t time.Duration) float64 {
		if t >= 10*time.Minute && t%(15*time.Minute) < 4*time.Minute {
			return 1.8
		}
		return 0.8
	}},
	{Name: "diurnal", About: "a day: quiet at night, busiest at two in the afternoon", Length: 24 * time.Hour, work: func(t time.Duration) float64 {
		return 1.6 - 1.4*math.Cos(2*math.Pi*(t.Hours()-2)/24)
	}},
	{Name: "flapping", About: "work that swings around both thresholds every three minutes", Length: 90 * time.Minute, work: func(t time.Duration) float64 {
		if t%(6*time.Minute) < 3*time.Minute {
			return 1.9
		}
		return 0.3
	}},
	{Name: "missing", full: true, About: "little work, and Prometheus loses the memory figure from minute 5 to 40", Length: 75 * time.Minute, work: func(time.Duration) float64 { return 0.4 },
		twist: func(t time.Duration, s *Seen) {
			if t >= 5*time.Minute && t < 40*time.Minute {
				delete(s.Values, "memory")
			}
		}},
	{Name: "partial", full: true, About: "much work, and only idle instances still report", Length: 60 * time.Minute, work: func(time.Duration) float64 { return 1.5 },
		twist: func(t time.Duration, s *Seen) {
			if t >= 5*time.Minute {
				s.Reported, s.Values["cpu"], s.Values["memory"] = s.Wanted-1, 4, 20
			}
		}},
	{Name: "lying", full: true, About: "figures that cannot be: 250 % of processor, less than no memory, no number at all", Length: 60 * time.Minute, work: func(time.Duration) float64 { return 1 },
		twist: func(t time.Duration, s *Seen) {
			s.Values["cpu"], s.Values["memory"], s.Values["response"] = 250, -5, math.NaN()
		}},
	{Name: "slow", About: "answers take three seconds though processors idle: a slow database, which no instance helps", Length: 60 * time.Minute, work: func(time.Duration) float64 { return 0.9 },
		twist: func(t time.Duration, s *Seen) { s.Values["response"] = 3 }},
	{Name: "silence", About: "the watcher sleeps from minute 3 to 20 while work is high", Length: 40 * time.Minute, work: func(time.Duration) float64 { return 1.9 },
		twist: func(t time.Duration, s *Seen) {
			if t >= 3*time.Minute && t < 20*time.Minute {
				s.At = time.Time{} // not looked
			}
		}},
}

// CurveOf returns the curve of that name.
func CurveOf(name string) (Curve, error) {
	for _, c := range Curves {
		if c.Name == name {
			return c, nil
		}
	}
	var names []string
	for _, c := range Curves {
		names = append(names, c.Name)
	}
	return Curve{}, errs.Invalid("there is no curve %q", name).Hint("there are %v", names)
}

// bootTime is how long an added instance takes until it is ready.
const bootTime = 20 * time.Second

// Simulate plays c against a role on a clock of its own and returns every decision
// that acts, and the first of each run of holds of one kind.
func Simulate(rules *Rules, r *Role, c Curve) []Decision {
	began := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	interval := time.Duration(rules.Interval)
	room := rules.Database.Connections - rules.Database.Reserved
	for i := range rules.Roles {
		if rules.Roles[i].Name != r.Name {
			room -= rules.Roles[i].Min * rules.Roles[i].Connections
		}
	}
	var mem Memory
	var out []Decision
	wanted := r.Min
	if c.full {
		wanted = r.Max
	}
	var readyAt, drainedAt time.Time
	for t := time.Duration(0); t <= c.Length; t += interval {
		now := began.Add(t)
		s := Seen{At: now, Wanted: wanted, Ready: wanted, Reported: wanted, Free: room - wanted*r.Connections}
		if now.Before(readyAt) {
			s.Ready--
		}
		if now.Before(drainedAt) {
			s.Draining = 1
		}
		s.Values = load(r, c.work(t)/float64(s.Ready))
		if c.twist != nil {
			c.twist(t, &s)
		}
		if s.At.IsZero() {
			continue
		}
		d := r.Decide(&mem, interval, s)
		switch d.Action {
		case Add:
			readyAt = now.Add(bootTime)
		case Remove:
			drainedAt = now.Add(time.Duration(r.Drain))
		}
		wanted = d.To
		if d.Action != Hold || len(out) == 0 || out[len(out)-1].Kind != d.Kind {
			out = append(out, d)
		}
	}
	return out
}

// load is what an instance shows at so much of its processor's worth of work.
func load(r *Role, each float64) map[string]float64 {
	truth := map[string]float64{"cpu": math.Min(100, 100*each), "memory": math.Min(95, 22+18*each), "response": 0.05 / math.Max(0.02, 1-each)}
	for name := range maps.Clone(truth) {
		if _, ok := r.Metrics[name]; !ok {
			delete(truth, name)
		}
	}
	return truth
}
