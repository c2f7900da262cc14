package deploy

import (
	"embed"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/scale"
	"truckflow/internal/ops/tune"
)

// Kube is what only the topology k8s asks. Names of what the chart makes are fixed:
// one TruckFlow has a namespace of its own.
type Kube struct {
	Namespace        string `yaml:"namespace"`
	Registry         string `yaml:"registry"`          // where the image is pushed, without its name: registry.example.com/dispatch
	Instances        int    `yaml:"instances"`         // for people, at least
	Most             int    `yaml:"most"`              // and at most
	Workers          int    `yaml:"workers"`           // instances for jobs, at least
	WorkersMost      int    `yaml:"workers_most"`      // and at most
	ModelsMost       int    `yaml:"models_most"`       // pods with a local model at most, each with GPUs of its own; at least one where there is an engine
	StorageClass     string `yaml:"storage_class"`     // "": the cluster's default
	IngressClass     string `yaml:"ingress_class"`     // of the controller
	Controller       string `yaml:"controller"`        // f5-nginx, ingress-nginx, traefik or haproxy
	IngressNamespace string `yaml:"ingress_namespace"` // where the controller runs
	Monitoring       string `yaml:"monitoring"`        // the namespace Prometheus runs in
	Prometheus       string `yaml:"prometheus"`        // its address, for KEDA
}

// chartFiles are the chart as it is: what differs from one carrier to the next is in
// values.yaml alone.
//
//go:embed all:chart
var chartFiles embed.FS

// kubeFiles are rendered beside it.
var kubeFiles = []output{
	{"k8s/README.md", "README.md", 0o644, nil},
	{"k8s/secrets.sh", "secrets.sh", 0o755, nil},
	{"k8s/Chart.yaml", "chart/Chart.yaml", 0o644, nil},
	{"k8s/values.yaml", "chart/values.yaml", 0o644, nil},
	{"k8s/alerts.yml", "chart/rules/alerts.yml", 0o644, nil},
	{"k8s/alerts_test.yml", "chart/rules/alerts_test.yml", 0o644, nil},
	{"common/redis.conf", "chart/files/redis.conf", 0o644, nil},
}

const (
	// tolerated is the most instances an HPA still takes by ones: from ten on a change by
	// one is within its tolerance of 10 %.
	tolerated = 9
	// kubeReserved are the database's connections that are not the program's: the operator's,
	// replication's, the exporter's, people's.
	kubeReserved = 20
)

// filledKube returns p with the defaults of the cluster's fields.
func (p Plan) filledKube() Plan {
	k := &p.Kubernetes
	def(&k.Namespace, "truckflow")
	def(&k.Instances, 3)
	def(&k.Workers, 2)
	def(&k.WorkersMost, max(3, k.Workers))
	def(&k.ModelsMost, 2) // the specification's two GPU servers
	if k.Most == 0 {      // as many as the database has connections for
		for k.Most = max(tolerated, k.Instances); k.Most > k.Instances; k.Most-- {
			if _, err := p.kubeDatabase(); err == nil {
				break
			}
		}
	}
	def(&k.IngressClass, "nginx")
	def(&k.Controller, "f5-nginx")
	def(&k.IngressNamespace, "nginx-ingress")
	def(&k.Monitoring, "monitoring")
	def(&k.Prometheus, "http://prometheus-operated."+k.Monitoring+":9090")
	return p
}

func (p Plan) checkKube() error {
	if p.Topology != K8s {
		if p.Kubernetes != (Kube{}) {
			return errs.Invalid("kubernetes: only the topology k8s has it; leave it out")
		}
		return nil
	}
	k := p.Kubernetes
	for _, x := range []struct{ field, v string }{{"namespace", k.Namespace}, {"ingress_namespace", k.IngressNamespace}, {"monitoring", k.Monitoring}, {"ingress_class", k.IngressClass}} {
		if !label.MatchString(x.v) {
			return errs.Invalid("kubernetes.%s: %q is not a name such as truckflow", x.field, x.v)
		}
	}
	if k.StorageClass != "" && !harmlessName.MatchString(k.StorageClass) {
		return errs.Invalid("kubernetes.storage_class: %q is not a name such as fast-ssd", k.StorageClass)
	}
	if slices.Contains([]string{"default", "kube-system", k.IngressNamespace, k.Monitoring}, k.Namespace) {
		return errs.Invalid("kubernetes.namespace: %s is others' too; the policies refuse all that is not ours in it", k.Namespace)
	}
	if !harmlessName.MatchString(k.Registry) || strings.HasSuffix(k.Registry, "/") {
		return errs.Invalid("kubernetes.registry: %q is not where the image is pushed, such as registry.example.com/dispatch", k.Registry)
	}
	if err := oneOf("kubernetes.controller", k.Controller, "f5-nginx", "ingress-nginx", "traefik", "haproxy"); err != nil {
		return err
	}
	if u, err := url.Parse(k.Prometheus); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || !harmless.MatchString(k.Prometheus) {
		return errs.Invalid("kubernetes.prometheus: %q is not its address, http://host:9090", k.Prometheus)
	}
	if k.Instances < 2 || k.Instances > 100 {
		return errs.Invalid("kubernetes.instances: %d is out of range; 2 to 100, with one the loss of that one is an outage", k.Instances)
	}
	if k.Most < k.Instances || k.Most > 100 {
		return errs.Invalid("kubernetes.most: %d is out of range; %d (instances) to 100", k.Most, k.Instances)
	}
	if k.Workers < 1 || k.WorkersMost < k.Workers || k.WorkersMost > 100 {
		return errs.Invalid("kubernetes.workers: %d to %d is out of range; 1 or more, and workers_most from there to 100", k.Workers, k.WorkersMost)
	}
	if k.ModelsMost < 1 || k.ModelsMost > 100 {
		return errs.Invalid("kubernetes.models_most: %d is out of range; 1 to 100", k.ModelsMost)
	}
	if p.Backup.Endpoint == "" {
		return errs.Invalid("backup.endpoint is missing: on Kubernetes the database is backed up into an S3 store away from the cluster")
	}
	if p.CDN != "none" {
		return errs.Invalid("cdn: on Kubernetes the ingress controller has to know %s's addresses; leave it none and tell the controller", p.CDN)
	}
	_, err := p.kubeDatabase()
	return err
}

// harmlessName is what a registry's or class's name may consist of.
var harmlessName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9._:/-]*[A-Za-z0-9])?$`)

// kubeSize is what the pods get, of nodes as large as the plan's host.
type kubeSize struct {
	AppMilli, AppMiB, GoMiB, ReadWorkers      int
	DatabaseMilli, DatabaseMiB, DatabaseCores int
	DatabaseGi, LogGi, RedisMiB, ModelMiB     int
}

// kubeSizes: an instance gets an eighth of a node's cores and a sixteenth of its memory,
// so that several fit beside a database, which gets half of both and of the disk.
func (p Plan) kubeSizes() kubeSize {
	mb := p.Host.RAMGB * 1024
	s := kubeSize{AppMilli: max(500, p.Host.Cores*1000/8), AppMiB: max(1024, mb/16), DatabaseMilli: p.Host.Cores * 500, DatabaseMiB: mb / 2, DatabaseCores: p.Host.Cores / 2,
		DatabaseGi: p.Host.DiskGB / 2, LogGi: max(10, p.Host.DiskGB/20), RedisMiB: p.Memory().Redis, ModelMiB: max(8192, mb/2)}
	s.GoMiB, s.ReadWorkers = s.AppMiB*9/10, max(1, s.AppMilli/1000)
	return s
}

// perInstance is how many connections of the database an instance takes at most: as many as
// the specification's scaling rules say of both roles, which share one program.
func perInstance() (int, error) {
	r, err := scale.Parse(scale.Default)
	if err != nil {
		return 0, err
	}
	return r.Roles[0].Connections, nil
}

// kubeDatabase are PostgreSQL's settings with a connection for everybody at the most
// instances, but for what CloudNativePG sets itself; an error when they do not fit.
func (p Plan) kubeDatabase() ([]tune.Setting, error) {
	each, err := perInstance()
	if err != nil {
		return nil, err
	}
	size, most := p.kubeSizes(), p.Kubernetes.Most+p.Kubernetes.WorkersMost
	all, err := tune.Postgres(tune.Machine{RAMMB: size.DatabaseMiB, Cores: size.DatabaseCores, Disk: tune.SSD, Role: tune.Dedicated, Connections: most*each + kubeReserved})
	if err != nil {
		return nil, errs.Invalid("kubernetes.most and workers_most: %d instances with %d connections each: %s", most, each, errs.Public(err).Message).Hint("fewer instances at most, or larger nodes")
	}
	return slices.DeleteFunc(all, func(s tune.Setting) bool {
		// wal_level is the operator's choice; the library it loads by itself when a setting of it is there.
		return s.Name == "shared_preload_libraries" || s.Name == "wal_level"
	}), nil
}

// kubeRules are the specification's rules over what a cluster measures: of the pods'
// requests and limits instead of a server's cores and memory.
func (p Plan) kubeRules() (*scale.Rules, error) {
	r, err := scale.Parse(scale.Default)
	if err != nil {
		return nil, err
	}
	k, ns := p.Kubernetes, fmt.Sprintf(`namespace=%q`, p.Kubernetes.Namespace)
	r.Prometheus = k.Prometheus
	web, worker := &r.Roles[0], &r.Roles[1]
	web.Min, web.Max, worker.Min, worker.Max = k.Instances, k.Most, k.Workers, k.WorkersMost
	r.Database = scale.Budget{Connections: (web.Max+worker.Max)*web.Connections + kubeReserved, Reserved: kubeReserved}
	for role, job := range map[*scale.Role]string{web: "app", worker: "worker"} {
		of := fmt.Sprintf(`%s,container="truckflow",pod=~"truckflow-%s-.+"`, ns, role.Name)
		// An instance may use more than it requested, which is above every threshold.
		role.Metrics["cpu"] = scale.Metric{Unit: "percent", Query: fmt.Sprintf(`clamp_max(100 * sum(rate(container_cpu_usage_seconds_total{%s}[2m])) / sum(kube_pod_container_resource_requests{%s,resource="cpu"}), 100)`, of, of)}
		role.Metrics["memory"] = scale.Metric{Unit: "percent", Query: fmt.Sprintf(`clamp_max(100 * sum(container_memory_working_set_bytes{%s}) / sum(kube_pod_container_resource_limits{%s,resource="memory"}), 100)`, of, of)}
		role.Drain, role.Instances = scale.Duration(30*time.Second), fmt.Sprintf(`count(up{%s,job=%q} == 1)`, ns, job)
	}
	web.Metrics["response"] = scale.Metric{Unit: "seconds", Query: fmt.Sprintf(`histogram_quantile(0.95, sum by (le) (rate(truckflow_http_request_seconds_bucket{%s,job="app",%s}[2m])))`, ns, notStreams)}
	worker.Metrics["response"] = scale.Metric{Unit: "seconds", Query: fmt.Sprintf(`max(truckflow_queue_age_seconds{%s,job="worker"})`, ns)}
	if p.AI.Engine != "none" {
		r.Roles = append(r.Roles, p.kubeModels(ns, *web))
	}
	return r, nil
}

// kubeModels is the role of the pods with a local model: the specification's triggers, of calls
// instead of processors, because a graphics card tells Kubernetes nothing. One call a pod is full use.
func (p Plan) kubeModels(ns string, like scale.Role) scale.Role {
	at := func(v float64) *float64 { return &v }
	minutes := func(n int) scale.Duration { return scale.Duration(time.Duration(n) * time.Minute) }
	engine := "ollama"
	if p.AI.Engine == "vllm" {
		engine = "server"
	}
	of := fmt.Sprintf(`%s,engine=%q`, ns, engine)
	ready := fmt.Sprintf(`max(kube_statefulset_status_replicas_ready{%s,statefulset="truckflow-ai"})`, ns)
	return scale.Role{Name: "ai", Min: 1, Max: p.Kubernetes.ModelsMost, Step: 1, Cooldown: like.Cooldown, Drain: like.Drain, Instances: ready, Engine: like.Engine,
		Metrics: map[string]scale.Metric{
			"calls": {Unit: "percent", Query: fmt.Sprintf(`clamp_max(100 * sum(avg_over_time(truckflow_ai_in_hand{%s}[2m])) / %s, 100)`, of, ready)},
			// Without a call there is no first word (NaN), and an idle pod must not be kept for that: 0, as long as the program reports.
			"response": {Unit: "seconds", Query: fmt.Sprintf(`(histogram_quantile(0.95, sum by (le) (rate(truckflow_ai_first_token_seconds_bucket{%s}[5m]))) >= 0) or 0 * max(truckflow_ai_in_hand{%s})`, of, of)},
		},
		Up: []scale.Trigger{{Name: "CallsMany", Metrics: []string{"calls"}, Above: at(80), For: minutes(5)},
			{Name: "ResponseSlow", Metrics: []string{"response"}, Above: at(2), For: minutes(1)}}, // to the first word
		Down: []scale.Trigger{{Name: "UsageLow", Metrics: []string{"calls"}, Below: at(30), For: minutes(15)}}}
}

// kubeSecrets are those of all that a cluster needs: CloudNativePG makes the database's own.
func kubeSecrets(all []secret) []secret {
	kept := slices.DeleteFunc(all, func(s secret) bool {
		return !slices.Contains([]string{"redis_password", "redis_probe", "redis_acl", "redis_url", "jwt_secret", "smtp_password", "smtp_url", "s3_secret_key", "backup_s3_secret_key"}, s.Name)
	})
	return append(kept, secret{Name: "backup_s3_access_key", from: func(p Plan, _ func(string) string) string { return p.Backup.AccessKey }})
}

// kubePage is what the chart's templates see beside a page.
type kubePage struct {
	Size             kubeSize
	Connections      int // of one instance
	ChartVersion     string
	Tag              string
	MailPort         string
	GPUs             int // of one pod with a model
	DatabaseSettings []tune.Setting
	// What no topology changes of the alerts and their tests, as text.
	SharedAlerts, SharedTests string
}

// semver is what Helm asks of a chart's version.
var semver = regexp.MustCompile(`^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$`)

// kubePage fills pg for the topology k8s; shared renders a template with it.
func (p Plan) kubePage(pg *page, shared func(template string) ([]byte, error)) error {
	settings, err := p.kubeDatabase()
	if err != nil {
		return err
	}
	each, err := perInstance()
	if err != nil {
		return err
	}
	_, tag, _ := strings.Cut(pg.Image["truckflow"], ":")
	k := kubePage{Size: p.kubeSizes(), Connections: each, ChartVersion: strings.TrimPrefix(pg.Version, "v"), Tag: tag, MailPort: "587", GPUs: max(1, p.Host.GPUs), DatabaseSettings: settings}
	if !semver.MatchString(k.ChartVersion) {
		k.ChartVersion = "0.0.0-" + strings.NewReplacer("_", "-", "+", "-").Replace(k.ChartVersion)
	}
	if _, port, err := net.SplitHostPort(p.Mail.Server); err == nil {
		k.MailPort = port
	}
	alerts, err := shared("common/alerts.yml")
	if err != nil {
		return err
	}
	tests, err := shared("common/alerts_test.yml")
	if err != nil {
		return err
	}
	k.SharedAlerts = pick(string(alerts), "      - alert: ", regexp.MustCompile(`(?m)^      - alert: (\w+)`), alertsOfTheProgram)
	k.SharedTests = pick(string(tests), "  - name: ", regexp.MustCompile(`alertname: (\w+)`), alertsOfTheProgram)
	pg.kubePage = k
	return nil
}

// alertsOfTheProgram rely on its own figures alone, wherever it runs.
var alertsOfTheProgram = []string{"Errors", "Slow", "JobsFail", "QueueOld"}

// pick returns the blocks of text, each from a line that begins with start to the next, that
// speak of the wanted names alone.
func pick(text, start string, names *regexp.Regexp, wanted []string) string {
	var out strings.Builder
	for _, block := range strings.Split(text, "\n"+start)[1:] {
		block = start + strings.TrimRight(block, "\n") + "\n"
		found := names.FindAllStringSubmatch(block, -1)
		if len(found) > 0 && !slices.ContainsFunc(found, func(m []string) bool { return !slices.Contains(wanted, m[1]) }) {
			out.WriteString(block)
		}
	}
	return out.String()
}

// kubeChart are the files that no template renders: the chart as it is, and the rules by
// which instances are added and removed, as package scale says them.
func (p Plan) kubeChart() ([]File, error) {
	var files []File
	err := fs.WalkDir(chartFiles, "chart", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := chartFiles.ReadFile(path)
		files = append(files, File{path, 0o644, b})
		return err
	})
	if err != nil {
		return nil, err
	}
	rules, err := p.kubeRules()
	if err != nil {
		return nil, err
	}
	rendered, err := scale.Render(rules, scale.Where{Namespace: p.Kubernetes.Namespace, App: "truckflow", Ingress: "truckflow", Sets: []string{"ai"}})
	if err != nil {
		return nil, err
	}
	by := map[string]string{}
	for _, f := range rendered {
		switch {
		case strings.HasSuffix(f.Name, ".yml"):
			files = append(files, File{"chart/rules/" + f.Name, 0o644, []byte(f.Content)})
		default:
			by[f.Name] = f.Content
		}
	}
	scaling := "{{- if eq .Values.scaling.by \"keda\" }}\n" + by["web-keda.yaml"] + "---\n" + by["worker-keda.yaml"]
	if ai := by["ai-keda.yaml"]; ai != "" { // a plain HPA cannot follow calls: there their number is values.yaml's
		scaling += "{{- if ne .Values.ai.engine \"none\" }}\n---\n" + ai + "{{- end }}\n"
	}
	scaling += "{{- else if eq .Values.scaling.by \"hpa\" }}\n" + by["web-hpa.yaml"] + "---\n" + by["worker-hpa.yaml"] + "{{- end }}\n"
	return append(files, File{"chart/templates/scaling.yaml", 0o644, []byte(scaling)}), nil
}

// kubeBoards are the dashboards over what a cluster measures; what has no series there is left out.
func (p Plan) kubeBoards() []board {
	ns := fmt.Sprintf(`namespace=%q`, p.Kubernetes.Namespace)
	replaced := map[string][]query{
		"Up":                                    {{`up{` + ns + `}`, "{{job}} {{pod}}"}},
		"PostgreSQL's connections":              {{`sum by (state) (cnpg_backends_total{` + ns + `,datname="truckflow"})`, "{{state}}"}, {`max(cnpg_pg_settings_setting{` + ns + `,name="max_connections"})`, "most"}},
		"PostgreSQL's transactions a second":    {{`sum(rate(cnpg_pg_stat_database_xact_commit{` + ns + `,datname="truckflow"}[5m]))`, "committed"}, {`sum(rate(cnpg_pg_stat_database_xact_rollback{` + ns + `,datname="truckflow"}[5m]))`, "rolled back"}},
		"Database size":                         {{`max(cnpg_pg_database_size_bytes{` + ns + `,datname="truckflow"})`, "truckflow"}},
		"nginx connections":                     nil,
		"Disk":                                  {{`1 - kubelet_volume_stats_available_bytes{` + ns + `} / kubelet_volume_stats_capacity_bytes`, "{{persistentvolumeclaim}}"}},
		"Days of the certificate":               {{`(certmanager_certificate_expiration_timestamp_seconds{` + ns + `} - time()) / 86400`, "{{name}}"}},
		"Age of the verified backup":            {{`time() - max(barman_cloud_cloudnative_pg_io_last_available_backup_timestamp{` + ns + `})`, "full copy"}},
		"What losing the server now would cost": {{`max(cnpg_pg_stat_archiver_seconds_since_last_archival{` + ns + `})`, "the log's last file is so old"}},
	}
	all := boards()
	for i := range all {
		var kept []panel
		for _, x := range all[i].panels {
			if q, there := replaced[x.title]; there {
				if x.queries = q; q == nil {
					continue
				}
			}
			kept = append(kept, x)
		}
		all[i].panels = kept
	}
	return all
}
