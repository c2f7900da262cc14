package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// PoolStats are the figures of a database connection pool.
type PoolStats struct {
	InUse, Idle, Total, Max int           // connections now
	Acquired                int64         // times a connection was handed out
	Waited                  int64         // times one had to be waited for
	WaitTime                time.Duration // altogether
	GaveUp                  int64         // waits that ended without one
}

type poolCollector struct {
	stats                               func() PoolStats
	conns, acquired, waited, wait, gave *prometheus.Desc
}

// Pool exports the figures that stats returns, read at each scrape. name tells
// pools apart ("app", "owner").
func (m *Metrics) Pool(name string, stats func() PoolStats) {
	desc := func(what, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("truckflow_db_pool_"+what, help, labels, prometheus.Labels{"pool": name})
	}
	m.reg.MustRegister(&poolCollector{
		stats:    stats,
		conns:    desc("connections", "Connections by state: in_use, idle, total, max.", "state"),
		acquired: desc("acquired_total", "Times a connection was handed out."),
		waited:   desc("waited_total", "Times a connection had to be waited for."),
		wait:     desc("wait_seconds_total", "Time spent waiting for connections."),
		gave:     desc("gave_up_total", "Waits for a connection that ended without one."),
	})
}

// Describe implements prometheus.Collector.
func (p *poolCollector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(p, ch) }

// Collect implements prometheus.Collector.
func (p *poolCollector) Collect(ch chan<- prometheus.Metric) {
	s := p.stats()
	for state, n := range map[string]int{"in_use": s.InUse, "idle": s.Idle, "total": s.Total, "max": s.Max} {
		ch <- prometheus.MustNewConstMetric(p.conns, prometheus.GaugeValue, float64(n), state)
	}
	for d, n := range map[*prometheus.Desc]float64{
		p.acquired: float64(s.Acquired), p.waited: float64(s.Waited), p.wait: s.WaitTime.Seconds(), p.gave: float64(s.GaveUp),
	} {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, n)
	}
}
