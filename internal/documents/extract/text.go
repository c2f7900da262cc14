package extract

import (
	"strings"
	"unicode/utf8"
)

// The grid plain text is laid out on: a 6 × 12 point cell, 66 lines a page,
// like the line printers such text was once meant for.
const (
	gridX, gridY = 6.0, 12.0
	gridLines    = 66
	gridMaxLines = 20_000
)

// TextPages lays plain text out on a monospaced grid, so that .txt files and
// e-mail bodies run through the same reader as printed pages. A form feed or
// 66 lines start a new page; tabs stop every eight columns.
func TextPages(s string) []Page {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s)
	var pages []Page
	total := 0
	for _, sheet := range strings.Split(s, "\f") {
		lines := strings.Split(sheet, "\n")
		for len(lines) > 0 && total < gridMaxLines {
			n := min(gridLines, len(lines))
			pages = append(pages, gridPage(lines[:n]))
			total += n
			lines = lines[n:]
		}
	}
	return pages
}

func gridPage(lines []string) Page {
	p := Page{Width: 612, Height: 792}
	for row, line := range lines {
		y := 24 + float64(row)*gridY*0.95
		col := 0
		for len(line) > 0 {
			r, size := utf8.DecodeRuneInString(line)
			switch {
			case r == '\t':
				col += 8 - col%8
				line = line[size:]
				continue
			case r == ' ' || r == '\u00a0':
				col++
				line = line[size:]
				continue
			}
			end := strings.IndexAny(line, " \t\u00a0")
			if end < 0 {
				end = len(line)
			}
			n := utf8.RuneCountInString(line[:end])
			p.Words = append(p.Words, Word{
				Text: strings.ToValidUTF8(line[:end], "?"), Conf: 1,
				X0: 36 + float64(col)*gridX, X1: 36 + float64(col+n)*gridX,
				Y0: y, Y1: y + 10,
			})
			col += n
			line = line[end:]
		}
		p.Width = max(p.Width, 72+float64(col)*gridX)
	}
	return p
}
