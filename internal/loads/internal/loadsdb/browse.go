package loadsdb

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
)

// orders are the orders a list may have beside newest first, each with the
// column it goes by: an index leads with it, so page 900 costs what page 1 does.
var orders = map[string]string{"pickup": "pickup_from", "deliver": "deliver_by", "rate": "total_cents"}

// CanOrder reports an order that Browse knows; a minus before it turns it round.
func CanOrder(sort string) bool {
	_, ok := orders[strings.TrimPrefix(sort, "-")]
	return ok || sort == ""
}

// Place is where a page of an ordered list ended. Loads without the value of the
// order come after all others, newest first.
type Place struct {
	ID    ids.ID      `json:"id"`
	At    *time.Time  `json:"at,omitempty"`
	Cents money.Cents `json:"cents,omitempty"`
}

// PlaceOf returns where l stands in an order.
func PlaceOf(l Load, sort string) Place {
	switch strings.TrimPrefix(sort, "-") {
	case "pickup":
		return Place{ID: l.ID, At: l.PickupFrom}
	case "deliver":
		return Place{ID: l.ID, At: l.DeliverBy}
	case "rate":
		return Place{ID: l.ID, Cents: l.TotalCents}
	}
	return Place{ID: l.ID}
}

// BrowseParams narrow and order a page; zero values narrow nothing.
type BrowseParams struct {
	State                                                string
	CustomerID, TruckID                                  ids.ID
	PickupFrom, PickupBefore, DeliverFrom, DeliverBefore time.Time
	Sort                                                 string
	After                                                *Place
	Rows                                                 int32
}

// query is a statement that grows from fixed pieces; every value is a parameter.
type query struct {
	where []string
	args  []any
}

func (q *query) and(format string, args ...any) {
	at := make([]any, len(args))
	for i, a := range args {
		q.args = append(q.args, a)
		at[i] = fmt.Sprintf("$%d", len(q.args))
	}
	q.where = append(q.where, fmt.Sprintf(format, at...))
}

func (p BrowseParams) narrow() (q query) {
	if p.State != "" {
		q.and("state = %s", p.State)
	}
	if !p.CustomerID.IsZero() {
		q.and("customer_id = %s", p.CustomerID)
	}
	if !p.TruckID.IsZero() {
		q.and("truck_id = %s", p.TruckID)
	}
	for _, c := range []struct {
		at     time.Time
		format string
	}{{p.PickupFrom, "pickup_from >= %s"}, {p.PickupBefore, "pickup_from < %s"}, {p.DeliverFrom, "deliver_by >= %s"}, {p.DeliverBefore, "deliver_by < %s"}} {
		if !c.at.IsZero() {
			q.and(c.format, c.at)
		}
	}
	return q
}

// Browse returns a page of loads in an order chosen at run time. sqlc has no
// words for that, so the statement is put together here.
func (q *Queries) Browse(ctx context.Context, p BrowseParams) ([]Load, error) {
	key, down := strings.CutPrefix(p.Sort, "-")
	column := orders[key]
	if column == "" {
		s := p.narrow()
		if p.After != nil {
			s.and("id < %s", p.After.ID)
		}
		return q.list(ctx, s, "id DESC", p.Rows)
	}
	var out []Load
	dated := column != "total_cents"
	if p.After == nil || !dated || p.After.At != nil {
		s, way, order := p.narrow(), ">", column+", id"
		if down {
			way, order = "<", column+" DESC, id DESC"
		}
		if dated {
			s.and(column + " IS NOT NULL")
		}
		if a := p.After; a != nil && dated {
			s.and("("+column+", id) "+way+" (%s, %s)", *a.At, a.ID)
		} else if a != nil {
			s.and("("+column+", id) "+way+" (%s, %s)", int64(a.Cents), a.ID)
		}
		var err error
		if out, err = q.list(ctx, s, order, p.Rows); err != nil || int32(len(out)) == p.Rows || !dated {
			return out, err
		}
	}
	s := p.narrow()
	s.and(column + " IS NULL")
	if p.After != nil && p.After.At == nil {
		s.and("id < %s", p.After.ID)
	}
	rest, err := q.list(ctx, s, "id DESC", p.Rows-int32(len(out)))
	return slices.Concat(out, rest), err
}

func (q *Queries) list(ctx context.Context, s query, order string, n int32) ([]Load, error) {
	where := ""
	if len(s.where) > 0 {
		where = "WHERE " + strings.Join(s.where, " AND ")
	}
	s.args = append(s.args, n)
	rows, err := q.db.Query(ctx, fmt.Sprintf("SELECT * FROM loads %s ORDER BY %s LIMIT $%d", where, order, len(s.args)), s.args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Load])
}
