package gazetteer

import (
	_ "embed"
	"strings"

	"truckflow/internal/kit/geo"
)

//go:embed places.bin
var packed string

//go:embed outlines.bin
var outlines []byte

// Layout of places.bin, written by tools/assets (places.go). Integers are
// little-endian; "24" is a signed three-byte integer; positions are degrees
// times 10,000. Names are slices of the last section, so a Place needs no
// allocation.
//
//	"TFG1", then uint32: states, zips, cities, counties, bytes of names
//	states   two letters each, in the order of their FIPS codes
//	zip3     1,001 × uint16: first row of each three-digit area, and the end
//	zips     sorted by code: last two digits, city uint16, county uint16, lat 24, lon 24
//	cities   sorted by name and state: name offset 24, length, state, first member uint16, principal row uint16
//	members  row numbers, city by city
//	counties name offset 24, length, state, FIPS uint16
//	names
const (
	headerSize = 4 + 5*4
	zip3Size   = 1001 * 2
	zipSize    = 11
	citySize   = 9
	countySize = 7
)

// atlas is the layout's offsets into packed.
type atlas struct {
	nZips, nCities, nCounties                            int
	states, zip3, zips, cities, members, counties, names int
}

var book = mustOpen(packed)

// mustOpen panics when the packed file is not what this code reads: the binary
// was then built from a stale file, and every answer would be wrong.
func mustOpen(s string) atlas {
	if len(s) < headerSize || s[:4] != "TFG1" {
		panic("gazetteer: places.bin is not a gazetteer; run `go run -C tools ./assets -force` and build again")
	}
	n := func(i int) int { return int(uint16At(s, 4+4*i)) | int(uint16At(s, 6+4*i))<<16 }
	a := atlas{nZips: n(1), nCities: n(2), nCounties: n(3)}
	a.states = headerSize
	a.zip3 = a.states + 2*n(0)
	a.zips = a.zip3 + zip3Size
	a.cities = a.zips + zipSize*a.nZips
	a.members = a.cities + citySize*a.nCities
	a.counties = a.members + 2*a.nZips
	a.names = a.counties + countySize*a.nCounties
	if a.names+n(4) != len(s) {
		panic("gazetteer: places.bin is cut short or of another layout; run `go run -C tools ./assets -force` and build again")
	}
	return a
}

func uint16At(s string, at int) uint16 { return uint16(s[at]) | uint16(s[at+1])<<8 }

func int24At(s string, at int) int {
	return int(int32(uint32(s[at])<<8|uint32(s[at+1])<<16|uint32(s[at+2])<<24) >> 8)
}

// name reads a name reference: offset, length.
func (a atlas) name(at int) string {
	from := a.names + int24At(packed, at)
	return packed[from : from+int(packed[at+3])]
}

func (a atlas) stateName(at int) string {
	from := a.states + 2*int(packed[at])
	return packed[from : from+2]
}

func (a atlas) area(zip3 int) (from, to int) {
	at := a.zip3 + 2*zip3
	return int(uint16At(packed, at)), int(uint16At(packed, at+2))
}

// row finds a ZIP's row by code 0..99999.
func (a atlas) row(zip int) (int, bool) {
	lo, end := a.area(zip / 100)
	last := byte(zip % 100)
	for hi := end; lo < hi; {
		mid := (lo + hi) / 2
		switch got := packed[a.zips+zipSize*mid]; {
		case got == last:
			return mid, true
		case got < last:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return 0, false
}

func (a atlas) rowCity(row int) int { return int(uint16At(packed, a.zips+zipSize*row+1)) }

func (a atlas) rowPoint(row int) geo.Point {
	at := a.zips + zipSize*row + 5
	return geo.Point{Lat: float64(int24At(packed, at)) / 1e4, Lon: float64(int24At(packed, at+3)) / 1e4}
}

// rowZIP spells the row's code; it allocates.
func (a atlas) rowZIP(row int) string {
	lo, hi := 0, 1000
	for hi-lo > 1 { // the last area that begins at or before row
		mid := (lo + hi) / 2
		if from, _ := a.area(mid); from <= row {
			lo = mid
		} else {
			hi = mid
		}
	}
	last := packed[a.zips+zipSize*row]
	return string([]byte{byte('0' + lo/100), byte('0' + lo/10%10), byte('0' + lo%10), '0' + last/10, '0' + last%10})
}

func (a atlas) cityName(c int) string  { return a.name(a.cities + citySize*c) }
func (a atlas) cityState(c int) string { return a.stateName(a.cities + citySize*c + 4) }
func (a atlas) principal(c int) int    { return int(uint16At(packed, a.cities+citySize*c+7)) }

// span is the city's part of the members section.
func (a atlas) span(c int) (from, to int) {
	from, to = int(uint16At(packed, a.cities+citySize*c+5)), a.nZips
	if c+1 < a.nCities {
		to = int(uint16At(packed, a.cities+citySize*(c+1)+5))
	}
	return from, to
}

func (a atlas) size(c int) int {
	from, to := a.span(c)
	return to - from
}

func (a atlas) member(i int) int { return int(uint16At(packed, a.members+2*i)) }

// place is a row as people see it; zip is its code, spelt by the caller.
func (a atlas) place(row int, zip string) Place {
	at := a.zips + zipSize*row
	c := a.rowCity(row)
	county := a.name(a.counties + countySize*int(uint16At(packed, at+3)))
	state := a.cityState(c)
	return Place{ZIP: zip, City: a.cityName(c), State: state, County: strings.TrimSuffix(county, " County"),
		Point: a.rowPoint(row), TimeZone: zone(state, county, zip), ZIPs: a.size(c)}
}

// cityPlace is a whole city; its ZIP is known only when it has just one.
func (a atlas) cityPlace(c int) Place {
	row := a.principal(c)
	zip := a.rowZIP(row)
	p := a.place(row, zip)
	if p.ZIPs > 1 {
		p.ZIP = ""
	}
	return p
}
