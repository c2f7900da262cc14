package copilot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"truckflow/internal/dispatch"
	"truckflow/internal/fleet"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/pricing"
	"truckflow/internal/routing"
)

// near says where a point is, in words.
func (s *Service) near(lat, lon float64) string {
	if l := s.Routing.Label(geo.Point{Lat: lat, Lon: lon}); l != "" {
		return "near " + l
	}
	return fmt.Sprintf("at %.2f, %.2f", lat, lon)
}

// LateArgs narrows loads that are or will be late.
type LateArgs struct {
	Customer string `json:"customer,omitempty"`
	Driver   string `json:"driver,omitempty"`
	Truck    string `json:"truck,omitempty" jsonschema:"its unit number"`
	Through  string `json:"through,omitempty" jsonschema:"only what is due up to this day, YYYY-MM-DD"`
}

// silent is how old a position may be before it is itself a reason to look.
const silent = 2 * time.Hour

func (s *Service) late(ctx context.Context, q LateArgs) (a Answer, err error) {
	ls, _, _, err := s.loadsOf(ctx, LoadsArgs{Customer: q.Customer, Driver: q.Driver, Truck: q.Truck})
	if err != nil {
		return a, err
	}
	w, err := s.window(ctx, q.Through, q.Through)
	if err != nil {
		return a, err
	}
	out, err := s.Dispatch.Late(ctx, ls)
	if err != nil {
		return a, err
	}
	if w != nil {
		out = slices.DeleteFunc(out, func(x dispatch.Lateness) bool { return !x.Due.Before(w.before) })
	}
	return a, s.tellLate(ctx, &a, out, len(ls), w)
}

func (s *Service) tellLate(ctx context.Context, a *Answer, out []dispatch.Lateness, of int, w *spanOf) error {
	names, err := s.names(ctx)
	if err != nil {
		return err
	}
	a.Screen = "/board"
	a.fact("count", int64(len(out))).fact("of", int64(of))
	until := ""
	if w != nil {
		until = " that is due " + strings.Replace(w.words, "on ", "up to ", 1)
	}
	if len(out) == 0 {
		a.say("Nothing%s looks late: %s under way.", until, count(of, "load"))
		return nil
	}
	a.link(count(len(out), "load"), "/board").say(" of %s under way %s or will be late", group(of), plural(len(out), "is", "are"))
	if until != "" {
		a.say(" at a stop%s", until)
	}
	a.say(". Times are reckoned from last positions and estimated miles; hours of service are not counted.")
	a.columns("Load", "Truck", "Driver", "Stop", "Due", "Gets there", "#Late by", "Why")
	for _, x := range out {
		arrives := "not known"
		if !x.Arrives.IsZero() {
			arrives = instant(x.Arrives, x.Stop.TimeZone)
		}
		a.row(x.Load.Number, to(x.Load.Number, loadHref(x.Load.ID)), text(names.truck[ids.Of(x.Load.TruckID)]), text(names.driver[ids.Of(x.Load.DriverID)]),
			text(x.Stop.Kind+" "+x.Stop.City+", "+x.Stop.State), text(instant(x.Due, x.Stop.TimeZone)), text(arrives), text(spell(x.By)), text(s.whyLate(x)))
	}
	return nil
}

// whyLate is where the truck was last, and how far from its next stop.
func (s *Service) whyLate(x dispatch.Lateness) string {
	switch {
	case x.Load.TruckID == nil:
		return "no truck is assigned"
	case x.Last == nil:
		return "no position of its truck is known"
	}
	why := s.near(x.Last.Lat, x.Last.Lon)
	if age := s.Clock.Now().Sub(x.Last.At); age > silent {
		why += ", silent for " + spell(age)
	}
	if x.Miles > 0 {
		why += ", " + group(x.Miles) + " miles away"
	}
	return why
}

func spell(d time.Duration) string {
	d = d.Round(time.Minute)
	if d >= 48*time.Hour {
		return fmt.Sprintf("%d days %d h", int(d.Hours())/24, int(d.Hours())%24)
	}
	return fmt.Sprintf("%d h %02d min", int(d.Hours()), int(d.Minutes())%60)
}

// TakeArgs is a load, or freight that is none yet.
type TakeArgs struct {
	Load      string `json:"load,omitempty" jsonschema:"a load's number; else from and to"`
	From      string `json:"from,omitempty" jsonschema:"city and state"`
	To        string `json:"to,omitempty"`
	Equipment string `json:"equipment,omitempty" jsonschema:"van, reefer, flatbed …; van when left out"`
	Pickup    string `json:"pickup,omitempty" jsonschema:"day, YYYY-MM-DD; today when left out"`
}

// lookedAt is how many trucks are worth listing.
const lookedAt = 8

func (s *Service) whoCanTake(ctx context.Context, q TakeArgs) (a Answer, err error) {
	f, pays, from, err := s.freight(ctx, q)
	if err != nil {
		return a, err
	}
	sgs, err := s.Dispatch.SuggestFor(ctx, f)
	if err != nil {
		return a, err
	}
	costs := pricing.Costs{}
	money := identity.Can(ctx, identity.SeeMoney)
	if money {
		if costs, err = s.Pricing.Costs(ctx); err != nil {
			return a, err
		}
	}
	can := slices.Collect(func(yield func(dispatch.Suggestion) bool) {
		for _, sg := range sgs {
			if sg.Possible() && sg.Late == 0 && sg.Known && !yield(sg) {
				return
			}
		}
	})
	a.fact("count", int64(len(can))).fact("trucks", int64(len(sgs)))
	a.say("%s of %s can take %s", ucfirst(count(len(can), "truck")), group(len(sgs)), from)
	if pays > 0 && money {
		a.fact("pays_cents", int64(pays)).say(", which %s %s", plural(boolInt(f.ID.IsZero()), "should pay about", "pays"), pays.Dollars())
	}
	a.say(". Papers, trailers and time to the pickup are checked; hours of service are not counted yet.")
	s.tellCrews(&a, f, can, sgs, pays, costs, money)
	return a, nil
}

func (s *Service) tellCrews(a *Answer, f loads.Full, can, all []dispatch.Suggestion, pays money.Cents, costs pricing.Costs, rates bool) {
	labels := []string{"Truck", "Driver", "Free", "#Empty miles"}
	if rates && pays > 0 {
		labels = append(labels, "#Left after all miles")
	}
	a.columns(append(labels, "Why not")...)
	shown := can
	if len(can) == 0 {
		shown = all
	}
	for _, sg := range shown[:min(len(shown), lookedAt)] {
		cells := []Span{to(sg.Truck.Unit, "/fleet/trucks/"+sg.Truck.ID.String()), text(sg.Driver.Name), text(freeWords(sg.Free)), number(sg.Deadhead)}
		if rates && pays > 0 {
			left := pays - costs.Mile*money.Cents(*f.Miles+sg.Deadhead)
			cells = append(cells, cents(left))
		}
		why := strings.Join(sg.Blocks, "; ")
		if sg.Late > 0 {
			why = strings.TrimPrefix(why+"; late at the pickup by "+spell(sg.Late), "; ")
		}
		a.row(sg.Truck.Unit, append(cells, text(why))...)
	}
	if rates && pays > 0 && costs.Version == 0 {
		a.say(" The cost of a mile, %s, is the industry's average until you write yours under ", costs.Mile.Dollars()).link("Lanes", "/lanes").say(".")
	}
}

func freeWords(w dispatch.Where) string {
	at := "now"
	if w.After != "" {
		at = "after " + w.After
	}
	if w.Name != "" {
		at += ", " + w.Name
	}
	return at
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 2
}

func ucfirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// freight is the load to take: a stored one, or one made of a lane and a day.
func (s *Service) freight(ctx context.Context, q TakeArgs) (f loads.Full, pays money.Cents, words string, err error) {
	if q.Load != "" {
		l, err := s.loadCalled(ctx, q.Load)
		if err != nil {
			return f, 0, "", err
		}
		f, err = s.Loads.Get(ctx, l.ID)
		if err == nil && f.Miles == nil {
			f.Miles = new(int)
		}
		return f, f.TotalCents, l.Number + ", " + lane(l), err
	}
	q.Equipment = cmp.Or(q.Equipment, "van")
	if !slices.Contains(loads.Equipments, q.Equipment) {
		return f, 0, "", errs.Invalid("there is no equipment %q", q.Equipment)
	}
	from, err := s.Routing.Locate(ctx, routing.Address{Text: q.From})
	if err != nil {
		return f, 0, "", err
	}
	end, err := s.Routing.Locate(ctx, routing.Address{Text: q.To})
	if err != nil {
		return f, 0, "", err
	}
	d, err := s.Routing.Miles(ctx, []geo.Point{from.Point, end.Point})
	if err != nil {
		return f, 0, "", err
	}
	day := s.Clock.Now()
	if q.Pickup != "" {
		w, err := s.window(ctx, q.Pickup, q.Pickup)
		if err != nil {
			return f, 0, "", err
		}
		if day = w.from; !day.After(s.Clock.Now()) {
			day = s.Clock.Now()
		}
	}
	f.Load = loads.Load{Equipment: q.Equipment, Miles: &d.Miles, OriginCity: from.Place.City, OriginState: from.Place.State, DestCity: end.Place.City, DestState: end.Place.State, PickupFrom: &day}
	f.Stops = []loads.Stop{{Seq: 1, Kind: "pickup", City: from.Place.City, State: from.Place.State, Lat: &from.Point.Lat, Lon: &from.Point.Lon, WindowStart: &day, DateOnly: true, TimeZone: from.TimeZone},
		{Seq: 2, Kind: "delivery", City: end.Place.City, State: end.Place.State, Lat: &end.Point.Lat, Lon: &end.Point.Lon, TimeZone: end.TimeZone}}
	words = strings.ReplaceAll(q.Equipment, "_", " ") + " freight " + lane(f.Load) + ", " + group(d.Miles) + " miles"
	if identity.Can(ctx, identity.SeeMoney) {
		p, err := s.Pricing.Price(ctx, pricing.Ask{From: pricing.Place{Text: q.From}, To: pricing.Place{Text: q.To}, Equipment: q.Equipment, Pickup: day})
		if err == nil {
			pays = p.Mid
		}
	}
	return f, pays, words, nil
}

// FreeArgs narrows trucks to those that are free by a day.
type FreeArgs struct {
	Through string `json:"through,omitempty" jsonschema:"free by the end of this day, YYYY-MM-DD; now when left out"`
}

func (s *Service) freeTrucks(ctx context.Context, q FreeArgs) (a Answer, err error) {
	all, err := s.Dispatch.Free(ctx)
	if err != nil {
		return a, err
	}
	w, err := s.window(ctx, q.Through, q.Through)
	if err != nil {
		return a, err
	}
	today, err := s.today(ctx)
	if err != nil {
		return a, err
	}
	when := "now"
	later := w != nil && q.Through > today.Format(time.DateOnly)
	if later {
		when = strings.Replace(w.words, "on ", "by the end of ", 1)
	}
	a.Screen = "/board?view=timeline"
	a.columns("Truck", "Driver", "Free", "Where")
	for _, t := range all {
		if t.After != "" && !(later && t.At.Before(w.before)) {
			continue
		}
		place := t.Where.Name
		if place == "" && !t.Point.IsZero() {
			place = s.near(t.Point.Lat, t.Point.Lon)
		}
		a.row(t.Truck.Unit, to(t.Truck.Unit, "/fleet/trucks/"+t.Truck.ID.String()), text(t.Driver.Name), text(freeWords(dispatch.Where{After: t.After})), text(place))
	}
	n := len(a.Records)
	a.fact("count", int64(n)).fact("trucks", int64(len(all)))
	a.link(count(n, "truck"), "/fleet/trucks").say(" of %s %s free %s.", group(len(all)), plural(n, "is", "are"), when)
	if n == 0 {
		a.Table = nil
	}
	return a, nil
}

// WhereArgs names a truck or a driver.
type WhereArgs struct {
	Truck  string `json:"truck,omitempty" jsonschema:"its unit number"`
	Driver string `json:"driver,omitempty"`
}

func (s *Service) whereIs(ctx context.Context, q WhereArgs) (a Answer, err error) {
	active, err := s.Loads.Active(ctx)
	if err != nil {
		return a, err
	}
	var truck fleet.Truck
	if q.Truck != "" {
		if truck, err = s.truckCalled(ctx, q.Truck); err != nil {
			return a, err
		}
	} else {
		driver, err := s.driverCalled(ctx, q.Driver)
		if err != nil {
			return a, err
		}
		if driver.IsZero() {
			return a, errs.Invalid("name a truck or a driver")
		}
		a.link(q.Driver, "/fleet/drivers/"+driver.String())
		if truck, err = s.truckOf(ctx, driver, active); err != nil {
			return a, err
		}
		if truck.ID.IsZero() {
			a.say(" is on no truck.")
			return a, nil
		}
		a.say(" drives ")
	}
	a.Records = []string{truck.UnitNumber}
	a.say("truck ").link(truck.UnitNumber, "/fleet/trucks/"+truck.ID.String())
	last, err := s.Tracking.Lasts(ctx)
	if err != nil {
		return a, err
	}
	if p, ok := last[truck.ID]; ok {
		a.say(", %s, %s ago", s.near(p.Lat, p.Lon), spell(s.Clock.Now().Sub(p.At)))
	} else {
		a.say(", whose position is not known")
	}
	a.Screen = "/map"
	for _, l := range active {
		if ids.Of(l.TruckID) == truck.ID && slices.Contains(underWay, lifecycle.State(l.State)) {
			a.Records = append(a.Records, l.Number)
			a.say(", with ").link(l.Number, loadHref(l.ID)).say(" (%s), %s", lane(l), lifecycle.State(l.State).Words())
		}
	}
	a.say(".")
	return a, nil
}

// truckOf is the truck a driver hauls with now, else the usual one; zero without.
func (s *Service) truckOf(ctx context.Context, driver ids.ID, active []loads.Load) (fleet.Truck, error) {
	all, err := s.Fleet.Trucks(ctx, fleet.Filter{})
	if err != nil {
		return fleet.Truck{}, err
	}
	now := ids.ID{}
	for _, l := range active {
		if ids.Of(l.DriverID) == driver && l.TruckID != nil && lifecycle.State(l.State) != lifecycle.Booked && slices.Contains(underWay, lifecycle.State(l.State)) {
			now = *l.TruckID
		}
	}
	i := slices.IndexFunc(all, func(t fleet.Truck) bool {
		return t.ID == now || now.IsZero() && ids.Of(t.DriverID) == driver
	})
	if i < 0 {
		return fleet.Truck{}, nil
	}
	return all[i], nil
}

// ExpiringArgs narrows papers.
type ExpiringArgs struct {
	Through string `json:"through,omitempty" jsonschema:"those that expire up to this day, YYYY-MM-DD, and those that have; 30 days when left out"`
}

func (s *Service) expiring(ctx context.Context, q ExpiringArgs) (a Answer, err error) {
	today, err := s.today(ctx)
	if err != nil {
		return a, err
	}
	days := 30
	if q.Through != "" {
		last, err := time.Parse(time.DateOnly, q.Through)
		if err != nil {
			return a, errs.Invalid("%.20q is not a day such as 2026-11-23", q.Through)
		}
		days = int(last.Sub(today).Hours() / 24)
	}
	es, err := s.Fleet.Expiries(ctx, max(days, 0))
	if err != nil {
		return a, err
	}
	gone := 0
	a.columns("Whose", "Paper", "Due", "#Days")
	for _, e := range es {
		if e.Days > days {
			continue
		}
		if e.Days < 0 {
			gone++
		}
		a.row(e.Subject+" "+e.What, to(e.Subject, "/fleet/"+e.Kind.Plural()+"/"+e.SubjectID.String()), text(e.What), text(e.Due.Format("Jan 2, 2006")), number(e.Days))
	}
	n := len(a.Records)
	a.Screen = "/fleet/drivers"
	a.fact("count", int64(n)).fact("expired", int64(gone))
	a.say("%s %s through %s; %s of them %s already.", ucfirst(count(n, "paper")), plural(n, "expires", "expire"), today.AddDate(0, 0, days).Format("January 2"), group(gone), plural(gone, "has", "have"))
	if n == 0 {
		a.Table = nil
	}
	return a, nil
}
