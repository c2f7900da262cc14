// Package lifecycle is the life of a load as a pure state machine: which verb is
// legal in which state, where it leads, and what must be true first.
package lifecycle

import "fmt"

// State of a load.
type State string

// The states, in the order a load lives them; then the side ways.
const (
	Draft       State = "draft"
	Tendered    State = "tendered"
	Booked      State = "booked"
	Dispatched  State = "dispatched"
	AtPickup    State = "at_pickup"
	Loaded      State = "loaded"
	InTransit   State = "in_transit"
	AtDelivery  State = "at_delivery"
	Delivered   State = "delivered"
	PODReceived State = "pod_received"
	ReadyToBill State = "ready_to_bill"
	Invoiced    State = "invoiced"
	Paid        State = "paid"
	Closed      State = "closed"

	Cancelled State = "cancelled"
	TONU      State = "tonu" // truck ordered, not used: billable
	OnHold    State = "on_hold"
	Claim     State = "claim"
)

// States lists all of them.
var States = []State{Draft, Tendered, Booked, Dispatched, AtPickup, Loaded, InTransit, AtDelivery, Delivered, PODReceived,
	ReadyToBill, Invoiced, Paid, Closed, Cancelled, TONU, OnHold, Claim}

// Words is the state as people say it.
func (s State) Words() string {
	if w, ok := words[s]; ok {
		return w
	}
	return string(s)
}

var words = map[State]string{AtPickup: "at pickup", InTransit: "in transit", AtDelivery: "at delivery", PODReceived: "POD received",
	ReadyToBill: "ready to bill", OnHold: "on hold", TONU: "TONU"}

// Verb is what somebody does to a load.
type Verb string

// The verbs, in the trade's words.
const (
	Tender     Verb = "tender"
	Book       Verb = "book"
	Dispatch   Verb = "dispatch"
	Recall     Verb = "recall"  // take the truck off again before it arrives
	Arrive     Verb = "arrive"  // at the next stop
	Load       Verb = "load"    // pickup done, freight on
	Unload     Verb = "unload"  // an intermediate delivery done
	Depart     Verb = "depart"  // from a finished stop
	Deliver    Verb = "deliver" // the last delivery done
	ReceivePOD Verb = "receive_pod"
	RejectPOD  Verb = "reject_pod"
	AcceptPOD  Verb = "accept_pod"
	Release    Verb = "release" // a TONU to billing
	Bill       Verb = "invoice"
	Credit     Verb = "credit" // the invoice was reversed: bill again
	Settle     Verb = "settle" // the invoice is fully settled
	Reopen     Verb = "reopen" // a payment was reversed: owed again
	Close      Verb = "close"
	Cancel     Verb = "cancel"
	NotUsed    Verb = "tonu"
	Hold       Verb = "hold"
	OpenClaim  Verb = "claim"
	Resume     Verb = "resume" // from hold or claim
)

// Facts are what a step depends on besides the state.
type Facts struct {
	Assigned   bool  // truck and driver are set
	NextPickup bool  // the stop at hand or next is a pickup
	LastStop   bool  // it is the last one
	StopDone   bool  // the stop at hand was loaded or unloaded
	Resume     State // where hold and claim go back to
}

var simple = map[State]map[Verb]State{
	Draft:       {Tender: Tendered, Book: Booked, Cancel: Cancelled},
	Tendered:    {Book: Booked, Cancel: Cancelled},
	Booked:      {Dispatch: Dispatched, Cancel: Cancelled, NotUsed: TONU, Hold: OnHold},
	Dispatched:  {Recall: Booked, Arrive: AtPickup, Cancel: Cancelled, NotUsed: TONU, Hold: OnHold},
	AtPickup:    {Load: Loaded, NotUsed: TONU, Hold: OnHold},
	Loaded:      {Depart: InTransit, Hold: OnHold, OpenClaim: Claim},
	InTransit:   {Arrive: AtDelivery, Hold: OnHold, OpenClaim: Claim},
	AtDelivery:  {Unload: AtDelivery, Depart: InTransit, Deliver: Delivered, Hold: OnHold, OpenClaim: Claim},
	Delivered:   {ReceivePOD: PODReceived, OpenClaim: Claim, Hold: OnHold},
	PODReceived: {AcceptPOD: ReadyToBill, RejectPOD: Delivered, OpenClaim: Claim, Hold: OnHold},
	ReadyToBill: {Bill: Invoiced, OpenClaim: Claim, Hold: OnHold},
	Invoiced:    {Settle: Paid, Credit: ReadyToBill, OpenClaim: Claim},
	Paid:        {Close: Closed, Reopen: Invoiced},
	Closed:      {Reopen: Invoiced},
	TONU:        {Release: ReadyToBill},
	OnHold:      {Resume: "", Cancel: Cancelled},
	Claim:       {Resume: ""},
}

// Next returns the state that verb leads to, or why it may not be done now, in
// words that complete "load L-1 …".
func Next(s State, v Verb, f Facts) (State, error) {
	to, ok := simple[s][v]
	if !ok {
		return s, fmt.Errorf("is %s; it cannot be changed by “%s” now", s.Words(), v)
	}
	switch v {
	case Dispatch:
		if !f.Assigned {
			return s, fmt.Errorf("has no truck and driver yet")
		}
	case Arrive:
		if f.NextPickup {
			to = AtPickup
		} else if s == Dispatched {
			return s, fmt.Errorf("must be picked up first")
		}
	case Depart:
		if !f.StopDone {
			return s, fmt.Errorf("is not unloaded at this stop yet")
		}
		if s == AtDelivery && f.LastStop {
			return s, fmt.Errorf("is at its last stop; deliver it")
		}
	case Unload:
		if f.LastStop {
			return s, fmt.Errorf("is at its last stop; deliver it")
		}
		if f.StopDone {
			return s, fmt.Errorf("is unloaded at this stop already")
		}
	case Deliver:
		if !f.LastStop {
			return s, fmt.Errorf("has more stops after this one")
		}
	case Resume:
		if f.Resume == "" {
			return s, fmt.Errorf("has nowhere to go back to")
		}
		to = f.Resume
	}
	return to, nil
}

// Legal lists the verbs that Next accepts now, in a fixed order, for the buttons.
func Legal(s State, f Facts) []Verb {
	var out []Verb
	for _, v := range order {
		if _, err := Next(s, v, f); err == nil {
			out = append(out, v)
		}
	}
	return out
}

var order = []Verb{Book, Tender, Dispatch, Arrive, Load, Unload, Depart, Deliver, ReceivePOD, AcceptPOD, RejectPOD, Release, Bill, Settle,
	Close, Credit, Reopen, Resume, Recall, Hold, OpenClaim, NotUsed, Cancel}

// Active reports a load that still needs operations or billing: what a board shows.
func (s State) Active() bool {
	switch s {
	case Draft, Invoiced, Paid, Closed, Cancelled, TONU:
		return false
	}
	return true
}

// Editable reports whether stops and charges may still change: until it is billed.
func (s State) Editable() bool {
	switch s {
	case Invoiced, Paid, Closed, Cancelled:
		return false
	}
	return true
}
