#!/usr/bin/env bash
# Tests the pages of the package and nn_playground() in a headless Chromium. usage: run.sh [LIBRARY]    LIBRARY: where the package is
# installed. Needs node, npm and chromium. SCREENSHOTS=folder keeps pictures of the pages.
set -euo pipefail
cd "$(dirname "$0")"
for command in node npm chromium Rscript; do
  command -v "$command" >/dev/null || { echo "missing here: $command" >&2; exit 2; }
done
[ -d node_modules/playwright-core ] || npm ci --silent --no-audit --no-fund
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
export R_LIBS=${1:-}${1:+:}${R_LIBS:-}
Rscript --vanilla pages.R "$pages"
# Each file ends in a line "browser: N passed, M failed"; the last line here is their sum.
status=0
for tests in test.mjs animate.mjs exercise.mjs playground.mjs; do
  node "$tests" "$pages" > "$pages/said" || status=1
  sed "s/^browser:/$tests:/" "$pages/said"
  cat "$pages/said" >> "$pages/all"
done
awk '/^browser: / { passed += $2; failed += $4 } END { printf "browser: %d passed, %d failed\n", passed, failed }' "$pages/all"
exit $status
