package pgmanager

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/lines"
	"truckflow/internal/ops/tune"
)

// database is the embedded cluster's one database.
const database = "truckflow"

// roleOptions are what each role may do; neither may create roles or databases
// or see past row security.
const roleOptions = "login nosuperuser nocreatedb nocreaterole noreplication nobypassrls"

// ensure makes roles and database what they should be; on a warm start it only
// looks. It also heals a cluster whose start was cut off half-way.
func (s *Server) ensure(ctx context.Context) error {
	c, err := pgx.Connect(ctx, s.SuperDSN())
	if err != nil {
		if pe := (*pgconn.PgError)(nil); errors.As(err, &pe) && pe.Code == "28P01" {
			return errs.Conflict("the database does not accept the password in %s", s.lay.passwords).
				Hint("move the file away and start again: new passwords are made, no data is lost")
		}
		return errs.Unavailable("the database server does not answer").Wrap(err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	for _, role := range []string{ownerRole, appRole} {
		if err := ensureRole(ctx, c, role, s.secrets[role]); err != nil {
			return fmt.Errorf("role %s: %w", role, err)
		}
	}
	var have bool
	if err := c.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", database).Scan(&have); err != nil {
		return err
	}
	if !have {
		if _, err := c.Exec(ctx, "create database "+database+" owner "+ownerRole); err != nil {
			return err
		}
	}
	return s.prepareDatabase(ctx, database)
}

// ensureRole creates or corrects one role; nothing is written when it is right.
func ensureRole(ctx context.Context, c *pgx.Conn, role, password string) error {
	var stored string
	var right bool
	err := c.QueryRow(ctx, `select coalesce(rolpassword, ''),
		rolcanlogin and not (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls)
		from pg_authid where rolname = $1`, role).Scan(&stored, &right)
	missing := errors.Is(err, pgx.ErrNoRows)
	if err != nil && !missing {
		return err
	}
	verb := "alter"
	if missing {
		verb = "create"
	}
	if missing || !right || !verifies(stored, password) {
		if _, err := c.Exec(ctx, fmt.Sprintf("%s role %s %s password '%s'", verb, role, roleOptions, verifier(password))); err != nil {
			return err
		}
	}
	if role != appRole {
		return nil
	}
	var set int
	err = c.QueryRow(ctx, `select coalesce(cardinality(setconfig), 0) from pg_db_role_setting
		where setrole = $1::text::regrole and setdatabase = 0`, role).Scan(&set)
	limits := tune.AppRole()
	if err == nil && set >= len(limits) {
		return nil // a person may have changed the values; leave them
	}
	for _, x := range limits {
		if _, err := c.Exec(ctx, fmt.Sprintf("alter role %s set %s = '%s'", role, x.Name, x.Text())); err != nil {
			return err
		}
	}
	return nil
}

// prepareDatabase gives the owner its schema and the program its way in, and
// nobody else anything. Which tables the program may touch is granted by the
// migrator, which makes them.
func (s *Server) prepareDatabase(ctx context.Context, name string) error {
	c, err := pgx.Connect(ctx, s.dsn(superRole, name))
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	var done bool
	err = c.QueryRow(ctx, `select pg_get_userbyid(nspowner) = $1
			and has_schema_privilege($2, 'public', 'usage')
			and ($3 = (select count(*) from pg_extension where extname = 'pg_stat_statements') or not $4)
		from pg_namespace where nspname = 'public'`,
		ownerRole, appRole, 1, s.statements()).Scan(&done)
	if err != nil || done {
		return err
	}
	db := pgx.Identifier{name}.Sanitize()
	sql := fmt.Sprintf(`revoke all on database %[1]s from public;
		grant connect, temporary on database %[1]s to %[2]s;
		alter schema public owner to %[3]s;
		revoke all on schema public from public;
		grant usage on schema public to %[2]s;`, db, appRole, ownerRole)
	if s.statements() {
		// Not a trusted extension: only the superuser may create it.
		sql += "create extension if not exists pg_stat_statements;"
	}
	_, err = c.Exec(ctx, sql)
	return err
}

// statements reports whether pg_stat_statements is loaded in this server.
func (s *Server) statements() bool {
	return !s.cfg.throwaway && s.bin.hasLibrary("pg_stat_statements")
}

// CreateDatabase makes another database owned by truckflow_owner and open to
// truckflow_app, as the standard one is. For tests and restore rehearsals.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	c, err := pgx.Connect(ctx, s.SuperDSN())
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	if _, err := c.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize()+" owner "+ownerRole); err != nil {
		return err
	}
	return s.prepareDatabase(ctx, name)
}

// resetSuper gives the superuser a new password without knowing the old one, in
// PostgreSQL's single-user mode: for a folder whose passwords file was lost.
func (s *Server) resetSuper(ctx context.Context) error {
	s.log.Warn("the database passwords were lost; making new ones", "file", s.lay.passwords)
	sql := fmt.Sprintf("alter role %s password '%s'\n", superRole, verifier(s.secrets[superRole]))
	out, err := s.tool(ctx, "postgres", []string{"--single", "-D", s.lay.cluster, superRole}, sql)
	if err != nil {
		return errs.Unavailable("could not set new database passwords").Hint("%s", lines.Last(out, 5)).Wrap(err)
	}
	return nil
}
