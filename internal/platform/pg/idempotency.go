package pg

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"truckflow/internal/kit/errs"
)

// Claim is an idempotency key that the next writing transaction in its context
// takes, in that same transaction: the key is stored if and only if the effect is.
type Claim struct {
	Key, Route  string
	RequestHash []byte
	Replayed    bool // somebody else took the key; Lookup has their answer

	taken    bool
	late     bool // written at the end, with the answer
	status   int
	response []byte
}

// queue writes the key.
func (c *Claim) queue(b *pgx.Batch) {
	if c.late {
		b.Queue("insert into idempotency_keys (key, route, request_hash, status, response) values ($1, $2, $3, $4, $5)", c.Key, c.Route, c.RequestHash, c.status, c.response)
		return
	}
	b.Queue("insert into idempotency_keys (key, route, request_hash) values ($1, $2, $3)", c.Key, c.Route, c.RequestHash)
}

// Replay is the answer stored for a key that was used before.
type Replay struct {
	Status   int
	Response []byte
}

type claimKey struct{}

// WithClaim returns ctx whose first transaction takes c.
func WithClaim(ctx context.Context, c *Claim) context.Context {
	return context.WithValue(ctx, claimKey{}, c)
}

// ErrReplayed is returned when another request took the key meanwhile; look the answer up with Lookup.
var ErrReplayed = errs.Conflict("this request was already made; its answer is being kept under the idempotency key")

// replayed turns the refusal of a key that is taken into ErrReplayed.
func (tx *Tx) replayed(err error) error {
	var pe *pgconn.PgError
	if tx.claim == nil || !errors.As(err, &pe) || pe.Code != "23505" || pe.ConstraintName != "idempotency_keys_pkey" {
		return err
	}
	tx.claim.Replayed = true
	return ErrReplayed
}

// WithAnswer is WithTx for a whole request: what fn returns is kept under the
// request's key in the same transaction as its effect, when it has one.
func (db *DB) WithAnswer(ctx context.Context, fn func(ctx context.Context) (status int, response []byte, err error)) error {
	c, _ := ctx.Value(claimKey{}).(*Claim)
	if c == nil {
		c = &Claim{}
	}
	c.late = true
	return db.WithTx(ctx, func(ctx context.Context, _ *Tx) (err error) {
		c.status, c.response, err = fn(ctx)
		return err
	})
}

// Lookup returns the stored answer for key, nil when the key is unused. A key
// used for another request, or whose answer is not known (the program ended
// between its commit and its answer), is a conflict: the effect is never repeated.
func (db *DB) Lookup(ctx context.Context, key, route string, hash []byte) (*Replay, error) {
	var out *Replay
	err := db.WithRead(ctx, func(ctx context.Context, tx *Tx) error {
		rows, err := tx.Query(ctx, "select route, request_hash, status, response from idempotency_keys where key = $1", key)
		if err != nil {
			return err
		}
		defer rows.Close()
		if !rows.Next() {
			return rows.Err()
		}
		var gotRoute string
		var gotHash, response []byte
		var status *int
		if err := rows.Scan(&gotRoute, &gotHash, &status, &response); err != nil {
			return err
		}
		if gotRoute != route || string(gotHash) != string(hash) {
			return errs.Invalid("this idempotency key was used for a different request").Hint("send a new key with a new request")
		}
		if status == nil {
			return errs.Conflict("the first request with this key was carried out, its answer was not kept; read the resource to see the result")
		}
		out = &Replay{Status: *status, Response: response}
		return nil
	})
	return out, err
}

// Keep stores the answer of a claimed request for later replays.
func (db *DB) Keep(ctx context.Context, c *Claim, status int, response []byte) error {
	if !c.taken || c.late {
		return nil // nothing was written, and a retry may try again; or the answer was
	}
	return db.WithTx(withoutClaim(ctx), func(ctx context.Context, tx *Tx) error {
		// The key is durable with its effect already. An answer lost with the machine is
		// a conflict that says so (Lookup), so nobody waits for the disk a second time.
		if _, err := tx.Exec(ctx, "set local synchronous_commit = off"); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, "update idempotency_keys set status = $2, response = $3 where key = $1", c.Key, status, response)
		if err == nil && tag.RowsAffected() != 1 {
			err = fmt.Errorf("idempotency key %q vanished", c.Key)
		}
		return err
	})
}

func withoutClaim(ctx context.Context) context.Context {
	return context.WithValue(ctx, claimKey{}, (*Claim)(nil))
}

// KeyAge is how long an idempotency key protects: a retry comes within minutes,
// a file of requests played again within days.
const KeyAge = 7 * 24 * time.Hour

// ForgetKeys deletes the tenant's idempotency keys from before a moment, some
// thousands in one transaction, and returns how many there were.
func (db *DB) ForgetKeys(ctx context.Context, before time.Time) (n int64, err error) {
	for {
		var some int64
		err := db.WithTx(ctx, func(ctx context.Context, tx *Tx) error {
			tag, err := tx.Exec(ctx, "delete from idempotency_keys where key in (select key from idempotency_keys where created_at < $1 limit 5000)", before)
			some = tag.RowsAffected()
			return err
		})
		n += some
		if err != nil || some < 5000 {
			return n, err
		}
	}
}
