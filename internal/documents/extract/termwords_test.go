package extract

import "testing"

// Conditions as real houses word them, told of invented loads.
func TestTermsInOtherWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       map[string]string
	}{
		{"a lumper on a condition", "Lumpers must be reported and receipts provided within 12 hours of delivery, or they will not be reimbursed.\n", map[string]string{"terms.lumper": "reimbursed"}},
		{"a cap in the next sentence", "TONU (Truck Ordered not used) will only be paid after the truck is checked in at the pick up location. Max $150.\n", map[string]string{"terms.tonu": "150.00"}},
		{"tracking in short", "Additional Requirements: MACROPOINT REQ\n", map[string]string{"terms.tracking_required": "true"}},
		{"tracking that a house requires", "Our house requires our carriers to give visibility data to Macropoint for this load.\n", map[string]string{"terms.tracking_required": "true"}},
		{"days ahead of the word", "Regular 30-Day terms, send the invoice with the signed bill.\n", map[string]string{"terms.payment_days": "30"}},
		{"prompt payment", "In order to receive prompt payment within 30 days, we must have the signed bill.\n", map[string]string{"terms.payment_days": "30"}},
		{"hours of grace", "Payment for waiting time is paid after a 2-hour grace period up to $50.00 per hour.\n", map[string]string{"terms.detention_free_minutes": "120"}},
		{"free hours exceeded", "Any detention exceeding 2 free hours at a dock must be told 30 minutes before it starts.\n", map[string]string{"terms.detention_free_minutes": "120"}},
		{"paid next day", "Interested in getting paid next day for only a 1.5% fee?\n", map[string]string{"terms.quick_pay_percent": "1.5", "terms.quick_pay_days": "1"}},
		{"a mile's pay is no stop's", "Out of route is paid at $2.00 per mile + an additional stop.\n", map[string]string{"terms.stop_off": ""}},
	} {
		want(t, c.name, readText(realHead+realStops+"Total: $2,450.00\n\n"+c.text), c.want)
	}
}
