package cli

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"truckflow/internal/app"
	"truckflow/internal/config"
	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/llm/drill"
)

type aiCmd struct {
	Probe aiProbeCmd `cmd:"" help:"Measure each engine that is set up: what it can do, first token, tokens a second, with one caller and four.\n\nExample: truckflow ai probe"`
	Bench aiBenchCmd `cmd:"" help:"Measure what the gateway adds to a call, and let engines fail in every way; needs no engine.\n\nExample: truckflow ai bench --json"`
}

type aiProbeCmd struct {
	Outside bool `help:"Also those outside the premises: the questions are invented, but they cost a little money."`
	JSON    bool `help:"For programs."`
}

// Run measures; exit 1 when an engine could not be measured.
func (c aiProbeCmd) Run(e *env) error {
	cfg, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	ms := []drill.Measured{}
	passed := []string{}
	for _, s := range app.AIEngines(cfg) {
		if s.Outside && !c.Outside {
			passed = append(passed, s.Name)
			continue
		}
		var done []string
		for _, j := range llm.Jobs {
			if m := s.Models[j]; !slices.Contains(done, m) {
				done = append(done, m)
				ms = append(ms, drill.Probe(e.ctx, s, m))
			}
		}
	}
	bad := slices.ContainsFunc(ms, func(m drill.Measured) bool { return m.Trouble != "" })
	if c.JSON {
		if err := e.json(map[string]any{"engines": ms, "passed_over": passed}); err != nil {
			return err
		}
	} else {
		printProbe(e, ms, passed)
	}
	if bad {
		return errWrong
	}
	return nil
}

func printProbe(e *env, ms []drill.Measured, passed []string) {
	if len(ms) == 0 {
		fmt.Fprintln(e.out, "no engine on the premises is set up: the rules answer alone (OLLAMA_HOST names an Ollama)")
	}
	for _, m := range ms {
		fmt.Fprintf(e.out, "%s  %s\n", m.Engine, m.Model)
		if m.Trouble != "" {
			fmt.Fprintf(e.out, "  could not be measured: %s\n", m.Trouble)
			continue
		}
		fmt.Fprintf(e.out, "  JSON %s, tools %s, pictures %s\n", yesNo(m.JSON), yesNo(m.Tools), yesNo(m.Says.Vision))
		for _, l := range []drill.Load{m.One, m.Four} {
			fmt.Fprintf(e.out, "  %d at a time: first token %s (slowest %s), %.0f tokens/s together\n", l.Callers, short(l.First), short(l.FirstMax), l.PerSecond)
		}
		for _, a := range m.Advice {
			fmt.Fprintf(e.out, "  → %s\n", a)
		}
	}
	if len(passed) > 0 {
		fmt.Fprintf(e.out, "not measured, because they are outside (--outside): %s\n", strings.Join(passed, ", "))
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// short rounds a time to what can be compared.
func short(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < 100*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}

type aiBenchCmd struct {
	Calls int  `default:"2000" help:"Calls measured, directly and through the gateway, in turn."`
	JSON  bool `help:"For programs."`
}

// Run measures and drills; exit 1 when a call was lost, late, or leaked.
func (c aiBenchCmd) Run(e *env) error {
	if c.Calls < 100 {
		c.Calls = 100
	}
	added, err := drill.Added(e.ctx, c.Calls)
	if err != nil {
		return err
	}
	rs, err := drill.Run(e.ctx)
	if err != nil {
		return err
	}
	bad := slices.ContainsFunc(rs, func(r drill.Result) bool { return r.Lost+r.Late+r.Leaked+len(r.Wrong) > 0 })
	if c.JSON {
		if err := e.json(map[string]any{"added": added, "drills": rs}); err != nil {
			return err
		}
	} else {
		printBench(e, added, rs)
	}
	if bad {
		return errWrong
	}
	return nil
}

func printBench(e *env, added []drill.Overhead, rs []drill.Result) {
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "added latency\tdirect p50\tp99\tgateway p50\tp99\tadded p50\t")
	for _, o := range added {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t\n", o.What, short(o.DirectP50), short(o.DirectP99), short(o.P50), short(o.P99), short(o.P50-o.DirectP50))
	}
	fmt.Fprintln(w, "\t\t\t\t\t\t")
	_ = w.Flush()
	w = tabwriter.NewWriter(e.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "drill\tcalls\tanswered\tlocal\toverflow\tbuilt in\trefused\tlost\tlate\tleaked\tp50\tworst\tdeadline\t")
	for _, r := range rs {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t\n", r.Name, r.Calls, r.Answered, r.Local, r.Overflow, r.Builtin, r.Refused, r.Lost, r.Late, r.Leaked, short(r.P50), short(r.Worst), r.Deadline)
	}
	_ = w.Flush()
	for _, r := range rs {
		for _, x := range r.Wrong {
			fmt.Fprintf(e.out, "%s: %s\n", r.Name, x)
		}
	}
}
