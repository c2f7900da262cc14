package billing

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"truckflow/internal/billing/internal/billingdb"
	"truckflow/internal/documents"
	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/page"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/platform/blob"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/pg"
)

// Invoice, Line, Payment and Application are the stored rows.
type (
	Invoice     = billingdb.Invoice
	Line        = billingdb.InvoiceLine
	Payment     = billingdb.Payment
	Application = billingdb.Application
)

// Open is what is still owed on an invoice.
func Open(i Invoice) money.Cents { return i.TotalCents - i.SettledCents }

// Party is a name and address frozen on an invoice.
type Party struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	City    string `json:"city"`
	State   string `json:"state"`
	ZIP     string `json:"zip"`
	Email   string `json:"email"`
	Phone   string `json:"phone"`
	USDOT   string `json:"usdot"`
	MC      string `json:"mc"`
}

// Payer is a customer as billing needs them.
type Payer struct {
	Party
	TermsDays int
	Factored  bool
}

// Payers looks customers up; customers is one.
type Payers interface {
	BillTo(ctx context.Context, id ids.ID) (Payer, error)
}

// Mailer queues a mail in the caller's transaction; platform/mail's outbox is one.
type Mailer interface {
	Queue(ctx context.Context, tx *pg.Tx, m Mail) error
	// Again queues a copy of a mail about something that has left or failed as the
	// mail fresh, to another address if to is not empty.
	Again(ctx context.Context, tx *pg.Tx, about string, mail, fresh ids.ID, to string) error
}

// Mail is a mail with files that lie in the blob store; the same ID twice is one mail.
type Mail struct {
	ID                         ids.ID
	To, ReplyTo, Subject, Body string
	About                      string
	AboutID                    ids.ID
	Files                      []File
}

// File is an attachment.
type File struct {
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	BlobKey     string `json:"blob_key"`
	Size        int64  `json:"size"`
}

// Config is what New needs.
type Config struct {
	DB        *pg.DB
	Clock     clock.Clock
	Identity  *identity.Service
	Jobs      *jobs.Runner
	Loads     *loads.Service
	Documents *documents.Service
	Payers    Payers
	Registry  func(ctx context.Context) (Registry, error)
	Blobs     blob.Store
	Merge     func(ctx context.Context, parts [][]byte, w io.Writer) error
	Mail      Mailer
	Log       *slog.Logger
}

// Service is the room's door.
type Service struct{ Config }

// New returns the room and registers its jobs.
func New(c Config) *Service {
	s := &Service{c}
	jobs.Handle(c.Jobs, sendKind, jobs.Documents, s.send)
	return s
}

// Full is an invoice with its lines and what settled it.
type Full struct {
	Invoice
	Lines        []Line
	Applications []Application
}

// Missing lists what keeps a load from being billed cleanly, in words; empty when nothing does.
func (s *Service) Missing(ctx context.Context, f loads.Full) ([]string, error) {
	var out []string
	if st := lifecycle.State(f.State); st != lifecycle.ReadyToBill {
		out = append(out, "it is "+st.Words()+", not ready to bill")
	}
	if f.CustomerID == nil {
		out = append(out, "no customer")
	} else if p, err := s.Payers.BillTo(ctx, *f.CustomerID); err != nil {
		return nil, err
	} else if p.Email == "" {
		out = append(out, "no billing e-mail on the customer")
	}
	if f.TotalCents <= 0 {
		out = append(out, "no charges")
	}
	docs, err := s.Documents.OfLoad(ctx, f.ID)
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, d := range docs {
		have[d.Kind] = true
	}
	if !have["proof_of_delivery"] && !strings.HasPrefix(f.ResumeState, "tonu") {
		out = append(out, "no proof of delivery")
	}
	if !have["rate_confirmation"] {
		out = append(out, "no rate confirmation")
	}
	return out, nil
}

// Issue bills a load that is ready: the next number, frozen, due by the
// customer's terms. Needs Bill.
func (s *Service) Issue(ctx context.Context, load ids.ID) (inv Invoice, err error) {
	a, err := identity.Require(ctx, identity.Bill)
	if err != nil {
		return inv, err
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		f, err := s.Loads.Do(ctx, load, loads.Step{Verb: lifecycle.Bill})
		if err != nil {
			return err
		}
		if f.TotalCents <= 0 || f.CustomerID == nil {
			return errs.Conflict("load %s has nothing to bill", f.Number)
		}
		company, err := s.Identity.Company(ctx)
		if err != nil {
			return err
		}
		payer, err := s.Payers.BillTo(ctx, *f.CustomerID)
		if err != nil {
			return err
		}
		q := billingdb.New(tx)
		n, err := q.TakeNumber(ctx, "invoice")
		if err != nil {
			return err
		}
		today := day(s.Clock.Now(), company.TimeZone)
		p := billingdb.InsertInvoiceParams{ID: ids.New(), Kind: "invoice", SeriesNo: &n, Number: fmt.Sprintf("%s%05d", company.InvoicePrefix, n), LoadID: f.ID,
			LoadNumber: f.Number, CustomerRef: f.CustomerRef, CustomerID: *f.CustomerID, IssuedOn: today, DueOn: today.AddDate(0, 0, payer.TermsDays),
			Currency: f.Currency, TotalCents: f.TotalCents, BillTo: mustJSON(payer.Party), RemitTo: remitTo(company), FromCompany: mustJSON(from(company)),
			Service: mustJSON(serviceOf(f)), TermsText: termsText(payer.TermsDays), IssuedBy: a.Name, CreatedAt: s.Clock.Now()}
		if err := q.InsertInvoice(ctx, p); err != nil {
			return err
		}
		for i, c := range f.Charges {
			if err := q.InsertLine(ctx, billingdb.InsertLineParams{InvoiceID: p.ID, Seq: i + 1, Kind: c.Kind, Description: lineText(c), AmountCents: c.AmountCents}); err != nil {
				return err
			}
		}
		if inv, err = q.Invoice(ctx, p.ID); err != nil {
			return err
		}
		return s.Identity.Audit(ctx, tx, identity.Entry{Action: "invoice.issue", Kind: "invoice", ID: p.ID, Label: p.Number, Detail: map[string]string{"total": f.TotalCents.String(), "load": f.Number}})
	})
	return inv, err
}

// day is the calendar day at an instant in a zone, as midnight UTC: how dates are stored.
func day(t time.Time, zone string) time.Time {
	if loc, err := clock.Zone(zone); err == nil {
		t = t.In(loc)
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic("billing: " + err.Error()) // plain structs of strings
	}
	return b
}

func from(c identity.Company) Party {
	return Party{Name: c.Name, Address: c.Address, City: c.City, State: c.State, ZIP: c.Zip, Email: c.Email, Phone: c.Phone, USDOT: c.Usdot, MC: c.Mc}
}

func remitTo(c identity.Company) string {
	if strings.TrimSpace(c.RemitTo) != "" {
		return c.RemitTo
	}
	return strings.TrimSpace(c.Name + "\n" + c.Address + "\n" + strings.TrimSpace(c.City+", "+c.State+" "+c.Zip))
}

func termsText(days int) string {
	if days == 0 {
		return "Due on receipt"
	}
	return fmt.Sprintf("Net %d days", days)
}

func lineText(c loads.Charge) string {
	if c.Description != "" {
		return c.Description
	}
	return strings.ToUpper(c.Kind[:1]) + strings.ReplaceAll(c.Kind[1:], "_", " ")
}

// ServiceStop and ServiceFacts are what 49 CFR 373.103 wants on a freight bill.
type ServiceStop struct {
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Place     string `json:"place"`
	Date      string `json:"date"`
	Arrived   string `json:"arrived"`
	Departed  string `json:"departed"`
	Reference string `json:"reference"`
}

// ServiceFacts describe the haul on an invoice.
type ServiceFacts struct {
	Stops     []ServiceStop `json:"stops"`
	Equipment string        `json:"equipment"`
	Commodity string        `json:"commodity"`
	WeightLb  int           `json:"weight_lb"`
	Pieces    int           `json:"pieces"`
	Miles     int           `json:"miles"`
}

func serviceOf(f loads.Full) ServiceFacts {
	out := ServiceFacts{Equipment: f.Equipment, Commodity: f.Commodity, WeightLb: or0(f.WeightLb), Pieces: or0(f.Pieces), Miles: or0(f.Miles)}
	for _, s := range f.Stops {
		var refs []string
		for _, r := range loads.Refs(s) {
			refs = append(refs, strings.TrimSpace(r.Kind+" "+r.Value))
		}
		out.Stops = append(out.Stops, ServiceStop{Kind: s.Kind, Name: s.Name, Place: strings.TrimSpace(s.Address + "\n" + s.City + ", " + s.State + " " + s.Zip),
			Date: loads.Wall(s.WindowStart, s.TimeZone, true), Arrived: local(s.ArrivedAt, s.TimeZone), Departed: local(s.DepartedAt, s.TimeZone), Reference: strings.Join(refs, ", ")})
	}
	return out
}

func or0(p *int) int {
	if p == nil {
		return 0
	}
	return *p
}

func local(t *time.Time, zone string) string {
	if t == nil {
		return ""
	}
	l := *t
	if loc, err := clock.Zone(zone); err == nil {
		l = l.In(loc)
	}
	return l.Format("01/02/2006 15:04 MST")
}

// Get returns an invoice with everything; needs SeeMoney.
func (s *Service) Get(ctx context.Context, id ids.ID) (f Full, err error) {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return f, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := billingdb.New(tx)
		if f.Invoice, err = q.Invoice(ctx, id); err != nil {
			if pg.IsNoRows(err) {
				err = errs.NotFound("there is no such invoice")
			}
			return err
		}
		if f.Lines, err = q.Lines(ctx, id); err != nil {
			return err
		}
		f.Applications, err = q.ApplicationsOfInvoice(ctx, id)
		return err
	})
	return f, err
}

// List returns invoices and credit notes, newest first; needs SeeMoney.
func (s *Service) List(ctx context.Context, customer ids.ID, req page.Request) (p page.Page[Invoice], err error) {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return p, err
	}
	before := ids.Last
	if _, err := page.Decode(req.Cursor, &before); err != nil {
		return p, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q, n := billingdb.New(tx), int32(req.Rows()+1)
		var rows []Invoice
		if customer.IsZero() {
			rows, err = q.List(ctx, billingdb.ListParams{Before: before, N: n})
		} else {
			rows, err = q.OfCustomer(ctx, billingdb.OfCustomerParams{CustomerID: customer, Before: before, N: n})
		}
		p = page.Cut(rows, req.Rows(), func(i Invoice) any { return i.ID })
		return err
	})
	return p, err
}

// OfLoad returns a load's invoices and credit notes, oldest first; needs SeeMoney.
func (s *Service) OfLoad(ctx context.Context, load ids.ID) (rows []Invoice, err error) {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return nil, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err = billingdb.New(tx).OfLoad(ctx, load)
		return err
	})
	return rows, err
}

// Receivables is who owes us, by age. Buckets: not due, 1–30, 31–60, 61–90, over 90 days late.
type Receivables struct {
	Open    []Invoice
	Buckets [5]money.Cents
	Total   money.Cents
	Billed  money.Cents // ever
	Settled money.Cents // ever; Billed − Settled = Total, always
	Cash30  money.Cents // received in the last 30 days
}

// Receivables adds up every open invoice; needs SeeMoney.
func (s *Service) Receivables(ctx context.Context) (r Receivables, err error) {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return r, err
	}
	company, err := s.Identity.Company(ctx)
	if err != nil {
		return r, err
	}
	today := day(s.Clock.Now(), company.TimeZone)
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := billingdb.New(tx)
		if r.Open, err = q.Open(ctx); err != nil {
			return err
		}
		t, err := q.Totals(ctx)
		if err != nil {
			return err
		}
		r.Billed, r.Settled = money.Cents(t.Billed), money.Cents(t.Settled)
		cash, err := q.CashTotal(ctx, today.AddDate(0, 0, -30))
		r.Cash30 = money.Cents(cash)
		return err
	})
	for _, i := range r.Open {
		r.Total += Open(i)
		r.Buckets[Bucket(i, today)] += Open(i)
	}
	return r, err
}

// Bucket is the age class of an invoice on a day, see Receivables.
func Bucket(i Invoice, today time.Time) int {
	late := int(today.Sub(i.DueOn).Hours() / 24)
	switch {
	case late <= 0:
		return 0
	case late <= 30:
		return 1
	case late <= 60:
		return 2
	case late <= 90:
		return 3
	}
	return 4
}

// PaymentFilter says which payments; what is left zero does not restrict.
type PaymentFilter struct {
	CustomerID   ids.ID
	Since, Until time.Time // days on which it was received, both included, midnight UTC
}

// farFuture is later than any day money is received on.
var farFuture = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)

// Payments returns money received and reversals, newest first; needs SeeMoney.
func (s *Service) Payments(ctx context.Context, f PaymentFilter, req page.Request) (p page.Page[Payment], err error) {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return p, err
	}
	before := ids.Last
	if _, err := page.Decode(req.Cursor, &before); err != nil {
		return p, err
	}
	if f.Until.IsZero() {
		f.Until = farFuture
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q, n := billingdb.New(tx), int32(req.Rows()+1)
		var rows []Payment
		if f.CustomerID.IsZero() {
			rows, err = q.Payments(ctx, billingdb.PaymentsParams{Before: before, Since: f.Since, Until: f.Until, N: n})
		} else {
			rows, err = q.PaymentsOfCustomer(ctx, billingdb.PaymentsOfCustomerParams{CustomerID: f.CustomerID, Before: before, Since: f.Since, Until: f.Until, N: n})
		}
		p = page.Cut(rows, req.Rows(), func(x Payment) any { return x.ID })
		return err
	})
	return p, err
}
