package scale

import (
	"context"
	"log/slog"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
)

// Runner looks, decides and has engines act, one process of many.
type Runner struct {
	Rules      *Rules
	Prometheus *Prometheus
	Drivers    map[string]Driver // by role
	History    *History
	Leader     *Leader
	Clock      clock.Clock
	Log        *slog.Logger
	By         string      // host and process, for history
	DryRun     bool        // decide and record, and have nobody act
	Told       func(Entry) // each entry as it is recorded; may be nil

	memory map[string]*Memory
	before map[string]Kind // the kind of each role's last decision
}

// Run looks every interval until ctx ends.
func (r *Runner) Run(ctx context.Context) error {
	defer r.Leader.Resign(context.WithoutCancel(ctx))
	tick := time.NewTicker(time.Duration(r.Rules.Interval))
	defer tick.Stop()
	for {
		if err := r.Look(ctx); err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "scaling holds", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Look is one look at every role, and at most one action: what it does to the others
// is seen at the next. An error means that nothing was done.
func (r *Runner) Look(ctx context.Context) error {
	leads, err := r.Leader.Leads(ctx)
	if err != nil || !leads {
		r.memory, r.before = nil, nil // the leader's look counts, not ours
		return err
	}
	if r.memory == nil {
		if err := r.begin(ctx); err != nil {
			r.memory = nil
			return err
		}
	}
	counts, free := map[string]Count{}, r.Rules.Database.Connections-r.Rules.Database.Reserved
	for i := range r.Rules.Roles {
		role := &r.Rules.Roles[i]
		c, err := r.Drivers[role.Name].Count(ctx)
		if err != nil {
			return err
		}
		counts[role.Name] = c
		free -= (c.Wanted + c.Draining) * role.Connections
	}
	for i := range r.Rules.Roles {
		role := &r.Rules.Roles[i]
		s := r.see(ctx, role, counts[role.Name], free)
		d := role.Decide(r.memory[role.Name], time.Duration(r.Rules.Interval), s)
		if err := r.carryOut(ctx, role, d); err != nil {
			return err
		}
		if d.Action != Hold {
			return nil
		}
	}
	return nil
}

// begin is the first look as leader.
func (r *Runner) begin(ctx context.Context) error {
	r.memory, r.before = map[string]*Memory{}, map[string]Kind{}
	for _, role := range r.Rules.Roles {
		at, err := r.History.acted(ctx, role.Name)
		if err != nil {
			return err
		}
		r.memory[role.Name] = &Memory{Acted: at}
	}
	return r.History.forget(ctx, r.Clock.Now())
}

// see asks Prometheus; what it does not say is missing.
func (r *Runner) see(ctx context.Context, role *Role, c Count, free int) Seen {
	s := Seen{At: r.Clock.Now(), Wanted: c.Wanted, Ready: c.Ready, Draining: c.Draining, Free: free, Reported: -1, Values: map[string]float64{}}
	ask := func(what, query string) (float64, bool) {
		v, ok, err := r.Prometheus.Value(ctx, query, s.At)
		if err != nil {
			r.Log.WarnContext(ctx, "no figure", "role", role.Name, "of", what, "error", err)
		}
		return v, ok && err == nil
	}
	for name, m := range role.Metrics {
		if v, ok := ask(name, m.Query); ok {
			s.Values[name] = v
		}
	}
	if v, ok := ask("instances", role.Instances); ok && v >= 0 {
		s.Reported = int(v)
	}
	return s
}

// worthKeeping are the reasons to hold that somebody has to know.
var worthKeeping = map[Kind]bool{KindUnknown: true, KindBound: true, KindConnections: true}

// carryOut has the engine act, and records what was decided: every action, and a
// hold that somebody has to know of when it begins.
func (r *Runner) carryOut(ctx context.Context, role *Role, d Decision) error {
	e := Entry{Decision: d, DryRun: r.DryRun, By: r.By}
	begins := r.before[role.Name] != d.Kind
	r.before[role.Name] = d.Kind
	if d.Action == Hold && (!begins || !worthKeeping[d.Kind]) {
		return nil
	}
	if d.Action != Hold && !r.DryRun {
		if err := r.Drivers[role.Name].Set(ctx, d.To); err != nil {
			e.Outcome = errs.Public(err).Message
			r.Log.ErrorContext(ctx, "the engine did not scale", "role", role.Name, "to", d.To, "error", err)
		}
	}
	r.Log.InfoContext(ctx, "scaling", "role", d.Role, "action", d.Action, "from", d.From, "to", d.To, "reason", d.Reason, "dry_run", r.DryRun)
	if r.Told != nil {
		r.Told(e)
	}
	// The engine has acted: history must not be lost with the caller's context.
	return r.History.Add(context.WithoutCancel(ctx), e)
}
