// Package identityweb has the pages of identity: setup, sign-in, invitations, settings.
package identityweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/web"
)

// Deps are what the pages need besides the room.
type Deps struct {
	Invite    identity.Inviter
	Link      func(identity.Offer) string // where an offer is taken up
	Reset     identity.ResetMailer
	ResetLink func(identity.Reset) string // where a new password is chosen
	// Forgot mails such a link to an account's e-mail, without being waited for; nil
	// where no mail is sent.
	Forgot func(ctx context.Context, email, ip string)
}

type pages struct {
	rt  *web.Router
	ids *identity.Service
	Deps
}

// Register adds the pages.
func Register(rt *web.Router, s *identity.Service, d Deps) {
	p := &pages{rt, s, d}
	rt.Public("GET /sign-in", p.signInForm)
	rt.Public("POST /sign-in", p.signIn)
	rt.Handle("POST /sign-out", identity.Self, p.signOut)
	rt.Public("GET /setup", p.setupForm)
	rt.Public("POST /setup", p.setup)
	rt.Public("GET /join/{token}", p.joinForm)
	rt.Public("POST /join/{token}", p.join)
	rt.Public("GET /forgot", p.forgotForm)
	rt.Public("POST /forgot", p.forgot)
	rt.Public("GET /reset/{token}", p.resetForm)
	rt.Public("POST /reset/{token}", p.reset)
	rt.Handle("GET /settings", identity.SeeCompany, p.company)
	rt.Handle("POST /settings", identity.EditCompany, p.saveCompany)
	rt.Handle("GET /settings/people", identity.ManagePeople, p.people)
	rt.Handle("POST /settings/people", identity.ManagePeople, p.invitePerson)
	rt.Handle("POST /settings/people/{id}", identity.ManagePeople, p.setPerson)
	rt.Handle("POST /settings/people/{id}/reset", identity.ManagePeople, p.resetPerson)
	rt.Handle("POST /settings/invitations/{id}/revoke", identity.ManagePeople, p.revoke)
	rt.Handle("GET /settings/audit", identity.SeeAudit, p.audit)
	rt.Handle("GET /settings/account", identity.Self, p.account)
	rt.Handle("POST /settings/account", identity.Self, p.password)
	rt.Handle("POST /settings/keys", identity.Self, p.makeKey)
	rt.Handle("POST /settings/keys/{id}/revoke", identity.Self, p.revokeKey)
}

// next keeps only paths of our own: "//evil" and "/\evil" leave the site.
func next(s string) string {
	if strings.HasPrefix(s, "/") && !strings.HasPrefix(s, "//") && !strings.ContainsAny(s, "\\\r\n") {
		return s
	}
	return "/"
}

func (p *pages) signInForm(w http.ResponseWriter, r *http.Request) error {
	empty, err := p.ids.Empty(r.Context())
	if err != nil {
		return err
	}
	if empty {
		return web.Redirect(w, r, "/setup")
	}
	return web.Render(w, r, 200, signInPage(next(r.FormValue("next")), "", ""))
}

func (p *pages) signIn(w http.ResponseWriter, r *http.Request) error {
	token, err := p.ids.SignIn(r.Context(), r.PostFormValue("email"), r.PostFormValue("password"), p.rt.ClientIP(r), r.UserAgent())
	if k := errs.KindOf(err); k == errs.KindUnauthenticated || k == errs.KindRateLimited {
		return web.Render(w, r, web.Status(err), signInPage(next(r.PostFormValue("next")), r.PostFormValue("email"), errs.Public(err).Message))
	} else if err != nil {
		return err
	}
	web.SetSession(w, r, token)
	return web.Redirect(w, r, next(r.PostFormValue("next")))
}

func (p *pages) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := p.ids.SignOut(r.Context()); err != nil {
		return err
	}
	web.SetSession(w, r, "")
	return web.Redirect(w, r, "/sign-in")
}

func (p *pages) onlyOnce(w http.ResponseWriter, r *http.Request) error {
	empty, err := p.ids.Empty(r.Context())
	if err == nil && !empty {
		err = errs.NotFound("this server has its company already; ask its owner for an invitation")
	}
	return err
}

func (p *pages) setupForm(w http.ResponseWriter, r *http.Request) error {
	if err := p.onlyOnce(w, r); err != nil {
		return err
	}
	return web.Render(w, r, 200, setupPage(nil, nil, ""))
}

func (p *pages) setup(w http.ResponseWriter, r *http.Request) error {
	if err := p.onlyOnce(w, r); err != nil {
		return err
	}
	v := map[string]string{}
	for _, f := range []string{"company", "usdot", "mc", "name", "email"} {
		v[f] = strings.TrimSpace(r.PostFormValue(f))
	}
	_, err := p.ids.Found(r.Context(), identity.Founding{Company: identity.Company{Name: v["company"], Usdot: v["usdot"], Mc: v["mc"], Email: v["email"]},
		Name: v["name"], Email: v["email"], Password: r.PostFormValue("password"), First: true})
	if k := errs.KindOf(err); k == errs.KindInvalid || k == errs.KindConflict {
		e := errs.Public(err)
		return web.Render(w, r, 422, setupPage(v, e.Fields, e.Message))
	} else if err != nil {
		return err
	}
	return p.signIn(w, r)
}

func (p *pages) joinForm(w http.ResponseWriter, r *http.Request) error {
	inv, err := p.ids.Invited(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return web.Render(w, r, 200, invitePage(inv, r.PathValue("token"), nil, ""))
}

func (p *pages) join(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	inv, err := p.ids.Invited(r.Context(), token)
	if err != nil {
		return err
	}
	err = p.ids.Accept(r.Context(), token, strings.TrimSpace(r.PostFormValue("name")), r.PostFormValue("password"))
	if errs.Is(err, errs.KindInvalid) {
		e := errs.Public(err)
		inv.Name = strings.TrimSpace(r.PostFormValue("name"))
		return web.Render(w, r, 422, invitePage(inv, token, e.Fields, e.Message))
	} else if err != nil {
		return err
	}
	session, err := p.ids.SignIn(r.Context(), inv.Email, r.PostFormValue("password"), p.rt.ClientIP(r), r.UserAgent())
	if err != nil {
		return err
	}
	web.SetSession(w, r, session)
	return web.Redirect(w, r, "/")
}

func (p *pages) meta(r *http.Request, title string) web.PageMeta {
	return p.rt.Meta(r, web.PageMeta{Title: title, Section: "settings"})
}

func (p *pages) company(w http.ResponseWriter, r *http.Request) error {
	c, err := p.ids.Company(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, 200, companyPage(p.meta(r, "Settings"), c, nil, identity.Can(r.Context(), identity.EditCompany)))
}

func (p *pages) saveCompany(w http.ResponseWriter, r *http.Request) error {
	c, err := p.ids.Company(r.Context())
	if err != nil {
		return err
	}
	v := func(f string) string { return strings.TrimSpace(r.PostFormValue(f)) }
	c.Version, _ = strconv.Atoi(v("version"))
	c.Name, c.Usdot, c.Mc, c.Scac, c.Phone, c.Email, c.Address, c.City, c.State, c.Zip = v("name"), v("usdot"), v("mc"), v("scac"), v("phone"), v("email"), v("address"), v("city"), v("state"), v("zip")
	c.RemitTo, c.TimeZone, c.InvoicePrefix = v("remit_to"), v("time_zone"), v("invoice_prefix")
	if n, err := strconv.Atoi(v("retention_days")); err == nil {
		c.RetentionDays = n
	}
	err = p.ids.UpdateCompany(r.Context(), c)
	if errs.Is(err, errs.KindInvalid) {
		return web.Render(w, r, 422, companyPage(p.meta(r, "Settings"), c, errs.Public(err).Fields, true))
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, "/settings")
}

func (p *pages) people(w http.ResponseWriter, r *http.Request) error {
	return p.showPeople(w, r, "", "")
}

func (p *pages) showPeople(w http.ResponseWriter, r *http.Request, made, link string) error {
	us, invs, err := p.ids.People(r.Context())
	if err != nil {
		return err
	}
	c, err := p.ids.Company(r.Context())
	if err != nil {
		return err
	}
	a, _ := tenant.From(r.Context())
	return web.Render(w, r, 200, peoplePage(p.meta(r, "People"), us, invs, a.User, made, link, c.TimeZone))
}

func (p *pages) invitePerson(w http.ResponseWriter, r *http.Request) error {
	o, err := p.ids.Invite(r.Context(), r.PostFormValue("email"), strings.TrimSpace(r.PostFormValue("name")), identity.Role(r.PostFormValue("role")), p.Invite)
	if err != nil {
		return err
	}
	return p.showPeople(w, r, "Invitation made. It was mailed; you can also hand over the link.", p.Link(o))
}

func (p *pages) revoke(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := p.ids.RevokeInvitation(r.Context(), id); err != nil {
		return err
	}
	return web.Redirect(w, r, "/settings/people")
}

func (p *pages) setPerson(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	version, _ := strconv.Atoi(r.PostFormValue("version"))
	if err := p.ids.SetPerson(r.Context(), id, version, r.PostFormValue("name"), identity.Role(r.PostFormValue("role")), r.PostFormValue("disabled") == "yes"); err != nil {
		return err
	}
	return web.Redirect(w, r, "/settings/people")
}

func (p *pages) audit(w http.ResponseWriter, r *http.Request) error {
	lines, err := p.ids.AuditTrail(r.Context(), page.Request{Cursor: r.FormValue("cursor")})
	if err != nil {
		return err
	}
	c, err := p.ids.Company(r.Context())
	if err != nil {
		return err
	}
	return web.Render(w, r, 200, auditPage(p.meta(r, "Audit trail"), lines.Items, c.TimeZone, lines.Next))
}

// accountView is one's own account; Secret is a key made just now, shown this once.
type accountView struct {
	Keys            []identity.Key
	Secret, Problem string
	Bad             map[string]string
	Zone            string
}

func (p *pages) account(w http.ResponseWriter, r *http.Request) error {
	return p.showAccount(w, r, http.StatusOK, accountView{})
}

func (p *pages) showAccount(w http.ResponseWriter, r *http.Request, status int, v accountView) (err error) {
	if v.Keys, err = p.ids.Keys(r.Context()); err != nil {
		return err
	}
	v.Zone = web.Zone(r.Context())
	return web.Render(w, r, status, accountPage(p.meta(r, "My account"), v))
}

// refusedAccount shows a form again with what is wrong with it.
func (p *pages) refusedAccount(w http.ResponseWriter, r *http.Request, err error) error {
	e := errs.Public(err)
	if e.Kind != errs.KindInvalid && e.Kind != errs.KindConflict {
		return err
	}
	return p.showAccount(w, r, http.StatusUnprocessableEntity, accountView{Bad: e.Fields, Problem: e.Message})
}

func (p *pages) password(w http.ResponseWriter, r *http.Request) error {
	if err := p.ids.ChangePassword(r.Context(), r.PostFormValue("old"), r.PostFormValue("password")); err != nil {
		return p.refusedAccount(w, r, err)
	}
	return web.Redirect(w, r, "/sign-in")
}

func (p *pages) makeKey(w http.ResponseWriter, r *http.Request) error {
	secret, err := p.ids.MakeKey(r.Context(), r.PostFormValue("name"), r.PostFormValue("changes") == "")
	if err != nil {
		return p.refusedAccount(w, r, err)
	}
	return p.showAccount(w, r, http.StatusOK, accountView{Secret: secret})
}

func (p *pages) revokeKey(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := p.ids.RevokeKey(r.Context(), id); err != nil {
		return err
	}
	return web.Redirect(w, r, "/settings/account")
}
