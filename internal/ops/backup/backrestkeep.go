package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup/pgbackrest"
	"truckflow/internal/ops/backup/pgrepl"
)

// pusher watches over a server that archives its own log.
type pusher struct {
	tidings
	sys      pgrepl.System
	archived pgrepl.LSN // end of what pgBackRest has taken
	seen     []sight    // oldest first; the first is the newest that is archived
	switched time.Time
}

// sight is a look at the database: everything committed before at is in the log
// up to end.
type sight struct {
	at   time.Time
	end  pgrepl.LSN
	xmax string // the next transaction's number
	idle bool   // none was under way
}

// mostSights bounds what is remembered while nothing is archived.
const mostSights = 1000

// errAway ends a watch: the database is gone, or another one.
var errAway = errors.New("the database does not answer")

// archiveOnce implements engine: the server archives, and this sees that it does.
func (b backrest) archiveOnce(ctx context.Context) error {
	s := b.s
	c, sys, leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	p, err := b.live(ctx) // first: until its settings are there the server archives nothing
	if err != nil {
		return err
	}
	if err := b.handsOver(ctx); err != nil {
		return err
	}
	if err := p.StanzaCreate(ctx); err != nil {
		return err
	}
	if err := b.pushHistories(ctx, p, sys.Timeline); err != nil {
		return err
	}
	_ = c.DropSlot(ctx, slotName) // our own engine's: nobody would take the log it keeps
	s.begun(ctx, sys.ID, sys.Timeline, sys.End)
	defer s.locked(func() { s.receiving = false })
	w := &pusher{tidings: tidings{s: s}, sys: sys}
	watch, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	s.rounds(watch, func(ctx context.Context) error {
		err := w.round(ctx)
		if errors.Is(err, errAway) {
			stop(err)
		}
		return err
	})
	return errs.Unavailable("the database does not answer a backup").Wrap(context.Cause(watch))
}

// pushHistories archives where the timelines left their parents: a restored
// database went over to its own before it archived anything.
func (b backrest) pushHistories(ctx context.Context, p *pgbackrest.Program, timeline uint32) error {
	_, have, err := b.segments(ctx, 1<<24)
	if err != nil {
		return err
	}
	for tl := timeline; tl > 1; tl-- {
		path := filepath.Join(p.Cluster(), "pg_wal", historyName(tl))
		if _, err := os.Stat(path); err != nil || slices.Contains(have, tl) {
			continue // a number that was skipped, or it is there
		}
		if err := p.Push(ctx, path); err != nil {
			return err
		}
	}
	return nil
}

// round is one look.
func (w *pusher) round(ctx context.Context) error {
	s := w.s
	if _, err := s.repo.keys.renew(s.cfg.Home, s.cfg.Recipient); err != nil {
		return err
	}
	if err := s.journal(ctx); err != nil {
		return err
	}
	c, err := s.sql(ctx, "")
	if err != nil {
		return errors.Join(errAway, err)
	}
	defer c.Close(context.WithoutCancel(ctx))
	now, failing, err := w.look(ctx, c)
	if err != nil {
		return errors.Join(errAway, err)
	}
	at, known := w.reached(now)
	if at != now.at && now.at.Sub(w.switched) >= s.cfg.Archives {
		if err := switchLog(ctx, c); err != nil {
			return err
		}
		w.switched = now.at
	}
	if known {
		if err := w.tellCovered(ctx, covered{At: at, LSN: w.archived, Timeline: w.sys.Timeline}); err != nil {
			return err
		}
	}
	pushed := w.catchUp(ctx)
	s.measured(w.archived, now.end, at, known, pushed)
	if failing != "" {
		return errs.Unavailable("pgBackRest does not take the log %s", failing).Hint("the database's own log says why; the log stays on the database's disk meanwhile")
	}
	return pushed
}

// look asks the server where it is, and what it could not archive.
func (w *pusher) look(ctx context.Context, c *pgx.Conn) (now sight, failing string, err error) {
	now.at = w.s.cfg.Clock.Now()
	var end, snapshot, last string
	// The snapshot is the statement's own, taken before the position is read: what
	// is over in the one is before the other.
	err = c.QueryRow(ctx, `select pg_current_wal_flush_lsn()::text, pg_current_snapshot()::text, coalesce(last_archived_wal, ''),
		case when last_failed_time > coalesce(last_archived_time, '-infinity') then last_failed_wal else '' end from pg_stat_archiver`).Scan(&end, &snapshot, &last, &failing)
	if err != nil {
		return now, "", err
	}
	if now.end, err = pgrepl.ParseLSN(end); err != nil {
		return now, "", err
	}
	f := strings.Split(snapshot, ":")
	now.xmax, now.idle = f[1], f[0] == f[1]
	if tl, n, ok := pgrepl.ParseSegment(last[:min(24, len(last))], w.sys.SegmentSize); ok && tl == w.sys.Timeline {
		w.archived = max(w.archived, pgrepl.LSN(n+1)*pgrepl.LSN(w.sys.SegmentSize))
	}
	if len(w.seen) < mostSights {
		w.seen = append(w.seen, now)
	}
	for len(w.seen) > 1 && w.seen[1].end <= w.archived {
		w.seen = w.seen[1:]
	}
	return now, failing, nil
}

// reached is the moment of which everything is archived. While nothing has been
// committed since, that goes on: what the server writes by itself does not count.
func (w *pusher) reached(now sight) (at time.Time, known bool) {
	if first := w.seen[0]; first.end <= w.archived {
		if first.idle && now.idle && first.xmax == now.xmax {
			return now.at, true
		}
		return first.at, true
	}
	return time.Time{}, false
}

// kept are pgBackRest's copies in a store, and which of them stay.
type kept struct {
	p     *pgbackrest.Program
	done  func()
	sets  []pgbackrest.Set
	stays map[string]bool
	full  int // full copies from which on every moment can be restored
}

// retained keeps with each backup that stays those its copy leans on. nil: pgBackRest
// has nothing in this store.
func (b backrest) retained(ctx context.Context, i int, all []Listed, keep map[string]bool) (*kept, error) {
	var newest *Manifest
	for j := range all {
		if all[j].Engine == EnginePgBackRest && all[j].Problem == "" {
			newest = &all[j].Manifest
		}
	}
	if newest == nil {
		return nil, nil
	}
	k := &kept{stays: map[string]bool{}}
	var err error
	if k.p, k.done, err = b.reading(ctx, newest, nil, ""); err != nil {
		return nil, err
	}
	if k.sets, err = k.p.Info(ctx, i+1); err != nil {
		k.done()
		return nil, err
	}
	now := b.s.cfg.Clock.Now()
	owner := func(label string) *Listed {
		at := slices.IndexFunc(all, func(l Listed) bool { return slices.Contains(l.Sets, label) })
		if at < 0 {
			return nil
		}
		return &all[at]
	}
	for _, x := range k.sets {
		l := owner(x.Label)
		if l != nil && !keep[l.ID] || l == nil && now.Sub(x.Ended) >= abandoned {
			continue
		}
		for _, label := range append(x.Needs, x.Label) {
			k.stays[label] = true
			if o := owner(label); o != nil {
				keep[o.ID] = true
			}
		}
	}
	window := now.Add(-b.s.repo.stores[i].Keep.All)
	for _, x := range k.sets {
		if k.stays[x.Label] && x.Kind == pgbackrest.Full {
			if k.full++; x.Ended.Before(window) {
				k.full = 1 // log begins with the newest that is older than the window
			}
		}
	}
	return k, nil
}

// expire has pgBackRest remove what does not stay, newest first, and the log
// that nothing needs then.
func (b backrest) expire(ctx context.Context, i int, k *kept, dry bool, p *Pruned) error {
	if k == nil {
		return nil
	}
	defer k.done()
	gone := 0
	for _, x := range slices.Backward(k.sets) {
		if k.stays[x.Label] {
			continue
		}
		if !dry {
			if err := k.p.Expire(ctx, i+1, x.Label, k.full); err != nil {
				p.Locked++
				b.s.cfg.Log.WarnContext(ctx, "pgBackRest does not remove a copy", "store", p.Store, "copy", x.Label, "error", err)
				continue
			}
		}
		gone++
		p.Objects++
		p.Bytes += x.Stored
	}
	if gone > 0 || dry {
		return nil
	}
	return k.p.Expire(ctx, i+1, "", k.full)
}
