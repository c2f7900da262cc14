// Package mailtest has the suite that every mail driver passes, and a real
// SMTP server within the test that keeps what it is sent.
package mailtest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Options make a Sink behave well or badly. The zero value takes any mail
// without encryption or sign-in.
type Options struct {
	StartTLS    bool     // offer STARTTLS
	ImplicitTLS bool     // speak TLS from the first byte
	Auth        []string // "PLAIN", "LOGIN"; then mail is taken only after signing in as User/Password

	Mail, Rcpt, Data *smtp.SMTPError // refuse the sender, addresses at refused.example, the mail
	HangUpAfter      int             // close the connection after so many bytes of the mail
	HangUpAtEnd      bool            // close it after the whole mail, without an answer
	Stall            bool            // stop answering in the middle of the mail
}

// User and Password are what a Sink with Auth lets in.
const (
	User     = "billing@carrier.example"
	Password = "p@ss:w/rd%"
)

// Delivered is a mail as it arrived.
type Delivered struct {
	From      string
	To        []string
	Raw       []byte
	Encrypted bool
	User      string // who signed in
}

// Sink is an SMTP server of one test.
type Sink struct {
	Addr  string         // 127.0.0.1:port
	Roots *x509.CertPool // vouches for the server's certificate, made out to 127.0.0.1

	opt     Options
	release chan struct{} // closed with the test: ends stalls
	mu      sync.Mutex
	got     []Delivered
	tries   int // sign-ins attempted
}

// Start runs a Sink until t ends.
func Start(t testing.TB, opt Options) *Sink {
	t.Helper()
	s := &Sink{opt: opt, release: make(chan struct{})}
	cert := s.certificate(t)
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{sink: s, conn: c}, nil }))
	srv.Domain = "sink.example"
	srv.AllowInsecureAuth = true
	srv.ReadTimeout, srv.WriteTimeout = time.Minute, time.Minute
	srv.ErrorLog = silent{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Addr = l.Addr().String()
	cfg := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if opt.StartTLS {
		srv.TLSConfig = cfg
	}
	if opt.ImplicitTLS {
		l = tls.NewListener(l, cfg)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(l)
	}()
	t.Cleanup(func() {
		close(s.release)
		_ = srv.Close()
		<-done
	})
	return s
}

type silent struct{}

func (silent) Printf(string, ...any) {}
func (silent) Println(...any)        {}

// Got returns the mails accepted so far.
func (s *Sink) Got() []Delivered {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Delivered(nil), s.got...)
}

// SignIns returns how many sign-ins were attempted.
func (s *Sink) SignIns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tries
}

func (s *Sink) certificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail sink"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// session is one mail under way.
type session struct {
	sink *Sink
	conn *smtp.Conn
	user string
	from string
	to   []string
}

func refuse(e *smtp.SMTPError) error {
	if e == nil {
		return nil
	}
	return e
}

func (s *session) AuthMechanisms() []string { return s.sink.opt.Auth }

func (s *session) Auth(mech string) (sasl.Server, error) {
	check := func(user, password string) error {
		s.sink.mu.Lock()
		s.sink.tries++
		s.sink.mu.Unlock()
		if user != User || password != Password {
			return smtp.ErrAuthFailed
		}
		s.user = user
		return nil
	}
	if mech == "LOGIN" {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

type loginServer struct {
	step  int
	user  string
	check func(user, password string) error
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.user = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.user, string(response))
}

func (s *session) Reset()        { s.from, s.to = "", nil }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if len(s.sink.opt.Auth) > 0 && s.user == "" {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return refuse(s.sink.opt.Mail)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasSuffix(to, "@refused.example") {
		return refuse(s.sink.opt.Rcpt)
	}
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	opt := s.sink.opt
	if opt.HangUpAfter > 0 || opt.Stall {
		_, _ = io.CopyN(io.Discard, r, int64(max(opt.HangUpAfter, 1)))
		if opt.Stall {
			<-s.sink.release
		}
		_ = s.conn.Conn().Close()
		return errors.New("hung up")
	}
	var raw bytes.Buffer
	if _, err := io.Copy(&raw, r); err != nil {
		return err
	}
	if opt.HangUpAtEnd {
		_ = s.conn.Conn().Close()
	}
	if opt.Data != nil {
		return opt.Data
	}
	_, encrypted := s.conn.TLSConnectionState()
	s.sink.mu.Lock()
	defer s.sink.mu.Unlock()
	s.sink.got = append(s.sink.got, Delivered{From: s.from, To: s.to, Raw: raw.Bytes(), Encrypted: encrypted, User: s.user})
	return nil
}
