package pgmanager

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// setting is one line of truckflow.conf with the reason it is there.
type setting struct{ name, value, why string }

// machineMB is the memory we may count on: what the machine has, or the
// container's limit when that is less. 0 when unknown.
func machineMB() int {
	mb := 0
	if b, err := os.ReadFile("/proc/meminfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if f := strings.Fields(line); len(f) >= 2 && f[0] == "MemTotal:" {
				kb, _ := strconv.Atoi(f[1]) // the kernel's own number
				mb = kb / 1024
			}
		}
	}
	for _, p := range []string{"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"} {
		b, err := os.ReadFile(p)
		if err != nil {
			continue
		}
		limit, err := strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64) // "max" means none
		if limitMB := int(limit >> 20); err == nil && limitMB > 0 && (mb == 0 || limitMB < mb) {
			mb = limitMB
		}
	}
	return mb
}

// memorySettings shares the machine with the program, its OCR and the page
// cache: an eighth for PostgreSQL's own cache, half assumed cached in all.
func memorySettings(mb int) []setting {
	if mb <= 0 {
		mb = 2048
	}
	size := func(n, low, high int) string { return fmt.Sprintf("%dMB", min(max(n, low), high)) }
	return []setting{
		{"shared_buffers", size(mb/8, 64, 8192), fmt.Sprintf("1/8 of %d MB: the program, OCR and the page cache live here too", mb)},
		{"effective_cache_size", size(mb/2, 128, 1<<20), "what the planner may assume cached, by us or by the system"},
		{"work_mem", size(mb/1024, 4, 64), "per sort or hash; a hundred at once must still fit"},
		{"maintenance_work_mem", size(mb/32, 64, 1024), "index builds and vacuum"},
	}
}

// durableSettings are for a database somebody relies on.
func durableSettings() []setting {
	return []setting{
		{"max_connections", "100", "one program with its pool, its jobs, a backup and an operator"},
		{"wal_compression", "on", "full pages after a checkpoint shrink to a third"},
		{"checkpoint_timeout", "15min", "fewer full-page writes; recovery stays under a minute at our rates"},
		{"checkpoint_completion_target", "0.9", "spread the writing"},
		{"max_wal_size", "2GB", "checkpoints by time, not by volume, also during imports"},
		{"min_wal_size", "160MB", "recycle instead of creating"},
		{"random_page_cost", "1.1", "SSD: an index lookup costs about what reading on does"},
		{"effective_io_concurrency", "100", "SSD: several reads at once"},
		{"autovacuum_vacuum_scale_factor", "0.05", "loads and positions are updated often; the default 20 % waits too long"},
		{"autovacuum_analyze_scale_factor", "0.02", "fresh statistics as history grows"},
		{"autovacuum_vacuum_cost_limit", "1000", "SSD: let vacuum keep up"},
		{"log_min_duration_statement", "500ms", "every slow statement is a finding"},
		{"log_lock_waits", "on", "who waits for whom, after a second"},
		{"log_temp_files", "64MB", "sorts that outgrow work_mem"},
		{"log_checkpoints", "on", "checkpoint trouble shows here first"},
	}
}

// throwawaySettings are for tests: the data may be lost at any moment, so
// nothing waits for the disk.
func throwawaySettings() []setting {
	return []setting{
		{"max_connections", "400", "many packages' tests at once, each with its pool"},
		{"fsync", "off", "lost on a crash, by intent"},
		{"synchronous_commit", "off", "nothing waits for the disk"},
		{"full_page_writes", "off", "no crash to recover from"},
		{"checkpoint_timeout", "1h", "no background writing during tests"},
		{"max_wal_size", "4GB", "the same"},
		{"random_page_cost", "1.1", "plans as in production"},
	}
}

// settings lists everything we decide for the server.
func (s *Server) settings() []setting {
	listen := "''"
	if s.cfg.TCPPort != 0 {
		listen = "'127.0.0.1'"
	}
	all := []setting{
		{"listen_addresses", listen, "the socket only, unless a TCP port was asked for; never beyond this machine"},
		{"port", s.port(), "names the socket file too"},
		{"unix_socket_directories", quoteConf(s.socket), "a folder only its owner can enter"},
		{"password_encryption", "'scram-sha-256'", "the only kind stored"},
		{"timezone", "'UTC'", "instants are UTC; people see their own zone"},
		{"log_timezone", "'UTC'", "logs line up with the program's"},
		{"log_destination", "'stderr'", "plain text"},
		{"logging_collector", "on", "the server rotates its own log"},
		{"log_directory", quoteConf(s.lay.log), "beside the cluster, not inside: it must not be backed up with it"},
		{"log_filename", "'postgres-%a.log'", "one file a weekday: a week, then reused"},
		{"log_truncate_on_rotation", "on", "last week's file is overwritten"},
		{"log_rotation_age", "1d", "by day"},
		{"log_rotation_size", "0", "not by size"},
		{"log_line_prefix", "'%m [%p] %u@%d '", "when, which backend, who, where"},
	}
	if s.cfg.throwaway {
		return append(append(all, memorySettings(2048)...), throwawaySettings()...)
	}
	mb := s.cfg.MemoryMB
	if mb == 0 {
		mb = machineMB()
	}
	all = append(append(all, memorySettings(mb)...), durableSettings()...)
	if s.bin.hasLibrary("pg_stat_statements") {
		all = append(all, setting{"shared_preload_libraries", "'pg_stat_statements'", "which statements cost the time; read by the operations pages"})
	}
	return all
}

// writeConf writes truckflow.conf. A person's own changes go to local.conf
// beside it, which is read later and so wins.
func (s *Server) writeConf() error {
	var b strings.Builder
	b.WriteString("# Written by TruckFlow at every start; put your own settings into local.conf.\n")
	for _, x := range s.settings() {
		fmt.Fprintf(&b, "%-44s # %s\n", x.name+" = "+x.value, x.why)
	}
	if err := writeFile(s.lay.conf, []byte(b.String()), 0o600); err != nil {
		return err
	}
	return s.who.own(s.lay.conf)
}

// hasLibrary reports whether a loadable module is installed beside the
// programs; naming a missing one would keep the server from starting.
func (b Binaries) hasLibrary(name string) bool {
	for _, d := range []string{"../lib", "../lib/postgresql", "../../lib/postgresql", "../lib64"} {
		if _, err := os.Stat(filepath.Join(b.Dir, d, name+".so")); err == nil {
			return true
		}
	}
	return false
}

func quoteConf(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
