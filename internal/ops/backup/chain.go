package backup

import (
	"cmp"
	"context"
	"slices"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup/pgrepl"
)

// chain is the log that follows a backup: whole or pieced segments without a
// hole, along the timelines that lead to the newest one.
type chain struct {
	links []link
	end   pgrepl.LSN // up to where it reaches without a hole
	hole  string     // the first segment that is missing while later ones are there
	until time.Time  // the server's clock at end, when known
}

// link is one segment of it.
type link struct {
	name   string
	pieces []piece
}

func (c chain) reaches(at pgrepl.LSN) bool { return c.end >= at }

// chain collects the log from m's start to target (0: as far as there is any),
// on the timelines that lead from m's to the newest one.
func (s *Service) chain(ctx context.Context, m *Manifest, target pgrepl.LSN) (c chain, err error) {
	e := s.engineOf(m)
	have, timelines, err := e.segments(ctx, m.SegmentSize)
	if err != nil {
		return c, err
	}
	line, err := lineageOf(ctx, e, timelines, m)
	if err != nil {
		return c, err
	}
	first, last := uint64(m.Start)/uint64(m.SegmentSize), lastSegment(have, m.SegmentSize)
	if target > 0 {
		last = min(last, uint64(target)/uint64(m.SegmentSize))
	}
	c.end = m.Start
	for n := first; n <= last; n++ {
		name := pgrepl.SegmentName(line.at(n, m.SegmentSize), n, m.SegmentSize)
		use, to := cover(have[name], m.SegmentSize)
		if parent, ok := line.forked(n, m.SegmentSize); ok && to == 0 { // the new timeline's copy was not stored any more
			name = pgrepl.SegmentName(parent, n, m.SegmentSize)
			use, to = cover(have[name], m.SegmentSize)
		}
		if to == 0 {
			c.hole = name
			break
		}
		c.links = append(c.links, link{name, use})
		c.end = max(c.end, pgrepl.LSN(n)*pgrepl.LSN(m.SegmentSize)+pgrepl.LSN(to))
		if to < m.SegmentSize {
			if n < last {
				c.hole = name // an open segment with later ones behind it
			}
			break
		}
	}
	return c, nil
}

func lastSegment(have map[string][]piece, size int64) (last uint64) {
	for name := range have {
		if _, n, ok := pgrepl.ParseSegment(name, size); ok {
			last = max(last, n)
		}
	}
	return last
}

// cover picks pieces that reach from the segment's first byte as far as they
// join; to is 0 when the beginning is missing.
func cover(ps []piece, size int64) (use []piece, to int64) {
	for _, p := range ps { // sorted by offset, longest first
		if p.Whole {
			return []piece{p}, size
		}
		if p.From <= to && p.To > to {
			use, to = append(use, p), p.To
		}
	}
	return use, to
}

// lineage says which timeline a segment belongs to.
type lineage struct {
	newest uint32
	forks  []fork // oldest first
}

// at is the timeline whose file holds segment n: PostgreSQL copies the segment
// of the fork to the new timeline, so the newest that has begun is right.
func (l lineage) at(n uint64, size int64) uint32 {
	tl := l.newest
	for i := len(l.forks) - 1; i >= 0; i-- {
		if n < uint64(l.forks[i].at)/uint64(size) {
			tl = l.forks[i].parent
		}
	}
	return tl
}

// forked is the parent of the timeline that began within segment n.
func (l lineage) forked(n uint64, size int64) (parent uint32, ok bool) {
	for _, f := range l.forks {
		if uint64(f.at)/uint64(size) == n {
			return f.parent, true
		}
	}
	return 0, false
}

// lineageOf reads the history of the newest timeline that comes from m's.
func lineageOf(ctx context.Context, e engine, timelines []uint32, m *Manifest) (lineage, error) {
	own := lineage{newest: m.Timeline}
	slices.Sort(timelines)
	for _, tl := range slices.Backward(timelines) {
		if tl <= m.Timeline {
			break
		}
		b, err := e.history(ctx, tl)
		if err != nil {
			return own, err
		}
		forks, err := parseHistory(b)
		if err != nil {
			return own, err
		}
		i := slices.IndexFunc(forks, func(f fork) bool { return f.parent == m.Timeline })
		if i >= 0 && forks[i].at >= m.Stop {
			return lineage{tl, forks[i:]}, nil
		}
	}
	return own, nil
}

// complete checks that m's own log is there to its end.
func (s *Service) complete(ctx context.Context, m *Manifest) error {
	c, err := s.chain(ctx, m, m.Stop)
	if err != nil {
		return err
	}
	if !c.reaches(m.Stop) {
		return errs.Conflict("backup %s cannot be made whole: the log %s is missing", m.ID, cmp.Or(c.hole, "after "+c.end.String())).
			Hint("restore another backup (truckflow backup list)")
	}
	return nil
}
