"""E8: a sender that is frozen for longer than its lease, while another finishes its work, and then wakes up."""

import os
import signal
import time
from collections.abc import Generator
from pathlib import Path

from tests.torture.experiment import SEVERAL, Experiment, Trial
from tests.torture.invariants import broken
from tests.torture.world import RECOVERY, Lab

UNITS = 5
LEASE_SECONDS, JOB_SECONDS = 1.0, 0.4
_WAITING_SECONDS = 10  # on SQLite what was frozen may hold the one lock: then the other waits until it wakes
_POINTS = range(14, 60, 3)


def frozen(lab: Lab, number: int, fault: str) -> Generator[Trial]:
    for trial in range(number):
        k = _POINTS[trial % len(_POINTS)]
        world = lab.sending(UNITS, connections=SEVERAL if trial // len(_POINTS) % 2 else 1)
        holder = world.start("send", [0], LEASE_SECONDS, JOB_SECONDS, act="freeze", at=k, fault=fault)
        if not is_stopped(holder.pid):
            world.ended(holder)
            continue
        time.sleep(LEASE_SECONDS * 0.6)  # the sender of a mail believes in half its lease
        other = world.start("send", RECOVERY, fault=fault)
        other.join(_WAITING_SECONDS)
        os.kill(holder.pid, signal.SIGCONT)
        for each in (holder, other):
            world.ended(each)
        world.run("send", [200, 216, 247], fault=fault)
        yield Trial([f"{each} (k={k})" for each in broken(world)])


def is_stopped(pid: int | None) -> bool:
    for _ in range(400):
        try:
            state = (
                Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()[0]
            )
        except (FileNotFoundError, ProcessLookupError):
            return False
        if state in "TZ":
            return state == "T"
        time.sleep(0.02)
    return False


E8 = Experiment("E8", "frozen past its lease, then awake", frozen, 100, 2, ("no_fences",))
