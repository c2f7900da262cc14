package extract

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// askable is a field that another reader may be asked for: how it stands, how it
// is set, and how its value is read from a quotation by the rules' own means.
type askable struct {
	path, about string
	now         func() (string, bool)
	set         func(value string, e ev)
	read        func(d *doc, quote, value string) (string, bool)
}

func askStr(path, about string, at *Str, read func(*doc, string, string) (string, bool)) askable {
	return askable{path, about, func() (string, bool) {
		if *at == nil {
			return "", false
		}
		return (*at).Value, true
	}, func(v string, e ev) { *at = leaf(v, aiConfidence, e) }, read}
}

func askInt(path, about string, at *Int, read func(*doc, string, string) (string, bool)) askable {
	return askable{path, about, func() (string, bool) {
		if *at == nil {
			return "", false
		}
		return strconv.Itoa((*at).Value), true
	}, func(v string, e ev) {
		if n, err := strconv.Atoi(v); err == nil {
			*at = leafInt(n, aiConfidence, e)
		}
	}, read}
}

// askable lists the fields of a reading that may be asked for, by its kind.
func (r *Reading) askable() (out []askable) {
	if r.DocumentType == nil {
		return nil
	}
	switch r.DocumentType.Value {
	case RateConfirmation:
		out = []askable{
			askStr("load_number", "the broker's number of this load or order", &r.LoadNumber, readID),
			askStr("total_rate", "all that the carrier is paid for this load, in dollars", &r.TotalRate, readMoney),
			askStr("equipment", "the trailer asked for: van, reefer, flatbed, step_deck, power_only, hotshot, container …", &r.Equipment, readEquipment),
			askStr("commodity", "what is hauled", &r.Commodity, readWords),
			askInt("weight_lb", "its weight in pounds", &r.WeightLb, readWeight),
			askInt("pieces", "pieces or pallets", &r.Pieces, readCount),
			askInt("miles", "loaded miles", &r.Miles, readCount),
			askStr("broker.name", "the broker's company", &r.Broker.Name, readWords),
			askStr("broker.mc", "the broker's MC number", &r.Broker.MC, readDigits),
			askStr("broker.phone", "the broker's phone", &r.Broker.Phone, readPhone),
			askInt("terms.payment_days", "days until it is paid, without quick pay", &r.Terms.PaymentDays, readCount),
		}
		for i := range r.Stops {
			s := &r.Stops[i]
			at, what := fmt.Sprintf("stops[%d].", i), fmt.Sprintf("stop %d", i+1)
			if s.Type != nil {
				what += " (" + s.Type.Value + ")"
			}
			out = append(out,
				askStr(at+"name", "the place's name at "+what, &s.Name, readWords),
				askStr(at+"address", "the street at "+what, &s.Address, readWords),
				askStr(at+"city", "the city of "+what, &s.City, readCity),
				askStr(at+"state", "the state of "+what+", two letters", &s.State, readState),
				askStr(at+"zip", "the ZIP code of "+what, &s.ZIP, readZIP),
				askStr(at+"window_start", "when "+what+" begins, as 2026-07-30T08:00 or 2026-07-30", &s.WindowStart, readWhen),
				askStr(at+"window_end", "when "+what+" ends", &s.WindowEnd, readWhen))
		}
	case BillOfLading, ProofOfDelivery:
		out = []askable{
			askStr("bol_number", "the bill of lading's number", &r.BOLNumber, readID),
			askStr("pro_number", "the PRO number", &r.PRONumber, readID),
			askStr("seal_number", "the seal's number", &r.SealNumber, readID),
			askStr("trailer_number", "the trailer's number", &r.TrailerNumber, readID),
			askInt("pieces", "pieces shipped", &r.Pieces, readCount),
			askInt("weight_lb", "weight in pounds", &r.WeightLb, readWeight),
		}
	}
	return out
}

// contains reports whether value is printed in quote, whatever the blanks.
func contains(quote, value string) bool {
	v := squeezed(value)
	return v != "" && strings.Contains(squeezed(quote), v)
}

func readWords(_ *doc, quote, value string) (string, bool) {
	return value, len(value) <= 120 && contains(quote, value)
}

// readID takes a number as it is printed whole: "4711" is not "47110".
func readID(_ *doc, quote, value string) (string, bool) {
	for _, t := range idRE.FindAllString(quote, -1) {
		if strings.EqualFold(t, value) && len(onlyDigits(t)) > 1 {
			return t, true
		}
	}
	return "", false
}

func readDigits(_ *doc, quote, value string) (string, bool) {
	want := onlyDigits(value)
	for _, t := range wholeNumberRE.FindAllString(quote, -1) {
		if onlyDigits(t) == want && want != "" {
			return want, true
		}
	}
	return "", false
}

var wholeNumberRE = regexp.MustCompile(`\d+(?:,\d{3})*`)

func readCount(d *doc, quote, value string) (string, bool) {
	v, ok := readDigits(d, quote, value)
	n, err := strconv.Atoi(v)
	return strconv.Itoa(n), ok && err == nil && n > 0
}

func readWeight(_ *doc, quote, value string) (string, bool) {
	lb, _, _, _, ok := weightOf(quote, "lb")
	return strconv.Itoa(lb), ok && onlyDigits(value) == strconv.Itoa(lb)
}

// readMoney wants the amount among those of the quotation, and none of a unit.
func readMoney(_ *doc, quote, value string) (string, bool) {
	said := amounts(value)
	if len(said) != 1 {
		return "", false
	}
	for _, a := range amounts(quote) {
		if a.cents == said[0].cents && a.cents > 0 && !a.perUnit && !a.percent {
			return fmt.Sprintf("%d.%02d", a.cents/100, a.cents%100), true
		}
	}
	return "", false
}

func readEquipment(_ *doc, quote, value string) (string, bool) {
	kind, more, ok := equipmentIn(quote)
	return kind, ok && !more && kind == value
}

func readPhone(_ *doc, quote, value string) (string, bool) {
	a, b, ok := findPhone(quote)
	if !ok {
		return "", false
	}
	return quote[a:b], onlyDigits(quote[a:b]) == onlyDigits(value)
}

func readState(_ *doc, quote, value string) (string, bool) {
	v := strings.ToUpper(value)
	if !stateCodes[v] {
		return "", false
	}
	for _, m := range stateZIP.FindAllStringSubmatch(quote, -1) {
		if s := strings.ToUpper(m[1]); s == v || stateNames[s] == v {
			return v, true
		}
	}
	return "", false
}

func readZIP(d *doc, quote, value string) (string, bool) {
	for _, z := range zipRE.FindAllString(quote, -1) {
		if z != value {
			continue
		}
		if d.opt.Places != nil && isDigit(z[0]) {
			_, known := d.opt.Places.ByZIP(z[:5])
			return z, known
		}
		return z, true
	}
	return "", false
}

// readCity wants a town that the gazetteer knows in the state printed beside it.
func readCity(d *doc, quote, value string) (string, bool) {
	for _, t := range findTowns(quote, d.opt.Places) {
		if strings.EqualFold(t.city, value) {
			return t.city, d.opt.Places == nil || len(d.opt.Places.ByCity(t.city, t.state)) > 0
		}
	}
	return "", false
}

var stampRE = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}))?$`)

// readWhen wants the day, and the hour where one is said, in the quotation; a day
// that can be read two ways is read as on the rest of the paper.
func readWhen(d *doc, quote, value string) (string, bool) {
	m := stampRE.FindStringSubmatch(value)
	if m == nil {
		return "", false
	}
	found := false
	for _, x := range days(quote) {
		x, _ = d.dates.settle(x)
		found = found || validDay(x) && x.iso() == m[1]
	}
	if !found || m[2] == "" {
		return value, found
	}
	minutes := atoi(m[2][:2])*60 + atoi(m[2][3:])
	for _, t := range times(quote, true) {
		if t.from == minutes || t.to == minutes {
			return value, true
		}
	}
	return "", false
}
