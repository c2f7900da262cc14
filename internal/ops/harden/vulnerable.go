package harden

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"truckflow/internal/kit/errs"
)

// vulnFresh is how old the database may be before its silence means nothing.
const vulnFresh = 30 * 24 * time.Hour

// bringVuln says how the database comes to a machine without the internet.
const bringVuln = "curl -O https://vuln.go.dev/vulndb.zip (on any machine), then truckflow harden audit --vulndb vulndb.zip"

// vulnModule is a line of index/modules.json; osv an entry of ID/, both as
// https://go.dev/security/vuln/database describes them.
type vulnModule struct {
	Path  string
	Vulns []struct{ ID, Fixed string }
}

type osv struct {
	ID       string
	Summary  string
	Affected []struct {
		Package struct{ Name string }
		Ranges  []struct {
			Type   string
			Events []struct{ Introduced, Fixed string }
		}
	}
}

// VulnerabilityItem compares the modules of a build with the Go vulnerability
// database in dir: a folder or vulndb.zip, "" when none was brought. A finding
// may concern a function that is never called; govulncheck tells.
func VulnerabilityItem(dir string, info *debug.BuildInfo, now time.Time) Item {
	i := item("app.vulnerable")
	switch {
	case info == nil:
		return i.unknown("this build does not name its modules")
	case dir == "":
		i.Fix = bringVuln
		return i.unknown("%d modules, but no database was given", len(info.Deps))
	}
	db, done, err := openVuln(dir)
	if err != nil {
		i.Fix = bringVuln
		return i.unknown("%s", why(err))
	}
	defer done()
	var meta struct{ Modified time.Time }
	var index []vulnModule
	if err := errors.Join(readJSON(db, "index/db.json", &meta), readJSON(db, "index/modules.json", &index)); err != nil {
		i.Fix = bringVuln
		return i.unknown("the database cannot be read: %s", why(err))
	}
	date := meta.Modified.UTC().Format("2006-01-02")
	found, err := affected(db, index, modules(info))
	switch {
	case err != nil:
		return i.unknown("the database cannot be read: %s", why(err))
	case len(found) > 0:
		return i.fail("by the database of %s: %s", date, strings.Join(found, "; "))
	case now.Sub(meta.Modified) > vulnFresh:
		i.Fix = bringVuln
		return i.unknown("the database is of %s, too old to say that nothing is known", date)
	}
	return i.pass("%d modules, none in the database of %s", len(info.Deps), date)
}

// modules are the build's modules as the database names them: path to version
// without the v, the standard library as stdlib.
func modules(info *debug.BuildInfo) map[string]string {
	out := map[string]string{"stdlib": strings.TrimPrefix(firstWord(info.GoVersion), "go")}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		out[m.Path] = strings.TrimPrefix(m.Version, "v")
	}
	return out
}

func firstWord(s string) string {
	s, _, _ = strings.Cut(s, " ")
	return s
}

func affected(db fs.FS, index []vulnModule, have map[string]string) (found []string, err error) {
	for _, m := range index {
		version, ok := have[m.Path]
		if !ok {
			continue
		}
		for _, v := range m.Vulns {
			var e osv
			if err := readJSON(db, "ID/"+v.ID+".json", &e); err != nil {
				return nil, err
			}
			if fixed, hit := e.hits(m.Path, version); hit {
				found = append(found, fmt.Sprintf("%s in %s %s (%s), fixed in %s", e.ID, m.Path, version, e.Summary, orNone(fixed)))
			}
		}
	}
	slices.Sort(found)
	return found, nil
}

// hits walks the entry's ranges: introduced "0" is from the beginning.
func (e osv) hits(path, version string) (fixed string, hit bool) {
	v := "v" + version
	for _, a := range e.Affected {
		if a.Package.Name != path {
			continue
		}
		for _, r := range a.Ranges {
			in := false
			for _, ev := range r.Events {
				switch {
				case ev.Introduced != "" && (ev.Introduced == "0" || semver.Compare(v, "v"+ev.Introduced) >= 0):
					in = true
				case ev.Fixed != "" && semver.Compare(v, "v"+ev.Fixed) >= 0:
					in = false
				case ev.Fixed != "" && in:
					fixed = ev.Fixed
				}
			}
			if in {
				return fixed, true
			}
		}
	}
	return "", false
}

func openVuln(path string) (fs.FS, func(), error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, nil, errs.NotFound("there is no vulnerability database at %s", path).Wrap(err)
	}
	if st.IsDir() {
		return os.DirFS(path), func() {}, nil
	}
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, nil, errs.Invalid("%s is neither a folder nor a vulndb.zip", path).Wrap(err)
	}
	return z, func() { z.Close() }, nil
}

func readJSON(db fs.FS, name string, v any) error {
	b, err := fs.ReadFile(db, name)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}
