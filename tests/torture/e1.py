"""E1: killed at the k-th point, for every k (a sample: every n-th)."""

from collections.abc import Generator
from functools import partial

from tests.torture.experiment import SEVERAL, Experiment, Trial, in_state
from tests.torture.invariants import broken
from tests.torture.world import RECOVERY, Lab

KILLED = -9
UNITS, FEW = 8, 2  # with every k, in a sample
_MOST = 10_000
_BETWEEN = 3  # points, at least, between the last byte of a mail and the commit of its outcome


def sender(lab: Lab, step: int, fault: str, connections: int = 1) -> Generator[Trial]:
    """In doubt is at most one mail a connection."""
    for k in range(1, _MOST, _BETWEEN if fault else step):
        world = lab.sending(UNITS if step == 1 else FEW * connections, connections=connections)
        code = world.run("send", [0], act="die", at=k, fault=fault)
        if code == 0:
            return
        failures = [] if code == KILLED else [f"ended with {code}"]
        unknown = in_state(world, "sending")
        failures += [f"{unknown} in doubt"] * (unknown > connections)
        world.run("send", RECOVERY, fault=fault)
        failures += broken(world)
        settled = unknown - in_state(world, "unknown")
        yield Trial([f"{each} (k={k})" for each in failures], 1, len(world.units), unknown, settled)


def collector(lab: Lab, step: int, fault: str) -> Generator[Trial]:
    for k in range(1, _MOST, step):
        world = lab.collecting(is_small=step > 1)
        code = world.run("collect", act="die", at=k, fault=fault)
        if code == 0:
            return
        if code != KILLED:
            yield Trial([f"ended with {code} (k={k})"])
            return
        world.run("collect", 2, fault=fault)
        yield Trial([f"{each} (k={k})" for each in broken(world)])


E1_SEND = Experiment("E1 send", "kill -9 at every k-th point", sender, 1, 5, ("mark_before_send", "resend_by_timer"))
E1_SEVERAL = Experiment(
    "E1 send over several", "kill -9 at every k-th point, four connections", partial(sender, connections=SEVERAL), 1, 5,
    ("mark_before_send", "resend_by_timer"),
)  # fmt: skip
E1_COLLECT = Experiment(
    "E1 collect", "kill -9 at every k-th point", collector, 1, 5, ("checkpoint_at_fetch", "dedupe_off")
)
