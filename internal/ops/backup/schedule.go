package backup

import (
	"context"
	"time"

	"truckflow/internal/kit/errs"
)

// Schedule archives the log and does by itself what is due, until ctx ends: a
// base backup a day (at once when there is none), then a prune; a drill a week.
// Only the instance whose archiver is at work does the rest.
func (s *Service) Schedule(ctx context.Context, drillFiles int) {
	archiving := make(chan struct{})
	go func() { defer close(archiving); s.Archive(ctx) }()
	defer func() { <-archiving }()
	for sleep(ctx, firstLook); ctx.Err() == nil; sleep(ctx, time.Minute) {
		if s.State().Archiver == atWork {
			s.tend(ctx, drillFiles)
		}
	}
}

// firstLook leaves the start of the program to the people who wait for it.
const firstLook = 20 * time.Second

func (s *Service) tend(ctx context.Context, drillFiles int) {
	base, drill, err := s.Due(ctx)
	if err != nil {
		s.cfg.Log.WarnContext(ctx, "the backups cannot be listed", "error", err)
		return
	}
	if base {
		m, err := s.Run(ctx, nil)
		switch {
		case ctx.Err() != nil, errs.Is(err, errs.KindConflict) && m == nil: // a person does it just now
			return
		case err != nil:
			s.cfg.Log.ErrorContext(ctx, "the backup failed", "error", err)
			sleep(ctx, 10*time.Minute) // not every minute: it reads the whole database
			return
		}
		s.cfg.Log.InfoContext(ctx, "backup taken and verified", "id", m.ID, "size", Bytes(m.Bytes), "stored", Bytes(m.Stored), "took", m.Took.Round(time.Millisecond))
		if _, err := s.Prune(ctx, false); err != nil && ctx.Err() == nil {
			s.cfg.Log.WarnContext(ctx, "old backups could not be removed", "error", err)
		}
	}
	if drill {
		if r, err := s.Drill(ctx, "", drillFiles, nil); ctx.Err() == nil && r != nil {
			if err != nil || !r.OK {
				s.cfg.Log.ErrorContext(ctx, "the restore drill failed", "report", r.String(), "error", err)
			} else {
				s.cfg.Log.InfoContext(ctx, "restore rehearsed", "report", r.String())
			}
		}
	}
}
