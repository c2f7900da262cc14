package backup

import (
	"context"
	"strings"
	"time"
)

// The specification's objectives, and our own.
const (
	ObjectiveRPO = time.Hour
	ObjectiveRTO = 4 * time.Hour
	OwnRPO       = 10 * time.Second
	OwnRTO       = 5 * time.Minute // for 10 GB
)

// Status is everything a person or an alert wants to know at a glance.
type Status struct {
	State
	Engine    string        `json:"engine,omitempty"` // "" our own; EnginePgBackRest
	Now       time.Time     `json:"now"`
	RPONow    time.Duration `json:"rpo_ns"`     // what losing the machine now would cost; -1 unknown
	RPOAll    time.Duration `json:"rpo_all_ns"` // … and the first store with it; -1 unknown
	Projected time.Duration `json:"projected_rto_ns"`
	Backups   int           `json:"backups"`
	Newest    *Listed       `json:"newest,omitempty"`
	Verified  *time.Time    `json:"last_verified,omitempty"`
	Bytes     int64         `json:"bytes"` // in the first store
	Recovery  bool          `json:"recovery_key"`
	Warnings  []string      `json:"warnings,omitempty"`
	OK        bool          `json:"ok"`
}

// Status looks at the repository and the archiver.
func (s *Service) Status(ctx context.Context) (Status, error) {
	st := Status{State: s.State(), Engine: s.cfg.Engine, Now: s.cfg.Clock.Now(), RPONow: -1, RPOAll: -1}
	_, recovery := s.repo.keys.lock()
	st.Recovery = recovery != "" || s.repo.keys.sign == nil
	if d, ok := st.RPO(st.Now); ok {
		st.RPONow, st.RPOAll = d, d
		if len(s.repo.stores) > 1 {
			st.RPOAll = st.Now.Sub(st.CoveredAll)
		}
	}
	all, err := s.List(ctx)
	if err != nil {
		return st, err
	}
	for _, l := range all {
		if l.Problem == "" {
			st.Newest, st.Backups = &l, st.Backups+1
		}
		if l.Verified != nil {
			st.Verified = &l.Verified.At
		}
	}
	objects, err := listStore(ctx, s.repo.stores[0], "")
	if err != nil {
		return st, err
	}
	for k, n := range objects {
		if !strings.HasPrefix(k, CopiesPrefix) {
			st.Bytes += n
		}
	}
	copies, err := backrest{s}.bytes(ctx)
	if err != nil {
		return st, err
	}
	st.Bytes += copies
	st.Projected = st.projected()
	st.Warnings = st.warnings()
	st.OK = len(st.Warnings) == 0
	return st, nil
}

// projected scales the last drill's time to today's size; what does not grow
// with the database (starting, the log since the backup) is in it as it was.
func (st Status) projected() time.Duration {
	d := st.LastDrill
	if d == nil || st.Newest == nil || d.Bytes == 0 {
		return 0
	}
	return d.RTO - d.Copied + time.Duration(float64(d.Copied)*float64(st.Newest.Bytes)/float64(d.Bytes))
}

// warnings are sentences a person can act on.
func (st Status) warnings() (w []string) {
	add := func(bad bool, text string) {
		if bad {
			w = append(w, text)
		}
	}
	add(st.Archiver == "down", "the log is not archived: "+st.Problem)
	add(st.StoreProblem != "", "the store does not take the log: "+st.StoreProblem)
	add(st.BaseProblem != "", "the last backup failed: "+st.BaseProblem)
	add(st.DumpProblem != "", "the last portable dump failed: "+st.DumpProblem)
	add(st.Backups == 0, "there is no backup yet")
	add(st.Newest != nil && st.Now.Sub(st.Newest.Started) > 2*day, "the newest backup is older than two days")
	add(st.Backups > 0 && (st.Verified == nil || st.Now.Sub(*st.Verified) > 2*day), "no backup has been verified for two days")
	add(st.NeedBase != "", "the chain of the log is broken ("+st.NeedBase+"); a new backup is due")
	add(st.RPONow > 5*time.Minute, "nothing has been stored for "+st.RPONow.Round(time.Second).String())
	add(st.RPOAll > ObjectiveRPO && st.RPOAll != st.RPONow, "the second store is "+st.RPOAll.Round(time.Minute).String()+" behind")
	add(st.LastDrill != nil && !st.LastDrill.OK, "the last drill failed")
	add(st.LastDrill != nil && st.Now.Sub(st.LastDrill.At) > 14*day, "no restore has been rehearsed for two weeks")
	add(!st.Recovery, "there is no recovery key: if this server is lost, so are the backups (truckflow backup init)")
	return w
}
