package app

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"truckflow/internal/config"
	"truckflow/internal/ops/pgmanager/pgtest"
)

// TestStartsWithoutItsOutsideServices: an instance that ends while Redis and the file
// storage are away starts again, works, and says what is missing.
func TestStartsWithoutItsOutsideServices(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, "empty", func(context.Context, string) error { return nil })
	env := map[string]string{"DATABASE_URL": db.OwnerDSN, "TRUCKFLOW_DATA": t.TempDir(), "JWT_SECRET": strings.Repeat("k7", 20), "TRUCKFLOW_BACKUP_WAL": "off",
		"REDIS_URL": "redis://127.0.0.1:1", "S3_ENDPOINT": "http://127.0.0.1:1", "S3_ACCESS_KEY_ID": "k", "S3_SECRET_ACCESS_KEY": "s"}
	cfg, err := config.Load(func(k string) (string, bool) { v, ok := env[k]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(t.Context(), cfg, slog.New(slog.DiscardHandler), "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	a.ready.Store(true)
	ctx := found(t, a, "Alone")
	must(a.Loads.Book(ctx, dallasToMemphis(customer(t, a, ctx, "Acme", 0), "R", 1_500_00)))(t)
	b := browse(t, a, "Alone")
	has(t, b.get("/operations"), "each instance keeps its own until it does")
	has(t, answer(a, "GET", "/metrics", nil, "").Body.String(), `truckflow_degraded{what="cache"} 1`)
	if w := answer(a, "GET", "/readyz", nil, ""); w.Code != 200 {
		t.Errorf("not ready: %d %s", w.Code, w.Body)
	}
	for _, c := range a.Health(t.Context()) {
		if away := c.Port == "cache" || c.Port == "live news" || c.Port == "files"; c.OK == away {
			t.Errorf("%s is said to work: %v", c.Port, c.OK)
		}
	}
}
