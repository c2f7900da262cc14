package app

import (
	"testing"
	"time"

	"truckflow/internal/customers"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/page"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
)

// TestCountsFollowChanges books on one of two instances: it counts the load at
// once, the other within the second that counts may be old.
func TestCountsFollowChanges(t *testing.T) {
	a := start(t)
	ctx := found(t, a, "Counter")
	cust := must(a.Customers.AddCustomer(ctx, customers.Customer{Name: "Acme Brokerage", Kind: "broker"}))(t)
	later := a.Loads.Config
	clk := clock.At(clock.System.Now())
	later.Clock = clk
	other := loads.New(later)
	booked := func(s *loads.Service) int { return must(s.Counts(ctx))(t)["booked"] }
	in := loads.Input{CustomerID: cust.ID, Equipment: "van", Charges: []loads.ChargeInput{{Kind: "linehaul", Amount: money.Cents(100_000)}}, Stops: []loads.StopInput{
		{Kind: "pickup", City: "Dallas", State: "TX", From: "2031-03-01"}, {Kind: "delivery", City: "Memphis", State: "TN", From: "2031-03-02"}}}
	for n := range 3 {
		if here, there := booked(a.Loads), booked(other); here != n || there != n {
			t.Fatalf("counted %d and %d booked loads, want %d", here, there, n)
		}
		must(a.Loads.Book(ctx, in))(t)
		if here, there := booked(a.Loads), booked(other); here != n+1 || there != n {
			t.Errorf("after a booking: counted %d and, a moment ago elsewhere, %d; want %d and %d", here, there, n+1, n)
		}
		clk.Advance(time.Second)
	}
	l := must(a.Loads.List(ctx, loads.Filter{}, page.Request{}))(t).Items[0]
	must(a.Loads.Do(ctx, l.ID, loads.Step{Verb: lifecycle.Cancel, Reason: "sold out"}))(t)
	if n := booked(a.Loads); n != 2 {
		t.Errorf("after a cancellation %d are booked, want 2", n)
	}
	// Another company's counts are its own.
	if n := must(a.Loads.Counts(found(t, a, "Stranger")))(t)["booked"]; n != 0 {
		t.Errorf("a stranger counts %d", n)
	}
}
