// Package e2e proves the product as its users meet it: the built program, a real
// browser, real files.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"image/jpeg"
	"image/png"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"truckflow/internal/sim/paper"
)

var shots = flag.String("screenshots", "", "folder to keep screenshots in")

// browser opens headless Chromium, Debian's.
func browser(t *testing.T) context.Context {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WindowSize(1440, 900),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))
	ctx, stop := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, done := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(done)
	if err := chromedp.Run(ctx); err != nil { // the browser lives as long as this context, not as the first step's
		t.Fatalf("no browser: %v (apt-get install chromium)", err)
	}
	return ctx
}

func do(t *testing.T, ctx context.Context, what string, as ...chromedp.Action) {
	t.Helper()
	step, cancel := context.WithTimeout(ctx, 40*time.Second)
	defer cancel()
	if err := chromedp.Run(step, as...); err != nil {
		var text string
		_ = chromedp.Run(ctx, chromedp.Evaluate(`document.body.innerText`, &text))
		shot(t, ctx, "failed")
		t.Fatalf("%s: %v\nthe page says:\n%s", what, err, text)
	}
}

// shot keeps a picture of the page at desktop and phone width, when asked.
func shot(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if *shots == "" || strings.Contains(t.Name(), "public") {
		return
	}
	for _, v := range []struct {
		suffix string
		w, h   int64
	}{{"", 1440, 900}, {"-phone", 390, 844}} {
		var png []byte
		if err := chromedp.Run(ctx, chromedp.EmulateViewport(v.w, v.h), chromedp.Sleep(300*time.Millisecond), chromedp.CaptureScreenshot(&png)); err != nil {
			t.Log(err)
			return
		}
		if err := os.WriteFile(filepath.Join(*shots, name+v.suffix+".png"), png, 0o644); err != nil {
			t.Error(err)
		}
	}
	_ = chromedp.Run(ctx, chromedp.EmulateViewport(1440, 900))
}

// public holds real documents that are not ours to keep in the repository.
var public = flag.String("public", "../../shared/data/documents/public", "folder with real rate confirmations, walked too where it is there")

// freight is a rate confirmation to walk with.
type freight struct {
	file, load string
	equipment  string
	length     int
	fix        []chromedp.Action // what a person puts right in the review
}

// TestJourney is the main job in a real browser, with a paper of our printer and
// once more with a real one.
func TestJourney(t *testing.T) {
	t.Run("printed", func(t *testing.T) {
		rc := twoStops(t)
		file := filepath.Join(forBrowser(t), "ratecon.pdf")
		var b bytes.Buffer
		if err := paper.Layouts()[0].Print(&b, rc); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		journey(t, freight{file, rc.Load, rc.Equipment, max(rc.LengthFt, 53), []chromedp.Action{chromedp.SetValue(`main [name=commodity]`, "Machinery parts, crated")}})
	})
	t.Run("public document", func(t *testing.T) {
		file, err := filepath.Abs(filepath.Join(*public, "rate_con_1_LD64392.pdf"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(file); err != nil {
			// Not a skip: nothing of ours is left untested where the folder is not.
			t.Logf("not walked: %v; name the folder of the public documents with -public", err)
			return
		}
		put := func(field, value string) chromedp.Action { return chromedp.SetValue(`main [name="`+field+`"]`, value) }
		journey(t, freight{file, "LD64392", "flatbed", 53, []chromedp.Action{ // the paper names no broker and runs a street and a city together
			chromedp.Evaluate(`(() => { const s = document.querySelector("main [name=customer_id]"); s.value = [...s.options].find(o => o.text.includes("Acme")).value })()`, nil),
			put("commodity", "Steel coils"), put("stops[1].city", "New York"), put("stops[1].state", "NY"), put("stops[1].zip", "10012")}})
	})
}

// journey walks it: company founded, rate confirmation dropped, reviewed, booked,
// dispatched, delivered, billed, paid, closed, and nothing owed.
func journey(t *testing.T, f freight) {
	p := serve(t)
	ctx := browser(t)
	do(t, ctx, "found the company", chromedp.Navigate(p.url), chromedp.WaitVisible(`input[name=company]`), chromedp.SendKeys(`input[name=company]`, "Prairie Line"),
		chromedp.SendKeys(`input[name=name]`, "Dana Ortiz"), chromedp.SendKeys(`input[name=email]`, "dana@example.com"),
		chromedp.SendKeys(`input[name=password]`, "prairie-line-42"), chromedp.Click(`button[type=submit]`), chromedp.WaitVisible(`[data-dropzone]`))
	shot(t, ctx, "needs-you-empty")
	token := p.signIn(t)
	var acme struct{ ID string }
	p.api(t, "/v1/customers", token, map[string]string{"name": "Acme Brokerage", "kind": "broker"}, &acme)
	do(t, ctx, "drop the rate confirmation", chromedp.SetUploadFiles(`[data-dropzone] input[type=file]`, []string{f.file}), chromedp.WaitVisible(`.uploads li[class*=tone-]`))
	var html string
	// The file's own name may hold the load's number, so the link to its review is waited for; a first reading on a
	// machine that is busy also makes PDFium ready.
	read := func() bool { return strings.Contains(html, f.load) && strings.Contains(html, `href="/review/`) }
	for end := time.Now().Add(90 * time.Second); time.Now().Before(end) && !read(); time.Sleep(300 * time.Millisecond) {
		do(t, ctx, "open the review queue", chromedp.Navigate(p.url+"/review"), chromedp.OuterHTML("main", &html))
	}
	if !read() {
		t.Fatalf("load %s never came to review", f.load)
	}
	shot(t, ctx, "review-queue")
	do(t, ctx, "open the review", chromedp.Click(`main a[href^="/review/"]`), chromedp.WaitVisible(`[data-sheet] img`), chromedp.WaitVisible(`main [name=customer_ref]`), chromedp.Sleep(time.Second))
	shot(t, ctx, "review")
	var boxes int
	do(t, ctx, "evidence", chromedp.Evaluate(`document.querySelectorAll("[data-evidence-box]").length`, &boxes))
	if boxes < 8 {
		t.Errorf("%d fields carry evidence, 8 or more expected", boxes)
	}
	do(t, ctx, "fix what is wrong", f.fix...)
	do(t, ctx, "book", chromedp.Click(`button[value=book]`), chromedp.WaitNotPresent(`[data-sheet]`))
	p.fleet(t, token, f.equipment, f.length)
	var load string
	do(t, ctx, "find it on the board", chromedp.Navigate(p.url+"/board"), chromedp.WaitVisible(`[data-load]`), chromedp.AttributeValue(`[data-load]`, "data-load", &load, nil))
	at := p.url + "/loads/" + load
	do(t, ctx, "assign and dispatch", chromedp.Navigate(at), chromedp.Click(`[data-dialog-src$="/assign"]`, chromedp.NodeVisible), chromedp.WaitVisible(`button[name=dispatch]`), chromedp.Sleep(200*time.Millisecond))
	shot(t, ctx, "assign")
	do(t, ctx, "dispatch", chromedp.Click(`button[name=dispatch]`))
	for _, verb := range []string{"arrive", "load", "depart", "arrive", "deliver"} {
		b := fmt.Sprintf(`form:not(.form)[action="/loads/%s/%s"] button`, load, verb)
		do(t, ctx, verb, chromedp.WaitVisible(b), chromedp.Click(b), chromedp.WaitNotPresent(b), chromedp.Sleep(300*time.Millisecond))
	}
	shot(t, ctx, "load")
	pod := p.photo(t)
	do(t, ctx, "bring the POD", chromedp.Navigate(at), chromedp.SetValue(`#drop-papers [name=kind]`, "proof_of_delivery"), chromedp.SetUploadFiles(`#drop-papers input[type=file]`, []string{pod}), chromedp.WaitVisible(`.uploads li[class*=tone-]`))
	accept := `form[action$="/accept"] button`
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(500 * time.Millisecond) {
		var n int
		do(t, ctx, "wait for the POD's check", chromedp.Evaluate(`location.reload()`, nil), chromedp.Sleep(1500*time.Millisecond), chromedp.Evaluate(`document.querySelectorAll('form[action$="/accept"]').length`, &n))
		if n > 0 {
			break
		}
	}
	shot(t, ctx, "pod")
	// The truck stood there today, the paper was signed on the day it was printed for.
	do(t, ctx, "settle the difference", chromedp.SetValue(`form[action$="/accept"] [name=reason]`, "signed on the day that was planned"))
	do(t, ctx, "accept the POD", chromedp.Click(accept), chromedp.WaitNotPresent(accept))
	do(t, ctx, "issue the invoice", chromedp.Navigate(p.url+"/billing/loads/"+load), chromedp.Click(`#issue button`), chromedp.WaitVisible(`form[action$="/send"] button`))
	do(t, ctx, "send it", chromedp.SetValue(`form[action$="/send"] [name=to]`, "ap@broker.example.com"), chromedp.Click(`form[action$="/send"] button`), chromedp.Sleep(500*time.Millisecond), chromedp.WaitVisible(`#pay`))
	shot(t, ctx, "invoice")
	var open string
	do(t, ctx, "record the payment", chromedp.Click(`#pay button`), chromedp.WaitNotPresent(`#pay`), chromedp.Navigate(p.url+"/billing"), chromedp.WaitReady("h1"), chromedp.Evaluate(`document.body.innerText`, &open))
	if !strings.Contains(open, "$0.00") {
		t.Errorf("money is still owed:\n%s", open)
	}
	var state string
	do(t, ctx, "the load is closed", chromedp.Navigate(at), chromedp.WaitReady("h1"), chromedp.Evaluate(`document.body.innerText`, &state))
	if !strings.Contains(strings.ToLower(state), "closed") {
		t.Errorf("the load is not closed:\n%s", state)
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && !strings.Contains(html, "Invoice INV-00001"); time.Sleep(300 * time.Millisecond) {
		do(t, ctx, "the mail that was kept", chromedp.Navigate(p.url+"/mail"), chromedp.OuterHTML("main", &html))
	}
	if !strings.Contains(html, "Invoice INV-00001") {
		t.Error("the invoice's mail is not shown")
	}
	for _, page := range []string{"board", "map", "loads", "fleet", "customers", "billing", "documents", "mail", "settings"} {
		do(t, ctx, page, chromedp.Navigate(p.url+"/"+page), chromedp.WaitReady("h1"), chromedp.Sleep(300*time.Millisecond))
		shot(t, ctx, page)
	}
	do(t, ctx, "the API's page", chromedp.Navigate(p.url+"/v1/docs"), chromedp.WaitVisible("#create-load"))
	shot(t, ctx, "api")
}

// twoStops is a made-up rate confirmation with one pickup and one delivery.
func twoStops(t *testing.T) paper.RateCon {
	t.Helper()
	for seed := int64(1); seed < 200; seed++ {
		if rc := paper.Random(seed); len(rc.Stops) == 2 && rc.Equipment == "van" {
			return rc
		}
	}
	t.Fatal("the printer makes no two-stop van loads any more")
	return paper.RateCon{}
}

// api posts JSON as the owner and returns the answer's id.
func (p *program) api(t *testing.T, path, token string, in, out any) {
	t.Helper()
	b, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", p.url+path, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	r, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode > 299 {
		t.Fatalf("POST %s: %d %s %v", path, r.StatusCode, body, err)
	}
	if err := json.Unmarshal(body, out); err != nil {
		t.Fatalf("POST %s: %v", path, err)
	}
}

// signIn returns the owner's token.
func (p *program) signIn(t *testing.T) string {
	t.Helper()
	var tok struct{ Token string }
	p.api(t, "/v1/auth/token", "", map[string]string{"email": "dana@example.com", "password": "prairie-line-42"}, &tok)
	return tok.Token
}

// fleet adds a driver, a truck and a trailer through the API and returns their ids.
func (p *program) fleet(t *testing.T, token, equipment string, length int) (driver, truck, trailer string) {
	t.Helper()
	var d, u, r struct{ ID string }
	later := time.Now().AddDate(1, 0, 0).Format("2006-01-02")
	p.api(t, "/v1/drivers", token, map[string]any{"name": "Ana Ruiz", "cdl_number": "D1234567", "cdl_state": "TX", "cdl_class": "A", "cdl_expires": later, "medical_expires": later}, &d)
	p.api(t, "/v1/trucks", token, map[string]any{"unit_number": "101", "driver_id": d.ID, "home_city": "Dallas", "home_state": "TX"}, &u)
	p.api(t, "/v1/trailers", token, map[string]any{"unit_number": "5301", "equipment": equipment, "length_ft": length}, &r)
	return d.ID, u.ID, r.ID
}

// photo is a phone picture of the signed proof of delivery.
func (p *program) photo(t *testing.T) string {
	t.Helper()
	pod := paper.RandomPOD(5)
	pod.Signed = true
	var b bytes.Buffer
	if _, err := paper.PrintPOD(&b, pod); err != nil {
		t.Fatal(err)
	}
	dir := forBrowser(t)
	if err := os.WriteFile(filepath.Join(dir, "pod.pdf"), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("pdftoppm", "-r", "150", "-f", "1", "-l", "1", "-png", "-singlefile", filepath.Join(dir, "pod.pdf"), filepath.Join(dir, "pod")).CombinedOutput(); err != nil {
		t.Fatalf("pdftoppm: %v %s (apt-get install poppler-utils)", err, out)
	}
	f, err := os.Open(filepath.Join(dir, "pod.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	page, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	var j bytes.Buffer
	if err := jpeg.Encode(&j, paper.Photo(7, page, paper.PhotoOptions{SkewDeg: 0.8, JPEGQuality: 70}), nil); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "pod.jpg")
	if err := os.WriteFile(name, j.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
