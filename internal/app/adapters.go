package app

import (
	"context"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"truckflow/internal/billing"
	"truckflow/internal/customers"
	"truckflow/internal/customers/customersweb"
	"truckflow/internal/dispatch"
	"truckflow/internal/documents/extract"
	"truckflow/internal/fleet"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
	"truckflow/internal/loads/loadsweb"
	"truckflow/internal/platform/blob"
	"truckflow/internal/platform/outbox"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/pubsub"
	"truckflow/internal/pricing"
	"truckflow/internal/routing"
	"truckflow/internal/routing/gazetteer"
)

// The adapters let a room ask a lower one through the small port it named itself.

type placesAdapter struct{ r *routing.Service }

func (p placesAdapter) Locate(ctx context.Context, _, city, state, zip string) (geo.Point, string, string, error) {
	l, err := p.r.Locate(ctx, routing.Address{City: city, State: state, ZIP: zip})
	return l.Point, l.TimeZone, string(l.Precision), err
}

func (p placesAdapter) Miles(ctx context.Context, stops []geo.Point) (int, bool, error) {
	d, err := p.r.Miles(ctx, stops)
	return d.Miles, d.Estimated, err
}

// lanePlaces is placesAdapter for prices, which need a ZIP as well.
type lanePlaces struct{ placesAdapter }

func (p lanePlaces) Spot(ctx context.Context, at pricing.Place) (pricing.Spot, error) {
	l, err := p.r.Locate(ctx, routing.Address{Text: at.Text, City: at.City, State: at.State, ZIP: at.ZIP})
	if err == nil && l.Precision == routing.PrecisionState {
		err = errs.Invalid("write a city and its state, or a ZIP")
	}
	return pricing.Spot{Point: l.Point, City: l.Place.City, State: l.Place.State, ZIP: l.Place.ZIP}, err
}

func (lanePlaces) Area(city, state, zip string) string {
	if p, ok := gazetteer.ByZIP(zip); ok && city == "" {
		city, state = p.City, p.State
	}
	if ps := gazetteer.ByCity(city, state); len(ps) > 0 && state != "" {
		return ps[0].ZIP[:3]
	}
	return zip[:min(3, len(zip))]
}

// gazetteerAdapter answers the reader's places from the embedded gazetteer.
type gazetteerAdapter struct{}

func (gazetteerAdapter) ByZIP(zip string) (extract.Place, bool) {
	p, ok := gazetteer.ByZIP(zip)
	return extract.Place{City: p.City, State: p.State, ZIP: p.ZIP, TimeZone: p.TimeZone}, ok
}

func (gazetteerAdapter) ByCity(city, state string) (out []extract.Place) {
	for _, p := range gazetteer.ByCity(city, state) {
		out = append(out, extract.Place{City: p.City, State: p.State, ZIP: p.ZIP, TimeZone: p.TimeZone})
	}
	return out
}

type payersAdapter struct{ c *customers.Service }

// loadPayers is payersAdapter with what customers owe; billing is asked when the
// question comes, because it is built above loads.
type loadPayers struct {
	payersAdapter
	owed func(ctx context.Context, customer ids.ID) (money.Cents, error)
}

func (p loadPayers) Owed(ctx context.Context, customer ids.ID) (money.Cents, error) {
	return p.owed(ctx, customer)
}

func (p payersAdapter) Payer(ctx context.Context, id ids.ID) (loads.Payer, error) {
	c, err := p.c.Customer(ctx, id)
	if err != nil {
		return loads.Payer{}, err
	}
	out := loads.Payer{Name: c.Name, CreditLimit: c.CreditLimitCents}
	if c.BlockedAt != nil {
		if out.Blocked = c.BlockedReason; out.Blocked == "" {
			out.Blocked = "blocked"
		}
	}
	return out, nil
}

func (p payersAdapter) Match(ctx context.Context, name, usdot, mc string) (ids.ID, string, error) {
	c, by, ok, err := p.c.Match(ctx, name, usdot, mc)
	if !ok || err != nil {
		return ids.ID{}, "", err
	}
	return c.ID, by, nil
}

func (p payersAdapter) BillTo(ctx context.Context, id ids.ID) (billing.Payer, error) {
	c, err := p.c.Customer(ctx, id)
	if err != nil {
		return billing.Payer{}, err
	}
	return billTo(c), nil
}

func billTo(c customers.Customer) billing.Payer {
	email := c.BillingEmail
	if email == "" {
		email = c.Email
	}
	return billing.Payer{Party: billing.Party{Name: c.Name, Address: c.Address, City: c.City, State: c.State, ZIP: c.Zip, Email: email, Phone: c.Phone,
		USDOT: c.Usdot, MC: c.Mc}, TermsDays: c.TermsDays, Factored: c.Factored}
}

// registry is everybody and everything a history may name, the archived too.
func (a *App) registry(ctx context.Context) (r billing.Registry, err error) {
	cs, err := a.Customers.Customers(ctx, customers.Filter{Show: customers.ShowAll})
	if err != nil {
		return r, err
	}
	payers := map[string]billing.KnownPayer{}
	for _, c := range cs {
		p := billing.KnownPayer{ID: c.ID, Payer: billTo(c)}
		for _, key := range []string{"name " + c.NameKey, "usdot " + c.Usdot} {
			if _, taken := payers[key]; !taken || c.ArchivedAt == nil {
				payers[key] = p
			}
		}
	}
	r.Payer = func(name, usdot string) billing.KnownPayer {
		if p, ok := payers["usdot "+usdot]; ok && usdot != "" {
			return p
		}
		return payers["name "+customers.NameKey(name)]
	}
	lookup := func(known map[string]ids.ID) func(string) ids.ID {
		return func(name string) ids.ID { return known[strings.ToLower(strings.TrimSpace(name))] }
	}
	trucks, trailers, drivers := map[string]ids.ID{}, map[string]ids.ID{}, map[string]ids.ID{}
	r.Truck, r.Trailer, r.Driver = lookup(trucks), lookup(trailers), lookup(drivers)
	all := fleet.Filter{Show: fleet.ShowAll}
	ts, err := a.Fleet.Trucks(ctx, all)
	for _, t := range ts {
		trucks[strings.ToLower(t.UnitNumber)] = t.ID
	}
	if err != nil {
		return r, err
	}
	ls, err := a.Fleet.Trailers(ctx, all)
	for _, t := range ls {
		trailers[strings.ToLower(t.UnitNumber)] = t.ID
	}
	if err != nil {
		return r, err
	}
	ds, err := a.Fleet.Drivers(ctx, all)
	for _, d := range ds {
		drivers[strings.ToLower(d.Name)] = d.ID
	}
	if err != nil {
		return r, err
	}
	vs, err := a.Customers.Facilities(ctx, customers.Filter{})
	sites := map[string]ids.ID{}
	at := func(name, address, zip string) string {
		return customers.NameKey(name) + "|" + customers.AddressKey(address) + "|" + zip[:min(5, len(zip))]
	}
	for _, v := range vs {
		sites[at(v.Name, v.Address, v.Zip)] = v.ID
	}
	r.Facility = func(name, address, zip string) ids.ID { return sites[at(name, address, zip)] }
	return r, err
}

// sitesAdapter finds the facilities of stops.
type sitesAdapter struct{ c *customers.Service }

func (a sitesAdapter) Site(ctx context.Context, id ids.ID) (loads.Site, error) {
	v, err := a.c.Facility(ctx, id)
	return site(v), err
}

func site(v customers.Facility) loads.Site {
	return loads.Site{ID: v.ID, Name: v.Name, Address: v.Address, City: v.City, State: v.State, ZIP: v.Zip, TimeZone: v.TimeZone, Phone: v.Phone}
}

// Match takes no namesake in another city for the facility.
func (a sitesAdapter) Match(ctx context.Context, s loads.Site) (ids.ID, error) {
	v, ok, err := a.c.MatchFacility(ctx, s.Name, s.Address, s.ZIP)
	if !ok || err != nil || s.City != "" && !strings.EqualFold(s.City, v.City) || s.State != "" && !strings.EqualFold(s.State, v.State) {
		return ids.ID{}, err
	}
	return v.ID, nil
}

func (a sitesAdapter) Add(ctx context.Context, s loads.Site) (ids.ID, error) {
	v, _, err := a.c.FindOrAddFacility(ctx, customers.Facility{Name: s.Name, Address: s.Address, City: s.City, State: s.State, Zip: s.ZIP, TimeZone: s.TimeZone, Phone: s.Phone})
	return v.ID, err
}

type mailerAdapter struct{ o *outbox.Outbox }

func (m mailerAdapter) Queue(ctx context.Context, tx *pg.Tx, x billing.Mail) error {
	out := outbox.Mail{ID: x.ID, To: x.To, ReplyTo: x.ReplyTo, Subject: x.Subject, Body: x.Body, About: x.About, AboutID: x.AboutID.Ptr()}
	for _, f := range x.Files {
		out.Files = append(out.Files, outbox.File(f))
	}
	return m.o.Queue(ctx, tx, out)
}

func (m mailerAdapter) Again(ctx context.Context, tx *pg.Tx, about string, mail, fresh ids.ID, to string) error {
	return m.o.Again(ctx, tx, about, mail, fresh, to)
}

// customerMoney is how customers pay: billing's invoices and what loads has not invoiced yet.
func customerMoney(b *billing.Service, l *loads.Service) customersweb.Money {
	all := func(ctx context.Context) (map[ids.ID]customersweb.Standing, error) {
		out := map[ids.ID]customersweb.Standing{}
		paces, err := b.Standings(ctx)
		if err != nil {
			return nil, err
		}
		for _, p := range paces {
			out[p.CustomerID] = customersweb.Standing{Paid: p.Paid, AverageDays: p.AverageDays, Open: p.Open, OpenCents: money.Cents(p.OpenCents), LateCents: money.Cents(p.LateCents)}
		}
		unbilled, err := l.Unbilled(ctx)
		for id, c := range unbilled {
			st := out[id]
			st.UnbilledCents = c
			out[id] = st
		}
		return out, err
	}
	return customersweb.Money{All: all, Of: func(ctx context.Context, customer ids.ID) (customersweb.Standing, error) {
		st, err := b.Standing(ctx, customer)
		if err != nil {
			return customersweb.Standing{}, err
		}
		unbilled, err := l.UnbilledOf(ctx, customer)
		return customersweb.Standing{Paid: st.Paid, AverageDays: st.AverageDays, WorstDays: st.WorstDays, Open: st.Open, OpenCents: money.Cents(st.OpenCents),
			LateCents: money.Cents(st.LateCents), UnbilledCents: unbilled}, err
	}}
}

// facilityVisits are the loads that stopped at a facility.
func facilityVisits(l *loads.Service, names *namesAdapter) func(context.Context, ids.ID) (customersweb.Visits, error) {
	at := func(t *time.Time) time.Time {
		if t == nil {
			return time.Time{}
		}
		return *t
	}
	return func(ctx context.Context, facility ids.ID) (out customersweb.Visits, err error) {
		vs, pickup, delivery, err := l.Visits(ctx, facility)
		out.Pickup, out.Delivery = customersweb.Dwell(pickup), customersweb.Dwell(delivery)
		for _, v := range vs {
			out.List = append(out.List, customersweb.Visit{Load: v.ID, Number: v.Number, State: v.State, Customer: names.Customer(ctx, ids.Of(v.CustomerID)), Kind: v.Kind,
				Planned: at(v.WindowStart), Until: at(v.WindowEnd), DateOnly: v.DateOnly, Arrived: at(v.ArrivedAt), Left: at(v.DepartedAt), Zone: v.TimeZone})
		}
		return out, err
	}
}

func openBlob(s blob.Store) func(ctx context.Context, key string) (io.ReadCloser, error) {
	return func(ctx context.Context, key string) (io.ReadCloser, error) {
		rc, _, err := s.Get(ctx, key)
		return rc, err
	}
}

type subscriber struct{ n pubsub.PubSub }

func (s subscriber) Subscribe(ctx context.Context, topic string) (<-chan []byte, func(), error) {
	ch, cancel := s.n.Subscribe(ctx, topic)
	return ch, cancel, nil
}

type fleetAdapter struct {
	f      *fleet.Service
	places placesAdapter
}

func (a fleetAdapter) Trucks(ctx context.Context) ([]dispatch.Truck, error) {
	rows, err := a.f.Trucks(ctx, fleet.Filter{})
	if err != nil {
		return nil, err
	}
	now := clock.System.Now()
	var out []dispatch.Truck
	for _, t := range rows {
		if fleet.TruckOut(t, now) {
			continue
		}
		x := dispatch.Truck{ID: t.ID, DriverID: ids.Of(t.DriverID), Unit: t.UnitNumber}
		if t.HomeCity != "" {
			if p, _, _, err := a.places.Locate(ctx, "", t.HomeCity, t.HomeState, t.HomeZip); err == nil {
				x.Home, x.HomeName = p, t.HomeCity+", "+t.HomeState
			}
		}
		out = append(out, x)
	}
	return out, nil
}

func (a fleetAdapter) Trailers(ctx context.Context) ([]dispatch.Trailer, error) {
	rows, err := a.f.Trailers(ctx, fleet.Filter{})
	now := clock.System.Now()
	var out []dispatch.Trailer
	for _, t := range rows {
		if !fleet.TrailerOut(t, now) {
			out = append(out, dispatch.Trailer{ID: t.ID, Unit: t.UnitNumber, Equipment: t.Equipment, LengthFt: t.LengthFt})
		}
	}
	return out, err
}

func (a fleetAdapter) Drivers(ctx context.Context) ([]dispatch.Driver, error) {
	rows, err := a.f.Drivers(ctx, fleet.Filter{})
	var out []dispatch.Driver
	for _, d := range rows {
		out = append(out, dispatch.Driver{ID: d.ID, Name: d.Name, Phone: d.Phone})
	}
	return out, err
}

func (a fleetAdapter) Blocks(ctx context.Context, truck, trailer, driver ids.ID, on time.Time) ([]string, error) {
	bs, err := a.f.LegalToDispatch(ctx, fleet.Crew{Driver: driver, Truck: truck, Trailer: trailer}, on)
	var out []string
	for _, b := range bs {
		out = append(out, b.What+": "+b.Why)
	}
	return out, err
}

func (a fleetAdapter) Expiring(ctx context.Context, days int) ([]dispatch.Expiry, error) {
	es, err := a.f.Expiries(ctx, days)
	var out []dispatch.Expiry
	for _, e := range es {
		out = append(out, dispatch.Expiry{What: e.What, Subject: e.Subject, Href: "/fleet/" + e.Kind.Plural() + "/" + e.SubjectID.String(), Due: e.Due, Days: e.Days})
	}
	return out, err
}

// namesAdapter remembers what things are called for a few seconds: a board asks a thousand times.
type namesAdapter struct {
	fleet     *fleet.Service
	customers *customers.Service
	lanes     *pricing.Service
	mu        sync.Mutex
	known     map[ids.ID]nameBook // by organisation
	reading   map[ids.ID]chan struct{}
}

type nameBook struct {
	at                                  time.Time
	customers, trucks, trailers, driver map[ids.ID]string
	options, truckOptions               []loadsweb.Option
	sites                               []loads.Site
}

// A name may be nameBookAge old; where somebody is reading them again already,
// nameBookOld, so that a busy server reads them once and waits for nobody.
const (
	nameBookAge = 3 * time.Second
	nameBookOld = 15 * time.Second
)

func (n *namesAdapter) book(ctx context.Context) nameBook {
	a, _ := tenant.From(ctx)
	for {
		n.mu.Lock()
		b, ok := n.known[a.Org]
		age := clock.System.Now().Sub(b.at)
		if ok && age < nameBookAge {
			n.mu.Unlock()
			return b
		}
		busy := n.reading[a.Org]
		if busy == nil {
			done := make(chan struct{})
			n.reading[a.Org] = done
			n.mu.Unlock()
			defer func() {
				n.mu.Lock()
				delete(n.reading, a.Org)
				n.mu.Unlock()
				close(done)
			}()
			return n.read(ctx, a)
		}
		n.mu.Unlock()
		if ok && age < nameBookOld {
			return b
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return b
		}
	}
}

func (n *namesAdapter) read(ctx context.Context, a tenant.Actor) nameBook {
	ctx = tenant.System(ctx, a.Org) // names alone: every role that sees a load sees them
	b := nameBook{clock.System.Now(), map[ids.ID]string{}, map[ids.ID]string{}, map[ids.ID]string{}, map[ids.ID]string{}, nil, nil, nil}
	if rows, err := n.fleet.Trucks(ctx, fleet.Filter{Show: fleet.ShowAll}); err == nil {
		for _, t := range rows {
			b.trucks[t.ID] = t.UnitNumber
			b.truckOptions = append(b.truckOptions, loadsweb.Option{ID: t.ID, Name: t.UnitNumber})
		}
	}
	if rows, err := n.fleet.Trailers(ctx, fleet.Filter{Show: fleet.ShowAll}); err == nil {
		for _, t := range rows {
			b.trailers[t.ID] = t.UnitNumber
		}
	}
	if rows, err := n.fleet.Drivers(ctx, fleet.Filter{Show: fleet.ShowAll}); err == nil {
		for _, t := range rows {
			b.driver[t.ID] = t.Name
		}
	}
	if rows, err := n.customers.Customers(ctx, customers.Filter{Show: customers.ShowAll}); err == nil {
		for _, c := range rows {
			b.customers[c.ID] = c.Name
			if c.ArchivedAt == nil {
				b.options = append(b.options, loadsweb.Option{ID: c.ID, Name: c.Name})
			}
		}
		slices.SortFunc(b.options, func(x, y loadsweb.Option) int {
			if x.Name < y.Name {
				return -1
			}
			return 1
		})
	}
	if rows, err := n.customers.Facilities(ctx, customers.Filter{}); err == nil {
		for _, v := range rows {
			b.sites = append(b.sites, site(v))
		}
	}
	n.mu.Lock()
	n.known[a.Org] = b
	n.mu.Unlock()
	return b
}

func (n *namesAdapter) Customer(ctx context.Context, id ids.ID) string {
	return n.book(ctx).customers[id]
}
func (n *namesAdapter) Truck(ctx context.Context, id ids.ID) string { return n.book(ctx).trucks[id] }
func (n *namesAdapter) Trailer(ctx context.Context, id ids.ID) string {
	return n.book(ctx).trailers[id]
}
func (n *namesAdapter) Driver(ctx context.Context, id ids.ID) string { return n.book(ctx).driver[id] }
func (n *namesAdapter) Customers(ctx context.Context) []loadsweb.Option {
	return n.book(ctx).options
}

func (n *namesAdapter) Trucks(ctx context.Context) []loadsweb.Option {
	return n.book(ctx).truckOptions
}

func (n *namesAdapter) Sites(ctx context.Context) []loads.Site { return n.book(ctx).sites }

// mapData is the fixed part of the map.
var mapData = routing.New(routing.Corridor{})

func mapOutlines() []byte { return mapData.Outlines().Body }
func mapCities() []byte   { return mapData.Cities().Body }
