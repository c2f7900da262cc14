package pg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"regexp"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
)

// Programs of two versions run beside each other during a rolling upgrade, and who
// goes back runs the older one on the newer schema. So a schema changes in steps:
// a release only adds (expand) and its program writes both; a later one takes away
// (contract) what no program that may still run needs. A contract says so in its
// first lines:
//
//	-- contract: after 202612010900_loads_newname.sql
//
// and a program that does not know the migration named there refuses that schema.

var contractRE = regexp.MustCompile(`(?m)^-- contract: after (\S+)$`)

// Needs returns which migration a program must know to work on the schema that sql
// makes; "" for a step that only adds.
func Needs(sql string) string {
	if m := contractRE.FindStringSubmatch(sql); m != nil {
		return m[1]
	}
	return ""
}

// breaking are statements that a program of before cannot live with.
var breaking = []struct {
	re     *regexp.Regexp
	why    string
	unless *regexp.Regexp
}{
	{regexp.MustCompile(`(?i)\bdrop\s+table\b`), "DROP TABLE: the program of before reads it", nil},
	{regexp.MustCompile(`(?i)\bdrop\s+column\b`), "DROP COLUMN: the program of before names it", nil},
	{regexp.MustCompile(`(?i)\bdrop\s+(function|procedure|type|view)\b`), "DROP: the program of before may call it", nil},
	{regexp.MustCompile(`(?i)\brename\s+(to|column|constraint)\b|\brename\s+\w+\s+to\b`), "RENAME: the program of before knows the old name; add the new one, write both, take the old one away a release later", nil},
	{regexp.MustCompile(`(?i)\bset\s+not\s+null\b`), "SET NOT NULL: the program of before leaves it empty", nil},
	{regexp.MustCompile(`(?i)\balter\s+(?:column\s+)?\w+\s+(?:set\s+data\s+)?type\b`), "ALTER … TYPE: it rewrites the table under a lock, and the program of before may not read it; add a column", nil},
	{regexp.MustCompile(`(?i)\badd\s+(?:column\s+)?(?:if\s+not\s+exists\s+)?(?:\w+\s+)[^,;]*?\bnot\s+null\b[^,;]*`), "ADD … NOT NULL without DEFAULT: the program of before does not fill it", regexp.MustCompile(`(?i)\bdefault\b|\bgenerated\b`)},
	{regexp.MustCompile(`(?i)\badd\s+(?:constraint\s+\w+\s+)?(?:check|foreign\s+key|unique)\b[^;]*`), "ADD a constraint at once: it is checked on every row under a lock, and binds the program of before; NOT VALID first", regexp.MustCompile(`(?i)\bnot\s+valid\b`)},
}

var (
	sqlComment = regexp.MustCompile(`--[^\n]*`)
	sqlBody    = regexp.MustCompile(`(?s)\$(\w*)\$.*?\$\w*\$`) // of functions: not run now
	newTable   = regexp.MustCompile(`(?is)create\s+table\s+(?:if\s+not\s+exists\s+)?(\w+)\s*\(.*?\n\)`)
)

// Breaks lists what in sql a program of the version before could not live with.
func Breaks(sql string) (why []string) {
	sql = newTable.ReplaceAllString(sqlBody.ReplaceAllString(sqlComment.ReplaceAllString(sql, ""), ""), "")
	for _, b := range breaking {
		if slices.ContainsFunc(b.re.FindAllString(sql, -1), func(found string) bool { return b.unless == nil || !b.unless.MatchString(found) }) {
			why = append(why, b.why)
		}
	}
	return why
}

// compareSchema returns what fsys has and the database has not. It refuses a
// database that fsys does not belong to, or whose schema went too far.
func compareSchema(ctx context.Context, c *pgx.Conn, fsys fs.FS) (pending []migration, err error) {
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return nil, err
	}
	rows, err := c.Query(ctx, "select name, sum, needs from schema_migrations order by name")
	if err != nil {
		return nil, err
	}
	type row struct{ name, sum, needs string }
	applied, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (x row, err error) {
		err = r.Scan(&x.name, &x.sum, &x.needs)
		return x, err
	})
	if err != nil {
		return nil, err
	}
	have, known := map[string]string{}, map[string]bool{}
	for _, x := range applied {
		have[x.name] = x.sum
	}
	for _, name := range names {
		known[name] = true
		sql, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		h := sha256.Sum256(sql)
		sum := hex.EncodeToString(h[:])
		switch was, ok := have[name]; {
		case !ok:
			pending = append(pending, migration{name, string(sql), sum})
		case was != sum:
			return nil, errs.Conflict("migration %s differs from the one this database has applied", name).
				Hint("this program and this database do not belong together; never edit an applied migration")
		}
	}
	for _, x := range applied {
		if !known[x.name] && x.needs != "" && !known[x.needs] {
			return nil, errs.Conflict("this database was upgraded past what this program can work with: %s took away what it needs", x.name).
				Hint("run a version that knows %s; or restore the backup of before the upgrade: truckflow backup restore --to TIME", x.needs)
		}
	}
	return pending, nil
}

// Ahead lists what the database has applied and fsys does not know.
func Ahead(ctx context.Context, dsn string, fsys fs.FS) (names []string, pending int, err error) {
	c, err := ConnectPrimary(ctx, dsn)
	if err != nil {
		return nil, 0, noAnswer(err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	known, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return nil, 0, err
	}
	err = c.QueryRow(ctx, `select array(select name from schema_migrations where name <> all ($1) order by 1),
		(select count(*) from unnest($1::text[]) x (name) where not exists (select from schema_migrations s where s.name = x.name))`, known).Scan(&names, &pending)
	return names, pending, err
}

// Step is one migration as it was rehearsed.
type Step struct {
	Name   string        `json:"name"`
	Took   time.Duration `json:"took_ns"`
	Locks  []Lock        `json:"locks,omitempty"` // on tables that were there before, held to the step's end
	Needs  string        `json:"needs,omitempty"` // see Needs
	Breaks []string      `json:"breaks,omitempty"`
}

// Lock is what a step keeps others from doing with a table.
type Lock struct {
	Table  string `json:"table"`
	Writes bool   `json:"writes"` // nobody can write it
	Reads  bool   `json:"reads"`  // and nobody can read it
	Bytes  int64  `json:"bytes"`
	Rows   int64  `json:"rows"` // as PostgreSQL estimates it
}

// Rehearse applies what fsys has and the database has not, for good, and says how
// long each step took and what it locked: for a copy.
func Rehearse(ctx context.Context, dsn string, fsys fs.FS) (steps []Step, err error) {
	err = migrate(ctx, dsn, fsys, func(ctx context.Context, c *pgx.Conn, m migration) error {
		began := time.Now()
		step := Step{Name: m.name, Needs: Needs(m.sql), Breaks: Breaks(m.sql)}
		var newest uint32 // tables of this step come after
		if err := c.QueryRow(ctx, "select max(oid) from pg_class").Scan(&newest); err != nil {
			return err
		}
		err := m.apply(ctx, c, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `select c.relname, bool_or(l.mode = 'AccessExclusiveLock'), pg_total_relation_size(c.oid), greatest(c.reltuples, 0)::bigint
				from pg_locks l join pg_class c on c.oid = l.relation
				where l.pid = pg_backend_pid() and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
				and c.relkind in ('r', 'p') and c.oid between 16384 and $1 and c.relname <> 'schema_migrations' group by c.oid, c.relname, c.reltuples order by 3 desc`, newest)
			if err != nil {
				return err
			}
			step.Locks, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (l Lock, err error) {
				l.Writes = true
				err = r.Scan(&l.Table, &l.Reads, &l.Bytes, &l.Rows)
				return l, err
			})
			return err
		})
		step.Took = time.Since(began)
		steps = append(steps, step)
		return err
	})
	return steps, err
}
