package loads

import (
	"context"
	"slices"
	"strings"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/loads/internal/loadsdb"
	"truckflow/internal/platform/pg"
)

// Filter narrows a list; the zero Filter is everything, newest first.
type Filter struct {
	Text                       string // words of number, reference, customer, city, stop, commodity; all must match, the last may be a beginning
	State                      string
	CustomerID, TruckID        ids.ID
	PickupFrom, PickupBefore   time.Time // from, and before: a day is its midnight and the next one's
	DeliverFrom, DeliverBefore time.Time
	Sort                       string // pickup, deliver or rate, with a minus for the other way round; not together with Text
}

// keeps reports a load that the filter's plain parts let through.
func (f Filter) keeps(l Load) bool {
	within := func(at *time.Time, from, before time.Time) bool {
		return (from.IsZero() || at != nil && !at.Before(from)) && (before.IsZero() || at != nil && at.Before(before))
	}
	return (f.State == "" || l.State == f.State) && (f.CustomerID.IsZero() || ids.Of(l.CustomerID) == f.CustomerID) &&
		(f.TruckID.IsZero() || ids.Of(l.TruckID) == f.TruckID) && within(l.PickupFrom, f.PickupFrom, f.PickupBefore) && within(l.DeliverBy, f.DeliverFrom, f.DeliverBefore)
}

// narrow reports whether something besides the words narrows the list.
func (f Filter) narrow() bool {
	f.Text, f.Sort = "", ""
	return f != Filter{}
}

// browsed reports a filter that no fixed query answers.
func (f Filter) browsed() bool {
	if f.Text != "" {
		return false
	}
	both := f.State != "" && !f.CustomerID.IsZero()
	f.State, f.CustomerID = "", ids.ID{}
	return both || f != Filter{}
}

var newest = ids.Last

// List returns a page of loads, newest first or as f.Sort says; needs SeeLoads,
// and SeeMoney for the order by rate.
func (s *Service) List(ctx context.Context, f Filter, req page.Request) (p page.Page[Load], err error) {
	if _, err := identity.Require(ctx, identity.SeeLoads); err != nil {
		return p, err
	}
	if f.browsed() {
		return s.browse(ctx, f, req.Cursor, req.Rows())
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

// Days narrows f to pickups and deliveries between days ("2006-01-02", both
// within; "" leaves that end open) of the company's own time zone.
func (s *Service) Days(ctx context.Context, f *Filter, pickFrom, pickTo, delFrom, delTo string) error {
	if pickFrom+pickTo+delFrom+delTo == "" {
		return nil
	}
	c, err := s.Identity.Company(ctx)
	if err != nil {
		return err
	}
	loc, err := time.LoadLocation(c.TimeZone)
	if err != nil {
		loc = time.UTC
	}
	for _, x := range []struct {
		name, day string
		plus      int
		into      *time.Time
	}{{"pickup_from", pickFrom, 0, &f.PickupFrom}, {"pickup_to", pickTo, 1, &f.PickupBefore}, {"deliver_from", delFrom, 0, &f.DeliverFrom}, {"deliver_to", delTo, 1, &f.DeliverBefore}} {
		if x.day == "" {
			continue
		}
		d, err := time.ParseInLocation("2006-01-02", x.day, loc)
		if err != nil {
			return errs.Invalid("%.20q is not a day", x.day).Field(x.name, "write it as 2026-11-23")
		}
		*x.into = d.AddDate(0, 0, x.plus)
	}
	return nil
}

// browse is a page of n loads in an order, between dates, of a truck.
func (s *Service) browse(ctx context.Context, f Filter, cursor string, n int) (p page.Page[Load], err error) {
	if !loadsdb.CanOrder(f.Sort) {
		return p, errs.Invalid("loads are not sorted by %.20q", f.Sort).Field("sort", "pickup, deliver or rate, with a minus before it for the other way round")
	}
	if strings.TrimPrefix(f.Sort, "-") == "rate" {
		if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
			return p, err
		}
	}
	b := loadsdb.BrowseParams{State: f.State, CustomerID: f.CustomerID, TruckID: f.TruckID, PickupFrom: f.PickupFrom, PickupBefore: f.PickupBefore,
		DeliverFrom: f.DeliverFrom, DeliverBefore: f.DeliverBefore, Sort: f.Sort, Rows: int32(n + 1)}
	var at loadsdb.Place
	if ok, err := page.Decode(cursor, &at); err != nil {
		return p, err
	} else if ok {
		b.After = &at
	}
	var rows []Load
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err = loadsdb.New(tx).Browse(ctx, b)
		return err
	})
	return page.Cut(rows, n, func(l Load) any { return loadsdb.PlaceOf(l, f.Sort) }), err
}

// eachRows is how many loads Each reads at once: enough to hide the round trip,
// little enough to hold.
const eachRows = 500

// Each hands every load that f lets through to fn, some hundred at a time, in
// f's order, without holding them all; needs what List needs.
func (s *Service) Each(ctx context.Context, f Filter, fn func([]Load) error) error {
	if _, err := identity.Require(ctx, identity.SeeLoads); err != nil {
		return err
	}
	for cursor := ""; ; {
		var p page.Page[Load]
		var err error
		if f.Text != "" {
			p, err = s.List(ctx, f, page.Request{Cursor: cursor, Limit: page.MaxLimit})
		} else {
			p, err = s.browse(ctx, f, cursor, eachRows)
		}
		if err == nil && len(p.Items) > 0 {
			err = fn(p.Items)
		}
		if err != nil || p.Next == "" {
			return err
		}
		cursor = p.Next
	}
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
	if len(words) == 1 && !f.narrow() {
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
	if !f.narrow() && len(hit) > int(n) {
		hit = hit[:n]
	}
	rows, err := q.WithIDs(ctx, hit)
	rows = slices.DeleteFunc(rows, func(l Load) bool { return !f.keeps(l) })
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

// Unsettled are the states whose loads somebody still has to do something with.
var Unsettled = []string{"draft", "tendered", "booked", "dispatched", "at_pickup", "loaded", "in_transit", "at_delivery", "delivered", "pod_received",
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
		rows, err := loadsdb.New(tx).CountStates(ctx, Unsettled)
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
