#!/usr/bin/env bash
# The suite on two processes. What it writes lies in memory where there is room for it (a gigabyte at most): a rehearsal
# forces thousands of commits to the disk, and waited for it more than it worked. `pytest` alone writes to the disk.
set -euo pipefail
cd "$(dirname "$0")/.."
room=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1 || true)
if [ -w /dev/shm ] && [ "${room:-0}" -gt $((4 * 1024 * 1024)) ]; then
  PYTEST_DEBUG_TEMPROOT=$(mktemp -d /dev/shm/oneledger-tests-XXXXXX)
  export PYTEST_DEBUG_TEMPROOT
  trap 'rm -rf "$PYTEST_DEBUG_TEMPROOT"' EXIT
fi
.venv/bin/pytest -n 2 --dist worksteal "$@"
