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

// One number to a cell, each behind its two-letter code; a label of the hour left empty.
func TestCodedReferences(t *testing.T) {
	t.Parallel()
	r := readText(realHead + `
STOP 1      LOAD                        DATE       07/14/26
            CLEARWATER BOTTLING         READY
            400 SPRING RD               CLOSE
            HOUSTON, TX 77002           SCHED      APPT
REF         BM W6788229   CR 6726882
__________________________________________________________________
STOP 2      UNLOAD                      DATE       07/15/26
            DELTA GROCERS DC            READY      1500 EDT
            12 MARKET ST                CLOSE      2000 EDT
            MEMPHIS, TN 38118           SCHED      FCFS
REF         DO 2848071   VN 24930088   CR 402625

Total: $2,450.00
`)
	want(t, "coded references", r, map[string]string{
		"stops[0].name": "CLEARWATER BOTTLING", "stops[0].references[0]": "W6788229", "stops[0].references[1]": "6726882",
		"stops[1].references[1]": "24930088", "stops[1].references[2]": "402625", "stops[1].window_end": "2026-07-15T20:00",
	})
}

// A web page's side column: pay without the word, who to call, what is hauled.
func TestSideColumn(t *testing.T) {
	t.Parallel()
	r := readText(`Tallgrass Freight Brokers LLC                     YOU GET PAID
Trip confirmation S1513757                        $2,450.00
Booked Jan 12, 2026

Pick up 1   Clearwater Bottling
400 Spring Rd, Houston, TX 77002
Tue, Jan 13, 8:30 AM - 10:30 AM CST

Drop off 1   Delta Grocers DC
12 Market St, Memphis, TN 38118
Thu, Jan 15, 5:00 AM - 8:00 AM CST
SHIPMENT ID #184144367
DEL CONF #28374
SALES ORD #W679920

CARRIER
Prairie Line LLC
TRAILER
53' Temp Control
LOAD
Romaine Hearts
23,400 lbs

NEED HELP?
Curtis Mullins
(662) 555-0186
cmullins@tallgrass.example

1. You pay the lumper on this load.
2. $75.00 per added stop.
3. Upload the POD in the app or send it to desk@tallgrass.example.
4. Terms are 21 days from invoice date.
`)
	want(t, "side column", r, map[string]string{
		"load_number": "S1513757", "total_rate": "2450.00", "broker.contact": "Curtis Mullins", "broker.phone": "(662) 555-0186",
		"broker.email": "cmullins@tallgrass.example", "commodity": "Romaine Hearts", "equipment": "reefer", "trailer_length_ft": "53",
		"stops[1].references[0]": "184144367", "stops[1].references[1]": "28374", "stops[1].references[2]": "W679920",
		"broker.billing_email": "desk@tallgrass.example", "terms.payment_days": "21", "terms.lumper": "carrier", "terms.stop_off": "75.00",
	})
}
