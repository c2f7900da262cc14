package extract

import "testing"

// Addresses that are no stops: offices, letters, towns in passing. Loads and
// firms are invented; each form made a stop of them once.

func TestOfficesAreNoStops(t *testing.T) {
	t.Parallel()
	two := func(name string, r *Reading, pickup, delivery string) {
		t.Helper()
		if len(r.Stops) != 2 {
			t.Errorf("%s: %d stops, want 2", name, len(r.Stops))
			return
		}
		want(t, name, r, map[string]string{"stops[0].type": "pickup", "stops[0].city": pickup, "stops[1].type": "delivery", "stops[1].city": delivery})
	}
	two("a town in passing", readText(realHead+realStops+"\nBLIND SHIPMENT picking up for Acme Lines going to Ogden, UT\n\nTotal: $2,450.00\n"), "Dallas", "Memphis")
	two("the delivery told first", readText(realHead+`
DELIVERY
Delta Grocers DC
12 Market St
Memphis, TN 38118
07/15/2026 09:00

PICKUP
Clearwater Bottling
400 Spring Rd
Joplin, MO 64801
07/14/2026 08:00

Total: $2,450.00
`), "Joplin", "Memphis")
	two("a firm's office behind the terms", readText(realHead+realStops+`
Total: $2,450.00

TERMS
2. Signed proof is due at once.

DELIVERY - Signed Papers
1 Harbor Ave, Suite 400
Indianapolis, IN 46204
`), "Dallas", "Memphis")
	two("initial pick up beside the final destination", readText(realHead+`
           INITIAL PICK UP                            FINAL DESTINATION
FROM:      Clearwater Bottling              TO:       Delta Grocers DC
           400 Spring Rd                              12 Market St
           Joplin, MO 64801                           Memphis, TN 38118
DATE:      07/14/2026  TIME: 1600           DATE:     07/15/2026  TIME: 0900

Total: $2,450.00
`), "Joplin", "Memphis")
}

func TestAddressForMail(t *testing.T) {
	t.Parallel()
	for text, mail := range map[string]bool{
		"Mailing Check To (PAYEE):\nTALLGRASS CAPITAL\n12 Ash St\nFort Worth, TX 76161\n": true,
		"TALLGRASS CAPITAL\nP.O. Box 961029\nFort Worth, TX 76161\n":                      true,
		"MAILING CITY   Fort Worth, TX 76161\n":                                           true,
		"Clearwater Bottling\n12 Ash St\nFort Worth, TX 76161\n":                          false,
		"Pickup (email the POD)\n12 Ash St\nFort Worth, TX 76161\n":                       false,
	} {
		d := &doc{sheet: layOut(TextPages(text)), r: &Reading{}}
		for _, c := range d.cells {
			if ts := findTowns(c.text, nil); len(ts) == 1 {
				if got := d.forMail(spot{c: c, t: ts[0], block: d.around(c)}); got != mail {
					t.Errorf("%q: for mail is %v", text, got)
				}
			}
		}
	}
}

func TestBoxesOfStops(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, stops string }{
		{"headings centred over two boxes", `
             Consignor/Shipper                              Consignee/Receiver
Day:       Tuesday                               Day:       Wednesday
Date:      07/14/2026                            Date:      07/15/2026
Name:      Clearwater Bottling                   Name:      Delta Grocers DC
Address:   400 Spring Rd                         Address:   12 Market St
City:      Dallas                                City:      Memphis
State:     TX                                    State:     TN
Zip:       75201                                 Zip:       38118
`},
		{"headings centred over captions without a colon", `
                                           PICK UP
          From     Clearwater Bottling                Phone     (555) 010-7733
       Address     400 Spring Rd                      Appt Date/Time   07/14/2026 08:00
City, State, Zip   Dallas TX 75201

                                       FINAL DESTINATION
       Company     Delta Grocers DC                   Phone     (555) 010-7744
       Address     12 Market St                       Appt Date/Time   07/15/2026 08:00
City, State, Zip   Memphis TN 38118
`},
		{"lettered stops", `
1. Pick-Up-A - Pro #1394620
Clearwater Bottling                    Scheduled: 07/14/2026 08:00
400 Spring Rd
Dallas, TX 75201

2. Deliver-A - Pro #1394620
Delta Grocers DC                       Scheduled: 07/15/2026 09:00
12 Market St
Memphis, TN 38118
`},
		{"the customer's dock below the stop's heading", `
Load At                               Pickup Date:
Customer: Clearwater Bottling         Earliest: Tue Jul 14, 2026 8:00 AM
Address: 400 Spring Rd                Latest: Tue Jul 14, 2026 9:00 AM
City: Dallas
State: TX
Zipcode: 75201

Deliver To                            Delivery Date:
Customer: Delta Grocers DC            Earliest: Wed Jul 15, 2026 8:00 AM
Address: 12 Market St                 Latest: Wed Jul 15, 2026 9:00 AM
City: Memphis
State: TN
Zipcode: 38118
`},
		{"strips that begin with the day, below another party's column", `
Carrier ID: 88        Carrier: Prairie Line LLC
                      Work: 555-010-7711
Total Pay: 3,400.00 USD
Shipper      07/14/2026 08:00    Clearwater Bottling       Quantity: 41000 lbs
                                 400 Spring Rd
                                 Dallas TX 75201
Consignee    07/15/2026 07:00    Delta Grocers DC
                                 12 Market St
                                 Memphis TN 38118
`},
		{"names beside their words, a number below, under another party's column", `
Carrier ID: 88
         Carrier: Prairie Line LLC
         Work: 555-010-7711
Total Pay: 3,400.00 USD
Pick up:    Clearwater Bottling        Earliest Time: 07/14/2026 14:00
            400 Spring Rd              Latest Time: 07/14/2026 14:00
            Dallas, TX 75201
            PICK#1: 124004
Delivery:   Delta Grocers DC           Earliest Time: 07/15/2026 07:00
            12 Market St               Latest Time: 07/15/2026 07:00
            Memphis, TN 38118
            DEL#1: M0235931
`},
		{"a caption of two lines", `
           INITIAL PICK UP                            FINAL DESTINATION
DATE:      07/14/2026  TIME: 1600           DATE:     07/15/2026  TIME: 0900
FROM:      Clearwater Bottling              FROM:     Delta Grocers DC
           400 Spring Rd                              12 Market St
           Dallas, TX 75201                           Memphis, TN 38118
PICKUP                                      DELIVERY
NOTE                                        NOTE
`},
	} {
		r := readText(realHead + c.stops + "\nTotal: $2,450.00\n")
		if len(r.Stops) != 2 {
			t.Errorf("%s: %d stops, want 2", c.name, len(r.Stops))
			continue
		}
		want(t, c.name, r, map[string]string{
			"stops[0].type": "pickup", "stops[0].name": "Clearwater Bottling", "stops[0].address": "400 Spring Rd", "stops[0].city": "Dallas", "stops[0].zip": "75201",
			"stops[1].type": "delivery", "stops[1].name": "Delta Grocers DC", "stops[1].address": "12 Market St", "stops[1].city": "Memphis", "stops[1].zip": "38118",
		})
	}
}

func TestNumbersOfStops(t *testing.T) {
	t.Parallel()
	r := readText(realHead + `
PICKUP
Clearwater Bottling
400 Spring Rd
Dallas, TX 752010002
07/14/2026 08:00
Reference: LOAD 0700-1400

DELIVERY
Delta Grocers DC
12 Market St
Memphis, TN 38118
07/15/2026 09:00
Reference: 07001-1400

Total: $2,450.00
`)
	want(t, "numbers", r, map[string]string{"stops[0].zip": "75201-0002", "stops[0].references[0]": ""})
	if got := (&doc{}).refsIn(ev{text: "0700-1400, 07001-1400"}, "PO", 0.9); len(got) != 1 || got[0].Value != "07001-1400" {
		t.Errorf("numbers among hours: %v", got)
	}
}

func TestDaysOfStops(t *testing.T) {
	t.Parallel()
	r := readText(realHead + `
PICKUP
Clearwater Bottling
400 Spring Rd
Dallas, TX 75201
Load Date: 07/14/2026
Hours: 08:00

DELIVERY
Delta Grocers DC
12 Market St
Memphis, TN 38118
Date/Time: 07/15/2026 04.30 PM

Total: $2,450.00
`)
	want(t, "days", r, map[string]string{"stops[0].window_start": "2026-07-14T08:00", "stops[1].window_start": "2026-07-15T16:30"})
}

// TestFirmBehindAStopsWord: a word of a stop ahead of a firm's name opens a stop, also at the head of a paper.
func TestFirmBehindAStopsWord(t *testing.T) {
	r := readText("Rate confirmation, load 778812\n\nPick Acme Cold Foods LLC\n100 Dock Road, Dallas, TX 75201\nThu 3/26/2026 10:30 appt\n\n" +
		"Drop Blue Produce Inc\n200 Mill Street, Memphis, TN 38118\nFri 3/27/2026 08:00 appt\n")
	if len(r.Stops) != 2 || r.Stops[0].Name == nil || r.Stops[0].Name.Value != "Acme Cold Foods LLC" || r.Stops[1].City == nil || r.Stops[1].City.Value != "Memphis" {
		t.Errorf("%d stops, the first %+v", len(r.Stops), r.Stops[0].Name)
	}
}
