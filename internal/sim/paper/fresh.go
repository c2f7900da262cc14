package paper

import (
	"math/rand"
	"strings"
)

// Fresh invents one load in words that no tuned sheet has: other companies,
// people, streets, goods and remarks, some loads into Canada, with hazardous
// goods or with a team. The held-out layouts print these. The same seed gives
// the same load for ever.
func Fresh(seed int64) RateCon {
	rc := Random(seed)
	w := world{rand.New(rand.NewSource(seed*104729 + 31))}
	rc.Broker = w.freshParty(rc.Broker, freshBrokers)
	rc.Broker.BillingEmail = pick(w, []string{"carrierinvoices", "apdocs", "pod", "settlements"}) + "@" + domain(rc.Broker.Name)
	rc.Carrier = w.freshParty(rc.Carrier, freshCarriers)
	rc.Carrier.Email = pick(w, []string{"truckloads", "office", "info"}) + "@" + domain(rc.Carrier.Name)
	rc.Load = w.freshLoadNumber()
	rc.Commodity = pick(w, freshGoods[rc.Equipment])
	rc.Notes = w.notes(freshNotes, w.between(1, 4))
	if w.chance(8) && rc.Equipment == "van" {
		rc.Commodity, rc.Notes = "Paint Related Material", append(rc.Notes, "HAZMAT: UN1263, Class 3, PG II. Driver must hold a hazmat endorsement and placard the trailer.")
	}
	if rc.HasTemp {
		w.temperature(&rc)
		rc.Notes = append(rc.Notes, "Reefer fuel tank must be at least 3/4 full on arrival.")
	}
	names := w.Perm(len(freshDocks))
	for i := range rc.Stops {
		s := &rc.Stops[i]
		s.Name, s.Street, s.Commodity = freshDocks[names[i]], w.freshStreet(), rc.Commodity
		if s.Contact != "" {
			s.Contact = pick(w, freshFirst) + " " + pick(w, freshLast)
		}
		if s.Notes != "" {
			s.Notes = pick(w, freshStopNotes)
			if s.Type == Delivery && w.chance(30) {
				s.Notes = "Receiver breaks down, lumper on site"
			}
		}
	}
	if w.chance(12) {
		w.crossBorder(&rc)
	}
	rc.Driver = pick(w, freshFirst) + " " + pick(w, freshLast)
	return rc
}

func (w world) freshParty(was Party, names []string) Party {
	was.Name, was.Street, was.Contact = pick(w, names), w.freshStreet(), pick(w, freshFirst)+" "+pick(w, freshLast)
	first, last, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(was.Contact, "'", "")), " ")
	was.Email = pick(w, []string{first + "." + last, first[:1] + last, first}) + "@" + domain(was.Name)
	was.Fax = w.phone(was.Phone[:3])
	return was
}

func (w world) freshLoadNumber() string {
	switch w.Intn(6) {
	case 0:
		return "0" + w.digits(6)
	case 1:
		return w.digits(8)
	case 2:
		return w.digits(5)
	case 3:
		return pick(w, []string{"SH", "LD", "T", "NB"}) + w.digits(7)
	case 4:
		return w.digits(4) + "-" + w.digits(5)
	}
	return w.digits(7)
}

func (w world) freshStreet() string {
	v := w.digits(w.between(3, 5)) + " " + pick(w, freshStreets)
	if w.chance(20) {
		v += pick(w, []string{" Bldg ", " Unit ", " Ste ", ", Dock "}) + w.digits(w.between(1, 3))
	}
	return v
}

// crossBorder moves the last delivery over the border, where it is not far.
func (w world) crossBorder(rc *RateCon) {
	last := &rc.Stops[len(rc.Stops)-1]
	if !strings.Contains("MI NY OH PA MT IL", last.State) {
		return
	}
	for _, i := range w.Perm(len(places)) {
		p := places[i]
		if !p.Canadian() || (p.State == "AB") != (last.State == "MT") {
			continue
		}
		last.City, last.State, last.ZIP, last.TimeZone = p.City, p.State, p.ZIP, p.TimeZone
		if last.Phone != "" {
			last.Phone = w.phone(p.AreaCode)
		}
		rc.Notes = append(rc.Notes, "Driver must be FAST or PAPS ready. Send the PARS sheet to customs before the border.")
		return
	}
}

var freshBrokers = []string{"Tern Hollow Freight Systems, Inc.", "Basalt Ridge 3PL LLC", "Ormsby Lake Global Logistics", "Verrall Sons Truck Brokers",
	"Quayle Northern Transportation Services", "Ferncliff Intermodal Corp.", "Dry Fork Dispatch Brokers, LLC", "Pomeroy Gate Logistics Partners",
	"Amber Trestle Worldwide", "Skylark Tri-State Freight", "Culpepper Van Lines Brokerage Division", "Nightjar Freightways Logistics, LLC"}

var freshCarriers = []string{"Kessock Bros Trucking", "Red Butte Motor Freight Inc", "Dos Palmas Transportes LLC", "Singh Marwaha Carrier Group Inc",
	"Lost Sawmill Trucking, LLC", "Big Eddy Freight Lines", "Okoboji Straight Line Transport Ltd", "Mule Creek Logistics Corp", "Vantage Teal Express Inc.", "Hobart Ditch Haulers"}

var freshDocks = []string{"Pellworth DC #4471", "Gravenor Foods - Plant 2", "Halcyon Mills Bldg C", "Trelawny Cold Logistics", "Osgood Regional DC 6042",
	"Marchetti & Sons Produce", "Sundry Wholesale Grocers Inc", "Bexhill Containers Corp.", "Ostrava Tool & Die", "Cold Harbor Freezers LLC", "Linnet Home Stores DC 88",
	"Perdido Citrus Growers Assn", "Wapiti Lumber Yard", "Northline Crossdock", "Castine Paper Converting", "Teviot Brewing Company", "Abernathy Pet Nutrition",
	"Granite State Fasteners", "Zumbro Valley Creamery", "Holloway Drug Distribution", "The Mattress Barn - WH3", "Ketchum Steel Service Center"}

var freshStreets = []string{"W 73rd St", "NE Riverside Pkwy", "Hwy 59 N", "S Oneida Ave", "County Rd KK", "FM 1462", "Ridge Pike", "Gateway Park Cir",
	"E Slauson Ave", "Port of Entry Rd", "US-31 South", "Old Mill Trace", "Business Loop 20", "Logistics Center Way", "Elm Hill Turnpike", "Interchange Blvd", "N Wolf Rd", "Airfreight Pkwy W"}

var freshFirst = []string{"Bridget", "Deshawn", "Yolanda", "Pete", "Arjun", "Colleen", "Miguel", "Tasha", "Viktor", "Lorraine", "Wes", "Imani", "Kirk", "Noemi", "Stan"}

var freshLast = []string{"Vandermolen", "O'Rourke", "Castaneda", "Pfeiffer", "Whitlock", "Baptiste", "Hruska", "Delgado", "McElroy", "Sandhu", "Trask", "Yoder", "Fontenot", "Zielinski", "Beck"}

var freshGoods = map[string][]string{
	"van": {"Tires", "Canned Beverages", "Charcoal Briquettes", "Paper Rolls", "Corrugated Sheets", "Store Fixtures", "Copper Wire on Spools", "Dry Groceries",
		"Bagged Fertilizer", "Books and Printed Matter", "Empty Glass Bottles", "Medical Supplies, non-haz", "Mixed Freight of All Kinds", "Almonds in Totes"},
	"reefer":    {"Salad Kits", "Boneless Pork", "Frozen Pizza", "Frozen French Fries", "Eggs, shell", "Butter", "Chocolate Candy", "Cut Flowers", "Deli Meats", "Fresh Blueberries"},
	"flatbed":   {"Structural Steel Beams", "Asphalt Shingles", "OSB Sheathing", "PVC Pipe Bundles", "Wire Mesh", "Engineered Trusses"},
	"step_deck": {"Skid Steer Loaders", "HVAC Units, crated", "Storage Tank", "Hay Balers"},
	"conestoga": {"Stainless Sheet", "Copper Cathode", "Finished Millwork"},
}

var freshNotes = []string{
	"Driver needs a clean BOL with no pallet exchange.",
	"Please text the driver's name and cell to the person named above as soon as you dispatch.",
	"No double brokering. The truck that arrives must carry your company's name and MC number on the door.",
	"Team drivers preferred, solo accepted if the delivery appointment can be made legally.",
	"Load bars and 2 straps are needed. Shipper will not load dirty trailers.",
	"Must send loaded pictures and BOL within 1 hour of departure.",
	"Do not use the BOL address for GPS; follow the truck route on Hwy signs.",
	"Partial load: other freight may be on the trailer. Do not re-stack.",
	"Masks and long trousers are to be worn in the warehouse; phones stay in the truck.",
	"Driver assist may be requested on the delivery end.",
}

var freshStopNotes = []string{"Enter off 4th Ave only", "Drop and hook - trailer must be empty", "Tailgate 2 pallets, leave nose freight on", "Driver to slide tandems to the rear",
	"Ask for the night manager", "Must have pickup number to get past the gate", "Call the desk from the lot", "Sleep in the lot is not allowed", "Ring the bell at door 6"}
