//go:build ha

package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"truckflow/internal/ops/deploy"
	"truckflow/internal/platform/pg"
)

var haFrom = flag.String("from", "", "a program of an earlier release, to upgrade from it; unset: from this one to this one with a migration more")

// fault is one thing that happens to the cluster.
type fault struct {
	what     string
	do       func() (heal func())
	unharmed bool // no client may see an error
}

const upgraded = "upgraded under load, with a migration"

// faults are all of them, in the order in which they happen.
func (c *cluster) faults() []fault {
	once := func(do func()) func() func() { return func() func() { do(); return func() {} } }
	return []fault{
		{"nothing, for comparison", once(func() { time.Sleep(10 * time.Second) }), true},
		{upgraded, once(func() { c.upgrade() }), true},
		{"the way back: the old program on the new schema", once(func() { c.install(c.before) }), true},
		{"an instance of the program, kill -9", once(func() { c.nodes["app2"].kill("truckflow") }), false},
		{"the instance that leads the jobs, stopped past its lease, and going on", c.pauseLeader, false},
		{"HAProxy of an instance, kill -9", once(func() { c.nodes["app3"].kill("haproxy") }), false},
		{"an instance that does not reach Redis, for 20 s", func() func() { return c.apart(c.nodes["app3"], 20*time.Second, noRedis, noRedis) }, false},
		{"an etcd member, kill -9, away for 15 s", func() func() { return c.away(c.etcdLeader(), "etcd", 15*time.Second) }, false},
		{"Redis' primary, server crash", func() func() { return c.crash(c.redisPrimary()) }, false},
		{"the balancer with the address, server crash", func() func() { return c.crash(c.holder()) }, false},
		{"the synchronous standby, server crash", func() func() { return c.crash(c.member("sync_standby")) }, false},
		{"the synchronous standby hears and is not heard", func() func() { return c.apart(c.member("sync_standby"), 0, "", everything) }, false},
		{"the primary, server crash", func() func() { return c.crash(c.member("leader")) }, false},
		{"the primary, server crash, and an instance restarted meanwhile", c.restartWithoutPrimary, false},
		{"the primary's PostgreSQL, kill -9", func() func() { return c.killPostgres() }, false},
		{"the primary, cut off from the network", func() func() { return c.apart(c.member("leader"), 0, everything, everything) }, false},
		{"the primary hears and is not heard", func() func() { return c.apart(c.member("leader"), 0, "", everything) }, false},
		{"the primary is heard and hears nothing", func() func() { return c.apart(c.member("leader"), 0, everything, "") }, false},
		{"the primary reaches its standbys and not etcd, for 40 s", func() func() { return c.apart(c.member("leader"), 40*time.Second, noEtcd, noEtcd) }, true},
		{"nothing, while standbys still believe what the primary told them without etcd", once(func() { time.Sleep(15 * time.Second) }), true},
		{"another primary, on purpose", once(func() { c.switchover() }), false},
		{"every instance restarted, one by one", once(func() { c.install("") }), true},
	}
}

// What vanishes, in nftables' words: what is sent to those ports, and what comes from them.
const (
	everything = "drop"
	noEtcd     = "tcp dport 2379 drop; tcp sport 2379 drop"
	noRedis    = "tcp dport { 6379, 26379 } drop; tcp sport { 6379, 26379 } drop"
)

// apart has what comes to a node (in) and what it sends (out) vanish, at least so long.
func (c *cluster) apart(n *node, long time.Duration, in, out string) (heal func()) {
	c.row("the server", n.server.Name)
	n.cut(in, out)
	time.Sleep(long)
	return n.heal
}

// crash cuts a server's power; the healing is switching it on. Its kernel must not say goodbye for what was killed.
func (c *cluster) crash(n *node) (heal func()) {
	c.row("the server", n.server.Name)
	n.cut(everything, everything)
	n.crash()
	if n.server.Has(deploy.Balancer) {
		_ = exec.Command("ip", "-n", n.namespace(), "addr", "del", "10.20.0.10/24", "dev", "eth0").Run() // a machine without power answers no ARP
	}
	return func() { n.heal(); n.boot() }
}

// away kills a unit and keeps it away.
func (c *cluster) away(n *node, unit string, long time.Duration) (heal func()) {
	c.row("the server", n.server.Name)
	n.kill(unit)
	n.stop(unit)
	time.Sleep(long)
	return func() { n.start(unit) }
}

// killPostgres kills the primary's PostgreSQL, and lets Patroni be.
func (c *cluster) killPostgres() (heal func()) {
	n := c.member("leader")
	c.row("the server", n.server.Name)
	if out, err := n.inside("", "bash", "-c", "kill -9 $(head -1 /var/lib/postgresql/*/truckflow/postmaster.pid)").CombinedOutput(); err != nil {
		c.t.Fatalf("kill: %v %s", err, out)
	}
	return func() {}
}

// switchover is patronictl's.
func (c *cluster) switchover() {
	c.t.Helper()
	n := c.member("leader")
	cmd := n.inside("postgres", "patronictl", "-c", "/etc/truckflow/patroni/patroni.yml", "switchover", "--force")
	_, _, env, _ := n.unit("patroni")
	cmd.Env = append(os.Environ(), append(env, "LANG=C.UTF-8")...)
	if out, err := cmd.CombinedOutput(); err != nil {
		c.t.Fatalf("patronictl: %v %s", err, out)
	}
}

// install replaces the program by another ("": the same) as the playbook does: one instance ends in order and is ready
// again before the next.
func (c *cluster) install(program string) {
	c.t.Helper()
	for _, n := range c.with(deploy.App) {
		c.installOn(n, program)
	}
}

func (c *cluster) installOn(n *node, program string) {
	c.t.Helper()
	if program != "" {
		if out, err := n.inside("", "ln", "-sfn", program, "/usr/bin/truckflow").CombinedOutput(); err != nil {
			c.t.Fatalf("%s: %v %s", n.server.Name, err, out)
		}
	}
	n.stop("truckflow")
	n.start("truckflow")
	c.until(n.server.Name+" ready again", func() bool { return n.ready() })
}

// ready says that the node's instance takes requests.
func (n *node) ready() bool {
	return n.inside("", "curl", "-fsS", "-m", "2", "-o", "/dev/null", "http://"+n.server.Address+":5000/readyz").Run() == nil
}

// upgrade goes to the new program as docs/upgrade.md says: its own check first, then one instance, which migrates while
// the others book, and after a while in which old and new run on the new schema the others.
func (c *cluster) upgrade() {
	c.t.Helper()
	c.until("a full copy was made and verified", func() bool {
		return c.prometheus(`max(truckflow_backup_last_verified_timestamp_seconds) > bool 0`) == "1"
	})
	apps := c.with(deploy.App)
	check := apps[0].inside("truckflow", c.after, "upgrade", "check", "--json")
	_, _, env, _ := apps[0].unit("truckflow")
	check.Env = append(append(os.Environ(), apps[0].env...), env...)
	out, err := check.Output()
	var report struct {
		Items []struct{ ID, State, Found string }
	}
	if err != nil || json.Unmarshal(out, &report) != nil {
		c.t.Fatalf("upgrade check: %v %s", err, out)
	}
	for _, i := range report.Items {
		c.row("upgrade check, "+i.ID, i.State+" "+i.Found)
	}
	began := c.ask("select now()::text")
	c.installOn(apps[0], c.after)
	time.Sleep(5 * time.Second)
	for _, n := range apps[1:] {
		c.installOn(n, c.after)
	}
	if *haFrom == "" { // the new program signs its bookings, the old one knows no such column
		by := c.ask("select count(*) filter (where program = '') || ' by the old program, ' || count(*) filter (where program <> '') || ' by the new one' from loads where booked_at > (select applied_at from schema_migrations where name = '" + tomorrowsMigration + "')")
		c.row("booked on the new schema while both ran", by)
		if strings.HasPrefix(by, "0 ") || strings.Contains(by, ", 0 ") {
			c.t.Errorf("old and new did not work side by side: %s", by)
		}
	}
	c.row("migrations that the new program brought", c.ask("select count(*) from schema_migrations where applied_at > '"+began+"'"))
}

// ask has the primary answer with one value.
func (c *cluster) ask(sql string) string {
	c.t.Helper()
	n := c.member("leader")
	out, err := n.inside("postgres", "psql", "-XAtq", "-h", "/var/run/postgresql", "-d", "truckflow", "-c", sql).CombinedOutput()
	if err != nil {
		c.t.Fatalf("%s on %s: %v %s", sql, n.server.Name, err, out)
	}
	return strings.TrimSpace(string(out))
}

const (
	tomorrowsMigration = "299912310000_loads_program.sql"
	tomorrowsSchema    = `-- Which program booked a load, for make ha.
alter table loads add column program text not null default '';
`
)

// tomorrow builds this source with one migration more and a booking that writes the new column: the program of the next
// release, as far as an upgrade can tell.
func tomorrow(dir string) (program string, err error) {
	if why := pg.Breaks(tomorrowsSchema); len(why) > 0 {
		return "", fmt.Errorf("the migration does more than expand: %v", why)
	}
	source, err := filepath.Abs("..")
	if err != nil {
		return "", err
	}
	store := filepath.Join(source, "internal/loads/internal/loadsdb/loads.sql.go")
	b, err := os.ReadFile(store)
	if err != nil {
		return "", err
	}
	before, insert, ok := strings.Cut(string(b), "INSERT INTO loads (")
	insert, rest, found := strings.Cut(insert, "VALUES (")
	if !ok || !found {
		return "", fmt.Errorf("%s inserts loads in another way than this test knows", store)
	}
	replace := map[string]string{}
	for name, text := range map[string]string{store: before + "INSERT INTO loads (program, " + insert + "VALUES ('tomorrow', " + rest, filepath.Join(source, "migrations", tomorrowsMigration): tomorrowsSchema} {
		replace[name] = filepath.Join(dir, filepath.Base(name)+".overlay")
		if err := os.WriteFile(replace[name], []byte(text), 0o644); err != nil {
			return "", err
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, overlay, 0o644); err != nil {
		return "", err
	}
	program = filepath.Join(dir, "tomorrow")
	cmd := exec.Command("go", "build", "-trimpath", "-overlay", file, "-ldflags", "-X truckflow/internal/cli.Version=tomorrow", "-o", program, "truckflow/cmd/truckflow")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build of tomorrow's program: %w\n%s", err, out)
	}
	return program, nil
}

// pauseLeader stops the instance that leads the jobs, as a machine does that is moved or swaps, until another leads; it
// goes on when bookings flow again, believing what it believed.
func (c *cluster) pauseLeader() (resume func()) {
	const leader = `select coalesce(host(a.client_addr), '') || ' ' || l.leader_id from river_leader l
		join pg_locks k on k.locktype = 'advisory' and k.granted and (k.classid::bigint << 32) | k.objid::bigint = hashtextextended('alive ' || l.leader_id, 0)
		join pg_stat_activity a using (pid)`
	was := c.ask(leader)
	address, _, _ := strings.Cut(was, " ")
	i := slices.IndexFunc(c.with(deploy.App), func(n *node) bool { return n.server.Address == address })
	if i < 0 {
		c.t.Fatalf("nobody leads the jobs: %q", was)
	}
	n := c.with(deploy.App)[i]
	c.row("the server", n.server.Name)
	process := n.process("truckflow")
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		c.t.Fatal(err)
	}
	c.until("another instance leads the jobs", func() bool { now := c.ask(leader); return now != "" && now != was })
	return func() {
		if err := process.Signal(syscall.SIGCONT); err != nil {
			c.t.Fatal(err)
		}
	}
}

// restartWithoutPrimary crashes the primary, and restarts an instance before there is another.
func (c *cluster) restartWithoutPrimary() (heal func()) {
	c.t.Helper()
	heal = c.crash(c.member("leader"))
	n := c.nodes["app3"]
	c.installOn(n, "")
	out, _ := n.inside("", "curl", "-sS", "-m", "2", "http://"+n.server.Address+":5000/readyz").CombinedOutput() // or why not
	said := strings.TrimSpace(string(out))
	c.row("/readyz of "+n.server.Name, said)
	if !strings.HasPrefix(said, "ready, read only") {
		c.t.Errorf("an instance restarted without a primary says %q", said)
	}
	return heal
}

// repeated counts what the queue was given twice of what is done once in a time: mailboxes are looked at
// every minute, the shortest other time is six hours.
func (c *cluster) repeated() string {
	return c.ask(`select count(*) from (select from river_job where metadata @> '{"periodic": true}'
		group by args->>'do', floor(extract(epoch from scheduled_at) / case args->>'do' when 'inbox.poll-all' then 60 else 21600 end) having count(*) > 1) x`)
}
