package usage_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/ops/usage"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/pg/schematest"
	"truckflow/internal/platform/telemetry"
)

// TestSent asks what the program itself shows, after it has answered somebody.
func TestSent(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics(telemetry.Build{})
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	defer srv.Close()
	mux.Handle("GET /metrics", m.Handler())
	mux.Handle("GET /page", m.HTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "0123456789") }), nil))
	for range 3 {
		res, err := srv.Client().Get(srv.URL + "/page")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	n, since, err := usage.Sent(t.Context(), srv.URL+"/metrics")
	if err != nil || n != 30 || time.Since(since) < 0 || time.Since(since) > 24*time.Hour {
		t.Errorf("%d bytes since %s, %v", n, since, err)
	}
	for _, at := range []string{srv.URL + "/page", srv.URL + "/nowhere", "http://127.0.0.1:1/metrics"} {
		if _, _, err := usage.Sent(t.Context(), at); err == nil {
			t.Errorf("%s has no figures", at)
		}
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "0 kB", 999_999: "999 kB", 1_000_000: "1.0 MB", 41_230_000_000: "41.2 GB", 2_500_000_000_000: "2.5 TB"} {
		if got := usage.Size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestDisk(t *testing.T) {
	t.Parallel()
	if d, err := usage.DiskOf(t.TempDir()); err != nil || d.Free <= 0 || d.Free > d.Total {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := usage.DiskOf("/nowhere/at/all"); err == nil {
		t.Error("a folder that is not there has a disk")
	}
}

// TestStoredCountsWhatNobodyHasVacuumed: a table of 34 MB must not be said to be empty.
func TestStoredCountsWhatNobodyHasVacuumed(t *testing.T) {
	t.Parallel()
	d := schematest.New(t)
	c, err := pgx.Connect(t.Context(), d.OwnerDSN)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Exec(t.Context(), "insert into orgs (id, created_at) select gen_random_uuid(), now() from generate_series(1, 500)"); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(t.Context()); err != nil { // a backend tells its counts when it ends
		t.Fatal(err)
	}
	db, err := pg.Open(t.Context(), pg.Settings{DSN: d.AppDSN, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	s, err := usage.Stored(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(s.Tables, func(x usage.Table) bool { return x.Name == "orgs" })
	if i < 0 || s.Tables[i].Rows < 500 {
		t.Errorf("orgs is at %d: %+v", i, s.Tables)
	}
}
