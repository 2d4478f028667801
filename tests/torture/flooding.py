"""A campaign with many schools under a flood of junk: what is put in the box, and the collector that is measured."""

import json
import os
import shutil
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from tests.torture.jobs import JOBS, NAME, START, review_pack, take_in_mail
from tests.torture.world import World

MIB = 2**20
MOST_SECONDS = 1800
SMALL, LARGE, HUGE = 100 * 1024, 8 * MIB, 38 * MIB


def arm_many(folder: str, answers: int) -> None:
    """A campaign under way, and what so many schools answer."""
    import pytest

    from tests.small_office import make_campaign, opened
    from tests.test_shelves import SAID

    with opened(Path(folder), [make_campaign(NAME, 2021)], pytest.MonkeyPatch(), more=answers) as (only,):
        kept = Path(folder) / "mails"
        kept.mkdir()
        asked = only.open("deploy", START - timedelta(days=9))
        for number, unit in enumerate(sorted(asked)[-answers:]):
            (kept / f"{number:05}").write_bytes(only.reply(asked[unit], "find", unit, START, **SAID).as_bytes())


def flood(told: str, ended: str, disk_bytes: int = 0) -> None:
    """Looks one after the other until nothing comes any more. Told: {seconds at which each mail was accepted, by its
    name in the box; growth of this process in MiB}. ``disk_bytes``: how large the disk is."""
    if disk_bytes:
        _on_a_disk_of(disk_bytes)
    before, accepted, began = _memory("VmRSS"), dict[str, float](), time.monotonic()
    is_over = False
    while not is_over:
        is_over = Path(ended).exists()
        at = START + timedelta(seconds=time.monotonic() - began)
        pack = {county: ids for county, ids in take_in_mail.fn(NAME, at).items() if ids}
        if pack:
            review_pack.fn(NAME, dict(sorted(pack.items())), at, "torture", is_one_of_many=False)
        now = time.time()
        accepted |= dict.fromkeys(_accepted() - accepted.keys(), now)
    told_now = {"accepted": accepted, "growth_mib": _memory("VmHWM") - before}
    Path(told).write_text(json.dumps(told_now), encoding="utf-8")


def _accepted() -> set[str]:
    from tasks.office import office

    query = "SELECT i.uid FROM submission s JOIN inbox i ON i.id = s.inbox WHERE s.verdict = 'accepted'"
    with office().store.read() as connection:
        return set(connection.execute(text(query)).scalars())


def _memory(name: str) -> int:
    """Of this process, in MiB: VmRSS now, VmHWM the most that it ever was."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) // 1024


def _on_a_disk_of(size: int) -> None:
    """As far as anybody asks: the guard looks at what is free, and is judged by what lies there."""

    def usage(place: object) -> object:
        used = used_bytes(Path(str(place)))
        return shutil._ntuple_diskusage(size, used, max(0, size - used))

    shutil.disk_usage = usage  # type: ignore[assignment]


def used_bytes(folder: Path) -> int:
    return sum(
        (Path(place) / name).stat().st_size for place, _, names in os.walk(folder, followlinks=True) for name in names
    )


JOBS.update(arm_many=arm_many, flood=flood)


def lasting(world: World, *args: object, fault: str = "") -> int | None:
    """As World.run, for what may take long."""
    process = world.start(*args, fault=fault)
    process.join(MOST_SECONDS)
    return process.exitcode


def put_junk(box: Path, number: int, size: int, sender: str) -> None:
    """A sparse file: what is large lies on the disk only once it is archived."""
    name = f"a{number:06}"
    with (box / "tmp" / name).open("wb") as file:
        file.write(f"From: {sender}\r\nTo: collect@ledger.invalid\r\nSubject: {number}\r\n\r\n".encode())
        file.truncate(size)
    (box / "tmp" / name).rename(box / "new" / name)


def put_answer(box: Path, source: Path) -> None:
    name = f"b{source.name}"
    shutil.copy(source, box / "tmp" / name)
    (box / "tmp" / name).rename(box / "new" / name)
