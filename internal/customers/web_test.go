package customers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"truckflow/internal/api"
	"truckflow/internal/customers"
	"truckflow/internal/customers/customersapi"
	"truckflow/internal/customers/customersweb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/ids"
	"truckflow/internal/web"
)

// browser is a signed-in owner.
type browser struct {
	t            *testing.T
	h            house
	mux          http.Handler
	cookie, csrf string
}

func (h house) browser() browser {
	h.t.Helper()
	rt := web.NewRouter(h.who, h.db, slog.New(slog.DiscardHandler), nil)
	customersweb.Register(rt, customersweb.Deps{Customers: h.Service, Money: customersweb.Money{Of: func(context.Context, ids.ID) (customersweb.Standing, error) {
		return customersweb.Standing{Paid: 4, AverageDays: 33, WorstDays: 61, Open: 2, OpenCents: 1_250_000, UnbilledCents: 1_000_000}, nil
	}, All: func(context.Context) (map[ids.ID]customersweb.Standing, error) { return h.standings, nil }},
		Visits: func(context.Context, ids.ID) (customersweb.Visits, error) { return *h.visits, nil }})
	token, err := h.who.SignIn(h.t.Context(), "owner@one.example", "a long enough passphrase 7", "1.2.3.4", "test")
	if err != nil {
		h.t.Fatal(err)
	}
	a, err := h.who.Resume(h.t.Context(), token, "1.2.3.4")
	if err != nil {
		h.t.Fatal(err)
	}
	return browser{h.t, h, rt, token, h.who.CSRF(a.Session)}
}

func (b browser) do(method, path, contentType string, body io.Reader) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequest(method, path, body)
	r.AddCookie(&http.Cookie{Name: "truckflow_session", Value: b.cookie})
	r.Header.Set("X-CSRF-Token", b.csrf)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("HX-Request", "true")
	}
	w := httptest.NewRecorder()
	b.mux.ServeHTTP(w, r)
	return w
}

func (b browser) get(path string) string {
	b.t.Helper()
	w := b.do("GET", path, "", nil)
	if w.Code != 200 {
		b.t.Fatalf("GET %s: %d %s", path, w.Code, w.Body)
	}
	return w.Body.String()
}

func (b browser) post(path string, form url.Values) *httptest.ResponseRecorder {
	b.t.Helper()
	return b.do("POST", path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (b browser) upload(path string, file []byte) *httptest.ResponseRecorder {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	f, err := m.CreateFormFile("file", "list.csv")
	if err != nil {
		b.t.Fatal(err)
	}
	f.Write(file)
	m.Close()
	return b.do("POST", path, m.FormDataContentType(), &body)
}

func has(t *testing.T, page string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(page, w) {
			t.Errorf("the page lacks %q:\n%.3000s", w, page)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.browser()
	has(t, b.get("/customers"), "No customers yet", "Add customer")
	w := b.post("/customers", url.Values{"name": {""}, "usdot": {"abc"}, "kind": {"broker"}, "email": {"<script>"}})
	if w.Code != 422 {
		t.Fatalf("a wrong form: %d", w.Code)
	}
	has(t, w.Body.String(), "3 fields", "1 to 8 digits", "&lt;script&gt;")
	w = b.post("/customers", url.Values{"name": {"Acme Logistics, LLC"}, "usdot": {"2345678"}, "kind": {"broker"}})
	to := w.Header().Get("HX-Redirect")
	if w.Code != 204 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	has(t, b.get(to), "USDOT 2345678", "30 days", "Nobody yet", "33, of 4 paid", "$12,500.00", "No limit set")
	if w = b.post(to+"/terms", url.Values{"version": {"1"}, "terms_days": {"45"}, "credit_limit": {"$25,000"}, "quick_pay": {"2.5"}, "quick_pay_days": {"2"}, "factored": {"yes"}}); w.Code != 204 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	has(t, b.get(to), "90 % of $25,000.00", "$10,000.00")
	if w = b.post(to+"/terms", url.Values{"version": {"2"}, "terms_days": {"many"}, "credit_limit": {"x"}}); w.Code != 422 {
		t.Errorf("%d", w.Code)
	}
	if w = b.post(to+"/terms", url.Values{"version": {"1"}, "terms_days": {"10"}}); w.Code != 409 {
		t.Errorf("stale terms: %d", w.Code)
	}
	if w = b.post(to+"/block", url.Values{"version": {"2"}}); w.Code != 422 {
		t.Errorf("a block without a reason: %d", w.Code)
	}
	if w = b.post(to+"/block", url.Values{"version": {"2"}, "reason": {"pays late"}}); w.Code != 204 {
		t.Fatal(w.Code)
	}
	has(t, b.get(to), "Blocked: pays late.", "45 days", "$25,000.00", "2.5 % within 2 days", "Unblock")
	has(t, b.get("/customers?show=blocked&sort=-credit"), "Acme Logistics, LLC", "Factored")
	if w = b.post(to+"/contacts", url.Values{"name": {"Pat"}, "email": {"pat@acme.example"}}); w.Code != 204 {
		t.Fatal(w.Code)
	}
	has(t, b.get(to), "mailto:pat@acme.example")
	if w = b.post("/facilities", url.Values{"name": {"DC"}, "city": {"Nowhere"}, "state": {"TX"}, "hours": {"mon-fri 07:00-15:00"}}); w.Code != 422 || !strings.Contains(w.Body.String(), "choose the time zone") {
		t.Errorf("an unknown place: %d", w.Code)
	}
	w = b.post("/facilities", url.Values{"name": {"DC"}, "city": {"Dallas"}, "state": {"TX"}, "hours": {"mon-fri 07:00-15:00"}, "appointment_required": {"yes"}})
	if to = w.Header().Get("HX-Redirect"); w.Code != 204 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	has(t, b.get(to), "Central", "mon-fri 07:00-15:00", "Appointment required", "32.7767")
	has(t, b.get(to), "No loads yet")
	six := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	h.visits.List = []customersweb.Visit{{Load: ids.New(), Number: "L-7", State: "in_transit", Customer: "Acme", Kind: "pickup", Planned: six, Arrived: six, Left: six.Add(125 * time.Minute), Zone: "America/Chicago"}}
	h.visits.Pickup = customersweb.Dwell{Visits: 9, Typical: 95 * time.Minute, Bad: 4 * time.Hour}
	has(t, b.get(to), "L-7", "2 h 05 min", "Mon 06:00 CST", "1 h 35 min", "9 visits, nine of ten within 4 h 00 min", "no arrival and departure known yet")
	has(t, b.get(to+"/edit"), `name="version" value="1"`)
	has(t, b.get("/facilities?q=dallas"), "Appointment")
	for _, l := range []string{"customers", "facilities"} {
		has(t, b.get("/"+l+"/import"), "Columns")
		if w = b.upload("/"+l+"/import", []byte("PK\x03\x04")); w.Code != 422 || !strings.Contains(w.Body.String(), "spreadsheet") {
			t.Errorf("%s: %d", l, w.Code)
		}
		has(t, b.upload("/"+l+"/import", []byte("name,city,state\nNew,Dallas,TX\n")).Body.String(), "Import 1 row")
		has(t, b.get("/"+l+"/export.csv"), "name,")
	}
}

// TestHowTheyPay shows and sorts the money columns, to those who may see money.
func TestHowTheyPay(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.browser()
	slow := h.add(customers.Customer{Name: "Slow Pay Inc", CreditLimitCents: 10_000_00})
	quick := h.add(customers.Customer{Name: "Quick Pay Inc", CreditLimitCents: 50_000_00})
	fresh := h.add(customers.Customer{Name: "Fresh Inc"})
	h.standings[slow.ID] = customersweb.Standing{Paid: 9, AverageDays: 71, Open: 3, OpenCents: 9_000_00, LateCents: 4_321_00, UnbilledCents: 2_000_00}
	h.standings[quick.ID] = customersweb.Standing{Paid: 12, AverageDays: 9, Open: 1, OpenCents: 12_000_00}
	page := b.get("/customers?sort=-days")
	has(t, page, "110 %", "24 %", "$4,321.00", "71", "$12,000.00", `aria-sort="descending"`, "Days to pay: the average")
	for sort, want := range map[string][]customers.Customer{"-days": {slow, quick, fresh}, "days": {fresh, quick, slow}, "-open": {quick, slow, fresh}, "-late": {slow, fresh, quick}, "used": {fresh, quick, slow}} {
		page := b.get("/customers?sort=" + sort)
		at := -1
		for _, c := range want {
			i := strings.Index(page, `data-row="/customers/`+c.ID.String())
			if i < at {
				t.Errorf("by %s, %s stands too early", sort, c.Name)
			}
			at = i
		}
	}
}

func TestAPI(t *testing.T) {
	t.Parallel()
	h := open(t)
	a := api.New(h.who, nil, noLimit{}, 0, slog.New(slog.DiscardHandler), func(*http.Request) string { return "1.2.3.4" }, "test")
	customersapi.Register(a, h.Service)
	token, _, err := h.who.IssueToken(t.Context(), "owner@one.example", "a long enough passphrase 7", "1.2.3.4")
	if err != nil {
		t.Fatal(err)
	}
	call := func(method, path, body string, want int) map[string]any {
		t.Helper()
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		if strings.Contains(path, "/import") {
			r.Header.Set("Content-Type", "text/csv")
		}
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		if w.Code != want {
			t.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, want, w.Body)
		}
		out := map[string]any{}
		if strings.Contains(w.Header().Get("Content-Type"), "json") {
			if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
				t.Fatal(err)
			}
		}
		return out
	}
	c := call("POST", "/v1/customers", `{"name":"Acme, LLC","usdot":"USDOT 77","terms":{"terms_days":21,"credit_limit":"1250.50"}}`, 201)
	if c["usdot"] != "77" || c["terms_days"] != 21.0 || c["credit_limit"] != "1250.50" {
		t.Errorf("%v", c)
	}
	id := c["id"].(string)
	call("POST", "/v1/customers", `{"name":"Other","usdot":"77"}`, 409)
	call("POST", "/v1/customers", `{"name":"Other","terms":{"credit_limit":12.5}}`, 422)
	c = call("PATCH", "/v1/customers/"+id, `{"version":1,"phone":"555"}`, 200)
	if c["phone"] != "555" || c["name"] != "Acme, LLC" {
		t.Errorf("%v", c)
	}
	call("PATCH", "/v1/customers/"+id, `{"version":1,"phone":"556"}`, 409)
	c = call("POST", "/v1/customers/"+id+"/terms", `{"version":2,"quick_pay_bps":200}`, 200)
	if c["quick_pay_bps"] != 200.0 || c["terms_days"] != 21.0 {
		t.Errorf("%v", c)
	}
	c = call("POST", "/v1/customers/"+id+"/block", `{"version":3,"reason":"claim"}`, 200)
	if c["blocked"] != true {
		t.Errorf("%v", c)
	}
	if m := call("GET", "/v1/customers/match?name=ACME", "", 200); m["matched_by"] != "name" {
		t.Errorf("%v", m)
	}
	call("POST", "/v1/customers/"+id+"/contacts", `{"name":"Pat"}`, 201)
	if l := call("GET", "/v1/customers/"+id+"/contacts", "", 200); len(l["items"].([]any)) != 1 {
		t.Errorf("%v", l)
	}
	f := call("POST", "/v1/facilities", `{"name":"DC","city":"Dallas","state":"TX","hours":{"mon":["07:00","15:00"]}}`, 201)
	if f["time_zone"] != "America/Chicago" || f["precision"] != "zip" || f["position"] == nil {
		t.Errorf("%v", f)
	}
	call("POST", "/v1/facilities", `{"name":"DC","city":"Dallas","state":"TX","hours":{"mon":["7","15:00"]}}`, 422)
	call("GET", "/v1/facilities/match?name=dc", "", 200)
	call("GET", "/v1/facilities/match?name=nobody", "", 404)
	call("POST", "/v1/facilities/"+f["id"].(string)+"/archive", `{"version":1}`, 200)
	if v := call("POST", "/v1/customers/import", "name\nNew One\n", 200); v["new"] != 1.0 {
		t.Errorf("%v", v)
	}
	if p := call("GET", "/v1/customers?limit=1", "", 200); len(p["items"].([]any)) != 1 || p["next"] == nil {
		t.Errorf("%v", p)
	}
	for _, rt := range a.Routes() {
		if rt.Public || rt.Permission != identity.SeeCustomers && rt.Permission != identity.EditCustomers && rt.Permission != identity.BlockCustomer {
			t.Errorf("%s %s needs %s", rt.Method, rt.Path, rt.Permission)
		}
	}
}
