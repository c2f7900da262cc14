package extract

import (
	"math"
	"regexp"
	"slices"
	"strings"
)

// whenItem is a text that says when, with the part its label gives it.
type whenItem struct {
	v     ev
	role  sub // sDate, sTime, sFrom, sTo, sAppt or "" for free text
	days  []day
	times []clockTime
	how   rune
	appt  bool // its label says that it is the appointment
	hours bool // its label says that these are the dock's hours
}

var (
	fcfsRE   = regexp.MustCompile(`(?i)\bf\.?\s?c\.?\s?f\.?\s?s\b|first[- ]come|\bopen (?:window|dock|hours)\b|\bno appointment\b|\bwalk[- ]?in\b|\bany ?time\b`)
	apptRE   = regexp.MustCompile(`(?i)\d apt\b|\bapp\.? \d|\bapp(?:oin)?ts?(?:ments?)?\b\.?|\bby appt\b|\bscheduled\b|\bstrict\b|\bfirm\b`)
	eitherRE = regexp.MustCompile(`(?i)^\W*(?:appt\.?|appointment)\s*(?:/|or)\s*fcfs\W*$|^\W*fcfs\s*(?:/|or)\s*(?:appt\.?|appointment)\W*$`)
	callRE   = regexp.MustCompile(`(?i)\b(?:call|must|driver|please|check in|no |only|bring|required|do not|dock|gate|use )\b`)
)

// apptKind reads how a dock takes trucks.
func apptKind(s string) string {
	switch {
	case eitherRE.MatchString(s):
		return "" // a column's name, or a box to tick
	case fcfsRE.MatchString(s):
		return "fcfs"
	case apptRE.MatchString(s):
		return "appointment"
	}
	return ""
}

func leaf(value string, conf float64, v ev) Str {
	return &Leaf[string]{Value: value, Confidence: conf * ocrTrust(v), Page: v.page, Box: v.box, Text: v.text}
}

func leafInt(value int, conf float64, v ev) Int {
	return &Leaf[int]{Value: value, Confidence: conf * ocrTrust(v), Page: v.page, Box: v.box, Text: v.text}
}

// fill reads a stop from its items.
func (d *doc) fill(df *draft) {
	for _, it := range df.items {
		if it.known {
			d.fillLabelled(df, it)
		} else if it.c == nil || !it.c.used || it.v.text != it.c.text || !refAloneRE.MatchString(it.v.text) {
			d.fillFree(df, it) // no number that a list of references has taken
		}
	}
	df.settleName(d)
	d.settleWhen(df)
	s := &df.stop
	if s.Appointment == nil && df.apptBy.ok() {
		conf := 0.72
		if s.WindowStart != nil && len(s.WindowStart.Value) > 10 && s.WindowEnd == nil {
			conf = 0.86 // one hour, not a window
		}
		s.Appointment = leaf("appointment", conf, df.apptBy)
	}
	if a := s.Address; a != nil && s.Name == nil && !streetLike(a.Value) && a.Value == a.Text {
		a.Confidence = min(a.Confidence, 0.72)
		s.Name, s.Address = a, nil // a column of addresses may begin with the name
	}
	for _, l := range []Str{solid(s.Name), s.Address, s.City, s.ZIP, s.WindowStart, s.Phone, s.Contact} {
		if l != nil {
			df.score++
		}
	}
	df.score += len(s.References)
}

// solid is a leaf worth counting, else nil.
func solid(l Str) Str {
	if l != nil && l.Confidence < sure {
		return nil
	}
	return l
}

func set(to *Str, l Str) {
	if *to == nil {
		*to = l
	}
}

func (d *doc) fillLabelled(df *draft, it item) {
	s, v := &df.stop, it.v
	conf := pair{how: it.how, v: v}.strength()
	switch it.lab.sub {
	case sBlock, sName:
		d.fillName(df, it)
	case sAddress:
		d.fillAddress(df, it, conf)
	case sCitySt, sCity, sState, sZIP:
		d.fillTownParts(df, it, conf)
	case sDate, sTime, sFrom, sTo, sAppt:
		d.addWhen(df, it)
	case sDocDate:
		if it.key == "date" || it.key == "duedate" || df.kind == cPickup && (it.key == "loaddate" || it.key == "shipdate") {
			it.lab.sub = sDate
			d.addWhen(df, it)
		}
	case sApptType:
		if k := firstNonEmpty(apptKind(v.text), yesNo(it)); k != "" {
			set(&s.Appointment, leaf(k, conf, v))
		}
		d.addWhen(df, it)
	case sType:
		if k := apptKind(v.text); k != "" {
			set(&s.Appointment, leaf(k, conf, v))
		}
	case sContact:
		d.fillContact(df, it, conf)
	case sPhone:
		if a, b, ok := findPhone(v.text); ok {
			set(&s.Phone, leaf(v.text[a:b], conf, v.sub(a, b)))
			if pre := strings.Trim(v.text[:a], " ,-(:"); looksPerson(pre) {
				set(&s.Contact, leaf(pre, conf*0.95, v.sub(0, len(pre))))
			} else if post := strings.Trim(v.text[b:], " ,-():"); looksPerson(post) || officeRE.MatchString(post) {
				at := b + strings.Index(v.text[b:], post)
				set(&s.Contact, leaf(post, conf*0.95, v.sub(at, at+len(post))))
			}
		}
	case sRef, sBOL, sSeal, sLoadNo, sOtherNo, sPRO:
		d.fillRefs(df, it, conf)
	case sNotes:
		if k := apptKind(v.text); k != "" && len(strings.Fields(v.text)) < 5 && !callRE.MatchString(v.text) {
			set(&s.Appointment, leaf(k, 0.86, v))
		}
		if s.Notes == nil {
			es := []ev{v}
			for _, c := range it.more {
				es = append(es, c.all())
			}
			e := join(" ", es...)
			s.Notes = leaf(e.text, conf*0.95, e)
		}
	}
}

// numberElsewhere reports that the load's own number is printed outside the
// stops: then an order's number among a stop's references is one of them.
func (d *doc) numberElsewhere(at *cell) bool {
	if h := d.of[at]; at.tableRow == 0 && (h == nil || !ofOneStop(h)) {
		return false
	}
	return slices.ContainsFunc(d.pairs, func(p pair) bool {
		return (p.lab.sub == sLoadNo || p.lab.sub == sPRO || p.lab.kind == "PRO") && p.c.tableRow == 0 && (p.h == nil || !ofOneStop(p.h)) && p.v.text != "" && strings.ContainsAny(p.v.text, "0123456789")
	})
}

// fillRefs adds one or more reference numbers: "PO: 123, 456".
func (d *doc) fillRefs(df *draft, it item, conf float64) {
	if hoursAloneRE.MatchString(it.v.text) {
		df.when = append(df.when, whenItem{v: it.v, times: times(it.v.text, true), how: it.how}) // "DELIVER 0700-1400"
		return
	}
	if it.lab.kind == "mixed" {
		if !strings.ContainsAny(it.v.text, "0123456789") || len(strings.Fields(it.v.text)) > 6 {
			it.lab.sub = sNotes
			d.fillLabelled(df, it)
			return
		}
		it.lab.kind = ""
	}
	kind := it.lab.kind
	switch it.lab.sub {
	case sBOL:
		kind = "BOL"
	case sLoadNo:
		it.more = d.numbersBelow(it.v.c)
		if !strings.HasPrefix(it.key, "order") && !strings.HasPrefix(it.key, "shipment") || it.how != inline && (it.v.c == nil || len(it.v.c.ws) > 1 || it.c.line-df.line > 14) || len(it.more) == 0 && !d.numberElsewhere(it.c) {
			return
		}
		kind = "REF"
	case sSeal, sPRO:
		return
	case sOtherNo:
		kind = "REF"
	}
	if a, b, ok := findPhone(it.v.text); ok && a > 3 && strings.ContainsAny(it.v.text[a:b], "-./ ") {
		set(&df.stop.Phone, leaf(it.v.text[a:b], conf*0.95, it.v.sub(a, b))) // a telephone number runs on behind it
		it.v = it.v.sub(0, a)
	}
	for len(it.more) > 0 && strings.HasSuffix(it.v.text, "-") && refListRE.MatchString(it.more[0].text) {
		it.v = join("", it.v, it.more[0].all()) // a number broken at its dash
		it.more[0].used, it.more = true, it.more[1:]
	}
	if (strings.HasPrefix(it.key, "appt#") || strings.HasPrefix(it.key, "appointment#")) && !df.apptBy.ok() && refAloneRE.MatchString(it.v.text) {
		df.apptBy = it.v // who has its number has an appointment
	}
	if wholeRef(it.v.text) {
		l := leaf(it.v.text, min(conf, 0.9), it.v)
		l.Kind = firstNonEmpty(kind, "REF")
		addRef(&df.stop, l)
		return
	}
	for _, r := range d.refsIn(it.v, kind, conf) {
		addRef(&df.stop, r)
	}
	for _, c := range it.more {
		if len(c.text) > 40 || !strings.ContainsAny(c.text, "0123456789") || len(days(c.text)) > 0 || len(findTowns(c.text, d.opt.Places)) > 0 {
			break
		}
		if c.used {
			continue
		}
		list := len(c.text) == len(it.v.text) && refAloneRE.MatchString(c.text)
		if _, _, ok := findPhone(c.text); ok && !list || strings.Contains(c.text, " ") && !refListRE.MatchString(c.text) {
			break
		}
		c.used = c.used || list
		for _, r := range d.refsIn(c.all(), kind, conf*0.95) {
			addRef(&df.stop, r)
		}
	}
}

var (
	refListRE = regexp.MustCompile(`^[#A-Za-z0-9\-_/]+(?:\s*[,;/&]\s*[#A-Za-z0-9\-_]+)*\s*[,;/&]?$`)
	dialRE    = regexp.MustCompile(`^(?:1[-.])?\d{3}[-.]\d{3}[-.]\d{4}$`) // a telephone number
	centsRE   = regexp.MustCompile(`^\d+\.\d{1,2}$`)                      // an amount
	// A span of a day's quarter hours.
	hoursAloneRE = regexp.MustCompile(`^(?:[01]\d|2[0-4])(?:00|15|30|45)-(?:[01]\d|2[0-4])(?:00|15|30|45)$`)
	refTokenRE   = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9\-_./]*`)
	refKinds     = map[string]string{"pu": "PU", "pickup": "PU", "po": "PO", "bol": "BOL", "del": "DEL", "delivery": "DEL", "so": "SO", "ref": "REF", "order": "REF", "p/u": "PU", "appt": "REF", "conf": "REF", "dlv": "DEL", "drop": "DEL", "release": "PU", "load": "REF", "dc": "REF", "b/l": "BOL", "confirmation": "REF", "cr": "REF", "do": "DEL", "shipment": "REF", "rel": "PU", "sid": "REF", "customer": "REF"}
)

var bracketedRE = regexp.MustCompile(`\([A-Za-z#/ .]{1,30}\)`)

// refsIn lists the numbers of a reference value; a word such as PO before one names its kind.
func (d *doc) refsIn(v ev, kind string, conf float64) []Str {
	var out []Str
	cur := kind
	masked := maskDates(v.text)
	inside := bracketedRE.FindAllStringIndex(v.text, -1)
	for _, m := range refTokenRE.FindAllStringIndex(v.text, 16) {
		t := strings.TrimRight(v.text[m[0]:m[1]], "./-")
		if slices.ContainsFunc(inside, func(b []int) bool { return b[0] < m[0] && m[1] < b[1] }) {
			if k, ok := refKinds[strings.ToLower(t)]; ok && len(out) > 0 {
				out[len(out)-1].Kind = k // "734505 (PO)"
			}
			continue
		}
		if k, ok := refKinds[strings.ToLower(t)]; ok {
			cur = k
			continue
		}
		if !strings.ContainsAny(t, "0123456789") {
			if len(out) > 0 && len(t) > 3 {
				break // prose goes on behind the number
			}
			continue
		}
		if pre, num, ok := strings.Cut(t, "-"); ok {
			_ = num
			if k, known := refKinds[strings.ToLower(pre)]; known && cur == "" {
				cur = k
			}
		}
		if m[0] < len(masked) && masked[m[0]] != v.text[m[0]] {
			continue // a day
		}
		if hoursAloneRE.MatchString(t) {
			continue // "DELIVER 0700-1400"
		}
		if len(t) <= 2 && m[0] > 0 && v.text[m[0]-1] == ':' {
			continue // an hour's end
		}
		if n := len(onlyDigits(t)); n < 2 || n == 2 && len(t) == 2 || centsRE.MatchString(t) || dialRE.MatchString(t) {
			continue
		}
		l := leaf(t, conf, v.sub(m[0], m[0]+len(t)))
		l.Kind = firstNonEmpty(cur, "REF")
		out = append(out, l)
	}
	return out
}

func (d *doc) fillName(df *draft, it item) {
	if it.lab.sub == sBlock && wordsAreStop(it.v.text) || saysKind(it.v.text) && len(it.v.text) < 5 {
		return // "Stop 1: Live Load" says its kind again, and no name
	}
	it.known = false
	if it.how == inline && len(it.v.text) > 50 {
		for _, c := range it.more {
			if strings.HasSuffix(it.v.text, ".") || c.used {
				break
			}
			it.v = join(" ", it.v, c.all()) // a sentence that wraps
			c.used = true
		}
	}
	if it.lab.sub == sName && it.how == right && slices.ContainsFunc(df.items, func(o item) bool { return o.known && o.lab.sub == sAddress }) {
		for _, c := range it.more {
			if c.used || streetLike(c.text) || len(c.ws) > 4 || len(findTowns(c.text, d.opt.Places)) > 0 {
				break
			}
			it.v = join(" ", it.v, c.all()) // the street has a label of its own
			c.used = true
		}
	}
	d.fillFree(df, it)
	if it.how == inline || it.col {
		return
	}
	for _, c := range it.more {
		if c.used {
			continue
		}
		c.used = true
		for _, x := range d.itemsOfForced(c) {
			d.fillFree(df, x)
		}
	}
}

func (d *doc) itemsOfForced(c *cell) []item { return []item{{v: c.all(), c: c}} }

func (d *doc) fillContact(df *draft, it item, conf float64) {
	s, v := &df.stop, it.v
	txt := v.text
	end := len(txt)
	if a, b, ok := findPhone(txt); ok {
		set(&s.Phone, leaf(txt[a:b], conf, v.sub(a, b)))
		end = a
	} else if m := emailRE.FindStringIndex(txt); m != nil {
		end = m[0]
	}
	if name := strings.Trim(phoneWordRE.ReplaceAllString(onDayRE.ReplaceAllString(txt[:end], ""), ""), " ,-(:/;|@•"); len(name) > 1 && !strings.ContainsAny(name, "0123456789") && !formWordsRE.MatchString(name) {
		at := strings.Index(txt, name)
		set(&s.Contact, leaf(name, conf, v.sub(at, at+len(name))))
	}
}

// officeRE is a dock's own office, which papers name where a person would stand.
var officeRE = regexp.MustCompile(`^(?i:shipping|receiving|shipping office|receiving office|shipping dept\.?|receiving dept\.?)$`)

// formWordsRE is a form's own heading that stands where a person's name would.
var formWordsRE = regexp.MustCompile(`(?i)\b(?:description|instructions|intersection|shipment|information|details|comments?|numbers?|inst)\b`)

// phoneWordRE is what names the telephone behind a person: "Ann Lee, (p)".
var phoneWordRE = regexp.MustCompile(`(?i),? *\( *(?:p|ph|phone|c|cell|m|mobile|o|office|tel) *\)?[.: ]*$`)

var boxWord = words("# ref refs reference references po pu del so pickup delivery date time type qty quantity weight wgt pieces pcs pallets equipment eq address city state zip phone contact contacts notes note appt appointment commodity description class dims dimensions count handling units package uom item items temp hazmat bol pro seal name net gross est")

// labelWords reports a column's name rather than a stop's: nothing but the words
// that forms label their boxes with, two or more of them.
func labelWords(s string) bool {
	toks := tokens(s)
	if len(toks) < 2 || len(toks) > 5 {
		return false
	}
	plain := false
	for _, t := range toks {
		if !boxWord[t.norm] {
			return false
		}
		plain = plain || stopKind(t.norm) == cNone
	}
	return plain
}

// noneRE is a caption without a colon whose value says nothing: "Confirmation None".
var noneRE = regexp.MustCompile(`^(?i:confirmation|delivery|pick ?up|appointment|reference|notes?|contact|phone)s? (?i:none|n/a)$`)

// asideRE is a form's own remark: "(Listed in order of drops)".
var asideRE = regexp.MustCompile(`^\([A-Za-z ,.'-]{12,}\)$`)

// dayAloneRE is a day's name alone: "Day: Tuesday" above the date.
var dayAloneRE = regexp.MustCompile(`^(?i:(?:mon|tues|wednes|thurs|fri|satur|sun)day)[.,]?$`)

// fillFree reads an unlabelled line of a stop's block.
func (d *doc) fillFree(df *draft, it item) {
	v := it.v
	txt := v.text
	if txt == "" || isBlankValue(txt) || noneRE.MatchString(txt) || asideRE.MatchString(txt) && apptKind(txt) == "" || labelLike(txt) || labelWords(txt) || fromToRE.MatchString(txt) || dayAloneRE.MatchString(txt) {
		return
	}
	s := &df.stop
	if r := d.namedRef(v); r != nil {
		addRef(s, r)
		return
	}
	ts := findTowns(txt, d.opt.Places)
	if len(ts) > 0 && df.named(ts[0]) {
		df.texts = slices.Concat(df.texts[:df.looseN], []item{{v: df.loose, c: df.loose.c}}, df.texts[df.looseM:])
		for i := range df.texts[df.looseN:] {
			df.texts[df.looseN+i].known = false
		}
		s.City, s.State, df.loose = nil, nil, ev{}
	}
	if len(ts) > 0 && s.City == nil && (len(txt) < 230 || it.known || it.how == inline && len(txt) < 500) {
		t := ts[0]
		if df.looseN = len(df.texts); t.zip == "" && !it.known {
			df.loose = v
		}
		d.setTown(df, v, t, 0.93)
		d.beforeTown(df, v, t, false)
		if len(txt)-t.b > 110 {
			d.fillSentences(df, v, t.b)
		} else if t.b < len(txt) {
			d.fillTail(df, v, t.b)
		}
		df.looseM = len(df.texts)
		return
	}
	n := len(df.texts)
	if d.fillTail(df, v, 0); len(df.texts) > n {
		df.texts[n].lab = it.lab
	}
}

// numbersBelow are the numbers of one form in one column under a first one,
// however wide the step between their lines.
func (d *doc) numbersBelow(c *cell) []*cell {
	var out []*cell
	if c == nil || !refAloneRE.MatchString(c.text) {
		return nil
	}
	step := 0.0
	for prev, k := c, c.line+1; k < len(d.lines) && k < c.line+40; k++ {
		n := d.sameEdge(k, c.x0)
		if n == nil {
			continue
		}
		if at := n.y0 - prev.y0; step == 0 {
			step = at
		} else if math.Abs(at-step) > 0.3*d.em {
			break
		}
		if step > 3*d.em || n.segs[0].known || len(n.text) != len(c.text) || !refAloneRE.MatchString(n.text) {
			break
		}
		out = append(out, n)
		prev = n
	}
	return out
}

// namedRefRE is a number with what it is behind it: "914620 (PO)", "KD-41880 Order Reference".
var namedRefRE = regexp.MustCompile(`^([A-Z0-9][A-Za-z0-9-]*\d[A-Za-z0-9-]*) (?:\(([A-Za-z#/. ]{2,30})\)|((?:[A-Z][a-z]+ )?(?:Reference|Number)))$`)

// codeLineRE is a number behind the code that tenders by EDI give it: "BM: 3104482716".
var codeLineRE = regexp.MustCompile(`^([A-Z]{2,4})#?: ?([A-Z0-9][A-Z0-9-]*\d[A-Z0-9-]*)[,;]?$`)

// noRefCode are codes of other things: telephone and fax, a stop's place in the
// trip, remarks.
var noRefCode = map[string]bool{"TE": true, "TEL": true, "FX": true, "FAX": true, "CP": true, "QN": true, "ZZ": true, "MC": true, "DOT": true, "ATTN": true, "EXT": true, "SCAC": true}

// namedRef reads a line that is a number and, behind it, its name.
func (d *doc) namedRef(v ev) Str {
	if m := codeLineRE.FindStringSubmatchIndex(v.text); m != nil && !noRefCode[v.text[m[2]:m[3]]] && len(onlyDigits(v.text[m[4]:m[5]])) > 3 {
		r := leaf(v.text[m[4]:m[5]], 0.86, v.sub(m[4], m[5]))
		r.Kind = firstNonEmpty(refKinds[strings.ToLower(v.text[m[2]:m[3]])], "REF")
		return r
	}
	m := namedRefRE.FindStringSubmatchIndex(v.text)
	if m == nil {
		return nil
	}
	words := v.text[max(m[4], m[6]):max(m[5], m[7])]
	l, ok := lexicon[phraseKey(words)]
	switch {
	case l.sub == sRef || l.sub == sBOL:
	case ok && l.sub != sOtherNo && l.sub != sLoadNo || !ok && m[6] < 0 && !refWordsRE.MatchString(words):
		return nil
	}
	r := leaf(v.text[m[2]:m[3]], 0.9, v.sub(m[2], m[3]))
	r.Kind = firstNonEmpty(map[sub]string{sBOL: "BOL"}[l.sub], l.kind, "REF")
	return r
}

var refWordsRE = regexp.MustCompile(`(?i)\b(?:order|reference|ref|number|release|confirmation|po|bol)\b`)

// wholeRef reports a number printed with a blank inside: "417K2 309", "55190 PEARL".
func wholeRef(s string) bool {
	a, b, ok := strings.Cut(s, " ")
	if !ok || len(s) > 18 || len(a) < 2 || len(b) < 2 || refKinds[strings.ToLower(a)] != "" || refKinds[strings.ToLower(b)] != "" {
		return false
	}
	for i := 0; i < len(s); i++ {
		if s[i] != ' ' && (s[i] < '0' || s[i] > '9') && (s[i] < 'A' || s[i] > 'Z') {
			return false
		}
	}
	na, nb := len(onlyDigits(a)), len(onlyDigits(b))
	return strings.Count(s, " ") == 1 && na > 0 && na+nb > 4 && (nb == 0 && len(b) < 6 || na < len(a) && nb == len(b) && nb < 4)
}

// named reports the address behind a name that holds its town too: "Joplin, MO
// Plant" over "400 Spring Rd, Joplin, MO 64801".
func (df *draft) named(t town) bool {
	s := &df.stop
	return df.loose.ok() && t.zip != "" && s.ZIP == nil && s.City != nil && s.Address == nil && strings.EqualFold(s.City.Value, t.city)
}

var (
	stopSentenceRE = regexp.MustCompile(`[.;] +`)
	toCallRE       = regexp.MustCompile(`(?i:person to call|contact|ask for|call)(?i: is)?[: ]+((?:[A-Z][A-Za-z'.\-]+ ){1,2}?[A-Z][A-Za-z'\-]+)(?:,| at)? +\(?\d{3}`)
	toGiveRE       = regexp.MustCompile(`(?i)^(?:the )?(?:numbers?|references?|refs?)\b`)
)

// fillSentences reads what whole sentences tell of a stop behind its address.
func (d *doc) fillSentences(df *draft, v ev, at int) {
	s := &df.stop
	tail := v.text[at:]
	for tail != "" {
		part := tail
		if m := stopSentenceRE.FindStringIndex(tail[min(8, len(tail)):]); m != nil {
			part, tail = tail[:min(8, len(tail))+m[0]], tail[min(8, len(tail))+m[1]:]
		} else {
			tail = ""
		}
		e := v
		e.text, e.c = strings.Trim(part, " ,.;"), nil
		if toGiveRE.MatchString(e.text) {
			for _, r := range d.refsIn(e, "", 0.86) {
				addRef(s, r)
			}
			continue
		}
		if m := toCallRE.FindStringSubmatch(e.text); m != nil && looksPerson(m[1]) {
			n := e
			n.text = m[1]
			set(&s.Contact, leaf(m[1], 0.86, n))
		}
		if a, b, ok := findPhone(e.text); ok {
			n := e
			n.text = e.text[a:b]
			set(&s.Phone, leaf(n.text, 0.86, n))
			continue
		}
		ds := days(e.text)
		if ts := times(e.text, len(ds) > 0); len(ds) > 0 || len(ts) > 0 {
			df.when = append(df.when, whenItem{v: e, days: ds, times: ts, how: inline})
		}
		if k := apptKind(e.text); k != "" && (len(ds) > 0 || len(strings.Fields(e.text)) < 8) {
			set(&s.Appointment, leaf(k, 0.86, e))
		}
	}
}

// answersCaption reports a cell right behind a caption we do not know: "GOODS KIND:
// PAPER TOWELS" names no person.
func (d *doc) answersCaption(c *cell) bool {
	return c != nil && c.pos > 0 && strings.HasSuffix(d.lines[c.line].cells[c.pos-1].text, ":")
}

// fillTail reads dates, times, phones and names from txt[at:].
func (d *doc) fillTail(df *draft, v ev, at int) {
	s := &df.stop
	txt := v.text[at:]
	found := false
	if a, b, ok := findPhone(txt); ok {
		conf := 0.88
		if len(txt[a:b]) == 10 && onlyDigits(txt[a:b]) == strings.TrimSpace(txt) {
			conf = 0.7 // ten digits alone may be a number of another kind
		}
		set(&s.Phone, leaf(txt[a:b], conf, v.sub(at+a, at+b)))
		if pre := strings.Trim(txt[:a], " ,-(:/|•"); looksPerson(pre) {
			i := strings.Index(txt, pre)
			set(&s.Contact, leaf(pre, 0.85, v.sub(at+i, at+i+len(pre))))
		} else if post := strings.Trim(txt[b:], " ,-():/|•"); looksPerson(post) {
			i := b + strings.Index(txt[b:], post)
			set(&s.Contact, leaf(post, 0.85, v.sub(at+i, at+i+len(post))))
		}
		found = true
	}
	ds, loose := days(txt), false
	loose = len(ds) > 0 || apptKind(txt) != ""
	ts := times(txt, loose)
	if len(ds) == 0 && apptKind(txt) == "" && len(strings.Fields(txt)) > 10 {
		ts = nil // "Carrier must check in by phone every morning by 9 AM and when unloaded"
	}
	if !found && (len(ds) > 0 || len(ts) > 0) && len(txt) < 110 {
		sub := v
		if at > 0 {
			sub = v.sub(at, len(v.text))
			ds, ts = days(sub.text), times(sub.text, loose)
		}
		df.when = append(df.when, whenItem{v: sub, days: ds, times: ts, how: inline})
		found = true
	}
	if !found && zoneAlone.MatchString(txt) {
		df.when = append(df.when, whenItem{v: v, how: inline})
		found = true
	}
	if k := apptKind(txt); k != "" && len(strings.Fields(txt)) <= 14 && (len(ds) > 0 || len(ts) > 0 || len(strings.Fields(txt)) <= 6) {
		set(&s.Appointment, leaf(k, 0.9, v.sub(at, len(v.text))))
		found = true
	}
	if !found && at == 0 && slices.ContainsFunc(df.texts, func(it item) bool { return !saysKind(it.v.text) }) && !strings.HasSuffix(df.texts[len(df.texts)-1].v.text, ",") && s.Contact == nil && looksPerson(txt) && !streetLike(txt) && apptKind(txt) == "" && !d.answersCaption(v.c) {
		s.Contact = leaf(txt, 0.84, v)
		if txt == strings.ToUpper(txt) {
			s.Contact.Confidence = 0.7 * ocrTrust(v) // "FLOOR LOADED" has a name's form too
		}
		found = true
	}
	if !found && at == 0 {
		df.texts = append(df.texts, item{v: v, c: v.c})
		if s.City != nil {
			df.texts[len(df.texts)-1].known = true // behind the town: not a name
		}
	}
}
