// Package takeout writes one company with everything it has into one file of open
// formats, and reads such a file into this or another installation: who wants to
// leave can, any day, and come back.
//
// The file is a tar, compressed with zstd: README.md for a person, about.json, rows
// of each table as lines of JSON in the order in which they can be read in, the
// files, and a manifest with counts and sums. Everything is streamed.
//
// It walks the catalog and knows no room: every table with an org_id is a
// company's, whoever writes it, and a table that a room adds tomorrow is in the file
// without anybody thinking of it. That is why it lives in ops and not in a room.
//
// A file is not believed. The company's id is set here, the database's row security
// holds for every row read in as for every other one of the program, and a row that
// names another company's file is refused.
package takeout

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/ids"
	"truckflow/internal/platform/blob"
	"truckflow/internal/platform/pg"
)

// format is the version of the file's layout.
const format = 1

// left are the tenant tables that do not travel, each for a reason.
var left = map[string]string{
	"sessions":         "who is signed in on this server",
	"invitations":      "links to this server",
	"password_resets":  "links to this server",
	"api_keys":         "ways in to this server for programs",
	"mailboxes":        "two servers would read one mailbox; its password opens on this one alone",
	"idempotency_keys": "answers to requests that are repeated within days",
}

// About is the file's first word.
type About struct {
	Format   int       `json:"format"`
	Org      ids.ID    `json:"org"`
	Company  string    `json:"company"`
	Exported time.Time `json:"exported_at"`
	Program  string    `json:"program"`
	Schema   string    `json:"schema"` // the newest migration
}

// Manifest is its last.
type Manifest struct {
	Tables map[string]Sum `json:"tables"` // by name
	Files  Sum            `json:"files"`
	Ledger Ledger         `json:"ledger"`
}

// Sum counts things and sums them.
type Sum struct {
	Count  int64  `json:"count"`
	SHA256 string `json:"sha256"` // of the rows as written, one after the other; of each file's name, size and SHA-256
}

// Ledger is the company's money in cents.
type Ledger struct {
	Invoiced int64 `json:"invoiced_cents"`
	Received int64 `json:"received_cents"`
	Applied  int64 `json:"applied_cents"`
	Open     int64 `json:"open_cents"`
}

// Settings say where the company is or comes to.
type Settings struct {
	DSN     string // the owner's or the program's; what is done is done as the program's role
	Blobs   blob.Store
	Program string // its version
	Now     time.Time
	Tell    func(step string, n int64) // progress; may be nil
}

func (s Settings) tell(step string, n int64) {
	if s.Tell != nil {
		s.Tell(step, n)
	}
}

// table is a tenant table as the catalog has it.
type table struct {
	name    string
	columns []string // all but org_id
	key     []string // the primary key's
	parents []string // tenant tables it refers to
}

// tables lists what travels, each after those it refers to.
func tables(ctx context.Context, c *pgx.Conn) ([]table, error) {
	rows, err := c.Query(ctx, `select c.relname,
		array(select a.attname::text from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and a.attname <> 'org_id' order by a.attnum),
		array(select a.attname::text from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey) where i.indrelid = c.oid and i.indisprimary order by array_position(i.indkey::int2[], a.attnum)),
		array(select distinct p.relname::text from pg_constraint k join pg_class p on p.oid = k.confrelid where k.conrelid = c.oid and k.contype = 'f' and p.oid <> c.oid
			and exists (select from pg_attribute a where a.attrelid = p.oid and a.attname = 'org_id') order by 1)
		from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
		and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped) order by 1`)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (t table, err error) {
		err = r.Scan(&t.name, &t.columns, &t.key, &t.parents)
		return t, err
	})
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(t table) bool { return left[t.name] != "" })
	var sorted []table
	done := map[string]bool{}
	for len(sorted) < len(all) {
		before := len(sorted)
		for _, t := range all {
			if !done[t.name] && !slices.ContainsFunc(t.parents, func(p string) bool { return !done[p] }) {
				done[t.name] = true
				sorted = append(sorted, t)
			}
		}
		if len(sorted) == before {
			return nil, errors.New("tables refer to each other in a circle")
		}
	}
	return sorted, nil
}

// rowsOf is the query for a company's rows of t, each as JSON, in the order of its key.
func (t table) rowsOf() string {
	key := make([]string, len(t.key))
	for i, k := range t.key {
		key[i] = pgx.Identifier{k}.Sanitize()
	}
	return fmt.Sprintf("select row_to_json(t)::text from %s t order by %s", pgx.Identifier{t.name}.Sanitize(), strings.Join(key, ", "))
}

// summer sums lines; the company's id counts as the same whatever it is, so that a
// company under a new id has the same sum.
type summer struct {
	org  string
	n    int64
	hash hash.Hash
}

func newSummer(org ids.ID) *summer { return &summer{org: org.String(), hash: sha256.New()} }

func (s *summer) add(line string) {
	s.n++
	s.hash.Write([]byte(strings.ReplaceAll(line, s.org, "{org}")))
	s.hash.Write([]byte("\n"))
}

func (s *summer) sum() Sum { return Sum{s.n, hex.EncodeToString(s.hash.Sum(nil))} }

// connect opens the program's own way to the database, as if for company org.
func connect(ctx context.Context, s Settings) (*pgx.Conn, error) {
	c, err := pg.ConnectApp(ctx, s.DSN)
	if err != nil {
		return nil, errs.Unavailable("the database does not answer").Hint("is PostgreSQL running, and is DATABASE_URL right?").Wrap(err)
	}
	_, err = c.Exec(ctx, "set timezone = 'UTC'; set bytea_output = 'hex'; set idle_in_transaction_session_timeout = 0; set statement_timeout = 0")
	return c, err
}

func become(ctx context.Context, tx pgx.Tx, org ids.ID) error {
	_, err := tx.Exec(ctx, "select set_config('app.org_id', $1, true)", org.String())
	return err
}

func schema(ctx context.Context, tx pgx.Tx) (name string, err error) {
	err = tx.QueryRow(ctx, "select coalesce(max(name), '') from schema_migrations").Scan(&name)
	return name, err
}

func ledger(ctx context.Context, tx pgx.Tx) (l Ledger, err error) {
	err = tx.QueryRow(ctx, `select (select coalesce(sum(total_cents), 0) from invoices), (select coalesce(sum(amount_cents), 0) from payments),
		(select coalesce(sum(amount_cents), 0) from applications), (select coalesce(sum(total_cents - settled_cents), 0) from invoices where kind = 'invoice')`).
		Scan(&l.Invoiced, &l.Received, &l.Applied, &l.Open)
	return l, err
}
