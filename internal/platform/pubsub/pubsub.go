// Package pubsub is the port for news that travels between instances at once
// and may be lost: "load L-10234 changed, look again". What must not be lost
// is a job or an event in PostgreSQL, never a message here.
package pubsub

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"truckflow/internal/kit/errs"
)

// PubSub is implemented by mempubsub (one process), redispubsub and pgpubsub
// (all instances). A message reaches every subscription of its topic that is
// live when it is published, the publisher's own included, in the order each
// publisher sent. It is safe for concurrent use.
type PubSub interface {
	// Publish sends msg to topic's subscribers. Errors: KindInvalid and
	// KindTooLarge as Check says, KindUnavailable when the server is gone:
	// this process's own subscribers hear it all the same.
	Publish(ctx context.Context, topic string, msg []byte) error

	// Subscribe returns topic's messages until cancel is called, ctx ends or
	// the driver is closed; then the channel is closed. The subscription is
	// live on return, except when the server is gone: then it becomes live,
	// with a Dropped marker, once the server is back. Receivers must not
	// change the messages: subscribers share them.
	//
	// A nil message is the Dropped marker: messages before it may be missing
	// (this subscriber was slow, so the oldest were dropped, or the server
	// was gone for a while). Read the state again instead of relying on news.
	Subscribe(ctx context.Context, topic string) (msgs <-chan []byte, cancel func())

	// Ping reports whether publishing would work now.
	Ping(ctx context.Context) error

	// Close ends all subscriptions and connections.
	Close()
}

// Backlog is how many messages wait for a slow subscriber before the oldest is
// dropped.
const Backlog = 256

// Limits every driver keeps, so that a message which passes in development
// passes in production. They follow from PostgreSQL's NOTIFY, whose payload is
// text of less than 8000 bytes and has to name the topic too.
const (
	MaxTopic  = 100  // bytes
	MaxText   = 7800 // bytes of valid UTF-8 without NUL
	MaxBinary = 5800 // bytes of anything else; it travels as base64
)

// IsDropped reports whether msg is the Dropped marker.
func IsDropped(msg []byte) bool { return msg == nil }

// IsText reports whether msg falls under MaxText rather than MaxBinary.
func IsText(msg []byte) bool {
	for _, b := range msg {
		if b == 0 {
			return false
		}
	}
	return utf8.Valid(msg)
}

// Check refuses what some driver could not carry; every driver calls it.
func Check(topic string, msg []byte) error {
	if topic == "" || len(topic) > MaxTopic || !utf8.ValidString(topic) || strings.ContainsFunc(topic, unicode.IsControl) {
		return errs.Invalid("a topic is 1 to %d bytes of printable text, got %.40q", MaxTopic, topic)
	}
	limit := MaxText
	if len(msg) > MaxBinary && !IsText(msg) {
		limit = MaxBinary
	}
	if len(msg) > limit {
		return errs.TooLarge("a message is at most %d bytes, got %d", limit, len(msg)).
			Hint("publish an id and let the receiver read the rest")
	}
	return nil
}
