package pricing

import (
	"context"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"truckflow/internal/identity"
	"truckflow/internal/kit/csvio"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/region"
	"truckflow/internal/loads"
	"truckflow/internal/platform/pg"
	"truckflow/internal/pricing/internal/pricingdb"
)

// A List is a kind of file that may be imported.
type List string

// The lists.
const (
	RateList   List = "rates"  // what others say lanes paid
	DieselList List = "diesel" // what a gallon cost in a week
)

// rateRow is one row of a file of rates.
type rateRow struct {
	Source           string
	Day              *time.Time
	FromCity, FromSt string
	ToCity, ToSt     string
	Equipment        string
	PerMile, Whole   money.Cents // one of them
	Miles            *int        // with Whole; reckoned when left out
	reckoned         int         // cents a mile
}

func (r *rateRow) key() string {
	return strings.Join([]string{r.Source, csvio.FormatDate(r.Day), r.FromCity, r.FromSt, r.ToCity, r.ToSt, r.Equipment}, "|")
}

// equipmentWords are how public files call what the house calls by another code.
var equipmentWords = map[string]string{"dry_van": "van", "dryvan": "van", "v": "van", "refrigerated": "reefer", "refrigerated_truck": "reefer", "r": "reefer", "flat": "flatbed", "f": "flatbed"}

func (s *Service) rateList(ctx context.Context) csvio.List[rateRow] {
	state := func(name string, at func(*rateRow) *string, alias string) csvio.Column[rateRow] {
		return csvio.Column[rateRow]{Name: name, Aliases: []string{alias}, Needed: true, Get: func(r *rateRow) string { return *at(r) }, Set: func(r *rateRow, v string) error {
			if v = strings.ToUpper(v); !region.Valid(v) {
				return errs.Invalid("a state's two letters")
			}
			*at(r) = v
			return nil
		}}
	}
	return csvio.List[rateRow]{Noun: "rate", KeyName: "source, date, lane and equipment", New: func() rateRow { return rateRow{} }, Keys: func(r *rateRow) []string { return []string{r.key()} },
		Check: func(r *rateRow) error { return s.checkRate(ctx, r) },
		Columns: []csvio.Column[rateRow]{
			csvio.Text("source", func(r *rateRow) *string { return &r.Source }).Need(),
			csvio.Date("date", func(r *rateRow) **time.Time { return &r.Day }, "week", "report_date", "day").Need(),
			csvio.Text("from_city", func(r *rateRow) *string { return &r.FromCity }, "origin_city", "origin"),
			state("from_state", func(r *rateRow) *string { return &r.FromSt }, "origin_state"),
			csvio.Text("to_city", func(r *rateRow) *string { return &r.ToCity }, "destination_city", "destination"),
			state("to_state", func(r *rateRow) *string { return &r.ToSt }, "destination_state"),
			{Name: "equipment", Aliases: []string{"truck_type"}, Needed: true, Get: func(r *rateRow) string { return r.Equipment }, Set: func(r *rateRow, v string) error {
				v = strings.ReplaceAll(strings.ToLower(v), " ", "_")
				if w, ok := equipmentWords[v]; ok {
					v = w
				}
				if !slices.Contains(loads.Equipments, v) {
					return errs.Invalid("one of: %s", strings.Join(loads.Equipments, ", "))
				}
				r.Equipment = v
				return nil
			}},
			dollars("rate_per_mile", func(r *rateRow) *money.Cents { return &r.PerMile }),
			dollars("rate", func(r *rateRow) *money.Cents { return &r.Whole }, "rate_per_truck", "total"),
			csvio.Int("miles", func(r *rateRow) **int { return &r.Miles }),
		}}
}

func dollars(name string, at func(*rateRow) *money.Cents, aliases ...string) csvio.Column[rateRow] {
	return csvio.Column[rateRow]{Name: name, Aliases: aliases,
		Get: func(r *rateRow) string {
			if *at(r) == 0 {
				return ""
			}
			return at(r).String()
		},
		Set: func(r *rateRow, v string) (err error) {
			if v == "" {
				*at(r) = 0
				return nil
			}
			if *at(r), err = money.Parse(v); err != nil {
				return errs.Invalid("dollars such as 2.35")
			}
			return nil
		}}
}

func (s *Service) checkRate(ctx context.Context, r *rateRow) error {
	e := errs.Invalid("the row cannot be imported as it is")
	if r.Source == "" || len(r.Source) > 60 {
		e = e.Field("source", "who says so, 1 to 60 characters")
	}
	if r.Day != nil && r.Day.After(s.Clock.Now().Add(8*dayLength)) {
		e = e.Field("date", "lies in the future")
	}
	if r.PerMile == 0 && r.Whole > 0 {
		n, err := s.rateMiles(ctx, r)
		if err != nil {
			return e.Field("miles", "%s", errs.Public(err).Message)
		}
		r.PerMile = money.Cents(r.Whole.PerMile(n) / 100)
	}
	r.Whole, r.Miles = 0, nil
	if r.PerMile < 25 || r.PerMile > 4000 {
		e = e.Field("rate_per_mile", "0.25 to 40.00 dollars, or a rate for the whole haul")
	}
	if len(e.Fields) > 0 {
		return e
	}
	return nil
}

func (s *Service) rateMiles(ctx context.Context, r *rateRow) (int, error) {
	if r.Miles != nil && *r.Miles > 0 {
		return *r.Miles, nil
	}
	if r.FromCity == "" || r.ToCity == "" {
		return 0, errs.Invalid("needed where only states are told")
	}
	from, err := s.Places.Spot(ctx, Place{City: r.FromCity, State: r.FromSt})
	if err != nil {
		return 0, err
	}
	to, err := s.Places.Spot(ctx, Place{City: r.ToCity, State: r.ToSt})
	if err != nil {
		return 0, err
	}
	n, _, err := s.Places.Miles(ctx, []geo.Point{from.Point, to.Point})
	if err == nil && n == 0 {
		err = errs.Invalid("both ends are the same place")
	}
	return n, err
}

type dieselRow struct {
	Day   *time.Time
	Mills int // thousandths of a dollar
}

var dieselList = csvio.List[dieselRow]{Noun: "price", KeyName: "date", New: func() dieselRow { return dieselRow{} }, Keys: func(r *dieselRow) []string { return []string{csvio.FormatDate(r.Day)} },
	Check: func(*dieselRow) error { return nil },
	Columns: []csvio.Column[dieselRow]{
		csvio.Date("date", func(r *dieselRow) **time.Time { return &r.Day }, "week").Need(),
		{Name: "dollars_per_gallon", Aliases: []string{"price", "diesel"}, Needed: true,
			Get: func(r *dieselRow) string { return strconv.FormatFloat(float64(r.Mills)/1000, 'f', 3, 64) },
			Set: func(r *dieselRow, v string) error {
				d, err := strconv.ParseFloat(strings.TrimPrefix(v, "$"), 64)
				if err != nil || d < 0.5 || d > 20 {
					return errs.Invalid("0.500 to 20.000 dollars a gallon")
				}
				r.Mills = int(d*1000 + 0.5)
				return nil
			}},
	}}

// Columns names the columns of a list's CSV, for the import page.
func (s *Service) Columns(l List) (names []string) {
	if l == DieselList {
		for _, c := range dieselList.Columns {
			names = append(names, c.Name)
		}
		return names
	}
	for _, c := range s.rateList(context.Background()).Columns {
		names = append(names, c.Name)
	}
	return names
}

// Example writes one row of a list, to be filled in.
func (s *Service) Example(l List, w io.Writer) error {
	row := []string{"USDA", "2026-11-16", "Yuma", "AZ", "Chicago", "IL", "reefer", "3.10", "", ""}
	if l == DieselList {
		row = []string{"2026-11-16", "3.742"}
	}
	return csvio.Write(w, s.Columns(l), [][]string{row})
}

// Preview says row by row what a file would add. Needs ImportHistory.
func (s *Service) Preview(ctx context.Context, l List, file []byte) (csvio.Preview, error) {
	return s.lists(ctx, l, file, nil)
}

// Import adds the good rows of a file; digest is the preview's, "" takes whatever
// the file does. Needs ImportHistory.
func (s *Service) Import(ctx context.Context, l List, file []byte, digest string) (csvio.Preview, error) {
	return s.lists(ctx, l, file, &digest)
}

func (s *Service) lists(ctx context.Context, l List, file []byte, digest *string) (p csvio.Preview, err error) {
	if _, err := identity.Require(ctx, identity.ImportHistory); err != nil {
		return p, err
	}
	t, err := csvio.Read(file)
	if err != nil {
		return p, err
	}
	err = s.DB.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		q := pricingdb.New(tx)
		var put func() error
		if l == DieselList {
			p, put, err = planDiesel(ctx, q, t)
		} else {
			p, put, err = s.planRates(ctx, q, t)
		}
		if err != nil || digest == nil {
			return err
		}
		if *digest != "" && *digest != p.Digest {
			return errs.Conflict("the prices changed since you looked; see the preview again")
		}
		if err := put(); err != nil {
			return err
		}
		return s.Identity.Audit(ctx, tx, identity.Entry{Action: "lanes.import", Kind: "company", Label: "CSV file of " + string(l),
			Detail: map[string]int{"new": p.New, "changed": p.Changed, "unchanged": p.Unchanged, "bad": p.Bad}})
	})
	return p, err
}

func (s *Service) planRates(ctx context.Context, q *pricingdb.Queries, t csvio.Table) (csvio.Preview, func() error, error) {
	list := s.rateList(ctx)
	probe, err := list.MakePlan(t, nil)
	if err != nil {
		return csvio.Preview{}, nil, err
	}
	known := pricingdb.RatesParams{}
	for _, it := range probe.Items {
		if day := *it.Value.Day; known.Since.IsZero() || day.Before(known.Since) {
			known.Since = day
		}
		if day := *it.Value.Day; day.After(known.Until) {
			known.Until = day
		}
		if !slices.Contains(known.Sources, it.Value.Source) {
			known.Sources = append(known.Sources, it.Value.Source)
		}
	}
	rows, err := q.Rates(ctx, known)
	if err != nil {
		return csvio.Preview{}, nil, err
	}
	var stored []rateRow
	for _, r := range rows {
		stored = append(stored, rateRow{Source: r.Source, Day: &r.Day, FromCity: r.FromCity, FromSt: r.FromState, ToCity: r.ToCity, ToSt: r.ToState, Equipment: r.Equipment,
			PerMile: money.Cents(r.MileCents)})
	}
	plan, err := list.MakePlan(t, stored)
	return plan.Preview, func() error {
		var in pricingdb.PutRatesParams
		for _, it := range plan.Items {
			r := it.Value
			in.Ids, in.Sources, in.Days = append(in.Ids, ids.New()), append(in.Sources, r.Source), append(in.Days, *r.Day)
			in.FromCities, in.FromStates = append(in.FromCities, r.FromCity), append(in.FromStates, r.FromSt)
			in.ToCities, in.ToStates = append(in.ToCities, r.ToCity), append(in.ToStates, r.ToSt)
			in.Equipments, in.MileCents = append(in.Equipments, r.Equipment), append(in.MileCents, int(r.PerMile))
		}
		_, err := q.PutRates(ctx, in)
		return err
	}, err
}

func planDiesel(ctx context.Context, q *pricingdb.Queries, t csvio.Table) (csvio.Preview, func() error, error) {
	rows, err := q.Diesel(ctx)
	if err != nil {
		return csvio.Preview{}, nil, err
	}
	var stored []dieselRow
	for _, r := range rows {
		stored = append(stored, dieselRow{&r.Day, r.GallonMills})
	}
	plan, err := dieselList.MakePlan(t, stored)
	return plan.Preview, func() error {
		var in pricingdb.PutDieselParams
		for _, it := range plan.Items {
			in.Days, in.Mills = append(in.Days, *it.Value.Day), append(in.Mills, it.Value.Mills)
		}
		_, err := q.PutDiesel(ctx, in)
		return err
	}, err
}

// Sources are the files' sources with how many rates of each are known.
func (s *Service) Sources(ctx context.Context) (out []pricingdb.RateSourcesRow, err error) {
	if _, err := identity.Require(ctx, identity.SeeMoney); err != nil {
		return nil, err
	}
	err = s.DB.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		out, err = pricingdb.New(tx).RateSources(ctx)
		return err
	})
	return out, err
}
