package loads

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads/internal/loadsdb"
	"truckflow/internal/platform/pg"
)

// Site is a facility as a stop needs it.
type Site struct {
	ID                                               ids.ID
	Name, Address, City, State, ZIP, TimeZone, Phone string
}

// Sites knows facilities; customers is one.
type Sites interface {
	// Site returns a facility; errs.KindNotFound when there is none.
	Site(ctx context.Context, id ids.ID) (Site, error)
	// Match finds the facility that a stop's words name; zero when none or several.
	Match(ctx context.Context, s Site) (ids.ID, error)
	// Add keeps a facility that a paper names, unless it is known already.
	Add(ctx context.Context, s Site) (ids.ID, error)
}

func (s StopInput) site() Site {
	return Site{ID: s.FacilityID, Name: s.Name, Address: s.Address, City: s.City, State: s.State, ZIP: s.ZIP, TimeZone: s.TimeZone, Phone: s.Phone}
}

// settle finds each stop's facility: the one that was picked, while the stop is
// still in its city, else the one its words name. A stop that is nothing but a
// picked facility is filled from it.
func (s *Service) settle(ctx context.Context, in *Input) error {
	in.Stops = slices.Clone(in.Stops)
	for i := range in.Stops {
		st := &in.Stops[i]
		if !st.FacilityID.IsZero() {
			f, err := s.Sites.Site(ctx, st.FacilityID)
			if errs.Is(err, errs.KindNotFound) {
				return errs.Invalid("stop %d is at a facility that is not there", i+1).Field(fmt.Sprintf("stops[%d].facility_id", i), "there is no such facility")
			}
			if err != nil {
				return err
			}
			if st.City == "" && st.ZIP == "" {
				st.fill(f)
			}
			if strings.EqualFold(st.City, f.City) && strings.EqualFold(st.State, f.State) {
				continue
			}
			st.FacilityID = ids.ID{} // the stop was moved to another place
		}
		if st.Name == "" && st.Address == "" {
			continue
		}
		var err error
		if st.FacilityID, err = s.Sites.Match(ctx, st.site()); err != nil {
			return err
		}
	}
	return nil
}

// fill says the facility's place where the stop says none.
func (s *StopInput) fill(f Site) {
	for to, from := range map[*string]string{&s.Name: f.Name, &s.Address: f.Address, &s.City: f.City, &s.State: f.State, &s.ZIP: f.ZIP, &s.TimeZone: f.TimeZone, &s.Phone: f.Phone} {
		if *to == "" {
			*to = from
		}
	}
}

// learn keeps the facilities that a booked paper names with name, street and
// place, and ties its stops to them. What the paper says too little of, or of a
// place nobody knows, is left.
func (s *Service) learn(ctx context.Context, q *loadsdb.Queries, f *Full) error {
	for i := range f.Stops {
		st := &f.Stops[i]
		if st.FacilityID != nil || st.Name == "" || st.Address == "" || st.City == "" || st.State == "" || st.Lat == nil || !identity.Can(ctx, identity.EditCustomers) {
			continue
		}
		id, err := s.Sites.Add(ctx, Site{Name: st.Name, Address: st.Address, City: st.City, State: st.State, ZIP: st.Zip, TimeZone: st.TimeZone, Phone: st.Phone})
		if errs.Is(err, errs.KindInvalid) {
			continue
		}
		if err != nil {
			return err
		}
		st.FacilityID = id.Ptr()
		if err := q.SetFacility(ctx, loadsdb.SetFacilityParams{FacilityID: id, LoadID: f.ID, Seq: st.Seq}); err != nil {
			return err
		}
	}
	return nil
}

// Visit is one load's stop at a facility.
type Visit = loadsdb.VisitsRow

// Dwell is how long trucks stood somewhere: the middle of so many visits, and
// what nine of ten stayed within.
type Dwell struct {
	Visits       int
	Typical, Bad time.Duration
}

// visitsDeep is how many of the last visits Visits looks at.
const visitsDeep = 200

// Visits returns the last visits to a facility, newest first, and how long trucks
// stood there to be loaded and to be unloaded; needs SeeLoads.
func (s *Service) Visits(ctx context.Context, facility ids.ID) (vs []Visit, pickup, delivery Dwell, err error) {
	if _, err := identity.Require(ctx, identity.SeeLoads); err != nil {
		return nil, pickup, delivery, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		vs, err = loadsdb.New(tx).Visits(ctx, loadsdb.VisitsParams{FacilityID: facility, Rows: visitsDeep})
		return err
	})
	return vs, dwell(vs, "pickup"), dwell(vs, "delivery"), err
}

// Stood is how long a truck was there; zero while that is not known.
func Stood(v Visit) time.Duration {
	if v.ArrivedAt == nil || v.DepartedAt == nil {
		return 0
	}
	return v.DepartedAt.Sub(*v.ArrivedAt)
}

func dwell(vs []Visit, kind string) Dwell {
	var all []time.Duration
	for _, v := range vs {
		if d := Stood(v); v.Kind == kind && d > 0 {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		return Dwell{}
	}
	slices.Sort(all)
	return Dwell{Visits: len(all), Typical: all[len(all)/2], Bad: all[len(all)*9/10]}
}
