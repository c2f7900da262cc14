package billingapi

import (
	"context"
	"net/http"
	"time"

	"truckflow/internal/api"
	"truckflow/internal/billing"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/page"
)

type payment struct {
	ID         string    `json:"id"`
	CustomerID string    `json:"customer_id"`
	ReceivedOn string    `json:"received_on" format:"date"`
	Amount     string    `json:"amount" doc:"negative: the opposite of a payment that was reversed"`
	Method     string    `json:"method" enum:"ach,check,wire,card,factor,quick_pay,other"`
	Reference  string    `json:"reference,omitempty"`
	Note       string    `json:"note,omitempty" doc:"of a reversal: why"`
	ReversesID string    `json:"reverses_id,omitempty" doc:"the payment that this entry undoes"`
	RecordedBy string    `json:"recorded_by"`
	RecordedAt time.Time `json:"recorded_at"`
}

func showPayment(p billing.Payment) payment {
	out := payment{p.ID.String(), p.CustomerID.String(), p.ReceivedOn.Format(time.DateOnly), p.AmountCents.String(), p.Method, p.Reference, p.Note, "", p.RecordedBy, p.CreatedAt}
	if p.ReversesID != nil {
		out.ReversesID = p.ReversesID.String()
	}
	return out
}

type applied struct {
	InvoiceID string `json:"invoice_id"`
	Kind      string `json:"kind" enum:"cash,short_pay" doc:"short_pay: what the payer kept back for good"`
	Amount    string `json:"amount"`
	Reason    string `json:"reason,omitempty"`
}

type fullPayment struct {
	payment
	Applied    []applied `json:"applied" doc:"which invoices it settled, and by how much"`
	ReversedBy string    `json:"reversed_by,omitempty" doc:"the entry that undid it; left out while it stands"`
}

// date reads a day of a question; nothing is the zero day.
func date(name, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return t, errs.Invalid("%s is not a date", name).Field(name, "a date such as 2026-11-23")
	}
	return t, nil
}

func payments(a *api.API, s *billing.Service) {
	type listIn struct {
		CustomerID string `query:"customer_id" format:"uuid"`
		Since      string `query:"since" format:"date" doc:"received on this day or later"`
		Until      string `query:"until" format:"date" doc:"received on this day or before"`
		Cursor     string `query:"cursor" doc:"the next of the page before"`
		Limit      int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	type listOut struct {
		Body struct {
			Items []payment `json:"items"`
			Next  string    `json:"next,omitempty" doc:"left out on the last page"`
		}
	}
	list := op("list-payments", http.MethodGet, "/v1/payments", "Money received and reversals, newest first")
	list.Description = "Nothing is ever changed or deleted: a payment that was undone stands there with its opposite."
	api.Register(a, list, identity.SeeMoney, func(ctx context.Context, in *listIn) (o *listOut, err error) {
		var f billing.PaymentFilter
		if err = f.CustomerID.UnmarshalText([]byte(in.CustomerID)); err != nil {
			return nil, errs.Invalid("customer_id is not an id")
		}
		if f.Since, err = date("since", in.Since); err != nil {
			return nil, err
		}
		if f.Until, err = date("until", in.Until); err != nil {
			return nil, err
		}
		p, err := s.Payments(ctx, f, page.Request{Cursor: in.Cursor, Limit: in.Limit})
		o = &listOut{}
		o.Body.Items, o.Body.Next = []payment{}, p.Next
		for _, x := range p.Items {
			o.Body.Items = append(o.Body.Items, showPayment(x))
		}
		return o, err
	})
	type one struct{ Body fullPayment }
	api.Register(a, op("get-payment", http.MethodGet, "/v1/payments/{id}", "One payment with what it settled"), identity.SeeMoney, func(ctx context.Context, in *ByID) (*one, error) {
		id, err := in.id()
		if err != nil {
			return nil, err
		}
		p, err := s.Payment(ctx, id)
		out := fullPayment{payment: showPayment(p.Payment), Applied: []applied{}}
		for _, x := range p.Applications {
			out.Applied = append(out.Applied, applied{x.InvoiceID.String(), x.Kind, x.AmountCents.String(), x.Reason})
		}
		if !p.ReversedBy.IsZero() {
			out.ReversedBy = p.ReversedBy.String()
		}
		return &one{out}, err
	})
	pay(a, s)
}

// pay adds recording a payment and undoing it.
func pay(a *api.API, s *billing.Service) {
	type share struct {
		InvoiceID string      `json:"invoice_id" format:"uuid"`
		Amount    money.Cents `json:"amount"`
		Short     money.Cents `json:"short,omitempty" doc:"kept back for good"`
		Reason    string      `json:"reason,omitempty"`
	}
	type payIn struct {
		Body struct {
			CustomerID string      `json:"customer_id" format:"uuid"`
			ReceivedOn string      `json:"received_on" format:"date"`
			Amount     money.Cents `json:"amount"`
			Method     string      `json:"method" enum:"ach,check,wire,card,factor,quick_pay,other"`
			Reference  string      `json:"reference,omitempty"`
			Note       string      `json:"note,omitempty"`
			Shares     []share     `json:"shares" minItems:"1"`
		}
	}
	type payOut struct{ Body payment }
	api.Register(a, op("record-payment", http.MethodPost, "/v1/payments", "Record money received against one or several invoices"), identity.TakePayment,
		func(ctx context.Context, i *payIn) (*payOut, error) {
			cust, err := ids.Parse(i.Body.CustomerID)
			if err != nil {
				return nil, errs.Invalid("customer_id is not an id")
			}
			on, err := date("received_on", i.Body.ReceivedOn)
			if err != nil {
				return nil, err
			}
			r := billing.Receipt{CustomerID: cust, On: on, Amount: i.Body.Amount, Method: i.Body.Method, Reference: i.Body.Reference, Note: i.Body.Note}
			for _, x := range i.Body.Shares {
				inv, err := ids.Parse(x.InvoiceID)
				if err != nil {
					return nil, errs.Invalid("invoice_id is not an id")
				}
				r.Shares = append(r.Shares, billing.Share{InvoiceID: inv, Amount: x.Amount, Short: x.Short, Reason: x.Reason})
			}
			p, err := s.Pay(ctx, r)
			return &payOut{showPayment(p)}, err
		})
	api.Register(a, op("reverse-payment", http.MethodPost, "/v1/payments/{id}/reverse", "Undo a payment by its opposite"), identity.TakePayment, func(ctx context.Context, i *why) (*payOut, error) {
		id, err := i.id()
		if err != nil {
			return nil, err
		}
		p, err := s.ReversePayment(ctx, id, i.Body.Reason)
		return &payOut{showPayment(p)}, err
	})
}
