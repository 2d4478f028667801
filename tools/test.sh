#!/usr/bin/env bash
# The suite on two processes. What it writes, up to a gigabyte, lies in memory where there is room: its rehearsals force
# thousands of commits to the disk (702 s in place of 748, once each). `pytest` alone writes to the disk, and keeps it.
set -euo pipefail
cd "$(dirname "$0")/.."
room=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1 || true)
if [ -w /dev/shm ] && [ "${room:-0}" -gt $((4 * 1024 * 1024)) ]; then
  PYTEST_DEBUG_TEMPROOT=$(mktemp -d /dev/shm/oneledger-tests-XXXXXX)
  export PYTEST_DEBUG_TEMPROOT
  trap 'rm -rf "$PYTEST_DEBUG_TEMPROOT"' EXIT
fi
.venv/bin/pytest -n 2 --dist worksteal "$@"
