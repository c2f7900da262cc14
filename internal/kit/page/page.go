// Package page is keyset paging: a cursor names the last row seen, so page 900
// costs what page 1 does and rows that arrive meanwhile are neither skipped nor repeated.
package page

import (
	"encoding/base64"
	"encoding/json"

	"truckflow/internal/kit/errs"
)

// DefaultLimit and MaxLimit bound a page, in rows.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// Request asks for one page.
type Request struct {
	Cursor string // opaque; "" for the first page
	Limit  int    // rows; 0 means DefaultLimit; clamped to 1..MaxLimit
}

// Rows returns the number of rows to show, clamped.
func (r Request) Rows() int {
	if r.Limit <= 0 {
		return DefaultLimit
	}
	return min(r.Limit, MaxLimit)
}

// Page is one page of rows; Next is "" on the last.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// Cut makes a page from up to limit+1 rows: the extra row, if any, only proves
// that there is a next page. key returns the sort key of a row.
func Cut[T any](rows []T, limit int, key func(T) any) Page[T] {
	if len(rows) <= limit {
		return Page[T]{Items: rows}
	}
	rows = rows[:limit]
	return Page[T]{Items: rows, Next: Encode(key(rows[limit-1]))}
}

// Encode makes an opaque cursor of a sort key.
func Encode(key any) string {
	b, err := json.Marshal(key)
	if err != nil {
		panic("page: a sort key that JSON cannot hold: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// Decode reads a cursor into key; a tampered one is errs.KindInvalid. An empty
// cursor leaves key alone and returns false.
func Decode(cursor string, key any) (bool, error) {
	if cursor == "" {
		return false, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(b, key)
	}
	if err != nil {
		return false, errs.Invalid("that page link is not valid any more; start from the first page").Wrap(err)
	}
	return true, nil
}
