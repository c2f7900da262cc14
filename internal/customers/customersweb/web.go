// Package customersweb has the pages of customers (terms, credit, block,
// contacts) and facilities (hours, time zone, position), and CSV in and out of both.
package customersweb

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/customers"
	"truckflow/internal/identity"
	"truckflow/internal/kit/csvio"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/web"
	"truckflow/internal/web/records"
	"truckflow/internal/web/ui"
)

// Standing is how a customer pays and what it owes, as billing and loads know it.
type Standing struct {
	Paid, AverageDays, WorstDays int // invoices paid in full; days from invoice to the last cent
	Open                         int
	OpenCents                    money.Cents // on open invoices
	LateCents                    money.Cents // of these, past the due date
	UnbilledCents                money.Cents // booked or hauled and not invoiced yet
}

// Used is what counts against the credit limit.
func (s Standing) Used() money.Cents { return s.OpenCents + s.UnbilledCents }

// Money looks up how customers pay: one, over all time, or all of them, over the
// last year. It is asked only for those who may see money.
type Money struct {
	Of  func(ctx context.Context, customer ids.ID) (Standing, error)
	All func(ctx context.Context) (map[ids.ID]Standing, error)
}

// Visit is a load's stop at a facility.
type Visit struct {
	Load           ids.ID
	Number, State  string
	Customer       string
	Kind           string // pickup or delivery
	Planned, Until time.Time
	DateOnly       bool
	Arrived, Left  time.Time // zero while not known
	Zone           string
}

// Dwell is how long trucks stood at a facility: the middle of so many visits, and
// what nine of ten stayed within.
type Dwell struct {
	Visits       int
	Typical, Bad time.Duration
}

// Visits are the last visits to a facility, newest first, and how long they took.
type Visits struct {
	List             []Visit
	Pickup, Delivery Dwell
}

// Deps is what Register needs; Money is asked only for those who may see money,
// Visits only for those who may see loads.
type Deps struct {
	Customers *customers.Service
	Money     Money
	Visits    func(ctx context.Context, facility ids.ID) (Visits, error)
}

type pages struct {
	rt     *web.Router
	s      *customers.Service
	money  Money
	visits func(ctx context.Context, facility ids.ID) (Visits, error)
}

// Register adds the pages.
func Register(rt *web.Router, d Deps) {
	p := &pages{rt, d.Customers, d.Money, d.Visits}
	s := d.Customers
	rt.Handle("GET /customers", identity.SeeCustomers, p.customers)
	rt.Handle("GET /customers/new", identity.EditCustomers, func(w http.ResponseWriter, r *http.Request) error {
		return p.customerForm(w, r, &customers.Customer{Kind: customers.Broker}, nil, nil)
	})
	rt.Handle("POST /customers", identity.EditCustomers, func(w http.ResponseWriter, r *http.Request) error {
		return p.saveCustomer(w, r, customers.Customer{}, s.AddCustomer)
	})
	rt.Handle("GET /customers/{id}", identity.SeeCustomers, p.customer)
	rt.Handle("GET /customers/{id}/edit", identity.EditCustomers, func(w http.ResponseWriter, r *http.Request) error {
		c, err := load(s.Customer, r)
		if err != nil {
			return err
		}
		return p.customerForm(w, r, &c, nil, nil)
	})
	rt.Handle("POST /customers/{id}", identity.EditCustomers, func(w http.ResponseWriter, r *http.Request) error {
		c, err := loadAt(s.Customer, r, func(c *customers.Customer) *int { return &c.Version })
		if err != nil {
			return err
		}
		return p.saveCustomer(w, r, c, s.EditCustomer)
	})
	p.steps()
	p.facilityPages()
	for _, l := range []customers.List{customers.ListCustomers, customers.ListFacilities} {
		records.Importer{Path: "/" + string(l) + "/import", Export: "/" + string(l) + "/export.csv", Back: "/" + string(l), Title: "Import " + string(l), Section: "customers",
			FileName: string(l), Columns: customers.Columns(l), See: identity.SeeCustomers, Edit: identity.EditCustomers,
			Preview: func(ctx context.Context, file []byte) (csvio.Preview, error) { return s.Preview(ctx, l, file) },
			Import: func(ctx context.Context, file []byte, digest string) (csvio.Preview, error) {
				return s.Import(ctx, l, file, digest)
			},
			Write: func(ctx context.Context, w io.Writer, r *http.Request) error { return s.Export(ctx, l, filter(r), w) }}.Register(rt)
	}
}

func filter(r *http.Request) customers.Filter {
	return customers.Filter{Show: customers.Show(r.URL.Query().Get("show")), Query: strings.TrimSpace(r.URL.Query().Get("q"))}
}

func load[T any](get func(context.Context, ids.ID) (T, error), r *http.Request) (v T, err error) {
	id, err := web.PathID(r, "id")
	if err != nil {
		return v, err
	}
	return get(r.Context(), id)
}

// loadAt is load with the version the form was made from.
func loadAt[T any](get func(context.Context, ids.ID) (T, error), r *http.Request, at func(*T) *int) (v T, err error) {
	if v, err = load(get, r); err != nil {
		return v, err
	}
	*at(&v), err = version(r)
	return v, err
}

func version(r *http.Request) (int, error) {
	n, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		return 0, errs.Conflict("this form is out of date; load the page again").Wrap(err)
	}
	return n, nil
}

// listView is a list of customers or of facilities.
type listView struct {
	noun, plural string // "customer", "customers"
	columns      []ui.Column
	rows         []row
	sort, url    string
	query        string
	keep         map[string]string
	chips        []ui.Chip
	mayEdit      bool
	blank        bool // nothing at all yet, not only nothing found
	teach        string
	note         string // what the columns mean
}

type row struct {
	live, href, label string
	cells             []cell
	badges            []badge
	sorts             map[string]string
}

type cell struct {
	label, text string
	num, minor  bool
	tone        ui.Tone // "" is plain text
}

type badge struct {
	tone ui.Tone
	text string
}

// finish fills what both lists share and sorts the rows.
func (v *listView) finish(r *http.Request) {
	v.url, v.sort, v.query, v.keep = r.URL.String(), r.URL.Query().Get("sort"), filter(r).Query, map[string]string{}
	v.mayEdit = identity.Can(r.Context(), identity.EditCustomers)
	for _, name := range []string{"show", "sort"} {
		if s := r.URL.Query().Get(name); s != "" {
			v.keep[name] = s
		}
	}
	key, desc := strings.CutPrefix(v.sort, "-")
	if !slices.ContainsFunc(v.columns, func(c ui.Column) bool { return c.Key == key && key != "" }) {
		return
	}
	slices.SortStableFunc(v.rows, func(a, b row) int {
		c := cmp.Compare(a.sorts[key], b.sorts[key])
		if desc {
			return -c
		}
		return c
	})
}

func (v *listView) chip(r *http.Request, show customers.Show, label string, n int, tone ui.Tone) {
	have := filter(r).Show
	to := string(show)
	if show == customers.ShowActive {
		to = ""
	}
	v.chips = append(v.chips, ui.Chip{Label: label, Href: ui.WithQuery(r.URL.String(), "show", to), Count: n, Tone: tone, On: have == show || have == "" && show == customers.ShowActive})
}

func (p *pages) customers(w http.ResponseWriter, r *http.Request) error {
	all, err := p.s.Customers(r.Context(), customers.Filter{Show: customers.ShowAll})
	if err != nil {
		return err
	}
	cs, err := p.s.Customers(r.Context(), filter(r))
	if err != nil {
		return err
	}
	v := listView{noun: "customer", plural: "customers", blank: len(all) == 0, teach: "Brokers and shippers who pay us: found by USDOT number on every rate confirmation, with terms, credit and contacts. Booking a load from a paper adds its broker here.",
		columns: []ui.Column{{Key: "name", Label: "Name"}, {Key: "usdot", Label: "USDOT"}, {Key: "place", Label: "Place", Minor: true}, {Key: "terms", Label: "Terms", Num: true}, {Key: "credit", Label: "Credit limit", Num: true}}}
	var standings map[ids.ID]Standing
	if identity.Can(r.Context(), identity.SeeMoney) {
		if standings, err = p.money.All(r.Context()); err != nil {
			return err
		}
		v.columns = append(v.columns, ui.Column{Key: "used", Label: "Used", Num: true}, ui.Column{Key: "open", Label: "Open", Num: true}, ui.Column{Key: "late", Label: "Over terms", Num: true}, ui.Column{Key: "days", Label: "Days to pay", Num: true})
		v.note = "Days to pay: the average over invoices of the last 12 months that are paid. Used: open invoices and loads not invoiced yet, of the credit limit."
	}
	v.columns = append(v.columns, ui.Column{Label: "State"})
	for _, c := range cs {
		row := customerRow(c)
		if standings != nil {
			row.pays(c, standings[c.ID])
		}
		v.rows = append(v.rows, row)
	}
	blocked, archived := 0, 0
	for _, c := range all {
		switch {
		case c.ArchivedAt != nil:
			archived++
		case c.BlockedAt != nil:
			blocked++
		}
	}
	v.chip(r, customers.ShowActive, "Active", len(all)-archived, ui.ToneNone)
	v.chip(r, customers.ShowBlocked, "Blocked", blocked, ui.ToneLate)
	v.chip(r, customers.ShowArchived, "Archived", archived, ui.ToneMuted)
	v.finish(r)
	m := web.PageMeta{Title: "Customers", Section: "customers", Subtitle: strconv.Itoa(len(cs)) + " customers", Actions: listActions(v)}
	return web.Render(w, r, http.StatusOK, listPage(p.rt.Meta(r, m), v))
}

func customerRow(c customers.Customer) row {
	credit := "—"
	if c.CreditLimitCents > 0 {
		credit = c.CreditLimitCents.Dollars()
	}
	out := row{live: "customer:" + c.ID.String(), href: "/customers/" + c.ID.String(), label: c.Name,
		cells: []cell{{label: "USDOT", text: c.Usdot}, {label: "Place", text: place(c.City, c.State), minor: true},
			{label: "Terms", text: strconv.Itoa(c.TermsDays) + " days", num: true}, {label: "Credit limit", text: credit, num: true}},
		sorts: map[string]string{"name": c.NameKey, "usdot": pad(c.Usdot), "place": c.State + c.City, "terms": pad(strconv.Itoa(c.TermsDays)), "credit": pad(strconv.FormatInt(int64(c.CreditLimitCents), 10))}}
	if c.ArchivedAt != nil {
		out.badges = append(out.badges, badge{ui.ToneMuted, "Archived"})
	}
	if c.BlockedAt != nil {
		out.badges = append(out.badges, badge{ui.ToneLate, "Blocked"})
	}
	if c.Factored {
		out.badges = append(out.badges, badge{ui.ToneInfo, "Factored"})
	}
	return out
}

// pays adds how the customer pays.
func (r *row) pays(c customers.Customer, st Standing) {
	used, share := cell{label: "Used", num: true}, int64(-1)
	if c.CreditLimitCents > 0 {
		share = int64(st.Used()) * 100 / int64(c.CreditLimitCents)
		used.text = strconv.FormatInt(share, 10) + " %"
		switch {
		case st.Used() > c.CreditLimitCents:
			used.tone = ui.ToneLate
		case share >= 90:
			used.tone = ui.ToneRisk
		}
	}
	amount := func(label string, c money.Cents) cell {
		if c == 0 {
			return cell{label: label, num: true}
		}
		return cell{label: label, text: c.Dollars(), num: true}
	}
	days := cell{label: "Days to pay", num: true}
	if st.Paid > 0 {
		days.text = strconv.Itoa(st.AverageDays)
	}
	r.cells = append(r.cells, used, amount("Open", st.OpenCents), amount("Over terms", st.LateCents), days)
	for key, n := range map[string]int64{"used": share + 1, "open": int64(st.OpenCents), "late": int64(st.LateCents), "days": int64(st.AverageDays)} {
		r.sorts[key] = pad(strconv.FormatInt(n, 10))
	}
}

// pad makes numbers sort as numbers.
func pad(digits string) string { return strings.Repeat("0", max(0, 20-len(digits))) + digits }

func place(city, state string) string {
	if city != "" && state != "" {
		return city + ", " + state
	}
	return city + state
}

// customerView is one customer's page.
type customerView struct {
	c        customers.Customer
	facts    []records.Fact
	notes    string
	contacts []customers.Contact
	contact  records.FormView
	terms    records.FormView
	block    records.FormView
	mayEdit  bool
	mayBlock bool
	standing *Standing // nil for those who may not see money
}

func (v customerView) href() string { return "/customers/" + v.c.ID.String() }

func (p *pages) customer(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := load(p.s.Customer, r)
	if err != nil {
		return err
	}
	v := customerView{c: c, notes: c.Notes, mayEdit: identity.Can(ctx, identity.EditCustomers), mayBlock: identity.Can(ctx, identity.BlockCustomer)}
	if v.contacts, err = p.s.Contacts(ctx, c.ID); err != nil {
		return err
	}
	if identity.Can(ctx, identity.SeeMoney) {
		st, err := p.money.Of(ctx, c.ID)
		if err != nil {
			return err
		}
		v.standing = &st
	}
	v.facts = records.Facts(customerGroups[0], &c)
	v.facts = append(v.facts, records.Facts(customerGroups[1], &c)...)
	t := termsOf(c)
	v.terms = termsForm(c, &t, nil, nil)
	v.block = blockForm(c, "", nil)
	v.contact = contactForm(c.ID, &customers.Contact{}, nil, nil)
	m := p.rt.Meta(r, web.PageMeta{Title: c.Name, Section: "customers", Subtitle: subtitle(c)})
	m.Actions = customerActions(m.CSRF, v)
	return web.Render(w, r, http.StatusOK, customerPage(m, v))
}

func subtitle(c customers.Customer) string {
	s := ui.Capital(c.Kind)
	if c.Usdot != "" {
		s += " · USDOT " + c.Usdot
	}
	if c.Mc != "" {
		s += " · MC " + c.Mc
	}
	return s
}

func (p *pages) saveCustomer(w http.ResponseWriter, r *http.Request, c customers.Customer, do func(context.Context, customers.Customer) (customers.Customer, error)) error {
	typed, err := records.Read(customerGroups, &c, r)
	if err == nil {
		var stored customers.Customer
		if stored, err = do(r.Context(), c); err == nil {
			return web.Redirect(w, r, "/customers/"+stored.ID.String())
		}
	}
	if !records.Refused(err) {
		return err
	}
	return p.customerForm(w, r, &c, typed, err)
}

func (p *pages) customerForm(w http.ResponseWriter, r *http.Request, c *customers.Customer, typed map[string]string, refused error) error {
	f := records.FormView{Action: "/customers", Cancel: "/customers", Label: "Add customer", Sections: records.Sections(customerGroups, c, typed, refused), Error: refused}
	title := "New customer"
	if !c.ID.IsZero() {
		href := "/customers/" + c.ID.String()
		f.Action, f.Cancel, f.Label, f.Version, title = href, href, "Save", c.Version, "Edit "+c.Name
	}
	return records.Answer(w, r, p.rt.Meta(r, web.PageMeta{Title: title, Section: "customers"}), f)
}
