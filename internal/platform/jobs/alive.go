package jobs

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
)

// River believes a job running until a time has passed that no job may take,
// however dead its program is: minutes in which nobody reads the paper that was
// uploaded before a power cut. So each program holds a lock under its name in the
// database while it lives; what runs under a name that nobody holds is given back
// to the queue, at each start and once a minute.

const rescueEvery = time.Minute

const rescue = `
with names as materialized (
	select distinct attempted_by[array_upper(attempted_by, 1)] as who from river_job where state = 'running'),
dead as materialized (
	select who from names where who <> $1 and pg_try_advisory_xact_lock(hashtextextended('alive ' || who, 0)))
update river_job set state = 'available', scheduled_at = now()
where state = 'running' and attempted_by[array_upper(attempted_by, 1)] in (select who from dead)`

// live takes the lock, gives back what the dead left, and goes on doing both
// until the returned end is called. A lost connection is made again; a program
// that is thought dead meanwhile has its running jobs done twice, which handlers bear.
func (r *Runner) live(ctx context.Context) (end func(), err error) {
	conn, err := r.sayAlive(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for tick := time.NewTicker(rescueEvery); ; {
			select {
			case <-ctx.Done():
				tick.Stop()
				hangUp(ctx, conn)
				return
			case <-tick.C:
			}
			if conn != nil {
				err = r.rescueDead(ctx, conn)
			}
			if conn == nil || err != nil {
				hangUp(ctx, conn)
				conn, err = r.sayAlive(ctx)
			}
			if err != nil && ctx.Err() == nil {
				r.log.WarnContext(ctx, "cannot look after the jobs of the dead", "error", err)
			}
		}
	}()
	return func() { cancel(); <-done }, nil
}

func hangUp(ctx context.Context, conn *pgx.Conn) {
	if conn == nil {
		return
	}
	c, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = conn.Close(c)
}

// sayAlive returns a connection of its own that holds the lock, after the dead's jobs were given back.
func (r *Runner) sayAlive(ctx context.Context) (*pgx.Conn, error) {
	pooled, err := r.db.Pool().Acquire(ctx)
	if err != nil {
		return nil, err
	}
	conn := pooled.Hijack() // the lock belongs to it; it is no use for anything else
	if _, err = conn.Exec(ctx, "select pg_advisory_lock(hashtextextended('alive ' || $1, 0))", r.client.ID()); err == nil {
		err = r.rescueDead(ctx, conn)
	}
	if err != nil {
		hangUp(ctx, conn)
		return nil, err
	}
	return conn, nil
}

func (r *Runner) rescueDead(ctx context.Context, conn *pgx.Conn) error {
	tag, err := conn.Exec(ctx, rescue, r.client.ID())
	if n := tag.RowsAffected(); n > 0 {
		r.log.InfoContext(ctx, "jobs of a program that died are done again", "jobs", n)
	}
	return err
}
