package extract

import (
	"fmt"
	"strings"

	"truckflow/internal/kit/money"
)

// sure is the confidence below which a field is put before a person.
const sure = 0.75

// unsure is what takes its place where the layout seems misunderstood: below it
// lies what was found by its place, above it what a label on its own line gave.
const unsure = 0.9

// check compares the fields with each other and with what is known, and says
// each doubt in plain words.
func (d *doc) check() {
	r := d.r
	d.vouch()
	d.doubtForms()
	d.doubtShared()
	d.doubtKind()
	if r.DocumentType == nil || r.DocumentType.Value == Other {
		d.doubtOther()
		d.lowConfidence()
		return
	}
	d.placeZones()
	d.checkStops()
	if r.DocumentType.Value == RateConfirmation {
		d.checkRateCon()
		d.doubtStops()
		d.doubtParties()
		d.doubtReach()
		d.doubtEquipment()
		d.doubtWeight()
		d.doubtCharges()
	}
	for i := range r.Stops {
		d.checkPlace(i)
	}
	d.lowConfidence()
}

func (d *doc) checkRateCon() {
	r := d.r
	if r.LoadNumber == nil {
		d.flag("load_number", "no load number was found on the paper", Check)
	}
	if r.Equipment == nil {
		d.flag("equipment", "the paper does not say which equipment is needed", Check)
	} else if r.Equipment.Value == "reefer" && r.TemperatureMinF == nil {
		d.flag("temperature_min_f", "a reefer is asked for, but no temperature is printed", Check)
	}
	picks, drops := 0, 0
	for _, s := range r.Stops {
		if s.Type != nil && s.Type.Value == "pickup" {
			picks++
		} else {
			drops++
		}
	}
	if picks == 0 {
		d.flag("stops", "no pickup was found on the paper", Check)
	}
	if drops == 0 {
		d.flag("stops", "no delivery was found on the paper", Check)
	}
	d.checkMiles()
	t := &r.Terms
	for _, m := range []struct {
		missing bool
		path    string
		what    string
	}{{t.PaymentDays == nil, "terms.payment_days", "payment terms"}, {t.DetentionRatePerHour == nil, "terms.detention_rate_per_hour", "detention rate"}, {t.TONU == nil, "terms.tonu", "TONU amount"}, {t.Lumper == nil, "terms.lumper", "lumper rule"}} {
		if m.missing {
			d.flag(m.path, "the paper prints no "+m.what, Note)
		}
	}
	if p := r.Pieces; p != nil && (p.Value >= 5000 || r.WeightLb != nil && p.Value == r.WeightLb.Value) {
		d.flag("pieces", fmt.Sprintf("%d is more than a truck's count usually is; compare it with the paper", p.Value), Check)
	}
	if w := r.WeightLb; w != nil && (w.Value > 80_000 || w.Value < 10) {
		d.flag("weight_lb", fmt.Sprintf("%d lb is not plausible for a truck", w.Value), Check)
	}
}

func (d *doc) checkMiles() {
	r := d.r
	if r.TotalRate == nil {
		return
	}
	total, err := money.Parse(r.TotalRate.Value)
	if err != nil {
		return
	}
	if total < 5000 || total > 5_000_000 {
		d.flag("total_rate", total.Dollars()+" is not a plausible rate for a load", Check)
	}
	if r.Miles == nil || r.Miles.Value <= 0 {
		return
	}
	// Ten-thousandths of a dollar a mile: below $0.60 or above $25 with distance is a misreading.
	pm := total.PerMile(r.Miles.Value)
	if r.Miles.Value > 150 && (pm < 6000 || pm > 250_000) {
		d.flag("total_rate", fmt.Sprintf("%s for %d miles is $%.2f a mile, which is not plausible", total.Dollars(), r.Miles.Value, float64(pm)/10000), Check)
	}
}

// checkStops looks at places and dates of all stops together.
func (d *doc) checkStops() {
	r := d.r
	lastPick := ""
	untimed := false
	for i, s := range r.Stops {
		at := fmt.Sprintf("stops[%d]", i)
		rate := r.DocumentType.Value == RateConfirmation
		if s.City == nil && rate {
			d.flag(at+".city", "no city was found for this stop", Check)
		}
		if s.WindowStart == nil && rate {
			d.flag(at+".window_start", "no date was found for this stop", Check)
		}
		if s.WindowStart == nil {
			continue
		}
		v := s.WindowStart.Value
		if strings.Contains(v, "T") && s.TimeZone == nil && !untimed && rate {
			untimed = true
			d.flag(at+".time_zone", "times are printed without a time zone; they are taken as local to each stop"+d.localZone(s), Note)
		}
		if s.WindowEnd != nil && laterStamp(v, s.WindowEnd.Value) {
			d.flag(at+".window_end", "the window ends before it starts", Check)
		}
		if s.Type != nil && s.Type.Value == "pickup" {
			if lastPick == "" || laterStamp(v, lastPick) {
				lastPick = v
			}
			continue
		}
		end := v
		if s.WindowEnd != nil {
			end = s.WindowEnd.Value
		}
		first := firstPick(r.Stops)
		if first != "" && laterStamp(first, end) {
			d.flag(at+".window_start", "this delivery is before the pickup ("+first+")", Check)
		}
		if t := d.opt.Today; !t.IsZero() && rate && len(v) >= 10 && (v[:4] < fmt.Sprint(t.Year()-1) || v[:4] > fmt.Sprint(t.Year()+1)) {
			d.flag(at+".window_start", "the year "+v[:4]+" is far from today", Note)
		}
	}
}

func firstPick(ss []Stop) string {
	for _, s := range ss {
		if s.Type != nil && s.Type.Value == "pickup" && s.WindowStart != nil {
			return s.WindowStart.Value
		}
	}
	return ""
}

// laterStamp reports a after b, comparing days only where one has no time.
func laterStamp(a, b string) bool {
	if len(a) == 10 || len(b) == 10 {
		return a[:10] > b[:10]
	}
	return a > b
}

func (d *doc) localZone(s Stop) string {
	if d.opt.Places == nil || s.ZIP == nil || len(s.ZIP.Value) < 5 {
		return ""
	}
	if p, ok := d.opt.Places.ByZIP(s.ZIP.Value[:5]); ok && p.TimeZone != "" {
		return " (here " + p.TimeZone + ")"
	}
	return ""
}

// placeZones turns a printed zone into the place's own where both agree:
// "MST" in Phoenix is America/Phoenix.
func (d *doc) placeZones() {
	if d.opt.Places == nil {
		return
	}
	for i := range d.r.Stops {
		s := &d.r.Stops[i]
		if s.TimeZone == nil || s.City == nil || s.State == nil {
			continue
		}
		own := ""
		if s.ZIP != nil && len(s.ZIP.Value) >= 5 {
			if p, ok := d.opt.Places.ByZIP(s.ZIP.Value[:5]); ok {
				own = p.TimeZone
			}
		}
		if own == "" {
			for _, p := range d.opt.Places.ByCity(s.City.Value, s.State.Value) {
				own = p.TimeZone
			}
		}
		switch {
		case own == "" || own == s.TimeZone.Value:
		case zoneClass(own) == zoneClass(s.TimeZone.Value):
			s.TimeZone.Value = own
		default:
			d.flag(fmt.Sprintf("stops[%d].time_zone", i), "the paper prints "+s.TimeZone.Text+", but "+s.City.Value+" keeps "+own, Check)
		}
	}
}

// zoneClass groups zones that papers print with one name.
func zoneClass(z string) string {
	switch {
	case z == "America/Chicago" || z == "America/Menominee" || z == "America/Winnipeg" || z == "America/Regina" || strings.HasPrefix(z, "America/North_Dakota/") || z == "America/Indiana/Knox" || z == "America/Indiana/Tell_City":
		return "C"
	case z == "America/New_York" || z == "America/Detroit" || z == "America/Toronto" || strings.HasPrefix(z, "America/Indiana/") || strings.HasPrefix(z, "America/Kentucky/"):
		return "E"
	case z == "America/Denver" || z == "America/Boise" || z == "America/Phoenix" || z == "America/Edmonton":
		return "M"
	case z == "America/Los_Angeles" || z == "America/Vancouver":
		return "P"
	}
	return z
}

// checkPlace compares ZIP, city and state with the gazetteer.
func (d *doc) checkPlace(i int) {
	s := &d.r.Stops[i]
	at := fmt.Sprintf("stops[%d].", i)
	if d.opt.Places == nil || s.City == nil || s.State == nil {
		return
	}
	if s.ZIP == nil {
		if len(d.opt.Places.ByCity(s.City.Value, s.State.Value)) == 0 {
			d.flag(at+"city", "there is no "+s.City.Value+", "+s.State.Value+" in the gazetteer", Check)
		}
		return
	}
	if len(s.ZIP.Value) < 5 || !isDigit(s.ZIP.Value[0]) {
		return
	}
	p, ok := d.opt.Places.ByZIP(s.ZIP.Value[:5])
	switch {
	case !ok:
		if len(d.opt.Places.ByCity(s.City.Value, s.State.Value)) == 0 {
			d.flag(at+"zip", "neither the ZIP "+s.ZIP.Value+" nor the city is in the gazetteer", Check)
		} else {
			d.flag(at+"zip", "the ZIP "+s.ZIP.Value+" is not in the gazetteer", Check)
		}
	case p.State != s.State.Value:
		d.flag(at+"zip", fmt.Sprintf("the ZIP %s is in %s, %s, not in %s", s.ZIP.Value, p.City, p.State, s.State.Value), Check)
		s.ZIP.Confidence = min(s.ZIP.Confidence, 0.5)
	case !sameCity(p.City, s.City.Value) && !d.cityHasZIP(s.City.Value, s.State.Value, s.ZIP.Value[:5]):
		towns := d.opt.Places.ByCity(s.City.Value, s.State.Value)
		if len(towns) == 0 && !d.ocr && !d.r.flagged(at+"city") {
			// A place too small for the gazetteer, in the right state.
			d.flag(at+"zip", fmt.Sprintf("the ZIP %s is usually %s", s.ZIP.Value, p.City), Note)
		} else if !near(p.ZIP, towns) {
			d.flag(at+"zip", fmt.Sprintf("the ZIP %s is %s, not %s", s.ZIP.Value, p.City, s.City.Value), Check)
		} else {
			d.flag(at+"zip", fmt.Sprintf("the ZIP %s is usually %s", s.ZIP.Value, p.City), Note)
		}
	}
}

// near reports that a city has ZIPs with the same first three digits: suburbs share them.
func near(zip string, ps []Place) bool {
	for _, p := range ps {
		if len(p.ZIP) >= 3 && len(zip) >= 3 && p.ZIP[:3] == zip[:3] {
			return true
		}
	}
	return false
}

func (d *doc) cityHasZIP(city, state, zip string) bool {
	for _, p := range d.opt.Places.ByCity(city, state) {
		if p.ZIP == zip {
			return true
		}
	}
	return false
}

func sameCity(a, b string) bool {
	norm := func(s string) string {
		s = strings.ToLower(strings.ReplaceAll(s, ".", ""))
		for _, p := range [][2]string{{"saint ", "st "}, {"fort ", "ft "}, {"mount ", "mt "}, {"north ", "n "}, {"south ", "s "}, {"east ", "e "}, {"west ", "w "}} {
			s = strings.ReplaceAll(s, p[0], p[1])
		}
		return strings.ReplaceAll(s, " ", "")
	}
	return norm(a) == norm(b)
}

// lowConfidence puts every unsure field before a person.
func (d *doc) lowConfidence() {
	var lows []string
	bar := d.bars()
	d.r.walk(func(path string, l any) {
		conf := 1.0
		switch l := l.(type) {
		case Str:
			conf = l.Confidence
		case Int:
			conf = l.Confidence
		case Bool:
			conf = l.Confidence
		}
		if conf < bar(path) && !d.r.flagged(path) {
			lows = append(lows, path)
		}
	})
	for _, path := range lows {
		d.flag(path, "this was hard to read; compare it with the paper", Check)
	}
}
