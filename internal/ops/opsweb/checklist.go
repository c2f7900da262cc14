package opsweb

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/ops/checklist"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

// checks answers: may we go live, and is it kept up?
type checks struct {
	frame
	zone   string
	report checklist.Report
	sign   *checklist.Item // the one whose form is open
	kept   map[checklist.Kind]time.Time
}

func (p *pages) checklist(w http.ResponseWriter, r *http.Request) error {
	report, err := p.Checklist.Recent(r.Context())
	if err != nil {
		return err
	}
	v := checks{report: report, zone: web.Zone(r.Context())}
	if id := r.URL.Query().Get("confirm"); id != "" {
		for _, i := range report.Items {
			if i.ID == id && i.Manual {
				v.sign = &i
			}
		}
		if v.sign == nil {
			return errs.NotFound("there is no such item to confirm")
		}
	}
	if v.kept, err = p.Checklist.LastKept(r.Context()); err != nil {
		return err
	}
	v.frame = p.frame(r, report.Summary())
	return web.Render(w, r, http.StatusOK, checklistPage(v))
}

// lookAgain probes everything now, whatever the age of the last result.
func (p *pages) lookAgain(w http.ResponseWriter, r *http.Request) error {
	if _, err := p.Checklist.Look(r.Context()); err != nil {
		return err
	}
	return web.Redirect(w, r, "/operations/checklist")
}

// confirm signs an item in the visitor's name.
func (p *pages) confirm(w http.ResponseWriter, r *http.Request) error {
	days, err := strconv.Atoi(strings.TrimSpace(r.PostFormValue("days")))
	if err != nil {
		return errs.Invalid("days is a whole number").Field("days", "a whole number")
	}
	who, _ := tenant.From(r.Context())
	if _, err := p.Checklist.Confirm(r.Context(), r.PostFormValue("item"), who.Name, r.PostFormValue("note"), days); err != nil {
		return err
	}
	return web.Redirect(w, r, "/operations/checklist")
}

// made is one report on its page.
type made struct {
	frame
	zone     string
	report   checklist.Made
	signable bool // a person's word counts for its item
}

func (p *pages) report(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Checklist.Report(r.Context(), checklist.Kind(r.FormValue("kind")))
	if err != nil {
		return err
	}
	v := made{frame: p.frame(r, m.Title), zone: web.Zone(r.Context()), report: m, signable: m.Kind != checklist.Restore}
	if !v.signable { // a rehearsed restore is seen; only where others back it up is it signed
		list, err := p.Checklist.Recent(r.Context())
		if err != nil {
			return err
		}
		for _, i := range list.Items {
			v.signable = v.signable || i.ID == m.Kind.Item() && i.Status == checklist.Waiting
		}
	}
	return web.Render(w, r, http.StatusOK, reportPage(v))
}

// keepReport keeps the figures of a report for the next one of its kind.
func (p *pages) keepReport(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Checklist.Report(r.Context(), checklist.Kind(r.PostFormValue("kind")))
	if err == nil {
		err = p.Checklist.Keep(r.Context(), m)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/operations/checklist")
}

func (p *pages) checklistPDF(w http.ResponseWriter, r *http.Request) error {
	report, err := p.Checklist.Recent(r.Context())
	if err != nil {
		return err
	}
	return p.pdf(w, "checklist", report.PDF)
}

func (p *pages) reportPDF(w http.ResponseWriter, r *http.Request) error {
	m, err := p.Checklist.Report(r.Context(), checklist.Kind(r.FormValue("kind")))
	if err != nil {
		return err
	}
	return p.pdf(w, string(m.Kind)+"-report", m.PDF)
}

func (p *pages) pdf(w http.ResponseWriter, name string, print func(site, version string) ([]byte, error)) error {
	b, err := print(p.Checklist.Site(), p.Version)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `inline; filename="`+name+`.pdf"`)
	_, err = w.Write(b)
	return err
}

func headsOf(t checklist.Table) (heads []ui.Column) {
	for _, c := range t.Columns {
		heads = append(heads, ui.Column{Label: c})
	}
	return heads
}

func checkTone(s checklist.Status) ui.Tone {
	switch s {
	case checklist.Red:
		return ui.ToneLate
	case checklist.Waiting, checklist.CannotTell:
		return ui.ToneRisk
	case checklist.Green:
		return ui.ToneOK
	}
	return ui.ToneMuted
}
