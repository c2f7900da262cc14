package jobs_test

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"truckflow/internal/ops/pgmanager/pgtest"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/pg"
)

// TestRegularJobsUnderTwoLeaders takes the lead from a program that goes on believing that it leads, and lets another
// have it: what is done once in a period is done once, whoever believes what.
func TestRegularJobsUnderTwoLeaders(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t, "queue and keys", startUp)
	db, err := pg.Open(t.Context(), pg.Settings{DSN: d.AppDSN, MaxConns: 12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	var rare atomic.Int64
	often := make(chan struct{}, 1000)
	for range 2 {
		r := jobs.New(slog.New(slog.DiscardHandler))
		jobs.Regularly(r, "rare", 10_000*time.Hour, func(context.Context) error { rare.Add(1); return nil })
		jobs.Regularly(r, "often", time.Second, func(context.Context) error { often <- struct{}{}; return nil })
		if err := r.Open(db, 1); err != nil {
			t.Fatal(err)
		}
		run(t, r)
	}
	turns := func(n int) {
		t.Helper()
		for range n {
			select {
			case <-often:
			case <-time.After(time.Minute):
				t.Fatal("nobody does the regular jobs")
			}
		}
	}
	ask := func(sql string) (answer string) {
		t.Helper()
		err := db.WithoutTenant(t.Context(), func(ctx context.Context, tx *pg.Tx) error { return tx.QueryRow(ctx, sql).Scan(&answer) })
		if err != nil && !pg.IsNoRows(err) {
			t.Fatal(err)
		}
		return answer
	}
	turns(1)
	first := ask("select leader_id from river_leader")
	// Whoever is not the first takes it: its own try comes every five seconds, the first's belief ends as late.
	for leads := first; leads == first; {
		ask("with gone as (delete from river_leader where leader_id = '" + first + "' returning 1) select count(*)::text from gone")
		turns(1)
		leads = ask("select coalesce((select leader_id from river_leader), '" + first + "')")
	}
	turns(2)
	if n := rare.Load(); n != 1 {
		t.Errorf("what is done once in a period was done %d times", n)
	}
	if twice := ask("select count(*)::text from (select from river_job where args->>'do' = 'often' group by date_trunc('second', scheduled_at) having count(*) > 1) x"); twice != "0" {
		t.Errorf("in %s seconds what is done once a second was done twice", twice)
	}
}
