package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/ids"
	"truckflow/internal/sim/paper"
)

// body is what a call sends: JSON, a CSV, or (fields) a multipart form.
type body map[string]any

// operation is one operation of the OpenAPI document.
type operation struct {
	method, path string
	ID           string `json:"operationId"`
	Security     []any
	Parameters   []struct{ Name, In string }
	RequestBody  *struct {
		Content map[string]struct{ Schema map[string]any }
	}
}

// book is the OpenAPI document.
type book struct {
	Paths      map[string]map[string]json.RawMessage
	Components struct{ Schemas map[string]map[string]any }
}

func readBook(t *testing.T, h http.Handler) (b book, ops []operation) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/v1/openapi.json", nil))
	if err := json.Unmarshal(w.Body.Bytes(), &b); err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Sorted(maps.Keys(b.Paths)) {
		for _, method := range slices.Sorted(maps.Keys(b.Paths[path])) {
			op := operation{method: strings.ToUpper(method), path: path}
			if err := json.Unmarshal(b.Paths[path][method], &op); err != nil {
				t.Fatal(path, method, err)
			}
			ops = append(ops, op)
		}
	}
	return b, ops
}

// names lists the properties of a schema and of all it holds.
func (b book) names(schema map[string]any, depth int) (out []string) {
	if ref, ok := schema["$ref"].(string); ok {
		schema = b.Components.Schemas[ref[strings.LastIndex(ref, "/")+1:]]
	}
	if depth > 6 {
		return nil
	}
	if it, ok := schema["items"].(map[string]any); ok {
		out = append(out, b.names(it, depth+1)...)
	}
	props, _ := schema["properties"].(map[string]any)
	for name, p := range props {
		out = append(out, name)
		out = append(out, b.names(p.(map[string]any), depth+1)...)
	}
	return out
}

// refers reports whether a field names another thing of the company.
func refers(name string) bool { return strings.HasSuffix(name, "_id") || name == "replaces" }

// calls says how to call each operation that takes a body, as a company would
// call it about its own things.
func calls(c company) map[string]body {
	id := func(kind string) string { return c.things[kind].String() }
	stops := []body{{"type": "pickup", "facility_id": id("facility"), "city": "Dallas", "state": "TX", "zip": "75201", "window_start": ago(2)}, {"type": "delivery", "city": "Memphis", "state": "TN", "zip": "38118", "window_start": ago(1)}}
	load := func(more body) body {
		maps.Copy(more, body{"customer_id": id("customer"), "customer_load_number": c.word + "-API", "equipment": "van", "stops": stops,
			"charges": []body{{"kind": "linehaul", "amount": "1000.00"}}})
		return more
	}
	out := map[string]body{
		"create-token": {"email": strings.ToLower(c.word) + "@example.com", "password": "correct horse " + c.word},
		"add-customer": {"name": c.word + " Shipper", "kind": "shipper"}, "edit-customer": {"version": 1, "notes": c.word},
		"block-customer": {"version": 1, "reason": "does not pay"}, "set-terms": {"version": 1, "terms_days": 15}, "add-contact": {"name": c.word + " Person"},
		"upload-document": {"file": "note.pdf", "kind": "other", "load_id": id("load"), "replaces": id("document")}, "attach-document": {"load_id": id("load")},
		"set-document-kind": {"kind": "other"}, "reject-document": {"reason": "not ours"}, "add-driver": {"name": c.word + " Second"}, "edit-driver": {"version": 1, "notes": c.word},
		"add-facility": {"name": c.word + " Yard", "city": "Tulsa", "state": "OK"}, "edit-facility": {"version": 1, "notes": c.word},
		"credit-invoice": {"reason": "freight damaged"}, "send-invoice": {"to": "ap@broker.example.com"}, "create-load": load(body{}), "edit-load": load(body{"version": 1}),
		"assign-load": {"truck_id": id("truck"), "trailer_id": id("trailer"), "driver_id": id("driver")}, "note-load": {"text": c.word},
		"accept-pod": {"reason": "settled"}, "reject-pod": {"reason": "not signed"}, "reverse-payment": {"reason": "bounced"},
		"record-payment": {"customer_id": id("customer"), "received_on": clock.System.Now().UTC().Format("2006-01-02"), "amount": "10.00", "method": "ach",
			"shares": []body{{"invoice_id": id("invoice"), "amount": "10.00"}}},
		"report-positions": {"positions": []body{{"truck_id": id("truck"), "at": clock.System.Now(), "lat": 41.5, "lon": -88.1}}},
		"add-truck":        {"unit_number": c.word + "-2", "driver_id": id("driver")}, "edit-truck": {"version": 1, "driver_id": id("driver")},
		"add-trailer": {"unit_number": c.word + "-3", "equipment": "van"}, "edit-trailer": {"version": 1, "notes": c.word},
		"import-customers": {"csv": "name,kind\n" + c.word + " List,broker\n"}, "import-facilities": {"csv": "name,city,state\n" + c.word + " List,Tulsa,OK\n"},
		"import-trucks": {"csv": "unit_number\n" + c.word + "-9\n"}, "import-trailers": {"csv": "unit_number,equipment\n" + c.word + "-9,van\n"},
		"import-drivers": {"csv": "name\n" + c.word + " List\n"}, "import-history": {"csv": historyRow(c)},
	}
	out["create-invitation"] = body{"email": "third-" + strings.ToLower(c.word) + "@example.com", "role": "viewer"}
	out["edit-user"], out["deactivate-user"], out["reactivate-user"] = body{"version": 1, "name": c.word + " Renamed"}, body{"version": 2}, body{"version": 3}
	out["ask-copilot"], out["confirm-proposal"] = body{"question": "what needs me first", "load_id": id("load")}, body{}
	out["save-view"], out["send-mail-again"] = body{"name": c.word + " late", "query": "only=late"}, body{"to": "second@broker.example.com"}
	for _, verb := range []string{"tender", "book", "dispatch", "recall", "arrive", "load", "unload", "depart", "deliver", "release", "cancel", "tonu", "hold", "claim", "resume"} {
		out[verb+"-load"] = body{"reason": "the shipper closed"}
	}
	for _, kind := range []string{"truck", "trailer", "driver", "customer", "facility"} {
		out["archive-"+kind], out["restore-"+kind] = body{"version": 1}, body{"version": 1}
		out["back-in-service-"+kind], out["out-of-service-"+kind] = body{"version": 1}, body{"version": 1, "from": "2026-11-23", "reason": "brakes"}
	}
	out["unblock-customer"] = body{"version": 1}
	return out
}

// asking is what an operation must be asked with in its address.
var asking = map[string]url.Values{"price-lane": {"from": {"Dallas, TX"}, "to": {"Memphis, TN"}, "equipment": {"van"}}}

// historyRow is a past load of c's customer.
func historyRow(c company) string {
	return historyHead + strings.Join([]string{"OLD-1", c.word + " Broker", "Dallas", "TX", "75201", ago(100), "", "Memphis", "TN", "38118", ago(98), "", "", ago(98), "1000.00", "", "",
		"77001", ago(97), ago(67), "", "", "", ""}, ",") + "\n"
}

// walk is the walk of one company through all operations, past another's things.
type walk struct {
	*testing.T
	a            *App
	h            http.Handler
	doc          book
	ops          []operation
	mine, theirs company
}

// thing says which of a company's things a hole in an address means.
func thing(op operation, hole string) string {
	switch hole {
	case "contact":
		return "contact"
	case "document_id":
		return "pod"
	}
	if op.ID == "confirm-proposal" {
		return "proposal"
	}
	room := strings.Split(op.path, "/")[2]
	switch {
	case room == "loads" && (strings.Contains(op.path, "/pod") || op.ID == "issue-invoice"):
		return "billed load"
	case room == "documents" && op.ID == "reject-document":
		return "pod"
	case room == "facilities":
		return "facility"
	}
	return strings.TrimSuffix(room, "s")
}

// ask calls op as c with body b about the things of whom.
func (w walk) ask(op operation, c, whom company, b body, query url.Values) (code int, answer, sent string) {
	w.Helper()
	path := hole.ReplaceAllStringFunc(op.path, func(s string) string {
		name := strings.Trim(s, "{}")
		if name == "page" {
			return "1"
		}
		if name == "n" {
			return "0"
		}
		id, ok := whom.things[thing(op, name)]
		if !ok {
			w.Errorf("%s %s: no fixture for {%s}; say in furnish and thing what it names", op.method, op.path, name)
		}
		return id.String()
	})
	text, kind := w.encode(c, b)
	r := httptest.NewRequest(op.method, path+"?"+query.Encode(), strings.NewReader(text)).WithContext(w.Context())
	if b != nil {
		r.Header.Set("Content-Type", kind)
	}
	if len(op.Security) > 0 {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	rec := httptest.NewRecorder()
	w.h.ServeHTTP(rec, r)
	return rec.Code, rec.Body.String(), path + text + query.Encode()
}

func (w walk) encode(c company, b body) (text, kind string) {
	w.Helper()
	var buf bytes.Buffer
	switch {
	case b["csv"] != nil:
		return b["csv"].(string), "text/csv"
	case b["file"] != nil:
		m := multipart.NewWriter(&buf)
		for k, v := range b {
			if k != "file" {
				if err := m.WriteField(k, v.(string)); err != nil {
					w.Fatal(err)
				}
				continue
			}
			f, err := m.CreateFormFile(k, v.(string))
			if err == nil {
				err = paper.Layouts()[3].Print(f, paper.Random(int64(len(c.word)+500)))
			}
			if err != nil {
				w.Fatal(err)
			}
		}
		m.Close()
		return buf.String(), m.FormDataContentType()
	case b != nil:
		if err := json.NewEncoder(&buf).Encode(b); err != nil {
			w.Fatal(err)
		}
	}
	return buf.String(), "application/json"
}

// quiet fails when an answer tells anything of the other company that was not in the question.
func (w walk) quiet(what, answer, sent string) {
	w.Helper()
	if strings.Contains(answer, w.mine.word) && !strings.Contains(sent, w.mine.word) {
		w.Errorf("%s tells of the other company: %.300s", what, answer)
	}
	for kind, id := range w.mine.things {
		if strings.Contains(answer, id.String()) && !strings.Contains(sent, id.String()) {
			w.Errorf("%s shows the other company's %s", what, kind)
		}
	}
}

// TestEveryRouteAsTheWrongTenant has one company's owner walk past all that is
// another's: not a word of it may be told and not a byte of it may change.
func TestEveryRouteAsTheWrongTenant(t *testing.T) {
	t.Parallel()
	a := start(t)
	w := walk{T: t, a: a, h: a.Handler(), mine: furnish(t, a, "SECRET"), theirs: furnish(t, a, "STRANGE")}
	w.doc, w.ops = readBook(t, w.h)
	before := w.mine.rows(t, a)
	w.operations()
	w.pages()
	w.theirs.settled(t, a)
	unchanged(t, before, w.mine.rows(t, a))
	// The company itself may do all of it: what was refused above was refused for the tenant.
	for _, op := range w.ops {
		code, answer, _ := w.ask(op, w.mine, w.mine, calls(w.mine)[op.ID], asking[op.ID])
		if code >= 300 && code != http.StatusConflict && op.ID != "match-facility" {
			t.Errorf("%s %s by the company itself: %d %.300s", op.method, op.path, code, answer)
		}
	}
}

// operations calls every operation of the OpenAPI document with bodies that are
// right but for whose things they name: in the address, in the body, in the question.
func (w walk) operations() {
	bodies := calls(w.theirs)
	for _, op := range w.ops {
		what := op.method + " " + op.path
		b, known := bodies[op.ID]
		if named := strings.Contains(op.path, "{"); (op.RequestBody != nil || op.method != "GET" && !named) && !known {
			w.Errorf("%s: say in calls how to call %s", what, op.ID)
			continue
		}
		if strings.Contains(op.path, "{") {
			code, answer, sent := w.ask(op, w.theirs, w.mine, b, nil)
			if code != http.StatusNotFound {
				w.Errorf("%s about another company's thing: %d, want 404: %.300s", what, code, answer)
			}
			w.quiet(what, answer, sent)
		} else if op.method == "GET" {
			code, answer, sent := w.ask(op, w.theirs, w.theirs, nil, asking[op.ID])
			if code != http.StatusOK && op.ID != "match-facility" {
				w.Errorf("%s: %d %.300s", what, code, answer)
			}
			w.quiet(what, answer, sent)
		}
		w.foreignInQuestion(op)
		if op.RequestBody != nil {
			w.foreignInBody(op, b)
		}
	}
}

// foreignInQuestion asks for the other company's things by id and by name.
func (w walk) foreignInQuestion(op operation) {
	for _, p := range op.Parameters {
		q := url.Values{}
		switch {
		case p.In != "query":
			continue
		case refers(p.Name):
			q.Set(p.Name, w.mine.things[strings.TrimSuffix(p.Name, "_id")].String())
		case slices.Contains([]string{"q", "text", "name"}, p.Name):
			q.Set(p.Name, w.mine.word)
		default:
			continue
		}
		what := fmt.Sprintf("%s?%s=…", op.path, p.Name)
		code, answer, sent := w.ask(op, w.theirs, w.theirs, nil, q)
		if code >= 500 {
			w.Errorf("%s: %d", what, code)
		}
		w.quiet(what, answer, sent)
		if code < 300 && strings.Contains(answer, q.Get(p.Name)) {
			w.Errorf("%s answers about another company's thing: %.300s", what, answer)
		}
	}
}

// foreignInBody sends a right body once for each id in it, that id replaced by
// the one of the other company's thing of the same kind.
func (w walk) foreignInBody(op operation, b body) {
	text, err := json.Marshal(b)
	if err != nil {
		w.Fatal(err)
	}
	for _, content := range op.RequestBody.Content {
		for _, name := range w.doc.names(content.Schema, 0) {
			if refers(name) && !strings.Contains(string(text), `"`+name+`"`) {
				w.Errorf("%s %s: the body in calls leaves %s out", op.method, op.path, name)
			}
		}
	}
	for kind, own := range w.theirs.things {
		if !strings.Contains(string(text), own.String()) {
			continue
		}
		var forged body
		if err := json.Unmarshal(bytes.ReplaceAll(text, []byte(own.String()), []byte(w.mine.things[kind].String())), &forged); err != nil {
			w.Fatal(err)
		}
		before := w.theirs.rows(w.T, w.a)
		code, answer, _ := w.ask(op, w.theirs, w.theirs, forged, nil)
		if code < 400 || code >= 500 || code == 401 || code == 403 {
			w.Errorf("%s %s with another company's %s in the body: %d, want a refusal: %.300s", op.method, op.path, kind, code, answer)
		}
		if code >= 400 { // and nothing half-done
			unchanged(w.T, before, w.theirs.rows(w.T, w.a))
		}
	}
	if op.ID == "import-history" { // a list names a customer by name
		if _, answer, _ := w.ask(op, w.theirs, w.theirs, calls(w.mine)[op.ID], nil); !strings.Contains(answer, `"new":0`) || !strings.Contains(answer, `"bad":1`) {
			w.Errorf("a history for another company's customer: %s", answer)
		}
	}
}

// pages opens every page with each of the other company's ids and a form that
// leaves nothing out.
func (w walk) pages() {
	form := url.Values{"version": {"1"}, "reason": {"weather"}, "name": {"x"}, "role": {"viewer"}, "kind": {"other"}, "to": {"ap@broker.example.com"}, "text": {"x"},
		"amount": {"1.00"}, "received_on": {ago(0)}, "method": {"ach"}, "from": {ago(0)}, "terms_days": {"15"}, "unit_number": {"9"}, "equipment": {"van"}, "length_ft": {"53"},
		"truck_id": {w.theirs.things["truck"].String()}, "city": {"Tulsa"}, "state": {"OK"}}
	second := strings.NewReplacer("{contact}", w.mine.things["contact"].String(), "{doc}", w.mine.things["pod"].String(), "{page}", "1", "{n}", "0")
	for _, rt := range w.a.Router.Routes() {
		method, path, _ := strings.Cut(strings.ReplaceAll(rt.Pattern, "{$}", ""), " ")
		if rt.Public || path == "/live" || path == "/sign-out" {
			continue
		}
		path = second.Replace(path)
		things := w.mine.things
		if !strings.Contains(path, "{") {
			things = map[string]ids.ID{"nothing": ids.New()}
		}
		for kind, id := range things {
			at := hole.ReplaceAllString(path, id.String())
			r := httptest.NewRequest(method, at, strings.NewReader(form.Encode())).WithContext(w.Context())
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.AddCookie(&http.Cookie{Name: "truckflow_session", Value: w.theirs.cookie})
			r.Header.Set("X-CSRF-Token", w.theirs.csrf)
			rec := httptest.NewRecorder()
			w.h.ServeHTTP(rec, r)
			w.quiet(rt.Pattern, rec.Body.String(), at)
			if named := strings.Contains(path, "{id}"); rec.Code >= 500 || named && rec.Code != http.StatusNotFound {
				w.Errorf("%s with another company's %s: %d %.300s", rt.Pattern, kind, rec.Code, rec.Body)
			}
		}
	}
}
