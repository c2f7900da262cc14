package web

import (
	"context"
	"fmt"
	"net/http"
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
		rc := http.NewResponseController(w)
		h := w.Header()
		h.Set("Content-Type", "text/event-stream")
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no") // nginx must not hold events back
		_ = rc.SetWriteDeadline(time.Time{})
		fmt.Fprint(w, "retry: 2000\n\n")
		if err := rc.Flush(); err != nil {
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
				fmt.Fprintf(w, "event: change\ndata: %s\n\n", m)
			case <-beat.C:
				fmt.Fprint(w, ": still here\n\n")
			}
			if rc.Flush() != nil {
				return nil
			}
		}
	})
}
