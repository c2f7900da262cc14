package assist

import (
	"context"
	"encoding/json"
	"time"

	"truckflow/internal/assist/internal/assistdb"
	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/pg"
)

// Service is the room's door.
type Service struct {
	db      *pg.DB
	clock   clock.Clock
	ids     *identity.Service
	engines func() []llm.State
}

// New returns the room; engines tells how the engines of this instance stand.
func New(db *pg.DB, c clock.Clock, who *identity.Service, engines func() []llm.State) *Service {
	return &Service{db, c, who, engines}
}

// What edges show, in the room's own words.
type (
	// Job is what a call is for.
	Job = llm.Job
	// Permit is what may leave for a job.
	Permit = llm.Permit
	// Micros is money in millionths of a dollar.
	Micros = llm.Micros
	// Engine is one as it stands on this instance.
	Engine = llm.State
	// Times are of the calls of one engine and job.
	Times = assistdb.TimesRow
	// Month is what was spent in one.
	Month = assistdb.AiMonth
	// Attempt is an engine's part in a call.
	Attempt = llm.Attempt
)

// Jobs and Permits are what can be chosen, in the order shown.
var (
	Jobs    = llm.Jobs
	Permits = []Permit{llm.Never, llm.Redacted, llm.Allowed}
)

// Rules are a company's decisions.
type Rules struct {
	Permits   map[Job]Permit
	Budget    Micros // a month
	Version   int    // 0 before the first decision
	UpdatedBy string
	UpdatedAt time.Time
}

// maxBudget keeps a slip of the finger from being a fortune: $100,000 a month.
const maxBudget Micros = 100_000_000_000

// Rules returns the company's decisions; needs SeeCompany. Before the first
// nothing leaves and nothing is spent.
func (s *Service) Rules(ctx context.Context) (r Rules, err error) {
	if _, err := identity.Require(ctx, identity.SeeCompany); err != nil {
		return r, err
	}
	return s.rules(ctx)
}

func (s *Service) rules(ctx context.Context) (r Rules, err error) {
	r.Permits = map[Job]Permit{}
	for _, j := range Jobs {
		r.Permits[j] = llm.Never
	}
	var row assistdb.AiRule
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		row, err = assistdb.New(tx).Rules(ctx)
		return err
	})
	if pg.IsNoRows(err) {
		return r, nil
	} else if err != nil {
		return r, err
	}
	r.Budget, r.Version, r.UpdatedBy, r.UpdatedAt = Micros(row.BudgetMicros), row.Version, row.UpdatedBy, row.UpdatedAt
	return r, json.Unmarshal(row.Permits, &r.Permits)
}

// SetRules changes them; needs EditCompany. Another version than the stored one
// is a conflict.
func (s *Service) SetRules(ctx context.Context, r Rules) error {
	a, err := identity.Require(ctx, identity.EditCompany)
	if err != nil {
		return err
	}
	if r.Budget < 0 || r.Budget > maxBudget {
		return errs.Invalid("the budget is wrong").Field("budget", "from 0 to 100,000 dollars a month")
	}
	permits := map[Job]Permit{}
	for _, j := range Jobs {
		switch p := r.Permits[j]; p {
		case llm.Never, llm.Redacted, llm.Allowed:
			permits[j] = p
		default:
			return errs.Invalid("choose what may leave").Field(string(j), "never, redacted or allowed")
		}
	}
	body, err := json.Marshal(permits)
	if err != nil {
		return err
	}
	return s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		n, err := assistdb.New(tx).SetRules(ctx, assistdb.SetRulesParams{Permits: body, BudgetMicros: int64(r.Budget), UpdatedBy: a.Name, UpdatedAt: s.clock.Now(), Version: r.Version})
		if err != nil {
			return err
		}
		if n == 0 {
			return errs.Conflict("somebody else changed this in the meantime").Hint("look at their change and decide again")
		}
		return s.ids.Audit(ctx, tx, identity.Entry{Action: "assist.rules", Kind: "company", ID: a.Org, Label: "AI", Detail: map[string]any{"permits": permits, "budget_micros": r.Budget}})
	})
}

// Months returns what was spent, the newest month first; needs SeeCompany.
func (s *Service) Months(ctx context.Context) (ms []Month, err error) {
	if _, err := identity.Require(ctx, identity.SeeCompany); err != nil {
		return nil, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		ms, err = assistdb.New(tx).Months(ctx)
		return err
	})
	return ms, err
}

// ThisMonth is the first day of the running month; budgets are of UTC's months.
func (s *Service) ThisMonth() time.Time {
	now := s.clock.Now()
	return time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// Call is one as it is shown.
type Call struct {
	assistdb.AiCall
	Tried []Attempt
}

// Calls returns the company's calls, newest first; needs SeeCompany.
func (s *Service) Calls(ctx context.Context, req page.Request) (p page.Page[Call], err error) {
	if _, err := identity.Require(ctx, identity.SeeCompany); err != nil {
		return p, err
	}
	before := ids.Last
	if _, err := page.Decode(req.Cursor, &before); err != nil {
		return p, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := assistdb.New(tx).Calls(ctx, assistdb.CallsParams{Before: before, N: int32(req.Rows() + 1)})
		if err != nil {
			return err
		}
		cs := make([]Call, len(rows))
		for i, row := range rows {
			cs[i] = Call{AiCall: row}
			if err := json.Unmarshal(row.Trail, &cs[i].Tried); err != nil {
				return err
			}
		}
		p = page.Cut(cs, req.Rows(), func(c Call) any { return c.ID })
		return nil
	})
	return p, err
}

// TimesOver is how far back Times looks.
const TimesOver = 7 * 24 * time.Hour

// Times returns how quick each engine was lately, by job; needs SeeCompany.
func (s *Service) Times(ctx context.Context) (ts []Times, err error) {
	if _, err := identity.Require(ctx, identity.SeeCompany); err != nil {
		return nil, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		ts, err = assistdb.New(tx).Times(ctx, ids.At(s.clock.Now().Add(-TimesOver)))
		return err
	})
	return ts, err
}

// Edges part the bars of a Spread, in microseconds: what is below the first, between
// two, above the last. 200 ms, which is promised, is one.
var Edges = []int64{1_000, 5_000, 10_000, 25_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 30_000_000}

// Spread is how an engine's calls lie between the Edges: len(Edges)+1 counts each.
type Spread struct {
	Engine                    string
	Decision, First, Complete []int
}

// Spreads returns how quick each engine was lately; needs SeeCompany.
func (s *Service) Spreads(ctx context.Context) (out []Spread, err error) {
	if _, err := identity.Require(ctx, identity.SeeCompany); err != nil {
		return nil, err
	}
	err = s.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := assistdb.New(tx).Spread(ctx, assistdb.SpreadParams{Since: ids.At(s.clock.Now().Add(-TimesOver)), Edges: Edges})
		for _, r := range rows {
			if n := len(out); n == 0 || out[n-1].Engine != r.Engine {
				bars := func() []int { return make([]int, len(Edges)+1) }
				out = append(out, Spread{r.Engine, bars(), bars(), bars()})
			}
			x := &out[len(out)-1]
			[][]int{x.Decision, x.First, x.Complete}[r.Kind][r.Bucket] = r.Calls
		}
		return err
	})
	return out, err
}

// Engines tells how the engines stand on this instance; needs SeeCompany.
func (s *Service) Engines(ctx context.Context) ([]Engine, error) {
	if _, err := identity.Require(ctx, identity.SeeCompany); err != nil {
		return nil, err
	}
	return s.engines(), nil
}

// Permit implements llm.Ledger.
func (s *Service) Permit(ctx context.Context, job llm.Job) (llm.Permit, error) {
	r, err := s.rules(ctx)
	return r.Permits[job], err
}

// Hold implements llm.Ledger.
func (s *Service) Hold(ctx context.Context, most llm.Micros) (id ids.ID, err error) {
	id = ids.New()
	err = s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		_, err := assistdb.New(tx).Hold(ctx, assistdb.HoldParams{ID: id, Month: s.ThisMonth(), Most: int64(most), CreatedAt: s.clock.Now()})
		return err
	})
	if pg.IsNoRows(err) {
		return id, errs.Forbidden("this month's budget for AI is used up").Hint("an owner can raise it under Settings, AI")
	}
	return id, err
}

// Settle implements llm.Ledger.
func (s *Service) Settle(ctx context.Context, hold ids.ID, spent llm.Micros) error {
	return s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		return assistdb.New(tx).Settle(ctx, assistdb.SettleParams{ID: hold, Spent: int64(spent)})
	})
}

// Record implements llm.Ledger.
func (s *Service) Record(ctx context.Context, r llm.Record) error {
	trail, err := json.Marshal(r.Trail)
	if err != nil {
		return err
	}
	if r.Trail == nil {
		trail = []byte("[]")
	}
	a, _ := tenant.From(ctx)
	return s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		return assistdb.New(tx).Record(ctx, assistdb.RecordParams{ID: r.ID, At: r.At, Job: string(r.Job), Prompt: r.Prompt, Actor: a.Name, AnsweredBy: string(r.By), Engine: r.Engine, Model: r.Model,
			Outcome: r.Outcome, Why: r.Why, DecisionUs: r.Decision.Microseconds(), QueueUs: r.Queue.Microseconds(), FirstUs: r.First.Microseconds(), TotalUs: r.Total.Microseconds(),
			TokensIn: r.In, TokensOut: r.Out, CostMicros: int64(r.Cost), Trail: trail})
	})
}

const (
	heldFor = time.Hour           // no call takes so long: its program has ended
	kept    = 90 * 24 * time.Hour // calls, for the page
)

// Tend settles what a program that ended had held, and forgets old calls.
func (s *Service) Tend(ctx context.Context) error {
	now := s.clock.Now()
	return s.db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := assistdb.New(tx)
		if err := q.SettleOld(ctx, now.Add(-heldFor)); err != nil {
			return err
		}
		_, err := q.Forget(ctx, ids.At(now.Add(-kept)))
		return err
	})
}
