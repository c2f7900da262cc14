package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// Simplification of the state outlines, in degrees: about two miles, which is
// less than a pixel until one zooms past a single state.
const (
	outlineTolerance = 0.032
	smallestIsland   = 0.02 // square degrees; a state's largest ring always stays
)

type position [2]float64 // longitude, latitude

// topology is the part of a TopoJSON file that us-atlas uses.
type topology struct {
	Transform struct {
		Scale, Translate [2]float64
	} `json:"transform"`
	Arcs    [][][2]float64 `json:"arcs"`
	Objects map[string]struct {
		Geometries []topoState `json:"geometries"`
	} `json:"objects"`
}

type topoState struct {
	Type       string
	ID         string
	Properties struct{ Name string }
	Arcs       json.RawMessage
}

// packOutlines turns us-atlas' states-10m.json into the GeoJSON the first map
// loads: borders shared by two states are simplified once, so they still meet.
func packOutlines(src []byte) ([]byte, error) {
	var t topology
	if err := json.Unmarshal(src, &t); err != nil {
		return nil, err
	}
	arcs := make([][]position, len(t.Arcs))
	for i, a := range t.Arcs {
		arcs[i] = simplify(t.decode(a), outlineTolerance)
	}
	var out bytes.Buffer
	out.WriteString(`{"type":"FeatureCollection","features":[`)
	n := 0
	for _, s := range t.Objects["states"].Geometries {
		fips, err := strconv.Atoi(s.ID)
		if err != nil || stateByFIPS[fips] == "" {
			continue // territories
		}
		rings, err := s.rings(arcs)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.Properties.Name, err)
		}
		if n++; n > 1 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"type":"Feature","id":%q,"properties":{"name":%q},"geometry":{"type":"MultiPolygon","coordinates":[`, stateByFIPS[fips], s.Properties.Name)
		writeRings(&out, largeRings(rings))
		out.WriteString(`]}}`)
	}
	out.WriteString(`]}`)
	if n != len(states) {
		return nil, fmt.Errorf("%d states, want %d", n, len(states))
	}
	return out.Bytes(), nil
}

// stateByFIPS: the codes follow the states' names in order, with gaps for
// what were territories.
var stateByFIPS = func() map[int]string {
	m := map[int]string{}
	for i, fips := range []int{1, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 44, 45, 46, 47, 48, 49, 50, 51, 53, 54, 55, 56} {
		m[fips] = states[i]
	}
	return m
}()

// decode undoes TopoJSON's delta encoding. The Aleutians east of the date line
// are kept west of it, beside the rest of Alaska.
func (t topology) decode(arc [][2]float64) []position {
	out := make([]position, len(arc))
	var x, y float64
	for i, d := range arc {
		x, y = x+d[0], y+d[1]
		out[i] = position{x*t.Transform.Scale[0] + t.Transform.Translate[0], y*t.Transform.Scale[1] + t.Transform.Translate[1]}
		if out[i][0] > 0 {
			out[i][0] -= 360
		}
	}
	return out
}

// rings joins a state's arcs; holes (there are none among the states) would be
// drawn as rings too.
func (s topoState) rings(arcs [][]position) ([][]position, error) {
	var polygons [][][]int
	switch s.Type {
	case "Polygon":
		polygons = make([][][]int, 1)
		if err := json.Unmarshal(s.Arcs, &polygons[0]); err != nil {
			return nil, err
		}
	case "MultiPolygon":
		if err := json.Unmarshal(s.Arcs, &polygons); err != nil {
			return nil, err
		}
	default:
		return nil, fmt.Errorf("a state cannot be a %s", s.Type)
	}
	var out [][]position
	for _, p := range polygons {
		for _, ring := range p {
			joined, err := join(ring, arcs)
			if err != nil {
				return nil, err
			}
			out = append(out, joined)
		}
	}
	return out, nil
}

// join strings arcs together; ^n means arc n backwards.
func join(ring []int, arcs [][]position) ([]position, error) {
	var out []position
	for _, n := range ring {
		i := max(n, ^n)
		if i >= len(arcs) {
			return nil, fmt.Errorf("no arc %d", i)
		}
		a := slices.Clone(arcs[i])
		if n < 0 {
			slices.Reverse(a)
		}
		if len(out) > 0 && len(a) > 0 {
			a = a[1:]
		}
		out = append(out, a...)
	}
	return out, nil
}

// simplify is Douglas-Peucker with longitudes shortened to the latitude. A
// closed arc (an island) works too: offLine then measures from its start.
func simplify(line []position, tolerance float64) []position {
	if len(line) < 3 {
		return line
	}
	keep := make([]bool, len(line))
	keep[0], keep[len(line)-1] = true, true
	var cut func(lo, hi int)
	cut = func(lo, hi int) {
		at, worst := 0, tolerance
		for i := lo + 1; i < hi; i++ {
			if d := offLine(line[i], line[lo], line[hi]); d > worst {
				at, worst = i, d
			}
		}
		if at > 0 {
			keep[at] = true
			cut(lo, at)
			cut(at, hi)
		}
	}
	cut(0, len(line)-1)
	var out []position
	for i, k := range keep {
		if k {
			out = append(out, line[i])
		}
	}
	return out
}

// offLine is the distance from p to the segment a-b (to a, when a is b).
func offLine(p, a, b position) float64 {
	k := math.Cos(a[1] * math.Pi / 180)
	dx, dy := (b[0]-a[0])*k, b[1]-a[1]
	px, py := (p[0]-a[0])*k, p[1]-a[1]
	if l := dx*dx + dy*dy; l > 0 {
		f := math.Max(0, math.Min(1, (px*dx+py*dy)/l))
		px, py = px-f*dx, py-f*dy
	}
	return math.Hypot(px, py)
}

func area(ring []position) float64 {
	sum := 0.0
	for i := 1; i < len(ring); i++ {
		sum += ring[i-1][0]*ring[i][1] - ring[i][0]*ring[i-1][1]
	}
	return math.Abs(sum / 2)
}

// largeRings drops islands too small to see, largest ring first.
func largeRings(rings [][]position) [][]position {
	slices.SortStableFunc(rings, func(a, b []position) int { return cmp.Compare(area(b), area(a)) })
	for i, r := range rings {
		if i > 0 && area(r) < smallestIsland {
			return rings[:i]
		}
	}
	return rings
}

// writeRings writes each ring as a polygon of its own, two decimals (0.7 mile).
func writeRings(out *bytes.Buffer, rings [][]position) {
	for i, ring := range rings {
		if i > 0 {
			out.WriteByte(',')
		}
		out.WriteString("[[")
		last := ""
		for _, p := range ring {
			s := "[" + strconv.FormatFloat(math.Round(p[0]*100)/100, 'f', -1, 64) + "," + strconv.FormatFloat(math.Round(p[1]*100)/100, 'f', -1, 64) + "]"
			if s == last {
				continue
			}
			if last != "" {
				out.WriteByte(',')
			}
			last = s
			out.WriteString(s)
		}
		out.WriteString("]]")
	}
}
