package backup

import (
	"archive/tar"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"path"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
)

// castagnoli is the CRC that PostgreSQL's manifests use.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// fileSum is one line of PostgreSQL's own manifest.
type fileSum struct {
	Path, Encoded string
	Size          int64
	CRC           uint32
}

// contents reads PostgreSQL's manifest: path within the cluster → what it was.
func (r *repo) contents(ctx context.Context, m *Manifest) (map[string]fileSum, error) {
	rc := r.read(ctx, m.Contents, nil)
	defer rc.Close()
	var raw struct {
		Files []struct {
			Path     string `json:"Path"`
			Encoded  string `json:"Encoded-Path"`
			Size     int64  `json:"Size"`
			Kind     string `json:"Checksum-Algorithm"`
			Checksum string `json:"Checksum"`
		} `json:"Files"`
	}
	if err := json.NewDecoder(rc).Decode(&raw); err != nil {
		return nil, asDamaged("base/"+m.ID+"/contents", err)
	}
	out := make(map[string]fileSum, len(raw.Files))
	for _, f := range raw.Files {
		if f.Encoded != "" {
			b, err := hex.DecodeString(f.Encoded)
			if err != nil {
				return nil, damaged("base/"+m.ID+"/contents", err)
			}
			f.Path = string(b)
		}
		b, err := hex.DecodeString(f.Checksum)
		if err != nil || len(b) != 4 || f.Kind != "CRC32C" {
			return nil, errs.Unsupported("backup %s has checksums of kind %q", m.ID, f.Kind)
		}
		// PostgreSQL writes the number as it lies in memory: lowest byte first.
		crc := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
		out[f.Path] = fileSum{Path: f.Path, Size: f.Size, CRC: crc}
	}
	return out, nil
}

// asDamaged keeps an error that already says what is wrong.
func asDamaged(name string, err error) error {
	var e *errs.Error
	if errors.As(err, &e) {
		return err
	}
	return damaged(name, err)
}

// entries walks a backup's tars. visit gets each file, already measured against
// PostgreSQL's manifest by the time its reader is at its end.
func (r *repo) entries(ctx context.Context, m *Manifest, progress func(int64), visit func(sp Space, h *tar.Header, r io.Reader) error) error {
	want, err := r.contents(ctx, m)
	if err != nil {
		return err
	}
	for _, sp := range m.Spaces {
		if err := r.space(ctx, m, sp, want, progress, visit); err != nil {
			return err
		}
	}
	for name := range want { // what was seen is deleted
		return errs.Conflict("backup %s is damaged: the file %s is missing", m.ID, name)
	}
	return nil
}

func (r *repo) space(ctx context.Context, m *Manifest, sp Space, want map[string]fileSum, progress func(int64), visit func(Space, *tar.Header, io.Reader) error) error {
	rc := r.read(ctx, sp.Chunks, progress)
	defer rc.Close()
	tr := tar.NewReader(rc)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			_, err = io.Copy(io.Discard, rc) // what follows the end mark, so that every block is read
			return err
		}
		if err != nil {
			return asDamaged("base/"+m.ID, err)
		}
		name := path.Clean(strings.TrimPrefix(h.Name, "./"))
		if sp.OID != "" {
			name = "pg_tblspc/" + sp.OID + "/" + name
		}
		sum := crc32.New(castagnoli)
		if err := visit(sp, h, io.TeeReader(tr, sum)); err != nil {
			return asDamaged("base/"+m.ID, err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		w, ok := want[name]
		if ok && (w.Size != h.Size || w.CRC != sum.Sum32()) {
			return errs.Conflict("backup %s is damaged: the file %s is not what it was", m.ID, name)
		}
		delete(want, name)
	}
}

// check proves m good without starting it: every block, every file, the whole
// log, every upload's presence, the settings.
func (s *Service) check(ctx context.Context, m *Manifest, thorough bool, progress Progress) error {
	if err := s.engineOf(m).prove(ctx, m, thorough, progress); err != nil {
		return err
	}
	if err := s.complete(ctx, m); err != nil {
		return err
	}
	for _, ch := range m.Settings {
		if _, err := s.repo.getChunk(ctx, ch); err != nil {
			return err
		}
	}
	return s.checkUploads(ctx, m)
}

// prove implements engine.
func (b builtin) prove(ctx context.Context, m *Manifest, _ bool, progress Progress) error {
	s := b.s
	tell := progress.step("verify", m.Bytes)
	var done int64
	err := s.repo.entries(ctx, m, func(n int64) {
		if done += n; tell != nil {
			tell(done)
		}
	}, func(_ Space, _ *tar.Header, r io.Reader) error {
		_, err := io.Copy(io.Discard, r)
		return err
	})
	if err != nil {
		return err
	}
	c, err := s.chain(ctx, m, m.Stop)
	if err != nil {
		return err
	}
	for _, l := range c.links {
		for _, p := range l.pieces {
			if _, _, err := s.repo.getWAL(ctx, m.SystemID, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkUploads looks that every upload of the index is stored.
func (s *Service) checkUploads(ctx context.Context, m *Manifest) error {
	index, err := s.repo.index(ctx, m, time.Time{})
	if err != nil {
		return err
	}
	have, err := s.repo.list(ctx, "files/")
	if err != nil {
		return err
	}
	for _, u := range index {
		if have[fileKey(u.SHA256)] == 0 && u.Size > 0 {
			return errs.Conflict("backup %s lacks the upload %s", m.ID, u.Key)
		}
	}
	return nil
}

// Verify proves backup id ("": the newest) good, as Run does, and marks it.
func (s *Service) Verify(ctx context.Context, id string, progress Progress) (*Manifest, error) {
	m, err := s.repo.pick(ctx, id, time.Time{})
	if err != nil {
		return nil, err
	}
	if err := s.check(ctx, m, true, progress); err != nil {
		return m, err
	}
	if s.repo.keys.sign == nil {
		return m, nil // a recovery key only reads
	}
	return m, s.mark(ctx, m.ID, "read")
}

// pick is backup id, or the newest that had ended before to (zero: now).
func (r *repo) pick(ctx context.Context, id string, to time.Time) (*Manifest, error) {
	all, err := r.manifests(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errs.NotFound("there are no backups in %s", r.stores[0].Name)
	}
	for i := len(all) - 1; i >= 0; i-- {
		l := all[i]
		switch {
		case id != "" && l.ID == id && l.Problem != "":
			return nil, errs.Conflict("backup %s cannot be used: %s", id, l.Problem)
		case id != "" && l.ID == id:
			if !to.IsZero() && to.Before(l.Finished) {
				return nil, errs.Invalid("backup %s ended at %s, after the moment asked for", id, l.Finished.Format(time.RFC3339))
			}
			return &l.Manifest, nil
		case id == "" && l.Problem == "" && (to.IsZero() || !to.Before(l.Finished)):
			return &l.Manifest, nil
		}
	}
	if id != "" {
		return nil, errs.NotFound("there is no backup %.40q", id).Hint("truckflow backup list shows them")
	}
	if !to.IsZero() && all[0].Problem == "" {
		return nil, errs.Invalid("the first backup ended at %s; nothing earlier can be restored", all[0].Finished.Format(time.RFC3339))
	}
	return nil, errs.Conflict("no backup can be used: %s", all[len(all)-1].Problem)
}

// List returns the complete backups, oldest first, without the lists of what
// they consist of.
func (s *Service) List(ctx context.Context) ([]Listed, error) {
	all, err := s.repo.manifests(ctx)
	for i := range all {
		m := &all[i].Manifest
		m.Spaces, m.Contents, m.Settings, m.Files = nil, nil, nil, nil
	}
	return all, err
}
