package sim

import (
	"context"
	"errors"
	"hash/fnv"
	"math/rand"
	"time"

	"truckflow/internal/kit/geo"
)

// tick is how often trucks move, in real time.
const tick = 2 * time.Second

// rig is a truck on the road.
type rig struct {
	id      string
	at      geo.Point
	heading float64
	moved   bool
}

// job is a load a truck works on.
type job struct {
	wireLoad
	until time.Time // standing at the dock or writing papers until then, real time
	stale bool      // the API refused something: look again before touching it
}

// living is the demo at work.
type living struct {
	c     *client
	cfg   Config
	v     carrier
	r     *rand.Rand
	rigs  map[string]*rig
	jobs  map[string]*job
	lists map[string][]wireLoad // by state, as of the last refresh
	pod   map[string]time.Time  // when a delivered load's receipt is sent; zero: it was

	parked, assign, paper, book, tidy time.Time // when each is due next
}

// Run keeps the demo alive until ctx ends: trucks drive, loads are picked up and
// delivered, receipts come back, brokers send new work. Whatever the API
// refuses is left to the people who were faster.
func Run(ctx context.Context, cfg Config) error {
	cfg = cfg.filled()
	w := &living{c: newClient(cfg), cfg: cfg, r: rand.New(rand.NewSource(cfg.Seed ^ cfg.Clock.Now().Unix())), rigs: map[string]*rig{}, jobs: map[string]*job{}, pod: map[string]time.Time{}}
	for {
		err := w.wake(ctx)
		if err == nil {
			break
		}
		w.warn(ctx, "the demo waits for the server", err)
		if !sleep(ctx, 10*time.Second) {
			return ctx.Err()
		}
	}
	t := time.NewTicker(tick)
	defer t.Stop()
	last := cfg.Clock.Now()
	for n := 0; ; n++ {
		now := cfg.Clock.Now()
		if n%5 == 0 {
			if err := w.refresh(ctx, now); err != nil {
				w.warn(ctx, "the demo cannot see its loads", err)
			}
		}
		// A machine that slept does not make trucks leap.
		w.move(ctx, now, min(now.Sub(last), 5*tick))
		last = now
		w.papers(ctx, now)
		w.office(ctx, now)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
}

func (w *living) warn(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		w.cfg.Log.WarnContext(ctx, what, "error", err)
	}
}

// wake reads the fleet and where it stands.
func (w *living) wake(ctx context.Context) (err error) {
	if w.v, err = learn(ctx, w.c, w.cfg); err != nil {
		return err
	}
	at, err := w.c.positions(ctx)
	if err != nil {
		return err
	}
	for i, t := range w.v.trucks {
		p := at[t.ID]
		if p.IsZero() {
			p = pick(source(w.cfg.Seed, "yard", i), towns).Point
		}
		w.rigs[t.ID] = &rig{id: t.ID, at: p}
	}
	now := w.cfg.Clock.Now()
	w.assign, w.paper, w.book, w.tidy = now.Add(20*time.Second), now.Add(40*time.Second), now.Add(15*time.Second), now.Add(time.Minute)
	return nil
}

var rolling = []string{"dispatched", "at_pickup", "loaded", "in_transit", "at_delivery"}

// refresh lists the loads by state and looks closely at those that changed.
func (w *living) refresh(ctx context.Context, now time.Time) error {
	lists, seen := map[string][]wireLoad{}, map[string]bool{}
	for _, state := range append([]string{"draft", "booked", "delivered", "pod_received", "ready_to_bill"}, rolling...) {
		ls, err := w.c.loads(ctx, state, 200)
		if err != nil {
			return err
		}
		lists[state] = ls
	}
	w.lists = lists
	for _, state := range rolling {
		for _, l := range lists[state] {
			seen[l.ID] = true
			j := w.jobs[l.ID]
			if j != nil && !j.stale && j.State == l.State && j.NextStop == l.NextStop && j.TruckID == l.TruckID {
				continue
			}
			full, err := w.c.load(ctx, l.ID)
			if err != nil {
				w.warn(ctx, "a load cannot be seen", err)
				continue
			}
			w.jobs[l.ID] = &job{wireLoad: full, until: now.Add(w.wait(full.State))}
		}
	}
	for id := range w.jobs {
		if !seen[id] {
			delete(w.jobs, id)
		}
	}
	return nil
}

// wait is how long a load stays in a state that passes by itself, in real time.
func (w *living) wait(state string) time.Duration {
	var d time.Duration
	switch state {
	case "at_pickup", "at_delivery":
		d = dwell * time.Duration(70+w.r.Intn(60)) / 100
	case "loaded":
		d = 12 * time.Minute
	}
	return time.Duration(float64(d) / w.cfg.Speed)
}

// move drives every truck for real time dt, and reports where they are.
func (w *living) move(ctx context.Context, now time.Time, dt time.Duration) {
	miles := cruiseMPH * dt.Hours() * w.cfg.Speed
	for _, j := range w.jobs {
		g := w.rigs[j.TruckID]
		if g == nil || j.stale || ctx.Err() != nil {
			continue
		}
		to, ok := j.target()
		if !ok {
			continue
		}
		if j.State != "dispatched" && j.State != "in_transit" {
			if g.at.Miles(to) > 1 { // a person brought it there
				g.at, g.moved = to, true
			}
			if !now.Before(j.until) {
				w.do(ctx, now, j, next(j.wireLoad))
			}
			continue
		}
		at, there := drive(g.at, to, miles)
		if g.at != to {
			g.heading = g.at.Heading(to)
		}
		g.moved, g.at = true, at
		if there {
			w.do(ctx, now, j, "arrive")
		}
	}
	var ps []ping
	all := !now.Before(w.parked)
	for _, g := range w.rigs {
		if !g.moved && !all {
			continue
		}
		p := ping{TruckID: g.id, At: now, Lat: g.at.Lat, Lon: g.at.Lon, Heading: g.heading}
		if g.moved {
			p.SpeedMPH = cruiseMPH + float64(w.r.Intn(9)) - 4
		}
		ps, g.moved = append(ps, p), false
	}
	if all {
		w.parked = now.Add(time.Minute)
	}
	if err := w.c.report(ctx, ps); err != nil {
		w.warn(ctx, "positions were not taken", err)
	}
}

// target is where the load's truck is or goes to.
func (j *job) target() (geo.Point, bool) {
	if j.NextStop < 1 || j.NextStop > len(j.Stops) {
		return geo.Point{}, false
	}
	s := j.Stops[j.NextStop-1]
	if s.Lat != nil && s.Lon != nil {
		return geo.Point{Lat: *s.Lat, Lon: *s.Lon}, true
	}
	return near(s.City, s.State)
}

// next is the step that follows at a dock.
func next(l wireLoad) string {
	switch l.State {
	case "at_pickup":
		return "load"
	case "loaded":
		return "depart"
	case "at_delivery":
		if l.NextStop >= len(l.Stops) {
			return "deliver"
		}
		if l.Stops[l.NextStop-1].CompletedAt != nil {
			return "depart"
		}
		return "unload"
	}
	return ""
}

// drive moves along the straight line from one point to another for so many road miles.
func drive(from, to geo.Point, miles float64) (at geo.Point, there bool) {
	d := from.Miles(to) * circuity
	if miles >= d {
		return to, true
	}
	return from.Along(to, miles/d), false
}

func (w *living) do(ctx context.Context, now time.Time, j *job, verb string) {
	if verb == "" {
		return
	}
	l, err := w.c.step(ctx, "", j.ID, verb, time.Time{})
	if err != nil {
		j.stale = true
		var r *refused
		if !errors.As(err, &r) || !is(err, 409, 404) {
			w.warn(ctx, "a step was not taken", err)
		}
		return
	}
	j.wireLoad, j.until = l, now.Add(w.wait(l.State))
}

// lot is a number that a load keeps for ever; it decides what is left to people.
func lot(id string, n uint32) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return h.Sum32() % n
}
