package scale

import (
	"context"
	"encoding/json"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/platform/pg"
)

// Entry is a decision as history keeps it.
type Entry struct {
	Decision
	DryRun  bool   `json:"dry_run"`
	Outcome string `json:"outcome,omitempty"` // why the engine could not
	By      string `json:"by"`
}

// History is the record of what was decided, in the program's database.
type History struct{ db *pg.DB }

// NewHistory keeps it in db.
func NewHistory(db *pg.DB) *History { return &History{db} }

// Add records an entry.
func (h *History) Add(ctx context.Context, e Entry) error {
	seen, err := json.Marshal(e.Values)
	if err != nil {
		return err
	}
	return h.db.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `insert into scale_decisions (role, at, action, from_count, to_count, kind, trigger, reason, seen, dry_run, outcome, decided_by)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, e.Role, e.At, e.Action, e.From, e.To, e.Kind, e.Trigger, e.Reason, seen, e.DryRun, e.Outcome, e.By)
		return err
	})
}

// List returns the latest entries, newest first.
func (h *History) List(ctx context.Context, n int) (out []Entry, err error) {
	err = h.db.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := tx.Query(ctx, `select at, role, action, from_count, to_count, kind, trigger, reason, seen, dry_run, outcome, decided_by
			from scale_decisions order by at desc limit $1`, n)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (e Entry, err error) {
			err = r.Scan(&e.At, &e.Role, &e.Action, &e.From, &e.To, &e.Kind, &e.Trigger, &e.Reason, &e.Values, &e.DryRun, &e.Outcome, &e.By)
			return e, err
		})
		return err
	})
	return out, err
}

// acted returns when a role was last scaled, zero for never: a new leader waits as
// long as the old one would have.
func (h *History) acted(ctx context.Context, role string) (at time.Time, err error) {
	err = h.db.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		var last *time.Time
		err := tx.QueryRow(ctx, "select max(at) from scale_decisions where role = $1 and action <> 'hold' and not dry_run", role).Scan(&last)
		if last != nil {
			at = last.UTC()
		}
		return err
	})
	return at, err
}

// kept is how long history lasts.
const kept = 400 * 24 * time.Hour

// forget drops what is older than kept.
func (h *History) forget(ctx context.Context, now time.Time) error {
	return h.db.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		_, err := tx.Exec(ctx, "delete from scale_decisions where at < $1", now.Add(-kept))
		return err
	})
}

// Leader is a lock that one process on the whole database holds: the others look on.
// PostgreSQL gives it back when the holder's connection ends, however it ends. It needs
// a connection of its own: a pooler that hands connections on by transaction breaks it.
type Leader struct {
	dsn  string
	conn *pgx.Conn
}

// NewLeader takes part in the choice of the leader; it connects when first asked.
func NewLeader(dsn string) *Leader { return &Leader{dsn: dsn} }

// leaderLock is the advisory lock's number (any constant serves).
const leaderLock = 7_385_003_118

// Leads says whether this process leads now. An error means that nobody knows, and so
// that it does not.
func (l *Leader) Leads(ctx context.Context) (leads bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if l.conn == nil {
		if l.conn, err = pgx.Connect(ctx, l.dsn); err != nil {
			l.conn = nil
			return false, err
		}
	}
	// Held already by this session, it is held once more, which harms nothing; asking
	// proves that the session lives.
	err = l.conn.QueryRow(ctx, `select case when exists (select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and granted
		and (classid::bigint << 32 | objid::bigint) = $1) then true else pg_try_advisory_lock($1) end`, int64(leaderLock)).Scan(&leads)
	if err != nil {
		l.Resign(context.WithoutCancel(ctx))
		return false, err
	}
	return leads, nil
}

// Resign gives the lead up.
func (l *Leader) Resign(ctx context.Context) {
	if l.conn != nil {
		_ = l.conn.Close(ctx)
		l.conn = nil
	}
}
