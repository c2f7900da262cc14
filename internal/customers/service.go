package customers

import (
	"context"
	"strings"

	"truckflow/internal/customers/internal/customersdb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/platform/pg"
)

// Service is the room's door. Reading needs SeeCustomers, changing
// EditCustomers; terms, credit and blocking BlockCustomer.
type Service struct {
	db    *pg.DB
	clock clock.Clock
	ids   *identity.Service
	where Locator
}

// New returns the room.
func New(db *pg.DB, clk clock.Clock, who *identity.Service, where Locator) *Service {
	return &Service{db: db, clock: clk, ids: who, where: where}
}

// Terms are what a customer pays under.
type Terms struct {
	Days             int         // 0–180 after the invoice
	QuickPayBps      int         // discount for quick pay in hundredths of a percent; 0 when not offered
	QuickPayDays     int         // within which quick pay arrives
	CreditLimitCents money.Cents // 0 when none is set
	Factored         bool        // invoices go to the factor
}

// DefaultTermsDays are the terms of a customer for whom nothing was agreed.
const DefaultTermsDays = 30

// Customers lists customers by name.
func (s *Service) Customers(ctx context.Context, f Filter) (out []Customer, err error) {
	if _, err := identity.Require(ctx, identity.SeeCustomers); err != nil {
		return nil, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		all, err := customersdb.New(tx).Customers(ctx)
		for i := range all {
			if f.customer(&all[i]) {
				out = append(out, all[i])
			}
		}
		return err
	})
	return out, err
}

// Customer returns one customer, archived or not.
func (s *Service) Customer(ctx context.Context, id ids.ID) (c Customer, err error) {
	if _, err := identity.Require(ctx, identity.SeeCustomers); err != nil {
		return c, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		c, err = customersdb.New(tx).Customer(ctx, id)
		return missing(err, "customer")
	})
	return c, err
}

func missing(err error, noun string) error {
	if err != nil && strings.Contains(err.Error(), "no rows") {
		return errs.NotFound("there is no such %s", noun).Wrap(err)
	}
	return err
}

func stale(label string) error {
	return errs.Conflict("somebody changed %s meanwhile; look again and repeat your change", label)
}

// AddCustomer stores a customer and returns it. Terms other than the default
// need BlockCustomer too. errs.KindInvalid and KindConflict (that USDOT is
// taken) name the field.
func (s *Service) AddCustomer(ctx context.Context, c Customer) (Customer, error) {
	if _, err := identity.Require(ctx, identity.EditCustomers); err != nil {
		return c, err
	}
	if (c.TermsDays != DefaultTermsDays && c.TermsDays != 0) || c.QuickPayBps != 0 || c.QuickPayDays != 0 || c.CreditLimitCents != 0 || c.Factored {
		if _, err := identity.Require(ctx, identity.BlockCustomer); err != nil {
			return c, err
		}
	} else if c.TermsDays == 0 {
		c.TermsDays = DefaultTermsDays
	}
	if err := check(&c); err != nil {
		return c, err
	}
	s.fresh(&c)
	err := s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		return s.insert(ctx, tx, c, nil)
	})
	return c, err
}

func (s *Service) fresh(c *Customer) {
	now := s.clock.Now()
	c.ID, c.Version, c.CreatedAt, c.UpdatedAt = ids.New(), 1, now, now
	c.ArchivedAt, c.BlockedAt, c.BlockedReason = nil, nil, ""
}

func (s *Service) insert(ctx context.Context, tx *pg.Tx, c Customer, detail any) error {
	q := customersdb.New(tx)
	if err := unique(ctx, q, c); err != nil {
		return err
	}
	if err := saveCustomer(ctx, q, c); err != nil {
		return err
	}
	return s.audit(ctx, tx, "customer.add", c, detail)
}

func (s *Service) audit(ctx context.Context, tx *pg.Tx, action string, c Customer, detail any) error {
	return s.ids.Audit(ctx, tx, identity.Entry{Action: action, Kind: "customer", ID: c.ID, Label: c.Name, Detail: detail})
}

// unique names the customer who has c's USDOT number already.
func unique(ctx context.Context, q *customersdb.Queries, c Customer) error {
	if c.Usdot == "" || c.ArchivedAt != nil {
		return nil
	}
	same, err := q.MatchCustomers(ctx, customersdb.MatchCustomersParams{Usdot: c.Usdot})
	if err != nil {
		return err
	}
	for _, o := range same {
		if o.ID != c.ID {
			return errs.Conflict("USDOT %s is %s already", c.Usdot, o.Name).Field("usdot", "%s has it", o.Name)
		}
	}
	return nil
}

// EditCustomer stores names, numbers, addresses and notes over the version c
// was read at (errs.KindConflict when that is not the stored one). Terms, block
// and archive stay as they are.
func (s *Service) EditCustomer(ctx context.Context, c Customer) (Customer, error) {
	if _, err := identity.Require(ctx, identity.EditCustomers); err != nil {
		return c, err
	}
	return s.change(ctx, identity.EditCustomers, c.ID, c.Version, "edit", nil, func(old *Customer) error {
		if old.ArchivedAt != nil {
			return errs.Conflict("%s is archived; restore it first", old.Name)
		}
		c.TermsDays, c.QuickPayBps, c.QuickPayDays, c.CreditLimitCents, c.Factored = old.TermsDays, old.QuickPayBps, old.QuickPayDays, old.CreditLimitCents, old.Factored
		c.BlockedAt, c.BlockedReason, c.ArchivedAt, c.CreatedAt, c.OrgID = old.BlockedAt, old.BlockedReason, old.ArchivedAt, old.CreatedAt, old.OrgID
		*old = c
		return check(old)
	})
}

// change locks one customer, sees that version is the stored one, lets fn alter it and stores it.
func (s *Service) change(ctx context.Context, p identity.Permission, id ids.ID, version int, verb string, detail any, fn func(*Customer) error) (c Customer, err error) {
	if _, err := identity.Require(ctx, p); err != nil {
		return c, err
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := customersdb.New(tx)
		if c, err = q.CustomerForUpdate(ctx, id); err != nil {
			return missing(err, "customer")
		}
		if c.Version != version {
			return stale(c.Name)
		}
		if err := fn(&c); err != nil {
			return err
		}
		c.UpdatedAt = s.clock.Now()
		if err := unique(ctx, q, c); err != nil {
			return err
		}
		if err := saveCustomer(ctx, q, c); err != nil {
			return err
		}
		c.Version++
		return s.audit(ctx, tx, "customer."+verb, c, detail)
	})
	return c, err
}

// SetTerms changes what a customer pays under; needs BlockCustomer.
func (s *Service) SetTerms(ctx context.Context, id ids.ID, version int, t Terms) (Customer, error) {
	return s.change(ctx, identity.BlockCustomer, id, version, "terms", t, func(c *Customer) error {
		c.TermsDays, c.QuickPayBps, c.QuickPayDays, c.CreditLimitCents, c.Factored = t.Days, t.QuickPayBps, t.QuickPayDays, t.CreditLimitCents, t.Factored
		f := faults{}
		checkTerms(f, c)
		return f.err("customer")
	})
}

// Block stops new loads for a customer, for a reason dispatchers will read; needs BlockCustomer.
func (s *Service) Block(ctx context.Context, id ids.ID, version int, reason string) (Customer, error) {
	f := faults{}
	f.text("reason", &reason, 300)
	if reason == "" {
		f.add("reason", "needed: dispatchers will read it")
	}
	now := s.clock.Now()
	return s.change(ctx, identity.BlockCustomer, id, version, "block", map[string]string{"reason": reason}, func(c *Customer) error {
		c.BlockedAt, c.BlockedReason = &now, reason
		return f.err("customer")
	})
}

// Unblock lets loads be booked for a customer again; needs BlockCustomer.
func (s *Service) Unblock(ctx context.Context, id ids.ID, version int) (Customer, error) {
	return s.change(ctx, identity.BlockCustomer, id, version, "unblock", nil, func(c *Customer) error {
		c.BlockedAt, c.BlockedReason = nil, ""
		return nil
	})
}

// Archive takes a customer out of lists and out of Match; loads and invoices keep it.
func (s *Service) Archive(ctx context.Context, id ids.ID, version int) error {
	now := s.clock.Now()
	_, err := s.change(ctx, identity.EditCustomers, id, version, "archive", nil, func(c *Customer) error {
		c.ArchivedAt = &now
		return nil
	})
	return err
}

// Restore brings an archived customer back; errs.KindConflict when its USDOT number was given to another.
func (s *Service) Restore(ctx context.Context, id ids.ID, version int) error {
	_, err := s.change(ctx, identity.EditCustomers, id, version, "restore", nil, func(c *Customer) error {
		c.ArchivedAt = nil
		return nil
	})
	return err
}

// Match finds the active customer a paper names: by USDOT number, else MC
// number, else NameKey. A customer whose own USDOT (or MC) differs from the
// paper's is not taken for its name, and a name two customers share matches none
// of them. matchedBy is usdot, mc or name. Needs SeeCustomers.
func (s *Service) Match(ctx context.Context, name, usdot, mc string) (c Customer, matchedBy string, ok bool, err error) {
	if _, err := identity.Require(ctx, identity.SeeCustomers); err != nil {
		return c, "", false, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		c, matchedBy, ok, err = match(ctx, customersdb.New(tx), name, usdot, mc)
		return err
	})
	return c, matchedBy, ok, err
}

func match(ctx context.Context, q *customersdb.Queries, name, usdot, mc string) (c Customer, by string, ok bool, err error) {
	usdot, mc, key := digits(usdot), digits(mc), NameKey(name)
	cs, err := q.MatchCustomers(ctx, customersdb.MatchCustomersParams{Usdot: usdot, Mc: mc, NameKey: key})
	if err != nil {
		return c, "", false, err
	}
	differs := func(a, b string) bool { return a != "" && b != "" && a != b }
	for _, try := range []struct {
		by   string
		fits func(Customer) bool
	}{
		{"usdot", func(c Customer) bool { return usdot != "" && c.Usdot == usdot }},
		{"mc", func(c Customer) bool { return mc != "" && c.Mc == mc && !differs(c.Usdot, usdot) }},
		{"name", func(c Customer) bool {
			return key != "" && c.NameKey == key && !differs(c.Usdot, usdot) && !differs(c.Mc, mc)
		}},
	} {
		var hits []Customer
		for _, c := range cs {
			if try.fits(c) {
				hits = append(hits, c)
			}
		}
		if len(hits) == 1 {
			return hits[0], try.by, true, nil
		}
	}
	return c, "", false, nil
}

// FindOrAdd returns the customer a paper names, adding c when Match finds none;
// added says which. Two papers of one new broker booked at once add it once.
// Needs EditCustomers.
func (s *Service) FindOrAdd(ctx context.Context, c Customer) (found Customer, added bool, err error) {
	if _, err := identity.Require(ctx, identity.EditCustomers); err != nil {
		return found, false, err
	}
	if c.TermsDays == 0 {
		c.TermsDays = DefaultTermsDays
	}
	if err := check(&c); err != nil {
		return found, false, err
	}
	s.fresh(&c)
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := customersdb.New(tx)
		if err := q.LockMatching(ctx, "customers"); err != nil {
			return err
		}
		var ok bool
		if found, _, ok, err = match(ctx, q, c.Name, c.Usdot, c.Mc); err != nil || ok {
			return err
		}
		found, added = c, true
		return s.insert(ctx, tx, c, map[string]string{"from": "paper"})
	})
	return found, added, err
}
