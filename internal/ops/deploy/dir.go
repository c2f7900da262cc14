package deploy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"truckflow/internal/kit/durable"
	"truckflow/internal/kit/errs"
)

// manifestFile holds what was rendered, so that a hand's edit can be told from an
// older version's text.
const manifestFile = ".truckflow-deploy.json"

type manifest struct {
	Version string            `json:"version"` // of the program that rendered
	Files   map[string]string `json:"files"`   // path → SHA-256 as rendered
}

// What rendering would do, or did, to a file.
const (
	Same    = "unchanged"
	New     = "new"
	Changed = "changed" // by this version or plan; nobody edited it
	Edited  = "edited"  // by hand: kept
	Gone    = "removed" // no longer part of the deployment
)

// Change is one file's fate.
type Change struct {
	Path   string `json:"path"`
	What   string `json:"what"`
	Edited bool   `json:"edited"`         // somebody changed it since it was rendered
	Diff   string `json:"diff,omitempty"` // from what is there to what would be rendered
}

// Compare says what writing files into dir would change. A file is edited when it
// is neither what was rendered there nor what would be now; one that no manifest
// knows was somebody's before us.
func Compare(dir string, files []File) ([]Change, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	var out []Change
	wanted := map[string]bool{}
	for _, f := range files {
		wanted[f.Path] = true
		have, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Path)))
		if errors.Is(err, os.ErrNotExist) {
			out = append(out, Change{Path: f.Path, What: New})
			continue
		} else if err != nil {
			return nil, errs.Unavailable("%s cannot be read", f.Path).Wrap(err)
		}
		c := Change{Path: f.Path, What: Same}
		if string(have) != string(f.Body) {
			c.What = Changed
			if c.Edited = hash(have) != m.Files[f.Path]; c.Edited {
				c.What = Edited
			}
			c.Diff = string(diff.Diff(f.Path+" (here)", have, f.Path+" (rendered)", f.Body))
		}
		out = append(out, c)
	}
	for path, sum := range m.Files {
		if wanted[path] {
			continue
		}
		have, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(path)))
		if err == nil {
			out = append(out, Change{Path: path, What: Gone, Edited: hash(have) != sum})
		}
	}
	slices.SortFunc(out, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return out, nil
}

// Write brings dir up to files and returns what became of each. An edited file
// stays as it is; with overwrite it is replaced and kept beside as NAME.edited.
func Write(dir string, files []File, version string, overwrite bool) ([]Change, error) {
	changes, err := Compare(dir, files)
	if err != nil {
		return nil, err
	}
	byPath := map[string]File{}
	m := manifest{Version: version, Files: map[string]string{}}
	for _, f := range files {
		byPath[f.Path] = f
		m.Files[f.Path] = hash(f.Body)
	}
	for _, c := range changes {
		if err := m.apply(dir, c, byPath[c.Path], overwrite); err != nil {
			return nil, errs.Unavailable("%s cannot be written", filepath.Join(dir, c.Path)).Wrap(err)
		}
	}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, err
	}
	return changes, replace(filepath.Join(dir, manifestFile), append(b, '\n'), 0o644)
}

// apply does to one file what its change says, and keeps the manifest true.
func (m manifest) apply(dir string, c Change, f File, overwrite bool) error {
	full := filepath.Join(dir, filepath.FromSlash(c.Path))
	if c.Edited && (c.What == Gone || !overwrite) {
		return nil // what nobody wants any more but somebody edited is theirs now
	}
	switch c.What {
	case Same:
		return os.Chmod(full, f.Mode)
	case Gone:
		return os.Remove(full)
	case Edited:
		if err := os.Rename(full, full+".edited"); err != nil {
			return err
		}
	}
	return replace(full, f.Body, f.Mode)
}

// replace writes a file whole or not at all.
func replace(file string, body []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return durable.WriteFile(file, body, mode)
}

// readManifest returns dir's; an empty one where nothing was rendered yet.
func readManifest(dir string) (m manifest, err error) {
	b, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, os.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		return m, errs.Invalid("%s in %s cannot be read", manifestFile, dir).Hint("without it nothing can be told from a hand's edit; restore it, or render into another folder").Wrap(err)
	}
	for path := range m.Files { // it lies where people edit: a path must not lead out
		if !filepath.IsLocal(filepath.FromSlash(path)) {
			return m, errs.Invalid("%s names %q, which is outside the folder", manifestFile, path)
		}
	}
	return m, nil
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
