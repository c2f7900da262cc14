package fleetapi

import (
	"time"

	"truckflow/internal/fleet"
	"truckflow/internal/kit/csvio"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
)

// common is what every answer about a thing carries besides its fields.
type common struct {
	ID         string     `json:"id"`
	Version    int        `json:"version" doc:"send it back with the next change"`
	Out        *outSpan   `json:"out_of_service,omitempty"`
	ArchivedAt *time.Time `json:"archived_at,omitempty"`
	Expiring   []expiry   `json:"expiring" doc:"papers due within 60 days or overdue"`
}

type outSpan struct {
	From   string `json:"from" format:"date"`
	Until  string `json:"until,omitempty" format:"date"`
	Reason string `json:"reason"`
	Now    bool   `json:"now" doc:"whether it is out of service today"`
}

func showCommon(id ids.ID, version int, from, until *time.Time, reason string, archived *time.Time, now bool, papers []fleet.Expiry) common {
	c := common{ID: id.String(), Version: version, ArchivedAt: archived, Expiring: []expiry{}}
	if from != nil {
		c.Out = &outSpan{From: csvio.FormatDate(from), Until: csvio.FormatDate(until), Reason: reason, Now: now}
	}
	for _, p := range papers {
		if p.Days <= fleet.Warnings[0] {
			c.Expiring = append(c.Expiring, showExpiry(p))
		}
	}
	return c
}

func setText(dst, src *string) {
	if src != nil {
		*dst = *src
	}
}

// setDate leaves dst alone for nil and clears it for "".
func setDate(field string, dst **time.Time, src *string, bad map[string]string) {
	if src == nil {
		return
	}
	d, err := csvio.ParseDate(*src)
	if err != nil {
		bad[field] = errs.Public(err).Message
		return
	}
	*dst = d
}

func setYear(dst **int, src *int) {
	if src != nil {
		if *dst = src; *src == 0 {
			*dst = nil
		}
	}
}

func setID(field string, dst **ids.ID, src *string, bad map[string]string) {
	if src == nil {
		return
	}
	var id ids.ID
	if err := id.UnmarshalText([]byte(*src)); err != nil {
		bad[field] = "not an id"
		return
	}
	*dst = id.Ptr()
}

func faults(bad map[string]string) error {
	if len(bad) == 0 {
		return nil
	}
	e := errs.Invalid("some values cannot be read")
	e.Fields = bad
	return e
}

func idText(id *ids.ID) string {
	if id == nil {
		return ""
	}
	return id.String()
}

// TruckFields is what can be sent about a truck; what is left out stays as it is, "" clears.
type TruckFields struct {
	Version         int     `json:"version,omitempty" doc:"to edit: the version you read"`
	UnitNumber      *string `json:"unit_number,omitempty" doc:"as painted on the door"`
	Vin             *string `json:"vin,omitempty" doc:"17 characters; the check digit is checked"`
	Plate           *string `json:"plate,omitempty"`
	PlateState      *string `json:"plate_state,omitempty"`
	Make            *string `json:"make,omitempty"`
	Model           *string `json:"model,omitempty"`
	Year            *int    `json:"year,omitempty" doc:"0 clears it"`
	DriverID        *string `json:"driver_id,omitempty" doc:"who usually drives it"`
	HomeCity        *string `json:"home_city,omitempty"`
	HomeState       *string `json:"home_state,omitempty"`
	HomeZip         *string `json:"home_zip,omitempty"`
	InspectionDue   *string `json:"inspection_due,omitempty" doc:"a date such as 2026-11-23"`
	RegistrationDue *string `json:"registration_due,omitempty" doc:"a date such as 2026-11-23"`
	InsuranceDue    *string `json:"insurance_due,omitempty" doc:"a date such as 2026-11-23"`
	Notes           *string `json:"notes,omitempty"`
}

type truck struct {
	common
	TruckShown
}

func showTruck(t fleet.Truck, today time.Time) truck {
	return truck{showCommon(t.ID, t.Version, t.OutOfServiceFrom, t.OutOfServiceUntil, t.OutOfServiceReason, t.ArchivedAt, fleet.TruckOut(t, today), fleet.Papers(t, today)),
		TruckShown{UnitNumber: t.UnitNumber, Vin: t.Vin, Plate: t.Plate, PlateState: t.PlateState,
			Make: t.Make, Model: t.Model, Year: t.Year, DriverID: idText(t.DriverID),
			HomeCity: t.HomeCity, HomeState: t.HomeState, HomeZip: t.HomeZip, InspectionDue: csvio.FormatDate(t.InspectionDue),
			RegistrationDue: csvio.FormatDate(t.RegistrationDue), InsuranceDue: csvio.FormatDate(t.InsuranceDue), Notes: t.Notes}}
}

func fillTruck(t *fleet.Truck, f TruckFields) (version int, err error) {
	bad := map[string]string{}
	setText(&t.UnitNumber, f.UnitNumber)
	setText(&t.Vin, f.Vin)
	setText(&t.Plate, f.Plate)
	setText(&t.PlateState, f.PlateState)
	setText(&t.Make, f.Make)
	setText(&t.Model, f.Model)
	setYear(&t.Year, f.Year)
	setID("driver_id", &t.DriverID, f.DriverID, bad)
	setText(&t.HomeCity, f.HomeCity)
	setText(&t.HomeState, f.HomeState)
	setText(&t.HomeZip, f.HomeZip)
	setDate("inspection_due", &t.InspectionDue, f.InspectionDue, bad)
	setDate("registration_due", &t.RegistrationDue, f.RegistrationDue, bad)
	setDate("insurance_due", &t.InsuranceDue, f.InsuranceDue, bad)
	setText(&t.Notes, f.Notes)
	return f.Version, faults(bad)
}

// TruckShown is a truck in an answer; an unknown date is "".
type TruckShown struct {
	UnitNumber      string `json:"unit_number"`
	Vin             string `json:"vin"`
	Plate           string `json:"plate"`
	PlateState      string `json:"plate_state"`
	Make            string `json:"make"`
	Model           string `json:"model"`
	Year            *int   `json:"year,omitempty"`
	DriverID        string `json:"driver_id"`
	HomeCity        string `json:"home_city"`
	HomeState       string `json:"home_state"`
	HomeZip         string `json:"home_zip"`
	InspectionDue   string `json:"inspection_due"`
	RegistrationDue string `json:"registration_due"`
	InsuranceDue    string `json:"insurance_due"`
	Notes           string `json:"notes"`
}

// TrailerFields is what can be sent about a trailer; what is left out stays as it is, "" clears.
type TrailerFields struct {
	Version         int     `json:"version,omitempty" doc:"to edit: the version you read"`
	UnitNumber      *string `json:"unit_number,omitempty" doc:"as painted on the door"`
	Equipment       *string `json:"equipment,omitempty" doc:"van, reefer, flatbed …"`
	LengthFt        *int    `json:"length_ft,omitempty"`
	Vin             *string `json:"vin,omitempty"`
	Plate           *string `json:"plate,omitempty"`
	PlateState      *string `json:"plate_state,omitempty"`
	Year            *int    `json:"year,omitempty" doc:"0 clears it"`
	InspectionDue   *string `json:"inspection_due,omitempty" doc:"a date such as 2026-11-23"`
	RegistrationDue *string `json:"registration_due,omitempty" doc:"a date such as 2026-11-23"`
	City            *string `json:"city,omitempty" doc:"where it stands when not hooked"`
	State           *string `json:"state,omitempty"`
	Zip             *string `json:"zip,omitempty"`
	Notes           *string `json:"notes,omitempty"`
}

type trailer struct {
	common
	TrailerShown
}

func showTrailer(t fleet.Trailer, today time.Time) trailer {
	return trailer{showCommon(t.ID, t.Version, t.OutOfServiceFrom, t.OutOfServiceUntil, t.OutOfServiceReason, t.ArchivedAt, fleet.TrailerOut(t, today), fleet.Papers(t, today)),
		TrailerShown{UnitNumber: t.UnitNumber, Equipment: t.Equipment, LengthFt: t.LengthFt, Vin: t.Vin,
			Plate: t.Plate, PlateState: t.PlateState, Year: t.Year, InspectionDue: csvio.FormatDate(t.InspectionDue),
			RegistrationDue: csvio.FormatDate(t.RegistrationDue), City: t.City, State: t.State, Zip: t.Zip,
			Notes: t.Notes}}
}

func fillTrailer(t *fleet.Trailer, f TrailerFields) (version int, err error) {
	bad := map[string]string{}
	setText(&t.UnitNumber, f.UnitNumber)
	setText(&t.Equipment, f.Equipment)
	if f.LengthFt != nil {
		t.LengthFt = *f.LengthFt
	}
	setText(&t.Vin, f.Vin)
	setText(&t.Plate, f.Plate)
	setText(&t.PlateState, f.PlateState)
	setYear(&t.Year, f.Year)
	setDate("inspection_due", &t.InspectionDue, f.InspectionDue, bad)
	setDate("registration_due", &t.RegistrationDue, f.RegistrationDue, bad)
	setText(&t.City, f.City)
	setText(&t.State, f.State)
	setText(&t.Zip, f.Zip)
	setText(&t.Notes, f.Notes)
	return f.Version, faults(bad)
}

// TrailerShown is a trailer in an answer; an unknown date is "".
type TrailerShown struct {
	UnitNumber      string `json:"unit_number"`
	Equipment       string `json:"equipment"`
	LengthFt        int    `json:"length_ft"`
	Vin             string `json:"vin"`
	Plate           string `json:"plate"`
	PlateState      string `json:"plate_state"`
	Year            *int   `json:"year,omitempty"`
	InspectionDue   string `json:"inspection_due"`
	RegistrationDue string `json:"registration_due"`
	City            string `json:"city"`
	State           string `json:"state"`
	Zip             string `json:"zip"`
	Notes           string `json:"notes"`
}

// DriverFields is what can be sent about a driver; what is left out stays as it is, "" clears.
type DriverFields struct {
	Version              int      `json:"version,omitempty" doc:"to edit: the version you read"`
	Name                 *string  `json:"name,omitempty"`
	Phone                *string  `json:"phone,omitempty"`
	Email                *string  `json:"email,omitempty"`
	CdlNumber            *string  `json:"cdl_number,omitempty"`
	CdlState             *string  `json:"cdl_state,omitempty"`
	CdlClass             *string  `json:"cdl_class,omitempty" doc:"A, B or C"`
	CdlExpires           *string  `json:"cdl_expires,omitempty" doc:"a date such as 2026-11-23"`
	MedicalExpires       *string  `json:"medical_expires,omitempty" doc:"a date such as 2026-11-23"`
	MvrReviewed          *string  `json:"mvr_reviewed,omitempty" doc:"a date such as 2026-11-23; due again after a year"`
	ClearinghouseQueried *string  `json:"clearinghouse_queried,omitempty" doc:"a date such as 2026-11-23; due again after twelve months"`
	Endorsements         []string `json:"endorsements,omitempty" doc:"letters of H N P S T X"`
	HazmatExpires        *string  `json:"hazmat_expires,omitempty" doc:"a date such as 2026-11-23"`
	HiredOn              *string  `json:"hired_on,omitempty" doc:"a date such as 2026-11-23"`
	HomeCity             *string  `json:"home_city,omitempty"`
	HomeState            *string  `json:"home_state,omitempty"`
	HomeZip              *string  `json:"home_zip,omitempty"`
	Notes                *string  `json:"notes,omitempty"`
}

type driver struct {
	common
	DriverShown
}

func showDriver(d fleet.Driver, today time.Time) driver {
	return driver{showCommon(d.ID, d.Version, d.OutOfServiceFrom, d.OutOfServiceUntil, d.OutOfServiceReason, d.ArchivedAt, fleet.DriverOut(d, today), fleet.Papers(d, today)),
		DriverShown{Name: d.Name, Phone: d.Phone, Email: d.Email, CdlNumber: d.CdlNumber,
			CdlState: d.CdlState, CdlClass: d.CdlClass, CdlExpires: csvio.FormatDate(d.CdlExpires), MedicalExpires: csvio.FormatDate(d.MedicalExpires),
			MvrReviewed: csvio.FormatDate(d.MvrReviewed), ClearinghouseQueried: csvio.FormatDate(d.ClearinghouseQueried), Endorsements: d.Endorsements, HazmatExpires: csvio.FormatDate(d.HazmatExpires),
			HiredOn: csvio.FormatDate(d.HiredOn), HomeCity: d.HomeCity, HomeState: d.HomeState, HomeZip: d.HomeZip,
			Notes: d.Notes}}
}

func fillDriver(d *fleet.Driver, f DriverFields) (version int, err error) {
	bad := map[string]string{}
	setText(&d.Name, f.Name)
	setText(&d.Phone, f.Phone)
	setText(&d.Email, f.Email)
	setText(&d.CdlNumber, f.CdlNumber)
	setText(&d.CdlState, f.CdlState)
	setText(&d.CdlClass, f.CdlClass)
	setDate("cdl_expires", &d.CdlExpires, f.CdlExpires, bad)
	setDate("medical_expires", &d.MedicalExpires, f.MedicalExpires, bad)
	setDate("mvr_reviewed", &d.MvrReviewed, f.MvrReviewed, bad)
	setDate("clearinghouse_queried", &d.ClearinghouseQueried, f.ClearinghouseQueried, bad)
	if f.Endorsements != nil {
		d.Endorsements = f.Endorsements
	}
	setDate("hazmat_expires", &d.HazmatExpires, f.HazmatExpires, bad)
	setDate("hired_on", &d.HiredOn, f.HiredOn, bad)
	setText(&d.HomeCity, f.HomeCity)
	setText(&d.HomeState, f.HomeState)
	setText(&d.HomeZip, f.HomeZip)
	setText(&d.Notes, f.Notes)
	return f.Version, faults(bad)
}

// DriverShown is a driver in an answer; an unknown date is "".
type DriverShown struct {
	Name                 string   `json:"name"`
	Phone                string   `json:"phone"`
	Email                string   `json:"email"`
	CdlNumber            string   `json:"cdl_number"`
	CdlState             string   `json:"cdl_state"`
	CdlClass             string   `json:"cdl_class"`
	CdlExpires           string   `json:"cdl_expires"`
	MedicalExpires       string   `json:"medical_expires"`
	MvrReviewed          string   `json:"mvr_reviewed"`
	ClearinghouseQueried string   `json:"clearinghouse_queried"`
	Endorsements         []string `json:"endorsements"`
	HazmatExpires        string   `json:"hazmat_expires"`
	HiredOn              string   `json:"hired_on"`
	HomeCity             string   `json:"home_city"`
	HomeState            string   `json:"home_state"`
	HomeZip              string   `json:"home_zip"`
	Notes                string   `json:"notes"`
}
