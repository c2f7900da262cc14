package app

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/go-pdf/fpdf"

	"truckflow/internal/customers"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/loads"
	"truckflow/internal/platform/blob"
	"truckflow/internal/platform/outbox"
	"truckflow/internal/sim/paper"
)

// browse sends a form as the company's owner, as a browser without scripts does.
func (c company) browse(t *testing.T, h http.Handler, method, path string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode())).WithContext(t.Context())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "truckflow_session", Value: c.cookie})
	r.Header.Set("X-CSRF-Token", c.csrf)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// call sends JSON to the API as the company's owner.
func (c company) call(t *testing.T, h http.Handler, method, path string, in any) *httptest.ResponseRecorder {
	t.Helper()
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(method, path, bytes.NewReader(b)).WithContext(t.Context())
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+c.bearer)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// upload brings a file through the API.
func (c company) upload(t *testing.T, h http.Handler, name string, data []byte) (*httptest.ResponseRecorder, ids.ID) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	f, err := m.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.Write(data)
	m.Close()
	r := httptest.NewRequest("POST", "/v1/documents", &b).WithContext(t.Context())
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Authorization", "Bearer "+c.bearer)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var made struct{ ID ids.ID }
	_ = json.Unmarshal(w.Body.Bytes(), &made)
	return w, made.ID
}

// refused wants a clear refusal of kind code whose words contain why.
func refused(t *testing.T, what string, w *httptest.ResponseRecorder, code int, why string) {
	t.Helper()
	if w.Code != code || !strings.Contains(w.Body.String(), why) {
		t.Errorf("%s: %d %.400s\nwant %d %q", what, w.Code, w.Body, code, why)
	}
}

// TestTooLateOrTwice sends what people send who did not see what others did:
// stale forms and versions, double clicks, steps out of order.
func TestTooLateOrTwice(t *testing.T) {
	t.Parallel()
	a := start(t)
	c := furnish(t, a, "LATE")
	h := a.Handler()
	t.Run("stale form and version", func(t *testing.T) { c.stale(t, a, h) })
	t.Run("step out of order", func(t *testing.T) {
		before := c.rows(t, a)
		refused(t, "deliver a booked load", c.call(t, h, "POST", "/v1/loads/"+c.things["load"].String()+"/deliver", body{}), 409, "booked")
		refused(t, "deliver a booked load on its page", c.browse(t, h, "POST", "/loads/"+c.things["load"].String()+"/deliver", url.Values{"version": {"2"}}), 409, "booked")
		refused(t, "bill a booked load", c.call(t, h, "POST", "/v1/loads/"+c.things["load"].String()+"/invoice", nil), 409, "booked")
		refused(t, "cancel without a reason", c.call(t, h, "POST", "/v1/loads/"+c.things["load"].String()+"/cancel", body{}), 422, "body.reason")
		unchanged(t, before, c.rows(t, a))
	})
	t.Run("double click on Pay", func(t *testing.T) { c.payTwice(t, a, h) })
	t.Run("invoice sent and sent again", func(t *testing.T) { c.sendTwice(t, a, h) })
}

func (c company) stale(t *testing.T, a *App, h http.Handler) {
	id := c.things["load"]
	l := must(a.Loads.Get(c.ctx, id))(t)
	in := l.Input()
	in.Commodity = "what the first dispatcher wrote"
	must(a.Loads.Edit(c.ctx, id, l.Version, in))(t)
	before := c.rows(t, a)
	// The page's own form, as it was opened before.
	form := url.Values{"version": {"1"}, "customer_id": {c.things["customer"].String()}, "customer_ref": {l.CustomerRef}, "equipment": {"van"}, "commodity": {"what the second one wrote"},
		"do": {"save"}, "stop.0.kind": {"pickup"}, "stop.0.city": {"Dallas"}, "stop.0.state": {"TX"}, "stop.1.kind": {"delivery"}, "stop.1.city": {"Memphis"}, "stop.1.state": {"TN"}}
	w := c.browse(t, h, "POST", "/loads/"+id.String()+"/edit", form)
	refused(t, "stale form", w, 409, "omebody changed load "+l.Number+" meanwhile")
	refused(t, "stale form keeps what was typed", w, 409, "what the second one wrote")
	put := calls(c)["edit-load"]
	refused(t, "stale PUT", c.call(t, h, "PUT", "/v1/loads/"+id.String(), put), 409, "somebody changed load")
	refused(t, "stale PUT is a problem", c.call(t, h, "PUT", "/v1/loads/"+id.String(), put), 409, `"status":409`)
	unchanged(t, before, c.rows(t, a))
	cust := "/v1/customers/" + c.things["customer"].String()
	if w := c.call(t, h, "PATCH", cust, body{"version": 1, "notes": "first"}); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	refused(t, "stale PATCH", c.call(t, h, "PATCH", cust, body{"version": 1, "notes": "second"}), 409, "meanwhile")
	if got := must(a.Customers.Customer(c.ctx, c.things["customer"]))(t); got.Notes != "first" {
		t.Errorf("the second writer won: %q", got.Notes)
	}
}

// twice sends one form twice at the same moment and returns where both were led.
func (c company) twice(t *testing.T, h http.Handler, path string, form url.Values) string {
	t.Helper()
	var both [2]*httptest.ResponseRecorder
	var wg sync.WaitGroup
	for i := range both {
		wg.Go(func() { both[i] = c.browse(t, h, "POST", path, form) })
	}
	wg.Wait()
	to := both[0].Header().Get("Location")
	for _, w := range both {
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != to {
			t.Fatalf("%s twice: %d to %q and %d to %q: %.300s", path, both[0].Code, to, both[1].Code, both[1].Header().Get("Location"), w.Body)
		}
	}
	return to
}

func (c company) payTwice(t *testing.T, a *App, h http.Handler) {
	inv := c.things["invoice"]
	open := must(a.Billing.Get(c.ctx, inv))(t).SettledCents
	form := url.Values{"form_token": {ids.New().String()}, "amount": {"100.00"}, "received_on": {ago(0)}, "method": {"check"}, "reference": {"CHK 77"}}
	c.twice(t, h, "/billing/invoices/"+inv.String()+"/pay", form)
	if got := must(a.Billing.Get(c.ctx, inv))(t).SettledCents - open; got != 10_000 {
		t.Errorf("two clicks on one form settled %s, want $100.00", got.Dollars())
	}
	c.browse(t, h, "POST", "/billing/invoices/"+inv.String()+"/pay", url.Values{"form_token": {ids.New().String()}, "amount": {"9,000.00"}, "received_on": {ago(0)}, "method": {"check"}})
	if got := must(a.Billing.Get(c.ctx, inv))(t).SettledCents - open; got != 10_000 {
		t.Errorf("more than what is owed was taken: %s", got.Dollars())
	}
}

func (c company) mails(t *testing.T, a *App) (n int) {
	t.Helper()
	c.settled(t, a)
	return len(must(a.Outbox.List(c.ctx, outbox.Filter{AboutID: c.things["invoice"]}, page.Request{}))(t).Items)
}

func (c company) sendTwice(t *testing.T, a *App, h http.Handler) {
	n := c.mails(t, a)
	inv := "/billing/invoices/" + c.things["invoice"].String()
	form := url.Values{"form_token": {ids.New().String()}, "to": {"ap@broker.example.com"}}
	c.twice(t, h, inv+"/send", form)
	if got := c.mails(t, a); got != n+1 {
		t.Errorf("two clicks on Send made %d mails", got-n)
	}
	mail := "/mail/" + c.things["mail"].String()
	again := c.twice(t, h, mail+"/again", url.Values{"form_token": {ids.New().String()}, "to": {"second@broker.example.com"}})
	if got := c.mails(t, a); got != n+2 || again == mail {
		t.Errorf("two clicks on Send again made %d mails and led to %s", got-n-1, again)
	}
	c.twice(t, h, mail+"/again", url.Values{"form_token": {ids.New().String()}, "to": {"third@broker.example.com"}})
	if got := c.mails(t, a); got != n+3 {
		t.Errorf("another form is another mail: %d", got-n)
	}
	refused(t, "to nobody", c.browse(t, h, "POST", mail+"/again", url.Values{"to": {"nobody"}}), 422, "not an e-mail address")
	c.invitationStays(t, a, h)
}

// invitationStays: whoever holds an invitation's link can become the person
// invited, so its mail is for those who manage people and is not sent elsewhere.
func (c company) invitationStays(t *testing.T, a *App, h http.Handler) {
	if w := c.browse(t, h, "POST", "/settings/people", url.Values{"email": {"second-owner@late.example.com"}, "name": {"Second Owner"}, "role": {"owner"}}); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	c.settled(t, a)
	mine := must(a.Outbox.List(c.ctx, outbox.Filter{}, page.Request{Limit: 1}))(t).Items[0]
	at := "/mail/" + mine.ID.String()
	if w := c.browse(t, h, "GET", at, nil); w.Code != 200 || !strings.Contains(w.Body.String(), "/join/") || strings.Contains(w.Body.String(), "Send again") {
		t.Errorf("the owner's page of the invitation: %d %.400s", w.Code, w.Body)
	}
	refused(t, "an invitation sent elsewhere", c.browse(t, h, "POST", at+"/again", url.Values{"to": {"friend@example.com"}}), 409, "not sent again")
	clerk := c
	clerk.cookie, clerk.csrf, _ = join(t, a, c.ctx, identity.Accountant, "clerk@late.example.com")
	refused(t, "a clerk opens an owner's invitation", clerk.browse(t, h, "GET", at, nil), 404, "no such mail")
	if w := clerk.browse(t, h, "GET", "/mail", nil); w.Code != 200 || strings.Contains(w.Body.String(), "invites you") || !strings.Contains(w.Body.String(), "Invoice INV-") {
		t.Errorf("the clerk's list of mails: %d %.600s", w.Code, w.Body)
	}
	if w := clerk.browse(t, h, "POST", at+"/again", url.Values{"to": {"clerk@late.example.com"}}); w.Code < 400 {
		t.Errorf("a clerk had an owner's invitation sent to himself: %d", w.Code)
	}
}

// pdf prints with fpdf; prepare may lock it, leave it empty or never stop.
func pdf(t *testing.T, prepare func(*fpdf.Fpdf)) []byte {
	t.Helper()
	f := fpdf.New("P", "pt", "Letter", "")
	prepare(f)
	var b bytes.Buffer
	if err := f.Output(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, n := range names {
		w, err := z.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, "<x/>")
	}
	z.Close()
	return b.Bytes()
}

// TestFilesNobodyCanRead brings them through the API: each is refused in words,
// or taken and explained, and what was refused leaves nothing behind.
func TestFilesNobodyCanRead(t *testing.T) {
	t.Parallel()
	a := start(t)
	c := open(t, a, "FILES")
	h := a.Handler()
	text := func(f *fpdf.Fpdf) {
		f.AddPage()
		f.SetFont("Helvetica", "", 12)
		f.Cell(0, 20, "RATE CONFIRMATION   Load Number: 554433")
	}
	whole := pdf(t, text)
	before := c.rows(t, a)
	for _, x := range []struct {
		what, name string
		data       []byte
		code       int
		why        string
	}{
		{"zero bytes", "ratecon.pdf", nil, 415, "ratecon.pdf is empty (0 bytes)"},
		{"encrypted", "ratecon.pdf", pdf(t, func(f *fpdf.Fpdf) { f.SetProtection(0, "open sesame", "owner"); text(f) }), 422, "locked with a password"},
		{"truncated", "ratecon.pdf", whole[:len(whole)/2], 422, "cut off"},
		{"2,000 pages", "book.pdf", pdf(t, func(f *fpdf.Fpdf) {
			for range 2000 {
				f.AddPage()
			}
		}), 413, "2,000 pages; at most 200"},
		{"a program named .pdf", "ratecon.pdf", []byte("\x7fELF\x02\x01\x01 and more"), 415, "program"},
		{"a spreadsheet", "loads.xlsx", zipped(t, "[Content_Types].xml", "xl/workbook.xml"), 415, "spreadsheet"},
		{"an archive", "papers.zip", zipped(t, "ratecon.pdf"), 415, ""},
		{"too large", "huge.pdf", append(bytes.Clone(whole), make([]byte, 26<<20)...), 413, "25 MB"},
	} {
		w, _ := c.upload(t, h, x.name, x.data)
		refused(t, x.what, w, x.code, x.why)
	}
	unchanged(t, before, c.rows(t, a))
	// Taken: by what it is and not by its name; a page without words is read as one.
	w, id := c.upload(t, h, "holiday.jpg", whole)
	if w.Code != 201 || !strings.Contains(w.Body.String(), `"content_type":"application/pdf"`) {
		t.Errorf("a PDF named .jpg: %d %s", w.Code, w.Body)
	}
	if w, again := c.upload(t, h, "other name.pdf", whole); w.Code != 200 || again != id || !strings.Contains(w.Body.String(), `"again":true`) {
		t.Errorf("the same bytes under another name: %d %s", w.Code, w.Body)
	}
	_, blank := c.upload(t, h, "blank.pdf", pdf(t, func(f *fpdf.Fpdf) { f.AddPage() }))
	until(t, "both are read", func() bool {
		return must(a.Documents.Get(c.ctx, id))(t).State == "read" && must(a.Documents.Get(c.ctx, blank))(t).State == "read"
	})
	if r, _, err := a.Documents.Reading(c.ctx, blank); err != nil || r.DocumentType != nil && r.DocumentType.Value == "rate_confirmation" || len(r.Flags) == 0 {
		t.Errorf("a page without words: %+v, %v; want no rate confirmation and a doubt that says so", r, err)
	}
}

// TestPapersThatLie brings rate confirmations that contradict themselves or
// another load: drafts, each with its doubt in words, and none overwrites another.
func TestPapersThatLie(t *testing.T) {
	t.Parallel()
	a := start(t)
	c := open(t, a, "LIES")
	h := a.Handler()
	one, two := paper.Random(21), paper.Random(22)
	two.Load = one.Load
	for _, rc := range []paper.RateCon{one, two} {
		must(a.Customers.AddCustomer(c.ctx, customers.Customer{Name: rc.Broker.Name, Kind: "broker", Mc: rc.Broker.MC, Usdot: rc.Broker.USDOT, TermsDays: 30}))(t)
		var b bytes.Buffer
		if err := paper.Layouts()[0].Print(&b, rc); err != nil {
			t.Fatal(err)
		}
		if w, _ := c.upload(t, h, "ratecon.pdf", b.Bytes()); w.Code != 201 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		c.settled(t, a)
	}
	lie := strings.NewReplacer("TOTAL", "$2,000.00", "ZIP", "75201", "DELIVERY", "11/24/2026")
	letter := "RATE CONFIRMATION\n\nLoad Number: NR\nBroker: Ironwren Transport Group\n\nSHIPPER (ORIGIN)\nCompany: Fennimore Fulfillment\nAddress: 3459 E 14th St\nCity: Dallas, TX ZIP\n" +
		"Pickup Date: 11/25/2026\nPickup Time: 08:00\n\nCONSIGNEE (DESTINATION)\nCompany: Inverleaf Dairy\nAddress: 9402 Mill Rd\nCity: Memphis, TN 38118\nDelivery Date: DELIVERY\nDelivery Time: 08:00\n\n" +
		"Line Haul: $1,000.00\nFuel Surcharge: $200.00\nTotal Rate: TOTAL\n"
	if w, _ := c.upload(t, h, "total and dates.txt", []byte(lie.Replace(strings.Replace(letter, "NR", "L810001", 1)))); w.Code != 201 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	truth := strings.NewReplacer("TOTAL", "$1,200.00", "DELIVERY", "11/27/2026", "ZIP", "60601")
	if w, _ := c.upload(t, h, "city and zip.txt", []byte(truth.Replace(strings.Replace(letter, "NR", "L810002", 1)))); w.Code != 201 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w, _ := c.upload(t, h, "unknown zip.txt", []byte(strings.NewReplacer("TOTAL", "$1,200.00", "DELIVERY", "11/27/2026", "TX ZIP", "TX 00000", "NR", "L810003").Replace(letter))); w.Code != 201 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	var drafts []loads.Load
	until(t, "five drafts", func() bool { drafts = must(a.Loads.Drafts(c.ctx, 10))(t); return len(drafts) == 5 })
	doubts := map[string][]loads.Flag{}
	for _, d := range drafts {
		doubts[d.CustomerRef] = append(doubts[d.CustomerRef], loads.Flags(d)...)
	}
	for ref, want := range map[string][]string{one.Load: {"another broker's load"}, "L810001": {"total_rate", "stops[1].window_start"}, "L810002": {"stops[0].zip"}, "L810003": {"stops[0].zip"}} {
		for _, w := range want {
			found := false
			for _, f := range doubts[ref] {
				found = found || strings.Contains(f.Field+" "+f.Reason, w)
			}
			if !found {
				t.Errorf("load %s has no doubt about %q: %+v", ref, w, doubts)
			}
		}
	}
}

// full is a file store whose disk is full; it stands for the real one where
// nobody may mount. What fileblob makes of a full disk it tests itself.
type full struct{ blob.Store }

func (full) Put(context.Context, string, io.Reader, int64, string) (blob.Info, error) {
	return blob.Info{}, errs.Unavailable("the disk is full; nothing was saved")
}

// TestDiskFullWhileUploading uploads to a file system of half a megabyte.
func TestDiskFullWhileUploading(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	dir := filepath.Join(data, "files")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	mounted := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=512k,mode=700")
	if mounted == nil {
		t.Cleanup(func() {
			if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
				t.Error(err)
			}
		})
	}
	a := startIn(t, data)
	c := open(t, a, "DISK")
	h := a.Handler()
	roomy := a.Documents.Blobs
	if mounted != nil {
		t.Log("may not mount here; a store that refuses stands for the full disk:", mounted)
		a.Documents.Blobs = full{roomy}
	}
	before := c.rows(t, a)
	letter := bytes.Repeat([]byte("Load Number: 12345 and much more of it\n"), 40_000)
	w, _ := c.upload(t, h, "long letter.txt", letter)
	refused(t, "a file larger than the disk", w, 503, "the disk is full; nothing was saved")
	unchanged(t, before, c.rows(t, a))
	if err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("left behind: %s", p)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	a.Documents.Blobs = roomy
	w, id := c.upload(t, h, "note.txt", []byte("RATE CONFIRMATION\nLoad Number: 12345\n"))
	if w.Code != 201 {
		t.Fatalf("a small file after it: %d %s", w.Code, w.Body)
	}
	until(t, "it is read", func() bool { return must(a.Documents.Get(c.ctx, id))(t).State == "read" })
}
