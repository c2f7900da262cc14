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
	v, t := voices[p.Style.Terms], p.rc.Terms
	var out []string
	say := func(words string) { out = append(out, p.say(words)) }
	if t.PaymentDays != 0 {
		say(p.payClause(v))
	}
	if t.DetentionRate != 0 {
		say(p.detentionClause(v))
	}
	for _, m := range []struct {
		words string
		c     money.Cents
		to    *string
	}{{v.layover, t.LayoverPerDay, &p.terms().LayoverPerDay}, {v.tonu, t.TONU, &p.terms().TONU}, {v.stopOff, t.StopOff, &p.terms().StopOff}} {
		if m.c != 0 {
			*m.to = decimal(m.c)
			say(strings.ReplaceAll(m.words, "{amt}", p.dollars(m.c)))
		}
	}
	if t.Lumper != "" {
		p.terms().Lumper = t.Lumper
		say(map[string]string{"reimbursed": v.reimbursed, "carrier": v.carrier, "shipper": v.shipper}[t.Lumper])
	}
	if t.LateFee != 0 {
		p.terms().LateFee = decimal(t.LateFee)
		say(strings.ReplaceAll(v.late, "{amt}", p.dollars(t.LateFee)))
	}
	if t.TrackingRequired {
		p.terms().TrackingRequired = true
		say(v.tracking)
	}
	return out
}

func (p *Pen) payClause(v voice) string {
	t, l := p.rc.Terms, p.terms()
	l.PaymentDays = t.PaymentDays
	words := v.pay
	if t.QuickPayTenths != 0 {
		l.QuickPayPercent, l.QuickPayDays = fmt.Sprintf("%d.%d", t.QuickPayTenths/10, t.QuickPayTenths%10), t.QuickPayDays
		words += v.quick
	}
	return strings.NewReplacer("{days}", strconv.Itoa(t.PaymentDays), "{written}", written(t.PaymentDays),
		"{pct}", percent(t.QuickPayTenths), "{quick}", strconv.Itoa(t.QuickPayDays)).Replace(words)
}

func (p *Pen) detentionClause(v voice) string {
	t, l := p.rc.Terms, p.terms()
	l.DetentionFreeMinutes, l.DetentionRatePerHour = t.DetentionFreeMinutes, decimal(t.DetentionRate)
	words := v.detention
	if t.DetentionDailyCap != 0 {
		l.DetentionDailyCap = decimal(t.DetentionDailyCap)
		words += v.dailyCap
	}
	free := hours(t.DetentionFreeMinutes)
	_, unit, _ := strings.Cut(free, " ")
	inWords := written(t.DetentionFreeMinutes/60) + " " + unit // Random draws whole hours
	return strings.NewReplacer("{free}", free, "{FREE}", strings.ToUpper(free), "{hours}", inWords, "{rate}", p.dollars(t.DetentionRate), "{cap}", p.dollars(t.DetentionDailyCap)).Replace(words + v.after)
}

// written is a number as contracts have it: "thirty (30)".
func written(n int) string {
	ones := strings.Fields("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
	tens := strings.Fields("- - twenty thirty forty fifty sixty seventy eighty ninety")
	words := ""
	switch {
	case n < 20:
		words = ones[n]
	case n%10 == 0:
		words = tens[n/10]
	default:
		words = tens[n/10] + "-" + ones[n%10]
	}
	return fmt.Sprintf("%s (%d)", words, n)
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
