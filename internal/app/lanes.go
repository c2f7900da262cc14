package app

import (
	"context"
	"log/slog"
	"strings"

	"truckflow/internal/billing"
	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
	"truckflow/internal/loads/loadsweb"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/pg"
	"truckflow/internal/pricing"
	"truckflow/internal/pricing/gbm"
	"truckflow/internal/pricing/lanerate"
	"truckflow/internal/routing"
)

// LanePrice implements loadsweb.LanePricer: where a draft's rate stands beside
// what its lane pays. It is an aside: without an answer the review goes on.
func (n *namesAdapter) LanePrice(ctx context.Context, l loads.Full) (loadsweb.LanePrice, bool) {
	q, ok := pricing.AskOf(l)
	offered := pricing.Offered(l)
	if !ok || offered <= 0 || !identity.Can(ctx, identity.SeeMoney) {
		return loadsweb.LanePrice{}, false
	}
	a, err := n.lanes.Price(ctx, q)
	if err != nil {
		return loadsweb.LanePrice{}, false
	}
	return loadsweb.LanePrice{Href: "/lanes?load=" + l.ID.String(), Standing: a.Standing(offered), Offered: offered, Low: a.Low, Mid: a.Mid, High: a.High, Miles: a.Miles, Comparables: a.Comparables, Near: a.Near,
		Poor: offered < a.Low}, true
}

// BacktestLanes backtests a company's lanes on db, which may be the running
// program's. company is a part of its name; it may be empty where there is only one.
func BacktestLanes(ctx context.Context, db *pg.DB, log *slog.Logger, company string, o gbm.Options) (*lanerate.Report, error) {
	clk := clock.System
	who, ctx, err := actingFor(ctx, db, company)
	if err != nil {
		return nil, err
	}
	s := pricing.New(pricing.Config{DB: db, Clock: clk, Identity: who, Jobs: jobs.New(log), Log: log,
		Loads: loads.New(loads.Config{DB: db, Clock: clk, Identity: who}), Places: lanePlaces{placesAdapter{routing.New(routing.Corridor{})}}})
	return s.Study(ctx, o)
}

// BacktestFile backtests the loads of a history's CSV, the form in which past
// loads are imported; skipped is how many rows have no miles and no rate to learn from.
func BacktestFile(ctx context.Context, file []byte, o gbm.Options) (rep *lanerate.Report, skipped int, err error) {
	rows, skipped, err := billing.PricedRows(file)
	if err != nil {
		return nil, 0, err
	}
	rep, err = pricing.StudyRows(ctx, lanePlaces{placesAdapter{routing.New(routing.Corridor{})}}, rows, o)
	return rep, skipped, err
}

// actingFor opens db's companies for the command line: the program itself acts in
// ctx for the one whose name has that part; it may be empty where there is only one.
func actingFor(ctx context.Context, db *pg.DB, name string) (*identity.Service, context.Context, error) {
	who, err := identity.New(db, clock.System, nil, []byte(strings.Repeat("-", 64))) // signs nothing here
	if err != nil {
		return nil, ctx, err
	}
	orgs, err := who.Orgs(ctx)
	if err != nil {
		return nil, ctx, err
	}
	var found []ids.ID
	var names []string
	for _, org := range orgs {
		c, err := who.Company(tenant.System(ctx, org))
		if err != nil {
			return nil, ctx, err
		}
		if strings.Contains(strings.ToLower(c.Name), strings.ToLower(name)) {
			found, names = append(found, org), append(names, c.Name)
		}
	}
	switch {
	case len(found) == 1:
		return who, tenant.System(ctx, found[0]), nil
	case len(found) == 0:
		return nil, ctx, errs.NotFound("no company is called %q", name)
	}
	return nil, ctx, errs.Invalid("%d companies fit: %s", len(found), strings.Join(names, ", ")).Hint("say which with --company")
}
