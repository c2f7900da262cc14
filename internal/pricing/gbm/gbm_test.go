package gbm

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
)

// waves is a table whose quantiles are known: y = sin(3a) + b·c + (0.2 + 0.5·|a|)·noise,
// with an idle column, one with holes that mean something, and noise even in (-1, 1).
func waves(n int, seed uint64) (Table, func(row []float32, tau float64) float64) {
	d := Dice(seed)
	t := Table{Names: []string{"a", "b", "c", "idle", "holes"}, Cols: make([][]float32, 5), Y: make([]float64, n)}
	truth := func(row []float32, tau float64) float64 {
		a, b, c := float64(row[0]), float64(row[1]), float64(row[2])
		y := math.Sin(3*a) + b*c + (0.2+0.5*math.Abs(a))*(2*tau-1)
		if row[4] != row[4] {
			y += 0.7
		}
		return y
	}
	for i := range n {
		row := []float32{float32(2*d.Share() - 1), float32(d.Next() % 3), float32(d.Share()), float32(d.Share()), float32(d.Share())}
		if d.Next()%4 == 0 {
			row[4] = float32(math.NaN())
		}
		for c, v := range row {
			t.Cols[c] = append(t.Cols[c], v)
		}
		t.Y[i] = truth(row, d.Share())
	}
	return t, truth
}

func rowOf(t Table, i int) []float32 {
	row := make([]float32, len(t.Cols))
	for c := range t.Cols {
		row[c] = t.Cols[c][i]
	}
	return row
}

func TestForestFindsTheQuantiles(t *testing.T) {
	learn, _ := waves(8000, 1)
	taus := []float64{0.1, 0.5, 0.9}
	forests, err := Train(learn, taus, Options{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	test, truth := waves(4000, 2)
	for k, f := range forests {
		var loss, floor, flat float64
		below := 0
		for i, y := range test.Y {
			row := rowOf(test, i)
			p := f.Predict(row)
			loss += Pinball(taus[k], p, y)
			floor += Pinball(taus[k], truth(row, taus[k]), y)
			flat += Pinball(taus[k], f.Base, y)
			if y <= p {
				below++
			}
		}
		got := float64(below) / float64(len(test.Y))
		t.Logf("tau %.1f: %d trees, loss %.4f, floor %.4f, without columns %.4f, %.3f below", taus[k], len(f.Trees), loss/4000, floor/4000, flat/4000, got)
		if loss > 1.15*floor || loss > 0.6*flat {
			t.Errorf("tau %.1f: loss %.1f, the truth's own %.1f, a constant's %.1f", taus[k], loss, floor, flat)
		}
		if math.Abs(got-taus[k]) > 0.04 {
			t.Errorf("tau %.1f: %.3f fell below", taus[k], got)
		}
	}
}

func TestTrainingIsTheSameEachTimeAndSurvivesStorage(t *testing.T) {
	learn, _ := waves(1500, 3)
	a, err := Train(learn, []float64{0.5}, Options{Seed: 1, Trees: 40})
	if err != nil {
		t.Fatal(err)
	}
	b, _ := Train(learn, []float64{0.5}, Options{Seed: 1, Trees: 40})
	first, _ := json.Marshal(a)
	second, _ := json.Marshal(b)
	if string(first) != string(second) {
		t.Error("two trainings on the same rows differ")
	}
	var back []*Forest
	if err := json.Unmarshal(first, &back); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		row := rowOf(learn, i)
		if got, want := back[0].Predict(row), a[0].Predict(row); got != want {
			t.Fatalf("row %d: %v after storage, %v before", i, got, want)
		}
	}
}

func TestExplanationSumsToThePrediction(t *testing.T) {
	learn, _ := waves(3000, 4)
	f, err := Train(learn, []float64{0.5}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	weight := make([]float64, 5)
	for i := range 500 {
		row, by := rowOf(learn, i), make([]float64, 5)
		sum := f[0].Explain(row, by)
		for c, x := range by {
			sum += x
			weight[c] += math.Abs(x)
		}
		if p := f[0].Predict(row); math.Abs(sum-p) > 1e-9 {
			t.Fatalf("row %d: the parts sum to %v, the prediction is %v", i, sum, p)
		}
	}
	if idle := weight[3]; idle > 0.2*weight[0] {
		t.Errorf("the idle column moved predictions by %.2f, the first by %.2f", idle, weight[0])
	}
}

// TestBinsAndValuesTakeTheSameWay: training walks by bins, serving by values.
func TestBinsAndValuesTakeTheSameWay(t *testing.T) {
	learn, _ := waves(2000, 5)
	tr := &training{Options: Options{}.filled(), binned: bin(learn), y: learn.Y, tau: 0.5, dice: 9}
	f := tr.forest()
	for i := range learn.Y {
		row := rowOf(learn, i)
		for k, tree := range f.Trees {
			if a, b := tr.leafOf(tree, i), leafOf(tree, row); a != b {
				t.Fatalf("row %d, tree %d: leaf %d by bins, %d by values", i, k, a, b)
			}
		}
	}
}

func TestNothingToLearn(t *testing.T) {
	few, _ := waves(LeastRows-1, 1)
	good, _ := waves(LeastRows, 1)
	short, bad := good, good
	short.Cols = append(slices.Clone(good.Cols[:4]), good.Cols[4][:5])
	bad.Y = slices.Clone(good.Y)
	bad.Y[3] = math.Inf(1)
	for _, x := range []Table{few, short, bad, {Y: good.Y}} {
		if _, err := Train(x, []float64{0.5}, Options{}); err == nil {
			t.Errorf("a table of %d rows and %d columns was accepted", len(x.Y), len(x.Cols))
		}
	}
	flat := good
	flat.Y = make([]float64, len(good.Y))
	f, err := Train(flat, []float64{0.1, 0.9}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if f[0].Predict(rowOf(flat, 0)) != 0 || f[1].Predict(rowOf(flat, 0)) != 0 {
		t.Error("a constant was not foretold as itself")
	}
}

func TestCalibratedIntervalsCover(t *testing.T) {
	d := Dice(11)
	world := func(n int) (low, high, y []float64) { // intervals that are far too narrow, and off to one side
		for range n {
			x := d.Share()
			low, high, y = append(low, x-0.1), append(high, x+0.05), append(y, x+(d.Share()+d.Share()-1))
		}
		return
	}
	band := Calibrate(append3(world(1000)))
	low, high, y := world(20000)
	below, above := 0, 0
	for i := range y {
		if y[i] < low[i]-band.Low {
			below++
		}
		if y[i] > high[i]+band.High {
			above++
		}
	}
	for _, n := range []int{below, above} {
		if share := float64(n) / float64(len(y)); math.Abs(share-0.1) > 0.03 {
			t.Errorf("%.3f missed at one side, 0.1 promised", share)
		}
	}
	if b := Calibrate([]float64{1}, []float64{2}, []float64{5}, 0.2); b.High != 3 || b.Low != -4 {
		t.Errorf("of one row: %+v", b)
	}
	if b := Calibrate(nil, nil, nil, 0.2); b != (Band{}) {
		t.Errorf("of no row: %+v", b)
	}
	if a := Adapt(0.2, 0.2, 0.4, 0.5); a >= 0.2 || Adapt(a, 0.2, 1, 9) != 0.01 {
		t.Error("what missed too often is not widened, or without end")
	}
}

func append3(low, high, y []float64) ([]float64, []float64, []float64, float64) {
	return low, high, y, 0.2
}

func BenchmarkTrain50000(b *testing.B) {
	learn, _ := waves(50000, 1)
	for b.Loop() {
		if _, err := Train(learn, []float64{0.1, 0.5, 0.9}, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
