// Package ppocr reads print with the PP-OCRv4 networks: one finds lines, one says whether a
// line stands on its head, one reads it. The networks run in a child (package worker); what
// stands around them is here: finding boxes in the map of the first, cutting lines out,
// making letters of the last one's guesses and words of its letters.
package ppocr

import (
	"context"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"time"

	"truckflow/internal/platform/ocr/worker"
)

// Files of the reader's folder.
const (
	Program    = "truckflow-ocr"
	Library    = "libonnxruntime.so.1"
	detection  = "det.onnx"
	direction  = "cls.onnx"
	reading    = "rec.onnx"
	characters = "characters.txt"
)

// Reader reads pictures. Safe for concurrent use; each page keeps one core busy.
type Reader struct {
	pool worker.Pool
	// keep are the reading network's columns that stand for something a US freight paper
	// prints, and glyph what each of them stands for; the first is its blank.
	keep  []int32
	glyph []rune
}

// Open looks whether all of a second reader is in dir. Nothing is loaded yet.
func Open(dir string, idle, limit time.Duration) (*Reader, error) {
	for _, name := range []string{Library, detection, direction, reading, characters} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	program := filepath.Join(dir, Program)
	if err := worker.Executable(program); err != nil {
		return nil, err
	}
	list, err := os.ReadFile(filepath.Join(dir, characters))
	if err != nil {
		return nil, err
	}
	r := &Reader{pool: worker.Pool{Program: program, Dir: dir, Idle: idle, Limit: limit}}
	if r.keep, r.glyph = columns(string(list)); len(r.keep) < 90 {
		return nil, fmt.Errorf("%s: not the characters of this network", filepath.Join(dir, characters))
	}
	return r, nil
}

// Close ends the children that have nothing to do.
func (r *Reader) Close() { r.pool.Close() }

// alike are characters of the network that are other forms of those on US papers.
var alike = map[rune]rune{
	'：': ':', '，': ',', '（': '(', '）': ')', '；': ';', '！': '!', '？': '?', '％': '%', '＋': '+', '－': '-', '—': '-', '–': '-', '／': '/', '＆': '&',
	'＃': '#', '＊': '*', '＝': '=', '＜': '<', '＞': '>', '＠': '@', '‘': '\'', '’': '\'', '“': '"', '”': '"', '【': '[', '】': ']', '［': '[', '］': ']', '。': '.',
	'·': '·', '°': '°', '•': '·', '§': '§', '～': '~', '×': 'x', '￥': '$', '＄': '$', 'é': 'é', 'ñ': 'ñ', '｜': '|',
}

// columns are what to keep of a network that numbers its characters by lines of list from
// 1 on; 0 is "nothing here", and behind the list's last stands the space.
func columns(list string) (keep []int32, glyph []rune) {
	keep, glyph = append(keep, 0), append(glyph, 0)
	lines := strings.Split(strings.TrimRight(list, "\n"), "\n")
	for i, line := range lines {
		c := []rune(strings.TrimRight(line, "\r"))
		if len(c) != 1 {
			continue
		}
		as, ok := alike[c[0]]
		if c[0] > ' ' && c[0] <= '~' {
			as, ok = c[0], true
		}
		if ok {
			keep, glyph = append(keep, int32(i+1)), append(glyph, as)
		}
	}
	return append(keep, int32(len(lines)+1)), append(glyph, ' ')
}

// Read finds and reads the lines of an upright, straight picture, from the top down.
// A line that cannot be read is left out; an error is about all of them.
func (r *Reader) Read(ctx context.Context, g *image.Gray) ([]Line, error) {
	child, err := r.pool.Take(ctx)
	if err != nil {
		return nil, err
	}
	defer r.pool.Give(child)
	boxes, err := r.detect(ctx, child, g)
	if err != nil {
		return nil, err
	}
	var lines []Line
	for _, b := range boxes {
		for _, b := range pieces(g, b) {
			l, err := r.line(ctx, child, g, b)
			if err != nil {
				return nil, err
			}
			if len(l.Chars) > 0 {
				lines = append(lines, l)
			}
		}
	}
	return lines, nil
}

// Upright asks of some boxes of print whether they stand upright: below zero means on
// their head, and 1 that all are surely upright.
func (r *Reader) Upright(ctx context.Context, g *image.Gray, boxes []image.Rectangle) (float64, error) {
	child, err := r.pool.Take(ctx)
	if err != nil {
		return 0, err
	}
	defer r.pool.Give(child)
	sum := 0.0
	for _, b := range boxes {
		out, err := child.Run(ctx, worker.Request{Net: direction, In: cut(g, boxOf(b), directionHigh, directionWide)})
		if err != nil {
			return 0, err
		}
		if len(out.Data) != 2 {
			return 0, fmt.Errorf("%w: %s answers %v", worker.ErrFailed, direction, out.Shape)
		}
		sum += float64(out.Data[0] - out.Data[1])
	}
	return sum / float64(max(1, len(boxes))), nil
}
