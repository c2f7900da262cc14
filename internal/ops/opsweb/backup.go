package opsweb

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"truckflow/internal/ops/backup"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

// backups answers: what would be lost now, how long until we work again, and has
// anybody tried?
type backups struct {
	frame
	none  string // why there are none
	st    backup.Status
	list  []backup.Listed
	zone  string
	doing backup.Doing
}

func (p *pages) backup(w http.ResponseWriter, r *http.Request) error {
	v := backups{zone: web.Zone(r.Context())}
	if p.Backup == nil {
		v.none = p.whyNoBackup(r)
		v.frame = p.frame(r, "No backups are taken by this program")
		return web.Render(w, r, http.StatusOK, backupPage(v))
	}
	st, err := p.Backup.Status(r.Context())
	if err != nil {
		return err
	}
	if v.list, err = p.Backup.List(r.Context()); err != nil {
		return err
	}
	slices.Reverse(v.list)
	v.st, v.doing = st, p.Backup.Doing()
	v.frame = p.frame(r, "Everything is kept twice; what a loss would cost, as measured")
	return web.Render(w, r, http.StatusOK, backupPage(v))
}

// whyNoBackup is what the doctor says.
func (p *pages) whyNoBackup(r *http.Request) string {
	for _, d := range p.Drivers(r.Context()) {
		if d.Port == "backup" {
			return ui.Sentence(d.Why)
		}
	}
	return ""
}

// ask starts a backup or a drill; it goes on when the visitor leaves.
func (p *pages) ask(what string) func(w http.ResponseWriter, r *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if p.Backup != nil {
			p.Backup.Ask(what)
		}
		return web.Redirect(w, r, "/operations/backup")
	}
}

// span writes a length of time as short as it is precise.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "unknown"
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%.1f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

func (v backups) rpoTone() ui.Tone {
	switch d := v.st.RPONow; {
	case d < 0 || d > backup.ObjectiveRPO:
		return ui.ToneLate
	case d > time.Minute:
		return ui.ToneRisk
	}
	return ui.ToneOK
}

func (v backups) drill() (value, detail string, tone ui.Tone) {
	d := v.st.LastDrill
	switch {
	case d == nil:
		return "never", "a restore is rehearsed once a week", ui.ToneRisk
	case !d.OK:
		return "failed", ui.Sentence(d.Problem), ui.ToneLate
	}
	return span(d.RTO), fmt.Sprintf("%s tables and %s rows compared, %s indexes and %d uploads checked", ui.Group(d.Tables), ui.Group(int(d.Rows)), ui.Group(d.Indexes), d.Files), ui.ToneOK
}

func verifiedText(l backup.Listed) string {
	switch {
	case l.Verified == nil:
		return "not yet"
	case l.Verified.How == "restored":
		return "restored and compared"
	}
	return "read back"
}

// refresh looks again while something is being done.
func (v backups) refresh() templ.Attributes {
	if v.doing.What == "" {
		return nil
	}
	return templ.Attributes{"hx-get": "/operations/backup", "hx-trigger": "every 2s", "hx-select": "#backup", "hx-swap": "outerHTML"}
}

func (v backups) projected() string {
	if v.st.Projected == 0 {
		return "not tried yet"
	}
	return span(v.st.Projected)
}

func (v backups) mode() string {
	if v.st.Sync {
		return "every commit waits for it: nothing that was acknowledged can be lost"
	}
	if v.st.Engine == backup.EnginePgBackRest {
		return "pgBackRest stores the log, a file of it about once a minute"
	}
	return "the log is stored every few seconds"
}

func (v backups) kept() string {
	if v.st.Backups == 1 {
		return "one backup and the log since"
	}
	return fmt.Sprintf("%d backups and the log between them", v.st.Backups)
}
