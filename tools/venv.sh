#!/usr/bin/env bash
# Make .venv with exactly the versions of constraints.txt. Debian ships python3 without its venv part: install that where we may.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "OneLedger needs Python 3.11 or newer; $python is $("$python" -V)"; exit 1; }
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing Debian's python3-venv ..."
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
  else
    echo "This Python has no venv part. On Debian: sudo apt-get install python3-venv, then again."; exit 1
  fi
fi
[ -x .venv/bin/python ] || "$python" -m venv .venv
echo "installing into .venv (a few minutes the first time) ..."
.venv/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
touch .venv/.installed
