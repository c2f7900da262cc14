// Package fleetweb has the fleet's pages: lists of trucks, trailers and drivers
// with what runs out, their details and forms, out of service, and CSV in and out.
package fleetweb

import (
	"cmp"
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/fleet"
	"truckflow/internal/identity"
	"truckflow/internal/kit/csvio"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/web"
	"truckflow/internal/web/records"
	"truckflow/internal/web/ui"
)

type pages struct {
	rt *web.Router
	s  *fleet.Service
}

// info is what the pages need of any of the three kinds.
type info struct {
	kind        fleet.Kind
	id          ids.ID
	label       string
	version     int
	archived    *time.Time
	from, until *time.Time
	reason      string
	out         bool
	papers      []fleet.Expiry
	detail      string
}

func (i info) href() string { return "/fleet/" + i.kind.Plural() + "/" + i.id.String() }

// cell is one value of a list's row.
type cell struct {
	label, text string
	num, minor  bool
}

// kind is one of the three, as its pages need it.
type kind[T any] struct {
	fleet.Kind
	list      func(context.Context, fleet.Filter) ([]T, error)
	get       func(context.Context, ids.ID) (T, error)
	add, edit func(context.Context, T) (T, error)
	fresh     func() T
	groups    func(context.Context) ([]records.Group[T], error)
	info      func(*T, time.Time) info
	columns   []ui.Column
	cells     func(*T, names) []cell
	sorts     map[string]func(*T, names) string
	setKey    func(*T, ids.ID, int)
}

// names are drivers by id, for the trucks they usually drive.
type names map[ids.ID]string

// Register adds the pages.
func Register(rt *web.Router, s *fleet.Service) {
	p := &pages{rt, s}
	rt.Handle("GET /fleet", identity.SeeFleet, func(w http.ResponseWriter, r *http.Request) error {
		return web.Redirect(w, r, "/fleet/trucks")
	})
	register(p, p.trucks())
	register(p, p.trailers())
	register(p, p.drivers())
}

func register[T any](p *pages, k kind[T]) {
	base := "/fleet/" + k.Plural()
	p.rt.Handle("GET "+base, identity.SeeFleet, func(w http.ResponseWriter, r *http.Request) error { return listPage(p, k, w, r) })
	p.rt.Handle("GET "+base+"/new", k.Edit(), func(w http.ResponseWriter, r *http.Request) error {
		v := k.fresh()
		return form(p, k, w, r, &v, nil, nil)
	})
	p.rt.Handle("POST "+base, k.Edit(), func(w http.ResponseWriter, r *http.Request) error {
		v := k.fresh()
		return save(p, k, w, r, &v, k.add)
	})
	p.rt.Handle("GET "+base+"/{id}", identity.SeeFleet, func(w http.ResponseWriter, r *http.Request) error { return detail(p, k, w, r) })
	p.rt.Handle("GET "+base+"/{id}/edit", k.Edit(), func(w http.ResponseWriter, r *http.Request) error {
		v, err := load(k, r)
		if err != nil {
			return err
		}
		return form(p, k, w, r, &v, nil, nil)
	})
	p.rt.Handle("POST "+base+"/{id}", k.Edit(), func(w http.ResponseWriter, r *http.Request) error {
		v, err := load(k, r)
		if err != nil {
			return err
		}
		version, err := formVersion(r)
		if err != nil {
			return err
		}
		k.setKey(&v, k.info(&v, time.Time{}).id, version)
		return save(p, k, w, r, &v, k.edit)
	})
	steps(p, k, base)
	records.Importer{Path: "/fleet/import/" + k.Plural(), Export: "/fleet/export/" + k.Plural() + ".csv", Back: base, Title: "Import " + k.Plural(), Section: "fleet",
		FileName: k.Plural(), Columns: fleet.Columns(k.Kind), See: identity.SeeFleet, Edit: k.Edit(),
		Preview: func(ctx context.Context, file []byte) (csvio.Preview, error) { return p.s.Preview(ctx, k.Kind, file) },
		Import: func(ctx context.Context, file []byte, digest string) (csvio.Preview, error) {
			return p.s.Import(ctx, k.Kind, file, digest)
		},
		Write: func(ctx context.Context, w io.Writer, r *http.Request) error {
			return p.s.Export(ctx, k.Kind, filter(r), w)
		}}.Register(p.rt)
}

func load[T any](k kind[T], r *http.Request) (v T, err error) {
	id, err := web.PathID(r, "id")
	if err != nil {
		return v, err
	}
	return k.get(r.Context(), id)
}

// formVersion is the version of the record that the form was made from.
func formVersion(r *http.Request) (int, error) {
	n, err := strconv.Atoi(r.PostFormValue("version"))
	if err != nil {
		return 0, errs.Conflict("this form is out of date; load the page again").Wrap(err)
	}
	return n, nil
}

// steps adds archive, restore, out of service and back.
func steps[T any](p *pages, k kind[T], base string) {
	for _, step := range []struct {
		verb string
		do   func(context.Context, fleet.Kind, ids.ID, int) error
	}{{"archive", p.s.Archive}, {"restore", p.s.Restore}, {"back-in-service", p.s.BackInService}} {
		p.rt.Handle("POST "+base+"/{id}/"+step.verb, k.Edit(), func(w http.ResponseWriter, r *http.Request) error {
			id, err := web.PathID(r, "id")
			if err != nil {
				return err
			}
			version, err := formVersion(r)
			if err != nil {
				return err
			}
			if err := step.do(r.Context(), k.Kind, id, version); err != nil {
				return err
			}
			return web.Redirect(w, r, base+"/"+id.String())
		})
	}
	p.rt.Handle("POST "+base+"/{id}/out-of-service", k.Edit(), func(w http.ResponseWriter, r *http.Request) error {
		id, err := web.PathID(r, "id")
		if err != nil {
			return err
		}
		version, err := formVersion(r)
		if err != nil {
			return err
		}
		var sp span
		typed, err := records.Read(spanForm, &sp, r)
		if err == nil {
			var from time.Time
			if sp.from != nil {
				from = *sp.from
			}
			err = p.s.OutOfService(r.Context(), k.Kind, id, version, from, sp.until, sp.reason)
		}
		if records.Refused(err) {
			m := p.rt.Meta(r, web.PageMeta{Title: "Out of service", Section: "fleet"})
			return records.Answer(w, r, m, outForm(base+"/"+id.String(), version, &sp, typed, err))
		}
		if err != nil {
			return err
		}
		return web.Redirect(w, r, base+"/"+id.String())
	})
}

// span is what the out-of-service dialog asks.
type span struct {
	from, until *time.Time
	reason      string
}

var spanForm = []records.Group[span]{{Rows: [][]records.Input[span]{
	{date("from", "From", func(s *span) **time.Time { return &s.from }, true, ""), date("until", "Until", func(s *span) **time.Time { return &s.until }, false, "Last day; empty: until further notice")},
	{text("reason", "Reason", func(s *span) *string { return &s.reason }, ui.FieldProps{Required: true, MaxLength: 300, Placeholder: "Engine at the shop, vacation, DOT order …"})},
}}}

func outForm(href string, version int, sp *span, typed map[string]string, err error) records.FormView {
	return records.FormView{Action: href + "/out-of-service", Label: "Take out of service", Version: version, Sections: records.Sections(spanForm, sp, typed, err), Error: err}
}

func save[T any](p *pages, k kind[T], w http.ResponseWriter, r *http.Request, v *T, do func(context.Context, T) (T, error)) error {
	groups, err := k.groups(r.Context())
	if err != nil {
		return err
	}
	typed, err := records.Read(groups, v, r)
	if err == nil {
		var stored T
		if stored, err = do(r.Context(), *v); err == nil {
			return web.Redirect(w, r, k.info(&stored, time.Time{}).href())
		}
	}
	if !records.Refused(err) {
		return err
	}
	return form(p, k, w, r, v, typed, err)
}

func form[T any](p *pages, k kind[T], w http.ResponseWriter, r *http.Request, v *T, typed map[string]string, refused error) error {
	groups, err := k.groups(r.Context())
	if err != nil {
		return err
	}
	i := k.info(v, time.Time{})
	f := records.FormView{Action: "/fleet/" + k.Plural(), Cancel: "/fleet/" + k.Plural(), Label: "Add " + string(k.Kind), Sections: records.Sections(groups, v, typed, refused), Error: refused}
	title := "New " + string(k.Kind)
	if !i.id.IsZero() {
		f.Action, f.Cancel, f.Label, f.Version, title = i.href(), i.href(), "Save", i.version, "Edit "+i.title()
	}
	return records.Answer(w, r, p.rt.Meta(r, web.PageMeta{Title: title, Section: "fleet"}), f)
}

func (i info) title() string {
	if i.kind == fleet.KindDriver {
		return i.label
	}
	return ui.Capital(string(i.kind)) + " " + i.label
}

func filter(r *http.Request) fleet.Filter {
	return fleet.Filter{Show: fleet.Show(r.URL.Query().Get("show")), Query: strings.TrimSpace(r.URL.Query().Get("q"))}
}

type listView struct {
	kind           fleet.Kind
	columns        []ui.Column
	rows           []listRow
	sort, url      string
	query          string
	keep           map[string]string
	tabs           []ui.Tab
	chips          []ui.Chip
	mayEdit, blank bool // blank: there is nothing at all yet, not only nothing found
}

type listRow struct {
	info
	cells []cell
}

func listPage[T any](p *pages, k kind[T], w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	today, err := p.s.Today(ctx)
	if err != nil {
		return err
	}
	who, err := p.names(ctx)
	if err != nil {
		return err
	}
	f := filter(r)
	all, err := k.list(ctx, fleet.Filter{Show: fleet.ShowAll})
	if err != nil {
		return err
	}
	vs, err := k.list(ctx, f)
	if err != nil {
		return err
	}
	v := listView{kind: k.Kind, columns: k.columns, url: r.URL.String(), sort: r.URL.Query().Get("sort"), query: f.Query, mayEdit: identity.Can(ctx, k.Edit()), blank: len(all) == 0, keep: map[string]string{}}
	order(k, vs, v.sort, who, today)
	for i := range vs {
		v.rows = append(v.rows, listRow{k.info(&vs[i], today), k.cells(&vs[i], who)})
	}
	for _, name := range []string{"show", "sort"} {
		if s := r.URL.Query().Get(name); s != "" {
			v.keep[name] = s
		}
	}
	v.chips = chips(k, all, f, today, v.url)
	for _, o := range fleet.Kinds {
		v.tabs = append(v.tabs, ui.Tab{Label: ui.Capital(o.Plural()), Href: "/fleet/" + o.Plural(), Current: o == k.Kind})
	}
	m := web.PageMeta{Title: "Fleet", Section: "fleet", Subtitle: strconv.Itoa(len(vs)) + " " + k.Plural(), Actions: listActions(v)}
	return web.Render(w, r, http.StatusOK, fleetList(p.rt.Meta(r, m), v))
}

// names returns drivers by id; every name a truck can show.
func (p *pages) names(ctx context.Context) (names, error) {
	ds, err := p.s.Drivers(ctx, fleet.Filter{Show: fleet.ShowAll})
	out := names{}
	for _, d := range ds {
		out[d.ID] = d.Name
	}
	return out, err
}

func chips[T any](k kind[T], all []T, f fleet.Filter, today time.Time, url string) (cs []ui.Chip) {
	out, archived := 0, 0
	for i := range all {
		switch in := k.info(&all[i], today); {
		case in.archived != nil:
			archived++
		case in.out:
			out++
		}
	}
	for _, c := range []struct {
		show  fleet.Show
		label string
		n     int
		tone  ui.Tone
	}{{fleet.ShowActive, "Active", len(all) - archived, ui.ToneNone}, {fleet.ShowOutOfService, "Out of service", out, ui.ToneRisk}, {fleet.ShowArchived, "Archived", archived, ui.ToneMuted}} {
		on := f.Show == c.show || f.Show == "" && c.show == fleet.ShowActive
		show := string(c.show)
		if c.show == fleet.ShowActive {
			show = ""
		}
		cs = append(cs, ui.Chip{Label: c.label, Href: ui.WithQuery(url, "show", show), Count: c.n, On: on, Tone: c.tone})
	}
	return cs
}

// order sorts by a column's key, "-" before it for descending; equals keep the list's own order.
func order[T any](k kind[T], vs []T, sort string, who names, today time.Time) {
	key, desc := strings.CutPrefix(sort, "-")
	by := k.sorts[key]
	if key == "papers" {
		by = func(v *T, _ names) string {
			ps := k.info(v, today).papers
			if len(ps) == 0 {
				return "9999"
			}
			return ps[0].Due.Format(time.DateOnly)
		}
	}
	if by == nil {
		return
	}
	slices.SortStableFunc(vs, func(a, b T) int {
		c := cmp.Compare(strings.ToLower(by(&a, who)), strings.ToLower(by(&b, who)))
		if desc {
			return -c
		}
		return c
	})
}

type detailView struct {
	info
	facts []factGroup
	leave records.FormView
	today time.Time
	edit  bool
}

type factGroup struct {
	title string
	facts []records.Fact
}

func detail[T any](p *pages, k kind[T], w http.ResponseWriter, r *http.Request) error {
	v, err := load(k, r)
	if err != nil {
		return err
	}
	today, err := p.s.Today(r.Context())
	if err != nil {
		return err
	}
	groups, err := k.groups(r.Context())
	if err != nil {
		return err
	}
	d := detailView{info: k.info(&v, today), today: today, edit: identity.Can(r.Context(), k.Edit())}
	for _, g := range groups {
		d.facts = append(d.facts, factGroup{g.Title, records.Facts(g, &v)})
	}
	sp := span{from: &today}
	if d.from != nil {
		sp = span{d.from, d.until, d.reason}
	}
	d.leave = outForm(d.href(), d.version, &sp, nil, nil)
	m := p.rt.Meta(r, web.PageMeta{Title: d.title(), Section: "fleet", Subtitle: d.detail})
	m.Actions = detailActions(m.CSRF, d)
	return web.Render(w, r, http.StatusOK, detailPage(m, d))
}
