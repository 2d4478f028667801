"""E7: ten processes fire the same campaign."""

from collections.abc import Generator

from tests.torture.experiment import EACH, SEVERAL, Experiment, Trial
from tests.torture.invariants import broken
from tests.torture.world import RECOVERY, Lab

UNITS = 10
PROCESSES = 10
CHANCES = 5  # at least, in which a planted fault may show: ten processes that start late do not meet


def double_start(lab: Lab, number: int, fault: str) -> Generator[Trial]:
    for trial in range(max(number, CHANCES) if fault else number):
        world = lab.sending(UNITS, connections=SEVERAL if trial % 2 else 1)
        started = [world.start("send", [0], fault=fault) for _ in range(PROCESSES)]
        codes = [world.ended(each) for each in started]
        world.run("send", RECOVERY, fault=fault)
        yield Trial(broken(world) + [f"a process ended with {code}" for code in codes if code])


E7 = Experiment("E7", "ten processes at once", double_start, 100, 1, ("no_claims",), EACH)
