// Package redispubsub carries news between instances through Redis or Valkey.
// Each process keeps one pattern subscription for all topics and hands the
// messages out itself.
package redispubsub

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/redis/rueidis"

	"truckflow/internal/platform/cache/rediscache"
	"truckflow/internal/platform/pubsub"
	"truckflow/internal/platform/pubsub/hub"
)

// Settings say where Redis is.
type Settings struct {
	URL     string        // as rediscache.Dial reads it
	Prefix  string        // leads every channel's name; default "truckflow:news:"
	Timeout time.Duration // for publishing, and for Subscribe to wait for the link; default 2 s
	Log     *slog.Logger  // told when the link breaks and comes back
}

// PubSub is a pubsub.PubSub.
type PubSub struct {
	client rueidis.Client
	set    Settings
	hub    *hub.Hub
	stop   context.CancelFunc
	ended  sync.WaitGroup
}

var _ pubsub.PubSub = (*PubSub)(nil)

// Open connects; the server must answer now. Later breaks heal by themselves.
func Open(ctx context.Context, s Settings) (*PubSub, error) {
	if s.Prefix == "" {
		s.Prefix = "truckflow:news:"
	}
	if s.Timeout <= 0 {
		s.Timeout = 2 * time.Second
	}
	client, err := rediscache.Dial(s.URL, func(o *rueidis.ClientOption) {
		o.DisableRetry = true // listen must learn of every break, to say that news may be missing
	})
	if err != nil {
		return nil, err
	}
	p := &PubSub{client: client, set: s, hub: hub.New()}
	if err := p.Ping(ctx); err != nil {
		client.Close()
		return nil, err
	}
	listen, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop = stop
	p.ended.Go(func() { p.listen(listen) })
	return p, nil
}

// glob quotes what a Redis pattern would read as a wildcard.
var glob = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`)

// listen keeps the subscription alive until ctx ends.
func (p *PubSub) listen(ctx context.Context) {
	confirmed := rueidis.WithOnSubscriptionHook(ctx, func(s rueidis.PubSubSubscription) {
		if s.Kind == "psubscribe" {
			p.hub.Up()
			p.set.Log.Debug("listening for news through redis")
		}
	})
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 3*time.Second) {
		began := time.Now()
		cmd := p.client.B().Psubscribe().Pattern(glob.Replace(p.set.Prefix) + "*").Build()
		err := p.client.Receive(confirmed, cmd, func(m rueidis.PubSubMessage) {
			p.hub.Deliver(strings.TrimPrefix(m.Channel, p.set.Prefix), []byte(m.Message))
		})
		p.hub.Down()
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > 10*time.Second {
			pause = 20 * time.Millisecond
		}
		p.set.Log.Warn("the news link to redis broke, connecting again", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// Publish implements pubsub.PubSub.
func (p *PubSub) Publish(ctx context.Context, topic string, msg []byte) error {
	if err := pubsub.Check(topic, msg); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, p.set.Timeout)
	defer cancel()
	cmd := p.client.B().Publish().Channel(p.set.Prefix + topic).Message(rueidis.BinaryString(msg)).Build()
	if err := p.client.Do(ctx, cmd).Error(); err != nil {
		return rediscache.Unreachable(err)
	}
	return nil
}

// Subscribe implements pubsub.PubSub.
func (p *PubSub) Subscribe(ctx context.Context, topic string) (<-chan []byte, func()) {
	wait, cancel := context.WithTimeout(ctx, p.set.Timeout)
	defer cancel()
	p.hub.Wait(wait)
	return p.hub.Subscribe(ctx, topic)
}

// Ping implements pubsub.PubSub.
func (p *PubSub) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.set.Timeout)
	defer cancel()
	if err := p.client.Do(ctx, p.client.B().Ping().Build()).Error(); err != nil {
		return rediscache.Unreachable(err)
	}
	return nil
}

// Close implements pubsub.PubSub.
func (p *PubSub) Close() {
	p.stop()
	p.hub.Close()
	p.client.Close()
	p.ended.Wait()
}
