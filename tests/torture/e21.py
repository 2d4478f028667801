"""E21: the power fails between any two calls of a sender or a collector; what is found then holds what was promised."""

import random
import re
import shutil
from bisect import bisect
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import text

from tests.torture.disks import Disk
from tests.torture.experiment import Experiment, Trial
from tests.torture.invariants import broken
from tests.torture.tracing import Call, traced
from tests.torture.world import Lab, World

UNITS = 6
_MESSAGE_ID = re.compile(rb"(?mi)^message-id: *(<[^>]+>)")
_END = b"\r\n.\r\n"


@dataclass
class Heard:
    """What the post office had been given when the power failed."""

    counted: Counter[str]

    def copies(self, _name: str) -> Counter[str]:
        return self.counted.copy()


@dataclass
class Recorded:
    """``before``: a copy of what lay on the disk when the job began."""

    job: str
    world: World
    before: Path
    calls: list[Call]

    @property
    def data(self) -> str:
        return str(self.world.folder / "data")

    @property
    def span(self) -> tuple[int, int]:
        """From the first call that the disk sees to behind the last."""
        first = min(call.begun for call in self.calls if any(path.startswith(self.data) for path in call.paths))
        return first, max(call.ended for call in self.calls) + 1


def power_cuts(lab: Lab, cuts: int, fault: str) -> Generator[Trial]:
    rng = random.Random(21)
    recorded = [
        _recorded(lab.sending(UNITS), "send", ([0],), fault),
        _recorded(lab.collecting(), "collect", (2,), fault),
    ]
    for number in range(cuts):
        record = recorded[number % len(recorded)]
        at = rng.randint(*record.span)
        yield Trial([f"{each} ({record.job}, cut at {at})" for each in _after(record, at, rng)])


def _recorded(world: World, job: str, args: tuple[object, ...], fault: str) -> Recorded:
    before = world.lab.folder / f"before {world.name}"
    shutil.copytree(world.folder / "data", before)
    return Recorded(job, world, before, traced(world, job, args, fault))


def _after(record: Recorded, at: int, rng: random.Random) -> list[str]:
    past = [call for call in record.calls if call.ended < at]
    disk = Disk(record.before, seen_as=record.data)
    for call in past:
        disk.apply(call)
    place = record.world.lab.folder / "found"
    shutil.rmtree(place, ignore_errors=True)
    (place / "data").mkdir(parents=True)
    disk.image(place / "data", rng)
    found = replace(record.world, folder=place, oracle=Heard(_handed_over(record.calls, at)))
    try:
        return broken(found, is_over=False) + _forgotten(found, past)
    except Exception as fault:  # noqa: BLE001  a database that does not open is what is looked for
        return [f"lost: {fault!r}"[:300]]


def _handed_over(calls: list[Call], at: int) -> Counter[str]:
    """Whatever ended with its dot may have been accepted."""
    said: dict[str, bytes] = {}
    counted: Counter[str] = Counter()
    for call in calls[: bisect(calls, at, key=lambda each: each.begun)]:
        if call.name == "sendto":
            said[call.paths[0]] = said.get(call.paths[0], b"") + call.data
            if said[call.paths[0]].endswith(_END):
                counted.update(each.decode() for each in _MESSAGE_ID.findall(said.pop(call.paths[0]))[:1])
    return counted


def _forgotten(found: World, past: list[Call]) -> list[str]:
    """Mails that were marked as taken in, and are not."""
    marked = {
        Path(call.paths[-1]).name.partition(":")[0] for call in past if call.paths and "/box/cur/" in call.paths[-1]
    }
    with found.store() as store, store.read() as connection:
        known = set(connection.execute(text("SELECT uid FROM inbox")).scalars())
    return [f"lost {name}: marked, no row" for name in sorted(marked - known)]


E21 = Experiment("E21", "the power fails", power_cuts, 200, 20, ("synchronous_off", "nothing_forced"))
