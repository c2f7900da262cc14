package billingapi

import (
	"context"
	"io"
	"net/http"
	"time"

	"truckflow/internal/api"
	"truckflow/internal/billing"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/platform/outbox"
)

type mailFile struct {
	Name        string `json:"name"`
	ContentType string `json:"content_type"`
	Size        int64  `json:"size" doc:"bytes"`
}

type mail struct {
	ID        string     `json:"id"`
	To        string     `json:"to"`
	ReplyTo   string     `json:"reply_to,omitempty"`
	Subject   string     `json:"subject"`
	About     string     `json:"about" doc:"what it is about: invoice, invitation"`
	AboutID   string     `json:"about_id,omitempty" doc:"of the invoice"`
	State     string     `json:"state" enum:"queued,sent,kept,failed" doc:"queued: waits to go out; kept: went nowhere, because no mail server is set (SMTP_URL)"`
	Error     string     `json:"error,omitempty" doc:"what the mail server said last"`
	CreatedAt time.Time  `json:"created_at"`
	SentAt    *time.Time `json:"sent_at,omitempty"`
	Files     []mailFile `json:"files"`
}

type fullMail struct {
	mail
	Body string `json:"body" doc:"its text"`
}

func showMail(m outbox.Mail) mail {
	about := ids.Of(m.AboutID)
	out := mail{m.ID.String(), m.To, m.ReplyTo, m.Subject, m.About, "", m.State, m.Error, m.CreatedAt, m.SentAt, []mailFile{}}
	if !about.IsZero() {
		out.AboutID = about.String()
	}
	for _, f := range m.Files {
		out.Files = append(out.Files, mailFile{f.Name, f.ContentType, f.Size})
	}
	return out
}

// readMail returns a mail that the caller may read; others are not there for them.
func readMail(ctx context.Context, box *outbox.Outbox, by ByID) (outbox.Mail, error) {
	id, err := by.id()
	if err != nil {
		return outbox.Mail{}, err
	}
	m, err := box.Get(ctx, id)
	if err == nil && !billing.MayReadMail(ctx, m.About) {
		err = errs.NotFound("there is no such mail")
	}
	return m, err
}

func mails(a *api.API, d Deps) {
	const whose = "Mails about anything but invoices (an invitation's holds the way in) are there only for those who manage people."
	type listIn struct {
		State     string `query:"state" enum:"queued,sent,kept,failed" doc:"left out: any"`
		InvoiceID string `query:"invoice_id" format:"uuid" doc:"only those about this invoice"`
		Cursor    string `query:"cursor" doc:"the next of the page before"`
		Limit     int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	type listOut struct {
		Body struct {
			Items []mail `json:"items"`
			Next  string `json:"next,omitempty" doc:"left out on the last page"`
		}
	}
	list := op("list-mails", http.MethodGet, "/v1/mails", "What went out and what waits, newest first")
	list.Description = whose
	api.Register(a, list, identity.SeeMoney, func(ctx context.Context, in *listIn) (*listOut, error) {
		f := outbox.Filter{About: billing.MailsSeen(ctx), State: in.State}
		if err := f.AboutID.UnmarshalText([]byte(in.InvoiceID)); err != nil {
			return nil, errs.Invalid("invoice_id is not an id")
		}
		p, err := d.Outbox.List(ctx, f, page.Request{Cursor: in.Cursor, Limit: in.Limit})
		o := &listOut{}
		o.Body.Items, o.Body.Next = []mail{}, p.Next
		for _, m := range p.Items {
			o.Body.Items = append(o.Body.Items, showMail(m))
		}
		return o, err
	})
	type mailOut struct{ Body fullMail }
	get := op("get-mail", http.MethodGet, "/v1/mails/{id}", "One mail with its text")
	get.Description = whose
	api.Register(a, get, identity.SeeMoney, func(ctx context.Context, in *ByID) (*mailOut, error) {
		m, err := readMail(ctx, d.Outbox, *in)
		return &mailOut{fullMail{showMail(m), m.Body}}, err
	})
	type fileIn struct {
		ByID
		N int `path:"n" minimum:"0" doc:"its place among the mail's files, from 0"`
	}
	type fileOut struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}
	api.Register(a, op("mail-file", http.MethodGet, "/v1/mails/{id}/files/{n}", "A file as it was sent"), identity.SeeMoney, func(ctx context.Context, in *fileIn) (*fileOut, error) {
		m, err := readMail(ctx, d.Outbox, in.ByID)
		if err != nil {
			return nil, err
		}
		if in.N >= len(m.Files) {
			return nil, errs.NotFound("there is no such attachment")
		}
		rc, _, err := d.Blobs.Get(ctx, m.Files[in.N].BlobKey)
		if err != nil {
			return nil, err
		}
		defer rc.Close()
		b, err := io.ReadAll(rc)
		return &fileOut{m.Files[in.N].ContentType, b}, err
	})
	type againIn struct {
		ByID
		Body struct {
			To string `json:"to,omitempty" format:"email" doc:"left out: where it went before"`
		}
	}
	type againOut struct {
		Body struct {
			ID string `json:"id" doc:"of the new mail"`
		}
	}
	again := op("send-mail-again", http.MethodPost, "/v1/mails/{id}/again", "Send an invoice's mail once more")
	again.Description = "A new mail with the same text and files; the first one stays as it is. Only an invoice's mail is sent again, and not while it still waits to go out (409)."
	again.DefaultStatus = http.StatusAccepted
	api.Register(a, again, identity.Bill, func(ctx context.Context, in *againIn) (*againOut, error) {
		m, err := readMail(ctx, d.Outbox, in.ByID)
		if err != nil {
			return nil, err
		}
		id, err := d.Billing.Resend(ctx, m.ID, in.Body.To, ids.ID{})
		o := &againOut{}
		o.Body.ID = id.String()
		return o, err
	})
}
