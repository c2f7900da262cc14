package opsweb

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"truckflow/internal/ops/scale"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

// scalings answers: what was added and removed, and why?
type scalings struct {
	frame
	zone    string
	entries []scale.Entry
	charts  []chart
}

// shown is how far back the page looks, in entries.
const shown = 200

func (p *pages) scaling(w http.ResponseWriter, r *http.Request) error {
	all, err := p.History.List(r.Context(), shown)
	if err != nil {
		return err
	}
	v := scalings{entries: all, zone: web.Zone(r.Context())}
	for _, role := range roles(all) {
		if c, ok := instances(role, all, p.Clock.Now(), v.zone); ok {
			v.charts = append(v.charts, c)
		}
	}
	v.frame = p.frame(r, "What was added and removed, what kept it from acting, and why")
	return web.Render(w, r, http.StatusOK, scalingPage(v))
}

func roles(all []scale.Entry) (out []string) {
	for _, e := range all {
		if !slices.Contains(out, e.Role) {
			out = append(out, e.Role)
		}
	}
	slices.Sort(out)
	return out
}

// instances draws how many there were of a role, over the time that entries cover.
func instances(role string, all []scale.Entry, now time.Time, zone string) (c chart, ok bool) {
	var line []point
	most := 1
	for _, e := range slices.Backward(all) { // oldest first
		if e.Role != role || e.DryRun || e.Outcome != "" {
			continue
		}
		at := float64(e.At.Unix())
		line = append(line, point{at, float64(e.From)}, point{at, float64(e.To)})
		most = max(most, e.From, e.To)
	}
	if len(line) == 0 {
		return c, false
	}
	last := float64(now.Unix())
	line = append(line, point{last, line[len(line)-1].y})
	c = chart{label: fmt.Sprintf("Instances of %s over time; the table below has each change", role), x: axis{from: line[0].x, to: last}, y: axis{to: float64(most) + 0.5},
		series: []series{{name: "Instances of " + role, tone: ui.ToneInfo, high: line, steps: true}}}
	for n := 1; n <= most; n += 1 + most/6 {
		c.y.ticks = append(c.y.ticks, tick{float64(n), strconv.Itoa(n)})
	}
	for i := range 3 {
		at := line[0].x + float64(i)*(last-line[0].x)/2
		c.x.ticks = append(c.x.ticks, tick{at, ui.InZone(time.Unix(int64(at), 0), zone).Format("Jan 2 15:04")})
	}
	return c, true
}

func actionTone(e scale.Entry) ui.Tone {
	switch {
	case e.Outcome != "":
		return ui.ToneLate
	case e.Action == scale.Hold && e.Kind != scale.KindBound:
		return ui.ToneRisk
	case e.Action == scale.Hold:
		return ui.ToneMuted
	}
	return ui.ToneInfo
}

func actionText(e scale.Entry) string {
	if e.Action == scale.Hold {
		return fmt.Sprintf("held at %d", e.From)
	}
	s := fmt.Sprintf("%d → %d", e.From, e.To)
	if e.DryRun {
		s += ", dry run"
	}
	return s
}
