package scale_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"truckflow/internal/ops/scale"
)

func rules(t *testing.T, edits ...string) *scale.Rules {
	t.Helper()
	r, err := scale.Parse([]byte(strings.NewReplacer(edits...).Replace(string(scale.Default))))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestCurves holds every invented day against the actions that an expert expects.
func TestCurves(t *testing.T) {
	r := rules(t)
	for name, want := range map[string][]string{
		"step":     {"00:11:00 add 3 ResponseSlow", "00:16:30 add 4 CpuHigh", "01:15:00 remove 3 UsageLow", "01:30:30 remove 2 UsageLow"},
		"spike":    nil, // four minutes are not five
		"diurnal":  {"08:05:30 add 3 CpuHigh", "10:24:30 add 4 CpuHigh", "21:21:30 remove 3 UsageLow", "22:15:30 remove 2 UsageLow"},
		"flapping": nil,
		"missing":  {"00:55:00 remove 3 UsageLow", "01:10:30 remove 2 UsageLow"}, // 15 minutes from when it is known again
		"partial":  nil,
		"lying":    nil,
		"slow":     {"00:01:00 add 3 ResponseSlow", "00:06:00 add 4 ResponseSlow"},
		"silence":  {"00:25:00 add 3 CpuHigh"}, // five minutes from the first look after it
	} {
		c, err := scale.CurveOf(name)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range scale.Simulate(r, &r.Roles[0], c) {
			if d.Action != scale.Hold {
				got = append(got, fmt.Sprint(d.At.Format("15:04:05 "), d.Action, " ", d.To, " ", d.Trigger))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if len(scale.Curves) != 9 {
		t.Errorf("%d curves, 9 are expected here", len(scale.Curves))
	}
}

// TestDecide walks one role through looks of half a minute.
func TestDecide(t *testing.T) {
	t.Parallel()
	calm, busy, idle := map[string]float64{"cpu": 50, "memory": 50, "response": .1}, map[string]float64{"cpu": 81, "memory": 50, "response": .1}, map[string]float64{"cpu": 29, "memory": 29, "response": .1}
	for name, c := range map[string]struct {
		change func(i int, s *scale.Seen) // of look i; each starts as three calm instances of four
		looks  int
		want   string // the last look's "action to kind", or of the first look that acts
	}{
		"calm":                      {func(int, *scale.Seen) {}, 100, "hold 3 quiet"},
		"just not over 80 %":        {func(_ int, s *scale.Seen) { s.Values = map[string]float64{"cpu": 80, "memory": 85, "response": 2} }, 100, "hold 3 quiet"},
		"4:30 over 80 %":            {func(_ int, s *scale.Seen) { s.Values = busy }, 10, "hold 3 pending"},
		"5:00 over 80 %":            {func(_ int, s *scale.Seen) { s.Values = busy }, 11, "add 4 trigger"},
		"a dip begins anew":         {func(i int, s *scale.Seen) { s.Values = pick(i == 8, calm, busy) }, 19, "hold 3 pending"},
		"a gap in the figure, too":  {func(i int, s *scale.Seen) { s.Values = pick(i == 8, nil, busy) }, 19, "hold 3 pending"},
		"memory over 85 %":          {func(_ int, s *scale.Seen) { s.Values = map[string]float64{"cpu": 1, "memory": 86, "response": 1} }, 11, "add 4 trigger"},
		"known enough to add":       {func(_ int, s *scale.Seen) { s.Values = map[string]float64{"cpu": 99} }, 11, "add 4 trigger"},
		"14:30 under 30 %":          {func(_ int, s *scale.Seen) { s.Values = idle }, 30, "hold 3 pending"},
		"15:00 under 30 %":          {func(_ int, s *scale.Seen) { s.Values = idle }, 31, "remove 2 trigger"},
		"memory keeps it":           {func(_ int, s *scale.Seen) { s.Values = map[string]float64{"cpu": 1, "memory": 30, "response": .1} }, 100, "hold 3 quiet"},
		"idle and not known":        {func(_ int, s *scale.Seen) { s.Values = map[string]float64{"cpu": 1, "memory": 1} }, 100, "hold 3 unknown"},
		"idle and one does not say": {func(_ int, s *scale.Seen) { s.Values, s.Reported = idle, 2 }, 100, "hold 3 unknown"},
		"Prometheus says nothing":   {func(_ int, s *scale.Seen) { s.Values, s.Reported = nil, -1 }, 100, "hold 3 unknown"},
		"no number": {func(_ int, s *scale.Seen) {
			s.Values = map[string]float64{"cpu": math.NaN(), "memory": 1, "response": 1}
		}, 100, "hold 3 unknown"},
		"more than all":                  {func(_ int, s *scale.Seen) { s.Values = map[string]float64{"cpu": 101, "memory": 1, "response": 1} }, 100, "hold 3 unknown"},
		"slow and idle":                  {func(_ int, s *scale.Seen) { s.Values = map[string]float64{"cpu": 1, "memory": 1, "response": 3} }, 31, "add 4 trigger"},
		"at the maximum":                 {func(_ int, s *scale.Seen) { s.Values, s.Wanted, s.Ready, s.Reported = busy, 4, 4, 4 }, 100, "hold 4 bound"},
		"at the minimum":                 {func(_ int, s *scale.Seen) { s.Values, s.Wanted, s.Ready, s.Reported = idle, 2, 2, 2 }, 100, "hold 2 bound"},
		"above the maximum":              {func(_ int, s *scale.Seen) { s.Wanted, s.Ready, s.Reported = 6, 6, 6 }, 1, "remove 5 bound"},
		"below the minimum":              {func(_ int, s *scale.Seen) { s.Wanted, s.Ready, s.Values = 1, 1, nil }, 1, "add 2 bound"},
		"below it and no connection":     {func(_ int, s *scale.Seen) { s.Wanted, s.Ready, s.Free = 1, 1, 21 }, 9, "hold 1 connections"},
		"no connection for another":      {func(_ int, s *scale.Seen) { s.Values, s.Free = busy, 21 }, 100, "hold 3 connections"},
		"the last is not ready":          {func(_ int, s *scale.Seen) { s.Values, s.Ready = busy, 2 }, 100, "hold 3 busy"},
		"the last still drains":          {func(_ int, s *scale.Seen) { s.Values, s.Draining = busy, 1 }, 100, "hold 3 busy"},
		"a long silence begins anew":     {func(i int, s *scale.Seen) { s.Values = busy; s.At = s.At.Add(time.Duration(i/8) * 2 * time.Minute) }, 11, "hold 3 pending"},
		"a late look or two does not":    {func(i int, s *scale.Seen) { s.Values = busy; s.At = s.At.Add(time.Duration(i%2) * 29 * time.Second) }, 11, "add 4 trigger"},
		"ready again, and it is counted": {func(i int, s *scale.Seen) { s.Values = busy; s.Ready = pickI(i < 11, 2, 3) }, 12, "add 4 trigger"},
	} {
		r := rules(t)
		var m scale.Memory
		var d scale.Decision
		for i := range c.looks {
			s := scale.Seen{At: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 30 * time.Second), Wanted: 3, Ready: 3, Reported: 3, Free: 22, Values: calm}
			c.change(i, &s)
			if d = r.Roles[0].Decide(&m, 30*time.Second, s); d.Action != scale.Hold {
				if i != c.looks-1 && d.Trigger != "ResponseSlow" {
					t.Errorf("%s: %s already at look %d", name, d.Action, i+1)
				}
				break
			}
		}
		if got := fmt.Sprint(d.Action, " ", d.To, " ", d.Kind); got != c.want {
			t.Errorf("%s: %s (%s), want %s", name, got, d.Reason, c.want)
		}
		if d.Reason == "" {
			t.Errorf("%s: no reason", name)
		}
	}
}

// TestNeverTwoAtOnce lets everything speak for growing and counts.
func TestNeverTwoAtOnce(t *testing.T) {
	t.Parallel()
	r := rules(t, "max: 4", "max: 9", "connections: 200", "connections: 1000")
	var m scale.Memory
	wanted, last := 2, time.Time{}
	for i := range 200 {
		s := scale.Seen{At: time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * 30 * time.Second), Wanted: wanted, Ready: wanted, Reported: wanted, Free: 1000,
			Values: map[string]float64{"cpu": 99, "memory": 99, "response": 9}}
		d := r.Roles[0].Decide(&m, 30*time.Second, s)
		if d.Action == scale.Hold {
			continue
		}
		if d.To != wanted+1 {
			t.Fatalf("%d → %d", wanted, d.To)
		}
		if !last.IsZero() && s.At.Sub(last) < 5*time.Minute {
			t.Errorf("only %s after the last", s.At.Sub(last))
		}
		wanted, last = d.To, s.At
	}
	if wanted != 9 {
		t.Errorf("it grew to %d", wanted)
	}
}

func pick(b bool, x, y map[string]float64) map[string]float64 {
	if b {
		return x
	}
	return y
}

func pickI(b bool, x, y int) int {
	if b {
		return x
	}
	return y
}

// TestAnOutageIsMetAtOnce: below the minimum nobody waits for the cool-down, and an
// engine that cannot start is asked again only after three looks.
func TestAnOutageIsMetAtOnce(t *testing.T) {
	t.Parallel()
	r := rules(t)
	began := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	m := scale.Memory{Acted: began.Add(-2 * time.Minute)}
	got := ""
	for i := range 7 {
		d := r.Roles[0].Decide(&m, 30*time.Second, scale.Seen{At: began.Add(time.Duration(i) * 30 * time.Second), Reported: -1, Free: 88})
		got += fmt.Sprint(d.Action, " ", d.To, ", ")
	}
	if got != "add 2, hold 0, hold 0, add 2, hold 0, hold 0, add 2, " {
		t.Error(got)
	}
}

// TestContradictions: each wrong rule is refused by its own words.
func TestContradictions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ old, new, want string }{
		{"below: 30", "below: 80", "UsageLow removes below 80 % where CpuHigh adds above 80 %"},
		{"below: 30", "below: 60", "it would flap: cpu at 60 % on 3 instances is 90 % on 2, where CpuHigh adds again"},
		{"max: 4", "max: 1", "max (1) is below min (2)"},
		{"min: 2", "min: 0", "min must be 1 or more"},
		{"step: 1", "step: 0", "step must be 1 or more"},
		{"cooldown: 5m", "cooldown: 5s", "cooldown must be at least the interval (30s)"},
		{"above: 80", "above: 180", "180 is no value of cpu in percent"},
		{"above: 2,", "below: 2,", "ResponseSlow adds, so it needs above"},
		{"metrics: [cpu], above", "metrics: [heat], above", "there is no metric heat"},
		{"connections: 200", "connections: 40", "the least number of instances needs 88 connections, 28 are there"},
		{"for: 15m", "for: soon", `"soon" is not a duration`},
		{"for: 15m", "for: -1m", "for cannot be negative"},
		{"kind: systemd", "kind: magic", `engine.kind is swarm, compose, nomad, systemd or command, not "magic"`},
		{"base: 5001", "base: 0", "engine systemd needs service (the template) and base"},
		{"step: 1", "stride: 1", "field stride not found"},
		{"name: MemoryHigh", "name: CpuHigh", `each trigger needs a name of its own ("CpuHigh")`},
		{"http://127.0.0.1:9090", "somewhere", "prometheus must be its address"},
		{"count(up{job=\"app\"} == 1)", "", "instances, the query for how many report, is missing"},
		{string(scale.Default), "", "it is empty"},
	} {
		_, err := scale.Parse([]byte(strings.Replace(string(scale.Default), c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40q → %q: %v, want %q in one line", c.old, c.new, err, c.want)
		}
	}
	if n := rules(t, "max: 4", "max: 9").Notes(); len(n) != 1 || !strings.Contains(n[0], "188 connections to give and all roles at their max want 396") {
		t.Errorf("%q", n)
	}
}
