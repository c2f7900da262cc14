package loadsweb

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/web"
)

// viaHTMX reports a request of which only the form itself is wanted back.
func viaHTMX(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// refusal splits an error into what the form shows; false when it is not the
// form's matter and goes on to the frame. A barrier is: the form asks why.
func refusal(err error) (string, map[string]string, bool) {
	var e *errs.Error
	if !errors.As(err, &e) || e.Kind != errs.KindInvalid && e.Fields[loads.OverrideField] == "" {
		return "", nil, false
	}
	return e.Message, e.Fields, true
}

// fresh is an empty form with the rows nearly every load has.
func (p *pages) fresh() *form {
	f := newForm()
	f.Action, f.Stops, f.Charges = "/loads", 2, 1
	f.Values[at("stops", 0, "type")], f.Values[at("stops", 1, "type")] = "pickup", "delivery"
	f.Values[at("charges", 0, "kind")] = "linehaul"
	return f
}

func (p *pages) blank(w http.ResponseWriter, r *http.Request) error {
	return p.answer(w, r, http.StatusOK, p.fresh())
}

// answer shows a form: alone when htmx asked, else in its page.
func (p *pages) answer(w http.ResponseWriter, r *http.Request, status int, f *form) error {
	m := web.PageMeta{Title: "New load", Section: "loads"}
	if f.ID != "" {
		m.Title = "Change " + f.Number
	}
	m = p.rt.Meta(r, m)
	f.CSRF, f.Customers, f.Sites = m.CSRF, p.customers(r.Context(), "Choose"), p.names.Sites(r.Context())
	if err := p.barrier(r.Context(), f); err != nil {
		return err
	}
	var c templ.Component = editPage(m, f)
	if viaHTMX(r) && r.Method == http.MethodPost {
		c = editForm(f)
	}
	return web.Render(w, r, status, c)
}

func (p *pages) create(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return errs.Invalid("the form did not arrive whole; send it again").Wrap(err)
	}
	f := newForm()
	f.Action = "/loads"
	f.typed(r.PostForm)
	p.pickSites(r.Context(), f)
	if f.press(r.PostFormValue("do")) {
		return p.answer(w, r, http.StatusOK, f)
	}
	in := f.input(loads.Input{Source: "hand", Override: f.Values[loads.OverrideField]})
	if len(f.Errors) > 0 {
		f.Problem = "nothing was saved; put the marked fields right"
		return p.answer(w, r, http.StatusUnprocessableEntity, f)
	}
	save := p.loads.Draft
	if r.PostFormValue("do") == "book" {
		save = p.loads.Book
	}
	l, err := save(r.Context(), in)
	if msg, fields, ok := refusal(err); ok {
		f.refused(msg, fields)
		return p.answer(w, r, http.StatusUnprocessableEntity, f)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, href(l.ID))
}

func (p *pages) editForm(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	l, err := p.loads.Get(r.Context(), id)
	if err != nil {
		return err
	}
	if st := lifecycle.State(l.State); !st.Editable() {
		return errs.Conflict("load %s is %s and is not edited any more", l.Number, st.Words()).Hint("reverse its invoice first; then it can be changed")
	}
	f := p.existing(l)
	f.show(l.Input())
	return p.answer(w, r, http.StatusOK, f)
}

func (p *pages) existing(l loads.Full) *form {
	f := newForm()
	f.ID, f.Number, f.Version, f.Action = l.ID.String(), l.Number, strconv.Itoa(l.Version), href(l.ID)+"/edit"
	if st := lifecycle.State(l.State); st != lifecycle.Draft && st != lifecycle.Tendered {
		f.Payer = ids.Of(l.CustomerID).String()
	}
	return f
}

func (p *pages) edit(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	l, err := p.loads.Get(r.Context(), id)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return errs.Invalid("the form did not arrive whole; send it again").Wrap(err)
	}
	f := p.existing(l)
	f.typed(r.PostForm)
	p.pickSites(r.Context(), f)
	if f.press(r.PostFormValue("do")) {
		return p.answer(w, r, http.StatusOK, f)
	}
	in := f.input(l.Input())
	version, err := strconv.Atoi(f.Version)
	if err != nil {
		return errs.Invalid("this form is out of date; load the page again")
	}
	if len(f.Errors) > 0 {
		f.Problem = "nothing was saved; put the marked fields right"
		return p.answer(w, r, http.StatusUnprocessableEntity, f)
	}
	in.Flags, in.Override = f.keep(in.Flags, l.Input()), f.Values[loads.OverrideField]
	_, err = p.loads.Edit(r.Context(), id, version, in)
	if msg, fields, ok := refusal(err); ok {
		f.refused(msg, fields)
		return p.answer(w, r, http.StatusUnprocessableEntity, f)
	} else if err != nil {
		return p.stale(w, r, err, f, func() error { return p.answer(w, r, http.StatusConflict, f) })
	}
	return web.Redirect(w, r, href(id))
}

// stale shows a conflict without losing what was typed: a script keeps the form
// and says why; without scripts the form itself comes back.
func (p *pages) stale(_ http.ResponseWriter, r *http.Request, err error, f *form, again func() error) error {
	if !errs.Is(err, errs.KindConflict) || viaHTMX(r) {
		return err
	}
	f.Problem = errs.Public(err).Message
	return again()
}

// idOf reads an id of a form; the zero id for anything else.
func idOf(s string) ids.ID {
	id, err := ids.Parse(s)
	if err != nil {
		return ids.ID{}
	}
	return id
}
