package documents

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"truckflow/internal/documents/extract"
	"truckflow/internal/kit/errs"
)

func crlf(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

func TestALetterTakenApart(t *testing.T) {
	t.Parallel()
	l, err := OpenLetter(crlf(`From: =?iso-8859-1?Q?Jos=E9_Nu=F1ez?= <JOSE@broker.example>
To: dispatch@us.example
Subject: =?utf-8?B?` + base64.StdEncoding.EncodeToString([]byte("Rate – load 7")) + `?=
Message-ID: <me@broker.example>
References: <one@us.example>
 <two@broker.example>
In-Reply-To: <two@broker.example> <me@broker.example>
Date: Wed, 25 Nov 2026 09:00:00 -0600
Content-Type: multipart/mixed; boundary=a

--a
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=windows-1252
Content-Transfer-Encoding: quoted-printable

Caf=E9 =96 dock 4
--b
Content-Type: text/html

<p>never this</p>
--b--
--a
Content-Type: image/png; name=logo.png
Content-ID: <logo>
Content-Transfer-Encoding: base64

aWNvbg==
--a
Content-Type: application/pdf
Content-Disposition: attachment; filename*=utf-8''rate%20con%C3%A9.pdf

%PDF
--a
Content-Type: message/rfc822

From: older@broker.example
Subject: the first one
Content-Type: multipart/mixed; boundary=c

--c

Inner words
--c
Content-Type: application/pdf; name=inner.pdf

%PDF-inner
--c--
--a--
`))
	if err != nil {
		t.Fatal(err)
	}
	if l.From.Name != "José Nuñez" || l.From.Address != "JOSE@broker.example" || l.Subject != "Rate – load 7" || l.MessageID != "me@broker.example" || strings.Join(l.Refs, " ") != "one@us.example two@broker.example two@broker.example" {
		t.Errorf("%+v %q %q %v", l.From, l.Subject, l.MessageID, l.Refs)
	}
	if l.Date.UTC().Format("15:04") != "15:00" || !strings.Contains(l.Text, "Café – dock 4") || strings.Contains(l.Text, "never this") || !strings.Contains(l.Text, "From: older@broker.example") || !strings.Contains(l.Text, "Inner words") {
		t.Errorf("%s %q", l.Date, l.Text)
	}
	var files []string
	for _, f := range l.Files {
		files = append(files, f.Name)
	}
	if strings.Join(files, ", ") != "logo.png, rate coné.pdf, inner.pdf" || !l.Files[0].Inline || l.Files[1].Inline || string(l.Files[0].Data) != "icon" {
		t.Errorf("%v %+v", files, l.Files)
	}
}

func TestALetterThatIsNone(t *testing.T) {
	t.Parallel()
	deep := "Content-Type: application/pdf; name=deep.pdf\n\n%PDF\n"
	for i := range 40 {
		deep = fmt.Sprintf("Content-Type: multipart/mixed; boundary=x%d\n\n--x%d\n%s--x%d--\n", i, i, deep, i)
	}
	if l, err := OpenLetter(crlf("From: a@b.example\n" + deep)); err != nil || len(l.Files) != 0 {
		t.Errorf("deep: %+v, %v", l, err)
	}
	if _, err := OpenLetter(crlf("From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhalf")); !errs.Is(err, errs.KindUnsupported) {
		t.Error(err)
	}
	if l := LetterHead([]byte("no head at all")); l.From.Address != "" || l.Subject != "" {
		t.Errorf("%+v", l)
	}
	l, err := OpenLetter(crlf("From: not an address\nMessage-ID: <" + strings.Repeat("x", 600) + ">\nDate: someday\n\n" + strings.Repeat("long ", 100_000)))
	if err != nil || l.From.Name != "not an address" || l.MessageID != "" || !l.Date.IsZero() || len(l.Text) != maxMailText {
		t.Errorf("%+v %q %d bytes, %v", l.From, l.MessageID, len(l.Text), err)
	}
}

func TestOffers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"spam":       {"From: a@b.example\nSubject: You won\n\nDear friend, transfer $9,000,000.00 to me.", "about no load"},
		"small talk": {"From: a@b.example\nSubject: picnic\n\nSee you on Sunday.", "about no load"},
		"a load":     {strings.ReplaceAll(loose, "The hauler gets twenty-one hundred, that is 2,100.00, for everything", "Total rate: $2,100.00"), ""},
		"no rate":    {loose, "its words name no rate"},
	} {
		if got := offer(extract.Read(extract.TextPages(c.text), options)); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestALetterCanBeStored: a zero byte, which no database takes, and a head of
// megabytes do not get out of a mail.
func TestALetterCanBeStored(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{
		"as they are": "From: a@b.example\r\nSubject: one\x00two\r\nMessage-ID: <one\x00two@b.example>\r\nReferences: <zero\x00@b.example>\r\nTo: " + strings.Repeat("x@y.example, ", 1<<17) + "\r\n\r\nwords\x00\r\n",
		"encoded":     "From: =?utf-8?q?a=00b?= <a@b.example>\r\nSubject: =?utf-8?q?one=00two?=\r\nMessage-ID: <one@b.example>\r\n\r\nwords\r\n",
	} {
		l, err := OpenLetter([]byte(data))
		if err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(append(l.Refs, l.MessageID, l.From.Name, l.From.Address, l.Subject, l.To, l.Cover()), "|"); strings.Contains(all, "\x00") {
			t.Errorf("%s: %.300q", name, all)
		}
		if n := len(l.Cover()); n > 5*maxMailField {
			t.Errorf("%s: the cover has %d bytes", name, n)
		}
	}
}
