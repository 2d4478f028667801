"""The trail of deeds: sealed after every look, proved on demand against what is kept."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol

from oneledger.adapters.archive import Archive, ArchiveDamagedError
from oneledger.domain.audit import Entry, faults
from oneledger.domain.rolling import digest_of, text_of
from oneledger.store import audit, snapshots
from oneledger.store.database import Store
from oneledger.store.snapshots import Frozen
from tasks.office import office

FROZEN, RETURN, MOST_TOLD = "snapshot frozen", "return ", 50


def seal_trail(as_of: datetime) -> None:
    """Seals what was done since the last seal; nothing done, nothing written."""
    store = office().store
    with store.read() as connection:
        before = audit.last_seal(connection)
        is_new = next(audit.entries(connection, after=before.last if before else 0), None) is not None
    if is_new:
        with store.write() as connection:
            audit.seal(connection, as_of)


class Kept(Protocol):
    """A store with the archive of what it names; an office is one, and so is what a backup brought back."""

    @property
    def store(self) -> Store: ...
    @property
    def archive(self) -> Archive: ...


def verify(kept: Kept | None = None, *, with_mails: bool = True) -> dict[str, Any]:
    """{entries, seals, unsealed, head, faults}. Whoever keeps ``head`` elsewhere can tell whether the past was altered.

    Also checks that what the trail names by hash is still kept so: files of returns, frozen figures, archived mails.
    """
    here = kept or office()
    with here.store.read() as connection:
        seals, trail = audit.seals(connection), list(audit.entries(connection))
        found = faults(seals, trail)
        found += _altered_returns(connection, trail)
        found += _altered_figures(connection, trail)
        deleted = audit.deleted_mails(connection)
    if with_mails:
        found += _altered_mails(here, [entry for entry in trail if entry.detail.get("mail") not in deleted])
    last = seals[-1] if seals else None
    return {
        "entries": len(trail),
        "seals": len(seals),
        "unsealed": sum(entry.id > (last.last if last else 0) for entry in trail),
        "head": last.digest if last else "",
        "faults": found[:MOST_TOLD],
        "more_faults": max(0, len(found) - MOST_TOLD),
    }


def _campaigns(trail: Iterable[Entry]) -> list[str]:
    return sorted({entry.campaign for entry in trail if entry.campaign})


def _returns(trail: Iterable[Entry]) -> Iterator[Entry]:
    return (entry for entry in trail if entry.deed.startswith(RETURN) and "submission" in entry.detail)


def _altered_returns(connection: Any, trail: list[Entry]) -> list[str]:
    kept = {name: audit.submission_hashes(connection, name) for name in _campaigns(trail)}
    return [
        f"return {entry.detail['submission']} of {entry.unit} is not the file that entry {entry.id} names"
        for entry in _returns(trail)
        if kept[entry.campaign or ""].get(entry.detail["submission"]) != entry.detail["sha256"]
    ]


def _altered_figures(connection: Any, trail: list[Entry]) -> list[str]:
    frozen = {(each.campaign, each.milestone): each for name in _campaigns(trail) for each in
              snapshots.every_kind(connection, name)}  # fmt: skip
    found = []
    for entry in trail:
        if entry.deed == FROZEN and "digest" in entry.detail:
            each = frozen.get((entry.campaign or "", entry.detail["milestone"]))
            if each is None or _digest(connection, each) != entry.detail["digest"]:
                found.append(f"snapshot {entry.campaign}/{entry.detail['milestone']} is not as entry {entry.id} says")
    return found


def _digest(connection: Any, frozen: Frozen) -> str:
    """Of the figures, however an earlier version wrote them down."""
    return digest_of((code, text_of(each)) for code, each in snapshots.every_rollup(connection, frozen.id))


def _altered_mails(here: Kept, trail: list[Entry]) -> list[str]:
    found = []
    for sha in dict.fromkeys(entry.detail["mail"] for entry in _returns(trail)):
        try:
            here.archive.is_sealed(sha) or here.archive.get(sha)
        except ArchiveDamagedError as fault:
            found.append(str(fault))
    return found


def deeds(name: str, unit: str = "") -> list[dict[str, Any]]:
    """In order; of one unit where one is named."""
    with office().store.read() as connection:
        return [asdict(entry) for entry in audit.entries(connection, campaign=name, units=[unit] if unit else None)]
