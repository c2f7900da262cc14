package backup

import (
	"context"
	"strings"
	"time"
)

// nextStamp is the moment that a backup, a portable archive or a journal is called
// after. Their order is the order of their names, so a name never goes back when
// the machine's clock is set back: it is at least step after the last one.
func (s *Service) nextStamp(ctx context.Context, step time.Duration) (time.Time, error) {
	s.stamping.Lock()
	defer s.stamping.Unlock()
	last := s.lastStamp
	if last.IsZero() {
		var err error
		if last, err = s.newestName(ctx); err != nil {
			return last, err
		}
	}
	var t time.Time
	s.note(func(st *State) { // another process may have given names too
		for _, was := range []time.Time{last, st.Stamp} {
			if at := was.Add(step).Truncate(step); at.After(t) && !was.IsZero() {
				t = at
			}
		}
		if now := s.cfg.Clock.Now(); now.After(t) {
			t = now
		}
		st.Stamp = t
	})
	s.lastStamp = t
	return t, nil
}

// newestName is the newest moment in the names that the first store holds.
func (s *Service) newestName(ctx context.Context) (newest time.Time, err error) {
	for _, kind := range []string{"base/", "dump/", "journal/"} {
		keys, err := listStore(ctx, s.repo.stores[0], kind)
		if err != nil {
			return newest, err
		}
		for k := range keys {
			name, _, _ := strings.Cut(strings.TrimPrefix(k, kind), "/")
			for _, layout := range []string{idLayout, journalLayout} {
				if t, err := time.Parse(layout, name); err == nil && t.After(newest) {
					newest = t
				}
			}
		}
	}
	return newest, nil
}

// What moments look like in names.
const (
	idLayout      = "20060102T150405Z"
	journalLayout = "20060102T150405.000000Z"
)
