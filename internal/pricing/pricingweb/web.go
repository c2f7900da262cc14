// Package pricingweb has the pages of lane prices: what a lane pays with the sheet
// to negotiate from, how good the prices have been, and the files of others' rates.
package pricingweb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/csvio"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/loads"
	"truckflow/internal/pricing"
	"truckflow/internal/pricing/lanerate"
	"truckflow/internal/web"
	"truckflow/internal/web/records"
	"truckflow/internal/web/ui"
)

// Deps is what the pages need; Customer names one, "" when unknown.
type Deps struct {
	Pricing  *pricing.Service
	Loads    *loads.Service
	Customer func(ctx context.Context, id ids.ID) string
}

type pages struct {
	rt *web.Router
	Deps
}

// Register adds the pages.
func Register(rt *web.Router, d Deps) {
	p := &pages{rt, d}
	rt.Handle("GET /lanes", identity.SeeMoney, p.lane)
	rt.Handle("GET /lanes/model", identity.SeeMoney, p.model)
	rt.Handle("POST /lanes/model", identity.SeeMoney, p.learn)
	rt.Handle("POST /lanes/costs", identity.EditCompany, p.costs)
	for _, l := range []struct {
		list        pricing.List
		title, note string
	}{
		{pricing.RateList, "Import others' rates", "One row a lane and week: USDA's truck rates, a load board's export, a broker's list. Give rate_per_mile, or rate for the whole haul (with miles, else they are reckoned between the cities). They are shown beside your own loads and never mixed with them."},
		{pricing.DieselList, "Import diesel prices", "One row a week, as the EIA publishes them. Prices are learned together with your loads."},
	} {
		records.Importer{Path: "/lanes/import/" + string(l.list), Export: "/lanes/example/" + string(l.list) + ".csv", Back: "/lanes", Title: l.title, Section: "lanes", FileName: string(l.list),
			Columns: d.Pricing.Columns(l.list), Note: l.note, See: identity.ImportHistory, Edit: identity.ImportHistory,
			Preview: d.preview(l.list), Import: d.add(l.list),
			Write: func(_ context.Context, w io.Writer, _ *http.Request) error { return d.Pricing.Example(l.list, w) }}.Register(rt)
	}
}

func tabs(at string) []ui.Tab {
	return []ui.Tab{{Label: "Price a lane", Href: "/lanes", Current: at == "lane"}, {Label: "How good it is", Href: "/lanes/model", Current: at == "model"}}
}

// laneView is the sheet.
type laneView struct {
	From, To, Equipment string
	Miles, Offer, Empty string
	Load                *loads.Full
	Problem             string
	Errors              map[string]string
	Sheet               *pricing.Sheet
	Unlearned, MayTeach bool
	MayCost             bool
	CSRF, Zone, Mailto  string
	names               func(ids.ID) string
}

func (p *pages) lane(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	v := laneView{From: strings.TrimSpace(q.Get("from")), To: strings.TrimSpace(q.Get("to")), Equipment: q.Get("equipment"), Miles: q.Get("miles"), Offer: q.Get("offer"), Empty: q.Get("empty"),
		Errors: map[string]string{}, Zone: web.Zone(ctx), MayCost: identity.Can(ctx, identity.EditCompany), MayTeach: identity.Can(ctx, identity.ImportHistory), names: func(id ids.ID) string { return p.Customer(ctx, id) }}
	ask, terms, err := p.asked(r, &v)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if v.From != "" && v.To != "" && len(v.Errors) == 0 {
		sheet, err := p.Pricing.Sheet(ctx, ask, terms)
		switch pub := errs.Public(err); {
		case err == nil:
			v.Sheet, v.Mailto = &sheet, mailto(sheet, terms)
		case errors.Is(err, pricing.ErrUnlearned):
			v.Unlearned = true
		case pub.Kind == errs.KindInvalid:
			v.Errors, v.Problem, status = pub.Fields, pub.Message, http.StatusUnprocessableEntity
		default:
			return err
		}
	} else if len(v.Errors) > 0 {
		status = http.StatusUnprocessableEntity
	}
	m := p.rt.Meta(r, web.PageMeta{Title: "Lanes", Section: "lanes", Subtitle: "What a lane pays, from your own loads, and what to ask for"})
	if v.MayTeach {
		m.Actions = laneActions()
	}
	v.CSRF = m.CSRF
	return web.Render(w, r, status, lanePage(m, v))
}

// asked reads the form; ?load= fills what the address leaves out.
func (p *pages) asked(r *http.Request, v *laneView) (q pricing.Ask, t pricing.Terms, err error) {
	if id, perr := ids.Parse(r.URL.Query().Get("load")); perr == nil {
		l, err := p.Loads.Get(r.Context(), id)
		if err != nil {
			return q, t, err
		}
		v.Load = &l
		q, _ = pricing.AskOf(l)
		t.Reference, t.Zone = l.CustomerRef, l.PickupZone
		offered := pricing.Offered(l)
		fill := func(at *string, s string) {
			if *at == "" {
				*at = s
			}
		}
		fill(&v.From, written(q.From))
		fill(&v.To, written(q.To))
		fill(&v.Equipment, l.Equipment)
		if l.Miles != nil {
			fill(&v.Miles, strconv.Itoa(*l.Miles))
		}
		if offered > 0 {
			fill(&v.Offer, offered.String())
		}
	}
	if v.Equipment == "" {
		v.Equipment = "van"
	}
	q.From, q.To, q.Equipment = pricing.Place{Text: v.From}, pricing.Place{Text: v.To}, v.Equipment
	count := func(name, s string, to *int) {
		if s == "" {
			return
		}
		if *to, err = strconv.Atoi(strings.ReplaceAll(s, ",", "")); err != nil {
			v.Errors[name], err = "a number of miles", nil
		}
	}
	count("miles", v.Miles, &q.Miles)
	count("empty", v.Empty, &t.Empty)
	if v.Offer != "" {
		if t.Offered, err = money.Parse(v.Offer); err != nil || t.Offered < 0 {
			v.Errors["offer"], err = "write an amount such as 1,850.00", nil
		}
	}
	return q, t, nil
}

// written is a place in one line.
func written(p pricing.Place) string {
	s := strings.Trim(p.City+", "+p.State, ", ")
	return strings.TrimSpace(s + " " + p.ZIP)
}

func mailto(s pricing.Sheet, t pricing.Terms) string {
	subject := "Load to " + s.To.City
	if t.Reference != "" {
		subject = "Load " + t.Reference
	}
	esc := func(x string) string { return strings.ReplaceAll(url.QueryEscape(x), "+", "%20") }
	return "mailto:?subject=" + esc(subject) + "&body=" + esc(s.Mail)
}

func (d Deps) preview(l pricing.List) func(context.Context, []byte) (csvio.Preview, error) {
	return func(ctx context.Context, file []byte) (csvio.Preview, error) { return d.Pricing.Preview(ctx, l, file) }
}

func (d Deps) add(l pricing.List) func(context.Context, []byte, string) (csvio.Preview, error) {
	return func(ctx context.Context, file []byte, digest string) (csvio.Preview, error) {
		return d.Pricing.Import(ctx, l, file, digest)
	}
}

type modelView struct {
	Report  *lanerate.Report
	At      time.Time
	Zone    string
	Sources []source
	CSRF    string
}

type source struct {
	Name   string
	Rates  int64
	Newest time.Time
}

func (p *pages) model(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := modelView{Zone: web.Zone(ctx)}
	var err error
	if v.Report, v.At, err = p.Pricing.Report(ctx); err != nil {
		return err
	}
	src, err := p.Pricing.Sources(ctx)
	if err != nil {
		return err
	}
	for _, s := range src {
		v.Sources = append(v.Sources, source{s.Source, s.Rates, s.Newest})
	}
	m := web.PageMeta{Title: "Lanes", Section: "lanes", Subtitle: "How good the prices have been: each load foretold from what was known before it"}
	if r.FormValue("asked") != "" {
		m.Flash = &web.Flash{Tone: ui.ToneOK, Text: "The lanes are being learned again; the page shows it in a minute or two."}
	}
	m = p.rt.Meta(r, m)
	v.CSRF = m.CSRF
	return web.Render(w, r, http.StatusOK, modelPage(m, v))
}

func (p *pages) learn(w http.ResponseWriter, r *http.Request) error {
	if err := p.Pricing.LearnNow(r.Context()); err != nil {
		return err
	}
	return web.Redirect(w, r, "/lanes/model?asked=1")
}

func (p *pages) costs(w http.ResponseWriter, r *http.Request) error {
	c := pricing.Costs{}
	e := errs.Invalid("the costs were not saved")
	var err error
	if c.Mile, err = money.Parse(r.PostFormValue("mile")); err != nil {
		e = e.Field("mile", "dollars a mile such as 2.26")
	}
	share, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(r.PostFormValue("margin"), "%")), 64)
	if err != nil {
		e = e.Field("margin", "percent such as 8")
	}
	c.MarginBps = int(math.Round(share * 100))
	if c.Version, err = strconv.Atoi(r.PostFormValue("version")); err != nil {
		return errs.Invalid("this form is out of date; load the page again")
	}
	if len(e.Fields) > 0 {
		return e
	}
	if err := p.Pricing.SetCosts(r.Context(), c); err != nil {
		return err
	}
	back := r.PostFormValue("back")
	if !strings.HasPrefix(back, "?") {
		back = ""
	}
	return web.Redirect(w, r, "/lanes"+back)
}

// perMile is dollars a mile.
func perMile(d float64) string { return fmt.Sprintf("$%.2f", d) }

func share(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) }
