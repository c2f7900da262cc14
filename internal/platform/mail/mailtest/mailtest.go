package mailtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/mail"
)

// Message returns a mail that every driver takes, in need of every encoding.
func Message() mail.Message {
	return mail.Message{
		ID:      "0198-invoice-10234@carrier.example",
		From:    mail.Address{Name: "Águila Freight, LLC", Email: "billing@carrier.example"},
		To:      []mail.Address{{Name: `Dana "Dee" Ortiz`, Email: "ap@broker.example"}, {Email: "copy@broker.example"}},
		ReplyTo: mail.Address{Email: "office@carrier.example"},
		Subject: "Invoice № 10234: El Paso → Chicago, señor, a subject so long that it has to be folded over more than one line",
		Text:    "Hello,\n\n.\n.leading dots\nünïcode and a long line: " + strings.Repeat("0123456789 ", 200) + "\n",
		HTML:    "<p>Hello = größer</p>",
		Attachments: []mail.Attachment{
			File("Rechnung größe 10234.pdf", "application/pdf", bytes.Repeat([]byte{0, 255, 10, 13, '.'}, 20_001)),
			File(`quote" ; and, comma.txt`, "", []byte("x")),
			File("empty.bin", "", nil),
		},
	}
}

// File returns an attachment of b.
func File(name, contentType string, b []byte) mail.Attachment {
	return mail.Attachment{Name: name, ContentType: contentType, Data: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(b)), nil
	}}
}

// Run holds s to the port's promises.
func Run(t *testing.T, s mail.Sender) {
	t.Run("ping", func(t *testing.T) {
		if err := s.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("several at once", func(t *testing.T) {
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := s.Send(t.Context(), Message()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
	t.Run("refused", func(t *testing.T) { refused(t, s) })
	t.Run("broken attachment", func(t *testing.T) { brokenAttachment(t, s) })
	t.Run("given up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Send(ctx, Message()); !errs.Is(err, errs.KindUnavailable) {
			t.Errorf("got %v, want unavailable", err)
		}
	})
}

func refused(t *testing.T, s mail.Sender) {
	inject := "x\r\nBcc: everybody@evil.example"
	for name, change := range map[string]func(*mail.Message){
		"subject injection":    func(m *mail.Message) { m.Subject = inject },
		"subject with newline": func(m *mail.Message) { m.Subject = "a\nb" },
		"unicode line break":   func(m *mail.Message) { m.Subject = "a\u2028b" },
		"name injection":       func(m *mail.Message) { m.To[0].Name = inject },
		"from name injection":  func(m *mail.Message) { m.From.Name = inject },
		"address injection":    func(m *mail.Message) { m.To[0].Email = "a@b.example>\r\nRCPT TO:<c@d.example" },
		"address with name":    func(m *mail.Message) { m.To[0].Email = "Dana <a@b.example>" },
		"two addresses in one": func(m *mail.Message) { m.To[0].Email = "a@b.example,c@d.example" },
		"address without @":    func(m *mail.Message) { m.To[0].Email = "dana" },
		"reply-to injection":   func(m *mail.Message) { m.ReplyTo = mail.Address{Email: inject} },
		"id injection":         func(m *mail.Message) { m.ID = "a@b>\r\nX: 1" },
		"file name injection":  func(m *mail.Message) { m.Attachments[0].Name = inject },
		"file name with path":  func(m *mail.Message) { m.Attachments[0].Name = "../../x" },
		"type injection":       func(m *mail.Message) { m.Attachments[0].ContentType = "a/b\r\nX: 1" },
		"attached multipart":   func(m *mail.Message) { m.Attachments[0].ContentType = "multipart/mixed; boundary=x" },
		"no sender":            func(m *mail.Message) { m.From = mail.Address{} },
		"no receiver":          func(m *mail.Message) { m.To = nil },
		"too many receivers":   func(m *mail.Message) { m.To = make([]mail.Address, mail.MaxTo+1) },
		"long subject":         func(m *mail.Message) { m.Subject = strings.Repeat("x", mail.MaxSubject+1) },
		"empty":                func(m *mail.Message) { m.Text, m.HTML = "", "" },
		"file without data":    func(m *mail.Message) { m.Attachments[0].Data = nil },
	} {
		m := Message()
		change(&m)
		if err := s.Send(t.Context(), m); !errs.Is(err, errs.KindInvalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
}

func brokenAttachment(t *testing.T, s mail.Sender) {
	gone := errs.NotFound("the file is not there any more")
	m := Message()
	m.Attachments[1].Data = func() (io.ReadCloser, error) { return nil, gone }
	if err := s.Send(t.Context(), m); !errors.Is(err, gone) {
		t.Errorf("not to be opened: %v, want %v", err, gone)
	}
	m.Attachments[1].Data = func() (io.ReadCloser, error) {
		return io.NopCloser(io.MultiReader(strings.NewReader("begin"), iotest.ErrReader(gone))), nil
	}
	if err := s.Send(t.Context(), m); !errors.Is(err, gone) {
		t.Errorf("breaks midway: %v, want %v", err, gone)
	}
}
