"""Issue 6 of 6, part C: a rehearsal that was interrupted goes on where it stopped, and comes to the same end."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from oneledger.domain.errors import RefusedError
from rehearsal.plan import Rehearsal
from rehearsal.resuming import check_plan, keep_plan
from tests.rehearsed_city import ROOT, SEED, rehearse_in_a_process_of_its_own
from tests.test_whole_way import end_figures

LAST = "last=deploy"


def killed_while_it_runs(out: Path, where: str, acts: int, *options: str) -> None:
    """After so many acts of the units: in the look that follows, or while they act again."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ONELEDGER_", "PREFECT_"))}
    command = [sys.executable, "-m", "tests.rehearse_small", str(out), str(SEED), LAST, *options]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        end = time.monotonic() + 300
        while process.poll() is None and time.monotonic() < end and not is_at(out, where, acts):
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
    assert not (out / "summary.json").exists()


def is_at(out: Path, where: str, acts: int) -> bool:
    """In an act the post office's clock runs ahead of what was kept."""
    if not (out / "state.pickle").exists():
        return False
    kept = pickle.loads((out / "state.pickle").read_bytes())
    clock = datetime.fromisoformat((out / "clock").read_text())
    return kept.acts >= acts and (where == "look" or clock > kept.at)


def test_a_rehearsal_that_was_killed_goes_on_and_ends_as_if_nothing_had_been(tmp_path, rehearsed):
    out = tmp_path / "out"
    killed_while_it_runs(out, "look", 5)
    killed_while_it_runs(out, "act", 8, "resume=yes")
    rehearse_in_a_process_of_its_own(out, (LAST, "resume=yes"))
    told = json.loads((out / "summary.json").read_text())
    assert told["differences"] == []
    assert [told["lost"], told["duplicates"], told["ladder_faults"], told["complaints"]] == [0, 0, [], []]
    whole, _ = rehearsed()
    assert end_figures(out) == [each for each in end_figures(whole) if each[0].startswith("deploy")]


def test_it_goes_on_only_with_what_was_begun(tmp_path):
    begun = Rehearsal("liaoning-2021", 300, 7, tmp_path)
    with pytest.raises(RefusedError, match="no rehearsal was interrupted here"):
        check_plan(begun)
    keep_plan(begun)
    (tmp_path / "state.pickle").touch()
    check_plan(begun)
    with pytest.raises(RefusedError, match="begun with another seed: 7"):
        check_plan(Rehearsal("liaoning-2021", 300, 8, tmp_path))


BUSY = "import time; from oneledger.adapters.with_parent import end_with_parent; end_with_parent(); time.sleep(60)"
STARTER = f"""
import subprocess, sys, time
busy = subprocess.Popen([sys.executable, "-c", {BUSY!r}])
time.sleep(2)
print(busy.pid, flush=True)
time.sleep(60)
"""


def test_a_program_that_is_busy_ends_with_who_started_it():
    """A look of a rehearsal that was killed would hold the leases of the look that is taken again."""
    with subprocess.Popen([sys.executable, "-c", STARTER], cwd=ROOT, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        busy = Path("/proc") / starter.stdout.readline().strip()
        assert busy.exists()
        starter.kill()
    end = time.monotonic() + 20
    while busy.exists() and time.monotonic() < end:
        time.sleep(0.1)
    assert not busy.exists()
