package extract

import "testing"

// Ways to print pay, told of invented loads. Each was misread once.
var payForms = []struct {
	name, text string
	want       map[string]string
}{
	{"names of its own, proved by the total below", `
                      Rate:                $800.00
                      Safe Arrival:        $250.00
                      Call Compliance:     $150.00
                      Extra Drop-In:         $0.00
                      Other:               -$50.00
                      TOTAL:             $1,150.00
`, map[string]string{"total_rate": "1150.00", "line_items[0].description": "Rate", "line_items[0].kind": "linehaul", "line_items[1].description": "Safe Arrival", "line_items[1].amount": "250.00", "line_items[2].description": "Call Compliance", "line_items[3].amount": "0.00", "line_items[4].amount": "-50.00"}},
	{"a total above its lines", `
     Ord# 77120 Total Pay(USD):     $1,650.00
     Linehaul Pay:                  $1,600.00
     Tank Rinse:                       $50.00
     Kept Clean:                        $0.00
`, map[string]string{"total_rate": "1650.00", "line_items[0].description": "Linehaul Pay", "line_items[1].description": "Tank Rinse", "line_items[2].description": "Kept Clean", "line_items[3].amount": ""}},
	{"one line with names and total", `
Payment: Line Haul: $3,400.00, Dock Extras: $60.00, Fuel Surcharge: $0.00, TOTAL: $3,460.00
`, map[string]string{"total_rate": "3460.00", "line_items[0].description": "Line Haul", "line_items[1].description": "Dock Extras", "line_items[1].amount": "60.00", "line_items[2].description": "Fuel Surcharge", "line_items[2].amount": "0.00"}},
	{"a way of charging is no name", `
Total Line Haul                  2450.0          Flat Rate             $2450.0
                                                    Total:             $2450.0
`, map[string]string{"total_rate": "2450.00", "line_items[0].description": "Total Line Haul", "line_items[0].rate": "2450.00", "line_items[1].amount": ""}},
	{"quantity and price below", `
 Rate          Other - truck ordered not used             $300.00
               2.0 x $150.00
               Total                                      $300.00
`, map[string]string{"line_items[0].kind": "tonu", "line_items[0].quantity": "2.0", "line_items[0].rate": "150.00", "line_items[0].amount": "300.00"}},
	{"count and price make the amount, not the count", `
Description              Rate             Quantity            Extended Cost
Line Haul                $2,000.00        1.00                              $2,000.00
Detention                   $35.00        5.00                                $175.00
                                      Balance Payable:                      $2,175.00
`, map[string]string{"total_rate": "2175.00", "line_items[1].amount": "175.00", "line_items[1].quantity": "5.00", "line_items[1].rate": "35.00", "line_items[0].rate": "2000.00"}},
	{"a weight beside the pay is no pay", `
Flat Rate        $1,100.00            decking         1 decking       45,000
       Total:    $1,100.00                            Total: 1        45,000
`, map[string]string{"total_rate": "1100.00", "line_items[0].amount": "1100.00", "line_items[1].amount": ""}},
	{"an amount that includes", `
Amount:          $3,800.00 Inc FSC
`, map[string]string{"total_rate": "3800.00", "currency": "USD", "line_items[0].amount": ""}},
	{"what is deducted is no pay", `
Carrier Freight Pay:     $750.00
Failure to do so will result in deduction in pay. $550.00 deduction for missed appointment time.
`, map[string]string{"total_rate": "750.00", "line_items[0].description": "Carrier Freight Pay"}},
	{"signs in a column of their own", `
Rate:    $       2,800.00     FSC of:    INCLUDED      Total Rate:   $    2,800.00
`, map[string]string{"total_rate": "2800.00", "currency": "USD", "line_items[0].description": "Rate"}},
}

func TestWaysToPrintPay(t *testing.T) {
	t.Parallel()
	for _, c := range payForms {
		want(t, c.name, readText(realHead+realStops+c.text), c.want)
	}
}
