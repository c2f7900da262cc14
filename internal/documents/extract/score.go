package extract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// Label is what a document truly says: value by path. References and line
// items are compared as sets, so their numbers in the path carry no meaning.
type Label struct {
	Values        map[string]string
	AnyOf         map[string][]string // paths where several values count as right
	FlagsExpected []string
	Only          bool // only the listed paths are scored; more is not wrong
	Absent        map[string]bool
}

// ParseLabel reads a NAME.label.json: the reading's shape with bare values;
// "only": true says that no more than the listed fields is known.
func ParseLabel(b []byte) (Label, error) {
	var root map[string]any
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&root); err != nil {
		return Label{}, fmt.Errorf("label: %w", err)
	}
	l := Label{Values: map[string]string{}}
	if fs, ok := root["flags_expected"].([]any); ok {
		for _, f := range fs {
			l.FlagsExpected = append(l.FlagsExpected, fmt.Sprint(f))
		}
	}
	l.Only, _ = root["only"].(bool)
	delete(root, "only")
	delete(root, "flags_expected")
	delete(root, "flags")
	flatten(l.Values, "", root)
	return l, nil
}

func flatten(to map[string]string, path string, v any) {
	switch v := v.(type) {
	case nil:
	case map[string]any:
		if inner, ok := v["value"]; ok {
			flatten(to, path, inner)
			return
		}
		for k, x := range v {
			if path == "" {
				flatten(to, k, x)
			} else {
				flatten(to, path+"."+k, x)
			}
		}
	case []any:
		for i, x := range v {
			flatten(to, path+"["+strconv.Itoa(i)+"]", x)
		}
	case string:
		if v != "" {
			to[path] = v
		}
	default:
		to[path] = fmt.Sprint(v)
	}
}

// Count is how one field fared. Fields is how many the label holds; Extra is
// how many were read that the paper does not print. Silent counts wrong and
// extra values that carry no check flag; Alarms counts exact ones that carry one.
type Count struct{ Fields, Exact, Missed, Wrong, Extra, Silent, Alarms int }

// Score is how one or more documents were read.
type Score struct {
	Count
	PerField      map[string]*Count // by path without numbers: "stops[].zip"
	Documents     int
	Clean         int // documents that need no correction
	FlagsExpected int
	FlagsRaised   int
	Misses        []Miss
}

// Miss is one field that was not read as labelled; Got or Want is empty where
// nothing was read or printed.
type Miss struct {
	Path, Want, Got string
	Silent          bool
}

// Compare scores a reading against the truth.
func Compare(got *Reading, want Label) Score {
	s := Score{PerField: map[string]*Count{}, Documents: 1}
	gotV := map[string]FieldView{}
	for _, f := range got.Fields() {
		gotV[f.Path] = f
	}
	want.Values = alignSets(want.Values, gotV)
	paths := make([]string, 0, len(want.Values))
	for p := range want.Values {
		paths = append(paths, p)
	}
	sort.Strings(paths)
	for _, p := range paths {
		g, ok := gotV[p]
		s.one(p, want.Values[p], want.AnyOf[p], g, ok)
		delete(gotV, p)
	}
	for p, g := range gotV {
		if want.Only && !want.Absent[p] || p == "currency" && g.Text == "" {
			continue
		}
		c := s.field(p)
		c.Extra++
		s.Extra++
		silent := !g.Flagged
		if silent {
			c.Silent++
			s.Silent++
		}
		s.Misses = append(s.Misses, Miss{p, "", g.Value, silent})
	}
	for _, f := range want.FlagsExpected {
		s.FlagsExpected++
		if raised(got, f) {
			s.FlagsRaised++
		} else {
			s.Misses = append(s.Misses, Miss{Path: "flag " + f, Want: "a check flag"})
		}
	}
	if s.Exact == s.Fields && s.Extra == 0 {
		s.Clean = 1
	}
	sort.Slice(s.Misses, func(i, j int) bool { return s.Misses[i].Path < s.Misses[j].Path })
	return s
}

func raised(r *Reading, field string) bool {
	for _, f := range r.Flags {
		if f.Severity == Check && (covers(f.Field, field) || covers(field, f.Field)) {
			return true
		}
	}
	return false
}

func (s *Score) field(path string) *Count {
	k := numbersRE.ReplaceAllString(path, "[]")
	if s.PerField[k] == nil {
		s.PerField[k] = &Count{}
	}
	return s.PerField[k]
}

var numbersRE = regexp.MustCompile(`\[\d+\]`)

func (s *Score) one(p, want string, anyOf []string, g FieldView, ok bool) {
	c := s.field(p)
	c.Fields++
	s.Fields++
	right := ok && sameValue(p, want, g.Value)
	for _, w := range anyOf {
		right = right || ok && sameValue(p, w, g.Value)
	}
	switch {
	case right:
		c.Exact++
		s.Exact++
		if g.Flagged {
			c.Alarms++
			s.Alarms++
		}
		return
	case !ok:
		c.Missed++
		s.Missed++
	default:
		c.Wrong++
		s.Wrong++
		if !g.Flagged {
			c.Silent++
			s.Silent++
		}
	}
	s.Misses = append(s.Misses, Miss{p, want, g.Value, ok && !g.Flagged})
}

// sameValue compares exactly, but for letter case, runs of blanks, and a
// telephone number's punctuation.
func sameValue(path, a, b string) bool {
	if strings.HasSuffix(path, "phone") {
		return onlyDigits(a) == onlyDigits(b)
	}
	norm := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }
	return norm(a) == norm(b)
}

// alignSets renumbers the label's references and line items so that equal ones
// meet, whatever their order.
func alignSets(want map[string]string, got map[string]FieldView) map[string]string {
	out := make(map[string]string, len(want))
	groups := map[string]map[string]map[string]string{} // set -> index -> field -> value
	for p, v := range want {
		m := setRE.FindStringSubmatch(p)
		if m == nil {
			out[p] = v
			continue
		}
		if groups[m[1]] == nil {
			groups[m[1]] = map[string]map[string]string{}
		}
		if groups[m[1]][m[2]] == nil {
			groups[m[1]][m[2]] = map[string]string{}
		}
		groups[m[1]][m[2]][m[3]] = v
	}
	for set, items := range groups {
		used := map[int]bool{}
		keys := make([]string, 0, len(items))
		for k := range items {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			at := bestIndex(set, items[k], got, used)
			used[at] = true
			for f, v := range items[k] {
				out[fmt.Sprintf("%s[%d]%s", set, at, f)] = v
			}
		}
	}
	return out
}

var setRE = regexp.MustCompile(`^(.*(?:references|line_items))\[(\d+)\](.*)$`)

func bestIndex(set string, item map[string]string, got map[string]FieldView, used map[int]bool) int {
	best, at := 0, -1
	for i := 0; i < 64; i++ {
		if used[i] {
			continue
		}
		n := 0
		for f, v := range item {
			p := fmt.Sprintf("%s[%d]%s", set, i, f)
			if g, ok := got[p]; ok && sameValue(p, v, g.Value) {
				n++
				if f == ".amount" || f == "" {
					n += 2
				}
			}
		}
		if n > best {
			best, at = n, i
		}
	}
	for i := 0; at < 0; i++ {
		if _, ok := got[fmt.Sprintf("%s[%d]", set, i)]; !ok && !used[i] {
			if _, ok := got[fmt.Sprintf("%s[%d].amount", set, i)]; !ok {
				at = i
			}
		}
		if i > 100 {
			at = i
		}
	}
	return at
}

// Add sums another score into this one.
func (s *Score) Add(o Score) {
	if s.PerField == nil {
		s.PerField = map[string]*Count{}
	}
	s.Count.add(o.Count)
	s.Documents += o.Documents
	s.Clean += o.Clean
	s.FlagsExpected += o.FlagsExpected
	s.FlagsRaised += o.FlagsRaised
	for k, c := range o.PerField {
		if s.PerField[k] == nil {
			s.PerField[k] = &Count{}
		}
		s.PerField[k].add(*c)
	}
}

func (c *Count) add(o Count) {
	c.Fields += o.Fields
	c.Exact += o.Exact
	c.Missed += o.Missed
	c.Wrong += o.Wrong
	c.Extra += o.Extra
	c.Silent += o.Silent
	c.Alarms += o.Alarms
}
