package extract

import (
	"strings"
	"testing"
)

// Heads and feet as real houses print them, told of invented firms.
func TestWhoseOffice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, head, foot string
		want             map[string]string
	}{
		{"a mail address in a sentence", "Cinder Freight Lines LLC\nRATE CONFIRMATION\nLoad #: 48812207\nCarrier: Prairie Line LLC\n",
			"SEND ALL INVOICES and PODS TO: 1735 Quarry Pkwy Suite 300, Alpharetta, GA 30009, pod@cinderfreight.example\n",
			map[string]string{"broker.address": "1735 Quarry Pkwy Suite 300, Alpharetta, GA 30009"}},
		{"bills go to the broker", "RATE CONFIRMATION                 Bill To: Quillon Dynamics LLC\nLoad #: 48812207                  1140 Wicker Dr.\n                                  Buffalo, NY 14221\nCarrier: Prairie Line LLC\n", "",
			map[string]string{"broker.name": "Quillon Dynamics LLC", "broker.address": "1140 Wicker Dr., Buffalo, NY 14221"}},
		{"two firms with their offices", "                 RATE CONFIRMATION\nLoad #: 48812207\n                      Between\n     QUILLON FREIGHT SYSTEMS CORP.     and      PRAIRIE LINE LLC\n     21900 HOOPER ROAD                          608 N WILLOW ST\n     WARREN, MI 48089                           LEXINGTON, NE 68850\n", "",
			map[string]string{"broker.name": "QUILLON FREIGHT SYSTEMS CORP.", "broker.address": "21900 HOOPER ROAD, WARREN, MI 48089", "carrier.name": "PRAIRIE LINE LLC", "carrier.address": "608 N WILLOW ST, LEXINGTON, NE 68850"}},
		{"a suite of its own, a ZIP in its own column", "Quillon Freight Cargo\n6800 Sandy Dr\nSuite B-2\nHodgkins, IL     60525\nRATE CONFIRMATION\nLoad #: 48812207\nCarrier: Prairie Line LLC\n", "",
			map[string]string{"broker.address": "6800 Sandy Dr, Suite B-2, Hodgkins, IL 60525"}},
		{"a title behind the name, a code behind the carrier's", "QUILLON LTS, LLC. Rate Confirmation\nLoad #: 48812207\nCarrier: Prairie Line LLC ( 3411 )\n", "",
			map[string]string{"broker.name": "QUILLON LTS, LLC", "carrier.name": "Prairie Line LLC"}},
		{"hereafter", "RATE AGREEMENT\nLoad #: 48812207\nPursuant to our verbal agreement between Nathan Ames of Quillon Logistics, Inc. Hereafter referred to as\nBroker and Moses of Prairie Line, LLC, hereafter referred to as Carrier:\n", "",
			map[string]string{"broker.name": "Quillon Logistics, Inc.", "carrier.name": "Prairie Line, LLC"}},
		{"trade words are no name", "Quillon Logistics LLC\nLoad #: 48812207\nMotor Carrier Information\nCarrier Name:   PRAIRIE LINE LLC\n", "",
			map[string]string{"broker.name": "Quillon Logistics LLC", "carrier.name": "PRAIRIE LINE LLC"}},
		{"who is addressed is no sender", "            ATTN:\n            Moss\n            PRAIRIE LINE LLC\n     QUILLON LOGISTICS INC\nRATE CONFIRMATION\nLoad #: 48812207\n", "",
			map[string]string{"broker.name": "QUILLON LOGISTICS INC", "carrier.name": "PRAIRIE LINE LLC"}},
		{"named again and again", "RATE CONFIRMATION\nLoad #: 48812207\nCarrier: Prairie Line LLC\n", "Drivers must say that they pick up for Quillon Global Logistics at every dock.\nAll claims are settled with Quillon Global Logistics within thirty days of delivery.\n",
			map[string]string{"broker.name": "Quillon Global Logistics"}},
	} {
		r := readText(c.head + realStops + "Total: $2,450.00\n\n" + c.foot)
		want(t, c.name, r, c.want)
	}
}

func TestUprightCaptions(t *testing.T) {
	t.Parallel()
	pages := TextPages("Quillon Logistics LLC\nRATE CONFIRMATION\nLoad #: 48812207\nCarrier: Prairie Line LLC\n" + realStops + "Total: $2,450.00\n")
	line := 0.0
	for i, w := range pages[0].Words {
		if w.Text == "Prairie" {
			line = pages[0].Words[i].Y0
		}
	}
	for i, r := range "CARRIER" {
		y := line + float64(i-3)*11
		pages[0].Words = append(pages[0].Words, Word{Text: string(r), X0: 300, X1: 306, Y0: y, Y1: y + 9, Conf: 1})
	}
	r := Read(pages, Options{})
	if n := value(r.Carrier.Name); n != "Prairie Line LLC" {
		t.Errorf("carrier is %q", n)
	}
	for _, f := range r.Fields() {
		if strings.HasSuffix(f.Value, " R") || strings.HasPrefix(f.Value, "R ") {
			t.Errorf("%s keeps a caption's letter: %q", f.Path, f.Value)
		}
	}
}

func TestWhereInvoicesGo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"a desk for proofs and one for invoices", "PODs to pod@tallgrass.example at delivery\nEMAIL INVOICES TO: ap@tallgrass.example\n", "ap@tallgrass.example"},
		{"the carrier's private mail", "Bill To:\nTallgrass Freight Brokers LLC\nEmail: moss77@hotmail.com\nSend invoices to: carrierinvoices@tallgrass.example\n", "carrierinvoices@tallgrass.example"},
		{"proofs and invoices at one desk", "Invoices, PODs and receipts must be sent to docs@tallgrass.example\nQuestions: accounting@tallgrass.example\n", "docs@tallgrass.example"},
	} {
		r := readText(realHead + realStops + "Total: $2,450.00\n\n" + c.text)
		want(t, c.name, r, map[string]string{"broker.billing_email": c.want})
	}
}
