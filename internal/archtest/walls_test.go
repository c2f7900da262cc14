package archtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"truckflow/internal/identity"
	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
	"truckflow/internal/platform/pg/schematest"
)

// unownedTables are not in the migrations and have no org_id, each for a reason.
var unownedTables = map[string]string{
	"schema_migrations": "the migrator's own; the program may not write it",
	"river_*":           "the queue's own: workers serve all tenants, and each job carries its organisation",
}

// beforeTenant are read before the tenant is known, one row at a time, by a
// secret key. Without a tenant they are empty; all others raise an error.
var beforeTenant = []string{"users", "sessions", "invitations", "password_resets", "api_keys"}

// definers act as the tables' owner, each for a reason; they read and return no row.
var definers = map[string]string{
	"make_position_days": "makes the tables of days, which the program's role may not",
	"drop_position_days": "drops them, none younger than yesterday",
}

type noLimit struct{}

func (noLimit) Allow(context.Context, string, int, time.Duration) (bool, time.Duration, error) {
	return true, 0, nil
}

// walls is a whole database with two companies that each have a row everywhere.
type walls struct {
	db    *pg.DB
	owner *pgx.Conn // owns the tables; catalog questions
	a, b  ids.ID
}

func buildWalls(t *testing.T) walls {
	t.Helper()
	d := schematest.New(t)
	var w walls
	var err error
	if w.db, err = pg.Open(t.Context(), pg.Settings{DSN: d.AppDSN, MaxConns: 2}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.db.Close)
	if w.owner, err = pgx.Connect(t.Context(), d.OwnerDSN); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.owner.Close(context.Background()) })
	who, err := identity.New(w.db, clock.At(time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)), noLimit{}, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	w.a, w.b = w.company(t, who, "owner@a.example"), w.company(t, who, "owner@b.example")
	if err := pg.Grant(t.Context(), d.OwnerDSN); err != nil { // as at the next start: partitions can be asked past their parent
		t.Fatal(err)
	}
	return w
}

// company founds one and gives it a row in every other tenant table.
func (w walls) company(t *testing.T, who *identity.Service, email string) ids.ID {
	t.Helper()
	org, err := who.Found(t.Context(), identity.Founding{Company: identity.Company{Name: email, Email: email}, Name: "Olive", Email: email, Password: "a long enough passphrase 7"})
	if err != nil {
		t.Fatal(err)
	}
	err = w.as(t, org, func(ctx context.Context, tx *pg.Tx) error {
		if _, err := tx.Exec(ctx, "select make_position_days(d, d) from (select (now() at time zone 'UTC')::date) x (d)"); err != nil {
			return err
		}
		for _, r := range rows {
			if _, err := tx.Exec(ctx, fmt.Sprintf("insert into %s (%s) values (%s)", r.table, r.columns, strings.ReplaceAll(r.values, "ORG", org.String()))); err != nil {
				return fmt.Errorf("%s: %w", r.table, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return org
}

func (w walls) as(t *testing.T, org ids.ID, fn func(ctx context.Context, tx *pg.Tx) error) error {
	return w.db.WithTx(tenant.System(t.Context(), org), fn)
}

// ask is a question to the catalog with a list of names for an answer.
func (w walls) ask(t *testing.T, sql string, args ...any) []string {
	t.Helper()
	rs, err := w.owner.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rs, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// has finds the tables with an org_id, or those without.
const has = `select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
	where n.nspname = 'public' and c.relkind in ('r', 'p', 'f')
	and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped) = $1 order by 1`

func TestEveryTenantTableIsWalled(t *testing.T) {
	t.Parallel()
	w := buildWalls(t)
	tenantTables := w.ask(t, has, true)
	declared := 0
	for _, x := range tables(t) {
		if x.tenant() {
			declared++
		}
	}
	partitions := w.ask(t, "select relname from pg_class where relispartition and relkind = 'r'")
	if len(tenantTables)-len(partitions) != declared {
		t.Errorf("the database has %d tenant tables and %d partitions, the migrations declare %d", len(tenantTables), len(partitions), declared)
	}
	if len(partitions) == 0 {
		t.Error("no partition to walk")
	}
	w.checkCatalog(t)
	for _, name := range tenantTables {
		t.Run(name, func(t *testing.T) {
			w.checkPolicies(t, name)
			w.checkOtherTenant(t, name)
			w.checkForgery(t, name)
			w.checkNoTenant(t, name)
		})
	}
	t.Logf("%d tenant tables walked as the wrong tenant, as nobody and as their owner", len(tenantTables))
}

// checkCatalog looks for the ways around row security.
func (w walls) checkCatalog(t *testing.T) {
	t.Helper()
	for _, name := range w.ask(t, has, false) {
		if globalTables[name] == "" && unownedTables[name] == "" && !strings.HasPrefix(name, "river_") {
			t.Errorf("%s has no org_id and is on no list of archtest", name)
		}
	}
	const ours = " from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'public' "
	for _, c := range []struct{ sql, why string }{
		{"select rolname from pg_roles where rolname = '" + pg.AppRole + "' and (rolsuper or rolbypassrls)", "the program's role may bypass row security"},
		{"select r.rolname from pg_auth_members m join pg_roles r on r.oid = m.roleid where pg_has_role('" + pg.AppRole + "', m.member, 'member')", "the program's role is a member of another"},
		{"select c.relname" + ours + "and pg_get_userbyid(c.relowner) = '" + pg.AppRole + "'", "the program's role owns it, so it could drop its policies"},
		{"select c.relname" + ours + "and c.relkind in ('r', 'p') and has_table_privilege('" + pg.AppRole + "', c.oid, 'truncate')", "the program's role may truncate it, which no policy stops"},
		{"select c.relname" + ours + "and c.relkind in ('v', 'm') and coalesce(not 'security_invoker=true' = any (c.reloptions), true)", "a view reads as its owner: make it security_invoker"},
		{"select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public' and p.prosecdef and not p.proname = any ($1)", "a security definer function acts as its owner"},
		{`select k.conrelid::regclass || ' ' || k.conname from pg_constraint k where k.contype = 'f'
			and exists (select from pg_attribute a where a.attrelid = k.confrelid and a.attname = 'org_id')
			and not exists (select from pg_attribute a where a.attrelid = k.conrelid and a.attname = 'org_id' and a.attnum = k.conkey[1])`,
			"foreign keys are checked past row security: org_id must lead it"},
		{`select i.indrelid::regclass || ' ' || i.indexrelid::regclass from pg_index i where i.indisprimary
			and exists (select from pg_attribute a where a.attrelid = i.indrelid and a.attname = 'org_id')
			and not exists (select from pg_attribute a where a.attrelid = i.indrelid and a.attname = 'org_id' and a.attnum = i.indkey[0])`,
			"org_id must lead the primary key"},
	} {
		var args []any
		if strings.Contains(c.sql, "$1") {
			args = append(args, slices.Collect(maps.Keys(definers)))
		}
		for _, found := range w.ask(t, c.sql, args...) {
			t.Errorf("%s: %s", found, c.why)
		}
	}
}

func (w walls) checkPolicies(t *testing.T, name string) {
	t.Helper()
	for _, flag := range []string{"relrowsecurity", "relforcerowsecurity"} {
		if len(w.ask(t, "select relname from pg_class where oid = $1::text::regclass and "+flag, name)) == 0 {
			t.Errorf("%s is not set", flag)
		}
	}
	quals := w.ask(t, "select coalesce(qual, '') || ' | ' || coalesce(with_check, '') from pg_policies where schemaname = 'public' and tablename = $1", name)
	if len(quals) == 0 {
		t.Error("no policy")
	}
	for _, q := range quals {
		if !strings.Contains(q, "org_id = app_org") && !strings.Contains(q, "= app_key()") {
			t.Errorf("a policy that asks neither for the organisation nor for the key: %s", q)
		}
	}
}

// checkOtherTenant has company B look for company A's rows, change and delete them.
func (w walls) checkOtherTenant(t *testing.T, name string) {
	t.Helper()
	var own, foreign int
	var changed, deleted int64
	err := w.as(t, w.b, func(ctx context.Context, tx *pg.Tx) error {
		if err := tx.QueryRow(ctx, "select count(*), count(*) filter (where org_id <> $1) from "+name, w.b).Scan(&own, &foreign); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, "update "+name+" set org_id = org_id where org_id = $1", w.a)
		if err != nil {
			return err
		}
		changed = tag.RowsAffected()
		tag, err = tx.Exec(ctx, "delete from "+name+" where org_id = $1", w.a)
		deleted = tag.RowsAffected()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if own == 0 {
		t.Error("has no row to look at: add one to archtest.rows")
	}
	if foreign != 0 || changed != 0 || deleted != 0 {
		t.Errorf("another company saw %d rows, changed %d and deleted %d", foreign, changed, deleted)
	}
	err = w.as(t, w.a, func(ctx context.Context, tx *pg.Tx) error {
		return tx.QueryRow(ctx, "select count(*) from "+name).Scan(&own)
	})
	if err != nil || own == 0 {
		t.Errorf("company A has %d rows left, %v", own, err)
	}
}

// checkForgery has company B write rows in company A's name.
func (w walls) checkForgery(t *testing.T, name string) {
	t.Helper()
	err := w.as(t, w.b, func(ctx context.Context, tx *pg.Tx) error {
		_, err := tx.Exec(ctx, "insert into "+name+" select (jsonb_populate_record(x, jsonb_build_object('org_id', $1::text))).* from "+name+" x", w.a.String())
		return err
	})
	if code(err) != "42501" {
		t.Errorf("writing a row in another company's name: %v, want the policy's refusal (42501)", err)
	}
	err = w.as(t, w.b, func(ctx context.Context, tx *pg.Tx) error {
		_, err := tx.Exec(ctx, "update "+name+" set org_id = $1", w.a)
		return err
	})
	if c := code(err); c != "42501" && c != "23001" { // refused by the policy, or because it is history
		t.Errorf("giving a row to another company: %v, want the policy's refusal", err)
	}
}

// checkNoTenant looks without a tenant, as the program and as the tables' owner.
func (w walls) checkNoTenant(t *testing.T, name string) {
	t.Helper()
	n, count := 0, "select count(*) from "+name
	app := w.db.WithoutTenant(t.Context(), func(ctx context.Context, tx *pg.Tx) error { return tx.QueryRow(ctx, count).Scan(&n) })
	seen := n
	owner := w.owner.QueryRow(t.Context(), count).Scan(&n)
	if slices.Contains(beforeTenant, name) {
		if app != nil || owner != nil || seen+n != 0 {
			t.Errorf("without a tenant: %d and %d rows, %v, %v; want none", seen, n, app, owner)
		}
		return
	}
	for who, err := range map[string]error{pg.AppRole: app, "the owner": owner} {
		if err == nil {
			t.Errorf("%s counted it without a tenant; that must be an error", who)
		}
	}
}

// TestAKeyOpensOneRow holds the tables that are read before the tenant is
// known to exactly the row whose key was presented, and to reading.
func TestAKeyOpensOneRow(t *testing.T) {
	t.Parallel()
	w := buildWalls(t)
	for name, key := range map[string]string{"users": "owner@a.example", "sessions": "session " + w.a.String(), "invitations": "invitation " + w.a.String(), "password_resets": "reset " + w.a.String(), "api_keys": "key " + w.a.String()} {
		var orgs []ids.ID
		var changed int64
		err := w.db.WithKey(t.Context(), key, func(ctx context.Context, tx *pg.Tx) error {
			rs, err := tx.Query(ctx, "select org_id from "+name)
			if err != nil {
				return err
			}
			if orgs, err = pgx.CollectRows(rs, pgx.RowTo[ids.ID]); err != nil {
				return err
			}
			tag, err := tx.Exec(ctx, "delete from "+name)
			changed = tag.RowsAffected()
			return err
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(orgs) != 1 || orgs[0] != w.a || changed != 0 {
			t.Errorf("%s: the key showed the rows of %v and deleted %d; want one row of %s and none deleted", name, orgs, changed, w.a)
		}
		err = w.db.WithKey(t.Context(), "", func(ctx context.Context, tx *pg.Tx) error {
			var n int
			if err := tx.QueryRow(ctx, "select count(*) from "+name).Scan(&n); err != nil || n != 0 {
				t.Errorf("%s: an empty key showed %d rows, %v", name, n, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func code(err error) string {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return pe.Code
	}
	return ""
}
