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
	narrow, after []string // which loads, and from where on
	args          []any
	few           bool // so few are left that they are sorted, whatever index the order has
}

func (q *query) piece(format string, args []any) string {
	at := make([]any, len(args))
	for i, a := range args {
		q.args = append(q.args, a)
		at[i] = fmt.Sprintf("$%d", len(q.args))
	}
	return fmt.Sprintf(format, at...)
}

func (q *query) and(format string, args ...any) { q.narrow = append(q.narrow, q.piece(format, args)) }

func (q *query) from(format string, args ...any) { q.after = append(q.after, q.piece(format, args)) }

func where(pieces []string) string {
	if len(pieces) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(pieces, " AND ")
}

func (q *query) text(order string) string {
	if q.few {
		return "WITH few AS MATERIALIZED (SELECT * FROM loads" + where(q.narrow) + ") SELECT * FROM few" + where(q.after) + " ORDER BY " + order
	}
	return "SELECT * FROM loads" + where(slices.Concat(q.narrow, q.after)) + " ORDER BY " + order
}

// sortable is how many loads of one customer or truck are sorted rather than
// picked out of all loads in the order's index, where they may lie far apart.
const sortable = 2000

// few reports whether the customer or truck of p has less than sortable loads.
func (q *Queries) few(ctx context.Context, p BrowseParams) (bool, error) {
	for _, x := range []struct {
		column string
		id     ids.ID
	}{{"truck_id", p.TruckID}, {"customer_id", p.CustomerID}} {
		if x.id.IsZero() {
			continue
		}
		var n int
		err := q.db.QueryRow(ctx, "SELECT count(*) FROM (SELECT FROM loads WHERE "+x.column+" = $1 LIMIT $2) x", x.id, sortable).Scan(&n)
		if err != nil || n < sortable {
			return err == nil, err
		}
	}
	return false, nil
}

func (p BrowseParams) query() (q query) {
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
		s := p.query()
		if p.After != nil {
			s.from("id < %s", p.After.ID)
		}
		return q.list(ctx, s, "id DESC", p.Rows)
	}
	few, err := q.few(ctx, p)
	if err != nil {
		return nil, err
	}
	var out []Load
	dated := column != "total_cents"
	if p.After == nil || !dated || p.After.At != nil {
		s, way, order := p.query(), ">", column+", id"
		s.few = few
		if down {
			way, order = "<", column+" DESC, id DESC"
		}
		if dated {
			s.from(column + " IS NOT NULL")
		}
		if a := p.After; a != nil && dated {
			s.from("("+column+", id) "+way+" (%s, %s)", *a.At, a.ID)
		} else if a != nil {
			s.from("("+column+", id) "+way+" (%s, %s)", int64(a.Cents), a.ID)
		}
		if out, err = q.list(ctx, s, order, p.Rows); err != nil || int32(len(out)) == p.Rows || !dated {
			return out, err
		}
	}
	s := p.query()
	s.few = few
	s.from(column + " IS NULL")
	if p.After != nil && p.After.At == nil {
		s.from("id < %s", p.After.ID)
	}
	rest, err := q.list(ctx, s, "id DESC", p.Rows-int32(len(out)))
	return slices.Concat(out, rest), err
}

func (q *Queries) list(ctx context.Context, s query, order string, n int32) ([]Load, error) {
	s.args = append(s.args, n)
	rows, err := q.db.Query(ctx, fmt.Sprintf("%s LIMIT $%d", s.text(order), len(s.args)), s.args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Load])
}
