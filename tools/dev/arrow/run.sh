#!/usr/bin/env bash
# Checks what is read of Arrow streams against pyarrow. usage: run.sh [LIBRARY]    LIBRARY: where the package is installed
# Needs python3 with venv and R's package reticulate. The packages of requirements.txt go into .dev/arrow-venv, once for each of their versions.
set -euo pipefail
cd "$(dirname "$0")"
for command in python3 Rscript; do
  command -v "$command" >/dev/null || { echo "missing here: $command" >&2; exit 2; }
done
venv=../../../.dev/arrow-venv
if ! cmp -s requirements.txt "$venv/complete"; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
  cp requirements.txt "$venv/complete"
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
RETICULATE_PYTHON=$(cd "$venv" && pwd)/bin/python R_LIBS=${1:-}${1:+:}${R_LIBS:-} Rscript --vanilla check.R "$folder"
