package gallery

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func page(t *testing.T) string {
	t.Helper()
	m := Meta(web.UserView{Name: "Dana Reyes", Role: "dispatcher", Company: `Lone "Star" <Freight>`}, "token")
	m.Live = "/live"
	return render(t, Page(m))
}

// elements walks the start tags of a page.
func elements(t *testing.T, html string, visit func(name string, attr map[string]string)) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(html, "<!doctype html>")))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("the page is not well formed: %v", err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			attr := map[string]string{}
			for _, a := range e.Attr {
				attr[a.Name.Local] = a.Value
			}
			visit(e.Name.Local, attr)
		}
	}
}

// The content policy drops inline styles and scripts without a word: a part
// that carries one would look right in a test and broken on a screen.
func TestNoInlineStyleOrScript(t *testing.T) {
	t.Parallel()
	for name, html := range map[string]string{"gallery": page(t), "bare": render(t, web.Bare("Sign in")), "public": render(t, web.PublicPage("Where is it", nil))} {
		elements(t, html, func(el string, attr map[string]string) {
			if el == "style" || el == "script" && attr["src"] == "" {
				t.Errorf("%s: inline <%s>", name, el)
			}
			for a, v := range attr {
				if a == "style" || strings.HasPrefix(a, "on") || strings.HasPrefix(strings.ToLower(v), "javascript:") {
					t.Errorf("%s: <%s %s=%q>", name, el, a, v)
				}
				if (a == "src" || a == "href") && (strings.HasPrefix(v, "http") || strings.HasPrefix(v, "//")) {
					t.Errorf("%s: <%s> loads from another host: %s", name, el, v)
				}
			}
		})
	}
}

func TestIdsAreOneOfAKindAndEveryReferenceLeadsSomewhere(t *testing.T) {
	t.Parallel()
	ids := map[string]int{}
	refs := map[string]string{}
	elements(t, page(t), func(el string, attr map[string]string) {
		if id := attr["id"]; id != "" {
			ids[id]++
		}
		for _, a := range []string{"for", "aria-describedby", "aria-labelledby", "aria-controls", "list", "data-dialog-open"} {
			for _, id := range strings.Fields(attr[a]) {
				refs[id] = el + " " + a
			}
		}
	})
	for id, n := range ids {
		if n > 1 {
			t.Errorf("id %q stands %d times", id, n)
		}
	}
	for id, from := range refs {
		if ids[id] == 0 {
			t.Errorf("%s names %q, which is not there", from, id)
		}
	}
}

func TestEveryControlHasAName(t *testing.T) {
	t.Parallel()
	labels := map[string]bool{}
	html := page(t)
	elements(t, html, func(_ string, attr map[string]string) { labels[attr["for"]] = true })
	elements(t, html, func(el string, attr map[string]string) {
		wrapped := attr["type"] == "radio" || attr["type"] == "file" // inside its label
		if (el == "input" || el == "select" || el == "textarea") && attr["type"] != "hidden" && attr["aria-label"] == "" && !labels[attr["id"]] && !wrapped {
			t.Errorf("<%s name=%q> has no label", el, attr["name"])
		}
		if el == "img" && attr["alt"] == "" {
			t.Errorf("a picture without words: %s", attr["src"])
		}
	})
}

func TestPostFormsCarryTheToken(t *testing.T) {
	t.Parallel()
	forms := regexp.MustCompile(`(?s)<form[^>]*method="post".*?</form>`).FindAllString(page(t), -1)
	if len(forms) < 4 {
		t.Fatalf("found %d forms", len(forms))
	}
	for _, f := range forms {
		if !strings.Contains(f, `name="`+ui.CSRFField+`" value="token"`) {
			t.Errorf("a form without its token: %.120s", f)
		}
	}
}

var iconCall = regexp.MustCompile(`ui\.Icon\("([^"]*)"\)|@Icon\("([^"]*)"\)|\bIcon:\s*"([^"]*)"`)

// Every icon named anywhere in the product's source is drawn.
func TestEveryIconExists(t *testing.T) {
	t.Parallel()
	found := 0
	err := filepath.WalkDir("../..", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".templ") && !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_templ.go") {
			return err
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		for _, m := range iconCall.FindAllStringSubmatch(string(src), -1) {
			found++
			if name := m[1] + m[2] + m[3]; !ui.HasIcon(name) {
				t.Errorf("%s: no icon %q", p, name)
			}
		}
		return nil
	})
	if err != nil || found < 20 {
		t.Fatalf("looked at %d icons: %v", found, err)
	}
	for _, n := range ui.IconNames() {
		d := xml.NewDecoder(strings.NewReader(render(t, ui.Icon(n))))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("icon %s is not well formed: %v", n, err)
				break
			}
		}
	}
}

// Every class the parts use is styled, and every page script named exists.
func TestClassesAreStyled(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("../static/app.css")
	if err != nil {
		t.Fatal(err)
	}
	sheet := string(css)
	plain := []string{"", "gallery-split", "search", "upload-text", "history-text", "field-radios", "lane-detail", "mark"}
	elements(t, page(t), func(el string, attr map[string]string) {
		for _, c := range strings.Fields(attr["class"]) {
			if !strings.Contains(sheet, "."+c) && !slices.Contains(plain, c) {
				t.Errorf("<%s class=%q>: .%s is not in app.css", el, attr["class"], c)
			}
		}
	})
	for _, s := range Meta(web.UserView{}, "").Scripts {
		if !web.HasAsset(s) {
			t.Errorf("no script %s", s)
		}
	}
}
