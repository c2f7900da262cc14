package loads

import (
	"context"
	"time"

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

// EachPriced calls fn for the newest priced loads, about most of them (all of a
// day, or none), in no order that means anything, and ends with the first error.
// Needs SeeMoney.
func (s *Service) EachPriced(ctx context.Context, most int, fn func(Priced) error) error {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return err
	}
	var after ids.ID
	var since time.Time
	for {
		var rows []Priced
		err := s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) (err error) {
			q := loadsdb.New(tx)
			if after.IsZero() {
				if since, err = q.PricedSince(ctx, int32(most)); err != nil && !pg.IsNoRows(err) {
					return err
				}
			}
			rows, err = q.Priced(ctx, loadsdb.PricedParams{After: after, Since: since, Most: pricedPage})
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
