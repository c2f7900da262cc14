package llm

import (
	"testing"
	"time"
)

func TestBreaker(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	var b breaker
	fail := func() {
		if !b.take(now) {
			t.Fatal("closed and refuses")
		}
		b.ended(now, false, true)
	}
	fail()
	b.ended(now, true, true)
	fail()
	if !b.would(now) {
		t.Fatal("open after two failures of three")
	}
	fail()
	if b.would(now) || b.take(now) {
		t.Fatal("not open after three failures of four")
	}
	now = now.Add(breakFor)
	if !b.take(now) || b.take(now) {
		t.Fatal("after the pause exactly one may try")
	}
	b.ended(now, false, false) // its caller left
	if !b.take(now) {
		t.Fatal("a trial whose caller left was not given back")
	}
	b.ended(now, false, true)
	if b.would(now.Add(breakFor)) || !b.would(now.Add(2*breakFor)) {
		t.Fatal("the second pause is not twice the first")
	}
	now = now.Add(2 * breakFor)
	b.take(now)
	b.ended(now, true, true)
	if b.pause != 0 || !b.take(now) || !b.take(now) {
		t.Fatal("not closed after a trial that went well")
	}
}

// TestQueue lays calls on places by hand.
func TestQueue(t *testing.T) {
	t.Parallel()
	now := time.Now()
	l := newLane(EngineSettings{Slots: 2, Models: map[Job]string{Email: "m"}})
	var in []*work
	for i, want := range []time.Duration{0, 0, 100, 100, 200} {
		w, wait := l.join(now, 100*time.Second, 1000*time.Second)
		if w == nil || (wait-want*time.Second).Abs() > time.Second {
			t.Errorf("call %d: waits %s, want %d s", i, wait, want)
		}
		in = append(in, w)
	}
	if w, wait := l.join(now, time.Second, 199*time.Second); w != nil || wait < 199*time.Second {
		t.Errorf("joined a queue of %s that was too long for it", wait)
	}
	if r, w := l.inHand(); r != 2 || w != 3 {
		t.Errorf("%d running, %d waiting", r, w)
	}
	l.gone(in[2]) // gave up waiting
	l.gone(in[0]) // answered: the next in line moves up
	select {
	case <-in[3].turn:
	default:
		t.Error("a free place was given to nobody")
	}
	select {
	case <-in[4].turn:
		t.Error("three at two places")
	default:
	}
	for _, w := range in {
		l.gone(w)
	}
	if r, w := l.inHand(); r != 0 || w != 0 {
		t.Errorf("%d running, %d waiting after all have gone", r, w)
	}
}
