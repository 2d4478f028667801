"""E3: the server keeps the mail and its 250 is lost; with a journal all are found, without one a person must. Over one
connection and over several."""

from collections.abc import Generator

from tests.torture.experiment import EACH, SEVERAL, Experiment, Trial, in_state
from tests.torture.invariants import broken
from tests.torture.world import RECOVERY, Lab

UNITS = 30


def lost_replies(lab: Lab, lost: int, fault: str) -> Generator[Trial]:
    for journal, connections in ((True, 1), (True, SEVERAL), (False, 1), (False, SEVERAL)):
        for first in range(0, lost, UNITS):
            few = min(UNITS, lost - first)
            world = lab.sending(UNITS, connections=connections, **({} if journal else {"journal": None}))
            lab.post.set_behaviours({f"{unit}@x.invalid": "drop_250" for unit in world.units[:few]})
            world.run("send", [0], fault=fault)
            unknown = in_state(world, "unknown")
            failures = [] if unknown == few else [f"{unknown} unknown of {few}"]
            world.run("send", RECOVERY, fault=fault)
            left = in_state(world, "unknown")
            lab.post.set_behaviours({})
            failures += broken(world, is_over=journal)
            if left != (0 if journal else few):
                failures.append(f"{left} unknown in the end, journal: {journal}")
            yield Trial(failures, few, UNITS, unknown, unknown - left, by_hand=left)


E3 = Experiment("E3", "250 lost, with and without a journal", lost_replies, 300, 30, ("retry_on_disconnect",), EACH)
