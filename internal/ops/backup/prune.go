package backup

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/backup/pgrepl"
)

// The specification's retention: 30 days at hand, a year elsewhere.
var (
	LocalKeep  = Retention{All: 30 * day, Weekly: 30 * day, Total: 30 * day}
	RemoteKeep = Retention{All: 30 * day, Weekly: 90 * day, Total: 365 * day}
)

const day = 24 * time.Hour

// abandoned is how old the remains of a backup that never ended may get.
const abandoned = 2 * day

// Pruned is what was removed from one store.
type Pruned struct {
	Store   string   `json:"store"`
	Backups []string `json:"backups"` // ids
	Objects int      `json:"objects"`
	Bytes   int64    `json:"bytes"`
	Kept    int      `json:"kept"`             // backups that stay
	Locked  int      `json:"locked,omitempty"` // objects the store would not give up
}

// Prune removes what each store's retention no longer keeps. It never removes
// the newest verified backup nor anything newer, and nothing at all from a
// store that has no verified one.
func (s *Service) Prune(ctx context.Context, dry bool) ([]Pruned, error) {
	release, err := s.exclusively("a prune")
	if err != nil {
		return nil, err
	}
	defer release()
	var out []Pruned
	for i := range s.repo.stores {
		p, e := s.pruneStore(ctx, i, dry)
		out, err = append(out, p), errors.Join(err, e)
	}
	return out, err
}

func (s *Service) pruneStore(ctx context.Context, i int, dry bool) (Pruned, error) {
	st := s.repo.stores[i]
	p := Pruned{Store: st.Name}
	one := &repo{stores: []Store{st}, keys: s.repo.keys}
	all, err := one.manifests(ctx)
	if err != nil {
		return p, err
	}
	keep := retained(all, st.Keep, s.cfg.Clock.Now())
	if keep == nil {
		p.Kept = len(all)
		return p, nil
	}
	copies, err := backrest{s}.retained(ctx, i, all, keep)
	if err != nil {
		return p, err
	}
	p.Kept = len(keep)
	objects, young := map[string]int64{}, map[string]bool{}
	for info, err := range st.Blob.List(ctx, "") {
		if err != nil {
			return p, errs.Unavailable("%s cannot be listed", st.Name).Wrap(err)
		}
		objects[info.Key] = info.Size
		young[info.Key] = s.cfg.Clock.Now().Sub(info.Modified) < day // an upload whose journal may still come
	}
	for id, ok := range dumpsKept(objects, st.Keep, s.cfg.Clock.Now()) {
		keep[id] = keep[id] || ok
	}
	needed, err := one.needed(ctx, all, keep, objects, young, s.cfg.Clock.Now())
	if err != nil {
		return p, err
	}
	var doomed []string
	for k := range objects {
		if !needed(k) {
			doomed = append(doomed, k)
		}
	}
	locked, err := takeAway(ctx, st, doomed, objects, dry, &p)
	for _, l := range all {
		switch {
		case keep[l.ID]:
		case locked["base/"+l.ID]:
			p.Kept++
		default:
			p.Backups = append(p.Backups, l.ID)
		}
	}
	return p, errors.Join(err, backrest{s}.expire(ctx, i, copies, dry, &p))
}

// takeAway removes objects. The signature of a backup goes first, so that half a
// removal leaves none that looks whole; one that the store has locked stays with
// all that belongs to it, and is among locked.
func takeAway(ctx context.Context, st Store, doomed []string, objects map[string]int64, dry bool, p *Pruned) (locked map[string]bool, err error) {
	first := func(k string) int {
		if strings.HasSuffix(k, "/manifest.sig") {
			return 0
		}
		return 1
	}
	slices.SortFunc(doomed, func(a, b string) int { return cmp.Or(first(a)-first(b), strings.Compare(a, b)) })
	locked = map[string]bool{}
	for _, k := range doomed {
		of := ofBackup.FindString(k)
		if locked[of] {
			p.Locked++
			continue
		}
		if !dry {
			e := st.Blob.Delete(ctx, k)
			if errs.Is(e, errs.KindConflict) {
				locked[of] = of != ""
				p.Locked++
				continue
			}
			if e != nil {
				return locked, errs.Unavailable("%s does not remove what is too old", st.Name).Wrap(e)
			}
		}
		p.Objects++
		p.Bytes += objects[k]
	}
	return locked, nil
}

// ofBackup is the folder of a backup or an archive that an object belongs to.
var ofBackup = regexp.MustCompile(`^(base|dump)/[^/]+`)

// LockFor says until when a store that locks objects is to keep one: days from
// its writing. What is written over as long as it is of use is not locked: marks,
// and the pieces of the log's last file, which become one when it is full.
func LockFor(days int, now func() time.Time) func(key string) time.Time {
	return func(key string) time.Time {
		kind, name, _ := strings.Cut(key, "/")
		switch {
		case kind == "wal" && strings.Contains(path.Base(name), ".") && !strings.HasSuffix(name, ".history"), strings.HasSuffix(key, "/verified.json"):
			return time.Time{}
		}
		return now().Add(time.Duration(days) * day)
	}
}

// retained picks the backups that stay; nil means that nothing may go.
func retained(all []Listed, r Retention, now time.Time) map[string]bool {
	newest := -1 // verified
	for i, l := range all {
		if l.Verified != nil && l.Problem == "" {
			newest = i
		}
	}
	if newest < 0 {
		return nil
	}
	keep := map[string]bool{}
	anchor, covered := "", false // covered: a backup that stays anyway is from before the window
	week, month := map[string]Listed{}, map[string]Listed{}
	for i, l := range all {
		at := l.Finished
		if l.Problem != "" { // its times cannot be believed; its name can
			at, _ = time.Parse(idLayout, l.ID)
		}
		age := now.Sub(at)
		switch {
		case i >= newest || age <= r.All:
			keep[l.ID] = true
			covered = covered || age > r.All
		default:
			if l.Problem == "" {
				anchor = l.ID // with it, the first moment of the window can be restored
			}
			y, w := at.ISOWeek()
			better(week, fmt.Sprint(y, "w", w), l, age <= r.Weekly)
			better(month, at.Format("200601"), l, age <= r.Total)
		}
	}
	if anchor != "" && !covered {
		keep[anchor] = true
	}
	for _, m := range []map[string]Listed{week, month} {
		for _, l := range m {
			keep[l.ID] = true
		}
	}
	return keep
}

// better keeps one backup a period: a verified one before others, then the
// first, so that the choice does not change from day to day.
func better(m map[string]Listed, period string, l Listed, young bool) {
	have, ok := m[period]
	if young && l.Problem == "" && (!ok || have.Verified == nil && l.Verified != nil) {
		m[period] = l
	}
}

// needed says of each object whether a backup that stays needs it.
func (r *repo) needed(ctx context.Context, all []Listed, keep map[string]bool, objects map[string]int64, young map[string]bool, now time.Time) (func(string) bool, error) {
	var spans [][2]pgrepl.LSN // stretches of the log
	var size int64
	files, oldest := map[string]bool{}, ""
	for i, l := range all {
		if !keep[l.ID] || l.Problem != "" {
			continue
		}
		if oldest == "" {
			oldest = l.ID
		}
		size = l.SegmentSize
		to := l.Stop
		if i+1 < len(all) && keep[all[i+1].ID] || i == len(all)-1 {
			to = ^pgrepl.LSN(0) // any moment up to the next backup can be restored
			if i+1 < len(all) && all[i+1].Problem == "" {
				to = max(l.Stop, all[i+1].Stop)
			}
		}
		spans = append(spans, [2]pgrepl.LSN{l.Start, to})
		index, err := r.index(ctx, &l.Manifest, time.Time{})
		if err != nil {
			return nil, err
		}
		for _, u := range index {
			files[fileKey(u.SHA256)] = true
		}
	}
	return func(k string) bool {
		kind, rest, _ := strings.Cut(k, "/")
		switch kind {
		case "base", "dump":
			id, _, _ := strings.Cut(rest, "/")
			if keep[id] {
				return true
			}
			at, err := time.Parse(idLayout, id)
			if objects[kind+"/"+id+"/manifest.sig"] == 0 {
				return err != nil || now.Sub(at) < abandoned // one that is being taken
			}
			return err != nil
		case "wal":
			p, ok := parsePiece(k, size)
			return !ok || inSpans(spans, p.Segment, size)
		case "files":
			return files[k] || young[k]
		case "journal":
			return !journalBefore(k, oldest)
		}
		return true
	}, nil
}

func inSpans(spans [][2]pgrepl.LSN, segment string, size int64) bool {
	_, n, _ := pgrepl.ParseSegment(segment, size)
	from, to := pgrepl.LSN(n)*pgrepl.LSN(size), pgrepl.LSN(n+1)*pgrepl.LSN(size)
	return slices.ContainsFunc(spans, func(s [2]pgrepl.LSN) bool { return from <= s[1] && to > s[0] })
}

// Due says what the schedule asks for now: a base backup once a day or when the
// chain of log is broken, a portable dump every six hours, a drill once a week.
func (s *Service) Due(ctx context.Context) (base, dump, drill bool, err error) {
	all, err := s.List(ctx)
	if err != nil && !errs.Is(err, errs.KindNotFound) {
		return false, false, false, err
	}
	now, st := s.cfg.Clock.Now(), s.State()
	all = slices.DeleteFunc(all, func(l Listed) bool { return l.stray() })
	base = st.NeedBase != "" || len(all) == 0
	if !base { // one of a moment to come is of a clock that was set back since
		age := now.Sub(all[len(all)-1].Started)
		base = age >= s.engine.every() || age < -time.Hour
	}
	dump = now.Sub(st.LastDump) >= DumpEvery
	drill = len(all) > 0 && (st.LastDrill == nil || now.Sub(st.LastDrill.At) >= 7*day)
	return base, dump, drill, nil
}
