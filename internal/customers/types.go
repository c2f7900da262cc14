package customers

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"truckflow/internal/customers/internal/customersdb"
	"truckflow/internal/kit/geo"
)

// Customer, Contact and Facility are the stored rows.
type (
	Customer = customersdb.Customer
	Contact  = customersdb.Contact
	Facility = customersdb.Facility
)

// The kinds of customer.
const (
	Broker  = "broker"
	Shipper = "shipper"
)

// Locator finds where an address is; routing is one. precision is exact, zip,
// city or state; errs.KindNotFound when nothing is known of the place.
type Locator interface {
	Locate(ctx context.Context, address, city, state, zip string) (p geo.Point, zone string, precision string, err error)
}

// Show narrows a list.
type Show string

// What a list can show. ShowActive is the default and includes blocked customers.
const (
	ShowActive   Show = "active"
	ShowBlocked  Show = "blocked"
	ShowArchived Show = "archived"
	ShowAll      Show = "all"
)

// Filter narrows a list; Query is matched, word by word, against names,
// numbers, addresses and e-mails.
type Filter struct {
	Show  Show
	Query string
}

func (f Filter) words(in ...string) bool {
	text := strings.ToLower(strings.Join(in, "\n"))
	return !slices.ContainsFunc(strings.Fields(strings.ToLower(f.Query)), func(w string) bool { return !strings.Contains(text, w) })
}

func (f Filter) customer(c *Customer) bool {
	switch f.Show {
	case ShowAll:
	case ShowArchived:
		if c.ArchivedAt == nil {
			return false
		}
	case ShowBlocked:
		if c.ArchivedAt != nil || c.BlockedAt == nil {
			return false
		}
	default:
		if c.ArchivedAt != nil {
			return false
		}
	}
	return f.words(c.Name, c.NameKey, c.Usdot, "MC"+c.Mc, c.Phone, c.Email, c.BillingEmail, c.City, c.State)
}

func (f Filter) facility(v *Facility) bool {
	if f.Show != ShowAll && (f.Show == ShowArchived) != (v.ArchivedAt != nil) {
		return false
	}
	return f.words(v.Name, v.NameKey, v.Address, v.City, v.State, v.Zip)
}

var legalForms = []string{"llc", "inc", "corp", "co", "ltd", "lp", "incorporated", "corporation", "company", "limited"}

// NameKey reduces a company's name to what two spellings of it share: lower
// case, "&" as "and", no punctuation, no legal form at the end. A name that is
// nothing but a legal form keeps it.
func NameKey(name string) string {
	var sb strings.Builder
	for _, r := range strings.ToLower(strings.ReplaceAll(name, "&", " and ")) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			sb.WriteRune(r)
		case r == '.' || r == '\'' || r == '’' || unicode.Is(unicode.Mn, r): // L.L.C., Joe's
		default:
			sb.WriteByte(' ')
		}
	}
	words := strings.Fields(sb.String())
	for len(words) > 1 && slices.Contains(legalForms, words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	return strings.Join(words, " ")
}

// digits keeps the digits of "MC-123456" or "USDOT 2 345 678" and drops leading zeros.
func digits(s string) string {
	return strings.TrimLeft(strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s), "0")
}

// AddressKey reduces a street address so that "1200 N. Main Street" and
// "1200 North Main St" are the same (USPS Publication 28 abbreviations).
func AddressKey(address string) string {
	words := strings.Fields(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		if r == '.' || r == '\'' {
			return -1
		}
		return ' '
	}, address))
	for i, w := range words {
		if short, ok := streetWords[w]; ok {
			words[i] = short
		}
	}
	return strings.Join(words, " ")
}

var streetWords = map[string]string{"street": "st", "avenue": "ave", "av": "ave", "road": "rd", "drive": "dr", "boulevard": "blvd", "lane": "ln",
	"parkway": "pkwy", "highway": "hwy", "court": "ct", "circle": "cir", "place": "pl", "north": "n", "south": "s", "east": "e", "west": "w",
	"northeast": "ne", "northwest": "nw", "southeast": "se", "southwest": "sw", "suite": "ste", "building": "bldg", "terrace": "ter", "trail": "trl"}
