package pg

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"truckflow/internal/kit/errs"
)

// migrateLock is the advisory lock two starting instances meet on (any constant serves).
const migrateLock = 7_385_003_117

// Migrate applies the files of fsys that the database has not seen, in name
// order, each in its own transaction; Grant comes after. It connects by its own dsn, as the owner of the tables. A file
// that changed after it was applied is an error: history is forward only.
//
// A database may be ahead of the program: an instance of before a rolling upgrade,
// or the one that somebody goes back to. It works there unless a step took away
// what it needs; see Needs.
func Migrate(ctx context.Context, dsn string, fsys fs.FS, log *slog.Logger) (applied int, err error) {
	err = migrate(ctx, dsn, fsys, func(ctx context.Context, c *pgx.Conn, m migration) error {
		if err := withLock(ctx, func() error { return m.apply(ctx, c, nil) }); err != nil {
			return err
		}
		applied++
		log.InfoContext(ctx, "migrated", "file", path.Base(m.name))
		return nil
	})
	return applied, err
}

// migrate calls each for every migration that the database has not seen.
func migrate(ctx context.Context, dsn string, fsys fs.FS, each func(ctx context.Context, c *pgx.Conn, m migration) error) error {
	c, err := ConnectPrimary(ctx, dsn)
	if err != nil {
		return noAnswer(err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	if _, err := c.Exec(ctx, "select pg_advisory_lock($1)", int64(migrateLock)); err != nil {
		return err
	}
	defer c.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", int64(migrateLock))
	if err := history(ctx, c); err != nil {
		return err
	}
	pending, err := compareSchema(ctx, c, fsys)
	for _, m := range pending {
		if err == nil {
			err = each(ctx, c, m)
		}
	}
	return err
}

// history makes the table of what was applied. It asks before it alters: an ALTER
// that changes nothing would wait for a dump that reads the table all the same.
func history(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, `create table if not exists schema_migrations (
		name text primary key, sum text not null, applied_at timestamptz not null default now(), needs text not null default '')`)
	if err != nil {
		return err
	}
	var has bool
	err = c.QueryRow(ctx, "select exists (select from pg_attribute where attrelid = 'schema_migrations'::regclass and attname = 'needs')").Scan(&has)
	if err == nil && !has {
		_, err = c.Exec(ctx, "alter table schema_migrations add column needs text not null default ''")
	}
	return err
}

// migration is one file that the database has not seen.
type migration struct{ name, sql, sum string }

// apply runs m in one transaction, look (which may be nil) at its end.
func (m migration) apply(ctx context.Context, c *pgx.Conn, look func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, c, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "set local lock_timeout = '"+lockWait+"'"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, m.sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
		if look != nil {
			if err := look(tx); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "insert into schema_migrations (name, sum, needs) values ($1, $2, $3)", m.name, m.sum, Needs(m.sql))
		return err
	})
}

// While a migration waits for a table, everybody who comes later waits behind it:
// it gives up soon and tries again, for a quarter of an hour.
const (
	lockWait  = "3s"
	lockTries = 180
)

func withLock(ctx context.Context, fn func() error) error {
	for try := 1; ; try++ {
		err := fn()
		var pe *pgconn.PgError
		if !errors.As(err, &pe) || pe.Code != "55P03" {
			return err
		}
		if try == lockTries {
			return errs.Unavailable("a table that has to be changed is in use").Hint("see who: select * from pg_stat_activity where xact_start < now() - interval '1 minute'").Wrap(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(2 * time.Second):
		}
	}
}

// Grant lets AppRole work on every table there is now, the queue's included.
func Grant(ctx context.Context, dsn string) error {
	c, err := ConnectPrimary(ctx, dsn)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx)) // which gives the lock back
	if _, err := c.Exec(ctx, "select pg_advisory_lock($1)", int64(migrateLock)); err != nil {
		return err // two grants at once would be an error of PostgreSQL's
	}
	return grant(ctx, c)
}

// grant lets AppRole read and write rows, and nothing else. Where there is no
// such role the program works as the owner, whom FORCE ROW LEVEL SECURITY binds too.
func grant(ctx context.Context, c *pgx.Conn) error {
	var there bool
	if err := c.QueryRow(ctx, "select exists (select from pg_roles where rolname = $1)", AppRole).Scan(&there); err != nil {
		return err
	}
	if !there {
		// A superuser's DATABASE_URL can make it; an ordinary owner cannot and need not.
		if _, err := c.Exec(ctx, "create role "+AppRole+" nologin"); err != nil {
			if strings.Contains(err.Error(), "42501") {
				return nil
			}
			return err
		}
	}
	for _, q := range []string{
		"grant usage on schema public to " + AppRole,
		"grant select, insert, update, delete on all tables in schema public to " + AppRole,
		"grant usage, select on all sequences in schema public to " + AppRole,
		"revoke insert, update, delete on schema_migrations from " + AppRole,
	} {
		if _, err := c.Exec(ctx, q); err != nil {
			return fmt.Errorf("grants: %w", err)
		}
	}
	return nil
}
