package paper

import (
	"fmt"
	"io"
	"reflect"
)

// Layout is one company's rate confirmation: its words, its order, its looks.
type Layout struct {
	Name  string
	Batch int    // First to Fourth
	Ext   string // file extension: pdf, txt or eml
	Style Style
	Worn  bool // hardly ever seen as it left the printer: most come in as scans and photos
	draw  func(*Pen) ([]byte, error)
}

// Batches of layouts, in the order they were written. Every batch prints loads
// in words of its own (see Load), so that a reader tuned on one batch has not
// read the next one's words either.
const (
	First  = iota // those written beside the reader, and the h-*, held out once
	Second        // the u-*, held out once
	Third         // the v-*
	Fourth        // the w-*
)

// HeldOutBatch and the batches after it are kept away from whoever tunes the
// reader; when one has been looked at, strangers to the reader write the next.
const HeldOutBatch = Fourth

// Print writes the sheet. It fails only when the PDF library or w does.
func (l Layout) Print(w io.Writer, rc RateCon) error {
	b, _, err := l.Render(rc)
	return writeTo(w, b, err)
}

// Label is what Print shows of rc.
func (l Layout) Label(rc RateCon) (Label, error) {
	_, p, err := l.Render(rc)
	if err != nil {
		return Label{}, fmt.Errorf("label of %s: %w", l.Name, err)
	}
	return p.Label(), nil
}

// Render draws once and gives both the file and the pen that knows its label.
func (l Layout) Render(rc RateCon) ([]byte, *Pen, error) {
	p := NewPen(rc, l.Style)
	b, err := l.draw(p)
	return b, p, err
}

// Layouts lists every rate confirmation layout, the held-out ones last.
func Layouts() []Layout {
	out := append(tunePDF(), tuneText()...)
	out = append(append(out, tuneFormerlyHeld()...), tuneSecond()...)
	return append(append(out, heldOut()...), heldOutFourth()...)
}

// clean drops blocks in which nothing was printed.
func (l Label) clean() Label {
	if l.Broker != nil && *l.Broker == (PartyLabel{}) {
		l.Broker = nil
	}
	if l.Carrier != nil && *l.Carrier == (PartyLabel{}) {
		l.Carrier = nil
	}
	if l.Terms != nil && *l.Terms == (TermsLabel{}) {
		l.Terms = nil
	}
	if len(l.LineItems) > 0 && reflect.DeepEqual(l.LineItems, make([]ItemLabel, len(l.LineItems))) {
		l.LineItems = nil
	}
	return l
}

// pdf adapts a drawing function to a layout.
func pdf(c setup, draw func(*sheet, *Pen)) func(*Pen) ([]byte, error) {
	return func(p *Pen) ([]byte, error) {
		s := newSheet(c)
		draw(s, p)
		return s.bytes()
	}
}
