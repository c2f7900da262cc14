// Package billingweb has the money screens: what can be billed, who owes us,
// what came in, and every mail that went out.
package billingweb

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/billing"
	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/page"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/platform/blob"
	"truckflow/internal/platform/outbox"
	"truckflow/internal/web"
	"truckflow/internal/web/records"
	"truckflow/internal/web/ui"
)

// Deps is what Register needs.
type Deps struct {
	Billing  *billing.Service
	Loads    *loads.Service
	Identity *identity.Service
	Outbox   *outbox.Outbox
	Blobs    blob.Store
	Clock    clock.Clock
	Customer func(ctx context.Context, id ids.ID) string
}

type pages struct {
	rt *web.Router
	Deps
}

// Register adds the pages.
func Register(rt *web.Router, d Deps) {
	p := &pages{rt, d}
	rt.Handle("GET /billing", identity.SeeMoney, p.overview)
	rt.Handle("POST /billing/clean", identity.Bill, p.clean)
	rt.Handle("GET /billing/loads/{id}", identity.SeeMoney, p.ofLoad)
	rt.Handle("POST /billing/loads/{id}", identity.Bill, p.issue)
	rt.Handle("GET /billing/invoices", identity.SeeMoney, p.list)
	rt.Handle("GET /billing/invoices/{id}", identity.SeeMoney, p.invoice)
	rt.Handle("GET /billing/invoices/{id}/invoice.pdf", identity.SeeMoney, p.pdf(d.Billing.PDF))
	rt.Handle("GET /billing/invoices/{id}/packet.pdf", identity.SeeMoney, p.pdf(d.Billing.Packet))
	rt.Handle("POST /billing/invoices/{id}/send", identity.Bill, p.send)
	rt.Handle("POST /billing/invoices/{id}/pay", identity.TakePayment, p.pay)
	rt.Handle("POST /billing/invoices/{id}/credit", identity.Bill, p.credit)
	rt.Handle("GET /billing/payments", identity.SeeMoney, p.payments)
	rt.Handle("GET /billing/payments/{id}/reverse", identity.TakePayment, p.reverseForm)
	rt.Handle("POST /billing/payments/{id}/reverse", identity.TakePayment, p.reverse)
	records.Importer{Path: "/history/import", Export: "/history/example.csv", Back: "/loads", Title: "Import past loads", Section: "loads", FileName: "past-loads",
		Columns: billing.HistoryColumns(), Note: historyNote, See: identity.ImportHistory, Edit: identity.ImportHistory, Preview: d.Billing.PreviewHistory,
		Import: d.Billing.ImportHistory, Write: func(_ context.Context, w io.Writer, _ *http.Request) error { return billing.HistoryExample(w) }}.Register(rt)
	rt.Handle("GET /mail", identity.SeeMoney, p.mail)
	rt.Handle("GET /mail/{id}", identity.SeeMoney, p.oneMail)
	rt.Handle("POST /mail/{id}/again", identity.Bill, p.again)
	rt.Handle("GET /mail/{id}/files/{n}", identity.SeeMoney, p.mailFile)
}

const historyNote = "One row is one load that was delivered and billed elsewhere; import customers, trucks and drivers first. " +
	"Times are the stop's own local time; how long trucks stood somewhere follows from arrived and departed. " +
	"stops_between holds stops between the first and the last: Tulsa OK 74101 delivery 2026-02-03; Joplin MO pickup 2026-02-04. " +
	"other_charges: detention 150.00; lumper 80.00. A row without paid_date is still owed; what was kept back for good has a short_pay_reason. " +
	"Invoices keep their numbers. Rows that are in already stay as they are, so the same file twice does no harm."

type view struct {
	Ready      []readyRow
	ReadyTotal money.Cents
	Clean      int
	R          billing.Receivables
	OpenCount  int // R.Open is cut for the page
	Names      map[ids.ID]string
	Today      time.Time
	Zone       string
	MayBill    bool
	MayPay     bool
	To         string // where an invoice goes
	Reversed   map[ids.ID]bool
}

func tone(when bool, t ui.Tone) ui.Tone {
	if when {
		return t
	}
	return ui.ToneNone
}

func sendWord(f billing.Full) string {
	if f.SentAt != nil {
		return "Send again"
	}
	return "Send to customer"
}

func settledWord(k string) string {
	return map[string]string{"cash": "payment", "short_pay": "short-pay", "credit": "credit note"}[k]
}

func mailWord(s string) string {
	return map[string]string{"queued": "waiting", "sent": "sent", "kept": "kept here", "failed": "failed"}[s]
}

func mailTone(s string) ui.Tone {
	return map[string]ui.Tone{"queued": ui.ToneInfo, "sent": ui.ToneOK, "kept": ui.ToneNeed, "failed": ui.ToneLate}[s]
}

// methodWord is how money came, as people write it.
func methodWord(m string) string {
	if m == "ach" {
		return "ACH"
	}
	return ui.Capital(strings.ReplaceAll(m, "_", " "))
}

func methods() (out []ui.Option) {
	for _, m := range billing.Methods {
		out = append(out, ui.Option{Value: m, Label: methodWord(m)})
	}
	return out
}

func (p *pages) base(r *http.Request) (v view, err error) {
	c, err := p.Identity.Company(r.Context())
	if err != nil {
		return v, err
	}
	now := p.Clock.Now()
	if loc, err := clock.Zone(c.TimeZone); err == nil {
		now = now.In(loc)
	}
	return view{Names: map[ids.ID]string{}, Today: time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC), Zone: c.TimeZone,
		MayBill: identity.Can(r.Context(), identity.Bill), MayPay: identity.Can(r.Context(), identity.TakePayment)}, nil
}

func (v view) learn(ctx context.Context, p *pages, rows []billing.Invoice) {
	for _, i := range rows {
		v.Names[i.CustomerID] = p.Customer(ctx, i.CustomerID)
	}
}

func (p *pages) ready(ctx context.Context) ([]readyRow, error) {
	ls, err := p.Loads.List(ctx, loads.Filter{State: string(lifecycle.ReadyToBill)}, page.Request{Limit: page.MaxLimit})
	if err != nil {
		return nil, err
	}
	var out []readyRow
	for _, l := range ls.Items {
		f, err := p.Loads.Get(ctx, l.ID)
		if err != nil {
			return nil, err
		}
		miss, err := p.Billing.Missing(ctx, f)
		if err != nil {
			return nil, err
		}
		out = append(out, readyRow{l, p.Customer(ctx, ids.Of(l.CustomerID)), miss})
	}
	return out, nil
}

func (p *pages) overview(w http.ResponseWriter, r *http.Request) error {
	v, err := p.base(r)
	if err != nil {
		return err
	}
	if v.R, err = p.Billing.Receivables(r.Context()); err != nil {
		return err
	}
	if v.Ready, err = p.ready(r.Context()); err != nil {
		return err
	}
	for _, x := range v.Ready {
		v.ReadyTotal += x.Load.TotalCents
		if len(x.Missing) == 0 {
			v.Clean++
		}
	}
	v.OpenCount = len(v.R.Open)
	if v.OpenCount > 300 {
		v.R.Open = v.R.Open[:300]
	}
	v.learn(r.Context(), p, v.R.Open)
	m := p.rt.Meta(r, web.PageMeta{Title: "Billing", Subtitle: fmt.Sprintf("Billed %s, settled %s, owed %s", v.R.Billed.Dollars(), v.R.Settled.Dollars(), v.R.Total.Dollars()), Section: "billing"})
	return web.Render(w, r, 200, overview(m, v))
}

func (p *pages) clean(w http.ResponseWriter, r *http.Request) error {
	rows, err := p.ready(r.Context())
	if err != nil {
		return err
	}
	for _, x := range rows {
		if len(x.Missing) > 0 {
			continue
		}
		inv, err := p.Billing.Issue(r.Context(), x.Load.ID)
		if err != nil {
			return err
		}
		if err := p.Billing.Send(r.Context(), inv.ID, "", ids.ID{}); err != nil {
			return err
		}
	}
	return web.Redirect(w, r, "/billing")
}

// ofLoad leads to a load's newest invoice, or shows what billing it lacks.
func (p *pages) ofLoad(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	invs, err := p.Billing.OfLoad(r.Context(), id)
	if err != nil {
		return err
	}
	f, err := p.Loads.Get(r.Context(), id)
	if err != nil {
		return err
	}
	ready := lifecycle.State(f.State) == lifecycle.ReadyToBill
	for i := len(invs) - 1; i >= 0 && !ready; i-- {
		if invs[i].Kind == "invoice" {
			return web.Redirect(w, r, "/billing/invoices/"+invs[i].ID.String())
		}
	}
	miss, err := p.Billing.Missing(r.Context(), f)
	if err != nil {
		return err
	}
	row := readyRow{f.Load, p.Customer(r.Context(), ids.Of(f.CustomerID)), miss}
	m := p.rt.Meta(r, web.PageMeta{Title: "Invoice " + f.Number, Subtitle: row.Customer + ", their load " + f.CustomerRef, Section: "billing"})
	return web.Render(w, r, 200, preparePage(m, row, f.Charges, ready && identity.Can(r.Context(), identity.Bill)))
}

func (p *pages) issue(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	inv, err := p.Billing.Issue(r.Context(), id)
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/billing/invoices/"+inv.ID.String())
}

func (p *pages) list(w http.ResponseWriter, r *http.Request) error {
	v, err := p.base(r)
	if err != nil {
		return err
	}
	pg, err := p.Billing.List(r.Context(), ids.ID{}, page.Request{Cursor: r.FormValue("cursor")})
	if err != nil {
		return err
	}
	v.learn(r.Context(), p, pg.Items)
	m := p.rt.Meta(r, web.PageMeta{Title: "Invoices", Section: "billing"})
	return web.Render(w, r, 200, listPage(m, pg.Items, v, links(r, len(pg.Items), "invoice", pg.Next)))
}

func (p *pages) invoice(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := p.Billing.Get(r.Context(), id)
	if err != nil {
		return err
	}
	v, err := p.base(r)
	if err != nil {
		return err
	}
	mails, err := p.Outbox.List(r.Context(), outbox.Filter{AboutID: id}, page.Request{Limit: 20})
	if err != nil {
		return err
	}
	payer, err := p.Billing.Payers.BillTo(r.Context(), f.CustomerID)
	if err != nil {
		return err
	}
	v.To = payer.Email
	title := "Invoice " + f.Number
	if f.Kind == "credit_note" {
		title = "Credit note " + f.Number
	}
	m := p.rt.Meta(r, web.PageMeta{Title: title, Subtitle: p.Customer(r.Context(), f.CustomerID) + ", their load " + f.CustomerRef, Section: "billing"})
	return web.Render(w, r, 200, invoicePage(m, f, v, mails.Items, ids.New().String()))
}

func (p *pages) pdf(make func(ctx context.Context, id ids.ID) (string, []byte, error)) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := web.PathID(r, "id")
		if err != nil {
			return err
		}
		name, b, err := make(r.Context(), id)
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Content-Disposition", `inline; filename="`+name+`"`)
		_, err = w.Write(b)
		return err
	}
}

func (p *pages) send(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if err := p.Billing.Send(r.Context(), id, strings.TrimSpace(r.PostFormValue("to")), token(r)); err != nil {
		return err
	}
	return web.Redirect(w, r, "/billing/invoices/"+id.String())
}

func (p *pages) pay(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	f, err := p.Billing.Get(r.Context(), id)
	if err != nil {
		return err
	}
	amount, err := money.Parse(r.PostFormValue("amount"))
	if err != nil {
		return errs.Invalid("write the amount received as 1,250.00").Field("amount", "an amount such as 1,250.00")
	}
	var short money.Cents
	if s := strings.TrimSpace(r.PostFormValue("short")); s != "" {
		if short, err = money.Parse(s); err != nil {
			return errs.Invalid("write what was kept back as 50.00").Field("short", "an amount such as 50.00")
		}
	}
	on, err := time.Parse("2006-01-02", r.PostFormValue("received_on"))
	if err != nil {
		return errs.Invalid("say on which day it was received").Field("received_on", "a date")
	}
	_, err = p.Billing.Pay(r.Context(), billing.Receipt{CustomerID: f.CustomerID, On: on, Amount: amount, Method: r.PostFormValue("method"),
		Reference: r.PostFormValue("reference"), FormToken: r.PostFormValue("form_token"),
		Shares: []billing.Share{{InvoiceID: id, Amount: amount, Short: short, Reason: strings.TrimSpace(r.PostFormValue("reason"))}}})
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/billing/invoices/"+id.String())
}

func (p *pages) credit(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	n, err := p.Billing.Credit(r.Context(), id, strings.TrimSpace(r.PostFormValue("reason")))
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/billing/invoices/"+n.ID.String())
}

func (p *pages) payments(w http.ResponseWriter, r *http.Request) error {
	v, err := p.base(r)
	if err != nil {
		return err
	}
	rows, err := p.Billing.Payments(r.Context(), billing.PaymentFilter{}, page.Request{Cursor: r.FormValue("cursor"), Limit: 100})
	if err != nil {
		return err
	}
	v.Reversed = map[ids.ID]bool{}
	for _, x := range rows.Items {
		v.Names[x.CustomerID] = p.Customer(r.Context(), x.CustomerID)
		v.Reversed[ids.Of(x.ReversesID)] = true
	}
	m := p.rt.Meta(r, web.PageMeta{Title: "Payments", Section: "billing"})
	return web.Render(w, r, 200, paymentsPage(m, rows.Items, v, links(r, len(rows.Items), "payment", rows.Next)))
}

// links are the ways on from a page of n rows, newest first.
func links(r *http.Request, n int, noun, next string) ui.PageLinks {
	out := ui.PageLinks{Text: ui.Counted(n, noun) + ", newest first"}
	if r.FormValue("cursor") != "" {
		out.Prev = ui.WithQuery(r.URL.RequestURI(), "cursor", "")
	}
	if next != "" {
		out.Next = ui.WithQuery(r.URL.RequestURI(), "cursor", next)
	}
	return out
}

func (p *pages) reverseForm(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	x, err := p.Billing.Payment(r.Context(), id)
	if err != nil {
		return err
	}
	return web.Render(w, r, 200, reverseDialog(p.rt.Meta(r, web.PageMeta{}).CSRF, x.Payment, p.Customer(r.Context(), x.CustomerID)))
}

func (p *pages) reverse(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if _, err := p.Billing.ReversePayment(r.Context(), id, strings.TrimSpace(r.PostFormValue("reason"))); err != nil {
		return err
	}
	return web.Redirect(w, r, "/billing/payments")
}

func (p *pages) mail(w http.ResponseWriter, r *http.Request) error {
	v, err := p.base(r)
	if err != nil {
		return err
	}
	ms, err := p.Outbox.List(r.Context(), outbox.Filter{About: billing.MailsSeen(r.Context())}, page.Request{Cursor: r.FormValue("cursor"), Limit: 100})
	if err != nil {
		return err
	}
	m := p.rt.Meta(r, web.PageMeta{Title: "Mail", Subtitle: "What went out, and what waits here for a mail server", Section: "mail"})
	return web.Render(w, r, 200, mailPage(m, ms.Items, v.Zone, links(r, len(ms.Items), "mail", ms.Next)))
}

func (p *pages) get(r *http.Request) (outbox.Mail, error) {
	id, err := web.PathID(r, "id")
	if err != nil {
		return outbox.Mail{}, err
	}
	x, err := p.Outbox.Get(r.Context(), id)
	if err == nil && !billing.MayReadMail(r.Context(), x.About) {
		err = errs.NotFound("there is no such mail")
	}
	return x, err
}

func (p *pages) oneMail(w http.ResponseWriter, r *http.Request) error {
	x, err := p.get(r)
	if err != nil {
		return err
	}
	v, err := p.base(r)
	if err != nil {
		return err
	}
	again := v.MayBill && x.About == billing.MailAbout && x.State != "queued"
	return web.Render(w, r, 200, oneMail(p.rt.Meta(r, web.PageMeta{Title: x.Subject, Section: "mail"}), x, v.Zone, again, ids.New().String()))
}

// token is the form's own; a form without one is taken as often as it comes.
func token(r *http.Request) ids.ID {
	id, err := ids.Parse(r.PostFormValue("form_token"))
	if err != nil {
		return ids.ID{}
	}
	return id
}

func (p *pages) again(w http.ResponseWriter, r *http.Request) error {
	id, err := web.PathID(r, "id")
	if err != nil {
		return err
	}
	if id, err = p.Billing.Resend(r.Context(), id, strings.TrimSpace(r.PostFormValue("to")), token(r)); err != nil {
		return err
	}
	return web.Redirect(w, r, "/mail/"+id.String())
}

func (p *pages) mailFile(w http.ResponseWriter, r *http.Request) error {
	x, err := p.get(r)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 0 || n >= len(x.Files) {
		return errs.NotFound("there is no such attachment")
	}
	rc, _, err := p.Blobs.Get(r.Context(), x.Files[n].BlobKey)
	if err != nil {
		return err
	}
	defer rc.Close()
	w.Header().Set("Content-Type", x.Files[n].ContentType)
	_, err = io.Copy(w, rc)
	return err
}
