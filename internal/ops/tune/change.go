package tune

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"truckflow/internal/kit/durable"
	"truckflow/internal/kit/errs"
)

// Change is a setting beside what runs now.
type Change struct {
	Setting
	Now     *string `json:"now"` // nil when it could not be read; Note says why
	Differs bool    `json:"differs"`
	Note    string  `json:"note,omitempty"`
}

// compare fills in what runs now. A setting that is missing in now gets note.
func compare(all []Setting, now map[string]string, note string) []Change {
	out := make([]Change, len(all))
	for i, s := range all {
		out[i] = Change{Setting: s}
		if v, ok := now[s.Name]; ok {
			out[i].Now, out[i].Differs = &v, !s.meets(v)
		} else {
			out[i].Note = note
		}
	}
	return out
}

// Applied is what Apply did.
type Applied struct {
	Changed []Change `json:"changed"`
	Restart []string `json:"restart"` // names that wait for a restart
	Notes   []string `json:"notes,omitempty"`
	Undo    string   `json:"undo"` // the file with the previous values
}

// before is one value as it was, kept so that it can come back.
type before struct {
	Name  string  `json:"name"`
	Value *string `json:"value"` // nil: it was not set here, so it is reset
	Kind  string  `json:"kind,omitempty"`
}

// keep writes previous values to file. A value kept by an earlier change that
// was not undone yet stays: undoing goes back to before the first.
func keep(file string, prev []before) error {
	old, err := kept(file)
	if err != nil && !errs.Is(err, errs.KindNotFound) {
		return err
	}
	have := map[string]bool{}
	for _, b := range old {
		have[b.Name] = true
	}
	for _, b := range prev {
		if !have[b.Name] {
			old = append(old, b)
		}
	}
	data, err := json.MarshalIndent(old, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return errs.Unavailable("the previous values cannot be kept in %s, so nothing was changed", file).Wrap(err)
	}
	if err := durable.WriteFile(file, append(data, '\n'), 0o600); err != nil {
		return errs.Unavailable("the previous values cannot be kept in %s, so nothing was changed", file).Wrap(err)
	}
	return nil
}

func kept(file string) ([]before, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errs.NotFound("there is nothing to undo: %s is not there", file)
	}
	var out []before
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		return nil, errs.Invalid("%s does not hold previous values", file).Wrap(err)
	}
	return out, nil
}
