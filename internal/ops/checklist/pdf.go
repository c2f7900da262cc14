package checklist

import (
	"fmt"
	"strings"
	"time"

	"truckflow/internal/platform/sheet"
)

// PDF prints the checklist for an auditor: what was seen when, what was signed by whom
// and until when, what is still to be done, and a line to sign on.
func (r Report) PDF(site, version string) ([]byte, error) {
	s := sheet.New("TruckFlow go-live checklist", r.Time)
	head(s, "Go-live checklist", site, version, r.Time)
	s.Text(sheet.Left, 120, sheet.Right-sheet.Left, "", 10, "L", r.Summary()+". Green is only what was seen, or signed and not expired; what could not be looked at is not.")
	y := s.GetY() + 12
	for _, p := range Phases {
		part := r.Only(p)
		if len(part.Items) == 0 {
			continue
		}
		var rows [][]string
		for _, i := range part.Items {
			todo := i.Fix
			if i.Note != "" {
				todo = strings.TrimSpace(todo + "\nNote: " + i.Note)
			}
			rows = append(rows, []string{string(i.Status), i.Title + "\n(" + i.ID + "; the specification: " + i.Asked + ")", i.Evidence + "\n" + i.At.UTC().Format("2006-01-02 15:04") + " UTC", todo})
		}
		y = titled(s, y, fmt.Sprintf("%s: %d of %d green", p.Title(), part.Green, part.Of))
		y = s.Table(y, []sheet.Column{{Head: "State", Wide: 10}, {Head: "Item", Wide: 30}, {Head: "Seen", Wide: 32}, {Head: "What to do", Wide: 28}}, rows) + 10
	}
	signHere(s, y)
	return s.Bytes()
}

// PDF prints a report.
func (m Made) PDF(site, version string) ([]byte, error) {
	s := sheet.New("TruckFlow "+m.Title, m.At)
	head(s, m.Title, site, version, m.At)
	compared := "There is no earlier one to compare with."
	if m.Before != nil {
		compared = "Compared with the one of " + m.Before.UTC().Format("2006-01-02 15:04") + " UTC."
	}
	s.Text(sheet.Left, 120, sheet.Right-sheet.Left, "", 10, "L", m.Summary+" "+compared)
	y := s.GetY() + 12
	for _, t := range m.Tables {
		y = titled(s, y, t.Title)
		var columns []sheet.Column
		for i, c := range t.Columns {
			columns = append(columns, sheet.Column{Head: c, Wide: wide(t, i)})
		}
		y = s.Table(y, columns, t.Rows) + 10
	}
	signHere(s, y)
	return s.Bytes()
}

// wide is a column's share: by its longest cell, within bounds that keep words whole.
func wide(t Table, column int) float64 {
	longest := len(t.Columns[column])
	for _, row := range t.Rows {
		longest = max(longest, len(row[column]))
	}
	return float64(min(max(longest, 12), 40))
}

func head(s *sheet.Sheet, title, site, version string, at time.Time) {
	s.Numbered("TruckFlow " + version + ", " + title + ", " + at.UTC().Format("2006-01-02 15:04") + " UTC")
	s.Text(sheet.Left, 44, 500, "B", 20, "L", title)
	s.Text(sheet.Left, 74, 500, "", 10, "L", site+"\nTruckFlow "+version+", looked at on "+at.UTC().Format("Monday, January 2, 2006, 15:04")+" UTC")
	s.Rule(110)
}

// titled writes a table's title, on a new page where little more than it would fit.
func titled(s *sheet.Sheet, y float64, title string) float64 {
	if y > sheet.Bottom-110 {
		s.AddPage()
		y = 60
	}
	s.Text(sheet.Left, y, 500, "B", 12, "L", title)
	return s.GetY() + 6
}

func signHere(s *sheet.Sheet, y float64) {
	if y > sheet.Bottom-70 {
		s.AddPage()
		y = 60
	}
	y += 36
	for i, what := range []string{"Name", "Signature", "Date"} {
		x := sheet.Left + float64(i)*180
		s.SetDrawColor(60, 60, 60)
		s.Line(x, y, x+156, y)
		s.Text(x, y+3, 156, "", 8, "L", what)
	}
}
