package app

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"truckflow/internal/ops/pgmanager/pgtest"
)

// answer serves one request past everything that stands before the router.
func answer(a *App, method, path string, header map[string]string, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:1"
	for k, v := range header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	return w
}

// onPair starts the whole program, without its jobs, on a pair of servers.
func onPair(t *testing.T, p *pgtest.Pair) *App {
	t.Helper()
	a, err := New(t.Context(), pairConfig(t, p), slog.New(slog.DiscardHandler), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	a.ready.Store(true)
	return a
}

// TestFailoverUnderTheAPI kills the primary under clients that book with idempotency
// keys and read, and promotes the standby: every answer is the right one or a 503
// that says when to come again, reading is never refused, and in the end each booking is
// there once.
func TestFailoverUnderTheAPI(t *testing.T) {
	t.Parallel()
	p := pgtest.NewPair(t)
	a := onPair(t, p)
	found(t, a, "Prairie")
	token, _, err := a.Identity.IssueToken(t.Context(), "prairie@example.com", "correct horse Prairie", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	var booked, refused, read atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for n := 0; ; n++ {
				name := fmt.Sprintf("Broker %d-%d", w, n)
				h := map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json", "Idempotency-Key": name}
				for {
					r := answer(a, "POST", "/v1/customers", h, `{"kind":"broker","name":"`+name+`"}`)
					if r.Code == 503 && r.Header().Get("Retry-After") != "" {
						refused.Add(1)
						continue
					}
					if r.Code != 201 && !(r.Code == 409 && strings.Contains(r.Body.String(), "was carried out")) {
						t.Errorf("%s: %d %s", name, r.Code, r.Body)
					}
					break
				}
				booked.Add(1)
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	wg.Go(func() {
		for {
			if r := answer(a, "GET", "/v1/customers?limit=1", map[string]string{"Authorization": "Bearer " + token}, ""); r.Code != 200 {
				t.Errorf("reading: %d %s", r.Code, r.Body)
			}
			read.Add(1)
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	more := func(n *atomic.Int64, by int64) {
		t.Helper()
		from := n.Load()
		until(t, "the work goes on", func() bool { return n.Load() >= from+by })
	}
	more(&booked, 40)
	p.Kill(0)
	until(t, "the loss is noticed", func() bool { _, away := a.d.db.Away(); return away })
	more(&read, 50)
	p.Promote(1)
	more(&booked, 40)
	close(stop)
	wg.Wait()
	seen := map[string]int{}
	for cursor := ""; ; {
		r := answer(a, "GET", "/v1/customers?limit=200&cursor="+url.QueryEscape(cursor), map[string]string{"Authorization": "Bearer " + token}, "")
		var page struct {
			Items []struct{ Name string }
			Next  string
		}
		if err := json.Unmarshal(r.Body.Bytes(), &page); err != nil {
			t.Fatal(err, r.Body)
		}
		for _, c := range page.Items {
			seen[c.Name]++
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	for name, n := range seen {
		if n != 1 {
			t.Errorf("%s is there %d times", name, n)
		}
	}
	if int64(len(seen)) != booked.Load() {
		t.Errorf("%d booked, %d there", booked.Load(), len(seen))
	}
	t.Logf("%d booked and there once, %d times told to come again, %d read", booked.Load(), refused.Load(), read.Load())
}

// TestReadOnlyWithoutPrimary kills the primary of a pair under the whole program:
// every page is read from the standby under a plain banner, what cannot be saved is
// said and stays typed, and all goes on by itself after the promotion.
func TestReadOnlyWithoutPrimary(t *testing.T) {
	t.Parallel()
	p := pgtest.NewPair(t)
	a := onPair(t, p)
	ctx := found(t, a, "Prairie")
	must(a.Loads.Book(ctx, dallasToMemphis(customer(t, a, ctx, "Acme", 0), "REF-77", 1_500_00)))(t)
	b := browse(t, a, "Prairie")
	token, _, err := a.Identity.IssueToken(t.Context(), "prairie@example.com", "correct horse Prairie", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	bearer := map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json", "Idempotency-Key": "one"}
	if page := b.get("/loads"); strings.Contains(page, "Read only") {
		t.Error("the banner stands while everything is there")
	}
	p.Kill(0)

	for _, rt := range a.Router.Routes() {
		path, get := strings.CutPrefix(rt.Pattern, "GET ")
		if !get || rt.Public || strings.Contains(path, "{") && path != "/{$}" || path == "/live" {
			continue
		}
		if w := b.do(http.MethodGet, strings.TrimSuffix(path, "{$}"), nil); w.Code >= 500 {
			t.Errorf("%s without a primary: %d %s", path, w.Code, w.Header().Get("X-Message"))
		}
	}
	has(t, b.get("/loads"), "REF-77", "Read only: the database has had no primary since", "CST", `hx-get="/read-only"`)
	if w := answer(a, "GET", "/v1/loads", bearer, ""); w.Code != 200 || !strings.Contains(w.Body.String(), "REF-77") {
		t.Errorf("the API: %d %s", w.Code, w.Body)
	}
	if w := answer(a, "GET", "/readyz", nil, ""); w.Code != 200 || !strings.HasPrefix(w.Body.String(), "ready, read only since") {
		t.Errorf("one that can read leaves the load balancer: %d %s", w.Code, w.Body)
	}
	has(t, answer(a, "GET", "/metrics", nil, "").Body.String(), `truckflow_degraded{what="database"} 1`, `truckflow_degraded{what="cache"} 0`)

	form := url.Values{"name": {`Ann "Typed" Lee`}, "kind": {"shipper"}, "csrf": {b.csrf}}
	w := answer(a, "POST", "/customers", map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Cookie": "truckflow_session=" + b.cookie}, form.Encode())
	if w.Code != 503 || w.Header().Get("Retry-After") == "" {
		t.Errorf("saving without a primary: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
	has(t, w.Body.String(), "Nothing can be saved just now", "Nothing was saved.", `action="/customers"`, `value="Ann &#34;Typed&#34; Lee"`, "Try again with what you typed")
	if w := answer(a, "POST", "/v1/customers", bearer, `{"name":"By program","kind":"broker"}`); w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "nothing can be saved just now") {
		t.Errorf("the API without a primary: %d %v %s", w.Code, w.Header(), w.Body)
	}

	p.Promote(1)
	until(t, "the primary is found", func() bool { _, away := a.d.db.Away(); return !away })
	if banner := b.get("/read-only"); strings.Contains(banner, "Read only") {
		t.Errorf("the banner stays: %s", banner)
	}
	w = answer(a, "POST", "/customers", map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Cookie": "truckflow_session=" + b.cookie}, form.Encode())
	if w.Code != http.StatusSeeOther {
		t.Errorf("the same form again: %d %s", w.Code, w.Body)
	}
	if w := answer(a, "POST", "/v1/customers", bearer, `{"name":"By program","kind":"broker"}`); w.Code != 201 {
		t.Errorf("the same request again: %d %s", w.Code, w.Body)
	}
	if page := b.get("/customers"); strings.Count(page, "By program") == 0 || !strings.Contains(page, "Typed") {
		t.Error("what was sent again is not there")
	}
	p.Kill(1)
	if w := answer(a, "GET", "/readyz", nil, ""); w.Code != 503 {
		t.Errorf("ready with nothing to read from: %d", w.Code)
	}
	w = b.do(http.MethodGet, "/loads", nil)
	if w.Code != 503 || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "cannot be shown just now") {
		t.Errorf("a page with nothing to read from: %d", w.Code)
	}
}
