package backup

import "time"

// DrillReport is what a rehearsal of a restore found.
type DrillReport struct {
	At time.Time `json:"at"`
}
