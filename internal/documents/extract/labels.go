package extract

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a word or number of a text, in the lexicon's spelling.
type token struct {
	norm string
	a, b int
}

// tokens cuts a text into lower-case words and numbers. "&" reads as "and";
// "#", no., num, nbr, number and id all read as "#"; apostrophes vanish.
func tokens(s string) []token {
	var out []token
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '#' || r == '&' || r == '@' || r == '$':
			out = append(out, token{map[rune]string{'#': "#", '&': "and", '@': "@", '$': "$"}[r], i, i + n})
			i += n
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			j := i
			for j < len(s) {
				r, n := utf8.DecodeRuneInString(s[j:])
				if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' {
					break
				}
				j += n
			}
			w := strings.ReplaceAll(strings.ToLower(s[i:j]), "'", "")
			switch w {
			case "no", "num", "nbr", "number", "id", "nr", "ids":
				w = "#"
			}
			if w != "" {
				if k := len(out) - 1; w == "#" && k >= 0 && out[k].norm == "#" {
					out[k].b = j
				} else {
					out = append(out, token{w, i, j})
				}
			}
			i = j
		default:
			i += n
		}
	}
	return out
}

// seg is one label with its value's place in a cell; a seg without a label is free text.
type seg struct {
	lab    label
	key    string
	known  bool
	la, lb int // the label, its brackets and separator
	va, vb int // the value
	colon  bool
	ord    int    // "Pickup 2"
	hint   string // what stood in brackets: "lbs", "usd"
}

func (c *cell) val(g seg) ev { return c.cut(g.va, g.vb) }
func (g seg) empty() bool    { return g.vb <= g.va }
func (c *cell) lone() (seg, bool) { // a cell that is one label and nothing else
	if len(c.segs) == 1 && c.segs[0].known && c.segs[0].empty() {
		return c.segs[0], true
	}
	return seg{}, false
}

// scan finds the labels of a cell.
func (s *sheet) scan(c *cell) {
	toks := tokens(c.text)
	if s.ocr && c.ocr {
		mend(toks)
	}
	prevEnd := 0
	var segs []seg
	for i := 0; i < len(toks); {
		var prev *seg
		if len(segs) > 0 {
			prev = &segs[len(segs)-1]
		}
		g, n := matchLabel(c, toks, i, prevEnd, prev)
		if n == 0 {
			i++
			continue
		}
		if len(segs) == 0 && g.la > 0 && !onlyBullet(c.text[:g.la]) {
			segs = append(segs, seg{va: 0, vb: trimRight(c.text, g.la)})
		} else if len(segs) > 0 {
			segs[len(segs)-1].vb = trimRight(c.text, g.la)
		}
		g.vb = len(c.text)
		segs = append(segs, g)
		prevEnd = g.lb
		for i += n; i < len(toks) && toks[i].a < g.lb; i++ {
		}
	}
	if len(segs) == 0 {
		segs = []seg{{va: 0, vb: len(c.text)}}
	}
	for i := range segs {
		g := &segs[i]
		g.vb = max(g.vb, g.va)
		for g.va < g.vb && strings.IndexByte(" :-,;=", c.text[g.va]) >= 0 && !(c.text[g.va] == '-' && g.va+1 < g.vb && (isDigit(c.text[g.va+1]) || c.text[g.va+1] == '$')) {
			g.va++
		}
		if isBlankValue(c.text[g.va:g.vb]) && g.known {
			g.va = g.vb
		}
	}
	for i := range segs {
		if g := &segs[i]; g.key == "load" && g.colon && dateAtStart(c.text[g.va:g.vb]) {
			g.lab = label{ctx: cPickup, sub: sDate} // "LOAD: 08/04/26 0700"
		}
	}
	c.segs = segs
}

// isBlankValue reports a value that says nothing.
func isBlankValue(s string) bool {
	switch strings.ToLower(strings.Trim(s, " .:_-*")) {
	case "", "n/a", "na", "none", "tbd", "tba", "—", "nil", "null", "undefined", "unknown", "not applicable", "not available", "•", "name not available", "name not available, phone not available":
		return true
	}
	return false
}

func trimRight(s string, n int) int {
	for n > 0 && strings.IndexByte(" |,;/•([-", s[n-1]) >= 0 {
		n--
	}
	return n
}

var bullet = regexp.MustCompile(`^(\W|[xX]|\d{1,2}[.)]|[a-zA-Z][.)])*\s*$`)

func onlyBullet(s string) bool { return len(s) < 8 && bullet.MatchString(s) }

// mend corrects one wrong character in long words of a scan when the lexicon has the word.
func mend(toks []token) {
	for i, t := range toks {
		if w := "d" + t.norm[min(1, len(t.norm)):]; len(t.norm) > 3 && t.norm[0] == 'o' && vocab[w] && !vocab[t.norm] {
			toks[i].norm = w // a capital D looks like an O
			continue
		}
		if len(t.norm) < 5 || len(t.norm) > 16 || vocab[t.norm] {
			continue
		}
		if digits := strings.Count(t.norm, "0") + strings.Count(t.norm, "1") + strings.Count(t.norm, "5"); digits > 0 {
			w := strings.NewReplacer("0", "o", "1", "l", "5", "s").Replace(t.norm)
			if vocab[w] {
				toks[i].norm = w
				continue
			}
		}
		if strings.ContainsAny(t.norm, "23456789") {
			continue
		}
		for v := range vocab {
			if d := len(v) - len(t.norm); d >= -1 && d <= 1 && v[0] == t.norm[0] && oneOff(v, t.norm) {
				toks[i].norm = v
				break
			}
		}
	}
}

// oneOff reports words that differ by one character changed, added or lost.
func oneOff(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return i < len(a) && a[i+1:] == b[i+1:]
	}
	return a[i:] == b[i+1:]
}

// matchLabel tries the longest phrase at token i. n is how many tokens it took.
func matchLabel(c *cell, toks []token, i, prevEnd int, prev *seg) (seg, int) {
	for n := min(longest, len(toks)-i); n > 0; n-- {
		key, ord := "", 0
		ok := true
		for k := i; k < i+n; k++ {
			if k > i && strings.ContainsAny(c.text[toks[k-1].b:toks[k].a], ":;|•") {
				ok = false
				break
			}
			if x := atoi(toks[k].norm); k > i && k < i+n-1 && x > 0 && x < 30 && ord == 0 && len(toks[k].norm) <= 2 && lexicon[key].sub == sBlock {
				ord = x // "Pickup 1 Address"
				continue
			}
			key += toks[k].norm
		}
		if !ok {
			continue
		}
		l, found := lexicon[key]
		if !found && n == 1 && i == 0 {
			if g, ok := codedStop(c, toks[0]); ok {
				return g, 1
			}
		}
		if !found || ord > 0 && l.sub == sBlock {
			continue
		}
		g := seg{lab: l, key: key, known: true, la: toks[i].a, lb: toks[i+n-1].b, ord: ord}
		ordinal(c, toks, i+n, &g)
		if accept(c, &g, toks, i, prevEnd, prev) {
			return g, n
		}
	}
	return seg{}, 0
}

// codedStop reads "PU1:", "DEL2 -": a stop's code and number in one word.
func codedStop(c *cell, t token) (seg, bool) {
	w := codeless(t.norm)
	k := stopKind(t.norm)
	m := codeEndRE.FindString(c.text[t.b:])
	if w == t.norm || k == cNone || m == "" && t.b < len(c.text) || t.a > 0 {
		return seg{}, false
	}
	b := t.b + len(m)
	return seg{lab: label{ctx: k, sub: sBlock}, key: w, known: true, lb: b, va: b, colon: true, ord: atoi(digitsRE.FindString(t.norm))}, true
}

var codeEndRE = regexp.MustCompile(`^(?:[:.)]| -) `)

var (
	ordRE = regexp.MustCompile(`^\s*#?\s*(\d{1,2})\s*(of\s*\d{1,2})?\s*($|[:(\-–]|\))`)
	// "Weight / Poids:" says one thing twice.
	otherTongueRE = regexp.MustCompile(`^\s*/\s*\pL[\pL'. ]{1,22}(?:\s*$|\s*:)`)
	clauseRE      = regexp.MustCompile(`^\(?(?:[a-z]|[ivx]{1,4}|\d{1,2})[.)] *`)
	brackRE       = regexp.MustCompile(`^\s*[(\[]([^()\[\]]{1,24})[)\]]`)
	sepRE         = regexp.MustCompile(`^\s*(:|\?\s*$|#\s*:?|=|\.\s*:|-\s|→|\.{2,})\s*`)
)

// ordinal reads "Pickup 2:" and "PU #1" as a numbered heading, and what stands in brackets.
func ordinal(c *cell, toks []token, next int, g *seg) {
	rest := c.text[g.lb:]
	place := g.lab.ctx == cPickup || g.lab.ctx == cDelivery || g.lab.ctx == cStop
	if place && (g.lab.sub == sBlock || g.lab.sub == sRef) || g.lab.sub == sStopNo {
		if m := ordRE.FindStringSubmatchIndex(rest); m != nil {
			g.ord = atoi(rest[m[2]:m[3]])
			if g.lab.sub == sStopNo {
				g.lab.ctx = cStop
			}
			g.lab.sub, g.lab.kind = sBlock, ""
			end := m[3]
			if m[5] > 0 {
				end = m[5]
			}
			g.lb += end
			rest = c.text[g.lb:]
		}
	}
	if m := otherTongueRE.FindStringIndex(rest); m != nil {
		g.hint = strings.ToLower(strings.Trim(rest[m[0]:m[1]], " /:"))
		g.lb += m[1]
		rest = c.text[g.lb:]
	}
	if m := brackRE.FindStringSubmatchIndex(rest); m != nil {
		in := strings.ToLower(rest[m[2]:m[3]])
		if isDigit(in[0]) && strings.TrimSpace(rest[m[1]:]) == "" && (g.lab.sub == sMiles || g.lab.sub == sPieces || g.lab.sub == sWeight) {
			g.lb += m[2] // "Pieces (12)" holds its value
			return
		}
		tail := strings.TrimSpace(rest[m[1]:])
		if !strings.ContainsAny(in, "0123456789") || strings.HasPrefix(tail, ":") || tail == "" && !moneyRE.MatchString(in) {
			g.hint = in
			g.lb += m[1]
		}
	}
}

// accept decides whether a phrase of the lexicon is a label here, and places
// its value. Everyday words in running prose are not.
func accept(c *cell, g *seg, toks []token, i, prevEnd int, prev *seg) bool {
	after := prev != nil
	rest := c.text[g.lb:]
	if strings.HasPrefix(rest, ".") && (strings.HasSuffix(g.key, "#") || strings.HasSuffix(g.key, "ref")) {
		g.lb++ // "PO No. 4410"
		rest = c.text[g.lb:]
	}
	if m := clauseRE.FindString(c.text); m != "" && len(m) == g.la && strings.HasPrefix(rest, ". ") {
		g.colon = true
		g.lb += 2
		rest = c.text[g.lb:]
	} else if m := sepRE.FindString(rest); m != "" {
		g.colon = strings.ContainsAny(m, ":=→") || strings.Contains(m, "..") || strings.Contains(m, "#") && strings.TrimSpace(rest[len(m):]) != ""
		dash := !g.colon
		g.lb += len(m)
		rest = c.text[g.lb:]
		if dash && g.lab.sub != sBlock && !valueFits(*g, rest) && strings.TrimSpace(rest) != "" {
			return false
		}
	} else if strings.HasSuffix(c.text[g.la:g.lb], "#") && strings.TrimSpace(rest) != "" {
		g.colon = true
	}
	g.va = g.lb
	if p := g.lab.ctx == cPickup || g.lab.ctx == cDelivery; p && g.lab.sub == sBlock && g.ord == 0 && oneID(rest) && !dateAtStart(rest) {
		g.lab.sub, g.lab.kind = sRef, map[ctx]string{cPickup: "PU", cDelivery: "DEL"}[g.lab.ctx]
	}
	start := i == 0 || onlyBullet(c.text[:g.la])
	if (!start || strings.Contains(rest, " / ")) && isNumberSub(g.lab.sub) && len(rest) > 1 && rest[0] == '-' && isWordByte(rest[1]) {
		return false // "PO-41702" is printed with its letters
	}
	before := strings.TrimSpace(c.text[prevEnd:g.la])
	words := len(strings.Fields(rest))
	if (g.key == "#" || g.key == "dc#" && !start) && strings.TrimSpace(rest) != "" {
		return false
	}
	if (len(g.key) <= 2 || g.lab.sub == sAmount || g.lab.sub == sQty) && !g.colon && strings.TrimSpace(rest) != "" && g.lab.sub != sMC && !isNumberSub(g.lab.sub) && g.lab.sub != sPhone && g.lab.sub != sBlock {
		return false
	}
	switch {
	case strings.TrimSpace(rest) == "":
		return start || g.colon && (after || before == "") || after && prev.lab.sub != sNotes && isNumberSub(g.lab.sub) && (strings.Contains(g.key, "#") || endsBreak(c.text[:g.la]))
	case start && g.colon:
		return true
	case start:
		if words > 14 && g.lab.sub != sBlock {
			return false
		}
		return boldEdge(c, g.lb) || valueFits(*g, rest)
	case g.lab.sub == sRef && c.text[g.lb-1] == '#' && rest != "" && isDigit(rest[0]):
		return valueFits(*g, rest) && !proseBefore(before) // "ACME PO#61554"
	case g.colon && prevEnd == 0 && !after && plainWords(before):
		return false // "Where to load:" is another label, not "load:"
	case g.colon:
		// A colon in running text: the label must follow a break or a value.
		return strings.HasSuffix(c.text[g.la:g.lb], "#") == false && (after || !proseBefore(before)) || valueFits(*g, rest)
	}
	if (g.key == "office" || g.key == "main") && before != "" && !endsBreak(c.text[:g.la]) {
		return false // "Contact: Shipping office 863-555-0122"
	}
	if g.lab.sub == sMC || g.lab.sub == sDOT || g.lab.sub == sPhone || g.lab.sub == sEmail || g.key == "fax" || g.key == "ext" {
		return valueFits(*g, rest) && !proseBefore(before)
	}
	if isNumberSub(g.lab.sub) && (strings.Contains(g.key, "#") || endsBreak(c.text[:g.la])) {
		return valueFits(*g, rest) && !proseBefore(before)
	}
	if isNumberSub(g.lab.sub) && len(g.key) > 2 && after && endsWithID(before) {
		return valueFits(*g, rest)
	}
	if g.lab.sub == sLoadNo && len(g.key) > 3 && words <= 2 && len(strings.Fields(before)) <= 6 && !moneyStart(rest) {
		return valueFits(*g, rest)
	}
	if endsBreak(c.text[:g.la]) && !proseBefore(before) {
		return valueFits(*g, rest) && g.lab.sub != sBlock
	}
	return false
}

// endsWithID reports text whose last word is a number of some kind.
func endsWithID(s string) bool {
	f := strings.Fields(s)
	return len(f) > 0 && len(onlyDigits(f[len(f)-1])) >= 3
}

// oneID reports a rest that is nothing but a number of some kind: "PU: A769386332".
func oneID(rest string) bool {
	f := strings.Fields(rest)
	if len(f) == 0 || len(onlyDigits(f[0])) < 3 || strings.ContainsAny(f[0], "/:$") {
		return false
	}
	return len(f) == 1 || strings.HasSuffix(f[0], ",") || strings.HasSuffix(f[0], ";") || len(f) <= 6 && lexicon[strings.ToLower(strings.Trim(f[1], "#:."))].sub != ""
}

// plainWords reports up to four words and nothing else: the front of a longer label.
func plainWords(s string) bool {
	if s == "" || len(strings.Fields(s)) > 4 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !isWordByte(s[i]) && s[i] != ' ' && s[i] != '\'' || isDigit(s[i]) {
			return false
		}
	}
	return true
}

func endsBreak(s string) bool {
	s = strings.TrimRight(s, " ")
	return s != "" && strings.ContainsAny(s[len(s)-1:], ",;|/•)]") || strings.HasSuffix(s, "•") || strings.HasSuffix(s, " -")
}

func proseBefore(s string) bool { return len(strings.Fields(s)) > 7 }

func isNumberSub(s sub) bool {
	switch s {
	case sRef, sLoadNo, sOtherNo, sBOL, sPRO, sSeal, sTrailerNo:
		return true
	}
	return false
}

// boldEdge reports that the print goes from bold to plain at byte at.
func boldEdge(c *cell, at int) bool {
	for i := 1; i < len(c.ws); i++ {
		if c.offs[i] >= at {
			return c.ws[i-1].Bold && !c.ws[i].Bold
		}
	}
	return false
}

var (
	digitsFirst = regexp.MustCompile(`^[#(]?\s*(?:MC|DOT|USDOT|US DOT)?[-# ]*\d`)
	idFirst     = regexp.MustCompile(`^#?\s*[A-Za-z]{0,5}[-_/]?[A-Za-z0-9]*\d[A-Za-z0-9\-_/.]*`)
	numFirst    = regexp.MustCompile(`^~?\s*\d[\d,]*(\.\d+)?\b`)
)

// valueFits reports whether text right behind a label without a colon is
// surely its value, by its type.
func valueFits(g seg, rest string) bool {
	rest = strings.TrimSpace(rest)
	words := strings.Fields(rest)
	if len(words) == 0 {
		return false
	}
	short := len(words) <= 6
	switch g.lab.sub {
	case sMC, sDOT:
		return digitsFirst.MatchString(rest)
	case sPhone:
		m := phoneRE.FindStringIndex(rest)
		return m != nil && m[0] < 3
	case sIgnore:
		m := phoneRE.FindStringIndex(rest)
		return m != nil && m[0] < 3
	case sEmail:
		return strings.Contains(words[0], "@")
	case sLoadNo, sOtherNo, sRef, sBOL, sPRO, sSeal, sTrailerNo:
		if !idFirst.MatchString(rest) || len(words) > 10 {
			return false
		}
		n := 0
		for _, r := range words[0] {
			if r >= '0' && r <= '9' {
				n++
			}
		}
		return n >= 3 && !moneyStart(rest)
	case sDate, sTime, sFrom, sTo, sAppt, sDocDate, sRecvDate:
		return len(words) <= 14 && (dateAtStart(rest) || timeAtStart(rest))
	case sWeight:
		return short && numFirst.MatchString(rest)
	case sPieces, sMiles, sLength:
		return len(words) <= 3 && numFirst.MatchString(rest)
	case sTotal, sCharge, sAmount, sRate, sCustRate, sLayover, sTONU, sStopOff, sLateFee, sDetCap:
		if m := qtyAtRE.FindStringIndex(rest); short && g.lab.sub == sCharge && m != nil && m[0] == 0 {
			return true // "Stop-off 1 @ 50.00"
		}
		return short && moneyStart(rest)
	case sDetention, sLumper, sQuickPay:
		return short && moneyStart(rest)
	case sTemp, sTempMin, sTempMax:
		return short && tempRE.MatchString(rest) && strings.ContainsAny(rest, "°Ff")
	case sEquip:
		_, _, ok := equipmentIn(rest)
		return short && ok
	case sPayTerms:
		m := payDaysRE.FindStringIndex(rest)
		return short && m != nil && m[0] < 2
	case sContact:
		m := phoneRE.FindStringIndex(rest)
		return m != nil && m[0] > 3 && looksPerson(strings.Trim(rest[:m[0]], " ,-(:"))
	case sName:
		if g.lab.ctx == cCarrier {
			return len(words) <= 8 && companyRE.MatchString(rest)
		}
		return asksWhere(g) && len(words) <= 6 && titled(rest) && !strings.ContainsAny(rest, ",:$0123456789")
	case sBlock:
		if g.lab.ctx == cStop && g.ord > 0 {
			return stopKind(g.hint) != cNone || dateAtStart(rest) || stopKind(words[0]) != cNone && len(words) < 8
		}
		if g.lab.ctx == cPickup || g.lab.ctx == cDelivery {
			return g.ord > 0 || (len(words) <= 12 && (dateAtStart(rest) || placeAtStart(rest)) || len(words) <= 30 && placeAtStart(rest))
		}
	}
	return false
}

// asksWhere reports "Pick up at", "Deliver to": a stop's name follows.
func asksWhere(g seg) bool {
	return (g.lab.ctx == cPickup || g.lab.ctx == cDelivery) && (strings.HasSuffix(g.key, "at") || strings.HasSuffix(g.key, "from") || strings.HasSuffix(g.key, "to"))
}

func moneyStart(s string) bool {
	m := moneyRE.FindStringIndex(s)
	return m != nil && m[0] == 0
}
