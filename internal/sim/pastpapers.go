package sim

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"truckflow/internal/kit/money"
	"truckflow/internal/sim/paper"
)

// How many loads of the past have their papers, and the breath between two: they
// are read like any other, and today's work goes first.
const (
	filedLoads = 36
	filePause  = 400 * time.Millisecond
)

// PastPapers files the rate confirmation and the signed receipt of the newest
// loads of the past, as somebody who moves scans the last weeks' folders. Loads
// that have papers are left alone, so it may be cut off and run again.
func PastPapers(ctx context.Context, cfg Config) error {
	cfg = cfg.filled()
	c, start := newClient(cfg), cfg.Clock.Now()
	v, err := learn(ctx, c, cfg)
	if err != nil {
		return err
	}
	ls, err := c.loads(ctx, "", 100_000)
	if err != nil {
		return err
	}
	filed := 0
	for _, l := range newestPast(ls, filedLoads) {
		had, err := all[idOnly](ctx, c, "/v1/documents", url.Values{"load_id": {l.ID}}, 1)
		if err != nil {
			return err
		}
		if len(had) > 0 {
			continue
		}
		if err := v.file(ctx, c, cfg.Seed, l.ID, start); err != nil {
			return fmt.Errorf("load %s: %w", l.Number, err)
		}
		filed++
		if !sleep(ctx, filePause) {
			return ctx.Err()
		}
	}
	cfg.Log.Info("the demo's past has its papers", "loads", filed, "took", cfg.Clock.Now().Sub(start).Round(10*time.Millisecond))
	return nil
}

// newestPast returns the last n loads that the past's import brought, newest first.
func newestPast(ls []wireLoad, n int) []wireLoad {
	ls = slices.DeleteFunc(slices.Clone(ls), func(l wireLoad) bool { _, ok := pastWeek(l.Number); return !ok })
	number := func(l wireLoad) int { k, _ := strconv.Atoi(l.Number); return k }
	slices.SortFunc(ls, func(a, b wireLoad) int { return number(b) - number(a) })
	return ls[:min(n, len(ls))]
}

// file uploads one load's rate confirmation and receipt.
func (v carrier) file(ctx context.Context, c *client, seed int64, id string, now time.Time) error {
	l, err := c.load(ctx, id)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(v.payers, func(p payer) bool { return p.ID == l.CustomerID })
	if at < 0 || len(l.Stops) < 2 {
		return nil // a person changed it
	}
	name, b, err := printConfirmation(v.agreed(seed, l), v.payers[at].broker, at)
	if err != nil {
		return err
	}
	if _, err = c.paper(ctx, "", "rate_confirmation", l.ID, name, b); err != nil {
		return err
	}
	if name, b, err = podPDF(seed, l.Number, l.signed(now)); err != nil {
		return err
	}
	_, err = c.paper(ctx, "", "proof_of_delivery", l.ID, name, b)
	return err
}

// agreed is what a broker confirmed when a load of the past was booked: the line
// haul and the fuel. What was added later (detention, a lumper) is not on it.
func (v carrier) agreed(seed int64, l wireLoad) paper.RateCon {
	n, _ := strconv.ParseInt(l.Number, 10, 64)
	rc := paper.Random(seed*100_003 + n) // the people, the terms
	rc.Load, rc.Equipment, rc.Commodity, rc.Currency = l.Ref, l.Equipment, l.Commodity, money.USD
	rc.LengthFt, rc.HasTemp, rc.Notes, rc.Charges, rc.Stops, rc.Total = 53, false, nil, nil, nil, 0
	rc.Customer, rc.CustomerRate = "", 0
	for _, p := range []struct {
		from *int
		to   *int
	}{{l.WeightLb, &rc.WeightLb}, {l.Pieces, &rc.Pieces}, {l.Miles, &rc.Miles}} {
		if p.from != nil {
			*p.to = *p.from
		}
	}
	if i := slices.IndexFunc(v.trucks, func(t wireTruck) bool { return t.ID == l.TruckID }); i >= 0 {
		rc.Truck, rc.Driver = v.trucks[i].Unit, v.drivers[v.trucks[i].DriverID]
	}
	for _, s := range l.Stops {
		at, _ := time.Parse(wallClock, s.From) // the import wrote it so
		rc.Stops = append(rc.Stops, printed(s, at, rc))
	}
	rc.Issued = rc.Stops[0].Start.Truncate(24*time.Hour).AddDate(0, 0, -1)
	for _, x := range l.Charges {
		if x.Kind != "linehaul" && x.Kind != "fuel" {
			continue
		}
		what := map[string]string{"linehaul": "Line haul", "fuel": "Fuel surcharge"}[x.Kind]
		rc.Charges = append(rc.Charges, paper.Charge{Kind: x.Kind, Description: what, Amount: x.Amount, Quantity: 1, Rate: x.Amount})
		rc.Total += x.Amount
	}
	return rc
}
