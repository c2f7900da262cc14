package billing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"truckflow/internal/billing/internal/billingdb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/sheet"
)

// PDF prints an invoice or credit note from its frozen rows: the same bytes of
// meaning every time. Needs SeeMoney.
func (s *Service) PDF(ctx context.Context, id ids.ID) (name string, pdf []byte, err error) {
	f, err := s.Get(ctx, id)
	if err != nil {
		return "", nil, err
	}
	pdf, err = printInvoice(f)
	return f.Number + ".pdf", pdf, err
}

// Packet is the invoice followed by its papers: rate confirmation, bill of
// lading, proof of delivery, receipts. Needs SeeMoney.
func (s *Service) Packet(ctx context.Context, id ids.ID) (name string, pdf []byte, err error) {
	f, err := s.Get(ctx, id)
	if err != nil {
		return "", nil, err
	}
	invoice, err := printInvoice(f)
	if err != nil {
		return "", nil, err
	}
	parts := [][]byte{invoice}
	docs, err := s.Documents.OfLoad(ctx, f.LoadID)
	if err != nil {
		return "", nil, err
	}
	for _, kind := range []string{"rate_confirmation", "bill_of_lading", "proof_of_delivery", "lumper_receipt", "scale_ticket", "receipt"} {
		for _, d := range docs {
			if d.Kind != kind || d.State == "rejected" || !(d.ContentType == "application/pdf" || strings.HasPrefix(d.ContentType, "image/")) {
				continue
			}
			_, data, err := s.Documents.Content(ctx, d.ID)
			if err != nil {
				return "", nil, err
			}
			parts = append(parts, data)
		}
	}
	var out bytes.Buffer
	if err := s.Merge(ctx, parts, &out); err != nil {
		return "", nil, err
	}
	return f.Number + "-packet.pdf", out.Bytes(), nil
}

// printed is an invoice on its way to paper.
type printed struct{ *sheet.Sheet }

func printInvoice(f Full) ([]byte, error) {
	p := printed{sheet.New(f.Number, f.CreatedAt)}
	var from, to Party
	var svc ServiceFacts
	for _, x := range []struct {
		raw json.RawMessage
		v   any
	}{{f.FromCompany, &from}, {f.BillTo, &to}, {f.Service, &svc}} {
		if err := json.Unmarshal(x.raw, x.v); err != nil {
			return nil, err
		}
	}
	p.heading(f, from)
	p.parties(f, to)
	p.haul(svc)
	p.lines(f)
	p.foot(f)
	return p.Bytes()
}

func (p printed) heading(f Full, from Party) {
	p.Text(48, 44, 300, "B", 16, "L", from.Name)
	id := []string{from.Address, strings.Trim(from.City+", "+from.State+" "+from.ZIP, ", "), from.Phone, from.Email}
	if from.USDOT != "" {
		id = append(id, "USDOT "+from.USDOT+mcText(from.MC))
	}
	p.Text(48, 68, 300, "", 9, "L", strings.Join(nonEmpty(id), "\n"))
	title := "INVOICE"
	if f.Kind == "credit_note" {
		title = "CREDIT NOTE"
	}
	p.Text(364, 42, 200, "B", 20, "R", title)
	rows := [][2]string{{"Number", f.Number}, {"Date", f.IssuedOn.Format("01/02/2006")}, {"Due", f.DueOn.Format("01/02/2006")}, {"Terms", f.TermsText},
		{"Our load", f.LoadNumber}, {"Your load", f.CustomerRef}}
	y := 72.0
	for _, r := range rows {
		if r[1] == "" || f.Kind == "credit_note" && (r[0] == "Due" || r[0] == "Terms") {
			continue
		}
		p.Text(364, y, 80, "", 9, "L", r[0])
		p.Text(434, y, 130, "B", 9, "R", r[1])
		y += 14
	}
}

func mcText(mc string) string {
	if mc == "" {
		return ""
	}
	return "  MC " + mc
}

func nonEmpty(in []string) (out []string) {
	for _, s := range in {
		if strings.TrimSpace(s) != "" {
			out = append(out, s)
		}
	}
	return out
}

func (p printed) parties(f Full, to Party) {
	p.Text(48, 176, 240, "B", 9, "L", "BILL TO")
	p.Text(48, 190, 240, "", 10, "L", strings.Join(nonEmpty([]string{to.Name, to.Address, strings.Trim(to.City+", "+to.State+" "+to.ZIP, ", ")}), "\n"))
	p.Text(324, 176, 240, "B", 9, "L", "REMIT TO")
	p.Text(324, 190, 240, "", 10, "L", f.RemitTo)
	p.SetY(max(p.GetY(), 250))
}

func (p printed) haul(s ServiceFacts) {
	y := p.GetY() + 10
	p.Rule(y)
	y += 6
	for _, st := range s.Stops {
		if y > 640 {
			p.AddPage()
			y = 60
		}
		kind := "PICKUP"
		if st.Kind == "delivery" {
			kind = "DELIVERY"
		}
		p.Text(48, y, 60, "B", 8, "L", kind)
		p.Text(110, y, 190, "", 9, "L", strings.Join(nonEmpty([]string{st.Name, strings.TrimSpace(st.Place)}), "\n"))
		end := p.GetY()
		when := []string{st.Date}
		if st.Arrived != "" {
			when = append(when, "In  "+st.Arrived)
		}
		if st.Departed != "" {
			when = append(when, "Out "+st.Departed)
		}
		p.Text(304, y, 130, "", 9, "L", strings.Join(when, "\n"))
		end = max(end, p.GetY())
		p.Text(438, y, 126, "", 8, "L", st.Reference)
		y = max(end, p.GetY()) + 6
	}
	var facts []string
	add := func(label, v string) {
		if v != "" && v != "0" {
			facts = append(facts, label+" "+v)
		}
	}
	add("Equipment", strings.ReplaceAll(s.Equipment, "_", " "))
	add("Commodity", s.Commodity)
	if s.WeightLb > 0 {
		add("Weight", strconv.Itoa(s.WeightLb)+" lb")
	}
	add("Pieces", strconv.Itoa(s.Pieces))
	add("Miles", strconv.Itoa(s.Miles))
	p.Text(48, y, 516, "", 9, "L", strings.Join(facts, "   |   "))
	p.SetY(p.GetY() + 8)
}

func (p printed) lines(f Full) {
	y := p.GetY()
	p.Rule(y)
	p.Text(48, y+5, 380, "B", 9, "L", "Description")
	p.Text(434, y+5, 130, "B", 9, "R", "Amount, "+f.Currency)
	y = p.GetY() + 4
	for _, l := range f.Lines {
		if y > 690 {
			p.AddPage()
			y = 60
		}
		p.Text(434, y, 130, "", 10, "R", l.AmountCents.Dollars())
		p.Text(48, y, 380, "", 10, "L", l.Description)
		y = p.GetY() + 3
	}
	p.Rule(y + 2)
	p.Text(304, y+8, 130, "B", 12, "R", "Total")
	p.Text(434, y+8, 130, "B", 12, "R", f.TotalCents.Dollars())
}

func (p printed) foot(f Full) {
	if f.Kind == "credit_note" {
		p.Text(48, p.GetY()+24, 516, "", 9, "L", f.TermsText)
		return
	}
	p.Text(48, p.GetY()+24, 516, "", 9, "L", fmt.Sprintf("Please put invoice number %s on your payment. Papers attached: rate confirmation, bill of lading, proof of delivery and receipts as we have them.", f.Number))
}

type sendJob struct {
	InvoiceID ids.ID `json:"invoice_id"`
	MailID    ids.ID `json:"mail_id"`
	To        string `json:"to"`
	By        string `json:"by"`
}

const sendKind = "billing.send-invoice"

// MailAbout is what an invoice's mails are about.
const MailAbout = "invoice"

// MailsSeen says which mails the person in ctx may read: those about MailAbout, or
// all (""). Only those who manage people see the others: whoever reads an
// invitation can become the one who is invited, an owner too.
func MailsSeen(ctx context.Context) string {
	if identity.Can(ctx, identity.ManagePeople) {
		return ""
	}
	return MailAbout
}

// MayReadMail reports whether the person in ctx may read a mail about something.
func MayReadMail(ctx context.Context, about string) bool {
	seen := MailsSeen(ctx)
	return seen == "" || seen == about
}

// pressed has the next change in ctx made once for each form token: the second
// click gets pg.ErrReplayed. A zero token is an API's, which has its own key.
func pressed(ctx context.Context, what string, token ids.ID) context.Context {
	if token.IsZero() {
		return ctx
	}
	return pg.WithClaim(ctx, &pg.Claim{Key: "form " + token.String(), Route: what, RequestHash: token[:]})
}

// Send has the packet made and mailed; the work is a job, so a slow printer or
// post office keeps nobody waiting. to overrides the customer's billing e-mail;
// the same form token twice, when it is not zero, is one mail. Needs Bill.
func (s *Service) Send(ctx context.Context, id ids.ID, to string, token ids.ID) error {
	a, err := identity.Require(ctx, identity.Bill)
	if err != nil {
		return err
	}
	f, err := s.Get(ctx, id)
	if err != nil {
		return err
	}
	if to == "" {
		p, err := s.Payers.BillTo(ctx, f.CustomerID)
		if err != nil {
			return err
		}
		to = p.Email
	}
	if !address(to) {
		return errs.Invalid("where should it go? the customer has no billing e-mail").Field("to", "an e-mail address")
	}
	err = s.DB.WithTx(pressed(ctx, sendKind, token), func(ctx context.Context, tx *pg.Tx) error {
		if err := s.Identity.Audit(ctx, tx, identity.Entry{Action: "invoice.send", Kind: "invoice", ID: id, Label: f.Number, Detail: map[string]string{"to": to}}); err != nil {
			return err
		}
		return s.Jobs.Insert(ctx, tx, sendKind, sendJob{id, ids.New(), to, a.Name})
	})
	if !token.IsZero() && errors.Is(err, pg.ErrReplayed) {
		return nil
	}
	return err
}

func address(s string) bool { return strings.Contains(s, "@") && !strings.ContainsAny(s, "\r\n ,;") }

// Resend sends an invoice's mail once more, with the files it had, and returns the
// new mail's id; to is another address, or empty for the same one. The same form
// token twice, when it is not zero, is one mail. Needs Bill.
func (s *Service) Resend(ctx context.Context, mail ids.ID, to string, token ids.ID) (id ids.ID, err error) {
	if _, err := identity.Require(ctx, identity.Bill); err != nil {
		return id, err
	}
	if to != "" && !address(to) {
		return id, errs.Invalid("this is not an e-mail address").Field("to", "an e-mail address")
	}
	if id = token; id.IsZero() {
		id = ids.New()
	}
	err = s.DB.WithTx(pressed(ctx, "mail.resend", token), func(ctx context.Context, tx *pg.Tx) error {
		if err := s.Mail.Again(ctx, tx, MailAbout, mail, id, to); err != nil {
			return err
		}
		return s.Identity.Audit(ctx, tx, identity.Entry{Action: "mail.resend", Kind: "mail", ID: id, Detail: map[string]string{"first": mail.String(), "to": to}})
	})
	if !token.IsZero() && errors.Is(err, pg.ErrReplayed) {
		return id, nil
	}
	return id, err
}

// send is the job: print, keep, mail, mark; repeating it only prints again.
func (s *Service) send(ctx context.Context, j sendJob) error {
	f, err := s.Get(ctx, j.InvoiceID)
	if err != nil {
		return err
	}
	a, _ := tenant.From(ctx)
	name, packet, err := s.Packet(ctx, j.InvoiceID)
	if err != nil {
		return err
	}
	key := path.Join("invoices", a.Org.String(), f.ID.String()+".pdf")
	info, err := s.Blobs.Put(ctx, key, bytes.NewReader(packet), int64(len(packet)), "application/pdf")
	if err != nil {
		return err
	}
	var from Party
	if err := json.Unmarshal(f.FromCompany, &from); err != nil {
		return err
	}
	body := fmt.Sprintf("Please find attached %s for your load %s (our load %s), %s, due %s.\n\nThe packet holds the invoice with the rate confirmation and proof of delivery.\n\n%s\n",
		f.Number, f.CustomerRef, f.LoadNumber, f.TotalCents.Dollars(), f.DueOn.Format("01/02/2006"), from.Name)
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		if err := s.Mail.Queue(ctx, tx, Mail{ID: j.MailID, To: j.To, ReplyTo: from.Email, Subject: fmt.Sprintf("Invoice %s, your load %s", f.Number, f.CustomerRef), Body: body,
			About: MailAbout, AboutID: f.ID, Files: []File{{name, "application/pdf", key, info.Size}}}); err != nil {
			return err
		}
		return billingdb.New(tx).MarkSent(ctx, billingdb.MarkSentParams{ID: f.ID, SentAt: s.Clock.Now(), SentTo: j.To, PdfKey: key, PacketKey: key, PacketDocs: json.RawMessage("[]")})
	})
}

// Kept returns the packet as it was sent; needs SeeMoney.
func (s *Service) Kept(ctx context.Context, f Full) (io.ReadCloser, error) {
	if f.PacketKey == "" {
		return nil, errs.NotFound("invoice %s was not sent yet", f.Number)
	}
	rc, _, err := s.Blobs.Get(ctx, f.PacketKey)
	return rc, err
}
