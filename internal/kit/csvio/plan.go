package csvio

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"truckflow/internal/kit/errs"
)

// Column is one column of a list of T.
type Column[T any] struct {
	Name    string                     // heading, lower case with underscores: "unit_number"
	Aliases []string                   // other headings people use
	Get     func(v *T) string          // for export, and to see what a row changes
	Set     func(v *T, s string) error // s is trimmed; nil: exported only
	Needed  bool                       // a file without it is refused
}

// List says how a kind of thing is kept as CSV.
type List[T any] struct {
	Noun    string // "truck"
	Columns []Column[T]
	// Keys are what makes two rows the same thing, strongest first and always as
	// many; "" is unknown. A weaker key matches only where no stronger one differs.
	Keys    func(v *T) []string
	KeyName string           // the column a duplicate is reported on
	New     func() T         // a thing with its defaults
	Copy    func(v T) T      // nil: plain assignment; set it when T holds slices that Set writes into
	Check   func(v *T) error // the same check a form passes: errs.KindInvalid with fields named as columns
}

// Problem is one reason why a row is not taken.
type Problem struct {
	Line   int    `json:"row"` // as a spreadsheet numbers it
	Column string `json:"column"`
	Value  string `json:"value"`
	Reason string `json:"reason"`
}

// Item is a row that can be applied.
type Item[T any] struct {
	Line     int
	Value    T
	Existing bool // Value changes a stored thing
}

// Plan is what a file would do.
type Plan[T any] struct {
	Items   []Item[T] // new and changed, in the file's order
	Preview Preview
}

// Preview is a plan for people.
type Preview struct {
	Noun      string    `json:"noun"`
	New       int       `json:"new"`
	Changed   int       `json:"changed"`
	Unchanged int       `json:"unchanged"`
	Bad       int       `json:"bad"` // rows, not problems
	Problems  []Problem `json:"problems,omitempty"`
	Ignored   []string  `json:"ignored,omitempty"` // headings nobody knows
	Encoding  string    `json:"encoding"`
	Delimiter string    `json:"delimiter"`
	Digest    string    `json:"digest"` // changes when the file or what is stored changes
}

// heading makes "Unit Number" and "unit-number" the same.
func heading(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r < '0' || r > '9' && r < 'a' || r > 'z' && r < 0x80 }), "_")
}

// MakePlan compares a file with what is stored. Columns a file lacks stay as
// they are; an empty cell empties the value. It fails with errs.KindInvalid
// only when a needed column is missing or one stands there twice.
func (l List[T]) MakePlan(t Table, stored []T) (p Plan[T], err error) {
	cols, ignored, err := l.match(t.Header)
	if err != nil {
		return p, err
	}
	p.Preview = Preview{Noun: l.Noun, Ignored: ignored, Encoding: t.Encoding, Delimiter: map[rune]string{',': "comma", ';': "semicolon", '\t': "tab"}[t.Delimiter]}
	m := matcher[T]{list: l, cols: cols, stored: stored, byKey: map[string][]int{}, seen: map[string]int{}, taken: map[int]int{}}
	for i := range stored {
		for n, k := range l.Keys(&stored[i]) {
			if k != "" {
				m.byKey[keyAt(n, k)] = append(m.byKey[keyAt(n, k)], i)
			}
		}
	}
	digest := sha256.New()
	for _, row := range t.Rows {
		item, problems := m.row(row)
		switch {
		case len(problems) > 0:
			p.Preview.Bad++
			p.Preview.Problems = append(p.Preview.Problems, problems...)
		case item == nil:
			p.Preview.Unchanged++
			fmt.Fprintf(digest, "%d=\n", row.Line)
			continue
		case item.Existing:
			p.Preview.Changed++
			p.Items = append(p.Items, *item)
		default:
			p.Preview.New++
			p.Items = append(p.Items, *item)
		}
		fmt.Fprintf(digest, "%d %d %v %q\n", row.Line, len(problems), item != nil && item.Existing, row.Cells)
	}
	p.Preview.Digest = hex.EncodeToString(digest.Sum(nil)[:12])
	return p, nil
}

// match returns for each cell its column, -1 for none.
func (l List[T]) match(header []string) (cols []int, ignored []string, err error) {
	used := map[int]bool{}
	for _, h := range header {
		i := slices.IndexFunc(l.Columns, func(c Column[T]) bool {
			return heading(h) == c.Name || slices.Contains(c.Aliases, heading(h))
		})
		switch {
		case i < 0 && h != "":
			ignored = append(ignored, h)
		case i >= 0 && used[i]:
			return nil, nil, errs.Invalid("the column %s stands there twice", l.Columns[i].Name)
		case i >= 0:
			used[i] = true
		}
		cols = append(cols, i)
	}
	for i, c := range l.Columns {
		if c.Needed && !used[i] {
			return nil, nil, errs.Invalid("the column %s is missing", c.Name).Hint("the first row must name the columns; export a list to see them")
		}
	}
	return cols, ignored, nil
}

func keyAt(n int, k string) string { return fmt.Sprint(n, " ", k) }

// matcher finds what each row of a file is about.
type matcher[T any] struct {
	list   List[T]
	cols   []int
	stored []T
	byKey  map[string][]int // index in stored
	seen   map[string]int   // line of a row by its strongest key
	taken  map[int]int      // line that changes stored[i]
}

// find returns the index of the stored thing v is, -1 for none, or why it cannot be told.
func (m *matcher[T]) find(v *T) (int, string) {
	keys := m.list.Keys(v)
	for n, k := range keys {
		var fit []int
		for _, i := range m.byKey[keyAt(n, k)] {
			have, differs := m.list.Keys(&m.stored[i]), false
			for s := range n {
				differs = differs || keys[s] != "" && have[s] != "" && keys[s] != have[s]
			}
			if !differs && k != "" {
				fit = append(fit, i)
			}
		}
		switch len(fit) {
		case 0:
			continue
		case 1:
			return fit[0], ""
		}
		return -1, fmt.Sprintf("there are %d %ss this could be; fill in what tells them apart", len(fit), m.list.Noun)
	}
	return -1, ""
}

// fill sets every column the row has and returns the cells by column.
func (m *matcher[T]) fill(row Row, v *T, bad func(column, value, reason string)) map[string]string {
	cell := map[string]string{}
	for i, ci := range m.cols {
		if ci < 0 || m.list.Columns[ci].Set == nil {
			continue
		}
		c, s := m.list.Columns[ci], ""
		if i < len(row.Cells) {
			s = row.Cells[i]
		}
		cell[c.Name] = s
		if err := c.Set(v, s); err != nil {
			bad(c.Name, s, errs.Public(err).Message)
		}
	}
	return cell
}

// shape finds what is wrong with a row before its values are looked at.
func (m *matcher[T]) shape(row Row, bad func(column, value, reason string)) {
	for i, s := range row.Cells {
		if i >= len(m.cols) && s != "" {
			bad("", s, "this row has more cells than there are headings; is a separator inside an unquoted cell?")
		} else if strings.ContainsRune(s, '\uFFFD') {
			bad(headingAt(m.list, m.cols, i), s, "a character was lost when the file was saved; save it as CSV UTF-8")
		}
	}
}

// row reads one row; a nil item without problems changes nothing.
func (m *matcher[T]) row(row Row) (*Item[T], []Problem) {
	var problems []Problem
	bad := func(column, value, reason string) {
		problems = append(problems, Problem{Line: row.Line, Column: column, Value: value, Reason: reason})
	}
	if m.shape(row, bad); len(problems) > 0 {
		return nil, problems
	}
	probe := m.list.New()
	cell := m.fill(row, &probe, func(string, string, string) {})
	at, doubt := m.find(&probe)
	if doubt != "" {
		bad(m.list.KeyName, cell[m.list.KeyName], doubt)
	}
	v := m.list.New()
	if at >= 0 {
		v = m.stored[at]
		if m.list.Copy != nil {
			v = m.list.Copy(v)
		}
	}
	m.fill(row, &v, bad)
	if len(problems) == 0 {
		for f, reason := range fields(m.list.Check(&v)) {
			bad(f, cell[f], reason)
		}
		slices.SortFunc(problems, func(a, b Problem) int { return strings.Compare(a.Column, b.Column) })
	}
	if first := m.twice(row.Line, at, &v); first > 0 {
		bad(m.list.KeyName, cell[m.list.KeyName], fmt.Sprintf("the same %s stands in row %d already", m.list.Noun, first))
	}
	if len(problems) > 0 {
		return nil, problems
	}
	if at >= 0 && m.list.same(&m.stored[at], &v) {
		return nil, nil
	}
	return &Item[T]{Line: row.Line, Value: v, Existing: at >= 0}, nil
}

// twice returns the line that named the same thing before, else 0.
func (m *matcher[T]) twice(line, at int, v *T) int {
	if at >= 0 {
		if first := m.taken[at]; first > 0 {
			return first
		}
		m.taken[at] = line
	}
	for n, k := range m.list.Keys(v) {
		if k == "" {
			continue
		}
		if first := m.seen[keyAt(n, k)]; first > 0 {
			return first
		}
		m.seen[keyAt(n, k)] = line
		break
	}
	return 0
}

func headingAt[T any](l List[T], cols []int, i int) string {
	if i < len(cols) && cols[i] >= 0 {
		return l.Columns[cols[i]].Name
	}
	return ""
}

func (l List[T]) same(a, b *T) bool {
	for _, c := range l.Columns {
		if c.Set != nil && c.Get(a) != c.Get(b) {
			return false
		}
	}
	return true
}

func fields(err error) map[string]string {
	var e *errs.Error
	if err == nil {
		return nil
	}
	if errors.As(err, &e) && len(e.Fields) > 0 {
		return e.Fields
	}
	return map[string]string{"": errs.Public(err).Message}
}

// Table returns vs as cells under every heading of the list, for Write.
func (l List[T]) Table(vs []T) (header []string, rows [][]string) {
	for _, c := range l.Columns {
		header = append(header, c.Name)
	}
	for i := range vs {
		var r []string
		for _, c := range l.Columns {
			r = append(r, c.Get(&vs[i]))
		}
		rows = append(rows, r)
	}
	return header, rows
}
