package opsweb

import (
	"fmt"
	"math"
	"net/http"
	"strconv"

	"truckflow/internal/ops/capacity"
	"truckflow/internal/ops/usage"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

// capacities answers: how many trucks will this carry, and what is full first?
type capacities struct {
	frame
	r       capacity.Report
	here    *capacity.Row // the fleet that was asked for, or this company's; nil without trucks
	asked   string
	problem string
	chart   chart
}

func (p *pages) capacity(w http.ResponseWriter, r *http.Request) error {
	u, err := capacity.Parse(capacity.Default)
	if err != nil {
		return err
	}
	work, err := usage.Of(r.Context(), p.DB, p.Clock.Now())
	if err != nil {
		return err
	}
	v := capacities{r: u.Reckon(0), asked: r.FormValue("trucks")}
	trucks, status := work.Trucks, http.StatusOK
	if v.asked != "" {
		if trucks, err = strconv.Atoi(v.asked); err != nil || trucks < 1 || trucks > 10_000_000 {
			v.problem, trucks, status = "trucks is a whole number from 1 to 10,000,000", 0, http.StatusUnprocessableEntity
		}
	}
	if trucks > 0 {
		v.here = &u.Reckon(trucks).Rows[0]
	}
	v.chart = uses(v.r)
	v.frame = p.frame(r, "Trucks that a server and a cluster carry, reckoned from measured unit costs")
	return web.Render(w, r, status, capacityPage(v))
}

// uses draws the fullest part of each way of running, by the number of trucks.
func uses(r capacity.Report) chart {
	first, last := r.Rows[0], r.Rows[len(r.Rows)-1]
	c := chart{label: "Use of the fullest part, by trucks; the table below has the figures", x: axis{from: float64(first.Work.Trucks), to: float64(last.Work.Trucks), log: true}, y: axis{to: 1.1}}
	for _, x := range r.Rows {
		c.x.ticks = append(c.x.ticks, tick{float64(x.Work.Trucks), ui.Group(x.Work.Trucks)})
	}
	for _, pct := range []float64{0.25, 0.5, 0.75, 1} {
		c.y.ticks = append(c.y.ticks, tick{pct, fmt.Sprintf("%.0f %%", 100*pct)})
	}
	single, cluster := series{name: "Single server", tone: ui.ToneOK}, series{name: "Cluster, one database", tone: ui.ToneInfo}
	const pieces = 64
	for i := range pieces + 1 {
		trucks := c.x.from * math.Pow(c.x.to/c.x.from, float64(i)/pieces)
		add := func(s *series, most float64) { // uses grow in proportion
			if y := most * trucks / c.x.to; y <= c.y.to {
				s.high = append(s.high, point{trucks, y})
			}
		}
		add(&single, last.Single.Most)
		add(&cluster, last.Cluster.Most)
	}
	c.series = []series{single, cluster}
	c.marks = []tick{{float64(r.SingleUpTo), "server full"}, {float64(r.ClusterUpTo), "database full"}}
	return c
}

func useTone(use, full float64) ui.Tone {
	switch {
	case use > full:
		return ui.ToneLate
	case use > full/2:
		return ui.ToneRisk
	}
	return ui.ToneNone
}

func decimal(v float64) string {
	if v >= 100 {
		return ui.Group(int(math.Round(v)))
	}
	return strconv.FormatFloat(math.Round(10*v)/10, 'f', -1, 64)
}
