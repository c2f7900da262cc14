package loads

import "truckflow/internal/kit/ids"

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
