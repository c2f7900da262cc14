package extract

import "testing"

func TestSpells(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		local, person string
		want          bool
	}{
		{"ann.lee", "Ann Lee", true}, {"alee", "ANN LEE", true}, {"annl", "Ann Lee", true}, {"lee", "Ann Lee", true},
		{"checkcalls", "Ann Lee", false}, {"ann", "Ann Lee", false}, {"alee2", "Ann Lee", true}, {"lee", "Lee", false},
	} {
		if got := spells(c.local, c.person); got != c.want {
			t.Errorf("%s spells %s: %v", c.local, c.person, got)
		}
	}
}

// People as real houses print them, told of invented ones.
func TestWhoWritesAndWhoHauls(t *testing.T) {
	t.Parallel()
	const head = "RATE CONFIRMATION\nLoad #: 48812207\nTallgrass Freight Brokers LLC\n"
	for _, c := range []struct {
		name, head, foot string
		want             map[string]string
	}{
		{"a person whom her mail spells, among desks", head + "Carrier: Prairie Line LLC\n",
			"Contact(s)          Direct Phone       After Hours        Email\nTyla Pounder        (901) 555-0114     901-555-0155       tpounder@tallgrass.example\n",
			map[string]string{"broker.contact": "Tyla Pounder", "broker.phone": "(901) 555-0114", "broker.email": "tpounder@tallgrass.example"}},
		{"an extension with a capital", head + "Dispatcher: Ann Lee\nPhone: (470) 555-0101 Ext 1308\nCarrier: Prairie Line LLC\n", "",
			map[string]string{"broker.phone": "(470) 555-0101 Ext 1308"}},
		{"a desk below the carrier's name", head + "To:   PRAIRIE LINE LLC\n      MOSS\n      (614) 555-0151     FAX: 614-555-0152\n", "",
			map[string]string{"carrier.name": "PRAIRIE LINE LLC", "carrier.phone": "(614) 555-0151", "carrier.contact": "MOSS"}},
		{"labels beside the carrier's desk", head + "Carrier: Prairie Line LLC\nAttn:    Moss - Prairie Line LLC\nWork: 614-555-0151\nDriver:  Jack 614-555-0159\n", "",
			map[string]string{"carrier.contact": "Moss", "carrier.phone": "614-555-0151"}},
		{"a docket behind the name", head + "To: Prairie Line LLC -ICC No. 1100230\n", "",
			map[string]string{"carrier.name": "Prairie Line LLC", "carrier.mc": "1100230"}},
	} {
		r := readText(c.head + realStops + "Total: $2,450.00\n\n" + c.foot)
		want(t, c.name, r, c.want)
	}
}
