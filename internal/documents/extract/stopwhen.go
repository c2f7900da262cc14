package extract

import (
	"regexp"
	"slices"
	"strings"
)

// addWhen notes a labelled date or time.
func (d *doc) addWhen(df *draft, it item) {
	w := whenItem{v: it.v, role: it.lab.sub, days: days(it.v.text), times: times(it.v.text, true), how: it.how}
	w.appt = it.lab.sub == sAppt && !strings.Contains(it.key, "eta") || strings.Contains(it.key, "appointment") || strings.Contains(it.key, "appt")
	w.hours = !w.appt && (it.lab.sub == sTime || it.lab.sub == sFrom || it.lab.sub == sTo) && hoursRE.MatchString(phraseKey(it.key))
	if w.appt && !it.col && (len(w.times) > 0 || slices.ContainsFunc(it.more, func(c *cell) bool { return len(times(c.text, true)) > 0 })) {
		df.apptBy = it.v
	}
	if fcfsRE.MatchString(it.hint) || strings.Contains(it.key, "fcfs") && !strings.Contains(it.key, "app") {
		set(&df.stop.Appointment, leaf("fcfs", 0.9, it.v))
	}
	if k := yesNo(it); k != "" {
		set(&df.stop.Appointment, leaf(k, 0.88, it.v))
	}
	if k := apptKind(it.v.text); k != "" && len(it.v.text) < 110 {
		set(&df.stop.Appointment, leaf(k, 0.9, it.v))
	}
	if it.lab.sub == sFrom && strings.Contains(it.key, "ready") {
		w.role = sFrom
	}
	if len(w.days) > 0 || len(w.times) > 0 {
		df.when = append(df.when, w)
	}
	for _, c := range it.more {
		if c.used || len(c.text) > 60 {
			break
		}
		ds := days(c.text)
		ts := times(c.text, true)
		if len(ds) == 0 && len(ts) == 0 {
			if k := apptKind(c.text); k != "" && len(c.text) < 30 {
				set(&df.stop.Appointment, leaf(k, 0.88, c.all()))
				c.used = true
				continue
			}
			break
		}
		c.used = true
		if k := apptKind(c.text); k != "" {
			set(&df.stop.Appointment, leaf(k, 0.88, c.all()))
		}
		df.when = append(df.when, whenItem{v: c.all(), role: it.lab.sub, days: ds, times: ts, how: it.how})
	}
}

// yesNo reads "Appt: Yes".
func yesNo(it item) string {
	if it.lab.sub != sAppt && it.lab.sub != sApptType {
		return ""
	}
	switch strings.ToLower(strings.TrimSpace(it.v.text)) {
	case "yes", "y", "required", "x", "req":
		return "appointment"
	case "no", "n", "not required":
		return "fcfs"
	}
	return ""
}

var zoneAlone = regexp.MustCompile(`(?i)^\W*(?:[ECMPA][SD]?T|eastern|central|mountain|pacific|alaska|hawaii|arizona)(?:\s+(?:standard |daylight )?time)?(?:\W+(?:appt|appointment|fcfs))?\W*$`)

// mark is one point of the window with its evidence.
type mark struct {
	d      day
	has    bool
	minute int
	dv, tv ev
}

// settleWhen builds the window from everything that says when.
func (d *doc) settleWhen(df *draft) {
	if len(df.when) == 0 {
		return
	}
	df.apptRules()
	from, to := mark{minute: -1}, mark{minute: -1}
	var extra []day
	zone, zoneEv := "", ev{}
	for _, w := range df.when {
		for i, dy := range w.days {
			dy, doubt := d.dates.settle(dy)
			e := w.v.sub(w.days[i].a, w.days[i].b)
			if doubt != "" {
				df.flags = append(df.flags, Flag{"window_start", doubt, Check}, Flag{"window_end", doubt, Check})
			}
			m := &from
			if w.role == sTo || from.has && (i > 0 || to.has || from.minute >= 0 && w.role == sTo) {
				m = &to
			}
			if m.has {
				if m.d.iso() != dy.iso() {
					extra = append(extra, dy)
				}
				continue
			}
			if m == &to && w.role != sTo && from.d.iso() == dy.iso() {
				continue
			}
			m.d, m.has, m.dv = dy, true, e
		}
		for i, t := range w.times {
			e := w.v.sub(t.a, t.b)
			if raw := w.v.text[t.a:t.b]; from.has && len(raw) == 4 && atoi(raw) == from.d.y {
				continue // the year, on a line of its own
			}
			if t.zone != "" && zone == "" {
				zone, zoneEv = t.zone, e
			}
			if t.allDay {
				continue
			}
			if w.role == sTo || t.from < 0 {
				if to.minute < 0 {
					to.minute, to.tv = max(t.from, t.to), e
				}
				continue
			}
			switch {
			case from.minute < 0:
				from.minute, from.tv = t.from, e
				if t.to >= 0 && to.minute < 0 {
					to.minute, to.tv = t.to, e
				}
			case to.minute < 0 && t.from == from.minute && t.to >= 0:
				to.minute, to.tv = t.to, e
			case to.minute < 0 && (i > 0 || w.role == sFrom || w.role == "" || len(w.days) > 0) && t.from != from.minute:
				to.minute, to.tv = t.from, e
			}
		}
		if zone == "" {
			if m := onlyZone.FindStringSubmatchIndex(w.v.text); m != nil && (len(w.times) > 0 || zoneAlone.MatchString(w.v.text)) {
				zone, zoneEv = zoneOf(w.v.text[m[2]:m[3]]), w.v.sub(m[2], m[3])
			}
		}
	}
	d.writeWindow(df, from, to, extra)
	if a, w := df.stop.Appointment, df.stop.WindowStart; a != nil && a.Value == "appointment" && w != nil && len(w.Value) == 10 {
		df.flags = append(df.flags, Flag{"window_start", "an appointment is printed for this stop but no hour was found", Check})
	}
	if zone != "" {
		set(&df.stop.TimeZone, leaf(zone, 0.93, zoneEv))
	}
}

// apptRules leaves out a dock's ordinary hours ("Ready Time: 8 AM - 5 PM", "Close
// Time") where the paper prints the appointment beside them.
func (df *draft) apptRules() {
	if !slices.ContainsFunc(df.when, func(w whenItem) bool { return w.appt && len(w.times) > 0 }) {
		return
	}
	for i := range df.when {
		if df.when[i].hours {
			df.when[i].times = nil
		}
	}
}

// hoursRE finds the labels of a dock's hours rather than of this load's time.
var hoursRE = regexp.MustCompile(`ready|close|open|hours|shippingtime|deliverytime|receivingtime`)

func (d *doc) writeWindow(df *draft, from, to mark, extra []day) {
	s := &df.stop
	if !from.has && to.has {
		from.d, from.has, from.dv = to.d, true, to.dv
	}
	if !from.has {
		if from.minute >= 0 {
			df.flags = append(df.flags, Flag{"window_start", "a time is printed for this stop but no date", Check})
		}
		return
	}
	if len(extra) > 0 {
		df.flags = append(df.flags, Flag{"window_start", "more than one date is printed for this stop", Check})
	}
	conf := 0.95
	if from.minute < 0 && to.minute >= 0 {
		// "by noon": only the end is said.
		s.WindowStart = leaf(from.d.iso(), 0.9, from.dv)
	} else {
		s.WindowStart = leaf(stamp(from.d, from.minute), conf, join(" ", from.dv, from.tv))
	}
	if to.minute == from.minute && (!to.has || to.d.iso() == from.d.iso()) {
		return // "14:00 - 14:00" is one hour
	}
	switch {
	case to.minute >= 0:
		dy, dv := from.d, ev{}
		if to.has {
			dy, dv = to.d, to.dv
		}
		if to.minute < from.minute && !to.has {
			next := dy.time().AddDate(0, 0, 1)
			dy.y, dy.m, dy.d = next.Year(), int(next.Month()), next.Day()
			df.flags = append(df.flags, Flag{"window_end", "the window ends before it starts; read as the next day", Check})
		}
		e := to.tv
		if dv.ok() {
			e = join(" ", dv, to.tv)
		}
		s.WindowEnd = leaf(stamp(dy, to.minute), conf, e)
	case to.has && to.d.iso() != from.d.iso():
		s.WindowEnd = leaf(to.d.iso(), 0.9, to.dv)
	}
}
