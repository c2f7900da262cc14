package telemetry_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"truckflow/internal/platform/telemetry"
)

func scrape(t *testing.T, m *telemetry.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != http.StatusOK {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	return w.Body.String()
}

func has(t *testing.T, metrics string, lines ...string) {
	t.Helper()
	for _, want := range lines {
		if !strings.Contains("\n"+metrics, "\n"+want) {
			t.Errorf("no line %q in\n%s", want, metrics)
		}
	}
}

func TestHTTPMetrics(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics(telemetry.Build{Version: "1.2.3", Revision: "abc"})
	mux := http.NewServeMux()
	during := ""
	mux.HandleFunc("GET /loads/{id}", func(w http.ResponseWriter, r *http.Request) {
		during = scrape(t, m)
		fmt.Fprint(w, "ok")
	})
	mux.HandleFunc("POST /loads", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusConflict) })
	mux.HandleFunc("GET /silent", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("x") })
	h := m.HTTP(mux, nil)
	for _, req := range []string{"GET /loads/1", "GET /loads/2", "POST /loads", "GET /silent", "GET /nowhere", "BREW /coffee", "GET /panic"} {
		method, path, _ := strings.Cut(req, " ")
		func() {
			defer func() { _ = recover() }()
			h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, path, nil))
		}()
	}
	has(t, during, "truckflow_http_requests_in_flight 1\n")
	has(t, scrape(t, m),
		`truckflow_http_requests_total{method="GET",route="GET /loads/{id}",status="200"} 2`+"\n",
		`truckflow_http_requests_total{method="POST",route="POST /loads",status="409"} 1`+"\n",
		`truckflow_http_requests_total{method="GET",route="GET /silent",status="200"} 1`+"\n",
		`truckflow_http_requests_total{method="GET",route="unmatched",status="404"} 1`+"\n",
		`truckflow_http_requests_total{method="other",route="unmatched",status="404"} 1`+"\n",
		`truckflow_http_requests_total{method="GET",route="GET /panic",status="500"} 1`+"\n",
		`truckflow_http_request_seconds_count{method="GET",route="GET /loads/{id}",status="2xx"} 2`+"\n",
		"truckflow_http_requests_in_flight 0\n",
		`truckflow_build_info{go="go`, `go_goroutines `, `process_open_fds `,
	)
}

// TestStreamsAreNotHeldBack reads a server-sent event through the middleware
// before the handler ends.
func TestStreamsAreNotHeldBack(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics(telemetry.Build{})
	seen := make(chan struct{})
	srv := httptest.NewServer(m.HTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Errorf("the real writer is out of reach: %v", err)
		}
		fmt.Fprint(w, "data: 1\n\n")
		w.(http.Flusher).Flush()
		select {
		case <-seen:
		case <-time.After(10 * time.Second):
			t.Error("the event was held back")
		}
	}), func(*http.Request) string { return "stream" }))
	defer srv.Close()
	r, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if _, err := io.ReadFull(r.Body, make([]byte, 9)); err != nil {
		t.Fatal(err)
	}
	close(seen)
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for !strings.Contains(scrape(t, m), `route="stream",status="200"} 1`) {
		if time.Now().After(deadline) {
			t.Fatal("the stream was not counted")
		}
	}
}

func TestJobAndPoolMetrics(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics(telemetry.Build{})
	m.JobEnded("read_document", telemetry.JobFailed, 3*time.Second)
	m.Figures("loads", "Loads.", "state", func() map[string]float64 { return map[string]float64{"booked": 3} })
	m.Figures("orgs", "Companies.", "", func() map[string]float64 { return map[string]float64{"": 2} })
	m.Figures("unknown", "Not known now.", "", func() map[string]float64 { return nil })
	stats := telemetry.PoolStats{InUse: 2, Idle: 3, Total: 5, Max: 8, Acquired: 100, Waited: 7, WaitTime: 1500 * time.Millisecond, GaveUp: 1}
	m.Pool("app", func() telemetry.PoolStats { return stats })
	m.Pool("owner", func() telemetry.PoolStats { return telemetry.PoolStats{} })
	stats.Acquired = 101 // figures are read at the scrape
	has(t, scrape(t, m),
		`truckflow_jobs_total{kind="read_document",outcome="failed"} 1`+"\n",
		`truckflow_job_seconds_sum{kind="read_document"} 3`+"\n",
		`truckflow_loads{state="booked"} 3`+"\n",
		`truckflow_orgs 2`+"\n",
		`truckflow_db_pool_connections{pool="app",state="in_use"} 2`+"\n",
		`truckflow_db_pool_connections{pool="app",state="max"} 8`+"\n",
		`truckflow_db_pool_acquired_total{pool="app"} 101`+"\n",
		`truckflow_db_pool_waited_total{pool="app"} 7`+"\n",
		`truckflow_db_pool_wait_seconds_total{pool="app"} 1.5`+"\n",
		`truckflow_db_pool_gave_up_total{pool="app"} 1`+"\n",
		`truckflow_db_pool_connections{pool="owner",state="max"} 0`+"\n",
	)
	if strings.Contains(scrape(t, m), "truckflow_unknown") {
		t.Error("a figure nobody knows is exported")
	}
}
