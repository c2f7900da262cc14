package pgmanager

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"truckflow/internal/kit/errs"
)

// minMajor is the oldest PostgreSQL the house is tested to need: 14 is what
// Ubuntu 22.04 carries.
const minMajor = 14

// distributionBins are where Debian/Ubuntu and PGDG put the server programs;
// they are not on PATH there.
const distributionBins = "/usr/lib/postgresql/*/bin"

// Binaries is one installed set of PostgreSQL server programs.
type Binaries struct {
	Dir     string // folder with postgres and initdb
	Version string // as postgres reports it: "15.20"
	Major   int    // 15; data folders are only readable by their own major
}

func (b Binaries) path(program string) string { return filepath.Join(b.Dir, program) }

// Find returns the PostgreSQL to use: the one in bin (PG_BIN) and no other when
// bin is given, else the newest of at least version 14 among the distribution's
// folders and PATH. When there is none the error's hint names the package.
func Find(bin string) (Binaries, error) {
	all, err := installed(bin)
	if err != nil {
		return Binaries{}, err
	}
	return all[0], nil
}

// findMajor is Find for a cluster that exists and so needs its own major.
func findMajor(bin string, major int) (Binaries, error) {
	all, err := installed(bin)
	if err != nil {
		return Binaries{}, err
	}
	for _, b := range all {
		if b.Major == major {
			return b, nil
		}
	}
	return Binaries{}, errs.Conflict("the data folder was made by PostgreSQL %d, but this machine has %s", major, all[0].Version).
		Hint("install the same version (apt install postgresql-%d) and start again, or restore a backup into a new data folder; do not delete the old one", major)
}

// installed lists usable sets, newest first; never empty without an error.
func installed(bin string) ([]Binaries, error) {
	var dirs []string
	if bin != "" {
		dirs = []string{bin}
	} else {
		dirs, _ = filepath.Glob(distributionBins) // the pattern is constant and well-formed
		if p, err := exec.LookPath("postgres"); err == nil {
			dirs = append(dirs, filepath.Dir(p))
		}
	}
	var found []Binaries
	var tooOld string
	for _, d := range dirs {
		b, err := inspect(d)
		switch {
		case err != nil && bin != "":
			return nil, errs.Invalid("PG_BIN=%s does not hold the PostgreSQL server programs", bin).
				Hint("point PG_BIN at the folder with postgres and initdb, such as /usr/lib/postgresql/15/bin, or unset it").Wrap(err)
		case err != nil:
		case b.Major < minMajor:
			tooOld = b.Version
		default:
			found = append(found, b)
		}
	}
	if len(found) == 0 {
		msg := errs.Unavailable("PostgreSQL is not installed")
		if tooOld != "" {
			msg = errs.Unavailable("PostgreSQL %s is too old; version %d or newer is needed", tooOld, minMajor)
		}
		return nil, msg.Hint("apt install postgresql (make setup does it), set PG_BIN to the folder with postgres and initdb, or set DATABASE_URL to a server of your own")
	}
	slices.SortStableFunc(found, func(a, b Binaries) int { return cmp.Compare(b.Major, a.Major) })
	return found, nil
}

// inspect asks the programs in dir for their version.
func inspect(dir string) (Binaries, error) {
	for _, p := range []string{"postgres", "initdb"} {
		if st, err := os.Stat(filepath.Join(dir, p)); err != nil {
			return Binaries{}, err
		} else if st.Mode()&0o111 == 0 {
			return Binaries{}, fmt.Errorf("%s is not executable", filepath.Join(dir, p))
		}
	}
	out, err := exec.CommandContext(context.Background(), filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return Binaries{}, err
	}
	return parseVersion(dir, string(out))
}

// parseVersion reads "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)",
// and development versions such as "18beta1".
func parseVersion(dir, line string) (Binaries, error) {
	_, rest, ok := strings.Cut(line, "(PostgreSQL) ")
	f := strings.Fields(rest)
	if !ok || len(f) == 0 {
		return Binaries{}, fmt.Errorf("unexpected version line %q", strings.TrimSpace(line))
	}
	digits := f[0]
	if i := strings.IndexFunc(digits, func(r rune) bool { return r < '0' || r > '9' }); i >= 0 {
		digits = digits[:i]
	}
	major, err := strconv.Atoi(digits)
	if err != nil {
		return Binaries{}, fmt.Errorf("unexpected version line %q", strings.TrimSpace(line))
	}
	return Binaries{Dir: dir, Version: f[0], Major: major}, nil
}
