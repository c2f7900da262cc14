package page

import (
	"cmp"
	"slices"
)

// Slice pages a list that is held whole (hundreds of rows, not thousands): it
// sorts rows by key, which must be different for each, and cuts one page.
func Slice[T any](rows []T, req Request, key func(T) string) (p Page[T], err error) {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	var after string
	if ok, err := Decode(req.Cursor, &after); err != nil {
		return p, err
	} else if ok {
		rows = rows[upTo(rows, after, key):]
	}
	return Cut(rows[:min(len(rows), req.Rows()+1)], req.Rows(), func(v T) any { return key(v) }), nil
}

// upTo returns the index of the first row whose key is greater than after.
func upTo[T any](rows []T, after string, key func(T) string) int {
	i, found := slices.BinarySearchFunc(rows, after, func(v T, k string) int { return cmp.Compare(key(v), k) })
	if found {
		i++
	}
	return i
}
