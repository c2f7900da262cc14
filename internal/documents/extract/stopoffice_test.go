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
		"TALLGRASS CAPITAL\nP.O. Box 961029\nFort Worth, TX 76161\n":                       true,
		"MAILING CITY   Fort Worth, TX 76161\n":                                             true,
		"Clearwater Bottling\n12 Ash St\nFort Worth, TX 76161\n":                           false,
		"Pickup (email the POD)\n12 Ash St\nFort Worth, TX 76161\n":                        false,
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
