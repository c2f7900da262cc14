// Package redact replaces what identifies people and companies by numbered
// tokens before a text leaves the premises, and puts it back into the answer.
//
// It knows by form: e-mail addresses, telephone numbers, MC and DOT numbers, tax,
// bank and account numbers, street addresses, people where a label or a greeting
// announces them or an e-mail address spells them, companies by the word that ends
// their name, and what else looks like a name and has a cell of a form to itself. What it cannot know by form it is given as names. A token too
// many costs the model a little sense; one too few is told to a stranger, so it
// takes too many.
package redact

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Map remembers which token stands for what, over all texts of one call.
type Map struct {
	names  *regexp.Regexp // nil without names
	tokens map[string]string
	clear  map[string]string
	count  map[string]int
}

const (
	word = `\p{Lu}[\p{L}\p{N}'’.\-]*`
	name = word + `(?: ` + word + `){0,3}` // one blank: two part columns
)

// rules are applied in order; the group named x, or else the whole, is replaced.
var rules = []struct {
	kind string
	re   *regexp.Regexp
}{
	{"EMAIL", regexp.MustCompile(`(?i)[a-z0-9][a-z0-9._%+\-]*@[a-z0-9][a-z0-9.\-]*\.[a-z]{2,}`)},
	{"WEB", regexp.MustCompile(`(?i)\b(?:https?://|www\.)[^\s<>"')]+`)},
	{"MC", regexp.MustCompile(`(?i)\b(?:MC|MX|FF|US[ \-]?DOT|DOT)[ \t]*(?:no\.?|num(?:ber)?|#)?[ \t]*[:#\-]?\s*(?P<x>\d{4,8})\b`)},
	{"ACCOUNT", regexp.MustCompile(`(?i)\b(?:account|acct|a/c|routing|aba|iban|swift|ssn|ein|fein|tax[ \t]*id|scac|card)\b[ \t]*(?:no\.?|num(?:ber)?|#|id)?[ \t]*[:#\-]?[ \t]*(?P<x>[A-Z0-9][A-Z0-9\- ]{2,32}\d[A-Z0-9]*)`)},
	{"ACCOUNT", regexp.MustCompile(`\b\d{3}-\d{2}-\d{4}\b|\b\d{2}-\d{7}\b|\b(?:\d[ \-]?){13,19}\b`)},
	{"PHONE", regexp.MustCompile(`(?:\+?1[ .\-]?)?(?:\(\d{3}\)[ \t]*|\b\d{3}[ .\-/])\d{3}[ .\-]?\d{4}\b(?:[ \t]*(?i:x|ext\.?)[ \t]*\d{1,6})?|\+\d[\d ().\-]{7,17}\d`)},
	{"PHONE", regexp.MustCompile(`(?i)\b(?:ph(?:one)?|tel|cell|mobile|fax|direct|office)\b\.?[ \t]*[:#]?[ \t]*(?P<x>\d{7,11})\b`)},
	{"PHONE", regexp.MustCompile(`\b[2-9]\d{2}[2-9]\d{6}\b`)},
	{"STREET", regexp.MustCompile(`(?i)\b\d{1,6}[A-Z]?[ \t]+(?:[NSEW]{1,2}\.?[ \t]+)?(?:[A-Z0-9.'’\-]+[ \t]+){0,4}?(?:st(?:reet)?|ave(?:nue)?|r(?:oa)?d|blvd|boulevard|dr(?:ive)?|ln|lane|ct|court|pkwy|parkway|hwy|highway|way|cir(?:cle)?|pl(?:ace)?|ter(?:race)?|loop|trail|trl|pike|plaza|sq(?:uare)?|route|rte|fwy|freeway|expy|expressway|turnpike|tpke|alley|row|run|crossing|xing|cutoff|gateway|bypass|extension|trace|terminal|park|gate|yard|us[ -]\d+|i-\d+|sr[ -]\d+)\b\.?(?:[ \t]+\d{1,4}\b)?(?:[ \t]+[NSEW]{1,2}\b)?(?:,?[ \t]*(?:ste|suite|unit|apt|bldg|building|fl(?:oor)?|dock|door|#)\.?[ \t]*[A-Z0-9\-]+)?`)},
	{"STREET", regexp.MustCompile(`(?i)\bp\.?[ \t]?o\.?[ \t]?box[ \t]+\d+`)},
	{"PERSON", regexp.MustCompile(`(?:(?i:attn|attention|contact(?:[ \t]+(?:name|person))?|dispatcher|driver(?:[ \t]+name)?|rep(?:resentative)?|agent|broker(?:[ \t]+(?:name|contact))?|booked[ \t]+by|signed(?:[ \t]+by)?|received[ \t]+by|print(?:ed)?[ \t]+name|name|consignor|prepared[ \t]+by|ask[ \t]+for|manager|scheduler))\b\.?[ \t]*[:#\-]+[ \t]*(?P<x>` + name + `)`)},
	{"PERSON", regexp.MustCompile(`(?m)(?:^|[ \t])(?i:hi|hello|dear|hey|thanks|thank you|regards|best|sincerely|cheers)[ \t,!]+(?:\n[ \t]*)*(?P<x>` + name + `)`)},
	{"PERSON", regexp.MustCompile(`\b(?i:by|attention of|attn|see|ask for)[ \t]*:?[ \t]+(?P<x>` + word + ` ` + name + `)`)},
	{"PERSON", regexp.MustCompile(`\b(?:Mr|Mrs|Ms|Dr)\.?[ \t]+(?P<x>` + name + `)`)},
	{"COMPANY", regexp.MustCompile(`(?i:\b(?:[A-Z0-9][\w&'’.\-]*,?[ \t]+){1,5}?(?:LLC|L\.L\.C\.|INC|INCORPORATED|CORP|CORPORATION|LTD|LLP|CO|COMPANY|LOGISTICS|TRANSPORT|TRANSPORTATION|TRUCKING|FREIGHT|CARRIERS?|EXPRESS|BROKERAGE|HAULING|LINES|BANK|FOODS|WAREHOUSING|DISTRIBUTION|SUPPLY|FARMS|MILLS|PACKAGING|FACTORING)\b\.?)(?:[ \t]*,?[ \t]*(?i:LLC|INC|CORP|LTD|CO)\b\.?)?`)},
}

// What columns show: a cell of words with capitals is a name unless one of them is
// the trade's, and under a head that says MC or DOT a bare number is one.
var (
	cellRE   = regexp.MustCompile(`(?m)(?:^|[ \t]{2,}|\t|:[ \t]+)(?P<x>[\p{Lu}\d#][\p{L}\p{N}'’.&#/\-]*(?:,? (?:[\p{Lu}&#\-][\p{L}\p{N}'’.&#/\-]*|of|and|de|la|the)){1,5})(?:[ \t]{2,}|[ \t]*$)`)
	headRE   = regexp.MustCompile(`(?im)^.*\b(?:MC|DOT|USDOT)\b.*$`)
	besideRE = regexp.MustCompile(`(?P<x>` + word + `(?: ` + word + `){1,2}),?[ \t]{1,3}\[(?:PHONE|EMAIL)_\d+\]`)
	numberRE = regexp.MustCompile(`\b\d{5,8}\b`)
	letterRE = regexp.MustCompile(`\p{L}+`)
)

// tradeWords stand in heads and forms; a cell with one of them is no name.
var tradeWords = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(`rate confirmation load carrier broker pick pickup pickups up delivery deliver deliveries drop date dates time times number no order reference ref refs references contact phone
		email mail fax name address city state zip total amount linehaul line haul fuel surcharge detention layover lumper tonu equipment trailer type weight pieces pallets commodity description miles mileage
		terms payment pay quick days hours hour notes note instructions special shipper consignee receiver stop stops window appointment appt seal bill lading signature signed by driver truck dispatch dispatcher
		rep your our mode temp temperature reefer van dry flat flatbed step deck team hazmat value usd charges charge item items qty quantity unit page to from for is are tender agreement required requirements
		monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun january february march april may june july august september october november december am pm est cst mst pst
		edt cdt mdt pdt lbs lb length min max all in one two per mile flatrate mc dot usdot po bol pro pu del fcfs origin destination ship sent received hazardous live unload freight-bill summary details information`) {
		m[w] = true
	}
	return m
}()

var (
	mailName = regexp.MustCompile(`(?i)\b([a-z]{2,})[._]([a-z]{2,})@`)
	tokenRE  = regexp.MustCompile(`\[[A-Z]+_\d+\]`)
)

// New returns an empty map that also hides names, wherever they stand and
// however they are capitalised. Names of fewer than three letters are passed over.
func New(names []string) *Map {
	m := &Map{tokens: map[string]string{}, clear: map[string]string{}, count: map[string]int{}}
	var alts []string
	for _, n := range names {
		if f := strings.Fields(n); len(strings.Join(f, "")) >= 3 {
			for i := range f {
				f[i] = regexp.QuoteMeta(f[i])
			}
			alts = append(alts, strings.Join(f, `\s+`))
		}
	}
	slices.SortFunc(alts, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	if len(alts) > 0 {
		m.names = regexp.MustCompile(`(?i)(?:` + strings.Join(alts, "|") + `)`)
	}
	return m
}

// Hide returns s with everything replaced that identifies somebody. The same
// thing gets the same token each time.
func (m *Map) Hide(s string) string {
	var spelt []string // jane.doe@ spells Jane Doe
	for _, g := range mailName.FindAllStringSubmatch(s, -1) {
		spelt = append(spelt, g[1]+" "+g[2], g[2]+", "+g[1])
	}
	if m.names != nil {
		s = m.names.ReplaceAllStringFunc(s, func(x string) string { return m.token("NAME", x) })
	}
	for _, r := range rules {
		s = m.apply(r.kind, r.re, s)
	}
	if len(spelt) > 0 {
		s = New(spelt).into(m, s)
	}
	return m.cells(m.heads(s))
}

// heads hides the numbers beside and under words that say MC or DOT, two lines far.
func (m *Map) heads(s string) string {
	lines := strings.SplitAfter(s, "\n")
	for i := range lines {
		if !headRE.MatchString(lines[i]) {
			continue
		}
		for j := i; j < min(i+3, len(lines)); j++ {
			lines[j] = m.apply("MC", numberRE, lines[j])
		}
	}
	return strings.Join(lines, "")
}

// cells hides names that stand beside a telephone number or an e-mail address, or
// fill a cell or a line. Neighbours share the blanks
// between them, so it is done twice.
func (m *Map) cells(s string) string {
	for _, re := range []*regexp.Regexp{besideRE, cellRE, cellRE} {
		s = m.applyIf("NAME", re, s, looksName)
	}
	return s
}

func looksName(s string) bool {
	for _, w := range letterRE.FindAllString(s, -1) {
		if tradeWords[strings.ToLower(w)] {
			return false
		}
	}
	return !tokenRE.MatchString(s)
}

// into hides n's names by m's tokens.
func (m *Map) into(to *Map, s string) string {
	if m.names == nil {
		return s
	}
	return m.names.ReplaceAllStringFunc(s, func(x string) string { return to.token("PERSON", x) })
}

func (m *Map) apply(kind string, re *regexp.Regexp, s string) string {
	return m.applyIf(kind, re, s, func(string) bool { return true })
}

// applyIf hides what re finds and ok agrees to.
func (m *Map) applyIf(kind string, re *regexp.Regexp, s string, ok func(string) bool) string {
	x := max(0, re.SubexpIndex("x"))
	var b strings.Builder
	at := 0
	for _, g := range re.FindAllStringSubmatchIndex(s, -1) {
		from, to := g[2*x], g[2*x+1]
		if from < at || tokenRE.MatchString(s[from:to]) && strings.TrimSpace(tokenRE.ReplaceAllString(s[from:to], "")) == "" {
			continue // hidden already
		}
		if !ok(s[from:to]) {
			continue
		}
		b.WriteString(s[at:from])
		b.WriteString(m.token(kind, s[from:to]))
		at = to
	}
	b.WriteString(s[at:])
	return b.String()
}

// token stands for text from now on. Text that holds tokens already is
// remembered as what they stand for.
func (m *Map) token(kind, text string) string {
	text = m.Show(text)
	if t, ok := m.tokens[text]; ok {
		return t
	}
	m.count[kind]++
	t := fmt.Sprintf("[%s_%d]", kind, m.count[kind])
	m.tokens[text], m.clear[t] = t, text
	return t
}

// Hidden is how many different things were replaced.
func (m *Map) Hidden() int { return len(m.clear) }

// Show puts back what the tokens in s stand for. A token that was never given
// out stays.
func (m *Map) Show(s string) string {
	return tokenRE.ReplaceAllStringFunc(s, func(t string) string {
		if x, ok := m.clear[t]; ok {
			return x
		}
		return t
	})
}

// ShowJSON is Show within a JSON text: what is put back is escaped as JSON asks.
func (m *Map) ShowJSON(s string, escape func(string) string) string {
	return tokenRE.ReplaceAllStringFunc(s, func(t string) string {
		if x, ok := m.clear[t]; ok {
			return escape(x)
		}
		return t
	})
}

// Shower puts tokens back in a text that comes in pieces: a token may be cut
// anywhere.
type Shower struct {
	m    *Map
	held string
}

// Pieces returns a Shower for a text of m.
func (m *Map) Pieces() *Shower { return &Shower{m: m} }

// Next returns what may be shown after a further piece.
func (p *Shower) Next(piece string) string {
	s := p.held + piece
	p.held = ""
	if i := strings.LastIndexByte(s, '['); i >= 0 && !strings.ContainsRune(s[i:], ']') && utf8.RuneCountInString(s[i:]) < 24 {
		s, p.held = s[:i], s[i:]
	}
	return p.m.Show(s)
}

// Rest returns what was held back.
func (p *Shower) Rest() string {
	s := p.held
	p.held = ""
	return p.m.Show(s)
}
