package billing

import (
	"context"
	"fmt"
	"time"

	"truckflow/internal/billing/internal/billingdb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/platform/pg"
)

// Share is what of a payment goes to one invoice. Short is what the payer kept
// back for good, with Reason; what is neither paid nor short stays owed.
type Share struct {
	InvoiceID ids.ID
	Amount    money.Cents
	Short     money.Cents
	Reason    string
}

// Receipt is money that came in.
type Receipt struct {
	CustomerID ids.ID
	On         time.Time // the day, midnight UTC
	Amount     money.Cents
	Method     string // ach check wire card factor quick_pay other
	Reference  string
	Note       string
	FormToken  string // the same token twice is the same payment
	Shares     []Share
}

// Methods are the ways money arrives.
var Methods = []string{"ach", "check", "wire", "card", "factor", "quick_pay", "other"}

// Pay records a payment over one or several invoices of one customer; the
// shares must add up to it. A fully settled invoice closes its load. Needs TakePayment.
func (s *Service) Pay(ctx context.Context, r Receipt) (p Payment, err error) {
	a, err := identity.Require(ctx, identity.TakePayment)
	if err != nil {
		return p, err
	}
	if err := r.validate(s.Clock.Now()); err != nil {
		return p, err
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := billingdb.New(tx)
		if r.FormToken != "" {
			// Two clicks at once meet here: the second waits for the first, then finds its row.
			if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended($1, 0))", a.Org.String()+r.FormToken); err != nil {
				return err
			}
			if p, err = q.PaymentByForm(ctx, r.FormToken); err == nil {
				return nil
			} else if !pg.IsNoRows(err) {
				return err
			}
		}
		id := ids.New()
		var token *string
		if r.FormToken != "" {
			token = &r.FormToken
		}
		if err := q.InsertPayment(ctx, billingdb.InsertPaymentParams{ID: id, CustomerID: r.CustomerID, ReceivedOn: r.On, AmountCents: r.Amount, Currency: money.USD,
			Method: r.Method, Reference: r.Reference, Note: r.Note, FormToken: token, RecordedBy: a.Name, CreatedAt: s.Clock.Now()}); err != nil {
			return err
		}
		for _, sh := range r.Shares {
			if err := s.apply(ctx, q, id, r.CustomerID, sh); err != nil {
				return err
			}
		}
		if p, err = q.Payment(ctx, id); err != nil {
			return err
		}
		return s.Identity.Audit(ctx, tx, identity.Entry{Action: "payment.record", Kind: "payment", ID: id, Label: r.Amount.Dollars() + " " + r.Reference})
	})
	return p, err
}

func (r Receipt) validate(now time.Time) error {
	e := errs.Invalid("the payment cannot be recorded as it is")
	if r.Amount <= 0 {
		e = e.Field("amount", "more than zero")
	}
	if r.On.IsZero() || r.On.After(now.AddDate(0, 0, 1)) {
		e = e.Field("received_on", "a day that has come")
	}
	ok := false
	for _, m := range Methods {
		ok = ok || m == r.Method
	}
	if !ok {
		e = e.Field("method", "how did it come?")
	}
	var sum money.Cents
	seen := map[ids.ID]bool{}
	for i, sh := range r.Shares {
		if sh.Amount < 0 || sh.Short < 0 || sh.Amount+sh.Short == 0 {
			e = e.Field(fmt.Sprintf("shares[%d].amount", i), "more than zero")
		}
		if sh.Short > 0 && sh.Reason == "" {
			e = e.Field(fmt.Sprintf("shares[%d].reason", i), "why was it short?")
		}
		if seen[sh.InvoiceID] {
			e = e.Field(fmt.Sprintf("shares[%d].invoice_id", i), "this invoice is listed twice")
		}
		seen[sh.InvoiceID] = true
		sum += sh.Amount
	}
	if sum != r.Amount {
		e = e.Field("amount", "the invoices' shares add up to %s, the payment is %s", sum.Dollars(), r.Amount.Dollars())
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

func (s *Service) apply(ctx context.Context, q *billingdb.Queries, payment, customer ids.ID, sh Share) error {
	inv, err := q.LockInvoice(ctx, sh.InvoiceID)
	if err != nil {
		if pg.IsNoRows(err) {
			err = errs.NotFound("there is no such invoice")
		}
		return err
	}
	if inv.CustomerID != customer || inv.Kind != "invoice" {
		return errs.Conflict("invoice %s is not this customer's", inv.Number)
	}
	if open := Open(inv); sh.Amount+sh.Short > open {
		return errs.Conflict("invoice %s owes %s; %s is more", inv.Number, open.Dollars(), (sh.Amount + sh.Short).Dollars())
	}
	for _, x := range []struct {
		kind   string
		amount money.Cents
		reason string
	}{{"cash", sh.Amount, ""}, {"short_pay", sh.Short, sh.Reason}} {
		if x.amount == 0 {
			continue
		}
		if err := q.InsertApplication(ctx, billingdb.InsertApplicationParams{ID: ids.New(), InvoiceID: inv.ID, PaymentID: payment.Ptr(), Kind: x.kind,
			AmountCents: x.amount, Reason: x.reason, CreatedAt: s.Clock.Now()}); err != nil {
			return err
		}
	}
	return s.settle(ctx, q, inv, sh.Amount+sh.Short)
}

// settle moves an invoice's settled amount and its load's state with it.
func (s *Service) settle(ctx context.Context, q *billingdb.Queries, inv Invoice, by money.Cents) error {
	if err := q.Settle(ctx, billingdb.SettleParams{ID: inv.ID, AmountCents: by}); err != nil {
		return err
	}
	before, after := Open(inv), Open(inv)-by
	switch {
	case before > 0 && after == 0:
		if _, err := s.Loads.Do(ctx, inv.LoadID, loads.Step{Verb: lifecycle.Settle}); err != nil {
			return err
		}
		_, err := s.Loads.Do(ctx, inv.LoadID, loads.Step{Verb: lifecycle.Close})
		return err
	case before == 0 && after > 0:
		_, err := s.Loads.Do(ctx, inv.LoadID, loads.Step{Verb: lifecycle.Reopen})
		return err
	}
	return nil
}

// FullPayment is a payment with what it settled.
type FullPayment struct {
	Payment
	Applications []Application
	ReversedBy   ids.ID // zero while it stands
}

// Payment returns one payment; needs SeeMoney.
func (s *Service) Payment(ctx context.Context, id ids.ID) (p FullPayment, err error) {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return p, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := billingdb.New(tx)
		if p.Payment, err = q.Payment(ctx, id); pg.IsNoRows(err) {
			return errs.NotFound("there is no such payment")
		} else if err != nil {
			return err
		}
		if p.Applications, err = q.ApplicationsOfPayment(ctx, id); err != nil {
			return err
		}
		if p.ReversedBy, err = q.ReversalOf(ctx, id); pg.IsNoRows(err) {
			err = nil
		}
		return err
	})
	return p, err
}

// ReversePayment undoes a payment (a bounced check, a wrong entry) by its
// opposite; what it settled is owed again. Needs TakePayment.
func (s *Service) ReversePayment(ctx context.Context, id ids.ID, why string) (p Payment, err error) {
	a, err := identity.Require(ctx, identity.TakePayment)
	if err != nil {
		return p, err
	}
	if why == "" {
		return p, errs.Invalid("say why").Field("reason", "required")
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := billingdb.New(tx)
		old, err := q.Payment(ctx, id)
		if err != nil {
			if pg.IsNoRows(err) {
				err = errs.NotFound("there is no such payment")
			}
			return err
		}
		if old.ReversesID != nil {
			return errs.Conflict("that entry is itself a reversal")
		}
		rid := ids.New()
		if err := q.InsertPayment(ctx, billingdb.InsertPaymentParams{ID: rid, CustomerID: old.CustomerID, ReceivedOn: s.Clock.Now().Truncate(24 * time.Hour),
			AmountCents: -old.AmountCents, Currency: old.Currency, Method: old.Method, Reference: old.Reference, Note: why, ReversesID: id.Ptr(),
			RecordedBy: a.Name, CreatedAt: s.Clock.Now()}); err != nil {
			return err // a second reversal meets the unique index
		}
		apps, err := q.ApplicationsOfPayment(ctx, id)
		if err != nil {
			return err
		}
		sums := map[ids.ID]money.Cents{}
		var order []ids.ID
		for _, x := range apps {
			if err := q.InsertApplication(ctx, billingdb.InsertApplicationParams{ID: ids.New(), InvoiceID: x.InvoiceID, PaymentID: rid.Ptr(), Kind: x.Kind,
				AmountCents: -x.AmountCents, Reason: why, CreatedAt: s.Clock.Now()}); err != nil {
				return err
			}
			if _, ok := sums[x.InvoiceID]; !ok {
				order = append(order, x.InvoiceID)
			}
			sums[x.InvoiceID] += x.AmountCents
		}
		for _, inv := range order {
			row, err := q.LockInvoice(ctx, inv)
			if err != nil {
				return err
			}
			if err := s.settle(ctx, q, row, -sums[inv]); err != nil {
				return err
			}
		}
		p, err = q.Payment(ctx, rid)
		if err != nil {
			return err
		}
		return s.Identity.Audit(ctx, tx, identity.Entry{Action: "payment.reverse", Kind: "payment", ID: id, Label: old.AmountCents.Dollars(), Detail: map[string]string{"why": why}})
	})
	return p, err
}

// Credit reverses what is still owed on an invoice by a credit note with its own
// number; nothing is edited. An invoice without payments goes back to be billed
// again. Needs Bill.
func (s *Service) Credit(ctx context.Context, id ids.ID, why string) (note Invoice, err error) {
	a, err := identity.Require(ctx, identity.Bill)
	if err != nil {
		return note, err
	}
	if why == "" {
		return note, errs.Invalid("say why").Field("reason", "required")
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := billingdb.New(tx)
		inv, err := q.LockInvoice(ctx, id)
		if err != nil {
			if pg.IsNoRows(err) {
				err = errs.NotFound("there is no such invoice")
			}
			return err
		}
		if inv.Kind != "invoice" || Open(inv) <= 0 {
			return errs.Conflict("%s has nothing open to credit", inv.Number)
		}
		n, err := q.TakeNumber(ctx, "credit_note")
		if err != nil {
			return err
		}
		now, open := s.Clock.Now(), Open(inv)
		today := now.Truncate(24 * time.Hour)
		nid := ids.New()
		if err := q.InsertInvoice(ctx, billingdb.InsertInvoiceParams{ID: nid, Kind: "credit_note", SeriesNo: &n, Number: fmt.Sprintf("CN-%05d", n), LoadID: inv.LoadID,
			LoadNumber: inv.LoadNumber, CustomerRef: inv.CustomerRef, CustomerID: inv.CustomerID, ReversesID: id.Ptr(), IssuedOn: today, DueOn: today,
			Currency: inv.Currency, TotalCents: -open, BillTo: inv.BillTo, RemitTo: inv.RemitTo, FromCompany: inv.FromCompany, Service: inv.Service,
			TermsText: "Credit for invoice " + inv.Number + ": " + why, IssuedBy: a.Name, CreatedAt: now}); err != nil {
			return err
		}
		if err := q.InsertLine(ctx, billingdb.InsertLineParams{InvoiceID: nid, Seq: 1, Kind: "credit", Description: "Credit for invoice " + inv.Number, AmountCents: -open}); err != nil {
			return err
		}
		if err := q.InsertApplication(ctx, billingdb.InsertApplicationParams{ID: ids.New(), InvoiceID: id, CreditNoteID: nid.Ptr(), Kind: "credit", AmountCents: open,
			Reason: why, CreatedAt: now}); err != nil {
			return err
		}
		if err := q.Settle(ctx, billingdb.SettleParams{ID: id, AmountCents: open}); err != nil {
			return err
		}
		if inv.SettledCents == 0 { // wholly reversed: the load is billed anew
			if _, err := s.Loads.Do(ctx, inv.LoadID, loads.Step{Verb: lifecycle.Credit, Reason: why}); err != nil {
				return err
			}
		} else {
			if _, err := s.Loads.Do(ctx, inv.LoadID, loads.Step{Verb: lifecycle.Settle}); err != nil {
				return err
			}
			if _, err := s.Loads.Do(ctx, inv.LoadID, loads.Step{Verb: lifecycle.Close}); err != nil {
				return err
			}
		}
		if note, err = q.Invoice(ctx, nid); err != nil {
			return err
		}
		return s.Identity.Audit(ctx, tx, identity.Entry{Action: "invoice.credit", Kind: "invoice", ID: id, Label: inv.Number, Detail: map[string]string{"why": why, "note": note.Number}})
	})
	return note, err
}
