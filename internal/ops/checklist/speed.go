package checklist

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"truckflow/internal/ops/scale"
)

// speed is how fast requests were answered and what waited.
type speed struct {
	over    string // for how long, and who says so
	figures []figure
	summary string
}

type figure struct{ name, label, text string }

// streams last as long as a page is open: they are no answers that are slow.
const streams = "GET /live"

// speed asks Prometheus for the quarter; without one, the running program for what
// it has counted since it started.
func (l *look) speed(ctx context.Context) speed {
	if l.Prometheus != "" {
		if s, err := l.quarter(ctx); err == nil {
			return s
		}
	}
	text, err := l.get(ctx, l.LocalURL+"/metrics")
	if err != nil {
		return speed{over: "nobody could be asked", summary: "How fast it answers was not measured: " + why(err) + "."}
	}
	s, err := sinceStart(text, l.now)
	if err != nil {
		return speed{over: "nobody could be asked", summary: "How fast it answers was not measured: what answers there has no figures of ours."}
	}
	return s
}

// quarter asks Prometheus, which knows as much of the quarter as it keeps.
func (l *look) quarter(ctx context.Context) (s speed, err error) {
	p := scale.NewPrometheus(l.Prometheus)
	const over = "[92d]"
	requests := `truckflow_http_requests_total` // every status
	of := func(q string) string {
		return fmt.Sprintf(`histogram_quantile(%s, sum by (le) (increase(truckflow_http_request_seconds_bucket{route!=%q}%s)))`, q, streams, over)
	}
	s = speed{over: fmt.Sprintf("of 92 days or what %s keeps of them", l.Prometheus)}
	got := map[string]float64{}
	for _, q := range []struct {
		name, label, query string
		text               func(float64) string
	}{
		{"requests", "Requests answered", "sum(increase(" + requests + over + "))", count},
		{"failed", "Of them with an error of ours (5xx)", "sum(increase(" + requests + `{status=~"5.."}` + over + ")) or vector(0)", count},
		{"p50", "Half are answered within", of("0.5"), seconds},
		{"p95", "95 of 100 are answered within", of("0.95"), seconds},
		{"p99", "99 of 100 are answered within", of("0.99"), seconds},
		{"jobs", "Jobs done", `sum(increase(truckflow_jobs_total{outcome="done"}` + over + "))", count},
		{"jobs.failed", "Jobs failed (they are tried again)", `sum(increase(truckflow_jobs_total{outcome="failed"}` + over + ")) or vector(0)", count},
		{"queue.oldest", "A job waited at most", "max(max_over_time(truckflow_queue_age_seconds" + over + "))", seconds},
		{"cpu", "Busiest processor, a quarter of an hour long", `100 * (1 - min(min_over_time((avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[15m])))` + "[92d:15m])))", percent},
		{"memory", "Fullest memory", `100 * max(max_over_time((1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes)[92d:15m]))`, percent},
	} {
		v, ok, err := p.Value(ctx, q.query, l.now)
		if err != nil {
			return s, err
		}
		if ok && !math.IsNaN(v) {
			got[q.name] = v
			s.figures = append(s.figures, figure{q.name, q.label, q.text(v)})
		}
	}
	s.summary = said(got["requests"], got["failed"], got["p95"])
	return s, nil
}

// said is the figures in a sentence.
func said(requests, failed, p95 float64) string {
	if requests == 0 {
		return "No request was answered in that time."
	}
	verdict := "within the two seconds at which the specification adds a server"
	if p95 > 2 {
		verdict = "slower than the two seconds at which the specification adds a server"
	}
	return fmt.Sprintf("%s requests, %s failed (%.2f %%); 95 of 100 were answered within %s, %s.", count(requests), count(failed), 100*failed/requests, seconds(p95), verdict)
}

// sinceStart reads the program's own figures.
func sinceStart(text string, now time.Time) (s speed, err error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	all, err := parser.TextToMetricFamilies(strings.NewReader(text))
	if err != nil {
		return s, err
	}
	if all["truckflow_http_requests_total"] == nil && all["truckflow_build_info"] == nil {
		return s, fmt.Errorf("no figures of ours")
	}
	s.over = "since the program started"
	if f := all["process_start_time_seconds"]; f != nil {
		started := time.Unix(int64(f.Metric[0].GetGauge().GetValue()), 0)
		s.over += " " + ago(now, started) + " ago"
	}
	sum := func(name, label, value string) (v float64) {
		for _, m := range all[name].GetMetric() {
			if label == "" || strings.HasPrefix(labelOf(m, label), value) {
				v += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
		return v
	}
	times := histogram(all["truckflow_http_request_seconds"].GetMetric())
	requests, failed := sum("truckflow_http_requests_total", "", ""), sum("truckflow_http_requests_total", "status", "5")
	oldest := 0.0
	for _, m := range all["truckflow_queue_age_seconds"].GetMetric() {
		oldest = max(oldest, m.GetGauge().GetValue())
	}
	s.figures = []figure{{"requests", "Requests answered", count(requests)}, {"failed", "Of them with an error of ours (5xx)", count(failed)},
		{"p50", "Half are answered within", seconds(times.quantile(0.5))}, {"p95", "95 of 100 are answered within", seconds(times.quantile(0.95))}, {"p99", "99 of 100 are answered within", seconds(times.quantile(0.99))},
		{"jobs", "Jobs done", count(sum("truckflow_jobs_total", "outcome", "done"))}, {"jobs.failed", "Jobs failed (they are tried again)", count(sum("truckflow_jobs_total", "outcome", "failed"))},
		{"queue.oldest", "The oldest job waits now for", seconds(oldest)}}
	s.summary = said(requests, failed, times.quantile(0.95))
	return s, nil
}

func labelOf(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}

// buckets are a histogram over all routes but the streams: how many were at most so slow.
type buckets map[float64]float64

func histogram(metrics []*dto.Metric) buckets {
	b := buckets{}
	for _, m := range metrics {
		if labelOf(m, "route") == streams {
			continue
		}
		for _, x := range m.GetHistogram().GetBucket() {
			b[x.GetUpperBound()] += float64(x.GetCumulativeCount())
		}
	}
	return b
}

// quantile is what Prometheus' histogram_quantile answers: within a bucket the
// requests are taken to be spread evenly, beyond the last it is that one's bound.
func (b buckets) quantile(q float64) float64 {
	var bounds []float64
	for le := range b {
		bounds = append(bounds, le)
	}
	slices.Sort(bounds)
	if len(bounds) == 0 || b[bounds[len(bounds)-1]] == 0 {
		return 0
	}
	want := q * b[bounds[len(bounds)-1]]
	from, below := 0.0, 0.0
	for _, le := range bounds {
		if n := b[le]; n >= want {
			if math.IsInf(le, 1) {
				return from
			}
			return from + (le-from)*(want-below)/(n-below)
		}
		from, below = le, b[le]
	}
	return from
}

func count(v float64) string   { return fmt.Sprintf("%.0f", v) }
func percent(v float64) string { return fmt.Sprintf("%.0f %%", v) }

// seconds writes a time as people say it: 38 ms, 1.2 s, 12 min.
func seconds(v float64) string {
	switch {
	case v < 1:
		return fmt.Sprintf("%.0f ms", 1000*v)
	case v < 120:
		return fmt.Sprintf("%.1f s", v)
	}
	return fmt.Sprintf("%.0f min", v/60)
}
