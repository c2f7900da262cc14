package extract

import (
	"strings"
	"testing"
)

func TestThePaperWinsOverTheMail(t *testing.T) {
	t.Parallel()
	l := func(v string) Str { return &Leaf[string]{Value: v, Confidence: 0.95} }
	paper := func() *Reading {
		return &Reading{TotalRate: l("1800.00"), LoadNumber: l("A-1"), Equipment: l("van"), Stops: []Stop{{Type: l("pickup"), City: l("Dallas"), WindowStart: l("2026-11-27T08:00")}, {Type: l("delivery"), City: l("Memphis")}}}
	}
	for name, c := range map[string]struct {
		mail *Reading
		want string // fields flagged
	}{
		"nothing said":      {nil, ""},
		"the same":          {&Reading{TotalRate: l("1800.00"), LoadNumber: l("a-1")}, ""},
		"another rate":      {&Reading{TotalRate: l("1950.00")}, "total_rate"},
		"a doubtful rate":   {&Reading{TotalRate: &Leaf[string]{Value: "1950.00", Confidence: 0.5}}, ""},
		"another load":      {&Reading{LoadNumber: l("B-9"), Equipment: l("reefer")}, "load_number equipment"},
		"another hour":      {&Reading{Stops: []Stop{{Type: l("pickup"), City: l("dallas"), WindowStart: l("2026-11-27T09:30")}, {Type: l("delivery")}}}, ""},
		"another day, town": {&Reading{Stops: []Stop{{Type: l("pickup"), City: l("Waco"), WindowStart: l("2026-11-28")}, {Type: l("delivery")}}}, "stops[0].city stops[0].window_start"},
		"only one stop":     {&Reading{Stops: []Stop{{Type: l("pickup"), City: l("Waco")}}}, ""},
	} {
		r := paper()
		r.Against(c.mail)
		var got []string
		for _, f := range r.Flags {
			got = append(got, f.Field)
			if f.Severity != Check || !strings.Contains(f.Reason, "the paper was taken") {
				t.Errorf("%s: %+v", name, f)
			}
		}
		if strings.Join(got, " ") != c.want || r.TotalRate.Value != "1800.00" {
			t.Errorf("%s: flagged %v, want %q", name, got, c.want)
		}
	}
}
