package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"truckflow/internal/config"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/money"
	"truckflow/internal/ops/cost"
	"truckflow/internal/ops/pgmanager"
	"truckflow/internal/ops/usage"
	"truckflow/internal/platform/pg"
)

type costCmd struct {
	File      string `help:"Your own price book; without one the built-in, which carries dates and sources."`
	Print     bool   `help:"Print the built-in price book instead, as a file to start from."`
	Revenue   string `help:"Reckon for this revenue a month, such as 500000, instead of the measured or assumed one."`
	NoMeasure bool   `help:"Ask no database; reckon with the book's assumptions alone."`
	JSON      bool   `help:"For programs."`
}

// Run reckons; a database that cannot be asked is said, and the rest reckoned all the same.
func (c costCmd) Run(e *env) error {
	if c.Print {
		_, err := e.out.Write(cost.Default)
		return err
	}
	b := cost.Default
	var err error
	if c.File != "" {
		if b, err = os.ReadFile(c.File); err != nil {
			return errs.NotFound("the price book cannot be opened: %v", err)
		}
	}
	book, err := cost.Parse(b)
	if err != nil {
		return err
	}
	var revenue money.Cents
	if c.Revenue != "" {
		if revenue, err = money.Parse(c.Revenue); err != nil {
			return errs.Invalid("revenue: %v", err)
		}
		if revenue <= 0 {
			return errs.Invalid("revenue must be more than zero: costs are a share of it")
		}
	}
	var m cost.Measured
	if !c.NoMeasure {
		if m, err = e.measure(); err != nil {
			fmt.Fprintf(e.errOut, "not measured: %s\n", errs.Public(err).Message)
		}
	}
	r, err := book.Reckon(clock.System.Now(), m, revenue)
	if err != nil {
		return err
	}
	if c.JSON {
		return e.json(r)
	}
	return printCost(e, r)
}

// measure asks the database that DATABASE_URL names, or the one that a running
// program keeps in the data folder.
func (e *env) measure() (m cost.Measured, err error) {
	db, err := e.openDatabase()
	if err != nil {
		return m, err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(e.ctx, time.Minute)
	defer cancel()
	w, err := usage.OfAll(ctx, db, clock.System.Now())
	if err != nil {
		return m, err
	}
	s, err := usage.Stored(ctx, db)
	if err != nil {
		return m, err
	}
	m = cost.Measured{Work: &w, Store: &s}
	if cfg, err := config.FromEnvironment(); err == nil { // a program need not run
		if n, since, err := usage.Sent(ctx, fmt.Sprintf("http://127.0.0.1:%d/metrics", cfg.Port)); err == nil {
			m.Egress = &cost.Egress{Bytes: n, Over: clock.System.Now().Sub(since)}
		}
	}
	return m, nil
}

// openDatabase connects to the program's database without starting or changing it.
func (e *env) openDatabase() (*pg.DB, error) {
	cfg, err := config.FromEnvironment()
	if err != nil {
		return nil, err
	}
	dsn := cfg.DatabaseURL
	if dsn == "" {
		own, err := pgmanager.Running(e.ctx, pgmanager.Config{Dir: filepath.Join(cfg.DataDir, "postgres"), Bin: cfg.PGBin})
		if err != nil {
			return nil, errs.Unavailable("no program runs on this data folder and DATABASE_URL is not set").Wrap(err)
		}
		dsn = own.AppDSN()
	}
	log, closeLog, err := e.logger(cfg, false)
	if err != nil {
		return nil, err
	}
	defer closeLog()
	return pg.Open(e.ctx, pg.Settings{DSN: dsn, MaxConns: 2, Log: log})
}

// onDatabase runs fn on the program's database, with a log for what it calls.
func (e *env) onDatabase(fn func(db *pg.DB, log *slog.Logger) error) error {
	db, err := e.openDatabase()
	if err != nil {
		return err
	}
	defer db.Close()
	cfg, err := config.FromEnvironment()
	if err != nil {
		return err
	}
	log, closeLog, err := e.logger(cfg, false)
	if err != nil {
		return err
	}
	defer closeLog()
	return fn(db, log)
}

func printCost(e *env, r *cost.Report) error {
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "What is known and what is assumed")
	for _, f := range r.Facts {
		how := "assumed"
		if f.Measured {
			how = "measured"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", f.What, f.Value, how, f.Source)
	}
	for _, p := range []cost.Plan{r.Single, r.Cluster} {
		fmt.Fprintf(w, "\n%s, a month\n", strings.ToUpper(p.Name[:1])+p.Name[1:])
		for _, l := range p.Lines {
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s, %s\n", l.What, l.Cost, l.How, l.Date, l.Source)
		}
		fmt.Fprintf(w, "  Total\t%s\t\t%s of revenue, %s a load, %s a truck\n", p.Total, p.Share, p.PerLoad, p.PerTruck)
		fmt.Fprintf(w, "  Break-even\t%d–%d loads\t\tat %s contribution margin a load\n", p.BreakEven[0], p.BreakEven[1], r.Margin.Dollars())
	}
	fmt.Fprintln(w, "\nRevenue a month\tsingle\tcluster\ttaken")
	for _, s := range r.Steps {
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", s.Revenue.Dollars(), s.Single, s.Cluster, s.Chosen)
	}
	fmt.Fprintf(w, "\nAI, at home or in the cloud\n  1,000 documents in the cloud\t%s\n  A GPU at home, a month\t%s\n  Break-even\t%d–%d documents a month\n  Here\t%d documents: %s\n",
		r.AI.PerThousand, r.AI.GPU, r.AI.BreakEven[0], r.AI.BreakEven[1], r.AI.Documents, r.AI.Verdict)
	fmt.Fprintln(w, "\nThe specification says\tit is")
	for _, c := range r.Claims {
		mark := "ok"
		if !c.Holds {
			mark = "differs"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", c.Says, c.Is, mark, c.Note)
	}
	for _, s := range r.Stale {
		fmt.Fprintf(w, "old price: %s\n", s)
	}
	return w.Flush()
}
