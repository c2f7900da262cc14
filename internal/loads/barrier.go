package loads

import (
	"context"
	"strings"

	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/loads/internal/loadsdb"
	"truckflow/internal/platform/pg"
)

// Barrier is why a load should not be booked for its payer: we do not haul for
// them, or they would owe more than we lend them. What somebody owes is their
// open invoices and what is booked or hauled for them and not invoiced yet.
type Barrier struct {
	Payer    string
	Blocked  string // why we do not haul for them; "" when we do
	Limit    money.Cents
	Owed     money.Cents // open invoices
	Unbilled money.Cents // booked and hauled, not invoiced
	Load     money.Cents // this load
}

// Over is by how much the load would exceed the limit; 0 when it does not.
func (b Barrier) Over() money.Cents {
	if b.Limit <= 0 {
		return 0
	}
	return max(0, b.Owed+b.Unbilled+b.Load-b.Limit)
}

// Words say what stands in the way, with the figures for those who may see money.
func (b Barrier) Words(ctx context.Context) string {
	var out []string
	if b.Blocked != "" {
		out = append(out, "we do not haul for "+b.Payer+": "+b.Blocked)
	}
	if over := b.Over(); over > 0 {
		if !identity.Can(ctx, identity.SeeMoney) {
			out = append(out, b.Payer+" would be over its credit limit")
		} else {
			out = append(out, b.Payer+" would be "+over.Dollars()+" over its credit limit of "+b.Limit.Dollars()+": "+b.Owed.Dollars()+" in open invoices, "+
				b.Unbilled.Dollars()+" not invoiced yet, "+b.Load.Dollars()+" for this load")
		}
	}
	return strings.Join(out, "; ")
}

// OverrideField names the field of an error, and of forms, in which somebody who
// may says why a load is booked all the same.
const OverrideField = "override_reason"

// Barrier returns what stands in the way of booking a load of so much for a
// customer, nil when nothing does. self is the load itself when it is stored
// already. Needs EditLoads.
func (s *Service) Barrier(ctx context.Context, customer ids.ID, load money.Cents, self ids.ID) (*Barrier, error) {
	if _, err := identity.Require(ctx, identity.EditLoads); err != nil || customer.IsZero() {
		return nil, err
	}
	payer, err := s.Payers.Payer(ctx, customer)
	if err != nil {
		return nil, err
	}
	return s.barrier(ctx, payer, customer, load, self)
}

func (s *Service) barrier(ctx context.Context, payer Payer, customer ids.ID, load money.Cents, self ids.ID) (*Barrier, error) {
	b := &Barrier{Payer: payer.Name, Blocked: payer.Blocked, Limit: payer.CreditLimit, Load: load}
	if b.Limit > 0 {
		var err error
		if b.Owed, err = s.Payers.Owed(ctx, customer); err != nil {
			return nil, err
		}
		if b.Unbilled, err = s.unbilled(ctx, customer, self); err != nil {
			return nil, err
		}
	}
	if b.Blocked == "" && b.Over() == 0 {
		return nil, nil
	}
	return b, nil
}

// Unbilled is what is booked or hauled for each customer and not invoiced yet;
// needs SeeMoney.
func (s *Service) Unbilled(ctx context.Context) (out map[ids.ID]money.Cents, err error) {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return nil, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := loadsdb.New(tx).UnbilledOfAll(ctx)
		out = make(map[ids.ID]money.Cents, len(rows))
		for _, r := range rows {
			out[r.CustomerID] = money.Cents(r.Cents)
		}
		return err
	})
	return out, err
}

// UnbilledOf is what Unbilled says of one customer.
func (s *Service) UnbilledOf(ctx context.Context, customer ids.ID) (cents money.Cents, err error) {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return 0, err
	}
	return s.unbilled(ctx, customer, ids.ID{})
}

func (s *Service) unbilled(ctx context.Context, customer, except ids.ID) (cents money.Cents, err error) {
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		n, err := loadsdb.New(tx).Unbilled(ctx, loadsdb.UnbilledParams{CustomerID: customer, Self: except})
		cents = money.Cents(n)
		return err
	})
	return cents, err
}

// pass lets a booking through a barrier for a reason, if the person may decide
// that (BlockCustomer), and returns what the history says of it.
func (b *Barrier) pass(ctx context.Context, reason string) (string, error) {
	if b == nil {
		return "", nil
	}
	reason = strings.TrimSpace(reason)
	if !identity.Can(ctx, identity.BlockCustomer) {
		return "", errs.Conflict("%s", b.Words(ctx)).Field(OverrideField, "an owner or an accountant can book it all the same, for a reason").
			Hint("an owner or an accountant can book it all the same, lift the block or raise the limit")
	}
	if reason == "" || len(reason) > 500 {
		return "", errs.Conflict("%s", b.Words(ctx)).Field(OverrideField, "to book it all the same, say why in at most 500 characters").
			Hint("to book it all the same, say why")
	}
	return "although " + b.Words(ctx) + ". Reason: " + reason, nil
}
