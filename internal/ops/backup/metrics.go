package backup

import (
	"github.com/prometheus/client_golang/prometheus"
)

// Collector gives the figures of State to Prometheus; it looks at no store, so
// a scrape costs nothing.
func (s *Service) Collector() prometheus.Collector { return collector{s} }

type collector struct{ s *Service }

func desc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("truckflow_backup_"+name, help, nil, nil)
}

var (
	descUp       = desc("archiver_up", "1 while the database's log is being archived by this process.")
	descRPO      = desc("rpo_seconds", "What losing the machine now would cost, in seconds of work; absent while unknown.")
	descRPOAll   = desc("rpo_all_stores_seconds", "The same if the first store is lost with it.")
	descWorst    = desc("rpo_worst_seconds", "The worst of the last 30 days.")
	descBase     = desc("last_base_timestamp_seconds", "When the newest base backup ended.")
	descVerified = desc("last_verified_timestamp_seconds", "When a backup was last proved good.")
	descBytes    = desc("database_bytes", "Size of the database at the newest base backup.")
	descStored   = desc("stored_bytes", "What that backup takes in a store.")
	descDrillOK  = desc("drill_ok", "1 if the last rehearsed restore was in order.")
	descDrillAt  = desc("drill_timestamp_seconds", "When it was.")
	descRTO      = desc("drill_rto_seconds", "How long it took to a database that takes writes.")
	descProblem  = desc("problem", "1 while archiving or storing fails.")
)

// Describe implements prometheus.Collector.
func (c collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descUp, descRPO, descRPOAll, descWorst, descBase, descVerified, descBytes, descStored, descDrillOK, descDrillAt, descRTO, descProblem} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(ch chan<- prometheus.Metric) {
	st, now := c.s.State(), c.s.cfg.Clock.Now()
	set := func(d *prometheus.Desc, v float64) { ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	flag := func(d *prometheus.Desc, on bool) {
		v := 0.0
		if on {
			v = 1
		}
		set(d, v)
	}
	flag(descUp, st.Archiver == atWork)
	flag(descProblem, st.Problem != "" || st.StoreProblem != "" || st.NeedBase != "" || st.BaseProblem != "")
	if d, ok := st.RPO(now); ok {
		set(descRPO, d.Seconds())
		set(descWorst, max(st.Worst, d).Seconds())
	}
	if len(c.s.repo.stores) > 1 && !st.CoveredAll.IsZero() {
		set(descRPOAll, max(now.Sub(st.CoveredAll), 0).Seconds())
	}
	if !st.LastBase.IsZero() {
		set(descBase, float64(st.LastBase.Unix()))
		set(descBytes, float64(st.BaseBytes))
		set(descStored, float64(st.BaseStored))
	}
	if !st.LastVerified.IsZero() {
		set(descVerified, float64(st.LastVerified.Unix()))
	}
	if d := st.LastDrill; d != nil {
		flag(descDrillOK, d.OK)
		set(descDrillAt, float64(d.At.Unix()))
		set(descRTO, d.RTO.Seconds())
	}
}
