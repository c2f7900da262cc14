package loads

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads/internal/loadsdb"
	"truckflow/internal/loads/lifecycle"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/pg"
)

// Places finds stops on the map and the miles between them; routing is one.
type Places interface {
	Locate(ctx context.Context, address, city, state, zip string) (p geo.Point, zone string, precision string, err error)
	Miles(ctx context.Context, stops []geo.Point) (miles int, estimated bool, err error)
}

// Payer is what a load needs to know of a customer.
type Payer struct {
	Name        string
	Blocked     string      // why, when we do not haul for them
	CreditLimit money.Cents // 0: none
}

// Payers looks customers up; customers is one.
type Payers interface {
	Payer(ctx context.Context, id ids.ID) (Payer, error)
	// Owed is the sum of a customer's open invoices.
	Owed(ctx context.Context, id ids.ID) (money.Cents, error)
	// Match finds the customer a paper names; by is usdot, mc or name; zero when unknown.
	Match(ctx context.Context, name, usdot, mc string) (id ids.ID, by string, err error)
}

// Config is what New needs.
type Config struct {
	DB       *pg.DB
	Clock    clock.Clock
	Identity *identity.Service
	Jobs     *jobs.Runner
	Places   Places
	Payers   Payers
	Sites    Sites
	Changed  func(org, load ids.ID) // told after commit, for open pages; may be nil
}

// Service is the room's door.
type Service struct {
	Config
	mu      sync.Mutex
	numbers map[ids.ID]block
	tallies map[ids.ID]tally
	changes int // of loads, by this instance
}

type block struct{ next, end int64 }

// numberBlock is how many load numbers an instance reserves at once.
const numberBlock = 50

// New returns the room.
func New(c Config) *Service {
	return &Service{Config: c, numbers: map[ids.ID]block{}, tallies: map[ids.ID]tally{}}
}

// Full is a load with everything that hangs on it.
type Full struct {
	Load
	Stops   []Stop
	Charges []Charge
}

// Facts are what decides the next legal steps.
func (f Full) Facts() lifecycle.Facts { return facts(f.Load, f.Stops) }

// number returns a fresh load number.
func (s *Service) number(ctx context.Context) (string, error) {
	a, _ := tenant.From(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.numbers[a.Org]
	if b.next == b.end {
		// Outside the caller's transaction: a reserved block is not given back.
		err := s.DB.WithTx(tenant.System(context.WithoutCancel(pg.Detach(ctx)), a.Org), func(ctx context.Context, tx *pg.Tx) error {
			first, err := loadsdb.New(tx).ReserveNumbers(ctx, numberBlock)
			b = block{first, first + numberBlock}
			return err
		})
		if err != nil {
			return "", err
		}
	}
	n := b.next
	b.next++
	s.numbers[a.Org] = b
	return fmt.Sprintf("L-%d", n), nil
}

// Draft saves an unbooked load; needs EditLoads.
func (s *Service) Draft(ctx context.Context, in Input) (Full, error) {
	return s.create(ctx, in, lifecycle.Draft)
}

// Book saves a complete load as booked at once; needs EditLoads.
func (s *Service) Book(ctx context.Context, in Input) (Full, error) {
	return s.create(ctx, in, lifecycle.Booked)
}

func (s *Service) create(ctx context.Context, in Input, st lifecycle.State) (f Full, err error) {
	if _, err := identity.Require(ctx, identity.EditLoads); err != nil {
		return f, err
	}
	if err := s.settle(ctx, &in); err != nil {
		return f, err
	}
	if err := in.validate(st == lifecycle.Draft); err != nil {
		return f, err
	}
	number, err := s.number(ctx)
	if err != nil {
		return f, err
	}
	now := s.Clock.Now()
	f.Load = Load{ID: ids.New(), Number: number, State: string(st), Currency: money.USD, CreatedAt: now, Source: in.Source, Version: 1}
	if f.Source == "" {
		f.Source = "hand"
	}
	if st == lifecycle.Booked {
		f.BookedAt = &now
	}
	payer, err := s.fill(ctx, &f, in)
	if err != nil {
		return f, err
	}
	why := ""
	if st == lifecycle.Booked {
		b, err := s.barrier(ctx, payer, in.CustomerID, f.TotalCents, f.ID)
		if err == nil {
			why, err = b.pass(ctx, in.Override)
		}
		if err != nil {
			return f, err
		}
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		if err := insert(ctx, tx, f, payer.Name); err != nil {
			return err
		}
		verb := string(lifecycle.Book)
		if st == lifecycle.Draft {
			verb = "draft"
		}
		return s.record(ctx, tx, f.Load, change{verb: verb, to: st, at: now, text: why})
	})
	return f, err
}

// fill puts in into f and looks its payer up.
func (s *Service) fill(ctx context.Context, f *Full, in Input) (payer Payer, err error) {
	if !in.CustomerID.IsZero() {
		if payer, err = s.Payers.Payer(ctx, in.CustomerID); err != nil {
			return payer, err
		}
	}
	return payer, s.build(ctx, f, in)
}

// build puts in into f: stops located and zoned, miles, total, lane.
func (s *Service) build(ctx context.Context, f *Full, in Input) (err error) {
	l := &f.Load
	l.CustomerID, l.CustomerRef, l.Equipment = in.CustomerID.Ptr(), in.CustomerRef, in.Equipment
	l.TrailerLengthFt, l.TemperatureMinF, l.TemperatureMaxF = in.TrailerLengthFt, in.TemperatureMinF, in.TemperatureMaxF
	l.Commodity, l.WeightLb, l.Pieces = in.Commodity, in.WeightLb, in.Pieces
	if in.Currency != "" {
		l.Currency = in.Currency
	}
	if l.Terms = in.Terms; len(l.Terms) == 0 {
		l.Terms = json.RawMessage("{}")
	}
	if l.Flags, err = json.Marshal(append([]Flag{}, in.Flags...)); err != nil {
		return err
	}
	if !in.DocumentID.IsZero() {
		l.DocumentID = in.DocumentID.Ptr()
	}
	old := f.Stops
	f.Stops, f.Charges, l.TotalCents = nil, nil, 0
	for i, c := range in.Charges {
		f.Charges = append(f.Charges, Charge{LoadID: l.ID, Seq: i + 1, Kind: c.Kind, Description: c.Description, AmountCents: c.Amount})
		l.TotalCents += c.Amount
	}
	var points []geo.Point
	for i, si := range in.Stops {
		st, p, err := s.stop(ctx, l.ID, i+1, si)
		if err != nil {
			return err
		}
		if i < len(old) { // what happened at a stop stays
			st.ArrivedAt, st.CompletedAt, st.DepartedAt = old[i].ArrivedAt, old[i].CompletedAt, old[i].DepartedAt
		}
		f.Stops = append(f.Stops, st)
		points = append(points, p)
	}
	setLane(l, f.Stops)
	l.Miles, l.MilesEstimated = in.Miles, false
	if in.Miles == nil && len(points) > 1 && allKnown(points) {
		m, est, err := s.Places.Miles(ctx, points)
		if err != nil {
			return err
		}
		l.Miles, l.MilesEstimated = &m, est
	}
	if l.State == string(lifecycle.Draft) {
		return plausible(f)
	}
	return nil
}

func allKnown(ps []geo.Point) bool {
	for _, p := range ps {
		if p.IsZero() {
			return false
		}
	}
	return true
}

func (s *Service) stop(ctx context.Context, load ids.ID, seq int, in StopInput) (Stop, geo.Point, error) {
	st := Stop{LoadID: load, Seq: seq, Kind: in.Kind, FacilityID: in.FacilityID.Ptr(), Name: in.Name, Address: in.Address, City: in.City, State: in.State,
		Zip: in.ZIP, TimeZone: in.TimeZone, Appointment: in.Appointment, Contact: in.Contact, Phone: in.Phone, Notes: in.Notes, Pieces: in.Pieces, WeightLb: in.WeightLb}
	var p geo.Point
	if in.City != "" || in.ZIP != "" {
		at, zone, _, err := s.Places.Locate(ctx, in.Address, in.City, in.State, in.ZIP)
		if err == nil {
			p = at
			st.Lat, st.Lon = &p.Lat, &p.Lon
			if st.TimeZone == "" {
				st.TimeZone = zone
			}
		} else if !errs.Is(err, errs.KindInvalid) && !errs.Is(err, errs.KindNotFound) {
			return st, p, err // an unknown place is a flag on the review, not a refusal
		}
	}
	loc, err := clock.Zone(st.TimeZone)
	if err != nil {
		return st, p, errs.Invalid("unknown time zone %q", st.TimeZone).Field(fmt.Sprintf("stops[%d].time_zone", seq-1), "an IANA name such as America/Chicago")
	}
	from, dateOnly, err := parseWall(in.From, loc)
	if err != nil {
		return st, p, err
	}
	if !from.IsZero() {
		st.WindowStart, st.DateOnly = &from, dateOnly
	}
	if to, _, err := parseWall(in.To, loc); err == nil && !to.IsZero() {
		st.WindowEnd = &to
	}
	if in.Refs == nil {
		in.Refs = []Ref{}
	}
	st.Refs, err = json.Marshal(in.Refs)
	return st, p, err
}

// setLane keeps the load's own summary of its stops.
func setLane(l *Load, stops []Stop) {
	l.StopCount = len(stops)
	l.OriginCity, l.OriginState, l.DestCity, l.DestState, l.PickupFrom, l.DeliverBy = "", "", "", "", nil, nil
	if len(stops) == 0 {
		l.NextStop = 0
		return
	}
	a, z := stops[0], stops[len(stops)-1]
	l.OriginCity, l.OriginState, l.PickupFrom, l.PickupZone = a.City, a.State, a.WindowStart, a.TimeZone
	l.DestCity, l.DestState, l.DeliverZone = z.City, z.State, z.TimeZone
	if l.DeliverBy = z.WindowEnd; l.DeliverBy == nil {
		l.DeliverBy = z.WindowStart
	}
	l.NextStop = 1
	for _, s := range stops {
		if s.DepartedAt != nil && s.Seq < len(stops) {
			l.NextStop = s.Seq + 1
		}
	}
}

// insert queues a new load and its parts.
func insert(ctx context.Context, tx *pg.Tx, f Full, payer string) error {
	if err := loadsdb.New(tx.Later()).InsertLoad(ctx, insertParams(f.Load)); err != nil {
		return err
	}
	return writeParts(ctx, tx, f, payer)
}

func writeParts(ctx context.Context, tx *pg.Tx, f Full, payer string) error {
	q := loadsdb.New(tx.Later())
	for _, s := range f.Stops {
		if err := q.InsertStop(ctx, loadsdb.InsertStopParams{LoadID: s.LoadID, Seq: s.Seq, Kind: s.Kind, FacilityID: s.FacilityID, Name: s.Name, Address: s.Address,
			City: s.City, State: s.State, Zip: s.Zip, Lat: s.Lat, Lon: s.Lon, TimeZone: s.TimeZone, Appointment: s.Appointment, WindowStart: s.WindowStart,
			WindowEnd: s.WindowEnd, DateOnly: s.DateOnly, Refs: s.Refs, Contact: s.Contact, Phone: s.Phone, Notes: s.Notes, Pieces: s.Pieces, WeightLb: s.WeightLb,
			ArrivedAt: s.ArrivedAt, CompletedAt: s.CompletedAt, DepartedAt: s.DepartedAt}); err != nil {
			return err
		}
	}
	for _, c := range f.Charges {
		if err := q.InsertCharge(ctx, loadsdb.InsertChargeParams{LoadID: c.LoadID, Seq: c.Seq, Kind: c.Kind, Description: c.Description, AmountCents: c.AmountCents}); err != nil {
			return err
		}
	}
	return q.InsertWords(ctx, loadsdb.InsertWordsParams{LoadID: f.ID, Words: searchWords(f.Load, payer, f.Stops)})
}

func insertParams(l Load) loadsdb.InsertLoadParams {
	return loadsdb.InsertLoadParams{ID: l.ID, Number: l.Number, CustomerID: l.CustomerID, CustomerRef: l.CustomerRef, State: l.State, Equipment: l.Equipment,
		TrailerLengthFt: l.TrailerLengthFt, TemperatureMinF: l.TemperatureMinF, TemperatureMaxF: l.TemperatureMaxF, Commodity: l.Commodity, WeightLb: l.WeightLb,
		Pieces: l.Pieces, Miles: l.Miles, MilesEstimated: l.MilesEstimated, Currency: l.Currency, TotalCents: l.TotalCents, Terms: l.Terms, Flags: l.Flags,
		DocumentID: l.DocumentID, TruckID: l.TruckID, TrailerID: l.TrailerID, DriverID: l.DriverID, OriginCity: l.OriginCity, OriginState: l.OriginState,
		DestCity: l.DestCity, DestState: l.DestState, PickupFrom: l.PickupFrom, PickupZone: l.PickupZone, DeliverBy: l.DeliverBy, DeliverZone: l.DeliverZone,
		StopCount: l.StopCount, NextStop: l.NextStop, BookedAt: l.BookedAt, DispatchedAt: l.DispatchedAt, DeliveredAt: l.DeliveredAt, Source: l.Source,
		CreatedAt: l.CreatedAt}
}

func updateParams(l Load, now time.Time) loadsdb.UpdateLoadParams {
	return loadsdb.UpdateLoadParams{ID: l.ID, Version: l.Version, CustomerID: l.CustomerID, CustomerRef: l.CustomerRef, State: l.State, ResumeState: l.ResumeState,
		Equipment: l.Equipment, TrailerLengthFt: l.TrailerLengthFt, TemperatureMinF: l.TemperatureMinF, TemperatureMaxF: l.TemperatureMaxF, Commodity: l.Commodity,
		WeightLb: l.WeightLb, Pieces: l.Pieces, Miles: l.Miles, MilesEstimated: l.MilesEstimated, TotalCents: l.TotalCents, Terms: l.Terms, Flags: l.Flags,
		TruckID: l.TruckID, TrailerID: l.TrailerID, DriverID: l.DriverID, CoDriverID: l.CoDriverID, OriginCity: l.OriginCity, OriginState: l.OriginState,
		DestCity: l.DestCity, DestState: l.DestState, PickupFrom: l.PickupFrom, PickupZone: l.PickupZone, DeliverBy: l.DeliverBy, DeliverZone: l.DeliverZone,
		StopCount: l.StopCount, NextStop: l.NextStop, BookedAt: l.BookedAt, DispatchedAt: l.DispatchedAt, DeliveredAt: l.DeliveredAt, UpdatedAt: now}
}

// change is one line of a load's history.
type change struct {
	verb     string
	from, to lifecycle.State
	at       time.Time
	stop     int
	text     string
	detail   any
}

// record writes the history, the audit line and the event of a change.
func (s *Service) record(ctx context.Context, tx *pg.Tx, l Load, c change) error {
	a, _ := tenant.From(ctx)
	detail := json.RawMessage("{}")
	if c.detail != nil {
		var err error
		if detail, err = json.Marshal(c.detail); err != nil {
			return err
		}
	}
	var stop *int
	if c.stop > 0 {
		stop = &c.stop
	}
	if err := loadsdb.New(tx.Later()).InsertEvent(ctx, loadsdb.InsertEventParams{ID: ids.New(), LoadID: l.ID, At: c.at, RecordedAt: s.Clock.Now(), Verb: c.verb,
		FromState: string(c.from), ToState: string(c.to), StopSeq: stop, ActorID: a.User.Ptr(), ActorName: a.Name, Text: c.text, Detail: detail}); err != nil {
		return err
	}
	if err := s.Identity.Audit(ctx, tx, identity.Entry{Action: "load." + c.verb, Kind: "load", ID: l.ID, Label: l.Number, Detail: c.detail}); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		s.recount(a.Org)
		if s.Changed != nil {
			s.Changed(a.Org, l.ID)
		}
	})
	return s.Jobs.Emit(ctx, tx, Changed{LoadID: l.ID, Number: l.Number, Verb: c.verb, From: string(c.from), To: string(c.to)})
}
