package cli

import (
	"fmt"
	"os"
	"text/tabwriter"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/scale"
)

type scaleCmd struct {
	Check    scaleCheckCmd    `cmd:"" help:"Check scaling rules for what is missing or contradicts itself.\n\nExample: truckflow scale check scaling.yaml"`
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
