package pricing

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/money"
	"truckflow/internal/platform/pg"
	"truckflow/internal/pricing/internal/pricingdb"
)

// Costs is what a mile costs the carrier, loaded or empty, and the share of
// revenue it wishes to keep. Version 0: nobody wrote them down yet.
type Costs struct {
	Mile      money.Cents
	MarginBps int // hundredths of a percent
	Version   int
}

// averageMile is what a mile cost the average carrier in 2024 (ATRI,
// "Operational Costs of Trucking", 2025): $2.260 with fuel, drivers and trucks.
const averageMile = money.Cents(226)

// Costs returns the company's; the industry's average with version 0 before
// somebody wrote them down. Needs SeeMoney.
func (s *Service) Costs(ctx context.Context) (c Costs, err error) {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return c, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		row, err := pricingdb.New(tx).Costs(ctx)
		if pg.IsNoRows(err) {
			c = Costs{Mile: averageMile}
			return nil
		}
		c = Costs{Mile: money.Cents(row.MileCents), MarginBps: row.MarginBps, Version: row.Version}
		return err
	})
	return c, err
}

// SetCosts writes the company's costs down; c.Version is the one that was seen.
// Needs EditCompany.
func (s *Service) SetCosts(ctx context.Context, c Costs) error {
	if _, err := identity.Require(ctx, identity.EditCompany); err != nil {
		return err
	}
	e := errs.Invalid("the costs were not saved")
	if c.Mile < 50 || c.Mile > 1000 {
		e = e.Field("mile", "0.50 to 10.00 dollars a mile")
	}
	if c.MarginBps < 0 || c.MarginBps > 9000 {
		e = e.Field("margin", "0 to 90 percent")
	}
	if len(e.Fields) > 0 {
		return e
	}
	now := s.Clock.Now()
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := pricingdb.New(tx)
		if c.Version == 0 {
			if _, err := q.Costs(ctx); !pg.IsNoRows(err) {
				return stale(err)
			}
			if err := q.InsertCosts(ctx, pricingdb.InsertCostsParams{MileCents: int(c.Mile), MarginBps: c.MarginBps, ChangedAt: now}); err != nil {
				return err
			}
		} else if n, err := q.UpdateCosts(ctx, pricingdb.UpdateCostsParams{MileCents: int(c.Mile), MarginBps: c.MarginBps, ChangedAt: now, Version: c.Version}); err != nil || n == 0 {
			return stale(err)
		}
		return s.Identity.Audit(ctx, tx, identity.Entry{Action: "lanes.costs", Kind: "company", Label: "cost a mile",
			Detail: map[string]string{"mile": c.Mile.String(), "margin": percent(c.MarginBps)}})
	})
}

func stale(err error) error {
	if err != nil {
		return err
	}
	return errs.Conflict("somebody changed the costs meanwhile; look again")
}

func percent(bps int) string { return fmt.Sprintf("%g %%", float64(bps)/100) }

// Sheet is what to negotiate with: prices for the whole load, all in but for
// waiting and extras.
type Sheet struct {
	Answer
	Costs    Costs
	Empty    int         // miles to the pickup
	Cost     money.Cents // of all miles
	WalkAway money.Cents // below it the load does not earn its cost
	Target   money.Cents // what to ask for
	Reason   string      // why this target
	Offered  money.Cents // zero: nothing yet
	Mail     string      // a draft; every number in it was put there by this package
}

// Terms are what a negotiation is about.
type Terms struct {
	Offered   money.Cents
	Empty     int    // miles to the pickup
	Reference string // the broker's number, may be empty
	Contact   string // a name, may be empty
	Zone      string // of the pickup's wall time, IANA
}

// Sheet prices an ask and says what to ask for and when to walk away. Needs SeeMoney.
func (s *Service) Sheet(ctx context.Context, q Ask, t Terms) (sh Sheet, err error) {
	if t.Empty < 0 || t.Empty > 3000 {
		return sh, errs.Invalid("the lane is not clear").Field("empty", "0 to 3000 miles")
	}
	if sh.Answer, err = s.Price(ctx, q); err != nil {
		return sh, err
	}
	if sh.Costs, err = s.Costs(ctx); err != nil {
		return sh, err
	}
	sh.Empty, sh.Offered = t.Empty, t.Offered
	sh.reckon()
	who, err := identity.Require(ctx, identity.SeeMoney)
	if err != nil {
		return sh, err
	}
	company, err := s.Identity.Company(ctx)
	if err != nil {
		return sh, err
	}
	sh.Mail = sh.draft(q, t, who.Name, company.Name)
	return sh, nil
}

// step is what prices are rounded up to: nobody asks for 1,387.42.
const step = money.Cents(2500)

func roundUp(c money.Cents) money.Cents { return (c + step - 1) / step * step }

// reckon sets what the load costs and what to ask for. The target lies halfway
// from the middle to the ninetieth of a hundred, or where the wished margin
// starts if that is more; an offer that is better than it is kept.
func (sh *Sheet) reckon() {
	sh.Cost = sh.Costs.Mile * money.Cents(sh.Miles+sh.Empty)
	sh.WalkAway = roundUp(sh.Cost)
	want := roundUp(money.Cents(math.Ceil(float64(sh.Cost) * 10000 / float64(10000-sh.Costs.MarginBps))))
	sh.Target, sh.Reason = roundUp((sh.Mid+sh.High)/2), "halfway from what the lane pays in the middle to what one in ten pays"
	if want > sh.Target {
		sh.Target, sh.Reason = want, "what your cost and margin ask for"
		if want > sh.High {
			sh.Reason += ", more than nine of ten pay: this load is unlikely to be worth it"
		}
	}
	if sh.Offered >= sh.Target {
		sh.Target, sh.Reason = sh.Offered, "the offer is at or above what to ask for: take it"
	}
}

// draft is a mail to the broker. It tells the market's range, never the
// carrier's cost.
func (sh Sheet) draft(q Ask, t Terms, person, company string) string {
	var b strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&b, format+"\n", a...) }
	name := t.Contact
	if name == "" {
		name = "there"
	}
	line("Hi %s,", name)
	line("")
	what := fmt.Sprintf("%s, %s to %s, %s", strings.ReplaceAll(q.Equipment, "_", " "), place(sh.From), place(sh.To), miles(sh.Miles))
	if t.Reference != "" {
		what = "load " + t.Reference + ": " + what
	}
	if !q.Pickup.IsZero() {
		at := q.Pickup
		if zone, err := time.LoadLocation(t.Zone); err == nil {
			at = at.In(zone)
		}
		what += ", picking up " + at.Format("Monday, January 2")
	}
	line("%s.", strings.ToUpper(what[:1])+what[1:])
	if sh.Offered > 0 && sh.Offered >= sh.Target {
		line("%s works for us. Please send the rate confirmation.", sh.Offered.Dollars())
	} else {
		if sh.Offered > 0 {
			line("You have %s on it. We can cover it at %s, fuel included.", sh.Offered.Dollars(), sh.Target.Dollars())
		} else {
			line("We can cover it at %s, fuel included.", sh.Target.Dollars())
		}
		line("This lane has been paying %s to %s a mile.", mile(sh.Range.Mid), mile(sh.Range.High))
	}
	line("")
	line("%s", person)
	line("%s", company)
	return b.String()
}

func place(s Spot) string {
	if s.City == "" {
		return s.State + " " + s.ZIP
	}
	return s.City + ", " + s.State
}

func miles(n int) string { return fmt.Sprintf("%d miles", n) }

func mile(perMile float64) string { return money.Cents(math.Round(perMile * 100)).Dollars() }
