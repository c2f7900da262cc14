package gazetteer

import "slices"

// The zones used. Where an area has an IANA zone of its own that has kept the
// same clock as its neighbours for decades (Boise, Detroit, Indianapolis,
// Louisville ...), the zone people know is given: the hour is the same, and a
// dispatcher sees four zones, not forty.
const (
	eastern  = "America/New_York"
	central  = "America/Chicago"
	mountain = "America/Denver"
	arizona  = "America/Phoenix"
	pacific  = "America/Los_Angeles"
	alaska   = "America/Anchorage"
	aleutian = "America/Adak"
	hawaii   = "Pacific/Honolulu"
)

// splitCounties are the counties that keep another time than most of their
// state (49 CFR part 71, as observed).
var splitCounties = map[string]struct {
	zone     string
	counties []string
}{
	"FL": {central, []string{"Bay", "Calhoun", "Escambia", "Holmes", "Jackson", "Okaloosa", "Santa Rosa", "Walton", "Washington"}},
	"ID": {pacific, []string{"Benewah", "Bonner", "Boundary", "Clearwater", "Idaho", "Kootenai", "Latah", "Lewis", "Nez Perce", "Shoshone"}},
	"IN": {central, []string{"Gibson", "Jasper", "LaPorte", "Lake", "Newton", "Perry", "Porter", "Posey", "Spencer", "Starke", "Vanderburgh", "Warrick"}},
	"KS": {mountain, []string{"Greeley", "Hamilton", "Sherman", "Wallace"}},
	"KY": {central, []string{"Adair", "Allen", "Ballard", "Barren", "Breckinridge", "Butler", "Caldwell", "Calloway", "Carlisle", "Christian", "Clinton",
		"Crittenden", "Cumberland", "Daviess", "Edmonson", "Fulton", "Graves", "Grayson", "Green", "Hancock", "Hart", "Henderson", "Hickman", "Hopkins",
		"Livingston", "Logan", "Lyon", "Marshall", "McCracken", "McLean", "Metcalfe", "Monroe", "Muhlenberg", "Ohio", "Russell", "Simpson", "Todd",
		"Trigg", "Union", "Warren", "Webster"}},
	"MI": {central, []string{"Dickinson", "Gogebic", "Iron", "Menominee"}},
	"ND": {mountain, []string{"Adams", "Billings", "Bowman", "Dunn", "Golden Valley", "Grant", "Hettinger", "Slope", "Stark"}},
	"NE": {mountain, []string{"Arthur", "Banner", "Box Butte", "Chase", "Cheyenne", "Dawes", "Deuel", "Dundy", "Garden", "Grant", "Hooker", "Keith",
		"Kimball", "Morrill", "Perkins", "Scotts Bluff", "Sheridan", "Sioux"}},
	"OR": {mountain, []string{"Malheur"}},
	"SD": {mountain, []string{"Bennett", "Butte", "Corson", "Custer", "Dewey", "Fall River", "Haakon", "Harding", "Jackson", "Lawrence", "Meade",
		"Oglala Lakota County", "Pennington", "Perkins", "Stanley", "Ziebach"}},
	"TN": {eastern, []string{"Anderson", "Blount", "Bradley", "Campbell", "Carter", "Claiborne", "Cocke", "Grainger", "Greene", "Hamblen", "Hamilton",
		"Hancock", "Hawkins", "Jefferson", "Johnson", "Knox", "Loudon", "McMinn", "Meigs", "Monroe", "Morgan", "Polk", "Rhea", "Roane", "Scott", "Sevier",
		"Sullivan", "Unicoi", "Union", "Washington"}},
	"TX": {mountain, []string{"El Paso", "Hudspeth"}},
}

// zipZones are the ZIP codes whose time follows neither their state nor their
// county: counties that are themselves split, and towns that keep the time of
// the larger town across the line.
var zipZones = map[string]string{
	// Alaska: the Aleutians west of 169°30' W keep Hawaii-Aleutian time.
	"99546": aleutian, "99547": aleutian,
	// Alabama: by law Central, by daily practice on Columbus and West Point, Georgia time.
	"36854": eastern, "36856": eastern, "36863": eastern, "36867": eastern, "36868": eastern, "36869": eastern, "36870": eastern, "36877": eastern,
	// Arizona keeps standard time all year, the Navajo Nation does not (the
	// Hopi villages inside it do): an hour's difference from March to November.
	"86020": mountain, "86033": mountain, "86035": mountain, "86044": mountain, "86045": mountain, "86053": mountain, "86054": mountain,
	"86502": mountain, "86503": mountain, "86504": mountain, "86505": mountain, "86506": mountain, "86507": mountain, "86508": mountain,
	"86510": mountain, "86511": mountain, "86514": mountain, "86515": mountain, "86520": mountain, "86535": mountain, "86538": mountain,
	"86540": mountain, "86544": mountain, "86545": mountain, "86547": mountain, "86556": mountain,
	// Florida: Gulf County is split; Wewahitchka is Central, Port Saint Joe Eastern.
	"32465": central,
	// Idaho County south of the Salmon River.
	"83547": mountain, "83549": mountain, "83671": mountain,
	// Western Cherry County, Nebraska.
	"69211": mountain, "69218": mountain,
	// Nevada: West Wendover by law, Jackpot by practice.
	"89883": mountain, "89825": mountain,
	// North Dakota: McKenzie County is Central but for its south.
	"58634": mountain,
	// South Dakota: Stanley County is Mountain but for Fort Pierre.
	"57532": central,
}

// zone is the IANA zone of a ZIP code in a county as the source spells it.
func zone(state, county, zip string) string {
	if z, ok := zipZones[zip]; ok {
		return z
	}
	if s, ok := splitCounties[state]; ok && slices.Contains(s.counties, county) {
		return s.zone
	}
	return StateZone(state)
}
