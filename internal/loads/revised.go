package loads

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"truckflow/internal/documents/extract"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/loads/internal/loadsdb"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/platform/pg"
)

// Kin is a load of the mail thread that a paper came in.
type Kin struct {
	Load     ids.ID
	Later    bool // a rate confirmation of the load was written after this paper
	Stranger bool // nobody of the sender's house has written about the load
}

// revises finds the load of its thread that a rate confirmation is about: the one
// with its number, or the only one where the paper prints none. nil: it is
// another load's.
func (s *Service) revises(ctx context.Context, p Paper) (k Kin, f *Full, err error) {
	number := val(p.Reading.LoadNumber)
	for _, x := range p.Thread {
		g, err := s.Get(ctx, x.Load)
		if err != nil {
			return k, nil, err
		}
		if number != "" && strings.EqualFold(number, g.CustomerRef) || number == "" && len(p.Thread) == 1 {
			return x, &g, nil
		}
	}
	return k, nil, nil
}

// untouched reports a draft that only the program has written.
func (st Story) untouched() bool {
	for _, e := range st.Events {
		if e.ActorID != nil {
			return false
		}
	}
	return lifecycle.State(st.State) == lifecycle.Draft
}

// hearRevised takes a further rate confirmation of a load. The newest counts: a
// draft that nobody has touched is drafted anew from it. Where a person has had a
// hand in it, and on a booked load, the load stays and says what the paper says.
// An older one, or a stranger's, changes nothing.
func (s *Service) hearRevised(ctx context.Context, p Paper, k Kin, f Full, attach func(ctx context.Context, doc, load ids.ID) error) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		if err := attach(ctx, p.ID, f.ID); err != nil {
			return err
		}
		story, err := s.Story(ctx, f.ID)
		if err != nil {
			return err
		}
		says := "a rate confirmation without a readable total"
		if total, err := money.Parse(val(p.Reading.TotalRate)); err == nil {
			says = fmt.Sprintf("a rate confirmation of %s", total.Dollars())
		}
		switch {
		case k.Later:
			return s.remark(ctx, tx, f.ID, nil, "an older paper of the mail thread came in late, "+says+"; it was not taken")
		case k.Stranger:
			return s.remark(ctx, tx, f.ID, &Flag{"total_rate", "another sender answered in this load's mail thread with " + says + "; it was not taken", extract.Check},
				"another sender's paper in the mail thread, "+says+"; it was not taken")
		case story.untouched():
			if err := s.redraft(ctx, p, f.ID, story.Version); err != nil {
				return err
			}
			return s.remark(ctx, tx, f.ID, nil, "drafted anew from the newer paper of the mail thread, "+says+"; before it was "+f.TotalCents.Dollars())
		}
		return s.remark(ctx, tx, f.ID, &Flag{"total_rate", "a newer paper came in the mail thread, " + says + "; this load says " + f.TotalCents.Dollars(), extract.Check},
			"a newer paper came in the mail thread, "+says+"; the load was not changed")
	})
}

// remark writes a note into a load's history and, where the load can still be
// changed, the flag.
func (s *Service) remark(ctx context.Context, tx *pg.Tx, load ids.ID, flag *Flag, text string) error {
	f, err := lock(ctx, tx, load)
	if err != nil {
		return err
	}
	st := lifecycle.State(f.State)
	if flag != nil && st.Editable() {
		if f.Flags, err = json.Marshal(append(Flags(f.Load), *flag)); err != nil {
			return err
		}
		if err := s.save(ctx, loadsdb.New(tx), &f); err != nil {
			return err
		}
	}
	return s.record(ctx, tx, f.Load, change{verb: "note", from: st, to: st, at: s.Clock.Now(), text: text})
}
