package app

import (
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"truckflow/internal/customers"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
)

// browser opens pages as the owner whom found made.
type browser struct {
	t            *testing.T
	a            *App
	cookie, csrf string
}

func browse(t *testing.T, a *App, company string) browser {
	t.Helper()
	token, err := a.Identity.SignIn(t.Context(), strings.ToLower(company)+"@example.com", "correct horse "+company, "127.0.0.1", "test")
	if err != nil {
		t.Fatal(err)
	}
	who, err := a.Identity.Resume(t.Context(), token, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return browser{t, a, token, a.Identity.CSRF(who.Session)}
}

func (b browser) do(method, path string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.AddCookie(&http.Cookie{Name: "truckflow_session", Value: b.cookie})
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-CSRF-Token", b.csrf)
		r.Header.Set("HX-Request", "true")
	}
	w := httptest.NewRecorder()
	b.a.Router.ServeHTTP(w, r)
	return w
}

func (b browser) get(path string) string {
	b.t.Helper()
	w := b.do(http.MethodGet, path, nil)
	if w.Code != 200 {
		b.t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

func has(t *testing.T, page string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(page, w) {
			t.Errorf("the page lacks %q:\n%.2500s", w, page)
		}
	}
}

func dallasToMemphis(customer ids.ID, ref string, cents money.Cents) loads.Input {
	return loads.Input{CustomerID: customer, CustomerRef: ref, Equipment: "van", Charges: []loads.ChargeInput{{Kind: "linehaul", Amount: cents}},
		Stops: []loads.StopInput{{Kind: "pickup", Name: "Big D Warehouse", Address: "100 Main Street", City: "Dallas", State: "TX", ZIP: "75201", From: "2026-11-24T08:00"},
			{Kind: "delivery", Name: "Bluff DC", City: "Memphis", State: "TN", ZIP: "38103", From: "2026-11-25T09:00"}}}
}

func customer(t *testing.T, a *App, ctx context.Context, name string, limit money.Cents) ids.ID {
	t.Helper()
	return must(a.Customers.AddCustomer(ctx, customers.Customer{Name: name, Kind: "broker", TermsDays: 30, CreditLimitCents: limit}))(t).ID
}

// TestListGoesOutAsFiltered: the file has what the list shows, and no spreadsheet
// runs what a broker wrote.
func TestListGoesOutAsFiltered(t *testing.T) {
	t.Parallel()
	a := start(t)
	ctx := found(t, a, "Export")
	acme, other := customer(t, a, ctx, `=HYPERLINK("http://evil.example","Acme")`, 0), customer(t, a, ctx, "Other", 0)
	for i := range 7 {
		must(a.Loads.Book(ctx, dallasToMemphis(acme, fmt.Sprint("@SUM(A", i, ")"), money.Cents(100_000+i))))(t)
	}
	must(a.Loads.Book(ctx, dallasToMemphis(other, "X", 1)))(t)
	b := browse(t, a, "Export")
	w := b.do(http.MethodGet, "/loads/export.csv?sort=-rate&pickup_from=2026-11-24&pickup_to=2026-11-24&customer="+acme.String(), nil)
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") {
		t.Fatal(w.Code, w.Header())
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\uFEFF"))).ReadAll()
	if err != nil || len(rows) != 8 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	if r := rows[1]; r[at["total"]] != "1000.06" || r[at["customer"]] != `'=HYPERLINK("http://evil.example","Acme")` || r[at["customer_load_number"]] != "'@SUM(A6)" || r[at["pickup_from"]] != "2026-11-24 08:00" {
		t.Errorf("%q", r)
	}
	if got := b.get("/loads/export.csv?pickup_from=2027-01-01"); strings.Count(got, "\n") != 1 {
		t.Errorf("an empty list is a heading: %q", got)
	}
	if w := b.do(http.MethodGet, "/loads/export.csv?sort=number", nil); w.Code != 422 {
		t.Errorf("an order nobody offers: %d", w.Code)
	}
	has(t, b.get("/loads?customer=&truck=&sort=deliver&pickup_to=2026-11-30"), "Pickup until 2026-11-30", `aria-sort="ascending"`, `href="/loads/export.csv?pickup_to=2026-11-30&amp;sort=deliver"`)
}

// TestBookingMeetsTheCreditLimit walks the form: warned while it is filled in,
// refused with the form kept, booked for a reason.
func TestBookingMeetsTheCreditLimit(t *testing.T) {
	t.Parallel()
	a := start(t)
	ctx := found(t, a, "Credit")
	acme := customer(t, a, ctx, "Slow Pay", 2_000_00)
	must(a.Loads.Book(ctx, dallasToMemphis(acme, "1", 1_500_00)))(t)
	b := browse(t, a, "Credit")
	form := url.Values{"do": {"book"}, "customer_id": {acme.String()}, "equipment": {"van"}, "charges[0].kind": {"linehaul"}, "charges[0].amount": {"750"},
		"stops[0].type": {"pickup"}, "stops[0].city": {"Dallas"}, "stops[0].state": {"TX"}, "stops[0].window_start": {"2026-11-24"},
		"stops[1].type": {"delivery"}, "stops[1].city": {"Memphis"}, "stops[1].state": {"TN"}, "stops[1].window_start": {"2026-11-25"}}
	words := "Slow Pay would be $250.00 over its credit limit of $2,000.00: $0.00 in open invoices, $1,500.00 not invoiced yet, $750.00 for this load"
	has(t, b.get("/loads/credit?"+form.Encode()), words, `name="override_reason"`)
	w := b.do(http.MethodPost, "/loads", form)
	if w.Code != 422 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	has(t, w.Body.String(), words, "Not booked: to book it all the same", `value="750"`)
	form.Set("override_reason", "wire is on its way")
	if w = b.do(http.MethodPost, "/loads", form); w.Code != 204 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	has(t, b.get(w.Header().Get("HX-Redirect")), "wire is on its way", "$250.00 over its credit limit")
	draft := must(a.Loads.Draft(ctx, dallasToMemphis(acme, "2", 1_00)))(t)
	page := b.get("/loads/" + draft.ID.String())
	has(t, page, "Book all the same", "$251.00 over its credit limit")
	has(t, b.get("/customers/"+acme.String()), "Over the credit limit by $250.00", "112 % of $2,000.00")
	// The API says and asks the same.
	bearer, _, err := a.Identity.IssueToken(t.Context(), "credit@example.com", "correct horse Credit", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	call := func(method, path, key, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+bearer)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", key)
		w := httptest.NewRecorder()
		a.API.ServeHTTP(w, r)
		return w
	}
	has(t, call("GET", "/v1/loads/"+draft.ID.String(), "", "").Body.String(), `"booking_barrier"`, `"over_limit_by":"251.00"`, `"credit_limit":"2000.00"`, `"not_invoiced_yet":"2250.00"`)
	if w = call("POST", "/v1/loads/"+draft.ID.String()+"/book", "one", `{}`); w.Code != 409 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	has(t, w.Body.String(), "override_reason", "over its credit limit of $2,000.00")
	body := `{"customer_id":"` + acme.String() + `","equipment":"van","charges":[{"kind":"linehaul","amount":"10.00"}],"stops":[{"type":"pickup","city":"Dallas","state":"TX","window_start":"2026-11-24"},
		{"type":"delivery","city":"Memphis","state":"TN","window_start":"2026-11-25"}]%s}`
	if w = call("POST", "/v1/loads", "two", fmt.Sprintf(body, "")); w.Code != 409 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w = call("POST", "/v1/loads", "three", fmt.Sprintf(body, `,"override_reason":"owner says so"`)); w.Code != 201 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
}

// TestFacilityKnowsItsLoads: what is matched by its words stands on the facility's
// page; a namesake in another city is not taken for it.
func TestFacilityKnowsItsLoads(t *testing.T) {
	t.Parallel()
	a := start(t)
	ctx := found(t, a, "Docks")
	acme := customer(t, a, ctx, "Acme", 0)
	dock := must(a.Customers.AddFacility(ctx, customers.Facility{Name: "Big D Warehouse", Address: "100 Main St", City: "Dallas", State: "TX", Zip: "75201"}))(t)
	namesake := must(a.Customers.AddFacility(ctx, customers.Facility{Name: "Bluff DC", City: "Tulsa", State: "OK"}))(t)
	l := must(a.Loads.Book(ctx, dallasToMemphis(acme, "1", 1_500_00)))(t)
	if ids.Of(l.Stops[0].FacilityID) != dock.ID || l.Stops[1].FacilityID != nil {
		t.Errorf("stops are at %v and %v", l.Stops[0].FacilityID, l.Stops[1].FacilityID)
	}
	b := browse(t, a, "Docks")
	has(t, b.get("/facilities/"+dock.ID.String()), l.Number, "Pickup")
	has(t, b.get("/facilities/"+namesake.ID.String()), "No loads yet")
	has(t, b.get("/loads/"+l.ID.String()), `href="/facilities/`+dock.ID.String())
	form := url.Values{"do": {"pick"}, "stops[0].type": {"pickup"}, "stops[0].name": {"Big D Warehouse, Dallas, TX"}, "stops[1].type": {"delivery"}}
	has(t, b.do(http.MethodPost, "/loads", form).Body.String(), `value="100 Main St"`, `value="75201"`, "One of your facilities", `value="Big D Warehouse"`)
	bearer, _, err := a.Identity.IssueToken(t.Context(), "docks@example.com", "correct horse Docks", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("POST", "/v1/loads", strings.NewReader(`{"customer_id":"`+acme.String()+`","equipment":"van","charges":[{"kind":"linehaul","amount":"10.00"}],
		"stops":[{"type":"pickup","facility_id":"`+dock.ID.String()+`","window_start":"2026-11-24"},{"type":"delivery","city":"Memphis","state":"TN","window_start":"2026-11-25"}]}`))
	r.Header.Set("Authorization", "Bearer "+bearer)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", "one")
	w := httptest.NewRecorder()
	a.API.ServeHTTP(w, r)
	has(t, w.Body.String(), `"facility_id":"`+dock.ID.String(), `"name":"Big D Warehouse"`, `"city":"Dallas"`, `"zip":"75201"`)
	// Another company's facility is none.
	found(t, a, "Thief")
	in := dallasToMemphis(acme, "2", 1)
	in.Stops[0].FacilityID = dock.ID
	thief := customer(t, a, as(t, a, "Thief"), "Acme", 0)
	in.CustomerID = thief
	if _, err := a.Loads.Book(as(t, a, "Thief"), in); err == nil || !strings.Contains(err.Error(), "facility that is not there") {
		t.Errorf("a stranger's facility: %v", err)
	}
}

// as is the owner of a company that found made.
func as(t *testing.T, a *App, company string) context.Context {
	t.Helper()
	who, err := a.Identity.Resume(t.Context(), browse(t, a, company).cookie, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return tenant.With(t.Context(), who)
}

// TestManyLoadsFromTheBoard: what all may have done is offered; each that cannot is named.
func TestManyLoadsFromTheBoard(t *testing.T) {
	t.Parallel()
	a := start(t)
	ctx := found(t, a, "Bulkboard")
	acme := customer(t, a, ctx, "Acme", 0)
	x, y := must(a.Loads.Book(ctx, dallasToMemphis(acme, "1", 1_500_00)))(t), must(a.Loads.Book(ctx, dallasToMemphis(acme, "2", 1_500_00)))(t)
	b := browse(t, a, "Bulkboard")
	has(t, b.get("/board"), `value="`+x.ID.String()+`:1"`, `data-bulk-open="/board/bulk"`)
	picked := url.Values{"load": {x.ID.String() + ":1", y.ID.String() + ":7"}}
	form := b.get("/board/bulk?" + picked.Encode())
	has(t, form, "2 loads at once", "Put on hold", "Write a note")
	if strings.Contains(form, "Dispatch the assigned") {
		t.Error("a step is offered that neither load may take")
	}
	picked.Set("do", "hold")
	if w := b.do(http.MethodPost, "/board/bulk", picked); w.Code != 422 {
		t.Errorf("a hold without a reason: %d", w.Code)
	}
	picked.Set("text", "dock closed")
	w := b.do(http.MethodPost, "/board/bulk", picked)
	has(t, w.Body.String(), "1 load put on hold", "1 load not changed", y.Number, "Somebody changed load "+y.Number)
	if l := must(a.Loads.Get(ctx, x.ID))(t); l.State != "on_hold" {
		t.Errorf("%s is %s", l.Number, l.State)
	}
	if l := must(a.Loads.Get(ctx, y.ID))(t); l.State != "booked" {
		t.Errorf("%s is %s", l.Number, l.State)
	}
	picked.Set("do", "settle")
	if w := b.do(http.MethodPost, "/board/bulk", picked); w.Code != 422 {
		t.Errorf("a step nobody presses: %d", w.Code)
	}
}

// TestHowCustomersPay: days to pay from what was paid, and what is open and late
// from what was not, as the customers' list shows them.
func TestHowCustomersPay(t *testing.T) {
	t.Parallel()
	a := start(t)
	ctx := found(t, a, "Pace")
	acme := customer(t, a, ctx, "Acme", 0)
	now := time.Now().UTC()
	day := func(ago int) string { return now.AddDate(0, 0, -ago).Format("2006-01-02") }
	var file strings.Builder
	fmt.Fprintln(&file, "load_number,customer,equipment,pickup_city,pickup_state,pickup_date,delivery_city,delivery_state,delivery_date,linehaul,invoice_number,invoice_date,due_date,paid_date,paid_amount,payment_method")
	for _, r := range [][]string{
		{"A1", day(90), "1000.00", day(85), day(55), day(55)}, // paid after 30 days
		{"A2", day(70), "1000.00", day(60), day(30), day(10)}, // after 50
		{"A3", day(800), "1000.00", day(790), day(760), day(400)},
		{"A4", day(50), "700.00", day(45), day(15), ""}, // late
		{"A5", day(9), "300.00", day(5), now.AddDate(0, 0, 25).Format("2006-01-02"), ""},
	} {
		paid, how := "", ""
		if r[5] != "" {
			paid, how = r[2], "ach"
		}
		fmt.Fprintf(&file, "%s,Acme,van,Dallas,TX,%s,Memphis,TN,%s,%s,I-%s,%s,%s,%s,%s,%s\n", r[0], r[1], r[1], r[2], r[0], r[3], r[4], r[5], paid, how)
	}
	if p, err := a.Billing.ImportHistory(ctx, []byte(file.String()), ""); err != nil || p.New != 5 {
		t.Fatalf("%v %+v", err, p)
	}
	paces := must(a.Billing.Standings(ctx))(t)
	if len(paces) != 1 {
		t.Fatalf("%+v", paces)
	}
	if p := paces[0]; p.CustomerID != acme || p.Paid != 2 || p.AverageDays != 40 || p.Open != 2 || p.OpenCents != 1_000_00 || p.LateCents != 700_00 {
		t.Errorf("%+v", p)
	}
	if st := must(a.Billing.Standing(ctx, acme))(t); st.Paid != 3 || st.WorstDays != 390 || st.OpenCents != 1_000_00 || st.LateCents != 700_00 {
		t.Errorf("%+v", st)
	}
	if owed := must(a.Billing.Owed(ctx, acme))(t); owed != 1_000_00 {
		t.Error(owed)
	}
	has(t, browse(t, a, "Pace").get("/customers?sort=-late"), "$1,000.00", "$700.00", ">40<")
}
