package extract

import "testing"

const realPickup = "\nPICKUP\nClearwater Bottling\n400 Spring Rd\nDallas, TX 75201\n07/14/2026 08:00\n"

const realDelivery = "\nDELIVERY\nDelta Grocers DC\n12 Market St\nMemphis, TN 38118\n07/15/2026 09:00\n\nTotal: $2,450.00\n"

// Papers of invented loads on which a wrong value once passed without a doubt.
// Each names the value, what it is read as ("" for nothing) and whether a person
// is asked.
var suspectPapers = []struct {
	name, text, field, want string
	asked                   bool
}{
	{"a number given to every stop", realHead + realStops + "Special Instructions\nPickup number: 501777 & 501888\n\nTotal: $2,450.00\n", "stops[1].references[0]", "501777", true},
	{"doors are no references", realHead + `
PICKUP
Clearwater Bottling
400 Spring Rd
Dallas, TX 75201
07/14/2026 08:00
PO: 448812, Doors 12 to 20
` + "\nDELIVERY\nDelta Grocers DC\n12 Market St\nMemphis, TN 38118\n07/15/2026 09:00\n\nTotal: $2,450.00\n", "stops[0].references[1]", "", false},
	{"goods with an order to the driver behind them", realHead + realStops + "COMMODITY: FLOUR!***Please make sure driver has enough hours***\nTotal: $2,450.00\n", "commodity", "FLOUR", false},
	{"equipment from running text, where another is named", "RATE CONFIRMATION\nLoad #: 48812207\nTallgrass Freight Brokers LLC\nCarrier: Prairie Line LLC\n" + realStops + "Return the empty container to the yard\nSize is 53' dry van\nTotal: $2,450.00\n", "equipment", "container", true},
	{"charges that do not make the total", realHead + realStops + "RATES\nDriver Load/Unload: $100.00\nExtra Stop: $50.00\nTotal: $2,450.00\n", "line_items[0].amount", "100.00", true},
	{"who handles something else in a long sentence", realHead + realStops + "Total: $2,450.00\nApplicable lumper receipts are to be sent in along with the original bill of lading and the signed packing list, the certificate of insurance and whatever is paid by carrier.\n", "terms.lumper", "", false},
	{"a fee among other sums", realHead + realStops + "Total: $2,450.00\nFees for late trucks are $10 for a day's notice and $100 for none\n", "terms.late_fee", "10.00", true},
	{"the firm's legal form on the next line", `
RATE CONFIRMATION
Load #: 48812207
Tallgrass Freight Brokers LLC
CARRIER: PRAIRIE STRAIGHT LINE TRANSPORT      MC: 602777
         LTD
Equipment: Van 53'
` + realStops + "Total: $2,450.00\n", "carrier.name", "PRAIRIE STRAIGHT LINE TRANSPORT LTD", false},
	{"a street that runs on into its town", realHead + `
PICKUP
Clearwater Bottling
400 Spring Rd, Suite
Dallas, TX 75201
07/14/2026 08:00
` + "\nDELIVERY\nDelta Grocers DC\n12 Market St\nMemphis, TN 38118\n07/15/2026 09:00\n\nTotal: $2,450.00\n", "stops[0].address", "400 Spring Rd, Suite", true},
	{"a house's desks, none of them the load's own", `
RATE CONFIRMATION
Load #: 48812207
Tallgrass Freight Brokers LLC
Phone: (312) 555-0144
Carrier: Prairie Line LLC
Equipment: Van 53'
After hours desk (312) 555-0177
` + realStops + "Total: $2,450.00\n", "broker.phone", "(312) 555-0144", true},
	{"one telephone and no other", `
RATE CONFIRMATION
Load #: 48812207
Tallgrass Freight Brokers LLC
Phone: (312) 555-0144
Carrier: Prairie Line LLC
Equipment: Van 53'
` + realStops + "Total: $2,450.00\n", "broker.phone", "(312) 555-0144", false},
	{"a desk's telephone word behind a person", realHead + realStops + "Carrier Contact: ANNE LEE, (p) 312-555-0144\nTotal: $2,450.00\n", "carrier.contact", "ANNE LEE", false},
	{"a box without a value", realHead + `
PICKUP
Name Not Available, Phone Not Available
Clearwater Bottling
400 Spring Rd
Dallas, TX 75201
07/14/2026 08:00
` + realDelivery, "stops[0].name", "Clearwater Bottling", false},
	{"a house number among the references", realHead + `
PICKUP
Clearwater Bottling DC 8206
1911 Spring Rd
Dallas, TX 75201
07/14/2026 08:00
PO: 448812, 8206
` + realDelivery, "stops[0].references[1]", "", false},
	{"a number of ten digits that dials nowhere", realHead + `
PICKUP
Clearwater Bottling
400 Spring Rd
Dallas, TX 75201
07/14/2026 08:00
0017570679
` + realDelivery, "stops[0].phone", "", false},
	{"a label the lexicon does not have", realHead + realPickup + "\nDESTINATION\nConsigner: Delta Grocers DC\n12 Market St\nMemphis, TN 38118\n07/15/2026 09:00\n\nTotal: $2,450.00\n", "stops[1].name", "Delta Grocers DC", false},
	{"a code between state and ZIP", realHead + "\nPICKUP\nClearwater Bottling\n400 Spring Rd\nDALLAS,TX/DAL 75201\n07/14/2026 08:00\n" + realDelivery, "stops[0].zip", "75201", false},
	{"amounts ahead of their words", realHead + realStops + "CHARGES\n$1,450.00 FLAT RATE\n$50.00 STOP OFF\n$1,500.00 TOTAL\n", "line_items[1].amount", "50.00", false},
	{"amounts ahead of their words, the total", realHead + realStops + "CHARGES\n$1,450.00 FLAT RATE\n$50.00 STOP OFF\n$1,500.00 TOTAL\n", "total_rate", "1500.00", false},
	{"who gets the money in the carrier's stead", "RATE CONFIRMATION\nLoad #: 48812207\nTallgrass Freight Brokers LLC\nCarrier: GOOD ROAD TRANSPORT CORP % A B FACTORS LLC\nEquipment: Van 53'\n" + realStops + "Total: $2,450.00\n", "carrier.name", "GOOD ROAD TRANSPORT CORP", false},
	{"a bracket left over", "RATE CONFIRMATION\nLoad #: 48812207\nTallgrass Freight Brokers LLC\n" + realStops + "Total: $2,450.00\nCarrier Legal Name: Good Road Haul LLC]\n", "carrier.name", "Good Road Haul LLC", false},
	{"quick pay is no term of pay", realHead + realStops + "Total: $2,450.00\nWe can have you paid in 2 days for just a 2.5% fee.\n", "terms.payment_days", "", false},
	{"two terms of pay", realHead + realStops + "Total: $2,450.00\nCarriers paid in 3-5 business days from processing date when paperwork is in within 10 days. All others NET 30 days.\n", "terms.payment_days", "5", true},
	{"a lumper that is paid back for its receipt", realHead + realStops + "Total: $2,450.00\nLUMPER RECEIPTS MUST ACCOMPANY THE INVOICE OR THEY WILL NOT BE PAID\n", "terms.lumper", "reimbursed", false},
	{"two late fees", realHead + realStops + "Total: $2,450.00\nA late fee of $150 is charged.\nLate deliveries carry a penalty of $250.\n", "terms.late_fee", "150.00", true},
	{"a line that the total is made without", realHead + realStops + "RATES\nLine Haul: $2,450.00\nFuel Surcharge: $5.00\nTotal: $2,450.00\n", "line_items[1].amount", "5.00", true},
	{"a way of charging is no charge's name", realHead + realStops + "RATES\nFlat Rate                $2,400.00\nFuel Surcharge           $50.00\nTotal: $2,450.00\n", "line_items[0].description", "Flat Rate", true},
	{"a carrier's mail at the broker's own domain", "RATE CONFIRMATION\nLoad #: 48812207\nTallgrass Freight Brokers LLC\nBroker Email: ann@bluedesk.example\nCarrier: Prairie Line LLC\nCarrier Email: loads@bluedesk.example\nEquipment: Van 53'\n" + realStops + "Total: $2,450.00\n", "carrier.email", "loads@bluedesk.example", true},
	{"a trailer's length among the counts", realHead + realStops + "Pieces: 53\nTotal: $2,450.00\n", "pieces", "53", true},
	{"a delivery ahead of the pickup", realHead + "\nSTOP 1 - DELIVERY\nDelta Grocers DC\n12 Market St\nMemphis, TN 38118\n07/15/2026 09:00\n\nSTOP 2 - PICKUP\nClearwater Bottling\n400 Spring Rd\nDallas, TX 75201\n07/14/2026 08:00\n\nTotal: $2,450.00\n", "stops[0].name", "Delta Grocers DC", true},
	{"a dock's name ahead of its street", realHead + "\nPICKUP\nClearwater Bottling\nAddress: CLEARWATER DC/1098 600 SPRING DRIVE\nDallas, TX 75201\n07/14/2026 08:00\n" + realDelivery, "stops[0].address", "CLEARWATER DC/1098 600 SPRING DRIVE", true},
	{"no temperature in a van", realHead + realStops + "Temperature: 0 F\nTotal: $2,450.00\n", "temperature_min_f", "0", true},
}

func TestSuspectValues(t *testing.T) {
	t.Parallel()
	for _, c := range suspectPapers {
		r := readText(c.text)
		got, asked := "", false
		for _, f := range r.Fields() {
			if f.Path == c.field {
				got, asked = f.Value, f.Flagged
			}
		}
		if got != c.want || asked != c.asked {
			t.Errorf("%s: %s is %q, asked %v; want %q, %v", c.name, c.field, got, asked, c.want, c.asked)
		}
	}
}

func TestMoreIsAskedOfPapersInDoubt(t *testing.T) {
	t.Parallel()
	// Neither a rate nor the equipment is read: of the freight, what was found by
	// its place alone is put before a person; what a label names is not.
	r := readText("RATE CONFIRMATION\nLoad #: 48812207\nTallgrass Freight Brokers LLC\nCarrier: Prairie Line LLC\nMiles: 452\n" + realStops + "Bottled Water\n42,000 lbs\n")
	for path, asked := range map[string]bool{"weight_lb": true, "miles": false, "load_number": false, "stops[0].name": false} {
		found := false
		for _, f := range r.Fields() {
			if f.Path == path {
				found = true
				if f.Flagged != asked {
					t.Errorf("%s is asked %v, want %v (confidence %.2f)", path, f.Flagged, asked, f.Confidence)
				}
			}
		}
		if !found {
			t.Errorf("%s was not read", path)
		}
	}
}
