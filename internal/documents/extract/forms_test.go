package extract

import (
	"strings"
	"testing"
)

// read1 is the value of one field of a small rate confirmation with text in it.
func read1(text, field string) string {
	for _, f := range readText(strings.Replace(text, "%TOTAL%", "$1,610.50", 1)).Fields() {
		if f.Path == field {
			return f.Value
		}
	}
	return ""
}

// Wordings that houses have for the same thing, each on an otherwise plain paper.
func TestWordings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ was, now, field, want string }{
		{"Load #: QX-77120", "Load ID # QRF-CTLM", "load_number", "QRF-CTLM"},
		{"RATE CONFIRMATION\n\nLoad #: QX-77120", "618203 RATE CONFIRMATION", "load_number", "618203"},
		{"Load #: QX-77120", "Reference: 7745120 (Load ID)", "load_number", "7745120"},
		{"Carrier: Prairie Line", "Carrier: REDGATE HAULAGE INC (KLPD)", "carrier.name", "REDGATE HAULAGE INC"},
		{"Carrier: Prairie Line", "General Contact at REDGATE HAULAGE INC - T4410827", "carrier.name", "REDGATE HAULAGE INC"},
		{"Date: 07/10/2026", "From     : Calvin Harmon on 07-10-2026 at 06:57pm", "broker.contact", "Calvin Harmon"},
		{"Date: 07/10/2026", "Booked With:        Hallie Haaker", "broker.contact", "Hallie Haaker"},
		{"Date: 07/10/2026", "Tallgrass Contact: John Phelps Email: john@tallgrass.example", "broker.contact", "John Phelps"},
		{"Date: 07/10/2026", "Contact your Tallgrass Rep, Edmund Pletas", "broker.contact", "Edmund Pletas"},
		{"Commodity: Bottled water", "Commodity: SUGAR (41260.0 lbs)", "commodity", "SUGAR"},
		{"Commodity: Bottled water", "List of Items: Medical Supplies", "commodity", "Medical Supplies"},
		{"Equipment: 53' Dry Van", "Load EQ Type     Van Only", "equipment", "van"},
		{"Equipment: 53' Dry Van", "Equipment: 48' Flat", "equipment", "flatbed"},
		{"Equipment: 53' Dry Van", "Equipment: 48' Step", "equipment", "step_deck"},
		{"Equipment: 53' Dry Van", "Keep the freight at 37°F - 39°F all the way.", "temperature_max_f", "39"},
	} {
		if !strings.Contains(letter, c.was) {
			t.Fatalf("%q is not in the letter", c.was)
		}
		if got := read1(strings.Replace(letter, c.was, c.now, 1), c.field); got != c.want {
			t.Errorf("%s: %s %q, want %q", c.now, c.field, got, c.want)
		}
	}
}

// Conditions of pay in the ways houses write them.
func TestConditions(t *testing.T) {
	t.Parallel()
	const list = "Layover $250, Labor $35/hr, Detention (2 hrs free) $35/hr ($250 max), Truck Order Not Used $150, Extra Stops $50"
	const bars = "Driver Tailgate: $35 | Stop-Off: $50 | Detention: $50 per hour after 2 free hours, subject to Layover maximum. Truck Order Not Used: $150 | Driver Layover (Dry): $175"
	for _, c := range []struct{ text, field, want string }{
		{list, "terms.detention_rate_per_hour", "35.00"},
		{list, "terms.tonu", "150.00"},
		{list, "terms.layover_per_day", "250.00"},
		{bars, "terms.layover_per_day", "175.00"},
		{"Payment will be made within thirty days of receipt of signed bill of lading and invoice.", "terms.payment_days", "30"},
		{"Quick pay is available for a fee of three percent of the total rate payable.", "terms.quick_pay_percent", "3.0"},
		{"Carrier will be paid within 45 calendar days of our receipt of a complete invoice package. Accelerated pay: 1 days, less 5%.", "terms.quick_pay_days", "1"},
		{"Truck Ordered Not Used occurs when a load is dispatched, then cancelled. Carrier will be paid a flat rate of two-hundred dollars ($200)", "terms.tonu", "200.00"},
		{"A truck ordered and then turned away is compensated with $175.00.", "terms.tonu", "175.00"},
		{"Waiting beyond that is paid at $25.00 per hour, at most $150.00 for one day, on written request.", "terms.detention_daily_cap", "150.00"},
		{"Carrier agrees to electronic tracking of this load.", "terms.tracking_required", "true"},
		{"- Shipper handles lumpers.", "terms.lumper", "shipper"},
	} {
		if got := read1(letter+"\n\n"+c.text+"\n", c.field); got != c.want {
			t.Errorf("%s: %s %q, want %q", c.text, c.field, got, c.want)
		}
	}
}

// Words that merely look like a currency or a person are none.
func TestLookAlikes(t *testing.T) {
	t.Parallel()
	if got := read1(strings.Replace(letter, "Bottled water", "Avocados", 1), "currency"); got != "USD" {
		t.Errorf("avocados are paid in %q", got)
	}
	for _, s := range []string{"FMCSA License", "Reference IDs", "Truckload Linehaul"} {
		if looksPerson(s) {
			t.Errorf("%s is taken for a person", s)
		}
	}
}

// An e-mail address broken by a narrow box is one address; two addresses are two.
func TestTornMail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		up, rest string
		want     bool
	}{
		{"ann.lee@dovetailnorth.exam", "ple", true},
		{"ann.lee@dovetail-", "north.com", true},
		{"ann.lee@dovetail.com", "net", false},
		{"ann.lee@dovetail.com", "bob@dovetail.com", false},
		{"Ann Lee", "ple", false},
	} {
		if got := tornMail(c.up, c.rest); got != c.want {
			t.Errorf("%s over %s: %v", c.up, c.rest, got)
		}
	}
}

// Numbers set right under labels set left keep their order, though each stands
// nearer to the next label; a column may stay empty.
func TestColumnsOf(t *testing.T) {
	t.Parallel()
	tb := &table{}
	for _, x := range [][2]float64{{84, 114}, {223, 246}, {392, 406}, {487, 505}, {684, 717}} {
		tb.cols = append(tb.cols, tableCol{x0: x[0], x1: x[1]})
	}
	row := func(xs ...[2]float64) (out []*cell) {
		for _, x := range xs {
			out = append(out, &cell{x0: x[0], x1: x[1]})
		}
		return out
	}
	for _, c := range []struct {
		row  []*cell
		want []int
	}{
		{row([2]float64{84, 121}, [2]float64{223, 254}, [2]float64{466, 481}, [2]float64{559, 583}, [2]float64{718, 759}), []int{0, 1, 2, 3, 4}},
		{row([2]float64{84, 121}, [2]float64{718, 759}), []int{0, 4}},
	} {
		for i, k := range tb.columnsOf(c.row) {
			if k != c.want[i] {
				t.Errorf("cell %d of %d is in column %d, want %d", i, len(c.row), k, c.want[i])
			}
		}
	}
}

// The conditions may stand in a column beside the charges: their amounts are
// not the charges'.
func TestConditionsBesideCharges(t *testing.T) {
	t.Parallel()
	text := strings.Replace(letter, "Line Haul: $1,400.00\nFuel Surcharge: $210.50\nTotal: %TOTAL%\n", `Agreed money                     Small print
Line Haul      1,400.00          Payment: 40 days after complete paperwork. Free time is 2 hours; after that, $50 an hour.
Fuel             210.50          Layover allowance: $150 for each day that we hold the truck at our request or theirs.
All in         1,610.50          TONU compensation: $175. A stop past the first two is paid at $100 each on this load.
`, 1)
	if got := read1(text, "total_rate"); got != "1610.50" {
		t.Errorf("total %q", got)
	}
}

// The day and the hour of receipt may stand in boxes side by side.
func TestReceivedInBoxes(t *testing.T) {
	t.Parallel()
	r := readText(`STRAIGHT BILL OF LADING
BOL Number: 55123
SHIP FROM
Acme Mills
1 Main St
Dallas, TX 75201
SHIP TO
Delta DC
2 Oak Ave
Memphis, TN 38118

RECEIPT OF DELIVERY
DATE RECEIVED      TIME RECEIVED      H.U. RECEIVED
6/13/2026          9:55 AM            12
`)
	if r.ReceivedAt == nil || r.ReceivedAt.Value != "2026-06-13T09:55" {
		t.Errorf("received at %v", value(r.ReceivedAt))
	}
	if n := r.DeliveredPieces; n == nil || n.Value != 12 {
		t.Errorf("delivered %v", n)
	}
}
