package fleet

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/region"
)

// faults collects what is wrong with a form, field by field.
type faults map[string]string

func (f faults) add(field, format string, args ...any) {
	if f[field] == "" {
		f[field] = fmt.Sprintf(format, args...)
	}
}

func (f faults) err(noun Kind) error {
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

func (f faults) state(field string, s *string) {
	*s = strings.ToUpper(strings.TrimSpace(*s))
	if *s != "" && !region.Valid(*s) {
		f.add(field, "a two-letter state or province such as TX")
	}
}

func (f faults) zip(field string, s *string) {
	*s = strings.ToUpper(strings.TrimSpace(*s))
	if *s != "" && !region.ValidPostal(*s) {
		f.add(field, "a ZIP code has five digits")
	}
}

func (f faults) vin(field string, s *string) {
	*s = strings.ToUpper(strings.TrimSpace(*s))
	if why := VINFault(*s); *s != "" && why != "" {
		f.add(field, "%s", why)
	}
}

func (f faults) year(field string, y *int) {
	if y != nil && (*y < 1950 || *y > 2100) {
		f.add(field, "a model year such as 2021")
	}
}

// date refuses days that are slips of the keyboard, and cuts off the time of day.
func (f faults) date(field string, d **time.Time) {
	if *d == nil {
		return
	}
	day := time.Date((*d).Year(), (*d).Month(), (*d).Day(), 0, 0, 0, 0, time.UTC)
	*d = &day
	if day.Year() < 1950 || day.Year() > 2100 {
		f.add(field, "the year %d cannot be right", day.Year())
	}
}

func checkTruck(t *Truck) error {
	f := faults{}
	f.unit(&t.UnitNumber)
	f.vin("vin", &t.Vin)
	f.text("plate", &t.Plate, 15)
	f.state("plate_state", &t.PlateState)
	f.text("make", &t.Make, 60)
	f.text("model", &t.Model, 60)
	f.year("year", t.Year)
	f.text("home_city", &t.HomeCity, 80)
	f.state("home_state", &t.HomeState)
	f.zip("home_zip", &t.HomeZip)
	f.date("inspection_due", &t.InspectionDue)
	f.date("registration_due", &t.RegistrationDue)
	f.date("insurance_due", &t.InsuranceDue)
	f.text("notes", &t.Notes, 4000)
	return f.err(KindTruck)
}

func checkTrailer(t *Trailer) error {
	f := faults{}
	f.unit(&t.UnitNumber)
	if !slices.Contains(Equipments, t.Equipment) {
		f.add("equipment", "one of %s", strings.Join(Equipments, ", "))
	}
	if t.LengthFt < 10 || t.LengthFt > 60 {
		f.add("length_ft", "between 10 and 60 feet")
	}
	f.vin("vin", &t.Vin)
	f.text("plate", &t.Plate, 15)
	f.state("plate_state", &t.PlateState)
	f.year("year", t.Year)
	f.date("inspection_due", &t.InspectionDue)
	f.date("registration_due", &t.RegistrationDue)
	f.text("city", &t.City, 80)
	f.state("state", &t.State)
	f.zip("zip", &t.Zip)
	f.text("notes", &t.Notes, 4000)
	return f.err(KindTrailer)
}

func (f faults) unit(s *string) {
	f.text("unit_number", s, 20)
	if *s == "" {
		f.add("unit_number", "needed: what is painted on the door")
	}
}

func checkDriver(d *Driver) error {
	f := faults{}
	f.text("name", &d.Name, 120)
	if d.Name == "" {
		f.add("name", "needed")
	}
	f.text("phone", &d.Phone, 40)
	f.text("email", &d.Email, 254)
	if a, err := mail.ParseAddress(d.Email); d.Email != "" && (err != nil || a.Address != d.Email) {
		f.add("email", "not an e-mail address")
	}
	d.CdlNumber = strings.ToUpper(strings.TrimSpace(d.CdlNumber))
	f.text("cdl_number", &d.CdlNumber, 25)
	f.state("cdl_state", &d.CdlState)
	if d.CdlNumber != "" && d.CdlState == "" {
		f.add("cdl_state", "which state issued it?")
	}
	d.CdlClass = strings.ToUpper(strings.TrimSpace(d.CdlClass))
	if !slices.Contains([]string{"", "A", "B", "C"}, d.CdlClass) {
		f.add("cdl_class", "A, B or C")
	}
	d.Endorsements = cleanEndorsements(d.Endorsements)
	for _, e := range d.Endorsements {
		if !slices.Contains(Endorsements, e) {
			f.add("endorsements", "%q is not one of %s", e, strings.Join(Endorsements, " "))
		}
	}
	for field, at := range map[string]**time.Time{"cdl_expires": &d.CdlExpires, "medical_expires": &d.MedicalExpires, "mvr_reviewed": &d.MvrReviewed,
		"clearinghouse_queried": &d.ClearinghouseQueried, "hazmat_expires": &d.HazmatExpires, "hired_on": &d.HiredOn} {
		f.date(field, at)
	}
	f.text("home_city", &d.HomeCity, 80)
	f.state("home_state", &d.HomeState)
	f.zip("home_zip", &d.HomeZip)
	f.text("notes", &d.Notes, 4000)
	return f.err(KindDriver)
}

func cleanEndorsements(in []string) []string {
	out := []string{}
	for _, e := range in {
		for _, w := range strings.FieldsFunc(strings.ToUpper(e), func(r rune) bool { return strings.ContainsRune(" ,;/", r) }) {
			out = append(out, w)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// VINFault says what is wrong with a vehicle identification number: its length,
// a letter it may not hold, or the check digit in place nine (49 CFR 565.15);
// "" when it is right.
func VINFault(vin string) string {
	const weights = "8765432X098765432"
	const letters = "12345678\x0012345\x007\x00923456789" // A…H I J…N O P Q R S…Z by position
	if len(vin) != 17 {
		return fmt.Sprintf("a VIN has 17 characters, this has %d", len([]rune(vin)))
	}
	sum := 0
	for i := range 17 {
		c, v := vin[i], 0
		switch {
		case c >= '0' && c <= '9':
			v = int(c - '0')
		case c >= 'A' && c <= 'Z' && letters[c-'A'] != 0:
			v = int(letters[c-'A'] - '0')
		default:
			return fmt.Sprintf("a VIN never holds %q", string(rune(c)))
		}
		w := int(weights[i] - '0')
		if weights[i] == 'X' {
			w = 10
		}
		sum += v * w
	}
	want := "0123456789X"[sum%11]
	if vin[8] != want {
		return "the check digit does not fit: a letter or digit is mistyped"
	}
	return ""
}
