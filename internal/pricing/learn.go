package pricing

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/loads"
	"truckflow/internal/platform/pg"
	"truckflow/internal/pricing/gbm"
	"truckflow/internal/pricing/internal/pricingdb"
	"truckflow/internal/pricing/lanerate"
)

// LearnKind is the job that learns one company's lanes; the app inserts it for
// each, every night.
const LearnKind = "pricing.learn"

type learnJob struct {
	After time.Time `json:"after,omitzero"` // somebody waits: learn what came until then; zero: what is a night old
}

const (
	learnEvery = 20 * time.Hour // what was learned since is fresh enough for the nightly job
	mostHauls  = 60_000         // the newest are learned from; more would not fit into ten minutes on two cores
	recentKept = 8              // loads of a lane that the page shows
)

// Learn reads the company's priced loads, backtests, and stores what answers,
// unless what is known was learned after that moment; zero means 20 hours ago.
// One company is learned at a time and one core is left to the people who are
// at work. For the program alone.
func (s *Service) Learn(ctx context.Context, after time.Time) error {
	if a, ok := tenant.From(ctx); !ok || a.Role != tenant.SystemRole {
		return errs.Forbidden("only the program learns lane prices")
	}
	s.learning.Lock()
	defer s.learning.Unlock()
	start := s.Clock.Now()
	if after.IsZero() {
		after = start.Add(-learnEvery)
	}
	age, err := s.age(ctx)
	if err != nil || age.LearnedAt.After(after) {
		return err
	}
	snap, rep, err := s.study(ctx, gbm.Options{AtOnce: 1})
	if err != nil || rep.Hauls == 0 {
		return err
	}
	packed, err := pack(snap)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(rep)
	if err != nil {
		return err
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		return pricingdb.New(tx).PutModel(ctx, pricingdb.PutModelParams{LearnedAt: start, Hauls: rep.Hauls, Snapshot: packed, Report: raw})
	})
}

// Study backtests the company's lanes and stores nothing: what the command line
// prints. Too few loads are told in the report's reason. Needs SeeMoney.
func (s *Service) Study(ctx context.Context, o gbm.Options) (*lanerate.Report, error) {
	_, rep, err := s.study(ctx, o)
	return rep, err
}

// StudyRows backtests rows that stand in no database: those of a file. Only its
// Places are asked.
func StudyRows(ctx context.Context, places Places, rows []loads.Priced, o gbm.Options) (*lanerate.Report, error) {
	s := &Service{Config: Config{Places: places}}
	hauls, recent, err := s.hauls(ctx, nil, func(_ context.Context, fn func(loads.Priced) error) error {
		for _, r := range rows {
			if err := fn(r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	_, rep, err := study(hauls, recent, nil, o)
	return rep, err
}

func (s *Service) study(ctx context.Context, o gbm.Options) (*snapshot, *lanerate.Report, error) {
	var diesel []pricingdb.DieselPrice
	err := s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) (err error) {
		diesel, err = pricingdb.New(tx).Diesel(ctx)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	hauls, recent, err := s.hauls(ctx, diesel, func(ctx context.Context, fn func(loads.Priced) error) error {
		return s.Loads.EachPriced(ctx, mostHauls, fn)
	})
	if err != nil {
		return nil, nil, err
	}
	return study(hauls, recent, diesel, o)
}

func study(hauls []lanerate.Haul, recent map[string][]Comparable, diesel []pricingdb.DieselPrice, o gbm.Options) (*snapshot, *lanerate.Report, error) {
	snap := &snapshot{Baseline: lanerate.Fit(hauls), Recent: recent}
	if n := len(diesel); n > 0 {
		snap.Diesel = float64(diesel[n-1].GallonMills) / 1000
	}
	rep, err := lanerate.Backtest(hauls, o)
	switch {
	case errors.Is(err, lanerate.ErrFew):
		rep.Reason = "trees need more priced loads than there are"
		return snap, rep, nil
	case err != nil:
		return nil, nil, err
	}
	if rep.Serve {
		if snap.Model, err = lanerate.Learn(hauls, o); err != nil {
			return nil, nil, err
		}
	}
	return snap, rep, nil
}

// hauls are the newest priced loads, by day of booking, and the last few of each lane.
func (s *Service) hauls(ctx context.Context, diesel []pricingdb.DieselPrice, each func(context.Context, func(loads.Priced) error) error) (hauls []lanerate.Haul, recent map[string][]Comparable, err error) {
	type seen struct {
		haul lanerate.Haul
		load Comparable
	}
	var all []seen
	err = each(ctx, func(p loads.Priced) error {
		h := s.haul(p, diesel)
		if h.Usable() {
			all = append(all, seen{h, Comparable{Load: p.ID, Number: p.Number, Payer: ids.Of(p.CustomerID), Day: h.Day, Miles: p.Miles, Cents: p.TotalCents}})
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	slices.SortStableFunc(all, func(a, b seen) int { return cmp.Compare(a.haul.Day, b.haul.Day) })
	all = all[max(0, len(all)-mostHauls):]
	recent = map[string][]Comparable{}
	for _, x := range all {
		hauls = append(hauls, x.haul)
		k := x.haul.Lane()
		if recent[k] = append(recent[k], x.load); len(recent[k]) > recentKept {
			recent[k] = recent[k][1:]
		}
	}
	return hauls, recent, nil
}

func (s *Service) haul(p loads.Priced, diesel []pricingdb.DieselPrice) lanerate.Haul {
	f := lanerate.Freight{Day: dayOf(p.PricedAt), Equipment: p.Equipment, Miles: float64(p.Miles), Stops: p.StopCount, LeadHours: math.NaN(), DieselCost: dieselOn(diesel, dayOf(p.PricedAt))}
	f.From = s.end(Place{City: p.FromCity, State: p.FromState, ZIP: p.FromZip}, point(p.FromLat, p.FromLon))
	f.To = s.end(Place{City: p.ToCity, State: p.ToState, ZIP: p.ToZip}, point(p.ToLat, p.ToLon))
	if p.WeightLb != nil {
		f.WeightLb = float64(*p.WeightLb)
	}
	if p.PickupFrom != nil {
		f.PickupDay = dayOf(*p.PickupFrom)
		// A history often has the day of booking alone, or none.
		if lead := p.PickupFrom.Sub(p.PricedAt); lead > 0 && lead < 60*dayLength {
			f.LeadHours = lead.Hours()
		} else if lead <= 0 {
			f.Day = min(f.Day, f.PickupDay)
		}
	}
	if p.CustomerID != nil {
		f.Payer = p.CustomerID.String()
	}
	return lanerate.Haul{Freight: f, Rate: float64(p.TotalCents) / 100 / f.Miles}
}

// end is a place as the kernel compares it. Lanes are told by three-digit ZIPs,
// as the trade does.
func (s *Service) end(p Place, at geo.Point) lanerate.Place {
	area := s.Places.Area(p.City, p.State, p.ZIP)
	if area == "" && p.City != "" {
		area = strings.ToLower(p.City + "," + p.State)
	}
	return lanerate.Place{Area: area, State: p.State, Lat: at.Lat, Lon: at.Lon}
}

func point(lat, lon *float64) (p geo.Point) {
	if lat != nil && lon != nil {
		p = geo.Point{Lat: *lat, Lon: *lon}
	}
	return p
}

// dieselOn is the newest price not younger than day, at most four weeks old; NaN without.
func dieselOn(prices []pricingdb.DieselPrice, day int) float64 {
	at, same := slices.BinarySearchFunc(prices, day, func(p pricingdb.DieselPrice, d int) int { return cmp.Compare(dayOf(p.Day), d) })
	if !same {
		at--
	}
	if at < 0 || day-dayOf(prices[at].Day) > 28 {
		return math.NaN()
	}
	return float64(prices[at].GallonMills) / 1000
}

func pack(s *snapshot) ([]byte, error) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := errors.Join(json.NewEncoder(z).Encode(s), z.Close()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func unpack(b []byte) (*snapshot, error) {
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	var s snapshot
	return &s, json.NewDecoder(z).Decode(&s)
}

// age is when the company's lanes were learned; zero when never.
func (s *Service) age(ctx context.Context) (a pricingdb.ModelAgeRow, err error) {
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		if a, err = pricingdb.New(tx).ModelAge(ctx); pg.IsNoRows(err) {
			return nil
		}
		return err
	})
	return a, err
}

// model is what the company learned last; nil before the first time.
func (s *Service) model(ctx context.Context) (*heldModel, error) {
	who, err := identity.Require(ctx, identity.SeeMoney)
	if err != nil {
		return nil, err
	}
	age, err := s.age(ctx)
	if err != nil || age.Hauls == 0 {
		return nil, err
	}
	s.mu.Lock()
	for i, h := range s.held {
		if h.org == who.Org && h.learned.Equal(age.LearnedAt) {
			s.held = append(slices.Delete(s.held, i, i+1), h)
			s.mu.Unlock()
			return &h, nil
		}
	}
	s.mu.Unlock()
	var row pricingdb.LaneModel
	if err := s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		row, err = pricingdb.New(tx).Model(ctx)
		return err
	}); err != nil {
		return nil, err
	}
	snap, err := unpack(row.Snapshot)
	if err != nil {
		// What an older program stored is made again tonight; until then there is none.
		s.Log.WarnContext(ctx, "what was learned of the lanes cannot be read", "error", err)
		return nil, nil
	}
	h := heldModel{who.Org, row.LearnedAt, snap}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = slices.DeleteFunc(s.held, func(o heldModel) bool { return o.org == who.Org })
	s.held = append(s.held, h)
	if len(s.held) > mostHeld {
		s.held = slices.Delete(s.held, 0, 1)
	}
	return &h, nil
}

// Report is the last backtest and when it ran; nil before the first time. Needs SeeMoney.
func (s *Service) Report(ctx context.Context) (rep *lanerate.Report, at time.Time, err error) {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return nil, at, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		row, err := pricingdb.New(tx).Model(ctx)
		if pg.IsNoRows(err) {
			return nil
		}
		if err == nil {
			at, rep = row.LearnedAt, &lanerate.Report{}
			err = json.Unmarshal(row.Report, rep)
		}
		return err
	})
	return rep, at, err
}

// LearnNow has the lanes learned as soon as a job gets its turn. Needs SeeMoney.
func (s *Service) LearnNow(ctx context.Context) error {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return err
	}
	return s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		return s.Jobs.Insert(ctx, tx, LearnKind, learnJob{After: s.Clock.Now()})
	})
}
