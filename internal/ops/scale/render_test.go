package scale_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"truckflow/internal/ops/deploy/kubetest"
	"truckflow/internal/ops/scale"
)

func TestMain(m *testing.M) { kubetest.Main(m) }

var update = flag.Bool("update", false, "write the rendered files again")

func render(t *testing.T, r *scale.Rules) map[string]string {
	t.Helper()
	files, err := scale.Render(r, scale.Where{Namespace: "truckflow", App: "truckflow", Ingress: "truckflow"})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range files {
		out[f.Name] = f.Content
		for _, l := range f.Lost {
			if !strings.Contains(f.Content, "#   - "+l+"\n") {
				t.Errorf("%s does not say that it cannot express %q", f.Name, l)
			}
		}
	}
	return out
}

// promtool runs the rendered tests and returns what it said.
func promtool(t *testing.T, files map[string]string) (string, bool) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path, err := exec.LookPath("promtool")
	if err != nil {
		t.Fatal("promtool is missing: apt-get install prometheus")
	}
	out, err := exec.Command(path, "test", "rules", filepath.Join(dir, "truckflow-scaling.test.yml")).CombinedOutput()
	return string(out), err == nil
}

// TestRenderedRulesHold runs the rendered tests with promtool, and then against rules
// that were spoiled one by one: each must be noticed.
func TestRenderedRulesHold(t *testing.T) {
	t.Parallel()
	const file = "truckflow-scaling.rules.yml"
	files := render(t, rules(t))
	if out, ok := promtool(t, files); !ok {
		t.Fatal(out)
	}
	good := files[file]
	for _, c := range []struct{ old, new string }{
		{"tf:web:cpu > 80", "tf:web:cpu > 95"},
		{"for: 5m", "for: 4m30s"},
		{"for: 5m", "for: 5m30s"},
		{"for: 15m", "for: 14m30s"},
		{"for: 1m", "for: 2m"},
		{" and tf:web:response >= 0", ""},
		{" and tf:web:instances >= tf:web:replicas", ""},
		{"tf:web:cpu < 30 and tf:web:memory < 30", "tf:web:cpu < 30"},
		{" * (1 - tf:web:up)", ""},
		{"clamp_max(count(ALERTS{alertstate=\"firing\",action=\"add_server\",role=\"web\"}) or vector(0), 1)", "count(ALERTS{alertstate=\"firing\",action=\"add_server\",role=\"web\"}) or vector(0)"},
		{"action: remove_server", "action: nothing"},
	} {
		files[file] = strings.Replace(good, c.old, c.new, 1)
		if files[file] == good {
			t.Errorf("there is no %q to spoil", c.old)
		} else if out, ok := promtool(t, files); ok {
			t.Errorf("%q → %q is not noticed:\n%s", c.old, c.new, out)
		}
	}
}

// TestRenderedForManyRules: whatever rules are accepted render to files that hold.
func TestRenderedForManyRules(t *testing.T) {
	t.Parallel()
	for _, edits := range [][]string{
		{"interval: 30s", "interval: 15s", "step: 1", "step: 2", "max: 4", "max: 12", "connections: 200", "connections: 1000"},
		{"for: 1m", "for: 0s", "for: 15m", "for: 1h", "above: 85", "above: 99.5"},
		{"metrics: [cpu, memory], below: 30", "metrics: [cpu], below: 10"},
	} {
		files := render(t, rules(t, edits...))
		if out, ok := promtool(t, files); !ok {
			t.Errorf("%q: %s", edits, out)
		}
	}
	if f := render(t, rules(t, "max: 4", "max: 12", "connections: 200", "connections: 1000")); !strings.Contains(f["web-keda.yaml"], "from 10 replicas on a change by one is within the HPA's tolerance") {
		t.Error("the tolerance is not said")
	}
	if _, err := scale.Render(rules(t, "interval: 30s", "interval: 1500ms"), scale.Where{}); err == nil {
		t.Error("half a second is rendered")
	}
}

// TestRenderedForKubernetes: whatever rules are accepted render to a ScaledObject and
// an autoscaler that Kubernetes and KEDA would take.
func TestRenderedForKubernetes(t *testing.T) {
	t.Parallel()
	for _, edits := range [][]string{
		nil,
		{"interval: 30s", "interval: 15s", "step: 1", "step: 2", "max: 4", "max: 12", "connections: 200", "connections: 1000"},
		{"for: 1m", "for: 0s", "for: 15m", "for: 1h", "above: 85", "above: 99.5"},
		{"metrics: [cpu], above: 80, for: 5m", "metrics: [cpu], above: 80.5, for: 30s", "min: 2", "min: 4", "cooldown: 5m", "cooldown: 30m"},
	} {
		dir, args := t.TempDir(), []string{"manifest"}
		for name, text := range render(t, rules(t, edits...)) {
			if f := filepath.Join(dir, name); strings.HasSuffix(name, ".yaml") {
				args = append(args, f)
				if err := os.WriteFile(f, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
		if said, ok := kubetest.Ask(t, args...); !ok || !strings.Contains(said, "2 HorizontalPodAutoscaler, 2 ScaledObject; schemas of 6 CRDs") {
			t.Errorf("%q: %s", edits, said)
		}
	}
}

// TestGolden shows what is rendered for the built-in rules: read it in testdata.
func TestGolden(t *testing.T) {
	t.Parallel()
	for name, text := range render(t, rules(t)) {
		f := filepath.Join("testdata", name)
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(f, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if string(want) != text {
			t.Errorf("%s is not what is rendered; look at it and write it again: go test ./internal/ops/scale -run Golden -update", f)
		}
		if strings.HasSuffix(name, "l") && !strings.HasSuffix(name, ".hcl") {
			var v map[string]any
			if err := yaml.Unmarshal([]byte(text), &v); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
