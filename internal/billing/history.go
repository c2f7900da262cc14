package billing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"truckflow/internal/billing/internal/billingdb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/csvio"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/loads"
	"truckflow/internal/platform/pg"
)

// HistoryImported tells that past loads of another system came in.
type HistoryImported struct {
	Loads int       `json:"loads"`
	At    time.Time `json:"at"`
}

// EventName implements jobs.Event.
func (HistoryImported) EventName() string { return "billing.history-imported" }

// KnownPayer is a customer that a history may name.
type KnownPayer struct {
	ID ids.ID
	Payer
}

// Registry is whom and what a history's rows may name. A lookup of something
// unknown gives the zero value.
type Registry struct {
	Payer                  func(name, usdot string) KnownPayer
	Truck, Trailer, Driver func(name string) ids.ID
	Facility               func(name, address, zip string) ids.ID
}

// PreviewHistory says row by row what a CSV of past loads would add, and adds nothing.
func (s *Service) PreviewHistory(ctx context.Context, file []byte) (csvio.Preview, error) {
	return s.history(ctx, file, nil)
}

// ImportHistory adds every good row of a CSV of past loads with its invoice and
// payment in one transaction; bad rows are left out and named, rows that are in
// already stay as they are. digest is the preview's, as in the other lists'
// imports; "" takes whatever the file does. Needs history.import.
func (s *Service) ImportHistory(ctx context.Context, file []byte, digest string) (csvio.Preview, error) {
	return s.history(ctx, file, &digest)
}

func (s *Service) history(ctx context.Context, file []byte, digest *string) (p csvio.Preview, err error) {
	a, err := identity.Require(ctx, identity.ImportHistory)
	if err != nil {
		return p, err
	}
	t, err := csvio.Read(file)
	if err != nil {
		return p, err
	}
	reg, err := s.Registry(ctx)
	if err != nil {
		return p, err
	}
	company, err := s.Identity.Company(ctx)
	if err != nil {
		return p, err
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		// Two imports at once take turns: the second finds what the first added.
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtextextended($1, 0))", a.Org.String()+" history"); err != nil {
			return err
		}
		h := historian{s: s, q: billingdb.New(tx), reg: reg, company: company, now: s.Clock.Now(), by: a.Name, invoices: map[string]string{}}
		plan, err := h.plan(ctx, t)
		if err != nil {
			return err
		}
		p = plan.Preview
		if digest == nil {
			return nil
		}
		if *digest != "" && *digest != p.Digest {
			return errs.Conflict("the loads changed since you looked; see the preview again")
		}
		if len(plan.Items) == 0 {
			return nil
		}
		if err := h.add(ctx, tx, plan.Items); err != nil {
			return err
		}
		if err := s.Jobs.Emit(ctx, tx, HistoryImported{Loads: len(plan.Items), At: s.Clock.Now()}); err != nil {
			return err
		}
		return s.Identity.Audit(ctx, tx, identity.Entry{Action: "history.import", Kind: "load", Label: "CSV file",
			Detail: map[string]int{"new": p.New, "unchanged": p.Unchanged, "bad": p.Bad}})
	})
	return p, err
}

// historian is one import at work.
type historian struct {
	s        *Service
	q        *billingdb.Queries
	reg      Registry
	company  identity.Company
	now      time.Time
	by       string
	invoices map[string]string // imported invoice → its load, stored or of this file
}

func (h *historian) plan(ctx context.Context, t csvio.Table) (p csvio.Plan[pastLoad], err error) {
	list := historyList(h.check)
	// What the file is about, to ask for no more than that.
	probe, err := historyList(func(*pastLoad) error { return nil }).MakePlan(t, nil)
	if err != nil {
		return p, err
	}
	var numbers, invoices []string
	for _, it := range probe.Items {
		numbers, invoices = append(numbers, it.Value.Number), append(invoices, it.Value.Invoice)
	}
	known, err := h.s.Loads.Known(ctx, numbers)
	if err != nil {
		return p, err
	}
	var stored []pastLoad
	for _, k := range known {
		v := pastLoad{Number: k.Number, alreadyIn: true}
		for _, c := range list.Columns {
			if err := c.Set(&v, k.Row[c.Name]); err != nil {
				return p, fmt.Errorf("the stored row of load %s, %s: %w", k.Number, c.Name, err)
			}
		}
		v.Number = k.Number
		stored = append(stored, v)
	}
	rows, err := h.q.ImportedInvoices(ctx, invoices)
	if err != nil {
		return p, err
	}
	for _, r := range rows {
		h.invoices[r.Number] = r.LoadNumber
	}
	if p, err = list.MakePlan(t, stored); err != nil {
		return p, err
	}
	// History is not rewritten by a file.
	p.Items = slices.DeleteFunc(p.Items, func(it csvio.Item[pastLoad]) bool {
		if it.Existing {
			p.Preview.Changed--
			p.Preview.Bad++
			p.Preview.Problems = append(p.Preview.Problems, csvio.Problem{Line: it.Line, Column: "load_number", Value: it.Value.Number,
				Reason: "this load is here already and says something else; change it on its own page"})
		}
		return it.Existing
	})
	return p, nil
}

// check names what is wrong with a row, by column.
func (h *historian) check(v *pastLoad) error {
	e := errs.Invalid("the row cannot be imported as it is")
	bad := func(f, format string, a ...any) { e = e.Field(f, format, a...) }
	today := day(h.now, h.company.TimeZone)
	payer := h.reg.Payer(v.Customer, v.USDOT)
	if payer.ID.IsZero() {
		bad("customer", "no customer of ours has this name; import the customers first")
	}
	if v.Number == "" || len(v.Number) > 40 {
		bad("load_number", "1 to 40 characters")
	} else if loads.OwnNumber(v.Number) && !v.alreadyIn {
		bad("load_number", "L- and a number is how loads made here are called; write another beginning")
	}
	for _, x := range []struct {
		name string
		stop pastStop
	}{{"pickup", v.Pickup}, {"delivery", v.Delivery}} {
		if x.stop.City == "" {
			bad(x.name+"_city", "needed")
		}
		if len(x.stop.State) != 2 {
			bad(x.name+"_state", "two letters")
		}
		if x.stop.On == "" {
			bad(x.name+"_date", "needed")
		} else if x.stop.On > today.Format("2006-01-02T99") {
			bad(x.name+"_date", "lies in the future; book this load instead")
		}
	}
	if d := v.delivered(); d != "" && d[:10] < v.Pickup.On[:min(10, len(v.Pickup.On))] {
		bad("delivery_date", "before the pickup")
	}
	v.checkTimes(today, bad)
	if _, err := between(v.Between); err != nil {
		bad("stops_between", "%s", errs.Public(err).Message)
	}
	if _, err := extras(v.Extras); err != nil {
		bad("other_charges", "%s", errs.Public(err).Message)
	}
	h.checkMoney(v, today, bad)
	if len(e.Fields) > 0 {
		return e
	}
	err := loads.CheckPast(h.input(v, payer.ID))
	var why *errs.Error
	if !errors.As(err, &why) || len(why.Fields) == 0 {
		return err
	}
	for f, reason := range why.Fields {
		switch {
		case strings.HasPrefix(f, "stops"): // the first and the last were looked at above
			f = "stops_between"
		case strings.HasPrefix(f, "charges"):
			f = "other_charges"
		}
		bad(f, "%s", reason)
	}
	return e
}

// zoneSlack is more than the clocks of two stops can differ: what happened at one
// is compared with what happened at the other before either's zone is known.
const zoneSlack = 6 * time.Hour

// checkTimes names times at the docks that cannot be: each is after the one before it.
func (v *pastLoad) checkTimes(today time.Time, bad func(f, format string, a ...any)) {
	var last time.Time
	lastName, lastStop := "", ""
	for _, x := range []struct{ stop, name, wall string }{{"pickup", "pickup_arrived", v.Pickup.Arrived}, {"pickup", "pickup_departed", v.Pickup.Departed},
		{"delivery", "delivery_arrived", v.Delivery.Arrived}, {"delivery", "delivered_date", v.Delivered}, {"delivery", "delivery_departed", v.Delivery.Departed}} {
		at, err := time.Parse("2006-01-02T15:04", x.wall)
		if err != nil { // not known, or only the day
			continue
		}
		slack := time.Duration(0)
		if x.stop != lastStop {
			slack = zoneSlack
		}
		switch {
		case at.After(today.AddDate(0, 0, 1)):
			bad(x.name, "lies in the future")
		case at.Add(slack).Before(last):
			bad(x.name, "before %s", lastName)
		}
		last, lastName, lastStop = at, x.name, x.stop
	}
}

func (h *historian) checkMoney(v *pastLoad, today time.Time, bad func(f, format string, a ...any)) {
	if v.total() <= 0 {
		bad("linehaul", "a load that was billed had a rate")
	}
	switch other := h.invoices[v.Invoice]; {
	case v.Invoice == "" || len(v.Invoice) > 40:
		bad("invoice_number", "1 to 40 characters")
	case h.ours(v.Invoice):
		bad("invoice_number", "%s and a number is how invoices made here are called; choose another prefix under Settings first", h.company.InvoicePrefix)
	case other != "" && other != v.Number:
		bad("invoice_number", "load %s has this invoice already", other)
	default:
		h.invoices[v.Invoice] = v.Number
	}
	if v.Invoiced == nil {
		bad("invoice_date", "needed: a load that was not billed there is booked here and billed here")
	}
	for name, d := range map[string]*time.Time{"invoice_date": v.Invoiced, "paid_date": v.PaidOn, "booked_date": v.Booked} {
		if d != nil && d.After(today) {
			bad(name, "lies in the future")
		}
	}
	if v.Invoiced != nil && v.Due != nil && v.Due.Before(*v.Invoiced) {
		bad("due_date", "before the invoice")
	}
	switch {
	case v.Paid < 0 || v.Paid > v.total():
		bad("paid_amount", "from nothing to the invoice's %s", v.total().Dollars())
	case v.Paid > 0 && v.PaidOn == nil:
		bad("paid_date", "when was it paid?")
	case v.Paid == 0 && v.PaidOn != nil && v.Short == "":
		bad("paid_amount", "how much was paid?")
	case v.Short != "" && (v.Paid == v.total() || v.PaidOn == nil):
		bad("short_pay_reason", "for what was paid short, on a paid_date")
	}
	if v.Method != "" && !slices.Contains(Methods, v.Method) {
		bad("payment_method", "one of %s", strings.Join(Methods, ", "))
	}
}

// ours reports a number that our own series has given or may give some day.
func (h *historian) ours(number string) bool {
	rest, ok := strings.CutPrefix(number, h.company.InvoicePrefix)
	return ok && rest != "" && strings.Trim(rest, "0123456789") == ""
}

func (v *pastLoad) delivered() string {
	if v.Delivered != "" {
		return v.Delivered
	}
	return v.Delivery.On
}

func (v *pastLoad) charges() []loads.ChargeInput {
	out := []loads.ChargeInput{{Kind: "linehaul", Amount: v.Linehaul}}
	if v.Fuel != 0 {
		out = append(out, loads.ChargeInput{Kind: "fuel", Amount: v.Fuel})
	}
	more, _ := extras(v.Extras) // check has read it
	return append(out, more...)
}

func (v *pastLoad) total() (sum money.Cents) {
	for _, c := range v.charges() {
		sum += c.Amount
	}
	return sum
}

func (h *historian) input(v *pastLoad, payer ids.ID) loads.Input {
	stop := func(kind string, s pastStop) loads.StopInput {
		return loads.StopInput{Kind: kind, Name: s.Name, Address: s.Address, City: s.City, State: strings.ToUpper(s.State), ZIP: s.ZIP, From: s.On,
			FacilityID: h.reg.Facility(s.Name, s.Address, s.ZIP)}
	}
	more, _ := between(v.Between) // check has read it
	return loads.Input{CustomerID: payer, CustomerRef: v.Ref, Equipment: strings.ReplaceAll(strings.ToLower(v.Equipment), " ", "_"), Commodity: v.Commodity,
		WeightLb: v.Weight, Pieces: v.Pieces, Miles: v.Miles, Source: "import", Charges: v.charges(),
		Stops: slices.Concat([]loads.StopInput{stop("pickup", v.Pickup)}, more, []loads.StopInput{stop("delivery", v.Delivery)})}
}

// row is v as its cells, the empty ones left out.
func (v *pastLoad) row(cols []csvio.Column[pastLoad]) map[string]string {
	out := map[string]string{}
	for _, c := range cols {
		if s := c.Get(v); s != "" {
			out[c.Name] = s
		}
	}
	return out
}

// noon is the middle of a day where the company is: the same day all over the country.
func (h *historian) noon(d time.Time) time.Time {
	loc, err := clock.Zone(h.company.TimeZone)
	if err != nil {
		loc = time.UTC
	}
	return time.Date(d.Year(), d.Month(), d.Day(), 12, 0, 0, 0, loc)
}

// add stores the rows: loads first, then what was billed and paid for them.
func (h *historian) add(ctx context.Context, tx *pg.Tx, items []csvio.Item[pastLoad]) error {
	cols := historyColumns()
	past, payers := make([]loads.Past, len(items)), make([]KnownPayer, len(items))
	for i := range items {
		v := &items[i].Value
		payers[i] = h.reg.Payer(v.Customer, v.USDOT)
		p := loads.Past{Number: v.Number, Payer: payers[i].Name, Input: h.input(v, payers[i].ID), Delivered: v.delivered(),
			Pickup: loads.PastStop{Arrived: v.Pickup.Arrived, Departed: v.Pickup.Departed}, Delivery: loads.PastStop{Arrived: v.Delivery.Arrived, Departed: v.Delivery.Departed}, Invoiced: h.noon(*v.Invoiced), Row: v.row(cols),
			Crew: loads.Crew{TruckID: h.reg.Truck(v.Truck), TrailerID: h.reg.Trailer(v.Trailer), DriverID: h.reg.Driver(v.Driver)}}
		// Trucks are sold and drivers leave: whom we do not know stands in the history by name.
		var words []string
		for _, x := range [][2]string{{"truck ", v.Truck}, {"trailer ", v.Trailer}, {"driver ", v.Driver}} {
			if x[1] != "" {
				words = append(words, x[0]+x[1])
			}
		}
		p.Crew.Words = strings.Join(words, ", ")
		if v.Booked != nil {
			p.Booked = h.noon(*v.Booked)
		} else if d, err := time.Parse(time.DateOnly, v.Pickup.On[:10]); err == nil {
			p.Booked = h.noon(d).AddDate(0, 0, -1)
		}
		if v.settled() == v.total() {
			p.Settled = h.noon(*v.PaidOn)
		}
		past[i] = p
	}
	full, err := h.s.Loads.ImportPast(ctx, past)
	if err != nil {
		return err
	}
	var b ledger
	b.payments = map[string]int{}
	for i := range items {
		b.add(h, &items[i].Value, full[i], payers[i])
	}
	return b.write(ctx, tx)
}

func (v *pastLoad) settled() money.Cents {
	if v.Short != "" {
		return v.total()
	}
	return v.Paid
}

// ledger gathers the rows of many invoices.
type ledger struct {
	invoices []billingdb.InsertInvoiceParams
	lines    []billingdb.InsertLineParams
	paid     []billingdb.InsertPaymentParams
	apps     []billingdb.InsertApplicationParams
	payments map[string]int // one check pays many invoices: its place in paid
}

func (b *ledger) add(h *historian, v *pastLoad, f loads.Full, payer KnownPayer) {
	issued := h.noon(*v.Invoiced)
	due := v.Invoiced.AddDate(0, 0, payer.TermsDays)
	if v.Due != nil {
		due = *v.Due
	}
	inv := billingdb.InsertInvoiceParams{ID: ids.At(issued), Kind: "invoice", Number: v.Invoice, LoadID: f.ID, LoadNumber: f.Number, CustomerRef: f.CustomerRef, CustomerID: payer.ID,
		IssuedOn: *v.Invoiced, DueOn: due, Currency: money.USD, TotalCents: f.TotalCents, SettledCents: v.settled(), BillTo: mustJSON(payer.Party),
		RemitTo: remitTo(h.company), FromCompany: mustJSON(from(h.company)), Service: mustJSON(serviceOf(f)),
		TermsText: termsText(int(due.Sub(*v.Invoiced).Hours() / 24)), SentAt: &issued, IssuedBy: h.by + " (imported)", CreatedAt: h.now}
	b.invoices = append(b.invoices, inv)
	for i, c := range f.Charges {
		b.lines = append(b.lines, billingdb.InsertLineParams{InvoiceID: inv.ID, Seq: i + 1, Kind: c.Kind, Description: lineText(c), AmountCents: c.AmountCents})
	}
	if v.settled() == 0 {
		return
	}
	var payment *ids.ID
	if v.Paid > 0 {
		payment = b.pay(h, v, payer.ID)
		b.apps = append(b.apps, billingdb.InsertApplicationParams{ID: ids.New(), InvoiceID: inv.ID, PaymentID: payment, Kind: "cash", AmountCents: v.Paid, CreatedAt: h.now})
	}
	if short := v.settled() - v.Paid; short > 0 {
		b.apps = append(b.apps, billingdb.InsertApplicationParams{ID: ids.New(), InvoiceID: inv.ID, PaymentID: payment, Kind: "short_pay", AmountCents: short,
			Reason: v.Short, CreatedAt: h.now})
	}
}

// pay adds to the payment with v's day and reference, or begins one.
func (b *ledger) pay(h *historian, v *pastLoad, customer ids.ID) *ids.ID {
	key := customer.String() + v.PaidOn.Format(time.DateOnly) + v.Method + v.Reference
	if at, ok := b.payments[key]; ok && v.Reference != "" {
		b.paid[at].AmountCents += v.Paid
		return &b.paid[at].ID
	}
	method := v.Method
	if method == "" {
		method = "other"
	}
	id := ids.At(h.noon(*v.PaidOn))
	b.payments[key] = len(b.paid)
	b.paid = append(b.paid, billingdb.InsertPaymentParams{ID: id, CustomerID: customer, ReceivedOn: *v.PaidOn, AmountCents: v.Paid, Currency: money.USD, Method: method,
		Reference: v.Reference, Note: "imported", RecordedBy: h.by, CreatedAt: h.now})
	return &id
}

func (b *ledger) write(ctx context.Context, tx *pg.Tx) error {
	q := billingdb.New(tx.Later())
	if err := writeRows(ctx, tx, b.invoices, q.InsertInvoice); err != nil {
		return err
	}
	if err := writeRows(ctx, tx, b.lines, q.InsertLine); err != nil {
		return err
	}
	if err := writeRows(ctx, tx, b.paid, q.InsertPayment); err != nil {
		return err
	}
	return writeRows(ctx, tx, b.apps, q.InsertApplication)
}

// writeRows queues rows with insert and sends them by the thousand.
func writeRows[T any](ctx context.Context, tx *pg.Tx, rows []T, insert func(context.Context, T) error) error {
	for some := range slices.Chunk(rows, 1000) {
		for _, r := range some {
			if err := insert(ctx, r); err != nil {
				return err
			}
		}
		if err := tx.Flush(ctx); err != nil {
			return err
		}
	}
	return nil
}
