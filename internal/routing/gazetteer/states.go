package gazetteer

import (
	"slices"
	"strings"

	"truckflow/internal/kit/geo"
)

// State is a state, the District, or a Canadian province or territory.
type State struct {
	Code     string // two letters
	Name     string
	Country  string // "US" or "CA"
	TimeZone string // where most of it keeps time
	// Center is near the middle of where freight goes, not of the area: a
	// position for a stop of which only the state is known.
	Center geo.Point
}

// states in the order of their codes.
var states = []State{
	{"AB", "Alberta", "CA", "America/Edmonton", geo.Point{Lat: 52.3, Lon: -113.8}},
	{"AK", "Alaska", "US", alaska, geo.Point{Lat: 61.2, Lon: -149.9}},
	{"AL", "Alabama", "US", central, geo.Point{Lat: 33.0, Lon: -86.8}},
	{"AR", "Arkansas", "US", central, geo.Point{Lat: 34.8, Lon: -92.4}},
	{"AZ", "Arizona", "US", arizona, geo.Point{Lat: 33.4, Lon: -112.0}},
	{"BC", "British Columbia", "CA", "America/Vancouver", geo.Point{Lat: 49.3, Lon: -122.5}},
	{"CA", "California", "US", pacific, geo.Point{Lat: 36.2, Lon: -119.6}},
	{"CO", "Colorado", "US", mountain, geo.Point{Lat: 39.4, Lon: -104.9}},
	{"CT", "Connecticut", "US", eastern, geo.Point{Lat: 41.6, Lon: -72.7}},
	{"DC", "District of Columbia", "US", eastern, geo.Point{Lat: 38.9, Lon: -77.0}},
	{"DE", "Delaware", "US", eastern, geo.Point{Lat: 39.2, Lon: -75.5}},
	{"FL", "Florida", "US", eastern, geo.Point{Lat: 28.2, Lon: -81.7}},
	{"GA", "Georgia", "US", eastern, geo.Point{Lat: 33.0, Lon: -83.8}},
	{"HI", "Hawaii", "US", hawaii, geo.Point{Lat: 21.3, Lon: -157.9}},
	{"IA", "Iowa", "US", central, geo.Point{Lat: 41.8, Lon: -93.4}},
	{"ID", "Idaho", "US", mountain, geo.Point{Lat: 43.4, Lon: -115.0}},
	{"IL", "Illinois", "US", central, geo.Point{Lat: 41.0, Lon: -88.7}},
	{"IN", "Indiana", "US", eastern, geo.Point{Lat: 40.0, Lon: -86.2}},
	{"KS", "Kansas", "US", central, geo.Point{Lat: 38.5, Lon: -96.8}},
	{"KY", "Kentucky", "US", eastern, geo.Point{Lat: 37.8, Lon: -85.5}},
	{"LA", "Louisiana", "US", central, geo.Point{Lat: 30.6, Lon: -91.5}},
	{"MA", "Massachusetts", "US", eastern, geo.Point{Lat: 42.3, Lon: -71.6}},
	{"MB", "Manitoba", "CA", "America/Winnipeg", geo.Point{Lat: 49.9, Lon: -97.2}},
	{"MD", "Maryland", "US", eastern, geo.Point{Lat: 39.2, Lon: -76.7}},
	{"ME", "Maine", "US", eastern, geo.Point{Lat: 44.3, Lon: -69.8}},
	{"MI", "Michigan", "US", eastern, geo.Point{Lat: 42.8, Lon: -84.3}},
	{"MN", "Minnesota", "US", central, geo.Point{Lat: 45.0, Lon: -93.8}},
	{"MO", "Missouri", "US", central, geo.Point{Lat: 38.5, Lon: -92.2}},
	{"MS", "Mississippi", "US", central, geo.Point{Lat: 32.7, Lon: -89.7}},
	{"MT", "Montana", "US", mountain, geo.Point{Lat: 46.6, Lon: -110.5}},
	{"NB", "New Brunswick", "CA", "America/Halifax", geo.Point{Lat: 46.0, Lon: -66.0}},
	{"NC", "North Carolina", "US", eastern, geo.Point{Lat: 35.6, Lon: -79.9}},
	{"ND", "North Dakota", "US", central, geo.Point{Lat: 47.2, Lon: -99.0}},
	{"NE", "Nebraska", "US", central, geo.Point{Lat: 41.0, Lon: -97.8}},
	{"NH", "New Hampshire", "US", eastern, geo.Point{Lat: 43.0, Lon: -71.5}},
	{"NJ", "New Jersey", "US", eastern, geo.Point{Lat: 40.4, Lon: -74.5}},
	{"NL", "Newfoundland and Labrador", "CA", "America/St_Johns", geo.Point{Lat: 48.5, Lon: -55.0}},
	{"NM", "New Mexico", "US", mountain, geo.Point{Lat: 34.9, Lon: -106.6}},
	{"NS", "Nova Scotia", "CA", "America/Halifax", geo.Point{Lat: 44.9, Lon: -63.5}},
	{"NT", "Northwest Territories", "CA", "America/Edmonton", geo.Point{Lat: 62.45, Lon: -114.4}},
	{"NU", "Nunavut", "CA", "America/Iqaluit", geo.Point{Lat: 63.75, Lon: -68.5}},
	{"NV", "Nevada", "US", pacific, geo.Point{Lat: 37.4, Lon: -116.4}},
	{"NY", "New York", "US", eastern, geo.Point{Lat: 42.2, Lon: -75.0}},
	{"OH", "Ohio", "US", eastern, geo.Point{Lat: 40.2, Lon: -82.7}},
	{"OK", "Oklahoma", "US", central, geo.Point{Lat: 35.5, Lon: -97.0}},
	{"ON", "Ontario", "CA", "America/Toronto", geo.Point{Lat: 43.6, Lon: -79.8}},
	{"OR", "Oregon", "US", pacific, geo.Point{Lat: 44.5, Lon: -122.6}},
	{"PA", "Pennsylvania", "US", eastern, geo.Point{Lat: 40.5, Lon: -77.2}},
	{"PE", "Prince Edward Island", "CA", "America/Halifax", geo.Point{Lat: 46.25, Lon: -63.1}},
	{"QC", "Quebec", "CA", "America/Toronto", geo.Point{Lat: 45.6, Lon: -73.5}},
	{"RI", "Rhode Island", "US", eastern, geo.Point{Lat: 41.7, Lon: -71.5}},
	{"SC", "South Carolina", "US", eastern, geo.Point{Lat: 34.0, Lon: -81.0}},
	{"SD", "South Dakota", "US", central, geo.Point{Lat: 43.9, Lon: -98.6}},
	{"SK", "Saskatchewan", "CA", "America/Regina", geo.Point{Lat: 51.3, Lon: -105.8}},
	{"TN", "Tennessee", "US", central, geo.Point{Lat: 35.8, Lon: -86.6}},
	{"TX", "Texas", "US", central, geo.Point{Lat: 31.1, Lon: -97.2}},
	{"UT", "Utah", "US", mountain, geo.Point{Lat: 40.4, Lon: -111.8}},
	{"VA", "Virginia", "US", eastern, geo.Point{Lat: 37.7, Lon: -77.9}},
	{"VT", "Vermont", "US", eastern, geo.Point{Lat: 44.1, Lon: -72.8}},
	{"WA", "Washington", "US", pacific, geo.Point{Lat: 47.4, Lon: -121.6}},
	{"WI", "Wisconsin", "US", central, geo.Point{Lat: 43.6, Lon: -88.9}},
	{"WV", "West Virginia", "US", eastern, geo.Point{Lat: 38.7, Lon: -80.9}},
	{"WY", "Wyoming", "US", mountain, geo.Point{Lat: 42.0, Lon: -106.5}},
	{"YT", "Yukon", "CA", "America/Whitehorse", geo.Point{Lat: 60.7, Lon: -135.1}},
}

// States lists the states, the District and Canada's provinces and
// territories, by code. The slice is the caller's.
func States() []State { return slices.Clone(states) }

// StateByCode finds a state or province by its two letters, in any case.
func StateByCode(code string) (State, bool) {
	if len(code) != 2 {
		return State{}, false
	}
	a, b := code[0]&^0x20, code[1]&^0x20
	for i := range states { // by bytes, so that ByZIP need not allocate
		if c := states[i].Code; c[0] == a && c[1] == b {
			return states[i], true
		}
	}
	return State{}, false
}

// StateCode turns a code, a name or a common abbreviation ("tx", "Texas",
// "Tex.", "Calif") into the code; "" when it is none.
func StateCode(s string) string {
	s = strings.Trim(s, " .\t")
	if st, ok := StateByCode(s); ok {
		return st.Code
	}
	for _, st := range states {
		if strings.EqualFold(st.Name, s) {
			return st.Code
		}
	}
	return stateAbbreviations[strings.ToLower(strings.ReplaceAll(s, ".", ""))]
}

// stateAbbreviations are the older ones still found on paper.
var stateAbbreviations = map[string]string{
	"ala": "AL", "ariz": "AZ", "ark": "AR", "calif": "CA", "cal": "CA", "colo": "CO", "conn": "CT", "del": "DE", "dc": "DC", "fla": "FL",
	"ill": "IL", "ind": "IN", "kan": "KS", "kans": "KS", "ky": "KY", "mass": "MA", "mich": "MI", "minn": "MN", "miss": "MS", "mont": "MT",
	"neb": "NE", "nebr": "NE", "nev": "NV", "okla": "OK", "ont": "ON", "ore": "OR", "oreg": "OR", "penn": "PA", "penna": "PA", "que": "QC",
	"tenn": "TN", "tex": "TX", "wash": "WA", "wis": "WI", "wisc": "WI", "wyo": "WY", "n mex": "NM", "n dak": "ND", "s dak": "SD", "w va": "WV",
	"québec": "QC", "newfoundland": "NL", "washington dc": "DC",
}

// StateZone is the zone most of a state or province keeps; "" when unknown.
func StateZone(code string) string {
	st, _ := StateByCode(code)
	return st.TimeZone
}

// postalProvinces maps the first letter of a Canadian postal code.
var postalProvinces = map[byte]string{
	'A': "NL", 'B': "NS", 'C': "PE", 'E': "NB", 'G': "QC", 'H': "QC", 'J': "QC", 'K': "ON", 'L': "ON", 'M': "ON", 'N': "ON", 'P': "ON",
	'R': "MB", 'S': "SK", 'T': "AB", 'V': "BC", 'X': "NT", 'Y': "YT",
}

// ProvinceOf returns the province of a Canadian postal code ("M5V 2T6",
// "m5v2t6"), "" when it is not one.
func ProvinceOf(postal string) string {
	s := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(postal), " ", ""))
	if len(s) != 6 {
		return ""
	}
	for i := range len(s) {
		letter := s[i] >= 'A' && s[i] <= 'Z'
		if digit := s[i] >= '0' && s[i] <= '9'; i%2 == 0 && !letter || i%2 == 1 && !digit {
			return ""
		}
	}
	return postalProvinces[s[0]]
}
