// Package pgtest gives every test its own database on a real PostgreSQL, fast
// and safe under parallel packages: one server per user and machine, started by
// the first test process that needs it and joined by the others, and a template
// database per schema, cloned for each test in well under a tenth of a second.
//
// Nobody has to stop anything. A test's database is dropped when the test ends;
// what a killed test leaves is dropped by a later run, after an hour; the server
// ends five minutes after the last test process (or at the end of make test).
// The server trades durability for speed (fsync off): never for real data.
package pgtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"truckflow/internal/kit/errs"
)

// Database is one test's own database.
type Database struct {
	Name     string
	OwnerDSN string // truckflow_owner: owns the tables; row security is forced on it too
	AppDSN   string // truckflow_app: what the program runs as
}

// patience bounds preparing one database; building a template runs every
// migration on a machine that may be busy with other packages.
const patience = 3 * time.Minute

// New returns a database of its own for t, as build made it, and drops it when t
// ends (a failed test's is kept for an hour, and logged). build runs once per
// key on the whole machine, connected as the owner; everything that changes what
// it does must change key (a hash of the migrations, the seed). A nil build
// gives an empty database. A missing PostgreSQL fails t and names the package.
func New(t testing.TB, key string, build func(ctx context.Context, ownerDSN string) error) Database {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, err := shared()
	if err != nil {
		t.Fatalf("test database: %v\n%s", err, errs.Public(err).HintMsg)
	}
	name := "t_" + strings.ToLower(rand.Text()[:16])
	if err := s.clone(ctx, name, key, build); err != nil {
		t.Fatalf("test database: %v\n%s", err, errs.Public(err).HintMsg)
	}
	d := Database{Name: name, OwnerDSN: s.pg.OwnerDSNOf(name), AppDSN: s.pg.AppDSNOf(name)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the database is kept for an hour: psql '%s'", d.OwnerDSN)
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.drop(ctx, name); err != nil {
			t.Errorf("test database: %v", err)
		}
	})
	return d
}

// clone makes database name from key's template, which it builds when missing.
// The shared lock keeps a sweep from dropping the template meanwhile.
func (s *server) clone(ctx context.Context, name, key string, build func(context.Context, string) error) error {
	if build == nil {
		return s.pg.CreateDatabase(ctx, name)
	}
	sum := sha256.Sum256([]byte(key))
	template, lock := "tpl_"+hex.EncodeToString(sum[:8]), int64(binary.BigEndian.Uint64(sum[:8]))
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	for {
		made := false
		err := locked(ctx, c.Conn(), "_shared", lock, func() error {
			var have bool
			err := c.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", template).Scan(&have)
			if err != nil || !have {
				return err
			}
			made = true
			_, err = c.Exec(ctx, fmt.Sprintf("create database %s owner truckflow_owner template %s", name, template))
			return err
		})
		if err != nil || made {
			return err
		}
		err = locked(ctx, c.Conn(), "", lock, func() error { return s.build(ctx, c.Conn(), template, build) })
		if err != nil {
			return err
		}
	}
}

// build makes the template under another name and renames it when whole, so one
// whose builder died is never taken for ready. c holds the lock for template, and does all the
// work: the pool may be empty, taken by those who wait for that lock.
func (s *server) build(ctx context.Context, c *pgx.Conn, template string, build func(context.Context, string) error) error {
	var have bool
	err := c.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", template).Scan(&have)
	if err != nil || have {
		return err // another process was faster
	}
	raw := "build_" + template
	if err := drop(ctx, c, raw); err != nil {
		return err
	}
	if err := s.pg.CreateDatabase(ctx, raw); err != nil {
		return err
	}
	if err := build(ctx, s.pg.OwnerDSNOf(raw)); err != nil {
		return fmt.Errorf("building the template: %w", err)
	}
	_, err = c.Exec(ctx, fmt.Sprintf("alter database %s rename to %s", raw, template))
	return err
}

func (s *server) drop(ctx context.Context, name string) error {
	return s.pool.AcquireFunc(ctx, func(c *pgxpool.Conn) error { return drop(ctx, c.Conn(), name) })
}

func drop(ctx context.Context, c *pgx.Conn, name string) error {
	_, err := c.Exec(ctx, "drop database if exists "+name+" with (force)")
	return err
}

// sweep drops what earlier runs left: databases of killed or failed tests after
// an hour, templates of schemas that have moved on after a day.
func (s *server) sweep(ctx context.Context) error {
	rows, err := s.pool.Query(ctx, `select datname from pg_database,
			lateral (select now() - modification age from pg_stat_file('base/' || oid || '/PG_VERSION', true)) f
		where (datname like 't\_%' or datname like 'build\_tpl\_%') and age > '1 hour'
			or datname like 'tpl\_%' and age > '1 day'`)
	if err != nil {
		return err
	}
	stale, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, name := range stale {
		if err := s.dropUnused(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// dropUnused drops name unless a process is cloning from it or building it now.
func (s *server) dropUnused(ctx context.Context, name string) error {
	sum, isTemplate := strings.CutPrefix(strings.TrimPrefix(name, "build_"), "tpl_")
	if !isTemplate {
		return s.drop(ctx, name)
	}
	b, err := hex.DecodeString(sum)
	if err != nil || len(b) != 8 {
		return s.drop(ctx, name)
	}
	c, err := s.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer c.Release()
	lock, free := int64(binary.BigEndian.Uint64(b)), false
	if err := c.QueryRow(ctx, "select pg_try_advisory_lock($1)", lock).Scan(&free); err != nil || !free {
		return err
	}
	defer c.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", lock)
	return drop(ctx, c.Conn(), name)
}

// locked runs f under an advisory lock of c's session; kind is "" or "_shared".
func locked(ctx context.Context, c *pgx.Conn, kind string, lock int64, f func() error) error {
	if _, err := c.Exec(ctx, "select pg_advisory_lock"+kind+"($1)", lock); err != nil {
		return err
	}
	defer c.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock"+kind+"($1)", lock)
	return f()
}
