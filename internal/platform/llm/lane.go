package llm

import (
	"slices"
	"sync"
	"time"
)

// lane is one engine's queue: what it has in hand and who waits. Places are the
// engine's, not a model's: its models share one processor.
type lane struct {
	s EngineSettings

	mu      sync.Mutex
	running map[*work]struct{}
	waiting []*work
	models  map[string]*model
}

// work is a call in hand or waiting.
type work struct {
	cost    time.Duration // predicted, from sending to the end
	started time.Time     // zero while it waits
	turn    chan struct{} // closed when its turn has come
}

// model is what the gateway has learned about one model of an engine.
type model struct {
	mu      sync.Mutex
	breaker breaker
	can     Can
	down    time.Time // not asked before
	downWhy string
	base    ewma // seconds before the first token that do not grow with the prompt
	prefill ewma // prompt tokens a second
	decode  ewma // answer tokens a second
	out     map[Job]*ewma
	learned time.Time // when an answer was last measured
	found   string    // see State.Probe
}

// ewma is a running mean that forgets: the newest measure weighs three tenths.
// Until there is one it is its prior.
type ewma struct {
	v    float64
	seen bool
}

func (e *ewma) add(x float64) {
	if x <= 0 {
		return
	}
	if !e.seen {
		e.v, e.seen = x, true
		return
	}
	e.v += 0.3 * (x - e.v)
}

// What is assumed of an engine before it was measured: a small model on a modest
// graphics card, and an ordinary service outside.
var priors = map[bool]struct{ base, prefill, decode float64 }{
	false: {0.05, 800, 30},
	true:  {0.8, 20_000, 60},
}

const (
	priorOut     = 200              // tokens of an answer, where none was seen
	stale        = 30 * time.Second // after a last measure of an engine
	busyFor      = 2 * time.Second  // after "busy" without a time
	busyAtMost   = time.Minute
	misconfigFor = time.Minute // a refused key, a missing model
	busyWhy      = "asked us to wait"
)

func newLane(s EngineSettings) *lane {
	l := &lane{s: s, running: map[*work]struct{}{}, models: map[string]*model{}}
	for _, name := range s.Models {
		l.model(name)
	}
	return l
}

func (l *lane) model(name string) *model {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.models[name]
	if m == nil {
		p := priors[l.s.Outside]
		m = &model{base: ewma{v: p.base}, prefill: ewma{v: p.prefill}, decode: ewma{v: p.decode}, out: map[Job]*ewma{}, found: "-",
			can: Can{JSON: true, Tools: true, Vision: l.s.Outside}}
		l.models[name] = m
	}
	return m
}

// serve is how long a call takes once it has a place: to its first token, and in
// all. known is false where that is a guess: nothing was measured, or so long ago
// that the engine deserves another try.
func (m *model) serve(now time.Time, job Job, in, most int) (first, total time.Duration, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := float64(priorOut)
	if e := m.out[job]; e != nil {
		out = e.v
	}
	f := m.base.v + float64(in)/m.prefill.v
	return seconds(f), seconds(f + min(out, float64(most))/m.decode.v), now.Sub(m.learned) < stale
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// learn takes the measures of a complete answer.
func (m *model) learn(job Job, outside bool, in int, first, total time.Duration, u Usage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.learned = time.Now()
	if u.In > 0 {
		in = u.In
	}
	switch {
	case u.Prefill > 0:
		m.prefill.add(float64(in) / u.Prefill.Seconds())
		m.base.add(max(0.001, (first - u.Prefill - u.Load).Seconds()))
	case outside: // its processors are many: the way there and back is what counts
		m.base.add(first.Seconds())
	default:
		m.prefill.add(float64(in) / max(0.001, first.Seconds()))
		m.base.v = 0
	}
	if u.Out > 0 {
		if m.out[job] == nil {
			m.out[job] = &ewma{}
		}
		m.out[job].add(float64(u.Out))
	}
	if d := total - first; u.Decode > 0 {
		m.decode.add(float64(u.Out) / u.Decode.Seconds())
	} else if u.Out > 1 && d > 0 {
		m.decode.add(float64(u.Out) / d.Seconds())
	}
}

// predict says how long a call that came now would wait for a place: what is in
// hand is laid, in order, on the places the engine has. A call that has overrun
// its time is expected to take half as long again. l.mu is held.
func (l *lane) predict(now time.Time) time.Duration {
	free := make([]time.Duration, 0, l.s.Slots)
	for w := range l.running {
		gone := now.Sub(w.started)
		free = append(free, max(w.cost-gone, gone/2))
	}
	for len(free) < l.s.Slots {
		free = append(free, 0)
	}
	for _, w := range l.waiting {
		free[earliest(free)] += w.cost
	}
	return free[earliest(free)]
}

func earliest(ds []time.Duration) (at int) {
	for i, d := range ds {
		if d < ds[at] {
			at = i
		}
	}
	return at
}

// join takes a place in the queue, first come first served, if its turn is
// predicted to come within most; w is nil when it is not. Predicting and joining
// are one step: of many callers at once each sees those before it. gone gives
// the place back.
func (l *lane) join(now time.Time, cost, most time.Duration) (w *work, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if wait = l.predict(now); wait > most {
		return nil, wait
	}
	w = &work{cost: cost, turn: make(chan struct{})}
	l.waiting = append(l.waiting, w)
	l.admit()
	return w, wait
}

// admit gives free places to those who wait; l.mu is held.
func (l *lane) admit() {
	for len(l.running) < l.s.Slots && len(l.waiting) > 0 {
		w := l.waiting[0]
		l.waiting = l.waiting[1:]
		w.started = time.Now()
		l.running[w] = struct{}{}
		close(w.turn)
	}
}

// gone takes w out, wherever it stands.
func (l *lane) gone(w *work) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, w)
	l.waiting = slices.DeleteFunc(l.waiting, func(x *work) bool { return x == w })
	l.admit()
}

// inHand counts calls at the engine and calls that wait for it.
func (l *lane) inHand() (running, waiting int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.running), len(l.waiting)
}

// rests says why a model is not to be asked now, "" when it may be.
func (m *model) rests(now time.Time) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Before(m.down) {
		return m.downWhy
	}
	if !m.breaker.would(now) {
		return "failed too often just now"
	}
	return ""
}

// take is asked right before a call is sent; ended must follow.
func (m *model) take(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.breaker.take(now)
}

// ended tells how a sent call went; known is false where that says nothing
// about the engine: its caller left, or it was the question's fault.
func (m *model) ended(now time.Time, ok, known bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.breaker.ended(now, ok, known)
}

func (m *model) rest(now time.Time, d time.Duration, why string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t := now.Add(d); t.After(m.down) {
		m.down, m.downWhy = t, why
	}
}

// back notes what a model that is there can do; what was wrong with its key or
// name is so no more.
func (m *model) back(c Can) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.can = c
	if m.downWhy != busyWhy {
		m.down = time.Time{}
	}
}

func (m *model) knows() Can {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.can
}
