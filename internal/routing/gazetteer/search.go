package gazetteer

import (
	"cmp"
	"slices"
	"strings"
)

// maxResults bounds one search: a list longer than this is not read.
const maxResults = 100

// Search answers a type-ahead: the start of a city ("dal"), of a ZIP code
// ("752"), or a city with its state ("dallas, tx", "dallas tex"). Cities come
// largest first, an exact name before longer ones; ZIP codes in order. limit
// is 1..100; nothing is found for an empty prefix.
func Search(prefix string, limit int) []Place {
	prefix = strings.TrimSpace(prefix)
	limit = min(limit, maxResults)
	if prefix == "" || limit <= 0 {
		return nil
	}
	if prefix[0] >= '0' && prefix[0] <= '9' {
		return searchZIP(prefix, limit)
	}
	city, state := splitState(prefix)
	found := names().prefixed(city, state, limit)
	if len(found) == 0 && !strings.Contains(prefix, ",") && state != "" {
		found = names().prefixed(prefix, "", limit) // "oklahoma" begins like a state
	}
	out := make([]Place, len(found))
	for i, c := range found {
		out[i] = book.cityPlace(int(c))
	}
	return out
}

func searchZIP(prefix string, limit int) []Place {
	if len(prefix) >= 5 {
		if p, ok := ByZIP(prefix); ok {
			return []Place{p}
		}
	}
	if len(prefix) > 5 || !digits(prefix) {
		return nil
	}
	lo, span := 0, 100_000
	for i := range len(prefix) {
		span /= 10
		lo += int(prefix[i]-'0') * span
	}
	var out []Place
	row, _ := book.area(lo / 100)
	for ; row < book.nZips && len(out) < limit; row++ {
		zip := book.rowZIP(row)
		if zip[:len(prefix)] > prefix {
			break
		}
		if strings.HasPrefix(zip, prefix) {
			out = append(out, book.place(row, zip))
		}
	}
	return out
}

// splitState takes the state off the end of "dallas, tx" or "dallas texas".
// After a comma the state may still be half typed ("dallas, t"): it is then
// left out rather than searched for.
func splitState(s string) (city, state string) {
	if i := strings.LastIndexByte(s, ','); i >= 0 {
		return s[:i], StateCode(s[i+1:])
	}
	words := strings.Fields(s)
	for n := min(2, len(words)-1); n > 0; n-- {
		tail := strings.Join(words[len(words)-n:], " ")
		if code := StateCode(tail); code != "" {
			return strings.Join(words[:len(words)-n], " "), code
		}
	}
	return s, ""
}

// prefixed returns the limit best cities whose name begins with prefix.
func (x *index) prefixed(prefix, state string, limit int) []uint16 {
	var room [64]byte
	key := appendKey(room[:0], prefix)
	if len(key) == 0 {
		return nil
	}
	var best []uint16
	if a, ok := aliases[string(key)]; ok {
		best = x.collect(best, []byte(a), state, limit)
	}
	best = x.collect(best, key, state, limit)
	// A last word that could be an abbreviation may as well be half typed:
	// "st" is Saint Louis and Stamford.
	last := strings.ToLower(prefix[strings.LastIndexByte(prefix, ' ')+1:])
	if long, ok := expansions[last]; ok {
		typed := append(key[:len(key)-len(long):len(key)-len(long)], last...)
		best = x.collect(best, typed, state, limit)
	}
	return best
}

// collect merges the cities under key into best, which stays sorted and at most limit long.
func (x *index) collect(best []uint16, key []byte, state string, limit int) []uint16 {
	from, to := x.span(key)
	order := func(a, b uint16) int {
		return cmp.Or(x.weight(b, key)-x.weight(a, key), int(a)-int(b))
	}
	for _, c := range x.byKey[from:to] {
		if state != "" && book.cityState(int(c)) != state {
			continue
		}
		if len(best) == limit && order(c, best[limit-1]) > 0 {
			continue
		}
		at, found := slices.BinarySearchFunc(best, c, order)
		if found {
			continue
		}
		if best = slices.Insert(best, at, c); len(best) > limit {
			best = best[:limit]
		}
	}
	return best
}

// weight ranks by size; a name typed in full counts for more than a longer one
// of the same size, so that "dale" offers Dale before a larger Dale City.
func (x *index) weight(c uint16, key []byte) int {
	w := book.size(int(c))
	if w < 8 { // only small places need the name spelt to tell
		var room [64]byte
		if len(appendKey(room[:0], book.cityName(int(c)))) == len(key) {
			w += 8
		}
	}
	return w
}
