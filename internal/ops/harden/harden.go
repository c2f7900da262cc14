// Package harden looks at a running installation with a suspicious eye (Audit and
// its probes), writes what makes it safe (Render), and puts that into force
// without locking the operator out (Switch).
//
// A probe answers with an Item: pass only for what it has seen, fail with the
// command that mends it, "cannot tell" with the reason when it lacks a right, a
// program or an answer. Probes that others use as well (deploy check, checklist)
// are exported.
package harden

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/kit/lines"
)

// Status is what a probe found.
type Status string

// Severity says what a failure may cost.
type Severity string

const (
	// Pass means seen and right.
	Pass Status = "pass"
	// Fail means seen and wrong.
	Fail Status = "fail"
	// NotApplicable means there is nothing of the kind here.
	NotApplicable Status = "not applicable"
	// CannotTell means the probe lacked a right, a program or an answer.
	CannotTell Status = "cannot tell"

	// High failures let a stranger in or lose data.
	High Severity = "high"
	// Medium failures take away a line of defence.
	Medium Severity = "medium"
	// Low failures are untidy.
	Low Severity = "low"
)

// weight is what an item counts in the score.
var weight = map[Severity]int{High: 5, Medium: 3, Low: 1}

// Item is one finding.
type Item struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Area     string   `json:"area"`
	Severity Severity `json:"severity"`
	Status   Status   `json:"status"`
	Evidence string   `json:"evidence"` // what was seen, one line
	Fix      string   `json:"fix"`      // the command or line that mends it
	Source   string   `json:"source"`
}

func (i Item) is(s Status, format string, args []any) Item {
	i.Status, i.Evidence = s, fmt.Sprintf(format, args...)
	return i
}

func (i Item) pass(format string, args ...any) Item    { return i.is(Pass, format, args) }
func (i Item) fail(format string, args ...any) Item    { return i.is(Fail, format, args) }
func (i Item) absent(format string, args ...any) Item  { return i.is(NotApplicable, format, args) }
func (i Item) unknown(format string, args ...any) Item { return i.is(CannotTell, format, args) }

// judge passes when nothing is wrong, else fails with all of it.
func (i Item) judge(wrong []string, right string) Item {
	if len(wrong) == 0 {
		return i.pass("%s", right)
	}
	return i.fail("%s", strings.Join(wrong, "; "))
}

// on names what the item is about, where one probe runs several times.
func (i Item) on(what string) Item {
	if what != "" {
		i.ID += "@" + what
	}
	return i
}

// item returns the item id of the catalogue, without a finding yet. One that the
// catalogue lacks is a typing error of ours: it is severe and has no title, so
// that a test which walks the findings sees it and an audit is not cut off.
func item(id string) Item {
	i := slices.IndexFunc(catalogue, func(d Item) bool { return d.ID == id })
	if i < 0 {
		return Item{ID: id, Severity: High}
	}
	return catalogue[i]
}

// Catalogue lists everything the audit may report, without findings.
func Catalogue() []Item { return slices.Clone(catalogue) }

// Report is an audit's result.
type Report struct {
	Time  time.Time      `json:"time"`
	Score int            `json:"score"` // of 100: what passed of what could be told, weighted by severity
	Count map[Status]int `json:"count"`
	Items []Item         `json:"items"`
}

// NewReport counts items.
func NewReport(at time.Time, items []Item) Report {
	r := Report{Time: at, Count: map[Status]int{Pass: 0, Fail: 0, NotApplicable: 0, CannotTell: 0}, Items: items}
	passed, told := 0, 0
	for _, i := range items {
		r.Count[i.Status]++
		if i.Status == Pass || i.Status == Fail {
			told += weight[i.Severity]
		}
		if i.Status == Pass {
			passed += weight[i.Severity]
		}
	}
	if told > 0 {
		r.Score = 100 * passed / told
	}
	return r
}

// System is the machine that is looked at. Build it with ThisSystem.
type System struct {
	Root  string // "/" outside tests
	Clock clock.Clock
	// Run returns a program's standard output; the error of one that is not
	// installed is exec.ErrNotFound.
	Run func(ctx context.Context, name string, args ...string) (string, error)
}

// ThisSystem is the machine we run on.
func ThisSystem() System { return System{Root: "/", Clock: clock.System, Run: runProgram} }

// programWithin bounds every program the audit asks.
const programWithin = 20 * time.Second

// runProgram looks into sbin as well, which is not on an ordinary user's PATH.
func runProgram(ctx context.Context, name string, args ...string) (string, error) {
	path, err := exec.LookPath(name)
	for _, d := range []string{"/usr/sbin", "/sbin", "/usr/local/sbin"} {
		if err != nil {
			path, err = exec.LookPath(filepath.Join(d, name))
		}
	}
	if err != nil {
		return "", exec.ErrNotFound
	}
	ctx, cancel := context.WithTimeout(ctx, programWithin)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C") // their words are compared
	var out, bad strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &bad
	if err := cmd.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s", name, err, lines.First(bad.String()+out.String()))
	}
	return out.String(), nil
}

// missing reports whether a program is not installed.
func missing(err error) bool { return errors.Is(err, exec.ErrNotFound) }

// read reads a file below Root; "" when it is not there.
func (s System) read(path string) (string, error) {
	b, err := os.ReadFile(filepath.Join(s.Root, path))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(b), err
}

// why is an error in one line for an item's evidence.
func why(err error) string {
	if err == nil {
		return ""
	}
	if p := errs.Public(err); p.Kind != errs.KindInternal {
		return p.Message
	}
	return lines.First(err.Error())
}
