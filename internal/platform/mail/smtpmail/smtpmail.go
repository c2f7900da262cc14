// Package smtpmail hands mail to a mail server (RFC 5321): smtps:// or
// smtp:// with STARTTLS, signing in with PLAIN or LOGIN.
package smtpmail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/mail"
)

// Settings say where the mail server is.
type Settings struct {
	// URL is smtp://[user:password@]host[:587] or smtps://…[:465]. With smtp,
	// the connection is encrypted when the server offers it; ?tls=required
	// refuses to go on without. A password is never sent in the clear, except
	// to this machine itself.
	URL     string
	Timeout time.Duration  // for each answer of the server; default 30 s
	Total   time.Duration  // for a whole mail; default 10 minutes
	Roots   *x509.CertPool // who may vouch for the server; nil: the system's
	Hello   string         // our name in the greeting; default the machine's
}

// Sender is a mail.Sender. Each mail has a connection of its own.
type Sender struct {
	set            Settings
	host, addr     string
	implicitTLS    bool
	requireTLS     bool
	user, password string
}

var _ mail.Sender = (*Sender)(nil)

// New reads the settings; it does not connect. See Sender.Ping.
func New(s Settings) (*Sender, error) {
	wrong := errs.Invalid("SMTP_URL is not the address of a mail server").
		Hint("write it as smtp://USER:PASSWORD@HOST:587?tls=required or smtps://USER:PASSWORD@HOST:465")
	u, err := url.Parse(s.URL)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") || strings.Trim(u.Path, "/") != "" {
		return nil, wrong // without the cause: it may repeat the password
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"smtp": "587", "smtps": "465"}[u.Scheme]
	}
	m := &Sender{set: s, host: u.Hostname(), addr: net.JoinHostPort(u.Hostname(), port), implicitTLS: u.Scheme == "smtps"}
	switch u.Query().Get("tls") {
	case "required":
		m.requireTLS = true
	case "":
	default:
		return nil, wrong
	}
	if u.User != nil {
		m.user = u.User.Username()
		m.password, _ = u.User.Password()
	}
	if m.set.Timeout <= 0 {
		m.set.Timeout = 30 * time.Second
	}
	if m.set.Total <= 0 {
		m.set.Total = 10 * time.Minute
	}
	if m.set.Hello == "" {
		m.set.Hello = helloName()
	}
	return m, nil
}

func helloName() string {
	name, err := os.Hostname()
	if err != nil || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r > '~' }) || name == "" {
		return "localhost"
	}
	return name
}

// Delivers implements mail.Sender.
func (s *Sender) Delivers() bool { return true }

// Ping implements mail.Sender: it connects, signs in and says goodbye.
func (s *Sender) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.set.Total)
	defer cancel()
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.Quit()
	return nil
}

// Send implements mail.Sender.
func (s *Sender) Send(ctx context.Context, m mail.Message) error {
	if err := mail.Check(m); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, s.set.Total)
	defer cancel()
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Mail(m.From.Email); err != nil {
		return s.refused("the sender "+m.From.Email, err)
	}
	for _, a := range m.To {
		if err := c.Rcpt(a.Email); err != nil {
			return s.refused("the address "+a.Email, err)
		}
	}
	w, err := c.Data()
	if err != nil {
		return s.refused("the mail", err)
	}
	body := &sink{w: w}
	if err := mail.Encode(body, m); err != nil {
		// Closing without the final dot makes the server drop the half mail.
		if body.err != nil {
			return s.broke(body.err)
		}
		return attachmentFailed(err)
	}
	if err := w.Close(); err != nil {
		return s.unconfirmed(err)
	}
	_ = c.Quit() // the mail is accepted whatever becomes of the goodbye
	return nil
}

func (s *Sender) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.host, RootCAs: s.set.Roots, MinVersion: tls.VersionTLS12}
}
