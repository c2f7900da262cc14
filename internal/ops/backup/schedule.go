package backup

import (
	"context"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/usage"
)

// Schedule archives the log and does by itself what is due, until ctx ends: a
// base backup a day (at once when there is none), then a prune; a portable dump
// every six hours; a drill a week.
// Only the instance whose archiver is at work does the rest.
func (s *Service) Schedule(ctx context.Context, drillFiles int) {
	archiving := s.ArchiveMeanwhile(ctx)
	defer func() { <-archiving }()
	look := time.NewTimer(firstLook)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case what := <-s.asked:
			s.tend(ctx, what == AskRun, false, what == AskDrill, drillFiles)
		case <-look.C:
			if s.State().Archiver == atWork {
				base, dump, drill, err := s.Due(ctx)
				if err != nil && ctx.Err() == nil {
					s.cfg.Log.WarnContext(ctx, "the backups cannot be listed", "error", err)
				}
				s.tend(ctx, base && s.rested(), dump && s.rested(), drill, drillFiles)
			}
			look.Reset(time.Minute)
		}
	}
}

// What a person may ask for.
const (
	AskRun   = "backup"
	AskDrill = "drill"
)

// Ask has Schedule take a backup or rehearse a restore at once; while it is at
// one already the wish is dropped.
func (s *Service) Ask(what string) {
	select {
	case s.asked <- what:
	default:
	}
}

// Doing is what is being done just now.
type Doing struct {
	What  string // "" nothing
	Step  string // "database", "files", "verify", "replay" …
	Done  int64  // bytes
	Total int64  // 0 unknown
}

// String is a sentence about it.
func (d Doing) String() string {
	text := d.What + " under way"
	if d.Step != "" {
		text += ": " + d.Step + ", " + usage.Size(d.Done)
	}
	if d.Total > 0 && d.Done <= d.Total {
		text += " of " + usage.Size(d.Total)
	}
	return text
}

// Doing is what this process is doing.
func (s *Service) Doing() Doing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.doing
}

// shown tells Doing how far a work is.
func (s *Service) shown(what string) (p Progress, end func()) {
	set := func(d Doing) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.doing = d
	}
	set(Doing{What: what})
	return func(step string, done, total int64) { set(Doing{what, step, done, total}) }, func() { set(Doing{}) }
}

// rested keeps a backup that fails from being tried every minute: it reads the
// whole database.
func (s *Service) rested() bool { return s.cfg.Clock.Now().Sub(s.failed) > 10*time.Minute }

// firstLook leaves the start of the program to the people who wait for it.
const firstLook = 20 * time.Second

func (s *Service) tend(ctx context.Context, base, dump, drill bool, drillFiles int) {
	if base {
		p, end := s.shown("a backup is")
		m, err := s.Run(ctx, p)
		end()
		switch {
		case ctx.Err() != nil, errs.Is(err, errs.KindConflict) && m == nil: // a person does it just now
			return
		case err != nil:
			s.cfg.Log.ErrorContext(ctx, "the backup failed", "error", err)
			s.failed = s.cfg.Clock.Now()
			return
		}
		s.cfg.Log.InfoContext(ctx, "backup taken and verified", "id", m.ID, "size", usage.Size(m.Bytes), "stored", usage.Size(m.Stored), "took", m.Took.Round(time.Millisecond))
		if _, err := s.Prune(ctx, false); err != nil && ctx.Err() == nil {
			s.cfg.Log.WarnContext(ctx, "old backups could not be removed", "error", err)
		}
	}
	if dump {
		p, end := s.shown("a dump is")
		d, err := s.Dump(ctx, p)
		end()
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !errs.Is(err, errs.KindConflict):
			s.cfg.Log.ErrorContext(ctx, "the portable dump failed", "error", err)
			s.failed = s.cfg.Clock.Now()
		case err == nil:
			s.cfg.Log.InfoContext(ctx, "portable dump taken and read back", "id", d.ID, "stored", usage.Size(d.Stored), "took", d.Took.Round(time.Millisecond))
		}
	}
	if !drill {
		return
	}
	p, end := s.shown("a rehearsal is")
	defer end()
	r, err := s.Drill(ctx, "", drillFiles, p)
	switch {
	case ctx.Err() != nil || r == nil:
	case err != nil || !r.OK:
		s.cfg.Log.ErrorContext(ctx, "the restore drill failed", "report", r.String(), "error", err)
	default:
		s.cfg.Log.InfoContext(ctx, "restore rehearsed", "report", r.String())
	}
}
