package extract

import (
	"math"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mendLines spells out what recognisers are known to misread, line by line, where the
// word's own form or its neighbours leave no other reading.
func mendLines(lines [][]Word) [][]Word {
	said, numbered := spoken(lines), numbersStops(lines)
	kept := lines[:0]
	for _, ws := range lines {
		out := make([]Word, 0, len(ws))
		for k, w := range ws {
			w.Text = mendJunk(w.Text)
			if w.Text == "" {
				continue
			}
			w.Text = mendCapital(mendPounds(w.Text))
			next, prev := "", ""
			if k+1 < len(ws) {
				next = ws[k+1].Text
			}
			if k > 0 {
				prev = ws[k-1].Text
			}
			if w.Text == "-" && strings.Contains(next, "@") || w.Text == "+" && strings.HasPrefix(prev, "$") {
				continue // a raised dot between two things
			}
			w.Text = mendFeet(w.Text, next)
			w.Text = mendName(mendUnit(w.Text, prev), prev)
			if k == 0 || lonely(ws, k) {
				w.Text = mendNumbered(w.Text, numbered)
			}
			w.Text = mendTrade(mendBang(mendState(w.Text, next), next))
			w = mendDigits(w, prev)
			w = mendMail(w, said)
			if plain := strings.ToLower(strings.Trim(w.Text, ".:,")); vocab[plain] || units[plain] || feet[w.Text] {
				w.Conf = max(w.Conf, sureDigits) // misread, it would hardly be a word of the trade
			}
			if lonely(ws, k) && w.Text == "OF" {
				w.Text = "0F"
			}
			out = append(out, unjoin(w, next)...)
		}
		if len(out) > 0 {
			kept = append(kept, out)
		}
	}
	return kept
}

var (
	units = map[string]bool{"lb": true, "lbs": true, "am": true, "pm": true, "hours": true, "hour": true, "days": true, "ft": true, "et": true, "ct": true, "mt": true, "pt": true, "f": true, "usd": true}
	feet  = map[string]bool{"48'": true, "53'": true}
)

// mendJunk drops what the side of a box leaves at the front of a word, and sets right
// signs that look alike.
func mendJunk(s string) string {
	if strings.Trim(s, "_=~|«»°‘’'\"“”`^") == "" {
		return ""
	}
	t := strings.TrimLeft(s, "|_~‘'\"“`")
	if t == "" || t == s {
		t = s
	} else if r, _ := utf8.DecodeRuneInString(t); !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '$' && r != '(' || strings.ContainsAny(t, "\"”") {
		t = s
	}
	if strings.Contains(t, "(") {
		t = strings.Replace(t, "}", ")", 1)
	}
	if n := len(t); n > 2 && t[n-1] == ';' && labelWord(t[:n-1]) {
		t = t[:n-1] + ":"
	}
	return t
}

// labelWord reports a word of the trade's labels, whose colon may be read as a semicolon;
// behind other words a semicolon is one.
func labelWord(s string) bool {
	key := phraseKey(s)
	_, label := lexicon[key]
	return label || vocab[key]
}

var misreadLbRE = regexp.MustCompile(`^([\d.,]*[Kk]?)[I1|](bs?)(\W*)$`)

func mendPounds(s string) string {
	return misreadLbRE.ReplaceAllString(s, "${1}l$2$3")
}

// mendCapital writes "lverson" as "Iverson": no English word begins with an l before
// another consonant.
func mendCapital(s string) string {
	if len(s) < 4 || s[0] != 'l' || strings.IndexByte("bcdfghjkmnpqrstvwxz", s[1]) < 0 || strings.ContainsAny(s, "@") || strings.HasPrefix(s, "lb") || strings.HasPrefix(s, "ltd") {
		return s
	}
	return "I" + s[1:]
}

// mendName writes "Kwame lyer" as "Kwame Iyer": behind a capitalised word, an l before a y
// begins hardly any word but a name in I.
func mendName(s, prev string) string {
	if len(s) < 4 || !strings.HasPrefix(s, "ly") || strings.HasPrefix(s, "lyi") || strings.HasPrefix(s, "lyr") || prev == "" || !unicode.IsUpper(rune(prev[0])) {
		return s
	}
	return "I" + s[1:]
}

// unitLooks are the words in which freight is counted, by how they look.
var unitLooks = func() map[string]string {
	out := map[string]string{}
	for _, u := range strings.Split(countUnits, "|") {
		for _, w := range []string{strings.TrimSuffix(u, "?"), strings.TrimSuffix(strings.TrimSuffix(u, "?"), "s")} {
			out[looks.Replace(w)] = w
		}
	}
	return out
}()

// mendUnit spells the word behind a count that looks like a unit of freight: "21 pit" is 21 plt.
func mendUnit(s, prev string) string {
	low := strings.ToLower(s)
	as, ok := unitLooks[looks.Replace(low)]
	if !ok || as == low || prev == "" || strings.Trim(prev, "0123456789,") != "" {
		return s
	}
	if s == strings.ToUpper(s) {
		return strings.ToUpper(as)
	}
	return as
}

var (
	stopMarkRE  = regexp.MustCompile(`^(P|D|S|PU|DO|SO|DEL|STOP|Stop|PICK|Pick|DROP|Drop)\d$`)
	stopLooksRE = regexp.MustCompile(`^(P|D|S|PU|DO|SO|DEL|STOP|Stop|PICK|Pick|DROP|Drop)[lI|]$`)
)

// numbersStops reports that a word of the paper is a kind of stop with its number: D1.
func numbersStops(lines [][]Word) bool {
	for _, ws := range lines {
		for _, w := range ws {
			if stopMarkRE.MatchString(w.Text) {
				return true
			}
		}
	}
	return false
}

// mendNumbered reads "PUl", first in its line or cell, as the first pickup and "OEL2" as
// the second delivery. A single letter with something like a 1 is taken for one only where
// the paper numbers other stops so.
func mendNumbered(s string, others bool) string {
	if word := strings.TrimRight(s, "0123456789lI|"); word == "OEL" || word == "OROP" {
		s = "D" + s[1:]
	}
	if m := stopLooksRE.FindStringSubmatch(s); m != nil && (others || len(m[1]) > 1) {
		return m[1] + "1"
	}
	return s
}

// tradeLooks are words that freight papers print in names and addresses, by how they look.
var tradeLooks = func() map[string]string {
	out := map[string]string{}
	for _, w := range strings.Fields("blvd industrial fulfillment terminal mill hill hills mills steel building metals plastics wholesale international " +
		"logistics brokerage lines hauling solutions freight supply transportation trucking carriers distribution cold storage chemical textile village " +
		"furniture electrical appliances building materials paper milling flat field fields valley island") {
		out[looks.Replace(w)] = w
	}
	return out
}()

// mendTrade spells a word of the trade that was read as its look-alike: Bivd, Fulfiliment.
func mendTrade(s string) string {
	word := strings.TrimRight(s, ".,:")
	low := strings.ToLower(word)
	as, ok := tradeLooks[looks.Replace(low)]
	switch {
	case !ok || as == low:
		return s
	case word == strings.ToUpper(word):
		as = strings.ToUpper(as)
	case unicode.IsUpper(rune(word[0])):
		as = strings.ToUpper(as[:1]) + as[1:]
	}
	return as + s[len(word):]
}

var feetRE = regexp.MustCompile(`^(48|53)[°"”*!]$`)

// mendFeet reads the mark behind a trailer's length, unless a temperature goes on.
func mendFeet(s, next string) string {
	m := feetRE.FindStringSubmatch(s)
	if m == nil || strings.HasSuffix(s, "°") && next != "" && strings.ContainsAny(next[:1], "FCfc-/t") {
		return s
	}
	return m[1] + "'"
}

var zipOnlyRE = regexp.MustCompile(`^\d{5}(?:-\d{4})?\W*$`)

var letterLooks = strings.NewReplacer("1", "I", "|", "I", "!", "I", "l", "I", "0", "O", "5", "S", "8", "B")

// mendState reads two letters before a ZIP as the state they look like.
func mendState(s, next string) string {
	if len(s) != 2 || stateCodes[s] || !zipOnlyRE.MatchString(next) {
		return s
	}
	for _, as := range []string{strings.ToUpper(s), letterLooks.Replace(s)} {
		if stateCodes[as] {
			return as
		}
	}
	return s
}

var bangRE = regexp.MustCompile(`[a-km-z]!$`)

// mendBang reads the mark at the end of a word within a name as the letter it looks like.
func mendBang(s, next string) string {
	if next != "" && unicode.IsUpper(rune(next[0])) && bangRE.MatchString(s) {
		return s[:len(s)-1] + "l"
	}
	return s
}

var (
	digitLooks = strings.NewReplacer("O", "0", "o", "0", "l", "1", "I", "1", "|", "1", "S", "5", "§", "5", "B", "8", "Z", "2")
	zipLikeRE  = regexp.MustCompile(`^[\dOolI|S§BZ]{5}$`)
	sumLikeRE  = regexp.MustCompile(`^\$[\dOolI|S§BZ]{1,3}(?:,[\dOolI|S§BZ]{3})*(?:\.[\dOolI|S§BZ]{2})?$`)
	telLikeRE  = regexp.MustCompile(`^\(?[\dOolI|S§BZ]{3}[-.)][\dOolI|S§BZ]{3}[-.][\dOolI|S§BZ]{4}$`)
)

// mendDigits reads letters as the digits they look like in what can only be a ZIP behind a
// state, a sum of money or a telephone number. A person is to look at it.
func mendDigits(w Word, prev string) Word {
	like := zipLikeRE.MatchString(w.Text) && stateCodes[strings.Trim(prev, ",.")] || sumLikeRE.MatchString(w.Text) || telLikeRE.MatchString(w.Text)
	if t := digitLooks.Replace(w.Text); like && t != w.Text && len(onlyDigits(w.Text))*2 >= len(onlyDigits(t)) {
		w.Text, w.Conf = t, min(w.Conf, 0.6)
	}
	return w
}

// lonely reports a word that stands in a cell by itself.
func lonely(ws []Word, k int) bool {
	w := ws[k]
	h := w.Y1 - w.Y0
	return (k == 0 || w.X0-ws[k-1].X1 > 1.5*h) && (k+1 == len(ws) || ws[k+1].X0-w.X1 > 1.5*h)
}

var (
	compassRE = regexp.MustCompile(`^(\d{2,6})([NSEW])$`)
	suffixRE  = regexp.MustCompile(`^(.*[a-z]{3})((?:Inc|LLC|Corp|Ltd)\.?,?)$|^([A-Z]{4,})((?:INC|CORP)\.,?)$`)
	glueRE    = regexp.MustCompile(`^(\d{2,6})([A-Z][a-z]{2,})$|^([A-Z][a-z]{2,},)([A-Z]{2})$`)
)

// unjoin cuts words that the recogniser ran together: "9554S HARBOR", "PLASTICSINC.".
func unjoin(w Word, next string) []Word {
	cut := 0
	if m := compassRE.FindStringSubmatch(w.Text); m != nil && len(next) > 1 && (unicode.IsUpper(rune(next[0])) || isDigit(next[0])) {
		cut = len(m[1])
	} else if m := suffixRE.FindStringSubmatch(w.Text); m != nil {
		cut = len(m[1]) + len(m[3])
	} else if m := glueRE.FindStringSubmatch(w.Text); m != nil {
		cut = len(m[1]) + len(m[3])
	}
	if cut == 0 {
		return []Word{w}
	}
	a, b := w, w
	a.Text, b.Text = w.Text[:cut], w.Text[cut:]
	a.X1 = w.X0 + (w.X1-w.X0)*float64(cut)/float64(len(w.Text))
	b.X0 = a.X1
	return []Word{a, b}
}

// looks folds what recognisers confuse in small print.
var looks = strings.NewReplacer("i", "l", "1", "l", "|", "l", "0", "o", "rn", "m", "vv", "w")

// spoken lists, by how they look, the words of the paper outside of addresses of mail, and
// neighbours run together: a domain is mostly the firm's name.
func spoken(lines [][]Word) map[string]string {
	said := map[string]string{}
	letters := func(s string) string {
		return strings.ToLower(strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return r
			}
			return -1
		}, s))
	}
	for _, ws := range lines {
		for i := range ws {
			run := ""
			for k := i; k < min(len(ws), i+4); k++ {
				if strings.Contains(ws[k].Text, "@") {
					break
				}
				run += letters(mendCapital(ws[k].Text))
				if len(run) > 2 {
					said[looks.Replace(run)] = run
				}
			}
		}
	}
	return said
}

var mailPartRE = regexp.MustCompile(`[A-Za-z0-9]+`)

// mendMail spells the parts of an address of mail as the paper spells the same words
// elsewhere. One that has a letter which could be another, and no such witness, is put
// before a person.
func mendMail(w Word, said map[string]string) Word {
	at := strings.IndexByte(w.Text, '@')
	if at < 0 {
		return w
	}
	doubt := false
	w.Text = mailPartRE.ReplaceAllStringFunc(w.Text, func(s string) string {
		low := strings.ToLower(s)
		if as, ok := said[looks.Replace(low)]; ok {
			if as != low {
				return as
			}
			return s
		}
		near := ""
		for like, as := range said {
			if len(like) >= 8 && len(low) >= 8 && oneOff(like, looks.Replace(low)) && (near == "" || as < near) {
				near = as
			}
		}
		if near != "" {
			doubt = true
			return near
		}
		doubt = doubt || low != "example" && low != "com" && low != "net" && strings.ContainsAny(low, "il1")
		return s
	})
	if doubt {
		w.Conf = min(w.Conf, 0.7)
	}
	return w
}

// lean is how much a recognised page leans, as rise by run: the lean at which the feet of
// its words fall into the fewest lines.
func lean(ws []Word) float64 {
	var feet []Word
	for _, w := range ws {
		if len(w.Text) > 1 && !strings.ContainsAny(w.Text, "gjpqyQ,;()[]{}|_/@$") {
			feet = append(feet, w)
		}
	}
	if len(feet) < 12 {
		return slope(ws)
	}
	best, most := 0.0, 0
	for k := -0.1; k <= 0.1; k += 0.001 {
		n := map[int]int{}
		for _, w := range feet {
			y := int(math.Floor(w.Y1 - k*(w.X0+w.X1)/2))
			n[y] += utf8.RuneCountInString(w.Text)
		}
		score := 0
		for y, v := range n {
			score += v * (v + n[y+1]) // a line may lie across two rows
		}
		if score > most {
			best, most = k, score
		}
	}
	return best
}
