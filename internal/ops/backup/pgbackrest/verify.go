package pgbackrest

import (
	"context"
	"path"
	"regexp"
	"strings"

	"truckflow/internal/kit/errs"
)

// Report is what `pgbackrest verify` found. The program ends with 0 whatever
// that is, and at its usual level it says nothing of it, so its text is read.
type Report struct {
	Checked map[string]bool // copies it looked at: label → in order
	Files   []string        // what is damaged, as lies in the repository
	Log     []string        // names of damaged segments among Files
	OK      bool            // nothing at all was found
}

// Verify reads all of repository n: every file of every copy, and the whole log.
// A segment that is missing is not found this way.
func (p *Program) Verify(ctx context.Context, n int) (Report, error) {
	out, err := p.run(ctx, nil, "verify", repoArg(n), "--output=text", "--verbose", "--log-level-console=info")
	if err != nil {
		return Report{}, err
	}
	return parseVerify(out)
}

var (
	verifySet  = regexp.MustCompile(`(?m)^\s+backup: (\S+), status: (\w+)`)
	verifyAll  = regexp.MustCompile(`(?m)^\s*status: (\w+)`)
	verifyFile = regexp.MustCompile(`INFO: (?:invalid (?:checksum|size|result)|file missing|missing file) '?([^\s':]+)`)
)

// parseVerify reads the program's text. One it does not understand is no proof.
func parseVerify(text string) (Report, error) {
	all := verifyAll.FindStringSubmatch(text)
	if all == nil {
		return Report{}, errs.Unavailable("pgbackrest verify does not say what it found").Hint("version 2.45 or newer is needed")
	}
	r := Report{Checked: map[string]bool{}, OK: all[1] == "ok"}
	for _, m := range verifySet.FindAllStringSubmatch(text, -1) {
		r.Checked[m[1]] = m[2] == "valid"
		r.OK = r.OK && m[2] == "valid"
	}
	for _, m := range verifyFile.FindAllStringSubmatch(text, -1) {
		r.OK = false
		r.Files = append(r.Files, m[1])
		if name, _, ok := strings.Cut(path.Base(m[1]), "-"); ok && len(name) == segmentName {
			r.Log = append(r.Log, name)
		}
	}
	return r, nil
}
