package gazetteer

import (
	"encoding/json"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"truckflow/internal/kit/geo"
)

func TestFileIsWhole(t *testing.T) {
	t.Parallel()
	zips, cities, counties := Size()
	if zips < 40_000 || cities < 25_000 || counties < 3_000 {
		t.Errorf("%d ZIP codes, %d cities, %d counties", zips, cities, counties)
	}
	if len(packed) > 1_258_291 {
		t.Errorf("places.bin is %d bytes, want at most 1.2 MB", len(packed))
	}
	if len(outlines) > 80<<10 {
		t.Errorf("the outlines are %d bytes, want at most 80 kB", len(outlines))
	}
	last := ""
	for row := range book.nZips {
		zip := book.rowZIP(row)
		p, ok := ByZIP(zip)
		if !ok || zip <= last || !p.Point.Valid() || p.City == "" || p.TimeZone == "" || p.ZIPs < 1 {
			t.Fatalf("row %d: %q %+v", row, zip, p)
		}
		if _, ok := StateByCode(p.State); !ok {
			t.Fatalf("%s is in %q", zip, p.State)
		}
		last = zip
	}
	seen := make([]bool, book.nZips)
	for c := range book.nCities {
		from, to := book.span(c)
		if from >= to {
			t.Fatalf("%s has no ZIP code", book.cityName(c))
		}
		for i := from; i < to; i++ {
			if row := book.member(i); seen[row] || book.rowCity(row) != c {
				t.Fatalf("ZIP row %d is listed under %s", row, book.cityName(c))
			}
			seen[book.member(i)] = true
		}
	}
}

func TestByZIP(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, want string }{
		{"75201", "Dallas, TX 75201"}, {"75201-1234", "Dallas, TX 75201"}, {"752011234", "Dallas, TX 75201"}, {" 60601 ", "Chicago, IL 60601"},
		{"00501", "Holtsville, NY 00501"}, {"02108", "Boston, MA 02108"}, {"99501", "Anchorage, AK 99501"}, {"96813", "Honolulu, HI 96813"},
		{"", ""}, {"7520", ""}, {"752011", ""}, {"75201-", ""}, {"75201-12a4", ""}, {"7520a", ""}, {"٧٥٢٠١", ""}, {"00000", ""}, {"99999", ""}, {"-5201", ""},
		{"09012", ""}, {"96960", ""},
	} {
		p, ok := ByZIP(tc.in)
		if got := p.String(); ok != (tc.want != "") || ok && got != tc.want {
			t.Errorf("ByZIP(%q) = %q, %v; want %q", tc.in, got, ok, tc.want)
		}
	}
}

func TestByCityForgivesSpelling(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ city, state, want string }{
		{"dallas", "tx", "Dallas, TX"}, {"DALLAS", "Texas", "Dallas, TX"}, {"St. Louis", "MO", "Saint Louis, MO"}, {"St Louis", "mo", "Saint Louis, MO"},
		{"Ft. Worth", "TX", "Fort Worth, TX"}, {"ft worth", "Tex.", "Fort Worth, TX"}, {"Mt Vernon", "NY", "Mount Vernon, NY"},
		{"N Little Rock", "AR", "North Little Rock, AR"}, {"Mcallen", "TX", "McAllen, TX"}, {"Mc Allen", "TX", "McAllen, TX"},
		{"O'Fallon", "MO", "O'Fallon, MO"}, {"OFallon", "MO", "O'Fallon, MO"}, {"New York City", "NY", "New York, NY"},
		{"Winston-Salem", "NC", "Winston-Salem, NC"}, {"Port St. Lucie", "FL", "Port Saint Lucie, FL"}, {"Washington", "D.C.", "Washington, DC"},
		{"E. Saint Louis", "IL", "East Saint Louis, IL"}, {"Colorado Spgs", "CO", "Colorado Springs, CO"},
	} {
		got := ByCity(tc.city, tc.state)
		if len(got) == 0 || !strings.HasPrefix(got[0].String(), tc.want+" ") {
			t.Errorf("ByCity(%q, %q) = %.2v, want %s", tc.city, tc.state, got, tc.want)
			continue
		}
		if len(got) != got[0].ZIPs {
			t.Errorf("%s: %d rows, want one for each of its %d ZIP codes", tc.want, len(got), got[0].ZIPs)
		}
	}
	if !HasCity("dallas", "tx") || !HasCity("dallas", "") || HasCity("Dallas", "ZZ") || HasCity("Dallas", "CA") {
		t.Error("HasCity does not agree with ByCity")
	}
	for _, tc := range [][2]string{{"", "TX"}, {"Dallas", "ZZ"}, {"Gotham", "NY"}, {"!!!", ""}, {"Dallas", "CA"}} {
		if got := ByCity(tc[0], tc[1]); got != nil {
			t.Errorf("ByCity(%q) found %v", tc, got[0])
		}
	}
	every := ByCity("Springfield", "")
	if len(every) < 60 || every[0].State != "MO" && every[0].State != "IL" && every[0].State != "MA" {
		t.Errorf("Springfield anywhere: %d, first %v", len(every), every[0])
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ in, first string }{
		{"dal", "Dallas, TX"}, {"Dallas, TX", "Dallas, TX"}, {"dallas, t", "Dallas, TX"}, {"dallas ga", "Dallas, GA"}, {"dallas georgia", "Dallas, GA"},
		{"75201", "Dallas, TX 75201"}, {"75201-4", ""}, {"752", "Dallas, TX 75201"}, {"7", "Metairie, LA 70001"}, {"hou", "Houston, TX"},
		{"st lou", "Saint Louis, MO"}, {"st", "Saint Louis, MO"}, {"sta", "Stamford"}, {"los", "Los Angeles, CA"}, {"new york", "New York, NY"},
		{"oklahoma", "Oklahoma City, OK"}, {"kansas city", "Kansas City, MO"}, {"kansas city ks", "Kansas City, KS"}, {"ft w", "Fort W"},
		{"nyc", "New York, NY"}, {"west virginia", "W"}, {"chi", "Chicago, IL"}, {"", ""}, {",", ""}, {"zzzz", ""}, {"99999", ""}, {"\x00\xff", ""},
	} {
		got := Search(tc.in, 8)
		switch {
		case tc.first == "" && len(got) > 0 && tc.in != "west virginia":
			t.Errorf("Search(%q) found %v", tc.in, got)
		case tc.first != "" && (len(got) == 0 || !strings.HasPrefix(got[0].String(), tc.first)) && tc.in != "west virginia":
			t.Errorf("Search(%q) = %v, want %s first", tc.in, got, tc.first)
		}
	}
	if got := Search("s", 1000); len(got) != maxResults {
		t.Errorf("an unbounded search gave %d", len(got))
	}
	if Search("dal", 0) != nil || Search("dal", -1) != nil {
		t.Error("no limit gave results")
	}
}

func TestNearAndLabel(t *testing.T) {
	t.Parallel()
	if got := Near(geo.Point{Lat: 32.78, Lon: -96.80}, 3); len(got) != 3 || got[0].City != "Dallas" {
		t.Errorf("near downtown Dallas: %v", got)
	}
	if Near(geo.Point{}, 3) != nil || Near(geo.Point{Lat: 0, Lon: -30}, 3) != nil || Near(geo.Point{Lat: 91, Lon: 0}, 3) != nil {
		t.Error("something is near the middle of the ocean")
	}
	for _, tc := range []struct {
		p    geo.Point
		want string
	}{
		{geo.Point{Lat: 32.78, Lon: -96.80}, "Dallas, TX"},
		{geo.Point{Lat: 35.40, Lon: -101.85}, "mi N of Amarillo, TX"},
		{geo.Point{Lat: 41.10, Lon: -100.76}, "North Platte, NE"},
		{geo.Point{Lat: 39.5, Lon: -117.0}, "Austin, NV"},
		{geo.Point{Lat: -10, Lon: 20}, ""},
	} {
		if got := Label(tc.p); !strings.HasSuffix(got, tc.want) || (got == "") != (tc.want == "") {
			t.Errorf("Label(%v) = %q, want %q", tc.p, got, tc.want)
		}
	}
	// The grid must agree with looking at every city.
	for _, p := range []geo.Point{{Lat: 45.99, Lon: -104.01}, {Lat: 31.0, Lon: -103.0}, {Lat: 47.6, Lon: -68.3}, {Lat: 64.8, Lon: -147.7}, {Lat: 25.1, Lon: -80.9}} {
		want, best := -1, 1e9
		for c := range book.nCities {
			if d := p.Miles(book.rowPoint(book.principal(c))); d < best {
				want, best = c, d
			}
		}
		if got := Near(p, 1); len(got) != 1 || got[0].City != book.cityName(want) {
			t.Errorf("Near(%v) = %v, want %s", p, got, book.cityName(want))
		}
	}
}

func TestTimeZonesOfHardPlaces(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ city, state, want string }{
		{"Pensacola", "FL", central}, {"Tallahassee", "FL", eastern}, {"Panama City", "FL", central}, {"Port Saint Joe", "FL", eastern}, {"Wewahitchka", "FL", central},
		{"Indianapolis", "IN", eastern}, {"Gary", "IN", central}, {"Evansville", "IN", central}, {"South Bend", "IN", eastern}, {"Tell City", "IN", central},
		{"Louisville", "KY", eastern}, {"Bowling Green", "KY", central}, {"Owensboro", "KY", central}, {"Somerset", "KY", eastern},
		{"Knoxville", "TN", eastern}, {"Chattanooga", "TN", eastern}, {"Nashville", "TN", central}, {"Crossville", "TN", central},
		{"Iron Mountain", "MI", central}, {"Marquette", "MI", eastern}, {"Detroit", "MI", eastern},
		{"Dickinson", "ND", mountain}, {"Bismarck", "ND", central}, {"Williston", "ND", central},
		{"Rapid City", "SD", mountain}, {"Pierre", "SD", central}, {"Fort Pierre", "SD", central}, {"Mobridge", "SD", central},
		{"Scottsbluff", "NE", mountain}, {"Ogallala", "NE", mountain}, {"North Platte", "NE", central}, {"Valentine", "NE", central},
		{"Goodland", "KS", mountain}, {"Dodge City", "KS", central}, {"El Paso", "TX", mountain}, {"Van Horn", "TX", central}, {"Dell City", "TX", mountain},
		{"Ontario", "OR", mountain}, {"Burns", "OR", pacific}, {"Boise", "ID", mountain}, {"Lewiston", "ID", pacific}, {"Coeur d'Alene", "ID", pacific}, {"Riggins", "ID", mountain},
		{"Phoenix", "AZ", arizona}, {"Window Rock", "AZ", mountain}, {"Tuba City", "AZ", mountain}, {"Flagstaff", "AZ", arizona}, {"Second Mesa", "AZ", arizona},
		{"West Wendover", "NV", mountain}, {"Elko", "NV", pacific}, {"Phenix City", "AL", eastern}, {"Mobile", "AL", central},
		{"Anchorage", "AK", alaska}, {"Adak", "AK", aleutian}, {"Honolulu", "HI", hawaii}, {"Lubbock", "TX", central},
	} {
		p, ok := City(tc.city, tc.state)
		if !ok || p.TimeZone != tc.want {
			t.Errorf("%s, %s keeps %q (found %v), want %s", tc.city, tc.state, p.TimeZone, ok, tc.want)
		}
	}
}

func TestZoneTablesNameRealPlaces(t *testing.T) {
	t.Parallel()
	have := map[string]bool{}
	for i := range book.nCounties {
		at := book.counties + countySize*i
		have[book.stateName(at+4)+" "+book.name(at)] = true
	}
	for state, s := range splitCounties {
		if s.zone == StateZone(state) {
			t.Errorf("%s: the counties keep the state's own time", state)
		}
		for _, c := range s.counties {
			if !have[state+" "+c] {
				t.Errorf("%s has no county %q", state, c)
			}
		}
	}
	for zip := range zipZones {
		if _, ok := ByZIP(zip); !ok {
			t.Errorf("there is no ZIP code %s", zip)
		}
	}
	if !slices.IsSortedFunc(states, func(a, b State) int { return strings.Compare(a.Code, b.Code) }) || len(states) != 64 {
		t.Errorf("%d states, or not in order", len(states))
	}
	for _, s := range states {
		if _, err := time.LoadLocation(s.TimeZone); err != nil || !s.Center.Valid() {
			t.Errorf("%s: %v", s.Code, err)
		}
		if near := Near(s.Center, 1); s.Country == "US" && (len(near) == 0 || near[0].State != s.Code) {
			t.Errorf("the center of %s lies in %v", s.Code, near)
		}
	}
}

func TestStateCode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"tx": "TX", "Texas": "TX", "Tex.": "TX", "new york": "NY", "D.C.": "DC", "Québec": "QC", "on": "ON", "": "", "XX": "", "T": "", "Texass": ""} {
		if got := StateCode(in); got != want {
			t.Errorf("StateCode(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"M5V 2T6": "ON", "h2x1y4": "QC", "75201": "", "M5V2T": "", "55V 2T6": "", "": "", "D1A 1A1": ""} {
		if got := ProvinceOf(in); got != want {
			t.Errorf("ProvinceOf(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNearestZIP(t *testing.T) {
	t.Parallel()
	if p, ok := NearestZIP("75200"); !ok || p.ZIP != "75201" {
		t.Errorf("nearest to 75200: %v", p)
	}
	for _, zip := range []string{"00000", "abc", ""} {
		if p, ok := NearestZIP(zip); ok {
			t.Errorf("nearest to %q: %v", zip, p)
		}
	}
}

func TestMapData(t *testing.T) {
	t.Parallel()
	var geojson struct {
		Features []struct {
			ID       string
			Geometry struct{ Coordinates [][][][2]float64 }
		}
	}
	if err := json.Unmarshal(Outlines(), &geojson); err != nil || len(geojson.Features) != 51 {
		t.Fatalf("%d states, %v", len(geojson.Features), err)
	}
	for _, f := range geojson.Features {
		for _, poly := range f.Geometry.Coordinates {
			if ring := poly[0]; len(ring) < 4 || ring[0] != ring[len(ring)-1] {
				t.Errorf("%s: a ring of %d points is not closed", f.ID, len(ring))
			}
		}
	}
	top := TopCities(3)
	if len(top) < 250 || len(top) > 320 || len(TopCities(1)) != len(markets) || len(TopCities(0)) != len(markets) {
		t.Errorf("%d cities to label, %d markets of %d", len(top), len(TopCities(1)), len(markets))
	}
}

// TestLoad prints what the first search costs, and checks that it stays small.
func TestLoad(t *testing.T) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	x := buildIndex()
	took := time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	heap := int64(after.HeapAlloc) - int64(before.HeapAlloc)
	t.Logf("index of %d cities: %v, %d kB kept", len(x.byKey), took, heap>>10)
	if heap > 400<<10 {
		t.Errorf("the index keeps %d kB, want at most 400", heap>>10)
	}
	runtime.KeepAlive(x)
	if n := testing.AllocsPerRun(100, func() { ByZIP("75201") }); n != 0 {
		t.Errorf("ByZIP allocates %v times", n)
	}
}

func FuzzSearch(f *testing.F) {
	for _, s := range []string{"dal", "75201", "st. lou", "dallas, tx", "ñ", "\xff", ",,,", "0", "north north north north north north north north north north north"} {
		f.Add(s, "TX")
	}
	f.Fuzz(func(t *testing.T, s, state string) {
		for _, p := range Search(s, 5) {
			if p.City == "" || !p.Point.Valid() {
				t.Errorf("Search(%q) = %+v", s, p)
			}
		}
		for _, p := range ByCity(s, state) {
			if q, ok := ByZIP(p.ZIP); !ok || q != p {
				t.Errorf("ByCity(%q) = %+v, by ZIP %+v", s, p, q)
			}
		}
		if p, ok := ByZIP(s); ok && !strings.HasPrefix(strings.TrimSpace(s), p.ZIP) {
			t.Errorf("ByZIP(%q) = %+v", s, p)
		}
	})
}

func BenchmarkByZIP(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ByZIP("75201")
	}
}

func BenchmarkSearch(b *testing.B) {
	for _, q := range []string{"s", "dal", "dallas, tx", "752"} {
		b.Run(q, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Search(q, 8)
			}
		})
	}
}

func BenchmarkByCity(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		ByCity("Amarillo", "TX")
	}
}

func BenchmarkLabel(b *testing.B) {
	for b.Loop() {
		Label(geo.Point{Lat: 35.40, Lon: -101.85})
	}
}
