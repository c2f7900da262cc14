package loadsweb

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"truckflow/internal/documents"
	"truckflow/internal/documents/extract"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/web"
	"truckflow/internal/web/ui"
)

var forbidden = regexp.MustCompile(`(?i)\sstyle\s*=|\son[a-z]+\s*=|<style|<script(?:\s[^>]*)?>[^<]|javascript:`)

// show renders and fails on what the content policy drops.
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

func lacks(t *testing.T, html string, not ...string) {
	t.Helper()
	for _, w := range not {
		if strings.Contains(html, w) {
			t.Errorf("the page shows %s", w)
		}
	}
}

var (
	loadID = ids.MustParse("018f0000-0000-7000-8000-0000000000aa")
	docID  = ids.MustParse("018f0000-0000-7000-8000-0000000000dd")
	nine   = time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
)

func sample(state lifecycle.State) loads.Full {
	miles, weight := 453, 42_000
	l := loads.Load{ID: loadID, Number: "L-10234", State: string(state), CustomerRef: "PO-9 <b>", Equipment: "van", Miles: &miles, MilesEstimated: true, WeightLb: &weight,
		Currency: "USD", TotalCents: 185_025, OriginCity: "Dallas", OriginState: "TX", DestCity: "Memphis", DestState: "TN", StopCount: 2, NextStop: 1, Version: 7,
		PickupFrom: &nine, PickupZone: "America/Chicago", DocumentID: &docID, CreatedAt: nine, Flags: []byte("[]")}
	return loads.Full{Load: l,
		Stops: []loads.Stop{{Seq: 1, Kind: "pickup", Name: "Mill", City: "Dallas", State: "TX", TimeZone: "America/Chicago", WindowStart: &nine, Refs: []byte(`[{"kind":"PU","value":"4411"}]`)},
			{Seq: 2, Kind: "delivery", City: "Memphis", State: "TN", TimeZone: "America/Chicago", Refs: []byte("[]")}},
		Charges: []loads.Charge{{Seq: 1, Kind: "linehaul", AmountCents: 180_000}, {Seq: 2, Kind: "fuel", AmountCents: 5_025}}}
}

func story(state lifecycle.State) loadView {
	v := loadView{Full: sample(state), Customer: "Redwood & Sons", Zone: "America/Chicago", CSRF: "tok", MayEdit: true, MayNote: true, MayAssign: true, MayBill: true,
		MayAddDocs: true, ShowMoney: true, ShowDocs: true, MayJudge: true}
	v.Next = &v.Stops[0]
	return v
}

func TestLoadPageShowsTheStepsOfItsState(t *testing.T) {
	t.Parallel()
	v := story(lifecycle.Dispatched)
	for _, verb := range []lifecycle.Verb{lifecycle.Arrive} {
		v.Now = append(v.Now, viewOf(verb))
	}
	v.Aside = []verbView{viewOf(lifecycle.Recall), viewOf(lifecycle.Cancel)}
	v.Docs = []documents.Document{{ID: docID, Kind: "rate_confirmation", State: "read", Filename: "rc.pdf"}}
	v.Events = []ui.HistoryItem{{At: nine, Zone: "America/Chicago", Who: "Dana Ortiz", Text: "booked the load"}}
	html := show(t, loadPage(web.PageMeta{Title: v.Number, Actions: loadActions(v)}, v))
	base := "/loads/" + loadID.String()
	has(t, html, `action="`+base+`/arrive"`, "Arrived · Dallas", `name="version" value="7"`, `name="csrf" value="tok"`, `data-dialog-open="why-cancel"`, `data-dialog-open="at-arrive"`,
		`type="datetime-local"`, `action="`+base+`/recall"`, `data-dialog-src="`+base+`/assign"`, "Miles, est.", "$4.08 a mile", "$1,850.25", "PO-9 &lt;b&gt;", "Redwood &amp; Sons",
		"/documents/"+docID.String()+"/pages/1.jpg", `data-dropzone="/documents"`, `name="load_id"`, "Dana Ortiz", `action="`+base+`/notes"`, "Mon 09:00 CST", "PU 4411")
	lacks(t, html, "/billing/loads/", `action="`+base+`/cancel" class="stack"`)
}

func TestLoadPageHidesMoneyFromThoseWhoMayNotSeeIt(t *testing.T) {
	t.Parallel()
	v := story(lifecycle.ReadyToBill)
	has(t, show(t, loadPage(web.PageMeta{Actions: loadActions(v)}, v)), `href="/billing/loads/`)
	v.ShowMoney, v.MayBill, v.MayEdit, v.MayNote, v.ShowDocs, v.MayAssign = false, false, false, false, false, false
	html := show(t, loadPage(web.PageMeta{Actions: loadActions(v)}, v))
	lacks(t, html, "$", "/billing/", "/edit", "/notes", "/assign", "data-dropzone=")
}

func TestProofOfDeliveryIsComparedAndJudged(t *testing.T) {
	t.Parallel()
	v := story(lifecycle.PODReceived)
	c := check{loads.PODCheck{LoadID: loadID, DocumentID: docID}, "pod.jpg", []loads.Finding{{What: "pieces", Expected: "22", Found: "21"}, {What: "signature", Expected: "signed", Found: "signed", OK: true}}}
	html := show(t, podPanel(v, c))
	has(t, html, "Pieces", "differs", "agrees", "/pod/"+docID.String()+"/accept", "/pod/"+docID.String()+"/reject", `name="reason"`)
	c.AcceptedAt, c.AcceptedBy = &nine, "Dana"
	html = show(t, podPanel(v, c))
	has(t, html, "accepted by Dana")
	lacks(t, html, "/accept")
}

func reviewed(r *extract.Reading, flags []loads.Flag) reviewView {
	f := newForm()
	f.ID, f.Number, f.Version, f.Action, f.CSRF = loadID.String(), "L-10234", "7", reviewHref(loadID), "tok"
	f.show(example())
	f.dress(r, flags)
	f.Customers = []ui.Option{{Value: "", Label: "Choose"}, {Value: newCustomer, Label: "Add new: Redwood Logistics (USDOT 2234567)"}}
	return reviewView{Form: f, Reading: r, Checks: len(flags), Next: "/review/next", Pages: []ui.SheetPage{{Number: 1, Src: "/documents/x/pages/1.jpg", Width: 612, Height: 792, Alt: "page 1"}}}
}

func TestReviewTiesFieldsToThePaper(t *testing.T) {
	t.Parallel()
	v := reviewed(reading(), []loads.Flag{{Field: "stops[1].zip", Reason: "38118 is not in Nashville", Severity: "check"}})
	html := show(t, reviewPage(web.PageMeta{Scripts: []string{"review.js"}, CSRF: "tok"}, v))
	has(t, html, `data-sheet`, `data-evidence-page="1"`, `data-confidence="low"`, "38118 is not in Nashville.", `data-review-only`, `data-next="/review/next"`, `data-total="charges"`,
		`data-sum="charges"`, `data-sum-out="charges"`, `name="do" value="book"`, `data-key="Ctrl Enter"`, `name="do" value="save"`, `data-dialog-open="reject"`, "Add new: Redwood Logistics",
		`name="stops[1].zip"`, `name="charges[1].amount"`, `action="/review/`+loadID.String()+`/reject"`, `name="terms.payment_days"`, "USDOT", "review.js")
}

func TestRefusedFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	f := sent("customer_ref", `"><i>`, "charges[0].kind", "linehaul", "charges[0].amount", "abc", "stops[0].city", "Dallas", "stops[0].window_start", "never")
	f.Action = "/loads"
	f.input(loads.Input{})
	f.refused("the load cannot be saved as it is", map[string]string{"stops": "a load begins with a pickup"})
	html := show(t, editPage(web.PageMeta{Title: "New load"}, f))
	has(t, html, `value="abc"`, `value="never"`, "&#34;&gt;&lt;i&gt;", `aria-invalid="true"`, "The load cannot be saved as it is.", "a load begins with a pickup", `name="do" value="add-stop"`,
		`name="do" value="remove-charge-0"`, `hx-post="/loads"`)
}

func TestListAndQueue(t *testing.T) {
	t.Parallel()
	rows := []row{{sample(lifecycle.Booked).Load, "Redwood", "101"}, {sample(lifecycle.Draft).Load, "", ""}}
	v := listView{Rows: rows, URL: "/loads?q=dal", Query: "dal", Chips: chips("/loads?q=dal&cursor=x", "booked", map[string]int{"booked": 3}), Next: "/loads?q=dal&cursor=z", ShowMoney: true}
	html := show(t, listPage(web.PageMeta{Actions: listActions("/loads/export.csv?q=dal", true, false)}, v))
	has(t, html, `href="/loads/new"`, `name="q"`, `value="dal"`, "L-10234", "Dallas, TX →", "Memphis, TN", `href="/loads/export.csv?q=dal"`, "$1,850.25", `href="/review/`+loadID.String()+`"`, "/loads?q=dal&amp;cursor=z", `data-live-id="load:`)
	if strings.Contains(html, "cursor=x") {
		t.Error("a filter keeps the cursor of another list")
	}
	lacks(t, html, `class="sort"`) // what is found by words has its own order
	v.Query, v.URL, v.Sort, v.Days, v.Trucks = "", "/loads?sort=-pickup&cursor=y", "-pickup", [4]string{"2026-11-01", "2026-11-30", "", ""}, []ui.Option{{Value: "t", Label: "101"}}
	html = show(t, listPage(web.PageMeta{Actions: listActions(exportHref(v.URL), true, false)}, v))
	has(t, html, `href="/loads?sort=pickup"`, `href="/loads?sort=deliver"`, `href="/loads?sort=rate"`, `aria-sort="descending"`, `href="/loads/export.csv?sort=-pickup"`, "latest pickup first",
		"Pickup 2026-11-01 to 2026-11-30", `name="deliver_to"`, `<option value="t">101</option>`, `name="pickup_from" value="2026-11-01"`)
	v.ShowMoney = false
	lacks(t, show(t, listPage(web.PageMeta{}, v)), "$1,850.25")
	has(t, show(t, listPage(web.PageMeta{}, listView{First: true, URL: "/loads"})), "No loads yet", "data-dropzone")
	has(t, show(t, listPage(web.PageMeta{}, listView{First: true, Query: "zz", URL: "/loads?q=zz"})), "Nothing fits", "Show all loads")
	q := queueView{Drafts: rows[1:], Waiting: []documents.Document{{ID: docID, Filename: "scan.jpg", State: "failed", Error: "no text on it", ReceivedAt: nine}}, MayEdit: true, ShowMoney: true, Zone: "UTC"}
	has(t, show(t, queuePage(web.PageMeta{}, q)), "scan.jpg", "not readable", "no text on it", `data-row="/review/`+loadID.String(), "new customer")
	has(t, show(t, queuePage(web.PageMeta{}, queueView{})), "Nothing to review")
}

func TestLateAgainstWindowAndAppointment(t *testing.T) {
	t.Parallel()
	ten, eleven := nine.Add(time.Hour), nine.Add(2*time.Hour)
	for name, c := range map[string]struct {
		stop loads.Stop
		want bool
	}{
		"inside the window":      {loads.Stop{WindowStart: &nine, WindowEnd: &eleven, ArrivedAt: &ten}, false},
		"after the window":       {loads.Stop{WindowStart: &nine, WindowEnd: &ten, ArrivedAt: &eleven}, true},
		"after an appointment":   {loads.Stop{WindowStart: &nine, ArrivedAt: &ten}, true},
		"a date without an hour": {loads.Stop{WindowStart: &nine, DateOnly: true, ArrivedAt: &ten}, false},
		"not there yet":          {loads.Stop{WindowStart: &nine}, false},
	} {
		if late(c.stop) != c.want {
			t.Errorf("%s: late is %v", name, !c.want)
		}
	}
}

func TestEveryIconIsDrawn(t *testing.T) {
	t.Parallel()
	for _, v := range verbs {
		if !ui.HasIcon(v.icon) || v.label == "" || v.past == "" {
			t.Errorf("%s has no icon or no words", v.verb)
		}
		if !loads.ByHand(v.verb) {
			t.Errorf("%s is not a step for a person", v.verb)
		}
	}
}
