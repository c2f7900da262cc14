package pg

import (
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// batchRows are the rows of a batch's last statement; closing them ends the batch.
type batchRows struct {
	pgx.Rows
	br  pgx.BatchResults
	err error
}

// Close reads what is left and frees the connection.
func (r *batchRows) Close() {
	r.Rows.Close()
	if r.br != nil {
		r.err = r.br.Close()
		r.br = nil
	}
}

// Next frees the connection after the last row.
func (r *batchRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

// Err returns the statement's error or the batch's.
func (r *batchRows) Err() error {
	if err := r.Rows.Err(); err != nil {
		return err
	}
	return r.err
}

// batchRow is the first of rows.
type batchRow struct{ rows pgx.Rows }

// Scan reads the row, pgx.ErrNoRows when there is none.
func (r batchRow) Scan(dest ...any) error {
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}

// noRows is what a statement returns that was not sent.
type noRows struct {
	pgx.Rows // nothing else is asked of rows that end at once
	err      error
}

// Close has nothing to free.
func (noRows) Close() {}

// Next finds nothing.
func (noRows) Next() bool { return false }

// Err says why.
func (r noRows) Err() error { return r.err }

// failedBatch is the results of a batch that was not sent.
type failedBatch struct{ err error }

// Exec returns the error.
func (b failedBatch) Exec() (pgconn.CommandTag, error) { return pgconn.CommandTag{}, b.err }

// Query returns the error.
func (b failedBatch) Query() (pgx.Rows, error) { return noRows{err: b.err}, b.err }

// QueryRow returns the error.
func (b failedBatch) QueryRow() pgx.Row { return batchRow{noRows{err: b.err}} }

// Close returns the error.
func (b failedBatch) Close() error { return b.err }

// Tx is none.
func (failedBatch) Tx() pgx.Tx { return nil }
