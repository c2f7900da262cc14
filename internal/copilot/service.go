package copilot

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"truckflow/internal/billing"
	"truckflow/internal/copilot/intent"
	"truckflow/internal/copilot/internal/copilotdb"
	"truckflow/internal/customers"
	"truckflow/internal/dispatch"
	"truckflow/internal/documents"
	"truckflow/internal/fleet"
	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
	"truckflow/internal/platform/llm"
	"truckflow/internal/platform/pg"
	"truckflow/internal/pricing"
	"truckflow/internal/routing"
	"truckflow/internal/tracking"
)

// Config is what New needs.
type Config struct {
	DB        *pg.DB
	Clock     clock.Clock
	Identity  *identity.Service
	Routing   *routing.Service
	Documents *documents.Service
	Fleet     *fleet.Service
	Customers *customers.Service
	Loads     *loads.Service
	Pricing   *pricing.Service
	Tracking  *tracking.Service
	Dispatch  *dispatch.Service
	Billing   *billing.Service
	Models    Models // nil: none; the built-in answers stay
	Log       *slog.Logger
}

// Service is the room's door.
type Service struct{ Config }

// New returns the room.
func New(c Config) *Service { return &Service{c} }

// BuiltIn is the engine that answers without a model.
const BuiltIn = "built-in"

// Question is what somebody asks; Load is the one on their screen, may be zero.
type Question struct {
	Text string
	Load ids.ID
}

// Turn is a question with its answer.
type Turn struct {
	ID       ids.ID
	At       time.Time
	Question string
	Answer   Answer
	Engine   string
	Took     time.Duration
	Verdict  int // 1 helpful, -1 not, 0 not said
}

// MostAsked is how long a question may be.
const MostAsked = 1000

// Progress is how far an answer has come.
type Progress struct {
	Doing    string // in words: Looking at late loads
	Step, Of int    // which of so many look-ups that a model wants at once; 0 where there is one
	Text     []Span // all that can be read so far: whole sentences, each with its figures checked
}

// Ask is AskLive for whoever waits for the whole answer.
func (s *Service) Ask(ctx context.Context, q Question) (Turn, error) {
	return s.AskLive(ctx, q, func(Progress) {})
}

// AskLive answers and remembers, and tells on its caller's goroutine what it does
// meanwhile. It never fails for want of understanding: then the answer says so and
// what can be asked. When ctx is cancelled the turn ends as far as it has come, is
// remembered as stopped, and is no error. Needs SeeLoads; what a tool needs
// besides, the person must have, else the answer says that.
func (s *Service) AskLive(ctx context.Context, q Question, tell func(Progress)) (t Turn, err error) {
	who, err := identity.Require(ctx, identity.SeeLoads)
	if err != nil {
		return t, err
	}
	q.Text = strings.TrimSpace(q.Text)
	if q.Text == "" || len(q.Text) > MostAsked {
		return t, errs.Invalid("ask in 1 to %d characters", MostAsked)
	}
	if !q.Load.IsZero() {
		if _, err := s.Loads.Get(ctx, q.Load); err != nil {
			return t, err
		}
	}
	start := s.Clock.Now()
	t = Turn{ID: ids.New(), At: start, Question: q.Text, Engine: BuiltIn}
	tell(Progress{Doing: "Reading the question"})
	err = s.fill(ctx, q, &t, tell)
	switch {
	case err == nil:
	case errors.Is(ctx.Err(), context.Canceled):
		t.Answer = Answer{Text: t.Answer.Text, Looked: t.Answer.Looked, Stopped: true}
	default:
		return t, err
	}
	t.Took = s.Clock.Now().Sub(start)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepWithin)
	defer cancel()
	return t, s.keep(ctx, who, t)
}

// keepWithin is what remembering a turn may take, whoever has left meanwhile.
const keepWithin = 5 * time.Second

// fill makes t's answer; with an error t holds what could be read until then.
func (s *Service) fill(ctx context.Context, q Question, t *Turn, tell func(Progress)) (err error) {
	var understood bool
	t.Answer, understood, err = s.answer(ctx, q, tell)
	if err == nil && understood && s.Models != nil {
		s.Models.Answered(ctx, llm.Copilot, byRules, s.Clock.Now().Sub(t.At))
	}
	if err != nil || understood || s.Models == nil || !s.Models.Has(llm.Copilot) {
		return err
	}
	a, engine, err := s.byModel(ctx, q, tell)
	switch {
	case err == nil:
		t.Answer, t.Engine = a, cmp.Or(engine, BuiltIn)
	case ctx.Err() != nil:
		t.Answer, t.Engine = a, cmp.Or(engine, BuiltIn)
		return ctx.Err()
	case len(a.Text) > 0: // somebody has read it already
		t.Answer, t.Engine = a, cmp.Or(engine, BuiltIn)
		t.Answer.Refused = "the answer is not whole: " + errs.Public(err).Message
	default: // the built-in refusal stands, with why no model helped
		t.Answer.Refused += "; no model answered: " + errs.Public(err).Message
	}
	return nil
}

// answer is the built-in one; understood is false where a model might do better.
func (s *Service) answer(ctx context.Context, q Question, tell func(Progress)) (a Answer, understood bool, err error) {
	book, err := s.book(ctx, q.Load)
	if err != nil {
		return a, false, err
	}
	got, why := intent.Parse(q.Text, book)
	if why != nil {
		return misread(*why), false, nil
	}
	if a, err = refused(s.carryOut(ctx, got, tell)); err == nil {
		a.Text = figuresLinked(a)
	}
	return a, true, err
}

// refused turns what a person may be told into an answer: no permission, no such
// thing, not possible. What went wrong inside stays an error.
func refused(a Answer, err error) (Answer, error) {
	if err == nil {
		return a, nil
	}
	switch pub := errs.Public(err); pub.Kind {
	case errs.KindForbidden, errs.KindNotFound, errs.KindInvalid, errs.KindConflict:
		why := pub.Message
		for _, f := range pub.Fields {
			why += "; " + f
		}
		return Answer{Refused: why}, nil
	}
	return a, err
}

// examples are what can be asked, the most wanted first.
var examples = []string{
	"Which loads will be late tonight and why?",
	"Who can take Dallas to Atlanta tomorrow and what would we make?",
	"Who owes us the most?",
	"What can we bill today?",
	"Which trucks are free?",
	"Revenue last month by customer",
	"Which papers expire in the next 30 days?",
	"What needs me first?",
}

func misread(m intent.Misread) Answer {
	a := Answer{Try: examples[:6]}
	if len(m.Unknown) > 0 {
		a.Refused = "I do not understand “" + strings.Join(m.Unknown, "”, “") + "” here, and half a question gets a wrong answer"
	} else {
		a.Refused = "I understand the words but not the question"
	}
	return a
}

// book is what this person's company has names for.
func (s *Service) book(ctx context.Context, shown ids.ID) (b intent.Book, err error) {
	now, err := s.today(ctx)
	if err != nil {
		return b, err
	}
	b.Today = now
	if identity.Can(ctx, identity.SeeCustomers) {
		cs, err := s.Customers.Customers(ctx, customers.Filter{})
		if err != nil {
			return b, err
		}
		for _, c := range cs {
			b.Customers = append(b.Customers, intent.Thing{ID: c.ID.String(), Name: c.Name})
		}
	}
	if identity.Can(ctx, identity.SeeFleet) {
		ts, err := s.Fleet.Trucks(ctx, fleet.Filter{})
		if err != nil {
			return b, err
		}
		for _, t := range ts {
			b.Trucks = append(b.Trucks, intent.Thing{ID: t.ID.String(), Name: t.UnitNumber})
		}
		ds, err := s.Fleet.Drivers(ctx, fleet.Filter{})
		if err != nil {
			return b, err
		}
		for _, d := range ds {
			b.Drivers = append(b.Drivers, intent.Thing{ID: d.ID.String(), Name: d.Name})
		}
	}
	if !shown.IsZero() {
		if l, err := s.Loads.Get(ctx, shown); err == nil {
			b.Shown = l.Number
		}
	}
	b.Load = func(n string) bool { _, err := s.loadCalled(ctx, n); return err == nil }
	b.Place = s.town
	return b, nil
}

// town knows a city with its state, or one so large that nobody names its state:
// a small town's name is more often a person's or a word.
func (s *Service) town(city, state string) (intent.Place, bool) {
	if state == "" {
		ps := s.Routing.ByCity(city, "")
		if len(ps) == 0 || len(s.Routing.ByCity(city, ps[0].State)) < 8 {
			return intent.Place{}, false
		}
		return intent.Place{City: ps[0].City, State: ps[0].State}, true
	}
	ps := s.Routing.ByCity(city, state)
	if len(ps) == 0 {
		return intent.Place{}, false
	}
	return intent.Place{City: ps[0].City, State: ps[0].State}, true
}

// zone is the company's own, for days and times that belong to no stop.
func (s *Service) zone(ctx context.Context) (*time.Location, error) {
	c, err := s.Identity.Company(ctx)
	if err != nil {
		return nil, err
	}
	return clock.Zone(c.TimeZone)
}

// today is the company's date at midnight UTC.
func (s *Service) today(ctx context.Context) (time.Time, error) {
	z, err := s.zone(ctx)
	if err != nil {
		return time.Time{}, err
	}
	y, m, d := s.Clock.Now().In(z).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC), nil
}

// loadCalled finds a load by our number or the broker's; of several by the
// broker's the newest.
func (s *Service) loadCalled(ctx context.Context, number string) (loads.Load, error) {
	got, err := s.Loads.List(ctx, loads.Filter{Text: number}, page.Request{Limit: 20})
	if err != nil {
		return loads.Load{}, err
	}
	is := func(of func(loads.Load) string) (loads.Load, bool) {
		i := slices.IndexFunc(got.Items, func(l loads.Load) bool { return strings.EqualFold(of(l), number) })
		if i < 0 {
			return loads.Load{}, false
		}
		return got.Items[i], true
	}
	if l, ok := is(func(l loads.Load) string { return l.Number }); ok {
		return l, nil
	}
	if l, ok := is(func(l loads.Load) string { return l.CustomerRef }); ok {
		return l, nil
	}
	return loads.Load{}, errs.NotFound("there is no load %s", number)
}

func (s *Service) keep(ctx context.Context, who tenant.Actor, t Turn) error {
	raw, err := json.Marshal(t.Answer)
	if err != nil {
		return err
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		return copilotdb.New(tx).InsertTurn(ctx, copilotdb.InsertTurnParams{ID: t.ID, UserID: who.User, AskedAt: t.At, Question: t.Question, Answer: raw, Engine: t.Engine, Ms: int(t.Took.Milliseconds())})
	})
}

// History is one's own questions, newest first.
func (s *Service) History(ctx context.Context, most int) (out []Turn, err error) {
	who, err := identity.Require(ctx, identity.SeeLoads)
	if err != nil {
		return nil, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := copilotdb.New(tx).Turns(ctx, copilotdb.TurnsParams{UserID: who.User, Most: int32(most)})
		for _, r := range rows {
			t, err := turnOf(r)
			if err != nil {
				return err
			}
			out = append(out, t)
		}
		return err
	})
	return out, err
}

func turnOf(r copilotdb.CopilotTurn) (Turn, error) {
	t := Turn{ID: r.ID, At: r.AskedAt, Question: r.Question, Engine: r.Engine, Took: time.Duration(r.Ms) * time.Millisecond, Verdict: int(r.Verdict)}
	if err := json.Unmarshal(r.Answer, &t.Answer); err != nil {
		return t, fmt.Errorf("turn %s: %w", r.ID, err)
	}
	return t, nil
}

// Judge keeps whether one's own answer helped: 1, 0 or -1.
func (s *Service) Judge(ctx context.Context, turn ids.ID, verdict int) error {
	return s.own(ctx, func(q *copilotdb.Queries, ctx context.Context, who tenant.Actor) error {
		n, err := q.Judge(ctx, copilotdb.JudgeParams{ID: turn, UserID: who.User, Verdict: int16(min(max(verdict, -1), 1))})
		if err == nil && n == 0 {
			return errs.NotFound("there is no such question of yours")
		}
		if verdict < -1 || verdict > 1 { // and nothing is kept
			return errs.Invalid("a verdict is 1, 0 or -1")
		}
		return err
	})
}

// Forget deletes one's own history.
func (s *Service) Forget(ctx context.Context) error {
	return s.own(ctx, func(q *copilotdb.Queries, ctx context.Context, who tenant.Actor) error {
		_, err := q.ForgetTurns(ctx, who.User)
		return err
	})
}

func (s *Service) own(ctx context.Context, fn func(q *copilotdb.Queries, ctx context.Context, who tenant.Actor) error) error {
	who, err := identity.Require(ctx, identity.SeeLoads)
	if err != nil {
		return err
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error { return fn(copilotdb.New(tx), ctx, who) })
}

// byName sorts for a stable order where figures are equal.
func byName(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) }

// Examples are questions that are answered without a model, the most wanted first.
func Examples() []string { return examples }
