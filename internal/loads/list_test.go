package loads_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/page"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
	"truckflow/internal/platform/pg"
)

// every walks a list page by page.
func (h house) every(t *testing.T, f loads.Filter, limit int) (out []string) {
	t.Helper()
	for cursor, pages := "", 0; ; pages++ {
		p, err := h.List(h.ctx, f, page.Request{Cursor: cursor, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range p.Items {
			out = append(out, l.Number)
		}
		if cursor = p.Next; cursor == "" {
			return out
		}
		if pages > 20 {
			t.Fatal("the pages do not end")
		}
	}
}

func TestListIsNarrowedAndSorted(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, b, c := h.book(t, "2026-11-25", 900).Number, h.book(t, "2026-11-24", 2000).Number, h.book(t, "2026-11-26", 2000)
	undated, err := h.Draft(h.ctx, loads.Input{CustomerID: h.acme})
	if err != nil {
		t.Fatal(err)
	}
	d := undated.Number
	truck := ids.New()
	if _, err := h.Assign(h.ctx, c.ID, 1, loads.Crew{TruckID: truck}); err != nil {
		t.Fatal(err)
	}
	days := func(from, to, delFrom, delTo string) (f loads.Filter) {
		if err := h.Days(h.ctx, &f, from, to, delFrom, delTo); err != nil {
			t.Fatal(err)
		}
		return f
	}
	for name, x := range map[string]struct {
		f    loads.Filter
		want []string
	}{
		"newest first":            {loads.Filter{}, []string{d, c.Number, b, a}},
		"by pickup, undated last": {loads.Filter{Sort: "pickup"}, []string{b, a, c.Number, d}},
		"by pickup, latest first": {loads.Filter{Sort: "-pickup"}, []string{c.Number, a, b, d}},
		"by delivery":             {loads.Filter{Sort: "deliver"}, []string{b, a, c.Number, d}},
		"by rate":                 {loads.Filter{Sort: "rate"}, []string{d, a, b, c.Number}},
		"by rate, highest first":  {loads.Filter{Sort: "-rate"}, []string{c.Number, b, a, d}},
		"of a truck":              {loads.Filter{TruckID: truck}, []string{c.Number}},
		"state and customer":      {loads.Filter{State: "draft", CustomerID: h.acme}, []string{d}},
		"another customer":        {loads.Filter{State: "booked", CustomerID: ids.New()}, nil},
		"one day's pickups":       {days("2026-11-25", "2026-11-25", "", ""), []string{a}},
		"until a day":             {days("", "2026-11-25", "", ""), []string{b, a}},
		// 23:30 in Atlanta is 22:30 of the same day at home in Chicago.
		"a day's deliveries":    {days("", "", "2026-11-26", "2026-11-26"), []string{c.Number}},
		"words and a day":       {func() loads.Filter { f := days("2026-11-24", "", "", ""); f.Text = "dallas"; return f }(), []string{c.Number, b, a}},
		"of a truck, by rate":   {loads.Filter{TruckID: truck, Sort: "-rate"}, []string{c.Number}},
		"of a customer, sorted": {loads.Filter{CustomerID: h.acme, Sort: "-deliver"}, []string{c.Number, a, b, d}},
		"words and a truck":     {loads.Filter{Text: "dallas", TruckID: truck}, []string{c.Number}},
	} {
		for _, limit := range []int{1, 3, 50} {
			if x.f.Text != "" && limit == 1 {
				continue
			}
			if got := h.every(t, x.f, limit); !slices.Equal(got, x.want) {
				t.Errorf("%s, %d a page: %v, want %v", name, limit, got, x.want)
			}
		}
		var all []string
		if err := h.Each(h.ctx, x.f, func(ls []loads.Load) error {
			for _, l := range ls {
				all = append(all, l.Number)
			}
			return nil
		}); err != nil || !slices.Equal(all, x.want) {
			t.Errorf("%s, all of it: %v %v, want %v", name, all, err, x.want)
		}
	}
	if _, err := h.List(h.ctx, loads.Filter{Sort: "total_cents; drop table loads"}, page.Request{}); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("an order nobody offers: %v", err)
	}
	if _, err := h.List(h.as(identity.Safety), loads.Filter{Sort: "rate"}, page.Request{}); !errs.Is(err, errs.KindForbidden) {
		t.Errorf("safety orders by rate: %v", err)
	}
	if _, err := h.List(h.ctx, loads.Filter{Sort: "pickup"}, page.Request{Cursor: "e30x"}); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("a broken cursor: %v", err)
	}
}

// TestEveryOrderIsServedByAnIndex asks PostgreSQL, as the program's own role
// under row security, how it would read a page of each order out of many loads.
func TestEveryOrderIsServedByAnIndex(t *testing.T) {
	t.Parallel()
	h := open(t)
	me, _ := tenant.From(h.ctx)
	ctx := context.Background()
	if _, err := h.owner.Exec(ctx, "select set_config('app.org_id', $1, false)", me.Org.String()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.owner.Exec(ctx, `insert into loads (id, number, customer_id, truck_id, state, total_cents, pickup_from, deliver_by, created_at, updated_at)
		select gen_random_uuid(), 'L-' || n, md5('c' || n % 40)::uuid, md5('t' || n % 90)::uuid, case when n % 50 = 0 then 'booked' else 'closed' end, (n * 7919) % 500000,
			case when n % 100 > 0 then now() - n * interval '20 min' end, now() - n * interval '19 min', now(), now() from generate_series(1, 30000) n`); err != nil {
		t.Fatal(err)
	}
	if _, err := h.owner.Exec(ctx, "analyze loads"); err != nil {
		t.Fatal(err)
	}
	var truck ids.ID
	if err := h.db.WithRead(h.ctx, func(ctx context.Context, tx *pg.Tx) error {
		return tx.QueryRow(ctx, "select truck_id from loads limit 1").Scan(&truck)
	}); err != nil {
		t.Fatal(err)
	}
	for order, index := range map[string]string{"pickup": "loads_pickup", "-pickup": "loads_pickup", "deliver": "loads_deliver", "-deliver": "loads_deliver", "rate": "loads_rate", "-rate": "loads_rate"} {
		for _, from := range []string{"first", "later"} {
			plan := h.plan(t, loads.Filter{Sort: order}, from == "later")
			if !strings.Contains(plan, index) || strings.Contains(plan, "Sort") || strings.Contains(plan, "Seq Scan") {
				t.Errorf("%s page by %s is not read from %s:\n%s", from, order, index, plan)
			}
		}
		// The few loads of one truck are not looked for among all loads.
		if plan := h.plan(t, loads.Filter{Sort: order, TruckID: truck}, false); !strings.Contains(plan, "CTE few") || !strings.Contains(plan, "loads_truck") || strings.Contains(plan, "Seq Scan on loads") {
			t.Errorf("a truck's loads by %s are not read from loads_truck:\n%s", order, plan)
		}
	}
}

// plan explains the statement that List sends, caught by PostgreSQL itself.
func (h house) plan(t *testing.T, f loads.Filter, later bool) string {
	t.Helper()
	req := page.Request{}
	if later {
		p, err := h.List(h.ctx, f, req)
		if err != nil {
			t.Fatal(err)
		}
		req.Cursor = p.Next
	}
	var lines []string
	err := h.db.WithRead(h.ctx, func(ctx context.Context, tx *pg.Tx) error {
		if _, err := h.List(ctx, f, req); err != nil { // in this transaction: the statement stays on this connection
			return err
		}
		rows, err := tx.Query(ctx, "select name, statement from pg_prepared_statements where statement like '%ORDER BY%LIMIT $_' order by prepare_time desc limit 1")
		if err != nil {
			return err
		}
		var name, statement string
		for rows.Next() {
			if err := rows.Scan(&name, &statement); err != nil {
				return err
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		args := "(51)"
		if !f.TruckID.IsZero() {
			args = fmt.Sprintf("('%s', 51)", f.TruckID)
		} else if strings.Contains(statement, "$3") {
			value := "now() - interval '30 days'"
			if strings.Contains(f.Sort, "rate") {
				value = "250000"
			}
			args = fmt.Sprintf("(%s, '%s', 51)", value, ids.New())
		}
		rows, err = tx.Query(ctx, fmt.Sprintf("explain execute %q%s", name, args))
		if err != nil {
			return err
		}
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				return err
			}
			lines = append(lines, line)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
