package opsweb

import (
	"net/http"
	"strconv"
	"strings"

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
