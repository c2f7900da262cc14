package pgmanager

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
)

// TestMain lets this test binary also play the program that gets killed:
// "run-in FOLDER" starts the database there and waits to be ended.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "run-in" {
		s, err := Start(context.Background(), Config{Dir: os.Args[2], MemoryMB: 512})
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		fmt.Println("ready", s.PID())
		select {}
	}
	os.Exit(m.Run())
}

// folder is an empty data folder that the unprivileged account can reach, which
// t.TempDir is not when the tests run as root.
func folder(t *testing.T) string {
	t.Helper()
	d, err := os.MkdirTemp("", "pgm-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(d, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(d) })
	return filepath.Join(d, "postgres")
}

func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	cfg.MemoryMB = 512
	s, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatalf("start: %v (hint: %s)", err, hint(err))
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Errorf("stop: %v", err)
	}
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

func run(t *testing.T, dsn, sql string) {
	t.Helper()
	c := connect(t, dsn)
	defer c.Close(t.Context())
	if _, err := c.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func one[T any](t *testing.T, dsn, sql string) T {
	t.Helper()
	c := connect(t, dsn)
	defer c.Close(t.Context())
	var v T
	if err := c.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

// wait polls cond for at most 15 s; what says what did not happen.
func wait(t *testing.T, what string, cond func() bool) {
	t.Helper()
	if until(t.Context(), 15*time.Second, cond) != nil {
		t.Fatal("did not happen: " + what)
	}
}

// wantErr fails unless err is of kind and its text and hint hold all of parts.
func wantErr(t *testing.T, err error, kind errs.Kind, parts ...string) {
	t.Helper()
	if errs.KindOf(err) != kind {
		t.Fatalf("error %v is of kind %q, want %q", err, errs.KindOf(err), kind)
	}
	text := err.Error() + "\n" + hint(err)
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("error %q lacks %q", text, p)
		}
	}
}

func hint(err error) string { return errs.Public(err).HintMsg }
