#!/usr/bin/env bash
# Changes the engine in one place after another (a sign, a comparison, what a function returns) and counts
# how many of the changes the engine's own tests notice. All of them take some hours; a part is had with
#   tools/dev/torture/mutants.sh --shard 1/8 --sharding round-robin
# Every argument is passed on to `cargo mutants`. The list of changes that nothing noticed is left in
# .dev/mutants/missed.txt. Fails where fewer than 90 % were noticed.
set -euo pipefail
cd "$(dirname "$0")/../../.."
export LC_ALL=C.UTF-8
enough=90 # percent
out=.dev/mutants
PATH=$PATH:$PWD/.dev/cargo/bin

command -v cargo-mutants >/dev/null 2>&1 || {
  printf '%s\n' "mutants: cargo-mutants was not found. It can be had without touching your home with" \
    "  cargo install cargo-mutants --locked --root .dev/cargo" >&2
  exit 1
}

rm -rf "$out" && mkdir -p "$out"
# Without debugging information a changed engine is compiled and linked in a few seconds.
export CARGO_PROFILE_TEST_DEBUG=false
status=0
nice -n 10 cargo mutants --dir src/rust --config tools/dev/torture/mutants.toml --package backprop-engine \
  --jobs 2 --colors never --output "$out" "$@" || status=$?
# 2 and 3 tell that changes were missed, or that tests did not end: both are counted below.
case $status in 0 | 2 | 3) ;; *) exit "$status" ;; esac

lines() { cat "$out/mutants.out/$1.txt" 2>/dev/null | wc -l; }
cp "$out/mutants.out/missed.txt" "$out/missed.txt"
missed=$(lines missed)
caught=$(($(lines caught) + $(lines timeout))) # tests that no longer end have noticed, too
tried=$((caught + missed))
[ "$tried" -gt 0 ] || { echo "mutants: nothing was tried" >&2; exit 1; }
cat "$out/missed.txt"
printf 'mutants: %d tried, %d caught (%s %%), %d missed, %d unviable\n' "$tried" "$caught" \
  "$(awk "BEGIN {printf \"%.1f\", 100 * $caught / $tried}")" "$missed" "$(lines unviable)"
[ $((100 * caught)) -ge $((enough * tried)) ]
