package sim

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"truckflow/internal/kit/money"
)

// ownPapers is how many of the newest past loads have a delivery receipt of
// their own; the older ones rest on one sheet from the archive, because reading
// thousands of papers would keep the machine busy for the demo's first hour.
const ownPapers = 150

// History brings the past year through the API, newest first, four loads at a
// time: booked, hauled, delivered, accepted, invoiced and, where the terms have
// run out, paid. It stops after cfg.HistoryBudget and goes on at the next start.
func History(ctx context.Context, cfg Config) error {
	cfg = cfg.filled()
	c, start := newClient(cfg), cfg.Clock.Now()
	v, err := learn(ctx, c, cfg)
	if err != nil {
		return err
	}
	p := past{c: c, cfg: cfg, v: v, now: start.Truncate(24 * time.Hour), day: start.Format("20060102"), had: map[int]wireLoad{}}
	if err := p.remember(ctx); err != nil {
		return err
	}
	before := len(p.had)
	limited, stop := context.WithTimeout(ctx, cfg.HistoryBudget)
	defer stop()
	tick := time.NewTicker(time.Second / time.Duration(cfg.HistoryRate))
	defer tick.Stop()
	p.pace = tick.C
	for from := 0; from < cfg.HistoryLoads && limited.Err() == nil; from += 200 {
		n := min(200, cfg.HistoryLoads-from)
		if p.complete(from, n) {
			continue
		}
		// One load's failure is not the end of the past; the budget's end is.
		err = parallel(limited, n, 4, func(_ context.Context, i int) error {
			if e := p.live(ctx, limited, from+i); e != nil {
				cfg.Log.WarnContext(ctx, "a past load is incomplete", "load", from+i, "error", e)
				if p.failed.Add(1) > 50 {
					return fmt.Errorf("too many past loads fail: %w", e)
				}
			}
			return nil
		})
		if e := p.settle(ctx); e != nil {
			cfg.Log.WarnContext(ctx, "past invoices were not paid", "error", e)
		}
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
	cfg.Log.Info("the demo's past", "loads", before+int(p.made.Load()), "wanted", cfg.HistoryLoads, "new", p.made.Load(), "took", cfg.Clock.Now().Sub(start).Round(time.Second),
		"hint", "the rest follows at the next starts; each goes on for the time budget")
	return ctx.Err()
}

type past struct {
	c    *client
	cfg  Config
	v    carrier
	now  time.Time
	day  string
	pace <-chan time.Time
	had  map[int]wireLoad // by index, as the last start left them

	made, failed atomic.Int64
	sheet        sync.Mutex // guards archive
	archive      string
}

// remember finds what earlier starts made.
func (p *past) remember(ctx context.Context) error {
	ls, err := p.c.loads(ctx, "", 4*p.cfg.HistoryLoads+20_000)
	for _, l := range ls {
		if i, ok := pastIndex(l.Ref); ok {
			p.had[i] = l
		}
	}
	return err
}

func settled(state string) bool {
	switch state {
	case "invoiced", "paid", "closed", "cancelled", "tonu", "on_hold", "claim":
		return true
	}
	return false
}

func (p *past) complete(from, n int) bool {
	for i := from; i < from+n; i++ {
		if !settled(p.had[i].State) {
			return false
		}
	}
	return true
}

// deliveredAt is when load i of the past was delivered: the newest three days ago, the oldest a year.
func deliveredAt(now time.Time, i, total int) time.Time {
	return now.Add(-72 * time.Hour).Add(-time.Duration(float64(i) / float64(max(total, 1)) * float64(362*24*time.Hour)))
}

// beat waits for this request's turn; false when the budget is spent.
func (p *past) beat(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-p.pace:
		return true
	}
}

// live takes load i through its whole life. A load begun before the budget
// ended is finished after it, so that few stay half-way.
func (p *past) live(ctx, budget context.Context, i int) error {
	l, known := p.had[i]
	if settled(l.State) || !p.beat(budget) {
		return nil
	}
	key := func(what string) string { return fmt.Sprintf("sim-%d-past-%s-%d-%s", p.cfg.Seed, p.day, i, what) }
	r := source(p.cfg.Seed, "past", i)
	pay, t := p.v.payers[r.Intn(len(p.v.payers))], i%len(p.v.trucks)
	h := plan(r, p.v.equipment(t, i), pay.ID, ref(pay.Code, pastBase+i), p.now)
	h = plan(source(p.cfg.Seed, "past-plan", i), h.Load.Equipment, pay.ID, h.Load.Ref, p.now)
	back := h.Dropped.Sub(deliveredAt(p.now, i, p.cfg.HistoryLoads))
	h = plan(source(p.cfg.Seed, "past-plan", i), h.Load.Equipment, pay.ID, h.Load.Ref, p.now.Add(-back))
	if !known {
		var err error
		if l, err = p.c.book(ctx, key("book"), h.Load); err != nil {
			return err
		}
	}
	if l.State == "booked" && l.TruckID == "" {
		trailer := ""
		if t < len(p.v.trailers) {
			trailer = p.v.trailers[t].ID
		}
		p.beat(ctx)
		if err := p.c.assign(ctx, key("assign"), l.ID, p.v.trucks[t].ID, trailer, p.v.trucks[t].DriverID, false); err != nil {
			return err
		}
	}
	done := map[string]int{"booked": 0, "dispatched": 1, "at_pickup": 2, "loaded": 3, "in_transit": 4, "at_delivery": 5}
	if n, rolling := done[l.State]; rolling {
		for k, st := range h.steps("past", p.now)[n:] {
			p.beat(ctx)
			if _, err := p.c.step(ctx, key(fmt.Sprint("step", n+k)), l.ID, st.verb, st.at); err != nil {
				return err
			}
		}
		l.State = "delivered"
	}
	if l.State == "delivered" || l.State == "pod_received" {
		if err := p.accept(ctx, key, i, l, h); err != nil {
			return err
		}
	}
	p.beat(ctx)
	if _, err := p.c.invoice(ctx, key("invoice"), l.ID); err != nil {
		return err
	}
	p.made.Add(1)
	return nil
}

// accept puts a receipt on a delivered load and lets it go to billing.
func (p *past) accept(ctx context.Context, key func(string) string, i int, l wireLoad, h haul) error {
	p.beat(ctx)
	doc, err := "", error(nil)
	if i < ownPapers {
		var name string
		var b []byte
		if name, b, err = podPDF(p.cfg.Seed, l.Number, h.signed()); err == nil {
			doc, err = p.c.paper(ctx, "", "proof_of_delivery", l.ID, name, b)
		}
	} else {
		doc, err = p.archived(ctx, h)
	}
	if err != nil {
		return err
	}
	// The receipt is being read at the same time, which moves the load too: the
	// slower of the two is refused, and tries again.
	for try := range 3 {
		p.beat(ctx)
		if err = p.c.acceptPOD(ctx, key(fmt.Sprint("accept", try)), l.ID, doc); !is(err, 409) {
			break
		}
	}
	return err
}

// archived uploads, once, the sheet that the older loads rest on.
func (p *past) archived(ctx context.Context, h haul) (string, error) {
	p.sheet.Lock()
	defer p.sheet.Unlock()
	if p.archive != "" {
		return p.archive, nil
	}
	v := h.signed()
	v.Ref = "ARCHIVE"
	_, b, err := podPDF(p.cfg.Seed, "archive", v)
	if err != nil {
		return "", err
	}
	p.archive, err = p.c.paper(ctx, "", "other", "", "archive-of-delivery-receipts.pdf", b)
	return p.archive, err
}

// settle pays the past's open invoices whose terms have run out, some short,
// one in thirty not at all; a payment covers up to ten of a customer's invoices.
func (p *past) settle(ctx context.Context) error {
	type share struct {
		Invoice string      `json:"invoice_id"`
		Amount  money.Cents `json:"amount"`
		Short   money.Cents `json:"short,omitempty"`
		Reason  string      `json:"reason,omitempty"`
	}
	terms := map[string]int{}
	for _, x := range p.v.payers {
		terms[x.ID] = x.Terms
	}
	invoices, err := all[wireInvoice](ctx, p.c, "/v1/invoices", nil, 2*p.cfg.HistoryLoads+1000)
	if err != nil {
		return err
	}
	owed := map[string][]share{}
	for _, v := range invoices {
		i, ok := pastIndex(v.Ref)
		if !ok || v.Open <= 0 || v.Kind != "invoice" || i%30 == 7 || deliveredAt(p.now, i, p.cfg.HistoryLoads).AddDate(0, 0, terms[v.CustomerID]).After(p.now) {
			continue
		}
		s := share{Invoice: v.ID, Amount: v.Open}
		if i%60 == 11 && v.Open > 20_000 {
			s.Amount, s.Short, s.Reason = v.Open-10_000, 10_000, "late delivery fee"
		}
		owed[v.CustomerID] = append(owed[v.CustomerID], s)
	}
	for customer, shares := range owed {
		for len(shares) > 0 {
			n := min(10, len(shares))
			var sum money.Cents
			for _, s := range shares[:n] {
				sum += s.Amount
			}
			p.beat(ctx)
			err := p.c.post(ctx, "/v1/payments", "", map[string]any{"customer_id": customer, "received_on": p.now.Format(time.DateOnly), "amount": sum,
				"method": "ach", "reference": "ACH " + shares[0].Invoice[len(shares[0].Invoice)-6:], "shares": shares[:n]}, nil)
			if err != nil {
				return err
			}
			shares = shares[n:]
		}
	}
	return nil
}
