package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"truckflow/internal/app"
	"truckflow/internal/config"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup"
	"truckflow/internal/ops/checklist"
)

type checklistCmd struct {
	Show    checklistShowCmd    `cmd:"" default:"withargs" help:"Look at every item: exit 1 when one is red.\n\nExample: truckflow checklist --phase pre"`
	Confirm checklistConfirmCmd `cmd:"" help:"Sign what only a person can tell.\n\nExample: truckflow checklist confirm performance.tested --by 'Dana Ortiz' --note 'make bench, 340 loads a second'"`
}

type checklistShowCmd struct {
	Phase      string `help:"Only this list: pre, post or ongoing." enum:",pre,post,ongoing" default:""`
	Prometheus string `help:"Address of Prometheus, such as http://127.0.0.1:9090." placeholder:"URL"`
	VulnDB     string `name:"vulndb" type:"path" help:"The Go vulnerability database: a folder or vulndb.zip." placeholder:"PATH"`
	JSON       bool   `help:"For programs."`
}

// Run looks and prints.
func (c checklistShowCmd) Run(e *env) error {
	if !checklist.CheckPrometheus(c.Prometheus) {
		return errs.Invalid("%.60q is not an address of Prometheus: give http://host:port", c.Prometheus)
	}
	if _, err := os.Stat(c.VulnDB); c.VulnDB != "" && err != nil {
		return errs.NotFound("%s is not there", c.VulnDB)
	}
	list, stop, err := e.checklist(checklist.Sources{Prometheus: c.Prometheus, VulnDB: c.VulnDB})
	if err != nil {
		return err
	}
	defer stop()
	r, err := list.Look(e.ctx)
	if err != nil {
		return err
	}
	r = r.Only(checklist.Phase(c.Phase))
	if c.JSON {
		if err := e.json(r); err != nil {
			return err
		}
	} else {
		printChecklist(e, r)
	}
	if r.Count[checklist.Red] > 0 {
		return errWrong
	}
	return nil
}

func printChecklist(e *env, r checklist.Report) {
	var phase checklist.Phase
	for _, i := range r.Items {
		if i.Phase != phase {
			phase = i.Phase
			fmt.Fprintf(e.out, "%s\n", phase.Title())
		}
		fmt.Fprintf(e.out, "  %-14s  %s  (%s)\n                  %s\n", i.Status, i.Title, i.ID, i.Evidence)
		if i.Fix != "" {
			fmt.Fprintf(e.out, "                  mend: %s\n", i.Fix)
		}
	}
	fmt.Fprintf(e.out, "\n%s\n", r.Summary())
}

type checklistConfirmCmd struct {
	Item string `arg:"" help:"The item's id, as truckflow checklist prints it."`
	By   string `required:"" help:"Who confirms it."`
	Note string `required:"" help:"What was done or seen."`
	Days int    `help:"How long it holds; unset: as long as the item allows."`
	JSON bool   `help:"For programs."`
}

// Run signs.
func (c checklistConfirmCmd) Run(e *env) error {
	list, stop, err := e.checklist(checklist.Sources{})
	if err != nil {
		return err
	}
	defer stop()
	k, err := list.Confirm(e.ctx, c.Item, c.By, c.Note, c.Days)
	if err != nil {
		return err
	}
	if c.JSON {
		return e.json(k)
	}
	_, err = fmt.Fprintf(e.out, "%s is confirmed by %s until %s\n", k.Item, k.By, k.Until.Format(time.DateOnly))
	return err
}

// checklist looks from outside of a program that may be running, or not.
func (e *env) checklist(s checklist.Sources) (*checklist.Checklist, func(), error) {
	cfg, err := config.FromEnvironment()
	if err != nil {
		return nil, nil, err
	}
	s.Config, s.Migrations, s.LocalURL = cfg, app.Migrations(), fmt.Sprintf("http://127.0.0.1:%d", cfg.Port)
	stop := func() {}
	if s.DB, err = e.openDatabase(); err != nil {
		s.NoDB = errs.Public(err).Message
	} else {
		stop = s.DB.Close
	}
	s.Backup = func(ctx context.Context) (*backup.Status, error) {
		b, _, end, err := e.openBackup(false)
		defer end()
		if err != nil {
			return nil, err
		}
		st, err := b.Status(ctx)
		return &st, err
	}
	return checklist.New(s), stop, nil
}
