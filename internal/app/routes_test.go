package app

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"truckflow/internal/identity"
	"truckflow/internal/kit/ids"
)

var hole = regexp.MustCompile(`\{([a-z_]+)(\.\.\.|\$)?\}`)

// join makes a person of a role and returns their cookie, CSRF token and bearer token.
func join(t *testing.T, a *App, owner context.Context, role identity.Role, email string) (cookie, csrf, bearer string) {
	t.Helper()
	const pw = "a long password 7"
	token := must(a.Identity.Invite(owner, email, "Somebody", role, nil))(t).Token
	if err := a.Identity.Accept(t.Context(), token, "Somebody", pw); err != nil {
		t.Fatal(err)
	}
	cookie = must(a.Identity.SignIn(t.Context(), email, pw, "127.0.0.1", "test"))(t)
	who := must(a.Identity.Resume(t.Context(), cookie, "127.0.0.1"))(t)
	bearer, _, err := a.Identity.IssueToken(t.Context(), email, pw, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return cookie, a.Identity.CSRF(who.Session), bearer
}

// TestEveryRouteAsTheWrongRole opens every page and every /v1 operation as each
// role that lacks its permission: all must answer 403, and 401 or sign-in to a stranger.
func TestEveryRouteAsTheWrongRole(t *testing.T) {
	a := start(t)
	owner := found(t, a, "Walls")
	h := a.Handler()
	ask := func(method, path, cookie, csrf, bearer string) int {
		r := httptest.NewRequest(method, hole.ReplaceAllString(path, ids.New().String()), strings.NewReader("{}")).WithContext(t.Context())
		r.Header.Set("Content-Type", "application/json")
		if cookie != "" {
			r.AddCookie(&http.Cookie{Name: "truckflow_session", Value: cookie})
			r.Header.Set("X-CSRF-Token", csrf)
		}
		if bearer != "" {
			r.Header.Set("Authorization", "Bearer "+bearer)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	for _, role := range []identity.Role{identity.Driver, identity.Viewer, identity.Safety, identity.Accountant, identity.Dispatcher} {
		cookie, csrf, bearer := join(t, a, owner, role, string(role)+"@walls.example.com")
		n := 0
		for _, rt := range a.Router.Routes() {
			method, path, _ := strings.Cut(strings.ReplaceAll(rt.Pattern, "{$}", ""), " ")
			if rt.Public || role.May(rt.Permission) {
				continue
			}
			if n++; ask(method, path, cookie, csrf, "") != 403 {
				t.Errorf("%s as %s: not refused", rt.Pattern, role)
			}
			if c := ask(method, path, "", "", ""); c != 401 && c != 303 {
				t.Errorf("%s as a stranger: %d", rt.Pattern, c)
			}
		}
		for _, rt := range a.API.Routes() {
			if rt.Public || role.May(rt.Permission) {
				continue
			}
			// Input is checked before the role: 422 tells nothing of the tenant's rows.
			if c := ask(rt.Method, rt.Path, "", "", bearer); c != 403 && c != 422 {
				t.Errorf("%s %s as %s: %d", rt.Method, rt.Path, role, c)
			}
			n++
		}
		if n == 0 && role != identity.Dispatcher {
			t.Errorf("%s may do everything", role)
		}
	}
}
