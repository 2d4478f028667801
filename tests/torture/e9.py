"""E9: looks with a clock that is wrong by up to an hour, in another time zone, out of order, at the very deadline."""

import random
from collections import Counter
from collections.abc import Generator

from sqlalchemy import text

from tests.torture.experiment import Experiment, Trial
from tests.torture.world import Lab

ALL_DAY = (-10.0, 2.0, 8.0, 8.5, 9.0, 12.0, 20.0)  # hours of the day before the deadline, when the one rung is due
ASKED = 3


def wrong_clocks(lab: Lab, number: int, fault: str) -> Generator[Trial]:
    rng = random.Random(9)
    for trial in range(number):
        world = lab.collecting()
        world.run("remind", [-40.0, -30.0, -25.0 - rng.random()], fault=fault)
        failures = [f"reminded before the day: {count}" for count in [sum(_reminders(world).values())] if count]
        hours = [each + rng.uniform(-1, 1) for each in ALL_DAY]
        rng.shuffle(hours)
        world.run("remind", [*hours, 20.5], fault=fault)
        counted = _reminders(world)
        failures += [f"I3 {unit}: {count} reminders" for unit, count in counted.items() if count != 1]
        failures += [f"{len(counted)} of {ASKED} reminded"] * (len(counted) != ASKED)
        yield Trial([f"{each} (trial {trial})" for each in failures])


def _reminders(world) -> Counter:
    with world.store() as store, store.read() as connection:
        return Counter(connection.execute(text("SELECT unit FROM outbox WHERE kind = 'remind'")).scalars())


E9 = Experiment(
    "E9", "clocks wrong by an hour, looks out of order", wrong_clocks, 100, 2, ("remind_by_the_clock_alone",)
)
