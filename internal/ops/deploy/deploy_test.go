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
	"systemd": "domain: tms.example.com\ncontact: ops@example.com\nrun: systemd\nhost: {ram_gb: 32, cores: 8, disk_gb: 500}\npostgres: 15\nadmin: {from: [203.0.113.0/29]}\n",
}

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
