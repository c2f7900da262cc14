package billing

import (
	"context"
	"time"

	"truckflow/internal/billing/internal/billingdb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/platform/pg"
)

// Standing is how a customer pays: invoices paid in full and the days they took,
// and what is open, LateCents of it past its due date.
type Standing struct {
	billingdb.StandingRow
	LateCents int64
}

// Pace is how one of all customers pays; LateCents of OpenCents is past its due date.
type Pace = billingdb.StandingsRow

// paceDays is how far back Standings looks for the days to pay: how somebody
// paid years ago says little.
const paceDays = 365

// Standing returns how a customer has paid so far; needs SeeMoney.
func (s *Service) Standing(ctx context.Context, customer ids.ID) (st Standing, err error) {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return st, err
	}
	today, err := s.today(ctx)
	if err != nil {
		return st, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := billingdb.New(tx)
		if st.StandingRow, err = q.Standing(ctx, customer); err != nil {
			return err
		}
		owed, err := q.Owed(ctx, billingdb.OwedParams{CustomerID: customer, Today: today})
		st.LateCents = owed.LateCents
		return err
	})
	return st, err
}

// Standings returns how every customer with an invoice has paid in the last year
// and what it owes; needs SeeMoney.
func (s *Service) Standings(ctx context.Context) (out []Pace, err error) {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return nil, err
	}
	today, err := s.today(ctx)
	if err != nil {
		return nil, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		out, err = billingdb.New(tx).Standings(ctx, billingdb.StandingsParams{Since: today.AddDate(0, 0, -paceDays), Today: today})
		return err
	})
	return out, err
}

// today is the company's.
func (s *Service) today(ctx context.Context) (time.Time, error) {
	c, err := s.Identity.Company(ctx)
	return day(s.Clock.Now(), c.TimeZone), err
}

// Owed is the sum of a customer's open invoices, as the check before booking
// needs it: a single figure, for those who book (EditLoads).
func (s *Service) Owed(ctx context.Context, customer ids.ID) (owed money.Cents, err error) {
	if _, err := identity.Require(ctx, identity.EditLoads); err != nil {
		return 0, err
	}
	today, err := s.today(ctx)
	if err != nil {
		return 0, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		o, err := billingdb.New(tx).Owed(ctx, billingdb.OwedParams{CustomerID: customer, Today: today})
		owed = money.Cents(o.Cents)
		return err
	})
	return owed, err
}
