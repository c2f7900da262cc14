package customersweb

import (
	"truckflow/internal/customers"
	"truckflow/internal/kit/region"
	"truckflow/internal/web/records"
	"truckflow/internal/web/ui"
)

func text[T any](name, label string, at func(*T) *string, p ui.FieldProps) records.Input[T] {
	p.Name, p.Label, p.Autocomplete = name, label, "off"
	return records.Input[T]{FieldProps: p, Get: func(v *T) string { return *at(v) }, Set: func(v *T, s string) error { *at(v) = s; return nil }}
}

func choice[T any](name, label string, at func(*T) *string, options []ui.Option) records.Input[T] {
	in := text(name, label, at, ui.FieldProps{Type: "select", Options: options})
	in.Autocomplete = ""
	return in
}

func yes[T any](name, label string, at func(*T) *bool) records.Input[T] {
	return records.Input[T]{FieldProps: ui.FieldProps{Name: name, Label: label, Type: "checkbox"},
		Get: func(v *T) string {
			if *at(v) {
				return "yes"
			}
			return ""
		},
		Set: func(v *T, s string) error { *at(v) = s != ""; return nil }}
}

func state[T any](at func(*T) *string) records.Input[T] {
	options := []ui.Option{{Value: "", Label: "—"}}
	for _, c := range region.Codes {
		options = append(options, ui.Option{Value: c, Label: c})
	}
	return choice("state", "State", at, options)
}

var customerGroups = []records.Group[customers.Customer]{
	{Title: "Customer", Rows: [][]records.Input[customers.Customer]{
		{text("name", "Name", func(c *customers.Customer) *string { return &c.Name }, ui.FieldProps{Required: true, MaxLength: 200}),
			choice("kind", "Kind", func(c *customers.Customer) *string { return &c.Kind }, []ui.Option{{Value: customers.Broker, Label: "Broker"}, {Value: customers.Shipper, Label: "Shipper"}})},
		{text("usdot", "USDOT", func(c *customers.Customer) *string { return &c.Usdot }, ui.FieldProps{InputMode: "numeric", Hint: "Finds them on every rate confirmation"}),
			text("mc", "MC", func(c *customers.Customer) *string { return &c.Mc }, ui.FieldProps{InputMode: "numeric"})},
	}},
	{Title: "How to reach them", Rows: [][]records.Input[customers.Customer]{
		{text("phone", "Phone", func(c *customers.Customer) *string { return &c.Phone }, ui.FieldProps{Type: "tel"}), text("email", "E-mail", func(c *customers.Customer) *string { return &c.Email }, ui.FieldProps{Type: "email"}),
			text("billing_email", "Invoices go to", func(c *customers.Customer) *string { return &c.BillingEmail }, ui.FieldProps{Type: "email"})},
		{text("address", "Address", func(c *customers.Customer) *string { return &c.Address }, ui.FieldProps{}), text("city", "City", func(c *customers.Customer) *string { return &c.City }, ui.FieldProps{}),
			state(func(c *customers.Customer) *string { return &c.State }), text("zip", "ZIP", func(c *customers.Customer) *string { return &c.Zip }, ui.FieldProps{InputMode: "numeric"})},
	}},
	{Title: "Notes", Rows: [][]records.Input[customers.Customer]{{text("notes", "Notes", func(c *customers.Customer) *string { return &c.Notes }, ui.FieldProps{Type: "textarea", Rows: 4, MaxLength: 4000})}}},
}

var zoneOptions = []ui.Option{{Value: "", Label: "The place's own"}, {Value: "America/New_York", Label: "Eastern"}, {Value: "America/Chicago", Label: "Central"}, {Value: "America/Denver", Label: "Mountain"},
	{Value: "America/Phoenix", Label: "Arizona"}, {Value: "America/Los_Angeles", Label: "Pacific"}, {Value: "America/Anchorage", Label: "Alaska"}, {Value: "Pacific/Honolulu", Label: "Hawaii"},
	{Value: "America/Halifax", Label: "Atlantic (Halifax)"}, {Value: "America/St_Johns", Label: "Newfoundland"}, {Value: "America/Toronto", Label: "Toronto"}, {Value: "America/Winnipeg", Label: "Winnipeg"},
	{Value: "America/Regina", Label: "Saskatchewan"}, {Value: "America/Edmonton", Label: "Alberta"}, {Value: "America/Vancouver", Label: "Vancouver"}}

// facilityGroups is the form of a facility; zone is the stored one, which stays
// to be chosen when it is none of the usual.
func facilityGroups(zone string) []records.Group[customers.Facility] {
	zones := zoneOptions
	known := false
	for _, o := range zones {
		known = known || o.Value == zone
	}
	if !known {
		zones = append(zones[:len(zones):len(zones)], ui.Option{Value: zone, Label: zone})
	}
	return []records.Group[customers.Facility]{
		{Title: "Facility", Rows: [][]records.Input[customers.Facility]{
			{text("name", "Name", func(v *customers.Facility) *string { return &v.Name }, ui.FieldProps{Required: true, MaxLength: 200}), text("phone", "Phone", func(v *customers.Facility) *string { return &v.Phone }, ui.FieldProps{Type: "tel"})},
			{text("address", "Address", func(v *customers.Facility) *string { return &v.Address }, ui.FieldProps{}), text("city", "City", func(v *customers.Facility) *string { return &v.City }, ui.FieldProps{Required: true}),
				state(func(v *customers.Facility) *string { return &v.State }), text("zip", "ZIP", func(v *customers.Facility) *string { return &v.Zip }, ui.FieldProps{InputMode: "numeric"})},
		}},
		{Title: "When it is open", Rows: [][]records.Input[customers.Facility]{
			{choice("time_zone", "Time zone", func(v *customers.Facility) *string { return &v.TimeZone }, zones),
				{FieldProps: ui.FieldProps{Name: "hours", Label: "Hours", Placeholder: "mon-fri 07:00-15:00; sat 08:00-12:00", Hint: "Local time; empty: unknown; a day not named is closed"},
					Get: func(v *customers.Facility) string {
						h, _ := customers.ParseHours(v.Hours) // stored hours were checked
						return h.String()
					},
					Set: func(v *customers.Facility, s string) error {
						h, err := customers.ReadHours(s)
						if err == nil {
							v.Hours = h.JSON()
						}
						return err
					}}},
			{yes("appointment_required", "Appointment required", func(v *customers.Facility) *bool { return &v.AppointmentRequired })},
		}},
		{Title: "Notes", Rows: [][]records.Input[customers.Facility]{{text("notes", "Notes", func(v *customers.Facility) *string { return &v.Notes }, ui.FieldProps{Type: "textarea", Rows: 4, MaxLength: 4000, Hint: "Gate, dock, lumper, overnight parking: what a driver should know"})}}},
	}
}
