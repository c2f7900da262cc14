package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"truckflow/internal/kit/ids"
)

// Warnings are the days before a paper runs out on which people are warned; 0 is the day itself.
var Warnings = []int{60, 30, 14, 7, 0}

// Expiry is a paper that runs out.
type Expiry struct {
	Kind      Kind
	Subject   string // unit number or name
	SubjectID ids.ID
	What      string // "CDL", "annual inspection"
	Due       time.Time
	Days      int // from today; negative when it has run out
}

// Warning returns the smallest of Warnings that is reached, e.g. 14 at ten days; -1 when none is, 0 also when overdue.
func (e Expiry) Warning() int {
	reached := -1
	for _, w := range Warnings {
		if e.Days <= w {
			reached = w
		}
	}
	return reached
}

type paper struct {
	what string
	due  *time.Time
	law  string // why it stops a dispatch once past; "" when it only warns
}

// year adds the twelve months after which a review is due again; a review on 29 February is due on 28 February.
func year(d *time.Time) *time.Time {
	if d == nil {
		return nil
	}
	y := d.AddDate(1, 0, 0)
	if y.Day() != d.Day() {
		y = y.AddDate(0, 0, -1)
	}
	return &y
}

func driverPapers(d Driver) []paper {
	ps := []paper{
		{"CDL", d.CdlExpires, "49 CFR 383.23"},
		{"medical certificate", d.MedicalExpires, "49 CFR 391.41"},
		{"MVR annual review", year(d.MvrReviewed), ""},
		{"Clearinghouse query", year(d.ClearinghouseQueried), ""},
	}
	if slices.Contains(d.Endorsements, "H") || slices.Contains(d.Endorsements, "X") {
		ps = append(ps, paper{"hazmat endorsement", d.HazmatExpires, ""})
	}
	return ps
}

func truckPapers(t Truck) []paper {
	return []paper{{"annual inspection", t.InspectionDue, "49 CFR 396.17"}, {"registration", t.RegistrationDue, "the state's registration law"}, {"insurance", t.InsuranceDue, ""}}
}

func trailerPapers(t Trailer) []paper {
	return []paper{{"annual inspection", t.InspectionDue, "49 CFR 396.17"}, {"registration", t.RegistrationDue, "the state's registration law"}}
}

// Papers returns what runs out on a driver, truck or trailer (of type Driver,
// Truck or Trailer), soonest first, whether near or not.
func Papers(v any, today time.Time) (es []Expiry) {
	var k Kind
	var c core
	var ps []paper
	switch x := v.(type) {
	case Driver:
		k, c, ps = KindDriver, driverCore(&x), driverPapers(x)
	case Truck:
		k, c, ps = KindTruck, truckCore(&x), truckPapers(x)
	case Trailer:
		k, c, ps = KindTrailer, trailerCore(&x), trailerPapers(x)
	}
	for _, p := range ps {
		if p.due != nil {
			es = append(es, Expiry{Kind: k, Subject: c.label, SubjectID: c.id, What: p.what, Due: *p.due, Days: days(today, *p.due)})
		}
	}
	slices.SortStableFunc(es, func(a, b Expiry) int { return a.Days - b.Days })
	return es
}

func days(from, to time.Time) int { return int(to.Sub(from).Hours() / 24) }

// Expiries lists the papers of everything active that run out within so many
// days from today or have run out, most urgent first. Needs SeeFleet.
func (s *Service) Expiries(ctx context.Context, within int) (es []Expiry, err error) {
	today, err := s.Today(ctx)
	if err != nil {
		return nil, err
	}
	ds, err := s.Drivers(ctx, Filter{})
	if err != nil {
		return nil, err
	}
	ts, err := s.Trucks(ctx, Filter{})
	if err != nil {
		return nil, err
	}
	ls, err := s.Trailers(ctx, Filter{})
	if err != nil {
		return nil, err
	}
	for _, v := range ds {
		es = append(es, Papers(v, today)...)
	}
	for _, v := range ts {
		es = append(es, Papers(v, today)...)
	}
	for _, v := range ls {
		es = append(es, Papers(v, today)...)
	}
	es = slices.DeleteFunc(es, func(e Expiry) bool { return e.Days > within })
	slices.SortStableFunc(es, func(a, b Expiry) int { return a.Days - b.Days })
	return es, nil
}

// Crew is what is sent out together; a zero id is none.
type Crew struct{ Driver, Truck, Trailer ids.ID }

// Block is a reason why something may not be dispatched.
type Block struct {
	Kind      Kind
	SubjectID ids.ID
	What      string // "driver Ana Ruiz"
	Why       string // "the CDL ran out on Nov 3, 2026 (49 CFR 383.23)"
}

// LegalToDispatch says why a crew may not be on the road on a day; empty when
// it may. A paper is good through its last day; one whose date is not known
// does not block. Review and query deadlines bind the carrier, not the trip:
// they stand in Expiries. Needs SeeFleet.
func (s *Service) LegalToDispatch(ctx context.Context, crew Crew, on time.Time) (bs []Block, err error) {
	on = time.Date(on.Year(), on.Month(), on.Day(), 0, 0, 0, 0, time.UTC)
	if !crew.Driver.IsZero() {
		d, err := s.Driver(ctx, crew.Driver)
		if err != nil {
			return nil, err
		}
		bs = append(bs, blocks(KindDriver, driverCore(&d), driverPapers(d), on)...)
	}
	if !crew.Truck.IsZero() {
		t, err := s.Truck(ctx, crew.Truck)
		if err != nil {
			return nil, err
		}
		bs = append(bs, blocks(KindTruck, truckCore(&t), truckPapers(t), on)...)
	}
	if !crew.Trailer.IsZero() {
		t, err := s.Trailer(ctx, crew.Trailer)
		if err != nil {
			return nil, err
		}
		bs = append(bs, blocks(KindTrailer, trailerCore(&t), trailerPapers(t), on)...)
	}
	return bs, nil
}

func blocks(k Kind, c core, ps []paper, on time.Time) (bs []Block) {
	add := func(why string) {
		bs = append(bs, Block{Kind: k, SubjectID: c.id, What: string(k) + " " + c.label, Why: why})
	}
	if *c.archived != nil {
		add("is archived")
	}
	if c.outOn(on) {
		until := ""
		if *c.until != nil {
			until = " until " + (*c.until).Format("Jan 2, 2006")
		}
		add(strings.TrimSuffix(fmt.Sprintf("is out of service%s: %s", until, *c.reason), ": "))
	}
	for _, p := range ps {
		if p.law != "" && p.due != nil && on.After(*p.due) {
			add(fmt.Sprintf("the %s ran out on %s (%s)", p.what, p.due.Format("Jan 2, 2006"), p.law))
		}
	}
	return bs
}
