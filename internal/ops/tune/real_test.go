package tune_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/pgmanager"
	"truckflow/internal/ops/tune"
	"truckflow/internal/platform/cache/redistest"
)

// folder is one that PostgreSQL's account can reach, which t.TempDir is not for root.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "tune-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "postgres")
}

// cluster starts an embedded PostgreSQL, sized for 1 GB, until the test ends.
func cluster(t *testing.T, dir string) *pgmanager.Server {
	t.Helper()
	s, err := pgmanager.Start(t.Context(), pgmanager.Config{Dir: dir, MemoryMB: 1024})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

func open(t *testing.T, dsn string) *tune.PostgresServer {
	t.Helper()
	s, err := tune.OpenPostgres(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(context.Background()) })
	return s
}

func show(t *testing.T, dsn, name string) (v string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(context.Background())
	if err := c.QueryRow(t.Context(), "select current_setting($1)", name).Scan(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func runsWith(t *testing.T, s *tune.PostgresServer, all []tune.Setting) {
	t.Helper()
	changes, err := s.Compare(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		if c.Now == nil || c.Differs {
			t.Errorf("%s is not %s: %+v", c.Name, c.Text(), c)
		}
	}
}

// TestPostgresTakesEveryFile has the real server read what is rendered for
// machines from 1 GB to 1 TB (-C reads and checks without starting), and
// compares the huge pages it would ask for with those we give it.
func TestPostgresTakesEveryFile(t *testing.T) {
	t.Parallel()
	bin, err := pgmanager.Find("")
	if err != nil {
		t.Fatal(err)
	}
	dir := folder(t)
	asOther(t, filepath.Dir(dir), filepath.Join(bin.Dir, "initdb"), "-D", dir, "-U", "postgres", "-A", "trust", "--no-sync")
	shown := "shared_buffers"
	if bin.Major >= 15 {
		shown = "shared_memory_size_in_huge_pages"
	}
	for _, gb := range []int{1, 2, 4, 16, 64, 256, 1024} {
		for _, role := range []tune.Role{tune.Shared, tune.Dedicated} {
			for _, disk := range []tune.Disk{tune.SSD, tune.HDD} {
				m := tune.Machine{RAMMB: gb << 10, Cores: min(4*gb, 256), Disk: disk, Role: role}
				all, err := tune.Postgres(m)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, "postgresql.conf"), []byte(tune.PostgresConf(all)), 0o644); err != nil {
					t.Fatal(err)
				}
				out := asOther(t, dir, filepath.Join(bin.Dir, "postgres"), "-D", dir, "-C", shown)
				if bin.Major < 15 {
					continue
				}
				host, err := tune.Host(m)
				if err != nil {
					t.Fatal(err)
				}
				needs, err1 := strconv.Atoi(strings.TrimSpace(out))
				has, err2 := strconv.Atoi(tune.Lookup(host, "vm.nr_hugepages").Value)
				if err1 != nil || err2 != nil || has < needs || has > needs+needs/8+40 {
					t.Errorf("%v: PostgreSQL wants %d huge pages, the host gives %d (%v, %v)", m, needs, has, err1, err2)
				}
			}
		}
	}
}

// asOther runs a program to its end, as nobody when we are root, as whom
// PostgreSQL refuses to run; dir is given to nobody.
func asOther(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Dir = "/"
	if os.Geteuid() == 0 {
		const nobody = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		if err := os.Chown(dir, nobody, nobody); err != nil {
			t.Fatal(err)
		}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestPostgresIsChangedAndUndone goes the whole way on a real server: compare,
// refuse without the right, apply, restart, undo.
func TestPostgresIsChangedAndUndone(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	srv := cluster(t, dir)
	undo := filepath.Join(t.TempDir(), "undo.json")
	want, err := tune.Postgres(tune.Machine{RAMMB: 3 << 10, Cores: 2, Disk: tune.SSD, Role: tune.Dedicated})
	if err != nil {
		t.Fatal(err)
	}
	super := open(t, srv.SuperDSN())
	same, err := tune.Postgres(tune.Machine{RAMMB: 1 << 10, Cores: tune.ThisMachine().Cores, Disk: tune.SSD, Role: tune.Shared})
	if err != nil {
		t.Fatal(err)
	}
	runsWith(t, super, same)

	_, err = open(t, srv.AppDSN()).Apply(t.Context(), want, undo)
	if p := errs.Public(err); p == nil || p.Kind != errs.KindForbidden {
		t.Fatalf("the program's role may not change the server: %v", err)
	} else if super.Major >= 15 {
		_, grants, _ := strings.Cut(p.HintMsg, "as a superuser in the database truckflow: ")
		if !strings.Contains(grants, "GRANT ALTER SYSTEM ON PARAMETER") || !strings.Contains(grants, "work_mem") || !strings.Contains(grants, "pg_reload_conf") {
			t.Fatalf("the hint is %q", grants)
		}
		// The very commands of the hint are enough; then the role can, and undo too.
		cfg, err := pgx.ParseConfig(srv.SuperDSN())
		if err != nil {
			t.Fatal(err)
		}
		cfg.Database = "truckflow"
		c, err := pgx.ConnectConfig(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close(context.Background())
		if _, err := c.Exec(t.Context(), grants); err != nil {
			t.Fatal(err)
		}
		mine := filepath.Join(t.TempDir(), "undo.json")
		app := open(t, srv.AppDSN())
		if _, err := app.Apply(t.Context(), want, mine); err != nil {
			t.Fatalf("with what the hint grants: %v (%s)", err, errs.Public(err).HintMsg)
		}
		if got := show(t, srv.SuperDSN(), "work_mem"); got != tune.Lookup(want, "work_mem").Text() {
			t.Errorf("work_mem is %s after the role's change", got)
		}
		if _, err := app.Undo(t.Context(), mine); err != nil {
			t.Fatal(err)
		}
	}

	old := show(t, srv.SuperDSN(), "work_mem")
	done, err := super.Apply(t.Context(), want, undo)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(done.Restart, "shared_buffers") || slices.Contains(done.Restart, "work_mem") {
		t.Errorf("what waits for a restart is said to be %v", done.Restart)
	}
	if got := show(t, srv.SuperDSN(), "work_mem"); got == old || got != tune.Lookup(want, "work_mem").Text() {
		t.Errorf("work_mem is %s, was %s", got, old)
	}
	again, err := super.Compare(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range again {
		if c.Differs && !strings.Contains(c.Note, "restart") {
			t.Errorf("after the change %s still differs: %s", c.Name, *c.Now)
		}
	}
	if err := srv.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	srv = cluster(t, dir)
	super = open(t, srv.SuperDSN())
	runsWith(t, super, want)
	back, err := super.Undo(t.Context(), undo)
	if err != nil {
		t.Fatal(err)
	}
	if got := show(t, srv.SuperDSN(), "work_mem"); got != old || !slices.Contains(back.Restart, "shared_buffers") {
		t.Errorf("after undo work_mem is %s, was %s; waiting: %v", got, old, back.Restart)
	}
	if _, err := os.Stat(undo); err == nil {
		t.Error("undo leaves its file")
	}
}

// TestARefusedValueChangesNothing: all or none.
func TestARefusedValueChangesNothing(t *testing.T) {
	t.Parallel()
	srv := cluster(t, folder(t))
	all := []tune.Setting{{Name: "log_lock_waits", Value: "off"}, {Name: "work_mem", Value: "plenty"}}
	super := open(t, srv.SuperDSN())
	if _, err := super.Apply(t.Context(), all, filepath.Join(t.TempDir(), "undo.json")); !errs.Is(err, errs.KindInvalid) || !strings.Contains(err.Error(), "work_mem") {
		t.Errorf("%v", err)
	}
	if got := show(t, srv.SuperDSN(), "log_lock_waits"); got != "on" {
		t.Errorf("log_lock_waits is %s", got)
	}
}

func TestServersThatAreNotThere(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	_, err1 := tune.OpenPostgres(t.Context(), "postgres://u:hunter2@"+addr+"/x")
	_, err2 := tune.OpenRedis(t.Context(), "redis://:hunter2@"+addr)
	for _, err := range []error{err1, err2} {
		p := errs.Public(err)
		if p.Kind != errs.KindUnavailable || !strings.Contains(p.Message, addr) || strings.Contains(p.Message+p.HintMsg, "hunter2") {
			t.Errorf("%s (%s)", p.Message, p.HintMsg)
		}
	}
	if _, err := tune.OpenPostgres(t.Context(), "postgres://%zz"); !errs.Is(err, errs.KindInvalid) {
		t.Error(err)
	}
	if _, err := tune.OpenRedis(t.Context(), "http://x"); !errs.Is(err, errs.KindInvalid) {
		t.Error(err)
	}
}

// redisWith starts a real Redis from a file and returns its URL.
func redisWith(t *testing.T, conf string) (url, file string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "tunered")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	sock := filepath.Join(dir, "s")
	file = filepath.Join(dir, "redis.conf")
	if err := os.WriteFile(file, []byte(fmt.Sprintf("port 0\nunixsocket %s\ndir %s\n%s", sock, dir, conf)), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	cmd := exec.Command("redis-server", file)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	for range 1000 {
		if c, err := net.Dial("unix", sock); err == nil {
			c.Close()
			return "unix://" + sock, file
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("redis does not take its file: %v\n%s\n%s", err, out.String(), conf)
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatal("redis does not answer")
	return "", ""
}

// TestRedisTakesItsFile starts the real Redis with each rendered file and finds
// nothing to change in it.
func TestRedisTakesItsFile(t *testing.T) {
	t.Parallel()
	for _, p := range []tune.Purpose{tune.Cache, tune.Queue} {
		for _, m := range []tune.Machine{{RAMMB: 1024, Cores: 1, Disk: tune.SSD, Role: tune.Shared}, {RAMMB: 1 << 20, Cores: 64, Disk: tune.SSD, Role: tune.Dedicated}} {
			all, err := tune.Redis(m, p)
			if err != nil {
				t.Fatal(err)
			}
			url, _ := redisWith(t, tune.RedisConf(all))
			r, err := tune.OpenRedis(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			changes, err := r.Compare(t.Context(), all)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range changes {
				if c.Now == nil || c.Differs {
					t.Errorf("%v, %s: %s differs from its own file: %+v", m, p, c.Name, c)
				}
			}
		}
	}
}

func TestRedisIsChangedAndUndone(t *testing.T) {
	t.Parallel()
	undo := filepath.Join(t.TempDir(), "undo.json")
	// The specification's own file, but for its size.
	url, file := redisWith(t, "maxmemory 100mb\nmaxmemory-policy allkeys-lru\nsave 900 1\nsave 300 10\nsave 60 10000\n")
	r, err := tune.OpenRedis(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	all, err := tune.Redis(tune.Machine{RAMMB: 1024, Cores: 8, Disk: tune.SSD, Role: tune.Shared}, tune.Queue)
	if err != nil {
		t.Fatal(err)
	}
	done, err := r.Apply(t.Context(), all, undo)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(done.Restart, "io-threads") || len(done.Changed) < 5 {
		t.Errorf("%+v", done)
	}
	b, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(b), "maxmemory-policy noeviction") || !strings.Contains(string(b), "appendonly yes") {
		t.Errorf("Redis's own file was not written: %v\n%s", err, b)
	}
	if _, err := r.Undo(t.Context(), undo); err != nil {
		t.Fatal(err)
	}
	changes, err := r.Compare(t.Context(), []tune.Setting{{Name: "maxmemory", Value: "100", Unit: "mb"}, {Name: "maxmemory-policy", Value: "allkeys-lru"}, {Name: "save", Value: "900 1 300 10 60 10000"}, {Name: "appendonly", Value: "no"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range changes {
		if c.Differs {
			t.Errorf("after undo %s is %s", c.Name, *c.Now)
		}
	}
}

// TestRedisRefusals: no right, no file, too little memory.
func TestRedisRefusals(t *testing.T) {
	t.Parallel()
	all, err := tune.Redis(tune.Machine{RAMMB: 1024, Cores: 1, Disk: tune.SSD, Role: tune.Shared}, tune.Cache)
	if err != nil {
		t.Fatal(err)
	}
	undo := filepath.Join(t.TempDir(), "undo.json")
	url, _ := redisWith(t, "user weak on nopass +@all -config\n")
	weak, err := tune.OpenRedis(t.Context(), strings.Replace(url, "unix://", "unix://weak:x@", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer weak.Close()
	if _, err := weak.Apply(t.Context(), all, undo); !errs.Is(err, errs.KindForbidden) || !strings.Contains(errs.Public(err).HintMsg, "ACL SETUSER name +info +config|get") {
		t.Errorf("without the right: %v", err)
	}

	bare, err := tune.OpenRedis(t.Context(), redistest.Start(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	defer bare.Close()
	done, err := bare.Apply(t.Context(), all, undo)
	if err != nil || !slices.ContainsFunc(done.Notes, func(s string) bool { return strings.Contains(s, "without a config file") }) {
		t.Errorf("a Redis without a file: %v, %v", done.Notes, err)
	}
	if _, err := bare.Apply(t.Context(), []tune.Setting{{Name: "maxmemory", Value: "100", Unit: "kb"}}, undo); !errs.Is(err, errs.KindConflict) {
		t.Errorf("less memory than is used: %v", err)
	}
}
