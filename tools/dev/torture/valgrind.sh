#!/usr/bin/env bash
# Valgrind over the engine's tests, and over a smoke of the package in R: no wild read, no wild write, no use of what was not
# set. Usage: valgrind.sh ENGINE_TEST_BINARY ... ; the package is that of R_LIBS.
set -euo pipefail
cd "$(dirname "$0")"
status=0
for binary in "$@"; do
  log=$(mktemp)
  # What takes minutes without it would take hours with it: those tests are of numbers, and the others touch the same code.
  valgrind --quiet --error-exitcode=9 --log-file="$log" "$binary" --test-threads=2 >"$log.out" 2>&1 || status=1
  echo "valgrind $(basename "$binary"): $(grep -c '^==.*== \(Invalid\|Conditional\|Use of\)' "$log" || true) faults, $(sed -n 's/^test result: \(.*\) failed.*/\1 failed/p' "$log.out")"
done
log=$(mktemp)
R -d "valgrind --quiet --error-exitcode=9 --log-file=$log" --vanilla --no-echo -f smoke.R >"$log.out" 2>&1 || status=1
# Faults that the package has a part in; R itself and its libraries have some of their own.
faults=$(grep -c 'backprop\.so' "$log" || true)
[ "$faults" = 0 ] || status=1
echo "valgrind smoke in R: $faults faults, $(tail -n 1 "$log.out")"
exit $status
