package billing

import (
	"io"
	"slices"
	"strings"
	"time"

	"truckflow/internal/kit/csvio"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/loads"
)

// pastLoad is one row of a history: a load, its invoice and what was paid.
// Days and moments are kept as the loads room takes them: a date, or a wall time.
type pastLoad struct {
	Number, Customer, USDOT, Ref string
	Equipment, Commodity         string
	Weight, Pieces, Miles        *int
	Pickup, Delivery             pastStop
	Between                      string
	Truck, Trailer, Driver       string
	Booked                       *time.Time
	Delivered                    string
	Linehaul, Fuel               money.Cents
	Extras                       string
	Invoice                      string
	Invoiced, Due, PaidOn        *time.Time
	Paid                         money.Cents
	Method, Reference, Short     string
	alreadyIn                    bool
}

type pastStop struct{ Name, Address, City, State, ZIP, On, Arrived, Departed string }

// moment reads a date as csvio does, or a date with a time of day.
func moment(s string) (string, error) {
	if s = strings.TrimSpace(s); s == "" {
		return "", nil
	}
	if d, err := csvio.ParseDate(s); err == nil {
		return d.Format(time.DateOnly), nil
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02T15:04", "2006-01-02 15:04:05", "1/2/2006 15:04", "1/2/2006 3:04 PM", "1/2/06 15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format("2006-01-02T15:04"), nil
		}
	}
	return "", errs.Invalid("not a date such as 2026-11-23 or 11/23/2026 14:30")
}

func momentColumn(name string, at func(*pastLoad) *string, aliases ...string) csvio.Column[pastLoad] {
	return csvio.Column[pastLoad]{Name: name, Aliases: aliases, Get: func(v *pastLoad) string { return *at(v) },
		Set: func(v *pastLoad, s string) (err error) { *at(v), err = moment(s); return err }}
}

// clockColumn is a moment that is of no use without its time of day.
func clockColumn(name string, at func(*pastLoad) *string) csvio.Column[pastLoad] {
	c := momentColumn(name, at)
	set := c.Set
	c.Set = func(v *pastLoad, s string) error {
		err := set(v, s)
		if err == nil && len(*at(v)) == len(time.DateOnly) {
			err = errs.Invalid("a date with its time, such as 2026-11-23 14:30")
		}
		return err
	}
	return c
}

func dollarColumn(name string, at func(*pastLoad) *money.Cents, aliases ...string) csvio.Column[pastLoad] {
	return csvio.Column[pastLoad]{Name: name, Aliases: aliases,
		Get: func(v *pastLoad) string {
			if *at(v) == 0 {
				return ""
			}
			return at(v).String()
		},
		Set: func(v *pastLoad, s string) (err error) {
			if s == "" {
				s = "0"
			}
			if *at(v), err = money.Parse(s); err != nil {
				return errs.Invalid("dollars such as 1850.00")
			}
			return nil
		}}
}

func stopColumns(kind string, at func(*pastLoad) *pastStop) []csvio.Column[pastLoad] {
	return []csvio.Column[pastLoad]{
		csvio.Text(kind+"_name", func(v *pastLoad) *string { return &at(v).Name }),
		csvio.Text(kind+"_address", func(v *pastLoad) *string { return &at(v).Address }),
		csvio.Text(kind+"_city", func(v *pastLoad) *string { return &at(v).City }).Need(),
		csvio.Text(kind+"_state", func(v *pastLoad) *string { return &at(v).State }).Need(),
		csvio.Text(kind+"_zip", func(v *pastLoad) *string { return &at(v).ZIP }),
		momentColumn(kind+"_date", func(v *pastLoad) *string { return &at(v).On }).Need(),
		clockColumn(kind+"_arrived", func(v *pastLoad) *string { return &at(v).Arrived }),
		clockColumn(kind+"_departed", func(v *pastLoad) *string { return &at(v).Departed }),
	}
}

// historyColumns are the columns of a history, in the order the import page shows them.
func historyColumns() []csvio.Column[pastLoad] {
	text, date := csvio.Text[pastLoad], csvio.Date[pastLoad]
	return slices.Concat([]csvio.Column[pastLoad]{
		text("load_number", func(v *pastLoad) *string { return &v.Number }, "load", "load_no", "pro", "pro_number").Need(),
		text("customer", func(v *pastLoad) *string { return &v.Customer }, "broker", "bill_to").Need(),
		text("customer_usdot", func(v *pastLoad) *string { return &v.USDOT }, "usdot", "dot"),
		text("customer_load_number", func(v *pastLoad) *string { return &v.Ref }, "reference", "broker_load_number", "customer_reference"),
		text("equipment", func(v *pastLoad) *string { return &v.Equipment }),
		text("commodity", func(v *pastLoad) *string { return &v.Commodity }),
		csvio.Int("weight_lb", func(v *pastLoad) **int { return &v.Weight }, "weight"),
		csvio.Int("pieces", func(v *pastLoad) **int { return &v.Pieces }),
		csvio.Int("miles", func(v *pastLoad) **int { return &v.Miles }, "loaded_miles"),
	}, stopColumns("pickup", func(v *pastLoad) *pastStop { return &v.Pickup }), []csvio.Column[pastLoad]{
		text("stops_between", func(v *pastLoad) *string { return &v.Between }),
	}, stopColumns("delivery", func(v *pastLoad) *pastStop { return &v.Delivery }), []csvio.Column[pastLoad]{
		text("truck", func(v *pastLoad) *string { return &v.Truck }, "truck_number", "unit_number"),
		text("trailer", func(v *pastLoad) *string { return &v.Trailer }, "trailer_number"),
		text("driver", func(v *pastLoad) *string { return &v.Driver }, "driver_name"),
		date("booked_date", func(v *pastLoad) **time.Time { return &v.Booked }),
		momentColumn("delivered_date", func(v *pastLoad) *string { return &v.Delivered }, "delivered"),
		dollarColumn("linehaul", func(v *pastLoad) *money.Cents { return &v.Linehaul }, "rate", "total", "amount").Need(),
		dollarColumn("fuel", func(v *pastLoad) *money.Cents { return &v.Fuel }, "fuel_surcharge"),
		text("other_charges", func(v *pastLoad) *string { return &v.Extras }, "accessorials"),
		text("invoice_number", func(v *pastLoad) *string { return &v.Invoice }, "invoice").Need(),
		date("invoice_date", func(v *pastLoad) **time.Time { return &v.Invoiced }).Need(),
		date("due_date", func(v *pastLoad) **time.Time { return &v.Due }),
		date("paid_date", func(v *pastLoad) **time.Time { return &v.PaidOn }),
		dollarColumn("paid_amount", func(v *pastLoad) *money.Cents { return &v.Paid }),
		text("payment_method", func(v *pastLoad) *string { return &v.Method }),
		text("payment_reference", func(v *pastLoad) *string { return &v.Reference }, "check_number"),
		text("short_pay_reason", func(v *pastLoad) *string { return &v.Short }),
	})
}

// historyList is a history as csvio reads it; check names what is wrong with a row.
func historyList(check func(*pastLoad) error) csvio.List[pastLoad] {
	return csvio.List[pastLoad]{Noun: "load", KeyName: "load_number", Columns: historyColumns(), New: func() pastLoad { return pastLoad{} },
		Keys: func(v *pastLoad) []string { return []string{v.Number} }, Check: check}
}

// HistoryColumns names the columns of a history's CSV, for the import page.
func HistoryColumns() (names []string) {
	for _, c := range historyColumns() {
		names = append(names, c.Name)
	}
	return names
}

// between reads "Tulsa OK 74101 delivery 2026-02-03; Joplin MO pickup 02/04/2026".
func between(s string) (out []loads.StopInput, err error) {
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '\n' }) {
		w := strings.Fields(part)
		if len(w) == 0 {
			continue
		}
		at := slices.IndexFunc(w, func(x string) bool { return x == "pickup" || x == "delivery" })
		if at < 2 || at+1 >= len(w) {
			return nil, errs.Invalid("write each as: city, state, ZIP, pickup or delivery, date; separated by semicolons")
		}
		st := loads.StopInput{Kind: w[at]}
		if st.From, err = moment(strings.Join(w[at+1:], " ")); err != nil {
			return nil, err
		}
		place := w[:at]
		if z := place[len(place)-1]; len(z) >= 5 && z[0] >= '0' && z[0] <= '9' && len(place) > 2 {
			st.ZIP, place = z, place[:len(place)-1]
		}
		st.State = strings.ToUpper(place[len(place)-1])
		st.City = strings.Trim(strings.Join(place[:len(place)-1], " "), ", ")
		out = append(out, st)
	}
	return out, nil
}

// extras reads "detention 150.00; lumper 80".
func extras(s string) (out []loads.ChargeInput, err error) {
	for _, part := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '\n' }) {
		w := strings.Fields(part)
		if len(w) == 0 {
			continue
		}
		amount, err := money.Parse(w[len(w)-1])
		if err != nil || len(w) < 2 {
			return nil, errs.Invalid("write each as: what, amount; separated by semicolons, such as: detention 150.00; lumper 80.00")
		}
		c := loads.ChargeInput{Kind: strings.ToLower(strings.Join(w[:len(w)-1], "_")), Amount: amount}
		if !slices.Contains(loads.ChargeKinds, c.Kind) {
			c.Kind, c.Description = "other", strings.Join(w[:len(w)-1], " ")
		}
		out = append(out, c)
	}
	return out, nil
}

// HistoryExample writes a history of one load, to be filled in.
func HistoryExample(w io.Writer) error {
	weight, miles := 42_000, 453
	on := func(d int) *time.Time { t := time.Date(2026, 2, d, 0, 0, 0, 0, time.UTC); return &t }
	v := pastLoad{Number: "48211", Customer: "Acme Logistics LLC", Ref: "ACM-77120", Equipment: "van", Commodity: "Paper towels", Weight: &weight, Miles: &miles,
		Pickup:   pastStop{"Shipper", "100 Dock Rd", "Dallas", "TX", "75201", "2026-02-02T09:00", "2026-02-02T08:40", "2026-02-02T10:15"},
		Delivery: pastStop{"Receiver", "200 Mill St", "Memphis", "TN", "38118", "2026-02-03T12:00", "2026-02-03T11:50", ""}, Truck: "101", Driver: "Ana Ruiz", Delivered: "2026-02-03T14:30",
		Linehaul: 118_000, Fuel: 17_500, Extras: "detention 75.00", Invoice: "A-5521", Invoiced: on(4), PaidOn: on(27), Paid: 143_000, Method: "ach", Reference: "ACH 9917"}
	cols := historyColumns()
	cells := make([]string, len(cols))
	for i, c := range cols {
		cells[i] = c.Get(&v)
	}
	return csvio.Write(w, HistoryColumns(), [][]string{cells})
}

// PricedRows reads a history's CSV as priced loads, without a database: what lane
// prices are learned from. skipped rows have no miles, no rate or no date, or
// cannot be read.
func PricedRows(file []byte) (rows []loads.Priced, skipped int, err error) {
	t, err := csvio.Read(file)
	if err != nil {
		return nil, 0, err
	}
	plan, err := historyList(func(*pastLoad) error { return nil }).MakePlan(t, nil)
	if err != nil {
		return nil, 0, err
	}
	payers := map[string]ids.ID{}
	for _, it := range plan.Items {
		v := it.Value
		on, dateErr := csvio.ParseDate(v.Pickup.On[:min(10, len(v.Pickup.On))])
		extra, stopErr := between(v.Between)
		if v.Miles == nil || *v.Miles <= 0 || v.Linehaul+v.Fuel <= 0 || dateErr != nil || on == nil || stopErr != nil {
			skipped++
			continue
		}
		payer, known := payers[v.Customer]
		if !known {
			payer = ids.New()
			payers[v.Customer] = payer
		}
		priced := *on
		if v.Booked != nil {
			priced = *v.Booked
		}
		rows = append(rows, loads.Priced{ID: ids.New(), Number: v.Number, PricedAt: priced, Equipment: v.Equipment, Miles: *v.Miles, WeightLb: v.Weight, StopCount: 2 + len(extra), CustomerID: &payer,
			PickupFrom: on, FromCity: v.Pickup.City, FromState: v.Pickup.State, FromZip: v.Pickup.ZIP, ToCity: v.Delivery.City, ToState: v.Delivery.State, ToZip: v.Delivery.ZIP,
			TotalCents: int64(v.Linehaul + v.Fuel)})
	}
	return rows, skipped + plan.Preview.Bad, nil
}
