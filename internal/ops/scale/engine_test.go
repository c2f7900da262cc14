package scale_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"truckflow/internal/ops/scale"
)

// program puts a program of that name on the path: it writes its arguments down and
// answers by them.
func program(t *testing.T, name, script string) (calls func() string) {
	t.Helper()
	dir := t.TempDir()
	log := filepath.Join(dir, "calls")
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\necho \"$@\" >> "+log+"\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return func() string {
		b, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(log); err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
}

func drive(t *testing.T, e scale.Engine, want scale.Count, n int) {
	t.Helper()
	c, err := e.Driver().Count(t.Context())
	if err != nil || c != want {
		t.Errorf("%s: %+v %v, want %+v", e.Kind, c, err, want)
	}
	if err := e.Driver().Set(t.Context(), n); err != nil {
		t.Errorf("%s: %v", e.Kind, err)
	}
}

func TestSwarm(t *testing.T) {
	calls := program(t, "docker", `case "$2" in inspect) echo 3;; ps) printf 'Running Running 2 minutes ago\nRunning Starting 1 second ago\nRunning Running 5 minutes ago\nShutdown Running 4 seconds ago\nShutdown Complete 1 hour ago\n';; esac`)
	drive(t, scale.Engine{Kind: "swarm", Service: "tf_web"}, scale.Count{Wanted: 3, Ready: 2, Draining: 1}, 4)
	if c := calls(); !strings.HasSuffix(c, "service scale --detach tf_web=4\n") {
		t.Error(c)
	}
}

func TestCompose(t *testing.T) {
	calls := program(t, "docker", `case "$*" in *" ps "*) printf 'running healthy\nrunning starting\nrunning \nexited \n';; esac`)
	drive(t, scale.Engine{Kind: "compose", File: "/srv/compose.yaml", Project: "tf", Service: "web"}, scale.Count{Wanted: 3, Ready: 2}, 2)
	if c := calls(); !strings.HasSuffix(c, "compose --file /srv/compose.yaml --project-name tf up --detach --no-deps --no-recreate --scale web=2 web\n") {
		t.Error(c)
	}
}

func TestSystemd(t *testing.T) {
	list := `case "$1" in list-units) printf 'tf@5001.service loaded active running TruckFlow\ntf@5002.service loaded deactivating stop-sigterm TruckFlow\n● tf@5003.service loaded failed failed TruckFlow\ntf@5004.service loaded active running TruckFlow\ntf@web.service loaded active running no port\n';; esac`
	calls := program(t, "systemctl", list)
	e := scale.Engine{Kind: "systemd", Service: "tf", Base: 5001}
	drive(t, e, scale.Count{Wanted: 2, Ready: 2, Draining: 1}, 4)
	if c := calls(); !strings.HasSuffix(c, "start tf@5003.service\nstart tf@5005.service\n") { // 5002 is on its way out
		t.Error(c)
	}
	drive(t, e, scale.Count{Wanted: 2, Ready: 2, Draining: 1}, 1)
	if c := calls(); !strings.HasSuffix(c, "stop --no-block tf@5004.service\n") {
		t.Error(c)
	}
}

func TestCommand(t *testing.T) {
	calls := program(t, "instances", `[ "$1" = count ] && echo 3 2 1`)
	drive(t, scale.Engine{Kind: "command", Count: []string{"instances", "count"}, Set: []string{"instances", "count", "web"}}, scale.Count{Wanted: 3, Ready: 2, Draining: 1}, 7)
	if c := calls(); c != "count\ncount web 7\n" {
		t.Error(c)
	}
	program(t, "instances", `echo many; echo "no permission" >&2; [ "$1" = count ]`)
	_, err := scale.Engine{Kind: "command", Count: []string{"instances", "count"}}.Driver().Count(t.Context())
	if err == nil || !strings.Contains(err.Error(), `must print WANTED READY [DRAINING], not "many`) {
		t.Error(err)
	}
	if err := (scale.Engine{Kind: "command", Set: []string{"instances", "set"}}).Driver().Set(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "no permission") {
		t.Error(err)
	}
	if err := (scale.Engine{Kind: "command", Set: []string{"no-such-program"}}).Driver().Set(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "no-such-program is not installed here") {
		t.Error(err)
	}
}

func TestNomad(t *testing.T) {
	asked := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		asked += fmt.Sprintln(r.Method, r.URL.Path, string(b))
		fmt.Fprint(w, `{"JobID":"tf","TaskGroups":{"web":{"Desired":3,"Placed":3,"Running":4,"Healthy":2}}}`)
	}))
	defer srv.Close()
	e := scale.Engine{Kind: "nomad", Address: srv.URL, Project: "tf", Service: "web"}
	drive(t, e, scale.Count{Wanted: 3, Ready: 2, Draining: 1}, 4)
	if asked != "GET /v1/job/tf/scale \nPOST /v1/job/tf/scale {\"Count\":4,\"Message\":\"truckflow scale\",\"Target\":{\"Group\":\"web\"}}\n" {
		t.Error(asked)
	}
	e.Service = "gpu"
	if _, err := e.Driver().Count(t.Context()); err == nil || !strings.Contains(err.Error(), "has no group gpu") {
		t.Error(err)
	}
}
