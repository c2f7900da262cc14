package gazetteer

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync"
)

// index is what is built on first use: the cities by the key of their name,
// and by the cell they lie in. City numbers fit 16 bits.
type index struct {
	byKey []uint16
	grid  grid
}

var names = sync.OnceValue(buildIndex)

func buildIndex() *index {
	type keyed struct {
		key  string
		city uint16
	}
	list := make([]keyed, book.nCities)
	buf := make([]byte, 0, 64)
	for c := range list {
		buf = appendKey(buf[:0], book.cityName(c))
		list[c] = keyed{string(buf), uint16(c)}
	}
	slices.SortFunc(list, func(a, b keyed) int {
		return cmp.Or(strings.Compare(a.key, b.key), int(a.city)-int(b.city))
	})
	x := &index{byKey: make([]uint16, len(list)), grid: newGrid()}
	for i, k := range list {
		x.byKey[i] = k.city
	}
	return x
}

// span returns the positions in byKey whose key starts with prefix.
func (x *index) span(prefix []byte) (from, to int) {
	var room [64]byte
	search := func(past bool) int {
		n, _ := slices.BinarySearchFunc(x.byKey, prefix, func(c uint16, p []byte) int {
			key := appendKey(room[:0], book.cityName(int(c)))
			if bytes.HasPrefix(key, p) {
				if past {
					return -1
				}
				return 1
			}
			return bytes.Compare(key, p)
		})
		return n
	}
	return search(false), search(true)
}

// exact returns the cities of that name, largest first. state is a code or "".
func (x *index) exact(city, state string) []int {
	var room [64]byte
	key := appendKey(room[:0], city)
	if len(key) == 0 {
		return nil
	}
	if a, ok := aliases[string(key)]; ok {
		key = append(key[:0], a...)
	}
	from, to := x.span(key)
	var out []int
	var other [64]byte
	for _, c := range x.byKey[from:to] {
		if state != "" && book.cityState(int(c)) != state {
			continue
		}
		if len(appendKey(other[:0], book.cityName(int(c)))) == len(key) {
			out = append(out, int(c))
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return book.size(b) - book.size(a) })
	return out
}

// expansions are the abbreviations the Postal Service and brokers use for a
// whole word of a city's name.
var expansions = map[string]string{
	"st": "saint", "ste": "sainte", "ft": "fort", "mt": "mount", "mtn": "mountain", "pt": "point",
	"hts": "heights", "hgts": "heights", "spgs": "springs", "spg": "spring", "jct": "junction",
	"bch": "beach", "vlg": "village", "twp": "township", "ctr": "center", "cty": "city",
	"vly": "valley", "fls": "falls", "lk": "lake", "rpds": "rapids", "pk": "park", "crk": "creek", "is": "island",
}

// compass words are abbreviated in front only: "N Little Rock".
var compass = map[string]string{"n": "north", "s": "south", "e": "east", "w": "west", "no": "north", "so": "south"}

// aliases are names people use for a city the source spells otherwise, by key.
var aliases = map[string]string{
	"newyorkcity": "newyork", "nyc": "newyork", "manhattan": "newyork",
	"washingtondc": "washington", "dc": "washington", "lasvegasnv": "lasvegas",
	"winstonsalemnc": "winstonsalem", "vegas": "lasvegas", "philly": "philadelphia",
	"slc": "saltlakecity", "okc": "oklahomacity", "indy": "indianapolis", "kcmo": "kansascity",
}

// appendKey appends what a city's name is compared by: lower case, letters and
// digits only, abbreviations written out, accents dropped, words joined (so
// that "La Grange" finds LaGrange and "O'Fallon" finds O Fallon).
func appendKey(dst []byte, name string) []byte {
	start, first := len(dst), true
	flush := func(last bool) {
		word := dst[start:]
		long, ok := expansions[string(word)]
		if !ok && first && !last {
			long, ok = compass[string(word)]
		}
		if ok {
			dst = append(dst[:start], long...)
		}
		if len(dst) > start {
			first = false
		}
		start = len(dst)
	}
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			dst = append(dst, byte(r))
		case r >= 'A' && r <= 'Z':
			dst = append(dst, byte(r)+'a'-'A')
		case r == '\'' || r == '’' || r == '`':
		case r > 127:
			dst = append(dst, fold(r))
		default:
			flush(false)
		}
	}
	flush(true)
	return dst
}

// fold drops the accents of the letters that appear in North American names;
// any other letter becomes one that no key contains.
func fold(r rune) byte {
	const from, to = "áàâäãåÁÀÂÄÃÅéèêëÉÈÊËíìîïÍÌÎÏóòôöõÓÒÔÖÕúùûüÚÙÛÜñÑçÇ", "aaaaaaaaaaaaeeeeeeeeiiiiiiiioooooooooouuuuuuuunncc"
	i := 0
	for _, f := range from {
		if f == r {
			return to[i]
		}
		i++
	}
	return '?'
}
