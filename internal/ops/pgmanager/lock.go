package pgmanager

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"truckflow/internal/kit/errs"
)

// lockFolder takes the folder for this process. The kernel lets go of a flock
// when the process ends in whatever way, so a crash never leaves a stale one.
func lockFolder(l layout) (*os.File, error) {
	f, err := tryLock(l.lock)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		who, stop := "another truckflow process", "stop it first"
		if b, err := os.ReadFile(l.lock); err == nil {
			if pid, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
				who, stop = fmt.Sprintf("truckflow process %d", pid), fmt.Sprintf("stop it first (kill %d)", pid)
			}
		}
		return nil, errs.Conflict("the data folder %s is in use by %s", l.dir, who).
			Hint("%s, or start with another data folder", stop)
	}
	if err != nil {
		return nil, errs.Unavailable("cannot lock the data folder %s", l.dir).
			Hint("check that the folder is on a local disk and writable").Wrap(err)
	}
	if err := f.Truncate(0); err == nil {
		_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
		if err != nil {
			f.Close()
			return nil, errs.Unavailable("cannot write to the data folder %s", l.dir).Hint("is the disk full?").Wrap(err)
		}
	}
	return f, nil
}

// waitLock is lockFolder for servers that several processes share: the holder
// is another process starting the same server and will be done in seconds.
func waitLock(ctx context.Context, path string) (*os.File, error) {
	for {
		f, err := tryLock(path)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return f, err
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644) // closed on exec: children never inherit the lock
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// pause waits for d or for the end of ctx, whichever comes first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
