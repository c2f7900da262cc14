package extract

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Gap is a field that the rules left open, or read and doubt.
type Gap struct {
	Path  string
	About string // what it is, for whoever is asked
	Read  string // what the rules read and doubt; "" when they found nothing
}

// Finding is what somebody else read in a gap: the value, and the words on the
// paper it is taken from, exactly as printed.
type Finding struct{ Path, Value, Quote string }

// Report is what another reader found. Seen: it looked at the picture of the paper
// itself, where our words are what a recogniser made of it.
type Report struct {
	By       string // as flags name it: AI (ollama qwen3.5:4b)
	Seen     bool
	Findings []Finding
}

// Verdict is what became of a finding.
type Verdict struct {
	Finding
	Why string // why it was discarded; "" when it was taken
}

// Question is a paper as another reader gets it.
type Question struct {
	Reading *Reading // by the rules
	Text    string   // the paper's words as laid out; a line that addresses a reading program is left out
	Gaps    []Gap
}

// commandRE is a sentence meant for a program that reads the paper. A line that
// has one is no evidence and is not shown.
var commandRE = regexp.MustCompile(`(?i)\b(?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:previous|prior|above|earlier|all|any|other|your)\b.{0,40}\b(?:instructions?|prompts?|rules?|text|content|guidelines?)` +
	`|\b(?:system|developer) prompt\b|\byou are (?:now )?(?:an?|the) (?:ai|assistant|language model|chat ?bot|llm)\b|\bas an? (?:ai|language model|llm)\b` +
	`|\b(?:ai|llm|language model|chat ?bot|gpt|claude|automated (?:reader|parser|system)s?)\b.{0,30}\b(?:must|should|shall|please|note|attention|instructions?)\b` +
	`|\b(?:attention|note to|instructions? (?:to|for)|dear)\b.{0,20}\b(?:ai|llm|language model|chat ?bot|assistant|parser)\b` +
	`|\b(?:respond|reply|answer) (?:only )?(?:with|in) json\b|\b(?:output|return|report|extract|set)\b.{0,30}\b(?:rate|total|amount|load number|field|value)s?\b.{0,20}\b(?:as|to|=)\s`)

// Commands tells the lines of a paper that address a reading program.
func (s *sheet) commands() (out []string) {
	for _, l := range s.lines {
		if t := l.words(); commandRE.MatchString(t) {
			out = append(out, t)
		}
	}
	return out
}

func (l *line) words() string {
	var b strings.Builder
	for i, c := range l.cells {
		if i > 0 {
			b.WriteString("  ")
		}
		b.WriteString(c.text)
	}
	return b.String()
}

// Ask reads a document by the rules and says what another reader may add.
func Ask(pages []Page, opt Options) Question {
	straight, back := straighten(pages)
	d := open(straight, opt)
	d.check()
	q := Question{Reading: d.r}
	for _, f := range d.r.askable() {
		if v, ok := f.now(); !ok || d.r.doubted(f.path) {
			q.Gaps = append(q.Gaps, Gap{f.path, f.about, v})
		}
	}
	var b strings.Builder
	for _, l := range d.lines {
		if t := l.words(); !commandRE.MatchString(t) {
			b.WriteString(t + "\n")
		}
	}
	q.Text = b.String()
	back(d.r)
	return q
}

// Wanting reports a gap that is worth another reader's time: a field without
// which nobody books, or one that the rules doubt.
func (q Question) Wanting() bool {
	for _, g := range q.Gaps {
		if g.Read != "" || q.Reading.doubted(g.Path) {
			return true
		}
	}
	return false
}

// doubted reports a check flag on exactly this field.
func (r *Reading) doubted(path string) bool {
	for _, f := range r.Flags {
		if f.Severity == Check && f.Field == path {
			return true
		}
	}
	return false
}

// aiConfidence is what a value is worth that another reader found and the paper
// prints: it stays below what a person need not look at.
const aiConfidence = 0.5

// Fill reads a document by the rules, then takes what others found in its gaps, the
// first report first. A finding counts only where its quotation is printed on the
// paper and its value follows from the quotation by the rules' own reading of money,
// dates, places and numbers; then the whole is checked again. What was taken is
// flagged for a person to compare, always; where the rules had read something else,
// theirs stays. Where somebody looked at the picture, letters that a recogniser
// confuses may differ from ours.
func Fill(pages []Page, opt Options, reports ...Report) (*Reading, []Verdict) {
	straight, back := straighten(pages)
	d := open(straight, opt)
	before := d.r.Flags
	d.check()
	doubted := *d.r
	d.r.Flags = before
	fields := map[string]askable{}
	for _, f := range d.r.askable() {
		fields[f.path] = f
	}
	var verdicts []Verdict
	var flags []Flag
	filled := map[string]bool{}
	take := func(by string, seen bool, x Finding) {
		v := Verdict{Finding: x}
		f, known := fields[x.Path]
		now, has := "", false
		if known {
			now, has = f.now()
		}
		switch {
		case !known:
			v.Why = "not a field that was asked for"
		case filled[x.Path]:
			v.Why = "said twice"
		case has && !doubted.doubted(x.Path):
			v.Why = "the rules have read it"
		default:
			var value string
			var e ev
			if value, e, v.Why = d.prove(f, x, seen); v.Why != "" {
				break
			}
			filled[x.Path] = true
			if !has {
				f.set(value, e)
				flags = append(flags, Flag{x.Path, "read by " + by + ", not by the rules; compare it with the paper", Check})
			} else if !sameValue(x.Path, now, value) {
				flags = append(flags, Flag{x.Path, by + " reads " + value + " here", Check})
			}
		}
		verdicts = append(verdicts, v)
	}
	for _, r := range reports {
		for _, x := range r.Findings {
			take(r.By, r.Seen, x)
		}
	}
	d.recheck(filled, flags)
	back(d.r)
	return d.r, verdicts
}

// recheck checks the reading anew with what was filled in; that a filled field is
// missing is no longer said.
func (d *doc) recheck(filled map[string]bool, flags []Flag) {
	var keep []Flag
	for _, f := range d.r.Flags {
		if !filled[f.Field] || d.r.valueAt(f.Field) == "" {
			keep = append(keep, f)
		}
	}
	d.r.Flags = append(keep, flags...)
	d.totalAgrees()
	d.check()
	for _, t := range d.commands() {
		d.flag("document_type", "the paper addresses a reading program ("+short(t)+"); that line was not followed", Check)
	}
}

// short is the beginning of a line, for a flag.
func short(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}

func (r *Reading) valueAt(path string) string {
	for _, f := range r.Fields() {
		if f.Path == path {
			return f.Value
		}
	}
	return ""
}

// totalAgrees compares a total that was filled in with the charges printed.
func (d *doc) totalAgrees() {
	t := d.r.TotalRate
	if t == nil || t.Confidence > aiConfidence || len(d.r.LineItems) == 0 {
		return
	}
	var sum float64
	for _, li := range d.r.LineItems {
		if li.Amount != nil {
			sum += dollarsOf(li.Amount.Value)
		}
	}
	if total := dollarsOf(t.Value); sum-total > 0.005 || total-sum > 0.005 {
		d.flag("total_rate", fmt.Sprintf("the charges on the paper add up to $%.2f, not %s", sum, t.Value), Check)
	}
}

func dollarsOf(s string) float64 {
	var f float64
	_, _ = fmt.Sscanf(s, "%g", &f)
	return f
}

// prove finds a finding's quotation on the paper and reads its value there.
func (d *doc) prove(f askable, x Finding, seen bool) (value string, e ev, why string) {
	if strings.TrimSpace(x.Value) == "" {
		return "", e, "nothing was found"
	}
	if commandRE.MatchString(x.Quote) {
		return "", e, "the quotation addresses a reading program"
	}
	e, ok := d.printed(x.Quote, asPrinted)
	if !ok && seen {
		if e, ok = d.printed(x.Quote, looks.Replace); ok {
			e.text = x.Quote // the recogniser vouches for all but how letters look
		}
	}
	if !ok {
		return "", e, "the quotation is not on the paper"
	}
	value, ok = f.read(d, e.text, strings.TrimSpace(x.Value))
	if !ok {
		return "", e, "the value does not follow from the quotation"
	}
	return value, e, ""
}

const (
	quoteLeast = 2   // letters and digits
	quoteMost  = 400 // longer is no quotation
)

// printed finds words on the paper whatever blanks stand between them, in the order
// in which the lines are read, on one page; like says how letters are compared. A line
// that addresses a program is passed over.
func (d *doc) printed(quote string, like func(string) string) (e ev, ok bool) {
	want := like(squeezed(quote))
	if n := len([]rune(want)); n < quoteLeast || n > quoteMost {
		return e, false
	}
	type mark struct {
		at int // in the squeezed text
		w  Word
	}
	for page := 1; page <= d.pages; page++ {
		var b strings.Builder
		var marks []mark
		for _, l := range d.lines {
			if l.page != page || commandRE.MatchString(l.words()) {
				continue
			}
			for _, c := range l.cells {
				for _, w := range c.ws {
					marks = append(marks, mark{b.Len(), w})
					b.WriteString(squeezed(w.Text))
				}
			}
		}
		for i := range marks {
			marks[i].at = len(like(b.String()[:marks[i].at]))
		}
		text := like(b.String())
		at := strings.Index(text, want)
		if at < 0 {
			continue
		}
		e = ev{page: page, conf: 1}
		var words []string
		for i, m := range marks {
			end := len(text)
			if i+1 < len(marks) {
				end = marks[i+1].at
			}
			if end <= at || m.at >= at+len(want) {
				continue
			}
			box := [4]float64{m.w.X0, m.w.Y0, m.w.X1, m.w.Y1}
			if len(words) > 0 {
				box = union(e.box, box)
			}
			e.box, e.conf = box, min(e.conf, m.w.Conf)
			words = append(words, m.w.Text)
		}
		e.text = strings.Join(words, " ")
		return e, true
	}
	return e, false
}

func asPrinted(s string) string { return s }

// squeezed leaves letters, digits and signs, in lower case.
func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}
