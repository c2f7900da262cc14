package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// zipRow is one line of GeoNames' postal code file (US.txt).
type zipRow struct {
	zip                 int
	city, state, county string
	fips                int // county code inside the state
	lat, lon            float64
}

// states are the codes kept: 50 states and the District. Military post offices
// (no state) and territories are left out, no truck drives there.
var states = strings.Fields("AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY")

// packPlaces writes the gazetteer's binary; its layout is documented where it
// is read, internal/routing/gazetteer/format.go.
func packPlaces(src []byte) ([]byte, error) {
	rows, err := parseZIPs(src)
	if err != nil {
		return nil, err
	}
	mendOutliers(rows)
	p := newPacker(rows)
	if len(p.cities) > math.MaxUint16 || len(rows) > math.MaxUint16 {
		return nil, fmt.Errorf("%d ZIP codes in %d cities do not fit 16 bits", len(rows), len(p.cities))
	}
	return p.bytes(), nil
}

func parseZIPs(src []byte) ([]zipRow, error) {
	var rows []zipRow
	for i, line := range strings.Split(strings.TrimSpace(string(src)), "\n") {
		f := strings.Split(strings.TrimRight(line, "\r"), "\t")
		if len(f) < 11 {
			return nil, fmt.Errorf("line %d has %d columns, want 11 or more", i+1, len(f))
		}
		if !slices.Contains(states, f[4]) || strings.TrimSpace(f[2]) == "" {
			continue
		}
		zip, e1 := strconv.Atoi(f[1])
		lat, e2 := strconv.ParseFloat(f[9], 64)
		lon, e3 := strconv.ParseFloat(f[10], 64)
		if e1 != nil || e2 != nil || e3 != nil || len(f[1]) != 5 {
			return nil, fmt.Errorf("line %d is not a ZIP code with a position: %q", i+1, line)
		}
		fips, _ := strconv.Atoi(f[6]) // a few rows name no county
		rows = append(rows, zipRow{zip: zip, city: spell(f[2]), state: f[4], county: f[5], fips: fips, lat: lat, lon: lon})
	}
	if len(rows) < 30_000 {
		return nil, fmt.Errorf("only %d ZIP codes", len(rows))
	}
	slices.SortFunc(rows, func(a, b zipRow) int { return cmp.Or(a.zip-b.zip, strings.Compare(a.city, b.city)) })
	return slices.CompactFunc(rows, func(a, b zipRow) bool { return a.zip == b.zip }), nil
}

var (
	mcRE     = regexp.MustCompile(`\bMc ?[A-Za-z]`)
	irishRE  = regexp.MustCompile(`\bO ([A-Z])`)
	hyphenRE = regexp.MustCompile(`-[a-z]`)
)

// spell writes a city as its people do: the source's capitals and apostrophes
// come from a machine ("Mcallen", "O Fallon", "Winston-salem").
func spell(name string) string {
	name = strings.Join(strings.Fields(name), " ")
	name = mcRE.ReplaceAllStringFunc(name, func(m string) string { return "Mc" + strings.ToUpper(m[len(m)-1:]) })
	name = irishRE.ReplaceAllString(name, "O'$1")
	return hyphenRE.ReplaceAllStringFunc(name, strings.ToUpper)
}

// mendOutliers moves a ZIP that lies more than four degrees from the median of
// its three-digit area to that median: the source has a few rows in the wrong
// place, and a stop 500 miles off is worse than one at the sectional centre.
// Alaska and Hawaii are left alone, their areas really are that wide.
func mendOutliers(rows []zipRow) {
	for lo := 0; lo < len(rows); {
		hi := lo
		var lats, lons []float64
		for hi < len(rows) && rows[hi].zip/100 == rows[lo].zip/100 {
			lats, lons = append(lats, rows[hi].lat), append(lons, rows[hi].lon)
			hi++
		}
		slices.Sort(lats)
		slices.Sort(lons)
		lat, lon := lats[len(lats)/2], lons[len(lons)/2]
		for i := lo; i < hi; i++ {
			r := &rows[i]
			if r.state != "AK" && r.state != "HI" && hi-lo > 4 && (math.Abs(r.lat-lat) > 4 || math.Abs(r.lon-lon) > 4) {
				r.lat, r.lon = lat, lon
			}
		}
		lo = hi
	}
}

type cityKey struct{ name, state string }

type countyKey struct {
	state string
	fips  int
	name  string
}

// packer numbers cities and counties and keeps each name once.
type packer struct {
	rows     []zipRow
	cities   []cityKey
	members  [][]int // row numbers by city
	cityNo   map[cityKey]int
	counties []countyKey
	countyNo map[countyKey]int
	names    bytes.Buffer
	nameAt   map[string]int
}

func newPacker(rows []zipRow) *packer {
	p := &packer{rows: rows, cityNo: map[cityKey]int{}, countyNo: map[countyKey]int{}, nameAt: map[string]int{}}
	for _, r := range rows {
		c, k := cityKey{r.city, r.state}, countyKey{r.state, r.fips, r.county}
		if _, ok := p.cityNo[c]; !ok {
			p.cityNo[c] = 0
			p.cities = append(p.cities, c)
		}
		if _, ok := p.countyNo[k]; !ok {
			p.countyNo[k] = len(p.counties)
			p.counties = append(p.counties, k)
		}
	}
	slices.SortFunc(p.cities, func(a, b cityKey) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.state, b.state))
	})
	p.members = make([][]int, len(p.cities))
	for i, c := range p.cities {
		p.cityNo[c] = i
	}
	for i, r := range rows {
		n := p.cityNo[cityKey{r.city, r.state}]
		p.members[n] = append(p.members[n], i)
	}
	return p
}

func (p *packer) bytes() []byte {
	var zips, cities, members, counties []byte
	for _, r := range p.rows {
		zips = append(zips, byte(r.zip%100))
		zips = binary.LittleEndian.AppendUint16(zips, uint16(p.cityNo[cityKey{r.city, r.state}]))
		zips = binary.LittleEndian.AppendUint16(zips, uint16(p.countyNo[countyKey{r.state, r.fips, r.county}]))
		zips = append24(append24(zips, int(math.Round(r.lat*1e4))), int(math.Round(r.lon*1e4)))
	}
	first := 0
	for i, c := range p.cities {
		cities = p.appendName(cities, c.name, c.state)
		cities = binary.LittleEndian.AppendUint16(cities, uint16(first))
		cities = binary.LittleEndian.AppendUint16(cities, uint16(p.principal(p.members[i])))
		for _, m := range p.members[i] {
			members = binary.LittleEndian.AppendUint16(members, uint16(m))
		}
		first += len(p.members[i])
	}
	for _, c := range p.counties {
		counties = p.appendName(counties, c.name, c.state)
		counties = binary.LittleEndian.AppendUint16(counties, uint16(c.fips))
	}
	out := []byte("TFG1")
	for _, n := range []int{len(states), len(p.rows), len(p.cities), len(p.counties), p.names.Len()} {
		out = binary.LittleEndian.AppendUint32(out, uint32(n))
	}
	out = append(out, strings.Join(states, "")...)
	return slices.Concat(out, p.zip3(), zips, cities, members, counties, p.names.Bytes())
}

// zip3 is, for each three-digit area and one past the last, its first row.
func (p *packer) zip3() []byte {
	var out []byte
	row := 0
	for area := range 1001 {
		for row < len(p.rows) && p.rows[row].zip/100 < area {
			row++
		}
		out = binary.LittleEndian.AppendUint16(out, uint16(row))
	}
	return out
}

// appendName adds offset, length and state number.
func (p *packer) appendName(to []byte, name, state string) []byte {
	at, ok := p.nameAt[name]
	if !ok {
		at = p.names.Len()
		p.nameAt[name] = at
		p.names.WriteString(name)
	}
	return append(append24(to, at), byte(len(name)), byte(slices.Index(states, state)))
}

// principal is the row nearest to the middle of a city's ZIP codes: where
// "Dallas, TX" without a ZIP is taken to be. The median, not the mean: post
// office boxes share one spot, strays lie far out.
func (p *packer) principal(rows []int) int {
	var lats, lons []float64
	for _, r := range rows {
		lats, lons = append(lats, p.rows[r].lat), append(lons, p.rows[r].lon)
	}
	slices.Sort(lats)
	slices.Sort(lons)
	lat, lon := lats[len(lats)/2], lons[len(lons)/2]
	return slices.MinFunc(rows, func(a, b int) int {
		return cmp.Or(cmp.Compare(p.off(a, lat, lon), p.off(b, lat, lon)), a-b)
	})
}

func (p *packer) off(row int, lat, lon float64) float64 {
	r := p.rows[row]
	return math.Hypot(r.lat-lat, (r.lon-lon)*math.Cos(lat*math.Pi/180))
}

func append24(to []byte, v int) []byte { return append(to, byte(v), byte(v>>8), byte(v>>16)) }
