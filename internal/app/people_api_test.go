package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"truckflow/internal/identity"
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/outbox"
	"truckflow/internal/platform/pg"
)

// caller is a program that uses /v1 as one person.
type caller struct {
	*testing.T
	h      http.Handler
	bearer string
}

// call sends one request, which must be answered with a status, and reads the answer into out unless it is nil.
func (c caller) call(want int, method, path, body string, out any) *httptest.ResponseRecorder {
	c.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body)).WithContext(c.Context())
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.bearer)
	w := httptest.NewRecorder()
	c.h.ServeHTTP(w, r)
	if w.Code != want {
		c.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, want, w.Body)
	}
	if want >= 400 && w.Header().Get("Content-Type") != "application/problem+json" {
		c.Errorf("%s %s is refused as %s", method, path, w.Header().Get("Content-Type"))
	}
	if out != nil {
		if err := json.Unmarshal(w.Body.Bytes(), out); err != nil {
			c.Fatal(err, w.Body)
		}
	}
	return w
}

// all follows a list's cursor to its end and returns its items.
func all[V any](c caller, path string) (out []V) {
	c.Helper()
	for cursor := ""; ; {
		var p struct {
			Items []V
			Next  string
		}
		sep := "?"
		if strings.Contains(path, "?") {
			sep = "&"
		}
		c.call(200, "GET", path+sep+"limit=2&cursor="+url.QueryEscape(cursor), "", &p)
		if len(p.Items) > 2 {
			c.Fatalf("%s: a page of %d", path, len(p.Items))
		}
		out = append(out, p.Items...)
		if cursor = p.Next; cursor == "" {
			return out
		}
	}
}

type personDoc struct {
	ID, Name, Email, Role string
	Version               int
	Active                bool
}

// TestPeopleThroughTheAPI invites, changes and lets go: what the settings pages do.
func TestPeopleThroughTheAPI(t *testing.T) {
	t.Parallel()
	a := start(t)
	c := open(t, a, "STAFF")
	owner := caller{t, a.Handler(), c.bearer}
	type offer struct{ ID, Email, Role string }
	var made []offer
	for i := range 3 {
		var o offer
		owner.call(201, "POST", "/v1/invitations", fmt.Sprintf(`{"email":"New%d@staff.example.com","name":"Nia","role":"dispatcher"}`, i), &o)
		made = append(made, o)
	}
	if open := all[offer](owner, "/v1/invitations"); len(open) != 3 || open[0] != made[0] || open[0].Email != "new0@staff.example.com" {
		t.Errorf("open invitations %+v, made %+v", open, made)
	}
	// The link is in the mail and nowhere else; taken back it opens nothing.
	c.settled(t, a)
	link := func(to string) string {
		for _, m := range all[struct{ ID, To string }](owner, "/v1/mails") {
			if m.To == to {
				var full struct{ Body string }
				owner.call(200, "GET", "/v1/mails/"+m.ID, "", &full)
				_, rest, _ := strings.Cut(full.Body, "/join/")
				return strings.Fields(rest + " ")[0]
			}
		}
		t.Fatal("no mail to " + to)
		return ""
	}
	owner.call(204, "DELETE", "/v1/invitations/"+made[1].ID, "", nil)
	owner.call(404, "DELETE", "/v1/invitations/"+made[1].ID, "", nil)
	if err := a.Identity.Accept(t.Context(), link(made[1].Email), "Nia", "a long password 7"); err == nil {
		t.Error("an invitation that was taken back was accepted")
	}
	if err := a.Identity.Accept(t.Context(), link(made[0].Email), "Nia", "a long password 7"); err != nil {
		t.Fatal(err)
	}
	if open := all[offer](owner, "/v1/invitations"); len(open) != 1 || open[0] != made[2] {
		t.Errorf("open invitations after one was taken and one taken back: %+v", open)
	}

	people := all[personDoc](owner, "/v1/users")
	if len(people) != 2 {
		t.Fatalf("%+v", people)
	}
	i := 0
	if people[1].Email == made[0].Email {
		i = 1
	}
	nia, boss := people[i], people[1-i]
	bearer, _, err := a.Identity.IssueToken(t.Context(), nia.Email, "a long password 7", "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	asNia := caller{t, owner.h, bearer}
	for _, path := range []string{"/v1/users", "/v1/invitations", "/v1/users/" + nia.ID} {
		asNia.call(403, "GET", path, "", nil)
	}
	var got personDoc
	owner.call(200, "PATCH", "/v1/users/"+nia.ID, `{"version":1,"role":"accountant"}`, &got)
	if got.Role != "accountant" || got.Name != "Nia" || got.Version == nia.Version || !got.Active {
		t.Errorf("after a change of role: %+v", got)
	}
	asNia.call(401, "GET", "/v1/loads", "", nil) // another role is another token
	owner.call(409, "PATCH", "/v1/users/"+nia.ID, `{"version":1,"role":"viewer"}`, nil)
	owner.call(422, "PATCH", "/v1/users/"+nia.ID, fmt.Sprintf(`{"version":%d,"role":"king"}`, got.Version), nil)
	owner.call(200, "POST", "/v1/users/"+nia.ID+"/deactivate", fmt.Sprintf(`{"version":%d}`, got.Version), &got)
	if _, _, err := a.Identity.IssueToken(t.Context(), nia.Email, "a long password 7", "127.0.0.1"); err == nil || got.Active {
		t.Errorf("a person who was let go signs in: %+v", got)
	}
	owner.call(200, "POST", "/v1/users/"+nia.ID+"/reactivate", fmt.Sprintf(`{"version":%d}`, got.Version), &got)
	if _, _, err := a.Identity.IssueToken(t.Context(), nia.Email, "a long password 7", "127.0.0.1"); err != nil || !got.Active {
		t.Errorf("a person who is back does not: %v %+v", err, got)
	}
	owner.call(409, "POST", "/v1/users/"+boss.ID+"/deactivate", fmt.Sprintf(`{"version":%d}`, boss.Version), nil)
	c.secrets(t, a, owner)
}

// secrets fails when a hash or a link of the company is in any answer about its people.
func (c company) secrets(t *testing.T, a *App, owner caller) {
	var hashes []string
	err := a.d.db.WithRead(tenant.System(t.Context(), c.org), func(ctx context.Context, tx *pg.Tx) error {
		return tx.QueryRow(ctx, `select array_agg(x) from (select password_hash from users union all select token_hash from invitations union all select token_hash from sessions) h (x)`).Scan(&hashes)
	})
	if err != nil || len(hashes) < 6 {
		t.Fatal(len(hashes), err)
	}
	answers := owner.call(201, "POST", "/v1/invitations", `{"email":"last@staff.example.com","role":"owner"}`, nil).Body.String()
	for _, path := range []string{"/v1/users", "/v1/invitations"} {
		answers += owner.call(200, "GET", path, "", nil).Body.String()
	}
	for _, h := range append(hashes, "/join/", "hash", "token") {
		if strings.Contains(answers, h) {
			t.Errorf("the answers hold %q", h)
		}
	}
}

// TestViewsThroughTheAPI: one's own views can be forgotten, a colleague's shared ones only seen.
func TestViewsThroughTheAPI(t *testing.T) {
	t.Parallel()
	a := start(t)
	c := open(t, a, "VIEWS")
	_, _, bearer := join(t, a, c.ctx, identity.Viewer, "vi@views.example.com")
	owner, vi := caller{t, a.Handler(), c.bearer}, caller{t, a.Handler(), bearer}
	type view struct {
		ID, Name, Query string
		Mine, Shared    bool
	}
	var late view
	owner.call(201, "POST", "/v1/views", `{"name":"Late","query":"only=late","shared":true}`, &late)
	owner.call(201, "POST", "/v1/views", `{"name":"Mine","query":"q=dallas"}`, nil)
	vi.call(201, "POST", "/v1/views", `{"name":"All","query":""}`, nil)
	vi.call(201, "POST", "/v1/views", `{"name":"Reefers","query":"q=reefer"}`, nil)
	owner.call(422, "POST", "/v1/views", `{"name":"Broken","query":"%zz"}`, nil)
	owner.call(422, "POST", "/v1/views", `{"name":"Elsewhere","query":"","screen":"moon"}`, nil)
	sees := func(who caller) (names string) {
		for _, v := range all[view](who, "/v1/views") {
			names += fmt.Sprintf("%s %t; ", v.Name, v.Mine)
		}
		return names
	}
	if got := sees(vi); got != "All true; Late false; Reefers true; " {
		t.Errorf("the viewer sees %s", got)
	}
	vi.call(404, "DELETE", "/v1/views/"+late.ID, "", nil)
	owner.call(204, "DELETE", "/v1/views/"+late.ID, "", nil)
	if got := sees(vi); got != "All true; Reefers true; " {
		t.Errorf("the viewer sees %s", got)
	}
}

// TestMoneyThroughTheAPI: payments by customer and day with what they settled,
// and mails for those who may read them.
func TestMoneyThroughTheAPI(t *testing.T) {
	t.Parallel()
	a := start(t)
	c := furnish(t, a, "MONEY")
	owner := caller{t, a.Handler(), c.bearer}
	_, _, bearer := join(t, a, c.ctx, identity.Accountant, "clerk@money.example.com")
	clerk := caller{t, owner.h, bearer}
	c.paymentsListed(t, clerk)
	c.mailsListed(t, a, owner, clerk)
}

func (c company) paymentsListed(t *testing.T, clerk caller) {
	type doc struct {
		ID, Amount, Reference string
		ReceivedOn            string `json:"received_on"`
		ReversesID            string `json:"reverses_id"`
		ReversedBy            string `json:"reversed_by"`
		Applied               []struct {
			InvoiceID    string `json:"invoice_id"`
			Kind, Amount string
			Reason       string
		}
	}
	cust, inv := c.things["customer"].String(), c.things["invoice"].String()
	var paid doc
	clerk.call(200, "POST", "/v1/payments", fmt.Sprintf(`{"customer_id":%q,"received_on":%q,"amount":"100.00","method":"check","reference":"CHK 9",
		"shares":[{"invoice_id":%q,"amount":"100.00","short":"5.00","reason":"late fee"}]}`, cust, ago(9), inv), &paid)
	clerk.call(200, "GET", "/v1/payments/"+paid.ID, "", &paid)
	if len(paid.Applied) != 2 || paid.Applied[0].InvoiceID != inv || paid.Applied[0].Amount != "100.00" || paid.Applied[1].Kind != "short_pay" || paid.Applied[1].Amount != "5.00" || paid.Applied[1].Reason != "late fee" {
		t.Errorf("what the payment settled: %+v", paid.Applied)
	}
	var back doc
	clerk.call(200, "POST", "/v1/payments/"+paid.ID+"/reverse", `{"reason":"bounced"}`, &back)
	clerk.call(200, "GET", "/v1/payments/"+paid.ID, "", &paid)
	if back.Amount != "-100.00" || back.ReversesID != paid.ID || paid.ReversedBy != back.ID {
		t.Errorf("reversed %+v by %+v", paid, back)
	}
	for query, want := range map[string]string{
		"": "-100.00 100.00 400.00", "customer_id=" + cust: "-100.00 100.00 400.00", "customer_id=" + c.things["load"].String(): "",
		"since=" + ago(9) + "&until=" + ago(9): "100.00", "since=" + ago(1): "-100.00 400.00", "until=" + ago(10): "", "customer_id=" + cust + "&until=" + ago(2): "100.00",
	} {
		var got []string
		for _, p := range all[doc](clerk, "/v1/payments?"+query) {
			got = append(got, p.Amount)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("payments?%s: %v, want %s", query, got, want)
		}
	}
	clerk.call(422, "GET", "/v1/payments?since=yesterday", "", nil)
	clerk.call(422, "GET", "/v1/payments?cursor=nonsense", "", nil)
}

func (c company) mailsListed(t *testing.T, a *App, owner, clerk caller) {
	owner.call(201, "POST", "/v1/invitations", `{"email":"second-boss@money.example.com","role":"owner"}`, nil)
	c.settled(t, a)
	type doc struct{ ID, To, About, State string }
	var invitation, invoice doc
	for _, m := range all[doc](owner, "/v1/mails") {
		if m.About == "invitation" {
			invitation = m
		} else {
			invoice = m
		}
	}
	if seen := all[doc](clerk, "/v1/mails"); len(seen) != 1 || seen[0] != invoice || invoice.State != "kept" {
		t.Errorf("the clerk sees %+v", seen)
	}
	// An invitation to become an owner is the way to become one.
	clerk.call(404, "GET", "/v1/mails/"+invitation.ID, "", nil)
	clerk.call(404, "GET", "/v1/mails/"+invitation.ID+"/files/0", "", nil)
	clerk.call(404, "POST", "/v1/mails/"+invitation.ID+"/again", `{"to":"clerk@money.example.com"}`, nil)
	owner.call(409, "POST", "/v1/mails/"+invitation.ID+"/again", `{"to":"friend@money.example.com"}`, nil)
	if pdf := clerk.call(200, "GET", "/v1/mails/"+invoice.ID+"/files/0", "", nil); !strings.HasPrefix(pdf.Body.String(), "%PDF-") || pdf.Header().Get("Content-Type") != "application/pdf" {
		t.Errorf("the mail's file: %s %.20s", pdf.Header().Get("Content-Type"), pdf.Body)
	}
	clerk.call(404, "GET", "/v1/mails/"+invoice.ID+"/files/1", "", nil)
	clerk.call(422, "POST", "/v1/mails/"+invoice.ID+"/again", `{"to":"nobody"}`, nil)
	var sent doc
	clerk.call(202, "POST", "/v1/mails/"+invoice.ID+"/again", `{"to":"second@broker.example.com"}`, &sent)
	c.settled(t, a)
	if ms := all[doc](clerk, "/v1/mails?state=kept&invoice_id="+c.things["invoice"].String()); len(ms) != 2 || ms[0].ID != sent.ID || ms[0].To != "second@broker.example.com" {
		t.Errorf("after sending again: %+v, sent %+v", ms, sent)
	}
	if ms := all[doc](owner, "/v1/mails?state=failed"); len(ms) != 0 {
		t.Errorf("%+v", ms)
	}
}

// TestJoining walks an invitation's link: it says whose company it is and for
// whom, keeps what was written when the password is refused, and signs in at once.
func TestJoining(t *testing.T) {
	t.Parallel()
	a := start(t)
	ctx := found(t, a, "Joiners")
	token := must(a.Identity.Invite(ctx, "nia@joiners.example.com", "Nia", identity.Dispatcher, nil))(t).Token
	h := a.Handler()
	send := func(method string, form url.Values) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/join/"+token, strings.NewReader(form.Encode())).WithContext(t.Context())
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	has(t, send("GET", nil).Body.String(), "Join Joiners", "Owner of Joiners invites you to work here as dispatcher", `value="nia@joiners.example.com"`)
	if w := send("POST", url.Values{"name": {"Nia Lund"}, "password": {"short"}}); w.Code != 422 || !strings.Contains(w.Body.String(), `value="Nia Lund"`) || !strings.Contains(w.Body.String(), "10 to 200 characters") {
		t.Errorf("a short password: %d %s", w.Code, w.Body)
	}
	w := send("POST", url.Values{"name": {"Nia Lund"}, "password": {"a long password 7"}})
	cookies := w.Result().Cookies()
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/" || len(cookies) != 1 {
		t.Fatalf("joined: %d %v", w.Code, w.Header())
	}
	if who, err := a.Identity.Resume(t.Context(), cookies[0].Value, "127.0.0.1"); err != nil || who.Name != "Nia Lund" || who.Role != "dispatcher" {
		t.Errorf("the one who joined: %+v, %v", who, err)
	}
	if w := send("GET", nil); w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), "<h1>This invitation is not open any more; ask for a new one.</h1>") {
		t.Errorf("the link a second time: %d %s", w.Code, w.Body)
	}
}

// TestAForgottenPasswordIsReplaced walks both links: the one an owner makes, and
// the one that comes by mail and tells a stranger nothing.
func TestAForgottenPasswordIsReplaced(t *testing.T) {
	t.Parallel()
	a := startIn(t, t.TempDir(), "SMTP_URL", "smtp://127.0.0.1:1")
	owner := found(t, a, "Forgetful")
	const email = "nia@forgetful.example.com"
	join(t, a, owner, identity.Dispatcher, email)
	h := a.Handler()
	send := func(method, path string, form url.Values) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(form.Encode())).WithContext(t.Context())
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	link := regexp.MustCompile(`/reset/[\w-]{43}`)
	choose := func(path string) {
		t.Helper()
		if w := send("POST", path, url.Values{"password": {"short"}}); w.Code != 422 || !strings.Contains(w.Body.String(), "10 to 200 characters") {
			t.Errorf("a short password: %d %s", w.Code, w.Body)
		}
		has(t, send("GET", path, nil).Body.String(), email)
		w := send("POST", path, url.Values{"password": {"the new password 9"}})
		if len(w.Result().Cookies()) != 1 || w.Code != http.StatusSeeOther {
			t.Fatalf("chosen: %d %v %s", w.Code, w.Header(), w.Body)
		}
		if who, err := a.Identity.Resume(t.Context(), w.Result().Cookies()[0].Value, "127.0.0.1"); err != nil || who.Role != "dispatcher" {
			t.Errorf("%+v, %v", who, err)
		}
		if w := send("GET", path, nil); w.Code != http.StatusNotFound {
			t.Errorf("the link a second time: %d", w.Code)
		}
	}
	b := browse(t, a, "Forgetful")
	us, _, err := a.Identity.People(owner)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range us {
		if u.Email == email {
			page := b.do("POST", "/settings/people/"+u.ID.String()+"/reset", nil).Body.String()
			has(t, page, "signed out everywhere")
			choose(link.FindString(page))
		}
	}
	has(t, send("GET", "/sign-in", nil).Body.String(), `href="/forgot"`)
	mails := func() (found []string) {
		for _, m := range must(a.Outbox.List(owner, outbox.Filter{About: "password"}, page.Request{}))(t).Items {
			found = append(found, m.To+" "+link.FindString(m.Body))
		}
		return found
	}
	known := send("POST", "/forgot", url.Values{"email": {email}})
	until(t, "the link is mailed", func() bool { return len(mails()) == 2 })
	stranger := send("POST", "/forgot", url.Values{"email": {"who@forgetful.example.com"}})
	if known.Code != 200 || stranger.Code != 200 || strings.ReplaceAll(known.Body.String(), email, "") != strings.ReplaceAll(stranger.Body.String(), "who@forgetful.example.com", "") {
		t.Errorf("a stranger is answered otherwise: %s", stranger.Body)
	}
	_, path, _ := strings.Cut(mails()[0], " ")
	choose(path)

	kept := start(t)
	has(t, func() string {
		w := httptest.NewRecorder()
		kept.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/forgot", nil))
		return w.Body.String()
	}(), "This server sends no mail", "truckflow user reset-password")
}
