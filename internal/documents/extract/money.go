package extract

import (
	"regexp"
	"strings"

	"truckflow/internal/kit/money"
)

// moneyRE finds amounts as people print them: $1,234.50, USD 950, 500.00 USD, 1,250.00.
var moneyRE = regexp.MustCompile(`(?i)(?:(?:US|CA|C)?\$\s*|\b(?:USD|CAD)\s*\$?\s*|\(\s*\$?\s*|-\s*\$\s*)?-?\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?\b|(?:(?:US|CA|C)?\$\s*|\b(?:USD|CAD)\s*\$?\s*)-?\d+(?:\.\d{1,2})?\b|\b\d+\.\d{2}\b|\b\d{3,6}(?:\.00?)?\s*(?:USD|CAD|dollars)\b`)

// amount is one sum of money found in a text.
type amount struct {
	cents    money.Cents
	a, b     int
	marked   bool   // a currency sign or code stands with it
	decimals bool   // printed with cents
	currency string // "USD" or "CAD" when a code is printed
	neg      bool
	perUnit  bool // followed by /mile, per hour ...
	percent  bool
	struck   bool
}

// countedRE is the unit of what is weighed, counted or driven.
var countedRE = regexp.MustCompile(`(?i)^\s*(?:lbs?|pounds|kgs?|mi|miles|feet|ft|cu|sq|` + countUnits + `)\b`)

// inWordsRE precedes an amount said again in figures: "two hundred dollars ($200)".
var inWordsRE = regexp.MustCompile(`(?i)\b(?:dollars|hundred|thousand|dollar)\s*$`)

var perRE = regexp.MustCompile(`(?i)^\s*(?:/|per\b|a\b|an\b|each\b|@)\s*(?:\w+|$)`)

// amounts lists the sums of a text in order.
func amounts(s string) []amount {
	var out []amount
	for _, m := range moneyRE.FindAllStringIndex(s, 24) {
		if m[0] > 0 && (isWordByte(s[m[0]-1]) && isWordByte(s[m[0]]) || s[m[0]-1] == '.' && isDigit(s[m[0]])) {
			continue
		}
		txt := s[m[0]:m[1]]
		if m[1] < len(s) && (isDigit(s[m[1]]) || s[m[1]] == '%' || s[m[1]] == '.' && m[1]+1 < len(s) && isDigit(s[m[1]+1]) || s[m[1]] == ',' && m[1]+1 < len(s) && isDigit(s[m[1]+1])) {
			continue
		}
		v := amount{a: m[0], b: m[1]}
		up := strings.ToUpper(txt)
		v.currency = codeIn(up)
		v.marked = strings.Contains(txt, "$") || v.currency != "" || strings.Contains(up, "DOLLARS")
		v.decimals = strings.Contains(txt, ".")
		num := strings.Trim(strings.NewReplacer("US$", "", "CA$", "", "C$", "", "USD", "", "CAD", "", "DOLLARS", "", "$", "", " ", "", "(", "").Replace(up), " ")
		if i := strings.IndexByte(num, '.'); i >= 0 && len(num)-i == 2 {
			num += "0"
		}
		c, err := money.Parse(num)
		if err != nil {
			continue
		}
		if m[0] > 0 && s[m[0]-1] == '-' && (m[0] == 1 || s[m[0]-2] == ' ') || strings.HasPrefix(txt, "(") && m[1] < len(s) && s[m[1]] == ')' && !inWordsRE.MatchString(s[:m[0]]) {
			c = -max(c, -c)
		}
		v.cents, v.neg = c, c < 0
		tail := s[m[1]:]
		if !v.marked && countedRE.MatchString(tail) {
			continue // "42,500 lbs" is no sum of money
		}
		if code := codeIn(strings.ToUpper(firstWord(tail))); code != "" && v.currency == "" {
			v.currency, v.marked = code, true
		}
		v.perUnit = perRE.MatchString(tail)
		v.percent = strings.HasPrefix(strings.TrimSpace(tail), "%")
		out = append(out, v)
	}
	return out
}

var (
	cadRE = regexp.MustCompile(`\bCAD|CA?\$`) // "CAD2,100.00"
	usdRE = regexp.MustCompile(`\bUSD|US\$`)
)

// codeIn is the currency that a text in capitals names by its code.
func codeIn(up string) string {
	switch {
	case cadRE.MatchString(up):
		return "CAD"
	case usdRE.MatchString(up):
		return "USD"
	}
	return ""
}

func firstWord(s string) string {
	f := strings.Fields(s)
	if len(f) == 0 {
		return ""
	}
	return strings.Trim(f[0], "().,;")
}

// brokenMoney mends what a recogniser does to amounts: "1 ,250.00", "l,25O.00".
// changed says that characters, not only blanks, had to be replaced.
func brokenMoney(s string) (mended string, changed bool) {
	mended = gapAfter.ReplaceAllString(gapBefore.ReplaceAllString(s, "$1$2"), "$1$2")
	if !lookAlike.MatchString(mended) {
		return mended, false
	}
	out := lookAlike.ReplaceAllStringFunc(mended, func(w string) string {
		if !strings.ContainsAny(w, "0123456789") {
			return w
		}
		v := strings.NewReplacer("O", "0", "o", "0", "l", "1", "I", "1", "S", "5", "B", "8").Replace(w)
		changed = changed || v != w
		return v
	})
	return out, changed
}

var (
	gapBefore = regexp.MustCompile(`(\d)\s([,.]\d{2,3}\b)`)
	gapAfter  = regexp.MustCompile(`(\d[,.])\s(\d{2,3}\b)`)
	lookAlike = regexp.MustCompile(`\$?\s?[0-9OolISB]{1,3}(?:,[0-9OolISB]{3})*\.[0-9OolISB]{2}\b`)
)
