package paper

import (
	"strconv"
	"strings"
	"time"
)

// Stops hands out the stops in order.
func (p *Pen) Stops() []StopPen {
	var out []StopPen
	for i := range p.rc.Stops {
		out = append(out, p.Stop(i))
	}
	return out
}

// Stop hands out one stop, counted from zero.
func (p *Pen) Stop(i int) StopPen { return StopPen{p, p.rc.Stops[i], &p.lab.Stops[i], i} }

// Last is the last stop.
func (p *Pen) Last() StopPen { return p.Stop(len(p.rc.Stops) - 1) }

// StopPen hands out one stop's values.
type StopPen struct {
	pen *Pen
	src Stop
	lab *StopLabel
	i   int
}

// Number counts from one.
func (s StopPen) Number() string { return strconv.Itoa(s.i + 1) }

// Of counts the stops of the same type: the second delivery is 2.
func (s StopPen) Of() string {
	n := 0
	for _, o := range s.pen.rc.Stops[:s.i+1] {
		if o.Type == s.src.Type {
			n++
		}
	}
	return strconv.Itoa(n)
}

// Pickup tells the two types apart.
func (s StopPen) Pickup() bool { return s.src.Type == Pickup }

// Word picks the house's word for the type.
func (s StopPen) Word(pickup, delivery string) string {
	if s.Pickup() {
		return pickup
	}
	return delivery
}

// Name is the company at the dock.
func (s StopPen) Name() string {
	s.lab.Name = s.pen.Style.cased(s.src.Name)
	return s.pen.say(s.lab.Name)
}

// Street is the street line.
func (s StopPen) Street() string {
	s.lab.Address = s.pen.Style.cased(s.src.Street)
	return s.pen.say(s.lab.Address)
}

func (s StopPen) missing() bool { return s.pen.rc.OmitDelivery && s.i == len(s.pen.rc.Stops)-1 }

// City is the town alone.
func (s StopPen) City() string {
	if s.missing() {
		return ""
	}
	s.lab.City = s.pen.Style.cased(s.src.City)
	return s.pen.say(s.lab.City)
}

// State is two letters.
func (s StopPen) State() string {
	if s.missing() {
		return ""
	}
	s.lab.State = s.src.State
	return s.pen.say(s.src.State)
}

// ZIP is the postal code alone.
func (s StopPen) ZIP() string {
	if s.missing() {
		return ""
	}
	s.lab.ZIP = s.src.ZIP
	return s.pen.say(s.src.ZIP)
}

// Town is "Chicago, IL 60632".
func (s StopPen) Town() string {
	if s.missing() {
		return ""
	}
	return s.City() + ", " + s.State() + " " + s.ZIP()
}

// CityState is "Chicago, IL".
func (s StopPen) CityState() string {
	if s.missing() {
		return ""
	}
	return s.City() + ", " + s.State()
}

func stamp(t time.Time, timed bool) string {
	if timed {
		return t.Format("2006-01-02T15:04")
	}
	return t.Format("2006-01-02")
}

// Day is the day of the stop alone.
func (s StopPen) Day() string {
	if s.lab.WindowStart == "" {
		s.lab.WindowStart = stamp(s.src.Start, false)
	}
	return s.pen.say(s.pen.Style.stopDay(s.src.Start, s.pen.rc.DayFirst))
}

// Hours is the time or window of the day, with the zone where the house
// prints it; empty for a stop known by its day only. Print Day as well.
func (s StopPen) Hours() string {
	if !s.src.HasTime {
		return ""
	}
	st := s.pen.Style
	s.lab.WindowStart = stamp(s.src.Start, true)
	v := st.clock(s.src.Start)
	if !s.src.End.IsZero() {
		s.lab.WindowEnd = stamp(s.src.End, true)
		v += st.to() + st.clock(s.src.End)
	}
	return s.pen.say(strings.TrimSpace(v + s.zoned()))
}

func (s StopPen) zoned() string {
	z := s.pen.Style.zone(s.src.TimeZone, s.src.Start)
	if z == "" {
		return ""
	}
	s.lab.TimeZone = s.src.TimeZone
	return " " + z
}

// When is day and hours in one text.
func (s StopPen) When() string { return strings.TrimSpace(s.Day() + " " + s.Hours()) }

// Earliest is the start of the window with its day, for houses with two columns.
func (s StopPen) Earliest() string {
	v := s.Day()
	if s.src.HasTime {
		s.lab.WindowStart = stamp(s.src.Start, true)
		v += " " + s.pen.say(s.pen.Style.clock(s.src.Start)) + s.zoned()
	}
	return v
}

// Latest is the end of the window with its day; empty for one appointed time.
func (s StopPen) Latest() string {
	if !s.src.HasTime || s.src.End.IsZero() {
		return ""
	}
	s.lab.WindowEnd = stamp(s.src.End, true)
	st := s.pen.Style
	return s.pen.say(st.stopDay(s.src.End, s.pen.rc.DayFirst)+" "+st.clock(s.src.End)) + s.zoned()
}

// Appointment is how the dock takes trucks, in the house's two words.
func (s StopPen) Appointment(appointed, firstCome string) string {
	s.lab.Appointment = s.src.Appointment
	switch s.src.Appointment {
	case ByAppointment:
		return s.pen.say(appointed)
	case FirstCome:
		return s.pen.say(firstCome)
	}
	return ""
}

// HoursLabel is a label for Hours that tells how the dock takes trucks; a
// stop without hours prints neither.
func (s StopPen) HoursLabel(appointed, firstCome string) string {
	if !s.src.HasTime {
		return ""
	}
	return s.Appointment(appointed, firstCome)
}

// Refs are all reference numbers, each with its label.
func (s StopPen) Refs() []string {
	var out []string
	for _, r := range s.src.Refs {
		out = append(out, s.pen.say(s.pen.Style.ref(r)))
		s.note(r)
	}
	return out
}

// RefList is all reference numbers in one line.
func (s StopPen) RefList(sep string) string { return strings.Join(s.Refs(), sep) }

// Ref is the number of one kind without its label, or "".
func (s StopPen) Ref(kind string) string {
	for _, r := range s.src.Refs {
		if r.Kind == kind {
			s.note(r)
			return s.pen.say(r.Number)
		}
	}
	return ""
}

func (s StopPen) note(r Ref) {
	for _, n := range s.lab.References {
		if n == r.Number {
			return
		}
	}
	s.lab.References = append(s.lab.References, r.Number)
}

// Contact is the person at the dock.
func (s StopPen) Contact() string {
	s.lab.Contact = s.pen.Style.cased(s.src.Contact)
	return s.pen.say(s.lab.Contact)
}

// Phone is the dock's telephone.
func (s StopPen) Phone() string {
	s.lab.Phone = s.pen.Style.phone(s.src.Phone)
	return s.pen.say(s.lab.Phone)
}

// Notes are the stop's instructions.
func (s StopPen) Notes() string { s.lab.Notes = s.src.Notes; return s.pen.say(s.src.Notes) }

// Opens and Closes are the two ends of the window without their day, for houses
// with a column for each; an appointed time has no end. Print Day as well.
func (s StopPen) Opens() string {
	if !s.src.HasTime {
		return ""
	}
	s.lab.WindowStart = stamp(s.src.Start, true)
	return s.pen.say(s.pen.Style.clock(s.src.Start)) + s.zoned()
}

// Closes is the other end, see Opens.
func (s StopPen) Closes() string {
	if !s.src.HasTime || s.src.End.IsZero() {
		return ""
	}
	s.lab.WindowEnd = stamp(s.src.End, true)
	return s.pen.say(s.pen.Style.clock(s.src.End)) + s.zoned()
}

// Commodity, Weight and Pieces are this stop's own share; no leaf takes them.
func (s StopPen) Commodity() string { return s.pen.Style.cased(s.src.Commodity) }

// Weight is this stop's own share; no leaf takes it.
func (s StopPen) Weight() string {
	if s.src.WeightLb == 0 {
		return ""
	}
	return s.pen.Style.weight(s.src.WeightLb, s.pen.rc.BareWeight)
}

// Pieces is this stop's own share; no leaf takes it.
func (s StopPen) Pieces() string {
	if s.src.Pieces == 0 {
		return ""
	}
	return strconv.Itoa(s.src.Pieces)
}
