package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
	"truckflow/internal/web/ui"
)

// statuses translates kinds to HTTP, once for pages and API.
var statuses = map[errs.Kind]int{
	errs.KindInvalid: 422, errs.KindUnauthenticated: 401, errs.KindForbidden: 403, errs.KindNotFound: 404, errs.KindConflict: 409,
	errs.KindTooLarge: 413, errs.KindUnsupported: 415, errs.KindRateLimited: 429, errs.KindUnavailable: 503, errs.KindInternal: 500,
}

// Status returns the HTTP status of an error's kind.
func Status(err error) int {
	var mbe *http.MaxBytesError
	if errors.As(err, &mbe) {
		return 413
	}
	return statuses[errs.KindOf(err)]
}

// Fail answers with err: sign-in for strangers, an error page for people, the
// X-Message header (shown as a toast) for a fragment.
func (rt *Router) Fail(w http.ResponseWriter, r *http.Request, err error) {
	status, pub := Status(err), errs.Public(err)
	if r.Context().Err() != nil {
		return // the browser went away: nobody waits for an answer
	}
	if status >= 500 {
		rt.log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", logged(r), "error", err)
	} else {
		rt.log.DebugContext(r.Context(), "request refused", "method", r.Method, "path", logged(r), "error", err)
	}
	if status == 401 && wantsPage(r) && r.Header.Get("HX-Request") == "" && r.Header.Get("Accept") != "text/event-stream" {
		http.Redirect(w, r, "/sign-in?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	if status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	w.Header().Set("X-Message", strings.NewReplacer("\n", " ", "\r", " ").Replace(pub.Message))
	if r.Header.Get("HX-Request") == "true" || strings.Contains(r.Header.Get("Accept"), "application/json") {
		http.Error(w, pub.Message, status)
		return
	}
	page := ui.ErrorPage(ui.ErrorProps{Status: status, Safe: safeWords(status, err), Do: pub.HintMsg, Again: sentAgain(r, err), RequestID: tenant.RequestID(r.Context())})
	r = r.WithContext(templ.WithChildren(r.Context(), page))
	if err := Render(w, r, status, Bare(ui.Sentence(pub.Message))); err != nil {
		rt.log.ErrorContext(r.Context(), "error page", "error", err)
	}
}

// isUnknown reports a change that may have been saved.
func isUnknown(err error) bool { return errs.Public(err).Message == pg.ErrUnknown.Message }

func safeWords(status int, err error) string {
	switch {
	case errs.Is(err, errs.KindUnavailable) && !isUnknown(err):
		return "Nothing was saved."
	case status >= 500:
		return "Nothing was half saved: a change is whole or not at all."
	case status == 404:
		return "Nothing was changed."
	}
	return "Nothing was saved."
}

// logged is a request's path without the secret that a link into an account ends with.
func logged(r *http.Request) string {
	for _, p := range []string{"/join/", "/reset/"} {
		if strings.HasPrefix(r.URL.Path, p) {
			return p + "..."
		}
	}
	return r.URL.Path
}
