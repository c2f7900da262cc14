// Package assistweb has the page of a company's AI: what may leave, what it may
// cost, how quick each engine is on this machine, and every call.
package assistweb

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/assist"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/page"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

type pages struct {
	rt *web.Router
	s  *assist.Service
}

// Register adds the page.
func Register(rt *web.Router, s *assist.Service) {
	p := &pages{rt, s}
	rt.Handle("GET /settings/ai", identity.SeeCompany, func(w http.ResponseWriter, r *http.Request) error { return p.show(w, r, nil, nil) })
	rt.Handle("POST /settings/ai", identity.EditCompany, p.save)
}

// shown is how many calls a page has: each is a card on a phone.
const shown = 20

// view is everything the page shows.
type view struct {
	m       web.PageMeta
	may     bool
	zone    string
	rules   assist.Rules
	budget  string // as typed, or as stored
	bad     map[string]string
	spent   assist.Micros
	held    assist.Micros
	engines []assist.Engine
	times   []assist.Times
	spreads []assist.Spread
	calls   []assist.Call
	next    string
}

func (p *pages) show(w http.ResponseWriter, r *http.Request, typed *assist.Rules, bad map[string]string) (err error) {
	ctx := r.Context()
	v := view{m: p.rt.Meta(r, web.PageMeta{Title: "AI", Section: "settings", Subtitle: "What may leave these premises, what it may cost, and who answered how quickly"}),
		may: identity.Can(ctx, identity.EditCompany), zone: web.Zone(ctx), bad: bad}
	if v.rules, err = p.s.Rules(ctx); err != nil {
		return err
	}
	status := http.StatusOK
	if typed != nil {
		v.rules.Permits, v.rules.Version, status = typed.Permits, typed.Version, http.StatusUnprocessableEntity
	}
	v.budget = dollars(v.rules.Budget)
	if typed != nil {
		v.budget = r.PostFormValue("budget")
	}
	months, err := p.s.Months(ctx)
	if err != nil {
		return err
	}
	for _, m := range months {
		if m.Month.Equal(p.s.ThisMonth()) {
			v.spent, v.held = assist.Micros(m.SpentMicros), assist.Micros(m.HeldMicros)
		}
	}
	if v.engines, err = p.s.Engines(ctx); err != nil {
		return err
	}
	if v.times, err = p.s.Times(ctx); err != nil {
		return err
	}
	if v.spreads, err = p.s.Spreads(ctx); err != nil {
		return err
	}
	calls, err := p.s.Calls(ctx, page.Request{Cursor: r.FormValue("cursor"), Limit: shown})
	if err != nil {
		return err
	}
	v.calls, v.next = calls.Items, calls.Next
	return web.Render(w, r, status, aiPage(v))
}

func (p *pages) save(w http.ResponseWriter, r *http.Request) error {
	n := assist.Rules{Permits: map[assist.Job]assist.Permit{}}
	n.Version, _ = strconv.Atoi(r.PostFormValue("version"))
	for _, j := range assist.Jobs {
		n.Permits[j] = assist.Permit(r.PostFormValue(string(j)))
	}
	cents, err := money.Parse(strings.TrimSpace(r.PostFormValue("budget")))
	if err != nil {
		return p.show(w, r, &n, map[string]string{"budget": "an amount in dollars, such as 20"})
	}
	n.Budget = assist.Micros(cents) * 10_000
	err = p.s.SetRules(r.Context(), n)
	if errs.Is(err, errs.KindInvalid) {
		return p.show(w, r, &n, errs.Public(err).Fields)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, "/settings/ai")
}

// dollars is a budget as a person types it.
func dollars(m assist.Micros) string { return strings.TrimPrefix(money.Cents(m/10_000).Dollars(), "$") }

// millis shows microseconds as people compare them: 0.3 ms, 45 ms, 2.4 s.
func millis(us int64) string {
	switch d := time.Duration(us) * time.Microsecond; {
	case us <= 0:
		return "–"
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f ms", float64(us)/1000)
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	default:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
}

// promise is 200 ms: of the first usable answer, and of the first word.
const promise = 200_000

// worst is the slowest of the engines' figures, and how many calls stand behind them.
func worst(ts []assist.Times, of func(assist.Times) int64) (us int64, calls int) {
	for _, t := range ts {
		if x := of(t); x > 0 {
			us = max(us, x)
			calls += t.Calls
		}
	}
	return us, calls
}

func promised(label string, us int64, calls int) ui.StatProps {
	s := ui.StatProps{Label: label, Value: millis(us), Detail: fmt.Sprintf("promised 200 ms; %d calls in 7 days", calls), Tone: ui.ToneOK}
	if us == 0 {
		s.Tone, s.Detail = ui.ToneMuted, "no call yet in 7 days"
	} else if us > promise {
		s.Tone = ui.ToneRisk
	}
	return s
}

func (v view) stats() []ui.StatProps {
	decision, nd := worst(v.times, func(t assist.Times) int64 { return t.DecisionP99Us })
	first, nf := worst(v.times, func(t assist.Times) int64 {
		if t.Engine == "built-in" {
			return 0
		}
		return t.FirstP95Us
	})
	spent := ui.StatProps{Label: "Spent this month", Value: v.spent.String(), Detail: "of $" + dollars(v.rules.Budget), Tone: ui.ToneMuted}
	if v.held > 0 {
		spent.Detail += ", " + v.held.String() + " held by calls under way"
	}
	if v.rules.Budget > 0 && v.spent*10 >= v.rules.Budget*9 {
		spent.Tone = ui.ToneRisk
	}
	return []ui.StatProps{promised("Decision, 99 of 100 within", decision, nd), promised("First word, 95 of 100 within", first, nf), spent}
}

var jobNames = map[assist.Job]string{"documents": "Reading papers", "copilot": "Copilot", "email": "Wording of mails"}

func jobName(j string) string {
	if n := jobNames[assist.Job(j)]; n != "" {
		return n
	}
	return j
}

func permitOptions() []ui.Option {
	return []ui.Option{{Value: "never", Label: "Stays here"}, {Value: "redacted", Label: "Leaves redacted"}, {Value: "allowed", Label: "Leaves as it is"}}
}

func engineTone(e assist.Engine) (ui.Tone, string) {
	switch {
	case e.Resting != "":
		return ui.ToneRisk, e.Resting
	case !e.Priced:
		return ui.ToneRisk, "has no price, so it is never asked"
	case e.Probe == "-":
		return ui.ToneMuted, "not yet asked"
	case e.Probe != "":
		return ui.ToneRisk, e.Probe
	}
	return ui.ToneOK, "ready"
}

func place(outside bool) string {
	if outside {
		return "outside"
	}
	return "on the premises"
}

// abilities are what a model can do beside writing text.
func abilities(e assist.Engine) string {
	var out []string
	for _, c := range []struct {
		can  bool
		name string
	}{{e.Can.JSON, "JSON"}, {e.Can.Tools, "tools"}, {e.Can.Vision, "pictures"}} {
		if c.can {
			out = append(out, c.name)
		}
	}
	return strings.Join(out, ", ")
}

func speed(e assist.Engine) string {
	if !e.Measured {
		return "not measured"
	}
	return fmt.Sprintf("first word ≈ %s, %.0f tokens/s", millis(e.First.Microseconds()), e.PerSecond)
}

func byTone(by string) ui.Tone {
	switch by {
	case "":
		return ui.ToneLate
	case "overflow":
		return ui.ToneInfo
	case "built-in", "cache":
		return ui.ToneMuted
	}
	return ui.ToneOK
}

func byText(by string) string {
	if by == "" {
		return "nobody"
	}
	return by
}

func attemptLine(a assist.Attempt) string {
	s := a.Engine
	if a.Model != "" {
		s += " (" + a.Model + ")"
	}
	s += ": " + a.Why
	if a.Sent {
		s += fmt.Sprintf("; waited %s, first word %s, end %s", millis(a.Queue.Microseconds()), millis(a.First.Microseconds()), millis(a.Total.Microseconds()))
	}
	if a.Hidden > 0 {
		s += fmt.Sprintf("; %d names and numbers replaced", a.Hidden)
	}
	if a.Cost > 0 {
		s += "; " + a.Cost.String()
	}
	return s
}
