"""E2: killed from outside at random moments, again and again, until all is done."""

import random
import time
from collections.abc import Iterator

from tests.torture.experiment import Experiment, Trial, in_state
from tests.torture.invariants import broken
from tests.torture.world import RECOVERY, Lab, ended

UNITS = 300
_SEED = 2021


def killed_at_random(lab: Lab, worlds: int, fault: str) -> Iterator[Trial]:
    rng = random.Random(_SEED)
    for _ in range(worlds):
        world, kills, at, unknown = lab.sending(UNITS), 0, 0, 0
        while in_state(world, "sent") < UNITS and at < 10_000:
            process = world.start("send", [at, at + 16, at + 47], fault=fault)
            time.sleep(rng.expovariate(2.5))
            process.kill()
            kills += ended(process) < 0
            unknown += in_state(world, "sending")
            at += 80
        world.run("send", [at + each for each in RECOVERY], fault=fault)
        yield Trial(broken(world), count=kills, unknown=unknown, settled=unknown - in_state(world, "unknown"))


E2 = Experiment("E2", "kill -9 at random", killed_at_random, 40, 1, ("resend_by_timer",))
