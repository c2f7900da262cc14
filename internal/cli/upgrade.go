package cli

import (
	"fmt"
	"path/filepath"

	"truckflow/internal/app"
	"truckflow/internal/kit/clock"
	"truckflow/internal/ops/upgrade"
)

type upgradeCmd struct {
	Check upgradeCheckCmd `cmd:"" help:"Try this version's migrations on a restored copy of the newest backup, and say whether the running server can be upgraded: exit 1 when not.\n\nExample: truckflow upgrade check"`
}

type upgradeCheckCmd struct {
	Scratch string `type:"existingdir" help:"Where the copy is put; unset: the system's temporary folder." placeholder:"DIR"`
	JSON    bool   `help:"For programs."`
}

// Run looks and prints; it changes nothing but the copy.
func (c upgradeCheckCmd) Run(e *env) error {
	dsn, cfg, stop, err := e.database(false)
	if err != nil {
		return err
	}
	defer stop()
	u := upgrade.Config{DSN: dsn, Scratch: c.Scratch, Migrations: app.Migrations(), Apply: app.RehearseUpgrade, Program: Version, Clock: clock.System, Progress: e.bar(c.JSON)}
	if cfg.DatabaseURL == "" {
		u.Data = filepath.Join(cfg.DataDir, "postgres")
	}
	if cfg.DatabaseURL == "" || cfg.Backup.DatabaseURL != "" {
		s, _, stop, err := e.openBackup(true)
		if err != nil {
			return err
		}
		defer stop()
		u.Backup = s
	}
	r, err := upgrade.Check(e.ctx, u)
	e.clearBar(u.Progress)
	if err != nil {
		return err
	}
	if c.JSON {
		err = e.json(r)
	} else {
		for _, i := range r.Items {
			fmt.Fprintf(e.out, "%-4s  %-9s  %s\n", i.State, i.ID, i.Found)
			if i.Advice != "" {
				fmt.Fprintf(e.out, "                 %s\n", i.Advice)
			}
		}
		fmt.Fprintln(e.out, map[bool]string{true: "\nThe running server can be upgraded to " + r.Program + ".", false: "\nDo not upgrade yet."}[r.OK])
	}
	if err == nil && !r.OK {
		err = errWrong
	}
	return err
}
