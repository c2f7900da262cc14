package cost

import (
	"math/big"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/money"
	"truckflow/internal/ops/usage"
)

// Range is between the low and the high price.
type Range struct {
	Low  money.Cents `json:"low"`
	High money.Cents `json:"high"`
}

func (r Range) plus(x Range) Range { return Range{r.Low + x.Low, r.High + x.High} }

// String is "$800.00–$1,200.00", or one amount when both are the same.
func (r Range) String() string {
	if r.Low == r.High {
		return r.Low.Dollars()
	}
	return r.Low.Dollars() + "–" + r.High.Dollars()
}

// Whole is String without cents, for where there is little room.
func (r Range) Whole() string {
	return strings.ReplaceAll(Range{(r.Low + 50) / 100 * 100, (r.High + 50) / 100 * 100}.String(), ".00", "")
}

// Share is of revenue, in millionths: 925 is 0.0925 %.
type Share struct {
	Low  int64 `json:"low_ppm"`
	High int64 `json:"high_ppm"`
}

// String is "0.09–0.16 %".
func (s Share) String() string {
	low, high := percent(s.Low), percent(s.High)
	if low == high {
		return low + " %"
	}
	return low + "–" + high + " %"
}

// percent rounds millionths half up to hundredths of a percent: 1550 is "0.16".
func percent(ppm int64) string {
	h := money.Cents((ppm + 50) / 100) // two decimals, as cents have
	return strings.TrimSuffix(h.String(), "0")
}

// Line is one row of a plan.
type Line struct {
	What   string `json:"what"`
	Cost   Range  `json:"cost"`
	How    string `json:"how"` // what it was multiplied with, and whether that was measured
	Date   string `json:"date"`
	Source string `json:"source"`
}

// Plan is one way of running it.
type Plan struct {
	Name      string `json:"name"`
	Lines     []Line `json:"lines"`
	Total     Range  `json:"total"`
	Share     Share  `json:"share"`
	PerLoad   Range  `json:"per_load"`
	PerTruck  Range  `json:"per_truck"`
	BreakEven [2]int `json:"break_even_loads"` // loads a month whose margin pays the low and the high total
}

// Step is a monthly revenue with what each plan is of it.
type Step struct {
	Revenue money.Cents `json:"revenue"`
	Single  Share       `json:"single"`
	Cluster Share       `json:"cluster"`
	Chosen  string      `json:"chosen"` // by step_at
	Cost    Range       `json:"cost"`   // of the chosen
}

// Fact is a figure with where it is from: measured, or the book's assumption.
type Fact struct {
	What     string `json:"what"`
	Value    string `json:"value"`
	Measured bool   `json:"measured"`
	Source   string `json:"source"`
}

// AI weighs a GPU at home against tokens.
type AI struct {
	PerThousand Range  `json:"per_1000_documents"` // in the cloud; one document is a cent or less
	GPU         Range  `json:"gpu_a_month"`
	BreakEven   [2]int `json:"break_even_documents"` // a month: the cheapest GPU against the dearest tokens, and the reverse
	Documents   int    `json:"documents_a_month"`
	Verdict     string `json:"verdict"`
}

// Report is the whole reckoning.
type Report struct {
	At      time.Time   `json:"at"`
	Facts   []Fact      `json:"facts"`
	Revenue money.Cents `json:"revenue"`
	Margin  money.Cents `json:"contribution_margin_per_load"`
	Single  Plan        `json:"single"`
	Cluster Plan        `json:"cluster"`
	Steps   []Step      `json:"steps"`
	StepAt  money.Cents `json:"step_at"`
	AI      AI          `json:"ai"`
	Stale   []string    `json:"stale"`
	Claims  []Claim     `json:"specification"`
}

// Measured is what the system knows of itself. A nil part is not known.
type Measured struct {
	Work   *usage.Work
	Store  *usage.Store
	Egress *Egress
}

// Egress is what was sent since the program started.
type Egress struct {
	Bytes int64
	Over  time.Duration
}

// figures are the inputs of one reckoning, measured or assumed.
type figures struct {
	revenue, perLoad, ai     money.Cents
	loads, trucks, documents int64
	stored, egress           int64 // bytes; egress a month
	storedHow, egressHow     string
}

// Reckon computes the report. revenue above zero replaces what is measured and assumed.
func (k *Book) Reckon(now time.Time, m Measured, revenue money.Cents) (*Report, error) {
	if revenue < 0 {
		return nil, errs.Invalid("revenue cannot be negative")
	}
	r := &Report{At: now, StepAt: money.Cents(k.StepAt), Stale: k.stale(now), Claims: claims()}
	f := k.figures(r, m, revenue)
	r.Revenue = f.revenue
	r.Margin = f.perLoad.Bps(100 * (100 - k.Inputs.VariableCostShare.Percent))
	if r.Margin <= 0 {
		return nil, errs.Invalid("a load brings no contribution margin: %s with %d %% of it spent on the load", f.perLoad.Dollars(), k.Inputs.VariableCostShare.Percent)
	}
	today := now.UTC().Format(time.DateOnly)
	r.Single = k.plan("single", k.Plans.Single.Prices, f, r.Margin, today)
	r.Cluster = k.plan("cluster", k.Plans.Cluster.Prices, f, r.Margin, today)
	for _, rev := range []money.Cents{50_000_00, 100_000_00, 200_000_00, r.StepAt, 1_000_000_00, 2_000_000_00} {
		s := Step{Revenue: rev, Single: shareOf(r.Single.Total, rev), Cluster: shareOf(r.Cluster.Total, rev), Chosen: "single", Cost: r.Single.Total}
		if rev >= r.StepAt {
			s.Chosen, s.Cost = "cluster", r.Cluster.Total
		}
		if n := len(r.Steps); n == 0 || rev > r.Steps[n-1].Revenue {
			r.Steps = append(r.Steps, s)
		}
	}
	r.AI = k.ai(f)
	return r, nil
}

// figures chooses between what is measured and what the book assumes, and tells.
func (k *Book) figures(r *Report, m Measured, revenue money.Cents) (f figures) {
	fact := func(what, value string, measured bool, source string) {
		r.Facts = append(r.Facts, Fact{what, value, measured, source})
	}
	in := k.Inputs
	const month = "counted over the last 30 days"
	w := m.Work
	if w == nil {
		w = &usage.Work{}
	}
	f.perLoad = money.Cents(in.RevenuePerLoad.Amount)
	if w.InvoicedLoads > 0 && w.Revenue > 0 {
		f.perLoad = w.Revenue / money.Cents(w.InvoicedLoads)
		fact("Revenue a load", f.perLoad.Dollars(), true, "invoices, "+month)
	} else {
		fact("Revenue a load", f.perLoad.Dollars(), false, in.RevenuePerLoad.Source)
	}
	switch {
	case revenue > 0:
		f.revenue = revenue
		fact("Revenue a month", revenue.Dollars(), false, "as asked for")
	case w.Revenue > 0:
		f.revenue = w.Revenue
		fact("Revenue a month", w.Revenue.Dollars(), true, "invoices less credit notes, "+month)
	case w.Loads > 0:
		f.revenue = f.perLoad * money.Cents(w.Loads)
		fact("Revenue a month", f.revenue.Dollars(), false, "the loads booked, by revenue a load; nothing is invoiced yet")
	default:
		f.revenue = money.Cents(in.Revenue.Amount)
		fact("Revenue a month", f.revenue.Dollars(), false, in.Revenue.Source)
	}
	if f.loads = int64(w.Loads); f.loads > 0 && revenue == 0 {
		fact("Loads a month", group(f.loads), true, "booked, "+month)
	} else {
		f.loads = max(1, int64(f.revenue/f.perLoad))
		fact("Loads a month", group(f.loads), false, "revenue by revenue a load")
	}
	if f.trucks = int64(w.Trucks); f.trucks > 0 && revenue == 0 {
		fact("Trucks", group(f.trucks), true, "in the fleet")
	} else {
		f.trucks = max(1, f.loads/in.LoadsPerTruck.Count)
		fact("Trucks", group(f.trucks), false, "loads by loads a truck: "+in.LoadsPerTruck.Source)
	}
	if f.documents = int64(w.Documents); f.documents > 0 && revenue == 0 {
		fact("Documents a month", group(f.documents), true, "received, "+month)
	} else {
		f.documents = f.loads * in.DocumentsPerLoad.Count
		fact("Documents a month", group(f.documents), false, in.DocumentsPerLoad.Source)
	}
	f.stored, f.storedHow = in.StoredGB.Count*1e9, "assumed"
	if m.Store != nil && m.Work != nil {
		f.stored, f.storedHow = m.Store.Bytes+w.DocumentBytes, "measured"
		fact("Stored", usage.Size(f.stored), true, "the database "+usage.Size(m.Store.Bytes)+", documents "+usage.Size(w.DocumentBytes))
	} else {
		fact("Stored", usage.Size(f.stored), false, in.StoredGB.Source)
	}
	f.egress, f.egressHow = in.EgressGB.Count*1e9, "assumed"
	if e := m.Egress; e != nil && e.Over >= time.Hour {
		f.egress, f.egressHow = scale(e.Bytes, int64(usage.Month/time.Second), int64(e.Over/time.Second)), "measured"
		fact("Sent a month", usage.Size(f.egress), true, "as this instance in the "+strings.TrimSuffix(e.Over.Round(time.Minute).String(), "0s")+" since it started")
	} else {
		fact("Sent a month", usage.Size(f.egress), false, in.EgressGB.Source)
	}
	if f.ai = w.AISpent; m.Work != nil {
		fact("AI spend a month", f.ai.Dollars(), true, "language models outside, "+month)
	} else {
		fact("AI spend a month", f.ai.Dollars(), false, "assumed: none is asked; measured where they are")
	}
	return f
}

func (k *Book) plan(name string, prices []string, f figures, margin money.Cents, today string) Plan {
	p := Plan{Name: name}
	for _, id := range prices {
		x := k.price(id)
		l := Line{What: x.What, Cost: Range{money.Cents(x.Low), money.Cents(x.High)}, How: "a month", Date: x.Date.String(), Source: x.Source}
		const tb = 1_000_000_000_000
		switch x.Unit {
		case "gb-month":
			l.Cost, l.How = l.Cost.times(f.stored, tb), usage.Size(f.stored)+", "+f.storedHow
		case "gb":
			l.Cost, l.How = l.Cost.times(f.egress, tb), usage.Size(f.egress)+", "+f.egressHow
		}
		p.Lines = append(p.Lines, l)
		p.Total = p.Total.plus(l.Cost)
	}
	if f.ai > 0 {
		l := Line{What: "Language models outside", Cost: Range{f.ai, f.ai}, How: "a month, measured", Date: today, Source: "what calls cost, at TRUCKFLOW_AI_PRICES"}
		p.Lines, p.Total = append(p.Lines, l), p.Total.plus(l.Cost)
	}
	p.Share = shareOf(p.Total, f.revenue)
	p.PerLoad, p.PerTruck = p.Total.times(1, f.loads), p.Total.times(1, f.trucks)
	p.BreakEven = [2]int{ceil(int64(p.Total.Low), int64(margin)), ceil(int64(p.Total.High), int64(margin))}
	return p
}

func (k *Book) ai(f figures) AI {
	in, out, gpu := k.price("tokens_in"), k.price("tokens_out"), k.price("gpu")
	a := AI{GPU: Range{money.Cents(gpu.Low), money.Cents(gpu.High)}, Documents: int(f.documents)}
	thousand := func(in, out Amount) int64 { // cents for a thousand documents
		return scale(int64(in), 1000*k.Inputs.TokensIn.Count, 1_000_000) + scale(int64(out), 1000*k.Inputs.TokensOut.Count, 1_000_000)
	}
	low, high := thousand(in.Low, out.Low), thousand(in.High, out.High)
	a.PerThousand = Range{money.Cents(low), money.Cents(high)}
	if low <= 0 || high <= 0 {
		a.Verdict = "with tokens for nothing a GPU never pays"
		return a
	}
	a.BreakEven = [2]int{ceil(int64(gpu.Low)*1000, high), ceil(int64(gpu.High)*1000, low)}
	switch {
	case a.Documents < a.BreakEven[0]:
		a.Verdict = "tokens in the cloud are cheaper at this number of documents; at home it is the privacy that is paid for"
	case a.Documents > a.BreakEven[1]:
		a.Verdict = "a GPU at home is cheaper at this number of documents"
	default:
		a.Verdict = "it depends on which model and which GPU: between the two break-evens"
	}
	return a
}

// times is r × n / d, rounded half up.
func (r Range) times(n, d int64) Range {
	return Range{money.Cents(scale(int64(r.Low), n, d)), money.Cents(scale(int64(r.High), n, d))}
}

// shareOf needs a revenue above zero.
func shareOf(r Range, revenue money.Cents) Share {
	return Share{scale(int64(r.Low), 1_000_000, int64(revenue)), scale(int64(r.High), 1_000_000, int64(revenue))}
}

// scale is v × n / d, rounded half up, for what is not negative.
func scale(v, n, d int64) int64 {
	x := new(big.Int).Mul(big.NewInt(v), big.NewInt(n))
	x.Add(x, big.NewInt(d/2))
	return x.Quo(x, big.NewInt(d)).Int64()
}

// ceil is n / d, rounded up: half a load pays nothing.
func ceil(n, d int64) int { return int((n + d - 1) / d) }

// group writes 12345 as "12,345".
func group(n int64) string {
	s := money.Cents(n * 100).Dollars()
	return strings.TrimSuffix(strings.TrimPrefix(s, "$"), ".00")
}
