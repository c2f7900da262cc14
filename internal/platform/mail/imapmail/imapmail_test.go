package imapmail_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/mail/imapmail"
	"truckflow/internal/platform/mail/mailtest"
)

var day = time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)

// settings reach a box on this machine as whoever runs it has allowed.
func settings(t *testing.T, b *mailtest.Box, security string) imapmail.Settings {
	t.Helper()
	reach, err := imapmail.ParseReach("127.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	return imapmail.Settings{Host: b.Host, Port: b.Port, Security: security, User: mailtest.User, Password: mailtest.Password, Folder: "INBOX", Reach: reach, Roots: b.Roots, MaxBytes: 1 << 20}
}

func mail(n int, body string) []byte {
	return fmt.Appendf(nil, "From: a@broker.example\r\nSubject: mail %d\r\nMessage-ID: <%d@broker.example>\r\n\r\n%s\r\n", n, n, body)
}

func TestReadsAndChangesNothing(t *testing.T) {
	t.Parallel()
	for _, security := range []string{imapmail.TLS, imapmail.StartTLS, imapmail.Plain} {
		t.Run(security, func(t *testing.T) {
			t.Parallel()
			b := mailtest.StartIMAP(t, security)
			b.Put(mail(1, "old"), day.AddDate(0, 0, -9))
			for i := range 5 {
				b.Put(mail(i+2, "words"), day.Add(time.Duration(i)*time.Minute))
			}
			b.Put(mail(7, strings.Repeat("much ", 1<<18)), day)
			x, err := imapmail.Open(t.Context(), settings(t, b, security))
			if err != nil {
				t.Fatal(err)
			}
			defer x.Close()
			if x.Validity == 0 || x.Mails != 7 {
				t.Errorf("validity %d, %d mails", x.Validity, x.Mails)
			}
			for _, c := range []struct {
				after uint32
				n     int
				want  string
			}{{0, 100, "[2 3 4 5 6 7]"}, {0, 3, "[2 3 4]"}, {4, 100, "[5 6 7]"}, {7, 100, "[]"}, {4_000_000_000, 100, "[]"}} {
				if got, err := x.UIDs(c.after, day, c.n); fmt.Sprint(got) != c.want || err != nil {
					t.Errorf("above %d, at most %d: %v, %v, want %s", c.after, c.n, got, err, c.want)
				}
			}
			m, ok, err := x.Fetch(3)
			if err != nil || !ok || !m.Whole || !bytes.Equal(m.Raw, mail(3, "words")) || !m.Received.Equal(day.Add(time.Minute)) {
				t.Errorf("%v %v %+v", ok, err, m)
			}
			if m, ok, err = x.Fetch(7); err != nil || !ok || m.Whole || m.Size < 1<<20 || !bytes.Contains(m.Raw, []byte("Subject: mail 7")) || bytes.Contains(m.Raw, []byte("much")) {
				t.Errorf("a mail that is too large: %v %v %d bytes of %d, whole %v", ok, err, len(m.Raw), m.Size, m.Whole)
			}
			if _, ok, err = x.Fetch(99); ok || err != nil {
				t.Errorf("a mail that is not there: %v %v", ok, err)
			}
			if _, seen := b.Mails(); seen != 0 {
				t.Error("mails were marked as seen")
			}
		})
	}
}

func TestWhatIsWrongIsSaidPlainly(t *testing.T) {
	t.Parallel()
	b := mailtest.StartIMAP(t, imapmail.TLS)
	for name, c := range map[string]struct {
		change func(*imapmail.Settings)
		want   string
	}{
		"password":     {func(s *imapmail.Settings) { s.Password = "guessed-it" }, "refused the user or the password"},
		"folder":       {func(s *imapmail.Settings) { s.Folder = "Loads" }, "no folder Loads"},
		"certificate":  {func(s *imapmail.Settings) { s.Roots = nil }, "certificate of 127.0.0.1 is not trusted"},
		"port":         {func(s *imapmail.Settings) { s.Port = 1 }, "does not answer on port 1"},
		"name":         {func(s *imapmail.Settings) { s.Host, s.Port = "imap.invalid", 993 }, "no mail server named imap.invalid"},
		"not TLS":      {func(s *imapmail.Settings) { s.Security = imapmail.StartTLS }, "no encrypted connection"},
		"address":      {func(s *imapmail.Settings) { s.Reach = imapmail.Reach{}; s.Port = 993 }, "127.0.0.1 is not on the public internet"},
		"odd port":     {func(s *imapmail.Settings) { s.Reach = imapmail.Reach{} }, "port: 993 or 143"},
		"in the open":  {func(s *imapmail.Settings) { s.Security, s.Reach, s.Port = imapmail.Plain, imapmail.Reach{}, 143 }, "security: the password would travel in the open"},
		"nothing":      {func(s *imapmail.Settings) { *s = imapmail.Settings{} }, "folder: the name of a folder"},
		"line in name": {func(s *imapmail.Settings) { s.Folder = "A\r\nB" }, "folder"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := settings(t, b, imapmail.TLS)
			c.change(&s)
			x, err := imapmail.Open(t.Context(), s)
			if err == nil {
				x.Close()
				t.Fatal("opened")
			}
			p := errs.Public(err)
			said := p.Message
			for f, why := range p.Fields {
				said += " " + f + ": " + why
			}
			if !strings.Contains(said, c.want) {
				t.Errorf("%q, want %q", said, c.want)
			}
			if all := fmt.Sprintf("%+v %v %+v", err, err, *p); s.Password != "" && strings.Contains(all, s.Password) {
				t.Errorf("the error holds the password: %s", all)
			}
		})
	}
}

// TestOnlyPublicAddresses: what a company names must be out there, in whatever
// clothes an inner address comes.
func TestOnlyPublicAddresses(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "198.18.0.1",
		"::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1", "fc00::1", "fd12:3456::1", "64:ff9b::a00:1", "2002:a00:1::", "ff02::1", "localhost"} {
		s := imapmail.Settings{Host: host, Port: 993, Security: imapmail.TLS, User: "u", Password: "p", Folder: "INBOX"}
		if strings.Contains(host, ":") { // as Check wants it; the dialer joins it again
			s.Host = host
		}
		x, err := imapmail.Open(t.Context(), s)
		if err == nil {
			x.Close()
		}
		if !errs.Is(err, errs.KindForbidden) {
			t.Errorf("%s: %v", host, err)
		}
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"10.0.0.0/33", "a host", "http://x"} {
		if _, err := imapmail.ParseReach(bad); !errs.Is(err, errs.KindInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	r, err := imapmail.ParseReach(" Mail.Lan, 10.2.0.0/16,::ffff:10.9.9.9 ")
	if err != nil || len(r.Hosts) != 1 || r.Hosts[0] != "mail.lan" || len(r.Nets) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	s := imapmail.Settings{Host: "mail.lan", Port: 1143, Security: imapmail.Plain, User: "u", Password: "p", Folder: "INBOX", Reach: r}
	if err := imapmail.Check(s); err != nil {
		t.Error(err)
	}
	s.Host = "mail.lan.evil.example"
	if err := imapmail.Check(s); !errs.Is(err, errs.KindInvalid) {
		t.Error(err)
	}
}

// rogue is a server that says what it likes.
func rogue(t *testing.T, serve func(c net.Conn, line func() string)) imapmail.Settings {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		in := bufio.NewReader(c)
		serve(c, func() string { s, _ := in.ReadString('\n'); return s })
	}()
	t.Cleanup(func() { l.Close(); <-done })
	reach, err := imapmail.ParseReach("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	return imapmail.Settings{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, Security: imapmail.Plain, User: "u", Password: "s3cret-pass", Folder: "INBOX", Reach: reach, MaxBytes: 1 << 10}
}

// answer speaks IMAP up to the open folder.
func answer(c net.Conn, line func() string) {
	fmt.Fprint(c, "* OK [CAPABILITY IMAP4rev1] hi\r\n")
	for {
		tag, cmd, ok := strings.Cut(strings.TrimSpace(line()), " ")
		if !ok {
			return
		}
		switch verb, _, _ := strings.Cut(cmd, " "); verb {
		case "CAPABILITY":
			fmt.Fprint(c, "* CAPABILITY IMAP4rev1\r\n")
		case "EXAMINE":
			fmt.Fprintf(c, "* 1 EXISTS\r\n* FLAGS ()\r\n* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT 2] .\r\n%s OK [READ-ONLY] done\r\n", tag)
			return
		}
		fmt.Fprintf(c, "%s OK done\r\n", tag)
	}
}

func TestARogueServer(t *testing.T) {
	t.Parallel()
	t.Run("repeats the password", func(t *testing.T) {
		t.Parallel()
		s := rogue(t, func(c net.Conn, line func() string) {
			fmt.Fprint(c, "* OK [CAPABILITY IMAP4rev1] hi\r\n")
			tag, cmd, _ := strings.Cut(strings.TrimSpace(line()), " ")
			fmt.Fprintf(c, "%s NO no such user: %s\r\n", tag, cmd)
			line()
		})
		_, err := imapmail.Open(t.Context(), s)
		if all := fmt.Sprintf("%+v %v %+v", err, err, *errs.Public(err)); err == nil || strings.Contains(all, s.Password) {
			t.Errorf("%s", all)
		}
	})
	t.Run("says nothing", func(t *testing.T) {
		t.Parallel()
		began := make(chan struct{})
		s := rogue(t, func(_ net.Conn, line func() string) { close(began); line() })
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-began; cancel() }()
		if _, err := imapmail.Open(ctx, s); !errs.Is(err, errs.KindUnavailable) {
			t.Error(err)
		}
	})
	t.Run("lies about a mail's size and sends another's", func(t *testing.T) {
		t.Parallel()
		s := rogue(t, func(c net.Conn, line func() string) {
			answer(c, line)
			tag, _, _ := strings.Cut(line(), " ")
			fmt.Fprintf(c, "* 1 FETCH (UID 1 RFC822.SIZE 10 INTERNALDATE \"25-Nov-2026 09:00:00 +0000\")\r\n%s OK done\r\n", tag)
			tag, _, _ = strings.Cut(line(), " ")
			fmt.Fprintf(c, "* 2 FETCH (UID 2 BODY[] {5}\r\nother)\r\n* 1 FETCH (UID 1 BODY[] {100000}\r\n%s)\r\n%s OK done\r\n", strings.Repeat("x", 100_000), tag)
			line()
		})
		x, err := imapmail.Open(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		m, ok, err := x.Fetch(1)
		if err != nil || !ok || m.Whole || len(m.Raw) != 1<<10 || bytes.Contains(m.Raw, []byte("other")) {
			t.Errorf("%v %v whole %v, %d bytes", ok, err, m.Whole, len(m.Raw))
		}
	})
	t.Run("lists without end", func(t *testing.T) {
		t.Parallel()
		s := rogue(t, func(c net.Conn, line func() string) {
			answer(c, line)
			line()
			fmt.Fprint(c, "* SEARCH")
			many := strings.Repeat(" 1", 1<<15)
			for {
				if _, err := fmt.Fprint(c, many); err != nil {
					return
				}
			}
		})
		x, err := imapmail.Open(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		if _, err := x.UIDs(0, day, 10); !errs.Is(err, errs.KindUnavailable) {
			t.Error(err)
		}
	})
}

// TestASessionIsLeftBeforeItIsCutOff: 100 mails may be more than one session takes,
// and being cut off in the middle of one is no failure of the server's.
func TestASessionIsLeftBeforeItIsCutOff(t *testing.T) {
	t.Parallel()
	b := mailtest.StartIMAP(t, imapmail.Plain)
	b.Put(mail(1, "words"), day)
	for most, want := range map[int64]bool{25 << 20: false, 500 << 20: true} { // of the 512 MB of a session
		s := settings(t, b, imapmail.Plain)
		s.MaxBytes = most
		x, err := imapmail.Open(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		if _, err := x.UIDs(0, day, 10); err != nil {
			t.Fatal(err)
		}
		if got := x.Spent(); got != want {
			t.Errorf("before a mail of at most %d bytes: %v", most, got)
		}
	}
}
