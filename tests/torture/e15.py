"""E15: ten thousand junk mails, 5 GB, while a thousand schools answer: each at once, in little memory; then a full disk."""

import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from tests.torture.experiment import Experiment, Trial
from tests.torture.flooding import HUGE, LARGE, MIB, SMALL, lasting, put_answer, put_junk, used_bytes
from tests.torture.invariants import broken
from tests.torture.world import Lab, World

MOST_SECONDS, MOST_GROWTH_MIB = 300, 200
STRANGERS_SHARE = 0.3  # of the junk is worked on in one day: 3,000 of 10,000
LOW_WATER_MB = 50
_JUNK_OF_A_CONTROL = 300
_ON_THE_DISK = 12  # large mails
_ONE_BATCH = 40 * MIB
_PER_SECOND = 50  # mails that come while the collector works


def flooded(lab: Lab, junk: int, fault: str) -> Generator[Trial]:
    junk = min(junk, _JUNK_OF_A_CONTROL) if fault else junk
    answers = _answers(lab, max(3, junk // 10))[: max(3, junk // 10)]
    with _world(lab, junk) as world:
        yield Trial(_full_disk(world, answers[: max(3, len(answers) // 10)], fault))
    with _world(lab, junk) as world:
        yield Trial(_flood(world, junk, answers, fault), units=junk + len(answers))


def _answers(lab: Lab, number: int) -> list[Path]:
    folder = lab.folder / "flooded"
    if not folder.exists():
        folder.mkdir()
        world = World(lab, folder, "", lab.oracle)
        world.settings()
        assert lasting(world, "arm_many", str(folder), number) == 0, (folder / "log").read_text()
    return sorted((folder / "mails").iterdir())


@contextmanager
def _world(lab: Lab, junk: int) -> Iterator[World]:
    """Its data on a real disk: what 5 GB cost there is a part of it."""
    world = lab._world(lab.folder / "flooded")
    world.settings(
        low_water_mb=LOW_WATER_MB,
        quotas={"strangers": {"mails": max(1, round(junk * STRANGERS_SHARE)), "megabytes": 2000}},
    )
    for part in ("tmp", "new", "cur"):
        (world.folder / "box" / part).mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="flood-") as disk:
        shutil.move(world.folder / "data", disk)
        (world.folder / "data").symlink_to(Path(disk) / "data")
        yield world
    shutil.rmtree(world.folder)


def _flood(world: World, junk: int, answers: list[Path], fault: str) -> list[str]:
    """Half of the junk is there already, the large ones first, when the collector starts."""
    box, told, ended = world.folder / "box", world.folder / "told", world.folder / "ended"
    for number in range(junk // 2):
        _put(box, number, junk)
    collector = world.start("flood", str(told), str(ended), fault=fault)
    came: dict[str, float] = {}
    for number in range(junk // 2, junk):
        _put(box, number, junk)
        if number % 5 == 0 and len(came) < len(answers):
            source = answers[len(came)]
            put_answer(box, source)
            came[f"b{source.name}"] = time.time()
        time.sleep(1 / _PER_SECOND)
    ended.touch()
    collector.join()
    world.mails = answers[: len(came)]
    if not told.exists():
        return ["the collector failed"]
    return _judged(world, junk, came, json.loads(told.read_text())) + broken(world)


def _judged(world: World, junk: int, came: dict[str, float], told: dict) -> list[str]:
    waits = [at - came[name] for name, at in told["accepted"].items()]
    p95 = statistics.quantiles(waits, n=20)[-1] if len(waits) > 1 else 0.0
    taken, worked = _counts(world)
    said = f"E15: {len(waits)} accepted, p95 {p95:.1f} s, +{told['growth_mib']} MiB, {worked} junk worked on\n"
    sys.stdout.write(said)
    limit = round(junk * STRANGERS_SHARE)
    failures = [f"lost {name}: not accepted" for name in came.keys() - told["accepted"].keys()]
    failures += [f"accepted after {p95:.0f} s"] * (p95 > MOST_SECONDS)
    failures += [f"grew by {told['growth_mib']} MiB"] * (told["growth_mib"] > MOST_GROWTH_MIB)
    failures += [f"{worked} junk mails worked on in a day of {limit}"] * (worked > limit)
    return failures + [f"lost: {taken} of {junk + len(came)} taken in"] * (taken != junk + len(came))


def _counts(world: World) -> tuple[int, int]:
    """All, and strangers' mails that were worked on."""
    worked = "SELECT count(*) FROM inbox WHERE sender LIKE '%@y.invalid' AND state NOT IN ('held', 'duplicate')"
    with world.store() as store, store.read() as connection:
        return tuple(connection.execute(text(each)).scalar_one() for each in ("SELECT count(*) FROM inbox", worked))


def _full_disk(world: World, answers: list[Path], fault: str) -> list[str]:
    """Room for a third of it: the taking in stops above the mark; with room again everything comes in."""
    box, ended = world.folder / "box", world.folder / "ended"
    for number in range(_ON_THE_DISK):
        put_junk(box, number, LARGE, f"s{number}@y.invalid")
    for each in answers:
        put_answer(box, each)
    world.mails, data = answers, world.folder / "data"
    ended.touch()
    disk = used_bytes(data) + LOW_WATER_MB * MIB + _ON_THE_DISK * LARGE // 3
    lasting(world, "flood", str(world.folder / "told"), str(ended), disk, fault=fault)
    over = used_bytes(data) - (disk - LOW_WATER_MB * MIB + _ONE_BATCH)
    taken, _ = _counts(world)
    failures = [f"{over // MIB} MiB below the mark"] * (over > 0) + [f"{taken} taken in"] * (taken == 0)
    if failures:
        return failures
    lasting(world, "flood", str(world.folder / "told"), str(ended), fault=fault)
    taken, _ = _counts(world)
    accepted = json.loads((world.folder / "told").read_text())["accepted"]
    failures += [f"lost: {len(accepted)} of {len(answers)} accepted"] * (len(accepted) != len(answers))
    failures += [f"lost: {taken} taken in"] * (taken != _ON_THE_DISK + len(answers))
    return failures + broken(world)


def _put(box: Path, number: int, junk: int) -> None:
    """One address, an address for each, a school's without its token, in turns. A twentieth is large: 4 of the 5 GB."""
    school = 2121000004 + number % max(3, junk // 10)
    sender = ("flood@y.invalid", f"s{number}@y.invalid", f"{school}@x.invalid")[number % 3]
    size = HUGE if number < junk // 1000 else LARGE if number < junk // 20 else SMALL
    put_junk(box, number, size, sender)


E15 = Experiment(
    "E15", "a flood of junk; a full disk", flooded, 10_000, 30, ("no_disk_guard", "no_quotas", "box_at_once")
)
