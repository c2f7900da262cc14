package harden

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"truckflow/internal/platform/pg"
)

// PostgresItems looks at the server of dsn as the program does. What only a
// superuser sees is asked of admin; "" asks dsn for that as well.
func PostgresItems(ctx context.Context, dsn, admin string) []Item {
	items := []Item{item("postgres.passwords"), item("postgres.hba"), item("postgres.tls"), item("postgres.role"), item("postgres.rows"), item("postgres.durable")}
	c, err := connect(ctx, dsn)
	if err != nil {
		return unknownAll(items, "the database does not answer")
	}
	defer c.Close(ctx)
	a := c
	if admin != "" {
		if a, err = connect(ctx, admin); err != nil {
			return unknownAll(items, "the database does not answer its superuser")
		}
		defer a.Close(ctx)
	}
	for n, probe := range []func(context.Context, *pgx.Conn, Item) (Item, error){pgPasswords, pgHBA, pgTLS, pgRole, pgRows, pgDurable} {
		by := c
		if n < 2 {
			by = a
		}
		found, err := probe(ctx, by, items[n])
		if pe := (*pgconn.PgError)(nil); errors.As(err, &pe) && pe.Code == "42501" {
			found = items[n].unknown("the role may not look: %s (run with a superuser's DATABASE_URL)", pe.Message)
		} else if err != nil {
			found = items[n].unknown("%s", why(err))
		}
		items[n] = found
	}
	return items
}

func connect(ctx context.Context, dsn string) (*pgx.Conn, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	cfg.ConnectTimeout = 5 * time.Second
	return pgx.ConnectConfig(ctx, cfg)
}

func pgPasswords(ctx context.Context, c *pgx.Conn, i Item) (Item, error) {
	var kind string
	if err := c.QueryRow(ctx, "select current_setting('password_encryption')").Scan(&kind); err != nil {
		return i, err
	}
	if kind != "scram-sha-256" {
		return i.fail("password_encryption is %s", kind), nil
	}
	var md5 []string
	err := c.QueryRow(ctx, "select coalesce(array_agg(rolname::text order by rolname), '{}') from pg_authid where rolpassword like 'md5%'").Scan(&md5)
	if err == nil && len(md5) > 0 {
		return i.fail("kept as MD5: %s", strings.Join(md5, ", ")), nil
	}
	return i.pass("every password is kept as scram-sha-256"), err
}

// pgHBA reads the rules in force.
func pgHBA(ctx context.Context, c *pgx.Conn, i Item) (Item, error) {
	rows, err := c.Query(ctx, `select line_number, type, coalesce(address, ''), auth_method, coalesce(error, '') from pg_hba_file_rules order by line_number`)
	if err != nil {
		return i, err
	}
	var wrong []string
	n := 0
	var line int
	var kind, addr, method, bad string
	_, err = pgx.ForEachRow(rows, []any{&line, &kind, &addr, &method, &bad}, func() error {
		n++
		ip, perr := netip.ParseAddr(addr)
		far := kind != "local" && !(perr == nil && ip.IsLoopback()) && addr != "localhost" && addr != "samehost"
		switch {
		case bad != "":
			wrong = append(wrong, fmt.Sprintf("line %d: %s", line, bad))
		case method == "trust":
			wrong = append(wrong, fmt.Sprintf("line %d: %s %s trust lets anybody in", line, kind, addr))
		case far && (method == "password" || method == "md5"):
			wrong = append(wrong, fmt.Sprintf("line %d: %s %s %s", line, kind, addr, method))
		case far && method != "reject" && (kind == "host" || kind == "hostnossl"):
			wrong = append(wrong, fmt.Sprintf("line %d: %s %s without TLS", line, kind, addr))
		}
		return nil
	})
	return i.judge(wrong, fmt.Sprintf("%d rules, none lets anybody in unasked", n)), err
}

func pgTLS(ctx context.Context, c *pgx.Conn, i Item) (Item, error) {
	var on, listen string
	var encrypted bool
	err := c.QueryRow(ctx, `select current_setting('ssl'), current_setting('listen_addresses'),
		coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false)`).Scan(&on, &listen, &encrypted)
	local := true
	for _, a := range strings.Split(listen, ",") {
		ip, perr := netip.ParseAddr(strings.TrimSpace(a))
		if a = strings.TrimSpace(a); a != "" && a != "localhost" && !(perr == nil && ip.IsLoopback()) {
			local = false
		}
	}
	switch {
	case err != nil:
		return i, err
	case encrypted:
		return i.pass("this connection is encrypted"), nil
	case local:
		return i.absent("it listens on this machine only (%s)", orNone(listen)), nil
	case on == "on":
		return i.fail("the server can, but this connection is in the clear: sslmode in DATABASE_URL"), nil
	}
	return i.fail("ssl is off and it listens on %s", listen), nil
}

func pgRole(ctx context.Context, c *pgx.Conn, i Item) (Item, error) {
	var name, works string // who signs in, and as whom the program works: pg.Open switches whoever was granted its role
	var super, bypass, createrole, createdb, repl bool
	var owns int
	err := c.QueryRow(ctx, `with works as (select r.*, coalesce((select a.oid from pg_auth_members m join pg_roles a on a.oid = m.roleid where m.member = r.oid and a.rolname = $1), r.oid) as as_oid
			from pg_roles r where rolname = session_user)
		select rolname, (select rolname from pg_roles where oid = as_oid), rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
		(select count(*) from pg_class where relkind in ('r', 'p') and relowner = as_oid and relnamespace = to_regnamespace('public'))
		from works`, pg.AppRole).Scan(&name, &works, &super, &bypass, &createrole, &createdb, &repl, &owns)
	var wrong []string
	for _, x := range []struct {
		is   bool
		what string
	}{{super, "is superuser"}, {bypass, "passes row security"}, {createrole, "makes roles"}, {createdb, "makes databases"}, {repl, "replicates"}, {owns > 0, fmt.Sprintf("owns %d tables", owns)}} {
		if x.is {
			wrong = append(wrong, name+" "+x.what)
		}
	}
	if works != name {
		name += " works as " + works + ", which"
	}
	return i.judge(wrong, name+" owns nothing and obeys row security"), err
}

// pgRows looks at every table with a tenant's column.
func pgRows(ctx context.Context, c *pgx.Conn, i Item) (Item, error) {
	var all int
	var open []string
	err := c.QueryRow(ctx, `select count(*), coalesce(array_agg(relname::text order by relname) filter (where not (relrowsecurity and relforcerowsecurity)), '{}')
		from pg_class t where relkind in ('r', 'p') and relnamespace = to_regnamespace('public')
		and exists (select from pg_attribute where attrelid = t.oid and attname = 'org_id' and not attisdropped)`).Scan(&all, &open)
	switch {
	case err != nil:
		return i, err
	case all == 0:
		return i.absent("the database holds no tenant tables yet"), nil
	case len(open) > 0:
		return i.fail("not forced on: %s", strings.Join(open, ", ")), nil
	}
	return i.pass("forced on all %d tables", all), nil
}

func pgDurable(ctx context.Context, c *pgx.Conn, i Item) (Item, error) {
	var fsync, pages, commit string
	err := c.QueryRow(ctx, "select current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit')").Scan(&fsync, &pages, &commit)
	var wrong []string
	for name, v := range map[string]string{"fsync": fsync, "full_page_writes": pages, "synchronous_commit": commit} {
		if v == "off" {
			wrong = append(wrong, name+" is off")
		}
	}
	return i.judge(wrong, "fsync, full_page_writes and synchronous_commit are on"), err
}
