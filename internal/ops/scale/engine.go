package scale

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
)

// Count is what an engine runs of one role.
type Count struct {
	Wanted   int // it was told to run so many
	Ready    int // so many run
	Draining int // so many are on their way out
}

// Driver has an existing engine run so many instances of one role. Set returns when
// the engine has taken the order; Count tells when it is carried out. An instance
// that is removed is told to end (SIGTERM), answers 503 on /readyz, and has time to
// finish: that is the program's, not the driver's.
type Driver interface {
	Count(ctx context.Context) (Count, error)
	Set(ctx context.Context, n int) error
}

// check refuses an engine that lacks what its kind needs.
func (e Engine) check() (bad []string) {
	need := func(ok bool, what string) {
		if !ok {
			bad = append(bad, fmt.Sprintf("engine %s needs %s", e.Kind, what))
		}
	}
	switch e.Kind {
	case "swarm":
		need(e.Service != "", "service, as docker service ls names it")
	case "compose":
		need(e.Service != "" && e.Project != "" && e.File != "", "file, project and service")
	case "nomad":
		u, err := url.Parse(e.Address)
		need(err == nil && (u.Scheme == "http" || u.Scheme == "https"), "address, http://host:4646")
		need(e.Project != "" && e.Service != "", "project (the job) and service (the task group)")
	case "systemd":
		need(e.Service != "" && e.Base > 0 && e.Base < 65536, "service (the template) and base (the first port)")
	case "command":
		need(len(e.Count) > 0 && len(e.Set) > 0, "count and set")
	default:
		bad = append(bad, fmt.Sprintf("engine.kind is swarm, compose, nomad, systemd or command, not %q", e.Kind))
	}
	return bad
}

// Driver returns the driver of a checked engine.
func (e Engine) Driver() Driver {
	switch e.Kind {
	case "nomad":
		return &nomad{e, &http.Client{Timeout: 30 * time.Second}}
	case "systemd":
		return systemd{e}
	case "swarm":
		return swarm{e}
	case "compose":
		return compose{e}
	}
	return command{e}
}

// run runs one program of an engine, at most a minute, and returns what it printed.
func run(ctx context.Context, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.WaitDelay = 5 * time.Second
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return "", errs.Unavailable("the program %s is not installed here", args[0])
	}
	if err != nil {
		first, _, _ := strings.Cut(strings.TrimSpace(errOut.String()), "\n")
		return "", errs.Unavailable("%s: %.200s", strings.Join(args[:min(3, len(args))], " "), cmp.Or(first, err.Error())).Wrap(err)
	}
	return string(out), nil
}

// swarm scales a service of Docker Swarm, which has no scaler of its own.
type swarm struct{ Engine }

func (e swarm) Count(ctx context.Context) (c Count, err error) {
	out, err := run(ctx, "docker", "service", "inspect", "--format", "{{.Spec.Mode.Replicated.Replicas}}", e.Service)
	if err != nil {
		return c, err
	}
	if c.Wanted, err = strconv.Atoi(strings.TrimSpace(out)); err != nil {
		return c, errs.Invalid("service %s is not a replicated one", e.Service).Wrap(err)
	}
	out, err = run(ctx, "docker", "service", "ps", "--format", "{{.DesiredState}} {{.CurrentState}}", e.Service)
	for line := range strings.Lines(out) {
		switch f := strings.Fields(line); {
		case len(f) < 2 || f[1] != "Running":
		case f[0] == "Running":
			c.Ready++
		default:
			c.Draining++
		}
	}
	return c, err
}

func (e swarm) Set(ctx context.Context, n int) error {
	_, err := run(ctx, "docker", "service", "scale", "--detach", fmt.Sprintf("%s=%d", e.Service, n))
	return err
}

// compose scales a service of a Compose project.
type compose struct{ Engine }

func (e compose) Count(ctx context.Context) (c Count, err error) {
	out, err := run(ctx, "docker", "compose", "--file", e.File, "--project-name", e.Project, "ps", "--format", "{{.State}} {{.Health}}", e.Service)
	for line := range strings.Lines(out) {
		f := append(strings.Fields(line), "", "")
		if f[0] == "running" || f[0] == "restarting" || f[0] == "created" {
			c.Wanted++
		}
		if f[0] == "running" && (f[1] == "" || f[1] == "healthy") {
			c.Ready++
		}
	}
	return c, err
}

func (e compose) Set(ctx context.Context, n int) error {
	_, err := run(ctx, "docker", "compose", "--file", e.File, "--project-name", e.Project, "up", "--detach", "--no-deps", "--no-recreate", "--scale", fmt.Sprintf("%s=%d", e.Service, n), e.Service)
	return err
}

// systemd starts and stops instances of a template unit, named by their ports from
// base on. The load balancer lists every one of these ports and asks their /readyz.
type systemd struct{ Engine }

func (e systemd) units(ctx context.Context) (states map[int]string, err error) {
	out, err := run(ctx, "systemctl", "list-units", "--all", "--plain", "--no-legend", e.Service+"@*.service")
	states = map[int]string{}
	for line := range strings.Lines(out) {
		f := strings.Fields(strings.TrimLeft(line, "●* "))
		if len(f) < 4 {
			continue
		}
		name := strings.TrimSuffix(strings.TrimPrefix(f[0], e.Service+"@"), ".service")
		if port, err := strconv.Atoi(name); err == nil {
			states[port] = f[2]
		}
	}
	return states, err
}

func (e systemd) Count(ctx context.Context) (c Count, err error) {
	states, err := e.units(ctx)
	for _, s := range states {
		switch s {
		case "active", "reloading":
			c.Wanted++
			c.Ready++
		case "activating":
			c.Wanted++
		case "deactivating":
			c.Draining++
		}
	}
	return c, err
}

// Set starts the lowest free ports and stops the highest that run.
func (e systemd) Set(ctx context.Context, n int) error {
	states, err := e.units(ctx)
	if err != nil {
		return err
	}
	var up []int
	for port, s := range states {
		if s == "active" || s == "activating" || s == "reloading" {
			up = append(up, port)
		}
	}
	slices.Sort(up)
	for ; len(up) > n; up = up[:len(up)-1] {
		if _, err := run(ctx, "systemctl", "stop", "--no-block", fmt.Sprintf("%s@%d.service", e.Service, up[len(up)-1])); err != nil {
			return err
		}
	}
	for port := e.Base; len(up) < n; port++ {
		if s := states[port]; s != "" && s != "inactive" && s != "failed" {
			continue
		}
		if _, err := run(ctx, "systemctl", "start", fmt.Sprintf("%s@%d.service", e.Service, port)); err != nil {
			return err
		}
		up = append(up, port)
	}
	return nil
}

// command drives whatever two programs of the operator's drive.
type command struct{ Engine }

func (e command) Count(ctx context.Context) (c Count, err error) {
	out, err := run(ctx, e.Engine.Count...)
	if err != nil {
		return c, err
	}
	if n, err := fmt.Sscan(out, &c.Wanted, &c.Ready, &c.Draining); n < 2 {
		return c, errs.Invalid("%s must print WANTED READY [DRAINING], not %.60q", e.Engine.Count[0], out).Wrap(err)
	}
	return c, nil
}

func (e command) Set(ctx context.Context, n int) error {
	_, err := run(ctx, append(slices.Clone(e.Engine.Set), strconv.Itoa(n))...)
	return err
}

// nomad scales a task group of a job.
type nomad struct {
	Engine
	http *http.Client
}

func (e *nomad) call(ctx context.Context, method, body string, out any) error {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(e.Address, "/")+"/v1/job/"+url.PathEscape(e.Project)+"/scale", strings.NewReader(body))
	if err != nil {
		return err
	}
	res, err := e.http.Do(r)
	if err != nil {
		return errs.Unavailable("Nomad at %s does not answer", e.Address).Wrap(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return errs.Unavailable("Nomad: %s: %.200s", res.Status, b)
	}
	return json.Unmarshal(b, out)
}

func (e *nomad) Count(ctx context.Context) (Count, error) {
	var job struct {
		TaskGroups map[string]struct{ Desired, Healthy, Running int }
	}
	if err := e.call(ctx, http.MethodGet, "", &job); err != nil {
		return Count{}, err
	}
	g, ok := job.TaskGroups[e.Service]
	if !ok {
		return Count{}, errs.NotFound("the Nomad job %s has no group %s", e.Project, e.Service)
	}
	return Count{Wanted: g.Desired, Ready: min(g.Desired, g.Healthy), Draining: max(0, g.Running-g.Desired)}, nil
}

func (e *nomad) Set(ctx context.Context, n int) error {
	body, err := json.Marshal(map[string]any{"Count": n, "Target": map[string]string{"Group": e.Service}, "Message": "truckflow scale"})
	if err != nil {
		return err
	}
	return e.call(ctx, http.MethodPost, string(body), &struct{}{})
}
