package harden

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"truckflow/internal/kit/durable"
	"truckflow/internal/kit/errs"
)

// Files of a rendered folder that are ours, not the host's.
const (
	keysFile     = "wireguard-keys.json"
	renderedFile = "rendered.json" // what each file was when we wrote it: tells a hand's change
)

// Written says what WriteFolder did with one file.
type Written struct {
	Path string `json:"path"`
	Did  string `json:"did"` // written, unchanged, or kept: changed by hand, ours is beside it as PATH.new
}

// LoadKeys reads the keys kept in a rendered folder; none are no error.
func LoadKeys(dir string) (Keys, error) {
	k := Keys{}
	err := loadJSON(filepath.Join(dir, keysFile), &k)
	return k, err
}

func loadJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		return errs.Invalid("%s cannot be read", path).Wrap(err)
	}
	return nil
}

// WriteFolder writes files and keys below dir. A file that was changed by hand
// since stays as it is, and ours is put beside it.
func WriteFolder(dir string, files []File, keys Keys) (out []Written, err error) {
	was := map[string]string{}
	if err := loadJSON(filepath.Join(dir, renderedFile), &was); err != nil {
		return nil, err
	}
	now := map[string]string{}
	for _, f := range files {
		path := filepath.Join(dir, f.Path)
		w := Written{f.Path, "written"}
		have, err := os.ReadFile(path)
		now[f.Path] = hash([]byte(f.Text))
		switch {
		case err == nil && hash(have) == now[f.Path]:
			w.Did = "unchanged"
		case err == nil && hash(have) != was[f.Path]:
			w.Did, path = "kept", path+".new"
			now[f.Path] = was[f.Path]
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return nil, errs.Unavailable("%s cannot be read", path).Wrap(err)
		}
		if w.Did != "unchanged" {
			if err := put(path, []byte(f.Text), fs.FileMode(f.Mode)); err != nil {
				return nil, err
			}
		}
		out = append(out, w)
	}
	for name, v := range map[string]any{keysFile: keys, renderedFile: now} {
		b, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return nil, err
		}
		if err := put(filepath.Join(dir, name), append(b, '\n'), 0o600); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func hash(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// put writes a file in one step, with exactly this mode.
func put(path string, data []byte, mode fs.FileMode) error {
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = durable.WriteFile(path, data, mode)
	}
	if err != nil {
		return errs.Unavailable("%s cannot be written", path).Hint("choose a folder you may write to, or run as root").Wrap(err)
	}
	return nil
}
