package sim

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"truckflow/internal/kit/money"
)

// invented is the carrier as the API would give it.
func invented(seed int64) carrier {
	v := carrier{drivers: map[string]string{}}
	for i := range 40 {
		id := fmt.Sprint("driver", i)
		v.trucks = append(v.trucks, wireTruck{Unit: fmt.Sprint(101 + i), DriverID: id})
		v.drivers[id] = fmt.Sprint("Driver ", i)
	}
	for i := range 55 {
		v.trailers = append(v.trailers, wireTrailer{Unit: fmt.Sprint(5301 + i), Equipment: equipmentOf(i)})
	}
	for _, b := range brokers(seed, 15) {
		v.payers = append(v.payers, payer{broker: b, ID: b.USDOT})
	}
	return v
}

func TestPastIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	w := weekOf(noon) - 5
	a, b := invented(1).week(1, w, noon), invented(1).week(1, w, noon)
	if len(a) == 0 || !reflect.DeepEqual(a, b) {
		t.Errorf("the same week twice differs: %d and %d loads", len(a), len(b))
	}
	if got, ok := pastWeek(a[len(a)-1].Number); !ok || got != w {
		t.Errorf("load %s is of week %d, want %d", a[len(a)-1].Number, got, w)
	}
	for _, s := range []string{"L-10001", "", "17", "D-359001"} {
		if w, ok := pastWeek(s); ok {
			t.Errorf("%q is taken for a load of week %d", s, w)
		}
	}
}

// TestRestartFindsTheSameYear: a first start on any weekday must leave the week
// that a restart counts back from, or the restart would add an older one.
func TestRestartFindsTheSameYear(t *testing.T) {
	t.Parallel()
	v := invented(1)
	for day := range 7 {
		now := noon.AddDate(0, 0, day)
		w := v.latest(1, now)
		if rows := v.week(1, w, now); len(rows) == 0 || w < weekOf(now)-1 {
			t.Errorf("%s: week %d of %d has %d loads", now.Weekday(), w, weekOf(now), len(rows))
		}
	}
}

// TestPastIsPlausible looks at the whole year for what would look absurd on a page.
func TestPastIsPlausible(t *testing.T) {
	t.Parallel()
	v, n, owed, short, onTime, detained := invented(1), 0, 0, 0, 0, 0
	var billed, miles float64
	months, payers := map[time.Month]int{}, map[string]int{}
	for w := weekOf(noon); w > weekOf(noon)-52; w-- {
		free := map[string]time.Time{}
		for _, r := range v.week(1, w, noon) {
			n++
			h := r.haul
			if h.PickupAt.Before(free[r.Truck]) {
				t.Errorf("truck %s is picked up at %s while its last load is on until %s", r.Truck, h.PickupAt, free[r.Truck])
			}
			free[r.Truck] = h.Dropped
			if h.PickedUp.Before(h.Reached) || h.Arrived.Before(h.PickedUp) || h.Dropped.Before(h.Arrived) || h.Dropped.Before(h.DropAt) {
				t.Errorf("%s: at the shipper %s to %s, at the receiver %s to %s", r.Number, h.Reached, h.PickedUp, h.Arrived, h.Dropped)
			}
			stood := max(h.PickedUp.Sub(later(h.Reached, h.PickupAt)), h.Dropped.Sub(later(h.Arrived, h.DropAt)))
			if free, due := stood-2*time.Hour, time.Duration(h.Detained)*time.Hour; free > 0 && h.Detained == 0 || h.Detained > 0 && (free < due-time.Hour || free > due+time.Hour) {
				t.Errorf("%s: stood %s, detained %d hours", r.Number, stood, h.Detained)
			}
			if !h.Arrived.After(h.DropAt) {
				onTime++
			}
			if h.Detained > 0 {
				detained++
			}
			var total money.Cents
			for _, c := range h.Load.Charges {
				total += c.Amount
			}
			if rate := total.PerMile(h.Miles) / 100; rate < 120 || rate > 700 {
				t.Errorf("%s: %d cents a mile over %d miles", r.Number, rate, h.Miles)
			}
			if h.Dropped.After(noon) || r.Invoiced.After(noon) || r.PaidOn.After(noon) || r.Invoiced.Before(h.Dropped.Truncate(24*time.Hour)) || r.Driver == "" {
				t.Errorf("%s: delivered %s, invoiced %s, paid %s", r.Number, h.Dropped, r.Invoiced, r.PaidOn)
			}
			if r.Paid+0 > total || r.Short != "" && r.Paid == total {
				t.Errorf("%s: paid %s of %s %q", r.Number, r.Paid, total, r.Short)
			}
			if r.PaidOn.IsZero() {
				owed++
			}
			if r.Short != "" {
				short++
			}
			months[h.PickupAt.Month()]++
			payers[r.payer.Name]++
			billed += float64(total) / 100
			miles += float64(h.Miles)
		}
	}
	if n < 7200 || n > 8800 || owed < n/100 || owed > n/6 || short < n/200 || short > n/20 {
		t.Errorf("%d loads, %d owed, %d short", n, owed, short)
	}
	if onTime < n*88/100 || onTime > n*97/100 || detained < n/20 || detained > n/7 {
		t.Errorf("of %d loads %d were on time, %d were detained", n, onTime, detained)
	}
	if months[time.October] < months[time.January]*11/10 || len(payers) != 15 {
		t.Errorf("no season, or a broker without loads: %v %v", months, payers)
	}
	if truck := billed / 40; truck < 180_000 || truck > 420_000 {
		t.Errorf("a truck earns $%.0f a year", truck)
	}
	t.Logf("%d loads, %d on time, %d detained, %d owed, %d short, $%.2f a mile, %.0f miles and $%.0f a truck; %v; %v", n, onTime, detained, owed, short, billed/miles, miles/40, billed/40, months, payers)
}
