package gazetteer

import (
	"strings"

	"truckflow/internal/kit/geo"
)

// Place is a ZIP code or a whole city.
type Place struct {
	ZIP      string    // five digits; "" for a city with more than one
	City     string    // as the Postal Service prefers it: "Saint Louis"
	State    string    // two letters
	County   string    // without "County"; may be ""
	Point    geo.Point // the ZIP's centroid, or the city's most central ZIP's
	TimeZone string    // IANA name
	ZIPs     int       // how many ZIP codes the city has: a proxy for its size
}

// String is the place as an address line ends: "Dallas, TX 75201".
func (p Place) String() string { return strings.TrimSpace(p.City + ", " + p.State + " " + p.ZIP) }

// ByZIP finds a ZIP code given as five digits or ZIP+4 ("75201-1234",
// "752011234"). It allocates nothing.
func ByZIP(zip string) (Place, bool) {
	zip = strings.TrimSpace(zip)
	code, ok := parseZIP(zip)
	if !ok {
		return Place{}, false
	}
	row, ok := book.row(code)
	if !ok {
		return Place{}, false
	}
	return book.place(row, zip[:5]), true
}

// parseZIP returns the first five digits of a well-formed ZIP or ZIP+4.
func parseZIP(zip string) (int, bool) {
	switch {
	case len(zip) == 5, len(zip) == 9 && digits(zip[5:]), len(zip) == 10 && zip[5] == '-' && digits(zip[6:]):
	default:
		return 0, false
	}
	if !digits(zip[:5]) {
		return 0, false
	}
	n := 0
	for i := range 5 {
		n = n*10 + int(zip[i]-'0')
	}
	return n, true
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) > 0
}

// ByCity returns every ZIP code of a city, the most central first, then by
// code. Case, punctuation, spaces and the usual abbreviations do not matter
// ("St. Louis", "ft worth"). The state is a code or a name; "" takes every
// state, the one with the largest city of that name first.
func ByCity(city, state string) []Place {
	code := ""
	if state = strings.TrimSpace(state); state != "" {
		if code = StateCode(state); code == "" {
			return nil
		}
	}
	var out []Place
	for _, c := range names().exact(city, code) {
		first := book.principal(c)
		out = append(out, book.place(first, book.rowZIP(first)))
		from, to := book.span(c)
		for i := from; i < to; i++ {
			if row := book.member(i); row != first {
				out = append(out, book.place(row, book.rowZIP(row)))
			}
		}
	}
	return out
}

// HasCity reports whether there is a city of that name, in the state or, for
// "", anywhere.
func HasCity(city, state string) bool {
	code := StateCode(state)
	return (code != "" || state == "") && len(names().exact(city, code)) > 0
}

// City returns a city as a whole. ok is false when the state has none of that name.
func City(city, state string) (p Place, ok bool) {
	code := StateCode(state)
	if code == "" {
		return Place{}, false
	}
	if found := names().exact(city, code); len(found) > 0 {
		return book.cityPlace(found[0]), true
	}
	return Place{}, false
}

// NearestZIP returns the known ZIP code numerically nearest to an unknown one
// in the same three-digit area: codes next to each other are usually next to
// each other on the ground. ok is false when the area has none.
func NearestZIP(zip string) (p Place, ok bool) {
	code, ok := parseZIP(strings.TrimSpace(zip))
	if !ok {
		return Place{}, false
	}
	from, to := book.area(code / 100)
	best, off := -1, 100
	for row := from; row < to; row++ {
		d := int(packed[book.zips+zipSize*row]) - code%100
		if d = max(d, -d); d < off {
			best, off = row, d
		}
	}
	if best < 0 {
		return Place{}, false
	}
	return book.place(best, book.rowZIP(best)), true
}

// Size says how much the gazetteer holds.
func Size() (zips, cities, counties int) { return book.nZips, book.nCities, book.nCounties }
