package archtest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"truckflow/internal/ops/takeout"
	"truckflow/internal/platform/blob/fileblob"
	"truckflow/internal/platform/pg/schematest"
)

// staysHere are the tenant tables that a company does not take along when it leaves.
var staysHere = []string{"sessions", "invitations", "password_resets", "api_keys", "idempotency_keys", "mailboxes"}

// TestEveryTenantTableTravels exports a company that has a row everywhere and reads it
// in elsewhere: every tenant table is in the file, but for those named here, and
// nothing of the other company is.
func TestEveryTenantTableTravels(t *testing.T) {
	t.Parallel()
	w := buildWalls(t)
	files, err := fileblob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := takeout.Settings{DSN: w.owner.Config().ConnString(), Blobs: files, Program: "test", Now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
	org, name, err := takeout.Find(t.Context(), s, "OWNER@A.example")
	if err != nil || org != w.a {
		t.Fatal(org, name, err)
	}
	var b bytes.Buffer
	m, err := takeout.Export(t.Context(), s, org, name, &b)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range tables(t) {
		stays := strings.Contains(" "+strings.Join(staysHere, " ")+" ", " "+x.name+" ")
		sum, there := m.Tables[x.name]
		if x.tenant() && there == stays || there && sum.Count != 1 {
			t.Errorf("%s: in the file %v with %d rows of one company", x.name, there, sum.Count)
		}
	}
	for _, fresh := range []bool{false, true} {
		to := s
		to.DSN = schematest.New(t).OwnerDSN
		in, err := takeout.Import(t.Context(), to, bytes.NewReader(b.Bytes()), fresh)
		if err != nil {
			t.Fatalf("as new %v: %v", fresh, err)
		}
		if (in.Org == org) == fresh {
			t.Errorf("as new %v: %s became %s", fresh, org, in.Org)
		}
		again, err := takeout.Export(t.Context(), to, in.Org, name, &bytes.Buffer{})
		if err != nil || len(again.Tables) != len(m.Tables) {
			t.Fatal(again, err)
		}
		for table, sum := range again.Tables {
			if sum != m.Tables[table] {
				t.Errorf("as new %v: %s is not what it was", fresh, table)
			}
		}
	}
}
