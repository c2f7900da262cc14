package customers

import (
	"context"

	"truckflow/internal/customers/internal/customersdb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/ids"
	"truckflow/internal/platform/pg"
)

// Contacts lists the people at a customer by name.
func (s *Service) Contacts(ctx context.Context, customer ids.ID) (cs []Contact, err error) {
	if _, err := identity.Require(ctx, identity.SeeCustomers); err != nil {
		return nil, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		cs, err = customersdb.New(tx).Contacts(ctx, customer)
		return err
	})
	return cs, err
}

// SaveContact stores a person at c.CustomerID: a new one when c.ID is zero.
func (s *Service) SaveContact(ctx context.Context, c Contact) (Contact, error) {
	if _, err := identity.Require(ctx, identity.EditCustomers); err != nil {
		return c, err
	}
	if err := checkContact(&c); err != nil {
		return c, err
	}
	verb := "contact_edit"
	if c.ID.IsZero() {
		c.ID, c.CreatedAt, verb = ids.New(), s.clock.Now(), "contact_add"
	}
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := customersdb.New(tx)
		cust, err := q.Customer(ctx, c.CustomerID)
		if err != nil {
			return missing(err, "customer")
		}
		n, err := q.SaveContact(ctx, customersdb.SaveContactParams{ID: c.ID, CustomerID: c.CustomerID, Name: c.Name, Title: c.Title, Phone: c.Phone, Email: c.Email, CreatedAt: c.CreatedAt})
		if err == nil && n == 0 {
			err = stale(c.Name)
		}
		if err != nil {
			return err
		}
		return s.audit(ctx, tx, "customer."+verb, cust, map[string]string{"contact": c.Name})
	})
	return c, err
}

// RemoveContact forgets a person.
func (s *Service) RemoveContact(ctx context.Context, customer, id ids.ID) error {
	if _, err := identity.Require(ctx, identity.EditCustomers); err != nil {
		return err
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := customersdb.New(tx)
		cust, err := q.Customer(ctx, customer)
		if err != nil {
			return missing(err, "customer")
		}
		name, err := q.RemoveContact(ctx, customersdb.RemoveContactParams{ID: id, CustomerID: customer})
		if err != nil {
			return missing(err, "contact")
		}
		return s.audit(ctx, tx, "customer.contact_remove", cust, map[string]string{"contact": name})
	})
}
