package loads_test

import (
	"testing"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
)

func (h house) yard(t *testing.T, s loads.Site) ids.ID {
	t.Helper()
	id, err := h.yards.Add(h.ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestStopsKnowTheirFacility(t *testing.T) {
	t.Parallel()
	h := open(t)
	dock := h.yard(t, loads.Site{Name: "Big D Warehouse", Address: "1 Main St", City: "Dallas", State: "TX", Phone: "555-0100"})
	f := h.book(t, "2026-11-24", 1000)
	if ids.Of(f.Stops[0].FacilityID) != dock || f.Stops[1].FacilityID != nil {
		t.Errorf("matched by name: %v %v", f.Stops[0].FacilityID, f.Stops[1].FacilityID)
	}
	picked := h.trip("2026-11-24", 1000)
	picked.Stops[0] = loads.StopInput{Kind: "pickup", FacilityID: dock, From: "2026-11-24T08:00"}
	g, err := h.Book(h.ctx, picked)
	if err != nil {
		t.Fatal(err)
	}
	if s := g.Stops[0]; s.Name != "Big D Warehouse" || s.Address != "1 Main St" || s.City != "Dallas" || s.Phone != "555-0100" || s.TimeZone != "America/Chicago" || ids.Of(s.FacilityID) != dock {
		t.Errorf("a picked facility fills the stop: %+v", s)
	}
	in := g.Input()
	in.Stops[0].Name, in.Stops[0].City, in.Stops[0].State = "Somewhere else", "Atlanta", "GA"
	if g, err = h.Edit(h.ctx, g.ID, g.Version, in); err != nil || g.Stops[0].FacilityID != nil {
		t.Errorf("a stop that moved keeps its facility: %v %v", g.Stops[0].FacilityID, err)
	}
	picked.Stops[0].FacilityID = ids.New()
	if _, err := h.Book(h.ctx, picked); !errs.Is(err, errs.KindInvalid) || errs.Public(err).Fields["stops[0].facility_id"] == "" {
		t.Errorf("a facility that is not there: %v", err)
	}
}

// TestBookedPapersTeachFacilities: what a rate confirmation names is kept when it
// is booked, not while it is a draft that nobody has looked at.
func TestBookedPapersTeachFacilities(t *testing.T) {
	t.Parallel()
	h := open(t)
	in := h.trip("2026-11-24", 1000)
	in.Source = "document"
	in.Stops[1].Address = "" // too little to know the place again
	f, err := h.Draft(h.ctx, in)
	if err != nil || len(h.yards.known) != 0 {
		t.Fatal(err, h.yards.known)
	}
	if f, err = h.Do(h.ctx, f.ID, loads.Step{Verb: lifecycle.Book}); err != nil {
		t.Fatal(err)
	}
	got, err := h.Get(h.ctx, f.ID)
	if err != nil || len(h.yards.known) != 1 || got.Stops[0].FacilityID == nil || got.Stops[1].FacilityID != nil {
		t.Fatalf("%v: %v, stops %v %v", err, h.yards.known, got.Stops[0].FacilityID, got.Stops[1].FacilityID)
	}
	if h.book(t, "2026-11-25", 900); len(h.yards.known) != 1 {
		t.Error("a load typed by hand makes facilities")
	}
}

func TestVisitsAndDwell(t *testing.T) {
	t.Parallel()
	h := open(t)
	dock := h.yard(t, loads.Site{Name: "Big D Warehouse", City: "Dallas", State: "TX"})
	for i, minutes := range []int{45, 200, 60} {
		f := h.book(t, "2026-11-23", 1000+i)
		if _, err := h.Assign(h.ctx, f.ID, f.Version, loads.Crew{TruckID: ids.New(), DriverID: ids.New()}); err != nil {
			t.Fatal(err)
		}
		from := monday.Add(-12 * time.Hour)
		for _, st := range []loads.Step{{Verb: lifecycle.Dispatch, At: from}, {Verb: lifecycle.Arrive, At: from}, {Verb: lifecycle.Load, At: from.Add(30 * time.Minute)},
			{Verb: lifecycle.Depart, At: from.Add(time.Duration(minutes) * time.Minute)}} {
			if _, err := h.Do(h.ctx, f.ID, st); err != nil {
				t.Fatal(err)
			}
		}
	}
	last := h.book(t, "2026-11-24", 5000)
	vs, pickup, delivery, err := h.Visits(h.ctx, dock)
	if err != nil || len(vs) != 4 || vs[0].ID != last.ID || loads.Stood(vs[0]) != 0 || loads.Stood(vs[1]) != time.Hour {
		t.Fatalf("%v %+v", err, vs)
	}
	if pickup != (loads.Dwell{Visits: 3, Typical: time.Hour, Bad: 200 * time.Minute}) || delivery != (loads.Dwell{}) {
		t.Errorf("pickup %+v, delivery %+v", pickup, delivery)
	}
	if _, _, _, err := h.Visits(h.as(identity.Driver), dock); !errs.Is(err, errs.KindForbidden) {
		t.Errorf("a driver: %v", err)
	}
}
