#!/bin/sh
# Ends the shared test PostgreSQL (internal/ops/pgmanager/pgtest) at the end of
# make test. It would end by itself after five minutes; another test run that is
# using it now keeps it.
for dir in "${TMPDIR:-/tmp}/truckflow-pgtest-$(id -u)"-*; do
	[ -f "$dir/users" ] && [ -f "$dir/cluster/postmaster.pid" ] || continue
	(
		flock -n 9 || exit 0
		pid=$(head -n 1 "$dir/cluster/postmaster.pid")
		runs() { [ "$(readlink "/proc/$pid/cwd")" = "$(readlink -f "$dir/cluster")" ]; }
		runs || exit 0
		kill -INT "$pid"
		while runs; do sleep 0.1 9>&-; done
	) 9<>"$dir/users"
done
