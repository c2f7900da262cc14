package extract

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// day is one date found in a text. When day and month could be swapped, alt
// holds the other reading.
type day struct {
	y, m, d   int // y 0: no year printed
	a, b      int
	sep       byte // '/', '-', '.', or 'm' for a month in words, 'i' for ISO
	ambiguous bool
	weekday   int // 0 Sunday .. 6, or -1
	bare      bool
}

var (
	months = map[string]int{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}
	wdays  = map[string]int{"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}

	monthWord = `(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?`
	dateRE    = regexp.MustCompile(`(?i)\b(?:` +
		`(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})` + // 1-3 ISO
		`|(\d{1,2})([/.-])(\d{1,2})([/.-])(\d{4}|\d{2})` + // 4-8
		`|` + monthWord + `\s*[-/ ]?\s*(\d{1,2})(?:st|nd|rd|th)?(?:\s*,?\s*[-/]?\s*('?\d{4}|'\d{2}|\d{2}\b))?` + // 9-11
		`|(\d{1,2})(?:st|nd|rd|th)?[-/ .]*(?:of )?` + monthWord + `[-/ .,]*(\d{4}|'?\d{2})?` + // 12-14
		`|(\d{1,2})/(\d{1,2})` + // 15-16
		`)(?:\b|T|$)`)
	weekdayRE = regexp.MustCompile(`(?i)\b(sun|mon|tue|wed|thu|fri|sat)(?:day|s|sday|nesday|rs|rsday|urday|ur|r)?\b[.,]?\s*(?:the\s+)?[(,-]?\s*$`)
	weekAfter = regexp.MustCompile(`(?i)^\s*[,(]?\s*(sun|mon|tue|wed|thu|fri|sat)(?:day|s|sday|nesday|rs|rsday|urday|ur|r)?\b`)
)

// days lists the dates of a text in order.
func days(s string) []day {
	var out []day
	for _, m := range dateRE.FindAllStringSubmatchIndex(s, 24) {
		g := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return s[m[2*i]:m[2*i+1]]
		}
		d := day{a: m[0], b: m[1], weekday: -1}
		for d.b > d.a && (s[d.b-1] == 'T' || s[d.b-1] == ' ' || s[d.b-1] == ',' || s[d.b-1] == '-' || s[d.b-1] == '/') {
			d.b--
		}
		switch {
		case g(1) != "":
			d.y, d.m, d.d, d.sep = atoi(g(1)), atoi(g(2)), atoi(g(3)), 'i'
		case g(4) != "":
			if g(5) != g(7) || d.a > 0 && (s[d.a-1] == '-' || s[d.a-1] == '.' || s[d.a-1] == '/') {
				continue
			}
			d.m, d.d, d.y, d.sep = atoi(g(4)), atoi(g(6)), year(g(8)), g(5)[0]
			if d.m > 12 && d.d <= 12 {
				d.m, d.d = d.d, d.m
			} else if d.m <= 12 && d.d <= 12 && d.m != d.d {
				d.ambiguous = true
			}
			if d.sep == '.' && (g(8) == "" || len(g(8)) == 2 && len(g(6)) == 1) {
				continue
			}
		case g(9) != "":
			d.m, d.d, d.y, d.sep = months[strings.ToLower(g(9))[:3]], atoi(g(10)), year(g(11)), 'm'
			if g(11) != "" && followsTime(s[m[2*11]:]) {
				d.y, d.b = 0, m[2*10+1]
			}
		case g(12) != "":
			d.m, d.d, d.y, d.sep = months[strings.ToLower(g(13))[:3]], atoi(g(12)), year(g(14)), 'm'
			if g(14) != "" && followsTime(s[m[2*14]:]) {
				d.y, d.b = 0, m[2*13+1]
			}
		default:
			d.m, d.d, d.sep, d.bare = atoi(g(15)), atoi(g(16)), '/', true
			if d.m > 12 && d.d <= 12 {
				d.m, d.d = d.d, d.m
			}
			if d.b < len(s) && (s[d.b] == '/' || s[d.b] == '.' || s[d.b] == '"' || s[d.b] == '\'') || d.a > 0 && (s[d.a-1] == '/' || s[d.a-1] == '$' || s[d.a-1] == '.') {
				continue
			}
		}
		if !validDay(d) {
			continue
		}
		if w := weekdayRE.FindStringSubmatchIndex(s[:d.a]); w != nil {
			d.weekday, d.a = wdays[strings.ToLower(s[w[2]:w[3]])], w[2]
		} else if w := weekAfter.FindStringSubmatchIndex(s[d.b:]); w != nil {
			d.weekday = wdays[strings.ToLower(s[d.b+w[2]:d.b+w[3]])]
			d.b += w[1]
		}
		out = append(out, d)
	}
	return out
}

var hhmm = regexp.MustCompile(`^\d{1,2}:\d{2}|^\d{1,2}\s*[ap]\.?m|^\d{4}\s*-\s*\d{4}|^\d{4}\s*hrs`)

func followsTime(s string) bool { return hhmm.MatchString(strings.ToLower(s)) }

func year(s string) int {
	s = strings.TrimPrefix(s, "'")
	n := atoi(s)
	if len(s) == 2 && s != "" {
		n += 2000
	}
	return n
}

func validDay(d day) bool {
	if d.m < 1 || d.m > 12 || d.d < 1 || d.d > 31 || d.y != 0 && (d.y < 1990 || d.y > 2100) {
		return false
	}
	y := d.y
	if y == 0 {
		y = 2024
	}
	return time.Date(y, time.Month(d.m), d.d, 0, 0, 0, 0, time.UTC).Day() == d.d
}

func (d day) time() time.Time { return time.Date(d.y, time.Month(d.m), d.d, 0, 0, 0, 0, time.UTC) }
func (d day) iso() string     { return fmt.Sprintf("%04d-%02d-%02d", d.y, d.m, d.d) }

func (d day) swapped() day {
	d.m, d.d = d.d, d.m
	return d
}

func dateAtStart(s string) bool {
	ds := days(s)
	return len(ds) > 0 && ds[0].a <= 2
}

// dateSense is what a document shows about how it writes dates.
type dateSense struct {
	monthFirst map[byte]int // by separator: dates whose day is surely second
	dayFirst   map[byte]int
	leaning    map[byte]bool // day first makes the dates lie together, month first does not
	year       int           // the year most dates carry
	today      time.Time
}

// sense looks at every date of the document.
func (s *sheet) sense(today time.Time) dateSense {
	v := dateSense{map[byte]int{}, map[byte]int{}, map[byte]bool{}, 0, today}
	var doubtful []day
	years := map[int]int{}
	for _, l := range s.lines {
		for _, c := range l.cells {
			for _, m := range dateRE.FindAllStringSubmatch(c.text, 12) {
				if m[4] == "" {
					continue
				}
				a, b := atoi(m[4]), atoi(m[6])
				switch {
				case a > 12 && b <= 12:
					v.dayFirst[m[5][0]]++
				case b > 12 && a <= 12:
					v.monthFirst[m[5][0]]++
				}
			}
			for _, d := range days(c.text) {
				if d.y != 0 {
					years[d.y]++
				}
				if d.ambiguous && d.y != 0 {
					doubtful = append(doubtful, d)
				}
				if d.ambiguous && d.weekday >= 0 {
					us, eu := int(d.time().Weekday()) == d.weekday, int(d.swapped().time().Weekday()) == d.weekday
					if us && !eu {
						v.monthFirst[d.sep]++
					} else if eu && !us {
						v.dayFirst[d.sep]++
					}
				}
			}
		}
	}
	v.lean(doubtful)
	best := 0
	for y, n := range years {
		if n > best || n == best && y > v.year {
			best, v.year = n, y
		}
	}
	return v
}

// lean compares how far apart the doubtful dates lie when read either way:
// a load takes days, not months.
func (v *dateSense) lean(ds []day) {
	bySep := map[byte][]day{}
	for _, d := range ds {
		bySep[d.sep] = append(bySep[d.sep], d)
	}
	for sep, ds := range bySep {
		span := func(swap bool) int {
			lo, hi := 0, 0
			for i, d := range ds {
				if swap {
					d = d.swapped()
				}
				n := int(d.time().Unix() / 86400)
				if i == 0 || n < lo {
					lo = n
				}
				if i == 0 || n > hi {
					hi = n
				}
			}
			return hi - lo
		}
		v.leaning[sep] = len(ds) > 1 && span(false) > 25 && span(true) <= 25
	}
}

// settle resolves a date's order and year. doubt is a sentence for the flag, or "".
func (v dateSense) settle(d day) (day, string) {
	doubt := ""
	if d.y == 0 {
		d, doubt = v.withYear(d)
	}
	if d.ambiguous {
		d.ambiguous = false
		us, eu := v.monthFirst[d.sep], v.dayFirst[d.sep]
		switch {
		case d.weekday >= 0 && int(d.time().Weekday()) == d.weekday && int(d.swapped().time().Weekday()) != d.weekday:
		case d.weekday >= 0 && int(d.swapped().time().Weekday()) == d.weekday && int(d.time().Weekday()) != d.weekday:
			d = d.swapped()
		case us > 0 && eu == 0:
		case eu > 0 && us == 0:
			d = d.swapped()
		case us > 0 && eu > 0:
			return d, fmt.Sprintf("dates on this paper are written both month first and day first, so %02d%c%02d could be either", d.m, d.sep, d.d)
		case v.leaning[d.sep]:
			e := d.swapped()
			return e, fmt.Sprintf("%02d%c%02d is read as %s because the dates would otherwise lie months apart", d.m, d.sep, d.d, e.time().Format("January 2"))
		case d.sep != '/':
			return d, fmt.Sprintf("%02d%c%02d could be %s or %s", d.m, d.sep, d.d, d.time().Format("January 2"), d.swapped().time().Format("January 2"))
		}
	}
	if d.weekday >= 0 && doubt == "" && int(d.time().Weekday()) != d.weekday {
		return d, fmt.Sprintf("the paper says %s, but %s is a %s", time.Weekday(d.weekday), d.iso(), d.time().Weekday())
	}
	return d, doubt
}

// withYear gives a date without a year the year of its neighbours, else the
// one that puts it nearest to today.
func (v dateSense) withYear(d day) (day, string) {
	pick := func(y int) bool {
		t := d
		t.y = y
		if !validDay(t) {
			return false
		}
		return d.weekday < 0 || int(t.time().Weekday()) == d.weekday
	}
	base := v.year
	if base == 0 && !v.today.IsZero() {
		best := 0
		for _, y := range []int{v.today.Year(), v.today.Year() + 1, v.today.Year() - 1} {
			t := d
			t.y = y
			if pick(y) && (best == 0 || absDays(t.time(), v.today) < absDays(time.Date(best, time.Month(d.m), d.d, 0, 0, 0, 0, time.UTC), v.today)) {
				best = y
			}
		}
		if best != 0 {
			d.y = best
			return d, ""
		}
	}
	if base != 0 && pick(base) {
		d.y = base
		return d, ""
	}
	if base != 0 && d.weekday >= 0 {
		for _, y := range []int{base + 1, base - 1} {
			if pick(y) {
				d.y = y
				return d, ""
			}
		}
	}
	d.y = base
	if d.y == 0 {
		d.y = v.today.Year()
	}
	return d, "the paper prints no year, and the weekday does not settle it"
}

func absDays(a, b time.Time) int {
	n := int(a.Sub(b).Hours() / 24)
	if n < 0 {
		return -n
	}
	return n
}
