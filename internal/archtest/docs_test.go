package archtest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"truckflow/internal/config"
)

var update = flag.Bool("update", false, "write docs/config.md again")

// TestConfigPageIsCurrent compares docs/config.md with the settings the program has.
func TestConfigPageIsCurrent(t *testing.T) {
	file := filepath.Join(root, "docs", "config.md")
	want := configPage()
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("docs/config.md is not what config.Settings says; write it again: go test ./internal/archtest -run ConfigPage -update")
	}
}

func configPage() string {
	var b strings.Builder
	b.WriteString(`# Settings

<!-- Made from config.Settings: go test ./internal/archtest -run ConfigPage -update -->

Settings are environment variables, read once at the start and checked together: a wrong
one stops the program with a message that names it. None is needed. ` + "`truckflow config`" + ` prints
what is in force, secrets hidden; ` + "`truckflow doctor`" + ` says which drivers follow from it.

Those marked *secret* can be given as a file instead: ` + "`NAME_FILE=/run/secrets/name`" + `.

| variable | unset means | |
| --- | --- | --- |
`)
	for _, s := range config.Settings {
		def := "—"
		if s.Default != "" {
			def = "`" + s.Default + "`"
		}
		help := strings.ReplaceAll(s.Help, "|", "\\|")
		if s.Secret {
			help += " (*secret*)"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Name, def, help)
	}
	return b.String()
}
