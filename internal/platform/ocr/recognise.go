package ocr

import (
	"context"
	"image"
	"slices"
	"unicode"

	"truckflow/internal/platform/ocr/imaging"
	"truckflow/internal/platform/ocr/tesseract"
)

// found is what was recognised, in pixels of the upright picture, which is w wide.
type found struct {
	words []tesseract.Word
	w     int
}

const (
	// readDPI is what we tell tesseract of a letter page that is readLong high.
	readDPI = 273
	// sure is the mean confidence above which a page is taken to be upright: upright
	// scans reach 0.8–0.95, pages on their head 0.2–0.5.
	sure = 0.70
	// unread is the mean below which a page is hardly read at all.
	unread = 0.5
)

// recognise reads a picture, whichever way up it is, and returns the clockwise turn that
// made it upright. The picture itself mostly tells which way up it is; only when the
// reading is poor are the other ways tried.
func (r *Reader) recognise(ctx context.Context, img image.Image) (found, int, error) {
	none := found{w: img.Bounds().Dx()}
	select {
	case r.scans <- struct{}{}:
		defer func() { <-r.scans }()
	case <-ctx.Done():
		return none, 0, context.Cause(ctx)
	}
	p, turn, err := r.straight(ctx, img)
	if err != nil {
		return none, 0, err
	}
	if p.Blank() {
		return none, 0, nil
	}
	other := r.ask(ctx, p) // beside tesseract: a page that comes alone keeps two cores busy
	defer other.end()
	first, err := r.read(ctx, p)
	if err != nil {
		return none, 0, err
	}
	best := first
	lying := sideways(first)
	if lying {
		best = nil // read well, perhaps, but every box stands on end
	}
	if mean, n := confidence(first); lying || mean < sure || n < 5 {
		guess := turn
		for _, t := range r.turns(ctx, p, guess, mean) {
			q := imaging.Prepare(imaging.Turn(img, t), readLong)
			next, err := r.read(ctx, q)
			if err != nil {
				return none, 0, err
			}
			if weight(next) > 1.2*weight(best) {
				best, turn, p = next, t, q
			}
			if mean, n := confidence(best); mean >= sure && n >= 5 {
				break
			}
		}
		if best == nil {
			best, turn = first, guess
		}
	}
	w := img.Bounds().Dx()
	if turn%180 != 0 {
		w = img.Bounds().Dy()
	}
	lines, err := other.lines(ctx, p)
	if err != nil {
		return none, 0, err
	}
	return found{words: back(p, with(p, best, lines)), w: w}, turn, nil
}

// straight prepares a picture the way up it seems to be, and says by which turn.
func (r *Reader) straight(ctx context.Context, img image.Image) (p *imaging.Prepared, turn int, err error) {
	p = imaging.Prepare(img, readLong)
	lies, clear := p.Lies()
	if lies%180 != 0 {
		turn = lies
		p = imaging.Prepare(imaging.Turn(img, turn), readLong)
		lies, clear = p.Lies()
	}
	if !clear && !p.Blank() {
		lies = r.sample(ctx, p, lies)
		if ctx.Err() != nil {
			return nil, 0, context.Cause(ctx)
		}
	}
	if lies == 180 {
		return p.Turned(), (turn + 180) % 360, nil
	}
	return p, turn, nil
}

// sample reads some of the page's print both ways up and returns the turn (0 or 180) that
// makes more sense; the guess where that cannot be told.
func (r *Reader) sample(ctx context.Context, p *imaging.Prepared, guess int) int {
	const some = 12
	segs := slices.DeleteFunc(p.Segments(), func(s imaging.Segment) bool { return s.Box.Dx() < readLong/25 || s.Box.Dx() > readLong/3 })
	every := len(segs)/some + 1
	var few []imaging.Segment
	for i := 0; i < len(segs); i += every {
		few = append(few, segs[i])
	}
	if len(few) == 0 {
		return guess
	}
	if turn, clear := r.direction(ctx, p, few); clear {
		return turn
	}
	sheet, _ := p.Strip(few)
	var sense [2]float64
	for i, degrees := range []int{0, 180} {
		words, err := r.tess.Read(ctx, imaging.Turn(sheet, degrees).(*image.Gray), readDPI, tesseract.Block)
		if err != nil {
			return guess // the page itself will say what is wrong
		}
		sense[i] = weight(words)
	}
	switch {
	case sense[0] > sense[1]:
		return 0
	case sense[1] > sense[0]:
		return 180
	}
	return guess
}

// sideways reports whether most words are higher than wide: tesseract has found lines
// that run up the page and read them as they lie.
func sideways(words []tesseract.Word) bool {
	upright, lying := 0, 0
	for _, w := range words {
		if alnum(w.Text) < 4 {
			continue
		}
		if w.Y1-w.Y0 > w.X1-w.X0 {
			lying++
		} else {
			upright++
		}
	}
	return lying > upright
}

// turns are the other turns worth trying when the picture, prepared with the turn guess,
// was read with the mean confidence; the likeliest first.
func (r *Reader) turns(ctx context.Context, p *imaging.Prepared, guess int, mean float64) (all []int) {
	add := func(t int) {
		if t %= 360; t != guess && !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	if guess != 0 {
		add(0)
	}
	t, ok, err := r.tess.Orientation(ctx, p.Gray, readDPI)
	switch {
	case err != nil || !ok:
		add(180)
		add(90)
		add(270)
	case t != 0:
		add(guess + t)
	case mean < unread:
		add(guess + 180) // of capitals alone tesseract may take the one for the other
	}
	return all // none: as it should be, only badly legible
}

// read is tesseract's reading, in pixels of the prepared picture.
func (r *Reader) read(ctx context.Context, p *imaging.Prepared) ([]tesseract.Word, error) {
	words, err := r.tess.Read(ctx, p.Gray, readDPI, tesseract.Auto)
	if err != nil {
		return nil, err
	}
	return r.again(ctx, p, words)
}

// back leaves out what is no print and returns to pixels of the original picture.
func back(p *imaging.Prepared, words []tesseract.Word) []tesseract.Word {
	kept := words[:0]
	for _, w := range words {
		if w.Conf < 0.3 && alnum(w.Text) == 0 || w.Conf < 0.05 {
			continue // specks and rules read as punctuation
		}
		w.X0, w.Y0, w.X1, w.Y1 = p.Back(w.X0, w.Y0, w.X1, w.Y1)
		kept = append(kept, w)
	}
	return kept
}

func alnum(s string) (n int) {
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
	}
	return n
}

// confidence is the mean confidence over letters, and how many words there are.
func confidence(words []tesseract.Word) (mean float64, n int) {
	sum, letters := 0.0, 0
	for _, w := range words {
		k := alnum(w.Text)
		sum += w.Conf * float64(k)
		letters += k
		if k > 1 {
			n++
		}
	}
	return sum / float64(max(letters, 1)), n
}

// weight compares readings of the same page: many letters read with confidence.
func weight(words []tesseract.Word) (sum float64) {
	for _, w := range words {
		sum += w.Conf * w.Conf * float64(alnum(w.Text))
	}
	return sum
}
