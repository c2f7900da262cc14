package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"truckflow/internal/ops/deploy"
	"truckflow/internal/ops/deploy/kubetest"
)

func TestMain(m *testing.M) { kubetest.Main(m) }

const kubePlan = "domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com:9000\", access_key: k}\n" +
	"backup: {endpoint: \"https://b.example.net\", access_key: k}\nkubernetes: {registry: r.example.com/x}\n"

// kubePlans are as different as plans get; all render to a chart that holds.
var kubePlans = map[string]string{
	"golden": plans["k8s"],
	"least":  strings.Replace(kubePlan, "kubernetes: {", "host: {ram_gb: 16, cores: 4, disk_gb: 100}\nkubernetes: {instances: 2, ", 1),
	"vllm": strings.NewReplacer("kubernetes: {", "host: {ram_gb: 256, cores: 64, disk_gb: 4000, gpus: 4}\nai: {engine: vllm}\nmail: {server: \"m:465\", user: u}\npostgres: 16\nkubernetes: {",
		"registry:", "namespace: dispatch, instances: 4, most: 20, storage_class: fast-ssd, ingress_class: traefik, controller: traefik, ingress_namespace: traefik, monitoring: mon, prometheus: \"https://p.mon:9090\", registry:").Replace(kubePlan),
}

// kubeValues are changes of values.yaml, each alone; all hold.
var kubeValues = []string{
	"ingress: {controller: ingress-nginx}", "ingress: {controller: traefik}", "ingress: {controller: haproxy, annotations: {a.example.com/b: c}}",
	"scaling: {by: hpa}", "scaling: {by: none, replicas: {web: 5, worker: 2}}", "ai: {engine: none}", "networkPolicies: false", "monitoring: {enabled: false}",
	"monitoring: {labels: {release: kube-prometheus-stack}}", "database: {instances: 1}", "certificate: {createIssuer: false, issuerKind: ClusterIssuer}", "storageClass: fast",
	"mail: {server: \"\"}", "image: {pullSecrets: [{name: registry}]}", "app: {extraEnv: [{name: TRUCKFLOW_LOG_LEVEL, value: debug}]}", "backup: {port: 9000}",
}

// TestChart: what is rendered is linted and rendered by Helm's library, each manifest
// is decoded strictly into its API's types and held against its CRD, for several plans and values.
func TestChart(t *testing.T) {
	for name, text := range kubePlans {
		dir := rendered(t, text)
		chart := filepath.Join(dir, "chart")
		said, ok := kubetest.Ask(t, "chart", chart)
		if !ok || !strings.Contains(said, "schemas of 6 CRDs looked at") {
			t.Errorf("%s: %s", name, said)
			continue
		}
		for _, kind := range []string{"1 Certificate", "1 Cluster,", "3 Deployment", "NetworkPolicy", "1 ObjectStore", "2 PodDisruptionBudget", "1 PodMonitor", "2 PrometheusRule", "ScaledObject", "1 ScheduledBackup", "3 ServiceMonitor"} {
			if !strings.Contains(said, kind) {
				t.Errorf("%s: there is no %s among %s", name, kind, said)
			}
		}
		if name != "golden" {
			continue
		}
		for _, v := range kubeValues {
			write(t, dir, "v.yaml", v)
			if said, ok := kubetest.Ask(t, "chart", chart, filepath.Join(dir, "v.yaml")); !ok {
				t.Errorf("%s: %s", v, said)
			}
		}
	}
}

// TestSpoiledCharts breaks one thing at a time; each is found, in one line that names the file.
func TestSpoiledCharts(t *testing.T) {
	for _, c := range []struct{ file, old, new, want string }{
		{"values.yaml", "readWorkers:", "readWorker:", "additional properties 'readWorker' not allowed"},
		{"values.yaml", "by: keda", "by: luck", "scaling/by"},
		{"values.yaml", "retention: 30d", "retention: 30", "backup/retention"},
		{"values.yaml", "  parameters:", "  parameters:\n    ssl: \"off\"", "CloudNativePG does not let ssl be set"},
		{"templates/app.yaml", "readinessProbe:", "readynessProbe:", `unknown field "spec.template.spec.containers[0].readynessProbe"`},
		{"templates/app.yaml", "maxUnavailable: 0", "maxUnavailable: 0\n      maxUnavailable: 1", "already set"},
		{"templates/app.yaml", "secret: {secretName: truckflow-db-ca", "secrets: {secretName: truckflow-db-ca", `unknown field "spec.template.spec.volumes[4].secrets"`},
		{"templates/app.yaml", "- {name: tmp, mountPath: /tmp}", "- {name: tmpp, mountPath: /tmp}", "mounts the volume tmpp, which there is not"},
		{"templates/app.yaml", `{{- include "truckflow.containerSecurity" $ | nindent 12 }}`, "runAsUser: 0", "not \"restricted\""},
		{"templates/app.yaml", "      automountServiceAccountToken: false\n", "", "get a token for the API server"},
		{"templates/app.yaml", "  maxUnavailable: 1\n  unhealthy", "  maxUnavailable: 1\n  unhealthi", "unknown field \"spec.unhealthi"},
		{"templates/scaling.yaml", "kind: Deployment\n    name: truckflow-web\n  minReplicaCount", "kind: Deployment\n    name: truckflow-app\n  minReplicaCount", "there is no Deployment truckflow-app"},
		{"templates/database.yaml", "dataDurability:", "durability:", `unknown field "spec.postgresql.synchronous.durability"`},
		{"templates/database.yaml", "method: any", "method: some", "supported values"},
		{"templates/database.yaml", "number: 1", "number: 0", "synchronous replicas should be greater than zero"},
		{"templates/database.yaml", "primaryUpdateMethod: switchover", "primaryUpdateMethod: hope", "supported values"},
		{"templates/database.yaml", "barmanObjectName: truckflow-backup", "barmanObjectName: backup", "there is no ObjectStore backup"},
		{"templates/database.yaml", "method: plugin", "method: prayer", "supported values"},
		{"templates/database.yaml", "    destinationPath: s3://{{ .Values.backup.bucket }}/\n", "", "destinationPath"},
		{"templates/ingress.yaml", "issuerRef:\n    kind: {{ .Values.certificate.issuerKind }}\n    name: {{ .Values.certificate.issuerName }}", "dnsNames: []", "already set"},
		{"templates/ingress.yaml", "algorithm: ECDSA", "algorithm: DES", "supported values"},
		{"templates/ingress.yaml", "pathType: {{ ternary", "pathTyp: {{ ternary", "pathTyp"},
		{"templates/scaling.yaml", "kind: StatefulSet\n    name: truckflow-ai", "kind: Deployment\n    name: truckflow-ai", "there is no Deployment truckflow-ai"},
		{"templates/app.yaml", "TRUCKFLOW_ROLE, value: {{ $role }}", "TRUCKFLOW_ROLE, value: {{ $rol }}", "app.yaml"},
		{"templates/scaling.yaml", "minReplicaCount: 3", "minReplicaCount: 30", "minReplicaCount must be less than or equal to maxReplicaCount"},
		{"templates/scaling.yaml", "pollingInterval:", "pollInterval:", "pollInterval"},
		{"templates/scaling.yaml", "namespace: truckflow", "namespace: elsewhere", "goes to the namespace elsewhere"},
		{"templates/monitoring.yaml", "port: http", "prot: http", "prot"},
		{"templates/network.yaml", "app.kubernetes.io/component: redis\n  policyTypes", "app.kubernetes.io/component: radis\n  policyTypes", "selects no pod"},
		{"templates/redis.yaml", "{{ .Values.redis.image }}", "redis", "which is not pinned"},
		{"templates/ai.yaml", "{{- end }}\n", "", "ai.yaml"},
	} {
		dir := rendered(t, plans["k8s"])
		file := "chart/" + c.file
		text := read(t, dir, file)
		if !strings.Contains(text, c.old) {
			t.Errorf("%s holds no %q to break", c.file, c.old)
			continue
		}
		write(t, dir, file, strings.Replace(text, c.old, c.new, 1))
		said, ok := kubetest.Ask(t, "chart", filepath.Join(dir, "chart"))
		if ok || !strings.Contains(said, c.want) || !strings.Contains(said, "yaml") {
			t.Errorf("%s, %q for %q: %q, want %q", c.file, c.new, c.old, said, c.want)
		}
	}
}

// TestCheckOfACluster: deploy check asks the judge where it is on the path, else says that
// it could not; the rules' own tests run as everywhere.
func TestCheckOfACluster(t *testing.T) {
	dir := rendered(t, plans["k8s"])
	_, checked := bad(t, dir, "chart/Chart.yaml")
	if got := checked["chart/Chart.yaml by truckflow-kube"]; got != deploy.Unchecked {
		t.Errorf("without the judge: %q", got)
	}
	t.Setenv("PATH", filepath.Dir(kubetest.Tool(t))+":"+os.Getenv("PATH"))
	for _, s := range []string{"s3_secret_key", "backup_s3_secret_key", "smtp_password"} {
		write(t, dir, "secrets/"+s, "given")
		if err := os.Chmod(filepath.Join(dir, "secrets", s), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	wrong, checked := bad(t, dir)
	for _, w := range wrong {
		t.Error(w)
	}
	for about, want := range map[string]string{
		"chart/Chart.yaml by truckflow-kube":                  deploy.OK,
		"chart/rules/alerts.yml by promtool":                  deploy.OK,
		"chart/rules/alerts_test.yml by promtool":             deploy.OK,
		"chart/rules/truckflow-scaling.rules.yml by promtool": deploy.OK,
		"chart/rules/truckflow-scaling.test.yml by promtool":  deploy.OK,
		"chart/dashboards/service.json by rules":              deploy.OK,
		"chart/values.schema.json by rules":                   deploy.OK,
		"secrets.sh by bash":                                  deploy.OK,
		"secrets by rules":                                    deploy.OK,
	} {
		if checked[about] != want {
			t.Errorf("%s: %q, want %q", about, checked[about], want)
		}
	}
	write(t, dir, "chart/values.yaml", strings.Replace(read(t, dir, "chart/values.yaml"), "by: keda", "by: luck", 1))
	if wrong, _ := bad(t, dir, "chart/Chart.yaml"); len(wrong) != 1 || !strings.Contains(wrong[0], "scaling/by") {
		t.Errorf("found %q", wrong)
	}
	if f := deploy.CheckHost(plan(t, plans["k8s"]), deploy.Machine{}); len(f) != 1 || f[0].Status != deploy.Unchecked {
		t.Errorf("a cluster's host: %v", f)
	}
}

// TestSecretsOfACluster runs the rendered secrets.sh against a kubectl that writes down what
// it is asked: what the chart names is there, and nothing else leaves the folder.
func TestSecretsOfACluster(t *testing.T) {
	dir := rendered(t, plans["k8s"])
	write(t, dir, "kubectl", "#!/bin/bash\necho \"$*\" >>\"$LOG\"\nfor a; do case $a in --from-file=*) f=${a#*=*=}; echo \"  ${a#--from-file=}: $(wc -c <\"$f\")\" >>\"$LOG\";; esac; done\n")
	if err := os.Chmod(filepath.Join(dir, "kubectl"), 0o755); err != nil {
		t.Fatal(err)
	}
	run := func() (string, error) {
		cmd := exec.Command("bash", filepath.Join(dir, "secrets.sh"))
		cmd.Env = append(os.Environ(), "KUBECTL="+filepath.Join(dir, "kubectl"), "LOG="+filepath.Join(dir, "log"))
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := run(); err == nil || !strings.Contains(out, "secrets/s3_secret_key is empty: write it first") {
		t.Errorf("with a secret that is missing: %v %q", err, out)
	}
	for _, s := range []string{"s3_secret_key", "backup_s3_secret_key"} {
		write(t, dir, "secrets/"+s, "given\n")
	}
	if out, err := run(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	log := read(t, dir, "log")
	for _, want := range []string{"create secret generic truckflow --from-file=jwt_secret=", "redis_url=", "smtp_url=", "generic truckflow-redis --from-file=redis_acl=", "redis_probe=", "generic truckflow-backup --from-file=access_key_id=",
		"pod-security.kubernetes.io/enforce=restricted", "/secret_access_key: 5\n"} {
		if !strings.Contains(log, want) {
			t.Errorf("kubectl was not asked for %q:\n%s", want, log)
		}
	}
	if url := read(t, dir, "secrets/redis_url"); !strings.Contains(url, "@truckflow-redis:6379/0") {
		t.Errorf("redis_url leads elsewhere")
	}
	if _, err := os.Stat(filepath.Join(dir, "secrets/database_url")); err == nil {
		t.Error("a database's password was made that CloudNativePG makes")
	}
}

// TestIdleModels has promtool feed the rendered rules what a cluster says while nobody asks the
// model: an idle pod goes although there is no first word to measure; with nobody to say so, it stays.
func TestIdleModels(t *testing.T) {
	t.Parallel()
	dir := rendered(t, plans["k8s"])
	pods := `      - {series: 'kube_statefulset_status_replicas_ready{namespace="truckflow",statefulset="truckflow-ai"}', values: '2x80'}
      - {series: 'kube_statefulset_replicas{namespace="truckflow",statefulset="truckflow-ai"}', values: '2x80'}
`
	write(t, dir, "idle.yml", `rule_files: [chart/rules/truckflow-scaling.rules.yml]
evaluation_interval: 30s
tests:
  - interval: 30s
    input_series:
      - {series: 'truckflow_ai_in_hand{namespace="truckflow",engine="ollama",where="engine"}', values: '0x80'}
`+pods+`    promql_expr_test:
      - {expr: 'tf:ai:desired', eval_time: 20m, exp_samples: [{labels: 'tf:ai:desired', value: 1}]}
  - interval: 30s
    input_series:
`+pods+`    promql_expr_test:
      - {expr: 'tf:ai:desired', eval_time: 20m, exp_samples: [{labels: 'tf:ai:desired', value: 2}]}
`)
	if out, err := exec.Command("promtool", "test", "rules", filepath.Join(dir, "idle.yml")).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
