package scale

import (
	"fmt"
	"net/url"
)

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
		need(e.Service != "" && e.Project != "", "project and service")
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
