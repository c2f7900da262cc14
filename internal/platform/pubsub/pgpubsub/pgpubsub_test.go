package pgpubsub_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/pgmanager/pgtest"
	"truckflow/internal/platform/pubsub"
	"truckflow/internal/platform/pubsub/pgpubsub"
	"truckflow/internal/platform/pubsub/pubsubtest"
)

func open(t *testing.T, s pgpubsub.Settings) pubsub.PubSub {
	t.Helper()
	s.Log = slog.New(slog.DiscardHandler)
	p, err := pgpubsub.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func TestSuite(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, "", nil)
	pubsubtest.Run(t, func(t *testing.T) pubsub.PubSub { return open(t, pgpubsub.Settings{DSN: db.AppDSN}) })
}

func TestServerKilledAndRestarted(t *testing.T) {
	t.Parallel()
	x := newProxy(t, pgtest.New(t, "", nil).AppDSN)
	p := open(t, pgpubsub.Settings{DSN: x.DSN, Timeout: 500 * time.Millisecond})
	pubsubtest.Recovers(t, p, x.kill, x.restart)
}

// TestServerFallsSilent has the server's machine lose power: the link never
// breaks, and only asking finds out.
func TestServerFallsSilent(t *testing.T) {
	t.Parallel()
	x := newProxy(t, pgtest.New(t, "", nil).AppDSN)
	p := open(t, pgpubsub.Settings{DSN: x.DSN, Keepalive: 100 * time.Millisecond, Timeout: time.Second})
	msgs, cancel := p.Subscribe(t.Context(), "load")
	defer cancel()
	x.freeze()
	if m := pubsubtest.Next(t, msgs); !pubsub.IsDropped(m) {
		t.Errorf("got %q, want the dropped marker", m)
	}
	for deadline := time.Now().Add(pubsubtest.Deadline); p.Publish(t.Context(), "load", []byte("x")) != nil; {
		if time.Now().After(deadline) {
			t.Fatal("publishing does not recover")
		}
	}
	if m := pubsubtest.Next(t, msgs); string(m) != "x" {
		t.Errorf("got %q", m)
	}
}

func TestQuietLinkStays(t *testing.T) {
	t.Parallel()
	p := open(t, pgpubsub.Settings{DSN: pgtest.New(t, "", nil).AppDSN, Keepalive: 5 * time.Millisecond})
	msgs, cancel := p.Subscribe(t.Context(), "load")
	defer cancel()
	for i := range 20 { // between messages, the link is checked several times
		timer := time.NewTimer(20 * time.Millisecond)
		<-timer.C
		if err := p.Publish(t.Context(), "load", []byte{byte('a' + i)}); err != nil {
			t.Fatal(err)
		}
		if m := pubsubtest.Next(t, msgs); string(m) != string(rune('a'+i)) {
			t.Fatalf("got %q, want %q: the check loses messages", m, rune('a'+i))
		}
	}
}

func TestForeignNotificationIsIgnored(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, "", nil)
	p := open(t, pgpubsub.Settings{DSN: db.AppDSN})
	msgs, cancel := p.Subscribe(t.Context(), "load")
	defer cancel()
	c, err := pgx.Connect(t.Context(), db.AppDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	for _, payload := range []string{"", "load", "load\n", "load\nx", "load\nb%%%", "\ntx"} {
		if _, err := c.Exec(t.Context(), "SELECT pg_notify('truckflow_news', $1)", payload); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Exec(t.Context(), "SELECT pg_notify('truckflow_news', $1)", "load\ntours"); err != nil {
		t.Fatal(err)
	}
	if m := pubsubtest.Next(t, msgs); string(m) != "ours" {
		t.Errorf("got %q", m)
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	for dsn, want := range map[string]errs.Kind{
		"postgres://u:hush@[::1/x":                      errs.KindInvalid,
		"postgres://u:hush@127.0.0.1:1/x":               errs.KindUnavailable,
		"host=/nonexistent user=u password=hush port=1": errs.KindUnavailable,
	} {
		_, err := pgpubsub.Open(t.Context(), pgpubsub.Settings{DSN: dsn, Log: slog.New(slog.DiscardHandler)})
		if errs.KindOf(err) != want {
			t.Errorf("%s: %v, want %s", dsn, err, want)
			continue
		}
		if errs.Public(err).HintMsg == "" || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}
