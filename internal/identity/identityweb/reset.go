package identityweb

import (
	"net/http"
	"strings"

	"truckflow/internal/kit/errs"
	"truckflow/internal/web"
)

// asked is what a page about a forgotten password says.
type asked struct {
	Mails          bool // a link can be asked for
	Sent           bool // it was, as far as anybody is told
	Email, Problem string
}

func (p *pages) forgotForm(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, forgotPage(asked{Mails: p.Forgot != nil}))
}

func (p *pages) forgot(w http.ResponseWriter, r *http.Request) error {
	if p.Forgot == nil {
		return errs.NotFound("this server sends no mail; ask an owner of your company for a link")
	}
	v := asked{Mails: true, Email: strings.TrimSpace(r.PostFormValue("email"))}
	ip := p.rt.ClientIP(r)
	if err := p.ids.MayForget(r.Context(), v.Email, ip); errs.Is(err, errs.KindRateLimited) {
		v.Problem = errs.Public(err).Message
		return web.Render(w, r, web.Status(err), forgotPage(v))
	} else if err != nil {
		return err
	}
	p.Forgot(r.Context(), v.Email, ip)
	v.Sent = true
	return web.Render(w, r, http.StatusOK, forgotPage(v))
}

func (p *pages) resetForm(w http.ResponseWriter, r *http.Request) error {
	u, err := p.ids.ResetOf(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, resetPage(u, r.PathValue("token"), nil, ""))
}

func (p *pages) reset(w http.ResponseWriter, r *http.Request) error {
	token, password := r.PathValue("token"), r.PostFormValue("password")
	u, err := p.ids.ResetOf(r.Context(), token)
	if err != nil {
		return err
	}
	err = p.ids.ChooseAnew(r.Context(), token, password, p.rt.ClientIP(r))
	if errs.Is(err, errs.KindInvalid) {
		e := errs.Public(err)
		return web.Render(w, r, http.StatusUnprocessableEntity, resetPage(u, token, e.Fields, e.Message))
	} else if err != nil {
		return err
	}
	session, err := p.ids.SignIn(r.Context(), u.Email, password, p.rt.ClientIP(r), r.UserAgent())
	if err != nil { // too many have tried to guess: the new password waits for its turn
		return web.Redirect(w, r, "/sign-in")
	}
	web.SetSession(w, r, session)
	return web.Redirect(w, r, "/")
}

func (p *pages) resetPerson(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	made, err := p.ids.ResetPassword(r.Context(), id, p.Reset)
	if err != nil {
		return err
	}
	return p.showPeople(w, r, made.Name+" is signed out everywhere, has no API keys any more and chooses a new password by a link, good once and for 24 hours. It was mailed; you can also hand it over.", p.ResetLink(made))
}
