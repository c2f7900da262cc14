package loads_test

import (
	"strings"
	"testing"

	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
)

// refused fails unless err is a barrier that says all of words.
func refused(t *testing.T, err error, words ...string) {
	t.Helper()
	if !errs.Is(err, errs.KindConflict) || errs.Public(err).Fields[loads.OverrideField] == "" {
		t.Fatalf("%v is no barrier", err)
	}
	for _, w := range words {
		if !strings.Contains(errs.Public(err).Message, w) {
			t.Errorf("%q lacks %q", errs.Public(err).Message, w)
		}
	}
}

func TestCreditLimit(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.books[h.acme] = account{loads.Payer{Name: "Acme", CreditLimit: 10_000_00}, 6_000_00}
	h.book(t, "2026-11-24", 2500)
	exact := h.trip("2026-11-24", 1500)
	if _, err := h.Book(h.ctx, exact); err != nil {
		t.Fatalf("a load up to the limit is refused: %v", err)
	}
	one := h.trip("2026-11-25", 1)
	_, err := h.Book(h.ctx, one)
	refused(t, err, "$1.00 over its credit limit of $10,000.00", "$6,000.00 in open invoices", "$4,000.00 not invoiced yet", "$1.00 for this load")
	one.Override = "wire arrives today"
	_, err = h.Book(h.as(identity.Dispatcher), one)
	refused(t, err, "over its credit limit of")
	f, err := h.Book(h.as(identity.Accountant), one)
	if err == nil {
		t.Error("an accountant, who does not book, booked")
	}
	if f, err = h.Book(h.ctx, one); err != nil {
		t.Fatal(err)
	}
	evs := h.history(t, f.ID)
	if !strings.Contains(evs[0].Text, "Reason: wire arrives today") || !strings.Contains(evs[0].Text, "$1.00 over") {
		t.Errorf("the history says %+v", evs)
	}
	if all, err := h.Unbilled(h.ctx); err != nil || all[h.acme] != 4_001_00 {
		t.Errorf("unbilled: %v %v", all, err)
	}
}

// TestBarrierOfADraft: a draft may always be saved; booking it asks, counting it once.
func TestBarrierOfADraft(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.books[h.acme] = account{Payer: loads.Payer{Name: "Acme", Blocked: "claim open"}}
	f, err := h.Draft(h.ctx, h.trip("2026-11-24", 2000))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := h.Barrier(h.ctx, h.acme, f.TotalCents, f.ID); err != nil || b == nil || b.Words(h.ctx) != "we do not haul for Acme: claim open" {
		t.Errorf("%+v %v", b, err)
	}
	_, err = h.Do(h.ctx, f.ID, loads.Step{Verb: lifecycle.Book})
	refused(t, err, "claim open")
	if _, err = h.Do(h.ctx, f.ID, loads.Step{Verb: lifecycle.Book, Reason: "the claim is settled"}); err != nil {
		t.Fatal(err)
	}
	h.books[h.acme] = account{loads.Payer{Name: "Acme", CreditLimit: 2_000_00}, 0}
	if b, err := h.Barrier(h.ctx, h.acme, f.TotalCents, f.ID); err != nil || b != nil {
		t.Errorf("a load stands in its own way: %+v %v", b, err)
	}
	if b, err := h.Barrier(h.as(identity.Dispatcher), h.acme, 1, ids.ID{}); err != nil || b == nil || b.Over() != 1 {
		t.Errorf("another load: %+v %v", b, err)
	}
}

// TestAnotherPayer: a booked load goes to a blocked customer only for a reason.
func TestAnotherPayer(t *testing.T) {
	t.Parallel()
	h := open(t)
	f := h.book(t, "2026-11-24", 2000)
	bad := ids.New()
	h.books[bad] = account{Payer: loads.Payer{Name: "Slow Pay", Blocked: "pays never"}}
	in := f.Input()
	in.CustomerID = bad
	_, err := h.Edit(h.ctx, f.ID, f.Version, in)
	refused(t, err, "pays never")
	h.books[h.acme] = account{Payer: loads.Payer{Name: "Acme", Blocked: "since yesterday"}}
	in.CustomerID = h.acme
	if _, err := h.Edit(h.ctx, f.ID, f.Version, in); err != nil {
		t.Errorf("a load that stays with its customer is refused: %v", err)
	}
}
