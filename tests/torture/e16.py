"""E16: a backup taken at the k-th point of a sending, restored after the campaign went on: HOLD, journal, no duplicate."""

import os
import signal
from collections.abc import Generator

from tests.torture.e8 import is_stopped
from tests.torture.experiment import Experiment, Trial, in_state
from tests.torture.invariants import broken
from tests.torture.keeping import plan_more, restored
from tests.torture.world import RECOVERY, Lab, World

BEFORE, IN_ALL = 5, 8  # units asked when the backup is taken, and in the end
_LATER = 200  # minutes
_POINTS = range(6, 60, 3)


def brought_back(lab: Lab, number: int, fault: str) -> Generator[Trial]:
    for trial in range(number):
        k = _POINTS[trial % len(_POINTS)]
        world = lab.sending(BEFORE)
        backup = world.folder / "backup"
        failures = _backed_up_at(world, k, fault)
        plan_more(world, IN_ALL)
        world.run("send", RECOVERY, fault=fault)
        sent = in_state(world, "sent")
        failures += [f"{sent} sent before the disaster"] * (sent != IN_ALL)
        again, code = restored(world, backup, fault)
        failures += [f"the restore ended with {code}"] * (code != 0)
        if code == 0:
            failures += _went_on(lab, again, fault)
        yield Trial([f"{each} (k={k})" for each in failures])


def _backed_up_at(world: World, k: int, fault: str) -> list[str]:
    sender = world.start("send", [0], act="freeze", at=k)
    frozen = is_stopped(sender.pid)
    code = world.run("back_up", str(world.folder / "backup"), fault=fault)
    if frozen:
        os.kill(sender.pid, signal.SIGCONT)
    sender.join()
    return [f"the backup ended with {code}"] * (code != 0)


def _went_on(lab: Lab, again: World, fault: str) -> list[str]:
    count = len(lab.post.deliveries()[0])
    again.run("send", [_LATER], fault=fault)
    early = len(lab.post.deliveries()[0]) - count
    plan_more(again, IN_ALL)
    code = again.run("release", _LATER, fault=fault)
    again.run("send", [_LATER + each for each in RECOVERY], fault=fault)
    failures = [f"{early} sent in HOLD"] * (early > 0) + [f"the release ended with {code}"] * (code != 0)
    return failures + broken(again)


E16 = Experiment(
    "E16", "restored from a backup in mid-campaign", brought_back, 50, 2, ("restore_without_hold", "release_unread")
)
