package harden

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"truckflow/internal/kit/errs"
	"truckflow/internal/ops/pgmanager"
	"truckflow/internal/ops/pgmanager/pgtest"
	"truckflow/internal/platform/cache/redistest"
	"truckflow/internal/platform/pg"
)

// TestPostgresOnARealServer: the embedded one passes, then each thing is broken.
func TestPostgresOnARealServer(t *testing.T) {
	t.Parallel()
	base, err := os.MkdirTemp("", "harden-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	if err := os.Chmod(base, 0o711); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(base, "postgres")
	if _, err := pgmanager.Running(t.Context(), pgmanager.Config{Dir: dir}); !errs.Is(err, errs.KindNotFound) {
		t.Errorf("nothing runs there yet: %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("looking makes the folder")
	}
	srv, err := pgmanager.Start(t.Context(), pgmanager.Config{Dir: dir, MemoryMB: 1024})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := srv.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	own, err := pgmanager.Running(t.Context(), pgmanager.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	exec := func(sql string) {
		t.Helper()
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
		if _, err := c.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	look := func() []Item { return PostgresItems(t.Context(), own.AppDSN(), own.SuperDSN()) }
	wants(t, look(), "postgres.passwords", Pass, "postgres.hba", Pass, "postgres.tls", NotApplicable, "postgres.role", Pass, "postgres.rows", NotApplicable, "postgres.durable", Pass)
	wants(t, PostgresItems(t.Context(), own.AppDSN(), ""), "postgres.passwords", CannotTell, "postgres.hba", CannotTell, "postgres.role", Pass)
	exec("create table walled (org_id uuid); alter table walled enable row level security; alter table walled force row level security")
	wants(t, look(), "postgres.rows", Pass)
	exec("create table open (org_id uuid); alter table open enable row level security")
	if i := find(t, look(), "postgres.rows"); i.Status != Fail || !strings.Contains(i.Evidence, "open") || strings.Contains(i.Evidence, "walled") {
		t.Errorf("row security that is not forced: %q: %s", i.Status, i.Evidence)
	}
	ownerTurns(t, own.OwnerDSN(), exec)
	exec("set password_encryption = 'md5'; create role old login password 'x'")
	exec("alter role truckflow_app bypassrls; alter table walled owner to truckflow_app")
	hba := filepath.Join(dir, "cluster", "pg_hba.conf")
	f, err := os.OpenFile(hba, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("host all all 0.0.0.0/0 md5\nhost all all 10.0.0.0/8 scram-sha-256\nlocal all all trust\nhostssl all all 10.0.0.0/8 scram-sha-256\n"); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	broken := look()
	wants(t, broken, "postgres.passwords", Fail, "postgres.hba", Fail, "postgres.role", Fail)
	for id, says := range map[string]string{"postgres.passwords": "old", "postgres.hba": "10.0.0.0 without TLS", "postgres.role": "passes row security; truckflow_app owns 1 tables"} {
		if i := find(t, broken, id); !strings.Contains(i.Evidence, says) {
			t.Errorf("%s does not say %q: %s", id, says, i.Evidence)
		}
	}
	if n := strings.Count(find(t, broken, "postgres.hba").Evidence, "line "); n != 4 { // the last cannot match: TLS is off
		t.Errorf("%d rules are called wrong, want 4: %s", n, find(t, broken, "postgres.hba").Evidence)
	}
	wants(t, PostgresItems(t.Context(), srv.SuperDSN(), ""), "postgres.role", Fail)

	// The tests' shared server trades durability for speed: that is found.
	wants(t, PostgresItems(t.Context(), pgtest.New(t, "empty", func(context.Context, string) error { return nil }).AppDSN, ""), "postgres.durable", Fail)
	wants(t, PostgresItems(t.Context(), "postgres://u:p@"+closed(t)+"/x", ""), "postgres.role", CannotTell, "postgres.durable", CannotTell)
	wants(t, PostgresItems(t.Context(), "postgres://%zz", ""), "postgres.role", CannotTell)
}

// ownerTurns: the tables' owner is no role to work as, unless it was granted the program's and so
// turns into it; exec is a superuser's.
func ownerTurns(t *testing.T, dsn string, exec func(string)) {
	t.Helper()
	exec("alter table walled owner to truckflow_owner")
	if i := find(t, PostgresItems(t.Context(), dsn, ""), "postgres.role"); i.Status != Fail || i.Evidence != "truckflow_owner owns 1 tables" {
		t.Errorf("the owner: %q: %s", i.Status, i.Evidence)
	}
	exec("grant truckflow_app to truckflow_owner")
	if i := find(t, PostgresItems(t.Context(), dsn, ""), "postgres.role"); i.Status != Pass || i.Evidence != "truckflow_owner works as truckflow_app, which owns nothing and obeys row security" {
		t.Errorf("the owner who works as another: %q: %s", i.Status, i.Evidence)
	}
	db, err := pg.Open(t.Context(), pg.Settings{DSN: dsn, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	var as string
	if err := db.Pool().QueryRow(t.Context(), "select current_user").Scan(&as); err != nil || as != pg.AppRole {
		t.Errorf("the program works as %q: %v", as, err)
	}
	db.Close()
}

// guarded starts a real Redis on TCP with conf and returns host:port.
func guarded(t *testing.T, conf string) string {
	t.Helper()
	addr := closed(t)
	_, port, _ := strings.Cut(addr, ":")
	dir := t.TempDir()
	file := filepath.Join(dir, "redis.conf")
	touch(t, file, "port "+port+"\ndir "+dir+"\n"+conf)
	cmd := exec.Command("redis-server", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 500 {
		if i := RedisItems(t.Context(), "redis://"+addr)[0]; i.Status != CannotTell {
			return addr
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("redis does not answer")
	return ""
}

func TestRedisOnARealServer(t *testing.T) {
	t.Parallel()
	// What the fixes of the catalogue say.
	addr := guarded(t, "bind 127.0.0.1 -::1\nprotected-mode yes\nuser default off\nuser truckflow on >a-long-random-password ~* &* +@all -@dangerous +info +config|get\nsave \"\"\nappendonly no\n")
	wants(t, RedisItems(t.Context(), "redis://truckflow:a-long-random-password@"+addr), "redis.password", Pass, "redis.bind", Pass, "redis.commands", Pass, "redis.disk", Pass)
	wants(t, RedisItems(t.Context(), "redis://truckflow:wrong@"+addr), "redis.password", Pass, "redis.bind", CannotTell)
	// The specification's: no password, everything allowed, snapshots of a cache.
	addr = guarded(t, "bind * -::*\nprotected-mode no\nmaxmemory 100mb\nmaxmemory-policy allkeys-lru\nsave 900 1\n")
	wants(t, RedisItems(t.Context(), "redis://"+addr), "redis.password", Fail, "redis.bind", Fail, "redis.commands", Fail, "redis.disk", Fail)
	addr = guarded(t, "bind 127.0.0.1\nrequirepass a-long-random-password\nmaxmemory-policy noeviction\nappendonly yes\n")
	wants(t, RedisItems(t.Context(), "redis://:a-long-random-password@"+addr), "redis.password", Pass, "redis.commands", Fail, "redis.disk", NotApplicable)
	wants(t, RedisItems(t.Context(), redistest.Start(t).URL), "redis.password", Fail, "redis.bind", Pass)
	wants(t, RedisItems(t.Context(), "redis://"+closed(t)), "redis.password", CannotTell, "redis.bind", CannotTell)
	wants(t, RedisItems(t.Context(), "http://x"), "redis.password", CannotTell)
}
