package llm

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	watchEvery = 5 * time.Minute
	probeFor   = 5 * time.Second
	warmFor    = 5 * time.Minute // a large model is read from a slow disk
)

// Watch asks each engine what its models can do, and keeps those on the premises
// loaded, now and every five minutes until ctx ends. Nothing waits for it: an
// engine that cannot be reached is found again by itself.
func (g *Gateway) Watch(ctx context.Context) {
	t := time.NewTicker(watchEvery)
	defer t.Stop()
	for {
		g.Probe(ctx)
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
	}
}

// Probe asks each engine what its models can do, once.
func (g *Gateway) Probe(ctx context.Context) {
	var all sync.WaitGroup
	for _, l := range g.lanes {
		all.Go(func() { l.look(ctx) })
	}
	all.Wait()
}

// names are the models an engine is configured for.
func (l *lane) names() (out []string) {
	for _, j := range Jobs {
		if m := l.s.Models[j]; m != "" && !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

// look probes an engine's models and loads them.
func (l *lane) look(ctx context.Context) {
	for _, name := range l.names() {
		m := l.model(name)
		can, err := func() (Can, error) {
			ctx, cancel := context.WithTimeout(ctx, probeFor)
			defer cancel()
			return l.s.Engine.Probe(ctx, name)
		}()
		var f *Failure
		switch {
		case errors.As(err, &f) && f.Trouble == Missing:
			m.rest(time.Now(), watchEvery, "has no such model")
		case errors.As(err, &f) && f.Trouble == NoKey:
			m.rest(time.Now(), watchEvery, "refuses our key")
		case err == nil:
			m.back(can)
			if !l.s.Outside && !can.Outside {
				ctx, cancel := context.WithTimeout(ctx, warmFor)
				err = l.s.Engine.Warm(ctx, name)
				cancel()
			}
		}
		m.probed(err)
	}
}

// State is how an engine's model stands.
type State struct {
	Engine, Model string
	Jobs          []Job
	Outside       bool
	Priced        bool // or on the premises
	Slots         int
	Running       int
	Waiting       int
	Can           Can
	Resting       string        // why it is not asked now; "" when it may be
	Probe         string        // what the last probe found wrong; "" for nothing, "-" before the first
	Measured      bool          // the following are measured, not assumed
	First         time.Duration // predicted for a question of 500 tokens, without waiting
	PerSecond     float64       // tokens of an answer
}

// States tells how every model stands, in the order they are preferred.
func (g *Gateway) States() (out []State) {
	now := time.Now()
	for _, l := range g.lanes {
		running, waiting := l.inHand()
		for _, name := range l.names() {
			m := l.model(name)
			s := State{Engine: l.s.Name, Model: name, Outside: l.s.Outside, Slots: l.s.Slots, Running: running, Waiting: waiting, Can: m.knows(), Resting: m.rests(now)}
			s.Outside = s.Outside || s.Can.Outside
			_, s.Priced = l.s.Prices[name]
			s.Priced = s.Priced || !s.Outside
			for _, j := range Jobs {
				if l.s.Models[j] == name {
					s.Jobs = append(s.Jobs, j)
				}
			}
			s.First, _, _ = m.serve(now, "", 500, 0)
			m.mu.Lock()
			s.Measured, s.PerSecond, s.Probe = !m.learned.IsZero(), m.decode.v, m.found
			m.mu.Unlock()
			out = append(out, s)
		}
	}
	return out
}

func (m *model) probed(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.found = ""
	if err != nil {
		m.found = why(err)
	}
}
