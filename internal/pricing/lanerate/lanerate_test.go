package lanerate

import (
	"encoding/json"
	"errors"
	"math"
	"testing"

	"truckflow/internal/pricing/gbm"
)

// market is an invented carrier's past: lanes of unequal popularity, each with
// its own level, a market that swings, even noise of ±noise, and, where hidden
// is not nought, what no mean of lanes can see: urgent loads pay more, more so
// in reefers, and heavy ones on long hauls.
type market struct{ noise, hidden, swing float64 }

func (m market) hauls(n int, seed uint64) []Haul {
	d := gbm.Dice(seed)
	states := []string{"TX", "GA", "IL", "CA", "PA", "OH", "FL", "TN"}
	var out []Haul
	for i := range n {
		day := 18000 + i*730/n
		from, to := int(d.Next()%8), int(d.Next()%8)
		a, b := int(d.Share()*d.Share()*6), int(d.Share()*d.Share()*6) // areas of a state: the first most often
		f := Freight{Day: day, Equipment: []string{"van", "reefer"}[d.Next()%2], Stops: 2, LeadHours: 2 + 94*d.Share(), WeightLb: 8000 + 36000*d.Share(),
			PickupDay: day + 2, Payer: string(rune('a' + d.Next()%12)), DieselCost: math.NaN(), Miles: 120 + 300*math.Abs(float64(from-to)) + 20*float64(a+b)}
		f.From = Place{Area: states[from] + string(rune('0'+a)), State: states[from], Lat: 30 + float64(from), Lon: -80 - float64(a)}
		f.To = Place{Area: states[to] + string(rune('0'+b)), State: states[to], Lat: 30 + float64(to), Lon: -80 - float64(b)}
		y := 0.8 + 0.08*float64((from*5+to*3)%7-3) + 0.05*float64((a*3+b)%5-2) + m.swing*math.Sin(float64(day-18000)/100)
		if f.Equipment == "reefer" {
			y += 0.15
		}
		urgent := math.Max(0, 24-f.LeadHours) / 24
		y += m.hidden * urgent
		if f.Equipment == "reefer" {
			y += m.hidden * urgent
		}
		if f.WeightLb > 38000 && f.Miles > 900 {
			y += m.hidden
		}
		out = append(out, Haul{Freight: f, Rate: math.Exp(y + m.noise*(2*d.Share()-1))})
	}
	return out
}

func TestTreesAnswerOnlyWhereTheyBeatTheBaseline(t *testing.T) {
	for _, x := range []struct {
		name  string
		m     market
		serve bool
	}{
		{"something only trees can see", market{noise: 0.08, hidden: 0.2, swing: 0.15}, true},
		{"nothing but lanes and noise", market{noise: 0.2, swing: 0.02}, false},
	} {
		rep, err := Backtest(x.m.hauls(3600, 3), gbm.Options{Trees: 60})
		if err != nil {
			t.Fatal(err)
		}
		m, b := rep.Methods[byModel], rep.Methods[byBaseline]
		t.Logf("%s: %d tested, gain %.3f (%.3f to %.3f), MAE %.3f / %.3f, coverage %.2f / %.2f, width %.2f / %.2f; lane median %.3f, last %.3f, all %.3f", x.name, rep.Tested,
			rep.Gain.Mid, rep.Gain.Low, rep.Gain.High, m.MAE, b.MAE, m.Coverage, b.Coverage, m.Width, b.Width, rep.Methods[byLaneMedian].MAE, rep.Methods[byLast].MAE, rep.Methods[byAll].MAE)
		if rep.Serve != x.serve {
			t.Errorf("%s: serve %v: %s", x.name, rep.Serve, rep.Reason)
		}
		for _, s := range []Score{m, b} {
			if math.Abs(s.Coverage-0.8) > 0.06 {
				t.Errorf("%s: %s covers %.3f of 0.8", x.name, s.Method, s.Coverage)
			}
		}
		if b.MAE >= rep.Methods[byLast].MAE || b.MAE >= rep.Methods[byAll].MAE {
			t.Errorf("%s: the baseline is no better than naive", x.name)
		}
		n := 0
		for _, w := range rep.Windows {
			n += w.Loads
		}
		for _, k := range rep.Buckets {
			n += k.Loads
		}
		if n != 2*rep.Tested || rep.Tested < 2000 {
			t.Errorf("windows and buckets hold %d of 2×%d", n, rep.Tested)
		}
	}
}

// TestNothingLooksAhead: what is said of a load does not change when the future does.
func TestNothingLooksAhead(t *testing.T) {
	hauls := InOrder(market{noise: 0.1, hidden: 0.2, swing: 0.1}.hauls(1500, 5))
	a, b := tell(hauls[:1000], NewBaseline(4)), tell(hauls, NewBaseline(4))
	for i := range 1000 {
		if a.said[i] != b.said[i] || a.mids[i] != b.mids[i] {
			t.Fatalf("load %d: the baseline knows of later ones", i)
		}
		for c := range a.table.Cols {
			x, y := a.table.Cols[c][i], b.table.Cols[c][i]
			if x != y && (x == x || y == y) {
				t.Fatalf("load %d: %s knows of later ones", i, columns[c].name)
			}
		}
	}
}

func TestEstimateSaysWhoAnsweredAndFromWhat(t *testing.T) {
	hauls := market{noise: 0.08, hidden: 0.2, swing: 0.1}.hauls(4000, 9)
	base := Fit(hauls)
	model, err := Learn(hauls, gbm.Options{Trees: 80})
	if err != nil {
		t.Fatal(err)
	}
	f := hauls[3990].Freight
	f.Day = hauls[3999].Day
	f.LeadHours, f.Equipment = 3, "reefer"
	plain, _ := base.Estimate(f, nil)
	urgent, ok := base.Estimate(f, model)
	if !ok || plain.Engine != "baseline" || urgent.Engine != "model" || urgent.Comparables != plain.Comparables {
		t.Fatalf("%+v, %+v", plain, urgent)
	}
	if urgent.Mid < 1.15*plain.Mid || urgent.Low > urgent.Mid || urgent.Mid > urgent.High {
		t.Errorf("an urgent reefer load: %.2f (%.2f to %.2f), the baseline says %.2f", urgent.Mid, urgent.Low, urgent.High, plain.Mid)
	}
	if urgent.Drivers[0].Words != "how soon it picks up" || urgent.Drivers[0].PerMile < 0.2 {
		t.Errorf("drivers: %+v", urgent.Drivers)
	}
	var stored, back struct {
		Base  *Baseline
		Model *Model
	}
	stored.Base, stored.Model = base, model
	raw, err := json.Marshal(stored)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if again, _ := back.Base.Estimate(f, back.Model); again.Range != urgent.Range || again.Comparables != urgent.Comparables {
		t.Errorf("after storage %+v, before %+v", again.Range, urgent.Range)
	}
	back.Model.Names[0] = "something older"
	if e, _ := base.Estimate(f, back.Model); e.Engine != "baseline" {
		t.Error("a model of another program's columns answered")
	}
}

func TestFewLoads(t *testing.T) {
	all := market{noise: 0.1}.hauls(3000, 1)
	if _, err := Backtest(all[:900], gbm.Options{}); !errors.Is(err, ErrFew) {
		t.Errorf("900 loads: %v", err)
	}
	if _, ok := Fit(nil).Estimate(all[0].Freight, nil); ok {
		t.Error("a baseline that saw nothing answered")
	}
	one, ok := Fit(all[:1]).Estimate(all[1].Freight, nil)
	if !ok || one.High/one.Low < 2 {
		t.Errorf("from one load: %+v", one)
	}
	bad := all[0]
	bad.Rate = 4000 // a total in the wrong column
	if got := InOrder([]Haul{bad, all[0]}); len(got) != 1 {
		t.Errorf("%d of 2 usable", len(got))
	}
}

func BenchmarkEstimate(b *testing.B) {
	hauls := market{noise: 0.08, hidden: 0.2, swing: 0.1}.hauls(20000, 9)
	base := Fit(hauls)
	model, err := Learn(hauls, gbm.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		base.Estimate(hauls[19999].Freight, model)
	}
}

func BenchmarkLearn50000(b *testing.B) {
	hauls := market{noise: 0.08, hidden: 0.2, swing: 0.1}.hauls(50000, 9)
	for b.Loop() {
		if _, err := Learn(hauls, gbm.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
