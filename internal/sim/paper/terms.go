package paper

import (
	"fmt"
	"strconv"
	"strings"

	"truckflow/internal/kit/money"
)

// terms gives the label's block, made on first use.
func (p *Pen) terms() *TermsLabel {
	if p.lab.Terms == nil {
		p.lab.Terms = &TermsLabel{}
	}
	return p.lab.Terms
}

// dollars writes an amount of the terms: a letter's prose drops ".00" in some houses.
func (p *Pen) dollars(c money.Cents) string {
	if p.Style.Terms%2 == 1 && c%100 == 0 {
		return "$" + thousands(int64(c/100))
	}
	return "$" + grouped(int64(c))
}

func hours(minutes int) string {
	h := strconv.FormatFloat(float64(minutes)/60, 'f', -1, 64)
	if h == "1" {
		return "1 hour"
	}
	return h + " hours"
}

func percent(tenths int) string {
	return strings.TrimSuffix(fmt.Sprintf("%d.%d", tenths/10, tenths%10), ".0") + "%"
}

// TermClauses is the printed conditions as sentences in the house's wording.
// Only what the rate confirmation holds is said.
func (p *Pen) TermClauses() []string {
	var out []string
	for _, f := range []func(int) string{p.payClause, p.detentionClause, p.layoverClause, p.tonuClause,
		p.stopOffClause, p.lumperClause, p.lateClause, p.trackingClause} {
		if c := f(p.Style.Terms % 4); c != "" {
			out = append(out, p.say(c))
		}
	}
	return out
}

func (p *Pen) payClause(v int) string {
	t := p.rc.Terms
	if t.PaymentDays == 0 {
		return ""
	}
	p.terms().PaymentDays = t.PaymentDays
	pay := fmt.Sprintf([]string{
		"Payment terms are Net %d days from receipt of invoice and signed proof of delivery.",
		"We pay in %d days after we receive a clean POD and your invoice.",
		"Standard pay: %d days.",
		"Carrier invoices will be paid within %d days of receipt of all required paperwork.",
	}[v], t.PaymentDays)
	if t.QuickPayTenths == 0 {
		return pay
	}
	p.terms().QuickPayPercent = fmt.Sprintf("%d.%d", t.QuickPayTenths/10, t.QuickPayTenths%10)
	p.terms().QuickPayDays = t.QuickPayDays
	q, d := percent(t.QuickPayTenths), t.QuickPayDays
	switch v {
	case 0:
		return pay + fmt.Sprintf(" Quick pay is available: %s discount for payment in %d days.", q, d)
	case 1:
		return pay + fmt.Sprintf(" Quick Pay within %d days for a %s fee.", d, q)
	case 2:
		return pay + fmt.Sprintf(" QuickPay: %d days less %s.", d, q)
	}
	return pay + fmt.Sprintf(" A quick pay option of %s is offered for payment within %d business days.", q, d)
}

func (p *Pen) detentionClause(v int) string {
	t := p.rc.Terms
	if t.DetentionRate == 0 {
		return ""
	}
	l := p.terms()
	l.DetentionFreeMinutes, l.DetentionRatePerHour = t.DetentionFreeMinutes, decimal(t.DetentionRate)
	h, r := hours(t.DetentionFreeMinutes), p.dollars(t.DetentionRate)
	c := []string{
		"Detention begins after " + h + " free time and is paid at " + r + " per hour",
		"Detention: " + h + " free, then " + r + "/hr",
		"Detention pays " + r + "/hour after the first " + h,
		"Carrier is allowed " + h + " of free time at each stop. Detention thereafter is " + r + " per hour",
	}[v]
	if t.DetentionDailyCap != 0 {
		l.DetentionDailyCap = decimal(t.DetentionDailyCap)
		c += fmt.Sprintf([]string{", not to exceed %s per day", " (max %s/day)", ", capped at %s per day",
			" to a maximum of %s per day"}[v], p.dollars(t.DetentionDailyCap))
	}
	return c + "." + []string{" Broker must be notified 30 minutes before free time ends.", "", " In and out times must be signed on the BOL.", ""}[v]
}

func (p *Pen) layoverClause(v int) string {
	c := p.rc.Terms.LayoverPerDay
	if c == 0 {
		return ""
	}
	p.terms().LayoverPerDay = decimal(c)
	return fmt.Sprintf([]string{"Layover is paid at %s per day with prior approval.", "Layover: %s/day.",
		"Approved layovers pay %s per 24 hours.", "Layover, if authorized in writing, will be %s per day."}[v], p.dollars(c))
}

func (p *Pen) tonuClause(v int) string {
	c := p.rc.Terms.TONU
	if c == 0 {
		return ""
	}
	p.terms().TONU = decimal(c)
	return fmt.Sprintf([]string{"Truck ordered not used (TONU) is %s.", "TONU: %s.",
		"If we cancel after dispatch, a truck-order-not-used fee of %s applies.", "TONU will be paid at %s if the truck was dispatched and on site."}[v], p.dollars(c))
}

func (p *Pen) stopOffClause(v int) string {
	c := p.rc.Terms.StopOff
	if c == 0 {
		return ""
	}
	p.terms().StopOff = decimal(c)
	return fmt.Sprintf([]string{"Additional stops are paid at %s each.", "Stop-off: %s per extra stop.",
		"Extra stops pay %s each.", "A stop-off charge of %s applies to each additional stop."}[v], p.dollars(c))
}

func (p *Pen) lumperClause(v int) string {
	who := p.rc.Terms.Lumper
	if who == "" {
		return ""
	}
	p.terms().Lumper = who
	switch who {
	case "carrier":
		return []string{"Lumper fees are the responsibility of the carrier.", "Lumpers: carrier pays.",
			"Lumper charges are paid by the carrier and are not reimbursed.", "All lumper fees are to be borne by the Carrier."}[v]
	case "shipper":
		return []string{"Lumper fees are paid by the shipper.", "Lumpers: shipper pays.",
			"Lumper charges are covered by the shipper.", "All lumper fees are for the account of the Shipper."}[v]
	}
	return []string{"Lumper fees are reimbursed with a valid receipt.", "Lumpers: reimbursed with receipt.",
		"Lumper will be reimbursed when the original receipt is sent with your invoice.", "Lumper charges shall be reimbursed upon submission of a receipt."}[v]
}

func (p *Pen) lateClause(v int) string {
	c := p.rc.Terms.LateFee
	if c == 0 {
		return ""
	}
	p.terms().LateFee = decimal(c)
	return fmt.Sprintf([]string{"A late fee of %s may be charged for a missed appointment.", "Late delivery fee: %s.",
		"Late arrival at any appointment costs %s.", "Broker may deduct a late fee of %s per missed appointment."}[v], p.dollars(c))
}

func (p *Pen) trackingClause(v int) string {
	if !p.rc.Terms.TrackingRequired {
		return ""
	}
	p.terms().TrackingRequired = true
	return []string{"Electronic tracking is required on this load from pickup through delivery.", "Tracking required: YES.",
		"Driver must accept the tracking link before loading.", "Location tracking is mandatory for the duration of this shipment."}[v]
}

// TermRows is the same as pairs of label and short value, for houses that print a table.
func (p *Pen) TermRows() [][2]string {
	t, l := p.rc.Terms, p.terms()
	var out [][2]string
	add := func(k, v string) { out = append(out, [2]string{k, p.say(v)}) }
	if t.PaymentDays != 0 {
		l.PaymentDays = t.PaymentDays
		add("Payment Terms", fmt.Sprintf("Net %d", t.PaymentDays))
	}
	if t.QuickPayTenths != 0 {
		l.QuickPayPercent = fmt.Sprintf("%d.%d", t.QuickPayTenths/10, t.QuickPayTenths%10)
		l.QuickPayDays = t.QuickPayDays
		add("Quick Pay", fmt.Sprintf("%s / %d days", percent(t.QuickPayTenths), t.QuickPayDays))
	}
	if t.DetentionRate != 0 {
		l.DetentionFreeMinutes, l.DetentionRatePerHour = t.DetentionFreeMinutes, decimal(t.DetentionRate)
		add("Detention", p.dollars(t.DetentionRate)+" per hour after "+hours(t.DetentionFreeMinutes))
	}
	if t.DetentionDailyCap != 0 {
		l.DetentionDailyCap = decimal(t.DetentionDailyCap)
		add("Detention Max", p.dollars(t.DetentionDailyCap)+" per day")
	}
	for _, m := range []struct {
		k, unit string
		c       money.Cents
		to      *string
	}{{"Layover", " per day", t.LayoverPerDay, &l.LayoverPerDay}, {"TONU", "", t.TONU, &l.TONU},
		{"Stop-Off", " per stop", t.StopOff, &l.StopOff}, {"Late Fee", "", t.LateFee, &l.LateFee}} {
		if m.c != 0 {
			*m.to = decimal(m.c)
			add(m.k, p.dollars(m.c)+m.unit)
		}
	}
	if t.Lumper != "" {
		l.Lumper = t.Lumper
		add("Lumper", map[string]string{"reimbursed": "Reimbursed with receipt", "carrier": "Paid by carrier", "shipper": "Paid by shipper"}[t.Lumper])
	}
	if t.TrackingRequired {
		l.TrackingRequired = true
		add("Tracking", "Required")
	}
	return out
}
