package cli

import (
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"truckflow/internal/config"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/scale"
	"truckflow/internal/platform/pg"
)

type scaleCmd struct {
	Check    scaleCheckCmd    `cmd:"" help:"Check scaling rules for what is missing or contradicts itself.\n\nExample: truckflow scale check scaling.yaml"`
	Run      scaleRunCmd      `cmd:"" help:"Watch Prometheus and have the engine add and remove instances, one leader of many.\n\nExample: truckflow scale run --file scaling.yaml --dry-run"`
	History  scaleHistoryCmd  `cmd:"" help:"List what was scaled and what kept it from acting, with reasons.\n\nExample: truckflow scale history"`
	Render   scaleRenderCmd   `cmd:"" help:"Say the rules to Prometheus, KEDA, the plain HPA and Nomad, and what these cannot express.\n\nExample: truckflow scale render --out deploy/scaling"`
	Capacity scaleCapacityCmd `cmd:"" help:"Say how many trucks a server and a cluster carry, and which part is used up first.\n\nExample: truckflow scale capacity --trucks 300"`
	Simulate scaleSimulateCmd `cmd:"" help:"Play invented days against the rules and print every decision.\n\nExample: truckflow scale simulate --curve step"`
}

// scaleRules reads the rules of a file; without one they are the specification's.
func scaleRules(file string) (*scale.Rules, error) {
	b := scale.Default
	if file != "" {
		var err error
		if b, err = os.ReadFile(file); err != nil {
			return nil, errs.NotFound("the scaling rules cannot be opened: %v", err)
		}
	}
	return scale.Parse(b)
}

type scaleCheckCmd struct {
	File  string `arg:"" optional:"" help:"The rules; without a file the specification's, as built in."`
	Print bool   `help:"Print the built-in rules instead, as a file to start from."`
	JSON  bool   `help:"For programs."`
}

// Run checks: exit 2 when the rules cannot be used.
func (c scaleCheckCmd) Run(e *env) error {
	if c.Print {
		_, err := e.out.Write(scale.Default)
		return err
	}
	r, err := scaleRules(c.File)
	if err != nil {
		return err
	}
	if c.JSON {
		return e.json(map[string]any{"ok": true, "roles": len(r.Roles), "notes": append([]string{}, r.Notes()...)})
	}
	for _, x := range r.Roles {
		fmt.Fprintf(e.out, "ok  %s: %d to %d instances, %d triggers up, %d down, every %s, %s after an action\n", x.Name, x.Min, x.Max, len(x.Up), len(x.Down), r.Interval, x.Cooldown)
	}
	for _, n := range r.Notes() {
		fmt.Fprintf(e.out, "note  %s\n", n)
	}
	return nil
}

type scaleSimulateCmd struct {
	File  string `help:"The rules; without a file the specification's, as built in."`
	Role  string `help:"Which role; the first without."`
	Curve string `help:"Only this day: step, spike, diurnal, flapping, missing, partial, lying, slow or silence."`
	JSON  bool   `help:"For programs."`
}

// Run prints what would be decided, and when.
func (c scaleSimulateCmd) Run(e *env) error {
	rules, err := scaleRules(c.File)
	if err != nil {
		return err
	}
	role := &rules.Roles[0]
	if c.Role != "" {
		if role, err = rules.Role(c.Role); err != nil {
			return err
		}
	}
	curves := scale.Curves
	if c.Curve != "" {
		one, err := scale.CurveOf(c.Curve)
		if err != nil {
			return err
		}
		curves = []scale.Curve{one}
	}
	all := map[string][]scale.Decision{}
	for _, x := range curves {
		all[x.Name] = scale.Simulate(rules, role, x)
	}
	if c.JSON {
		return e.json(all)
	}
	for i, x := range curves {
		if i > 0 {
			fmt.Fprintln(e.out)
		}
		fmt.Fprintf(e.out, "%s: %s (%s)\n", x.Name, x.About, role.Name)
		if err := decisionTable(e, all[x.Name]); err != nil {
			return err
		}
	}
	return nil
}

func decisionTable(e *env, ds []scale.Decision) error {
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	for _, d := range ds {
		what := fmt.Sprint("hold ", d.From)
		if d.Action != scale.Hold {
			what = fmt.Sprintf("%s %d → %d", d.Action, d.From, d.To)
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", d.At.Format("15:04:05"), what, d.Reason)
	}
	return w.Flush()
}

type scaleRunCmd struct {
	File   string `help:"The rules; without a file the specification's, as built in."`
	DryRun bool   `help:"Decide and record, and have nobody act."`
	Once   bool   `help:"One look, then end."`
	JSON   bool   `help:"For programs: each entry as one line."`
}

// Run watches until it is told to end. It does not begin without a Prometheus, an
// engine and a database; when one goes away later, everything stays as it is.
func (c scaleRunCmd) Run(e *env) error {
	rules, err := scaleRules(c.File)
	if err != nil {
		return err
	}
	cfg, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	if cfg.DatabaseURL == "" {
		return errs.Invalid("scaling needs DATABASE_URL: instances share one database, and the embedded one serves a single program")
	}
	log, closeLog, err := e.logger(cfg, false)
	if err != nil {
		return err
	}
	defer closeLog()
	prometheus := scale.NewPrometheus(rules.Prometheus)
	if _, _, err := prometheus.Value(e.ctx, "vector(1)", clock.System.Now()); err != nil {
		return err
	}
	drivers := map[string]scale.Driver{}
	for _, role := range rules.Roles {
		d := role.Engine.Driver()
		if _, err := d.Count(e.ctx); err != nil {
			return err
		}
		drivers[role.Name] = d
	}
	db, err := pg.Open(e.ctx, pg.Settings{DSN: cfg.DatabaseURL, MaxConns: 2, Log: log})
	if err != nil {
		return err
	}
	defer db.Close()
	history := scale.NewHistory(db)
	if _, err := history.List(e.ctx, 1); err != nil {
		return errs.Unavailable("the database has no scaling history yet").Hint("start truckflow serve once with this version: it migrates the database").Wrap(err)
	}
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	r := &scale.Runner{Rules: rules, Prometheus: prometheus, Drivers: drivers, History: history, Leader: scale.NewLeader(cfg.DatabaseURL), Clock: clock.System, Log: log,
		By: fmt.Sprintf("%s/%d", host, os.Getpid()), DryRun: c.DryRun, Told: func(x scale.Entry) { _ = e.entry(x, c.JSON) }}
	if c.Once {
		defer r.Leader.Resign(e.ctx)
		return r.Look(e.ctx)
	}
	return r.Run(e.ctx)
}

// entry prints one line of history.
func (e *env) entry(x scale.Entry, asJSON bool) error {
	if asJSON {
		return e.jsonLine(x)
	}
	what := fmt.Sprintf("hold %d", x.From)
	if x.Action != scale.Hold {
		what = fmt.Sprintf("%s %d → %d", x.Action, x.From, x.To)
	}
	if x.DryRun {
		what += " (dry run)"
	}
	if x.Outcome != "" {
		what += " (failed: " + x.Outcome + ")"
	}
	_, err := fmt.Fprintf(e.out, "%s  %s  %s  %s\n", x.At.Format(time.RFC3339), x.Role, what, x.Reason)
	return err
}

type scaleHistoryCmd struct {
	Last int  `help:"How many." default:"50"`
	JSON bool `help:"For programs."`
}

// Run lists the latest entries, newest first.
func (c scaleHistoryCmd) Run(e *env) error {
	db, err := e.openDatabase()
	if err != nil {
		return err
	}
	defer db.Close()
	all, err := scale.NewHistory(db).List(e.ctx, c.Last)
	if err != nil {
		return err
	}
	if c.JSON {
		return e.json(append([]scale.Entry{}, all...))
	}
	for _, x := range all {
		if err := e.entry(x, false); err != nil {
			return err
		}
	}
	return nil
}
