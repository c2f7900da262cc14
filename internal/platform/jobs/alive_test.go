package jobs_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/ops/pgmanager/pgtest"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/pg"
)

type number struct{ N int }

// program is a Runner that reports what it works on and holds each job until let go.
func program(t *testing.T, db *pg.DB, began chan<- int, hold <-chan struct{}) *jobs.Runner {
	t.Helper()
	r := jobs.New(slog.New(slog.DiscardHandler))
	jobs.Handle(r, "count", jobs.Events, func(_ context.Context, in number) error {
		began <- in.N
		<-hold
		return nil
	})
	if err := r.Open(db, 1); err != nil {
		t.Fatal(err)
	}
	return r
}

func run(t *testing.T, r *jobs.Runner) {
	t.Helper()
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := r.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

// TestJobsOfTheDeadAreDoneAgain has one program work on a job, and a job that a
// program which is gone had begun: a second program's start does the dead one's
// and leaves the living one's alone.
func TestJobsOfTheDeadAreDoneAgain(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t, "queue and keys", startUp)
	db, err := pg.Open(t.Context(), pg.Settings{DSN: d.AppDSN, MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	ctx := tenant.System(t.Context(), ids.New())
	insert := func(r *jobs.Runner, n int) {
		t.Helper()
		if err := db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error { return r.Insert(ctx, tx, "count", number{n}) }); err != nil {
			t.Fatal(err)
		}
	}
	began, hold := make(chan int, 10), make(chan struct{})
	first := program(t, db, began, hold)
	insert(first, 1)
	run(t, first)
	if n := <-began; n != 1 {
		t.Fatalf("job %d began", n)
	}
	// What a program leaves that was cut off while it worked.
	second := program(t, db, began, hold)
	err = db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error {
		if err := second.Insert(ctx, tx, "count", number{2}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "update river_job set state = 'running', attempt = 1, attempted_at = now(), attempted_by = '{gone}' where args->'payload'->>'N' = '2'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, second)
	select {
	case n := <-began:
		if n != 2 {
			t.Errorf("job %d of a living program was begun again", n)
		}
	case <-time.After(20 * time.Second):
		t.Error("the dead program's job was never begun")
	}
	insert(second, 3)
	if n := <-began; n != 3 {
		t.Errorf("job %d of a living program was begun again", n)
	}
	close(hold)
}
