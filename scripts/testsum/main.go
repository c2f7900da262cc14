// Command testsum runs every test of the modules named and says plainly how it
// went: a line for each package, a failed test's whole output when its package
// is done and its name again at the end, and one last line of counts. Skipped
// tests are named: a skip nobody sees is a hole.
//
//	go run ./scripts/testsum [-args "-count=1"] MODULE_FOLDER…
//
// It exits 1 when anything failed, also when something did not build.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

func main() {
	args := flag.String("args", "", "more arguments for go test, separated by spaces")
	flag.Parse()
	began := time.Now()
	s := newSummary(os.Stdout)
	for _, dir := range flag.Args() {
		if err := run(s, dir, strings.Fields(*args)); err != nil {
			s.trouble(dir, err)
		}
	}
	if !s.finish(time.Since(began)) {
		os.Exit(1)
	}
}

// run feeds the events of one module's tests to s.
func run(s *summary, dir string, args []string) error {
	cmd := exec.Command("go", append(append([]string{"test", "-json", "-timeout", "20m"}, args...), "./...")...) // a busy machine is no failure
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	failed := s.failures()
	readErr := s.read(out)
	io.Copy(io.Discard, out) // so that go test can end
	err = cmd.Wait()
	if readErr != nil {
		return readErr
	}
	if err != nil && s.failures() == failed {
		return fmt.Errorf("go test: %w", err) // failed without an event that says so
	}
	return nil
}
