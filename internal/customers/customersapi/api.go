// Package customersapi has /v1's customers, their contacts, and facilities.
package customersapi

import (
	"bytes"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"truckflow/internal/api"
	"truckflow/internal/customers"
	"truckflow/internal/identity"
	"truckflow/internal/kit/csvio"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/page"
)

type (
	// ByID is a path that names one thing; huma reads embedded types only when they are exported.
	ByID struct {
		ID string `path:"id" format:"uuid"`
	}
	listIn struct {
		Show   string `query:"show" enum:"active,blocked,archived,all" default:"active"`
		Query  string `query:"q" doc:"words that must all occur"`
		Cursor string `query:"cursor"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	bodyIn[F any] struct{ Body F }
	editIn[F any] struct {
		ByID
		Body F
	}
	out[V any]     struct{ Body V }
	listOut[V any] struct {
		Body struct {
			Items []V    `json:"items"`
			Next  string `json:"next,omitempty"`
		}
	}
	versionIn struct {
		ByID
		Body struct {
			Version int `json:"version" minimum:"1" doc:"the version you read"`
		}
	}
)

func parse(s string) (ids.ID, error) {
	id, err := ids.Parse(s)
	if err != nil {
		return id, errs.NotFound("there is no such thing")
	}
	return id, nil
}

func needVersion(v int) error {
	if v == 0 {
		return errs.Invalid("send the version you read").Field("version", "needed")
	}
	return nil
}

func op(id, method, path, summary string) huma.Operation {
	o := huma.Operation{OperationID: id, Method: method, Path: "/v1" + path, Summary: summary, Tags: []string{"customers"}}
	return o
}

func created(o huma.Operation) huma.Operation {
	o.DefaultStatus = http.StatusCreated
	return o
}

func list[T, V any](vs []T, in *listIn, key func(T) string, show func(T) V) (*listOut[V], error) {
	p, err := page.Slice(vs, page.Request{Cursor: in.Cursor, Limit: in.Limit}, key)
	o := &listOut[V]{}
	o.Body.Items, o.Body.Next = []V{}, p.Next
	for _, v := range p.Items {
		o.Body.Items = append(o.Body.Items, show(v))
	}
	return o, err
}

func one[T, V any](show func(T) V, v T, err error) (*out[V], error) {
	if err != nil {
		return nil, err
	}
	return &out[V]{show(v)}, nil
}

// Register adds the operations.
func Register(a *api.API, s *customers.Service) {
	api.Register(a, op("list-customers", http.MethodGet, "/customers", "List customers by name"), identity.SeeCustomers, func(ctx context.Context, in *listIn) (*listOut[customer], error) {
		vs, err := s.Customers(ctx, customers.Filter{Show: customers.Show(in.Show), Query: in.Query})
		if err != nil {
			return nil, err
		}
		return list(vs, in, func(c customers.Customer) string { return c.NameKey + " " + c.ID.String() }, showCustomer)
	})
	api.Register(a, op("get-customer", http.MethodGet, "/customers/{id}", "One customer"), identity.SeeCustomers, func(ctx context.Context, in *ByID) (*out[customer], error) {
		id, err := parse(in.ID)
		if err != nil {
			return nil, err
		}
		c, err := s.Customer(ctx, id)
		return one(showCustomer, c, err)
	})
	api.Register(a, created(op("add-customer", http.MethodPost, "/customers", "Add a customer; terms other than the default need customers.block too")), identity.EditCustomers,
		func(ctx context.Context, in *bodyIn[CustomerFields]) (*out[customer], error) {
			c := customers.Customer{}
			in.Body.fill(&c)
			in.Body.Terms.fill(&c)
			c, err := s.AddCustomer(ctx, c)
			return one(showCustomer, c, err)
		})
	api.Register(a, op("edit-customer", http.MethodPatch, "/customers/{id}", "Change what is sent; leave the rest"), identity.EditCustomers, func(ctx context.Context, in *editIn[CustomerFields]) (*out[customer], error) {
		id, err := parse(in.ID)
		if err == nil {
			err = needVersion(in.Body.Version)
		}
		if err != nil {
			return nil, err
		}
		if in.Body.Terms != nil {
			return nil, errs.Invalid("terms have their own address").Field("terms", "send them to /v1/customers/{id}/terms")
		}
		c, err := s.Customer(ctx, id)
		if err != nil {
			return nil, err
		}
		in.Body.fill(&c)
		c.Version = in.Body.Version
		c, err = s.EditCustomer(ctx, c)
		return one(showCustomer, c, err)
	})
	steps(a, s)
	match(a, s)
	contacts(a, s)
	facilities(a, s)
	lists(a, s, customers.ListCustomers)
	lists(a, s, customers.ListFacilities)
}

// steps adds what is done to one customer.
func steps(a *api.API, s *customers.Service) {
	type termsIn struct {
		ByID
		Body struct {
			Version int `json:"version" minimum:"1"`
			TermsFields
		}
	}
	api.Register(a, op("set-terms", http.MethodPost, "/customers/{id}/terms", "Set payment terms and credit; what is left out stays"), identity.BlockCustomer, func(ctx context.Context, in *termsIn) (*out[customer], error) {
		id, err := parse(in.ID)
		if err != nil {
			return nil, err
		}
		c, err := s.Customer(ctx, id)
		if err != nil {
			return nil, err
		}
		in.Body.TermsFields.fill(&c)
		c, err = s.SetTerms(ctx, id, in.Body.Version, customers.Terms{Days: c.TermsDays, QuickPayBps: c.QuickPayBps, QuickPayDays: c.QuickPayDays, CreditLimitCents: c.CreditLimitCents, Factored: c.Factored})
		return one(showCustomer, c, err)
	})
	type blockIn struct {
		ByID
		Body struct {
			Version int    `json:"version" minimum:"1"`
			Reason  string `json:"reason" minLength:"1" maxLength:"300"`
		}
	}
	api.Register(a, op("block-customer", http.MethodPost, "/customers/{id}/block", "Stop new loads for a customer"), identity.BlockCustomer, func(ctx context.Context, in *blockIn) (*out[customer], error) {
		id, err := parse(in.ID)
		if err != nil {
			return nil, err
		}
		c, err := s.Block(ctx, id, in.Body.Version, in.Body.Reason)
		return one(showCustomer, c, err)
	})
	for _, step := range []struct {
		verb, summary string
		p             identity.Permission
		do            func(context.Context, ids.ID, int) error
	}{
		{"unblock", "Let loads be booked for a customer again", identity.BlockCustomer, func(ctx context.Context, id ids.ID, v int) error { _, err := s.Unblock(ctx, id, v); return err }},
		{"archive", "Take a customer out of lists and matching", identity.EditCustomers, s.Archive},
		{"restore", "Bring an archived customer back", identity.EditCustomers, s.Restore},
	} {
		api.Register(a, op(step.verb+"-customer", http.MethodPost, "/customers/{id}/"+step.verb, step.summary), step.p, func(ctx context.Context, in *versionIn) (*out[customer], error) {
			id, err := parse(in.ID)
			if err == nil {
				err = step.do(ctx, id, in.Body.Version)
			}
			if err != nil {
				return nil, err
			}
			c, err := s.Customer(ctx, id)
			return one(showCustomer, c, err)
		})
	}
}

// match adds the question papers ask: who is this?
func match(a *api.API, s *customers.Service) {
	type in struct {
		Name  string `query:"name"`
		USDOT string `query:"usdot"`
		MC    string `query:"mc"`
	}
	type found struct {
		By       string    `json:"matched_by" enum:"usdot,mc,name," doc:"empty when nobody matches"`
		Customer *customer `json:"customer,omitempty"`
	}
	api.Register(a, op("match-customer", http.MethodGet, "/customers/match", "Which customer a paper names: by USDOT, else MC, else name"), identity.SeeCustomers, func(ctx context.Context, i *in) (*out[found], error) {
		c, by, ok, err := s.Match(ctx, i.Name, i.USDOT, i.MC)
		o := &out[found]{found{By: by}}
		if ok {
			shown := showCustomer(c)
			o.Body.Customer = &shown
		}
		return o, err
	})
}

type contact struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Title string `json:"title"`
	Phone string `json:"phone"`
	Email string `json:"email"`
}

func showContact(c customers.Contact) contact {
	return contact{c.ID.String(), c.Name, c.Title, c.Phone, c.Email}
}

func contacts(a *api.API, s *customers.Service) {
	api.Register(a, op("list-contacts", http.MethodGet, "/customers/{id}/contacts", "The people at a customer"), identity.SeeCustomers, func(ctx context.Context, in *ByID) (*listOut[contact], error) {
		id, err := parse(in.ID)
		if err != nil {
			return nil, err
		}
		if _, err := s.Customer(ctx, id); err != nil {
			return nil, err
		}
		cs, err := s.Contacts(ctx, id)
		o := &listOut[contact]{}
		o.Body.Items = []contact{}
		for _, c := range cs {
			o.Body.Items = append(o.Body.Items, showContact(c))
		}
		return o, err
	})
	type fields struct {
		Name  string `json:"name" minLength:"1"`
		Title string `json:"title,omitempty"`
		Phone string `json:"phone,omitempty"`
		Email string `json:"email,omitempty"`
	}
	type addIn struct {
		ByID
		Body fields
	}
	api.Register(a, created(op("add-contact", http.MethodPost, "/customers/{id}/contacts", "Add a person at a customer")), identity.EditCustomers, func(ctx context.Context, in *addIn) (*out[contact], error) {
		id, err := parse(in.ID)
		if err != nil {
			return nil, err
		}
		c, err := s.SaveContact(ctx, customers.Contact{CustomerID: id, Name: in.Body.Name, Title: in.Body.Title, Phone: in.Body.Phone, Email: in.Body.Email})
		return one(showContact, c, err)
	})
	type dropIn struct {
		ByID
		Contact string `path:"contact" format:"uuid"`
	}
	api.Register(a, op("remove-contact", http.MethodDelete, "/customers/{id}/contacts/{contact}", "Forget a person at a customer"), identity.EditCustomers, func(ctx context.Context, in *dropIn) (*struct{}, error) {
		id, err := parse(in.ID)
		if err != nil {
			return nil, err
		}
		c, err := parse(in.Contact)
		if err != nil {
			return nil, err
		}
		return nil, s.RemoveContact(ctx, id, c)
	})
}

// lists adds CSV in and out.
func lists(a *api.API, s *customers.Service, l customers.List) {
	type fileIn struct {
		DryRun  bool `query:"dry_run" doc:"only say what would change"`
		RawBody []byte
	}
	imp := op("import-"+string(l), http.MethodPost, "/"+string(l)+"/import", "Import a CSV: good rows are applied together, bad rows are named")
	imp.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}}
	imp.MaxBodyBytes = csvio.MaxBytes + 1
	api.Register(a, imp, identity.EditCustomers, func(ctx context.Context, in *fileIn) (*out[csvio.Preview], error) {
		if in.DryRun {
			p, err := s.Preview(ctx, l, in.RawBody)
			return &out[csvio.Preview]{p}, err
		}
		p, err := s.Import(ctx, l, in.RawBody, "")
		return &out[csvio.Preview]{p}, err
	})
	type fileOut struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}
	api.Register(a, op("export-"+string(l), http.MethodGet, "/"+string(l)+"/export.csv", "All active "+string(l)+" as CSV"), identity.SeeCustomers, func(ctx context.Context, _ *struct{}) (*fileOut, error) {
		var b bytes.Buffer
		err := s.Export(ctx, l, customers.Filter{}, &b)
		return &fileOut{"text/csv; charset=utf-8", b.Bytes()}, err
	})
}

// TermsFields are what a customer pays under; what is left out stays as it is.
type TermsFields struct {
	TermsDays    *int         `json:"terms_days,omitempty" minimum:"0" maximum:"180"`
	QuickPayBps  *int         `json:"quick_pay_bps,omitempty" minimum:"0" maximum:"2500" doc:"hundredths of a percent"`
	QuickPayDays *int         `json:"quick_pay_days,omitempty" minimum:"0" maximum:"60"`
	CreditLimit  *money.Cents `json:"credit_limit,omitempty" doc:"0.00: none set"`
	Factored     *bool        `json:"factored,omitempty"`
}

func (f *TermsFields) fill(c *customers.Customer) {
	if f == nil {
		return
	}
	set(&c.TermsDays, f.TermsDays)
	set(&c.QuickPayBps, f.QuickPayBps)
	set(&c.QuickPayDays, f.QuickPayDays)
	set(&c.CreditLimitCents, f.CreditLimit)
	set(&c.Factored, f.Factored)
}

func set[T any](dst, src *T) {
	if src != nil {
		*dst = *src
	}
}
