package documents

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// htmlText writes a mail's HTML as the plain text its sender saw: one line a
// block or table row. A row of two cells is a label and its value, so it gets a
// colon; wider rows are padded so that columns stay under their headings.
func htmlText(s string) string {
	root, err := html.Parse(strings.NewReader(s))
	if err != nil {
		return ""
	}
	var b strings.Builder
	writeHTML(&b, root)
	return b.String()
}

func writeHTML(b *strings.Builder, n *html.Node) {
	switch {
	case n.Type == html.TextNode:
		words := strings.Join(strings.Fields(n.Data), " ")
		if words == "" {
			if n.Data != "" {
				b.WriteByte(' ')
			}
			return
		}
		if strings.TrimLeft(n.Data, " \t\r\n") != n.Data {
			b.WriteByte(' ')
		}
		b.WriteString(words)
		if strings.TrimRight(n.Data, " \t\r\n") != n.Data {
			b.WriteByte(' ')
		}
		return
	case n.DataAtom == atom.Script, n.DataAtom == atom.Style, n.DataAtom == atom.Head:
		return
	case n.DataAtom == atom.Br:
		b.WriteByte('\n')
		return
	case n.DataAtom == atom.Table && !hasTable(n):
		b.WriteString("\n" + tableText(n) + "\n")
		return
	}
	block := false
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Tr, atom.Td, atom.Th, atom.Li, atom.Ul, atom.Ol, atom.H1, atom.H2, atom.H3, atom.H4, atom.Blockquote, atom.Hr:
		block = true
	}
	if block {
		b.WriteByte('\n')
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		writeHTML(b, c)
	}
	if block {
		b.WriteByte('\n')
	}
}

// hasTable tells a table that only lays out others from one that holds data.
func hasTable(n *html.Node) bool {
	for d := range n.Descendants() {
		if d.DataAtom == atom.Table {
			return true
		}
	}
	return false
}

func tableText(t *html.Node) string {
	var rows [][]string
	var width []int
	for tr := range t.Descendants() {
		if tr.DataAtom != atom.Tr {
			continue
		}
		var row []string
		for c := tr.FirstChild; c != nil; c = c.NextSibling {
			if c.DataAtom != atom.Td && c.DataAtom != atom.Th {
				continue
			}
			var b strings.Builder
			for k := c.FirstChild; k != nil; k = k.NextSibling {
				writeHTML(&b, k)
			}
			row = append(row, strings.Join(strings.Fields(b.String()), " "))
		}
		for i, c := range row {
			if i == len(width) {
				width = append(width, 0)
			}
			width[i] = max(width[i], len([]rune(c)))
		}
		rows = append(rows, row)
	}
	var b strings.Builder
	for _, row := range rows {
		if len(width) == 2 && len(row) == 2 && row[0] != "" {
			b.WriteString(strings.TrimSuffix(row[0], ":") + ": " + row[1] + "\n")
			continue
		}
		line := ""
		for i, c := range row {
			line += c + strings.Repeat(" ", width[i]-len([]rune(c))+3)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
}
