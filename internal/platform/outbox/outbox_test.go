package outbox_test

import (
	"context"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/outbox"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/pg/schematest"
)

// TestAProgramThoughtDeadSendsNothingTwice: a program is thought dead while it hands
// a mail to a slow server, and another one takes the job over. It waits, finds the
// mail sent, and sends nothing.
func TestAProgramThoughtDeadSendsNothingTwice(t *testing.T) {
	t.Parallel()
	d := schematest.New(t)
	db, err := pg.Open(t.Context(), pg.Settings{DSN: d.AppDSN, MaxConns: 12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	var sent atomic.Int64
	sending, hold := make(chan struct{}, 4), make(chan struct{})
	done := make(chan string, 4)
	program := func(name string) (*outbox.Outbox, *jobs.Runner) {
		r := jobs.New(slog.New(slog.DiscardHandler))
		r.OnDone(func(_ string, _ time.Duration, err error) {
			if err != nil {
				name += ": " + err.Error()
			}
			done <- name
		})
		o := outbox.New(db, clock.System, r, func(context.Context, outbox.Mail, func(outbox.File) (io.ReadCloser, error)) (bool, error) {
			sent.Add(1)
			sending <- struct{}{}
			<-hold
			return false, nil
		}, nil)
		if err := r.Open(db, 1); err != nil {
			t.Fatal(err)
		}
		return o, r
	}
	run := func(r *jobs.Runner) {
		if err := r.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
			defer cancel()
			_ = r.Stop(ctx)
		})
	}
	o, first := program("first")
	_, second := program("second")
	ctx := tenant.System(t.Context(), ids.New())
	m := outbox.Mail{ID: ids.New(), To: "ap@acme.example", Subject: "Invoice 7", Body: "…"}
	exec := func(sql string, args ...any) {
		t.Helper()
		if err := db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error { _, err := tx.Exec(ctx, sql, args...); return err }); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		a, _ := tenant.From(ctx)
		_, err := tx.Exec(ctx, "insert into orgs (id, created_at) values ($1, now())", a.Org)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := db.WithTx(ctx, func(ctx context.Context, tx *pg.Tx) error { return o.Queue(ctx, tx, m) }); err != nil {
		t.Fatal(err)
	}
	run(first)
	<-sending
	exec("update river_job set state = 'available', scheduled_at = now()") // as the rescue does
	run(second)
	waiting := "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		var n int
		if err := db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error { return tx.QueryRow(ctx, waiting).Scan(&n) }); err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the second program does not wait for the first: %d sent", sent.Load())
		}
	}
	close(hold)
	for range 2 {
		select {
		case who := <-done:
			if who != "first" && who != "second" {
				t.Error(who)
			}
		case <-time.After(30 * time.Second):
			t.Fatal("a job does not end")
		}
	}
	got, err := o.Get(ctx, m.ID)
	if err != nil || got.State != "sent" || sent.Load() != 1 {
		t.Errorf("sent %d times, state %s, %v", sent.Load(), got.State, err)
	}
}
