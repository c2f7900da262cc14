package routing

import (
	"context"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
	"truckflow/internal/routing/gazetteer"
)

// Service is the room. It keeps no state and asks no permission: places and
// miles are the same for every tenant.
type Service struct{ router Router }

// New returns the room with the driver that answers miles.
func New(router Router) *Service { return &Service{router: router} }

// Miles returns practical truck miles along the stops; see Router.
func (s *Service) Miles(ctx context.Context, stops []geo.Point) (Distance, error) {
	return s.router.Miles(ctx, stops)
}

// DriveTime is the planning time at the wheel; see the function of that name.
func (s *Service) DriveTime(miles int) time.Duration { return DriveTime(miles) }

// Address is what is known of a place: fields, or one line of text, or both
// (the fields win).
type Address struct {
	Text  string // "1200 Main St, Dallas, TX 75201", "Dallas TX", "75201"
	City  string
	State string // code or name
	ZIP   string // five digits, ZIP+4, or a Canadian postal code
}

// Precision is how well a position is known.
type Precision string

// The precisions, finest first. None is a street address: that needs a geocoder.
const (
	PrecisionZIP   Precision = "zip"   // the ZIP code's centroid: a few miles
	PrecisionCity  Precision = "city"  // the city's most central ZIP code
	PrecisionState Precision = "state" // a guess inside the state or province
)

// Located is a place found.
type Located struct {
	Point     geo.Point
	TimeZone  string          // IANA name; of most of the state when Precision is state
	Place     gazetteer.Place // City and ZIP as far as known
	Precision Precision
	// Warning is a sentence for the person when the parts do not agree ("ZIP
	// code 75201 is in Dallas, TX, not in Houston, TX"); the ZIP code is then
	// believed. Empty when all is well.
	Warning string
}

// Locate finds an address, by ZIP code first, then city and state, then state.
// An unknown ZIP code or city is errs.Invalid with the field and, where there
// is one, the nearest suggestion.
func (s *Service) Locate(_ context.Context, a Address) (Located, error) {
	a = a.complete()
	switch {
	case a.ZIP == "" && a.City == "" && a.State == "":
		return Located{}, errs.Invalid("a place needs a ZIP code, or a city and a state").Field("zip", "give a ZIP code, or a city and a state")
	case a.State != "" && gazetteer.StateCode(a.State) == "":
		return Located{}, errs.Invalid("%q is not a state or province", a.State).Field("state", "not a state or province")
	case gazetteer.ProvinceOf(a.ZIP) != "":
		return located(gazetteer.ProvinceOf(a.ZIP), a), nil
	case a.ZIP != "":
		return locateZIP(a)
	case a.State == "":
		return locateBareCity(a)
	}
	state, _ := gazetteer.StateByCode(gazetteer.StateCode(a.State))
	if a.City == "" || state.Country == "CA" {
		return located(state.Code, a), nil
	}
	p, ok := gazetteer.City(a.City, state.Code)
	if !ok {
		return Located{}, unknownCity(a, state)
	}
	return Located{Point: p.Point, TimeZone: p.TimeZone, Place: p, Precision: PrecisionCity}, nil
}

// complete trims the fields and fills empty ones from the text.
func (a Address) complete() Address {
	a.City, a.State, a.ZIP = strings.TrimSpace(a.City), strings.TrimSpace(a.State), strings.TrimSpace(a.ZIP)
	if a.City == "" && a.State == "" && a.ZIP == "" {
		a.City, a.State, a.ZIP = parseAddress(a.Text)
	}
	return a
}

func locateZIP(a Address) (Located, error) {
	p, ok := gazetteer.ByZIP(a.ZIP)
	if !ok {
		return Located{}, unknownZIP(a)
	}
	l := Located{Point: p.Point, TimeZone: p.TimeZone, Place: p, Precision: PrecisionZIP}
	state := gazetteer.StateCode(a.State)
	switch {
	case state != "" && state != p.State:
		l.Warning = "ZIP code " + p.ZIP + " is in " + p.City + ", " + p.State + ", not in " + strings.TrimPrefix(a.City+", ", ", ") + state
	case a.City != "" && !sameTown(a.City, p):
		l.Warning = "ZIP code " + p.ZIP + " is in " + p.City + ", " + p.State + ", not in " + a.City
	}
	return l, nil
}

// sameTownMiles: a ZIP code is known by one city, but its neighbours use it too.
const sameTownMiles = 20

func sameTown(city string, p gazetteer.Place) bool {
	if strings.EqualFold(city, p.City) {
		return true
	}
	for _, q := range gazetteer.ByCity(city, p.State) {
		if q.ZIP == p.ZIP || q.Point.Miles(p.Point) < sameTownMiles {
			return true
		}
	}
	return false
}

// unknownZIP names the code and offers the nearest one of the city, or of the
// same three-digit area.
func unknownZIP(a Address) error {
	err := errs.Invalid("%q is not a ZIP code; it has five digits", a.ZIP)
	if len(a.ZIP) >= 5 && strings.Trim(a.ZIP, "0123456789-") == "" {
		err = errs.Invalid("ZIP code %s is not known", a.ZIP)
	}
	best, least := gazetteer.Place{}, 1<<31
	for _, p := range gazetteer.ByCity(a.City, a.State) {
		if d := apart(p.ZIP, a.ZIP); d < least {
			best, least = p, d
		}
	}
	if best.ZIP == "" {
		best, _ = gazetteer.NearestZIP(a.ZIP)
	}
	if best.ZIP == "" {
		return err.Field("zip", "not known; leave it empty to use the city")
	}
	err.Message += "; did you mean " + best.ZIP + " in " + best.City + ", " + best.State
	return err.Field("zip", "not known; did you mean %s", best.ZIP)
}

// apart is how far two codes are apart as numbers; codes of different length
// are compared digit by digit from the left.
func apart(a, b string) int {
	d := 0
	for i := range 5 {
		x, y := 0, 0
		if i < len(a) {
			x = int(a[i])
		}
		if i < len(b) {
			y = int(b[i])
		}
		d = d*10 + x - y
	}
	return max(d, -d)
}

func locateBareCity(a Address) (Located, error) {
	found := gazetteer.ByCity(a.City, "")
	states := map[string]bool{}
	for _, p := range found {
		states[p.State] = true
	}
	switch len(states) {
	case 0:
		return Located{}, errs.Invalid("no city %q is known; add the state or a ZIP code", a.City).Field("city", "not known")
	case 1:
		p, _ := gazetteer.City(found[0].City, found[0].State)
		return Located{Point: p.Point, TimeZone: p.TimeZone, Place: p, Precision: PrecisionCity}, nil
	}
	return Located{}, errs.Invalid("%s is in %d states; add the state", found[0].City, len(states)).Field("state", "which one")
}

func unknownCity(a Address, state gazetteer.State) error {
	err := errs.Invalid("no city %q is known in %s", a.City, state.Name).Field("city", "not known in %s; a ZIP code helps", state.Name)
	for n := len(a.City); n > 2; n-- { // the longest start that some city there has
		if near := gazetteer.Search(a.City[:n]+", "+state.Code, 1); len(near) > 0 {
			err.Message += "; did you mean " + near[0].City
			break
		}
	}
	return err
}

// located is a place of which only the state or province is known.
func located(code string, a Address) Located {
	state, _ := gazetteer.StateByCode(code)
	l := Located{Point: state.Center, TimeZone: state.TimeZone, Precision: PrecisionState,
		Place: gazetteer.Place{ZIP: a.ZIP, City: a.City, State: code, Point: state.Center, TimeZone: state.TimeZone}}
	if given := gazetteer.StateCode(a.State); given != "" && given != code {
		l.Warning = "postal code " + a.ZIP + " is in " + state.Name + ", not in " + given
	}
	return l
}

// ZoneOf returns the IANA zone of a place by ZIP code, else city and state,
// else state; "" when none of them is known.
func (s *Service) ZoneOf(zip, city, state string) string {
	if p, ok := gazetteer.ByZIP(zip); ok {
		return p.TimeZone
	}
	if p, ok := gazetteer.City(city, state); ok {
		return p.TimeZone
	}
	if code := gazetteer.ProvinceOf(zip); code != "" {
		return gazetteer.StateZone(code)
	}
	return gazetteer.StateZone(gazetteer.StateCode(state))
}

// ByZIP finds a ZIP code; see gazetteer.ByZIP. With ByCity it is what the
// document reader's checks need.
func (s *Service) ByZIP(zip string) (gazetteer.Place, bool) { return gazetteer.ByZIP(zip) }

// ByCity returns every ZIP code of a city; see gazetteer.ByCity.
func (s *Service) ByCity(city, state string) []gazetteer.Place { return gazetteer.ByCity(city, state) }

// Search answers a type-ahead; see gazetteer.Search.
func (s *Service) Search(prefix string, limit int) []gazetteer.Place {
	return gazetteer.Search(prefix, limit)
}

// Label says where a position is: "12 mi N of Amarillo, TX"; "" far from any town.
func (s *Service) Label(p geo.Point) string { return gazetteer.Label(p) }
