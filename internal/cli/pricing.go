package cli

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"truckflow/internal/app"
	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/pg"
	"truckflow/internal/pricing/gbm"
	"truckflow/internal/pricing/lanerate"
)

type pricingCmd struct {
	Backtest backtestCmd `cmd:"" help:"Foretell each priced load from what was known before it, in five ways, and say which answers.\n\nExample: truckflow pricing backtest loads.csv"`
}

type backtestCmd struct {
	File    string `arg:"" optional:"" help:"Past loads as CSV, in the form in which they are imported; without one the running program's own."`
	Company string `help:"A part of the company's name, where the database holds several."`
	JSON    bool   `help:"For programs."`
}

// Run backtests; where nothing could be foretold it exits with 1.
func (c backtestCmd) Run(e *env) error {
	rep, err := c.report(e)
	if err != nil {
		return err
	}
	if c.JSON {
		err = e.json(rep)
	} else {
		err = printBacktest(e, rep)
	}
	if err == nil && rep.Tested == 0 {
		return errWrong
	}
	return err
}

func (c backtestCmd) report(e *env) (*lanerate.Report, error) {
	if c.File != "" {
		b, err := os.ReadFile(c.File)
		if err != nil {
			return nil, errs.NotFound("the file cannot be opened: %v", err)
		}
		rep, skipped, err := app.BacktestFile(e.ctx, b, gbm.Options{})
		if err == nil && skipped > 0 {
			fmt.Fprintf(e.errOut, "%d rows were left out: no miles, no rate or no date\n", skipped)
		}
		return rep, err
	}
	ctx, cancel := context.WithTimeout(e.ctx, 10*time.Minute)
	defer cancel()
	var rep *lanerate.Report
	err := e.onDatabase(func(db *pg.DB, log *slog.Logger) (err error) {
		rep, err = app.BacktestLanes(ctx, db, log, c.Company, gbm.Options{})
		return err
	})
	return rep, err
}

func printBacktest(e *env, r *lanerate.Report) error {
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%d priced loads, %d of them foretold\n", r.Hauls, r.Tested)
	if r.Tested > 0 {
		fmt.Fprintln(w, "\nWay\tMAE $/mile\tMAE $/load\tpinball 10\t50\t90\tin range (80 %)\twidth $/mile")
		for _, s := range r.Methods {
			fmt.Fprintf(w, "%s\t%.3f\t%.0f\t%.4f\t%.4f\t%.4f\t", s.Method, s.MAE, s.MAELoad, s.Pinball[0], s.Pinball[1], s.Pinball[2])
			if s.Interval {
				fmt.Fprintf(w, "%.1f %%\t%.3f\n", 100*s.Coverage, s.Width)
			} else {
				fmt.Fprintln(w, "–\t–")
			}
		}
		fmt.Fprintln(w, "\nLoads of the lane before\tloads\ttrees MAE\tbaseline MAE\ttrees in range\tbaseline in range")
		for _, b := range r.Buckets {
			fmt.Fprintf(w, "%s\t%d\t%.3f\t%.3f\t%.1f %%\t%.1f %%\n", b.Comparables, b.Loads, b.Model.MAE, b.Baseline.MAE, 100*b.Model.Coverage, 100*b.Baseline.Coverage)
		}
		fmt.Fprintln(w, "\nFrom\tloads\ttrees MAE\tbaseline MAE\tpaid more than foretold\tin range")
		for _, x := range r.Windows {
			fmt.Fprintf(w, "%s\t%d\t%.3f\t%.3f\t%+.3f\t%.1f %%\n", time.Unix(0, 0).UTC().AddDate(0, 0, x.From).Format(time.DateOnly), x.Loads, x.Model, x.Baseline, x.Bias, 100*x.Coverage)
		}
		fmt.Fprintf(w, "\nThe trees' loss is %.1f %% below the baseline's (95 %%: %.1f to %.1f %%, paired by weeks)\n", 100*r.Gain.Mid, 100*r.Gain.Low, 100*r.Gain.High)
	}
	who := "the baseline answers"
	if r.Serve {
		who = "the trees answer"
	}
	fmt.Fprintf(w, "%s: %s\n", who, r.Reason)
	return w.Flush()
}
