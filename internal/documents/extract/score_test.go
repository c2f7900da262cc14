package extract

import "testing"

func reading() *Reading {
	s := func(v string) Str { return &Leaf[string]{Value: v, Confidence: 0.9, Page: 1, Text: v} }
	return &Reading{
		LoadNumber: s("L1"), TotalRate: s("100.00"),
		Stops: []Stop{{Type: s("pickup"), City: s("Dallas"), Phone: s("(214) 555-0100"), References: []Str{s("22"), s("11")}}},
		Flags: []Flag{{"total_rate", "why", Check}, {"stops[0].city", "why", Note}},
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, label                          string
		exact, missed, wrong, extra, silent  int
		clean, flagsExpected, flagsRaisedCnt int
	}{
		{"all right", `{"load_number":"L1","total_rate":"100.00","stops":[{"type":"pickup","city":"DALLAS","phone":"214-555-0100","references":["11","22"]}],"flags_expected":["total_rate"]}`, 7, 0, 0, 0, 0, 1, 1, 1},
		{"wrong and flagged is not silent", `{"load_number":"L1","total_rate":"200.00","stops":[{"type":"pickup","city":"Dallas","phone":"2145550100","references":["11","22"]}]}`, 6, 0, 1, 0, 0, 0, 0, 0},
		{"a note does not excuse", `{"load_number":"L1","total_rate":"100.00","stops":[{"type":"pickup","city":"Houston","phone":"2145550100","references":["11","22"]}]}`, 6, 0, 1, 0, 1, 0, 0, 0},
		{"more than is printed", `{"load_number":"L1","stops":[{"type":"pickup","city":"Dallas","phone":"2145550100","references":["11"]}]}`, 5, 0, 0, 2, 1, 0, 0, 0},
		{"missed", `{"load_number":"L1","miles":400,"total_rate":"100.00","stops":[{"type":"pickup","city":"Dallas","phone":"2145550100","references":["11","22"]}],"flags_expected":["miles"]}`, 7, 1, 0, 0, 0, 0, 1, 0},
	} {
		l, err := ParseLabel([]byte(c.label))
		if err != nil {
			t.Fatal(err)
		}
		s := Compare(reading(), l)
		if s.Exact != c.exact || s.Missed != c.missed || s.Wrong != c.wrong || s.Extra != c.extra || s.Silent != c.silent || s.Clean != c.clean || s.FlagsExpected != c.flagsExpected || s.FlagsRaised != c.flagsRaisedCnt {
			t.Errorf("%s: %+v clean %d flags %d/%d; %+v", c.name, s.Count, s.Clean, s.FlagsRaised, s.FlagsExpected, s.Misses)
		}
	}
	if _, err := ParseLabel([]byte("{")); err == nil {
		t.Error("a broken label was taken")
	}
}

func TestParseTruth(t *testing.T) {
	t.Parallel()
	m, err := ParseTruth([]byte(`{"_note":"x","a.pdf":{"fields":{"load_id":"L1","origin.city":{"any_of":["Austin","Dallas"]},"total_rate":100.0,"fuel_surcharge":null,"commodity":{"skip":true}}}}`))
	if err != nil || len(m) != 1 {
		t.Fatalf("%d files, %v", len(m), err)
	}
	s := Compare(reading(), m["a.pdf"](reading()))
	if s.Exact != 3 || s.Fields != 3 || s.Extra != 0 {
		t.Errorf("%+v %+v", s.Count, s.Misses)
	}
}

func TestFlagCovers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field, path string
		want        bool
	}{{"stops", "stops[0].zip", true}, {"stops[0]", "stops[0].zip", true}, {"stops[1]", "stops[10].zip", false}, {"total_rate", "total_rate", true}, {"broker", "broker.name", true}, {"bro", "broker.name", false}} {
		if got := covers(c.field, c.path); got != c.want {
			t.Errorf("%s covers %s: %v", c.field, c.path, got)
		}
	}
}
