package archtest

import (
	"strings"
	"testing"
)

// TestTheRulesBite feeds the rules what they must refuse and what they must not.
func TestTheRulesBite(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, imp, want string }{
		{"internal/loads", "internal/billing", "upstairs"},
		{"internal/billing", "internal/loads", ""},
		{"internal/billing", "internal/loads/internal/loadsdb", "private store"},
		{"internal/billing", "internal/loads/lifecycle", ""},
		{"internal/documents", "internal/loads/lifecycle", "upstairs"},
		{"internal/billing", "internal/dispatch/optimize", "another room's inside"},
		{"internal/loads/lifecycle", "internal/loads", "kernel may import only"},
		{"internal/loads/loadsweb", "internal/loads/internal/loadsdb", "edge may import only"},
		{"internal/loads/loadsweb", "internal/billing", "upstairs"},
		{"internal/loads/loadsweb", "internal/platform/jobs", "asks its room"},
		{"internal/web", "internal/loads", "only identity"},
		{"internal/web", "internal/identity", ""},
		{"internal/ops/opsweb", "internal/loads", "only identity"},
		{"internal/ops/opsweb", "internal/ops/cost", ""},
		{"internal/ops/cost", "internal/web", "ops may import only"},
		{"internal/platform/pg", "internal/config", "platform may import only"},
		{"internal/ops/pgmanager", "internal/identity", "ops may import only"},
		{"internal/sim", "internal/documents/extract", "what a client knows"},
		{"internal/sim", "internal/app", "sim may import only"},
		{"internal/app", "internal/ops/pgmanager/pgtest", "only tests"},
		{"internal/app", "internal/sim", "app may import only"},
	} {
		l, room := where(module + c.from)
		got := refused(&pkg{ImportPath: module + c.from, layer: l, room: room}, module+c.imp)
		if c.want == "" && got != "" || c.want != "" && !strings.Contains(got, c.want) {
			t.Errorf("%s imports %s: %q, want %q", c.from, c.imp, got, c.want)
		}
	}
	for sql, want := range map[string]string{
		"insert into loads (id) values ($1)":                         "loads",
		"UPDATE loads l SET state = $1":                              "loads",
		"delete from stops where load_id = $1":                       "stops",
		"select 1 from loads for update of loads":                    "",
		"insert into x (a) values (1) on conflict do update set a=1": "x",
	} {
		got := ""
		if m := writeRE.FindStringSubmatch(sql); m != nil {
			got = m[1] + m[2] + m[3]
		}
		if got != want {
			t.Errorf("%s: writes %q, want %q", sql, got, want)
		}
	}
}
