package opsweb

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"truckflow/internal/ops/capacity"
	"truckflow/internal/ops/usage"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

// overview answers: is the system well?
type overview struct {
	frame
	drivers []Driver
	bad     int
	queues  []queue
	waiting int
	store   usage.Store
	disk    usage.Disk
	version string
	up      time.Duration
	lasts   string // how long the disk does
}

type queue struct {
	name string
	jobs int
}

func (p *pages) overview(w http.ResponseWriter, r *http.Request) error {
	v := overview{drivers: p.Drivers(r.Context()), version: p.Version, up: p.Clock.Now().Sub(p.Started)}
	for _, d := range v.drivers {
		if !d.OK {
			v.bad++
		}
	}
	slices.SortStableFunc(v.drivers, func(a, b Driver) int { return cmp.Compare(rank(a), rank(b)) })
	jobs, err := p.Queues(r.Context())
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(jobs)) {
		v.queues = append(v.queues, queue{name, jobs[name]})
		v.waiting += jobs[name]
	}
	if v.store, err = usage.Stored(r.Context(), p.DB); err != nil {
		return err
	}
	if v.disk, err = usage.DiskOf(p.DataDir); err != nil {
		return err
	}
	if v.lasts, err = p.diskLasts(r, v.disk); err != nil {
		return err
	}
	v.frame = p.frame(r, v.state())
	return web.Render(w, r, http.StatusOK, overviewPage(v))
}

// diskLasts says how long the free disk lasts at this company's pace of a month.
func (p *pages) diskLasts(r *http.Request, d usage.Disk) (string, error) {
	u, err := capacity.Parse(capacity.Default)
	if err != nil {
		return "", err
	}
	work, err := usage.Of(r.Context(), p.DB, p.Clock.Now())
	if err != nil {
		return "", err
	}
	growth := u.Growth(work)
	if growth <= 0 || d.Free/growth > 3650 {
		return "more than 10 years at this pace", nil
	}
	return fmt.Sprintf("%s days at this pace", ui.Group(int(d.Free/growth))), nil
}

func rank(d Driver) int {
	if d.OK {
		return 1
	}
	return 0
}

// state is the page's answer in a line.
func (v overview) state() string {
	if v.bad == 0 {
		return "All services answer"
	}
	return fmt.Sprintf("%d of %d services do not answer as they should", v.bad, len(v.drivers))
}

func (v overview) diskPercent() int64 { return 100 * v.disk.Free / max(1, v.disk.Total) }

func (v overview) diskTone() ui.Tone {
	switch free := v.diskPercent(); {
	case free < 5:
		return ui.ToneLate
	case free < 15:
		return ui.ToneRisk
	}
	return ui.ToneNone
}

// largest are the tables worth a line.
func (v overview) largest() []usage.Table { return v.store.Tables[:min(8, len(v.store.Tables))] }

// lasted writes a duration as people say it: "3 days", "5 h 12 min".
func lasted(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	case d >= time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d min", int(d.Minutes()))
}
