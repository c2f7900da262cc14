#!/usr/bin/env bash
# Prints the house's speeds: first each package's own benchmarks, then the whole
# program's beside its goals and floors (BENCH narrows both: board, pages, booking,
# memory). Figures to read, not tests that fail.
#
#   BENCHTIME=1s BENCH=Extract scripts/bench.sh
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t dirs < <(grep -rl --include='*_test.go' '^func Benchmark' internal | xargs -r -n1 dirname | sort -u)
echo "== packages (benchtime ${BENCHTIME:-1x})"
status=0
if [ ${#dirs[@]} != 0 ]; then
	go test -run '^$' -bench "${BENCH:-.}" -benchtime "${BENCHTIME:-1x}" -benchmem "${dirs[@]/#/./}" |
		grep -Ev '^(goos|goarch|cpu|PASS)' || status=1
fi
go run ./scripts/bench -only "${BENCH:-}" || status=1
exit $status
