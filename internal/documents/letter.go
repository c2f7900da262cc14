package documents

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"

	"truckflow/internal/kit/errs"
)

const (
	maxMailDepth = 5         // how deep a mail's parts may nest
	maxMailFiles = 50        // attachments of one mail
	maxMailText  = 256 << 10 // bytes of a mail's own words; nobody writes more
	maxMailField = 4 << 10   // bytes of a line of its head; a stranger's may have megabytes
	maxRefs      = 50        // mails that one mail says it answers
)

// Letter is an e-mail taken apart. Its words are plain text, laid out as they are
// seen; what was HTML is text. Everything in it is a stranger's word.
type Letter struct {
	MessageID string   // without angle brackets; "" where it has none
	Refs      []string // what it answers, oldest first: References, then In-Reply-To
	From      mail.Address
	To        string // as printed
	Subject   string
	Date      time.Time // by the sender; zero where it says none
	Text      string
	Files     []Attachment

	head mail.Header
}

// Attachment is a file of a mail, those of mails that it forwards among them.
type Attachment struct {
	Name   string // "" where it has none
	Inline bool   // shown within the words: a logo, a signature, or a photo that was pasted
	Data   []byte
}

// OpenLetter takes a mail apart. A damaged one is errs.KindUnsupported.
func OpenLetter(data []byte) (l Letter, err error) {
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return l, errs.Unsupported("this mail is damaged and cannot be read").Wrap(err)
	}
	l.headed(m.Header)
	var p parts
	if err := p.walk(part{head: m.Header.Get, body: m.Body}, 0); err != nil {
		return l, errs.Unsupported("this mail is damaged and cannot be read").Wrap(err)
	}
	l.Text, l.Files = p.words(), p.files
	return l, nil
}

// LetterHead reads the head alone, of a mail that is too large or damaged.
func LetterHead(data []byte) (l Letter) {
	if m, err := mail.ReadMessage(bytes.NewReader(data)); err == nil {
		l.headed(m.Header)
	}
	return l
}

func (l *Letter) headed(h mail.Header) {
	l.head = h
	words := func(field string) string { return strings.Join(strings.Fields(decodedWords(h.Get(field))), " ") }
	l.Subject, l.To = words("Subject"), words("To")
	l.Date, _ = h.Date()
	p := mail.AddressParser{WordDecoder: wordDecoder}
	if a, err := p.Parse(h.Get("From")); err == nil {
		l.From = mail.Address{Name: storable(a.Name), Address: storable(a.Address)}
	} else {
		l.From.Name = words("From") // as it stands: no address that could be answered
	}
	if ids := messageIDs(h.Get("Message-Id")); len(ids) > 0 {
		l.MessageID = ids[0]
	}
	for _, id := range append(messageIDs(h.Get("References")), messageIDs(h.Get("In-Reply-To"))...) {
		if id != l.MessageID && len(l.Refs) < maxRefs {
			l.Refs = append(l.Refs, id)
		}
	}
}

// messageIDs lists what stands in angle brackets.
func messageIDs(s string) (out []string) {
	for {
		_, rest, ok := strings.Cut(s, "<")
		id, after, closed := strings.Cut(rest, ">")
		if !ok || !closed {
			return out
		}
		if id = strings.TrimSpace(id); id != "" && len(id) <= 500 {
			out = append(out, storable(id))
		}
		s = after
	}
}

// Head prints header fields the way mail programs show them.
func (l *Letter) Head(fields ...string) string { return mailHead(l.head.Get, fields...) }

// Cover is what a mail says with its head, without its attachments.
func (l *Letter) Cover() string { return l.Head("From", "To", "Date", "Subject") + l.Text }

func mailHead(get func(string) string, fields ...string) string {
	var b strings.Builder
	for _, f := range fields {
		if v := decodedWords(get(f)); v != "" {
			v = strings.Join(strings.Fields(v), " ")
			b.WriteString(f + ": " + strings.ToValidUTF8(v[:min(len(v), maxMailField)], "") + "\n")
		}
	}
	return b.String() + "\n"
}

var wordDecoder = &mime.WordDecoder{CharsetReader: func(name string, r io.Reader) (io.Reader, error) { return decoded(name, r), nil }}

func decodedWords(s string) string {
	if d, err := wordDecoder.DecodeHeader(s); err == nil {
		s = d
	}
	return storable(s)
}

// storable is s as a database takes it: no stranger's zero byte may keep a mail from being stored.
func storable(s string) string { return strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "") }

// charsets are those that mail of the trade comes in besides UTF-8.
var charsets = map[string]encoding.Encoding{"iso-8859-1": charmap.Windows1252, "windows-1252": charmap.Windows1252, "cp1252": charmap.Windows1252,
	"iso-8859-15": charmap.ISO8859_15, "windows-1250": charmap.Windows1250, "windows-1251": charmap.Windows1251, "macintosh": charmap.Macintosh}

// decoded reads text of a charset as UTF-8; one that is not known passes as it is.
func decoded(charset string, r io.Reader) io.Reader {
	if e := charsets[strings.ToLower(charset)]; e != nil {
		return e.NewDecoder().Reader(r)
	}
	return r
}

// part is a part of a mail, or a mail.
type part struct {
	head func(string) string
	body io.Reader
}

// parts is what a mail holds: its plain text, its HTML as text, its attachments.
type parts struct {
	text, html strings.Builder
	files      []Attachment
}

func (p *parts) words() string {
	t := cmp.Or(strings.TrimRight(p.text.String(), "\n"), p.html.String())
	return storable(t[:min(len(t), maxMailText)])
}

// walk collects a mail's parts.
func (p *parts) walk(x part, depth int) error {
	if depth > maxMailDepth || len(p.files) > maxMailFiles {
		return nil
	}
	kind, params, err := mime.ParseMediaType(x.head("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") {
		mr := multipart.NewReader(x.body, params["boundary"])
		for {
			next, err := mr.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := p.walk(part{head: next.Header.Get, body: next}, depth+1); err != nil {
				return err
			}
		}
	}
	switch strings.ToLower(strings.TrimSpace(x.head("Content-Transfer-Encoding"))) {
	case "base64":
		x.body = base64.NewDecoder(base64.StdEncoding, x.body)
	case "quoted-printable":
		x.body = quotedprintable.NewReader(x.body)
	}
	way, named, _ := mime.ParseMediaType(x.head("Content-Disposition"))
	name := decodedWords(cmp.Or(named["filename"], params["name"]))
	switch {
	case kind == "message/rfc822":
		return p.forwarded(x.body, depth)
	case strings.HasPrefix(kind, "text/") && way != "attachment":
		return p.block(kind, decoded(params["charset"], x.body))
	}
	b, err := io.ReadAll(io.LimitReader(x.body, MaxBytes))
	if err != nil {
		return err
	}
	p.files = append(p.files, Attachment{Name: name, Inline: way == "inline" || way != "attachment" && x.head("Content-Id") != "", Data: b})
	return nil
}

// block takes in one part of the mail's words.
func (p *parts) block(kind string, r io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(r, MaxBytes))
	if err != nil {
		return err
	}
	switch kind {
	case "text/html":
		t, err := htmlText(bytes.NewReader(b))
		if err != nil {
			return err
		}
		p.html.WriteString(t)
	case "text/plain":
		p.text.Write(b)
		p.text.WriteByte('\n')
	}
	return nil
}

// forwarded takes in a mail that is attached whole, under its own head.
func (p *parts) forwarded(r io.Reader, depth int) error {
	m, err := mail.ReadMessage(io.LimitReader(r, MaxBytes))
	if err != nil {
		return err
	}
	var in parts
	if err := in.walk(part{head: m.Header.Get, body: m.Body}, depth+1); err != nil {
		return err
	}
	t := "\n" + mailHead(m.Header.Get, "From", "To", "Date", "Subject") + in.words() + "\n"
	if p.html.Len() > 0 && p.text.Len() == 0 {
		p.html.WriteString(t)
	} else {
		p.text.WriteString(t)
	}
	p.files = append(p.files, in.files...)
	return nil
}
