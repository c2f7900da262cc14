package loadsweb

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"truckflow/internal/documents"
	"truckflow/internal/documents/extract"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/page"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

// newCustomer is the choice that adds the paper's broker to the customers.
const newCustomer = "new"

type queueView struct {
	Drafts    []row
	Waiting   []documents.Document
	Zone      string
	ShowMoney bool
	MayEdit   bool
	CSRF      string
}

// drafts are the loads that were read from paper and wait for a person, newest first.
func (p *pages) drafts(ctx context.Context) ([]loads.Load, error) {
	got, err := p.loads.List(ctx, loads.Filter{State: string(lifecycle.Draft)}, page.Request{Limit: page.MaxLimit})
	var out []loads.Load
	for _, l := range got.Items {
		if l.DocumentID != nil {
			out = append(out, l)
		}
	}
	return out, err
}

func (p *pages) queue(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	ds, err := p.drafts(ctx)
	if err != nil {
		return err
	}
	waiting, err := p.docs.Waiting(ctx, 50)
	if err != nil {
		return err
	}
	v := queueView{Drafts: p.rows(ctx, ds), Waiting: waiting, Zone: web.Zone(ctx), ShowMoney: identity.Can(ctx, identity.SeeMoney), MayEdit: identity.Can(ctx, identity.EditLoads)}
	m := web.PageMeta{Title: "Review", Section: "review", Subtitle: fmt.Sprintf("%d read from paper and not booked yet, %d being read or unreadable", len(ds), len(waiting)),
		Flash: p.flash(r)}
	m = p.rt.Meta(r, m)
	v.CSRF = m.CSRF
	return web.Render(w, r, http.StatusOK, queuePage(m, v))
}

// flash says what the step before this page did.
func (p *pages) flash(r *http.Request) *web.Flash {
	if r.FormValue("saved") != "" {
		return &web.Flash{Tone: ui.ToneOK, Text: "Saved. It is still a draft."}
	}
	id := idOf(r.FormValue("done"))
	if id.IsZero() {
		return nil
	}
	l, err := p.loads.Get(r.Context(), id)
	if err != nil {
		return nil
	}
	return &web.Flash{Tone: ui.ToneOK, Text: fmt.Sprintf("%s is %s.", l.Number, lifecycle.State(l.State).Words()), Href: href(id), Action: "Open " + l.Number}
}

// reviewView is the split page.
type reviewView struct {
	Form    *form
	Doc     documents.Document
	Pages   []ui.SheetPage
	Reading *extract.Reading
	Checks  int
	Lane    *LanePrice
	Next    string // the next draft's review
}

func (p *pages) review(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	l, err := p.loads.Get(r.Context(), id)
	if err != nil {
		return err
	}
	if l.State != string(lifecycle.Draft) || l.DocumentID == nil {
		return web.Redirect(w, r, href(id))
	}
	f := p.existing(l)
	f.show(l.Input())
	return p.showReview(w, r, http.StatusOK, l, f)
}

// showReview puts paper and form side by side; htmx gets the form alone.
func (p *pages) showReview(w http.ResponseWriter, r *http.Request, status int, l loads.Full, f *form) error {
	ctx := r.Context()
	v := reviewView{Form: f, Checks: loads.Checks(l.Load)}
	var err error
	if v.Doc, err = p.docs.Get(ctx, *l.DocumentID); err != nil {
		return err
	}
	var pp []documents.Page
	if v.Reading, pp, err = p.docs.Reading(ctx, v.Doc.ID); err != nil {
		return err
	}
	v.Pages = sheet(v.Doc, pp)
	f.Action = reviewHref(l.ID)
	f.dress(v.Reading, loads.Flags(l.Load))
	f.Customers, f.Sites = p.reviewCustomers(ctx, v.Reading, f), p.names.Sites(ctx)
	if err := p.barrier(ctx, f); err != nil {
		return err
	}
	if pricer, ok := p.names.(LanePricer); ok {
		if lane, ok := pricer.LanePrice(ctx, l); ok {
			v.Lane = &lane
		}
	}
	next, err := p.next(ctx, l.ID)
	if err != nil {
		return err
	}
	if !next.IsZero() {
		v.Next = reviewHref(next)
	}
	m := p.rt.Meta(r, web.PageMeta{Title: "Review " + l.Number, Section: "review", Subtitle: reviewWords(v.Checks, v.Doc.Filename), Fill: true,
		Scripts: []string{"review.js"}, Flash: p.flash(r), Actions: reviewActions(v.Doc.ID.String(), v.Next)})
	f.CSRF = m.CSRF
	var c templ.Component = reviewPage(m, v)
	if viaHTMX(r) && r.Method == http.MethodPost {
		c = reviewForm(v)
	}
	return web.Render(w, r, status, c)
}

func reviewWords(checks int, file string) string {
	if checks == 0 {
		return "Nothing doubtful. Read from " + file
	}
	if checks == 1 {
		return "One thing to look at. Read from " + file
	}
	return fmt.Sprintf("%d things to look at. Read from %s", checks, file)
}

// dress ties the form to its paper.
func (f *form) dress(r *extract.Reading, flags []loads.Flag) {
	f.place(r)
	if _, ok := f.Values["total_rate"]; !ok {
		if r != nil && r.TotalRate != nil {
			f.Values["total_rate"] = r.TotalRate.Value
		} else if f.Charges > 0 {
			f.Values["total_rate"] = f.sum().String()
		}
	}
	f.evidence(r)
	f.doubts(flags)
}

func sheet(d documents.Document, pp []documents.Page) []ui.SheetPage {
	var out []ui.SheetPage
	for _, x := range pp {
		out = append(out, ui.SheetPage{Number: x.PageNo, Src: fmt.Sprintf("/documents/%s/pages/%d.jpg", d.ID, x.PageNo), Width: float64(x.WidthPt), Height: float64(x.HeightPt),
			Alt: fmt.Sprintf("%s, page %d", d.Filename, x.PageNo)})
	}
	return out
}

// reviewCustomers offers the customers and, when it can be done, to add the paper's broker.
func (p *pages) reviewCustomers(ctx context.Context, r *extract.Reading, f *form) []ui.Option {
	out := p.customers(ctx, "Choose")
	c := brokerOf(r)
	if _, ok := p.names.(CustomerAdder); !ok || c.Name == "" {
		return out
	}
	label := "Add new: " + c.Name
	switch {
	case c.USDOT != "":
		label += " (USDOT " + c.USDOT + ")"
	case c.MC != "":
		label += " (MC " + c.MC + ")"
	}
	if f.Values["customer_id"] == "" {
		f.Values["customer_id"] = newCustomer
	}
	return append(out, ui.Option{Value: newCustomer, Label: label})
}

func brokerOf(r *extract.Reading) NewCustomer {
	if r == nil {
		return NewCustomer{}
	}
	v := func(l extract.Str) string {
		if l == nil {
			return ""
		}
		return l.Value
	}
	b := r.Broker
	c := NewCustomer{Name: v(b.Name), USDOT: v(b.USDOT), MC: v(b.MC), Phone: v(b.Phone), BillingEmail: v(b.BillingEmail)}
	if c.BillingEmail == "" {
		c.BillingEmail = v(b.Email)
	}
	return c
}

// next is the draft to look at after this one: the next older, else the newest; zero when it is the last.
func (p *pages) next(ctx context.Context, id ids.ID) (ids.ID, error) {
	ds, err := p.drafts(ctx)
	if err != nil {
		return ids.ID{}, err
	}
	var first ids.ID
	passed := false
	for _, d := range ds {
		switch {
		case d.ID == id:
			passed = true
		case passed:
			return d.ID, nil
		case first.IsZero():
			first = d.ID
		}
	}
	return first, nil
}

func (p *pages) decide(w http.ResponseWriter, r *http.Request) error {
	l, f, err := p.reviewed(r)
	if err != nil {
		return err
	}
	do := r.PostFormValue("do")
	if f.press(do) {
		return p.showReview(w, r, http.StatusOK, l, f)
	}
	again := func(status int) error { return p.showReview(w, r, status, l, f) }
	in := f.input(l.Input())
	if do == "book" {
		f.agree()
	}
	if len(f.Errors) > 0 {
		f.Problem = "nothing was saved; put the marked fields right"
		return again(http.StatusUnprocessableEntity)
	}
	in.Flags = f.keep(in.Flags, l.Input())
	saved, err := p.save(r.Context(), l, f, in, do == "book")
	if saved.Version > 0 {
		l = saved
		f.Version = strconv.Itoa(saved.Version)
	}
	if msg, fields, ok := refusal(err); ok {
		f.refused(msg, fields)
		return again(http.StatusUnprocessableEntity)
	} else if err != nil {
		return p.stale(w, r, err, f, func() error { return again(http.StatusConflict) })
	}
	if do != "book" {
		return web.Redirect(w, r, reviewHref(l.ID)+"?saved=1")
	}
	return p.onward(w, r, l.ID)
}

// reviewed is the draft and the form as it was sent.
func (p *pages) reviewed(r *http.Request) (l loads.Full, f *form, err error) {
	id, err := web.PathID(r, "id")
	if err != nil {
		return l, nil, err
	}
	if l, err = p.loads.Get(r.Context(), id); err != nil {
		return l, nil, err
	}
	if l.State != string(lifecycle.Draft) || l.DocumentID == nil {
		return l, nil, errs.Conflict("load %s is %s already", l.Number, lifecycle.State(l.State).Words()).Hint("open the load to see who did it")
	}
	if err := r.ParseForm(); err != nil {
		return l, nil, errs.Invalid("the form did not arrive whole; send it again").Wrap(err)
	}
	f = p.existing(l)
	f.typed(r.PostForm)
	p.pickSites(r.Context(), f)
	return l, f, nil
}

// agree refuses lines that do not add up to the total: one of them is wrong.
func (f *form) agree() {
	typed, ok := f.Values["total_rate"]
	if !ok {
		return
	}
	total, err := money.Parse(typed)
	if err != nil {
		f.Errors["total_rate"] = "write an amount such as 1,850.00"
	} else if sum := f.sum(); sum != total {
		f.Errors["total_rate"] = fmt.Sprintf("the lines add up to %s; change a line or the total", sum.Dollars())
	}
}

// save writes the draft and, when asked, books it. The draft it returns has a
// version above zero as soon as something was written.
func (p *pages) save(ctx context.Context, l loads.Full, f *form, in loads.Input, book bool) (out loads.Full, err error) {
	version, err := strconv.Atoi(f.Version)
	if err != nil {
		return out, errs.Conflict("this form is out of date; load the page again")
	}
	if version != l.Version {
		return out, errs.Conflict("somebody changed load %s meanwhile; look again and repeat your change", l.Number)
	}
	if adder, ok := p.names.(CustomerAdder); ok && book && f.Values["customer_id"] == newCustomer {
		r, _, err := p.docs.Reading(ctx, *l.DocumentID)
		if err != nil {
			return out, err
		}
		if in.CustomerID, err = adder.AddCustomer(ctx, brokerOf(r)); err != nil {
			return out, asCustomer(err)
		}
		f.Values["customer_id"] = in.CustomerID.String()
	}
	if out, err = p.loads.Edit(ctx, l.ID, version, in); err != nil {
		return loads.Full{}, err
	}
	if !book {
		return out, nil
	}
	booked, err := p.loads.Do(ctx, l.ID, loads.Step{Verb: lifecycle.Book, Version: out.Version, Reason: f.Values[loads.OverrideField]})
	if err != nil {
		return out, err
	}
	return booked, nil
}

// asCustomer shows what is wrong with a new customer beside the customer's control.
func asCustomer(err error) error {
	var e *errs.Error
	if !errors.As(err, &e) || e.Kind != errs.KindInvalid {
		return err
	}
	why := e.Message
	for _, w := range e.Fields {
		why += "; " + w
	}
	return errs.Invalid("the customer cannot be added as the paper says").Field("customer_id", "%s", why)
}

// onward goes to the next draft, or to the load when there is none.
func (p *pages) onward(w http.ResponseWriter, r *http.Request, id ids.ID) error {
	next, err := p.next(r.Context(), id)
	if err != nil {
		return err
	}
	if next.IsZero() {
		return web.Redirect(w, r, href(id)+"?done="+id.String())
	}
	return web.Redirect(w, r, reviewHref(next)+"?done="+id.String())
}

func (p *pages) reject(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	version, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		return errs.Invalid("this form is out of date; load the page again")
	}
	if _, err := p.loads.Do(r.Context(), id, loads.Step{Verb: lifecycle.Cancel, Reason: r.PostFormValue("reason"), Version: version}); err != nil {
		return err
	}
	next, err := p.next(r.Context(), id)
	if err != nil {
		return err
	}
	if next.IsZero() {
		return web.Redirect(w, r, "/review?done="+id.String())
	}
	return web.Redirect(w, r, reviewHref(next)+"?done="+id.String())
}
