// Command bench measures the program as a carrier meets it: the real binary on a
// real PostgreSQL with 200,000 loads stored, over HTTP on loopback. It prints
// each figure beside its goal and beside its floor, the same statement run by
// pgbench as the same role under the same row security.
//
//	go run ./scripts/bench [-loads 200000] [-seconds 10] bin/truckflow
//
// Figures to read, not tests: it exits 0 whatever they are, 1 when it could not
// measure. It keeps to a temporary folder and ends what it started.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// figure is one line of the table.
type figure struct {
	name, measured, goal, floor, ratio string
	ok                                 bool
}

type table []figure

// ms adds a latency: measured and floor in milliseconds, the goal as its upper bound.
func (t *table) ms(name string, got, goal, floor float64) {
	f := figure{name: name, measured: fmt.Sprintf("%.1f ms", got), goal: fmt.Sprintf("≤ %.0f ms", goal), ok: got <= goal}
	if floor > 0 {
		f.floor, f.ratio = fmt.Sprintf("%.2f ms", floor), fmt.Sprintf("%.1f×", got/floor)
	}
	*t = append(*t, f)
}

func (t *table) most(name, unit string, got, goal float64) {
	*t = append(*t, figure{name: name, measured: fmt.Sprintf("%.1f %s", got, unit), goal: fmt.Sprintf("≤ %.0f %s", goal, unit), ok: got <= goal})
}

func (t table) print() {
	row := func(a, b, c, d, e, f string) {
		pad := func(s string, n int) string { return s + strings.Repeat(" ", max(1, n-len([]rune(s)))) }
		fmt.Println(pad(a, 52) + pad(b, 15) + pad(c, 12) + pad(d, 13) + pad(e, 8) + f)
	}
	row("figure", "measured", "goal", "floor", "ratio", "")
	for _, f := range t {
		mark := "met"
		if !f.ok {
			mark = "MISSED"
		}
		row(f.name, f.measured, f.goal, f.floor, f.ratio, mark)
	}
}

func main() {
	loads := flag.Int("loads", 200_000, "loads to store")
	seconds := flag.Int("seconds", 10, "how long each load is kept up")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "bench: name the program: go run ./scripts/bench bin/truckflow")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, 9*time.Minute)
	defer cancel()
	if err := run(ctx, flag.Arg(0), *loads, time.Duration(*seconds)*time.Second); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, program string, loads int, d time.Duration) error {
	dir, err := os.MkdirTemp("", "truckflow-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var t table
	if err := starts(ctx, &t, program, dir); err != nil {
		return err
	}
	b, err := open(ctx, program, dir)
	if err != nil {
		return err
	}
	defer b.close()
	idle, err := b.memory()
	if err != nil {
		return err
	}
	t.most("memory of the program, idle after its first pages", "MB", idle, 150)
	fmt.Printf("storing %d loads …\n", loads)
	if err := b.seed(ctx, loads); err != nil {
		return err
	}
	for _, step := range []func(context.Context, *table, time.Duration) error{b.board, b.reads, b.bookings} {
		if err := step(ctx, &t, d); err != nil {
			return err
		}
	}
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("\nPostgreSQL %s, %d loads, load average at the end %s\n", b.pg.Version(), loads, strings.Join(strings.Fields(string(load))[:min(2, len(strings.Fields(string(load))))], " "))
	t.print()
	return nil
}
