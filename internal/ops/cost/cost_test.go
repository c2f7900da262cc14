package cost_test

import (
	"strings"
	"testing"
	"time"

	"truckflow/internal/kit/money"
	"truckflow/internal/ops/cost"
	"truckflow/internal/ops/usage"
)

var day = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func book(t *testing.T, edits ...string) *cost.Book {
	t.Helper()
	k, err := cost.Parse([]byte(strings.NewReplacer(edits...).Replace(string(cost.Default))))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func reckon(t *testing.T, k *cost.Book, m cost.Measured, revenue money.Cents) *cost.Report {
	t.Helper()
	r, err := k.Reckon(day, m, revenue)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestTheSpecificationsFigures reproduces its tables and says where they do not add up.
func TestTheSpecificationsFigures(t *testing.T) {
	t.Parallel()
	r := reckon(t, book(t), cost.Measured{}, 0)
	want := map[string]string{ // spec-errata 57 to 60
		"Total monthly cost $925–1,550":         "$925.00–$1,550.00",
		"Infrastructure is 0.1–0.2 % of $1M":    "0.09–0.16 %",
		"At $50K a month it is 3 %":             "1.85–3.1 %",
		"At $200K a month it is 0.8 %":          "0.46–0.78 %",
		"At $1M a month it is 0.15 %":           "0.09–0.16 %",
		"Cluster beyond $500K a month":          "0.8–1.2 % of revenue",
		"Domain + SSL $50–100 a month":          "$1.00–$2.00",
		"Break-even analysis":                   "no break-even: a share of revenue",
		"AI processing with a 24 GB GPU":        "in no price of the single server",
		"$1M profit target, $1M revenue target": "two different things",
	}
	holds := map[string]bool{"Total monthly cost $925–1,550": true, "Infrastructure is 0.1–0.2 % of $1M": true, "Cluster beyond $500K a month": true}
	for _, c := range r.Claims {
		if w, ok := want[c.Says]; ok && c.Is != w {
			t.Errorf("%s: %s, want %s", c.Says, c.Is, w)
		}
		if c.Holds != holds[c.Says] {
			t.Errorf("%s: holds is %v", c.Says, c.Holds)
		}
		delete(want, c.Says)
	}
	if len(want) > 0 {
		t.Errorf("not said: %v", want)
	}
	// Its own prices in the book give its own total.
	k := book(t, `domain, what: "Domain", unit: month, low: "1.00", high: "2.00"`, `domain, what: "Domain", unit: month, low: "50.00", high: "100.00"`,
		`unit: gb-month, low: "6.00", high: "23.00"`, `unit: gb-month, low: "25.00", high: "50.00"`, `unit: gb, low: "0.00", high: "90.00"`, `unit: gb, low: "0.00", high: "0.00"`,
		`unit: month, low: "0.00", high: "20.00"`, `unit: month, low: "50.00", high: "200.00"`)
	r = reckon(t, k, cost.Measured{}, 0)
	if got := r.Single.Total.String(); got != "$925.00–$1,550.00" {
		t.Errorf("its prices in our book: %s", got)
	}
	if got := r.Single.Share.String(); got != "0.09–0.16 %" {
		t.Errorf("their share: %s", got)
	}
}

// TestReckoning does the sums of the built-in book by hand.
func TestReckoning(t *testing.T) {
	t.Parallel()
	r := reckon(t, book(t), cost.Measured{}, 0)
	// 800 + 1 + 0 + 6 × 1 TB + 0 × 0.1 TB + 0 and 1200 + 2 + 0 + 23 + 9 + 20
	if r.Single.Total != (cost.Range{Low: 807_00, High: 1_254_00}) || r.Cluster.Total != (cost.Range{Low: 4_007_00, High: 6_054_00}) {
		t.Errorf("%v, %v", r.Single.Total, r.Cluster.Total)
	}
	// 15 % of $1,800 is $270 a load: 807 / 270 and 1254 / 270, rounded up.
	if r.Margin != 270_00 || r.Single.BreakEven != [2]int{3, 5} || r.Cluster.BreakEven != [2]int{15, 23} {
		t.Errorf("%s: %v, %v", r.Margin, r.Single.BreakEven, r.Cluster.BreakEven)
	}
	// $1M at $1,800 is 555 loads on 46 trucks.
	if r.Single.PerLoad.String() != "$1.45–$2.26" || r.Single.PerTruck.String() != "$17.54–$27.26" {
		t.Errorf("a load %s, a truck %s", r.Single.PerLoad, r.Single.PerTruck)
	}
	// A thousand documents: 6 M tokens in, 1 M out: 4.50 + 4.50 and 18 + 15. GPU $438 / $33 and $1022 / $9 by the thousand.
	if r.AI.PerThousand != (cost.Range{Low: 9_00, High: 33_00}) || r.AI.BreakEven != [2]int{13_273, 113_556} || r.AI.Documents != 2220 || !strings.HasPrefix(r.AI.Verdict, "tokens in the cloud are cheaper") {
		t.Errorf("%+v", r.AI)
	}
	chosen := ""
	for _, s := range r.Steps {
		chosen += s.Revenue.String() + " " + s.Chosen + ", "
	}
	if chosen != "50000.00 single, 100000.00 single, 200000.00 single, 500000.00 cluster, 1000000.00 cluster, 2000000.00 cluster, " {
		t.Error(chosen)
	}
	if len(r.Stale) != 0 {
		t.Errorf("stale on %s: %q", day, r.Stale)
	}
	later, err := book(t).Reckon(day.AddDate(0, 3, 0), cost.Measured{}, 0)
	if err != nil || len(later.Stale) != 2 || !strings.Contains(strings.Join(later.Stale, "; "), "Cloud AI, a million tokens in: 301 days old (2026-04-30") {
		t.Errorf("%v %q", err, later.Stale)
	}
}

// TestMeasuredComesFirst: what the system knows is not guessed, and says so.
func TestMeasuredComesFirst(t *testing.T) {
	t.Parallel()
	m := cost.Measured{Work: &usage.Work{Trucks: 20, Loads: 200, Documents: 700, DocumentBytes: 300e9, Revenue: 500_000_00, InvoicedLoads: 250},
		Store: &usage.Store{Bytes: 200e9}, Egress: &cost.Egress{Bytes: 2e9, Over: 24 * time.Hour}}
	r := reckon(t, book(t), m, 0)
	for _, f := range r.Facts {
		if !f.Measured {
			t.Errorf("%s is assumed", f.What)
		}
	}
	// 500 GB kept: $3 to $11.50; 60 GB sent: up to $5.40.
	if r.Revenue != 500_000_00 || r.Margin != 300_00 || r.Single.Total != (cost.Range{Low: 804_00, High: 1_238_90}) || r.Single.PerTruck.String() != "$40.20–$61.95" || r.AI.Documents != 700 {
		t.Errorf("%s %s %s %s", r.Revenue, r.Margin, r.Single.Total, r.Single.PerTruck)
	}
	if asked := reckon(t, book(t), m, 2_000_000_00); asked.Revenue != 2_000_000_00 || asked.Single.PerLoad.High != 1_24 {
		t.Errorf("asked for: %s %s", asked.Revenue, asked.Single.PerLoad)
	}
	// What language models outside cost is part of what a month costs.
	m.Work.AISpent = 37_50
	with := reckon(t, book(t), m, 0)
	if i := len(with.Single.Lines) - 1; with.Single.Total != (cost.Range{Low: 841_50, High: 1_276_40}) || with.Single.Lines[i].What != "Language models outside" || with.Single.Lines[i].Cost.String() != "$37.50" {
		t.Errorf("%+v of %s", with.Single.Lines[len(with.Single.Lines)-1], with.Single.Total)
	}
	// A quarter of an hour says nothing of a month.
	m.Egress.Over = 15 * time.Minute
	if r = reckon(t, book(t), m, 0); r.Facts[len(r.Facts)-2].Measured {
		t.Errorf("%+v", r.Facts[len(r.Facts)-2])
	}
}

// TestBadBooks: each is refused in one line.
func TestBadBooks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ old, new, want string }{
		{`amount: "1000000.00"`, `amount: "0"`, "revenue must be more than zero"},
		{`low: "800.00"`, `low: "-800.00"`, "a price cannot be negative: -800.00"},
		{"currency: USD", "currency: XAU", `currency "XAU" is not known here`},
		{`low: "800.00"`, `low: "8000.00"`, "price server: high is below low"},
		{`low: "800.00"`, `low: "eight"`, "not an amount of money"},
		{"percent: 85", "percent: 100", "at 100 % no number of loads pays for anything"},
		{"unit: mtok", "unit: ktok", `unit is month, gb-month, gb or mtok, not "ktok"`},
		{"id: tls", "id: tsl", "there is no price tls"},
		{"id: tls", "id: domain", `each price needs an id of its own ("domain")`},
		{"date: 2026-11-23", "date: yesterday", `"yesterday" is not a date`},
		{"count: 12,", "count: 0,", "loads_per_truck must be 1 or more"},
		{"stale_days:", "stale_weeks:", "field stale_weeks not found"},
		{string(cost.Default), "", "it is empty"},
		{string(cost.Default), "prices", "cannot unmarshal"},
	} {
		_, err := cost.Parse([]byte(strings.Replace(string(cost.Default), c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40q → %q: %v, want %q in one line", c.old, c.new, err, c.want)
		}
	}
	if _, err := book(t).Reckon(day, cost.Measured{}, -1); err == nil {
		t.Error("a negative revenue is taken")
	}
	if _, err := book(t, `amount: "1800.00"`, `amount: "0.03"`).Reckon(day, cost.Measured{}, 0); err == nil || !strings.Contains(err.Error(), "no contribution margin") {
		t.Errorf("three cents a load: %v", err)
	}
}
