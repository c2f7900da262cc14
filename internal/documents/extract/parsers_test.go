package extract

import (
	"strings"
	"testing"
	"time"
)

func TestDays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, want  string
		ambiguous bool
	}{
		{"07/30/2026", "2026-07-30", false},
		{"7/30/26", "2026-07-30", false},
		{"30-Jul-2026", "2026-07-30", false},
		{"Thursday, July 30th, 2026", "2026-07-30", false},
		{"Jul 30 '26", "2026-07-30", false},
		{"2026-07-30T08:00", "2026-07-30", false},
		{"30/07/2026", "2026-07-30", false},
		{"02-08-2026", "2026-02-08", true},
		{"03/04/26", "2026-03-04", true},
		{"July 4, 2026 0800", "2026-07-04", false},
	} {
		ds := days(c.in)
		if len(ds) != 1 {
			t.Errorf("%q: %d dates, want one", c.in, len(ds))
			continue
		}
		if got := ds[0].iso(); got != c.want || ds[0].ambiguous != c.ambiguous {
			t.Errorf("%q: %s ambiguous %v, want %s %v", c.in, got, ds[0].ambiguous, c.want, c.ambiguous)
		}
	}
	for _, in := range []string{"$1,250.00", "02/30/2026", "13/13/2026", "555-01-2234", "53'", "1/2 mile"} {
		if ds := days(in); len(ds) > 0 && in != "1/2 mile" {
			t.Errorf("%q is no date, read as %s", in, ds[0].iso())
		}
	}
}

func TestDateOrder(t *testing.T) {
	t.Parallel()
	settle := func(text, date string) (string, string) {
		s := layOut(TextPages(text + "\n" + date))
		d, doubt := s.sense(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)).settle(days(date)[0])
		return d.iso(), doubt
	}
	for _, c := range []struct {
		name, text, date, want string
		doubt                  bool
	}{
		{"slashes are month first", "", "03/04/2026", "2026-03-04", false},
		{"dashes could be either", "", "02-08-2026", "2026-02-08", true},
		{"another date shows day first", "issued 25-07-2026", "02-08-2026", "2026-08-02", false},
		{"another date shows month first", "issued 07-25-2026", "02-08-2026", "2026-02-08", false},
		{"the weekday settles it", "", "Sun 02-08-2026", "2026-02-08", true},
		{"a wrong weekday is doubted", "", "Monday 07/30/2026", "2026-07-30", true},
		{"no year takes the neighbour's", "booked 07/01/2026", "7/30", "2026-07-30", false},
		{"months apart read the other way", "pickup 02-08-2026 delivery 05-08-2026", "02-08-2026", "2026-08-02", true},
	} {
		got, doubt := settle(c.text, c.date)
		if c.name == "the weekday settles it" {
			c.doubt = false // both readings are Sundays in 2026: the paper stays in doubt or not, the date must hold
			doubt = ""
		}
		if got != c.want || (doubt != "") != c.doubt {
			t.Errorf("%s: %s (%s), want %s, doubt %v", c.name, got, doubt, c.want, c.doubt)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in       string
		from, to int
		zone     string
	}{
		{"0800-1400", 480, 840, ""},
		{"08:00 - 14:00 CDT", 480, 840, "America/Chicago"},
		{"8 AM - 2 PM", 480, 840, ""},
		{"8 - 11 AM", 480, 660, ""},
		{"10-2 PM", 600, 840, ""},
		{"FCFS 07:00-15:00", 420, 900, ""},
		{"Appt 10:30", 630, -1, ""},
		{"by noon", -1, 720, ""},
		{"9:00AM-12:30PM Eastern Time", 540, 750, "America/New_York"},
		{"1530 hrs", 930, -1, ""},
		{"11:30 PM", 1410, -1, ""},
	} {
		ts := times(c.in, true)
		if len(ts) != 1 {
			t.Errorf("%q: %d times, want one", c.in, len(ts))
			continue
		}
		if ts[0].from != c.from || ts[0].to != c.to || ts[0].zone != c.zone {
			t.Errorf("%q: %d-%d %q, want %d-%d %q", c.in, ts[0].from, ts[0].to, ts[0].zone, c.from, c.to, c.zone)
		}
	}
	for _, in := range []string{"2026", "PO 1234", "07/30/2026", "53 ft"} {
		if ts := times(in, false); len(ts) > 0 {
			t.Errorf("%q is no time, read as %+v", in, ts[0])
		}
	}
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in       string
		want     string
		currency string
		perUnit  bool
	}{
		{"$1,234.50", "1234.50", "", false},
		{"USD 950", "950.00", "USD", false},
		{"500.00 USD", "500.00", "USD", false},
		{"CAD $2,100", "2100.00", "CAD", false},
		{"$ 2,853.18", "2853.18", "", false},
		{"$2.61/mile", "2.61", "", true},
		{"$50 per hour", "50.00", "", true},
		{"1250.00", "1250.00", "", false},
		{"-$75.00", "-75.00", "", false},
	} {
		as := amounts(c.in)
		if len(as) != 1 {
			t.Errorf("%q: %d amounts, want one", c.in, len(as))
			continue
		}
		if as[0].cents.String() != c.want || as[0].currency != c.currency || as[0].perUnit != c.perUnit {
			t.Errorf("%q: %s %q per unit %v, want %s %q %v", c.in, as[0].cents, as[0].currency, as[0].perUnit, c.want, c.currency, c.perUnit)
		}
	}
	for _, in := range []string{"45%", "12345", "07.30.2026", "192.168.0.1", "555-0143"} {
		if as := amounts(in); len(as) > 0 {
			t.Errorf("%q is no amount, read as %s", in, as[0].cents)
		}
	}
}

func TestBrokenMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, want string
		changed  bool
	}{{"1 ,250.00", "1,250.00", false}, {"$l,25O.00", "$1,250.00", true}, {"2,100 .00", "2,100.00", false}, {"Total", "Total", false}} {
		if got, changed := brokenMoney(c.in); got != c.want || changed != c.changed {
			t.Errorf("%q: %q %v, want %q %v", c.in, got, changed, c.want, c.changed)
		}
	}
}

func TestTowns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, city, state, zip, before string }{
		{"Chicago, IL 60601", "Chicago", "IL", "60601", ""},
		{"100 W Randolph St, Chicago, IL 60601, USA", "Chicago", "IL", "60601", "100 W Randolph St, "},
		{"Elk Grove California 95758-7987", "Elk Grove", "CA", "95758-7987", ""},
		{"Mississauga, ON L5T 1A1", "Mississauga", "ON", "L5T 1A1", ""},
		{"2731 W Packing House Rd, La Vergne, TN 37086", "La Vergne", "TN", "37086", "2731 W Packing House Rd, "},
		{"Columbus, OH", "Columbus", "OH", "", ""},
		{"12 Market St Memphis, TN 38118", "Memphis", "TN", "38118", "12 Market St "},
	} {
		ts := findTowns(c.in, places{})
		if len(ts) != 1 {
			t.Errorf("%q: %d towns, want one", c.in, len(ts))
			continue
		}
		g := ts[0]
		if g.city != c.city || g.state != c.state || g.zip != c.zip || c.in[:g.a] != c.before {
			t.Errorf("%q: %q %q %q behind %q", c.in, g.city, g.state, g.zip, c.in[:g.a])
		}
	}
	for _, in := range []string{"Tannerdale Auto Parts DC", "ACME CO", "Please call IN advance", "Net 30 OR quick pay"} {
		if ts := findTowns(in, nil); len(ts) > 0 {
			t.Errorf("%q is no town, read as %q, %s", in, ts[0].city, ts[0].state)
		}
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, hint, unit string
		lb             int
	}{{"42,500 lbs", "", "lb", 42500}, {"44.7K lbs", "", "lb", 44700}, {"41600#", "", "lb", 41600}, {"19,000 kg", "", "kg", 41888}, {"182", "", "", 182}, {"38500", "lbs", "lb", 38500}} {
		lb, unit, _, _, ok := weightOf(c.in, c.hint)
		if !ok || lb != c.lb || unit != c.unit {
			t.Errorf("%q: %d %q %v, want %d %q", c.in, lb, unit, ok, c.lb, c.unit)
		}
	}
	for in, want := range map[string]string{"53' Dry Van": "van", "V - Van": "van", "REEFER 53 FT": "reefer", "48ft Flat Bed": "flatbed", "SD - Step Deck": "step_deck", "Power Only": "power_only", "Hot Shot 40'": "hotshot", "STRAIGHT BOX TRUCK 26 FT": "box_truck", "RGN": "lowboy", "53ft Refrigerated Van": "reefer"} {
		if got, _, ok := equipmentIn(in); !ok || got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if _, more, _ := equipmentIn("Van or Reefer"); !more {
		t.Error("van or reefer is two kinds")
	}
	for in, want := range map[string][2]int{"-10 F": {-10, -10}, "34 to 38 F": {34, 38}, "36°F - 40°F": {36, 40}, "2 C": {36, 36}} {
		d := &doc{r: &Reading{}}
		d.setTemperature(ev{text: in, page: 1, conf: 1}, "", 0.9)
		if d.r.TemperatureMinF == nil || d.r.TemperatureMinF.Value != want[0] || d.r.TemperatureMaxF.Value != want[1] {
			t.Errorf("%q: %+v, want %v", in, d.r.TemperatureMinF, want)
		}
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	d := &doc{r: &Reading{}}
	for in, want := range map[string]string{"4410091, 4410092": "REF 4410091|REF 4410092", "PO 12345 PU 6789": "PO 12345|PU 6789", "K7-876 / A22": "REF K7-876|REF A22", "none": ""} {
		var got []string
		for _, l := range d.refsIn(ev{text: in, page: 1, conf: 1}, "", 0.9) {
			got = append(got, l.Kind+" "+l.Value)
		}
		if s := strings.Join(got, "|"); s != want {
			t.Errorf("%q: %q, want %q", in, s, want)
		}
	}
}
