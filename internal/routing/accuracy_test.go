package routing

import (
	"encoding/csv"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"truckflow/internal/kit/geo"
	"truckflow/internal/routing/gazetteer"
)

// pair is two cities and the road miles between them.
type pair struct {
	from, to string
	a, b     geo.Point
	miles    float64
}

func readCSV(t testing.TB, name string) [][]string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func number(t testing.TB, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func training(t testing.TB) []pair {
	var out []pair
	for _, r := range readCSV(t, "testdata/training.csv") {
		out = append(out, pair{r[0], r[1], cityPoint(t, r[0]), cityPoint(t, r[1]), number(t, r[2])})
	}
	return out
}

func heldOut(t testing.TB) []pair {
	var out []pair
	for _, r := range readCSV(t, "testdata/heldout.csv") {
		out = append(out, pair{r[0], r[3], geo.Point{Lat: number(t, r[1]), Lon: number(t, r[2])}, geo.Point{Lat: number(t, r[4]), Lon: number(t, r[5])}, number(t, r[6])})
	}
	return out
}

func cityPoint(t testing.TB, s string) geo.Point {
	t.Helper()
	city, state, _ := strings.Cut(s, ", ")
	p, ok := gazetteer.City(city, state)
	if !ok {
		t.Fatalf("no city %s", s)
	}
	return p.Point
}

// score returns the mean absolute and the mean signed error, and the worst
// pair, in per cent.
func score(pairs []pair, miles func(a, b geo.Point) float64) (mape, bias, worst float64, which string) {
	for _, p := range pairs {
		e := 100 * (miles(p.a, p.b)/p.miles - 1)
		mape += math.Abs(e) / float64(len(pairs))
		bias += e / float64(len(pairs))
		if math.Abs(e) > math.Abs(worst) {
			worst, which = e, p.from+" - "+p.to
		}
	}
	return mape, bias, worst, which
}

func estimate(a, b geo.Point) float64 {
	m, _ := legMiles(a, b)
	return m
}

// TestAccuracy prints how good the estimate is. The held-out pairs took no part
// in the fit; the bound is on them.
func TestAccuracy(t *testing.T) {
	t.Parallel()
	held := heldOut(t)
	var odd, even []pair
	for i, p := range held {
		if i%2 == 0 {
			even = append(even, p)
		} else {
			odd = append(odd, p)
		}
	}
	plain := func(a, b geo.Point) float64 { return a.Miles(b) * 1.16 }
	for _, s := range []struct {
		name  string
		pairs []pair
	}{{"training", training(t)}, {"held out", held}, {"held out, even rows", even}, {"held out, odd rows", odd}} {
		m, b, w, which := score(s.pairs, estimate)
		m0, _, w0, _ := score(s.pairs, plain)
		t.Logf("%-20s %3d pairs: MAPE %.2f%%, bias %+.2f%%, worst %+.1f%% (%s); one factor 1.16: %.2f%%, worst %+.1f%%", s.name, len(s.pairs), m, b, w, which, m0, w0)
	}
	if m, _, w, which := score(held, estimate); m > 5 || math.Abs(w) > 15 {
		t.Errorf("held out: MAPE %.2f%%, worst %.1f%% (%s)", m, w, which)
	}
}

func TestHeldOutPairsAreNotTrainedOn(t *testing.T) {
	t.Parallel()
	city := func(s string) string { c, _, _ := strings.Cut(s, ","); return strings.Replace(c, "St.", "Saint", 1) }
	trained := map[[2]string]bool{}
	for _, p := range training(t) {
		trained[[2]string{city(p.from), city(p.to)}], trained[[2]string{city(p.to), city(p.from)}] = true, true
	}
	for _, p := range heldOut(t) {
		if trained[[2]string{city(p.from), city(p.to)}] {
			t.Errorf("%s - %s is in both", p.from, p.to)
		}
	}
}
