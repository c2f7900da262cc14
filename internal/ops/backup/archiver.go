package backup

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup/pgrepl"
)

// Archive receives and stores the log until ctx ends. It never gives up: what
// goes wrong is logged, shown by Status, and tried again. Where another
// archiver is at work it waits to take over.
func (s *Service) Archive(ctx context.Context) { <-s.ArchiveMeanwhile(ctx) }

// ArchiveMeanwhile is Archive beside the caller, unless this process archives
// already: for commands, which may be all that runs. The channel is closed when
// ctx has ended and what was received is stored.
func (s *Service) ArchiveMeanwhile(ctx context.Context) <-chan struct{} {
	ended, busy := make(chan struct{}), false
	s.locked(func() { busy, s.archiving = s.archiving, true })
	if busy {
		close(ended)
		return ended
	}
	go func() { defer close(ended); s.archive(ctx) }()
	return ended
}

func (s *Service) archive(ctx context.Context) {
	defer func() {
		waited := false
		s.locked(func() { s.archiving, waited = false, s.waiting })
		if !waited {
			s.note(func(st *State) { st.Archiver = "stopped" })
		}
	}()
	wait, said := time.Second, ""
	for ctx.Err() == nil {
		began := s.cfg.Clock.Now()
		err := s.engine.archiveOnce(ctx)
		if ctx.Err() != nil {
			return
		}
		if s.cfg.Clock.Now().Sub(began) > time.Minute {
			wait = time.Second
		}
		if errors.Is(err, pgrepl.ErrSlotBusy) {
			s.locked(func() { s.waiting = true })
			wait = 5 * time.Second
		} else {
			s.locked(func() {
				s.waiting, s.refusal = false, nil
				if !errs.Is(err, errs.KindUnavailable) {
					s.refusal = err
				}
			})
			level := slog.LevelError
			if text := err.Error(); text == said { // once is enough; State goes on saying it
				level = slog.LevelDebug
			} else {
				said = text
			}
			s.cfg.Log.Log(ctx, level, "the log is not archived", "error", err)
			s.note(func(st *State) { st.Archiver, st.Problem = "down", errs.Public(err).Message })
		}
		sleep(ctx, wait)
		wait = min(2*wait, 30*time.Second)
	}
}

// locked looks at, or changes, what this process is doing.
func (s *Service) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// onlyArchiver makes this the one archiver of the machine, because the spool is one.
func (s *Service) onlyArchiver() (*os.File, error) {
	lock, err := os.OpenFile(s.cfg.Home+"/archiver.lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(pgrepl.ErrSlotBusy, lock.Close())
	}
	return lock, nil
}

// enter is what every engine's archiving begins with: it is the only one on this
// machine, reaches the database, and the store belongs to that one. leave ends it.
func (s *Service) enter(ctx context.Context) (c *pgrepl.Conn, sys pgrepl.System, leave func(), err error) {
	lock, err := s.onlyArchiver()
	if err != nil {
		return nil, sys, nil, err
	}
	if c, err = pgrepl.Connect(ctx, s.cfg.DSN, slotName); err != nil {
		return nil, sys, nil, errors.Join(err, lock.Close())
	}
	leave = func() {
		c.Close(context.WithoutCancel(ctx))
		lock.Close()
	}
	if sys, err = c.Identify(ctx); err == nil {
		err = s.repo.claim(ctx, sys.ID)
	}
	if err != nil {
		leave()
		return nil, sys, nil, err
	}
	return c, sys, leave, nil
}

// archiveOnce implements engine: it streams until something ends it. One at a
// time on the database, because the slot is one.
func (b builtin) archiveOnce(ctx context.Context) error {
	s := b.s
	c, sys, leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err := c.CreateSlot(ctx, slotName); err != nil {
		return err
	}
	s.guard(ctx)
	sp := &spool{dir: s.cfg.Home + "/spool", sys: sys, sync: s.cfg.Sync, limit: s.cfg.SpoolMax}
	sh := &shipper{tidings: tidings{s: s}, spool: sp, sys: sys, shipped: map[string]int64{}, parts: map[string][]string{}}
	timeline, at, err := sh.resume(ctx, c)
	if err != nil {
		return err
	}
	return s.follow(ctx, c, sh, timeline, at)
}

// follow streams one timeline after the other, shipping beside it.
func (s *Service) follow(ctx context.Context, c *pgrepl.Conn, sh *shipper, timeline uint32, at pgrepl.LSN) error {
	ctx, stop := context.WithCancel(ctx)
	shipping := make(chan struct{})
	var beginning sync.WaitGroup
	defer func() {
		stop()
		<-shipping
		beginning.Wait()
		s.locked(func() { s.receiving = false })
		s.setSync(context.WithoutCancel(ctx), false)
	}()
	if err := sh.spool.begin(timeline, at); err != nil {
		close(shipping)
		return err
	}
	sh.spool.accepted = sync.OnceFunc(func() { beginning.Go(func() { s.begun(ctx, sh.sys.ID, timeline, at) }) })
	go func() { defer close(shipping); s.rounds(ctx, sh.round) }()
	for {
		next, err := c.Stream(ctx, slotName, timeline, at, time.Second, sh.spool)
		if errors.Is(err, pgrepl.ErrLogGone) {
			_ = c.DropSlot(ctx, slotName) // the server has given it up; the next start makes a new one
			return s.gap(ctx, sh, err)
		}
		if err != nil || next == nil {
			return err
		}
		s.cfg.Log.InfoContext(ctx, "the database went on under another timeline", "from", timeline, "to", next.Timeline, "at", next.At.String())
		if err := sh.storeHistory(ctx, c, next.Timeline); err != nil {
			return err
		}
		if err := sh.ship(ctx); err != nil {
			return err
		}
		timeline, at = next.Timeline, segmentStart(next.At, sh.sys.SegmentSize)
		if err := sh.spool.begin(timeline, at); err != nil {
			return err
		}
	}
}

// begun is called when the server has let us have its log: only now this is the
// archiver, and only now may commits wait for it.
func (s *Service) begun(ctx context.Context, system string, timeline uint32, at pgrepl.LSN) {
	s.locked(func() { s.waiting, s.receiving = false, true })
	s.note(func(st *State) {
		st.Archiver, st.Problem, st.Timeline, st.SystemID, st.Beat = atWork, "", timeline, system, s.cfg.Clock.Now()
	})
	s.cfg.Log.InfoContext(ctx, "archiving the log", "timeline", timeline, "from", at.String(), "sync", s.cfg.Sync)
	if ctx.Err() == nil {
		s.setSync(ctx, true)
	}
}

func segmentStart(at pgrepl.LSN, size int64) pgrepl.LSN { return at - at%pgrepl.LSN(size) }

// gap forgets the position that the server no longer has. The chain of log is
// broken there: only a new base backup begins a whole one.
func (s *Service) gap(ctx context.Context, sh *shipper, cause error) error {
	s.note(func(st *State) {
		st.NeedBase = "the database has not kept the log since " + sh.spool.pos.String()
	})
	sh.spool.mu.Lock()
	sh.spool.closeLocked()
	sh.spool.mu.Unlock()
	if err := sh.ship(ctx); err != nil { // whole segments that still wait
		return err
	}
	if err := os.RemoveAll(sh.spool.dir); err != nil {
		return err
	}
	if err := os.WriteFile(s.cfg.Home+"/gap", []byte(sh.spool.pos.String()), 0o600); err != nil {
		return err
	}
	return errs.Unavailable("the chain of the log is broken at %s; a new base backup begins another", sh.spool.pos).Wrap(cause)
}

// guard sees to it that an archiver that is dead for long cannot fill the
// database's disk: beyond the bound the server gives the slot up.
func (s *Service) guard(ctx context.Context) {
	c, err := s.sql(ctx, "")
	if err != nil {
		return // the caller meets it
	}
	defer c.Close(context.WithoutCancel(ctx))
	var bound string
	if err := c.QueryRow(ctx, "show max_slot_wal_keep_size").Scan(&bound); err != nil || bound != "-1" {
		return
	}
	_, err = c.Exec(ctx, "alter system set max_slot_wal_keep_size = '"+s.cfg.KeepWAL+"'")
	if err == nil {
		_, err = c.Exec(ctx, "select pg_reload_conf()")
	}
	if err != nil {
		s.cfg.Log.WarnContext(ctx, "nothing bounds the log that the database keeps for backups",
			"hint", "as a superuser: ALTER SYSTEM SET max_slot_wal_keep_size = '"+s.cfg.KeepWAL+"'; SELECT pg_reload_conf();", "error", err)
	}
}

// setSync makes commits wait for us, or stops that. It leaves a setting alone
// that somebody else made.
func (s *Service) setSync(ctx context.Context, on bool) {
	if !s.cfg.Sync {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err := s.changeSync(ctx, on)
	s.note(func(st *State) { st.Sync = on && err == nil })
	if err != nil {
		s.cfg.Log.ErrorContext(ctx, "commits do not wait for the backup as they should", "wait", on, "error", err)
	}
}

func (s *Service) changeSync(ctx context.Context, on bool) error {
	c, err := s.sql(ctx, "")
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	now, err := standbys(ctx, c)
	if err != nil {
		return err
	}
	if now != "" && now != slotName {
		return errs.Conflict("synchronous_standby_names is %q already", now).Hint("use TRUCKFLOW_BACKUP_WAL=async beside other standbys")
	}
	return awaitedBy(ctx, c, on)
}

// standbys is whom synchronous commits wait for.
func standbys(ctx context.Context, c *pgx.Conn) (names string, err error) {
	err = c.QueryRow(ctx, "show synchronous_standby_names").Scan(&names)
	return names, err
}

// awaitedBy has commits wait for us, or for nobody.
func awaitedBy(ctx context.Context, c *pgx.Conn, us bool) error {
	sql := "alter system reset synchronous_standby_names"
	if us {
		sql = "alter system set synchronous_standby_names = '" + slotName + "'"
	}
	if _, err := c.Exec(ctx, sql); err != nil {
		return err
	}
	_, err := c.Exec(ctx, "select pg_reload_conf()")
	return err
}

// Unblock lets commits through that wait for an archiver which died with the
// program. It must run before anything writes; where none wait it only looks.
func Unblock(ctx context.Context, dsn string) error {
	c, err := (&Service{cfg: Config{DSN: dsn}}).sql(ctx, "")
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	if now, err := standbys(ctx, c); err != nil || now != slotName {
		return err
	}
	return awaitedBy(ctx, c, false)
}

// fork is where a timeline left its parent.
type fork struct {
	parent uint32
	at     pgrepl.LSN
}

// parseHistory reads a history file: "1\t0/3000148\tno recovery target specified".
func parseHistory(b []byte) (out []fork, err error) {
	sc := bufio.NewScanner(bytes.NewReader(b))
	for sc.Scan() {
		line := strings.TrimSpace(sc.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		var tl uint32
		var at string
		if _, err := fmt.Sscanf(line, "%d %s", &tl, &at); err != nil {
			return nil, errs.Conflict("a timeline's history is damaged: %q", line)
		}
		lsn, err := pgrepl.ParseLSN(at)
		if err != nil {
			return nil, err
		}
		out = append(out, fork{tl, lsn})
	}
	return out, sc.Err()
}
