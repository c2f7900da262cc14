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
Dockhand Services, Inc.                TICKET #:   614005
1801 W Harbor Dr Ste 601               DATE:       2026-06-17
Dallas, TX 75201                       PAYMENT:    382.00 Visa **1234
DC:                Big Foods - Memphis
CARRIER:           PRAIRIE LINE LLC
LOAD#:             17351035            TRAILER#: 00
CASES:             640
LABOR:             BreakDown
PALLETS START: 4   PALLETS FINISH: 5
EXTRA HANDLING:    Restack(2):$40
UNLOAD START:      2026-06-17 06:05    FINISH:   2026-06-17 06:31
                   BASE CHARGE:           282.00
                   EXTRA HANDLING:         90.00
                   TRANSACTION FEE:        10.00
                   TOTAL CHARGE:          382.00
`)
	if lumper.DocumentType.Value != LumperReceipt || len(lumper.LineItems) != 0 || len(lumper.Stops) != 0 || lumper.Broker.Name != nil || value(lumper.TotalRate) != "382.00" || value(lumper.TrailerNumber) != "00" {
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
