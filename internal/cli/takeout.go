package cli

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"truckflow/internal/app"
	"truckflow/internal/config"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/money"
	"truckflow/internal/ops/takeout"
)

// database reaches the program's database, starting it where nobody runs it, and
// migrating it where that is asked for; dsn is the owner's.
func (e *env) database(migrate bool) (dsn string, cfg *config.Config, stop func(), err error) {
	if cfg, err = config.FromEnvironment(); err != nil {
		return "", nil, nil, err
	}
	log, closeLog, err := e.logger(cfg, false)
	if err != nil {
		return "", nil, nil, err
	}
	dsn, end, err := app.Database(e.ctx, cfg, log, migrate)
	if err != nil {
		_ = closeLog()
		return "", nil, nil, err
	}
	return dsn, cfg, func() { end(); _ = closeLog() }, nil
}

// takeout is what both commands work with.
func (e *env) takeout(migrate, quiet bool) (s takeout.Settings, stop func(), err error) {
	dsn, cfg, stop, err := e.database(migrate)
	if err != nil {
		return s, nil, err
	}
	s = takeout.Settings{DSN: dsn, Program: Version, Now: clock.System.Now()}
	if s.Blobs, err = app.OpenFiles(e.ctx, cfg); err != nil {
		stop()
		return s, nil, err
	}
	if bar := e.bar(quiet); bar != nil {
		s.Tell = func(step string, n int64) { bar(step, n, 0) }
	}
	return s, stop, nil
}

type exportCmd struct {
	Org  string `required:"" help:"The company's name, or its id." placeholder:"NAME"`
	Out  string `required:"" help:"The file to write, such as company.tar.zst; - for the standard output." placeholder:"FILE"`
	JSON bool   `help:"For programs."`
}

// Run writes the file whole or not at all.
func (c exportCmd) Run(e *env) (err error) {
	if c.Out == "-" && c.JSON {
		return errs.Invalid("--json and --out - both need the standard output")
	}
	if _, err := os.Stat(c.Out); err == nil {
		return errs.Conflict("%s is there already", c.Out).Hint("name another file; nothing was written")
	}
	s, stop, err := e.takeout(false, c.JSON)
	if err != nil {
		return err
	}
	defer stop()
	org, company, err := takeout.Find(e.ctx, s, c.Org)
	if err != nil {
		return err
	}
	w, told := e.out, e.errOut
	var f *os.File
	if c.Out != "-" {
		told = e.out
		if f, err = os.CreateTemp(filepath.Dir(c.Out), ".truckflow-export-*"); err != nil {
			return errs.Unavailable("%s cannot be written", c.Out).Wrap(err)
		}
		defer os.Remove(f.Name())
		w = f
	}
	m, err := takeout.Export(e.ctx, s, org, company, w)
	if f != nil && err == nil {
		err = f.Sync()
	}
	if f != nil && err == nil {
		err = os.Rename(f.Name(), c.Out)
	}
	if f != nil {
		_ = f.Close()
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return e.json(m)
	}
	fmt.Fprintf(told, "%s: %s\n", company, words(m))
	return nil
}

// words says what a file holds.
func words(m takeout.Manifest) string {
	var rows int64
	for _, name := range slices.Sorted(maps.Keys(m.Tables)) {
		rows += m.Tables[name].Count
	}
	return fmt.Sprintf("%d rows of %d tables, %d files; invoiced %s, received %s, open %s", rows, len(m.Tables), m.Files.Count,
		money.Cents(m.Ledger.Invoiced), money.Cents(m.Ledger.Received), money.Cents(m.Ledger.Open))
}

type importCmd struct {
	File  string `arg:"" help:"What truckflow export wrote; - for the standard input."`
	AsNew bool   `name:"as-new" help:"Read it in under a new id."`
	JSON  bool   `help:"For programs."`
}

// Run reads the company in, whole or not at all.
func (c importCmd) Run(e *env) error {
	var r io.Reader = os.Stdin
	if c.File != "-" {
		f, err := os.Open(c.File)
		if err != nil {
			return errs.NotFound("%s cannot be read", c.File).Wrap(err)
		}
		defer f.Close()
		if st, err := f.Stat(); err != nil || st.IsDir() {
			return errs.Invalid("%s is not a file that truckflow export wrote", c.File)
		}
		r = f
	}
	s, stop, err := e.takeout(true, c.JSON)
	if err != nil {
		return err
	}
	defer stop()
	in, err := takeout.Import(e.ctx, s, r, c.AsNew)
	if err != nil {
		return err
	}
	if c.JSON {
		return e.json(map[string]any{"org": in.Org, "company": in.Company, "manifest": in.Manifest})
	}
	fmt.Fprintf(e.out, "%s is here, every count and sum as exported: %s\n", in.Company, words(in.Manifest))
	return nil
}
