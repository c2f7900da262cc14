package extract

import (
	"fmt"
	"strings"
)

// Against compares a paper with what was said about it elsewhere: the mail that
// brought it. The paper counts; where the two differ a person is told. What only
// one of them says is no difference.
func (r *Reading) Against(said *Reading) {
	if said == nil {
		return
	}
	differ := func(path, paper, mail string) {
		if paper != "" && mail != "" && !sameValue(path, paper, mail) {
			r.Flags = append(r.Flags, Flag{path, fmt.Sprintf("the mail it came with says %s, the paper %s; the paper was taken", mail, paper), Check})
		}
	}
	text := func(l Str) string {
		if l == nil || l.Confidence < sure {
			return ""
		}
		return l.Value
	}
	number := func(l Int) string {
		if l == nil || l.Confidence < sure {
			return ""
		}
		return fmt.Sprint(l.Value)
	}
	money := func(l Str) string {
		if s := text(l); s != "" {
			return "$" + s
		}
		return ""
	}
	differ("total_rate", money(r.TotalRate), money(said.TotalRate))
	differ("load_number", text(r.LoadNumber), text(said.LoadNumber))
	differ("equipment", text(r.Equipment), text(said.Equipment))
	differ("weight_lb", number(r.WeightLb), number(said.WeightLb))
	differ("temperature_min_f", number(r.TemperatureMinF), number(said.TemperatureMinF))
	if len(r.Stops) != len(said.Stops) {
		return // a mail seldom lists them all
	}
	for i, s := range r.Stops {
		at, o := fmt.Sprintf("stops[%d].", i), said.Stops[i]
		if text(s.Type) != text(o.Type) {
			return
		}
		differ(at+"city", text(s.City), text(o.City))
		differ(at+"window_start", dateOf(text(s.WindowStart)), dateOf(text(o.WindowStart)))
	}
}

// dateOf is the date of a window; its hour is often left out in a mail.
func dateOf(window string) string {
	d, _, _ := strings.Cut(window, "T")
	return d
}
