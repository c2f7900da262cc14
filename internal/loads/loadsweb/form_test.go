package loadsweb

import (
	"net/url"
	"reflect"
	"testing"

	"truckflow/internal/documents/extract"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads"
)

func sent(pairs ...string) *form {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	f := newForm()
	f.typed(v)
	return f
}

func TestWhatIsTypedAsTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ typed, day, want string }{
		{"2026-11-23 08:00", "", "2026-11-23T08:00"},
		{"2026-11-23T08:00", "", "2026-11-23T08:00"},
		{"  11/23/2026   0800 ", "", "2026-11-23T08:00"},
		{"11/23/26 14:30", "", "2026-11-23T14:30"},
		{"2026-11-23", "", "2026-11-23"},
		{"11/3/26", "", "2026-11-03"},
		{"1400", "2026-11-23T08:00", "2026-11-23T14:00"},
		{"14:00", "2026-11-23", "2026-11-23T14:00"},
		{"", "", ""},
	} {
		f := sent("x", "")
		f.Values["w"] = c.typed
		if got := f.when("w", c.day); got != c.want || len(f.Errors) != 0 {
			t.Errorf("%q: %q %v, want %q", c.typed, got, f.Errors, c.want)
		}
	}
	for _, bad := range []string{"14:00", "2026-02-30", "2026-11-23 25:00", "tomorrow", "23/11/2026", "2026-11-23 08:00 CST"} {
		f := newForm()
		f.Values["w"] = bad
		if got := f.when("w", ""); got != "" || f.Errors["w"] == "" {
			t.Errorf("%q was taken as %q", bad, got)
		}
	}
}

func TestBadInputIsNamedAndKept(t *testing.T) {
	t.Parallel()
	f := sent("customer_ref", "77-1", "weight_lb", "heavy", "miles", "1,204", "stops[0].type", "pickup", "stops[0].city", "Dallas", "stops[0].window_start", "soon",
		"stops[1].type", "delivery", "stops[1].city", "Memphis", "stops[1].window_start", "2026-11-24 10:00", "stops[1].window_end", "2026-11-24 09:00",
		"charges[0].kind", "linehaul", "charges[0].amount", "1,85.00", "charges[1].kind", "fuel", "charges[1].amount", "12.345")
	in := f.input(loads.Input{})
	for _, name := range []string{"weight_lb", "stops[0].window_start", "stops[1].window_end", "charges[0].amount", "charges[1].amount"} {
		if f.Errors[name] == "" {
			t.Errorf("nothing said about %s", name)
		}
	}
	if len(f.Errors) != 5 {
		t.Errorf("complaints: %v", f.Errors)
	}
	if f.Values["stops[0].window_start"] != "soon" || f.Values["charges[0].amount"] != "1,85.00" || f.Values["weight_lb"] != "heavy" {
		t.Errorf("what was typed is gone: %v", f.Values)
	}
	if in.Miles == nil || *in.Miles != 1204 {
		t.Errorf("miles: %v", in.Miles)
	}
}

func TestRowsNobodyWroteInAreLeftOut(t *testing.T) {
	t.Parallel()
	f := sent("stops[0].type", "pickup", "stops[0].city", "Dallas", "stops[1].type", "delivery", "stops[2].type", "delivery", "stops[2].city", "Memphis",
		"charges[0].kind", "", "charges[1].kind", "linehaul", "charges[1].amount", "$1,850.50")
	in := f.input(loads.Input{})
	if len(in.Stops) != 2 || in.Stops[1].City != "Memphis" || len(in.Charges) != 1 || in.Charges[0].Amount != 185_050 {
		t.Errorf("%+v", in)
	}
	if f.Stops != 2 || f.Charges != 1 || f.Values["stops[1].city"] != "Memphis" {
		t.Errorf("the screen's rows are not the load's rows: %d %d %v", f.Stops, f.Charges, f.Values)
	}
}

func TestRowsAreAddedAndRemoved(t *testing.T) {
	t.Parallel()
	f := sent("stops[0].city", "A", "stops[1].city", "B", "stops[1].notes", "x", "stops[2].city", "C")
	if !f.press("remove-stop-1") || f.Stops != 2 || f.Values["stops[1].city"] != "C" || f.Values["stops[1].notes"] != "" {
		t.Errorf("after removing: %d %v", f.Stops, f.Values)
	}
	if !f.press("add-stop") || f.Stops != 3 || f.Values["stops[2].city"] != "" {
		t.Errorf("after adding: %d %v", f.Stops, f.Values)
	}
	for _, do := range []string{"remove-stop-9", "remove-stop--1", "remove-stop-x"} {
		if !f.press(do) || f.Stops != 3 {
			t.Errorf("%s changed the rows", do)
		}
	}
	if f.press("book") || f.press("") {
		t.Error("booking is not a change of the form")
	}
	if g := sent("stops[99].city", "far", "stops[1x].city", "odd", "charges[-1].amount", "1"); g.Stops != 0 || g.Charges != 0 {
		t.Errorf("rows out of bounds: %d %d", g.Stops, g.Charges)
	}
}

func example() loads.Input {
	pieces, weight := 22, 42_000
	return loads.Input{CustomerID: ids.MustParse("018f0000-0000-7000-8000-000000000001"), CustomerRef: "PO-9", Equipment: "van", Commodity: "paper", Pieces: &pieces, WeightLb: &weight,
		Stops: []loads.StopInput{
			{Kind: "pickup", Name: "Mill", City: "Dallas", State: "TX", ZIP: "75201", TimeZone: "America/Chicago", From: "2026-11-23T08:00", To: "2026-11-23T10:00",
				Refs: []loads.Ref{{Kind: "PU", Value: "44 11"}, {Kind: "PO", Value: "88-12"}}},
			{Kind: "delivery", City: "Memphis", State: "TN", ZIP: "38118", TimeZone: "America/Chicago", From: "2026-11-24"}},
		Charges: []loads.ChargeInput{{Kind: "linehaul", Amount: 180_000}, {Kind: "fuel", Description: "FSC", Amount: 5_025}}}
}

func resent(in loads.Input) *form {
	f := newForm()
	f.show(in)
	v := url.Values{}
	for name, s := range f.Values {
		v.Set(name, s)
	}
	g := newForm()
	g.typed(v)
	return g
}

func TestUntouchedFormChangesNothing(t *testing.T) {
	t.Parallel()
	in := example()
	f := resent(in)
	got := f.input(in)
	if len(f.Errors) > 0 || !reflect.DeepEqual(got, in) {
		t.Errorf("%v\n got %+v\nwant %+v", f.Errors, got, in)
	}
}

func TestAnotherPlaceLosesTheOldZone(t *testing.T) {
	t.Parallel()
	f := resent(example())
	f.Values["stops[1].city"], f.Values["stops[1].state"], f.Values["stops[1].zip"] = "Phoenix", "AZ", "85001"
	if in := f.input(example()); in.Stops[1].TimeZone != "" || in.Stops[0].TimeZone != "America/Chicago" {
		t.Errorf("zones: %q %q", in.Stops[0].TimeZone, in.Stops[1].TimeZone)
	}
}

func leaf[T any](v T, conf float64) *extract.Leaf[T] {
	return &extract.Leaf[T]{Value: v, Confidence: conf, Page: 1, Box: [4]float64{1, 2, 3, 4}, Text: "as printed"}
}

func reading() *extract.Reading {
	return &extract.Reading{LoadNumber: leaf("PO-9", .98), Broker: extract.Party{Name: leaf("Redwood Logistics", .9), USDOT: leaf("2234567", .9)}, TotalRate: leaf("1850.25", .95),
		Stops: []extract.Stop{{City: leaf("Dallas", .9), References: []extract.Str{leaf("44 11", .8), leaf("88-12", .7)}}, {City: leaf("Memphis", .5), ZIP: leaf("38118", .4)}},
		LineItems: []extract.LineItem{{Kind: leaf("linehaul", .9), Amount: leaf("unreadable", .2)}, {Kind: leaf("linehaul", .9), Amount: leaf("1,800.00", .9)},
			{Kind: leaf("fuel", .9), Amount: leaf("50.25", .7)}},
		Terms: extract.Terms{PaymentDays: leaf(30, .9)}}
}

func TestEvidenceAndDoubtsFindTheirControls(t *testing.T) {
	t.Parallel()
	f := newForm()
	f.show(example())
	f.dress(reading(), []loads.Flag{{Field: "load_number", Reason: "load L-1 has the same number", Severity: "check"}, {Field: "stops[1].zip", Reason: "not in Memphis", Severity: "check"},
		{Field: "line_items[2].amount", Reason: "hard to read", Severity: "check"}, {Field: "customer_id", Reason: "matched by name", Severity: "note"},
		{Field: "terms.detention", Reason: "not said", Severity: "note"}, {Field: "currency", Reason: "not said", Severity: "check"}})
	for _, name := range []string{"customer_ref", "customer_id", "stops[0].city", "stops[0].references", "stops[1].zip", "charges[0].amount", "charges[1].amount", "total_rate"} {
		if f.Evidence[name] == nil {
			t.Errorf("no evidence beside %s", name)
		}
	}
	if e := f.Evidence["charges[0].amount"]; e != nil && e.Confidence != .9 {
		t.Error("the unreadable line's place stands beside the first charge")
	}
	if f.Flags["customer_ref"] == "" || f.Flags["stops[1].zip"] == "" || f.Flags["charges[1].amount"] == "" || f.Hints["customer_id"] == "" {
		t.Errorf("doubts: %v %v", f.Flags, f.Hints)
	}
	if len(f.Loose) != 2 || len(f.looseText()) != 1 {
		t.Errorf("doubts without a control: %v %v", f.Loose, f.looseText())
	}
}

func TestChangedFieldsLoseTheirDoubts(t *testing.T) {
	t.Parallel()
	flags := []loads.Flag{{Field: "load_number", Reason: "twice", Severity: "check"}, {Field: "stops[1].zip", Reason: "not there", Severity: "check"},
		{Field: "total_rate", Reason: "does not add up", Severity: "check"}, {Field: "terms.tonu", Reason: "missing", Severity: "note"}}
	in := example()
	f := resent(in)
	f.Values["stops[1].zip"], f.Values["charges[0].amount"] = "38119", "1,750.00"
	got := f.keep(flags, in)
	if len(got) != 2 || got[0].Field != "load_number" || got[1].Field != "terms.tonu" {
		t.Errorf("kept %v", got)
	}
	if same := resent(in).keep(flags, in); len(same) != len(flags) {
		t.Errorf("an untouched form lost doubts: %v", same)
	}
}

func TestLinesMustAgreeWithTheTotal(t *testing.T) {
	t.Parallel()
	for typed, ok := range map[string]bool{"1,850.25": true, "1850.25": true, "1,850.24": false, "about 1850": false} {
		f := resent(example())
		f.Values["total_rate"] = typed
		f.agree()
		if (f.Errors["total_rate"] == "") != ok {
			t.Errorf("%q: %v", typed, f.Errors)
		}
	}
}

func TestReferencesAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for s, want := range map[string][]loads.Ref{"PU 4411, po#88-12; 123": {{Kind: "PU", Value: "4411"}, {Kind: "PO", Value: "88-12"}, {Kind: "REF", Value: "123"}},
		"": nil, " , ;": nil, "BOL: X 9": {{Kind: "BOL", Value: "X 9"}}} {
		if got := refs(s); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func TestWallTimesAreLocal(t *testing.T) {
	t.Parallel()
	at, err := wallTime("2026-11-23T08:00", "America/Denver")
	if err != nil || at.UTC().Hour() != 15 {
		t.Errorf("%v %v", at, err)
	}
	if _, err := wallTime("noon", "America/Denver"); err == nil {
		t.Error("“noon” was taken as a time")
	}
}
