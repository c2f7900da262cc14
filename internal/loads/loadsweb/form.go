package loadsweb

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/loads"
	"truckflow/internal/web/ui"
)

// Bounds of the repeated rows a form may carry; the room has its own, lower ones.
const maxRows = 60

// form is a load as it stands on a screen: every control's text by its name.
// Names are the paths of the contract ("stops[1].zip"), so that errors, flags
// and evidence find their control without a table between them.
type form struct {
	ID        string // the load; empty for a new one
	Number    string
	Version   string
	Action    string // where it is sent
	CSRF      string
	Values    map[string]string
	Stops     int
	Charges   int
	Errors    map[string]string
	Problem   string // what is wrong with the whole
	Flags     map[string]string
	Hints     map[string]string
	Loose     []loads.Flag // doubts about something that has no control
	Evidence  map[string]*ui.Evidence
	Customers []ui.Option
	Payer     string       // whom a booked load was booked for: only another one is asked about
	Sites     []loads.Site // to pick a stop from
	Barrier   string       // what stands in the way of booking it, in words
	MayPass   bool         // the reader may book it all the same
}

func newForm() *form {
	return &form{Values: map[string]string{}, Errors: map[string]string{}, Flags: map[string]string{}, Hints: map[string]string{}, Evidence: map[string]*ui.Evidence{}}
}

// at is the name of a repeated control.
func at(group string, i int, name string) string { return fmt.Sprintf("%s[%d].%s", group, i, name) }

var (
	stopNames = []string{"type", "facility_id", "name", "address", "city", "state", "zip", "time_zone", "appointment", "window_start", "window_end",
		"references", "contact", "phone", "notes", "pieces", "weight_lb", "paper"}
	chargeNames = []string{"kind", "description", "amount", "paper"}
	plainNames  = []string{"customer_id", "customer_ref", "equipment", "trailer_length_ft", "temperature_min_f", "temperature_max_f", "commodity",
		"weight_lb", "pieces", "miles", "total_rate", loads.OverrideField}
)

// show fills the form from what a load says.
func (f *form) show(in loads.Input) {
	set := func(name, v string) {
		if v != "" {
			f.Values[name] = v
		}
	}
	if !in.CustomerID.IsZero() {
		set("customer_id", in.CustomerID.String())
	}
	set("customer_ref", in.CustomerRef)
	set("equipment", in.Equipment)
	set("commodity", in.Commodity)
	for name, n := range map[string]*int{"trailer_length_ft": in.TrailerLengthFt, "temperature_min_f": in.TemperatureMinF,
		"temperature_max_f": in.TemperatureMaxF, "weight_lb": in.WeightLb, "pieces": in.Pieces, "miles": in.Miles} {
		set(name, whole(n))
	}
	f.Stops, f.Charges = len(in.Stops), len(in.Charges)
	for i, s := range in.Stops {
		for name, v := range map[string]string{"type": s.Kind, "name": s.Name, "address": s.Address, "city": s.City, "state": s.State, "zip": s.ZIP,
			"time_zone": s.TimeZone, "appointment": s.Appointment, "window_start": spaced(s.From), "window_end": spaced(s.To), "references": refsText(s.Refs),
			"contact": s.Contact, "phone": s.Phone, "notes": s.Notes, "pieces": whole(s.Pieces), "weight_lb": whole(s.WeightLb)} {
			set(at("stops", i, name), v)
		}
		if !s.FacilityID.IsZero() {
			set(at("stops", i, "facility_id"), s.FacilityID.String())
		}
	}
	for i, c := range in.Charges {
		set(at("charges", i, "kind"), c.Kind)
		set(at("charges", i, "description"), c.Description)
		set(at("charges", i, "amount"), c.Amount.String())
	}
}

func whole(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

// spaced is a wall time as people write it: a blank between day and hour.
func spaced(wall string) string { return strings.Replace(wall, "T", " ", 1) }

var rowName = regexp.MustCompile(`^(stops|charges)\[(\d{1,2})\]\.`)

// typed fills the form from what was sent, keeping every character of it.
func (f *form) typed(v url.Values) {
	for name := range v {
		m := rowName.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		n, err := strconv.Atoi(m[2])
		if err != nil || n >= maxRows {
			continue
		}
		if m[1] == "stops" {
			f.Stops = max(f.Stops, n+1)
		} else {
			f.Charges = max(f.Charges, n+1)
		}
	}
	take := func(name string) {
		if s := strings.TrimSpace(v.Get(name)); s != "" {
			f.Values[name] = s
		}
	}
	for _, n := range plainNames {
		take(n)
	}
	for i := range f.Stops {
		for _, n := range stopNames {
			take(at("stops", i, n))
		}
	}
	for i := range f.Charges {
		for _, n := range chargeNames {
			take(at("charges", i, n))
		}
	}
	f.Version = v.Get("version")
}

// press carries out what changes the form itself ("add-stop", "remove-charge-2",
// "pick" when a facility was chosen); false when do is not one of them.
func (f *form) press(do string) bool {
	switch {
	case do == "add-stop":
		f.Values[at("stops", f.Stops, "type")] = "delivery"
		f.Stops++
	case do == "pick":
	case do == "add-charge":
		f.Charges++
	case strings.HasPrefix(do, "remove-stop-"):
		f.Stops = f.remove("stops", stopNames, f.Stops, do[len("remove-stop-"):])
	case strings.HasPrefix(do, "remove-charge-"):
		f.Charges = f.remove("charges", chargeNames, f.Charges, do[len("remove-charge-"):])
	default:
		return false
	}
	return true
}

func (f *form) remove(group string, names []string, n int, which string) int {
	i, err := strconv.Atoi(which)
	if err != nil || i < 0 || i >= n {
		return n
	}
	for ; i < n; i++ {
		for _, name := range names {
			if v, ok := f.Values[at(group, i+1, name)]; ok && i+1 < n {
				f.Values[at(group, i, name)] = v
			} else {
				delete(f.Values, at(group, i, name))
			}
		}
	}
	return n - 1
}

// blank reports a row nobody wrote in.
func (f *form) blank(group string, names []string, i int) bool {
	for _, n := range names {
		if n != "type" && n != "kind" && n != "paper" && f.Values[at(group, i, n)] != "" {
			return false
		}
	}
	return true
}

// input reads the form over what the load said before (its paper, terms and
// flags stay). What cannot be read is named in Errors.
func (f *form) input(base loads.Input) loads.Input {
	in := base
	v := f.Values
	in.CustomerRef, in.Equipment, in.Commodity = v["customer_ref"], v["equipment"], v["commodity"]
	in.CustomerID = ids.ID{}
	if id, err := ids.Parse(v["customer_id"]); err == nil {
		in.CustomerID = id
	}
	in.TrailerLengthFt, in.WeightLb, in.Pieces = f.number("trailer_length_ft"), f.number("weight_lb"), f.number("pieces")
	in.TemperatureMinF, in.TemperatureMaxF, in.Miles = f.number("temperature_min_f"), f.number("temperature_max_f"), f.number("miles")
	in.Stops, in.Charges = nil, nil
	f.compact()
	for i := range f.Stops {
		in.Stops = append(in.Stops, f.stop(i, base.Stops))
	}
	for i := range f.Charges {
		in.Charges = append(in.Charges, f.charge(i))
	}
	return in
}

// compact drops rows nobody wrote in, so that a row's number on the screen and
// in an error are the same.
func (f *form) compact() {
	for i := f.Stops - 1; i >= 0; i-- {
		if f.blank("stops", stopNames, i) {
			f.Stops = f.remove("stops", stopNames, f.Stops, strconv.Itoa(i))
		}
	}
	for i := f.Charges - 1; i >= 0; i-- {
		if f.blank("charges", chargeNames, i) {
			f.Charges = f.remove("charges", chargeNames, f.Charges, strconv.Itoa(i))
		}
	}
}

func (f *form) stop(i int, before []loads.StopInput) loads.StopInput {
	g := func(name string) string { return f.Values[at("stops", i, name)] }
	s := loads.StopInput{Kind: g("type"), Name: g("name"), Address: g("address"), City: g("city"), State: strings.ToUpper(g("state")), ZIP: g("zip"),
		TimeZone: g("time_zone"), Appointment: g("appointment"), Refs: refs(g("references")), Contact: g("contact"), Phone: g("phone"), Notes: g("notes"),
		Pieces: f.number(at("stops", i, "pieces")), WeightLb: f.number(at("stops", i, "weight_lb"))}
	if id, err := ids.Parse(g("facility_id")); err == nil {
		s.FacilityID = id
	}
	s.From = f.when(at("stops", i, "window_start"), "")
	s.To = f.when(at("stops", i, "window_end"), s.From)
	if s.From != "" && s.To != "" && len(s.To) == len(s.From) && s.To < s.From {
		f.Errors[at("stops", i, "window_end")] = "before the window begins"
	}
	// A zone that came with another place is not this place's zone: found again.
	if i < len(before) && before[i].TimeZone == s.TimeZone &&
		(before[i].City != s.City || before[i].State != s.State || before[i].ZIP != s.ZIP) {
		s.TimeZone = ""
	}
	return s
}

func (f *form) charge(i int) loads.ChargeInput {
	name := at("charges", i, "amount")
	c := loads.ChargeInput{Kind: f.Values[at("charges", i, "kind")], Description: f.Values[at("charges", i, "description")]}
	amount, err := money.Parse(f.Values[name])
	if err != nil {
		f.Errors[name] = "write an amount such as 1,850.00"
	}
	c.Amount = amount
	return c
}

// number reads a whole number, "42,000" included.
func (f *form) number(name string) *int {
	s := f.Values[name]
	if s == "" {
		return nil
	}
	n, err := strconv.Atoi(strings.ReplaceAll(s, ",", ""))
	if err != nil {
		f.Errors[name] = "write a whole number"
		return nil
	}
	return &n
}

var (
	wallLayouts = []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02T15:04:05", "1/2/2006 15:04", "1/2/2006 1504", "1/2/06 15:04", "1/2/06 1504"}
	dayLayouts  = []string{"2006-01-02", "1/2/2006", "1/2/06"}
	clockForms  = []string{"15:04", "1504"}
)

// when reads a local wall time as dispatchers write it; with a day to lean on,
// the hour alone is enough.
func (f *form) when(name, day string) string {
	s := strings.Join(strings.Fields(f.Values[name]), " ")
	if s == "" {
		return ""
	}
	for _, l := range wallLayouts {
		if t, err := time.Parse(l, s); err == nil {
			return t.Format("2006-01-02T15:04")
		}
	}
	for _, l := range dayLayouts {
		if t, err := time.Parse(l, s); err == nil {
			return t.Format("2006-01-02")
		}
	}
	for _, l := range clockForms {
		if t, err := time.Parse(l, s); err == nil && len(day) >= 10 {
			return day[:10] + "T" + t.Format("15:04")
		}
	}
	f.Errors[name] = "write it as 2026-11-23 08:00, or the date alone"
	return ""
}

// refsText writes references as "PU 4411, PO 88-12".
func refsText(rs []loads.Ref) string {
	var out []string
	for _, r := range rs {
		out = append(out, strings.TrimSpace(r.Kind+" "+r.Value))
	}
	return strings.Join(out, ", ")
}

var refKind = regexp.MustCompile(`^([A-Za-z]{1,5})[ :#]+(.+)$`)

// refs reads what refsText writes; a number without a kind is a plain REF.
func refs(s string) []loads.Ref {
	var out []loads.Ref
	for _, p := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '\n' }) {
		p = strings.TrimSpace(p)
		if p == "" {
			continue
		}
		if m := refKind.FindStringSubmatch(p); m != nil {
			out = append(out, loads.Ref{Kind: strings.ToUpper(m[1]), Value: strings.TrimSpace(m[2])})
		} else {
			out = append(out, loads.Ref{Kind: "REF", Value: p})
		}
	}
	return out
}

// control returns the field of that name with everything known about it.
func (f *form) control(name, label string) ui.FieldProps {
	return ui.FieldProps{Name: name, Label: label, Value: f.Values[name], Error: f.Errors[name], Flag: f.Flags[name], Hint: f.Hints[name], Evidence: f.Evidence[name], Autocomplete: "off"}
}

// refused puts the room's complaints beside their controls.
func (f *form) refused(message string, fields map[string]string) {
	f.Problem = message
	if why := fields[loads.OverrideField]; why != "" {
		f.Problem = "not booked: " + why
	}
	for name, why := range fields {
		if _, taken := f.Errors[name]; !taken {
			f.Errors[name] = why
		}
	}
}

// sum is what the lines that can be read add up to.
func (f *form) sum() (total money.Cents) {
	for i := range f.Charges {
		if c, err := money.Parse(f.Values[at("charges", i, "amount")]); err == nil {
			total += c
		}
	}
	return total
}
