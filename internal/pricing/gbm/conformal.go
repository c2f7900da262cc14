package gbm

import "math"

// Band is how far an interval is moved outward at each end to hold what it
// promises; negative where it was too wide.
type Band struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Calibrate is conformalised quantile regression (Romano, Patterson & Candès,
// 2019, the asymmetric form): from intervals foretold for rows that the forests
// never saw, the band with which a further row of the same kind falls below, and
// above, with a chance of at most miss/2 each. With too few rows for that the
// widest error seen is the band.
func Calibrate(low, high, y []float64, miss float64) Band {
	n := len(y)
	if n == 0 {
		return Band{}
	}
	below, above := make([]float64, n), make([]float64, n)
	for i := range y {
		below[i], above[i] = low[i]-y[i], y[i]-high[i]
	}
	tau := math.Min(1, math.Ceil(float64(n+1)*(1-miss/2))/float64(n))
	return Band{Low: Quantile(below, tau), High: Quantile(above, tau)}
}

// Adapt is the next miss to calibrate for, after a window in which the share
// missed fell outside although want was promised (Gibbs & Candès, 2021): a
// market that moves makes intervals wider until they hold again.
func Adapt(miss, want, missed, step float64) float64 {
	return math.Min(math.Max(miss+step*(want-missed), 0.01), 0.5)
}
