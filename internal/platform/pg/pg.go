// Package pg is the way to PostgreSQL: a pool, transactions bound to a tenant,
// and the migrator.
//
// Every tenant table is guarded by row-level security on the setting app.org_id,
// which WithTx sets in the same round trip as BEGIN. There is no way to run a
// tenant query outside WithTx.
package pg

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
)

// Settings for Open.
type Settings struct {
	DSN      string        // of the primary; with several hosts, of the one that takes writes
	ReadDSN  string        // where pages are read while there is no primary; "": DSN's hosts, standbys first
	MaxConns int           // 0 means 20
	Absent   bool          // there is no primary yet: read only until there is; see Reachable
	WaitFor  time.Duration // how long, from when the database went, new transactions wait for it; 0 means holdFor
	Log      *slog.Logger
}

// holdFor is how long a request is held while the database is away. A switchover
// takes 2 s and a restart after a crash 3 to 6, so most people notice nothing; a
// failover takes 20, which nobody should stare at, and many clients give up after 10.
const holdFor = 8 * time.Second

// DB is a pool of connections. Its zero value is not usable; see Open.
type DB struct {
	pool    *pgxpool.Pool
	aside   *pgxpool.Pool // for what is done outside a transaction that holds a connection of pool: see Detach
	reads   *pgxpool.Pool // for reading while there is no primary: see WithReplica
	waitFor time.Duration
	log     *slog.Logger

	absence absence
	onAway  func(away bool)
	closing context.Context // ends with the DB
	stop    context.CancelFunc
	seeking sync.WaitGroup
}

// AppRole is the role the program works as: it owns nothing and cannot bypass row security.
const AppRole = "truckflow_app"

// Open connects. A login that could bypass row security (a superuser, or one
// with BYPASSRLS), and one that was granted AppRole (the tables' owner, who migrates),
// is switched to AppRole on every connection.
func Open(ctx context.Context, s Settings) (*DB, error) {
	cfg, err := ParsePrimary(s.DSN)
	if err != nil {
		return nil, err
	}
	rcfg, err := parseReading(cmp.Or(s.ReadDSN, s.DSN))
	if err != nil {
		return nil, err
	}
	for _, c := range []*pgxpool.Config{cfg, rcfg} {
		c.MaxConns = int32(cmp.Or(s.MaxConns, 20))
		c.ConnConfig.RuntimeParams["timezone"] = "UTC"
		c.ConnConfig.RuntimeParams["application_name"] = "truckflow"
		c.AfterConnect = becomeWeak
	}
	few := cfg.Copy()
	few.MaxConns, few.MinConns = 2, 0
	db := &DB{waitFor: s.WaitFor, log: s.Log}
	if db.waitFor == 0 {
		db.waitFor = holdFor
	}
	db.closing, db.stop = context.WithCancel(context.WithoutCancel(ctx))
	for _, x := range []struct {
		pool **pgxpool.Pool
		cfg  *pgxpool.Config
	}{{&db.pool, cfg}, {&db.aside, few}, {&db.reads, rcfg}} {
		if *x.pool, err = pgxpool.NewWithConfig(ctx, x.cfg); err != nil {
			db.Close()
			return nil, err
		}
	}
	if err := db.pool.Ping(ctx); err != nil && s.Absent && gone(err) {
		db.lost(err)
	} else if err != nil {
		db.Close()
		return nil, noAnswer(err)
	}
	return db, nil
}

// becomeWeak prepares a new connection.
func becomeWeak(ctx context.Context, c *pgx.Conn) error {
	RegisterTypes(c.TypeMap())
	var turns bool
	if err := c.QueryRow(ctx, `select rolsuper or rolbypassrls or exists (select from pg_auth_members m join pg_roles a on a.oid = m.roleid where m.member = r.oid and a.rolname = $1)
		from pg_roles r where rolname = current_user`, AppRole).Scan(&turns); err != nil {
		return err
	}
	if turns {
		if _, err := c.Exec(ctx, "set role "+AppRole); err != nil {
			return fmt.Errorf("the database user may bypass row security and cannot become %s: %w", AppRole, err)
		}
	}
	return nil
}

// Close waits for running transactions and closes the pools.
func (db *DB) Close() {
	db.absence.mu.Lock()
	db.stop()
	db.absence.mu.Unlock()
	for _, p := range []*pgxpool.Pool{db.pool, db.aside, db.reads} {
		if p != nil {
			p.Close()
		}
	}
	db.seeking.Wait()
}

// Pool is for platform drivers (jobs, pub/sub) that speak to PostgreSQL themselves.
func (db *DB) Pool() *pgxpool.Pool { return db.pool }

// Ping says whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return db.pool.Ping(ctx) }

type txKey struct{}

// WithTx runs fn in a transaction of the tenant in ctx; a ctx without one is an
// error. Called inside another WithTx, it joins that transaction, so services
// can call each other and stay one change. It commits when fn returns nil.
func (db *DB) WithTx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return db.tenantTx(ctx, false, fn)
}

// WithRead is WithTx for reading: the database refuses writes in it. Each of its
// statements sees what is committed when it begins, as in any transaction here.
func (db *DB) WithRead(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	return db.tenantTx(ctx, true, fn)
}

func (db *DB) tenantTx(ctx context.Context, reading bool, fn func(ctx context.Context, tx *Tx) error) error {
	if tx, ok := ctx.Value(txKey{}).(*Tx); ok {
		return fn(ctx, tx)
	}
	a, ok := tenant.From(ctx)
	if !ok {
		return errs.Internal(errors.New("no tenant in context"), "this needs an organisation")
	}
	tx := &Tx{db: db, pool: db.poolOf(ctx), settings: tenantSetting(a.Org, reading), reading: reading}
	if !reading {
		// An idempotency key waits for the first transaction that can write it.
		if c, _ := ctx.Value(claimKey{}).(*Claim); c != nil && !c.taken {
			tx.claim = c
		}
	}
	return tx.run(ctx, fn)
}

// WithKey runs fn in a transaction that has no tenant but presents one key: it
// sees only the rows whose policy names exactly that key (a user by e-mail, a
// session by its token), and each statement is a transaction of its own, as in
// WithRead. For identity alone.
func (db *DB) WithKey(ctx context.Context, key string, fn func(ctx context.Context, tx *Tx) error) error {
	return (&Tx{db: db, pool: db.poolOf(ctx), settings: keySetting(key), reading: true}).run(ctx, fn)
}

// WithoutTenant runs fn in a transaction that sees no tenant table at all, for
// the few global ones (orgs, the job queue). Where a replica would do (WithReplica)
// it is for reading, as WithRead is.
func (db *DB) WithoutTenant(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	tx := &Tx{db: db, pool: db.poolOf(ctx)}
	if ctx.Value(replicaKey{}) != nil {
		tx.settings, tx.reading = setting{"select set_config('transaction_read_only', 'on', true)", nil}, true
	}
	return tx.run(ctx, fn)
}

func (tx *Tx) run(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	defer tx.end(ctx)
	err := fn(context.WithValue(ctx, txKey{}, tx), tx)
	if err == nil {
		err = tx.commit(ctx)
	}
	attemptOf(ctx).note(tx, err)
	if err != nil {
		return translate(tx.replayed(err))
	}
	if tx.claim != nil && tx.begun != nil {
		tx.claim.taken = true
	}
	tx.end(ctx) // what comes after may need a connection too
	for _, f := range tx.after {
		f()
	}
	return nil
}

// gone reports an error that means "not reached", not "refused what we asked".
func gone(err error) bool {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return strings.HasPrefix(pe.Code, "57P") || strings.HasPrefix(pe.Code, "08") || pe.Code == "53300" || refuses(err)
	}
	var ce *pgconn.ConnectError
	return errors.Is(err, errNone) || errors.As(err, &ce) || pgconn.Timeout(err) || strings.Contains(err.Error(), "closed") || strings.Contains(err.Error(), "EOF") ||
		strings.Contains(err.Error(), "reset by peer") || strings.Contains(err.Error(), "broken pipe")
}

// refuses reports a server that takes no writes: a standby, or made read-only.
func refuses(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && (pe.Code == "25006" || pe.Code == "0A000" && strings.Contains(pe.Message, "during recovery"))
}

// translate gives database errors a kind; errors that have one pass untouched.
func translate(err error) error {
	var have *errs.Error
	if err == nil || errors.As(err, &have) {
		return err
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return errs.NotFound("not found").Wrap(err)
	}
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		switch {
		case pe.Code == "23505":
			return errs.Conflict("that already exists").Wrap(err)
		case pe.Code == "23503":
			return errs.Conflict("that refers to something which is not there").Wrap(err)
		case pe.Code == "23001":
			return errs.Conflict("%s", pe.Message).Wrap(err)
		case pe.Code == "23514", strings.HasPrefix(pe.Code, "22"):
			return errs.Invalid("a value is out of range").Wrap(err)
		case pe.Code == "40001", pe.Code == "40P01", pe.Code == "55P03":
			return errs.Conflict("somebody changed this at the same moment; try again").Wrap(err)
		case pe.Code == "53100":
			return errs.Unavailable("the disk is full; nothing was saved").Wrap(err)
		}
	}
	var w *waited
	switch {
	case errors.As(err, new(*unknown)):
		return ErrUnknown.Wrap(err)
	case errors.As(err, &w):
		if w.showing {
			return errs.Unavailable("the database is away: this cannot be shown just now").Hint("try again in a few seconds").Wrap(err)
		}
		return ErrAway.Wrap(err)
	case gone(err):
		return errs.Unavailable("the database is away; nothing was saved, try again").Wrap(err)
	}
	return err
}

// RegisterTypes teaches a connection to read and write ids.ID as uuid, in binary.
func RegisterTypes(m *pgtype.Map) {
	m.TryWrapEncodePlanFuncs = append([]pgtype.TryWrapEncodePlanFunc{func(v any) (pgtype.WrappedEncodePlanNextSetter, any, bool) {
		if id, ok := v.(ids.ID); ok {
			return &wrapID{}, idValue(id), true
		}
		return nil, nil, false
	}}, m.TryWrapEncodePlanFuncs...)
	m.TryWrapScanPlanFuncs = append([]pgtype.TryWrapScanPlanFunc{func(v any) (pgtype.WrappedScanPlanNextSetter, any, bool) {
		if id, ok := v.(*ids.ID); ok {
			return &scanID{}, (*idValue)(id), true
		}
		return nil, nil, false
	}}, m.TryWrapScanPlanFuncs...)
}

type idValue ids.ID

func (v idValue) UUIDValue() (pgtype.UUID, error) { return pgtype.UUID{Bytes: v, Valid: true}, nil }

func (v *idValue) ScanUUID(u pgtype.UUID) error {
	if !u.Valid {
		return errors.New("NULL into ids.ID; use *ids.ID")
	}
	*v = u.Bytes
	return nil
}

type wrapID struct{ next pgtype.EncodePlan }

func (p *wrapID) SetNext(n pgtype.EncodePlan) { p.next = n }
func (p *wrapID) Encode(v any, buf []byte) ([]byte, error) {
	return p.next.Encode(idValue(v.(ids.ID)), buf)
}

type scanID struct{ next pgtype.ScanPlan }

func (p *scanID) SetNext(n pgtype.ScanPlan) { p.next = n }
func (p *scanID) Scan(src []byte, dst any) error {
	return p.next.Scan(src, (*idValue)(dst.(*ids.ID)))
}

// Detach returns ctx outside any transaction it is in: for the rare change that
// must stand even if the surrounding one is rolled back. It has connections of its
// own: were it to wait for one of those that transactions hold that wait for it,
// nobody would go on.
func Detach(ctx context.Context) context.Context {
	if tx, _ := ctx.Value(txKey{}).(*Tx); tx != nil {
		ctx = context.WithValue(ctx, asideKey{}, true)
	}
	return context.WithValue(withoutClaim(ctx), txKey{}, nil)
}

type asideKey struct{}

func (db *DB) poolOf(ctx context.Context) *pgxpool.Pool {
	if ctx.Value(asideKey{}) != nil {
		return db.aside
	}
	return db.pool
}

// IsMissing reports the raw violation of a foreign key: what a row refers to is
// not there, or is another tenant's. Outside the transaction it arrives as
// errs.KindConflict.
func IsMissing(err error) bool {
	var pe *pgconn.PgError
	return errors.As(err, &pe) && pe.Code == "23503"
}

// IsNoRows reports the raw "no such row" of a query; outside the transaction it
// arrives as errs.KindNotFound.
func IsNoRows(err error) bool { return errors.Is(err, pgx.ErrNoRows) }
