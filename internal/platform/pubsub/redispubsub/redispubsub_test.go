package redispubsub_test

import (
	"log/slog"
	"testing"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/cache/redistest"
	"truckflow/internal/platform/pubsub"
	"truckflow/internal/platform/pubsub/pubsubtest"
	"truckflow/internal/platform/pubsub/redispubsub"
)

func open(t *testing.T, s redispubsub.Settings) pubsub.PubSub {
	t.Helper()
	s.Log = slog.New(slog.DiscardHandler)
	p, err := redispubsub.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func TestSuite(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	pubsubtest.Run(t, func(t *testing.T) pubsub.PubSub { return open(t, redispubsub.Settings{URL: s.URL}) })
}

func TestPrefixWithWildcards(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	a, b := open(t, redispubsub.Settings{URL: s.URL, Prefix: "t*:"}), open(t, redispubsub.Settings{URL: s.URL, Prefix: "tx:"})
	msgs, cancel := a.Subscribe(t.Context(), "x")
	defer cancel()
	for name, p := range map[string]pubsub.PubSub{"theirs": b, "ours": a} {
		if err := p.Publish(t.Context(), "x", []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Publish(t.Context(), "x", []byte("last")); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ours", "last"} {
		if m := pubsubtest.Next(t, msgs); string(m) != want {
			t.Errorf("heard %q, want %q", m, want)
		}
	}
}

func TestServerKilledAndRestarted(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	p := open(t, redispubsub.Settings{URL: s.URL, Timeout: 500 * time.Millisecond})
	pubsubtest.Recovers(t, p, s.Kill, s.Restart)
}

// TestStartsWithoutTheServer: an instance that starts while Redis is away works, and finds it later.
func TestStartsWithoutTheServer(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Kill()
	p := open(t, redispubsub.Settings{URL: s.URL, Timeout: 200 * time.Millisecond})
	if err := p.Ping(t.Context()); errs.KindOf(err) != errs.KindUnavailable || errs.Public(err).HintMsg == "" {
		t.Errorf("got %v, want unavailable with a hint", err)
	}
	msgs, cancel := p.Subscribe(t.Context(), "x")
	defer cancel()
	if err := p.Publish(t.Context(), "x", []byte("own")); errs.KindOf(err) != errs.KindUnavailable {
		t.Errorf("publishing to nobody: %v", err)
	}
	if m := pubsubtest.Next(t, msgs); string(m) != "own" {
		t.Errorf("heard %q", m)
	}
	s.Restart()
	if m := pubsubtest.Next(t, msgs); !pubsub.IsDropped(m) {
		t.Errorf("heard %q, want the marker that tells to look again", m)
	}
	if err := p.Publish(t.Context(), "x", []byte("all")); err != nil {
		t.Error(err)
	}
	if m := pubsubtest.Next(t, msgs); string(m) != "all" {
		t.Errorf("heard %q", m)
	}
}
