package opsweb

import (
	"fmt"
	"math"
	"net/http"
	"slices"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/money"
	"truckflow/internal/ops/cost"
	"truckflow/internal/ops/usage"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

// costs answers: what does running this cost, and when does more of it pay?
type costs struct {
	frame
	r       *cost.Report
	asked   string // what stands in the form
	problem string
	chart   chart
	parts   []part
}

// part is a line of either plan or of both.
type part struct {
	cost.Line
	single, cluster string
}

// parts lays the two plans beside each other.
func parts(r *cost.Report) (out []part) {
	for _, l := range r.Single.Lines {
		out = append(out, part{l, l.Cost.String(), "–"})
	}
	for i, l := range r.Cluster.Lines {
		same := slices.IndexFunc(out, func(p part) bool { return p.What == l.What })
		if same >= 0 {
			out[same].cluster = l.Cost.String()
		} else {
			out = slices.Insert(out, i+1, part{l, "–", l.Cost.String()})
		}
	}
	return out
}

func (p *pages) cost(w http.ResponseWriter, r *http.Request) error {
	book, err := p.book()
	if err != nil {
		return err
	}
	work, err := usage.Of(r.Context(), p.DB, p.Clock.Now())
	if err != nil {
		return err
	}
	store, err := usage.Stored(r.Context(), p.DB)
	if err != nil {
		return err
	}
	v := costs{asked: r.FormValue("revenue")}
	var revenue money.Cents
	status := http.StatusOK
	if v.asked != "" {
		if revenue, err = money.Parse(v.asked); err != nil || revenue <= 0 {
			v.problem, revenue, status = "revenue a month is an amount above zero, such as 500000", 0, http.StatusUnprocessableEntity
		}
	}
	v.r, err = book.Reckon(p.Clock.Now(), cost.Measured{Work: &work, Store: &store, Egress: p.egress()}, revenue)
	if err != nil {
		return errs.Public(err)
	}
	v.chart, v.parts = shares(v.r), parts(v.r)
	v.frame = p.frame(r, "One month, from dated prices and what is measured here")
	return web.Render(w, r, status, costPage(v))
}

// shares draws what each plan is of the revenue, from the smallest step to the largest.
func shares(r *cost.Report) chart {
	first, last := r.Steps[0].Revenue, r.Steps[len(r.Steps)-1].Revenue
	c := chart{label: "Cost as a share of revenue, by revenue a month; the table below has the figures",
		x: axis{from: dollars(first), to: dollars(last), log: true}, y: axis{to: 4}}
	for _, s := range r.Steps {
		c.x.ticks = append(c.x.ticks, tick{dollars(s.Revenue), short(s.Revenue)})
	}
	for _, pct := range []float64{1, 2, 3} {
		c.y.ticks = append(c.y.ticks, tick{pct, fmt.Sprintf("%.0f %%", pct)})
	}
	for _, x := range []struct {
		name string
		plan cost.Plan
		tone ui.Tone
	}{{"Single server", r.Single, ui.ToneOK}, {"Cluster", r.Cluster, ui.ToneInfo}} {
		s := series{name: x.name, tone: x.tone}
		const pieces = 48
		for i := range pieces + 1 {
			// equal steps on a scale of ratios
			at := dollars(first) * math.Pow(dollars(last)/dollars(first), float64(i)/pieces)
			low, high := 100*dollars(x.plan.Total.Low)/at, 100*dollars(x.plan.Total.High)/at
			if high <= c.y.to { // above it there is nothing to see
				s.low, s.high = append(s.low, point{at, low}), append(s.high, point{at, high})
			}
		}
		c.series = append(c.series, s)
	}
	c.marks = []tick{{dollars(r.StepAt), "step to the cluster"}}
	return c
}

// dollars is a place on an axis, not an amount.
func dollars(c money.Cents) float64 { return float64(c) / 100 }

// short writes $500K and $1M.
func short(c money.Cents) string {
	if c >= 1_000_000_00 {
		return fmt.Sprintf("$%gM", dollars(c)/1e6)
	}
	return fmt.Sprintf("$%gK", dollars(c)/1e3)
}
