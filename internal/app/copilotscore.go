package app

import (
	"context"
	"log/slog"

	"truckflow/internal/billing"
	"truckflow/internal/copilot"
	"truckflow/internal/customers"
	"truckflow/internal/dispatch"
	"truckflow/internal/documents"
	"truckflow/internal/fleet"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/loads"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/pg"
	"truckflow/internal/pricing"
	"truckflow/internal/routing"
	"truckflow/internal/tracking"
)

// CopilotModels are the copilot room's, for the command line.
type CopilotModels = copilot.Models

// ScoreCopilot asks the copilot its evaluation set about a company on db, which
// may be the running program's; see BacktestLanes for company. Where models is not
// nil it is they who answer, with what they find by the tools, instead of the rules;
// their proposals are refused, so that it only reads.
func ScoreCopilot(ctx context.Context, db *pg.DB, log *slog.Logger, company string, models CopilotModels) (*copilot.Scored, error) {
	clk := clock.System
	who, ctx, err := actingFor(ctx, db, company)
	if err != nil {
		return nil, err
	}
	places := placesAdapter{routing.New(routing.Corridor{})}
	run := jobs.New(log)
	cs, fl, tr := customers.New(db, clk, who, places), fleet.New(db, clk, who), tracking.New(db, clk, 400, nil, nil)
	docs := documents.New(documents.Config{DB: db, Clock: clk, Identity: who, Jobs: run, Log: log})
	var bill *billing.Service
	ls := loads.New(loads.Config{DB: db, Clock: clk, Identity: who, Jobs: run, Places: places,
		Payers: loadPayers{payersAdapter{cs}, func(ctx context.Context, c ids.ID) (money.Cents, error) { return bill.Owed(ctx, c) }}})
	bill = billing.New(billing.Config{DB: db, Clock: clk, Identity: who, Jobs: run, Loads: ls, Documents: docs, Payers: payersAdapter{cs}, Log: log})
	s := copilot.New(copilot.Config{DB: db, Clock: clk, Identity: who, Routing: places.r, Documents: docs, Fleet: fl, Customers: cs, Loads: ls, Tracking: tr, Billing: bill, Models: models, Log: log,
		Pricing:  pricing.New(pricing.Config{DB: db, Clock: clk, Identity: who, Jobs: run, Loads: ls, Places: lanePlaces{places}, Log: log}),
		Dispatch: dispatch.New(dispatch.Config{DB: db, Clock: clk, Identity: who, Loads: ls, Documents: docs, Tracking: tr, Fleet: fleetAdapter{fl, places}, Places: places})})
	return s.Score(ctx, models != nil)
}
