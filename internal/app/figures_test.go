package app

import (
	"net/http/httptest"
	"strings"
	"testing"

	"truckflow/internal/loads"
	"truckflow/internal/loads/lifecycle"
)

// TestFiguresOfTheTrade: /metrics adds up what all companies have on their hands, and
// names none of them.
func TestFiguresOfTheTrade(t *testing.T) {
	a := start(t)
	for _, name := range []string{"Prairie", "Delta"} {
		ctx := found(t, a, name)
		f := must(a.Loads.Draft(ctx, loads.Input{Equipment: "van"}))(t)
		if name == "Delta" {
			must(a.Loads.Do(ctx, f.ID, loads.Step{Verb: lifecycle.Cancel, Reason: "booked twice", Version: f.Version}))(t)
		}
	}
	h := a.Handler()
	ask := func(path string) string {
		r := httptest.NewRequest("GET", path, nil)
		r.RemoteAddr = "127.0.0.1:1"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Body.String()
	}
	ask("/live")
	text := ask("/metrics")
	for _, want := range []string{`truckflow_http_requests_total{method="GET",route="GET /live"`, // by which alerts leave the streams out
		"truckflow_orgs 2\n", `truckflow_loads{state="draft"} 1`, `truckflow_loads{state="booked"} 0`, `truckflow_receivables_dollars{age="not due"} 0`,
		`truckflow_money_dollars{what="received_30_days"} 0`, `truckflow_queue_age_seconds{queue="mail"} 0`, `truckflow_queue_jobs{queue="documents"} 0`, `truckflow_db_pool_connections{pool="app",state="max"}`} {
		if !strings.Contains(text, want) {
			t.Errorf("/metrics lacks %q", want)
		}
	}
	if strings.Contains(text, "Prairie") || strings.Contains(text, "Delta") {
		t.Error("/metrics names a company")
	}
}
