package tune

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/tune.md again")

// TestPageIsCurrent compares docs/tune.md with what the formulas say for the
// specification's single server.
func TestPageIsCurrent(t *testing.T) {
	t.Parallel()
	file := filepath.Join("..", "..", "..", "docs", "tune.md")
	want := page(t)
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("docs/tune.md is not what the formulas say (%v); write it again: go test ./internal/ops/tune -run PageIsCurrent -update", err)
	}
}

func page(t *testing.T) string {
	m := Machine{RAMMB: 64 << 10, Cores: 16, Disk: SSD, Role: Shared}
	pg, err1 := Postgres(m)
	queue, err2 := Redis(m, Queue)
	cache, err3 := Redis(m, Cache)
	host, err4 := Host(m)
	mem, err5 := PostgresMemory(m)
	for _, err := range []error{err1, err2, err3, err4, err5} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# Tuning

<!-- Made from internal/ops/tune: go test ./internal/ops/tune -run PageIsCurrent -update -->

`+"`truckflow tune postgres|redis|host`"+` turns a machine (--ram, --cores, --disk, --role, --connections) into settings,
each with its reason and source, beside what runs now. --conf prints the file, --apply changes what differs
(ALTER SYSTEM, CONFIG SET, files for the kernel), says what waits for a restart, and keeps what was before
for --undo. The embedded PostgreSQL is sized by the same formulas at every start.

A shared host has half of its memory for PostgreSQL's worst case, an eighth for Redis (a quarter while it
forks) and the rest for the program, its reader and the system. PostgreSQL's worst case is every connection
and parallel worker sorting and hashing at once. The specification's values (work_mem 256MB for 200
connections, 16 GB of cache, 8 GB of Redis, on a host that also runs everything else) come to more than
100 GB of 64; connections that do not fit are refused with the number that does.

What follows is for the specification's single server: %s. PostgreSQL's worst case there is %d MB of %d.
`, m, mem.WorstMB, mem.ShareMB)
	for _, part := range []struct {
		title string
		all   []Setting
	}{{"PostgreSQL", pg}, {"Redis for queues and sessions", queue}, {"Redis as a cache", cache}, {"Kernel and limits", host}} {
		fmt.Fprintf(&b, "\n## %s\n\n| setting | value | specification | why | source |\n| --- | --- | --- | --- | --- |\n", part.title)
		for _, s := range part.all {
			v := s.Text()
			if v == "" {
				v = `""`
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", s.Name, v, s.Spec, s.Why, s.Source)
		}
	}
	return b.String()
}
