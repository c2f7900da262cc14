package sim

import (
	"math"
	"reflect"
	"testing"
	"time"

	"truckflow/internal/kit/geo"
)

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func TestSameSeedSameWorld(t *testing.T) {
	t.Parallel()
	world := func(seed int64) []any {
		out := []any{brokers(seed, 15)}
		for i := range 20 {
			h, p := placed(source(seed, "today", i), phases[i], equipmentOf(i), "c", ref("AB", i), noon)
			out = append(out, h, p, driverBody(seed, i, noon), trailerBody(seed, i, noon), truckBody(seed, i, "d", noon))
		}
		return out
	}
	if !reflect.DeepEqual(world(1), world(1)) {
		t.Error("the same seed makes two different worlds")
	}
	if reflect.DeepEqual(world(1), world(2)) {
		t.Error("two seeds make the same world")
	}
}

func TestDrive(t *testing.T) {
	t.Parallel()
	a, b := geo.Point{Lat: 41.9, Lon: -87.6}, geo.Point{Lat: 39.8, Lon: -105.0}
	whole := a.Miles(b) * circuity
	half, there := drive(a, b, whole/2)
	if there || math.Abs(half.Miles(a)-half.Miles(b)) > 20 {
		t.Errorf("half the way ends at %v, arrived %v", half, there)
	}
	if end, there := drive(half, b, whole); !there || end != b {
		t.Errorf("the rest of the way ends at %v, arrived %v", end, there)
	}
	if at, there := drive(b, b, 0); !there || at != b {
		t.Errorf("standing at the dock is not arriving: %v %v", at, there)
	}
}

func TestPhasesAreInOrder(t *testing.T) {
	t.Parallel()
	for i, ph := range phases {
		for seed := range int64(20) {
			h, _ := placed(source(seed, "today", i), ph, equipmentOf(i), "c", ref("AB", i), noon)
			before := noon.AddDate(-1, 0, 0)
			for _, s := range h.steps(ph, noon) {
				if s.at.After(noon) || s.at.Before(before) {
					t.Fatalf("%s, seed %d: %s at %s comes after %s or in the future", ph, seed, s.verb, s.at, before)
				}
				before = s.at
			}
			if n := len(h.steps(ph, noon)); n != reached[ph] {
				t.Errorf("%s has %d steps behind it, want %d", ph, n, reached[ph])
			}
			s := h.Load.Stops
			if s[0].ZIP == s[1].ZIP || h.Miles < 100 || h.Load.Charges[0].Amount <= 0 {
				t.Errorf("%s, seed %d: not a haul: %+v", ph, seed, h)
			}
		}
	}
}

func TestEquipmentIsKnown(t *testing.T) {
	t.Parallel()
	count := map[string]int{}
	for i := range 55 {
		count[equipmentOf(i)]++
		if len(cargo[equipmentOf(i)]) == 0 {
			t.Errorf("trailer %d is a %q", i, equipmentOf(i))
		}
	}
	if len(count) != 3 {
		t.Errorf("trailers: %v", count)
	}
}

func TestPapersPrint(t *testing.T) {
	t.Parallel()
	b := brokers(1, 15)
	for n := range int64(6) {
		if name, body, err := confirmation(1, n, b[n], noon); err != nil || len(body) < 1000 || string(body[:4]) != "%PDF" {
			t.Errorf("%s: %d bytes, %v", name, len(body), err)
		}
	}
	h, _ := placed(source(1, "today", 30), "delivered", "van", "c", ref("AB", 1), noon)
	if _, body, err := podPDF(1, "L-1", h.signed()); err != nil || string(body[:4]) != "%PDF" {
		t.Errorf("delivery receipt: %d bytes, %v", len(body), err)
	}
	if _, body, err := podPhoto(1, "L-1", h.signed()); err != nil || len(body) < 20_000 || body[0] != 0xff || body[1] != 0xd8 {
		t.Errorf("photo: %d bytes, %v", len(body), err)
	}
}
