package routing

import (
	"math"
	"sync"

	"truckflow/internal/kit/geo"
)

// barrier is a line no road crosses.
type barrier struct {
	name   string
	border bool // left out for a trip that starts or ends in Canada
	line   []geo.Point
}

// circuity is how much longer the road is than the line led around the
// barriers, as a share: a part that depends on the ground, per mile, and a part
// that fades with the length of the trip, since a short one seldom finds a
// highway going its way. The figures were fitted to 100 city pairs whose road
// miles are commonly known (testdata/training.csv) and checked against 25
// others (testdata/heldout.csv); see TestAccuracy.
type circuity struct {
	west, valley, desert, plains, east, appalachia, northeast float64
	diagonal                                                  float64 // more on the plains' grid when heading between the compass points
	short, fade                                               float64 // share at distance 0, and the miles over which it falls to a third
}

var fitted = circuity{west: 0.22, valley: 0.15, desert: 0.13, plains: 0.05, east: 0.12, appalachia: 0.26, northeast: 0.17, diagonal: 0.08, short: 0.20, fade: 35}

// legMiles estimates one leg; ok is false when the sea lies between.
func legMiles(a, b geo.Point) (miles float64, ok bool) {
	if a == b {
		return 0, true
	}
	if ia, ib := island(a), island(b); ia != ib {
		return 0, false
	}
	path := around(a, b)
	return max(1, fitted.miles(path)), true
}

// miles applies the circuity along a path.
func (c circuity) miles(path []geo.Point) float64 {
	line, ground := 0.0, 0.0
	for i := 1; i < len(path); i++ {
		leg := path[i-1].Miles(path[i])
		line += leg
		ground += leg * c.ground(path[i-1], path[i], leg)
	}
	return line + ground + line*c.short*math.Exp(-line/c.fade)
}

// sampleMiles is how often the ground under a leg is looked at.
const sampleMiles = 30

func (c circuity) ground(a, b geo.Point, miles float64) float64 {
	n := int(miles/sampleMiles) + 1
	sum := 0.0
	turn := math.Abs(math.Sin(2 * a.Heading(b) * math.Pi / 180))
	for i := range n {
		sum += c.at(a.Along(b, (float64(i)+0.5)/float64(n)), turn)
	}
	return sum / float64(n)
}

// at is the share for the ground at p; turn is 0 heading along the compass
// and 1 between its points.
func (c circuity) at(p geo.Point, turn float64) float64 {
	switch {
	case p.Lon < -118.3 && (p.Lat > 34.9 && p.Lat < 40.6 || p.Lat > 43.8 && p.Lat < 45.6):
		return c.valley // California's Central Valley, the Willamette's
	case p.Lon < -109 && p.Lat < 35.2:
		return c.desert // the interstates run straight over it
	case p.Lon < -104.8:
		return c.west
	case p.Lon < -90:
		return c.plains + c.diagonal*turn
	case p.Lat > 39.5 && p.Lon > -77:
		return c.northeast
	case mountainous(p):
		return c.appalachia
	}
	return c.east
}

// mountainous is the Appalachian belt: some 120 miles either side of a line
// from Chattanooga to Scranton.
func mountainous(p geo.Point) bool {
	crest := -85.0 + (p.Lat-35)*(9.2/6.5)
	return p.Lat > 34.7 && p.Lat < 42 && math.Abs(p.Lon-crest) < 2.2
}

// around returns a path from a to b that crosses no barrier; the straight line
// when there is none, or when no passage helps (an island off the coast).
func around(a, b geo.Point) []geo.Point {
	if inAlaska(a) != inAlaska(b) {
		return alaskan(a, b)
	}
	border := !inCanada(a) && !inCanada(b)
	if inAlaska(a) || clear(a, b, border) {
		return []geo.Point{a, b}
	}
	if border {
		return network().path(a, b)
	}
	return networkOpen().path(a, b)
}

// alaskan leads over the Alaska Highway by the shortest way into it.
func alaskan(a, b geo.Point) []geo.Point {
	if inAlaska(b) {
		path := alaskan(b, a)
		for i, j := 0, len(path)-1; i < j; i, j = i+1, j-1 {
			path[i], path[j] = path[j], path[i]
		}
		return path
	}
	best, least := []geo.Point{a, b}, math.Inf(1)
	entries := alaskaEntries
	if inCanada(b) {
		entries = [][]geo.Point{nil}
	}
	for _, entry := range entries {
		path := append([]geo.Point{a}, alaskaHighway...)
		path = append(path, entry...)
		path = append(path, around(path[len(path)-1], b)[1:]...)
		if l := length(path); l < least {
			best, least = path, l
		}
	}
	return best
}

func length(path []geo.Point) float64 {
	sum := 0.0
	for i := 1; i < len(path); i++ {
		sum += path[i-1].Miles(path[i])
	}
	return sum
}

func inAlaska(p geo.Point) bool { return p.Lat > 54 && p.Lon < -129.9 }

// inCanada reports whether p is on the far side of the border barrier, south
// of 70 degrees and east of Alaska.
func inCanada(p geo.Point) bool {
	if p.Lat < 41.6 || inAlaska(p) {
		return false
	}
	inside := false
	line := barriers[0].line
	edge := func(a, b geo.Point) {
		if (a.Lat > p.Lat) != (b.Lat > p.Lat) && p.Lon < a.Lon+(p.Lat-a.Lat)*(b.Lon-a.Lon)/(b.Lat-a.Lat) {
			inside = !inside
		}
	}
	for i := 1; i < len(line); i++ {
		edge(line[i-1], line[i])
	}
	corners := []geo.Point{line[len(line)-1], {Lat: 43, Lon: -50}, {Lat: 85, Lon: -50}, {Lat: 85, Lon: -141}, {Lat: 48.1, Lon: -141}, line[0]}
	for i := 1; i < len(corners); i++ {
		edge(corners[i-1], corners[i])
	}
	return inside
}

// island numbers what no road joins: 0 the continent, then Hawaii's islands.
func island(p geo.Point) int {
	switch {
	case p.Lat > 24 || p.Lon > -150:
		return 0
	case p.Lon < -159:
		return 1 // Kauai
	case p.Lon < -157.5:
		return 2 // Oahu
	case p.Lon < -157.0 || p.Lon < -156.7 && p.Lat > 21:
		return 3 // Molokai
	case p.Lat > 20.5 && p.Lon > -156.75:
		return 4 // Maui
	case p.Lat > 20.5:
		return 5 // Lanai
	}
	return 6 // Hawaii
}

// clear reports whether the line a-b crosses no barrier.
func clear(a, b geo.Point, border bool) bool {
	for _, w := range barriers {
		if w.border && !border {
			continue
		}
		for i := 1; i < len(w.line); i++ {
			if crosses(a, b, w.line[i-1], w.line[i]) {
				return false
			}
		}
	}
	return true
}

// crosses reports whether segments a-b and c-d meet, on the flat map: over a
// few hundred miles its straight line is as good a guess at a road as the
// great circle's.
func crosses(a, b, c, d geo.Point) bool {
	if max(a.Lat, b.Lat) < min(c.Lat, d.Lat) || max(c.Lat, d.Lat) < min(a.Lat, b.Lat) ||
		max(a.Lon, b.Lon) < min(c.Lon, d.Lon) || max(c.Lon, d.Lon) < min(a.Lon, b.Lon) {
		return false
	}
	return side(a, b, c)*side(a, b, d) < 0 && side(c, d, a)*side(c, d, b) < 0
}

func side(a, b, p geo.Point) float64 {
	return (b.Lon-a.Lon)*(p.Lat-a.Lat) - (b.Lat-a.Lat)*(p.Lon-a.Lon)
}

// passageNet is the passages and the distances between those that see each
// other, as all-pairs shortest ways.
type passageNet struct {
	border bool
	miles  [][]float64
	next   [][]int
}

var (
	network     = sync.OnceValue(func() *passageNet { return newPassageNet(true) })
	networkOpen = sync.OnceValue(func() *passageNet { return newPassageNet(false) })
)

// newPassageNet is Floyd and Warshall's: 80 passages take about a millisecond.
func newPassageNet(border bool) *passageNet {
	n := len(passages)
	net := &passageNet{border: border, miles: make([][]float64, n), next: make([][]int, n)}
	for i, p := range passages {
		net.miles[i], net.next[i] = make([]float64, n), make([]int, n)
		for j, q := range passages {
			net.miles[i][j], net.next[i][j] = math.Inf(1), j
			if i == j || clear(p, q, border) {
				net.miles[i][j] = cost(p, q)
			}
		}
	}
	for k := range n {
		for i := range n {
			for j := range n {
				if d := net.miles[i][k] + net.miles[k][j]; d < net.miles[i][j] {
					net.miles[i][j], net.next[i][j] = d, net.next[i][k]
				}
			}
		}
	}
	return net
}

// cost is what ways are compared by: the miles with the ground under them.
func cost(a, b geo.Point) float64 {
	miles := a.Miles(b)
	return miles * (1 + fitted.ground(a, b, miles))
}

// path leads from a over passages to b.
func (net *passageNet) path(a, b geo.Point) []geo.Point {
	from, to := net.seen(a), net.seen(b)
	first, last, least := -1, -1, math.Inf(1)
	for i, di := range from {
		for j, dj := range to {
			if d := di + net.miles[i][j] + dj; d < least {
				first, last, least = i, j, d
			}
		}
	}
	if first < 0 {
		return []geo.Point{a, b}
	}
	path := []geo.Point{a, passages[first]}
	for first != last {
		first = net.next[first][last]
		path = append(path, passages[first])
	}
	return append(path, b)
}

// seen is the cost to every passage in sight of p, infinite to the others.
func (net *passageNet) seen(p geo.Point) []float64 {
	out := make([]float64, len(passages))
	for i, q := range passages {
		out[i] = math.Inf(1)
		if clear(p, q, net.border) {
			out[i] = cost(p, q)
		}
	}
	return out
}
