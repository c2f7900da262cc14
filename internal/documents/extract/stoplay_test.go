package extract

import "testing"

// Forms of stops that were misread once. Loads and firms are invented.

const stopsTail = "\nTotal: $2,450.00\n"

// stopForms are two stops, told alike in every form.
var stopForms = []struct {
	name, stops string
	more        map[string]string
}{
	{"headings centred over boxes as wide as the paper", `
                                     Pickup Location (Stop #1)
          Name: Clearwater Bottling                      Phone: (214) 555-0147
       Address: 400 Spring Rd                          Contact:
City, State Zip: Dallas, TX 75201               Appt Date/Time: 07/14/2026 08:00

                                     Drop Location (Stop #2)
          Name: Delta Grocers DC                         Phone: (901) 555-0122
       Address: 12 Market St                           Contact:
City, State Zip: Memphis, TN 38118              Appt Date/Time: 07/15/2026 09:00
`, map[string]string{"stops[0].phone": "(214) 555-0147", "stops[1].phone": "(901) 555-0122", "stops[1].appointment": "appointment"}},
	{"a heading right of its block", `
                              Pickup 1                    Ready: 07/14/2026 08:00
       Clearwater Bottling
       400 Spring Rd
       Dallas, TX 75201

       Delivery 2                                         Ready: 07/15/2026 09:00
       Delta Grocers DC
       12 Market St
       Memphis, TN 38118
`, nil},
	{"a stop's word and its number apart, kinds by code, ZIPs in a column", `
STOP #      1      HLT
Clearwater Bottling                EARLIEST TIME:    07/14/2026 08:00
400 Spring Rd
Dallas,TX/                 75201

STOP #      2      LUL
Delta Grocers DC                   EARLIEST TIME:    07/15/2026 09:00
12 Market St
Memphis,TN/                38118
`, nil},
	{"captions without a colon beside their values", `
Stop 1: Pick Up
Facility  Clearwater Bottling
 Address  400 Spring Rd
          Dallas, TX 75201
 Contact  Ann Lee
   Phone  (214) 555-0147
07/14/2026 08:00

Stop 2: Delivery
Facility  Delta Grocers DC
 Address  12 Market St
          Memphis, TN 38118
 Contact  Receiving
   Phone  (901) 555-0122
07/15/2026 09:00
`, map[string]string{"stops[0].contact": "Ann Lee", "stops[1].contact": "Receiving"}},
	{"stops left of the carrier's block", `
     Carrier Name:   Prairie Line LLC            Load#:  48812207
     Phone:          (402) 555-0199
     **** routing in the order it is to occur ****

  pickup 1                           Location                  Contact
     Date:   07/14/2026              Clearwater Bottling       Shipping
     Time:   08:00                   400 Spring Rd             Phone: 214-555-0147
                                     Dallas, TX 75201

  drop 2                             Location                  Contact
     Date:   07/15/2026              Delta Grocers DC          Receiving
     Time:   09:00                   12 Market St              Phone: 901-555-0122
                                     Memphis, TN 38118
`, map[string]string{"stops[0].contact": "Shipping", "stops[1].contact": "Receiving", "stops[1].phone": "901-555-0122"}},
	{"letters with blanks between them", `
* * *   L O A D   A T   * * *
     Clearwater Bottling
     400 Spring Rd
     Dallas, TX  75201
     APPT DATE: 7/14/2026   TIME: 0800

* * *   D E L I V E R   T O   * * *
     Delta Grocers DC
     12 Market St
     Memphis, TN  38118
     APPT DATE: 7/15/2026   TIME: 0900
`, nil},
	{"who it goes to, below the delivery's heading", `
           INITIAL PICK UP                            FINAL DESTINATION
DATE:      07/14/2026  TIME: 0800           DATE:     07/15/2026  TIME: 0900
FROM:      Clearwater Bottling              TO:       Delta Grocers DC
           400 Spring Rd                              12 Market St
           Dallas, TX 75201                           Memphis, TN 38118
`, nil},
	{"an address label beside the name, set to the right", `
   Pickup Address:   Clearwater Bottling       P/U Date:  07/14/2026
                     400 Spring Rd             P/U Time:  0800
                     Dallas, TX 75201
Delivery Address:    Delta Grocers DC          Del Date:  07/15/2026
                     12 Market St              Del Time:  0900
                     Memphis, TN 38118
`, nil},
	{"a kind that answers a label", `
Pickup Information:
Name:      Clearwater Bottling           Contact:   ANN LEE
Address:   400 Spring Rd
           Dallas, TX 75201
Date:      07/14/2026 08:00

Additional Stop Information:
Stop Type:   Drop
Name:      Delta Grocers DC              Contact:   TOM
Address:   12 Market St
           Memphis, TN 38118
Date:      07/15/2026 09:00
`, map[string]string{"stops[0].contact": "ANN LEE", "stops[1].contact": "TOM"}},
	{"words of the stop's number that are labels elsewhere", `
Stop 1      Clearwater Bottling
            400 Spring Rd
            Dallas, TX 75201
Pick up     07/14/2026 08:00

Type        Reference #
pickup      30917742

Stop 2      Delta Grocers DC
            12 Market St
            Memphis, TN 38118
Delivery    07/15/2026 09:00
`, map[string]string{"stops[0].references[0]": "30917742"}},
	{"an office named beside the street", `
Origin
Clearwater Bottling              Shipping
400 Spring Rd                    Phone: 214-555-0147
Dallas, TX 75201
07/14/2026 08:00

Destination
Delta Grocers DC                 Bryce
12 Market St                     Phone: 901-555-0122
Memphis, TN 38118
07/15/2026 09:00
`, nil},
	{"what stands far below is not the last stop's", `
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




Attn: Joe Field
Phone: 402-555-0199
`, map[string]string{"stops[1].contact": "", "stops[1].phone": ""}},
}

func TestFormsOfStops(t *testing.T) {
	t.Parallel()
	dallas := map[string]string{"stops[0].type": "pickup", "stops[0].name": "Clearwater Bottling", "stops[0].address": "400 Spring Rd", "stops[0].city": "Dallas", "stops[0].zip": "75201", "stops[0].window_start": "2026-07-14T08:00"}
	memphis := map[string]string{"stops[1].type": "delivery", "stops[1].name": "Delta Grocers DC", "stops[1].address": "12 Market St", "stops[1].city": "Memphis", "stops[1].zip": "38118", "stops[1].window_start": "2026-07-15T09:00", "stops[2].type": ""}
	for _, c := range stopForms {
		r := readText(realHead + c.stops + stopsTail)
		want(t, c.name, r, dallas)
		want(t, c.name, r, memphis)
		want(t, c.name, r, c.more)
	}
}

func TestReferencesOfStops(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, lines string
		refs        []string
	}{
		{"a number and its name behind it", "9146203377 (PO)\n63155209 (Pickup Number)\nKD-0418806 Order Reference\n", []string{"9146203377", "63155209", "KD-0418806"}},
		{"a list broken at a dash", "CPU:   4471203-00, 60331742-\n       718824, 94110376\n", []string{"4471203-00", "60331742-718824", "94110376"}},
		{"a list that goes on below", "PU #: 604218830,\n71950266\n", []string{"604218830", "71950266"}},
		{"codes of tenders by EDI", "TE: 214-555-0147\nDEL: ANN LEE\nST#: 6140-TR02\nBM: 31044827\nQN: 1\n", []string{"6140-TR02", "31044827"}},
		{"letters that belong to the number", "PO #: PO-41702-KLT / BOL-0550913\n", []string{"PO-41702-KLT", "BOL-0550913"}},
		{"a number with a blank in it", "PO #: 417K2 309\n", []string{"417K2 309"}},
		{"not a street", "Reference: S661804 & 720915\n", []string{"S661804", "720915"}},
		{"a firm's word ahead of the label", "ACME PO#61554, NW PO#820371\n", []string{"61554", "820371"}},
	} {
		r := readText(realHead + "\nPICKUP\nClearwater Bottling\n400 Spring Rd\nDallas, TX 75201\n07/14/2026 08:00\n" + c.lines + "\nDELIVERY\nDelta Grocers DC\n12 Market St\nMemphis, TN 38118\n07/15/2026 09:00\n" + stopsTail)
		var got []string
		if len(r.Stops) > 0 {
			for _, l := range r.Stops[0].References {
				got = append(got, l.Value)
			}
		}
		for i, w := range c.refs {
			if len(got) != len(c.refs) || got[i] != w {
				t.Errorf("%s: %q, want %q", c.name, got, c.refs)
				break
			}
		}
	}
}

func TestNamesOfStops(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, block, want string }{
		{"a name that holds its town", "Dallas TX Plant\n400 Spring Rd\nDallas, TX 75201\n", "Dallas TX Plant"},
		{"a name of two lines", "NORTHERN AUTOMOTIVE GROUP FORMERLY\nSERVICES\n400 Spring Rd\nDallas, TX 75201\n", "NORTHERN AUTOMOTIVE GROUP FORMERLY SERVICES"},
		{"an address label over the name", "Address:  Harbor Depot/2207\n          400 Spring Rd\n          Dallas, TX 75201\n", "Harbor Depot/2207"},
	} {
		r := readText(realHead + "\nPICKUP\n" + c.block + "07/14/2026 08:00\n\nDELIVERY\nDelta Grocers DC\n12 Market St\nMemphis, TN 38118\n07/15/2026 09:00\n" + stopsTail)
		want(t, c.name, r, map[string]string{"stops[0].name": c.want, "stops[0].address": "400 Spring Rd", "stops[0].zip": "75201"})
	}
}

func TestHoursAndNotesOfStops(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, lines string
		want        map[string]string
	}{
		{"an end without a colon", "07/14/2026\nTIME 7-230PM\n", map[string]string{"stops[0].window_start": "2026-07-14T07:00", "stops[0].window_end": "2026-07-14T14:30"}},
		{"hours behind the stop's word", "07/14/2026 12:00\nPICK UP 1200-1500\n", map[string]string{"stops[0].window_start": "2026-07-14T12:00", "stops[0].window_end": "2026-07-14T15:00"}},
		{"an hour and its short word", "07/14/2026 18:00 Apt\n", map[string]string{"stops[0].window_start": "2026-07-14T18:00", "stops[0].appointment": "appointment"}},
		{"notes that tell the appointment", "07/14/2026\nNotes: FCFS\n", map[string]string{"stops[0].appointment": "fcfs"}},
		{"running text right below the address", "Trailers must be clean and without holes for this\nload, driver must bring two straps and load locks\n07/14/2026 08:00\n",
			map[string]string{"stops[0].notes": "Trailers must be clean and without holes for this load, driver must bring two straps and load locks"}},
	} {
		r := readText(realHead + "\nPICKUP\nClearwater Bottling\n400 Spring Rd\nDallas, TX 75201\n" + c.lines + "\nDELIVERY\nDelta Grocers DC\n12 Market St\nMemphis, TN 38118\n07/15/2026 09:00\n" + stopsTail)
		want(t, c.name, r, c.want)
	}
}

func TestLaneWithoutDays(t *testing.T) {
	t.Parallel()
	r := readText(realHead + `
Shipment #      Origin              Destination
S481206         Dallas, TX 75201    Memphis, TN 38118

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
` + stopsTail)
	want(t, "a lane's row is no stop of its own", r, map[string]string{"stops[0].name": "Clearwater Bottling", "stops[1].name": "Delta Grocers DC", "stops[2].type": ""})
}

func TestSecondLineOfAHeader(t *testing.T) {
	t.Parallel()
	r := readText(realHead + `
Stop   Type     Name                  City        St     Appt
                Address               Phone       Zip
1      PU       Clearwater Bottling   Dallas      TX     07/14/2026
                400 Spring Rd         214-555-0147  75201  08:00
2      Del      Delta Grocers DC      Memphis     TN     07/15/2026
                12 Market St          901-555-0122  38118  09:00
` + stopsTail)
	want(t, "labels of a header's second line", r, map[string]string{"stops[0].phone": "214-555-0147", "stops[0].zip": "75201", "stops[1].phone": "901-555-0122", "stops[1].zip": "38118"})
}
