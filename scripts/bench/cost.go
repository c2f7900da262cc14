package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// cost is what work has taken so far, of the program, of its database, and of this
// client, which shares their processors. Unlike times it hardly depends on what
// else the machine does.
type cost struct {
	program, database, client float64 // seconds of processor
	statements                float64
}

// spent reads it; the difference of two readings is what lay between them.
func (s *server) spent(ctx context.Context) (c cost, err error) {
	// The program makes no extensions; pg_stat_statements is preloaded where it is installed.
	out, err := s.ask(ctx, "set client_min_messages = error; create extension if not exists pg_stat_statements; select sum(calls) from pg_stat_statements where userid = 'truckflow_app'::regrole")
	if err != nil {
		return c, err
	}
	if c.statements, err = strconv.ParseFloat(out, 64); err != nil {
		return c, err
	}
	pid, err := os.ReadFile(filepath.Join(s.data, "postgres", "cluster", "postmaster.pid"))
	if err != nil {
		return c, err
	}
	postmaster, _, _ := strings.Cut(string(pid), "\n")
	program, client := strconv.Itoa(s.cmd.Process.Pid), strconv.Itoa(os.Getpid())
	all, err := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range all {
		b, err := os.ReadFile(f)
		if err != nil {
			continue // it ended meanwhile
		}
		_, rest, _ := strings.Cut(string(b), ") ") // the name may hold anything
		v := strings.Fields(rest)
		own, own2, ended, ended2 := ticks(v[11]), ticks(v[12]), ticks(v[13]), ticks(v[14])
		switch filepath.Base(filepath.Dir(f)) {
		case program:
			c.program += own + own2
		case client:
			c.client += own + own2
		case postmaster:
			c.database += own + own2 + ended + ended2
		default:
			if v[1] == postmaster {
				c.database += own + own2
			}
		}
	}
	return c, err
}

// ticks are hundredths of a second, on every Linux.
func ticks(s string) float64 {
	n, _ := strconv.ParseFloat(s, 64)
	return n / 100
}

// since says what n requests after before cost each.
func (c cost) since(before cost, n int) string {
	each := func(now, then float64) float64 { return (now - then) / float64(n) }
	return fmt.Sprintf("each %.2f ms of processor + database %.2f + client %.2f, %.1f statements", 1000*each(c.program, before.program),
		1000*each(c.database, before.database), 1000*each(c.client, before.client), each(c.statements, before.statements))
}
