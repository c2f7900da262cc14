package mail

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
)

// Encode checks m and writes it as an Internet message (RFC 5322, MIME), which
// is also what an .eml file holds. Attachments are streamed. An error of an
// attachment's reader comes back as it is.
func Encode(w io.Writer, m Message) error {
	if err := Check(m); err != nil {
		return err
	}
	if err := writeHeader(w, m); err != nil {
		return err
	}
	if len(m.Attachments) == 0 {
		return writeBody(m, top(w))
	}
	return multi("mixed", top(w), func(mw *multipart.Writer) error {
		if err := writeBody(m, mw.CreatePart); err != nil {
			return err
		}
		for _, a := range m.Attachments {
			if err := writeAttachment(mw, a); err != nil {
				return err
			}
		}
		return nil
	})
}

// partMaker starts a part: the message itself, or one within a multipart.
type partMaker func(textproto.MIMEHeader) (io.Writer, error)

func top(w io.Writer) partMaker {
	return func(h textproto.MIMEHeader) (io.Writer, error) {
		for _, k := range []string{"Content-Type", "Content-Transfer-Encoding"} {
			if v := h.Get(k); v != "" {
				if _, err := fmt.Fprintf(w, "%s: %s\r\n", k, v); err != nil {
					return nil, err
				}
			}
		}
		_, err := io.WriteString(w, "\r\n")
		return w, err
	}
}

func multi(kind string, make partMaker, parts func(*multipart.Writer) error) error {
	boundary := rand.Text()
	w, err := make(textproto.MIMEHeader{"Content-Type": {"multipart/" + kind + "; boundary=" + boundary}})
	if err != nil {
		return err
	}
	mw := multipart.NewWriter(w)
	if err := mw.SetBoundary(boundary); err != nil {
		return err
	}
	if err := parts(mw); err != nil {
		return err
	}
	return mw.Close()
}

func writeHeader(w io.Writer, m Message) error {
	if m.ID == "" {
		_, domain, _ := strings.Cut(m.From.Email, "@")
		m.ID = rand.Text() + "@" + domain
	}
	if m.Date.IsZero() {
		m.Date = time.Now()
	}
	to := make([]string, len(m.To))
	for i, a := range m.To {
		to[i] = a.String()
	}
	lines := []string{
		"From: " + m.From.String(),
		"To: " + strings.Join(to, ",\r\n "),
		"Subject: " + subject(m.Subject),
		"Date: " + m.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700"),
		"Message-ID: <" + m.ID + ">",
		"MIME-Version: 1.0",
		"Auto-Submitted: auto-generated", // keeps "out of office" answers away (RFC 3834)
	}
	if m.ReplyTo != (Address{}) {
		lines = append(lines, "Reply-To: "+m.ReplyTo.String())
	}
	_, err := io.WriteString(w, strings.Join(lines, "\r\n")+"\r\n")
	return err
}

// subject encodes s. A long word would make a line longer than the 998 bytes
// that mail allows only if s had more than MaxSubject characters.
func subject(s string) string {
	if enc := mime.QEncoding.Encode("utf-8", s); enc != s {
		return strings.ReplaceAll(enc, "?= =?", "?=\r\n =?")
	}
	return s
}

// String returns the address as a header shows it, the name encoded.
func (a Address) String() string {
	return strings.ReplaceAll((&netmail.Address{Name: a.Name, Address: a.Email}).String(), "?= =?", "?=\r\n =?")
}

func writeBody(m Message, make partMaker) error {
	switch {
	case m.HTML == "":
		return writeText("plain", m.Text, make)
	case m.Text == "":
		return writeText("html", m.HTML, make)
	}
	return multi("alternative", make, func(mw *multipart.Writer) error {
		if err := writeText("plain", m.Text, mw.CreatePart); err != nil {
			return err
		}
		return writeText("html", m.HTML, mw.CreatePart)
	})
}

func writeText(kind, text string, make partMaker) error {
	w, err := make(textproto.MIMEHeader{
		"Content-Type":              {"text/" + kind + "; charset=utf-8"},
		"Content-Transfer-Encoding": {"quoted-printable"},
	})
	if err != nil {
		return err
	}
	q := quotedprintable.NewWriter(w)
	if _, err := io.WriteString(q, strings.ToValidUTF8(text, "\uFFFD")); err != nil {
		return err
	}
	return q.Close()
}

func mediaType(s string) (string, error) {
	if s == "" {
		return "application/octet-stream", nil
	}
	t, params, err := mime.ParseMediaType(s)
	if err != nil || !strings.Contains(t, "/") || strings.HasPrefix(t, "multipart/") || len(s) > maxName || !oneLine(s) {
		return "", errs.Invalid("%.40q is not a content type", s)
	}
	return mime.FormatMediaType(t, params), nil
}

func writeAttachment(mw *multipart.Writer, a Attachment) error {
	ct, err := mediaType(a.ContentType)
	if err != nil {
		return err
	}
	r, err := a.Data()
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := mw.CreatePart(textproto.MIMEHeader{
		"Content-Type":              {ct},
		"Content-Transfer-Encoding": {"base64"},
		"Content-Disposition":       {mime.FormatMediaType("attachment", map[string]string{"filename": a.Name})},
	})
	if err != nil {
		return err
	}
	enc := base64.NewEncoder(base64.StdEncoding, &lines{w: w})
	if _, err := io.Copy(enc, r); err != nil {
		return err
	}
	return enc.Close()
}

// lines breaks what is written into lines of 76, as MIME wants of base64.
type lines struct {
	w io.Writer
	n int // bytes on the present line
}

func (l *lines) Write(p []byte) (int, error) {
	done := 0
	for len(p) > 0 {
		if l.n == 76 {
			if _, err := io.WriteString(l.w, "\r\n"); err != nil {
				return done, err
			}
			l.n = 0
		}
		k := min(len(p), 76-l.n)
		if _, err := l.w.Write(p[:k]); err != nil {
			return done, err
		}
		l.n, done, p = l.n+k, done+k, p[k:]
	}
	return done, nil
}
