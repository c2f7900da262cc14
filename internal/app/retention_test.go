package app

import (
	"bytes"
	"context"
	"testing"
	"time"

	"truckflow/internal/billing"
	"truckflow/internal/customers"
	"truckflow/internal/documents"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
	"truckflow/internal/sim/paper"
)

// TestDocumentsAreForgotten moves the clock past what the law asks: a document
// that nobody needs is gone with its file, one whose load has money open stays
// until the money came.
func TestDocumentsAreForgotten(t *testing.T) {
	a := start(t)
	ctx := found(t, a, "Keeper")
	who, _ := tenant.From(ctx)
	var pdf bytes.Buffer
	if err := paper.Layouts()[1].Print(&pdf, paper.Random(5)); err != nil {
		t.Fatal(err)
	}
	loose, _, err := a.Documents.Receive(ctx, documents.Upload{Filename: "scale ticket.pdf", Kind: "other", Body: bytes.NewReader(pdf.Bytes())})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the document is read", func() bool { return must(a.Documents.Get(ctx, loose.ID))(t).State == "read" })
	if _, _, err := a.Documents.Picture(ctx, loose.ID, 1); err != nil {
		t.Fatal(err)
	}
	cust := must(a.Customers.AddCustomer(ctx, customers.Customer{Name: "Acme", Kind: "broker", BillingEmail: "ap@acme.example.com", TermsDays: 30}))(t)
	f := must(a.Loads.Book(ctx, loads.Input{CustomerID: cust.ID, Equipment: "van", Charges: []loads.ChargeInput{{Kind: "linehaul", Amount: 90_000}}, Stops: []loads.StopInput{
		{Kind: "pickup", City: "Dallas", State: "TX", ZIP: "75201", From: ago(2)}, {Kind: "delivery", City: "Memphis", State: "TN", ZIP: "38118", From: ago(1)}}}))(t)
	f = haul(t, a, ctx, f)
	pods := must(a.Documents.OfLoad(ctx, f.ID))(t)
	if len(pods) == 0 {
		t.Fatal("the load has no paper")
	}
	kept := func() bool { _, err := a.Documents.Get(ctx, pods[0].ID); return err == nil }
	forget := func() {
		t.Helper()
		if err := a.Documents.Forget(tenant.System(t.Context(), who.Org)); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Documents.Forget(ctx); !errs.Is(err, errs.KindForbidden) {
		t.Errorf("a person had documents forgotten: %v", err)
	}
	if forget(); !kept() || must(a.Documents.Get(ctx, loose.ID))(t).ID.IsZero() {
		t.Fatal("forgotten before their time")
	}

	a.Documents.Clock = clock.At(clock.System.Now().AddDate(4, 1, 0)) // retention is 4 years
	if err := a.jobs.InsertFor(t.Context(), []ids.ID{who.Org}, documents.ForgetKind, struct{}{}); err != nil {
		t.Fatal(err)
	}
	until(t, "the loose document is forgotten", func() bool { _, err := a.Documents.Get(ctx, loose.ID); return errs.Is(err, errs.KindNotFound) })
	until(t, "its files are gone", func() bool {
		return gone(a, loose.BlobKey) && gone(a, "pages/"+who.Org.String()+"/"+loose.ID.String()+"/001")
	})
	if r, pages, err := a.Documents.Reading(ctx, loose.ID); err != nil || r != nil || len(pages) > 0 {
		t.Errorf("its text is still there: %v %d pages, %v", r != nil, len(pages), err)
	}
	trail := must(a.Identity.AuditTrail(ctx, page.Request{Limit: 200}))(t).Items
	lines := 0
	for _, l := range trail {
		if l.Action == "document.forget" && l.SubjectLabel == "scale ticket.pdf" && l.ActorName == tenant.SystemName {
			lines++
		}
	}
	if lines != 1 {
		t.Errorf("%d lines in the audit trail, want 1", lines)
	}
	if !kept() {
		t.Fatal("a paper of an unbilled load was forgotten")
	}
	inv := must(a.Billing.Issue(ctx, f.ID))(t)
	if forget(); !kept() {
		t.Fatal("a paper of an open receivable was forgotten")
	}
	must(a.Billing.Pay(ctx, billing.Receipt{CustomerID: cust.ID, On: clock.System.Now().UTC().Truncate(24 * time.Hour), Amount: inv.TotalCents, Method: "ach",
		Shares: []billing.Share{{InvoiceID: inv.ID, Amount: inv.TotalCents}}}))(t)
	if forget(); kept() {
		t.Error("a paper of a settled load outlived its retention")
	}
}

func gone(a *App, key string) bool {
	rc, _, err := a.d.blobs.Get(context.Background(), key)
	if err == nil {
		_ = rc.Close()
	}
	return errs.Is(err, errs.KindNotFound)
}
