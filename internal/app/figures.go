package app

import (
	"context"
	"sync"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
	"truckflow/internal/platform/telemetry"
)

// figuresAge is how old the trade's figures on /metrics may be: they cost two
// statements a company, so a scrape every few seconds must not ask each time.
const figuresAge = time.Minute

// trade is what the whole house has on its hands, all companies together: no
// figure on /metrics tells one tenant's business.
type trade struct {
	loads, receivables, money, queueJobs, queueAge, orgs map[string]float64
}

// ages names billing's age classes of what is owed, see billing.Bucket.
var ages = [5]string{"not due", "1-30 days", "31-60 days", "61-90 days", "over 90 days"}

// figures registers the program's own gauges. They are read when somebody
// scrapes and never otherwise.
func (a *App) figures() {
	var mu sync.Mutex
	var known trade
	var at time.Time
	now := func() trade {
		mu.Lock()
		defer mu.Unlock()
		if t := clock.System.Now(); t.Sub(at) >= figuresAge {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second) // a scrape waits 10
			defer cancel()
			at = t
			var err error
			if known, err = a.trade(ctx); err != nil {
				a.log.Warn("figures for /metrics", "error", err)
			}
		}
		return known
	}
	m := a.metrics
	m.Figures("loads", "Unsettled loads by state, all companies together.", "state", func() map[string]float64 { return now().loads })
	m.Figures("receivables_dollars", "Open invoices by how long they are overdue, all companies together.", "age", func() map[string]float64 { return now().receivables })
	m.Figures("money_dollars", "Invoiced and settled since the beginning, received in the last 30 days; all companies together.", "what", func() map[string]float64 { return now().money })
	m.Figures("queue_jobs", "Jobs that are due and wait.", "queue", func() map[string]float64 { return now().queueJobs })
	m.Figures("queue_age_seconds", "How long the oldest job that is due has waited.", "queue", func() map[string]float64 { return now().queueAge })
	m.Figures("orgs", "Companies on this server.", "", func() map[string]float64 { return now().orgs })
	m.Figures("degraded", "1 while something is away and the program goes on without it: database (read only), cache (each instance its own).", "what", func() map[string]float64 {
		out := map[string]float64{"database": 0, "cache": 0}
		if _, away := a.d.db.Away(); away {
			out["database"] = 1
		}
		if _, away := a.d.standin(); away {
			out["cache"] = 1
		}
		return out
	})
	m.Pool("app", func() telemetry.PoolStats {
		s := a.d.db.Pool().Stat()
		return telemetry.PoolStats{InUse: int(s.AcquiredConns()), Idle: int(s.IdleConns()), Total: int(s.TotalConns()), Max: int(s.MaxConns()),
			Acquired: s.AcquireCount(), Waited: s.EmptyAcquireCount(), WaitTime: s.EmptyAcquireWaitTime(), GaveUp: s.CanceledAcquireCount()}
	})
}

// dollars is a figure to draw, not money to book.
func dollars(c money.Cents) float64 { return float64(c) / 100 }

// trade asks the queue, and every company's loads and invoices. What could not
// be asked is missing from the answer, not zero.
func (a *App) trade(ctx context.Context) (t trade, err error) {
	queues, err := a.jobs.Backlogs(ctx, a.d.db)
	if err != nil {
		return t, err
	}
	t.queueJobs, t.queueAge = map[string]float64{}, map[string]float64{}
	for q, b := range queues {
		t.queueJobs[q], t.queueAge[q] = float64(b.Jobs), b.Age.Seconds()
	}
	orgs, err := a.Identity.Orgs(ctx)
	if err != nil {
		return t, err
	}
	waiting, owed, moved := map[string]float64{}, map[string]float64{}, map[string]float64{"invoiced": 0, "settled": 0, "received_30_days": 0}
	for _, s := range loads.Unsettled {
		waiting[s] = 0
	}
	for _, age := range ages {
		owed[age] = 0
	}
	for _, org := range orgs {
		ctx := tenant.System(ctx, org)
		byState, err := a.Loads.Counts(ctx)
		if err != nil {
			return t, err
		}
		for state, n := range byState {
			waiting[state] += float64(n)
		}
		r, err := a.Billing.Receivables(ctx)
		if err != nil {
			return t, err
		}
		for i, cents := range r.Buckets {
			owed[ages[i]] += dollars(cents)
		}
		moved["invoiced"] += dollars(r.Billed)
		moved["settled"] += dollars(r.Settled)
		moved["received_30_days"] += dollars(r.Cash30)
	}
	t.loads, t.receivables, t.money = waiting, owed, moved
	t.orgs = map[string]float64{"": float64(len(orgs))}
	return t, nil
}
