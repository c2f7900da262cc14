package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"truckflow/internal/kit/errs"
	"truckflow/internal/web/ui"
)

// pathReadOnly answers the frame's banner, which asks until it is empty.
const pathReadOnly = "/read-only"

// readOnlyWords say that nothing can be saved and since when, "" while it can.
func (rt *Router) readOnlyWords(ctx context.Context) string {
	since, away := rt.db.Away()
	if !away {
		return ""
	}
	return "Read only: the database has had no primary since " + ui.InZone(since, Zone(ctx)).Format("15:04 MST") +
		". Everything can be looked at; nothing can be saved until it is back. What you type stays."
}

func (rt *Router) readOnly(w http.ResponseWriter, r *http.Request) error {
	return Render(w, r, http.StatusOK, readOnlyBanner(rt.readOnlyWords(r.Context())))
}

// serve lets h answer, and answer again where the database broke off under it and
// that is safe (pg.DB.Repeat): nothing was written to w, and the request can be read twice.
func (rt *Router) serve(w http.ResponseWriter, r *http.Request, h Handler) error {
	if !wantsPage(r) {
		if !isForm(r) {
			return h(w, r)
		}
		if err := r.ParseForm(); err != nil {
			return errs.Invalid("this form cannot be read").Wrap(err)
		}
	}
	n := &noted{ResponseWriter: w}
	var last error
	err := rt.db.Repeat(r.Context(), func(ctx context.Context) error {
		last = h(n, r.WithContext(ctx))
		if n.wrote {
			return nil
		}
		return last
	})
	if n.wrote {
		return last
	}
	return err
}

// isForm reports a body that can be kept and read twice.
func isForm(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
}

// noted knows whether something was written.
type noted struct {
	http.ResponseWriter
	wrote bool
}

// WriteHeader notes it.
func (n *noted) WriteHeader(status int) {
	n.wrote = true
	n.ResponseWriter.WriteHeader(status)
}

// Write notes it.
func (n *noted) Write(b []byte) (int, error) {
	n.wrote = true
	return n.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (n *noted) Unwrap() http.ResponseWriter { return n.ResponseWriter }

// sentAgain is a form that was refused because nothing could be saved, with what
// was typed, to be sent once more: nil where the browser has to keep it itself
// (files, passwords) or where it may have been saved.
func sentAgain(r *http.Request, err error) templ.Component {
	if r.Method != http.MethodPost || !errs.Is(err, errs.KindUnavailable) || isUnknown(err) || !isForm(r) || sameOrigin(r) != nil {
		return nil
	}
	if r.PostForm == nil { // refused before anybody read it
		r.Body = http.MaxBytesReader(nil, r.Body, 1<<20)
		if r.ParseForm() != nil {
			return nil
		}
	}
	for name := range r.PostForm {
		if strings.Contains(name, "password") {
			return nil
		}
	}
	return againForm(r.URL.RequestURI(), r.PostForm)
}
