// Package inboxweb has the pages of mail that came in, and of the mailbox it is
// read from. A mail's words are shown as text, never as the HTML they came in.
package inboxweb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/documents"
	"truckflow/internal/identity"
	"truckflow/internal/inbox"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

type pages struct {
	rt *web.Router
	s  *inbox.Service
}

// Register adds the pages.
func Register(rt *web.Router, s *inbox.Service) {
	p := &pages{rt, s}
	rt.Handle("GET /inbox", identity.SeeDocuments, p.list)
	rt.Handle("POST /inbox", identity.AddDocuments, p.upload)
	rt.Handle("GET /inbox/thread", identity.SeeDocuments, p.thread)
	rt.Handle("GET /inbox/{id}", identity.SeeDocuments, p.one)
	rt.Handle("GET /inbox/{id}/file", identity.SeeDocuments, p.file)
	rt.Handle("POST /inbox/{id}/keep", identity.AddDocuments, p.keep)
	rt.Handle("GET /settings/mailbox", identity.SeeCompany, func(w http.ResponseWriter, r *http.Request) error { return p.settings(w, r, nil, nil) })
	rt.Handle("POST /settings/mailbox", identity.EditCompany, p.save)
	rt.Handle("POST /settings/mailbox/test", identity.EditCompany, p.test)
	rt.Handle("POST /settings/mailbox/remove", identity.EditCompany, p.remove)
}

var states = []struct{ state, label string }{{"", "All"}, {inbox.Taken, "With papers"}, {inbox.Ignored, "Ignored"}, {inbox.Failed, "Not readable"}}

type listView struct {
	m      web.PageMeta
	rows   []inbox.Message
	box    inbox.Box
	state  string
	zone   string
	url    string
	next   string
	first  bool
	mayAdd bool
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := listView{state: r.FormValue("state"), zone: web.Zone(ctx), url: r.URL.RequestURI(), first: r.FormValue("cursor") == "", mayAdd: identity.Can(ctx, identity.AddDocuments)}
	got, err := p.s.List(ctx, inbox.Filter{State: v.state}, page.Request{Cursor: r.FormValue("cursor")})
	if err != nil {
		return err
	}
	if v.rows = got.Items; got.Next != "" {
		v.next = ui.WithQuery(v.url, "cursor", got.Next)
	}
	if identity.Can(ctx, identity.SeeCompany) {
		if v.box, err = p.s.Box(ctx); err != nil {
			return err
		}
	}
	v.m = p.rt.Meta(r, web.PageMeta{Title: "Mail", Subtitle: "What came in, and what became of it", Section: "mail"})
	return web.Render(w, r, http.StatusOK, listPage(v))
}

func (v listView) chips() (out []ui.Chip) {
	for _, s := range states {
		out = append(out, ui.Chip{Label: s.label, Href: ui.WithQuery("/inbox", "state", s.state), On: v.state == s.state})
	}
	return out
}

// receipt is the answer to one uploaded file, as the page's script shows it.
type receipt struct {
	Text string `json:"text"`
	Href string `json:"href"`
	Tone string `json:"tone"`
}

func (p *pages) upload(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, documents.MaxBytes+1<<20)
	parts, err := r.MultipartReader()
	if err != nil {
		return errs.Invalid("this is not a file upload").Wrap(err)
	}
	var got receipt
	for got.Href == "" || wantsAll(r) {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return errs.Invalid("the upload broke off; send the file again").Wrap(err)
		}
		if part.FileName() == "" {
			continue
		}
		m, again, err := p.s.Upload(r.Context(), part)
		if err != nil {
			return err
		}
		got = received(m, again)
	}
	if got.Href == "" {
		return errs.Invalid("no file came with the form; choose one and send it again")
	}
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/json")
		return json.NewEncoder(w).Encode(got)
	}
	return web.Redirect(w, r, got.Href)
}

// wantsAll reports a plain form, which sends all its files at once.
func wantsAll(r *http.Request) bool {
	return !strings.Contains(r.Header.Get("Accept"), "application/json")
}

func received(m inbox.Message, again bool) receipt {
	r := receipt{Href: href(m), Tone: "ok", Text: "Taken; its papers are being read"}
	switch {
	case again:
		r.Tone, r.Text = "risk", "This mail was here already; nothing was taken twice"
	case m.State == inbox.InThread:
		r.Text = "Added to its thread"
	case m.State != inbox.Taken:
		r.Tone, r.Text = "risk", ui.Sentence("Kept, and made no document: "+m.Why)
	}
	return r
}

func href(m inbox.Message) string { return "/inbox/" + m.ID.String() }

type oneView struct {
	m       web.PageMeta
	msg     inbox.Message
	thread  []inbox.Entry
	zone    string
	mayKeep bool
}

func (p *pages) one(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	ctx := r.Context()
	v := oneView{zone: web.Zone(ctx)}
	if v.msg, v.thread, err = p.s.Thread(ctx, id); err != nil {
		return err
	}
	v.mayKeep = identity.Can(ctx, identity.AddDocuments) && (v.msg.State == inbox.Ignored || v.msg.State == inbox.InThread)
	v.m = p.rt.Meta(r, web.PageMeta{Title: subject(v.msg), Subtitle: from(v.msg), Section: "mail"})
	v.m.Actions = oneActions(v)
	return web.Render(w, r, http.StatusOK, onePage(v))
}

// thread is the mail that documents came in, as a part of their pages.
func (p *pages) thread(w http.ResponseWriter, r *http.Request) error {
	var docs []ids.ID
	if err := r.ParseForm(); err != nil {
		return errs.Invalid("this address is not right").Wrap(err)
	}
	for _, s := range r.Form["doc"] {
		id, err := ids.Parse(s)
		if err != nil {
			return errs.NotFound("there is no such document").Wrap(err)
		}
		docs = append(docs, id)
	}
	es, err := p.s.OfDocuments(r.Context(), docs...)
	if err != nil {
		return err
	}
	if r.Header.Get("HX-Request") == "" && len(es) > 0 {
		return web.Redirect(w, r, href(es[0].Message))
	}
	return web.Render(w, r, http.StatusOK, threadPart(es, web.Zone(r.Context())))
}

func (p *pages) file(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	_, data, err := p.s.Raw(r.Context(), id)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream") // a mail is never rendered on our address
	h.Set("Content-Disposition", `attachment; filename="mail.eml"`)
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Length", strconv.Itoa(len(data)))
	_, err = w.Write(data)
	return err
}

func (p *pages) keep(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := p.s.Keep(r.Context(), id); err != nil {
		return err
	}
	return web.Redirect(w, r, "/inbox/"+id.String())
}

func subject(m inbox.Message) string {
	if m.Subject == "" {
		return "(no subject)"
	}
	return m.Subject
}

// from names the sender as claimed.
func from(m inbox.Message) string {
	switch {
	case m.FromName == "":
		return m.FromAddress
	case m.FromAddress == "":
		return m.FromName
	}
	return m.FromName + " <" + m.FromAddress + ">"
}

func stateWords(m inbox.Message) (ui.Tone, string) {
	switch m.State {
	case inbox.Taken:
		return ui.ToneOK, "with papers"
	case inbox.InThread:
		return ui.ToneInfo, "in its thread"
	case inbox.Ignored:
		return ui.ToneMuted, "ignored"
	}
	return ui.ToneLate, "not readable"
}

func size(n int64) string {
	if n < 1<<20 {
		return strconv.FormatInt((n+1023)/1024, 10) + " kB"
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

type boxView struct {
	m     web.PageMeta
	box   inbox.Box
	port  string // as typed, or as stored
	since string
	bad   map[string]string
	note  *ui.Message // what a test came to
	may   bool
	zone  string
}

// typed reads the form.
func typed(r *http.Request) (b inbox.Box, password string) {
	f := r.PostFormValue
	b = inbox.Box{Host: strings.TrimSpace(f("host")), Security: f("security"), User: strings.TrimSpace(f("user")), Folder: strings.TrimSpace(f("folder"))}
	b.Port, _ = strconv.Atoi(strings.TrimSpace(f("port")))
	b.Version, _ = strconv.Atoi(f("version"))
	b.Since, _ = time.Parse(time.DateOnly, f("since"))
	return b, r.PostFormValue("password")
}

func (p *pages) settings(w http.ResponseWriter, r *http.Request, b *inbox.Box, change func(*boxView)) (err error) {
	ctx := r.Context()
	v := boxView{may: identity.Can(ctx, identity.EditCompany), zone: web.Zone(ctx),
		m: p.rt.Meta(r, web.PageMeta{Title: "Mailbox", Section: "settings", Subtitle: "The mailbox that brokers write to: their rate confirmations become draft loads"})}
	if v.box, err = p.s.Box(ctx); err != nil {
		return err
	}
	status := http.StatusOK
	switch {
	case b != nil:
		b.CheckedAt, b.Error, b.UpdatedBy, b.UpdatedAt, b.DueAt = v.box.CheckedAt, v.box.Error, v.box.UpdatedBy, v.box.UpdatedAt, v.box.DueAt
		v.box, v.port, v.since = *b, r.PostFormValue("port"), r.PostFormValue("since")
	case v.box.Version == 0:
		v.box.Security, v.box.Folder, v.port, v.since = "tls", "INBOX", "993", p.s.Clock.Now().Format(time.DateOnly)
	default:
		v.port, v.since = strconv.Itoa(v.box.Port), v.box.Since.Format(time.DateOnly)
	}
	if change != nil {
		change(&v)
	}
	if len(v.bad) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return web.Render(w, r, status, boxPage(v))
}

func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	b, password := typed(r)
	err := p.s.SetBox(r.Context(), b, password)
	if errs.Is(err, errs.KindInvalid) {
		return p.settings(w, r, &b, func(v *boxView) { v.bad = errs.Public(err).Fields })
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, "/settings/mailbox")
}

// test answers in a sentence; what the server does not like is an answer too.
func (p *pages) test(w http.ResponseWriter, r *http.Request) error {
	b, password := typed(r)
	answer, fields, err := p.tried(r.Context(), b, password)
	if err != nil {
		return err
	}
	if r.Header.Get("HX-Request") != "" {
		return web.Render(w, r, http.StatusOK, answerPart(&answer))
	}
	return p.settings(w, r, &b, func(v *boxView) { v.note, v.bad = &answer, fields })
}

func (p *pages) tried(ctx context.Context, b inbox.Box, password string) (answer ui.Message, fields map[string]string, err error) {
	n, err := p.s.Test(ctx, b, password)
	if err == nil {
		return ui.Message{Tone: ui.ToneOK, Text: fmt.Sprintf("It works: signed in, and %s has %s.", b.Folder, ui.Counted(n, "mail"))}, nil, nil
	}
	e := errs.Public(err)
	if e.Kind == errs.KindInternal {
		return answer, nil, err
	}
	text := ui.Sentence(e.Message)
	for _, f := range []string{"host", "port", "security", "user", "password", "folder"} {
		if why := e.Fields[f]; why != "" {
			text += " " + ui.Sentence(ui.Capital(f)+": "+why)
		}
	}
	if e.HintMsg != "" {
		text += " " + ui.Sentence(e.HintMsg)
	}
	return ui.Message{Tone: ui.ToneLate, Text: text}, e.Fields, nil
}

func (p *pages) remove(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.RemoveBox(r.Context()); err != nil {
		return err
	}
	return web.Redirect(w, r, "/settings/mailbox")
}
