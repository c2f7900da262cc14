// Package geo is the little geometry everybody needs: points on the Earth and
// the distance between them.
package geo

import "math"

// EarthMiles is the mean Earth radius in statute miles (IUGG mean 6,371.0088 km).
const EarthMiles = 3958.7613

// Point is a WGS 84 position in decimal degrees. The zero Point (in the Gulf of
// Guinea, where no truck is) means "unknown".
type Point struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

// IsZero reports whether the position is unknown.
func (p Point) IsZero() bool { return p == Point{} }

// Valid reports whether p is on the globe and known.
func (p Point) Valid() bool {
	return !p.IsZero() && p.Lat >= -90 && p.Lat <= 90 && p.Lon >= -180 && p.Lon <= 180
}

// Miles returns the great-circle distance from p to q in statute miles (haversine).
func (p Point) Miles(q Point) float64 {
	rad := math.Pi / 180
	dLat, dLon := (q.Lat-p.Lat)*rad, (q.Lon-p.Lon)*rad
	a := math.Sin(dLat/2)*math.Sin(dLat/2) +
		math.Cos(p.Lat*rad)*math.Cos(q.Lat*rad)*math.Sin(dLon/2)*math.Sin(dLon/2)
	return 2 * EarthMiles * math.Asin(math.Min(1, math.Sqrt(a)))
}

// Heading returns the initial great-circle bearing from p to q, degrees
// clockwise from north in [0, 360).
func (p Point) Heading(q Point) float64 {
	rad := math.Pi / 180
	y := math.Sin((q.Lon-p.Lon)*rad) * math.Cos(q.Lat*rad)
	x := math.Cos(p.Lat*rad)*math.Sin(q.Lat*rad) - math.Sin(p.Lat*rad)*math.Cos(q.Lat*rad)*math.Cos((q.Lon-p.Lon)*rad)
	return math.Mod(math.Atan2(y, x)/rad+360, 360)
}

// Along returns the point a fraction f (0..1) of the way from p to q, by
// straight interpolation: good enough to draw and to simulate with, not to bill by.
func (p Point) Along(q Point, f float64) Point {
	return Point{p.Lat + (q.Lat-p.Lat)*f, p.Lon + (q.Lon-p.Lon)*f}
}
