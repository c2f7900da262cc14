package paper

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/kit/money"
)

// Style is how one company's software writes values: the same load reads
// "42,500 lbs, 07/30/2026 08:00" here and "42500#, 30-Jul-26 0800" there.
type Style struct {
	Date   string // Go time layout of a day
	Stop   string // Go time layout of a stop's day where it differs; may leave out the year, which the sheet's own date then tells
	Clock  string // Go time layout of a time of day
	To     string // between the two ends of a window
	Zone   string // "" not printed, "abbr" CDT, "generic" CT, "name" Central Time
	Money  string // "$" $1,234.50; "code" 1,234.50 USD; "both" $1,234.50 USD; "pre" USD 1,234.50; "plain" 1234.50; "sp" $ 1,234.50
	Weight string // "lbs", "LBS", "#", "K", "lb", "pounds", "Lbs.", ".0" 42,500.0 lbs
	Temp   string // "F" -10 F; "deg" -10°F; "to" 34 to 38 F; "degrees" -10 degrees F; "tight" 34/36F; "plus" +34 F to +36 F; "each" 34F to 36F; "minmax" Min 34 F / Max 36 F
	Equip  int    // which wording of equipment, see equipWords
	Upper  bool   // values in capitals
	Phone  string // "paren" (312) 555-0147; "dash"; "dot"; "plain"; "one"; "slash" 312/555-0147; "tight"
	Terms  int    // which wording of the terms, see clauses
	Refs   string // "#" PO# 1; ":" PO: 1; "word" Purchase Order 1; "sp" PO 1; "long" Delivery #: 1; "paren" 1 (Delivery); "slash" P.O.# 1; "dash" Delivery - 1; "colon" Delivery: 1; "id" PICKUP #1; "edi" BM 1; "num" PO Num: 1
	MCPre  bool   // docket number printed as MC123456
}

// equipWords lists the wordings; each names the length in feet where the verb is present.
var equipWords = map[string][]string{
	"van":        {"%d' Dry Van", "Van", "VAN %d FT", "Dry Van %d'", "V - Van", "%dft Van", "Van - Min L=%d", "%d Foot Van", "TL-VAN", "Dry Van, %d ft", "%d ft. Van", "VAN-DRY %d", "VAN (%d FT)", "%d' Dry Van (Swing Doors)", "%d-foot dry van", "Dry Van"},
	"reefer":     {"%d' Reefer", "Reefer", "REEFER %d FT", "Refrigerated %d'", "R - Reefer", "%dft Refrigerated Van", "Reefer - Min L=%d", "%d Foot Reefer", "TL-REEFER", "Temp Controlled Van, %d ft", "%d ft. Reefer", "VAN-REEFER %d", "REEFER (%d FT)", "%d' Temp Control", "%d-foot refrigerated trailer", "Reefer Van"},
	"flatbed":    {"%d' Flatbed", "Flatbed", "FLATBED %d FT", "Flatbed %d'", "F - Flatbed", "%dft Flat Bed", "Flatbed - Min L=%d", "%d Foot Flatbed", "TL-FLATBED", "Open Deck - Flatbed, %d ft", "%d ft. Flatbed", "FLAT %d", "FLATBED (%d FT)", "%d' Flat", "%d-foot flatbed", "Flat Bed"},
	"step_deck":  {"%d' Step Deck", "Step Deck", "STEP DECK %d FT", "Stepdeck %d'", "SD - Step Deck", "%dft Step Deck", "Step Deck - Min L=%d", "%d Foot Stepdeck", "TL-STEPDECK", "Open Deck - Step Deck, %d ft", "%d ft. Step Deck", "STEP DECK %d", "STEPDECK (%d FT)", "%d' Step", "%d-foot step deck", "Stepdeck"},
	"conestoga":  {"%d' Conestoga", "Conestoga", "CONESTOGA %d FT", "Conestoga %d'", "CN - Conestoga", "%dft Conestoga", "Conestoga - Min L=%d", "%d Foot Conestoga", "TL-CONESTOGA", "Conestoga, %d ft", "%d ft. Conestoga", "CONESTOGA %d", "CONESTOGA (%d FT)", "%d' Conestoga (Rolling Tarp)", "%d-foot Conestoga", "Conestoga Trailer"},
	"power_only": {"Power Only", "Power Only", "POWER ONLY", "Power Only", "PO - Power Only", "Power Only", "Power Only", "Power Only", "POWER-ONLY", "Power Only", "Power Only", "POWER ONLY", "POWER ONLY", "Power Only (Tractor)", "power only", "Power Only"},
	"box_truck":  {"%d' Box Truck", "Box Truck", "STRAIGHT BOX TRUCK %d FT", "Box Truck %d'", "SB - Straight Box Truck", "%dft Box Truck", "Box Truck - Min L=%d", "%d Foot Box Truck", "BOX-TRUCK", "Box Truck, %d ft", "%d ft. Box Truck", "BOX TRUCK %d", "BOX TRUCK (%d FT)", "%d' Box Truck (Liftgate)", "%d-foot box truck", "Box Truck"},
	"hotshot":    {"%d' Hotshot", "Hotshot", "HOTSHOT %d FT", "Hot Shot %d'", "HS - Hotshot", "%dft Hotshot", "Hotshot - Min L=%d", "%d Foot Hotshot", "HOTSHOT", "Hotshot, %d ft", "%d ft. Hotshot", "HOTSHOT %d", "HOTSHOT (%d FT)", "%d' Hot Shot", "%d-foot hotshot", "Hot Shot"},
}

// cased applies the house's capitals.
func (s Style) cased(v string) string {
	if s.Upper {
		return strings.ToUpper(v)
	}
	return v
}

func (s Style) money(c money.Cents, currency string) string {
	v := grouped(int64(c))
	switch s.Money {
	case "code":
		return v + " " + currency
	case "pre":
		return currency + " " + v
	case "plain":
		return decimal(c)
	case "sp":
		return "$ " + v
	case "both":
		return "$" + v + " " + currency
	default:
		return "$" + v
	}
}

// decimal writes cents as "1234.50".
func decimal(c money.Cents) string {
	sign := ""
	if c < 0 {
		sign, c = "-", -c
	}
	return fmt.Sprintf("%s%d.%02d", sign, c/100, c%100)
}

// grouped writes cents as "1,234.50".
func grouped(c int64) string {
	sign := ""
	if c < 0 {
		sign, c = "-", -c
	}
	return fmt.Sprintf("%s%s.%02d", sign, thousands(c/100), c%100)
}

func thousands(n int64) string {
	v := strconv.FormatInt(n, 10)
	for i := len(v) - 3; i > 0; i -= 3 {
		v = v[:i] + "," + v[i:]
	}
	return v
}

func (s Style) weight(lb int, bare bool) string {
	g := thousands(int64(lb))
	if bare {
		return g
	}
	switch s.Weight {
	case "#":
		return strconv.Itoa(lb) + "#"
	case "K":
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(lb)/1000), ".0") + "K lbs"
	case "LBS":
		return strconv.Itoa(lb) + " LBS"
	case "lb":
		return g + " lb"
	case "pounds":
		return g + " pounds"
	case "Lbs.":
		return g + " Lbs."
	case ".0":
		return g + ".0 lbs"
	default:
		return g + " lbs"
	}
}

func (s Style) temp(lo, hi int) string {
	unit, sep := " F", " - "
	switch s.Temp {
	case "deg":
		unit, sep = "°F", " – "
	case "degrees":
		unit, sep = " degrees F", " to "
	case "to":
		sep = " to "
	case "tight":
		unit, sep = "F", "/"
	case "plus":
		return plus(lo, hi)
	case "each":
		unit, sep = "F", "F to "
	case "minmax":
		if lo != hi {
			return fmt.Sprintf("Min %d F / Max %d F", lo, hi)
		}
	}
	if lo == hi {
		return strconv.Itoa(lo) + unit
	}
	if s.Temp == "deg" {
		return fmt.Sprintf("%d%s%s%d%s", lo, unit, sep, hi, unit)
	}
	return fmt.Sprintf("%d%s%d%s", lo, sep, hi, unit)
}

// plus writes degrees with their sign, as reefer units show them.
func plus(lo, hi int) string {
	if lo == hi {
		return fmt.Sprintf("%+d F", lo)
	}
	return fmt.Sprintf("%+d F to %+d F", lo, hi)
}

// equip writes the equipment and reports whether the length is in the words.
func (s Style) equip(kind string, ft int) (string, bool) {
	words := equipWords[kind][s.Equip]
	if strings.Contains(words, "%d") {
		return s.cased(fmt.Sprintf(words, ft)), true
	}
	return s.cased(words), false
}

func (s Style) phone(digits string) string {
	if len(digits) != 10 {
		return digits
	}
	a, b, c := digits[:3], digits[3:6], digits[6:]
	switch s.Phone {
	case "dash":
		return a + "-" + b + "-" + c
	case "dot":
		return a + "." + b + "." + c
	case "plain":
		return digits
	case "one":
		return "+1 " + a + "-" + b + "-" + c
	case "slash":
		return a + "/" + b + "-" + c
	case "tight":
		return "(" + a + ")" + b + "-" + c
	default:
		return "(" + a + ") " + b + "-" + c
	}
}

func (s Style) day(t time.Time, dayFirst bool) string {
	if dayFirst {
		return t.Format("02-01-2006")
	}
	return s.cased(t.Format(s.Date))
}

// stopDay writes the day of a stop.
func (s Style) stopDay(t time.Time, dayFirst bool) string {
	if s.Stop != "" {
		s.Date = s.Stop
	}
	return s.day(t, dayFirst)
}

func (s Style) clock(t time.Time) string { return t.Format(s.Clock) }

func (s Style) to() string {
	if s.To == "" {
		return " - "
	}
	return s.To
}

// zoneWords gives, per IANA zone, the generic letter and name.
var zoneWords = map[string][2]string{
	"America/New_York": {"ET", "Eastern Time"}, "America/Chicago": {"CT", "Central Time"},
	"America/Denver": {"MT", "Mountain Time"}, "America/Phoenix": {"MST", "Arizona Time"},
	"America/Los_Angeles": {"PT", "Pacific Time"},
}

// zone names the time zone at a wall-clock time, or "" where the house prints none.
func (s Style) zone(iana string, at time.Time) string {
	words, known := zoneWords[iana]
	if !known || s.Zone == "" {
		return ""
	}
	switch s.Zone {
	case "generic":
		return words[0]
	case "name":
		return words[1]
	}
	if iana == "America/Phoenix" {
		return "MST"
	}
	half := "S"
	if daylight(at) {
		half = "D"
	}
	return words[0][:1] + half + "T"
}

// daylight reports whether US daylight saving time holds on the day: from the
// second Sunday of March to the first Sunday of November (15 USC 260a).
func daylight(at time.Time) bool {
	sunday := func(m time.Month, nth int) time.Time {
		first := time.Date(at.Year(), m, 1, 2, 0, 0, 0, time.UTC)
		return first.AddDate(0, 0, (7-int(first.Weekday()))%7+7*(nth-1))
	}
	return !at.Before(sunday(time.March, 2)) && at.Before(sunday(time.November, 1))
}

var refWords = map[string]string{
	"PU": "Pickup Number", "PO": "Purchase Order", "BOL": "Bill of Lading", "DEL": "Delivery Number",
	"SO": "Sales Order", "REF": "Reference",
}

var refLong = map[string]string{
	"PU": "Pickup", "PO": "PO", "BOL": "BOL", "DEL": "Delivery", "SO": "Sales Order", "REF": "Customer Ref",
}

var refSlash = map[string]string{
	"PU": "P/U", "PO": "P.O.", "BOL": "B/L", "DEL": "DEL", "SO": "S/O", "REF": "CUST REF",
}

var refIDs = map[string]string{
	"PU": "PICKUP #", "PO": "CUST PO #", "BOL": "BOL #", "DEL": "DEL CONF #", "SO": "SALES ORD #", "REF": "SHIPMENT ID #",
}

// refCodes are the qualifiers of an electronic tender (X12 element 128).
var refCodes = map[string]string{
	"PU": "P8", "PO": "PO", "BOL": "BM", "DEL": "DO", "SO": "VN", "REF": "CR",
}

var refNums = map[string]string{
	"PU": "PU Num", "PO": "PO Num", "BOL": "BL Num", "DEL": "Del Num", "SO": "Order Num", "REF": "Ref Num",
}

func (s Style) ref(r Ref) string {
	switch s.Refs {
	case ":":
		return r.Kind + ": " + r.Number
	case "word":
		return refWords[r.Kind] + " " + r.Number
	case "no":
		return r.Kind + " No. " + r.Number
	case "sp":
		return r.Kind + " " + r.Number
	case "dash":
		return refLong[r.Kind] + " - " + r.Number
	case "colon":
		return refLong[r.Kind] + ": " + r.Number
	case "long":
		return refLong[r.Kind] + " #: " + r.Number
	case "paren":
		return r.Number + " (" + refLong[r.Kind] + ")"
	case "id":
		return refIDs[r.Kind] + r.Number
	case "edi":
		return refCodes[r.Kind] + " " + r.Number
	case "num":
		return refNums[r.Kind] + ": " + r.Number
	case "slash":
		return refSlash[r.Kind] + "# " + r.Number
	default:
		return r.Kind + "# " + r.Number
	}
}
