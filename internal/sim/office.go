package sim

import (
	"bytes"
	"context"
	"slices"
	"time"
)

// How much work the demo keeps on the board.
const (
	keepBooked  = 9  // below it, brokers book directly
	keepFree    = 5  // booked loads that always wait for a person
	keepRolling = 26 // above it, no load is assigned by the demo
	keepDrafts  = 10 // above it, no more rate confirmations come
	keepPapers  = 6  // receipts and invoices a person may let lie
)

func (w *living) in(d time.Duration, spread int) time.Time {
	return w.cfg.Clock.Now().Add(d + time.Duration(w.r.Intn(spread))*time.Second)
}

// papers sends the receipts of delivered loads a while after they were signed;
// one in five is forgotten by its driver.
func (w *living) papers(ctx context.Context, now time.Time) {
	for _, l := range w.lists["delivered"] {
		due, known := w.pod[l.ID]
		if !known {
			w.pod[l.ID] = now.Add(time.Duration(45+w.r.Intn(120)) * time.Second)
			continue
		}
		if due.IsZero() || now.Before(due) || lot(l.ID, 5) == 0 {
			continue
		}
		w.pod[l.ID] = time.Time{}
		if err := w.sendPOD(ctx, l.ID); err != nil {
			w.warn(ctx, "a proof of delivery did not arrive", err)
		}
		return // one a tick is enough
	}
}

func (w *living) sendPOD(ctx context.Context, id string) error {
	l, err := w.c.load(ctx, id)
	if err != nil || l.State != "delivered" || len(l.Stops) < 2 {
		return err
	}
	v := l.signed(w.cfg.Clock.Now())
	make := podPDF
	if lot(id, 3) == 1 {
		make = podPhoto
	}
	name, b, err := make(w.cfg.Seed, l.Number, v)
	if err != nil {
		return err
	}
	_, err = w.c.paper(ctx, "", "proof_of_delivery", id, name, bytes.Clone(b))
	return err
}

// signed is what the receiver of a load signed; now stands where the time is not known.
func (l wireLoad) signed(now time.Time) receipt {
	v := receipt{From: l.Stops[0], To: l.Stops[len(l.Stops)-1], Ref: l.Ref, Commodity: l.Commodity, At: now, Receiver: signer(l.Number)}
	if t := v.To.CompletedAt; t != nil {
		v.At = *t
	}
	if l.Pieces != nil {
		v.Pieces = *l.Pieces
	}
	if l.WeightLb != nil {
		v.WeightLb = *l.WeightLb
	}
	return v
}

// office does what comes in by mail and telephone: at most one thing a tick.
func (w *living) office(ctx context.Context, now time.Time) {
	var err error
	switch {
	case w.lists == nil || ctx.Err() != nil:
	case !now.Before(w.paper):
		w.paper = w.in(60*time.Second, 60)
		if len(w.lists["draft"]) < keepDrafts {
			err = w.offer(ctx, now)
		}
	case !now.Before(w.book):
		w.book = w.in(25*time.Second, 20)
		if len(w.lists["booked"]) < keepBooked {
			err = w.bookOne(ctx, now)
		}
	case !now.Before(w.assign):
		w.assign = w.in(20*time.Second, 20)
		if len(w.jobs) < keepRolling {
			err = w.assignOne(ctx)
		}
	case !now.Before(w.tidy):
		w.tidy = w.in(30*time.Second, 30)
		err = w.tidyOne(ctx)
	}
	if err != nil && !is(err, 409, 404) {
		w.warn(ctx, "the demo's office", err)
	}
}

// offer lets a broker mail a rate confirmation. Its number follows from the
// minute, so two starts within one send the same paper.
func (w *living) offer(ctx context.Context, now time.Time) error {
	n := now.Unix() / 60 % 1_000_000
	name, b, err := confirmation(w.cfg.Seed, 1000+n, pick(w.r, w.v.payers).broker, now)
	if err != nil {
		return err
	}
	_, err = w.c.paper(ctx, "", "", "", name, b)
	return err
}

func (w *living) bookOne(ctx context.Context, now time.Time) error {
	p := pick(w.r, w.v.payers)
	n := liveBase + len(phases) + int(now.Unix()/10%int64(9_900-len(phases)))
	h := plan(w.r, equipmentOf(w.r.Intn(11)), p.ID, ref(p.Code, n), now.Add(time.Duration(4+w.r.Intn(20))*time.Hour))
	_, err := w.c.book(ctx, "", h.Load)
	return err
}

// assignOne dispatches a free truck to a booked load, and leaves some loads to people.
func (w *living) assignOne(ctx context.Context) error {
	var free []wireLoad
	for _, l := range w.lists["booked"] {
		if l.TruckID == "" {
			free = append(free, l)
		}
	}
	if len(free) <= keepFree {
		return nil
	}
	busy := map[string]bool{}
	for _, j := range w.jobs {
		busy[j.TruckID] = true
	}
	for _, l := range slices.Backward(free) { // oldest first
		if lot(l.ID, 4) == 0 && len(free) < 2*keepFree {
			continue
		}
		var out items[struct {
			Truck    string `json:"truck_id"`
			Trailer  string `json:"trailer_id"`
			Driver   string `json:"driver_id"`
			Possible bool   `json:"possible"`
		}]
		if err := w.c.get(ctx, "/v1/loads/"+l.ID+"/suggestions", &out); err != nil {
			return err
		}
		for _, s := range out.Items {
			if s.Possible && !busy[s.Truck] {
				return w.c.assign(ctx, "", l.ID, s.Truck, "", "", true)
			}
		}
	}
	return nil
}

// tidyOne accepts the oldest receipt or bills the oldest load when people let them pile up.
func (w *living) tidyOne(ctx context.Context) error {
	if ls := w.lists["pod_received"]; len(ls) > keepPapers {
		id := ls[len(ls)-1].ID
		var out items[struct {
			Doc   string `json:"document_id"`
			Clean bool   `json:"clean"`
		}]
		if err := w.c.get(ctx, "/v1/loads/"+id+"/pod", &out); err != nil || len(out.Items) == 0 {
			return err
		}
		return w.c.acceptPOD(ctx, "", id, out.Items[0].Doc)
	}
	// Only what the demo booked itself; a person's own load is the person's to bill.
	for _, l := range slices.Backward(w.lists["ready_to_bill"]) {
		if len(w.lists["ready_to_bill"]) <= keepPapers {
			continue
		}
		_, err := w.c.invoice(ctx, "", l.ID)
		return err
	}
	return nil
}
