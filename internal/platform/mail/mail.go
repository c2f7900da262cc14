// Package mail is the port for outgoing mail: invoices with their packet,
// invitations, reminders. Whether a mail is due, and what it says, is a room's
// business; here it is checked, encoded and handed over.
package mail

import (
	"context"
	"io"
	netmail "net/mail"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
)

// Address is a mailbox.
type Address struct {
	Name  string // may be empty, any language
	Email string // local@domain, ASCII
}

// Message is one mail. Either Text or HTML, or both, must be there.
type Message struct {
	ID          string // Message-ID without brackets; give the same one when sending again, so that a mail that arrives twice is shown once. Empty: a random one
	Date        time.Time
	From        Address
	To          []Address // 1 to MaxTo
	ReplyTo     Address   // empty: replies go to From
	Subject     string    // at most MaxSubject characters, one line
	Text, HTML  string
	Attachments []Attachment
}

// Attachment is a file that goes with a mail. Data is called when the mail is
// sent, once for each try, and closed after reading, so that a packet of many
// megabytes is streamed from storage instead of held in memory.
type Attachment struct {
	Name        string // shown to the receiver, any language, no slashes
	ContentType string // empty: application/octet-stream
	Data        func() (io.ReadCloser, error)
}

// Sender is implemented by smtpmail (handed to a mail server) and keptmail
// (nothing leaves; the mail is shown in the app). It is safe for concurrent use.
//
// Errors of Send tell a job what to do: KindUnavailable and KindRateLimited
// mean try again later, KindInvalid and KindTooLarge that trying again is
// useless until the mail or the address is changed. When Send fails, nobody
// has got the mail, with one exception that its message names: the server
// vanished after it had everything and before it answered.
type Sender interface {
	Send(ctx context.Context, m Message) error

	// Delivers is false when mail does not leave the house, so that a page
	// can say "kept here" instead of "sent".
	Delivers() bool

	// Ping reports whether sending would work now: the server answers and
	// accepts the sign-in.
	Ping(ctx context.Context) error
}

// Limits of a message.
const (
	MaxTo      = 50
	MaxSubject = 250 // characters
	maxName    = 200 // bytes, of people and of attachments
)

// Check refuses what no driver may send: missing parts, wrong addresses, and
// line breaks where they would let a caller's text become mail headers.
func Check(m Message) error {
	if err := checkAddress("from", m.From); err != nil {
		return err
	}
	if m.ReplyTo != (Address{}) {
		if err := checkAddress("reply_to", m.ReplyTo); err != nil {
			return err
		}
	}
	if len(m.To) == 0 || len(m.To) > MaxTo {
		return errs.Invalid("a mail goes to 1 to %d addresses, not %d", MaxTo, len(m.To)).Field("to", "1 to %d addresses", MaxTo)
	}
	for _, a := range m.To {
		if err := checkAddress("to", a); err != nil {
			return err
		}
	}
	if !oneLine(m.Subject) || len([]rune(m.Subject)) > MaxSubject {
		return errs.Invalid("a subject is one line of at most %d characters", MaxSubject).Field("subject", "one line, at most %d characters", MaxSubject)
	}
	if !oneLine(m.ID) || strings.ContainsAny(m.ID, " <>") || len(m.ID) > maxName || (m.ID != "" && !strings.Contains(m.ID, "@")) {
		return errs.Invalid("%.40q is not a message id", m.ID)
	}
	if m.Text == "" && m.HTML == "" {
		return errs.Invalid("the mail is empty").Field("text", "write something")
	}
	for _, a := range m.Attachments {
		if a.Name == "" || len(a.Name) > maxName || !oneLine(a.Name) || strings.ContainsAny(a.Name, `/\`) || a.Data == nil {
			return errs.Invalid("%.40q is not a name for an attachment", a.Name)
		}
		if _, err := mediaType(a.ContentType); err != nil {
			return err
		}
	}
	return nil
}

func checkAddress(field string, a Address) error {
	wrong := errs.Invalid("%.80q is not a mail address", a.Email).Field(field, "not a mail address")
	if !oneLine(a.Name) || len(a.Name) > maxName {
		return errs.Invalid("%.40q is not a name", a.Name).Field(field, "the name is too long or has more than one line")
	}
	if len(a.Email) > 254 || strings.ContainsFunc(a.Email, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return wrong
	}
	p, err := netmail.ParseAddress(a.Email)
	if err != nil || p.Address != a.Email || p.Name != "" {
		return wrong
	}
	return nil
}

// oneLine reports whether s has no control characters at all.
func oneLine(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 })
}
