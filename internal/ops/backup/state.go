package backup

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

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
	At           time.Time     `json:"at"`          // when the rest was measured
	Covered      time.Time     `json:"covered"`     // everything committed before is in the first store
	CoveredAll   time.Time     `json:"covered_all"` // … in every store
	Worst        time.Duration `json:"worst_rpo_ns"`
	WorstAt      time.Time     `json:"worst_at"`
	LastDrill    *DrillReport  `json:"last_drill,omitempty"`
}

// RPO is how much would be lost if the machine were lost at now: the time since
// the last moment of which everything is stored. ok is false when there is none.
func (st State) RPO(now time.Time) (d time.Duration, ok bool) {
	if st.Covered.IsZero() {
		return 0, false
	}
	return max(now.Sub(st.Covered), 0), true
}

// worstFor is how long the worst recovery point stays in the figures.
const worstFor = 30 * 24 * time.Hour

// note changes the state and keeps it.
func (s *Service) note(change func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.state)
	if !s.state.WorstAt.IsZero() && s.state.At.Sub(s.state.WorstAt) > worstFor {
		s.state.Worst, s.state.WorstAt = 0, time.Time{}
	}
	b, err := json.MarshalIndent(s.state, "", " ")
	if err == nil {
		err = replaceFile(filepath.Join(s.cfg.Home, "state.json"), append(b, '\n'))
	}
	if err != nil {
		s.cfg.Log.Warn("the backup's state cannot be kept", "error", err)
	}
}

// State is the newest that is known: this process's, or the file's.
func (s *Service) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.Archiver != "" {
		return s.state
	}
	return s.readState()
}

func (s *Service) readState() (st State) {
	b, err := os.ReadFile(filepath.Join(s.cfg.Home, "state.json"))
	if err == nil {
		_ = json.Unmarshal(b, &st) // a damaged file is as good as none
	}
	return st
}
