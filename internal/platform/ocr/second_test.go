package ocr

import (
	"testing"

	"truckflow/internal/platform/ocr/ppocr"
	"truckflow/internal/platform/ocr/tesseract"
)

// printed is a line of letters of 20 pixels each, surely read, from x on.
func printed(x float64, text string, conf float64) ppocr.Line {
	l := ppocr.Line{High: 50}
	blank := false
	for _, r := range text {
		if r == ' ' {
			blank = true
		} else {
			l.Chars = append(l.Chars, ppocr.Char{Rune: r, Conf: conf, X0: x, X1: x + 20, Blank: blank})
			blank = false
		}
		x += 20
	}
	return l
}

// word is one of tesseract's on the same line.
func word(x float64, text string, conf float64) tesseract.Word {
	return tesseract.Word{Text: text, X0: x, X1: x + 20*float64(len([]rune(text))), Y0: -15, Y1: 15, Conf: conf}
}

func TestJoined(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mine   tesseract.Word
		theirs string
		conf   float64
		want   string
		from   float64 // the confidence it ends with lies from here
		to     float64 // to here
	}{
		"alike":                          {word(0, "Joliet,", 0.5), "Joliet,", 0.9, "Joliet,", agreed, 1},
		"alike but for the comma":        {word(0, "Joliet,", 0.5), "Joliet.", 0.9, "Joliet,", agreed, 1},
		"alike and sure":                 {word(0, "Joliet", 0.99), "Joliet", 0.4, "Joliet", 0.99, 0.99},
		"another digit":                  {word(0, "60433", 0.97), "60438", 0.98, "60433", contested, contested},
		"another digit, unsure":          {word(0, "60433", 0.97), "60438", 0.5, "60433", 0.97, 0.97},
		"hardly read and read well":      {word(0, "(Jumper)", 0.54), "(lumper)", 0.84, "(lumper)", contested, contested},
		"a sign lost by the second":      {word(0, "7:00", 0.97), "700", 0.85, "7:00", 0.97, 0.97},
		"a digit lost by the second":     {word(0, "31811", 0.97), "3181", 0.95, "31811", contested, contested},
		"a letter lost by the second":    {word(0, "Handling", 0.5), "Handing", 0.99, "Handling", 0.5, 0.5},
		"more of the word":               {tesseract.Word{Text: "S", X1: 60, Y0: -15, Y1: 15, Conf: 0.93}, "Sta", 0.95, "Sta", contested, contested},
		"only one of them is an amount":  {word(0, "150,00", 0.81), "150.00", 0.99, "150.00", agreed, agreed},
		"another amount is no agreement": {word(0, "150.00", 0.97), "180.00", 0.99, "150.00", contested, contested},
		"a name begins with a capital":   {word(0, "llse", 0.82), "Ilse", 0.64, "Ilse", contested, contested},
		"and keeps it":                   {word(0, "Ilse", 0.82), "llse", 0.95, "Ilse", contested, contested},
	} {
		got := joined([]tesseract.Word{c.mine}, []ppocr.Line{printed(0, c.theirs, c.conf)})
		if len(got) != 1 || got[0].Text != c.want || got[0].Conf < c.from || got[0].Conf > c.to {
			t.Errorf("%s: %+v, want %q at %.2f to %.2f", name, got, c.want, c.from, c.to)
		}
	}
}

func TestJoinedDividesWhatTesseractTookForOneWord(t *testing.T) {
	t.Parallel()
	got := joined([]tesseract.Word{{Text: "Photo", X1: 220, Y0: -15, Y1: 15, Conf: 0.95}}, []ppocr.Line{printed(0, "Photo ID at", 0.95)})
	if len(got) != 3 || got[0].Text != "Photo" || got[0].X1 != 100 || got[1].Text != "ID" || got[2].Text != "at" || got[2].X0 != 180 || got[2].Conf != contested {
		t.Errorf("%+v", got)
	}
}

func TestJoinedFindsEachWordsPlace(t *testing.T) {
	t.Parallel()
	words := []tesseract.Word{word(0, "Ship", 0.5), word(80, "T0", 0.5), word(120, "Savannah", 0.5)}
	below := word(0, "Ship", 0.5)
	below.Y0, below.Y1 = 85, 115
	got := joined(append(words, below), []ppocr.Line{printed(0, "ShipToSavannah GA", 0.99)})
	want := []struct {
		text string
		conf float64
	}{{"Ship", agreed}, {"To", contested}, {"Savannah", agreed}, {"Ship", 0.5}, {"GA", contested}}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i, w := range want {
		if got[i].Text != w.text || got[i].Conf != w.conf {
			t.Errorf("word %d is %q at %.2f, want %q at %.2f", i, got[i].Text, got[i].Conf, w.text, w.conf)
		}
	}
	if ga := got[4]; ga.X0 != 300 || ga.X1 != 340 || ga.Y0 >= ga.Y1 {
		t.Errorf("what only the second reader saw stands at %+v", ga)
	}
}
