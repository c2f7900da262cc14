package fleet

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/fleet/internal/fleetdb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/csvio"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/platform/pg"
)

func truckList(ds []Driver) csvio.List[Truck] {
	return csvio.List[Truck]{Noun: "truck", KeyName: "unit_number", Check: checkTruck, New: func() Truck { return Truck{} },
		Keys: func(t *Truck) []string { return []string{t.UnitNumber} },
		Columns: []csvio.Column[Truck]{
			csvio.Text("unit_number", func(t *Truck) *string { return &t.UnitNumber }, "unit", "truck", "truck_number", "unit_no").Need(),
			csvio.Text("vin", func(t *Truck) *string { return &t.Vin }),
			csvio.Text("make", func(t *Truck) *string { return &t.Make }),
			csvio.Text("model", func(t *Truck) *string { return &t.Model }),
			csvio.Int("year", func(t *Truck) **int { return &t.Year }),
			csvio.Text("plate", func(t *Truck) *string { return &t.Plate }, "license_plate"),
			csvio.Text("plate_state", func(t *Truck) *string { return &t.PlateState }),
			driverColumn(ds),
			csvio.Text("home_city", func(t *Truck) *string { return &t.HomeCity }),
			csvio.Text("home_state", func(t *Truck) *string { return &t.HomeState }),
			csvio.Text("home_zip", func(t *Truck) *string { return &t.HomeZip }),
			csvio.Date("inspection_due", func(t *Truck) **time.Time { return &t.InspectionDue }),
			csvio.Date("registration_due", func(t *Truck) **time.Time { return &t.RegistrationDue }),
			csvio.Date("insurance_due", func(t *Truck) **time.Time { return &t.InsuranceDue }),
			csvio.Text("notes", func(t *Truck) *string { return &t.Notes }),
			csvio.Date("out_of_service_from", func(t *Truck) **time.Time { return &t.OutOfServiceFrom }).ReadOnly(),
			csvio.Date("out_of_service_until", func(t *Truck) **time.Time { return &t.OutOfServiceUntil }).ReadOnly(),
			csvio.Text("out_of_service_reason", func(t *Truck) *string { return &t.OutOfServiceReason }).ReadOnly(),
		}}
}

// driverColumn writes who usually drives a truck as the driver's name.
func driverColumn(ds []Driver) csvio.Column[Truck] {
	return csvio.Column[Truck]{Name: "driver", Aliases: []string{"driver_name"},
		Get: func(t *Truck) string {
			for _, d := range ds {
				if d.ID == ids.Of(t.DriverID) {
					return d.Name
				}
			}
			return ""
		},
		Set: func(t *Truck, s string) error {
			var fit []ids.ID
			for _, d := range ds {
				if strings.EqualFold(d.Name, s) && d.ArchivedAt == nil {
					if d.ID == ids.Of(t.DriverID) {
						return nil // of two namesakes, the one it has
					}
					fit = append(fit, d.ID)
				}
			}
			switch {
			case s == "":
				t.DriverID = nil
			case len(fit) == 1:
				t.DriverID = &fit[0]
			case len(fit) == 0:
				return errs.Invalid("there is no driver of this name; import the drivers first")
			default:
				return errs.Invalid("there are %d drivers of this name; choose one on the truck's page", len(fit))
			}
			return nil
		}}
}

var trailerList = csvio.List[Trailer]{Noun: "trailer", KeyName: "unit_number", Check: checkTrailer,
	New:  func() Trailer { return Trailer{Equipment: "van", LengthFt: 53} },
	Keys: func(t *Trailer) []string { return []string{t.UnitNumber} },
	Columns: []csvio.Column[Trailer]{
		csvio.Text("unit_number", func(t *Trailer) *string { return &t.UnitNumber }, "unit", "trailer", "trailer_number", "unit_no").Need(),
		{Name: "equipment", Aliases: []string{"type", "trailer_type"}, Get: func(t *Trailer) string { return t.Equipment },
			Set: func(t *Trailer, s string) error {
				t.Equipment = strings.NewReplacer(" ", "_", "-", "_").Replace(strings.ToLower(s))
				if code, ok := equipmentWords[t.Equipment]; ok {
					t.Equipment = code
				}
				return nil
			}},
		{Name: "length_ft", Aliases: []string{"length"}, Get: func(t *Trailer) string { return strconv.Itoa(t.LengthFt) },
			Set: func(t *Trailer, s string) (err error) {
				if t.LengthFt, err = strconv.Atoi(strings.Trim(s, " 'ft")); err != nil {
					return errs.Invalid("feet as a whole number such as 53")
				}
				return nil
			}},
		csvio.Text("vin", func(t *Trailer) *string { return &t.Vin }),
		csvio.Text("plate", func(t *Trailer) *string { return &t.Plate }, "license_plate"),
		csvio.Text("plate_state", func(t *Trailer) *string { return &t.PlateState }),
		csvio.Int("year", func(t *Trailer) **int { return &t.Year }),
		csvio.Date("inspection_due", func(t *Trailer) **time.Time { return &t.InspectionDue }),
		csvio.Date("registration_due", func(t *Trailer) **time.Time { return &t.RegistrationDue }),
		csvio.Text("city", func(t *Trailer) *string { return &t.City }),
		csvio.Text("state", func(t *Trailer) *string { return &t.State }),
		csvio.Text("zip", func(t *Trailer) *string { return &t.Zip }),
		csvio.Text("notes", func(t *Trailer) *string { return &t.Notes }),
		csvio.Date("out_of_service_from", func(t *Trailer) **time.Time { return &t.OutOfServiceFrom }).ReadOnly(),
		csvio.Date("out_of_service_until", func(t *Trailer) **time.Time { return &t.OutOfServiceUntil }).ReadOnly(),
		csvio.Text("out_of_service_reason", func(t *Trailer) *string { return &t.OutOfServiceReason }).ReadOnly(),
	}}

var driverList = csvio.List[Driver]{Noun: "driver", KeyName: "name", Check: checkDriver, New: func() Driver { return Driver{Endorsements: []string{}} },
	Copy: func(d Driver) Driver { d.Endorsements = slices.Clone(d.Endorsements); return d },
	Keys: func(d *Driver) []string {
		cdl := ""
		if d.CdlNumber != "" {
			cdl = strings.ToUpper(d.CdlState + " " + d.CdlNumber)
		}
		return []string{cdl, strings.ToLower(d.Name)}
	},
	Columns: []csvio.Column[Driver]{
		csvio.Text("name", func(d *Driver) *string { return &d.Name }, "driver", "driver_name").Need(),
		csvio.Text("phone", func(d *Driver) *string { return &d.Phone }, "mobile", "cell"),
		csvio.Text("email", func(d *Driver) *string { return &d.Email }, "e_mail"),
		csvio.Text("cdl_number", func(d *Driver) *string { return &d.CdlNumber }, "cdl", "license", "license_number"),
		csvio.Text("cdl_state", func(d *Driver) *string { return &d.CdlState }, "license_state"),
		csvio.Text("cdl_class", func(d *Driver) *string { return &d.CdlClass }, "class"),
		csvio.Date("cdl_expires", func(d *Driver) **time.Time { return &d.CdlExpires }, "cdl_expiration", "license_expires"),
		csvio.Date("medical_expires", func(d *Driver) **time.Time { return &d.MedicalExpires }, "medical_expiration"),
		csvio.Date("mvr_reviewed", func(d *Driver) **time.Time { return &d.MvrReviewed }),
		csvio.Date("clearinghouse_queried", func(d *Driver) **time.Time { return &d.ClearinghouseQueried }),
		{Name: "endorsements", Get: func(d *Driver) string { return strings.Join(d.Endorsements, " ") },
			Set: func(d *Driver, s string) error { d.Endorsements = cleanEndorsements([]string{s}); return nil }},
		csvio.Date("hazmat_expires", func(d *Driver) **time.Time { return &d.HazmatExpires }),
		csvio.Date("hired_on", func(d *Driver) **time.Time { return &d.HiredOn }, "hire_date"),
		csvio.Text("home_city", func(d *Driver) *string { return &d.HomeCity }),
		csvio.Text("home_state", func(d *Driver) *string { return &d.HomeState }),
		csvio.Text("home_zip", func(d *Driver) *string { return &d.HomeZip }),
		csvio.Text("notes", func(d *Driver) *string { return &d.Notes }),
		csvio.Date("out_of_service_from", func(d *Driver) **time.Time { return &d.OutOfServiceFrom }).ReadOnly(),
		csvio.Date("out_of_service_until", func(d *Driver) **time.Time { return &d.OutOfServiceUntil }).ReadOnly(),
		csvio.Text("out_of_service_reason", func(d *Driver) *string { return &d.OutOfServiceReason }).ReadOnly(),
	}}

// equipmentWords are what people also call the equipment codes.
var equipmentWords = map[string]string{"dry_van": "van", "dryvan": "van", "refrigerated": "reefer", "flat_bed": "flatbed", "stepdeck": "step_deck", "tank": "tanker", "doubledrop": "double_drop"}

// Columns names the columns of a kind's CSV, for the import page.
func Columns(k Kind) (names []string) {
	switch k {
	case KindTruck:
		names, _ = truckList(nil).Table(nil)
	case KindTrailer:
		names, _ = trailerList.Table(nil)
	case KindDriver:
		names, _ = driverList.Table(nil)
	}
	return names
}

// Preview says what a CSV file would change, row by row, and changes nothing.
func (s *Service) Preview(ctx context.Context, k Kind, file []byte) (csvio.Preview, error) {
	return s.lists(ctx, k, file, nil)
}

// Import applies every good row of a CSV file in one transaction; bad rows are
// left out and named. digest is the preview's: errs.KindConflict when the file
// would change something else by now, "" takes whatever it does.
func (s *Service) Import(ctx context.Context, k Kind, file []byte, digest string) (csvio.Preview, error) {
	return s.lists(ctx, k, file, &digest)
}

func (s *Service) lists(ctx context.Context, k Kind, file []byte, digest *string) (p csvio.Preview, err error) {
	if _, err := identity.Require(ctx, k.Edit()); err != nil {
		return p, err
	}
	t, err := csvio.Read(file)
	if err != nil {
		return p, err
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		switch k {
		case KindTruck:
			ds, err := fleetdb.New(tx).Drivers(ctx)
			if err != nil {
				return err
			}
			p, err = run(ctx, s, tx, trucks, truckList(ds), t, digest)
			return err
		case KindTrailer:
			p, err = run(ctx, s, tx, trailers, trailerList, t, digest)
		case KindDriver:
			p, err = run(ctx, s, tx, drivers, driverList, t, digest)
		default:
			err = errs.NotFound("there is no list of %s", k.Plural())
		}
		return err
	})
	return p, err
}

func run[T any](ctx context.Context, s *Service, tx *pg.Tx, st store[T], l csvio.List[T], t csvio.Table, digest *string) (csvio.Preview, error) {
	q, now := fleetdb.New(tx), s.clock.Now()
	all, err := st.list(q, ctx)
	if err != nil {
		return csvio.Preview{}, err
	}
	plan, err := l.MakePlan(t, slices.DeleteFunc(all, func(v T) bool { return *st.core(&v).archived != nil }))
	if err != nil || digest == nil {
		return plan.Preview, err
	}
	if *digest != "" && *digest != plan.Preview.Digest {
		return plan.Preview, errs.Conflict("the %s changed since you looked; see the preview again", st.kind.Plural())
	}
	for _, item := range plan.Items {
		v := item.Value
		if !item.Existing {
			st.fresh(&v, now)
		}
		*st.core(&v).updated = now
		n, err := st.save(q, ctx, v)
		if err == nil && n == 0 {
			err = stale(st.kind, st.core(&v).label)
		}
		if err != nil {
			return plan.Preview, err
		}
	}
	return plan.Preview, s.ids.Audit(ctx, tx, identity.Entry{Action: string(st.kind) + ".import", Kind: string(st.kind), Label: "CSV file",
		Detail: map[string]int{"new": plan.Preview.New, "changed": plan.Preview.Changed, "unchanged": plan.Preview.Unchanged, "bad": plan.Preview.Bad}})
}

// Export writes what f shows of a kind as CSV; needs SeeFleet.
func (s *Service) Export(ctx context.Context, k Kind, f Filter, w io.Writer) error {
	var header []string
	var rows [][]string
	switch k {
	case KindTruck:
		ds, err := s.Drivers(ctx, Filter{Show: ShowAll})
		if err != nil {
			return err
		}
		vs, err := s.Trucks(ctx, f)
		if err != nil {
			return err
		}
		header, rows = truckList(ds).Table(vs)
	case KindTrailer:
		vs, err := s.Trailers(ctx, f)
		if err != nil {
			return err
		}
		header, rows = trailerList.Table(vs)
	case KindDriver:
		vs, err := s.Drivers(ctx, f)
		if err != nil {
			return err
		}
		header, rows = driverList.Table(vs)
	default:
		return errs.NotFound("there is no list of %s", k.Plural())
	}
	return csvio.Write(w, header, rows)
}
