// Package loadsweb has the pages of the loads room: the list, one load's whole
// story, the forms that book and change it, and the review of what was read
// from paper.
package loadsweb

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"truckflow/internal/documents"
	"truckflow/internal/identity"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/page"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

// Option is a customer or a truck to choose.
type Option struct {
	ID   ids.ID
	Name string
}

// Names turns ids into what people call things; an unknown id is "".
type Names interface {
	Customer(ctx context.Context, id ids.ID) string
	Truck(ctx context.Context, id ids.ID) string
	Trailer(ctx context.Context, id ids.ID) string
	Driver(ctx context.Context, id ids.ID) string
	Customers(ctx context.Context) []Option
	Trucks(ctx context.Context) []Option
	Sites(ctx context.Context) []loads.Site // facilities that are in use
}

// NewCustomer is a broker as a paper introduces it.
type NewCustomer struct{ Name, USDOT, MC, Phone, BillingEmail string }

// CustomerAdder may be implemented by the Names given to Register: the review
// page then offers to add a broker that is not among the customers yet.
type CustomerAdder interface {
	AddCustomer(ctx context.Context, c NewCustomer) (ids.ID, error)
}

// LanePrice is what a load's lane pays, for the whole load: eight of ten such
// loads lie between Low and High.
type LanePrice struct {
	Href                    string // where to negotiate
	Offered, Low, Mid, High money.Cents
	Standing                string // where the offer lies, in words
	Miles                   int
	Comparables, Near       int  // loads of the lane, and of its states, in the last year
	Poor                    bool // less than nine of ten pay
}

// LanePricer may be implemented by the Names given to Register: the review then
// says whether a rate is above or below its lane.
type LanePricer interface {
	LanePrice(ctx context.Context, l loads.Full) (p LanePrice, ok bool)
}

type pages struct {
	rt    *web.Router
	loads *loads.Service
	docs  *documents.Service
	names Names
}

// Register adds the pages.
func Register(rt *web.Router, s *loads.Service, docs *documents.Service, names Names) {
	p := &pages{rt, s, docs, names}
	rt.Handle("GET /loads", identity.SeeLoads, p.list)
	rt.Handle("GET /loads/export.csv", identity.SeeLoads, p.export)
	rt.Handle("GET /loads/credit", identity.EditLoads, p.credit)
	rt.Handle("GET /loads/new", identity.EditLoads, p.blank)
	rt.Handle("POST /loads", identity.EditLoads, p.create)
	rt.Handle("GET /loads/{id}", identity.SeeLoads, p.load)
	rt.Handle("GET /loads/{id}/edit", identity.EditLoads, p.editForm)
	rt.Handle("POST /loads/{id}/edit", identity.EditLoads, p.edit)
	rt.Handle("POST /loads/{id}/notes", identity.EditLoads, p.note)
	rt.Handle("POST /loads/{id}/pod/{doc}/accept", identity.AcceptPOD, p.acceptPOD)
	rt.Handle("POST /loads/{id}/pod/{doc}/reject", identity.AcceptPOD, p.rejectPOD)
	for _, v := range verbs {
		rt.Handle("POST /loads/{id}/"+string(v.verb), v.needs, p.do(v.verb))
	}
	rt.Handle("GET /review", identity.SeeDocuments, p.queue)
	rt.Handle("GET /review/{id}", identity.EditLoads, p.review)
	rt.Handle("POST /review/{id}", identity.EditLoads, p.decide)
	rt.Handle("POST /review/{id}/reject", identity.EditLoads, p.reject)
}

// row is one line of the list.
type row struct {
	loads.Load
	Customer, Truck string
}

type listView struct {
	Query, State, Customer, URL string
	Truck, Sort                 string
	Days                        [4]string // pickup from, to; delivery from, to
	Trucks                      []ui.Option
	Rows                        []row
	Chips                       []ui.Chip
	Customers                   []ui.Option
	Next                        string
	First                       bool // the page shows the newest rows
	ShowMoney                   bool
	CSRF                        string
}

// chipStates are the states worth a chip; the rest is found by the address or the search.
var chipStates = []lifecycle.State{lifecycle.Draft, lifecycle.Tendered, lifecycle.Booked, lifecycle.Dispatched, lifecycle.AtPickup, lifecycle.Loaded,
	lifecycle.InTransit, lifecycle.AtDelivery, lifecycle.Delivered, lifecycle.PODReceived, lifecycle.ReadyToBill, lifecycle.OnHold, lifecycle.Claim}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	v := listView{Query: strings.TrimSpace(q.Get("q")), State: q.Get("state"), Customer: q.Get("customer"), URL: tidy(r.URL),
		First: q.Get("cursor") == "", ShowMoney: identity.Can(ctx, identity.SeeMoney)}
	if viaHTMX(r) {
		w.Header().Set("HX-Push-Url", v.URL)
	}
	f, err := p.filter(r)
	if err != nil {
		return err
	}
	v.Truck, v.Sort, v.Days = q.Get("truck"), f.Sort, days(q)
	got, err := p.loads.List(ctx, f, page.Request{Cursor: q.Get("cursor")})
	if err != nil {
		return err
	}
	v.Rows = p.rows(ctx, got.Items)
	if got.Next != "" {
		v.Next = ui.WithQuery(v.URL, "cursor", got.Next)
	}
	counts, err := p.loads.Counts(ctx)
	if err != nil {
		return err
	}
	v.Chips = chips(v.URL, v.State, counts)
	v.Customers, v.Trucks = p.customers(ctx, "All customers"), options("All trucks", p.names.Trucks(ctx))
	m := p.rt.Meta(r, web.PageMeta{Title: "Loads", Section: "loads", Subtitle: subtitle(counts), Actions: listActions(exportHref(v.URL), identity.Can(ctx, identity.EditLoads), identity.Can(ctx, identity.ImportHistory))})
	v.CSRF = m.CSRF
	return web.Render(w, r, http.StatusOK, listPage(m, v))
}

func (p *pages) rows(ctx context.Context, ls []loads.Load) []row {
	out := make([]row, len(ls))
	for i, l := range ls {
		out[i] = row{Load: l}
		if l.CustomerID != nil {
			out[i].Customer = p.names.Customer(ctx, *l.CustomerID)
		}
		if l.TruckID != nil {
			out[i].Truck = p.names.Truck(ctx, *l.TruckID)
		}
	}
	return out
}

func (p *pages) customers(ctx context.Context, none string) []ui.Option {
	return options(none, p.names.Customers(ctx))
}

func options(none string, from []Option) []ui.Option {
	out := []ui.Option{{Value: "", Label: none}}
	for _, c := range from {
		out = append(out, ui.Option{Value: c.ID.String(), Label: c.Name})
	}
	return out
}

func chips(u, state string, counts map[string]int) []ui.Chip {
	out := []ui.Chip{{Label: "All", Href: ui.WithQuery(u, "state", "", "cursor", ""), On: state == ""}}
	for _, s := range chipStates {
		if counts[string(s)] == 0 && state != string(s) {
			continue
		}
		c := ui.Chip{Label: ui.State(string(s)).Label, Count: counts[string(s)], On: state == string(s), Href: ui.WithQuery(u, "state", string(s), "cursor", "")}
		if c.On {
			c.Href = ui.WithQuery(u, "state", "", "cursor", "")
		}
		out = append(out, c)
	}
	return out
}

func subtitle(counts map[string]int) string {
	rolling := 0
	for _, s := range []lifecycle.State{lifecycle.Dispatched, lifecycle.AtPickup, lifecycle.Loaded, lifecycle.InTransit, lifecycle.AtDelivery} {
		rolling += counts[string(s)]
	}
	return fmt.Sprintf("%s booked without leaving yet, %s on the road, %s to bill", ui.Group(counts[string(lifecycle.Booked)]), ui.Group(rolling),
		ui.Group(counts[string(lifecycle.ReadyToBill)]))
}

// href is the address of a load's page.
func href(id ids.ID) string { return "/loads/" + id.String() }

// reviewHref is the address of a draft's review.
func reviewHref(id ids.ID) string { return "/review/" + id.String() }

// rowHref leads to where the row's next work is: a draft read from paper to its review.
func rowHref(l loads.Load) string {
	if l.State == string(lifecycle.Draft) && l.DocumentID != nil {
		return reviewHref(l.ID)
	}
	return href(l.ID)
}

func lane(city, state string) string {
	switch {
	case city == "" && state == "":
		return ""
	case state == "":
		return city
	}
	return strings.TrimPrefix(city+", "+state, ", ")
}
