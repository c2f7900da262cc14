package identitydb

import (
	"context"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/platform/pg"
)

// Visit is a session with whose it is.
type Visit struct {
	OpenSessionRow
	VisitorRow
}

// ReadVisit finds a session by its token in one round trip, in a transaction that
// presents the token as its key: the session tells the organisation, and that
// opens the person and the company. pgx.ErrNoRows when there is no such session.
func ReadVisit(ctx context.Context, tx *pg.Tx, tokenHash string) (v Visit, err error) {
	b := &pgx.Batch{}
	b.Queue(openSession, tokenHash).Query(func(rows pgx.Rows) (err error) {
		v.OpenSessionRow, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[OpenSessionRow])
		return err
	})
	b.Queue(visitor, tokenHash).Query(func(rows pgx.Rows) (err error) {
		v.VisitorRow, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[VisitorRow])
		return err
	})
	err = tx.SendBatch(ctx, b).Close()
	return v, err
}
