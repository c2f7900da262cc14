package pg

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Later collects statements that return nothing: they travel with the
// transaction's next statement or its COMMIT, before it, and so cost no round trip
// of their own. A store's queries take it in place of a Tx; those that read fail.
type Later struct{ tx *Tx }

// Later returns the transaction's own; an error of what it collects is the next
// statement's or the commit's.
func (tx *Tx) Later() Later { return Later{tx} }

// Flush sends what Later collected.
func (tx *Tx) Flush(ctx context.Context) error {
	br, err := tx.send(ctx, func(*pgx.Batch) {})
	if err != nil {
		return err
	}
	return br.Close()
}

// Exec queues; its tag counts nothing.
func (l Later) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if l.tx.reading {
		return pgconn.CommandTag{}, errors.New("a reading transaction writes nothing")
	}
	l.tx.later.Queue(sql, args...)
	return pgconn.CommandTag{}, nil
}

var errLaterReads = errors.New("what comes later reads nothing")

// Query refuses.
func (Later) Query(context.Context, string, ...any) (pgx.Rows, error) { return nil, errLaterReads }

// QueryRow refuses.
func (Later) QueryRow(context.Context, string, ...any) pgx.Row {
	return batchRow{noRows{err: errLaterReads}}
}
