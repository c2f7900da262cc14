package tune

import (
	"encoding/json"
	"math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"truckflow/internal/kit/errs"
)

// machines draws n machines from the whole range, the corners first.
func machines(n int) []Machine {
	r := rand.New(rand.NewSource(7))
	var out []Machine
	for _, role := range []Role{Shared, Dedicated} {
		for _, cores := range []int{1, 256} {
			for _, gb := range []int{1, 1024} {
				out = append(out, Machine{RAMMB: gb << 10, Cores: cores, Disk: SSD, Role: role})
			}
		}
	}
	for len(out) < n {
		m := Machine{RAMMB: MinRAMMB + r.Intn(1023<<10), Cores: 1 + r.Intn(256), Disk: []Disk{SSD, HDD}[r.Intn(2)], Role: []Role{Shared, Dedicated}[r.Intn(2)]}
		if r.Intn(2) == 0 { // half of them small, where it is tight
			m.RAMMB = MinRAMMB + r.Intn(16<<10)
		}
		if r.Intn(2) == 0 {
			m.Connections = 1 + r.Intn(500)
		}
		out = append(out, m)
	}
	return out
}

func bytesOf(t *testing.T, all []Setting, name string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(canonical(Lookup(all, name).Text()), 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// TestWorstCaseFits computes the worst case again from the rendered values, in
// the way the specification's error is stated: each connection and each of its
// parallel workers uses work_mem times hash_mem_multiplier.
func TestWorstCaseFits(t *testing.T) {
	t.Parallel()
	refused := 0
	for _, m := range machines(5000) {
		all, err := Postgres(m)
		if err != nil {
			if !errs.Is(err, errs.KindInvalid) || m.Connections == 0 {
				t.Fatalf("%v: %v", m, err)
			}
			refused++
			continue
		}
		n := func(name string) float64 { return bytesOf(t, all, name) }
		ram := float64(m.RAMMB) * (1 << 20)
		conns, gather, parallel := n("max_connections"), n("max_parallel_workers_per_gather"), n("max_parallel_workers")
		still := n("shared_buffers") + n("wal_buffers") + n("maintenance_work_mem") + n("autovacuum_max_workers")*n("autovacuum_work_mem")
		working := (conns + min(conns*gather, parallel)) * n("work_mem") * (1 + n("hash_mem_multiplier"))
		share := ram * 7 / 8
		if m.Role == Shared {
			share = ram / 2
		}
		if got := still + working + (conns+parallel)*backendMB*(1<<20); got > share+(1<<20) {
			t.Errorf("%v with %v connections: worst case %.0f MB of %.0f", m, conns, got/(1<<20), share/(1<<20))
		}
		if got := n("shared_buffers") + conns*(1+gather)*n("work_mem")*n("hash_mem_multiplier"); got > ram {
			t.Errorf("%v with %v connections: %.0f MB by the specification's sum, %d are there", m, conns, got/(1<<20), m.RAMMB)
		}
		if n("work_mem") < 1<<20 || n("effective_cache_size") > ram || conns < 1 || m.Connections != 0 && int(conns) != m.Connections {
			t.Errorf("%v: work_mem %s, effective_cache_size %s, max_connections %v", m, Lookup(all, "work_mem").Text(), Lookup(all, "effective_cache_size").Text(), conns)
		}
		if n("wal_buffers") > 64<<20 || n("min_wal_size") > n("max_wal_size") || n("max_parallel_workers") > n("max_worker_processes") {
			t.Errorf("%v: the log or the workers contradict themselves", m)
		}
	}
	if refused == 0 || refused > 1500 {
		t.Errorf("%d of 5000 machines were refused: the draw does not try what it should", refused)
	}
}

func TestTheSpecificationsOwnServerDoesNotFit(t *testing.T) {
	t.Parallel()
	m := Machine{RAMMB: 64 << 10, Cores: 16, Disk: SSD, Role: Shared}
	all, err := Postgres(m)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"shared_buffers": "8192MB", "effective_cache_size": "32768MB", "work_mem": "32MB", "max_connections": "100", "maintenance_work_mem": "1024MB", "wal_buffers": "64MB", "checkpoint_completion_target": "0.9"} {
		if got := Lookup(all, name).Text(); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
	for name, spec := range map[string]string{"shared_buffers": "16GB", "effective_cache_size": "48GB", "work_mem": "256MB", "max_connections": "200", "wal_buffers": "64MB", "checkpoint_completion_target": "0.9"} {
		if got := Lookup(all, name).Spec; got != spec {
			t.Errorf("%s: the specification's value is given as %q, it is %s", name, got, spec)
		}
	}
	if !strings.Contains(PostgresConf(all), "(the specification has 256MB)") || strings.Contains(PostgresConf(all), "(the specification has 64MB)") {
		t.Error("the file must name the specification's value where it differs, and only there")
	}
	m.Role, m.Connections = Dedicated, 200
	if all, err = Postgres(m); err != nil || Lookup(all, "shared_buffers").Text() != "16384MB" || Lookup(all, "effective_cache_size").Text() != "49152MB" {
		t.Errorf("a dedicated server's buffers are the specification's: %v", err)
	}
}

// TestMonotone: more memory never means less of anything; more connections
// never more for each.
func TestMonotone(t *testing.T) {
	t.Parallel()
	sizes := []string{"shared_buffers", "effective_cache_size", "work_mem", "maintenance_work_mem", "autovacuum_work_mem", "wal_buffers", "max_wal_size", "max_connections"}
	for _, m := range machines(400) {
		m.Connections = min(m.Connections, 20)
		bigger := m
		bigger.RAMMB += 1 + m.RAMMB/7
		a, err1 := Postgres(m)
		b, err2 := Postgres(bigger)
		if err1 != nil || err2 != nil {
			t.Fatalf("%v: %v, %v", m, err1, err2)
		}
		for _, name := range sizes {
			if name == "work_mem" && m.Connections == 0 {
				continue // more memory lets more people in first
			}
			if bytesOf(t, a, name) > bytesOf(t, b, name) {
				t.Errorf("%v has %s = %s, %v only %s", m, name, Lookup(a, name).Text(), bigger, Lookup(b, name).Text())
			}
		}
		for _, p := range []Purpose{Cache, Queue} {
			a, err1 := Redis(m, p)
			b, err2 := Redis(bigger, p)
			if err1 != nil || err2 != nil || bytesOf(t, a, "maxmemory") > bytesOf(t, b, "maxmemory") || bytesOf(t, b, "maxmemory") > 0.6*float64(bigger.RAMMB)*(1<<20) {
				t.Errorf("%v: maxmemory %s, then %s (%v, %v)", m, Lookup(a, "maxmemory").Text(), Lookup(b, "maxmemory").Text(), err1, err2)
			}
		}
		ha, err1 := Host(m)
		hb, err2 := Host(bigger)
		if err1 != nil || err2 != nil || bytesOf(t, ha, "vm.nr_hugepages") > bytesOf(t, hb, "vm.nr_hugepages") {
			t.Errorf("%v: huge pages %s, then %s (%v, %v)", m, Lookup(ha, "vm.nr_hugepages").Value, Lookup(hb, "vm.nr_hugepages").Value, err1, err2)
		}
		few, err1 := PostgresMemory(Machine{m.RAMMB, m.Cores, m.Disk, m.Role, 5})
		more, err2 := PostgresMemory(Machine{m.RAMMB, m.Cores, m.Disk, m.Role, 20})
		if err1 != nil || err2 != nil || few.WorkKB < more.WorkKB {
			t.Errorf("%v: work_mem %d kB for 5 connections, %d for 20 (%v, %v)", m, few.WorkKB, more.WorkKB, err1, err2)
		}
	}
}

func TestTooManyConnectionsAreCounted(t *testing.T) {
	t.Parallel()
	m := Machine{RAMMB: 2048, Cores: 2, Disk: SSD, Role: Shared, Connections: 5000}
	_, err := Postgres(m)
	i := strings.Index(err.Error(), "at most ")
	if i < 0 {
		t.Fatalf("%v does not say how many fit", err)
	}
	most, err := strconv.Atoi(strings.Fields(err.Error()[i:])[2])
	if err != nil {
		t.Fatal(err)
	}
	m.Connections = most
	if _, err := Postgres(m); err != nil {
		t.Errorf("%d were said to fit: %v", most, err)
	}
	m.Connections++
	if _, err := Postgres(m); err == nil {
		t.Errorf("%d fit as well as the %d that were said to be the most", m.Connections, most)
	}
}

func TestBadMachines(t *testing.T) {
	t.Parallel()
	good := Machine{RAMMB: 4096, Cores: 4, Disk: SSD, Role: Shared}
	for want, change := range map[string]func(*Machine){
		"too little":        func(m *Machine) { m.RAMMB = 512 },
		"more than":         func(m *Machine) { m.RAMMB = 5 << 20 },
		"0 cores":           func(m *Machine) { m.Cores = 0 },
		`disk "tape"`:       func(m *Machine) { m.Disk = "tape" },
		`role "lonely"`:     func(m *Machine) { m.Role = "lonely" },
		"-1 connections":    func(m *Machine) { m.Connections = -1 },
		"20000 connections": func(m *Machine) { m.Connections = 20000 },
	} {
		m := good
		change(&m)
		for _, f := range []func() error{
			func() error { _, err := Postgres(m); return err },
			func() error { _, err := Redis(m, Cache); return err },
			func() error { _, err := Host(m); return err },
		} {
			if err := f(); !errs.Is(err, errs.KindInvalid) || !strings.Contains(err.Error(), want) {
				t.Errorf("%v: %v, want %q", m, err, want)
			}
		}
	}
	if _, err := Redis(good, "sessions"); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("an unknown purpose: %v", err)
	}
	if CheckPostgres(13) == nil || CheckPostgres(19) == nil || CheckPostgres(14) != nil || CheckPostgres(18) != nil {
		t.Error("14 to 18 are supported")
	}
}

func TestParseRAM(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int{"64GB": 65536, "64 GiB": 65536, "1.5g": 1536, "2TB": 2 << 20, "512mb": 512, " 8G ": 8192} {
		if got, err := ParseRAM(in); err != nil || got != want {
			t.Errorf("%q: %d, %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "64", "GB", "64 apples", "-4GB", "1e9GB", "4 GBs", "1.2.3GB", "999999999999TB", "64kB"} {
		if got, err := ParseRAM(in); !errs.Is(err, errs.KindInvalid) {
			t.Errorf("%q: %d, %v", in, got, err)
		}
	}
}

func TestSameValueWrittenTwoWays(t *testing.T) {
	t.Parallel()
	for _, x := range [][2]string{{"8192MB", "8GB"}, {"15min", "900s"}, {"on", "yes"}, {"off", "no"}, {"536870912", "512mb"}, {"10240  65535", "10240\t65535"}, {"500ms", "0.5s"}, {"1.10", "1.1"}} {
		if !same(x[0], x[1]) {
			t.Errorf("%q and %q are the same", x[0], x[1])
		}
	}
	for _, x := range [][2]string{{"8MB", "8GB"}, {"15min", "15s"}, {"on", "off"}, {"-1", "1"}, {"allkeys-lru", "noeviction"}, {"", "0"}} {
		if same(x[0], x[1]) {
			t.Errorf("%q and %q differ", x[0], x[1])
		}
	}
}

// TestEverySettingSpeaks: a reader gets a reason and a source with each value.
func TestEverySettingSpeaks(t *testing.T) {
	t.Parallel()
	m := Machine{RAMMB: 65536, Cores: 16, Disk: HDD, Role: Dedicated}
	pg, err1 := Postgres(m)
	cache, err2 := Redis(m, Cache)
	queue, err3 := Redis(m, Queue)
	host, err4 := Host(m)
	for _, err := range []error{err1, err2, err3, err4} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, list := range [][]Setting{pg, cache, queue, host} {
		seen := map[string]bool{}
		for _, s := range list {
			if s.Why == "" || s.Source == "" || seen[s.Name] || strings.Contains(s.Why, "\n") {
				t.Errorf("%+v lacks a reason or a source, or comes twice", s)
			}
			seen[s.Name] = true
		}
	}
	if Lookup(cache, "maxmemory-policy").Value != "allkeys-lru" || Lookup(queue, "maxmemory-policy").Value != "noeviction" || Lookup(queue, "appendonly").Value != "yes" {
		t.Error("a cache evicts and a queue does not")
	}
}

func TestRAMOfTheContainerCounts(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write := func(path, text string) {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := ramMB(root); got != 0 {
		t.Errorf("nothing to read gives %d", got)
	}
	write("proc/meminfo", "MemTotal:       65536000 kB\nMemFree: 1 kB\n")
	if got := ramMB(root); got != 64000 {
		t.Errorf("MemTotal gives %d", got)
	}
	write("sys/fs/cgroup/memory.max", "max\n")
	if got := ramMB(root); got != 64000 {
		t.Errorf("no limit gives %d", got)
	}
	write("sys/fs/cgroup/memory.max", "2147483648\n")
	if got := ramMB(root); got != 2048 {
		t.Errorf("a container of 2 GB gives %d", got)
	}
}

func TestHostIsWrittenAndUndone(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	put := func(path, text string) {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	get := func(path string) string {
		b, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return "absent"
		}
		return strings.TrimSpace(string(b))
	}
	put("proc/sys/vm/swappiness", "60\n")
	put("proc/sys/vm/dirty_bytes", "0\n")
	put("proc/sys/vm/dirty_ratio", "20\n")
	put("proc/sys/net/core/somaxconn", "65535\n") // greater than ours: it stays, also at the next boot
	put("proc/meminfo", "MemTotal: 4096000 kB\nSwapTotal: 0 kB\nCommitted_AS: 900000 kB\n")
	put("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n")
	put("etc/sysctl.d/60-truckflow.conf", "# by hand\n")
	h, undo := LocalHost{root}, filepath.Join(root, "undo.json")
	all, err := Host(Machine{RAMMB: 4000, Cores: 2, Disk: SSD, Role: Shared})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range h.Compare(all) {
		switch {
		case c.Name == "net.core.somaxconn" && (c.Now == nil || c.Differs), c.Name == "vm.swappiness" && !c.Differs,
			c.Name == "vm.nr_hugepages" && (c.Now != nil || c.Note == ""):
			t.Errorf("%+v", c)
		}
	}
	for range 2 { // the second finds nothing left, and forgets nothing
		if _, err := h.Apply(all, undo); err != nil {
			t.Fatal(err)
		}
	}
	if get("proc/sys/vm/swappiness") != "10" || get("sys/kernel/mm/transparent_hugepage/enabled") != "madvise" || !strings.Contains(get("etc/sysctl.d/60-truckflow.conf"), "vm.swappiness = 10") ||
		strings.Contains(get("etc/sysctl.d/60-truckflow.conf"), "somaxconn") || get("proc/sys/net/core/somaxconn") != "65535" ||
		!strings.Contains(get("etc/security/limits.d/60-truckflow.conf"), "* soft nofile 65536") || !strings.Contains(get("etc/tmpfiles.d/truckflow.conf"), "w /sys/kernel/mm/transparent_hugepage/enabled - - - - madvise") {
		t.Error("not everything was written")
	}
	if _, err := h.Undo(undo); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"proc/sys/vm/swappiness": "60", "proc/sys/vm/dirty_ratio": "20", "etc/sysctl.d/60-truckflow.conf": "# by hand",
		"etc/security/limits.d/60-truckflow.conf": "absent", "sys/kernel/mm/transparent_hugepage/enabled": "always", "undo.json": "absent"} {
		if got := get(path); got != want {
			t.Errorf("after undo %s holds %q, want %q", path, got, want)
		}
	}
	if _, err := h.Undo(undo); !errs.Is(err, errs.KindNotFound) {
		t.Errorf("a second undo: %v", err)
	}

	put("proc/meminfo", "MemTotal: 4096000 kB\nSwapTotal: 0 kB\nCommitted_AS: 9000000 kB\n")
	strict, err := Host(Machine{RAMMB: 4000, Cores: 2, Disk: SSD, Role: Dedicated})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Apply(strict, undo); !errs.Is(err, errs.KindConflict) || get("proc/sys/vm/swappiness") != "60" {
		t.Errorf("strict counting below what is promised: %v", err)
	}
}

func TestKeptValuesThatAreNone(t *testing.T) {
	t.Parallel()
	f := filepath.Join(t.TempDir(), "undo.json")
	if err := os.WriteFile(f, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := keep(f, nil); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("a damaged file is written over: %v", err)
	}
	b, err := json.Marshal([]before{{Name: "x", Kind: sysctlPlace}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := (LocalHost{t.TempDir()}).Undo(f); !errs.Is(err, errs.KindInvalid) {
		t.Errorf("a value that is missing: %v", err)
	}
}
