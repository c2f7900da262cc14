// Package mempubsub carries news within one process: the default when the
// program runs as a single instance.
package mempubsub

import (
	"context"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/pubsub"
	"truckflow/internal/platform/pubsub/hub"
)

// PubSub is a pubsub.PubSub.
type PubSub struct{ hub *hub.Hub }

var _ pubsub.PubSub = (*PubSub)(nil)

// New returns a PubSub that is live at once.
func New() *PubSub {
	p := &PubSub{hub: hub.New()}
	p.hub.Up()
	return p
}

// Publish implements pubsub.PubSub.
func (p *PubSub) Publish(ctx context.Context, topic string, msg []byte) error {
	if err := pubsub.Check(topic, msg); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return errs.Unavailable("the request was given up").Wrap(err)
	}
	p.hub.Deliver(topic, append([]byte{}, msg...))
	return nil
}

// Subscribe implements pubsub.PubSub.
func (p *PubSub) Subscribe(ctx context.Context, topic string) (<-chan []byte, func()) {
	return p.hub.Subscribe(ctx, topic)
}

// Ping implements pubsub.PubSub; memory is always there.
func (p *PubSub) Ping(context.Context) error { return nil }

// Close implements pubsub.PubSub.
func (p *PubSub) Close() { p.hub.Close() }
