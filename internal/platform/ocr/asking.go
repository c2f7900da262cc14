package ocr

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/ocr/imaging"
	"truckflow/internal/platform/ocr/ppocr"
	"truckflow/internal/platform/ocr/worker"
)

// NoSecond as Settings.Second says to go without the second reader.
const NoSecond = "none"

// openSecond opens the second reader. One that was named must be there; where none was
// named and none is there, why says what is missing.
func openSecond(set Settings) (r *ppocr.Reader, dir, why string, err error) {
	if set.Second == NoSecond {
		return nil, "", "it was switched off", nil
	}
	dir = set.Second
	if dir == "" {
		if dir, err = besideProgram(); err != nil {
			return nil, "", err.Error(), nil
		}
	}
	r, err = ppocr.Open(dir, set.Idle, set.PageLimit)
	switch {
	case err == nil:
		return r, dir, "", nil
	case set.Second == "":
		return nil, "", err.Error(), nil
	}
	return nil, "", "", errs.Invalid("the second reader of scans cannot be used: %v", err).
		Hint("name the folder with truckflow-ocr, its library and networks, or none").Wrap(err)
}

// besideProgram is lib/truckflow/ocr beside the folder of the running program: packages
// and images put it there, and so does make build.
func besideProgram() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return "", err
	}
	return filepath.Join(filepath.Dir(self), "..", "lib", "truckflow", "ocr"), nil
}

// Second is the folder of the second reader; "" when there is none, and why.
func (r *Reader) Second() (dir, why string) { return r.secondDir, r.noSecond }

// asked is a page that the second reader is at.
type asked struct {
	r      *Reader
	of     *imaging.Prepared
	end    context.CancelFunc
	done   chan struct{}
	result []ppocr.Line
	err    error
}

// ask begins to read the prepared picture with the second reader, if there is one.
func (r *Reader) ask(ctx context.Context, p *imaging.Prepared) *asked {
	a := &asked{r: r, of: p, done: make(chan struct{})}
	limit := r.set.PageLimit
	if limit <= 0 {
		limit = time.Minute
	}
	ctx, a.end = context.WithTimeoutCause(ctx, limit, fmt.Errorf("%w: not done in %s", worker.ErrFailed, limit))
	if r.second == nil {
		close(a.done)
		return a
	}
	go func() {
		defer close(a.done)
		a.result, a.err = r.second.Read(ctx, p.Gray)
		if ctx.Err() == nil && errors.Is(a.err, worker.ErrFailed) { // its program died: another one may do better
			a.result, a.err = r.second.Read(ctx, p.Gray)
		}
	}()
	return a
}

// direction asks the second reader whether print stands upright (0) or on its head (180).
func (r *Reader) direction(ctx context.Context, p *imaging.Prepared, print []imaging.Segment) (turn int, clear bool) {
	if r.second == nil {
		return 0, false
	}
	boxes := make([]image.Rectangle, len(print))
	for i, s := range print {
		boxes[i] = s.Box.Inset(-6)
	}
	// By itself the network errs in one line of ten; of the mean of twelve little doubt is left.
	switch up, err := r.second.Upright(ctx, p.Gray, boxes); {
	case err != nil: // tesseract will say
	case up > 0.5:
		return 0, true
	case up < -0.5:
		return 180, true
	}
	return 0, false
}

// lines waits for what was read of p. A second reader that fails costs a page its second
// opinion and nothing else; the error is the context's.
func (a *asked) lines(ctx context.Context, p *imaging.Prepared) ([]ppocr.Line, error) {
	if a.of != p { // it turned out to lie another way up
		a.end()
		<-a.done
		b := a.r.ask(ctx, p)
		defer b.end()
		return b.lines(ctx, p)
	}
	<-a.done
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case a.err != nil:
		a.r.log.WarnContext(ctx, "a page was read by tesseract alone", "error", a.err)
		return nil, nil
	}
	return a.result, nil
}
