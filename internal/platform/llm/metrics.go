package llm

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics are three times that are never one: until something usable was known,
// until the first word, until the last.
type metrics struct {
	decision, first, complete *prometheus.HistogramVec
	calls                     *prometheus.CounterVec
	cost                      *prometheus.CounterVec
	inHand                    *prometheus.Desc
}

func (m *metrics) each() []prometheus.Collector {
	return []prometheus.Collector{m.decision, m.first, m.complete, m.calls, m.cost}
}

func newMetrics() *metrics {
	h := func(name, help string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "truckflow_ai_" + name + "_seconds", Help: help,
			Buckets: []float64{.001, .005, .01, .025, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60}}, []string{"engine", "job"})
	}
	return &metrics{
		decision: h("decision", "From a call to its built-in answer, or without one until its engine was chosen."),
		first:    h("first_token", "From a call to the first word of its answer."),
		complete: h("complete", "From a call to its whole answer."),
		calls:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "truckflow_ai_calls_total", Help: "Calls ended, by who answered; none: nobody did."}, []string{"job", "by"}),
		cost:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "truckflow_ai_cost_dollars_total", Help: "Spent on engines outside."}, []string{"engine"}),
		inHand:   prometheus.NewDesc("truckflow_ai_in_hand", "Calls at an engine, and waiting in the gateway for it.", []string{"engine", "where"}, nil),
	}
}

func (m *metrics) observe(r Record) {
	by := string(r.By)
	if by == "" {
		by = "none"
	}
	m.calls.WithLabelValues(string(r.Job), by).Inc()
	for _, t := range r.Trail {
		if t.Cost > 0 {
			m.cost.WithLabelValues(t.Engine).Add(float64(t.Cost) / 1e6)
		}
		if t.Engine == string(ByBuiltin) && r.Decision > 0 {
			m.decision.WithLabelValues(t.Engine, string(r.Job)).Observe(t.Total.Seconds())
		}
	}
	if r.By != ByLocal && r.By != ByOverflow {
		return
	}
	at := func(h *prometheus.HistogramVec, d time.Duration) {
		h.WithLabelValues(r.Engine, string(r.Job)).Observe(d.Seconds())
	}
	if r.Decision > 0 && r.Trail[0].Engine != string(ByBuiltin) {
		at(m.decision, r.Decision)
	}
	at(m.first, r.First)
	at(m.complete, r.Total)
}

// Describe implements prometheus.Collector: the gateway's figures for /metrics.
func (g *Gateway) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range g.metrics.each() {
		c.Describe(ch)
	}
	ch <- g.metrics.inHand
}

// Collect implements prometheus.Collector.
func (g *Gateway) Collect(ch chan<- prometheus.Metric) {
	for _, c := range g.metrics.each() {
		c.Collect(ch)
	}
	for _, l := range g.lanes {
		running, waiting := l.inHand()
		ch <- prometheus.MustNewConstMetric(g.metrics.inHand, prometheus.GaugeValue, float64(running), l.s.Name, "engine")
		ch <- prometheus.MustNewConstMetric(g.metrics.inHand, prometheus.GaugeValue, float64(waiting), l.s.Name, "gateway")
	}
}
