// Package fileblob keeps files in a directory, one file per key at the key's
// own path. A file is complete or not there: bytes go to a temporary name, are
// synced, and only then renamed. The name, size, hash and content type follow
// the bytes in the same file (see trailer.go), so that one rename makes all of
// it visible, and so that viewers, which read from the front, still open it.
package fileblob

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/platform/blob"
)

// tmpDir holds uploads under way. It is in the same file system, and no key
// begins with a dot.
const tmpDir = ".tmp"

// staleAfter is the age at which an upload under way is taken for one that a
// killed program left behind.
const staleAfter = 24 * time.Hour

// Store is a blob.Store. Files are 0600, directories 0700.
type Store struct {
	dir  string
	root *os.Root // refuses to follow anything out of dir
	wrap func(io.Writer) io.Writer
}

var _ blob.Store = (*Store)(nil)

// Open uses dir, creating it when it is not there, and removes what uploads
// cut off more than a day ago left behind.
func Open(dir string) (*Store, error) {
	cannot := func(err error) error {
		return errs.Unavailable("the folder for files cannot be used").
			Hint("make %s a folder that the program's user can write to", dir).Wrap(err)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, cannot(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, cannot(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, cannot(err)
	}
	s := &Store{dir: dir, root: root, wrap: func(w io.Writer) io.Writer { return w }}
	if err := root.Mkdir(tmpDir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		root.Close()
		return nil, cannot(err)
	}
	s.sweep()
	return s, nil
}

func (s *Store) sweep() {
	left, _ := fs.ReadDir(s.root.FS(), tmpDir)
	for _, e := range left {
		if i, err := e.Info(); err == nil && time.Since(i.ModTime()) > staleAfter {
			_ = s.root.Remove(path.Join(tmpDir, e.Name()))
		}
	}
}

// Close releases the directory.
func (s *Store) Close() error { return s.root.Close() }

// Put implements blob.Store.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, size int64, contentType string) (blob.Info, error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Info{}, err
	}
	contentType, err := blob.ContentType(contentType)
	if err != nil {
		return blob.Info{}, err
	}
	tmp := path.Join(tmpDir, rand.Text())
	info, err := s.write(ctx, tmp, r, size, contentType)
	if err == nil {
		err = s.publish(tmp, key)
	}
	if err != nil {
		_ = s.root.Remove(tmp)
		return blob.Info{}, err
	}
	info.Key = key
	return info, nil
}

// write makes a complete, synced file at name.
func (s *Store) write(ctx context.Context, name string, r io.Reader, size int64, contentType string) (blob.Info, error) {
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return blob.Info{}, blob.WriteFailed(s.dir, err)
	}
	defer f.Close()
	src := &source{ctx: ctx, r: r, hash: sha256.New()}
	n, err := io.Copy(s.wrap(f), src)
	switch {
	case src.err != nil:
		return blob.Info{}, blob.ReadFailed(src.err)
	case err != nil:
		return blob.Info{}, blob.WriteFailed(s.dir, err)
	case size >= 0 && n != size:
		return blob.Info{}, blob.WrongSize(n, size)
	}
	info := blob.Info{Size: n, SHA256: hex.EncodeToString(src.hash.Sum(nil)), ContentType: contentType}
	if _, err := s.wrap(f).Write(trailer(info)); err != nil {
		return blob.Info{}, blob.WriteFailed(s.dir, err)
	}
	if err := f.Sync(); err != nil {
		return blob.Info{}, blob.WriteFailed(s.dir, err)
	}
	fi, err := f.Stat()
	if err != nil {
		return blob.Info{}, blob.WriteFailed(s.dir, err)
	}
	info.Modified = fi.ModTime().UTC()
	if err := f.Close(); err != nil {
		return blob.Info{}, blob.WriteFailed(s.dir, err)
	}
	return info, nil
}

// source hashes what it reads and keeps the reader's error apart from the
// disk's.
type source struct {
	ctx  context.Context
	r    io.Reader
	hash hash.Hash
	err  error
}

func (s *source) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		s.err = err
		return 0, err
	}
	n, err := s.r.Read(p)
	s.hash.Write(p[:n])
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// publish renames tmp to key and makes the name durable.
func (s *Store) publish(tmp, key string) error {
	parent := path.Dir(key)
	for range 3 { // a Delete beside us may remove the directory again
		if err := s.mkdirs(parent); err != nil {
			return s.misplaced(key, err)
		}
		err := s.root.Rename(tmp, key)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return s.misplaced(key, err)
		}
		if err := s.syncDir(parent); err != nil {
			return blob.WriteFailed(s.dir, err)
		}
		return nil
	}
	return blob.WriteFailed(s.dir, fs.ErrNotExist)
}

// misplaced explains a key that another key's path is in the way of.
func (s *Store) misplaced(key string, err error) error {
	if errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.EISDIR) || errors.Is(err, fs.ErrExist) {
		return errs.Conflict("the storage key %s is both a file and a folder", key).Wrap(err)
	}
	return blob.WriteFailed(s.dir, err)
}

// mkdirs makes dir and what leads to it, each durable before the next.
func (s *Store) mkdirs(dir string) error {
	if dir == "." {
		return nil
	}
	if fi, err := s.root.Stat(dir); err == nil && fi.IsDir() {
		return nil
	}
	if err := s.mkdirs(path.Dir(dir)); err != nil {
		return err
	}
	err := s.root.Mkdir(dir, 0o700)
	if errors.Is(err, fs.ErrExist) {
		if fi, err := s.root.Stat(dir); err == nil && !fi.IsDir() {
			return syscall.ENOTDIR
		}
		return nil
	}
	if err != nil {
		return err
	}
	return s.syncDir(path.Dir(dir))
}

func (s *Store) syncDir(dir string) error {
	d, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// Get implements blob.Store.
func (s *Store) Get(_ context.Context, key string) (io.ReadCloser, blob.Info, error) {
	if err := blob.CheckKey(key); err != nil {
		return nil, blob.Info{}, err
	}
	f, err := s.root.Open(key)
	if err != nil {
		return nil, blob.Info{}, s.unread(err)
	}
	info, err := readTrailer(f)
	if err != nil {
		f.Close()
		return nil, blob.Info{}, s.unread(err)
	}
	info.Key = key
	return file{io.NewSectionReader(f, 0, info.Size), f}, info, nil
}

// file reads the bytes without the trailer.
type file struct {
	*io.SectionReader
	io.Closer
}

func (s *Store) unread(err error) error {
	var e *errs.Error
	switch {
	case errors.As(err, &e):
		return err
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, errDirectory):
		return blob.NotFound(err)
	}
	return errs.Unavailable("the file could not be read").
		Hint("check the disk that holds %s and that its files belong to the program's user", s.dir).Wrap(err)
}

// Stat implements blob.Store.
func (s *Store) Stat(ctx context.Context, key string) (blob.Info, error) {
	r, info, err := s.Get(ctx, key)
	if err != nil {
		return blob.Info{}, err
	}
	return info, r.Close()
}

// Delete implements blob.Store and removes directories that become empty.
func (s *Store) Delete(_ context.Context, key string) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	if fi, err := s.root.Lstat(key); err != nil || fi.IsDir() {
		return nil //nolint:nilerr // nothing there under this key
	}
	if err := s.root.Remove(key); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return blob.WriteFailed(s.dir, err)
	}
	dir := path.Dir(key)
	for ; dir != "."; dir = path.Dir(dir) {
		if s.root.Remove(dir) != nil { // not empty: others are in it
			break
		}
	}
	if err := s.syncDir(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return blob.WriteFailed(s.dir, err)
	}
	return nil
}

// List implements blob.Store.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		if err := blob.CheckPrefix(prefix); err != nil {
			yield(blob.Info{}, err)
			return
		}
		start := "."
		if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
			start = prefix[:i]
		}
		s.walk(ctx, start, prefix, yield)
	}
}

// walk yields the files under dir by key. ReadDir sorts by name, but S3 sorts
// by whole key, in which "a.b" precedes "a/b"; a directory is therefore sorted
// as if its name ended in a slash.
func (s *Store) walk(ctx context.Context, dir, prefix string, yield func(blob.Info, error) bool) bool {
	entries, err := fs.ReadDir(s.root.FS(), dir)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return true
	}
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		yield(blob.Info{}, s.unread(err))
		return false
	}
	byKey(entries)
	for _, e := range entries {
		key := path.Join(dir, e.Name())
		switch {
		case e.Name()[0] == '.':
		case e.IsDir():
			if strings.HasPrefix(key+"/", prefix) || strings.HasPrefix(prefix, key+"/") {
				if !s.walk(ctx, key, prefix, yield) {
					return false
				}
			}
		case strings.HasPrefix(key, prefix):
			info, err := s.brief(ctx, key)
			if errs.Is(err, errs.KindNotFound) {
				continue // deleted while we walk
			}
			if !yield(info, err) || err != nil {
				return false
			}
		}
	}
	return true
}

func (s *Store) brief(ctx context.Context, key string) (blob.Info, error) {
	i, err := s.Stat(ctx, key)
	return blob.Info{Key: i.Key, Size: i.Size, Modified: i.Modified}, err
}

// Ping implements blob.Store by storing and removing a byte.
func (s *Store) Ping(ctx context.Context) error {
	tmp := path.Join(tmpDir, rand.Text())
	defer func() { _ = s.root.Remove(tmp) }()
	_, err := s.write(ctx, tmp, strings.NewReader("x"), 1, "text/plain")
	return err
}
