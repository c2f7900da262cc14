// Package tune turns a machine (memory, cores, disk, alone or shared) into the
// settings of PostgreSQL, Redis and the kernel, each with its reason, the value
// the specification has for it, and where the rule comes from. The first half is
// pure: Postgres, Redis and Host compute, Conf and its sisters render. The
// second half reads what runs now, changes it, and can undo that.
//
// One sum governs everything on a shared host: PostgreSQL's worst case gets half
// of the memory, Redis an eighth (a quarter while it forks), and what is left is
// the program's, its readers' and the system's.
package tune

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"truckflow/internal/kit/errs"
)

// Disk is what the data lie on.
type Disk string

// Role says whether a machine has one task or all of them.
type Role string

const (
	// SSD and HDD differ in what a random read costs.
	SSD Disk = "ssd"
	// HDD is a turning disk.
	HDD Disk = "hdd"

	// Dedicated machines run one service and nothing else.
	Dedicated Role = "dedicated"
	// Shared machines run the program, its reader and the stores together: the
	// specification's single server.
	Shared Role = "shared"
)

// Machine is what settings follow from.
type Machine struct {
	RAMMB       int  `json:"ram_mb"` // mebibytes
	Cores       int  `json:"cores"`
	Disk        Disk `json:"disk"`
	Role        Role `json:"role"`
	Connections int  `json:"connections"` // PostgreSQL's max_connections; 0 lets the memory decide
}

// Limits of what the formulas were tried on.
const (
	MinRAMMB = 900 // a "1 GB" machine reports a little less
	MaxRAMMB = 4 << 20
	MaxCores = 1024
)

// Check says what is wrong with m, if anything.
func (m Machine) Check() error {
	switch {
	case m.RAMMB < MinRAMMB:
		return errs.Invalid("%s of memory is too little: 1 GB is the least, 4 GB are comfortable", size(m.RAMMB))
	case m.RAMMB > MaxRAMMB:
		return errs.Invalid("%s of memory is more than the formulas were tried on (4 TB)", size(m.RAMMB))
	case m.Cores < 1 || m.Cores > MaxCores:
		return errs.Invalid("%d cores: give a number from 1 to %d", m.Cores, MaxCores)
	case m.Disk != SSD && m.Disk != HDD:
		return errs.Invalid("disk %q: give ssd or hdd", m.Disk)
	case m.Role != Dedicated && m.Role != Shared:
		return errs.Invalid("role %q: give dedicated or shared", m.Role)
	case m.Connections < 0 || m.Connections > 10000:
		return errs.Invalid("%d connections: give a number from 1 to 10000", m.Connections)
	}
	return nil
}

// ParseRAM reads "64GB", "64 GiB", "512MB" or "1.5TB" as mebibytes. Units are
// powers of 1024, as PostgreSQL and Redis mean them; a number without a unit is refused.
func ParseRAM(s string) (int, error) {
	t := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(s), " ", ""))
	i := strings.IndexFunc(t, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	bad := errs.Invalid("%q is not an amount of memory: give a number and MB, GB or TB, such as 64GB", s)
	if i <= 0 {
		return 0, bad
	}
	n, err := strconv.ParseFloat(t[:i], 64)
	scale := map[string]float64{"MB": 1, "MIB": 1, "M": 1, "GB": 1 << 10, "GIB": 1 << 10, "G": 1 << 10, "TB": 1 << 20, "TIB": 1 << 20, "T": 1 << 20}[t[i:]]
	if err != nil || scale == 0 || n*scale > 1<<30 {
		return 0, bad
	}
	return int(n * scale), nil
}

// ThisMachine is the one we run on: the container's limits where they are less
// than the machine's. It is taken for shared and its disk for an SSD, because
// neither can be told from within.
func ThisMachine() Machine {
	return Machine{RAMMB: ramMB("/"), Cores: runtime.GOMAXPROCS(0), Disk: SSD, Role: Shared}
}

// ramMB is the memory we may count on below root ("/" outside tests). 0 when unknown.
func ramMB(root string) int {
	mb := 0
	if b, err := os.ReadFile(filepath.Join(root, "proc/meminfo")); err == nil {
		for line := range bytes.Lines(b) {
			if f := bytes.Fields(line); len(f) >= 2 && string(f[0]) == "MemTotal:" {
				kb, _ := strconv.Atoi(string(f[1])) // the kernel's own number
				mb = kb / 1024
			}
		}
	}
	for _, p := range []string{"sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		b, err := os.ReadFile(filepath.Join(root, p))
		if err != nil {
			continue
		}
		limit, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64) // "max" means none
		if limitMB := int(limit >> 20); err == nil && limitMB > 0 && (mb == 0 || limitMB < mb) {
			mb = limitMB
		}
	}
	return mb
}

// String is the machine in words: "64 GB, 16 cores, ssd, shared".
func (m Machine) String() string {
	return fmt.Sprintf("%s, %d cores, %s, %s", size(m.RAMMB), m.Cores, m.Disk, m.Role)
}

// size is a number of mebibytes in words.
func size(mb int) string {
	if mb >= 1024 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(mb)/1024), ".0") + " GB"
	}
	return fmt.Sprintf("%d MB", mb)
}
