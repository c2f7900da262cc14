package customersweb

import (
	"context"
	"net/http"
	"strconv"

	"truckflow/internal/customers"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/web"
	"truckflow/internal/web/records"
	"truckflow/internal/web/ui"
)

// steps adds what is done to one customer: terms, block, archive, contacts.
func (p *pages) steps() {
	for _, step := range []struct {
		verb string
		need identity.Permission
		do   func(context.Context, ids.ID, int) error
	}{
		{"archive", identity.EditCustomers, p.s.Archive},
		{"restore", identity.EditCustomers, p.s.Restore},
		{"unblock", identity.BlockCustomer, func(ctx context.Context, id ids.ID, v int) error { _, err := p.s.Unblock(ctx, id, v); return err }},
	} {
		p.rt.Handle("POST /customers/{id}/"+step.verb, step.need, do("/customers/", step.do))
	}
	p.rt.Handle("POST /customers/{id}/terms", identity.BlockCustomer, p.setTerms)
	p.rt.Handle("POST /customers/{id}/block", identity.BlockCustomer, p.block)
	p.rt.Handle("POST /customers/{id}/contacts", identity.EditCustomers, func(w http.ResponseWriter, r *http.Request) error { return p.saveContact(w, r, ids.ID{}) })
	p.rt.Handle("GET /customers/{id}/contacts/{contact}", identity.EditCustomers, p.editContact)
	p.rt.Handle("POST /customers/{id}/contacts/{contact}", identity.EditCustomers, func(w http.ResponseWriter, r *http.Request) error {
		id, err := web.PathID(r, "contact")
		if err != nil {
			return err
		}
		return p.saveContact(w, r, id)
	})
	p.rt.Handle("POST /customers/{id}/contacts/{contact}/remove", identity.EditCustomers, func(w http.ResponseWriter, r *http.Request) error {
		customer, err := web.PathID(r, "id")
		if err != nil {
			return err
		}
		id, err := web.PathID(r, "contact")
		if err != nil {
			return err
		}
		if err := p.s.RemoveContact(r.Context(), customer, id); err != nil {
			return err
		}
		return web.Redirect(w, r, "/customers/"+customer.String())
	})
}

// do is a step without a form of its own: id and version in, the page again.
func do(base string, fn func(context.Context, ids.ID, int) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := web.PathID(r, "id")
		if err != nil {
			return err
		}
		n, err := version(r)
		if err != nil {
			return err
		}
		if err := fn(r.Context(), id, n); err != nil {
			return err
		}
		return web.Redirect(w, r, base+id.String())
	}
}

func termsOf(c customers.Customer) customers.Terms {
	return customers.Terms{Days: c.TermsDays, QuickPayBps: c.QuickPayBps, QuickPayDays: c.QuickPayDays, CreditLimitCents: c.CreditLimitCents, Factored: c.Factored}
}

func termsForm(c customers.Customer, t *customers.Terms, typed map[string]string, err error) records.FormView {
	return records.FormView{Action: "/customers/" + c.ID.String() + "/terms", Label: "Save terms", Version: c.Version, Sections: records.Sections(termsGroups, t, typed, err), Error: err}
}

func (p *pages) setTerms(w http.ResponseWriter, r *http.Request) error {
	c, err := loadAt(p.s.Customer, r, func(c *customers.Customer) *int { return &c.Version })
	if err != nil {
		return err
	}
	t := termsOf(c)
	typed, err := records.Read(termsGroups, &t, r)
	if err == nil {
		if _, err = p.s.SetTerms(r.Context(), c.ID, c.Version, t); err == nil {
			return web.Redirect(w, r, "/customers/"+c.ID.String())
		}
	}
	if !records.Refused(err) {
		return err
	}
	return records.Answer(w, r, p.rt.Meta(r, web.PageMeta{Title: "Terms of " + c.Name, Section: "customers"}), termsForm(c, &t, typed, err))
}

var blockGroups = []records.Group[string]{{Rows: [][]records.Input[string]{{text("reason", "Why", func(s *string) *string { return s },
	ui.FieldProps{Required: true, MaxLength: 300, Hint: "Dispatchers read this when they try to book", Placeholder: "Pays late, claim open, double brokering …"})}}}}

func blockForm(c customers.Customer, reason string, err error) records.FormView {
	return records.FormView{Action: "/customers/" + c.ID.String() + "/block", Label: "Block", Version: c.Version, Danger: true, Sections: records.Sections(blockGroups, &reason, nil, err), Error: err}
}

func (p *pages) block(w http.ResponseWriter, r *http.Request) error {
	c, err := loadAt(p.s.Customer, r, func(c *customers.Customer) *int { return &c.Version })
	if err != nil {
		return err
	}
	reason := r.PostFormValue("reason")
	if _, err = p.s.Block(r.Context(), c.ID, c.Version, reason); err == nil {
		return web.Redirect(w, r, "/customers/"+c.ID.String())
	}
	if !records.Refused(err) {
		return err
	}
	return records.Answer(w, r, p.rt.Meta(r, web.PageMeta{Title: "Block " + c.Name, Section: "customers"}), blockForm(c, reason, err))
}

func contactForm(customer ids.ID, c *customers.Contact, typed map[string]string, err error) records.FormView {
	f := records.FormView{Action: "/customers/" + customer.String() + "/contacts", Label: "Add contact", Sections: records.Sections(contactGroups, c, typed, err), Error: err}
	if !c.ID.IsZero() {
		f.Action, f.Label, f.Cancel = f.Action+"/"+c.ID.String(), "Save", "/customers/"+customer.String()
	}
	return f
}

func (p *pages) findContact(r *http.Request, customer, id ids.ID) (customers.Contact, error) {
	cs, err := p.s.Contacts(r.Context(), customer)
	for _, c := range cs {
		if c.ID == id {
			return c, nil
		}
	}
	if err == nil {
		err = errs.NotFound("there is no such contact")
	}
	return customers.Contact{}, err
}

func (p *pages) editContact(w http.ResponseWriter, r *http.Request) error {
	customer, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	id, err := web.PathID(r, "contact")
	if err != nil {
		return err
	}
	c, err := p.findContact(r, customer, id)
	if err != nil {
		return err
	}
	return records.Answer(w, r, p.rt.Meta(r, web.PageMeta{Title: "Edit " + c.Name, Section: "customers"}), contactForm(customer, &c, nil, nil))
}

func (p *pages) saveContact(w http.ResponseWriter, r *http.Request, id ids.ID) error {
	customer, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	c := customers.Contact{CustomerID: customer}
	if !id.IsZero() {
		if c, err = p.findContact(r, customer, id); err != nil {
			return err
		}
	}
	typed, err := records.Read(contactGroups, &c, r)
	if err == nil {
		if _, err = p.s.SaveContact(r.Context(), c); err == nil {
			return web.Redirect(w, r, "/customers/"+customer.String())
		}
	}
	if !records.Refused(err) {
		return err
	}
	return records.Answer(w, r, p.rt.Meta(r, web.PageMeta{Title: "Contact", Section: "customers"}), contactForm(customer, &c, typed, err))
}

func whole[T any](name, label, suffix string, at func(*T) *int) records.Input[T] {
	return records.Input[T]{FieldProps: ui.FieldProps{Name: name, Label: label, Suffix: suffix, InputMode: "numeric", Number: true}, Get: func(v *T) string { return strconv.Itoa(*at(v)) },
		Set: func(v *T, s string) error {
			n, err := strconv.Atoi(s)
			if s == "" {
				n, err = 0, nil
			}
			if err != nil {
				return errs.Invalid("a whole number")
			}
			*at(v) = n
			return nil
		}}
}

var termsGroups = []records.Group[customers.Terms]{{Rows: [][]records.Input[customers.Terms]{
	{whole("terms_days", "Pays within", "days", func(t *customers.Terms) *int { return &t.Days }),
		{FieldProps: ui.FieldProps{Name: "credit_limit", Label: "Credit limit", Prefix: "$", InputMode: "decimal", Number: true, Hint: "0.00: none set"}, Get: func(t *customers.Terms) string { return t.CreditLimitCents.String() },
			Set: func(t *customers.Terms, s string) (err error) {
				if s == "" {
					s = "0"
				}
				if t.CreditLimitCents, err = money.Parse(s); err != nil {
					return errs.Invalid("dollars such as 25,000.00")
				}
				return nil
			}}},
	{{FieldProps: ui.FieldProps{Name: "quick_pay", Label: "Quick pay discount", Suffix: "%", InputMode: "decimal", Number: true, Hint: "0: not offered"}, Get: func(t *customers.Terms) string { return customers.FormatBps(t.QuickPayBps) },
		Set: func(t *customers.Terms, s string) (err error) { t.QuickPayBps, err = customers.ParseBps(s); return err }},
		whole("quick_pay_days", "Quick pay within", "days", func(t *customers.Terms) *int { return &t.QuickPayDays })},
	{yes("factored", "Invoices go to the factor", func(t *customers.Terms) *bool { return &t.Factored })},
}}}

var contactGroups = []records.Group[customers.Contact]{{Rows: [][]records.Input[customers.Contact]{
	{text("name", "Name", func(c *customers.Contact) *string { return &c.Name }, ui.FieldProps{Required: true, MaxLength: 120}), text("title", "What they do", func(c *customers.Contact) *string { return &c.Title }, ui.FieldProps{Placeholder: "Carrier sales, billing, after hours"})},
	{text("phone", "Phone", func(c *customers.Contact) *string { return &c.Phone }, ui.FieldProps{Type: "tel"}), text("email", "E-mail", func(c *customers.Contact) *string { return &c.Email }, ui.FieldProps{Type: "email"})},
}}}
