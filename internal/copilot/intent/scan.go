package intent

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// word of a question; used when something was found in it.
type word struct {
	text string // lower case
	used bool
}

type scanned struct {
	words []word
	book  Book
	found Slots
}

var (
	tokenRE = regexp.MustCompile(`\$?\d[\d,]*(?:\.\d+)?%?|[a-z]+-\d[\w-]*|\d+[a-z]+\d*|[\p{L}&']+|→|->|[–—-]`)
	moneyRE = regexp.MustCompile(`^\$\d|^\d[\d,]*\.\d\d$`)
)

// scan splits a question into words; what stands behind a colon is kept as written.
func scan(q string, b Book) *scanned {
	s := &scanned{book: b}
	head := q
	if i := strings.Index(q, ": "); i > 0 {
		head, s.found.Text = q[:i], strings.TrimSpace(q[i+2:])
	}
	for _, t := range tokenRE.FindAllString(strings.ToLower(head), -1) {
		t = strings.TrimSuffix(strings.TrimSuffix(t, "'s"), "'")
		t = strings.ReplaceAll(t, "'", "")
		if t == "" {
			continue
		}
		s.words = append(s.words, word{text: t})
	}
	return s
}

func (s *scanned) left() (out []string) {
	for _, w := range s.words {
		if !w.used {
			out = append(out, w.text)
		}
	}
	return out
}

// take marks n words from i.
func (s *scanned) take(i, n int) {
	for k := i; k < i+n; k++ {
		s.words[k].used = true
	}
}

// at reports whether the unused words from i on are phrase's, and how many they are.
func (s *scanned) at(i int, phrase string) (int, bool) {
	parts := strings.Fields(phrase)
	if i+len(parts) > len(s.words) {
		return 0, false
	}
	for k, p := range parts {
		if s.words[i+k].used || s.words[i+k].text != p {
			return 0, false
		}
	}
	return len(parts), true
}

// has takes the first place where one of the phrases stands.
func (s *scanned) has(phrases ...string) bool {
	for i := range s.words {
		for _, p := range phrases {
			if n, ok := s.at(i, p); ok {
				s.take(i, n)
				return true
			}
		}
	}
	return false
}

// slots finds everything that has a name, from the surest on.
func (s *scanned) slots() {
	s.load()
	s.found.Customer = s.thing(s.book.Customers, customerKeys)
	s.found.Truck = s.numbered(s.book.Trucks, "truck", "unit", "tractor")
	s.over()
	s.amount()
	s.when()
	s.equipment()
	s.state()
	s.lane()
	s.found.Driver = s.thing(s.book.Drivers, driverKeys) // after the lane: "from Dallas" is a town before it is Ray Dallas
	for _, by := range [][2]string{{"customer", "customer"}, {"broker", "customer"}, {"lane", "lane"}, {"driver", "driver"}, {"truck", "truck"}, {"equipment", "equipment"}, {"week", "week"}, {"month", "month"}} {
		if s.found.By == "" && s.has("by "+by[0], "per "+by[0], "for each "+by[0]) {
			s.found.By = by[1]
		}
	}
	s.found.Count = s.has("how many", "number of", "count")
	for _, w := range s.words {
		for event, begin := range map[string]string{"pickup": "pick", "delivery": "deliver"} {
			if strings.HasPrefix(w.text, begin) && s.found.State != "delivered" {
				s.found.Event = event
			}
		}
	}
}

// load finds a load's number: only one that is really there.
func (s *scanned) load() {
	if s.book.Shown != "" && s.has("this load", "this one", "this broker", "this rate", "this rate confirmation", "this rate con") {
		s.found.Load = s.book.Shown
	}
	for i, w := range s.words {
		if w.used || len(w.text) < 3 || !strings.ContainsAny(w.text, "0123456789") || strings.HasPrefix(w.text, "$") {
			continue
		}
		said := i > 0 && slices.Contains([]string{"load", "loads", "shipment", "number", "of", "on", "is", "l"}, s.words[i-1].text) || strings.Contains(w.text, "-")
		if said && s.book.Load != nil && s.book.Load(strings.ToUpper(w.text)) {
			s.found.Load = strings.ToUpper(w.text)
			s.take(i, 1)
			return
		}
	}
}

// legal are endings that nobody says.
var legal = map[string]bool{"llc": true, "inc": true, "co": true, "corp": true, "ltd": true, "company": true, "lp": true, "the": true}

// customerKeys are the ways a company is called, longest first: its name, the
// name without its legal ending, and its first word when that is not a common one.
func customerKeys(t Thing) [][]string {
	full := words(t.Name)
	bare := full
	for len(bare) > 1 && legal[bare[len(bare)-1]] {
		bare = bare[:len(bare)-1]
	}
	out := [][]string{full, bare}
	if len(bare) > 1 && len(bare[0]) >= 4 && !known[bare[0]] {
		out = append(out, bare[:1])
	}
	return out
}

// driverKeys are full name, last name and first name.
func driverKeys(t Thing) [][]string {
	full := words(t.Name)
	out := [][]string{full}
	if len(full) > 1 {
		for _, one := range []string{full[len(full)-1], full[0]} {
			if len(one) >= 3 && !known[one] {
				out = append(out, []string{one})
			}
		}
	}
	return out
}

func words(name string) []string {
	var out []string
	for _, w := range tokenRE.FindAllString(strings.ToLower(name), -1) {
		out = append(out, strings.ReplaceAll(w, "'", ""))
	}
	return out
}

// thing finds whom the words name; a key that fits two of them names nobody.
func (s *scanned) thing(all []Thing, keys func(Thing) [][]string) *Thing {
	type match struct {
		t     Thing
		at, n int
	}
	var best []match
	for _, t := range all {
		var of match
		for _, key := range keys(t) {
			if len(key) == 0 {
				continue
			}
			for i := range s.words {
				if n, ok := s.at(i, strings.Join(key, " ")); ok && n > of.n {
					of = match{t, i, n}
				}
			}
		}
		if of.n == 0 {
			continue
		}
		switch {
		case len(best) == 0 || of.n > best[0].n:
			best = []match{of}
		case of.n == best[0].n:
			best = append(best, of)
		}
	}
	if len(best) != 1 {
		return nil
	}
	s.take(best[0].at, best[0].n)
	return &best[0].t
}

// numbered finds a truck by its unit number behind the word for it.
func (s *scanned) numbered(all []Thing, before ...string) *Thing {
	for i := range s.words {
		if i == 0 || s.words[i].used || !slices.Contains(before, s.words[i-1].text) {
			continue
		}
		for _, t := range all {
			if strings.EqualFold(t.Name, s.words[i].text) {
				s.take(i-1, 2)
				return &t
			}
		}
	}
	return nil
}

// over finds "over 45 days", "older than 60 days", "more than 30 days late".
func (s *scanned) over() {
	for i := range s.words {
		for _, lead := range []string{"over", "older than", "more than", "past", "beyond", "for more than", "for over", "longer than"} {
			n, ok := s.at(i, lead)
			if !ok || i+n+1 >= len(s.words) {
				continue
			}
			days, err := strconv.Atoi(s.words[i+n].text)
			if unit := s.words[i+n+1].text; err == nil && days > 0 && days < 2000 && (unit == "days" || unit == "day") {
				s.found.Over = days
				s.take(i, n+2)
				for _, p := range []string{"old", "late", "overdue", "past due"} {
					if m, ok := s.at(i+n+2, p); ok {
						s.take(i+n+2, m)
					}
				}
				return
			}
		}
	}
}

// amount finds dollars: $150, 150.00, 150 dollars, 150 bucks.
func (s *scanned) amount() {
	for i, w := range s.words {
		if w.used {
			continue
		}
		digits := strings.ReplaceAll(strings.TrimPrefix(w.text, "$"), ",", "")
		v, err := strconv.ParseFloat(digits, 64)
		if err != nil || v <= 0 || v > 1e6 {
			continue
		}
		unit := i+1 < len(s.words) && slices.Contains([]string{"dollars", "dollar", "bucks", "usd"}, s.words[i+1].text)
		more := i+1 < len(s.words) && s.words[i+1].text == "more"
		if moneyRE.MatchString(w.text) || unit || more {
			s.found.Cents = int64(v*100 + 0.5)
			s.take(i, 1)
			if unit {
				s.take(i+1, 1)
			}
			return
		}
	}
}

var months = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// when finds one span of days.
func (s *scanned) when() {
	day := func(n int) (time.Time, time.Time) { d := s.book.Today.AddDate(0, 0, n); return d, d }
	set := func(words string, from, to time.Time) { s.found.When = &Span{from, to, words} }
	today := s.book.Today
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	first := today.AddDate(0, 0, 1-today.Day())
	quarter := time.Date(today.Year(), (today.Month()-1)/3*3+1, 1, 0, 0, 0, 0, time.UTC)
	year := time.Date(today.Year(), 1, 1, 0, 0, 0, 0, time.UTC)
	for _, x := range []struct {
		phrases  []string
		from, to time.Time
	}{
		{[]string{"day after tomorrow"}, today.AddDate(0, 0, 2), today.AddDate(0, 0, 2)},
		{[]string{"next week"}, monday.AddDate(0, 0, 7), monday.AddDate(0, 0, 13)},
		{[]string{"last week"}, monday.AddDate(0, 0, -7), monday.AddDate(0, 0, -1)},
		{[]string{"this week"}, monday, monday.AddDate(0, 0, 6)},
		{[]string{"last month"}, first.AddDate(0, -1, 0), first.AddDate(0, 0, -1)},
		{[]string{"this month"}, first, first.AddDate(0, 1, -1)},
		{[]string{"next month"}, first.AddDate(0, 1, 0), first.AddDate(0, 2, -1)},
		{[]string{"last quarter"}, quarter.AddDate(0, -3, 0), quarter.AddDate(0, 0, -1)},
		{[]string{"this quarter"}, quarter, quarter.AddDate(0, 3, -1)},
		{[]string{"last year"}, year.AddDate(-1, 0, 0), year.AddDate(0, 0, -1)},
		{[]string{"this year", "year to date"}, year, year.AddDate(1, 0, -1)},
	} {
		for _, p := range x.phrases {
			if s.found.When == nil && s.has("in the "+p, "for "+p, p) {
				set(p, x.from, x.to)
			}
		}
	}
	for n, phrases := range map[int][]string{0: {"tonight", "today", "right now", "now"}, 1: {"tomorrow"}, -1: {"yesterday"}} {
		for _, p := range phrases {
			if s.found.When == nil && s.has("by "+p, "for "+p, p) {
				from, to := day(n)
				set(p, from, to)
			}
		}
	}
	s.days()
	s.named()
}

// days finds "in the last 30 days", "in the next 14 days", "within 30 days".
func (s *scanned) days() {
	for i := range s.words {
		for _, x := range []struct {
			phrase string
			way    int
		}{{"in the last", -1}, {"the last", -1}, {"last", -1}, {"past", -1}, {"in the next", 1}, {"the next", 1}, {"next", 1}, {"within the next", 1}, {"within", 1}, {"in", 1}} {
			n, ok := s.at(i, x.phrase)
			if s.found.When != nil || !ok || i+n+1 >= len(s.words) {
				continue
			}
			count, err := strconv.Atoi(s.words[i+n].text)
			unit := s.words[i+n+1].text
			if err != nil || count < 1 || count > 1000 || unit != "days" && unit != "day" && unit != "weeks" && unit != "week" {
				continue
			}
			if strings.HasPrefix(unit, "week") {
				count *= 7
			}
			span := Span{From: s.book.Today, To: s.book.Today.AddDate(0, 0, count), Words: "the next " + strconv.Itoa(count) + " days"}
			if x.way < 0 {
				span = Span{From: s.book.Today.AddDate(0, 0, -count), To: s.book.Today, Words: "the last " + strconv.Itoa(count) + " days"}
			}
			s.found.When = &span
			s.take(i, n+2)
		}
	}
}

// named finds a weekday, the next of its name, or a month, the last of its name.
func (s *scanned) named() {
	today := s.book.Today
	for n, name := range weekdays {
		if s.found.When == nil && s.has("on "+name, "this "+name, "next "+name, "by "+name, name) {
			d := today.AddDate(0, 0, (n-int(today.Weekday())+7)%7)
			s.found.When = &Span{d, d, name}
		}
	}
	for n, name := range months {
		if s.found.When != nil || !s.has("in "+name, "during "+name, "for "+name, "last "+name) {
			continue
		}
		first := time.Date(today.Year(), time.Month(n+1), 1, 0, 0, 0, 0, time.UTC)
		if first.After(today) {
			first = first.AddDate(-1, 0, 0)
		}
		s.found.When = &Span{first, first.AddDate(0, 1, -1), name + " " + strconv.Itoa(first.Year())}
	}
}

var equipments = []struct{ said, code string }{
	{"dry van", "van"}, {"vans", "van"}, {"van", "van"}, {"reefers", "reefer"}, {"reefer", "reefer"}, {"refrigerated", "reefer"}, {"flatbeds", "flatbed"}, {"flatbed", "flatbed"},
	{"step deck", "step_deck"}, {"stepdeck", "step_deck"}, {"conestoga", "conestoga"}, {"power only", "power_only"}, {"hotshot", "hotshot"}, {"box truck", "box_truck"}, {"tanker", "tanker"}, {"lowboy", "lowboy"},
}

func (s *scanned) equipment() {
	for _, e := range equipments {
		if s.found.Equipment == "" && s.has(e.said) {
			s.found.Equipment = e.code
		}
	}
}

var states = []struct{ said, code string }{
	{"ready to bill", "ready_to_bill"}, {"ready to be billed", "ready_to_bill"}, {"in transit", "in_transit"}, {"on the road", "in_transit"}, {"rolling", "in_transit"}, {"at pickup", "at_pickup"}, {"at the pickup", "at_pickup"},
	{"at the shipper", "at_pickup"}, {"at delivery", "at_delivery"}, {"at the receiver", "at_delivery"}, {"at the consignee", "at_delivery"}, {"on hold", "on_hold"}, {"dispatched", "dispatched"},
	{"booked", "booked"}, {"delivered", "delivered"}, {"invoiced", "invoiced"}, {"cancelled", "cancelled"}, {"canceled", "cancelled"}, {"in claim", "claim"},
}

func (s *scanned) state() {
	for _, st := range states {
		if s.found.State == "" && s.has(st.said) {
			s.found.State = st.code
		}
	}
}

// lane finds "from Dallas to Atlanta, GA", "Dallas–Atlanta", "to Texas".
func (s *scanned) lane() {
	for i := range s.words {
		w := s.words[i]
		if w.used {
			continue
		}
		switch w.text {
		case "from", "between", "out":
			if at := i + 1; s.found.From == nil {
				if p, n := s.place(at); n > 0 {
					s.found.From = &p
					s.take(i, n+1)
				}
			}
		case "to", "into", "→", "->", "-", "–", "—", "and":
			p, n := s.place(i + 1)
			if n == 0 || s.found.To != nil {
				continue
			}
			if s.found.From == nil {
				if from, m := s.placeBefore(i); m > 0 {
					s.found.From = &from
					s.take(i-m, m)
				} else if w.text != "to" && w.text != "into" {
					continue
				}
			}
			s.found.To = &p
			s.take(i, n+1)
		}
	}
}

// place reads a city of up to three words, and its state if it is there, from i on.
func (s *scanned) place(i int) (p Place, n int) {
	for n = min(4, len(s.words)-i); n > 0; n-- {
		if p, ok := s.asPlace(i, n); ok {
			return p, n
		}
	}
	return p, 0
}

// placeBefore reads the longest place that ends before i.
func (s *scanned) placeBefore(i int) (p Place, n int) {
	for n = min(4, i); n > 0; n-- {
		if p, ok := s.asPlace(i-n, n); ok {
			return p, n
		}
	}
	return p, 0
}

func (s *scanned) asPlace(i, n int) (Place, bool) {
	var parts []string
	for k := i; k < i+n; k++ {
		if s.words[k].used || strings.ContainsAny(s.words[k].text, "0123456789$→-–—") {
			return Place{}, false
		}
		parts = append(parts, s.words[k].text)
	}
	if s.book.Place == nil {
		return Place{}, false
	}
	if n > 1 {
		if st := parts[n-1]; len(st) == 2 {
			if p, ok := s.book.Place(strings.Join(parts[:n-1], " "), strings.ToUpper(st)); ok {
				return p, true
			}
		}
	}
	if n == 1 && known[parts[0]] { // "to pay" is not a town
		return Place{}, false
	}
	return s.book.Place(strings.Join(parts, " "), "")
}
