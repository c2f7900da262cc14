package app

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"truckflow/internal/customers"
	"truckflow/internal/identity"
	"truckflow/internal/kit/page"
	"truckflow/internal/loads"
)

// TestSameKeySameAnswer sends requests again and again under one Idempotency-Key,
// at once and afterwards: each is done once, and everybody gets its answer.
func TestSameKeySameAnswer(t *testing.T) {
	a := start(t)
	ctx := found(t, a, "Twice")
	cust := must(a.Customers.AddCustomer(ctx, customers.Customer{Name: "Acme Brokerage", Kind: "broker", TermsDays: 30}))(t)
	bearer, _, err := a.Identity.IssueToken(t.Context(), "twice@example.com", "correct horse Twice", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	_, _, colleague := join(t, a, ctx, identity.Dispatcher, "dee@twice.example.com")
	h := a.Handler()
	send := func(path, key, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body)).WithContext(t.Context())
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer "+bearer)
		r.Header.Set("Idempotency-Key", key)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	load := func(customer string) string {
		return fmt.Sprintf(`{"customer_id":%q,"equipment":"van","stops":[{"type":"pickup","city":"Dallas","state":"TX","window_start":"2031-03-01T08:00"},
			{"type":"delivery","city":"Memphis","state":"TN","window_start":"2031-03-03T08:00"}],"charges":[{"kind":"linehaul","amount":"1800.00"}]}`, customer)
	}
	// A refused request leaves its key for the right one.
	if w := send("/v1/loads", "book", load("")); w.Code != http.StatusUnprocessableEntity {
		t.Fatalf("a load without a payer: %d %s", w.Code, w.Body)
	}
	answers := make([]*httptest.ResponseRecorder, 6)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = send("/v1/loads", "book", load(cust.ID.String())) })
	}
	wg.Wait()
	answers = append(answers, send("/v1/loads", "book", load(cust.ID.String())))
	fresh := 0
	for _, w := range answers {
		if w.Code != http.StatusCreated || w.Body.String() != answers[0].Body.String() || !strings.Contains(w.Body.String(), `"booked"`) {
			t.Errorf("answered %d %s, the first got %s", w.Code, w.Body, answers[0].Body)
		}
		if w.Header().Get("Idempotency-Replayed") == "" {
			fresh++
		}
	}
	if fresh != 1 {
		t.Errorf("%d answers call themselves new, want 1", fresh)
	}
	all := must(a.Loads.List(ctx, loads.Filter{}, page.Request{}))(t)
	if len(all.Items) != 1 {
		t.Fatalf("%d loads were booked, want 1", len(all.Items))
	}
	if w := send("/v1/loads", "book", load(cust.ID.String())+" "); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("another request under the key: %d %s", w.Code, w.Body)
	}
	// A colleague's key of the same name is not the way to an answer that was not theirs.
	mine := bearer
	bearer = colleague
	if w := send("/v1/loads", "book", load(cust.ID.String())); w.Code != http.StatusUnprocessableEntity || strings.Contains(w.Body.String(), all.Items[0].ID.String()) {
		t.Errorf("a colleague under the same key: %d %s", w.Code, w.Body)
	}
	bearer = mine

	// An operation whose answer is kept after its change.
	notes := "/v1/loads/" + all.Items[0].ID.String() + "/notes"
	for range 2 {
		if w := send(notes, "note", `{"text":"gate 7"}`); w.Code != http.StatusNoContent {
			t.Errorf("note: %d %s", w.Code, w.Body)
		}
	}
	said := 0
	for _, e := range must(a.Loads.Story(ctx, all.Items[0].ID))(t).Events {
		if e.Verb == "note" {
			said++
		}
	}
	if said != 1 {
		t.Errorf("the note stands %d times, want once", said)
	}
}
