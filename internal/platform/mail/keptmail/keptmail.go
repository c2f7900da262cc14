// Package keptmail is mail without a mail server: nothing leaves the house.
// The caller stores every mail anyway and the app shows it; this driver only
// holds mail to the same rules, so that what works in a trial works with SMTP.
package keptmail

import (
	"context"
	"io"
	"log/slog"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/mail"
)

// Sender is a mail.Sender.
type Sender struct{ log *slog.Logger }

var _ mail.Sender = (*Sender)(nil)

// New returns a Sender that notes each kept mail in log.
func New(log *slog.Logger) *Sender { return &Sender{log} }

// Send implements mail.Sender: it encodes the mail completely, attachments
// included, and drops the result.
func (s *Sender) Send(ctx context.Context, m mail.Message) error {
	if err := ctx.Err(); err != nil {
		return errs.Unavailable("the request was given up").Wrap(err)
	}
	if err := mail.Encode(io.Discard, m); err != nil {
		return err
	}
	s.log.InfoContext(ctx, "mail kept, no mail server is set", "to", len(m.To), "attachments", len(m.Attachments))
	return nil
}

// Delivers implements mail.Sender.
func (s *Sender) Delivers() bool { return false }

// Ping implements mail.Sender.
func (s *Sender) Ping(context.Context) error { return nil }
