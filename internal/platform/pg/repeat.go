package pg

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"truckflow/internal/kit/errs"
)

// ErrUnknown is the cause of the error of a change whose COMMIT was sent and
// never answered, and which carried no idempotency key that could tell.
var ErrUnknown = errs.Unavailable("the database went away while this was being saved: it may be saved or not").
	Hint("look whether it is there before you send it again")

// attempt is what became of a request's transactions in one try.
type attempt struct {
	committed, unknown, broke atomic.Bool
}

type attemptKey struct{}

func attemptOf(ctx context.Context) *attempt {
	a, _ := ctx.Value(attemptKey{}).(*attempt)
	return a
}

// note keeps how a transaction ended.
func (a *attempt) note(tx *Tx, err error) {
	switch {
	case a == nil:
	case err == nil:
		if tx.begun != nil {
			a.committed.Store(true)
		}
	case errors.As(err, new(*unknown)):
		a.unknown.Store(true)
		a.broke.Store(true)
	case errors.As(err, new(*waited)): // it was waited for already
	case errors.As(err, new(*errs.Error)): // a room's own no
	case gone(err), clashed(err):
		a.broke.Store(true)
	}
}

// clashed reports a transaction that the server rolled back because of another one.
func clashed(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "40001" || pe.Code == "40P01")
}

// crowded reports a server that is there and has no connection left.
func crowded(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.Code == "53300"
}

// tries is how often a request is done at most: a failover breaks it once, and
// once more where it came back too soon.
const tries = 3

// Repeat does a whole request, and does it again on fresh connections where the
// database broke off under it and that is safe: none of its transactions stands,
// or, where the outcome of one COMMIT is not known, an idempotency key in ctx
// tells. The key is written with the effect, so a second try meets the first one's
// (waiting for it where it is still under way) and ends with ErrReplayed.
//
// fn must do nothing that cannot be done twice outside its transactions.
func (db *DB) Repeat(ctx context.Context, fn func(ctx context.Context) error) error {
	claim, _ := ctx.Value(claimKey{}).(*Claim)
	for n := 1; ; n++ {
		a := &attempt{}
		err := fn(context.WithValue(ctx, attemptKey{}, a))
		if err == nil || n == tries || ctx.Err() != nil || !a.broke.Load() || a.committed.Load() || a.unknown.Load() && (claim == nil || claim.taken) {
			return err
		}
		if db.log != nil {
			db.log.WarnContext(ctx, "the database broke off a request, doing it again", "error", err)
		}
		select { // two that clashed must not meet again
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(20 * time.Millisecond)):
		}
	}
}
