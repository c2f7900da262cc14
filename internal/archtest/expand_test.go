package archtest

import (
	"io/fs"
	"testing"

	"truckflow/internal/platform/pg"
	"truckflow/migrations"
)

// TestMigrationsOnlyAdd: what comes after the last release must let that release's
// program go on working beside it, or say after which step it may be taken away.
func TestMigrationsOnlyAdd(t *testing.T) {
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	known := false
	for _, name := range names {
		known = known || name == migrations.Released
		if name <= migrations.Released {
			continue
		}
		b, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		if needs := pg.Needs(string(b)); needs != "" {
			if _, err := fs.Stat(migrations.Files, needs); err != nil || needs > migrations.Released {
				t.Errorf("migrations/%s takes away what %s replaced, but no released program knows that one: expand in one release, contract in a later one", name, needs)
			}
			continue
		}
		for _, why := range pg.Breaks(string(b)) {
			t.Errorf("migrations/%s: %s; or, a release later, -- contract: after NAME", name, why)
		}
	}
	if !known {
		t.Errorf("migrations.Released is %s, which is not there", migrations.Released)
	}
}

// TestTheExpandRuleBites feeds it what it must refuse and what it must not.
func TestTheExpandRuleBites(t *testing.T) {
	for sql, breaks := range map[string]bool{
		"ALTER TABLE loads DROP COLUMN notes": true, "drop table snoozes": true, "ALTER TABLE loads RENAME COLUMN a TO b": true, "alter table loads rename to freight": true,
		"ALTER TABLE loads ALTER COLUMN notes SET NOT NULL": true, "ALTER TABLE loads ALTER weight TYPE bigint": true, "ALTER TABLE loads ALTER COLUMN x SET DATA TYPE text": true,
		"ALTER TABLE loads ADD COLUMN x int NOT NULL": true, "ALTER TABLE loads ADD COLUMN x int NOT NULL DEFAULT 0, ADD y text NOT NULL": true, "DROP FUNCTION app_org()": true,
		"ALTER TABLE loads ADD CHECK (x > 0)": true, "ALTER TABLE loads ADD CONSTRAINT c FOREIGN KEY (org_id, x) REFERENCES y (org_id, id)": true, "ALTER TABLE loads ADD UNIQUE (org_id, x)": true,
		"ALTER TABLE loads ADD COLUMN x int NOT NULL DEFAULT 0": false, "ALTER TABLE loads ADD COLUMN x int": false, "-- DROP TABLE loads\nSELECT 1": false,
		"ALTER TABLE loads ADD FOREIGN KEY (org_id, x) REFERENCES y (org_id, id) NOT VALID":                                                          false,
		"CREATE TABLE t (\n  org_id uuid NOT NULL,\n  kind text NOT NULL CHECK (kind <> ''),\n  UNIQUE (org_id, kind)\n);\nCREATE INDEX ON t (kind)": false,
		"CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TABLE x; END $$":                                                         false, "CREATE INDEX ON loads (org_id, x)": false, "ALTER TABLE loads ALTER COLUMN x DROP NOT NULL": false,
	} {
		if got := pg.Breaks(sql); (len(got) > 0) != breaks {
			t.Errorf("%s: %q", sql, got)
		}
	}
}
