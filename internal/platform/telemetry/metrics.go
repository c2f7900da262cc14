package telemetry

import (
	"net/http"
	"runtime"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the program's figures for Prometheus, named truckflow_…. It is
// safe for concurrent use.
type Metrics struct {
	reg *prometheus.Registry

	requests *prometheus.CounterVec   // route, method, status
	duration *prometheus.HistogramVec // route, method, status class
	inFlight prometheus.Gauge
	sent     atomic.Int64 // bytes of answers' bodies

	jobs       *prometheus.CounterVec // kind, outcome
	jobSeconds *prometheus.HistogramVec
}

// Build says what runs.
type Build struct{ Version, Revision string }

// NewMetrics returns a registry with the process's own figures in it.
func NewMetrics(b Build) *Metrics {
	m := &Metrics{
		reg: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "truckflow_http_requests_total", Help: "Requests answered."}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "truckflow_http_request_seconds", Help: "Time to answer a request, streams included.",
			Buckets: []float64{.002, .005, .01, .02, .03, .06, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"route", "method", "status"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "truckflow_http_requests_in_flight", Help: "Requests being answered now."}),
		jobs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "truckflow_jobs_total", Help: "Jobs worked on, by outcome."}, []string{"kind", "outcome"}),
		jobSeconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "truckflow_job_seconds", Help: "Time a job took.",
			Buckets: []float64{.005, .02, .1, .5, 1, 2, 5, 10, 30, 60, 300},
		}, []string{"kind"}),
	}
	build := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "truckflow_build_info", Help: "Always 1; the labels say what runs."}, []string{"version", "revision", "go"})
	build.WithLabelValues(b.Version, b.Revision, runtime.Version()).Set(1)
	sent := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "truckflow_http_sent_bytes_total", Help: "Bytes of answers, as sent, without their headers."}, func() float64 { return float64(m.sent.Load()) })
	m.reg.MustRegister(sent, m.requests, m.duration, m.inFlight, m.jobs, m.jobSeconds, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Registry is where packages register figures of their own.
func (m *Metrics) Registry() prometheus.Registerer { return m.reg }

// Handler answers /metrics. It shows no tenant's data, but traffic and
// versions: keep it on the inside.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.reg, promhttp.HandlerOpts{})
}

// Sent is how many bytes of answers have left since the start.
func (m *Metrics) Sent() int64 { return m.sent.Load() }

// HTTP counts what next answers. The route is the ServeMux pattern that
// matched ("GET /loads/{id}"), never the path, whose values have no end; route
// tells it when next hides the pattern by copying the request, nil otherwise.
func (m *Metrics) HTTP(next http.Handler, route func(*http.Request) string) http.Handler {
	if route == nil {
		route = func(r *http.Request) string { return r.Pattern }
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.inFlight.Inc()
		began := time.Now()
		rec := &recorder{ResponseWriter: w, sent: &m.sent}
		method := knownMethod(r.Method) // before next, which may change r
		done := false
		defer func() {
			m.inFlight.Dec()
			status := rec.status
			switch {
			case !done: // a panic, which whoever is outside answers
				status = http.StatusInternalServerError
			case status == 0:
				status = http.StatusOK
			}
			pattern := route(r)
			if pattern == "" {
				pattern = "unmatched"
			}
			m.requests.WithLabelValues(pattern, method, strconv.Itoa(status)).Inc()
			m.duration.WithLabelValues(pattern, method, strconv.Itoa(status/100)+"xx").Observe(time.Since(began).Seconds())
		}()
		next.ServeHTTP(rec, r)
		done = true
	})
}

// knownMethod keeps invented methods from inventing labels.
func knownMethod(s string) string {
	switch s {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return s
	}
	return "other"
}

// recorder notes the status; http.ResponseController and http.Flusher still
// reach the real writer.
type recorder struct {
	http.ResponseWriter
	status int
	sent   *atomic.Int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= 200 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	n, err := r.ResponseWriter.Write(b)
	r.sent.Add(int64(n))
	return n, err
}

func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

func (r *recorder) Flush() { _ = http.NewResponseController(r.ResponseWriter).Flush() }

// Outcomes of an attempt at a job.
const (
	JobDone   = "done"
	JobFailed = "failed" // tried again later, or given up
)

// JobEnded counts one attempt at a job of kind that ended as outcome after took.
func (m *Metrics) JobEnded(kind, outcome string, took time.Duration) {
	m.jobs.WithLabelValues(kind, outcome).Inc()
	m.jobSeconds.WithLabelValues(kind).Observe(took.Seconds())
}

// Figures exports gauges named truckflow_<name> whose values read returns at each
// scrape, by the value of label ("" for a gauge without one, under the key "").
// What read leaves out is not exported: a figure nobody knows is no zero.
func (m *Metrics) Figures(name, help, label string, read func() map[string]float64) {
	var labels []string
	if label != "" {
		labels = []string{label}
	}
	m.reg.MustRegister(&figures{prometheus.NewDesc("truckflow_"+name, help, labels, nil), label != "", read})
}

type figures struct {
	desc    *prometheus.Desc
	labeled bool
	read    func() map[string]float64
}

// Describe implements prometheus.Collector.
func (f *figures) Describe(ch chan<- *prometheus.Desc) { ch <- f.desc }

// Collect implements prometheus.Collector.
func (f *figures) Collect(ch chan<- prometheus.Metric) {
	for k, v := range f.read() {
		var values []string
		if f.labeled {
			values = []string{k}
		}
		ch <- prometheus.MustNewConstMetric(f.desc, prometheus.GaugeValue, v, values...)
	}
}
