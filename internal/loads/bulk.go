package loads

import (
	"context"

	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads/lifecycle"
)

// Pick is one of several loads as the person who picked it saw it.
type Pick struct {
	ID      ids.ID
	Version int
}

// MaxPicks bounds what is done to many loads at once.
const MaxPicks = 200

// Outcome is what became of one of several loads; Err says why nothing did.
type Outcome struct {
	ID     ids.ID
	Number string // "" when there is no such load
	Err    error
}

func fewEnough(picks []Pick) error {
	if len(picks) == 0 || len(picks) > MaxPicks {
		return errs.Invalid("pick 1 to %d loads", MaxPicks)
	}
	return nil
}

// CommonSteps returns the picked loads that are there, and what the person in ctx
// may do next to every one of them; needs SeeLoads.
func (s *Service) CommonSteps(ctx context.Context, picks []Pick) (out []Full, common []lifecycle.Verb, err error) {
	if err := fewEnough(picks); err != nil {
		return nil, nil, err
	}
	count := map[lifecycle.Verb]int{}
	for _, p := range picks {
		f, err := s.Get(ctx, p.ID)
		if errs.Is(err, errs.KindNotFound) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		out = append(out, f)
		for _, v := range Steps(ctx, f) {
			if count[v]++; len(out) == 1 {
				common = append(common, v)
			}
		}
	}
	all := common[:0]
	for _, v := range common {
		if count[v] == len(out) {
			all = append(all, v)
		}
	}
	return out, all, nil
}

// DoAll does one step to each of several loads, each in a transaction of its own
// and over the version it was picked at: one that cannot is named with its
// reason and keeps none of the others from it.
func (s *Service) DoAll(ctx context.Context, picks []Pick, verb lifecycle.Verb, reason string) ([]Outcome, error) {
	if !ByHand(verb) {
		return nil, errs.Invalid("%q is no step that a person takes", string(verb))
	}
	return s.all(ctx, picks, func(p Pick) error {
		_, err := s.Do(ctx, p.ID, Step{Verb: verb, Reason: reason, Version: p.Version})
		return err
	})
}

// NoteAll writes one note into the history of several loads.
func (s *Service) NoteAll(ctx context.Context, picks []Pick, text string) ([]Outcome, error) {
	return s.all(ctx, picks, func(p Pick) error { return s.AddNote(ctx, p.ID, text) })
}

func (s *Service) all(ctx context.Context, picks []Pick, do func(Pick) error) (out []Outcome, err error) {
	if _, err := identity.Require(ctx, identity.SeeLoads); err != nil {
		return nil, err
	}
	if err := fewEnough(picks); err != nil {
		return nil, err
	}
	for _, p := range picks {
		o := Outcome{ID: p.ID}
		f, err := s.Get(ctx, p.ID)
		if o.Number = f.Number; err == nil {
			err = do(p)
		}
		switch errs.KindOf(err) {
		case errs.KindInternal, errs.KindUnavailable: // not this load's fault: the rest would meet it too
			return out, err
		}
		o.Err = err
		out = append(out, o)
	}
	return out, nil
}
