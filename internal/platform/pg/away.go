package pg

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"truckflow/internal/kit/errs"
)

// absence is what is known of a primary that is not there: since when, and a
// channel that closes when it is back. One goroutine looks for it, so that a
// hundred requests that wait for it do not.
type absence struct {
	mu    sync.Mutex
	since time.Time // zero while the primary is there
	back  chan struct{}
}

func (a *absence) get() (since time.Time, back <-chan struct{}) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.since.IsZero() {
		return a.since, nil
	}
	return a.since, a.back
}

// Away reports since when nothing can be written: there is no primary, or it
// refuses. Reading may go on from a replica meanwhile; see WithReplica.
func (db *DB) Away() (since time.Time, away bool) {
	since, _ = db.absence.get()
	return since, !since.IsZero()
}

// OnAway has f told when the primary goes (away) and when it is back. It must be
// called before the first transaction.
func (db *DB) OnAway(f func(away bool)) { db.onAway = f }

// lost says that the primary could not be reached or refused to write.
func (db *DB) lost(err error) {
	db.absence.mu.Lock()
	defer db.absence.mu.Unlock()
	if !db.absence.since.IsZero() || db.closing.Err() != nil {
		return
	}
	db.absence.since, db.absence.back = time.Now(), make(chan struct{})
	if db.log != nil {
		db.log.Warn("the database has no primary: read only until it is back", "error", err)
	}
	db.pool.Reset() // what was connected to it must not be used again
	db.aside.Reset()
	if db.onAway != nil {
		db.onAway(true)
	}
	db.seeking.Go(db.seek)
}

// AwaitPrimary returns once there is a primary, or with ctx's error.
func (db *DB) AwaitPrimary(ctx context.Context) error {
	since, back := db.absence.get()
	if since.IsZero() {
		return ctx.Err()
	}
	select {
	case <-back:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// seekEvery is how often an instance asks for a primary at the least: what passes between its promotion and the next
// question is added to every outage. One goroutine of each instance asks, which no server notices.
const seekEvery = 250 * time.Millisecond

// seek looks for the primary until it is there.
func (db *DB) seek() {
	for pause := 50 * time.Millisecond; db.closing.Err() == nil; pause = min(2*pause, seekEvery) {
		ctx, cancel := context.WithTimeout(db.closing, 2*dialWait)
		err := db.pool.Ping(ctx)
		cancel()
		if err == nil {
			db.found()
			return
		}
		// Instances that lost the same primary at the same moment must not come at the same moment.
		select {
		case <-db.closing.Done():
		case <-time.After(pause/2 + rand.N(pause)):
		}
	}
}

func (db *DB) found() {
	db.absence.mu.Lock()
	defer db.absence.mu.Unlock()
	if db.log != nil {
		db.log.Info("the database has a primary again", "away_seconds", time.Since(db.absence.since).Seconds())
	}
	db.absence.since = time.Time{}
	close(db.absence.back)
	if db.onAway != nil {
		db.onAway(false)
	}
}

// ErrAway is the cause of every error about a change that was not made because
// there is no primary.
var ErrAway = errs.Unavailable("nothing can be saved just now: the database is away").Hint("try again in a few seconds")

// patience is how long a transaction that has not begun waits for a database that
// is away (a restart, a failover): so long from when it went, so that what comes
// late is told at once, and no longer than so from when the transaction came.
type patience struct {
	db    *DB
	until time.Time
	pause time.Duration
}

func (db *DB) patience() patience { return patience{db, time.Now().Add(db.waitFor), 0} }

type noWaitKey struct{}

// NoWait has what is done in ctx fail at once while there is no primary: for what
// is good to have and not worth a person's time.
func NoWait(ctx context.Context) context.Context { return context.WithValue(ctx, noWaitKey{}, true) }

// again waits and reports whether to try once more.
func (p *patience) again(ctx context.Context, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	wake := time.After(p.pause)
	until := p.until
	since, back := p.db.absence.get()
	if !since.IsZero() {
		if t := since.Add(p.db.waitFor); t.Before(until) {
			until = t
		}
		wake = time.After(max(0, time.Until(until)))
	} else if p.db.log != nil {
		p.db.log.WarnContext(ctx, "a connection to the database broke, trying another", "error", err)
	}
	if time.Now().After(until) || !since.IsZero() && ctx.Value(noWaitKey{}) != nil {
		return false
	}
	p.pause = min(2*p.pause+25*time.Millisecond, time.Second)
	select {
	case <-ctx.Done():
		return false
	case <-back: // nil, and so never, while the primary is there
		return true
	case <-wake:
		return since.IsZero()
	}
}

type replicaKey struct{}

// WithReplica lets what is read in ctx come from a replica while there is no
// primary. It may be a moment old: for showing to a person, never for deciding
// what to write.
func WithReplica(ctx context.Context) context.Context {
	return context.WithValue(ctx, replicaKey{}, true)
}

// PingReading asks whether pages can be read, from the primary or a replica. It answers within two seconds, whoever
// is silent: no balancer waits much longer.
func (db *DB) PingReading(ctx context.Context) error {
	ask := func(p *pgxpool.Pool) error {
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		return p.Ping(ctx)
	}
	if _, away := db.Away(); !away && ask(db.pool) == nil {
		return nil
	}
	return ask(db.reads)
}
