package backup

import (
	"context"
	"os"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup/pgrepl"
	"truckflow/internal/ops/pgmanager"
)

// engine brings the database's files and its log into the stores and back: our
// own over the replication protocol, or the program pgBackRest. What else a
// backup is (uploads, settings, keys, signed manifests, drills, figures, portable
// archives) is the same with both, and nobody else asks which it is.
type engine interface {
	// archiveOnce keeps the log until something ends it.
	archiveOnce(ctx context.Context) error
	// takes refuses a kind of copy that there is not.
	takes(kind string) error
	// every is how often a copy is due.
	every() time.Duration
	// copy takes a copy of the cluster that c is connected to, and notes in m what
	// it consists of.
	copy(ctx context.Context, c *pgrepl.Conn, m *Manifest, kind string, size int64, progress Progress) error
	// nudge has what was committed until now stored soon.
	nudge(ctx context.Context) error
	// prove reads m's copy, and the log that makes it whole, as it is stored;
	// thorough: in every store, whatever that costs.
	prove(ctx context.Context, m *Manifest, thorough bool, progress Progress) error
	// unpack writes m's copy where the server of rec will start.
	unpack(ctx context.Context, m *Manifest, rec *pgmanager.Recovery, progress Progress) error

	// segments is the log that is stored, and the timelines whose histories are.
	segments(ctx context.Context, size int64) (have map[string][]piece, timelines []uint32, err error)
	// history is a timeline's history file.
	history(ctx context.Context, timeline uint32) ([]byte, error)
	// segment writes a whole segment to path; what is not there of it is zeros.
	segment(ctx context.Context, m *Manifest, l link, path string) error
	// until is the server's clock at the end of l, zero when that is not known.
	until(ctx context.Context, m *Manifest, l link) (time.Time, error)
}

// EnginePgBackRest is Config.Engine for the program pgBackRest.
const EnginePgBackRest = "pgbackrest"

// engineOf is what m was taken with.
func (s *Service) engineOf(m *Manifest) engine {
	if m.Engine == EnginePgBackRest {
		return backrest{s}
	}
	return builtin{s}
}

// builtin is the engine of our own.
type builtin struct{ s *Service }

func (builtin) takes(kind string) error {
	if kind != "" {
		return errs.Invalid("a copy of kind %q needs TRUCKFLOW_BACKUP_ENGINE=pgbackrest", kind).Hint("the program's own engine takes whole copies only")
	}
	return nil
}

func (builtin) every() time.Duration { return day }

func (b builtin) copy(ctx context.Context, c *pgrepl.Conn, m *Manifest, _ string, size int64, progress Progress) error {
	if err := c.CreateSlot(ctx, slotName); err != nil { // from here on the log is kept for us
		return err
	}
	p := newPacker(ctx, b.s.repo, progress.step("database", size))
	sink := &baseSink{p: p, dir: "base/" + m.ID}
	base, err := c.BaseBackup(ctx, "truckflow "+m.ID, 0, sink)
	if werr := p.crew.wait(); werr != nil {
		err = werr
	}
	m.Timeline, m.Start, m.Stop = base.Timeline, base.Start, base.Stop
	m.Spaces, m.Contents, m.Bytes, m.Stored = sink.all(), sink.list, p.bytes, p.stored
	return err
}

func (b builtin) nudge(context.Context) error {
	select {
	case b.s.wake <- struct{}{}:
	default: // it is awake
	}
	return nil
}

func (b builtin) segments(ctx context.Context, size int64) (map[string][]piece, []uint32, error) {
	keys, err := b.s.repo.list(ctx, "wal/")
	if err != nil {
		return nil, nil, err
	}
	var timelines []uint32
	for k := range keys {
		if tl, ok := parseHistoryName(strings.TrimPrefix(k, "wal/")); ok {
			timelines = append(timelines, tl)
		}
	}
	return pieces(keys, size), timelines, nil
}

// parseHistoryName reads 00000002.history.
func parseHistoryName(name string) (timeline uint32, ok bool) {
	number, ok := strings.CutSuffix(name, ".history")
	if !ok {
		return 0, false
	}
	timeline, _, ok = pgrepl.ParseSegment(number+"0000000000000000", 16<<20)
	return timeline, ok
}

func (b builtin) history(ctx context.Context, timeline uint32) ([]byte, error) {
	r, key := b.s.repo, historyKey(timeline)
	var plain []byte
	_, err := r.get(ctx, key, func(sealed []byte) (err error) {
		plain, err = r.keys.open(key, sealed)
		return err
	})
	return plain, err
}

func (b builtin) segment(ctx context.Context, m *Manifest, l link, path string) error {
	whole := make([]byte, m.SegmentSize) // what is missing at the end is zeros: the log ends there
	for _, p := range l.pieces {
		part, _, err := b.s.repo.getWAL(ctx, m.SystemID, p)
		if err != nil {
			return err
		}
		copy(whole[p.From:], part)
	}
	return os.WriteFile(path, whole, 0o600)
}

func (b builtin) until(ctx context.Context, m *Manifest, l link) (time.Time, error) {
	_, sent, err := b.s.repo.getWAL(ctx, m.SystemID, l.pieces[len(l.pieces)-1])
	return sent, err
}
