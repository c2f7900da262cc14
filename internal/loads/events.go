package loads

import (
	"fmt"
	"strconv"

	"truckflow/internal/documents/extract"
	"truckflow/internal/kit/ids"
)

// Changed is told on every change of a load; Verb is lifecycle's, or "edit",
// "assign", "note", "document", "draft".
type Changed struct {
	LoadID ids.ID `json:"load_id"`
	Number string `json:"number"`
	Verb   string `json:"verb"`
	From   string `json:"from"`
	To     string `json:"to"`
}

// EventName implements jobs.Event.
func (Changed) EventName() string { return "loads.changed" }

// Confirmed is told when a load is booked from its rate confirmation: a person
// has looked at the paper, and what the load says is what it says.
type Confirmed struct {
	LoadID     ids.ID `json:"load_id"`
	DocumentID ids.ID `json:"document_id"`
}

// EventName implements jobs.Event.
func (Confirmed) EventName() string { return "loads.confirmed" }

// Said is what a load says in the paths of a reading of its paper: what is empty is left out.
func (f Full) Said() map[string]string {
	out := map[string]string{"document_type": extract.RateConfirmation}
	say := func(path, v string) {
		if v != "" {
			out[path] = v
		}
	}
	count := func(path string, n *int) {
		if n != nil {
			out[path] = strconv.Itoa(*n)
		}
	}
	say("load_number", f.CustomerRef)
	say("equipment", f.Equipment)
	say("commodity", f.Commodity)
	count("weight_lb", f.WeightLb)
	count("pieces", f.Pieces)
	count("trailer_length_ft", f.TrailerLengthFt)
	count("temperature_min_f", f.TemperatureMinF)
	count("temperature_max_f", f.TemperatureMaxF)
	if f.TotalCents > 0 {
		out["total_rate"] = fmt.Sprintf("%d.%02d", f.TotalCents/100, f.TotalCents%100)
	}
	if !f.MilesEstimated {
		count("miles", f.Miles)
	}
	for i, s := range f.Stops {
		at := fmt.Sprintf("stops[%d].", i)
		say(at+"type", s.Kind)
		say(at+"name", s.Name)
		say(at+"address", s.Address)
		say(at+"city", s.City)
		say(at+"state", s.State)
		say(at+"zip", s.Zip)
		say(at+"window_start", Wall(s.WindowStart, s.TimeZone, s.DateOnly))
		say(at+"window_end", Wall(s.WindowEnd, s.TimeZone, s.DateOnly))
	}
	return out
}
