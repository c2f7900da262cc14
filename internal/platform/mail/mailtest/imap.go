package mailtest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// Box is an IMAP server of one test with one mailbox, INBOX of User.
type Box struct {
	Host  string
	Port  int
	Roots *x509.CertPool // vouches for the server's certificate

	t       testing.TB
	user    *imapmemserver.User
	srv     *imapserver.Server
	fetched atomic.Int64
}

// StartIMAP runs a Box until t ends; security is imapmail's tls, starttls or plain.
func StartIMAP(t testing.TB, security string) *Box {
	t.Helper()
	var s Sink
	cfg := &tls.Config{Certificates: []tls.Certificate{s.certificate(t)}, MinVersion: tls.VersionTLS12}
	b := &Box{t: t, Roots: s.Roots, user: imapmemserver.NewUser(User, Password)}
	if err := b.user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	mem := imapmemserver.New()
	mem.AddUser(b.user)
	opt := &imapserver.Options{InsecureAuth: security == "plain", Logger: silent{},
		Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapESearch: {}},
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return counted{mem.NewSession(), b}, nil, nil
		}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := l.Addr().(*net.TCPAddr)
	b.Host, b.Port = a.IP.String(), a.Port
	switch security {
	case "tls":
		l = tls.NewListener(l, cfg)
	case "starttls":
		opt.TLSConfig = cfg
	}
	b.srv = imapserver.New(opt)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = b.srv.Serve(l)
	}()
	t.Cleanup(func() {
		_ = b.srv.Close()
		<-done
	})
	return b
}

// Put delivers a mail at a moment.
func (b *Box) Put(raw []byte, at time.Time) {
	b.t.Helper()
	if _, err := b.user.Append("INBOX", literal{bytes.NewReader(raw)}, &imap.AppendOptions{Time: at}); err != nil {
		b.t.Fatal(err)
	}
}

// Renew empties the mailbox and gives it another UIDVALIDITY, as a server does
// that was restored from a backup.
func (b *Box) Renew() {
	b.t.Helper()
	if err := b.user.Delete("INBOX"); err != nil {
		b.t.Fatal(err)
	}
	if err := b.user.Create("INBOX", nil); err != nil {
		b.t.Fatal(err)
	}
}

// Fetched is how many bodies were asked for.
func (b *Box) Fetched() int { return int(b.fetched.Load()) }

// Mails is how many the mailbox holds, and how many carry the mark that somebody has read them.
func (b *Box) Mails() (all, seen int) {
	b.t.Helper()
	st, err := b.user.Status("INBOX", &imap.StatusOptions{NumMessages: true, NumUnseen: true})
	if err != nil {
		b.t.Fatal(err)
	}
	return int(*st.NumMessages), int(*st.NumMessages - *st.NumUnseen)
}

type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// counted counts the bodies that a session asks for.
type counted struct {
	imapserver.Session
	box *Box
}

func (c counted) Fetch(w *imapserver.FetchWriter, set imap.NumSet, opt *imap.FetchOptions) error {
	c.box.fetched.Add(int64(len(opt.BodySection)))
	return c.Session.Fetch(w, set, opt)
}
