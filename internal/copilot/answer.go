package copilot

import (
	"fmt"
	"strings"

	"truckflow/internal/kit/money"
)

// Span is a piece of an answer; Href leads to its record.
type Span struct {
	Text string `json:"text"`
	Href string `json:"href,omitempty"`
}

// Table is the rows an answer used.
type Table struct {
	Columns []Column `json:"columns"`
	Rows    [][]Span `json:"rows"`
	More    int      `json:"more,omitempty"` // rows that are left out
}

// Column is a table's heading; numbers stand at the right.
type Column struct {
	Label string `json:"label"`
	Num   bool   `json:"num,omitempty"`
}

// Answer is what the copilot says.
type Answer struct {
	Text     []Span           `json:"text"`
	Table    *Table           `json:"table,omitempty"`
	Screen   string           `json:"screen,omitempty"`   // the page that shows the same, filtered
	Proposal *Proposal        `json:"proposal,omitempty"` // what it would do, when the person confirms
	Draft    string           `json:"draft,omitempty"`    // a mail to read and send
	Facts    map[string]int64 `json:"facts,omitempty"`    // by name: counts, cents (…_cents), days (…_days)
	Records  []string         `json:"records,omitempty"`  // numbers and names it is about, all of them
	Refused  string           `json:"refused,omitempty"`  // why there is no answer
	Try      []string         `json:"try,omitempty"`      // questions that can be answered
	Looked   []string         `json:"looked,omitempty"`   // what a model had looked up, in words
	Stopped  bool             `json:"stopped,omitempty"`  // whoever asked did not wait for the end
}

// mostRows are shown; a filtered screen has the rest.
const mostRows = 25

// say adds text.
func (a *Answer) say(format string, v ...any) *Answer {
	a.Text = append(a.Text, Span{Text: fmt.Sprintf(format, v...)})
	return a
}

// link adds text that leads somewhere.
func (a *Answer) link(text, href string) *Answer {
	a.Text = append(a.Text, Span{Text: text, Href: href})
	return a
}

// fact notes a figure the answer stands on.
func (a *Answer) fact(name string, v int64) *Answer {
	if a.Facts == nil {
		a.Facts = map[string]int64{}
	}
	a.Facts[name] = v
	return a
}

// columns starts the table; a label that begins with # is a column of numbers.
func (a *Answer) columns(labels ...string) {
	a.Table = &Table{}
	for _, l := range labels {
		name, num := strings.CutPrefix(l, "#")
		a.Table.Columns = append(a.Table.Columns, Column{name, num})
	}
}

// row adds one, about a record; rows beyond mostRows are counted, and their records kept.
func (a *Answer) row(record string, cells ...Span) {
	if record != "" {
		a.Records = append(a.Records, record)
	}
	if len(a.Table.Rows) == mostRows {
		a.Table.More++
		return
	}
	a.Table.Rows = append(a.Table.Rows, cells)
}

// Plain is the answer's text without links.
func (a Answer) Plain() string {
	var b strings.Builder
	for _, s := range a.Text {
		b.WriteString(s.Text)
	}
	return b.String()
}

func text(s string) Span              { return Span{Text: s} }
func to(s, href string) Span          { return Span{s, href} }
func cents(c money.Cents) Span        { return Span{Text: c.Dollars()} }
func number(n int) Span               { return Span{Text: group(n)} }
func loadHref(id fmt.Stringer) string { return "/loads/" + id.String() }

// group writes 12345 as 12,345.
func group(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func count(n int, noun string) string {
	if n == 1 {
		return "one " + noun
	}
	if strings.HasSuffix(noun, "y") && !strings.HasSuffix(noun, "ay") {
		return group(n) + " " + strings.TrimSuffix(noun, "y") + "ies"
	}
	return group(n) + " " + noun + "s"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
