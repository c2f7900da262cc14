package extract

import (
	"math"
	"regexp"
	"strings"
)

// Ways a value was found for its label, from surest to least sure.
const (
	inline = 'i'
	right  = 'r'
	below  = 'b'
	column = 'c'
)

// pair is a label with the value that belongs to it.
type pair struct {
	lab   label
	key   string
	ctx   ctx      // whose: the label's own word, else the heading's
	h     *heading // governs the value
	v     ev
	more  []*cell // further cells in the same place: wrapped lines
	how   rune
	hint  string
	colon bool
	c     *cell // the label's cell
	ord   int
	alt   ev // the other place a value could have stood
}

// strength is how far the way of finding is to be trusted.
func (p pair) strength() float64 {
	base := map[rune]float64{inline: 0.96, right: 0.93, below: 0.90, column: 0.90}[p.how]
	if p.v.conf < 0.80 {
		base *= 0.6 + p.v.conf/2
	}
	return base
}

// findPairs gives each label its value.
func (s *sheet) findPairs(of map[*cell]*heading) []pair {
	var out []pair
	for _, c := range s.cells {
		if c.headerOf > 0 {
			continue
		}
		for i, g := range c.segs {
			if !g.known {
				continue
			}
			p := pair{lab: g.lab, key: g.key, hint: g.hint, colon: g.colon, c: c, ord: g.ord, h: of[c]}
			switch {
			case !g.empty():
				p.v, p.how = c.val(g), inline
				if i == len(c.segs)-1 && (g.lab.sub == sAddress || g.lab.sub == sCommodity || g.lab.sub == sContact) {
					p.more = s.wrappedAt(c, p.v.box[0])
				}
			case i == len(c.segs)-1:
				s.seek(&p, c, of)
			}
			p.ctx = ownCtx(p)
			if x := s.reachOf(p, i, of); x != cNone {
				p.lab.ctx, p.ctx = x, x
				c.segs[i].lab.ctx = x
			}
			if p.v.ok() {
				out = append(out, p)
				if p.how == right && i == 0 {
					out = append(out, s.across(p, of)...)
				}
			}
		}
	}
	return out
}

// across gives a row's label to the values of further columns as well, where
// each column stands under another stop's heading.
func (s *sheet) across(p pair, of map[*cell]*heading) []pair {
	stop := func(h *heading) bool { return h != nil && (h.ctx == cPickup || h.ctx == cDelivery) }
	var out []pair
	l := s.lines[p.c.line]
	if p.c.pos+1 >= len(l.cells) || !stop(of[l.cells[p.c.pos+1]]) || of[l.cells[p.c.pos+1]] == of[p.c] {
		return nil
	}
	prev := of[l.cells[p.c.pos+1]]
	for _, n := range l.cells[p.c.pos+2:] {
		if n.segs[0].known || n.head != nil || n.used || !stop(of[n]) || of[n] == prev {
			break
		}
		q := p
		q.v, q.h, q.more = freeHead(n), of[n], nil
		q.ctx = ownCtx(q)
		if typed(q.lab.sub) && !fits(q.lab, n.text) {
			continue
		}
		n.used = true
		prev = of[n]
		out = append(out, q)
	}
	return out
}

// ownCtx is the label's own word for whose it is, else its heading's.
func ownCtx(p pair) ctx {
	if p.h != nil && p.h.ctx == cCarrier && p.lab.ctx == cBroker && (strings.HasPrefix(p.key, "dispatch") || strings.HasPrefix(p.key, "carrierrep")) && (p.c.line == p.h.c.line || p.c.x0-p.h.c.x0 < 150) {
		return cCarrier
	}
	if p.lab.ctx != cNone && p.lab.ctx != cStop {
		return p.lab.ctx
	}
	if p.h != nil {
		return p.h.ctx
	}
	return p.lab.ctx
}

// reachOf says whose a telephone number or e-mail address is by the person it
// stands beside or below: "Your contact | Phone | Email", "Carrier rep: Ann Lee"
// over "Phone: ...". i is the label's place in its cell.
func (s *sheet) reachOf(p pair, i int, of map[*cell]*heading) ctx {
	if p.lab.ctx != cNone || p.lab.sub != sPhone && p.lab.sub != sEmail {
		return cNone
	}
	// told is the party whose person a label announces, and whether to look on.
	told := func(n *cell, g seg) (ctx, bool) {
		switch {
		case !g.known:
			return cNone, false
		case g.lab.sub == sContact || g.lab.sub == sName:
			if x := ownCtx(pair{lab: g.lab, key: g.key, c: n, h: of[n]}); (x == cBroker || x == cCarrier) && (p.how == below || x == g.lab.ctx) {
				return x, false
			}
			return cNone, false
		}
		return cNone, g.lab.sub == sPhone || g.lab.sub == sEmail || g.key == "fax" || g.key == "ext"
	}
	for pos, k := p.c.pos, i-1; pos >= 0; k-- {
		n := s.lines[p.c.line].cells[pos]
		if k < 0 {
			if pos--; pos < 0 {
				break
			}
			n = s.lines[p.c.line].cells[pos]
			k = len(n.segs) - 1
			if p.how == below && len(n.segs) > 1 {
				return cNone
			}
		}
		if g := n.segs[k]; g.known || p.how == below {
			if p.how != below && n != p.c && g.lab.ctx == cNone && p.c.x0-n.x1 > 6*s.cw {
				break // another column's person
			}
			if x, on := told(n, g); !on {
				return x
			}
		}
	}
	if p.how == below {
		return cNone
	}
	edge, passed := labelEnd(p.c, i), false
	for prev, k := p.c, p.c.line-1; k >= 0; k-- {
		n := s.sameEdge(k, p.c.x0)
		for _, x := range s.lines[k].cells {
			if n == nil && x.segs[0].colon && math.Abs(labelEnd(x, 0)-edge) < 1.5*s.cw {
				n = x // labels set to the right
			}
		}
		if n == nil || prev.y0-n.y1 > 0.9*s.em && !(n.segs[0].colon && p.colon && prev.y0-n.y1 < 1.6*s.em) {
			return cNone
		}
		if !n.segs[0].known && !passed && (looksPerson(n.text) || companyRE.MatchString(n.text)) {
			prev, passed = n, true // the name under "BROKER Contact:"
			continue
		}
		if x, on := told(n, n.segs[0]); !on {
			return x
		}
		prev = n
	}
	return cNone
}

// labelEnd is where the words of a cell's i-th label end.
func labelEnd(c *cell, i int) float64 {
	g := c.segs[i]
	return c.cut(g.la, max(trimLabel(c.text, g.la, g.lb), g.la+1)).box[2]
}

// senderNames marks labels that begin with the sender's own name, as its first
// lines print it: "Coyote Contact:", "TQL rep".
func (s *sheet) senderNames() {
	for _, c := range s.cells {
		if m := fromPersonRE.FindStringSubmatchIndex(c.text); m != nil && looksPerson(c.text[m[2]:m[3]]) {
			c.segs = []seg{{lab: label{ctx: cBroker, sub: sContact}, key: "from", known: true, colon: true, lb: m[2], va: m[2], vb: m[3]}}
			continue
		}
		if next := s.lines[c.line].cells[c.pos+1:]; fromWordRE.MatchString(c.text) && len(next) > 0 && !s.streetUnder(next[0]) && looksPerson(onDayRE.ReplaceAllString(next[0].text, "")) {
			c.segs = []seg{{lab: label{ctx: cBroker, sub: sContact}, key: "from", known: true, colon: strings.HasSuffix(c.text, ":"), lb: len(c.text), va: len(c.text), vb: len(c.text)}}
			continue
		}
		for i := range c.segs {
			g := &c.segs[i]
			if !g.known || g.lab.ctx != cNone || g.lab.sub != sContact && g.lab.sub != sPhone && g.lab.sub != sEmail || i > 1 || i == 1 && c.segs[0].known {
				continue
			}
			key := ""
			for _, t := range tokens(c.text[:g.lb]) {
				if l := lexicon[t.norm]; l.sub == sContact || l.sub == sPhone || l.sub == sEmail {
					break
				}
				key += t.norm
			}
			if len(key) >= 3 && s.heads(key) {
				g.lab.ctx = cBroker
			}
		}
	}
}

// streetUnder reports a street right below a cell: who stands there is a dock,
// no person.
func (s *sheet) streetUnder(c *cell) bool {
	if c.line+1 >= len(s.lines) {
		return false
	}
	n := s.sameEdge(c.line+1, c.x0)
	return n != nil && addrRE.MatchString(n.text) && streetLike(n.text)
}

var (
	fromWordRE = regexp.MustCompile(`^(?i:from|booked with|this notification was sent by) ?:?$`)
	onDayRE    = regexp.MustCompile(` on \d.*$`)
)

// fromPersonRE is "From: Calvin Harmon on 10-14-2025", "Booked with: Ann Lee".
var fromPersonRE = regexp.MustCompile(`^(?i:from|booked with|booked by|(?:this notification was )?sent by|dispatched by) ?: ((?:[A-Z][A-Za-z'.\-]+ ){1,2}[A-Z][A-Za-z'\-]+)(?: on \S.*)?$`)

// heads reports that a line of the paper's head begins with these letters.
func (s *sheet) heads(key string) bool {
	for _, c := range s.cells {
		for _, m := range emailRE.FindAllString(c.text, 3) {
			if _, dom, _ := strings.Cut(strings.ToLower(m), "@"); len(key) >= 4 && strings.HasPrefix(dom, key) {
				return true // "Penske Contact:" and somebody@penske.com
			}
		}
	}
	for _, c := range s.cells {
		if c.line > 5 {
			break
		}
		if !c.segs[0].known && strings.HasPrefix(phraseKey(c.text), key) {
			return true
		}
	}
	return false
}

// seek looks right of and below a lone label.
func (s *sheet) seek(p *pair, c *cell, of map[*cell]*heading) {
	if p.lab.sub == sAppt && !p.colon && !s.headerLike(c) {
		return // the word itself is the news
	}
	r, b := s.rightOf(c), s.belowOf(c)
	if next := s.lines[c.line].cells[c.pos+1:]; r == nil && len(next) > 0 && isBlankValue(next[0].text) && next[0].x0-c.x1 < 30*s.cw && !s.headerLike(c) {
		return // "Temp Control   None" is answered
	}
	if r != nil && b != nil && !p.colon && of[r] != of[c] && of[r] != nil && of[r].ctx != cPickup && of[r].ctx != cDelivery && of[r].c.x0 > c.x1 && r.x0-c.x1 > 12*s.cw {
		r = nil // it stands in another column
	}
	if r != nil && p.lab.sub == sNotes && !p.colon && r.x0-c.x1 > 12*s.cw && (of[r] != of[c] || b != nil && math.Abs(b.x0-c.x0) < 1.5*s.cw) {
		r = nil // two boxes side by side, each over its own text
	}
	if c.head != nil && c.head.full && p.lab.sub == sBlock && !p.colon && (r == nil || p.lab.ctx == cPickup || p.lab.ctx == cDelivery) {
		return
	}
	takeBelow := b != nil && (r == nil || !p.colon && s.headerLike(c) && (fits(p.lab, b.text) || !fits(p.lab, r.text)))
	if takeBelow && r == nil && (p.lab.sub == sBlock || p.lab.sub == sNotes && namedRefRE.MatchString(b.text)) {
		return
	}
	if !takeBelow && r != nil && b != nil && !fits(p.lab, r.text) && fits(p.lab, b.text) && typed(p.lab.sub) {
		takeBelow = true
	}
	switch {
	case takeBelow:
		if typed(p.lab.sub) && !fits(p.lab, b.text) {
			return
		}
		p.v, p.how, p.h = freeHead(b), below, of[b]
		p.more = s.wrap(b, b.x0, p.lab.sub == sNotes)
		b.used = true
	case r != nil:
		if typed(p.lab.sub) && !fits(p.lab, r.text) {
			return
		}
		p.v, p.how, p.h = freeHead(r), right, of[r]
		p.more = s.wrap(r, r.x0, p.lab.sub == sNotes)
		if whenSub(p.lab.sub) {
			// A day and its hours, however wide the blank between them.
			for _, n := range s.lines[r.line].cells[r.pos+1:] {
				if n.segs[0].known || n.used || n.x0-r.x1 > 8*s.cw || len(n.text) > 26 || len(days(n.text)) > 0 || len(times(n.text, true)) == 0 {
					break
				}
				p.v = join(" ", p.v, n.all())
				r.used, r = true, n
			}
		}
		if p.lab.ctx == cTerms {
			// A term's words run to the end of the line, however wide its blanks.
			for _, n := range s.lines[r.line].cells[r.pos+1:] {
				if n.segs[0].known || n.x0-r.x1 > 4*s.cw {
					break
				}
				p.v = join(" ", p.v, n.all())
				r = n
			}
		}
		if b != nil && fits(p.lab, b.text) {
			p.alt = freeHead(b)
		}
		r.used = true
	}
}

// freeHead is a cell's text ahead of any label in it.
func freeHead(c *cell) ev {
	g := c.segs[0]
	if g.known {
		return c.all()
	}
	return c.val(g)
}

func (s *sheet) rightOf(c *cell) *cell {
	l := s.lines[c.line]
	if c.pos+1 >= len(l.cells) {
		return s.offLine(c)
	}
	n := l.cells[c.pos+1]
	if m := codeLineRE.FindStringSubmatch(n.text); m != nil && !noRefCode[m[1]] {
		return nil // it says itself what it is
	}
	if n.x0-c.x1 > 75*s.cw || isBlankValue(n.text) || labelLike(n.text) || n.goods && !c.goods {
		return nil
	}
	if (n.segs[0].known || n.head != nil) && !doubles(c.segs[len(c.segs)-1].lab, c.segs[len(c.segs)-1].colon, n) {
		return nil
	}
	return n
}

// offLine is the value right of a line's last label that was set a little higher
// or lower and so became a line of its own.
func (s *sheet) offLine(c *cell) *cell {
	if !c.segs[len(c.segs)-1].colon {
		return nil
	}
	for _, k := range []int{c.line - 1, c.line + 1} {
		if k < 0 || k >= len(s.lines) || s.lines[k].page != c.page {
			continue
		}
		n := s.lines[k].cells[0]
		if len(s.lines[k].cells) == 1 && n.x0 > c.x1 && n.x0-c.x1 < 30*s.cw && min(n.y1, c.y1)-max(n.y0, c.y0) > 0.3*(c.y1-c.y0) && !n.segs[0].known && n.head == nil && !n.used && !labelLike(n.text) {
			return n
		}
	}
	return nil
}

// labelLike reports a few words that end in a colon: a label, known or not, and
// no other label's value.
func labelLike(s string) bool {
	return strings.HasSuffix(s, ":") && len(strings.Fields(s)) <= 5 && !strings.ContainsAny(s, "0123456789")
}

// doubles reports a cell whose text is a word of the lexicon but here the
// value of the label l: "Appt Type: Appointment", "Equipment: Reefer".
func doubles(l label, colon bool, n *cell) bool {
	if l.sub == sNotes && colon && len(n.ws) > 5 && n.head == nil {
		return true // words of labels inside what is told
	}
	g, ok := n.lone()
	if !ok || g.colon {
		return false
	}
	switch l.sub {
	case sApptType, sEquip, sType:
		return fits(l, n.text)
	case sNotes:
		return n.head == nil && colon
	case sCommodity:
		return g.lab.sub == sEquip || g.lab.sub == sCharge
	}
	return false
}

// belowOf is the nearest free cell under c in its column, within two lines;
// exactly under a row of labels one of which wraps, within four.
func (s *sheet) belowOf(c *cell) *cell {
	for k := c.line + 1; k < len(s.lines) && k <= c.line+5; k++ {
		l := s.lines[k]
		far := k > c.line+3 || l.y0-c.y1 > 2.4*s.em
		if l.y0-c.y1 > 4.4*s.em || far && (!s.headerLike(c) || whenSub(c.segs[len(c.segs)-1].lab.sub)) {
			break
		}
		for _, n := range l.cells {
			over := min(n.x1, c.x1) - max(n.x0, c.x0)
			if over <= 0 && math.Abs(n.x0-c.x0) > 1.5*s.cw || far && k > c.line+1 && math.Abs(n.x0-c.x0) > 0.5*s.cw {
				continue
			}
			if n.y0 < c.y1-0.5*s.em {
				continue
			}
			if (n.segs[0].known || n.head != nil) && !doubles(c.segs[len(c.segs)-1].lab, c.segs[len(c.segs)-1].colon, n) {
				return nil
			}
			// Its left neighbour may be the label that owns it.
			if n.pos > 0 {
				if g, ok := l.cells[n.pos-1].lone(); ok && (g.colon || c.x0 > l.cells[n.pos-1].x1+30*s.cw) && l.cells[n.pos-1].head == nil {
					return nil
				}
			}
			if isBlankValue(n.text) || n.used || labelLike(n.text) || n.goods && !c.goods {
				return nil
			}
			return n
		}
	}
	return nil
}

// headerLike reports a label standing in a row of labels: its values are below.
func (s *sheet) headerLike(c *cell) bool {
	l := s.lines[c.line]
	lone, other := 0, 0
	for _, n := range l.cells {
		if g, ok := n.lone(); ok && !g.colon {
			lone++
		} else {
			other++
		}
	}
	if lone < 2 {
		return false
	}
	// label value label value: values are to the right.
	if other >= lone {
		alternating := true
		for i := 0; i+1 < len(l.cells); i += 2 {
			if _, ok := l.cells[i].lone(); !ok {
				alternating = false
			}
		}
		if alternating {
			return false
		}
	}
	return lone > other || lone >= 3
}

// wrapped are the lines right under a value that go on with it: same left
// edge, ordinary line step, no label of their own, nothing to their left that owns them.
func (s *sheet) wrapped(c *cell) []*cell { return s.wrap(c, c.x0, false) }

// wrappedAt is wrapped for a value that starts at x inside its cell.
func (s *sheet) wrappedAt(c *cell, x float64) []*cell { return s.wrap(c, x, false) }

// wrap is wrappedAt; in prose a line may begin with a word that is a label elsewhere.
func (s *sheet) wrap(c *cell, x float64, prose bool) []*cell {
	var out []*cell
	prev := c
	for k := c.line + 1; k < len(s.lines) && len(out) < 6 || prose && k < len(s.lines) && len(out) < 14; k++ {
		if s.lines[k].y0-prev.y1 > 0.9*s.em {
			break
		}
		var next *cell
		for _, n := range s.lines[k].cells {
			if math.Abs(n.x0-x) < 1.5*s.cw && n.y0 > prev.y0+0.3*s.em {
				next = n
			}
		}
		if next == nil {
			// Another column's line may lie between two lines of this one.
			if s.lines[k].y0 < prev.y1+0.2*s.em {
				continue
			}
			break
		}
		if next.segs[0].known && !(prose && !next.segs[0].colon && len(next.ws) > 2) || next.head != nil || next.pos > 0 && s.owned(next) {
			break
		}
		out = append(out, next)
		prev = next
	}
	return out
}

// owned reports that a label stands left of the cell on its line.
func (s *sheet) owned(c *cell) bool {
	for i := c.pos - 1; i >= 0; i-- {
		if g, ok := s.lines[c.line].cells[i].lone(); ok {
			return g.colon || g.lab.sub != sBlock
		}
		if n := s.lines[c.line].cells[i]; i == c.pos-1 && (n.segs[0].known || c.x0-n.x1 > 6*s.cw && i > 0) {
			return false // the label further left has its value
		}
	}
	return false
}

// typed reports subs whose values have a form that can be checked.
func typed(s sub) bool {
	switch s {
	case sDate, sTime, sFrom, sTo, sAppt, sMC, sDOT, sPhone, sEmail, sWeight, sPieces, sMiles, sTotal, sCharge, sAmount, sRate, sQty,
		sEquip, sLength, sTemp, sTempMin, sTempMax, sLoadNo, sOtherNo, sRef, sBOL, sPRO, sSeal, sTrailerNo, sZIP, sState, sCitySt, sCity, sCustRate,
		sPayTerms, sLayover, sTONU, sStopOff, sLateFee, sDetCap, sDetention, sDetFree, sQuickPay, sStopNo, sCurrency, sDocDate, sRecvDate, sApptType, sName, sContact, sType:
		return true
	}
	return false
}

// fits reports whether a text has the form its label asks for.
func fits(l label, v string) bool {
	v = strings.TrimSpace(v)
	words := len(strings.Fields(v))
	switch l.sub {
	case sRecvDate:
		return len(days(v)) > 0 || words <= 3 && len(times(v, false)) > 0
	case sDate, sDocDate:
		return len(days(v)) > 0
	case sTime, sFrom, sTo, sAppt:
		low := strings.ToLower(v)
		return len(days(v)) > 0 || len(times(v, true)) > 0 || apptKind(low) != "" && words <= 4
	case sMC, sDOT:
		return digitsFirst.MatchString(v) && words <= 3
	case sPhone:
		_, _, ok := findPhone(v)
		return ok
	case sEmail:
		return emailRE.MatchString(v)
	case sWeight:
		_, _, _, _, ok := weightOf(v, "")
		return ok && words <= 5 && len(days(v)) == 0
	case sPieces, sMiles, sQty:
		return numFirst.MatchString(v) && words <= 4 && !strings.ContainsAny(v, "$/:")
	case sTotal, sCharge, sAmount, sRate, sCustRate, sLayover, sTONU, sStopOff, sLateFee, sDetCap:
		return len(amounts(v)) > 0 || l.sub != sCharge && numFirst.MatchString(v) && words == 1
	case sDetention:
		return len(amounts(v)) > 0
	case sDetFree:
		return digitsRE.MatchString(v)
	case sQuickPay, sPayTerms:
		return digitsRE.MatchString(v) || words <= 6
	case sEquip:
		_, _, ok := equipmentIn(v)
		return ok || words == 1 && len(onlyDigits(v)) >= 3
	case sLength:
		return numFirst.MatchString(v) && words <= 3
	case sTemp, sTempMin, sTempMax:
		return tempRE.MatchString(v) && len(days(v)) == 0 && !strings.ContainsAny(v, "$@")
	case sLoadNo, sOtherNo, sBOL, sPRO, sSeal, sTrailerNo:
		if words > 3 && l.sub != sOtherNo {
			return false
		}
		if l.sub == sLoadNo && lettersIDRE.MatchString(v) {
			return true
		}
		return strings.ContainsAny(v, "0123456789") && len(days(v)) == 0 && !strings.ContainsAny(v, "$@") && words <= 8 && len(findTowns(v, nil)) == 0 && !streetLike(v)
	case sRef:
		return strings.ContainsAny(v, "0123456789") && len(days(v)) == 0 && !strings.ContainsAny(v, "$@") && len(findTowns(v, nil)) == 0
	case sZIP:
		return zipRE.MatchString(v)
	case sState:
		u := strings.ToUpper(v)
		return stateCodes[u] || stateNames[u] != ""
	case sCitySt:
		return words <= 7 && !strings.ContainsAny(v, "$@:")
	case sCity:
		return cityLike(v)
	case sStopNo:
		return digitsRE.MatchString(v) && words <= 2
	case sCurrency:
		return codeIn(strings.ToUpper(v)) != ""
	case sApptType:
		return apptKind(strings.ToLower(v)) != "" && words <= 6
	case sType:
		return stopKind(v) != cNone && words <= 4
	case sName, sContact:
		if l.sub == sContact && numFirst.MatchString(v) {
			return false
		}
		return strings.ContainsAny(strings.ToLower(v), "abcdefghijklmnopqrstuvwxyz") && len(v) < 90 && !strings.ContainsAny(v, "$")
	}
	return v != ""
}
