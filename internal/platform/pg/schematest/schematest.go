// Package schematest gives tests a database as the program finds it: every
// migration applied, the queue's tables, the program's rights.
package schematest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"log/slog"
	"testing"

	"truckflow/internal/ops/pgmanager/pgtest"
	"truckflow/internal/platform/jobs"
	"truckflow/internal/platform/pg"
	"truckflow/migrations"
)

// New returns a database of t's own with the whole schema and no rows. All
// packages share one template, which any change of a migration builds anew.
func New(t testing.TB) pgtest.Database {
	t.Helper()
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	h := sha256.New()
	for _, n := range names {
		b, err := fs.ReadFile(migrations.Files, n)
		if err != nil {
			t.Fatal(err)
		}
		h.Write([]byte(n))
		h.Write(b)
	}
	return pgtest.New(t, "schema and queue "+hex.EncodeToString(h.Sum(nil)), func(ctx context.Context, dsn string) error {
		if _, err := pg.Migrate(ctx, dsn, migrations.Files, slog.New(slog.DiscardHandler)); err != nil {
			return err
		}
		if err := jobs.Migrate(ctx, dsn); err != nil {
			return err
		}
		return pg.Grant(ctx, dsn)
	})
}
