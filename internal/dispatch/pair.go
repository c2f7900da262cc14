package dispatch

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
)

// Pairing is what is proposed for one of several loads.
type Pairing struct {
	Load    loads.Full
	Options []Suggestion // that may haul it, best first
	Pick    Suggestion   // the zero Suggestion: none
	Problem string       // why it gets no truck, or why the pick cannot stay; "" when all is well
}

// optionsDeep is how many trucks a load is offered; a person who wants another
// one assigns that load alone.
const optionsDeep = 6

// ForBulk reports whether a load's truck is given together with others': it is
// booked. Who is on the way already is changed one by one.
func ForBulk(l loads.Load) bool { return lifecycle.State(l.State) == lifecycle.Booked }

// Pair proposes a truck for each of several loads, in the order they are picked
// up, so that no two get the same truck or trailer for the same time. chosen holds
// what a person chose instead, by load; a zero truck there is "none". Nothing is
// changed. Needs DispatchLoads.
func (s *Service) Pair(ctx context.Context, picks []loads.Pick, chosen map[ids.ID]Choice) ([]Pairing, error) {
	if _, err := identity.Require(ctx, identity.DispatchLoads); err != nil {
		return nil, err
	}
	fs, _, err := s.Loads.CommonSteps(ctx, picks)
	if err != nil {
		return nil, err
	}
	byPickup(fs, func(f loads.Full) loads.Full { return f })
	w, err := s.world(ctx)
	if err != nil {
		return nil, err
	}
	var b batch
	out := make([]Pairing, 0, len(fs))
	for _, f := range fs {
		w.letGo(f.ID) // its present truck is one of the candidates
		p, err := s.pair(ctx, w, f, b, chosen)
		if err != nil {
			return nil, err
		}
		if !p.Pick.Truck.ID.IsZero() {
			b = append(b, slot{f, Choice{TruckID: p.Pick.Truck.ID, TrailerID: p.Pick.Trailer.ID, DriverID: p.Pick.Driver.ID}})
			w.take(p.Pick, f)
		}
		out = append(out, p)
	}
	return out, nil
}

func (s *Service) pair(ctx context.Context, w world, f loads.Full, b batch, chosen map[ids.ID]Choice) (Pairing, error) {
	p := Pairing{Load: f}
	if !ForBulk(f.Load) || len(f.Stops) == 0 {
		p.Problem = "it is " + lifecycle.State(f.State).Words() + "; only booked loads get their trucks together"
		return p, nil
	}
	all := make([]Suggestion, 0, len(w.trucks))
	for _, t := range w.trucks {
		sg, err := s.measure(ctx, w, t, f)
		if err != nil {
			return p, err
		}
		all = append(all, sg)
	}
	slices.SortStableFunc(all, func(a, b Suggestion) int { return a.Cost - b.Cost })
	want, told := chosen[f.ID]
	for _, sg := range all {
		wanted := told && sg.Truck.ID == want.TruckID
		if !wanted && (len(p.Options) >= optionsDeep || !sg.Possible()) {
			continue
		}
		if err := s.judge(ctx, &sg, f); err != nil {
			return p, err
		}
		clash := b.clash(f, Choice{TruckID: sg.Truck.ID, TrailerID: sg.Trailer.ID, DriverID: sg.Driver.ID})
		switch {
		case wanted:
			p.Pick = sg
			if p.Problem = clash; len(sg.Blocks) > 0 {
				p.Problem = sg.Blocks[0]
			}
		case !sg.Possible() || clash != "":
			continue
		case !told && p.Pick.Truck.ID.IsZero():
			p.Pick = sg
		}
		p.Options = append(p.Options, sg)
	}
	if len(p.Options) == 0 {
		p.Problem = "no truck is free for it"
	}
	return p, nil
}

// Paired is one of several loads with the crew that was confirmed for it.
type Paired struct {
	loads.Pick
	Choice
}

// AssignAll puts confirmed crews on several loads, each in a transaction of its
// own and over the version it was picked at; what cannot be done is named with
// its reason and stops no other. A crew that another of these loads needs at the
// same time is refused to the later one. Needs DispatchLoads.
func (s *Service) AssignAll(ctx context.Context, rows []Paired) (out []loads.Outcome, err error) {
	if _, err := identity.Require(ctx, identity.DispatchLoads); err != nil {
		return nil, err
	}
	if len(rows) == 0 || len(rows) > loads.MaxPicks {
		return nil, errs.Invalid("choose trucks for 1 to %d loads", loads.MaxPicks)
	}
	type full struct {
		Paired
		f loads.Full
	}
	var fs []full
	for _, r := range rows {
		f, err := s.Loads.Get(ctx, r.ID)
		if errs.Is(err, errs.KindNotFound) {
			out = append(out, loads.Outcome{ID: r.ID, Err: err})
			continue
		} else if err != nil {
			return out, err
		}
		fs = append(fs, full{r, f})
	}
	byPickup(fs, func(x full) loads.Full { return x.f })
	var b batch
	for _, x := range fs {
		o := loads.Outcome{ID: x.ID, Number: x.f.Number}
		c := x.Choice
		c.Version = x.Pick.Version
		if clash := b.clash(x.f, c); clash != "" {
			o.Err = errs.Conflict("%s", clash)
		} else if !ForBulk(x.f.Load) {
			o.Err = errs.Conflict("it is %s; only booked loads get their trucks together", lifecycle.State(x.f.State).Words())
		} else if _, o.Err = s.Assign(ctx, x.ID, c); o.Err == nil {
			b = append(b, slot{x.f, c})
		}
		switch errs.KindOf(o.Err) {
		case errs.KindInternal, errs.KindUnavailable: // not this load's fault: the rest would meet it too
			return out, o.Err
		}
		out = append(out, o)
	}
	return out, nil
}

// slot is a load of a batch with its crew.
type slot struct {
	f loads.Full
	c Choice
}

// batch is what several loads were given so far.
type batch []slot

// clash says which earlier load of the batch needs a part of the crew at the same time.
func (b batch) clash(f loads.Full, c Choice) string {
	from, to := span(f)
	for _, x := range b {
		a, z := span(x.f)
		if !from.Before(z) || !a.Before(to) {
			continue
		}
		what := ""
		switch {
		case c.TruckID == x.c.TruckID:
			what = "its truck"
		case !c.DriverID.IsZero() && c.DriverID == x.c.DriverID:
			what = "its driver"
		case !c.TrailerID.IsZero() && c.TrailerID == x.c.TrailerID:
			what = "its trailer"
		default:
			continue
		}
		last := x.f.Stops[len(x.f.Stops)-1]
		loc, err := clock.Zone(last.TimeZone)
		if err != nil {
			loc = time.UTC
		}
		return fmt.Sprintf("%s hauls %s until %s", what, x.f.Number, z.In(loc).Format("01/02 15:04 MST"))
	}
	return ""
}

// span is the time that a load takes a truck, as planned.
func span(f loads.Full) (from, to time.Time) {
	if f.PickupFrom == nil {
		return from, to
	}
	from = *f.PickupFrom
	if to = from.Add(8 * time.Hour); f.DeliverBy != nil && f.DeliverBy.After(from) {
		to = *f.DeliverBy
	}
	return from, to
}

func byPickup[T any](rows []T, load func(T) loads.Full) {
	slices.SortStableFunc(rows, func(a, b T) int {
		x, _ := span(load(a))
		y, _ := span(load(b))
		return cmp.Or(x.Compare(y), cmp.Compare(load(a).Number, load(b).Number))
	})
}

// take notes in w that a load has its crew now.
func (w world) take(sg Suggestion, f loads.Full) {
	l := f.Load
	l.TruckID, l.TrailerID = sg.Truck.ID.Ptr(), sg.Trailer.ID.Ptr()
	w.busy[sg.Truck.ID] = append(w.busy[sg.Truck.ID], l)
	w.lastStop[f.ID] = f.Stops[len(f.Stops)-1]
	if !sg.Trailer.ID.IsZero() {
		w.hooked[sg.Trailer.ID] = f.Number
	}
}

// letGo forgets in w who has a load now.
func (w world) letGo(load ids.ID) {
	for truck, ls := range w.busy {
		w.busy[truck] = slices.DeleteFunc(ls, func(l loads.Load) bool {
			if l.ID == load && l.TrailerID != nil {
				delete(w.hooked, *l.TrailerID)
			}
			return l.ID == load
		})
	}
}
