package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// backups measures `truckflow backup` on the filled database, beside what
// PostgreSQL's own pg_basebackup and a plain copy of the files take.
func backups(ctx context.Context, s *server) ([]result, error) {
	work, err := os.MkdirTemp(filepath.Dir(s.data), "backup-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work)
	if err := os.Chmod(work, 0o777); err != nil { // the database's own account writes the floor there
		return nil, err
	}
	began := time.Now()
	if _, err := s.postgres(ctx, "pg_basebackup", "postgres", "", "-D", filepath.Join(work, "floor"), "-X", "none", "-c", "fast", "--no-manifest", "--no-sync"); err != nil {
		return nil, err
	}
	floor := time.Since(began)
	var m struct {
		Bytes, Stored int64
		Took          time.Duration `json:"took_ns"`
		ID            string
	}
	memory, took, err := s.truckflow(ctx, &m, "backup", "run", "--json")
	if err != nil {
		return nil, err
	}
	mb := float64(m.Bytes) / 1e6
	into := filepath.Join(filepath.Dir(s.data), "backup-bench-restored")
	defer os.RemoveAll(into)
	var r struct {
		Cluster          string
		Copied, Replayed time.Duration
		Took             time.Duration `json:"took_ns"`
	}
	restoreMemory, whole, err := s.truckflow(ctx, &r, "backup", "restore", "--into", into, "--json")
	if err != nil {
		return nil, err
	}
	began = time.Now()
	if out, err := exec.CommandContext(ctx, "cp", "-r", r.Cluster, filepath.Join(work, "copy")).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("copying: %w: %s", err, out)
	}
	copied := time.Since(began)
	return []result{
		{figure: "backup, sealed and stored", unit: "MB/s", measured: mb / m.Took.Seconds(), goal: 0.7 * mb / floor.Seconds(), floor: mb / floor.Seconds(), more: true,
			note: fmt.Sprintf("%.0f MB in %.1f s, stored as %.0f MB; floor: pg_basebackup, in clear", mb, m.Took.Seconds(), float64(m.Stored)/1e6)},
		{figure: "backup, and read back", unit: "s", measured: took.Seconds(), note: "the same, with every block opened again and every file summed"},
		{figure: "restore to a running database", unit: "MB/s", measured: mb / whole.Seconds(), goal: 0.7 * mb / copied.Seconds(), floor: mb / copied.Seconds(), more: true,
			note: fmt.Sprintf("in %.1f s with the log replayed; floor: cp -r of the files", whole.Seconds())},
		{figure: "memory, backup / restore", unit: "MB", measured: max(memory, restoreMemory), goal: 200, note: fmt.Sprintf("backup %.0f, restore %.0f", memory, restoreMemory)},
	}, nil
}

// truckflow runs a command of the program on the bench's data, and returns its
// largest resident memory in MB.
func (s *server) truckflow(ctx context.Context, out any, args ...string) (memory float64, took time.Duration, err error) {
	c := exec.CommandContext(ctx, s.cmd.Path, args...)
	c.Env = append(os.Environ(), "TRUCKFLOW_DATA="+s.data)
	began := time.Now()
	b, err := c.Output()
	took = time.Since(began)
	if x, ok := err.(*exec.ExitError); ok {
		return 0, took, fmt.Errorf("truckflow %v: %w: %s", args, err, x.Stderr)
	} else if err != nil {
		return 0, took, err
	}
	if u, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		memory = float64(u.Maxrss) / 1024
	}
	return memory, took, json.Unmarshal(b, out)
}
