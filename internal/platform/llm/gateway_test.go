package llm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/cache/memcache"
	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/llm/stub"
)

// engine answers as it is told and remembers what it was asked.
type engine struct {
	do func(ctx context.Context, q llm.Ask, emit func(string) error) (llm.Reply, error)

	mu    sync.Mutex
	asked []llm.Ask
}

func (e *engine) Ask(ctx context.Context, q llm.Ask, emit func(string) error) (llm.Reply, error) {
	e.mu.Lock()
	e.asked = append(e.asked, q)
	e.mu.Unlock()
	return e.do(ctx, q, emit)
}

func (e *engine) Probe(context.Context, string) (llm.Can, error) { return llm.Can{JSON: true}, nil }
func (e *engine) Warm(context.Context, string) error             { return nil }

func (e *engine) questions() []llm.Ask {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]llm.Ask{}, e.asked...)
}

// says answers at once, in pieces.
func says(pieces ...string) *engine {
	return &engine{do: func(_ context.Context, _ llm.Ask, emit func(string) error) (llm.Reply, error) {
		for _, p := range pieces {
			if err := emit(p); err != nil {
				return llm.Reply{}, err
			}
		}
		return llm.Reply{Text: strings.Join(pieces, ""), Usage: llm.Usage{In: 10, Out: len(pieces)}}, nil
	}}
}

func fails(t llm.Trouble) *engine {
	return &engine{do: func(context.Context, llm.Ask, func(string) error) (llm.Reply, error) {
		return llm.Reply{}, &llm.Failure{Trouble: t}
	}}
}

// hangs says nothing until its caller leaves; each question is told to asked.
func hangs(asked chan<- struct{}) *engine {
	return &engine{do: func(ctx context.Context, _ llm.Ask, _ func(string) error) (llm.Reply, error) {
		if asked != nil {
			asked <- struct{}{}
		}
		<-ctx.Done()
		return llm.Reply{}, ctx.Err()
	}}
}

// world is a gateway with an engine on the premises and one outside; either may be nil.
type world struct {
	*llm.Gateway
	ledger *stub.Ledger
	ctx    context.Context
}

func build(t *testing.T, permit llm.Permit, local, cloud llm.Engine) world {
	t.Helper()
	m := map[llm.Job]string{llm.Documents: "m", llm.Copilot: "m", llm.Email: "m"}
	var es []llm.EngineSettings
	if local != nil {
		es = append(es, llm.EngineSettings{Name: "ollama", Engine: local, Models: m, Slots: 1, Context: 4096})
	}
	if cloud != nil {
		es = append(es, llm.EngineSettings{Name: "openai", Engine: cloud, Outside: true, Models: m, Slots: 64, Context: 100_000, Prices: map[string]llm.Price{"m": {In: 1_000_000, Out: 2_000_000}}})
	}
	l := &stub.Ledger{Permits: permit, Budget: 1_000_000}
	g := llm.New(llm.Settings{Engines: es, Ledger: l, Cache: memcache.New(memcache.Settings{}, clock.System), Clock: clock.System, Log: slog.New(slog.DiscardHandler)})
	return world{g, l, tenant.System(t.Context(), ids.New())}
}

func call(text string) llm.Call {
	return llm.Call{Job: llm.Email, Prompt: "test/1", System: "Be short.", Messages: []llm.Message{{Role: llm.User, Text: text}}, MaxTokens: 100}
}

func TestAnswerOnThePremisesFirst(t *testing.T) {
	t.Parallel()
	cloud := says("cloud")
	w := build(t, llm.Allowed, says("lo", "cal"), cloud)
	a, err := w.Do(w.ctx, call("hello"))
	if err != nil || a.Text != "local" || a.By != llm.ByLocal || a.Engine != "ollama" || a.Model != "m" || a.Cost != 0 || len(cloud.questions()) != 0 {
		t.Errorf("%+v, %v", a, err)
	}
	w.Close()
	if r := w.ledger.Records(); len(r) != 1 || r[0].Outcome != "answered" || r[0].By != llm.ByLocal || r[0].Why != "" || r[0].In != 10 || r[0].Out != 2 {
		t.Errorf("recorded %+v", r)
	}
}

// TestEachTroubleGoesToTheNext has every way to fail end in an answer from outside,
// paid by what was counted.
func TestEachTroubleGoesToTheNext(t *testing.T) {
	t.Parallel()
	for _, trouble := range []llm.Trouble{llm.Unreachable, llm.Busy, llm.Broken, llm.Malformed, llm.BrokenOff, llm.Rejected, llm.NoKey, llm.Missing, llm.CutOff} {
		w := build(t, llm.Allowed, fails(trouble), says("out", "side"))
		a, err := w.Do(w.ctx, call("hello"))
		if err != nil || a.By != llm.ByOverflow || a.Text != "outside" || a.Cost != 10+2*2 {
			t.Errorf("%s: %+v, %v", trouble, a, err)
		}
		w.Close()
		if r := w.ledger.Records(); len(r) != 1 || !strings.HasPrefix(r[0].Why, "ollama: "+string(trouble)) || r[0].Cost != 14 {
			t.Errorf("%s: recorded %+v", trouble, r)
		}
		if spent, open := w.ledger.Spent(); spent != 14 || open != 0 {
			t.Errorf("%s: spent %d, %d holds open", trouble, spent, open)
		}
	}
}

func TestNothingLeavesUnasked(t *testing.T) {
	t.Parallel()
	picture := call("look")
	picture.Messages[0].Images = []llm.Image{{ContentType: "image/png", Data: []byte{1}}}
	private := call("hello")
	private.Private = true
	dear := call("hello")
	dear.Money = 10
	for name, c := range map[string]struct {
		permit llm.Permit
		call   llm.Call
		why    string
	}{
		"never":              {llm.Never, call("hello"), "lets nothing leave"},
		"no choice":          {"", call("hello"), "lets nothing leave"},
		"private":            {llm.Allowed, private, "must not leave"},
		"redacted pictures":  {llm.Redacted, picture, "pictures cannot be redacted"},
		"dearer than it may": {llm.Allowed, dear, "could cost more"},
	} {
		cloud := says("cloud")
		w := build(t, c.permit, nil, cloud)
		_, err := w.Do(w.ctx, c.call)
		if !errs.Is(err, errs.KindForbidden) || !strings.Contains(err.Error(), c.why) || len(cloud.questions()) != 0 {
			t.Errorf("%s: %v, asked %d times", name, err, len(cloud.questions()))
		}
	}
}

// TestUnpricedIsNeverAsked: no budget can be kept without a price.
func TestUnpricedIsNeverAsked(t *testing.T) {
	t.Parallel()
	cloud := says("cloud")
	g := llm.New(llm.Settings{Ledger: &stub.Ledger{Permits: llm.Allowed, Budget: 1 << 40}, Clock: clock.System, Log: slog.New(slog.DiscardHandler),
		Engines: []llm.EngineSettings{{Name: "openai", Engine: cloud, Outside: true, Models: map[llm.Job]string{llm.Email: "new"}, Context: 10_000}}})
	if _, err := g.Do(t.Context(), call("hello")); !errs.Is(err, errs.KindForbidden) || len(cloud.questions()) != 0 {
		t.Errorf("%v", err)
	}
}

func TestRedactedAndPutBack(t *testing.T) {
	t.Parallel()
	var got llm.Ask
	cloud := &engine{do: func(_ context.Context, q llm.Ask, emit func(string) error) (llm.Reply, error) {
		got = q
		text := "Dear " + strings.Fields(q.Messages[0].Text)[1] + ", call " + last(q.Messages[0].Text) + "."
		for _, p := range []string{text[:8], text[8:20], text[20:]} { // tokens are cut anywhere
			if err := emit(p); err != nil {
				return llm.Reply{}, err
			}
		}
		return llm.Reply{Text: text, Calls: []llm.ToolCall{{ID: "1", Name: "mail", Args: json.RawMessage(`{"to":"` + last(q.Messages[0].Text) + `"}`)}}}, nil
	}}
	w := build(t, llm.Redacted, nil, cloud)
	c := call("ask Quillon about the load, his \"line\" is 312-555-0147")
	c.Names = []string{"Quillon"}
	var streamed strings.Builder
	c.Stream = func(s string) error { streamed.WriteString(s); return nil }
	a, err := w.Do(w.ctx, c)
	want := "Dear Quillon, call 312-555-0147."
	if err != nil || a.Text != want || streamed.String() != want || string(a.Calls[0].Args) != `{"to":"312-555-0147"}` {
		t.Errorf("%+v, %v, streamed %q", a, err, streamed.String())
	}
	if text := got.Messages[0].Text; strings.Contains(text, "Quillon") || strings.Contains(text, "0147") {
		t.Errorf("left the premises: %s", text)
	}
	if n := a.Trail[len(a.Trail)-1].Hidden; n != 2 {
		t.Errorf("the trail says %d things were hidden", n)
	}
}

func last(s string) string { f := strings.Fields(s); return f[len(f)-1] }

func TestBuiltinAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		local llm.Engine
		done  bool
		text  string
		by    llm.By
	}{
		"nothing to add":     {says("model"), true, "rules", llm.ByBuiltin},
		"refined":            {says("model"), false, "model", llm.ByLocal},
		"engine fails":       {fails(llm.Broken), false, "rules", llm.ByBuiltin},
		"no engine whatever": {nil, false, "rules", llm.ByBuiltin},
	} {
		w := build(t, llm.Never, c.local, nil)
		q := call("hello")
		q.Builtin = func(context.Context) (string, bool, error) { return "rules", c.done, nil }
		var streamed string
		q.Stream = func(s string) error { streamed += s; return nil }
		a, err := w.Do(w.ctx, q)
		if err != nil || a.Text != c.text || a.By != c.by || streamed != c.text {
			t.Errorf("%s: %+v, %v, streamed %q", name, a, err, streamed)
		}
		w.Close()
		if r := w.ledger.Records(); len(r) != 1 || r[0].By != c.by || r[0].Decision <= 0 {
			t.Errorf("%s: recorded %+v", name, r)
		}
	}
}

func TestAfterTheFirstWordNobodyElseIsAsked(t *testing.T) {
	t.Parallel()
	breaks := &engine{do: func(_ context.Context, _ llm.Ask, emit func(string) error) (llm.Reply, error) {
		if err := emit("The load "); err != nil {
			return llm.Reply{}, err
		}
		return llm.Reply{}, &llm.Failure{Trouble: llm.BrokenOff}
	}}
	cloud := says("cloud")
	w := build(t, llm.Allowed, breaks, cloud)
	c := call("hello")
	var streamed string
	c.Stream = func(s string) error { streamed += s; return nil }
	a, err := w.Do(w.ctx, c)
	if !errs.Is(err, errs.KindUnavailable) || a.Text != "The load " || streamed != "The load " || len(cloud.questions()) != 0 {
		t.Errorf("%+v, %v", a, err)
	}
	c.Stream = nil // nobody has seen a word: the same failure is nobody's loss
	if a, err = w.Do(w.ctx, c); err != nil || a.Text != "cloud" {
		t.Errorf("not streamed: %+v, %v", a, err)
	}
}

func TestAnAnswerMayBeRefused(t *testing.T) {
	t.Parallel()
	w := build(t, llm.Allowed, says(`{"n": 1}`), says(`{"n": 2}`))
	c := call("hello")
	c.Schema = json.RawMessage(`{}`)
	c.Check = func(a llm.Answer) error {
		if strings.Contains(a.Text, "1") {
			return errs.Invalid("one is not on the paper")
		}
		return nil
	}
	a, err := w.Do(w.ctx, c)
	if err != nil || a.Text != `{"n": 2}` || !strings.Contains(a.Trail[0].Why, "one is not on the paper") {
		t.Errorf("%+v, %v", a, err)
	}
	w = build(t, llm.Never, says("no JSON at all"), nil)
	if _, err := w.Do(w.ctx, c); !errs.Is(err, errs.KindUnavailable) || !strings.Contains(err.Error(), "no JSON") {
		t.Errorf("%v", err)
	}
}

func TestTheDeadlineEndsACall(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{}, 1)
	w := build(t, llm.Never, hangs(asked), nil)
	c := call("hello")
	c.Within = 20 * time.Millisecond
	if _, err := w.Do(w.ctx, c); !errs.Is(err, errs.KindUnavailable) || len(asked) != 1 {
		t.Errorf("%v, asked %d times", err, len(asked))
	}
	c.Builtin = func(context.Context) (string, bool, error) { return "rules", false, nil }
	if a, err := w.Do(w.ctx, c); err != nil || a.By != llm.ByBuiltin {
		t.Errorf("with a built-in answer: %+v, %v", a, err)
	}
}

func TestACallerWhoLeavesFreesThePlace(t *testing.T) {
	t.Parallel()
	asked := make(chan struct{})
	w := build(t, llm.Never, hangs(asked), nil)
	for range 3 { // there is one place: each must have got it back
		ctx, cancel := context.WithCancel(w.ctx)
		done := make(chan error)
		go func() {
			_, err := w.Do(ctx, call("hello"))
			done <- err
		}()
		<-asked
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want the caller's own end", err)
		}
	}
	w.Close()
	for _, r := range w.ledger.Records() {
		if r.Outcome != "the caller left" || r.Engine != "ollama" {
			t.Errorf("recorded %+v", r)
		}
	}
}

func TestASilentEngineIsGivenUp(t *testing.T) {
	t.Parallel()
	w := build(t, llm.Allowed, hangs(nil), says("cloud"))
	a, err := w.Do(w.ctx, call("hello")) // patience, not the deadline of 20 s
	if err != nil || a.Text != "cloud" || !a.Trail[0].Sent || !strings.Contains(a.Trail[0].Why, "too long to begin") {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestASmallCallIsSeconded(t *testing.T) {
	t.Parallel()
	left := make(chan struct{})
	slow := &engine{do: func(ctx context.Context, _ llm.Ask, _ func(string) error) (llm.Reply, error) {
		<-ctx.Done()
		close(left)
		return llm.Reply{}, ctx.Err()
	}}
	w := build(t, llm.Allowed, slow, says("cloud"))
	c := call("hello")
	c.Twice = true
	a, err := w.Do(w.ctx, c)
	if err != nil || a.Text != "cloud" {
		t.Fatalf("%+v, %v", a, err)
	}
	<-left // the slower one was told to stop
	if why := a.Trail[len(a.Trail)-1].Why; why != "another engine answered first" {
		t.Errorf("the slower one's trail says %q", why)
	}
}

func TestTheSameQuestionOnce(t *testing.T) {
	t.Parallel()
	e := says("answer")
	w := build(t, llm.Never, e, nil)
	c := call("hello")
	c.Keep = time.Hour
	for i, want := range []llm.By{llm.ByLocal, llm.ByCache} {
		a, err := w.Do(w.ctx, c)
		if err != nil || a.Text != "answer" || a.By != want {
			t.Errorf("call %d: %+v, %v", i, a, err)
		}
		w.Close()
	}
	other := w
	other.ctx = tenant.System(t.Context(), ids.New())
	if a, err := other.Do(other.ctx, c); err != nil || a.By != llm.ByLocal {
		t.Errorf("another company got %+v, %v", a, err)
	}
	c.Prompt = "test/2"
	if a, err := w.Do(w.ctx, c); err != nil || a.By != llm.ByLocal {
		t.Errorf("another prompt got %+v, %v", a, err)
	}
}

// TestManyCallersCannotOverspend has forty at once share a budget for three.
func TestManyCallersCannotOverspend(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	w := build(t, llm.Allowed, nil, &engine{do: func(context.Context, llm.Ask, func(string) error) (llm.Reply, error) {
		<-hold
		return llm.Reply{Text: "x", Usage: llm.Usage{In: 10, Out: 1}}, nil
	}})
	most := llm.Price{In: 1_000_000, Out: 2_000_000}.Of(guess("hello"), 100)
	w.ledger.Budget = 3*most + most/2
	results := make(chan error, 40)
	for range 40 {
		go func() {
			_, err := w.Do(w.ctx, call("hello"))
			results <- err
		}()
	}
	for range 37 { // three hold the money; nobody has answered yet
		if err := <-results; err == nil || !strings.Contains(err.Error(), "budget") {
			t.Errorf("%v, want the budget's refusal", err)
		}
	}
	close(hold)
	for range 3 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	w.Close()
	if spent, open := w.ledger.Spent(); spent != 3*12 || open != 0 {
		t.Errorf("spent %d, %d holds open", spent, open)
	}
}

// guess is the gateway's guess of call(text)'s tokens.
func guess(text string) int { return (len("Be short.")+len(text)+16)/3 + 16 }

func TestWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	local := says("local")
	w := build(t, llm.Never, local, nil)
	c := call(strings.Repeat("word ", 4096))
	if _, err := w.Do(w.ctx, c); err == nil || !strings.Contains(err.Error(), "too long for it") || len(local.questions()) != 0 {
		t.Errorf("%v: a prompt Ollama would cut off was sent", err)
	}
}

func TestFailingEngineIsLeftAlone(t *testing.T) {
	t.Parallel()
	local := fails(llm.Broken)
	w := build(t, llm.Allowed, local, says("cloud"))
	for range 10 {
		if a, err := w.Do(w.ctx, call("hello")); err != nil || a.Text != "cloud" {
			t.Fatalf("%+v, %v", a, err)
		}
	}
	if n := len(local.questions()); n != 3 {
		t.Errorf("an engine that always fails was asked %d times, want 3", n)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	w := build(t, llm.Allowed, fails(llm.Broken), says("out", "side"))
	c := call("hello")
	c.Builtin = func(context.Context) (string, bool, error) { return "rules", false, nil }
	if _, err := w.Do(w.ctx, c); err != nil {
		t.Fatal(err)
	}
	reg := prometheus.NewPedanticRegistry()
	reg.MustRegister(w.Gateway)
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range families {
		for _, m := range f.Metric {
			for _, l := range m.Label {
				if l.GetName() == "engine" || l.GetName() == "by" {
					got[f.GetName()] += l.GetValue() + " "
				}
			}
		}
	}
	want := map[string]string{"truckflow_ai_decision_seconds": "built-in ", "truckflow_ai_first_token_seconds": "openai ", "truckflow_ai_complete_seconds": "openai ",
		"truckflow_ai_calls_total": "overflow ", "truckflow_ai_cost_dollars_total": "openai ", "truckflow_ai_in_hand": "ollama ollama openai openai "}
	if !maps.Equal(got, want) {
		t.Errorf("%v\nwant %v", got, want)
	}
}

// TestTheTrail names engines passed over only where they were preferred.
func TestTheTrail(t *testing.T) {
	t.Parallel()
	w := build(t, llm.Never, says("local"), says("cloud"))
	a, err := w.Do(w.ctx, call("hello"))
	if err != nil || len(a.Trail) != 1 {
		t.Errorf("%+v, %v", a.Trail, err)
	}
	w = build(t, llm.Never, fails(llm.Broken), says("cloud"))
	if a, err = w.Do(w.ctx, call("hello")); err == nil || len(a.Trail) != 2 || !strings.Contains(err.Error(), "lets nothing leave") || !strings.Contains(err.Error(), "ollama: broken") {
		t.Errorf("%+v, %v", a.Trail, err)
	}
}

func TestMicros(t *testing.T) {
	t.Parallel()
	for m, want := range map[llm.Micros]string{0: "$0.0000", 1: "$0.0001", 1234: "$0.0013", 2_500_000: "$2.5000"} {
		if got := fmt.Sprint(m); got != want {
			t.Errorf("%d: %s, want %s", int64(m), got, want)
		}
	}
}
