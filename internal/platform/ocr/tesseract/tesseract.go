// Package tesseract runs the tesseract program on one picture and reads back words with
// boxes and confidences. The program gets one thread (more make it slower on busy
// machines: 0.65–1.6 s a page instead of 4–10 s), a time limit, and is killed with its
// children when the context ends.
package tesseract

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// What can go wrong besides the context.
var (
	ErrMissing = errors.New("tesseract is not installed")
	ErrTimeout = errors.New("tesseract did not finish in time")
	ErrFailed  = errors.New("tesseract failed")
)

// Mode is tesseract's page segmentation mode.
type Mode int

// Auto lets tesseract find columns and blocks. Measured on 13 printed layouts, clean, as
// scans and as poor photos, it finds 0.3–0.8 % more words than one column (4) or sparse
// text (11), once rules and bars are out of the way.
const Auto Mode = 3

// Block takes the picture for one block of lines.
const Block Mode = 6

// Word is one recognised word, in pixels of the picture.
type Word struct {
	Text           string
	X0, Y0, X1, Y1 float64
	Conf           float64 // 0..1
}

// Program is an installed tesseract. Path "" means there is none.
type Program struct {
	Path    string
	Timeout time.Duration // for one picture, by the clock, however busy the machine; default 60 s
}

// Read recognises the words of a picture in reading order. dpi tells tesseract how
// large print is.
func (p Program) Read(ctx context.Context, g *image.Gray, dpi int, mode Mode) ([]Word, error) {
	out, err := p.run(ctx, g, "--psm", strconv.Itoa(int(mode)), "--oem", "1", "-l", "eng",
		"--dpi", strconv.Itoa(dpi), "-c", "tessedit_create_tsv=1", "-c", "tessedit_create_txt=0")
	if err != nil {
		return nil, err
	}
	return parse(out)
}

// Orientation guesses which clockwise turn (0, 90, 180, 270) makes the picture upright.
// ok is false when tesseract cannot tell (too little text).
func (p Program) Orientation(ctx context.Context, g *image.Gray, dpi int) (turn int, ok bool, err error) {
	out, err := p.run(ctx, g, "--psm", "0", "-l", "osd", "--dpi", strconv.Itoa(dpi))
	if errors.Is(err, ErrFailed) { // "Too few characters"
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	for line := range strings.Lines(string(out)) {
		if v, found := strings.CutPrefix(line, "Rotate:"); found {
			n, err := strconv.Atoi(strings.TrimSpace(v))
			return n, err == nil, nil
		}
	}
	return 0, false, nil
}

func (p Program) run(ctx context.Context, g *image.Gray, args ...string) ([]byte, error) {
	if p.Path == "" {
		return nil, ErrMissing
	}
	limit := p.Timeout
	if limit <= 0 {
		limit = time.Minute
	}
	timed, cancel := context.WithTimeoutCause(ctx, limit, ErrTimeout)
	defer cancel()
	cmd := exec.CommandContext(timed, p.Path, append([]string{"stdin", "stdout"}, args...)...)
	cmd.Env = []string{"OMP_THREAD_LIMIT=1", "LC_ALL=C", "PATH=/usr/local/bin:/usr/bin:/bin"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	cmd.Stdin = bytes.NewReader(pgm(g))
	var out, msg bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &msg
	switch err := runGently(cmd); {
	case timed.Err() != nil:
		return nil, context.Cause(timed)
	case errors.Is(err, exec.ErrNotFound), err != nil && cmd.ProcessState == nil:
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	case err != nil:
		return nil, fmt.Errorf("%w: %w: %s", ErrFailed, err, tail(msg.String()))
	}
	return out.Bytes(), nil
}

// runGently runs a program with less claim to the processor than the server that people
// wait for.
func runGently(cmd *exec.Cmd) error {
	if err := cmd.Start(); err != nil {
		return err
	}
	// Refused or too late, it only runs as everybody does.
	_ = syscall.Setpriority(syscall.PRIO_PROCESS, cmd.Process.Pid, 3)
	return cmd.Wait()
}

func tail(s string) string {
	s = strings.TrimSpace(s)
	return s[max(0, len(s)-300):]
}

// pgm is the plainest picture format there is: nothing is spent on packing.
func pgm(g *image.Gray) []byte {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	out := fmt.Appendf(make([]byte, 0, w*h+32), "P5\n%d %d\n255\n", w, h)
	for y := range h {
		out = append(out, g.Pix[y*g.Stride:y*g.Stride+w]...)
	}
	return out
}

// parse reads tesseract's TSV: level page block par line word left top width height conf text.
func parse(tsv []byte) ([]Word, error) {
	var words []Word
	for line := range strings.Lines(string(tsv)) {
		f := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if len(f) != 12 || f[0] != "5" || strings.TrimSpace(f[11]) == "" {
			continue
		}
		var n [4]float64
		for i := range n {
			v, err := strconv.Atoi(f[6+i])
			if err != nil {
				return nil, fmt.Errorf("%w: unreadable table line %q", ErrFailed, line)
			}
			n[i] = float64(v)
		}
		conf, err := strconv.ParseFloat(f[10], 64)
		if err != nil {
			return nil, fmt.Errorf("%w: unreadable table line %q", ErrFailed, line)
		}
		words = append(words, Word{
			Text: strings.TrimSpace(f[11]), X0: n[0], Y0: n[1], X1: n[0] + n[2], Y1: n[1] + n[3],
			Conf: max(0, min(conf/100, 1)),
		})
	}
	return words, nil
}
