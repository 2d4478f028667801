"""E5: the disk is full or broken at the k-th point: nothing goes out that is not on record, nothing is called kept."""

from collections.abc import Generator

from tests.torture.experiment import EACH, Experiment, Trial
from tests.torture.invariants import broken
from tests.torture.world import RECOVERY, Lab

UNITS = 3
_MOST = 2000
ACTS = ("full", "broken")


def disk_faults(lab: Lab, step: int, fault: str) -> Generator[Trial]:
    for act in ACTS if step == 1 else ACTS[:1]:
        for k in range(1, _MOST, step):
            world = lab.sending(UNITS)
            if world.run("send", [0], act=act, at=k, only="do_commit", fault=fault) == 0:
                break
            failures = broken(world, is_over=False)
            world.run("send", RECOVERY, fault=fault)
            yield Trial([f"{each} ({act}, send, k={k})" for each in failures + broken(world)])
        for only in ("fsync", "rename", "do_commit"):
            yield from _collector(lab, act, only, step, fault)


def _collector(lab: Lab, act: str, only: str, step: int, fault: str) -> Generator[Trial]:
    for k in range(1, _MOST, step):
        world = lab.collecting()
        code = world.run("collect", act=act, at=k, only=only, fault=fault)
        if code == 0 and not fault:
            return
        failures = broken(world, is_over=False)
        world.run("collect", 2, fault=fault)
        yield Trial([f"{each} ({act}, {only}, k={k})" for each in failures + broken(world)])
        if code == 0:
            return


E5 = Experiment("E5 disk", "disk full or broken at the k-th point", disk_faults, 1, 30, ("swallow_disk_errors",), EACH)
