package pg

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Batch collects statements that return nothing and sends them in one round
// trip. A store's queries take it in place of a Tx; those that read fail.
type Batch struct {
	tx *Tx
	b  pgx.Batch
}

// Batch returns an empty one; nothing reaches the database before Send.
func (tx *Tx) Batch() *Batch { return &Batch{tx: tx} }

// Exec queues; its tag counts nothing and its error comes from Send.
func (b *Batch) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	b.b.Queue(sql, args...)
	return pgconn.CommandTag{}, nil
}

var errBatchReads = errors.New("a batch only writes")

// Query refuses: a batch only writes.
func (b *Batch) Query(context.Context, string, ...any) (pgx.Rows, error) { return nil, errBatchReads }

// QueryRow refuses: a batch only writes.
func (b *Batch) QueryRow(context.Context, string, ...any) pgx.Row { return refusedRow{} }

// SendBatch sends a batch of the store's own at once, ahead of what is queued here.
func (b *Batch) SendBatch(ctx context.Context, own *pgx.Batch) pgx.BatchResults {
	return b.tx.SendBatch(ctx, own)
}

type refusedRow struct{}

// Scan returns the refusal.
func (refusedRow) Scan(...any) error { return errBatchReads }

// Send runs what was queued, in order, and returns the first error.
func (b *Batch) Send(ctx context.Context) error { return b.tx.SendBatch(ctx, &b.b).Close() }
