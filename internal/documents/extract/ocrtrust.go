package extract

import (
	"fmt"
	"strings"

	"truckflow/internal/kit/money"
)

// From these confidences on, a recogniser's words are right 99 times in 100 on poor scans;
// below, one in ten is wrong. Of words without digits a wrong letter more often shows.
const (
	sureDigits  = 0.88
	sureLetters = 0.80
)

// ocrTrust lowers confidence for words a recogniser was unsure of, so far that a person
// is asked, unless something else on the paper agrees (vouch).
func ocrTrust(v ev) float64 {
	need := sureLetters
	if strings.ContainsAny(v.text, "0123456789") {
		need = sureDigits
	}
	if v.conf >= need {
		return 1
	}
	return 0.5 + 0.25*v.conf
}

// vouched is the confidence of a value that was hard to read and that something else on
// the paper agrees with.
const vouched = 0.85

// vouch lets what agrees vouch for words that were hard to read: a ZIP and its town, lines
// and their sum, the same words in two places, a choice from few words.
func (d *doc) vouch() {
	if !d.ocr {
		return
	}
	for i := range d.r.Stops {
		d.vouchPlace(i)
	}
	d.vouchSum()
	d.r.walk(func(path string, l any) {
		switch l := l.(type) {
		case Str:
			if d.chosen(l) || d.repeats(l.Text) {
				trust(l)
			}
		case Int:
			if d.repeats(l.Text) {
				l.Confidence = max(l.Confidence, vouched)
			}
		case Bool:
			l.Confidence = max(l.Confidence, vouched)
		}
	})
}

func trust(ls ...Str) {
	for _, l := range ls {
		if l != nil {
			l.Confidence = max(l.Confidence, vouched)
		}
	}
}

// chosen reports a value that is one of a few the trade knows, not the words themselves:
// misread words would not have led to it.
func (d *doc) chosen(l Str) bool {
	return !strings.ContainsAny(l.Value, "0123456789") && !strings.EqualFold(l.Value, l.Text) && l.Value == strings.ToLower(l.Value) && !strings.ContainsAny(l.Value, " @.,")
}

// repeats reports words that the paper prints twice: the same mistake is not made twice.
func (d *doc) repeats(s string) bool {
	return len(s) >= 4 && strings.Count(d.text, s) > 1
}

// vouchPlace compares a stop's ZIP, town and state, and mends the one that is a letter or
// digit away from what the other two say.
func (d *doc) vouchPlace(i int) {
	s := &d.r.Stops[i]
	if d.opt.Places == nil || s.City == nil || s.ZIP == nil || len(s.ZIP.Value) < 5 {
		return
	}
	at := fmt.Sprintf("stops[%d].", i)
	p, known := d.opt.Places.ByZIP(s.ZIP.Value[:5])
	if s.State == nil {
		if known && sameCity(p.City, s.City.Value) {
			l := *s.ZIP
			l.Value, l.Confidence = p.State, 0.6
			s.State = &l
			d.flag(at+"state", "the state could not be read; "+s.ZIP.Value+" is in "+p.State, Check)
		}
		return
	}
	switch {
	case known && p.State == s.State.Value && (sameCity(p.City, s.City.Value) || d.cityHasZIP(s.City.Value, s.State.Value, s.ZIP.Value[:5])):
		trust(s.City, s.State, s.ZIP)
	case known && p.State == s.State.Value && len(d.opt.Places.ByCity(s.City.Value, s.State.Value)) == 0 && oneOff(strings.ToLower(p.City), strings.ToLower(s.City.Value)):
		d.flag(at+"city", "the paper seems to read "+s.City.Value+"; the ZIP "+s.ZIP.Value+" is "+p.City, Check)
		s.City.Value = p.City
	case !known:
		if z := d.onlyZIP(s.City.Value, s.State.Value, s.ZIP.Value[:5]); z != "" {
			d.flag(at+"zip", "the paper seems to read "+s.ZIP.Value+", which is no ZIP; "+s.City.Value+" has "+z, Check)
			s.ZIP.Value = z
		}
	}
}

// onlyZIP is the one ZIP of a town that differs from what was read in one digit, or "".
func (d *doc) onlyZIP(city, state, zip string) (only string) {
	for _, p := range d.opt.Places.ByCity(city, state) {
		if len(p.ZIP) != 5 || !oneOff(p.ZIP, zip) || p.ZIP == only {
			continue
		}
		if only != "" {
			return ""
		}
		only = p.ZIP
	}
	return only
}

// vouchSum lets lines that add up to the total vouch for it and it for them, and a
// quantity and a rate for the amount they make.
func (d *doc) vouchSum() {
	r := d.r
	sum := money.Cents(0)
	for i := range r.LineItems {
		it := &r.LineItems[i]
		if it.Amount == nil {
			return
		}
		c, err := money.Parse(it.Amount.Value)
		if err != nil {
			return
		}
		sum += c
		if it.Quantity == nil || it.Rate == nil {
			continue
		}
		if rate, err := money.Parse(it.Rate.Value); err == nil && rate*money.Cents(atoi(it.Quantity.Value)) == c {
			trust(it.Quantity, it.Rate, it.Amount)
		}
	}
	if r.TotalRate == nil || len(r.LineItems) == 0 {
		return
	}
	if total, err := money.Parse(r.TotalRate.Value); err == nil && total == sum {
		trust(r.TotalRate)
		for i := range r.LineItems {
			trust(r.LineItems[i].Amount)
		}
	}
}
