package pg

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"truckflow/internal/kit/ids"
)

// Tx is a transaction bound to one tenant. What it costs is round trips, so it
// makes few: BEGIN and the tenant travel with the first statement, what Later
// gathered travels with the next one, and the rest of it with COMMIT.
//
// Reading needs no BEGIN at all: at PostgreSQL's level READ COMMITTED each
// statement has its own view of the data anyway, so in WithRead each is a
// transaction of its own, that names the tenant again.
type Tx struct {
	db       *DB
	pool     *pgxpool.Pool
	settings setting
	reading  bool
	replica  bool   // conn is a replica's
	broke    bool   // a connection of this transaction did, or could not be had
	claim    *Claim // not yet written
	conn     *pgxpool.Conn
	begun    pgx.Tx // nil until the first statement, and always when reading
	later    pgx.Batch
	after    []func()
}

// setting is what row security asks: the query that sets it, until the transaction ends.
type setting struct {
	sql  string
	args []any
}

func tenantSetting(org ids.ID, reading bool) setting {
	if reading {
		return setting{"select set_config('app.org_id', $1, true), set_config('transaction_read_only', 'on', true)", []any{org.String()}}
	}
	return setting{"select set_config('app.org_id', $1, true)", []any{org.String()}}
}

// keySetting does not refuse writes: no policy lets a key write.
func keySetting(key string) setting {
	return setting{"select set_config('app.key', $1, true)", []any{key}}
}

// AfterCommit runs fn once the transaction is durable, in order; never on rollback.
// What fn does may be lost in a crash: use a job for what must not be.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// Query implements the stores' DBTX.
func (tx *Tx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	br, err := tx.send(ctx, func(b *pgx.Batch) { b.Queue(sql, args...) })
	if err != nil {
		return &batchRows{Rows: noRows{err: err}}, err
	}
	rows, err := br.Query()
	return &batchRows{Rows: rows, br: br}, err
}

// QueryRow implements the stores' DBTX.
func (tx *Tx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, _ := tx.Query(ctx, sql, args...)
	return batchRow{rows}
}

// Exec implements the stores' DBTX.
func (tx *Tx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	br, err := tx.send(ctx, func(b *pgx.Batch) { b.Queue(sql, args...) })
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := br.Exec()
	if e := br.Close(); err == nil {
		err = e
	}
	return tag, err
}

// SendBatch sends several statements of a store in one round trip.
func (tx *Tx) SendBatch(ctx context.Context, own *pgx.Batch) pgx.BatchResults {
	br, err := tx.send(ctx, func(b *pgx.Batch) { join(b, own) })
	if err != nil {
		return failedBatch{err}
	}
	return br
}

// Raw is the transaction itself, begun and with nothing left to send, for a
// driver that speaks to PostgreSQL in its own way.
func (tx *Tx) Raw(ctx context.Context) (pgx.Tx, error) {
	if tx.reading {
		return nil, errors.New("a reading transaction writes nothing")
	}
	err := tx.Flush(ctx)
	return tx.begun, err
}

// send sends what has to come first and what add queues, and returns the results
// from add's first on.
func (tx *Tx) send(ctx context.Context, add func(*pgx.Batch)) (pgx.BatchResults, error) {
	first := tx.conn == nil
	for try := tx.db.patience(); ; {
		b := &pgx.Batch{}
		switch {
		case tx.reading:
			b.Queue(tx.settings.sql, tx.settings.args...)
		case tx.begun == nil:
			b.BeginTx(pgx.TxOptions{AccessMode: pgx.ReadWrite})
			if tx.settings.sql != "" {
				b.Queue(tx.settings.sql, tx.settings.args...)
			}
			if c := tx.claim; c != nil && !c.late {
				c.queue(b)
			}
		}
		opening := b.Len()
		join(b, &tx.later)
		ahead := b.Len()
		add(b)
		br, failed, err := tx.try(ctx, b, ahead)
		if err == nil {
			tx.later = pgx.Batch{}
			return br, nil
		}
		// Before the first answer of a transaction nothing of it stands; reading may
		// always be repeated.
		if (!first || failed >= opening) && !tx.reading || !gone(err) {
			return nil, tx.replayed(err)
		}
		connected := tx.conn != nil
		tx.drop()
		if ctx.Err() == nil && !tx.replica && (!connected && !crowded(err) || !tx.reading && refuses(err)) {
			tx.db.lost(err)
			if tx.mayUseReplica(ctx) {
				continue // at once: it is another server
			}
		}
		if !try.again(ctx, err) {
			return nil, &waited{err, ctx.Value(replicaKey{}) != nil}
		}
	}
}

// mayUseReplica says whether the next connection may be a replica's.
func (tx *Tx) mayUseReplica(ctx context.Context) bool {
	_, away := tx.db.Away()
	return away && tx.reading && ctx.Value(replicaKey{}) != nil
}

// waited is the error of a database that was waited for in vain.
type waited struct {
	error
	showing bool // a page was to be shown; nothing was to be saved
}

func (w *waited) Unwrap() error { return w.error }

// join adds more's queries to b as new ones: a query that was sent remembers the
// connection it was prepared on.
func join(b, more *pgx.Batch) {
	for _, q := range more.QueuedQueries {
		b.Queue(q.SQL, q.Arguments...).Fn = q.Fn
	}
}

// try sends b and reads its first results, ahead of them; failed says which one was an error.
func (tx *Tx) try(ctx context.Context, b *pgx.Batch, ahead int) (br pgx.BatchResults, failed int, err error) {
	if tx.conn == nil {
		pool := tx.pool
		if tx.replica = tx.mayUseReplica(ctx); tx.replica {
			pool = tx.db.reads
		}
		if tx.conn, err = acquire(ctx, pool, tx.broke); err != nil {
			return nil, 0, err
		}
	}
	br = tx.conn.SendBatch(ctx, b)
	if t := br.Tx(); t != nil {
		tx.begun = t
	}
	for i := range ahead {
		if _, err := br.Exec(); err != nil {
			_ = br.Close()
			return nil, i, err
		}
	}
	return br, ahead, nil
}

var errNone = errors.New("no new connection to the database in time")

// acquire takes a connection, and does not wait long for one where the last one
// broke: the server may be one whose packets vanish.
func acquire(ctx context.Context, pool *pgxpool.Pool, broke bool) (*pgxpool.Conn, error) {
	if !broke {
		return pool.Acquire(ctx)
	}
	soon, cancel := context.WithTimeout(ctx, freshWait)
	defer cancel()
	c, err := pool.Acquire(soon)
	if err != nil && soon.Err() != nil && ctx.Err() == nil {
		err = errNone
	}
	return c, err
}

// drop forgets a connection that does not answer.
func (tx *Tx) drop() {
	tx.broke = true
	if tx.conn != nil {
		c, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = tx.conn.Conn().Close(c)
		tx.conn.Release()
	}
	tx.conn, tx.begun = nil, nil
}

// commit makes what was done durable; a transaction that did nothing costs nothing.
func (tx *Tx) commit(ctx context.Context) error {
	if tx.claim != nil && tx.claim.late {
		tx.claim.queue(&tx.later)
	}
	if tx.begun == nil && tx.later.Len() > 0 {
		// A dead connection is found out before anything is sent that must not be sent twice.
		if _, err := tx.Raw(ctx); err != nil {
			return err
		}
	}
	if tx.begun == nil {
		return nil
	}
	b := &pgx.Batch{}
	join(b, &tx.later)
	n := b.Len()
	b.Queue("commit")
	br, _, err := tx.try(ctx, b, n)
	if err != nil {
		return doubtful(err, false)
	}
	tag, err := br.Exec()
	if e := br.Close(); err == nil {
		err = e
	}
	if err == nil && tag.String() != "COMMIT" {
		err = pgx.ErrTxCommitRollback
	}
	return doubtful(err, true)
}

// unknown is the error of a COMMIT that was sent and not answered: it may stand.
type unknown struct{ error }

func (u *unknown) Unwrap() error { return u.error }

// doubtful tells the errors of a commit that leave open whether it happened
// (ours says: it was COMMIT itself that failed) from those that do not: a refusal
// is one, and what was never sent.
func doubtful(err error, ours bool) error {
	var pe *pgconn.PgError
	switch {
	case err == nil, errors.Is(err, pgx.ErrTxCommitRollback), pgconn.SafeToRetry(err):
		return err
	case errors.As(err, &pe) && (!ours || !gone(err)):
		return err
	}
	return &unknown{err} // ended while it waited for a standby, it stands on this server
}

// end gives the connection back, as clean as it came.
func (tx *Tx) end(ctx context.Context) {
	if tx.conn == nil {
		return
	}
	if c := tx.conn.Conn(); !c.IsClosed() && c.PgConn().TxStatus() != 'I' {
		// The caller's ctx may be cancelled by now.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, _ = c.Exec(ctx, "rollback") // else the pool throws the connection away
	}
	tx.conn.Release()
	tx.conn = nil
}
