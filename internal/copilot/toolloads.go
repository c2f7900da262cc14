package copilot

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"truckflow/internal/copilot/intent"
	"truckflow/internal/customers"
	"truckflow/internal/fleet"
	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
)

// LoadsArgs narrows loads. Days are YYYY-MM-DD in the company's own time zone.
type LoadsArgs struct {
	State     string `json:"state,omitempty" jsonschema:"booked, dispatched, at_pickup, loaded, in_transit, at_delivery, delivered, pod_received, ready_to_bill, invoiced, paid, closed, on_hold, cancelled"`
	Customer  string `json:"customer,omitempty"`
	Truck     string `json:"truck,omitempty" jsonschema:"its unit number"`
	Driver    string `json:"driver,omitempty"`
	From      string `json:"from,omitempty" jsonschema:"city and state of the first stop"`
	To        string `json:"to,omitempty" jsonschema:"city and state of the last stop"`
	Equipment string `json:"equipment,omitempty"`
	Event     string `json:"event,omitempty" jsonschema:"pickup or delivery: what happens within the days; without it, either"`
	Since     string `json:"since,omitempty" jsonschema:"first day, YYYY-MM-DD"`
	Through   string `json:"through,omitempty" jsonschema:"last day, YYYY-MM-DD"`
}

// underWay are the states of loads that are somebody's work now.
var underWay = []lifecycle.State{lifecycle.Booked, lifecycle.Dispatched, lifecycle.AtPickup, lifecycle.Loaded, lifecycle.InTransit, lifecycle.AtDelivery}

func (s *Service) findLoads(ctx context.Context, q LoadsArgs) (a Answer, err error) {
	ls, words, screen, err := s.loadsOf(ctx, q)
	if err != nil {
		return a, err
	}
	var sum money.Cents
	for _, l := range ls {
		sum += l.TotalCents
	}
	a.Screen = screen
	a.fact("count", int64(len(ls)))
	a.link(count(len(ls), "load"), screen).say(" %s", words)
	if identity.Can(ctx, identity.SeeMoney) && len(ls) > 0 {
		a.fact("total_cents", int64(sum)).say(", worth %s", sum.Dollars())
	}
	a.say(".")
	return a, s.loadTable(ctx, &a, ls)
}

// loadsOf reads the loads that q asks for, says which these are, and where they are shown.
func (s *Service) loadsOf(ctx context.Context, q LoadsArgs) (ls []loads.Load, words, screen string, err error) {
	f, shown, err := s.filter(ctx, q)
	if err != nil {
		return nil, "", "", err
	}
	want := func(loads.Load) bool { return true }
	if q.State != "" {
		if !slices.Contains(lifecycle.States, lifecycle.State(q.State)) {
			return nil, "", "", errs.Invalid("there is no state %q", q.State)
		}
		f.State = q.State
		shown.Set("state", q.State)
		words = "in state " + lifecycle.State(q.State).Words()
	} else if q.Since+q.Through == "" {
		want = func(l loads.Load) bool { return slices.Contains(underWay, lifecycle.State(l.State)) }
		words = "under way"
	} else {
		want = func(l loads.Load) bool {
			return l.State != string(lifecycle.Cancelled) && l.State != string(lifecycle.Draft)
		}
	}
	span, err := s.window(ctx, q.Since, q.Through)
	if err != nil {
		return nil, "", "", err
	}
	driver, err := s.driverCalled(ctx, q.Driver)
	if err != nil {
		return nil, "", "", err
	}
	from, to, err := s.ends(q)
	if err != nil {
		return nil, "", "", err
	}
	add := func(read loads.Filter) error {
		return s.Loads.Each(ctx, read, func(page []loads.Load) error {
			for _, l := range page {
				if want(l) && is(l.DriverID, driver) && at(from, l.OriginCity, l.OriginState) && at(to, l.DestCity, l.DestState) && (q.Equipment == "" || l.Equipment == q.Equipment) &&
					!slices.ContainsFunc(ls, func(o loads.Load) bool { return o.ID == l.ID }) {
					ls = append(ls, l)
				}
			}
			return nil
		})
	}
	switch {
	case span == nil && q.State == "":
		active, err := s.Loads.Active(ctx)
		if err != nil {
			return nil, "", "", err
		}
		for _, l := range active {
			if want(l) && is(l.DriverID, driver) && is(l.CustomerID, f.CustomerID) && is(l.TruckID, f.TruckID) && at(from, l.OriginCity, l.OriginState) && at(to, l.DestCity, l.DestState) && (q.Equipment == "" || l.Equipment == q.Equipment) {
				ls = append(ls, l)
			}
		}
	case span == nil:
		err = add(f)
	default:
		for _, event := range []string{"pickup", "delivery"} {
			if q.Event != "" && q.Event != event {
				continue
			}
			read := f
			if event == "pickup" {
				read.PickupFrom, read.PickupBefore = span.from, span.before
			} else {
				read.DeliverFrom, read.DeliverBefore = span.from, span.before
			}
			if err = add(read); err != nil {
				break
			}
		}
		words = strings.TrimSpace(words + " with " + map[string]string{"": "a pickup or delivery", "pickup": "a pickup", "delivery": "a delivery"}[q.Event] + " " + span.words)
		if q.Event == "pickup" {
			shown.Set("pickup_from", q.Since)
			shown.Set("pickup_to", q.Through)
		} else if q.Event == "delivery" {
			shown.Set("deliver_from", q.Since)
			shown.Set("deliver_to", q.Through)
		}
	}
	for _, x := range [][2]string{{"of ", q.Customer}, {"with truck ", q.Truck}, {"with ", q.Driver}, {"from ", q.From}, {"to ", q.To}, {"for a ", q.Equipment}} {
		if x[1] != "" {
			words += " " + x[0] + strings.ReplaceAll(x[1], "_", " ")
		}
	}
	screen = "/loads"
	if len(shown) > 0 {
		screen += "?" + shown.Encode()
	}
	slices.SortStableFunc(ls, func(a, b loads.Load) int { return cmp.Compare(moment(a.PickupFrom), moment(b.PickupFrom)) })
	return ls, strings.TrimSpace(words), screen, err
}

func (s *Service) filter(ctx context.Context, q LoadsArgs) (f loads.Filter, shown url.Values, err error) {
	shown = url.Values{}
	if q.Customer != "" {
		c, err := s.customerCalled(ctx, q.Customer)
		if err != nil {
			return f, nil, err
		}
		f.CustomerID = c.ID
		shown.Set("customer", c.ID.String())
	}
	if q.Truck != "" {
		t, err := s.truckCalled(ctx, q.Truck)
		if err != nil {
			return f, nil, err
		}
		f.TruckID = t.ID
		shown.Set("truck", t.ID.String())
	}
	return f, shown, nil
}

func (s *Service) ends(q LoadsArgs) (from, to *intent.Place, err error) {
	for _, x := range []struct {
		said string
		at   **intent.Place
	}{{q.From, &from}, {q.To, &to}} {
		if x.said == "" {
			continue
		}
		city, state, _ := strings.Cut(x.said, ", ")
		p, ok := s.town(city, state)
		if !ok {
			return nil, nil, errs.NotFound("there is no town %q", x.said)
		}
		*x.at = &p
	}
	return from, to, nil
}

func at(p *intent.Place, city, state string) bool {
	return p == nil || strings.EqualFold(p.City, city) && p.State == state
}

func is(id *ids.ID, want ids.ID) bool { return want.IsZero() || ids.Of(id) == want }

func moment(t *time.Time) int64 {
	if t == nil {
		return 1 << 62
	}
	return t.Unix()
}

// spanOf is days of the company's zone as moments.
type spanOf struct {
	from, before time.Time
	words        string
}

// window reads a span; nil without one.
func (s *Service) window(ctx context.Context, since, through string) (*spanOf, error) {
	if since+through == "" {
		return nil, nil
	}
	z, err := s.zone(ctx)
	if err != nil {
		return nil, err
	}
	since, through = cmp.Or(since, through), cmp.Or(through, since)
	from, err := time.ParseInLocation(time.DateOnly, since, z)
	if err != nil {
		return nil, errs.Invalid("%.20q is not a day such as 2026-11-23", since)
	}
	last, err := time.ParseInLocation(time.DateOnly, through, z)
	if err != nil {
		return nil, errs.Invalid("%.20q is not a day such as 2026-11-23", through)
	}
	if last.Before(from) {
		return nil, errs.Invalid("the span ends before it begins")
	}
	w := "on " + from.Format("January 2")
	if !last.Equal(from) {
		w = "from " + from.Format("January 2") + " through " + last.Format("January 2, 2006")
	}
	return &spanOf{from, last.AddDate(0, 0, 1), w}, nil
}

func (s *Service) customerCalled(ctx context.Context, name string) (customers.Customer, error) {
	all, err := s.Customers.Customers(ctx, customers.Filter{})
	if err != nil {
		return customers.Customer{}, err
	}
	var begins []customers.Customer
	for _, c := range all {
		if strings.EqualFold(c.Name, name) {
			return c, nil
		}
		if strings.HasPrefix(strings.ToLower(c.Name), strings.ToLower(name)) {
			begins = append(begins, c)
		}
	}
	if len(begins) == 1 && name != "" {
		return begins[0], nil
	}
	return customers.Customer{}, errs.NotFound("no customer is called %q", name)
}

func (s *Service) truckCalled(ctx context.Context, unit string) (fleet.Truck, error) {
	all, err := s.Fleet.Trucks(ctx, fleet.Filter{})
	i := slices.IndexFunc(all, func(t fleet.Truck) bool { return strings.EqualFold(t.UnitNumber, unit) })
	if err != nil || i < 0 {
		return fleet.Truck{}, cmp.Or(err, error(errs.NotFound("there is no truck %s", unit)))
	}
	return all[i], nil
}

// driverCalled is a driver's id; zero when name is empty.
func (s *Service) driverCalled(ctx context.Context, name string) (ids.ID, error) {
	if name == "" {
		return ids.ID{}, nil
	}
	all, err := s.Fleet.Drivers(ctx, fleet.Filter{})
	if err != nil {
		return ids.ID{}, err
	}
	for _, d := range all {
		if strings.EqualFold(d.Name, name) {
			return d.ID, nil
		}
	}
	return ids.ID{}, errs.NotFound("no driver is called %q", name)
}

// loadTable lists loads with what the person may see of them.
func (s *Service) loadTable(ctx context.Context, a *Answer, ls []loads.Load) error {
	names, err := s.names(ctx)
	if err != nil {
		return err
	}
	rates := identity.Can(ctx, identity.SeeMoney)
	labels := []string{"Load", "Customer", "Lane", "Pickup", "Delivery", "State", "Truck"}
	if rates {
		labels = append(labels, "#Rate")
	}
	a.columns(labels...)
	for _, l := range ls {
		cells := []Span{to(l.Number, loadHref(l.ID)), text(names.customer[ids.Of(l.CustomerID)]), text(lane(l)), text(wall(l.PickupFrom, l.PickupZone)), text(wall(l.DeliverBy, l.DeliverZone)),
			text(lifecycle.State(l.State).Words()), text(names.truck[ids.Of(l.TruckID)])}
		if rates {
			cells = append(cells, cents(l.TotalCents))
		}
		a.row(l.Number, cells...)
	}
	if len(ls) == 0 {
		a.Table = nil
	}
	return nil
}

func lane(l loads.Load) string {
	return l.OriginCity + ", " + l.OriginState + " → " + l.DestCity + ", " + l.DestState
}

// wall is a moment in a stop's own wall time.
func wall(t *time.Time, zone string) string {
	if t == nil {
		return "–"
	}
	return instant(*t, zone)
}

func instant(t time.Time, zone string) string {
	if z, err := clock.Zone(zone); err == nil && zone != "" {
		t = t.In(z)
	}
	return t.Format("Mon Jan 2 15:04 MST")
}

type nameBook struct{ customer, truck, driver map[ids.ID]string }

func (s *Service) names(ctx context.Context) (n nameBook, err error) {
	n = nameBook{map[ids.ID]string{}, map[ids.ID]string{}, map[ids.ID]string{}}
	if identity.Can(ctx, identity.SeeCustomers) {
		cs, err := s.Customers.Customers(ctx, customers.Filter{Show: customers.ShowAll})
		if err != nil {
			return n, err
		}
		for _, c := range cs {
			n.customer[c.ID] = c.Name
		}
	}
	if !identity.Can(ctx, identity.SeeFleet) {
		return n, nil
	}
	ts, err := s.Fleet.Trucks(ctx, fleet.Filter{Show: fleet.ShowAll})
	if err != nil {
		return n, err
	}
	for _, t := range ts {
		n.truck[t.ID] = t.UnitNumber
	}
	ds, err := s.Fleet.Drivers(ctx, fleet.Filter{Show: fleet.ShowAll})
	for _, d := range ds {
		n.driver[d.ID] = d.Name
	}
	return n, err
}

// LoadArgs names one load.
type LoadArgs struct {
	Number string `json:"number" jsonschema:"our number, such as L-10234, or the broker's"`
}

func (s *Service) getLoad(ctx context.Context, q LoadArgs) (a Answer, err error) {
	l, err := s.loadCalled(ctx, q.Number)
	if err != nil {
		return a, err
	}
	f, err := s.Loads.Get(ctx, l.ID)
	if err != nil {
		return a, err
	}
	names, err := s.names(ctx)
	if err != nil {
		return a, err
	}
	a.Records, a.Screen = []string{l.Number}, loadHref(l.ID)
	a.link(l.Number, loadHref(l.ID)).say(" (%s, %s) is %s", names.customer[ids.Of(l.CustomerID)], lane(l), lifecycle.State(l.State).Words())
	if unit := names.truck[ids.Of(l.TruckID)]; unit != "" {
		a.say(" on truck ").link(unit, "/fleet/trucks/"+l.TruckID.String())
		if d := names.driver[ids.Of(l.DriverID)]; d != "" {
			a.say(" with ").link(d, "/fleet/drivers/"+l.DriverID.String())
		}
	}
	a.say(".")
	if identity.Can(ctx, identity.SeeMoney) {
		a.fact("total_cents", int64(l.TotalCents)).say(" It pays %s", l.TotalCents.Dollars())
		if l.Miles != nil && *l.Miles > 0 {
			a.fact("miles", int64(*l.Miles)).say(" on %s miles, %s a mile", group(*l.Miles), mile(l.TotalCents, *l.Miles))
		}
		a.say(".")
	}
	if l.Commodity != "" {
		a.say(" Commodity: %s", l.Commodity)
		if l.WeightLb != nil {
			a.say(", %s lb", group(*l.WeightLb))
		}
		a.say(".")
	}
	a.columns("Stop", "Where", "Window", "Arrived", "Departed")
	for _, st := range f.Stops {
		a.row("", text(st.Kind), text(strings.Trim(st.Name+", "+st.City+", "+st.State, ", ")), text(windowOf(st)), text(wall(st.ArrivedAt, st.TimeZone)), text(wall(st.DepartedAt, st.TimeZone)))
	}
	return a, s.whereLoad(ctx, &a, f)
}

// whereLoad adds where a rolling load's truck was last.
func (s *Service) whereLoad(ctx context.Context, a *Answer, f loads.Full) error {
	if f.TruckID == nil || !slices.Contains(underWay, lifecycle.State(f.State)) {
		return nil
	}
	last, err := s.Tracking.Lasts(ctx)
	if p, ok := last[*f.TruckID]; ok && err == nil {
		a.say(" Its truck was %s at %s.", s.near(p.Lat, p.Lon), instant(p.At, f.PickupZone))
	}
	return err
}

func windowOf(st loads.Stop) string {
	switch {
	case st.WindowStart == nil && st.WindowEnd == nil:
		return "–"
	case st.DateOnly && st.WindowStart != nil:
		z, err := clock.Zone(st.TimeZone)
		if err != nil {
			return st.WindowStart.Format("Mon Jan 2")
		}
		return st.WindowStart.In(z).Format("Mon Jan 2")
	case st.WindowEnd == nil:
		return wall(st.WindowStart, st.TimeZone)
	case st.WindowStart == nil:
		return "by " + wall(st.WindowEnd, st.TimeZone)
	}
	return wall(st.WindowStart, st.TimeZone) + " – " + wall(st.WindowEnd, st.TimeZone)
}

func mile(c money.Cents, miles int) string {
	return fmt.Sprintf("$%.2f", float64(c.PerMile(miles))/10_000)
}

// UnassignedArgs narrows loads without a truck to pickups within days.
type UnassignedArgs struct {
	Customer string `json:"customer,omitempty"`
	Since    string `json:"since,omitempty" jsonschema:"first day of the pickup, YYYY-MM-DD"`
	Through  string `json:"through,omitempty"`
}

func (s *Service) unassigned(ctx context.Context, q UnassignedArgs) (a Answer, err error) {
	ls, _, _, err := s.loadsOf(ctx, LoadsArgs{State: "booked", Customer: q.Customer, Event: "pickup", Since: q.Since, Through: q.Through})
	if err != nil {
		return a, err
	}
	ls = slices.DeleteFunc(ls, func(l loads.Load) bool { return l.TruckID != nil })
	a.Screen = "/board"
	a.fact("count", int64(len(ls)))
	a.link(count(len(ls), "booked load"), "/board").say(" without a truck")
	if w, err := s.window(ctx, q.Since, q.Through); err == nil && w != nil {
		a.say(" picking up %s", w.words)
	}
	a.say(".")
	return a, s.loadTable(ctx, &a, ls)
}

// PODArgs narrows missing proofs of delivery.
type PODArgs struct {
	Customer string `json:"customer,omitempty"`
}

func (s *Service) missingPODs(ctx context.Context, q PODArgs) (a Answer, err error) {
	ls, _, screen, err := s.loadsOf(ctx, LoadsArgs{State: "delivered", Customer: q.Customer})
	if err != nil {
		return a, err
	}
	a.Screen = screen
	a.fact("count", int64(len(ls)))
	a.link(count(len(ls), "delivered load"), screen).say(" without a signed proof of delivery")
	if identity.Can(ctx, identity.SeeMoney) && len(ls) > 0 {
		var sum money.Cents
		for _, l := range ls {
			sum += l.TotalCents
		}
		a.fact("total_cents", int64(sum)).say("; %s cannot be billed before", sum.Dollars())
	}
	a.say(".")
	return a, s.loadTable(ctx, &a, ls)
}

// NoArgs is for tools that need to be told nothing.
type NoArgs struct{}

func (s *Service) reviewQueue(ctx context.Context, _ NoArgs) (a Answer, err error) {
	drafts, err := s.Loads.Drafts(ctx, 200)
	if err != nil {
		return a, err
	}
	drafts = slices.DeleteFunc(drafts, func(l loads.Load) bool { return l.DocumentID == nil })
	waiting, err := s.Documents.Waiting(ctx, 50)
	if err != nil {
		return a, err
	}
	a.Screen = "/review"
	a.fact("count", int64(len(drafts))).fact("unread", int64(len(waiting)))
	a.link(count(len(drafts), "paper"), "/review").say(" read and not booked yet")
	if len(waiting) > 0 {
		a.say(", %s being read or unreadable", group(len(waiting)))
	}
	a.say(".")
	return a, s.loadTable(ctx, &a, drafts)
}

func (s *Service) needsYou(ctx context.Context, _ NoArgs) (a Answer, err error) {
	items, err := s.Dispatch.NeedsYou(ctx)
	if err != nil {
		return a, err
	}
	a.Screen = "/"
	a.fact("count", int64(len(items)))
	if len(items) == 0 {
		a.say("Nothing waits for you.")
		return a, nil
	}
	a.link(count(len(items), "thing"), "/").say(" %s for somebody. The first: ", plural(len(items), "waits", "wait")).link(items[0].Title, items[0].Href).say(", %s.", items[0].Detail)
	rates := identity.Can(ctx, identity.SeeMoney)
	if rates {
		a.columns("What", "Why", "#At stake")
	} else {
		a.columns("What", "Why")
	}
	for _, i := range items {
		cells := []Span{to(i.Title, i.Href), text(i.Detail)}
		if rates {
			cells = append(cells, cents(i.Stake))
		}
		a.row(i.Key, cells...)
	}
	return a, nil
}
