package fleet

import (
	"context"

	"truckflow/internal/fleet/internal/fleetdb"
	"truckflow/internal/kit/ids"
)

// store is how one kind is kept: its queries, its check, its core.
type store[T any] struct {
	kind  Kind
	list  func(*fleetdb.Queries, context.Context) ([]T, error)
	one   func(*fleetdb.Queries, context.Context, ids.ID) (T, error)
	lock  func(*fleetdb.Queries, context.Context, ids.ID) (T, error)
	save  func(*fleetdb.Queries, context.Context, T) (int64, error)
	core  func(*T) core
	check func(*T) error
	same  func(a, b *T) string // the field two active things may not share, "" when they share none
	setID func(*T, ids.ID)
}

var trucks = store[Truck]{KindTruck, (*fleetdb.Queries).Trucks, (*fleetdb.Queries).Truck, (*fleetdb.Queries).TruckForUpdate, saveTruck, truckCore, checkTruck,
	func(a, b *Truck) string { return sameUnit(a.UnitNumber, b.UnitNumber) }, func(t *Truck, id ids.ID) { t.ID = id }}

var trailers = store[Trailer]{KindTrailer, (*fleetdb.Queries).Trailers, (*fleetdb.Queries).Trailer, (*fleetdb.Queries).TrailerForUpdate, saveTrailer, trailerCore, checkTrailer,
	func(a, b *Trailer) string { return sameUnit(a.UnitNumber, b.UnitNumber) }, func(t *Trailer, id ids.ID) { t.ID = id }}

var drivers = store[Driver]{KindDriver, (*fleetdb.Queries).Drivers, (*fleetdb.Queries).Driver, (*fleetdb.Queries).DriverForUpdate, saveDriver, driverCore, checkDriver,
	func(a, b *Driver) string {
		if a.CdlNumber != "" && a.CdlNumber == b.CdlNumber && a.CdlState == b.CdlState {
			return "cdl_number"
		}
		return ""
	}, func(d *Driver, id ids.ID) { d.ID = id }}

func sameUnit(a, b string) string {
	if a == b {
		return "unit_number"
	}
	return ""
}

func saveTruck(q *fleetdb.Queries, ctx context.Context, t Truck) (int64, error) {
	return q.SaveTruck(ctx, fleetdb.SaveTruckParams{ID: t.ID, UnitNumber: t.UnitNumber, Vin: t.Vin, Plate: t.Plate, PlateState: t.PlateState, Make: t.Make, Model: t.Model,
		Year: t.Year, DriverID: t.DriverID, HomeCity: t.HomeCity, HomeState: t.HomeState, HomeZip: t.HomeZip, InspectionDue: t.InspectionDue,
		RegistrationDue: t.RegistrationDue, InsuranceDue: t.InsuranceDue, OutOfServiceFrom: t.OutOfServiceFrom, OutOfServiceUntil: t.OutOfServiceUntil,
		OutOfServiceReason: t.OutOfServiceReason, Notes: t.Notes, ArchivedAt: t.ArchivedAt, Version: t.Version, CreatedAt: t.CreatedAt,
		UpdatedAt: t.UpdatedAt})
}

func saveTrailer(q *fleetdb.Queries, ctx context.Context, t Trailer) (int64, error) {
	return q.SaveTrailer(ctx, fleetdb.SaveTrailerParams{ID: t.ID, UnitNumber: t.UnitNumber, Equipment: t.Equipment, LengthFt: t.LengthFt, Vin: t.Vin, Plate: t.Plate, PlateState: t.PlateState,
		Year: t.Year, InspectionDue: t.InspectionDue, RegistrationDue: t.RegistrationDue, City: t.City, State: t.State,
		Zip: t.Zip, OutOfServiceFrom: t.OutOfServiceFrom, OutOfServiceUntil: t.OutOfServiceUntil, OutOfServiceReason: t.OutOfServiceReason,
		Notes: t.Notes, ArchivedAt: t.ArchivedAt, Version: t.Version, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt})
}

func saveDriver(q *fleetdb.Queries, ctx context.Context, d Driver) (int64, error) {
	return q.SaveDriver(ctx, fleetdb.SaveDriverParams{ID: d.ID, Name: d.Name, Phone: d.Phone, Email: d.Email, UserID: d.UserID, CdlNumber: d.CdlNumber, CdlState: d.CdlState,
		CdlClass: d.CdlClass, CdlExpires: d.CdlExpires, MedicalExpires: d.MedicalExpires, MvrReviewed: d.MvrReviewed, ClearinghouseQueried: d.ClearinghouseQueried,
		Endorsements: d.Endorsements, HazmatExpires: d.HazmatExpires, HiredOn: d.HiredOn, HomeCity: d.HomeCity, HomeState: d.HomeState,
		HomeZip: d.HomeZip, OutOfServiceFrom: d.OutOfServiceFrom, OutOfServiceUntil: d.OutOfServiceUntil, OutOfServiceReason: d.OutOfServiceReason,
		Notes: d.Notes, ArchivedAt: d.ArchivedAt, Version: d.Version, CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt})
}
