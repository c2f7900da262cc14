package csvio

import (
	"strconv"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
)

// Text is a column that carries a string of T as it is.
func Text[T any](name string, at func(*T) *string, aliases ...string) Column[T] {
	return Column[T]{Name: name, Aliases: aliases, Get: func(v *T) string { return *at(v) },
		Set: func(v *T, s string) error { *at(v) = s; return nil }}
}

// Need returns the column as one a file must have.
func (c Column[T]) Need() Column[T] { c.Needed = true; return c }

// ReadOnly returns the column for export alone.
func (c Column[T]) ReadOnly() Column[T] { c.Set = nil; return c }

// Date is a column of calendar days, written 2026-11-23 and read as ParseDate does.
func Date[T any](name string, at func(*T) **time.Time, aliases ...string) Column[T] {
	return Column[T]{Name: name, Aliases: aliases,
		Get: func(v *T) string { return FormatDate(*at(v)) },
		Set: func(v *T, s string) (err error) { *at(v), err = ParseDate(s); return err }}
}

// Int is a column of whole numbers that may be missing.
func Int[T any](name string, at func(*T) **int, aliases ...string) Column[T] {
	return Column[T]{Name: name, Aliases: aliases,
		Get: func(v *T) string {
			if *at(v) == nil {
				return ""
			}
			return strconv.Itoa(**at(v))
		},
		Set: func(v *T, s string) error {
			*at(v) = nil
			if s == "" {
				return nil
			}
			n, err := strconv.Atoi(strings.ReplaceAll(s, ",", ""))
			if err != nil {
				return errs.Invalid("not a whole number")
			}
			*at(v) = &n
			return nil
		}}
}

// Bool is a column of yes and no; an empty cell is no.
func Bool[T any](name string, at func(*T) *bool, aliases ...string) Column[T] {
	return Column[T]{Name: name, Aliases: aliases,
		Get: func(v *T) string {
			if *at(v) {
				return "yes"
			}
			return "no"
		},
		Set: func(v *T, s string) error {
			switch strings.ToLower(s) {
			case "yes", "y", "true", "1", "x":
				*at(v) = true
			case "no", "n", "false", "0", "":
				*at(v) = false
			default:
				return errs.Invalid("yes or no")
			}
			return nil
		}}
}

// FormatDate returns "2026-11-23", or "" for nil.
func FormatDate(d *time.Time) string {
	if d == nil {
		return ""
	}
	return d.Format(time.DateOnly)
}

// ParseDate reads 2026-11-23, 11/23/2026 and 11/23/26 (month first, as US
// spreadsheets write it) as midnight UTC; "" is nil.
func ParseDate(s string) (*time.Time, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil, nil
	}
	for _, layout := range []string{time.DateOnly, "1/2/2006", "1/2/06", "1-2-2006", "2006/1/2"} {
		if d, err := time.Parse(layout, s); err == nil {
			return &d, nil
		}
	}
	return nil, errs.Invalid("not a date such as 2026-11-23 or 11/23/2026")
}
