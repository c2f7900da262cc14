package app

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"truckflow/internal/billing"
	"truckflow/internal/config"
	"truckflow/internal/customers"
	"truckflow/internal/dispatch"
	"truckflow/internal/documents"
	"truckflow/internal/fleet"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/ops/pgmanager/pgtest"
	"truckflow/internal/platform/outbox"
	"truckflow/internal/sim/paper"
)

// start builds the whole program on a database of its own and works its jobs.
func start(t *testing.T) *App {
	t.Helper()
	return startIn(t, t.TempDir())
}

// startIn is start with a data folder that is there already, and settings, each
// a name and its value.
func startIn(t *testing.T, data string, settings ...string) *App {
	t.Helper()
	a := build(t, data, settings...)
	if err := a.jobs.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := a.jobs.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return a
}

// build makes the program, not yet working; it is closed when the test ends.
func build(t *testing.T, data string, settings ...string) *App {
	t.Helper()
	db := pgtest.New(t, "empty", func(context.Context, string) error { return nil })
	env := map[string]string{"DATABASE_URL": db.OwnerDSN, "TRUCKFLOW_DATA": data, "JWT_SECRET": strings.Repeat("k7", 20)}
	for i := 0; i+1 < len(settings); i += 2 {
		env[settings[i]] = settings[i+1]
	}
	cfg, err := config.Load(func(k string) (string, bool) { v, ok := env[k]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), cfg, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

// found makes a company and returns a context in which its owner acts.
func found(t *testing.T, a *App, name string) context.Context {
	t.Helper()
	email := strings.ToLower(name) + "@example.com"
	if _, err := a.Identity.Found(t.Context(), identity.Founding{Name: "Owner of " + name, Email: email, Password: "correct horse " + name,
		Company: identity.Company{Name: name, Email: email, TimeZone: "America/Chicago"}}); err != nil {
		t.Fatal(err)
	}
	token, err := a.Identity.SignIn(t.Context(), email, "correct horse "+name, "127.0.0.1", "test")
	if err != nil {
		t.Fatal(err)
	}
	who, err := a.Identity.Resume(t.Context(), token, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return tenant.With(t.Context(), who)
}

// until waits for ok, at most half a minute: jobs run beside the test.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(30 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("never happened: %s", what)
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%v (%+v)", err, errs.Public(err).Fields)
		}
		return v
	}
}

// TestRateConfirmationBecomesMoney walks the main job through the rooms on a
// real PostgreSQL: paper in, draft, booked, dispatched, delivered, POD, invoice,
// packet, mail, paid, closed, nothing owed.
func TestRateConfirmationBecomesMoney(t *testing.T) {
	a := start(t)
	ctx := found(t, a, "Prairie")
	rc := paper.Random(11)
	var pdf bytes.Buffer
	if err := paper.Layouts()[0].Print(&pdf, rc); err != nil {
		t.Fatal(err)
	}
	doc, again, err := a.Documents.Receive(ctx, documents.Upload{Filename: "rate con.pdf", Body: bytes.NewReader(pdf.Bytes())})
	if err != nil || again {
		t.Fatal(err, again)
	}
	if d2, again, err := a.Documents.Receive(ctx, documents.Upload{Filename: "same.pdf", Body: bytes.NewReader(pdf.Bytes())}); err != nil || !again || d2.ID != doc.ID {
		t.Errorf("the same file twice made a second document: %v %v %v", d2.ID, again, err)
	}
	var draft loads.Load
	until(t, "a draft of the rate confirmation", func() bool {
		ds := must(a.Loads.Drafts(ctx, 5))(t)
		if len(ds) == 1 {
			draft = ds[0]
		}
		return len(ds) == 1
	})
	f := must(a.Loads.Get(ctx, draft.ID))(t)
	if f.CustomerRef != rc.Load {
		t.Errorf("load number read as %q, printed %q", f.CustomerRef, rc.Load)
	}
	in := f.Input()
	cust := must(a.Customers.AddCustomer(ctx, customers.Customer{Name: rc.Broker.Name, Kind: "broker", BillingEmail: "ap@broker.example.com", TermsDays: 30}))(t)
	in.Miles = nil // the paper's are for other stops
	in.CustomerID, in.Charges, in.Equipment = cust.ID, []loads.ChargeInput{{Kind: "linehaul", Amount: 185_000}}, "van"
	in.Stops = []loads.StopInput{{Kind: "pickup", Name: "Shipper", City: "Dallas", State: "TX", ZIP: "75201", From: time.Now().Format("2006-01-02T15:04")},
		{Kind: "delivery", Name: "Receiver", City: "Memphis", State: "TN", ZIP: "38118", From: time.Now().Add(24 * time.Hour).Format("2006-01-02T15:04")}}
	f = must(a.Loads.Edit(ctx, f.ID, f.Version, in))(t)
	if _, err := a.Loads.Edit(ctx, f.ID, f.Version-1, in); !errs.Is(err, errs.KindConflict) {
		t.Errorf("a stale edit was accepted: %v", err)
	}
	if f.Miles == nil || *f.Miles < 400 || *f.Miles > 520 || !f.MilesEstimated {
		t.Errorf("Dallas to Memphis: %v miles, estimated %v; about 450 expected", f.Miles, f.MilesEstimated)
	}
	f = must(a.Loads.Do(ctx, f.ID, loads.Step{Verb: lifecycle.Book, Version: f.Version}))(t)
	if _, err := a.Loads.Do(ctx, f.ID, loads.Step{Verb: lifecycle.Deliver}); !errs.Is(err, errs.KindConflict) {
		t.Errorf("a booked load was delivered: %v", err)
	}
	f = haul(t, a, ctx, f)
	bill(t, a, ctx, f, cust.ID)
}

// haul assigns, dispatches and delivers a booked load, and brings its POD.
func haul(t *testing.T, a *App, ctx context.Context, f loads.Full) loads.Full {
	t.Helper()
	soon := time.Now().AddDate(1, 0, 0)
	drv := must(a.Fleet.AddDriver(ctx, fleet.Driver{Name: "Ana Ruiz", CdlNumber: "D1234567", CdlState: "TX", CdlClass: "A", CdlExpires: &soon, MedicalExpires: &soon, Endorsements: []string{}}))(t)
	truck := must(a.Fleet.AddTruck(ctx, fleet.Truck{UnitNumber: "101", DriverID: drv.ID.Ptr(), HomeCity: "Fort Worth", HomeState: "TX"}))(t)
	must(a.Fleet.AddTrailer(ctx, fleet.Trailer{UnitNumber: "5301", Equipment: "van", LengthFt: 53}))(t)
	sgs := must(a.Dispatch.Suggest(ctx, f.ID))(t)
	if len(sgs) != 1 || !sgs[0].Possible() || sgs[0].Deadhead < 20 || sgs[0].Deadhead > 60 {
		t.Errorf("suggestions: %+v", sgs)
	}
	return drive(t, a, ctx, f, truck.ID, 3)
}

// deliver takes a booked load from the truck's assignment to its last stop.
func deliver(t *testing.T, a *App, ctx context.Context, f loads.Full, truck ids.ID) loads.Full {
	t.Helper()
	f = must(a.Dispatch.Assign(ctx, f.ID, dispatch.Choice{TruckID: truck, Dispatch: true}))(t)
	for _, v := range []lifecycle.Verb{lifecycle.Arrive, lifecycle.Load, lifecycle.Depart, lifecycle.Arrive, lifecycle.Deliver} {
		f = must(a.Loads.Do(ctx, f.ID, loads.Step{Verb: v}))(t)
	}
	if f.State != "delivered" || f.DeliveredAt == nil {
		t.Fatalf("state %s after the last stop", f.State)
	}
	return f
}

// drive takes a booked load from the truck's assignment to an accepted POD.
func drive(t *testing.T, a *App, ctx context.Context, f loads.Full, truck ids.ID, pod int64) loads.Full {
	t.Helper()
	f = deliver(t, a, ctx, f, truck)
	var paperOf bytes.Buffer
	p := paper.RandomPOD(pod)
	p.Signed = true
	if _, err := paper.PrintPOD(&paperOf, p); err != nil {
		t.Fatal(err)
	}
	d, _, err := a.Documents.Receive(ctx, documents.Upload{Filename: "pod.pdf", Kind: "proof_of_delivery", LoadID: f.ID, Body: &paperOf})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the POD's check", func() bool { return len(must(a.Loads.Story(ctx, f.ID))(t).Checks) == 1 })
	must(a.Loads.AcceptPOD(ctx, f.ID, d.ID, "another load's paper, for the test"))(t)
	return must(a.Loads.Get(ctx, f.ID))(t)
}

func bill(t *testing.T, a *App, ctx context.Context, f loads.Full, cust ids.ID) {
	t.Helper()
	inv := must(a.Billing.Issue(ctx, f.ID))(t)
	if inv.Number != "INV-00001" || inv.TotalCents != 185_000 {
		t.Errorf("invoice %s of %s", inv.Number, inv.TotalCents.Dollars())
	}
	if err := a.Billing.Send(ctx, inv.ID, "", ids.ID{}); err != nil {
		t.Fatal(err)
	}
	until(t, "the invoice's mail", func() bool {
		ms := must(a.Outbox.List(ctx, outbox.Filter{AboutID: inv.ID}, page.Request{}))(t).Items
		return len(ms) == 1 && ms[0].State == "kept" && len(ms[0].Files) == 1
	})
	sent := must(a.Outbox.List(ctx, outbox.Filter{AboutID: inv.ID}, page.Request{}))(t).Items[0]
	if _, err := a.Billing.Resend(ctx, sent.ID, "ap at broker", ids.ID{}); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("resent to no address: %v", err)
	}
	copied := must(a.Billing.Resend(ctx, sent.ID, "ap@broker.example.com", ids.ID{}))(t)
	until(t, "the second mail", func() bool { return must(a.Outbox.Get(ctx, copied))(t).State == "kept" })
	if m := must(a.Outbox.Get(ctx, copied))(t); m.To != "ap@broker.example.com" || m.Subject != sent.Subject || len(m.Files) != 1 {
		t.Errorf("the second mail: %+v", m)
	}
	if m := must(a.Outbox.Get(ctx, sent.ID))(t); m.To != sent.To {
		t.Errorf("sending again changed the first mail: it went to %s", m.To)
	}
	_, packet, err := a.Billing.Packet(ctx, inv.ID)
	if err != nil || !bytes.HasPrefix(packet, []byte("%PDF")) {
		t.Fatalf("packet: %v", err)
	}
	if _, pages, err := a.Documents.Paper.Inspect(ctx, packet); err != nil || pages < 3 {
		t.Errorf("the packet has %d pages, %v; invoice, rate confirmation and POD expected", pages, err)
	}
	day := inv.IssuedOn.AddDate(0, 0, -5) // paid in advance: a payment cannot lie in the future
	pay := billing.Receipt{CustomerID: cust, On: day, Amount: 100_000, Method: "ach", FormToken: "one click", Shares: []billing.Share{{InvoiceID: inv.ID, Amount: 100_000}}}
	first := must(a.Billing.Pay(ctx, pay))(t)
	if twice := must(a.Billing.Pay(ctx, pay))(t); twice.ID != first.ID {
		t.Error("a double click paid twice")
	}
	if st := must(a.Billing.Standing(ctx, cust))(t); st.Paid != 0 || st.Open != 1 || st.OpenCents != 85_000 {
		t.Errorf("half paid: %+v", st)
	}
	rest := billing.Receipt{CustomerID: cust, On: day.AddDate(0, 0, 3), Amount: 80_000, Method: "check", Shares: []billing.Share{{InvoiceID: inv.ID, Amount: 80_000, Short: 5_000, Reason: "late fee"}}}
	last := must(a.Billing.Pay(ctx, rest))(t)
	if f := must(a.Loads.Get(ctx, f.ID))(t); f.State != "closed" {
		t.Errorf("state %s after the last cent", f.State)
	}
	if st := must(a.Billing.Standing(ctx, cust))(t); st.Paid != 1 || st.AverageDays != -2 || st.WorstDays != -2 || st.OpenCents != 0 {
		t.Errorf("paid two days before the invoice: %+v", st)
	}
	if r := must(a.Billing.Receivables(ctx))(t); r.Total != 0 || r.Billed != r.Settled {
		t.Errorf("still owed: %+v", r)
	}
	must(a.Billing.ReversePayment(ctx, last.ID, "the check bounced"))(t)
	if r := must(a.Billing.Receivables(ctx))(t); r.Total != 85_000 {
		t.Errorf("after the bounced check %s are owed", r.Total.Dollars())
	}
	if f := must(a.Loads.Get(ctx, f.ID))(t); f.State != "invoiced" {
		t.Errorf("state %s after the bounced check", f.State)
	}
	if st := must(a.Billing.Standing(ctx, cust))(t); st.Paid != 0 || st.OpenCents != 85_000 {
		t.Errorf("after the bounced check: %+v", st)
	}
	other := found(t, a, "Rival")
	if _, err := a.Billing.Resend(other, sent.ID, "", ids.ID{}); !errs.Is(err, errs.KindNotFound) {
		t.Errorf("another company sent the mail again: %v", err)
	}
	if _, err := a.Loads.Get(other, f.ID); !errs.Is(err, errs.KindNotFound) {
		t.Errorf("another company opened the load: %v", err)
	}
	if _, err := a.Billing.Get(other, inv.ID); !errs.Is(err, errs.KindNotFound) {
		t.Errorf("another company opened the invoice: %v", err)
	}
}
