package loadsweb

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"truckflow/internal/documents/extract"
	"truckflow/internal/kit/money"
	"truckflow/internal/loads"
	"truckflow/internal/web/ui"
)

// place says for each row of the form which stop or line of the paper it came
// from. Rows that say so already (a form that comes back) are left alone.
func (f *form) place(r *extract.Reading) {
	if r == nil {
		return
	}
	for i := range f.Stops {
		if f.Values[at("stops", i, "paper")] != "" {
			return
		}
	}
	same := len(r.Stops) == f.Stops
	used := map[int]bool{}
	for i := range f.Stops {
		for k, s := range r.Stops {
			city := s.City != nil && strings.EqualFold(s.City.Value, f.Values[at("stops", i, "city")])
			if !used[k] && (same && i == k || !same && city) {
				f.Values[at("stops", i, "paper")] = strconv.Itoa(k)
				used[k] = true
				break
			}
		}
	}
	f.placeCharges(r)
}

// placeCharges goes by amount and order: lines that could not be read made no charge.
func (f *form) placeCharges(r *extract.Reading) {
	next := 0
	for i := range f.Charges {
		for k := next; k < len(r.LineItems); k++ {
			a := r.LineItems[k].Amount
			if a == nil {
				continue
			}
			if c, err := money.Parse(a.Value); err == nil && c.String() == f.Values[at("charges", i, "amount")] {
				f.Values[at("charges", i, "paper")] = strconv.Itoa(k)
				next = k + 1
				break
			}
		}
	}
}

var (
	rowPath = regexp.MustCompile(`^(stops|line_items)\[(\d+)\](?:\.(\w+))?`)
	spoken  = map[string]string{"load_number": "customer_ref", "broker": "customer_id", "broker.name": "customer_id", "broker.usdot": "customer_id", "broker.mc": "customer_id"}
)

// controlFor is the control that stands for a field of the reading; "" when none does.
func (f *form) controlFor(field string) string {
	if c, ok := spoken[field]; ok {
		return c
	}
	m := rowPath.FindStringSubmatch(field)
	if m == nil {
		for _, n := range plainNames {
			if n == field {
				return n
			}
		}
		return ""
	}
	group, rows, name := "stops", f.Stops, m[3]
	if m[1] == "line_items" {
		group, rows = "charges", f.Charges
	}
	switch {
	case name == "" && group == "stops":
		name = "city"
	case name == "" || name == "quantity" || name == "rate":
		name = "amount"
	}
	for i := range rows {
		if f.Values[at(group, i, "paper")] == m[2] {
			return at(group, i, name)
		}
	}
	if i, err := strconv.Atoi(m[2]); err == nil && i < rows && f.Values[at(group, i, "paper")] == "" {
		return at(group, i, name)
	}
	return ""
}

// doubts puts the load's flags beside their controls.
func (f *form) doubts(flags []loads.Flag) {
	for _, fl := range flags {
		c := f.controlFor(fl.Field)
		switch {
		case c == "":
			f.Loose = append(f.Loose, fl)
		case fl.Severity == extract.Check:
			f.Flags[c] = joined(f.Flags[c], fl.Reason)
		default:
			f.Hints[c] = joined(f.Hints[c], ui.Sentence(fl.Reason))
		}
	}
}

func joined(a, b string) string {
	if a == "" || a == b {
		return b
	}
	return strings.TrimSuffix(a, ".") + "; " + b
}

// keep drops the doubts about what a person changed: they have looked.
func (f *form) keep(flags []loads.Flag, before loads.Input) []loads.Flag {
	old := newForm()
	old.show(before)
	for i := range old.Stops { // the rows of old stand as the paper's rows did
		if f.Stops == old.Stops {
			old.Values[at("stops", i, "paper")] = f.Values[at("stops", i, "paper")]
		}
	}
	var out []loads.Flag
	for _, fl := range flags {
		was, is := old.controlFor(fl.Field), f.controlFor(fl.Field)
		moved := strings.HasPrefix(fl.Field, "stops") && f.Stops != old.Stops || strings.HasPrefix(fl.Field, "line_items") && f.Charges != old.Charges
		if fl.Field == "total_rate" {
			moved = f.sum() != old.sum()
		}
		if moved || was != "" && fl.Field != "total_rate" && old.Values[was] != f.Values[is] {
			continue
		}
		out = append(out, fl)
	}
	return out
}

// evidence ties controls to their places on the paper.
func (f *form) evidence(r *extract.Reading) {
	if r == nil {
		return
	}
	for _, v := range r.Fields() {
		c := f.controlFor(v.Path)
		if c == "" || v.Page == 0 {
			continue
		}
		if e := f.Evidence[c]; e == nil {
			f.Evidence[c] = &ui.Evidence{Page: v.Page, Box: v.Box, Confidence: v.Confidence, Text: v.Text}
		} else if strings.Contains(v.Path, ".references[") && e.Page == v.Page {
			e.Box, e.Confidence = around(e.Box, v.Box), min(e.Confidence, v.Confidence)
		}
	}
	if t := r.TotalRate; t != nil && len(r.LineItems) == 0 && f.Charges == 1 {
		f.Evidence[at("charges", 0, "amount")] = &ui.Evidence{Page: t.Page, Box: t.Box, Confidence: t.Confidence, Text: t.Text}
	}
}

func around(a, b [4]float64) [4]float64 {
	return [4]float64{min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])}
}

// aside are the fields of the reading that have no control: shown, not edited.
func (f *form) aside(r *extract.Reading, prefix string) []ui.FieldProps {
	if r == nil {
		return nil
	}
	var out []ui.FieldProps
	for _, v := range r.Fields() {
		name, ok := strings.CutPrefix(v.Path, prefix)
		if !ok {
			continue
		}
		p := ui.FieldProps{Name: v.Path, Label: ui.Words(name), Value: v.Value, ReadOnly: true,
			Evidence: &ui.Evidence{Page: v.Page, Box: v.Box, Confidence: v.Confidence, Text: v.Text}}
		if l, ok := asideWords[name]; ok {
			p.Label = l
		}
		for _, fl := range f.Loose {
			if fl.Field == v.Path && fl.Severity == extract.Check {
				p.Flag = fl.Reason
			}
		}
		out = append(out, p)
	}
	return out
}

var asideWords = map[string]string{"mc": "MC", "usdot": "USDOT", "tonu": "TONU", "detention_free_minutes": "Detention free, min", "detention_rate_per_hour": "Detention, $/hour",
	"detention_daily_cap": "Detention cap, $/day", "layover_per_day": "Layover, $/day", "payment_days": "Pays in, days", "quick_pay_percent": "Quick pay, %", "quick_pay_days": "Quick pay, days",
	"billing_email": "Invoices to"}

// looseText are the doubts that no control shows.
func (f *form) looseText() []string {
	var out []string
	for _, fl := range f.Loose {
		if strings.HasPrefix(fl.Field, "terms.") && fl.Severity != extract.Check {
			continue // said beside the terms
		}
		out = append(out, fmt.Sprintf("%s: %s", fieldWords(fl.Field), fl.Reason))
	}
	return out
}

// fieldWords says a path without a control as people do: "carrier.name" is "Carrier name".
func fieldWords(path string) string {
	if l, ok := asideWords[path[strings.LastIndex(path, ".")+1:]]; ok {
		return l
	}
	return ui.Words(strings.NewReplacer(".", " ", "[", " ", "]", "").Replace(path))
}
