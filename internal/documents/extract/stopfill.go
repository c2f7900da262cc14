package extract

import (
	"regexp"
	"strings"
)

// whenItem is a text that says when, with the part its label gives it.
type whenItem struct {
	v     ev
	role  sub // sDate, sTime, sFrom, sTo, sAppt or "" for free text
	days  []day
	times []clockTime
	how   rune
}

var (
	fcfsRE = regexp.MustCompile(`(?i)\bf\.?\s?c\.?\s?f\.?\s?s\b|first[- ]come|\bopen (?:window|dock|hours)\b|\bno appointment\b|\bwalk[- ]?in\b|\bany ?time\b`)
	apptRE = regexp.MustCompile(`(?i)\bapp(?:oin)?ts?(?:ments?)?\b\.?|\bby appt\b|\bscheduled\b|\bstrict\b|\bfirm\b`)
	callRE = regexp.MustCompile(`(?i)\b(?:call|must|driver|please|check in|no |only|bring|required|do not|dock|gate|use )\b`)
)

// apptKind reads how a dock takes trucks.
func apptKind(s string) string {
	switch {
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

// ocrTrust lowers confidence for words a recogniser was unsure of.
func ocrTrust(v ev) float64 {
	if v.conf >= 0.85 {
		return 1
	}
	return 0.55 + 0.5*v.conf
}

// fill reads a stop from its items.
func (d *doc) fill(df *draft) {
	for _, it := range df.items {
		if it.known {
			d.fillLabelled(df, it)
		} else {
			d.fillFree(df, it)
		}
	}
	df.settleName(d)
	d.settleWhen(df)
	s := &df.stop
	if s.Appointment == nil && df.apptBy.ok() {
		s.Appointment = leaf("appointment", 0.72, df.apptBy)
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
		if it.key == "date" {
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
			} else if post := strings.Trim(v.text[b:], " ,-():"); looksPerson(post) {
				at := b + strings.Index(v.text[b:], post)
				set(&s.Contact, leaf(post, conf*0.95, v.sub(at, at+len(post))))
			}
		}
	case sRef, sBOL, sSeal, sLoadNo, sOtherNo, sPRO:
		d.fillRefs(df, it, conf)
	case sNotes:
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

// fillRefs adds one or more reference numbers: "PO: 123, 456".
func (d *doc) fillRefs(df *draft, it item, conf float64) {
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
	case sSeal, sLoadNo, sPRO:
		return
	case sOtherNo:
		kind = "REF"
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
		if _, _, ok := findPhone(c.text); ok || strings.Contains(c.text, " ") && !refListRE.MatchString(c.text) {
			break
		}
		for _, r := range d.refsIn(c.all(), kind, conf*0.95) {
			addRef(&df.stop, r)
		}
	}
}

var (
	refListRE  = regexp.MustCompile(`^[#A-Za-z0-9\-_/]+(?:\s*[,;/&]\s*[#A-Za-z0-9\-_]+)*$`)
	refTokenRE = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9\-_./]*`)
	refKinds   = map[string]string{"pu": "PU", "pickup": "PU", "po": "PO", "bol": "BOL", "del": "DEL", "delivery": "DEL", "so": "SO", "ref": "REF", "order": "REF", "p/u": "PU", "appt": "REF", "conf": "REF", "dlv": "DEL", "drop": "DEL", "release": "PU", "load": "REF", "dc": "REF", "b/l": "BOL", "confirmation": "REF"}
)

// refsIn lists the numbers of a reference value; a word such as PO before one names its kind.
func (d *doc) refsIn(v ev, kind string, conf float64) []Str {
	var out []Str
	cur := kind
	for _, m := range refTokenRE.FindAllStringIndex(v.text, 16) {
		t := strings.TrimRight(v.text[m[0]:m[1]], "./-")
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
		if n := len(onlyDigits(t)); n < 2 {
			continue
		}
		l := leaf(t, conf, v.sub(m[0], m[0]+len(t)))
		l.Kind = firstNonEmpty(cur, "REF")
		out = append(out, l)
	}
	return out
}

func (d *doc) fillName(df *draft, it item) {
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

func (d *doc) fillAddress(df *draft, it item, conf float64) {
	s := &df.stop
	v, taken := d.wholeAddress(it)
	ts := findTowns(v.text, d.opt.Places)
	for _, c := range it.more[:taken] {
		c.used = true
	}
	if len(ts) == 0 {
		if s.Address == nil && it.lab.kind != "2" {
			s.Address = leaf(strings.Trim(v.text, " ,;"), conf, v)
		}
		for _, c := range it.more[taken:] {
			if len(findTowns(c.text, d.opt.Places)) > 0 && !c.used {
				c.used = true
				d.fillFree(df, item{v: c.all(), c: c})
			}
		}
		return
	}
	d.setTown(df, v, ts[0], conf)
	d.beforeTown(df, v, ts[0], true)
}

// wholeAddress joins an address with the lines it wraps onto, up to its ZIP.
// taken is how many of them it took.
func (d *doc) wholeAddress(it item) (v ev, taken int) {
	v = it.v
	for k := 0; k <= 2 && k <= len(it.more); k++ {
		if k > 0 {
			c := it.more[k-1]
			if c.used {
				break
			}
			if ts := findTowns(c.text, d.opt.Places); len(ts) > 0 && ts[0].zip != "" && ts[0].ca == 0 && !d.cityBroken(v.text, ts[0]) {
				// A town on a line of its own.
				if v.text != "" && !strings.HasSuffix(v.text, ",") {
					return join(", ", v, c.all()), k
				}
				return join(" ", v, c.all()), k
			}
			v = join(" ", v, c.all())
		}
		if ts := findTowns(v.text, d.opt.Places); len(ts) > 0 && ts[0].zip != "" {
			return v, k
		}
	}
	return it.v, 0
}

// cityBroken reports that the line before a town holds the first word of its
// name: "SUITE 112, SALT" over "LAKE CITY, UT 84104".
func (d *doc) cityBroken(before string, t town) bool {
	_, tail, ok := cutLast(before, ",")
	tail = strings.TrimSpace(tail)
	if !ok || tail == "" || strings.ContainsAny(tail, "0123456789") {
		return false
	}
	if d.opt.Places != nil {
		if p, ok := d.opt.Places.ByZIP(t.zip[:min(5, len(t.zip))]); ok {
			return sameCity(p.City, tail+" "+t.city)
		}
	}
	return !streetRE.MatchString(tail) && !unitRE.MatchString(tail)
}

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

func (d *doc) setTown(df *draft, v ev, t town, conf float64) {
	s := &df.stop
	if s.City != nil {
		return
	}
	if t.guess {
		conf *= 0.7
		df.flags = append(df.flags, Flag{"city", "street and city run together on the paper; check where the city begins", Check})
	}
	s.City = leaf(t.city, conf, v.sub(t.ca, t.cb))
	s.State = leaf(t.state, conf, v.sub(t.sa, t.sb))
	if t.zip != "" {
		s.ZIP = leaf(t.zip, conf, v.sub(t.za, t.zb))
	}
}

// beforeTown reads name and street ahead of the town in one text.
func (d *doc) beforeTown(df *draft, v ev, t town, addressOnly bool) {
	pre := strings.TrimRight(v.text[:t.a], " ,-•|;:")
	if pre == "" {
		return
	}
	s := &df.stop
	if s.Address != nil && addressOnly {
		return
	}
	at := 0
	if !addressOnly {
		at = streetStart(pre)
	}
	if at < 0 {
		df.texts = append(df.texts, item{v: v.sub(0, len(pre))})
		return
	}
	if at > 0 {
		name := strings.TrimRight(pre[:at], " ,-•|;:")
		if name != "" {
			df.texts = append(df.texts, item{v: v.sub(0, len(name))})
		}
	}
	set(&s.Address, leaf(pre[at:], 0.92, v.sub(at, len(pre))))
}

// streetStart finds where "ACME FOODS, 100 MAIN ST" turns from name to street; -1 when it does not.
func streetStart(pre string) int {
	if streetLike(pre) && addrRE.MatchString(pre) {
		return 0
	}
	for _, sep := range []string{", ", " - ", "; ", " • ", " | ", " / ", " @ "} {
		for i := 0; ; {
			j := strings.Index(pre[i:], sep)
			if j < 0 {
				break
			}
			i += j + len(sep)
			if addrRE.MatchString(pre[i:]) && streetLike(pre[i:]) {
				return i
			}
		}
	}
	if m := streetNumRE.FindStringIndex(pre); m != nil && streetLike(pre[m[0]+1:]) {
		return m[0] + 1
	}
	return -1
}

var streetNumRE = regexp.MustCompile(` \d{2,6} [A-Za-z0-9]`)

func (d *doc) fillTownParts(df *draft, it item, conf float64) {
	s, v := &df.stop, it.v
	if ts := findTowns(v.text, d.opt.Places); len(ts) > 0 {
		d.setTown(df, v, ts[0], conf)
		return
	}
	switch it.lab.sub {
	case sCity, sCitySt:
		if s.City == nil && cityLike(strings.Trim(v.text, " ,")) {
			s.City = leaf(strings.Trim(v.text, " ,"), conf, v)
		}
	case sState:
		u := strings.ToUpper(strings.Trim(v.text, " ,."))
		if n := stateNames[u]; n != "" {
			u = n
		}
		if stateCodes[u] {
			set(&s.State, leaf(u, conf, v))
		}
	case sZIP:
		if m := zipRE.FindStringIndex(v.text); m != nil {
			set(&s.ZIP, leaf(v.text[m[0]:m[1]], conf, v.sub(m[0], m[1])))
		}
	}
}

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
	if name := strings.Trim(txt[:end], " ,-(:/;|@•"); len(name) > 1 && !strings.ContainsAny(name, "0123456789") {
		at := strings.Index(txt, name)
		set(&s.Contact, leaf(name, conf, v.sub(at, at+len(name))))
	}
}

// fillFree reads an unlabelled line of a stop's block.
func (d *doc) fillFree(df *draft, it item) {
	v := it.v
	txt := v.text
	if txt == "" || isBlankValue(txt) {
		return
	}
	s := &df.stop
	if ts := findTowns(txt, d.opt.Places); len(ts) > 0 && s.City == nil && (len(txt) < 230 || it.known) {
		t := ts[0]
		d.setTown(df, v, t, 0.93)
		d.beforeTown(df, v, t, false)
		if t.b < len(txt) {
			d.fillTail(df, v, t.b)
		}
		return
	}
	d.fillTail(df, v, 0)
}

// fillTail reads dates, times, phones and names from txt[at:].
func (d *doc) fillTail(df *draft, v ev, at int) {
	s := &df.stop
	txt := v.text[at:]
	found := false
	if a, b, ok := findPhone(txt); ok {
		set(&s.Phone, leaf(txt[a:b], 0.88, v.sub(at+a, at+b)))
		if pre := strings.Trim(txt[:a], " ,-(:/|•"); looksPerson(pre) {
			i := strings.Index(txt, pre)
			set(&s.Contact, leaf(pre, 0.85, v.sub(at+i, at+i+len(pre))))
		}
		found = true
	}
	ds, loose := days(txt), false
	loose = len(ds) > 0 || apptKind(txt) != ""
	ts := times(txt, loose)
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
	if k := apptKind(txt); k != "" && len(strings.Fields(txt)) <= 10 && (len(ds) > 0 || len(ts) > 0 || len(strings.Fields(txt)) <= 4) {
		set(&s.Appointment, leaf(k, 0.9, v.sub(at, len(v.text))))
		found = true
	}
	if !found && at == 0 && len(df.texts) > 0 && s.Contact == nil && looksPerson(txt) && !streetLike(txt) && apptKind(txt) == "" {
		s.Contact = leaf(txt, 0.84, v)
		found = true
	}
	if !found && at == 0 {
		df.texts = append(df.texts, item{v: v, c: v.c})
		if s.City != nil {
			df.texts[len(df.texts)-1].known = true // behind the town: not a name
		}
	}
}

// settleName picks name and street from the free lines.
func (df *draft) settleName(d *doc) {
	s := &df.stop
	var lines, behind []ev
	for _, it := range df.texts {
		if it.known && len(it.v.text) >= 3 && len(it.v.text) < 70 {
			behind = append(behind, it.v)
		}
		if it.known || len(it.v.text) > 70 || len(it.v.text) < 3 {
			continue
		}
		t := it.v.text
		if k := stopKind(t); k != cNone && len(strings.Fields(t)) <= 3 && wordsAreStop(t) || digitsOnlyLine(t) || sentence(t) {
			continue
		}
		lines = append(lines, it.v)
	}
	if len(lines) == 0 && s.Name == nil && len(behind) > 0 && !callRE.MatchString(behind[0].text) {
		lines = behind // the town came first
	}
	if s.Address == nil {
		for i, l := range lines {
			if streetLike(l.text) && streetStart(l.text) == 0 && (i > 0 || !companyRE.MatchString(l.text)) {
				end := i + 1
				e := l
				if end < len(lines) && unitRE.MatchString(lines[end].text) && len(lines[end].text) < 16 {
					e = join(", ", l, lines[end])
				}
				s.Address = leaf(e.text, 0.92, e)
				lines = nameFirst(append(append([]ev{}, lines[:i]...), lines[end:]...), i)
				break
			}
		}
	}
	if s.Name == nil && len(lines) > 0 {
		l := lines[0]
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
			s.Address = leaf(l.text[at:], 0.88, l.sub(at, len(l.text)))
			l = l.sub(0, len(strings.TrimRight(l.text[:at], " ,-;|•/")))
		}
		if m := leadRE.FindString(l.text); m != "" && len(m) < len(l.text) {
			l = l.sub(len(m), len(l.text))
		}
		s.Name = leaf(strings.Trim(l.text, " ,-•:;"), conf, l)
		if s.Address == nil && len(lines) > 1 && s.City != nil && strings.ContainsAny(lines[1].text, "0123456789") {
			s.Address = leaf(lines[1].text, 0.7, lines[1])
		}
	}
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
	return n > 3 && !titled(t) || n > 2 && strings.HasSuffix(t, ".") && !abbrevRE.MatchString(t) || len(amounts(t)) > 0 && strings.ContainsAny(t, "$.")
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
		l, ok := lexicon[k.norm]
		if !(ok && l.sub == sBlock) && stopKind(k.norm) == cNone && !fillers[k.norm] && atoi(k.norm) == 0 && k.norm != "live" && k.norm != "only" && k.norm != "hook" {
			return false
		}
	}
	return true
}
