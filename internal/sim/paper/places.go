package paper

import (
	_ "embed"
	"strconv"
	"strings"

	"truckflow/internal/kit/geo"
)

// Place is a real town with one of its real ZIPs; its point is good to a
// tenth of a degree, enough for a plausible mileage.
type Place struct {
	City, State, ZIP string
	TimeZone         string // IANA
	Point            geo.Point
	AreaCode         string
}

// Canadian reports whether the place is in Canada, where ZIP is a postal code.
func (p Place) Canadian() bool { return len(p.ZIP) == 7 }

//go:embed places.txt
var placesText string

var zoneOf = map[string]string{"E": "America/New_York", "C": "America/Chicago", "M": "America/Denver",
	"A": "America/Phoenix", "P": "America/Los_Angeles"}

var places = parsePlaces(placesText)

// Places lists the towns the invented world trades between.
func Places() []Place { return append([]Place(nil), places...) }

func parsePlaces(text string) []Place {
	var out []Place
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		f := strings.Split(line, "|")
		lat, _ := strconv.ParseFloat(f[4], 64)
		lon, _ := strconv.ParseFloat(f[5], 64)
		out = append(out, Place{City: f[0], State: f[1], ZIP: f[2], TimeZone: zoneOf[f[3]],
			Point: geo.Point{Lat: lat, Lon: lon}, AreaCode: f[6]})
	}
	return out
}
