package cli

import (
	"context"
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"

	"truckflow/internal/config"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/tune"
)

type tuneCmd struct {
	Postgres tunePostgresCmd `cmd:"" help:"PostgreSQL's settings for a machine, beside what DATABASE_URL runs with.\n\nExample: truckflow tune postgres --ram 64GB --cores 16"`
	Redis    tuneRedisCmd    `cmd:"" help:"Redis's settings for a machine, beside what REDIS_URL runs with.\n\nExample: truckflow tune redis --ram 64GB --purpose queue"`
	Host     tuneHostCmd     `cmd:"" help:"The kernel's settings and limits for a machine, beside this one's.\n\nExample: truckflow tune host --ram 64GB --cores 16"`
}

// machineFlags describe a machine; what is not said is taken from this one.
type machineFlags struct {
	RAM         string `name:"ram" help:"Memory, with its unit: 64GB. Default: this machine's."`
	Cores       *int   `help:"Processor cores. Default: this machine's."`
	Disk        string `default:"ssd" help:"ssd or hdd."`
	Role        string `default:"shared" help:"shared with the program and its other services, or dedicated."`
	Connections *int   `help:"PostgreSQL's max_connections. Default: what suits the memory."`
	JSON        bool   `help:"For programs."`
	Conf        bool   `help:"Print the file itself."`
	Apply       bool   `help:"Change what differs; what was before is kept for --undo."`
	Undo        bool   `help:"Put back what was before --apply."`
}

func (f machineFlags) machine() (tune.Machine, error) {
	m := tune.ThisMachine()
	m.Disk, m.Role = tune.Disk(f.Disk), tune.Role(f.Role)
	if f.RAM != "" {
		mb, err := tune.ParseRAM(f.RAM)
		if err != nil {
			return m, err
		}
		m.RAMMB = mb
	}
	if f.Cores != nil {
		m.Cores = *f.Cores
	}
	if f.Connections != nil {
		if m.Connections = *f.Connections; m.Connections == 0 {
			return m, errs.Invalid("0 connections: give a number from 1 to 10000")
		}
	}
	if f.Apply && f.Undo {
		return m, errs.Invalid("--apply and --undo contradict each other")
	}
	return m, m.Check()
}

// elsewhere refuses to size a server on another machine by this one.
func (f machineFlags) elsewhere(name, address string) error {
	if !f.Apply || f.RAM != "" && f.Cores != nil {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil // opening it says so
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if h := u.Hostname(); h == "" || h == "localhost" || err == nil && ip.IsLoopback() {
		return nil
	}
	return errs.Invalid("%s points to another machine, %s", name, u.Hostname()).Hint("say what it has: --ram 64GB --cores 16")
}

func undoFile(cfg *config.Config, what string) string {
	return filepath.Join(cfg.DataDir, "tune", what+".undo.json")
}

// tuned is what the three commands print.
type tuned struct {
	Machine  tune.Machine  `json:"machine"`
	Memory   *tune.Memory  `json:"memory,omitempty"`
	Settings []tune.Change `json:"settings"`
	Compared string        `json:"compared_with"` // "" when nothing could be
	Applied  *tune.Applied `json:"applied,omitempty"`
	conf     string        // the file
	title    string
}

// uncompared are settings with nothing beside them.
func uncompared(all []tune.Setting) []tune.Change {
	out := make([]tune.Change, len(all))
	for i, s := range all {
		out[i] = tune.Change{Setting: s}
	}
	return out
}

func (t tuned) print(e *env, f machineFlags) error {
	switch {
	case f.JSON:
		return e.json(t)
	case f.Conf:
		_, err := fmt.Fprint(e.out, t.conf)
		return err
	case t.Applied != nil:
		return printApplied(e, *t.Applied)
	}
	fmt.Fprintf(e.out, "%s on %s\n", t.title, t.Machine)
	if m := t.Memory; m != nil {
		fmt.Fprintf(e.out, "worst case %d MB of the %d MB that are PostgreSQL's: %d for its cache, %d for %d connections, %d for upkeep, %d for sorting and hashing\n",
			m.WorstMB, m.ShareMB, m.SharedBuffers+m.WALBuffers, m.Backends, m.Connections, m.Maintenance, m.WorkMB)
	}
	differ := 0
	for _, c := range t.Settings {
		line := fmt.Sprintf("%-42s %s", c.Name, shown(c.Text()))
		if c.Differs {
			differ++
			line += "   now " + shown(*c.Now)
		}
		if c.Spec != "" {
			line += "   specification " + c.Spec
		}
		if c.Restart && (c.Differs || t.Compared == "") {
			line += "   (restart)"
		}
		fmt.Fprintf(e.out, "\n%s\n    %s (%s)\n", line, c.Why, c.Source)
		if c.Note != "" {
			fmt.Fprintf(e.out, "    %s\n", c.Note)
		}
	}
	if t.Compared == "" {
		fmt.Fprintf(e.out, "\nnot compared: no server is named\n")
		return nil
	}
	_, err := fmt.Fprintf(e.out, "\n%d of %d differ from %s\n", differ, len(t.Settings), t.Compared)
	return err
}

func shown(v string) string {
	if v == "" {
		return `""`
	}
	return v
}

func printApplied(e *env, a tune.Applied) error {
	for _, c := range a.Changed {
		was := ""
		if c.Now != nil {
			was = "   was " + shown(*c.Now)
		}
		fmt.Fprintf(e.out, "%-42s %s%s%s\n", c.Name, c.Text(), c.Note, was)
	}
	fmt.Fprintf(e.out, "%d changed\n", len(a.Changed))
	if len(a.Restart) > 0 {
		fmt.Fprintf(e.out, "waiting for a restart: %s\n", strings.Join(a.Restart, ", "))
	}
	for _, n := range a.Notes {
		fmt.Fprintln(e.out, n)
	}
	if len(a.Changed) > 0 && a.Undo != "" {
		fmt.Fprintf(e.out, "what was before is in %s\n", a.Undo)
	}
	return nil
}

// printUndone is printApplied for an undo, whose file is gone.
func (f machineFlags) printUndone(e *env, a tune.Applied, err error) error {
	if err != nil {
		return err
	}
	a.Undo = ""
	if f.JSON {
		return e.json(a)
	}
	return printApplied(e, a)
}

// server is a running PostgreSQL or Redis whose settings can be changed.
type server interface {
	Compare(ctx context.Context, all []tune.Setting) ([]tune.Change, error)
	Apply(ctx context.Context, all []tune.Setting, undo string) (tune.Applied, error)
	Undo(ctx context.Context, undo string) (tune.Applied, error)
}

// against compares with, changes or puts back a running server.
func (f machineFlags) against(e *env, s server, t tuned, all []tune.Setting, undo string) (err error) {
	switch {
	case f.Undo:
		a, err := s.Undo(e.ctx, undo)
		return f.printUndone(e, a, err)
	case f.Apply:
		a, err := s.Apply(e.ctx, all, undo)
		if err != nil {
			return err
		}
		t.Applied = &a
	}
	if t.Settings, err = s.Compare(e.ctx, all); err != nil {
		return err
	}
	return t.print(e, f)
}

type tunePostgresCmd struct {
	machineFlags `embed:""`
}

// Run prints, changes or puts back PostgreSQL's settings.
func (c tunePostgresCmd) Run(e *env) error {
	m, err := c.machine()
	if err != nil {
		return err
	}
	cfg, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	all, err := tune.Postgres(m)
	if err != nil {
		return err
	}
	mem, err := tune.PostgresMemory(m)
	if err != nil {
		return err
	}
	t := tuned{Machine: m, Memory: &mem, Settings: uncompared(all), conf: tune.PostgresConf(all), title: "PostgreSQL"}
	if cfg.DatabaseURL == "" {
		if c.Apply || c.Undo {
			return errs.Invalid("no server to change: DATABASE_URL is not set").Hint("the embedded PostgreSQL is sized like this at every start")
		}
		return t.print(e, c.machineFlags)
	}
	if err := c.elsewhere("DATABASE_URL", cfg.DatabaseURL); err != nil {
		return err
	}
	s, err := tune.OpenPostgres(e.ctx, cfg.DatabaseURL)
	if err != nil {
		return err
	}
	defer s.Close(e.ctx)
	t.Compared = fmt.Sprintf("PostgreSQL %d of DATABASE_URL", s.Major)
	return c.against(e, s, t, all, undoFile(cfg, "postgres"))
}

type tuneRedisCmd struct {
	machineFlags `embed:""`
	Purpose      string `default:"cache" help:"cache (what TruckFlow keeps in Redis: may be lost) or queue (work and sessions: may not)."`
}

// Run prints, changes or puts back Redis's settings.
func (c tuneRedisCmd) Run(e *env) error {
	m, err := c.machine()
	if err != nil {
		return err
	}
	cfg, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	all, err := tune.Redis(m, tune.Purpose(c.Purpose))
	if err != nil {
		return err
	}
	t := tuned{Machine: m, Settings: uncompared(all), conf: tune.RedisConf(all), title: "Redis (" + c.Purpose + ")"}
	if cfg.RedisURL == "" {
		if c.Apply || c.Undo {
			return errs.Invalid("no server to change: REDIS_URL is not set").Hint("without Redis the cache is in the program itself")
		}
		return t.print(e, c.machineFlags)
	}
	if err := c.elsewhere("REDIS_URL", cfg.RedisURL); err != nil {
		return err
	}
	s, err := tune.OpenRedis(e.ctx, cfg.RedisURL)
	if err != nil {
		return err
	}
	defer s.Close()
	t.Compared = "the Redis of REDIS_URL"
	return c.against(e, s, t, all, undoFile(cfg, "redis"))
}

type tuneHostCmd struct {
	machineFlags `embed:""`
	Root         string `default:"/" help:"Folder of another system, such as an image that is being built."`
}

// Run prints, changes or puts back the host's settings.
func (c tuneHostCmd) Run(e *env) error {
	m, err := c.machine()
	if err != nil {
		return err
	}
	cfg, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	all, err := tune.Host(m)
	if err != nil {
		return err
	}
	h, undo := tune.LocalHost{Root: c.Root}, undoFile(cfg, "host")
	if c.Undo {
		a, err := h.Undo(undo)
		return c.printUndone(e, a, err)
	}
	t := tuned{Machine: m, title: "Kernel and limits", Compared: "this machine",
		conf: tune.SysctlConf(all) + "\n# /etc/security/limits.d\n" + tune.LimitsConf(all) + "\n# /etc/tmpfiles.d\n" + tune.TmpfilesConf(all)}
	if c.Apply {
		a, err := h.Apply(all, undo)
		if err != nil {
			return err
		}
		t.Applied = &a
	}
	t.Settings = h.Compare(all)
	return t.print(e, c.machineFlags)
}
