package llm

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"truckflow/internal/kit/ids"
	"truckflow/internal/platform/llm/redact"
)

// event is what an attempt tells its race.
type event struct {
	from  *attempt
	kind  kind
	at    time.Time
	text  string
	reply Reply
	err   error
}

type kind int

const (
	sent kind = iota
	piece
	ended
)

// attempt is a call at one engine, in a goroutine of its own.
type attempt struct {
	*race
	cd     *candidate
	w      *work
	ask    Ask
	joined time.Time
	cancel context.CancelFunc

	// as the race was told
	sent, first time.Time

	mu     sync.Mutex // over what both sides need when it is given up
	pieces int        // of the answer that came: its tokens, nearly
	asked  bool       // money counts from here
	fate   *fate
}

// fate is how an attempt was given up.
type fate struct {
	slow bool
	cost Micros
}

// run waits for a place, asks, and tells the race; it settles the money and
// teaches the lane whatever becomes of the race.
func (a *attempt) run(ctx context.Context) {
	defer a.cancel()
	defer a.cd.l.gone(a.w)
	select {
	case <-a.w.turn:
	case <-ctx.Done():
		return
	}
	l, m := a.cd.l, a.cd.m
	if left := time.Until(a.deadline); left < a.cd.first/2 {
		a.tell(ctx, event{kind: ended, err: &Failure{Trouble: Busy, Detail: "its turn came too late"}})
		return
	}
	if !m.take(time.Now()) {
		a.tell(ctx, event{kind: ended, err: &Failure{Trouble: Busy, Detail: "failed too often just now"}})
		return
	}
	var hold ids.ID
	if a.cd.outside {
		var err error
		if hold, err = a.g.s.Ledger.Hold(ctx, a.most(a.cd)); err != nil {
			m.ended(time.Now(), false, false)
			a.tell(ctx, event{kind: ended, err: err})
			return
		}
	}
	began := time.Now()
	a.mu.Lock()
	a.asked = true
	a.mu.Unlock()
	a.tell(ctx, event{kind: sent, at: began})
	var first time.Time
	reply, err := l.s.Engine.Ask(ctx, a.ask, func(text string) error {
		a.mu.Lock()
		a.pieces++
		a.mu.Unlock()
		if first.IsZero() {
			first = time.Now()
		} else if a.c.Stream == nil {
			return ctx.Err()
		}
		a.tell(ctx, event{kind: piece, at: first, text: text})
		return ctx.Err()
	})
	end := time.Now()
	if err == nil {
		if first.IsZero() {
			first = end
		}
		m.learn(a.c.Job, l.s.Outside, a.in, first.Sub(began), end.Sub(began), reply.Usage)
	}
	a.judge(err, end)
	if !hold.IsZero() {
		spent := a.spent(reply, err)
		a.g.later(ctx, "money for a language model not settled", func(ctx context.Context) error { return a.g.s.Ledger.Settle(ctx, hold, spent) })
	}
	a.tell(ctx, event{kind: ended, at: end, reply: reply, err: err})
}

// tell waits until the race has heard, or does not want to any more.
func (a *attempt) tell(ctx context.Context, e event) {
	e.from = a
	select {
	case a.events <- e:
	case <-ctx.Done():
	}
}

// judge lets the model's breaker know how it went.
func (a *attempt) judge(err error, now time.Time) {
	m := a.cd.m
	a.mu.Lock()
	slow := a.fate != nil && a.fate.slow
	a.mu.Unlock()
	var f *Failure
	switch {
	case err == nil:
		m.ended(now, true, true)
	case slow:
		m.ended(now, false, true)
	case !errors.As(err, &f):
		m.ended(now, false, false) // the caller left, or another answered first
	case f.Trouble == Busy:
		d := f.After
		if d <= 0 {
			d = busyFor
		}
		m.rest(now, min(d, busyAtMost), busyWhy)
		m.ended(now, false, false)
	case f.Trouble == NoKey:
		m.rest(now, misconfigFor, "refuses our key")
		m.ended(now, false, false)
	case f.Trouble == Missing:
		m.rest(now, misconfigFor, "has no such model")
		m.ended(now, false, false)
	case f.Trouble == Rejected, f.Trouble == CutOff:
		m.ended(now, false, false)
	default:
		m.ended(now, false, true)
	}
}

// spent is what an attempt cost: by the engine's count where the answer is
// whole; by ours where it was given up or broke off, because what was read and
// written until then is charged; nothing where it was turned away.
func (a *attempt) spent(reply Reply, err error) Micros {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case err == nil && (reply.Usage.In > 0 || reply.Usage.Out > 0):
		return a.price(reply.Usage.In, reply.Usage.Out)
	case a.fate != nil:
		return a.fate.cost
	}
	var f *Failure
	if errors.As(err, &f) && a.pieces == 0 {
		return 0
	}
	return a.price(a.in, a.pieces)
}

func (a *attempt) price(in, out int) Micros {
	if !a.cd.outside {
		return 0
	}
	return a.cd.l.s.Prices[a.cd.name].Of(in, out)
}

// giveUp stops an attempt and returns its line in the trail.
func (a *attempt) giveUp(why string, slow bool) Attempt {
	t := a.entry()
	a.mu.Lock()
	a.fate = &fate{slow: slow}
	if a.asked {
		a.fate.cost = a.price(a.in, a.pieces)
	}
	t.Why, t.Cost, t.Usage.Out = why, a.fate.cost, a.pieces
	a.mu.Unlock()
	a.cancel()
	return t
}

// entry is an attempt's line in the trail, its reason to be filled in.
func (a *attempt) entry() Attempt {
	now := time.Now()
	t := Attempt{Engine: a.cd.l.s.Name, Model: a.cd.name, Sent: !a.sent.IsZero()}
	if a.hides != nil && a.cd.outside && a.permit == Redacted {
		t.Hidden = a.hides.Hidden()
	}
	if a.sent.IsZero() {
		t.Queue = now.Sub(a.joined)
		return t
	}
	t.Queue, t.Total = a.sent.Sub(a.joined), now.Sub(a.sent)
	if !a.first.IsZero() {
		t.First = a.first.Sub(a.sent)
	}
	return t
}

// answer is a reply as the caller gets it: what was hidden is put back.
func (x *race) answer(t *attempt, reply Reply) Answer {
	a := Answer{Text: reply.Text, Calls: reply.Calls, By: by(t.cd), Engine: t.cd.l.s.Name, Model: t.cd.name, Usage: reply.Usage, Cost: t.spent(reply, nil)}
	if !x.hiding(t.cd) {
		return a
	}
	a.Text = x.hides.Show(a.Text)
	if len(x.c.Schema) > 0 {
		a.Text = x.hides.ShowJSON(reply.Text, jsonText)
	}
	a.Calls = nil
	for _, c := range reply.Calls {
		c.Args = json.RawMessage(x.hides.ShowJSON(string(c.Args), jsonText))
		a.Calls = append(a.Calls, c)
	}
	return a
}

func (r *run) hiding(cd *candidate) bool { return cd.outside && r.permit != Allowed }

// jsonText is a text as it stands between the quotes of a JSON string.
func jsonText(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	return string(b[1 : len(b)-1])
}

// hide makes the question as it may leave.
func (r *run) hide(q Ask) {
	m := redact.New(r.c.Names)
	q.System = m.Hide(q.System)
	q.Messages = make([]Message, len(r.c.Messages))
	for i, msg := range r.c.Messages {
		msg.Text, msg.Images = m.Hide(msg.Text), nil
		msg.Calls = nil
		for _, c := range r.c.Messages[i].Calls {
			c.Args = json.RawMessage(hideJSON(m, c.Args))
			msg.Calls = append(msg.Calls, c)
		}
		q.Messages[i] = msg
	}
	r.hides, r.hidden = m, q
}

// hideJSON hides within the strings of a JSON text, so that it stays one.
func hideJSON(m *redact.Map, b []byte) string {
	var v any
	if json.Unmarshal(b, &v) != nil {
		return `{}`
	}
	out, err := json.Marshal(hideValue(m, v))
	if err != nil {
		return `{}`
	}
	return string(out)
}

func hideValue(m *redact.Map, v any) any {
	switch v := v.(type) {
	case string:
		return m.Hide(v)
	case []any:
		for i := range v {
			v[i] = hideValue(m, v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = hideValue(m, v[k])
		}
	}
	return v
}

// pieces puts back what was hidden while an answer streams.
func (x *race) pieces(cd *candidate) (next func(string) string, rest func() string) {
	if !x.hiding(cd) {
		return func(s string) string { return s }, func() string { return "" }
	}
	p := x.hides.Pieces()
	return p.Next, p.Rest
}
