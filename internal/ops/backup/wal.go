package backup

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup/pgrepl"
)

// spool receives the log into files of the data folder, from where ship takes
// it to the repository. Its Write and Idle are pgrepl.Receiver's.
type spool struct {
	dir   string
	sys   pgrepl.System
	sync  bool  // every piece is on disk before the server is answered
	limit int64 // bytes that may wait here; then the server must keep the log itself

	accepted func() // called once the server sends; may be called often

	mu       sync.Mutex
	timeline uint32
	cur      *os.File
	seg      uint64     // number of cur
	pos      pgrepl.LSN // end of what was written
	safe     pgrepl.LSN // end of what is on disk
	sent     time.Time  // the server's clock at pos
	end      pgrepl.LSN // the server's own end, as it last said
	waiting  int64      // bytes of whole segments not yet shipped
}

const partial = ".partial"

func (s *spool) path(name string) string { return filepath.Join(s.dir, name) }

func (s *spool) name(seg uint64) string {
	return pgrepl.SegmentName(s.timeline, seg, s.sys.SegmentSize)
}

// begin makes the spool ready to receive timeline from at, a segment's first
// byte. What is there of that segment is received again.
func (s *spool) begin(timeline uint32, at pgrepl.LSN) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	s.closeLocked()
	open, _ := filepath.Glob(s.path("*" + partial)) // constant pattern after a clean path
	for _, f := range open {
		if err := os.Remove(f); err != nil {
			return err
		}
	}
	s.timeline, s.pos, s.safe = timeline, at, at
	names, err := s.whole()
	s.waiting = int64(len(names)) * s.sys.SegmentSize
	return err
}

// await waits a little for the log up to end to arrive.
func (s *spool) await(ctx context.Context, end pgrepl.LSN, most time.Duration) {
	for left := most; left > 0 && ctx.Err() == nil; left -= 10 * time.Millisecond {
		s.mu.Lock()
		there := s.pos >= end
		s.mu.Unlock()
		if there {
			return
		}
		sleep(ctx, 10*time.Millisecond)
	}
}

func (s *spool) timelineNow() uint32 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.timeline
}

func (s *spool) closeLocked() {
	if s.cur != nil {
		_ = s.cur.Close() // its bytes were synced or are received again
		s.cur = nil
	}
}

// Write implements pgrepl.Receiver.
func (s *spool) Write(at pgrepl.LSN, data []byte, sent time.Time) (pgrepl.LSN, error) {
	s.accepted()
	s.mu.Lock()
	defer s.mu.Unlock()
	if at != s.pos {
		return s.safe, errs.Internal(nil, "the log jumps from %s to %s", s.pos, at)
	}
	size := uint64(s.sys.SegmentSize)
	for len(data) > 0 {
		seg, off := uint64(s.pos)/size, uint64(s.pos)%size
		if s.cur == nil {
			if err := s.openSegment(seg); err != nil {
				return s.safe, err
			}
		}
		k := min(uint64(len(data)), size-off)
		if _, err := s.cur.WriteAt(data[:k], int64(off)); err != nil {
			return s.safe, errs.Unavailable("the log cannot be written to %s", s.dir).Hint("free space on that disk; the database keeps the log meanwhile").Wrap(err)
		}
		s.pos += pgrepl.LSN(k)
		data = data[k:]
		if off+k == size {
			if err := s.finishSegment(seg); err != nil {
				return s.safe, err
			}
		}
	}
	s.sent = sent
	s.end = max(s.end, s.pos)
	if s.sync {
		return s.safe, s.flush()
	}
	return s.safe, nil
}

// Idle implements pgrepl.Receiver.
func (s *spool) Idle(end pgrepl.LSN, sent time.Time) (pgrepl.LSN, error) {
	s.accepted()
	s.mu.Lock()
	defer s.mu.Unlock()
	if end > 0 {
		s.end = end
		if end == s.pos {
			s.sent = sent // we have everything up to this moment
		}
	}
	err := s.flush()
	return s.safe, err
}

// flush makes everything written durable.
func (s *spool) flush() error {
	if s.cur != nil && s.safe < s.pos {
		if err := s.cur.Sync(); err != nil {
			return errs.Unavailable("the log cannot be kept in %s", s.dir).Wrap(err)
		}
	}
	s.safe = max(s.safe, s.pos)
	return nil
}

func (s *spool) openSegment(seg uint64) error {
	if s.waiting > s.limit {
		return errs.Unavailable("%d MB of log wait to be stored; taking no more", s.waiting>>20).
			Hint("the store does not take it (truckflow backup status); the database keeps the log meanwhile")
	}
	f, err := os.OpenFile(s.path(s.name(seg)+partial), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return errs.Unavailable("the log cannot be written to %s", s.dir).Wrap(err)
	}
	s.cur, s.seg = f, seg
	return nil
}

func (s *spool) finishSegment(seg uint64) error {
	if err := s.flush(); err != nil {
		return err
	}
	s.closeLocked()
	name := s.name(seg)
	if err := os.Rename(s.path(name+partial), s.path(name)); err != nil {
		return err
	}
	s.waiting += s.sys.SegmentSize
	return nil
}

// whole lists the complete segments that wait, oldest first.
func (s *spool) whole() ([]string, error) {
	all, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range all {
		if _, _, ok := pgrepl.ParseSegment(e.Name(), s.sys.SegmentSize); ok {
			out = append(out, e.Name())
		}
	}
	slices.Sort(out)
	return out, nil
}

// open returns what is in the segment being written from offset from on, and
// the name, end and clock of it.
func (s *spool) open(from map[string]int64) (name string, start int64, b []byte, sent time.Time, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cur == nil {
		return "", 0, nil, s.sent, nil
	}
	name = s.name(s.seg)
	start = from[name]
	n := int64(uint64(s.pos)%uint64(s.sys.SegmentSize)) - start
	if n <= 0 {
		return name, start, nil, s.sent, nil
	}
	b = make([]byte, n)
	_, err = s.cur.ReadAt(b, start)
	return name, start, b, s.sent, err
}

// piece is a stretch of one segment as it lies in the repository.
type piece struct {
	Key      string
	Segment  string
	From, To int64 // offsets within the segment
	Whole    bool
}

// pieceKey names a stretch; the whole segment has no offsets.
func pieceKey(segment string, from, to, size int64) string {
	key := "wal/" + segment[:8] + "/" + segment
	if from == 0 && to == size {
		return key
	}
	return fmt.Sprintf("%s.%08x-%08x", key, from, to)
}

// parsePiece reads a key of the log; ok is false for histories and strangers.
func parsePiece(key string, size int64) (p piece, ok bool) {
	name := key[strings.LastIndexByte(key, '/')+1:]
	seg, span, part := strings.Cut(name, ".")
	if _, _, ok := pgrepl.ParseSegment(seg, size); !ok {
		return p, false
	}
	p = piece{Key: key, Segment: seg, To: size, Whole: true}
	if part {
		a, b, two := strings.Cut(span, "-")
		from, err1 := strconv.ParseInt(a, 16, 64)
		to, err2 := strconv.ParseInt(b, 16, 64)
		if !two || err1 != nil || err2 != nil || from < 0 || from >= to || to > size {
			return p, false
		}
		p.From, p.To, p.Whole = from, to, false
	}
	return p, true
}

// pieces sorts the log's keys by segment and offset.
func pieces(keys map[string]int64, size int64) map[string][]piece {
	out := map[string][]piece{}
	for k := range keys {
		if p, ok := parsePiece(k, size); ok {
			out[p.Segment] = append(out[p.Segment], p)
		}
	}
	for _, ps := range out {
		slices.SortFunc(ps, func(a, b piece) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(b.To, a.To)) })
	}
	return out
}

// walHeader binds a stored stretch to its place, so that one object cannot
// pass for another, and says until when it reaches.
type walHeader struct {
	system, segment string
	from, to        int64
	sent            time.Time // the server's clock at its end; zero when unknown
}

func (h walHeader) text() string {
	return fmt.Sprintf("TFWAL1 %s %s %d %d %d\n", h.system, h.segment, h.from, h.to, max(h.sent.UnixMicro(), 0))
}

// putWAL stores a stretch of the log.
func (r *repo) putWAL(ctx context.Context, h walHeader, size int64, b []byte) (key string, err error) {
	for start := int64(0); start < int64(len(b)); start += maxBlock / 2 { // a WAL file may be up to 1 GB
		part := b[start:min(start+maxBlock/2, int64(len(b)))]
		x := h
		x.from, x.to = h.from+start, h.from+start+int64(len(part))
		sealed, err := r.keys.seal(append([]byte(x.text()), part...))
		if err != nil {
			return "", err
		}
		key = pieceKey(h.segment, x.from, x.to, size)
		if err := r.put(ctx, key, sealed); err != nil {
			return "", err
		}
	}
	return key, nil
}

// getWAL reads a stretch and checks that it is what its name says.
func (r *repo) getWAL(ctx context.Context, system string, p piece) (b []byte, sent time.Time, err error) {
	var plain []byte
	_, err = r.get(ctx, p.Key, func(sealed []byte) error {
		var err error
		plain, err = r.keys.open(p.Key, sealed)
		return err
	})
	if err != nil {
		return nil, sent, err
	}
	line, data, ok := bytes.Cut(plain, []byte("\n"))
	var h walHeader
	var us int64
	n, err := fmt.Sscanf(string(line), "TFWAL1 %s %s %d %d %d", &h.system, &h.segment, &h.from, &h.to, &us)
	if !ok || n != 5 || err != nil || h.system != system || h.segment != p.Segment || h.from != p.From || h.to != p.To || int64(len(data)) != p.To-p.From {
		return nil, sent, damaged(p.Key, nil)
	}
	if us > 0 {
		sent = time.UnixMicro(us).UTC()
	}
	return data, sent, nil
}
