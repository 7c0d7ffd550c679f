#!/usr/bin/env bash
# Checks what nn_export() writes as ONNX by ONNX's own checker and runtime. usage: run.sh [LIBRARY]    LIBRARY: where the package is installed
# Needs python3 with venv. The packages of requirements.txt go into .dev/onnx-venv, once for each of their versions.
set -euo pipefail
cd "$(dirname "$0")"
for command in python3 Rscript; do
  command -v "$command" >/dev/null || { echo "missing here: $command" >&2; exit 2; }
done
venv=../../../.dev/onnx-venv
if ! cmp -s requirements.txt "$venv/complete"; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
  cp requirements.txt "$venv/complete"
fi
models=$(mktemp -d)
trap 'rm -rf "$models"' EXIT
R_LIBS=${1:-}${1:+:}${R_LIBS:-} Rscript --vanilla models.R "$models"
"$venv/bin/python" check.py "$models"
