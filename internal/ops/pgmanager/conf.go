package pgmanager

import (
	"os"
	"path/filepath"
	"slices"

	"truckflow/internal/kit/durable"
	"truckflow/internal/ops/tune"
)

// durableSettings sizes the server for the machine it shares with the program.
func (s *Server) durableSettings() ([]tune.Setting, error) {
	all, err := tune.Postgres(machine(s.cfg.MemoryMB))
	if !s.statements() { // naming what is not there would keep the server from starting
		all = slices.DeleteFunc(all, func(x tune.Setting) bool { return x.Name == "shared_preload_libraries" })
	}
	return all, err
}

// machine is this one, with mb of memory in place of its own unless mb is 0. One
// that is tiny, or whose memory is unknown, is taken for the least that works.
func machine(mb int) tune.Machine {
	m := tune.ThisMachine()
	if mb != 0 {
		m.RAMMB = mb
	}
	m.RAMMB, m.Cores = min(max(m.RAMMB, tune.MinRAMMB), tune.MaxRAMMB), min(m.Cores, tune.MaxCores)
	return m
}

// throwawaySettings are for tests: the data may be lost at any moment, so
// nothing waits for the disk.
func throwawaySettings() []tune.Setting {
	return []tune.Setting{
		setting("shared_buffers", "256MB", "enough for every package's tests"),
		setting("max_connections", "400", "many packages' tests at once, each with its pool"),
		setting("fsync", "off", "lost on a crash, by intent"),
		setting("synchronous_commit", "off", "nothing waits for the disk"),
		setting("full_page_writes", "off", "no crash to recover from"),
		setting("checkpoint_timeout", "1h", "no background writing during tests"),
		setting("max_wal_size", "4GB", "the same"),
		setting("random_page_cost", "1.1", "plans as in production"),
	}
}

// settings lists everything we decide for the server.
func (s *Server) settings() ([]tune.Setting, error) {
	listen := ""
	if s.cfg.TCPPort != 0 {
		listen = "127.0.0.1"
	}
	all := []tune.Setting{
		setting("listen_addresses", listen, "the socket only, unless a TCP port was asked for; never beyond this machine"),
		setting("port", s.port(), "names the socket file too"),
		setting("unix_socket_directories", s.socket, "a folder only its owner can enter"),
		setting("password_encryption", "scram-sha-256", "the only kind stored"),
		setting("timezone", "UTC", "instants are UTC; people see their own zone"),
		setting("log_timezone", "UTC", "logs line up with the program's"),
		setting("log_destination", "stderr", "plain text"),
		setting("logging_collector", "on", "the server rotates its own log"),
		setting("log_directory", s.lay.log, "beside the cluster, not inside: it must not be backed up with it"),
		setting("log_filename", "postgres-%a.log", "one file a weekday: a week, then reused"),
		setting("log_truncate_on_rotation", "on", "last week's file is overwritten"),
		setting("log_rotation_age", "1d", "by day"),
		setting("log_rotation_size", "0", "not by size"),
		setting("log_line_prefix", "%m [%p] %u@%d ", "when, which backend, who, where"),
	}
	if s.cfg.Archive != nil {
		all = append(all, setting("archive_mode", "on", "another program keeps the log"),
			setting("archive_command", s.cfg.Archive(s.lay.home), "this one"))
	}
	if s.cfg.throwaway {
		return append(all, throwawaySettings()...), nil
	}
	sized, err := s.durableSettings()
	return append(all, sized...), err
}

func setting(name, value, why string) tune.Setting {
	return tune.Setting{Name: name, Value: value, Why: why}
}

// writeConf writes truckflow.conf. A person's own changes go to local.conf
// beside it, which is read later and so wins.
func (s *Server) writeConf() error {
	all, err := s.settings()
	if err != nil {
		return err
	}
	head := "# Written by TruckFlow at every start; put your own settings into local.conf.\n"
	if err := durable.WriteFile(s.lay.conf, []byte(head+tune.PostgresConf(all)), 0o600); err != nil {
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
