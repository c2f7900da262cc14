package extract

import (
	"regexp"
	"strings"
)

// Verbs and nouns that open what a letter says about a stop.
var (
	prosePickRE    = regexp.MustCompile(`(?i)\b(?:pick(?:s|ing|ed)?[- ]?up|loads? (?:at|in)|loading (?:at|in)|ship(?:s|ping)? (?:from|at)|origin(?:ates|ating)?|shipper|pu)\b(?:\s+(?:at|in|from|is|on))?`)
	proseDropRE    = regexp.MustCompile(`(?i)\b(?:deliver(?:s|y|ing|ed)?|drop(?:s|ping)?(?: off)?|unload(?:s|ing)?|consignee|receiver|destination|go(?:es|ing)(?: on)?|continues|del)\b(?:\s+(?:at|in|to|is|on))?`)
	proseRefRE     = regexp.MustCompile(`(?i)\b(PU|PO|BOL|DEL|SO|REF|pickup|delivery|reference|order|appt|confirmation)\s*(?:#|no\.?|number|num)\s*:?\s*#?([A-Z0-9][A-Z0-9\-]*\d[A-Z0-9\-]*)`)
	theirNumbersRE = regexp.MustCompile(`(?i)^(?:the |your |their )?(?:numbers?|references?|refs?)(?: numbers?)? (?:are|is)\b`)
	numberedRE     = regexp.MustCompile(`\b(PU|PO|BOL|DEL|SO|REF)[ :]+([A-Z0-9][A-Z0-9\-]*\d[A-Z0-9\-]*)`)
	leadRE         = regexp.MustCompile(`(?i)^(?:\s|at\b|in\b|from\b|to\b|is\b|on\b|:|-|the\b)+`)
)

// said is one stop as a sentence tells it.
type said struct {
	kind ctx
	at   int
}

// withProse adds stops told in sentences where the paper has no blocks of its
// own for them: "Picks up at Rock River Machine, 410 Industrial Ave, Rockford, IL 61102".
func (d *doc) withProse(ds []*draft) []*draft {
	if len(d.cells) > 900 {
		return ds
	}
	cs := d.clauses()
	for i, c := range cs {
		if len(c.text) > 600 || len(findTowns(c.text, d.opt.Places)) == 0 {
			continue
		}
		for i++; i < len(cs) && (startsLower(cs[i].text) || theirNumbersRE.MatchString(cs[i].text) || toCallRE.MatchString(cs[i].text)) && len(cs[i].text) < 120; i++ {
			c.text += "; " + cs[i].text // what is said of the stop after its semicolon, and its numbers
		}
		for _, df := range d.proseStops(c) {
			ds = d.addProse(ds, df)
		}
	}
	return ds
}

// addProse adds a stop from a sentence, unless a block told of it already. A
// draft of its kind without a town ("Pickup Date: ...") goes into it.
func (d *doc) addProse(ds []*draft, df *draft) []*draft {
	for _, o := range ds {
		if o.kind == df.kind && o.stop.ZIP != nil && o.stop.Address != nil && df.stop.ZIP == nil {
			return ds // a town in running text tells nothing beside a whole address
		}
		if o.stop.City != nil && (o.kind == df.kind || o.table) && strings.EqualFold(o.stop.City.Value, df.stop.City.Value) {
			return ds
		}
		if o.table {
			return ds
		}
	}
	for _, o := range ds {
		if o.kind == df.kind && o.stop.City == nil {
			df.absorb(o)
			ds = dropDraft(ds, o)
			break
		}
	}
	return append(ds, df)
}

func dropDraft(ds []*draft, x *draft) []*draft {
	out := ds[:0]
	for _, d := range ds {
		if d != x {
			out = append(out, d)
		}
	}
	return out
}

// proseStops cuts a sentence at its verbs and reads each part that has a town.
func (d *doc) proseStops(c clause) []*draft {
	var marks []said
	for _, m := range prosePickRE.FindAllStringIndex(c.text, 6) {
		marks = append(marks, said{cPickup, m[1]})
	}
	for _, m := range proseDropRE.FindAllStringIndex(c.text, 6) {
		marks = append(marks, said{cDelivery, m[1]})
	}
	for i := range marks {
		for j := i + 1; j < len(marks); j++ {
			if marks[j].at < marks[i].at {
				marks[i], marks[j] = marks[j], marks[i]
			}
		}
	}
	if len(marks) > 0 && marks[0].at > 60 {
		return nil // the verb comes late: a condition, not a stop
	}
	var out []*draft
	for i, m := range marks {
		end := len(c.text)
		if i+1 < len(marks) {
			end = marks[i+1].at
		}
		part := c.text[m.at:end]
		ts := findTowns(part, d.opt.Places)
		if len(ts) == 0 {
			continue
		}
		df := &draft{kind: m.kind, flat: true, line: d.lineOf(c)}
		v := c.v
		v.text, v.c = part, nil
		d.setTown(df, v, ts[0], 0.84)
		pre := part[:ts[0].a]
		if l := leadRE.FindString(pre); l != "" {
			v.text = part[len(l):]
			ts[0].a -= len(l)
		}
		d.beforeTown(df, v, ts[0], false)
		tail := part[ts[0].b:]
		w := v
		w.text = tail
		df.when = append(df.when, whenItem{v: w, days: days(tail), times: times(tail, true), how: inline})
		if k := apptKind(tail); k != "" {
			df.stop.Appointment = leaf(k, 0.82, w)
		}
		for _, r := range proseRefRE.FindAllStringSubmatch(part, 4) {
			l := leaf(r[2], 0.84, w)
			l.Kind = firstNonEmpty(refKinds[strings.ToLower(r[1])], "REF")
			addRef(&df.stop, l)
		}
		if at := strings.Index(part, "; "); at > 0 {
			if c := toCallRE.FindStringSubmatch(part[at:]); c != nil && looksPerson(c[1]) {
				set(&df.stop.Contact, leaf(c[1], 0.84, w))
			}
			if a, b, ok := findPhone(part[at:]); ok {
				set(&df.stop.Phone, leaf(part[at+a:at+b], 0.84, w))
			}
			for _, r := range numberedRE.FindAllStringSubmatch(part[at:], 8) {
				l := leaf(r[2], 0.84, w)
				l.Kind = refKinds[strings.ToLower(r[1])]
				addRef(&df.stop, l)
			}
		}
		df.settleName(d)
		d.settleWhen(df)
		for _, l := range []Str{df.stop.Name, df.stop.Address, df.stop.WindowStart, df.stop.WindowEnd} {
			if l != nil {
				l.Confidence = min(l.Confidence, 0.84)
			}
		}
		df.score = 2
		out = append(out, df)
	}
	return out
}

func (d *doc) lineOf(c clause) int {
	for i, l := range d.lines {
		if l.page == c.v.page && len(l.cells) > 0 && l.cells[0].ws[0].Y0 >= c.v.box[1]-1 {
			return i
		}
	}
	return 0
}
