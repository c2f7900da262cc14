package backup

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/blob"
)

// upload is one line of an index or journal.
type upload struct {
	Key         string    `json:"key"`
	SHA256      string    `json:"sha256"`
	Size        int64     `json:"size"`
	ContentType string    `json:"type,omitempty"`
	At          time.Time `json:"at"` // when it was stored
}

func fileKey(sha string) string { return "files/" + sha[:2] + "/" + sha }

// uploads brings every file that is new to the repository and stores the index
// of all of them. A file's content is stored once, whatever its names.
func (s *Service) uploads(ctx context.Context, m *Manifest, progress Progress) error {
	if s.cfg.Files == nil {
		return nil
	}
	known, err := s.repo.list(ctx, "files/")
	if err != nil {
		return err
	}
	before, err := s.lastIndex(ctx)
	if err != nil {
		return err
	}
	var all []upload
	var mu sync.Mutex
	var done atomic.Int64
	tell := progress.step("files", 0)
	c := newCrew(ctx, runtime.GOMAXPROCS(0))
	for info, err := range s.cfg.Files.List(ctx, "") {
		if err != nil {
			c.do(func(context.Context) error { return err })
			break
		}
		c.do(func(ctx context.Context) error {
			u, ok := before[info.Key]
			if !ok || u.Size != info.Size || known[fileKey(u.SHA256)] == 0 {
				var err error
				if u, err = s.keep(ctx, info.Key, known); errs.Is(err, errs.KindNotFound) {
					return nil // deleted while we looked
				} else if err != nil {
					return err
				}
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, u)
			m.FileCount++
			m.FileBytes += u.Size
			if tell != nil {
				tell(done.Add(u.Size))
			}
			return nil
		})
	}
	if err := c.wait(); err != nil {
		return err
	}
	var stored int64
	m.Files, stored, err = s.chunked(ctx, "base/"+m.ID+"/uploads", func(w io.Writer) error {
		enc := json.NewEncoder(w)
		for _, u := range all {
			if err := enc.Encode(u); err != nil {
				return err
			}
		}
		return nil
	})
	m.Stored += stored
	return err
}

// keep stores one file's content unless it is there already.
func (s *Service) keep(ctx context.Context, key string, known map[string]int64) (u upload, err error) {
	info, err := s.cfg.Files.Stat(ctx, key)
	if err != nil {
		return u, err
	}
	u = upload{Key: key, SHA256: info.SHA256, Size: info.Size, ContentType: info.ContentType, At: info.Modified}
	if u.SHA256 == "" { // put there by another program
		return u, errs.Conflict("the upload %s has no checksum", key)
	}
	if known[fileKey(u.SHA256)] > 0 {
		return u, nil
	}
	rc, _, err := s.cfg.Files.Get(ctx, key)
	if err != nil {
		return u, err
	}
	defer rc.Close()
	pr, pw := io.Pipe()
	go func() { pw.CloseWithError(s.repo.keys.sealStream(pw, rc)) }()
	defer pr.Close()
	if _, err := s.repo.stores[0].Blob.Put(ctx, fileKey(u.SHA256), pr, -1, ""); err != nil {
		return u, err
	}
	s.repo.wrote(fileKey(u.SHA256))
	return u, nil
}

// lastIndex is the newest backup's index with the journals after it.
func (s *Service) lastIndex(ctx context.Context) (map[string]upload, error) {
	all, err := s.repo.manifests(ctx)
	if err != nil {
		return nil, err
	}
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Problem == "" {
			return s.repo.index(ctx, &all[i].Manifest, time.Time{})
		}
	}
	return map[string]upload{}, nil
}

// index lists the uploads of a backup and those the journals added until to
// (zero: all).
func (r *repo) index(ctx context.Context, m *Manifest, to time.Time) (map[string]upload, error) {
	out := map[string]upload{}
	rc := r.read(ctx, m.Files, nil)
	defer rc.Close()
	if err := readUploads(rc, out, to); err != nil {
		return nil, err
	}
	keys, err := r.list(ctx, "journal/")
	if err != nil {
		return nil, err
	}
	for k := range keys {
		if journalBefore(k, m.ID) {
			continue
		}
		sealed, err := r.get(ctx, k, nil)
		if err != nil {
			return nil, err
		}
		b, err := r.keys.open(k, sealed)
		if err != nil {
			return nil, err
		}
		if err := readUploads(strings.NewReader(string(b)), out, to); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// journalBefore reports whether a journal is older than the second in which
// backup id began. One of that very second may hold what the backup does not.
func journalBefore(key, id string) bool {
	const second = len("20261125T121436")
	at := strings.TrimPrefix(key, "journal/")
	return at[:min(second, len(at))] < id[:min(second, len(id))]
}

func readUploads(r io.Reader, into map[string]upload, to time.Time) error {
	dec := json.NewDecoder(bufio.NewReader(r))
	for {
		var u upload
		if err := dec.Decode(&u); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if len(u.SHA256) == 64 && (to.IsZero() || !u.At.After(to)) {
			into[u.Key] = u
		}
	}
}

// Watched is store with every file that is put there kept in the backup too,
// within the shipping interval; the full look of each base backup finds what a
// crash in between left out.
func (s *Service) Watched(store blob.Store) blob.Store {
	return watched{store, s}
}

type watched struct {
	blob.Store
	s *Service
}

// Put implements blob.Store.
func (w watched) Put(ctx context.Context, key string, r io.Reader, size int64, contentType string) (blob.Info, error) {
	info, err := w.Store.Put(ctx, key, r, size, contentType)
	if err == nil {
		w.s.fresh.Store(key, struct{}{})
	}
	return info, err
}

// journal keeps the files that were put since the last time.
func (s *Service) journal(ctx context.Context) error {
	var keys []string
	s.fresh.Range(func(k, _ any) bool { keys = append(keys, k.(string)); return len(keys) < 1000 })
	if len(keys) == 0 || s.cfg.Files == nil {
		return nil
	}
	var lines strings.Builder
	enc := json.NewEncoder(&lines)
	for _, k := range keys {
		u, err := s.keep(ctx, k, nil)
		if errs.Is(err, errs.KindNotFound) {
			s.fresh.Delete(k)
			continue
		} else if err != nil {
			return err
		}
		if err := enc.Encode(u); err != nil {
			return err
		}
	}
	sealed, err := s.repo.keys.seal([]byte(lines.String()))
	if err != nil {
		return err
	}
	stamp, err := s.nextStamp(ctx, time.Microsecond)
	if err != nil {
		return err
	}
	if err := s.repo.put(ctx, "journal/"+stamp.Format(journalLayout), sealed); err != nil {
		return err
	}
	for _, k := range keys {
		s.fresh.Delete(k)
	}
	return nil
}

// discard is a store that only looks at what is put into it.
type discard struct{ blob.Store }

// Put implements blob.Store.
func (discard) Put(_ context.Context, key string, r io.Reader, size int64, contentType string) (blob.Info, error) {
	sum := sha256.New()
	n, err := io.Copy(sum, r)
	if err == nil && n != size {
		err = blob.WrongSize(n, size)
	}
	return blob.Info{Key: key, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil)), ContentType: contentType}, err
}
