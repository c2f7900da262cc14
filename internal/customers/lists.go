package customers

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"

	"truckflow/internal/customers/internal/customersdb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/csvio"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/money"
	"truckflow/internal/platform/pg"
)

// List is a list that can be kept as CSV.
type List string

// The lists.
const (
	ListCustomers  List = "customers"
	ListFacilities List = "facilities"
)

// ParseBps reads a percentage such as "2.5" or "2.5 %" into hundredths of a percent.
func ParseBps(s string) (int, error) {
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "%"))
	if s == "" {
		return 0, nil
	}
	c, err := money.Parse(s)
	if err != nil || c < 0 || c > 10_000 {
		return 0, errs.Invalid("a percentage such as 2.5")
	}
	return int(c), nil
}

// FormatBps writes what ParseBps reads: 250 is "2.5".
func FormatBps(bps int) string {
	return strings.TrimSuffix(strings.TrimRight(money.Cents(bps).String(), "0"), ".")
}

// termsColumn is a column only those who may set terms may change.
func termsColumn(name string, may bool, get func(*Customer) string, set func(*Customer, string) error) csvio.Column[Customer] {
	return csvio.Column[Customer]{Name: name, Get: get, Set: func(c *Customer, s string) error {
		before := get(c)
		if err := set(c, s); err != nil {
			return err
		}
		if get(c) != before && !may {
			return errs.Forbidden("your role may not change terms or credit")
		}
		return nil
	}}
}

func wholeNumber(at func(*Customer) *int, empty int) func(*Customer, string) error {
	return func(c *Customer, s string) error {
		if s == "" {
			*at(c) = empty
			return nil
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			return errs.Invalid("days as a whole number")
		}
		*at(c) = n
		return nil
	}
}

func customerList(may bool) csvio.List[Customer] {
	terms := []csvio.Column[Customer]{
		termsColumn("terms_days", may, func(c *Customer) string { return strconv.Itoa(c.TermsDays) }, wholeNumber(func(c *Customer) *int { return &c.TermsDays }, DefaultTermsDays)),
		termsColumn("quick_pay_percent", may, func(c *Customer) string { return FormatBps(c.QuickPayBps) },
			func(c *Customer, s string) (err error) { c.QuickPayBps, err = ParseBps(s); return err }),
		termsColumn("quick_pay_days", may, func(c *Customer) string { return strconv.Itoa(c.QuickPayDays) }, wholeNumber(func(c *Customer) *int { return &c.QuickPayDays }, 0)),
		termsColumn("credit_limit", may, func(c *Customer) string { return c.CreditLimitCents.String() }, func(c *Customer, s string) (err error) {
			if s == "" {
				s = "0"
			}
			if c.CreditLimitCents, err = money.Parse(s); err != nil {
				return errs.Invalid("dollars such as 25000.00")
			}
			return nil
		}),
	}
	factored := csvio.Bool("factored", func(c *Customer) *bool { return &c.Factored })
	terms = append(terms, termsColumn("factored", may, factored.Get, factored.Set))
	return csvio.List[Customer]{Noun: "customer", KeyName: "name", Check: check, New: func() Customer { return Customer{Kind: Broker, TermsDays: DefaultTermsDays} },
		Keys: func(c *Customer) []string { return []string{digits(c.Usdot), NameKey(c.Name)} },
		Columns: append([]csvio.Column[Customer]{
			csvio.Text("name", func(c *Customer) *string { return &c.Name }, "customer", "company", "broker").Need(),
			{Name: "kind", Aliases: []string{"type"}, Get: func(c *Customer) string { return c.Kind }, Set: func(c *Customer, s string) error { c.Kind = strings.ToLower(s); return nil }},
			csvio.Text("usdot", func(c *Customer) *string { return &c.Usdot }, "dot", "usdot_number", "dot_number"),
			csvio.Text("mc", func(c *Customer) *string { return &c.Mc }, "mc_number"),
			csvio.Text("phone", func(c *Customer) *string { return &c.Phone }),
			csvio.Text("email", func(c *Customer) *string { return &c.Email }, "e_mail"),
			csvio.Text("billing_email", func(c *Customer) *string { return &c.BillingEmail }),
			csvio.Text("address", func(c *Customer) *string { return &c.Address }, "street"),
			csvio.Text("city", func(c *Customer) *string { return &c.City }),
			csvio.Text("state", func(c *Customer) *string { return &c.State }),
			csvio.Text("zip", func(c *Customer) *string { return &c.Zip }, "zip_code", "postal_code"),
			csvio.Text("notes", func(c *Customer) *string { return &c.Notes }),
			csvio.Text("blocked_reason", func(c *Customer) *string { return &c.BlockedReason }).ReadOnly(),
		}, terms...)}
}

func facilityList(ready func(*Facility) error) csvio.List[Facility] {
	position := func(at func(*Facility) *float64) func(*Facility) string {
		return func(v *Facility) string {
			if p := at(v); p != nil {
				return strconv.FormatFloat(*p, 'f', 5, 64)
			}
			return ""
		}
	}
	return csvio.List[Facility]{Noun: "facility", KeyName: "name", Check: ready, New: func() Facility { return Facility{} },
		Keys: func(v *Facility) []string {
			return []string{strings.Join([]string{NameKey(v.Name), AddressKey(v.Address), strings.ToLower(v.City), strings.ToUpper(v.State), v.Zip}, "|")}
		},
		Columns: []csvio.Column[Facility]{
			csvio.Text("name", func(v *Facility) *string { return &v.Name }, "facility").Need(),
			csvio.Text("address", func(v *Facility) *string { return &v.Address }, "street"),
			csvio.Text("city", func(v *Facility) *string { return &v.City }).Need(),
			csvio.Text("state", func(v *Facility) *string { return &v.State }).Need(),
			csvio.Text("zip", func(v *Facility) *string { return &v.Zip }, "zip_code", "postal_code"),
			csvio.Text("time_zone", func(v *Facility) *string { return &v.TimeZone }),
			{Name: "hours", Get: func(v *Facility) string { h, _ := ParseHours(v.Hours); return h.String() },
				Set: func(v *Facility, s string) error {
					h, err := ReadHours(s)
					if err == nil {
						v.Hours = h.JSON()
					}
					return err
				}},
			csvio.Bool("appointment_required", func(v *Facility) *bool { return &v.AppointmentRequired }),
			csvio.Text("phone", func(v *Facility) *string { return &v.Phone }),
			csvio.Text("notes", func(v *Facility) *string { return &v.Notes }),
			{Name: "lat", Get: position(func(v *Facility) *float64 { return v.Lat })},
			{Name: "lon", Get: position(func(v *Facility) *float64 { return v.Lon })},
		}}
}

// Columns names the columns of a list's CSV, for the import page.
func Columns(l List) (names []string) {
	if l == ListCustomers {
		names, _ = customerList(true).Table(nil)
	} else {
		names, _ = facilityList(nil).Table(nil)
	}
	return names
}

// Preview says what a CSV file would change, row by row, and changes nothing.
func (s *Service) Preview(ctx context.Context, l List, file []byte) (csvio.Preview, error) {
	return s.lists(ctx, l, file, nil)
}

// Import applies every good row of a CSV file in one transaction; bad rows are
// left out and named. digest is the preview's: errs.KindConflict when the file
// would change something else by now, "" takes whatever it does.
func (s *Service) Import(ctx context.Context, l List, file []byte, digest string) (csvio.Preview, error) {
	return s.lists(ctx, l, file, &digest)
}

func (s *Service) lists(ctx context.Context, l List, file []byte, digest *string) (p csvio.Preview, err error) {
	if _, err := identity.Require(ctx, identity.EditCustomers); err != nil {
		return p, err
	}
	t, err := csvio.Read(file)
	if err != nil {
		return p, err
	}
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := customersdb.New(tx)
		if err := q.LockMatching(ctx, string(l)); err != nil {
			return err
		}
		switch l {
		case ListCustomers:
			p, err = s.runCustomers(ctx, q, t, digest)
		case ListFacilities:
			p, err = s.runFacilities(ctx, q, t, digest)
		default:
			err = errs.NotFound("there is no list of %s", l)
		}
		if err != nil || digest == nil {
			return err
		}
		return s.ids.Audit(ctx, tx, identity.Entry{Action: p.Noun + ".import", Kind: p.Noun, Label: "CSV file",
			Detail: map[string]int{"new": p.New, "changed": p.Changed, "unchanged": p.Unchanged, "bad": p.Bad}})
	})
	return p, err
}

func sameDigest(l List, p csvio.Preview, digest string) error {
	if digest != "" && digest != p.Digest {
		return errs.Conflict("the %s changed since you looked; see the preview again", l)
	}
	return nil
}

func (s *Service) runCustomers(ctx context.Context, q *customersdb.Queries, t csvio.Table, digest *string) (csvio.Preview, error) {
	all, err := q.Customers(ctx)
	if err != nil {
		return csvio.Preview{}, err
	}
	plan, err := customerList(identity.Can(ctx, identity.BlockCustomer)).MakePlan(t, slices.DeleteFunc(all, func(c Customer) bool { return c.ArchivedAt != nil }))
	if err == nil && digest != nil {
		err = sameDigest(ListCustomers, plan.Preview, *digest)
	}
	if err != nil || digest == nil {
		return plan.Preview, err
	}
	for _, item := range plan.Items {
		c := item.Value
		if !item.Existing {
			s.fresh(&c)
		}
		c.UpdatedAt = s.clock.Now()
		if err := saveCustomer(ctx, q, c); err != nil {
			return plan.Preview, err
		}
	}
	return plan.Preview, nil
}

func (s *Service) runFacilities(ctx context.Context, q *customersdb.Queries, t csvio.Table, digest *string) (csvio.Preview, error) {
	all, err := q.Facilities(ctx)
	if err != nil {
		return csvio.Preview{}, err
	}
	list := facilityList(func(v *Facility) error { return s.ready(ctx, v) })
	plan, err := list.MakePlan(t, slices.DeleteFunc(all, func(v Facility) bool { return v.ArchivedAt != nil }))
	if err == nil && digest != nil {
		err = sameDigest(ListFacilities, plan.Preview, *digest)
	}
	if err != nil || digest == nil {
		return plan.Preview, err
	}
	for _, item := range plan.Items {
		v := item.Value
		if !item.Existing {
			s.freshFacility(&v)
		}
		v.UpdatedAt = s.clock.Now()
		if err := saveFacility(ctx, q, v); err != nil {
			return plan.Preview, err
		}
	}
	return plan.Preview, nil
}

// Export writes what f shows of a list as CSV; needs SeeCustomers.
func (s *Service) Export(ctx context.Context, l List, f Filter, w io.Writer) error {
	var header []string
	var rows [][]string
	switch l {
	case ListCustomers:
		vs, err := s.Customers(ctx, f)
		if err != nil {
			return err
		}
		header, rows = customerList(true).Table(vs)
	case ListFacilities:
		vs, err := s.Facilities(ctx, f)
		if err != nil {
			return err
		}
		header, rows = facilityList(nil).Table(vs)
	default:
		return errs.NotFound("there is no list of %s", l)
	}
	return csvio.Write(w, header, rows)
}
