package deploy_test

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"

	"truckflow/internal/ops/deploy"
)

var (
	secretPath = regexp.MustCompile(`(?:/run/secrets|\$secrets)/([a-z0-9_]+)`)
	address    = regexp.MustCompile(`\b([a-z][a-z-]+):(\d{4,5})\b`)
)

// project loads a rendered compose file as docker compose does.
func project(t *testing.T, files map[string]string) *types.Project {
	t.Helper()
	p, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{WorkingDir: "/srv/truckflow", ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml", Content: []byte(files["compose.yaml"])}}, Environment: types.Mapping{}},
		func(o *loader.Options) { o.SetProjectName("truckflow", true); o.Profiles = []string{"*"} })
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fullPlans use everything a plan can ask for, and nothing of it.
var fullPlans = []string{
	plans["single"] + "files: {store: s3, endpoint: \"https://s3.example.com\", access_key: k}\nbackup: {endpoint: \"https://b.example.com\", access_key: k}\n",
	"domain: tms.example.com\n",
}

// TestComposeHangsTogether: no container engine runs here, so what one would trip over
// is looked for: a file mounted that was not rendered, a secret read that is not
// mounted or not made, and an address on a network that the asker is not in.
func TestComposeHangsTogether(t *testing.T) {
	for _, text := range fullPlans {
		dir, files := rendered(t, text), map[string]string{}
		for _, f := range render(t, plan(t, text)) {
			files[f.Path] = string(f.Body)
		}
		c := project(t, files)
		for _, s := range c.AllServices() {
			says := serviceText(s, files)
			checkMounts(t, s, files)
			var listed []string
			for _, x := range s.Secrets {
				listed = append(listed, x.Source)
				if read(t, dir, "secrets/"+x.Source) == "(none)" && !given[x.Source] {
					t.Errorf("%s: secret %s is made by nobody", s.Name, x.Source)
				}
			}
			for _, m := range secretPath.FindAllStringSubmatch(says, -1) {
				if !slices.Contains(listed, m[1]) {
					t.Errorf("%s reads /run/secrets/%s, which is not mounted", s.Name, m[1])
				}
			}
			if s.HealthCheck != nil && s.HealthCheck.Disable {
				t.Errorf("%s has its health check switched off: docker compose up --wait takes that for a failure", s.Name)
			}
			for _, name := range listed {
				if !strings.Contains(says, "/run/secrets/"+name) && !strings.Contains(says, "$secrets/"+name) {
					t.Errorf("%s is given secret %s and reads it nowhere", s.Name, name)
				}
			}
			for _, m := range address.FindAllStringSubmatch(says, -1) {
				other, err := c.GetService(m[1])
				if err != nil {
					continue // no service of ours: smtp.example.com:587
				}
				if !meet(s, other) {
					t.Errorf("%s asks %s, and they share no network", s.Name, m[0])
				}
				if p := port(m[1]); p != m[2] {
					t.Errorf("%s asks %s; %s answers on %s", s.Name, m[0], m[1], p)
				}
			}
		}
	}
}

// given secrets are written by the operator.
var given = map[string]bool{"smtp_password": true, "s3_secret_key": true, "backup_s3_secret_key": true}

// serviceText is all that a service says: its part of the compose file, and the
// rendered files it mounts.
func serviceText(s types.ServiceConfig, files map[string]string) string {
	var text strings.Builder
	for k, v := range s.Environment {
		if v != nil {
			text.WriteString(k + "=" + *v + "\n")
		}
	}
	text.WriteString(strings.Join(s.Command, " ") + "\n")
	if s.HealthCheck != nil {
		text.WriteString(strings.Join(s.HealthCheck.Test, " ") + "\n")
	}
	for _, v := range s.Volumes {
		if v.Type == types.VolumeTypeBind {
			rel, err := filepath.Rel("/srv/truckflow", v.Source)
			for path, body := range files {
				if err == nil && (path == rel || strings.HasPrefix(path, rel+"/")) {
					text.WriteString(body)
				}
			}
		}
	}
	// What is in secrets leads on: the program's addresses of database and cache.
	for _, x := range s.Secrets {
		switch x.Source {
		case "database_url", "backup_url":
			text.WriteString(" postgres:5432 ")
		case "redis_url", "redis_exporter":
			text.WriteString(" redis:6379 ")
		}
	}
	return text.String()
}

// checkMounts wants every file of ours that is mounted to be rendered.
func checkMounts(t *testing.T, s types.ServiceConfig, files map[string]string) {
	t.Helper()
	for _, v := range s.Volumes {
		rel, err := filepath.Rel("/srv/truckflow", v.Source)
		if v.Type != types.VolumeTypeBind || err != nil || strings.HasPrefix(rel, "..") || rel == "tls" { // tls: by certificate.sh
			continue
		}
		found := false
		for path := range files {
			found = found || path == rel || strings.HasPrefix(path, rel+"/")
		}
		if !found {
			t.Errorf("%s mounts ./%s, which is not rendered", s.Name, rel)
		}
	}
}

func meet(a, b types.ServiceConfig) bool {
	for n := range a.Networks {
		if _, ok := b.Networks[n]; ok {
			return true
		}
	}
	return false
}

// port is where a service of the compose file answers.
func port(service string) string {
	if p, ok := map[string]string{"postgres": "5432", "redis": "6379", "ollama": "11434", "nginx": "8081"}[service]; ok {
		return p
	}
	return strconv.Itoa(deploy.Ports[service])
}
