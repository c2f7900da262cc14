package assist_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"truckflow/internal/assist"
	"truckflow/internal/assist/assistweb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/pg/schematest"
	"truckflow/internal/web"
)

type noLimit struct{}

func (noLimit) Allow(context.Context, string, int, time.Duration) (bool, time.Duration, error) {
	return true, 0, nil
}

type house struct {
	*assist.Service
	db  *pg.DB
	who *identity.Service
	clk *clock.Fake
	ctx context.Context // an owner of a fresh company
	t   *testing.T
}

func open(t *testing.T) house {
	t.Helper()
	d := schematest.New(t)
	db, err := pg.Open(t.Context(), pg.Settings{DSN: d.AppDSN, MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	clk := clock.At(time.Date(2026, 11, 25, 15, 0, 0, 0, time.UTC))
	who, err := identity.New(db, clk, noLimit{}, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	h := house{who: who, clk: clk, t: t}
	h.db = db
	h.Service = assist.New(db, clk, who, func() []llm.State {
		return []llm.State{{Engine: "ollama", Model: "qwen3.5:4b", Jobs: llm.Jobs, Priced: true, Slots: 1, Can: llm.Can{JSON: true}, Resting: "failed too often just now"}}
	})
	h.ctx = h.company("owner@one.example")
	return h
}

func (h house) company(email string) context.Context {
	h.t.Helper()
	org, err := h.who.Found(h.t.Context(), identity.Founding{Company: identity.Company{Name: "Carrier " + email, Email: email}, Name: "Olive Owner", Email: email, Password: "a long enough passphrase 7"})
	if err != nil {
		h.t.Fatal(err)
	}
	return tenant.With(h.t.Context(), tenant.Actor{Org: org, Name: "Olive Owner", Role: "owner"})
}

// decide sets what a company permits for every job, and its budget.
func (h house) decide(ctx context.Context, p llm.Permit, budget llm.Micros) {
	h.t.Helper()
	r, err := h.Rules(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, j := range llm.Jobs {
		r.Permits[j] = p
	}
	r.Budget = budget
	if err := h.SetRules(ctx, r); err != nil {
		h.t.Fatal(err)
	}
}

func TestNothingLeavesBeforeSomebodySaysSo(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, j := range llm.Jobs {
		if p, err := h.Permit(h.ctx, j); p != llm.Never || err != nil {
			t.Errorf("%s: %s, %v", j, p, err)
		}
	}
	if _, err := h.Hold(h.ctx, 1); !errs.Is(err, errs.KindForbidden) {
		t.Errorf("without a budget a millionth of a dollar may be spent: %v", err)
	}
}

func TestAnOwnerDecides(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, _ := tenant.From(h.ctx)
	a.Role = string(identity.Dispatcher)
	if err := h.SetRules(tenant.With(h.ctx, a), assist.Rules{}); !errs.Is(err, errs.KindForbidden) {
		t.Errorf("a dispatcher decided: %v", err)
	}
	old, err := h.Rules(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	h.decide(h.ctx, llm.Redacted, 2_000_000)
	r, err := h.Rules(h.ctx)
	if err != nil || r.Permits[llm.Copilot] != llm.Redacted || r.Budget != 2_000_000 || r.Version != 1 || r.UpdatedBy != "Olive Owner" {
		t.Errorf("%+v, %v", r, err)
	}
	h.decide(h.ctx, llm.Allowed, 3_000_000)
	if err := h.SetRules(h.ctx, r); !errs.Is(err, errs.KindConflict) {
		t.Errorf("an old version was written over a newer: %v", err)
	}
	for _, bad := range []assist.Rules{{Permits: old.Permits, Budget: -1}, {Permits: map[llm.Job]llm.Permit{llm.Email: "sometimes"}}} {
		if err := h.SetRules(h.ctx, bad); !errs.Is(err, errs.KindInvalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	trail, err := h.who.AuditTrail(h.ctx, page.Request{})
	if err != nil || len(trail.Items) < 2 || trail.Items[0].Action != "assist.rules" || !strings.Contains(string(trail.Items[0].Detail), "3000000") {
		t.Errorf("audit: %+v, %v", trail.Items, err)
	}
	if p, err := h.Permit(h.company("owner@two.example"), llm.Copilot); p != llm.Never || err != nil {
		t.Errorf("another company's permit: %s, %v", p, err)
	}
}

// TestManyCannotOverspend has forty callers at one moment ask for a tenth of the
// budget each, half of it spent already.
func TestManyCannotOverspend(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.decide(h.ctx, llm.Allowed, 100)
	first, err := h.Hold(h.ctx, 60)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second says nothing new
		if err := h.Settle(h.ctx, first, 50); err != nil {
			t.Fatal(err)
		}
	}
	type held struct {
		id  ids.ID
		err error
	}
	results := make(chan held)
	for range 40 {
		go func() {
			id, err := h.Hold(h.ctx, 10)
			results <- held{id, err}
		}()
	}
	var got []ids.ID
	for range 40 {
		switch r := <-results; {
		case r.err == nil:
			got = append(got, r.id)
		case !errs.Is(r.err, errs.KindForbidden):
			t.Error(r.err)
		}
	}
	if len(got) != 5 {
		t.Fatalf("%d callers got a hold, want 5", len(got))
	}
	for _, id := range got[:4] {
		if err := h.Settle(h.ctx, id, 3); err != nil {
			t.Fatal(err)
		}
	}
	h.clk.Advance(2 * time.Hour) // the fifth's program has ended: its hold is taken as spent
	if err := h.Tend(h.ctx); err != nil {
		t.Fatal(err)
	}
	ms, err := h.Months(h.ctx)
	if err != nil || len(ms) != 1 || ms[0].SpentMicros != 50+4*3+10 || ms[0].HeldMicros != 0 {
		t.Errorf("%+v, %v", ms, err)
	}
	h.clk.Advance(30 * 24 * time.Hour) // a new month, a new budget
	if _, err := h.Hold(h.ctx, 100); err != nil {
		t.Error(err)
	}
}

func (h house) record(r llm.Record) {
	h.t.Helper()
	h.clk.Advance(time.Millisecond) // ids sort by it
	r.ID, r.At = ids.At(h.clk.Now()), h.clk.Now()
	if err := h.Record(h.ctx, r); err != nil {
		h.t.Fatal(err)
	}
}

func (h house) someCalls() {
	for i := range 20 {
		h.record(llm.Record{Job: llm.Email, Prompt: "mail/1", By: llm.ByLocal, Engine: "ollama", Model: "m", Outcome: "answered", Decision: time.Millisecond, First: time.Duration(i+1) * 10 * time.Millisecond,
			Total: time.Second, In: 100, Out: 20, Trail: []llm.Attempt{{Engine: "ollama", Model: "m", Why: "answered", Sent: true, Hidden: 3}}})
	}
	h.record(llm.Record{Job: llm.Copilot, Prompt: "copilot/1", Outcome: "no AI engine could answer (ollama: busy)", Why: "ollama: busy", Trail: []llm.Attempt{{Engine: "ollama", Why: "busy"}}})
}

func TestCallsAndTimes(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.someCalls()
	p, err := h.Calls(h.ctx, page.Request{})
	if err != nil || len(p.Items) != 21 || p.Items[0].AnsweredBy != "" || p.Items[0].Tried[0].Why != "busy" || p.Items[1].TokensIn != 100 || p.Items[1].Tried[0].Hidden != 3 || p.Items[1].Actor != "Olive Owner" {
		t.Errorf("%+v, %v", p.Items, err)
	}
	ts, err := h.Times(h.ctx)
	if err != nil || len(ts) != 1 || ts[0].Engine != "ollama" || ts[0].Calls != 20 || ts[0].DecisionP99Us != 1000 || ts[0].FirstP50Us != 105_000 || ts[0].FirstP95Us != 190_500 || ts[0].TotalP95Us != 1_000_000 {
		t.Errorf("%+v, %v", ts, err)
	}
	sp, err := h.Spreads(h.ctx)
	if err != nil || len(sp) != 1 || sp[0].Engine != "ollama" || sp[0].Decision[1] != 20 || !slices.Equal(sp[0].First, []int{0, 0, 0, 2, 2, 5, 10, 1, 0, 0, 0, 0, 0, 0}) || sp[0].Complete[9] != 20 {
		t.Errorf("%+v, %v", sp, err)
	}
	h.clk.Advance(8 * 24 * time.Hour)
	if ts, err := h.Times(h.ctx); err != nil || len(ts) != 0 {
		t.Errorf("older than a week: %+v, %v", ts, err)
	}
	h.clk.Advance(90 * 24 * time.Hour)
	if err := h.Tend(h.ctx); err != nil {
		t.Fatal(err)
	}
	if p, err := h.Calls(h.ctx, page.Request{}); err != nil || len(p.Items) != 0 {
		t.Errorf("%d calls are kept longer than said, %v", len(p.Items), err)
	}
}

func TestThePage(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.someCalls()
	rt := web.NewRouter(h.who, h.db, slog.New(slog.DiscardHandler), nil)
	assistweb.Register(rt, h.Service)
	token, err := h.who.SignIn(t.Context(), "owner@one.example", "a long enough passphrase 7", "1.2.3.4", "test")
	if err != nil {
		t.Fatal(err)
	}
	a, err := h.who.Resume(t.Context(), token, "1.2.3.4")
	if err != nil {
		t.Fatal(err)
	}
	do := func(method string, form url.Values) (int, string) {
		var body io.Reader
		if form != nil {
			form.Set("csrf", h.who.CSRF(a.Session))
			body = strings.NewReader(form.Encode())
		}
		r := httptest.NewRequest(method, "/settings/ai", body)
		r.AddCookie(&http.Cookie{Name: "truckflow_session", Value: token})
		r.Header.Set("X-CSRF-Token", h.who.CSRF(a.Session))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		rt.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	code, body := do("GET", nil)
	for _, want := range []string{"Stays here", "qwen3.5:4b", "failed too often just now", "190 ms", "no AI engine could answer", "3 names and numbers replaced", "nobody", "$0.0000", "19 of 20 calls within 200 ms", "100 ms to 200 ms: 10 calls"} {
		if !strings.Contains(strings.ToLower(body), strings.ToLower(want)) {
			t.Errorf("%d, the page does not say %q", code, want)
		}
	}
	if code, body := do("POST", url.Values{"version": {"0"}, "documents": {"never"}, "copilot": {"redacted"}, "email": {"allowed"}, "budget": {"a lot"}}); code != 422 || !strings.Contains(body, "a lot") || !strings.Contains(body, "an amount in dollars") && !strings.Contains(body, "An amount in dollars") {
		t.Errorf("a wrong budget: %d", code)
	}
	if code, _ := do("POST", url.Values{"version": {"0"}, "documents": {"never"}, "copilot": {"redacted"}, "email": {"allowed"}, "budget": {"20"}}); code != 303 {
		t.Errorf("saving: %d", code)
	}
	if r, err := h.Rules(h.ctx); err != nil || r.Budget != 20_000_000 || r.Permits[llm.Email] != llm.Allowed || r.Permits[llm.Copilot] != llm.Redacted {
		t.Errorf("%+v, %v", r, err)
	}
}
