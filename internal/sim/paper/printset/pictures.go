package main

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sort"

	"github.com/go-pdf/fpdf"

	"truckflow/internal/sim/paper"
)

// wear lists how pages come in: flatbed scans, fax-like copies, phone pictures.
var wear = []struct {
	medium, note string
	dpi          int
	o            paper.PhotoOptions
}{
	{"scan", "straight scan", 200, paper.PhotoOptions{Noise: 3}},
	{"scan", "slightly turned", 150, paper.PhotoOptions{SkewDeg: 0.8, Noise: 4, Blur: 1, Stamp: "RECEIVED", Sign: true}},
	{"scan", "upside down", 150, paper.PhotoOptions{SkewDeg: -0.5, Noise: 4, Rotate180: true}},
	{"photo", "phone picture", 200, paper.PhotoOptions{SkewDeg: 1.6, Keystone: 0.03, Noise: 5, Blur: 1, Shadow: true, JPEGQuality: 60}},
	{"scan", "tired toner", 150, paper.PhotoOptions{SkewDeg: -1.2, Noise: 7, Contrast: 0.62}},
	{"photo", "signed and stamped, photographed", 180, paper.PhotoOptions{SkewDeg: -2.2, Keystone: 0.02, Noise: 5, Shadow: true, Sign: true, Stamp: "PAID IN FULL"}},
	{"scan", "turned more", 180, paper.PhotoOptions{SkewDeg: 2.6, Noise: 5, Blur: 1, Stamp: "COPY"}},
	{"scan", "upside down and signed", 180, paper.PhotoOptions{Noise: 4, Rotate180: true, Sign: true}},
}

// pictures prints each PDF layout once more and spoils the print.
func (s *set) pictures() error {
	n := 0
	for _, l := range s.layouts() {
		if l.Ext != "pdf" {
			continue
		}
		times := 1 + n%2
		switch {
		case l.Worn:
			times = 5
		case s.batch == paper.Third: // few layouts, each in all kinds of wear
			times = 3
		case s.batch == paper.Fourth:
			times = 2
		}
		for range times {
			rc := s.load()
			for len(rc.Stops) > 3 {
				rc = s.load()
			}
			body, pen, err := l.Render(rc)
			if err != nil {
				return err
			}
			if err := s.picture(l.Name, n, body, pen.Label()); err != nil {
				return err
			}
			n++
		}
		if n%2 == 0 {
			n++ // so that one and two pictures take turns
		}
	}
	return nil
}

// picture turns a printed PDF into what the camera made of it: one JPEG for
// one page, a PDF of pictures for more.
func (s *set) picture(layout string, n int, pdf []byte, label paper.Label) error {
	kind := wear[n%len(wear)]
	pages, err := rasterize(pdf, kind.dpi)
	if err != nil {
		return err
	}
	var jpegs [][]byte
	for i, p := range pages {
		b, err := small(paper.Photo(s.seed*10+int64(i), p, kind.o))
		if err != nil {
			return err
		}
		jpegs = append(jpegs, b)
	}
	e := entry{Layout: layout, Medium: kind.medium, Note: kind.note}
	if len(jpegs) == 1 && n%3 != 0 {
		return s.add(e, "jpg", jpegs[0], label)
	}
	body, err := bound(jpegs)
	if err != nil {
		return err
	}
	return s.add(e, "pdf", body, label)
}

// rasterize draws every page in grey.
func rasterize(pdf []byte, dpi int) ([]image.Image, error) {
	dir, err := os.MkdirTemp("", "printset")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "in.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command("pdftoppm", "-gray", "-png", "-r", fmt.Sprint(dpi), file, filepath.Join(dir, "p"))
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("pdftoppm (apt install poppler-utils): %w: %s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "p*.png"))
	if err != nil {
		return nil, err
	}
	sort.Strings(files)
	var pages []image.Image
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		p, err := png.Decode(bytes.NewReader(b))
		if err != nil {
			return nil, err
		}
		pages = append(pages, p)
	}
	return pages, nil
}

// small encodes a picture at the best quality that fits the size of a scan attached to a mail.
func small(img image.Image) ([]byte, error) {
	var b bytes.Buffer
	for q := 70; ; q -= 6 {
		b.Reset()
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: q}); err != nil {
			return nil, err
		}
		if b.Len() < 140<<10 || q < 16 {
			return append([]byte(nil), b.Bytes()...), nil
		}
	}
}

// bound puts pictures on the pages of a PDF without any text. The library writes
// pictures of one width in any order, so it is asked again until they come in
// the order of the pages: the same pages give the same file.
func bound(pages [][]byte) ([]byte, error) {
	for {
		b, err := bind(pages)
		if err != nil {
			return nil, err
		}
		at := make([]int, len(pages))
		for i, p := range pages {
			at[i] = bytes.Index(b, p)
		}
		if slices.IsSorted(at) {
			return b, nil
		}
	}
}

func bind(pages [][]byte) ([]byte, error) {
	f := fpdf.New("P", "pt", "Letter", "")
	f.SetCreationDate(epoch)
	f.SetModificationDate(epoch)
	f.SetCatalogSort(true)
	f.SetAutoPageBreak(false, 0)
	for i, p := range pages {
		c, err := jpeg.DecodeConfig(bytes.NewReader(p))
		if err != nil {
			return nil, err
		}
		name, o := fmt.Sprint("p", i), fpdf.ImageOptions{ImageType: "JPG"}
		f.RegisterImageOptionsReader(name, o, bytes.NewReader(p))
		w, h := 612.0, 612*float64(c.Height)/float64(c.Width)
		f.AddPageFormat("P", fpdf.SizeType{Wd: w, Ht: h})
		f.ImageOptions(name, 0, 0, w, h, false, o, 0, "")
	}
	var b bytes.Buffer
	err := f.Output(&b)
	return b.Bytes(), err
}
