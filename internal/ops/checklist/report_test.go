package checklist

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/ops/backup"
	"truckflow/internal/ops/harden"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/pg/schematest"
)

func reporting(t *testing.T, src Sources) *Checklist {
	t.Helper()
	if src.Config == nil {
		src.Config = cfg(t, map[string]string{})
	}
	src.Clock = clock.At(noon)
	if src.Audit == nil {
		src.Audit = func(context.Context) harden.Report { return harden.Report{} }
	}
	return New(src)
}

// open is a database of the test's own, with our schema.
func open(t *testing.T) *pg.DB {
	t.Helper()
	db, err := pg.Open(t.Context(), pg.Settings{DSN: schematest.New(t).AppDSN, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

func audit(items ...harden.Item) func(context.Context) harden.Report {
	return func(context.Context) harden.Report { return harden.NewReport(noon, items) }
}

// rowsOf are a report's table as lines, "" when it has none of that title.
func rowsOf(m Made, title string) string {
	for _, t := range m.Tables {
		if strings.HasPrefix(t.Title, title) {
			var lines []string
			for _, r := range t.Rows {
				lines = append(lines, strings.Join(r, "|"))
			}
			return strings.Join(lines, "\n")
		}
	}
	return ""
}

// TestSecurityIsADifference keeps an audit, mends one item, breaks another, adds and
// takes away one: the next report says exactly that.
func TestSecurityIsADifference(t *testing.T) {
	t.Parallel()
	db := open(t)
	item := func(id string, s harden.Status) harden.Item {
		return harden.Item{ID: id, Title: "Item " + id, Severity: harden.High, Status: s, Evidence: "seen " + id, Fix: "mend " + id}
	}
	first := reporting(t, Sources{DB: db, Audit: audit(item("a", harden.Pass), item("b", harden.Fail), item("c", harden.Pass), item("gone", harden.Pass), item("still", harden.Fail))})
	m, err := first.Report(t.Context(), Security)
	if err != nil {
		t.Fatal(err)
	}
	if m.Before != nil || !strings.Contains(m.Summary, "first that is kept") || rowsOf(m, "What changed") != "" {
		t.Errorf("the first: %+v", m)
	}
	if err := first.Keep(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	second := reporting(t, Sources{DB: db, Audit: audit(item("a", harden.Fail), item("b", harden.Pass), item("c", harden.Pass), item("new", harden.CannotTell), item("still", harden.Fail))})
	if m, err = second.Report(t.Context(), Security); err != nil {
		t.Fatal(err)
	}
	want := "Item a (a)|pass|fail|seen a\nItem b (b)|fail|pass|seen b\nItem new (new)|not looked at|cannot tell|seen new\ngone|pass|not looked at|there is nothing of the kind here any more"
	if got := rowsOf(m, "What changed"); got != want {
		t.Errorf("changed:\n%s\nwant\n%s", got, want)
	}
	if got := rowsOf(m, "What fails now"); got != "high|Item a (a)|seen a|mend a\nhigh|Item still (still)|seen still|mend still" {
		t.Errorf("fails: %s", got)
	}
	if m.Before == nil || !m.Before.Equal(noon) || !strings.Contains(m.Summary, "Before it was 60; since then 1 began to fail, 1 were mended, 4 changed in all.") {
		t.Errorf("%v %q", m.Before, m.Summary)
	}
}

// TestRestores counts a month of rehearsals: none, good ones, a failed one, one too old.
func TestRestores(t *testing.T) {
	t.Parallel()
	good := func(days int) backup.DrillReport {
		return backup.DrillReport{At: noon.AddDate(0, 0, -days), OK: true, Backup: "B", RTO: 41 * time.Second, Tables: 30, Rows: 1000, Exact: true}
	}
	failed := good(3)
	failed.OK, failed.Problem = false, "a page is torn"
	for _, c := range []struct {
		drills []backup.DrillReport
		rows   int
		want   string
	}{
		{nil, 0, "No restore was rehearsed in 31 days."},
		{[]backup.DrillReport{good(40)}, 0, "No restore was rehearsed in 31 days."},
		{[]backup.DrillReport{good(40), good(20), good(6)}, 2, "All 2 rehearsals in 31 days worked; the slowest took 41s, the objective is 4h0m0s. A restore of today's database would take about 1m30s."},
		{[]backup.DrillReport{good(20), failed}, 2, "1 of 2 rehearsals in 31 days failed."},
	} {
		c1 := reporting(t, Sources{Backup: func(context.Context) (*backup.Status, error) {
			st := &backup.Status{State: backup.State{Drills: c.drills}}
			if len(c.drills) == 3 {
				st.Projected = 90 * time.Second
			}
			return st, nil
		}})
		m, err := c1.Report(t.Context(), Restore)
		if err != nil {
			t.Fatal(err)
		}
		if m.Summary != c.want || strings.Count(rowsOf(m, "Rehearsed"), "|B|") != c.rows {
			t.Errorf("%d drills: %q\n%s", len(c.drills), m.Summary, rowsOf(m, "Rehearsed"))
		}
	}
	m, err := reporting(t, Sources{}).Report(t.Context(), Restore)
	if err != nil || !strings.Contains(m.Summary, "takes no backups here") {
		t.Errorf("%v %q", err, m.Summary)
	}
}

const metrics = `# TYPE truckflow_http_requests_total counter
truckflow_http_requests_total{route="GET /board",method="GET",status="200"} 990
truckflow_http_requests_total{route="GET /board",method="GET",status="503"} 10
# TYPE truckflow_http_request_seconds histogram
truckflow_http_request_seconds_bucket{route="GET /board",le="0.1"} 500
truckflow_http_request_seconds_bucket{route="GET /board",le="1"} 900
truckflow_http_request_seconds_bucket{route="GET /board",le="5"} 990
truckflow_http_request_seconds_bucket{route="GET /board",le="+Inf"} 1000
truckflow_http_request_seconds_sum{route="GET /board"} 1
truckflow_http_request_seconds_count{route="GET /board"} 1000
truckflow_http_request_seconds_bucket{route="GET /live",le="5"} 0
truckflow_http_request_seconds_bucket{route="GET /live",le="+Inf"} 100000
truckflow_http_request_seconds_sum{route="GET /live"} 1
truckflow_http_request_seconds_count{route="GET /live"} 100000
# TYPE truckflow_jobs_total counter
truckflow_jobs_total{kind="a",outcome="done"} 70
truckflow_jobs_total{kind="a",outcome="failed"} 3
# TYPE truckflow_queue_age_seconds gauge
truckflow_queue_age_seconds{queue="documents"} 12
truckflow_queue_age_seconds{queue="mail"} 300
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1795521600
`

// TestPerformance reads the program's own figures where no Prometheus is named, compares
// with the kept ones, and reckons the capacity.
func TestPerformance(t *testing.T) {
	t.Parallel()
	text := metrics
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, text) }))
	defer srv.Close()
	db := open(t)
	c := reporting(t, Sources{DB: db, LocalURL: srv.URL})
	m, err := c.Report(t.Context(), Performance)
	if err != nil {
		t.Fatal(err)
	}
	speed := rowsOf(m, "Speed and work, since the program started 24 hours ago")
	for _, want := range []string{"Requests answered|1000|-", "5xx)|10|-", "Half are answered within|100 ms|-", "95 of 100 are answered within|3.2 s|-", "99 of 100 are answered within|5.0 s|-", "Jobs done|70|-", "again)|3|-", "waits now for|5 min|-"} {
		if !strings.Contains(speed, want) {
			t.Errorf("there is no %q in\n%s", want, speed)
		}
	}
	if room := rowsOf(m, "Room"); !strings.Contains(room, "Database|") || !strings.Contains(room, "Table loads|") || !strings.Contains(room, "Disk free|") {
		t.Errorf("room: %s", room)
	}
	if !strings.Contains(m.Summary, "1000 requests, 10 failed (1.00 %); 95 of 100 were answered within 3.2 s, slower than the two seconds") || !strings.Contains(m.Summary, "There are no trucks yet") {
		t.Errorf("%q", m.Summary)
	}
	if err := c.Keep(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	text = strings.Replace(metrics, `le="5"} 990`, `le="5"} 1000`, 1)
	if m, err = c.Report(t.Context(), Performance); err != nil {
		t.Fatal(err)
	}
	if speed := rowsOf(m, "Speed"); !strings.Contains(speed, "99 of 100 are answered within|4.6 s|5.0 s") {
		t.Errorf("compared: %s", speed)
	}
	text = "# TYPE x counter\nx 1\n"
	if m, err = c.Report(t.Context(), Performance); err != nil || !strings.Contains(m.Summary, "has no figures of ours") {
		t.Errorf("another program: %v %q", err, m.Summary)
	}
	srv.Close()
	if m, err = c.Report(t.Context(), Performance); err != nil || !strings.Contains(m.Summary, "does not answer") {
		t.Errorf("nobody: %v %q", err, m.Summary)
	}
}

// TestPrometheusIsAsked: named in the settings, it is asked for the quarter, and what it
// has no value of is left out.
func TestPrometheusIsAsked(t *testing.T) {
	t.Parallel()
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.FormValue("query")
		asked = append(asked, q)
		v := "0.4"
		switch {
		case strings.Contains(q, "node_"):
			fmt.Fprint(w, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
			return
		case strings.HasPrefix(q, "sum(increase(truckflow_http_requests_total[92d]"):
			v = "20000"
		case strings.Contains(q, "5.."):
			v = "4"
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"%s"]}]}}`, v)
	}))
	defer srv.Close()
	c := reporting(t, Sources{Config: cfg(t, map[string]string{"TRUCKFLOW_PROMETHEUS": srv.URL})})
	m, err := c.Report(t.Context(), Performance)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(m.Summary, "20000 requests, 4 failed (0.02 %); 95 of 100 were answered within 400 ms, within the two seconds") || strings.Contains(rowsOf(m, "Speed"), "processor") {
		t.Errorf("%q\n%s", m.Summary, rowsOf(m, "Speed"))
	}
	if !slices.ContainsFunc(asked, func(q string) bool { return strings.Contains(q, `route!="GET /live"`) && strings.Contains(q, "0.99") }) {
		t.Errorf("asked: %q", asked)
	}
}

// TestKeepDue: each kind once, then not before its time.
func TestKeepDue(t *testing.T) {
	t.Parallel()
	db := open(t)
	made := clock.System.Now() // the database's own clock says when it was made
	at := func(days int) []Kind {
		c := reporting(t, Sources{DB: db, LocalURL: "http://127.0.0.1:1"})
		c.src.Clock = clock.At(made.AddDate(0, 0, days).Add(time.Hour))
		kinds, err := c.KeepDue(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return kinds
	}
	for _, x := range []struct {
		days int
		want []Kind
	}{{0, nil}, {1, Kinds}, {1, nil}, {31, nil}, {32, []Kind{Restore}}, {94, []Kind{Restore, Performance}}, {367, Kinds}} {
		if got := at(x.days); !slices.Equal(got, x.want) {
			t.Errorf("after %d days: %v, want %v", x.days, got, x.want)
		}
	}
	err := db.WithoutTenant(t.Context(), func(ctx context.Context, tx *pg.Tx) error {
		_, err := tx.Exec(ctx, "delete from checklist_reports")
		return err
	})
	if err == nil {
		t.Error("what was kept can be taken away")
	}
	if _, err := reporting(t, Sources{}).Report(t.Context(), "weekly"); err == nil || !strings.Contains(err.Error(), `no report "weekly"`) {
		t.Errorf("%v", err)
	}
	if err := reporting(t, Sources{NoDB: "it sleeps"}).Keep(t.Context(), Made{}); err == nil || !strings.Contains(err.Error(), "it sleeps") {
		t.Errorf("%v", err)
	}
}

// TestPDF prints a checklist and a report of many pages and reads them again: everything is
// there, heads repeat, pages are numbered, signs that the fonts lack are written as they can.
func TestPDF(t *testing.T) {
	t.Parallel()
	read := func(pdf []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "x.pdf")
		if err := os.WriteFile(file, pdf, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("pdftotext", "-layout", file, "-").Output()
		if err != nil {
			t.Fatalf("pdftotext is missing (apt-get install poppler-utils), or it is no PDF: %v", err)
		}
		return string(out)
	}
	var items []Item
	for n := range 60 {
		items = append(items, Item{ID: fmt.Sprintf("item.%d", n), Phase: Phases[n%3], Asked: askedServer, Title: fmt.Sprintf("Title %d", n), Status: Red, Evidence: "a − b ≥ c → d", Fix: "mend it"})
	}
	text := read(newReport(noon, items).PDF("https://tms.example.com", "1.4.0"))
	for n := range 60 {
		if !strings.Contains(text, fmt.Sprintf("Title %d", n)) {
			t.Errorf("Title %d is not printed", n)
		}
	}
	pages := strings.Count(text, "\f")
	for _, want := range []string{"Go-live checklist", "https://tms.example.com", "Wednesday, November 25, 2026, 12:00 UTC", "0 of 60 green: 60 red", "Ongoing maintenance: 0 of 20 green", "a - b >= c -> d", "Signature", fmt.Sprintf("page %d of %d", pages, pages)} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q", want)
		}
	}
	if heads := strings.Count(text, "What to do"); heads < pages || pages < 4 {
		t.Errorf("%d heads on %d pages", heads, pages)
	}
	m := Made{Kind: Security, Title: Security.Title(), At: noon, Before: &noon, Summary: "Score 60 of 100.", Tables: []Table{{"What fails now", []string{"Severity", "Item"}, [][]string{{"high", strings.Repeat("a long way to say it ", 40)}}}}}
	text = read(m.PDF("https://tms.example.com", "1.4.0"))
	for _, want := range []string{"Annual security audit", "Compared with the one of 2026-11-25 12:00 UTC", "What fails now", "a long way"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in the report", want)
		}
	}
	x, errX := m.PDF("s", "v")
	y, errY := m.PDF("s", "v")
	if errX != nil || errY != nil || !bytes.Equal(x, y) {
		t.Error("the same report is not the same file")
	}
}
