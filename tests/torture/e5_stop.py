"""E5 on PostgreSQL: `pg_ctl stop -m immediate` while a sender is at work. Nothing that it committed may be gone."""

import random
import time
from collections.abc import Generator

from tests.postgres import stopped_at_once
from tests.torture.experiment import MOST_TRIALS_OF_A_CONTROL, Experiment, Trial, in_state
from tests.torture.invariants import broken
from tests.torture.world import RECOVERY, Lab

UNITS = 150
MOST_BEFORE = 100  # mails that are out when the server is stopped: some are left to be sent, however fast the machine
_SEED = 5


def server_stops(lab: Lab, stops: int, fault: str) -> Generator[Trial]:
    """A planted fault is caught by a stop that falls between a commit and its way to the disk: not every one does."""
    rng = random.Random(_SEED)
    for trial in range(MOST_TRIALS_OF_A_CONTROL if fault else stops):
        world = lab.sending(UNITS)
        process = world.start("send", [0], fault=fault)
        wanted = rng.randint(1, MOST_BEFORE)
        while world.copies().total() < wanted and process.is_alive():
            time.sleep(0.002)
        stopped_at_once(lab.server)
        world.ended(process)
        failures, unknown = broken(world, is_over=False), in_state(world, "sending")
        world.run("send", RECOVERY, fault=fault)
        failures += broken(world)
        yield Trial(
            [f"{each} (trial {trial})" for each in failures], 1, UNITS, unknown, unknown - in_state(world, "unknown")
        )


E5_STOP = Experiment(
    "E5 stop", "PostgreSQL stopped at once", server_stops, 30, 2, ("commit_not_awaited",), ("postgresql",)
)  # fmt: skip
