// Package intent understands the questions that dispatchers ask most, without a
// model: it finds names, numbers, places, amounts and days in a question, and a
// rule that covers what is left. It answers only what it understood whole: a word
// it does not know, or a condition that the rule has no place for, means "not
// understood", because half an understanding is a wrong answer.
package intent

import (
	"time"
)

// Kind of question.
type Kind string

// The kinds.
const (
	Late        Kind = "late"        // which loads will be late, and why
	CanTake     Kind = "can_take"    // who can haul this, and what would be made
	AskMore     Kind = "ask_more"    // a reply to a broker that asks for more
	Owed        Kind = "owed"        // what a customer owes
	Receivables Kind = "receivables" // what everybody owes
	Loads       Kind = "loads"       // which, or how many, loads
	Load        Kind = "load"        // one load
	WhereTruck  Kind = "where_truck"
	WhereDriver Kind = "where_driver"
	FreeTrucks  Kind = "free_trucks"
	Expiring    Kind = "expiring" // papers of drivers and trucks
	ToBill      Kind = "to_bill"
	MissingPOD  Kind = "missing_pod"
	Paid        Kind = "paid"    // what came in
	Revenue     Kind = "revenue" // of delivered loads
	LanePrice   Kind = "lane_price"
	PayPace     Kind = "pay_pace" // how fast a customer pays
	Review      Kind = "review"   // drafts that wait
	Needs       Kind = "needs"    // what waits for a person
	Unassigned  Kind = "unassigned"
	AddNote     Kind = "add_note"
	AssignTruck Kind = "assign_truck"
	Help        Kind = "help"
)

// Thing is something with a name: a customer, a truck, a driver.
type Thing struct {
	ID   string
	Name string // as it is shown
}

// Place is a city, or a state alone.
type Place struct{ City, State string }

// Span of days, both included, as local dates at midnight UTC, and how it was said.
type Span struct {
	From, To time.Time
	Words    string
}

// Slots are what was found in a question.
type Slots struct {
	Customer, Truck, Driver *Thing
	Load                    string // a number as the house or the broker writes it
	From, To                *Place
	Equipment               string
	State                   string // lifecycle's
	When                    *Span
	Over                    int    // more than so many days; 0: not said
	Cents                   int64  // an amount
	By                      string // customer, lane, driver, truck, equipment, week, month
	Count                   bool   // "how many"
	Event                   string // pickup or delivery, when the question speaks of one
	Text                    string // what follows a colon, as written
}

// Intent is an understood question.
type Intent struct {
	Kind Kind
	Slots
}

// Book is what the company has names for.
type Book struct {
	Today     time.Time // the company's date, midnight UTC
	Customers []Thing
	Trucks    []Thing // Name is the unit number
	Drivers   []Thing
	Load      func(number string) bool                    // whether there is a load of that number
	Place     func(city, state string) (p Place, ok bool) // state may be empty: the best known city of that name
	Shown     string                                      // the load that is on the screen, for "this load"; may be empty
}

// Misread says why a question was not understood.
type Misread struct {
	Unknown []string // words that nothing here explains
	Unfit   bool     // every word is known, no rule fits them
}

// Parse understands q, or says what stood in the way.
func Parse(q string, b Book) (Intent, *Misread) {
	s := scan(q, b)
	s.slots()
	var unknown []string
	for _, r := range rules {
		if r.fits(s) {
			return Intent{r.kind, s.found}, nil
		}
	}
	for _, w := range s.left() {
		if !known[w] {
			unknown = append(unknown, w)
		}
	}
	return Intent{}, &Misread{Unknown: unknown, Unfit: len(unknown) == 0}
}
