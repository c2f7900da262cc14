package loadsdb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/ids"
	"truckflow/internal/platform/pg"
)

// Whole is a load with what hangs on it.
type Whole struct {
	Load    Load
	Stops   []Stop
	Charges []Charge
	Events  []LoadEvent // oldest first
	Checks  []PodCheck  // newest first
}

// ReadWhole reads a load with its stops and charges in one round trip;
// pgx.ErrNoRows when there is no such load.
func ReadWhole(ctx context.Context, tx *pg.Tx, id ids.ID) (w Whole, err error) {
	err = tx.SendBatch(ctx, w.batch(load, id)).Close()
	return w, err
}

// LockWhole is ReadWhole that keeps others from changing the load until the
// transaction ends, so that a job and a person take turns.
func LockWhole(ctx context.Context, tx *pg.Tx, id ids.ID) (w Whole, err error) {
	err = tx.SendBatch(ctx, w.batch(lockLoad, id)).Close()
	return w, err
}

// ReadStory is ReadWhole with the history and the proofs of delivery.
func ReadStory(ctx context.Context, tx *pg.Tx, id ids.ID) (w Whole, err error) {
	b := w.batch(load, id)
	many(b, events, id, &w.Events)
	many(b, pODChecks, id, &w.Checks)
	err = tx.SendBatch(ctx, b).Close()
	return w, err
}

func (w *Whole) batch(load string, id ids.ID) *pgx.Batch {
	b := &pgx.Batch{}
	b.Queue(load, id).Query(func(rows pgx.Rows) (err error) {
		w.Load, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Load])
		return err
	})
	many(b, stops, id, &w.Stops)
	many(b, charges, id, &w.Charges)
	return b
}

func many[T any](b *pgx.Batch, sql string, id ids.ID, into *[]T) {
	b.Queue(sql, id).Query(func(rows pgx.Rows) (err error) {
		*into, err = pgx.CollectRows(rows, pgx.RowToStructByPos[T])
		return err
	})
}
