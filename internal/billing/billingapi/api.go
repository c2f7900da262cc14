// Package billingapi has /v1's invoices, payments, mails and past.
package billingapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"truckflow/internal/api"
	"truckflow/internal/billing"
	"truckflow/internal/identity"
	"truckflow/internal/kit/csvio"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/platform/blob"
	"truckflow/internal/platform/outbox"
)

type invoice struct {
	ID          string     `json:"id"`
	Kind        string     `json:"kind" enum:"invoice,credit_note"`
	Number      string     `json:"number"`
	LoadID      string     `json:"load_id"`
	LoadNumber  string     `json:"load_number"`
	CustomerID  string     `json:"customer_id"`
	CustomerRef string     `json:"customer_load_number"`
	IssuedOn    string     `json:"issued_on" format:"date"`
	DueOn       string     `json:"due_on" format:"date"`
	Currency    string     `json:"currency"`
	Total       string     `json:"total"`
	Open        string     `json:"open"`
	SentAt      *time.Time `json:"sent_at,omitempty"`
	SentTo      string     `json:"sent_to,omitempty"`
}

func show(i billing.Invoice) invoice {
	return invoice{i.ID.String(), i.Kind, i.Number, i.LoadID.String(), i.LoadNumber, i.CustomerID.String(), i.CustomerRef, i.IssuedOn.Format("2006-01-02"),
		i.DueOn.Format("2006-01-02"), i.Currency, i.TotalCents.String(), billing.Open(i).String(), i.SentAt, i.SentTo}
}

type one struct{ Body invoice }

// ByID is a path that names one thing. It is exported because huma reads
// embedded types only when they are.
type ByID struct {
	ID string `path:"id" format:"uuid"`
}

func (b ByID) id() (ids.ID, error) {
	id, err := ids.Parse(b.ID)
	if err != nil {
		return id, errs.NotFound("there is no such thing")
	}
	return id, nil
}

// why is what a reversal needs.
type why struct {
	ByID
	Body struct {
		Reason string `json:"reason" minLength:"1"`
	}
}

func op(id, method, path, summary string) huma.Operation {
	return huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{"billing"}}
}

// Deps is what Register needs.
type Deps struct {
	Billing *billing.Service
	Outbox  *outbox.Outbox
	Blobs   blob.Store
}

// Register adds the operations.
func Register(a *api.API, d Deps) {
	s := d.Billing
	api.Register(a, op("issue-invoice", http.MethodPost, "/v1/loads/{id}/invoice", "Invoice a load that is ready to bill"), identity.Bill,
		func(ctx context.Context, i *ByID) (*one, error) {
			id, err := i.id()
			if err != nil {
				return nil, err
			}
			inv, err := s.Issue(ctx, id)
			return &one{show(inv)}, err
		})
	type listIn struct {
		CustomerID string `query:"customer_id"`
		Cursor     string `query:"cursor"`
		Limit      int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	type listOut struct {
		Body struct {
			Items []invoice `json:"items"`
			Next  string    `json:"next,omitempty"`
		}
	}
	api.Register(a, op("list-invoices", http.MethodGet, "/v1/invoices", "Invoices and credit notes, newest first"), identity.SeeMoney,
		func(ctx context.Context, i *listIn) (*listOut, error) {
			var cust ids.ID
			if i.CustomerID != "" {
				var err error
				if cust, err = ids.Parse(i.CustomerID); err != nil {
					return nil, errs.Invalid("customer_id is not an id")
				}
			}
			p, err := s.List(ctx, cust, page.Request{Cursor: i.Cursor, Limit: i.Limit})
			o := &listOut{}
			o.Body.Next = p.Next
			o.Body.Items = []invoice{}
			for _, x := range p.Items {
				o.Body.Items = append(o.Body.Items, show(x))
			}
			return o, err
		})
	api.Register(a, op("get-invoice", http.MethodGet, "/v1/invoices/{id}", "One invoice"), identity.SeeMoney, func(ctx context.Context, i *ByID) (*one, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		f, err := s.Get(ctx, id)
		return &one{show(f.Invoice)}, err
	})
	type file struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}
	pdf := func(make func(context.Context, ids.ID) (string, []byte, error)) func(context.Context, *ByID) (*file, error) {
		return func(ctx context.Context, i *ByID) (*file, error) {
			id, err := i.id()
			if err != nil {
				return nil, err
			}
			_, b, err := make(ctx, id)
			return &file{"application/pdf", b}, err
		}
	}
	api.Register(a, op("invoice-pdf", http.MethodGet, "/v1/invoices/{id}/pdf", "The invoice as PDF"), identity.SeeMoney, pdf(s.PDF))
	api.Register(a, op("invoice-packet", http.MethodGet, "/v1/invoices/{id}/packet", "The invoice with its papers as one PDF"), identity.SeeMoney, pdf(s.Packet))
	actions(a, s)
	payments(a, s)
	mails(a, d)
	history(a, s)
}

func actions(a *api.API, s *billing.Service) {
	type sendIn struct {
		ByID
		Body struct {
			To string `json:"to,omitempty" doc:"left out: the customer's billing e-mail"`
		}
	}
	send := op("send-invoice", http.MethodPost, "/v1/invoices/{id}/send", "Mail the packet to the customer")
	send.DefaultStatus = 202
	api.Register(a, send, identity.Bill, func(ctx context.Context, i *sendIn) (*struct{}, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		return nil, s.Send(ctx, id, i.Body.To, ids.ID{})
	})
	api.Register(a, op("credit-invoice", http.MethodPost, "/v1/invoices/{id}/credit", "Reverse what is open by a credit note"), identity.Bill, func(ctx context.Context, i *why) (*one, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		n, err := s.Credit(ctx, id, i.Body.Reason)
		return &one{show(n)}, err
	})
}

// history adds the past that a carrier brings from another system.
func history(a *api.API, s *billing.Service) {
	type in struct {
		DryRun  bool `query:"dry_run" doc:"only say what would be added"`
		RawBody []byte
	}
	type out struct{ Body csvio.Preview }
	imp := op("import-history", http.MethodPost, "/v1/history/import",
		"Import a CSV of past loads with their invoices and payments: good rows are added together, bad rows are named, rows that are in already stay as they are")
	imp.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}}
	imp.MaxBodyBytes = csvio.MaxBytes + 1
	api.Register(a, imp, identity.ImportHistory, func(ctx context.Context, i *in) (*out, error) {
		run := func() (csvio.Preview, error) { return s.ImportHistory(ctx, i.RawBody, "") }
		if i.DryRun {
			run = func() (csvio.Preview, error) { return s.PreviewHistory(ctx, i.RawBody) }
		}
		p, err := run()
		return &out{p}, err
	})
}
