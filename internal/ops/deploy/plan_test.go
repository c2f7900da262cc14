package deploy_test

import (
	"reflect"
	"strings"
	"testing"

	"truckflow/internal/ops/deploy"
)

// TestBadPlans: each wrong description is refused in one line that names the field.
func TestBadPlans(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "domain is missing",
		"domain: localhost":                  "is not a domain name",
		"domain: 203.0.113.7":                "is not a domain name",
		"domain: tms.example.com/x":          "is not a domain name",
		"domain: TMS.example.com":            "is not a domain name",
		"domain: -a.example.com":             "is not a domain name",
		"domain: a.example.com; return 200;": "holds a sign",
		"domain: [a]":                        "cannot unmarshal",
		"domain: a.example.com\ndomain: b":   "already defined",
		"domain: a.example.com\ncontact: \"a@b\\nx: y\"":                                                            "contact",
		"domain: a.example.com\ntopology: cluster":                                                                  "choose single, ha, k8s",
		"domain: a.example.com\nrun: podman":                                                                        "choose containers, systemd",
		"domain: a.example.com\ntopology: ha\nrun: systemd":                                                         "leave it out",
		"domain: a.example.com\ntopology: ha":                                                                       "topology ha needs s3",
		"domain: a.example.com\npostgres: 13":                                                                       "PostgreSQL 13 is not supported",
		"domain: a.example.com\npostgres: 15":                                                                       "pinned to version 16",
		"domain: a.example.com\nhost: {ram_gb: 4}":                                                                  "4 GB is too little",
		"domain: a.example.com\nhost: {ram_gb: -64}":                                                                "too little",
		"domain: a.example.com\nhost: {cores: 1}":                                                                   "cores: 1 is too little",
		"domain: a.example.com\nai: {engine: ollama}":                                                               "needs a GPU",
		"domain: a.example.com\nfiles: {store: s3, endpoint: \"http://s3.example.com\", access_key: k}":             "files.endpoint",
		"domain: a.example.com\nfiles: {store: s3, endpoint: \"https://s3.example.com\"}":                           "files.access_key",
		"domain: a.example.com\nmail: {server: smtp.example.com}":                                                   "is not host:port",
		"domain: a.example.com\ncdn: akamai":                                                                        "cdn",
		"domain: a.example.com\nadmin: {from: [0.0.0.0/0]}":                                                         "is everybody",
		"domain: a.example.com\nadmin: {from: [office]}":                                                            "is not an address range",
		"domain: a.example.com\nbackup: {folder: backups}":                                                          "is not an absolute path",
		"domain: a.example.com\nbackup: {folder: \"/srv/$(reboot)\"}":                                               "holds a sign",
		"domain: a.example.com\nbackup: {endpoint: \"https://s3.example.com\"}":                                     "backup.access_key",
		"domain: a.example.com\nretention: {metrics_days: -1}":                                                      "out of range",
		"domain: a.example.com\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: \"a\\nb: c\"}": "files.access_key",
		"domain: a.example.com\nkubernetes: {namespace: x}":                                                         "only the topology k8s has it",
		"domain: a.example.com\ntopology: k8s":                                                                      "topology k8s needs s3",
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nkubernetes: {registry: r}":                                                                                                                     "backup.endpoint is missing",
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.net\", access_key: k}\n":                                                                                "kubernetes.registry",
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.net\", access_key: k}\nkubernetes: {registry: \"r; x\"}":                                                "kubernetes.registry",
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.net\", access_key: k}\nkubernetes: {registry: r, namespace: Truck_Flow}":                                "kubernetes.namespace",
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.net\", access_key: k}\nkubernetes: {registry: r, namespace: kube-system}":                               "others' too",
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.net\", access_key: k}\nkubernetes: {registry: r, namespace: monitoring}":                                "others' too",
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.net\", access_key: k}\nkubernetes: {registry: r, controller: apache}":                                   "choose f5-nginx",
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.net\", access_key: k}\nkubernetes: {registry: r, instances: 1}":                                         "2 to 100",
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.net\", access_key: k}\nkubernetes: {registry: r, instances: 5, most: 4}":                                "5 (instances) to 100",
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.net\", access_key: k}\nkubernetes: {registry: r, prometheus: \"p:9090\"}":                               "kubernetes.prometheus",
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.net\", access_key: k}\nkubernetes: {registry: r, storage_class: \"a b\"}":                               "kubernetes.storage_class",
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.net\", access_key: k}\nkubernetes: {registry: r, most: 90}\nhost: {ram_gb: 16, cores: 4, disk_gb: 100}": "90 instances with 22 connections each",
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.net\", access_key: k}\nkubernetes: {registry: r}\nhost: {ram_gb: 8, cores: 4, disk_gb: 100}":            "too little for topology k8s",
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.net\", access_key: k}\nkubernetes: {registry: r}\nai: {engine: vllm}":                                   "vllm needs a GPU",
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.net\", access_key: k}\nkubernetes: {registry: r}\npostgres: 15":                                         "pinned to version 16",
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.net\", access_key: k}\nkubernetes: {registry: r}\ncdn: cloudflare":                                      "the ingress controller has to know",
		"domain: a.example.com\nhost: {gpus: 1}\nai: {engine: vllm}": "choose ollama, none",
		"domain: a.example.com\nmail: {server: \"h:25\\nx\"}":        "mail.server",
	} {
		p, err := deploy.ParsePlan([]byte(text))
		if err == nil {
			err = p.Check()
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want one line with %q", text, err, want)
		}
	}
}

// TestPlanTextIsThePlan: what init writes reads back as what was asked for.
func TestPlanTextIsThePlan(t *testing.T) {
	for _, text := range append(values(plans),
		"domain: a.example.com\ntopology: ha\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: AKIA+/=}\nadmin: {from: [203.0.113.0/29, \"2001:db8::/32\"], vpn: \"fd00::/64\"}") {
		want := plan(t, text)
		b, err := deploy.PlanText(want)
		if err != nil {
			t.Fatal(err)
		}
		if got := plan(t, string(b)); !reflect.DeepEqual(got, want) {
			t.Errorf("written and read again:\n%+v\nwant\n%+v", got, want)
		}
	}
}

func values(m map[string]string) (out []string) {
	for _, v := range m {
		out = append(out, v)
	}
	return out
}

// TestMemoryFits: the containers' limits together are never more than the host has.
func TestMemoryFits(t *testing.T) {
	for gb := 8; gb <= 1024; gb += 8 {
		p := plan(t, "domain: a.example.com")
		p.Host.RAMGB, p.Host.GPUs, p.AI.Engine = gb, 1, "ollama"
		m := p.Memory()
		const small, fixed = 6, 3 * 512 // exporters and Alertmanager; nginx, Grafana, backup
		if sum := m.Postgres + m.App + m.Redis + m.Ollama + m.Prometheus + small*m.Small + fixed; sum > gb*1024+fixed {
			t.Errorf("%d GB: the limits add up to %d MB", gb, sum)
		}
	}
}
