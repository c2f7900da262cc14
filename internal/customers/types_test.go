package customers

import "testing"

func TestNameKey(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"ACME Logistics, LLC": "acme logistics", "Acme Logistics L.L.C.": "acme logistics", "A&B Freight": "a and b freight", "A & B Freight Co., Inc.": "a and b freight",
		"Joe's Trucking": "joes trucking", "LLC": "llc", "": "", "  ": "", "C.H. Robinson": "ch robinson", "Coyote": "coyote", "Première Fret Ltd": "première fret",
		"J.B. Hunt Transport, Inc": "jb hunt transport",
	} {
		if got := NameKey(in); got != want {
			t.Errorf("NameKey(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzNameKey(f *testing.F) {
	f.Add("A & B, Inc.")
	f.Fuzz(func(t *testing.T, s string) {
		if k := NameKey(s); NameKey(k) != k {
			t.Errorf("NameKey(%q) = %q, whose own key is %q", s, k, NameKey(k))
		}
	})
}

func TestHours(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "mon-wed 07:00-15:00": "mon-wed 07:00-15:00", "mon-tue 07:00-15:00; thu 07:00-15:00; fri 08:00-12:00": "mon-tue 07:00-15:00; thu 07:00-15:00; fri 08:00-12:00", "Sun 22:00-06:00, sat 00:00-24:00": "sat 00:00-24:00; sun 22:00-06:00",
	} {
		h, err := ReadHours(in)
		if err != nil || h.String() != want {
			t.Errorf("%q: %q %v", in, h, err)
		}
		if back, err := ParseHours(h.JSON()); err != nil || back.String() != want {
			t.Errorf("%q does not come back: %v", in, err)
		}
	}
	for _, bad := range []string{"mon", "mon 7-15", "wed-mon 07:00-08:00", "mon 25:00-26:00", "mon 07:00-07:00", "day 07:00-08:00", "mon 24:00-08:00"} {
		if _, err := ReadHours(bad); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
	for _, bad := range []string{`[]`, `{"mon":["07:00"]}`, `{"moon":["07:00","08:00"]}`, `{"mon":"all day"}`, `{"mon":["07:00","7pm"]}`} {
		if _, err := ParseHours([]byte(bad)); err == nil {
			t.Errorf("%s is read", bad)
		}
	}
}

func TestPercent(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{"": 0, "2.5": 250, "2.5 %": 250, "3": 300, "0.25": 25} {
		if got, err := ParseBps(in); err != nil || got != want {
			t.Errorf("%q: %d %v", in, got, err)
		}
		if back, err := ParseBps(FormatBps(want)); err != nil || back != want {
			t.Errorf("%d is written %q", want, FormatBps(want))
		}
	}
	if _, err := ParseBps("-1"); err == nil {
		t.Error("a negative discount is read")
	}
}
