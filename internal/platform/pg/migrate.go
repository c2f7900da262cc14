package pg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"strings"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
)

// migrateLock is the advisory lock two starting instances meet on (any constant serves).
const migrateLock = 7_385_003_117

// Migrate applies the files of fsys that the database has not seen, in name
// order, each in its own transaction; Grant comes after. It connects by its own dsn, as the owner of the tables. A file
// that changed after it was applied is an error: history is forward only.
func Migrate(ctx context.Context, dsn string, fsys fs.FS, log *slog.Logger) (applied int, err error) {
	c, err := ConnectPrimary(ctx, dsn)
	if err != nil {
		return 0, errs.Unavailable("the database does not answer").Hint("is PostgreSQL running, and is DATABASE_URL right?").Wrap(err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	if _, err := c.Exec(ctx, "select pg_advisory_lock($1)", int64(migrateLock)); err != nil {
		return 0, err
	}
	defer c.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", int64(migrateLock))
	_, err = c.Exec(ctx, `create table if not exists schema_migrations (
		name text primary key, sum text not null, applied_at timestamptz not null default now())`)
	if err != nil {
		return 0, err
	}
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		done, err := migrateOne(ctx, c, fsys, name)
		if err != nil {
			return applied, err
		}
		if done {
			applied++
			log.InfoContext(ctx, "migrated", "file", path.Base(name))
		}
	}
	return applied, nil
}

func migrateOne(ctx context.Context, c *pgx.Conn, fsys fs.FS, name string) (bool, error) {
	sql, err := fs.ReadFile(fsys, name)
	if err != nil {
		return false, err
	}
	h := sha256.Sum256(sql)
	sum := hex.EncodeToString(h[:])
	var have string
	switch err := c.QueryRow(ctx, "select sum from schema_migrations where name = $1", name).Scan(&have); {
	case err == nil && have == sum:
		return false, nil
	case err == nil:
		return false, errs.Conflict("migration %s differs from the one this database has applied", name).
			Hint("this program and this database do not belong together; never edit an applied migration")
	case err != pgx.ErrNoRows:
		return false, err
	}
	tx, err := c.Begin(ctx)
	if err != nil {
		return false, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	if _, err := tx.Exec(ctx, string(sql), pgx.QueryExecModeSimpleProtocol); err != nil {
		return false, fmt.Errorf("migration %s: %w", name, err)
	}
	if _, err := tx.Exec(ctx, "insert into schema_migrations (name, sum) values ($1, $2)", name, sum); err != nil {
		return false, err
	}
	return true, tx.Commit(ctx)
}

// Grant lets AppRole work on every table there is now, the queue's included.
func Grant(ctx context.Context, dsn string) error {
	c, err := ConnectPrimary(ctx, dsn)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
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
