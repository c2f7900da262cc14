package extract

import "testing"

// What is hauled, in what, as real houses print it, told of invented loads.
func TestWaysToPrintGoods(t *testing.T) {
	t.Parallel()
	const head = "RATE CONFIRMATION\nLoad #: 48812207\nTallgrass Freight Brokers LLC\nCarrier: Prairie Line LLC\n"
	for _, c := range []struct {
		name, text string
		want       map[string]string
	}{
		{"a length glued to its kind", "Equipment: 53VAN\n", map[string]string{"equipment": "van", "trailer_length_ft": "53"}},
		{"a kind ahead of its length", "Trailer: V53\n", map[string]string{"equipment": "van", "trailer_length_ft": "53"}},
		{"several will do", "Equipment: Van or Reefer\n", map[string]string{"equipment": "van"}},
		{"a length in the remarks", "Equipment: Van\nCOMMENT: 53' Dry Van Required, no holes\n", map[string]string{"equipment": "van", "trailer_length_ft": "53"}},
		{"a length below its kind", "Equipment     Van\n              53 ft - 44,586.00 lbs\n", map[string]string{"equipment": "van", "trailer_length_ft": "53"}},
		{"size and kind under one label", "Size & Type:   Van      Min. Trailer Size:   53\n", map[string]string{"equipment": "van", "trailer_length_ft": "53"}},
		{"an empty box of degrees", "Equipment: Van 53'\nReefer Temp:   0\n", map[string]string{"equipment": "van", "temperature_min_f": ""}},
		{"values in brackets", "Equipment: Van 53'\nPieces (14)      Weight (18000)\nMileage: (1076.0 miles)\n", map[string]string{"pieces": "14", "weight_lb": "18000", "miles": "1076"}},
		{"miles behind other figures", "Equipment: Van 53'\nFreight Terms: 3500.0, Prepaid (21994.0 lb) (2088.0 miles)\n", map[string]string{"miles": "2088"}},
		{"count, goods and weight in one line", "Equipment: Van 53'\nSHIPMENT DESCRIPTION\n100 PALLETS LUBE 40847LBS\n", map[string]string{"commodity": "LUBE", "pieces": "100", "weight_lb": "40847"}},
		{"goods centred under their heading", "Equipment: Van 53'\n      DESCRIPTION              WEIGHT\n  Bottled Spring Water        42,000 LB\n", map[string]string{"commodity": "Bottled Spring Water"}},
		{"a count with its unit alone", "Equipment: Van 53'\nCommodities\n  FOOD INGREDIENTS        40720 LBS      4560.00 PCS\n", map[string]string{"pieces": "4560"}},
	} {
		want(t, c.name, readText(head+c.text+realStops+"Total: $2,450.00\n"), c.want)
	}
}
