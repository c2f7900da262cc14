package loads

import (
	"context"
	"fmt"
	"strings"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/loads/internal/loadsdb"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/platform/pg"
)

// permission is who may do a verb; what is not listed needs EditLoads.
var permission = map[lifecycle.Verb]identity.Permission{
	lifecycle.Dispatch: identity.DispatchLoads, lifecycle.Recall: identity.DispatchLoads, lifecycle.Arrive: identity.DispatchLoads,
	lifecycle.Load: identity.DispatchLoads, lifecycle.Unload: identity.DispatchLoads, lifecycle.Depart: identity.DispatchLoads,
	lifecycle.Deliver: identity.DispatchLoads, lifecycle.ReceivePOD: identity.AddDocuments, lifecycle.AcceptPOD: identity.AcceptPOD,
	lifecycle.RejectPOD: identity.AcceptPOD, lifecycle.Bill: identity.Bill, lifecycle.Credit: identity.Bill, lifecycle.Release: identity.Bill,
	lifecycle.Settle: identity.TakePayment, lifecycle.Reopen: identity.TakePayment, lifecycle.Close: identity.TakePayment,
}

// byHand are the verbs a person presses; the others follow from papers and money.
var byHand = map[lifecycle.Verb]bool{lifecycle.Tender: true, lifecycle.Book: true, lifecycle.Dispatch: true, lifecycle.Recall: true, lifecycle.Arrive: true,
	lifecycle.Load: true, lifecycle.Unload: true, lifecycle.Depart: true, lifecycle.Deliver: true, lifecycle.Release: true, lifecycle.Cancel: true,
	lifecycle.NotUsed: true, lifecycle.Hold: true, lifecycle.OpenClaim: true, lifecycle.Resume: true}

// needsReason are the verbs that must say why.
var needsReason = map[lifecycle.Verb]bool{lifecycle.Cancel: true, lifecycle.NotUsed: true, lifecycle.Hold: true, lifecycle.OpenClaim: true}

// ByHand reports whether a person may ask for v directly.
func ByHand(v lifecycle.Verb) bool { return byHand[v] }

// Steps lists what the person in ctx may do to f next.
func Steps(ctx context.Context, f Full) []lifecycle.Verb {
	var out []lifecycle.Verb
	for _, v := range lifecycle.Legal(lifecycle.State(f.State), f.Facts()) {
		p, ok := permission[v]
		if !ok {
			p = identity.EditLoads
		}
		if byHand[v] && identity.Can(ctx, p) {
			out = append(out, v)
		}
	}
	return out
}

// Step is one verb done to a load.
type Step struct {
	Verb    lifecycle.Verb
	At      time.Time // when it happened; zero: now. Never in the future.
	Reason  string    // required to cancel, hold, claim and TONU; to book against a Barrier
	Version int       // the version the caller saw; 0: any (a phone, an API client that only reports)
}

// Do carries out a step; illegal ones are errs.KindConflict in words.
func (s *Service) Do(ctx context.Context, id ids.ID, st Step) (f Full, err error) {
	p, ok := permission[st.Verb]
	if !ok {
		p = identity.EditLoads
	}
	if _, err := identity.Require(ctx, p); err != nil {
		return f, err
	}
	if needsReason[st.Verb] && strings.TrimSpace(st.Reason) == "" {
		return f, errs.Invalid("say why").Field("reason", "required")
	}
	now := s.Clock.Now()
	if st.At.IsZero() {
		st.At = now
	}
	if st.At.After(now.Add(5 * time.Minute)) {
		return f, errs.Invalid("that time is in the future").Field("at", "not later than now")
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := loadsdb.New(tx)
		if f, err = lock(ctx, tx, id); err != nil {
			return err
		}
		from := lifecycle.State(f.State)
		to, err := lifecycle.Next(from, st.Verb, f.Facts())
		if err != nil {
			return errs.Conflict("load %s %s", f.Number, err)
		}
		if st.Version != 0 && st.Version != f.Version {
			return errs.Conflict("somebody changed load %s meanwhile; look again and repeat your change", f.Number)
		}
		if st.Verb == lifecycle.Book {
			in := f.Input()
			if err := in.validate(false); err != nil {
				return err
			}
			payer, err := s.Payers.Payer(ctx, in.CustomerID)
			if err != nil {
				return err
			}
			b, err := s.barrier(ctx, payer, in.CustomerID, f.TotalCents, f.ID)
			if err != nil {
				return err
			}
			if st.Reason, err = b.pass(ctx, st.Reason); err != nil {
				return err
			}
			if f.Source == "document" {
				if err := s.learn(ctx, q, &f); err != nil {
					return err
				}
			}
		}
		if st.Verb == lifecycle.Book && f.Source == "document" && f.DocumentID != nil {
			if err := s.Jobs.Emit(ctx, tx, Confirmed{f.ID, *f.DocumentID}); err != nil {
				return err
			}
		}
		stop := f.NextStop
		if err := apply(&f, st, from, to); err != nil {
			return err
		}
		if err := s.save(ctx, q, &f); err != nil {
			return err
		}
		for _, x := range f.Stops {
			if x.Seq == stop {
				if err := loadsdb.New(tx.Later()).MarkStop(ctx, loadsdb.MarkStopParams{LoadID: id, Seq: stop, ArrivedAt: x.ArrivedAt, CompletedAt: x.CompletedAt, DepartedAt: x.DepartedAt}); err != nil {
					return err
				}
			}
		}
		if !atStop(st.Verb) {
			stop = 0
		}
		return s.record(ctx, tx, f.Load, change{verb: string(st.Verb), from: from, to: to, at: st.At, stop: stop, text: st.Reason})
	})
	return f, err
}

func atStop(v lifecycle.Verb) bool {
	switch v {
	case lifecycle.Arrive, lifecycle.Load, lifecycle.Unload, lifecycle.Depart, lifecycle.Deliver:
		return true
	}
	return false
}

// apply changes f as the step says.
func apply(f *Full, st Step, from, to lifecycle.State) error {
	f.State = string(to)
	var here *Stop
	for i := range f.Stops {
		if f.Stops[i].Seq == f.NextStop {
			here = &f.Stops[i]
		}
	}
	if atStop(st.Verb) && here == nil {
		return errs.Conflict("load %s has no stop to be at", f.Number)
	}
	at := st.At
	switch st.Verb {
	case lifecycle.Book:
		f.BookedAt = &at
		f.Flags = []byte("[]")
	case lifecycle.Dispatch:
		f.DispatchedAt = &at
	case lifecycle.Recall:
		f.DispatchedAt = nil
	case lifecycle.Arrive:
		if here.Seq > 1 {
			if prev := f.Stops[here.Seq-2].DepartedAt; prev != nil && at.Before(*prev) {
				return errs.Invalid("it cannot arrive before it left the stop before").Field("at", "too early")
			}
		}
		here.ArrivedAt = &at
	case lifecycle.Load, lifecycle.Unload, lifecycle.Deliver:
		if here.ArrivedAt != nil && at.Before(*here.ArrivedAt) {
			return errs.Invalid("that is before it arrived").Field("at", "too early")
		}
		here.CompletedAt = &at
		if st.Verb == lifecycle.Deliver {
			here.DepartedAt, f.DeliveredAt = &at, &at
		}
	case lifecycle.Depart:
		if here.CompletedAt != nil && at.Before(*here.CompletedAt) {
			return errs.Invalid("that is before it was finished there").Field("at", "too early")
		}
		here.DepartedAt = &at
		if f.NextStop < len(f.Stops) {
			f.NextStop++
		}
	case lifecycle.Hold, lifecycle.OpenClaim:
		f.ResumeState = string(from)
	case lifecycle.Resume:
		f.ResumeState = ""
	}
	return nil
}

// save writes f over the version it was read at and raises the version.
func (s *Service) save(ctx context.Context, q *loadsdb.Queries, f *Full) error {
	n, err := q.UpdateLoad(ctx, updateParams(f.Load, s.Clock.Now()))
	if err == nil && n == 0 {
		err = errs.Conflict("somebody changed load %s meanwhile; look again and repeat your change", f.Number)
	}
	f.Version++
	return err
}

// lock reads a load for changing it.
func lock(ctx context.Context, tx *pg.Tx, id ids.ID) (Full, error) {
	w, err := loadsdb.LockWhole(ctx, tx, id)
	return full(w, err)
}

func full(w loadsdb.Whole, err error) (Full, error) {
	if pg.IsNoRows(err) {
		err = errs.NotFound("there is no such load").Wrap(err)
	}
	return Full{w.Load, w.Stops, w.Charges}, err
}

// Get returns a load; needs SeeLoads.
func (s *Service) Get(ctx context.Context, id ids.ID) (f Full, err error) {
	if _, err := identity.Require(ctx, identity.SeeLoads); err != nil {
		return f, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		w, err := loadsdb.ReadWhole(ctx, tx, id)
		f, err = full(w, err)
		return err
	})
	return f, err
}

// Story is a load with everything that happened to it.
type Story struct {
	Full
	Events []Event    // oldest first
	Checks []PODCheck // of its proofs of delivery, newest first
}

// Story returns a load and its history; needs SeeLoads.
func (s *Service) Story(ctx context.Context, id ids.ID) (st Story, err error) {
	if _, err := identity.Require(ctx, identity.SeeLoads); err != nil {
		return st, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		w, err := loadsdb.ReadStory(ctx, tx, id)
		st.Full, err = full(w, err)
		st.Events, st.Checks = w.Events, w.Checks
		return err
	})
	return st, err
}

// Edit replaces what a load says, over the version the caller saw; needs
// EditLoads, or Bill when only charges change after delivery. Not once billed.
func (s *Service) Edit(ctx context.Context, id ids.ID, version int, in Input) (f Full, err error) {
	if _, err := identity.Require(ctx, identity.EditLoads); err != nil {
		return f, err
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := loadsdb.New(tx)
		if f, err = lock(ctx, tx, id); err != nil {
			return err
		}
		if f.Version != version {
			return errs.Conflict("somebody changed load %s meanwhile; look again and repeat your change", f.Number)
		}
		st := lifecycle.State(f.State)
		if !st.Editable() {
			return errs.Conflict("load %s is %s and is not edited any more; reverse the invoice first", f.Number, st.Words())
		}
		if err := s.settle(ctx, &in); err != nil {
			return err
		}
		if err := in.validate(st == lifecycle.Draft || st == lifecycle.Tendered); err != nil {
			return err
		}
		if st != lifecycle.Draft && st != lifecycle.Tendered && f.NextStop > 1 && len(in.Stops) != len(f.Stops) {
			return errs.Conflict("load %s is under way; its number of stops stays", f.Number)
		}
		before := f.TotalCents
		was := ids.Of(f.CustomerID)
		payer, err := s.fill(ctx, &f, in)
		if err != nil {
			return err
		}
		why := ""
		if st != lifecycle.Draft && st != lifecycle.Tendered && in.CustomerID != was {
			b, err := s.barrier(ctx, payer, in.CustomerID, f.TotalCents, id)
			if err == nil {
				why, err = b.pass(ctx, in.Override)
			}
			if err != nil {
				return err
			}
		}
		later := loadsdb.New(tx.Later())
		if err := later.DeleteStops(ctx, id); err != nil {
			return err
		}
		if err := later.DeleteCharges(ctx, id); err != nil {
			return err
		}
		if err := later.DeleteWords(ctx, id); err != nil {
			return err
		}
		if err := writeParts(ctx, tx, f, payer.Name); err != nil {
			return err
		}
		if err := s.save(ctx, q, &f); err != nil {
			return err
		}
		text := why
		if before != f.TotalCents {
			text = strings.TrimSpace(fmt.Sprintf("rate %s → %s ", before.Dollars(), f.TotalCents.Dollars()) + why)
		}
		return s.record(ctx, tx, f.Load, change{verb: "edit", from: st, to: st, at: s.Clock.Now(), text: text})
	})
	return f, err
}

// Crew is who hauls a load and with what.
type Crew struct {
	TruckID, TrailerID, DriverID, CoDriverID ids.ID
	Words                                    string // for the history: "truck 12, R. Diaz, trailer 5307"
}

// Assign puts a crew on a booked or dispatched load; a zero Crew takes it off. Needs DispatchLoads.
func (s *Service) Assign(ctx context.Context, id ids.ID, version int, c Crew) (f Full, err error) {
	if _, err := identity.Require(ctx, identity.DispatchLoads); err != nil {
		return f, err
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := loadsdb.New(tx)
		if f, err = lock(ctx, tx, id); err != nil {
			return err
		}
		if version != 0 && f.Version != version {
			return errs.Conflict("somebody changed load %s meanwhile; look again and repeat your change", f.Number)
		}
		st := lifecycle.State(f.State)
		if !st.Active() || st == lifecycle.Delivered || st == lifecycle.PODReceived || st == lifecycle.ReadyToBill {
			return errs.Conflict("load %s is %s; its truck does not change any more", f.Number, st.Words())
		}
		if c == (Crew{}) && st != lifecycle.Booked {
			return errs.Conflict("load %s is %s; recall it first", f.Number, st.Words())
		}
		f.TruckID, f.TrailerID, f.DriverID, f.CoDriverID = c.TruckID.Ptr(), c.TrailerID.Ptr(), c.DriverID.Ptr(), c.CoDriverID.Ptr()
		if err := s.save(ctx, q, &f); err != nil {
			return err
		}
		verb := "assign"
		if c.TruckID.IsZero() {
			verb = "unassign"
		}
		return s.record(ctx, tx, f.Load, change{verb: verb, from: st, to: st, at: s.Clock.Now(), text: c.Words})
	})
	return f, err
}

// AddNote writes a note into the history; needs EditLoads.
func (s *Service) AddNote(ctx context.Context, id ids.ID, text string) error {
	if _, err := identity.Require(ctx, identity.EditLoads); err != nil {
		return err
	}
	if text = strings.TrimSpace(text); text == "" || len(text) > 4000 {
		return errs.Invalid("a note has 1 to 4,000 characters").Field("text", "1 to 4,000 characters")
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		f, err := lock(ctx, tx, id)
		if err != nil {
			return err
		}
		st := lifecycle.State(f.State)
		return s.record(ctx, tx, f.Load, change{verb: "note", from: st, to: st, at: s.Clock.Now(), text: text})
	})
}

// Input returns what a stored load says, in the form it is edited in.
func (f Full) Input() Input {
	in := Input{CustomerID: ids.Of(f.CustomerID), CustomerRef: f.CustomerRef, Equipment: f.Equipment, TrailerLengthFt: f.TrailerLengthFt,
		TemperatureMinF: f.TemperatureMinF, TemperatureMaxF: f.TemperatureMaxF, Commodity: f.Commodity, WeightLb: f.WeightLb, Pieces: f.Pieces,
		Currency: f.Currency, Terms: f.Terms, Flags: Flags(f.Load), DocumentID: ids.Of(f.DocumentID), Source: f.Source}
	if !f.MilesEstimated {
		in.Miles = f.Miles
	}
	for _, s := range f.Stops {
		in.Stops = append(in.Stops, StopInput{Kind: s.Kind, FacilityID: ids.Of(s.FacilityID), Name: s.Name, Address: s.Address, City: s.City, State: s.State, ZIP: s.Zip,
			TimeZone: s.TimeZone, Appointment: s.Appointment, From: Wall(s.WindowStart, s.TimeZone, s.DateOnly), To: Wall(s.WindowEnd, s.TimeZone, s.DateOnly),
			Refs: Refs(s), Contact: s.Contact, Phone: s.Phone, Notes: s.Notes, Pieces: s.Pieces, WeightLb: s.WeightLb})
	}
	for _, c := range f.Charges {
		in.Charges = append(in.Charges, ChargeInput{Kind: c.Kind, Description: c.Description, Amount: c.AmountCents})
	}
	return in
}
