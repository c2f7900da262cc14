// Package usage measures what the system uses: what is stored, how much work a
// month brings, how large tables are. It reads through catalogs and, for one
// organisation at a time and behind its row security, through a handful of counts
// over the rooms' tables; it changes nothing, and works when the rooms do not.
package usage

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/ids"
	"truckflow/internal/kit/money"
	"truckflow/internal/kit/tenant"
	"truckflow/internal/platform/pg"
)

// Work is what one or more companies have and do.
type Work struct {
	Trucks        int         `json:"trucks"`         // not archived
	Loads         int         `json:"loads"`          // booked in 30 days
	Documents     int         `json:"documents"`      // received in 30 days
	DocumentsKept int         `json:"documents_kept"` // stored now
	DocumentBytes int64       `json:"document_bytes"` // of them
	Revenue       money.Cents `json:"revenue"`        // invoiced less credited, in 30 days
	InvoicedLoads int         `json:"invoiced_loads"` // loads these invoices are for
	AISpent       money.Cents `json:"ai_spent"`       // on language models outside, in 30 days; rounded up
}

// add sums two companies.
func (w Work) add(x Work) Work {
	w.Trucks += x.Trucks
	w.Loads += x.Loads
	w.Documents += x.Documents
	w.DocumentsKept += x.DocumentsKept
	w.DocumentBytes += x.DocumentBytes
	w.Revenue += x.Revenue
	w.InvoicedLoads += x.InvoicedLoads
	w.AISpent += x.AISpent
	return w
}

// Month is the span that Work counts.
const Month = 30 * 24 * time.Hour

// Of measures the company in ctx, over the month before now.
func Of(ctx context.Context, db *pg.DB, now time.Time) (w Work, err error) {
	since := now.Add(-Month)
	err = db.WithRead(ctx, func(ctx context.Context, tx *pg.Tx) error {
		return tx.QueryRow(ctx, `select (select count(*) from trucks where archived_at is null),
			(select count(*) from loads where booked_at >= $1),
			(select count(*) from documents where received_at >= $1),
			(select count(*) from documents where deleted_at is null), (select coalesce(sum(size_bytes), 0) from documents where deleted_at is null),
			(select coalesce(sum(total_cents), 0) from invoices where issued_on >= $1::date),
			(select count(distinct load_id) from invoices where issued_on >= $1::date and kind = 'invoice'),
			(select ceil(coalesce(sum(cost_micros), 0) / 10000)::bigint from ai_calls where at >= $1)`, since).
			Scan(&w.Trucks, &w.Loads, &w.Documents, &w.DocumentsKept, &w.DocumentBytes, &w.Revenue, &w.InvoicedLoads, &w.AISpent)
	})
	return w, err
}

// OfAll measures every company of the database together: for who runs the server,
// never for a page of one of them.
func OfAll(ctx context.Context, db *pg.DB, now time.Time) (all Work, err error) {
	var orgs []ids.ID
	err = db.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		rows, err := tx.Query(ctx, "select id from orgs")
		if err == nil {
			orgs, err = pgx.CollectRows(rows, pgx.RowTo[ids.ID])
		}
		return err
	})
	for _, org := range orgs {
		if err != nil {
			break
		}
		var w Work
		w, err = Of(tenant.System(ctx, org), db, now)
		all = all.add(w)
	}
	return all, err
}

// Table is how large a table is, its indexes and partitions included.
type Table struct {
	Name  string `json:"name"`
	Rows  int64  `json:"rows"` // as the database estimates; exact after ANALYZE
	Bytes int64  `json:"bytes"`
}

// Store is what the database holds, over all companies.
type Store struct {
	Version string  `json:"version"`
	Bytes   int64   `json:"bytes"`
	Tables  []Table `json:"tables"` // largest first
	InUse   int     `json:"connections_in_use"`
	Most    int     `json:"connections_most"`
}

// Stored measures the database.
func Stored(ctx context.Context, db *pg.DB) (s Store, err error) {
	err = db.WithoutTenant(ctx, func(ctx context.Context, tx *pg.Tx) error {
		err := tx.QueryRow(ctx, `select split_part(current_setting('server_version'), ' ', 1), pg_database_size(current_database()),
			(select count(*) from pg_stat_activity where backend_type = 'client backend'), current_setting('max_connections')::int`).
			Scan(&s.Version, &s.Bytes, &s.InUse, &s.Most)
		if err != nil {
			return err
		}
		// A table that was never vacuumed says -1; what is counted as it is written says it then.
		rows, err := tx.Query(ctx, `select root::text, sum(greatest(c.reltuples, pg_stat_get_live_tuples(c.oid)))::bigint, sum(pg_total_relation_size(c.oid))::bigint
			from pg_class c, lateral coalesce(pg_partition_root(c.oid), c.oid::regclass) root
			where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' group by 1 order by 3 desc`)
		if err == nil {
			s.Tables, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Table])
		}
		return err
	})
	return s, err
}

// Disk is the file system that a folder is on.
type Disk struct {
	Folder string `json:"folder"`
	Total  int64  `json:"total"`
	Free   int64  `json:"free"` // for whoever is not root
}

// DiskOf measures it.
func DiskOf(folder string) (Disk, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return Disk{}, err
	}
	return Disk{folder, int64(s.Blocks) * s.Bsize, int64(s.Bavail) * s.Bsize}, nil
}

// Size writes bytes as "41.2 GB".
func Size(n int64) string {
	for _, u := range []struct {
		name string
		of   int64
	}{{" TB", 1e12}, {" GB", 1e9}, {" MB", 1e6}} {
		if n >= u.of {
			return fmt.Sprintf("%.1f%s", float64(n)/float64(u.of), u.name)
		}
	}
	return fmt.Sprintf("%d kB", n/1000)
}
