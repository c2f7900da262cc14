package fleetweb

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/fleet"
	"truckflow/internal/kit/csvio"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/region"
	"truckflow/internal/web/records"
	"truckflow/internal/web/ui"
)

func text[T any](name, label string, at func(*T) *string, p ui.FieldProps) records.Input[T] {
	p.Name, p.Label, p.Autocomplete = name, label, "off"
	return records.Input[T]{FieldProps: p, Get: func(v *T) string { return *at(v) }, Set: func(v *T, s string) error { *at(v) = s; return nil }}
}

func date[T any](name, label string, at func(*T) **time.Time, required bool, hint string) records.Input[T] {
	c := csvio.Date(name, at)
	return records.Input[T]{FieldProps: ui.FieldProps{Name: name, Label: label, Type: "date", Required: required, Hint: hint}, Get: c.Get, Set: c.Set}
}

func year[T any](at func(*T) **int) records.Input[T] {
	c := csvio.Int("year", at)
	return records.Input[T]{FieldProps: ui.FieldProps{Name: "year", Label: "Year", InputMode: "numeric", Number: true}, Get: c.Get, Set: c.Set}
}

func choice[T any](name, label string, at func(*T) *string, options []ui.Option) records.Input[T] {
	in := text(name, label, at, ui.FieldProps{Type: "select", Options: options})
	in.Autocomplete = ""
	return in
}

func state[T any](name, label string, at func(*T) *string) records.Input[T] {
	options := []ui.Option{{Value: "", Label: "—"}}
	for _, c := range region.Codes {
		options = append(options, ui.Option{Value: c, Label: c})
	}
	return choice(name, label, at, options)
}

func notes[T any](at func(*T) *string) records.Group[T] {
	return records.Group[T]{Title: "Notes", Rows: [][]records.Input[T]{{text("notes", "Notes", at, ui.FieldProps{Type: "textarea", Rows: 4, MaxLength: 4000})}}}
}

var unit = ui.FieldProps{Required: true, MaxLength: 20, Hint: "As painted on the door"}
var vin = ui.FieldProps{MaxLength: 17, Hint: "17 characters; the check digit is checked"}

// driverChoice is who usually drives a truck.
func driverChoice(ds []fleet.Driver) records.Input[fleet.Truck] {
	options := []ui.Option{{Value: "", Label: "Nobody in particular"}}
	for _, d := range ds {
		options = append(options, ui.Option{Value: d.ID.String(), Label: d.Name})
	}
	return records.Input[fleet.Truck]{FieldProps: ui.FieldProps{Name: "driver_id", Label: "Usual driver", Type: "select", Options: options},
		Get: func(t *fleet.Truck) string {
			if t.DriverID == nil {
				return ""
			}
			return t.DriverID.String()
		},
		Set: func(t *fleet.Truck, s string) error {
			var id ids.ID
			if err := id.UnmarshalText([]byte(s)); err != nil {
				return errs.Invalid("choose a driver")
			}
			t.DriverID = id.Ptr()
			return nil
		}}
}

func (p *pages) trucks() kind[fleet.Truck] {
	return kind[fleet.Truck]{Kind: fleet.KindTruck, list: p.s.Trucks, get: p.s.Truck, add: p.s.AddTruck, edit: p.s.EditTruck,
		fresh:  func() fleet.Truck { return fleet.Truck{} },
		setKey: func(t *fleet.Truck, id ids.ID, v int) { t.ID, t.Version = id, v },
		info: func(t *fleet.Truck, today time.Time) info {
			return info{kind: fleet.KindTruck, id: t.ID, label: t.UnitNumber, version: t.Version, archived: t.ArchivedAt, from: t.OutOfServiceFrom, until: t.OutOfServiceUntil,
				reason: t.OutOfServiceReason, out: fleet.TruckOut(*t, today), papers: fleet.Papers(*t, today), detail: strings.TrimSpace(number(t.Year) + " " + t.Make + " " + t.Model)}
		},
		columns: []ui.Column{{Key: "label", Label: "Unit"}, {Key: "driver", Label: "Driver"}, {Key: "make", Label: "Make"}, {Key: "home", Label: "Home"}, {Key: "plate", Label: "Plate", Minor: true}, {Key: "papers", Label: "Papers"}},
		cells: func(t *fleet.Truck, who names) []cell {
			return []cell{{label: "Driver", text: who[ids.Of(t.DriverID)]}, {label: "Make", text: strings.TrimSpace(number(t.Year) + " " + t.Make)},
				{label: "Home", text: place(t.HomeCity, t.HomeState)}, {label: "Plate", text: strings.TrimSpace(t.Plate + " " + t.PlateState), minor: true}}
		},
		sorts: map[string]func(*fleet.Truck, names) string{
			"label":  func(t *fleet.Truck, _ names) string { return natural(t.UnitNumber) },
			"driver": func(t *fleet.Truck, who names) string { return who[ids.Of(t.DriverID)] },
			"make":   func(t *fleet.Truck, _ names) string { return t.Make + number(t.Year) },
			"home":   func(t *fleet.Truck, _ names) string { return t.HomeState + t.HomeCity },
			"plate":  func(t *fleet.Truck, _ names) string { return t.Plate }},
		groups: func(ctx context.Context) ([]records.Group[fleet.Truck], error) {
			ds, err := p.s.Drivers(ctx, fleet.Filter{})
			return truckForm(ds), err
		}}
}

func truckForm(ds []fleet.Driver) []records.Group[fleet.Truck] {
	type row = []records.Input[fleet.Truck]
	return []records.Group[fleet.Truck]{
		{Title: "Truck", Rows: [][]records.Input[fleet.Truck]{
			{text("unit_number", "Unit number", func(t *fleet.Truck) *string { return &t.UnitNumber }, unit), driverChoice(ds)},
			{text("make", "Make", func(t *fleet.Truck) *string { return &t.Make }, ui.FieldProps{}), text("model", "Model", func(t *fleet.Truck) *string { return &t.Model }, ui.FieldProps{}), year(func(t *fleet.Truck) **int { return &t.Year })},
			{text("vin", "VIN", func(t *fleet.Truck) *string { return &t.Vin }, vin), text("plate", "Plate", func(t *fleet.Truck) *string { return &t.Plate }, ui.FieldProps{}), state("plate_state", "Plate state", func(t *fleet.Truck) *string { return &t.PlateState })},
		}},
		{Title: "Home", Rows: []row{{text("home_city", "City", func(t *fleet.Truck) *string { return &t.HomeCity }, ui.FieldProps{}), state("home_state", "State", func(t *fleet.Truck) *string { return &t.HomeState }),
			text("home_zip", "ZIP", func(t *fleet.Truck) *string { return &t.HomeZip }, ui.FieldProps{InputMode: "numeric"})}}},
		{Title: "Papers", Rows: []row{{date("inspection_due", "Annual inspection due", func(t *fleet.Truck) **time.Time { return &t.InspectionDue }, false, "49 CFR 396.17"),
			date("registration_due", "Registration due", func(t *fleet.Truck) **time.Time { return &t.RegistrationDue }, false, ""), date("insurance_due", "Insurance due", func(t *fleet.Truck) **time.Time { return &t.InsuranceDue }, false, "")}}},
		notes(func(t *fleet.Truck) *string { return &t.Notes }),
	}
}

func (p *pages) trailers() kind[fleet.Trailer] {
	return kind[fleet.Trailer]{Kind: fleet.KindTrailer, list: p.s.Trailers, get: p.s.Trailer, add: p.s.AddTrailer, edit: p.s.EditTrailer,
		fresh:  func() fleet.Trailer { return fleet.Trailer{Equipment: "van", LengthFt: 53} },
		setKey: func(t *fleet.Trailer, id ids.ID, v int) { t.ID, t.Version = id, v },
		info: func(t *fleet.Trailer, today time.Time) info {
			return info{kind: fleet.KindTrailer, id: t.ID, label: t.UnitNumber, version: t.Version, archived: t.ArchivedAt, from: t.OutOfServiceFrom, until: t.OutOfServiceUntil,
				reason: t.OutOfServiceReason, out: fleet.TrailerOut(*t, today), papers: fleet.Papers(*t, today), detail: strconv.Itoa(t.LengthFt) + "' " + strings.ReplaceAll(t.Equipment, "_", " ")}
		},
		columns: []ui.Column{{Key: "label", Label: "Unit"}, {Key: "equipment", Label: "Equipment"}, {Key: "length", Label: "Length", Num: true}, {Key: "stands", Label: "Stands at"}, {Key: "plate", Label: "Plate", Minor: true}, {Key: "papers", Label: "Papers"}},
		cells: func(t *fleet.Trailer, _ names) []cell {
			return []cell{{label: "Equipment", text: ui.Capital(strings.ReplaceAll(t.Equipment, "_", " "))}, {label: "Length", text: strconv.Itoa(t.LengthFt) + " ft", num: true},
				{label: "Stands at", text: place(t.City, t.State)}, {label: "Plate", text: strings.TrimSpace(t.Plate + " " + t.PlateState), minor: true}}
		},
		sorts: map[string]func(*fleet.Trailer, names) string{
			"label":     func(t *fleet.Trailer, _ names) string { return natural(t.UnitNumber) },
			"equipment": func(t *fleet.Trailer, _ names) string { return t.Equipment },
			"length":    func(t *fleet.Trailer, _ names) string { return natural(strconv.Itoa(t.LengthFt)) },
			"stands":    func(t *fleet.Trailer, _ names) string { return t.State + t.City },
			"plate":     func(t *fleet.Trailer, _ names) string { return t.Plate }},
		groups: func(context.Context) ([]records.Group[fleet.Trailer], error) { return trailerForm, nil }}
}

var trailerForm = []records.Group[fleet.Trailer]{
	{Title: "Trailer", Rows: [][]records.Input[fleet.Trailer]{
		{text("unit_number", "Unit number", func(t *fleet.Trailer) *string { return &t.UnitNumber }, unit), choice("equipment", "Equipment", func(t *fleet.Trailer) *string { return &t.Equipment }, ui.Codes("", fleet.Equipments)),
			{FieldProps: ui.FieldProps{Name: "length_ft", Label: "Length", Suffix: "ft", InputMode: "numeric", Number: true, Required: true}, Get: func(t *fleet.Trailer) string { return strconv.Itoa(t.LengthFt) },
				Set: func(t *fleet.Trailer, s string) (err error) {
					if t.LengthFt, err = strconv.Atoi(s); err != nil {
						return errs.Invalid("feet as a whole number such as 53")
					}
					return nil
				}}},
		{text("vin", "VIN", func(t *fleet.Trailer) *string { return &t.Vin }, vin), text("plate", "Plate", func(t *fleet.Trailer) *string { return &t.Plate }, ui.FieldProps{}),
			state("plate_state", "Plate state", func(t *fleet.Trailer) *string { return &t.PlateState }), year(func(t *fleet.Trailer) **int { return &t.Year })},
	}},
	{Title: "Where it stands when not hooked", Rows: [][]records.Input[fleet.Trailer]{{text("city", "City", func(t *fleet.Trailer) *string { return &t.City }, ui.FieldProps{}), state("state", "State", func(t *fleet.Trailer) *string { return &t.State }),
		text("zip", "ZIP", func(t *fleet.Trailer) *string { return &t.Zip }, ui.FieldProps{InputMode: "numeric"})}}},
	{Title: "Papers", Rows: [][]records.Input[fleet.Trailer]{{date("inspection_due", "Annual inspection due", func(t *fleet.Trailer) **time.Time { return &t.InspectionDue }, false, "49 CFR 396.17"),
		date("registration_due", "Registration due", func(t *fleet.Trailer) **time.Time { return &t.RegistrationDue }, false, "")}}},
	notes(func(t *fleet.Trailer) *string { return &t.Notes }),
}

func (p *pages) drivers() kind[fleet.Driver] {
	return kind[fleet.Driver]{Kind: fleet.KindDriver, list: p.s.Drivers, get: p.s.Driver, add: p.s.AddDriver, edit: p.s.EditDriver,
		fresh:  func() fleet.Driver { return fleet.Driver{CdlClass: "A"} },
		setKey: func(d *fleet.Driver, id ids.ID, v int) { d.ID, d.Version = id, v },
		info: func(d *fleet.Driver, today time.Time) info {
			return info{kind: fleet.KindDriver, id: d.ID, label: d.Name, version: d.Version, archived: d.ArchivedAt, from: d.OutOfServiceFrom, until: d.OutOfServiceUntil,
				reason: d.OutOfServiceReason, out: fleet.DriverOut(*d, today), papers: fleet.Papers(*d, today), detail: d.Phone}
		},
		columns: []ui.Column{{Key: "label", Label: "Name"}, {Key: "phone", Label: "Phone"}, {Key: "cdl", Label: "CDL"}, {Key: "home", Label: "Home"}, {Label: "Endorsements", Minor: true}, {Key: "papers", Label: "Papers"}},
		cells: func(d *fleet.Driver, _ names) []cell {
			return []cell{{label: "Phone", text: d.Phone}, {label: "CDL", text: strings.TrimSpace(d.CdlClass + " " + d.CdlState)}, {label: "Home", text: place(d.HomeCity, d.HomeState)},
				{label: "Endorsements", text: strings.Join(d.Endorsements, " "), minor: true}}
		},
		sorts: map[string]func(*fleet.Driver, names) string{
			"label": func(d *fleet.Driver, _ names) string { return d.Name },
			"phone": func(d *fleet.Driver, _ names) string { return d.Phone },
			"cdl":   func(d *fleet.Driver, _ names) string { return d.CdlClass + d.CdlState },
			"home":  func(d *fleet.Driver, _ names) string { return d.HomeState + d.HomeCity }},
		groups: func(context.Context) ([]records.Group[fleet.Driver], error) { return driverForm, nil }}
}

var driverForm = []records.Group[fleet.Driver]{
	{Title: "Driver", Rows: [][]records.Input[fleet.Driver]{
		{text("name", "Name", func(d *fleet.Driver) *string { return &d.Name }, ui.FieldProps{Required: true, MaxLength: 120}), text("phone", "Phone", func(d *fleet.Driver) *string { return &d.Phone }, ui.FieldProps{Type: "tel"}),
			text("email", "E-mail", func(d *fleet.Driver) *string { return &d.Email }, ui.FieldProps{Type: "email"})},
		{text("home_city", "Home city", func(d *fleet.Driver) *string { return &d.HomeCity }, ui.FieldProps{}), state("home_state", "State", func(d *fleet.Driver) *string { return &d.HomeState }),
			text("home_zip", "ZIP", func(d *fleet.Driver) *string { return &d.HomeZip }, ui.FieldProps{InputMode: "numeric"}), date("hired_on", "Hired", func(d *fleet.Driver) **time.Time { return &d.HiredOn }, false, "")},
	}},
	{Title: "License", Rows: [][]records.Input[fleet.Driver]{
		{text("cdl_number", "CDL number", func(d *fleet.Driver) *string { return &d.CdlNumber }, ui.FieldProps{MaxLength: 25}), state("cdl_state", "Issued by", func(d *fleet.Driver) *string { return &d.CdlState }),
			choice("cdl_class", "Class", func(d *fleet.Driver) *string { return &d.CdlClass }, []ui.Option{{Value: "", Label: "—"}, {Value: "A", Label: "A"}, {Value: "B", Label: "B"}, {Value: "C", Label: "C"}}),
			{FieldProps: ui.FieldProps{Name: "endorsements", Label: "Endorsements", Hint: "Letters of H N P S T X"}, Get: func(d *fleet.Driver) string { return strings.Join(d.Endorsements, " ") },
				Set: func(d *fleet.Driver, s string) error {
					d.Endorsements = slices.DeleteFunc(strings.Split(s, " "), func(w string) bool { return w == "" })
					return nil
				}}},
	}},
	{Title: "Papers", Rows: [][]records.Input[fleet.Driver]{
		{date("cdl_expires", "CDL expires", func(d *fleet.Driver) **time.Time { return &d.CdlExpires }, false, ""), date("medical_expires", "Medical certificate expires", func(d *fleet.Driver) **time.Time { return &d.MedicalExpires }, false, "49 CFR 391.41"),
			date("hazmat_expires", "Hazmat endorsement expires", func(d *fleet.Driver) **time.Time { return &d.HazmatExpires }, false, "")},
		{date("mvr_reviewed", "Driving record reviewed", func(d *fleet.Driver) **time.Time { return &d.MvrReviewed }, false, "Due again after a year (49 CFR 391.25)"),
			date("clearinghouse_queried", "Clearinghouse queried", func(d *fleet.Driver) **time.Time { return &d.ClearinghouseQueried }, false, "Due again after twelve months (49 CFR 382.701)")},
	}},
	notes(func(d *fleet.Driver) *string { return &d.Notes }),
}

func number(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

func place(city, state string) string {
	if city != "" && state != "" {
		return city + ", " + state
	}
	return city + state
}

// natural pads the digits of a unit number, so that 9 stands before 10.
func natural(s string) string {
	var sb strings.Builder
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && s[j] >= '0' && s[j] <= '9' {
			j++
		}
		if j > i {
			sb.WriteString(strings.Repeat("0", max(0, 20-(j-i))) + s[i:j])
			i = j
			continue
		}
		sb.WriteByte(s[i])
		i++
	}
	return sb.String()
}
