package deploy_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"truckflow/internal/app"
	"truckflow/internal/ops/deploy"
)

var update = flag.Bool("update", false, "write the golden deployments again")

// golden is where rendered deployments are committed for people to read.
const golden = "../../../deploy"

// plans are the golden ones, by folder.
var plans = map[string]string{
	"single": "domain: tms.example.com\ncontact: ops@example.com\nhost: {ram_gb: 64, cores: 16, disk_gb: 2000, gpus: 1}\n" +
		"mail: {server: \"smtp.example.com:587\", user: dispatch@example.com, from: dispatch@example.com}\nadmin: {from: [203.0.113.0/29]}\ncdn: cloudflare\n",
	"k8s": "domain: tms.example.com\ncontact: ops@example.com\ntopology: k8s\nhost: {ram_gb: 64, cores: 16, disk_gb: 1000, gpus: 1}\n" +
		"files: {store: s3, endpoint: \"https://s3.example.com\", access_key: TRUCKFLOW}\nbackup: {endpoint: \"https://backup.example.net\", access_key: BACKUP}\n" +
		"mail: {server: \"smtp.example.com:587\", user: dispatch@example.com, from: dispatch@example.com}\nkubernetes: {registry: registry.example.com/dispatch}\n",
	"ha": "domain: tms.example.com\ncontact: ops@example.com\ntopology: ha\npostgres: 15\nfiles: {store: s3, endpoint: \"https://s3.example.com\", access_key: truckflow}\n" +
		"mail: {server: \"smtp.example.com:587\", user: dispatch@example.com, from: dispatch@example.com}\nadmin: {from: [203.0.113.0/29]}\n" +
		"backup: {endpoint: \"https://s3.elsewhere.example\", access_key: backup}\n" + twelve,
	"systemd": "domain: tms.example.com\ncontact: ops@example.com\nrun: systemd\nhost: {ram_gb: 32, cores: 8, disk_gb: 500}\npostgres: 15\nadmin: {from: [203.0.113.0/29]}\n",
}

// twelve are the specification's servers.
const twelve = `cluster:
  network: 10.20.0.0/24
  floating: {address: 203.0.113.10, network: 203.0.113.8/29, interface: eth1}
  servers:
    - {name: lb1, address: 10.20.0.11, roles: [balancer]}
    - {name: lb2, address: 10.20.0.12, roles: [balancer, monitor]}
    - {name: app1, address: 10.20.0.21, roles: [app, etcd, sentinel]}
    - {name: app2, address: 10.20.0.22, roles: [app, etcd]}
    - {name: app3, address: 10.20.0.23, roles: [app, etcd]}
    - {name: db1, address: 10.20.0.31, roles: [database]}
    - {name: db2, address: 10.20.0.32, roles: [database]}
    - {name: db3, address: 10.20.0.33, roles: [database]}
    - {name: redis1, address: 10.20.0.41, roles: [cache, sentinel]}
    - {name: redis2, address: 10.20.0.42, roles: [cache, sentinel]}
    - {name: gpu1, address: 10.20.0.51, roles: [gpu]}
    - {name: gpu2, address: 10.20.0.52, roles: [gpu]}
`

func plan(t *testing.T, text string) deploy.Plan {
	t.Helper()
	p, err := deploy.ParsePlan([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func render(t *testing.T, p deploy.Plan) []deploy.File {
	t.Helper()
	files, err := deploy.Render(p, app.DeployFacts("1.0.0"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestGolden compares what is rendered with what is committed under deploy/.
func TestGolden(t *testing.T) {
	for name, text := range plans {
		dir := filepath.Join(golden, name)
		files := render(t, plan(t, text))
		if *update {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			if _, err := deploy.Write(dir, files, "1.0.0", false); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, deploy.PlanFile), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		changes, err := deploy.Compare(dir, files)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range changes {
			if c.What != deploy.Same {
				t.Errorf("deploy/%s/%s is %s; write it again: go test ./internal/ops/deploy -run Golden -update\n%s", name, c.Path, c.What, c.Diff)
			}
		}
	}
}
