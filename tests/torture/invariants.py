"""I1-I10 of the claim, run after every trial: SQL on the store, and what the oracle outside the system has."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, text

from oneledger.adapters.archive import Archive
from oneledger.store.database import Store
from tasks.auditing import verify
from tests.torture.jobs import sha_of
from tests.torture.world import World


def broken(world: World, *, is_over: bool = True) -> list[str]:
    """Empty: all hold. ``is_over``: nothing may be left to do."""
    before = world.copies()  # a sender may be at work: what was accepted before the rows were read must be in them
    with world.store() as store, store.read() as connection:
        found = [*world.troubles, *_outbox(world, connection, before, is_over=is_over)]
        found += _inbox(world, connection, is_over=is_over)
        found += _figures(connection)
        found += _sound(world, store)
    return found


def _outbox(world: World, connection: Connection, before: Counter[str], *, is_over: bool) -> Iterator[str]:
    rows = list(connection.execute(text("SELECT unit, message_id, state, kind FROM outbox")))
    if world.units:
        counted = Counter(row.unit for row in rows if row.kind == "ask")
        yield from (f"I1 {unit}: {counted[unit]} rows" for unit in world.units if counted[unit] != 1)
    twice = "SELECT unit FROM outbox GROUP BY campaign, unit, subject_of, round, kind HAVING count(*) > 1"
    yield from (f"I2 {unit}" for unit in connection.execute(text(twice)).scalars())
    after = world.copies()
    yield from (f"I3 {message_id}: {count} copies" for message_id, count in after.items() if count > 1)
    yield from (f"I4 {message_id}: no row" for message_id in before.keys() - {row.message_id for row in rows})
    for row in rows if world.units else ():
        if row.state == "sent" and row.message_id not in after:
            yield f"I5 {row.message_id}: sent, never accepted"
        if is_over and row.state not in ("sent", "failed"):
            yield f"lost {row.message_id}: {row.state}"
        if row.message_id in before and row.state in ("planned", "claimed"):
            yield f"E5 {row.message_id}: DATA before a committed SENDING"


def _inbox(world: World, connection: Connection, *, is_over: bool) -> Iterator[str]:
    archive = world.folder / "data" / "archive"
    rows = list(connection.execute(text("SELECT sha256, state FROM inbox")))
    names = {row.sha256 for row in rows}
    for sha in names:
        if not _is_whole(archive, sha):
            yield f"I6 {sha}: row without its bytes"
    if is_over:
        yield from (f"lost {path.name}" for path in world.mails if sha_of(path) not in names)
        yield from (f"I7 {row.sha256}: no verdict" for row in rows if row.state == "new")
        yield from (f"I10 {each}: no row" for each in _blobs(archive) - names)
    counted = Counter(row.sha256 for row in rows if row.state not in ("duplicate", "held"))
    yield from (f"I7 {sha}: {count} verdicts" for sha, count in counted.items() if count > 1)


def _is_whole(archive: Path, sha: str) -> bool:
    path = archive / sha[:2] / sha[2:4] / sha
    sealed = path.with_suffix(".sealed")
    return sealed.exists() or (path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == sha)


def _blobs(archive: Path) -> set[str]:
    return {path.name[:64] for path in archive.glob("??/??/*")}


def _figures(connection: Connection) -> Iterator[str]:
    """I8: what the assignments say is what the accepted versions give."""
    said = "SELECT count(*) FROM assignment WHERE status IN ('returned', 'zero')"
    given = "SELECT count(DISTINCT assignment) FROM submission WHERE verdict = 'accepted'"
    versions = "SELECT coalesce(sum(versions), 0) FROM assignment"
    judged = "SELECT count(*) FROM submission"
    for left, right in ((said, given), (versions, judged)):
        counted = [connection.execute(text(query)).scalar_one() for query in (left, right)]
        if counted[0] != counted[1]:
            yield f"I8 {counted[0]} said, {counted[1]} given: {left}"


@dataclass(frozen=True)
class _Kept:
    store: Store
    archive: Archive


def _sound(world: World, store: Store) -> Iterator[str]:
    kept = _Kept(store, Archive.under(world.folder / "data"))
    yield from (f"I9 {fault}" for fault in verify(kept, with_mails=True)["faults"])
    if not world.url:
        with store.read() as connection:
            told = connection.execute(text("PRAGMA integrity_check")).scalars().all()
        if told != ["ok"]:
            yield f"I10 {told}"
