package pgmanager

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"truckflow/internal/kit/clock"
	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/tune"
)

func TestFreshThenWarmStart(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	began := clock.System.Now()
	s := start(t, Config{Dir: dir})
	fresh := clock.System.Now().Sub(began)
	run(t, s.OwnerDSN(), "create table kept (n int); insert into kept values (42)")
	if got := one[string](t, s.SuperDSN(), "show data_checksums"); got != "on" {
		t.Errorf("data_checksums = %s", got)
	}
	if got := one[string](t, s.AppDSN(), "show statement_timeout"); got != "1min" {
		t.Errorf("the program's statement_timeout = %s", got)
	}
	if got := one[string](t, s.SuperDSN(), "select encoding::text from (select pg_encoding_to_char(encoding) encoding from pg_database where datname='truckflow') x"); got != "UTF8" {
		t.Errorf("encoding = %s", got)
	}
	if st, err := os.Stat(s.lay.passwords); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("passwords file: %v, %v", st.Mode(), err)
	}
	stop(t, s)
	stop(t, s) // twice is harmless
	if _, err := os.Stat(filepath.Join(s.Cluster(), "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("pid file after Stop: %v", err)
	}
	began = clock.System.Now()
	s = start(t, Config{Dir: dir})
	t.Logf("fresh start %v, warm start %v", fresh, clock.System.Now().Sub(began))
	if got := one[int](t, s.OwnerDSN(), "select n from kept"); got != 42 {
		t.Errorf("kept %d, want 42", got)
	}
}

func TestServerRunsUnprivileged(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Dir: folder(t)})
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		f := strings.Fields(line)
		if len(f) > 1 && (f[0] == "Uid:" || f[0] == "Gid:") {
			for _, id := range f[1:] {
				if id == "0" {
					t.Errorf("server runs with %s", strings.TrimSpace(line))
				}
			}
		}
	}
	if pgid, own := processGroup(t, s.PID()), processGroup(t, os.Getpid()); pgid == own {
		t.Error("server shares our process group: Ctrl-C would reach it")
	}
}

func processGroup(t *testing.T, pid int) string {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(b)[strings.LastIndex(string(b), ")"):])[3]
}

func TestSocketOnlyByDefault(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Dir: folder(t)})
	if got := one[string](t, s.SuperDSN(), "show listen_addresses"); got != "" {
		t.Errorf("listen_addresses = %q", got)
	}
	if n := listeningSockets(t, s.PID()); n != 0 {
		t.Errorf("%d TCP sockets are listening", n)
	}
	st, err := os.Stat(s.socket)
	if err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("socket folder: %v, %v", st.Mode(), err)
	}
}

func TestTCPOnLoopbackWhenAsked(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	s := start(t, Config{Dir: folder(t), TCPPort: port})
	if n := listeningSockets(t, s.PID()); n != 1 {
		t.Errorf("%d TCP sockets are listening, want 1", n)
	}
	dsn := fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/%s", appRole, s.secrets[appRole], port, database)
	if got := one[int](t, dsn, "select 1"); got != 1 {
		t.Errorf("over TCP: %d", got)
	}
}

// listeningSockets counts pid's own listening TCP sockets.
func listeningSockets(t *testing.T, pid int) int {
	t.Helper()
	mine := map[string]bool{}
	fds, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, fd := range fds {
		if l, err := os.Readlink(fd); err == nil && strings.HasPrefix(l, "socket:[") {
			mine[strings.Trim(l, "socket:[]")] = true
		}
	}
	if len(mine) == 0 {
		t.Fatal("saw no sockets at all: cannot tell")
	}
	n := 0
	for _, f := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		b, err := os.ReadFile(f)
		if err != nil {
			continue // no IPv6
		}
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); len(f) > 9 && f[3] == "0A" && mine[f[9]] {
				n++
			}
		}
	}
	return n
}

func TestPasswordsAreRequired(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Dir: folder(t)})
	for _, role := range []string{superRole, ownerRole, appRole} {
		for _, pw := range []string{"", "wrong"} {
			u, _ := url.Parse(s.dsn(role, database))
			u.User = url.UserPassword(role, pw)
			c, err := pgx.Connect(t.Context(), u.String())
			if err == nil {
				c.Close(t.Context())
				t.Errorf("%s got in with password %q", role, pw)
				continue
			}
			if pe := (*pgconn.PgError)(nil); pw != "" && (!errors.As(err, &pe) || pe.Code != "28P01") {
				t.Errorf("%s with %q: %v", role, pw, err)
			}
		}
	}
	if n := one[int](t, s.SuperDSN(), "select count(*) from pg_hba_file_rules where auth_method <> 'scram-sha-256'"); n != 0 {
		t.Errorf("%d rules let people in otherwise", n)
	}
}

func TestTheProgramObeysRowSecurity(t *testing.T) {
	t.Parallel()
	s := start(t, Config{Dir: folder(t)})
	run(t, s.OwnerDSN(), `create table secrets (org int, word text);
		insert into secrets values (1, 'ours'), (2, 'theirs');
		alter table secrets enable row level security, force row level security;
		create policy tenant on secrets using (org = 1);
		grant select on secrets to truckflow_app`)
	if n := one[int](t, s.AppDSN(), "select count(*) from secrets"); n != 1 {
		t.Errorf("the program sees %d rows, want 1", n)
	}
	for _, sql := range []string{
		"set row_security = off; select * from secrets", // errors for who may not bypass
		"alter table secrets disable row level security",
		"alter role truckflow_app bypassrls",
		"set role truckflow_owner",
		"set role postgres",
		"create table mine (n int)",
		"create schema mine",
		"create role other",
		"create database other",
		"drop database truckflow",
	} {
		if _, err := connect(t, s.AppDSN()).Exec(t.Context(), sql); err == nil {
			t.Errorf("the program may: %s", sql)
		}
	}
}

func TestLongPathGetsAShortSocket(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(filepath.Dir(folder(t)), strings.Repeat("long-", 20), "postgres")
	s := start(t, Config{Dir: dir})
	t.Cleanup(func() { os.RemoveAll(s.socket) })
	if len(s.socket) > 60 || strings.HasPrefix(s.socket, s.lay.home) {
		t.Errorf("socket in %s", s.socket)
	}
	st, err := os.Stat(s.socket)
	if err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("socket folder: %v, %v", st.Mode(), err)
	}
}

func TestClosedParentFolder(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		// Without root there is no other account, so nothing can be closed to it.
		if b := (account{uid: os.Geteuid()}).blocked("/root"); b != "" {
			t.Errorf("blocked by %s", b)
		}
		return
	}
	dir := folder(t)
	if err := os.Chmod(filepath.Dir(dir), 0o700); err != nil {
		t.Fatal(err)
	}
	s := start(t, Config{Dir: dir})
	t.Cleanup(func() { os.RemoveAll(s.lay.home) })
	if strings.HasPrefix(s.Cluster(), dir) {
		t.Errorf("cluster behind a closed folder: %s", s.Cluster())
	}
	run(t, s.OwnerDSN(), "create table kept ()")
	stop(t, s)
	again := start(t, Config{Dir: dir})
	if again.Cluster() != s.Cluster() {
		t.Errorf("second start uses %s, first %s", again.Cluster(), s.Cluster())
	}
}

func TestForeignFoldersAreRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		files map[string]string
		kind  errs.Kind
		say   string
	}{
		"newer major":    {map[string]string{"cluster/PG_VERSION": "99\n"}, errs.KindConflict, "PostgreSQL 99"},
		"not a cluster":  {map[string]string{"cluster/notes.txt": "mine"}, errs.KindConflict, "not a PostgreSQL database"},
		"bad passwords":  {map[string]string{"passwords.json": "{"}, errs.KindConflict, "damaged"},
		"bad PG_VERSION": {map[string]string{"cluster/PG_VERSION": "x"}, errs.KindConflict, "unreadable PG_VERSION"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := folder(t)
			for f, text := range tc.files {
				p := filepath.Join(dir, f)
				if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				if who, err := whoRuns("/nowhere"); err == nil {
					for _, x := range []string{filepath.Dir(p), p} {
						if err := who.own(x); err != nil && filepath.Dir(p) != dir {
							t.Fatal(err)
						}
					}
				}
			}
			_, err := Start(t.Context(), Config{Dir: dir})
			wantErr(t, err, tc.kind, tc.say)
			if hint(err) == "" {
				t.Error("no hint")
			}
			for f, text := range tc.files {
				if b, err := os.ReadFile(filepath.Join(dir, f)); err != nil || string(b) != text {
					t.Errorf("%s was touched: %q, %v", f, b, err)
				}
			}
		})
	}
}

func TestHalfDoneInitLeavesNothing(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		// Cancel as soon as initdb has begun to write.
		until(t.Context(), 10e9, func() bool {
			m, _ := filepath.Glob(filepath.Join(dir, "init-*.tmp", "cluster", "PG_VERSION"))
			return len(m) > 0
		})
		cancel()
	}()
	if s, err := Start(ctx, Config{Dir: dir}); err == nil {
		stop(t, s)
		t.Fatal("a start that was cut off succeeded")
	}
	if _, err := os.Stat(filepath.Join(dir, "cluster")); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("a half-done cluster is there: %v", err)
	}
	// As after a kill, when nobody could clean up.
	if err := os.MkdirAll(filepath.Join(dir, "init-1.tmp", "cluster", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	start(t, Config{Dir: dir})
	if m, _ := filepath.Glob(filepath.Join(dir, "init-*")); len(m) != 0 {
		t.Errorf("remains: %v", m)
	}
}

func TestBadSettingIsExplained(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	s := start(t, Config{Dir: dir})
	stop(t, s)
	local := filepath.Join(s.Cluster(), "local.conf")
	if err := os.WriteFile(local, []byte("shared_buffers = 'much'\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Config{Dir: dir})
	wantErr(t, err, errs.KindUnavailable, "did not start", "shared_buffers")
	if err := os.WriteFile(local, []byte("work_mem = '7MB'\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s = start(t, Config{Dir: dir})
	if got := one[string](t, s.SuperDSN(), "show work_mem"); got != "7MB" {
		t.Errorf("a person's own setting: work_mem = %s", got)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	b, err := Find("")
	if err != nil {
		t.Fatalf("%v (apt install postgresql)", err)
	}
	if b.Major < minMajor || !strings.HasPrefix(b.Version, strconv.Itoa(b.Major)) {
		t.Errorf("found %+v", b)
	}
	if same, err := Find(b.Dir); err != nil || same != b {
		t.Errorf("PG_BIN: %+v, %v", same, err)
	}
	_, err = Find(t.TempDir())
	wantErr(t, err, errs.KindInvalid, "PG_BIN")
	old := t.TempDir()
	for _, p := range []string{"postgres", "initdb"} {
		if err := os.WriteFile(filepath.Join(old, p), []byte("#!/bin/sh\necho 'postgres (PostgreSQL) 9.6.24'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_, err = Find(old)
	wantErr(t, err, errs.KindUnavailable, "9.6.24", "apt install postgresql")
}

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		"postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)\n": 15,
		"postgres (PostgreSQL) 18beta1\n":                        18,
		"postgres (PostgreSQL) \n":                               0,
		"psql 15":                                                0,
	} {
		if b, err := parseVersion("/x", line); b.Major != want || (err == nil) != (want != 0) {
			t.Errorf("%q: %+v, %v", line, b, err)
		}
	}
}

// That PostgreSQL accepts what verifier makes is shown by every connection of
// the other tests; here only what verifies tells apart.
func TestVerifier(t *testing.T) {
	t.Parallel()
	v, err := verifierWith("pencil", []byte("sixteen bytes!!!"), scramIterations)
	if err != nil {
		t.Fatal(err)
	}
	if !verifies(v, "pencil") || verifies(v, "pencil ") || verifies("md5abc", "pencil") || verifies("", "") {
		t.Errorf("verifier %s is not judged right", v)
	}
	if verifier("x") == verifier("x") {
		t.Error("two verifiers share a salt")
	}
}

// A machine that is too small, or unknown, must still get a database.
func TestEveryMachineIsSized(t *testing.T) {
	t.Parallel()
	for mb, want := range map[int]string{256: "112MB", 4096: "512MB", 24000: "3000MB", 1 << 30: "524288MB"} {
		all, err := tune.Postgres(machine(mb))
		if err != nil {
			t.Fatal(err)
		}
		if got := tune.Lookup(all, "shared_buffers").Text(); got != want {
			t.Errorf("shared_buffers for %d MB = %s, want %s", mb, got, want)
		}
	}
	if got := machine(0); got.RAMMB < tune.MinRAMMB || got.Cores < 1 {
		t.Errorf("this machine is %v", got)
	}
}
