package extract

import "testing"

// Forms as real houses print them, told of invented loads. Each was misread once.

const realHead = "RATE CONFIRMATION\nLoad #: 48812207\nTallgrass Freight Brokers LLC\nCarrier: Prairie Line LLC\nEquipment: Van 53'\n"

func TestTownsOnRealPapers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, pickup, address, city, state, zip string }{
		{"ZIP behind the country", "Clearwater Bottling\n400 Spring Rd\nDALLAS,TX,USA, 75201\n", "400 Spring Rd", "DALLAS", "TX", "75201"},
		{"a city that begins like a state", "Clearwater Bottling\n400 Spring Ave\nOKLAHOMA CITY,OK,USA, 73107\n", "400 Spring Ave", "OKLAHOMA CITY", "OK", "73107"},
		{"state on the next line", "Clearwater Bottling\n400 S Industrial Dr, Houston,\nTX 77002, USA\n", "400 S Industrial Dr", "Houston", "TX", "77002"},
		{"town in columns", "Clearwater Bottling\n400 Spring Rd.\nHOUSTON               TX    77002\n", "400 Spring Rd.", "HOUSTON", "TX", "77002"},
		{"state and ZIP in one column", "Clearwater Bottling\n400 Spring Rd\nHOUSTON               TX 77002\n", "400 Spring Rd", "HOUSTON", "TX", "77002"},
		{"street that ends in a comma", "Clearwater Bottling\n400 Spring Rd,\nHouston, TX 77002-4626\n", "400 Spring Rd", "Houston", "TX", "77002-4626"},
	} {
		r := readText(realHead + "\nPICKUP\n" + c.pickup + "07/14/2026 08:00\n\nDELIVERY\nDelta Grocers DC\n12 Market St\nMemphis, TN 38118\n07/15/2026 09:00\n\nTotal: $2,450.00\n")
		if len(r.Stops) != 2 {
			t.Errorf("%s: %d stops", c.name, len(r.Stops))
			continue
		}
		s := r.Stops[0]
		for _, f := range []struct {
			what, want string
			got        Str
		}{{"address", c.address, s.Address}, {"city", c.city, s.City}, {"state", c.state, s.State}, {"zip", c.zip, s.ZIP}, {"name", "Clearwater Bottling", s.Name}} {
			if f.got == nil || f.got.Value != f.want {
				t.Errorf("%s: %s is %v, want %q", c.name, f.what, value(f.got), f.want)
			}
		}
	}
}

func value(l Str) string {
	if l == nil {
		return ""
	}
	return l.Value
}

// want checks values of a reading by their paths; "" wants nothing there.
func want(t *testing.T, name string, r *Reading, values map[string]string) {
	t.Helper()
	got := map[string]string{}
	for _, f := range r.Fields() {
		got[f.Path] = f.Value
	}
	for path, v := range values {
		if got[path] != v {
			t.Errorf("%s: %s is %q, want %q", name, path, got[path], v)
		}
	}
}

const realStops = `
PICKUP
Clearwater Bottling
400 Spring Rd
Dallas, TX 75201
07/14/2026 08:00

DELIVERY
Delta Grocers DC
12 Market St
Memphis, TN 38118
07/15/2026 09:00

`

var realForms = []struct {
	name, text string
	want       map[string]string
}{
	{"goods tables, empty labels and feet tell nothing of a stop", realHead + `
Stop 1 (pickup)
07/14/2026 08:00 - 07/14/2026 15:00
CLEARWATER BOTTLING, ALLEN AVE, DALLAS, TX 75201
     Phone:
     Comments:
 Item Description             Pieces      UOM       Weight
 Bottled Water                   20       Pallet    42000 lbs
 Pickup Number: RX3 1 2026-07-14:13:19 1
Stop 2 (drop)
07/15/2026 09:00 - 07/15/2026 18:00
DELTA GROCERS LLC c/o Big Foods, 1047 W MARKET DR, MEMPHIS, TN 38118
     Phone:
     Comments:
 Item Description             Pieces      UOM       Weight
 Bottled Water                   20       Pallet    42000 lbs
Total: $2,450.00
`, map[string]string{"stops[0].name": "CLEARWATER BOTTLING", "stops[0].address": "ALLEN AVE", "stops[0].notes": "", "stops[0].contact": "", "stops[0].references[0]": "", "stops[1].name": "DELTA GROCERS LLC c/o Big Foods", "stops[1].notes": "", "stops[1].contact": ""}},
	{"boxes of one stop side by side", realHead + `
     Shipper or Pick Up Location:              Pickup:    2026-07-14 07:00 - 2026-07-14 13:00
     CLEARWATER BOTTLING                       Commodity to Pick Up: SUGAR (41260.0 lbs)
     400 Spring Rd,                            Pickup #:
     DALLAS, TX 75201                          PO #:
     Receiver or Delivery Location #:          Delivery Date and Time:
     DELTA GROCERS DC                          2026-07-15 09:30 - 2026-07-15 09:30
     12 Market St,                             Pickup #:
     MEMPHIS, Tennessee 38118                  PO #:

     TRANSIT               1500.0              Temperature Controlled: No
     Total                $1500.0              Power Only Shipment: No
     Estimated Miles: 452.6
`, map[string]string{"stops[0].type": "pickup", "stops[0].window_end": "2026-07-14T13:00", "stops[1].type": "delivery", "stops[1].window_start": "2026-07-15T09:30", "stops[1].window_end": "", "stops[1].address": "12 Market St", "stops[2].type": "", "commodity": "SUGAR", "weight_lb": "41260", "miles": "453", "line_items[0].amount": "1500.00", "line_items[0].kind": "linehaul"}},
	{"a block under ADDRESS, a heading that ends in #", realHead + `
PICKUP
       ADDRESS
       CLEARWATER BLDG 19 DU
       1904 N. SPRING,
       SPRING UNDERGROUND
       -, DALLAS, TX 75201
       APPOINTMENT
       Tue Jul. 14 18:00 - 18:00

DELIVERY #
       ADDRESS
       MEMPHIS TN MC
       4875 MARKET TRAIL,
       MEMPHIS, TN 38118
       APPOINTMENT
       Thu Jul. 16 12:00 - 12:00

Total: $2,450.00
`, map[string]string{"stops[0].name": "CLEARWATER BLDG 19 DU", "stops[0].address": "1904 N. SPRING, SPRING UNDERGROUND", "stops[0].city": "DALLAS", "stops[0].window_start": "2026-07-14T18:00", "stops[1].type": "delivery", "stops[1].name": "MEMPHIS TN MC", "stops[1].zip": "38118", "stops[1].window_start": "2026-07-16T12:00"}},
	{"the appointment, not the dock's hours", realHead + `
Shipper Information:
Name:         Clearwater Bottling            Contact:
Address:      400 Spring Rd                  Phone:
              Dallas, TX 75201               Ready Time:        8:00 AM - 5:00 PM
Pick Up Date  07/14/2026                     Appointment Time:  2:00 PM - 2:00 PM
Consignee Information:
Name:         Delta Grocers DC               Contact:
Address:      12 Market St                   Phone:
              Memphis, TN 38118              Ready Time:        8:00 AM - 8:00 PM
Delivery Date 07/15/2026                     Appointment Time:  11:30 AM - 11:30 AM

Total: $2,450.00
`, map[string]string{"stops[0].window_start": "2026-07-14T14:00", "stops[0].window_end": "", "stops[1].window_start": "2026-07-15T11:30", "stops[1].window_end": ""}},
	{"values centred beside their labels", realHead + realStops + `
                                    USD
                      Rate:
                                    $1,200.00
                                    USD
                      TOTAL:
                                    $1,200.00
`, map[string]string{"total_rate": "1200.00"}},
	{"conditions in one line", realHead + realStops + `Total: $2,450.00

Layover $250, Labor $35/hr, Detention (2 hrs free) $40/hr ($260 max), Truck Order Not Used $150, Extra Stops $50
`, map[string]string{"terms.layover_per_day": "250.00", "terms.detention_rate_per_hour": "40.00", "terms.detention_daily_cap": "260.00", "terms.tonu": "150.00", "terms.stop_off": "50.00", "terms.detention_free_minutes": "120"}},
	{"detention's price is not the layover's", realHead + realStops + `Line Haul Charges   $2,450.00
Total               $2,450.00

Driver Tailgate: $35 | Driver Load/Unload: $100 | Stop-Off: $55 | Detention: $50 per hour after 2 free hours, subject to Layover
maximum. Truck Order Not Used: $150 | Driver Layover (Dry): $175
`, map[string]string{"terms.layover_per_day": "175.00", "terms.detention_rate_per_hour": "50.00", "terms.stop_off": "55.00", "total_rate": "2450.00", "line_items[1].amount": ""}},
	{"numbers in words", realHead + realStops + `Linehaul: $2,300.00
Lumper: $150.00
Total: $2,450.00

Payment will be made within thirty days of receipt of signed bill of lading and invoice. Quick pay is available for a fee of three percent of the total rate payable.
`, map[string]string{"terms.payment_days": "30", "terms.quick_pay_percent": "3.0", "line_items[1].amount": "150.00", "line_items[1].kind": "lumper"}},
	{"the price of a mile is not the charge", realHead + realStops + `CHARGES
Description        Rate       Quantity      Amount
Line Haul          $2.50      870           $2,175.00
Fuel Surcharge     0.85       728.3         $619.06
Total                                       $2,794.06
`, map[string]string{"total_rate": "2794.06", "line_items[1].amount": "619.06"}},
	{"sums with one decimal in columns set to the right", realHead + realStops + `CHARGES
Description        Rate       Quantity      Charge
Line Haul          0.85       870           2175.0
Total                                       $2175.0
`, map[string]string{"total_rate": "2175.00"}},
	{"a trip told in one line", "Confirmed load QNF-40177, revised and final:\n\nDALLAS TX 75201 --> MEMPHIS TN 38118\npu 07/14/2026 // del 07/15/2026\ndry van - auto parts - 41,900#\n\nlinehaul $3,250\nFSC $410\nTOTAL = $3,660\n", map[string]string{"stops[0].city": "DALLAS", "stops[0].window_start": "2026-07-14", "stops[0].window_end": "", "stops[0].name": "", "stops[1].city": "MEMPHIS", "stops[1].type": "delivery", "stops[1].window_start": "2026-07-15"}},
	{"numbered stops under one pickup", "LOAD CONFIRMATION QLD-3318\n\nPickup: Dallas, TX 75201 on 07/14/2026\nStop 1: Houston, TX 77002 - deliver 07/14/2026\nStop 2: South Memphis Heights, TN 38118 - deliver 07/15/2026\n\nEquipment: Van\nTotal: $2,860.00\n", map[string]string{"stops[1].city": "Houston", "stops[2].type": "delivery", "stops[2].city": "South Memphis Heights", "stops[2].window_start": "2026-07-15"}},
	{"no weight from the conditions, no equipment from an empty label", `RATE CONFIRMATION
Load #: 48812207
Tallgrass Freight Brokers LLC
Carrier: Prairie Line LLC
Container# :
Size/Type  : 53' Van
` + realStops + `Total: $2,450.00

Vehicles with a GVWR greater than 8,500 lbs must comply with the rules of the state.
`, map[string]string{"weight_lb": "", "equipment": "van"}},
}

func TestRealForms(t *testing.T) {
	t.Parallel()
	for _, c := range realForms {
		want(t, c.name, readText(c.text), c.want)
	}
}

func TestRealParties(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, head string
		want       map[string]string
	}{
		{"a code behind the name, carriers in general", `Tallgrass Freight Brokers LLC
CARRIER LOAD TENDER
Carrier: PRAIRIE LINE INC (KLPD)
ALL CARRIERS (EXCEPT FOR THE CARRIER LISTED ABOVE) HEREBY AGREE TO THESE TERMS
`, map[string]string{"carrier.name": "PRAIRIE LINE INC"}},
		{"contact at", `C.H. Bluestem Contract Addendum and Carrier Load Confirmation - #771208
General Contact at PRAIRIE LINE INC - T4410827
This load was booked with Nora Beckwith, (312) 555-0177 x1348, beckwith@chbluestem.example.
`, map[string]string{"carrier.name": "PRAIRIE LINE INC", "broker.contact": "Nora Beckwith", "broker.phone": "(312) 555-0177 x1348", "broker.email": "beckwith@chbluestem.example"}},
		{"the rep, not the tracking desk", `Tallgrass Freight Brokers LLC
RATE CONFIRMATION
Send tracking updates by email:         Contact your Tallgrass Rep, Tobias Frey
tracking@tallgrass.example              Email: tobias.frey@tallgrass.example
Call or Text:                           Phone: +18725550101
+1 (847) 555-0157                       Questions? Call Tallgrass at: +1 (847) 555-0157
Carrier: Prairie Line LLC
`, map[string]string{"broker.contact": "Tobias Frey", "broker.email": "tobias.frey@tallgrass.example", "broker.phone": "+18725550101"}},
		{"booked with a person", `Tallgrass Freight Brokers LLC
RATE CONFIRMATION
Booked With:    Dana Whitlock                      Carrier:    PRAIRIE LINE INC
Phone:          (312) 555-0111                     Attn:       Main Dispatch
Email:          dwhitlock@tallgrass.example          Phone:
`, map[string]string{"broker.contact": "Dana Whitlock", "broker.phone": "(312) 555-0111", "broker.email": "dwhitlock@tallgrass.example", "carrier.name": "PRAIRIE LINE INC", "carrier.phone": ""}},
		{"a name that only the domain spells", `CONTRACT ADDENDUM AND LOAD CONFIRMATION
Send all invoices to docs@loadwisefreight.example
Carrier: PRAIRIE LINE INC
Notify Loadwise Freight, Inc. of any delay
`, map[string]string{"broker.name": "Loadwise Freight, Inc."}},
		{"reached under its own name", `Tallgrass Freight Brokers LLC
LOAD CONFIRMATION
Carrier: PRAIRIE LINE LLC
BROKER Contact:                    PRAIRIE LINE LLC Contact:
Peter Olsen                       PRAIRIE LINE LLC
Email: polsen@tallgrass.example     Email: dispatch@prairieline.example
Phone: 8775550102                  Phone: 574-555-0147
`, map[string]string{"carrier.email": "dispatch@prairieline.example", "carrier.phone": "574-555-0147", "broker.email": "polsen@tallgrass.example", "broker.phone": "8775550102"}},
		{"the sender's desk is not a stop's", `Tallgrass Freight Brokers LLC
RATE CONFIRMATION
Call or Text: +1 (847) 555-0157
Carrier: Prairie Line LLC
`, map[string]string{"stops[1].phone": "", "carrier.name": "Prairie Line LLC"}},
		{"numbers over the truck's are the carrier's", `                                        618203 RATE CONFIRMATION
                                        From     : Calvin Hermes on 10-14-2025 at 06:57pm
                                        Email    : chermes@tallgrass.example
                                        Phone    : 812-555-0179
Tallgrass Freight Brokers LLC           Carrier: PRAIRIE LINE INC
P. O. Box 498                           Attn   : Ana
Dallas, TX 75201

MC#        : 733418
USDOT#     : 2610937
Truck#     :
Trailer#   :
`, map[string]string{"load_number": "618203", "carrier.mc": "733418", "carrier.usdot": "2610937", "broker.mc": "", "broker.usdot": "", "broker.contact": "Calvin Hermes", "broker.address": "P. O. Box 498, Dallas, TX 75201"}},
	} {
		want(t, c.name, readText(c.head+realStops+"Drivers wait outside. Questions on arrival by text to (847) 555-0157 please.\n\nTotal: $2,450.00\n"), c.want)
	}
}

func TestLoadNumbersOnRealPapers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ head, want string }{
		"a list of references":  {"Reference: K071338 ( )      Carrier: Prairie Line LLC\n\nReferences\nOrder Number:         PRT5520418\nCust Reference Number: 208817745\n", "K071338"},
		"letters and no digits": {"Load ID #: QRF-CTLM\nCarrier: Prairie Line LLC\n", "QRF-CTLM"},
	} {
		if r := readText("CARRIER LOAD TENDER\nTallgrass Freight Brokers LLC\n" + c.head + realStops + "Total: $2,450.00\n"); value(r.LoadNumber) != c.want {
			t.Errorf("%s: load number %q, want %q", name, value(r.LoadNumber), c.want)
		}
	}
}

// A justified line of the conditions is no heading and no stop.
func TestJustifiedParagraph(t *testing.T) {
	t.Parallel()
	r := readText(realHead + `
PICKUP
Clearwater Bottling
400 Spring Rd
Dallas, TX 75201
07/14/2026 08:00

DELIVERY
Delta Grocers DC
12 Market St
Memphis, TN 38118
07/15/2026 09:00

Line Haul   $2,450.00     ACCESSORIAL REQUESTS MUST BE SUBMITTED WITHIN 30
Total       $2,450.00     DAYS OF YOUR LOAD AND PAPERWORK MUST BE CLEAR OF
                          DELIVERY,  THE  RIGHT  TO  COLLECT  IS  THEREBY.
                          FORFEITED BY ALL PARTIES TO THE AGREEMENT OF 2026
                          100 Audit Report Street
`)
	if len(r.Stops) != 2 {
		t.Errorf("%d stops, want 2", len(r.Stops))
	}
}

func TestReceiptsAndBillsTellNoPay(t *testing.T) {
	t.Parallel()
	lumper := readText(`                 RECEIPT
Dockhand Services, Inc.                TICKET #:   550318
220 W Harbor Dr Ste 601               DATE:       2026-06-17
Dallas, TX 75201                       PAYMENT:    365.00 Visa **1234
DC:                Big Foods - Memphis
CARRIER:           PRAIRIE RIDER
LOAD#:             66120947            TRAILER#: 00
CASES:             640
LABOR:             BreakDown
PALLETS START: 4   PALLETS FINISH: 5
EXTRA HANDLING:    Restack(2):$40
UNLOAD START:      2026-06-17 06:05    FINISH:   2026-06-17 06:31
                   BASE CHARGE:           275.00
                   EXTRA HANDLING:         80.00
                   TRANSACTION FEE:        10.00
                   TOTAL CHARGE:          365.00
`)
	if lumper.DocumentType.Value != LumperReceipt || len(lumper.LineItems) != 0 || len(lumper.Stops) != 0 || lumper.Broker.Name != nil || value(lumper.TotalRate) != "365.00" || value(lumper.Carrier.Name) != "PRAIRIE RIDER" || value(lumper.TrailerNumber) != "00" {
		t.Errorf("receipt: type %q, %d items, %d stops, broker %q, total %q, trailer %q", lumper.DocumentType.Value, len(lumper.LineItems), len(lumper.Stops), value(lumper.Broker.Name), value(lumper.TotalRate), value(lumper.TrailerNumber))
	}
	bill := readText(`STRAIGHT BILL OF LADING
BOL #: 55123
SHIP FROM                       SHIP TO
Acme Mills                      Delta DC
1 Main St                       2 Oak Ave
Dallas, TX 75201                Memphis, TN 38118
QTY      DESCRIPTION            WEIGHT (LBS)
24 PLT   FROZEN BEEF            42,500
         TOTAL:                 42,500 lbs
COD Value
$64000 USD
`)
	if bill.DocumentType.Value != BillOfLading || bill.TotalRate != nil || bill.Currency != nil || bill.WeightLb == nil || bill.WeightLb.Value != 42500 {
		t.Errorf("bill: type %q, total %q, weight %v", bill.DocumentType.Value, value(bill.TotalRate), bill.WeightLb)
	}
}
