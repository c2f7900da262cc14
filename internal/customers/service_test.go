package customers_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"

	"truckflow/internal/customers"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
)

func (h house) add(c customers.Customer) customers.Customer {
	h.t.Helper()
	c, err := h.AddCustomer(h.ctx, c)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func TestMatch(t *testing.T) {
	t.Parallel()
	h := open(t)
	acme := h.add(customers.Customer{Name: "ACME Logistics, LLC", Usdot: "USDOT 2345678", Mc: "MC-123456"})
	plain := h.add(customers.Customer{Name: "J & B Freight Inc."})
	h.add(customers.Customer{Name: "Twin Cargo", Usdot: "11"})
	h.add(customers.Customer{Name: "Twin Cargo LLC", Usdot: "12"})
	tests := []struct {
		name, usdot, mc string
		by              string
		id              ids.ID
	}{
		{"whoever", "02345678", "", "usdot", acme.ID},
		{"whoever", "", "123456", "mc", acme.ID},
		{"Acme Logistics", "", "", "name", acme.ID},
		{"Acme Logistics", "999", "", "", ids.ID{}},
		{"Acme Logistics", "999", "123456", "", ids.ID{}},
		{"j and b freight", "777", "", "name", plain.ID},
		{"Twin Cargo", "", "", "", ids.ID{}},
		{"Twin Cargo", "12", "", "usdot", ids.ID{}},
		{"", "", "", "", ids.ID{}},
	}
	for _, tt := range tests {
		c, by, ok, err := h.Match(h.ctx, tt.name, tt.usdot, tt.mc)
		if err != nil || by != tt.by || ok != (tt.by != "") || !tt.id.IsZero() && c.ID != tt.id {
			t.Errorf("%q %s %s: %s by %q, %v", tt.name, tt.usdot, tt.mc, c.Name, by, err)
		}
	}
	if err := h.Archive(h.ctx, acme.ID, 1); err != nil {
		t.Fatal(err)
	}
	if _, _, ok, _ := h.Match(h.ctx, "", "2345678", ""); ok {
		t.Error("an archived customer matches")
	}
	if _, _, ok, _ := h.Match(h.company("owner@two.example"), "J & B Freight", "", ""); ok {
		t.Error("another company's customer matches")
	}
}

func TestFindOrAddOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	var wg sync.WaitGroup
	got := make([]ids.ID, 6)
	for i := range got {
		wg.Go(func() {
			c, _, err := h.FindOrAdd(h.ctx, customers.Customer{Name: "New Broker, Inc", Mc: "55"})
			if err != nil {
				t.Error(err)
			}
			got[i] = c.ID
		})
	}
	wg.Wait()
	for _, id := range got {
		if id != got[0] {
			t.Fatalf("one broker was added more than once: %v", got)
		}
	}
	c, err := h.Customer(h.ctx, got[0])
	if err != nil || c.TermsDays != customers.DefaultTermsDays || c.NameKey != "new broker" {
		t.Fatalf("%+v %v", c, err)
	}
}

func TestTermsBlockAndStale(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.add(customers.Customer{Name: "Slow Payer"})
	dispatcher, accountant := h.as(identity.Dispatcher), h.as(identity.Accountant)
	_, err := h.Block(dispatcher, c.ID, 1, "pays late")
	wantKind(t, err, errs.KindForbidden, "")
	_, err = h.Block(accountant, c.ID, 1, " ")
	wantKind(t, err, errs.KindInvalid, "reason")
	if c, err = h.Block(accountant, c.ID, 1, "pays late"); err != nil || c.BlockedAt == nil || c.Version != 2 {
		t.Fatalf("%+v %v", c, err)
	}
	_, err = h.SetTerms(accountant, c.ID, 1, customers.Terms{Days: 10})
	wantKind(t, err, errs.KindConflict, "")
	_, err = h.SetTerms(accountant, c.ID, 2, customers.Terms{Days: 181, CreditLimitCents: -1})
	wantKind(t, err, errs.KindInvalid, "terms_days")
	if c, err = h.SetTerms(accountant, c.ID, 2, customers.Terms{Days: 45, QuickPayBps: 250, QuickPayDays: 2, CreditLimitCents: 2_500_000, Factored: true}); err != nil {
		t.Fatal(err)
	}
	c.Name, c.TermsDays, c.BlockedAt = "Slow Payer Ltd", 0, nil
	if c, err = h.EditCustomer(dispatcher, c); err != nil {
		t.Fatal(err)
	}
	if c.TermsDays != 45 || c.BlockedAt == nil || c.CreditLimitCents != money.Cents(2_500_000) || c.NameKey != "slow payer" {
		t.Fatalf("an edit changed terms or block: %+v", c)
	}
	if c, err = h.Unblock(accountant, c.ID, c.Version); err != nil || c.BlockedAt != nil {
		t.Fatal(err)
	}
	_, err = h.AddCustomer(dispatcher, customers.Customer{Name: "Rich", CreditLimitCents: 1})
	wantKind(t, err, errs.KindForbidden, "")
	h.add(customers.Customer{Name: "One", Usdot: "77"})
	_, err = h.AddCustomer(h.ctx, customers.Customer{Name: "Two", Usdot: "77"})
	wantKind(t, err, errs.KindConflict, "usdot")
}

func TestContacts(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.add(customers.Customer{Name: "Acme"})
	p, err := h.SaveContact(h.ctx, customers.Contact{CustomerID: c.ID, Name: "Pat", Email: "pat@acme.example"})
	if err != nil {
		t.Fatal(err)
	}
	p.Title = "Carrier sales"
	if _, err = h.SaveContact(h.ctx, p); err != nil {
		t.Fatal(err)
	}
	if cs, _ := h.Contacts(h.ctx, c.ID); len(cs) != 1 || cs[0].Title != "Carrier sales" {
		t.Fatalf("%+v", cs)
	}
	_, err = h.SaveContact(h.ctx, customers.Contact{CustomerID: c.ID, Email: "nobody"})
	wantKind(t, err, errs.KindInvalid, "email")
	_, err = h.SaveContact(h.company("owner@two.example"), customers.Contact{CustomerID: c.ID, Name: "X"})
	wantKind(t, err, errs.KindNotFound, "")
	if err := h.RemoveContact(h.ctx, c.ID, p.ID); err != nil {
		t.Fatal(err)
	}
	wantKind(t, h.RemoveContact(h.ctx, c.ID, p.ID), errs.KindNotFound, "")
}

func TestFacilities(t *testing.T) {
	t.Parallel()
	h := open(t)
	v, err := h.AddFacility(h.ctx, customers.Facility{Name: "Dallas DC", Address: "1200 North Main Street", City: "Dallas", State: "tx", Zip: "75201", Hours: []byte(`{"mon":["07:00","15:00"]}`)})
	if err != nil {
		t.Fatal(err)
	}
	if v.TimeZone != "America/Chicago" || v.PositionPrecision != "zip" || !customers.Position(v).Valid() {
		t.Fatalf("%+v", v)
	}
	_, err = h.AddFacility(h.ctx, customers.Facility{Name: "Nowhere", City: "Nowhere", State: "TX", Zip: "00000"})
	wantKind(t, err, errs.KindInvalid, "zip")
	if u, err := h.AddFacility(h.ctx, customers.Facility{Name: "Nowhere", City: "Nowhere", State: "TX", Zip: "00000", TimeZone: "America/Denver"}); err != nil || u.Lat != nil || u.PositionPrecision != "" {
		t.Fatalf("%+v %v", u, err)
	}
	_, err = h.AddFacility(h.ctx, customers.Facility{Name: "X", City: "Dallas", State: "TX", Hours: []byte(`{"mon":["7","15:00"]}`)})
	wantKind(t, err, errs.KindInvalid, "hours")
	for _, tt := range []struct {
		name, address, zip string
		ok                 bool
	}{
		{"DALLAS DC, Inc.", "", "75201", true},
		{"Something else", "1200 N. Main St", "75201-1234", true},
		{"Dallas DC", "9 Elm St", "75201", false}, // same name, another street
		{"Dallas DC", "1200 N Main St", "", true},
		{"Dallas DC", "", "10001", false},
	} {
		if got, ok, err := h.MatchFacility(h.ctx, tt.name, tt.address, tt.zip); err != nil || ok != tt.ok || ok && got.ID != v.ID {
			t.Errorf("%v: %s %v %v", tt, got.Name, ok, err)
		}
	}
	found, added, err := h.FindOrAddFacility(h.ctx, customers.Facility{Name: "Dallas DC", City: "Dallas", State: "TX", Zip: "75201"})
	if err != nil || added || found.ID != v.ID {
		t.Errorf("%v %v %v", found.Name, added, err)
	}
	if err := h.ArchiveFacility(h.ctx, v.ID, 1); err != nil {
		t.Fatal(err)
	}
	_, err = h.EditFacility(h.ctx, v)
	wantKind(t, err, errs.KindConflict, "")
}

func TestImport(t *testing.T) {
	t.Parallel()
	h := open(t)
	known := h.add(customers.Customer{Name: "Known Freight"})
	file := []byte("name,usdot,terms_days,billing_email\n\"Known Freight, LLC\",2001,30,ap@known.example\nNéw Broker,2002,45,\n,2003,,\nBad Mail,2004,,x@\n")
	p, err := h.Preview(h.as(identity.Dispatcher), customers.ListCustomers, file)
	if err != nil || p.Changed != 1 || p.New != 0 || p.Bad != 3 {
		t.Fatalf("a dispatcher may not set terms: %+v %v", p, err)
	}
	if p, err = h.Import(h.ctx, customers.ListCustomers, file, ""); err != nil || p.Changed != 1 || p.New != 1 || p.Bad != 2 {
		t.Fatalf("%+v %v", p, err)
	}
	c, err := h.Customer(h.ctx, known.ID)
	if err != nil || c.Usdot != "2001" || c.Name != "Known Freight, LLC" || c.Version != 2 {
		t.Fatalf("%+v %v", c, err)
	}
	roundTrip(t, h, customers.ListCustomers, 2)

	sites := []byte("Name\tCity\tState\tZIP\tHours\nDC 1\tDallas\tTX\t75201\tmon-fri 07:00-15:00\nDC 2\tNowhere\tTX\t00000\t\nDC 3\tDallas\tTX\t75202\tsometimes\n")
	if p, err = h.Import(h.ctx, customers.ListFacilities, sites, ""); err != nil || p.New != 1 || p.Bad != 2 || p.Delimiter != "tab" {
		t.Fatalf("%+v %v", p, err)
	}
	for _, pr := range p.Problems {
		if pr.Line == 3 && pr.Column != "zip" && pr.Column != "time_zone" || pr.Line == 4 && pr.Column != "hours" {
			t.Errorf("%+v", pr)
		}
	}
	roundTrip(t, h, customers.ListFacilities, 1)
}

func roundTrip(t *testing.T, h house, l customers.List, n int) {
	t.Helper()
	var out bytes.Buffer
	if err := h.Export(h.ctx, l, customers.Filter{}, &out); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(out.String(), "\r\n"); lines != n+1 {
		t.Errorf("%s: %d lines exported, want %d", l, lines, n+1)
	}
	p, err := h.Preview(context.WithoutCancel(h.ctx), l, out.Bytes())
	if err != nil || p.Unchanged != n || p.New+p.Changed+p.Bad != 0 {
		t.Errorf("%s: what was exported changes something: %+v %v", l, p, err)
	}
}
