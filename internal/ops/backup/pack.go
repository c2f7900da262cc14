package backup

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"

	"truckflow/internal/ops/backup/pgrepl"
)

// blockSize is how much of a tar is sealed together: large enough that one
// object's overhead vanishes, small enough that a few at once stay in memory.
const blockSize = 4 << 20

// packer seals and stores blocks side by side while more arrive.
type packer struct {
	repo     *repo
	crew     *crew
	mu       sync.Mutex
	stored   int64
	bytes    int64
	progress func(done int64) // may be nil
	buffers  sync.Pool
}

func newPacker(ctx context.Context, r *repo, progress func(int64)) *packer {
	p := &packer{repo: r, crew: newCrew(ctx, runtime.GOMAXPROCS(0)+2), progress: progress}
	p.buffers.New = func() any { b := make([]byte, 0, blockSize); return &b }
	return p
}

// writer cuts what is written into blocks under dir; out gets their list,
// complete once the packer's wait has returned.
func (p *packer) writer(dir string, out *[]Chunk) io.WriteCloser {
	return &blockWriter{p: p, dir: dir, out: out}
}

type blockWriter struct {
	p   *packer
	dir string
	out *[]Chunk
	buf *[]byte
	n   int
}

func (w *blockWriter) Write(b []byte) (int, error) {
	total := len(b)
	for len(b) > 0 {
		if w.buf == nil {
			w.buf = w.p.buffers.Get().(*[]byte)
			*w.buf = (*w.buf)[:0]
		}
		k := min(len(b), blockSize-len(*w.buf))
		*w.buf = append(*w.buf, b[:k]...)
		b = b[k:]
		if len(*w.buf) == blockSize {
			w.flush()
			if err := w.p.crew.ctx.Err(); err != nil {
				return 0, context.Cause(w.p.crew.ctx)
			}
		}
	}
	return total, nil
}

func (w *blockWriter) flush() {
	if w.buf == nil {
		return
	}
	buf, n := w.buf, w.n
	w.buf = nil
	w.n++
	w.p.mu.Lock()
	*w.out = append(*w.out, Chunk{})
	w.p.mu.Unlock()
	w.p.crew.do(func(ctx context.Context) error {
		defer w.p.buffers.Put(buf)
		c, err := w.p.repo.putChunk(ctx, fmt.Sprintf("%s/%06d", w.dir, n+1), *buf)
		if err != nil {
			return err
		}
		w.p.mu.Lock()
		defer w.p.mu.Unlock()
		(*w.out)[n] = c
		w.p.stored += c.Stored
		w.p.bytes += c.Size
		if w.p.progress != nil {
			w.p.progress(w.p.bytes)
		}
		return nil
	})
}

// Close stores the last block; an empty thing has no blocks.
func (w *blockWriter) Close() error { w.flush(); return nil }

// putChunk seals b and stores it under key in the first store.
func (r *repo) putChunk(ctx context.Context, key string, b []byte) (Chunk, error) {
	room, back := borrow(len(b) / 2)
	sealed, err := r.keys.sealInto(room, b)
	if err != nil {
		return Chunk{}, err
	}
	defer back(sealed)
	// The store hashes what it is given anyway.
	info, err := r.stores[0].Blob.Put(ctx, key, bytes.NewReader(sealed), int64(len(sealed)), "")
	if err != nil {
		return Chunk{}, err
	}
	r.wrote(key)
	return Chunk{Key: key, Size: int64(len(b)), Stored: int64(len(sealed)), SHA256: cmp.Or(info.SHA256, hexSHA(sealed))}, nil
}

// getChunk reads, checks and opens a block.
func (r *repo) getChunk(ctx context.Context, c Chunk) ([]byte, error) {
	return r.getChunkInto(ctx, nil, c)
}

func (r *repo) getChunkInto(ctx context.Context, dst []byte, c Chunk) ([]byte, error) {
	sealed, err := r.get(ctx, c.Key, func(b []byte) error {
		if int64(len(b)) != c.Stored || hexSHA(b) != c.SHA256 {
			return damaged(c.Key, nil)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	b, err := r.keys.openInto(dst, c.Key, sealed)
	if err == nil && int64(len(b)) != c.Size {
		err = damaged(c.Key, nil)
	}
	return b, err
}

// read yields the content of chunks in order, fetching a few ahead.
func (r *repo) read(ctx context.Context, chunks []Chunk, progress func(int64)) io.ReadCloser {
	ctx, cancel := context.WithCancel(ctx)
	ahead := make(chan chan block, runtime.GOMAXPROCS(0)+1)
	go func() {
		defer close(ahead)
		for _, c := range chunks {
			got := make(chan block, 1)
			select {
			case ahead <- got:
			case <-ctx.Done():
				return
			}
			go func() {
				room, back := borrow(int(c.Size))
				b, err := r.getChunkInto(ctx, room, c)
				got <- block{b, back, err}
			}()
		}
	}()
	return &chunkReader{ctx: ctx, cancel: cancel, ahead: ahead, progress: progress}
}

// block is a chunk's content, to be given back when it is used up.
type block struct {
	b    []byte
	back func([]byte)
	err  error
}

// chunkReader reads blocks one after the other. What is read of it is copied
// once, and waits for nobody but the next block.
type chunkReader struct {
	ctx      context.Context
	cancel   context.CancelFunc
	ahead    <-chan chan block
	progress func(int64)
	cur      block
	rest     []byte // of cur
	err      error
}

// Read implements io.Reader.
func (r *chunkReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 && r.err == nil {
		r.next()
	}
	if r.err != nil {
		return 0, r.err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *chunkReader) next() {
	if r.cur.back != nil {
		r.cur.back(r.cur.b)
		r.cur = block{}
	}
	got, ok := <-r.ahead
	if !ok {
		if r.err = r.ctx.Err(); r.err == nil {
			r.err = io.EOF
		}
		return
	}
	r.cur = <-got
	if r.err = r.cur.err; r.err != nil {
		r.cur.back = nil
		r.cancel()
		return
	}
	r.rest = r.cur.b
	if r.progress != nil {
		r.progress(int64(len(r.rest)))
	}
}

// Close ends the fetching. What was fetched ahead is left to the collector.
func (r *chunkReader) Close() error { r.cancel(); return nil }

// baseSink stores what a base backup sends.
type baseSink struct {
	p      *packer
	dir    string
	spaces []*Space
	list   []Chunk // the server's manifest
}

// Archive implements pgrepl.Sink.
func (s *baseSink) Archive(ts pgrepl.Tablespace) (io.WriteCloser, error) {
	sp := &Space{OID: ts.OID, Location: ts.Location}
	s.spaces = append(s.spaces, sp)
	name := "data"
	if ts.OID != "" {
		name = ts.OID
	}
	return s.p.writer(s.dir+"/"+name, &sp.Chunks), nil
}

// Manifest implements pgrepl.Sink.
func (s *baseSink) Manifest() (io.WriteCloser, error) {
	return s.p.writer(s.dir+"/contents", &s.list), nil
}

func (s *baseSink) all() []Space {
	out := make([]Space, 0, len(s.spaces))
	for _, x := range s.spaces {
		out = append(out, *x)
	}
	return slices.Clip(out)
}
