# Ends the shared test PostgreSQL when no test process has used it for a while.
# $1 lock file that every test process holds (shared)   $2 server's pid
# $3 its cluster, to be sure that $2 still is that server   $4 idle seconds
exec 9<>"$1"
runs() { [ "$(readlink "/proc/$2/cwd")" = "$3" ]; }
while runs "$@"; do
	flock 9 # sleeps in the kernel until no test process is left
	flock -u 9
	sleep "$4" 9>&-
	flock -n 9 || continue # somebody came meanwhile
	if runs "$@"; then
		kill -INT "$2"
		while runs "$@"; do sleep 0.1 9>&-; done
	fi
	exit 0 # the lock goes with us: who waits for it starts a server anew
done
