package ocr

import (
	"context"
	"slices"

	"truckflow/internal/platform/ocr/imaging"
	"truckflow/internal/platform/ocr/ppocr"
	"truckflow/internal/platform/ocr/tesseract"
)

const (
	// wellRead is the confidence from which a word's print counts as read.
	wellRead = 0.6
	// minUnread is the print, in columns of imaging.Segment, that is worth a second look: a 1.
	minUnread = 2
	// muchUnread is the print, a letter and more, that makes the words beside it doubtful.
	muchUnread = 6
	// doubtful is what is left of the confidence of words whose line was read in part.
	doubtful = 0.75
	// maxAgain is the part of the page that is read again at most: a page of noise or a
	// drawing stays what it is.
	maxAgain = 0.3
)

// again reads once more, line by line, what the page's reading left out or read badly:
// tesseract's search for columns and blocks drops short lines beside drawings and small
// cells of tables. words are in pixels of the prepared picture.
func (r *Reader) again(ctx context.Context, p *imaging.Prepared, words []tesseract.Word) ([]tesseract.Word, error) {
	var segs []imaging.Segment
	area := 0
	for _, s := range p.Segments() {
		if s.Unread(spans(words, s)) >= minUnread {
			segs = append(segs, s)
			area += s.Box.Dx() * s.Box.Dy()
		}
	}
	if b := p.Gray.Rect; len(segs) == 0 || float64(area) > maxAgain*float64(b.Dx()*b.Dy()) {
		return words, nil
	}
	sheet, at := p.Strip(segs)
	more, err := r.tess.Read(ctx, sheet, readDPI, tesseract.Block)
	switch {
	case ctx.Err() != nil:
		return nil, err
	case err != nil:
		return words, nil // the first reading stands
	}
	for i, s := range segs {
		dx, dy := float64(s.Box.Min.X-at[i].X), float64(s.Box.Min.Y-at[i].Y)
		var next, before, rest []tesseract.Word
		for _, w := range words {
			if within(w, s) {
				before = append(before, w)
			} else {
				rest = append(rest, w)
			}
		}
		for _, w := range more {
			w.X0, w.X1, w.Y0, w.Y1 = w.X0+dx, w.X1+dx, w.Y0+dy, w.Y1+dy
			if w.Conf >= wellRead && within(w, s) && !covered(w, rest) {
				next = append(next, w)
			}
		}
		if weight(next) > 1.05*weight(before) {
			words = append(replaced(rest, next), next...)
		}
		doubt(words, s)
	}
	return once(words), nil
}

// with adds what the second reader has to say. Words whose line was read in part by both
// stay doubtful.
func with(p *imaging.Prepared, words []tesseract.Word, lines []ppocr.Line) []tesseract.Word {
	if len(lines) == 0 {
		return words
	}
	words = joined(words, lines)
	for _, s := range p.Segments() {
		doubt(words, s)
	}
	return words
}

// once drops of two words in one place the one that says less.
func once(words []tesseract.Word) []tesseract.Word {
	var out []tesseract.Word
	for i, w := range words {
		x, y := (w.X0+w.X1)/2, (w.Y0+w.Y1)/2
		less := false
		for k, b := range words {
			if k != i && x > b.X0 && x < b.X1 && y > b.Y0 && y < b.Y1 {
				mine, theirs := weight(words[i:i+1]), weight(words[k:k+1])
				less = less || mine < theirs || mine == theirs && k < i
			}
		}
		if !less {
			out = append(out, w)
		}
	}
	return out
}

// spans are where a segment's print was read well, from where to where.
func spans(words []tesseract.Word, s imaging.Segment) (out [][2]float64) {
	for _, w := range words {
		if w.Conf >= wellRead && within(w, s) {
			out = append(out, [2]float64{w.X0, w.X1})
		}
	}
	return out
}

// doubt lowers the confidence of a segment's words when print beside them stays unread: a
// name without its first word looks like a name.
func doubt(words []tesseract.Word, s imaging.Segment) {
	if s.Unread(spans(words, s)) < muchUnread {
		return
	}
	for i, w := range words {
		if within(w, s) {
			words[i].Conf = min(w.Conf, doubtful)
		}
	}
}

// covered reports whether a word's middle lies in one that was read: a word with a leader
// of dots begins in the segment and has its own middle outside.
func covered(w tesseract.Word, by []tesseract.Word) bool {
	x, y := (w.X0+w.X1)/2, (w.Y0+w.Y1)/2
	for _, b := range by {
		if b.Conf >= wellRead && x > b.X0 && x < b.X1 && y > b.Y0 && y < b.Y1 {
			return true
		}
	}
	return false
}

// replaced drops badly read words over whose place better ones were found: a guess at two
// lines at once has its middle in neither.
func replaced(words, by []tesseract.Word) []tesseract.Word {
	return slices.DeleteFunc(words, func(w tesseract.Word) bool {
		return w.Conf < wellRead && slices.ContainsFunc(by, func(b tesseract.Word) bool {
			x, y := (b.X0+b.X1)/2, (b.Y0+b.Y1)/2
			return x > w.X0 && x < w.X1 && y > w.Y0 && y < w.Y1
		})
	})
}

// within reports whether a word's middle lies in a segment.
func within(w tesseract.Word, s imaging.Segment) bool {
	x, y := (w.X0+w.X1)/2, (w.Y0+w.Y1)/2
	return x >= float64(s.Box.Min.X) && x <= float64(s.Box.Max.X) && y >= float64(s.Box.Min.Y)-4 && y <= float64(s.Box.Max.Y)+4
}
