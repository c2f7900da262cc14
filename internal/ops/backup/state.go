package backup

import (
	"encoding/json"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"truckflow/internal/kit/durable"
	"truckflow/internal/ops/backup/pgrepl"
)

// State is what the archiver knows of itself; it is kept in state.json, so that
// another process (truckflow backup status) sees it too.
type State struct {
	Archiver     string        `json:"archiver"` // "at work", "down", "waiting …"
	Problem      string        `json:"problem,omitempty"`
	StoreProblem string        `json:"store_problem,omitempty"`
	NeedBase     string        `json:"need_base,omitempty"` // why a new base backup is due at once
	SystemID     string        `json:"system_id,omitempty"`
	Timeline     uint32        `json:"timeline,omitempty"`
	Sync         bool          `json:"sync"` // commits wait for the archiver now
	Stored       pgrepl.LSN    `json:"stored"`
	End          pgrepl.LSN    `json:"end"`
	Beat         time.Time     `json:"beat"`        // last sign of life of the archiver
	At           time.Time     `json:"at"`          // when the rest was measured
	Covered      time.Time     `json:"covered"`     // everything committed before is in the first store
	CoveredAll   time.Time     `json:"covered_all"` // … in every store
	Worst        time.Duration `json:"worst_rpo_ns"`
	WorstAt      time.Time     `json:"worst_at"`
	Stamp        time.Time     `json:"stamp"`         // the newest moment in a name
	LastBase     time.Time     `json:"last_base"`     // when the newest base backup ended
	LastVerified time.Time     `json:"last_verified"` // when one was last proved good
	BaseBytes    int64         `json:"base_bytes"`
	BaseStored   int64         `json:"base_stored"`
	BaseProblem  string        `json:"base_problem,omitempty"` // why the last one failed
	LastDump     time.Time     `json:"last_dump"`
	DumpStored   int64         `json:"dump_stored"`
	DumpProblem  string        `json:"dump_problem,omitempty"` // why the last one failed
	LastDrill    *DrillReport  `json:"last_drill,omitempty"`
	Drills       []DrillReport `json:"drills,omitempty"` // those of a year and more, oldest first
}

// RPO is how much would be lost if the machine were lost at now: the time since
// the last moment of which everything is stored. ok is false when there is none, or
// none that the clock has come to.
func (st State) RPO(now time.Time) (d time.Duration, ok bool) {
	if st.Covered.IsZero() || st.Covered.Sub(now) > time.Minute { // the clock was set back since
		return 0, false
	}
	return max(now.Sub(st.Covered), 0), true
}

// atWork is what an archiver that receives the log calls itself.
const atWork = "at work"

// worstFor is how long the worst recovery point stays in the figures.
const worstFor = 30 * 24 * time.Hour

// note changes the kept state. Several processes may (the server archives, a
// person runs a drill), so it is read, changed and replaced under a lock.
func (s *Service) note(change func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.changeState(change)
	if err != nil {
		s.cfg.Log.Warn("the backup's state cannot be kept", "error", err)
	}
}

func (s *Service) changeState(change func(*State)) error {
	lock, err := os.OpenFile(filepath.Join(s.cfg.Home, "state.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	st := s.readState()
	change(&st)
	if !st.WorstAt.IsZero() && st.At.Sub(st.WorstAt) > worstFor {
		st.Worst, st.WorstAt = 0, time.Time{}
	}
	b, err := json.MarshalIndent(st, "", " ")
	if err != nil {
		return err
	}
	return durable.WriteFile(filepath.Join(s.cfg.Home, "state.json"), append(b, '\n'), 0o600)
}

// State is the newest that is known, whichever process wrote it.
func (s *Service) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.readState()
	switch {
	case s.waiting:
		st.Archiver = "waiting: another archiver is at work"
	case st.Archiver == atWork && s.cfg.Clock.Now().Sub(st.Beat) > silent:
		st.Archiver = "not running" // it was killed and could not say so
	}
	return st
}

// silent is how long an archiver that lives says nothing at most.
const silent = 3 * time.Minute

func (s *Service) readState() (st State) {
	b, err := os.ReadFile(filepath.Join(s.cfg.Home, "state.json"))
	if err == nil {
		_ = json.Unmarshal(b, &st) // a damaged file is as good as none
	}
	return st
}
