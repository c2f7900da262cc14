package tesseract

import (
	"errors"
	"image"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	words, err := parse([]byte("level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext\n" +
		"4\t1\t1\t1\t1\t0\t10\t20\t300\t40\t-1\t\n" +
		"5\t1\t1\t1\t1\t1\t10\t20\t90\t40\t95.5\tLoad\n" +
		"5\t1\t1\t1\t1\t2\t110\t20\t90\t40\t12\t \n"))
	if err != nil || len(words) != 1 || words[0] != (Word{Text: "Load", X0: 10, Y0: 20, X1: 100, Y1: 60, Conf: 0.955}) {
		t.Errorf("words %+v, %v", words, err)
	}
	if _, err := parse([]byte("5\t1\t1\t1\t1\t1\tx\t20\t90\t40\t95\tLoad\n")); !errors.Is(err, ErrFailed) {
		t.Errorf("a broken table: %v", err)
	}
}

func TestNoProgram(t *testing.T) {
	t.Parallel()
	g := image.NewGray(image.Rect(0, 0, 8, 8))
	for _, path := range []string{"", "/nowhere/tesseract"} {
		if _, err := (Program{Path: path}).Read(t.Context(), g, 70, Auto); !errors.Is(err, ErrMissing) {
			t.Errorf("path %q: %v, want ErrMissing", path, err)
		}
	}
}
