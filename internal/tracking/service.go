// Package tracking knows where the trucks are: the last position of each, kept
// apart from the history. Geofences, ETA and detention clocks join it later.
package tracking

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/ids"
	"truckflow/internal/platform/pg"
	"truckflow/internal/tracking/internal/trackingdb"
)

// Last is a truck's last known position.
type Last = trackingdb.LastPosition

// Ping is one reported position.
type Ping struct {
	TruckID  ids.ID
	At       time.Time
	Where    geo.Point
	Heading  float32 // degrees clockwise from north
	SpeedMPH float32
	Source   string // eld, phone, api
}

// Service is the room's door.
type Service struct {
	db    *pg.DB
	clock clock.Clock
	keep  int // days
	known func(ctx context.Context, trucks []ids.ID) (map[ids.ID]bool, error)
	moved func(org ids.ID, msg []byte)
	days  sync.Map // day → true, of the tables that are there
}

// New returns the room. keepDays is how long the history of positions stays
// (IFTA wants four years of trips; those come from ELD files, not from here);
// known says which trucks the company has; moved is told of each new position
// after commit, may be nil.
func New(db *pg.DB, c clock.Clock, keepDays int, known func(ctx context.Context, trucks []ids.ID) (map[ids.ID]bool, error), moved func(org ids.ID, msg []byte)) *Service {
	return &Service{db: db, clock: c, keep: keepDays, known: known, moved: moved}
}

// Report stores positions, at most 500 at once; late ones go into the history
// without moving the truck back. One of a truck the company does not have
// refuses them all, and the error names each. Needs TrackTrucks.
func (s *Service) Report(ctx context.Context, pings []Ping) error {
	a, err := identity.Require(ctx, identity.TrackTrucks)
	if err != nil {
		return err
	}
	if len(pings) == 0 || len(pings) > 500 {
		return errs.Invalid("send 1 to 500 positions at once")
	}
	now := s.clock.Now()
	for _, p := range pings {
		if !p.Where.Valid() || p.TruckID.IsZero() {
			return errs.Invalid("a position needs a truck, a latitude and a longitude")
		}
		if p.At.After(now.Add(10*time.Minute)) || p.At.Before(now.AddDate(0, 0, -s.keep)) {
			return errs.Invalid("a position's time must lie within the last %d days", s.keep)
		}
	}
	if err := s.ensureDays(ctx, pings); err != nil {
		return err
	}
	var all trackingdb.PutParams
	for _, p := range pings {
		all.Trucks, all.Ats, all.Lats, all.Lons = append(all.Trucks, p.TruckID), append(all.Ats, p.At), append(all.Lats, p.Where.Lat), append(all.Lons, p.Where.Lon)
		all.Headings, all.Speeds = append(all.Headings, p.Heading), append(all.Speeds, p.SpeedMPH)
	}
	last := newestOf(pings)
	return s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		if err := s.strangers(ctx, pings, last.Trucks); err != nil {
			return err
		}
		q := trackingdb.New(tx)
		if err := q.Put(ctx, all); err != nil {
			return err
		}
		moved, err := q.PutLast(ctx, last)
		if err != nil || s.moved == nil {
			return err
		}
		for _, truck := range moved {
			msg, err := json.Marshal(map[string]any{"id": "truck:" + truck.String(), "topic": "positions"})
			if err != nil {
				return err
			}
			tx.AfterCommit(func() { s.moved(a.Org, msg) })
		}
		return nil
	})
}

// strangers refuses positions of trucks that are not the company's; trucks are
// those of pings, each once. A foreign key would ask for each row, and lock it.
func (s *Service) strangers(ctx context.Context, pings []Ping, trucks []ids.ID) error {
	known, err := s.known(ctx, trucks)
	if err != nil || len(known) == len(trucks) {
		return err
	}
	e := errs.Invalid("some positions are of trucks you do not have; none was stored")
	for i, p := range pings {
		if !known[p.TruckID] && len(e.Fields) < 20 {
			e = e.Field(fmt.Sprintf("positions[%d].truck_id", i), "there is no truck %s", p.TruckID)
		}
	}
	return e
}

// newestOf keeps each truck's newest position, by truck: one statement may touch a row once.
func newestOf(pings []Ping) (out trackingdb.PutLastParams) {
	at := map[ids.ID]int{}
	for i, p := range pings {
		if old, ok := at[p.TruckID]; !ok || pings[old].At.Before(p.At) {
			at[p.TruckID] = i
		}
	}
	for _, i := range slices.Sorted(maps.Values(at)) {
		p := pings[i]
		out.Trucks, out.Ats, out.Lats, out.Lons = append(out.Trucks, p.TruckID), append(out.Ats, p.At), append(out.Lats, p.Where.Lat), append(out.Lons, p.Where.Lon)
		out.Headings, out.Speeds, out.Sources = append(out.Headings, p.Heading), append(out.Speeds, p.SpeedMPH), append(out.Sources, p.Source)
	}
	return out
}

func dayOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// ensureDays makes the tables of days that a late or an early position needs;
// Tend has made the usual ones.
func (s *Service) ensureDays(ctx context.Context, pings []Ping) error {
	for _, p := range pings {
		d := dayOf(p.At)
		if _, there := s.days.Load(d); there {
			continue
		}
		if _, err := s.makeDays(ctx, d, d); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) makeDays(ctx context.Context, first, last time.Time) (made int, err error) {
	err = s.db.WithoutTenant(pg.Detach(ctx), func(ctx context.Context, tx *pg.Tx) error {
		made, err = trackingdb.New(tx).MakeDays(ctx, trackingdb.MakeDaysParams{First: first, Last: last})
		return err
	})
	for d := first; err == nil && !d.After(last); d = d.AddDate(0, 0, 1) {
		s.days.Store(d, true)
	}
	return made, err
}

// Tend makes the tables of the coming week and drops the days that nobody keeps
// any more, for all organisations: a day is one table.
func (s *Service) Tend(ctx context.Context) (dropped int, err error) {
	today := dayOf(s.clock.Now())
	if _, err := s.makeDays(ctx, today.AddDate(0, 0, -1), today.AddDate(0, 0, 7)); err != nil {
		return 0, err
	}
	err = s.db.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		dropped, err = trackingdb.New(tx).DropDays(ctx, today.AddDate(0, 0, -s.keep-1))
		return err
	})
	return dropped, err
}

// Lasts returns every truck's last position, by truck; needs SeeLoads.
func (s *Service) Lasts(ctx context.Context) (out map[ids.ID]Last, err error) {
	if _, err := identity.Require(ctx, identity.SeeLoads); err != nil {
		return nil, err
	}
	out = map[ids.ID]Last{}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := trackingdb.New(tx).Last(ctx)
		for _, r := range rows {
			out[r.TruckID] = r
		}
		return err
	})
	return out, err
}
