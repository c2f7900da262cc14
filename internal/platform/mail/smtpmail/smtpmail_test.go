package smtpmail_test

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	netmail "net/mail"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/mail"
	"truckflow/internal/platform/mail/mailtest"
	"truckflow/internal/platform/mail/smtpmail"
)

func sender(t *testing.T, s smtpmail.Settings) *smtpmail.Sender {
	t.Helper()
	m, err := smtpmail.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func address(scheme, addr, query string, signIn bool) string {
	u := url.URL{Scheme: scheme, Host: addr, RawQuery: query}
	if signIn {
		u.User = url.UserPassword(mailtest.User, mailtest.Password)
	}
	return u.String()
}

func TestSuite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		opt       mailtest.Options
		scheme    string
		query     string
		encrypted bool
	}{
		"plain":                  {mailtest.Options{}, "smtp", "", false},
		"starttls when offered":  {mailtest.Options{StartTLS: true}, "smtp", "", true},
		"starttls required":      {mailtest.Options{StartTLS: true, Auth: []string{"PLAIN"}}, "smtp", "tls=required", true},
		"implicit tls and LOGIN": {mailtest.Options{ImplicitTLS: true, Auth: []string{"LOGIN"}}, "smtps", "", true},
		"loopback without tls":   {mailtest.Options{Auth: []string{"LOGIN", "PLAIN"}}, "smtp", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink := mailtest.Start(t, c.opt)
			s := sender(t, smtpmail.Settings{URL: address(c.scheme, sink.Addr, c.query, len(c.opt.Auth) > 0), Roots: sink.Roots})
			mailtest.Run(t, s)
			got := sink.Got()
			if len(got) != 4 {
				t.Fatalf("%d mails arrived, want the 4 good ones", len(got))
			}
			for _, d := range got {
				if d.Encrypted != c.encrypted || (len(c.opt.Auth) > 0) != (d.User == mailtest.User) {
					t.Errorf("encrypted=%v user=%q", d.Encrypted, d.User)
				}
			}
			checkArrived(t, got[0])
		})
	}
}

// checkArrived reads the mail with the standard library's readers.
func checkArrived(t *testing.T, d mailtest.Delivered) {
	t.Helper()
	want := mailtest.Message()
	if d.From != "billing@carrier.example" || strings.Join(d.To, " ") != "ap@broker.example copy@broker.example" {
		t.Errorf("envelope from %q to %q", d.From, d.To)
	}
	for line := range bytes.SplitSeq(d.Raw, []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n") || bytes.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
			t.Fatalf("not a line a mail may have: %.120q", line)
		}
	}
	m, err := netmail.ReadMessage(bytes.NewReader(d.Raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != want.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	from, err := m.Header.AddressList("From")
	if err != nil || from[0].Name != want.From.Name {
		t.Errorf("from %v, %v", from, err)
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 2 || to[0].Name != want.To[0].Name {
		t.Errorf("to %v, %v", to, err)
	}
	if m.Header.Get("Message-Id") != "<"+want.ID+">" || m.Header.Get("Reply-To") == "" || m.Header.Get("Bcc") != "" {
		t.Errorf("header %v", m.Header)
	}
	if date, err := m.Header.Date(); err != nil || time.Since(date) > time.Minute {
		t.Errorf("date %v, %v", date, err)
	}
	checkParts(t, m, want)
}

func parts(t *testing.T, contentType string, body io.Reader, kind string) *multipart.Reader {
	t.Helper()
	mt, params, err := mime.ParseMediaType(contentType)
	if err != nil || mt != kind {
		t.Fatalf("%q %v, want %s", contentType, err, kind)
	}
	return multipart.NewReader(body, params["boundary"])
}

func read(t *testing.T, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func checkParts(t *testing.T, m *netmail.Message, want mail.Message) {
	t.Helper()
	mixed := parts(t, m.Header.Get("Content-Type"), m.Body, "multipart/mixed")
	first, err := mixed.NextPart()
	if err != nil {
		t.Fatal(err)
	}
	alt := parts(t, first.Header.Get("Content-Type"), first, "multipart/alternative")
	for _, c := range []struct{ kind, text string }{{"text/plain; charset=utf-8", want.Text}, {"text/html; charset=utf-8", want.HTML}} {
		p, err := alt.NextPart() // undoes quoted-printable
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(read(t, p), "\r\n", "\n"); got != c.text || p.Header.Get("Content-Type") != c.kind {
			t.Errorf("%s: got %.80q want %.80q", c.kind, got, c.text)
		}
	}
	for _, a := range want.Attachments {
		p, err := mixed.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		if p.FileName() != a.Name || p.Header.Get("Content-Transfer-Encoding") != "base64" {
			t.Errorf("attachment %q, want %q", p.FileName(), a.Name)
		}
		r, _ := a.Data()
		if got := read(t, base64.NewDecoder(base64.StdEncoding, p)); got != read(t, r) {
			t.Errorf("%s came changed: %d bytes", a.Name, len(got))
		}
	}
	if _, err := mixed.NextPart(); err != io.EOF {
		t.Errorf("more parts than sent: %v", err)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	code := func(c int, msg string) *smtp.SMTPError {
		return &smtp.SMTPError{Code: c, EnhancedCode: smtp.EnhancedCode{c / 100, 1, 1}, Message: msg}
	}
	for name, c := range map[string]struct {
		opt  mailtest.Options
		want errs.Kind
		says string
	}{
		"sender refused":     {mailtest.Options{Mail: code(550, "not your domain")}, errs.KindInvalid, "billing@carrier.example: 5.1.1 not your domain"},
		"address unknown":    {mailtest.Options{Rcpt: code(550, "no such user")}, errs.KindInvalid, "x@refused.example"},
		"address greylisted": {mailtest.Options{Rcpt: code(451, "greylisted")}, errs.KindUnavailable, "try again later"},
		"mail refused":       {mailtest.Options{Data: code(554, "spam")}, errs.KindInvalid, "spam"},
		"mailbox full later": {mailtest.Options{Data: code(452, "no space")}, errs.KindUnavailable, "no space"},
		"too large":          {mailtest.Options{Data: code(552, "message size exceeds limit")}, errs.KindTooLarge, "too large"},
		"hangs up at once":   {mailtest.Options{HangUpAfter: 1}, errs.KindUnavailable, ""},
		"hangs up midway":    {mailtest.Options{HangUpAfter: 40_000}, errs.KindUnavailable, ""},
		"hangs up at end":    {mailtest.Options{HangUpAtEnd: true}, errs.KindUnavailable, "may have been sent"},
		"stalls":             {mailtest.Options{Stall: true}, errs.KindUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sink := mailtest.Start(t, c.opt)
			size, patience := 100_000, 30*time.Second // the machine may be busy
			if c.opt.Stall {
				patience = 500 * time.Millisecond
			}
			if c.opt.Stall || c.opt.HangUpAfter > 0 {
				size = 8 << 20 // more than the kernel buffers
			}
			s := sender(t, smtpmail.Settings{URL: address("smtp", sink.Addr, "", false), Timeout: patience})
			m := mailtest.Message()
			m.Attachments[0] = mailtest.File("big.bin", "", bytes.Repeat([]byte("x"), size))
			m.To = append(m.To, mail.Address{Email: "x@refused.example"})
			err := s.Send(t.Context(), m)
			if errs.KindOf(err) != c.want || !strings.Contains(errs.Public(err).Message, c.says) {
				t.Errorf("got %v (%s), want %s saying %q", err, errs.KindOf(err), c.want, c.says)
			}
			if got := sink.Got(); len(got) != 0 && !c.opt.HangUpAtEnd {
				t.Errorf("%d mails arrived", len(got))
			}
		})
	}
}

func TestConnections(t *testing.T) {
	t.Parallel()
	plain := mailtest.Start(t, mailtest.Options{Auth: []string{"PLAIN"}})
	starttls := mailtest.Start(t, mailtest.Options{StartTLS: true, Auth: []string{"PLAIN"}})
	noAuth := mailtest.Start(t, mailtest.Options{})
	for name, c := range map[string]struct {
		set  smtpmail.Settings
		hint string
	}{
		"nobody listens":        {smtpmail.Settings{URL: "smtp://127.0.0.1:1"}, "127.0.0.1:1"},
		"required, not offered": {smtpmail.Settings{URL: address("smtp", plain.Addr, "tls=required", true)}, "STARTTLS"},
		"untrusted":             {smtpmail.Settings{URL: address("smtp", starttls.Addr, "", true)}, "certificate"},
		"wrong password":        {smtpmail.Settings{URL: "smtp://" + mailtest.User + ":wrong@" + plain.Addr}, "user and password"},
		"no way to sign in":     {smtpmail.Settings{URL: address("smtp", noAuth.Addr, "", true)}, "PLAIN or LOGIN"},
		"tls to a plain port":   {smtpmail.Settings{URL: address("smtps", plain.Addr, "", true), Timeout: time.Second}, plain.Addr},
	} {
		s, err := smtpmail.New(c.set)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for call, err := range map[string]error{"ping": s.Ping(t.Context()), "send": s.Send(t.Context(), mailtest.Message())} {
			if e := errs.Public(err); !errs.Is(err, errs.KindUnavailable) || !strings.Contains(e.HintMsg, c.hint) {
				t.Errorf("%s: %s: %v, hint %q", name, call, err, e.HintMsg)
			}
		}
	}
	if n := starttls.SignIns(); n != 0 {
		t.Errorf("%d sign-ins sent to a server that is not trusted", n)
	}
}

func TestURLs(t *testing.T) {
	t.Parallel()
	for _, u := range []string{"", "mail.example", "http://mail.example", "smtp://", "smtp://:hush@%zz", "smtp://u:hush@h/path", "smtp://u:hush@h?tls=maybe"} {
		_, err := smtpmail.New(smtpmail.Settings{URL: u})
		if !errs.Is(err, errs.KindInvalid) || errs.Public(err).HintMsg == "" || strings.Contains(err.Error(), "hush") {
			t.Errorf("%q: %v", u, err)
		}
	}
}
