package tune

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"truckflow/internal/kit/errs"
)

// answerWithin bounds the wait for a server that may not be there.
const answerWithin = 5 * time.Second

// PostgresServer is a connection to the server that is looked at or changed.
type PostgresServer struct {
	c     *pgx.Conn
	Major int
	role  string
	super bool
}

// OpenPostgres connects to dsn; errs.KindUnavailable when it does not answer,
// errs.KindInvalid when its version is not supported. Close it.
func OpenPostgres(ctx context.Context, dsn string) (*PostgresServer, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, errs.Invalid("DATABASE_URL cannot be understood").Hint("postgres://user:password@host:5432/truckflow")
	}
	cfg.ConnectTimeout = answerWithin
	c, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, errs.Unavailable("PostgreSQL at %s does not answer", where(cfg.Host, cfg.Port)).Hint("%s", reason(err)).Wrap(err)
	}
	s := &PostgresServer{c: c}
	var num int
	err = c.QueryRow(ctx, "select current_setting('server_version_num')::int, current_user, (select rolsuper from pg_roles where rolname = current_user)").Scan(&num, &s.role, &s.super)
	if err == nil {
		s.Major = num / 10000
		err = CheckPostgres(s.Major)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

// Close ends the connection.
func (s *PostgresServer) Close(ctx context.Context) error { return s.c.Close(ctx) }

func where(host string, port uint16) string {
	if strings.HasPrefix(host, "/") {
		return host
	}
	return fmt.Sprintf("%s:%d", host, port)
}

// reason is why a connection failed, without the password that pgx's own text may carry.
func reason(err error) string {
	var pe *pgconn.PgError
	var ne interface{ Timeout() bool }
	switch {
	case errors.As(err, &pe):
		return pe.Message
	case errors.As(err, &ne) && ne.Timeout():
		return fmt.Sprintf("no answer within %v", answerWithin)
	}
	return "is it running, and is the address right?"
}

// Compare says what differs from all.
func (s *PostgresServer) Compare(ctx context.Context, all []Setting) ([]Change, error) {
	all = slices.Clone(all)
	now := map[string]string{}
	notes := map[string]string{}
	// Through a Unix socket the keepalives in force are none.
	rows, err := s.c.Query(ctx, `select name, case when name like 'tcp_keepalives%' then reset_val || coalesce(unit, '') else current_setting(name) end,
		source, pending_restart from pg_settings`)
	if err != nil {
		return nil, err
	}
	var name, value, source string
	var pending bool
	if _, err := pgx.ForEachRow(rows, []any{&name, &value, &source, &pending}, func() error {
		now[name] = value
		switch {
		case pending:
			notes[name] = "changed already, waits for a restart"
		case source == "user" || source == "database" || source == "database user" || source == "client":
			notes[name] = "set for this " + source + ", not for the server"
		}
		return nil
	}); err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].Name == "shared_preload_libraries" {
			all[i].Value = mergeLibraries(now[all[i].Name], all[i].Value)
		}
	}
	out := compare(all, now, fmt.Sprintf("not shown to the role %s: GRANT pg_read_all_settings TO %s", s.role, s.role))
	for i := range out {
		if n := notes[out[i].Name]; n != "" {
			out[i].Note = n
		}
	}
	return out, nil
}

// mergeLibraries adds ours to what is loaded: other people's stay.
func mergeLibraries(now, ours string) string {
	var all []string
	for _, l := range append(strings.Split(now, ","), ours) {
		if l = strings.Trim(strings.TrimSpace(l), `"`); l != "" && !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	return strings.Join(all, ", ")
}

// may refuses (errs.KindForbidden, with the exact GRANT) what the role has no right to.
func (s *PostgresServer) may(ctx context.Context, names []string) error {
	if s.super {
		return nil
	}
	if s.Major < 15 {
		return errs.Forbidden("the role %s may not change the server's settings", s.role).
			Hint("PostgreSQL %d lets only a superuser: give its address in DATABASE_URL", s.Major)
	}
	var lacks []string
	err := s.c.QueryRow(ctx, `select coalesce(array_agg(n), '{}') from unnest($1::text[]) n
		where not has_parameter_privilege(n, 'ALTER SYSTEM')`, names).Scan(&lacks)
	if err != nil {
		return err
	}
	var reload bool
	if err := s.c.QueryRow(ctx, "select has_function_privilege('pg_reload_conf()', 'execute')").Scan(&reload); err != nil {
		return err
	}
	who := pgx.Identifier{s.role}.Sanitize()
	var grants []string
	if len(lacks) > 0 {
		grants = append(grants, fmt.Sprintf("GRANT ALTER SYSTEM ON PARAMETER %s TO %s;", strings.Join(lacks, ", "), who))
	}
	if !reload {
		grants = append(grants, fmt.Sprintf("GRANT EXECUTE ON FUNCTION pg_reload_conf() TO %s;", who))
	}
	if len(grants) == 0 {
		return nil
	}
	return errs.Forbidden("the role %s may not change the server's settings", s.role).
		Hint("as a superuser in the database %s: %s", s.c.Config().Database, strings.Join(grants, " "))
}

// Apply writes what differs with ALTER SYSTEM and reloads. The values before
// are kept in undo first. Either all are written or, after an error, none.
func (s *PostgresServer) Apply(ctx context.Context, all []Setting, undo string) (Applied, error) {
	changes, err := s.Compare(ctx, all)
	if err != nil {
		return Applied{}, err
	}
	out := Applied{Undo: undo, Changed: []Change{}, Restart: []string{}}
	var names []string
	for _, c := range changes {
		if c.Name == "shared_preload_libraries" && c.Differs && !s.offers(ctx, "pg_stat_statements") {
			out.Notes = append(out.Notes, "pg_stat_statements is not installed beside this server (package postgresql-contrib), so it is not loaded")
			continue
		}
		if c.Differs || c.Now == nil {
			out.Changed, names = append(out.Changed, c), append(names, c.Name)
		}
	}
	if len(names) == 0 {
		return out, nil
	}
	if err := s.may(ctx, names); err != nil {
		return Applied{}, err
	}
	prev, err := s.previous(ctx, out.Changed)
	if err != nil {
		return Applied{}, err
	}
	if err := keep(undo, prev); err != nil {
		return Applied{}, err
	}
	for i, c := range out.Changed {
		v := c.Text()
		if err := s.alter(ctx, before{Name: c.Name, Value: &v}); err != nil {
			return Applied{}, errors.Join(err, s.back(ctx, prev[:i]))
		}
	}
	out.Restart, err = s.reload(ctx)
	return out, err
}

// offers reports whether an extension is installed beside the server.
func (s *PostgresServer) offers(ctx context.Context, name string) bool {
	var yes bool
	err := s.c.QueryRow(ctx, "select exists (select from pg_available_extensions where name = $1)", name).Scan(&yes)
	return err == nil && yes
}

// previous is what ALTER SYSTEM had set, or that it had not. Who may not read
// that (only superusers may, as a rule) goes back to the value in force.
func (s *PostgresServer) previous(ctx context.Context, changes []Change) ([]before, error) {
	auto, readable := map[string]string{}, true
	rows, err := s.c.Query(ctx, "select name, setting from pg_file_settings where sourcefile like '%postgresql.auto.conf'")
	if err == nil {
		var name, value string
		_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error { auto[name] = value; return nil })
	}
	if pe := (*pgconn.PgError)(nil); errors.As(err, &pe) && pe.Code == "42501" {
		readable = false
	} else if err != nil {
		return nil, err
	}
	out := make([]before, len(changes))
	for i, c := range changes {
		out[i] = before{Name: c.Name}
		if v, ok := auto[c.Name]; ok {
			out[i].Value = &v
		} else if !readable {
			out[i].Value = c.Now
		}
	}
	return out, nil
}

// alter sets or resets one setting. ALTER SYSTEM takes no parameters and no
// transaction. A list must not be quoted as one word.
func (s *PostgresServer) alter(ctx context.Context, b before) error {
	sql := "ALTER SYSTEM RESET " + pgx.Identifier{b.Name}.Sanitize()
	if b.Value != nil {
		var parts []string
		if b.Name == "shared_preload_libraries" {
			for _, l := range strings.Split(*b.Value, ",") {
				parts = append(parts, "'"+strings.ReplaceAll(strings.TrimSpace(l), "'", "''")+"'")
			}
		} else {
			parts = []string{"'" + strings.ReplaceAll(*b.Value, "'", "''") + "'"}
		}
		sql = "ALTER SYSTEM SET " + pgx.Identifier{b.Name}.Sanitize() + " = " + strings.Join(parts, ", ")
	}
	_, err := s.c.Exec(ctx, sql)
	if pe := (*pgconn.PgError)(nil); errors.As(err, &pe) {
		return errs.Invalid("PostgreSQL refuses %s: %s", b.Name, pe.Message).Wrap(err)
	}
	return err
}

func (s *PostgresServer) back(ctx context.Context, prev []before) (err error) {
	for _, b := range prev {
		err = errors.Join(err, s.alter(ctx, b))
	}
	return err
}

// reload makes the server read its files and returns what waits for a restart.
// The reload is a signal, so sessions are opened until one is younger than it.
func (s *PostgresServer) reload(ctx context.Context) ([]string, error) {
	var last time.Time
	if err := s.c.QueryRow(ctx, "select pg_conf_load_time()").Scan(&last); err != nil {
		return nil, err
	}
	if _, err := s.c.Exec(ctx, "select pg_reload_conf()"); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	for {
		c, err := pgx.ConnectConfig(ctx, s.c.Config())
		if err != nil {
			return nil, errs.Unavailable("PostgreSQL has not read its files again").Hint("its log says why; SELECT * FROM pg_file_settings WHERE error IS NOT NULL").Wrap(err)
		}
		var waits []string
		var now time.Time
		err = c.QueryRow(ctx, `select coalesce(array_agg(name order by name) filter (where pending_restart), '{}'),
			pg_conf_load_time() from pg_settings`).Scan(&waits, &now)
		if err = errors.Join(err, c.Close(ctx)); err != nil || now.After(last) {
			return waits, err
		}
	}
}

// Undo puts the values kept in undo back and removes the file.
func (s *PostgresServer) Undo(ctx context.Context, undo string) (Applied, error) {
	prev, err := kept(undo)
	if err != nil {
		return Applied{}, err
	}
	out := Applied{Undo: undo, Changed: []Change{}}
	var names []string
	for _, b := range prev {
		names = append(names, b.Name)
		c := Change{Setting: Setting{Name: b.Name}, Note: "reset"}
		if b.Value != nil {
			c.Value, c.Note = *b.Value, ""
		}
		out.Changed = append(out.Changed, c)
	}
	if err := s.may(ctx, names); err != nil {
		return Applied{}, err
	}
	if err := s.back(ctx, prev); err != nil {
		return Applied{}, err
	}
	if out.Restart, err = s.reload(ctx); err != nil {
		return Applied{}, err
	}
	return out, os.Remove(undo)
}
