// Package hub hands messages to the subscribers of one process. Drivers feed
// it from their server connection, so a process needs one connection however
// many pages are open.
package hub

import (
	"context"
	"sync"

	"truckflow/internal/platform/pubsub"
)

// Hub is safe for concurrent use.
type Hub struct {
	mu     sync.Mutex
	topics map[string]map[*subscriber]struct{}
	up     chan struct{} // closed while the link to the server is up
	closed bool
}

// New returns a hub whose link is down.
func New() *Hub {
	return &Hub{topics: map[string]map[*subscriber]struct{}{}, up: make(chan struct{})}
}

// Up says that messages arrive from now on. Whoever subscribed before may have
// missed some and gets the Dropped marker.
func (h *Hub) Up() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.isUp() {
		return
	}
	close(h.up)
	for _, subs := range h.topics {
		for s := range subs {
			s.lose()
		}
	}
}

// Down says that messages may be lost from now on.
func (h *Hub) Down() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.isUp() && !h.closed {
		h.up = make(chan struct{})
	}
}

func (h *Hub) isUp() bool {
	select {
	case <-h.up:
		return true
	default:
		return false
	}
}

// Wait returns when the link is up, the hub is closed or ctx ends.
func (h *Hub) Wait(ctx context.Context) {
	h.mu.Lock()
	up := h.up
	h.mu.Unlock()
	select {
	case <-up:
	case <-ctx.Done():
	}
}

// Subscribe is pubsub.PubSub's. On a closed hub the channel is closed.
func (h *Hub) Subscribe(ctx context.Context, topic string) (<-chan []byte, func()) {
	s := &subscriber{out: make(chan []byte), wake: make(chan struct{}, 1), done: make(chan struct{})}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		close(s.out)
		return s.out, func() {}
	}
	if h.topics[topic] == nil {
		h.topics[topic] = map[*subscriber]struct{}{}
	}
	h.topics[topic][s] = struct{}{}
	cancel := func() { h.remove(topic, s) }
	stop := context.AfterFunc(ctx, cancel)
	go s.pump()
	return s.out, func() { stop(); cancel() }
}

func (h *Hub) remove(topic string, s *subscriber) {
	h.mu.Lock()
	delete(h.topics[topic], s)
	if len(h.topics[topic]) == 0 {
		delete(h.topics, topic)
	}
	h.mu.Unlock()
	s.end()
}

// Deliver gives msg to topic's subscribers and never blocks.
func (h *Hub) Deliver(topic string, msg []byte) {
	if msg == nil {
		msg = []byte{} // nil means Dropped
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.topics[topic] {
		s.add(msg)
	}
}

// Close ends all subscriptions.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	if !h.isUp() {
		close(h.up)
	}
	for _, subs := range h.topics {
		for s := range subs {
			s.end()
		}
	}
	clear(h.topics)
}

// subscriber is a queue that forgets its oldest message when full.
type subscriber struct {
	out  chan []byte
	wake chan struct{} // holds a token when there may be something to send
	done chan struct{}
	once sync.Once

	mu    sync.Mutex
	queue [][]byte
	lost  bool // send the marker before the queue
}

func (s *subscriber) add(msg []byte) {
	s.mu.Lock()
	if len(s.queue) >= pubsub.Backlog {
		s.queue = s.queue[1:]
		s.lost = true
	}
	s.queue = append(s.queue, msg)
	s.mu.Unlock()
	s.poke()
}

func (s *subscriber) lose() {
	s.mu.Lock()
	s.lost = true
	s.mu.Unlock()
	s.poke()
}

func (s *subscriber) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *subscriber) end() { s.once.Do(func() { close(s.done) }) }

// next takes what is to be sent first; ok is false when nothing waits.
func (s *subscriber) next() (msg []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.lost:
		s.lost = false
		return nil, true
	case len(s.queue) > 0:
		msg, s.queue = s.queue[0], s.queue[1:]
		return msg, true
	}
	s.queue = nil // let the array go
	return nil, false
}

func (s *subscriber) pump() {
	defer close(s.out)
	for {
		msg, ok := s.next()
		if !ok {
			select {
			case <-s.wake:
				continue
			case <-s.done:
				return
			}
		}
		select {
		case s.out <- msg:
		case <-s.done:
			return
		}
	}
}
