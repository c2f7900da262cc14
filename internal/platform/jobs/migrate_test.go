package jobs_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5/pgxpool"

	"truckflow/internal/ops/pgmanager/pgtest"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/pg"
)

// startUp is what an instance does before it works, with the queue alone.
func startUp(ctx context.Context, dsn string) error {
	if _, err := pg.Migrate(ctx, dsn, fstest.MapFS{"202601010000_platform_none.sql": {Data: []byte("select 1")}}, slog.New(slog.DiscardHandler)); err != nil {
		return err
	}
	if err := jobs.Migrate(ctx, dsn); err != nil {
		return err
	}
	return pg.Grant(ctx, dsn)
}

// TestStartTogether: several instances that start at one moment on an empty database
// all find it made, and none fails.
func TestStartTogether(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t, "empty", func(context.Context, string) error { return nil })
	var all sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		all.Go(func() { errs[i] = startUp(t.Context(), d.OwnerDSN) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	pool, err := pgxpool.New(t.Context(), d.OwnerDSN)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec(t.Context(), "select count(*) from river_job"); err != nil {
		t.Error(err)
	}
}
