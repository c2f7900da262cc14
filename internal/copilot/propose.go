package copilot

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"truckflow/internal/copilot/internal/copilotdb"
	"truckflow/internal/dispatch"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/platform/pg"
)

// Proposal is something the copilot would do. It stays as it was shown; what has
// changed since makes its confirmation fail, as any stale form.
type Proposal struct {
	ID      ids.ID   `json:"id"`
	Summary string   `json:"summary"`
	Diff    []Change `json:"diff"`
}

// Change is one line of what would be different.
type Change struct {
	What   string `json:"what"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// proposalLife is how long a proposal can be confirmed: what was true an hour
// ago is not on a dispatch desk.
const proposalLife = 30 * time.Minute

// Via is appended to a person's name in the history of what they confirmed here.
const Via = " via copilot"

// actions are what a confirmed proposal does, by its stored name.
var actions = map[string]func(ctx context.Context, s *Service, args json.RawMessage) (done, href string, err error){
	"note": func(ctx context.Context, s *Service, raw json.RawMessage) (string, string, error) {
		var v storedNote
		if err := json.Unmarshal(raw, &v); err != nil {
			return "", "", err
		}
		return "The note is on " + v.Number + ".", loadHref(v.Load), s.Loads.AddNote(ctx, v.Load, v.Text)
	},
	"assign": func(ctx context.Context, s *Service, raw json.RawMessage) (string, string, error) {
		var v storedAssignment
		if err := json.Unmarshal(raw, &v); err != nil {
			return "", "", err
		}
		_, err := s.Dispatch.Assign(ctx, v.Load, dispatch.Choice{TruckID: v.Truck, TrailerID: v.Trailer, DriverID: v.Driver, Version: v.Version})
		return "Truck " + v.Unit + " is on " + v.Number + ".", loadHref(v.Load), err
	},
}

type storedNote struct {
	Load   ids.ID `json:"load"`
	Number string `json:"number"`
	Text   string `json:"text"`
}

type storedAssignment struct {
	Load    ids.ID `json:"load"`
	Number  string `json:"number"`
	Truck   ids.ID `json:"truck"`
	Unit    string `json:"unit"`
	Trailer ids.ID `json:"trailer,omitzero"`
	Driver  ids.ID `json:"driver"`
	Version int    `json:"version"`
}

// propose keeps a proposal for the person who asked.
func (s *Service) propose(ctx context.Context, action, summary string, args any, diff ...Change) (*Proposal, error) {
	who, err := identity.Require(ctx, identity.SeeLoads)
	if err != nil {
		return nil, err
	}
	if who.User.IsZero() {
		return nil, errs.Forbidden("only a person can be proposed a change")
	}
	raw, err := json.Marshal(args)
	if err != nil {
		return nil, err
	}
	shown, err := json.Marshal(diff)
	if err != nil {
		return nil, err
	}
	p := &Proposal{ID: ids.New(), Summary: summary, Diff: diff}
	now := s.Clock.Now()
	return p, s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		return copilotdb.New(tx).InsertProposal(ctx, copilotdb.InsertProposalParams{ID: p.ID, UserID: who.User, Action: action, Args: raw, Summary: summary, Diff: shown, CreatedAt: now, ExpiresAt: now.Add(proposalLife)})
	})
}

// Confirm does what was proposed to this very person, with their permissions as
// they are now, once. The history names them "… via copilot". done says in words
// what was done, href where.
func (s *Service) Confirm(ctx context.Context, id ids.ID) (done, href string, err error) {
	who, err := identity.Require(ctx, identity.SeeLoads)
	if err != nil {
		return "", "", err
	}
	acting := who
	acting.Name += Via
	err = s.DB.WithTx(tenant.With(ctx, acting), func(ctx context.Context, tx *pg.Tx) error {
		q := copilotdb.New(tx)
		p, err := q.Proposal(ctx, copilotdb.ProposalParams{ID: id, UserID: who.User})
		if pg.IsNoRows(err) {
			return errs.NotFound("there is no such proposal to you")
		} else if err != nil {
			return err
		}
		now := s.Clock.Now()
		if now.After(p.ExpiresAt) {
			return errs.Conflict("this proposal is too old to be confirmed").Hint("ask again")
		}
		// Of two clicks the second finds it settled.
		if n, err := q.Settle(ctx, copilotdb.SettleParams{ID: id, UserID: who.User, State: "done", At: &now}); err != nil {
			return err
		} else if n == 0 {
			return errs.Conflict("this proposal was settled already")
		}
		do := actions[p.Action]
		if do == nil {
			return errs.Conflict("this proposal is of an older version").Hint("ask again")
		}
		done, href, err = do(ctx, s, p.Args)
		return err
	})
	if err != nil {
		return "", "", err
	}
	return done, href, nil
}

// Open lists what was proposed to this person and neither done, nor put aside,
// nor too old: the newest first.
func (s *Service) Open(ctx context.Context) (out []Proposal, err error) {
	who, err := identity.Require(ctx, identity.SeeLoads)
	if err != nil {
		return nil, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := copilotdb.New(tx).OpenProposals(ctx, copilotdb.OpenProposalsParams{UserID: who.User, Now: s.Clock.Now()})
		for _, r := range rows {
			p := Proposal{ID: r.ID, Summary: r.Summary}
			if err := json.Unmarshal(r.Diff, &p.Diff); err != nil {
				return err
			}
			out = append(out, p)
		}
		return err
	})
	return out, err
}

// Drop puts a proposal aside.
func (s *Service) Drop(ctx context.Context, id ids.ID) error {
	return s.own(ctx, func(q *copilotdb.Queries, ctx context.Context, who tenant.Actor) error {
		now := s.Clock.Now()
		if _, err := q.Proposal(ctx, copilotdb.ProposalParams{ID: id, UserID: who.User}); pg.IsNoRows(err) {
			return errs.NotFound("there is no such proposal to you")
		} else if err != nil {
			return err
		}
		_, err := q.Settle(ctx, copilotdb.SettleParams{ID: id, UserID: who.User, State: "dropped", At: &now})
		return err
	})
}

// NoteArgs is a note to write.
type NoteArgs struct {
	Load string `json:"load" jsonschema:"the load's number"`
	Text string `json:"text"`
}

func (s *Service) proposeNote(ctx context.Context, q NoteArgs) (a Answer, err error) {
	l, err := s.loadCalled(ctx, q.Load)
	if err != nil {
		return a, err
	}
	if q.Text = strings.TrimSpace(q.Text); q.Text == "" || len(q.Text) > 1000 {
		return a, errs.Invalid("a note has 1 to 1000 characters")
	}
	a.Records = []string{l.Number}
	a.say("I would write this note on ").link(l.Number, loadHref(l.ID)).say(".")
	a.Proposal, err = s.propose(ctx, "note", "Note on "+l.Number, storedNote{l.ID, l.Number, q.Text}, Change{What: "note on " + l.Number, After: q.Text})
	return a, err
}

// AssignArgs is a truck for a load.
type AssignArgs struct {
	Load  string `json:"load" jsonschema:"the load's number"`
	Truck string `json:"truck" jsonschema:"its unit number"`
}

func (s *Service) proposeAssignment(ctx context.Context, q AssignArgs) (a Answer, err error) {
	l, err := s.loadCalled(ctx, q.Load)
	if err != nil {
		return a, err
	}
	if st := lifecycle.State(l.State); st != lifecycle.Booked && st != lifecycle.Dispatched {
		return a, errs.Conflict("load %s is %s: a truck is put on a booked load", l.Number, st.Words())
	}
	f, err := s.Loads.Get(ctx, l.ID)
	if err != nil {
		return a, err
	}
	sgs, err := s.Dispatch.SuggestFor(ctx, f)
	if err != nil {
		return a, err
	}
	names, err := s.names(ctx)
	if err != nil {
		return a, err
	}
	for _, sg := range sgs {
		if !strings.EqualFold(sg.Truck.Unit, q.Truck) {
			continue
		}
		if !sg.Possible() {
			return a, errs.Conflict("truck %s may not take %s: %s", sg.Truck.Unit, l.Number, strings.Join(sg.Blocks, "; "))
		}
		a.Records = []string{l.Number, sg.Truck.Unit}
		a.say("I would put truck ").link(sg.Truck.Unit, "/fleet/trucks/"+sg.Truck.ID.String()).say(" on ").link(l.Number, loadHref(l.ID)).say(": %s.", strings.Join(sg.Reasons, ", "))
		diff := []Change{{"truck", or(names.truck[ids.Of(l.TruckID)]), sg.Truck.Unit}, {"driver", or(names.driver[ids.Of(l.DriverID)]), sg.Driver.Name}}
		if !sg.Trailer.ID.IsZero() {
			diff = append(diff, Change{"trailer", "", sg.Trailer.Unit})
		}
		a.Proposal, err = s.propose(ctx, "assign", "Truck "+sg.Truck.Unit+" for "+l.Number,
			storedAssignment{l.ID, l.Number, sg.Truck.ID, sg.Truck.Unit, sg.Trailer.ID, sg.Driver.ID, l.Version}, diff...)
		return a, err
	}
	return a, errs.NotFound("there is no truck %s, or it is out of service", q.Truck)
}

func or(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// signature is who writes a mail.
func (s *Service) signature(ctx context.Context) (string, error) {
	who, err := identity.Require(ctx, identity.SeeLoads)
	if err != nil {
		return "", err
	}
	c, err := s.Identity.Company(ctx)
	return who.Name + "\n" + c.Name + "\n", err
}

func escape(s string) string { return url.QueryEscape(s) }
