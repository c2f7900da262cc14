package loadsweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/documents"
	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

// verbView is a verb on a button.
type verbView struct {
	verb   lifecycle.Verb
	needs  identity.Permission
	label  string // at a stop, the stop's city is added
	icon   string
	reason bool   // must say why: opens a dialog
	atStop bool   // may be written down later with the time it happened
	ask    string // asks once before it is done
	past   string // what the history says: "Dana … loaded"
	tone   ui.Tone
}

// verbs a person may press, in the trade's words.
var verbs = []verbView{
	{verb: lifecycle.Book, needs: identity.EditLoads, label: "Book", icon: "check", past: "booked the load", tone: ui.ToneOK},
	{verb: lifecycle.Tender, needs: identity.EditLoads, label: "Mark as tendered", icon: "mail", past: "marked it as tendered"},
	{verb: lifecycle.Dispatch, needs: identity.DispatchLoads, label: "Dispatch", icon: "send", past: "dispatched the truck", tone: ui.ToneInfo},
	{verb: lifecycle.Recall, needs: identity.DispatchLoads, label: "Recall the truck", icon: "undo", past: "recalled the truck", tone: ui.ToneRisk},
	{verb: lifecycle.Arrive, needs: identity.DispatchLoads, label: "Arrived", icon: "pin", atStop: true, past: "arrived", tone: ui.ToneInfo},
	{verb: lifecycle.Load, needs: identity.DispatchLoads, label: "Loaded", icon: "trailer", atStop: true, past: "loaded", tone: ui.ToneInfo},
	{verb: lifecycle.Unload, needs: identity.DispatchLoads, label: "Unloaded", icon: "trailer", atStop: true, past: "unloaded", tone: ui.ToneInfo},
	{verb: lifecycle.Depart, needs: identity.DispatchLoads, label: "Departed", icon: "truck", atStop: true, past: "departed", tone: ui.ToneInfo},
	{verb: lifecycle.Deliver, needs: identity.DispatchLoads, label: "Delivered", icon: "check", atStop: true, past: "delivered", tone: ui.ToneOK},
	{verb: lifecycle.Release, needs: identity.Bill, label: "Release to billing", icon: "billing", past: "released it to billing"},
	{verb: lifecycle.Resume, needs: identity.EditLoads, label: "Resume", icon: "play", past: "resumed it", tone: ui.ToneOK},
	{verb: lifecycle.Hold, needs: identity.EditLoads, label: "Put on hold", icon: "pause", reason: true, past: "put it on hold", tone: ui.ToneRisk},
	{verb: lifecycle.OpenClaim, needs: identity.EditLoads, label: "Open a claim", icon: "alert", reason: true, past: "opened a claim", tone: ui.ToneLate},
	{verb: lifecycle.NotUsed, needs: identity.EditLoads, label: "Truck not used (TONU)", icon: "stop", reason: true, past: "wrote it down as truck ordered, not used", tone: ui.ToneRisk},
	{verb: lifecycle.Cancel, needs: identity.EditLoads, label: "Cancel the load", icon: "close", reason: true, past: "cancelled the load", tone: ui.ToneLate},
}

// said is what the history says of verbs that no button has.
var said = map[string]string{"draft": "made a draft", "edit": "changed the load", "assign": "assigned", "unassign": "took the truck off", "note": "noted",
	"document": "added a document", string(lifecycle.ReceivePOD): "received the proof of delivery", string(lifecycle.AcceptPOD): "accepted the proof of delivery",
	string(lifecycle.RejectPOD): "refused the proof of delivery", string(lifecycle.Bill): "invoiced it", string(lifecycle.Credit): "reversed the invoice",
	string(lifecycle.Settle): "settled it in full", string(lifecycle.Reopen): "opened it again: money is owed", string(lifecycle.Close): "closed it", "import": "imported the load"}

func viewOf(v lifecycle.Verb) verbView {
	for _, x := range verbs {
		if x.verb == v {
			return x
		}
	}
	return verbView{verb: v, label: ui.Words(string(v))}
}

// loadView is the whole story of one load.
type loadView struct {
	loads.Full
	Customer, Truck, Trailer, Driver, CoDriver       string
	Zone                                             string // the company's
	Now, Aside                                       []verbView
	Next                                             *loads.Stop
	Flags                                            []loads.Flag
	Docs                                             []documents.Document
	Checks                                           []check
	Events                                           []ui.HistoryItem
	CSRF                                             string
	MayEdit, MayNote, MayAssign, MayBill, MayAddDocs bool
	ShowMoney, ShowDocs, MayJudge                    bool
	Barrier                                          string // why it should not be booked
}

// check is a proof of delivery beside what was promised.
type check struct {
	loads.PODCheck
	File     string
	Findings []loads.Finding
}

func (p *pages) load(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	v, err := p.story(r.Context(), id)
	if err != nil {
		return err
	}
	m := p.rt.Meta(r, web.PageMeta{Title: v.Number, Subtitle: v.Customer, Section: "loads", Flash: p.flash(r)})
	m.Actions = loadActions(v)
	v.CSRF = m.CSRF
	return web.Render(w, r, http.StatusOK, loadPage(m, v))
}

func (p *pages) story(ctx context.Context, id ids.ID) (v loadView, err error) {
	story, err := p.loads.Story(ctx, id)
	if err != nil {
		return v, err
	}
	v.Full = story.Full
	can := func(x identity.Permission) bool { return identity.Can(ctx, x) }
	st := lifecycle.State(v.State)
	v.ShowMoney, v.ShowDocs = can(identity.SeeMoney), can(identity.SeeDocuments)
	v.MayNote = can(identity.EditLoads)
	v.MayEdit, v.MayBill, v.MayAddDocs, v.MayJudge = can(identity.EditLoads) && st.Editable(), can(identity.SeeMoney), can(identity.AddDocuments), can(identity.AcceptPOD)
	v.MayAssign = can(identity.DispatchLoads) && st.Active() && !slices.Contains([]lifecycle.State{lifecycle.Delivered, lifecycle.PODReceived, lifecycle.ReadyToBill}, st)
	v.Zone, v.Flags = web.Zone(ctx), loads.Flags(v.Load)
	p.crew(ctx, &v)
	for _, verb := range loads.Steps(ctx, v.Full) {
		if x := viewOf(verb); x.reason || verb == lifecycle.Recall || verb == lifecycle.Tender {
			v.Aside = append(v.Aside, x)
		} else {
			v.Now = append(v.Now, x)
		}
	}
	if err := p.standsInTheWay(ctx, &v); err != nil {
		return v, err
	}
	for i := range v.Stops {
		if v.Stops[i].Seq == v.NextStop {
			v.Next = &v.Stops[i]
		}
	}
	if v.ShowDocs {
		if v.Docs, err = p.docs.OfLoad(ctx, id); err != nil {
			return v, err
		}
	}
	v.Checks = checks(v, story.Checks)
	v.Events = p.history(story.Events, v)
	return v, nil
}

func (p *pages) crew(ctx context.Context, v *loadView) {
	name := func(fn func(context.Context, ids.ID) string, id *ids.ID) string {
		if id == nil {
			return ""
		}
		return fn(ctx, *id)
	}
	v.Customer, v.Truck, v.Trailer = name(p.names.Customer, v.CustomerID), name(p.names.Truck, v.TruckID), name(p.names.Trailer, v.TrailerID)
	v.Driver, v.CoDriver = name(p.names.Driver, v.DriverID), name(p.names.Driver, v.CoDriverID)
}

// checks are the stored comparisons, and a line for each proof of delivery that could not be compared.
func checks(v loadView, cs []loads.PODCheck) []check {
	files := map[ids.ID]string{}
	for _, d := range v.Docs {
		files[d.ID] = d.Filename
	}
	var out []check
	seen := map[ids.ID]bool{}
	for _, c := range cs {
		seen[c.DocumentID] = true
		out = append(out, check{c, files[c.DocumentID], loads.Findings(c)})
	}
	for _, d := range v.Docs {
		if d.Kind == "proof_of_delivery" && !seen[d.ID] && d.State != "received" && d.State != "reading" {
			out = append(out, check{loads.PODCheck{LoadID: v.ID, DocumentID: d.ID}, d.Filename, nil})
		}
	}
	return out
}

// judge reports whether a proof of delivery waits for a person's yes or no.
func (v loadView) judge(c check) bool {
	st := lifecycle.State(v.State)
	return v.MayJudge && c.AcceptedAt == nil && (st == lifecycle.PODReceived || st == lifecycle.Delivered)
}

// history is newest first.
func (p *pages) history(evs []loads.Event, v loadView) []ui.HistoryItem {
	var out []ui.HistoryItem
	for _, e := range slices.Backward(evs) {
		x := viewOf(lifecycle.Verb(e.Verb))
		it := ui.HistoryItem{At: e.At, Zone: v.Zone, Who: e.ActorName, Machine: e.ActorName == tenant.SystemName, Text: x.past, Detail: e.Text, Tone: x.tone}
		if it.Text == "" {
			it.Text = said[e.Verb]
		}
		if it.Text == "" {
			it.Text = strings.ReplaceAll(e.Verb, "_", " ")
		}
		if it.Who == "" {
			it.Who = tenant.SystemName
		}
		if e.StopSeq != nil && *e.StopSeq >= 1 && *e.StopSeq <= len(v.Stops) {
			s := v.Stops[*e.StopSeq-1]
			it.Zone = s.TimeZone
			it.Text = fmt.Sprintf("%s at stop %d, %s", it.Text, s.Seq, lane(s.City, s.State))
		}
		out = append(out, it)
	}
	return out
}

// do returns the handler of a verb's button.
func (p *pages) do(verb lifecycle.Verb) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := web.PathID(r, "id")
		if err != nil {
			return err
		}
		version, err := strconv.Atoi(r.PostFormValue("version"))
		if err != nil {
			return errs.Invalid("this page is out of date; load it again")
		}
		st := loads.Step{Verb: verb, Reason: strings.TrimSpace(r.PostFormValue("reason")), Version: version}
		if at := r.PostFormValue("at"); at != "" {
			if st.At, err = p.happened(r.Context(), id, at); err != nil {
				return err
			}
		}
		if _, err := p.loads.Do(r.Context(), id, st); err != nil {
			return err
		}
		return web.Redirect(w, r, href(id))
	}
}

// happened reads a wall time at the stop where the load is.
func (p *pages) happened(ctx context.Context, id ids.ID, at string) (time.Time, error) {
	l, err := p.loads.Get(ctx, id)
	if err != nil {
		return time.Time{}, err
	}
	zone := web.Zone(ctx)
	for _, s := range l.Stops {
		if s.Seq == l.NextStop && s.TimeZone != "" {
			zone = s.TimeZone
		}
	}
	return wallTime(at, zone)
}

// wallTime reads what a datetime-local control sends.
func wallTime(at, zone string) (time.Time, error) {
	loc, err := clock.Zone(zone)
	if err != nil {
		loc = time.UTC
	}
	for _, l := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(l, at, loc); err == nil {
			return t, nil
		}
	}
	return time.Time{}, errs.Invalid("that is not a time: %.40q", at).Field("at", "write it as 2026-11-23 08:00")
}

func (p *pages) note(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := p.loads.AddNote(r.Context(), id, r.PostFormValue("text")); err != nil {
		return err
	}
	return web.Redirect(w, r, href(id))
}

func (p *pages) acceptPOD(w http.ResponseWriter, r *http.Request) error {
	how := r.PostFormValue("reason")
	return p.judge(w, r, func(ctx context.Context, id, doc ids.ID) error {
		_, err := p.loads.AcceptPOD(ctx, id, doc, how)
		return err
	})
}

func (p *pages) rejectPOD(w http.ResponseWriter, r *http.Request) error {
	why := r.PostFormValue("reason")
	return p.judge(w, r, func(ctx context.Context, id, doc ids.ID) error {
		_, err := p.loads.RejectPOD(ctx, id, doc, why)
		return err
	})
}

func (p *pages) judge(w http.ResponseWriter, r *http.Request, fn func(ctx context.Context, id, doc ids.ID) error) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	doc, err := web.PathID(r, "doc")
	if err != nil {
		return err
	}
	d, err := p.docs.Get(r.Context(), doc)
	if err != nil {
		return err
	}
	if ids.Of(d.LoadID) != id {
		return errs.NotFound("this document does not hang on this load")
	}
	if err := fn(r.Context(), id, doc); err != nil {
		return err
	}
	return web.Redirect(w, r, href(id))
}
