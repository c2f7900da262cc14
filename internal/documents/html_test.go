package documents

import (
	"strings"
	"testing"
)

func TestHTMLAsText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, in, want string }{
		{"blocks", "<p>One <b>two</b></p><div>three<br>four</div>", "One two\n\nthree\nfour\n"},
		{"no script", "<style>p{}</style><script>alert(1)</script><p>seen</p>", "seen\n\n"},
		{"columns", "<table><tr><td>Load</td><td>7</td></tr><tr><td>Carrier MC</td><td>924567</td></tr></table>", "Load          7\nCarrier MC    924567\n\n"},
		{"lines in a cell", "<table><tr><th>From</th><th>To</th></tr><tr><td>Mill<br>Joliet, IL</td><td>Store</td></tr></table>", "From          To\nMill          Store\nJoliet, IL\n\n"},
		{"layout table", "<table><tr><td><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>", "a    b\n\n"},
		{"broken", "<table><tr><td>open<p>still", "open\nstill\n\n"},
		{"deep", strings.Repeat("<div>", 5000) + "x", ""},
	} {
		got, err := htmlText(strings.NewReader(c.in))
		if err != nil {
			if c.name != "deep" {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// A mail of HTML alone is read, whatever stands in its head.
func TestHTMLMailIsRead(t *testing.T) {
	t.Parallel()
	mail := "From: a@b.example\r\nTo: c@d.example\r\nSubject: load\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
		"<html><head><style>x{}</style></head><body><p>Please <b>confirm</b>.</p><table><tr><td><b>Load Number</b></td><td>308=\r\n247</td></tr></table>Bye<br>Ann</body></html>"
	pages, err := Reader{}.Read(t.Context(), []byte(mail))
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, p := range pages {
		for _, w := range p.Words {
			words = append(words, w.Text)
		}
	}
	if got, want := strings.Join(words, " "), "From: a@b.example To: c@d.example Subject: load Please confirm. Load Number 308247 Bye Ann"; got != want {
		t.Errorf("read %q, want %q", got, want)
	}
}
