package fleet_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"truckflow/internal/fleet"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
)

func TestTruckLife(t *testing.T) {
	t.Parallel()
	h := open(t)
	tr, err := h.AddTruck(h.ctx, fleet.Truck{UnitNumber: " 104 ", Vin: "1m8gdm9axkp042788", PlateState: "tx"})
	if err != nil {
		t.Fatal(err)
	}
	if tr.UnitNumber != "104" || tr.Vin != "1M8GDM9AXKP042788" || tr.PlateState != "TX" || tr.Version != 1 {
		t.Fatalf("stored %+v", tr)
	}
	_, err = h.AddTruck(h.ctx, fleet.Truck{UnitNumber: "104"})
	wantKind(t, err, errs.KindConflict, "unit_number")
	if !strings.Contains(err.Error(), "104") {
		t.Errorf("the conflict does not name the unit: %v", err)
	}
	stale := tr
	tr.Make = "Volvo"
	if tr, err = h.EditTruck(h.ctx, tr); err != nil || tr.Version != 2 {
		t.Fatalf("edit: version %d, %v", tr.Version, err)
	}
	stale.Make = "Mack"
	_, err = h.EditTruck(h.ctx, stale)
	wantKind(t, err, errs.KindConflict, "")
	if got, _ := h.Truck(h.ctx, tr.ID); got.Make != "Volvo" || got.Version != 2 {
		t.Fatalf("a stale form overwrote: %+v", got)
	}
	if err := h.Archive(h.ctx, fleet.KindTruck, tr.ID, 2); err != nil {
		t.Fatal(err)
	}
	_, err = h.EditTruck(h.ctx, withVersion(tr, 3))
	wantKind(t, err, errs.KindConflict, "")
	if _, err = h.AddTruck(h.ctx, fleet.Truck{UnitNumber: "104"}); err != nil {
		t.Fatalf("the number of an archived truck is free: %v", err)
	}
	err = h.Restore(h.ctx, fleet.KindTruck, tr.ID, 3)
	wantKind(t, err, errs.KindConflict, "unit_number")
	for show, n := range map[fleet.Show]int{fleet.ShowActive: 1, fleet.ShowArchived: 1, fleet.ShowAll: 2, fleet.ShowOutOfService: 0} {
		if ts, err := h.Trucks(h.ctx, fleet.Filter{Show: show}); err != nil || len(ts) != n {
			t.Errorf("%s shows %d trucks, want %d (%v)", show, len(ts), n, err)
		}
	}
	if ts, _ := h.Trucks(h.ctx, fleet.Filter{Show: fleet.ShowAll, Query: "volvo 10"}); len(ts) != 1 {
		t.Errorf("search finds %d trucks, want 1", len(ts))
	}
}

func withVersion(t fleet.Truck, v int) fleet.Truck { t.Version = v; return t }

func TestWrongTenantAndRole(t *testing.T) {
	t.Parallel()
	h := open(t)
	tr, err := h.AddTruck(h.ctx, fleet.Truck{UnitNumber: "1"})
	if err != nil {
		t.Fatal(err)
	}
	other := h.company("owner@two.example")
	_, err = h.Truck(other, tr.ID)
	wantKind(t, err, errs.KindNotFound, "")
	wantKind(t, h.Archive(other, fleet.KindTruck, tr.ID, 1), errs.KindNotFound, "")
	if _, err := h.AddTruck(other, fleet.Truck{UnitNumber: "1"}); err != nil {
		t.Errorf("another company's unit number is in the way: %v", err)
	}
	_, err = h.AddTruck(h.as(identity.Viewer), fleet.Truck{UnitNumber: "2"})
	wantKind(t, err, errs.KindForbidden, "")
	_, err = h.AddDriver(h.as(identity.Dispatcher), fleet.Driver{Name: "A"})
	wantKind(t, err, errs.KindForbidden, "")
	_, err = h.Trucks(h.as(identity.Driver), fleet.Filter{})
	wantKind(t, err, errs.KindForbidden, "")
	if _, err := h.AddDriver(h.as(identity.Safety), fleet.Driver{Name: "A"}); err != nil {
		t.Error(err)
	}
}

func TestUsualDriver(t *testing.T) {
	t.Parallel()
	h := open(t)
	ghost := ids.New()
	_, err := h.AddTruck(h.ctx, fleet.Truck{UnitNumber: "1", DriverID: &ghost})
	wantKind(t, err, errs.KindInvalid, "driver_id")
	d, err := h.AddDriver(h.ctx, fleet.Driver{Name: "Ana Ruiz", CdlNumber: "d123", CdlState: "TX"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = h.AddTruck(h.ctx, fleet.Truck{UnitNumber: "1", DriverID: &d.ID}); err != nil {
		t.Fatal(err)
	}
	_, err = h.AddDriver(h.ctx, fleet.Driver{Name: "Ana R", CdlNumber: "D123", CdlState: "tx"})
	wantKind(t, err, errs.KindConflict, "cdl_number")
}

func TestOutOfServiceAndLaw(t *testing.T) {
	t.Parallel()
	h := open(t)
	d, err := h.AddDriver(h.ctx, fleet.Driver{Name: "Bo Chen", CdlExpires: day(2026, 11, 25), MedicalExpires: day(2026, 11, 20)})
	if err != nil {
		t.Fatal(err)
	}
	tr, err := h.AddTruck(h.ctx, fleet.Truck{UnitNumber: "7", InspectionDue: day(2026, 12, 1)})
	if err != nil {
		t.Fatal(err)
	}
	why := func(on *time.Time) string {
		t.Helper()
		bs, err := h.LegalToDispatch(h.ctx, fleet.Crew{Driver: d.ID, Truck: tr.ID}, *on)
		if err != nil {
			t.Fatal(err)
		}
		out := ""
		for _, b := range bs {
			out += b.What + " " + b.Why + "; "
		}
		return out
	}
	if got := why(day(2026, 11, 20)); got != "" {
		t.Errorf("on the last day of a paper: %s", got)
	}
	if got := why(day(2026, 11, 23)); !strings.Contains(got, "medical certificate ran out on Nov 20, 2026") || strings.Contains(got, "CDL") {
		t.Errorf("got %s", got)
	}
	if got := why(day(2026, 12, 2)); !strings.Contains(got, "CDL") || !strings.Contains(got, "annual inspection") {
		t.Errorf("got %s", got)
	}
	wantKind(t, h.OutOfService(h.ctx, fleet.KindTruck, tr.ID, 1, *day(2026, 11, 10), day(2026, 11, 9), ""), errs.KindInvalid, "reason")
	wantKind(t, h.OutOfService(h.ctx, fleet.KindTruck, tr.ID, 1, *day(2026, 11, 10), day(2026, 11, 9), "x"), errs.KindInvalid, "until")
	if err := h.OutOfService(h.ctx, fleet.KindTruck, tr.ID, 1, *day(2026, 11, 10), day(2026, 11, 12), "turbo"); err != nil {
		t.Fatal(err)
	}
	if got := why(day(2026, 11, 12)); !strings.Contains(got, "truck 7 is out of service until Nov 12, 2026: turbo") {
		t.Errorf("got %q", got)
	}
	if got := why(day(2026, 11, 13)); got != "" {
		t.Errorf("the day after: %s", got)
	}
	wantKind(t, h.BackInService(h.ctx, fleet.KindTruck, tr.ID, 1), errs.KindConflict, "")
	if err := h.BackInService(h.ctx, fleet.KindTruck, tr.ID, 2); err != nil {
		t.Fatal(err)
	}
	if got := why(day(2026, 11, 12)); got != "" {
		t.Errorf("back in service: %s", got)
	}
}

func TestExpiries(t *testing.T) {
	t.Parallel()
	h := open(t) // today is 23 November 2026 in Chicago
	if _, err := h.AddDriver(h.ctx, fleet.Driver{Name: "Cy", CdlExpires: day(2026, 11, 22), MedicalExpires: day(2026, 12, 23), MvrReviewed: day(2025, 11, 23),
		ClearinghouseQueried: day(2026, 6, 1), HazmatExpires: day(2026, 11, 24)}); err != nil {
		t.Fatal(err)
	}
	es, err := h.Expiries(h.ctx, 30)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, e := range es {
		got += e.What + " " + e.Due.Format(time.DateOnly) + ", "
		if e.What == "CDL" && (e.Days != -1 || e.Warning() != 0) || e.What == "MVR annual review" && e.Days != 0 {
			t.Errorf("%+v warns at %d", e, e.Warning())
		}
	}
	if got != "CDL 2026-11-22, MVR annual review 2026-11-23, medical certificate 2026-12-23, " {
		t.Errorf("got %s (hazmat without the endorsement is not due)", got)
	}
	h.clk.Set(time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)) // still the 23rd in Chicago
	if d, _ := h.Today(h.ctx); d.Day() != 23 {
		t.Errorf("today is the %d., want the company's 23rd", d.Day())
	}
}

func TestImportRoundTrip(t *testing.T) {
	t.Parallel()
	h := open(t)
	if _, err := h.AddDriver(h.ctx, fleet.Driver{Name: "Ana Ruiz"}); err != nil {
		t.Fatal(err)
	}
	file := []byte("Unit;Make;Driver;Inspection due;Colour\r\n101;Volvo;ana ruiz;11/30/2026;red\r\n;Mack;;;\r\n102;Kenworth;Nobody;;\r\n101;Volvo;;;\r\n103;=cmd();;soon;\r\n104;'=1+1;;2026-12-01;\r\n")
	p, err := h.Preview(h.ctx, fleet.KindTruck, file)
	if err != nil {
		t.Fatal(err)
	}
	if p.New != 2 || p.Bad != 4 || p.Changed != 0 || len(p.Ignored) != 1 || p.Delimiter != "semicolon" {
		t.Fatalf("preview %+v", p)
	}
	for i, want := range []struct {
		line   int
		column string
	}{{3, "unit_number"}, {4, "driver"}, {5, "unit_number"}, {6, "inspection_due"}} {
		if got := p.Problems[i]; got.Line != want.line || got.Column != want.column || got.Reason == "" {
			t.Errorf("problem %d is %+v, want %+v", i, got, want)
		}
	}
	if ts, _ := h.Trucks(h.ctx, fleet.Filter{}); len(ts) != 0 {
		t.Fatalf("a preview stored %d trucks", len(ts))
	}
	if _, err = h.Import(h.ctx, fleet.KindTruck, file, p.Digest); err != nil {
		t.Fatal(err)
	}
	_, err = h.Import(h.ctx, fleet.KindTruck, file, p.Digest)
	wantKind(t, err, errs.KindConflict, "")
	ts, _ := h.Trucks(h.ctx, fleet.Filter{})
	if len(ts) != 2 || ts[1].Make != "=1+1" || ts[0].DriverID == nil {
		t.Fatalf("stored %+v", ts)
	}
	var out bytes.Buffer
	if err := h.Export(h.ctx, fleet.KindTruck, fleet.Filter{}, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), ",'=1+1,") || !strings.Contains(out.String(), "Ana Ruiz") {
		t.Fatalf("exported %s", out.String())
	}
	if p, err = h.Preview(h.ctx, fleet.KindTruck, out.Bytes()); err != nil || p.Unchanged != 2 || p.New+p.Changed+p.Bad != 0 {
		t.Fatalf("what was exported changes something: %+v %v", p, err)
	}
	_, err = h.Import(h.as(identity.Viewer), fleet.KindTruck, file, "")
	wantKind(t, err, errs.KindForbidden, "")
}
