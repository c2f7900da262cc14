package fleet

import (
	"context"
	"strings"
	"time"

	"truckflow/internal/fleet/internal/fleetdb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/platform/pg"
)

// Service is the room's door. Reading needs SeeFleet; changing trucks and
// trailers EditFleet, drivers EditDrivers.
type Service struct {
	db    *pg.DB
	clock clock.Clock
	ids   *identity.Service
}

// New returns the room.
func New(db *pg.DB, clk clock.Clock, who *identity.Service) *Service {
	return &Service{db: db, clock: clk, ids: who}
}

// Today is the company's calendar day, as midnight UTC.
func (s *Service) Today(ctx context.Context) (time.Time, error) {
	c, err := s.ids.Company(ctx)
	if err != nil {
		return time.Time{}, err
	}
	zone, err := clock.Zone(c.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	now := s.clock.Now().In(zone)
	return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC), nil
}

func list[T any](ctx context.Context, s *Service, st store[T], f Filter) (out []T, err error) {
	if _, err := identity.Require(ctx, identity.SeeFleet); err != nil {
		return nil, err
	}
	today, err := s.Today(ctx)
	if err != nil {
		return nil, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		all, err := st.list(fleetdb.New(tx), ctx)
		for i := range all {
			if f.fits(st.core(&all[i]), today) {
				out = append(out, all[i])
			}
		}
		return err
	})
	return out, err
}

func get[T any](ctx context.Context, s *Service, st store[T], id ids.ID) (v T, err error) {
	if _, err := identity.Require(ctx, identity.SeeFleet); err != nil {
		return v, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		v, err = st.one(fleetdb.New(tx), ctx, id)
		return missing(err, st.kind)
	})
	return v, err
}

func missing(err error, k Kind) error {
	if err != nil && strings.Contains(err.Error(), "no rows") {
		return errs.NotFound("there is no such %s", k).Wrap(err)
	}
	return err
}

func add[T any](ctx context.Context, s *Service, st store[T], v T) (T, error) {
	if _, err := identity.Require(ctx, st.kind.Edit()); err != nil {
		return v, err
	}
	if err := st.check(&v); err != nil {
		return v, err
	}
	st.fresh(&v, s.clock.Now())
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		if err := put(ctx, tx, st, &v); err != nil {
			return err
		}
		return s.audit(ctx, tx, st.kind, "add", st.core(&v), nil)
	})
	return v, err
}

// fresh makes v a thing that was never stored.
func (st store[T]) fresh(v *T, now time.Time) {
	st.setID(v, ids.New())
	c := st.core(v)
	*c.version, *c.archived, *c.from, *c.until, *c.reason, *c.created, *c.updated = 1, nil, nil, nil, "", now, now
}

// put stores v after looking for an active one it would collide with.
func put[T any](ctx context.Context, tx *pg.Tx, st store[T], v *T) error {
	q := fleetdb.New(tx)
	if t, ok := any(v).(*Truck); ok && t.DriverID != nil {
		if d, err := q.Driver(ctx, *t.DriverID); err != nil || d.ArchivedAt != nil {
			return errs.Invalid("the truck was not saved: that driver is not there").Field("driver_id", "choose a driver who is not archived")
		}
	}
	c := st.core(v)
	if *c.archived == nil {
		all, err := st.list(q, ctx)
		if err != nil {
			return err
		}
		for i := range all {
			o := st.core(&all[i])
			if field := st.same(v, &all[i]); o.id != c.id && *o.archived == nil && field != "" {
				return errs.Conflict("there is a %s %s already", st.kind, o.label).Field(field, "%s %s has it already", st.kind, o.label)
			}
		}
	}
	n, err := st.save(q, ctx, *v)
	if err == nil && n == 0 {
		err = stale(st.kind, c.label)
	}
	return err
}

func stale(k Kind, label string) error {
	return errs.Conflict("somebody changed %s %s meanwhile; look again and repeat your change", k, label)
}

func edit[T any](ctx context.Context, s *Service, st store[T], v T) (T, error) {
	if err := st.check(&v); err != nil {
		if _, denied := identity.Require(ctx, st.kind.Edit()); denied != nil {
			return v, denied
		}
		return v, err
	}
	c := st.core(&v)
	return change(ctx, s, st, c.id, *c.version, "edit", func(old *T) error {
		o := st.core(old)
		if *o.archived != nil {
			return errs.Conflict("%s %s is archived; restore it first", st.kind, o.label)
		}
		*c.archived, *c.from, *c.until, *c.reason, *c.created = *o.archived, *o.from, *o.until, *o.reason, *o.created
		if d, ok := any(&v).(*Driver); ok && d.UserID == nil {
			d.UserID = any(old).(*Driver).UserID
		}
		*old = v
		return nil
	})
}

// change locks one row, sees that version is the stored one, lets fn alter it and stores it.
func change[T any](ctx context.Context, s *Service, st store[T], id ids.ID, version int, verb string, fn func(*T) error) (v T, err error) {
	if _, err := identity.Require(ctx, st.kind.Edit()); err != nil {
		return v, err
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		if v, err = st.lock(fleetdb.New(tx), ctx, id); err != nil {
			return missing(err, st.kind)
		}
		if c := st.core(&v); *c.version != version {
			return stale(st.kind, c.label)
		}
		if err := fn(&v); err != nil {
			return err
		}
		*st.core(&v).updated = s.clock.Now()
		if err := put(ctx, tx, st, &v); err != nil {
			return err
		}
		c := st.core(&v)
		*c.version++
		return s.audit(ctx, tx, st.kind, verb, c, map[string]any{"version": *c.version, "reason": *c.reason})
	})
	return v, err
}

func (s *Service) audit(ctx context.Context, tx *pg.Tx, k Kind, verb string, c core, detail any) error {
	return s.ids.Audit(ctx, tx, identity.Entry{Action: string(k) + "." + verb, Kind: string(k), ID: c.id, Label: c.label, Detail: detail})
}

// Trucks lists trucks by unit number.
func (s *Service) Trucks(ctx context.Context, f Filter) ([]Truck, error) {
	return list(ctx, s, trucks, f)
}

// Trailers lists trailers by unit number.
func (s *Service) Trailers(ctx context.Context, f Filter) ([]Trailer, error) {
	return list(ctx, s, trailers, f)
}

// Drivers lists drivers by name.
func (s *Service) Drivers(ctx context.Context, f Filter) ([]Driver, error) {
	return list(ctx, s, drivers, f)
}

// KnownTrucks returns which of the trucks are the company's, archived or not: an
// ELD may go on reporting. It needs no permission, since it tells nothing but that.
func (s *Service) KnownTrucks(ctx context.Context, trucks []ids.ID) (known map[ids.ID]bool, err error) {
	known = map[ids.ID]bool{}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := fleetdb.New(tx).KnownTrucks(ctx, trucks)
		for _, id := range rows {
			known[id] = true
		}
		return err
	})
	return known, err
}

// Truck returns one truck, archived or not.
func (s *Service) Truck(ctx context.Context, id ids.ID) (Truck, error) {
	return get(ctx, s, trucks, id)
}

// Trailer returns one trailer, archived or not.
func (s *Service) Trailer(ctx context.Context, id ids.ID) (Trailer, error) {
	return get(ctx, s, trailers, id)
}

// Driver returns one driver, archived or not.
func (s *Service) Driver(ctx context.Context, id ids.ID) (Driver, error) {
	return get(ctx, s, drivers, id)
}

// AddTruck stores a truck and returns it with its id. errs.KindInvalid and
// KindConflict (the unit number is taken) name the field.
func (s *Service) AddTruck(ctx context.Context, t Truck) (Truck, error) {
	return add(ctx, s, trucks, t)
}

// AddTrailer is AddTruck for a trailer; LengthFt 0 is 53 feet.
func (s *Service) AddTrailer(ctx context.Context, t Trailer) (Trailer, error) {
	if t.LengthFt == 0 {
		t.LengthFt = 53
	}
	return add(ctx, s, trailers, t)
}

// AddDriver is AddTruck for a driver; two active drivers may not share a CDL.
func (s *Service) AddDriver(ctx context.Context, d Driver) (Driver, error) {
	return add(ctx, s, drivers, d)
}

// EditTruck stores t over the version it was read at (errs.KindConflict when
// that is not the stored one). Out of service and archived stay as they are.
func (s *Service) EditTruck(ctx context.Context, t Truck) (Truck, error) {
	return edit(ctx, s, trucks, t)
}

// EditTrailer is EditTruck for a trailer.
func (s *Service) EditTrailer(ctx context.Context, t Trailer) (Trailer, error) {
	return edit(ctx, s, trailers, t)
}

// EditDriver is EditTruck for a driver; UserID stays as it is when d has none.
func (s *Service) EditDriver(ctx context.Context, d Driver) (Driver, error) {
	return edit(ctx, s, drivers, d)
}

// Archive takes a thing out of every list; what refers to it stays. version is
// the one it was read at.
func (s *Service) Archive(ctx context.Context, k Kind, id ids.ID, version int) error {
	now := s.clock.Now()
	return s.change(ctx, k, id, version, "archive", func(c core) error {
		if *c.archived == nil {
			*c.archived = &now
		}
		return nil
	})
}

// Restore brings an archived thing back; errs.KindConflict when its unit number or CDL was taken meanwhile.
func (s *Service) Restore(ctx context.Context, k Kind, id ids.ID, version int) error {
	return s.change(ctx, k, id, version, "restore", func(c core) error { *c.archived = nil; return nil })
}

// OutOfService takes a thing off the road from a day on, until a day (both
// count; nil: until further notice), for a reason people will read.
func (s *Service) OutOfService(ctx context.Context, k Kind, id ids.ID, version int, from time.Time, until *time.Time, reason string) error {
	f := faults{}
	day := &from
	f.date("from", &day)
	f.date("until", &until)
	f.text("reason", &reason, 300)
	if reason == "" {
		f.add("reason", "needed: dispatchers will read it")
	}
	if from.IsZero() {
		f.add("from", "from which day?")
	}
	if until != nil && until.Before(*day) {
		f.add("until", "before the first day")
	}
	if err := f.err(k); err != nil {
		return err
	}
	return s.change(ctx, k, id, version, "out_of_service", func(c core) error {
		*c.from, *c.until, *c.reason = day, until, reason
		return nil
	})
}

// BackInService ends OutOfService now.
func (s *Service) BackInService(ctx context.Context, k Kind, id ids.ID, version int) error {
	return s.change(ctx, k, id, version, "back_in_service", func(c core) error {
		*c.from, *c.until, *c.reason = nil, nil, ""
		return nil
	})
}

func (s *Service) change(ctx context.Context, k Kind, id ids.ID, version int, verb string, fn func(core) error) (err error) {
	switch k {
	case KindTruck:
		_, err = change(ctx, s, trucks, id, version, verb, func(t *Truck) error { return fn(truckCore(t)) })
	case KindTrailer:
		_, err = change(ctx, s, trailers, id, version, verb, func(t *Trailer) error { return fn(trailerCore(t)) })
	case KindDriver:
		_, err = change(ctx, s, drivers, id, version, verb, func(d *Driver) error { return fn(driverCore(d)) })
	default:
		err = errs.NotFound("there is no such thing as a %s", k)
	}
	return err
}
