"""E20: backups taken at random moments while mails go out and come in; what was committed before one comes back by it."""

import random
import time
from collections.abc import Generator

from sqlalchemy import Connection, text

from rehearsal.post_office_client import PostOffice, running_post_office
from tests.torture.experiment import Experiment, Trial, in_state
from tests.torture.invariants import broken
from tests.torture.keeping import plan_more, restored
from tests.torture.world import RECOVERY, Lab, World

UNITS = 40
RUBBISH = 40
_ORDER = ("planned", "claimed", "sending", "sent")
_LATER = 200  # minutes
_AFTER_THE_BACKUP = ("E5", "I4")  # what the post office was given since, or of what was planned since
_NAMED = {
    "submission": "SELECT inbox, part, sha256, verdict FROM submission",
    "inbox": "SELECT uid, sha256 FROM inbox",
    "event": "SELECT id, deed, actor FROM event",
    "seal": "SELECT number FROM event_seal",
}


def drills(lab: Lab, number: int, fault: str) -> Generator[Trial]:
    rng = random.Random(20)
    for trial in range(number):
        with running_post_office(lab.folder / f"drill{trial}{fault}", fsync=True) as post:
            yield _drill(_busy(lab, post), rng.randint(4, UNITS - 5), fault)


def _drill(world: World, sent: int, fault: str) -> Trial:
    children = [world.start("send", [0], fault=fault), world.start("collect", 2, fault=fault)]
    with world.store() as held, held.read():  # whoever closes last would bring the log into the file
        _wait_until_under_way(world, sent)
        before = _committed(world)
        code = world.run("back_up", str(world.folder / "backup"), fault=fault)
    for each in children:
        world.ended(each)
    return Trial([f"the backup ended with {code}"] * (code != 0) + _come_back(world, before, fault), units=UNITS)


def _wait_until_under_way(world: World, sent: int) -> None:
    """So many mails are out, and one has come in: without it there is nothing in the archive that could be missing."""
    for _ in range(3000):
        if in_state(world, "sent") >= sent and _committed(world)["inbox"]:
            return
        time.sleep(0.01)


def _busy(lab: Lab, post: PostOffice) -> World:
    """Asked and answered, with seals on its trail; mails to send and mails in the box."""
    world = lab.collecting(post)
    plan_more(world, 3)
    world.run("send", [-1])
    plan_more(world, UNITS)
    for each in range(RUBBISH):
        world.put_in_the_box(f"From: z{each}@y.invalid\r\nSubject: {each}\r\n\r\nz\r\n".encode(), f"z{each:05}")
    return world


def _committed(world: World) -> dict[str, set[tuple]]:
    with world.store() as store, store.read() as connection:
        return {name: _rows(connection, query) for name, query in _NAMED.items()} | {"outbox": _mails(connection)}


def _rows(connection: Connection, query: str) -> set[tuple]:
    return {tuple(row) for row in connection.execute(text(query))}


def _mails(connection: Connection) -> set[tuple]:
    """Each mail with every state that it has passed."""
    rows = _rows(connection, "SELECT message_id, state FROM outbox")
    return {(key, passed) for key, state in rows for passed in _ORDER[: _ORDER.index(state) + 1]}


def _come_back(world: World, before: dict[str, set[tuple]], fault: str) -> list[str]:
    again, code = restored(world, world.folder / "backup", fault)
    if code:
        return [f"the restore ended with {code}"]
    after = _committed(again)
    failures = [f"lost {name} {row}" for name, rows in before.items() for row in sorted(rows - after[name], key=str)]
    failures += ["nothing was sealed"] * (not after["seal"])
    failures += [each for each in broken(again, is_over=False) if not each.startswith(_AFTER_THE_BACKUP)]
    if failures:
        return failures
    again.run("collect", 2, fault=fault)
    code = again.run("release", _LATER, fault=fault)
    again.run("send", [_LATER + each for each in RECOVERY], fault=fault)
    return [f"the release ended with {code}"] * (code != 0) + broken(again)


E20 = Experiment("E20", "backups while all runs", drills, 20, 1, ("copy_without_the_log", "backup_without_the_archive"))
