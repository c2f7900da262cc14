package tracking_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/geo"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/pg/schematest"
	"truckflow/internal/tracking"
)

type house struct {
	*tracking.Service
	db    *pg.DB
	clock *clock.Fake
	a, b  context.Context // two companies
	sold  map[ids.ID]bool // trucks that are not theirs
}

// open works with the real clock's day: a day is dropped by what the database calls yesterday.
func open(t *testing.T) house {
	t.Helper()
	d := schematest.New(t)
	db, err := pg.Open(t.Context(), pg.Settings{DSN: d.AppDSN, MaxConns: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	clk := clock.At(clock.System.Now())
	sold := map[ids.ID]bool{}
	known := func(_ context.Context, trucks []ids.ID) (map[ids.ID]bool, error) {
		out := map[ids.ID]bool{}
		for _, id := range trucks {
			if !sold[id] {
				out[id] = true
			}
		}
		return out, nil
	}
	return house{tracking.New(db, clk, 60, known, nil), db, clk, tenant.System(t.Context(), ids.New()), tenant.System(t.Context(), ids.New()), sold}
}

// count counts stored positions and their tables as one company sees them.
func (h house) count(t *testing.T, ctx context.Context) (positions, days int) {
	t.Helper()
	err := h.db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		return tx.QueryRow(ctx, "select (select count(*) from positions), (select count(*) from pg_inherits where inhparent = 'positions'::regclass)").Scan(&positions, &days)
	})
	if err != nil {
		t.Fatal(err)
	}
	return positions, days
}

func TestPositionsComeAndGoByTheDay(t *testing.T) {
	t.Parallel()
	h := open(t)
	now, truck := h.clock.Now(), ids.New()
	here := geo.Point{Lat: 41.5, Lon: -88.1}
	ping := func(days int) tracking.Ping {
		return tracking.Ping{TruckID: truck, At: now.AddDate(0, 0, -days), Where: here, Source: "eld"}
	}
	late := []tracking.Ping{ping(3), ping(0), ping(40), ping(40)}
	if err := h.Report(h.a, late); err != nil {
		t.Fatal(err)
	}
	if err := h.Report(h.a, late); err != nil { // an ELD that sends again
		t.Fatal(err)
	}
	if err := h.Report(h.b, []tracking.Ping{ping(3)}); err != nil {
		t.Fatal(err)
	}
	if n, days := h.count(t, h.a); n != 3 || days != 3 {
		t.Errorf("%d positions in %d days, want 3 in 3", n, days)
	}
	if err := h.Report(h.a, []tracking.Ping{ping(61)}); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("a position older than what is kept: %v", err)
	}
	other := ids.New()
	h.sold[other] = true
	err := h.Report(h.a, []tracking.Ping{ping(1), {TruckID: other, At: now, Where: here}})
	if !errs.Is(err, errs.KindInvalid) || len(errs.Public(err).Fields) != 1 || !strings.Contains(errs.Public(err).Fields["positions[1].truck_id"], other.String()) {
		t.Errorf("a truck nobody has: %+v", err)
	}
	if n, _ := h.count(t, h.a); n != 3 {
		t.Errorf("%d positions after a refused batch, want 3", n)
	}
	if last, err := h.Lasts(h.a); err != nil || len(last) != 1 || !last[truck].At.Equal(now) {
		t.Errorf("last positions: %+v %v", last, err)
	}
	if n, err := h.Tend(t.Context()); err != nil || n != 0 {
		t.Errorf("%d days dropped, %v; all are young", n, err)
	}
	if _, days := h.count(t, h.a); days != 3+8 { // yesterday, and the coming week
		t.Errorf("%d days after tending, want 11", days)
	}
	h.clock.Advance(25 * 24 * time.Hour)
	if n, err := h.Tend(t.Context()); err != nil || n != 1 {
		t.Errorf("%d days dropped, %v; want the one of 40 days ago", n, err)
	}
	if n, _ := h.count(t, h.a); n != 2 {
		t.Errorf("%d positions left, want 2", n)
	}
	h.clock.Advance(100 * 24 * time.Hour)
	if _, err := h.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, _ := h.count(t, h.a); n != 1 {
		t.Errorf("%d positions left; a clock that runs ahead must not drop today's", n)
	}
	if last, err := h.Lasts(h.b); err != nil || len(last) != 1 {
		t.Errorf("a truck's last position went with its day: %+v %v", last, err)
	}
}

// TestADaysTableIsWalled asks a day's table past its parent: row security holds there too.
func TestADaysTableIsWalled(t *testing.T) {
	t.Parallel()
	h := open(t)
	now := h.clock.Now()
	if err := h.Report(h.a, []tracking.Ping{{TruckID: ids.New(), At: now, Where: geo.Point{Lat: 40, Lon: -90}}}); err != nil {
		t.Fatal(err)
	}
	day := "positions_" + now.UTC().Format("20060102")
	err := h.db.WithRead(h.a, func(ctx context.Context, tx *pg.Tx) error {
		_, err := tx.Exec(ctx, "select count(*) from "+day)
		return err
	})
	if err == nil { // the program's role needs no grant on it
		t.Error("the program may ask a day's table directly before it was granted")
	}
	if n, _ := h.count(t, h.b); n != 0 {
		t.Errorf("another company sees %d positions", n)
	}
}

// TestManyPositions stores what a fleet reports and prints how fast it was.
func TestManyPositions(t *testing.T) {
	t.Parallel()
	h := open(t)
	now := h.clock.Now()
	began := clock.System.Now()
	const batches = 40
	for b := range batches {
		pings := make([]tracking.Ping, 500)
		for i := range pings {
			pings[i] = tracking.Ping{TruckID: ids.At(time.UnixMilli(int64(i))), At: now.Add(-time.Duration(b) * time.Minute), Where: geo.Point{Lat: 41, Lon: -88}}
		}
		if err := h.Report(h.a, pings); err != nil {
			t.Fatal(err)
		}
	}
	if n, _ := h.count(t, h.a); n != batches*500 {
		t.Errorf("%d positions stored, want %d", n, batches*500)
	}
	took := clock.System.Now().Sub(began)
	t.Logf("%d positions in %s: %.0f a second", batches*500, took.Round(time.Millisecond), batches*500/took.Seconds())
}
