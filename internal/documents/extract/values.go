package extract

import (
	"regexp"
	"strconv"
	"strings"
)

func atoi(s string) int {
	n, err := strconv.Atoi(strings.ReplaceAll(s, ",", ""))
	if err != nil {
		return 0
	}
	return n
}

var (
	phoneRE  = regexp.MustCompile(`(?:\+?1[-. ]?)?(?:\(\d{3}\)[-. ]?|\d{3}[-. /]?)\d{3}[-. ]?\d{4}(?:,?\s*(?i:x|ext|extension)[.:]?\s*\d{1,6}\b)?`)
	emailRE  = regexp.MustCompile(`[A-Za-z0-9._%+\-]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,}`)
	digitsRE = regexp.MustCompile(`\d+`)
	weightRE = regexp.MustCompile(`(?i)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?\s*(k?\s?lbs?\b\.?|pounds?\b|#|kgs?\b|kilos?\b|kilograms?\b|tons?\b|tonnes?\b|mt\b|k\b)?`)
	tempRE   = regexp.MustCompile(`(?i)([-+]?\d{1,3})(?:\.\d+)?\s*°?\s*(?:deg(?:rees)?\.?)?\s*([FC]\b)?(?:\s*(?:-|to|and|/|through)\s*([-+]?\d{1,3})(?:\.\d+)?\s*°?\s*(?:deg(?:rees)?\.?)?\s*([FC]\b)?)?`)
	lengthRE = regexp.MustCompile(`(?i)\b(\d{2})\s*(?:'|"(?: ?(?:dry|van|reefer|flat))|ft\b|feet\b|foot\b|-foot\b|-ft\b)`)
)

// findPhone returns the first telephone number and where it stands.
func findPhone(s string) (a, b int, ok bool) {
	for _, m := range phoneRE.FindAllStringIndex(s, 8) {
		a, b = m[0], m[1]
		if a > 0 && isWordByte(s[a-1]) || b < len(s) && isDigit(s[b]) {
			continue
		}
		if b-a == 10 && s[a] < '2' && onlyDigits(s[a:b]) == s[a:b] {
			continue // no area code begins with 0 or 1: a number of some other kind
		}
		return a, b, true
	}
	return 0, 0, false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isWordByte(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

func onlyDigits(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if isDigit(s[i]) {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// frac reads ".7".
func frac(s string) float64 {
	f, err := strconv.ParseFloat("0"+s, 64)
	if err != nil {
		return 0
	}
	return f
}

// weightOf reads a weight; unit is "", "lb", "kg" or "ton". hint is the label's own unit.
func weightOf(s, hint string) (lb int, unit string, a, b int, ok bool) {
	for _, m := range weightRE.FindAllStringSubmatchIndex(s, 6) {
		if m[0] > 0 && (isWordByte(s[m[0]-1]) || s[m[0]-1] == '.' || s[m[0]-1] == '$') {
			continue
		}
		n := float64(atoi(s[m[2]:m[3]]))
		if m[4] > 0 {
			n += frac(s[m[4]:m[5]])
		}
		if m[6] > 0 {
			unit = strings.ToLower(s[m[6]:m[7]])
			if strings.HasPrefix(unit, "k") && strings.Contains(unit, "lb") {
				n, unit = n*1000, "lb"
			}
		} else {
			unit = strings.ToLower(hint)
		}
		switch {
		case strings.HasPrefix(unit, "k") && unit != "k":
			n, unit = n*2.20462262, "kg"
		case strings.HasPrefix(unit, "t") || unit == "mt":
			n, unit = n*2000, "ton"
		case unit == "k":
			n, unit = n*1000, "lb"
		case strings.HasPrefix(unit, "lb") || strings.HasPrefix(unit, "pound") || unit == "#":
			unit = "lb"
		default:
			unit = ""
		}
		if n < 1 || n > 400_000 {
			continue
		}
		return int(n + 0.5), unit, m[0], m[1], true
	}
	return 0, "", 0, 0, false
}

// equipWords pairs patterns with the canonical equipment; the first that fits wins.
var equipWords = []struct {
	re   *regexp.Regexp
	kind string
}{
	{regexp.MustCompile(`(?i)\bpower[- ]?only\b|\bP/?O\b truck`), "power_only"},
	{regexp.MustCompile(`(?i)\bstep[- ]?decks?\b|\bdrop[- ]?decks?\b|^SD$|^(?:\d\d(?:'| ?ft\.?)? )?step$`), "step_deck"},
	{regexp.MustCompile(`(?i)\bdouble[- ]?drops?\b|^DD$`), "double_drop"},
	{regexp.MustCompile(`(?i)\blow[- ]?boys?\b|\bRGN\b|removable gooseneck`), "lowboy"},
	{regexp.MustCompile(`(?i)\bconestogas?\b|curtain[- ]?sides?`), "conestoga"},
	{regexp.MustCompile(`(?i)\bflat[- ]?beds?\b|^F$|^FB$|^FLAT(?:\s*\d\d\D?)?$|\b\d\d(?:'| ?ft\.?)? flat\b|\bflat\b.*\btrailer\b|^(?:\d\d['a-z ]*)?FD?\b|^FLT$`), "flatbed"},
	{regexp.MustCompile(`(?i)\bhot[- ]?shots?\b`), "hotshot"},
	{regexp.MustCompile(`(?i)\b(?:box|straight|cube) ?trucks?\b|sprinter`), "box_truck"},
	{regexp.MustCompile(`(?i)\btankers?\b|\btank truck\b`), "tanker"},
	{regexp.MustCompile(`(?i)\bdump\b|end dump`), "dump"},
	{regexp.MustCompile(`(?i)\bauto[- ]?(?:carrier|hauler)s?\b|\bcar haul`), "auto_carrier"},
	{regexp.MustCompile(`(?i)\breefers?\b|\brefrigerated\b|\btemp(?:erature)?[- ]controlled (?:van|trailer)\b|\b\d\d['a-z ]* temp(?:erature)?[- ]control(?:led)?\b|^R$|^RF$|^RFR$|\b\d\d['a-z ]*\bR\b|\bRFR\b`), "reefer"},
	{regexp.MustCompile(`(?i)\bcontainers?\b|\bdray(?:age)?\b|\bintermodal\b`), "container"},
	{regexp.MustCompile(`(?i)\bdry[- ]?vans?\b|(?:\b|\b\d\d)vans?\b|^(?:48|53)V$|\bV(?:48|53)\b|\bdryvan\b|^V$|^DV$|\b\d\d['a-z ]*\bDV\b|\bplate trailer\b|\bdry box\b|\b(?:F?TL|truckload) dry\b|^dry$`), "van"},
}

// equipmentIn names the equipment a text speaks of; two sure kinds ("van or
// reefer") come back as more.
func equipmentIn(s string) (kind string, more bool, ok bool) {
	if len(s) > 160 {
		return "", false, false
	}
	best := len(s) + 1
	n := 0
	for _, e := range equipWords {
		m := e.re.FindStringIndex(s)
		if m == nil {
			continue
		}
		n++
		if kind == "" || m[0] < best && !strings.HasPrefix(e.kind, "van") {
			if kind == "" || kind == "van" {
				kind, best = e.kind, m[0]
			}
		}
	}
	if n > 1 && kind == "reefer" && vanFirstRE.MatchString(s) {
		kind = "van" // several will do: the first that is printed
	}
	if n == 2 && strings.Contains(s, "/") == false && !regexpOr.MatchString(s) {
		n = 1 // "flatbed step deck", "reefer van": one trailer, two words
	}
	return kind, n > 1, kind != ""
}

var vanFirstRE = regexp.MustCompile(`(?i)^(?:(?:48|53)\D{0,4})?(?:dry )?vans? ?(?:or|/) ?`)

var regexpOr = regexp.MustCompile(`(?i)\bor\b`)

// company words tell a firm from a person.
var companyRE = regexp.MustCompile(`(?i)\b(?:LLC|L\.L\.C|INC|INCORPORATED|CORP|CORPORATION|CO|COMPANY|LTD|LP|LLP|PLC|LOGISTICS|FREIGHT|TRANSPORT|TRANSPORTATION|TRUCKING|CARRIERS?|HAULERS?|CARTAGE|DRAYAGE|TRANSPORTES|FREIGHTWAYS|MOTOR|CROSSDOCK|GROWERS|WORLDWIDE|NATIONWIDE|INTERMODAL|3PL|ALLIANCE|NETWORK|BROKERS?|DIVISION|CREAMERY|BREWERY|BROKERAGE|LINES?|EXPRESS|HAULING|SERVICES?|SOLUTIONS|GROUP|SUPPLY|FOODS?|DISTRIBUTION|DISTRIBUTORS?|WAREHOUSE|WAREHOUSING|CENTER|CENTRE|DC|MANUFACTURING|MFG|INDUSTRIES|PLANT|MILLS?|STEEL|LUMBER|PRODUCTS|PACKAGING|STORAGE|COLD|FARMS?|DAIRY|PRODUCE|MARKETS?|STORES?|DEPOT|TERMINAL|PAPER|METALS?|GLASS|PLASTICS|CHEMICALS?|BEVERAGES?|BREWING|BAKERY|GROCERS?|GROCERY|WHOLESALE|IMPORTS?|EXPORTS?|INTERNATIONAL|GLOBAL|FULFILLMENT|NURSERY|GOODS|PARTS|COOPERATIVE|CO-?OP|BUILDING|FABRICATION|MACHINE|TOOL|PARTNERS|HOLDINGS|ENTERPRISES|SYSTEMS|CANADA|USA)\b`)

var nameRE = regexp.MustCompile(`^[A-Z][a-zA-Z'.\-]*(?: [A-Z][a-zA-Z'.\-]*){1,2}$`)

// notNameRE has the trade's own words, which no person is called.
var notNameRE = regexp.MustCompile(`(?i)\b(?:received|licensed?|fmcsa|authority|docket|property|usdot|references?|ref|booked|booking|equip|linehaul|truckload|surcharge|charges?|fees?|reqs?|receipt|consignee|shipper|receiver|carrier|driver|broker|load|live|drop|hook|unload|pickup|pick|delivery|deliver|appointment|appt|signature|date|time|by|of|the|to|and|no|not|for|at|in|on|with|trailer|truck|rate|total|terms|required|instructions|notes?|contact|site|dock|gate|call|seal|page|confirmation|bill|lading|general|dry|van|flatbed|frozen|fresh|first|come|served?|order|number|stop|pallets?|pieces|weight|overnight|parking|est|units|payout|your|sched|early|late|summary|eq|info|details|rep|pay|cargo|weight|equipment|eastern|central|mountain|pacific|public|handling|package|type|unit|will|be|must|shall|been|is|are|communication|confidential|cod|value|other|notices?|important|pu|del|po|bol|toll|free|fax|dispatch|emergency|desk|support|hours|intersection|shipment|descriptions?|multimodal|brokerage|miscellaneous|get|today|null)\b`)

// looksPerson reports a text that reads like a person's name.
func looksPerson(s string) bool {
	return nameRE.MatchString(strings.TrimSpace(s)) && !companyRE.MatchString(s) && !notNameRE.MatchString(s)
}
