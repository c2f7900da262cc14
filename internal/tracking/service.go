// Package tracking knows where the trucks are: the last position of each, kept
// apart from the history. Geofences, ETA and detention clocks join it later.
package tracking

import (
	"context"
	"encoding/json"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
	"truckflow/internal/tracking/internal/trackingdb"
)

// Keep is how long the history of positions stays (IFTA wants four years of
// trips; those come from ELD files, not from here).
const Keep = 60 * 24 * time.Hour

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
	moved func(org ids.ID, msg []byte)
}

// New returns the room; moved is told of each new position after commit, may be nil.
func New(db *pg.DB, c clock.Clock, moved func(org ids.ID, msg []byte)) *Service {
	return &Service{db, c, moved}
}

// Report stores positions, at most 500 at once; late ones go into the history
// without moving the truck back. Needs TrackTrucks.
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
		if p.At.After(now.Add(10*time.Minute)) || p.At.Before(now.Add(-Keep)) {
			return errs.Invalid("a position's time must lie within the last 60 days")
		}
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := trackingdb.New(tx)
		for _, p := range pings {
			if err := q.Put(ctx, trackingdb.PutParams{TruckID: p.TruckID, At: p.At, Lat: p.Where.Lat, Lon: p.Where.Lon, Heading: p.Heading, SpeedMph: p.SpeedMPH}); err != nil {
				return err
			}
			n, err := q.PutLast(ctx, trackingdb.PutLastParams{TruckID: p.TruckID, At: p.At, Lat: p.Where.Lat, Lon: p.Where.Lon, Heading: p.Heading, SpeedMph: p.SpeedMPH, Source: p.Source})
			if err != nil {
				return err
			}
			if n > 0 && s.moved != nil {
				msg, err := json.Marshal(map[string]any{"id": "truck:" + p.TruckID.String(), "topic": "positions"})
				if err != nil {
					return err
				}
				tx.AfterCommit(func() { s.moved(a.Org, msg) })
			}
		}
		return nil
	})
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

// Prune forgets positions older than Keep, for the tenant in ctx.
func (s *Service) Prune(ctx context.Context) error {
	if a, ok := tenant.From(ctx); !ok || a.Role != tenant.SystemRole {
		return errs.Forbidden("only the program prunes")
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		_, err := trackingdb.New(tx).Prune(ctx, s.clock.Now().Add(-Keep))
		return err
	})
}
