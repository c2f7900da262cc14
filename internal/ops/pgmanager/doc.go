// Package pgmanager is the embedded default database: it finds the PostgreSQL
// programs of the machine, makes a cluster in the data folder, sizes it, runs it
// and stops it in order. Nobody has to know PostgreSQL to start TruckFlow; a
// site that brings its own (DATABASE_URL) never comes through here.
//
// What lies in the folder (Config.Dir):
//
//	lock             flock of the program that runs the folder; holds its pid
//	passwords.json   0600, generated once, never leaves the machine
//	cluster/         the PostgreSQL data folder, owned by the account that runs it
//	log/             a week of server logs (by weekday) and start.log
//	run/             the Unix socket, unless its path would be too long
//	location         only when the cluster had to be put elsewhere; see place
//
// How the pieces end together. The server is started in its own process group,
// so Ctrl-C in a terminal reaches only the program, which then closes its pool
// before Stop. Should the program be killed, the kernel sends the server SIGINT
// (parent-death signal): a fast, clean shutdown, so nothing is left holding the
// folder. That signal is bound to the thread that forked, not to the process,
// which is why the thread is locked for as long as the server lives. And should
// even that fail, the next Start finds the orphan by its pid file, makes sure
// that it really is a server of this folder, and stops it cleanly before it
// starts its own: one state to reason about, at the price of some 0.2 s.
//
// While running, a server that dies (out of memory, kill -9) is started again;
// connections break, the addresses stay the same.
package pgmanager
