#!/usr/bin/env bash
# Tests the pages of nn_view() and nn_animate() in a headless Chromium. usage: run.sh [LIBRARY]    LIBRARY: where the package is installed
# Needs node, npm and chromium. SCREENSHOTS=folder keeps pictures of the page.
set -euo pipefail
cd "$(dirname "$0")"
for command in node npm chromium Rscript; do
  command -v "$command" >/dev/null || { echo "missing here: $command" >&2; exit 2; }
done
[ -d node_modules/playwright-core ] || npm ci --silent --no-audit --no-fund
pages=$(mktemp -d)
trap 'rm -rf "$pages"' EXIT
R_LIBS=${1:-}${1:+:}${R_LIBS:-} Rscript --vanilla pages.R "$pages"
status=0
for tests in test.mjs animate.mjs; do
  node "$tests" "$pages" || status=1
done
exit $status
