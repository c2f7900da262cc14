package extract

import (
	"fmt"
	"regexp"
	"strings"
)

// clockTime is one time or window found in a text, in minutes after midnight;
// -1 is open. zone is IANA, or "" when none is printed.
type clockTime struct {
	from, to int
	a, b     int
	zone     string
	zoneText string
	allDay   bool // "24 hours", "24/7"
}

const (
	one     = `(\d{1,2})(?::(\d{2})|h(\d{2}))?\s*(a\.?m?\.?|p\.?m?\.?)?`
	zoneTxt = `(?:\s*\(?\b([ECMPA][SD]?T|AK[SD]?T|HST|eastern|central|mountain|pacific|local)\b(?:\s+time)?\)?)?`
)

var (
	spanRE = regexp.MustCompile(`(?i)(?:\b(?:from|between)\s+)?\b(noon|midnight|\d{4}|\d{1,2}(?::\d{2})?)\s*(a\.?m\.?|p\.?m\.?|a\b|p\b)?\s*(?:hrs?\.?|hours)?` + zoneTxt +
		`\s*(?:-|to|until|till|thru|through|and|→)+\s*\b(noon|midnight|\d{4}|\d{1,2}(?::\d{2})?)\s*(a\.?m\.?|p\.?m\.?|a\b|p\b)?(?:\s*(?:hrs?\b\.?|hours))?` + zoneTxt)
	timeRE = regexp.MustCompile(`(?i)(\b(?:by|before|no later than|until|till|prior to|latest)\s+|\b(?:after|from|not before|earliest|any ?time after)\s+)?\b(noon\b|midnight\b|\d{1,2}:\d{2}|\d{1,2}\s*(?:a\.?m\b\.?|p\.?m\b\.?)|\d{4}\b)(?::\d{2})?\s*(a\.?m\b\.?|p\.?m\b\.?|a\b|p\b)?(?:\s*(?:hrs?\b\.?|hours))?` + zoneTxt)
	// "7-230PM": an end of hour and minute without a colon.
	closeRE  = regexp.MustCompile(`(?i)\b(\d{1,2})-(\d{1,2})([0-5]\d)([ap]\.?m)\b`)
	dottedRE = regexp.MustCompile(`(?i)\b(\d{1,2})\.([0-5]\d)(\s?[ap]\.?m\b)`) // "04.30 PM"
	allDayRE = regexp.MustCompile(`(?i)\b24\s*/\s*7\b|\b24\s*(?:hours|hrs|hr)\b|open 24`)
	onlyZone = regexp.MustCompile(`(?i)(?:^|[\s(])([ECMPA][SD]T|AK[SD]T|eastern|central|mountain|pacific)(?:\s+time)?(?:$|[\s),.])`)
)

// zones maps printed names to IANA. The second letter (standard or daylight) is
// dropped: papers print it carelessly.
var zones = map[string]string{"E": "America/New_York", "C": "America/Chicago", "M": "America/Denver", "P": "America/Los_Angeles", "A": "America/Halifax", "AK": "America/Anchorage", "H": "Pacific/Honolulu",
	"EASTERN": "America/New_York", "CENTRAL": "America/Chicago", "MOUNTAIN": "America/Denver", "PACIFIC": "America/Los_Angeles"}

func zoneOf(s string) string {
	u := strings.ToUpper(strings.Trim(s, "() "))
	if z, ok := zones[u]; ok {
		return z
	}
	if len(u) >= 2 && len(u) <= 4 && strings.HasSuffix(u, "T") {
		u = strings.TrimSuffix(u, "T")
		if len(u) > 1 && (strings.HasSuffix(u, "S") || strings.HasSuffix(u, "D")) && u != "AK" {
			u = u[:len(u)-1]
		}
		return zones[u]
	}
	return ""
}

// times lists the times of a text. loose accepts "0800" and "8-14" alone,
// which is right only where a time is announced or a date stands beside.
func times(s string, loose bool) []clockTime {
	masked := dottedRE.ReplaceAllString(maskDates(s), "$1:$2$3") // as long as before
	var out []clockTime
	taken := make([]bool, len(s)+1)
	for _, m := range closeRE.FindAllStringSubmatchIndex(masked, 4) {
		g := group(masked, m)
		from, ok1 := minutes(g(1), borrow(g(1), g(2), g(4)))
		to, ok2 := minutes(g(2)+":"+g(3), g(4))
		if !ok1 || !ok2 {
			continue
		}
		out = append(out, clockTime{from: from, to: to, a: m[0], b: m[1]})
		for i := m[0]; i < m[1]; i++ {
			taken[i] = true
		}
	}
	for _, m := range spanRE.FindAllStringSubmatchIndex(masked, 12) {
		g := group(masked, m)
		if taken[m[0]] || m[0] > 0 && strings.IndexByte("$#/.-", masked[m[0]-1]) >= 0 || m[1] < len(masked) && strings.IndexByte("%/", masked[m[1]]) >= 0 {
			continue
		}
		strong := strings.Contains(g(1)+g(4), ":") || g(2) != "" || g(5) != "" || len(g(1)) == 4 && len(g(4)) == 4 && loose || g(1) == "noon" || g(4) == "noon"
		if !strong {
			continue
		}
		from, ok1 := minutes(g(1), firstNonEmpty(g(2), borrow(g(1), g(4), g(5))))
		to, ok2 := minutes(g(4), g(5))
		if !ok1 || !ok2 {
			continue
		}
		z := firstNonEmpty(g(6), g(3))
		out = append(out, clockTime{from: from, to: to, a: m[0], b: trimEnd(masked, m[0], m[1]), zone: zoneOf(z), zoneText: z})
		for i := m[0]; i < m[1]; i++ {
			taken[i] = true
		}
	}
	for _, m := range timeRE.FindAllStringSubmatchIndex(masked, 16) {
		g := group(masked, m)
		if taken[m[4]] || m[4] > 0 && strings.IndexByte("$#-.:,/", masked[m[4]-1]) >= 0 {
			continue
		}
		if end := m[1]; end < len(masked) && strings.IndexByte("%-,/", masked[end]) >= 0 && end+1 < len(masked) && isWordByte(masked[end+1]) {
			continue
		}
		if isAll4(g(2)) && g(3) == "" && !loose && !strings.Contains(strings.ToLower(masked[m[4]:m[1]]), "h") && g(4) == "" {
			continue
		}
		digits, half := g(2), g(3)
		if i := strings.IndexAny(strings.ToLower(digits), "ap"); i > 0 && digits != "noon" {
			digits, half = strings.TrimSpace(digits[:i]), digits[i:]
		}
		at, ok := minutes(digits, half)
		if !ok {
			continue
		}
		t := clockTime{from: at, to: -1, a: m[0], b: trimEnd(masked, m[0], m[1]), zone: zoneOf(g(4)), zoneText: g(4)}
		switch p := strings.ToLower(strings.TrimSpace(g(1))); {
		case p == "":
		case strings.HasPrefix(p, "a") || strings.HasPrefix(p, "f") || strings.HasPrefix(p, "not") || strings.HasPrefix(p, "e"):
		default:
			t.from, t.to = -1, at
		}
		out = append(out, t)
	}
	sortTimes(out)
	if len(out) == 0 {
		if m := allDayRE.FindStringIndex(s); m != nil {
			out = append(out, clockTime{from: -1, to: -1, a: m[0], b: m[1], allDay: true})
		}
	}
	return out
}

func sortTimes(ts []clockTime) {
	for i := 1; i < len(ts); i++ {
		for j := i; j > 0 && ts[j].a < ts[j-1].a; j-- {
			ts[j], ts[j-1] = ts[j-1], ts[j]
		}
	}
}

func trimEnd(s string, a, b int) int {
	for b > a && (s[b-1] == ' ' || s[b-1] == '(') {
		b--
	}
	return b
}

func isAll4(s string) bool { return len(s) == 4 && onlyDigits(s) == s }

func firstNonEmpty(vs ...string) string {
	for _, v := range vs {
		if v != "" {
			return v
		}
	}
	return ""
}

// borrow gives "8 - 11 AM" its first half of the day: the window's start takes
// the end's when that keeps it before the end.
func borrow(from, to, half string) string {
	if half == "" || strings.Contains(from, ":") && len(from) == 5 && from[0] == '0' {
		return ""
	}
	f, ok1 := minutes(from, half)
	t, ok2 := minutes(to, half)
	if ok1 && ok2 && f < t {
		return half
	}
	if strings.HasPrefix(strings.ToLower(half), "p") {
		return "am"
	}
	return ""
}

// minutes reads "8", "8:30", "0830", "noon" with an optional half of the day.
func minutes(s, half string) (int, bool) {
	switch strings.ToLower(s) {
	case "noon":
		return 720, true
	case "midnight":
		return 0, true
	}
	h, m := 0, 0
	switch {
	case strings.Contains(s, ":"):
		a, b, _ := strings.Cut(s, ":")
		h, m = atoi(a), atoi(b)
	case len(s) == 4 || len(s) == 3:
		h, m = atoi(s[:len(s)-2]), atoi(s[len(s)-2:])
	default:
		h = atoi(s)
	}
	if half != "" && h > 12 && strings.HasPrefix(strings.ToLower(half), "a") {
		return 0, false
	}
	switch {
	case strings.HasPrefix(strings.ToLower(half), "p") && h < 12:
		h += 12
	case strings.HasPrefix(strings.ToLower(half), "a") && h == 12:
		h = 0
	}
	if h == 24 && m == 0 {
		return 1439, true
	}
	return h*60 + m, h < 24 && m < 60
}

// maskDates blanks the dates out, so that "07-30" is not taken for a window.
func maskDates(s string) string {
	ds := days(s)
	if len(ds) == 0 {
		return s
	}
	b := []byte(s)
	for _, d := range ds {
		for i := d.a; i < d.b; i++ {
			b[i] = ' '
		}
		if d.b < len(b) && b[d.b] == 'T' {
			b[d.b] = ' '
		}
	}
	return string(b)
}

func group(s string, m []int) func(int) string {
	return func(i int) string {
		if 2*i >= len(m) || m[2*i] < 0 {
			return ""
		}
		return s[m[2*i]:m[2*i+1]]
	}
}

func timeAtStart(s string) bool {
	ts := times(s, true)
	return len(ts) > 0 && ts[0].a <= 2
}

// stamp writes local wall time, or the bare date when minute is negative.
func stamp(d day, minute int) string {
	if minute < 0 {
		return d.iso()
	}
	return fmt.Sprintf("%sT%02d:%02d", d.iso(), minute/60, minute%60)
}
