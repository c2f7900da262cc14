package loads_test

import (
	"slices"
	"strings"
	"testing"

	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
)

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, b, c := h.book(t, "2026-11-24", 1000), h.book(t, "2026-11-25", 1000), h.book(t, "2026-11-26", 1000)
	pick := func(fs ...loads.Full) (out []loads.Pick) {
		for _, f := range fs {
			out = append(out, loads.Pick{ID: f.ID, Version: f.Version})
		}
		return out
	}
	three := append(pick(a, b, c), loads.Pick{ID: ids.New(), Version: 1})
	if _, err := h.Assign(h.ctx, b.ID, b.Version, loads.Crew{TruckID: ids.New(), DriverID: ids.New()}); err != nil { // somebody is faster
		t.Fatal(err)
	}
	there, steps, err := h.CommonSteps(h.ctx, three)
	if err != nil || len(there) != 3 || !slices.Contains(steps, lifecycle.Hold) || slices.Contains(steps, lifecycle.Dispatch) {
		t.Fatalf("%v: %d loads, %v", err, len(there), steps)
	}
	out, err := h.DoAll(h.ctx, three, lifecycle.Hold, "snow on I-80")
	if err != nil || len(out) != 4 {
		t.Fatal(err, out)
	}
	for i, want := range []string{"", "somebody changed", "", "no such load"} {
		if got := out[i].Err; (got == nil) != (want == "") || got != nil && !strings.Contains(got.Error(), want) {
			t.Errorf("%d %s: %v, want %q", i, out[i].Number, got, want)
		}
	}
	for f, state := range map[*loads.Full]string{&a: "on_hold", &b: "booked", &c: "on_hold"} {
		if got, err := h.Get(h.ctx, f.ID); err != nil || got.State != state {
			t.Errorf("%s is %s, want %s", f.Number, got.State, state)
		}
	}
	if out, err = h.DoAll(h.ctx, pick(a), lifecycle.Hold, ""); err != nil || !errs.Is(out[0].Err, errs.KindInvalid) {
		t.Errorf("a hold without a reason: %v %v", out, err)
	}
	if out, err = h.NoteAll(h.ctx, pick(a, b), "called both"); err != nil || out[0].Err != nil || out[1].Err != nil {
		t.Errorf("%v %v", out, err)
	}
	evs := h.history(t, b.ID)
	if evs[len(evs)-1].Text != "called both" {
		t.Errorf("%+v", evs)
	}
	if out, err = h.NoteAll(h.as(identity.Viewer), pick(a), "x"); err != nil || !errs.Is(out[0].Err, errs.KindForbidden) {
		t.Errorf("a viewer notes: %v %v", out, err)
	}
	if _, err := h.DoAll(h.ctx, pick(a), lifecycle.Settle, ""); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("a step nobody presses: %v", err)
	}
	if _, err := h.DoAll(h.ctx, make([]loads.Pick, loads.MaxPicks+1), lifecycle.Hold, "x"); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("too many: %v", err)
	}
}
