package app

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"truckflow/internal/customers"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
	"truckflow/internal/pricing"
)

// lanePast is two years of one carrier's loads on three lanes: Dallas to Memphis
// pays 2.40 a mile, the way back 1.60, Laredo to Chicago 2.00, each give or take 10 %.
func lanePast(n int) []byte {
	var b bytes.Buffer
	b.WriteString("load_number,customer,equipment,miles,pickup_city,pickup_state,pickup_zip,pickup_date,delivery_city,delivery_state,delivery_zip,delivery_date,linehaul,fuel,invoice_number,invoice_date\n")
	lanes := []struct {
		from, to string
		miles    int
		rate     float64
	}{{"Dallas,TX,75201", "Memphis,TN,38118", 453, 2.40}, {"Memphis,TN,38118", "Dallas,TX,75201", 453, 1.60}, {"Laredo,TX,78040", "Chicago,IL,60601", 1390, 2.00}}
	for i := range n {
		l := lanes[i%3]
		day := 700 - 690*i/n
		total := l.rate * float64(l.miles) * (1 + 0.1*math.Sin(float64(i)*1.7))
		fmt.Fprintf(&b, "P-%d,Acme Brokerage,van,%d,%s,%s,%s,%s,%.2f,%.2f,PI-%d,%s\n", i, l.miles, l.from, ago(day), l.to, ago(day-1), total*0.8, total*0.2, i, ago(day-2))
	}
	return b.Bytes()
}

// TestLanesAreLearnedAndAsked walks from another system's past to a price, a
// sheet to negotiate with and the review's word about a new rate.
func TestLanesAreLearnedAndAsked(t *testing.T) {
	t.Parallel()
	a := start(t)
	c := open(t, a, "Lanes")
	cust := must(a.Customers.AddCustomer(c.ctx, customers.Customer{Name: "Acme Brokerage", Kind: "broker", BillingEmail: "ap@acme.example.com", TermsDays: 30}))(t)
	ask := pricing.Ask{From: pricing.Place{Text: "Dallas TX"}, To: pricing.Place{City: "Memphis", State: "TN"}, Equipment: "van"}
	if _, err := a.Pricing.Price(c.ctx, ask); !errors.Is(err, pricing.ErrUnlearned) {
		t.Fatalf("before anything was learned: %v", err)
	}
	if p := must(a.Billing.ImportHistory(c.ctx, lanePast(1110), ""))(t); p.New != 1110 {
		t.Fatalf("%+v", p)
	}
	var read int
	oldest := time.Now()
	if err := a.Loads.EachPriced(c.ctx, 300, func(p loads.Priced) error {
		read++
		if p.PricedAt.Before(oldest) {
			oldest = p.PricedAt
		}
		return nil
	}); err != nil || read < 300 || read > 310 || time.Since(oldest) > 210*24*time.Hour {
		t.Errorf("the newest 300 of 1110 loads, some two a day, are %d back to %v, %v", read, oldest, err)
	}
	if err := a.Pricing.Learn(tenant.System(t.Context(), c.org), time.Time{}); err != nil {
		t.Fatal(err)
	}
	got := must(a.Pricing.Price(c.ctx, ask))(t)
	if math.Abs(got.Range.Mid-2.40) > 0.06 || got.Range.Low < 2.05 || got.Range.High > 2.75 || got.Comparables < 100 || len(got.Recent) == 0 || got.Engine != "baseline" {
		t.Errorf("Dallas to Memphis: %+v", got.Estimate)
	}
	back := must(a.Pricing.Price(c.ctx, pricing.Ask{From: ask.To, To: ask.From, Equipment: "van"}))(t)
	if math.Abs(back.Range.Mid-1.60) > 0.06 {
		t.Errorf("Memphis to Dallas: %+v", back.Estimate)
	}
	never := must(a.Pricing.Price(c.ctx, pricing.Ask{From: pricing.Place{Text: "98101"}, To: pricing.Place{Text: "Boise, ID"}, Equipment: "van"}))(t)
	if never.Comparables != 0 || never.Range.High/never.Range.Low < 1.3 {
		t.Errorf("a lane never hauled is as sure of itself: %+v", never.Estimate)
	}
	lanesAreOneCompanys(t, a, ask)
	rep, at, err := a.Pricing.Report(c.ctx)
	if err != nil || at.IsZero() || rep.Hauls != 1110 || rep.Tested < 50 || rep.Serve {
		t.Errorf("report: %+v, %v", rep, err)
	}

	// A load that pays far too little says so on its review, and the sheet asks for more.
	l := must(a.Loads.Book(c.ctx, loads.Input{CustomerID: cust.ID, Equipment: "van", Charges: []loads.ChargeInput{{Kind: "linehaul", Amount: 60_000}},
		Stops: []loads.StopInput{{Kind: "pickup", City: "Dallas", State: "TX", From: ago(-2)}, {Kind: "delivery", City: "Memphis", State: "TN", From: ago(-3)}}}))(t)
	full := must(a.Loads.Get(c.ctx, l.ID))(t)
	names := &namesAdapter{lanes: a.Pricing}
	lane, ok := names.LanePrice(c.ctx, full)
	if !ok || !lane.Poor || lane.Standing != "below nine of ten" {
		t.Errorf("the review says %+v, %v", lane, ok)
	}
	b := browser{t, a, c.cookie, c.csrf}
	has(t, b.get("/lanes?load="+l.ID.String()+"&empty=40"), "below nine of ten", "P-1107", "Ask for", "Walk away below", "Acme Brokerage", "Dallas, TX to Memphis, TN", "ATRI")
	has(t, b.get("/lanes/model"), "The baseline", "Shrunken lane baseline", "Lane median", "Month by month")
	if w := b.do(http.MethodGet, "/lanes?from=Nowhere%2C+ZZ&to=Dallas%2C+TX", nil); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("an unknown place: %d", w.Code)
	}
	if w := b.do(http.MethodPost, "/lanes/costs", url.Values{"mile": {"1.95"}, "margin": {"8"}, "version": {"0"}, "back": {"https://elsewhere.example.com"}}); w.Header().Get("HX-Redirect") != "/lanes" {
		t.Errorf("costs: %d, on to %q", w.Code, w.Header().Get("HX-Redirect"))
	}
}

// lanesAreOneCompanys: another company on the same server has learned nothing.
func lanesAreOneCompanys(t *testing.T, a *App, ask pricing.Ask) {
	t.Helper()
	other := open(t, a, "Stranger")
	if _, err := a.Pricing.Price(other.ctx, ask); !errors.Is(err, pricing.ErrUnlearned) {
		t.Errorf("a stranger's question was answered: %v", err)
	}
	if err := a.Pricing.Learn(other.ctx, time.Time{}); errs.KindOf(err) != errs.KindForbidden {
		t.Errorf("a person ran the program's own job: %v", err)
	}
}

func TestSheetKnowsCostsAndOffers(t *testing.T) {
	t.Parallel()
	a := start(t)
	c := open(t, a, "Sheet")
	must(a.Customers.AddCustomer(c.ctx, customers.Customer{Name: "Acme Brokerage", Kind: "broker", BillingEmail: "ap@acme.example.com", TermsDays: 30}))(t)
	must(a.Billing.ImportHistory(c.ctx, lanePast(90), ""))(t)
	if err := a.Pricing.Learn(tenant.System(t.Context(), c.org), clock.System.Now()); err != nil {
		t.Fatal(err)
	}
	ask := pricing.Ask{From: pricing.Place{Text: "Dallas, TX"}, To: pricing.Place{Text: "Memphis, TN"}, Equipment: "van", Miles: 453}
	if err := a.Pricing.SetCosts(c.ctx, pricing.Costs{Mile: 200, MarginBps: 1000}); err != nil {
		t.Fatal(err)
	}
	if err := a.Pricing.SetCosts(c.ctx, pricing.Costs{Mile: 210}); errs.KindOf(err) != errs.KindConflict {
		t.Errorf("a second person's costs overwrote the first's: %v", err)
	}
	if err := a.Pricing.SetCosts(c.ctx, pricing.Costs{Mile: 20, MarginBps: 9999, Version: 1}); errs.KindOf(err) != errs.KindInvalid {
		t.Errorf("20 cents a mile: %v", err)
	}
	s := must(a.Pricing.Sheet(c.ctx, ask, pricing.Terms{Offered: 90_000, Empty: 47, Reference: "77120", Zone: "America/Chicago"}))(t)
	if s.Cost != 100_000 || s.WalkAway != 100_000 || s.Target <= s.Mid || s.Target > s.High+2500 || s.Target%2500 != 0 {
		t.Errorf("%+v", s)
	}
	for _, want := range []string{"Load 77120: van, Dallas, TX to Memphis, TN, 453 miles.", "You have $900.00 on it. We can cover it at " + s.Target.Dollars()} {
		if !strings.Contains(s.Mail, want) {
			t.Errorf("the mail lacks %q:\n%s", want, s.Mail)
		}
	}
	if strings.Contains(s.Mail, "1,000.00") {
		t.Errorf("the mail gives the carrier's cost away:\n%s", s.Mail)
	}
	good := must(a.Pricing.Sheet(c.ctx, ask, pricing.Terms{Offered: s.High + 50_000}))(t)
	if good.Target != good.Offered || !strings.Contains(good.Mail, "works for us") {
		t.Errorf("a fine offer: target %s\n%s", good.Target, good.Mail)
	}
	bad := []pricing.Ask{{From: ask.From, To: ask.To, Equipment: "sled"}, {From: pricing.Place{Text: "Nowhere, ZZ"}, To: ask.To, Equipment: "van"},
		{From: pricing.Place{Text: "TX"}, To: ask.To, Equipment: "van"}, {From: ask.From, To: ask.From, Equipment: "van"}, {From: ask.From, To: ask.To, Equipment: "van", Miles: 99_000}}
	for i, q := range bad {
		if _, err := a.Pricing.Price(c.ctx, q); errs.KindOf(err) != errs.KindInvalid {
			t.Errorf("ask %d: %v", i, err)
		}
	}
}

func TestOthersRatesAndDieselAreImported(t *testing.T) {
	t.Parallel()
	a := start(t)
	c := open(t, a, "Rates")
	file := []byte("source,week,origin_city,origin_state,destination_city,destination_state,truck_type,rate_per_mile,rate,miles\n" +
		"USDA," + ago(7) + ",Dallas,TX,Memphis,TN,Dry Van,2.55,,\n" +
		"USDA," + ago(7) + ",,TX,,TN,van,2.31,,\n" +
		"USDA," + ago(7) + ",Laredo,TX,Chicago,IL,reefer,,4200,1400\n" +
		"USDA," + ago(7) + ",Laredo,TX,Chicago,QQ,reefer,,4200,1400\n" +
		"USDA," + ago(-30) + ",Laredo,TX,Chicago,IL,reefer,3.00,,\n" +
		"USDA," + ago(7) + ",Laredo,TX,Chicago,IL,sled,3.00,,\n")
	p := must(a.Pricing.Preview(c.ctx, pricing.RateList, file))(t)
	if p.New != 3 || p.Bad != 3 {
		t.Fatalf("%+v", p)
	}
	if _, err := a.Pricing.Import(c.ctx, pricing.RateList, file, "something else"); errs.KindOf(err) != errs.KindConflict {
		t.Errorf("another preview's digest: %v", err)
	}
	must(a.Pricing.Import(c.ctx, pricing.RateList, file, p.Digest))(t)
	if again := must(a.Pricing.Import(c.ctx, pricing.RateList, file, ""))(t); again.New != 0 || again.Unchanged != 3 {
		t.Errorf("the same file again: %+v", again)
	}
	diesel := []byte("date,dollars_per_gallon\n" + ago(14) + ",3.742\n" + ago(7) + ",$3.801\n" + ago(1) + ",37\n")
	if p := must(a.Pricing.Import(c.ctx, pricing.DieselList, diesel, ""))(t); p.New != 2 || p.Bad != 1 {
		t.Errorf("%+v", p)
	}
	must(a.Customers.AddCustomer(c.ctx, customers.Customer{Name: "Acme Brokerage", Kind: "broker", BillingEmail: "ap@acme.example.com", TermsDays: 30}))(t)
	must(a.Billing.ImportHistory(c.ctx, lanePast(60), ""))(t)
	if err := a.Pricing.Learn(tenant.System(t.Context(), c.org), clock.System.Now()); err != nil {
		t.Fatal(err)
	}
	got := must(a.Pricing.Price(c.ctx, pricing.Ask{From: pricing.Place{Text: "Dallas, TX"}, To: pricing.Place{Text: "Memphis, TN"}, Equipment: "van"}))(t)
	if len(got.Others) != 2 || got.Others[0].FromCity != "Dallas" || got.Others[0].MileCents != 255 {
		t.Errorf("others say %+v", got.Others)
	}
}
