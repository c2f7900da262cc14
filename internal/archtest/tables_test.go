package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"truckflow/migrations"
)

// globalTables have no org_id, each for a reason.
var globalTables = map[string]string{
	"orgs":                    "the list of tenants itself; it holds an id and a date",
	"checklist_confirmations": "who confirmed what about the server; another company sees that, and neither name nor note",
	"checklist_reports":       "the reports of the server's restores, speed and safety; no figure in it is a company's",
	"scale_decisions":         "when the server was scaled and why; it is about machines and names no tenant",
}

var (
	migRE     = regexp.MustCompile(`^(\d{12})_([a-z]+)_[a-z0-9_]+\.sql$`)
	commentRE = regexp.MustCompile(`--[^\n]*`)
	createRE  = regexp.MustCompile(`(?is)create\s+table\s+(?:if\s+not\s+exists\s+)?(\w+)\s*\((.*?)\n\)`)
	partRE    = regexp.MustCompile(`(?i)create\s+table\s+\S+\s+partition\s+of\s`) // its parent's columns, and walls_test looks at each
	dropRE    = regexp.MustCompile(`(?i)drop\s+table\s+(\w+)`)
	anyTable  = regexp.MustCompile(`(?i)create\s+(?:unlogged\s+)?table\s`)
	writeRE   = regexp.MustCompile(`(?i)(?:\binsert\s+into\s+(\w+)|\bdelete\s+from\s+(\w+)|\bupdate\s+(?:only\s+)?(\w+)\s+(?:(?:as\s+)?\w+\s+)?set\b)`)
	readRE    = regexp.MustCompile(`(?i)\b(?:from|join)\s+(\w+)`)
	orgFirst  = regexp.MustCompile(`(?i)primary\s+key\s*\(\s*org_id\b|\borg_id\s+uuid\s+primary\s+key`)
)

// table is one CREATE TABLE of a migration.
type table struct {
	name, owner, file, body string
	after                   string // the rest of its migration
}

func (x table) tenant() bool { return regexp.MustCompile(`(?m)^\s*org_id\s`).MatchString(x.body) }

// tables reads the migrations; what is misnamed fails t.
func tables(t *testing.T) map[string]table {
	t.Helper()
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil || len(names) == 0 {
		t.Fatalf("no migrations: %v", err)
	}
	out := map[string]table{}
	for _, name := range names {
		g := migRE.FindStringSubmatch(name)
		if g == nil || g[2] != "platform" && g[2] != "ops" && !slices.Contains(rooms, g[2]) {
			t.Errorf("migrations/%s: want YYYYMMDDHHMM_room_what.sql, with a room of archtest.rooms, platform or ops", name)
			continue
		}
		if _, err := time.Parse("200601021504", g[1]); err != nil {
			t.Errorf("migrations/%s: %s is no date and time", name, g[1])
		}
		b, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		sql := commentRE.ReplaceAllString(string(b), "")
		sql = partRE.ReplaceAllString(sql, "PARTITION OF ")
		for _, m := range dropRE.FindAllStringSubmatch(sql, -1) {
			if old := out[m[1]]; old.owner == g[2] { // made anew, or gone for good
				delete(out, m[1])
			} else {
				t.Errorf("migrations/%s drops %s, which is %s's", name, m[1], old.owner)
			}
		}
		found := createRE.FindAllStringSubmatchIndex(sql, -1)
		if n := len(anyTable.FindAllString(sql, -1)); n != len(found) {
			t.Errorf("migrations/%s: %d tables are created, %d are understood; close each with ) on a line of its own", name, n, len(found))
		}
		for _, m := range found {
			x := table{name: sql[m[2]:m[3]], body: sql[m[4]:m[5]], owner: g[2], file: "migrations/" + name, after: sql[m[1]:]}
			if old, dup := out[x.name]; dup {
				t.Errorf("%s creates %s, which %s has created", x.file, x.name, old.file)
			}
			out[x.name] = x
		}
	}
	return out
}

// TestEachTenantTableHasItsPolicy reads the migrations; what the database made
// of them is looked at by TestEveryTenantTableIsWalled.
func TestEachTenantTableHasItsPolicy(t *testing.T) {
	all := tables(t)
	for _, x := range all {
		if !x.tenant() {
			if globalTables[x.name] == "" {
				t.Errorf("%s: %s has no org_id; give it one, or list it in archtest.globalTables with the reason", x.file, x.name)
			}
			continue
		}
		if globalTables[x.name] != "" {
			t.Errorf("%s has an org_id and is listed as global", x.name)
		}
		if !orgFirst.MatchString(x.body) {
			t.Errorf("%s: org_id must lead the primary key of %s", x.file, x.name)
		}
		if strings.Contains(x.after, fmt.Sprintf("CALL tenant_table('%s')", x.name)) {
			continue
		}
		for _, want := range []string{
			"ALTER TABLE " + x.name + " ENABLE ROW LEVEL SECURITY",
			"ALTER TABLE " + x.name + " FORCE ROW LEVEL SECURITY",
			"CREATE POLICY tenant ON " + x.name + " USING (org_id = ",
		} {
			if !strings.Contains(x.after, want) {
				t.Errorf("%s: %s needs CALL tenant_table('%s') after it, or, with policies of its own: %s …", x.file, x.name, x.name, want)
			}
		}
	}
	for name := range globalTables {
		if _, ok := all[name]; !ok {
			t.Errorf("archtest.globalTables names %s, which no migration creates", name)
		}
	}
	t.Logf("%d tables", len(all))
}

// floor orders owners: platform's tables lie under every room's.
func floor(owner string) int { return slices.Index(rooms, owner) }

// TestEachTableHasOneWriter checks every query file and every SQL string in
// hand-written code: a table is written by the owner its migration names, and
// read by it and by rooms above.
func TestEachTableHasOneWriter(t *testing.T) {
	all := tables(t)
	written := map[string]bool{}
	check := func(where, owner, sql string) {
		for _, m := range writeRE.FindAllStringSubmatch(sql, -1) {
			name := strings.ToLower(m[1] + m[2] + m[3])
			x, ok := all[name]
			if !ok {
				continue
			}
			written[name] = true
			if x.owner != owner {
				t.Errorf("%s (%s) writes %s, which belongs to %s: call its service", where, owner, name, x.owner)
			}
		}
	}
	files := 0
	for _, r := range rooms {
		qs, err := filepath.Glob(filepath.Join(root, "internal", r, "internal", r+"db", "*.sql"))
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range qs {
			b, err := os.ReadFile(q)
			if err != nil {
				t.Fatal(err)
			}
			files++
			sql := commentRE.ReplaceAllString(string(b), "")
			name := path.Join("internal", r, filepath.Base(q))
			check(name, r, sql)
			for _, m := range readRE.FindAllStringSubmatch(sql, -1) {
				if x, ok := all[strings.ToLower(m[1])]; ok && floor(x.owner) > floor(r) {
					t.Errorf("%s reads %s, which is upstairs in %s", name, x.name, x.owner)
				}
			}
		}
	}
	if files < 5 {
		t.Fatalf("only %d query files found: the rule would check nothing", files)
	}
	for _, p := range packages(t) {
		owner := p.room
		if p.layer == "platform" {
			owner = "platform"
		}
		if owner == "" {
			owner = p.layer
		}
		if strings.HasSuffix(p.ImportPath, "scripts/bench") {
			continue // its floors are the bare statements, run by pgbench
		}
		for _, f := range p.files {
			if f.test || !f.ourOwn {
				continue
			}
			ast.Inspect(f.ast, func(n ast.Node) bool {
				if l, ok := n.(*ast.BasicLit); ok && l.Kind == token.STRING {
					if s, err := strconv.Unquote(l.Value); err == nil {
						check(at(f, l.Pos()), owner, s)
					}
				}
				return true
			})
		}
	}
	for name, x := range all {
		if !written[name] {
			t.Errorf("%s: nothing in the program writes %s: is it needed?", x.file, name)
		}
	}
}
