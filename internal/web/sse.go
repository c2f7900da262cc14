package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
)

// LiveTopic is the pub/sub topic of one organisation's news. Messages are
// {"id":"load:018f…","topic":"loads"}.
func LiveTopic(org ids.ID) string { return "live:" + org.String() }

// Subscriber hands out a topic's messages until cancel; platform/pubsub is one.
type Subscriber interface {
	Subscribe(ctx context.Context, topic string) (msgs <-chan []byte, cancel func(), err error)
}

// Events writes server-sent events, each at once.
type Events struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// NewEvents begins an answer of events; an error means that nobody listens any more.
func NewEvents(w http.ResponseWriter) (*Events, error) {
	e := &Events{w, http.NewResponseController(w)}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx must not hold events back
	_ = e.rc.SetWriteDeadline(time.Time{})
	fmt.Fprint(w, "retry: 2000\n\n")
	return e, e.rc.Flush()
}

// Send writes one event; data may have several lines.
func (e *Events) Send(name, data string) error {
	fmt.Fprintf(e.w, "event: %s\ndata: %s\n\n", name, strings.ReplaceAll(data, "\n", "\ndata: "))
	return e.rc.Flush()
}

// Comment writes what a listener does not hear, to keep proxies from closing.
func (e *Events) Comment(text string) error {
	fmt.Fprintf(e.w, ": %s\n\n", text)
	return e.rc.Flush()
}

// Live registers GET /live: the server-sent events that keep open pages fresh on
// every instance. A comment goes out every 20 s so that proxies keep it open;
// it ends when stopping closes, so that a graceful stop need not wait.
func (rt *Router) Live(sub Subscriber, stopping <-chan struct{}) {
	rt.Handle("GET /live", identity.Self, func(w http.ResponseWriter, r *http.Request) error {
		a, _ := tenant.From(r.Context())
		msgs, cancel, err := sub.Subscribe(r.Context(), LiveTopic(a.Org))
		if err != nil {
			return err
		}
		defer cancel()
		out, err := NewEvents(w)
		if err != nil {
			return nil
		}
		beat := time.NewTicker(20 * time.Second)
		defer beat.Stop()
		for {
			select {
			case <-r.Context().Done():
				return nil
			case <-stopping:
				return nil
			case m, ok := <-msgs:
				if !ok {
					return nil
				}
				err = out.Send("change", string(m))
			case <-beat.C:
				err = out.Comment("still here")
			}
			if err != nil {
				return nil
			}
		}
	})
}
