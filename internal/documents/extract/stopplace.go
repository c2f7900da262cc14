package extract

import (
	"math"
	"regexp"
	"slices"
	"strings"
)

func (d *doc) fillAddress(df *draft, it item, conf float64) {
	s := &df.stop
	if d.nameAbove(it) {
		for _, c := range append([]*cell{it.v.c}, it.more...) {
			c.used = true
			d.fillFree(df, item{v: c.all(), c: c})
		}
		return
	}
	if d.streetFollows(df, it) {
		d.fillFree(df, item{v: it.v, c: it.c})
		return
	}
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

// nameAbove reports a label "ADDRESS" over or beside a whole block: the name
// first, then the street.
func (d *doc) nameAbove(it item) bool {
	if it.v.c == nil || len(it.more) < 2 || streetLike(it.v.text) || townWithZIP(it.v.text, d.opt.Places) {
		return false
	}
	street := false
	for _, c := range it.more {
		if c.used {
			return false
		}
		if len(findTowns(c.text, d.opt.Places)) > 0 {
			return street
		}
		street = street || streetLike(c.text) && streetStart(c.text) == 0
	}
	return false
}

// streetFollows reports "ADDRESS: Acme Mills" over a street in a line of its own,
// however wide the step between their lines.
func (d *doc) streetFollows(df *draft, it item) bool {
	c := it.v.c
	if it.how != right || c == nil || df.stop.Name != nil || streetLike(it.v.text) || townWithZIP(it.v.text, d.opt.Places) {
		return false
	}
	return slices.ContainsFunc(df.items, func(o item) bool {
		return !o.known && o.c != nil && o.c.line > c.line && o.c.line < c.line+3 && math.Abs(o.c.x0-c.x0) < 1.5*d.cw && addrRE.MatchString(o.v.text) && streetLike(o.v.text) && streetStart(o.v.text) == 0
	})
}

func townWithZIP(s string, gaz Gazetteer) bool {
	return slices.ContainsFunc(findTowns(s, gaz), func(t town) bool { return t.zip != "" })
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
		if n := leadingWhen(pre); n > 0 {
			w := v.sub(0, n)
			df.when = append(df.when, whenItem{v: w, days: days(w.text), times: times(w.text, true), how: inline})
			if k := apptKind(w.text); k != "" {
				set(&s.Appointment, leaf(k, 0.9, w))
			}
			v = v.sub(n, len(v.text))
			pre = strings.TrimLeft(pre[n:], " ,-•|;:")
		}
		if at = streetStart(pre); at < 0 {
			at = namedStreet(pre)
		}
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

var whenWordRE = regexp.MustCompile(`(?i)^(?:appt|appointment|fcfs|scheduled|by|at|from|between|until|to|on|am|pm|hrs|hours|[a-z]{3,9}day|mon|tue|wed|thu|fri|sat|sun)\b\.?|^[\s,@:()–-]+`)

// leadingWhen is how much of a text is a day, with hours and kind of
// appointment, ahead of what else it says: "09/25/26 0830 appt ACME, 1 Main St".
func leadingWhen(s string) int {
	ds, ts := days(s), times(s, true)
	at, dated := 0, false
	for moved := true; moved; {
		moved = false
		for _, x := range ds {
			if x.a == at && x.b > at {
				at, dated, moved = x.b, true, true
			}
		}
		for _, x := range ts {
			if x.a == at && x.b > at {
				at, moved = x.b, true
			}
		}
		if m := whenWordRE.FindString(s[at:]); m != "" {
			at, moved = at+len(m), true
		}
	}
	if !dated {
		return 0
	}
	return at
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

// namedStreet finds the street without a number in "SEVERN MILLS, ALLEN AVE"; -1
// where the last part is none.
func namedStreet(pre string) int {
	i := strings.LastIndex(pre, ", ")
	if i < 3 || strings.ContainsAny(pre, "()") || strings.Count(pre, ",") != 1 || !streetEndRE.MatchString(pre[i+2:]) {
		return -1
	}
	return i + 2
}

var streetEndRE = regexp.MustCompile(`(?i)^[a-z][a-z .'-]{1,30} (?:st|street|ave|avenue|rd|road|blvd|boulevard|dr|drive|ln|lane|pkwy|parkway|hwy|highway|way)\.?$`)

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
		if it.c != nil && strings.Contains(it.c.text, "#") && codeLineRE.MatchString("ST: "+v.text) {
			addRef(s, leaf(v.text, conf, v)) // "ST#: 6140-TR02" is a store's number
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
