// Package cost reckons what running TruckFlow costs a month, from a book of dated
// prices and from what the system measures: per plan (single server, cluster), per
// load, per truck, as a share of revenue, the loads a month that pay for it, and from
// how many documents a GPU at home is cheaper than tokens in the cloud. It holds the
// specification's own figures beside what they come to.
package cost

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/money"
)

// Default is the price book that is built in.
//
//go:embed prices.yaml
var Default []byte

// Amount is money as a price book writes it: "800.00".
type Amount money.Cents

// UnmarshalYAML reads it exactly; a negative amount is refused.
func (a *Amount) UnmarshalYAML(n *yaml.Node) error {
	c, err := money.Parse(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	if c < 0 {
		return fmt.Errorf("line %d: a price cannot be negative: %s", n.Line, n.Value)
	}
	*a = Amount(c)
	return nil
}

// Day is a date, 2026-11-23.
type Day time.Time

// UnmarshalYAML reads it.
func (d *Day) UnmarshalYAML(n *yaml.Node) error {
	t, err := time.Parse(time.DateOnly, n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %q is not a date such as 2026-11-23", n.Line, n.Value)
	}
	*d = Day(t)
	return nil
}

// String is 2026-11-23.
func (d Day) String() string { return time.Time(d).Format(time.DateOnly) }

// MarshalText is String.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// Figure is one input: an amount, a count or a share, from when and from whom.
type Figure struct {
	Amount  Amount `yaml:"amount"`
	Count   int64  `yaml:"count"`
	Percent int64  `yaml:"percent"`
	Date    Day    `yaml:"date"`
	Source  string `yaml:"source"`
}

// Price is what one thing costs.
type Price struct {
	ID     string `yaml:"id"`
	What   string `yaml:"what"`
	Unit   string `yaml:"unit"` // month, gb-month, gb, mtok
	Low    Amount `yaml:"low"`
	High   Amount `yaml:"high"`
	Date   Day    `yaml:"date"`
	Source string `yaml:"source"`
}

// Inputs are the figures of the business that a book assumes.
type Inputs struct {
	Revenue           Figure `yaml:"revenue"`
	VariableCostShare Figure `yaml:"variable_cost_share"` // percent of revenue that each load costs before the system does
	RevenuePerLoad    Figure `yaml:"revenue_per_load"`
	LoadsPerTruck     Figure `yaml:"loads_per_truck"`
	DocumentsPerLoad  Figure `yaml:"documents_per_load"`
	StoredGB          Figure `yaml:"stored_gb"`
	EgressGB          Figure `yaml:"egress_gb"`
	TokensIn          Figure `yaml:"tokens_in"`
	TokensOut         Figure `yaml:"tokens_out"`
}

// PlanPrices names the prices that a plan pays.
type PlanPrices struct {
	Prices []string `yaml:"prices"`
}

// Book is a whole price book.
type Book struct {
	Currency  string  `yaml:"currency"`
	StaleDays int     `yaml:"stale_days"`
	Inputs    Inputs  `yaml:"inputs"`
	Prices    []Price `yaml:"prices"`
	Plans     struct {
		Single  PlanPrices `yaml:"single"`
		Cluster PlanPrices `yaml:"cluster"`
	} `yaml:"plans"`
	StepAt Amount `yaml:"step_at"`
}

// Parse reads a book; what is wrong is said in one line.
func Parse(b []byte) (*Book, error) {
	var k Book
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&k); err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("it is empty")
		}
		return nil, errs.Invalid("the price book cannot be read: %s", strings.ReplaceAll(strings.TrimPrefix(err.Error(), "yaml: "), "\n", " ")).Hint("truckflow cost --print shows a complete one")
	}
	if bad := k.check(); len(bad) > 0 {
		return nil, errs.Invalid("the price book is wrong: %s", strings.Join(bad, "; ")).Hint("truckflow cost --print shows a complete one")
	}
	return &k, nil
}

func (k *Book) check() (bad []string) {
	fail := func(format string, a ...any) { bad = append(bad, fmt.Sprintf(format, a...)) }
	if k.Currency != money.USD {
		fail("currency %q is not known here; prices are in %s", k.Currency, money.USD)
	}
	if k.StaleDays < 1 {
		fail("stale_days must be 1 or more")
	}
	for name, ok := range map[string]bool{"revenue": k.Inputs.Revenue.Amount > 0, "revenue_per_load": k.Inputs.RevenuePerLoad.Amount > 0, "step_at": k.StepAt > 0} {
		if !ok {
			fail("%s must be more than zero", name)
		}
	}
	if s := k.Inputs.VariableCostShare.Percent; s < 0 || s >= 100 {
		fail("variable_cost_share must be 0 to 99 percent: at %d %% no number of loads pays for anything", s)
	}
	for name, f := range map[string]Figure{"loads_per_truck": k.Inputs.LoadsPerTruck, "documents_per_load": k.Inputs.DocumentsPerLoad, "tokens_in": k.Inputs.TokensIn, "tokens_out": k.Inputs.TokensOut} {
		if f.Count < 1 || f.Count > 1_000_000_000 {
			fail("%s must be 1 or more", name)
		}
	}
	for name, f := range map[string]Figure{"stored_gb": k.Inputs.StoredGB, "egress_gb": k.Inputs.EgressGB} {
		if f.Count < 0 || f.Count > 1_000_000_000 {
			fail("%s cannot be negative", name)
		}
	}
	seen := map[string]bool{}
	for _, p := range k.Prices {
		switch {
		case p.ID == "" || seen[p.ID]:
			fail("each price needs an id of its own (%q)", p.ID)
		case !slices.Contains([]string{"month", "gb-month", "gb", "mtok"}, p.Unit):
			fail("price %s: unit is month, gb-month, gb or mtok, not %q", p.ID, p.Unit)
		case p.High < p.Low:
			fail("price %s: high is below low", p.ID)
		case time.Time(p.Date).IsZero() || p.Source == "":
			fail("price %s needs a date and a source", p.ID)
		}
		seen[p.ID] = true
	}
	for _, id := range slices.Concat([]string{"server", "cluster", "backup", "gpu", "tokens_in", "tokens_out"}, k.Plans.Single.Prices, k.Plans.Cluster.Prices) {
		if !seen[id] {
			fail("there is no price %s", id)
			seen[id] = true
		}
	}
	slices.Sort(bad)
	return bad
}

func (k *Book) price(id string) Price {
	i := slices.IndexFunc(k.Prices, func(p Price) bool { return p.ID == id })
	return k.Prices[i] // check made sure
}

// stale names what is older than the book allows.
func (k *Book) stale(now time.Time) (out []string) {
	for _, p := range k.Prices {
		if days := int(now.Sub(time.Time(p.Date)).Hours() / 24); days > k.StaleDays {
			out = append(out, fmt.Sprintf("%s: %d days old (%s, %s)", p.What, days, p.Date, p.Source))
		}
	}
	return out
}
