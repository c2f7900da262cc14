package extract

import "regexp"

var (
	// "--> ", "→", "=>" and "to" lead from one end of a trip to the other.
	laneRE = regexp.MustCompile(`(?i)^\W*(?:-+>|=+>|→|>+|\bto\b)\W*$`)
	// "pu 02/17/2026 // del 02/20/2026"
	laneDaysRE = regexp.MustCompile(`(?i)^\W*(?:pu|p/u|pick ?up|picks? up|ship|load)\W+(.{4,40}?)\W+(?:del|delivery|delivers?|drop)\W+(.{4,40})$`)
)

// withLane reads a trip told in one line, as mails between people do:
// "DALLAS TX 75201 --> MEMPHIS TN 38118", its days in one line below. It stands
// for the stops where no fuller ones, with streets, were found.
func (d *doc) withLane(ds []*draft) []*draft {
	for _, df := range ds {
		if len(ds) > 2 || df.table || df.stop.Address != nil && streetLike(df.stop.Address.Value) && df.stop.ZIP != nil {
			return ds
		}
	}
	for k, l := range d.lines {
		c := l.cells[0]
		if c.segs[0].known || len(l.cells) > 3 || k > 60 {
			continue
		}
		v := c.all()
		for _, n := range l.cells[1:] {
			v = join(" ", v, n.all())
		}
		ts := findTowns(v.text, d.opt.Places)
		if len(v.text) > 90 || len(ts) != 2 || ts[0].zip == "" || ts[1].zip == "" || ts[1].guess || !laneRE.MatchString(v.text[ts[0].b:ts[1].ca]) {
			continue
		}
		from := &draft{kind: cPickup, x0: c.x0, line: c.line}
		to := &draft{kind: cDelivery, x0: c.x0, line: c.line + 1}
		d.setTown(from, v, ts[0], 0.88)
		d.setTown(to, v, ts[1], 0.88)
		from.score, to.score = 2, 2
		d.laneDays(c, from, to)
		return []*draft{from, to}
	}
	return ds
}

// laneDays reads the two days of a lane from one of the three lines below it.
func (d *doc) laneDays(lane *cell, from, to *draft) {
	for k := lane.line + 1; k < len(d.lines) && k <= lane.line+3; k++ {
		v := d.lines[k].cells[0].all()
		for _, n := range d.lines[k].cells[1:] {
			v = join(" ", v, n.all())
		}
		m := laneDaysRE.FindStringSubmatchIndex(v.text)
		if m == nil {
			continue
		}
		for i, df := range []*draft{from, to} {
			v := v.sub(m[2+2*i], m[3+2*i])
			df.when = append(df.when, whenItem{v: v, days: days(v.text), times: times(v.text, true), how: inline})
			d.settleWhen(df)
		}
		return
	}
}
