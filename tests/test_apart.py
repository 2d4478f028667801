"""Packs in processes of their own: same results, faults told, a lost worker made good (DESIGN 3.1, 3.2)."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from oneledger.domain.errors import RefusedError
from tasks import apart
from tasks.apart import CORES, WorkerLostError, shared_out, worked, worked_aside

ROOT = Path(__file__).parents[1]


def told(what: str) -> tuple[str, str, int]:
    return what, os.environ.get("ONELEDGER_SIGN", ""), os.getpid()


def refused() -> None:
    raise RefusedError(["no", "not so"])


def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_one_of_many_is_done_elsewhere_with_todays_settings(monkeypatch):
    monkeypatch.setenv("ONELEDGER_SIGN", "first")
    here, there = worked(told, "a", is_one_of_many=False), worked(told, "a", is_one_of_many=True)
    assert (here[:2], there[:2], here[2] == os.getpid(), there[2] == os.getpid()) == (
        ("a", "first"), ("a", "first"), True, False,
    )  # fmt: skip
    monkeypatch.setenv("ONELEDGER_SIGN", "second")
    assert [worked(told, "b", is_one_of_many=True)[1] for _ in range(4)] == ["second"] * 4


def test_what_the_deed_raises_is_raised_here():
    with pytest.raises(RefusedError, match="not so"):
        worked(refused, is_one_of_many=True)


def test_a_lost_worker_is_transient_and_the_next_pack_finds_a_new_one():
    with pytest.raises(WorkerLostError):
        worked(killed, is_one_of_many=True)
    assert worked(told, "again", is_one_of_many=True)[0] == "again"


def test_who_works_aside_holds_up_no_pack_and_no_pack_him():
    """Issue 7: a process of its own."""
    packs = {worked(told, "a", is_one_of_many=True)[2] for _ in range(8)}
    aside = {worked_aside(told, "a")[2] for _ in range(8)}
    assert (len(packs) <= CORES, len(aside), packs & aside) == (True, 1, set())


@pytest.mark.parametrize(("mails", "pools", "sizes", "is_many"), [
    (60, {}, [6], False),
    (200, {}, [10, 10], False),  # not worth the start of a process
    (60, {"packs": None}, [2, 2, 2], True),  # a quarter would be 15 mails; no pack is worth less than 20
    (200, {"packs": None}, [5, 5, 5, 5], True),
    (900, {"packs": None}, [10] * 9, True),
    (10, {"packs": None}, [1], False),
])  # fmt: skip
def test_once_the_processes_are_there_little_work_is_shared_too(monkeypatch, mails, pools, sizes, is_many):
    """Issue 7: ten mails a county, a hundred to a pack."""
    monkeypatch.setattr(apart, "_pools", pools)
    monkeypatch.setattr(apart, "CORES", 2)
    made, found = shared_out({f"{n:06}": [0] * 10 for n in range(mails // 10)}, least=100)
    assert ([len(pack) for pack in made], found) == (sizes, is_many)


PARENT = """
import os, sys, time
from tasks.apart import worked
if __name__ == "__main__":
    print(worked(os.getpid, is_one_of_many=True), flush=True)
    time.sleep(60)
"""


WRITING_PARENT = """
import os, time
from pathlib import Path
from rehearsal.posting import Writers
from tests.rehearsal_world import definitions
if __name__ == "__main__":
    writers = Writers(definitions(), 7, Path(), openpyxl_share=0.0, processes=1)
    print(writers._executor().submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""


@pytest.mark.parametrize("words", [PARENT, WRITING_PARENT])
def test_no_worker_outlives_a_killed_parent(tmp_path, words):
    """Reliability: a rehearsal that is killed leaves no process behind either."""
    script = tmp_path / "parent.py"
    script.write_text(words)
    command = [sys.executable, str(script)]
    ours = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=ours) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
    for _ in range(200):
        if not is_alive(worker):
            break
        time.sleep(0.05)
    assert not is_alive(worker)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
