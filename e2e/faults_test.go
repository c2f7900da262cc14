package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"truckflow/internal/sim/paper"
)

// client is a program that talks to the API as the owner.
type client struct {
	*program
	token string
}

// found makes the company as the first visitor and returns its owner's client.
func (p *program) found(t *testing.T) client {
	t.Helper()
	noRedirect := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := noRedirect.PostForm(p.url+"/setup", url.Values{"company": {"Prairie Line"}, "name": {"Dana Ortiz"}, "email": {"dana@example.com"}, "password": {"prairie-line-42"}})
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusSeeOther {
		t.Fatalf("setup: %d", r.StatusCode)
	}
	return client{p, p.signIn(t)}
}

// ask sends one request; code is 0 when no answer came.
func (c client) ask(method, path, contentType, key string, in []byte) (code int, answer []byte) {
	r, err := http.NewRequest(method, c.url+path, bytes.NewReader(in))
	if err != nil {
		return 0, []byte(err.Error())
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	res, err := (&http.Client{Timeout: time.Minute}).Do(r)
	if err != nil {
		return 0, []byte(err.Error())
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	if err != nil {
		return 0, []byte(err.Error())
	}
	return res.StatusCode, answer
}

// get reads one JSON answer.
func (c client) get(t *testing.T, path string, out any) {
	t.Helper()
	code, b := c.ask("GET", path, "", "", nil)
	if code != 200 {
		t.Fatalf("GET %s: %d %s", path, code, b)
	}
	if err := json.Unmarshal(b, out); err != nil {
		t.Fatal(err)
	}
}

// upload sends a file with form fields, name and value, and returns the document's id.
func (c client) upload(t *testing.T, file string, fields ...string) (id string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i < len(fields); i += 2 {
		if err := m.WriteField(fields[i], fields[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	f, err := m.CreateFormFile("file", filepath.Base(file))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.Write(data)
	m.Close()
	code, answer := c.ask("POST", "/v1/documents", m.FormDataContentType(), "", b.Bytes())
	var made struct{ ID string }
	if err := json.Unmarshal(answer, &made); err != nil || code != 201 {
		t.Fatalf("upload: %d %s", code, answer)
	}
	return made.ID
}

// TestKilledBetweenUploadAndReading ends the program like a power cut while it
// reads one paper and another waits: after the next start both are read, once.
func TestKilledBetweenUploadAndReading(t *testing.T) {
	t.Parallel()
	p := serve(t)
	c := p.found(t)
	waiting := filepath.Join(t.TempDir(), "ratecon.pdf")
	var b bytes.Buffer
	if err := paper.Layouts()[0].Print(&b, twoStops(t)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(waiting, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	docs := []string{c.upload(t, p.photo(t)), c.upload(t, waiting)} // a photo takes seconds to read
	p.kill(t)
	p.start(t)
	for _, id := range docs {
		var d struct{ State, Error string }
		for end := time.Now().Add(40 * time.Second); time.Now().Before(end) && d.State != "read"; time.Sleep(200 * time.Millisecond) {
			c.get(t, "/v1/documents/"+id, &d)
		}
		if d.State != "read" {
			t.Errorf("document %s is still %s %s", id, d.State, d.Error)
		}
	}
	var drafts struct{ Items []struct{ State string } }
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && len(drafts.Items) == 0; time.Sleep(200 * time.Millisecond) {
		c.get(t, "/v1/loads", &drafts)
	}
	if len(drafts.Items) != 1 || drafts.Items[0].State != "draft" {
		t.Errorf("the rate confirmation became %+v, want one draft", drafts.Items)
	}
}

// postgres lists the processes of the program's own server, the first one first.
func (p *program) postgres(t *testing.T) (pids []int) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(p.dir, "postgres", "*", "postmaster.pid"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	b, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	main, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", main, main))
	if err != nil {
		t.Fatal(err)
	}
	pids = []int{main}
	for _, f := range strings.Fields(string(children)) {
		pid, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// book books load n, again and again until it is done or refused for good: what
// a client with an idempotency key does. The answers on the way must be clear.
func (c client) book(customer string, n int) error {
	body := []byte(fmt.Sprintf(`{"customer_id":%q,"customer_load_number":"N-%d","equipment":"van","charges":[{"kind":"linehaul","amount":"900.00"}],
		"stops":[{"type":"pickup","city":"Dallas","state":"TX","zip":"75201","window_start":"2026-12-01"},{"type":"delivery","city":"Memphis","state":"TN","zip":"38118","window_start":"2026-12-02"}]}`, customer, n))
	for range 40 {
		switch code, answer := c.ask("POST", "/v1/loads", "application/json", fmt.Sprintf("load %d", n), body); {
		case code == 201:
			return nil
		case code == 503 && bytes.Contains(answer, []byte(`"status":503`)) && (bytes.Contains(answer, []byte("try again")) || bytes.Contains(answer, []byte("nothing can be saved just now"))):
			time.Sleep(500 * time.Millisecond)
		case code == 409 && bytes.Contains(answer, []byte("was carried out")):
			return nil // its answer was lost, its effect was not
		default:
			return fmt.Errorf("load %d: %d %s", n, code, answer)
		}
	}
	return fmt.Errorf("load %d was never booked", n)
}

// away is how long the database stands still.
const away = 10 * time.Second

// TestDatabaseGoesAwayMidRequest books loads without pause while the database
// stands still for ten seconds and then is killed: every client gets its load or a
// clear "try again", and in the end each load is there exactly once.
func TestDatabaseGoesAwayMidRequest(t *testing.T) {
	t.Parallel() // it waits more than it works
	p := serve(t)
	c := p.found(t)
	var cust struct{ ID string }
	p.api(t, "/v1/customers", c.token, map[string]any{"name": "Acme Brokerage", "kind": "broker"}, &cust)
	const clients, each = 4, 60
	var wg sync.WaitGroup
	errs := make(chan error, clients*each)
	half := make(chan struct{}, clients)
	for i := range clients {
		wg.Go(func() {
			for n := range each {
				if n == each/3 {
					half <- struct{}{}
				}
				if err := c.book(cust.ID, i*each+n); err != nil {
					errs <- err
				}
			}
		})
	}
	for range clients {
		<-half
	}
	pids := p.postgres(t)
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGSTOP)
	}
	back := time.After(away)
	if code, answer := c.ask("GET", "/readyz", "", "", nil); code != http.StatusServiceUnavailable || !bytes.Contains(answer, []byte("the database does not answer")) {
		t.Errorf("ready without a database: %d %s", code, answer)
	}
	if code, answer := c.ask("GET", "/healthz", "", "", nil); code != http.StatusOK {
		t.Errorf("the program itself: %d %s", code, answer)
	}
	<-back
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
	time.Sleep(200 * time.Millisecond)
	if err := syscall.Kill(pids[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	seen, cursor := map[string]int{}, ""
	for {
		var page struct {
			Items []struct {
				Ref   string `json:"customer_load_number"`
				Total string `json:"total"`
			}
			Next string
		}
		c.get(t, "/v1/loads?limit=200&cursor="+url.QueryEscape(cursor), &page)
		for _, l := range page.Items {
			if seen[l.Ref]++; l.Total != "900.00" {
				t.Errorf("load %s is half done: total %s", l.Ref, l.Total)
			}
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	for n := range clients * each {
		if ref := fmt.Sprintf("N-%d", n); seen[ref] != 1 {
			t.Errorf("load %s is there %d times", ref, seen[ref])
		}
	}
}
