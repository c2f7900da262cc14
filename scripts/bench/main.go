// Command bench measures the real program: it starts the binary with its own
// PostgreSQL in a temporary folder, fills it with 200,000 loads, drives it over
// HTTP and prints each figure beside its goal and its floor, which is what
// pgbench reaches with the same rows and no program in between.
//
//	go run ./scripts/bench [-only 'board|booking'] [-loads 200000] [-program bin/truckflow]
//
// A missed goal is a figure, not a failure: it exits 1 only when it could not measure.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// result is one line of the table.
type result struct {
	figure, unit    string
	measured, goal  float64 // goal 0: there is none
	floor           float64 // 0: there is none
	more            bool    // more is better
	note            string
	measuredAtLoad1 string
}

func main() {
	only := flag.String("only", "", "measure the figures that match this expression")
	loads := flag.Int("loads", 200_000, "how many loads are stored")
	keep := flag.String("data", "", "keep the data in this folder, and start from it when it is there")
	program := flag.String("program", "bin/truckflow", "the program to measure")
	flag.Parse()
	want, err := regexp.Compile("(?i)" + *only)
	if err == nil {
		// The program, its database and every step end with this context.
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		ctx, cancel := context.WithTimeout(ctx, 12*time.Minute)
		err = run(ctx, *program, *keep, *loads, want)
		cancel()
		stop()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// figures in the order they are measured: the backup first, so that the server
// does not take its daily one among the others; what writes comes last.
var figures = []struct {
	name    string
	measure func(ctx context.Context, s *server) ([]result, error)
}{{"backup", backups}, {"memory", memory}, {"board", board}, {"pages", pages}, {"units", units}, {"booking", booking}}

func run(ctx context.Context, program, data string, loads int, want *regexp.Regexp) error {
	began := time.Now()
	if data == "" {
		dir, err := os.MkdirTemp("", "truckflow-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		// The account that PostgreSQL runs as must pass through.
		if err := os.Chmod(dir, 0o711); err != nil {
			return err
		}
		data = filepath.Join(dir, "data")
	}
	var out []result
	if want.MatchString("binary") {
		st, err := os.Stat(program)
		if err != nil {
			return err
		}
		out = append(out, result{figure: "binary", unit: "MB", measured: float64(st.Size()) / 1e6, goal: 80})
	}
	_, err := os.Stat(data)
	filled := err == nil
	s, first, err := start(ctx, program, data)
	if err != nil {
		return err
	}
	defer func() { s.stop() }()
	if !filled {
		out = append(out, result{figure: "start, fresh, to first page", unit: "s", measured: first.Seconds(), goal: 15})
		fmt.Fprintf(os.Stderr, "storing %d loads …\n", loads)
		if err := s.found(ctx); err != nil {
			return err
		}
		if err := s.seed(ctx, loads); err != nil {
			return err
		}
		s.stop()
		if s, first, err = start(ctx, program, data); err != nil {
			return err
		}
	}
	out = append(out, result{figure: "start, warm, to first page", unit: "s", measured: first.Seconds(), goal: 3})
	if err := s.signIn(ctx); err != nil {
		return err
	}
	for _, f := range figures {
		if !want.MatchString(f.name) {
			continue
		}
		fmt.Fprintf(os.Stderr, "measuring %s …\n", f.name)
		rs, err := f.measure(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
		for i := range rs {
			rs[i].measuredAtLoad1 = load1()
		}
		out = append(out, rs...)
	}
	table(out, loads, time.Since(began))
	return nil
}

// table prints what was measured, and on what kind of machine.
func table(rs []result, loads int, took time.Duration) {
	fmt.Printf("\n== the program (%d loads, %d cores, %s, took %.0f s; load is the machine's at that moment)\n", loads, runtime.NumCPU(), commit(), took.Seconds())
	fmt.Printf("%-34s %10s %10s %10s %7s %6s  %s\n", "figure", "measured", "goal", "floor", "ratio", "load", "")
	for _, r := range rs {
		sign, ok := "≤", r.measured <= r.goal
		if r.more {
			sign, ok = "≥", r.measured >= r.goal
		}
		word := "ok"
		if !ok {
			word = "miss"
		}
		goal := fmt.Sprintf("%s %.0f", sign, r.goal)
		if r.goal == 0 {
			goal, word = "–", ""
		}
		floor, ratio := "–", "–"
		if r.floor > 0 {
			times := r.measured / r.floor // how many times the floor's cost, below 1 where the program has a better way
			if r.more {
				times = r.floor / r.measured
			}
			floor, ratio = fmt.Sprintf("%.1f", r.floor), fmt.Sprintf("%.1f×", times)
		}
		fmt.Printf("%-34s %10s %10s %10s %7s %6s  %s\n", r.figure, fmt.Sprintf("%.1f %s", r.measured, r.unit), goal, floor, ratio, r.measuredAtLoad1,
			strings.TrimSpace(word+" "+r.note))
	}
}

func commit() string {
	b, err := exec.Command("git", "describe", "--tags", "--always", "--dirty").Output()
	if err != nil {
		return "unknown version"
	}
	return strings.TrimSpace(string(b))
}

// load1 is the machine's load average: others' work shows in our figures.
func load1() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	return strings.Fields(string(b))[0]
}
