package backup

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup/pgrepl"
)

// mergeAfter is how many pieces of one segment may lie in a store before they
// become one: an idle company's segment is open for days.
const mergeAfter = 64

// shipper brings the spool's content to the repository.
type shipper struct {
	tidings
	spool   *spool
	sys     pgrepl.System
	shipped map[string]int64    // offset up to which an open segment is stored
	parts   map[string][]string // its pieces' keys
	mu      sync.Mutex          // one ship at a time
	again   bool                // store the open segment from its beginning
}

// resume says where receiving goes on: after what spool and repository have,
// else at the server's present end.
func (sh *shipper) resume(ctx context.Context, c *pgrepl.Conn) (timeline uint32, at pgrepl.LSN, err error) {
	timeline, at = sh.sys.Timeline, segmentStart(sh.sys.End, sh.sys.SegmentSize)
	keys, err := listStore(ctx, sh.s.repo.stores[0], "wal/")
	if err != nil {
		return 0, 0, err
	}
	for seg, ps := range pieces(keys, sh.sys.SegmentSize) {
		for _, p := range ps {
			if !p.Whole {
				sh.parts[seg] = append(sh.parts[seg], p.Key)
			}
		}
	}
	tl, pos, found := sh.last(keys)
	if gapped, err := os.ReadFile(sh.s.cfg.Home + "/gap"); err == nil {
		if lost, err := pgrepl.ParseLSN(string(gapped)); err == nil && pos <= lost {
			found = false // what we have ends at the gap; begin anew
		}
	}
	if err := sh.storeHistory(ctx, c, sh.sys.Timeline); err != nil {
		return 0, 0, err
	}
	switch {
	case !found:
	case tl > sh.sys.Timeline:
		return 0, 0, errs.Conflict("the backups already follow timeline %d, and this server is on %d", tl, sh.sys.Timeline).
			Hint("another server has taken over from this one; do not run both")
	case tl == sh.sys.Timeline && pos > sh.sys.End+pgrepl.LSN(sh.sys.SegmentSize):
		return 0, 0, errs.Conflict("the server's log ends at %s, before what was archived of it (%s)", sh.sys.End, pos).
			Hint("it lost data, or is an old copy: restore the newest backup")
	case tl == sh.sys.Timeline:
		timeline, at = tl, min(pos, at)
	default:
		timeline, at, err = sh.acrossFork(ctx, c, tl, pos)
	}
	return timeline, at, err
}

// last is the end of what is kept, as a segment's first byte, on the newest
// timeline there is.
func (sh *shipper) last(keys map[string]int64) (timeline uint32, at pgrepl.LSN, found bool) {
	take := func(name string, whole bool) {
		tl, n, ok := pgrepl.ParseSegment(name, sh.sys.SegmentSize)
		if !ok {
			return
		}
		if whole {
			n++
		}
		pos := pgrepl.LSN(n) * pgrepl.LSN(sh.sys.SegmentSize)
		if !found || tl > timeline || tl == timeline && pos > at {
			timeline, at, found = tl, pos, true
		}
	}
	for k := range keys {
		if p, ok := parsePiece(k, sh.sys.SegmentSize); ok {
			take(p.Segment, p.Whole)
		}
	}
	files, _ := os.ReadDir(sh.spool.dir) // absent at first
	for _, f := range files {
		name, open := strings.CutSuffix(f.Name(), partial)
		take(name, !open)
	}
	return timeline, at, found
}

// acrossFork finds where to go on when the server is on a later timeline than
// what we have: on the old one, or, if we have more of it than the new one
// took over, at the fork.
func (sh *shipper) acrossFork(ctx context.Context, c *pgrepl.Conn, tl uint32, pos pgrepl.LSN) (uint32, pgrepl.LSN, error) {
	_, b, err := c.History(ctx, sh.sys.Timeline)
	if err != nil {
		return 0, 0, err
	}
	forks, err := parseHistory(b)
	if err != nil {
		return 0, 0, err
	}
	i := slices.IndexFunc(forks, func(f fork) bool { return f.parent == tl })
	if i < 0 {
		return 0, 0, errs.Conflict("the server's timeline %d does not come from timeline %d, which the backups follow", sh.sys.Timeline, tl).
			Hint("this server is another branch; give its backups a folder or bucket of their own")
	}
	if pos <= forks[i].at {
		return tl, pos, nil
	}
	child := sh.sys.Timeline
	if i+1 < len(forks) {
		child = forks[i+1].parent
	}
	return child, segmentStart(forks[i].at, sh.sys.SegmentSize), nil
}

// historyName is the file that says where a timeline left its parent.
func historyName(timeline uint32) string { return fmt.Sprintf("%08X.history", timeline) }

func historyKey(timeline uint32) string { return "wal/" + historyName(timeline) }

// storeHistory keeps where timeline, and each it comes from, left its parent.
func (sh *shipper) storeHistory(ctx context.Context, c *pgrepl.Conn, timeline uint32) error {
	for tl := timeline; tl > 1; tl-- {
		if _, err := sh.s.repo.stores[0].Blob.Stat(ctx, historyKey(tl)); err == nil {
			return nil
		}
		_, b, err := c.History(ctx, tl)
		if err != nil && tl != timeline {
			return nil // a timeline number that was skipped
		} else if err != nil {
			return err
		}
		sealed, err := sh.s.repo.keys.seal(b)
		if err != nil {
			return err
		}
		if err := sh.s.repo.put(ctx, historyKey(tl), sealed); err != nil {
			return err
		}
	}
	return nil
}

// rounds calls round every few seconds until ctx ends, and once more then.
func (s *Service) rounds(ctx context.Context, round func(context.Context) error) {
	t := time.NewTicker(s.cfg.Every)
	defer t.Stop()
	for {
		last := false
		select {
		case <-ctx.Done():
			last = true
		case <-t.C:
		case <-s.wake:
		}
		patience := 2 * time.Minute
		if last { // a store that is away must not keep the program from ending
			patience = 10 * time.Second
		}
		work, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		err := round(work)
		if err != nil {
			s.cfg.Log.ErrorContext(ctx, "the log waits to be stored", "error", err)
		}
		s.note(func(st *State) { st.StoreProblem, st.Beat = problem(err), s.cfg.Clock.Now() })
		cancel()
		if last {
			return
		}
	}
}

// relock takes over a new recovery key. A backup taken for it from now on needs
// the open segment from its first byte, so that is stored again whole.
func (sh *shipper) relock() error {
	changed, err := sh.s.repo.keys.renew(sh.s.cfg.Home, sh.s.cfg.Recipient)
	if changed {
		sh.mu.Lock()
		defer sh.mu.Unlock()
		sh.again = true
	}
	return err
}

func problem(err error) string {
	if err == nil {
		return ""
	}
	return errs.Public(err).Message
}

// ship stores whole segments and what is new of the open one.
func (sh *shipper) ship(ctx context.Context) error {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	names, err := sh.spool.whole()
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	for _, name := range names {
		if err := sh.shipWhole(ctx, name); err != nil {
			return err
		}
	}
	name, from, b, sent, err := sh.spool.open(sh.shipped)
	if err != nil || len(b) == 0 && !sh.again {
		return err
	}
	if sh.again || len(sh.parts[name]) >= mergeAfter {
		return sh.merge(ctx)
	}
	return sh.storePart(ctx, walHeader{sh.sys.ID, name, from, from + int64(len(b)), sent}, b)
}

// merge stores the open segment as one piece in place of its many.
func (sh *shipper) merge(ctx context.Context) error {
	name, _, b, sent, err := sh.spool.open(nil)
	if err != nil || len(b) == 0 {
		return err
	}
	old := sh.parts[name]
	h := walHeader{sh.sys.ID, name, 0, int64(len(b)), sent}
	if err := sh.storePart(ctx, h, b); err != nil {
		return err
	}
	now := pieceKey(name, h.from, h.to, sh.sys.SegmentSize)
	for _, k := range old {
		if k != now {
			sh.s.repo.remove(ctx, k)
		}
	}
	sh.parts[name], sh.again = []string{now}, false
	return nil
}

func (sh *shipper) storePart(ctx context.Context, h walHeader, b []byte) error {
	key, err := sh.s.repo.putWAL(ctx, h, sh.sys.SegmentSize, b)
	if err == nil {
		sh.shipped[h.segment] = h.to
		sh.parts[h.segment] = append(sh.parts[h.segment], key)
	}
	return err
}

func (sh *shipper) shipWhole(ctx context.Context, name string) error {
	b, err := os.ReadFile(sh.spool.path(name))
	if err != nil {
		return err
	}
	sh.spool.mu.Lock()
	sent := sh.spool.sent
	sh.spool.mu.Unlock()
	if _, err := sh.s.repo.putWAL(ctx, walHeader{sh.sys.ID, name, 0, int64(len(b)), sent}, sh.sys.SegmentSize, b); err != nil {
		return err
	}
	for _, k := range sh.parts[name] {
		sh.s.repo.remove(ctx, k)
	}
	delete(sh.parts, name)
	delete(sh.shipped, name)
	sh.spool.mu.Lock()
	defer sh.spool.mu.Unlock()
	sh.spool.waiting -= sh.sys.SegmentSize
	return os.Remove(sh.spool.path(name))
}

// round is one shipping. Where the database's log ends is asked before, so that
// all of it up to there being stored afterwards means: everything committed by
// then is safe, however much is being written meanwhile.
func (sh *shipper) round(ctx context.Context) error {
	if err := sh.relock(); err != nil {
		return err
	}
	at := sh.s.cfg.Clock.Now()
	end, known := sh.serverEnd(ctx)
	if known {
		sh.spool.await(ctx, end, time.Second)
	}
	if err := sh.ship(ctx); err != nil {
		return err
	}
	if err := sh.s.journal(ctx); err != nil {
		return err
	}
	if !known {
		return nil
	}
	return sh.measure(ctx, at, end)
}

// serverEnd is where the server's log ends; not known while it is away, which the
// stream's own error says better.
func (sh *shipper) serverEnd(ctx context.Context) (end pgrepl.LSN, known bool) {
	c, err := sh.s.sql(ctx, "")
	if err != nil {
		return 0, false
	}
	defer c.Close(context.WithoutCancel(ctx))
	var text string
	if err := c.QueryRow(ctx, "select pg_current_wal_flush_lsn()::text").Scan(&text); err != nil {
		return 0, false
	}
	end, err = pgrepl.ParseLSN(text)
	return end, err == nil
}

// measure notes up to which moment everything committed is stored: at, when the
// log up to end is.
func (sh *shipper) measure(ctx context.Context, at time.Time, end pgrepl.LSN) error {
	stored := sh.stored()
	whole := stored >= end
	if whole {
		if err := sh.tellCovered(ctx, covered{At: at, LSN: stored, Timeline: sh.spool.timelineNow()}); err != nil {
			return err
		}
	}
	pushed := sh.catchUp(ctx)
	sh.s.measured(stored, end, at, whole, pushed)
	return pushed
}

// covered says that everything committed before At is in the log up to LSN: an
// idle database writes none, and its last moment can be restored all the same.
type covered struct {
	At       time.Time  `json:"at"`
	LSN      pgrepl.LSN `json:"lsn"`
	Timeline uint32     `json:"timeline"`
}

const coveredKey = "wal/covered.json"

// tidings is what one archiver remembers of what it told the stores.
type tidings struct {
	s    *Service
	told covered   // what the repository says of how far it reaches
	lag  time.Time // last full look at the other stores
}

// tellCovered keeps that in the repository; at every second look while nothing happens.
func (t *tidings) tellCovered(ctx context.Context, c covered) error {
	if c.LSN == t.told.LSN && c.Timeline == t.told.Timeline && c.At.Sub(t.told.At) < 2*t.s.cfg.Every {
		return nil
	}
	b, err := json.Marshal(c)
	if err == nil {
		err = t.s.repo.put(ctx, coveredKey, b)
	}
	if err == nil {
		t.told = c
	}
	return err
}

// catchUp brings the other stores up to date; once an hour it looks at
// everything, not only at what this process has written.
func (t *tidings) catchUp(ctx context.Context) error {
	if len(t.s.repo.stores) < 2 {
		return nil
	}
	if now := t.s.cfg.Clock.Now(); now.Sub(t.lag) > time.Hour {
		if _, err := t.s.repo.mirror(ctx); err != nil {
			return err
		}
		t.lag = now
	}
	return t.s.repo.push(ctx)
}

// measured notes how far the log is stored. whole says that everything committed
// before at is, in the first store; pushed why the others are behind, if so.
func (s *Service) measured(stored, end pgrepl.LSN, at time.Time, whole bool, pushed error) {
	now := s.cfg.Clock.Now()
	s.note(func(st *State) {
		// The worst is just before the next moment is covered. While the program was
		// down is not counted: its own database was too.
		if since := st.Covered; !since.IsZero() {
			if since.Before(s.began) {
				since = s.began
			}
			if rpo := now.Sub(since); rpo > st.Worst {
				st.Worst, st.WorstAt = rpo, now
			}
		}
		st.Stored, st.End, st.At = stored, end, now
		if whole {
			st.Covered = at
			if pushed == nil {
				st.CoveredAll = at
			}
		}
	})
}

// stored is the position up to which the repository has the log.
func (sh *shipper) stored() pgrepl.LSN {
	sh.spool.mu.Lock()
	defer sh.spool.mu.Unlock()
	if sh.spool.waiting > 0 {
		return 0
	}
	if sh.spool.cur == nil {
		return sh.spool.pos
	}
	return pgrepl.LSN(sh.spool.seg)*pgrepl.LSN(sh.sys.SegmentSize) + pgrepl.LSN(sh.shipped[sh.spool.name(sh.spool.seg)])
}
