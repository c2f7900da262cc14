// Package paper prints the paperwork of an invented freight world: rate
// confirmations in the looks of many different companies' software, bills of
// lading, proofs of delivery, receipts, and scans of them. Everything follows
// from a seed, so the simulator, the end-to-end test and the reader's test set
// see the same sheets every time.
//
// A layout never decides what is true, only what is shown: it asks a Pen for
// each value, and the Pen notes what it handed out. The note is the sheet's
// Label, so a layout that leaves out the ZIP has no ZIP in its label.
//
// Every company, person, number and address here is invented; only the
// towns, their ZIPs and their time zones are real.
package paper

import (
	"time"

	"truckflow/internal/kit/money"
)

// Party is a company on the paper: the broker who offers the load or the
// carrier who hauls it. Empty fields are not known and are never printed.
type Party struct {
	Name         string
	MC           string // docket number, digits only
	USDOT        string // digits only
	Contact      string // a person's name
	Phone        string // ten digits, no punctuation
	Fax          string // ten digits; no leaf takes it
	Email        string
	BillingEmail string // where invoices go; brokers only
	Street       string
	City         string
	State        string // two letters
	ZIP          string
}

// Ref is one reference number of a stop, such as a purchase order.
type Ref struct {
	Kind   string // PU, PO, BOL, DEL, SO or REF
	Number string // without its label
}

// Types of stop, as the label writes them.
const (
	Pickup   = "pickup"
	Delivery = "delivery"
)

// Ways a dock takes trucks, as the label writes them.
const (
	ByAppointment = "appointment"
	FirstCome     = "fcfs"
)

// Stop is one place the truck calls at. Start and End are wall-clock times at
// the stop, held in time.UTC so that no conversion can move them.
type Stop struct {
	Type        string // Pickup or Delivery
	Name        string
	Street      string
	City        string
	State       string
	ZIP         string
	Start       time.Time
	End         time.Time // zero for a single appointment time
	HasTime     bool      // false: only the day is known
	Appointment string    // ByAppointment, FirstCome or empty
	TimeZone    string    // IANA
	Refs        []Ref
	Contact     string
	Phone       string // ten digits
	Notes       string
	Commodity   string // what is loaded or unloaded here
	Pieces      int
	WeightLb    int
}

// Charge is one line of what the carrier is paid. Quantity × Rate is Amount.
type Charge struct {
	Kind        string // linehaul, fuel, stop_off, detention, …
	Description string
	Amount      money.Cents
	Quantity    int
	Rate        money.Cents // per unit of Quantity
}

// Terms are the conditions printed beside the rate. Zero means the paper says
// nothing about it; a free detention time of zero cannot be expressed.
type Terms struct {
	PaymentDays          int
	QuickPayTenths       int // 20 is 2.0 percent
	QuickPayDays         int
	DetentionFreeMinutes int
	DetentionRate        money.Cents // per hour
	DetentionDailyCap    money.Cents
	LayoverPerDay        money.Cents
	TONU                 money.Cents
	StopOff              money.Cents // per stop beyond the first pickup and last delivery
	Lumper               string      // reimbursed, carrier, shipper or empty
	LateFee              money.Cents
	TrackingRequired     bool
}

// RateCon is one rate confirmation before anybody chose how it looks.
type RateCon struct {
	Load         string
	Issued       time.Time
	Broker       Party
	Carrier      Party
	Equipment    string // canonical: van, reefer, flatbed, …
	LengthFt     int
	HasTemp      bool
	TempMinF     int
	TempMaxF     int
	Stops        []Stop
	Commodity    string
	WeightLb     int
	Pieces       int
	Miles        int
	Charges      []Charge
	Total        money.Cents
	Currency     string
	Terms        Terms
	Customer     string      // who the broker works for; some layouts print it
	CustomerRate money.Cents // what the broker's customer pays, never the carrier's rate
	Notes        []string
	Driver       string
	DriverPhone  string
	Truck        string
	Trailer      string

	// Planted faults, set by Plant; they change what a layout prints.
	SecondTotal  money.Cents // a different total printed elsewhere on the sheet
	BareWeight   bool        // the weight is printed without its unit
	DayFirst     bool        // dates are printed 02-08-2026 meaning 2 August
	OmitTotal    bool
	OmitDelivery bool // the last stop's city, state and ZIP are missing

	batch int // whose words Load told it in
}
