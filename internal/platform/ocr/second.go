package ocr

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"truckflow/internal/platform/ocr/ppocr"
	"truckflow/internal/platform/ocr/tesseract"
)

// pair is a word of the first reader and what the second one read in its place.
type pair struct {
	word int        // of the first reader
	line ppocr.Line // of the second: a part of one
}

// beside finds for each word of the first reader the letters that the second one read in
// its place, and the letters it read where the first has none. Words that the second
// reader has no line for are in neither.
func beside(words []tesseract.Word, lines []ppocr.Line) (pairs []pair, alone []ppocr.Line) {
	of := make([][]int, len(lines))
	for i, w := range words {
		if k := lineOf(w, lines); k >= 0 {
			of[k] = append(of[k], i)
		}
	}
	for k, l := range lines {
		slices.SortFunc(of[k], func(a, b int) int { return cmp.Compare(words[a].X0, words[b].X0) })
		got, rest := align(words, of[k], l)
		pairs = append(pairs, got...)
		alone = append(alone, rest...)
	}
	return pairs, alone
}

// lineOf is the line that a word's middle lies in, nearest to that line's own middle.
func lineOf(w tesseract.Word, lines []ppocr.Line) int {
	best, least := -1, 0.0
	x, y := (w.X0+w.X1)/2, (w.Y0+w.Y1)/2
	for k, l := range lines {
		if x < l.Chars[0].X0-l.High/2 || x > l.Chars[len(l.Chars)-1].X1+l.High/2 {
			continue
		}
		if off := abs(y - l.Middle(x)); off < l.High/2 && (best < 0 || off < least) {
			best, least = k, off
		}
	}
	return best
}

// Costs of an alignment: one letter without a counterpart, another letter, and a letter's
// distance from its counterpart in line heights.
const (
	costGap, costOther, costFar = 1.0, 1.2, 0.4
)

// align lays a line's letters along those of the words that stand in it.
func align(words []tesseract.Word, in []int, l ppocr.Line) (pairs []pair, alone []ppocr.Line) {
	type at struct {
		r    rune
		x    float64
		word int // place in in
	}
	var a []at
	for k, i := range in {
		w := words[i]
		text := []rune(w.Text)
		for j, r := range text {
			a = append(a, at{r, w.X0 + (w.X1-w.X0)*(float64(j)+0.5)/float64(len(text)), k})
		}
	}
	b, high := l.Chars, max(1, l.High)
	n, m := len(a), len(b)
	cost := make([]float64, (n+1)*(m+1))
	for i := range n + 1 {
		for j := range m + 1 {
			best := 0.0
			switch {
			case i == 0:
				best = float64(j) * costGap
			case j == 0:
				best = float64(i) * costGap
			default:
				c := costFar * abs(a[i-1].x-(b[j-1].X0+b[j-1].X1)/2) / high
				if same(a[i-1].r) != same(b[j-1].Rune) {
					c += costOther
				}
				best = min(cost[(i-1)*(m+1)+j-1]+c, cost[(i-1)*(m+1)+j]+costGap, cost[i*(m+1)+j-1]+costGap)
			}
			cost[i*(m+1)+j] = best
		}
	}
	owner := make([]int, m) // of each letter: the word in whose place it was read, or -1
	for i, j := n, m; j > 0; {
		here := cost[i*(m+1)+j]
		switch {
		case i > 0 && here == cost[(i-1)*(m+1)+j]+costGap:
			i--
		case here == cost[i*(m+1)+j-1]+costGap || i == 0:
			j--
			owner[j] = covering(words, in, b[j], high)
		default:
			i, j = i-1, j-1
			owner[j] = a[i].word
		}
	}
	pairs = make([]pair, len(in))
	for k, i := range in {
		pairs[k] = pair{word: i, line: l}
		pairs[k].line.Chars = nil
	}
	for j, c := range b {
		if k := owner[j]; k >= 0 {
			pairs[k].line.Chars = append(pairs[k].line.Chars, c)
			continue
		}
		if j == 0 || owner[j-1] >= 0 {
			rest := l
			rest.Chars = nil
			alone = append(alone, rest)
		}
		rest := &alone[len(alone)-1]
		rest.Chars = append(rest.Chars, c)
	}
	return pairs, alone
}

// covering is the word over whose print a letter lies that the word's reading lacks.
func covering(words []tesseract.Word, in []int, c ppocr.Char, high float64) int {
	x := (c.X0 + c.X1) / 2
	for k, i := range in {
		if x > words[i].X0-0.25*high && x < words[i].X1+0.25*high {
			return k
		}
	}
	return -1
}

func abs(v float64) float64 { return max(v, -v) }

// same writes one sign for those that stand for the same.
func same(r rune) rune {
	switch r {
	case '‘', '’', '`', '´', '°', '"', '“', '”', '*':
		return '\''
	case '—', '–', '_', '~':
		return '-'
	case '[', '{':
		return '('
	case ']', '}':
		return ')'
	case '•', '·', '»', '«':
		return '.'
	}
	return r
}

// plain is a reading without what does not matter: signs at the word's ends.
func plain(s string) string {
	return strings.Trim(strings.Map(same, s), ".,:;'-|!()<>/\\= ")
}

const (
	// agreed is the confidence of a word that both readers read alike: they make their
	// mistakes in different places.
	agreed = 0.95
	// saysSo is the confidence, of its worst letter, from which the second reader's other
	// reading of a word makes a person look at it. Below, it has mostly lost a letter.
	saysSo = 0.70
	// contested is the most confidence of a word that the readers read differently:
	// whichever reading stands, it is asked about.
	contested = 0.70
	// lost is the first reader's confidence below which the second one's reading stands if
	// it is quite sure, and unsure that below which it stands if it is sure.
	lost, quiteSure  = 0.60, 0.80
	unsure, sureOfIt = 0.88, 0.90
)

// joined are the first reader's words with what the second one says to them: like
// readings vouch for each other, different ones put the word in doubt, and print that only
// the second one read is added. Both are in pixels of the prepared picture.
func joined(words []tesseract.Word, lines []ppocr.Line) []tesseract.Word {
	pairs, alone := beside(words, lines)
	out := slices.Clone(words)
	for _, p := range pairs {
		w := &out[p.word]
		text, conf := spelled(p.line.Chars)
		mine, theirs := plain(w.Text), plain(text)
		switch {
		case mine == "" || theirs == "":
		case mine == theirs:
			w.Conf = max(w.Conf, agreed)
		case sumRE.MatchString(text) && !sumRE.MatchString(w.Text) && digits(text) == digits(w.Text):
			w.Text, w.Conf = text, agreed // 150,00 and 150.00: only one of them is an amount
		case stands(w.Text, w.Conf, text, conf):
			said := p.line.Words() // tesseract may have read the first of three as all of them
			w.Text, w.Conf = said[0].Text, contested
			if len(said) > 1 {
				w.X1 = said[0].X1
			}
			for _, more := range said[1:] {
				out = append(out, doubted(more))
			}
		case conf >= saysSo && (w.Conf < unsure || !loses(mine, theirs)):
			w.Conf = min(w.Conf, contested)
		}
	}
	for _, l := range alone {
		for _, w := range l.Words() {
			if w.Conf >= quiteSure && alnum(w.Text) > 1 && !covers(words, w) {
				out = append(out, doubted(w))
			}
		}
	}
	return out
}

// doubted is a word that only the second reader read.
func doubted(w ppocr.Word) tesseract.Word {
	return tesseract.Word{Text: w.Text, X0: w.X0, Y0: w.Y0, X1: w.X1, Y1: w.Y1, Conf: contested}
}

// loses reports that theirs is mine without some letters and signs, the second reader's
// usual mistake in small print. A digit is not lost so lightly.
func loses(mine, theirs string) bool {
	left := []rune(theirs)
	for _, r := range mine {
		if len(left) > 0 && left[0] == r {
			left = left[1:]
		} else if unicode.IsDigit(r) {
			return false
		}
	}
	return len(left) == 0
}

// stands reports that of two different readings the second is to stand. It is no proof:
// the word is in doubt either way.
func stands(mine string, sure float64, theirs string, conf float64) bool {
	switch {
	case strokes.Replace(mine) == strokes.Replace(theirs) && nameRE.MatchString(mine) != nameRE.MatchString(theirs):
		return nameRE.MatchString(theirs) // Ilse and llse: names begin with a capital
	case alnum(theirs) < alnum(mine): // what the second reader errs by
		return false
	case sure < lost:
		return conf >= quiteSure
	}
	return conf >= sureOfIt && (sure < unsure || strings.Contains(theirs, mine))
}

var (
	sumRE   = regexp.MustCompile(`^\$?\d{1,3}(,\d{3})*\.\d\d$`)
	nameRE  = regexp.MustCompile(`^I[a-z]`)
	strokes = strings.NewReplacer("I", "l", "|", "l", "1", "l", "i", "l", "!", "l")
)

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// spelled is what letters spell, and the worst one's confidence.
func spelled(chars []ppocr.Char) (string, float64) {
	conf := 1.0
	text := make([]rune, len(chars))
	for i, c := range chars {
		text[i], conf = c.Rune, min(conf, c.Conf)
	}
	return string(text), conf
}

// covers reports whether the first reader has a word where the second one's stands.
func covers(words []tesseract.Word, w ppocr.Word) bool {
	return slices.ContainsFunc(words, func(b tesseract.Word) bool {
		return w.X0 < b.X1 && b.X0 < w.X1 && (w.Y0+w.Y1)/2 > b.Y0 && (w.Y0+w.Y1)/2 < b.Y1 || w.X0 < (b.X0+b.X1)/2 && (b.X0+b.X1)/2 < w.X1 && (b.Y0+b.Y1)/2 > w.Y0 && (b.Y0+b.Y1)/2 < w.Y1
	})
}
