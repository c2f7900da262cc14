package loads

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads/internal/loadsdb"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/platform/pg"
)

// Past is a load that another system carried to its end. Its times are when
// things happened there; Settled is zero while money is owed.
type Past struct {
	Number                    string
	Payer                     string // the customer's name, for the search
	Input                     Input
	Crew                      Crew
	Booked, Invoiced, Settled time.Time
	Delivered                 string            // local wall time at the last stop, or a date
	Pickup, Delivery          PastStop          // the first stop and the last
	Row                       map[string]string // as the file had it; kept with the history
}

// PastStop is when a truck stood at a stop, in local wall times; empty where
// nobody wrote it down.
type PastStop struct{ Arrived, Departed string }

// KnownLoad is a load that has a number; Row is nil unless it was imported.
type KnownLoad struct {
	Number string
	Row    map[string]string
}

// Known finds which of the numbers are taken, and by what; needs ImportHistory.
func (s *Service) Known(ctx context.Context, numbers []string) (out []KnownLoad, err error) {
	if _, err := identity.Require(ctx, identity.ImportHistory); err != nil {
		return nil, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := loadsdb.New(tx).Known(ctx, numbers)
		for _, r := range rows {
			k := KnownLoad{Number: r.Number}
			if r.Source == "import" {
				var d importDetail
				if err := json.Unmarshal(r.Detail, &d); err != nil {
					return err
				}
				k.Row = d.Row
			}
			out = append(out, k)
		}
		return err
	})
	return out, err
}

// CheckPast names what keeps a load of the past from being stored: what Book
// would refuse, but for the trailer, which old records often lack.
func CheckPast(in Input) error {
	err := in.validate(false)
	var e *errs.Error
	if errors.As(err, &e) && in.Equipment == "" {
		if delete(e.Fields, "equipment"); len(e.Fields) == 0 {
			return nil
		}
	}
	return err
}

type importDetail struct {
	Row map[string]string `json:"row"`
}

// pastBatch is how many loads go to the database in one round trip.
const pastBatch = 500

// ImportPast stores loads that are over, closed or with their money still owed,
// with a history dated as things happened and marked as imported. They tell no
// event and move no open page: nothing about them is news. Their ids carry the
// day they were booked, so that they stand in lists where they belong. Needs
// ImportHistory.
func (s *Service) ImportPast(ctx context.Context, past []Past) (out []Full, err error) {
	a, err := identity.Require(ctx, identity.ImportHistory)
	if err != nil {
		return nil, err
	}
	now := s.Clock.Now()
	for _, p := range past {
		f, err := s.past(ctx, p, now)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		for i, f := range out {
			if err := writePast(ctx, tx, f, past[i], a, now); err != nil {
				return err
			}
			if i%pastBatch == pastBatch-1 {
				if err := tx.Flush(ctx); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (s *Service) past(ctx context.Context, p Past, now time.Time) (f Full, err error) {
	if err := CheckPast(p.Input); err != nil {
		return f, err
	}
	f.Load = Load{ID: ids.At(p.Booked), Number: p.Number, State: string(lifecycle.Closed), Currency: money.USD, CreatedAt: now, Source: "import", Version: 1,
		BookedAt: &p.Booked, DispatchedAt: &p.Booked,
		TruckID: p.Crew.TruckID.Ptr(), TrailerID: p.Crew.TrailerID.Ptr(), DriverID: p.Crew.DriverID.Ptr()}
	if p.Settled.IsZero() {
		f.State = string(lifecycle.Invoiced)
	}
	if err := s.build(ctx, &f, p.Input); err != nil {
		return f, err
	}
	for i := range f.Stops { // what is not known more exactly happened as it was planned
		f.Stops[i].CompletedAt, f.Stops[i].DepartedAt = f.Stops[i].WindowStart, f.Stops[i].WindowStart
	}
	last := &f.Stops[len(f.Stops)-1]
	done, dateOnly, err := wallAt(p.Delivered, last.TimeZone)
	if err != nil || done == nil {
		return f, errs.Invalid("load %s: not a delivery time: %q", p.Number, p.Delivered)
	}
	f.NextStop = len(f.Stops)
	if err := stood(&f.Stops[0], p.Pickup); err != nil {
		return f, err
	}
	last.DepartedAt = nil
	if err := stood(last, p.Delivery); err != nil {
		return f, err
	}
	if dateOnly {
		*done = done.Add(12 * time.Hour) // some time that day
		for _, at := range []*time.Time{last.ArrivedAt, last.DepartedAt} {
			if at != nil {
				done = at
			}
		}
	}
	if last.DepartedAt == nil {
		last.DepartedAt = done
	}
	f.DeliveredAt, last.CompletedAt = done, done
	return f, nil
}

// wallAt reads a local wall time in a zone; nil for an empty one.
func wallAt(wall, zone string) (at *time.Time, dateOnly bool, err error) {
	loc, err := clock.Zone(zone)
	if err != nil {
		return nil, false, err
	}
	t, dateOnly, err := parseWall(wall, loc)
	if err != nil || t.IsZero() {
		return nil, false, err
	}
	return &t, dateOnly, nil
}

// stood writes down when the truck was at a stop, as far as that is known.
func stood(st *Stop, p PastStop) (err error) {
	if st.ArrivedAt, _, err = wallAt(p.Arrived, st.TimeZone); err != nil {
		return err
	}
	left, _, err := wallAt(p.Departed, st.TimeZone)
	if left != nil {
		st.DepartedAt = left
		if st.Kind == "pickup" {
			st.CompletedAt = left
		}
	}
	return err
}

// happening is a step that a load of the past took.
type happening struct {
	verb     lifecycle.Verb
	from, to lifecycle.State
	at       time.Time
	stop     int // 0: at none
}

// happened is the history of a load of the past, as far as it is known.
func happened(f Full, p Past) []happening {
	out := []happening{{lifecycle.Book, "", lifecycle.Booked, p.Booked, 0}}
	n := len(f.Stops)
	if at := f.Stops[0].ArrivedAt; at != nil {
		out = append(out, happening{lifecycle.Arrive, lifecycle.Dispatched, lifecycle.AtPickup, *at, 1})
	}
	if p.Pickup.Departed != "" {
		out = append(out, happening{lifecycle.Depart, lifecycle.Loaded, lifecycle.InTransit, *f.Stops[0].DepartedAt, 1})
	}
	if at := f.Stops[n-1].ArrivedAt; at != nil {
		out = append(out, happening{lifecycle.Arrive, lifecycle.InTransit, lifecycle.AtDelivery, *at, n})
	}
	out = append(out, happening{lifecycle.Deliver, lifecycle.AtDelivery, lifecycle.Delivered, *f.DeliveredAt, n},
		happening{lifecycle.Bill, lifecycle.ReadyToBill, lifecycle.Invoiced, p.Invoiced, 0})
	if !p.Settled.IsZero() {
		out = append(out, happening{lifecycle.Settle, lifecycle.Invoiced, lifecycle.Paid, p.Settled, 0},
			happening{lifecycle.Close, lifecycle.Paid, lifecycle.Closed, p.Settled.Add(time.Millisecond), 0})
	}
	return out
}

// writePast queues the rows of one load and the history it had.
func writePast(ctx context.Context, tx *pg.Tx, f Full, p Past, by tenant.Actor, now time.Time) error {
	if err := insert(ctx, tx, f, p.Payer); err != nil {
		return err
	}
	q := loadsdb.New(tx.Later())
	event := loadsdb.InsertEventParams{LoadID: f.ID, RecordedAt: now, ActorID: by.User.Ptr(), ActorName: by.Name}
	for _, x := range happened(f, p) {
		e := event
		e.ID, e.At, e.Verb, e.FromState, e.ToState = ids.At(x.at), x.at, string(x.verb), string(x.from), string(x.to)
		if x.stop > 0 {
			e.StopSeq = &x.stop
		}
		e.Text, e.Detail = "imported on "+now.Format("01/02/2006"), json.RawMessage("{}")
		if err := q.InsertEvent(ctx, e); err != nil {
			return err
		}
	}
	event.ID, event.At, event.Verb, event.ToState, event.Text = ids.New(), now, "import", f.State, "from another system's records"
	if p.Crew.Words != "" {
		event.Text += ": " + p.Crew.Words
	}
	var err error
	if event.Detail, err = json.Marshal(importDetail{p.Row}); err != nil {
		return err
	}
	return q.InsertEvent(ctx, event)
}
