package llm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/cache"
	"truckflow/internal/platform/llm/redact"
)

// Settings are what New needs.
type Settings struct {
	Engines []EngineSettings // in the order they are preferred; none is in order
	Ledger  Ledger
	Cache   cache.Cache
	Clock   clock.Clock // dates records; what is measured is measured by the monotonic clock
	Log     *slog.Logger
}

// Gateway is safe for concurrent use.
type Gateway struct {
	s       Settings
	lanes   []*lane
	metrics *metrics
	after   sync.WaitGroup // records and settlements under way
}

// New returns a gateway; it asks nothing of the engines yet.
func New(s Settings) *Gateway {
	g := &Gateway{s: s, metrics: newMetrics()}
	for _, e := range s.Engines {
		e.Slots = max(1, e.Slots)
		g.lanes = append(g.lanes, newLane(e))
	}
	return g
}

// Has reports whether any engine is configured for a job.
func (g *Gateway) Has(job Job) bool {
	for _, l := range g.lanes {
		if l.s.Models[job] != "" {
			return true
		}
	}
	return false
}

// Sees reports whether a model for a job is known to look at pictures.
func (g *Gateway) Sees(job Job) bool {
	for _, l := range g.lanes {
		if name := l.s.Models[job]; name != "" && l.model(name).knows().Vision {
			return true
		}
	}
	return false
}

// Close waits until everything that was answered is also recorded.
func (g *Gateway) Close() { g.after.Wait() }

// bookkeeping is how long recording and settling may take after the answer.
const bookkeeping = 5 * time.Second

// later does what must be done after the answer, without holding it up.
func (g *Gateway) later(ctx context.Context, what string, do func(ctx context.Context) error) {
	g.after.Go(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bookkeeping)
		defer cancel()
		if err := do(ctx); err != nil {
			g.s.Log.ErrorContext(ctx, what, "error", err)
		}
	})
}

// Do answers a call by its deadline, or says why not: errs.KindUnavailable when
// no engine could, errs.KindForbidden when none was asked and the company's rules
// are among the reasons, and ctx's error when the caller left. With
// a streamed call that broke off, Answer holds what had come.
func (g *Gateway) Do(ctx context.Context, c Call) (Answer, error) {
	if err := c.complete(); err != nil {
		return Answer{}, err
	}
	r := &run{g: g, c: &c, began: time.Now(), at: g.s.Clock.Now(), in: guess(&c)}
	r.deadline = r.began.Add(c.Within)
	within, cancel := context.WithDeadlineCause(ctx, r.deadline, errLate)
	defer cancel()
	if d, ok := within.Deadline(); ok && d.Before(r.deadline) {
		r.deadline = d
	}
	a, err := r.do(within)
	r.trail = r.whole(a)
	a.Trail = r.trail
	g.record(ctx, r, a, err)
	return a, err
}

var errLate = errors.New("the time was over")

func (c *Call) complete() error {
	if c.Job == "" || c.Prompt == "" || len(c.Messages) == 0 {
		return errs.Internal(nil, "a call to a language model needs a job, the prompt's version and a message")
	}
	if c.Within == 0 {
		c.Within = Defaults[c.Job]
	}
	if c.Within <= 0 {
		return errs.Internal(nil, "a call to a language model needs a time")
	}
	if c.MaxTokens == 0 {
		c.MaxTokens = maxTokens
	}
	if c.FirstToken == 0 || c.Stream == nil {
		c.FirstToken = c.Within
	}
	return nil
}

// run is one call on its way.
type run struct {
	g        *Gateway
	c        *Call
	at       time.Time
	began    time.Time
	deadline time.Time
	in       int // tokens of the prompt, guessed
	permit   Permit
	hides    *redact.Map // made when the first engine outside is asked
	hidden   Ask         // the question with everything replaced

	trail    []Attempt
	passed   []passed // engines that may not be asked
	decision time.Duration
	firstAt  time.Duration // from the call to the first token of the answer
	refused  bool          // a rule kept some engine from being asked
	started  bool          // some engine was asked
}

func (r *run) do(ctx context.Context) (Answer, error) {
	fallback, done, err := r.builtin(ctx)
	if done || err != nil {
		return fallback, err
	}
	key := r.key(ctx)
	if a, ok := r.known(ctx, key); ok {
		return a, r.say(a.Text)
	}
	if r.permit, err = r.g.s.Ledger.Permit(ctx, r.c.Job); err != nil {
		r.g.s.Log.WarnContext(ctx, "what may leave is not known, so nothing may", "error", err)
		r.permit = Never
	}
	a, err := r.race(ctx)
	switch {
	case err == nil:
		r.keep(ctx, key, a)
		return a, nil
	case a.Engine != "": // a stream that broke off
		return a, err
	case fallback.By == ByBuiltin && !errors.Is(err, context.Canceled):
		return fallback, r.say(fallback.Text)
	}
	return a, err
}

// passed is an engine that was not thought of, and where it stands in the order.
type passed struct {
	at int
	Attempt
}

// whole is the trail with the engines that were passed over before the one that
// answered; with all of them when none did.
func (r *run) whole(a Answer) (out []Attempt) {
	at := len(r.g.lanes)
	for i, l := range r.g.lanes {
		if l.s.Name == a.Engine {
			at = i
		}
	}
	rest := r.trail
	if len(rest) > 0 && rest[0].Engine == string(ByBuiltin) {
		out, rest = append(out, rest[0]), rest[1:]
	}
	for _, p := range r.passed {
		if p.at < at {
			out = append(out, p.Attempt)
		}
	}
	return append(out, rest...)
}

// builtin makes the answer of rules first, where there is one.
func (r *run) builtin(ctx context.Context) (a Answer, done bool, err error) {
	if r.c.Builtin == nil {
		return a, false, nil
	}
	text, done, err := r.c.Builtin(ctx)
	r.decision = time.Since(r.began)
	t := Attempt{Engine: string(ByBuiltin), Total: r.decision, Why: "kept in case no engine answers"}
	switch {
	case err != nil && ctx.Err() != nil:
		return a, false, gone(ctx)
	case err != nil:
		r.g.s.Log.WarnContext(ctx, "built-in answer", "job", r.c.Job, "error", err)
		t.Why = "had no answer"
		r.decision = 0
		done = false
	default:
		a = Answer{Text: text, By: ByBuiltin, Engine: string(ByBuiltin)}
	}
	if done {
		t.Why = answered
		r.firstAt = r.decision
	}
	r.trail = append(r.trail, t)
	if done {
		return a, true, r.say(text)
	}
	return a, false, nil
}

// say hands a text to the stream that is complete already.
func (r *run) say(text string) error {
	if r.firstAt == 0 {
		r.firstAt = time.Since(r.began)
	}
	if r.c.Stream == nil || text == "" {
		return nil
	}
	return r.c.Stream(text)
}

// key names everything an answer depends on; "" when it is not to be kept. The
// company leads it: what one asked is never another's answer.
func (r *run) key(ctx context.Context) string {
	a, ok := tenant.From(ctx)
	if r.c.Keep == 0 || !ok {
		return ""
	}
	h := sha256.New()
	if err := json.NewEncoder(h).Encode([]any{r.c.Job, r.c.Prompt, r.c.System, r.c.Messages, r.c.Schema, r.c.Tools, r.c.MaxTokens}); err != nil {
		return ""
	}
	return "llm:" + a.Org.String() + ":" + hex.EncodeToString(h.Sum(nil))
}

func (r *run) known(ctx context.Context, key string) (a Answer, ok bool) {
	if key == "" {
		return a, false
	}
	b, ok, err := r.g.s.Cache.Get(ctx, key)
	if err != nil || !ok || json.Unmarshal(b, &a) != nil {
		return a, false
	}
	if r.c.Check != nil && r.c.Check(a) != nil {
		return a, false
	}
	r.trail = append(r.trail, Attempt{Engine: a.Engine, Model: a.Model, Why: "answered the same question before"})
	a.By, a.Cost, a.Usage = ByCache, 0, Usage{}
	return a, true
}

func (r *run) keep(ctx context.Context, key string, a Answer) {
	if key == "" {
		return
	}
	if b, err := json.Marshal(a); err == nil {
		r.g.later(ctx, "answer not kept", func(ctx context.Context) error { return r.g.s.Cache.Set(ctx, key, b, r.c.Keep) })
	}
}

// gone is the error of a ctx that has ended: the caller's own when it left.
func gone(ctx context.Context) error {
	if errors.Is(context.Cause(ctx), errLate) || errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errs.Unavailable("no answer came in time").Wrap(ctx.Err())
	}
	return ctx.Err()
}

// Answered records what rules answered without the gateway, in took: the decision
// that the promise of 200 ms is about. prompt says what answered, as Call.Prompt does.
func (g *Gateway) Answered(ctx context.Context, job Job, prompt string, took time.Duration) {
	trail := []Attempt{{Engine: string(ByBuiltin), Why: answered, Total: took}}
	rec := Record{ID: ids.New(), At: g.s.Clock.Now(), Job: job, Prompt: prompt, By: ByBuiltin, Engine: string(ByBuiltin), Outcome: answered, Decision: took, First: took, Total: took, Trail: trail}
	g.metrics.observe(rec)
	g.later(ctx, "an answer of rules not recorded", func(ctx context.Context) error { return g.s.Ledger.Record(ctx, rec) })
}

func (g *Gateway) record(ctx context.Context, r *run, a Answer, err error) {
	rec := Record{ID: ids.New(), At: r.at, Job: r.c.Job, Prompt: r.c.Prompt, By: a.By, Engine: a.Engine, Model: a.Model, Outcome: answered,
		Decision: r.decision, First: r.firstAt, Total: time.Since(r.began), Trail: r.trail}
	if err != nil {
		rec.By, rec.Outcome = "", errs.Public(err).Message
		if errors.Is(err, context.Canceled) {
			rec.Outcome = "the caller left"
		}
	}
	for _, t := range r.trail {
		if t.Why == answered {
			rec.Queue, rec.In, rec.Out = t.Queue, t.Usage.In, t.Usage.Out
		} else if t.Engine != string(ByBuiltin) && a.By != ByCache && rec.Why == "" {
			rec.Why = t.Engine + ": " + t.Why
		}
		rec.Cost += t.Cost
		if err != nil && t.Sent {
			rec.Engine, rec.Model = t.Engine, t.Model
		}
	}
	g.metrics.observe(rec)
	g.later(ctx, "call to a language model not recorded", func(ctx context.Context) error { return g.s.Ledger.Record(ctx, rec) })
}
