package loads

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"truckflow/internal/documents/extract"
	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/loads/internal/loadsdb"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/platform/pg"
)

// Paper is a document as the drafting and the delivery check need it.
type Paper struct {
	ID      ids.ID
	Kind    string
	LoadID  ids.ID
	Reading *extract.Reading // nil when it was not read
	Thread  []Kin            // the loads of the mail thread it came in; nil when it came otherwise
	Lading  *extract.Reading // of the load's bill of lading, for a proof of delivery; nil without one
}

// HearPaper takes up a document that was just read: a rate confirmation becomes
// a draft, a proof of delivery is checked against its load. It is the subscriber
// of documents.Read and may run twice for one document.
func (s *Service) HearPaper(ctx context.Context, p Paper, attach func(ctx context.Context, doc, load ids.ID) error) error {
	if p.Reading == nil {
		return nil
	}
	if p.Kind == extract.RateConfirmation && p.LoadID.IsZero() {
		if k, f, err := s.revises(ctx, p); err != nil {
			return err
		} else if f != nil {
			return s.hearRevised(ctx, p, k, *f, attach)
		}
		return s.draftFrom(ctx, p, attach)
	}
	if p.LoadID.IsZero() {
		load, err := s.guessLoad(ctx, p.Reading)
		if err == nil && load.IsZero() && len(p.Thread) == 1 && !p.Thread[0].Stranger {
			load = p.Thread[0].Load
		}
		if err != nil || load.IsZero() {
			return err
		}
		if err := attach(ctx, p.ID, load); err != nil {
			return err
		}
		p.LoadID = load
	}
	if p.Kind == extract.ProofOfDelivery {
		return s.CheckDelivery(ctx, p)
	}
	return nil
}

func (s *Service) draftFrom(ctx context.Context, p Paper, attach func(ctx context.Context, doc, load ids.ID) error) error {
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		if _, err := loadsdb.New(tx).LoadByDocument(ctx, p.ID); err == nil {
			return nil // drafted by an earlier attempt
		} else if !pg.IsNoRows(err) {
			return err
		}
		in := FromReading(p.Reading)
		in.DocumentID = p.ID
		if err := s.matchPayer(ctx, &in, p.Reading); err != nil {
			return err
		}
		if err := s.sameNumber(ctx, loadsdb.New(tx), &in, ids.ID{}); err != nil {
			return err
		}
		f, err := s.Draft(ctx, in)
		if err != nil {
			return err
		}
		return attach(ctx, p.ID, f.ID)
	})
}

func (s *Service) matchPayer(ctx context.Context, in *Input, r *extract.Reading) error {
	id, by, err := s.Payers.Match(ctx, val(r.Broker.Name), val(r.Broker.USDOT), val(r.Broker.MC))
	if err != nil {
		return err
	}
	in.CustomerID = id
	switch {
	case id.IsZero():
		in.Flags = append(in.Flags, Flag{"customer_id", "this broker is not among the customers yet", "check"})
	case by == "name":
		in.Flags = append(in.Flags, Flag{"customer_id", "matched by name alone; the paper shows no USDOT or MC number we know", "note"})
	}
	return nil
}

// sameNumber flags a broker's load number that another load carries: the same
// broker's is most likely the same load, another broker's is chance.
func (s *Service) sameNumber(ctx context.Context, q *loadsdb.Queries, in *Input, self ids.ID) error {
	if in.CustomerRef == "" {
		return nil
	}
	rows, err := q.SameRef(ctx, loadsdb.SameRefParams{CustomerRef: in.CustomerRef, ID: self})
	for _, r := range rows {
		if ids.Of(r.CustomerID) == in.CustomerID {
			in.Flags = append(in.Flags, Flag{"load_number", fmt.Sprintf("load %s of this customer has the same number: the same load twice?", r.Number), "check"})
		} else {
			in.Flags = append(in.Flags, Flag{"load_number", fmt.Sprintf("another broker's load %s has the same number", r.Number), "note"})
		}
	}
	return err
}

// plausible adds a flag when the rate over the miles is outside wide bounds
// ($0.80 to $12.00 a mile): somebody should look.
func plausible(f *Full) error {
	if f.Miles == nil || *f.Miles < 50 || f.TotalCents <= 0 {
		return nil
	}
	rate := f.TotalCents.PerMile(*f.Miles)
	if rate >= 8_000 && rate <= 120_000 {
		return nil
	}
	b, err := json.Marshal(append(Flags(f.Load), Flag{"total_rate", fmt.Sprintf("$%d.%02d a mile over %d miles is unusual", rate/10_000, rate/100%100, *f.Miles), "check"}))
	f.Flags = b
	return err
}

// guessLoad finds the one load that a paper's numbers name; zero when none or several.
func (s *Service) guessLoad(ctx context.Context, r *extract.Reading) (id ids.ID, err error) {
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := loadsdb.New(tx)
		found := map[ids.ID]bool{}
		for _, n := range []string{val(r.LoadNumber), val(r.BOLNumber), val(r.PRONumber)} {
			if len(n) < 4 {
				continue
			}
			hit, err := q.SearchWord(ctx, loadsdb.SearchWordParams{Word: strings.ToLower(n), Before: newest, Rows: 3})
			if err != nil {
				return err
			}
			for _, h := range hit {
				found[h] = true
			}
		}
		if len(found) == 1 {
			for h := range found {
				id = h
			}
		}
		return nil
	})
	return id, err
}

func val(l extract.Str) string {
	if l == nil {
		return ""
	}
	return strings.TrimSpace(l.Value)
}

func num(l extract.Int) *int {
	if l == nil {
		return nil
	}
	return &l.Value
}

// FromReading turns what was read into what a person would have typed. Values
// that do not parse are left out and flagged, never guessed.
func FromReading(r *extract.Reading) Input {
	in := Input{CustomerRef: val(r.LoadNumber), Equipment: val(r.Equipment), TrailerLengthFt: num(r.TrailerLengthFt), TemperatureMinF: num(r.TemperatureMinF),
		TemperatureMaxF: num(r.TemperatureMaxF), Commodity: val(r.Commodity), WeightLb: num(r.WeightLb), Pieces: num(r.Pieces), Miles: num(r.Miles),
		Currency: val(r.Currency), Source: "document"}
	for _, f := range r.Flags {
		in.Flags = append(in.Flags, Flag{f.Field, f.Reason, f.Severity})
	}
	for i, s := range r.Stops {
		st := StopInput{Kind: val(s.Type), Name: val(s.Name), Address: val(s.Address), City: val(s.City), State: val(s.State), ZIP: val(s.ZIP),
			TimeZone: val(s.TimeZone), Appointment: val(s.Appointment), From: val(s.WindowStart), To: val(s.WindowEnd), Contact: val(s.Contact),
			Phone: val(s.Phone), Notes: val(s.Notes)}
		if st.Kind == "" {
			st.Kind = "delivery"
			in.Flags = append(in.Flags, Flag{fmt.Sprintf("stops[%d].type", i), "the paper does not say whether this is a pickup or a delivery", "check"})
		}
		for _, ref := range s.References {
			if v := val(ref); v != "" {
				st.Refs = append(st.Refs, Ref{ref.Kind, v})
			}
		}
		in.Stops = append(in.Stops, st)
	}
	in.Charges = charges(r, &in.Flags)
	in.Terms = terms(r.Terms)
	return in
}

func charges(r *extract.Reading, flags *[]Flag) (out []ChargeInput) {
	var sum money.Cents
	for i, li := range r.LineItems {
		c, err := money.Parse(val(li.Amount))
		if err != nil {
			*flags = append(*flags, Flag{fmt.Sprintf("line_items[%d].amount", i), "this amount could not be read", "check"})
			continue
		}
		kind := val(li.Kind)
		if kind == "" {
			kind = "other"
		}
		out = append(out, ChargeInput{kind, val(li.Description), c})
		sum += c
	}
	total, err := money.Parse(val(r.TotalRate))
	switch {
	case r.TotalRate == nil:
	case err != nil:
		*flags = append(*flags, Flag{"total_rate", "the total could not be read", "check"})
	case len(out) == 0:
		out = append(out, ChargeInput{"linehaul", "Line haul", total})
	case sum != total:
		*flags = append(*flags, Flag{"total_rate", fmt.Sprintf("the lines add up to %s, the paper's total is %s", sum.Dollars(), total.Dollars()), "check"})
	}
	return out
}

// terms keeps the bare values of the terms that were read.
func terms(t extract.Terms) json.RawMessage {
	m := map[string]any{}
	str := map[string]extract.Str{"quick_pay_percent": t.QuickPayPercent, "detention_rate_per_hour": t.DetentionRatePerHour, "detention_daily_cap": t.DetentionDailyCap,
		"layover_per_day": t.LayoverPerDay, "tonu": t.TONU, "stop_off": t.StopOff, "lumper": t.Lumper, "late_fee": t.LateFee}
	for k, l := range str {
		if l != nil {
			m[k] = l.Value
		}
	}
	for k, l := range map[string]extract.Int{"payment_days": t.PaymentDays, "quick_pay_days": t.QuickPayDays, "detention_free_minutes": t.DetentionFreeMinutes} {
		if l != nil {
			m[k] = l.Value
		}
	}
	if t.TrackingRequired != nil {
		m["tracking_required"] = t.TrackingRequired.Value
	}
	b, err := json.Marshal(m)
	if err != nil {
		return json.RawMessage("{}")
	}
	return b
}

// Finding is one line of the comparison of a proof of delivery with its load.
type Finding struct {
	What     string `json:"what"`
	Expected string `json:"expected"`
	Found    string `json:"found"`
	OK       bool   `json:"ok"`
}

// PODCheck is a stored comparison.
type PODCheck = loadsdb.PodCheck

// Findings returns the lines of a stored comparison.
func Findings(c PODCheck) []Finding {
	var fs []Finding
	_ = json.Unmarshal(c.Result, &fs)
	return fs
}

// CheckDelivery compares a proof of delivery with its load and moves a delivered
// load on to POD received. A person accepts it; a clean one still needs that click.
func (s *Service) CheckDelivery(ctx context.Context, p Paper) error {
	if _, err := identity.Require(ctx, identity.AddDocuments); err != nil {
		return err
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := loadsdb.New(tx)
		f, err := lock(ctx, tx, p.LoadID)
		if err != nil {
			return err
		}
		fs := compare(f, p.Reading, p.Lading)
		clean := true
		for _, x := range fs {
			clean = clean && x.OK
		}
		b, err := json.Marshal(fs)
		if err != nil {
			return err
		}
		if err := q.UpsertPODCheck(ctx, loadsdb.UpsertPODCheckParams{LoadID: f.ID, DocumentID: p.ID, Result: b, Clean: clean, CreatedAt: s.Clock.Now()}); err != nil {
			return err
		}
		if lifecycle.State(f.State) != lifecycle.Delivered {
			return nil
		}
		_, err = s.Do(ctx, f.ID, Step{Verb: lifecycle.ReceivePOD})
		return err
	})
}

// AcceptPOD lets a load go to billing on the strength of a document; needs
// AcceptPOD. Where the paper differs from the load, reason says how that was
// settled, and without it the load stays. A delivered load whose paper could not
// be read may be accepted by eye.
func (s *Service) AcceptPOD(ctx context.Context, id, doc ids.ID, reason string) (f Full, err error) {
	a, err := identity.Require(ctx, identity.AcceptPOD)
	if err != nil {
		return f, err
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := loadsdb.New(tx)
		if f, err = lock(ctx, tx, id); err != nil {
			return err
		}
		if lifecycle.State(f.State) == lifecycle.Delivered {
			b, _ := json.Marshal([]Finding{{"read by", "the program", "accepted by eye", true}})
			if err := q.UpsertPODCheck(ctx, loadsdb.UpsertPODCheckParams{LoadID: id, DocumentID: doc, Result: b, CreatedAt: s.Clock.Now()}); err != nil {
				return err
			}
			if _, err := s.Do(ctx, id, Step{Verb: lifecycle.ReceivePOD}); err != nil {
				return err
			}
		}
		if reason, err = settled(ctx, q, id, doc, reason); err != nil {
			return err
		}
		if err := q.AcceptPOD(ctx, loadsdb.AcceptPODParams{LoadID: id, DocumentID: doc, By: a.Name, At: s.Clock.Now()}); err != nil {
			return err
		}
		f, err = s.Do(ctx, id, Step{Verb: lifecycle.AcceptPOD, Reason: reason})
		return err
	})
	return f, err
}

// RejectPOD sends the load back to wait for a better paper; needs AcceptPOD.
func (s *Service) RejectPOD(ctx context.Context, id, doc ids.ID, why string) (f Full, err error) {
	if strings.TrimSpace(why) == "" {
		return f, errs.Invalid("say why").Field("reason", "required")
	}
	return s.Do(ctx, id, Step{Verb: lifecycle.RejectPOD, Reason: why})
}

// HoldsPaper reports whether a document must be kept: a load that it hangs on,
// was drafted from or was delivered by is unbilled, or its invoice is not
// settled. Inside a transaction the answer holds until its end.
func (s *Service) HoldsPaper(ctx context.Context, document, load ids.ID) (held bool, err error) {
	if _, err := identity.Require(ctx, identity.SeeLoads); err != nil {
		return true, err
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		states, err := loadsdb.New(tx).StatesOfPaper(ctx, loadsdb.StatesOfPaperParams{LoadID: load, DocumentID: document})
		for _, st := range states {
			switch lifecycle.State(st) {
			case lifecycle.Paid, lifecycle.Closed, lifecycle.Cancelled:
			default:
				held = true
			}
		}
		return err
	})
	return held, err
}

// HearFilled takes what a language model added to a paper into the draft that
// was made of it, unless a person has touched the draft: their word counts, and
// the review page shows the paper's flags beside it. It may run twice.
func (s *Service) HearFilled(ctx context.Context, p Paper) error {
	if p.Reading == nil {
		return nil
	}
	var l Load
	err := s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) (err error) {
		l, err = loadsdb.New(tx).LoadByDocument(ctx, p.ID)
		return err
	})
	if pg.IsNoRows(err) && !p.LoadID.IsZero() {
		return nil // somebody brought it for a load of theirs
	} else if pg.IsNoRows(err) {
		return errs.Unavailable("the paper %s is not yet drafted", p.ID) // its news is under way: tried again
	}
	if err != nil || lifecycle.State(l.State) != lifecycle.Draft || l.Version != 1 {
		return err
	}
	err = s.redraft(ctx, p, l.ID, l.Version)
	if errs.Is(err, errs.KindConflict) {
		return nil // a person was quicker
	}
	return err
}

// redraft writes a paper's reading over a draft, at the version it was looked at.
func (s *Service) redraft(ctx context.Context, p Paper, load ids.ID, version int) error {
	in := FromReading(p.Reading)
	in.DocumentID = p.ID
	if err := s.matchPayer(ctx, &in, p.Reading); err != nil {
		return err
	}
	err := s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error { return s.sameNumber(ctx, loadsdb.New(tx), &in, load) })
	if err != nil {
		return err
	}
	_, err = s.Edit(ctx, load, version, in)
	return err
}
