package loads

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/loads/internal/loadsdb"
	"truckflow/internal/loads/lifecycle"
)

// Load, Stop, Charge and Event are the stored rows.
type (
	Load   = loadsdb.Load
	Stop   = loadsdb.Stop
	Charge = loadsdb.Charge
	Event  = loadsdb.LoadEvent
)

// Equipments are the trailer kinds the house knows, as codes.
var Equipments = []string{"van", "reefer", "flatbed", "step_deck", "conestoga", "power_only", "hotshot", "box_truck", "container", "tanker",
	"lowboy", "double_drop", "dump", "auto_carrier"}

// ChargeKinds are the kinds of charge lines.
var ChargeKinds = []string{"linehaul", "fuel", "stop_off", "detention", "layover", "tarp", "lumper", "tonu", "hazmat", "team", "driver_assist",
	"toll", "escort", "reefer_fuel", "other"}

// Flag is a doubt about a field that a person should look at; see extract.Flag.
type Flag struct {
	Field    string `json:"field"`
	Reason   string `json:"reason"`
	Severity string `json:"severity" enum:"check,note"`
}

// Ref is a number printed for a stop: PU, PO, BOL, DEL …
type Ref struct {
	Kind  string `json:"kind"`
	Value string `json:"value"`
}

// StopInput is a stop as a person or a paper gives it. From and To are local wall
// times "2006-01-02T15:04", or a date alone when no time is known.
type StopInput struct {
	Kind        string `json:"type" enum:"pickup,delivery"`
	FacilityID  ids.ID `json:"facility_id,omitzero" doc:"a facility of /v1/facilities; left out: found by name, street and place"`
	Name        string `json:"name,omitempty" maxLength:"200"`
	Address     string `json:"address,omitempty" maxLength:"200"`
	City        string `json:"city,omitempty" maxLength:"100" doc:"needed unless facility_id is given"`
	State       string `json:"state,omitempty" maxLength:"2"`
	ZIP         string `json:"zip,omitempty" maxLength:"10"`
	TimeZone    string `json:"time_zone,omitempty" doc:"IANA name; found from the ZIP or city when left out"`
	Appointment string `json:"appointment,omitempty" enum:",appointment,fcfs"`
	From        string `json:"window_start,omitempty" doc:"local wall time 2006-01-02T15:04, or a date"`
	To          string `json:"window_end,omitempty"`
	Refs        []Ref  `json:"references,omitempty"`
	Contact     string `json:"contact,omitempty" maxLength:"200"`
	Phone       string `json:"phone,omitempty" maxLength:"60"`
	Notes       string `json:"notes,omitempty" maxLength:"2000"`
	Pieces      *int   `json:"pieces,omitempty"`
	WeightLb    *int   `json:"weight_lb,omitempty"`
}

// ChargeInput is one charge line.
type ChargeInput struct {
	Kind        string      `json:"kind"`
	Description string      `json:"description,omitempty" maxLength:"200"`
	Amount      money.Cents `json:"amount"`
}

// Input is everything a person, a paper or an API client says about a load.
type Input struct {
	CustomerID       ids.ID
	CustomerRef      string
	Equipment        string
	TrailerLengthFt  *int
	TemperatureMinF  *int
	TemperatureMaxF  *int
	Commodity        string
	WeightLb, Pieces *int
	Miles            *int // nil: estimated from the stops
	Currency         string
	Terms            json.RawMessage
	Flags            []Flag
	DocumentID       ids.ID
	Stops            []StopInput
	Charges          []ChargeInput
	Source           string // hand, document, api
	Override         string // why it is booked although a Barrier stands in the way; kept in the history alone
}

// validate names every field that cannot be stored; a draft may be incomplete, a booked load may not.
func (in *Input) validate(draft bool) error {
	e := errs.Invalid("the load cannot be saved as it is")
	bad := func(f, format string, a ...any) { e = e.Field(f, format, a...) }
	if in.Equipment != "" && !slices.Contains(Equipments, in.Equipment) {
		bad("equipment", "unknown equipment %q", in.Equipment)
	}
	if in.WeightLb != nil && (*in.WeightLb < 0 || *in.WeightLb > 200_000) {
		bad("weight_lb", "between 0 and 200,000 lb")
	}
	if in.Miles != nil && (*in.Miles < 0 || *in.Miles > 10_000) {
		bad("miles", "between 0 and 10,000")
	}
	if len(in.Stops) > 50 {
		bad("stops", "at most 50 stops")
	}
	if len(in.Charges) > 50 {
		bad("charges", "at most 50 charges")
	}
	var total money.Cents
	for i, c := range in.Charges {
		if !slices.Contains(ChargeKinds, c.Kind) {
			bad(fmt.Sprintf("charges[%d].kind", i), "unknown kind %q", c.Kind)
		}
		if c.Amount > 100_000_000 || c.Amount < -100_000_000 {
			bad(fmt.Sprintf("charges[%d].amount", i), "at most $1,000,000.00")
		}
		total += c.Amount
	}
	for i, s := range in.Stops {
		if s.Kind != "pickup" && s.Kind != "delivery" {
			bad(fmt.Sprintf("stops[%d].type", i), "pickup or delivery")
		}
		for _, w := range [][2]string{{"window_start", s.From}, {"window_end", s.To}} {
			if _, _, err := parseWall(w[1], time.UTC); err != nil {
				bad(fmt.Sprintf("stops[%d].%s", i, w[0]), "not a time: %q", w[1])
			}
		}
	}
	if !draft {
		in.complete(bad, total)
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

func (in *Input) complete(bad func(f, format string, a ...any), total money.Cents) {
	if in.CustomerID.IsZero() {
		bad("customer_id", "who pays for it?")
	}
	if total <= 0 {
		bad("charges", "a booked load needs a rate")
	}
	if in.Equipment == "" {
		bad("equipment", "which trailer does it need?")
	}
	if len(in.Stops) < 2 || in.Stops[0].Kind != "pickup" || in.Stops[len(in.Stops)-1].Kind != "delivery" {
		bad("stops", "a load begins with a pickup and ends with a delivery")
	}
	for i, s := range in.Stops {
		if s.City == "" || s.State == "" {
			bad(fmt.Sprintf("stops[%d].city", i), "city and state are needed")
		}
		if s.From == "" {
			bad(fmt.Sprintf("stops[%d].window_start", i), "when? a date at least")
		}
	}
}

// parseWall reads a local wall time in loc; dateOnly when there is no time of
// day; the zero time for "".
func parseWall(s string, loc *time.Location) (t time.Time, dateOnly bool, err error) {
	if s == "" {
		return t, false, nil
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err = time.ParseInLocation(layout, s, loc); err == nil {
			return t, layout == "2006-01-02", nil
		}
	}
	return t, false, err
}

// Wall returns an instant as the local wall time forms use.
func Wall(t *time.Time, zone string, dateOnly bool) string {
	if t == nil {
		return ""
	}
	l := *t
	if loc, err := clock.Zone(zone); err == nil {
		l = l.In(loc)
	}
	if dateOnly {
		return l.Format("2006-01-02")
	}
	return l.Format("2006-01-02T15:04")
}

// Refs returns the references of a stop.
func Refs(s Stop) []Ref {
	var rs []Ref
	_ = json.Unmarshal(s.Refs, &rs) // written by this room alone
	return rs
}

// Flags returns the open doubts of a load.
func Flags(l Load) []Flag {
	var fs []Flag
	_ = json.Unmarshal(l.Flags, &fs)
	return fs
}

// Checks counts the flags that want a person's eye.
func Checks(l Load) (n int) {
	for _, f := range Flags(l) {
		if f.Severity == "check" {
			n++
		}
	}
	return n
}

// facts gathers what the state machine asks.
func facts(l Load, stops []Stop) lifecycle.Facts {
	f := lifecycle.Facts{Assigned: l.TruckID != nil && l.DriverID != nil, Resume: lifecycle.State(l.ResumeState)}
	for _, s := range stops {
		if s.Seq == l.NextStop {
			f.NextPickup = s.Kind == "pickup"
			f.LastStop = s.Seq == len(stops)
			f.StopDone = s.CompletedAt != nil
		}
	}
	return f
}

// OwnNumber reports a load number that this program has given or may give some day.
func OwnNumber(s string) bool {
	digits, ok := strings.CutPrefix(strings.ToUpper(s), "L-")
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// searchWords are the lower-case words a load is found by.
func searchWords(l Load, customer string, stops []Stop) []string {
	text := []string{l.Number, strings.TrimLeft(l.Number, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-"), l.CustomerRef, customer, l.Commodity}
	for _, s := range stops {
		text = append(text, s.City, s.Name, s.Zip)
		for _, r := range Refs(s) {
			text = append(text, r.Value)
		}
	}
	var out []string
	for _, t := range text {
		out = append(out, Words(t)...)
		if j := strings.ToLower(strings.TrimSpace(t)); j != "" && len(j) < 60 && !strings.Contains(j, " ") {
			out = append(out, j)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Words splits text into searchable words: letters and digits, lower case.
func Words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
