package extract

import (
	"fmt"
	"strconv"
)

// FieldView is one leaf for screens and scorers: its path ("stops[1].zip"),
// its value as text and its evidence. Flagged reports a check flag on it.
type FieldView struct {
	Path, Value string
	Confidence  float64
	Page        int
	Box         [4]float64
	Text, Kind  string
	Flagged     bool
}

// Fields lists every leaf that was read, in the order of the contract.
func (r *Reading) Fields() []FieldView {
	var out []FieldView
	r.walk(func(path string, l any) {
		v := FieldView{Path: path, Flagged: r.flagged(path)}
		switch l := l.(type) {
		case Str:
			v.Value, v.Confidence, v.Page, v.Box, v.Text, v.Kind = l.Value, l.Confidence, l.Page, l.Box, l.Text, l.Kind
		case Int:
			v.Value, v.Confidence, v.Page, v.Box, v.Text = strconv.Itoa(l.Value), l.Confidence, l.Page, l.Box, l.Text
		case Bool:
			v.Value, v.Confidence, v.Page, v.Box, v.Text = strconv.FormatBool(l.Value), l.Confidence, l.Page, l.Box, l.Text
		}
		out = append(out, v)
	})
	return out
}

// walk visits every present leaf with its path.
func (r *Reading) walk(visit func(path string, leaf any)) {
	s := func(p string, l Str) {
		if l != nil {
			visit(p, l)
		}
	}
	n := func(p string, l Int) {
		if l != nil {
			visit(p, l)
		}
	}
	b := func(p string, l Bool) {
		if l != nil {
			visit(p, l)
		}
	}
	s("document_type", r.DocumentType)
	s("load_number", r.LoadNumber)
	r.Broker.walk("broker.", s)
	r.Carrier.walk("carrier.", s)
	s("equipment", r.Equipment)
	n("trailer_length_ft", r.TrailerLengthFt)
	n("temperature_min_f", r.TemperatureMinF)
	n("temperature_max_f", r.TemperatureMaxF)
	for i := range r.Stops {
		r.Stops[i].walk(fmt.Sprintf("stops[%d].", i), s)
	}
	s("commodity", r.Commodity)
	n("weight_lb", r.WeightLb)
	n("pieces", r.Pieces)
	n("miles", r.Miles)
	s("total_rate", r.TotalRate)
	s("currency", r.Currency)
	for i := range r.LineItems {
		r.LineItems[i].walk(fmt.Sprintf("line_items[%d].", i), s)
	}
	r.Terms.walk("terms.", s, n, b)
	s("bol_number", r.BOLNumber)
	s("pro_number", r.PRONumber)
	s("seal_number", r.SealNumber)
	s("trailer_number", r.TrailerNumber)
	b("signed", r.Signed)
	s("received_at", r.ReceivedAt)
	s("receiver_name", r.ReceiverName)
	s("osd_notes", r.OSDNotes)
	n("delivered_pieces", r.DeliveredPieces)
	n("delivered_weight_lb", r.DeliveredWeightLb)
}

func (p *Party) walk(at string, s func(string, Str)) {
	s(at+"name", p.Name)
	s(at+"mc", p.MC)
	s(at+"usdot", p.USDOT)
	s(at+"contact", p.Contact)
	s(at+"phone", p.Phone)
	s(at+"email", p.Email)
	s(at+"address", p.Address)
	s(at+"billing_email", p.BillingEmail)
}

func (t *Stop) walk(at string, s func(string, Str)) {
	s(at+"type", t.Type)
	s(at+"name", t.Name)
	s(at+"address", t.Address)
	s(at+"city", t.City)
	s(at+"state", t.State)
	s(at+"zip", t.ZIP)
	s(at+"window_start", t.WindowStart)
	s(at+"window_end", t.WindowEnd)
	s(at+"appointment", t.Appointment)
	s(at+"time_zone", t.TimeZone)
	for i, ref := range t.References {
		s(fmt.Sprintf("%sreferences[%d]", at, i), ref)
	}
	s(at+"contact", t.Contact)
	s(at+"phone", t.Phone)
	s(at+"notes", t.Notes)
}

func (li *LineItem) walk(at string, s func(string, Str)) {
	s(at+"kind", li.Kind)
	s(at+"description", li.Description)
	s(at+"amount", li.Amount)
	s(at+"quantity", li.Quantity)
	s(at+"rate", li.Rate)
}

func (t *Terms) walk(at string, s func(string, Str), n func(string, Int), b func(string, Bool)) {
	n(at+"payment_days", t.PaymentDays)
	s(at+"quick_pay_percent", t.QuickPayPercent)
	n(at+"quick_pay_days", t.QuickPayDays)
	n(at+"detention_free_minutes", t.DetentionFreeMinutes)
	s(at+"detention_rate_per_hour", t.DetentionRatePerHour)
	s(at+"detention_daily_cap", t.DetentionDailyCap)
	s(at+"layover_per_day", t.LayoverPerDay)
	s(at+"tonu", t.TONU)
	s(at+"stop_off", t.StopOff)
	s(at+"lumper", t.Lumper)
	s(at+"late_fee", t.LateFee)
	b(at+"tracking_required", t.TrackingRequired)
}

// flagged reports whether a check flag sits on path or on something that contains it.
func (r *Reading) flagged(path string) bool {
	for _, f := range r.Flags {
		if f.Severity == Check && covers(f.Field, path) {
			return true
		}
	}
	return false
}

// covers reports whether a flag's field names path itself or a part that holds it.
func covers(field, path string) bool {
	if field == "" || len(path) < len(field) || path[:len(field)] != field {
		return false
	}
	return len(path) == len(field) || path[len(field)] == '.' || path[len(field)] == '['
}
