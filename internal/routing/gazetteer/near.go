package gazetteer

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"truckflow/internal/kit/geo"
)

// The grid covers the fifty states in cells of one degree.
const (
	gridSouth, gridNorth = 18, 72
	gridWest, gridEast   = -180, -64
	gridRows             = gridNorth - gridSouth
	gridCols             = gridEast - gridWest
	// maxRings is how far a search goes: about 400 miles. Farther out there is
	// no "near".
	maxRings      = 6
	milesPerLat   = 69.0
	compassPoints = 8
)

// grid lists the cities of each cell: cell i holds items[start[i]:start[i+1]].
type grid struct {
	start []uint16
	items []uint16
}

func cellOf(p geo.Point) (row, col int) {
	return int(math.Floor(p.Lat)) - gridSouth, int(math.Floor(p.Lon)) - gridWest
}

func newGrid() grid {
	g := grid{start: make([]uint16, gridRows*gridCols+1), items: make([]uint16, 0, book.nCities)}
	cells := make([]uint16, book.nCities)
	for c := range cells {
		row, col := cellOf(book.rowPoint(book.principal(c)))
		row, col = max(0, min(gridRows-1, row)), max(0, min(gridCols-1, col))
		cells[c] = uint16(row*gridCols + col)
		g.start[cells[c]+1]++
	}
	for i := 1; i < len(g.start); i++ {
		g.start[i] += g.start[i-1]
	}
	g.items = g.items[:book.nCities]
	next := slices.Clone(g.start)
	for c, cell := range cells {
		g.items[next[cell]] = uint16(c)
		next[cell]++
	}
	return g
}

// found is a city and how far it is.
type found struct {
	city  uint16
	miles float64
}

// around returns the limit nearest cities with at least minZIPs codes.
func (g grid) around(p geo.Point, limit, minZIPs int) []found {
	var best []found
	row, col := cellOf(p)
	width := milesPerLat * math.Cos(p.Lat*math.Pi/180) // of one degree of longitude
	for ring := 0; ring <= maxRings; ring++ {
		if len(best) == limit && best[limit-1].miles < float64(ring-1)*width {
			break // nothing in this ring can be nearer
		}
		for r := row - ring; r <= row+ring; r++ {
			step := 1
			if r != row-ring && r != row+ring {
				step = max(1, 2*ring) // only the ring's edge
			}
			for c := col - ring; c <= col+ring; c += step {
				if r >= 0 && r < gridRows && c >= 0 && c < gridCols {
					best = g.scan(best, r*gridCols+c, p, limit, minZIPs)
				}
			}
		}
	}
	return best
}

func (g grid) scan(best []found, cell int, p geo.Point, limit, minZIPs int) []found {
	for _, c := range g.items[g.start[cell]:g.start[cell+1]] {
		if book.size(int(c)) < minZIPs {
			continue
		}
		f := found{c, p.Miles(book.rowPoint(book.principal(int(c))))}
		if len(best) == limit && f.miles >= best[limit-1].miles {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, f, func(a, b found) int { return cmp.Compare(a.miles, b.miles) })
		if best = slices.Insert(best, at, f); len(best) > limit {
			best = best[:limit]
		}
	}
	return best
}

// Near returns the limit (at most 100) nearest cities, nearest first; none for
// a position more than about 400 miles from any.
func Near(p geo.Point, limit int) []Place {
	if !p.Valid() || limit <= 0 {
		return nil
	}
	best := names().grid.around(p, min(limit, maxResults), 1)
	var out []Place
	for _, f := range best {
		out = append(out, book.cityPlace(int(f.city)))
	}
	return out
}

// Label says where a truck is in a dispatcher's words: "Amarillo, TX", or
// "12 mi N of Amarillo, TX". A town people know within 40 miles is named
// before a nearer hamlet. Empty where there is no city.
func Label(p geo.Point) string {
	if !p.Valid() {
		return ""
	}
	x := names()
	best := x.grid.around(p, 1, 1)
	if len(best) == 0 {
		return ""
	}
	at := best[0]
	for _, f := range x.grid.around(p, 3, knownTown) {
		if f.miles <= 40 && (at.miles > 8 || book.size(int(f.city)) >= book.size(int(at.city)) && f.miles < 8) {
			at = f
			break
		}
	}
	name := book.cityName(int(at.city)) + ", " + book.cityState(int(at.city))
	if at.miles < 3 {
		return name
	}
	town := book.rowPoint(book.principal(int(at.city)))
	point := int(math.Round(town.Heading(p)/(360/compassPoints))) % compassPoints
	return fmt.Sprintf("%.0f mi %s of %s", at.miles, [compassPoints]string{"N", "NE", "E", "SE", "S", "SW", "W", "NW"}[point], name)
}

// knownTown is the number of ZIP codes from which people outside know a town.
const knownTown = 4
