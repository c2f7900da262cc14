package sim

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// pastWeek0 is the Monday from which the weeks of the past are counted. A load's
// number is its week and its place in it, so a restart knows which weeks are there.
var pastWeek0 = time.Date(2020, 1, 6, 0, 0, 0, 0, time.UTC)

// weekSize bounds the loads of a week: the rest of a number.
const weekSize = 1000

func weekOf(t time.Time) int { return int(t.Sub(pastWeek0).Hours() / (7 * 24)) }

// pastWeek returns the week that a load number of the past names.
func pastWeek(number string) (int, bool) {
	n, err := strconv.Atoi(number)
	return n / weekSize, err == nil && n >= weekSize
}

// History brings the past year through the import, as a carrier that moves from
// another system would: one file a week, newest first. A week that is there
// stays as it is, so it may be cut off and run again.
func History(ctx context.Context, cfg Config) error {
	cfg = cfg.filled()
	c, start := newClient(cfg), cfg.Clock.Now()
	v, err := learn(ctx, c, cfg)
	if err != nil {
		return err
	}
	had, newest, err := pastWeeks(ctx, c)
	if err != nil {
		return err
	}
	if newest == 0 {
		newest = v.latest(cfg.Seed, start)
	}
	added := 0
	for w := newest; w > newest-cfg.HistoryWeeks; w-- {
		if had[w] {
			continue
		}
		rows := v.week(cfg.Seed, w, start)
		if len(rows) == 0 {
			continue
		}
		n, err := sendPast(ctx, c, rows)
		if err != nil {
			return fmt.Errorf("the week of %s: %w", pastWeek0.AddDate(0, 0, 7*w).Format(time.DateOnly), err)
		}
		added += n
	}
	cfg.Log.Info("the demo's past is there", "new", added, "weeks", cfg.HistoryWeeks, "took", cfg.Clock.Now().Sub(start).Round(10*time.Millisecond))
	return nil
}

// latest is the newest week that has loads to bring: the one that a restart finds again.
func (v carrier) latest(seed int64, now time.Time) int {
	w := weekOf(now)
	for len(v.week(seed, w, now)) == 0 {
		w--
	}
	return w
}

// pastWeeks finds what earlier starts brought.
func pastWeeks(ctx context.Context, c *client) (had map[int]bool, newest int, err error) {
	ls, err := c.loads(ctx, "", 100_000)
	had = map[int]bool{}
	for _, l := range ls {
		if w, ok := pastWeek(l.Number); ok {
			had[w], newest = true, max(newest, w)
		}
	}
	return had, newest, err
}

var pastHead = []string{"load_number", "customer", "customer_usdot", "customer_load_number", "equipment", "commodity", "weight_lb", "pieces", "miles",
	"pickup_name", "pickup_address", "pickup_city", "pickup_state", "pickup_zip", "pickup_date", "pickup_arrived", "pickup_departed",
	"delivery_name", "delivery_address", "delivery_city", "delivery_state", "delivery_zip", "delivery_date", "delivery_arrived", "truck", "trailer", "driver", "booked_date", "delivered_date",
	"linehaul", "fuel", "other_charges", "invoice_number", "invoice_date", "due_date", "paid_date", "paid_amount", "payment_method", "payment_reference", "short_pay_reason"}

func sendPast(ctx context.Context, c *client, rows []pastRow) (added int, err error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(pastHead) // a buffer takes everything
	for _, r := range rows {
		_ = w.Write(r.cells())
	}
	w.Flush()
	var out struct {
		New, Bad int
		Problems []struct {
			Row                   int
			Column, Value, Reason string
		}
	}
	if err := c.send(ctx, http.MethodPost, "/v1/history/import", "", "text/csv", b.Bytes(), &out); err != nil {
		return 0, err
	}
	if out.Bad > 0 {
		err = fmt.Errorf("%d rows were refused: %+v", out.Bad, out.Problems[:min(3, len(out.Problems))])
	}
	return out.New, err
}

func (r pastRow) cells() []string {
	l, from, to := r.haul.Load, r.haul.Load.Stops[0], r.haul.Load.Stops[1]
	extra := ""
	for _, x := range l.Charges[2:] {
		extra = x.Kind + " " + x.Amount.String()
	}
	day := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.Format(time.DateOnly)
	}
	paid := ""
	if r.Paid > 0 {
		paid = r.Paid.String()
	}
	return []string{r.Number, r.payer.Name, r.payer.USDOT, l.Ref, l.Equipment, l.Commodity, strconv.Itoa(l.WeightLb), strconv.Itoa(l.Pieces), strconv.Itoa(r.haul.Miles),
		from.Name, from.Address, from.City, from.State, from.ZIP, from.From, minute(r.haul.Reached, from.TimeZone), minute(r.haul.PickedUp, from.TimeZone),
		to.Name, to.Address, to.City, to.State, to.ZIP, to.From, minute(r.haul.Arrived, to.TimeZone), r.Truck, r.Trailer, r.Driver,
		day(r.Booked), minute(r.haul.Dropped, to.TimeZone), l.Charges[0].Amount.String(), l.Charges[1].Amount.String(), extra, "M" + r.Number, day(r.Invoiced), day(r.Due),
		day(r.PaidOn), paid, r.Method, r.Reference, r.Short}
}
