package routing

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
	"truckflow/internal/routing/gazetteer"
)

func TestLocate(t *testing.T) {
	t.Parallel()
	s := New(Corridor{})
	for _, tc := range []struct {
		in        Address
		want      string
		precision Precision
		zone      string
		warning   string
	}{
		{Address{ZIP: "75201"}, "Dallas, TX 75201", PrecisionZIP, "America/Chicago", ""},
		{Address{ZIP: "75201-1234", City: "dallas", State: "Texas"}, "Dallas, TX 75201", PrecisionZIP, "America/Chicago", ""},
		{Address{ZIP: "75201", City: "Houston", State: "TX"}, "Dallas, TX 75201", PrecisionZIP, "America/Chicago", "not in Houston"},
		{Address{ZIP: "75201", City: "Dallas", State: "GA"}, "Dallas, TX 75201", PrecisionZIP, "America/Chicago", "not in Dallas, GA"},
		{Address{ZIP: "75201", State: "GA"}, "Dallas, TX 75201", PrecisionZIP, "America/Chicago", "not in GA"},
		{Address{ZIP: "75201", City: "University Park", State: "TX"}, "Dallas, TX 75201", PrecisionZIP, "America/Chicago", "not in University Park"},
		{Address{ZIP: "75201", City: "Irving", State: "TX"}, "Dallas, TX 75201", PrecisionZIP, "America/Chicago", ""},
		{Address{City: "st louis", State: "mo"}, "Saint Louis, MO", PrecisionCity, "America/Chicago", ""},
		{Address{City: "Laredo", State: "TX"}, "Laredo, TX", PrecisionCity, "America/Chicago", ""},
		{Address{City: "Toronto", State: "ON"}, "Toronto, ON", PrecisionState, "America/Toronto", ""},
		{Address{City: "Toronto", ZIP: "M5V 2T6"}, "Toronto, ON M5V 2T6", PrecisionState, "America/Toronto", ""},
		{Address{ZIP: "M5V 2T6", State: "QC"}, ", ON M5V 2T6", PrecisionState, "America/Toronto", "in Ontario, not in QC"},
		{Address{State: "wyoming"}, ", WY", PrecisionState, "America/Denver", ""},
		{Address{City: "Amarillo"}, "Amarillo, TX", PrecisionCity, "America/Chicago", ""},
		{Address{Text: "1200 Main St, Dallas, TX 75201"}, "Dallas, TX 75201", PrecisionZIP, "America/Chicago", ""},
		{Address{Text: "500 W 5th St Winston-Salem NC"}, "Winston-Salem, NC", PrecisionCity, "America/New_York", ""},
		{Address{Text: "12 Dock Rd, El Paso, Texas, USA"}, "El Paso, TX", PrecisionCity, "America/Denver", ""},
		{Address{Text: "60601"}, "Chicago, IL 60601", PrecisionZIP, "America/Chicago", ""},
	} {
		got, err := s.Locate(context.Background(), tc.in)
		if err != nil || got.Place.String() != tc.want || got.Precision != tc.precision || got.TimeZone != tc.zone || !got.Point.Valid() {
			t.Errorf("Locate(%+v) = %q %s %s, %v; want %q %s %s", tc.in, got.Place, got.Precision, got.TimeZone, err, tc.want, tc.precision, tc.zone)
		}
		if (got.Warning == "") != (tc.warning == "") || !strings.Contains(got.Warning, tc.warning) {
			t.Errorf("Locate(%+v) warns %q, want %q", tc.in, got.Warning, tc.warning)
		}
	}
}

func TestLocateSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := New(Corridor{})
	for _, tc := range []struct {
		in    Address
		want  string
		field string
	}{
		{Address{}, "needs a ZIP code, or a city and a state", "zip"},
		{Address{Text: "  ,, "}, "needs a ZIP code, or a city and a state", "zip"},
		{Address{ZIP: "75200", City: "Dallas", State: "TX"}, "ZIP code 75200 is not known; did you mean 75201 in Dallas, TX", "zip"},
		{Address{ZIP: "75299-1111"}, "ZIP code 75299-1111 is not known; did you mean 752", "zip"},
		{Address{ZIP: "00000"}, "ZIP code 00000 is not known", "zip"},
		{Address{ZIP: "ABC"}, `"ABC" is not a ZIP code; it has five digits`, "zip"},
		{Address{ZIP: "7520", City: "Dallas", State: "TX"}, `"7520" is not a ZIP code; it has five digits; did you mean 752`, "zip"},
		{Address{City: "Albanny", State: "NY"}, `no city "Albanny" is known in New York; did you mean Albany`, "city"},
		{Address{City: "Dalas", State: "TX"}, `no city "Dalas" is known in Texas; did you mean Dal`, "city"},
		{Address{City: "Xyzzy"}, `no city "Xyzzy" is known`, "city"},
		{Address{City: "Springfield"}, "states; add the state", "state"},
		{Address{City: "Dallas", State: "ZZ"}, `"ZZ" is not a state or province`, "state"},
	} {
		_, err := s.Locate(context.Background(), tc.in)
		var e *errs.Error
		if !errors.As(err, &e) || e.Kind != errs.KindInvalid || !strings.Contains(e.Message, tc.want) || e.Fields[tc.field] == "" {
			t.Errorf("Locate(%+v): %v (%+v), want %q on field %s", tc.in, err, e, tc.want, tc.field)
		}
	}
}

func TestZoneOf(t *testing.T) {
	t.Parallel()
	s := New(Corridor{})
	for _, tc := range [][4]string{
		{"79901", "", "", "America/Denver"}, {"", "Pensacola", "FL", "America/Chicago"}, {"", "", "FL", "America/New_York"}, {"99999", "Nowhere", "Idaho", "America/Denver"},
		{"H2X 1Y4", "", "", "America/Toronto"}, {"", "Calgary", "AB", "America/Edmonton"}, {"", "", "", ""}, {"x", "y", "z", ""},
	} {
		if got := s.ZoneOf(tc[0], tc[1], tc[2]); got != tc[3] {
			t.Errorf("ZoneOf(%q) = %q, want %q", tc[:3], got, tc[3])
		}
	}
}

func TestMiles(t *testing.T) {
	t.Parallel()
	at := func(s string) geo.Point { return cityPoint(t, s) }
	s, ctx := New(Corridor{}), context.Background()
	for _, tc := range []struct {
		name   string
		stops  []geo.Point
		lo, hi int
	}{
		{"none", nil, 0, 0},
		{"one", []geo.Point{at("Dallas, TX")}, 0, 0},
		{"nowhere to go", []geo.Point{at("Dallas, TX"), at("Dallas, TX")}, 0, 0},
		{"across town", []geo.Point{{Lat: 32.78, Lon: -96.80}, {Lat: 32.79, Lon: -96.80}}, 1, 2},
		{"two legs", []geo.Point{at("Chicago, IL"), at("Saint Louis, MO"), at("Dallas, TX")}, 890, 980},
		{"around Lake Michigan", []geo.Point{at("Milwaukee, WI"), at("Grand Rapids, MI")}, 255, 300},
		{"around Lake Erie", []geo.Point{at("Detroit, MI"), at("Buffalo, NY")}, 340, 390},
		{"around the Gulf", []geo.Point{at("Tampa, FL"), at("Houston, TX")}, 930, 1040},
		{"Florida Keys", []geo.Point{at("Miami, FL"), at("Key West, FL")}, 145, 185},
		{"up the Alaska Highway", []geo.Point{at("Seattle, WA"), at("Anchorage, AK")}, 2100, 2500},
		{"Toronto is not around the lakes", []geo.Point{at("Detroit, MI"), {Lat: 43.65, Lon: -79.38}}, 220, 265},
		{"Long Island", []geo.Point{at("New Haven, CT"), at("Hauppauge, NY")}, 85, 125},
		{"on Oahu", []geo.Point{{Lat: 21.307, Lon: -157.858}, {Lat: 21.336, Lon: -158.058}}, 14, 24},
	} {
		got, err := s.Miles(ctx, tc.stops)
		if err != nil || got.Miles < tc.lo || got.Miles > tc.hi || !got.Estimated || got.Method == "" {
			t.Errorf("%s: %+v, %v; want %d to %d miles", tc.name, got, err, tc.lo, tc.hi)
		}
	}
	for name, tc := range map[string]struct {
		stops []geo.Point
		want  string
	}{
		"unknown position": {[]geo.Point{at("Dallas, TX"), {}}, "stop 2 has no known position"},
		"over the ocean":   {[]geo.Point{at("Los Angeles, CA"), at("Honolulu, HI")}, "no road leads from stop 1 to stop 2"},
		"between islands":  {[]geo.Point{at("Honolulu, HI"), at("Kahului, HI")}, "no road leads from stop 1 to stop 2"},
		"too many":         {make([]geo.Point, 501), "at most 500 stops"},
	} {
		if got, err := s.Miles(ctx, tc.stops); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %+v, %v; want %q", name, got, err, tc.want)
		}
	}
	gone, stop := context.WithCancel(ctx)
	stop()
	if _, err := s.Miles(gone, []geo.Point{at("Dallas, TX"), at("Chicago, IL")}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled request: %v", err)
	}
}

// Both ways must be the same, no estimate shorter than the straight line, and
// nearly every ZIP code must be reachable: an unreachable one lies on an island
// or on the wrong side of a hand-drawn line.
func TestMilesHoldEverywhere(t *testing.T) {
	t.Parallel()
	hub := cityPoint(t, "Kansas City, MO")
	stranded, seen := 0, 0
	for _, state := range gazetteer.States() {
		for _, p := range gazetteer.Search(state.Name[:1]+", "+state.Code, 100) {
			out, ok1 := legMiles(hub, p.Point)
			back, ok2 := legMiles(p.Point, hub)
			if ok1 != (p.State != "HI") || ok1 != ok2 {
				t.Fatalf("%s: a road %v, back %v", p, ok1, ok2)
			}
			if d := hub.Miles(p.Point); ok1 && (out < d || out > 2*d+5 || out/back > 1.02 || back/out > 1.02) {
				t.Errorf("%s: %.0f miles, back %.0f, straight %.0f", p, out, back, d)
			}
			if path := around(hub, p.Point); ok1 && len(path) == 2 && !inAlaska(p.Point) && !clear(hub, p.Point, true) {
				stranded++
				t.Logf("no passage to %s", p)
			}
			seen++
		}
	}
	if seen < 1000 || stranded > seen/200 {
		t.Errorf("%d of %d places are stranded", stranded, seen)
	}
}

func TestPassagesLieOnTheRightSide(t *testing.T) {
	t.Parallel()
	hub := cityPoint(t, "Kansas City, MO")
	for _, p := range passages {
		if inCanada(p) || len(network().path(hub, p)) < 2 {
			t.Errorf("%v is in Canada", p)
		}
		if path := around(hub, p); len(path) == 2 && !clear(hub, p, true) {
			t.Errorf("no way leads to %v", p)
		}
	}
	for name, p := range map[string]geo.Point{"Toronto": {Lat: 43.65, Lon: -79.38}, "Calgary": {Lat: 51.05, Lon: -114.07}, "Halifax": {Lat: 44.65, Lon: -63.57}, "Windsor": {Lat: 42.25, Lon: -82.95}} {
		if !inCanada(p) {
			t.Errorf("%s is not in Canada", name)
		}
	}
}

func TestDriveTime(t *testing.T) {
	t.Parallel()
	for miles, want := range map[int]time.Duration{-5: 0, 0: 0, 38: time.Hour, 50: 79 * time.Minute, 200: 259 * time.Minute, 750: 859 * time.Minute} {
		if got := DriveTime(miles); got != want {
			t.Errorf("DriveTime(%d) = %v, want %v", miles, got, want)
		}
	}
	for m := range 1000 {
		if DriveTime(m+1) < DriveTime(m) {
			t.Fatalf("%d miles take longer than %d", m, m+1)
		}
	}
}

func TestMapData(t *testing.T) {
	t.Parallel()
	s := New(Corridor{})
	for name, d := range map[string]MapData{"outlines": s.Outlines(), "cities": s.Cities()} {
		if !json.Valid(d.Body) || len(d.Body) > 80<<10 || len(d.ETag) < 10 || d.ETag[0] != '"' {
			t.Errorf("%s: %d bytes, tag %s", name, len(d.Body), d.ETag)
		}
		t.Logf("%s: %d bytes", name, len(d.Body))
	}
	if s.Cities().ETag == s.Outlines().ETag {
		t.Error("two files share a tag")
	}
	if !strings.Contains(string(s.Cities().Body), `{"name":"Atlanta","state":"GA","rank":1}`) {
		t.Errorf("%.200s", s.Cities().Body)
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"1200 Main St, Dallas, TX 75201", "Dallas TX", "75201-1234", "M5V 2T6", ", , ,", "USA", "north carolina", "\xff, TX", "-----", strings.Repeat("a ", 300)} {
		f.Add(s)
	}
	s := New(Corridor{})
	f.Fuzz(func(t *testing.T, text string) {
		city, state, zip := parseAddress(text)
		if state != "" && gazetteer.StateCode(state) != state {
			t.Errorf("%q: state %q", text, state)
		}
		if len(city)+len(zip) > len(text)+8 {
			t.Errorf("%q: %q %q is longer than the text", text, city, zip)
		}
		l, err := s.Locate(context.Background(), Address{Text: text})
		if err == nil && (!l.Point.Valid() || l.TimeZone == "") || err != nil && !errs.Is(err, errs.KindInvalid) {
			t.Errorf("%q: %+v, %v", text, l, err)
		}
	})
}

func BenchmarkMiles(b *testing.B) {
	for name, stops := range map[string][]geo.Point{
		"open":   {{Lat: 41.88, Lon: -87.63}, {Lat: 32.78, Lon: -96.80}},
		"around": {{Lat: 42.33, Lon: -83.05}, {Lat: 43.04, Lon: -87.91}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := (Corridor{}).Miles(context.Background(), stops); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkLocate(b *testing.B) {
	s := New(Corridor{})
	for b.Loop() {
		if _, err := s.Locate(context.Background(), Address{Text: "1200 Main St, Dallas, TX 75201"}); err != nil {
			b.Fatal(err)
		}
	}
}
