package cli

import (
	"fmt"
	"log/slog"
	"text/tabwriter"

	"truckflow/internal/app"
	"truckflow/internal/config"
	"truckflow/internal/platform/pg"
)

type copilotCmd struct {
	Score copilotScoreCmd `cmd:"" help:"Ask the copilot its evaluation set about a company's own data and compare with the database.\n\nExample: truckflow copilot score"`
}

type copilotScoreCmd struct {
	Company string `help:"A part of the company's name, where the database holds several."`
	Engine  string `help:"Ask this engine instead of the rules: ollama, server, openai or anthropic; the last two get the questions and what the tools find as it is."`
	Misses  bool   `help:"List every question that was refused or answered wrongly."`
	JSON    bool   `help:"For programs."`
}

// Run scores; a wrong answer makes it end with 1.
func (c copilotScoreCmd) Run(e *env) error {
	var models app.CopilotModels // none
	if c.Engine != "" {
		cfg, err := config.FromEnvironment()
		if err != nil {
			return err
		}
		if models, err = oneEngine(e.ctx, cfg, c.Engine); err != nil {
			return err
		}
	}
	return e.onDatabase(func(db *pg.DB, log *slog.Logger) error {
		got, err := app.ScoreCopilot(e.ctx, db, log, c.Company, models)
		if err != nil {
			return err
		}
		if c.JSON {
			err = e.json(got)
		} else {
			w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "Engine\tquestions\tanswered\tright\twrong\trefused\trightly refused\tp95")
			fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d ms\n", got.Engine, got.Questions, got.Answered, got.Right, got.Wrong, got.Refused, got.Kept, got.P95MS)
			err = w.Flush()
			for _, r := range got.Results {
				if r.Outcome == "wrong" || c.Misses && r.Outcome == "refused" {
					fmt.Fprintf(e.out, "%s: %s\n  %s\n", r.Outcome, r.Question, r.Why)
				}
			}
		}
		if err == nil && got.Wrong > 0 {
			return errWrong
		}
		return err
	})
}
