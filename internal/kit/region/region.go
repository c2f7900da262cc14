// Package region knows the states and provinces trucks are registered in, and
// what postal codes look like there.
package region

import (
	"regexp"
	"slices"
	"strings"
)

// Codes are the USPS codes of the fifty states and D.C., then Canada Post's of
// the provinces and territories; Mexico's states are not among them.
var Codes = strings.Fields(`AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA
	RI SC SD TN TX UT VT VA WA WV WI WY AB BC MB NB NL NS NT NU ON PE QC SK YT`)

// Valid reports whether code is one of Codes, in upper case.
func Valid(code string) bool { return slices.Contains(Codes, code) }

var postal = regexp.MustCompile(`^(\d{5}(-\d{4})?|[ABCEGHJ-NPRSTVXY]\d[ABCEGHJ-NPRSTV-Z] ?\d[ABCEGHJ-NPRSTV-Z]\d)$`)

// ValidPostal reports whether s is shaped like a ZIP, ZIP+4 or Canadian postal
// code in upper case; whether it exists is the gazetteer's to say.
func ValidPostal(s string) bool { return postal.MatchString(s) }
