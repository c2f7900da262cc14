package sim

import (
	"context"
	"fmt"
	"math/rand"
	"time"

	"truckflow/internal/kit/geo"
)

// phases are where today's loads stand when the demo opens, in the board's order.
var phases = []string{
	"booked", "booked", "booked", "booked", "booked", "booked", "booked",
	"dispatched", "dispatched", "dispatched", "dispatched", "dispatched",
	"at_pickup", "at_pickup", "at_pickup", "loaded", "loaded",
	"in_transit", "in_transit", "in_transit", "in_transit", "in_transit", "in_transit", "in_transit", "in_transit", "in_transit",
	"at_delivery", "at_delivery",
	"delivered", "delivered", "delivered",
	"ready_to_bill", "ready_to_bill", "ready_to_bill", "ready_to_bill",
}

// Seed creates the carrier and today's work, in seconds. A server that has
// trucks already is left as it is.
func Seed(ctx context.Context, cfg Config) error {
	cfg = cfg.filled()
	c, start := newClient(cfg), cfg.Clock.Now()
	had, err := all[wireTruck](ctx, c, "/v1/trucks", nil, 1)
	if err != nil || len(had) > 0 {
		return err
	}
	s := seeder{c: c, cfg: cfg, now: start, day: start.Format("20060102")}
	if err := s.company(ctx); err != nil {
		return fmt.Errorf("fleet and customers of the demo: %w", err)
	}
	v, err := learn(ctx, c, cfg)
	if err != nil {
		return err
	}
	s.papers(ctx, v)
	s.today(ctx, v)
	cfg.Log.Info("the demo carrier is at work", "trucks", len(v.trucks), "brokers", len(v.payers), "loads", len(phases), "took", cfg.Clock.Now().Sub(start).Round(time.Millisecond))
	return nil
}

type seeder struct {
	c   *client
	cfg Config
	now time.Time
	day string
}

func (s *seeder) key(part string, i int) string {
	return fmt.Sprintf("sim-%d-%s-%s-%d", s.cfg.Seed, s.day, part, i)
}

// company creates customers, drivers, trailers and, last, trucks: their
// presence means the rest is there.
func (s *seeder) company(ctx context.Context) error {
	bs := brokers(s.cfg.Seed, s.cfg.Brokers)
	create := func(path, part string, n int, body func(i int) map[string]any, ids []string) error {
		return parallel(ctx, n, 4, func(ctx context.Context, i int) error {
			var out idOnly
			err := s.c.post(ctx, path, s.key(part, i), body(i), &out)
			if is(err, 409) { // it is there from a start that was cut off
				return nil
			}
			if ids != nil {
				ids[i] = out.ID
			}
			return err
		})
	}
	if err := create("/v1/customers", "customer", len(bs), func(i int) map[string]any { return customerBody(bs[i]) }, nil); err != nil {
		return err
	}
	if err := create("/v1/facilities", "facility", 3*s.cfg.Trucks/2, func(i int) map[string]any { return facilityBody(s.cfg.Seed, i) }, nil); err != nil {
		return err
	}
	drivers := make([]string, s.cfg.Drivers)
	if err := create("/v1/drivers", "driver", len(drivers), func(i int) map[string]any { return driverBody(s.cfg.Seed, i, s.now) }, drivers); err != nil {
		return err
	}
	trailers := s.cfg.Trucks * 11 / 8
	if err := create("/v1/trailers", "trailer", trailers, func(i int) map[string]any { return trailerBody(s.cfg.Seed, i, s.now) }, nil); err != nil {
		return err
	}
	return create("/v1/trucks", "truck", s.cfg.Trucks, func(i int) map[string]any { return truckBody(s.cfg.Seed, i, drivers[i], s.now) }, nil)
}

// papers puts the first rate confirmations into the inbox.
func (s *seeder) papers(ctx context.Context, v carrier) {
	for i := range 4 {
		name, b, err := confirmation(s.cfg.Seed, int64(i), v.payers[(i*3)%len(v.payers)].broker, s.now)
		if err == nil {
			_, err = s.c.paper(ctx, "", "", "", name, b)
		}
		if err != nil {
			s.cfg.Log.WarnContext(ctx, "a rate confirmation did not arrive", "error", err)
		}
	}
}

// today books today's loads and brings each to where it stands.
func (s *seeder) today(ctx context.Context, v carrier) {
	at := make([]geo.Point, len(v.trucks))
	for i := range at {
		at[i] = pick(source(s.cfg.Seed, "yard", i), towns).Point
	}
	truckOf := make([]int, len(phases))
	n := 0
	for i, ph := range phases {
		if truckOf[i] = -1; ph != "booked" && n < len(v.trucks) {
			truckOf[i] = n
			n++
		}
	}
	err := parallel(ctx, len(phases), 4, func(ctx context.Context, i int) error {
		p := v.payers[i%len(v.payers)]
		t := truckOf[i]
		r := source(s.cfg.Seed, "today", i)
		h, where := placed(r, phases[i], v.equipment(t, i), p.ID, ref(p.Code, liveBase+i), s.now)
		if t >= 0 {
			at[t] = where
		}
		if err := s.bring(ctx, i, h, v, t); err != nil {
			s.cfg.Log.WarnContext(ctx, "a load of today is missing", "error", err)
		}
		return nil
	})
	ps := make([]ping, 0, len(at))
	for i, w := range at {
		ps = append(ps, ping{TruckID: v.trucks[i].ID, At: s.cfg.Clock.Now(), Lat: w.Lat, Lon: w.Lon})
	}
	if err == nil {
		err = s.c.report(ctx, ps)
	}
	if err != nil {
		s.cfg.Log.WarnContext(ctx, "the trucks are not on the map", "error", err)
	}
}

// equipment is what truck t pulls; without a truck, what load i asks for.
func (v carrier) equipment(t, i int) string {
	if t >= 0 && t < len(v.trailers) {
		return v.trailers[t].Equipment
	}
	return equipmentOf(i)
}

// bring books a load and does what happened to it so far.
func (s *seeder) bring(ctx context.Context, i int, h haul, v carrier, t int) error {
	l, err := s.c.book(ctx, "", h.Load)
	if err != nil || t < 0 {
		return err
	}
	trailer := ""
	if t < len(v.trailers) {
		trailer = v.trailers[t].ID
	}
	if err := s.c.assign(ctx, "", l.ID, v.trucks[t].ID, trailer, v.trucks[t].DriverID, false); err != nil {
		return err
	}
	for _, st := range h.steps(phases[i], s.now) {
		if _, err := s.c.step(ctx, "", l.ID, st.verb, st.at); err != nil {
			return err
		}
	}
	if phases[i] != "ready_to_bill" {
		return nil
	}
	name, b, err := podPDF(s.cfg.Seed, l.Number, h.signed())
	if err != nil {
		return err
	}
	doc, err := s.c.paper(ctx, "", "proof_of_delivery", l.ID, name, b)
	if err != nil {
		return err
	}
	return s.c.acceptPOD(ctx, "", l.ID, doc)
}

// placed plans a load that stands at phase now, and says where its truck is.
func placed(r *rand.Rand, phase, equipment, customer, ref string, now time.Time) (haul, geo.Point) {
	dice := r.Int63()
	at := func(pickup time.Time) haul {
		return plan(rand.New(rand.NewSource(dice)), equipment, customer, ref, pickup)
	}
	h := at(now)
	leg, part := h.DropAt.Sub(h.PickedUp), 0.1+0.75*r.Float64()
	some := time.Duration(r.Intn(60)) * time.Minute
	switch phase {
	case "booked":
		return at(now.Add(3*time.Hour + some*25)), geo.Point{}
	case "dispatched":
		h = at(now.Add(2*time.Hour + 3*some))
		return h, geo.Point{Lat: h.From.Point.Lat + 0.4 + r.Float64(), Lon: h.From.Point.Lon + 0.8 - 2*r.Float64()}
	case "at_pickup":
		h = at(now.Add(-20*time.Minute - some/3))
		return h, h.From.Point
	case "loaded":
		h = at(now.Add(-dwell - 5*time.Minute))
		return h, h.From.Point
	case "in_transit":
		h = at(now.Add(-dwell - time.Duration(part*float64(leg))))
		return h, h.From.Point.Along(h.To.Point, part)
	case "at_delivery":
		h = at(now.Add(-dwell - leg - 30*time.Minute))
		return h, h.To.Point
	}
	h = at(now.Add(-2*dwell - leg - time.Hour - 12*some))
	return h, h.To.Point
}

type happening struct {
	verb string
	at   time.Time
}

// reached says how many happenings a phase has behind it.
var reached = map[string]int{"dispatched": 1, "at_pickup": 2, "loaded": 3, "in_transit": 4, "at_delivery": 5, "delivered": 6, "ready_to_bill": 6}

// steps are what happened to a haul that stands at phase, never later than now.
func (h haul) steps(phase string, now time.Time) []happening {
	hs := []happening{{"dispatch", h.PickupAt.Add(-3 * time.Hour)}, {"arrive", h.PickupAt}, {"load", h.PickedUp.Add(-8 * time.Minute)}, {"depart", h.PickedUp},
		{"arrive", h.DropAt}, {"deliver", h.Dropped}}[:reached[phase]]
	for i := range hs {
		if hs[i].at.After(now) {
			hs[i].at = now
		}
	}
	return hs
}
