package loads

import (
	"context"

	"truckflow/internal/identity"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads/internal/loadsdb"
	"truckflow/internal/platform/pg"
)

// Priced is a load that was booked and has miles, with what it pays: TotalCents is
// line haul and fuel alone, without what waiting and extras paid.
type Priced = loadsdb.PricedRow

// pricedPage is how many are read at once.
const pricedPage = 5000

// EachPriced calls fn for every priced load, in no order that means anything, and
// ends with the first error. Needs SeeMoney.
func (s *Service) EachPriced(ctx context.Context, fn func(Priced) error) error {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return err
	}
	var after ids.ID
	for {
		var rows []Priced
		err := s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) (err error) {
			rows, err = loadsdb.New(tx).Priced(ctx, loadsdb.PricedParams{After: after, Most: pricedPage})
			return err
		})
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := fn(r); err != nil {
				return err
			}
			after = r.ID
		}
		if len(rows) < pricedPage {
			return nil
		}
	}
}
