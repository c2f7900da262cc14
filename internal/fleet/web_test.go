package fleet_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"truckflow/internal/api"
	"truckflow/internal/fleet"
	"truckflow/internal/fleet/fleetapi"
	"truckflow/internal/fleet/fleetweb"
	"truckflow/internal/identity"
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
	fleetweb.Register(rt, h.Service)
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
	has(t, b.get("/fleet/trucks"), "No trucks yet", "Add truck")
	has(t, b.get("/fleet/drivers/new"), "CDL number", `name="csrf"`)
	w := b.post("/fleet/trucks", url.Values{"unit_number": {"9"}, "vin": {"short"}, "year": {"new"}, "make": {"Volvo"}})
	if w.Code != 422 {
		t.Fatalf("a wrong form: %d", w.Code)
	}
	has(t, w.Body.String(), "Not a whole number.", `value="new"`, `value="Volvo"`)
	if w = b.post("/fleet/trucks", url.Values{"unit_number": {"9"}, "vin": {"short"}}); w.Code != 422 {
		t.Fatalf("a wrong VIN: %d", w.Code)
	}
	has(t, w.Body.String(), "17 characters, this has 5")
	w = b.post("/fleet/trucks", url.Values{"unit_number": {"9"}, "inspection_due": {"2026-11-30"}})
	to := w.Header().Get("HX-Redirect")
	if w.Code != 204 || !strings.HasPrefix(to, "/fleet/trucks/") {
		t.Fatalf("add: %d to %q %s", w.Code, to, w.Body)
	}
	if w = b.post("/fleet/trucks", url.Values{"unit_number": {"9"}}); w.Code != 422 || !strings.Contains(w.Body.String(), "has it already") {
		t.Errorf("a taken unit number: %d", w.Code)
	}
	has(t, b.get(to), "Truck 9", "Annual inspection", "in 7 days")
	has(t, b.get(to+"/edit"), `name="version" value="1"`, `value="2026-11-30"`)
	if w = b.post(to, url.Values{"version": {"1"}, "unit_number": {"9"}, "make": {"Mack"}}); w.Code != 204 {
		t.Fatalf("edit: %d %s", w.Code, w.Body)
	}
	if w = b.post(to, url.Values{"version": {"1"}, "unit_number": {"9"}, "make": {"Volvo"}}); w.Code != 409 || w.Header().Get("X-Message") == "" {
		t.Errorf("a stale form: %d", w.Code)
	}
	if w = b.post(to+"/out-of-service", url.Values{"version": {"2"}, "from": {"2026-11-01"}}); w.Code != 422 {
		t.Errorf("out of service without a reason: %d", w.Code)
	}
	if w = b.post(to+"/out-of-service", url.Values{"version": {"2"}, "from": {"2026-11-01"}, "reason": {"turbo"}}); w.Code != 204 {
		t.Fatalf("out of service: %d %s", w.Code, w.Body)
	}
	has(t, b.get("/fleet/trucks?show=out&q=mack"), ">9<", "Out of service")
	if w = b.post(to+"/archive", url.Values{"version": {"3"}}); w.Code != 204 {
		t.Fatal(w.Code)
	}
	has(t, b.get("/fleet/trucks"), "No trucks here")
	if w = b.do("GET", "/fleet/trucks/not-an-id", "", nil); w.Code != 404 {
		t.Errorf("a strange id: %d", w.Code)
	}
	for _, p := range []string{"/fleet/trailers", "/fleet/trailers/new", "/fleet/drivers?sort=-papers"} {
		b.get(p)
	}
}

var digestField = regexp.MustCompile(`name="digest" value="([0-9a-f]+)"`)

func TestImportPages(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.browser()
	has(t, b.get("/fleet/import/trailers"), "unit_number", "length_ft")
	for name, file := range map[string]string{"spreadsheet": "PK\x03\x04", "empty": "", "one needed": "colour\nred\n", "too large": strings.Repeat("x", 5<<20+1)} {
		w := b.upload("/fleet/import/trailers", []byte(file))
		if w.Code != 422 || !strings.Contains(w.Body.String(), `role="alert"`) {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	file := []byte("unit,type,length\n53-1,Wagon,53\n53-2,reefer,53\n,van,53\n53-2,van,48\n")
	w := b.upload("/fleet/import/trailers", file)
	page := w.Body.String()
	has(t, page, "3 rows left out", "Wagon", "One of van, reefer", "stands in row 3 already", "Import 1 row")
	m := digestField.FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("%d %s", w.Code, page)
	}
	w = b.post("/fleet/import/trailers/confirm", url.Values{"digest": {m[1]}, "data": {base64.RawURLEncoding.EncodeToString(file)}})
	has(t, w.Body.String(), "1 new row")
	if w = b.post("/fleet/import/trailers/confirm", url.Values{"digest": {m[1]}, "data": {base64.RawURLEncoding.EncodeToString(file)}}); w.Code != 409 {
		t.Errorf("the same import twice: %d", w.Code)
	}
	if ts, _ := h.Trailers(h.ctx, fleet.Filter{}); len(ts) != 1 || ts[0].Equipment != "reefer" {
		t.Errorf("stored %+v", ts)
	}
	w = b.do("GET", "/fleet/export/trailers.csv", "", nil)
	if w.Code != 200 || !strings.Contains(w.Header().Get("Content-Disposition"), "trailers.csv") || !strings.Contains(w.Body.String(), "53-2,reefer,53") {
		t.Errorf("export: %d %s", w.Code, w.Body)
	}
}

func TestAPI(t *testing.T) {
	t.Parallel()
	h := open(t)
	a := api.New(h.who, nil, noLimit{}, 0, slog.New(slog.DiscardHandler), func(*http.Request) string { return "1.2.3.4" }, "test")
	fleetapi.Register(a, h.Service)
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
	d := call("POST", "/v1/drivers", `{"name":"Ana Ruiz","endorsements":["H"],"cdl_expires":"2026-11-01"}`, 201)
	if d["id"] == "" || d["version"] != 1.0 || len(d["expiring"].([]any)) != 1 {
		t.Errorf("%v", d)
	}
	id := d["id"].(string)
	call("PATCH", "/v1/drivers/"+id, `{"phone":"555"}`, 422)
	d = call("PATCH", "/v1/drivers/"+id, `{"version":1,"phone":"555","cdl_expires":""}`, 200)
	if d["phone"] != "555" || d["name"] != "Ana Ruiz" || d["cdl_expires"] != "" {
		t.Errorf("%v", d)
	}
	call("PATCH", "/v1/drivers/"+id, `{"version":1,"phone":"556"}`, 409)
	call("POST", "/v1/drivers", `{"name":"X","cdl_class":"Q"}`, 422)
	call("GET", "/v1/drivers/018f0000-0000-7000-8000-000000000000", "", 404)
	call("POST", "/v1/drivers/"+id+"/out-of-service", `{"version":2,"from":"2026-11-20","reason":"vacation"}`, 200)
	if l := call("GET", "/v1/fleet/legal?driver_id="+id, "", 200); l["legal"] != false {
		t.Errorf("%v", l)
	}
	call("POST", "/v1/drivers/"+id+"/back-in-service", `{"version":3}`, 200)
	for _, u := range []string{"3", "1", "2"} {
		call("POST", "/v1/trucks", `{"unit_number":"`+u+`","driver_id":"`+id+`","year":2020}`, 201)
	}
	p := call("GET", "/v1/trucks?limit=2", "", 200)
	if items := p["items"].([]any); len(items) != 2 || items[0].(map[string]any)["unit_number"] != "1" {
		t.Errorf("%v", p)
	}
	p = call("GET", "/v1/trucks?limit=2&cursor="+url.QueryEscape(p["next"].(string)), "", 200)
	if items := p["items"].([]any); len(items) != 1 || items[0].(map[string]any)["unit_number"] != "3" || p["next"] != nil {
		t.Errorf("%v", p)
	}
	if v := call("POST", "/v1/trailers/import?dry_run=true", "unit_number\n1\n\n", 200); v["new"] != 1.0 {
		t.Errorf("%v", v)
	}
	if v := call("POST", "/v1/trailers/import", "unit_number\n1\n\n", 200); v["new"] != 1.0 {
		t.Errorf("%v", v)
	}
	call("GET", "/v1/trailers/export.csv", "", 200)
	call("GET", "/v1/fleet/expiries", "", 200)
	for _, rt := range a.Routes() {
		if rt.Public || rt.Permission != identity.SeeFleet && rt.Permission != identity.EditFleet && rt.Permission != identity.EditDrivers {
			t.Errorf("%s %s needs %s", rt.Method, rt.Path, rt.Permission)
		}
	}
}
