package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"truckflow/internal/kit/errs"
)

// OnCopy restores the newest backup and all of its log beside the running database,
// has fn work on the copy (dsn is its superuser's), and removes it. scratch is where
// ("": the system's temporary folder).
func (s *Service) OnCopy(ctx context.Context, scratch string, progress Progress, fn func(ctx context.Context, dsn string) error) (*Restored, error) {
	release, err := s.exclusively("a rehearsal")
	// The server's own backup or dump ends by itself.
	for until := s.cfg.Clock.Now().Add(10 * time.Minute); errs.Is(err, errs.KindConflict) && s.cfg.Clock.Now().Before(until) && ctx.Err() == nil; {
		sleep(ctx, time.Second)
		release, err = s.exclusively("a rehearsal")
	}
	if err != nil {
		return nil, err
	}
	defer release()
	dir, err := os.MkdirTemp(scratch, "truckflow-copy-*")
	if err != nil {
		return nil, errs.Unavailable("there is no place for a copy of the database").Hint("name a folder with --scratch").Wrap(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o711); err != nil { // the database's account passes through
		return nil, err
	}
	r, err := s.restore(ctx, Target{Into: filepath.Join(dir, "data"), NoFile: true}, progress)
	if err != nil {
		return nil, err
	}
	err = fn(ctx, r.recovery.DSN(r.superuser, r.database))
	return r, errors.Join(err, r.close(context.WithoutCancel(ctx)), r.discard())
}
