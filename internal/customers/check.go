package customers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/region"
)

type faults map[string]string

func (f faults) add(field, format string, args ...any) {
	if f[field] == "" {
		f[field] = fmt.Sprintf(format, args...)
	}
}

func (f faults) err(noun string) error {
	if len(f) == 0 {
		return nil
	}
	e := errs.Invalid("the %s was not saved: %d fields need another look", noun, len(f))
	if len(f) == 1 {
		e = errs.Invalid("the %s was not saved: one field needs another look", noun)
	}
	e.Fields = f
	return e
}

func (f faults) text(field string, s *string, limit int) {
	*s = strings.TrimSpace(*s)
	if len([]rune(*s)) > limit {
		f.add(field, "at most %d characters", limit)
	}
}

func (f faults) email(field string, s *string) {
	f.text(field, s, 254)
	if a, err := mail.ParseAddress(*s); *s != "" && (err != nil || a.Address != *s) {
		f.add(field, "not an e-mail address")
	}
}

func (f faults) place(city, state, zip *string) {
	f.text("city", city, 80)
	*state = strings.ToUpper(strings.TrimSpace(*state))
	if *state != "" && !region.Valid(*state) {
		f.add("state", "a two-letter state or province such as TX")
	}
	*zip = strings.ToUpper(strings.TrimSpace(*zip))
	if *zip != "" && !region.ValidPostal(*zip) {
		f.add("zip", "a ZIP code has five digits")
	}
}

func (f faults) number(field, what string, s *string, limit int) {
	raw := strings.TrimSpace(*s)
	*s = digits(raw)
	if raw != "" && (*s == "" || len(*s) > limit) {
		f.add(field, "%s has 1 to %d digits", what, limit)
	}
}

// check cleans c and says what is wrong with it.
func check(c *Customer) error {
	f := faults{}
	f.text("name", &c.Name, 200)
	if c.NameKey = NameKey(c.Name); c.NameKey == "" {
		f.add("name", "needed")
	}
	if c.Kind == "" {
		c.Kind = Broker
	}
	if c.Kind != Broker && c.Kind != Shipper {
		f.add("kind", "broker or shipper")
	}
	f.number("usdot", "a USDOT number", &c.Usdot, 8)
	f.number("mc", "an MC number", &c.Mc, 8)
	f.text("phone", &c.Phone, 40)
	f.email("email", &c.Email)
	f.email("billing_email", &c.BillingEmail)
	f.text("address", &c.Address, 200)
	f.place(&c.City, &c.State, &c.Zip)
	f.text("notes", &c.Notes, 4000)
	checkTerms(f, c)
	return f.err("customer")
}

func checkTerms(f faults, c *Customer) {
	if c.TermsDays < 0 || c.TermsDays > 180 {
		f.add("terms_days", "between 0 and 180 days")
	}
	if c.QuickPayBps < 0 || c.QuickPayBps > 2500 {
		f.add("quick_pay", "between 0 and 25 %%")
	}
	if c.QuickPayDays < 0 || c.QuickPayDays > 60 {
		f.add("quick_pay_days", "between 0 and 60 days")
	}
	if c.CreditLimitCents < 0 {
		f.add("credit_limit", "not below zero; 0 is no limit")
	}
}

func checkContact(c *Contact) error {
	f := faults{}
	f.text("name", &c.Name, 120)
	if c.Name == "" {
		f.add("name", "needed")
	}
	f.text("title", &c.Title, 80)
	f.text("phone", &c.Phone, 40)
	f.email("email", &c.Email)
	return f.err("contact")
}

func checkFacility(v *Facility) error {
	f := faults{}
	f.text("name", &v.Name, 200)
	if v.NameKey = NameKey(v.Name); v.NameKey == "" {
		f.add("name", "needed")
	}
	f.text("address", &v.Address, 200)
	f.place(&v.City, &v.State, &v.Zip)
	if v.City == "" {
		f.add("city", "needed")
	}
	if v.State == "" {
		f.add("state", "needed")
	}
	f.text("phone", &v.Phone, 40)
	f.text("notes", &v.Notes, 4000)
	if v.TimeZone != "" {
		if _, err := clock.Zone(v.TimeZone); err != nil || v.TimeZone == "Local" {
			f.add("time_zone", "an IANA name such as America/Chicago")
		}
	}
	h, err := ParseHours(v.Hours)
	if err != nil {
		f.add("hours", "%s", errs.Public(err).Message)
	} else {
		v.Hours = h.JSON()
	}
	return f.err("facility")
}

// Hours are a facility's opening hours: day ("mon" … "sun") → opening and
// closing as local "15:04". A missing day is closed; no day at all is unknown.
// A closing before the opening is on the next day; "24:00" is midnight.
type Hours map[string][2]string

// Days are the keys of Hours in a week's order.
var Days = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// ParseHours reads hours as stored; empty input is unknown hours.
func ParseHours(b []byte) (Hours, error) {
	h := Hours{}
	if len(bytes.TrimSpace(b)) == 0 {
		return h, nil
	}
	bad := errs.Invalid(`hours look like {"mon":["07:00","15:00"]}`)
	var raw map[string][]string
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, bad.Wrap(err)
	}
	for day, span := range raw {
		if !slices.Contains(Days, day) {
			return nil, errs.Invalid("%.20q is not a day: mon tue wed thu fri sat sun", day)
		}
		if len(span) != 2 || !clockTime(span[0], false) || !clockTime(span[1], true) || span[0] == span[1] {
			return nil, errs.Invalid("%s: an opening and a closing such as 07:00 and 15:00", day)
		}
		h[day] = [2]string{span[0], span[1]}
	}
	return h, nil
}

func clockTime(s string, closing bool) bool {
	_, err := time.Parse("15:04", s)
	return err == nil && len(s) == 5 || closing && s == "24:00"
}

// JSON returns hours as stored.
func (h Hours) JSON() json.RawMessage {
	b, err := json.Marshal(h)
	if err != nil || h == nil {
		return json.RawMessage("{}")
	}
	return b
}

// String returns "mon-fri 07:00-15:00; sat …", what pages, a CSV and a form carry;
// "" is unknown.
func (h Hours) String() string {
	var out []string
	for i := 0; i < len(Days); i++ {
		span, ok := h[Days[i]]
		if !ok {
			continue
		}
		day := Days[i]
		for i+1 < len(Days) && h[Days[i+1]] == span {
			i++
		}
		if day != Days[i] {
			day += "-" + Days[i]
		}
		out = append(out, day+" "+span[0]+"-"+span[1])
	}
	return strings.Join(out, "; ")
}

// ReadHours reads what String writes; "mon-fri 07:00-15:00" names several days at once.
func ReadHours(s string) (Hours, error) {
	h := Hours{}
	for _, part := range strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ';' || r == ',' || r == '\n' }) {
		w := strings.Fields(part)
		if len(w) == 0 {
			continue
		}
		first, last, several := strings.Cut(w[0], "-")
		if !several {
			last = first
		}
		i, j := slices.Index(Days, first), slices.Index(Days, last)
		from, to, ok := "", "", false
		if len(w) == 2 {
			from, to, ok = strings.Cut(w[1], "-")
		}
		if i < 0 || j < i || !ok || !clockTime(from, false) || !clockTime(to, true) || from == to {
			return nil, errs.Invalid("%.40q: write a day and hours such as mon-fri 07:00-15:00", strings.TrimSpace(part))
		}
		for _, d := range Days[i : j+1] {
			h[d] = [2]string{from, to}
		}
	}
	return h, nil
}
