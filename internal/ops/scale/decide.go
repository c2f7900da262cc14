package scale

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"
)

// Action is what a decision does.
type Action string

// The actions. Hold is the answer to everything that is not certain.
const (
	Add    Action = "add"
	Remove Action = "remove"
	Hold   Action = "hold"
)

// Kind is what sort of reason a decision has.
type Kind string

// The kinds of reasons.
const (
	KindTrigger     Kind = "trigger"     // one held for its time
	KindBound       Kind = "bound"       // outside min and max, or kept within them
	KindBusy        Kind = "busy"        // an action is under way
	KindCooldown    Kind = "cooldown"    // too soon after the last
	KindConnections Kind = "connections" // the database has none for another instance
	KindUnknown     Kind = "unknown"     // a figure is missing or cannot be
	KindPending     Kind = "pending"     // a trigger holds, not yet for its time
	KindQuiet       Kind = "quiet"       // nothing to do
)

// Seen is what one look found.
type Seen struct {
	At       time.Time
	Wanted   int                // instances the engine was last told to run
	Ready    int                // of them answer
	Draining int                // on their way out
	Reported int                // instances whose metrics Prometheus has; -1: it does not say
	Values   map[string]float64 // by metric; what is missing here is not known
	Free     int                // database connections nobody has claimed
}

// Memory is what Decide keeps of a role between two looks. The zero value is a
// start: nothing has held yet.
type Memory struct {
	Since  map[string]time.Time // by trigger: it has held since
	Looked time.Time            // the last look
	Acted  time.Time            // the last action
}

// Decision is what shall happen, and why.
type Decision struct {
	At      time.Time          `json:"at"`
	Role    string             `json:"role"`
	Action  Action             `json:"action"`
	From    int                `json:"from"`
	To      int                `json:"to"`
	Kind    Kind               `json:"kind"`
	Trigger string             `json:"trigger,omitempty"`
	Reason  string             `json:"reason"` // in words, with the figures
	Values  map[string]float64 `json:"values"`
}

// Decide is the literal rule: a trigger that held at every look for its time adds
// or removes Step instances, between Min and Max, not within Cooldown of the last
// action and never while another is under way. What is not known never counts as
// held, and while anything is unknown nothing is removed. Adding wins over removing.
// interval is the time between looks; after a longer silence nothing has held.
func (r *Role) Decide(m *Memory, interval time.Duration, s Seen) Decision {
	d := Decision{At: s.At, Role: r.Name, Action: Hold, From: s.Wanted, To: s.Wanted, Values: maps.Clone(s.Values)}
	maps.DeleteFunc(d.Values, func(_ string, v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) // JSON has none
	hold := func(k Kind, format string, a ...any) Decision {
		d.Kind, d.Reason = k, fmt.Sprintf(format, a...)
		return d
	}
	if m.Since == nil || s.At.Sub(m.Looked) > 3*interval {
		m.Since = map[string]time.Time{}
	}
	m.Looked = s.At
	unknown := r.remember(m, s)
	act := func(k Kind, a Action, to int, trigger, why string) Decision {
		d.Kind, d.Action, d.To, d.Trigger, d.Reason = k, a, to, trigger, why
		m.Acted, m.Since = s.At, map[string]time.Time{} // what held before tells nothing of after
		return d
	}
	switch {
	case s.Draining > 0:
		return hold(KindBusy, "an instance is still finishing its requests")
	case s.Ready < s.Wanted && s.Wanted >= r.Min:
		return hold(KindBusy, "%d of %d instances are ready: the last action is not over", s.Ready, s.Wanted)
	case s.Wanted < r.Min && s.At.Sub(m.Acted) < 3*interval: // an outage does not wait for the cool-down, an engine that cannot start is not hurried
		return hold(KindBusy, "below the minimum of %d, which was ordered just now", r.Min)
	case s.Wanted < r.Min:
		if need := (r.Min - s.Wanted) * r.Connections; need > s.Free {
			return hold(KindConnections, "below the minimum of %d, and the database has %d connections left, %d are needed", r.Min, s.Free, need)
		}
		return act(KindBound, Add, r.Min, "minimum", fmt.Sprintf("%d is below the minimum of %d", s.Wanted, r.Min))
	}
	if wait := m.Acted.Add(time.Duration(r.Cooldown)).Sub(s.At); !m.Acted.IsZero() && wait > 0 {
		return hold(KindCooldown, "%s to wait after the last action", Duration(wait.Round(time.Second)))
	}
	if s.Wanted > r.Max {
		return act(KindBound, Remove, max(r.Max, s.Wanted-r.Step), "maximum", fmt.Sprintf("%d is above the maximum of %d", s.Wanted, r.Max))
	}
	if up := r.held(m, r.Up, s.At); up != nil {
		to := min(r.Max, s.Wanted+r.Step)
		switch {
		case s.Wanted >= r.Max:
			return hold(KindBound, "%s, but %d is the maximum", r.said(up, s), r.Max)
		case (to-s.Wanted)*r.Connections > s.Free:
			return hold(KindConnections, "%s, but the database has %d connections left and another instance needs %d", r.said(up, s), s.Free, r.Connections)
		}
		return act(KindTrigger, Add, to, up.Name, r.said(up, s))
	}
	down := r.held(m, r.Down, s.At)
	switch {
	case len(unknown) > 0:
		return hold(KindUnknown, "not known: %s", strings.Join(unknown, ", "))
	case down == nil:
		if p := r.pending(m, s.At); p != "" {
			return hold(KindPending, "%s", p)
		}
		return hold(KindQuiet, "nothing to do")
	case s.Wanted <= r.Min:
		return hold(KindBound, "%s, but %d is the minimum", r.said(down, s), r.Min)
	}
	return act(KindTrigger, Remove, max(r.Min, s.Wanted-r.Step), down.Name, r.said(down, s))
}

// remember notes since when each trigger holds, and returns what is not known.
func (r *Role) remember(m *Memory, s Seen) (unknown []string) {
	for name, x := range r.Metrics {
		if v, ok := s.Values[name]; !ok {
			unknown = append(unknown, name)
		} else if !x.plausible(v) {
			unknown = append(unknown, fmt.Sprintf("%s (%g is no value in %s)", name, v, x.Unit))
		}
	}
	slices.Sort(unknown)
	if s.Reported < 0 {
		unknown = append(unknown, "how many instances report")
	} else if s.Reported < s.Wanted {
		unknown = append(unknown, fmt.Sprintf("%d of %d instances do not report", s.Wanted-s.Reported, s.Wanted))
	}
	for _, t := range slices.Concat(r.Up, r.Down) {
		holds := true
		for _, name := range t.Metrics {
			v, ok := s.Values[name]
			holds = holds && ok && r.Metrics[name].plausible(v) && (t.Above == nil || v > *t.Above) && (t.Below == nil || v < *t.Below)
		}
		if t.Below != nil && len(unknown) > 0 {
			holds = false // an idle average of those who still talk
		}
		if _, was := m.Since[t.Name]; !holds {
			delete(m.Since, t.Name)
		} else if !was {
			m.Since[t.Name] = s.At
		}
	}
	return unknown
}

// held returns the first of ts that has held for its time.
func (r *Role) held(m *Memory, ts []Trigger, now time.Time) *Trigger {
	for i, t := range ts {
		if since, ok := m.Since[t.Name]; ok && now.Sub(since) >= time.Duration(t.For) {
			return &ts[i]
		}
	}
	return nil
}

// said is a trigger with the values that fulfilled it.
func (r *Role) said(t *Trigger, s Seen) string {
	var now []string
	for _, m := range t.Metrics {
		now = append(now, r.amount(m, s.Values[m]))
	}
	return t.words(r) + " (now " + strings.Join(now, ", ") + ")"
}

// pending says what has begun to hold, and is not done with: "" for nothing.
func (r *Role) pending(m *Memory, now time.Time) string {
	var out []string
	for _, t := range slices.Concat(r.Up, r.Down) {
		if since, ok := m.Since[t.Name]; ok {
			out = append(out, fmt.Sprintf("%s for %s of %s", t.Name, Duration(now.Sub(since).Round(time.Second)), t.For))
		}
	}
	return strings.Join(out, ", ")
}
