package app

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"truckflow/internal/dispatch"
	"truckflow/internal/fleet"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
)

// yard gives a company trucks with drivers, each parked in a town, and so many vans.
func yard(t *testing.T, a *App, ctx context.Context, vans int, towns ...string) (trucks map[string]ids.ID) {
	t.Helper()
	trucks = map[string]ids.ID{}
	soon := time.Now().AddDate(1, 0, 0)
	for i, town := range towns {
		unit := string(rune('1'+i)) + "01"
		d := must(a.Fleet.AddDriver(ctx, fleet.Driver{Name: "Driver " + unit, CdlNumber: "D123456" + unit, CdlState: "TX", CdlClass: "A", CdlExpires: &soon, MedicalExpires: &soon, Endorsements: []string{}}))(t)
		trucks[unit] = must(a.Fleet.AddTruck(ctx, fleet.Truck{UnitNumber: unit, DriverID: d.ID.Ptr(), HomeCity: town, HomeState: "TX"}))(t).ID
	}
	for i := range vans {
		must(a.Fleet.AddTrailer(ctx, fleet.Trailer{UnitNumber: "53" + string(rune('0'+i)), Equipment: "van", LengthFt: 53}))(t)
	}
	return trucks
}

// lane books a van load that is picked up and delivered so many days from now.
func lane(t *testing.T, a *App, ctx context.Context, customer ids.ID, from, to string, pickup, delivery int) loads.Full {
	t.Helper()
	return must(a.Loads.Book(ctx, loads.Input{CustomerID: customer, Equipment: "van", Charges: []loads.ChargeInput{{Kind: "linehaul", Amount: 90_000}}, Stops: []loads.StopInput{
		{Kind: "pickup", City: from, State: "TX", From: ago(-pickup) + "T08:00"}, {Kind: "delivery", City: to, State: "TX", From: ago(-delivery) + "T16:00"}}}))(t)
}

func pickOf(fs ...loads.Full) (out []loads.Pick) {
	for _, f := range fs {
		out = append(out, loads.Pick{ID: f.ID, Version: f.Version})
	}
	return out
}

// TestTrucksForManyLoads: each load gets the nearest truck that no other of them
// needs at that time; a truck takes a second one after the first.
func TestTrucksForManyLoads(t *testing.T) {
	t.Parallel()
	a := start(t)
	ctx := found(t, a, "Pairs")
	acme := customer(t, a, ctx, "Acme", 0)
	trucks := yard(t, a, ctx, 2, "Dallas", "Houston")
	dallas, again := lane(t, a, ctx, acme, "Dallas", "El Paso", 2, 3), lane(t, a, ctx, acme, "Dallas", "Austin", 2, 2)
	after, third := lane(t, a, ctx, acme, "El Paso", "Dallas", 5, 6), lane(t, a, ctx, acme, "Dallas", "Waco", 2, 2)
	held := lane(t, a, ctx, acme, "Dallas", "Tyler", 2, 2)
	held = must(a.Loads.Do(ctx, held.ID, loads.Step{Verb: "hold", Reason: "snow"}))(t)
	rows := must(a.Dispatch.Pair(ctx, pickOf(after, dallas, again, held, third), nil))(t)
	got := map[string]string{}
	for _, p := range rows {
		got[p.Load.Number] = p.Pick.Truck.Unit + " " + p.Pick.Trailer.Unit + " " + p.Problem
	}
	for f, want := range map[*loads.Full]string{&dallas: "101 530 ", &again: "201 531 ", &after: "101 530 ", &third: "  no truck is free for it", &held: "  it is on hold; only booked loads get their trucks together"} {
		if got[f.Number] != want {
			t.Errorf("%s %s to %s: %q, want %q", f.Number, f.OriginCity, f.DestCity, got[f.Number], want)
		}
	}
	// A person takes the truck that another one has: said, not done.
	one := dispatch.Choice{TruckID: trucks["101"]}
	rows = must(a.Dispatch.Pair(ctx, pickOf(dallas, again), map[ids.ID]dispatch.Choice{dallas.ID: one, again.ID: one}))(t)
	if rows[0].Problem != "" || rows[0].Load.ID != dallas.ID || !strings.HasPrefix(rows[1].Problem, "its truck hauls "+dallas.Number+" until ") {
		t.Errorf("one truck for two: %q, %q", rows[0].Problem, rows[1].Problem)
	}
	rows = must(a.Dispatch.Pair(ctx, pickOf(dallas, again), map[ids.ID]dispatch.Choice{dallas.ID: {}, again.ID: one}))(t)
	if !rows[0].Pick.Truck.ID.IsZero() || rows[1].Pick.Truck.Unit != "101" || rows[1].Problem != "" {
		t.Errorf("none for the first: %+v, %+v", rows[0].Pick, rows[1])
	}
	if f := must(a.Loads.Get(ctx, dallas.ID))(t); f.TruckID != nil || f.Version != dallas.Version {
		t.Error("a proposal changed a load")
	}
	if _, err := a.Dispatch.Pair(colleague(t, a, ctx, identity.Accountant), pickOf(dallas), nil); !errs.Is(err, errs.KindForbidden) {
		t.Errorf("an accountant: %v", err)
	}
}

// TestAssignManyFromTheBoard walks the dialog: select, propose, change, confirm.
// What cannot be is named, the rest is done, and nothing is half done.
func TestAssignManyFromTheBoard(t *testing.T) {
	t.Parallel()
	a := start(t)
	ctx := found(t, a, "Pairboard")
	acme := customer(t, a, ctx, "Acme", 0)
	trucks := yard(t, a, ctx, 3, "Dallas", "Houston", "Laredo")
	x, y, z := lane(t, a, ctx, acme, "Dallas", "El Paso", 2, 3), lane(t, a, ctx, acme, "Houston", "Austin", 2, 2), lane(t, a, ctx, acme, "Dallas", "Waco", 2, 2)
	b := browse(t, a, "Pairboard")
	form := url.Values{}
	for _, f := range []loads.Full{x, y, z} {
		form.Add("load", f.ID.String()+":1")
	}
	has(t, b.get("/board/bulk?"+form.Encode()), `<option value="assign">Assign trucks`)
	form.Set("do", "assign")
	table := b.do(http.MethodPost, "/board/bulk", form).Body.String()
	has(t, table, "Trucks for 3 loads", x.Number, "101 · Driver 101 · ", "Assign 3 loads", `aria-label="Truck for `+y.Number+`"`)
	choice := func(unit string) dispatch.Choice { return dispatch.Choice{TruckID: trucks[unit]} }
	for _, p := range must(a.Dispatch.Pair(ctx, pickOf(x, y, z), map[ids.ID]dispatch.Choice{x.ID: choice("101"), y.ID: choice("201"), z.ID: choice("101")}))(t) {
		form.Set("crew-"+p.Load.ID.String(), strings.Join([]string{p.Pick.Truck.ID.String(), p.Pick.Trailer.ID.String(), p.Pick.Driver.ID.String()}, ":"))
	}
	has(t, b.do(http.MethodPost, "/board/bulk", form).Body.String(), "Its truck hauls "+x.Number, "1 load cannot get the truck chosen")
	note(t, a, ctx, y) // somebody is faster
	form.Set("dispatch", "yes")
	result := b.do(http.MethodPost, "/board/bulk/assign", form).Body.String()
	has(t, result, "1 load assigned and dispatched", "2 loads not changed", "Its truck hauls "+x.Number+" until", "Somebody changed load "+y.Number, "data-bulk-done")
	for f, want := range map[*loads.Full]string{&x: "dispatched", &y: "booked", &z: "booked"} {
		got := must(a.Loads.Get(ctx, f.ID))(t)
		if got.State != want || (got.TruckID != nil) != (want == "dispatched") || (got.TrailerID != nil) != (want == "dispatched") {
			t.Errorf("%s is %s with truck %v, trailer %v, want %s", f.Number, got.State, got.TruckID, got.TrailerID, want)
		}
	}
	for value, want := range map[string]int{"nonsense": 422, "": 422} {
		form.Set("crew-"+x.ID.String(), value)
		form.Set("crew-"+y.ID.String(), "")
		form.Set("crew-"+z.ID.String(), "")
		if w := b.do(http.MethodPost, "/board/bulk/assign", form); w.Code != want {
			t.Errorf("crew %q: %d", value, w.Code)
		}
	}
}

// note changes a load's version, as a colleague's edit does.
func note(t *testing.T, a *App, ctx context.Context, f loads.Full) {
	t.Helper()
	in := f.Input()
	in.Commodity = "Changed meanwhile"
	must(a.Loads.Edit(ctx, f.ID, f.Version, in))(t)
}

// colleague returns somebody of a role in the owner's company.
func colleague(t *testing.T, a *App, owner context.Context, role identity.Role) context.Context {
	t.Helper()
	cookie, _, _ := join(t, a, owner, role, string(role)+"-"+ids.New().String()+"@example.com")
	return tenant.With(t.Context(), must(a.Identity.Resume(t.Context(), cookie, "127.0.0.1"))(t))
}
