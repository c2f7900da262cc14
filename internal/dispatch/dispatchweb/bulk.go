package dispatchweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"truckflow/internal/dispatch"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

// bulkSteps are what may be done to several loads at once, in the order it is
// offered. What happened at a stop is written down load by load: it has a time.
var bulkSteps = []struct {
	verb   lifecycle.Verb
	label  string
	past   string
	reason bool
}{
	{lifecycle.Book, "Book", "booked", false},
	{lifecycle.Dispatch, "Dispatch the assigned trucks", "dispatched", false},
	{lifecycle.Recall, "Recall the trucks", "recalled", false},
	{lifecycle.Hold, "Put on hold", "put on hold", true},
	{lifecycle.Resume, "Resume", "resumed", false},
	{lifecycle.Release, "Release to billing", "released to billing", false},
	{lifecycle.OpenClaim, "Open a claim", "claim opened", true},
	{lifecycle.Cancel, "Cancel the loads", "cancelled", true},
}

const noteStep = "note"

// assignStep is not one step: a table of proposed trucks is confirmed first.
const assignStep = "assign"

// picks reads "id:version", one a picked load.
func picks(r *http.Request) (out []loads.Pick, err error) {
	if err := r.ParseForm(); err != nil {
		return nil, errs.Invalid("the form did not arrive whole; send it again").Wrap(err)
	}
	for _, s := range r.Form["load"] {
		id, version, _ := strings.Cut(s, ":")
		p := loads.Pick{}
		if p.ID, err = ids.Parse(id); err == nil {
			p.Version, err = strconv.Atoi(version)
		}
		if err != nil {
			return nil, errs.Invalid("this page is out of date; load it again").Wrap(err)
		}
		out = append(out, p)
	}
	return out, nil
}

type bulkView struct {
	Loads   []loads.Full
	Picks   []string
	Options []ui.Option
	CSRF    string
}

// bulkForm offers what every picked load may have done to it next.
func (p *pages) bulkForm(w http.ResponseWriter, r *http.Request) error {
	ps, err := picks(r)
	if err != nil {
		return err
	}
	fs, steps, err := p.Loads.CommonSteps(r.Context(), ps)
	if err != nil {
		return err
	}
	v := bulkView{Loads: fs, Picks: r.Form["load"], CSRF: p.rt.Meta(r, web.PageMeta{}).CSRF}
	if identity.Can(r.Context(), identity.DispatchLoads) && slices.ContainsFunc(fs, func(f loads.Full) bool { return dispatch.ForBulk(f.Load) }) {
		v.Options = append(v.Options, ui.Option{Value: assignStep, Label: "Assign trucks"})
	}
	if identity.Can(r.Context(), identity.EditLoads) {
		v.Options = append(v.Options, ui.Option{Value: noteStep, Label: "Write a note"})
	}
	for _, s := range bulkSteps {
		for _, legal := range steps {
			if legal == s.verb {
				v.Options = append(v.Options, ui.Option{Value: string(s.verb), Label: s.label})
			}
		}
	}
	return web.Render(w, r, http.StatusOK, bulkDialog(v))
}

func (p *pages) bulk(w http.ResponseWriter, r *http.Request) error {
	ps, err := picks(r)
	if err != nil {
		return err
	}
	do, text := r.PostFormValue("do"), strings.TrimSpace(r.PostFormValue("text"))
	if do == assignStep {
		return p.pairForm(w, r, ps)
	}
	past, out, err := p.doBulk(r.Context(), ps, do, text)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, bulkResult(past, out))
}

func (p *pages) doBulk(ctx context.Context, ps []loads.Pick, do, text string) (string, []loads.Outcome, error) {
	if do == noteStep {
		if text == "" {
			return "", nil, errs.Invalid("write the note first").Field("text", "required")
		}
		out, err := p.Loads.NoteAll(ctx, ps, text)
		return "noted", out, err
	}
	for _, s := range bulkSteps {
		if string(s.verb) != do {
			continue
		}
		if s.reason && text == "" {
			return "", nil, errs.Invalid("say why").Field("text", "required")
		}
		out, err := p.Loads.DoAll(ctx, ps, s.verb, text)
		return s.past, out, err
	}
	return "", nil, errs.Invalid("choose what to do").Field("do", "required")
}

type pairView struct {
	Rows  []dispatch.Pairing
	Picks map[ids.ID]string // "id:version" as it was picked
	CSRF  string
	First bool // nobody has changed a truck in it yet: later the focus stays where it is
}

// given counts the loads that get a truck, and those whose truck cannot stay.
func (v pairView) given() (n, bad int) {
	for _, p := range v.Rows {
		if p.Pick.Truck.ID.IsZero() {
			continue
		}
		if n++; p.Problem != "" {
			bad++
		}
	}
	return n, bad
}

// crewValue is a crew in one form value, read by readCrew.
func crewValue(s dispatch.Suggestion) string {
	return strings.Join([]string{s.Truck.ID.String(), s.Trailer.ID.String(), s.Driver.ID.String()}, ":")
}

func crewLabel(s dispatch.Suggestion) string {
	out := s.Truck.Unit + " · " + s.Driver.Name
	if s.Known {
		out += " · " + ui.Miles(s.Deadhead) + " empty"
	}
	if s.Late > 0 {
		out += " · late"
	}
	return out
}

func crewOptions(p dispatch.Pairing) []ui.Option {
	out := []ui.Option{{Value: "", Label: "No truck yet"}}
	for _, s := range p.Options {
		out = append(out, ui.Option{Value: crewValue(s), Label: crewLabel(s)})
	}
	return out
}

func readCrew(s string) (c dispatch.Choice, err error) {
	part := strings.Split(s, ":")
	if s == "" {
		return c, nil
	}
	if len(part) != 3 {
		return c, errs.Invalid("this page is out of date; load it again")
	}
	for i, to := range []*ids.ID{&c.TruckID, &c.TrailerID, &c.DriverID} {
		if err := to.UnmarshalText([]byte(part[i])); err != nil {
			return c, errs.Invalid("this page is out of date; load it again").Wrap(err)
		}
	}
	return c, nil
}

// crews reads what the table says of each picked load; nil when there was no table yet.
func crews(r *http.Request, ps []loads.Pick) (map[ids.ID]dispatch.Choice, error) {
	var out map[ids.ID]dispatch.Choice
	for _, p := range ps {
		vs, told := r.PostForm["crew-"+p.ID.String()]
		if !told {
			continue
		}
		if out == nil {
			out = map[ids.ID]dispatch.Choice{}
		}
		c, err := readCrew(vs[0])
		if err != nil {
			return nil, err
		}
		out[p.ID] = c
	}
	return out, nil
}

// pairForm shows which truck each load would get, as proposed or as chosen so far.
func (p *pages) pairForm(w http.ResponseWriter, r *http.Request, ps []loads.Pick) error {
	chosen, err := crews(r, ps)
	if err != nil {
		return err
	}
	v := pairView{Picks: map[ids.ID]string{}, CSRF: p.rt.Meta(r, web.PageMeta{}).CSRF, First: chosen == nil}
	for i, x := range ps {
		v.Picks[x.ID] = r.Form["load"][i]
	}
	if v.Rows, err = p.Dispatch.Pair(r.Context(), ps, chosen); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, pairDialog(v))
}

// pair gives the confirmed trucks to their loads.
func (p *pages) pair(w http.ResponseWriter, r *http.Request) error {
	ps, err := picks(r)
	if err != nil {
		return err
	}
	chosen, err := crews(r, ps)
	if err != nil {
		return err
	}
	var rows []dispatch.Paired
	for _, x := range ps {
		if c := chosen[x.ID]; !c.TruckID.IsZero() {
			c.Dispatch = r.PostFormValue("dispatch") == "yes"
			rows = append(rows, dispatch.Paired{Pick: x, Choice: c})
		}
	}
	if len(rows) == 0 {
		return errs.Invalid("choose a truck for at least one load")
	}
	out, err := p.Dispatch.AssignAll(r.Context(), rows)
	if err != nil {
		return err
	}
	past := "assigned"
	if r.PostFormValue("dispatch") == "yes" {
		past = "assigned and dispatched"
	}
	return web.Render(w, r, http.StatusOK, bulkResult(past, out))
}

func failed(out []loads.Outcome) (n int) {
	for _, o := range out {
		if o.Err != nil {
			n++
		}
	}
	return n
}

func countLoads(n int) string {
	if n == 1 {
		return "1 load"
	}
	return strconv.Itoa(n) + " loads"
}
