package app

import (
	"context"
	"errors"

	"truckflow/internal/customers"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads/loadsweb"
)

// AddCustomer implements loadsweb.CustomerAdder: the broker of a paper becomes a
// customer. One that the register numbers know already is not added again, and a
// phone or address that the paper garbles does not stand in the way.
func (n *namesAdapter) AddCustomer(ctx context.Context, c loadsweb.NewCustomer) (ids.ID, error) {
	if have, by, ok, err := n.customers.Match(ctx, c.Name, c.USDOT, c.MC); err != nil {
		return ids.ID{}, err
	} else if ok && by != "name" {
		return have.ID, nil
	}
	x := customers.Customer{Name: c.Name, Kind: "broker", Usdot: c.USDOT, Mc: c.MC, Phone: c.Phone, BillingEmail: c.BillingEmail}
	added, err := n.customers.AddCustomer(ctx, x)
	var e *errs.Error
	if errors.As(err, &e) && (e.Fields["phone"] != "" || e.Fields["billing_email"] != "") {
		x.Phone, x.BillingEmail = "", ""
		added, err = n.customers.AddCustomer(ctx, x)
	}
	if err != nil {
		return ids.ID{}, err
	}
	a, _ := tenant.From(ctx)
	n.mu.Lock()
	delete(n.known, a.Org)
	n.mu.Unlock()
	return added.ID, nil
}
