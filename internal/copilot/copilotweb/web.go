// Package copilotweb has the copilot's page: a question, its answer with the rows
// it rests on, what it proposes, and one's own questions so far.
package copilotweb

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"truckflow/internal/copilot"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

type pages struct {
	rt *web.Router
	s  *copilot.Service
}

// Register adds the pages.
func Register(rt *web.Router, s *copilot.Service) {
	p := &pages{rt, s}
	rt.Handle("GET /copilot", identity.SeeLoads, p.page)
	rt.Handle("POST /copilot", identity.SeeLoads, p.ask)
	rt.Handle("POST /copilot/forget", identity.SeeLoads, p.forget)
	rt.Handle("POST /copilot/turns/{id}/verdict", identity.SeeLoads, p.judge)
	rt.Handle("POST /copilot/turns/{id}/reword", identity.SeeLoads, p.reword)
	rt.Handle("POST /copilot/proposals/{id}/confirm", identity.SeeLoads, p.confirm)
	rt.Handle("POST /copilot/proposals/{id}/drop", identity.SeeLoads, p.drop)
}

// shown is how many of one's own questions the page lists.
const shown = 20

type view struct {
	Question, Load string
	Turns          []copilot.Turn
	Open           []copilot.Proposal // of other programs: they stand in no turn
	frame
	Try     []string
	Problem string
}

// frame is what every turn needs of the page around it.
type frame struct {
	csrf, zone string
	rewords    bool // a model may be asked for other words for a draft
}

func (p *pages) frame(r *http.Request) frame {
	return frame{p.rt.Meta(r, web.PageMeta{}).CSRF, web.Zone(r.Context()), p.s.Rewords()}
}

func (p *pages) page(w http.ResponseWriter, r *http.Request) error {
	v := view{Question: r.FormValue("q"), Load: r.FormValue("load")}
	return p.show(w, r, http.StatusOK, v)
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, status int, v view) error {
	ctx := r.Context()
	var err error
	if v.Turns, err = p.s.History(ctx, shown); err != nil {
		return err
	}
	open, err := p.s.Open(ctx)
	if err != nil {
		return err
	}
	for i, t := range v.Turns {
		if p := t.Answer.Proposal; p != nil {
			n := len(open)
			if open = slices.DeleteFunc(open, func(o copilot.Proposal) bool { return o.ID == p.ID }); len(open) == n {
				v.Turns[i].Answer.Proposal = nil // settled, or too old
			}
		}
	}
	v.Open = open
	v.Try, v.frame = copilot.Examples(), p.frame(r)
	m := p.rt.Meta(r, web.PageMeta{Title: "Copilot", Section: "copilot", Subtitle: "Asks your own loads, trucks and invoices, with your own permissions", Scripts: []string{"copilot.js"}})
	return web.Render(w, r, status, copilotPage(m, v))
}

func (p *pages) ask(w http.ResponseWriter, r *http.Request) error {
	load, _ := ids.Parse(r.PostFormValue("load"))
	q := copilot.Question{Text: r.PostFormValue("q"), Load: load}
	if r.Header.Get("Accept") == "text/event-stream" {
		return p.live(w, r, q)
	}
	_, err := p.s.Ask(r.Context(), q)
	if pub := errs.Public(err); err != nil && pub.Kind == errs.KindInvalid {
		return p.show(w, r, http.StatusUnprocessableEntity, view{Question: q.Text, Load: r.PostFormValue("load"), Problem: pub.Message})
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/copilot")
}

// live answers with events while the answer is made: "turn" is the turn's frame,
// "doing" a line of text, "text" all that can be read so far, then "done", the
// whole turn, or "failed", a sentence. The request carries all of it: whoever
// cancels it stops the answer, on whatever instance it runs.
func (p *pages) live(w http.ResponseWriter, r *http.Request, q copilot.Question) error {
	var out *web.Events
	send := func(name string, c templ.Component) {
		var b strings.Builder
		err := c.Render(r.Context(), &b)
		if err == nil && out == nil {
			out, err = web.NewEvents(w)
		}
		if err == nil {
			err = out.Send(name, b.String())
		}
		if err != nil && r.Context().Err() == nil {
			p.s.Log.DebugContext(r.Context(), "nobody reads an answer of the copilot", "error", err)
		}
	}
	said := ""
	t, err := p.s.AskLive(r.Context(), q, func(g copilot.Progress) {
		if out == nil {
			send("turn", liveTurn(strings.TrimSpace(q.Text)))
		}
		send("doing", doing(g))
		if now := (copilot.Answer{Text: g.Text}).Plain(); now != said {
			said = now
			send("text", soFar(g.Text))
		}
	})
	switch {
	case err == nil:
		send("done", turn(t, p.frame(r)))
	case out == nil:
		return err // nothing was written: an ordinary refusal
	default:
		p.s.Log.ErrorContext(r.Context(), "the copilot failed", "error", err)
		_ = out.Send("failed", ui.Sentence(errs.Public(err).Message))
	}
	return nil
}

func (p *pages) forget(w http.ResponseWriter, r *http.Request) error {
	if err := p.s.Forget(r.Context()); err != nil {
		return err
	}
	return web.Redirect(w, r, "/copilot")
}

func (p *pages) judge(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	verdict, err := strconv.Atoi(r.PostFormValue("verdict"))
	if err != nil {
		verdict = math.MaxInt // nobody's
	}
	if err := p.s.Judge(r.Context(), id, verdict); err != nil {
		return err
	}
	if r.Header.Get("HX-Request") != "true" {
		return web.Redirect(w, r, "/copilot")
	}
	return web.Render(w, r, http.StatusOK, verdictButtons(id, verdict, p.rt.Meta(r, web.PageMeta{}).CSRF))
}

func (p *pages) reword(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	t, err := p.s.Reword(r.Context(), id)
	refused := ""
	switch errs.KindOf(err) {
	case errs.KindUnavailable, errs.KindForbidden:
		refused = "these are no other words: " + errs.Public(err).Message
	default:
		if err != nil {
			return err
		}
	}
	if r.Header.Get("HX-Request") != "true" {
		return web.Redirect(w, r, "/copilot")
	}
	return web.Render(w, r, http.StatusOK, draft(t, p.frame(r), refused))
}

func (p *pages) confirm(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	done, href, err := p.s.Confirm(r.Context(), id)
	if err != nil {
		return p.settled(w, r, ui.ToneLate, ui.Sentence(errs.Public(err).Message), "", err)
	}
	return p.settled(w, r, ui.ToneOK, done, href, nil)
}

func (p *pages) drop(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := p.s.Drop(r.Context(), id); err != nil {
		return err
	}
	return p.settled(w, r, ui.ToneMuted, "Put aside. Nothing was changed.", "", nil)
}

// settled replaces a proposal by what became of it.
func (p *pages) settled(w http.ResponseWriter, r *http.Request, tone ui.Tone, text, href string, err error) error {
	switch errs.KindOf(err) {
	case errs.KindInternal, errs.KindUnavailable:
		if err != nil {
			return err
		}
	}
	if r.Header.Get("HX-Request") != "true" {
		if err != nil {
			return err
		}
		return web.Redirect(w, r, "/copilot")
	}
	return web.Render(w, r, http.StatusOK, outcome(tone, text, href))
}

func mailto(draft string) string {
	return "mailto:?body=" + strings.ReplaceAll(url.QueryEscape(draft), "+", "%20")
}

func engineWords(t copilot.Turn) string {
	words := "answered by "
	if t.Answer.Stopped {
		words = "begun by "
	}
	switch list := t.Answer.Looked; {
	case t.Engine == copilot.BuiltIn:
		words += "the rules, without a model,"
	case len(list) == 0:
		words += t.Engine
	case len(list) == 1:
		words += t.Engine + " from " + list[0]
	default:
		words += t.Engine + " from " + strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
	}
	return words + " in " + strconv.FormatInt(t.Took.Milliseconds(), 10) + " ms"
}

// answerActions stand in a turn's head. While a model answers nobody knows yet
// which page shows the same, and a head must not change its height.
func answerActions(t copilot.Turn) templ.Component {
	if t.Engine != copilot.BuiltIn {
		return nil
	}
	return openPage(t)
}
