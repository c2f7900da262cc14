package dispatchweb

import (
	"context"
	"net/http"
	"strconv"
	"strings"

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
