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
		"domain: a.example.com\ntopology: k8s\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.net\", access_key: k}\nkubernetes: {registry: r, most: 90}\nhost: {ram_gb: 16, cores: 4, disk_gb: 100}": "93 instances with 22 connections each",
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

// TestBadClusters: the same for what is wrong about several servers.
func TestBadClusters(t *testing.T) {
	whole := plans["ha"]
	for _, c := range []struct{ old, new, want string }{
		{twelve, "", "cluster.servers is missing"},
		{"address: 10.20.0.12", "address: 10.20.0.11", "lb1 and lb2 have the same address 10.20.0.11"},
		{"name: lb2", "name: lb1", "the name lb1 comes twice"},
		{"name: lb2", "name: LB_2", "is not a server's name"},
		{"address: 10.20.0.12", "address: 10.21.0.12", "lb2: 10.21.0.12 is outside the network 10.20.0.0/24"},
		{"address: 10.20.0.12", "address: lb2.example.com", "is not an address"},
		{"network: 10.20.0.0/24", "network: 10.20.0.1/24", "cluster.network"},
		{"network: 10.20.0.0/24", "network: office", "cluster.network"},
		{"roles: [app, etcd]}\n    - {name: app3", "roles: [app]}\n    - {name: app3", "2 with the role etcd; it takes 3"},
		{"roles: [gpu]}\n    - {name: gpu2", "roles: [gpu, etcd]}\n    - {name: gpu2", "4 with the role etcd; an even number survives no more losses than 3 do"},
		{"roles: [app, etcd, sentinel]", "roles: [app, etcd]", "2 with the role sentinel; it takes 3"},
		{"roles: [cache, sentinel]}\n    - {name: redis2", "roles: [sentinel]}\n    - {name: redis2", "1 with the role cache"},
		{"roles: [balancer, monitor]", "roles: [balancer]", "0 with the role monitor"},
		{"roles: [balancer, monitor]", "roles: [balancer, moon]", "lb2: \"moon\" is unknown; choose balancer"},
		{"roles: [balancer, monitor]", "roles: [monitor, monitor]", "the role monitor twice"},
		{"roles: [balancer, monitor]", "roles: []", "lb2 has no roles"},
		{"roles: [balancer, monitor]", "roles: [balancer, monitor], ram_gb: 1", "lb2 is too small"},
		{"address: 203.0.113.10,", "address: 203.0.113.16,", "203.0.113.16 is outside its network 203.0.113.8/29"},
		{"address: 203.0.113.10, network: 203.0.113.8/29", "address: 10.20.0.11", "10.20.0.11 is the server lb1's own"},
		{"address: 203.0.113.10,", "address: \"\",", "cluster.floating.address"},
		{"interface: eth1", "interface: \"eth1; x\"", "is not a network interface"},
		{"backup: {endpoint: \"https://s3.elsewhere.example\", access_key: backup}\n", "", "backup.endpoint is missing"},
		{"backup: {", "backup: {folder: /srv/b, ", "a folder is on one server"},
		{"postgres: 15", "postgres: 14", "needs 15 or newer"},
		{"topology: ha", "topology: ha\nhost: {ram_gb: 64}", "sizes with each of cluster.servers"},
		{"topology: ha", "topology: single\nrun: systemd", "only topology ha has several servers"},
		{"store: s3", "store: folder", "topology ha needs s3"},
	} {
		if !strings.Contains(whole, c.old) {
			t.Fatalf("the plan holds no %q", c.old)
		}
		p, err := deploy.ParsePlan([]byte(strings.Replace(whole, c.old, c.new, 1)))
		if err == nil {
			err = p.Check()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q for %q: %v, want one line with %q", c.new, c.old, err, c.want)
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
