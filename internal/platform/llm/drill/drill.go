// Package drill makes language models fail on purpose and counts what the gateway
// makes of it: what truckflow ai bench prints, and a test asserts.
//
// The engines are stubs on this machine, one on the premises and one outside; the
// one outside is watched on the wire for what must not leave.
package drill

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/cache/memcache"
	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/llm/anthropicllm"
	"truckflow/internal/platform/llm/ollamallm"
	"truckflow/internal/platform/llm/stub"
)

// Late is how long after its deadline a call may end.
const Late = 50 * time.Millisecond

// Result is what became of a drill's calls. Lost, Late and Leaked must be zero.
type Result struct {
	Name     string        `json:"name"`
	Calls    int           `json:"calls"`
	Answered int           `json:"answered"`
	Local    int           `json:"local"`    // of those, on the premises
	Overflow int           `json:"overflow"` // outside
	Builtin  int           `json:"built_in"`
	Refused  int           `json:"refused"` // with a clear reason
	Lost     int           `json:"lost"`    // neither an answer nor a reason
	Late     int           `json:"late"`    // past the deadline by more than 50 ms
	Leaked   int           `json:"leaked"`  // questions outside with something in them that must not leave
	Outside  int           `json:"outside"` // questions that left
	P50      time.Duration `json:"p50_ns"`
	Worst    time.Duration `json:"worst_ns"`
	Deadline time.Duration `json:"deadline_ns"`
	Reason   string        `json:"reason,omitempty"` // one of the refused calls'
	Wrong    []string      `json:"wrong,omitempty"`  // what the drill expects and did not find
}

// secrets stand in every question; redacted, none may be seen outside.
var secrets = []string{"Jane Doe", "jane.doe@acmebrokers.example", "(312) 555-0147", "MC 123456", "USDOT 7654321", "4400 W Fulton St", "Acme Brokers LLC", "021000021"}

const question = `Attn: Jane Doe, Acme Brokers LLC, MC 123456, USDOT 7654321
4400 W Fulton St, Chicago, IL 60624, phone (312) 555-0147, jane.doe@acmebrokers.example
Routing no. 021000021. What is the load number of LOAD 4711?`

// scene is one drill: two engines, a gateway, and what to ask.
type scene struct {
	name     string
	local    stub.Settings
	mode     stub.Mode
	noLocal  bool // nobody listens
	noCloud  bool
	permit   llm.Permit
	budget   llm.Micros
	calls    int
	side     int // so many at a time
	within   time.Duration
	stream   bool
	builtin  bool
	warm     int // calls before, so that speeds are known
	expected func(r *Result, spent llm.Micros, open int)

	real  llm.Engine // in place of the stub on the premises; nil for that
	model string     // its model
}

var price = llm.Price{In: 1_000_000, Out: 5_000_000} // a dollar and five a million

// budgetCalls is how many calls at their most the drill's budget has room for.
const budgetCalls = 5

// most is what one call of these drills can cost.
var most = price.Of(guessed, 64)

// guessed is the gateway's own guess of the question's tokens.
const guessed = (len(system)+len(question)+16)/3 + 16

const system = "Answer shortly."

func scenes() []scene {
	all := func(by func(*Result) int, name string) func(*Result, llm.Micros, int) {
		return func(r *Result, _ llm.Micros, _ int) {
			if by(r) != r.Calls {
				r.Wrong = append(r.Wrong, "not every answer came from "+name)
			}
		}
	}
	overflow := all(func(r *Result) int { return r.Overflow }, "outside")
	s := []scene{
		{name: "healthy", calls: 40, side: 1, permit: llm.Redacted, expected: all(func(r *Result) int { return r.Local }, "the premises")},
		{name: "engine hangs", mode: stub.Hang, warm: 3, calls: 40, side: 4, permit: llm.Redacted, expected: overflow},
		{name: "engine slow", local: stub.Settings{First: 60 * time.Millisecond}, mode: stub.Slow, warm: 3, calls: 40, side: 4, permit: llm.Redacted, expected: overflow},
		{name: "connection refused", noLocal: true, calls: 40, side: 4, permit: llm.Redacted, expected: overflow},
		{name: "40 at once, served one at a time", local: stub.Settings{Slots: 1, First: 20 * time.Millisecond, Each: 10 * time.Millisecond, Words: 9}, warm: 3, calls: 40, side: 40, within: time.Second,
			permit: llm.Redacted, expected: func(r *Result, _ llm.Micros, _ int) {
				if r.Answered != r.Calls || r.Local == 0 || r.Overflow == 0 {
					r.Wrong = append(r.Wrong, "some on the premises and the rest outside was expected")
				}
			}},
		{name: "the same, nothing may leave", local: stub.Settings{Slots: 1, First: 20 * time.Millisecond, Each: 10 * time.Millisecond, Words: 9}, warm: 3, calls: 40, side: 40, within: time.Second,
			permit: llm.Never, expected: func(r *Result, _ llm.Micros, _ int) {
				if r.Local == 0 || r.Outside > 0 {
					r.Wrong = append(r.Wrong, "answers on the premises alone were expected")
				}
			}},
	}
	for _, m := range []stub.Mode{stub.Limit, stub.Loading, stub.Broken, stub.Malformed, stub.Half} {
		s = append(s, scene{name: map[stub.Mode]string{stub.Limit: "429", stub.Loading: "503", stub.Broken: "500", stub.Malformed: "malformed answers", stub.Half: "half-streamed answers"}[m],
			mode: m, calls: 40, side: 4, permit: llm.Redacted, expected: overflow})
	}
	return append(s,
		scene{name: "half-streamed to a reader", mode: stub.Half, local: stub.Settings{Words: 9}, calls: 2, side: 1, stream: true, permit: llm.Redacted, expected: func(r *Result, _ llm.Micros, _ int) {
			if r.Refused != r.Calls || r.Outside > 0 {
				r.Wrong = append(r.Wrong, "after the first word another engine was asked")
			}
		}},
		scene{name: "budget exhausted", noLocal: true, calls: 40, side: 40, permit: llm.Redacted, budget: budgetCalls * most, expected: func(r *Result, spent llm.Micros, open int) {
			if r.Answered == 0 || spent > budgetCalls*most || open > 0 {
				r.Wrong = append(r.Wrong, fmt.Sprintf("%s spent of %s, %d holds open", spent, budgetCalls*most, open))
			}
		}},
		scene{name: "cloud forbidden", noLocal: true, calls: 40, side: 4, permit: llm.Never, expected: func(r *Result, _ llm.Micros, _ int) {
			if r.Refused != r.Calls || r.Outside > 0 {
				r.Wrong = append(r.Wrong, "something left")
			}
		}},
		scene{name: "no network, cold start", noLocal: true, noCloud: true, builtin: true, calls: 40, side: 4, permit: llm.Allowed,
			expected: all(func(r *Result) int { return r.Builtin }, "the built-in engine")},
		scene{name: "no network, nothing built in", noLocal: true, noCloud: true, calls: 40, side: 4, permit: llm.Allowed, expected: func(r *Result, _ llm.Micros, _ int) {
			if r.Refused != r.Calls {
				r.Wrong = append(r.Wrong, "a reason was expected for each")
			}
		}},
	)
}

// Run goes through every drill.
func Run(ctx context.Context) (out []Result, err error) {
	for _, s := range scenes() {
		r, err := s.run(ctx)
		if err != nil {
			return out, err
		}
		out = append(out, r)
	}
	return out, nil
}

// Crowd runs the drills that only crowd the engine on the premises, with a real one
// that serves one answer at a time, and each call's answer of a schema.
func Crowd(ctx context.Context, e llm.Engine, model string, within time.Duration) (out []Result, err error) {
	for _, s := range []scene{
		{name: "one after the other", calls: 40, side: 1, permit: llm.Redacted, within: 10 * within},
		{name: "40 at once, served one at a time", calls: 40, side: 40, permit: llm.Redacted, within: within},
		{name: "the same, nothing may leave", calls: 40, side: 40, permit: llm.Never, within: within},
	} {
		s.real, s.model, s.warm, s.expected = e, model, 3, func(*Result, llm.Micros, int) {}
		r, err := s.run(ctx)
		if err != nil {
			return out, err
		}
		out = append(out, r)
	}
	return out, nil
}

// nowhere is an address that nobody listens on.
func nowhere() (string, error) {
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return "http://" + ln.Addr().String(), nil
}

func (s scene) run(ctx context.Context) (Result, error) {
	if s.within == 0 {
		s.within = 2 * time.Second
	}
	if s.budget == 0 {
		s.budget = 1_000_000_000
	}
	s.local.Models = []string{"local"}
	local, err := stub.Start(s.local)
	if err != nil {
		return Result{}, err
	}
	defer local.Close()
	cloud, err := stub.Start(stub.Settings{Models: []string{"cloud"}, First: 20 * time.Millisecond, Words: 9})
	if err != nil {
		return Result{}, err
	}
	defer cloud.Close()
	localURL, cloudURL := local.URL, cloud.URL
	if s.noLocal {
		if localURL, err = nowhere(); err != nil {
			return Result{}, err
		}
	}
	if s.noCloud {
		if cloudURL, err = nowhere(); err != nil {
			return Result{}, err
		}
	}
	ledger := &stub.Ledger{Permits: s.permit, Budget: s.budget}
	here, model := llm.Engine(ollamallm.New(ollamallm.Settings{URL: localURL, Inside: true, Context: 8192})), "local"
	if s.real != nil {
		here, model = s.real, s.model
	}
	g := Gateway(ledger, here, model, 1,
		anthropicllm.New(anthropicllm.Settings{URL: cloudURL, Key: "k", Inside: true}), "cloud")
	ctx = tenant.System(ctx, ids.New())
	for range s.warm {
		if _, err := g.Do(ctx, s.call()); err != nil {
			return Result{}, errs.Internal(err, "the drill %q could not begin", s.name)
		}
	}
	local.Become(cmp.Or(s.mode, stub.Well))
	r := s.ask(ctx, g)
	g.Close()
	for _, q := range cloud.Seen() {
		r.Outside++
		if s.permit == llm.Never || s.permit == llm.Redacted && slices.ContainsFunc(secrets, func(x string) bool { return strings.Contains(q.Body, x) }) {
			r.Leaked++
		}
	}
	spent, open := ledger.Spent()
	s.expected(&r, spent, open)
	if n := len(ledger.Records()); n != s.warm+s.calls {
		r.Wrong = append(r.Wrong, fmt.Sprintf("%d of %d calls were recorded", n, s.warm+s.calls))
	}
	return r, nil
}

// Gateway is a gateway to one engine on the premises that serves so many slots,
// and one outside.
func Gateway(ledger llm.Ledger, local llm.Engine, localModel string, slots int, cloud llm.Engine, cloudModel string) *llm.Gateway {
	models := func(m string) map[llm.Job]string {
		return map[llm.Job]string{llm.Documents: m, llm.Copilot: m, llm.Email: m}
	}
	return llm.New(llm.Settings{Ledger: ledger, Cache: memcache.New(memcache.Settings{}, clock.System), Clock: clock.System, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Engines: []llm.EngineSettings{
			{Name: "ollama", Engine: local, Models: models(localModel), Slots: slots, Context: 8192},
			{Name: "anthropic", Engine: cloud, Outside: true, Models: models(cloudModel), Slots: 64, Context: 100_000, Prices: map[string]llm.Price{cloudModel: price}},
		}})
}

func (s scene) call() llm.Call {
	c := llm.Call{Job: llm.Documents, Prompt: "drill/1", System: system, MaxTokens: 64, Within: s.within,
		Messages: []llm.Message{{Role: llm.User, Text: question}}}
	if s.real != nil {
		c.Schema = json.RawMessage(`{"type":"object","properties":{"kind":{"type":"string","enum":["van","reefer","flatbed"]},"found":{"type":"boolean"}},"required":["kind","found"],"additionalProperties":false}`)
	}
	if s.stream {
		c.Stream = func(string) error { return nil }
	}
	if s.builtin {
		c.Builtin = func(context.Context) (string, bool, error) { return "4711", false, nil }
	}
	return c
}

// ask makes the calls, side by side, and judges each.
func (s scene) ask(ctx context.Context, g *llm.Gateway) Result {
	r := Result{Name: s.name, Calls: s.calls, Deadline: s.within}
	var mu sync.Mutex
	var took []time.Duration
	places := make(chan struct{}, s.side)
	var wg sync.WaitGroup
	for range s.calls {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			began := time.Now()
			a, err := g.Do(ctx, s.call())
			d := time.Since(began)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, d)
			r.judge(a, err, d > s.within+Late)
		})
	}
	wg.Wait()
	slices.Sort(took)
	r.P50, r.Worst = took[len(took)/2], took[len(took)-1]
	return r
}

// String is a result on one line.
func (r Result) String() string {
	return fmt.Sprintf("%s: %d calls, %d answered (%d local, %d overflow, %d built in), %d refused, %d lost, %d late, %d leaked, p50 %s, worst %s of %s", r.Name, r.Calls, r.Answered, r.Local, r.Overflow, r.Builtin,
		r.Refused, r.Lost, r.Late, r.Leaked, r.P50.Round(100*time.Microsecond), r.Worst.Round(100*time.Microsecond), r.Deadline)
}

func (r *Result) judge(a llm.Answer, err error, late bool) {
	if late {
		r.Late++
	}
	var reason *errs.Error
	switch {
	case err == nil && a.Text != "":
		r.Answered++
		switch a.By {
		case llm.ByLocal:
			r.Local++
		case llm.ByOverflow:
			r.Overflow++
		case llm.ByBuiltin:
			r.Builtin++
		}
	case errors.As(err, &reason) && reason.Message != "" && reason.Kind != errs.KindInternal:
		r.Refused++
		r.Reason = reason.Message
	default:
		r.Lost++
	}
}
