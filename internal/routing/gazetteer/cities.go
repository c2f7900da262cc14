package gazetteer

import (
	"cmp"
	"slices"

	"truckflow/internal/kit/geo"
)

// MapCity is a city to label on a map.
type MapCity struct {
	Name, State string
	Point       geo.Point
	Rank        int // 1 the freight markets everybody knows, to 3
}

// markets are the cities labelled first. They are named here because the
// number of ZIP codes, our only measure of size, puts Sacramento before San
// Francisco.
var markets = [][2]string{
	{"Atlanta", "GA"}, {"Albuquerque", "NM"}, {"Billings", "MT"}, {"Birmingham", "AL"}, {"Boise", "ID"}, {"Boston", "MA"}, {"Charlotte", "NC"},
	{"Chicago", "IL"}, {"Cincinnati", "OH"}, {"Cleveland", "OH"}, {"Columbus", "OH"}, {"Dallas", "TX"}, {"Denver", "CO"}, {"Des Moines", "IA"},
	{"Detroit", "MI"}, {"El Paso", "TX"}, {"Fargo", "ND"}, {"Houston", "TX"}, {"Indianapolis", "IN"}, {"Jacksonville", "FL"}, {"Kansas City", "MO"},
	{"Laredo", "TX"}, {"Las Vegas", "NV"}, {"Little Rock", "AR"}, {"Los Angeles", "CA"}, {"Louisville", "KY"}, {"Memphis", "TN"}, {"Miami", "FL"},
	{"Minneapolis", "MN"}, {"Nashville", "TN"}, {"New Orleans", "LA"}, {"New York", "NY"}, {"Oklahoma City", "OK"}, {"Omaha", "NE"},
	{"Philadelphia", "PA"}, {"Phoenix", "AZ"}, {"Pittsburgh", "PA"}, {"Portland", "OR"}, {"Richmond", "VA"}, {"Saint Louis", "MO"},
	{"Salt Lake City", "UT"}, {"San Antonio", "TX"}, {"San Francisco", "CA"}, {"Seattle", "WA"}, {"Spokane", "WA"}, {"Tampa", "FL"},
	{"Washington", "DC"}, {"Anchorage", "AK"}, {"Honolulu", "HI"},
}

// TopCities returns cities to label, most important first, up to a rank of
// 1..3: about 50, 140 and 320. Ranks 2 and 3 keep 60 and 28 miles from those
// before them, so that a metropolis does not hide the towns around it.
func TopCities(maxRank int) []MapCity {
	var out []MapCity
	add := func(c, rank int) {
		out = append(out, MapCity{book.cityName(c), book.cityState(c), book.rowPoint(book.principal(c)), rank})
	}
	for _, m := range markets {
		if found := names().exact(m[0], m[1]); len(found) > 0 {
			add(found[0], 1)
		}
	}
	var bySize []int
	for c := range book.nCities {
		if book.size(c) >= knownTown {
			bySize = append(bySize, c)
		}
	}
	slices.SortFunc(bySize, func(a, b int) int { return cmp.Or(book.size(b)-book.size(a), a-b) })
	for _, rule := range labelRules[:max(0, min(maxRank, 3)-1)] {
		for _, c := range bySize {
			if len(out) >= rule.total || book.size(c) < rule.zips {
				break
			}
			if apart(out, book.rowPoint(book.principal(c)), rule.miles) {
				add(c, rule.rank)
			}
		}
	}
	return out
}

// labelRules: a rank's distance to cities already chosen, smallest size, and
// how many there are with it.
var labelRules = []struct {
	rank, zips, total int
	miles             float64
}{
	{2, 10, 140, 60},
	{3, knownTown, 320, 28},
}

// apart reports whether p is at least miles from every city chosen so far.
func apart(chosen []MapCity, p geo.Point, miles float64) bool {
	for _, c := range chosen {
		if c.Point.Miles(p) < miles {
			return false
		}
	}
	return true
}

// Outlines is the states' outlines as GeoJSON, one feature a state with its
// code as id. The bytes are shared: do not change them.
func Outlines() []byte { return outlines }
