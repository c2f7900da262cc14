package extract

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
)

// settleName picks name and street from the free lines.
func (df *draft) settleName(d *doc) {
	s := &df.stop
	var lines, behind []ev
	if df.kind != cNone { // a stop's, not a party's
		slices.SortStableFunc(df.texts, func(a, b item) int { return cmp.Compare(b.named(), a.named()) })
	}
	for _, it := range df.texts {
		if it.known && len(it.v.text) >= 3 && len(it.v.text) < 70 {
			behind = append(behind, it.v)
		}
		if it.known || len(it.v.text) > 70 || len(it.v.text) < 3 {
			continue
		}
		t := it.v.text
		if saysKind(t) || digitsOnlyLine(t) || sentence(t) {
			continue
		}
		lines = append(lines, it.v)
	}
	if len(lines) > 0 && len(behind) > 0 && df.streetBelowTown(lines[0], behind[0]) {
		s.Address = leaf(strings.TrimRight(behind[0].text, " ,;"), 0.88, behind[0])
		behind = behind[1:]
	}
	d.proseBehind(df)
	if len(lines) == 0 && s.Name == nil && len(behind) > 0 && !callRE.MatchString(behind[0].text) {
		lines = behind // the town came first
	} else if s.Notes == nil && len(behind) == 1 {
		b := behind[0]
		if at := len(b.text) - len(strings.TrimLeft(b.text, " !>*-•")); at > 0 {
			b = b.sub(at, len(b.text))
		}
		if conf := d.noteLike(b.text); conf > 0 {
			s.Notes = leaf(b.text, conf, b)
		}
	}
	if len(lines) > 1 {
		if m := leadCountRE.FindStringIndex(lines[0].text); m != nil && !streetRE.MatchString(lines[0].text) && addrRE.MatchString(lines[1].text) && streetLike(lines[1].text) {
			lines[0] = lines[0].sub(m[1], len(lines[0].text)) // "1 ACME MILLS" over its street
		} else if m := bracketNoRE.FindStringIndex(lines[0].text); m != nil {
			lines[0] = lines[0].sub(m[1], len(lines[0].text))
		}
	}
	if s.Address == nil {
		for i, l := range lines {
			if streetLike(l.text) && streetStart(l.text) == 0 && !(looseCountRE.MatchString(l.text) && looseWeightRE.MatchString(l.text)) && (i > 0 || !companyRE.MatchString(l.text)) {
				end := i + 1
				e := l
				if end < len(lines) && strings.HasSuffix(l.text, ",") && nextLine(l, lines[end]) && len(findTowns(lines[end].text, d.opt.Places)) == 0 && !companyRE.MatchString(lines[end].text) {
					e = join(", ", l, lines[end])
					end++
				} else if end < len(lines) && unitRE.MatchString(lines[end].text) && len(lines[end].text) < 16 {
					e = join(", ", l, lines[end])
				}
				s.Address = leaf(strings.TrimRight(e.text, " ,;"), 0.92, e)
				if df.kind == cNone {
					lines = nameFirst(append(slices.Clone(lines[:i]), lines[end:]...), i)
				} else {
					lines = nameFirst(aboveStreet(lines, i, end))
				}
				break
			}
		}
	}
	if s.Name == nil && len(lines) > 0 {
		l := lines[0]
		if len(lines) > 1 && s.Address != nil && wrappedName(l, lines[1]) {
			l = join(" ", l, lines[1])
		}
		conf := 0.9
		if !companyRE.MatchString(l.text) && (s.Address == nil || !nextTo(l, s.Address)) {
			conf = 0.72
		}
		if s.City == nil && s.Address == nil {
			conf = 0.7
		}
		if callRE.MatchString(l.text) && len(strings.Fields(l.text)) > 4 {
			conf = 0.5
		}
		if at := streetStart(l.text); at > 0 && s.Address == nil {
			s.Address = leaf(strings.TrimRight(l.text[at:], " ,;"), 0.88, l.sub(at, len(l.text)))
			l = l.sub(0, len(strings.TrimRight(l.text[:at], " ,-;|•/")))
		}
		if m := strangeLabelRE.FindString(l.text); m != "" && len(m) < len(l.text) {
			l = l.sub(len(m), len(l.text))
		}
		if m := leadRE.FindString(l.text); m != "" && len(m) < len(l.text) && !strings.HasPrefix(l.text, "The ") && !strings.HasPrefix(l.text, "THE ") {
			l = l.sub(len(m), len(l.text))
		}
		if s.Address == nil && strings.ContainsAny(l.text, "0123456789") && streetRE.MatchString(l.text) {
			conf = min(conf, 0.6) // name and street may have run together
		}
		s.Name = leaf(strings.Trim(l.text, " ,-•:;"), conf, l)
		if s.Address == nil && len(lines) > 1 && s.City != nil && strings.ContainsAny(lines[1].text, "0123456789") {
			s.Address = leaf(strings.TrimRight(lines[1].text, " ,;"), 0.7, lines[1])
		}
	}
}

var (
	leadCountRE = regexp.MustCompile(`^\d{1,2} `)
	bracketNoRE = regexp.MustCompile(`^\d{1,2}\) `)
)

// strangeLabelRE is a label the lexicon does not have at the head of a stop's block.
var strangeLabelRE = regexp.MustCompile(`^[A-Z][a-z]{3,13}: ?`)

// named is 1 for a text that a label says is the stop's name, else 0.
func (it item) named() int {
	if it.lab.sub == sName && !it.known && (it.lab.ctx == cStop || it.lab.ctx == cPickup || it.lab.ctx == cDelivery) {
		return 1
	}
	return 0
}

// proseBehind takes two and more lines of running text right below a stop's
// address for its notes.
func (d *doc) proseBehind(df *draft) {
	s := &df.stop
	if s.Notes != nil || s.City == nil {
		return
	}
	var run []ev
	words := 0
	for _, it := range df.texts {
		v := it.v
		if !it.known || v.c == nil || len(v.text) < 4 || strings.HasSuffix(v.text, ":") || townWithZIP(v.text, d.opt.Places) {
			continue
		}
		if len(run) == 0 && (v.page != s.City.Page || v.box[1]-s.City.Box[3] > 4.5*d.em) {
			break
		}
		if n := len(run); n > 0 && (!nextLine(run[n-1], v) || math.Abs(run[n-1].box[0]-v.box[0]) > 2) {
			if words > 6 && n > 1 {
				break
			}
			run, words = nil, 0
		}
		run = append(run, v)
		words += len(strings.Fields(v.text))
	}
	if len(run) < 2 || words < 7 || words < 3*len(run) || !instructs.MatchString(join(" ", run...).text) || companyRE.MatchString(run[0].text) || streetLike(run[0].text) || len(days(run[0].text)) > 0 {
		return
	}
	e := join(" ", run...)
	if ofTermsRE.MatchString(e.text) {
		return
	}
	s.Notes = leaf(e.text, 0.8, e)
}

// ofTermsRE finds conditions of pay, which are no stop's notes.
var ofTermsRE = regexp.MustCompile(`(?i)\b(?:payment|invoices?|quick ?pay|detention|paid|net \d+|factoring|broker(?:ed|ing)?)\b`)

// streetBelowTown reports "Acme Mills, Joplin, MO 64801" over its street.
func (df *draft) streetBelowTown(name, street ev) bool {
	s := &df.stop
	if s.Address != nil || s.City == nil || name.page != s.City.Page || street.page != name.page || !addrRE.MatchString(street.text) || !streetLike(street.text) || looseCountRE.MatchString(street.text) || looseWeightRE.MatchString(street.text) {
		return false
	}
	h := name.box[3] - name.box[1]
	below := street.box[1] - name.box[3]
	return s.City.Box[1] < name.box[3] && name.box[1] < s.City.Box[3] && below > -0.3*h && below < 0.9*h
}

// instructs tells a dock's own instruction from other lines below an address.
var instructs = regexp.MustCompile(`(?i)\b(?:check[- ]in|call|must|use|bring|live (?:un)?load|drop (?:trailer|and)|doors?|docks?|gates?|straps?|tarps?|count|parking|guard|seal|required|needed|only|hook|lumper|scale|driver|ppe|vest|appointments?)\b`)

// noteLike says how surely a line below an address is the dock's own
// instruction; 0 for a town, an amount, a heading, a name.
func (d *doc) noteLike(t string) float64 {
	words := strings.Fields(t)
	if looseWeightRE.MatchString(t) || strings.HasSuffix(t, ".") || len(findTowns(t, d.opt.Places)) > 0 || len(amounts(t)) > 0 && strings.ContainsAny(t, "$.") || refTokenRE.FindString(t) == "" {
		return 0
	}
	switch {
	case instructs.MatchString(t):
		return 0.8
	case len(words) > 3 && !titled(t) && !isDigit(t[0]):
		return 0.72
	}
	return 0
}

// aboveStreet lists the free lines without the street's own, lines[at:end]: first
// those above it, n of them, on its left edge where any is, then the rest.
func aboveStreet(lines []ev, at, end int) (out []ev, n int) {
	var beside []ev
	for _, a := range lines[:at] {
		if math.Abs(a.box[0]-lines[at].box[0]) < 6 {
			out = append(out, a)
		} else {
			beside = append(beside, a)
		}
	}
	if len(out) == 0 {
		out, beside = beside, nil
	}
	if len(out) == 2 && wrappedName(out[0], out[1]) {
		out = []ev{join(" ", out...)}
	}
	n = len(out)
	return slices.Concat(out, beside, lines[end:]), n
}

// nameFirst puts the line that is most likely the name first: of the n lines
// above the street, the one that reads like a company, else the lowest.
func nameFirst(lines []ev, n int) []ev {
	if n < 2 {
		return lines
	}
	at := n - 1
	for i := n - 1; i >= 0; i-- {
		if companyRE.MatchString(lines[i].text) {
			at = i
			break
		}
	}
	lines[0], lines[at] = lines[at], lines[0]
	return lines
}

// saysKind reports a few words that say what kind of stop it is, and no more.
func saysKind(t string) bool {
	return stopKind(t) != cNone && len(strings.Fields(t)) <= 3 && wordsAreStop(t)
}

// wrappedName reports a name of two lines: a long one, and one or two words more
// right below it, ahead of the street.
func wrappedName(a, b ev) bool {
	na, nb := len(strings.Fields(a.text)), len(strings.Fields(b.text))
	return nextLine(a, b) && math.Abs(a.box[0]-b.box[0]) < 2 && na > 2 && nb < 3 && len(a.text) > 18 && len(b.text) < len(a.text)*2/3 &&
		(a.text == strings.ToUpper(a.text)) == (b.text == strings.ToUpper(b.text)) && !legalRE.MatchString(a.text) && !strings.ContainsAny(b.text, "0123456789:")
}

// nextLine reports a text on the line right below another.
func nextLine(a, b ev) bool {
	return a.page == b.page && b.box[1] > a.box[1] && b.box[1]-a.box[3] < 0.9*(a.box[3]-a.box[1])
}

// nextTo reports that a leaf stands on the line below a text, or on its own.
func nextTo(v ev, l Str) bool {
	return v.page == l.Page && l.Box[1]-v.box[1] > -3 && l.Box[1]-v.box[3] < 0.9*(v.box[3]-v.box[1])+3
}

// sentence reports running text, which is no name.
func sentence(t string) bool {
	n := len(strings.Fields(t))
	if streetLike(t) {
		return false
	}
	return n > 3 && !nearlyTitled(t) || n > 2 && strings.HasSuffix(t, ".") && !abbrevRE.MatchString(t) || len(amounts(t)) > 0 && strings.ContainsAny(t, "$.")
}

// nearlyTitled reports words of a name, one of them in small letters at most:
// "Acme Mills - Joplin north Dock".
func nearlyTitled(s string) bool {
	f := strings.Fields(s)
	small := 0
	for _, w := range f {
		if !titled(w) {
			small++
		}
	}
	return small == 0 || small == 1 && len(f) < 7 && !instructs.MatchString(s) && !strings.ContainsAny(s, ",:;!") && titled(f[0]) && titled(f[len(f)-1])
}

// bareKey is a text's lexicon key without its numbers, and the largest of them.
func bareKey(s string) (key string, largest int) {
	for _, t := range tokens(s) {
		if n := atoi(t.norm); n > 0 {
			largest = max(largest, n)
		} else if t.norm != "#" && t.norm != "of" {
			key += t.norm
		}
	}
	return key, largest
}

func digitsOnlyLine(t string) bool { return strings.Trim(t, "0123456789#-. ") == "" }

func wordsAreStop(t string) bool {
	if k, n := bareKey(t); lexicon[k].sub == sBlock && n < 100 {
		return true
	}
	for _, k := range tokens(t) {
		if atoi(k.norm) > 99 {
			return false
		}
		l, ok := lexicon[codeless(k.norm)]
		if !(ok && l.sub == sBlock) && stopKind(k.norm) == cNone && !fillers[k.norm] && atoi(k.norm) == 0 && k.norm != "live" && k.norm != "only" && k.norm != "hook" {
			return false
		}
	}
	return true
}
