package web

import (
	"context"
	"crypto/subtle"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
)

// cookieName carries the session's secret: HttpOnly, SameSite=Lax, and Secure under TLS.
const cookieName = "truckflow_session"

// Handler serves one page or form; an error becomes an error page once, here.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Route is a registered page with what it takes to open it: the walk over all
// routes as the wrong role and tenant reads this list.
type Route struct {
	Pattern    string // "POST /loads/{id}/book"
	Permission identity.Permission
	Public     bool
}

// Router dispatches pages: who is it, may they, is the form theirs.
type Router struct {
	ids     *identity.Service
	log     *slog.Logger
	mux     *http.ServeMux
	routes  []Route
	counts  func(ctx context.Context) map[string]int
	db      Database
	proxies []netip.Prefix
}

// Database is what the frame asks of it; pg.DB is one.
type Database interface {
	Repeat(ctx context.Context, fn func(ctx context.Context) error) error
	Away() (since time.Time, away bool)
}

// NewRouter returns an empty router. proxies are the addresses whose
// X-Forwarded-For is believed.
func NewRouter(ids *identity.Service, db Database, log *slog.Logger, proxies []netip.Prefix) *Router {
	rt := &Router{ids: ids, db: db, log: log, mux: http.NewServeMux(), proxies: proxies, counts: func(context.Context) map[string]int { return nil }}
	rt.mux.Handle("GET /static/", Static())
	rt.Handle("GET "+pathReadOnly, identity.Self, rt.readOnly)
	return rt
}

// Counts sets what fills the menu's badges, by NavItem.Key.
func (rt *Router) Counts(fn func(ctx context.Context) map[string]int) { rt.counts = fn }

// Routes lists what was registered.
func (rt *Router) Routes() []Route { return rt.routes }

// Handle registers a page for people whose role has p.
func (rt *Router) Handle(pattern string, p identity.Permission, h Handler) {
	rt.routes = append(rt.routes, Route{Pattern: pattern, Permission: p})
	rt.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if wantsPage(r) {
			r = r.WithContext(pg.WithReplica(r.Context()))
		}
		r, err := rt.signedIn(r, p)
		if err == nil {
			err = rt.serve(w, r, h)
		}
		if err != nil {
			rt.Fail(w, r, err)
		}
	})
}

// Public registers a page for anybody; forms are guarded by the Origin header alone.
func (rt *Router) Public(pattern string, h Handler) {
	rt.routes = append(rt.routes, Route{Pattern: pattern, Public: true})
	rt.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		err := sameOrigin(r)
		if err == nil {
			err = h(w, r)
		}
		if err != nil {
			rt.Fail(w, r, err)
		}
	})
}

// SecurityHeaders are what every page carries, name and value. What nginx answers
// by itself (a refused upload, the program down) carries the same.
var SecurityHeaders = [][2]string{
	{"Content-Security-Policy", ContentPolicy},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
	{"Referrer-Policy", "same-origin"},
	{"Permissions-Policy", "geolocation=(), camera=(), microphone=()"},
}

// ServeHTTP serves the page with the security headers every answer carries.
func (rt *Router) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	for _, x := range SecurityHeaders {
		h.Set(x[0], x[1])
	}
	if r.URL.Path != "/" && !strings.HasPrefix(r.URL.Path, "/static/") {
		h.Set("Cache-Control", "private, no-store")
	}
	if _, pattern := rt.mux.Handler(r); pattern == "" {
		if wantsPage(r) {
			rt.Fail(w, r, errs.NotFound("there is no page at this address"))
			return
		}
	}
	rt.mux.ServeHTTP(w, r)
}

func wantsPage(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead
}

// signedIn returns r with its actor, or why not.
func (rt *Router) signedIn(r *http.Request, p identity.Permission) (*http.Request, error) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return r, errs.Unauthenticated("sign in first")
	}
	a, err := rt.ids.Resume(r.Context(), c.Value, rt.ClientIP(r))
	if err != nil {
		return r, err
	}
	r = r.WithContext(tenant.With(r.Context(), a))
	if !wantsPage(r) {
		if err := sameOrigin(r); err != nil {
			return r, err
		}
		got := r.Header.Get("X-CSRF-Token")
		if got == "" && !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
			r.Body = http.MaxBytesReader(nil, r.Body, 1<<20)
			got = r.PostFormValue("csrf")
		}
		if subtle.ConstantTimeCompare([]byte(got), []byte(rt.ids.CSRF(a.Session))) != 1 {
			return r, errs.Forbidden("this form is out of date; load the page again and repeat it")
		}
	}
	_, err = identity.Require(r.Context(), p)
	return r, err
}

// sameOrigin refuses forms that another site sent.
func sameOrigin(r *http.Request) error {
	if wantsPage(r) {
		return nil
	}
	if s := r.Header.Get("Sec-Fetch-Site"); s != "" && s != "same-origin" && s != "none" {
		return errs.Forbidden("this form came from another site")
	}
	if o := r.Header.Get("Origin"); o != "" && o != "null" && !strings.HasSuffix(o, "://"+r.Host) {
		return errs.Forbidden("this form came from another site")
	}
	return nil
}

// ClientIP returns the caller's address; a trusted proxy's word is taken for it.
func (rt *Router) ClientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	hops := strings.Split(r.Header.Get("X-Forwarded-For"), ",")
	for i := len(hops) - 1; i >= 0 && rt.trusted(host); i-- {
		hop := strings.TrimSpace(hops[i])
		if _, err := netip.ParseAddr(hop); err != nil {
			break
		}
		host = hop
	}
	return host
}

func (rt *Router) trusted(ip string) bool {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	for _, p := range rt.proxies {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// SetSession gives the browser its session; a token of "" takes it away.
func SetSession(w http.ResponseWriter, r *http.Request, token string) {
	c := &http.Cookie{Name: cookieName, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https", MaxAge: int(identity.SessionMax / time.Second)}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// Meta fills the frame around a page for the person in r. Pages set Title and
// Section, and may set the rest, before calling it.
func (rt *Router) Meta(r *http.Request, m PageMeta) PageMeta {
	a, _ := tenant.From(r.Context())
	m.User = UserView{Name: a.Name, Role: a.Role, Company: a.Company}
	m.CSRF = rt.ids.CSRF(a.Session)
	m.Counts = rt.counts(r.Context())
	m.ReadOnly = rt.readOnlyWords(r.Context())
	for _, it := range DefaultNav {
		if p, ok := navPermission[it.Key]; !ok || identity.Can(r.Context(), p) {
			m.Nav = append(m.Nav, it)
		}
	}
	if m.Live == "" {
		m.Live = "/live"
	}
	return m
}

// Zone is the company's own time zone, for what happened in no particular place.
func Zone(ctx context.Context) string {
	a, _ := tenant.From(ctx)
	return a.Zone
}

var navPermission = map[string]identity.Permission{
	"needs": identity.SeeLoads, "review": identity.SeeDocuments, "board": identity.SeeLoads, "map": identity.SeeLoads, "loads": identity.SeeLoads,
	"fleet": identity.SeeFleet, "customers": identity.SeeCustomers, "billing": identity.SeeMoney, "documents": identity.SeeDocuments,
	"mail": identity.SeeMoney, "lanes": identity.SeeMoney, "copilot": identity.SeeLoads, "settings": identity.SeeCompany, "operations": identity.Operate,
}

// Redirect sends the browser on after a form, with or without htmx.
func Redirect(w http.ResponseWriter, r *http.Request, to string) error {
	if r.Header.Get("HX-Request") == "true" {
		w.Header().Set("HX-Redirect", to)
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// PathID reads {name} as an id; anything else is errs.KindNotFound, as for a strange id.
func PathID(r *http.Request, name string) (ids.ID, error) {
	id, err := ids.Parse(r.PathValue(name))
	if err != nil {
		return id, errs.NotFound("there is no such thing at this address").Wrap(err)
	}
	return id, nil
}
