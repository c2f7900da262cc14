package documents

import (
	"context"
	"strings"
	"testing"
)

func TestHTMLMailIsRead(t *testing.T) {
	mail := "From: a@b.example\r\nTo: c@d.example\r\nSubject: load\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
		"<html><head><style>x{}</style></head><body><p>Please <b>confirm</b>.</p><table><tr><td><b>Load Number</b></td><td>308=\r\n247</td></tr></table>Bye<br>Ann</body></html>"
	pages, err := Reader{}.Read(context.Background(), []byte(mail))
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, p := range pages {
		for _, w := range p.Words {
			words = append(words, w.Text)
		}
	}
	if got, want := strings.Join(words, " "), "Subject: load Please confirm. Load Number: 308247 Bye Ann"; got != want {
		t.Errorf("read %q, want %q", got, want)
	}
}

func TestHTMLTableKeepsColumns(t *testing.T) {
	got := htmlText("<table><tr><th>Stop</th><th>City</th><th>ZIP</th></tr><tr><td>1</td><td>Rapid City</td><td>57701</td></tr></table>")
	if want := "\nStop   City         ZIP\n1      Rapid City   57701\n\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
