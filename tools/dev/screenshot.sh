#!/usr/bin/env bash
# Takes the picture that opens the README, of the page that nn_view() makes now: man/figures/page.png and page-dark.png.
# usage: screenshot.sh [LIBRARY]    LIBRARY: where the package is installed
# Needs node, npm, chromium and pngquant.
set -euo pipefail
cd "$(dirname "$0")"
figures=$(cd ../../man/figures && pwd)
for command in node npm chromium pngquant Rscript; do
  command -v "$command" >/dev/null || { echo "missing here: $command" >&2; exit 2; }
done
[ -d browser/node_modules/playwright-core ] || (cd browser && npm ci --silent --no-audit --no-fund)
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
R_LIBS=${1:-}${1:+:}${R_LIBS:-} Rscript --vanilla screenshot.R "$made/page.html"
node browser/screenshot.mjs "$made/page.html" "$made"
for name in page page-dark; do
  pngquant --force --speed 1 --nofs --strip 32 --output "$figures/$name.png" "$made/$name.png"
  bytes=$(wc -c <"$figures/$name.png")
  # A README is read on slow lines too.
  [ "$bytes" -lt 60000 ] || { echo "$name.png has $bytes bytes; 60,000 are too many" >&2; exit 1; }
done
