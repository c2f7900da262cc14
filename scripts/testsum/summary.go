package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// event is one line of go test -json (see go doc test2json).
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build events
	Test        string
	Elapsed     float64 // seconds
	Output      string
	FailedBuild string
}

// test is a test's identity; a package's own output has an empty name.
type test struct{ pkg, name string }

// summary collects events and prints what a person wants to know of them.
type summary struct {
	w               io.Writer
	output          map[test]*strings.Builder
	passed          map[string]int // by package
	failed, skipped []test
	broken          []string // packages that failed without a failing test, and worse
	total           int
	packages        int
}

func newSummary(w io.Writer) *summary {
	return &summary{w: w, output: map[test]*strings.Builder{}, passed: map[string]int{}}
}

func (s *summary) failures() int { return len(s.failed) + len(s.broken) }

// read handles events until r ends. Lines that are no events are passed on.
func (s *summary) read(r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) != nil {
				fmt.Fprint(s.w, line)
			} else {
				s.handle(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) handle(e event) {
	t := test{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		s.keep(test{e.ImportPath, ""}, e.Output)
	case "output":
		s.keep(t, e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			s.packageDone(e)
		} else {
			s.testDone(e.Action, t)
		}
	}
}

func (s *summary) keep(t test, text string) {
	if s.output[t] == nil {
		s.output[t] = &strings.Builder{}
	}
	s.output[t].WriteString(text)
}

func (s *summary) testDone(action string, t test) {
	switch action {
	case "pass":
		s.passed[t.pkg]++
		s.total++
		delete(s.output, t)
	case "skip":
		s.skipped = append(s.skipped, t)
	case "fail":
		s.failed = append(s.failed, t)
	}
}

// packageDone prints the package's line and the output of what failed in it.
func (s *summary) packageDone(e event) {
	defer delete(s.output, test{e.Package, ""})
	if e.Action == "skip" {
		return // no test files
	}
	s.packages++
	if e.Action == "pass" {
		fmt.Fprintf(s.w, "ok    %s  %.1fs  %d passed\n", e.Package, e.Elapsed, s.passed[e.Package])
		return
	}
	fmt.Fprintf(s.w, "FAIL  %s  %.1fs\n", e.Package, e.Elapsed)
	ours := false
	for _, t := range s.failed {
		if t.pkg == e.Package {
			ours = true
			s.show(t)
		}
	}
	// A build failure, a panic or an exit outside any test has only this.
	if !ours {
		s.broken = append(s.broken, e.Package)
	}
	if e.FailedBuild != "" {
		s.show(test{e.FailedBuild, ""})
	}
	s.show(test{e.Package, ""})
	for _, t := range s.unfinished(e.Package) {
		s.show(t)
	}
}

// unfinished lists the tests of pkg that were running when it died.
func (s *summary) unfinished(pkg string) []test {
	var out []test
	for t := range s.output {
		if t.pkg == pkg && t.name != "" && !slices.Contains(s.failed, t) && !slices.Contains(s.skipped, t) {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b test) int { return strings.Compare(a.name, b.name) })
	return out
}

// show prints a test's output, indented, without go test's own noise.
func (s *summary) show(t test) {
	b := s.output[t]
	if b == nil {
		return
	}
	delete(s.output, t)
	for line := range strings.Lines(b.String()) {
		if strings.HasPrefix(strings.TrimSpace(line), "=== ") {
			continue
		}
		fmt.Fprintf(s.w, "      %s\n", strings.TrimRight(line, "\n"))
	}
}

// trouble records that a module's tests could not be run at all.
func (s *summary) trouble(dir string, err error) {
	fmt.Fprintf(s.w, "FAIL  %s: %v\n", dir, err)
	s.broken = append(s.broken, dir)
}

// finish prints the end and reports whether all is well. No package at all is
// not well.
func (s *summary) finish(took time.Duration) bool {
	for _, t := range s.skipped {
		fmt.Fprintf(s.w, "skipped: %s %s\n", t.pkg, t.name)
	}
	for _, t := range s.failed {
		fmt.Fprintf(s.w, "failed: %s %s\n", t.pkg, t.name)
	}
	for _, p := range s.broken {
		fmt.Fprintf(s.w, "failed: %s\n", p)
	}
	if s.packages == 0 {
		fmt.Fprintln(s.w, "failed: no package was tested")
	}
	fmt.Fprintf(s.w, "%d passed, %d failed, %d skipped in %d packages, %s\n",
		s.total, s.failures(), len(s.skipped), s.packages, took.Round(time.Second))
	return s.failures() == 0 && s.packages > 0
}
