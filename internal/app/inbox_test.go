package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"truckflow/internal/documents"
	"truckflow/internal/documents/extract"
	"truckflow/internal/inbox"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
	"truckflow/internal/platform/mail/mailtest"
	"truckflow/internal/platform/pg"
	"truckflow/internal/sim/paper"
)

// ratecon prints a rate confirmation of a seed for a load number at a total.
func ratecon(t *testing.T, seed int64, number string, total money.Cents) []byte {
	t.Helper()
	rc := paper.Random(seed)
	rc.Load, rc.Total = number, total
	rc.Charges = []paper.Charge{{Kind: "linehaul", Description: "Line haul", Amount: total}}
	var pdf bytes.Buffer
	if err := paper.Layouts()[0].Print(&pdf, rc); err != nil {
		t.Fatal(err)
	}
	return pdf.Bytes()
}

// letter writes a mail; head are its further lines, files come in pairs of name and content.
func letter(from, subject, id, head, body string, files ...string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "From: %s\r\nTo: dispatch@prairie.example\r\nSubject: %s\r\nMessage-ID: <%s>\r\nDate: %s\r\n%sMIME-Version: 1.0\r\n", from, subject, id, time.Now().UTC().Format(time.RFC1123Z), head)
	b.WriteString("Content-Type: multipart/mixed; boundary=cut\r\n\r\n--cut\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body + "\r\n")
	for i := 0; i+1 < len(files); i += 2 {
		fmt.Fprintf(&b, "--cut\r\nContent-Type: application/octet-stream; name=%q\r\nContent-Disposition: attachment; filename=%q\r\nContent-Transfer-Encoding: base64\r\n\r\n", files[i], files[i])
		enc := base64.StdEncoding.EncodeToString([]byte(files[i+1]))
		for ; len(enc) > 76; enc = enc[76:] {
			b.WriteString(enc[:76] + "\r\n")
		}
		b.WriteString(enc + "\r\n")
	}
	b.WriteString("--cut--\r\n")
	return []byte(b.String())
}

// mailbox is a company whose mailbox stands on a real server of the test.
type mailbox struct {
	*mailtest.Box
	a   *App
	ctx context.Context
	t   *testing.T
}

func openMailbox(t *testing.T) mailbox {
	t.Helper()
	return openMailboxIn(t, startIn(t, t.TempDir(), "TRUCKFLOW_MAILBOX_HOSTS", "127.0.0.0/8"))
}

func openMailboxIn(t *testing.T, a *App) mailbox {
	t.Helper()
	m := mailbox{mailtest.StartIMAP(t, "plain"), a, found(t, a, "Prairie"), t}
	b := inbox.Box{Host: m.Host, Port: m.Port, Security: "plain", User: mailtest.User, Folder: "INBOX", Since: time.Now().UTC().AddDate(0, 0, -2)}
	if n, err := a.Inbox.Test(m.ctx, b, mailtest.Password); err != nil || n != 0 {
		t.Fatal(n, err)
	}
	if err := a.Inbox.SetBox(m.ctx, b, mailtest.Password); err != nil {
		t.Fatal(err)
	}
	return m
}

// arrive delivers mails, an hour apart, and waits until the mailbox was read.
func (m mailbox) arrive(mails ...[]byte) {
	m.t.Helper()
	for i, raw := range mails {
		m.Put(raw, time.Now().Add(time.Duration(i-len(mails))*time.Minute))
	}
	m.poll()
}

// poll has the mailbox read until all of it is taken. The program's own clock may
// be reading it at the same time.
func (m mailbox) poll() {
	m.t.Helper()
	all, _ := m.Mails()
	until(m.t, "all mails are taken", func() (done bool) {
		m.due()
		if err := m.a.Inbox.Poll(m.system()); err != nil {
			m.t.Fatal(err)
		}
		err := m.a.d.db.WithRead(m.system(), func(ctx context.Context, tx *pg.Tx) error {
			return tx.QueryRow(ctx, "select last_uid = $1 and lease is null from mailboxes", all).Scan(&done)
		})
		if err != nil {
			m.t.Fatal(err)
		}
		return done
	})
	if b := must(m.a.Inbox.Box(m.ctx))(m.t); b.Error != "" {
		m.t.Fatal(b.Error)
	}
}

func (m mailbox) system() context.Context {
	who, _ := tenant.From(m.ctx)
	return tenant.System(m.t.Context(), who.Org)
}

// due waits until nobody reads the mailbox and makes it due.
func (m mailbox) due() {
	m.t.Helper()
	until(m.t, "nobody reads the mailbox", func() (idle bool) {
		err := m.a.d.db.WithTx(m.system(), func(ctx context.Context, tx *pg.Tx) error {
			tag, err := tx.Exec(ctx, "update mailboxes set due_at = due_at - interval '1 day' where lease is null")
			idle = tag.RowsAffected() == 1
			return err
		})
		if err != nil {
			m.t.Fatal(err)
		}
		return idle
	})
}

// message finds a mail by its subject.
func (m mailbox) message(subject string) inbox.Entry {
	m.t.Helper()
	for _, x := range must(m.a.Inbox.List(m.ctx, inbox.Filter{}, page.Request{}))(m.t).Items {
		if x.Subject != subject {
			continue
		}
		_, thread, err := m.a.Inbox.Thread(m.ctx, x.ID)
		if err != nil {
			m.t.Fatal(err)
		}
		for _, e := range thread {
			if e.ID == x.ID {
				return e
			}
		}
	}
	m.t.Fatalf("no mail %q", subject)
	return inbox.Entry{}
}

// load waits for the load that a document of a mail came to.
func (m mailbox) load(subject string, file int) loads.Full {
	m.t.Helper()
	e := m.message(subject)
	if file >= len(e.Files) || e.Files[file].DocumentID == nil {
		m.t.Fatalf("%s: %s %s %+v", subject, e.State, e.Why, e.Files)
	}
	doc := *e.Files[file].DocumentID
	var load ids.ID
	until(m.t, subject+" has its load", func() bool {
		load = ids.Of(must(m.a.Documents.Get(m.ctx, doc))(m.t).LoadID)
		return !load.IsZero()
	})
	return must(m.a.Loads.Get(m.ctx, load))(m.t)
}

// TestMailBecomesLoads walks mails of every kind through a real IMAP server, the
// reader and the rooms.
func TestMailBecomesLoads(t *testing.T) {
	t.Parallel()
	m := openMailbox(t)
	const broker, other = `"Ann Lee" <ann@broker.example>`, `Eve <eve@elsewhere.example>`
	m.arrive(
		letter(broker, "Rate con A-7001", "a1@broker.example", "", "Attached. We agreed on $1,950.00 all in.\r\n\r\nOn Mon, Ann Lee wrote:\r\n> Rate: $1,400.00, VOID", "A-7001.pdf", string(ratecon(t, 21, "A-7001", 180_000))),
		letter("Deals <win@spam.example>", "You have won", "s1@spam.example", "", "Dear friend, claim your prize of $9,000,000.00 today."),
		letter(broker, "Another offer", "b1@broker.example", "", strings.ReplaceAll(offerBody, "\n", "\r\n")),
		[]byte("From: broken@broker.example\r\nSubject: broken\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: application/pdf\r\n\r\nhalf"),
		letter(broker, "A list", "l1@broker.example", "", "see attached", "loads.zip", "PK\x03\x04 not a paper"))
	f := m.load("Rate con A-7001", 0)
	if f.State != "draft" || f.CustomerRef != "A-7001" || f.TotalCents != 180_000 {
		t.Errorf("the paper counts: %s %s %s", f.State, f.CustomerRef, f.TotalCents.Dollars())
	}
	if !flagged(f, "total_rate", "the mail it came with says $1950.00, the paper $1800.00") {
		t.Errorf("what the mail says otherwise is not flagged: %+v", loads.Flags(f.Load))
	}
	if o := m.load("Another offer", 0); o.CustomerRef != "B-8002" || o.TotalCents != 210_000 || len(o.Stops) != 2 {
		t.Errorf("an offer in words: %s %s, %d stops", o.CustomerRef, o.TotalCents.Dollars(), len(o.Stops))
	}
	for subject, want := range map[string][2]string{"You have won": {inbox.Ignored, "no load"}, "broken": {inbox.Failed, "damaged"}, "A list": {inbox.Ignored, "loads.zip: "}} {
		if e := m.message(subject); e.State != want[0] || !strings.Contains(e.Why, want[1]) {
			t.Errorf("%s: %s, %s", subject, e.State, e.Why)
		}
	}
	if _, seen := m.Mails(); seen != 0 || m.Fetched() != 5 {
		t.Errorf("%d mails marked as read, %d fetched", seen, m.Fetched())
	}
	m.answers(f, broker, other)
	m.onceOnly()
	m.shown(f)
}

// answers are the mails that follow in the thread of f.
func (m mailbox) answers(f loads.Full, broker, other string) {
	t := m.t
	re := func(id string) string { return "References: <a1@broker.example>\r\nIn-Reply-To: <" + id + ">\r\n" }
	// The thread's newest paper counts, whoever came first.
	m.arrive(letter(broker, "Re: a word", "a2@broker.example", re("a1@broker.example"), "The dock closes at four."),
		letter(broker, "Re: revised", "a3@broker.example", re("a2@broker.example"), "Revised, the old one is void.", "A-7001 rev.pdf", string(ratecon(t, 21, "A-7001", 200_000))))
	g := m.load("Re: revised", 0)
	if g.ID != f.ID {
		t.Fatalf("the answer made another load: %s", g.Number)
	}
	until(t, "the draft says what the newer paper says", func() bool { return must(m.a.Loads.Get(m.ctx, f.ID))(t).TotalCents == 200_000 })
	if e := m.message("Re: a word"); e.State != inbox.InThread || e.ThreadID != m.message("Rate con A-7001").ThreadID {
		t.Errorf("%s, its own thread: %v", e.State, e.ThreadID)
	}
	// One that was written before both and comes in last is not read as the rate.
	m.Put(letter(broker, "Re: first quote", "a0@broker.example", re("a1@broker.example"), "Our first quote", "A-7001 old.pdf", string(ratecon(t, 21, "A-7001", 150_000))), time.Now().Add(-20*time.Hour))
	// A stranger who knows the thread changes nothing.
	m.arrive(letter(other, "Re: pay me", "e1@elsewhere.example", re("a1@broker.example"), "New rate", "A-7001 new.pdf", string(ratecon(t, 21, "A-7001", 90_000))))
	m.load("Re: first quote", 0)
	m.load("Re: pay me", 0)
	until(t, "both were looked at", func() bool {
		st := must(m.a.Loads.Story(m.ctx, f.ID))(t)
		n := 0
		for _, e := range st.Events {
			if strings.HasSuffix(e.Text, "it was not taken") {
				n++
			}
		}
		return n == 2
	})
	g = must(m.a.Loads.Get(m.ctx, f.ID))(t)
	if g.TotalCents != 200_000 || !flagged(g, "total_rate", "another sender") {
		t.Errorf("%s, %+v", g.TotalCents.Dollars(), loads.Flags(g.Load))
	}
	// Another load in the same thread is another load.
	m.arrive(letter(broker, "Re: one more", "a4@broker.example", re("a3@broker.example"), "One more for you", "A-7002.pdf", string(ratecon(t, 22, "A-7002", 120_000))))
	if h := m.load("Re: one more", 0); h.ID == f.ID || h.CustomerRef != "A-7002" {
		t.Errorf("%s %s", h.Number, h.CustomerRef)
	}
	// Once a person has written in the draft, a newer paper is only told.
	in := g.Input()
	in.Commodity = "what a person typed"
	must(m.a.Loads.Edit(m.ctx, g.ID, g.Version, in))(t)
	m.arrive(letter(broker, "Re: last word", "a5@broker.example", re("a3@broker.example"), "Last one", "A-7001 last.pdf", string(ratecon(t, 21, "A-7001", 230_000))))
	m.load("Re: last word", 0)
	until(t, "the draft says so", func() bool {
		g = must(m.a.Loads.Get(m.ctx, f.ID))(t)
		return flagged(g, "total_rate", "a newer paper came in the mail thread, a rate confirmation of $2,300.00; this load says $2,000.00")
	})
	if g.TotalCents != 200_000 || g.Commodity != "what a person typed" {
		t.Errorf("%s %s", g.TotalCents.Dollars(), g.Commodity)
	}
}

// onceOnly has the mailbox say everything again in several ways.
func (m mailbox) onceOnly() {
	t := m.t
	count := func() (mails, docs int) {
		return len(must(m.a.Inbox.List(m.ctx, inbox.Filter{}, page.Request{Limit: 200}))(t).Items), len(must(m.a.Documents.List(m.ctx, page.Request{Limit: 200}))(t).Items)
	}
	mails, docs := count()
	again := letter("ann@broker.example", "twice", "t1@broker.example", "", "no paper")
	m.arrive(again)
	fetched := m.Fetched()
	m.poll()
	if m.Fetched() != fetched {
		t.Error("what was read is fetched again")
	}
	m.Renew() // the server was restored: other numbers for the same mails
	withTrace := append([]byte("Received: from relay.example by mx.example\r\n"), again...)
	m.arrive(withTrace, letter("ann@broker.example", "after the restore", "t2@broker.example", "", "no paper"))
	r := bytes.NewReader(bytes.ReplaceAll(again, []byte("\r\n"), []byte("\n"))) // and somebody drops it too
	if _, was, err := m.a.Inbox.Upload(m.ctx, r); err != nil || !was {
		t.Errorf("again %v, %v", was, err)
	}
	if n, d := count(); n != mails+2 || d != docs {
		t.Errorf("%d mails and %d documents more, want 2 and 0", n-mails, d-docs)
	}
	// Several instances at one moment: each mail is taken by one.
	for i := range 6 {
		m.Put(letter("ann@broker.example", "race", fmt.Sprintf("r%d@broker.example", i), "", "no paper"), time.Now())
	}
	m.due()
	fetched = m.Fetched()
	done := make(chan error)
	for range 4 {
		go func() { done <- m.a.Inbox.Poll(m.system()) }()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	m.poll()
	if n, _ := count(); n != mails+8 || m.Fetched() != fetched+6 {
		t.Errorf("%d mails of 6 taken, %d fetched", n-mails-2, m.Fetched()-fetched)
	}
}

// shown looks at the pages.
func (m mailbox) shown(f loads.Full) {
	t := m.t
	b := browse(t, m.a, "Prairie")
	has(t, b.get("/inbox"), "Rate con A-7001", "ann@broker.example", "no paper is attached", "not readable")
	if p := b.get("/inbox?state=ignored"); strings.Contains(p, "Rate con A-7001") || !strings.Contains(p, "You have won") {
		t.Error("the list of ignored mails is not that")
	}
	e := m.message("Rate con A-7001")
	has(t, b.get("/inbox/"+e.ID.String()), "We agreed on $1,950.00", "Older mails it quotes", "The dock closes at four.", "/documents/"+e.Files[0].DocumentID.String())
	has(t, b.get("/loads/"+f.ID.String()), "/inbox/thread?doc=")
	has(t, b.get("/documents/"+e.Files[0].DocumentID.String()), "/inbox/thread?doc="+e.Files[0].DocumentID.String())
	w := b.do(http.MethodGet, "/inbox/thread?doc="+e.Files[0].DocumentID.String(), nil)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/inbox/"+m.message("Re: first quote").ID.String() {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
	html := strings.ReplaceAll(`From: x@y.example
Subject: <script>alert(1)</script>
Content-Type: text/html

<p onclick="bad()">Hello<script>steal()</script><img src="https://track.example/x.gif"></p>`, "\n", "\r\n")
	x, _, err := m.a.Inbox.Upload(m.ctx, strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	p := b.get("/inbox/" + x.ID.String())
	for _, bad := range []string{"<script>alert", "onclick=\"bad", "steal()", "track.example"} {
		if strings.Contains(p, bad) {
			t.Errorf("a stranger's HTML is on the page: %s", bad)
		}
	}
	has(t, p, "Hello", "Make a document of it")
	if w := b.do(http.MethodPost, "/inbox/"+x.ID.String()+"/keep", url.Values{}); w.Code >= 400 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if e := m.message("<script>alert(1)</script>"); e.State != inbox.Taken || e.Files[0].DocumentID == nil {
		t.Errorf("%+v", e)
	}
}

const offerBody = `Please confirm the following load per our call:

Load #: B-8002
Carrier: Prairie
Equipment: 53ft Dry Van

Pickup: Plumstead Hill Manufacturing, Visalia, CA 93291
6/14/26 0530 appt

Delivery: Mossbridge Auto Parts DC, Kansas City, KS 66106
6/17/26 0900-1300 appt

Rate: $2,100.00 all-in
Weight: 23,300 lbs
Commodity: Potted Plants

Thanks,
Ann Lee
Broker Example Logistics LLC`

func flagged(f loads.Full, field, words string) bool {
	for _, x := range loads.Flags(f.Load) {
		if x.Field == field && x.Severity == extract.Check && strings.Contains(x.Reason, words) {
			return true
		}
	}
	return false
}

// TestThePasswordStaysInside: it is on no page, in no log, in no error and in no
// backup of the rows; and it is shown to no other server than the one it was typed for.
func TestThePasswordStaysInside(t *testing.T) {
	t.Parallel()
	m := openMailbox(t)
	b := browse(t, m.a, "Prairie")
	if p := b.get("/settings/mailbox"); strings.Contains(p, mailtest.Password) || !strings.Contains(p, "Kept encrypted") {
		t.Error("the page shows the password, or does not say that it is kept")
	}
	box := must(m.a.Inbox.Box(m.ctx))(t)
	elsewhere := box
	elsewhere.Port = mailtest.StartIMAP(t, "plain").Port
	for what, try := range map[string]func() error{
		"a test":   func() error { _, err := m.a.Inbox.Test(m.ctx, elsewhere, ""); return err },
		"a change": func() error { return m.a.Inbox.SetBox(m.ctx, elsewhere, "") },
	} {
		if err := try(); !errs.Is(err, errs.KindInvalid) || errs.Public(err).Fields["password"] == "" {
			t.Errorf("%s takes the password to another server: %v", what, err)
		}
	}
	form := url.Values{"version": {fmt.Sprint(box.Version)}, "host": {m.Host}, "port": {fmt.Sprint(m.Port)}, "security": {"plain"}, "user": {mailtest.User}, "folder": {"INBOX"}, "since": {box.Since.Format(time.DateOnly)}}
	if w := b.do(http.MethodPost, "/settings/mailbox/test", form); w.Code != 200 || !strings.Contains(w.Body.String(), "It works") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	form.Set("password", "wrong-guess-77")
	w := b.do(http.MethodPost, "/settings/mailbox/test", form)
	if w.Code != 200 || !strings.Contains(w.Body.String(), "refused the user or the password") || strings.Contains(w.Body.String(), "wrong-guess-77") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	form.Set("host", "169.254.169.254")
	form.Set("port", "993")
	form.Set("security", "tls")
	if w := b.do(http.MethodPost, "/settings/mailbox/test", form); !strings.Contains(w.Body.String(), "not on the public internet") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	// A wrong password that was saved is told, and not tried at once again.
	form = url.Values{"version": {fmt.Sprint(box.Version)}, "host": {m.Host}, "port": {fmt.Sprint(m.Port)}, "security": {"plain"}, "user": {mailtest.User}, "folder": {"INBOX"}, "since": {box.Since.Format(time.DateOnly)}, "password": {"wrong-guess-77"}}
	if w := b.do(http.MethodPost, "/settings/mailbox", form); w.Code >= 400 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	until(t, "the refusal is told", func() bool { return must(m.a.Inbox.Box(m.ctx))(t).Error != "" })
	box = must(m.a.Inbox.Box(m.ctx))(t)
	if !strings.Contains(box.Error, "refused") || time.Until(box.DueAt) < 5*time.Minute {
		t.Errorf("%q, again at %s", box.Error, box.DueAt)
	}
	has(t, b.get("/inbox"), "could not be read", "refused the user or the password")
	who, _ := tenant.From(m.ctx)
	for table, rows := range (company{org: who.Org, files: m.a.cfg.DataDir}).rows(t, m.a) {
		if strings.Contains(rows, mailtest.Password) || strings.Contains(rows, "wrong-guess-77") {
			t.Errorf("%s holds the password", table)
		}
	}
	_ = filepath.WalkDir(m.a.cfg.DataDir, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if data, _ := os.ReadFile(p); bytes.Contains(data, []byte(mailtest.Password)) {
				t.Errorf("%s holds the password", p)
			}
		}
		return nil
	})
	if w := b.do(http.MethodPost, "/settings/mailbox/remove", url.Values{}); w.Code >= 400 {
		t.Errorf("%d", w.Code)
	}
	if box := must(m.a.Inbox.Box(m.ctx))(t); box.Version != 0 {
		t.Errorf("%+v", box)
	}
}

// TestMailsAreForgotten moves the clock: spam goes after a month, a thread with a
// paper stays for as long as the paper does.
func TestMailsAreForgotten(t *testing.T) {
	t.Parallel()
	m := openMailbox(t)
	m.arrive(letter("win@spam.example", "You have won", "s1@spam.example", "", "Claim it"),
		letter("ann@broker.example", "With a paper", "p1@broker.example", "", "see attached", "A-1.pdf", string(ratecon(t, 31, "A-1", 100_000))),
		letter("ann@broker.example", "Re: With a paper", "p2@broker.example", "References: <p1@broker.example>\r\n", "thanks"))
	doc := *m.message("With a paper").Files[0].DocumentID
	m.load("With a paper", 0)
	spam := m.message("You have won")
	left := func() (out []string) {
		for _, x := range must(m.a.Inbox.List(m.ctx, inbox.Filter{}, page.Request{}))(t).Items {
			out = append(out, x.Subject)
		}
		slices.Sort(out)
		return out
	}
	forget := func(days int) {
		t.Helper()
		m.a.Inbox.Clock = clock.At(clock.System.Now().AddDate(0, 0, days))
		if err := m.a.Inbox.Forget(m.system()); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.a.Inbox.Forget(m.ctx); !errs.Is(err, errs.KindForbidden) {
		t.Errorf("a person had mails forgotten: %v", err)
	}
	if forget(29); len(left()) != 3 {
		t.Errorf("too early: %q", left())
	}
	if forget(31); strings.Join(left(), ", ") != "Re: With a paper, With a paper" || !gone(m.a, spam.BlobKey) {
		t.Errorf("after a month: %q", left())
	}
	if forget(5 * 366); len(left()) != 2 {
		t.Errorf("its paper is still here: %q", left())
	}
	if err := m.a.d.db.WithTx(m.system(), func(ctx context.Context, tx *pg.Tx) error {
		_, err := tx.Exec(ctx, "update documents set deleted_at = now() where id = $1", doc)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if forget(5 * 366); len(left()) != 0 {
		t.Errorf("after all: %q", left())
	}
}

// TestASavedMailIsComparedWithItsPaper drops a mail among the documents: there it
// is one document, and its words are compared with the paper it carries.
func TestASavedMailIsComparedWithItsPaper(t *testing.T) {
	t.Parallel()
	a := start(t)
	ctx := found(t, a, "Prairie")
	raw := letter("ann@broker.example", "Rate con", "a1@broker.example", "", "We agreed on a total rate of $1,950.00", "A-1.pdf", string(ratecon(t, 21, "A-1", 180_000)))
	d, _, err := a.Documents.Receive(ctx, documents.Upload{Filename: "saved.eml", Body: bytes.NewReader(raw)})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "it is drafted", func() bool { d = must(a.Documents.Get(ctx, d.ID))(t); return d.LoadID != nil })
	if f := must(a.Loads.Get(ctx, *d.LoadID))(t); f.TotalCents != 180_000 || !flagged(f, "total_rate", "the mail it came with says $1950.00") {
		t.Errorf("%s %+v", f.TotalCents.Dollars(), loads.Flags(f.Load))
	}
}

// stumbling is a reader that a certain paper brings down.
type stumbling struct{ documents.Paper }

func (s stumbling) Inspect(ctx context.Context, data []byte) (string, int, error) {
	if bytes.Contains(data, []byte("stumble")) {
		panic("index out of range")
	}
	return s.Paper.Inspect(ctx, data)
}

// TestAMailThatAlwaysFailsBlocksNone: what a stranger sends may bring a reader down
// each time; those behind it come all the same, and it is kept and shown.
func TestAMailThatAlwaysFailsBlocksNone(t *testing.T) {
	t.Parallel()
	a := startIn(t, t.TempDir(), "TRUCKFLOW_MAILBOX_HOSTS", "127.0.0.0/8")
	a.Documents.Paper = stumbling{a.Documents.Paper}
	m := openMailboxIn(t, a)
	m.arrive(letter("eve@broker.example", "=?utf-8?q?zero=00byte?=", "z\x00@broker.example", "", "see the paper", "a.txt", "nothing"))
	if e := m.message("zerobyte"); e.State == inbox.Failed {
		t.Errorf("a zero byte: %s", e.Why)
	}
	m.Put(letter("eve@broker.example", "stumbles", "s@broker.example", "", "see the paper", "b.pdf", "stumble"), time.Now())
	m.Put(letter("ann@broker.example", "behind it", "b@broker.example", "", "no paper"), time.Now())
	for n := 0; ; n++ {
		m.due()
		if err := m.a.Inbox.Poll(m.system()); err != nil {
			t.Fatal(err)
		}
		if ms := must(m.a.Inbox.List(m.ctx, inbox.Filter{}, page.Request{}))(t).Items; len(ms) == 3 {
			break
		} else if n == 10 {
			t.Fatalf("%d mails of 3 taken", len(ms))
		}
	}
	if e := m.message("stumbles"); e.State != inbox.Failed || !strings.Contains(e.Why, "could not be read") {
		t.Errorf("%s: %s", e.State, e.Why)
	}
	if _, raw, err := m.a.Inbox.Raw(m.ctx, m.message("stumbles").ID); err != nil || !bytes.Contains(raw, []byte("see the paper")) {
		t.Errorf("%v: %q", err, raw)
	}
}
