package loads

import (
	"context"
	"slices"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/loads/internal/loadsdb"
	"truckflow/internal/platform/pg"
)

// Filter narrows a list; the zero Filter is everything, newest first.
type Filter struct {
	Text       string // words of number, reference, customer, city, stop, commodity; all must match, the last may be a beginning
	State      string
	CustomerID ids.ID
}

var newest = ids.ID{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// List returns a page of loads, newest first; needs SeeLoads.
func (s *Service) List(ctx context.Context, f Filter, req page.Request) (p page.Page[Load], err error) {
	if _, err := identity.Require(ctx, identity.SeeLoads); err != nil {
		return p, err
	}
	before := newest
	if _, err := page.Decode(req.Cursor, &before); err != nil {
		return p, err
	}
	n := int32(req.Rows() + 1)
	var rows []Load
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) (err error) {
		q := loadsdb.New(tx)
		switch {
		case f.Text != "":
			rows, err = search(ctx, q, f, before, n)
		case !f.CustomerID.IsZero():
			rows, err = q.ByCustomer(ctx, loadsdb.ByCustomerParams{CustomerID: f.CustomerID, Before: before, Rows: n})
		case f.State != "":
			rows, err = q.ByState(ctx, loadsdb.ByStateParams{State: f.State, Before: before, Rows: n})
		default:
			rows, err = q.Newest(ctx, loadsdb.NewestParams{Before: before, Rows: n})
		}
		return err
	})
	return page.Cut(rows, req.Rows(), func(l Load) any { return l.ID }), err
}

// prefixDeep is how many words the beginning of one may stand for.
const prefixDeep = 1000

// search intersects the loads of each word, rarest candidates being cut newest first.
func search(ctx context.Context, q *loadsdb.Queries, f Filter, before ids.ID, n int32) ([]Load, error) {
	words := Words(f.Text)
	if len(words) == 0 {
		return nil, nil
	}
	deep := int32(2000) // candidates a word may bring; older matches need a second word
	if len(words) == 1 && f.State == "" && f.CustomerID.IsZero() {
		deep = n // nothing narrows it further
	}
	var hit []ids.ID
	for i, w := range words {
		found, err := q.SearchWord(ctx, loadsdb.SearchWordParams{Word: w, Before: before, Rows: deep})
		if err != nil {
			return nil, err
		}
		if i == len(words)-1 && len(w) >= 2 && len(found) < int(n) {
			more, err := q.SearchPrefix(ctx, loadsdb.SearchPrefixParams{Lo: w, Hi: w + "\U0010FFFF", Before: before, Rows: prefixDeep})
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		}
		slices.SortFunc(found, newestFirst)
		found = slices.Compact(found)
		if i == 0 {
			hit = found
			continue
		}
		hit = slices.DeleteFunc(hit, func(id ids.ID) bool { _, ok := slices.BinarySearchFunc(found, id, newestFirst); return !ok })
	}
	if f.State == "" && f.CustomerID.IsZero() && len(hit) > int(n) {
		hit = hit[:n]
	}
	rows, err := q.WithIDs(ctx, hit)
	rows = slices.DeleteFunc(rows, func(l Load) bool {
		return f.State != "" && l.State != f.State || !f.CustomerID.IsZero() && ids.Of(l.CustomerID) != f.CustomerID
	})
	slices.SortFunc(rows, func(a, b Load) int { return newestFirst(a.ID, b.ID) })
	return rows[:min(len(rows), int(n))], err
}

func newestFirst(a, b ids.ID) int { return slices.Compare(b[:], a[:]) }

// Active returns every load that still needs somebody, by pickup; needs SeeLoads.
func (s *Service) Active(ctx context.Context) (rows []Load, err error) {
	if _, err := identity.Require(ctx, identity.SeeLoads); err != nil {
		return nil, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err = loadsdb.New(tx).Active(ctx)
		return err
	})
	return rows, err
}

// StopsOf returns the stops of many loads at once, by load then sequence; needs SeeLoads.
func (s *Service) StopsOf(ctx context.Context, loads []ids.ID) (rows []Stop, err error) {
	if _, err := identity.Require(ctx, identity.SeeLoads); err != nil {
		return nil, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err = loadsdb.New(tx).StopsOf(ctx, loads)
		return err
	})
	return rows, err
}

// OfTruck returns a truck's loads, latest pickup first.
func (s *Service) OfTruck(ctx context.Context, truck ids.ID, n int) (rows []Load, err error) {
	if _, err := identity.Require(ctx, identity.SeeLoads); err != nil {
		return nil, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err = loadsdb.New(tx).OfTruck(ctx, loadsdb.OfTruckParams{TruckID: truck, Rows: int32(n)})
		return err
	})
	return rows, err
}

// unsettled are the states whose loads somebody still has to do something with.
var unsettled = []string{"draft", "tendered", "booked", "dispatched", "at_pickup", "loaded", "in_transit", "at_delivery", "delivered", "pod_received",
	"ready_to_bill", "on_hold", "claim"}

// tallyAge is how long counts may be told again after another instance changed a
// load; a change made here is seen at once.
const tallyAge = time.Second

// tally is what every page of an organisation shows of its loads: the number in
// each unsettled state. What is in it is never changed.
type tally struct {
	at      time.Time
	byState map[string]int
}

// Counts returns how many loads are in each unsettled state; needs SeeLoads.
func (s *Service) Counts(ctx context.Context) (map[string]int, error) {
	a, err := identity.Require(ctx, identity.SeeLoads)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	known, change := s.tallies[a.Org], s.changes
	s.mu.Unlock()
	now := s.Clock.Now()
	if now.Sub(known.at) < tallyAge {
		return known.byState, nil
	}
	t := tally{now, map[string]int{}}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := loadsdb.New(tx).CountStates(ctx, unsettled)
		for _, r := range rows {
			t.byState[r.State] = r.N
		}
		return err
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil && change == s.changes {
		s.tallies[a.Org] = t
	}
	return t.byState, err
}

// recount forgets an organisation's counts, those too that are being read now.
func (s *Service) recount(org ids.ID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.changes++
	delete(s.tallies, org)
}

// Drafts returns the newest n drafts that came from papers or hands; needs SeeLoads.
func (s *Service) Drafts(ctx context.Context, n int) (rows []Load, err error) {
	if _, err := identity.Require(ctx, identity.SeeLoads); err != nil {
		return nil, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err = loadsdb.New(tx).ByState(ctx, loadsdb.ByStateParams{State: "draft", Before: newest, Rows: int32(n)})
		return err
	})
	return rows, err
}
