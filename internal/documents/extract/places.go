package extract

import (
	"regexp"
	"strings"
)

// town is a "City, ST ZIP" found in a text, with the byte ranges of its parts.
// before is what stands ahead of it in the same text, usually the street.
type town struct {
	city, state, zip string
	a, b             int
	ca, cb           int
	sa, sb           int
	za, zb           int
	guess            bool // where the city begins had to be guessed
}

var (
	stateNames = map[string]string{"ALABAMA": "AL", "ALASKA": "AK", "ARIZONA": "AZ", "ARKANSAS": "AR", "CALIFORNIA": "CA", "COLORADO": "CO", "CONNECTICUT": "CT", "DELAWARE": "DE", "FLORIDA": "FL", "GEORGIA": "GA", "HAWAII": "HI", "IDAHO": "ID", "ILLINOIS": "IL", "INDIANA": "IN", "IOWA": "IA", "KANSAS": "KS", "KENTUCKY": "KY", "LOUISIANA": "LA", "MAINE": "ME", "MARYLAND": "MD", "MASSACHUSETTS": "MA", "MICHIGAN": "MI", "MINNESOTA": "MN", "MISSISSIPPI": "MS", "MISSOURI": "MO", "MONTANA": "MT", "NEBRASKA": "NE", "NEVADA": "NV", "NEW HAMPSHIRE": "NH", "NEW JERSEY": "NJ", "NEW MEXICO": "NM", "NEW YORK": "NY", "NORTH CAROLINA": "NC", "NORTH DAKOTA": "ND", "OHIO": "OH", "OKLAHOMA": "OK", "OREGON": "OR", "PENNSYLVANIA": "PA", "RHODE ISLAND": "RI", "SOUTH CAROLINA": "SC", "SOUTH DAKOTA": "SD", "TENNESSEE": "TN", "TEXAS": "TX", "UTAH": "UT", "VERMONT": "VT", "VIRGINIA": "VA", "WASHINGTON": "WA", "WEST VIRGINIA": "WV", "WISCONSIN": "WI", "WYOMING": "WY", "ONTARIO": "ON", "QUEBEC": "QC", "MANITOBA": "MB", "ALBERTA": "AB", "SASKATCHEWAN": "SK", "BRITISH COLUMBIA": "BC", "NEW BRUNSWICK": "NB", "NOVA SCOTIA": "NS"}
	stateCodes = map[string]bool{"DC": true, "PR": true, "PE": true, "NL": true, "YT": true, "NT": true, "NU": true}

	stateZIP = regexp.MustCompile(`\b([A-Z]{2}|[A-Z][a-z]|(?i:` + statePattern() + `))\b\.?,?(?:(?:\s*,?\s*(?:USA?|U\.S\.A?\.|CAN(?:ADA)?)\b|/[A-Z]{0,4})?[\s,-]+(\d{5}(?:-?\d{4})?|[A-Z]\d[A-Z][ -]?\d[A-Z]\d)\b)?`)
	zipRE    = regexp.MustCompile(`\b(\d{5})(?:-(\d{4}))?\b|\b[A-Z]\d[A-Z][ -]?\d[A-Z]\d\b`)
	streetRE = regexp.MustCompile(`(?i)\b(?:st|street|ave|avenue|av|rd|road|blvd|boulevard|dr|drive|ln|lane|way|pkwy|parkway|hwy|highway|ct|court|cir|circle|pl|place|ter|terrace|trl|trail|loop|pike|route|rte|sq|plaza|expy|fwy|freeway|expressway|tpke|turnpike|row|xing|crossing|run|path|sr|us|cr|fm|county road|industrial park|park|gateway|cutoff|bypass|causeway|trace|beltway|spur|frontage)\b\.?`)
	unitRE   = regexp.MustCompile(`(?i)\b(?:ste|suite|unit|bldg|building|dock|door|fl|floor|gate|apt|#)\s*#?\s*[\w-]+\b`)
	addrRE   = regexp.MustCompile(`(?i)^(?:#?\d+[\w-]*\s+\S|p\.?\s?o\.?\s*box|one\s|[nsew]\d{1,5}\s+(?:[nsew]\d|[a-z]{2})|rr\s|hwy\s|highway\s|us[- ]\d|i-\d|county r)`)
)

func statePattern() string {
	var names []string
	for n, code := range stateNames {
		stateCodes[code] = true
		names = append(names, n)
	}
	// Longer names first: WEST VIRGINIA before VIRGINIA.
	for i := range names {
		for j := i + 1; j < len(names); j++ {
			if len(names[j]) > len(names[i]) || len(names[j]) == len(names[i]) && names[j] < names[i] {
				names[i], names[j] = names[j], names[i]
			}
		}
	}
	return strings.Join(names, "|")
}

// findTowns lists the places of a text. gaz may be nil.
func findTowns(s string, gaz Gazetteer) []town {
	var out []town
	last := 0
	for _, m := range stateZIP.FindAllStringSubmatchIndex(s, 12) {
		if m[0] < last {
			continue
		}
		t := town{sa: m[2], sb: m[3], b: m[3]}
		raw := s[m[2]:m[3]]
		t.state = strings.ToUpper(raw)
		if len(raw) > 2 {
			t.state = stateNames[strings.ToUpper(strings.Join(strings.Fields(raw), " "))]
		}
		if !stateCodes[t.state] || len(raw) > 2 && stateBehind(s[m[1]:]) {
			continue
		}
		if m[4] >= 0 {
			t.za, t.zb, t.b = m[4], m[5], m[5]
			if t.zip = s[t.za:t.zb]; len(t.zip) == 9 && isDigit(t.zip[8]) && isDigit(t.zip[5]) {
				t.zip = t.zip[:5] + "-" + t.zip[5:] // ZIP+4 printed as one number
			}
		}
		pre := strings.TrimRight(s[last:m[2]], " ")
		comma := strings.HasSuffix(pre, ",")
		plain := len(raw) == 2 && strings.ToUpper(raw) == raw
		if !comma && t.zip == "" && (len(raw) > 2 || !plain || gaz == nil && !wholeRest(s, m[3])) || !plain && len(raw) == 2 && t.zip == "" {
			continue
		}
		if (len(raw) > 2 || t.state == "DC" || t.state == "CO") && t.zip == "" && !comma {
			continue
		}
		if !comma && t.zip == "" && nameGoesOn(s[m[3]:]) {
			continue // "MEMPHIS TN MC" is a dock's name
		}
		cityEnd := last + len(strings.TrimRight(pre, " ,."))
		t.ca = cityStart(s, last, cityEnd, t.state, t.zip, gaz, &t.guess)
		t.cb = cityEnd
		t.city = strings.TrimSpace(s[t.ca:t.cb])
		if !cityLike(t.city) {
			continue
		}
		if !comma && t.zip == "" && (gaz == nil && len(strings.Fields(t.city)) > 3 || gaz != nil && len(gaz.ByCity(t.city, t.state)) == 0) {
			continue
		}
		t.a = t.ca
		out = append(out, t)
		last = t.b
	}
	return out
}

// nameGoesOn reports one or two more words in capitals and nothing else behind a state.
func nameGoesOn(rest string) bool {
	f := strings.Fields(rest)
	if len(f) == 0 || len(f) > 2 || rest[0] != ' ' {
		return false
	}
	for _, w := range f {
		switch {
		case w == "TO" || w == "ON" || w == "USA" || w == "US" || w == "U.S.A." || w == "AND" || w == "APPT" || w == "FCFS":
			return false
		case strings.ToUpper(w) != w || strings.Trim(w, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
			return false
		}
	}
	return true
}

// stateBehind reports that a state follows what reads like a state's name:
// "New York, NY" and "Oklahoma City, OK" are cities.
func stateBehind(rest string) bool {
	m := cityRestRE.FindStringSubmatch(rest)
	return m != nil && stateCodes[m[1]]
}

var cityRestRE = regexp.MustCompile(`^(?: [A-Za-z.]+){0,2}[, ] ?([A-Z]{2})\b`)

// wholeRest reports that nothing but punctuation or a country follows.
func wholeRest(s string, at int) bool {
	r := strings.ToUpper(strings.Trim(s[at:], " ,.()"))
	return r == "" || r == "USA" || r == "US" || strings.HasPrefix(r, "ON ") || strings.HasPrefix(r, "-") || strings.HasPrefix(r, "→")
}

func cityLike(s string) bool {
	if len(s) < 2 || len(s) > 40 || len(strings.Fields(s)) > 5 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if isDigit(s[i]) || strings.IndexByte("@#$%:/\\|=()<>\"", s[i]) >= 0 {
			return false
		}
	}
	return true
}

// cityStart finds where the city begins in s[from:end]: behind the last comma,
// or, when the street runs into the town, where the gazetteer knows a city.
func cityStart(s string, from, end int, state, zip string, gaz Gazetteer, guess *bool) int {
	chunk := s[from:end]
	at := 0
	for _, d := range []string{",", ";", ":", "|", "•", "(", " - ", "→", ">", "\t"} {
		if i := strings.LastIndex(chunk, d); i >= 0 && i+len(d) > at {
			at = i + len(d)
		}
	}
	for at < len(chunk) && chunk[at] == ' ' {
		at++
	}
	part := chunk[at:]
	words := strings.Fields(part)
	street := addrRE.MatchString(part) || strings.ContainsAny(part, "0123456789")
	if len(words) <= 2 && !street {
		if len(words) == 2 && len(tokens(part)) > 0 {
			if w := strings.ToLower(words[0]); w == "in" || w == "to" || w == "from" || w == "at" || w == "for" {
				return from + at + len(words[0]) + 1
			}
		}
		return from + at
	}
	zcity := ""
	if gaz != nil && len(zip) >= 5 {
		if p, ok := gaz.ByZIP(zip[:5]); ok {
			zcity = p.City
		}
	}
	if zcity != "" && len(zcity) <= len(part) && strings.EqualFold(part[len(part)-len(zcity):], zcity) {
		if pre := strings.TrimSpace(part[:len(part)-len(zcity)]); towardsRE.MatchString(pre) {
			return from + at // "NORTH OAK GROVE CITY"
		}
		return from + at + len(part) - len(zcity)
	}
	if gaz != nil {
		for k := max(0, len(words)-4); k < len(words); k++ {
			name := strings.Join(words[k:], " ")
			if len(gaz.ByCity(name, state)) > 0 {
				return from + at + strings.LastIndex(part, words[k]+tailFrom(words, k))
			}
		}
	}
	if !street {
		return from + at + leadingPreposition(part)
	}
	*guess = true
	cut := 0
	for _, re := range []*regexp.Regexp{streetRE, unitRE} {
		for _, m := range re.FindAllStringIndex(part, -1) {
			if m[1] > cut && m[1] < len(part) {
				cut = m[1]
			}
		}
	}
	if cut == 0 {
		cut = strings.LastIndex(part, " ")
	}
	for cut >= 0 && cut < len(part) && (part[cut] == ' ' || part[cut] == '.' || part[cut] == ',') {
		cut++
	}
	return from + at + max(cut, 0)
}

var towardsRE = regexp.MustCompile(`(?i)^(?:north|south|east|west)$`)

func leadingPreposition(part string) int {
	low := strings.ToLower(part)
	best := 0
	for _, p := range []string{" in ", " at ", " from ", " to "} {
		if i := strings.LastIndex(" "+low, p); i >= 0 && i+len(p)-1 > best {
			best = i + len(p) - 1
		}
	}
	return best
}

func tailFrom(words []string, k int) string {
	t := strings.Join(words[k+1:], " ")
	if t != "" {
		t = " " + t
	}
	return t
}

func placeAtStart(s string) bool {
	ts := findTowns(s, nil)
	return len(ts) > 0
}

// streetLike reports a text that reads like a street line.
func streetLike(s string) bool {
	s = strings.TrimSpace(s)
	if len(s) > 80 || len(s) < 4 || aheadLoadRE.MatchString(s) {
		return false
	}
	if addrRE.MatchString(s) && len(strings.Fields(s)) >= 2 && !moneyRE.MatchString(s) && strings.ContainsAny(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz") {
		return true
	}
	m := streetRE.FindStringIndex(s)
	return m != nil && m[0] > 0 && strings.ContainsAny(s, "0123456789")
}
