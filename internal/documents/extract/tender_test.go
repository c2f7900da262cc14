package extract

import "testing"

const tender = `Tallgrass Freight Brokers LLC            CARRIER LOAD TENDER                 PRO# 12895
346 Gin Rd                                                                  Page 1   01/07/2026
Tacoma, WA 98421

Carrier:      Prairie Line LLC                        Trailer Type:    REEFER (53 FT)
MC/DOT:       6794853 / 1363961                       Temperature:     Min 36 F / Max 40 F

PU 1      Name:    Clearwater Bottling                    Date:         01/10/2026 0930
          Address: 400 Spring Rd                          Appt Type:    Appointment
                   Edison, NJ 08817                       Load:         21 PLT 22800 LBS
          Phone:   732-555-0160                           Reference:    BL Num: 7521641

SO 2      Name:    Delta Grocers DC                       Date:         01/12/2026 0700-0900
          Address: 12 Market St                           Appt Type:    FCFS
                   Memphis, TN 38118                      Unload:       21 PLT 22,800
                                                          Reference:    Order Num: W758557
                                                                        PO Num: A8919934

Rate Detail
      Truckload Linehaul             1,302 Miles @ $2.00         $2,604.00
      Additional Stop(s)             1 Flat   @   $150.00        $150.00
      Total Carrier Pay:                                         $2,754.00
`

// What a stop takes on or off stands beside "Load" and "Unload" among its labels;
// it opens no stop. An order's number among a stop's references is one of them.
func TestTender(t *testing.T) {
	t.Parallel()
	want(t, "tender", readText(tender), map[string]string{
		"temperature_min_f": "36", "temperature_max_f": "40",
		"stops[0].type": "pickup", "stops[0].zip": "08817", "stops[0].references[0]": "7521641",
		"stops[1].type": "delivery", "stops[1].name": "Delta Grocers DC", "stops[1].zip": "38118",
		"stops[1].window_end": "2026-01-12T09:00", "stops[1].appointment": "fcfs",
		"stops[1].references[0]": "W758557", "stops[1].references[1]": "A8919934", "stops[2].type": "",
		"line_items[0].kind": "linehaul", "line_items[0].quantity": "1302", "line_items[0].rate": "2.00",
		"line_items[1].kind": "stop_off", "line_items[1].amount": "150.00", "line_items[1].quantity": "1", "line_items[1].rate": "150.00",
		"line_items[2].kind": "", "total_rate": "2754.00",
	})
}

// A stop table whose first column has the number over the kind: the number opens the stop.
func TestNumberOverKind(t *testing.T) {
	t.Parallel()
	r := readText(realHead + `
SEQ      LOCATION                     WINDOW            REFERENCE #S        SITE CONTACT

1        Clearwater Bottling          11 Apr 2026       P/U# K7-41476       Hyun Hightower
P        400 Spring Rd                13:00             P.O.# 3863865       210.555.0153
         Houston, TX 77002            APPT
         Directions / notes: Back in only
2        Delta Grocers DC             15 Apr 2026       P.O.# W1420186
D        12 Market St                 APPT
         Memphis, TN 38118

Total: $2,450.00
Free time is 2 hours per stop, thereafter $40 per hour (daily max $240); approval required in writing.
Unloading fees repaid against receipt.
`)
	want(t, "number over kind", r, map[string]string{
		"stops[0].type": "pickup", "stops[0].name": "Clearwater Bottling", "stops[0].window_start": "2026-04-11T13:00",
		"stops[0].contact": "Hyun Hightower", "stops[0].notes": "Back in only", "stops[0].references[1]": "3863865",
		"stops[1].type": "delivery", "stops[1].name": "Delta Grocers DC", "stops[1].window_start": "2026-04-15", "stops[1].references[0]": "W1420186",
		"terms.detention_free_minutes": "120", "terms.detention_rate_per_hour": "40.00", "terms.detention_daily_cap": "240.00",
		"terms.lumper": "reimbursed",
	})
}
