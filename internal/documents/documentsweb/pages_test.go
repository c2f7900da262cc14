package documentsweb

import (
	"bytes"
	"context"
	"mime/multipart"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"truckflow/internal/documents"
	"truckflow/internal/documents/extract"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/web"
)

var forbidden = regexp.MustCompile(`(?i)\sstyle\s*=|\son[a-z]+\s*=|<style|<script(?:\s[^>]*)?>[^<]|javascript:`)

func show(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	if hit := forbidden.FindString(b.String()); hit != "" {
		t.Errorf("the page carries %q, which the content policy drops", hit)
	}
	return b.String()
}

func has(t *testing.T, html string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(html, w) {
			t.Errorf("the page lacks %s", w)
		}
	}
}

var (
	docID  = ids.MustParse("018f0000-0000-7000-8000-0000000000dd")
	loadID = ids.MustParse("018f0000-0000-7000-8000-0000000000aa")
	nine   = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
)

func doc(state string) documents.Document {
	return documents.Document{ID: docID, Kind: "rate_confirmation", State: state, Filename: `rate "con" <1>.pdf`, ContentType: "application/pdf", SizeBytes: 123_456, PageCount: 2,
		ReceivedBy: "Dana", ReceivedAt: nine, RetainUntil: nine, VersionNo: 1}
}

func TestListTeachesThenShows(t *testing.T) {
	t.Parallel()
	has(t, show(t, listPage(web.PageMeta{}, listView{MayAdd: true, First: true, URL: "/documents", CSRF: "tok"})), "No documents yet", `data-dropzone="/documents"`, "data-dropzone-page")
	d := doc("failed")
	d.LoadID = &loadID
	html := show(t, listPage(web.PageMeta{}, listView{Docs: []documents.Document{d}, Zone: "America/Chicago", URL: "/documents", Next: "/documents?cursor=z", First: true}))
	has(t, html, "not readable", "Rate confirmation", "rate &#34;con&#34; &lt;1&gt;.pdf", "/loads/"+loadID.String(), "cursor=z", "09:00 CST", "Dana")
	if strings.Contains(html, "data-dropzone=") {
		t.Error("somebody who may not add documents is shown where to drop them")
	}
}

func TestDocumentBesideItsReading(t *testing.T) {
	t.Parallel()
	r := &extract.Reading{LoadNumber: &extract.Leaf[string]{Value: "77-1", Confidence: .4, Page: 1, Box: [4]float64{1, 2, 3, 4}},
		Flags: []extract.Flag{{Field: "load_number", Reason: "two numbers could be meant", Severity: extract.Check}, {Field: "terms", Reason: "only a note", Severity: extract.Note}}}
	d := doc("read")
	d.LoadID = &loadID
	v := oneView{Doc: d, Reading: r, Fields: fields(r), Flags: r.Flags, Zone: "UTC", CSRF: "tok", MayAdd: true, MayDrop: true, MayReview: true,
		Pages: sheet(d, []documents.Page{{PageNo: 1, WidthPt: 612, HeightPt: 792}, {PageNo: 2, WidthPt: 612, HeightPt: 792}})}
	html := show(t, onePage(web.PageMeta{Actions: oneActions(v)}, v))
	has(t, html, "/pages/2.jpg", `data-evidence-page="1"`, `data-confidence="low"`, "Two numbers could be meant.", `href="/review/`+loadID.String(), "/kind", "data-dialog-open=\"reject\"", "Load number", "121 kB, 2 pages")
	if strings.Contains(html, "only a note") || strings.Contains(html, "/progress") || strings.Contains(html, "read-again") {
		t.Error("a read document shows notes as doubts, or waits, or offers to be read again")
	}
}

func TestUnreadDocumentWaitsAndFailedOneCanBeReadAgain(t *testing.T) {
	t.Parallel()
	v := oneView{Doc: doc("received"), Waiting: true, MayAdd: true}
	v.Pages = sheet(v.Doc, nil)
	has(t, show(t, onePage(web.PageMeta{}, v)), `/progress"`, `hx-trigger="every 1s"`, "/pages/1.jpg")
	v.Doc = doc("failed")
	v.Doc.Error, v.Waiting, v.Pages = "this PDF is locked with a password", false, sheet(v.Doc, nil)
	has(t, show(t, onePage(web.PageMeta{}, v)), "this PDF is locked", "read-again", "No picture")
}

func TestFieldWords(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"load_number": "Load number", "stops[1].window_start": "Stop 2, window start", "stops[0].zip": "Stop 1, ZIP", "broker.usdot": "Broker, USDOT",
		"broker.mc": "Broker, MC", "line_items[2].amount": "Line 3, amount", "weight_lb": "Weight, lb", "terms.tonu": "Terms, TONU", "bol_number": "BOL number", "temperature_min_f": "Temperature min, °F",
		"terms.detention_free_minutes": "Terms, detention free minutes"} {
		if got := fieldWords(path, ""); got != want {
			t.Errorf("%s reads %q, want %q", path, got, want)
		}
	}
	if got := fieldWords("stops[0].references[1]", "PU"); got != "Stop 1, reference PU" {
		t.Errorf("reference reads %q", got)
	}
}

func TestDispositionCannotBeBroken(t *testing.T) {
	t.Parallel()
	got := disposition("attachment", "a\"b\r\nX: y é.pdf")
	if want := `attachment; filename="a_b__X: y _.pdf"; filename*=UTF-8''a%22b%0D%0AX%3A%20y%20%C3%A9.pdf`; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestUploadFields(t *testing.T) {
	t.Parallel()
	read := func(name, value string) (documents.Upload, error) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		part, err := multipart.NewReader(&b, w.Boundary()).NextPart()
		if err != nil {
			t.Fatal(err)
		}
		var up documents.Upload
		err = field(part, &up)
		return up, err
	}
	if up, err := read("kind", "proof_of_delivery"); err != nil || up.Kind != "proof_of_delivery" {
		t.Errorf("%+v %v", up, err)
	}
	if up, err := read("kind", "unknown"); err != nil || up.Kind != "" {
		t.Errorf("“unknown” must leave it to the reader: %+v %v", up, err)
	}
	if up, err := read("load_id", loadID.String()); err != nil || up.LoadID != loadID {
		t.Errorf("%+v %v", up, err)
	}
	if _, err := read("kind", "love_letter"); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("an unknown kind: %v", err)
	}
	if _, err := read("load_id", "1; drop table"); !errs.Is(err, errs.KindNotFound) {
		t.Errorf("a strange load: %v", err)
	}
}

func TestAnswersToUploads(t *testing.T) {
	t.Parallel()
	d := doc("received")
	if r := received(d, false, ids.ID{}); r.Tone != "ok" || r.Href != "/documents/"+docID.String() {
		t.Errorf("%+v", r)
	}
	if r := received(d, true, ids.ID{}); r.Tone != "risk" || !strings.Contains(r.Text, "already") {
		t.Errorf("%+v", r)
	}
	d.LoadID = &docID
	if r := received(d, true, loadID); !strings.Contains(r.Text, "another load") {
		t.Errorf("%+v", r)
	}
}
