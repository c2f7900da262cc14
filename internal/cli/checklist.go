package cli

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"truckflow/internal/app"
	"truckflow/internal/config"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup"
	"truckflow/internal/ops/checklist"
)

type checklistCmd struct {
	Show    checklistShowCmd    `cmd:"" default:"withargs" help:"Look at every item: exit 1 when one is red.\n\nExample: truckflow checklist --phase pre"`
	Report  checklistReportCmd  `cmd:"" help:"Make one of the regular reports: the month's restore test, the quarter's performance, the year's security audit.\n\nExample: truckflow checklist report security --pdf audit.pdf --keep"`
	Confirm checklistConfirmCmd `cmd:"" help:"Sign what only a person can tell.\n\nExample: truckflow checklist confirm performance.tested --by 'Dana Ortiz' --note 'make bench, 340 loads a second'"`
}

type checklistShowCmd struct {
	Phase string `help:"Only this list: pre, post or ongoing." enum:",pre,post,ongoing" default:""`
	PDF   string `name:"pdf" type:"path" help:"Print it for an auditor into this file." placeholder:"FILE"`
	JSON  bool   `help:"For programs."`
	checklistAsks
}

// checklistAsks are whom a look asks beside this machine; unset: the settings.
type checklistAsks struct {
	Prometheus string `help:"Address of Prometheus, such as http://127.0.0.1:9090; unset: TRUCKFLOW_PROMETHEUS." placeholder:"URL"`
	VulnDB     string `name:"vulndb" type:"path" help:"The Go vulnerability database: a folder or vulndb.zip; unset: TRUCKFLOW_VULNDB." placeholder:"PATH"`
}

func (c checklistAsks) sources() (s checklist.Sources, err error) {
	if !checklist.CheckPrometheus(c.Prometheus) {
		return s, errs.Invalid("%.60q is not an address of Prometheus: give http://host:port", c.Prometheus)
	}
	if _, err := os.Stat(c.VulnDB); c.VulnDB != "" && err != nil {
		return s, errs.NotFound("%s is not there", c.VulnDB)
	}
	return checklist.Sources{Prometheus: c.Prometheus, VulnDB: c.VulnDB}, nil
}

// Run looks and prints.
func (c checklistShowCmd) Run(e *env) error {
	src, err := c.sources()
	if err != nil {
		return err
	}
	list, stop, err := e.checklist(src)
	if err != nil {
		return err
	}
	defer stop()
	r, err := list.Look(e.ctx)
	if err != nil {
		return err
	}
	r = r.Only(checklist.Phase(c.Phase))
	if c.PDF != "" {
		if err := e.printed(c.PDF, list.Site(), r.PDF); err != nil {
			return err
		}
	}
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

// printed writes a PDF; it says so beside what goes to standard output.
func (e *env) printed(file, site string, print func(site, version string) ([]byte, error)) error {
	b, err := print(site, Version)
	if err != nil {
		return err
	}
	if err := os.WriteFile(file, b, 0o644); err != nil {
		return errs.Unavailable("%s cannot be written", file).Wrap(err)
	}
	_, err = fmt.Fprintf(e.errOut, "wrote %s\n", file)
	return err
}

type checklistReportCmd struct {
	Kind string `arg:"" enum:"restore,performance,security" help:"restore, performance or security."`
	PDF  string `name:"pdf" type:"path" help:"Print it into this file, too." placeholder:"FILE"`
	Keep bool   `help:"Keep its figures: the next one is compared with them. The running program keeps one each month, quarter and year by itself."`
	JSON bool   `help:"For programs."`
	checklistAsks
}

// Run makes, prints and keeps it. A person signs it with checklist confirm.
func (c checklistReportCmd) Run(e *env) error {
	src, err := c.sources()
	if err != nil {
		return err
	}
	list, stop, err := e.checklist(src)
	if err != nil {
		return err
	}
	defer stop()
	m, err := list.Report(e.ctx, checklist.Kind(c.Kind))
	if err != nil {
		return err
	}
	if c.Keep {
		if err := list.Keep(e.ctx, m); err != nil {
			return err
		}
	}
	if c.PDF != "" {
		if err := e.printed(c.PDF, list.Site(), m.PDF); err != nil {
			return err
		}
	}
	if c.JSON {
		return e.json(m)
	}
	compared := "there is no earlier one to compare with"
	if m.Before != nil {
		compared = "compared with the one of " + m.Before.UTC().Format(time.DateOnly)
	}
	fmt.Fprintf(e.out, "%s, %s; %s\n%s\n", m.Title, m.At.UTC().Format(time.DateOnly), compared, m.Summary)
	for _, t := range m.Tables {
		fmt.Fprintf(e.out, "\n%s\n", t.Title)
		w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
		for _, row := range append([][]string{t.Columns}, t.Rows...) {
			fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(strings.Join(row, "\t"), "\n", " "))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(e.out, "\nread it, then sign it: truckflow checklist confirm %s --by NAME --note TEXT\n", m.Kind.Item())
	return err
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
