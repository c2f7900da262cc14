package smtpmail

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/smtp"
	"net/textproto"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
)

// connect greets, encrypts and signs in. The connection ends with ctx.
func (s *Sender) connect(ctx context.Context) (*client, error) {
	d := net.Dialer{Timeout: s.set.Timeout}
	raw, err := d.DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return nil, s.broke(err)
	}
	var conn net.Conn = &patient{raw, s.set.Timeout}
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	fail := func(err error) (*client, error) {
		stop()
		raw.Close()
		return nil, err
	}
	if s.implicitTLS {
		t := tls.Client(conn, s.tlsConfig())
		if err := t.HandshakeContext(ctx); err != nil {
			return fail(s.untrusted(err))
		}
		conn = t
	}
	sc, err := smtp.NewClient(conn, s.host)
	if err != nil {
		return fail(s.refused("the connection", err))
	}
	c := &client{sc, stop}
	if err := sc.Hello(s.set.Hello); err != nil {
		return fail(s.refused("the greeting", err))
	}
	if err := s.encrypt(sc); err != nil {
		return fail(err)
	}
	if err := s.signIn(sc); err != nil {
		return fail(err)
	}
	return c, nil
}

type client struct {
	*smtp.Client
	stop func() bool
}

// Close ends the connection.
func (c *client) Close() {
	c.stop()
	_ = c.Client.Close()
}

func (s *Sender) encrypt(c *smtp.Client) error {
	if s.implicitTLS {
		return nil
	}
	if ok, _ := c.Extension("STARTTLS"); ok {
		if err := c.StartTLS(s.tlsConfig()); err != nil {
			return s.untrusted(err)
		}
		return nil
	}
	if s.requireTLS {
		return errs.Unavailable("the mail server offers no encryption").
			Hint("SMTP_URL says tls=required, but %s does not offer STARTTLS; use smtps://, or another port", s.addr)
	}
	return nil
}

func (s *Sender) signIn(c *smtp.Client) error {
	if s.user == "" {
		return nil
	}
	if _, encrypted := c.TLSConnectionState(); !encrypted && !s.loopback() {
		return errs.Unavailable("the mail server offers no encryption, so the password was not sent").
			Hint("use smtps:// in SMTP_URL, or a server that offers STARTTLS")
	}
	_, offered := c.Extension("AUTH")
	var auth smtp.Auth
	switch methods := strings.Fields(strings.ToUpper(offered)); {
	case contains(methods, "PLAIN"):
		auth = plain{s.user, s.password}
	case contains(methods, "LOGIN"):
		auth = &login{s.user, s.password}
	default:
		return errs.Unavailable("the mail server offers no way to sign in that we know").
			Hint("it offers %q; TruckFlow signs in with PLAIN or LOGIN", offered)
	}
	err := c.Auth(auth)
	var answer *textproto.Error
	if errors.As(err, &answer) && answer.Code >= 500 {
		return errs.Unavailable("the mail server refused the sign-in").
			Hint("check the user and password in SMTP_URL; the server said: %s", brief(answer)).Wrap(err)
	}
	if err != nil {
		return s.refused("the sign-in", err)
	}
	return nil
}

func (s *Sender) loopback() bool {
	ip := net.ParseIP(s.host)
	return s.host == "localhost" || (ip != nil && ip.IsLoopback())
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

// plain and login leave the question of encryption to signIn; net/smtp's own
// PLAIN would refuse loopback addresses other than 127.0.0.1.
type plain struct{ user, password string }

func (a plain) Start(*smtp.ServerInfo) (string, []byte, error) {
	return "PLAIN", []byte("\x00" + a.user + "\x00" + a.password), nil
}

func (a plain) Next(_ []byte, more bool) ([]byte, error) {
	if more {
		return nil, errors.New("the server asks more than PLAIN knows")
	}
	return nil, nil
}

type login struct{ user, password string }

func (a *login) Start(*smtp.ServerInfo) (string, []byte, error) { return "LOGIN", nil, nil }

// Next answers by the question's words, as servers differ in how they ask.
func (a *login) Next(question []byte, more bool) ([]byte, error) {
	if !more {
		return nil, nil
	}
	q := strings.ToLower(string(question))
	switch {
	case strings.Contains(q, "user"):
		return []byte(a.user), nil
	case strings.Contains(q, "pass"):
		return []byte(a.password), nil
	}
	return nil, errors.New("the server asks what LOGIN does not know")
}

// patient allows the peer a fixed time for each read and write, so that a
// server which stops answering is noticed however large the mail is.
type patient struct {
	net.Conn
	each time.Duration
}

func (p *patient) Read(b []byte) (int, error) {
	_ = p.SetReadDeadline(time.Now().Add(p.each))
	return p.Conn.Read(b)
}

func (p *patient) Write(b []byte) (int, error) {
	_ = p.SetWriteDeadline(time.Now().Add(p.each))
	return p.Conn.Write(b)
}

// sink keeps the connection's error apart from an attachment's.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		s.err = err
	}
	return n, err
}

// refused is the error for an answer other than yes to what.
func (s *Sender) refused(what string, err error) error {
	var answer *textproto.Error
	switch {
	case !errors.As(err, &answer):
		return s.broke(err)
	case answer.Code == 552 || answer.Code == 523:
		return errs.TooLarge("the mail is too large for the mail server; nothing was sent").
			Hint("the server said: %s", brief(answer)).Wrap(err)
	case answer.Code >= 500:
		return errs.Invalid("the mail server refused %s: %s", what, brief(answer)).Wrap(err)
	}
	return errs.Unavailable("the mail server asks to try again later: %s", brief(answer)).Wrap(err)
}

// unconfirmed is the error after everything was handed over.
func (s *Sender) unconfirmed(err error) error {
	var answer *textproto.Error
	if errors.As(err, &answer) {
		return s.refused("the mail", err)
	}
	return errs.Unavailable("the mail server broke off before it confirmed; the mail may have been sent").
		Hint("sending again is safe when the message keeps its id").Wrap(err)
}

// broke is the error for a connection that failed or was too slow.
func (s *Sender) broke(err error) error {
	var ne net.Error
	if errors.As(err, &ne) && ne.Timeout() {
		return errs.Unavailable("the mail server is too slow; nothing was sent").
			Hint("%s did not answer within %s", s.addr, s.set.Timeout).Wrap(err)
	}
	return errs.Unavailable("the mail server does not answer; nothing was sent").
		Hint("check that %s, from SMTP_URL, can be reached from here", s.addr).Wrap(err)
}

func (s *Sender) untrusted(err error) error {
	var answer *textproto.Error
	var bad *tls.CertificateVerificationError
	if errors.As(err, &answer) {
		return s.refused("encryption", err)
	}
	if errors.As(err, &bad) {
		return errs.Unavailable("the mail server's certificate is not trusted; nothing was sent").
			Hint("use the host name that the certificate of %s is made out to, or have its issuer trusted on this machine", s.addr).Wrap(err)
	}
	return s.broke(err)
}

func attachmentFailed(err error) error {
	var e *errs.Error
	if errors.As(err, &e) {
		return err
	}
	return errs.Unavailable("an attachment could not be read; nothing was sent").Wrap(err)
}

// brief is a server's answer on one line of bearable length.
func brief(a *textproto.Error) string {
	msg := strings.Join(strings.FieldsFunc(a.Msg, func(r rune) bool { return r <= ' ' || r == 0x7f }), " ")
	if r := []rune(msg); len(r) > 200 {
		msg = string(r[:200]) + "…"
	}
	return strings.TrimSpace(msg)
}
