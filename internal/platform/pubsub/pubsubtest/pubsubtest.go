// Package pubsubtest is the suite that every pub/sub driver passes.
package pubsubtest

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/pubsub"
)

// Deadline bounds each wait; it is generous because test machines are busy.
const Deadline = 20 * time.Second

// Run holds a driver to the port's promises. open returns a fresh instance on
// the same server (the same instance again where there is no server) and
// closes it with t.
func Run(t *testing.T, open func(t *testing.T) pubsub.PubSub) {
	a, b := open(t), open(t)
	t.Run("every subscriber hears", func(t *testing.T) { everybodyHears(t, a, b) })
	t.Run("topics are apart", func(t *testing.T) { topics(t, a, b) })
	t.Run("messages arrive whole and in order", func(t *testing.T) { whole(t, a, b) })
	t.Run("slow subscriber", func(t *testing.T) { slow(t, a, b) })
	t.Run("cancel", func(t *testing.T) { cancels(t, a) })
	t.Run("refused", func(t *testing.T) { refused(t, a) })
	t.Run("close", func(t *testing.T) { closes(t, open(t)) })
}

// Next returns the next message or fails t.
func Next(t *testing.T, msgs <-chan []byte) []byte {
	t.Helper()
	select {
	case m, ok := <-msgs:
		if !ok {
			t.Fatal("the subscription ended")
		}
		return m
	case <-time.After(Deadline):
		t.Fatal("no message arrived")
	}
	return nil
}

// Recovers kills the server under p, brings it back and requires that a
// subscription made before, and one made while it was away, hear again, each
// after a Dropped marker.
func Recovers(t *testing.T, p pubsub.PubSub, kill, restart func()) {
	t.Helper()
	ctx := t.Context()
	before, cancel := p.Subscribe(ctx, "load")
	defer cancel()
	publish(t, p, "load", "one")
	if m := Next(t, before); string(m) != "one" {
		t.Fatalf("got %q before the break", m)
	}
	kill()
	if err := p.Publish(ctx, "load", []byte("own")); errs.KindOf(err) != errs.KindUnavailable {
		t.Errorf("publishing to a dead server: %v, want unavailable", err)
	}
	if m := Next(t, before); string(m) != "own" {
		t.Errorf("got %q, want what this process published itself", m)
	}
	if err := p.Ping(ctx); errs.KindOf(err) != errs.KindUnavailable {
		t.Errorf("ping of a dead server: %v, want unavailable", err)
	}
	meanwhile, cancel2 := p.Subscribe(ctx, "load")
	defer cancel2()
	restart()
	for name, msgs := range map[string]<-chan []byte{"before": before, "meanwhile": meanwhile} {
		if m := Next(t, msgs); !pubsub.IsDropped(m) {
			t.Errorf("subscribed %s: got %q, want the dropped marker", name, m)
		}
	}
	ctx, stop := context.WithTimeout(ctx, Deadline)
	defer stop()
	for p.Publish(ctx, "load", []byte("two")) != nil {
		if ctx.Err() != nil {
			t.Fatal("publishing does not recover")
		}
	}
	for name, msgs := range map[string]<-chan []byte{"before": before, "meanwhile": meanwhile} {
		m := Next(t, msgs)
		for pubsub.IsDropped(m) { // the link may have broken once more while the server came up
			m = Next(t, msgs)
		}
		if string(m) != "two" {
			t.Errorf("subscribed %s: got %q after the break", name, m)
		}
	}
}

func publish(t *testing.T, p pubsub.PubSub, topic, msg string) {
	t.Helper()
	if err := p.Publish(t.Context(), topic, []byte(msg)); err != nil {
		t.Fatal(err)
	}
}

func everybodyHears(t *testing.T, a, b pubsub.PubSub) {
	var all []<-chan []byte
	for _, p := range []pubsub.PubSub{a, a, b} {
		msgs, cancel := p.Subscribe(t.Context(), "board")
		defer cancel()
		all = append(all, msgs)
	}
	publish(t, a, "board", "hello")
	for i, msgs := range all {
		if m := Next(t, msgs); string(m) != "hello" {
			t.Errorf("subscriber %d got %q", i, m)
		}
	}
}

func topics(t *testing.T, a, b pubsub.PubSub) {
	odd := "org/ä 1*[x]?:board" // wildcards of a server must mean nothing
	one, cancel1 := b.Subscribe(t.Context(), odd)
	defer cancel1()
	two, cancel2 := b.Subscribe(t.Context(), "org/ä 1*[x]?:board2")
	defer cancel2()
	publish(t, a, "org/ä 1zzx?:board", "neither")
	publish(t, a, odd, "first")
	publish(t, a, "org/ä 1*[x]?:board2", "second")
	if m := Next(t, one); string(m) != "first" {
		t.Errorf("topic one got %q", m)
	}
	if m := Next(t, two); string(m) != "second" {
		t.Errorf("topic two got %q", m)
	}
}

func whole(t *testing.T, a, b pubsub.PubSub) {
	msgs, cancel := b.Subscribe(t.Context(), strings.Repeat("t", pubsub.MaxTopic))
	defer cancel()
	want := [][]byte{
		[]byte("text"), {}, {0}, {0xff, 0, '\n', 0x80}, []byte("line\nline\r\n"), []byte("ünïcode ✓"), []byte("t'; drop"),
		[]byte(strings.Repeat("x", pubsub.MaxText)), bytes.Repeat([]byte{0xfe}, pubsub.MaxBinary),
	}
	for i := range 50 {
		want = append(want, fmt.Append(nil, "number ", i))
	}
	for _, m := range want {
		if err := a.Publish(t.Context(), strings.Repeat("t", pubsub.MaxTopic), m); err != nil {
			t.Fatal(err)
		}
	}
	for i, w := range want {
		if m := Next(t, msgs); pubsub.IsDropped(m) || !bytes.Equal(m, w) {
			t.Fatalf("message %d is %.60q, want %.60q", i, m, w)
		}
	}
}

func slow(t *testing.T, a, b pubsub.PubSub) {
	slow, cancel := b.Subscribe(t.Context(), "busy")
	defer cancel()
	quick, cancel2 := b.Subscribe(t.Context(), "busy")
	defer cancel2()
	const total = pubsub.Backlog + 50
	for i := range total {
		publish(t, a, "busy", fmt.Sprint(i))
		if m := Next(t, quick); string(m) != fmt.Sprint(i) { // the slow one must not hold up the quick one
			t.Fatalf("the quick subscriber got %q, want %d", m, i)
		}
	}
	var last string
	dropped, heard := 0, 0
	for last != fmt.Sprint(total-1) {
		m := Next(t, slow)
		if pubsub.IsDropped(m) {
			dropped++
			continue
		}
		heard++
		last = string(m)
	}
	// One message, or the marker of the first losses, may have been on its way out when the rest were lost.
	if dropped < 1 || dropped > 2 || heard < pubsub.Backlog || heard > pubsub.Backlog+1 {
		t.Errorf("the slow subscriber heard %d messages and %d markers, want the newest %d and a marker or two", heard, dropped, pubsub.Backlog)
	}
}

func cancels(t *testing.T, p pubsub.PubSub) {
	before := runtime.NumGoroutine()
	for range 50 {
		ctx, stop := context.WithCancel(t.Context())
		one, cancel := p.Subscribe(ctx, "short")
		two, _ := p.Subscribe(ctx, "short")
		publish(t, p, "short", "unread")
		cancel()
		cancel() // harmless
		stop()
		ends(t, one)
		ends(t, two)
	}
	for deadline := time.Now().Add(Deadline); runtime.NumGoroutine() > before+5; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, %d after: subscriptions leak", before, runtime.NumGoroutine())
		}
	}
}

func ends(t *testing.T, msgs <-chan []byte) {
	t.Helper()
	timeout := time.After(Deadline)
	for {
		select {
		case _, ok := <-msgs:
			if !ok {
				return
			}
		case <-timeout:
			t.Fatal("the channel was not closed")
		}
	}
}

func refused(t *testing.T, p pubsub.PubSub) {
	for _, c := range []struct {
		name, topic string
		msg         []byte
		want        errs.Kind
	}{
		{"no topic", "", []byte("x"), errs.KindInvalid},
		{"long topic", strings.Repeat("t", pubsub.MaxTopic+1), []byte("x"), errs.KindInvalid},
		{"topic with newline", "a\nb", []byte("x"), errs.KindInvalid},
		{"long text", "a", bytes.Repeat([]byte("x"), pubsub.MaxText+1), errs.KindTooLarge},
		{"long binary", "a", bytes.Repeat([]byte{0}, pubsub.MaxBinary+1), errs.KindTooLarge},
	} {
		if err := p.Publish(t.Context(), c.topic, c.msg); errs.KindOf(err) != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

func closes(t *testing.T, p pubsub.PubSub) {
	msgs, cancel := p.Subscribe(t.Context(), "x")
	defer cancel()
	p.Close()
	ends(t, msgs)
	late, cancel2 := p.Subscribe(t.Context(), "x")
	defer cancel2()
	ends(t, late)
}
