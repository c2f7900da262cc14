package documents

import (
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// maxHTMLDepth bounds how deep elements may nest; deeper ones are left out.
const maxHTMLDepth = 200

// htmlText writes a mail's HTML as plain text laid out the way it is seen:
// blocks on lines of their own, a table's cells in columns.
func htmlText(r io.Reader) (string, error) {
	root, err := html.Parse(r)
	if err != nil {
		return "", err
	}
	p := &plain{}
	p.walk(root, 0)
	p.line()
	return p.out.String(), nil
}

// plain lays out one block after the other.
type plain struct {
	out strings.Builder
	cur strings.Builder
}

func (p *plain) line() {
	if t := strings.Join(strings.Fields(p.cur.String()), " "); t != "" {
		p.out.WriteString(t + "\n")
	}
	p.cur.Reset()
}

func (p *plain) walk(n *html.Node, depth int) {
	if depth > maxHTMLDepth {
		return
	}
	if n.Type == html.TextNode {
		p.cur.WriteString(n.Data)
		return
	}
	block := false
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title:
		return
	case atom.Br:
		p.line()
		return
	case atom.Table:
		p.line()
		p.table(n, depth)
		return
	case atom.P, atom.Div, atom.Li, atom.H1, atom.H2, atom.H3, atom.H4, atom.Hr, atom.Ul, atom.Ol, atom.Blockquote, atom.Tr, atom.Section:
		block = true
	}
	if block {
		p.line()
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.walk(c, depth+1)
	}
	if block {
		p.line()
		if n.DataAtom == atom.P {
			p.out.WriteByte('\n')
		}
	}
}

// table writes rows with their cells padded to columns; a cell that holds a
// table itself is only there for layout, and its content follows as blocks.
func (p *plain) table(n *html.Node, depth int) {
	var rows [][][]string
	var widths []int
	flush := func() {
		for _, row := range rows {
			p.row(row, widths)
		}
		rows, widths = nil, nil
	}
	for _, tr := range rowsOf(n, depth) {
		var row [][]string
		nested := false
		for td := tr.FirstChild; td != nil; td = td.NextSibling {
			if td.DataAtom != atom.Td && td.DataAtom != atom.Th {
				continue
			}
			nested = nested || holds(td, atom.Table, depth)
			in := &plain{}
			for c := td.FirstChild; c != nil; c = c.NextSibling {
				in.walk(c, depth+2)
			}
			in.line()
			row = append(row, strings.Split(strings.Trim(in.out.String(), "\n"), "\n"))
		}
		if nested {
			flush()
			for _, cell := range row {
				p.out.WriteString(strings.Join(cell, "\n") + "\n")
			}
			continue
		}
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			for _, l := range cell {
				widths[i] = max(widths[i], min(len([]rune(l)), 120))
			}
		}
		rows = append(rows, row)
	}
	flush()
	p.out.WriteByte('\n')
}

func (p *plain) row(row [][]string, widths []int) {
	high := 0
	for _, cell := range row {
		high = max(high, len(cell))
	}
	for k := range high {
		var l strings.Builder
		for i, cell := range row {
			t := ""
			if k < len(cell) {
				t = cell[k]
			}
			l.WriteString(t + strings.Repeat(" ", max(0, widths[i]-len([]rune(t)))+4))
		}
		p.out.WriteString(strings.TrimRight(l.String(), " ") + "\n")
	}
}

// rowsOf lists a table's own rows, not those of tables inside it.
func rowsOf(n *html.Node, depth int) (out []*html.Node) {
	if depth > maxHTMLDepth {
		return nil
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.DataAtom {
		case atom.Tr:
			out = append(out, c)
		case atom.Tbody, atom.Thead, atom.Tfoot:
			out = append(out, rowsOf(c, depth+1)...)
		}
	}
	return out
}

func holds(n *html.Node, a atom.Atom, depth int) bool {
	if depth > maxHTMLDepth {
		return false
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == a || holds(c, a, depth+1) {
			return true
		}
	}
	return false
}
