package copilot

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"truckflow/internal/kit/errs"
)

// evidence is what tools said in one question: the figures an answer may name, and
// the records that these and the names in it lead to.
type evidence struct {
	calls   int
	figures map[string]bool
	names   map[string]string // linked text → href
	records map[string]string // figure → href of the record it stands in
}

func newEvidence() *evidence {
	return &evidence{figures: map[string]bool{}, names: map[string]string{}, records: map[string]string{}}
}

// A figure, in digits (98k is not 98), in those of other scripts (４, ½) or in words. "One" is more often no number.
var (
	figureRE = regexp.MustCompile(`\d[\d,]*(?:\.\d+)?(?:[kKM]\b)?|\pN`)
	wordRE   = regexp.MustCompile(`(?i)\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion|dozen|double|twice|half)s?\b`)
	moneyRE  = regexp.MustCompile(`\$?(?:` + figureRE.String() + `)`)
	listRE   = regexp.MustCompile(`^\s*\d{1,2}[.)] `) // an item's number in a list
)

// inDigits are the small numbers that tools give in digits and an answer may spell.
var inDigits = func() map[string]string {
	m := map[string]string{}
	for i, w := range strings.Fields("two three four five six seven eight nine ten eleven twelve") {
		m[w] = strconv.Itoa(i + 2)
	}
	return m
}()

// plainFigure is how a figure is compared: $1,250.00 may be said as 1250.
func plainFigure(f string) string {
	f = strings.TrimRight(strings.ReplaceAll(f, ",", ""), ".")
	if whole, cents, ok := strings.Cut(f, "."); ok && strings.Trim(cents, "0") == "" {
		return whole
	}
	return f
}

// figuresIn are the figures of a text as they are compared, and as they stand there.
func figuresIn(text string) (plain, said []string) {
	for _, f := range figureRE.FindAllString(text, -1) {
		plain, said = append(plain, plainFigure(f)), append(said, f)
	}
	for _, w := range wordRE.FindAllString(text, -1) {
		p := strings.ToLower(w)
		if d := inDigits[p]; d != "" {
			p = d
		}
		plain, said = append(plain, p), append(said, w)
	}
	return plain, said
}

func (e *evidence) read(text string) {
	plain, _ := figuresIn(text)
	for _, f := range plain {
		e.figures[f] = true
	}
}

// lacks are the figures of a sentence that nobody gave.
func (e *evidence) lacks(sentence string) (made []string) {
	plain, said := figuresIn(listRE.ReplaceAllString(sentence, ""))
	for i, f := range plain {
		if !e.figures[f] && !slices.Contains(made, said[i]) {
			made = append(made, said[i])
		}
	}
	return made
}

// keep notes what a tool's answer leads to: names that it linked, and figures,
// each to the record of its row or to what the sentence is about. A figure of
// two records leads to the page that shows both, or nowhere.
func (e *evidence) keep(a Answer) {
	about := a.Screen
	for _, s := range a.Text {
		if s.Href != "" {
			about = s.Href
		}
		e.note(s, about, a.Screen)
	}
	if a.Table == nil {
		return
	}
	e.figures[strconv.Itoa(len(a.Table.Rows)+a.Table.More)] = true
	for _, r := range a.Table.Rows {
		about := ""
		if i := slices.IndexFunc(r, func(s Span) bool { return s.Href != "" }); i >= 0 {
			about = r[i].Href
		}
		for _, s := range r {
			e.note(s, about, a.Screen)
		}
	}
}

func (e *evidence) note(s Span, about, screen string) {
	if s.Href != "" {
		about = s.Href
		if len(s.Text) > 2 {
			e.names[s.Text] = s.Href
		}
	}
	plain, _ := figuresIn(s.Text)
	for _, f := range plain {
		if was, ok := e.records[f]; ok && was != about {
			about = screen
		}
		e.records[f] = about
	}
}

// linked makes links of a checked text: what a tool linked, the longest names
// first, and the figures that stand in one record.
func (e *evidence) linked(text string) (out []Span) {
	names := make([]string, 0, len(e.names))
	for n := range e.names {
		names = append(names, n)
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	for text != "" {
		at, name := len(text), ""
		for _, n := range names {
			if i := strings.Index(text, n); i >= 0 && i < at {
				at, name = i, n
			}
		}
		out = append(out, e.figured(text[:at])...)
		if name == "" {
			break
		}
		out = append(out, Span{Text: name, Href: e.names[name]})
		text = text[at+len(name):]
	}
	return out
}

// figured links the figures of a text without names.
func (e *evidence) figured(text string) (out []Span) {
	last := 0
	for _, m := range moneyRE.FindAllStringIndex(text, -1) {
		f := strings.TrimRight(text[m[0]:m[1]], ",") // "1,250, and": that comma is the sentence's
		href := e.records[plainFigure(strings.TrimPrefix(f, "$"))]
		if href == "" {
			continue
		}
		if m[0] > last {
			out = append(out, Span{Text: text[last:m[0]]})
		}
		out = append(out, Span{Text: f, Href: href})
		last = m[0] + len(f)
	}
	if last < len(text) {
		out = append(out, Span{Text: text[last:]})
	}
	return out
}

// figuresLinked is an answer's text in which every figure leads to what it is about.
func figuresLinked(a Answer) (out []Span) {
	e := newEvidence()
	e.keep(a)
	for _, s := range a.Text {
		if s.Href != "" {
			out = append(out, s)
		} else {
			out = append(out, e.figured(s.Text)...)
		}
	}
	return out
}

// speech is a model's answer while it comes. Only whole sentences are handed on,
// each once all its figures are known; at the first that is not, the model is
// stopped, and nothing of that sentence is shown.
type speech struct {
	got  *evidence
	tell func(Progress)
	rest string // not yet a sentence
	said string
	made []string // figures that nobody gave
}

// errMade stops a model that invents figures.
var errMade = errs.Conflict("the model named figures that no record holds")

// take implements llm.Call.Stream.
func (s *speech) take(piece string) error {
	s.rest += piece
	for n := sentence(s.rest); n > 0; n = sentence(s.rest) {
		if err := s.pass(s.rest[:n]); err != nil {
			return err
		}
		s.rest = s.rest[n:]
	}
	return nil
}

func (s *speech) pass(text string) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	if s.made = s.got.lacks(text); len(s.made) > 0 {
		return errMade
	}
	s.said += text
	s.tell(Progress{Doing: "Writing the answer", Text: s.spans()})
	return nil
}

func (s *speech) spans() []Span { return s.got.linked(strings.TrimSpace(s.said)) }

// whole puts the text into a when the model has ended, by itself or with err. text
// is its whole answer, which only counts where nothing was streamed.
func (s *speech) whole(a Answer, text string, err error) (Answer, error) {
	if err == nil && s.said+s.rest == "" {
		err = s.take(text)
	}
	if err == nil {
		err = s.pass(s.rest)
	}
	a.Text = s.spans()
	switch made := strings.Join(s.made, ", "); {
	case made == "":
		return a, err
	case s.said == "":
		return Answer{Looked: a.Looked, Refused: "the model named figures that no record holds (" + made + "); its answer is left out", Try: examples[:4]}, nil
	default:
		a.Refused = "the model went on with figures that no record holds (" + made + "); the rest is left out"
		return a, nil
	}
}

// sentence is where the first sentence of a text ends, with the blank after it; 0
// while that is not known. Since a blank follows, no figure is ever cut in two.
func sentence(text string) int {
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			return i + 1
		}
		if !strings.ContainsRune(".!?", rune(text[i])) {
			continue
		}
		end := i + 1
		for end < len(text) && strings.ContainsRune(`"')*`, rune(text[end])) {
			end++
		}
		if end < len(text) && text[end] == ' ' && listRE.FindString(text) != text[:end+1] {
			return end + 1
		}
	}
	return 0
}
