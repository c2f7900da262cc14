package customers

import (
	"context"
	"strings"

	"truckflow/internal/customers/internal/customersdb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/ids"
	"truckflow/internal/platform/pg"
)

// Position returns where a facility is; zero when unknown.
func Position(v Facility) geo.Point {
	if v.Lat == nil || v.Lon == nil {
		return geo.Point{}
	}
	return geo.Point{Lat: *v.Lat, Lon: *v.Lon}
}

// Facilities lists facilities by name.
func (s *Service) Facilities(ctx context.Context, f Filter) (out []Facility, err error) {
	if _, err := identity.Require(ctx, identity.SeeCustomers); err != nil {
		return nil, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		all, err := customersdb.New(tx).Facilities(ctx)
		for i := range all {
			if f.facility(&all[i]) {
				out = append(out, all[i])
			}
		}
		return err
	})
	return out, err
}

// Facility returns one facility, archived or not.
func (s *Service) Facility(ctx context.Context, id ids.ID) (v Facility, err error) {
	if _, err := identity.Require(ctx, identity.SeeCustomers); err != nil {
		return v, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		v, err = customersdb.New(tx).Facility(ctx, id)
		return missing(err, "facility")
	})
	return v, err
}

// locate fills position and time zone from the address. A time zone somebody
// gave stands; a place nobody knows keeps the facility from being saved only
// when there is no time zone either.
func (s *Service) locate(ctx context.Context, v *Facility) error {
	p, zone, precision, err := s.where.Locate(ctx, v.Address, v.City, v.State, v.Zip)
	if err != nil && !errs.Is(err, errs.KindNotFound) && !errs.Is(err, errs.KindInvalid) {
		return err
	}
	v.Lat, v.Lon, v.PositionPrecision = nil, nil, ""
	if err == nil && p.Valid() {
		v.Lat, v.Lon, v.PositionPrecision = &p.Lat, &p.Lon, precision
	}
	if v.TimeZone == "" {
		v.TimeZone = zone
	}
	if v.TimeZone == "" {
		field, what := "city", v.City+", "+v.State
		if v.Zip != "" {
			field, what = "zip", v.Zip
		}
		return errs.Invalid("the facility was not saved: %s is not known, so neither is its time zone", what).
			Field(field, "not a place we know; correct it or choose the time zone").Field("time_zone", "needed, as the place is unknown")
	}
	return nil
}

// AddFacility stores a facility and returns it with its position and zone.
func (s *Service) AddFacility(ctx context.Context, v Facility) (Facility, error) {
	if _, err := identity.Require(ctx, identity.EditCustomers); err != nil {
		return v, err
	}
	if err := s.ready(ctx, &v); err != nil {
		return v, err
	}
	s.freshFacility(&v)
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		if err := saveFacility(ctx, customersdb.New(tx), v); err != nil {
			return err
		}
		return s.auditFacility(ctx, tx, "add", v)
	})
	return v, err
}

func (s *Service) ready(ctx context.Context, v *Facility) error {
	if err := checkFacility(v); err != nil {
		return err
	}
	return s.locate(ctx, v)
}

func (s *Service) freshFacility(v *Facility) {
	now := s.clock.Now()
	v.ID, v.Version, v.ArchivedAt, v.CreatedAt, v.UpdatedAt = ids.New(), 1, nil, now, now
}

func (s *Service) auditFacility(ctx context.Context, tx *pg.Tx, verb string, v Facility) error {
	return s.ids.Audit(ctx, tx, identity.Entry{Action: "facility." + verb, Kind: "facility", ID: v.ID, Label: v.Name + ", " + v.City})
}

// EditFacility stores v over the version it was read at; the position follows the address.
func (s *Service) EditFacility(ctx context.Context, v Facility) (Facility, error) {
	return s.changeFacility(ctx, v.ID, v.Version, "edit", func(ctx context.Context, old *Facility) error {
		if old.ArchivedAt != nil {
			return errs.Conflict("%s is archived; restore it first", old.Name)
		}
		if moved := v.City != old.City || v.State != old.State || v.Zip != old.Zip; moved && v.TimeZone == old.TimeZone {
			v.TimeZone = "" // the new place has its own
		}
		v.ArchivedAt, v.CreatedAt, v.OrgID = old.ArchivedAt, old.CreatedAt, old.OrgID
		*old = v
		return s.ready(ctx, old)
	})
}

func (s *Service) changeFacility(ctx context.Context, id ids.ID, version int, verb string, fn func(context.Context, *Facility) error) (v Facility, err error) {
	if _, err := identity.Require(ctx, identity.EditCustomers); err != nil {
		return v, err
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := customersdb.New(tx)
		if v, err = q.FacilityForUpdate(ctx, id); err != nil {
			return missing(err, "facility")
		}
		if v.Version != version {
			return stale(v.Name)
		}
		if err := fn(ctx, &v); err != nil {
			return err
		}
		v.UpdatedAt = s.clock.Now()
		if err := saveFacility(ctx, q, v); err != nil {
			return err
		}
		v.Version++
		return s.auditFacility(ctx, tx, verb, v)
	})
	return v, err
}

// ArchiveFacility takes a facility out of lists and out of MatchFacility.
func (s *Service) ArchiveFacility(ctx context.Context, id ids.ID, version int) error {
	now := s.clock.Now()
	_, err := s.changeFacility(ctx, id, version, "archive", func(_ context.Context, v *Facility) error { v.ArchivedAt = &now; return nil })
	return err
}

// RestoreFacility brings an archived facility back.
func (s *Service) RestoreFacility(ctx context.Context, id ids.ID, version int) error {
	_, err := s.changeFacility(ctx, id, version, "restore", func(_ context.Context, v *Facility) error { v.ArchivedAt = nil; return nil })
	return err
}

// MatchFacility finds the active facility a paper names: the same name in the
// same ZIP, else the same street address in it. What two share matches none,
// unless the street tells them apart. Needs SeeCustomers.
func (s *Service) MatchFacility(ctx context.Context, name, address, zip string) (v Facility, ok bool, err error) {
	if _, err := identity.Require(ctx, identity.SeeCustomers); err != nil {
		return v, false, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		v, ok, err = matchFacility(ctx, customersdb.New(tx), name, address, zip)
		return err
	})
	return v, ok, err
}

func matchFacility(ctx context.Context, q *customersdb.Queries, name, address, zip string) (Facility, bool, error) {
	key, street := NameKey(name), AddressKey(address)
	zip = strings.ToUpper(strings.TrimSpace(zip))
	if len(zip) == 10 && zip[5] == '-' { // ZIP+4: the first five name the place
		zip = zip[:5]
	}
	all, err := q.MatchFacilities(ctx, customersdb.MatchFacilitiesParams{NameKey: key, Zip: zip})
	if err != nil {
		return Facility{}, false, err
	}
	sameStreet := func(v Facility) bool { return street != "" && AddressKey(v.Address) == street }
	otherStreet := func(v Facility) bool { return street != "" && v.Address != "" && !sameStreet(v) }
	var best []Facility
	rank := 0
	for _, v := range all {
		r := 0
		sameZip := zip != "" && strings.HasPrefix(v.Zip, zip)
		switch {
		case v.NameKey == key && key != "" && sameStreet(v) && (sameZip || zip == ""):
			r = 4
		case v.NameKey == key && key != "" && sameZip && !otherStreet(v):
			r = 3
		case sameStreet(v) && sameZip:
			r = 2
		case v.NameKey == key && key != "" && zip == "" && street == "":
			r = 1
		}
		if r > rank {
			best, rank = nil, r
		}
		if r == rank && r > 0 {
			best = append(best, v)
		}
	}
	if len(best) != 1 {
		return Facility{}, false, nil
	}
	return best[0], true, nil
}

// FindOrAddFacility returns the facility a paper names, adding v when
// MatchFacility finds none. Needs EditCustomers.
func (s *Service) FindOrAddFacility(ctx context.Context, v Facility) (found Facility, added bool, err error) {
	if _, err := identity.Require(ctx, identity.EditCustomers); err != nil {
		return found, false, err
	}
	if err := s.ready(ctx, &v); err != nil {
		return found, false, err
	}
	s.freshFacility(&v)
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := customersdb.New(tx)
		if err := q.LockMatching(ctx, "facilities"); err != nil {
			return err
		}
		var ok bool
		if found, ok, err = matchFacility(ctx, q, v.Name, v.Address, v.Zip); err != nil || ok {
			return err
		}
		found, added = v, true
		if err := saveFacility(ctx, q, v); err != nil {
			return err
		}
		return s.auditFacility(ctx, tx, "add", v)
	})
	return found, added, err
}
