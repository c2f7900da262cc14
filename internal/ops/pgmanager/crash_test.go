package pgmanager

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
)

// program runs this test binary as a TruckFlow that owns dir; it returns when
// the database is ready.
func program(t *testing.T, dir string) (cmd *exec.Cmd, server int) {
	t.Helper()
	cmd = exec.Command(os.Args[0], "run-in", dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(line)
	if len(f) != 2 || f[0] != "ready" {
		t.Fatalf("the program says %q", line)
	}
	server, err = strconv.Atoi(f[1])
	if err != nil {
		t.Fatal(err)
	}
	return cmd, server
}

func TestFolderInUseIsRefused(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	cmd, _ := program(t, dir)
	_, err := Start(t.Context(), Config{Dir: dir})
	wantErr(t, err, errs.KindConflict, "in use by truckflow process "+strconv.Itoa(cmd.Process.Pid), "kill "+strconv.Itoa(cmd.Process.Pid))
}

func TestKillingTheProgramStopsTheServer(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	cmd, server := program(t, dir)
	cmd.Process.Kill()
	cmd.Wait()
	// At once, while the orphan is still shutting down: both ways must lead here.
	s := start(t, Config{Dir: dir})
	if s.PID() == server {
		t.Error("the orphan is still in charge")
	}
	if serves(server, s.Cluster()) {
		t.Error("the orphan still runs beside the new server")
	}
}

func TestOrphanIsStoppedAndReplaced(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := start(t, Config{Dir: dir})
	run(t, s.OwnerDSN(), "create table kept (n int)")
	stop(t, s)
	// A server that no parent-death signal reached: not our child at all.
	s.cfg.outlive = true
	orphan, err := s.launch()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.awaitReady(t.Context(), orphan); err != nil {
		t.Fatal(err)
	}
	busy := connect(t, s.OwnerDSN())
	if _, err := busy.Exec(t.Context(), "insert into kept values (1)"); err != nil {
		t.Fatal(err)
	}
	if _, err := busy.Exec(t.Context(), "begin; insert into kept values (2)"); err != nil { // never committed
		t.Fatal(err)
	}
	next := start(t, Config{Dir: dir})
	wait(t, "the orphan ends", orphan.dead)
	if got := one[int](t, next.OwnerDSN(), "select sum(n)::int from kept"); got != 1 {
		t.Errorf("sum = %d, want the committed 1", got)
	}
	if tail := next.logTail(); strings.Contains(tail, "not properly shut down") || !strings.Contains(tail, "ready to accept connections") {
		t.Errorf("the orphan was not stopped cleanly: %s", tail)
	}
}

func TestKilledServerComesBackWithItsData(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Dir: folder(t)})
	run(t, s.OwnerDSN(), "create table kept as select generate_series(1, 1000) n")
	first := s.PID()
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	wait(t, "a new server answers at the same address", func() bool {
		c, err := pgx.Connect(t.Context(), s.OwnerDSN())
		if err != nil {
			return false
		}
		defer c.Close(t.Context())
		var n int
		return s.PID() != first && c.QueryRow(t.Context(), "select count(*) from kept").Scan(&n) == nil && n == 1000
	})
}

func TestKilledServerAndProgram(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	cmd, server := program(t, dir)
	// As when the machine dies: nobody can tidy anything.
	if err := errors.Join(syscall.Kill(cmd.Process.Pid, syscall.SIGSTOP), syscall.Kill(server, syscall.SIGKILL), cmd.Process.Kill()); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	s := start(t, Config{Dir: dir})
	if got := one[int](t, s.AppDSN(), "select 1"); got != 1 {
		t.Errorf("got %d", got)
	}
}

func TestStalePidFileWithARecycledPid(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := start(t, Config{Dir: dir})
	stop(t, s)
	// The worst case: the number now belongs to a live process of the server's own
	// account, which PostgreSQL by itself would take for the old server.
	other := exec.Command("sleep", "600")
	other.SysProcAttr = &syscall.SysProcAttr{Credential: s.who.credential()}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Process.Kill(); other.Wait() })
	pidFile := filepath.Join(s.Cluster(), "postmaster.pid")
	text := strconv.Itoa(other.Process.Pid) + "\n" + s.Cluster() + "\n1700000000\n5432\n" + s.socket + "\n\n  5432001         0\nready   \n"
	if err := os.WriteFile(pidFile, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.who.own(pidFile); err != nil {
		t.Fatal(err)
	}
	s = start(t, Config{Dir: dir})
	if got := one[int](t, s.AppDSN(), "select 1"); got != 1 {
		t.Errorf("got %d", got)
	}
	if err := syscall.Kill(other.Process.Pid, 0); err != nil {
		t.Errorf("the innocent process was harmed: %v", err)
	}
}

func TestLostPasswordsAreReplaced(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := start(t, Config{Dir: dir})
	run(t, s.OwnerDSN(), "create table kept (n int)")
	old := s.AppDSN()
	stop(t, s)
	if err := os.Remove(s.lay.passwords); err != nil {
		t.Fatal(err)
	}
	s = start(t, Config{Dir: dir})
	if got := one[int](t, s.OwnerDSN(), "select count(*)::int from kept"); got != 0 {
		t.Errorf("got %d", got)
	}
	if c, err := pgx.Connect(t.Context(), old); err == nil {
		c.Close(t.Context())
		t.Error("the old password still works")
	}
}

func TestStopEndsInTimeWithBusyClients(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Dir: folder(t)})
	c := connect(t, s.SuperDSN())
	got := make(chan error, 1)
	go func() {
		_, err := c.Exec(context.Background(), "select pg_sleep(600)")
		got <- err
	}()
	wait(t, "the query runs", func() bool {
		return one[int](t, s.SuperDSN(), "select count(*)::int from pg_stat_activity where query like 'select pg_sleep%'") == 1
	})
	stop(t, s)
	if err := <-got; err == nil {
		t.Error("the query was not ended")
	}
	if len(leftovers(s.Cluster())) != 0 {
		t.Error("processes remain")
	}
}
