package deploy

import (
	"encoding/json"
	"fmt"
)

// panel is one graph or figure: every query returns series on a stack that
// works, which make stack checks on a real Prometheus.
type panel struct {
	title, unit string // unit as Grafana names it
	kind        string // timeseries or stat
	queries     []query
}

type query struct{ expr, legend string }

// board is a dashboard, in rows of three panels.
type board struct {
	uid, title, file string
	panels           []panel
}

// Queries that several panels, or an alert and a panel, must agree on.
const (
	notStreams = `route!="GET /live"` // an open page's stream lasts for hours
	disks      = `fstype!~"tmpfs|overlay|squashfs|ramfs"`
)

func boards() []board {
	quantile := func(q string) string {
		return fmt.Sprintf(`histogram_quantile(%s, sum by (le) (rate(truckflow_http_request_seconds_bucket{%s}[5m])))`, q, notStreams)
	}
	return []board{
		{"truckflow-service", "Service health", "grafana/dashboards/service.json", []panel{
			{"Up", "none", "stat", []query{{`up`, "{{job}}"}}},
			{"Requests a second", "reqps", "timeseries", []query{{`sum by (status) (rate(truckflow_http_requests_total[5m]))`, "{{status}}"}}},
			{"Requests that fail", "percentunit", "timeseries", []query{{`(sum(rate(truckflow_http_requests_total{status=~"5.."}[5m])) or vector(0)) / sum(rate(truckflow_http_requests_total[5m]))`, "5xx"}}},
			{"Time to answer", "s", "timeseries", []query{{quantile("0.5"), "half"}, {quantile("0.95"), "95 %"}, {quantile("0.99"), "99 %"}}},
			{"Slowest pages, 95 %", "s", "timeseries", []query{{fmt.Sprintf(`topk(5, histogram_quantile(0.95, sum by (le, route) (rate(truckflow_http_request_seconds_bucket{%s}[15m]))))`, notStreams), "{{route}}"}}},
			{"Jobs done and failed a minute", "none", "timeseries", []query{{`sum by (outcome) (rate(truckflow_jobs_total[5m])) * 60`, "{{outcome}}"}}},
			{"Waiting jobs", "none", "timeseries", []query{{`max by (queue) (truckflow_queue_jobs)`, "{{queue}}"}}},
			{"Oldest waiting job", "s", "timeseries", []query{{`max by (queue) (truckflow_queue_age_seconds)`, "{{queue}}"}}},
			{"Database connections of the program", "none", "timeseries", []query{{`sum by (state) (truckflow_db_pool_connections)`, "{{state}}"}}},
			{"PostgreSQL's connections", "none", "timeseries", []query{{`sum by (state) (pg_stat_activity_count{datname="truckflow"})`, "{{state}}"}, {`max(pg_settings_max_connections)`, "most"}}},
			{"PostgreSQL's transactions a second", "ops", "timeseries", []query{{`rate(pg_stat_database_xact_commit{datname="truckflow"}[5m])`, "committed"}, {`rate(pg_stat_database_xact_rollback{datname="truckflow"}[5m])`, "rolled back"}}},
			{"Database size", "bytes", "timeseries", []query{{`pg_database_size_bytes{datname="truckflow"}`, "truckflow"}}},
			{"Redis", "bytes", "timeseries", []query{{`redis_memory_used_bytes`, "used"}, {`redis_memory_max_bytes`, "most"}}},
			{"nginx connections", "none", "timeseries", []query{{`nginx_connections_active`, "active"}, {`nginx_connections_waiting`, "waiting"}}},
			{"Processor", "percentunit", "timeseries", []query{{`1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle"}[5m]))`, "{{instance}}"}}},
			{"Memory", "percentunit", "timeseries", []query{{`1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes`, "{{instance}}"}}},
			{"Disk", "percentunit", "timeseries", []query{{fmt.Sprintf(`1 - node_filesystem_avail_bytes{%s} / node_filesystem_size_bytes`, disks), "{{mountpoint}}"}}},
			{"Days of the certificate", "d", "stat", []query{{`(probe_ssl_earliest_cert_expiry - time()) / 86400`, "{{instance}}"}}},
			{"Age of the verified backup", "s", "stat", []query{{`time() - max(truckflow_backup_last_verified_timestamp_seconds)`, "full copy"}}},
			{"What losing the server now would cost", "s", "timeseries", []query{{`min(truckflow_backup_rpo_seconds)`, "now"}, {`max(truckflow_backup_rpo_worst_seconds)`, "worst of 30 days"}}},
			{"Memory of the program", "bytes", "timeseries", []query{{`process_resident_memory_bytes{job="app"}`, "resident"}, {`go_memstats_heap_inuse_bytes{job="app"}`, "heap"}}},
			{"Version", "none", "stat", []query{{`count by (version) (truckflow_build_info)`, "{{version}}"}}},
		}},
		{"truckflow-trade", "Loads and money", "grafana/dashboards/trade.json", []panel{
			{"Loads by state", "none", "timeseries", []query{{`max by (state) (truckflow_loads)`, "{{state}}"}}},
			{"To review", "none", "stat", []query{{`max(truckflow_loads{state="draft"})`, "drafts"}}},
			{"Rolling", "none", "stat", []query{{`sum(max by (state) (truckflow_loads{state=~"dispatched|at_pickup|loaded|in_transit|at_delivery"}))`, "loads"}}},
			{"Delivered and not invoiced", "none", "stat", []query{{`sum(max by (state) (truckflow_loads{state=~"delivered|pod_received|ready_to_bill"}))`, "loads"}}},
			{"On hold or claimed", "none", "stat", []query{{`sum(max by (state) (truckflow_loads{state=~"on_hold|claim"}))`, "loads"}}},
			{"Owed, by age", "currencyUSD", "timeseries", []query{{`max by (age) (truckflow_receivables_dollars)`, "{{age}}"}}},
			{"Owed in all", "currencyUSD", "stat", []query{{`sum(max by (age) (truckflow_receivables_dollars))`, "open"}}},
			{"Overdue", "percentunit", "stat", []query{{`sum(max by (age) (truckflow_receivables_dollars{age!="not due"})) / clamp_min(sum(max by (age) (truckflow_receivables_dollars)), 1)`, "of what is owed"}}},
			{"Received in 30 days", "currencyUSD", "stat", []query{{`max(truckflow_money_dollars{what="received_30_days"})`, "received"}}},
			{"Invoiced and settled since the beginning", "currencyUSD", "timeseries", []query{{`max by (what) (truckflow_money_dollars{what!="received_30_days"})`, "{{what}}"}}},
			{"Papers read a minute", "none", "timeseries", []query{{`sum by (outcome) (rate(truckflow_jobs_total{kind="documents.read-document"}[5m])) * 60`, "{{outcome}}"}}},
			{"Time to read a paper, 95 %", "s", "timeseries", []query{{`histogram_quantile(0.95, sum by (le) (rate(truckflow_job_seconds_bucket{kind="documents.read-document"}[30m])))`, "95 %"}}},
			{"Companies", "none", "stat", []query{{`max(truckflow_orgs)`, "companies"}}},
		}},
	}
}

// Queries returns every query of every dashboard, with the panel that asks it.
func Queries() map[string]string {
	out := map[string]string{}
	for _, b := range boards() {
		for _, p := range b.panels {
			for _, q := range p.queries {
				out[q.expr] = b.title + ": " + p.title
			}
		}
	}
	return out
}

// The parts of Grafana's dashboard model that we use.
type (
	gTarget struct {
		Expr   string `json:"expr"`
		Legend string `json:"legendFormat"`
		RefID  string `json:"refId"`
	}
	gPanel struct {
		ID          int            `json:"id"`
		Type        string         `json:"type"`
		Title       string         `json:"title"`
		Datasource  map[string]any `json:"datasource"`
		GridPos     map[string]int `json:"gridPos"`
		FieldConfig map[string]any `json:"fieldConfig"`
		Targets     []gTarget      `json:"targets"`
	}
	gBoard struct {
		UID           string         `json:"uid"`
		Title         string         `json:"title"`
		Tags          []string       `json:"tags"`
		Timezone      string         `json:"timezone"`
		SchemaVersion int            `json:"schemaVersion"`
		Refresh       string         `json:"refresh"`
		Time          map[string]any `json:"time"`
		Panels        []gPanel       `json:"panels"`
	}
)

// dashboards writes them in the form in which Grafana exports its own.
func dashboards(all []board) ([]File, error) {
	var files []File
	for _, b := range all {
		g := gBoard{UID: b.uid, Title: "TruckFlow: " + b.title, Tags: []string{"truckflow"}, Timezone: "browser", SchemaVersion: 39, Refresh: "1m", Time: map[string]any{"from": "now-6h", "to": "now"}}
		for i, p := range b.panels {
			const wide, high = 8, 7 // of 24 columns
			x := gPanel{ID: i + 1, Type: p.kind, Title: p.title, Datasource: map[string]any{"type": "prometheus", "uid": "prometheus"},
				GridPos:     map[string]int{"x": i % 3 * wide, "y": i / 3 * high, "w": wide, "h": high},
				FieldConfig: map[string]any{"defaults": map[string]any{"unit": p.unit}, "overrides": []any{}}}
			for j, q := range p.queries {
				x.Targets = append(x.Targets, gTarget{q.expr, q.legend, string(rune('A' + j))})
			}
			g.Panels = append(g.Panels, x)
		}
		body, err := json.MarshalIndent(g, "", "  ")
		if err != nil {
			return nil, err
		}
		files = append(files, File{b.file, 0o644, append(body, '\n')})
	}
	return files, nil
}
