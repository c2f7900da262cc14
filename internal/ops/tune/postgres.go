package tune

import (
	"fmt"
	"strconv"

	"truckflow/internal/kit/errs"
)

// What a PostgreSQL server process is taken to need for itself (catalogue cache,
// plans, buffers of its connection), beside work_mem.
const backendMB = 4

// hashMultiplier is hash_mem_multiplier: a hash may take so many times work_mem.
const hashMultiplier = 2

// minWorkKB is the least work_mem we hand out: below it every sort goes to disk.
const minWorkKB = 1024

// Memory is the worst case of PostgreSQL on a machine, in mebibytes: every
// connection and every parallel worker sorts and hashes at once, or every query
// hashes with all its helpers, whichever is more; every autovacuum worker and one
// index build run.
type Memory struct {
	ShareMB       int `json:"share_mb"` // what PostgreSQL may have at most
	SharedBuffers int `json:"shared_buffers_mb"`
	WALBuffers    int `json:"wal_buffers_mb"`
	Backends      int `json:"backends_mb"`    // the processes' own
	Maintenance   int `json:"maintenance_mb"` // one index build, all autovacuum workers
	WorkKB        int `json:"work_mem_kb"`
	WorkMB        int `json:"work_mb"` // what all may use of work_mem
	WorstMB       int `json:"worst_case_mb"`
	Connections   int `json:"connections"`

	maintenance, autovacuum, workers, parallel, gather int
}

// PostgresMemory shares out m's memory; the error (errs.KindInvalid) says how
// many connections would fit when those asked for do not.
func PostgresMemory(m Machine) (Memory, error) {
	if err := m.Check(); err != nil {
		return Memory{}, err
	}
	x := m.split(m.Connections)
	if x.WorkKB < minWorkKB {
		most := m.Connections
		for most > 1 && m.split(most).WorkKB < minWorkKB {
			most--
		}
		return x, errs.Invalid("%d connections do not fit into %s: at most %d do", m.Connections, size(m.RAMMB), most).
			Hint("put PgBouncer (pool_mode=transaction) in front of fewer connections, or give the machine more memory")
	}
	return x, nil
}

// split does the sum for n connections; 0 takes as many as suit the memory.
func (m Machine) split(n int) Memory {
	x := Memory{Connections: n}
	if n == 0 {
		x.Connections = min(100, 28+20*(m.RAMMB-1024)/1024) // 28 at 1 GB: the program's pool of 20, its jobs, a backup, an operator
	}
	if m.Role == Dedicated {
		x.ShareMB = m.RAMMB - max(320, m.RAMMB/8) // the rest is the system's and its page cache's
		x.SharedBuffers = m.RAMMB / 4
		x.maintenance = clamp(m.RAMMB/32, 28, 2048)
		x.workers = clamp(min(m.Cores/4, m.RAMMB/4096), 3, 5)
		x.parallel = clamp(min(m.Cores, m.RAMMB/1024), 1, 16)
	} else {
		x.ShareMB = m.RAMMB / 2
		x.SharedBuffers = m.RAMMB / 8
		x.maintenance = clamp(m.RAMMB/32, 28, 1024)
		x.workers = 3
		x.parallel = clamp(min(m.Cores/2, m.RAMMB/1024), 1, 8)
	}
	x.gather = clamp(m.Cores/2, 0, 2)
	x.autovacuum = min(x.maintenance/2, 512)
	x.WALBuffers = min(x.SharedBuffers/32, 64)
	x.Backends = (x.Connections + x.parallel) * backendMB
	x.Maintenance = x.maintenance + x.workers*x.autovacuum
	left := x.ShareMB - x.SharedBuffers - x.WALBuffers - x.Backends - x.Maintenance
	// max_parallel_workers holds for the whole server; and even if every query got
	// all its helpers, their hashes alone would have to fit.
	perWork := max((x.Connections+x.parallel)*(1+hashMultiplier), x.Connections*(1+x.gather)*hashMultiplier)
	most := 32 << 10
	if m.Role == Dedicated {
		most = 64 << 10
	}
	x.WorkKB = min(max(left, 0)*1024/perWork, most)
	if x.WorkKB >= 4096 {
		x.WorkKB -= x.WorkKB % 1024
	} else {
		x.WorkKB -= x.WorkKB % 64
	}
	x.WorkMB = x.WorkKB * perWork / 1024
	x.WorstMB = x.SharedBuffers + x.WALBuffers + x.Backends + x.Maintenance + x.WorkMB
	return x
}

func clamp(n, low, high int) int { return min(max(n, low), high) }

// Where the rules come from.
const (
	docResource = "PostgreSQL documentation, 20.4 Resource Consumption"
	docWAL      = "PostgreSQL documentation, 20.5 Write Ahead Log"
	docPlanner  = "PostgreSQL documentation, 20.7 Query Planning"
	docVacuum   = "PostgreSQL documentation, 20.10 Automatic Vacuuming"
	docLog      = "PostgreSQL documentation, 20.8 Error Reporting and Logging"
	docConnect  = "PostgreSQL documentation, 20.3 Connections and Authentication"
	docClient   = "PostgreSQL documentation, 20.11 Client Connection Defaults"
	docStats    = "PostgreSQL documentation, F.32 pg_stat_statements"
)

// The PostgreSQL releases whose settings are known. All that Postgres decides
// exists in the oldest of them.
const (
	MinPostgres = 14
	MaxPostgres = 18
)

// CheckPostgres says whether a major version is one of those.
func CheckPostgres(major int) error {
	if major < MinPostgres || major > MaxPostgres {
		return errs.Invalid("PostgreSQL %d is not supported: give %d to %d", major, MinPostgres, MaxPostgres)
	}
	return nil
}

// Postgres returns the server's settings for m, in the order of the file.
func Postgres(m Machine) ([]Setting, error) {
	x, err := PostgresMemory(m)
	if err != nil {
		return nil, err
	}
	all := append(m.memorySettings(x), m.workerSettings(x)...)
	all = append(all, m.walSettings()...)
	all = append(all, m.diskSettings()...)
	return append(all, watchSettings()...), nil
}

func mb(name string, n int, why, spec, source string) Setting {
	return Setting{Name: name, Value: fmt.Sprint(n), Unit: "MB", Why: why, Spec: spec, Source: source}
}

func word(name, value, why, source string) Setting {
	return Setting{Name: name, Value: value, Why: why, Source: source}
}

func (s Setting) atStart() Setting { s.Restart = true; return s }

func (s Setting) floor() Setting { s.AtLeast = true; return s }

func (s Setting) spec(v string) Setting { s.Spec = v; return s }

func (s Setting) in(unit string) Setting { s.Unit = unit; return s }

func (m Machine) memorySettings(x Memory) []Setting {
	share, cached := "an eighth of the memory: the program, its readers, Redis and the page cache live here too", "half of the memory: what the planner may take for cached by us or by the system"
	eff := m.RAMMB / 2
	if m.Role == Dedicated {
		share, cached, eff = "a quarter of the memory, as the documentation advises for a server of its own", "three quarters of the memory: what the planner may take for cached", m.RAMMB*3/4
	}
	work := Setting{Name: "work_mem", Value: fmt.Sprint(x.WorkKB), Unit: "kB", Spec: "256MB", Source: docResource,
		Why: fmt.Sprintf("%d connections and %d parallel workers, each with a sort and a hash of %d times as much, fit into %s together with everything else", x.Connections, x.parallel, hashMultiplier, size(x.ShareMB))}
	if x.WorkKB%1024 == 0 {
		work.Value, work.Unit = fmt.Sprint(x.WorkKB/1024), "MB"
	}
	return []Setting{
		word("max_connections", fmt.Sprint(x.Connections), "each may use work_mem several times; more clients than this go through a pool, not to the server", docConnect).spec("200").atStart(),
		mb("shared_buffers", x.SharedBuffers, share, "16GB", docResource).atStart(),
		mb("effective_cache_size", eff, cached, "48GB", docPlanner),
		work,
		word("hash_mem_multiplier", fmt.Sprint(hashMultiplier), "a hash that spills costs more than a sort that does; counted in the sum of work_mem", docResource),
		mb("maintenance_work_mem", x.maintenance, "index builds; one at a time is counted", "", docResource),
		mb("autovacuum_work_mem", x.autovacuum, fmt.Sprintf("%d workers at once are counted; a busy day must not take an index build's share each", x.workers), "", docResource),
		mb("wal_buffers", x.WALBuffers, "a thirty-second of shared_buffers; the specification's 64MB is the most and does no harm", "64MB", docWAL).atStart(),
		word("huge_pages", "try", "less page table for each connection; goes on without when the kernel has none (truckflow tune host)", docResource).atStart(),
	}
}

func (m Machine) workerSettings(x Memory) []Setting {
	return []Setting{
		word("max_worker_processes", fmt.Sprint(max(8, x.parallel+x.workers)), "the pool from which parallel workers come", docResource).atStart(),
		word("max_parallel_workers", fmt.Sprint(x.parallel), "parallel work for the whole server, so that reports leave cores to people", docResource),
		word("max_parallel_workers_per_gather", fmt.Sprint(x.gather), "for one query", docResource),
		word("max_parallel_maintenance_workers", fmt.Sprint(clamp(x.parallel/2, 0, 4)), "an index build's helpers share maintenance_work_mem", docResource),
		word("autovacuum_max_workers", fmt.Sprint(x.workers), "tables vacuumed at once", docVacuum).atStart(),
		word("autovacuum_vacuum_scale_factor", "0.05", "loads and positions are updated often; the default of 20 % waits too long", docVacuum),
		word("autovacuum_analyze_scale_factor", "0.02", "fresh statistics as history grows", docVacuum),
		word("autovacuum_vacuum_cost_limit", map[Disk]string{SSD: "1000", HDD: "400"}[m.Disk], "let vacuum keep up with the disk", docVacuum),
	}
}

func (m Machine) walSettings() []Setting {
	most := clamp(m.RAMMB/8, 1024, 16384)
	return []Setting{
		word("wal_level", "replica", "backups to the minute and standbys read the log", docWAL).atStart(),
		word("wal_compression", "on", "full pages after a checkpoint shrink to a third", docWAL),
		word("checkpoint_timeout", "15", "fewer full-page writes; recovery stays under a minute at our rates", docWAL).in("min"),
		word("checkpoint_completion_target", "0.9", "spread the writing", docWAL).spec("0.9"),
		mb("max_wal_size", most, "checkpoints by time, not by volume, also during imports", "", docWAL),
		mb("min_wal_size", most/8, "recycle files instead of creating them", "", docWAL),
		mb("max_slot_wal_keep_size", 4*most, "a backup or standby that died must not fill the disk", "", docWAL),
	}
}

func (m Machine) diskSettings() []Setting {
	cost, reads := "1.1", "200"
	why := "SSD: an index lookup costs about what reading on does"
	if m.Disk == HDD {
		cost, reads, why = "4", "2", "turning disk: a random read costs a seek"
	}
	return []Setting{
		word("random_page_cost", cost, why, docPlanner),
		word("effective_io_concurrency", reads, "reads that the disk can do at once", docResource),
		word("jit", "off", "our queries take milliseconds; compiling one takes longer than running it", docPlanner),
	}
}

func watchSettings() []Setting {
	return []Setting{
		word("idle_in_transaction_session_timeout", "5", "a forgotten transaction keeps vacuum from cleaning up; dumps switch it off for themselves", docClient).in("min"),
		word("client_connection_check_interval", "10", "a query whose client is gone stops", docConnect).in("s"),
		word("tcp_keepalives_idle", "60", "a connection cut by a firewall is noticed", docConnect).in("s"),
		word("log_min_duration_statement", "500", "every slow statement is a finding", docLog).in("ms"),
		word("log_lock_waits", "on", "who waits for whom, after a second", docLog),
		mb("log_temp_files", 64, "sorts that outgrow work_mem", "", docLog),
		word("log_checkpoints", "on", "checkpoint trouble shows here first", docLog),
		word("log_autovacuum_min_duration", "10", "vacuum that takes long", docLog).in("s"),
		word("track_io_timing", "on", "tells waiting for the disk from computing", "PostgreSQL documentation, 20.9 Run-time Statistics"),
		word("shared_preload_libraries", "pg_stat_statements", "which statements cost the time; read by the operations pages", docStats).atStart(),
	}
}

// appRole are the limits of the role the program works as, not of the server:
// migrations, dumps and index builds take longer, and rightly.
var appRole = []Setting{
	word("statement_timeout", "60", "the program's own runaway work ends; long jobs raise it for their one transaction", docClient).in("s"),
	word("idle_in_transaction_session_timeout", "60", "no request holds a transaction that long", docClient).in("s"),
}

// AppRole returns the settings of the program's role (ALTER ROLE … SET).
func AppRole() []Setting { return append([]Setting(nil), appRole...) }

// WorstCaseMB is what a server with the settings conf (names to values as in
// postgresql.conf, PostgreSQL's defaults where they are silent) may use at most:
// its cache, and a hash of every connection and each of its helpers.
func WorstCaseMB(conf map[string]string) int {
	num := func(name, otherwise string) float64 {
		v, ok := conf[name]
		if !ok {
			v = otherwise
		}
		n, err := strconv.ParseFloat(canonical(v), 64)
		if err != nil {
			return 0 // the server refuses it; that is another finding
		}
		return n
	}
	conns, gather := num("max_connections", "100"), num("max_parallel_workers_per_gather", "2")
	work := num("work_mem", "4MB") * num("hash_mem_multiplier", "2")
	return int((num("shared_buffers", "128MB") + conns*(1+gather)*work) / (1 << 20))
}
