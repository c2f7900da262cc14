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

	"truckflow/internal/kit/errs"
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
	set   Settings
	hub   *hub.Hub
	stop  context.CancelFunc
	ended sync.WaitGroup

	mu     sync.Mutex
	client rueidis.Client // nil until the first connection
}

var _ pubsub.PubSub = (*PubSub)(nil)

// Open connects. A server that does not answer now is looked for, and breaks heal
// by themselves; an address that cannot be one is refused.
func Open(ctx context.Context, s Settings) (*PubSub, error) {
	if s.Prefix == "" {
		s.Prefix = "truckflow:news:"
	}
	if s.Timeout <= 0 {
		s.Timeout = 2 * time.Second
	}
	p := &PubSub{set: s, hub: hub.New()}
	if _, err := p.dial(); err != nil && !errs.Is(err, errs.KindUnavailable) {
		return nil, err
	}
	listen, stop := context.WithCancel(context.WithoutCancel(ctx))
	p.stop = stop
	p.ended.Go(func() { p.listen(listen) })
	return p, nil
}

// dial returns the connection, made where there has been none yet.
func (p *PubSub) dial() (c rueidis.Client, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.client == nil {
		p.client, err = rediscache.Dial(p.set.URL, func(o *rueidis.ClientOption) {
			o.DisableRetry = true // listen must learn of every break, to say that news may be missing
		})
	}
	return p.client, err
}

// glob quotes what a Redis pattern would read as a wildcard.
var glob = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`)

// listen keeps the subscription alive until ctx ends.
func (p *PubSub) listen(ctx context.Context) {
	confirmed := rueidis.WithOnSubscriptionHook(ctx, func(s rueidis.PubSubSubscription) {
		if s.Kind == "psubscribe" {
			p.hub.Up()
			p.set.Log.Info("listening for news through redis")
		}
	})
	for pause := 20 * time.Millisecond; ; pause = min(2*pause, 3*time.Second) {
		began := time.Now()
		c, err := p.dial()
		if err == nil {
			cmd := c.B().Psubscribe().Pattern(glob.Replace(p.set.Prefix) + "*").Build()
			err = c.Receive(confirmed, cmd, func(m rueidis.PubSubMessage) {
				p.hub.Deliver(strings.TrimPrefix(m.Channel, p.set.Prefix), []byte(m.Message))
			})
		}
		p.hub.Down()
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > 10*time.Second {
			pause = 20 * time.Millisecond
		}
		p.set.Log.Warn("no news link to redis: pages hear of their own instance's changes alone; connecting again", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// Publish implements pubsub.PubSub. What the server cannot carry this process's
// own subscribers hear all the same.
func (p *PubSub) Publish(ctx context.Context, topic string, msg []byte) error {
	if err := pubsub.Check(topic, msg); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, p.set.Timeout)
	defer cancel()
	c, err := p.dial()
	if err == nil {
		cmd := c.B().Publish().Channel(p.set.Prefix + topic).Message(rueidis.BinaryString(msg)).Build()
		if err = c.Do(ctx, cmd).Error(); err != nil {
			err = rediscache.Unreachable(err)
		}
	}
	if err != nil {
		p.hub.Deliver(topic, msg)
	}
	return err
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
	c, err := p.dial()
	if err != nil {
		return err
	}
	if err := c.Do(ctx, c.B().Ping().Build()).Error(); err != nil {
		return rediscache.Unreachable(err)
	}
	return nil
}

// Close implements pubsub.PubSub.
func (p *PubSub) Close() {
	p.stop()
	p.hub.Close()
	p.mu.Lock()
	if p.client != nil {
		p.client.Close()
	}
	p.mu.Unlock()
	p.ended.Wait()
}
