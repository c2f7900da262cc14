package loads

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
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
	Row                       map[string]string // as the file had it; kept with the history
}

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
		q := loadsdb.New(tx)
		for from := 0; from < len(out); from += pastBatch {
			to := min(from+pastBatch, len(out))
			var b batch
			for i := from; i < to; i++ {
				if err := b.add(out[i], past[i], a.User.Ptr(), a.Name, now); err != nil {
					return err
				}
			}
			if err := b.write(ctx, q); err != nil {
				return err
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
	for i := range f.Stops { // when exactly is known of the last one alone
		f.Stops[i].CompletedAt, f.Stops[i].DepartedAt = f.Stops[i].WindowStart, f.Stops[i].WindowStart
	}
	last := &f.Stops[len(f.Stops)-1]
	loc, err := time.LoadLocation(last.TimeZone)
	if err != nil {
		return f, err
	}
	done, dateOnly, err := parseWall(p.Delivered, loc)
	if err != nil || done.IsZero() {
		return f, errs.Invalid("load %s: not a delivery time: %q", p.Number, p.Delivered)
	}
	if dateOnly {
		done = done.Add(12 * time.Hour) // some time that day
	}
	f.DeliveredAt, last.CompletedAt, last.DepartedAt = &done, &done, &done
	f.NextStop = len(f.Stops)
	return f, nil
}

// batch gathers the rows of many loads.
type batch struct {
	loads   []loadsdb.InsertPastParams
	stops   []loadsdb.InsertPastStopParams
	charges []loadsdb.InsertPastChargeParams
	events  []loadsdb.InsertPastEventParams
	words   []loadsdb.InsertPastWordsParams
}

func (b *batch) add(f Full, p Past, by *ids.ID, name string, now time.Time) error {
	l := f.Load
	b.loads = append(b.loads, loadsdb.InsertPastParams{ID: l.ID, Number: l.Number, CustomerID: l.CustomerID, CustomerRef: l.CustomerRef, State: l.State,
		Equipment: l.Equipment, Commodity: l.Commodity, WeightLb: l.WeightLb, Pieces: l.Pieces, Miles: l.Miles, MilesEstimated: l.MilesEstimated,
		Currency: l.Currency, TotalCents: l.TotalCents, TruckID: l.TruckID, TrailerID: l.TrailerID, DriverID: l.DriverID, OriginCity: l.OriginCity,
		OriginState: l.OriginState, DestCity: l.DestCity, DestState: l.DestState, PickupFrom: l.PickupFrom, PickupZone: l.PickupZone, DeliverBy: l.DeliverBy,
		DeliverZone: l.DeliverZone, StopCount: l.StopCount, NextStop: l.NextStop, BookedAt: l.BookedAt, DispatchedAt: l.DispatchedAt, DeliveredAt: l.DeliveredAt,
		CreatedAt: now})
	for _, s := range f.Stops {
		b.stops = append(b.stops, loadsdb.InsertPastStopParams{LoadID: l.ID, Seq: s.Seq, Kind: s.Kind, FacilityID: s.FacilityID, Name: s.Name, Address: s.Address, City: s.City, State: s.State,
			Zip: s.Zip, Lat: s.Lat, Lon: s.Lon, TimeZone: s.TimeZone, WindowStart: s.WindowStart, DateOnly: s.DateOnly, CompletedAt: s.CompletedAt, DepartedAt: s.DepartedAt})
	}
	for _, c := range f.Charges {
		b.charges = append(b.charges, loadsdb.InsertPastChargeParams{LoadID: l.ID, Seq: c.Seq, Kind: c.Kind, Description: c.Description, AmountCents: c.AmountCents})
	}
	b.words = append(b.words, loadsdb.InsertPastWordsParams{LoadID: l.ID, Words: searchWords(l, p.Payer, f.Stops)})
	row, err := json.Marshal(importDetail{p.Row})
	if err != nil {
		return err
	}
	n := len(f.Stops)
	for _, x := range []struct {
		verb     lifecycle.Verb
		from, to lifecycle.State
		at       time.Time
		stop     *int
	}{
		{lifecycle.Book, "", lifecycle.Booked, p.Booked, nil},
		{lifecycle.Deliver, lifecycle.AtDelivery, lifecycle.Delivered, *f.DeliveredAt, &n},
		{lifecycle.Bill, lifecycle.ReadyToBill, lifecycle.Invoiced, p.Invoiced, nil},
		{lifecycle.Settle, lifecycle.Invoiced, lifecycle.Paid, p.Settled, nil},
		{lifecycle.Close, lifecycle.Paid, lifecycle.Closed, p.Settled.Add(time.Millisecond), nil},
	} {
		if x.from == lifecycle.Invoiced || x.from == lifecycle.Paid {
			if p.Settled.IsZero() {
				continue
			}
		}
		b.events = append(b.events, loadsdb.InsertPastEventParams{ID: ids.At(x.at), LoadID: l.ID, At: x.at, RecordedAt: now, Verb: string(x.verb), FromState: string(x.from),
			ToState: string(x.to), StopSeq: x.stop, ActorID: by, ActorName: name, Text: "imported on " + now.Format("01/02/2006"), Detail: json.RawMessage("{}")})
	}
	text := "from another system's records"
	if p.Crew.Words != "" {
		text += ": " + p.Crew.Words
	}
	b.events = append(b.events, loadsdb.InsertPastEventParams{ID: ids.New(), LoadID: l.ID, At: now, RecordedAt: now, Verb: "import", ToState: l.State, ActorID: by,
		ActorName: name, Text: text, Detail: row})
	return nil
}

// write sends the rows; the first refusal is the one that tells.
func (b *batch) write(ctx context.Context, q *loadsdb.Queries) (err error) {
	first := func(_ int, e error) {
		if err == nil {
			err = e
		}
	}
	q.InsertPast(ctx, b.loads).Exec(first)
	if err == nil {
		q.InsertPastStop(ctx, b.stops).Exec(first)
	}
	if err == nil {
		q.InsertPastCharge(ctx, b.charges).Exec(first)
	}
	if err == nil {
		q.InsertPastEvent(ctx, b.events).Exec(first)
	}
	if err == nil {
		q.InsertPastWords(ctx, b.words).Exec(first)
	}
	return err
}
