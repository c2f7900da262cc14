package deploy_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"truckflow/internal/ops/deploy"
)

func write(t *testing.T, dir, path, body string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, path), []byte(body), 0o644); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, path))
	if os.IsNotExist(err) {
		return "(none)"
	} else if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestNewVersionMeetsHands: two versions of a deployment, and between them a person
// who edits one file that changes, one that does not, and one that goes.
func TestNewVersionMeetsHands(t *testing.T) {
	dir := t.TempDir()
	one := []deploy.File{{"a", 0o644, []byte("a1\n")}, {"b", 0o644, []byte("b1\n")}, {"c", 0o644, []byte("c1\n")}, {"gone", 0o644, []byte("g\n")}, {"goneEdited", 0o644, []byte("g\n")}, {"s.sh", 0o755, []byte("s\n")}}
	two := []deploy.File{{"a", 0o644, []byte("a2\n")}, {"b", 0o644, []byte("b2\n")}, {"c", 0o644, []byte("c1\n")}, {"new", 0o644, []byte("n\n")}, {"theirs", 0o644, []byte("t\n")}, {"s.sh", 0o755, []byte("s\n")}}
	if _, err := deploy.Write(dir, one, "1", false); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "b", "b by hand\n")
	write(t, dir, "c", "c by hand\n")
	write(t, dir, "goneEdited", "g by hand\n")
	write(t, dir, "theirs", "was here before us\n")
	for pass := range 2 { // the second time finds the same hands
		changes, err := deploy.Write(dir, two, "2", false)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, c := range changes {
			got[c.Path] = c.What
			if c.Edited {
				got[c.Path] += " by hand"
			}
			if c.What == deploy.Edited && !strings.Contains(c.Diff, "\n-") {
				t.Errorf("%s: no difference is shown: %q", c.Path, c.Diff)
			}
		}
		want := map[string]string{"a": "changed", "b": "edited by hand", "c": "edited by hand", "gone": "removed", "goneEdited": "removed by hand", "new": "new", "theirs": "edited by hand", "s.sh": "unchanged"}
		if pass == 1 {
			want["a"], want["new"] = "unchanged", "unchanged"
			delete(want, "gone")
			delete(want, "goneEdited") // it is theirs now
		}
		for path, w := range want {
			if got[path] != w {
				t.Errorf("pass %d: %s is %q, want %q", pass, path, got[path], w)
			}
		}
		for path, w := range map[string]string{"a": "a2\n", "b": "b by hand\n", "c": "c by hand\n", "gone": "(none)", "goneEdited": "g by hand\n", "theirs": "was here before us\n", "new": "n\n"} {
			if r := read(t, dir, path); r != w {
				t.Errorf("pass %d: %s holds %q, want %q", pass, path, r, w)
			}
		}
	}
	if _, err := deploy.Write(dir, two, "2", true); err != nil {
		t.Fatal(err)
	}
	if read(t, dir, "b") != "b2\n" || read(t, dir, "b.edited") != "b by hand\n" || read(t, dir, "theirs.edited") != "was here before us\n" {
		t.Errorf("overwritten: b %q, beside it %q", read(t, dir, "b"), read(t, dir, "b.edited"))
	}
	if st, err := os.Stat(filepath.Join(dir, "s.sh")); err != nil || st.Mode().Perm() != 0o755 {
		t.Errorf("the script's mode: %v %v", st.Mode(), err)
	}
}

// TestManifestLeadsNowhere: it lies where people edit, and says which files to remove.
func TestManifestLeadsNowhere(t *testing.T) {
	for _, text := range []string{`{"files":{"../victim":"x"}}`, `{"files":{"/etc/passwd":"x"}}`, `{`} {
		dir := t.TempDir()
		write(t, dir, ".truckflow-deploy.json", text)
		if _, err := deploy.Write(dir, nil, "1", true); err == nil {
			t.Errorf("%s was believed", text)
		}
	}
}

// TestSecretsAreMadeOnce: passwords stay, what follows from them follows, and nobody
// else can read them.
func TestSecretsAreMadeOnce(t *testing.T) {
	dir := t.TempDir()
	p := plan(t, "domain: a.example.com\nmail: {server: \"smtp.example.com:587\", user: u@example.com}")
	missing, err := deploy.MakeSecrets(dir, p)
	if err != nil || len(missing) != 1 || missing[0] != "secrets/smtp_password" {
		t.Fatalf("missing %v, %v", missing, err)
	}
	owner := strings.TrimSpace(read(t, dir, "secrets/owner_password"))
	if len(owner) != 64 || !strings.Contains(read(t, dir, "secrets/database_url"), ":"+owner+"@postgres:5432/") {
		t.Errorf("owner's password %q is not in the database's address", owner)
	}
	if acl := read(t, dir, "secrets/redis_acl"); strings.Contains(acl, strings.TrimSpace(read(t, dir, "secrets/redis_password"))) || !strings.Contains(acl, "user default off") {
		t.Error("Redis' list holds a password in the clear, or lets anybody in")
	}
	write(t, dir, "secrets/smtp_password", "p w\n")
	if missing, err = deploy.MakeSecrets(dir, p); err != nil || len(missing) != 0 {
		t.Fatalf("missing %v, %v", missing, err)
	}
	if got := strings.TrimSpace(read(t, dir, "secrets/smtp_url")); got != "smtp://u%40example.com:p%20w@smtp.example.com:587" {
		t.Errorf("mail's address: %s", got)
	}
	if again := strings.TrimSpace(read(t, dir, "secrets/owner_password")); again != owner {
		t.Error("a password was made anew: the database still has the old one")
	}
	files, err := os.ReadDir(filepath.Join(dir, "secrets"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if i, err := f.Info(); err != nil || i.Mode().Perm()&0o077 != 0 && f.Name() != "smtp_password" { // that one the test wrote
			t.Errorf("%s: mode %v, %v", f.Name(), i.Mode(), err)
		}
	}
}
