package customers

import (
	"context"

	"truckflow/internal/customers/internal/customersdb"
)

func saveCustomer(ctx context.Context, q *customersdb.Queries, c Customer) error {
	n, err := q.SaveCustomer(ctx, customersdb.SaveCustomerParams{ID: c.ID, Name: c.Name, NameKey: c.NameKey, Kind: c.Kind, Usdot: c.Usdot, Mc: c.Mc, Phone: c.Phone, Email: c.Email,
		BillingEmail: c.BillingEmail, Address: c.Address, City: c.City, State: c.State, Zip: c.Zip, TermsDays: c.TermsDays,
		QuickPayBps: c.QuickPayBps, QuickPayDays: c.QuickPayDays, CreditLimitCents: c.CreditLimitCents, Factored: c.Factored,
		BlockedAt: c.BlockedAt, BlockedReason: c.BlockedReason, Notes: c.Notes, ArchivedAt: c.ArchivedAt, Version: c.Version,
		CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt})
	if err == nil && n == 0 {
		err = stale(c.Name)
	}
	return err
}

func saveFacility(ctx context.Context, q *customersdb.Queries, f Facility) error {
	n, err := q.SaveFacility(ctx, customersdb.SaveFacilityParams{ID: f.ID, Name: f.Name, NameKey: f.NameKey, Address: f.Address, City: f.City, State: f.State, Zip: f.Zip, Lat: f.Lat,
		Lon: f.Lon, PositionPrecision: f.PositionPrecision, TimeZone: f.TimeZone, Hours: f.Hours, AppointmentRequired: f.AppointmentRequired,
		Phone: f.Phone, Notes: f.Notes, ArchivedAt: f.ArchivedAt, Version: f.Version, CreatedAt: f.CreatedAt, UpdatedAt: f.UpdatedAt})
	if err == nil && n == 0 {
		err = stale(f.Name)
	}
	return err
}
