"""A whole rehearsal of one small city for the tests that look at one, each kind run once in a test run."""

import fcntl
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
SEED = 11


@pytest.fixture(scope="session")
def rehearsed(tmp_path_factory: pytest.TempPathFactory):
    """Each rehearsal is run once, by whichever test process needs it first; the others wait for it and share it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def run(*options: str) -> tuple[Path, dict[str, Any]]:
        out = shared / ("rehearsal-" + re.sub(r"[^0-9a-z]+", "-", "-".join(options)))
        with (shared / f"{out.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (out / "summary.json").exists():
                rehearse_in_a_process_of_its_own(out, options)
        return out, json.loads((out / "summary.json").read_text())

    return run


def rehearse_in_a_process_of_its_own(out: Path, options: tuple[str, ...]) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ONELEDGER_", "PREFECT_"))}
    command = [sys.executable, "-m", "tests.rehearse_small", str(out), str(SEED), *options]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500, check=False)
    assert (out / "summary.json").exists(), ended.stderr[-3000:]
