// Package imapmail reads a mailbox over IMAP (RFC 3501, 9051). It changes
// nothing there: the folder is opened read only and no mail is marked as seen.
// The server is of a tenant's choosing and is not trusted: see Reach, and the
// limits on what is taken from it.
package imapmail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"truckflow/internal/kit/errs"
)

// How the connection is encrypted.
const (
	TLS      = "tls"      // from the first byte, port 993
	StartTLS = "starttls" // after a greeting, port 143; never without
	Plain    = "plain"    // not at all: only to hosts named in Reach
)

// Settings say which mailbox and how.
type Settings struct {
	Host           string
	Port           int
	Security       string // TLS, StartTLS, Plain
	User, Password string
	Folder         string // INBOX
	Reach          Reach
	Roots          *x509.CertPool // nil: the system's
	MaxBytes       int64          // of one mail; larger ones come as their head alone
}

// What is taken from one server in one session, whatever it sends: first until
// the mails are listed, then the mails.
const (
	talkBytes    = 16 << 20
	sessionBytes = 512 << 20
	headBytes    = 64 << 10
	connectIn    = 15 * time.Second
)

// Mail is one mail as the server has it.
type Mail struct {
	UID      uint32
	Size     int64
	Received time.Time // by the server
	Raw      []byte    // its head alone when Whole is false
	Whole    bool
}

// Session is an open folder.
type Session struct {
	Validity uint32 // UIDs mean the same mails as long as this is the same
	Mails    int    // in the folder

	c    *imapclient.Client
	conn *limited
	set  Settings
	stop func() bool
}

// Check refuses settings that can never work, by field, without connecting.
func Check(s Settings) error {
	e := errs.Invalid("the mailbox is not set up right")
	bad := false
	say := func(field, what string, args ...any) { e, bad = e.Field(field, what, args...), true }
	if s.Host == "" || len(s.Host) > 253 || strings.ContainsAny(s.Host, " /@\\?#") {
		say("host", "the mail server's name, such as imap.example.com")
	}
	own := s.Reach.own(s.Host)
	switch {
	case s.Port < 1 || s.Port > 65535:
		say("port", "993 or 143")
	case !own && s.Port != 993 && s.Port != 143:
		say("port", "993 or 143; others only to hosts that TRUCKFLOW_MAILBOX_HOSTS names")
	}
	switch s.Security {
	case TLS, StartTLS:
	case Plain:
		if !own {
			say("security", "the password would travel in the open; choose TLS")
		}
	default:
		say("security", "choose one of the list")
	}
	if s.User == "" || len(s.User) > 320 {
		say("user", "most often the e-mail address")
	}
	if s.Password == "" || len(s.Password) > 1000 {
		say("password", "required")
	}
	if s.Folder == "" || len(s.Folder) > 200 || strings.ContainsAny(s.Folder, "\r\n\x00") {
		say("folder", "the name of a folder, such as INBOX")
	}
	if bad {
		return e
	}
	return nil
}

// Open connects, signs in and opens the folder. Errors are in words for the
// person who set the mailbox up, and never hold the password. The session ends
// with ctx, or with Close.
func Open(ctx context.Context, s Settings) (*Session, error) {
	if err := Check(s); err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: connectIn, Control: s.Reach.check(s.Reach.own(s.Host))}
	raw, err := d.DialContext(ctx, "tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port)))
	if err != nil {
		return nil, unreachable(s, err)
	}
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	x := &Session{set: s, conn: &limited{Conn: raw}, stop: func() bool { raw.Close(); return stop() }}
	x.conn.left.Store(talkBytes)
	if err := x.start(ctx, x.conn); err != nil {
		x.Close()
		return nil, err
	}
	return x, nil
}

func (x *Session) start(ctx context.Context, conn net.Conn) (err error) {
	s := x.set
	// A server that says nothing is waited for no longer than this.
	timer := time.AfterFunc(2*connectIn, func() { conn.Close() })
	defer timer.Stop()
	cfg := &tls.Config{ServerName: s.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
	opt := &imapclient.Options{TLSConfig: cfg}
	switch s.Security {
	case TLS:
		t := tls.Client(conn, cfg)
		if err := t.HandshakeContext(ctx); err != nil {
			return untrusted(s, err)
		}
		x.c = imapclient.New(t, opt)
	case StartTLS:
		if x.c, err = imapclient.NewStartTLS(conn, opt); err != nil {
			return untrusted(s, err)
		}
	default:
		x.c = imapclient.New(conn, opt)
	}
	if err := x.c.WaitGreeting(); err != nil {
		return x.broke("the greeting", err)
	}
	if err := x.c.Login(s.User, s.Password).Wait(); err != nil {
		var no *imap.Error
		if errors.As(err, &no) && no.Type == imap.StatusResponseTypeNo {
			return errs.Forbidden("the mail server refused the user or the password").
				Hint("many providers want a password made for this program alone (app password); the server said: %s", x.said(no.Text)).Wrap(errSignIn)
		}
		return x.broke("the sign-in", err)
	}
	got, err := x.c.Select(s.Folder, &imap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		var no *imap.Error
		if errors.As(err, &no) && no.Type == imap.StatusResponseTypeNo {
			return errs.NotFound("the mail server has no folder %s", s.Folder).Hint("the server said: %s", x.said(no.Text))
		}
		return x.broke("opening the folder", err)
	}
	x.Validity, x.Mails = got.UIDValidity, int(got.NumMessages)
	return nil
}

var errSignIn = errors.New("imapmail: sign-in refused") // the server's own words may repeat the password

// UIDs lists the mails above after that the server took in on since's day or
// later, oldest first, at most n of them.
func (x *Session) UIDs(after uint32, since time.Time, n int) ([]uint32, error) {
	var above imap.UIDSet
	above.AddRange(imap.UID(after)+1, 0) // to the newest
	got, err := x.c.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{above}, Since: since}, nil).Wait()
	if err != nil {
		return nil, x.broke("the search", err)
	}
	x.conn.left.Store(sessionBytes)
	var out []uint32
	set, ok := got.All.(imap.UIDSet)
	if !ok {
		return nil, nil
	}
	for _, r := range set {
		// "101:*" names the newest mail even if it is number 7, and a range may be as wide as the server likes.
		for u := max(uint64(r.Start), uint64(after)+1); u <= uint64(r.Stop) && len(out) < 100_000; u++ {
			out = append(out, uint32(u))
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	return out[:min(n, len(out))], nil
}

// Fetch reads one mail. ok is false when it is no longer there.
func (x *Session) Fetch(uid uint32) (m Mail, ok bool, err error) {
	m.UID = uid
	found, err := x.items(uid, &imap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true}, 0, &m)
	if err != nil || !found {
		return m, false, err
	}
	section := &imap.FetchItemBodySection{Peek: true}
	most := x.set.MaxBytes
	if m.Whole = m.Size <= most; !m.Whole {
		section.Specifier, most = imap.PartSpecifierHeader, headBytes
	}
	found, err = x.items(uid, &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}}, most, &m)
	return m, found && len(m.Raw) > 0, err
}

// Spent reports that another mail may be more than is still taken in this session.
func (x *Session) Spent() bool { return x.conn.left.Load() < x.set.MaxBytes+x.set.MaxBytes/8+headBytes }

// items fetches into m; a body beyond most bytes is cut there.
func (x *Session) items(uid uint32, opt *imap.FetchOptions, most int64, m *Mail) (found bool, err error) {
	cmd := x.c.Fetch(imap.UIDSetNum(imap.UID(uid)), opt)
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		var part Mail
		var bad error
		mine := false
		for item := msg.Next(); item != nil; item = msg.Next() {
			switch v := item.(type) {
			case imapclient.FetchItemDataUID:
				mine = uint32(v.UID) == uid
			case imapclient.FetchItemDataRFC822Size:
				part.Size = v.Size
			case imapclient.FetchItemDataInternalDate:
				part.Received = v.Time
			case imapclient.FetchItemDataBodySection:
				if v.Literal == nil {
					continue
				}
				part.Raw, bad = io.ReadAll(io.LimitReader(v.Literal, most+1))
				if int64(len(part.Raw)) > most {
					part.Raw, part.Whole = part.Raw[:most], true // more than it had said
				}
			}
		}
		if bad != nil {
			_ = cmd.Close()
			return false, x.broke("reading a mail", bad)
		}
		if !mine {
			continue // news of another mail
		}
		found = true
		if part.Raw != nil {
			m.Raw, m.Whole = part.Raw, m.Whole && !part.Whole
		}
		if part.Size != 0 {
			m.Size = part.Size
		}
		if !part.Received.IsZero() {
			m.Received = part.Received
		}
	}
	if err := cmd.Close(); err != nil {
		return false, x.broke("reading a mail", err)
	}
	return found, nil
}

// Close ends the session.
func (x *Session) Close() {
	if x.c != nil {
		timer := time.AfterFunc(2*time.Second, func() { x.stop() })
		_ = x.c.Logout().Wait()
		timer.Stop()
		_ = x.c.Close()
	}
	x.stop()
}

// limited is a connection that ends after so many bytes from the other side.
type limited struct {
	net.Conn
	left atomic.Int64
}

var errTooMuch = errors.New("imapmail: the server sent more than is taken in one session")

func (l *limited) Read(b []byte) (int, error) {
	left := l.left.Load()
	if left <= 0 {
		return 0, errTooMuch
	}
	n, err := l.Conn.Read(b[:min(int64(len(b)), left)])
	l.left.Add(-int64(n))
	return n, err
}

func unreachable(s Settings, err error) error {
	var e *errs.Error
	if errors.As(err, &e) {
		return e // Reach's
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return errs.Unavailable("there is no mail server named %s", s.Host).Hint("%s", dns.Err).Wrap(err)
	}
	return errs.Unavailable("the mail server %s does not answer on port %d", s.Host, s.Port).Hint("check the server's name and port; a firewall may be in the way").Wrap(err)
}

func untrusted(s Settings, err error) error {
	var cert *tls.CertificateVerificationError
	if errors.As(err, &cert) {
		return errs.Unavailable("the certificate of %s is not trusted, so the password was not sent", s.Host).Hint("%s", cert.Err).Wrap(err)
	}
	return errs.Unavailable("no encrypted connection to %s on port %d came about", s.Host, s.Port).
		Hint("TLS is spoken on port 993, STARTTLS on port 143; not every server offers both").Wrap(err)
}

// broke says at what the connection ended. A refusal's words may be anything, so
// they are cut short.
func (x *Session) broke(at string, err error) error {
	var no *imap.Error
	if errors.As(err, &no) {
		return errs.Unavailable("the mail server refused %s", at).Hint("the server said: %s", x.said(no.Text))
	}
	return errs.Unavailable("the connection to the mail server broke at %s", at).Wrap(fmt.Errorf("%s", x.said(err.Error())))
}

// said is what a server said, short, printable and without the password.
func (x *Session) said(s string) string {
	if x.set.Password != "" {
		s = strings.ReplaceAll(s, x.set.Password, "…")
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}
