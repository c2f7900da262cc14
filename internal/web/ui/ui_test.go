package ui

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"truckflow/internal/kit/money"
)

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const nasty = `<script>alert("x")</script>' onload="y"`

// Whatever a broker writes into a document must reach the page as text.
func TestPartsEscapeWhatTheyShow(t *testing.T) {
	t.Parallel()
	parts := map[string]templ.Component{
		"button":  Button(ButtonProps{Label: nasty, Confirm: nasty, Reason: nasty, Disabled: true, Key: nasty}),
		"link":    LinkButton(ButtonProps{Label: nasty, Href: "/x?" + nasty}),
		"field":   Field(FieldProps{Name: "n", Label: nasty, Value: nasty, Hint: nasty, Flag: nasty, Prefix: nasty, Options: []Option{{Value: nasty, Label: nasty}}, Evidence: &Evidence{Page: 1, Text: nasty}}),
		"error":   Field(FieldProps{Name: "n", Error: nasty}),
		"select":  Select(FieldProps{Name: "n", Value: nasty, Options: []Option{{Value: nasty, Label: nasty}}}),
		"area":    Textarea(FieldProps{Name: "n", Value: "</textarea>" + nasty}),
		"state":   StatePill(nasty),
		"badge":   Badge(ToneLate, nasty),
		"empty":   EmptyState(nasty, nasty, nil),
		"history": History([]HistoryItem{{Who: nasty, Text: nasty, Detail: nasty}}),
		"flash":   Flash(Message{Text: nasty}),
		"hits":    SearchHits(nasty, []SearchHit{{Title: nasty, Detail: nasty, Kind: nasty, Href: "/"}}),
		"nohits":  SearchHits(nasty, nil),
		"strip":   LoadStrip(Strip{Number: nasty, Customer: nasty, From: nasty, To: nasty, Truck: nasty, Driver: nasty, Marks: []Mark{{ToneLate, nasty}}}),
		"page":    ErrorPage(ErrorProps{Status: 404, What: nasty, Safe: nasty, Do: nasty, RequestID: nasty}),
		"drop":    Dropzone(DropzoneProps{URL: "/d", Title: nasty, Hint: nasty, CSRF: nasty, Hidden: map[string]string{nasty: nasty}}),
	}
	for name, c := range parts {
		html := render(t, c)
		if strings.Contains(html, "<script") || strings.Contains(html, `onload="`) {
			t.Errorf("%s lets markup through: %s", name, html)
		}
		if !strings.Contains(html, "alert(") {
			t.Errorf("%s does not show what it was given: %s", name, html)
		}
	}
}

func TestHrefOfAScriptIsRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []templ.Component{
		LinkButton(ButtonProps{Label: "x", Href: "javascript:alert(1)"}),
		SearchHits("x", []SearchHit{{Href: "javascript:alert(1)"}}),
		LoadStrip(Strip{Href: "javascript:alert(1)"}),
	} {
		if html := render(t, c); strings.Contains(html, `href="javascript:`) {
			t.Errorf("a script got into a link: %s", html)
		}
	}
}

func TestTimesSayTheirZone(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 7, 27, 19, 30, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		c    templ.Component
		want string
	}{
		{"when", When(at, "America/Chicago"), ">Mon 14:30 CDT<"},
		{"winter", When(at.AddDate(0, 4, 0), "America/Chicago"), ">Fri 13:30 CST<"},
		{"unknown zone", When(at, "Mars/Olympus"), ">Mon 19:30 UTC<"},
		{"no zone", ClockTime(at, ""), ">19:30 UTC<"},
		{"machine readable", When(at, "America/Chicago"), `datetime="2026-07-27T19:30:00Z"`},
		{"zero", When(time.Time{}, "America/Chicago"), ">–<"},
		{"window", Window(at, at.Add(5*time.Hour), "America/Chicago"), ">Mon 14:30–19:30 CDT<"},
		{"window over midnight", Window(at, at.Add(12*time.Hour), "America/Chicago"), ">Mon 14:30 – Tue 02:30 CDT<"},
		{"appointment", Window(at, time.Time{}, "America/Chicago"), ">Mon 14:30 CDT<"},
		{"ago", Ago(at, "America/Chicago"), `data-rel="2026-07-27T19:30:00Z"`},
	} {
		if html := render(t, tt.c); !strings.Contains(html, tt.want) {
			t.Errorf("%s: want %s in %s", tt.name, tt.want, html)
		}
	}
}

func TestFiguresAndWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ got, want string }{
		{render(t, Money(123450)), `<span class="money">$1,234.50</span>`},
		{render(t, Money(-1200)), `<span class="money neg">−$12.00</span>`},
		{render(t, PerMile(money.Cents(131500), 452)), `<span class="money">$2.91/mi</span>`},
		{render(t, PerMile(131500, 0)), `<span class="dim">–</span>`},
		{Group(0), "0"}, {Group(999), "999"}, {Group(1000), "1,000"}, {Group(-1234567), "-1,234,567"},
		{State("on_its_way").Label, "On its way"}, {State("").Label, ""},
		{Sentence("load L-1 is already dispatched"), "Load L-1 is already dispatched."}, {Sentence("éa!"), "Éa!"}, {Sentence(""), ""},
		{countText(1000), "999+"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestEveryStateHasWordsAndAColour(t *testing.T) {
	t.Parallel()
	if len(LoadStates) != len(states) {
		t.Errorf("%d states listed, %d described", len(LoadStates), len(states))
	}
	for _, s := range LoadStates {
		if states[s].Label == "" || states[s].Tone == ToneNone {
			t.Errorf("state %q has no words or no tone", s)
		}
	}
}

func TestSortAndFilterLinksKeepTheRest(t *testing.T) {
	t.Parallel()
	u := "/loads?q=a%26b&sort=rate&cursor=abc"
	for _, tt := range []struct{ got, want string }{
		{SortURL(u, "rate", "rate"), "/loads?q=a%26b&sort=-rate"},
		{SortURL(u, "-rate", "rate"), "/loads?q=a%26b&sort=rate"},
		{SortURL(u, "rate", "pickup"), "/loads?q=a%26b&sort=pickup"},
		{WithQuery(u, "q", "", "state", "late"), "/loads?cursor=abc&sort=rate&state=late"},
		{ariaSort("-rate", "rate"), "descending"}, {ariaSort("rate", "rate"), "ascending"}, {ariaSort("rate", "x"), "none"}, {ariaSort("", ""), "none"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %s, want %s", tt.got, tt.want)
		}
	}
}

// TestCardsCanBeSorted: a phone shows no table head, so the sorts stand above the cards.
func TestCardsCanBeSorted(t *testing.T) {
	t.Parallel()
	props := TableProps{Label: "Loads", Columns: []Column{{Label: "Load"}, {Key: "rate", Label: "Rate"}}, Sort: "-rate", URL: "/loads?sort=-rate", Rows: 1, Stack: true}
	got := render(t, Table(props))
	for _, want := range []string{"sorts", `href="/loads?sort=rate" aria-current="true"`, "Rate ↓"} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q: %s", want, got)
		}
	}
	props.Columns[1].Key = ""
	if strings.Contains(render(t, Table(props)), "sorts") {
		t.Error("a table that cannot be sorted offers it")
	}
}

func TestFieldTiesItsErrorToTheControl(t *testing.T) {
	t.Parallel()
	html := render(t, Field(FieldProps{Name: "rate", Label: "Rate", Error: "write an amount", Flag: "read badly", Required: true}))
	for _, want := range []string{`for="f-rate"`, `id="f-rate"`, `aria-invalid="true"`, `aria-describedby="f-rate-flag f-rate-error"`, `id="f-rate-error"`, `id="f-rate-flag"`, " required", "Write an amount."} {
		if !strings.Contains(html, want) {
			t.Errorf("missing %s in %s", want, html)
		}
	}
}

func TestEvidenceLevels(t *testing.T) {
	t.Parallel()
	for c, want := range map[float64]string{1: "high", .9: "high", .89: "mid", .6: "mid", .59: "low", 0: "low"} {
		if got := (&Evidence{Confidence: c}).level(); got != want {
			t.Errorf("confidence %g is %s, want %s", c, got, want)
		}
	}
}

// The trailing and leading edges of the timeline must not draw outside it, and
// an empty span must not divide by zero.
func TestTimelineKeepsInsideItsEdges(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) // US clocks go back on this day
	p := TimelineProps{From: from, To: from.Add(48 * time.Hour), Zone: "America/Chicago"}
	for d, want := range map[time.Duration]float64{-time.Hour: 0, 0: 0, 24 * time.Hour: 50, 48 * time.Hour: 100, 99 * time.Hour: 100} {
		if got := p.at(from.Add(d)); got != want {
			t.Errorf("at %s: %g, want %g", d, got, want)
		}
	}
	if got := (TimelineProps{From: from, To: from}).at(from); got != 0 {
		t.Errorf("empty span: %g", got)
	}
	for _, tick := range p.ticks() {
		if tick.Hour()%6 != 0 {
			t.Errorf("tick at %s: the day the clocks change must keep its hours", tick)
		}
	}
	if n := len(p.ticks()); n < 7 || n > 9 {
		t.Errorf("%d ticks in two days", n)
	}
}
