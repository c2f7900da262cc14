// Package records has the pages that every plain record shares: a form made of
// inputs that know how to read and write one value, the same values as facts on
// a detail page, and the way of a CSV file from upload over preview to import.
package records

import (
	"errors"
	"net/http"
	"strings"

	"truckflow/internal/kit/csvio"
	"truckflow/internal/kit/errs"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

// Input is one value of a record on its form.
type Input[T any] struct {
	ui.FieldProps // Name, Label and whatever the control needs; Type "select", "textarea" and "checkbox" choose it
	Get           func(*T) string
	Set           func(*T, string) error // gets trimmed text; a checkbox sends "yes" or ""
}

// Group is a titled part of a form: rows of inputs side by side.
type Group[T any] struct {
	Title string
	Rows  [][]Input[T]
}

// Section is a group made ready to show.
type Section struct {
	Title string
	Rows  [][]ui.FieldProps
}

// Fact is a value that is not empty, on a detail page.
type Fact struct{ Label, Value string }

// Read writes what a form sent into v and returns it as typed, so that a
// refused form keeps every keystroke; err names the fields it could not read.
func Read[T any](groups []Group[T], v *T, r *http.Request) (typed map[string]string, err error) {
	typed = map[string]string{}
	bad := map[string]string{}
	for _, g := range groups {
		for _, row := range g.Rows {
			for _, in := range row {
				s := strings.TrimSpace(r.PostFormValue(in.Name))
				typed[in.Name] = s
				if err := in.Set(v, s); err != nil {
					bad[in.Name] = errs.Public(err).Message
				}
			}
		}
	}
	if len(bad) == 0 {
		return typed, nil
	}
	e := errs.Invalid("nothing was saved: %d values cannot be read", len(bad))
	if len(bad) == 1 {
		e = errs.Invalid("nothing was saved: one value cannot be read")
	}
	e.Fields = bad
	return typed, e
}

// Sections makes a form of v's values, or of typed where it has them, with the errors of err.
func Sections[T any](groups []Group[T], v *T, typed map[string]string, err error) (out []Section) {
	wrong := Faults(err)
	for _, g := range groups {
		s := Section{Title: g.Title}
		for _, row := range g.Rows {
			var ps []ui.FieldProps
			for _, in := range row {
				p := in.FieldProps
				p.Value = in.Get(v)
				if t, ok := typed[in.Name]; ok {
					p.Value = t
				}
				p.Error = wrong[in.Name]
				if p.Type == "checkbox" {
					p.Checked, p.Value = p.Value == "yes", "yes"
				}
				ps = append(ps, p)
			}
			s.Rows = append(s.Rows, ps)
		}
		out = append(out, s)
	}
	return out
}

// Facts returns the values of a group that are not empty; choices read as their labels.
func Facts[T any](g Group[T], v *T) (fs []Fact) {
	for _, row := range g.Rows {
		for _, in := range row {
			s := in.Get(v)
			for _, o := range in.Options {
				if o.Value == s {
					s = o.Label
				}
			}
			if d, err := csvio.ParseDate(s); in.Type == "date" && err == nil && d != nil {
				s = d.Format("Jan 2, 2006")
			}
			if s == "" || in.Type == "checkbox" && s != "yes" {
				continue
			}
			fs = append(fs, Fact{in.Label, strings.TrimSpace(in.Prefix + s + " " + in.Suffix)})
		}
	}
	return fs
}

// Faults returns the fields err names.
func Faults(err error) map[string]string {
	var e *errs.Error
	if errors.As(err, &e) {
		return e.Fields
	}
	return nil
}

// Refused reports whether err is for the form it came from, which then answers
// 422, rather than for the error page: it names fields.
func Refused(err error) bool { return len(Faults(err)) > 0 }

// FormView is a form on its way to the page.
type FormView struct {
	Action   string
	Cancel   string // where Cancel goes
	Label    string // of the button
	Version  int    // of the record as read; 0 for a new one
	Sections []Section
	Error    error // why it was refused
	Danger   bool
}

func (v FormView) message() string {
	if v.Error == nil {
		return ""
	}
	return ui.Sentence(errs.Public(v.Error).Message)
}

// Answer shows a refused form: alone for htmx, inside its page otherwise.
func Answer(w http.ResponseWriter, r *http.Request, m web.PageMeta, v FormView) error {
	status := http.StatusOK
	if v.Error != nil {
		status = http.StatusUnprocessableEntity
	}
	if r.Header.Get("HX-Request") == "true" && v.Error != nil {
		return web.Render(w, r, status, Form(m.CSRF, v))
	}
	return web.Render(w, r, status, formPage(m, v))
}
