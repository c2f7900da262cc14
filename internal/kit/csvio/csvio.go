// Package csvio reads the lists people keep in spreadsheets and writes lists
// that spreadsheets open safely. Read decodes and cuts a file into rows; Plan
// says what each row would change before anything is; Write exports.
package csvio

import (
	"io"
	"strings"

	"truckflow/internal/kit/errs"
)

// Limits of a file that is read.
const (
	MaxBytes = 5 << 20
	MaxRows  = 20_000 // without the heading
)

// Row is one row of a file.
type Row struct {
	Line  int // as a spreadsheet numbers it: the heading is usually 1, blank rows count
	Cells []string
}

// Table is a file cut into cells, trimmed, with Write's guard against formulas taken off.
type Table struct {
	Header    []string
	Rows      []Row // without blank ones
	Encoding  string
	Delimiter rune
}

// Read reads a CSV in UTF-8, UTF-16 (with a mark) or Windows-1252, separated by
// comma, semicolon or tab, whichever the heading uses. Errors: errs.KindTooLarge,
// KindUnsupported for what is no CSV, KindInvalid for an empty or broken one.
func Read(b []byte) (t Table, err error) {
	if len(b) > MaxBytes {
		return t, errs.TooLarge("the file is larger than %d MB", MaxBytes>>20).Hint("split the list into several files")
	}
	text, enc, err := decode(b)
	if err != nil {
		return t, err
	}
	t.Encoding, t.Delimiter = enc, 0
	first := 1
	if head, rest, ok := strings.Cut(text, "\n"); ok && len(strings.TrimSpace(head)) == 5 && strings.HasPrefix(strings.ToLower(head), "sep=") {
		t.Delimiter, text, first = rune(head[4]), rest, 2
	}
	if t.Delimiter == 0 {
		t.Delimiter = delimiter(text)
	}
	rows, err := split(text, t.Delimiter, first)
	if err != nil {
		return t, err
	}
	if len(rows) == 0 {
		return t, errs.Invalid("the file is empty").Hint("the first row names the columns; export a list to see them")
	}
	t.Header, t.Rows = rows[0].Cells, rows[1:]
	if len(t.Rows) == 0 {
		return t, errs.Invalid("the file has a heading but no rows")
	}
	return t, nil
}

// delimiter returns which separator the first row that is not blank uses most, outside quotes.
func delimiter(text string) rune {
	counts := map[rune]int{}
	quoted, seen := false, false
	for _, r := range text {
		switch {
		case r == '"':
			quoted, seen = !quoted, true
		case quoted:
		case r == ',' || r == ';' || r == '\t':
			counts[r]++
		case r == '\n' || r == '\r':
			if seen || len(counts) > 0 {
				return most(counts)
			}
		case r != ' ':
			seen = true
		}
	}
	return most(counts)
}

func most(counts map[rune]int) rune {
	best := ','
	for _, r := range []rune{';', '\t'} {
		if counts[r] > counts[best] {
			best = r
		}
	}
	return best
}

// split cuts text into rows (RFC 4180, and as leniently as spreadsheets do: any
// line end, and a quote inside an unquoted cell stands for itself).
func split(text string, delim rune, line int) (rows []Row, err error) {
	var cell strings.Builder
	var cells []string
	inQuotes, wasQuoted, opened := false, false, 0
	endCell := func() {
		cells = append(cells, clean(cell.String()))
		cell.Reset()
		wasQuoted = false
	}
	endRow := func() {
		endCell()
		if strings.Join(cells, "") != "" {
			rows = append(rows, Row{Line: line, Cells: cells})
		}
		cells = nil
		line++
	}
	rs := []rune(text)
	for i := 0; i < len(rs); i++ {
		r := rs[i]
		switch {
		case inQuotes && r == '"' && i+1 < len(rs) && rs[i+1] == '"':
			cell.WriteRune('"')
			i++
		case inQuotes && r == '"':
			inQuotes = false
		case inQuotes:
			cell.WriteRune(r)
		case r == '"' && !wasQuoted && strings.TrimSpace(cell.String()) == "":
			cell.Reset()
			inQuotes, wasQuoted, opened = true, true, line
		case r == delim:
			endCell()
		case r == '\r' || r == '\n':
			if r == '\r' && i+1 < len(rs) && rs[i+1] == '\n' {
				i++
			}
			endRow()
			if len(rows) > MaxRows+1 {
				return nil, errs.TooLarge("the file has more than %d rows", MaxRows).Hint("split the list into several files")
			}
		default:
			cell.WriteRune(r)
		}
	}
	if inQuotes {
		return nil, errs.Invalid("row %d: a quote (\") is opened and never closed", opened)
	}
	if cell.Len() > 0 || len(cells) > 0 || wasQuoted {
		endRow()
	}
	if len(rows) > MaxRows+1 {
		return nil, errs.TooLarge("the file has more than %d rows", MaxRows).Hint("split the list into several files")
	}
	return rows, nil
}

func clean(s string) string {
	s = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"))
	if guarded(s) {
		return strings.TrimSpace(s[1:])
	}
	return s
}

// guarded reports whether s is apostrophes and then what a spreadsheet would
// take for a formula: such a cell lost or gains exactly one apostrophe.
func guarded(s string) bool {
	rest := strings.TrimLeft(s, "'")
	return len(rest) < len(s) && dangerous(rest)
}

func dangerous(s string) bool { return s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) }

// Guard returns the cell with an apostrophe before what a spreadsheet would run
// as a formula; Read takes it off again, so that a list survives the round trip.
func Guard(s string) string {
	if dangerous(s) || guarded(s) {
		return "'" + s
	}
	return s
}

// Write writes a heading and rows as UTF-8 with the mark by which Excel knows
// it, comma separated, CRLF, each cell guarded.
func Write(w io.Writer, header []string, rows [][]string) error {
	if _, err := io.WriteString(w, "\uFEFF"); err != nil {
		return err
	}
	return WriteRows(w, append([][]string{header}, rows...))
}

// WriteRows goes on after Write, for lists too long to be held at once.
func WriteRows(w io.Writer, rows [][]string) error {
	var sb strings.Builder
	for _, row := range rows {
		for i, c := range row {
			if i > 0 {
				sb.WriteByte(',')
			}
			if c = Guard(c); strings.ContainsAny(c, "\",\r\n\t;") || c != strings.TrimSpace(c) {
				c = `"` + strings.ReplaceAll(c, `"`, `""`) + `"`
			}
			sb.WriteString(c)
		}
		sb.WriteString("\r\n")
	}
	_, err := io.WriteString(w, sb.String())
	return err
}
