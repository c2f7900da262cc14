package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"truckflow/internal/billing"
	"truckflow/internal/customers"
	"truckflow/internal/fleet"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/loads"
)

const historyHead = "load_number,customer,pickup_city,pickup_state,pickup_zip,pickup_date,stops_between,delivery_city,delivery_state,delivery_zip,delivery_date,truck,driver," +
	"delivered_date,linehaul,fuel,other_charges,invoice_number,invoice_date,due_date,paid_date,paid_amount,payment_reference,short_pay_reason\n"

func ago(days int) string { return clock.System.Now().AddDate(0, 0, -days).Format(time.DateOnly) }

func historyFile() []byte {
	row := func(cells ...string) string { return strings.Join(cells, ",") + "\n" }
	return []byte(historyHead +
		row("OLD-1", "Acme Brokerage", "Dallas", "TX", "75201", ago(100), "", "Memphis", "TN", "38118", ago(98), "77", "Pat Roe", ago(98)+" 14:30", "1000.00", "200", "detention 50", "77001", ago(97), ago(67), ago(60), "1250", "CHK 9", "") +
		row("OLD-2", "Acme Brokerage", "Dallas", "TX", "75201", ago(99), "Tulsa OK 74101 delivery "+ago(98), "Joplin", "MO", "64801", ago(97), "88 sold", "", ago(97), "900", "", "", "77002", ago(96), ago(66), ago(60), "850", "CHK 9", "late fee") +
		row("OLD-3", "Acme Brokerage", "Laredo", "TX", "78040", ago(80), "", "Chicago", "IL", "60601", ago(77), "77", "", "", "2500", "", "", "77003", ago(76), ago(46), "", "", "", "") +
		row("OLD-4", "Nobody Knows Co", "Laredo", "TX", "78040", ago(80), "", "Chicago", "IL", "60601", ago(90), "", "", "", "0", "", "", "INV-00004", ago(76), "", "", "", "", "") +
		row("L-10001", "Acme Brokerage", "Laredo", "TX", "78040", "sometime", "", "Chicago", "IL", "60601", ago(77), "", "", "", "100", "", "", "77001", ago(76), "", ago(70), "500", "", ""))
}

// TestHistoryIsImported brings another system's past in: bad rows are named,
// good ones count in billing by their own dates, and the same file twice adds nothing.
func TestHistoryIsImported(t *testing.T) {
	a := start(t)
	ctx := found(t, a, "Mover")
	cust := must(a.Customers.AddCustomer(ctx, customers.Customer{Name: "Acme Brokerage", Kind: "broker", BillingEmail: "ap@acme.example.com", TermsDays: 30}))(t)
	truck := must(a.Fleet.AddTruck(ctx, fleet.Truck{UnitNumber: "77"}))(t)
	if err := a.Fleet.Archive(ctx, fleet.KindTruck, truck.ID, truck.Version); err != nil { // sold since
		t.Fatal(err)
	}
	file := historyFile()
	p := must(a.Billing.PreviewHistory(ctx, file))(t)
	if p.New != 3 || p.Bad != 2 {
		t.Fatalf("preview: %+v", p)
	}
	named := map[string]bool{}
	for _, x := range p.Problems {
		named[fmt.Sprint(x.Line, " ", x.Column)] = true
	}
	for _, want := range []string{"5 customer", "5 delivery_date", "5 linehaul", "5 invoice_number", "6 pickup_date"} {
		if !named[want] {
			t.Errorf("not named: row %s; %v", want, p.Problems)
		}
	}
	if n := len(must(a.Loads.List(ctx, loads.Filter{}, page.Request{}))(t).Items); n != 0 {
		t.Fatalf("the preview added %d loads", n)
	}
	if _, err := a.Billing.ImportHistory(ctx, file, "another digest"); !errs.Is(err, errs.KindConflict) {
		t.Errorf("a stale preview was imported: %v", err)
	}
	must(a.Billing.ImportHistory(ctx, file, p.Digest))(t)
	checkImported(t, a, ctx, cust.ID, truck.ID)

	p = must(a.Billing.ImportHistory(ctx, file, ""))(t)
	if p.New != 0 || p.Unchanged != 3 || p.Bad != 2 {
		t.Errorf("the same file again: %+v", p)
	}
	p = must(a.Billing.ImportHistory(ctx, bytes.Replace(file, []byte("2500"), []byte("2600"), 1), ""))(t)
	if p.New != 0 || p.Unchanged != 2 || p.Bad != 3 {
		t.Errorf("a file that would rewrite history: %+v", p)
	}
	if n := len(must(a.Loads.List(ctx, loads.Filter{}, page.Request{}))(t).Items); n != 3 {
		t.Errorf("%d loads after importing three times, want 3", n)
	}
	goesOn(t, a, ctx, cust.ID)
}

func byNumber(t *testing.T, a *App, ctx context.Context, number string) loads.Full {
	t.Helper()
	ls := must(a.Loads.List(ctx, loads.Filter{Text: number}, page.Request{}))(t).Items
	if len(ls) != 1 {
		t.Fatalf("load %s: found %d", number, len(ls))
	}
	return must(a.Loads.Get(ctx, ls[0].ID))(t)
}

func checkImported(t *testing.T, a *App, ctx context.Context, cust, truck ids.ID) {
	t.Helper()
	one, two, three := byNumber(t, a, ctx, "OLD-1"), byNumber(t, a, ctx, "OLD-2"), byNumber(t, a, ctx, "OLD-3")
	if one.State != "closed" || two.State != "closed" || three.State != "invoiced" || one.Source != "import" || len(two.Stops) != 3 || ids.Of(one.TruckID) != truck || two.TruckID != nil {
		t.Errorf("imported loads: %s %s %s, %d stops, trucks %v %v", one.State, two.State, three.State, len(two.Stops), one.TruckID, two.TruckID)
	}
	if one.Miles == nil || *one.Miles < 400 || *one.Miles > 520 || one.TotalCents != 125_000 {
		t.Errorf("Dallas to Memphis: %v miles, %s", one.Miles, one.TotalCents)
	}
	chicago, err := time.LoadLocation(one.Stops[1].TimeZone)
	if err != nil || one.DeliveredAt == nil || one.DeliveredAt.In(chicago).Format("2006-01-02 15:04") != ago(98)+" 14:30" {
		t.Errorf("delivered at %v, %v", one.DeliveredAt, err)
	}
	var said []string
	for _, e := range must(a.Loads.Story(ctx, one.ID))(t).Events {
		said = append(said, e.Verb)
		if e.Verb != "import" && (e.At.After(e.RecordedAt.AddDate(0, 0, -50)) || !strings.Contains(e.Text, "imported")) || e.ActorName != "Owner of Mover" {
			t.Errorf("history: %s at %s recorded %s by %q: %q", e.Verb, e.At, e.RecordedAt, e.ActorName, e.Text)
		}
	}
	if strings.Join(said, " ") != "book deliver invoice settle close import" {
		t.Errorf("history: %v", said)
	}
	r := must(a.Billing.Receivables(ctx))(t)
	if r.Total != 250_000 || r.Billed != 465_000 || r.Buckets[2] != 250_000 || r.Cash30 != 0 {
		t.Errorf("receivables: %+v", r)
	}
	ps := must(a.Billing.Payments(ctx, billing.PaymentFilter{}, page.Request{}))(t).Items
	if len(ps) != 1 || ps[0].AmountCents != 210_000 || ps[0].ReceivedOn.Format(time.DateOnly) != ago(60) || ps[0].CustomerID != cust {
		t.Errorf("one check for two invoices became %+v", ps)
	}
}

// TestHistoryTimes imports when trucks stood at the docks: it is on the load, in
// its history and in what the facility says of waiting; times that cannot be are named.
func TestHistoryTimes(t *testing.T) {
	t.Parallel()
	a := start(t)
	ctx := found(t, a, "Times")
	must(a.Customers.AddCustomer(ctx, customers.Customer{Name: "Acme Brokerage", Kind: "broker", TermsDays: 30}))(t)
	dock := must(a.Customers.AddFacility(ctx, customers.Facility{Name: "Mill St DC", Address: "200 Mill St", City: "Memphis", State: "TN", Zip: "38118"}))(t)
	const head = "load_number,customer,pickup_city,pickup_state,pickup_zip,pickup_date,pickup_arrived,pickup_departed,delivery_name,delivery_address,delivery_city,delivery_state,delivery_zip,delivery_date," +
		"delivery_arrived,delivered_date,delivery_departed,linehaul,invoice_number,invoice_date\n"
	day := func(d int, clock string) string {
		if clock == "" {
			return ""
		}
		return ago(d) + " " + clock
	}
	row := func(n, arrived, left, there, done, gone string) string {
		return strings.Join([]string{n, "Acme Brokerage", "Atlanta", "GA", "30303", day(9, "09:00"), day(9, arrived), day(9, left), "Mill St DC", "200 Mill St", "Memphis", "TN", "38118", day(8, "12:00"),
			day(8, there), day(8, done), day(8, gone), "1000", "F" + n, ago(7)}, ",") + "\n"
	}
	p := must(a.Billing.ImportHistory(ctx, []byte(head+row("T1", "08:30", "10:05", "11:50", "15:00", "15:20")+row("T2", "", "", "", "14:00", "")+
		row("T3", "08:30", "08:10", "13:00", "12:59", "12:00")+strings.Replace(row("T4", "08:30", "", "", "", ""), ago(9)+" 08:30", ago(9), 1)+
		strings.Replace(row("T5", "08:30", "10:00", "11:00", "", ""), ago(8)+" 11:00", ago(10)+" 11:00", 1)), ""))(t)
	named := map[string]bool{}
	for _, x := range p.Problems {
		named[fmt.Sprint(x.Line, " ", x.Column)] = true
	}
	for _, want := range []string{"4 pickup_departed", "4 delivered_date", "4 delivery_departed", "5 pickup_arrived", "6 delivery_arrived"} {
		if !named[want] {
			t.Errorf("not named: row %s; %v", want, p.Problems)
		}
	}
	if p.New != 2 || p.Bad != 3 {
		t.Fatalf("imported: %+v", p)
	}
	one, two := byNumber(t, a, ctx, "T1"), byNumber(t, a, ctx, "T2")
	at := func(x *time.Time, zone string) string {
		if x == nil {
			return "-"
		}
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		return x.In(loc).Format("2006-01-02 15:04")
	}
	for i, want := range [][3]string{{day(9, "08:30"), day(9, "10:05"), day(9, "10:05")}, {day(8, "11:50"), day(8, "15:00"), day(8, "15:20")}} {
		if s := one.Stops[i]; [3]string{at(s.ArrivedAt, s.TimeZone), at(s.CompletedAt, s.TimeZone), at(s.DepartedAt, s.TimeZone)} != want {
			t.Errorf("stop %d: arrived %v, done %v, left %v, want %v", i+1, s.ArrivedAt, s.CompletedAt, s.DepartedAt, want)
		}
	}
	if s := two.Stops[1]; s.ArrivedAt != nil || at(s.DepartedAt, s.TimeZone) != day(8, "14:00") {
		t.Errorf("an arrival that nobody wrote down: %v, left %v", s.ArrivedAt, s.DepartedAt)
	}
	var said []string
	for _, e := range must(a.Loads.Story(ctx, one.ID))(t).Events {
		said = append(said, e.Verb)
	}
	if strings.Join(said, " ") != "book arrive depart arrive deliver invoice import" {
		t.Errorf("history: %v", said)
	}
	vs, _, stood, err := a.Loads.Visits(ctx, dock.ID)
	if err != nil || len(vs) != 2 || stood.Visits != 1 || stood.Typical != 3*time.Hour+30*time.Minute {
		t.Errorf("the dock: %d visits, %+v, %v", len(vs), stood, err)
	}
}

// goesOn pays what was owed before, and bills a load of our own: its number is the first.
func goesOn(t *testing.T, a *App, ctx context.Context, cust ids.ID) {
	t.Helper()
	open := must(a.Billing.Receivables(ctx))(t).Open
	if len(open) != 1 || open[0].Number != "77003" || open[0].SeriesNo != nil {
		t.Fatalf("open: %+v", open)
	}
	must(a.Billing.Pay(ctx, billing.Receipt{CustomerID: cust, On: clock.System.Now().UTC().Truncate(24 * time.Hour), Amount: 250_000, Method: "ach",
		Shares: []billing.Share{{InvoiceID: open[0].ID, Amount: 250_000}}}))(t)
	if s := byNumber(t, a, ctx, "OLD-3").State; s != "closed" {
		t.Errorf("an imported receivable was paid, its load is %s", s)
	}
	in := loads.Input{CustomerID: cust, Equipment: "van", Charges: []loads.ChargeInput{{Kind: "linehaul", Amount: 90_000}}, Stops: []loads.StopInput{
		{Kind: "pickup", City: "Dallas", State: "TX", ZIP: "75201", From: ago(2)}, {Kind: "delivery", City: "Memphis", State: "TN", ZIP: "38118", From: ago(1)}}}
	own := must(a.Loads.Book(ctx, in))(t)
	if got := must(a.Loads.List(ctx, loads.Filter{}, page.Request{}))(t).Items; got[0].ID != own.ID {
		t.Error("a load of the past stands before today's in the list")
	}
	own = haul(t, a, ctx, own)
	if inv := must(a.Billing.Issue(ctx, own.ID))(t); inv.Number != "INV-00001" {
		t.Errorf("our first invoice is %s", inv.Number)
	}
}

// TestHistoryOverTheAPI sends a file of many loads through /v1 and prints how fast it was.
func TestHistoryOverTheAPI(t *testing.T) {
	a := start(t)
	ctx := found(t, a, "Bulk")
	must(a.Customers.AddCustomer(ctx, customers.Customer{Name: "Acme Brokerage", Kind: "broker", TermsDays: 30}))(t)
	bearer, _, err := a.Identity.IssueToken(t.Context(), "bulk@example.com", "correct horse Bulk", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	const n = 2000
	var b strings.Builder
	b.WriteString(historyHead)
	for i := range n {
		fmt.Fprintf(&b, "H%05d,Acme Brokerage,Dallas,TX,75201,%s,,Memphis,TN,38118,%s,,,,1000,200,,F%05d,%s,,%s,1200,,\n", i, ago(100+i%200), ago(99+i%200), i, ago(98+i%200), ago(60))
	}
	send := func(query string) (p struct{ New, Unchanged, Bad int }) {
		r := httptest.NewRequest("POST", "/v1/history/import"+query, strings.NewReader(b.String())).WithContext(t.Context())
		r.Header.Set("Content-Type", "text/csv")
		r.Header.Set("Authorization", "Bearer "+bearer)
		r.Header.Set("Idempotency-Key", ids.New().String())
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	if p := send("?dry_run=true"); p.New != n || p.Bad != 0 {
		t.Fatalf("dry run: %+v", p)
	}
	began := clock.System.Now()
	if p := send(""); p.New != n {
		t.Fatalf("import: %+v", p)
	}
	took := clock.System.Now().Sub(began)
	if p := send(""); p.New != 0 || p.Unchanged != n {
		t.Errorf("again: %+v", p)
	}
	t.Logf("%d loads with invoices and payments in %s: %.0f a second", n, took.Round(time.Millisecond), n/took.Seconds())
}
