// Package opsweb has the Operations pages: is the system well, what does it cost, how
// much can it carry, what did it scale. They are for owners (identity.Operate).
//
// Another page is one entry in sections and a file of its own with its handler. Figures
// of the machine are the same for every company on the server; figures of work are
// the visitor's own company's.
package opsweb

import (
	"context"
	"net/http"
	"os"
	"strings"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup"
	"truckflow/internal/ops/checklist"
	"truckflow/internal/ops/cost"
	"truckflow/internal/ops/scale"
	"truckflow/internal/platform/pg"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

// Driver is one service that the program stands on, as `truckflow doctor` has it.
type Driver struct {
	Port, Driver, Why, Detail, Hint string
	OK                              bool
}

// Deps is what the pages show.
type Deps struct {
	DB        *pg.DB
	Clock     clock.Clock
	Drivers   func(ctx context.Context) []Driver
	Queues    func(ctx context.Context) (map[string]int, error) // jobs that wait or run, by queue
	Sent      func() int64                                      // bytes since Started
	Started   time.Time
	Version   string
	DataDir   string
	Prices    string // file of a price book; "" for the built-in
	History   *scale.History
	Backup    *backup.Service // nil: the program takes none
	Checklist *checklist.Checklist
}

type pages struct {
	Deps
	rt   *web.Router
	tabs []ui.Tab
}

// section is one page with its tab.
type section struct {
	label, path string
	show        func(p *pages, w http.ResponseWriter, r *http.Request) error
}

// sections in the order of their tabs.
var sections = []section{
	{"Overview", "/operations", (*pages).overview},
	{"Backup", "/operations/backup", (*pages).backup},
	{"Checklist", "/operations/checklist", (*pages).checklist},
	{"Cost", "/operations/cost", (*pages).cost},
	{"Capacity", "/operations/capacity", (*pages).capacity},
	{"Scaling", "/operations/scaling", (*pages).scaling},
}

// Register adds the pages.
func Register(rt *web.Router, d Deps) {
	p := &pages{Deps: d, rt: rt}
	for _, s := range sections {
		p.tabs = append(p.tabs, ui.Tab{Label: s.label, Href: s.path})
		rt.Handle("GET "+s.path, identity.Operate, func(w http.ResponseWriter, r *http.Request) error { return s.show(p, w, r) })
	}
	rt.Handle("POST /operations/backup/run", identity.Operate, p.ask(backup.AskRun))
	rt.Handle("GET /operations/checklist.pdf", identity.Operate, p.checklistPDF)
	rt.Handle("GET /operations/checklist/report", identity.Operate, p.report)
	rt.Handle("GET /operations/checklist/report.pdf", identity.Operate, p.reportPDF)
	rt.Handle("POST /operations/checklist/report", identity.Operate, p.keepReport)
	rt.Handle("POST /operations/checklist/look", identity.Operate, p.lookAgain)
	rt.Handle("POST /operations/checklist/confirm", identity.Operate, p.confirm)
	rt.Handle("POST /operations/backup/drill", identity.Operate, p.ask(backup.AskDrill))
}

// frame is what a page hands to its template.
type frame struct {
	m    web.PageMeta
	tabs []ui.Tab
}

// frame fills the frame of the page that r asks for.
func (p *pages) frame(r *http.Request, subtitle string) frame {
	f := frame{m: p.rt.Meta(r, web.PageMeta{Title: "Operations", Section: "operations", Subtitle: subtitle})}
	for _, t := range p.tabs {
		t.Current = t.Href == r.URL.Path || strings.HasPrefix(r.URL.Path, t.Href+"/") && t.Href != "/operations"
		f.tabs = append(f.tabs, t)
	}
	return f
}

// book is the price book in force.
func (p *pages) book() (*cost.Book, error) {
	b := cost.Default
	if p.Prices != "" {
		var err error
		if b, err = os.ReadFile(p.Prices); err != nil {
			return nil, errs.Unavailable("the price book of TRUCKFLOW_PRICES cannot be opened").Wrap(err)
		}
	}
	return cost.Parse(b)
}

// egress is what was sent, for as long as is known.
func (p *pages) egress() *cost.Egress {
	return &cost.Egress{Bytes: p.Sent(), Over: p.Clock.Now().Sub(p.Started)}
}
